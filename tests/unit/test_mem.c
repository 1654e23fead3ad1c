/* Tests of util/mem. */
#include "config.h"

#include "util/mem.h"

#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Sizes of zero give memory too. */
static void mem_alloc_nothing(void **state)
{
    (void)state;
    free(mem_alloc(0));
    free(mem_calloc(0, 8));
    free(mem_calloc(8, 0));
    free(mem_resize(NULL, 0, 8));
    free(mem_dup("", 0));
}

/* New memory of mem_calloc is zero; resizing keeps what was there. */
static void mem_resize_keeps_content(void **state)
{
    unsigned *numbers = mem_calloc(4, sizeof(*numbers));

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(numbers[i], 0);
        numbers[i] = i;
    }
    numbers = mem_resize(numbers, 1000, sizeof(*numbers));
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(numbers[i], i);
    }
    free(numbers);
}

/* Copies of strings end where they should. */
static void mem_strdup_and_friends(void **state)
{
    char *text;

    (void)state;
    assert_null(mem_strdup(NULL));
    text = mem_strdup("abc");
    assert_string_equal(text, "abc");
    free(text);
    text = mem_strndup("abcdef", 3);
    assert_string_equal(text, "abc");
    free(text);
    text = mem_strndup("ab", 300);
    assert_string_equal(text, "ab");
    free(text);
    text = mem_strndup("ab", 0);
    assert_string_equal(text, "");
    free(text);
    text = mem_printf("%s-%d", "x", 42);
    assert_string_equal(text, "x-42");
    free(text);
}

/* A secret is overwritten where it stands. */
static void mem_wipe_overwrites(void **state)
{
    char secret[8] = "secret!";

    (void)state;
    mem_wipe(secret, 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(secret[i], 0);
    }
    assert_int_equal(secret[6], '!');
    mem_wipe(NULL, 0);
    mem_free_secret(mem_strdup("password"));
    mem_free_secret(NULL);
}

static int report_fd;

static void report(void)
{
    if (write(report_fd, "!", 1) != 1) {
        _exit(1);
    }
}

/* An impossible size runs the handler and ends the process. */
static void mem_resize_overflow_ends_the_process(void **state)
{
    int ends[2];
    int status = 0;
    char mark = 0;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        volatile size_t half = SIZE_MAX / 2;

        close(STDERR_FILENO); /* the message is not for the test's reader */
        report_fd = ends[1];
        mem_on_exhausted(report);
        free(mem_resize(NULL, half, 4));
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(read(ends[0], &mark, 1), 1);
    assert_int_equal(mark, '!');
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mem_alloc_nothing),
        cmocka_unit_test(mem_resize_keeps_content),
        cmocka_unit_test(mem_strdup_and_friends),
        cmocka_unit_test(mem_wipe_overwrites),
        cmocka_unit_test(mem_resize_overflow_ends_the_process),
    };
    return cmocka_run_group_tests_name("util/mem", tests, NULL, NULL);
}
