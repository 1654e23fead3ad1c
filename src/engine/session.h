/* session: the client's conversation with its trackers: one uplink to each
 * tracker of the list, and one of them is the primary, which answers the calls.
 *
 * The primary is the one of the last login or `session_use`; when it is lost,
 * another one that knows the login takes over at once, and calls that wait are
 * made there again. Writes carry an operation id, so they take effect once.
 * What this computer holds is told to all (session_call_all). Pushes that
 * several trackers send count once: those of the primary; that others joined a
 * swarm, and whom a group denies, is taken from all.
 *
 * The token is shown only to trackers that were in the list when the login was
 * made, or have their pins. Only the primary's refusal ends the login: another
 * one may stand alone and know nothing of it.
 */
#ifndef P2P_ENGINE_SESSION_H
#define P2P_ENGINE_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/uplink.h"

struct session;
struct loop;
struct profile;
struct contact;
struct err;

enum {
    SESSION_PING_MS = 10000, /* between pings, to all at once so that an idle
                                client wakes up rarely; the tracker forgets us
                                after 30 s */
    SESSION_HOME_MS = 500,   /* at the start others wait so long for the tracker
                                of the last login */
};

struct session_ops {
    /* Connected, logged in or the problem changed. */
    void (*on_state)(void *arg);
    /* A push of the trackers; `params` is borrowed and may be NULL. */
    void (*on_push)(void *arg, const char *method, json_t *params);
    /* A tracker was met for the first time and its pin is now remembered. */
    void (*on_new_pin)(void *arg, const char *address, const char *pin_hex);
    /* The tracker no longer takes the token; the login was forgotten. */
    void (*on_login_end)(void *arg, const char *why);
    /* We are logged in at tracker `n` and it knows nothing of us yet. May be
     * NULL. */
    void (*on_login)(void *arg, size_t n);
};

struct session_setup {
    struct loop *loop;
    struct profile *profile;        /* borrowed: pins, token */
    const struct contact *trackers; /* copied; at least one */
    size_t tracker_count;
    const struct session_ops *ops;
    void *arg;
    int64_t call_ms; /* 0: UPLINK_CALL_MS */
};
struct session *session_new(const struct session_setup *setup);
void session_start(struct session *s);

/* Hang up for good: calls under way end with P2P_ECANCELED inside this call,
 * later ones when it is freed. */
void session_stop(struct session *s);

/* Close; calls under way end with P2P_ECANCELED. */
void session_free(struct session *s); /* NULL is allowed. */

/* The answer to a call. code 0: `result` (borrowed). Otherwise a P2P_E... code
 * and a sentence. */
typedef uplink_answer_cb session_answer_cb;

/* Call a method of the primary; `params` is taken (NULL: none). The answer
 * never comes inside this call. Without a connection it waits for one; it fails
 * with P2P_ENOTRACKER when every tracker of the list was tried in vain,
 * P2P_EPIN when a certificate changed, P2P_ETIMEDOUT. */
void session_call(struct session *s, const char *method, json_t *params,
                  session_answer_cb cb, void *arg);

/* The same for a write: adds a fresh operation id as "op". */
void session_write(struct session *s, const char *method, json_t *params,
                   session_answer_cb cb, void *arg);

/* Call it at every tracker where we are logged in: as many answers come. A
 * connection that is lost ends its call with P2P_ECLOSED. */
void session_call_all(struct session *s, const char *method, json_t *params,
                      session_answer_cb cb, void *arg);

/* The same at tracker `n`, logged in or not. */
void session_call_at(struct session *s, size_t n, const char *method,
                     json_t *params, session_answer_cb cb, void *arg);

/* Forget all answers wanted by `arg` (its owner goes away). */
void session_forget(struct session *s, const void *arg);

/* After a login or logout by a call: what the session knows of it. */
void session_set_logged_in(struct session *s, bool logged_in);

/* Keep the list for the next start, the primary first. The trackers that are
 * kept may see the token: `all` after a login, else those that could before. */
int session_save_trackers(const struct session *s, bool all, struct err *e);

/* ---- The primary --------------------------------------------------------- */

bool session_is_connected(const struct session *s);
bool session_is_logged_in(const struct session *s);
const char *session_tracker(const struct session *s); /* "host:port" */
const char *session_problem(const struct session *s); /* or NULL */
const char *session_pin(const struct session *s);     /* hex or NULL */
const char *session_version(const struct session *s); /* or NULL */
int32_t session_delay_ms(const struct session *s);    /* -1 unknown */
size_t session_primary(const struct session *s);

/* Counts the times that a primary was there anew: connected and logged in, or
 * another one took over. */
uint64_t session_epoch(const struct session *s);

/* ---- The list ------------------------------------------------------------ */

size_t session_count(const struct session *s);
size_t session_connected(const struct session *s); /* how many are */
size_t session_logins(const struct session *s);    /* and are logged in */
const struct uplink *session_uplink(const struct session *s, size_t n);

/* The place of HOST:PORT, or session_count() when it is not in the list. */
size_t session_find(const struct session *s, const struct contact *c);

/* Add a tracker and dial it; P2P_EEXIST, P2P_ETOOBIG. */
int session_add(struct session *s, const struct contact *c, struct err *e);

/* Take tracker `n` out of the list; not the last one (P2P_EINVAL). */
int session_remove(struct session *s, size_t n, struct err *e);

/* Make tracker `n` the primary until it is lost. */
void session_use(struct session *s, size_t n);

/* Dial all that are not connected, now. */
void session_retry(struct session *s);

#endif /* P2P_ENGINE_SESSION_H */
