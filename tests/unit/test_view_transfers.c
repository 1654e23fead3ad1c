#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "msgq/event.h"
#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tui/key.h"
#include "tui/screen.h"
#include "tui/ui.h"

/* The view with files of three groups, as key 2 shows it. */
static void open_view(struct stage *s, enum glyph_tier tier)
{
    stage_open(s, tier);
    stage_key(s, '2');
    stage_answer_all(s);
    stage_post(s, fixture_all_transfers(0));
    stage_post(s, fixture_takers());
}

/* Every layout in every tier looks as it was agreed on. */
static void transfers_view_looks_as_agreed(void **state)
{
    (void)state;
    stage_assert_looks("transfers", open_view);
}

/* Whatever the size, in every pane, with and without rows, nothing is drawn
 * outside and the cursor is inside. */
static void transfers_view_every_size(void **state)
{
    int width, height, pane;

    (void)state;
    for (pane = 0; pane < 4; pane++) {
        struct stage s;
        int i;

        open_view(&s, GLYPH_FULL);
        for (i = 0; i < pane; i++) {
            stage_key(&s, KEY_TAB);
        }
        if (pane == 3) {
            stage_type(&s, ":filter nothing like it");
            stage_key(&s, KEY_RETURN);
        }
        for (width = 1; width <= 200; width += 7) {
            for (height = 1; height <= 60; height += 3) {
                free(stage_draw(&s, width, height));
                assert_in_range(s.cells.cursor_x, 0, width - 1);
                assert_in_range(s.cells.cursor_y, 0, height - 1);
            }
        }
        stage_close(&s);
    }
}

/* It is watched who takes only while that is shown. */
static void transfers_view_watches_takers(void **state)
{
    struct stage s;
    struct command *c;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_answer_all(&s);
    stage_key(&s, '2');
    c = stage_take(&s, COMMAND_WATCH);
    assert_non_null(c);
    assert_int_equal(c->number, COMMAND_WATCH_TAKERS);
    assert_string_equal(c->group, "dev_team");
    command_free(c);
    stage_key(&s, 'q');
    c = stage_take(&s, COMMAND_WATCH);
    assert_non_null(c);
    assert_int_equal(c->number, 0);
    command_free(c);
    stage_close(&s);
}

static void assert_sends(struct stage *s, enum command_kind kind,
                         const char *group, const char *name)
{
    struct command *c = stage_take(s, kind);

    assert_non_null(c);
    assert_string_equal(c->group, group);
    assert_string_equal(c->name, name);
    command_free(c);
}

/* Actions are about the row, whatever its group is; "p" lets what rests go
 * on. */
static void transfers_view_acts_on_any_group(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_key(&s, 'p');
    assert_sends(&s, COMMAND_PAUSE, "dev_team", "debian-12.11-netinst.iso");
    stage_type(&s, ":find concert");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "> concert-cut.mkv"));
    stage_key(&s, 'p');
    assert_sends(&s, COMMAND_RESUME, "film-club", "concert-cut.mkv");
    stage_key(&s, 'v');
    assert_sends(&s, COMMAND_VERIFY, "film-club", "concert-cut.mkv");
    stage_close(&s);
}

/* Marks lie across groups; the next action means all of them. */
static void transfers_view_marks_across_groups(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_key(&s, KEY_SPACE);
    stage_key(&s, KEY_SPACE);
    stage_key(&s, KEY_SPACE);
    stage_answer_all(&s);
    assert_true(stage_shows(&s, "* concert-cut.mkv") ||
                stage_shows(&s, "*  concert-cut.mkv") ||
                stage_shows(&s, "* concert"));
    stage_key(&s, 'p'); /* two of the three are loading: all are paused */
    assert_sends(&s, COMMAND_PAUSE, "dev_team", "debian-12.11-netinst.iso");
    assert_sends(&s, COMMAND_PAUSE, "dev_team", "dataset-v3.tar.zst");
    assert_sends(&s, COMMAND_PAUSE, "film-club", "concert-cut.mkv");
    assert_null(stage_take(&s, COMMAND_PAUSE));
    stage_close(&s);
}

/* "P" stops everything that loads; when nothing does, everything goes on. */
static void transfers_view_pauses_all(void **state)
{
    struct stage s;
    struct command *c;
    struct event *e;
    size_t i;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_key(&s, 'P');
    c = stage_take(&s, COMMAND_PAUSE);
    assert_non_null(c);
    assert_null(c->name);
    command_free(c);
    e = fixture_all_transfers(0);
    for (i = 0; i < e->rows.count; i++) {
        if (e->rows.transfers[i].have < e->rows.transfers[i].size) {
            e->rows.transfers[i].state = TRANSFER_PAUSED;
        }
    }
    stage_post(&s, e);
    stage_key(&s, 'P');
    c = stage_take(&s, COMMAND_RESUME);
    assert_non_null(c);
    assert_null(c->name);
    command_free(c);
    stage_close(&s);
}

/* Who takes can be dropped, after a question; Enter keeps it. */
static void transfers_view_drops_a_taker(void **state)
{
    struct stage s;
    struct command *c;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_ARROW_DOWN);
    stage_key(&s, 'b');
    assert_true(stage_shows(&s, "Drop carol?"));
    stage_key(&s, KEY_RETURN);
    assert_null(stage_take(&s, COMMAND_DROP_PEER));
    stage_key(&s, 'b');
    stage_key(&s, 'y');
    c = stage_take(&s, COMMAND_DROP_PEER);
    assert_non_null(c);
    assert_string_equal(c->user, "carol");
    assert_string_equal(c->group, "dev_team");
    assert_string_equal(c->name, "debian-12.11-netinst.iso");
    command_free(c);
    stage_close(&s);
}

/* The chosen file stays chosen when the order changes, and its neighbour is
 * when it is gone. */
static void transfers_view_keeps_the_choice(void **state)
{
    struct stage s;
    struct event *e;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_key(&s, KEY_ARROW_DOWN);
    assert_true(stage_shows(&s, "> dataset-v3.tar.zst"));
    e = fixture_all_transfers(0);
    e->rows.transfers[4].state = TRANSFER_FAILED; /* comes first now */
    stage_post(&s, e);
    assert_true(stage_shows(&s, "> dataset-v3.tar.zst"));
    stage_key(&s, '>'); /* by name */
    assert_true(stage_shows(&s, "> dataset-v3.tar.zst"));
    stage_post(&s, fixture_transfers(0));
    assert_true(stage_shows(&s, "> dataset-v3.tar.zst"));
    stage_close(&s);
}

/* Commands that list are places of this view. */
static void transfers_view_answers_lists(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_type(&s, ":show_downloads");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "[Downloads]"));
    stage_type(&s, ":list");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "[Sharing]"));
    stage_key(&s, 'z');
    assert_false(stage_shows(&s, "Who takes from you"));
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transfers_view_looks_as_agreed),
        cmocka_unit_test(transfers_view_every_size),
        cmocka_unit_test(transfers_view_watches_takers),
        cmocka_unit_test(transfers_view_acts_on_any_group),
        cmocka_unit_test(transfers_view_marks_across_groups),
        cmocka_unit_test(transfers_view_pauses_all),
        cmocka_unit_test(transfers_view_drops_a_taker),
        cmocka_unit_test(transfers_view_keeps_the_choice),
        cmocka_unit_test(transfers_view_answers_lists),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/view_transfers", tests, NULL, NULL);
}
