/* Tests of tui/setting_store: changes that reach the user's file. */
#include "config.h"

#include "tui/setting_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"

struct fixture {
    char dir[64];
    struct settings s;
};

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));

    snprintf(f->dir, sizeof(f->dir), "/tmp/p2p-test-store-XXXXXX");
    if (mkdtemp(f->dir) == NULL) {
        return -1;
    }
    setenv("HOME", f->dir, 1);
    settings_init(&f->s);
    f->s.path = mem_printf("%s/.config/p2ptui/p2ptui.conf", f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char *command = mem_printf("chmod -R u+w %s; rm -rf %s", f->dir, f->dir);
    int rv = system(command);

    free(command);
    settings_close(&f->s);
    free(f);
    return rv;
}

/* Write the file as somebody else would; its directory is made. */
static void write_file(struct fixture *f, const char *text, mode_t mode)
{
    char *parent = mem_printf("%s/.config/p2ptui", f->dir);

    assert_int_equal(fd_make_dirs(parent), 0);
    assert_int_equal(fd_replace_file(f->s.path, text, strlen(text), mode), 0);
    free(parent);
}

static void file_is(const char *path, const char *expected, mode_t mode)
{
    struct stat st;
    uint8_t *text;

    assert_int_equal(fd_read_file(path, 65536, &text, NULL), 0);
    assert_string_equal((char *)text, expected);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
    free(text);
}

/* The first change makes the file and its directory, for this user alone. */
static void setting_store_makes_the_file(void **state)
{
    struct fixture *f = *state;
    char *shown = setting_store_path(&f->s);

    assert_string_equal(shown, "~/.config/p2ptui/p2ptui.conf");
    assert_int_equal(setting_store(&f->s, SETTING_THEME, "dark", NULL), 0);
    file_is(f->s.path, "look.theme = dark\n", 0600);
    assert_int_equal(settings_origin(&f->s, SETTING_THEME), ORIGIN_FILE);
    assert_true(f->s.changed[SETTING_THEME]);
    assert_false(f->s.changed[SETTING_CHARS]);
    free(shown);
}

/* Comments, order, unknown lines, old names and permissions stay, and so does
 * what somebody wrote after this program had read the file. */
static void setting_store_keeps_the_rest(void **state)
{
    struct fixture *f = *state;

    write_file(f, "# mine\ncolor = 8   # few\nfuture.key = 1\n", 0640);
    assert_int_equal(setting_store(&f->s, SETTING_COLOR, "256", NULL), 0);
    file_is(f->s.path, "# mine\ncolor = 256   # few\nfuture.key = 1\n", 0640);
    write_file(f, "look.units = decimal\n", 0644);
    assert_int_equal(setting_store(&f->s, SETTING_TRACKER, "a:1 b:2", NULL), 0);
    file_is(f->s.path, "look.units = decimal\ntracker = a:1\ntracker = b:2\n",
            0644);
}

/* A symbolic link stays one; the file behind it changes. */
static void setting_store_follows_a_link(void **state)
{
    struct fixture *f = *state;
    char *real = mem_printf("%s/dotfiles", f->dir);
    struct stat st;

    write_file(f, "", 0600);
    assert_int_equal(fd_replace_file(real, "x = 1\n", 6, 0600), 0);
    assert_int_equal(unlink(f->s.path), 0);
    assert_int_equal(symlink(real, f->s.path), 0);
    assert_int_equal(setting_store(&f->s, SETTING_THEME, "dark", NULL), 0);
    assert_int_equal(lstat(f->s.path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    file_is(real, "x = 1\nlook.theme = dark\n", 0600);
    free(real);
}

/* Back to the default: that of the system's file, if it has one. */
static void setting_store_takes_back(void **state)
{
    struct fixture *f = *state;

    settings_put(&f->s, SETTING_THEME, ORIGIN_SYSTEM, "contrast", NULL);
    setting_store(&f->s, SETTING_THEME, "dark", NULL);
    assert_int_equal(setting_store(&f->s, SETTING_THEME, NULL, NULL), 0);
    assert_string_equal(settings_value(&f->s, SETTING_THEME), "contrast");
    file_is(f->s.path, "#look.theme = dark\n", 0600);
    setting_store(&f->s, SETTING_THEME, "light", NULL);
    file_is(f->s.path, "look.theme = light\n", 0600);
}

/* What the environment or the command line says gives way for this run. */
static void setting_store_wins_over_the_line(void **state)
{
    struct fixture *f = *state;

    settings_put(&f->s, SETTING_THEME, ORIGIN_LINE, "contrast", NULL);
    assert_int_equal(setting_store(&f->s, SETTING_THEME, "dark", NULL), 0);
    assert_string_equal(settings_value(&f->s, SETTING_THEME), "dark");
    assert_int_equal(settings_origin(&f->s, SETTING_THEME), ORIGIN_SESSION);
    file_is(f->s.path, "look.theme = dark\n", 0600);
    assert_int_equal(setting_store(&f->s, SETTING_THEME, NULL, NULL), 0);
    assert_string_equal(settings_value(&f->s, SETTING_THEME), "terminal");
}

/* A value that is none changes nothing, and neither does one with which the
 * program could not start again. */
static void setting_store_refuses(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    assert_int_equal(setting_store(&f->s, SETTING_THEME, "mauve", &e),
                     P2P_EUSAGE);
    assert_int_equal(
        setting_store(&f->s, SETTING_TRACKERS, "/nowhere/list", &e),
        P2P_EUSAGE);
    assert_non_null(strstr(e.text, "/nowhere/list"));
    assert_int_equal(
        setting_store(&f->s, SETTING_PASSWORD_FILE, "/nowhere/pw", &e),
        P2P_EUSAGE);
    assert_int_equal(access(f->s.path, F_OK), -1);
    assert_int_equal(settings_origin(&f->s, SETTING_TRACKERS), ORIGIN_BUILT_IN);
}

/* It cannot be written: the change stays for this run, and it says so. A
 * directory in the way fails for root too. */
static void setting_store_cannot_write(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    assert_int_equal(fd_make_dirs(f->s.path), 0);
    assert_true(setting_store(&f->s, SETTING_THEME, "dark", &e) < 0);
    assert_non_null(strstr(e.text, "for this run"));
    assert_non_null(strstr(e.text, "~/.config/p2ptui/p2ptui.conf"));
    assert_string_equal(settings_value(&f->s, SETTING_THEME), "dark");
    assert_int_equal(settings_origin(&f->s, SETTING_THEME), ORIGIN_SESSION);
    free(f->s.path);
    f->s.path = NULL;
    assert_int_equal(setting_store(&f->s, SETTING_UNITS, "decimal", &e),
                     P2P_ENOTSUP);
    assert_int_equal(settings_choice(&f->s, SETTING_UNITS), UNITS_1000);
}

/* A file without the permission to write is left alone. */
static void setting_store_respects_read_only(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    write_file(f, "x = 1\n", 0444);
    if (access(f->s.path, W_OK) == 0) {
        return; /* root may write everything */
    }
    assert_int_equal(setting_store(&f->s, SETTING_THEME, "dark", &e),
                     P2P_EACCES);
    assert_non_null(strstr(e.text, "may not write"));
    file_is(f->s.path, "x = 1\n", 0444);
}

/* After an editor: what it changed counts, what it did not touch stays. */
static void setting_store_reload_takes_changes(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    settings_put(&f->s, SETTING_UNITS, ORIGIN_LINE, "decimal", NULL);
    setting_store(&f->s, SETTING_THEME, "dark", NULL);
    setting_store(&f->s, SETTING_PALETTE, "vivid", NULL);
    write_file(f, "look.theme = light\nlook.clock = 12\nunknown = 1\n", 0600);
    assert_int_equal(setting_store_reload(&f->s, &e), 0);
    assert_string_equal(settings_value(&f->s, SETTING_THEME), "light");
    assert_string_equal(settings_value(&f->s, SETTING_CLOCK), "12");
    assert_string_equal(settings_value(&f->s, SETTING_PALETTE), "safe");
    assert_string_equal(settings_value(&f->s, SETTING_UNITS), "decimal");
    write_file(f, "look.clock = 24\nlook.theme = mauve\n", 0600);
    assert_int_equal(setting_store_reload(&f->s, &e), P2P_EUSAGE);
    assert_int_equal(strncmp(e.text, "p2ptui.conf:2: ", 15), 0);
    assert_string_equal(settings_value(&f->s, SETTING_CLOCK), "12");
    unlink(f->s.path);
    assert_int_equal(setting_store_reload(&f->s, &e), 0);
    assert_string_equal(settings_value(&f->s, SETTING_CLOCK), "24");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(setting_store_makes_the_file),
        T(setting_store_keeps_the_rest),
        T(setting_store_follows_a_link),
        T(setting_store_takes_back),
        T(setting_store_wins_over_the_line),
        T(setting_store_refuses),
        T(setting_store_cannot_write),
        T(setting_store_respects_read_only),
        T(setting_store_reload_takes_changes),
    };
#undef T

    return cmocka_run_group_tests_name("tui/setting_store", tests, NULL, NULL);
}
