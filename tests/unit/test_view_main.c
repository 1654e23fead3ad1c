#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
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
#include "tui/view_main.h"
#include "util/mem.h"

/* Every layout in every tier looks as it was agreed on. */
static void main_view_looks_as_agreed(void **state)
{
    (void)state;
    stage_assert_looks("main", stage_open);
}

/* The ASCII tier has nothing but ASCII on the whole screen. */
static void main_view_ascii_is_ascii(void **state)
{
    struct stage s;
    char *text;
    size_t i;

    (void)state;
    stage_open(&s, GLYPH_ASCII);
    text = stage_draw(&s, 120, 36);
    for (i = 0; text[i] != '\0'; i++) {
        assert_true((unsigned char)text[i] < 0x80);
    }
    free(text);
    stage_close(&s);
}

/* Every row of every size is exactly as wide as the terminal, the cursor is
 * inside, and from 40 columns on the last row names menu and help. */
static void draw_at_every_size(struct stage *s, int step)
{
    int width, height;

    for (width = 1; width <= 200; width += step) {
        for (height = 1; height <= 60; height += step) {
            char *text = stage_draw(s, width, height);
            const char *last = text, *line;

            for (line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
                char *copy =
                    mem_strndup(line, (size_t)(strchr(line, '\n') - line));

                assert_int_equal(cell_text_width(copy, strlen(copy)), width);
                free(copy);
                last = line;
            }
            assert_in_range(s->cells.cursor_x, 0, width - 1);
            assert_in_range(s->cells.cursor_y, 0, height - 1);
            if (width >= 40 && height >= 8 &&
                screen_ui(s->screen)->dialog_count == 0) {
                assert_non_null(strstr(last, "m Menu"));
                assert_non_null(strstr(last, "? Help"));
            }
            free(text);
        }
    }
}

static void main_view_every_size(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    draw_at_every_size(&s, 1);
    stage_close(&s);
}

/* The same with nothing known, and with each pane in use or alone. */
static void main_view_every_size_other_states(void **state)
{
    struct tui_setup setup = {.user = NULL};
    struct stage s;
    int i;

    (void)state;
    stage_open_with(&s, &setup);
    draw_at_every_size(&s, 7);
    stage_close(&s);
    stage_open(&s, GLYPH_FULL);
    for (i = 0; i < MAIN_PANES; i++) {
        stage_key(&s, KEY_TAB);
        draw_at_every_size(&s, 7);
        stage_key(&s, 'z');
        draw_at_every_size(&s, 7);
        stage_key(&s, 'z');
    }
    stage_close(&s);
}

/* The cursor is on the chosen row: a screen reader follows it. */
static void main_view_cursor_is_on_the_focus(void **state)
{
    struct stage s;
    char *text;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    text = stage_draw(&s, 80, 24);
    free(text);
    assert_int_equal(
        cells_at(&s.cells, s.cells.cursor_x, s.cells.cursor_y)->character, '>');
    assert_int_equal(
        cells_at(&s.cells, s.cells.cursor_x + 2, s.cells.cursor_y)->character,
        'd');
    stage_close(&s);
}

/* Names with escapes, bidi controls, newlines and broken bytes stay in their
 * cells: the rest of the list is there and every row keeps its width. */
static void main_view_hostile_names(void **state)
{
    static const char *const names[] = {
        "a\033[2J\033]52;c;AAAA\007b",
        "x\ny",
        "\xe2\x80\xae\x65vil.exe",
        "\xff\xfe\xfd",
        "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
        "日本語日本語日本語日本語日本語日本語.tar.zst",
        "",
    };
    struct event *e = event_new(EVENT_ROWS);
    struct stage s;
    char *text;
    size_t i;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    e->group = mem_strdup("dev_team");
    rows_init(&e->rows, ROWS_FILES);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct row_file *f = rows_add(&e->rows);

        f->group = mem_strdup("dev_team");
        f->name = mem_strdup(names[i]);
        f->publisher = mem_strdup("\033[31mbob");
        f->size = 1000 - i;
    }
    rows_add(&e->rows); /* a row that knows nothing */
    stage_post(&s, e);
    assert_int_equal(screen_ui(s.screen)->main->item_count, 11);
    text = stage_draw(&s, 120, 36);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\007'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_non_null(strstr(text, "evil.exe"));
    free(text);
    draw_at_every_size(&s, 9);
    stage_close(&s);
}

/* The order that is kept from the last look is that of all files, not of those
 * that a filter left, and gives way when they change. */
static void main_view_order_is_kept(void **state)
{
    static const char *const names[] = {"small", "large"};
    struct event *e = event_new(EVENT_ROWS);
    struct stage s;
    char *text;
    size_t i;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_type(&s, ":filter ware"); /* the fourth row of six */
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "firmware_0.9.bin"));
    stage_type(&s, ":filter .b");
    stage_key(&s, KEY_RETURN);
    e->group = mem_strdup("dev_team");
    rows_init(&e->rows, ROWS_FILES);
    for (i = 0; i < 2; i++) {
        struct row_file *f = rows_add(&e->rows);

        f->group = mem_strdup("dev_team");
        f->name = mem_strdup(names[i]);
        f->size = 1000 * (i + 1);
    }
    stage_post(&s, e);
    stage_key(&s, KEY_ESCAPE); /* no filter */
    text = stage_draw(&s, 80, 24);
    assert_non_null(strstr(text, "large"));
    assert_true(strstr(text, "large") < strstr(text, "small"));
    free(text);
    stage_key(&s, 'I');
    text = stage_draw(&s, 80, 24);
    assert_true(strstr(text, "small") < strstr(text, "large"));
    free(text);
    stage_close(&s);
}

/* Where there is room, marks are counted and explained. */
static void main_view_counts_marks(void **state)
{
    struct stage s;
    char *text;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_key(&s, KEY_GO_HOME);
    stage_key(&s, KEY_SPACE);
    text = stage_draw(&s, 120, 36);
    assert_non_null(strstr(text, "Marked: 1 file, 4.7 GiB. "));
    free(text);
    stage_key(&s, KEY_SPACE);
    text = stage_draw(&s, 120, 36);
    assert_non_null(strstr(text, "Marked: 2 files, 6.5 GiB. "));
    free(text);
    stage_close(&s);
}

/* What is chosen stays chosen when rows come and go around it. */
static void main_view_keeps_what_is_chosen(void **state)
{
    struct stage s;
    struct ui *ui;
    struct event *e = event_new(EVENT_ROWS);
    struct row_file *f;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    ui = screen_ui(s.screen);
    assert_string_equal(main_state_item(ui)->name, "debian-12.11-netinst.iso");
    stage_post(&s, fixture_files());
    stage_post(&s, fixture_transfers(9));
    assert_string_equal(main_state_item(ui)->name, "debian-12.11-netinst.iso");
    e->group = mem_strdup("dev_team");
    rows_init(&e->rows, ROWS_FILES);
    f = rows_add(&e->rows);
    f->name = mem_strdup("new.txt");
    f->group = mem_strdup("dev_team");
    stage_post(&s, e);
    e = event_new(EVENT_ROWS);
    rows_init(&e->rows, ROWS_TRANSFERS);
    stage_post(&s, e);
    assert_string_equal(main_state_item(ui)->name, "new.txt");
    stage_close(&s);
}

/* A file of another group that comes late is not shown in this one. */
static void main_view_late_rows_of_another_group(void **state)
{
    struct event *e = event_new(EVENT_ROWS);
    struct row_file *f;
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    e->group = mem_strdup("film-club");
    rows_init(&e->rows, ROWS_FILES);
    f = rows_add(&e->rows);
    f->name = mem_strdup("late.mkv");
    stage_post(&s, e);
    assert_true(stage_shows(&s, "design-notes.pdf"));
    stage_close(&s);
}

/* A map of a million pieces, and of one, at all sizes. */
static void main_view_extreme_pieces(void **state)
{
    static const uint32_t counts[] = {1, 2, 19, 1000000};
    size_t n;

    (void)state;
    for (n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
        struct event *e = event_new(EVENT_PIECES);
        struct stage s;

        stage_open(&s, GLYPH_FULL);
        e->group = mem_strdup("dev_team");
        e->name = mem_strdup("debian-12.11-netinst.iso");
        e->pieces.piece_count = counts[n];
        e->pieces.have = mem_calloc(counts[n] / 8 + 1, 1);
        stage_post(&s, e);
        draw_at_every_size(&s, 23);
        stage_close(&s);
    }
}

/* Whoever waits for an answer of one group begins in another. */
static void main_begins_with_files_to_see(void **state)
{
    struct event *e = event_new(EVENT_ROWS);
    static const struct {
        const char *name;
        enum group_role role;
    } groups[] = {{"asked", GROUP_PENDING}, {"mine", GROUP_MEMBER}};
    struct stage s;
    size_t i;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    rows_init(&e->rows, ROWS_GROUPS);
    for (i = 0; i < 2; i++) {
        struct row_group *g = rows_add(&e->rows);

        g->name = mem_strdup(groups[i].name);
        g->role = groups[i].role;
    }
    stage_post(&s, e);
    assert_string_equal(screen_ui(s.screen)->main->group, "mine");
    stage_close(&s);
}

/* A key of another pane is not dead: it says so. */
static void main_key_of_another_pane(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_key(&s, 'b');
    assert_true(stage_shows(&s, "Drop this peer: not in this pane"));
    stage_close(&s);
}

/* The pieces are shown beside the files: another view of them needs no change
 * of the pane first. */
static void main_pieces_turn_in_any_pane(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    assert_true(stage_shows(&s, "[Files]"));
    stage_key(&s, 'o');
    assert_true(stage_shows(&s, "Copies in the swarm"));
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    assert_true(stage_shows(&s, "[Peers]"));
    stage_key(&s, 'o');
    assert_true(stage_shows(&s, "Who gave it"));
    stage_type(&s, "2o"); /* there are none to be seen */
    assert_true(stage_shows(&s, "this view has nothing of the kind"));
    stage_close(&s);
}

/* Whoever waits to be let in is told so, and nothing is offered that cannot
 * be. */
static void main_waits_to_be_let_in(void **state)
{
    struct event *e = fixture_groups();
    struct stage s;
    size_t i;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    for (i = 0; i < e->rows.count; i++) {
        e->rows.groups[i].requests = 0;
    }
    stage_post(&s, e);
    main_state_choose_group(screen_ui(s.screen), "robotics");
    assert_true(stage_shows(&s, "You asked to join."));
    assert_false(stage_shows(&s, "s Share"));
    assert_false(stage_shows(&s, "r Requests"));
    stage_key(&s, 'd');
    assert_true(stage_shows(&s, "Download: the owner has to let you in first"));
    stage_key(&s, 's');
    assert_true(stage_shows(&s, "Share files: the owner has to let you in"));
    stage_key(&s, 'r');
    assert_true(stage_shows(&s, "nobody waits to join a group of yours"));
    main_state_choose_group(screen_ui(s.screen), "dev_team");
    stage_key(&s, 'r');
    assert_true(stage_shows(&s, "[Requests]"));
    stage_close(&s);
}

/* Large numbers are read in threes, here as elsewhere. */
static void main_counts_many_files(void **state)
{
    enum { MANY = 10000 };
    struct event *e = event_new(EVENT_ROWS);
    struct stage s;
    int i;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    e->group = mem_strdup("dev_team");
    rows_init(&e->rows, ROWS_FILES);
    for (i = 0; i < MANY; i++) {
        struct row_file *f = rows_add(&e->rows);

        f->group = mem_strdup("dev_team");
        f->name = mem_printf("file-%05d", i);
    }
    stage_post(&s, e);
    assert_true(stage_shows(&s, " 10,004 files, "));
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(main_view_looks_as_agreed),
        cmocka_unit_test(main_view_ascii_is_ascii),
        cmocka_unit_test(main_view_every_size),
        cmocka_unit_test(main_view_every_size_other_states),
        cmocka_unit_test(main_view_cursor_is_on_the_focus),
        cmocka_unit_test(main_view_hostile_names),
        cmocka_unit_test(main_view_order_is_kept),
        cmocka_unit_test(main_view_counts_marks),
        cmocka_unit_test(main_view_keeps_what_is_chosen),
        cmocka_unit_test(main_view_late_rows_of_another_group),
        cmocka_unit_test(main_view_extreme_pieces),
        cmocka_unit_test(main_begins_with_files_to_see),
        cmocka_unit_test(main_key_of_another_pane),
        cmocka_unit_test(main_pieces_turn_in_any_pane),
        cmocka_unit_test(main_waits_to_be_let_in),
        cmocka_unit_test(main_counts_many_files),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/view_main", tests, NULL, NULL);
}
