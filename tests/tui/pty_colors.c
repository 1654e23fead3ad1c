/* What a real terminal shows: colours and attributes of each role, the kinds
 * of terminals, character sets, and the cursor on the focus (S1 screen).
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "tests/tui/pty.h"

static struct pty pty;

static void start(const char *term, const char *locale, const char *environment,
                  const char *setting)
{
    struct pty_run run = {.term = term,
                          .locale = locale,
                          .environment = environment,
                          .arguments = {pty_demo(), "--set", setting}};

    pty_open(&pty, &run);
    pty_wait_text(&pty, "old-roadmap.odp", true);
    pty_type(&pty, "jj"); /* the file that is loaded from many */
    pty_wait_text(&pty, "f grace", true);
    pty_wait_idle(&pty);
}

static int tear_down(void **state)
{
    (void)state;
    if (pty.vterm != NULL) {
        pty_close(&pty);
        memset(&pty, 0, sizeof(pty));
    }
    return 0;
}

static VTermScreenCell cell_of(const char *text)
{
    int x, y;

    if (!pty_find(&pty, text, &x, &y)) {
        fail_msg("%s is not on the screen", text);
    }
    return pty_cell(&pty, x, y);
}

/* The number of its colour, or -1 for the terminal's own. */
static int color_of(const char *text)
{
    VTermScreenCell cell = cell_of(text);

    return VTERM_COLOR_IS_DEFAULT_FG(&cell.fg) ? -1
           : VTERM_COLOR_IS_INDEXED(&cell.fg)  ? cell.fg.indexed.idx
                                               : -2;
}

static int background_of(const char *text)
{
    VTermScreenCell cell = cell_of(text);

    return VTERM_COLOR_IS_DEFAULT_BG(&cell.bg) ? -1
           : VTERM_COLOR_IS_INDEXED(&cell.bg)  ? cell.bg.indexed.idx
                                               : -2;
}

static void assert_no_color(void)
{
    int x, y;

    for (y = 0; y < pty.height; y++) {
        for (x = 0; x < pty.width; x++) {
            VTermScreenCell cell = pty_cell(&pty, x, y);

            assert_true(VTERM_COLOR_IS_DEFAULT_FG(&cell.fg));
            assert_true(VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
        }
    }
}

/* ---- Colours ---------------------------------------------------------- */

static void colors_256(void **state)
{
    (void)state;
    start("xterm-256color", NULL, NULL, "look.color=auto");
    assert_int_equal(color_of("\xe2\x94\x8c"), 243); /* a frame's corner */
    assert_int_equal(color_of("owner"), 98);
    assert_int_equal(color_of("\xe2\x96\x88"), 32); /* a full block */
    assert_int_equal(color_of("\xe2\x96\x92\xe2\x96\x91"), 67);
    assert_int_equal(color_of("[Files]"), 166);
    assert_int_equal(color_of("film-club"), -1); /* text */
    assert_int_equal(background_of("film-club"), -1);
    assert_true(cell_of("m Menu").attrs.bold);
}

static void colors_8(void **state)
{
    (void)state;
    start("xterm-256color", NULL, NULL, "look.color=8");
    assert_int_equal(color_of("\xe2\x96\x88"), 6);
    assert_int_equal(color_of("[Files]"), 5);
    assert_int_equal(color_of("owner"), -1);
    assert_true(cell_of("owner").attrs.bold);
}

/* NO_COLOR means none at all; the attributes of the first column stay. */
static void colors_none(void **state)
{
    (void)state;
    start("xterm-256color", NULL, "NO_COLOR=1", "look.color=auto");
    assert_no_color();
    assert_true(cell_of("owner").attrs.underline);
    assert_true(cell_of("[Files]").attrs.bold);
    tear_down(NULL);
    start("xterm-256color", NULL, NULL, "look.color=never");
    assert_no_color();
}

/* An empty NO_COLOR says nothing, and who asks for colours gets them. */
static void colors_despite_no_color(void **state)
{
    (void)state;
    start("xterm-256color", NULL, "NO_COLOR=", "look.color=auto");
    assert_int_equal(color_of("owner"), 98);
    tear_down(NULL);
    start("xterm-256color", NULL, "NO_COLOR=1", "look.color=always");
    assert_int_equal(color_of("owner"), 98);
}

static void themes_set_the_background(void **state)
{
    static const struct {
        const char *setting;
        int background, text;
    } themes[] = {{"look.theme=dark", 234, 252},
                  {"look.theme=light", 255, 235},
                  {"look.theme=contrast", 16, 231}};
    size_t i;
    int x, y;

    (void)state;
    for (i = 0; i < sizeof(themes) / sizeof(themes[0]); i++) {
        start("xterm-256color", NULL, NULL, themes[i].setting);
        assert_int_equal(color_of("film-club"), themes[i].text);
        for (y = 0; y < pty.height; y++) {
            for (x = 0; x < pty.width; x++) {
                VTermScreenCell cell = pty_cell(&pty, x, y);

                assert_true(VTERM_COLOR_IS_INDEXED(&cell.bg));
                assert_int_equal(cell.bg.indexed.idx, themes[i].background);
            }
        }
        tear_down(NULL);
    }
}

/* A theme is changed while it runs, and everything is drawn anew in it. */
static void theme_changes_at_once(void **state)
{
    int frames;

    (void)state;
    start("xterm-256color", NULL, NULL, "look.theme=terminal");
    assert_int_equal(background_of("film-club"), -1);
    pty_type(&pty, ":theme dark\r");
    pty_wait_idle(&pty);
    frames = pty.frames;
    pty_type(&pty, "k");
    pty_wait_frames(&pty, frames + 1);
    assert_int_equal(background_of("film-club"), 234);
    assert_int_equal(color_of("film-club"), 252);
    pty_type(&pty, ":theme terminal\r");
    pty_type(&pty, "j");
    assert_int_equal(background_of("film-club"), -1);
}

static void vivid_palette(void **state)
{
    (void)state;
    start("xterm-256color", NULL, NULL, "look.palette=vivid");
    assert_int_equal(color_of("\xe2\x96\x88"), 28);
}

/* ---- Cursor ----------------------------------------------------------- */

/* A screen reader follows the cursor: it is on the row in use, also while it
 * is hidden, and in the field when one types. */
static void cursor_is_on_the_focus(void **state)
{
    int x, y;

    (void)state;
    start("xterm-256color", NULL, NULL, "look.color=auto");
    assert_true(pty_find(&pty, "> ", &x, &y));
    assert_int_equal(pty_cursor(&pty).row, y);
    assert_int_equal(pty_cursor(&pty).col, x);
    assert_true(pty_cell(&pty, x + 3, y).attrs.reverse);
    assert_false(pty.cursor);
    pty_type(&pty, "\033[B");
    assert_int_equal(pty_cursor(&pty).row, y + 1);
    pty_type(&pty, ":");
    pty_type(&pty, "abc");
    pty_wait_text(&pty, ":abc", true);
    assert_int_equal(pty_cursor(&pty).row, 22);
    assert_int_equal(pty_cursor(&pty).col, 4);
    assert_true(pty.cursor);
}

/* ---- Kinds of terminals ----------------------------------------------- */

static void looks_the_same_everywhere(void **state)
{
    static const char *const terms[] = {"xterm-256color",  "tmux-256color",
                                        "screen-256color", "vt220",
                                        "vt100",           "xterm"};
    char *first = NULL;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        char *text;

        if (!pty_knows(terms[i])) {
            print_message("terminfo has no %s\n", terms[i]);
            continue;
        }
        start(terms[i], NULL, NULL, "look.chars=full");
        text = pty_text(&pty);
        if (first == NULL) {
            first = text;
        } else {
            assert_string_equal(text, first);
            free(text);
        }
        if (strncmp(terms[i], "vt", 2) == 0) {
            assert_no_color();
        }
        tear_down(NULL);
    }
    free(first);
}

/* The Linux console has other signs, and eight colours. */
static void linux_console(void **state)
{
    (void)state;
    if (!pty_knows("linux")) {
        skip();
    }
    start("linux", NULL, NULL, "look.color=auto");
    assert_int_equal(color_of("\xe2\x96\x88"), 6);
    assert_false(pty_sent(&pty, "\033]"));
}

/* In the C locale nothing but ASCII is sent. */
static void ascii_in_locale_c(void **state)
{
    size_t i;
    int x, y;

    (void)state;
    start("xterm-256color", "C", NULL, "look.color=auto");
    assert_true(pty_find(&pty, "+- Groups -", &x, &y));
    for (i = 0; i < pty.length; i++) {
        assert_true((unsigned char)pty.output[i] < 0x80);
    }
}

/* Refused with one sentence that names --plain, and status 2. */
static void refused_terminals(void **state)
{
    static const char *const terms[] = {"dumb", "no-such-terminal", ""};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        struct pty_run run = {.term = terms[i], .arguments = {pty_demo()}};
        int status;

        pty_open(&pty, &run);
        status = pty_wait_end(&pty);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 2);
        assert_true(pty_sent(&pty, "--plain"));
        assert_true(pty.length > 0 && pty.output[pty.length - 1] == '\n');
        assert_null(strchr(strchr(pty.output, '\n') + 1, '\n'));
        assert_null(strchr(pty.output, '\033'));
        tear_down(NULL);
    }
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(colors_256),
        TEST(colors_8),
        TEST(colors_none),
        TEST(colors_despite_no_color),
        TEST(themes_set_the_background),
        TEST(theme_changes_at_once),
        TEST(vivid_palette),
        TEST(cursor_is_on_the_focus),
        TEST(looks_the_same_everywhere),
        TEST(linux_console),
        TEST(ascii_in_locale_c),
        TEST(refused_terminals),
    };

    if (!pty_is_possible()) {
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
