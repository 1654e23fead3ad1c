/* What comes from a real terminal: keys, pasted text, the mouse, the focus,
 * and what goes to it beside cells: title, calls, copied text.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "msgq/link.h"
#include "tests/tui/pty.h"
#include "tui/outside.h"
#include "tui/setup.h"
#include "tui/term.h"
#include "tui/ui.h"
#include "util/err.h"

static struct pty pty;

static void start(const char *term, const char *setting)
{
    struct pty_run run = {.term = term,
                          .arguments = {pty_demo(), "--set", setting}};

    pty_open(&pty, &run);
    pty_wait_text(&pty, "old-roadmap.odp", true);
    pty_wait_idle(&pty);
}

static void start_usual(void)
{
    start("xterm-256color", "notice.title=off");
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

static bool shows(const char *text)
{
    int x, y;

    return pty_find(&pty, text, &x, &y);
}

static void click(const char *text)
{
    int x, y;

    if (!pty_find(&pty, text, &x, &y)) {
        fail_msg("%s is not on the screen", text);
    }
    pty_click(&pty, x, y);
}

/* ---- Keys ------------------------------------------------------------- */

static void escape_and_alt(void **state)
{
    (void)state;
    start_usual();
    pty_type(&pty, "m");
    pty_wait_text(&pty, "[File]", true);
    pty_type(&pty, "\033");
    pty_wait_text(&pty, "[File]", false);
    pty_type(&pty, "\033g"); /* in one piece: Alt and a letter */
    pty_wait_text(&pty, "[Group]", true);
    pty_type(&pty, "\033");
    pty_wait_text(&pty, "[Group]", false);
    pty_type(&pty, "\0339"); /* Esc and a digit stand for a function key */
    pty_wait_text(&pty, "[File]", true);
}

/* Both forms of cursor keys, whatever the terminal's description says. */
static void cursor_keys_in_both_modes(void **state)
{
    static const char *const terms[] = {"xterm-256color", "vt100", "linux"};
    size_t i;
    int row;

    (void)state;
    for (i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        if (!pty_knows(terms[i])) {
            continue;
        }
        start(terms[i], "notice.title=off");
        row = pty_cursor(&pty).row;
        pty_type(&pty, "\033[B");
        assert_int_equal(pty_cursor(&pty).row, row + 1);
        pty_type(&pty, "\033OB");
        assert_int_equal(pty_cursor(&pty).row, row + 2);
        pty_type(&pty, "\033OA");
        assert_int_equal(pty_cursor(&pty).row, row + 1);
        tear_down(NULL);
    }
}

/* No byte of what nobody knows becomes a command: a click on a terminal whose
 * description has no mouse, keys with modifiers, late answers. */
static void unknown_sequences_are_swallowed(void **state)
{
    static const char *const sequences[] = {
        "\033[<0;10;5M",   "\033[99;99~",    "\033[1;9Z",
        "\033Oq",          "\033[200;q;d;x", "\033]11;rgb:dd/qq/ss\a",
        "\033P1$rq\033\\", "\033[?62;22c",   "\033[M !!",
    };
    size_t i;

    (void)state;
    start("vt100", "notice.title=off");
    for (i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        if (sequences[i][2] != '2' && sequences[i][2] != 'M') {
            pty_send(&pty, sequences[i]);
        }
    }
    pty_type(&pty, ":nothing");
    pty_wait_text(&pty, ":nothing", true);
    pty_type(&pty, "\033");
    pty_wait_text(&pty, ":nothing", false);
    assert_true(shows(" d Download"));
    assert_int_equal(waitpid(pty.pid, NULL, WNOHANG), 0);
}

/* ---- Paste ------------------------------------------------------------ */

static void paste(const char *text)
{
    pty_send(&pty, "\033[200~");
    pty_send(&pty, text);
    pty_type(&pty, "\033[201~");
}

/* Pasted text never runs anything. */
static void paste_runs_nothing(void **state)
{
    (void)state;
    start_usual();
    assert_true(pty_sent(&pty, "\033[?2004h"));
    paste("q\n:quit\ny\rd\033\033[B");
    pty_wait_text(&pty, "Pasted text is ignored here", true);
    assert_int_equal(waitpid(pty.pid, NULL, WNOHANG), 0);
    pty_type(&pty, ":");
    paste("list_groups\nquit\n");
    pty_wait_text(&pty, ":list_groups", true);
    assert_true(shows("Enter Run")); /* and waits for Enter */
    assert_int_equal(waitpid(pty.pid, NULL, WNOHANG), 0);
}

/* ---- Mouse ------------------------------------------------------------ */

static void mouse_chooses_and_presses(void **state)
{
    int x, y;

    (void)state;
    start_usual();
    assert_true(pty_has_mouse(&pty));
    assert_true(pty_find(&pty, "design-notes.pdf", &x, &y));
    pty_click(&pty, x, y);
    assert_int_equal(pty_cursor(&pty).row, y);
    click("Account");
    pty_wait_text(&pty, "[Account]", true);
    pty_type(&pty, "\033");
    pty_wait_text(&pty, "[Account]", false);
    click("m Menu");
    pty_wait_text(&pty, "[File]", true);
}

/* The wheel, in the protocol of a real terminal. */
static void mouse_wheel_scrolls(void **state)
{
    int row;

    (void)state;
    start_usual();
    row = pty_cursor(&pty).row;
    pty_type(&pty, "\033[<65;40;5M");
    assert_int_equal(pty_cursor(&pty).row, row + 3);
    pty_type(&pty, "\033[<64;40;5M");
    assert_int_equal(pty_cursor(&pty).row, row);
}

static void mouse_is_let_go(void **state)
{
    (void)state;
    start_usual();
    pty_type(&pty, "M");
    pty_wait_text(&pty, "Mouse off: select text freely. M brings it back.",
                  true);
    assert_false(pty_has_mouse(&pty));
    pty_type(&pty, "M");
    pty_wait_text(&pty, "Mouse on.", true);
    assert_true(pty_has_mouse(&pty));
    pty_type(&pty, "?"); /* a page that people copy from */
    assert_false(pty_has_mouse(&pty));
    pty_type(&pty, "q");
    assert_true(pty_has_mouse(&pty));
    tear_down(NULL);
    start("xterm-256color", "keys.mouse=off");
    assert_false(pty_has_mouse(&pty));
}

/* ---- Beside the cells ------------------------------------------------- */

static void title_says_what_is_loaded(void **state)
{
    (void)state;
    start("xterm-256color", "notice.title=auto");
    pty_wait_output(&pty, "\033]2;p2ptui 34% of 2 downloads\a");
    pty_send(&pty, "\003\003");
    assert_int_equal(pty_wait_end(&pty), 0);
    assert_true(pty_sent(&pty, "\033[23;2t")); /* that of before */
    tear_down(NULL);
    start("xterm-256color", "notice.title=off");
    assert_false(pty_sent(&pty, "\033]2;"));
}

static void ask_for_call(void)
{
    pty_type(&pty, ":create_group choir\r");
    pty_wait_text(&pty, "heidi; asks", true);
}

/* Only while another window has the focus; and a name breaks out of nothing. */
static void calls_when_unfocused(void **state)
{
    (void)state;
    start("xterm-256color", "notice.how=osc777");
    assert_true(pty_sent(&pty, "\033[?1004h"));
    pty_send(&pty, "\033[I");
    ask_for_call();
    assert_false(pty_sent(&pty, "\033]777;"));
    pty_send(&pty, "\033[O");
    ask_for_call();
    pty_wait_output(&pty, "\033]777;notify;p2ptui;heidi, asks\xef\xbf\xbd"
                          "\xef\xbf\xbd to join\a");
}

static void bell_when_always(void **state)
{
    (void)state;
    start("vt100", "notice.when=always");
    assert_false(pty_sent(&pty, "\a"));
    ask_for_call();
    pty_wait_output(&pty, "\a");
}

/* ---- Copying ---------------------------------------------------------- */

/* A screen of its own that copies and says how. */
static int copy(void *arg)
{
    struct tui_setup setup = {.first_run = true};
    struct link *link = link_new();
    struct ui *ui = ui_new(link, &setup, GLYPH_FULL);
    struct terminal *term;
    struct outside outside;
    struct err e;

    (void)arg;
    if (term_open(false, &term, &e) < 0) {
        return 1;
    }
    outside_init(&outside, term, NULL);
    ui_copy(ui, "F3:1A\033]0;x\a");
    outside_follow(&outside, ui);
    term_close(term);
    printf("%s\n", ui->toast.text);
    fflush(stdout);
    outside_close(&outside);
    ui_free(ui);
    link_free(link);
    return 0;
}

static void copy_with(const char *term, const char *environment)
{
    struct pty_run run = {
        .term = term, .environment = environment, .run = copy};

    pty_open(&pty, &run);
    assert_int_equal(pty_wait_end(&pty), 0);
}

static void copies_through_the_terminal(void **state)
{
    (void)state;
    copy_with("xterm-256color", NULL);
    assert_true(pty_sent(&pty, "\033]52;c;RjM6MUEbXTA7eAc=\a"));
    assert_true(pty_sent(&pty, "Copied by the terminal, if it allows that: "
                               "F3:1A\xef\xbf\xbd]0;x\xef\xbf\xbd"));
    tear_down(NULL);
    copy_with("vt100", NULL);
    assert_false(pty_sent(&pty, "\033]52"));
    assert_true(pty_sent(&pty, "This terminal cannot copy; select it: F3"));
}

/* y in a list of files: what is chosen goes to the terminal. */
static void copies_what_is_chosen(void **state)
{
    (void)state;
    start_usual();
    pty_type(&pty, "y");
    pty_wait_text(&pty, "Name  dataset-v3.tar.zst", true);
    pty_type(&pty, "\r");
    pty_wait_text(&pty, "Copied by the terminal", true);
    pty_wait_output(&pty, "\033]52;c;ZGF0YXNldC12My50YXIuenN0\a");
}

/* With a display, a program keeps the text; it gets it on standard input. */
static void copies_with_a_program(void **state)
{
    char directory[] = "/tmp/p2ptui-copy-XXXXXX";
    char program[64], fifo[64], variable[128], text[64] = "";
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(program, sizeof(program), "%s/xclip", directory);
    snprintf(fifo, sizeof(fifo), "%s/copied", directory);
    file = fopen(program, "w");
    assert_non_null(file);
    fprintf(file,
            "#!/bin/sh\n"
            "[ \"$*\" = '-selection clipboard' ] || exit 1\n"
            "exec /bin/cat >%s\n",
            fifo);
    fclose(file);
    assert_int_equal(chmod(program, 0700), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    setenv("PATH", directory, 1); /* the test runs nothing else after this */
    snprintf(variable, sizeof(variable), "DISPLAY=:99");
    copy_with("xterm-256color", variable);
    assert_true(pty_sent(&pty, "Copied with xclip: F3:1A"));
    file = fopen(fifo, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    assert_string_equal(text, "F3:1A\033]0;x\a");
    fclose(file);
    unlink(program);
    unlink(fifo);
    rmdir(directory);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(escape_and_alt),
        TEST(cursor_keys_in_both_modes),
        TEST(unknown_sequences_are_swallowed),
        TEST(paste_runs_nothing),
        TEST(mouse_chooses_and_presses),
        TEST(mouse_wheel_scrolls),
        TEST(mouse_is_let_go),
        TEST(title_says_what_is_loaded),
        TEST(calls_when_unfocused),
        TEST(bell_when_always),
        TEST(copies_through_the_terminal),
        TEST(copies_what_is_chosen),
        TEST(copies_with_a_program),
    };

    if (!pty_is_possible()) {
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
