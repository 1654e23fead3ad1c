/* intake: the way of received blocks to the disk: buffers, leaf hashes, check,
 * write and journal. One per loading item, on its loop's thread.
 *
 * Blocks land in runs of 256 KiB. When the leaves of a piece are known, a full
 * run goes to a worker in one job that hashes, compares and writes what is
 * good; without leaves the whole piece is one job that compares the piece's
 * hash. So nothing unverified is written, and each bad block has its giver.
 *
 * A piece: start -> blocks land -> runs checked and written -> on_piece
 *   a bad block -> on_bad_block, wanted again
 *   a bad piece without leaves -> on_bad_piece, forgotten, wanted again
 *   a failed write -> on_write_failed; kept in memory until intake_retry()
 */
#ifndef P2P_ENGINE_INTAKE_H
#define P2P_ENGINE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct content;
struct disk_port;
struct intake;
struct loop;
struct runpool;

#define INTAKE_NOBODY UINT32_MAX /* no giver, or blocks of several givers */

enum {
    INTAKE_BACKLOG = 64 * 1024 * 1024, /* bytes waiting for workers above which
                                          no more should be asked for */
};

struct intake_ops {
    void (*on_piece)(void *arg, uint32_t piece); /* verified and on disk */
    void (*on_bad_block)(void *arg, uint32_t piece, uint32_t block,
                         uint32_t giver);
    void (*on_bad_piece)(void *arg, uint32_t piece, uint32_t giver);
    void (*on_write_failed)(void *arg, int code, const char *why);
    void (*on_room)(void *arg); /* the backlog fell */
    /* After intake_finish() (code 0: files have their final names) or
     * intake_flush(). */
    void (*on_finished)(void *arg, int code, const char *why);
    void (*on_flushed)(void *arg);
};

struct intake_setup {
    struct loop *loop;
    struct disk_port *port;
    struct content *content; /* referenced */
    struct runpool *pool;    /* outlives the intake */
    const struct intake_ops *ops;
    void *arg;
};
struct intake *intake_new(const struct intake_setup *setup);
void intake_free(struct intake *in); /* nothing under way; NULL is allowed */

/* Begin a piece (again); true when it was not begun yet. */
bool intake_start(struct intake *in, uint32_t piece);
bool intake_has(const struct intake *in, uint32_t piece);

/* Drop what was received and not verified of a piece. */
void intake_forget(struct intake *in, uint32_t piece);

/* Drop what others than `giver` gave of a piece whose leaves are not known.
 * Returns bytes. */
size_t intake_keep_only(struct intake *in, uint32_t piece, uint32_t giver);

/* Are the leaves known? `data` holds proved leaves (from request `part`). */
bool intake_knows_leaves(const struct intake *in, uint32_t piece);
bool intake_add_leaves(struct intake *in, uint32_t piece, uint32_t part,
                       const uint8_t *data, uint32_t count);

/* Where the block that a connection is receiving goes. One per connection; all
 * zero when nothing is being received. */
struct intake_buffer;
struct intake_landing {
    struct intake_buffer *buffer;
    uint32_t piece, offset, length;
    uint8_t *at;
};

/* Choose memory for a block. Two connections that send the same block never
 * share memory. */
uint8_t *intake_land(struct intake *in, struct intake_landing *l,
                     uint32_t piece, uint32_t offset, uint32_t length);

/* The block arrived and is wanted: `giver` is remembered for it. */
void intake_keep(struct intake *in, struct intake_landing *l, uint32_t giver);

/* It is not wanted, or will not arrive. */
void intake_discard(struct intake *in, struct intake_landing *l);

/* Try failed writes again. */
void intake_retry(struct intake *in);

/* A piece on disk is no longer good: take it out of the journal. */
void intake_unrecord(struct intake *in, uint32_t piece);

/* Bytes in checks and writes that were not done yet; is it too much? */
size_t intake_backlog(const struct intake *in);
bool intake_is_full(const struct intake *in);

/* Who gave most of the piece that on_piece is called for. */
uint32_t intake_main_giver(const struct intake *in, uint32_t piece);

/* Verified pieces that are not in the journal yet. */
uint32_t intake_unrecorded(const struct intake *in);

/* All pieces are there: give the files their names. */
void intake_finish(struct intake *in);

/* Write the journal, wait for all jobs, close. on_flushed follows. */
void intake_flush(struct intake *in);

#endif /* P2P_ENGINE_INTAKE_H */
