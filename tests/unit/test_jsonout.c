/* Tests of util/jsonout. */
#include "config.h"

#include "util/jsonout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/buf.h"

struct fixture {
    struct buf out;
    struct jsonout json;
};

static int set_up(void **state)
{
    static struct fixture f;

    buf_init(&f.out, 10000);
    jsonout_init(&f.json, &f.out);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    buf_close(&f->out);
    return 0;
}

static void assert_json(struct fixture *f, const char *expected)
{
    assert_int_equal(buf_append(&f->out, "", 1), 0);
    assert_string_equal((char *)buf_head(&f->out), expected);
    buf_clear(&f->out);
}

/* Commas and colons stand where they belong, in any nesting. */
static void jsonout_nesting(void **state)
{
    struct fixture *f = *state;
    struct jsonout *j = &f->json;

    jsonout_begin_object(j);
    jsonout_key(j, "empty");
    jsonout_begin_array(j);
    jsonout_end_array(j);
    jsonout_key(j, "list");
    jsonout_begin_array(j);
    jsonout_int(j, 1);
    jsonout_begin_object(j);
    jsonout_end_object(j);
    jsonout_begin_array(j);
    jsonout_int(j, 2);
    jsonout_end_array(j);
    jsonout_null(j);
    jsonout_end_array(j);
    jsonout_key(j, "ok");
    jsonout_bool(j, true);
    jsonout_key(j, "no");
    jsonout_bool(j, false);
    jsonout_end_object(j);
    assert_json(f, "{\"empty\":[],\"list\":[1,{},[2],null],\"ok\":true,"
                   "\"no\":false}");
    assert_false(j->overflow);
}

/* The limits of the numbers. */
static void jsonout_int_limits(void **state)
{
    struct fixture *f = *state;

    jsonout_begin_array(&f->json);
    jsonout_int(&f->json, INT64_MIN);
    jsonout_int(&f->json, INT64_MAX);
    jsonout_int(&f->json, 0);
    jsonout_end_array(&f->json);
    assert_json(f, "[-9223372036854775808,9223372036854775807,0]");
}

static void assert_string(struct fixture *f, const char *text,
                          const char *expected)
{
    jsonout_string(&f->json, text);
    assert_json(f, expected);
}

/* Strings are escaped so that any parser and any terminal can take them. */
static void jsonout_string_escapes(void **state)
{
    struct fixture *f = *state;

    assert_string(f, NULL, "null");
    assert_string(f, "", "\"\"");
    assert_string(f, "a\"b\\c/", "\"a\\\"b\\\\c/\"");
    assert_string(f, "\n\r\t\b\x01\x1b\x7f",
                  "\"\\n\\r\\t\\u0008\\u0001\\u001b\\u007f\"");
    assert_string(f, "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80",
                  "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\"");
    assert_string(f, "\xe2\x80\xa8\xe2\x80\xae\xc2\x9b",
                  "\"\\u2028\\u202e\\u009b\"");
    assert_string(f, "\xf3\xa0\x80\x81", "\"\\udb40\\udc01\"");
    assert_string(f, "\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\"");
}

/* Bytes that are not UTF-8 become U+FFFD each. */
static void jsonout_string_invalid_bytes(void **state)
{
    struct fixture *f = *state;

    assert_string(f, "a\xff\xc0", "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Keys are escaped as well. */
static void jsonout_key_escapes(void **state)
{
    struct fixture *f = *state;

    jsonout_begin_object(&f->json);
    jsonout_key(&f->json, "a\"b");
    jsonout_string(&f->json, "c");
    jsonout_end_object(&f->json);
    assert_json(f, "{\"a\\\"b\":\"c\"}");
}

/* A buffer that is full is noticed. */
static void jsonout_overflow_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct buf small;
    struct jsonout j;

    (void)f;
    buf_init(&small, 3);
    jsonout_init(&j, &small);
    jsonout_string(&j, "a");
    assert_false(j.overflow);
    jsonout_int(&j, 1);
    assert_true(j.overflow);
    buf_close(&small);
}

/* The deepest nesting still gets its commas right. */
static void jsonout_deep(void **state)
{
    struct fixture *f = *state;
    char expected[300] = "";

    for (int i = 0; i < 63; i++) {
        jsonout_begin_array(&f->json);
        jsonout_int(&f->json, 1);
        memcpy(expected + strlen(expected), i == 0 ? "[1" : ",[1",
               4 - (i == 0));
    }
    for (int i = 0; i < 63; i++) {
        jsonout_end_array(&f->json);
        memcpy(expected + strlen(expected), "]", 2);
    }
    assert_json(f, expected);
}

#define JSON_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON_TEST(jsonout_nesting),
        JSON_TEST(jsonout_int_limits),
        JSON_TEST(jsonout_string_escapes),
        JSON_TEST(jsonout_string_invalid_bytes),
        JSON_TEST(jsonout_key_escapes),
        JSON_TEST(jsonout_overflow_is_noticed),
        JSON_TEST(jsonout_deep),
    };
    return cmocka_run_group_tests_name("util/jsonout", tests, NULL, NULL);
}
