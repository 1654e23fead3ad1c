/* Every way out of the screen gives the terminal back as it was, leaves no
 * process behind, and says what happened (TUI 5.7).
 */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/tui/pty.h"
#include "tui/term.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"

static struct pty pty;
static char log_path[] = "/tmp/p2ptui-log-XXXXXX";

static void start(bool hangup_ignored)
{
    struct pty_run run = {.term = "xterm-256color",
                          .hangup_ignored = hangup_ignored,
                          .arguments = {pty_demo(), "--log", log_path}};

    pty_open(&pty, &run);
    pty_wait_text(&pty, "old-roadmap.odp", true);
    pty_wait_idle(&pty);
    assert_true(pty.alternate);
}

static int set_up(void **state)
{
    int fd = mkstemp(log_path);

    (void)state;
    if (fd >= 0) {
        close(fd);
    }
    return fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (pty.vterm != NULL) {
        pty_close(&pty);
        memset(&pty, 0, sizeof(pty));
    }
    unlink(log_path);
    memcpy(log_path + sizeof(log_path) - 7, "XXXXXX", 6);
    return 0;
}

/* ---- Signals ---------------------------------------------------------- */

static void signals_that_end_it(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        start(false);
        kill(pty.pid, signals[i]);
        assert_int_equal(pty_wait_end(&pty), 0);
        pty_assert_restored(&pty);
        pty_close(&pty);
    }
    memset(&pty, 0, sizeof(pty));
}

/* It dies of the same signal, and says so where the user sees it. */
static void crashes_restore_the_terminal(void **state)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS,
                                  SIGFPE,  SIGILL,  SIGQUIT};
    size_t i;
    int status;

    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* sanitizers have handlers of their own */
#endif
    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        start(false);
        kill(pty.pid, signals[i]);
        status = pty_wait_end(&pty);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signals[i]);
        pty_assert_restored(&pty);
        assert_true(
            pty_sent(&pty, "p2ptui crashed; the terminal is restored."));
        assert_true(pty_sent(&pty, log_path));
        pty_close(&pty);
    }
    memset(&pty, 0, sizeof(pty));
}

static void check_stop(bool by_key)
{
    int frames;

    start(false);
    if (by_key) {
        pty_send(&pty, "\032");
    } else {
        kill(pty.pid, SIGTSTP);
    }
    pty_wait_stop(&pty);
    pty_assert_restored(&pty);
    frames = pty.frames;
    kill(pty.pid, SIGCONT);
    pty_wait_frames(&pty, frames + 1);
    pty_wait_text(&pty, "old-roadmap.odp", true);
    assert_true(pty.alternate);
    assert_true(pty_has_mouse(&pty));
    pty_type(&pty, "m"); /* and it works as before */
    pty_wait_text(&pty, "[File]", true);
    kill(pty.pid, SIGTERM);
    assert_int_equal(pty_wait_end(&pty), 0);
    pty_assert_restored(&pty);
}

static void stop_by_key(void **state)
{
    (void)state;
    check_stop(true);
}

static void stop_by_signal(void **state)
{
    (void)state;
    check_stop(false);
}

/* Somebody else's stop: whatever was done to the terminal meanwhile, all of it
 * is drawn again. */
static void stop_of_somebody_else(void **state)
{
    int frames;

    (void)state;
    start(false);
    kill(pty.pid, SIGSTOP);
    pty_wait_stop(&pty);
    vterm_input_write(pty.vterm, "\033[2J", 4);
    pty_wait_text(&pty, "old-roadmap.odp", false);
    frames = pty.frames;
    kill(pty.pid, SIGCONT);
    pty_wait_frames(&pty, frames + 1);
    pty_wait_text(&pty, "old-roadmap.odp", true);
}

/* ---- The terminal goes away ------------------------------------------- */

static void check_hangup(bool ignored)
{
    int64_t end;

    start(ignored);
    close(pty.master);
    close(pty.slave);
    pty.master = -1;
    pty.slave = -1;
    end = clock_now_ms() + PTY_PATIENCE_MS;
    while (waitpid(pty.pid, NULL, WNOHANG) == 0) {
        char bytes[64];

        assert_true(clock_now_ms() < end);
        /* The end of its frames is the end of its process. */
        if (read(pty.frame_fd, bytes, sizeof(bytes)) == 0) {
            waitpid(pty.pid, NULL, 0);
            break;
        }
    }
    pty.pid = 0;
}

static void hangup(void **state)
{
    (void)state;
    check_hangup(false);
}

static void hangup_with_sighup_ignored(void **state)
{
    (void)state;
    check_hangup(true);
}

/* ---- Other ways out --------------------------------------------------- */

/* A library that calls exit(). */
static int exit_at_once(void *arg)
{
    struct terminal *term;
    struct err e;

    (void)arg;
    if (term_open(true, &term, &e) == 0) {
        exit(3);
    }
    return 1;
}

static int run_out_of_memory(void *arg)
{
    struct terminal *term;
    struct err e;
    volatile size_t all = SIZE_MAX / 2;

    (void)arg;
    if (term_open(true, &term, &e) == 0) {
        free(mem_alloc(all));
    }
    return 0;
}

static void exit_restores_the_terminal(void **state)
{
    struct pty_run run = {.term = "xterm-256color", .run = exit_at_once};
    int status;

    (void)state;
    pty_open(&pty, &run);
    status = pty_wait_end(&pty);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    pty_assert_restored(&pty);
}

static void no_memory_restores_the_terminal(void **state)
{
    struct pty_run run = {.term = "xterm-256color", .run = run_out_of_memory};

    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* such a size is an error of its own there */
#endif
    pty_open(&pty, &run);
    assert_int_not_equal(pty_wait_end(&pty), 0);
    pty_assert_restored(&pty);
}

/* What something writes to standard error is in the log, not on the screen. */
static void errors_go_to_the_log(void **state)
{
    uint8_t *text = NULL;

    (void)state;
    start(false);
    pty_type(&pty, ":create_group choir\r");
    pty_wait_text(&pty, "heidi; asks", true);
    kill(pty.pid, SIGTERM);
    assert_int_equal(pty_wait_end(&pty), 0);
    assert_false(pty_sent(&pty, "noise of a library"));
    assert_int_equal(fd_read_file(log_path, 4096, &text, NULL), 0);
    assert_non_null(strstr((char *)text, "noise of a library"));
    free(text);
}

/* ---- Sizes ------------------------------------------------------------ */

/* The screen without the two lowest rows, where news come and go. */
static char *lasting_text(void)
{
    char *text = pty_text(&pty);
    char *end = text;
    int y;

    for (y = 0; y < pty.height - 2; y++) {
        end = strchr(end, '\n') + 1;
    }
    *end = '\0';
    return text;
}

/* Forty sizes down to one cell, some too fast to be drawn each. */
static void resize_storm(void **state)
{
    unsigned seed = 7;
    char *before, *after;
    int i;

    (void)state;
    start(false);
    before = lasting_text();
    for (i = 0; i < 40; i++) {
        int frames = pty.frames;

        seed = seed * 1103515245 + 12345;
        pty_resize(&pty, i % 10 == 9 ? 1 : 1 + (int)(seed >> 16) % 200,
                   i % 10 == 9 ? 1 : 1 + (int)(seed >> 8) % 60);
        if (i % 3 == 0) {
            pty_wait_frames(&pty, frames + 1);
        }
    }
    pty_resize(&pty, 80, 24);
    pty_wait_text(&pty, "old-roadmap.odp", true);
    pty_type(&pty, "\014"); /* what the emulator kept of old sizes goes */
    after = lasting_text();
    assert_string_equal(after, before);
    free(before);
    free(after);
    kill(pty.pid, SIGTERM);
    assert_int_equal(pty_wait_end(&pty), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signals_that_end_it),
        TEST(crashes_restore_the_terminal),
        TEST(stop_by_key),
        TEST(stop_by_signal),
        TEST(stop_of_somebody_else),
        TEST(hangup),
        TEST(hangup_with_sighup_ignored),
        TEST(exit_restores_the_terminal),
        TEST(no_memory_restores_the_terminal),
        TEST(errors_go_to_the_log),
        TEST(resize_storm),
    };

    if (!pty_is_possible()) {
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
