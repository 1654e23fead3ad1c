/* runpool: recycled buffers for runs of blocks, received or sent. Owned by one
 * loop thread.
 */
#ifndef P2P_ENGINE_RUNPOOL_H
#define P2P_ENGINE_RUNPOOL_H

#include <stdint.h>

struct runpool;

enum {
    RUN_BLOCKS = 16,   /* blocks of a run: 256 KiB, one job and one
                          16-way hash */
    RUN_BLOCK = 16384, /* bytes of a block */
    RUN_BYTES = RUN_BLOCKS * RUN_BLOCK,
    RUN_GAP = 13, /* bytes in front of a block on the wire */
    RUN_ROOM = RUN_BLOCKS * (RUN_BLOCK + RUN_GAP),
    RUNPOOL_KEPT = 64, /* most free buffers kept: 16 MiB */
};

struct runpool *runpool_new(void);
void runpool_free(struct runpool *p); /* NULL is allowed */

/* A buffer of RUN_ROOM bytes; give it back, or free() it on any thread. */
uint8_t *runpool_take(struct runpool *p);
void runpool_give(struct runpool *p, uint8_t *buffer); /* NULL is allowed */

/* Release the free buffers: nothing is going on. */
void runpool_trim(struct runpool *p);

#endif /* P2P_ENGINE_RUNPOOL_H */
