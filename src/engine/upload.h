/* upload: what one connection asks of us: a queue of requests, runs read from
 * disk in wire-ready form, and hash requests. Knows the connection only to
 * queue bytes.
 *
 * A request waits as 12 bytes; data is read when its turn comes. Consecutive
 * blocks are read together, up to 256 KiB in one job, with room for the headers
 * between them, and go to the connection without another copy.
 */
#ifndef P2P_ENGINE_UPLOAD_H
#define P2P_ENGINE_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct content;
struct disk_port;
struct hashes;
struct peermsg_hash_request;
struct runpool;
struct upload;

enum {
    UPLOAD_QUEUE = 512,           /* requests that wait; more are rejected */
    UPLOAD_RUNS = 2,              /* runs being read or sent at once */
    UPLOAD_HASH_QUEUE = 128,      /* hash requests that wait; more end it */
    UPLOAD_HASH_BURST = 32768,    /* hashes given ahead of blocks: 512 MiB */
    UPLOAD_HASH_RATE = 2048,      /* hashes given per second besides */
    UPLOAD_HASH_EARNED = 2,       /* and for each block served */
    UPLOAD_BACKLOG = 1024 * 1024, /* bytes unsent above which hashes wait */
    UPLOAD_HASH_REJECTS = 8,      /* impossible hash requests end it; old
                                     libtorrent repeats a rejected one for ever */
    UPLOAD_REJECT_MS = 3000,      /* so a rejection is slow to leave */
    UPLOAD_BAD_PER_MINUTE = 1000, /* rejected block requests end it */
};

struct upload_ops {
    /* Data could not be read: P2P_EVERIFY when the file changed. */
    void (*on_unreadable)(void *arg, uint32_t piece, int code, const char *why);
    void (*on_sent)(void *arg, size_t bytes); /* payload, to the kernel */
};

struct upload_setup {
    struct conn *conn;
    struct disk_port *port;
    struct content *content; /* referenced */
    struct hashes *hashes;   /* referenced */
    struct runpool *pool;    /* outlives the upload */
    bool fast;               /* BEP 6: rejects are understood */
    int64_t now_ms;
    const struct upload_ops *ops;
    void *arg;
};
struct upload *upload_new(const struct upload_setup *setup);
/* The connection is gone: nothing is sent any more; totals stay. */
void upload_stop(struct upload *u);
void upload_free(struct upload *u); /* stops; NULL is allowed */

/* Choking rejects what waits. A new upload is choked. */
void upload_set_choked(struct upload *u, bool choked);
bool upload_is_choked(const struct upload *u);

/* A request arrived. 0, or P2P_EPROTO when the other side asks too much that
 * cannot be served. */
int upload_request(struct upload *u, uint32_t piece, uint32_t begin,
                   uint32_t length, int64_t now_ms);
void upload_cancel(struct upload *u, uint32_t piece, uint32_t begin,
                   uint32_t length);
int upload_hash_request(struct upload *u, const struct peermsg_hash_request *r,
                        int64_t now_ms);

/* Go on: the connection's queue fell, or time passed. */
void upload_pump(struct upload *u);
void upload_tick(struct upload *u, int64_t now_ms);

/* Nothing waits, is read or hashed. */
bool upload_is_idle(const struct upload *u);
size_t upload_waiting(const struct upload *u);
uint64_t upload_total(const struct upload *u); /* bytes of payload */

#endif /* P2P_ENGINE_UPLOAD_H */
