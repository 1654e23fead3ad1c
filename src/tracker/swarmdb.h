/* swarmdb: who is online and holds what of which item. Memory only.
 *
 * Entries belong to sessions: when a session ends, all of it is gone at once,
 * and after a restart the announces of the peers fill it again. Joins and
 * departures collect per swarm until swarmdb_flush() tells the others.
 * Hashes are 32 bytes, bitmaps in wire order (BEP 3). The caller passes the
 * time.
 */
#ifndef P2P_TRACKER_SWARMDB_H
#define P2P_TRACKER_SWARMDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct swarmdb;

enum {
    SWARMDB_HASH = 32,
    SWARMDB_WANT = 50, /* peers in an answer unless asked otherwise */
    SWARMDB_WANT_MAX = 200,
    SWARMDB_SESSION_MAX = 20000, /* swarms of one session: bounds its memory */
    SWARMDB_BITMAPS_MAX = 16 * 1024 * 1024, /* bytes of bitmaps of one session;
                                               beyond, its partial items are
                                               not found by piece */
    SWARMDB_PUSH_EVERY_MS = 1000,
    SWARMDB_PUSH_CHANGES = 64, /* joins and departures in one notice; in a
                                  larger storm peers learn the rest when they
                                  announce */
    SWARMDB_PUSH_TO = 256,     /* receivers of one notice, for the same reason:
                                  n joins into n peers would be n * n lines */
};

/* One peer, valid during the call that shows it. */
struct swarmdb_peer {
    uint64_t session;
    const char *user;
    const char *user_id;
    const char *address;
    uint32_t have; /* pieces */
    bool is_seed;
};

typedef void (*swarmdb_peer_cb)(void *arg, const struct swarmdb_peer *peer);

struct swarmdb *swarmdb_new(void); /* Never NULL. */
void swarmdb_free(struct swarmdb *db);

/* Who a session is. Before its first announce, and again when the address
 * changes. The texts are copied. */
void swarmdb_put_session(struct swarmdb *db, uint64_t session, const char *user,
                         const char *user_id, const char *address);

/* Join the swarm or report progress. `pieces` is the item's number of pieces.
 * `bitmap` is NULL for "not told": nothing for have 0, all for have == pieces.
 * P2P_EINVAL for a bitmap of the wrong shape, P2P_ERANGE for have > pieces,
 * P2P_EFULL when the session is in too many swarms. */
struct swarmdb_progress {
    uint32_t pieces;
    uint32_t have;
    const uint8_t *bitmap;
    size_t bitmap_size;
};
int swarmdb_announce(struct swarmdb *db, uint64_t session,
                     const uint8_t hash[SWARMDB_HASH],
                     const struct swarmdb_progress *p, struct err *e);

bool swarmdb_has(const struct swarmdb *db, uint64_t session,
                 const uint8_t hash[SWARMDB_HASH]);
void swarmdb_leave(struct swarmdb *db, uint64_t session,
                   const uint8_t hash[SWARMDB_HASH]);
void swarmdb_drop_session(struct swarmdb *db, uint64_t session);
void swarmdb_drop_swarm(struct swarmdb *db, const uint8_t hash[SWARMDB_HASH]);

void swarmdb_counts(const struct swarmdb *db, const uint8_t hash[SWARMDB_HASH],
                    uint32_t *seeders, uint32_t *leechers);

/* Show up to `want` peers, chosen at random, without `except`. */
void swarmdb_peers(struct swarmdb *db, const uint8_t hash[SWARMDB_HASH],
                   uint64_t except, uint32_t want, swarmdb_peer_cb cb,
                   void *arg);

/* The same among those who hold `piece`. */
void swarmdb_locate(struct swarmdb *db, const uint8_t hash[SWARMDB_HASH],
                    uint32_t piece, uint64_t except, swarmdb_peer_cb cb,
                    void *arg);

/* One notice about a swarm. */
struct swarmdb_change {
    bool joined;
    uint64_t session;
    char user[65];
    char user_id[33];
    char address[64];
    uint32_t have;
    bool is_seed;
};
struct swarmdb_notice {
    const uint8_t *hash;
    const struct swarmdb_change *changes;
    size_t change_count;
    const uint64_t *sessions; /* who should hear of it */
    size_t session_count;
};
typedef void (*swarmdb_notice_cb)(void *arg, const struct swarmdb_notice *n);

/* Give out what is due. Returns milliseconds until the next call is needed,
 * or -1 when nothing waits. */
int64_t swarmdb_flush(struct swarmdb *db, int64_t now_ms, swarmdb_notice_cb cb,
                      void *arg);

size_t swarmdb_swarm_count(const struct swarmdb *db);
size_t swarmdb_peer_count(const struct swarmdb *db);

#endif /* P2P_TRACKER_SWARMDB_H */
