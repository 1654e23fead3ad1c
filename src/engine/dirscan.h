/* dirscan: look at a directory that is served: which files are in it and below,
 * and watch its directories (inotify) for changes.
 *
 * Hidden files, temporary names, symbolic links and what is no regular file are
 * passed over. Nothing outside of the directory is reached.
 */
#ifndef P2P_ENGINE_DIRSCAN_H
#define P2P_ENGINE_DIRSCAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/storage.h"

struct err;

enum {
    DIRSCAN_DEPTH_MAX = 32,
    DIRSCAN_FILES_MAX = 20000, /* items of one session at a tracker */
};

/* Who may read a file: this changes without its stamp. */
struct dirscan_rights {
    uint32_t mode, user, group;
};

struct dirscan_file {
    char *path; /* relative, '/'-joined */
    struct storage_stamp stamp;
    struct dirscan_rights rights;
};

struct dirscan_dir {
    char *path; /* relative; "" for the top */
    int watch;  /* of inotify */
};

struct dirscan {
    struct dirscan_file *files; /* sorted by path (strcmp) */
    size_t file_count, file_room;
    struct dirscan_dir *dirs; /* those that are watched */
    size_t dir_count, dir_room;
    bool is_partial;   /* something could not be looked at: a file that is
                          missing here may be there */
    bool is_unwatched; /* the system allows no more watches */
};

/* Look at `top` (absolute). Blocks. Each directory is watched with `notify`, a
 * descriptor of inotify (-1: none), before it is read, so that no change is
 * missed. An error only when the top cannot be read; release with
 * dirscan_close() otherwise. */
int dirscan_run(const char *top, int notify, const atomic_bool *cancel,
                struct dirscan *out, struct err *e);
void dirscan_close(struct dirscan *d);

/* The file with this path, or NULL. */
const struct dirscan_file *dirscan_find(const struct dirscan *d,
                                        const char *path);

bool dirscan_same_rights(const struct dirscan_rights *a,
                         const struct dirscan_rights *b);

/* Is this the name of a file or directory that is passed over? */
bool dirscan_is_ignored(const char *name);

#endif /* P2P_ENGINE_DIRSCAN_H */
