/* journal: which pieces of a download are verified and on disk, append-only.
 *
 * A record is appended right after a verified piece was written; a mark after
 * the data was synced. After kill -9 (same boot of the machine) every record
 * counts. After a power cut only records before the last mark count; pieces of
 * later records are hashed again. A torn or foreign tail is cut off. So the
 * journal never claims more than what is on disk, and resuming never hashes
 * more than what was written since the last mark.
 */
#ifndef P2P_ENGINE_JOURNAL_H
#define P2P_ENGINE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

struct journal;
struct bitfield;
struct err;

/* All functions are for workers of one lane (one at a time). */

/* Open or make the journal at `path` for the item with this hash and number of
 * pieces. Sets `verified` to the trusted pieces and `doubtful` to those that
 * must be hashed again (and added when they are good). P2P_EVERIFY when it
 * belongs to another item. */
int journal_open(const char *path, const uint8_t hash[32], uint32_t piece_count,
                 struct bitfield *verified, struct bitfield *doubtful,
                 struct journal **out, struct err *e);
int journal_add(struct journal *j, uint32_t piece, struct err *e);
int journal_remove(struct journal *j, uint32_t piece,
                   struct err *e); /* went bad */

/* After storage_sync(), in the same job of the lane: every piece added so far
 * must have been written before that sync began. Nothing is written when
 * nothing was added since the last mark. */
int journal_mark(struct journal *j, struct err *e);
void journal_close(struct journal *j); /* NULL is allowed. */

/* Tests only: the number of the machine's boot from now on; 0: the real one. */
void journal_fake_boot(uint64_t boot);

#endif /* P2P_ENGINE_JOURNAL_H */
