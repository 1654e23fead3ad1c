/* server: the thread p2p-serve: listens, accepts TLS, reads the handshake, and
 * serves complete items. Connections for an item that is still being loaded
 * are handed to p2p-dl.
 *
 * All functions are called on p2p-dl's thread and travel as messages; calls
 * back run on p2p-dl's loop. No object is touched by both threads, except
 * content and membership, which are made for that.
 */
#ifndef P2P_ENGINE_SERVER_H
#define P2P_ENGINE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;
struct loop;
struct disk;
struct content;
struct membership;
struct conn;
struct err;
struct rows;
struct swarm_stats;

enum {
    SERVER_PENDING = 64,            /* TLS accepts under way */
    SERVER_PENDING_PER_ADDRESS = 4, /* of these, from one address */
};

struct server_ops {
    /* A connection for an item that was announced with server_expect(). Taken:
     * hand it to swarm_add_incoming(). */
    void (*on_incoming)(void *arg, const uint8_t hash[32], struct conn *parcel,
                        const uint8_t handshake[68]);
    /* A complete item is no longer what was hashed, or cannot be read. */
    void (*on_changed)(void *arg, const uint8_t hash[32], const char *why);
    /* Somebody connected for a served item: its numbers begin to change. May
     * be NULL. */
    void (*on_busy)(void *arg);
};

struct server_setup {
    struct loop *loop; /* p2p-dl's, for calls back */
    struct disk *disk;
    const char *host;       /* "" = all addresses */
    uint16_t port;          /* 0 = a free one */
    const uint8_t *peer_id; /* 20 bytes, copied */
    const struct server_ops *ops;
    void *arg;
};

/* Listen and start the thread. P2P_EBUSY with a sentence when the port is
 * taken. */
int server_new(const struct server_setup *setup, struct server **out,
               struct err *e);
uint16_t server_port(const struct server *s);

/* Stop the thread, close all connections, release everything. Blocks until the
 * thread has ended. */
void server_free(struct server *s);

/* Serve a complete item from now on. Both are referenced. */
void server_serve(struct server *s, struct content *c, struct membership *m);

/* Hand over connections for this item (it is being loaded on p2p-dl). */
void server_expect(struct server *s, const uint8_t hash[32],
                   struct membership *m);

/* Neither any more: its connections end, new ones are refused. */
void server_withdraw(struct server *s, const uint8_t hash[32]);

/* A new membership for all items of its group. */
void server_set_membership(struct server *s, struct membership *m);

/* Numbers for the screen, answered later on p2p-dl's loop: one call of `cb`
 * with everything served (stats by hash; peers of the one item `detail`, NULL
 * for none). Arrays are valid during the call. */
struct server_item_stats {
    uint8_t hash[32];
    const struct swarm_stats *stats;
};
typedef void (*server_stats_cb)(void *arg,
                                const struct server_item_stats *items,
                                size_t count, struct rows *peers);
typedef void (*server_takers_cb)(void *arg, struct rows *takers);
void server_ask_stats(struct server *s, const uint8_t *detail,
                      server_stats_cb cb, void *arg);

/* Whom something is being sent to, in the same way: ROWS_TAKERS. */
void server_ask_takers(struct server *s, server_takers_cb cb, void *arg);

/* End the connections of a user for a served item and refuse new ones for
 * SWARM_REFUSED_MS. */
void server_drop_user(struct server *s, const uint8_t hash[32],
                      const char *user);

#endif /* P2P_ENGINE_SERVER_H */
