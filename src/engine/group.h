/* group: my membership in one group: certificate, TLS context, who is denied.
 *
 * A certificate is asked for when the group is first needed, kept in the
 * profile, and renewed by itself long before it ends. Everything works with
 * the kept one while no tracker answers.
 */
#ifndef P2P_ENGINE_GROUP_H
#define P2P_ENGINE_GROUP_H

#include <jansson.h>
#include <stdint.h>

struct core;
struct group;
struct membership;

enum {
    GROUP_RENEW_BEFORE = 48 * 3600, /* seconds before its end; certificates last
                                       72 h, so this renews daily */
    GROUP_RETRY_MS = 60000,         /* after a renewal that failed */
    GROUP_EARLY = 30, /* seconds that a certificate may lie ahead of our clock:
                         one made right after a removal begins after it */
};

/* Called when the membership is there (code 0), or cannot be had. */
typedef void (*group_ready_cb)(void *arg, int code, const char *text,
                               struct group *g);

/* Get the membership of a group; `cb` may run inside this call. */
void group_need(struct core *c, const char *name, group_ready_cb cb, void *arg);

/* Forget what `arg` waits for. */
void group_forget_waiter(struct core *c, const void *arg);

struct group *group_find(struct core *c, const char *name); /* or NULL */
const char *group_name(const struct group *g);
struct membership *group_membership(const struct group *g); /* borrowed */
const char *group_root_pem(const struct group *g);

/* Events of the tracker. */
/* {user_id, since, signature}: taken when the group's root has signed it. */
void group_deny(struct core *c, const char *name, json_t *entry);
void group_refresh(struct core *c, const char *name); /* ask for all anew */
void group_removed(struct core *c, const char *name); /* no longer a member */

/* Nobody is logged in, or somebody else: forget all groups, but not what the
 * profile keeps of them. */
void group_forget_all(struct core *c);

/* A session is there: renew what is due and ask for denials missed. */
void group_session_ready(struct core *c);

/* For map_free() of core->groups. */
void group_drop(void *group);

#endif /* P2P_ENGINE_GROUP_H */
