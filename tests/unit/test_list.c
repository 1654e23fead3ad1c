#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/key.h"
#include "tui/list.h"

/* The chosen row exists, or there is none. */
static void list_clamp_keeps_to_the_rows(void **state)
{
    struct list l = {.row = 9};

    (void)state;
    list_clamp(&l, 5);
    assert_int_equal(l.row, 4);
    list_clamp(&l, 0);
    assert_int_equal(l.row, -1);
    list_clamp(&l, 3);
    assert_int_equal(l.row, 0);
}

/* The chosen row is always among those drawn, without blank rows below. */
static void list_scroll_shows_the_row(void **state)
{
    struct list l = {.row = 50, .top = 0};

    (void)state;
    list_scroll(&l, 100, 10);
    assert_int_equal(l.top, 41);
    l.row = 45;
    list_scroll(&l, 100, 10);
    assert_int_equal(l.top, 41);
    l.row = 40;
    list_scroll(&l, 100, 10);
    assert_int_equal(l.top, 40);
    list_scroll(&l, 42, 10);
    assert_int_equal(l.top, 32);
    list_scroll(&l, 3, 10);
    assert_int_equal(l.top, 0);
    assert_int_equal(l.row, 2);
}

/* Keys stop at both ends; a page keeps one row in sight. */
static void list_key_moves(void **state)
{
    struct list l = {.row = 0, .page = 10};

    (void)state;
    assert_true(list_key(&l, KEY_ARROW_UP, 20));
    assert_int_equal(l.row, 0);
    assert_true(list_key(&l, 'j', 20));
    assert_int_equal(l.row, 1);
    assert_true(list_key(&l, KEY_PAGE_DOWN, 20));
    assert_int_equal(l.row, 10);
    assert_true(list_key(&l, KEY_PAGE_DOWN, 20));
    assert_int_equal(l.row, 19);
    assert_true(list_key(&l, KEY_PAGE_UP, 20));
    assert_int_equal(l.row, 10);
    assert_true(list_key(&l, 'g', 20));
    assert_int_equal(l.row, 0);
    assert_true(list_key(&l, KEY_GO_END, 20));
    assert_int_equal(l.row, 19);
    assert_false(list_key(&l, 'x', 20));
    assert_true(list_key(&l, 'G', 0));
    assert_int_equal(l.row, -1);
}

static void list_matches_any_case(void **state)
{
    (void)state;
    assert_true(list_matches("Debian-12.ISO", "12.iso"));
    assert_true(list_matches("\xc3\x9c"
                             "ber",
                             "\xc3\xbc"));
    assert_false(list_matches("debian", "ubuntu"));
    assert_false(list_matches(NULL, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_clamp_keeps_to_the_rows),
        cmocka_unit_test(list_scroll_shows_the_row),
        cmocka_unit_test(list_key_moves),
        cmocka_unit_test(list_matches_any_case),
    };
    return cmocka_run_group_tests_name("tui/list", tests, NULL, NULL);
}
