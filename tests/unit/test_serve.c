#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/dirscan.h"
#include "engine/servelist.h"
#include "engine/serveplan.h"
#include "net/loop.h"
#include "net/readable.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"

/* ---- A scratch directory ----------------------------------------------- */

static int make_scratch(void **state)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = mem_printf("%s/serve-XXXXXX", tmp != NULL ? tmp : "/tmp");

    *state = dir;
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_scratch(void **state)
{
    char *command = mem_printf("rm -rf '%s'", (char *)*state);
    int rv = system(command);

    free(command);
    free(*state);
    return rv;
}

static void put(const char *dir, const char *path, const char *content)
{
    char *full = mem_printf("%s/%s", dir, path);
    char *slash = strrchr(full, '/');

    *slash = '\0';
    assert_int_equal(fd_make_dirs(full), 0);
    *slash = '/';
    assert_int_equal(fd_replace_file(full, content, strlen(content), 0644), 0);
    free(full);
}

static void look(const char *dir, int notify, struct dirscan *d)
{
    atomic_bool cancel = false;
    struct err e = {0};

    assert_int_equal(dirscan_run(dir, notify, &cancel, d, &e), 0);
}

/* ---- dirscan ----------------------------------------------------------- */

static void dirscan_run_lists_files_in_order(void **state)
{
    static const char *const expected[] = {"a-b", "a/x", "a/y/z", "b"};
    struct dirscan d;

    put(*state, "b", "2");
    put(*state, "a/y/z", "345");
    put(*state, "a/x", "");
    put(*state, "a-b", "1");
    look(*state, -1, &d);
    assert_int_equal(d.file_count, 4);
    for (size_t i = 0; i < d.file_count; i++) {
        assert_string_equal(d.files[i].path, expected[i]);
    }
    assert_int_equal(d.files[2].stamp.size, 3);
    assert_true(d.files[2].stamp.inode != 0);
    assert_false(d.is_partial);
    dirscan_close(&d);
}

/* Links, pipes, hidden and temporary names, and what is below them. */
static void dirscan_run_passes_over(void **state)
{
    char *link = mem_printf("%s/link", (char *)*state);
    char *up = mem_printf("%s/up", (char *)*state);
    char *pipe = mem_printf("%s/pipe", (char *)*state);
    struct dirscan d;

    put(*state, ".git/config", "x");
    put(*state, ".profile", "x");
    put(*state, "half.part", "x");
    put(*state, "draft~", "x");
    put(*state, "load.crdownload", "x");
    put(*state, "good", "x");
    assert_int_equal(symlink("/etc/passwd", link), 0);
    assert_int_equal(symlink("..", up), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    look(*state, -1, &d);
    assert_int_equal(d.file_count, 1);
    assert_string_equal(d.files[0].path, "good");
    dirscan_close(&d);
    free(link);
    free(up);
    free(pipe);
}

static void dirscan_run_missing_top(void **state)
{
    atomic_bool cancel = false;
    char *gone = mem_printf("%s/gone", (char *)*state);
    struct dirscan d;
    struct err e = {0};

    assert_int_equal(dirscan_run(gone, -1, &cancel, &d, &e), P2P_ENOENT);
    assert_non_null(strstr(e.text, gone));
    free(gone);
}

static void on_readable(void *arg)
{
    loop_stop(arg);
}

/* A directory that is watched tells of a file in it, by way of the loop. */
static void dirscan_run_watches(void **state)
{
    struct loop *l = loop_new();
    int notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    struct readable *r;
    char buffer[4096] __attribute__((aligned(8)));
    const struct inotify_event *e = (const void *)buffer;
    struct dirscan d;

    put(*state, "deep/er/file", "x");
    look(*state, notify, &d);
    assert_int_equal(d.dir_count, 3);
    assert_string_equal(d.dirs[0].path, "");
    assert_string_equal(d.dirs[2].path, "deep/er");
    assert_int_equal(readable_new(l, notify, on_readable, l, &r), 0);
    readable_set(r, false);
    readable_set(r, true);
    put(*state, "deep/er/new", "x");
    loop_run(l, "test");
    assert_true(read(notify, buffer, sizeof buffer) > 0);
    assert_int_equal(e->wd, d.dirs[2].watch);
    readable_free(r);
    close(notify);
    dirscan_close(&d);
    loop_free(l);
}

/* What was refused is looked at again when its content or its permissions
 * change, and forgotten when it is gone. */
static void dirscan_find_and_compare(void **state)
{
    char *b = mem_printf("%s/b", (char *)*state);
    struct dirscan was, now;

    look(*state, -1, &was);
    assert_null(dirscan_find(&was, "b"));
    dirscan_close(&was);
    put(*state, "b", "1");
    put(*state, "a/x", "2");
    look(*state, -1, &was);
    look(*state, -1, &now);
    assert_ptr_equal(dirscan_find(&was, "b"), &was.files[1]);
    assert_ptr_equal(dirscan_find(&was, "a/x"), &was.files[0]);
    assert_null(dirscan_find(&was, "a"));
    assert_true(
        dirscan_same_rights(&was.files[1].rights, &now.files[1].rights));
    dirscan_close(&now);
    assert_int_equal(chmod(b, 0400), 0);
    look(*state, -1, &now);
    assert_true(storage_stamp_equal(&was.files[1].stamp, &now.files[1].stamp));
    assert_false(
        dirscan_same_rights(&was.files[1].rights, &now.files[1].rights));
    assert_true(
        dirscan_same_rights(&was.files[0].rights, &now.files[0].rights));
    dirscan_close(&now);
    dirscan_close(&was);
    free(b);
}

/* ---- serveplan --------------------------------------------------------- */

static bool holds_b(void *arg, const struct dirscan_file *file)
{
    (void)arg;
    return strcmp(file->path, "held") == 0;
}

static struct dirscan_file file(const char *path, uint64_t size)
{
    return (struct dirscan_file){.path = (char *)(uintptr_t)path,
                                 .stamp = {.size = size, .inode = 1}};
}

static const struct serveplan_step *step_of(const struct serveplan_step *steps,
                                            size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(steps[i].path, path) == 0) {
            return &steps[i];
        }
    }
    return NULL;
}

static void serveplan_make_compares(void **state)
{
    struct dirscan_file files[] = {file("changed", 2), file("held", 3),
                                   file("lost", 4), file("new", 5),
                                   file("same", 6)};
    struct dirscan d = {.files = files, .file_count = 5};
    const struct storage_stamp was = {.size = 1, .inode = 1};
    struct serveplan_have have[] = {{"same", &files[4].stamp, NULL},
                                    {"gone", &was, NULL},
                                    {"changed", &was, NULL},
                                    {"lost", NULL, NULL}};
    struct serveplan_input in = {&d, have, 4, holds_b, NULL};
    struct serveplan_step *steps;
    size_t count;

    (void)state;
    steps = serveplan_make(&in, &count);
    assert_int_equal(count, 4);
    assert_int_equal(step_of(steps, count, "new")->act, SERVEPLAN_SHARE);
    assert_ptr_equal(step_of(steps, count, "new")->file, &files[3]);
    assert_int_equal(step_of(steps, count, "changed")->act, SERVEPLAN_REPLACE);
    assert_int_equal(step_of(steps, count, "lost")->act, SERVEPLAN_REPLACE);
    assert_int_equal(step_of(steps, count, "gone")->act, SERVEPLAN_DROP);
    assert_string_equal(step_of(steps, count, "gone")->have->path, "gone");
    assert_null(step_of(steps, count, "same"));
    assert_null(step_of(steps, count, "held"));
    free(steps);
}

/* What could not be looked at is not taken for gone. */
static void serveplan_make_partial_drops_nothing(void **state)
{
    struct dirscan d = {.is_partial = true};
    const struct storage_stamp was = {.size = 1};
    struct serveplan_have have[] = {{"a", &was, NULL}};
    struct serveplan_input in = {&d, have, 1, holds_b, NULL};
    struct serveplan_step *steps;
    size_t count;

    (void)state;
    steps = serveplan_make(&in, &count);
    assert_int_equal(count, 0);
    free(steps);
    d.is_partial = false;
    steps = serveplan_make(&in, &count);
    assert_int_equal(count, 1);
    free(steps);
}

static void serveplan_item_name_of_paths(void **state)
{
    char longest[260];
    char *name = serveplan_item_name("a b/c/d.txt");

    (void)state;
    assert_string_equal(name, "a b--c--d.txt");
    free(name);
    name = serveplan_item_name("plain");
    assert_string_equal(name, "plain");
    free(name);
    assert_null(serveplan_item_name("bad\nname"));
    assert_null(serveplan_item_name("\xff"));
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_null(serveplan_item_name(longest));
}

static void check_path(const char *top, const char *directory,
                       const char *expected)
{
    char *path = serveplan_path_in(top, directory, "f");

    if (expected == NULL) {
        assert_null(path);
    } else {
        assert_string_equal(path, expected);
    }
    free(path);
}

static void serveplan_path_in_top(void **state)
{
    (void)state;
    check_path("/srv/a", "/srv/a", "f");
    check_path("/srv/a", "/srv/a/b/c", "b/c/f");
    check_path("/srv/a", "/srv/ab", NULL);
    check_path("/srv/a", "/srv", NULL);
    check_path("/", "/srv", "srv/f");
    check_path("/", "/", "f");
}

/* ---- servelist --------------------------------------------------------- */

/* Private keys lie in the state directory: neither it, nor what it lies in, nor
 * what lies in it is served, unless a hidden name hides it anyway. */
static void serveplan_holds_secrets_of_state(void **state)
{
    const char *const home = "/home/ann/.local/state/p2ptui/default";

    (void)state;
    assert_true(serveplan_holds_secrets(home, home));
    assert_true(serveplan_holds_secrets(home, "/home/ann/.local/state"));
    assert_false(serveplan_holds_secrets(home, "/home/ann"));
    assert_false(serveplan_holds_secrets(home, "/"));
    assert_true(serveplan_holds_secrets("/srv/p2ptui", "/"));
    assert_true(serveplan_holds_secrets("/srv/p2ptui", "/srv"));
    assert_true(serveplan_holds_secrets("/srv/p2ptui", "/srv/p2ptui/keys"));
    assert_true(serveplan_holds_secrets(home, "/home/ann/.local/state/p2ptui/"
                                              "default/items/00"));
    assert_false(serveplan_holds_secrets("/srv/p2ptui", "/srv/p2ptui-files"));
    assert_false(serveplan_holds_secrets("/srv/p2ptui-old", "/srv/p2ptui"));
}

static void servelist_save_and_load(void **state)
{
    struct servelist_entry list[] = {
        {(char *)(uintptr_t) "u1", (char *)(uintptr_t) "a \"group\"",
         (char *)(uintptr_t) "/srv/x y"},
        {(char *)(uintptr_t) "u2", (char *)(uintptr_t) "b",
         (char *)(uintptr_t) "/"}};
    struct servelist_entry *back;
    struct err e = {0};
    size_t count;

    assert_int_equal(servelist_load(*state, &back, &count, &e), 0);
    assert_int_equal(count, 0);
    servelist_free(back, count);
    assert_int_equal(servelist_save(*state, list, 2, &e), 0);
    assert_int_equal(servelist_load(*state, &back, &count, &e), 0);
    assert_int_equal(count, 2);
    assert_string_equal(back[0].group, "a \"group\"");
    assert_string_equal(back[0].directory, "/srv/x y");
    assert_string_equal(back[1].user_id, "u2");
    servelist_free(back, count);
    put(*state, "served",
        "[{\"user_id\":\"u\",\"group\":\"g\","
        "\"directory\":\"relative\"}, 7]");
    assert_int_equal(servelist_load(*state, &back, &count, &e), 0);
    assert_int_equal(count, 0);
    servelist_free(back, count);
    put(*state, "served", "no list");
    assert_int_equal(servelist_load(*state, &back, &count, &e), P2P_EPROTO);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, make_scratch, remove_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(dirscan_run_lists_files_in_order),
        WITH(dirscan_run_passes_over),
        WITH(dirscan_run_missing_top),
        WITH(dirscan_run_watches),
        WITH(dirscan_find_and_compare),
        cmocka_unit_test(serveplan_make_compares),
        cmocka_unit_test(serveplan_make_partial_drops_nothing),
        cmocka_unit_test(serveplan_item_name_of_paths),
        cmocka_unit_test(serveplan_path_in_top),
        cmocka_unit_test(serveplan_holds_secrets_of_state),
        WITH(servelist_save_and_load),
    };

    return cmocka_run_group_tests_name("engine/serve", tests, NULL, NULL);
}
