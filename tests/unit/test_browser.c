#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tui/files.h"
#include "tui/browser.h"
#include "tui/cell.h"
#include "tui/dirlist.h"
#include "tui/key.h"
#include "util/map.h"
#include "util/mem.h"

static struct browser *b;

static int set_up(void **state)
{
    (void)state;
    files_slice(0);
    b = browser_new(&files_source, "/home/alice");
    return browser_go(b, "/home/alice/Public", NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    browser_free(b);
    assert_int_equal(files_open_count(), 0);
    return 0;
}

static const char *name(void)
{
    const struct browser_entry *e = browser_entry(b);

    return e == NULL ? "" : e->name;
}

static void press(const char *keys)
{
    while (*keys != '\0') {
        browser_key(b, (unsigned char)*keys++);
    }
}

static char *draw(int width, int height, bool bare)
{
    struct cells cells;
    struct canvas c;
    char *text;

    cells_init(&cells);
    cells_resize(&cells, width, height);
    c = canvas_all(&cells, GLYPH_FULL);
    browser_draw(b, &c, true, bare);
    text = cells_text(&cells);
    cells_close(&cells);
    return text;
}

/* ".." first, then directories, then files, and no hidden ones. */
static void browser_sorts(void **state)
{
    static const char *const names[] = {"..",
                                        "build",
                                        "talks",
                                        "debian-12.11-netinst.iso",
                                        "holiday.mkv",
                                        "notes.txt",
                                        "raw-scan-0001.tif",
                                        "raw-scan-0002.tif",
                                        "release-1.0.tar.zst"};
    size_t i;

    (void)state;
    browser_tick(b);
    assert_int_equal(b->row_count, 9);
    for (i = 0; i < b->row_count; i++) {
        assert_string_equal(b->entries[b->rows[i]].name, names[i]);
    }
    press("G");
    press(".");
    assert_int_equal(b->row_count, 10);
    assert_string_equal(name(), "release-1.0.tar.zst");
    press(".");
    assert_int_equal(b->row_count, 9);
}

/* However the slices fall, the order is the same and the cursor stays. */
static void browser_merges_slices(void **state)
{
    int size;

    (void)state;
    for (size = 1; size < 9; size++) {
        files_slice(size);
        assert_true(browser_go(b, "/home/alice/Public", "notes.txt"));
        while (browser_tick(b)) {
        }
        assert_int_equal(b->row_count, 9);
        assert_string_equal(b->entries[b->rows[3]].name,
                            "debian-12.11-netinst.iso");
        assert_string_equal(b->entries[b->rows[8]].name, "release-1.0.tar.zst");
        assert_string_equal(name(), "notes.txt");
    }
}

/* A directory of 100,000 is there from its first slice on, and keys work
 * while the rest is read. */
static void browser_huge_directory(void **state)
{
    int ticks = 1;

    (void)state;
    assert_true(browser_go(b, "/huge", NULL));
    assert_true(browser_is_reading(b));
    assert_int_equal(b->row_count, BROWSER_SLICE + 1);
    browser_key(b, KEY_ARROW_DOWN);
    assert_string_equal(name(), "frame-000000.png");
    while (browser_tick(b)) {
        ticks++;
    }
    assert_int_equal(b->row_count, FILES_HUGE + 1);
    assert_true(ticks >= FILES_HUGE / BROWSER_SLICE);
    assert_string_equal(name(), "frame-000000.png");
    press("G");
    assert_string_equal(name(), "frame-099999.png");
    press("*");
    assert_int_equal(map_count(b->marks), FILES_HUGE);
    press("u");
    assert_int_equal(map_count(b->marks), 0);
}

/* What cannot be opened is said; the old directory stays. */
static void browser_unreadable(void **state)
{
    char *text;

    (void)state;
    assert_true(browser_go(b, "/", "gone"));
    assert_true(browser_key(b, KEY_RETURN));
    assert_string_equal(b->path, "/");
    assert_non_null(strstr(b->problem, "cannot be opened"));
    text = draw(43, 12, false);
    assert_non_null(strstr(text, "This folder cannot be opened"));
    free(text);
    browser_key(b, KEY_ARROW_DOWN);
    assert_null(b->problem);
    assert_true(browser_go(b, "/broken", NULL));
    assert_false(browser_is_reading(b));
    assert_non_null(strstr(b->problem, "cannot be read"));
    text = draw(40, 6, true);
    assert_non_null(strstr(text, "This folder cannot be read"));
    free(text);
}

/* Going up stands on where one came from. */
static void browser_walks(void **state)
{
    (void)state;
    browser_key(b, KEY_ARROW_LEFT);
    assert_string_equal(b->path, "/home/alice");
    assert_string_equal(name(), "Public");
    browser_key(b, KEY_ERASE);
    assert_string_equal(name(), "alice");
    browser_key(b, KEY_ARROW_LEFT);
    assert_string_equal(b->path, "/");
    browser_key(b, KEY_ARROW_LEFT);
    assert_string_equal(b->path, "/");
    press("~");
    assert_string_equal(b->path, "/home/alice");
    browser_key(b, KEY_GO_END);
    assert_string_equal(name(), "todo.txt");
    assert_false(browser_key(b, KEY_RETURN));
}

static void browser_marks_in_order(void **state)
{
    const struct browser_mark **marks;
    size_t count;

    (void)state;
    press("G ");
    press("kkkk ");
    marks = browser_marks(b, &count);
    assert_int_equal(count, 2);
    assert_string_equal(marks[0]->path,
                        "/home/alice/Public/release-1.0.tar.zst");
    assert_string_equal(marks[1]->path, "/home/alice/Public/holiday.mkv");
    assert_int_equal(b->mark_bytes, marks[0]->size + marks[1]->size);
    free(marks);
    browser_key(b, KEY_ARROW_LEFT); /* marks stay in other directories */
    press("G ");
    assert_int_equal(map_count(b->marks), 3);
    press("g ");
    assert_int_equal(map_count(b->marks), 3); /* never ".." */
    press("u");
    assert_int_equal(b->mark_bytes, 0);
    press("**");
    assert_int_equal(map_count(b->marks), 0);
}

static void browser_finds(void **state)
{
    char *text;

    (void)state;
    press("/SCAN");
    assert_string_equal(name(), "raw-scan-0001.tif");
    text = draw(43, 12, false);
    assert_non_null(strstr(text, "Find: SCAN"));
    free(text);
    browser_key(b, KEY_RETURN);
    assert_false(b->finding);
    press("n");
    assert_string_equal(name(), "raw-scan-0002.tif");
    press("/qqq");
    assert_false(b->found);
    assert_string_equal(name(), "raw-scan-0002.tif");
    browser_key(b, KEY_ESCAPE);
    assert_false(b->finding);
}

/* Names of other people's making cannot draw anything but themselves. */
static void browser_hostile_names(void **state)
{
    char *text;
    const char *p;

    (void)state;
    assert_true(browser_go(b, "/home/alice/films", NULL));
    text = draw(60, 14, false);
    for (p = text; *p != '\0'; p++) {
        assert_true((unsigned char)*p >= ' ' || *p == '\n');
    }
    assert_null(strstr(text, "\xff"));
    assert_non_null(strstr(text, "\xe6\x98\xa0\xe7\x94\xbb.mkv"));
    free(text);
}

/* A path dropped on the terminal is gone to; a file is marked. */
static void browser_takes_a_path(void **state)
{
    (void)state;
    assert_true(browser_paste(b, "'/home/alice/todo.txt' \n"));
    assert_string_equal(b->path, "/home/alice");
    assert_true(browser_is_marked(b, "/home/alice/todo.txt"));
    assert_true(browser_paste(b, "file:///home/alice/Public/"));
    assert_string_equal(b->path, "/home/alice/Public");
    assert_true(browser_paste(b, "/home/alice/Public/.secret"));
    assert_true(browser_is_marked(b, "/home/alice/Public/.secret"));
    assert_false(browser_paste(b, "/no/such/file"));
    assert_false(browser_paste(b, "hello"));
}

static void browser_clicks(void **state)
{
    (void)state;
    browser_click(b, 4);
    assert_string_equal(name(), "holiday.mkv");
    assert_int_equal(map_count(b->marks), 0);
    browser_click(b, 4);
    assert_int_equal(map_count(b->marks), 1);
    browser_click(b, 400);
    browser_click(b, -1);
    assert_string_equal(name(), "holiday.mkv");
}

/* The directories of this computer: kinds, sizes, links, what is not there. */
static void browser_reads_the_disk(void **state)
{
    char dir[] = "/tmp/test-browser-XXXXXX";
    struct browser *real = browser_new(&dirlist, NULL);
    char *path;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(dir));
    path = mem_printf("%s/file", dir);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "12345", 5), 5);
    close(fd);
    free(path);
    path = mem_printf("%s/sub", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
    path = mem_printf("%s/dangling", dir);
    assert_int_equal(symlink("/no/such", path), 0);
    free(path);
    path = mem_printf("%s/pipe", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    free(path);
    assert_true(browser_go(real, dir, "file"));
    while (browser_tick(real)) {
    }
    assert_int_equal(real->row_count, 5);
    assert_string_equal(browser_entry(real)->name, "file");
    assert_int_equal(browser_entry(real)->size, 5);
    assert_string_equal(real->entries[1].name, "sub");
    assert_true(real->entries[1].is_directory);
    assert_true(real->entries[2].is_other); /* dangling */
    assert_true(real->entries[4].is_other); /* pipe */
    path = mem_printf("%s/nothing", dir);
    assert_false(browser_go(real, path, NULL));
    assert_string_equal(real->path, dir);
    free(path);
    browser_free(real);
    path = mem_printf("rm -r %s", dir);
    assert_int_equal(system(path), 0);
    free(path);
}

/* No size of the screen draws outside or crashes. */
static void browser_any_size(void **state)
{
    int w, h;

    (void)state;
    for (w = 1; w < 80; w += 3) {
        for (h = 1; h < 16; h++) {
            free(draw(w, h, false));
            free(draw(w, h, true));
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(browser_sorts),          TEST(browser_merges_slices),
        TEST(browser_huge_directory), TEST(browser_unreadable),
        TEST(browser_walks),          TEST(browser_marks_in_order),
        TEST(browser_finds),          TEST(browser_hostile_names),
        TEST(browser_takes_a_path),   TEST(browser_clicks),
        TEST(browser_reads_the_disk), TEST(browser_any_size),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests_name("tui/browser", tests, NULL, NULL);
}
