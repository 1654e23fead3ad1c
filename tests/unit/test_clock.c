/* Tests of util/clock. */
#include "config.h"

#include "util/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The monotonic clock does not go back, and both units agree. */
static void clock_now_goes_forward(void **state)
{
    int64_t before = clock_now_us();
    int64_t ms = clock_now_ms();
    int64_t after = clock_now_us();

    (void)state;
    assert_true(before > 0 && before <= after);
    assert_true(before / 1000 <= ms && ms <= after / 1000);
}

/* The wall clock is in this century. */
static void clock_wall_is_plausible(void **state)
{
    (void)state;
    assert_true(clock_wall() > 1700000000);
    assert_true(clock_wall() < 4102444800);
}

/* A frozen clock stands still until it is thawed. */
static void clock_freeze_stands_still(void **state)
{
    (void)state;
    clock_freeze(5001999, 42);
    assert_int_equal(clock_now_us(), 5001999);
    assert_int_equal(clock_now_ms(), 5001);
    assert_int_equal(clock_wall(), 42);
    clock_thaw();
    assert_true(clock_wall() > 1700000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_now_goes_forward),
        cmocka_unit_test(clock_wall_is_plausible),
        cmocka_unit_test(clock_freeze_stands_still),
    };
    return cmocka_run_group_tests_name("util/clock", tests, NULL, NULL);
}
