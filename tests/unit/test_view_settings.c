/* Tests of tui/view_settings and tui/adopt: settings are shown, changed, kept
 * and have their effect. */
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
#include <unistd.h>

#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tui/adopt.h"
#include "tui/draw.h"
#include "tui/key.h"
#include "tui/main_state.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "tui/view_settings.h"
#include "util/fd.h"
#include "util/mem.h"

struct fixture {
    char dir[64];
    struct settings settings;
    struct stage s;
};

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));

    snprintf(f->dir, sizeof(f->dir), "/tmp/p2p-test-view-XXXXXX");
    if (mkdtemp(f->dir) == NULL) {
        return -1;
    }
    setenv("HOME", f->dir, 1);
    settings_init(&f->settings);
    f->settings.path = mem_printf("%s/p2ptui.conf", f->dir);
    stage_open_settings(&f->s, GLYPH_FULL, &f->settings);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    stage_close(&f->s);
    adopt_everywhere(NULL);
    if (f->settings.path != NULL) {
        unlink(f->settings.path);
    }
    rmdir(f->dir);
    settings_close(&f->settings);
    free(f);
    return 0;
}

static void file_is(struct fixture *f, const char *expected)
{
    uint8_t *text;

    assert_int_equal(fd_read_file(f->settings.path, 65536, &text, NULL), 0);
    assert_string_equal((char *)text, expected);
    free(text);
}

static void value_is(struct fixture *f, enum setting_id id,
                     const char *expected)
{
    assert_string_equal(settings_value(&f->settings, id), expected);
}

static void shows(struct fixture *f, const char *text)
{
    if (!stage_shows(&f->s, text)) {
        char *screen = stage_draw(&f->s, 80, 24);

        print_error("%s\n", screen);
        free(screen);
        fail_msg("the screen does not show: %s", text);
    }
}

/* Every layout in every tier looks as it was agreed on. */
static void settings_view_looks_as_agreed(void **state)
{
    struct settings settings;
    int tier;

    (void)state;
    settings_init(&settings);
    settings_put(&settings, SETTING_UNITS, ORIGIN_FILE, "decimal", NULL);
    for (tier = 0; tier < GLYPH_TIERS; tier++) {
        struct stage s;

        stage_open_settings(&s, (enum glyph_tier)tier, &settings);
        stage_type(&s, "6jjj");
        stage_assert_sizes(&s, "settings");
        stage_close(&s);
    }
    settings_close(&settings);
    adopt_everywhere(NULL);
}

/* Typed values, changes since the start, and their dialog. */
static void settings_view_other_looks(void **state)
{
    struct fixture *f = *state;
    char *text;

    free(f->settings.path);
    f->settings.path = NULL;
    stage_type(&f->s, ":set look.theme dark\r:set notice.stay 9\r");
    stage_type(&f->s, "6/news\r");
    screen_ui(f->s.screen)->toast.shown_ms = f->s.now_ms;
    text = stage_draw(&f->s, 120, 36);
    stage_assert_golden(text, "settings-changed-120x36.txt");
    free(text);
    stage_type(&f->s, "/listen\r\r");
    text = stage_draw(&f->s, 80, 24);
    stage_assert_golden(text, "settings-value-80x24.txt");
    free(text);
}

/* No section and no size of the terminal breaks it. */
static void settings_view_every_size(void **state)
{
    struct fixture *f = *state;
    int section, width, height;

    stage_type(&f->s, "6\t");
    for (section = 0; section < SECTION_COUNT; section++) {
        for (height = 1; height < 40; height += 3) {
            for (width = 1; width < 130; width += 7) {
                free(stage_draw(&f->s, width, height));
            }
        }
        free(stage_draw(&f->s, 80, 24)); /* two lists: j is the next section */
        stage_key(&f->s, 'j');
    }
}

/* Every setting is reached with the keys, and its help is there in full. */
static void settings_view_shows_every_setting(void **state)
{
    struct fixture *f = *state;
    enum setting_id id;

    stage_type(&f->s, "6");
    for (id = 0; id < SETTING_COUNT; id++) {
        const struct setting *a = setting_at(id);
        char *find = mem_printf("/%s\r", a->key);
        char *key = mem_printf("Setting: %s", a->key);
        char *end = mem_strdup(strrchr(a->help, ' '));

        if (id != SETTING_THEME) {
            stage_type(&f->s, find);
        }
        shows(f, a->label);
        shows(f, key);
        shows(f, end); /* of the sentences: nothing was cut */
        free(find);
        free(key);
        free(end);
    }
}

/* Space, arrows and d change the chosen setting, and the file at once. */
static void settings_view_changes(void **state)
{
    struct fixture *f = *state;

    stage_type(&f->s, "6");
    shows(f, "[Look]");
    stage_key(&f->s, KEY_SPACE);
    value_is(f, SETTING_THEME, "dark");
    file_is(f, "look.theme = dark\n");
    shows(f, "Saved in ~/p2ptui.conf");
    stage_key(&f->s, KEY_ARROW_LEFT);
    stage_key(&f->s, KEY_ARROW_LEFT);
    value_is(f, SETTING_THEME, "contrast");
    stage_type(&f->s, "d");
    value_is(f, SETTING_THEME, "terminal");
    file_is(f, "#look.theme = contrast\n");
    stage_type(&f->s, "/refresh\r");
    stage_key(&f->s, KEY_ARROW_RIGHT);
    value_is(f, SETTING_REFRESH, "5");
    shows(f, "< 5 a second >");
    stage_type(&f->s, "q"); /* back, and not out */
    assert_int_equal(screen_ui(f->s.screen)->view_id, VIEW_MAIN);
}

/* Tab goes to the sections and back; in a stack it goes through them. */
static void settings_view_sections(void **state)
{
    struct fixture *f = *state;

    stage_type(&f->s, "6\tjj");
    shows(f, "[Settings]");
    shows(f, "Ask before removing");
    stage_key(&f->s, KEY_RETURN);
    shows(f, "[Downloads]");
    free(stage_draw(&f->s, 40, 12));
    stage_key(&f->s, KEY_TAB);
    shows(f, "[Network]");
    free(stage_draw(&f->s, 40, 12));
    stage_key(&f->s, KEY_BACK_TAB);
    stage_key(&f->s, KEY_BACK_TAB);
    shows(f, "[Keys and mouse]");
}

/* What has to be typed is typed in a dialog, which keeps what is wrong. */
static void settings_view_types(void **state)
{
    struct fixture *f = *state;

    stage_type(&f->s, "6/net.listen\r\r");
    shows(f, "Value");
    stage_type(&f->s, "70000\r");
    shows(f, "with a port from 0 to 65535");
    for (int i = 0; i < 5; i++) {
        stage_key(&f->s, KEY_ERASE);
    }
    stage_type(&f->s, "26666\r");
    value_is(f, SETTING_LISTEN, "26666");
    file_is(f, "net.listen = 26666\n");
    shows(f, "at the next start");
}

/* A click chooses, the second one changes. */
static void settings_view_answers_to_the_mouse(void **state)
{
    struct fixture *f = *state;
    struct stage *s = &f->s;

    stage_type(s, "6");
    free(stage_draw(s, 80, 24));
    screen_click(s->screen, &s->cells, 4, 5, s->now_ms); /* Network */
    shows(f, "[Settings]");
    shows(f, "Listen on");
    screen_click(s->screen, &s->cells, 4, 2, s->now_ms); /* Look */
    free(stage_draw(s, 80, 24));
    screen_click(s->screen, &s->cells, 30, 8, s->now_ms);
    shows(f, "[Look]");
    value_is(f, SETTING_BORDERS, "on");
    free(stage_draw(s, 80, 24));
    screen_click(s->screen, &s->cells, 30, 8, s->now_ms);
    value_is(f, SETTING_BORDERS, "off");
}

/* ":set", ":unset" and ":theme" do the same. */
static void settings_are_set_by_commands(void **state)
{
    struct fixture *f = *state;

    stage_type(&f->s, ":theme light\r");
    value_is(f, SETTING_THEME, "light");
    stage_type(&f->s, ":set download.dir /a b\r");
    value_is(f, SETTING_DOWNLOAD_DIR, "/a b");
    stage_type(&f->s, ":set download.dir\r");
    shows(f, "download.dir = /a b  (your file)");
    stage_type(&f->s, ":unset look.theme\r");
    value_is(f, SETTING_THEME, "terminal");
    stage_type(&f->s, ":set look.theme mauve\r");
    shows(f, "does not know 'mauve'");
    stage_type(&f->s, ":set look.frames on\r");
    shows(f, "no setting look.frames");
    stage_type(&f->s, ":set\r");
    shows(f, "[Look]");
    stage_type(&f->s, ":edit_settings\r");
    assert_true(screen_ui(f->s.screen)->wants_edit);
}

/* ---- Effects --------------------------------------------------------------
 */

static void look_has_its_effect(void **state)
{
    struct fixture *f = *state;
    struct ui *ui = screen_ui(f->s.screen);
    char *text;

    shows(f, "670 MiB");
    adopt_change(ui, SETTING_UNITS, "decimal");
    shows(f, "703 MB");
    adopt_change(ui, SETTING_CLOCK, "12");
    stage_type(&f->s, "5");
    shows(f, " 2:02:11 pm");
    stage_type(&f->s, "1");
    adopt_change(ui, SETTING_GRID, "copies");
    assert_int_equal(ui->main->map.kind, GRID_COPIES);
    adopt_change(ui, SETTING_CHARS, "ascii");
    assert_int_equal(ui->tier, GLYPH_ASCII);
    adopt_change(ui, SETTING_CHARS, "full");
    adopt_change(ui, SETTING_BORDERS, "off");
    text = stage_draw(&f->s, 80, 24);
    assert_null(strstr(text, "─"));
    assert_null(strstr(text, "│"));
    free(text);
    stage_type(&f->s, "q"); /* what lies over it keeps its frame */
    shows(f, "│");
    stage_key(&f->s, KEY_ESCAPE);
    adopt_change(ui, SETTING_NOTICE_STAY, "60");
    ui_notice(ui, NOTICE_INFO, "%s", "long news");
    screen_tick(f->s.screen, f->s.now_ms + 50000);
    shows(f, "long news");
}

/* The line of keys: letters, function keys, or a line more for the rest. */
static void bottom_line_has_its_effect(void **state)
{
    struct fixture *f = *state;
    struct ui *ui = screen_ui(f->s.screen);
    char *text;

    shows(f, "d Download");
    shows(f, "m Menu  ? Help");
    adopt_change(ui, SETTING_KEYBAR, "fkeys");
    shows(f, "F5 Download");
    shows(f, "F9 Menu  F1 Help");
    adopt_change(ui, SETTING_KEYBAR, "off");
    text = stage_draw(&f->s, 80, 24);
    assert_null(strstr(text, "Menu "));
    assert_non_null(strstr(text, "┘\n")); /* the frame, then the status */
    free(text);
    stage_type(&f->s, "m");
    shows(f, "Esc Close");
}

/* Screen reader mode: one list, no lines. */
static void plain_look_has_its_effect(void **state)
{
    struct fixture *f = *state;
    char *text;

    adopt_change(screen_ui(f->s.screen), SETTING_PLAIN, "on");
    text = stage_draw(&f->s, 80, 24);
    assert_null(strstr(text, "│"));
    assert_non_null(strstr(text, "[Files]"));
    assert_null(strstr(text, "Peers"));
    stage_assert_golden(text, "plain-look-80x24.txt");
    free(text);
    stage_type(&f->s, "c"); /* a dialog has the screen for itself */
    text = stage_draw(&f->s, 80, 24);
    assert_non_null(strstr(text, "Create a group"));
    assert_null(strstr(text, "[Files]"));
    free(text);
    stage_key(&f->s, KEY_ESCAPE);
    stage_type(&f->s, "6");
    text = stage_draw(&f->s, 80, 24);
    assert_non_null(strstr(text, "Screen reader mode"));
    assert_null(strstr(text, "│"));
    free(text);
}

/* A question that is not wanted is not asked. */
static void questions_have_their_effect(void **state)
{
    struct fixture *f = *state;
    struct ui *ui = screen_ui(f->s.screen);
    struct command *c;

    stage_type(&f->s, ":find firmware"); /* it is complete: x stops it */
    stage_key(&f->s, KEY_RETURN);
    stage_type(&f->s, "x");
    assert_int_equal(ui->dialog_count, 1);
    stage_key(&f->s, KEY_ESCAPE);
    adopt_change(ui, SETTING_ASK_STOP, "off");
    stage_type(&f->s, "x");
    assert_int_equal(ui->dialog_count, 0);
    c = stage_take(&f->s, COMMAND_STOP_SHARE);
    assert_non_null(c);
    command_free(c);
    adopt_change(ui, SETTING_ASK_QUIT, "off");
    stage_type(&f->s, "q");
    assert_true(ui->wants_quit);
}

/* Downloads without a place go where the setting says from now on. */
static void download_dir_has_its_effect(void **state)
{
    struct fixture *f = *state;
    struct command *c;

    adopt_change(screen_ui(f->s.screen), SETTING_DOWNLOAD_DIR, "~/got");
    stage_type(&f->s, "D");
    shows(f, "/got");
    stage_key(&f->s, KEY_ESCAPE);
    stage_type(&f->s, ":download dev_team old-roadmap.odp\r");
    c = stage_take(&f->s, COMMAND_DOWNLOAD_FILE);
    assert_non_null(c);
    assert_non_null(strstr(c->path, "/got"));
    command_free(c);
}

/* A screen of 40 columns has room for what each of them does. */
static void settings_are_explained_at_40_columns(void **state)
{
    enum setting_id id;

    (void)state;
    for (id = 0; id < SETTING_COUNT; id++) {
        const struct setting *a = setting_at(id);
        char *text = a->live
                         ? mem_strdup(a->help)
                         : mem_printf("%s From the next start on.", a->help);

        if (draw_wrapped_lines(40, text) > 3) {
            fail_msg("%s: %s", a->key, text);
        }
        free(text);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_view_looks_as_agreed),
        T(settings_view_other_looks),
        T(settings_view_every_size),
        cmocka_unit_test(settings_are_explained_at_40_columns),
        T(settings_view_shows_every_setting),
        T(settings_view_changes),
        T(settings_view_sections),
        T(settings_view_types),
        T(settings_view_answers_to_the_mouse),
        T(settings_are_set_by_commands),
        T(look_has_its_effect),
        T(bottom_line_has_its_effect),
        T(plain_look_has_its_effect),
        T(questions_have_their_effect),
        T(download_dir_has_its_effect),
    };
#undef T

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/view_settings", tests, NULL, NULL);
}
