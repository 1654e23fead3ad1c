/* Tests of util/buf. */
#include "config.h"

#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/err.h"

static void assert_content(const struct buf *b, const char *expected)
{
    assert_int_equal(buf_length(b), strlen(expected));
    assert_memory_equal(buf_head(b), expected, strlen(expected));
}

/* An empty buffer has a place to look at and nothing in it. */
static void buf_init_is_empty(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_length(&b), 0);
    assert_non_null(buf_head(&b));
    buf_consume(&b, 0);
    buf_clear(&b);
    buf_close(&b);
    buf_close(&b);
}

/* Up to the maximum is taken, one byte more is refused and changes nothing. */
static void buf_append_maximum(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 8);
    assert_int_equal(buf_append(&b, "12345678", 8), 0);
    assert_int_equal(buf_append(&b, "9", 1), P2P_ETOOBIG);
    assert_int_equal(buf_append(&b, "9", SIZE_MAX), P2P_ETOOBIG);
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    assert_content(&b, "12345678");
    buf_consume(&b, 3);
    assert_int_equal(buf_append(&b, "9ab", 3), 0);
    assert_content(&b, "456789ab");
    buf_close(&b);
}

/* A maximum of nothing refuses everything but nothing. */
static void buf_append_maximum_of_zero(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 0);
    assert_int_equal(buf_append(&b, "1", 1), P2P_ETOOBIG);
    assert_null(buf_reserve(&b, 1));
    assert_int_equal(buf_append_text(&b, ""), 0);
    assert_int_equal(buf_printf(&b, "%s", ""), 0);
    assert_int_equal(buf_printf(&b, "x"), P2P_ETOOBIG);
    buf_close(&b);
}

/* What is reserved may be committed in part. */
static void buf_commit_part(void **state)
{
    struct buf b;
    uint8_t *to;

    (void)state;
    buf_init(&b, 1000);
    to = buf_reserve(&b, 1000);
    assert_non_null(to);
    memcpy(to, "abc", 3);
    buf_commit(&b, 3);
    assert_content(&b, "abc");
    assert_null(buf_reserve(&b, 998));
    assert_non_null(buf_reserve(&b, 997));
    buf_close(&b);
}

/* printf grows the buffer when the text does not fit, and keeps its NUL out. */
static void buf_printf_grows(void **state)
{
    struct buf b;
    char expected[2001] = "";

    (void)state;
    buf_init(&b, 2000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(buf_printf(&b, "%02d", i % 100), 0);
        expected[2 * i] = (char)('0' + i / 10 % 10);
        expected[2 * i + 1] = (char)('0' + i % 10);
    }
    assert_content(&b, expected);
    assert_int_equal(buf_printf(&b, "!"), P2P_ETOOBIG);
    assert_content(&b, expected);
    buf_close(&b);
}

/* A long stream through a small buffer comes out as it went in, whatever the
 * sizes of the portions, and memory stays near the maximum. */
static void buf_consume_stream(void **state)
{
    struct buf b;
    uint8_t in = 0, out = 0;

    (void)state;
    buf_init(&b, 777);
    for (unsigned round = 0; round < 20000; round++) {
        size_t put = (round * 31) % 97;
        size_t take = (round * 17) % 101;
        uint8_t *to = buf_reserve(&b, put);

        if (to != NULL) {
            for (size_t i = 0; i < put; i++) {
                to[i] = in++;
            }
            buf_commit(&b, put);
        }
        if (take > buf_length(&b)) {
            take = buf_length(&b);
        }
        for (size_t i = 0; i < take; i++) {
            assert_int_equal(buf_head(&b)[i], out++);
        }
        buf_consume(&b, take);
    }
    assert_true(b.capacity <= 4 * 777);
    buf_close(&b);
}

/* Clearing keeps the memory, closing gives it back and allows another use. */
static void buf_clear_and_close(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_append_text(&b, "hello"), 0);
    buf_clear(&b);
    assert_int_equal(buf_length(&b), 0);
    assert_int_equal(buf_append_text(&b, "world"), 0);
    assert_content(&b, "world");
    buf_close(&b);
    assert_int_equal(buf_length(&b), 0);
    assert_null(b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_init_is_empty),
        cmocka_unit_test(buf_append_maximum),
        cmocka_unit_test(buf_append_maximum_of_zero),
        cmocka_unit_test(buf_commit_part),
        cmocka_unit_test(buf_printf_grows),
        cmocka_unit_test(buf_consume_stream),
        cmocka_unit_test(buf_clear_and_close),
    };
    return cmocka_run_group_tests_name("util/buf", tests, NULL, NULL);
}
