/* servelist: which directories are served, as it is remembered in the state
 * directory (the file "served").
 */
#ifndef P2P_ENGINE_SERVELIST_H
#define P2P_ENGINE_SERVELIST_H

#include <stddef.h>

struct err;

struct servelist_entry {
    char *user_id; /* who shares it */
    char *group;
    char *directory; /* absolute */
};

/* No file is an empty list. Release with servelist_free(). */
int servelist_load(const char *state_dir, struct servelist_entry **out,
                   size_t *count, struct err *e);
int servelist_save(const char *state_dir, const struct servelist_entry *list,
                   size_t count, struct err *e);
void servelist_free(struct servelist_entry *list, size_t count);

#endif /* P2P_ENGINE_SERVELIST_H */
