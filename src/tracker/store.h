/* store: the tracker's durable state on disk, in one SQLite file.
 *
 * WAL with synchronous=FULL: the only setting of SQLite's usual ones that lost
 * no committed transaction at any crash point. Effects are written inside a
 * transaction together with the index of the last command; manifests stay here
 * and are read on demand. One process: a lock file beside the database.
 */
#ifndef P2P_TRACKER_STORE_H
#define P2P_TRACKER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct effects;
struct err;
struct record_blob;
struct record_item;
struct registry;
struct store;

/* Open (and make) DIR/tracker.db. P2P_EBUSY when another process has it,
 * P2P_ENOTSUP when a newer version of the program made it; reason in `e`. */
int store_open(const char *dir, struct store **out, struct err *e);
void store_close(struct store *s); /* NULL is allowed. */

/* Put all records into `r`, which is empty. 0 or a code with a reason. */
int store_load(struct store *s, struct registry *r, struct err *e);

/* Index of the last command whose effects are committed. */
uint64_t store_applied(const struct store *s);

/* Refuse to begin when the file system has less than `bytes` free: reading
 * and the check-point need room. */
void store_set_min_free(struct store *s, uint64_t bytes);

/* One transaction. After a failure call store_rollback(). P2P_ENOSPC when the
 * disk is full (it may work again later); P2P_EIO when fsync failed: then
 * nothing is written any more until the next start, because the file's
 * content is not known. */
bool store_has_failed(const struct store *s); /* the latter */
int store_begin(struct store *s, struct err *e);
int store_write(struct store *s, const struct effects *effects, struct err *e);
int store_commit(struct store *s, uint64_t applied, struct err *e);
void store_rollback(struct store *s);

/* The manifest of an item, in new memory; free() both. */
int store_read_item(struct store *s, const struct record_item *item,
                    struct record_blob *info, struct record_blob *layers,
                    struct err *e);

/* Bytes of the database file. */
uint64_t store_size(const struct store *s);

#endif /* P2P_TRACKER_STORE_H */
