#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "net/outq.h"
#include "util/mem.h"

enum { RECORD = 16384 };

struct fixture {
    struct outq q;
    uint8_t scratch[RECORD];
    int released; /* calls of count_release() */
};

static int set_up(void **state)
{
    static struct fixture f;

    outq_init(&f.q);
    f.released = 0;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    outq_drop(&f->q);
    return 0;
}

static void count_release(void *arg)
{
    struct fixture *f = arg;

    f->released++;
}

/* An empty queue offers nothing. */
static void outq_peek_empty(void **state)
{
    struct fixture *f = *state;
    size_t size = 7;

    assert_null(outq_peek(&f->q, f->scratch, RECORD, &size));
    assert_int_equal(size, 0);
}

/* Small copies are packed: three writes are one piece to send. */
static void outq_copy_packs(void **state)
{
    struct fixture *f = *state;
    const uint8_t *data;
    size_t size;

    outq_copy(&f->q, "abc", 3);
    outq_copy(&f->q, "d", 1);
    outq_copy(&f->q, "ef", 2);
    data = outq_peek(&f->q, f->scratch, RECORD, &size);
    assert_int_equal(size, 6);
    assert_memory_equal(data, "abcdef", 6);
    assert_ptr_not_equal(data, f->scratch); /* packed when they came */
}

/* Lent bytes are offered from where they are. */
static void outq_take_does_not_copy(void **state)
{
    struct fixture *f = *state;
    static uint8_t big[RECORD * 3];
    size_t size;

    outq_take(&f->q, big, sizeof(big), count_release, f);
    assert_ptr_equal(outq_peek(&f->q, f->scratch, RECORD, &size), big);
    assert_int_equal(size, sizeof(big));
    outq_advance(&f->q, RECORD);
    assert_ptr_equal(outq_peek(&f->q, f->scratch, RECORD, &size), big + RECORD);
    assert_int_equal(f->released, 0);
    outq_advance(&f->q, RECORD * 2);
    assert_int_equal(f->released, 1);
    assert_int_equal(f->q.size, 0);
}

/* A short piece in front of others is filled up to a whole record. */
static void outq_peek_fills_record(void **state)
{
    struct fixture *f = *state;
    static uint8_t big[RECORD * 2];
    const uint8_t *data;
    size_t size;

    memset(big, 'b', sizeof(big));
    outq_copy(&f->q, "head", 4);
    outq_take(&f->q, big, sizeof(big), count_release, f);
    data = outq_peek(&f->q, f->scratch, RECORD, &size);
    assert_ptr_equal(data, f->scratch);
    assert_int_equal(size, RECORD);
    assert_memory_equal(data, "headbbbb", 8);
    outq_advance(&f->q, RECORD);
    assert_ptr_equal(outq_peek(&f->q, f->scratch, RECORD, &size),
                     big + RECORD - 4);
    assert_int_equal(f->q.size, RECORD + 4);
}

/* Copies that were partly sent go on where they stopped, and grow. */
static void outq_copy_after_partial_send(void **state)
{
    struct fixture *f = *state;
    const uint8_t *data;
    size_t size;

    outq_copy(&f->q, "abcdef", 6);
    outq_advance(&f->q, 4);
    outq_copy(&f->q, "gh", 2);
    data = outq_peek(&f->q, f->scratch, RECORD, &size);
    assert_int_equal(size, 4);
    assert_memory_equal(data, "efgh", 4);
}

/* Bytes come out as they went in, for many sizes of writes and of sends. */
static void outq_copy_keeps_order(void **state)
{
    struct fixture *f = *state;
    uint8_t next_in = 0;
    uint8_t next_out = 0;
    size_t round;
    size_t i;

    for (round = 1; round < 400; round++) {
        size_t length = round * 97 % 5000 + 1;
        uint8_t *bytes = mem_alloc(length);

        for (i = 0; i < length; i++) {
            bytes[i] = next_in++;
        }
        outq_copy(&f->q, bytes, length);
        free(bytes);
        while (f->q.size > (round == 399 ? 0 : 20000)) {
            size_t size;
            const uint8_t *data = outq_peek(&f->q, f->scratch, RECORD, &size);

            size = size > round ? size - round % size : size;
            for (i = 0; i < size; i++) {
                assert_int_equal(data[i], next_out);
                next_out++;
            }
            outq_advance(&f->q, size);
        }
    }
    assert_int_equal(next_in, next_out);
}

static void append_on_release(void *arg)
{
    struct fixture *f = arg;

    f->released++;
    outq_copy(&f->q, "more", 4);
}

/* A release function may queue again; the queue is whole at that time. */
static void outq_advance_release_appends(void **state)
{
    struct fixture *f = *state;
    size_t size;

    outq_take(&f->q, "x", 1, append_on_release, f);
    outq_take(&f->q, "y", 1, count_release, f);
    outq_advance(&f->q, 2);
    assert_int_equal(f->released, 2);
    assert_memory_equal(outq_peek(&f->q, f->scratch, RECORD, &size), "more", 4);
    assert_int_equal(size, 4);
}

static void drop_on_release(void *arg)
{
    struct fixture *f = arg;

    f->released++;
    outq_drop(&f->q);
}

/* A release function may drop the rest, in the middle of an advance. */
static void outq_advance_release_drops(void **state)
{
    struct fixture *f = *state;

    outq_take(&f->q, "xy", 2, drop_on_release, f);
    outq_take(&f->q, "z", 1, count_release, f);
    outq_take(&f->q, "zz", 2, count_release, f);
    outq_advance(&f->q, 3);
    assert_int_equal(f->released, 3);
    assert_int_equal(f->q.size, 0);
    assert_null(f->q.head);
}

/* Dropping releases everything once. */
static void outq_drop_releases(void **state)
{
    struct fixture *f = *state;

    outq_take(&f->q, "a", 1, count_release, f);
    outq_copy(&f->q, "b", 1);
    outq_take(&f->q, "c", 1, count_release, f);
    outq_take(&f->q, "d", 1, NULL, NULL);
    outq_drop(&f->q);
    assert_int_equal(f->released, 2);
    assert_int_equal(f->q.size, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(outq_peek_empty),
        TEST(outq_copy_packs),
        TEST(outq_take_does_not_copy),
        TEST(outq_peek_fills_record),
        TEST(outq_copy_after_partial_send),
        TEST(outq_copy_keeps_order),
        TEST(outq_advance_release_appends),
        TEST(outq_advance_release_drops),
        TEST(outq_drop_releases),
    };
    return cmocka_run_group_tests_name("net/outq", tests, NULL, NULL);
}
