#include "config.h"

#include "util/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic(void (*)(void)) exhausted_handler;

/* Says so with write(), because printf may itself need memory. */
static void __attribute__((noreturn)) exhausted(void)
{
    static const char message[] = "out of memory\n";
    void (*handler)(void) = atomic_load(&exhausted_handler);

    if (handler != NULL) {
        handler();
    }
    if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0) {
        _exit(EXIT_FAILURE);
    }
    abort();
}

void *mem_alloc(size_t size)
{
    void *data = malloc(size == 0 ? 1 : size);

    if (data == NULL) {
        exhausted();
    }
    return data;
}

void *mem_calloc(size_t count, size_t size)
{
    void *data;

    if (count == 0 || size == 0) {
        count = 1;
        size = 1;
    }
    data = calloc(count, size);
    if (data == NULL) {
        exhausted();
    }
    return data;
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t total;
    void *data;

    if (__builtin_mul_overflow(count, size, &total)) {
        exhausted();
    }
    data = realloc(old, total == 0 ? 1 : total);
    if (data == NULL) {
        exhausted();
    }
    return data;
}

char *mem_strdup(const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    return mem_dup(text, strlen(text) + 1);
}

char *mem_strndup(const char *text, size_t length)
{
    size_t used = strnlen(text, length);
    char *copy = mem_alloc(used + 1);

    memcpy(copy, text, used);
    copy[used] = '\0';
    return copy;
}

void *mem_dup(const void *data, size_t size)
{
    void *copy = mem_alloc(size);

    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

char *mem_printf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int length;

    va_start(args, format);
    length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        exhausted();
    }
    return text;
}

void mem_wipe(void *data, size_t size)
{
    if (size > 0) {
        explicit_bzero(data, size);
    }
}

void mem_free_secret(char *text)
{
    if (text != NULL) {
        mem_wipe(text, strlen(text));
        free(text);
    }
}

void mem_on_exhausted(void (*handler)(void))
{
    atomic_store(&exhausted_handler, handler);
}
