/* The writing half of peermsg.h, and both directions of the two handshakes. */
#include "config.h"

#include "wire/peermsg.h"

#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "wire/bencode.h"
#include "wire/peermsg_bytes.h"

static const uint8_t protocol[20] = "\x13"
                                    "BitTorrent protocol";

enum {
    HASH = 32,
    EXTENSIONS_MAX = 512, /* bytes of our own extension handshake */
};

void peermsg_write_handshake(const struct peermsg_handshake *h,
                             uint8_t out[PEERMSG_HANDSHAKE])
{
    memset(out, 0, PEERMSG_HANDSHAKE);
    memcpy(out, protocol, sizeof(protocol));
    out[20 + 5] = h->extended ? 0x10 : 0;
    out[20 + 7] = h->fast ? 0x04 : 0;
    memcpy(out + 28, h->info_hash, sizeof(h->info_hash));
    memcpy(out + 48, h->peer_id, sizeof(h->peer_id));
}

int peermsg_read_handshake(const uint8_t in[PEERMSG_HANDSHAKE],
                           struct peermsg_handshake *h)
{
    if (memcmp(in, protocol, sizeof(protocol)) != 0) {
        return P2P_EPROTO;
    }
    h->extended = (in[20 + 5] & 0x10) != 0;
    h->fast = (in[20 + 7] & 0x04) != 0;
    memcpy(h->info_hash, in + 28, sizeof(h->info_hash));
    memcpy(h->peer_id, in + 48, sizeof(h->peer_id));
    return 0;
}

/* Room for a message with `size` bytes behind its id, with length and id
 * written. NULL when there is none; else *body is where the rest goes. */
static uint8_t *begin(struct buf *b, enum peermsg_id id, size_t size)
{
    uint8_t *to = buf_reserve(b, 5 + size);

    if (to == NULL) {
        return NULL;
    }
    peermsg_set32(to, (uint32_t)(1 + size));
    to[4] = (uint8_t)id;
    return to + 5;
}

int peermsg_put_simple(struct buf *b, enum peermsg_id id)
{
    if (begin(b, id, 0) == NULL) {
        return P2P_ETOOBIG;
    }
    buf_commit(b, 5);
    return 0;
}

int peermsg_put_keepalive(struct buf *b)
{
    return buf_append(b, "\0\0\0\0", 4);
}

int peermsg_put_have(struct buf *b, uint32_t index)
{
    uint8_t *to = begin(b, PEERMSG_HAVE, 4);

    if (to == NULL) {
        return P2P_ETOOBIG;
    }
    peermsg_set32(to, index);
    buf_commit(b, 5 + 4);
    return 0;
}

int peermsg_put_bitfield(struct buf *b, const uint8_t *bits, size_t size)
{
    uint8_t *to;

    if (size > PEERMSG_BITFIELD_MAX) {
        return P2P_ETOOBIG;
    }
    to = begin(b, PEERMSG_BITFIELD, size);
    if (to == NULL) {
        return P2P_ETOOBIG;
    }
    if (size > 0) {
        memcpy(to, bits, size);
    }
    buf_commit(b, 5 + size);
    return 0;
}

int peermsg_put_block(struct buf *b, enum peermsg_id id, uint32_t index,
                      uint32_t begin_at, uint32_t length)
{
    uint8_t *to = begin(b, id, 12);

    if (to == NULL) {
        return P2P_ETOOBIG;
    }
    peermsg_set32(to, index);
    peermsg_set32(to + 4, begin_at);
    peermsg_set32(to + 8, length);
    buf_commit(b, 5 + 12);
    return 0;
}

static void set_hash(uint8_t *to, const struct peermsg_hash_request *h)
{
    memcpy(to, h->root, HASH);
    peermsg_set32(to + 32, h->base);
    peermsg_set32(to + 36, h->index);
    peermsg_set32(to + 40, h->length);
    peermsg_set32(to + 44, h->proof_layers);
}

int peermsg_put_hash(struct buf *b, enum peermsg_id id,
                     const struct peermsg_hash_request *h)
{
    uint8_t *to = begin(b, id, 48);

    if (to == NULL) {
        return P2P_ETOOBIG;
    }
    set_hash(to, h);
    buf_commit(b, 5 + 48);
    return 0;
}

int peermsg_put_hashes(struct buf *b, const struct peermsg_hash_request *h,
                       const uint8_t *hashes, size_t count)
{
    uint8_t *to;

    if (count > PEERMSG_HASHES_MAX) {
        return P2P_ETOOBIG;
    }
    to = begin(b, PEERMSG_HASHES, 48 + count * HASH);
    if (to == NULL) {
        return P2P_ETOOBIG;
    }
    set_hash(to, h);
    memcpy(to + 48, hashes, count * HASH);
    buf_commit(b, 5 + 48 + count * HASH);
    return 0;
}

int peermsg_put_extended(struct buf *b, uint8_t id, const void *data,
                         size_t size)
{
    uint8_t *to;

    if (size > PEERMSG_EXTENDED_MAX) {
        return P2P_ETOOBIG;
    }
    to = begin(b, PEERMSG_EXTENDED, 1 + size);
    if (to == NULL) {
        return P2P_ETOOBIG;
    }
    to[0] = id;
    if (size > 0) {
        memcpy(to + 1, data, size);
    }
    buf_commit(b, 5 + 1 + size);
    return 0;
}

void peermsg_write_piece_header(uint8_t out[PEERMSG_PIECE_HEADER],
                                uint32_t index, uint32_t begin_at,
                                uint32_t length)
{
    peermsg_set32(out, 9 + length);
    out[4] = PEERMSG_PIECE;
    peermsg_set32(out + 5, index);
    peermsg_set32(out + 9, begin_at);
}

/* Write "name": id into the dictionary of extensions. */
static void put_extension(struct buf *b, const char *name, uint8_t id)
{
    if (id != 0) {
        bencode_put_text(b, name);
        bencode_put_integer(b, id);
    }
}

static void put_number(struct buf *b, const char *name, int64_t value)
{
    bencode_put_text(b, name);
    bencode_put_integer(b, value);
}

int peermsg_put_extension_handshake(struct buf *b,
                                    const struct peermsg_extensions *ours)
{
    struct buf text;
    int rv;

    buf_init(&text, EXTENSIONS_MAX);
    bencode_put_begin_dict(&text);
    bencode_put_text(&text, "m");
    bencode_put_begin_dict(&text);
    put_extension(&text, "lt_donthave", ours->donthave);
    put_extension(&text, "p2p_load", ours->p2p_load);
    put_extension(&text, "p2p_peers", ours->p2p_peers);
    bencode_put_end(&text);
    if (ours->port != 0) {
        put_number(&text, "p", ours->port);
    }
    if (ours->p2p_origin) {
        put_number(&text, "p2p_origin", 1);
    }
    put_number(&text, "reqq", ours->reqq);
    put_number(&text, "upload_only", ours->upload_only);
    bencode_put_text(&text, "v");
    bencode_put_string(&text, ours->client,
                       strnlen(ours->client, sizeof(ours->client)));
    bencode_put_end(&text);
    rv = peermsg_put_extended(b, PEERMSG_EXT_HANDSHAKE, buf_head(&text),
                              buf_length(&text));
    buf_close(&text);
    return rv;
}

/* The id they gave to an extension: 0 when they do not offer it. */
static int read_extension(const struct bencode *names, const char *name,
                          uint8_t *id)
{
    struct bencode value;

    *id = 0;
    if (!bencode_find(names, name, &value)) {
        return 0;
    }
    if (value.type != BENCODE_INTEGER || value.integer < 0 ||
        value.integer > UINT8_MAX) {
        return P2P_EPROTO;
    }
    *id = (uint8_t)value.integer;
    return 0;
}

/* Read the dictionary "m". */
static int read_names(const struct bencode *names,
                      struct peermsg_extensions *out)
{
    if (read_extension(names, "p2p_load", &out->p2p_load) < 0 ||
        read_extension(names, "p2p_peers", &out->p2p_peers) < 0 ||
        read_extension(names, "lt_donthave", &out->donthave) < 0) {
        return P2P_EPROTO;
    }
    if ((out->p2p_load != 0 && out->p2p_load == out->p2p_peers) ||
        (out->p2p_load != 0 && out->p2p_load == out->donthave) ||
        (out->p2p_peers != 0 && out->p2p_peers == out->donthave)) {
        return P2P_EPROTO; /* they could not be told apart */
    }
    return 0;
}

int peermsg_read_extension_handshake(const uint8_t *data, size_t size,
                                     struct peermsg_extensions *out)
{
    struct peermsg_extensions theirs = {.reqq = PEERMSG_REQQ_DEFAULT};
    struct bencode dict;
    struct bencode names;
    const uint8_t *text;
    size_t length;
    int64_t n;

    if (size > PEERMSG_EXTENDED_MAX || bencode_parse(data, size, &dict) < 0 ||
        dict.type != BENCODE_DICT) {
        return P2P_EPROTO;
    }
    if (bencode_find(&dict, "m", &names) &&
        (names.type != BENCODE_DICT || read_names(&names, &theirs) < 0)) {
        return P2P_EPROTO;
    }
    if (bencode_find_integer(&dict, "p", &n) && n > 0 && n <= UINT16_MAX) {
        theirs.port = (uint16_t)n;
    }
    if (bencode_find_integer(&dict, "reqq", &n) && n > 0) {
        theirs.reqq = n < PEERMSG_REQQ_MAX ? (uint32_t)n : PEERMSG_REQQ_MAX;
    }
    theirs.upload_only =
        bencode_find_integer(&dict, "upload_only", &n) && n != 0;
    theirs.p2p_origin = bencode_find_integer(&dict, "p2p_origin", &n) && n != 0;
    if (bencode_find_string(&dict, "v", &text, &length)) {
        if (length > sizeof(theirs.client) - 1) {
            length = sizeof(theirs.client) - 1;
        }
        memcpy(theirs.client, text, strnlen((const char *)text, length));
    }
    *out = theirs;
    return 0;
}
