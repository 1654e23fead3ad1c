/* uplink: the connection to one tracker: dial, TLS with a pinned certificate,
 * log in again by token, calls, pushes, and reconnecting.
 *
 *   IDLE --uplink_start--> DIALING --connected--> HANDSHAKE --pin fits-->
 *   GREETING --hello answered--> RESUMING (only with a token) --> READY
 *   any --lost or refused--> WAITING --timer or uplink_hurry--> DIALING
 *   any --uplink_stop--> ENDED
 *
 * Calls survive a lost connection: they are sent again on the next one, or are
 * handed over to another tracker. engine/session.h keeps one of these for each
 * tracker of the list.
 */
#ifndef P2P_ENGINE_UPLINK_H
#define P2P_ENGINE_UPLINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct uplink;
struct loop;
struct profile;
struct contact;

enum {
    UPLINK_CALL_MS = 30000, /* a call without an answer by then timed out */
    UPLINK_DEAD_MS = 25000, /* silence of the tracker that ends a connection */
    UPLINK_RETRY_MIN_MS = 250,
    UPLINK_STABLE_MS = 5000, /* after so long the first retry is quick again */
    UPLINK_RETRY_MAX_MS = 2000, /* so that a tracker that comes back is seen
                                   within 2 s */
    UPLINK_SPARE_MAX_MS = 5000, /* the same while another tracker serves us */
};

struct uplink_ops {
    /* A connection stands, but nothing was said yet. */
    void (*on_open)(void *arg, struct uplink *u);
    /* Ready, lost, logged in, or the problem changed. */
    void (*on_state)(void *arg, struct uplink *u);
    /* A push of the tracker; `params` is borrowed and may be NULL. */
    void (*on_push)(void *arg, struct uplink *u, const char *method,
                    json_t *params);
    /* The tracker was met for the first time and its pin is now remembered. */
    void (*on_new_pin)(void *arg, struct uplink *u);
    /* The tracker does not take the token. */
    void (*on_refused)(void *arg, struct uplink *u, const char *why);
    /* Does another tracker serve us meanwhile? Then retries may be slower. */
    bool (*is_spare)(void *arg, struct uplink *u);
};

struct uplink_setup {
    struct loop *loop;
    struct profile *profile;       /* borrowed: pins, token */
    const struct contact *tracker; /* copied */
    const struct uplink_ops *ops;
    void *arg;
    int64_t call_ms;
};
struct uplink *uplink_new(const struct uplink_setup *setup);
void uplink_start(struct uplink *u);

/* Hang up for good: calls under way end with P2P_ECANCELED inside this call,
 * later ones when it is freed. */
void uplink_stop(struct uplink *u);
void uplink_free(struct uplink *u); /* NULL is allowed. */

typedef void (*uplink_answer_cb)(void *arg, int code, const char *text,
                                 json_t *result);

/* Call a method; `params` is taken (NULL: none). The answer never comes inside
 * this call. Without a connection it waits for one. */
void uplink_call(struct uplink *u, const char *method, json_t *params,
                 uplink_answer_cb cb, void *arg);

/* The same for what means this connection only: it is sent at once, and ends
 * with P2P_ECLOSED when the connection is lost or is not ready. */
void uplink_call_now(struct uplink *u, const char *method, json_t *params,
                     uplink_answer_cb cb, void *arg);

/* Forget all answers wanted by `arg`. */
void uplink_forget(struct uplink *u, const void *arg);

/* Calls that wait for `from` are made by `to` from now on, with the same
 * parameters; `with_sent`: also those that are under way. */
void uplink_hand_over(struct uplink *from, struct uplink *to, bool with_sent);

/* End calls that were never sent (all with P2P_EPIN) with a code and text. */
void uplink_fail_calls(struct uplink *u, int code, const char *text);

/* Do not wait for the next try. */
void uplink_hurry(struct uplink *u);

/* Ask for a sign of life, and hang up when there was none for too long. */
void uplink_ping(struct uplink *u);

/* Show the token that the profile has now, when this tracker may see it. */
void uplink_resume(struct uplink *u);

/* What the owner knows of the login; does not call on_state. */
void uplink_set_logged_in(struct uplink *u, bool logged_in);

bool uplink_is_ready(const struct uplink *u);     /* connected and greeted */
bool uplink_is_logged_in(const struct uplink *u); /* now, or when last ready */
bool uplink_is_open(const struct uplink *u);      /* there is a connection */

/* Every try since the last success, or since uplink_hurry, was in vain. */
bool uplink_is_vain(const struct uplink *u);

/* It may see the token, and did not refuse it. */
bool uplink_may_know_us(const struct uplink *u);

const struct contact *uplink_contact(const struct uplink *u);
const char *uplink_address(const struct uplink *u); /* "host:port" */
const char *uplink_version(const struct uplink *u); /* or NULL */
const char *uplink_problem(const struct uplink *u); /* or NULL */
int uplink_problem_code(const struct uplink *u);
const char *uplink_pin(const struct uplink *u); /* hex or NULL */
/* End of its certificate, seconds since 1970; 0 before it was ever met. */
int64_t uplink_cert_until(const struct uplink *u);

int32_t uplink_delay_ms(const struct uplink *u); /* -1 unknown */

#endif /* P2P_ENGINE_UPLINK_H */
