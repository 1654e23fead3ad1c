/* swarm: one item and the peers connected for it, on one loop thread.
 *
 * A loading swarm (on p2p-dl) picks, requests, verifies, writes and serves at
 * the same time; a complete one (on p2p-serve, or still on p2p-dl for the
 * connections it had) only serves. Decides with engine/picker, asks peers
 * through engine/peer, lets workers read, hash and write.
 *
 *   LOADING --swarm_on_piece: last piece--> FINISHING --renamed--> SERVING
 *   LOADING --write failed--> PARKED --space is back, or swarm_retry--> LOADING
 *   any --swarm_stop--> STOPPED (on_stopped when nothing is under way)
 */
#ifndef P2P_ENGINE_SWARM_H
#define P2P_ENGINE_SWARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct swarm;
struct loop;
struct disk_port;
struct content;
struct membership;
struct conn;
struct rows;
struct event_pieces;

enum {
    SWARM_PEERS_MAX = 200,   /* connections for one item */
    SWARM_PEERS_WANTED = 50, /* dial until this many are connected */
    SWARM_REQUESTS_SERVED =
        512,                  /* outstanding requests served per peer (reqq) */
    SWARM_UNCHOKED = 64,      /* peers served at once; groups are small and
                                 trusted, so nearly everybody is unchoked at
                                 once instead of in rounds */
    SWARM_REQUEST_MS = 20000, /* a block not sent by then is asked elsewhere */
    SWARM_IDLE_MS = 120000,   /* silence that ends a connection */
    SWARM_KEEPALIVE_MS = 60000,
    SWARM_REFUSED_MS = 600000, /* a user the owner dropped stays away */
};

/* Calls up; all on the loop. Any may be NULL but on_stopped. */
struct swarm_ops {
    void (*on_piece)(void *arg, uint32_t piece); /* verified and on disk */
    void (*on_complete)(void *arg);              /* renamed; now serving */
    /* Loading stopped: P2P_ENOSPC (goes on by itself) or another code. code 0:
     * it goes on again. */
    void (*on_parked)(void *arg, int code, const char *why);
    /* A peer sent bad data and is banned by its certificate. */
    void (*on_banned)(void *arg, const char *user, const char *address,
                      uint32_t piece);
    /* Needs more addresses (nobody has what is missing, or too few peers). */
    void (*on_hungry)(void *arg);
    void (*on_stopped)(void *arg); /* after swarm_stop(); now swarm_free() */
    /* A complete item cannot be read as it was hashed (P2P_EVERIFY: a file
     * changed); nothing of it is served any more. May be NULL. */
    void (*on_unreadable)(void *arg, int code, const char *why);
    void (*on_empty)(void *arg); /* the last connection ended */
};

struct swarm_setup {
    struct loop *loop;
    struct disk_port *port;
    struct content *content;       /* referenced */
    struct membership *membership; /* referenced */
    bool load;                     /* false: serve only */
    bool sequential;
    uint16_t listen_port;   /* told to others as "p" */
    const uint8_t *peer_id; /* 20 bytes, copied */
    const struct swarm_ops *ops;
    void *arg;
};
struct swarm *swarm_new(const struct swarm_setup *setup);
void swarm_free(struct swarm *s); /* after on_stopped; NULL is allowed */
void swarm_stop(struct swarm *s); /* flush the journal, close everything */

/* Addresses of members ("ip:port") from the tracker or other peers. Duplicates
 * and our own are ignored; refused ones are tried again with back-off. */
void swarm_add_address(struct swarm *s, const char *address,
                       const char *user_id);
void swarm_drop_address(struct swarm *s, const char *address);

/* Forget waiting times and call whom is known. */
void swarm_hurry(struct swarm *s);

/* End the connections of a user and let it in again only after `until_ms` of
 * the loop's clock. Returns whether it was connected. */
bool swarm_refuse_user(struct swarm *s, const char *user, int64_t until_ms);

/* An accepted connection whose TLS and 68-byte handshake were read. Taken. It
 * comes detached from the loop that accepted it. */
void swarm_add_incoming(struct swarm *s, struct conn *parcel,
                        const uint8_t handshake[68]);

/* New certificate or denials: connections of denied users end now; others go
 * on until their own certificate ends. */
void swarm_set_membership(struct swarm *s, struct membership *m);

/* Pause: no requests, no serving, connections closed; addresses are kept. */
void swarm_set_paused(struct swarm *s, bool paused);

/* Loading was parked or failed: try again now. */
void swarm_retry(struct swarm *s);

/* A piece on disk proved bad or changed: stop offering it (BEP 54). */
void swarm_lost_piece(struct swarm *s, uint32_t piece);

/* Why is this transfer slow? One reason with its numbers, from worst to best.
 */
enum swarm_reason {
    SWARM_REASON_NONE,
    SWARM_REASON_NO_HOLDER, /* nobody connected has what is missing */
    SWARM_REASON_NO_PEERS,  /* nobody could be reached */
    SWARM_REASON_DISK_FULL,
    SWARM_REASON_DISK_ERROR,
    SWARM_REASON_CHOKED, /* all holders choke us */
    SWARM_REASON_PAUSED,
    SWARM_REASON_DISK_SLOW, /* writes wait for the disk */
};

struct swarm_stats {
    uint64_t rate_down, rate_up;   /* bytes of payload per second, smoothed */
    uint64_t total_down, total_up; /* bytes of payload since the start */
    uint64_t wasted;               /* bytes that came twice or were bad */
    uint32_t peers, seeders;       /* connected; with all pieces */
    uint32_t dialing, known;       /* addresses */
    uint32_t bad_blocks;
    uint32_t unrecorded; /* pieces that a kill -9 now would lose */
    enum swarm_reason reason;
};
void swarm_get_stats(const struct swarm *s, struct swarm_stats *out);

/* Append ROWS_PEERS rows; fill a picture of the pieces (memory owned by the
 * event). */
void swarm_get_peers(const struct swarm *s, struct rows *out);
void swarm_get_pieces(const struct swarm *s, struct event_pieces *out);

/* Append ROWS_TAKERS rows: whom something is being sent to. */
void swarm_get_takers(const struct swarm *s, struct rows *out);

#endif /* P2P_ENGINE_SWARM_H */
