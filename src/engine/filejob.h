/* filejob: work on an item's files that runs in the worker pool and comes back
 * to the loop: open, remember, verify, delete.
 */
#ifndef P2P_ENGINE_FILEJOB_H
#define P2P_ENGINE_FILEJOB_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

struct disk_port;
struct content;
struct storage;
struct bitfield;
struct item_record;
struct storage_stamp;

enum filejob_origin {
    FILEJOB_DISK,     /* remembered: open what is there */
    FILEJOB_SHARE,    /* new: remember it; the files are complete */
    FILEJOB_DOWNLOAD, /* new: remember it; make the files */
};

/* What opening found. On failure `storage` is NULL. */
struct filejob_opened {
    struct err err;
    struct storage *storage;   /* reference handed over */
    struct bitfield *verified; /* pieces that are there; handed over */
    bool has_changed; /* complete once, but some files are not what was hashed:
                         their pieces are not among `verified` */
};
typedef void (*filejob_opened_cb)(void *arg,
                                  const struct filejob_opened *result);

/* Open the files of `r`, which must not be touched until `cb` runs.
 * `leaves_path` (SHARE; may be NULL) becomes the item's leaves file. */
void filejob_open(struct disk_port *port, const char *state_dir,
                  struct item_record *r, enum filejob_origin origin,
                  const char *leaves_path, filejob_opened_cb cb, void *arg);

/* Write the record as it is now; a later call overtakes no earlier one. */
void filejob_remember(struct disk_port *port, struct content *content,
                      const struct item_record *r);

/* Take the stamps of a complete item and, if asked, tell them to the storage
 * and write the record with them. `cb` gets the stamps (owned by it; NULL on
 * failure). */
typedef void (*filejob_stamped_cb)(void *arg, int code, const char *why,
                                   struct storage_stamp *stamps);
void filejob_stamp(struct disk_port *port, struct content *content,
                   const struct item_record *r, bool write_record,
                   filejob_stamped_cb cb, void *arg);

/* Hash every piece that is not `known` to be good; there is at least one.
 * `on_progress` with bytes done, then `on_done` with the
 * good pieces (owned by it; NULL when cancelled or unreadable). */
struct filejob_verify;
struct filejob_verify_ops {
    void (*on_progress)(void *arg, uint64_t done);
    void (*on_done)(void *arg, int code, const char *why,
                    struct bitfield *good);
};
struct filejob_verify *
filejob_verify_start(struct disk_port *port, struct content *content,
                     const struct bitfield *known,
                     const struct filejob_verify_ops *ops, void *arg);

/* No callback follows. */
void filejob_verify_cancel(struct filejob_verify *v);

/* Forget the item, and delete its data when asked to. */
typedef void (*filejob_done_cb)(void *arg, int code, const char *why);
void filejob_forget(struct disk_port *port, struct content *content,
                    bool delete_data, filejob_done_cb cb, void *arg);

#endif /* P2P_ENGINE_FILEJOB_H */
