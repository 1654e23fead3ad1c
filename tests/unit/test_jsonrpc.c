#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/jsonrpc.h"

/* Parse a copy that ends where the text ends, so that a read past the end is
 * seen by the address sanitizer. */
static int parse_bytes(const char *text, size_t size, struct jsonrpc_message *m)
{
    struct err e = {0};
    char *copy = malloc(size > 0 ? size : 1);
    int rv;

    memcpy(copy, text, size);
    rv = jsonrpc_parse(copy, size, m, &e);
    free(copy);
    assert_int_equal(e.code, rv);
    assert_int_equal(e.text[0] != '\0', rv != 0);
    return rv;
}

static int parse(const char *text, struct jsonrpc_message *m)
{
    return parse_bytes(text, strlen(text), m);
}

static int judge(const char *text)
{
    struct jsonrpc_message m;
    int rv = parse(text, &m);

    jsonrpc_close(&m);
    return rv;
}

/* A request with all its parts. */
static void jsonrpc_parse_request(void **state)
{
    struct jsonrpc_message m;

    (void)state;
    assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"a.b\","
                           "\"params\":{\"x\":1}}",
                           &m),
                     0);
    assert_int_equal(m.kind, JSONRPC_REQUEST);
    assert_string_equal(m.method, "a.b");
    assert_int_equal(json_integer_value(m.id), 7);
    assert_int_equal(json_integer_value(json_object_get(m.params, "x")), 1);
    jsonrpc_close(&m);
    assert_null(m.root);
    jsonrpc_close(&m); /* twice does no harm */

    assert_int_equal(
        parse(" { \"id\" : \"x\" , \"method\":\"m\",\"jsonrpc\":\"2.0\" } ",
              &m),
        0);
    assert_int_equal(m.kind, JSONRPC_REQUEST);
    assert_string_equal(json_string_value(m.id), "x");
    assert_null(m.params);
    jsonrpc_close(&m);
}

/* Without an id it is a notification. */
static void jsonrpc_parse_notification(void **state)
{
    struct jsonrpc_message m;

    (void)state;
    assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"method\":\"m\"}", &m), 0);
    assert_int_equal(m.kind, JSONRPC_NOTIFICATION);
    assert_null(m.id);
    jsonrpc_close(&m);
}

/* Answers: results of any type, errors with and without data. */
static void jsonrpc_parse_answers(void **state)
{
    struct jsonrpc_message m;

    (void)state;
    assert_int_equal(
        parse("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1}}", &m), 0);
    assert_int_equal(m.kind, JSONRPC_RESULT);
    assert_int_equal(json_object_size(m.result), 1);
    jsonrpc_close(&m);
    assert_int_equal(
        parse("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", &m), 0);
    assert_int_equal(m.kind, JSONRPC_RESULT);
    assert_true(json_is_null(m.result));
    jsonrpc_close(&m);
    assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{"
                           "\"code\":-32700,\"message\":\"no\"}}",
                           &m),
                     0);
    assert_int_equal(m.kind, JSONRPC_ERROR);
    assert_int_equal(m.error_code, -32700);
    assert_string_equal(m.error_message, "no");
    assert_null(m.error_word);
    assert_null(m.error_data);
    assert_null(m.id);
    jsonrpc_close(&m);
    assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{"
                           "\"code\":1,\"message\":\"\",\"data\":{\"code\":"
                           "\"busy\",\"retry_after\":9}}}",
                           &m),
                     0);
    assert_string_equal(m.error_word, "busy");
    assert_int_equal(
        json_integer_value(json_object_get(m.error_data, "retry_after")), 9);
    assert_int_equal(json_integer_value(m.id), 3);
    jsonrpc_close(&m);
}

/* What stands for REST below: the rest of a good request. */
#define REST "\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\""

static const char *const bad_json[] = {
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "nul",
    "null",
    "true",
    "1",
    "\"text\"",
    "[]",
    "[{" REST "}]",
    "{" REST,
    "{" REST "}}",
    "{" REST "}x",
    "{" REST "}{}",
    "{" REST ",}",
    "{," REST "}",
    "{" REST "\"x\"}",
    "{" REST ",\"params\"}",
    "{" REST ",\"params\":}",
    "{" REST ",\"params\":{]}",
    "{" REST ",\"params\":{\"a\" 1}}",
    "{" REST ",\"params\":{a:1}}",
    "{" REST ",\"params\":{'a':1}}",
    "{" REST ",\"params\":{\"a\":1,}}",
    "{" REST ",\"params\":{\"a\":[1,]}}",
    "{" REST ",\"params\":{\"a\":[,1]}}",
    "{" REST ",\"params\":{\"a\":01}}",
    "{" REST ",\"params\":{\"a\":+1}}",
    "{" REST ",\"params\":{\"a\":.5}}",
    "{" REST ",\"params\":{\"a\":1.}}",
    "{" REST ",\"params\":{\"a\":0x10}}",
    "{" REST ",\"params\":{\"a\":NaN}}",
    "{" REST ",\"params\":{\"a\":Infinity}}",
    "{" REST ",\"params\":{\"a\":-}}",
    "{" REST ",\"params\":{\"a\":1e}}",
    "{" REST ",\"params\":{\"a\":1e999}}",
    "{" REST ",\"params\":{\"a\":-1e999}}",
    "{" REST ",\"params\":{\"a\":9223372036854775808}}",
    "{" REST ",\"params\":{\"a\":-9223372036854775809}}",
    "{" REST ",\"params\":{\"a\":99999999999999999999999999999999999999}}",
    "{" REST ",\"params\":{\"a\":True}}",
    "{" REST ",\"params\":{\"a\":undefined}}",
    "{" REST ",\"params\":{\"a\":\"\\u0000\"}}",
    "{" REST ",\"params\":{\"a\\u0000b\":1}}",
    "{" REST ",\"params\":{\"a\":\"\\ud800\"}}",
    "{" REST ",\"params\":{\"a\":\"\\udc00\"}}",
    "{" REST ",\"params\":{\"a\":\"\\ud800\\u0041\"}}",
    "{" REST ",\"params\":{\"a\":\"\\u12\"}}",
    "{" REST ",\"params\":{\"a\":\"\\x41\"}}",
    "{" REST ",\"params\":{\"a\":\"\\\"}}",
    "{" REST ",\"params\":{\"a\":\"\x01\"}}",
    "{" REST ",\"params\":{\"a\":\"\t\"}}",
    "{" REST ",\"params\":{\"a\":\"\n\"}}",
    "{" REST ",\"params\":{\"a\":\"\x80\"}}",
    "{" REST ",\"params\":{\"a\":\"\xff\"}}",
    "{" REST ",\"params\":{\"a\":\"\xc0\xaf\"}}",
    "{" REST ",\"params\":{\"a\":\"\xe0\x80\x80\"}}",
    "{" REST ",\"params\":{\"a\":\"\xed\xa0\x80\"}}",
    "{" REST ",\"params\":{\"a\":\"\xf4\x90\x80\x80\"}}",
    "{" REST ",\"params\":{\"a\":\"\xc3\"}}",
    "{" REST ",\"params\":{\"\xc3\":1}}",
    "\xef\xbb\xbf{" REST "}",
    "{" REST ",\"params\":{\"a\":1,\"a\":2}}",
    "{" REST ",\"params\":{\"a\":{\"b\":1,\"b\":1}}}",
    "{" REST ",\"params\":{\"a\":1,\"\\u0061\":2}}",
    "{" REST ",\"id\":2}",
    "{" REST ",\"method\":\"m\"}",
    "{" REST ",\"jsonrpc\":\"2.0\"}",
    "{" REST "}//",
    "/**/{" REST "}",
    "{" REST ",\"params\":{/**/}}",
};

static const char *const bad_messages[] = {
    "{}",
    "{\"jsonrpc\":\"2.0\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1}",
    "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"m\"}",
    "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"m\"}",
    "{\"jsonrpc\":2,\"id\":1,\"method\":\"m\"}",
    "{\"jsonrpc\":\"2.0 \",\"id\":1,\"method\":\"m\"}",
    "{\"jsonrpc\":null,\"id\":1,\"method\":\"m\"}",
    "{\"id\":1,\"method\":\"m\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":1}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":[\"m\"]}",
    "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"m\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"m\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"m\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"m\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"m\"}",
    "{" REST ",\"params\":[]}",
    "{" REST ",\"params\":[1]}",
    "{" REST ",\"params\":1}",
    "{" REST ",\"params\":\"x\"}",
    "{" REST ",\"params\":null}",
    "{" REST ",\"result\":1}",
    "{" REST ",\"error\":{\"code\":1,\"message\":\"m\"}}",
    "{" REST ",\"extra\":1}",
    "{" REST ",\"\":1}",
    "{" REST ",\"Method\":\"m\"}",
    "{\"jsonrpc\":\"2.0\",\"result\":1}",
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":1}",
    "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"result\":1}",
    "{\"jsonrpc\":\"2.0\",\"id\":[1],\"result\":1}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"params\":{},\"result\":1}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{\"code\":1,"
    "\"message\":\"m\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":1}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":null}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"no\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"message\":\"m\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":\"1\",\"message\":"
    "\"m\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":1}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1.5,\"message\":"
    "\"m\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":2147483648,"
    "\"message\":\"m\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-2147483649,"
    "\"message\":\"m\"}}",
};

/* Lines that are not JSON, or not as strict as we want it (T18). */
static void jsonrpc_parse_refuses_bad_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_json) / sizeof(bad_json[0]); i++) {
        if (judge(bad_json[i]) != P2P_EPROTO) {
            fail_msg("taken: %s", bad_json[i]);
        }
    }
}

/* JSON that is not a JSON-RPC message (T18). */
static void jsonrpc_parse_refuses_bad_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_messages) / sizeof(bad_messages[0]);
         i++) {
        if (judge(bad_messages[i]) != P2P_EPROTO) {
            fail_msg("taken: %s", bad_messages[i]);
        }
    }
}

/* Every cut of a good line is refused. */
static void jsonrpc_parse_every_prefix(void **state)
{
    static const char line[] =
        "{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"method\":\"m\\u00e9\","
        "\"params\":{\"a\":[1,2.5,true,null],\"b\":{\"c\":\"\xc3\xa9\"}}}";
    struct jsonrpc_message m;

    (void)state;
    for (size_t size = 0; size < sizeof(line) - 1; size++) {
        assert_int_equal(parse_bytes(line, size, &m), P2P_EPROTO);
        jsonrpc_close(&m);
    }
    assert_int_equal(parse_bytes(line, sizeof(line) - 1, &m), 0);
    jsonrpc_close(&m);
}

/* A raw NUL anywhere is refused. */
static void jsonrpc_parse_raw_nul(void **state)
{
    char line[] = "{" REST ",\"params\":{\"a\":\"bc\"}}";
    struct jsonrpc_message m;

    (void)state;
    for (size_t i = 0; i < sizeof(line) - 1; i++) {
        char was = line[i];

        line[i] = '\0';
        assert_int_equal(parse_bytes(line, sizeof(line) - 1, &m), P2P_EPROTO);
        jsonrpc_close(&m);
        line[i] = was;
    }
}

/* The id of a bad request is told, so that the error finds its caller. */
static void jsonrpc_parse_bad_request_keeps_id(void **state)
{
    struct jsonrpc_message m;

    (void)state;
    assert_int_equal(
        parse("{\"jsonrpc\":\"2.0\",\"id\":42,\"method\":\"m\",\"params\":[]}",
              &m),
        P2P_EPROTO);
    assert_int_equal(json_integer_value(m.id), 42);
    jsonrpc_close(&m);
    assert_int_equal(parse("{\"id\":\"x\",\"method\":\"m\"}", &m), P2P_EPROTO);
    assert_string_equal(json_string_value(m.id), "x");
    jsonrpc_close(&m);
    assert_int_equal(parse("{\"id\":1.5,\"method\":\"m\"}", &m), P2P_EPROTO);
    assert_null(m.id);
    jsonrpc_close(&m);
}

/* Lengths of id and method. */
static void jsonrpc_parse_lengths(void **state)
{
    char line[300];

    (void)state;
    for (int over = 0; over <= 1; over++) {
        int expected = over ? P2P_EPROTO : 0;

        snprintf(line, sizeof(line),
                 "{\"jsonrpc\":\"2.0\",\"id\":\"%0*d\",\"method\":\"m\"}",
                 JSONRPC_ID_MAX + over, 0);
        assert_int_equal(judge(line), expected);
        snprintf(line, sizeof(line),
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%0*d\"}",
                 JSONRPC_METHOD_MAX + over, 0);
        assert_int_equal(judge(line), expected);
    }
}

/* Append `count` times `text`. */
static void repeat(struct buf *b, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(buf_append_text(b, text), 0);
    }
}

static int judge_nested(size_t depth, const char *open, const char *close)
{
    struct jsonrpc_message m;
    struct buf b;
    int rv;

    buf_init(&b, 64 << 20);
    repeat(&b, "{" REST ",\"params\":{\"a\":", 1);
    repeat(&b, open, depth);
    repeat(&b, "1", 1);
    repeat(&b, close, depth);
    repeat(&b, "}}", 1);
    rv = parse_bytes((char *)buf_head(&b), buf_length(&b), &m);
    jsonrpc_close(&m);
    buf_close(&b);
    return rv;
}

/* The message and params are two levels; the rest may fill JSONRPC_DEPTH. A
 * million levels cost no stack (T18). */
static void jsonrpc_parse_depth(void **state)
{
    (void)state;
    assert_int_equal(judge_nested(JSONRPC_DEPTH - 2, "[", "]"), 0);
    assert_int_equal(judge_nested(JSONRPC_DEPTH - 1, "[", "]"), P2P_EPROTO);
    assert_int_equal(judge_nested(JSONRPC_DEPTH - 2, "{\"a\":", "}"), 0);
    assert_int_equal(judge_nested(JSONRPC_DEPTH - 1, "{\"a\":", "}"),
                     P2P_EPROTO);
    assert_int_equal(judge_nested(1000000, "[", "]"), P2P_EPROTO);
    assert_int_equal(judge_nested(1000000, "{\"a\":", "}"), P2P_EPROTO);
}

/* Brackets inside of strings do not count. */
static void jsonrpc_parse_brackets_in_strings(void **state)
{
    (void)state;
    assert_int_equal(
        judge("{" REST ",\"params\":{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[["
              "{{{{{{{{{{{{{{{{{{{{\\\\\"}}"),
        0);
}

/* The number of values is bounded, because each takes far more memory than its
 * two bytes (T18). */
static void jsonrpc_parse_number_of_values(void **state)
{
    struct jsonrpc_message m;
    struct buf b;

    (void)state;
    buf_init(&b, 64 << 20);
    repeat(&b, "{" REST ",\"params\":{\"a\":[1", 1);
    repeat(&b, ",1", JSONRPC_VALUES_MAX - 10);
    repeat(&b, "]}}", 1);
    assert_int_equal(parse_bytes((char *)buf_head(&b), buf_length(&b), &m), 0);
    jsonrpc_close(&m);
    buf_clear(&b);
    repeat(&b, "{" REST ",\"params\":{\"a\":[[]", 1);
    repeat(&b, ",[]", JSONRPC_VALUES_MAX);
    repeat(&b, "]}}", 1);
    assert_int_equal(parse_bytes((char *)buf_head(&b), buf_length(&b), &m),
                     P2P_EPROTO);
    jsonrpc_close(&m);
    buf_close(&b);
}

/* The error text never quotes the line, which may hold a password. */
static void jsonrpc_parse_error_hides_the_line(void **state)
{
    static const char line[] =
        "{" REST ",\"params\":{\"password\":\"hunter22\"\"}}";
    struct jsonrpc_message m;
    struct err e;

    (void)state;
    assert_int_equal(jsonrpc_parse(line, sizeof(line) - 1, &m, &e), P2P_EPROTO);
    assert_null(strstr(e.text, "hunter"));
    assert_null(strstr(e.text, "password"));
    jsonrpc_close(&m);
}

/* Closing wipes the strings of params, but not those that somebody keeps. */
static void jsonrpc_close_wipes(void **state)
{
    struct jsonrpc_message m;
    json_t *params;
    json_t *kept;

    (void)state;
    assert_int_equal(parse("{" REST ",\"params\":{\"password\":\"hunter22\","
                           "\"user\":\"bob\"}}",
                           &m),
                     0);
    kept = json_incref(json_object_get(m.params, "user"));
    jsonrpc_close(&m);
    assert_string_equal(json_string_value(kept), "bob");
    json_decref(kept);
    assert_int_equal(parse("{" REST ",\"params\":{\"user\":\"bob\"}}", &m), 0);
    params = json_incref(m.params);
    jsonrpc_close(&m);
    assert_string_equal(json_string_value(json_object_get(params, "user")),
                        "bob");
    json_decref(params);
}

/* Lines are cut at newlines, with or without '\r'. */
static void jsonrpc_take_line_cuts(void **state)
{
    struct buf in;
    char *line = NULL;
    size_t length = 99;
    size_t used = 99;

    (void)state;
    buf_init(&in, 1000);
    assert_int_equal(jsonrpc_take_line(&in, 100, &line, &length, &used), 0);
    assert_int_equal(buf_append_text(&in, "ab\r\n\nc\rd\n\r\nrest"), 0);
    assert_int_equal(jsonrpc_take_line(&in, 100, &line, &length, &used), 1);
    assert_int_equal(length, 2);
    assert_memory_equal(line, "ab", 2);
    assert_int_equal(used, 4);
    buf_consume(&in, used);
    assert_int_equal(jsonrpc_take_line(&in, 100, &line, &length, &used), 1);
    assert_int_equal(length, 0);
    buf_consume(&in, used);
    assert_int_equal(jsonrpc_take_line(&in, 100, &line, &length, &used), 1);
    assert_int_equal(length, 3);
    assert_memory_equal(line, "c\rd", 3);
    buf_consume(&in, used);
    assert_int_equal(jsonrpc_take_line(&in, 100, &line, &length, &used), 1);
    assert_int_equal(length, 0);
    assert_int_equal(used, 2);
    buf_consume(&in, used);
    assert_int_equal(jsonrpc_take_line(&in, 100, &line, &length, &used), 0);
    buf_close(&in);
}

/* The limit counts the bytes of the line alone. */
static void jsonrpc_take_line_limit(void **state)
{
    static const struct {
        const char *text;
        int rv;
    } cases[] = {
        {"12345\n", 1},
        {"12345\r\n", 1},
        {"123456\n", P2P_ETOOBIG},
        {"123456\r\n", P2P_ETOOBIG},
        {"12345", 0},
        {"12345\r", 0},
        {"1234567", P2P_ETOOBIG},
        {"1234567\n", P2P_ETOOBIG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf in;
        char *line;
        size_t length;
        size_t used;

        buf_init(&in, 1000);
        assert_int_equal(buf_append_text(&in, cases[i].text), 0);
        assert_int_equal(jsonrpc_take_line(&in, 5, &line, &length, &used),
                         cases[i].rv);
        buf_close(&in);
    }
}

/* Byte by byte the same lines come out, and nothing is searched twice. */
static void jsonrpc_take_long_line_resumes(void **state)
{
    static const char text[] = "first\r\n\nthird line\nx\n";
    static const char *const expected[] = {"first", "", "third line", "x"};
    struct buf in;
    size_t searched = 0;
    size_t count = 0;

    (void)state;
    buf_init(&in, 1000);
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        char *line;
        size_t length;
        size_t used;
        int rv;

        assert_int_equal(buf_append(&in, text + i, 1), 0);
        rv = jsonrpc_take_long_line(&in, 10, &searched, &line, &length, &used);
        if (rv == 0) {
            assert_int_equal(searched, buf_length(&in));
            continue;
        }
        assert_int_equal(rv, 1);
        assert_int_equal(searched, 0);
        assert_int_equal(length, strlen(expected[count]));
        assert_memory_equal(line, expected[count], length);
        buf_consume(&in, used);
        count++;
    }
    assert_int_equal(count, 4);
    buf_close(&in);
}

/* Each kind of line, byte for byte. */
static void jsonrpc_write_golden(void **state)
{
    size_t n;
    char *line;

    (void)state;
    line = jsonrpc_write_request(7, "a.b",
                                 json_pack("{s:s}", "x", "\n\xc3\xa9"), &n);
    assert_string_equal(line,
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"a.b\","
                        "\"params\":{\"x\":\"\\n\xc3\xa9\"}}\n");
    assert_int_equal(n, strlen(line));
    free(line);
    line = jsonrpc_write_notification("push", NULL, &n);
    assert_string_equal(line, "{\"jsonrpc\":\"2.0\",\"method\":\"push\"}\n");
    free(line);
    line = jsonrpc_write_result(json_string("id"), json_object(), &n);
    assert_string_equal(line,
                        "{\"jsonrpc\":\"2.0\",\"id\":\"id\",\"result\":{}}\n");
    free(line);
    line = jsonrpc_write_result(NULL, NULL, &n);
    assert_string_equal(line,
                        "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":null}\n");
    free(line);
    line = jsonrpc_write_error(json_integer(1), P2P_EACCES, "no", &n);
    assert_string_equal(
        line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32003,"
              "\"message\":\"no\",\"data\":{\"code\":\"not_authorised\"}}}\n");
    assert_int_equal(n, strlen(line));
    free(line);
    line = jsonrpc_write_error_data(NULL, P2P_EBUSY, "later",
                                    json_pack("{s:i}", "retry_after", 30), &n);
    assert_string_equal(
        line, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32006,"
              "\"message\":\"later\",\"data\":{\"retry_after\":30,\"code\":"
              "\"busy\"}}}\n");
    free(line);
}

/* What is written is read again with the same meaning. */
static void jsonrpc_write_reads_back(void **state)
{
    struct jsonrpc_message m;
    size_t n;
    char *line;

    (void)state;
    line = jsonrpc_write_request(-5, "m", json_object(), &n);
    assert_int_equal(parse_bytes(line, n - 1, &m), 0);
    assert_int_equal(m.kind, JSONRPC_REQUEST);
    assert_int_equal(json_integer_value(m.id), -5);
    jsonrpc_close(&m);
    free(line);
    /* A text cut in the middle of a character must not lose the answer. */
    line = jsonrpc_write_error(json_integer(1), P2P_EINVAL, "caf\xc3", &n);
    assert_int_equal(parse_bytes(line, n - 1, &m), 0);
    assert_int_equal(m.kind, JSONRPC_ERROR);
    assert_int_equal(m.error_code, -32602);
    assert_string_equal(m.error_message, "caf\xef\xbf\xbd");
    assert_string_equal(m.error_word, err_word(P2P_EINVAL));
    jsonrpc_close(&m);
    free(line);
}

/* Every code has its own number, in the range that JSON-RPC leaves. */
static void jsonrpc_error_number_is_unique(void **state)
{
    static const int codes[] = {
#define CODE(name, number, word, text) P2P_##name,
        ERR_CODES(CODE)
#undef CODE
    };
    const size_t count = sizeof(codes) / sizeof(codes[0]);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        int number = jsonrpc_error_number(codes[i]);

        assert_true((number <= -32600 && number >= -32603) ||
                    (number < -32000 && number > -32100));
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(number, jsonrpc_error_number(codes[j]));
        }
    }
    assert_int_equal(jsonrpc_error_number(P2P_EACCES), -32003);
    assert_int_equal(jsonrpc_error_number(12345), -32603);
}

static json_t *make_object(void)
{
    json_error_t why;
    json_t *o = json_loads("{\"t\":\"text\",\"e\":\"\",\"i\":7,\"n\":null,"
                           "\"b\":true,\"f\":false,\"r\":1.5,\"o\":{},"
                           "\"h\":\"00fF\",\"x\":\"zz00\",\"s\":\"AAEC\","
                           "\"z\":\"AAE\"}",
                           0, &why);

    assert_non_null(o);
    return o;
}

/* Texts: type, length, missing, null. */
static void jsonrpc_get_text_checks(void **state)
{
    json_t *o = make_object();
    const char *text = "before";
    struct err e;

    (void)state;
    assert_int_equal(jsonrpc_get_text(o, "t", true, 4, &text, &e), 0);
    assert_string_equal(text, "text");
    assert_int_equal(jsonrpc_get_text(o, "e", true, 4, &text, &e), 0);
    assert_string_equal(text, "");
    assert_int_equal(jsonrpc_get_text(o, "t", true, 3, &text, &e), P2P_EINVAL);
    assert_string_equal(e.text, "parameter t is longer than 3 bytes");
    assert_int_equal(jsonrpc_get_text(o, "i", false, 9, &text, &e), P2P_EINVAL);
    assert_string_equal(e.text, "parameter i must be a string");
    assert_int_equal(jsonrpc_get_text(o, "q", true, 9, &text, &e), P2P_EINVAL);
    assert_string_equal(e.text, "parameter q is missing");
    assert_int_equal(jsonrpc_get_text(o, "n", true, 9, &text, &e), P2P_EINVAL);
    text = "kept";
    assert_int_equal(jsonrpc_get_text(o, "q", false, 9, &text, &e), 0);
    assert_int_equal(jsonrpc_get_text(o, "n", false, 9, &text, &e), 0);
    assert_int_equal(jsonrpc_get_text(NULL, "t", false, 9, &text, &e), 0);
    assert_string_equal(text, "kept");
    assert_int_equal(jsonrpc_get_text(NULL, "t", true, 9, &text, &e),
                     P2P_EINVAL);
    json_decref(o);
}

/* Integers: type and range. */
static void jsonrpc_get_integer_checks(void **state)
{
    json_t *o = make_object();
    int64_t n = 0;
    struct err e;

    (void)state;
    assert_int_equal(jsonrpc_get_integer(o, "i", true, 7, 7, &n, &e), 0);
    assert_int_equal(n, 7);
    assert_int_equal(jsonrpc_get_integer(o, "i", true, 8, 9, &n, &e),
                     P2P_EINVAL);
    assert_string_equal(e.text, "parameter i must be from 8 to 9");
    assert_int_equal(jsonrpc_get_integer(o, "i", true, 0, 6, &n, &e),
                     P2P_EINVAL);
    assert_int_equal(jsonrpc_get_integer(o, "r", true, 0, 9, &n, &e),
                     P2P_EINVAL);
    assert_int_equal(jsonrpc_get_integer(o, "t", false, 0, 9, &n, &e),
                     P2P_EINVAL);
    assert_int_equal(jsonrpc_get_integer(o, "b", false, 0, 9, &n, &e),
                     P2P_EINVAL);
    assert_int_equal(jsonrpc_get_integer(o, "q", false, 0, 9, &n, &e), 0);
    assert_int_equal(jsonrpc_get_integer(o, "q", true, 0, 9, &n, &e),
                     P2P_EINVAL);
    assert_int_equal(n, 7);
    json_decref(o);
}

/* Truth values. */
static void jsonrpc_get_bool_checks(void **state)
{
    json_t *o = make_object();
    bool b = false;
    struct err e;

    (void)state;
    assert_int_equal(jsonrpc_get_bool(o, "b", &b, &e), 0);
    assert_true(b);
    assert_int_equal(jsonrpc_get_bool(o, "q", &b, &e), 0);
    assert_true(b);
    assert_int_equal(jsonrpc_get_bool(o, "f", &b, &e), 0);
    assert_false(b);
    assert_int_equal(jsonrpc_get_bool(o, "i", &b, &e), P2P_EINVAL);
    assert_string_equal(e.text, "parameter i must be true or false");
    json_decref(o);
}

/* Hex of an exact length, and base64 up to a length. */
static void jsonrpc_get_bytes_checks(void **state)
{
    json_t *o = make_object();
    uint8_t two[2] = {9, 9};
    uint8_t *data = NULL;
    size_t size = 0;
    struct err e;

    (void)state;
    assert_int_equal(jsonrpc_get_hex(o, "h", two, 2, &e), 0);
    assert_int_equal(two[0], 0);
    assert_int_equal(two[1], 255);
    assert_int_equal(jsonrpc_get_hex(o, "x", two, 2, &e), P2P_EINVAL);
    assert_string_equal(e.text, "parameter x must be 4 hexadecimal digits");
    assert_int_equal(jsonrpc_get_hex(o, "h", two, 1, &e), P2P_EINVAL);
    assert_int_equal(jsonrpc_get_hex(o, "q", two, 2, &e), P2P_EINVAL);
    assert_int_equal(jsonrpc_get_hex(o, "i", two, 2, &e), P2P_EINVAL);
    assert_int_equal(jsonrpc_get_base64(o, "s", 3, &data, &size, &e), 0);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "\0\1\2", 3);
    free(data);
    assert_int_equal(jsonrpc_get_base64(o, "s", 2, &data, &size, &e),
                     P2P_EINVAL);
    assert_string_equal(e.text, "parameter s is longer than 2 bytes");
    assert_int_equal(jsonrpc_get_base64(o, "z", 9, &data, &size, &e),
                     P2P_EINVAL);
    assert_string_equal(e.text, "parameter z must be base64");
    assert_int_equal(jsonrpc_get_base64(o, "q", 9, &data, &size, &e),
                     P2P_EINVAL);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jsonrpc_parse_request),
        cmocka_unit_test(jsonrpc_parse_notification),
        cmocka_unit_test(jsonrpc_parse_answers),
        cmocka_unit_test(jsonrpc_parse_refuses_bad_json),
        cmocka_unit_test(jsonrpc_parse_refuses_bad_messages),
        cmocka_unit_test(jsonrpc_parse_every_prefix),
        cmocka_unit_test(jsonrpc_parse_raw_nul),
        cmocka_unit_test(jsonrpc_parse_bad_request_keeps_id),
        cmocka_unit_test(jsonrpc_parse_lengths),
        cmocka_unit_test(jsonrpc_parse_depth),
        cmocka_unit_test(jsonrpc_parse_brackets_in_strings),
        cmocka_unit_test(jsonrpc_parse_number_of_values),
        cmocka_unit_test(jsonrpc_parse_error_hides_the_line),
        cmocka_unit_test(jsonrpc_close_wipes),
        cmocka_unit_test(jsonrpc_take_line_cuts),
        cmocka_unit_test(jsonrpc_take_line_limit),
        cmocka_unit_test(jsonrpc_take_long_line_resumes),
        cmocka_unit_test(jsonrpc_write_golden),
        cmocka_unit_test(jsonrpc_write_reads_back),
        cmocka_unit_test(jsonrpc_error_number_is_unique),
        cmocka_unit_test(jsonrpc_get_text_checks),
        cmocka_unit_test(jsonrpc_get_integer_checks),
        cmocka_unit_test(jsonrpc_get_bool_checks),
        cmocka_unit_test(jsonrpc_get_bytes_checks),
    };
    return cmocka_run_group_tests_name("wire/jsonrpc", tests, NULL, NULL);
}
