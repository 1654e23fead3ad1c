/* Tests of util/conf. */
#include "config.h"

#include "util/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/err.h"
#include "util/fd.h"

static char path[64];

static int set_up(void **state)
{
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "/tmp/p2p-test-conf-XXXXXX");
    fd = mkstemp(path);
    if (fd < 0) {
        return -1;
    }
    close(fd);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

/* Load a file with this text. */
static int load(const char *text, struct conf **out, struct err *e)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return conf_load(path, out, e);
}

/* Keys and values without the blanks and comments around them. */
static void conf_load_values(void **state)
{
    static const char text[] = "# a comment\n"
                               "\n"
                               "plain = value\n"
                               "\ttight=x  \r\n"
                               "words = two words   # and a comment\n"
                               "hash = a#b\n"
                               "empty =\n"
                               "nothing = # all comment\n"
                               "quoted = \" # kept \"  # comment\n"
                               "escaped = \"a\\\"b\\\\c\\n\"\n"
                               "equals = a = b\n"
                               "Key-2.x_y = end";
    struct conf *c = NULL;
    struct err e;

    (void)state;
    assert_int_equal(load(text, &c, &e), 0);
    assert_string_equal(conf_get(c, "plain"), "value");
    assert_string_equal(conf_get(c, "tight"), "x");
    assert_string_equal(conf_get(c, "words"), "two words");
    assert_string_equal(conf_get(c, "hash"), "a#b");
    assert_string_equal(conf_get(c, "empty"), "");
    assert_string_equal(conf_get(c, "nothing"), "");
    assert_string_equal(conf_get(c, "quoted"), " # kept ");
    assert_string_equal(conf_get(c, "escaped"), "a\"b\\c\\n");
    assert_string_equal(conf_get(c, "equals"), "a = b");
    assert_string_equal(conf_get(c, "Key-2.x_y"), "end");
    assert_null(conf_get(c, "Plain"));
    assert_null(conf_get(c, ""));
    assert_string_equal(conf_path(c), path);
    conf_free(c);
    conf_free(NULL);
}

/* The last line with a key counts; all can be walked with their numbers. */
static void conf_line_at_walks(void **state)
{
    struct conf_line line;
    struct conf *c = NULL;
    struct err e;

    (void)state;
    assert_int_equal(load("tracker = a:1\n\n#\ntracker = b:2\nx = y\n", &c, &e),
                     0);
    assert_string_equal(conf_get(c, "tracker"), "b:2");
    assert_true(conf_line_at(c, 0, &line));
    assert_string_equal(line.key, "tracker");
    assert_string_equal(line.value, "a:1");
    assert_int_equal(line.line, 1);
    assert_true(conf_line_at(c, 1, &line));
    assert_int_equal(line.line, 4);
    assert_true(conf_line_at(c, 2, &line));
    assert_int_equal(line.line, 5);
    assert_false(conf_line_at(c, 3, &line));
    assert_int_equal(line.line, 5);
    conf_free(c);
}

/* A line that is not understood is named by file and number. */
static void conf_load_errors_name_the_line(void **state)
{
    static const struct {
        const char *text, *expected; /* behind the path */
    } cases[] = {
        {"key\n", ":1: expected \"key = value\""},
        {"\n\nkey value\n", ":3: expected \"key = value\""},
        {"= value\n", ":1: expected \"key = value\""},
        {"a = 1\n[section]\n", ":2: expected \"key = value\""},
        {"a b = 1\n", ":1: expected \"key = value\""},
        {"k\xc3\xbc = 1\n", ":1: expected \"key = value\""},
        {"a = \"x\n", ":1: the closing quote is missing"},
        {"a = \"\n", ":1: the closing quote is missing"},
        {"a = \"x\\", ":1: the closing quote is missing"},
        {"a = \"x\\\"\n", ":1: the closing quote is missing"},
        {"a = \"x\" y\n", ":1: there is text behind the closing quote"},
        {"a = 1\nb = \x1b[2J\n",
         ":2: there is a control character in this line"},
        {"a = x\ry\n", ":1: there is a control character in this line"},
        {"# \x07\n", ":1: there is a control character in this line"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conf *c = NULL;
        struct err e = {.code = 0};

        assert_int_equal(load(cases[i].text, &c, &e), P2P_EINVAL);
        assert_null(c);
        assert_int_equal(strncmp(e.text, path, strlen(path)), 0);
        assert_string_equal(e.text + strlen(path), cases[i].expected);
    }
}

/* No file, an empty one, one that is too large, and one that is no text. */
static void conf_load_odd_files(void **state)
{
    static char large[CONF_FILE_MAX + 1];
    struct conf_line line;
    struct conf *c = NULL;
    struct err e;

    (void)state;
    assert_int_equal(conf_load("/nonexistent/x", &c, &e), P2P_ENOENT);
    assert_non_null(strstr(e.text, "/nonexistent/x"));
    assert_int_equal(load("", &c, &e), 0);
    assert_false(conf_line_at(c, 0, &line));
    assert_null(conf_get(c, "x"));
    conf_free(c);
    c = NULL;
    memset(large, '\n', sizeof(large));
    assert_int_equal(fd_replace_file(path, large, sizeof(large), 0600), 0);
    assert_int_equal(conf_load(path, &c, &e), P2P_ETOOBIG);
    assert_int_equal(fd_replace_file(path, "a = 1\nb\0c = 2\n", 14, 0600), 0);
    assert_int_equal(conf_load(path, &c, &e), P2P_EINVAL);
    assert_non_null(strstr(e.text, ":2: not a text file"));
    assert_null(c);
}

/* Many lines, to cross every size at which the table grows. */
static void conf_load_many_lines(void **state)
{
    struct conf_line line;
    struct conf *c = NULL;
    FILE *file = fopen(path, "w");

    (void)state;
    for (int i = 0; i < 1000; i++) {
        fprintf(file, "key%d = %d\n", i, i);
    }
    fclose(file);
    assert_int_equal(conf_load(path, &c, NULL), 0);
    assert_string_equal(conf_get(c, "key0"), "0");
    assert_string_equal(conf_get(c, "key999"), "999");
    assert_true(conf_line_at(c, 512, &line));
    assert_string_equal(line.key, "key512");
    conf_free(c);
}

/* ---- Changing a text ----------------------------------------------------- */

static const char *const theme[] = {"look.theme", "theme", NULL};

static void becomes(const char *before, const char *value, const char *after)
{
    char *text = conf_edit(before, theme, &value, value == NULL ? 0 : 1);

    assert_string_equal(text, after);
    free(text);
}

/* A value takes the place of the old one and nothing else changes. */
static void conf_edit_changes_one_value(void **state)
{
    (void)state;
    becomes("", "dark", "look.theme = dark\n");
    becomes("a = 1\n", "dark", "a = 1\nlook.theme = dark\n");
    becomes("look.theme = light\n", "dark", "look.theme = dark\n");
    becomes("# top\n\n  look.theme=light   # by day\n\tb = 2\n", "dark",
            "# top\n\n  look.theme=dark   # by day\n\tb = 2\n");
    becomes("theme = light\n", "dark", "theme = dark\n");
    becomes("look.themes = light\nlook.them = x\n", "dark",
            "look.themes = light\nlook.them = x\nlook.theme = dark\n");
    becomes("what is this\n[x]\nlook.theme light\n", "dark",
            "what is this\n[x]\nlook.theme light\nlook.theme = dark\n");
    becomes("look.theme = \"li # ght\" # c\n", "dark",
            "look.theme = dark # c\n");
    becomes("look.theme = \"x\"#c\n", "dark", "look.theme = dark #c\n");
    becomes("look.theme = \"open\n", "dark", "look.theme = dark\n");
    becomes("#look.theme = \"x\" y # z\n", "dark", "look.theme = dark\n");
    becomes("look.theme =\n", "dark", "look.theme =dark\n");
    becomes("look.theme = # c\n", "dark", "look.theme = dark # c\n");
    becomes("look.theme = li#ght\n", "a # b", "look.theme = \"a # b\"\n");
    becomes("look.theme = x\n", " \"\\", "look.theme = \" \\\"\\\\\"\n");
    becomes("look.theme = dark\n", "dark", "look.theme = dark\n");
}

/* No newline at the end, and lines that end as on other systems. */
static void conf_edit_keeps_ends_of_lines(void **state)
{
    (void)state;
    becomes("a = 1", "dark", "a = 1\nlook.theme = dark\n");
    becomes("look.theme = light", "dark", "look.theme = dark");
    becomes("a = 1\r\nlook.theme = light # x\r\n", "dark",
            "a = 1\r\nlook.theme = dark # x\r\n");
    becomes("a = 1\r\n", "dark", "a = 1\r\nlook.theme = dark\r\n");
    becomes("a = 1\r\nb = 2", "dark",
            "a = 1\r\nb = 2\r\nlook.theme = dark\r\n");
}

/* Of several lines the last one counts, so that one is changed. */
static void conf_edit_changes_the_last(void **state)
{
    (void)state;
    becomes("theme = a\n# x\nlook.theme = b\nc = d\n", "dark",
            "theme = a\n# x\nlook.theme = dark\nc = d\n");
}

/* Back to the default: the lines become comments. The next value takes the
 * comment's place, as it does in the sample file. */
static void conf_edit_takes_back(void **state)
{
    (void)state;
    becomes("a = 1\n theme = x # c\nlook.theme = y\n", NULL,
            "a = 1\n #theme = x # c\n#look.theme = y\n");
    becomes("a = 1\n", NULL, "a = 1\n");
    becomes("# The theme.\n#look.theme = y\n\nb = 2\n", "dark",
            "# The theme.\nlook.theme = dark\n\nb = 2\n");
    becomes("\t#theme = x # c\n", "dark", "\ttheme = dark # c\n");
    becomes("# theme = x\n", "dark", "# theme = x\nlook.theme = dark\n");
    becomes("#look.theme = y\nlook.theme = x\n", "dark",
            "#look.theme = y\nlook.theme = dark\n");
}

static void list_becomes(const char *before, size_t count, const char *after)
{
    static const char *const keys[] = {"t", NULL};
    static const char *const values[] = {"1", "2", "3"};
    char *text = conf_edit(before, keys, values, count);

    assert_string_equal(text, after);
    free(text);
}

/* A setting of several lines: in their order, more behind the last. */
static void conf_edit_changes_a_list(void **state)
{
    (void)state;
    list_becomes("", 2, "t = 1\nt = 2\n");
    list_becomes("t = a\nx = y\nt = b # c\nz = z\n", 3,
                 "t = 1\nx = y\nt = 2 # c\nt = 3\nz = z\n");
    list_becomes("t = a\nt = b\nt = c\n", 2, "t = 1\nt = 2\n#t = c\n");
    list_becomes("#t = a\nz = z\n", 3, "t = 1\nt = 2\nt = 3\nz = z\n");
    list_becomes("t = a", 2, "t = 1\nt = 2\n");
    list_becomes("t = a\nt = b\n", 0, "#t = a\n#t = b\n");
}

/* What was written is what is read. */
static void conf_edit_is_read_back(void **state)
{
    static const char *const odd[] = {
        "plain", "", " x ", "#", "a # b", "\"", "a\\\"b", "a\t#b", "c:\\d"};

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        char *text = conf_edit("# t\nlook.theme = \"x\" # y\nb = 1\n", theme,
                               &odd[i], 1);
        struct conf *c = NULL;
        struct err e;

        assert_int_equal(load(text, &c, &e), 0);
        assert_string_equal(conf_get(c, "look.theme"), odd[i]);
        assert_string_equal(conf_get(c, "b"), "1");
        conf_free(c);
        free(text);
    }
}

#define CONF_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONF_TEST(conf_load_values),
        CONF_TEST(conf_line_at_walks),
        CONF_TEST(conf_load_errors_name_the_line),
        CONF_TEST(conf_load_odd_files),
        CONF_TEST(conf_load_many_lines),
        CONF_TEST(conf_edit_changes_one_value),
        CONF_TEST(conf_edit_keeps_ends_of_lines),
        CONF_TEST(conf_edit_changes_the_last),
        CONF_TEST(conf_edit_takes_back),
        CONF_TEST(conf_edit_changes_a_list),
        CONF_TEST(conf_edit_is_read_back),
    };
    return cmocka_run_group_tests_name("util/conf", tests, NULL, NULL);
}
