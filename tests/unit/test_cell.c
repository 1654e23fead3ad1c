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

struct fixture {
    struct cells cells;
    struct canvas all;
};

static int set_up(void **state)
{
    static struct fixture f;

    cells_init(&f.cells);
    cells_resize(&f.cells, 10, 3);
    f.all = canvas_all(&f.cells, GLYPH_FULL);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    cells_close(&f->cells);
    return 0;
}

static void assert_screen(struct fixture *f, const char *expected)
{
    char *text = cells_text(&f->cells);

    assert_string_equal(text, expected);
    free(text);
}

/* Text is cut at the canvas's edge and says how much of it was drawn. */
static void canvas_text_is_clipped(void **state)
{
    struct fixture *f = *state;
    struct canvas inner = canvas_inside(&f->all, 2, 1, 4, 1);

    assert_int_equal(canvas_text(&inner, 0, 0, 100, ROLE_TEXT, "abcdefgh"), 8);
    assert_screen(f, "          \n  abcd    \n          \n");
    assert_int_equal(canvas_text(&f->all, 0, 0, 3, ROLE_TEXT, "xyz12"), 3);
    assert_screen(f, "xyz       \n  abcd    \n          \n");
}

/* A canvas that reaches past its parent never writes outside it. */
static void canvas_inside_larger_than_parent(void **state)
{
    struct fixture *f = *state;
    struct canvas inner = canvas_inside(&f->all, 3, 1, 4, 1);
    struct canvas beyond = canvas_inside(&inner, -2, -1, 50, 50);

    canvas_text(&beyond, 0, 0, 50, ROLE_TEXT, "0123456789");
    canvas_text(&beyond, 0, 1, 50, ROLE_TEXT, "0123456789");
    canvas_text(&beyond, 0, 2, 50, ROLE_TEXT, "0123456789");
    assert_screen(f, "          \n   2345   \n          \n");
}

/* A canvas without any room draws nothing and does not crash. */
static void canvas_inside_empty(void **state)
{
    struct fixture *f = *state;
    struct canvas none = canvas_inside(&f->all, 20, 20, -5, -5);

    canvas_clear(&none);
    canvas_text(&none, 0, 0, 10, ROLE_TEXT, "abc");
    canvas_highlight(&none, 0, 0, 10, THEME_REVERSE);
    canvas_cursor(&none, 0, 0, true);
    assert_screen(f, "          \n          \n          \n");
}

/* A wide character takes two cells; the last column cannot hold half of it. */
static void canvas_text_wide_characters(void **state)
{
    struct fixture *f = *state;
    struct canvas inner = canvas_inside(&f->all, 0, 0, 5, 1);

    assert_int_equal(canvas_text(&inner, 0, 0, 6, ROLE_TEXT, "日本語"), 6);
    assert_int_equal(cells_at(&f->cells, 0, 0)->width, 2);
    assert_int_equal(cells_at(&f->cells, 1, 0)->width, 0);
    assert_int_equal(cells_at(&f->cells, 4, 0)->width, 1);
    assert_int_equal(cells_at(&f->cells, 4, 0)->character, ' ');
    assert_int_equal(cells_at(&f->cells, 5, 0)->width, 1);
}

/* Writing on one half of a wide character blanks the other half. */
static void canvas_put_on_half_a_character(void **state)
{
    struct fixture *f = *state;

    canvas_text(&f->all, 0, 0, 10, ROLE_TEXT, "日本");
    canvas_put(&f->all, 1, 0, 'x', ROLE_TEXT);
    canvas_put(&f->all, 2, 0, 'y', ROLE_TEXT);
    assert_screen(f, " xy       \n          \n          \n");
}

/* Escapes, bidi controls and bad bytes of foreign names never reach
 * a cell, whatever they are drawn with. */
static void canvas_text_hostile(void **state)
{
    struct fixture *f = *state;
    int x, y;

    canvas_text(&f->all, 0, 0, 10, ROLE_TEXT, "a\033[2Jb");
    canvas_text(&f->all, 0, 1, 10, ROLE_TEXT,
                "a\xe2\x80\xae"
                "b\xff\xc2\x9b");
    canvas_text(&f->all, 0, 2, 10, ROLE_TEXT, "a\nb\tc\x7f");
    for (y = 0; y < 3; y++) {
        for (x = 0; x < 10; x++) {
            uint32_t c = cells_at(&f->cells, x, y)->character;

            assert_true(c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0));
            assert_int_not_equal(c, 0x202e);
        }
    }
    assert_int_equal(cells_at(&f->cells, 1, 0)->character, 0xfffd);
}

/* At most two combining marks hang on a character, and none on nothing. */
static void canvas_text_combining_marks(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(canvas_text(&f->all, 0, 0, 10, ROLE_TEXT,
                                 "\xcc\x81"
                                 "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84x"),
                     2);
    assert_int_equal(cells_at(&f->cells, 0, 0)->marks[0], 0x301);
    assert_int_equal(cells_at(&f->cells, 0, 0)->marks[1], 0x302);
    assert_int_equal(cells_at(&f->cells, 1, 0)->character, 'x');
}

/* The ASCII tier shows nothing else, and keeps the columns. */
static void canvas_text_ascii_tier(void **state)
{
    struct fixture *f = *state;

    f->all.tier = GLYPH_ASCII;
    assert_int_equal(canvas_text(&f->all, 0, 0, 10, ROLE_TEXT, "é日x"), 4);
    assert_screen(f, "???x      \n          \n          \n");
}

/* Sizes are clamped: a terminal may report anything. */
static void cells_resize_extremes(void **state)
{
    struct fixture *f = *state;

    cells_resize(&f->cells, -5, 0);
    assert_int_equal(f->cells.width, 1);
    assert_int_equal(f->cells.height, 1);
    cells_resize(&f->cells, 1000000, 1);
    assert_int_equal(f->cells.width, CELL_SIDE_MAX);
}

/* Single characters may be foreign too: what drives a terminal is no cell. */
static void canvas_put_control(void **state)
{
    static const uint32_t hostile[] = {0, 7, '\n', 27, 0x7f, 0x9b, 0x9f};
    struct fixture *f = *state;
    size_t i;

    for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        canvas_put(&f->all, 1, 0, hostile[i], ROLE_TEXT);
        assert_int_equal(cells_at(&f->cells, 1, 0)->character, 0xfffd);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(canvas_text_is_clipped),
        TEST(canvas_inside_larger_than_parent),
        TEST(canvas_inside_empty),
        TEST(canvas_text_wide_characters),
        TEST(canvas_put_on_half_a_character),
        TEST(canvas_text_hostile),
        TEST(canvas_put_control),
        TEST(canvas_text_combining_marks),
        TEST(canvas_text_ascii_tier),
        TEST(cells_resize_extremes),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("tui/cell", tests, NULL, NULL);
}
