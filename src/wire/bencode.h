/* bencode: strict reading and writing of BEP 3's data format. No I/O.
 *
 * The reader is an iterative cursor over bytes it does not own: no tree, no
 * recursion, nothing allocated. Strict means canonical: no leading zeros, no
 * "-0", keys sorted and unique, depth at most BENCODE_DEPTH.
 */
#ifndef P2P_WIRE_BENCODE_H
#define P2P_WIRE_BENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum { BENCODE_DEPTH = 40 /* item depth 32 plus the levels around it */ };

enum bencode_type {
    BENCODE_INTEGER,
    BENCODE_STRING,
    BENCODE_LIST,
    BENCODE_DICT,
};

/* A view of one value inside the caller's bytes. */
struct bencode {
    enum bencode_type type;
    const uint8_t *start; /* the whole encoded value, for hashing it verbatim */
    size_t size;
    int64_t integer;     /* BENCODE_INTEGER */
    const uint8_t *text; /* BENCODE_STRING */
    size_t length;
};

/* Check that `data` is exactly one canonical value and view it. P2P_EPROTO
 * otherwise; P2P_ETOOBIG when nested too deeply. All other functions take
 * views of checked data. */
int bencode_parse(const uint8_t *data, size_t size, struct bencode *out);

/* The same, but bytes may follow the value; *used tells where it ended. */
int bencode_parse_prefix(const uint8_t *data, size_t size, struct bencode *out,
                         size_t *used);

/* Find a key in a dictionary: true and *out. */
bool bencode_find(const struct bencode *dict, const char *key,
                  struct bencode *out);
bool bencode_find_integer(const struct bencode *dict, const char *key,
                          int64_t *out);
bool bencode_find_string(const struct bencode *dict, const char *key,
                         const uint8_t **text, size_t *length);

/* Walk a list or dictionary. Start with a zeroed cursor; false at the end.
 * For dictionaries `key` is the key's string. */
struct bencode_cursor {
    size_t offset;
};
bool bencode_next(const struct bencode *container, struct bencode_cursor *at,
                  struct bencode *key, struct bencode *value);

/* Writing: the caller keeps keys sorted, and has made sure that `b` may grow
 * by what is put: a token that does not fit is left out whole. */
void bencode_put_integer(struct buf *b, int64_t value);
void bencode_put_string(struct buf *b, const void *text, size_t length);
void bencode_put_text(struct buf *b, const char *text);
void bencode_put_begin_dict(struct buf *b);
void bencode_put_begin_list(struct buf *b);
void bencode_put_end(struct buf *b);

#endif /* P2P_WIRE_BENCODE_H */
