/* announce: tell the trackers what this computer holds, in batches, and bring
 * the peers it names to the transfers.
 */
#ifndef P2P_ENGINE_ANNOUNCE_H
#define P2P_ENGINE_ANNOUNCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;
struct announce;

enum {
    ANNOUNCE_BATCH = 500,       /* items in a call; the tracker takes 1000 */
    ANNOUNCE_BYTES = 48 * 1024, /* of items in a call; an ordinary line has
                                   64 KiB (JSONRPC_LINE_MAX) */
    ANNOUNCE_SOON_MS = 20,      /* gathers what changes together */
    ANNOUNCE_HAVE_MS = 5000,    /* between progress reports of one item */
    ANNOUNCE_HUNGRY_MS = 5000,  /* between questions for more peers */
};

/* What is announced, asked through these, so that announce does not know
 * transfer. */
struct announce_item {
    uint8_t hash[32];
    uint32_t have;   /* pieces */
    uint64_t left;   /* bytes */
    uint8_t *bitmap; /* or NULL; released by announce */
    size_t bitmap_size;
};
struct announce_ops {
    /* Fill `out` for an item; false: it is not announced any more. */
    bool (*describe)(void *arg, const uint8_t hash[32],
                     struct announce_item *out);
    void (*add_peer)(void *arg, const uint8_t hash[32], const char *address,
                     const char *user_id);
    void (*drop_peer)(void *arg, const uint8_t hash[32], const char *address);
};

struct announce *announce_new(struct core *c, const struct announce_ops *ops,
                              void *arg);
void announce_free(struct announce *a); /* NULL is allowed. */

/* This item is new, complete, or more of it is here. */
void announce_item(struct announce *a, const uint8_t hash[32],
                   const char *event);
void announce_leave(struct announce *a, const uint8_t hash[32]);

/* Tracker `n` of the session knows nothing of us: tell it everything. */
void announce_all_to(struct announce *a, size_t n);

/* More peers are wanted for it; asks at most every ANNOUNCE_HUNGRY_MS. */
void announce_hungry(struct announce *a, const uint8_t hash[32]);

/* The push swarm.changed. */
void announce_push(struct announce *a, json_t *params);

#endif /* P2P_ENGINE_ANNOUNCE_H */
