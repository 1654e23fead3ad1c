/* Tests of util/ratelimit. */
#include "config.h"

#include "util/ratelimit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A new bucket is full and gives its burst at once, then no more. */
static void ratelimit_take_burst(void **state)
{
    struct ratelimit r;

    (void)state;
    ratelimit_init(&r, 10, 5, 1000);
    for (int i = 0; i < 5; i++) {
        assert_true(ratelimit_take(&r, 1, 1000));
    }
    assert_false(ratelimit_take(&r, 1, 1000));
    assert_false(ratelimit_take(&r, 1, 1099));
    assert_true(ratelimit_take(&r, 1, 1100));
}

/* Over a long time the rate holds, whatever the steps. */
static void ratelimit_take_long_run(void **state)
{
    struct ratelimit r;
    int taken = 0;

    (void)state;
    ratelimit_init(&r, 100, 10, 0);
    for (int64_t now = 0; now < 60000; now += 7) {
        while (ratelimit_take(&r, 1, now)) {
            taken++;
        }
    }
    assert_in_range(taken, 5990, 6010);
}

/* A refusal takes nothing. */
static void ratelimit_take_refused_costs_nothing(void **state)
{
    struct ratelimit r;

    (void)state;
    ratelimit_init(&r, 0, 3, 0);
    assert_false(ratelimit_take(&r, 4, 0));
    assert_true(ratelimit_take(&r, 3, 0));
}

/* Waiting as long as it says is enough, and the bucket never overflows. */
static void ratelimit_wait_is_enough(void **state)
{
    struct ratelimit r;
    int64_t wait;

    (void)state;
    ratelimit_init(&r, 3, 10, 0);
    assert_int_equal(ratelimit_wait_ms(&r, 10, 0), 0);
    assert_true(ratelimit_take(&r, 10, 0));
    wait = ratelimit_wait_ms(&r, 7, 0);
    assert_in_range(wait, 2333, 2335);
    assert_true(ratelimit_take(&r, 7, wait));
    assert_int_equal(ratelimit_wait_ms(&r, 10, 1000000000), 0);
    assert_true(r.tokens <= 10);
}

/* What can never be is told apart from what takes long. */
static void ratelimit_wait_never(void **state)
{
    struct ratelimit r;

    (void)state;
    ratelimit_init(&r, 1, 2, 0);
    assert_int_equal(ratelimit_wait_ms(&r, 3, 0), -1);
    ratelimit_init(&r, 0, 2, 0);
    assert_true(ratelimit_take(&r, 2, 0));
    assert_int_equal(ratelimit_wait_ms(&r, 1, 0), -1);
    assert_int_equal(ratelimit_wait_ms(&r, 0, 0), 0);
    ratelimit_init(&r, 1e-12, 2, 0);
    assert_true(ratelimit_take(&r, 2, 0));
    assert_int_equal(ratelimit_wait_ms(&r, 1, 0), INT32_MAX);
}

/* A clock that goes back neither gives nor takes. */
static void ratelimit_take_clock_back(void **state)
{
    struct ratelimit r;

    (void)state;
    ratelimit_init(&r, 1000, 2, 5000);
    assert_true(ratelimit_take(&r, 2, 5000));
    assert_false(ratelimit_take(&r, 1, 1000));
    assert_true(ratelimit_take(&r, 1, 1001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratelimit_take_burst),
        cmocka_unit_test(ratelimit_take_long_run),
        cmocka_unit_test(ratelimit_take_refused_costs_nothing),
        cmocka_unit_test(ratelimit_wait_is_enough),
        cmocka_unit_test(ratelimit_wait_never),
        cmocka_unit_test(ratelimit_take_clock_back),
    };
    return cmocka_run_group_tests_name("util/ratelimit", tests, NULL, NULL);
}
