/* Tests of util/bitfield. */
#include "config.h"

#include "util/bitfield.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/err.h"

/* Sizes around the borders of bytes and words. */
static const uint32_t sizes[] = {0,  1,  7,  8,   9,   31,  32,  33,
                                 63, 64, 65, 127, 128, 129, 1000};

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

/* A new field is clear; set and clear change one bit and the count. */
static void bitfield_set_each_bit(void **state)
{
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        struct bitfield *f = bitfield_new(sizes[s]);

        assert_int_equal(bitfield_size(f), sizes[s]);
        assert_int_equal(bitfield_is_full(f), sizes[s] == 0);
        for (uint32_t i = 0; i < sizes[s]; i++) {
            assert_false(bitfield_test(f, i));
            assert_true(bitfield_set(f, i));
            assert_false(bitfield_set(f, i));
            assert_true(bitfield_test(f, i));
            assert_int_equal(bitfield_count(f), i + 1);
        }
        assert_true(bitfield_is_full(f));
        for (uint32_t i = 0; i < sizes[s]; i++) {
            bitfield_clear(f, i);
            bitfield_clear(f, i);
            assert_int_equal(bitfield_count(f), sizes[s] - i - 1);
        }
        bitfield_free(f);
    }
    bitfield_free(NULL);
}

/* Setting all leaves the spare bits of the last word clear. */
static void bitfield_set_all_counts(void **state)
{
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        struct bitfield *f = bitfield_new(sizes[s]);
        struct bitfield *copy = bitfield_new(sizes[s]);

        bitfield_set_all(f);
        assert_true(bitfield_is_full(f));
        assert_int_equal(bitfield_count_range(f, 0, UINT32_MAX), sizes[s]);
        assert_int_equal(bitfield_next_clear(f, 0), BITFIELD_NONE);
        bitfield_copy(copy, f);
        bitfield_copy(copy, copy);
        assert_int_equal(bitfield_count(copy), sizes[s]);
        bitfield_clear_all(f);
        assert_int_equal(bitfield_count(f), 0);
        assert_int_equal(bitfield_next_set(f, 0), BITFIELD_NONE);
        assert_int_equal(bitfield_count(copy), sizes[s]);
        bitfield_free(copy);
        bitfield_free(f);
    }
}

static void bitfield_subtract_clears_the_other(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        struct bitfield *a = bitfield_new(sizes[k]);
        struct bitfield *b = bitfield_new(sizes[k]);
        uint32_t left = 0;

        bitfield_set_all(a);
        for (uint32_t i = 0; i < sizes[k]; i += 3) {
            (void)bitfield_set(b, i);
        }
        bitfield_subtract(a, b);
        for (uint32_t i = 0; i < sizes[k]; i++) {
            assert_int_equal(bitfield_test(a, i), i % 3 != 0);
            left += i % 3 != 0;
        }
        assert_int_equal(bitfield_count(a), left);
        bitfield_subtract(a, a);
        assert_int_equal(bitfield_count(a), 0);
        bitfield_free(a);
        bitfield_free(b);
    }
}

/* Compare the word-wise searches with the obvious ones, on every start. */
static void bitfield_next_agrees_with_loop(void **state)
{
    struct bitfield *mine = bitfield_new(200);
    struct bitfield *theirs = bitfield_new(200);
    uint32_t set = BITFIELD_NONE, clear = BITFIELD_NONE;
    uint32_t missing = BITFIELD_NONE;

    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        if (i * i % 7 < 3 || (i > 60 && i < 140)) {
            bitfield_set(mine, i);
        }
        if (i % 3 == 0 || i > 130) {
            bitfield_set(theirs, i);
        }
    }
    for (uint32_t i = 200; i-- > 0;) {
        if (bitfield_test(mine, i)) {
            set = i;
        } else {
            clear = i;
            missing = bitfield_test(theirs, i) ? i : missing;
        }
        assert_int_equal(bitfield_next_set(mine, i), set);
        assert_int_equal(bitfield_next_clear(mine, i), clear);
        assert_int_equal(bitfield_next_missing(mine, theirs, i), missing);
    }
    assert_int_equal(bitfield_next_set(mine, 200), BITFIELD_NONE);
    assert_int_equal(bitfield_next_clear(mine, 5000), BITFIELD_NONE);
    assert_int_equal(bitfield_next_missing(mine, theirs, UINT32_MAX),
                     BITFIELD_NONE);
    bitfield_free(mine);
    bitfield_free(theirs);
}

/* Ranges are half open and cut at the size. */
static void bitfield_count_range_agrees_with_loop(void **state)
{
    struct bitfield *f = bitfield_new(150);

    (void)state;
    for (uint32_t i = 0; i < 150; i++) {
        if (i * i % 5 < 2) {
            bitfield_set(f, i);
        }
    }
    for (uint32_t low = 0; low <= 150; low++) {
        uint32_t count = 0;

        for (uint32_t high = low; high <= 150; high++) {
            assert_int_equal(bitfield_count_range(f, low, high), count);
            if (high < 150) {
                count += bitfield_test(f, high) ? 1 : 0;
            }
        }
    }
    assert_int_equal(bitfield_count_range(f, 10, 5), 0);
    assert_int_equal(bitfield_count_range(f, 200, 300), 0);
    bitfield_free(f);
}

/* BEP 3: the first bit is the high bit of the first byte. */
static void bitfield_to_wire_bit_order(void **state)
{
    struct bitfield *f = bitfield_new(10);
    uint8_t wire[2];

    (void)state;
    bitfield_set(f, 0);
    bitfield_set(f, 7);
    bitfield_set(f, 9);
    assert_int_equal(bitfield_wire_size(f), 2);
    bitfield_to_wire(f, wire);
    assert_int_equal(wire[0], 0x81);
    assert_int_equal(wire[1], 0x40);
    bitfield_free(f);
}

/* What is written can be read, for every size. */
static void bitfield_from_wire_reads_back(void **state)
{
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        struct bitfield *f = bitfield_new(sizes[s]);
        struct bitfield *back = bitfield_new(sizes[s]);
        size_t size = bitfield_wire_size(f);
        uint8_t *wire = malloc(size + 1);

        for (uint32_t i = 0; i < sizes[s]; i++) {
            if (i * 7 % 3 == 0) {
                bitfield_set(f, i);
            }
        }
        bitfield_set_all(back);
        bitfield_to_wire(f, wire);
        assert_int_equal(bitfield_from_wire(back, wire, size), 0);
        assert_int_equal(bitfield_count(back), bitfield_count(f));
        for (uint32_t i = 0; i < sizes[s]; i++) {
            assert_int_equal(bitfield_test(back, i), bitfield_test(f, i));
        }
        free(wire);
        bitfield_free(f);
        bitfield_free(back);
    }
}

/* A field of another length is refused and changes nothing. */
static void bitfield_from_wire_wrong_length(void **state)
{
    struct bitfield *f = bitfield_new(10);
    uint8_t wire[4] = {0xff, 0xc0, 0, 0};

    (void)state;
    bitfield_set(f, 3);
    assert_int_equal(bitfield_from_wire(f, wire, 0), P2P_EPROTO);
    assert_int_equal(bitfield_from_wire(f, wire, 1), P2P_EPROTO);
    assert_int_equal(bitfield_from_wire(f, wire, 3), P2P_EPROTO);
    assert_int_equal(bitfield_count(f), 1);
    assert_true(bitfield_test(f, 3));
    assert_int_equal(bitfield_from_wire(f, wire, 2), 0);
    assert_true(bitfield_is_full(f));
    bitfield_free(f);
}

/* Each of the spare bits of the last byte is refused when it is set. */
static void bitfield_from_wire_spare_bit(void **state)
{
    (void)state;
    for (uint32_t size = 1; size <= 16; size++) {
        struct bitfield *f = bitfield_new(size);
        size_t length = bitfield_wire_size(f);

        for (uint32_t bit = size; bit < 8 * length; bit++) {
            uint8_t wire[2] = {0, 0};

            wire[bit / 8] = (uint8_t)(0x80u >> (bit % 8));
            assert_int_equal(bitfield_from_wire(f, wire, length), P2P_EPROTO);
            assert_int_equal(bitfield_count(f), 0);
        }
        bitfield_free(f);
    }
}

/* A million bits cost no more than their bytes; the last one works. */
static void bitfield_new_large(void **state)
{
    struct bitfield *f = bitfield_new(1000003);

    (void)state;
    assert_true(bitfield_set(f, 1000002));
    assert_int_equal(bitfield_next_set(f, 0), 1000002);
    assert_int_equal(bitfield_wire_size(f), 125001);
    bitfield_free(f);
}

enum { SHARED_BITS = 20000 };

struct shared {
    struct bitfield *field;
    uint32_t content[SHARED_BITS]; /* plain memory, written before its bit */
};

static void *set_bits(void *arg)
{
    struct shared *s = arg;

    for (uint32_t i = 0; i < SHARED_BITS; i++) {
        s->content[i] = i + 1;
        bitfield_set(s->field, i);
    }
    return NULL;
}

/* A reader on another thread that sees a bit sees what was written before. */
static void bitfield_test_other_thread(void **state)
{
    static struct shared s;
    pthread_t writer;
    uint32_t seen = 0;

    (void)state;
    s.field = bitfield_new(SHARED_BITS);
    assert_int_equal(pthread_create(&writer, NULL, set_bits, &s), 0);
    while (seen < SHARED_BITS) {
        uint32_t first_clear = bitfield_next_clear(s.field, seen);
        uint32_t end = first_clear == BITFIELD_NONE ? SHARED_BITS : first_clear;

        for (; seen < end; seen++) {
            assert_int_equal(s.content[seen], seen + 1);
        }
    }
    pthread_join(writer, NULL);
    assert_true(bitfield_is_full(s.field));
    bitfield_free(s.field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bitfield_set_each_bit),
        cmocka_unit_test(bitfield_set_all_counts),
        cmocka_unit_test(bitfield_subtract_clears_the_other),
        cmocka_unit_test(bitfield_next_agrees_with_loop),
        cmocka_unit_test(bitfield_count_range_agrees_with_loop),
        cmocka_unit_test(bitfield_to_wire_bit_order),
        cmocka_unit_test(bitfield_from_wire_reads_back),
        cmocka_unit_test(bitfield_from_wire_wrong_length),
        cmocka_unit_test(bitfield_from_wire_spare_bit),
        cmocka_unit_test(bitfield_new_large),
        cmocka_unit_test(bitfield_test_other_thread),
    };
    return cmocka_run_group_tests_name("util/bitfield", tests, NULL, NULL);
}
