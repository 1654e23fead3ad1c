/* The reader of peer messages: a small buffer for headers and short messages,
 * and direct placing of block payload.
 *
 *   bytes -> want/got -> buffer -> next: message
 *                     \-> the owner's block (payload that was not in the
 *                         buffer yet when its header was read)
 *
 * A message is judged as soon as its length and id are there (5 bytes), before
 * anything is stored for it. An error is final.
 */
#include "config.h"

#include "wire/peermsg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/mem.h"
#include "wire/peermsg_bytes.h"

enum {
    LENGTH_SIZE = 4,   /* bytes of the length field */
    HEAD_SIZE = 5,     /* bytes of length and id */
    READ_AHEAD = 1024, /* bytes of one gulp: 60 requests; of a block at most
                          these are copied once more */
    HASH = 32,
    HASH_HEAD = 49, /* length field of a hash request */
};

/* Lengths that the length field of a message may have. */
struct shape {
    bool is_known;
    uint32_t min;
    uint32_t max;
    uint32_t step; /* from min */
};

#define FIXED(n)          \
    {                     \
        true, (n), (n), 1 \
    }
static const struct shape shapes[] = {
    [PEERMSG_CHOKE] = FIXED(1),
    [PEERMSG_UNCHOKE] = FIXED(1),
    [PEERMSG_INTERESTED] = FIXED(1),
    [PEERMSG_NOT_INTERESTED] = FIXED(1),
    [PEERMSG_HAVE] = FIXED(5),
    [PEERMSG_BITFIELD] = {true, 1, 1 + PEERMSG_BITFIELD_MAX, 1}, /* see below */
    [PEERMSG_REQUEST] = FIXED(13),
    [PEERMSG_PIECE] = {true, 10, 9 + PEERMSG_BLOCK, 1},
    [PEERMSG_CANCEL] = FIXED(13),
    [PEERMSG_PORT] = FIXED(3),
    [PEERMSG_SUGGEST] = FIXED(5),
    [PEERMSG_HAVE_ALL] = FIXED(1),
    [PEERMSG_HAVE_NONE] = FIXED(1),
    [PEERMSG_REJECT] = FIXED(13),
    [PEERMSG_ALLOWED_FAST] = FIXED(5),
    [PEERMSG_EXTENDED] = {true, 2, 2 + PEERMSG_EXTENDED_MAX, 1},
    [PEERMSG_HASH_REQUEST] = FIXED(HASH_HEAD),
    [PEERMSG_HASHES] = {true, HASH_HEAD + HASH,
                        HASH_HEAD + HASH *PEERMSG_HASHES_MAX, HASH},
    [PEERMSG_HASH_REJECT] = FIXED(HASH_HEAD),
};
#undef FIXED

enum {
    SHAPES = sizeof(shapes) / sizeof(shapes[0]),
    LONGEST = HASH_HEAD + HASH * PEERMSG_HASHES_MAX, /* but for a bitfield */
};

struct peermsg_reader {
    peermsg_place_cb place;
    void *arg;
    uint32_t bitfield_length; /* value of a bitfield's length field */
    int failed;               /* 0 or the code of the error that ended it */

    /* The block that is being filled; `block` is NULL when there is none. */
    uint8_t *block;
    uint32_t block_index;
    uint32_t block_begin;
    uint32_t block_length;
    uint32_t block_filled;

    size_t start; /* first byte of `bytes` that was not used yet */
    size_t end;
    size_t capacity;
    uint8_t bytes[];
};

struct peermsg_reader *peermsg_reader_new(size_t bitfield_bytes,
                                          peermsg_place_cb place, void *arg)
{
    struct peermsg_reader *r;
    size_t longest = LONGEST;

    assert(bitfield_bytes <= PEERMSG_BITFIELD_MAX);
    if (longest < 1 + bitfield_bytes) {
        longest = 1 + bitfield_bytes;
    }
    r = mem_calloc(1, sizeof(*r) + LENGTH_SIZE + longest);
    r->place = place;
    r->arg = arg;
    r->bitfield_length = (uint32_t)(1 + bitfield_bytes);
    r->capacity = LENGTH_SIZE + longest;
    return r;
}

void peermsg_reader_free(struct peermsg_reader *r)
{
    free(r);
}

/* Bytes that are missing to make the first message in the buffer whole, as far
 * as its header tells. */
static size_t missing_bytes(const struct peermsg_reader *r)
{
    size_t have = r->end - r->start;
    size_t whole;

    if (have < HEAD_SIZE) {
        return HEAD_SIZE - have;
    }
    whole = LENGTH_SIZE + (size_t)peermsg_get32(r->bytes + r->start);
    if (whole > r->capacity || have >= whole) {
        return 1; /* next() will refuse it or return it */
    }
    return whole - have;
}

uint8_t *peermsg_reader_want(struct peermsg_reader *r, size_t *size)
{
    size_t most;

    if (r->block != NULL && r->block_filled < r->block_length) {
        *size = r->block_length - r->block_filled;
        return r->block + r->block_filled;
    }
    if (r->start == r->end) {
        r->start = 0;
        r->end = 0;
    }
    most = missing_bytes(r);
    if (most < READ_AHEAD) {
        most = READ_AHEAD;
    }
    if (r->capacity - r->end < most) {
        memmove(r->bytes, r->bytes + r->start, r->end - r->start);
        r->end -= r->start;
        r->start = 0;
    }
    *size = r->capacity - r->end < most ? r->capacity - r->end : most;
    assert(*size > 0); /* next() was called until it returned 0 */
    return r->bytes + r->end;
}

void peermsg_reader_got(struct peermsg_reader *r, size_t size)
{
    if (r->block != NULL && r->block_filled < r->block_length) {
        assert(size <= r->block_length - r->block_filled);
        r->block_filled += (uint32_t)size;
        return;
    }
    assert(size <= r->capacity - r->end);
    r->end += size;
}

/* Compare the length field with what the message may have. */
static int check_length(const struct peermsg_reader *r, unsigned id,
                        uint32_t length)
{
    const struct shape *shape;

    if (id >= SHAPES || !shapes[id].is_known) {
        return P2P_EPROTO;
    }
    shape = &shapes[id];
    if (length > shape->max) {
        return P2P_ETOOBIG;
    }
    if (length < shape->min || (length - shape->min) % shape->step != 0) {
        return P2P_EPROTO;
    }
    if (id == PEERMSG_BITFIELD && length != r->bitfield_length) {
        return P2P_EPROTO;
    }
    return 0;
}

/* Begin the block whose header is at `at`, with the part of its payload that
 * is in the buffer. */
static int begin_block(struct peermsg_reader *r, const uint8_t *at,
                       uint32_t length)
{
    size_t have = r->end - r->start - PEERMSG_PIECE_HEADER;

    r->block_index = peermsg_get32(at + 5);
    r->block_begin = peermsg_get32(at + 9);
    r->block_length = length - 9;
    r->block =
        r->place(r->arg, r->block_index, r->block_begin, r->block_length);
    if (r->block == NULL) {
        return P2P_EPROTO; /* nobody asked for it */
    }
    if (have > r->block_length) {
        have = r->block_length;
    }
    memcpy(r->block, at + PEERMSG_PIECE_HEADER, have);
    r->block_filled = (uint32_t)have;
    r->start += PEERMSG_PIECE_HEADER + have;
    return 0;
}

/* Return the block when it is full. */
static int finish_block(struct peermsg_reader *r, struct peermsg *out)
{
    if (r->block_filled < r->block_length) {
        return 0;
    }
    memset(out, 0, sizeof(*out));
    out->id = PEERMSG_PIECE;
    out->index = r->block_index;
    out->begin = r->block_begin;
    out->length = r->block_length;
    out->data = r->block;
    out->size = r->block_length;
    r->block = NULL;
    return 1;
}

static void read_hash(const uint8_t *at, struct peermsg_hash_request *h)
{
    memcpy(h->root, at, HASH);
    h->base = peermsg_get32(at + 32);
    h->index = peermsg_get32(at + 36);
    h->length = peermsg_get32(at + 40);
    h->proof_layers = peermsg_get32(at + 44);
}

/* Take a whole message apart; `body` is what follows its id. */
static void read_body(unsigned id, const uint8_t *body, size_t size,
                      struct peermsg *out)
{
    memset(out, 0, sizeof(*out));
    out->id = (enum peermsg_id)id;
    switch (out->id) {
    case PEERMSG_REQUEST:
    case PEERMSG_CANCEL:
    case PEERMSG_REJECT:
        out->begin = peermsg_get32(body + 4);
        out->length = peermsg_get32(body + 8);
        out->index = peermsg_get32(body);
        break;
    case PEERMSG_HAVE:
    case PEERMSG_SUGGEST:
    case PEERMSG_ALLOWED_FAST:
        out->index = peermsg_get32(body);
        break;
    case PEERMSG_BITFIELD:
        out->data = body;
        out->size = size;
        break;
    case PEERMSG_EXTENDED:
        out->extended_id = body[0];
        out->data = body + 1;
        out->size = size - 1;
        break;
    case PEERMSG_HASH_REQUEST:
    case PEERMSG_HASHES:
    case PEERMSG_HASH_REJECT:
        read_hash(body, &out->hash);
        out->data = body + HASH_HEAD - 1;
        out->size = size - (HASH_HEAD - 1);
        break;
    default:
        break; /* no payload, or one that nobody needs */
    }
}

/* The next message out of the buffer. */
static int next_buffered(struct peermsg_reader *r, struct peermsg *out)
{
    const uint8_t *at = r->bytes + r->start;
    size_t have = r->end - r->start;
    uint32_t length;
    int rv;

    if (have < LENGTH_SIZE) {
        return 0;
    }
    length = peermsg_get32(at);
    if (length == 0) {
        r->start += LENGTH_SIZE;
        memset(out, 0, sizeof(*out));
        out->id = PEERMSG_KEEPALIVE;
        return 1;
    }
    if (length > r->capacity - LENGTH_SIZE) {
        return P2P_ETOOBIG;
    }
    if (have < HEAD_SIZE) {
        return 0;
    }
    rv = check_length(r, at[LENGTH_SIZE], length);
    if (rv < 0) {
        return rv;
    }
    if (at[LENGTH_SIZE] == PEERMSG_PIECE) {
        if (have < PEERMSG_PIECE_HEADER) {
            return 0;
        }
        rv = begin_block(r, at, length);
        return rv < 0 ? rv : finish_block(r, out);
    }
    if (have < LENGTH_SIZE + (size_t)length) {
        return 0;
    }
    read_body(at[LENGTH_SIZE], at + HEAD_SIZE, length - 1, out);
    r->start += LENGTH_SIZE + (size_t)length;
    return 1;
}

int peermsg_reader_next(struct peermsg_reader *r, struct peermsg *out)
{
    int rv;

    if (r->failed != 0) {
        return r->failed;
    }
    if (r->block != NULL) {
        return finish_block(r, out);
    }
    rv = next_buffered(r, out);
    if (rv < 0) {
        r->failed = rv;
    }
    return rv;
}
