/* However a stream is cut into reads, the reader gives the same messages and
 * the same error, and the messages written again are the stream.
 *
 * Input: a byte for the length of the bitfield, a byte that seeds the cuts,
 * then the stream.
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/peermsg.h"

enum { HEAD = 2, STREAM_MAX = 1 << 18 };

struct session {
    uint8_t *block;   /* of exactly the length that was asked for */
    struct buf again; /* the messages written again */
    const uint8_t *stream;
    int end; /* last return value of the reader */
};

static uint8_t *place_block(void *arg, uint32_t index, uint32_t begin,
                            uint32_t length)
{
    struct session *s = arg;

    (void)begin;
    REQUIRE(length > 0 && length <= PEERMSG_BLOCK);
    if (index == UINT32_MAX) {
        return NULL; /* a block that was not asked for */
    }
    free(s->block);
    s->block = malloc(length);
    REQUIRE(s->block != NULL);
    return s->block;
}

/* Append `size` bytes of the stream as they stand, for messages that we do not
 * write ourselves. */
static int copy(struct session *s, size_t size)
{
    return buf_append(&s->again, s->stream + buf_length(&s->again), size);
}

static int put_piece(struct session *s, const struct peermsg *m)
{
    uint8_t head[PEERMSG_PIECE_HEADER];

    REQUIRE(m->data == s->block && m->size == m->length);
    peermsg_write_piece_header(head, m->index, m->begin, m->length);
    REQUIRE(buf_append(&s->again, head, sizeof(head)) == 0);
    return buf_append(&s->again, m->data, m->size);
}

static int put_again(struct session *s, const struct peermsg *m)
{
    switch (m->id) {
    case PEERMSG_KEEPALIVE:
        return peermsg_put_keepalive(&s->again);
    case PEERMSG_CHOKE:
    case PEERMSG_UNCHOKE:
    case PEERMSG_INTERESTED:
    case PEERMSG_NOT_INTERESTED:
    case PEERMSG_HAVE_ALL:
    case PEERMSG_HAVE_NONE:
        return peermsg_put_simple(&s->again, m->id);
    case PEERMSG_HAVE:
        return peermsg_put_have(&s->again, m->index);
    case PEERMSG_BITFIELD:
        return peermsg_put_bitfield(&s->again, m->data, m->size);
    case PEERMSG_REQUEST:
    case PEERMSG_CANCEL:
    case PEERMSG_REJECT:
        return peermsg_put_block(&s->again, m->id, m->index, m->begin,
                                 m->length);
    case PEERMSG_PIECE:
        return put_piece(s, m);
    case PEERMSG_PORT:
        return copy(s, 7);
    case PEERMSG_SUGGEST:
    case PEERMSG_ALLOWED_FAST:
        return copy(s, 9);
    case PEERMSG_EXTENDED:
        return peermsg_put_extended(&s->again, m->extended_id, m->data,
                                    m->size);
    case PEERMSG_HASH_REQUEST:
    case PEERMSG_HASH_REJECT:
        return peermsg_put_hash(&s->again, m->id, &m->hash);
    case PEERMSG_HASHES:
        return peermsg_put_hashes(&s->again, &m->hash, m->data, m->size / 32);
    }
    return P2P_EINTERNAL; /* an id that does not exist */
}

/* Run the reader over the stream, cut by `seed` (0: as large as it wants). */
static void run(struct session *s, size_t bitfield, const uint8_t *data,
                size_t size, uint32_t seed)
{
    struct peermsg_reader *r;
    struct peermsg m;
    size_t used = 0;

    memset(s, 0, sizeof(*s));
    s->stream = data;
    buf_init(&s->again, STREAM_MAX);
    r = peermsg_reader_new(bitfield, place_block, s);
    while (used < size && s->end == 0) {
        size_t n;
        uint8_t *to = peermsg_reader_want(r, &n);

        REQUIRE(n > 0);
        n = n < size - used ? n : size - used;
        if (seed != 0) {
            seed = seed * 1103515245 + 12345;
            n = 1 + (seed >> 16) % (seed & 0x8000 ? n : (n < 20 ? n : 20));
        }
        memcpy(to, data + used, n);
        used += n;
        peermsg_reader_got(r, n);
        while ((s->end = peermsg_reader_next(r, &m)) == 1) {
            REQUIRE(put_again(s, &m) == 0);
        }
    }
    REQUIRE(s->end == 0 || s->end == P2P_EPROTO || s->end == P2P_ETOOBIG);
    REQUIRE(s->end == 0 || peermsg_reader_next(r, &m) == s->end);
    REQUIRE(buf_length(&s->again) <= used);
    REQUIRE(buf_length(&s->again) == 0 ||
            memcmp(buf_head(&s->again), data, buf_length(&s->again)) == 0);
    peermsg_reader_free(r);
    free(s->block);
}

static void check_handshake(const uint8_t *data, size_t size)
{
    struct peermsg_handshake h;
    struct peermsg_handshake again;
    uint8_t out[PEERMSG_HANDSHAKE];

    if (size < PEERMSG_HANDSHAKE || peermsg_read_handshake(data, &h) < 0) {
        return;
    }
    peermsg_write_handshake(&h, out);
    REQUIRE(memcmp(out, data, 20) == 0);
    REQUIRE(memcmp(out + 28, data + 28, 40) == 0);
    REQUIRE(peermsg_read_handshake(out, &again) == 0);
    REQUIRE(h.extended == again.extended && h.fast == again.fast);
}

static void check_extensions(const uint8_t *data, size_t size)
{
    struct peermsg_extensions x;
    struct peermsg_extensions y;
    struct buf b;

    if (peermsg_read_extension_handshake(data, size, &x) < 0) {
        return;
    }
    REQUIRE(x.reqq > 0 && x.reqq <= PEERMSG_REQQ_MAX);
    REQUIRE(memchr(x.client, '\0', sizeof(x.client)) != NULL);
    REQUIRE(x.p2p_load == 0 || x.p2p_load != x.p2p_peers);
    buf_init(&b, 4096);
    REQUIRE(peermsg_put_extension_handshake(&b, &x) == 0);
    REQUIRE(peermsg_read_extension_handshake(buf_head(&b) + 6,
                                             buf_length(&b) - 6, &y) == 0);
    REQUIRE(x.p2p_load == y.p2p_load && x.p2p_peers == y.p2p_peers);
    REQUIRE(x.donthave == y.donthave && x.port == y.port);
    REQUIRE(x.reqq == y.reqq && x.upload_only == y.upload_only);
    REQUIRE(x.p2p_origin == y.p2p_origin);
    REQUIRE(strcmp(x.client, y.client) == 0);
    buf_close(&b);
}

/* Addresses that were let in can be told on, and mean the same again. */
static void check_peers(const uint8_t *data, size_t size)
{
    struct peermsg_peers x;
    struct peermsg_peers y;
    struct buf b;

    if (peermsg_read_peers(data, size, &x) < 0) {
        return;
    }
    REQUIRE(x.added_count <= PEERMSG_PEERS_MAX);
    REQUIRE(x.dropped_count <= PEERMSG_PEERS_MAX);
    for (size_t i = 0; i < x.added_count; i++) {
        REQUIRE(x.added[i].port != 0);
    }
    buf_init(&b, 8192);
    REQUIRE(peermsg_put_peers(&b, 7, &x) == 0);
    REQUIRE(peermsg_read_peers(buf_head(&b) + 6, buf_length(&b) - 6, &y) == 0);
    REQUIRE(x.added_count == y.added_count);
    REQUIRE(x.dropped_count == y.dropped_count);
    for (size_t i = 0; i < x.added_count; i++) {
        REQUIRE(peermsg_same_address(&x.added[i], &y.added[i]));
    }
    for (size_t i = 0; i < x.dropped_count; i++) {
        REQUIRE(peermsg_same_address(&x.dropped[i], &y.dropped[i]));
    }
    buf_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session gulps;
    struct session cuts;

    check_handshake(data, size);
    check_extensions(data, size);
    check_peers(data, size);
    if (size < HEAD || size > STREAM_MAX) {
        return 0;
    }
    run(&gulps, data[0], data + HEAD, size - HEAD, 0);
    run(&cuts, data[0], data + HEAD, size - HEAD, data[1] + 1u);
    REQUIRE(gulps.end == cuts.end);
    REQUIRE(buf_length(&gulps.again) == buf_length(&cuts.again));
    buf_close(&gulps.again);
    buf_close(&cuts.again);
    return 0;
}
