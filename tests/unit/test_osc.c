#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tui/stage.h"
#include "tui/osc.h"
#include "tui/outside.h"
#include "tui/screen.h"
#include "util/mem.h"

/* Compare and free. */
static void assert_made(char *made, const char *expected)
{
    assert_non_null(made);
    assert_string_equal(made, expected);
    free(made);
}

static void osc_copy_is_base64(void **state)
{
    char *long_text = mem_calloc(OSC_COPY_MAX + 2, 1);
    char *made;

    (void)state;
    assert_made(osc_copy("hello"), "\033]52;c;aGVsbG8=\a");
    memset(long_text, 'x', OSC_COPY_MAX + 1);
    assert_null(osc_copy(long_text));
    long_text[OSC_COPY_MAX] = '\0';
    made = osc_copy(long_text);
    assert_non_null(made);
    free(made);
    free(long_text);
}

/* A name cannot end the sequence and begin another one. */
static void osc_text_of_others_is_safe(void **state)
{
    static const char *const hostile =
        "a\033]52;c;eA==\a\033\\\x07;b\n\xc2\x9c\xe2\x80\xae!";
    enum osc_call how;

    (void)state;
    for (how = OSC_9; how <= OSC_99; how++) {
        char *made = osc_call(how, hostile);
        size_t length = strlen(made);
        const char *second = strchr(made + 1, '\033');

        assert_true(second == NULL || second == made + length - 2);
        assert_true(strchr(made, '\a') == NULL ||
                    strchr(made, '\a') == made + length - 1);
        assert_null(strstr(made, "\xc2\x9c"));
        assert_null(strstr(made, "\xe2\x80\xae"));
        free(made);
    }
    assert_made(osc_title("x\a\033[31my\nz"),
                "\033]2;x\xef\xbf\xbd\xef\xbf\xbd[31my z\a");
}

static void osc_call_forms(void **state)
{
    (void)state;
    assert_made(osc_call(OSC_BELL, "x"), "\a");
    assert_made(osc_call(OSC_9, "4;1;50"), "\033]9;p2ptui: 4;1;50\a");
    assert_made(osc_call(OSC_777, "a;b;c"), "\033]777;notify;p2ptui;a,b,c\a");
    assert_made(osc_call(OSC_99, "x"), "\033]99;;x\033\\");
}

/* Cut between characters, never inside one. */
static void osc_text_is_cut(void **state)
{
    char text[3 * OSC_TEXT_MAX + 1];
    char *made;
    size_t i;

    (void)state;
    for (i = 0; i + 3 < sizeof(text); i += 3) {
        memcpy(text + i, "\xe6\x97\xa5", 3);
    }
    text[i] = '\0';
    made = osc_text(text);
    assert_int_equal(strlen(made), OSC_TEXT_MAX / 3 * 3);
    free(made);
}

static void osc_through_tmux_doubles_escapes(void **state)
{
    (void)state;
    assert_made(osc_through_tmux("\033]9;x\033\\"),
                "\033Ptmux;\033\033]9;x\033\033\\\033\\");
}

static void osc_is_understood_by_name(void **state)
{
    (void)state;
    assert_true(osc_is_understood("xterm-256color"));
    assert_true(osc_is_understood("tmux-256color"));
    assert_true(osc_is_understood("st"));
    assert_false(osc_is_understood("linux"));
    assert_false(osc_is_understood("dumb"));
    assert_false(osc_is_understood("vt100"));
    assert_false(osc_is_understood("stv52"));
    assert_false(osc_is_understood(NULL));
}

/* The title says how far what is loaded is; a name in it is made safe when it
 * is sent (osc_title). */
static void outside_title_of_downloads(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, GLYPH_FULL);
    assert_made(outside_make_title(screen_ui(stage.screen)),
                "p2ptui 34% of 2 downloads");
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(osc_copy_is_base64),
        cmocka_unit_test(osc_text_of_others_is_safe),
        cmocka_unit_test(osc_call_forms),
        cmocka_unit_test(osc_text_is_cut),
        cmocka_unit_test(osc_through_tmux_doubles_escapes),
        cmocka_unit_test(osc_is_understood_by_name),
        cmocka_unit_test(outside_title_of_downloads),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
