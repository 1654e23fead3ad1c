#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tracker/meter.h"

static struct meter_report at(const struct meter *m, int64_t now_ms)
{
    struct meter_report r;

    meter_read(m, now_ms, &r);
    return r;
}

static void meter_read_nothing_yet(void **state)
{
    struct meter m = {0};
    struct meter_report r = at(&m, 12345);

    (void)state;
    assert_int_equal(r.median_us, -1);
    assert_int_equal(r.slow_us, -1);
    assert_int_equal(r.requests[METER_SLOTS - 1], 0);
}

/* The slot under way is not shown as if it were complete; after ten minutes
 * all is forgotten. */
static void meter_read_slots(void **state)
{
    struct meter m = {0};
    struct meter_report r;
    int64_t now = 1000 * METER_SLOT_MS;
    unsigned i;

    (void)state;
    for (i = 0; i < 7; i++) {
        meter_request(&m, now, 100);
    }
    meter_refusal(&m, now);
    assert_int_equal(at(&m, now).requests[METER_SLOTS - 1], 0);
    assert_int_equal(at(&m, now).refused, 1);
    r = at(&m, now + METER_SLOT_MS);
    assert_int_equal(r.requests[METER_SLOTS - 1], 7);
    assert_int_equal(r.requests[METER_SLOTS - 2], 0);
    meter_request(&m, now + METER_SLOT_MS, 100);
    r = at(&m, now + 3 * METER_SLOT_MS);
    assert_int_equal(r.requests[METER_SLOTS - 3], 7);
    assert_int_equal(r.requests[METER_SLOTS - 2], 1);
    assert_int_equal(r.requests[METER_SLOTS - 1], 0);
    r = at(&m, now + METER_SLOTS * METER_SLOT_MS);
    assert_int_equal(r.requests[0], 7);
    r = at(&m, now + (METER_SLOTS + 1) * METER_SLOT_MS);
    assert_int_equal(r.requests[0], 1);
    assert_int_equal(r.refused, 0);
    r = at(&m, now + (METER_SLOTS + 5) * METER_SLOT_MS);
    assert_int_equal(r.median_us, -1);
}

/* Slots are used again a round later. */
static void meter_request_next_round(void **state)
{
    struct meter m = {0};
    int64_t later = (METER_SLOTS + 1) * METER_SLOT_MS;

    (void)state;
    meter_request(&m, 0, 100);
    meter_request(&m, later, 100);
    assert_int_equal(at(&m, later + METER_SLOT_MS).requests[METER_SLOTS - 1],
                     1);
}

/* Within a quarter of the truth, from one microsecond to an hour. */
static void meter_read_latency(void **state)
{
    static const int64_t times[] = {17, 100, 999, 4096, 65535, 1000000};
    struct meter_report r;
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct meter m = {0};

        for (k = 0; k < 98; k++) {
            meter_request(&m, 1, times[i]);
        }
        meter_request(&m, 1, 3 * times[i]);
        meter_request(&m, 1, 3 * times[i]);
        r = at(&m, 1);
        assert_in_range(r.median_us, times[i], times[i] + times[i] / 4 + 1);
        assert_in_range(r.slow_us, 3 * times[i], 4 * times[i]);
    }
}

static void meter_request_extremes(void **state)
{
    struct meter m = {0};

    (void)state;
    meter_request(&m, 1, -5);
    meter_request(&m, 1, 0);
    meter_request(&m, 1, INT64_MAX);
    assert_int_equal(at(&m, 1).median_us, 16);
    assert_true(at(&m, 1).slow_us >= INT64_C(1) << METER_HIGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meter_read_nothing_yet),
        cmocka_unit_test(meter_read_slots),
        cmocka_unit_test(meter_request_next_round),
        cmocka_unit_test(meter_read_latency),
        cmocka_unit_test(meter_request_extremes),
    };

    return cmocka_run_group_tests_name("tracker/meter", tests, NULL, NULL);
}
