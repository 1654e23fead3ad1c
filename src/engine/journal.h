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
 * pieces. Sets bits of trusted pieces in `verified` and of pieces that must be
 * hashed again in `doubtful`. P2P_EVERIFY when it belongs to another item. */
int journal_open(const char *path, const uint8_t hash[32], uint32_t piece_count,
                 struct bitfield *verified, struct bitfield *doubtful,
                 struct journal **out, struct err *e);
int journal_add(struct journal *j, uint32_t piece, struct err *e);
int journal_remove(struct journal *j, uint32_t piece,
                   struct err *e);                  /* went bad */
int journal_mark(struct journal *j, struct err *e); /* after storage_sync() */
void journal_close(struct journal *j);              /* NULL is allowed. */

#endif /* P2P_ENGINE_JOURNAL_H */
