/* Whatever the reader takes is canonical: written again it gives the same
 * bytes, and every view lies inside the input. */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/bencode.h"

/* Write a value from its views. The depth is bounded by the reader. */
static void put_value(struct buf *b, const struct bencode *v, int depth)
{
    struct bencode_cursor at = {0};
    struct bencode key;
    struct bencode value;

    REQUIRE(depth <= BENCODE_DEPTH);
    switch (v->type) {
    case BENCODE_INTEGER:
        bencode_put_integer(b, v->integer);
        return;
    case BENCODE_STRING:
        REQUIRE(v->text >= v->start &&
                v->text + v->length == v->start + v->size);
        bencode_put_string(b, v->text, v->length);
        return;
    case BENCODE_LIST:
        bencode_put_begin_list(b);
        break;
    case BENCODE_DICT:
        bencode_put_begin_dict(b);
        break;
    }
    while (bencode_next(v, &at, &key, &value)) {
        REQUIRE(value.start > v->start &&
                value.start + value.size < v->start + v->size);
        if (v->type == BENCODE_DICT) {
            REQUIRE(key.type == BENCODE_STRING);
            bencode_put_string(b, key.text, key.length);
        }
        put_value(b, &value, depth + 1);
    }
    bencode_put_end(b);
}

/* Every key without a NUL is found again under its name. */
static void check_find(const struct bencode *dict)
{
    struct bencode_cursor at = {0};
    struct bencode key;
    struct bencode value;
    struct bencode found;
    char name[64];
    int left = 100; /* the search is linear; do not square long inputs */

    while (left-- > 0 && bencode_next(dict, &at, &key, &value)) {
        if (key.length >= sizeof(name) ||
            memchr(key.text, '\0', key.length) != NULL) {
            continue;
        }
        memcpy(name, key.text, key.length);
        name[key.length] = '\0';
        REQUIRE(bencode_find(dict, name, &found));
        REQUIRE(found.start == value.start && found.size == value.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bencode value;
    struct bencode whole;
    struct buf b;
    size_t used = 0;
    int rv;

    rv = bencode_parse_prefix(data, size, &value, &used);
    REQUIRE(rv == 0 || rv == P2P_EPROTO || rv == P2P_ETOOBIG);
    if (rv < 0) {
        REQUIRE(bencode_parse(data, size, &whole) == rv);
        return 0;
    }
    REQUIRE(used > 0 && used <= size);
    REQUIRE(value.start == data && value.size == used);
    REQUIRE(bencode_parse(data, size, &whole) ==
            (used == size ? 0 : P2P_EPROTO));
    REQUIRE(bencode_parse(data, used, &whole) == 0);
    REQUIRE(bencode_parse(data, used - 1, &whole) < 0);
    buf_init(&b, size);
    put_value(&b, &value, 0);
    REQUIRE(buf_length(&b) == used);
    REQUIRE(memcmp(buf_head(&b), data, used) == 0);
    buf_close(&b);
    if (value.type == BENCODE_DICT) {
        check_find(&value);
    }
    return 0;
}
