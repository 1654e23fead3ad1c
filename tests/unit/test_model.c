#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tui/fixture.h"
#include "tui/model.h"
#include "util/mem.h"

static struct model m;

static int set_up(void **state)
{
    (void)state;
    model_init(&m);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_close(&m);
    return 0;
}

/* Before any event every question has an answer. */
static void model_empty(void **state)
{
    (void)state;
    assert_false(model_is_connected(&m));
    assert_null(model_user(&m));
    assert_int_equal(model_rows(&m, ROWS_FILES)->count, 0);
    assert_null(model_group(&m, "dev_team"));
    assert_null(model_transfer(&m, NULL, NULL));
    assert_null(model_pieces(&m, "a", "b"));
    assert_null(model_notice(&m, 0));
}

/* The newest rows of a kind replace the older ones. */
static void model_apply_replaces_rows(void **state)
{
    (void)state;
    assert_true(model_apply(&m, fixture_groups()));
    assert_non_null(model_group(&m, "film-club"));
    assert_true(model_apply(&m, event_new(EVENT_ROWS)) == false);
    assert_non_null(model_group(&m, "film-club"));
    assert_true(model_apply(&m, fixture_transfers(0)));
    assert_true(model_apply(&m, fixture_transfers(1)));
    assert_int_equal(model_rows(&m, ROWS_TRANSFERS)->count, 4);
}

/* Rows about another group or file are not taken for these. */
static void model_rows_of_another(void **state)
{
    (void)state;
    model_apply(&m, fixture_peers(0));
    assert_int_equal(
        model_rows_of(&m, ROWS_PEERS, "dev_team", "debian-12.11-netinst.iso")
            ->count,
        6);
    assert_int_equal(
        model_rows_of(&m, ROWS_PEERS, "dev_team", "firmware_0.9.bin")->count,
        0);
    assert_int_equal(model_rows_of(&m, ROWS_PEERS, "film-club", NULL)->count,
                     0);
}

/* What one user saw is gone when another logs in at the same screen. */
static void model_apply_forgets_on_logout(void **state)
{
    (void)state;
    model_apply(&m, fixture_session(true));
    model_apply(&m, fixture_groups());
    model_apply(&m, fixture_files());
    model_apply(&m, fixture_pieces(0));
    model_apply(&m, fixture_session(false));
    assert_null(model_user(&m));
    assert_int_equal(model_rows(&m, ROWS_GROUPS)->count, 0);
    assert_int_equal(model_rows(&m, ROWS_FILES)->count, 0);
    assert_null(model_pieces(&m, "dev_team", "debian-12.11-netinst.iso"));
}

/* A picture of pieces without its bits is not kept. */
static void model_apply_broken_pieces(void **state)
{
    struct event *e = event_new(EVENT_PIECES);

    (void)state;
    e->pieces.piece_count = 100;
    assert_false(model_apply(&m, e));
    assert_null(m.pieces);
}

/* Names that are not known do not match anything, and nothing crashes. */
static void model_rows_without_names(void **state)
{
    struct event *e = event_new(EVENT_ROWS);

    (void)state;
    rows_init(&e->rows, ROWS_GROUPS);
    rows_add(&e->rows);
    model_apply(&m, e);
    assert_null(model_group(&m, "x"));
    assert_null(model_group(&m, NULL));
}

/* The log is a ring: the oldest notices make room. */
static void model_notices_are_a_ring(void **state)
{
    char text[32];
    int i;

    (void)state;
    for (i = 0; i < MODEL_NOTICES + 5; i++) {
        snprintf(text, sizeof(text), "%d", i);
        model_add_notice(&m, NOTICE_INFO, i, NULL, NULL, text);
    }
    snprintf(text, sizeof(text), "%d", MODEL_NOTICES + 4);
    assert_string_equal(model_notice(&m, 0)->text, text);
    assert_string_equal(model_notice(&m, MODEL_NOTICES - 1)->text, "5");
    assert_null(model_notice(&m, MODEL_NOTICES));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(model_empty),
        TEST(model_apply_replaces_rows),
        TEST(model_rows_of_another),
        TEST(model_apply_forgets_on_logout),
        TEST(model_apply_broken_pieces),
        TEST(model_rows_without_names),
        TEST(model_notices_are_a_ring),
    };
    return cmocka_run_group_tests_name("tui/model", tests, NULL, NULL);
}
