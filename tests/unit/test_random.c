/* Tests of crypto/random. */
#include "config.h"

#include "crypto/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Every byte of a large area is written: no place stays zero for long. */
static void random_fill_reaches_every_byte(void **state)
{
    enum { SIZE = 4096 };
    uint8_t seen[SIZE] = {0};
    uint8_t data[SIZE];

    (void)state;
    for (int i = 0; i < 16; i++) {
        memset(data, 0, sizeof data);
        random_fill(data, sizeof data);
        for (size_t k = 0; k < sizeof data; k++) {
            seen[k] |= data[k];
        }
    }
    for (size_t k = 0; k < sizeof seen; k++) {
        assert_int_not_equal(seen[k], 0); /* by chance: 1 in 2^128 each */
    }
}

/* Two fills differ. */
static void random_fill_does_not_repeat(void **state)
{
    uint8_t a[32];
    uint8_t b[32];

    (void)state;
    random_fill(a, sizeof a);
    random_fill(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

/* Size 0 writes nothing. */
static void random_fill_of_nothing_writes_nothing(void **state)
{
    uint8_t guard = 0x5a;

    (void)state;
    random_fill(&guard, 0);
    assert_int_equal(guard, 0x5a);
}

/* Results lie in the range, and every one of a small range comes up evenly. */
static void random_below_is_even(void **state)
{
    unsigned seen[3] = {0};

    (void)state;
    for (int i = 0; i < 30000; i++) {
        uint32_t value = random_below(3);

        assert_true(value < 3);
        seen[value]++;
    }
    for (int i = 0; i < 3; i++) { /* 10000 +- 12 standard deviations */
        assert_in_range(seen[i], 9000, 11000);
    }
}

/* The smallest and the largest limit. */
static void random_below_limits(void **state)
{
    (void)state;
    assert_int_equal(random_below(1), 0);
    for (int i = 0; i < 1000; i++) {
        assert_true(random_below(UINT32_MAX) < UINT32_MAX);
        assert_true(random_below(0x80000001u) <= 0x80000000u);
    }
}

/* The text has exactly two digits a byte and ends with a NUL. */
static void random_hex_is_lower_case_digits(void **state)
{
    char text[2 * 100 + 2];

    (void)state;
    memset(text, 'x', sizeof text);
    random_hex(100, text); /* more than one batch */
    assert_int_equal(strlen(text), 200);
    assert_int_equal(strspn(text, "0123456789abcdef"), 200);
    assert_int_equal(text[201], 'x');
    random_hex(0, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_fill_reaches_every_byte),
        cmocka_unit_test(random_fill_does_not_repeat),
        cmocka_unit_test(random_fill_of_nothing_writes_nothing),
        cmocka_unit_test(random_below_is_even),
        cmocka_unit_test(random_below_limits),
        cmocka_unit_test(random_hex_is_lower_case_digits),
    };
    return cmocka_run_group_tests_name("crypto/random", tests, NULL, NULL);
}
