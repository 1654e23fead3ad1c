#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tui/cell.h"
#include "tui/edit.h"
#include "tui/history.h"
#include "tui/key.h"

static void type(struct edit *e, const char *text)
{
    while (*text != '\0') {
        assert_true(edit_key(e, (unsigned char)*text++));
    }
}

/* Typing goes in at the cursor; the arrows step over whole characters. */
static void edit_key_moves_by_character(void **state)
{
    struct edit e;

    (void)state;
    edit_init(&e, 0, false);
    type(&e, "ab");
    edit_key(&e, 0x65e5);
    edit_key(&e, KEY_ARROW_LEFT);
    type(&e, "c");
    assert_string_equal(e.text, "abc日");
    edit_key(&e, KEY_DELETE);
    assert_string_equal(e.text, "abc");
    edit_key(&e, KEY_GO_HOME);
    edit_key(&e, KEY_ERASE);
    assert_string_equal(e.text, "abc");
    edit_key(&e, KEY_GO_END);
    edit_key(&e, KEY_ERASE);
    assert_string_equal(e.text, "ab");
    edit_close(&e);
}

/* Word, line start and line end, as in a shell. */
static void edit_key_erases_parts(void **state)
{
    struct edit e;

    (void)state;
    edit_init(&e, 0, false);
    edit_set(&e, "join dev_team hello");
    edit_key(&e, KEY_CTRL_W);
    assert_string_equal(e.text, "join dev_team ");
    edit_key(&e, KEY_CTRL_A);
    edit_key(&e, KEY_CTRL_K);
    assert_string_equal(e.text, "");
    edit_set(&e, "abc");
    edit_key(&e, KEY_CTRL_U);
    assert_string_equal(e.text, "");
    edit_close(&e);
}

/* The limit counts bytes, and a text that does not fit is refused whole. */
static void edit_insert_at_the_limit(void **state)
{
    struct edit e;

    (void)state;
    edit_init(&e, 4, false);
    type(&e, "abc");
    edit_key(&e, 0x65e5);
    assert_string_equal(e.text, "abc");
    assert_false(edit_insert(&e, "de"));
    assert_true(edit_insert(&e, "d"));
    edit_key(&e, 'e');
    assert_string_equal(e.text, "abcd");
    edit_set(&e, "ab日日");
    assert_string_equal(e.text, "ab");
    edit_close(&e);
}

/* Pasted newlines and controls are left out, broken UTF-8 is refused. */
static void edit_insert_hostile(void **state)
{
    struct edit e;

    (void)state;
    edit_init(&e, 0, false);
    assert_true(edit_insert(&e, "a\nb\033[2Jc"));
    assert_string_equal(e.text, "ab[2Jc");
    assert_false(edit_insert(&e, "\xff\xfe"));
    assert_string_equal(e.text, "ab[2Jc");
    assert_false(edit_key(&e, KEY_F1));
    assert_false(edit_key(&e, 0x202e));
    edit_close(&e);
}

/* A secret shows dots, erases whole, and leaves nothing in memory. */
static void edit_secret_is_hidden_and_wiped(void **state)
{
    struct cells c;
    struct canvas canvas;
    struct edit e;
    char *text;
    size_t i;

    (void)state;
    cells_init(&c);
    cells_resize(&c, 8, 1);
    canvas = canvas_all(&c, GLYPH_FULL);
    edit_init(&e, 0, true);
    type(&e, "pass word");
    edit_draw(&e, &canvas, 0, 0, 8, true);
    text = cells_text(&c);
    assert_string_equal(text, "••••••• \n");
    assert_int_equal(c.cursor_x, 7);
    free(text);
    edit_key(&e, KEY_CTRL_W);
    for (i = 0; i < sizeof(e.text); i++) {
        assert_int_equal(e.text[i], 0);
    }
    edit_close(&e);
    cells_close(&c);
}

/* A long line scrolls with the cursor, at any width. */
static void edit_draw_scrolls(void **state)
{
    struct cells c;
    struct canvas canvas;
    struct edit e;
    char *text;
    int width;

    (void)state;
    cells_init(&c);
    cells_resize(&c, 8, 1);
    canvas = canvas_all(&c, GLYPH_FULL);
    edit_init(&e, 0, false);
    edit_set(&e, "0123456789abcdef");
    edit_draw(&e, &canvas, 0, 0, 8, true);
    text = cells_text(&c);
    assert_string_equal(text, "9abcdef \n");
    free(text);
    edit_key(&e, KEY_GO_HOME);
    edit_draw(&e, &canvas, 0, 0, 8, true);
    text = cells_text(&c);
    assert_string_equal(text, "01234567\n");
    free(text);
    for (width = 1; width < 8; width++) {
        edit_set(&e, "日本語日本語");
        edit_draw(&e, &canvas, 0, 0, width, true);
    }
    edit_close(&e);
    cells_close(&c);
}

/* Older and newer lines, without neighbours that are the same. */
static void history_walk(void **state)
{
    struct history h;
    int i;

    (void)state;
    history_init(&h);
    assert_null(history_older(&h));
    history_add(&h, "one");
    history_add(&h, "two");
    history_add(&h, "two");
    history_add(&h, "");
    assert_int_equal(h.count, 2);
    assert_string_equal(history_older(&h), "two");
    assert_string_equal(history_older(&h), "one");
    assert_null(history_older(&h));
    assert_string_equal(history_newer(&h), "two");
    assert_string_equal(history_newer(&h), "");
    assert_null(history_newer(&h));
    for (i = 0; i < HISTORY_LINES + 10; i++) {
        history_add(&h, i % 2 == 0 ? "a" : "b");
    }
    assert_int_equal(h.count, HISTORY_LINES);
    history_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edit_key_moves_by_character),
        cmocka_unit_test(edit_key_erases_parts),
        cmocka_unit_test(edit_insert_at_the_limit),
        cmocka_unit_test(edit_insert_hostile),
        cmocka_unit_test(edit_secret_is_hidden_and_wiped),
        cmocka_unit_test(edit_draw_scrolls),
        cmocka_unit_test(history_walk),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("tui/edit", tests, NULL, NULL);
}
