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
#include "tui/key.h"
#include "tui/menu.h"

/* Titles begin with different letters, so that Alt and a letter is clear. */
static void menu_letters_are_unique(void **state)
{
    int menu;

    (void)state;
    for (menu = ACTION_MENU_ACCOUNT; menu < ACTION_MENU_COUNT; menu++) {
        const char *title = action_menu_title((enum action_menu)menu);

        assert_int_equal(menu_of_letter(title[0]), menu);
        assert_int_equal(menu_of_letter(title[0] + 32), menu);
    }
    assert_int_equal(menu_of_letter('!'), ACTION_MENU_NONE);
    assert_int_equal(menu_letter("\u8d26\u6237(A)"), 'a');
}

/* Their context, which is for translators, is not shown. */
static void menu_titles_have_no_context(void **state)
{
    (void)state;
    assert_string_equal(action_menu_title(ACTION_MENU_NONE), "");
    assert_string_equal(action_menu_title(ACTION_MENU_HELP), "Help");
    assert_int_equal(menu_bar_width(), 54);
}

/* Left and Right walk through all menus and come round. */
static void menu_key_walks_the_bar(void **state)
{
    struct menu m = {.open = false};
    int i;

    (void)state;
    menu_open(&m, ACTION_MENU_ACCOUNT);
    for (i = 0; i < 7; i++) {
        assert_null(menu_key(&m, KEY_ARROW_RIGHT));
    }
    assert_int_equal(m.which, ACTION_MENU_ACCOUNT);
    menu_key(&m, KEY_ARROW_LEFT);
    assert_int_equal(m.which, ACTION_MENU_HELP);
    menu_key(&m, KEY_ESCAPE);
    assert_false(m.open);
}

/* Down goes through every entry and comes back to the first. */
static void menu_key_walks_the_entries(void **state)
{
    struct menu m = {.open = false};
    size_t i, entries = 0;
    const struct action *first;

    (void)state;
    for (i = 0; i < action_count(); i++) {
        entries += action_at(i)->menu == ACTION_MENU_FILE;
    }
    menu_open(&m, ACTION_MENU_FILE);
    first = menu_entry(&m);
    for (i = 0; i < entries; i++) {
        assert_non_null(menu_entry(&m));
        menu_key(&m, KEY_ARROW_DOWN);
    }
    assert_ptr_equal(menu_entry(&m), first);
    menu_key(&m, KEY_ARROW_UP);
    assert_ptr_not_equal(menu_entry(&m), first);
    assert_int_equal(menu_key(&m, KEY_RETURN)->menu, ACTION_MENU_FILE);
    assert_false(m.open);
}

/* A letter that only one entry begins with runs it. */
static void menu_key_jumps(void **state)
{
    struct menu m = {.open = false};
    const struct action *a;

    (void)state;
    menu_open(&m, ACTION_MENU_ACCOUNT);
    a = menu_key(&m, 'q');
    assert_non_null(a);
    assert_string_equal(a->id, "screen.quit");
    menu_open(&m, ACTION_MENU_ACCOUNT);
    assert_null(menu_key(&m, 'l')); /* Log in, Log out */
    assert_true(m.open);
    assert_string_equal(menu_entry(&m)->id, "account.logout");
    assert_null(menu_key(&m, '%'));
}

/* Every menu fits into every size without writing outside. */
static void menu_draw_every_size(void **state)
{
    struct menu m = {.open = false};
    struct cells c;
    int width, height, menu;

    (void)state;
    cells_init(&c);
    for (menu = ACTION_MENU_ACCOUNT; menu < ACTION_MENU_COUNT; menu++) {
        menu_open(&m, (enum action_menu)menu);
        menu_key(&m, KEY_GO_END);
        for (width = 1; width < 130; width += 3) {
            for (height = 1; height < 40; height += 3) {
                struct canvas all;

                cells_resize(&c, width, height);
                all = canvas_all(&c, GLYPH_FULL);
                menu_draw_bar(&m, &all, "alice@t2.lab  3/3 up  TLS");
                menu_draw(&m, &all, NULL, NULL);
            }
        }
    }
    cells_close(&c);
}

/* The session gives way from the left when the bar has no room for it. */
static void menu_draw_bar_right_side(void **state)
{
    struct menu m = {.open = false};
    struct cells c;
    struct canvas all;
    char *text;

    (void)state;
    cells_init(&c);
    cells_resize(&c, 62, 1);
    all = canvas_all(&c, GLYPH_FULL);
    menu_draw_bar(&m, &all, "alice@t2.lab  3/3 up");
    text = cells_text(&c);
    assert_string_equal(text, " Account  Group  File  Transfer  View  Cluster"
                              "  Help    3/3 up\n");
    free(text);
    cells_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(menu_letters_are_unique),
        cmocka_unit_test(menu_titles_have_no_context),
        cmocka_unit_test(menu_key_walks_the_bar),
        cmocka_unit_test(menu_key_walks_the_entries),
        cmocka_unit_test(menu_key_jumps),
        cmocka_unit_test(menu_draw_every_size),
        cmocka_unit_test(menu_draw_bar_right_side),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("tui/menu", tests, NULL, NULL);
}
