#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/input.h"
#include "tui/key.h"

static struct input in;

static int set_up(void **state)
{
    (void)state;
    input_init(&in);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    input_close(&in);
    return 0;
}

static int feed_text(const char *text)
{
    int key = KEY_NONE;

    while (*text != '\0') {
        key = input_feed(&in, (unsigned char)*text++);
    }
    return key;
}

/* Esc is only known when nothing follows it; with a letter it is Alt. */
static void input_feed_escape_and_alt(void **state)
{
    (void)state;
    assert_int_equal(input_feed(&in, KEY_ESCAPE), KEY_NONE);
    assert_int_equal(input_feed(&in, INPUT_PAUSE), KEY_ESCAPE);
    assert_int_equal(feed_text("\033f"), KEY_ALT + 'f');
    assert_int_equal(input_feed(&in, KEY_ESCAPE), KEY_NONE);
    assert_int_equal(input_feed(&in, KEY_ESCAPE), KEY_ESCAPE);
    assert_int_equal(input_feed(&in, INPUT_PAUSE), KEY_ESCAPE);
    assert_int_equal(input_feed(&in, INPUT_PAUSE), KEY_NONE);
}

/* No byte of a sequence nobody knows becomes a command. */
static void input_feed_swallows_sequences(void **state)
{
    const char *mouse = "\033[<0;10;5M";

    (void)state;
    while (*mouse != '\0') {
        assert_int_equal(input_feed(&in, (unsigned char)*mouse++), KEY_NONE);
    }
    assert_int_equal(feed_text("\033OP"), KEY_NONE);
    assert_int_equal(feed_text("q"), 'q');
}

/* An answer of the terminal that comes late, in its three forms. */
static void input_feed_swallows_strings(void **state)
{
    static const char *const strings[] = {
        "\033]11;rgb:0000/qqqq/0000\a",
        "\033]11;rgb:0000/qqqq/0000\033\\",
        "\033P1$rq\033\\",
    };
    size_t i;
    const char *at;

    (void)state;
    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        for (at = strings[i]; *at != '\0'; at++) {
            assert_int_equal(input_feed(&in, (unsigned char)*at), KEY_NONE);
        }
        assert_int_equal(feed_text("j"), 'j');
    }
    /* Alone it is Alt and a character. */
    assert_int_equal(feed_text("\033]"), KEY_NONE);
    assert_int_equal(input_feed(&in, INPUT_PAUSE), KEY_ALT + ']');
    assert_int_equal(feed_text("j"), 'j');
}

/* Pasted text comes as one piece, with its controls, and runs nothing. */
static void input_feed_paste(void **state)
{
    (void)state;
    assert_int_equal(input_feed(&in, INPUT_PASTE_START), KEY_NONE);
    assert_int_equal(feed_text("q\ny\033[A:quit\r"), KEY_NONE);
    assert_int_equal(input_feed(&in, 0x65e5), KEY_NONE);
    assert_int_equal(input_feed(&in, INPUT_PASTE_END), INPUT_PASTE_END);
    assert_string_equal(in.paste, "q\ny\033[A:quit\r日");
    assert_int_equal(feed_text("q"), 'q');
}

/* More than the limit is dropped whole. */
static void input_feed_paste_too_long(void **state)
{
    int i;

    (void)state;
    input_feed(&in, INPUT_PASTE_START);
    for (i = 0; i < INPUT_PASTE_MAX + 5; i++) {
        input_feed(&in, 'x');
    }
    assert_int_equal(input_feed(&in, INPUT_PASTE_END), INPUT_PASTE_END);
    assert_string_equal(in.paste, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(input_feed_escape_and_alt),     TEST(input_feed_swallows_strings),
        TEST(input_feed_swallows_sequences), TEST(input_feed_paste),
        TEST(input_feed_paste_too_long),
    };
    return cmocka_run_group_tests_name("tui/input", tests, NULL, NULL);
}
