/* serve: directories that are served as origins: every file in them is an item
 * of a group, and what changes on the disk changes in the group.
 *
 *   OFF --login, command, start--> ASKING --the group's certificate is
 *   there--> ON;  ASKING --refused--> OFF
 *   ON --logout, the directory cannot be read--> OFF;  any --unserve--> gone
 *
 * ON: an event of inotify starts a scan soon (dirscan.c, on a worker); its
 * result is compared with what is shared (serveplan.c); the steps are worked
 * off a few at a time: hash and publish, withdraw and publish anew, withdraw.
 * A file that is open for writing waits until it is closed.
 */
#ifndef P2P_ENGINE_SERVE_H
#define P2P_ENGINE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

struct core;
struct command;
struct serve;

enum {
    SERVE_GATHER_MS = 100, /* between an event and the scan; more come */
    SERVE_RETRY_MS = 5000, /* after the tracker was busy or did not answer */
    SERVE_PARALLEL = 8,    /* files hashed or published at once */
    SERVE_NOTICES = 5,     /* refused files that are told one by one */
};

struct serve *serve_new(struct core *c);
void serve_free(struct serve *v); /* NULL is allowed */

/* Go on with what was served before. After the items are loaded. */
void serve_load(struct serve *v);

void serve_command(struct core *c, const struct command *command);
void serve_end_command(struct core *c, const struct command *command);

/* Give up waiting for what command `request` started; it goes on. */
bool serve_cancel_wait(struct serve *v, uint64_t request);

/* Events. */
void serve_session_ready(struct serve *v);
void serve_user_changed(struct serve *v);
void serve_group_lost(struct serve *v, const char *group);

/* An item was withdrawn. True when that was this computer, because the file
 * changed or is gone: then there is nothing to tell or to do. */
bool serve_unpublished(struct serve *v, const uint8_t hash[32]);

/* The engine ends: start nothing more. */
void serve_stop(struct serve *v);

#endif /* P2P_ENGINE_SERVE_H */
