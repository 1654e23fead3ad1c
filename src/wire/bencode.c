#include "config.h"

#include "wire/bencode.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"

/* One container that is open while checking. */
struct level {
    bool is_dict;
    bool has_key;       /* a key was read and waits for its value */
    const uint8_t *key; /* NULL before the first one */
    size_t key_length;
};

struct scan {
    const uint8_t *at;
    const uint8_t *end;
    size_t depth;
    struct level levels[BENCODE_DEPTH];
};

/* Read "LENGTH:bytes" at `at`; *text + *length is where it ends. */
static bool scan_string(const uint8_t *at, const uint8_t *end,
                        const uint8_t **text, size_t *length)
{
    const uint8_t *first = at;
    size_t n = 0;

    while (at < end && *at >= '0' && *at <= '9') {
        n = n * 10 + (size_t)(*at - '0');
        if (n > (size_t)(end - first)) {
            return false; /* also keeps the product from overflowing */
        }
        at++;
    }
    if (at == first || at == end || *at != ':') {
        return false;
    }
    if (*first == '0' && at - first > 1) {
        return false;
    }
    at++;
    if (n > (size_t)(end - at)) {
        return false;
    }
    *text = at;
    *length = n;
    return true;
}

/* Read "iNUMBERe" at `at`; *next is where it ends. */
static bool scan_integer(const uint8_t *at, const uint8_t *end, int64_t *value,
                         const uint8_t **next)
{
    const uint8_t *digits;
    bool negative;
    int64_t n = 0;

    at++; /* 'i' */
    negative = at < end && *at == '-';
    digits = negative ? at + 1 : at;
    for (at = digits; at < end && *at >= '0' && *at <= '9'; at++) {
        int digit = *at - '0';

        if (__builtin_mul_overflow(n, 10, &n) ||
            (negative ? __builtin_sub_overflow(n, digit, &n)
                      : __builtin_add_overflow(n, digit, &n))) {
            return false;
        }
    }
    if (at == digits || at == end || *at != 'e') {
        return false;
    }
    if (*digits == '0' && (at - digits > 1 || negative)) {
        return false;
    }
    *value = n;
    *next = at + 1;
    return true;
}

/* Read a dictionary's next key, which must be greater than the one before. */
static int scan_key(struct scan *s, struct level *level)
{
    const uint8_t *text;
    size_t length;

    if (!scan_string(s->at, s->end, &text, &length)) {
        return P2P_EPROTO;
    }
    if (level->key != NULL) {
        size_t common = length < level->key_length ? length : level->key_length;
        int order = memcmp(level->key, text, common);

        if (order > 0 || (order == 0 && level->key_length >= length)) {
            return P2P_EPROTO;
        }
    }
    level->key = text;
    level->key_length = length;
    level->has_key = true;
    s->at = text + length;
    return 0;
}

/* Read a scalar or open a container. *whole tells that a value ended. */
static int scan_value(struct scan *s, bool *whole)
{
    const uint8_t *text;
    size_t length;
    int64_t integer;

    *whole = true;
    if (*s->at == 'i') {
        return scan_integer(s->at, s->end, &integer, &s->at) ? 0 : P2P_EPROTO;
    }
    if (*s->at == 'l' || *s->at == 'd') {
        if (s->depth == BENCODE_DEPTH) {
            return P2P_ETOOBIG;
        }
        s->levels[s->depth++] = (struct level){.is_dict = *s->at == 'd'};
        s->at++;
        *whole = false;
        return 0;
    }
    if (!scan_string(s->at, s->end, &text, &length)) {
        return P2P_EPROTO;
    }
    s->at = text + length;
    return 0;
}

/* Close the innermost container at its 'e'. */
static int scan_close(struct scan *s)
{
    if (s->levels[s->depth - 1].has_key) {
        return P2P_EPROTO; /* a key without a value */
    }
    s->depth--;
    s->at++;
    return 0;
}

/* Take the next token. 1 when the outermost value is whole, 0 to go on. */
static int scan_step(struct scan *s)
{
    struct level *level = s->depth > 0 ? &s->levels[s->depth - 1] : NULL;
    bool whole = true;
    int rv;

    if (s->at == s->end) {
        return P2P_EPROTO;
    }
    if (level != NULL && *s->at == 'e') {
        rv = scan_close(s);
    } else if (level != NULL && level->is_dict && !level->has_key) {
        return scan_key(s, level);
    } else {
        rv = scan_value(s, &whole);
    }
    if (rv < 0 || !whole) {
        return rv;
    }
    if (s->depth == 0) {
        return 1;
    }
    s->levels[s->depth - 1].has_key = false;
    return 0;
}

/* Where the checked value at `at` ends, or NULL. */
static const uint8_t *skip_value(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *text;
    size_t length;
    int64_t integer;
    size_t depth = 0;

    do {
        if (at == end) {
            return NULL;
        }
        if (*at == 'l' || *at == 'd') {
            depth++;
            at++;
        } else if (*at == 'e' && depth > 0) {
            depth--;
            at++;
        } else if (*at == 'i') {
            if (!scan_integer(at, end, &integer, &at)) {
                return NULL;
            }
        } else if (scan_string(at, end, &text, &length)) {
            at = text + length;
        } else {
            return NULL;
        }
    } while (depth > 0);
    return at;
}

/* View the checked value between `at` and `next`. */
static void view_value(const uint8_t *at, const uint8_t *next,
                       struct bencode *out)
{
    const uint8_t *end;

    memset(out, 0, sizeof(*out));
    out->start = at;
    out->size = (size_t)(next - at);
    switch (*at) {
    case 'i':
        out->type = BENCODE_INTEGER;
        (void)scan_integer(at, next, &out->integer, &end);
        break;
    case 'l':
        out->type = BENCODE_LIST;
        break;
    case 'd':
        out->type = BENCODE_DICT;
        break;
    default:
        out->type = BENCODE_STRING;
        (void)scan_string(at, next, &out->text, &out->length);
        break;
    }
}

int bencode_parse_prefix(const uint8_t *data, size_t size, struct bencode *out,
                         size_t *used)
{
    struct scan s = {.at = data, .end = data + size, .depth = 0};
    int rv;

    do {
        rv = scan_step(&s);
    } while (rv == 0);
    if (rv < 0) {
        return rv;
    }
    view_value(data, s.at, out);
    *used = out->size;
    return 0;
}

int bencode_parse(const uint8_t *data, size_t size, struct bencode *out)
{
    struct bencode value;
    size_t used;
    int rv;

    rv = bencode_parse_prefix(data, size, &value, &used);
    if (rv < 0) {
        return rv;
    }
    if (used != size) {
        return P2P_EPROTO;
    }
    *out = value;
    return 0;
}

bool bencode_next(const struct bencode *container, struct bencode_cursor *at,
                  struct bencode *key, struct bencode *value)
{
    const uint8_t *end = container->start + container->size - 1; /* its 'e' */
    const uint8_t *from;
    const uint8_t *next;

    assert(container->type == BENCODE_LIST || container->type == BENCODE_DICT);
    if (at->offset == 0) {
        at->offset = 1; /* past 'l' or 'd' */
    }
    from = container->start + at->offset;
    if (from >= end) {
        return false;
    }
    if (container->type == BENCODE_DICT) {
        next = skip_value(from, end);
        if (next == NULL || next == end) {
            return false;
        }
        if (key != NULL) {
            view_value(from, next, key);
        }
        from = next;
    }
    next = skip_value(from, end);
    if (next == NULL) {
        return false;
    }
    view_value(from, next, value);
    at->offset = (size_t)(next - container->start);
    return true;
}

bool bencode_find(const struct bencode *dict, const char *key,
                  struct bencode *out)
{
    struct bencode_cursor at = {0};
    struct bencode name;
    struct bencode value;
    size_t length = strlen(key);

    if (dict->type != BENCODE_DICT) {
        return false;
    }
    while (bencode_next(dict, &at, &name, &value)) {
        assert(name.text != NULL);
        if (name.length == length && memcmp(name.text, key, length) == 0) {
            *out = value;
            return true;
        }
    }
    return false;
}

bool bencode_find_integer(const struct bencode *dict, const char *key,
                          int64_t *out)
{
    struct bencode value;

    if (!bencode_find(dict, key, &value) || value.type != BENCODE_INTEGER) {
        return false;
    }
    *out = value.integer;
    return true;
}

bool bencode_find_string(const struct bencode *dict, const char *key,
                         const uint8_t **text, size_t *length)
{
    struct bencode value;

    if (!bencode_find(dict, key, &value) || value.type != BENCODE_STRING) {
        return false;
    }
    *text = value.text;
    *length = value.length;
    return true;
}

void bencode_put_integer(struct buf *b, int64_t value)
{
    (void)buf_printf(b, "i%llde", (long long)value);
}

void bencode_put_string(struct buf *b, const void *text, size_t length)
{
    char head[24];
    int n = snprintf(head, sizeof(head), "%zu:", length);
    size_t size;
    uint8_t *to;

    if (__builtin_add_overflow(length, (size_t)n, &size)) {
        return;
    }
    to = buf_reserve(b, size);
    if (to == NULL) {
        return;
    }
    memcpy(to, head, (size_t)n);
    if (length > 0) {
        memcpy(to + n, text, length);
    }
    buf_commit(b, size);
}

void bencode_put_text(struct buf *b, const char *text)
{
    bencode_put_string(b, text, strlen(text));
}

void bencode_put_begin_dict(struct buf *b)
{
    (void)buf_append(b, "d", 1);
}

void bencode_put_begin_list(struct buf *b)
{
    (void)buf_append(b, "l", 1);
}

void bencode_put_end(struct buf *b)
{
    (void)buf_append(b, "e", 1);
}
