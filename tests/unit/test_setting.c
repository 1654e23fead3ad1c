/* Tests of tui/setting: the table, its values, and where they come from. */
#include "config.h"

#include "tui/setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/buf.h"
#include "util/conf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"

/* Every row is whole: what is built in is a value, texts are there, and keys,
 * options and variables name one setting alone. */
static void setting_table_is_whole(void **state)
{
    char variable[SETTING_NAME_MAX], other[SETTING_NAME_MAX];
    enum setting_id id, j;

    (void)state;
    for (id = 0; id < SETTING_COUNT; id++) {
        const struct setting *a = setting_at(id);

        assert_non_null(a->key);
        assert_int_equal(setting_check(id, a->initial, NULL), 0);
        assert_true(a->label[0] != '\0' && a->help[0] != '\0');
        assert_true(strlen(a->label) <= 24);
        assert_non_null(a->hint);
        assert_true((a->choices != NULL) == (a->type == SETTING_CHOICE));
        assert_true(a->section < SECTION_COUNT);
        assert_int_equal(setting_find(a->key), id);
        setting_variable(id, variable);
        for (j = 0; j < id; j++) {
            assert_string_not_equal(setting_variable(j, other), variable);
        }
    }
    assert_int_equal(setting_find("color"), SETTING_COLOR);
    assert_int_equal(setting_find("download-dir"), SETTING_DOWNLOAD_DIR);
    assert_int_equal(setting_find("speed.limit"), SETTING_COUNT);
    assert_string_equal(setting_variable(SETTING_THEME, variable),
                        "P2PTUI_LOOK_THEME");
    assert_string_equal(setting_variable(SETTING_DOWNLOAD_DIR, variable),
                        "P2PTUI_DOWNLOAD_DIR");
}

/* The names of choices that callers compare with are where they think. */
static void settings_choice_matches_its_names(void **state)
{
    static const struct {
        enum setting_id id;
        int choice;
        const char *word;
    } names[] = {
        {SETTING_PALETTE, PALETTE_SAFE, "safe"},
        {SETTING_PALETTE, PALETTE_VIVID, "vivid"},
        {SETTING_KEYBAR, KEYBAR_LETTERS, "letters"},
        {SETTING_KEYBAR, KEYBAR_FKEYS, "fkeys"},
        {SETTING_KEYBAR, KEYBAR_OFF, "off"},
        {SETTING_UNITS, UNITS_1024, "binary"},
        {SETTING_UNITS, UNITS_1000, "decimal"},
        {SETTING_CLOCK, CLOCK_24, "24"},
        {SETTING_CLOCK, CLOCK_12, "12"},
        {SETTING_NOTICE_WHEN, WHEN_NEVER, "never"},
        {SETTING_NOTICE_WHEN, WHEN_UNFOCUSED, "unfocused"},
        {SETTING_NOTICE_WHEN, WHEN_ALWAYS, "always"},
        {SETTING_NOTICE_HOW, HOW_BELL, "bell"},
        {SETTING_NOTICE_HOW, HOW_OSC9, "osc9"},
        {SETTING_NOTICE_HOW, HOW_OSC777, "osc777"},
        {SETTING_NOTICE_HOW, HOW_OSC99, "osc99"},
        {SETTING_NOTICE_HOW, HOW_COMMAND, "command"},
        {SETTING_TITLE, TITLE_AUTO, "auto"},
        {SETTING_TITLE, TITLE_ON, "on"},
        {SETTING_TITLE, TITLE_OFF, "off"},
        {SETTING_LOG, LOG_USUAL, "usual"},
        {SETTING_LOG, LOG_MORE, "more"},
    };
    struct settings s;
    size_t i;

    (void)state;
    settings_init(&s);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(
            settings_put(&s, names[i].id, ORIGIN_FILE, names[i].word, NULL), 0);
        assert_int_equal(settings_choice(&s, names[i].id), names[i].choice);
    }
    settings_close(&s);
}

/* Languages that can be chosen are those there are. */
static void setting_languages_are_those_of_po(void **state)
{
    const char *srcdir = getenv("srcdir");
    char *path = mem_printf("%s/po/LINGUAS", srcdir == NULL ? "." : srcdir);
    const struct setting_choice *c;
    uint8_t *text;
    char *line, *rest = NULL;
    int languages = 0, choices = 0;

    (void)state;
    assert_int_equal(fd_read_file(path, 4096, &text, NULL), 0);
    for (line = strtok_r((char *)text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (line[0] != '#') {
            assert_int_equal(setting_check(SETTING_LANGUAGE, line, NULL), 0);
            languages++;
        }
    }
    for (c = setting_at(SETTING_LANGUAGE)->choices; c->word != NULL; c++) {
        choices++;
    }
    assert_int_equal(choices, languages + 2); /* "auto" and "en" */
    free(text);
    free(path);
}

/* The last place counts; taking it back brings the one before to light. */
static void settings_value_by_origin(void **state)
{
    struct settings s;
    unsigned revision;

    (void)state;
    settings_init(&s);
    assert_string_equal(settings_value(NULL, SETTING_THEME), "terminal");
    assert_int_equal(settings_origin(&s, SETTING_THEME), ORIGIN_BUILT_IN);
    revision = s.revision;
    settings_put(&s, SETTING_THEME, ORIGIN_ENVIRONMENT, "light", NULL);
    settings_put(&s, SETTING_THEME, ORIGIN_SYSTEM, "dark", NULL);
    assert_int_not_equal(s.revision, revision);
    assert_string_equal(settings_value(&s, SETTING_THEME), "light");
    assert_int_equal(settings_origin(&s, SETTING_THEME), ORIGIN_ENVIRONMENT);
    settings_unset(&s, SETTING_THEME, ORIGIN_ENVIRONMENT);
    assert_string_equal(settings_value(&s, SETTING_THEME), "dark");
    assert_int_equal(settings_origin(&s, SETTING_THEME), ORIGIN_SYSTEM);
    settings_close(&s);
}

static void is_refused(enum setting_id id, const char *text, const char *why)
{
    struct settings s;
    struct err e = {0};

    settings_init(&s);
    assert_int_equal(settings_put(&s, id, ORIGIN_FILE, text, &e), P2P_EUSAGE);
    if (strstr(e.text, why) == NULL) {
        fail_msg("'%s' does not say %s", e.text, why);
    }
    assert_int_equal(settings_origin(&s, id), ORIGIN_BUILT_IN);
    settings_close(&s);
}

/* A wrong value is refused with a sentence that says what would be right. */
static void settings_put_refuses(void **state)
{
    (void)state;
    is_refused(SETTING_THEME, "mauve", "terminal, dark, light, contrast");
    is_refused(SETTING_THEME, "", "look.theme");
    is_refused(SETTING_THEME, "\033[2J", "look.theme");
    is_refused(SETTING_MOUSE, "perhaps", "on or off");
    is_refused(SETTING_REFRESH, "0", "1 to 10");
    is_refused(SETTING_REFRESH, "11", "1 to 10");
    is_refused(SETTING_REFRESH, "4x", "1 to 10");
    is_refused(SETTING_REFRESH, "99999999999999999999", "1 to 10");
    is_refused(SETTING_LISTEN, "70000", "70000");
    is_refused(SETTING_TRACKER, "a:1 b", "b");
    is_refused(SETTING_DOWNLOAD_DIR, "/x\n/y", "control character");
}

/* One way to write each value; a list grows. */
static void settings_put_settles(void **state)
{
    static const char pin[] = "sha256:00112233445566778899aabbccddeeff"
                              "00112233445566778899aabbccddeeff";
    struct settings s;
    char *text = mem_printf("a:1 \t %s b:2", pin);
    char *expected = mem_printf("a:1,%s b:2 c:3", pin);

    (void)state;
    settings_init(&s);
    settings_put(&s, SETTING_MOUSE, ORIGIN_FILE, "no", NULL);
    assert_string_equal(settings_value(&s, SETTING_MOUSE), "off");
    assert_false(settings_on(&s, SETTING_MOUSE));
    settings_put(&s, SETTING_REFRESH, ORIGIN_FILE, "007", NULL);
    assert_string_equal(settings_value(&s, SETTING_REFRESH), "7");
    assert_int_equal(settings_number(&s, SETTING_REFRESH), 7);
    assert_int_equal(settings_put(&s, SETTING_TRACKER, ORIGIN_FILE, text, NULL),
                     0);
    assert_int_equal(
        settings_put(&s, SETTING_TRACKER, ORIGIN_FILE, "c:3", NULL), 0);
    assert_string_equal(settings_value(&s, SETTING_TRACKER), expected);
    settings_close(&s);
    free(text);
    free(expected);
}

static void steps_to(struct settings *s, enum setting_id id, int step,
                     const char *expected)
{
    char *value = settings_step(s, id, step);

    assert_string_equal(value, expected);
    free(value);
}

/* Choices go round, numbers stop at their ends, texts have to be typed. */
static void settings_step_goes_on(void **state)
{
    struct settings s;

    (void)state;
    settings_init(&s);
    steps_to(&s, SETTING_THEME, 1, "dark");
    steps_to(&s, SETTING_THEME, -1, "contrast");
    steps_to(&s, SETTING_MOUSE, 1, "off");
    steps_to(&s, SETTING_REFRESH, -1, "3");
    settings_put(&s, SETTING_REFRESH, ORIGIN_SESSION, "10", NULL);
    steps_to(&s, SETTING_REFRESH, 1, "10");
    assert_null(settings_step(&s, SETTING_LISTEN, 1));
    settings_close(&s);
}

/* "~/" is the home directory; nothing stays nothing. */
static void settings_path_is_whole(void **state)
{
    struct settings s;
    char *path;

    (void)state;
    setenv("HOME", "/home/me", 1);
    settings_init(&s);
    assert_null(settings_path(&s, SETTING_DOWNLOAD_DIR));
    settings_put(&s, SETTING_DOWNLOAD_DIR, ORIGIN_FILE, "~/got", NULL);
    path = settings_path(&s, SETTING_DOWNLOAD_DIR);
    assert_string_equal(path, "/home/me/got");
    free(path);
    settings_close(&s);
}

/* Read what settings_print() wrote, as the configuration file is read. */
static void read_back(const char *path, struct settings *out)
{
    struct conf_line line;
    struct conf *c;
    size_t n;

    assert_int_equal(conf_load(path, &c, NULL), 0);
    for (n = 0; conf_line_at(c, n, &line); n++) {
        assert_int_equal(settings_put(out, setting_find(line.key), ORIGIN_FILE,
                                      line.value, NULL),
                         0);
    }
    conf_free(c);
}

/* What is printed is a file that sets the same, whatever is in the values. */
static void settings_print_reads_back(void **state)
{
    static const char *const odd[] = {"~/a b",     " # x ", "a # b",
                                      "\"q\\\" #", "#",     "a\\b\"c"};
    char path[] = "/tmp/p2p-test-setting-XXXXXX";
    struct settings s, back;
    struct buf b;
    enum setting_id id;
    size_t i;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        settings_init(&s);
        settings_init(&back);
        settings_put(&s, SETTING_DOWNLOAD_DIR, ORIGIN_LINE, odd[i], NULL);
        settings_put(&s, SETTING_TRACKER, ORIGIN_LINE, "a:1 b:2", NULL);
        settings_put(&s, SETTING_THEME, ORIGIN_ENVIRONMENT, "dark", NULL);
        buf_init(&b, 65536);
        settings_print(&s, &b);
        assert_int_equal(
            fd_replace_file(path, buf_head(&b), buf_length(&b), 0600), 0);
        buf_append(&b, "", 1);
        assert_non_null(strstr((char *)buf_head(&b), "tracker = b:2"));
        assert_non_null(strstr((char *)buf_head(&b), "# environment"));
        read_back(path, &back);
        for (id = 0; id < SETTING_COUNT; id++) {
            assert_string_equal(settings_value(&back, id),
                                settings_value(&s, id));
        }
        buf_close(&b);
        settings_close(&s);
        settings_close(&back);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_table_is_whole),
        cmocka_unit_test(settings_choice_matches_its_names),
        cmocka_unit_test(setting_languages_are_those_of_po),
        cmocka_unit_test(settings_value_by_origin),
        cmocka_unit_test(settings_put_refuses),
        cmocka_unit_test(settings_put_settles),
        cmocka_unit_test(settings_step_goes_on),
        cmocka_unit_test(settings_path_is_whole),
        cmocka_unit_test(settings_print_reads_back),
    };
    return cmocka_run_group_tests_name("tui/setting", tests, NULL, NULL);
}
