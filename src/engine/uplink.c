#include "config.h"

#include "engine/uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "crypto/cert.h"
#include "crypto/random.h"
#include "crypto/tlsctx.h"
#include "engine/profile.h"
#include "net/conn.h"
#include "net/dial.h"
#include "net/loop.h"
#include "util/buf.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/state.h"
#include "wire/jsonrpc.h"

enum uplink_state {
    UPLINK_IDLE,
    UPLINK_DIALING,
    UPLINK_HANDSHAKE,
    UPLINK_GREETING,
    UPLINK_RESUMING,
    UPLINK_READY,
    UPLINK_WAITING,
    UPLINK_ENDED,
};

#define TO(s) STATE_BIT(UPLINK_##s)
static const struct state_rule uplink_rules[] = {
    [UPLINK_IDLE] = {"idle", TO(DIALING) | TO(ENDED)},
    [UPLINK_DIALING] = {"dialing", TO(HANDSHAKE) | TO(WAITING) | TO(ENDED)},
    [UPLINK_HANDSHAKE] = {"handshake", TO(GREETING) | TO(WAITING) | TO(ENDED)},
    [UPLINK_GREETING] = {"greeting",
                         TO(RESUMING) | TO(READY) | TO(WAITING) | TO(ENDED)},
    [UPLINK_RESUMING] = {"resuming", TO(READY) | TO(WAITING) | TO(ENDED)},
    [UPLINK_READY] = {"ready", TO(WAITING) | TO(ENDED)},
    [UPLINK_WAITING] = {"waiting", TO(DIALING) | TO(ENDED)},
    [UPLINK_ENDED] = {"ended", 0},
};
#undef TO

struct call {
    TAILQ_ENTRY(call) link;
    int64_t id;
    char *method;
    json_t *params; /* kept until answered, to be sent again */
    uplink_answer_cb cb;
    void *arg;
    int64_t deadline_ms;
    bool sent;     /* on the connection there is now */
    bool was_sent; /* on any connection: waits for the next one */
    bool internal; /* hello and resume: belong to one connection */
    bool bound;    /* so does this one; its end is told */
};
TAILQ_HEAD(call_list, call);

struct uplink {
    struct state state;
    struct loop *loop;
    struct profile *profile;
    const struct uplink_ops *ops;
    void *arg;
    struct contact tracker;
    bool is_vain; /* every try since the last success failed */
    int64_t retry_ms;
    int64_t ready_ms; /* since when it is READY */
    struct tlsctx *tls;
    struct dial *dial;
    struct conn *conn;
    struct buf in;
    size_t searched; /* bytes of `in` that hold no newline */
    struct call_list calls;
    int64_t next_id;
    struct timer *retry;    /* runs in WAITING */
    struct timer *deadline; /* runs while calls wait */
    int64_t heard_ms, asked_ms;
    int64_t call_ms;   /* a call without an answer by then timed out */
    uint64_t sent_out; /* conn_bytes_out() when last looked at */
    bool logged_in;
    bool was_refused; /* the token, since the last login */
    char address[CONTACT_HOST_MAX + 16];
    char pin[2 * CONTACT_PIN_SIZE + 1];
    int64_t cert_until;
    char *version;
    char *problem;
    int problem_code;
    int32_t delay_ms;
};

static void lose(struct uplink *u, int code, const char *why);

static bool is_in(const struct uplink *u, enum uplink_state state)
{
    return u->state.now == (int)state;
}

/* ---- Calls ------------------------------------------------------------- */

/* Passwords and tokens are strings at the top of the parameters. */
static void wipe_params(json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        if (json_is_string(value)) { /* jansson has no way to write into it */
            mem_wipe((void *)(uintptr_t)json_string_value(value),
                     json_string_length(value));
        }
    }
}

static void call_free(struct call *c)
{
    wipe_params(c->params);
    json_decref(c->params);
    free(c->method);
    free(c);
}

/* Unlink first: the callback may make calls or free the session's owner. */
static void call_finish(struct uplink *u, struct call *c, int code,
                        const char *text, json_t *result)
{
    TAILQ_REMOVE(&u->calls, c, link);
    if (c->cb != NULL) {
        c->cb(c->arg, code, text, result);
    }
    call_free(c);
}

static void arm_deadline(struct uplink *u)
{
    int64_t first = INT64_MAX;
    int64_t now = loop_now_ms(u->loop);
    struct call *c;

    TAILQ_FOREACH(c, &u->calls, link)
    {
        if (c->deadline_ms < first) {
            first = c->deadline_ms;
        }
    }
    if (first == INT64_MAX) {
        timer_stop(u->deadline);
    } else {
        timer_start(u->deadline, first > now ? first - now : 0);
    }
}

/* A manifest of many MB takes its time on a slow line: as long as bytes leave,
 * nobody has been silent. */
static bool is_sending(struct uplink *u)
{
    uint64_t out = u->conn != NULL ? conn_bytes_out(u->conn) : 0;
    bool moved = out != u->sent_out;

    u->sent_out = out;
    return moved && u->conn != NULL && conn_queued(u->conn) > 0;
}

static void extend_deadlines(struct uplink *u)
{
    int64_t least = loop_now_ms(u->loop) + u->call_ms;
    struct call *c;

    TAILQ_FOREACH(c, &u->calls, link)
    {
        c->deadline_ms = c->deadline_ms > least ? c->deadline_ms : least;
    }
    arm_deadline(u);
}

static void on_deadline(void *arg)
{
    struct uplink *u = arg;
    int64_t now = loop_now_ms(u->loop);
    struct call *c, *next;
    char text[ERR_TEXT_MAX];

    for (c = TAILQ_FIRST(&u->calls); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (c->deadline_ms > now) {
            continue;
        }
        if (uplink_is_ready(u)) {
            snprintf(text, sizeof text, _("%s did not answer in time"),
                     u->address);
            call_finish(u, c, P2P_ETIMEDOUT, text, NULL);
        } else if (c->bound) {
            call_finish(u, c, P2P_ECLOSED, err_text(P2P_ECLOSED), NULL);
        } else {
            snprintf(text, sizeof text, _("no tracker can be reached: %s"),
                     u->problem != NULL ? u->problem : _("no answer"));
            call_finish(u, c, P2P_ENOTRACKER, text, NULL);
        }
        next = TAILQ_FIRST(&u->calls); /* callbacks may have changed it */
    }
    arm_deadline(u);
}

static void send_line(struct uplink *u, char *line, size_t length)
{
    conn_write(u->conn, line, length);
    mem_wipe(line, length); /* passwords and tokens pass through here */
    free(line);
    u->asked_ms = loop_now_ms(u->loop);
}

static void send_call(struct uplink *u, struct call *c)
{
    size_t length;
    char *line = jsonrpc_write_request(c->id, c->method, json_incref(c->params),
                                       &length);

    log_trace("uplink", "-> %s", c->method);
    c->sent = true;
    c->was_sent = true;
    send_line(u, line, length);
}

static struct call *add_call(struct uplink *u, const char *method,
                             json_t *params, uplink_answer_cb cb, void *arg)
{
    struct call *c = mem_calloc(1, sizeof *c);

    c->id = ++u->next_id;
    c->method = mem_strdup(method);
    c->params = params != NULL ? params : json_object();
    c->cb = cb;
    c->arg = arg;
    c->deadline_ms = loop_now_ms(u->loop) + u->call_ms;
    TAILQ_INSERT_TAIL(&u->calls, c, link);
    arm_deadline(u);
    return c;
}

void uplink_call(struct uplink *u, const char *method, json_t *params,
                 uplink_answer_cb cb, void *arg)
{
    struct call *c = add_call(u, method, params, cb, arg);

    if (is_in(u, UPLINK_READY)) {
        send_call(u, c);
    }
}

void uplink_call_now(struct uplink *u, const char *method, json_t *params,
                     uplink_answer_cb cb, void *arg)
{
    struct call *c = add_call(u, method, params, cb, arg);

    c->bound = true;
    if (is_in(u, UPLINK_READY)) {
        send_call(u, c);
    } else {
        c->deadline_ms = loop_now_ms(u->loop);
        arm_deadline(u);
    }
}

void uplink_hand_over(struct uplink *from, struct uplink *to, bool with_sent)
{
    struct call *c, *next;

    for (c = TAILQ_FIRST(&from->calls); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (c->internal || c->bound || (c->sent && !with_sent)) {
            continue;
        }
        TAILQ_REMOVE(&from->calls, c, link);
        c->id = ++to->next_id;
        c->sent = false;
        TAILQ_INSERT_TAIL(&to->calls, c, link);
        if (is_in(to, UPLINK_READY)) {
            send_call(to, c);
        }
    }
    arm_deadline(from);
    arm_deadline(to);
}

void uplink_forget(struct uplink *u, const void *arg)
{
    struct call *c;

    TAILQ_FOREACH(c, &u->calls, link)
    {
        if (c->arg == arg) {
            c->cb = NULL;
        }
    }
}

/* ---- State ------------------------------------------------------------- */

static void set_problem(struct uplink *u, int code, const char *text)
{
    free(u->problem);
    u->problem = mem_strdup(text);
    u->problem_code = code;
}

static void tell_state(struct uplink *u)
{
    u->ops->on_state(u->arg, u);
}

static void become_ready(struct uplink *u)
{
    struct call *c;

    state_move(&u->state, UPLINK_READY);
    u->is_vain = false;
    u->ready_ms = loop_now_ms(u->loop);
    set_problem(u, 0, NULL);
    tell_state(u);
    TAILQ_FOREACH(c, &u->calls, link)
    {
        if (!c->sent && !c->internal) {
            send_call(u, c);
        }
    }
}

/* The tracker does not take the token, and will not take it later either. */
static bool is_refusal(int code)
{
    return code == P2P_ENOTLOGIN || code == P2P_EINVAL || code == P2P_EACCES ||
           code == P2P_ENOENT;
}

static void on_resumed(void *arg, int code, const char *text, json_t *result)
{
    struct uplink *u = arg;
    bool is_late = is_in(u, UPLINK_READY); /* somebody logged in meanwhile */

    (void)result;
    if (!is_late && !is_in(u, UPLINK_RESUMING)) {
        return;
    }
    if (code != 0 && !is_refusal(code)) {
        if (!is_late) {
            lose(u, code, text);
        }
        return;
    }
    u->logged_in = code == 0;
    u->was_refused = code != 0;
    if (code != 0) {
        u->ops->on_refused(u->arg, u, text);
    }
    if (is_late) {
        tell_state(u);
    } else {
        become_ready(u);
    }
}

/* A token is only for the trackers it came from: another one that is named by
 * mistake must neither learn nor end the login. */
static bool may_resume(const struct uplink *u)
{
    uint8_t pin[CONTACT_PIN_SIZE];
    bool is_met = hex_decode(u->pin, pin, sizeof pin) == 0;

    if (!is_met && !profile_find_pin(u->profile, &u->tracker, pin)) {
        memset(pin, 0, sizeof pin); /* only the address can say it */
    }
    return profile_token(u->profile) != NULL &&
           profile_token_is_for(u->profile, &u->tracker, pin);
}

static void send_resume(struct uplink *u)
{
    struct call *c = add_call(
        u, "account.resume",
        json_pack("{s:s}", "token", profile_token(u->profile)), on_resumed, u);

    c->internal = true;
    send_call(u, c);
}

void uplink_resume(struct uplink *u)
{
    u->was_refused = false;
    if (is_in(u, UPLINK_READY) && may_resume(u)) {
        send_resume(u);
    }
}

static void on_hello(void *arg, int code, const char *text, json_t *result)
{
    struct uplink *u = arg;
    const char *version = NULL;
    int64_t protocol = 0;

    if (!is_in(u, UPLINK_GREETING)) {
        return;
    }
    if (code == 0) {
        code = jsonrpc_get_integer(result, "protocol", true, 1, INT32_MAX,
                                   &protocol, NULL);
        text = "it does not speak the protocol of p2p-tracker";
    }
    if (code != 0) {
        lose(u, code, text);
        return;
    }
    jsonrpc_get_text(result, "version", false, 64, &version, NULL);
    free(u->version);
    u->version = mem_strdup(version);
    u->delay_ms = (int32_t)(loop_now_ms(u->loop) - u->asked_ms);
    if (!may_resume(u)) {
        u->logged_in = false;
        become_ready(u);
        return;
    }
    state_move(&u->state, UPLINK_RESUMING);
    send_resume(u);
}

/* ---- One connection ---------------------------------------------------- */

static void remember_pin(struct uplink *u, const uint8_t *pin)
{
    struct err e = {0};

    if (profile_add_pin(u->profile, &u->tracker, pin, &e) < 0) {
        log_warn("uplink", "%s", e.text);
    }
}

/* Trust on first use: a tracker without a known pin is accepted once. */
static int check_pin(struct uplink *u, struct err *e)
{
    const struct contact *t = &u->tracker;
    struct cert *cert = conn_peer_cert(u->conn);
    uint8_t pin[CONTACT_PIN_SIZE], known[CONTACT_PIN_SIZE];
    char known_hex[2 * CONTACT_PIN_SIZE + 1];
    bool is_known;

    if (cert == NULL) {
        return err_set(e, P2P_ETLS, _("%s showed no certificate"), u->address);
    }
    cert_pin(cert, pin);
    u->cert_until = cert_not_after(cert);
    cert_free(cert);
    hex_encode(pin, sizeof pin, u->pin);
    is_known = profile_find_pin(u->profile, t, known);
    if (!is_known && !t->has_pin) {
        remember_pin(u, pin);
        u->ops->on_new_pin(u->arg, u);
        return 0;
    }
    if (t->has_pin) { /* what the user says now counts for more */
        is_known = is_known && memcmp(known, t->pin, sizeof known) == 0;
        memcpy(known, t->pin, sizeof known);
    }
    if (memcmp(pin, known, sizeof pin) == 0) {
        if (!is_known) {
            remember_pin(u, pin);
        }
        return 0;
    }
    hex_encode(known, sizeof known, known_hex);
    return err_set(
        e, P2P_EPIN,
        _("the certificate of %s is not the one that was pinned "
          "(expected sha256:%s, got sha256:%s). Somebody may be in "
          "between, or the tracker was set up anew. Ask its operator "
          "for the output of 'p2p-tracker --fingerprint'; then remove "
          "its line from %s/known-trackers or correct the pin"),
        u->address, known_hex, u->pin, profile_dir(u->profile));
}

static void on_conn_open(void *arg)
{
    struct uplink *u = arg;
    struct err e = {0};
    struct call *c;

    if (check_pin(u, &e) < 0) {
        lose(u, e.code, e.text);
        return;
    }
    state_move(&u->state, UPLINK_GREETING);
    u->heard_ms = loop_now_ms(u->loop);
    u->sent_out = 0;
    u->ops->on_open(u->arg, u);
    c = add_call(u, "server.hello", NULL, on_hello, u);
    c->internal = true;
    send_call(u, c);
}

static struct call *find_call(struct uplink *u, json_t *id)
{
    struct call *c;

    if (!json_is_integer(id)) {
        return NULL;
    }
    TAILQ_FOREACH(c, &u->calls, link)
    {
        if (c->sent && c->id == json_integer_value(id)) {
            return c;
        }
    }
    return NULL;
}

static void handle_message(struct uplink *u, struct jsonrpc_message *m)
{
    struct call *c;
    int code;

    switch (m->kind) {
    case JSONRPC_NOTIFICATION:
        log_trace("uplink", "<- %s", m->method);
        u->ops->on_push(u->arg, u, m->method, m->params);
        break;
    case JSONRPC_RESULT:
        c = find_call(u, m->id);
        if (c != NULL) {
            call_finish(u, c, 0, NULL, m->result);
        }
        break;
    case JSONRPC_ERROR:
        c = find_call(u, m->id);
        if (c != NULL) {
            code = m->error_word != NULL ? err_from_word(m->error_word)
                                         : P2P_EPROTO;
            call_finish(u, c, code, m->error_message, NULL);
        }
        break;
    case JSONRPC_REQUEST:
        log_trace("uplink", "the tracker called %s", m->method);
        break;
    }
}

/* Answer all complete lines. A callback may close this connection, and then
 * another one may exist already, so the connection is compared each time. */
static void take_lines(struct uplink *u)
{
    struct conn *conn = u->conn;
    struct jsonrpc_message m;
    struct err e = {0};
    char *line;
    size_t length, used;
    int rv;

    while (u->conn == conn) {
        rv = jsonrpc_take_long_line(&u->in, JSONRPC_ANSWER_MAX, &u->searched,
                                    &line, &length, &used);
        if (rv == 0) {
            break;
        }
        if (rv > 0) {
            rv = jsonrpc_parse(line, length, &m, &e);
        }
        if (rv < 0) {
            lose(u, P2P_EPROTO, "the tracker sent something broken");
            return;
        }
        mem_wipe(line, length); /* it may have held a token */
        buf_consume(&u->in, used);
        handle_message(u, &m);
        jsonrpc_close(&m);
    }
    if (u->conn == conn) {
        arm_deadline(u);
    }
}

static void on_conn_readable(void *arg)
{
    struct uplink *u = arg;
    struct conn *conn = u->conn;
    uint8_t *room;
    ssize_t got;

    do {
        room = buf_reserve(&u->in, CONN_RECORD);
        if (room == NULL) {
            lose(u, P2P_ETOOBIG, "the tracker sent too long a line");
            return;
        }
        got = conn_read(conn, room, CONN_RECORD);
        if (got > 0) {
            buf_commit(&u->in, (size_t)got);
            u->heard_ms = loop_now_ms(u->loop);
            take_lines(u);
        }
    } while (got > 0 && u->conn == conn);
}

static void on_conn_close(void *arg, int code, const char *why)
{
    lose(arg, code != 0 ? code : P2P_ECLOSED, why);
}

static const struct conn_ops uplink_conn_ops = {
    .on_open = on_conn_open,
    .on_readable = on_conn_readable,
    .on_close = on_conn_close,
};

static void on_dialed(void *arg, int fd, const char *why)
{
    struct uplink *u = arg;
    struct conn_setup setup = {
        .loop = u->loop,
        .fd = fd,
        .tls = u->tls,
        .sni = u->tracker.host,
        .ops = &uplink_conn_ops,
        .arg = u,
    };

    u->dial = NULL;
    if (fd < 0) {
        lose(u, P2P_ECONNECT, why);
        return;
    }
    state_move(&u->state, UPLINK_HANDSHAKE);
    u->conn = conn_new(&setup);
}

static void dial(struct uplink *u)
{
    state_move(&u->state, UPLINK_DIALING);
    u->dial = dial_start(u->loop, u->tracker.host, u->tracker.port, NULL,
                         on_dialed, u);
}

/* Drop what belongs to one connection; calls of users stay. */
static void drop_conn(struct uplink *u)
{
    struct call *c, *next;

    if (u->dial != NULL) {
        dial_cancel(u->dial);
        u->dial = NULL;
    }
    conn_free(u->conn);
    u->conn = NULL;
    buf_clear(&u->in);
    u->searched = 0;
    u->delay_ms = -1;
    for (c = TAILQ_FIRST(&u->calls); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        c->sent = false;
        if (c->internal) {
            TAILQ_REMOVE(&u->calls, c, link);
            call_free(c);
        }
    }
}

/* Calls that mean one connection end with it. */
static void end_bound(struct uplink *u, const char *why)
{
    struct call *c, *next;

    for (c = TAILQ_FIRST(&u->calls); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (c->bound) {
            call_finish(u, c, P2P_ECLOSED, why, NULL);
            next = TAILQ_FIRST(&u->calls); /* callbacks may have changed it */
        }
    }
}

/* Who just asked should not wait longer. Calls that were sent once wait for a
 * tracker to come back. */
void uplink_fail_calls(struct uplink *u, int code, const char *text)
{
    struct call *c, *next;

    for (c = TAILQ_FIRST(&u->calls); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (!c->internal && (!c->was_sent || code == P2P_EPIN)) {
            call_finish(u, c, code, text, NULL);
            next = TAILQ_FIRST(&u->calls);
        }
    }
}

static int64_t next_delay(struct uplink *u, bool was_ready)
{
    int64_t most =
        u->ops->is_spare(u->arg, u) ? UPLINK_SPARE_MAX_MS : UPLINK_RETRY_MAX_MS;
    int64_t delay;

    if (was_ready && loop_now_ms(u->loop) - u->ready_ms >= UPLINK_STABLE_MS) {
        u->retry_ms = UPLINK_RETRY_MIN_MS;
    }
    u->retry_ms = u->retry_ms < most ? u->retry_ms : most;
    delay = u->retry_ms / 2 + random_below((uint32_t)u->retry_ms / 2 + 1);
    u->retry_ms *= 2;
    return delay;
}

static void lose(struct uplink *u, int code, const char *why)
{
    bool was_ready = is_in(u, UPLINK_READY);

    why = why != NULL ? why : err_text(code);
    log_info("uplink", "tracker %s: %s", u->address, why);
    set_problem(u, code, why);
    drop_conn(u);
    u->is_vain = !was_ready;
    state_move(&u->state, UPLINK_WAITING);
    timer_start(u->retry, next_delay(u, was_ready));
    end_bound(u, u->problem);
    tell_state(u);
}

static void on_retry(void *arg)
{
    struct uplink *u = arg;

    u->is_vain = false;
    dial(u);
}

void uplink_hurry(struct uplink *u)
{
    if (is_in(u, UPLINK_WAITING)) {
        u->is_vain = false;
        timer_start(u->retry, 0);
    }
}

static void on_ping_answer(void *arg, int code, const char *text,
                           json_t *result)
{
    struct uplink *u = arg;

    (void)text;
    (void)result;
    if (code == 0 && u->conn != NULL) {
        u->delay_ms = (int32_t)(loop_now_ms(u->loop) - u->asked_ms);
    }
}

void uplink_ping(struct uplink *u)
{
    if (u->conn == NULL || is_in(u, UPLINK_HANDSHAKE)) {
        return; /* conn has a time limit of its own for that */
    }
    if (is_sending(u)) {
        u->heard_ms = loop_now_ms(u->loop);
        extend_deadlines(u);
    } else if (loop_now_ms(u->loop) - u->heard_ms >= UPLINK_DEAD_MS) {
        lose(u, P2P_ETIMEDOUT, "the tracker went silent");
        return;
    }
    if (is_in(u, UPLINK_READY)) {
        uplink_call_now(u, "server.ping", NULL, on_ping_answer, u);
    }
}

/* ---- Life -------------------------------------------------------------- */

struct uplink *uplink_new(const struct uplink_setup *setup)
{
    struct uplink *u = mem_calloc(1, sizeof *u);

    state_init(&u->state, uplink_rules, "uplink", UPLINK_IDLE);
    u->loop = setup->loop;
    u->profile = setup->profile;
    u->ops = setup->ops;
    u->arg = setup->arg;
    u->call_ms = setup->call_ms;
    u->tracker = *setup->tracker;
    u->retry_ms = UPLINK_RETRY_MIN_MS;
    u->delay_ms = -1;
    u->tls = tlsctx_new_tracker_client();
    buf_init(&u->in, JSONRPC_ANSWER_MAX + CONN_RECORD);
    TAILQ_INIT(&u->calls);
    u->retry = timer_new(u->loop, on_retry, u);
    u->deadline = timer_new(u->loop, on_deadline, u);
    contact_format(&u->tracker, u->address, sizeof u->address);
    return u;
}

void uplink_start(struct uplink *u)
{
    if (is_in(u, UPLINK_IDLE)) {
        dial(u);
    }
}

static void cancel_calls(struct uplink *u)
{
    struct call *c = TAILQ_FIRST(&u->calls);

    while (c != NULL) {
        call_finish(u, c, P2P_ECANCELED, err_text(P2P_ECANCELED), NULL);
        c = TAILQ_FIRST(&u->calls);
    }
}

void uplink_stop(struct uplink *u)
{
    if (is_in(u, UPLINK_ENDED)) {
        return;
    }
    state_move(&u->state, UPLINK_ENDED);
    drop_conn(u);
    timer_stop(u->retry);
    cancel_calls(u);
    timer_stop(u->deadline);
}

void uplink_free(struct uplink *u)
{
    if (u == NULL) {
        return;
    }
    uplink_stop(u);
    cancel_calls(u);
    timer_free(u->retry);
    timer_free(u->deadline);
    tlsctx_unref(u->tls);
    buf_close(&u->in);
    free(u->version);
    free(u->problem);
    free(u);
}

void uplink_set_logged_in(struct uplink *u, bool logged_in)
{
    u->logged_in = logged_in;
    u->was_refused = false;
}

bool uplink_is_ready(const struct uplink *u)
{
    return is_in(u, UPLINK_READY);
}

bool uplink_is_logged_in(const struct uplink *u)
{
    return u->logged_in;
}

bool uplink_is_open(const struct uplink *u)
{
    return u->conn != NULL;
}

bool uplink_is_vain(const struct uplink *u)
{
    return u->is_vain;
}

bool uplink_may_know_us(const struct uplink *u)
{
    return !u->was_refused && may_resume(u);
}

const struct contact *uplink_contact(const struct uplink *u)
{
    return &u->tracker;
}

const char *uplink_address(const struct uplink *u)
{
    return u->address;
}

const char *uplink_version(const struct uplink *u)
{
    return u->version;
}

const char *uplink_problem(const struct uplink *u)
{
    return u->problem;
}

int uplink_problem_code(const struct uplink *u)
{
    return u->problem_code;
}

const char *uplink_pin(const struct uplink *u)
{
    return u->pin[0] != '\0' ? u->pin : NULL;
}

int64_t uplink_cert_until(const struct uplink *u)
{
    return u->cert_until;
}

int32_t uplink_delay_ms(const struct uplink *u)
{
    return u->delay_ms;
}
