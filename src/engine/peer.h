/* peer: one connection for one item: handshake, messages, what both sides told
 * each other, and the requests under way in both directions. Its owner (the
 * swarm) decides; what a peer needs from it is struct peer_ops.
 *
 *   OPENING (TLS) -> GREETING (68 bytes) -> ACTIVE -> CLOSED
 *   any -> CLOSED: the connection ended, the other side broke the protocol
 *   (on_closed), or the owner called peer_close() (no call back)
 * BEP 3, 6, 10, 52, 54.
 */
#ifndef P2P_ENGINE_PEER_H
#define P2P_ENGINE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/picker.h"
#include "engine/upload.h"
#include "wire/peermsg.h"

struct cert;
struct bitfield;
struct conn;
struct content;
struct disk_port;
struct err;
struct hashes;
struct runpool;
struct loop;
struct peer;
struct tlsctx;

enum {
    PEER_ID = 20,
    PEER_REQUESTS = 1024,      /* our requests under way at one peer, at most */
    PEER_HASHES_ASKED = 64,    /* our hash requests under way at one peer */
    PEER_HANDSHAKE_MS = 10000, /* for the 68 bytes after TLS */
    PEER_IDLE_MS = 120000,     /* silence that ends a connection */
    PEER_KEEPALIVE_MS = 60000,
    PEER_QUEUED = 8 * 1024 * 1024, /* bytes due to a peer that does not read;
                                      more end it. Answers wait for room, so
                                      this is what came unasked or rejected:
                                      HAVEs of a big item are the most */
    PEER_LOST = 64,                /* pieces it may give up beyond each once,
                                      and per second */
};

struct peer_ops {
    /* TLS is up, nothing was sent yet. `leaf` is the other side's certificate.
     * 0 lets it in; otherwise the code it is closed with, reason in `e`. */
    int (*on_open)(void *arg, struct peer *p, const struct cert *leaf,
                   struct tlsctx *context, struct err *e);
    /* The handshake was read: its peer id is known. 0 or as above. */
    int (*on_handshake)(void *arg, struct peer *p, struct err *e);
    void (*on_active)(void *arg, struct peer *p);   /* may be written to */
    void (*on_extended)(void *arg, struct peer *p); /* extensions known */
    void (*on_told)(void *arg, struct peer *p,
                    const struct peermsg_peers *list); /* of other members */
    void (*on_pieces)(void *arg, struct peer *p);      /* peer_have() is set */
    void (*on_have)(void *arg, struct peer *p, uint32_t piece);
    void (*on_lost)(void *arg, struct peer *p, uint32_t piece);
    void (*on_choke)(void *arg, struct peer *p); /* or unchoke */
    void (*on_interest)(void *arg, struct peer *p);

    /* A block begins that we asked for: memory for it (never NULL). Then it is
     * complete, or the connection ends. */
    uint8_t *(*on_place)(void *arg, struct peer *p,
                         const struct picker_block *b);
    void (*on_block)(void *arg, struct peer *p, const struct picker_block *b);
    /* It will not be sent: rejected. */
    void (*on_reject)(void *arg, struct peer *p, const struct picker_block *b);

    /* Answer to a hash request of ours; data NULL: rejected. */
    void (*on_hashes)(void *arg, struct peer *p,
                      const struct peermsg_hash_request *r, const uint8_t *data,
                      uint32_t count);
    void (*on_unreadable)(void *arg, struct peer *p, uint32_t piece, int code,
                          const char *why);
    void (*on_turn)(void *arg, struct peer *p); /* all that came was handled */
    void (*on_closed)(void *arg, struct peer *p, int code, const char *why);
};

struct peer_setup {
    struct loop *loop;
    struct disk_port *port;
    struct content *content; /* referenced */
    struct hashes *hashes;   /* referenced */
    struct runpool *pool;    /* outlives the peer */
    const uint8_t *own_id;   /* PEER_ID bytes, copied */
    uint16_t listen_port;    /* told as "p"; 0: not told */
    const struct peer_ops *ops;
    void *arg;
};

/* Dialled: `fd` is connected and taken. */
struct peer *peer_new_outgoing(const struct peer_setup *setup, int fd,
                               struct tlsctx *tls);
/* Accepted by somebody else, TLS done and the handshake read. Taken. Call
 * peer_admit() next, which may call back. */
struct peer *peer_new_incoming(const struct peer_setup *setup,
                               struct conn *parcel,
                               const uint8_t handshake[PEERMSG_HANDSHAKE]);
void peer_admit(struct peer *p);

/* End it without a call back. */
void peer_close(struct peer *p);
void peer_free(struct peer *p); /* closes; allowed in any call back */

/* What the owner remembers about it. */
void peer_set_data(struct peer *p, void *data);
void *peer_data(const struct peer *p);

/* What is known of the other side. */
bool peer_is_active(const struct peer *p);
bool peer_is_incoming(const struct peer *p);
const uint8_t *peer_id(const struct peer *p);
const char *peer_address(const struct peer *p);
const struct peermsg_extensions *peer_extensions(const struct peer *p);
const struct bitfield *peer_have(const struct peer *p);
bool peer_chokes_us(const struct peer *p);
bool peer_wants_us(const struct peer *p); /* is interested */
bool peer_we_want(const struct peer *p);
uint32_t peer_rtt_us(const struct peer *p);
struct upload *peer_upload(const struct peer *p); /* NULL before active */
size_t peer_queued(const struct peer *p);         /* bytes not yet sent */
int64_t peer_heard_ms(const struct peer *p);      /* last byte from it */

/* Say. */
void peer_send_pieces(struct peer *p, const struct bitfield *verified);
void peer_send_have(struct peer *p, uint32_t piece);
void peer_send_donthave(struct peer *p, uint32_t piece);
void peer_send_peers(struct peer *p, const struct peermsg_peers *list);
void peer_set_interested(struct peer *p, bool interested);
void peer_set_choked(struct peer *p, bool choked);

/* Ask. Each block is answered by on_block or on_reject, or the end. */
void peer_request(struct peer *p, const struct picker_block *blocks,
                  size_t count);
void peer_cancel(struct peer *p, const struct picker_block *b);
size_t peer_requests(const struct peer *p);   /* under way */
bool peer_is_receiving(const struct peer *p); /* a block is half here */
/* 0, or P2P_EFULL when too many are under way. */
int peer_ask_hashes(struct peer *p, const struct peermsg_hash_request *r);

/* Once a second or less: keep-alives, silence, delayed answers. False when the
 * connection ended (on_closed was called). */
bool peer_tick(struct peer *p, int64_t now_ms);

#endif /* P2P_ENGINE_PEER_H */
