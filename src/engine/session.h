/* session: the client's conversation with its tracker: dial, TLS with a pinned
 * certificate, log in again by token, calls, pushes, and reconnecting.
 *
 *   IDLE --session_start--> DIALING --connected--> HANDSHAKE --pin fits-->
 *   GREETING --hello answered--> RESUMING (only with a token) --> READY
 *   any --lost or refused--> WAITING --timer or a new call--> DIALING (the next
 *   tracker of the list);  any --session_stop--> ENDED
 *
 * Calls survive a lost connection: they are sent again on the next one. Writes
 * carry an operation id, so they take effect once. The token is shown only to
 * trackers that were in the list when the login was made, or have their pins.
 */
#ifndef P2P_ENGINE_SESSION_H
#define P2P_ENGINE_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;
struct loop;
struct profile;
struct contact;

enum {
    SESSION_CALL_MS = 30000, /* a call without an answer by then timed out */
    SESSION_PING_MS = 10000, /* silence until we ping; the tracker forgets us
                                after 30 s */
    SESSION_DEAD_MS = 25000, /* silence of the tracker that ends a session */
    SESSION_RETRY_MIN_MS = 250,
    SESSION_STABLE_MS = 5000, /* after so long the first retry is quick again */
    SESSION_RETRY_MAX_MS = 2000, /* so that a tracker that comes back is seen
                                    within 2 s */
};

struct session_ops {
    /* Connected, logged in or the problem changed. */
    void (*on_state)(void *arg);
    /* A push of the tracker; `params` is borrowed and may be NULL. */
    void (*on_push)(void *arg, const char *method, json_t *params);
    /* A tracker was met for the first time and its pin is now remembered. */
    void (*on_new_pin)(void *arg, const char *address, const char *pin_hex);
    /* The tracker no longer takes the token; the login was forgotten. */
    void (*on_login_end)(void *arg, const char *why);
};

struct session_setup {
    struct loop *loop;
    struct profile *profile;        /* borrowed: pins, token */
    const struct contact *trackers; /* copied; at least one */
    size_t tracker_count;
    const struct session_ops *ops;
    void *arg;
    int64_t call_ms; /* 0: SESSION_CALL_MS */
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
typedef void (*session_answer_cb)(void *arg, int code, const char *text,
                                  json_t *result);

/* Call a method; `params` is taken (NULL: none). The answer never comes inside
 * this call. Without a connection it waits for one; it fails with
 * P2P_ENOTRACKER when every tracker of the list was tried in vain, P2P_EPIN
 * when the certificate changed, P2P_ETIMEDOUT. */
void session_call(struct session *s, const char *method, json_t *params,
                  session_answer_cb cb, void *arg);

/* The same for a write: adds a fresh operation id as "op". */
void session_write(struct session *s, const char *method, json_t *params,
                   session_answer_cb cb, void *arg);

/* Send without wanting an answer; dropped when not connected. */
void session_notify(struct session *s, const char *method, json_t *params);

/* Forget all answers wanted by `arg` (its owner goes away). */
void session_forget(struct session *s, const void *arg);

/* After a login or logout by a call: what the session knows of it. */
void session_set_logged_in(struct session *s, bool logged_in);

bool session_is_connected(const struct session *s);
bool session_is_logged_in(const struct session *s);
const char *session_tracker(const struct session *s); /* "host:port" */
const char *session_version(const struct session *s); /* or NULL */
const char *session_problem(const struct session *s); /* or NULL */
const char *session_pin(const struct session *s);     /* hex or NULL */
int32_t session_delay_ms(const struct session *s);    /* -1 unknown */

#endif /* P2P_ENGINE_SESSION_H */
