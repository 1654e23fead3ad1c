/* rarity: how many peers hold each piece, and the candidates ordered by it.
 *
 * Part of the picker. Candidates are pieces nobody has started to load. They
 * lie in one array, bucket after bucket of equal count and shuffled inside a
 * bucket, so that the rarest piece with random ties is found from the front,
 * and one more or one less holder is a swap.
 */
#ifndef P2P_ENGINE_RARITY_H
#define P2P_ENGINE_RARITY_H

#include <stdbool.h>
#include <stdint.h>

struct bitfield;
struct rarity;

/* For `pieces` pieces; none is a candidate yet. Counts go up to `peers`. */
struct rarity *rarity_new(uint32_t pieces, uint32_t peers, uint64_t seed);
void rarity_free(struct rarity *r); /* NULL is allowed. */

/* Make all pieces that are clear in `done` candidates, shuffled. Once, at the
 * start. */
void rarity_fill(struct rarity *r, const struct bitfield *done);

void rarity_put(struct rarity *r, uint32_t piece);  /* now a candidate */
void rarity_take(struct rarity *r, uint32_t piece); /* no longer */
bool rarity_is_candidate(const struct rarity *r, uint32_t piece);

/* One peer more or less for the pieces in `have`, for all, or for one. */
void rarity_add(struct rarity *r, const struct bitfield *have);
void rarity_subtract(struct rarity *r, const struct bitfield *have);
void rarity_add_all(struct rarity *r);
void rarity_up(struct rarity *r, uint32_t piece);
void rarity_down(struct rarity *r, uint32_t piece);

uint32_t rarity_count(const struct rarity *r, uint32_t piece);
uint32_t rarity_candidates(const struct rarity *r);
uint32_t rarity_held(const struct rarity *r); /* candidates with a count > 0 */

/* A rare candidate that is in `have`, or BITFIELD_NONE. `lowest` is the
 * smallest count worth looking at: 1 when the owner of `have` is counted. */
uint32_t rarity_find(struct rarity *r, const struct bitfield *have,
                     uint32_t lowest);

/* The first candidate at or behind `from` that is in `have`. */
uint32_t rarity_next(const struct rarity *r, const struct bitfield *have,
                     uint32_t from);

/* Assert the invariants. */
void rarity_check(const struct rarity *r);

#endif /* P2P_ENGINE_RARITY_H */
