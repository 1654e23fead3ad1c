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
#include "util/clock.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/httpreq.h"

static struct httpreq request; /* too large for some stacks */

/* Parse a copy that ends where the text ends, so that a read past the end is
 * seen by the address sanitizer. */
static int parse_bytes(const char *text, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    int rv;

    memcpy(copy, text, size);
    memset(&request, 'x', sizeof(request));
    rv = httpreq_parse(copy, size, &request);
    if (rv <= 0) { /* untouched on failure */
        assert_int_equal(request.method[0], 'x');
    }
    free(copy);
    return rv;
}

static int parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

/* What scrapers and browsers send. */
static void httpreq_parse_get(void **state)
{
    static const char text[] = "GET /metrics?a=1&b=%20 HTTP/1.1\r\n"
                               "Host: localhost:16667\r\n"
                               "User-Agent: Prometheus/2.42.0\r\n"
                               "Accept: text/plain;version=0.0.4;q=1,*/*\r\n"
                               "Accept-Encoding: gzip\r\n"
                               "\r\n";

    (void)state;
    assert_int_equal(parse(text), sizeof(text) - 1);
    assert_string_equal(request.method, "GET");
    assert_string_equal(request.path, "/metrics");
    assert_string_equal(request.query, "a=1&b=%20");
    assert_true(request.keep_alive);
}

/* Only one request is taken; the rest stays for the next call. */
static void httpreq_parse_pipelined(void **state)
{
    static const char one[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
    char *two = mem_printf("%s%s", one, "GET /b HTTP/1.1\r\n");

    (void)state;
    assert_int_equal(parse(two), sizeof(one) - 1);
    assert_string_equal(request.path, "/a");
    assert_string_equal(request.query, "");
    free(two);
}

/* Every cut waits for more, byte by byte. */
static void httpreq_parse_every_prefix(void **state)
{
    static const char text[] =
        "HEAD /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

    (void)state;
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        assert_int_equal(parse_bytes(text, size), 0);
    }
    assert_int_equal(parse(text), sizeof(text) - 1);
    assert_string_equal(request.method, "HEAD");
    assert_true(request.keep_alive);
}

/* Who keeps the connection (RFC 9112 9.3). */
static void httpreq_parse_keep_alive(void **state)
{
    static const struct {
        const char *text;
        bool keep;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: a, CLOSE ,b\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection:\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n"
         "Connection: close\r\n\r\n",
         false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
        {"GET / HTTP/1.2\r\nHost: x\r\n\r\n", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse(cases[i].text), strlen(cases[i].text));
        assert_int_equal(request.keep_alive, cases[i].keep);
    }
}

/* Targets and the path they mean. */
static void httpreq_parse_targets(void **state)
{
    static const struct {
        const char *target, *path, *query; /* path NULL: refused */
    } cases[] = {
        {"/", "/", ""},
        {"/a/b.c~d", "/a/b.c~d", ""},
        {"/%61%2F%7e", "/a/~", ""},
        {"/%41%4a%4A", "/AJJ", ""},
        {"/%e2%82%ac", "/\xe2\x82\xac", ""},
        {"/a?", "/a", ""},
        {"/a?b?c", "/a", "b?c"},
        {"/?%zz", "/", "%zz"},
        {"http://host/x?y", "/x", "y"},
        {"HTTP://host:80/", "/", ""},
        {"http://host", "/", ""},
        {"//x", "//x", ""},
        {"", NULL, NULL},
        {"*", NULL, NULL},
        {"a", NULL, NULL},
        {"host:80", NULL, NULL},
        {"https://host/", NULL, NULL},
        {"/a#b", NULL, NULL},
        {"/%", NULL, NULL},
        {"/%4", NULL, NULL},
        {"/%4g", NULL, NULL},
        {"/%g4", NULL, NULL},
        {"/%-1", NULL, NULL},
        {"/%00", NULL, NULL},
        {"/%0a", NULL, NULL},
        {"/%0d%0aX:", NULL, NULL},
        {"/%1f", NULL, NULL},
        {"/%7f", NULL, NULL},
        {"/\x80", NULL, NULL},
        {"/\xff", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text =
            mem_printf("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", cases[i].target);
        int rv = parse(text);

        if (cases[i].path == NULL) {
            assert_int_equal(rv, -400);
        } else {
            assert_int_equal(rv, strlen(text));
            assert_string_equal(request.path, cases[i].path);
            assert_string_equal(request.query, cases[i].query);
        }
        free(text);
    }
}

/* Everything that breaks RFC 9112, or that two programs could read in two
 * ways, and the answer it gets. */
static void httpreq_parse_refuses(void **state)
{
    static const struct {
        const char *text;
        int rv;
    } cases[] = {
        {"\r\n", -400},
        {"\n", -400},
        {" GET / HTTP/1.1\r\n", -400},
        {"GET\r\n", -400},
        {"GET /\r\n", -400},
        {"GET / \r\n", -400},
        {"GET  / HTTP/1.1\r\n", -400},
        {"GET / HTTP/1.1 \r\n", -400},
        {"GET / HTTP/1.1\n", -400},
        {"GET / HTTP/1.1\rX", -400},
        {"GET\t/ HTTP/1.1\r\n", -400},
        {"GET / \tHTTP/1.1\r\n", -400},
        {"GET / http/1.1\r\n", -400},
        {"GET / HTTP/11\r\n", -400},
        {"GET / HTTP/1.10\r\n", -400},
        {"GET / HTTP/1.\r\n", -400},
        {"GET / HTTP/a.b\r\n", -400},
        {"GET / HTTP/2.0\r\n", -505},
        {"GET / HTTP/0.9\r\n", -505},
        {"GET / HTTP/3.0\r\n", -505},
        {"G(T / HTTP/1.1\r\n", -400},
        {"G\xc3T / HTTP/1.1\r\n", -400},
        {"G\x01T", -400},
        {"GET /\x7f", -400},
        {"ABCDEFGHIJKLMNOP / HTTP/1.1\r\n", -501},
        {"\x16\x03\x01\x02", -400},       /* TLS */
        {"GET / HTTP/1.1\r\n\r\n", -400}, /* no Host */
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", -400},
        {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a b\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: u@a\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a,b\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: \xc3\xa9\r\n", -400},
        {"GET / HTTP/1.1\r\nHost : a\r\n", -400},
        {"GET / HTTP/1.1\r\n Host: a\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a\r\n\tfolded\r\n", -400},
        {"GET / HTTP/1.1\r\nHost\r\n", -400},
        {"GET / HTTP/1.1\r\n: a\r\n", -400},
        {"GET / HTTP/1.1\r\nA b: c\r\n", -400},
        {"GET / HTTP/1.1\r\nA: b\nC: d\r\n", -400},
        {"GET / HTTP/1.1\r\nA: b\rC: d\r\n", -400},
        {"GET / HTTP/1.1\r\nA: \x01\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", -400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
         "Content-Length: 0\r\n\r\n",
         -400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
         "Transfer-Encoding: chunked\r\n\r\n",
         -400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", -413},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
         "99999999999999999999999\r\n\r\n",
         -413},
        {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", -411},
        {"PUT / HTTP/1.1\r\nHost: a\r\n\r\n", -411},
        {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
         -501},
        {"GET / HTTP/1.1\r\nHost: a\r\ntransfer-ENCODING: identity\r\n\r\n",
         -501},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (parse(cases[i].text) != cases[i].rv) {
            fail_msg("%d, not %d: %s", parse(cases[i].text), cases[i].rv,
                     cases[i].text);
        }
    }
}

/* A body of no bytes is none; a POST then reaches the method table. */
static void httpreq_parse_empty_body(void **state)
{
    (void)state;
    assert_true(
        parse("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n") > 0);
    assert_true(
        parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 000\r\n\r\n") > 0);
    assert_string_equal(request.method, "POST");
}

/* A raw NUL is refused wherever it stands. */
static void httpreq_parse_raw_nul(void **state)
{
    char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        char was = text[i];

        text[i] = '\0';
        assert_int_equal(parse_bytes(text, sizeof(text) - 1), -400);
        text[i] = was;
    }
}

/* Text of `size` bytes in front of `tail`. */
static char *padded(const char *head, char pad, size_t size, const char *tail)
{
    size_t length = strlen(head);
    char *text = mem_alloc(size + strlen(tail) + 1);

    memset(text, pad, size);
    memcpy(text, head, length);
    memcpy(text + size, tail, strlen(tail) + 1);
    return text;
}

/* The limit of the request line, with and without its end. */
static void httpreq_parse_long_line(void **state)
{
    char *text;

    (void)state;
    text = padded("GET /", 'a', HTTPREQ_LINE_MAX - 10,
                  " HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(parse(text), strlen(text));
    free(text);
    text = padded("GET /", 'a', HTTPREQ_LINE_MAX - 9,
                  " HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(parse(text), -414);
    free(text);
    text = padded("GET /", 'a', HTTPREQ_LINE_MAX, "");
    assert_int_equal(parse(text), 0);
    free(text);
    text = padded("GET /", 'a', HTTPREQ_LINE_MAX + 1, "");
    assert_int_equal(parse(text), -414);
    free(text);
}

/* The limit of the whole head, and of the number of fields. */
static void httpreq_parse_large_head(void **state)
{
    struct buf b;
    char *text;

    (void)state;
    text = padded("GET / HTTP/1.1\r\nHost: x\r\nA: ", 'a', HTTPREQ_HEAD_MAX - 4,
                  "\r\n\r\n");
    assert_int_equal(parse(text), strlen(text));
    free(text);
    text = padded("GET / HTTP/1.1\r\nHost: x\r\nA: ", 'a', HTTPREQ_HEAD_MAX - 3,
                  "\r\n\r\n");
    assert_int_equal(parse(text), -431);
    free(text);
    text = padded("GET / HTTP/1.1\r\nHost: x\r\nA: ", 'a', HTTPREQ_HEAD_MAX + 1,
                  "");
    assert_int_equal(parse(text), -431);
    free(text);
    for (int extra = 0; extra <= 1; extra++) {
        buf_init(&b, HTTPREQ_HEAD_MAX);
        assert_int_equal(buf_append_text(&b, "GET / HTTP/1.1\r\nHost: x\r\n"),
                         0);
        for (int i = 1; i < HTTPREQ_FIELDS_MAX + extra; i++) {
            assert_int_equal(buf_append_text(&b, "A:\r\n"), 0);
        }
        assert_int_equal(buf_append_text(&b, "\r\n"), 0);
        assert_int_equal(parse_bytes((char *)buf_head(&b), buf_length(&b)),
                         extra ? -431 : (int)buf_length(&b));
        buf_close(&b);
    }
}

/* An answer byte for byte; the date does not depend on the locale. */
static void httpreq_answer_golden(void **state)
{
    struct buf b;

    (void)state;
    clock_freeze(0, 784111777);
    buf_init(&b, 10000);
    assert_true(parse("GET / HTTP/1.1\r\nHost: x\r\n\r\n") > 0);
    assert_int_equal(httpreq_answer(&b, &request, 200, "text/plain", "ok\n", 3),
                     0);
    assert_int_equal(buf_append(&b, "", 1), 0);
    assert_string_equal((char *)buf_head(&b),
                        "HTTP/1.1 200 OK\r\n"
                        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                        "Content-Type: text/plain\r\n"
                        "Content-Length: 3\r\n"
                        "Cache-Control: no-store\r\n"
                        "X-Content-Type-Options: nosniff\r\n"
                        "Connection: keep-alive\r\n\r\nok\n");
    buf_clear(&b);
    assert_true(parse("HEAD / HTTP/1.0\r\n\r\n") > 0);
    assert_int_equal(httpreq_answer(&b, &request, 404, "text/plain", "no\n", 3),
                     0);
    assert_int_equal(buf_append(&b, "", 1), 0);
    assert_string_equal((char *)buf_head(&b),
                        "HTTP/1.1 404 Not Found\r\n"
                        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                        "Content-Type: text/plain\r\n"
                        "Content-Length: 3\r\n"
                        "Cache-Control: no-store\r\n"
                        "X-Content-Type-Options: nosniff\r\n"
                        "Connection: close\r\n\r\n");
    buf_close(&b);
    clock_thaw();
}

/* Error answers close the connection; 405 tells what is allowed. */
static void httpreq_answer_error_golden(void **state)
{
    static const int statuses[] = {400, 404, 408, 411, 413, 414,
                                   429, 431, 500, 501, 503, 505};
    struct buf b;

    (void)state;
    clock_freeze(0, 784111777);
    buf_init(&b, 10000);
    assert_int_equal(httpreq_answer_error(&b, 405, "GET, HEAD"), 0);
    assert_int_equal(buf_append(&b, "", 1), 0);
    assert_string_equal((char *)buf_head(&b),
                        "HTTP/1.1 405 Method Not Allowed\r\n"
                        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                        "Allow: GET, HEAD\r\n"
                        "Content-Type: text/plain\r\n"
                        "Content-Length: 19\r\n"
                        "Connection: close\r\n\r\nMethod Not Allowed\n");
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        buf_clear(&b);
        assert_int_equal(httpreq_answer_error(&b, statuses[i], NULL), 0);
        assert_int_equal(buf_append(&b, "", 1), 0);
        assert_null(strstr((char *)buf_head(&b), "Unknown"));
        assert_null(strstr((char *)buf_head(&b), "Allow:"));
    }
    buf_close(&b);
    clock_thaw();
}

/* A buffer without room stays as it was. */
static void httpreq_answer_full_buffer(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    assert_true(parse("GET / HTTP/1.0\r\n\r\n") > 0);
    assert_int_equal(httpreq_answer(&b, &request, 200, "text/plain",
                                    request.path, sizeof(request.path)),
                     P2P_ETOOBIG);
    assert_int_equal(buf_length(&b), 0);
    buf_close(&b);
    buf_init(&b, 100);
    assert_int_equal(httpreq_answer_error(&b, 500, NULL), P2P_ETOOBIG);
    assert_int_equal(buf_length(&b), 0);
    buf_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(httpreq_parse_get),
        cmocka_unit_test(httpreq_parse_pipelined),
        cmocka_unit_test(httpreq_parse_every_prefix),
        cmocka_unit_test(httpreq_parse_keep_alive),
        cmocka_unit_test(httpreq_parse_targets),
        cmocka_unit_test(httpreq_parse_refuses),
        cmocka_unit_test(httpreq_parse_empty_body),
        cmocka_unit_test(httpreq_parse_raw_nul),
        cmocka_unit_test(httpreq_parse_long_line),
        cmocka_unit_test(httpreq_parse_large_head),
        cmocka_unit_test(httpreq_answer_golden),
        cmocka_unit_test(httpreq_answer_error_golden),
        cmocka_unit_test(httpreq_answer_full_buffer),
    };
    return cmocka_run_group_tests_name("wire/httpreq", tests, NULL, NULL);
}
