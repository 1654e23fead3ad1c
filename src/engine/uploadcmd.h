/* uploadcmd: share a file or directory: hash it, publish it, serve it. */
#ifndef P2P_ENGINE_UPLOADCMD_H
#define P2P_ENGINE_UPLOADCMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;
struct command;
struct rows;

void uploadcmd_run(struct core *c, const struct command *command);

/* The same for a file that is served: its answer is a call. */
struct uploadcmd_order {
    const char *group;
    const char *path; /* absolute */
    const char *top;  /* the directory that is served */
    const char *name; /* of the item */
    /* 32 bytes: the item that this file was before, or NULL. When the content
     * is the same nothing is published; otherwise the old item is withdrawn
     * right before the new one is published. */
    const uint8_t *replaces;
    /* Asked when the file is hashed: is it still what should be shared? */
    bool (*is_wanted)(void *arg);
    /* Once, unless canceled by uploadcmd_drop_all(). */
    void (*on_end)(void *arg, int code, const char *text);
    void *arg;
};
/* Returns a number for uploadcmd_cancel(), or 0 when the group is not ready.
 * `on_end` never runs inside. */
uint64_t uploadcmd_order(struct core *c, const struct uploadcmd_order *order);

/* Give up what command `request` started; false when it did not start any. */
bool uploadcmd_cancel(struct core *c, uint64_t request);

/* Append a row for each file that is being hashed. */
void uploadcmd_fill_rows(const struct core *c, struct rows *rows);

/* The engine ends: cancel all; and release what is left once nothing runs. */
void uploadcmd_cancel_all(struct core *c);
void uploadcmd_drop_all(struct core *c);

/* Remove what a sharing that was killed left in the state directory. */
void uploadcmd_clean_up(const char *state_dir);

#endif /* P2P_ENGINE_UPLOADCMD_H */
