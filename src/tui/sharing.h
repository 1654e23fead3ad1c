/* sharing: the files a person chose to share, on their way to the group. A few
 * are hashed at the same time, the others wait their turn.
 *
 *   waits --> hashing --> shared
 *     \          \-----> failed
 *      \----------\----> skipped
 */
#ifndef P2P_TUI_SHARING_H
#define P2P_TUI_SHARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dialog;
struct ui;

enum {
    SHARING_AT_ONCE = 4,                 /* hashed at the same time */
    SHARING_MEASURED = 16 * 1024 * 1024, /* bytes that tell a rate */
};

enum sharing_state {
    SHARING_WAITS,
    SHARING_HASHING,
    SHARING_DONE,
    SHARING_FAILED,
    SHARING_SKIPPED,
};

struct sharing_item {
    char *path, *group; /* owned */
    int64_t piece_length;
    uint64_t size; /* bytes; of a directory known once it is read */
    bool is_directory;
    enum sharing_state state;
    uint64_t request; /* while it is hashed */
    char *problem;    /* owned; why it failed */
};

struct sharing {
    struct sharing_item *items; /* owned */
    size_t count;
    size_t row, top;       /* in the dialog */
    struct dialog *dialog; /* open on it, or NULL */
};

/* Sums over all of it. */
struct sharing_total {
    uint64_t done, size; /* bytes */
    uint64_t rate;       /* bytes per second */
    int64_t eta;         /* seconds, -1 unknown */
    size_t running, waiting, shared, failed;
};

void sharing_free(struct sharing *s); /* NULL allowed */

/* One more file of the user's batch, which sharing_start() begins. What was
 * finished before is forgotten with the first new one. */
void sharing_add(struct ui *ui, const char *path, const char *group,
                 int64_t piece_length, uint64_t size, bool is_directory);
void sharing_start(struct ui *ui);

/* Leave out one item (not: what is done), or all that is not finished. */
void sharing_skip(struct ui *ui, size_t index);
void sharing_skip_all(struct ui *ui);

bool sharing_is_running(const struct sharing *s); /* NULL: false */

/* How much of an item is hashed, and how fast that goes. */
uint64_t sharing_done(const struct ui *ui, const struct sharing_item *item,
                      uint64_t *rate, int64_t *eta);
void sharing_sum(const struct ui *ui, struct sharing_total *out);

const char *sharing_name(const struct sharing_item *item); /* without path */

/* Why it failed, without the path in front: its row says the name. NULL: it did
 * not. */
const char *sharing_problem(const struct sharing_item *item);

#endif /* P2P_TUI_SHARING_H */
