/* Tests of util/units. */
#include "config.h"

#include "util/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/err.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

/* At most three digits, one decimal below ten; a number that would round up to
 * 1000 takes the next unit. */
static void units_size_rounds(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {1, "1 B"},
        {999, "999 B"},
        {1000, "1.0 KiB"},
        {1023, "1.0 KiB"},
        {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {10188, "9.9 KiB"},
        {10189, "10 KiB"},
        {16 * KIB, "16 KiB"},
        {512 * KIB, "512 KiB"},
        {880 * KIB, "880 KiB"},
        {999 * KIB + 511, "999 KiB"},
        {999 * KIB + 512, "1.0 MiB"},
        {1000 * KIB, "1.0 MiB"},
        {6 * MIB, "6.0 MiB"},
        {670 * MIB, "670 MiB"},
        {47 * GIB / 10, "4.7 GiB"},
        {1023 * GIB, "1.0 TiB"},
        {INT64_MAX, "8.0 EiB"},
        {UINT64_MAX, "16 EiB"},
    };
    char out[UNITS_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(units_size(cases[i].bytes, out), cases[i].text);
    }
    assert_string_equal(units_rate(84 * MIB / 10, out), "8.4 MiB/s");
    assert_string_equal(units_rate(0, out), "0 B/s");
}

/* No value needs more than three digits. */
static void units_short_never_long(void **state)
{
    char out[UNITS_TEXT];

    (void)state;
    assert_string_equal(units_short(0, out), "0");
    assert_string_equal(units_short(512, out), "512");
    assert_string_equal(units_short(880 * KIB, out), "880K");
    assert_string_equal(units_short(84 * MIB / 10, out), "8.4M");
    for (uint64_t value = 1; value < UINT64_MAX / 11 * 10;
         value += value / 10 + 1) {
        assert_true(strlen(units_short(value, out)) <= 4);
    }
}

/* The two largest units that matter. */
static void units_duration_cases(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {-1, "-"},
        {INT64_MIN, "-"},
        {0, "0 s"},
        {30, "30 s"},
        {59, "59 s"},
        {60, "1 min"},
        {89, "1 min"},
        {90, "2 min"},
        {3000, "50 min"},
        {3569, "59 min"},
        {3570, "1 h"},
        {12000, "3 h 20 min"},
        {86369, "23 h 59 min"},
        {86370, "1 d"},
        {172800, "2 d"},
        {190800, "2 d 5 h"},
        {INT64_MAX, "106751991167300 d 16 h"},
    };
    char out[UNITS_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(units_duration(cases[i].seconds, out),
                            cases[i].text);
    }
}

/* A comma stands before each group of three. */
static void units_count_commas(void **state)
{
    char out[UNITS_TEXT];

    (void)state;
    assert_string_equal(units_count(0, out), "0");
    assert_string_equal(units_count(999, out), "999");
    assert_string_equal(units_count(2147, out), "2,147");
    assert_string_equal(units_count(1000000, out), "1,000,000");
    assert_string_equal(units_count(UINT64_MAX, out),
                        "18,446,744,073,709,551,615");
}

/* S1-03: sizes as people write them, among them a piece size of 512K. */
static void units_parse_size_accepts(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"0", 0},
        {"100", 100},
        {"100B", 100},
        {"100 b", 100},
        {"512K", 512 * KIB},
        {"512k", 512 * KIB},
        {"512KiB", 512 * KIB},
        {"512 kb", 512 * KIB},
        {"10M", 10 * MIB},
        {"1.5 GiB", 3 * GIB / 2},
        {"0.5K", 512},
        {"1.999999999999999999999999K", 2047},
        {"00000000000000000000000001K", KIB},
        {"18446744073709551615", UINT64_MAX},
        {"15E", UINT64_C(15) << 60},
        {"15.5EiB", UINT64_C(31) << 59},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t bytes = 77;

        assert_int_equal(units_parse_size(cases[i].text, &bytes), 0);
        assert_true(bytes == cases[i].bytes);
    }
}

/* What is no size is refused, and nothing is written. */
static void units_parse_size_refuses(void **state)
{
    static const char *const bad[] = {
        "",     " ",    "K",     "-1",   "+1",    "1.",       ".5K",  "1.5",
        "1.5B", "1,5K", "1 2",   "0x10", "1KK",   "1Ki",      "1 Mi", "1KiBx",
        "1iB",  "1e3",  "1.2.3", "1K ",  " 1K",   "1\tK",     "1Z",   "K1",
        "nan",  "inf",  "1--",   "1BB",  "1\xff", "\xd9\xa1", "1K\n",
    };
    static const char *const large[] = {
        "18446744073709551616", "99999999999999999999999999", "16E",
        "17179869184G",         "18446744073709551615.9K",
    };
    uint64_t bytes = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(units_parse_size(bad[i], &bytes), P2P_EINVAL);
    }
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        assert_int_equal(units_parse_size(large[i], &bytes), P2P_ERANGE);
    }
    assert_int_equal(bytes, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_size_rounds),
        cmocka_unit_test(units_short_never_long),
        cmocka_unit_test(units_duration_cases),
        cmocka_unit_test(units_count_commas),
        cmocka_unit_test(units_parse_size_accepts),
        cmocka_unit_test(units_parse_size_refuses),
    };
    return cmocka_run_group_tests_name("util/units", tests, NULL, NULL);
}
