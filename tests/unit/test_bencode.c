#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "wire/bencode.h"

/* Parse a copy that ends where the text ends, so that a read past the end is
 * seen by the address sanitizer. */
static int parse(const char *text, size_t size)
{
    struct bencode value;
    uint8_t *copy = malloc(size > 0 ? size : 1);
    int rv;

    memcpy(copy, text, size);
    rv = bencode_parse(copy, size, &value);
    free(copy);
    return rv;
}

static int parse_text(const char *text)
{
    return parse(text, strlen(text));
}

/* Every kind of canonical value is taken. */
static void bencode_parse_valid_values(void **state)
{
    static const char *const valid[] = {
        "i0e",
        "i-1e",
        "i9223372036854775807e",
        "i-9223372036854775808e",
        "0:",
        "4:spam",
        "10:0123456789",
        "le",
        "de",
        "l4:spami42ee",
        "d0:le1:ad1:bi1eee",
        "d1:a0:2:aa0:1:b0:e",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
        assert_int_equal(parse_text(valid[i]), 0);
    }
}

/* Whatever is not canonical is refused (T19). */
static void bencode_parse_refuses(void **state)
{
    static const char *const invalid[] = {
        "",
        "e",
        "x",
        "-1:",
        "i",
        "ie",
        "i-e",
        "i-0e",
        "i00e",
        "i01e",
        "i-01e",
        "i1",
        "i+1e",
        "i 1e",
        "i1 e",
        "i1.0e",
        "i9223372036854775808e",
        "i-9223372036854775809e",
        "i99999999999999999999999999e",
        "1",
        "1:",
        "5:spam",
        "01:a",
        "00:",
        ":a",
        "1a",
        "18446744073709551615:a",
        "18446744073709551617:a",
        "99999999999999999999999:a",
        "4:spam ",
        "4:spami1e",
        "l",
        "li1e",
        "l4:spam",
        "lx",
        "d",
        "d1:a",
        "d1:ae",
        "d1:ai1e",
        "di1e1:ae",
        "dle0:e",
        "d1:b0:1:a0:e",
        "d1:a0:1:a0:e",
        "d2:aa0:1:a0:e",
        "d1:b0:1:a0:1:c0:e",
        "lee",
        "dee",
        "i1ei2e",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        if (parse_text(invalid[i]) != P2P_EPROTO) {
            fail_msg("taken: %s", invalid[i]);
        }
    }
}

/* Every cut of a valid value is refused, and no byte behind it is read. */
static void bencode_parse_every_prefix_is_refused(void **state)
{
    static const char text[] = "d1:ai-12e1:bl3:xyz0:e1:cd0:i0eee";

    (void)state;
    assert_int_equal(parse(text, sizeof(text) - 1), 0);
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        assert_int_equal(parse(text, size), P2P_EPROTO);
    }
}

/* Make `depth` nested lists, or dictionaries. */
static char *nest(size_t depth, bool dicts)
{
    const char *open = dicts ? "d0:" : "l";
    size_t step = strlen(open);
    char *text = malloc(depth * (step + 1) + 3);

    for (size_t i = 0; i < depth; i++) {
        memcpy(text + i * step, open, step);
    }
    memcpy(text + depth * step, "0:", 2);
    memset(text + depth * step + 2, 'e', depth);
    text[depth * (step + 1) + 2] = '\0';
    return text;
}

/* Nesting is taken up to the limit and refused past it, also a million deep
 * (T19). */
static void bencode_parse_depth(void **state)
{
    static const struct {
        size_t depth;
        int rv;
    } cases[] = {
        {1, 0},
        {BENCODE_DEPTH, 0},
        {BENCODE_DEPTH + 1, P2P_ETOOBIG},
        {1000000, P2P_ETOOBIG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *lists = nest(cases[i].depth, false);
        char *dicts = nest(cases[i].depth, true);

        assert_int_equal(parse_text(lists), cases[i].rv);
        assert_int_equal(parse_text(dicts), cases[i].rv);
        free(lists);
        free(dicts);
    }
}

/* A failure leaves the result as it was. */
static void bencode_parse_failure_keeps_out(void **state)
{
    struct bencode value = {.integer = 77};

    (void)state;
    assert_int_equal(bencode_parse((const uint8_t *)"i1ex", 4, &value),
                     P2P_EPROTO);
    assert_int_equal(value.integer, 77);
}

/* A value may have bytes behind it when the caller wants that. */
static void bencode_parse_prefix_tells_the_end(void **state)
{
    struct bencode value;
    size_t used = 0;

    (void)state;
    assert_int_equal(bencode_parse_prefix((const uint8_t *)"d1:ai1eeREST", 12,
                                          &value, &used),
                     0);
    assert_int_equal(used, 8);
    assert_int_equal(value.size, 8);
    assert_int_equal(value.type, BENCODE_DICT);
    assert_int_equal(
        bencode_parse_prefix((const uint8_t *)"REST", 4, &value, &used),
        P2P_EPROTO);
}

/* Keys are found by their exact name and type; the view of a value is its
 * exact bytes. */
static void bencode_find_by_type(void **state)
{
    static const char text[] =
        "d0:1:e1:ai7e2:aa3:xyz4:infod1:xi1ee1:lle1:zi-5ee";
    struct bencode dict;
    struct bencode value;
    const uint8_t *string;
    size_t length;
    int64_t n = 99;

    (void)state;
    assert_int_equal(
        bencode_parse((const uint8_t *)text, sizeof(text) - 1, &dict), 0);
    assert_true(bencode_find_integer(&dict, "a", &n));
    assert_int_equal(n, 7);
    assert_true(bencode_find_integer(&dict, "z", &n));
    assert_int_equal(n, -5);
    assert_false(bencode_find_integer(&dict, "aa", &n));
    assert_false(bencode_find_integer(&dict, "b", &n));
    assert_int_equal(n, -5);
    assert_true(bencode_find_string(&dict, "aa", &string, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(string, "xyz", 3);
    assert_true(bencode_find_string(&dict, "", &string, &length));
    assert_int_equal(length, 1);
    assert_false(bencode_find_string(&dict, "a", &string, &length));
    assert_true(bencode_find(&dict, "info", &value));
    assert_int_equal(value.size, 8);
    assert_memory_equal(value.start, "d1:xi1ee", 8);
    assert_false(bencode_find(&value, "a", &value));
    assert_true(bencode_find(&dict, "l", &value));
    assert_false(bencode_find(&value, "x", &value)); /* a list has no keys */
}

/* The empty key, which BEP 52 puts into every file, is walked like others. */
static void bencode_next_walks_all(void **state)
{
    static const char text[] = "d0:i1e1:al1:xlee1:bd1:cdeee";
    struct bencode dict;
    struct bencode key;
    struct bencode value;
    struct bencode_cursor at = {0};
    struct bencode_cursor in = {0};
    struct bencode item;

    (void)state;
    assert_int_equal(
        bencode_parse((const uint8_t *)text, sizeof(text) - 1, &dict), 0);
    assert_true(bencode_next(&dict, &at, &key, &value));
    assert_int_equal(key.length, 0);
    assert_int_equal(value.integer, 1);
    assert_true(bencode_next(&dict, &at, &key, &value));
    assert_memory_equal(key.text, "a", 1);
    assert_int_equal(value.type, BENCODE_LIST);
    assert_true(bencode_next(&value, &in, NULL, &item));
    assert_int_equal(item.type, BENCODE_STRING);
    assert_true(bencode_next(&value, &in, NULL, &item));
    assert_int_equal(item.type, BENCODE_LIST);
    assert_false(bencode_next(&value, &in, NULL, &item));
    assert_false(bencode_next(&value, &in, NULL, &item));
    assert_true(bencode_next(&dict, &at, NULL, &value));
    assert_int_equal(value.type, BENCODE_DICT);
    assert_int_equal(value.size, 7);
    assert_false(bencode_next(&dict, &at, &key, &value));
}

/* What is written is canonical and reads back. */
static void bencode_put_reads_back(void **state)
{
    static const char expected[] =
        "d0:0:1:ai-9223372036854775808e1:bl4:spam2:\0\xff"
        "dee1:ci0ee";
    struct buf b;
    struct bencode dict;

    (void)state;
    buf_init(&b, 1000);
    bencode_put_begin_dict(&b);
    bencode_put_text(&b, "");
    bencode_put_string(&b, NULL, 0);
    bencode_put_text(&b, "a");
    bencode_put_integer(&b, INT64_MIN);
    bencode_put_text(&b, "b");
    bencode_put_begin_list(&b);
    bencode_put_text(&b, "spam");
    bencode_put_string(&b, "\0\xff", 2);
    bencode_put_begin_dict(&b);
    bencode_put_end(&b);
    bencode_put_end(&b);
    bencode_put_text(&b, "c");
    bencode_put_integer(&b, 0);
    bencode_put_end(&b);
    assert_int_equal(buf_length(&b), sizeof(expected) - 1);
    assert_memory_equal(buf_head(&b), expected, sizeof(expected) - 1);
    assert_int_equal(bencode_parse(buf_head(&b), buf_length(&b), &dict), 0);
    buf_close(&b);
}

/* A string that does not fit is left out whole. */
static void bencode_put_string_full_buffer(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5);
    bencode_put_text(&b, "spam");
    assert_int_equal(buf_length(&b), 0);
    bencode_put_text(&b, "egg");
    assert_int_equal(buf_length(&b), 5);
    buf_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bencode_parse_valid_values),
        cmocka_unit_test(bencode_parse_refuses),
        cmocka_unit_test(bencode_parse_every_prefix_is_refused),
        cmocka_unit_test(bencode_parse_depth),
        cmocka_unit_test(bencode_parse_failure_keeps_out),
        cmocka_unit_test(bencode_parse_prefix_tells_the_end),
        cmocka_unit_test(bencode_find_by_type),
        cmocka_unit_test(bencode_next_walks_all),
        cmocka_unit_test(bencode_put_reads_back),
        cmocka_unit_test(bencode_put_string_full_buffer),
    };
    return cmocka_run_group_tests_name("wire/bencode", tests, NULL, NULL);
}
