#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>

#include "tui/draw.h"

static struct cells cells;
static struct canvas canvas;

static int set_up(void **state)
{
    (void)state;
    cells_init(&cells);
    cells_resize(&cells, 20, 2);
    canvas = canvas_all(&cells, GLYPH_FULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cells_close(&cells);
    return 0;
}

static void assert_screen(const char *expected)
{
    char *text = cells_text(&cells);

    assert_string_equal(text, expected);
    free(text);
}

/* A long name keeps its beginning and its extension. */
static void draw_name_is_cut_in_the_middle(void **state)
{
    (void)state;
    draw_name(&canvas, 0, 0, 18, ROLE_TEXT, "debian-12.11-netinst.iso");
    draw_name(&canvas, 0, 1, 18, ROLE_TEXT, "short.iso");
    assert_screen("debian-12…inst.iso  \nshort.iso           \n");
}

/* The same with characters of two columns, which must not be halved. */
static void draw_name_wide(void **state)
{
    (void)state;
    assert_true(draw_name(&canvas, 0, 0, 7, ROLE_TEXT, "日本語日本語") <= 7);
    assert_true(draw_name(&canvas, 0, 1, 1, ROLE_TEXT, "日本語") <= 1);
}

/* 100 % means complete and 0 means nothing, never "nearly". */
static void draw_percent_edges(void **state)
{
    (void)state;
    assert_int_equal(draw_percent(0, 100), 0);
    assert_int_equal(draw_percent(1, 1000000), 1);
    assert_int_equal(draw_percent(999999, 1000000), 99);
    assert_int_equal(draw_percent(1000000, 1000000), 100);
    assert_int_equal(draw_percent(0, 0), 0);
    assert_int_equal(draw_percent(5, 3), 100);
    assert_int_equal(draw_percent(UINT64_MAX - 1, UINT64_MAX), 99);
}

/* A bar shows thirds of a column. */
static void draw_bar_thirds(void **state)
{
    (void)state;
    draw_bar(&canvas, 0, 0, 8, 54, 100);
    draw_bar(&canvas, 10, 0, 8, 18, 100);
    draw_bar(&canvas, 0, 1, 8, 0, 0);
    draw_bar(&canvas, 10, 1, 8, 7, 7);
    assert_screen("████░░░░  █▒░░░░░░  \n░░░░░░░░  ████████  \n");
}

/* The newest samples are at the right, scaled to the most of those shown. */
static void draw_spark_scales(void **state)
{
    static const uint64_t samples[] = {1000000, 0, 1, 2, 3, 4, 5, 6, 7};

    (void)state;
    draw_spark(&canvas, 0, 0, 8, samples, 9);
    assert_screen("▁▂▃▄▅▆▇█            \n                    \n");
}

/* All samples are gathered into the columns, eight steps a row. */
static void draw_graph_has_eight_steps_a_row(void **state)
{
    static const uint32_t samples[] = {0, 0, 4, 4, 8, 8, 16, 16};

    (void)state;
    assert_int_equal(draw_graph(&canvas, 0, 0, 4, 2, samples, 8), 16);
    /* A wider graph than there are samples repeats them. */
    assert_int_equal(draw_graph(&canvas, 5, 0, 2, 1, samples + 7, 1), 16);
    assert_int_equal(draw_graph(&canvas, 10, 0, 4, 2, samples, 2), 0);
    assert_screen("   █ ██             \n ▄██                \n");
}

/* All samples zero is a flat line, not a division by zero. */
static void draw_spark_nothing(void **state)
{
    static const uint64_t samples[] = {0, 0, 0};

    (void)state;
    draw_spark(&canvas, 0, 0, 8, samples, 3);
    draw_spark(&canvas, 0, 1, -3, samples, 3);
    assert_screen("▁▁▁                 \n                    \n");
}

/* Lines break at blanks, long words in the middle, newlines always. */
static void draw_wrapped_breaks(void **state)
{
    (void)state;
    assert_int_equal(draw_wrapped_lines(8, "one two three"), 2);
    assert_int_equal(draw_wrapped_lines(4, "abcdefghij"), 3);
    assert_int_equal(draw_wrapped_lines(10, "a\n\nb"), 3);
    assert_int_equal(draw_wrapped_lines(10, ""), 0);
    assert_int_equal(draw_wrapped_lines(1, "日本"), 2);
    draw_wrapped(&canvas, 0, 0, 8, 0, 2, ROLE_TEXT, "one two three");
    assert_screen("one two             \nthree               \n");
}

/* Chinese has no blanks: lines are filled, and begin with no comma. */
static void draw_wrapped_wide(void **state)
{
    (void)state;
    draw_wrapped(&canvas, 0, 0, 8, 0, 2, ROLE_TEXT, "4 名成员，等");
    assert_screen("4 名成              \n员，等              \n");
    assert_int_equal(draw_wrapped_lines(8, "一二（三四"), 2);
    canvas_clear(&canvas);
    draw_wrapped(&canvas, 0, 0, 8, 0, 2, ROLE_TEXT, "一二三（四");
    assert_screen("一二三              \n（四                \n");
    canvas_clear(&canvas);
    draw_wrapped(&canvas, 0, 0, 8, 0, 2, ROLE_TEXT, "一ab cd二");
    assert_screen("一ab cd             \n二                  \n");
    assert_int_equal(draw_wrapped_lines(8, "，，，，，"), 2);
}

/* The word at a title's right end gives way before the title does. */
static void draw_title_without_room(void **state)
{
    struct draw_title t = {.title = "Files",
                           .more = "dev_team",
                           .right = "6 files, 7.2 GiB",
                           .focused = true};

    (void)state;
    draw_title(&canvas, 0, 0, 20, &t);
    draw_title(&canvas, 0, 1, 4, &t);
    assert_screen("[Files]─ dev_team   \n[F…]                \n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(draw_name_is_cut_in_the_middle),
        TEST(draw_name_wide),
        TEST(draw_percent_edges),
        TEST(draw_bar_thirds),
        TEST(draw_spark_scales),
        TEST(draw_spark_nothing),
        TEST(draw_graph_has_eight_steps_a_row),
        TEST(draw_wrapped_breaks),
        TEST(draw_wrapped_wide),
        TEST(draw_title_without_room),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("tui/draw", tests, NULL, NULL);
}
