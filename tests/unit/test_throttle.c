#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "tracker/throttle.h"

static int set_up(void **state)
{
    *state = throttle_new();
    return 0;
}

static int tear_down(void **state)
{
    throttle_free(*state);
    return 0;
}

/* Guesses from a hundred addresses, as fast as allowed for an hour: less than
 * fifty are evaluated (TESTING T7). */
static void throttle_login_guesses_of_an_hour(void **state)
{
    struct throttle *t = *state;
    int64_t now;
    int evaluated = 0;
    int n = 0;

    for (now = 1; now < 3600 * 1000; now += 100) {
        char address[32];

        snprintf(address, sizeof(address), "10.0.0.%d", n++ % 100);
        evaluated += throttle_login(t, "alice", address, now) == 0;
    }
    assert_in_range(evaluated, 10, 49);
}

/* The delay grows from one second to the maximum and is told. */
static void throttle_login_delays(void **state)
{
    struct throttle *t = *state;
    int64_t now = 1000000000;
    int64_t expected = 1;
    int n;

    for (n = 0; n < THROTTLE_FREE; n++) {
        assert_int_equal(throttle_login(t, "a", "10.0.0.1", now), 0);
    }
    for (n = 0; n < 12; n++) {
        assert_int_equal(throttle_login(t, "a", "10.0.0.1", now), expected);
        now += expected * 1000;
        assert_int_equal(throttle_login(t, "a", "10.0.0.1", now), 0);
        expected *= 2;
        expected =
            expected > THROTTLE_DELAY_MAX ? THROTTLE_DELAY_MAX : expected;
        if (n == 9) {
            expected = THROTTLE_DELAY_MAX;
        }
    }
}

/* A right password forgets the failures, and where it was right the user is
 * not kept out by the guesses of others. */
static void throttle_login_known_place(void **state)
{
    struct throttle *t = *state;
    int64_t now = 1000000000;
    int n;

    assert_int_equal(throttle_login(t, "a", "10.0.0.1", now), 0);
    throttle_login_was_right(t, "a", "10.0.0.1", now);
    for (n = 0; n < THROTTLE_FREE; n++) {
        assert_int_equal(throttle_login(t, "a", "10.6.6.6", now), 0);
    }
    assert_true(throttle_login(t, "a", "10.6.6.6", now) > 0);
    assert_true(throttle_login(t, "a", "10.7.7.7", now) > 0);
    assert_int_equal(throttle_login(t, "a", "10.0.0.1", now), 0);
    assert_int_equal(throttle_login(t, "b", "10.6.6.6", now), 0);
}

/* One address has a budget over all accounts; an IPv6 host's is its /64. */
static void throttle_login_address_budget(void **state)
{
    struct throttle *t = *state;
    int64_t now = 1000000000;
    int n;

    for (n = 0; n < THROTTLE_ADDRESS; n++) {
        char user[16];
        char address[64];

        snprintf(user, sizeof(user), "u%d", n);
        snprintf(address, sizeof(address), "2001:db8::%x", n + 1);
        assert_int_equal(throttle_login(t, user, address, now), 0);
    }
    assert_true(throttle_login(t, "x", "2001:db8::ffff", now) > 0);
    assert_int_equal(throttle_login(t, "x", "2001:db8:0:1::1", now), 0);
    now += THROTTLE_ADDRESS_EVERY * 1000;
    assert_int_equal(throttle_login(t, "y", "2001:db8::1", now), 0);
    assert_true(throttle_login(t, "z", "2001:db8::1", now) > 0);
}

/* Right passwords do not use up the budget of an address. */
static void throttle_login_right_is_free(void **state)
{
    struct throttle *t = *state;
    int n;

    for (n = 0; n < 10 * THROTTLE_ADDRESS; n++) {
        assert_int_equal(throttle_login(t, "a", "10.0.0.1", 1000000), 0);
        throttle_login_was_right(t, "a", "10.0.0.1", 1000000);
    }
}

/* New accounts of one address. */
static void throttle_account_budget(void **state)
{
    struct throttle *t = *state;
    int n;

    for (n = 0; n < THROTTLE_ACCOUNTS; n++) {
        assert_int_equal(throttle_account(t, "10.0.0.1", 1000), 0);
    }
    assert_in_range(throttle_account(t, "10.0.0.1", 1000), 1, 2);
    assert_int_equal(throttle_account(t, "10.0.0.2", 1000), 0);
    assert_int_equal(throttle_account(t, "10.0.0.1", 2000), 0);
}

/* More names than are remembered only push out the oldest. */
static void throttle_entries_are_bounded(void **state)
{
    struct throttle *t = *state;
    int n;

    for (n = 0; n < THROTTLE_ENTRIES + 1000; n++) {
        char user[16];
        char address[32];

        snprintf(user, sizeof(user), "u%d", n);
        snprintf(address, sizeof(address), "10.%d.%d.%d", n >> 16 & 255,
                 n >> 8 & 255, n & 255);
        assert_int_equal(throttle_login(t, user, address, 1000), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(throttle_login_guesses_of_an_hour),
        TEST(throttle_login_delays),
        TEST(throttle_login_known_place),
        TEST(throttle_login_address_budget),
        TEST(throttle_login_right_is_free),
        TEST(throttle_account_budget),
        TEST(throttle_entries_are_bounded),
    };
    return cmocka_run_group_tests_name("tracker/throttle", tests, NULL, NULL);
}
