/* tree: the files of something that is going to be shared, in the order a
 * manifest has them (bencode keys: raw bytes, component by component).
 */
#ifndef P2P_ENGINE_TREE_H
#define P2P_ENGINE_TREE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/storage.h"

struct err;

struct tree_file {
    char *path; /* relative to the top; the name itself for a single file */
    struct storage_stamp stamp;
    uint32_t first_piece, piece_count; /* the user's */
};

struct tree {
    char *name; /* of the top */
    bool is_directory;
    int dir; /* paths are relative to it */
    struct tree_file *files;
    size_t count;
    uint64_t size; /* bytes of all files */
};

/* Look at `path` (absolute), a file or a directory with everything below.
 * Blocks. With `top` (NULL: none), a directory that holds it, no symbolic link
 * is followed on the way from there. Symbolic links, devices and names that no
 * manifest may hold are refused with their path. Stops early when *cancel
 * becomes true (P2P_ECANCELED). On failure nothing is left to close. */
int tree_scan(struct tree *t, const char *path, const char *top,
              const atomic_bool *cancel, struct err *e);
void tree_close(struct tree *t);

/* Open a file for reading, when it is still what was seen. The caller closes
 * the descriptor. P2P_EVERIFY when it has changed. */
int tree_open(const struct tree *t, size_t file, int *fd, struct err *e);

/* P2P_EVERIFY with a sentence when the open file is not what was seen. */
int tree_check(const struct tree *t, size_t file, int fd, struct err *e);

/* The same for all files by name. Blocks. */
int tree_check_all(const struct tree *t, struct err *e);

#endif /* P2P_ENGINE_TREE_H */
