/* plan: what a command changes, decided from the state alone.
 *
 * plan_command() validates and lists the effects; it changes nothing. Whoever
 * performs them writes the same list to the store, so memory and disk cannot
 * differ. Deterministic: every tracker that holds the same records decides the
 * same way. No clock, no random, no I/O.
 */
#ifndef P2P_TRACKER_PLAN_H
#define P2P_TRACKER_PLAN_H

#include <stdint.h>

struct command;
struct effects;
struct err;
struct registry;

/* Quotas of TESTING T17: each bounds what one account can make others store. */
enum {
    PLAN_GROUPS_PER_USER = 64,    /* owned */
    PLAN_TOKENS_PER_USER = 64,    /* sessions that are logged in; the oldest
                                     is forgotten */
    PLAN_SERIALS_PER_USER = 1024, /* certificates that have not ended; the one
                                     that ends first is forgotten */
    PLAN_PENDING_PER_USER = 32,   /* requests to join */
    PLAN_REQUESTS_PER_GROUP = 1024,
    PLAN_MEMBERS_PER_GROUP = 10000,
    PLAN_ITEMS_PER_GROUP = 10000,
    PLAN_USERS = 1000000,
    PLAN_MESSAGE_MAX = 512, /* bytes of a message or reason */
    PLAN_OPS = 65536,       /* operation ids remembered at most, */
    PLAN_OP_KEEP = 86400,   /* and for how many seconds */
    PLAN_COOL_DOWN = 3600,  /* seconds between a rejection and the next
                               request */
    PLAN_CERTIFICATE_LIFE = 72 * 3600,                 /* seconds; DESIGN 4 */
    PLAN_DENY_KEEP = PLAN_CERTIFICATE_LIFE + 2 * 3600, /* until the last old
                                     certificate has ended, skew included */
};

enum { PLAN_REPEATED = 1 };

/* Decide about the command that has `index` in the log. Returns
 *   0              `out` holds the effects and the outcome
 *   PLAN_REPEATED  the operation was done before; out->outcome is its outcome
 *   P2P_E...       refused, with a sentence in `e`; `out` has no effects
 * `out` is initialised here; release it with effects_close() in any case. */
int plan_command(const struct registry *r, const struct command *c,
                 uint64_t index, struct effects *out, struct err *e);

#endif /* P2P_TRACKER_PLAN_H */
