/* trackercmd: the commands about the list of trackers, and what the screen is
 * told of each of them.
 */
#ifndef P2P_ENGINE_TRACKERCMD_H
#define P2P_ENGINE_TRACKERCMD_H

#include <stddef.h>

struct core;
struct command;
struct contact;
struct trackers;

enum {
    TRACKERCMD_SETTLE_MS = 2000, /* for answers right after the start */
    TRACKERCMD_WATCH_MS = 2000,  /* between looks while a screen watches */
};

/* `named` (copied) are those of the command line and the configuration: they
 * cannot be forgotten for good. Free it after the session. */
struct trackers *trackercmd_new(struct core *c, const struct contact *named,
                                size_t count);
void trackercmd_free(struct trackers *t); /* NULL is allowed. */

/* The session's state has changed. */
void trackercmd_update(struct trackers *t);

/* No answers are waited for any more: who asked is told so. */
void trackercmd_stop(struct trackers *t);

void trackercmd_list(struct core *c, const struct command *command);
void trackercmd_add(struct core *c, const struct command *command);
void trackercmd_forget(struct core *c, const struct command *command);
void trackercmd_use(struct core *c, const struct command *command);
void trackercmd_retry(struct core *c, const struct command *command);
void trackercmd_cert(struct core *c, const struct command *command);
void trackercmd_watch(struct core *c, const struct command *command);

#endif /* P2P_ENGINE_TRACKERCMD_H */
