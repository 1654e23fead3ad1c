#include "config.h"

#include "wire/jsonrpc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/mem.h"
#include "util/text.h"

enum { SECRET_MAX = 4096 /* bytes; longer strings are manifests */ };

/* JSON-RPC reserves -32768..-32000; below -32000 servers choose their own.
 * Numbers never change their meaning: p2p-protocol(7) lists them. */
static const struct {
    int code;
    int number;
} numbers[] = {
    {P2P_EPROTO, -32600},    {P2P_ENOTSUP, -32601},    {P2P_EINVAL, -32602},
    {P2P_EINTERNAL, -32603}, {P2P_ENOENT, -32001},     {P2P_EEXIST, -32002},
    {P2P_EACCES, -32003},    {P2P_EAUTH, -32004},      {P2P_ENOTLOGIN, -32005},
    {P2P_EBUSY, -32006},     {P2P_ETOOBIG, -32007},    {P2P_EFULL, -32008},
    {P2P_ENOSPC, -32009},    {P2P_ENOTRACKER, -32010}, {P2P_ETIMEDOUT, -32011},
    {P2P_ERANGE, -32012},    {P2P_EVERIFY, -32013},    {P2P_ECANCELED, -32014},
    {P2P_EAGAIN, -32015},    {P2P_EIO, -32016},        {P2P_ECLOSED, -32017},
    {P2P_EPIN, -32018},      {P2P_ETLS, -32019},       {P2P_EUSAGE, -32020},
    {P2P_ECONNECT, -32021},
};

int jsonrpc_take_long_line(struct buf *in, size_t max, size_t *searched,
                           char **line, size_t *length, size_t *used)
{
    char *head = (char *)buf_head(in);
    size_t have = buf_length(in);
    size_t from = *searched < have ? *searched : have;
    char *newline = NULL;
    size_t size;

    if (have > from) {
        newline = memchr(head + from, '\n', have - from);
    }
    size = newline != NULL ? (size_t)(newline - head) : have;
    if (newline != NULL && size > 0 && head[size - 1] == '\r') {
        size--;
    }
    if (size > max + (newline == NULL)) { /* the last byte may be the '\r' */
        return P2P_ETOOBIG;
    }
    if (newline == NULL) {
        *searched = have;
        return 0;
    }
    *searched = 0;
    *line = head;
    *length = size;
    *used = (size_t)(newline - head) + 1;
    return 1;
}

int jsonrpc_take_line(struct buf *in, size_t max, char **line, size_t *length,
                      size_t *used)
{
    size_t searched = 0;

    return jsonrpc_take_long_line(in, max, &searched, line, length, used);
}

/* The end of the string whose opening quote is at `at`, or NULL. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '"') {
            return at + 1;
        }
        if (*at == '\\' && end - at > 1) {
            at++;
        }
    }
    return NULL;
}

/* Bound what the parser will build: depth, which it would follow by recursion,
 * and the number of values. Syntax is the parser's task. */
static int check_shape(const char *line, size_t length, struct err *e)
{
    const char *end = line + length;
    const char *at = line;
    int depth = 0;
    long values = 1;

    while (at != NULL && at < end) {
        switch (*at) {
        case '"':
            at = skip_string(at, end);
            continue;
        case '{':
        case '[':
            depth++;
            values++;
            break;
        case '}':
        case ']':
            depth--;
            break;
        case ',':
            values++;
            break;
        default:
            break;
        }
        if (depth > JSONRPC_DEPTH) {
            return err_set(e, P2P_EPROTO, "JSON nests deeper than %d",
                           JSONRPC_DEPTH);
        }
        if (values > JSONRPC_VALUES_MAX) {
            return err_set(e, P2P_EPROTO, "JSON has more than %d values",
                           JSONRPC_VALUES_MAX);
        }
        at++;
    }
    return 0;
}

/* Refuse members that JSON-RPC does not know. */
static int check_members(json_t *root, struct err *e)
{
    static const char *const known[] = {"jsonrpc", "id",     "method",
                                        "params",  "result", "error"};
    const char *name;
    json_t *value;

    json_object_foreach(root, name, value)
    {
        bool is_known = false;

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            is_known = is_known || strcmp(name, known[i]) == 0;
        }
        if (!is_known) {
            return err_set(e, P2P_EPROTO,
                           "the message has a member that is not JSON-RPC");
        }
    }
    return 0;
}

/* Take the id when it is one: an integer or a short string. */
static bool read_id(struct jsonrpc_message *m)
{
    json_t *id = json_object_get(m->root, "id");

    if (json_is_integer(id) ||
        (json_is_string(id) && json_string_length(id) <= JSONRPC_ID_MAX)) {
        m->id = id;
    }
    return m->id != NULL || id == NULL;
}

/* Classify a message with "method". */
static int read_call(struct jsonrpc_message *m, json_t *method, bool id_is_ok,
                     struct err *e)
{
    json_t *params = json_object_get(m->root, "params");

    if (!id_is_ok) {
        return err_set(e, P2P_EPROTO,
                       "id must be an integer or a string of at most %d bytes",
                       JSONRPC_ID_MAX);
    }
    if (!json_is_string(method) || json_string_length(method) == 0 ||
        json_string_length(method) > JSONRPC_METHOD_MAX) {
        return err_set(e, P2P_EPROTO,
                       "method must be a string of 1 to %d bytes",
                       JSONRPC_METHOD_MAX);
    }
    if (params != NULL && !json_is_object(params)) {
        return err_set(e, P2P_EPROTO, "params must be an object");
    }
    if (json_object_get(m->root, "result") != NULL ||
        json_object_get(m->root, "error") != NULL) {
        return err_set(e, P2P_EPROTO, "a call has neither result nor error");
    }
    m->kind = m->id != NULL ? JSONRPC_REQUEST : JSONRPC_NOTIFICATION;
    m->method = json_string_value(method);
    m->params = params;
    return 0;
}

/* Read the members of an error object. */
static int read_error(struct jsonrpc_message *m, json_t *error, struct err *e)
{
    json_t *code = json_object_get(error, "code");
    json_t *message = json_object_get(error, "message");
    json_t *data = json_object_get(error, "data");

    if (!json_is_integer(code) || !json_is_string(message) ||
        json_integer_value(code) < INT32_MIN ||
        json_integer_value(code) > INT32_MAX) {
        return err_set(e, P2P_EPROTO, "an error needs a code and a message");
    }
    m->kind = JSONRPC_ERROR;
    m->error_code = (int)json_integer_value(code);
    m->error_message = json_string_value(message);
    if (json_is_object(data)) {
        m->error_data = data;
        m->error_word = json_string_value(json_object_get(data, "code"));
    }
    return 0;
}

/* Classify a message without "method". */
static int read_answer(struct jsonrpc_message *m, bool id_is_ok, struct err *e)
{
    json_t *id = json_object_get(m->root, "id");
    json_t *error = json_object_get(m->root, "error");
    json_t *result = json_object_get(m->root, "result");

    if ((error == NULL) == (result == NULL) ||
        json_object_get(m->root, "params") != NULL) {
        return err_set(e, P2P_EPROTO, "neither a call nor an answer");
    }
    if (id == NULL || (!id_is_ok && !(json_is_null(id) && error != NULL))) {
        return err_set(e, P2P_EPROTO, "an answer without a valid id");
    }
    if (error != NULL) {
        return read_error(m, error, e);
    }
    m->kind = JSONRPC_RESULT;
    m->result = result;
    return 0;
}

int jsonrpc_parse(const char *line, size_t length, struct jsonrpc_message *out,
                  struct err *e)
{
    json_error_t why;
    json_t *method;
    const char *version;
    bool id_is_ok;
    int rv;

    memset(out, 0, sizeof(*out));
    rv = check_shape(line, length, e);
    if (rv < 0) {
        return rv;
    }
    out->root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
    if (out->root == NULL) {
        /* The parser's own text quotes the line, which may hold a password. */
        return err_set(e, P2P_EPROTO, "not valid JSON at byte %d",
                       why.position);
    }
    if (!json_is_object(out->root)) {
        return err_set(e, P2P_EPROTO, "the message is not an object");
    }
    id_is_ok = read_id(out);
    version = json_string_value(json_object_get(out->root, "jsonrpc"));
    if (version == NULL || strcmp(version, "2.0") != 0) {
        return err_set(e, P2P_EPROTO, "jsonrpc must be \"2.0\"");
    }
    rv = check_members(out->root, e);
    if (rv < 0) {
        return rv;
    }
    method = json_object_get(out->root, "method");
    if (method != NULL) {
        return read_call(out, method, id_is_ok, e);
    }
    return read_answer(out, id_is_ok, e);
}

/* Overwrite the strings of an object that nobody else holds: passwords and
 * tokens are direct members of params and result. */
static void wipe_strings(json_t *object)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object) || object->refcount != 1) {
        return;
    }
    json_object_foreach(object, name, value)
    {
        if (json_is_string(value) && value->refcount == 1 &&
            json_string_length(value) <= SECRET_MAX) {
            mem_wipe((void *)(uintptr_t)json_string_value(value),
                     json_string_length(value));
        }
    }
}

void jsonrpc_close(struct jsonrpc_message *m)
{
    if (m->root != NULL && m->root->refcount == 1) {
        wipe_strings(m->params);
        wipe_strings(m->result);
    }
    json_decref(m->root);
    memset(m, 0, sizeof(*m));
}

int jsonrpc_error_number(int code)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i].code == code) {
            return numbers[i].number;
        }
    }
    return -32603; /* internal error */
}

/* A new message with its version. */
static json_t *new_message(void)
{
    json_t *m = json_object();

    json_object_set_new(m, "jsonrpc", json_string("2.0"));
    return m;
}

/* The message as a line; takes `m`. */
static char *write_line(json_t *m, size_t *length)
{
    char *text = json_dumps(m, JSON_COMPACT);
    size_t size;

    assert(text != NULL); /* out of memory, or a caller's object is a circle */
    json_decref(m);
    size = strlen(text);
    text = mem_resize(text, size + 2, 1);
    text[size] = '\n';
    text[size + 1] = '\0';
    *length = size + 1;
    return text;
}

char *jsonrpc_write_request(int64_t id, const char *method, json_t *params,
                            size_t *length)
{
    json_t *m = new_message();

    json_object_set_new(m, "id", json_integer(id));
    json_object_set_new(m, "method", json_string(method));
    if (params != NULL) {
        json_object_set_new(m, "params", params);
    }
    return write_line(m, length);
}

char *jsonrpc_write_notification(const char *method, json_t *params,
                                 size_t *length)
{
    json_t *m = new_message();

    json_object_set_new(m, "method", json_string(method));
    if (params != NULL) {
        json_object_set_new(m, "params", params);
    }
    return write_line(m, length);
}

char *jsonrpc_write_result(json_t *id, json_t *result, size_t *length)
{
    json_t *m = new_message();

    json_object_set_new(m, "id", id != NULL ? id : json_null());
    json_object_set_new(m, "result", result != NULL ? result : json_null());
    return write_line(m, length);
}

char *jsonrpc_write_error_data(json_t *id, int code, const char *message,
                               json_t *data, size_t *length)
{
    json_t *m = new_message();
    json_t *error = json_object();
    char *text = text_safe_string(message); /* a cut text is no valid UTF-8 */

    if (data == NULL) {
        data = json_object();
    }
    json_object_set_new(data, "code", json_string(err_word(code)));
    json_object_set_new(error, "code",
                        json_integer(jsonrpc_error_number(code)));
    json_object_set_new(error, "message", json_string(text));
    json_object_set_new(error, "data", data);
    json_object_set_new(m, "id", id != NULL ? id : json_null());
    json_object_set_new(m, "error", error);
    free(text);
    return write_line(m, length);
}

char *jsonrpc_write_error(json_t *id, int code, const char *message,
                          size_t *length)
{
    return jsonrpc_write_error_data(id, code, message, NULL, length);
}

/* The value of a parameter. 0 and NULL when it is missing and may be; JSON's
 * null counts as missing. */
static int find(json_t *object, const char *name, bool required, json_t **value,
                struct err *e)
{
    *value = json_object_get(object, name);
    if (json_is_null(*value)) {
        *value = NULL;
    }
    if (*value == NULL && required) {
        return err_set(e, P2P_EINVAL, "parameter %s is missing", name);
    }
    return 0;
}

int jsonrpc_get_text(json_t *object, const char *name, bool required,
                     size_t max, const char **out, struct err *e)
{
    json_t *value;
    int rv;

    rv = find(object, name, required, &value, e);
    if (rv < 0 || value == NULL) {
        return rv;
    }
    if (!json_is_string(value)) {
        return err_set(e, P2P_EINVAL, "parameter %s must be a string", name);
    }
    if (json_string_length(value) > max) {
        return err_set(e, P2P_EINVAL, "parameter %s is longer than %zu bytes",
                       name, max);
    }
    *out = json_string_value(value);
    return 0;
}

int jsonrpc_get_integer(json_t *object, const char *name, bool required,
                        int64_t min, int64_t max, int64_t *out, struct err *e)
{
    json_t *value;
    int rv;

    rv = find(object, name, required, &value, e);
    if (rv < 0 || value == NULL) {
        return rv;
    }
    if (!json_is_integer(value)) {
        return err_set(e, P2P_EINVAL, "parameter %s must be an integer", name);
    }
    if (json_integer_value(value) < min || json_integer_value(value) > max) {
        return err_set(e, P2P_EINVAL, "parameter %s must be from %lld to %lld",
                       name, (long long)min, (long long)max);
    }
    *out = json_integer_value(value);
    return 0;
}

int jsonrpc_get_bool(json_t *object, const char *name, bool *out, struct err *e)
{
    json_t *value;
    int rv;

    rv = find(object, name, false, &value, e);
    if (rv < 0 || value == NULL) {
        return rv;
    }
    if (!json_is_boolean(value)) {
        return err_set(e, P2P_EINVAL, "parameter %s must be true or false",
                       name);
    }
    *out = json_is_true(value);
    return 0;
}

int jsonrpc_get_hex(json_t *object, const char *name, void *out, size_t size,
                    struct err *e)
{
    const char *text = NULL;
    int rv;

    rv = jsonrpc_get_text(object, name, true, SIZE_MAX, &text, e);
    if (rv < 0) {
        return rv;
    }
    if (hex_decode(text, out, size) < 0) {
        return err_set(e, P2P_EINVAL,
                       "parameter %s must be %zu hexadecimal digits", name,
                       size * 2);
    }
    return 0;
}

int jsonrpc_get_base64(json_t *object, const char *name, size_t max,
                       uint8_t **out, size_t *size, struct err *e)
{
    const char *text = NULL;
    int rv;

    rv = jsonrpc_get_text(object, name, true, SIZE_MAX, &text, e);
    if (rv < 0) {
        return rv;
    }
    rv = base64_decode(text, max, out, size);
    if (rv == P2P_ETOOBIG) {
        return err_set(e, P2P_EINVAL, "parameter %s is longer than %zu bytes",
                       name, max);
    }
    if (rv < 0) {
        return err_set(e, P2P_EINVAL, "parameter %s must be base64", name);
    }
    return 0;
}
