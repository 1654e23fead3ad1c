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

#include "msgq/command.h"
#include "tests/tui/stage.h"
#include "tui/key.h"
#include "tui/screen.h"
#include "tui/ui.h"

static void open_page(struct stage *s, enum glyph_tier tier, const char *page)
{
    stage_open(s, tier);
    stage_type(s, ":help ");
    stage_type(s, page);
    stage_key(s, KEY_RETURN);
}

static void open_keys(struct stage *s, enum glyph_tier tier)
{
    open_page(s, tier, "keys");
}

static void open_commands(struct stage *s, enum glyph_tier tier)
{
    open_page(s, tier, "commands");
}

static void open_signs(struct stage *s, enum glyph_tier tier)
{
    open_page(s, tier, "signs");
}

/* Every page in every size and tier looks as it was agreed on. */
static void help_looks_as_agreed(void **state)
{
    (void)state;
    stage_assert_looks("help-keys", open_keys);
    stage_assert_looks("help-commands", open_commands);
    stage_assert_looks("help-signs", open_signs);
}

/* Letters look for something; Enter does what was found. */
static void help_finds_and_does(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_key(&s, '?');
    assert_true(stage_shows(&s, "In the list of files"));
    stage_type(&s, "create a group");
    assert_true(stage_shows(&s, "you are its owner"));
    assert_false(stage_shows(&s, "In the list of files"));
    stage_key(&s, KEY_RETURN);
    assert_false(screen_ui(s.screen)->wants_help > 0);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
    stage_close(&s);
}

/* Enter on what is only explained closes, as Esc, q and ? do. */
static void help_closes(void **state)
{
    static const int keys[] = {KEY_RETURN, KEY_ESCAPE, 'q', '?'};
    struct stage s;
    size_t i;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        stage_key(&s, '?');
        assert_true(stage_shows(&s, "type a word or a key"));
        stage_key(&s, keys[i]);
        assert_false(stage_shows(&s, "type a word or a key"));
        assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    }
    stage_key(&s, '?');
    stage_type(&s, "xyzzy");
    assert_true(stage_shows(&s, "Nothing found."));
    stage_key(&s, KEY_RETURN);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    stage_close(&s);
}

/* From top to bottom and back: the chosen line is always on the page. */
static void help_scrolls(void **state)
{
    struct stage s;
    char *text;
    int i;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_type(&s, ":help");
    stage_key(&s, KEY_RETURN);
    for (i = 0; i < 120; i++) {
        stage_key(&s, i < 100 ? KEY_ARROW_DOWN : KEY_PAGE_UP);
        text = stage_draw(&s, 60, 20);
        assert_non_null(strchr(text, '>'));
        assert_int_equal(
            cells_at(&s.cells, s.cells.cursor_x, s.cells.cursor_y)->character,
            '>'); /* the cursor is on it, so that it is read aloud */
        free(text);
    }
    stage_close(&s);
}

/* Side by side everything has its place, or nothing stands so: at no size a
 * key is lost. What is typed has the cursor. */
static void help_loses_no_key(void **state)
{
    struct stage s;
    int height;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_key(&s, '?');
    for (height = 10; height <= 60; height++) {
        char *text = stage_draw(&s, 120, height);

        if (strstr(text, "Signs") != NULL) {
            assert_non_null(strstr(text, "Sort by the one before"));
            assert_non_null(strstr(text, "somebody waits for you"));
        } else {
            assert_non_null(strstr(text, " more. Enter does"));
        }
        assert_true(height < 36 || strstr(text, "Signs") != NULL);
        free(text);
    }
    stage_type(&s, "zo");
    free(stage_draw(&s, 80, 24));
    assert_int_equal(
        cells_at(&s.cells, s.cells.cursor_x - 1, s.cells.cursor_y)->character,
        'o');
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_looks_as_agreed),
        cmocka_unit_test(help_finds_and_does),
        cmocka_unit_test(help_closes),
        cmocka_unit_test(help_scrolls),
        cmocka_unit_test(help_loses_no_key),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/help", tests, NULL, NULL);
}
