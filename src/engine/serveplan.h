/* serveplan: what to do so that the group holds what a served directory holds.
 * Pure: compares what was found with what is shared.
 */
#ifndef P2P_ENGINE_SERVEPLAN_H
#define P2P_ENGINE_SERVEPLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/dirscan.h"

/* A file of the directory that is shared. */
struct serveplan_have {
    const char *path;                  /* relative */
    const struct storage_stamp *stamp; /* as hashed; NULL: not known */
    const void *arg;                   /* the caller's */
};

enum serveplan_act {
    SERVEPLAN_SHARE,   /* new */
    SERVEPLAN_REPLACE, /* changed: the old item goes, the new one comes */
    SERVEPLAN_DROP,    /* gone */
};

struct serveplan_step {
    enum serveplan_act act;
    const char *path;                  /* all three: borrowed from the input */
    const struct dirscan_file *file;   /* as found; NULL for DROP */
    const struct serveplan_have *have; /* NULL for SHARE */
};

struct serveplan_input {
    const struct dirscan *found;
    struct serveplan_have *have; /* is sorted */
    size_t have_count;
    /* Is this file to be left alone for now: it is being written, or was
     * refused as it is? */
    bool (*is_held)(void *arg, const struct dirscan_file *file);
    void *arg;
};

/* Returns the steps in new memory, *count of them; free(). */
struct serveplan_step *serveplan_make(const struct serveplan_input *in,
                                      size_t *count);

/* The name of the item for a relative path: "--" stands for each '/'. NULL when
 * no item may be called so; free(). */
char *serveplan_item_name(const char *path);

/* The relative path of DIRECTORY/FILE_NAME in `top`, or NULL when it lies
 * elsewhere; free(). */
char *serveplan_path_in(const char *top, const char *directory,
                        const char *file_name);

/* Would serving `directory` show what the state directory holds: private keys?
 * Both are paths without links. */
bool serveplan_holds_secrets(const char *state_dir, const char *directory);

#endif /* P2P_ENGINE_SERVEPLAN_H */
