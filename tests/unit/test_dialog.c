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
#include "tui/dialog.h"
#include "tui/key.h"

enum { YES = 1, NO = 2 };

static struct dialog *question(int64_t now_ms)
{
    struct dialog *d = dialog_new("Remove it?", NULL);

    dialog_add_text(d, "It is gone then.");
    dialog_add_button(d, YES, "Remove", 'y');
    dialog_add_button(d, NO, "Keep it", 'n');
    dialog_focus_button(d, NO);
    dialog_set_guard(d, now_ms);
    return d;
}

static struct dialog *form(void)
{
    struct dialog *d = dialog_new("Log in", "t2.lab");

    dialog_add_field(d, "Name", "", 64);
    dialog_add_secret(d, "Password", 64);
    dialog_add_radio(d, "one");
    dialog_add_radio(d, "two");
    dialog_add_button(d, YES, "Log in", 0);
    dialog_add_button(d, NO, "Cancel", 0);
    return d;
}

/* Enter presses the safe button; what was typed ahead does nothing. */
static void dialog_question_is_safe(void **state)
{
    struct dialog *d = question(1000);

    (void)state;
    assert_int_equal(dialog_key(d, NULL, 'y', 1100), DIALOG_NONE);
    assert_int_equal(dialog_key(d, NULL, KEY_RETURN, 1100), DIALOG_NONE);
    assert_int_equal(dialog_key(d, NULL, KEY_ESCAPE, 1100), DIALOG_CANCEL);
    assert_int_equal(dialog_key(d, NULL, KEY_RETURN, 1400), NO);
    assert_int_equal(dialog_key(d, NULL, 'x', 1400), DIALOG_NONE);
    assert_int_equal(dialog_key(d, NULL, 'y', 1400), YES);
    assert_int_equal(dialog_key(d, NULL, KEY_TAB, 1400), DIALOG_NONE);
    assert_int_equal(dialog_key(d, NULL, KEY_RETURN, 1400), YES);
    dialog_free(d);
}

/* Letters go into the field, not to the buttons; Enter is the default. */
static void dialog_form_fields(void **state)
{
    struct dialog *d = form();

    (void)state;
    dialog_key(d, NULL, 'y', 0);
    dialog_key(d, NULL, KEY_TAB, 0);
    dialog_key(d, NULL, 'q', 0);
    assert_string_equal(dialog_text(d, 0), "y");
    assert_string_equal(dialog_text(d, 1), "q");
    assert_int_equal(dialog_key(d, NULL, KEY_RETURN, 0), YES);
    assert_true(dialog_is_on(d, 2));
    dialog_key(d, NULL, KEY_TAB, 0);
    dialog_key(d, NULL, KEY_TAB, 0);
    dialog_key(d, NULL, KEY_SPACE, 0);
    assert_false(dialog_is_on(d, 2));
    assert_true(dialog_is_on(d, 3));
    dialog_free(d);
}

/* While an answer is awaited nothing can be changed, but Esc leaves. */
static void dialog_busy(void **state)
{
    struct dialog *d = form();

    (void)state;
    dialog_set_busy(d, true);
    assert_int_equal(dialog_key(d, NULL, 'a', 0), DIALOG_NONE);
    assert_int_equal(dialog_key(d, NULL, KEY_RETURN, 0), DIALOG_NONE);
    assert_false(dialog_paste(d, "abc"));
    assert_string_equal(dialog_text(d, 0), "");
    assert_int_equal(dialog_key(d, NULL, KEY_ESCAPE, 0), DIALOG_CANCEL);
    dialog_free(d);
}

/* A password never shows on the screen, unless that is asked for. */
static void dialog_secret_is_not_shown(void **state)
{
    struct dialog *d = form();
    struct cells c;
    struct canvas all;
    char *text;
    int pass;

    (void)state;
    cells_init(&c);
    dialog_key(d, NULL, KEY_TAB, 0);
    dialog_paste(d, "hunter2");
    for (pass = 0; pass < 2; pass++) {
        cells_resize(&c, 80, 24);
        all = canvas_all(&c, GLYPH_FULL);
        dialog_draw(d, &all);
        text = cells_text(&c);
        assert_int_equal(strstr(text, "hunter2") != NULL, pass == 1);
        free(text);
        dialog_key(d, NULL, KEY_CTRL_T, 0);
    }
    dialog_free(d);
    cells_close(&c);
}

/* The list scrolls with what is chosen. */
static void dialog_list_moves(void **state)
{
    struct dialog *d = dialog_new("Groups", NULL);
    int list = dialog_add_list(d);
    char row[8] = "row 0";
    int i;

    (void)state;
    assert_int_equal(dialog_list_row(d, list), -1);
    for (i = 0; i < 30; i++) {
        row[4] = (char)('A' + i);
        dialog_list_add(d, list, row);
    }
    dialog_add_button(d, YES, "OK", 0);
    dialog_key(d, NULL, KEY_GO_END, 0);
    assert_int_equal(dialog_list_row(d, list), 29);
    dialog_key(d, NULL, KEY_PAGE_UP, 0);
    assert_int_equal(dialog_list_row(d, list), 29 - DIALOG_LIST_ROWS);
    dialog_key(d, NULL, 'k', 0);
    dialog_key(d, NULL, KEY_ARROW_DOWN, 0);
    assert_int_equal(dialog_list_row(d, list), 29 - DIALOG_LIST_ROWS);
    assert_int_equal(dialog_key(d, NULL, KEY_RETURN, 0), YES);
    dialog_free(d);
}

/* The buttons can be seen at every size that has two rows for them. */
static void dialog_draw_every_size(void **state)
{
    struct dialog *d = form();
    struct cells c;
    int width, height;

    (void)state;
    cells_init(&c);
    for (width = 1; width < 130; width++) {
        for (height = 1; height < 40; height++) {
            struct canvas all;
            char *text;

            cells_resize(&c, width, height);
            all = canvas_all(&c, GLYPH_FULL);
            dialog_draw(d, &all);
            text = cells_text(&c);
            if (width >= 30 && height >= 4) {
                assert_non_null(strstr(text, "[> Log in <]"));
            }
            free(text);
        }
    }
    dialog_free(d);
    cells_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dialog_question_is_safe),
        cmocka_unit_test(dialog_form_fields),
        cmocka_unit_test(dialog_busy),
        cmocka_unit_test(dialog_secret_is_not_shown),
        cmocka_unit_test(dialog_list_moves),
        cmocka_unit_test(dialog_draw_every_size),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("tui/dialog", tests, NULL, NULL);
}
