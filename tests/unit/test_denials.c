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
    assert_int_equal(denials_add(&d, "u1", 100, "c2ln"), 1);
    assert_int_equal(denials_add(&d, "u1", 100, "c2ln"), 0);
    assert_int_equal(denials_add(&d, "u1", 99, "c2ln"), 0);
    assert_int_equal(denials_add(&d, "u2", 5, "c2ln"), 1);
    assert_int_equal(denials_add(&d, "u1", 101, "c2ln"), 1);
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
        assert_int_equal(denials_add(&d, bad[i], 1, "c2ln"), P2P_EINVAL);
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
    assert_int_equal(denials_add(&d, longest, INT64_MIN, "c2ln"), 1);
    assert_int_equal(denials_add(&d, "u2", INT64_MAX, "c2ln"), 1);
    text = denials_format(&d);
    assert_int_equal(denials_parse(&again, text), 0);
    assert_int_equal(again.count, 2);
    assert_string_equal(again.signatures[0], "c2ln");
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

static bool is_good(void *arg, const char *user_id, int64_t since,
                    const char *signature)
{
    (void)since;
    (*(int *)arg)++;
    return strcmp(user_id, "u2") != 0 && strcmp(signature, "good") == 0;
}

/* S3-16: what an older version kept without signatures holds until the tracker
 * has told its list: not for ever, and not lost before. */
static void denials_unsigned_until_told(void **state)
{
    struct denials d = {.count = 0};
    int asked = 0;

    (void)state;
    assert_int_equal(denials_parse(&d, "u1 9\nu2 5 good\nu3 7\nu4 4 good"), 0);
    assert_int_equal(denials_check(&d, is_good, &asked), 1);
    assert_int_equal(asked, 2);
    assert_int_equal(d.count, 3);
    assert_int_equal(denials_add(&d, "u1", 8, "good"), 1);
    assert_int_equal(denials_add(&d, "u1", 10, NULL), 0);
    assert_int_equal(denials_add(&d, "u4", 4, "other"), 0);
    assert_int_equal(denials_drop_unsigned(&d), 1);
    assert_int_equal(d.count, 2);
    assert_string_equal(d.list[0].user_id, "u1");
    assert_true(d.list[0].since == 8);
    assert_string_equal(d.list[1].user_id, "u4");
    denials_close(&d);
}

static void denials_add_refuses_signatures(void **state)
{
    char longest[DENIALS_SIGNATURE + 1];
    struct denials d = {.count = 0};

    (void)state;
    memset(longest, 'x', DENIALS_SIGNATURE);
    longest[DENIALS_SIGNATURE] = '\0';
    assert_int_equal(denials_add(&d, "u1", 1, longest), P2P_EINVAL);
    assert_int_equal(denials_add(&d, "u1", 1, "a b"), P2P_EINVAL);
    assert_int_equal(denials_add(&d, "u1", 1, "a\nb"), P2P_EINVAL);
    longest[DENIALS_SIGNATURE - 1] = '\0';
    assert_int_equal(denials_add(&d, "u1", 1, longest), 1);
    denials_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(denials_add_keeps_latest),
        cmocka_unit_test(denials_add_refuses),
        cmocka_unit_test(denials_round_trip),
        cmocka_unit_test(denials_parse_damaged),
        cmocka_unit_test(denials_unsigned_until_told),
        cmocka_unit_test(denials_add_refuses_signatures),
    };

    return cmocka_run_group_tests_name("engine/denials", tests, NULL, NULL);
}
