#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/denials.h"
#include "util/err.h"

/* Only what is later than what is known is news. */
static void denials_add_keeps_latest(void **state)
{
    struct denials d = {.count = 0};

    (void)state;
    assert_int_equal(denials_add(&d, "u1", 100), 1);
    assert_int_equal(denials_add(&d, "u1", 100), 0);
    assert_int_equal(denials_add(&d, "u1", 99), 0);
    assert_int_equal(denials_add(&d, "u2", 5), 1);
    assert_int_equal(denials_add(&d, "u1", 101), 1);
    assert_int_equal(d.count, 2);
    assert_int_equal(d.list[0].since, 101);
    denials_close(&d);
}

/* What would not come back from the text as it is does not go in. */
static void denials_add_refuses(void **state)
{
    static const char *const bad[] = {
        "", "a b", "a\nb", "\xc3\xa4",
        "0123456789012345678901234567890123456789012345678901234567890123x"};
    struct denials d = {.count = 0};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(denials_add(&d, bad[i], 1), P2P_EINVAL);
    }
    assert_int_equal(d.count, 0);
}

/* S0-42: what is kept is what was told, with the longest names too. */
static void denials_round_trip(void **state)
{
    const char *longest =
        "0123456789012345678901234567890123456789012345678901234567890123";
    struct denials d = {.count = 0}, again = {.count = 0};
    char *text;

    (void)state;
    assert_int_equal(denials_add(&d, longest, INT64_MIN), 1);
    assert_int_equal(denials_add(&d, "u2", INT64_MAX), 1);
    text = denials_format(&d);
    assert_int_equal(denials_parse(&again, text), 0);
    assert_int_equal(again.count, 2);
    assert_string_equal(again.list[0].user_id, longest);
    assert_true(again.list[0].since == INT64_MIN);
    assert_true(again.list[1].since == INT64_MAX);
    free(text);
    denials_close(&d);
    denials_close(&again);
}

/* One damaged line lets nobody in whom another line keeps out. */
static void denials_parse_damaged(void **state)
{
    struct denials d = {.count = 0};

    (void)state;
    assert_int_equal(
        denials_parse(&d, "u1 1\nu2\nu3 x\nu4 9999999999999999999\n 5\nu5 6"),
        4);
    assert_int_equal(d.count, 2);
    assert_string_equal(d.list[0].user_id, "u1");
    assert_string_equal(d.list[1].user_id, "u5");
    denials_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(denials_add_keeps_latest),
        cmocka_unit_test(denials_add_refuses),
        cmocka_unit_test(denials_round_trip),
        cmocka_unit_test(denials_parse_damaged),
    };

    return cmocka_run_group_tests_name("engine/denials", tests, NULL, NULL);
}
