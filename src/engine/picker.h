/* picker: which block to ask which peer for next.
 *
 * A pure data structure: no sockets, no clock, no thread of its own. Only
 * engine/swarm calls it, on the loop thread that owns the swarm.
 *
 * Whole pieces are handed to one peer where possible (long runs on one
 * connection cost least): a peer goes on with its own piece, then with one
 * that lost its peer, then starts the rarest new one (random ties), then helps
 * others, who keep the front half of what is left. A piece whose leaf hashes
 * are known may be loaded from many peers at once; a piece without leaves
 * stays with the peer that started it, so that blame is always exact. In end
 * game (nothing is left that is not asked for) blocks are asked for a second
 * time at faster peers.
 */
#ifndef P2P_ENGINE_PICKER_H
#define P2P_ENGINE_PICKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bitfield;
struct picker;

#define PICKER_BLOCK 16384u /* bytes; BEP 52 leaf size and request size */
#define PICKER_PEERS 1024u  /* peer slots: 0 .. PICKER_PEERS-1 */
#define PICKER_COPIES 2u    /* peers a block is asked of at once in end game */

struct picker_block {
    uint32_t piece;
    uint32_t offset; /* bytes, a multiple of PICKER_BLOCK */
    uint32_t length; /* bytes, PICKER_BLOCK or less at the end of a file */
};

/* `piece_size(arg, piece)` tells the bytes of a piece (1 .. piece_length).
 * `have` holds what is verified already (copied). `seed` drives random ties. */
struct picker_setup {
    uint32_t piece_count, piece_length;
    uint32_t (*piece_size)(const void *arg, uint32_t piece);
    const void *arg;
    const struct bitfield *have;
    uint64_t seed;
    bool sequential;
};
struct picker *picker_new(const struct picker_setup *setup);
void picker_free(struct picker *p); /* NULL is allowed. */

/* Peers are small numbers chosen by the caller. picker_add_peer counts the
 * pieces in `have` (borrowed for the call); picker_peer_has one more piece;
 * picker_peer_lacks takes one back (BEP 54). picker_remove_peer gives all its
 * requests back. */
void picker_add_peer(struct picker *p, uint32_t peer,
                     const struct bitfield *have);
void picker_peer_has(struct picker *p, uint32_t peer, uint32_t piece);
void picker_peer_lacks(struct picker *p, uint32_t peer, uint32_t piece);
void picker_remove_peer(struct picker *p, uint32_t peer,
                        const struct bitfield *have);

/* Choose up to `max` blocks for a peer that holds the pieces in `have`, and
 * note them as asked of it. `rate` is the peer's measured speed in bytes per
 * second (0 unknown): end game gives copies only to peers that are twice as
 * fast as the one already asked. Returns how many were written to `out` (0: it
 * holds nothing that is needed now). */
size_t picker_pick(struct picker *p, uint32_t peer, const struct bitfield *have,
                   uint64_t rate, struct picker_block *out, size_t max);

/* Would picker_pick() find something in `have`? (interest) */
bool picker_is_interesting(const struct picker *p, const struct bitfield *have);

/* A block arrived from `peer`. Returns P2P_EINVAL when it was not asked of
 * that peer (or was given back), P2P_EEXIST when it is here already (a copy in
 * end game), else 0. Requests of others for it end here: a late copy gives
 * P2P_EEXIST, so the caller keeps the list of what is on the wire. `others`
 * (room for PICKER_COPIES) receives the peers to send a cancel to and
 * *other_count their number. */
int picker_received(struct picker *p, uint32_t peer,
                    const struct picker_block *b, uint32_t *others,
                    size_t *other_count);

/* A block arrived after picker_received() said P2P_EINVAL: it was given back,
 * but `peer` was asked for it once. 0 when it is of use after all, else
 * P2P_EEXIST; `others` as above. */
int picker_received_late(struct picker *p, uint32_t peer,
                         const struct picker_block *b, uint32_t *others,
                         size_t *other_count);

/* The peer will not send it (reject, choke without fast, timed out). */
void picker_give_back(struct picker *p, uint32_t peer,
                      const struct picker_block *b);
void picker_give_back_all(struct picker *p, uint32_t peer);

/* Everything asked of `peer` may be asked of others too (it is slow): the
 * requests stay valid, but no longer hold others off. */
void picker_release_slow(struct picker *p, uint32_t peer);

/* The leaves of a piece are known: many peers may share it. */
void picker_set_leaves_known(struct picker *p, uint32_t piece);
bool picker_are_leaves_known(const struct picker *p, uint32_t piece);

/* A piece that failed as a mixture of several peers' blocks comes from one
 * peer only, until its leaves are known: when picker_pick() goes on with
 * another peer, what others gave is dropped and asked for again. */
bool picker_is_alone(const struct picker *p, uint32_t piece);

/* Are all blocks of the piece here? Which peer gave a block? PICKER_PEERS:
 * none, or it was removed since. */
bool picker_is_loaded(const struct picker *p, uint32_t piece);
uint32_t picker_giver(const struct picker *p, uint32_t piece, uint32_t block);

/* Results of checking. A failed block is wanted again and never asked of its
 * giver again for this piece; so is a failed piece when one peer gave all of
 * it. A verified piece that "failed" was lost on disk and is wanted again. */
void picker_verified(struct picker *p, uint32_t piece);
void picker_failed_block(struct picker *p, uint32_t piece, uint32_t block);
void picker_failed_piece(struct picker *p, uint32_t piece);

/* Numbers for the screen and for decisions. */
uint32_t picker_availability(const struct picker *p, uint32_t piece);
uint32_t picker_verified_count(const struct picker *p);
size_t picker_requests_of(const struct picker *p, uint32_t peer);
bool picker_is_end_game(const struct picker *p);
bool picker_is_done(const struct picker *p);

/* Walk pieces that are being loaded: start with *piece = UINT32_MAX; false at
 * the end. `peer` is one that was asked for it last. */
bool picker_next_active(const struct picker *p, uint32_t *piece,
                        uint32_t *peer);

/* Blocks of such a piece: how many are here; returns how many it has. 0: it is
 * not being loaded. */
uint32_t picker_blocks(const struct picker *p, uint32_t piece, uint32_t *here);

/* Assert the invariants (tests and debug builds). */
void picker_check(const struct picker *p);

#endif /* P2P_ENGINE_PICKER_H */
