#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "tui/theme.h"

/* ---- Contrast, as WCAG computes it ------------------------------------ */

/* Light of a channel of 0 to 255; without libm. */
static double linear(int value)
{
    double c = value / 255.0, x, root;
    int i;

    if (c <= 0.03928) {
        return c / 12.92;
    }
    x = (c + 0.055) / 1.055;
    root = x; /* the fifth root of x^12, by Newton: x^2.4 */
    for (i = 0; i < 60; i++) {
        double p = root * root * root * root;

        root -= (root * p - x * x * x * x * x * x * x * x * x * x * x * x) /
                (5 * p);
    }
    return root;
}

/* Brightness of a number of the 256-colour palette from 16 on. */
static double luminance(int number)
{
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    int n = number - 16;

    if (number >= 232) {
        return linear(8 + 10 * (number - 232));
    }
    return 0.2126 * linear(steps[n / 36]) + 0.7152 * linear(steps[n / 6 % 6]) +
           0.0722 * linear(steps[n % 6]);
}

static double contrast(int a, int b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

    return x > y ? x / y : y / x;
}

static void assert_readable(const struct theme_style *style, double least)
{
    short background = theme_background(style);
    enum theme_role role;

    for (role = ROLE_TEXT; role < ROLE_COUNT; role++) {
        struct theme_look look = theme_look(style, role);
        double found = contrast(look.color, background);

        if (found < least) {
            fail_msg("theme %d, role %d: %d on %d has %.2f", (int)style->name,
                     (int)role, look.color, background, found);
        }
    }
}

static void theme_look_contrast_of_themes(void **state)
{
    static const struct {
        enum theme_name name;
        double least;
    } themes[] = {{THEME_DARK, 4.5}, {THEME_LIGHT, 4.5}, {THEME_CONTRAST, 9}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(themes) / sizeof(themes[0]); i++) {
        struct theme_style style = {themes[i].name, THEME_256, false};

        assert_readable(&style, themes[i].least);
        style.vivid = true;
        assert_readable(&style, themes[i].least);
    }
}

/* Black and white backgrounds alike, because nobody tells which it is. */
static void theme_look_contrast_on_any_background(void **state)
{
    struct theme_style style = {THEME_TERMINAL, THEME_256, false};
    enum theme_role role;
    int round;

    (void)state;
    for (round = 0; round < 2; round++, style.vivid = true) {
        assert_int_equal(theme_background(&style), -1);
        for (role = ROLE_TEXT; role < ROLE_COUNT; role++) {
            short color = theme_look(&style, role).color;

            if (color >= 0) {
                assert_true(contrast(color, 16) >= 3.6);
                assert_true(contrast(color, 231) >= 3.6);
            }
        }
    }
}

/* Roles of the table of the specification (terminal theme). */
static void theme_look_roles(void **state)
{
    struct theme_style style = {THEME_TERMINAL, THEME_256, false};

    (void)state;
    assert_int_equal(theme_look(&style, ROLE_HAVE).color, 32);
    assert_int_equal(theme_look(&style, ROLE_PART).color, 67);
    assert_int_equal(theme_look(&style, ROLE_ACCENT).color, 166);
    assert_int_equal(theme_look(&style, ROLE_ERROR).color, 161);
    assert_int_equal(theme_look(&style, ROLE_OWN).color, 98);
    assert_int_equal(theme_look(&style, ROLE_FRAME).color, 243);
    style.colors = THEME_8;
    assert_int_equal(theme_look(&style, ROLE_HAVE).color, 6);
    assert_int_equal(theme_look(&style, ROLE_ERROR).color, 1);
    style.colors = THEME_MONO;
    assert_int_equal(theme_look(&style, ROLE_ERROR).color, -1);
    assert_int_equal(theme_look(&style, ROLE_ERROR).attributes, THEME_REVERSE);
    assert_int_equal(theme_look(&style, ROLE_OWN).attributes, THEME_UNDERLINE);
}

/* Without colours no theme and no palette brings one. */
static void theme_look_mono_is_one(void **state)
{
    struct theme_style style = {THEME_TERMINAL, THEME_MONO, true};
    enum theme_role role;

    (void)state;
    for (style.name = THEME_TERMINAL; style.name < THEME_NAMES; style.name++) {
        assert_int_equal(theme_background(&style), -1);
        for (role = ROLE_TEXT; role < ROLE_COUNT; role++) {
            assert_int_equal(theme_look(&style, role).color, -1);
        }
    }
}

/* Eight colours never ask for a ninth, and none is that of its background. */
static void theme_look_few_colors(void **state)
{
    struct theme_style style = {THEME_TERMINAL, THEME_8, true};
    enum theme_role role;

    (void)state;
    for (style.name = THEME_TERMINAL; style.name < THEME_NAMES; style.name++) {
        for (role = ROLE_TEXT; role < ROLE_COUNT; role++) {
            struct theme_look look = theme_look(&style, role);

            assert_true(look.color < 8);
            assert_true(look.color < 0 ||
                        look.color != theme_background(&style));
        }
    }
}

static void theme_colors_for_settings(void **state)
{
    (void)state;
    assert_int_equal(theme_colors_for(NULL, NULL, 256), THEME_256);
    assert_int_equal(theme_colors_for("auto", NULL, 8), THEME_8);
    assert_int_equal(theme_colors_for("auto", NULL, 0), THEME_MONO);
    assert_int_equal(theme_colors_for("auto", NULL, -1), THEME_MONO);
    assert_int_equal(theme_colors_for("auto", "1", 256), THEME_MONO);
    assert_int_equal(theme_colors_for("auto", "", 256), THEME_256);
    assert_int_equal(theme_colors_for("always", "1", 256), THEME_256);
    assert_int_equal(theme_colors_for("never", NULL, 256), THEME_MONO);
    assert_int_equal(theme_colors_for("8", NULL, 256), THEME_8);
    assert_int_equal(theme_colors_for("16", NULL, 256), THEME_8);
    assert_int_equal(theme_colors_for("256", "1", 256), THEME_256);
    assert_int_equal(theme_colors_for("256", NULL, 8), THEME_8);
    assert_int_equal(theme_colors_for("always", NULL, 0), THEME_MONO);
    assert_int_equal(theme_colors_for("auto", NULL, 0x1000000), THEME_256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(theme_look_contrast_of_themes),
        cmocka_unit_test(theme_look_contrast_on_any_background),
        cmocka_unit_test(theme_look_roles),
        cmocka_unit_test(theme_look_mono_is_one),
        cmocka_unit_test(theme_look_few_colors),
        cmocka_unit_test(theme_colors_for_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
