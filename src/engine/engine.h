/* engine: the thread p2p-dl: takes commands, posts events, owns everything of
 * the client but the screen.
 */
#ifndef P2P_ENGINE_ENGINE_H
#define P2P_ENGINE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

struct engine;
struct link;
struct contact;
struct err;

enum {
    ENGINE_STOP_MS = 5000, /* to leave swarms and flush before it ends anyway */
};

struct engine_setup {
    struct link *link;        /* borrowed; must outlive the engine */
    const char *state_dir;    /* of the profile, absolute */
    const char *download_dir; /* absolute */
    const struct contact *trackers;
    size_t tracker_count;    /* 0: those of the last login */
    const char *listen_host; /* "" = all addresses */
    uint16_t listen_port;    /* 0 = the one of the last run, or a free one */
    unsigned disk_threads;   /* 0 = by the processors */
};

/* Lock the profile, listen, start the threads. P2P_EBUSY with a sentence when
 * another p2ptui uses the profile or the port is taken. Block all signals
 * before calling: the threads inherit the mask. */
int engine_new(const struct engine_setup *setup, struct engine **out,
               struct err *e);

/* Wait for the threads and release everything. Send COMMAND_QUIT first; without
 * it this waits forever. */
void engine_free(struct engine *e);

#endif /* P2P_ENGINE_ENGINE_H */
