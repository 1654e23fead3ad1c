#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/options.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"

enum { WORDS_MAX = 32 };

struct fixture {
    char dir[64];
    struct options o;
    struct err e;
    bool is_read;
};

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    char *config;

    snprintf(f->dir, sizeof f->dir, "/tmp/p2p-options-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    config = mem_printf("%s/config", f->dir);
    setenv("HOME", f->dir, 1);
    setenv("XDG_CONFIG_HOME", config, 1);
    unsetenv("XDG_STATE_HOME");
    unsetenv("P2PTUI_TRACKER");
    unsetenv("P2PTUI_LISTEN");
    unsetenv("P2PTUI_PASSWORD");
    unsetenv("P2PTUI_DOWNLOAD_DIR");
    free(config);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int flag,
                      struct FTW *where)
{
    (void)status;
    (void)flag;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f->is_read) {
        options_close(&f->o);
    }
    assert_int_equal(nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(f);
    return 0;
}

/* Read a command line: words separated by blanks. */
static int read_words(struct fixture *f, const char *line)
{
    char *text = mem_printf("p2ptui %s", line);
    char *argv[WORDS_MAX];
    char *save = NULL;
    int argc = 0, rv;

    if (f->is_read) {
        options_close(&f->o);
    }
    for (argv[0] = strtok_r(text, " ", &save); argv[argc] != NULL;
         argv[argc] = strtok_r(NULL, " ", &save)) {
        argc++;
        assert_true(argc < WORDS_MAX);
    }
    memset(&f->e, 0, sizeof f->e);
    rv = options_read(argc, argv, &f->o, &f->e);
    f->is_read = true;
    f->o.command_count = 0; /* they point into `text` */
    free(text);
    return rv;
}

static char *write_file(struct fixture *f, const char *name, const char *text)
{
    char *path = mem_printf("%s/%s", f->dir, name);
    char *parent = mem_strdup(path);

    *strrchr(parent, '/') = '\0';
    assert_int_equal(fd_make_dirs(parent), 0);
    assert_int_equal(fd_replace_file(path, text, strlen(text), 0600), 0);
    free(parent);
    return path;
}

static void write_config(struct fixture *f, const char *text)
{
    free(write_file(f, "config/p2ptui/p2ptui.conf", text));
}

static void has_tracker(const struct fixture *f, size_t n, const char *host,
                        unsigned port)
{
    assert_true(n < f->o.tracker_count);
    assert_string_equal(f->o.trackers[n].host, host);
    assert_int_equal(f->o.trackers[n].port, port);
}

/* Refused as wrong use, with a sentence that holds these words. */
static void is_refused(struct fixture *f, const char *line, const char *words)
{
    assert_int_equal(read_words(f, line), P2P_EUSAGE);
    if (strstr(f->e.text, words) == NULL) {
        fail_msg("'%s' does not say '%s'", f->e.text, words);
    }
}

/* ---- The three forms ----------------------------------------------------- */

/* S2-10: TRACKER_HOST TRACKER_PORT LISTEN_PORT. */
static void options_read_host_port_listen(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_words(f, "127.0.0.1 16666 6000"), 0);
    assert_int_equal(f->o.tracker_count, 1);
    has_tracker(f, 0, "127.0.0.1", 16666);
    assert_int_equal(f->o.listen.port, 6000);
    assert_string_equal(f->o.listen.host, "");
    assert_int_equal(read_words(f, "tracker.example 7"), 0);
    has_tracker(f, 0, "tracker.example", 7);
    assert_int_equal(f->o.listen.port, 0);
    assert_int_equal(read_words(f, "::1 7 8"), 0);
    has_tracker(f, 0, "::1", 7);
    assert_int_equal(read_words(f, "[::1] 7 8"), 0);
    has_tracker(f, 0, "::1", 7);
    assert_int_equal(f->o.listen.port, 8);
}

/* S3-37: IP:PORT TRACKERS_FILE. */
static void options_read_listen_and_file(void **state)
{
    struct fixture *f = *state;
    char *path = write_file(f, "tracker_info.txt",
                            "# ours\n127.0.0.1:5000\n\n[::1]:5001 sha256:"
                            "00112233445566778899aabbccddeeff"
                            "00112233445566778899aabbccddeeff\n");
    char *line = mem_printf("127.0.0.1:6000 %s", path);

    assert_int_equal(read_words(f, line), 0);
    assert_string_equal(f->o.listen.host, "127.0.0.1");
    assert_int_equal(f->o.listen.port, 6000);
    assert_int_equal(f->o.tracker_count, 2);
    has_tracker(f, 0, "127.0.0.1", 5000);
    assert_false(f->o.trackers[0].has_pin);
    has_tracker(f, 1, "::1", 5001);
    assert_true(f->o.trackers[1].has_pin);
    assert_int_equal(f->o.trackers[1].pin[1], 0x11);
    free(line);
    free(path);
}

/* Only options; long names, letters and "=" mean the same. */
static void options_read_options(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        read_words(f, "-t a:1 --tracker=b:2 -l [::1]:9 --state-dir=/x/y "
                      "--download-dir /d -q -v --json -c quit"),
        0);
    assert_int_equal(f->o.tracker_count, 2);
    has_tracker(f, 0, "a", 1);
    has_tracker(f, 1, "b", 2);
    assert_string_equal(f->o.listen.host, "::1");
    assert_int_equal(f->o.listen.port, 9);
    assert_string_equal(f->o.state_dir, "/x/y");
    assert_string_equal(f->o.download_dir, "/d");
    assert_true(f->o.quiet && f->o.json);
    assert_int_equal(f->o.mode, OPTIONS_COMMANDS);
}

/* Options and the short forms go together, in any order. */
static void options_read_mixed(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_words(f, "-t a:1 b 2 --headless 3"), 0);
    assert_int_equal(f->o.tracker_count, 2);
    has_tracker(f, 0, "a", 1);
    has_tracker(f, 1, "b", 2);
    assert_int_equal(f->o.listen.port, 3);
    assert_int_equal(f->o.mode, OPTIONS_HEADLESS);
}

/* A file of trackers and single ones add up. */
static void options_read_file_and_tracker(void **state)
{
    struct fixture *f = *state;
    char *path = write_file(f, "trackers", "b:2\nc:3\n");
    char *line = mem_printf("-t a:1 --trackers %s -t d:4", path);

    assert_int_equal(read_words(f, line), 0);
    assert_int_equal(f->o.tracker_count, 4);
    has_tracker(f, 0, "a", 1);
    has_tracker(f, 2, "c", 3);
    has_tracker(f, 3, "d", 4);
    free(line);
    free(path);
}

/* Without any the defaults: a free port, no tracker, the usual places. */
static void options_read_nothing(void **state)
{
    struct fixture *f = *state;
    char *expected = mem_printf("%s/.local/state/p2ptui/default", f->dir);

    assert_int_equal(read_words(f, ""), 0);
    assert_int_equal(f->o.tracker_count, 0);
    assert_int_equal(f->o.listen.port, 0);
    assert_string_equal(f->o.state_dir, expected);
    free(expected);
    expected = mem_printf("%s/.local/state/p2ptui/work", f->dir);
    assert_int_equal(read_words(f, "-p work"), 0);
    assert_string_equal(f->o.state_dir, expected);
    free(expected);
}

/* ---- Precedence (S1-60) ---------------------------------------------------
 */

/* The file counts when nothing else says anything. */
static void options_read_from_file(void **state)
{
    struct fixture *f = *state;

    write_config(f, "# mine\ntracker = file:1\ntracker = file:2\n"
                    "listen = 127.0.0.1:1000\ndownload-dir = ~/got\n");
    assert_int_equal(read_words(f, ""), 0);
    assert_int_equal(f->o.tracker_count, 2);
    has_tracker(f, 1, "file", 2);
    assert_int_equal(f->o.listen.port, 1000);
    assert_non_null(strstr(f->o.download_dir, "/got"));
    assert_true(f->o.download_dir[0] == '/');
}

/* The environment replaces what the file says, it does not add to it. */
static void options_read_environment_over_file(void **state)
{
    struct fixture *f = *state;

    write_config(f, "tracker = file:1\nlisten = 1000\n");
    setenv("P2PTUI_TRACKER", "env:3", 1);
    setenv("P2PTUI_LISTEN", "127.0.0.2:2000", 1);
    assert_int_equal(read_words(f, ""), 0);
    assert_int_equal(f->o.tracker_count, 1);
    has_tracker(f, 0, "env", 3);
    assert_int_equal(f->o.listen.port, 2000);
}

/* The command line replaces both. */
static void options_read_line_over_all(void **state)
{
    struct fixture *f = *state;

    write_config(f, "tracker = file:1\nlisten = 1000\n");
    setenv("P2PTUI_TRACKER", "env:3", 1);
    setenv("P2PTUI_LISTEN", "2000", 1);
    assert_int_equal(read_words(f, "-t line:4 -l 3000"), 0);
    assert_int_equal(f->o.tracker_count, 1);
    has_tracker(f, 0, "line", 4);
    assert_int_equal(f->o.listen.port, 3000);
    assert_int_equal(read_words(f, "host 5 4000"), 0);
    assert_int_equal(f->o.tracker_count, 1);
    has_tracker(f, 0, "host", 5);
    assert_int_equal(f->o.listen.port, 4000);
}

/* --config names the only file that is read. */
static void options_read_other_file(void **state)
{
    struct fixture *f = *state;
    char *path = write_file(f, "other.conf", "tracker = other:9\n");
    char *line = mem_printf("--config %s", path);

    write_config(f, "tracker = file:1\nlisten = 1000\n");
    assert_int_equal(read_words(f, line), 0);
    assert_int_equal(f->o.tracker_count, 1);
    has_tracker(f, 0, "other", 9);
    assert_int_equal(f->o.listen.port, 0);
    free(line);
    free(path);
}

/* Files of the system count less than the user's; of several directories the
 * first counts most, and one that is relative does not count. */
static void options_read_system_files(void **state)
{
    struct fixture *f = *state;
    const struct settings *s = &f->o.settings;
    char *dirs = mem_printf("rel:%s/one:%s/two", f->dir, f->dir);

    free(write_file(f, "one/p2ptui/p2ptui.conf",
                    "look.theme = dark\ntracker = one:1\n"));
    free(write_file(f, "two/p2ptui/p2ptui.conf",
                    "look.theme = light\nlook.clock = 12\n"
                    "look.units = decimal\ntracker = two:2\n"));
    setenv("XDG_CONFIG_DIRS", dirs, 1);
    write_config(f, "look.units = binary\n");
    assert_int_equal(read_words(f, ""), 0);
    unsetenv("XDG_CONFIG_DIRS");
    assert_string_equal(settings_value(s, SETTING_THEME), "dark");
    assert_string_equal(settings_value(s, SETTING_CLOCK), "12");
    assert_int_equal(settings_origin(s, SETTING_CLOCK), ORIGIN_SYSTEM);
    assert_string_equal(settings_value(s, SETTING_UNITS), "binary");
    assert_int_equal(f->o.tracker_count, 1);
    has_tracker(f, 0, "one", 1);
    free(dirs);
}

/* Settings come from everywhere, and each knows from where (S1-60). */
static void options_read_settings(void **state)
{
    struct fixture *f = *state;
    const struct settings *s = &f->o.settings;

    write_config(f, "look.theme = light\ncolor = 256\nlook.units = decimal\n"
                    "look.refresh = 2\n");
    setenv("P2PTUI_COLOR", "16", 1);
    setenv("P2PTUI_LOOK_UNITS", "binary", 1);
    assert_int_equal(read_words(f, "--set look.units=decimal -v --no-mouse"),
                     0);
    unsetenv("P2PTUI_LOOK_UNITS");
    assert_string_equal(settings_value(s, SETTING_THEME), "light");
    assert_int_equal(settings_origin(s, SETTING_THEME), ORIGIN_FILE);
    assert_string_equal(settings_value(s, SETTING_COLOR), "16");
    assert_int_equal(settings_origin(s, SETTING_COLOR), ORIGIN_ENVIRONMENT);
    assert_string_equal(settings_value(s, SETTING_UNITS), "decimal");
    assert_int_equal(settings_origin(s, SETTING_UNITS), ORIGIN_LINE);
    assert_int_equal(settings_number(s, SETTING_REFRESH), 2);
    assert_int_equal(settings_choice(s, SETTING_LOG), LOG_MORE);
    assert_false(settings_on(s, SETTING_MOUSE));
    assert_non_null(strstr(s->path, "/p2ptui/p2ptui.conf"));
    assert_int_equal(read_words(f, "--no-config"), 0);
    assert_string_equal(settings_value(s, SETTING_THEME), "terminal");
    assert_null(s->path);
}

/* ---- Errors ---------------------------------------------------------------
 */

/* A mistake in the file is shown with file and line. */
static void options_read_bad_file(void **state)
{
    struct fixture *f = *state;

    write_config(f, "# one\n\nlisten = 70000\n");
    is_refused(f, "", "p2ptui.conf:3: ");
    write_config(f, "tracker = a:1\nno equals sign\n");
    is_refused(f, "", "p2ptui.conf:2: ");
    write_config(f, "color = mauve\n");
    is_refused(f, "", "p2ptui.conf:1: ");
    is_refused(f, "--config /nowhere/x.conf", "/nowhere/x.conf");
}

/* One in the environment with its variable. */
static void options_read_bad_environment(void **state)
{
    struct fixture *f = *state;

    setenv("P2PTUI_TRACKER", "no-port", 1);
    is_refused(f, "", "P2PTUI_TRACKER: ");
}

/* A trackers file names the line too; an empty one is a mistake. */
static void options_read_bad_trackers_file(void **state)
{
    struct fixture *f = *state;
    char *bad = write_file(f, "bad", "a:1\nb\n");
    char *empty = write_file(f, "empty", "# nobody\n");
    char *line = mem_printf("6000 %s", bad);

    is_refused(f, line, "bad:2: ");
    free(line);
    line = mem_printf("--trackers %s", empty);
    is_refused(f, line, "no tracker");
    free(line);
    is_refused(f, "127.0.0.1:6000 /nowhere/trackers", "/nowhere/trackers");
    free(bad);
    free(empty);
}

/* Wrong options and words: one sentence each that names the culprit. */
static void options_read_bad_line(void **state)
{
    struct fixture *f = *state;

    is_refused(f, "--frob", "--frob");
    is_refused(f, "-Z", "-Z");
    is_refused(f, "-t", "-t needs a value");
    is_refused(f, "--tracker", "--tracker needs a value");
    is_refused(f, "--json=yes", "--json");
    is_refused(f, "-t host", "host");
    is_refused(f, "-t a:0", "a:0");
    is_refused(f, "-t a:65536", "65536");
    is_refused(f, "-l 65536", "65536");
    is_refused(f, "-p a/b", "profile");
    is_refused(f, "one", "p2ptui --help");
    is_refused(f, "1 2 3 4", "p2ptui --help");
    is_refused(f, "host 99999", "99999");
    is_refused(f, "127.0.0.1:6000 16666", "127.0.0.1:6000");
    is_refused(f, "--color mauve", "mauve");
    is_refused(f, "--set look.theme", "KEY=VALUE");
    is_refused(f, "--set look.frame=on", "look.frame");
    is_refused(f, "--set look.theme=mauve", "mauve");
    is_refused(f, "--password-file /nowhere", "/nowhere");
}

/* --json is known before the error that it shapes, wherever it stands. */
static void options_read_json_and_error(void **state)
{
    struct fixture *f = *state;

    is_refused(f, "--frob --json", "--frob");
    assert_true(f->o.json);
    write_config(f, "listen = x\n");
    is_refused(f, "--json", "p2ptui.conf:1: ");
    assert_true(f->o.json);
}

/* ---- Passwords ------------------------------------------------------------
 */

/* The first line of a private file; a file on the command line counts for more
 * than the environment, which forgets it. */
static void options_read_password(void **state)
{
    struct fixture *f = *state;
    char *path = write_file(f, "pw", "from the file\r\nsecond line\n");
    char *line = mem_printf("--password-file %s", path);

    setenv("P2PTUI_PASSWORD", "from the environment", 1);
    assert_int_equal(read_words(f, ""), 0);
    assert_string_equal(f->o.password, "from the environment");
    assert_null(getenv("P2PTUI_PASSWORD"));
    setenv("P2PTUI_PASSWORD", "from the environment", 1);
    assert_int_equal(read_words(f, line), 0);
    assert_string_equal(f->o.password, "from the file");
    assert_int_equal(chmod(path, 0640), 0);
    is_refused(f, line, "chmod 600");
    free(line);
    free(path);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(options_read_host_port_listen),
        T(options_read_listen_and_file),
        T(options_read_options),
        T(options_read_mixed),
        T(options_read_file_and_tracker),
        T(options_read_nothing),
        T(options_read_from_file),
        T(options_read_environment_over_file),
        T(options_read_line_over_all),
        T(options_read_other_file),
        T(options_read_system_files),
        T(options_read_settings),
        T(options_read_bad_file),
        T(options_read_bad_environment),
        T(options_read_bad_trackers_file),
        T(options_read_bad_line),
        T(options_read_json_and_error),
        T(options_read_password),
    };
#undef T

    return cmocka_run_group_tests_name("tui/options", tests, NULL, NULL);
}
