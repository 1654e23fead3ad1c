#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/toast.h"

/* Information goes after six seconds, and then nothing wakes the loop. */
static void toast_information_expires(void **state)
{
    struct toast t;

    (void)state;
    toast_init(&t);
    assert_int_equal(toast_due_ms(&t), -1);
    toast_add(&t, NOTICE_INFO, 0, "a", 1000);
    assert_string_equal(t.text, "a");
    assert_int_equal(toast_due_ms(&t), 1000 + TOAST_INFO_MS);
    assert_false(toast_tick(&t, 6999));
    assert_true(toast_tick(&t, 7000));
    assert_null(t.text);
    assert_int_equal(toast_due_ms(&t), -1);
    toast_close(&t);
}

/* A newer notice waits two seconds; what came between is counted. */
static void toast_newest_wins(void **state)
{
    struct toast t;

    (void)state;
    toast_init(&t);
    toast_add(&t, NOTICE_INFO, 0, "a", 0);
    toast_add(&t, NOTICE_INFO, 0, "b", 10);
    toast_add(&t, NOTICE_DONE, 0, "c", 20);
    toast_add(&t, NOTICE_INFO, 0, "d", 30);
    assert_string_equal(t.text, "a");
    assert_int_equal(toast_due_ms(&t), TOAST_LEAST_MS);
    assert_true(toast_tick(&t, TOAST_LEAST_MS));
    assert_string_equal(t.text, "d");
    assert_int_equal(t.missed, 2);
    toast_close(&t);
}

/* An error stays until a key was pressed, and is not hidden by less. */
static void toast_error_stays(void **state)
{
    struct toast t;

    (void)state;
    toast_init(&t);
    toast_add(&t, NOTICE_ERROR, 0, "bad", 0);
    assert_int_equal(toast_due_ms(&t), -1);
    toast_add(&t, NOTICE_INFO, 0, "news", 5000);
    assert_string_equal(t.text, "bad");
    assert_true(toast_seen(&t, 9000));
    assert_string_equal(t.text, "news");
    assert_false(toast_seen(&t, 9000));
    toast_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(toast_information_expires),
        cmocka_unit_test(toast_newest_wins),
        cmocka_unit_test(toast_error_stays),
    };
    return cmocka_run_group_tests_name("tui/toast", tests, NULL, NULL);
}
