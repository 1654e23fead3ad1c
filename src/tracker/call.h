/* call: one request of a client on its way through the tracker.
 *
 * The dispatcher (tracker/rpc.c) has checked the session, the group and the
 * role before a handler sees the call; handlers answer at once, or return
 * CALL_LATER and the answer comes when the command is on disk or the password
 * is hashed. A session that ended meanwhile gets no answer.
 */
#ifndef P2P_TRACKER_CALL_H
#define P2P_TRACKER_CALL_H

#include <jansson.h>
#include <stdint.h>

#include "tracker/command.h"
#include "tracker/meter.h"
#include "tracker/registry.h"
#include "tracker/sessions.h"
#include "util/err.h"

struct groupkey_signer;
struct ledger;
struct notify;
struct store;
struct swarmdb;
struct throttle;
struct worker;

enum { CALL_LATER = 1 };

enum {
    CALL_INTERVAL = 600,          /* seconds between announces: sessions tell of
                                     changes themselves, this only heals */
    CALL_TOKEN_LIFE = 30 * 86400, /* seconds; prolonged when half is over */
    CALL_CLUSTER_KEY = 32
};

/* What all handlers use; owned by the top. */
struct rpc {
    struct registry *registry;
    struct store *store;
    struct ledger *ledger;
    struct swarmdb *swarmdb;
    struct sessions *sessions;
    struct throttle *throttle;
    struct worker *worker;
    struct notify *notify;
    struct groupkey_signer *signer;
    uint8_t cluster_key[CALL_CLUSTER_KEY]; /* seals the keys of group roots */
    char pin[65];                          /* of the tracker, hex */
    int64_t started_ms;                    /* monotonic */
    int64_t cert_until; /* end of the own certificate, since 1970 */
    struct meter meter;
    uint64_t requests;
    uint64_t errors;
    uint64_t logins;
    uint64_t login_failures;
    uint64_t throttled;
};

struct call {
    struct rpc *rpc;
    struct session *session;
    json_t *params; /* borrowed; may be NULL */
    json_t *id;     /* borrowed; NULL for a notification */
    enum command_type writes;
    char op[RECORD_ID];
    const struct record_group *group; /* when the rule names one */
    const struct record_item *item;   /* when the rule names one */
    enum role role;                   /* in that group */
    int64_t began_us;                 /* monotonic */
    int64_t retry_after;              /* seconds, for P2P_EBUSY; 0: none */
    struct err error;
};

/* A call that is answered later; made by call_defer(). */
struct call_later {
    struct rpc *rpc;
    uint64_t session_id;
    json_t *id; /* owned; NULL for a notification */
    enum command_type writes;
    int64_t began_us;
    /* Makes the result from the outcome; NULL: the usual one. */
    json_t *(*finish)(struct call_later *later, struct session *s,
                      const char *outcome);
    char op[RECORD_ID];
    char user_id[RECORD_ID];
    char group_id[RECORD_ID];
    char *text;   /* owned */
    char *secret; /* owned, wiped */
    int64_t number;
};

/* Say no: a code with a sentence as by printf; returns the code. */
int call_refuse(struct call *c, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Say "busy, try again in `seconds`". */
int call_refuse_for_now(struct call *c, int64_t seconds);

/* A command for this call: its type, time, operation id and actor. */
struct command *call_command(const struct call *c);

/* Prepare to answer later; the session waits for it. */
struct call_later *call_defer(struct call *c);

/* Submit a command (taken) that was deferred (taken), answer when it is on
 * disk. */
void call_submit_later(struct call_later *later, struct command *command);

/* The usual way of a write: defer, submit. Returns CALL_LATER. */
int call_submit(struct call *c, struct command *command);

/* End a deferred call (taken) with an error or a result (taken). */
void call_later_error(struct call_later *later, int code, const char *text,
                      int64_t retry_after);
void call_later_result(struct call_later *later, json_t *result);

/* The usual result of a write with this outcome. */
json_t *call_outcome(const struct rpc *r, enum command_type type,
                     const char *outcome);

/* Send an answer; `result` is taken. */
void call_answer(struct rpc *r, struct session *s, json_t *id, json_t *result);
void call_answer_error(struct rpc *r, struct session *s, json_t *id,
                       const struct err *e, int64_t retry_after);

/* The user of parameter "user", or NULL with the call refused. */
const struct record_user *call_user(struct call *c);

/* Name of a user for people; "" for an id that is not known. */
const char *call_user_name(const struct rpc *r, const char *user_id);

#endif /* P2P_TRACKER_CALL_H */
