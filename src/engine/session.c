#include "config.h"

#include "engine/session.h"

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
#include "util/log.h"
#include "util/mem.h"
#include "util/state.h"
#include "wire/jsonrpc.h"

enum { SESSION_OP_BYTES = 16 /* random bytes of an operation id */ };

enum session_state {
    SESSION_IDLE,
    SESSION_DIALING,
    SESSION_HANDSHAKE,
    SESSION_GREETING,
    SESSION_RESUMING,
    SESSION_READY,
    SESSION_WAITING,
    SESSION_ENDED,
};

#define TO(s) STATE_BIT(SESSION_##s)
static const struct state_rule session_rules[] = {
    [SESSION_IDLE] = {"idle", TO(DIALING) | TO(ENDED)},
    [SESSION_DIALING] = {"dialing",
                         TO(HANDSHAKE) | TO(WAITING) | TO(DIALING) | TO(ENDED)},
    [SESSION_HANDSHAKE] = {"handshake", TO(GREETING) | TO(WAITING) |
                                            TO(DIALING) | TO(ENDED)},
    [SESSION_GREETING] = {"greeting", TO(RESUMING) | TO(READY) | TO(WAITING) |
                                          TO(DIALING) | TO(ENDED)},
    [SESSION_RESUMING] = {"resuming",
                          TO(READY) | TO(WAITING) | TO(DIALING) | TO(ENDED)},
    [SESSION_READY] = {"ready", TO(WAITING) | TO(DIALING) | TO(ENDED)},
    [SESSION_WAITING] = {"waiting", TO(DIALING) | TO(ENDED)},
    [SESSION_ENDED] = {"ended", 0},
};
#undef TO

struct call {
    TAILQ_ENTRY(call) link;
    int64_t id;
    char *method;
    json_t *params; /* kept until answered, to be sent again */
    session_answer_cb cb;
    void *arg;
    int64_t deadline_ms;
    bool sent;     /* on the connection there is now */
    bool was_sent; /* on any connection: waits for the next one */
    bool internal; /* hello and resume: belong to one connection */
};
TAILQ_HEAD(call_list, call);

struct session {
    struct state state;
    struct loop *loop;
    struct profile *profile;
    const struct session_ops *ops;
    void *arg;
    struct contact *trackers;
    size_t tracker_count;
    size_t current; /* index of the tracker in use */
    size_t failed;  /* trackers that failed since the last success */
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
    struct timer *ping;     /* runs while connected */
    struct timer *deadline; /* runs while calls wait */
    int64_t heard_ms, asked_ms;
    int64_t call_ms;   /* a call without an answer by then timed out */
    uint64_t sent_out; /* conn_bytes_out() when last looked at */
    bool logged_in;
    char address[CONTACT_HOST_MAX + 16];
    char pin[2 * CONTACT_PIN_SIZE + 1];
    char *version;
    char *problem;
    int problem_code;
    int32_t delay_ms;
};

static void dial_current(struct session *s);
static void lose(struct session *s, int code, const char *why);

static bool is_in(const struct session *s, enum session_state state)
{
    return s->state.now == (int)state;
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
static void call_finish(struct session *s, struct call *c, int code,
                        const char *text, json_t *result)
{
    TAILQ_REMOVE(&s->calls, c, link);
    if (c->cb != NULL) {
        c->cb(c->arg, code, text, result);
    }
    call_free(c);
}

static void arm_deadline(struct session *s)
{
    int64_t first = INT64_MAX;
    int64_t now = loop_now_ms(s->loop);
    struct call *c;

    TAILQ_FOREACH(c, &s->calls, link)
    {
        if (c->deadline_ms < first) {
            first = c->deadline_ms;
        }
    }
    if (first == INT64_MAX) {
        timer_stop(s->deadline);
    } else {
        timer_start(s->deadline, first > now ? first - now : 0);
    }
}

/* A manifest of many MB takes its time on a slow line: as long as bytes leave,
 * nobody has been silent. */
static bool is_sending(struct session *s)
{
    uint64_t out = s->conn != NULL ? conn_bytes_out(s->conn) : 0;
    bool moved = out != s->sent_out;

    s->sent_out = out;
    return moved && s->conn != NULL && conn_queued(s->conn) > 0;
}

static void extend_deadlines(struct session *s)
{
    int64_t least = loop_now_ms(s->loop) + s->call_ms;
    struct call *c;

    TAILQ_FOREACH(c, &s->calls, link)
    {
        c->deadline_ms = c->deadline_ms > least ? c->deadline_ms : least;
    }
    arm_deadline(s);
}

static void on_deadline(void *arg)
{
    struct session *s = arg;
    int64_t now = loop_now_ms(s->loop);
    struct call *c, *next;
    char text[ERR_TEXT_MAX];

    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (c->deadline_ms > now) {
            continue;
        }
        if (session_is_connected(s)) {
            snprintf(text, sizeof text, "%s did not answer in time",
                     s->address);
            call_finish(s, c, P2P_ETIMEDOUT, text, NULL);
        } else {
            snprintf(text, sizeof text, "no tracker can be reached: %s",
                     s->problem != NULL ? s->problem : "no answer");
            call_finish(s, c, P2P_ENOTRACKER, text, NULL);
        }
        next = TAILQ_FIRST(&s->calls); /* callbacks may have changed it */
    }
    arm_deadline(s);
}

static void send_line(struct session *s, char *line, size_t length)
{
    conn_write(s->conn, line, length);
    mem_wipe(line, length); /* passwords and tokens pass through here */
    free(line);
    s->asked_ms = loop_now_ms(s->loop);
}

static void send_call(struct session *s, struct call *c)
{
    size_t length;
    char *line = jsonrpc_write_request(c->id, c->method, json_incref(c->params),
                                       &length);

    log_trace("session", "-> %s", c->method);
    c->sent = true;
    c->was_sent = true;
    send_line(s, line, length);
}

static struct call *add_call(struct session *s, const char *method,
                             json_t *params, session_answer_cb cb, void *arg)
{
    struct call *c = mem_calloc(1, sizeof *c);

    c->id = ++s->next_id;
    c->method = mem_strdup(method);
    c->params = params != NULL ? params : json_object();
    c->cb = cb;
    c->arg = arg;
    c->deadline_ms = loop_now_ms(s->loop) + s->call_ms;
    TAILQ_INSERT_TAIL(&s->calls, c, link);
    arm_deadline(s);
    return c;
}

void session_call(struct session *s, const char *method, json_t *params,
                  session_answer_cb cb, void *arg)
{
    struct call *c = add_call(s, method, params, cb, arg);

    if (is_in(s, SESSION_READY)) {
        send_call(s, c);
    } else if (is_in(s, SESSION_WAITING)) {
        timer_start(s->retry, 0); /* somebody wants it now */
        s->failed = 0;
    }
}

void session_write(struct session *s, const char *method, json_t *params,
                   session_answer_cb cb, void *arg)
{
    char op[2 * SESSION_OP_BYTES + 1];

    if (params == NULL) {
        params = json_object();
    }
    random_hex(SESSION_OP_BYTES, op);
    json_object_set_new(params, "op", json_string(op));
    session_call(s, method, params, cb, arg);
}

void session_notify(struct session *s, const char *method, json_t *params)
{
    size_t length;
    char *line;

    if (!is_in(s, SESSION_READY)) {
        json_decref(params);
        return;
    }
    line = jsonrpc_write_notification(method, params, &length);
    send_line(s, line, length);
}

void session_forget(struct session *s, const void *arg)
{
    struct call *c;

    TAILQ_FOREACH(c, &s->calls, link)
    {
        if (c->arg == arg) {
            c->cb = NULL;
        }
    }
}

/* ---- State ------------------------------------------------------------- */

static void set_problem(struct session *s, int code, const char *text)
{
    free(s->problem);
    s->problem = mem_strdup(text);
    s->problem_code = code;
}

static void tell_state(struct session *s)
{
    s->ops->on_state(s->arg);
}

static void become_ready(struct session *s)
{
    struct call *c;

    state_move(&s->state, SESSION_READY);
    s->failed = 0;
    s->ready_ms = loop_now_ms(s->loop);
    set_problem(s, 0, NULL);
    tell_state(s);
    TAILQ_FOREACH(c, &s->calls, link)
    {
        if (!c->sent && !c->internal) {
            send_call(s, c);
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
    struct session *s = arg;

    (void)result;
    if (!is_in(s, SESSION_RESUMING)) {
        return;
    }
    if (code == 0) {
        s->logged_in = true;
    } else if (is_refusal(code)) {
        log_info("session", "the login has ended: %s", text);
        profile_clear_login(s->profile);
        s->logged_in = false;
        s->ops->on_login_end(s->arg, text);
    } else {
        lose(s, code, text);
        return;
    }
    become_ready(s);
}

/* A token is only for the trackers it came from: another one that is named by
 * mistake must neither learn nor end the login. */
static bool may_resume(struct session *s)
{
    uint8_t pin[CONTACT_PIN_SIZE];

    return profile_token(s->profile) != NULL &&
           hex_decode(s->pin, pin, sizeof pin) == 0 &&
           profile_token_is_for(s->profile, &s->trackers[s->current], pin);
}

static void on_hello(void *arg, int code, const char *text, json_t *result)
{
    struct session *s = arg;
    struct call *c;
    const char *version = NULL;
    int64_t protocol = 0;

    if (!is_in(s, SESSION_GREETING)) {
        return;
    }
    if (code == 0) {
        code = jsonrpc_get_integer(result, "protocol", true, 1, INT32_MAX,
                                   &protocol, NULL);
        text = "it does not speak the protocol of p2p-tracker";
    }
    if (code != 0) {
        lose(s, code, text);
        return;
    }
    jsonrpc_get_text(result, "version", false, 64, &version, NULL);
    free(s->version);
    s->version = mem_strdup(version);
    s->delay_ms = (int32_t)(loop_now_ms(s->loop) - s->asked_ms);
    if (!may_resume(s)) {
        s->logged_in = false;
        become_ready(s);
        return;
    }
    state_move(&s->state, SESSION_RESUMING);
    c = add_call(s, "account.resume",
                 json_pack("{s:s}", "token", profile_token(s->profile)),
                 on_resumed, s);
    c->internal = true;
    send_call(s, c);
}

/* ---- One connection ---------------------------------------------------- */

static void remember_pin(struct session *s, const uint8_t *pin)
{
    struct err e = {0};

    if (profile_add_pin(s->profile, &s->trackers[s->current], pin, &e) < 0) {
        log_warn("session", "%s", e.text);
    }
}

/* Trust on first use: a tracker without a known pin is accepted once. */
static int check_pin(struct session *s, struct err *e)
{
    const struct contact *t = &s->trackers[s->current];
    struct cert *cert = conn_peer_cert(s->conn);
    uint8_t pin[CONTACT_PIN_SIZE], known[CONTACT_PIN_SIZE];
    char known_hex[2 * CONTACT_PIN_SIZE + 1];
    bool is_known;

    if (cert == NULL) {
        return err_set(e, P2P_ETLS, "%s showed no certificate", s->address);
    }
    cert_pin(cert, pin);
    cert_free(cert);
    hex_encode(pin, sizeof pin, s->pin);
    is_known = profile_find_pin(s->profile, t, known);
    if (!is_known && !t->has_pin) {
        remember_pin(s, pin);
        s->ops->on_new_pin(s->arg, s->address, s->pin);
        return 0;
    }
    if (t->has_pin) { /* what the user says now counts for more */
        is_known = is_known && memcmp(known, t->pin, sizeof known) == 0;
        memcpy(known, t->pin, sizeof known);
    }
    if (memcmp(pin, known, sizeof pin) == 0) {
        if (!is_known) {
            remember_pin(s, pin);
        }
        return 0;
    }
    hex_encode(known, sizeof known, known_hex);
    return err_set(e, P2P_EPIN,
                   "the certificate of %s is not the one that was pinned "
                   "(expected sha256:%s, got sha256:%s). Somebody may be in "
                   "between, or the tracker was set up anew. Ask its operator "
                   "for the output of 'p2p-tracker --fingerprint'; then remove "
                   "its line from %s/known-trackers or correct the pin",
                   s->address, known_hex, s->pin, profile_dir(s->profile));
}

static void on_conn_open(void *arg)
{
    struct session *s = arg;
    struct err e = {0};
    struct call *c;

    if (check_pin(s, &e) < 0) {
        lose(s, e.code, e.text);
        return;
    }
    state_move(&s->state, SESSION_GREETING);
    s->heard_ms = loop_now_ms(s->loop);
    s->sent_out = 0;
    timer_start(s->ping, SESSION_PING_MS);
    c = add_call(s, "server.hello", NULL, on_hello, s);
    c->internal = true;
    send_call(s, c);
}

static struct call *find_call(struct session *s, json_t *id)
{
    struct call *c;

    if (!json_is_integer(id)) {
        return NULL;
    }
    TAILQ_FOREACH(c, &s->calls, link)
    {
        if (c->sent && c->id == json_integer_value(id)) {
            return c;
        }
    }
    return NULL;
}

static void handle_message(struct session *s, struct jsonrpc_message *m)
{
    struct call *c;
    int code;

    switch (m->kind) {
    case JSONRPC_NOTIFICATION:
        log_trace("session", "<- %s", m->method);
        s->ops->on_push(s->arg, m->method, m->params);
        break;
    case JSONRPC_RESULT:
        c = find_call(s, m->id);
        if (c != NULL) {
            call_finish(s, c, 0, NULL, m->result);
        }
        break;
    case JSONRPC_ERROR:
        c = find_call(s, m->id);
        if (c != NULL) {
            code = m->error_word != NULL ? err_from_word(m->error_word)
                                         : P2P_EPROTO;
            call_finish(s, c, code, m->error_message, NULL);
        }
        break;
    case JSONRPC_REQUEST:
        log_trace("session", "the tracker called %s", m->method);
        break;
    }
}

/* Answer all complete lines. A callback may close this connection, and then
 * another one may exist already, so the connection is compared each time. */
static void take_lines(struct session *s)
{
    struct conn *conn = s->conn;
    struct jsonrpc_message m;
    struct err e = {0};
    char *line;
    size_t length, used;
    int rv;

    while (s->conn == conn) {
        rv = jsonrpc_take_long_line(&s->in, JSONRPC_ANSWER_MAX, &s->searched,
                                    &line, &length, &used);
        if (rv == 0) {
            break;
        }
        if (rv > 0) {
            rv = jsonrpc_parse(line, length, &m, &e);
        }
        if (rv < 0) {
            lose(s, P2P_EPROTO, "the tracker sent something broken");
            return;
        }
        mem_wipe(line, length); /* it may have held a token */
        buf_consume(&s->in, used);
        handle_message(s, &m);
        jsonrpc_close(&m);
    }
    if (s->conn == conn) {
        arm_deadline(s);
    }
}

static void on_conn_readable(void *arg)
{
    struct session *s = arg;
    struct conn *conn = s->conn;
    uint8_t *room;
    ssize_t got;

    do {
        room = buf_reserve(&s->in, CONN_RECORD);
        if (room == NULL) {
            lose(s, P2P_ETOOBIG, "the tracker sent too long a line");
            return;
        }
        got = conn_read(conn, room, CONN_RECORD);
        if (got > 0) {
            buf_commit(&s->in, (size_t)got);
            s->heard_ms = loop_now_ms(s->loop);
            take_lines(s);
        }
    } while (got > 0 && s->conn == conn);
}

static void on_conn_close(void *arg, int code, const char *why)
{
    lose(arg, code != 0 ? code : P2P_ECLOSED, why);
}

static const struct conn_ops session_conn_ops = {
    .on_open = on_conn_open,
    .on_readable = on_conn_readable,
    .on_close = on_conn_close,
};

static void on_dialed(void *arg, int fd, const char *why)
{
    struct session *s = arg;
    struct conn_setup setup = {
        .loop = s->loop,
        .fd = fd,
        .tls = s->tls,
        .sni = s->trackers[s->current].host,
        .ops = &session_conn_ops,
        .arg = s,
    };

    s->dial = NULL;
    if (fd < 0) {
        lose(s, P2P_ECONNECT, why);
        return;
    }
    state_move(&s->state, SESSION_HANDSHAKE);
    s->conn = conn_new(&setup);
}

static void dial_current(struct session *s)
{
    const struct contact *t = &s->trackers[s->current];

    state_move(&s->state, SESSION_DIALING);
    contact_format(t, s->address, sizeof s->address);
    s->dial = dial_start(s->loop, t->host, t->port, NULL, on_dialed, s);
}

/* Drop what belongs to one connection; calls of users stay. */
static void drop_conn(struct session *s)
{
    struct call *c, *next;

    if (s->dial != NULL) {
        dial_cancel(s->dial);
        s->dial = NULL;
    }
    conn_free(s->conn);
    s->conn = NULL;
    buf_clear(&s->in);
    s->searched = 0;
    timer_stop(s->ping);
    s->delay_ms = -1;
    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        c->sent = false;
        if (c->internal) {
            TAILQ_REMOVE(&s->calls, c, link);
            call_free(c);
        }
    }
}

/* After every tracker failed: those who just asked should not wait longer.
 * Calls that were sent once wait for the tracker to come back. */
static void fail_calls(struct session *s, int code)
{
    struct call *c, *next;
    char text[ERR_TEXT_MAX];

    snprintf(text, sizeof text, "%s%s",
             code == P2P_EPIN ? "" : "no tracker can be reached: ", s->problem);
    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (!c->was_sent || code == P2P_EPIN) {
            call_finish(s, c, code, text, NULL);
            next = TAILQ_FIRST(&s->calls);
        }
    }
}

static void lose(struct session *s, int code, const char *why)
{
    bool was_ready = is_in(s, SESSION_READY);
    int64_t delay;

    log_info("session", "tracker %s: %s", s->address,
             why != NULL ? why : err_text(code));
    /* In one round through the list, a changed certificate says more than
     * another tracker that is only away. */
    if (s->failed == 0 || s->problem_code != P2P_EPIN) {
        set_problem(s, code, why != NULL ? why : err_text(code));
    }
    drop_conn(s);
    s->failed++;
    s->current = (s->current + 1) % s->tracker_count;
    if (!was_ready && s->failed < s->tracker_count) {
        dial_current(s);
        return;
    }
    state_move(&s->state, SESSION_WAITING);
    if (was_ready && loop_now_ms(s->loop) - s->ready_ms >= SESSION_STABLE_MS) {
        s->retry_ms = SESSION_RETRY_MIN_MS;
    }
    delay = s->retry_ms / 2 + random_below((uint32_t)s->retry_ms / 2 + 1);
    if (was_ready || s->failed >= s->tracker_count) {
        s->retry_ms *= 2;
        if (s->retry_ms > SESSION_RETRY_MAX_MS) {
            s->retry_ms = SESSION_RETRY_MAX_MS;
        }
    }
    timer_start(s->retry, delay);
    tell_state(s);
    if (s->failed >= s->tracker_count && !was_ready) {
        fail_calls(s, s->problem_code == P2P_EPIN ? P2P_EPIN : P2P_ENOTRACKER);
    }
}

static void on_retry(void *arg)
{
    struct session *s = arg;

    if (s->failed >= s->tracker_count) {
        s->failed = 0;
    }
    dial_current(s);
}

static void on_ping_answer(void *arg, int code, const char *text,
                           json_t *result)
{
    struct session *s = arg;

    (void)text;
    (void)result;
    if (code == 0 && s->conn != NULL) {
        s->delay_ms = (int32_t)(loop_now_ms(s->loop) - s->asked_ms);
    }
}

static void on_ping(void *arg)
{
    struct session *s = arg;

    if (is_sending(s)) {
        s->heard_ms = loop_now_ms(s->loop);
        extend_deadlines(s);
    } else if (loop_now_ms(s->loop) - s->heard_ms >= SESSION_DEAD_MS) {
        lose(s, P2P_ETIMEDOUT, "the tracker went silent");
        return;
    }
    if (is_in(s, SESSION_READY)) {
        session_call(s, "server.ping", NULL, on_ping_answer, s);
    }
    timer_start(s->ping, SESSION_PING_MS);
}

/* ---- Life -------------------------------------------------------------- */

struct session *session_new(const struct session_setup *setup)
{
    struct session *s = mem_calloc(1, sizeof *s);

    state_init(&s->state, session_rules, "session", SESSION_IDLE);
    s->loop = setup->loop;
    s->profile = setup->profile;
    s->ops = setup->ops;
    s->arg = setup->arg;
    s->call_ms = setup->call_ms > 0 ? setup->call_ms : SESSION_CALL_MS;
    s->tracker_count = setup->tracker_count;
    s->trackers = mem_dup(setup->trackers,
                          setup->tracker_count * sizeof *setup->trackers);
    s->retry_ms = SESSION_RETRY_MIN_MS;
    s->delay_ms = -1;
    s->tls = tlsctx_new_tracker_client();
    buf_init(&s->in, JSONRPC_ANSWER_MAX + CONN_RECORD);
    TAILQ_INIT(&s->calls);
    s->retry = timer_new(s->loop, on_retry, s);
    s->ping = timer_new(s->loop, on_ping, s);
    s->deadline = timer_new(s->loop, on_deadline, s);
    contact_format(&s->trackers[0], s->address, sizeof s->address);
    return s;
}

void session_start(struct session *s)
{
    if (is_in(s, SESSION_IDLE)) {
        dial_current(s);
    }
}

static void cancel_calls(struct session *s)
{
    struct call *c = TAILQ_FIRST(&s->calls);

    while (c != NULL) {
        call_finish(s, c, P2P_ECANCELED, err_text(P2P_ECANCELED), NULL);
        c = TAILQ_FIRST(&s->calls);
    }
}

void session_stop(struct session *s)
{
    if (is_in(s, SESSION_ENDED)) {
        return;
    }
    state_move(&s->state, SESSION_ENDED);
    drop_conn(s);
    timer_stop(s->retry);
    cancel_calls(s);
    timer_stop(s->deadline);
}

void session_free(struct session *s)
{
    if (s == NULL) {
        return;
    }
    session_stop(s);
    cancel_calls(s);
    timer_free(s->retry);
    timer_free(s->ping);
    timer_free(s->deadline);
    tlsctx_unref(s->tls);
    buf_close(&s->in);
    free(s->trackers);
    free(s->version);
    free(s->problem);
    free(s);
}

void session_set_logged_in(struct session *s, bool logged_in)
{
    s->logged_in = logged_in;
    tell_state(s);
}

bool session_is_connected(const struct session *s)
{
    return is_in(s, SESSION_READY);
}

bool session_is_logged_in(const struct session *s)
{
    return s->logged_in;
}

const char *session_tracker(const struct session *s)
{
    return s->address;
}

const char *session_version(const struct session *s)
{
    return s->version;
}

const char *session_problem(const struct session *s)
{
    return s->problem;
}

const char *session_pin(const struct session *s)
{
    return s->pin[0] != '\0' ? s->pin : NULL;
}

int32_t session_delay_ms(const struct session *s)
{
    return s->delay_ms;
}
