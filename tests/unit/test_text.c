/* Tests of util/text: foreign strings, most of them hostile. */
#include "config.h"

#include "util/text.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/mem.h"

#define BAD "\xef\xbf\xbd" /* U+FFFD */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void assert_safe(const char *text, const char *expected)
{
    char *safe = text_safe_string(text);

    assert_string_equal(safe, expected);
    free(safe);
}

/* Every code point that may stand in UTF-8 survives the way there and back. */
static void text_decode_reads_what_encode_writes(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint32_t back = 0xffffffff;
        char bytes[4];
        size_t length = text_encode(c, bytes);
        size_t expected = c >= 0xd800 && c <= 0xdfff ? 0 : length;

        assert_int_equal(text_decode(bytes, length, &back), expected);
        if (expected > 0) {
            assert_int_equal(back, c);
        }
    }
}

/* Overlong forms, surrogates, values past the end, lone and missing bytes. */
static void text_is_utf8_refuses(void **state)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x80\x80\xaf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xed\xa0\xbd\xed\xb8\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98",
        "\xc3(",
        "\xe2\x28\xa1",
        "\xe2\x82(",
        "a\xc3",
        "\xf0\x9f\x98z",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
    }
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8("a\0b", 3));
    assert_true(text_is_utf8("\xe2\x82\xac\xf0\x9f\x98\x80", 7));
}

/* A character that goes on past the given length is not read. */
static void text_decode_stops_at_length(void **state)
{
    uint32_t c = 7;

    (void)state;
    assert_int_equal(text_decode("\xe2\x82\xac", 2, &c), 0);
    assert_int_equal(text_decode("\xe2\x82\xac", 3, &c), 3);
    assert_int_equal(c, 0x20ac);
}

/* One of each class that must never reach a terminal. */
static void text_is_hostile_classes(void **state)
{
    static const uint32_t hostile[] = {
        0,       0x07,    0x08,     0x09,     0x0a,     0x0d,       0x1b,
        0x1f,    0x7f,    0x80,     0x85,     0x90,     0x9b,       0x9c,
        0x9d,    0x9f,    0xad,     0x34f,    0x61c,    0x115f,     0x1160,
        0x180e,  0x200b,  0x200c,   0x200d,   0x200e,   0x200f,     0x2028,
        0x2029,  0x202a,  0x202e,   0x2060,   0x2064,   0x2066,     0x2069,
        0x206f,  0x3164,  0xe000,   0xf8ff,   0xfdd0,   0xfdef,     0xfeff,
        0xffa0,  0xfff9,  0xfffb,   0xfffe,   0xffff,   0x1fffe,    0x1ffff,
        0xe0001, 0xe0020, 0xe007f,  0xe0100,  0xf0000,  0xffffd,    0x10fffd,
        0x1d173, 0x1bca0, 0x10fffe, 0x10ffff, 0x110000, 0xffffffff,
    };
    static const uint32_t fine[] = {
        ' ',    '~',    0xa0,   0xe4,   0x301,   0x5d0,
        0x627,  0x20ac, 0x2013, 0x2500, 0x3042,  0x4e00,
        0xac00, 0xfe0f, 0xfffc, 0xfffd, 0x1f600, 0x20000,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        assert_true(text_is_hostile(hostile[i]));
    }
    for (size_t i = 0; i < COUNT(fine); i++) {
        assert_false(text_is_hostile(fine[i]));
    }
}

/* Names: length in bytes, no blank at the ends, nothing hostile. */
static void text_is_name_cases(void **state)
{
    static const char *const good[] = {
        "a", "alice", "J\xc3\xbcrgen", "a b", "\xe6\x97\xa5\xe6\x9c\xac",
        "-", ".",     "dev_team",      "a/b", "e\xcc\x81",
    };
    static const char *const bad[] = {
        "",
        " a",
        "a ",
        "\ta",
        "a\n",
        "a\x1b[0m",
        "a\x7f",
        "a\xc2\x9b",
        "a\xe2\x80\xae"
        "b",
        "a\xe2\x80\x8b",
        "\xef\xbb\xbf"
        "a",
        "a\xff",
        "a\xc0\xaf",
        "\xc2\xa0"
        "a",
        "a\xe3\x80\x80",
        "\xe2\x80\x83",
        " ",
        "a\xed\xa0\x80",
        "a\xf3\xa0\x81\x81",
        "\xee\x80\x80",
    };
    char longest[TEXT_NAME_MAX + 2];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(text_is_name(good[i]));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(text_is_name(bad[i]));
    }
    memset(longest, 'x', sizeof(longest));
    longest[TEXT_NAME_MAX] = '\0';
    assert_true(text_is_name(longest));
    longest[TEXT_NAME_MAX] = 'x';
    longest[TEXT_NAME_MAX + 1] = '\0';
    assert_false(text_is_name(longest));
}

/* Components of paths: what could leave the directory or confuse is refused. */
static void text_is_component_cases(void **state)
{
    static const char *const good[] = {
        "a",
        "...",
        ".a",
        "..a",
        "a.",
        " ",
        "a b.txt",
        "-rf",
        "\xf0\x9f\x98\x80",
        "\xe2\x9d\xa4\xef\xb8\x8f",
        "a\\b",
        "con",
        "~",
        "$HOME",
        "`ls`",
    };
    static const char *const bad[] = {
        "",
        ".",
        "..",
        "/",
        "a/b",
        "/etc",
        "../x",
        "a\n",
        "a\x1b",
        "a\xff",
        "\xe2\x80\xae"
        "cod.exe",
        "a\xe2\x80\x8d",
        "\xc0\xae\xc0\xae",
        "a\xe2\x80\xa8"
        "b",
    };
    char longest[TEXT_COMPONENT_MAX + 1];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(text_is_component(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(text_is_component(bad[i], strlen(bad[i])));
    }
    assert_false(text_is_component("a\0b", 3));
    assert_false(text_is_component("../x", 2)); /* the length decides */
    memset(longest, 'x', sizeof(longest));
    assert_true(text_is_component(longest, TEXT_COMPONENT_MAX));
    assert_false(text_is_component(longest, TEXT_COMPONENT_MAX + 1));
}

/* Plain text in any script passes unchanged. */
static void text_safe_keeps_plain_text(void **state)
{
    (void)state;
    assert_safe("", "");
    assert_safe(NULL, "");
    assert_safe("hello, world", "hello, world");
    assert_safe("J\xc3\xbcrgen \xe2\x82\xac", "J\xc3\xbcrgen \xe2\x82\xac");
    assert_safe("\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac");
    assert_safe("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
}

/* Escape sequences lose their escape, in seven bits and in eight. */
static void text_safe_escape_sequences(void **state)
{
    (void)state;
    assert_safe("\x1b[2J", BAD "[2J");
    assert_safe("\x1b]0;title\x07", BAD "]0;title" BAD);
    assert_safe("\x1b]52;c;Zm9v\x1b\\", BAD "]52;c;Zm9v" BAD "\\");
    assert_safe("\xc2\x9b"
                "31m",
                BAD "31m");
    assert_safe("\x9b"
                "31m",
                BAD "31m");
    assert_safe("\xc2\x90q\xc2\x9c", BAD "q" BAD);
    assert_safe("a\bb\x7f\x0e\x0f", "a" BAD "b" BAD BAD BAD);
}

/* Lines and tabs become blanks; other separators are marked. */
static void text_safe_lines(void **state)
{
    (void)state;
    assert_safe("a\nb\tc\rd", "a b c d");
    assert_safe("a\xe2\x80\xa8"
                "b\xc2\x85"
                "c\x0b"
                "d",
                "a" BAD "b" BAD "c" BAD "d");
}

/* What turns text around or hides it is made visible. */
static void text_safe_bidi_and_zero_width(void **state)
{
    (void)state;
    assert_safe("a\xe2\x80\xae"
                "gpj.exe",
                "a" BAD "gpj.exe");
    assert_safe("\xe2\x81\xa6x\xe2\x81\xa9", BAD "x" BAD);
    assert_safe("a\xe2\x80\x8b"
                "b",
                "a" BAD "b");
    assert_safe("\xef\xbb\xbf"
                "a",
                BAD "a");
    assert_safe("a\xf3\xa0\x81\xa1", "a" BAD);
    assert_safe("\xee\x80\x80", BAD);
}

/* Each byte that is not part of a character is marked; the text goes on. */
static void text_safe_invalid_bytes(void **state)
{
    (void)state;
    assert_safe("a\xff"
                "b",
                "a" BAD "b");
    assert_safe("\xc0\xaf", BAD BAD);
    assert_safe("\xed\xa0\x80", BAD BAD BAD);
    assert_safe("\xe2\x82", BAD BAD);
    assert_safe("\xf0\x9f\x98"
                "a",
                BAD BAD BAD "a");
}

/* Two marks stay on a character; the rest of a stack is left out, and a mark
 * without a character would climb onto whatever stands before the text. */
static void text_safe_combining_stack(void **state)
{
    static const char mark[] = "\xcc\x81";
    char text[3 + 1000 * 2] = "e";
    char *safe;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        memcpy(text + 1 + 2 * i, mark, 2);
    }
    memcpy(text + 2001, "x", 2);
    assert_safe(text, "e\xcc\x81\xcc\x81x");
    assert_safe("\xcc\x81"
                "a",
                BAD "a");
    assert_safe("\xe2\x83\x9d", BAD);
    assert_safe("a\xcc\x81\xcc\x82\xcc\x83"
                "b\xcc\x81",
                "a\xcc\x81\xcc\x82"
                "b\xcc\x81");
    /* A mark above a hostile character stands on its replacement. */
    assert_safe("\x1b\xcc\x81", BAD "\xcc\x81");
    safe = text_safe("a\0b", 3);
    assert_string_equal(safe, "a" BAD "b");
    free(safe);
}

/* Whatever the bytes, the result is valid, safe, and safe to make safe again.
 */
static void text_safe_random_bytes(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[40];
        size_t length = (size_t)(round % 40);
        char *safe, *again;
        size_t at = 0;

        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525 + 1013904223;
            /* Mostly bytes that begin or go on with a character. */
            text[i] = (char)(seed >> 24 | ((seed >> 20 & 3) != 0 ? 0x80 : 0));
        }
        safe = text_safe(text, length);
        while (safe[at] != '\0') {
            uint32_t c = 0;
            size_t size = text_decode(safe + at, strlen(safe + at), &c);

            assert_true(size > 0);
            assert_false(text_is_hostile(c));
            at += size;
        }
        again = text_safe_string(safe);
        assert_string_equal(again, safe);
        free(again);
        free(safe);
    }
}

static void assert_log_safe(const char *text, const char *expected)
{
    char out[200];

    text_log_safe(text, out, sizeof(out));
    assert_string_equal(out, expected);
}

/* A log line shows what it got, in a form that can be told apart. */
static void text_log_safe_escapes(void **state)
{
    (void)state;
    assert_log_safe("plain \xc3\xbc", "plain \xc3\xbc");
    assert_log_safe("a\nb\rc\td", "a\\nb\\rc\\td");
    assert_log_safe("\"\\", "\\\"\\\\");
    assert_log_safe("\x1b[0m\x7f\x01", "\\x1b[0m\\x7f\\x01");
    assert_log_safe("\xff\xc0", "\\xff\\xc0");
    assert_log_safe("\xe2\x80\xae", "\\u202e");
    assert_log_safe("\xc2\x9b", "\\u009b");
    assert_log_safe("\xf3\xa0\x80\x81", "\\U000e0001");
    assert_log_safe("\a\b\v\f", "\\a\\b\\v\\f");
}

/* A text that does not fit is cut between characters and escapes. */
static void text_log_safe_cuts(void **state)
{
    char out[8];

    (void)state;
    memset(out, '?', sizeof(out));
    text_log_safe("abc", out, 0);
    assert_int_equal(out[0], '?');
    text_log_safe("abc", out, 1);
    assert_string_equal(out, "");
    text_log_safe("abcdefgh", out, 8);
    assert_string_equal(out, "abcdefg");
    text_log_safe("abcdef\n", out, 8);
    assert_string_equal(out, "abcdef");
    text_log_safe("abcde\xe2\x82\xac", out, 8);
    assert_string_equal(out, "abcde");
    text_log_safe("abcd\xe2\x82\xac", out, 8);
    assert_string_equal(out, "abcd\xe2\x82\xac");
}

/* Columns: wide characters take two, marks none. */
static void text_width_columns(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    if (setlocale(LC_CTYPE, "C.UTF-8") != NULL) {
        assert_int_equal(text_width("J\xc3\xbcrgen"), 6);
        assert_int_equal(text_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
        assert_int_equal(text_width("e\xcc\x81"), 1);
        assert_int_equal(text_width(BAD), 1);
        setlocale(LC_CTYPE, "C");
    }
    assert_int_equal(text_width("\xff"), 1);
}

static void assert_fold(const char *text, const char *expected)
{
    char *folded = text_fold(text);

    assert_string_equal(folded, expected);
    free(folded);
}

/* Capitals of the scripts in use fold to small letters; the rest stays. */
static void text_fold_scripts(void **state)
{
    (void)state;
    assert_fold("README.Md", "readme.md");
    assert_fold("\xc3\x84\xc3\x96\xc3\x9c\xc3\x97", /* ÄÖÜ× */
                "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x97");
    assert_fold("\xce\xa3\xcf\x82\xcf\x83", "\xcf\x83\xcf\x83\xcf\x83");
    assert_fold("\xce\x86\xce\x8f", "\xce\xac\xcf\x8e"); /* ΆΏ */
    assert_fold("\xd0\x90\xd0\xaf\xd0\x81", "\xd0\xb0\xd1\x8f\xd1\x91");
    assert_fold("\xc5\xa0\xc5\xbb\xc5\x81",
                "\xc5\xa1\xc5\xbc\xc5\x82"); /* ŠŻŁ */
    assert_fold("\xe2\x84\xaa", "k");        /* KELVIN SIGN */
    assert_fold("\xe6\x97\xa5"
                "1_",
                "\xe6\x97\xa5"
                "1_");
    assert_fold("A\xff"
                "B",
                "a\xff"
                "b");
    assert_fold("", "");
}

/* Folding twice is folding once, for every character. */
static void text_fold_is_stable(void **state)
{
    (void)state;
    for (uint32_t c = 1; c < 0x30000; c++) {
        char text[5] = "";
        char *once, *twice;

        if (c >= 0xd800 && c <= 0xdfff) {
            continue;
        }
        text_encode(c, text);
        once = text_fold(text);
        twice = text_fold(once);
        assert_string_equal(once, twice);
        assert_true(strlen(once) <= strlen(text));
        free(twice);
        free(once);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_decode_reads_what_encode_writes),
        cmocka_unit_test(text_is_utf8_refuses),
        cmocka_unit_test(text_decode_stops_at_length),
        cmocka_unit_test(text_is_hostile_classes),
        cmocka_unit_test(text_is_name_cases),
        cmocka_unit_test(text_is_component_cases),
        cmocka_unit_test(text_safe_keeps_plain_text),
        cmocka_unit_test(text_safe_escape_sequences),
        cmocka_unit_test(text_safe_lines),
        cmocka_unit_test(text_safe_bidi_and_zero_width),
        cmocka_unit_test(text_safe_invalid_bytes),
        cmocka_unit_test(text_safe_combining_stack),
        cmocka_unit_test(text_safe_random_bytes),
        cmocka_unit_test(text_log_safe_escapes),
        cmocka_unit_test(text_log_safe_cuts),
        cmocka_unit_test(text_width_columns),
        cmocka_unit_test(text_fold_scripts),
        cmocka_unit_test(text_fold_is_stable),
    };
    return cmocka_run_group_tests_name("util/text", tests, NULL, NULL);
}
