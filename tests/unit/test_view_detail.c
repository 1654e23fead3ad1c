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
#include "tui/main_state.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "util/mem.h"

/* The file that is half loaded, opened with Enter. */
static void open_view(struct stage *s, enum glyph_tier tier)
{
    stage_open(s, tier);
    stage_key(s, KEY_RETURN);
    stage_answer_all(s);
}

/* Every layout in every tier looks as it was agreed on: on the widest the
 * copies, as there is room for every piece. */
static void detail_view_looks_as_agreed(void **state)
{
    int tier;

    (void)state;
    for (tier = 0; tier < GLYPH_TIERS; tier++) {
        struct stage s;
        enum grid_kind *kind;

        open_view(&s, (enum glyph_tier)tier);
        kind = &screen_ui(s.screen)->main->map.kind;
        *kind = GRID_COPIES;
        stage_assert_size(&s, "detail", 120, 36);
        *kind = GRID_STATE;
        stage_assert_size(&s, "detail", 80, 24);
        stage_assert_size(&s, "detail", 60, 20);
        stage_assert_size(&s, "detail", 40, 12);
        stage_assert_size(&s, "detail", 20, 5);
        stage_close(&s);
    }
}

static void draw_every_size(struct stage *s)
{
    int width, height;

    for (width = 1; width <= 200; width += 7) {
        for (height = 1; height <= 60; height += 3) {
            free(stage_draw(s, width, height));
            assert_in_range(s->cells.cursor_x, 0, width - 1);
            assert_in_range(s->cells.cursor_y, 0, height - 1);
        }
    }
}

/* Whatever the size: both panes, alone, with a reason, without pieces or
 * peers. */
static void detail_view_every_size(void **state)
{
    struct stage s;
    struct event *e;

    (void)state;
    open_view(&s, GLYPH_FULL);
    draw_every_size(&s);
    stage_key(&s, KEY_TAB);
    draw_every_size(&s);
    stage_key(&s, 'z');
    draw_every_size(&s);
    stage_key(&s, 'z');
    e = fixture_transfers(0);
    e->rows.transfers[0].reason = mem_strdup("the disk is full");
    stage_post(&s, e);
    draw_every_size(&s);
    assert_true(stage_shows(&s, "The disk is full"));
    stage_key(&s, 'q');
    stage_type(&s, ":info team-offsite.mkv");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "Nobody is connected"));
    draw_every_size(&s);
    stage_close(&s);
}

/* q leads back to where it was opened, also from the transfers; the file of
 * another group is chosen everywhere. */
static void detail_view_leads_back(void **state)
{
    struct stage s;
    struct command *c;

    (void)state;
    open_view(&s, GLYPH_FULL);
    assert_true(stage_shows(&s, "dev_team, shared by bob"));
    stage_key(&s, 'q');
    assert_true(stage_shows(&s, "[Files]"));
    stage_key(&s, '2');
    stage_answer_all(&s);
    stage_post(&s, fixture_all_transfers(0));
    stage_type(&s, ":find concert");
    stage_key(&s, KEY_RETURN);
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "concert-cut.mkv"));
    assert_true(stage_shows(&s, "[Pieces]"));
    c = stage_take(&s, COMMAND_WATCH);
    while (c != NULL && c->name != NULL &&
           strcmp(c->name, "concert-cut.mkv") != 0) {
        command_free(c);
        c = stage_take(&s, COMMAND_WATCH);
    }
    assert_non_null(c);
    assert_string_equal(c->group, "film-club");
    command_free(c);
    stage_key(&s, 'q');
    assert_true(stage_shows(&s, "[Downloads]"));
    stage_close(&s);
}

/* The cell with the cursor in words: what failed, and who is asked now. */
static void detail_view_describes_the_cell(void **state)
{
    struct stage s;
    struct main_view *m;

    (void)state;
    open_view(&s, GLYPH_FULL);
    m = screen_ui(s.screen)->main;
    free(stage_draw(&s, 80, 24));
    m->map.cursor = 1061;
    assert_true(stage_shows(&s, ", 1061 failed from grace"));
    m->map.cursor = 597;
    assert_true(stage_shows(&s, ", 597 asked from bob"));
    stage_close(&s);
}

/* "o" and :pieces choose what is shown and name it, "+" and "-" how much. */
static void detail_view_turns_and_zooms(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL);
    assert_true(stage_shows(&s, "[Pieces]─ State ─"));
    stage_key(&s, 'o');
    assert_true(stage_shows(&s, "Copies in the swarm"));
    stage_type(&s, ":pieces percent");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "[Pieces]─ Percent"));
    stage_type(&s, ":pieces colours");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "Pieces are shown by state, copies"));
    stage_key(&s, '+');
    assert_true(stage_shows(&s, "pieces 0-190   1 cell = 1 piece"));
    stage_key(&s, '+');
    assert_true(stage_shows(&s, "Every piece has a cell"));
    stage_key(&s, '-');
    assert_true(stage_shows(&s, "1 cell = 2 or 3 pieces"));
    stage_type(&s, ":info design-notes.pdf");
    stage_key(&s, KEY_RETURN);
    free(stage_draw(&s, 80, 24));
    stage_key(&s, '+');
    assert_true(stage_shows(&s, "Nothing is known of its pieces"));
    stage_close(&s);
}

/* Peers by letter or by load; the chosen one stays chosen, says why it is
 * slow, and can be dropped. */
static void detail_view_sorts_and_drops_peers(void **state)
{
    struct stage s;
    struct command *c;
    char *text;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_key(&s, KEY_TAB);
    text = stage_draw(&s, 80, 24);
    assert_true(strstr(text, "a bob") < strstr(text, "c dave"));
    free(text);
    stage_key(&s, '>');
    text = stage_draw(&s, 80, 24);
    assert_true(strstr(text, "c dave") < strstr(text, "a bob"));
    free(text);
    assert_int_equal(
        cells_at(&s.cells, s.cells.cursor_x + 1, s.cells.cursor_y)->character,
        'a');
    assert_true(stage_shows(&s, "10.0.0.7:6000"));
    stage_key(&s, 'b');
    assert_true(stage_shows(&s, "Drop bob?"));
    stage_key(&s, 'y');
    c = stage_take(&s, COMMAND_DROP_PEER);
    assert_non_null(c);
    assert_string_equal(c->user, "bob");
    assert_string_equal(c->name, "debian-12.11-netinst.iso");
    command_free(c);
    stage_close(&s);
}

/* When the file is gone, so is the view. */
static void detail_view_ends_with_its_file(void **state)
{
    struct stage s;
    struct event *e = event_new(EVENT_ROWS);

    (void)state;
    open_view(&s, GLYPH_FULL);
    e->group = mem_strdup("dev_team");
    rows_init(&e->rows, ROWS_FILES);
    stage_post(&s, e);
    e = event_new(EVENT_ROWS);
    rows_init(&e->rows, ROWS_TRANSFERS);
    stage_post(&s, e);
    assert_true(stage_shows(&s, "[Files]"));
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detail_view_looks_as_agreed),
        cmocka_unit_test(detail_view_every_size),
        cmocka_unit_test(detail_view_leads_back),
        cmocka_unit_test(detail_view_describes_the_cell),
        cmocka_unit_test(detail_view_turns_and_zooms),
        cmocka_unit_test(detail_view_sorts_and_drops_peers),
        cmocka_unit_test(detail_view_ends_with_its_file),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/view_detail", tests, NULL, NULL);
}
