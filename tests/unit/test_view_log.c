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

#include "msgq/event.h"
#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tui/key.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "util/fd.h"
#include "util/mem.h"

static void open_view(struct stage *s, enum glyph_tier tier)
{
    stage_open(s, tier);
    stage_key(s, '5');
}

/* Every layout in every tier looks as it was agreed on. */
static void log_view_looks_as_agreed(void **state)
{
    (void)state;
    stage_assert_looks("log", open_view);
}

/* "o" leaves out what is harmless, "f" what does not contain a text; Esc takes
 * the filter away, then leads back, as "q" does. */
static void log_view_filters(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_key(&s, '5');
    assert_true(stage_shows(&s, "everything"));
    assert_true(stage_shows(&s, "erin joined"));
    stage_key(&s, 'o');
    assert_true(stage_shows(&s, "warnings and errors"));
    assert_false(stage_shows(&s, "erin joined"));
    stage_key(&s, 'o');
    assert_true(stage_shows(&s, "Nothing like it has happened."));
    stage_key(&s, 'o');
    stage_key(&s, 'f');
    stage_type(&s, "ERIN");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "with \"ERIN\", 1 line"));
    stage_key(&s, KEY_ESCAPE);
    assert_true(stage_shows(&s, "everything"));
    stage_key(&s, KEY_ESCAPE);
    assert_true(stage_shows(&s, "Pieces"));
    stage_close(&s);
}

/* Where a line has no room Enter shows all of it, and "y" copies it. */
static void log_view_shows_a_line(void **state)
{
    struct stage s;
    char *text;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_key(&s, '5');
    text = stage_draw(&s, 40, 12);
    assert_null(strstr(text, "dev_team"));
    assert_non_null(strstr(text, "Enter Show"));
    free(text);
    stage_key(&s, KEY_RETURN);
    text = stage_draw(&s, 40, 12);
    assert_non_null(strstr(text, "design-notes.pdf is verified and"));
    assert_non_null(strstr(text, "dev_team"));
    free(text);
    stage_key(&s, 'y');
    assert_string_equal(screen_ui(s.screen)->wants_copy,
                        "design-notes.pdf is verified and shared with "
                        "dev_team");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "everything"));
    stage_close(&s);
}

/* "w" writes what is shown to a new file, never over one that is there. */
static void log_view_writes_a_file(void **state)
{
    char directory[] = "/tmp/test_view_log-XXXXXX";
    char *path, *line;
    uint8_t *text = NULL;
    struct stage s;

    (void)state;
    assert_non_null(mkdtemp(directory));
    path = mem_printf("%s/log.txt", directory);
    line = mem_printf("write_log %s", path);
    stage_open(&s, GLYPH_FULL);
    stage_key(&s, '5');
    stage_key(&s, 'o'); /* warnings and errors */
    stage_key(&s, 'w');
    stage_type(&s, path);
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "The log is written to"));
    assert_int_equal(fd_read_file(path, 1 << 20, &text, NULL), 0);
    assert_string_equal((char *)text,
                        "2026-11-21 13:48:47 warning tracker t1.lab lost; "
                        "using t2.lab\n"
                        "2026-11-21 14:01:40 warning piece 1061 from grace "
                        "failed its check; asked again from bob\n");
    free(text);
    stage_key(&s, ':');
    stage_type(&s, line);
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "The log was not written to"));
    stage_close(&s);
    unlink(path);
    rmdir(directory);
    free(path);
    free(line);
}

/* Who reads an older line stays there when something new happens. */
static void log_view_stays_at_a_line(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_type(&s, ":view log");
    stage_key(&s, KEY_RETURN);
    stage_type(&s, ":find erin");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, ">14:01:58"));
    stage_post(&s, fixture_notice(NOTICE_INFO, 0, "something new"));
    assert_true(stage_shows(&s, "something new"));
    assert_true(stage_shows(&s, ">14:01:58"));
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_view_looks_as_agreed),
        cmocka_unit_test(log_view_filters),
        cmocka_unit_test(log_view_shows_a_line),
        cmocka_unit_test(log_view_writes_a_file),
        cmocka_unit_test(log_view_stays_at_a_line),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/view_log", tests, NULL, NULL);
}
