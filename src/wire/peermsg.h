/* peermsg: messages of the peer protocol (BEP 3, 6, 10, 52, 54) as bytes. No
 * I/O, no allocation in the reader.
 *
 * Reading: the owner asks peermsg_reader_want() where the next bytes belong,
 * reads from its connection straight into that place, and reports how many
 * came with peermsg_reader_got(); a complete message is then returned. Payload
 * of "piece" messages goes into memory the owner names through `place`, so a
 * block is copied once, from the record to its place in the piece.
 */
#ifndef P2P_WIRE_PEERMSG_H
#define P2P_WIRE_PEERMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum {
    PEERMSG_HANDSHAKE = 68,        /* bytes */
    PEERMSG_BLOCK = 16384,         /* most bytes of a block */
    PEERMSG_PIECE_HEADER = 13,     /* length, id, index, begin */
    PEERMSG_EXTENDED_MAX = 16384,  /* bytes of an extended message */
    PEERMSG_HASHES_MAX = 512 + 32, /* hashes in one answer */
    PEERMSG_BITFIELD_MAX = 2097152 / 8,
    PEERMSG_REQQ_DEFAULT = 250, /* BEP 10 */
    PEERMSG_REQQ_MAX = 65536,   /* larger claims are cut to this */
};

enum peermsg_id {
    PEERMSG_CHOKE = 0,
    PEERMSG_UNCHOKE = 1,
    PEERMSG_INTERESTED = 2,
    PEERMSG_NOT_INTERESTED = 3,
    PEERMSG_HAVE = 4,
    PEERMSG_BITFIELD = 5,
    PEERMSG_REQUEST = 6,
    PEERMSG_PIECE = 7,
    PEERMSG_CANCEL = 8,
    PEERMSG_PORT = 9,
    PEERMSG_SUGGEST = 13,
    PEERMSG_HAVE_ALL = 14,
    PEERMSG_HAVE_NONE = 15,
    PEERMSG_REJECT = 16,
    PEERMSG_ALLOWED_FAST = 17,
    PEERMSG_EXTENDED = 20,
    PEERMSG_HASH_REQUEST = 21,
    PEERMSG_HASHES = 22,
    PEERMSG_HASH_REJECT = 23,
    PEERMSG_KEEPALIVE = 256, /* length 0, no id */
};

/* The 68 bytes of BEP 3: reserved bits are set for extensions (BEP 10) and
 * fast (BEP 6). */
struct peermsg_handshake {
    bool extended; /* reserved[5] & 0x10 */
    bool fast;     /* reserved[7] & 0x04 */
    uint8_t info_hash[20];
    uint8_t peer_id[20];
};
void peermsg_write_handshake(const struct peermsg_handshake *h,
                             uint8_t out[PEERMSG_HANDSHAKE]);
/* P2P_EPROTO when it is not BitTorrent. */
int peermsg_read_handshake(const uint8_t in[PEERMSG_HANDSHAKE],
                           struct peermsg_handshake *h);

struct peermsg_hash_request {
    uint8_t root[32];
    uint32_t base, index, length, proof_layers;
};

/* One complete message; pointers are valid until the reader is used again. */
struct peermsg {
    enum peermsg_id id;
    uint32_t index;  /* have, request, piece, cancel, reject, suggest, ... */
    uint32_t begin;  /* request, piece, cancel, reject */
    uint32_t length; /* request, cancel, reject; piece: bytes of payload */
    const uint8_t *data; /* bitfield, extended (after its id), hashes, and the
                            payload of a piece */
    size_t size;         /* bytes at data */
    uint8_t extended_id;
    struct peermsg_hash_request hash; /* hash request, hashes, hash reject */
};

/* Names the memory for the payload of a piece message: `length` bytes, valid
 * until the message is returned. NULL refuses it (not asked for): the reader
 * then fails with P2P_EPROTO. */
typedef uint8_t *(*peermsg_place_cb)(void *arg, uint32_t index, uint32_t begin,
                                     uint32_t length);

struct peermsg_reader; /* Opaque; defined in peermsg.c. */

/* `bitfield_bytes` is the only length a bitfield may have. */
struct peermsg_reader *peermsg_reader_new(size_t bitfield_bytes,
                                          peermsg_place_cb place, void *arg);
void peermsg_reader_free(struct peermsg_reader *r);

/* Where the next bytes go and how many fit there (> 0). Small messages are
 * read ahead in one gulp, so this may span several. */
uint8_t *peermsg_reader_want(struct peermsg_reader *r, size_t *size);

/* `size` bytes were written there. */
void peermsg_reader_got(struct peermsg_reader *r, size_t size);

/* The next complete message: 1 and *out, 0 when more bytes are needed, or
 * P2P_EPROTO / P2P_ETOOBIG (close the connection). Call until it returns 0. */
int peermsg_reader_next(struct peermsg_reader *r, struct peermsg *out);

/* Writing; each appends one message to `b`. 0, or P2P_ETOOBIG with `b`
 * unchanged when the message would pass its maximum. */
int peermsg_put_simple(struct buf *b, enum peermsg_id id); /* no payload */
int peermsg_put_keepalive(struct buf *b);
int peermsg_put_have(struct buf *b, uint32_t index);
int peermsg_put_bitfield(struct buf *b, const uint8_t *bits, size_t size);
int peermsg_put_block(struct buf *b, enum peermsg_id id, uint32_t index,
                      uint32_t begin,
                      uint32_t length); /* request, cancel, reject */
int peermsg_put_hash(
    struct buf *b, enum peermsg_id id,
    const struct peermsg_hash_request *h); /* request, reject */
int peermsg_put_hashes(struct buf *b, const struct peermsg_hash_request *h,
                       const uint8_t *hashes, size_t count);
int peermsg_put_extended(struct buf *b, uint8_t id, const void *data,
                         size_t size);

/* The 13 bytes in front of a block's payload. */
void peermsg_write_piece_header(uint8_t out[PEERMSG_PIECE_HEADER],
                                uint32_t index, uint32_t begin,
                                uint32_t length);

/* The BEP 10 handshake dictionary: what we offer and what they said. */
struct peermsg_extensions {
    uint8_t p2p_load; /* their id for it; 0 = not offered */
    uint8_t p2p_peers;
    uint8_t donthave; /* lt_donthave, BEP 54 */
    uint16_t port;    /* "p"; 0 = not told */
    uint32_t reqq;    /* requests they queue; 250 when not told (BEP 10) */
    bool upload_only;
    bool p2p_origin; /* the source of last resort */
    char client[64]; /* "v"; foreign text: sanitise before showing */
};
enum { /* the ids we give to extensions in our own handshake */
       PEERMSG_EXT_HANDSHAKE = 0,
       PEERMSG_EXT_LOAD = 1,
       PEERMSG_EXT_PEERS = 2,
       PEERMSG_EXT_DONTHAVE = 3,
};
int peermsg_put_extension_handshake(struct buf *b,
                                    const struct peermsg_extensions *ours);
/* `data` is the payload of an extended message with id 0. P2P_EPROTO when it
 * is not a canonical dictionary or gives two extensions one id. */
int peermsg_read_extension_handshake(const uint8_t *data, size_t size,
                                     struct peermsg_extensions *out);

/* p2p_peers: members introduce members. Where somebody listens, nothing else;
 * who it is proves the certificate of whoever answers there. */
enum {
    PEERMSG_PEERS_MAX = 50, /* added in one message, and dropped (BEP 11) */
    PEERMSG_PEERS_PER_MINUTE = 1, /* messages to one peer */
    PEERMSG_PEERS_BURST = 4,      /* early ones let pass; more end it */
};
struct peermsg_address {
    bool is_v6;
    uint8_t ip[16]; /* IPv4: the first 4, the others 0 */
    uint16_t port;  /* never 0 */
};
bool peermsg_same_address(const struct peermsg_address *a,
                          const struct peermsg_address *b);
struct peermsg_peers {
    struct peermsg_address added[PEERMSG_PEERS_MAX];
    struct peermsg_address dropped[PEERMSG_PEERS_MAX];
    size_t added_count, dropped_count;
};
/* `id` is the one that the other side gave to p2p_peers. */
int peermsg_put_peers(struct buf *b, uint8_t id, const struct peermsg_peers *p);
/* P2P_EPROTO when it is not a canonical dictionary, has too many addresses, or
 * one without a port. Whether an address may be dialled the caller decides. */
int peermsg_read_peers(const uint8_t *data, size_t size,
                       struct peermsg_peers *out);

#endif /* P2P_WIRE_PEERMSG_H */
