/* Lines come out the same however they arrive; a message that is taken can be
 * written and read again with the same meaning; getters keep their limits. */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/jsonrpc.h"

enum { LINE_MAX_HERE = 4096 };

/* Ask every getter for every member. */
static void check_getters(json_t *object)
{
    const char *name;
    json_t *value;
    struct err e;

    json_object_foreach(object, name, value)
    {
        const char *text = NULL;
        int64_t n = 0;
        bool flag = false;
        uint8_t two[2];
        uint8_t *data = NULL;
        size_t size = 0;

        if (jsonrpc_get_text(object, name, true, 5, &text, &e) == 0) {
            REQUIRE(text != NULL && strlen(text) <= 5);
        }
        if (jsonrpc_get_integer(object, name, true, -3, 9, &n, &e) == 0) {
            REQUIRE(n >= -3 && n <= 9 && n == json_integer_value(value));
        }
        if (jsonrpc_get_bool(object, name, &flag, &e) == 0) {
            REQUIRE(!flag || json_is_true(value));
        }
        if (jsonrpc_get_hex(object, name, two, sizeof(two), &e) == 0) {
            REQUIRE(json_string_length(value) == 2 * sizeof(two));
        }
        if (jsonrpc_get_base64(object, name, 6, &data, &size, &e) == 0) {
            REQUIRE(size <= 6 && json_string_length(value) <= 8);
            free(data);
        }
    }
}

/* Write a taken message from its parts. */
static char *write_again(const struct jsonrpc_message *m, size_t *length)
{
    switch (m->kind) {
    case JSONRPC_REQUEST:
        if (!json_is_integer(m->id)) {
            return NULL; /* we only make integers */
        }
        return jsonrpc_write_request(json_integer_value(m->id), m->method,
                                     json_incref(m->params), length);
    case JSONRPC_NOTIFICATION:
        return jsonrpc_write_notification(m->method, json_incref(m->params),
                                          length);
    case JSONRPC_RESULT:
        return jsonrpc_write_result(json_incref(m->id), json_incref(m->result),
                                    length);
    case JSONRPC_ERROR:
        break;
    }
    return jsonrpc_write_error(
        json_incref(m->id),
        m->error_word != NULL ? err_from_word(m->error_word) : P2P_EINTERNAL,
        m->error_message, length);
}

static void check_round_trip(const struct jsonrpc_message *m)
{
    struct jsonrpc_message again;
    struct err e;
    size_t length = 0;
    char *line = write_again(m, &length);

    if (line == NULL) {
        return;
    }
    REQUIRE(length > 0 && strlen(line) == length);
    REQUIRE(strchr(line, '\n') == line + length - 1); /* one line */
    REQUIRE(jsonrpc_parse(line, length - 1, &again, &e) == 0);
    REQUIRE(again.kind == m->kind);
    if (m->kind != JSONRPC_ERROR) {
        REQUIRE(json_equal(again.root, m->root));
    }
    jsonrpc_close(&again);
    free(line);
}

static void check_line(const char *line, size_t length)
{
    struct jsonrpc_message m;
    struct err e = {0};
    int rv = jsonrpc_parse(line, length, &m, &e);

    REQUIRE(rv == 0 || rv == P2P_EPROTO);
    REQUIRE(rv == 0 || (e.code == rv && e.text[0] != '\0'));
    if (rv == 0) {
        REQUIRE((m.kind == JSONRPC_REQUEST) ==
                (m.method != NULL && m.id != NULL));
        REQUIRE(m.method == NULL || strlen(m.method) <= JSONRPC_METHOD_MAX);
        REQUIRE(m.params == NULL || json_is_object(m.params));
        check_round_trip(&m);
        check_getters(m.params);
    }
    jsonrpc_close(&m);
}

/* Cut the input into lines while it arrives in steps of `step`, and write them
 * one after the other, each with its length, to `out`. */
static void cut(const uint8_t *data, size_t size, size_t step, struct buf *out)
{
    struct buf in;
    size_t searched = 0;
    char *line = NULL;
    size_t length = 0;
    size_t used = 0;
    size_t at = 0;
    int rv = 0;

    buf_init(&in, size);
    while (at < size && rv >= 0) {
        size_t n = step < size - at ? step : size - at;

        REQUIRE(buf_append(&in, data + at, n) == 0);
        at += n;
        while ((rv = jsonrpc_take_long_line(&in, LINE_MAX_HERE, &searched,
                                            &line, &length, &used)) == 1) {
            REQUIRE(length <= LINE_MAX_HERE && length < used);
            REQUIRE(memchr(line, '\n', length) == NULL);
            REQUIRE(buf_append(out, &length, sizeof(length)) == 0);
            REQUIRE(buf_append(out, line, length) == 0);
            if (step == SIZE_MAX) {
                check_line(line, length);
            }
            buf_consume(&in, used);
        }
    }
    buf_close(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole;
    struct buf steps;

    if (size > 1 << 16) {
        return 0;
    }
    check_line((const char *)data, size);
    buf_init(&whole, SIZE_MAX / 4);
    buf_init(&steps, SIZE_MAX / 4);
    cut(data, size, SIZE_MAX, &whole);
    cut(data, size, size % 7 + 1, &steps);
    REQUIRE(buf_length(&whole) == buf_length(&steps));
    REQUIRE(buf_length(&whole) == 0 ||
            memcmp(buf_head(&whole), buf_head(&steps), buf_length(&whole)) ==
                0);
    buf_close(&whole);
    buf_close(&steps);
    return 0;
}
