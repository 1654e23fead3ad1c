/* mem: allocation that never returns NULL, for sizes the program chooses.
 *
 * Sizes that come from outside are compared with a limit first. When memory
 * runs out the process ends, after mem_on_exhausted's function restored what
 * must be restored (the terminal).
 */
#ifndef P2P_UTIL_MEM_H
#define P2P_UTIL_MEM_H

#include <stddef.h>

/* Memory of `size` bytes (0 allowed), not initialised; free() it. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));

/* Zeroed memory for `count` things of `size` bytes; overflow ends the
 * process; free() it. */
void *mem_calloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));

/* `old` (NULL allowed) resized to `count` things of `size` bytes. */
void *mem_resize(void *old, size_t count, size_t size)
    __attribute__((returns_nonnull));

/* A copy of the string (NULL gives NULL); free() it. */
char *mem_strdup(const char *text);

/* A copy of at most `length` bytes of `text`, NUL added; free() it. */
char *mem_strndup(const char *text, size_t length);

/* A copy of `size` bytes; free() it. */
void *mem_dup(const void *data, size_t size);

/* printf into new memory; free() it. Never NULL. */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Overwrite `size` bytes at `data` in a way the compiler keeps. */
void mem_wipe(void *data, size_t size);

/* Wipe and free the string `text` (NULL allowed): passwords and tokens. */
void mem_free_secret(char *text);

/* Run `handler` before the process ends for want of memory. */
void mem_on_exhausted(void (*handler)(void));

#endif /* P2P_UTIL_MEM_H */
