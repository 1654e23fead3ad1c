#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/event.h"
#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tui/forms.h"
#include "tui/key.h"
#include "tui/main_state.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "util/mem.h"

static struct stage stage;

static int set_up(void **state)
{
    (void)state;
    stage_open(&stage, GLYPH_FULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

static void draw(int width, int height)
{
    free(stage_draw(&stage, width, height));
}

/* Where `text` (ASCII) begins on the screen drawn last. */
static bool find(const char *text, int *x, int *y)
{
    size_t length = strlen(text), i;
    int column;

    for (*y = 0; *y < stage.cells.height; (*y)++) {
        for (column = 0; column + (int)length <= stage.cells.width; column++) {
            for (i = 0; i < length; i++) {
                if (cells_at(&stage.cells, column + (int)i, *y)->character !=
                    (uint32_t)(unsigned char)text[i]) {
                    break;
                }
            }
            if (i == length) {
                *x = column;
                return true;
            }
        }
    }
    return false;
}

static void click(const char *text)
{
    int x, y;

    draw(80, 24);
    if (!find(text, &x, &y)) {
        fail_msg("%s is not on the screen", text);
    }
    stage.now_ms += 1000;
    screen_click(stage.screen, &stage.cells, x + 1, y, stage.now_ms);
}

static void wheel(const char *text, int key)
{
    int x, y;

    draw(80, 24);
    assert_true(find(text, &x, &y));
    screen_wheel(stage.screen, &stage.cells, x, y, key, stage.now_ms);
}

static struct ui *ui(void)
{
    return screen_ui(stage.screen);
}

/* ---- Rectangles ------------------------------------------------------- */

/* The last one that covers a cell answers; rows and columns are counted from
 * its own corner. */
static void hits_at_last_one_counts(void **state)
{
    struct hits h;
    struct hit_area area = {.what = {.kind = HIT_LIST, .target = 2, .row = 10},
                            .x = 5,
                            .y = 3,
                            .left = 5,
                            .top = 4,
                            .right = 20,
                            .bottom = 8};
    struct hit hit;

    (void)state;
    hits_init(&h);
    hits_add(&h, &area);
    hit = hits_at(&h, 7, 5);
    assert_int_equal(hit.kind, HIT_LIST);
    assert_int_equal(hit.row, 12);
    assert_int_equal(hit.column, 2);
    assert_int_equal(hits_at(&h, 7, 3).kind, HIT_NOTHING);
    assert_int_equal(hits_at(&h, 20, 5).kind, HIT_NOTHING);
    area.what.kind = HIT_NOTHING;
    area.bottom = 6;
    hits_add(&h, &area);
    assert_int_equal(hits_at(&h, 7, 5).kind, HIT_NOTHING);
    assert_int_equal(hits_at(&h, 7, 6).row, 13);
    hits_clear(&h);
    assert_int_equal(hits_at(&h, 7, 6).kind, HIT_NOTHING);
    hits_close(&h);
}

/* A click means whom the frame showed there, wherever the list has put it
 * since; whoever is gone is not replaced by a neighbour. */
static void click_after_sorting(void **state)
{
    struct event *e = event_new(EVENT_ROWS);
    int x, y;

    (void)state;
    draw(80, 24);
    assert_true(find("firmware_0.9.bin", &x, &y));
    main_state_sort(ui(), SORT_NAME, true);
    screen_click(stage.screen, &stage.cells, x, y, stage.now_ms);
    assert_string_equal(ui()->main->name, "firmware_0.9.bin");
    draw(80, 24);
    assert_true(find("old-roadmap.odp", &x, &y));
    rows_init(&e->rows, ROWS_FILES);
    e->group = mem_strdup("dev_team");
    stage_post(&stage, e);
    stage_key(&stage, '1');
    screen_click(stage.screen, &stage.cells, x, y, stage.now_ms);
    assert_string_not_equal(ui()->main->name, "old-roadmap.odp");
    assert_string_equal(ui()->main->name, "firmware_0.9.bin");
}

static void hits_add_nothing_visible(void **state)
{
    struct hits h;
    struct hit_area area = {.left = 5,
                            .top = 5,
                            .right = 5,
                            .bottom = 9,
                            .what = {HIT_KEY, 'q', -1, 0, 0}};

    (void)state;
    hits_init(&h);
    hits_add(&h, &area);
    assert_int_equal(h.count, 0);
    hits_close(&h);
}

/* ---- On the screen ---------------------------------------------------- */

static void click_chooses_row_and_pane(void **state)
{
    (void)state;
    ui()->main->focus = MAIN_GROUPS;
    click("carol"); /* in the pane of peers */
    assert_int_equal(ui()->main->focus, MAIN_PEERS);
    assert_int_equal(ui()->main->peer, 'b');
    click("design-notes.pdf");
    assert_int_equal(ui()->main->focus, MAIN_FILES);
    assert_string_equal(ui()->main->name, "design-notes.pdf");
    click("film-club");
    assert_int_equal(ui()->main->focus, MAIN_GROUPS);
    assert_string_equal(ui()->main->group, "film-club");
}

/* A title gives its pane the focus, and a cell of the map is chosen. */
static void click_on_title_and_map(void **state)
{
    int x, y;

    (void)state;
    click("Pieces");
    assert_int_equal(ui()->main->focus, MAIN_PIECES);
    draw(80, 24);
    assert_true(find("191 ", &x, &y)); /* the number of the second line */
    screen_click(stage.screen, &stage.cells, x + 4 + 3, y - 1, stage.now_ms);
    /* The fourth cell begins with this piece. */
    assert_int_equal(ui()->main->map.cursor, 14);
}

/* The second click on a row is Enter; a key between them makes two first. */
static void click_twice_is_enter(void **state)
{
    (void)state;
    click("film-club  ");
    assert_int_equal(ui()->main->focus, MAIN_GROUPS);
    stage_key(&stage, KEY_F1 + 99); /* any key without a meaning */
    click("film-club  ");
    assert_int_equal(ui()->main->focus, MAIN_GROUPS);
    click("film-club  ");
    assert_int_equal(ui()->main->focus, MAIN_FILES); /* as Enter does */
}

static void click_on_key_presses_it(void **state)
{
    (void)state;
    click("m Menu");
    assert_true(stage_shows(&stage, "[File]"));
    click("Esc Close");
    assert_false(stage_shows(&stage, "[File]"));
    click(": Cmd");
    assert_true(stage_shows(&stage, "Tab Complete"));
    stage_type(&stage, "acc");
    click("Ctrl-U Clear");
    assert_false(stage_shows(&stage, ":acc"));
}

static void click_in_menu(void **state)
{
    (void)state;
    click("Group  File");
    assert_true(stage_shows(&stage, "[Group]"));
    click("Account");
    assert_true(stage_shows(&stage, "[Account]"));
    click("Group");
    click("Create...");
    assert_false(stage_shows(&stage, "[Group]"));
    assert_non_null(ui_dialog(ui())); /* the form of the entry */
    assert_true(stage_shows(&stage, "Create a group"));
}

/* Beside an open menu a click closes it and does nothing else. */
static void click_beside_menu(void **state)
{
    enum main_pane before = ui()->main->focus;

    (void)state;
    click("Account");
    assert_true(stage_shows(&stage, "[Account]"));
    click("Peers");
    assert_false(stage_shows(&stage, "[Account]"));
    assert_int_equal(ui()->main->focus, before);
}

/* Fields and buttons; what lies below has to wait. */
static void click_in_dialog(void **state)
{
    struct command *c;

    (void)state;
    stage_key(&stage, 'c');
    stage_key(&stage, KEY_TAB);
    click("Account"); /* below the dialog */
    assert_false(stage_shows(&stage, "[Account]"));
    click("Name   [");
    stage_type(&stage, "orchestra");
    assert_true(stage_shows(&stage, "[orchestra"));
    click("Create <]");
    c = stage_take(&stage, COMMAND_CREATE_GROUP);
    assert_non_null(c);
    assert_string_equal(c->group, "orchestra");
    command_free(c);
}

static void click_on_radio_button(void **state)
{
    (void)state;
    stage_key(&stage, 's');
    assert_true(stage_shows(&stage, "(o) dev_team"));
    click("( ) film-club");
    assert_true(stage_shows(&stage, "(o) film-club"));
    assert_true(stage_shows(&stage, "( ) dev_team"));
}

static void click_cancel(void **state)
{
    (void)state;
    stage_key(&stage, 'c');
    assert_non_null(ui_dialog(ui()));
    click("Cancel ]");
    assert_null(ui_dialog(ui()));
}

/* In a dialog's list a click chooses and the wheel moves. */
static void click_in_dialog_list(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&stage, "J");
    stage_answer_all(&stage);
    click("zine-lab");
    assert_true(stage_shows(&stage, ">zine-lab"));
    wheel("zine-lab", KEY_ARROW_UP);
    assert_true(stage_shows(&stage, ">book-swap"));
    click("zine-lab");
    click("Ask <]");
    c = stage_take(&stage, COMMAND_JOIN_GROUP);
    assert_non_null(c);
    assert_string_equal(c->group, "zine-lab");
    command_free(c);
}

/* The list under the pointer scrolls, whichever had the focus. */
static void wheel_moves_list_under_pointer(void **state)
{
    (void)state;
    ui()->main->focus = MAIN_FILES;
    wheel("carol", KEY_ARROW_DOWN);
    assert_int_equal(ui()->main->focus, MAIN_PEERS);
    assert_int_equal(ui()->main->peer, 'd');
    wheel("carol", KEY_ARROW_UP);
    assert_int_equal(ui()->main->peer, 'a');
}

/* Where no list is nothing moves: no history, no choice. */
static void wheel_beside_lists(void **state)
{
    const char *name = ui()->main->name;

    (void)state;
    wheel("Account", KEY_ARROW_DOWN);
    assert_ptr_equal(ui()->main->name, name);
    stage_type(&stage, ":list_groups");
    stage_key(&stage, KEY_RETURN);
    stage_type(&stage, ":abc");
    wheel(":abc", KEY_ARROW_UP);
    assert_true(stage_shows(&stage, ":abc"));
    stage_key(&stage, KEY_ESCAPE);
    stage_key(&stage, 'm');
    wheel("Create...", KEY_ARROW_DOWN); /* the entries of the menu do */
    assert_true(stage_shows(&stage, "[Group]"));
}

static void click_on_proposal(void **state)
{
    (void)state;
    stage_type(&stage, ":acc");
    click("accept_all");
    assert_true(stage_shows(&stage, ":accept_all "));
    click("Ctrl-U");
    stage_type(&stage, "download_file ");
    click("film-club  ph"); /* in the line of words */
    assert_true(stage_shows(&stage, ":download_file film-club "));
}

/* What people copy from is left to the terminal's own mouse. */
static void mouse_is_let_go_on_pages_to_copy(void **state)
{
    (void)state;
    assert_true(screen_wants_mouse(stage.screen));
    stage_key(&stage, '?');
    assert_false(screen_wants_mouse(stage.screen));
    stage_key(&stage, KEY_ESCAPE);
    assert_true(screen_wants_mouse(stage.screen));
    stage_key(&stage, '5'); /* the log */
    assert_false(screen_wants_mouse(stage.screen));
    stage_key(&stage, 'q');
    assert_true(screen_wants_mouse(stage.screen));
    form_message(ui(), "Error", "something to copy");
    assert_false(screen_wants_mouse(stage.screen));
}

/* At every size and place a click harms nothing. */
static void click_everywhere(void **state)
{
    static const int sizes[][2] = {{1, 1},   {19, 3},  {20, 5},  {40, 12},
                                   {60, 20}, {80, 24}, {120, 36}};
    size_t i;
    int x, y;

    (void)state;
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (y = 0; y < sizes[i][1]; y++) {
            for (x = 0; x < sizes[i][0]; x += 3) {
                draw(sizes[i][0], sizes[i][1]);
                screen_click(stage.screen, &stage.cells, x, y, stage.now_ms);
                screen_wheel(stage.screen, &stage.cells, x, y, KEY_ARROW_DOWN,
                             stage.now_ms);
                stage_key(&stage, KEY_ESCAPE);
                stage_key(&stage, KEY_ESCAPE);
            }
        }
    }
    assert_false(ui()->stopped);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_at_last_one_counts),
        cmocka_unit_test(hits_add_nothing_visible),
        ON_STAGE(click_chooses_row_and_pane),
        ON_STAGE(click_after_sorting),
        ON_STAGE(click_on_title_and_map),
        ON_STAGE(click_twice_is_enter),
        ON_STAGE(click_on_key_presses_it),
        ON_STAGE(click_in_menu),
        ON_STAGE(click_beside_menu),
        ON_STAGE(click_in_dialog),
        ON_STAGE(click_on_radio_button),
        ON_STAGE(click_cancel),
        ON_STAGE(click_in_dialog_list),
        ON_STAGE(wheel_moves_list_under_pointer),
        ON_STAGE(wheel_beside_lists),
        ON_STAGE(click_on_proposal),
        ON_STAGE(mouse_is_let_go_on_pages_to_copy),
        ON_STAGE(click_everywhere),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
