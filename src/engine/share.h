/* share: turn a file or directory into a manifest: hash it in the worker pool,
 * with progress and cancel. The data is not copied or moved.
 */
#ifndef P2P_ENGINE_SHARE_H
#define P2P_ENGINE_SHARE_H

#include <stdint.h>

struct share;
struct disk_port;
struct manifest;
struct storage_stamp;
struct err;

struct share_ops {
    /* At most 4 times a second. */
    void (*on_progress)(void *arg, uint64_t done, uint64_t total);
    /* Once. code 0: `m` and `stamps` (per file, manifest order) are handed
     * over (manifest_free, free). Otherwise both are NULL and `why` is a
     * sentence. */
    void (*on_done)(void *arg, int code, const char *why, struct manifest *m,
                    struct storage_stamp *stamps);
};

struct share_setup {
    struct disk_port *port;
    const char *path;        /* absolute; file or directory */
    const char *top;         /* `path` lies in this directory, and no symbolic
                                link below it is followed; NULL: anywhere */
    const char *name;        /* of a file's item; NULL: its own name */
    const char *root_pem;    /* group root, goes into the manifest */
    uint32_t piece_length;   /* 0: chosen from the size */
    const char *leaves_path; /* file to write the leaves to; replaced */
    const struct share_ops *ops;
    void *arg;
};

/* Start. Hashing runs in several workers for big files. Symlinks, devices and
 * unsafe names inside a directory are refused with their path. A file that
 * changes while it is hashed is refused. Never NULL; errors come to on_done.
 * When the port is freed everything is released and on_done is not called. */
struct share *share_start(const struct share_setup *setup);

/* What is said of an item whose manifest no tracker takes (static). */
const char *share_too_big(void);

/* Give up: on_done(P2P_ECANCELED) follows from the loop. Not after on_done: the
 * share is gone then. */
void share_cancel(struct share *s);

#endif /* P2P_ENGINE_SHARE_H */
