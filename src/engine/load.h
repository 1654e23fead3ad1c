/* load: one piece while it is being loaded: which blocks are here, who gave
 * them, who is asked for the others. Part of the picker, which owns the counts
 * that span pieces.
 *
 * A block is here, or asked of up to LOAD_SLOTS peers. A request released as
 * slow stays valid but no longer counts: the block is free for others.
 */
#ifndef P2P_ENGINE_LOAD_H
#define P2P_ENGINE_LOAD_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LOAD_BLOCK = 16384,
    LOAD_NOBODY = 1024, /* peers are numbers below it */
    /* Requests that count, at once. */
    LOAD_COPIES = 2,
    /* One more than copies: two slow peers must not keep a block from a third,
     * and the others to cancel still fit the caller's two. */
    LOAD_SLOTS = LOAD_COPIES + 1,
};
#define LOAD_NO_BLOCK UINT32_MAX

struct load_block {
    uint16_t asked[LOAD_SLOTS]; /* peers; the first `count` are in use */
    uint16_t giver;
    uint8_t count;
    uint8_t slow; /* bit per entry of asked */
    bool is_here;
};

/* Fields are read by the picker and changed by the functions below, except
 * the last group, which is the picker's. */
struct load {
    uint32_t piece;
    uint32_t size; /* bytes */
    uint32_t blocks;
    uint32_t here;  /* blocks */
    uint32_t free;  /* blocks that may be asked of somebody new */
    uint32_t asked; /* requests */
    uint32_t hint;  /* no block before it is free */
    uint32_t banned_count;
    uint16_t *banned; /* gave bad blocks of this piece */

    uint32_t workers; /* peers that work on this piece */
    uint16_t owner;   /* while leaves are not known: the only one asked */
    uint16_t last;    /* asked last */

    struct load_block block[];
};

/* Nothing is here, nobody is asked. Never NULL. */
struct load *load_new(uint32_t piece, uint32_t size);
void load_free(struct load *l); /* NULL is allowed. */

bool load_is_free(const struct load_block *b);

/* Requests that were not released as slow. */
uint32_t load_live_requests(const struct load_block *b);

/* Where `peer` is in b->asked, or -1. */
int load_slot(const struct load_block *b, uint32_t peer);

void load_ask(struct load *l, uint32_t i, uint32_t peer);

/* Take a request back; returns whose it was. */
uint32_t load_unask(struct load *l, uint32_t i, int slot);
void load_set_slow(struct load *l, uint32_t i, int slot);

/* The block arrived (nobody is asked any more), or proved bad. */
void load_set_here(struct load *l, uint32_t i, uint32_t giver);
void load_lose(struct load *l, uint32_t i);

void load_ban(struct load *l, uint32_t peer); /* LOAD_NOBODY is ignored */
bool load_is_banned(const struct load *l, uint32_t peer);

/* The number may go to another peer: it gave nothing and is not banned. */
void load_forget(struct load *l, uint32_t peer);

/* First block at or behind `from` that may be asked of `peer`, or NO_BLOCK. */
uint32_t load_next_free(const struct load *l, uint32_t from, uint32_t peer);
void load_advance_hint(struct load *l);

/* Bytes of a block, and the block with this offset and length, or NO_BLOCK
 * when there is none. */
uint32_t load_block_length(const struct load *l, uint32_t i);
uint32_t load_find(const struct load *l, uint32_t offset, uint32_t length);

/* The peer that gave all blocks, or LOAD_NOBODY. */
uint32_t load_only_giver(const struct load *l);

/* Assert the invariants. */
void load_check(const struct load *l);

#endif /* P2P_ENGINE_LOAD_H */
