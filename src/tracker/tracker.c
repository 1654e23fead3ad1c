#include "config.h"

#include "tracker/tracker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "crypto/tlsctx.h"
#include "net/conn.h"
#include "net/listener.h"
#include "net/loop.h"
#include "tracker/call.h"
#include "tracker/http.h"
#include "tracker/keys.h"
#include "tracker/groupkey.h"
#include "tracker/ledger.h"
#include "tracker/metrics.h"
#include "tracker/notify.h"
#include "tracker/rpc.h"
#include "tracker/store.h"
#include "tracker/swarmdb.h"
#include "tracker/throttle.h"
#include "tracker/worker.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/ratelimit.h"
#include "wire/jsonrpc.h"

/* Happy path
 *   on_accept -> TLS handshake -> on_open -> lines: link_pump() takes one line
 *   after the other; a request that is answered later (a write, a password)
 *   stops the pump until its answer, so answers keep their order.
 *   Writes wait for the end of the turn: the wake runs on_turn(), which
 *   commits all of them at once, goes on with the sessions that were answered,
 *   and sends what happened in the swarms.
 * Failures
 *   A link that must end (slow reader, line too long, silence) is marked
 *   doomed and freed by on_turn(), never inside a function that still uses it.
 * Closing
 *   on_close() of the connection frees the link, the session, its swarms.
 */
enum {
    TICK_MS = 1000,
    EXPIRE_EVERY = 3600, /* ticks */
    READ_SIZE = 16 * 1024,
    IN_MAX = JSONRPC_PUBLISH_MAX + READ_SIZE
};

struct link {
    struct tracker *tracker;
    struct conn *conn;
    struct session *session;
    struct timer *timer; /* until the next request is allowed; may be NULL */
    struct ratelimit bucket;
    struct buf in;
    size_t searched;
    size_t long_limit; /* bytes the long line on its way may have; 0: none */
    bool is_waiting;   /* in tracker->waiting, for room for a long line */
    bool is_slowed;    /* waits for the timer */
    bool is_doomed;    /* in tracker->doomed */
    bool is_ready;     /* in tracker->ready */
    int64_t long_since_ms;
    TAILQ_ENTRY(link) doomed;
    TAILQ_ENTRY(link) ready;
    TAILQ_ENTRY(link) waiting;
};
TAILQ_HEAD(links, link);

struct tracker {
    struct tracker_setup setup;
    struct loop *loop;
    struct keys keys;
    struct tlsctx *tls;
    struct listener *listener;
    struct http *http;
    struct rpc rpc;
    struct wake *wake;
    struct timer *tick;
    struct timer *swarm_timer;
    struct links doomed;
    struct links ready;
    struct links waiting;
    size_t long_bytes; /* of the limits of all long lines */
    unsigned ticks;
    void (*on_reload)(void *arg);
    void *reload_arg;
};

void tracker_setup_init(struct tracker_setup *s)
{
    memset(s, 0, sizeof(*s));
    s->listen.port = TRACKER_PORT;
    s->has_http = true;
    snprintf(s->http.host, sizeof(s->http.host), "127.0.0.1");
    s->http.port = TRACKER_HTTP_PORT;
    s->min_free = 16 * 1024 * 1024;
    s->max_anonymous = 256;
    s->max_per_address = 64;
    s->rate = 200;
    s->burst = 400;
}

/* ---- Links -------------------------------------------------------------- */

static void link_doom(struct link *k, const char *why)
{
    if (!k->is_doomed) {
        k->is_doomed = true;
        TAILQ_INSERT_TAIL(&k->tracker->doomed, k, doomed);
        wake_send(k->tracker->wake);
        log_trace("session", "%s: ended: %s", k->session->address, why);
    }
}

static void link_make_ready(struct link *k)
{
    if (!k->is_ready) {
        k->is_ready = true;
        TAILQ_INSERT_TAIL(&k->tracker->ready, k, ready);
        wake_send(k->tracker->wake);
    }
}

static void end_long_line(struct link *k)
{
    struct tracker *t = k->tracker;
    struct link *next;

    if (k->long_limit == 0) {
        return;
    }
    t->long_bytes -= k->long_limit;
    k->long_limit = 0;
    while ((next = TAILQ_FIRST(&t->waiting)) != NULL) {
        TAILQ_REMOVE(&t->waiting, next, waiting);
        next->is_waiting = false;
        link_make_ready(next); /* it looks itself whether there is room */
    }
}

static void link_free(struct link *k)
{
    struct tracker *t = k->tracker;

    if (k->is_doomed) {
        TAILQ_REMOVE(&t->doomed, k, doomed);
    }
    if (k->is_ready) {
        TAILQ_REMOVE(&t->ready, k, ready);
    }
    if (k->is_waiting) {
        TAILQ_REMOVE(&t->waiting, k, waiting);
    }
    end_long_line(k);
    notify_log_out(t->rpc.notify, k->session);
    sessions_remove(t->rpc.sessions, k->session);
    timer_free(k->timer);
    mem_wipe(buf_head(&k->in), buf_length(&k->in)); /* may hold a password */
    buf_close(&k->in);
    conn_free(k->conn);
    free(k);
    wake_send(t->wake); /* others in its swarms hear of it */
}

static bool link_is_blocked(const struct link *k)
{
    return k->session->pending > 0 || k->is_slowed || k->is_doomed ||
           k->is_waiting || conn_queued(k->conn) > TRACKER_OUT_PAUSE;
}

static void on_allowed(void *arg)
{
    struct link *k = arg;

    k->is_slowed = false;
    link_make_ready(k);
}

/* One request from the session's bucket; false when it must wait. */
static bool link_may_request(struct link *k)
{
    struct tracker *t = k->tracker;
    int64_t now = loop_now_ms(t->loop);

    if (ratelimit_take(&k->bucket, 1, now)) {
        return true;
    }
    if (k->timer == NULL) {
        k->timer = timer_new(t->loop, on_allowed, k);
    }
    k->is_slowed = true;
    timer_start(k->timer, ratelimit_wait_ms(&k->bucket, 1, now) + 1);
    return false;
}

static void refuse_line(struct link *k, int code, const char *text)
{
    rpc_complain(&k->tracker->rpc, k->session, code, text);
    /* What was said is sent, then the connection ends. */
    k->is_slowed = true;
    conn_finish(k->conn);
}

/* How long may the line be whose start is in the buffer? 0: it must wait until
 * other long lines are done. */
static size_t line_limit(struct link *k)
{
    struct tracker *t = k->tracker;
    const char *head = (const char *)buf_head(&k->in);

    size_t limit = JSONRPC_LINE_MAX;

    if (k->long_limit != 0) {
        return k->long_limit;
    }
    if (buf_length(&k->in) > JSONRPC_LINE_MAX &&
        memchr(head, '\n', JSONRPC_LINE_MAX) == NULL) {
        limit = rpc_line_limit(&t->rpc, k->session, head, buf_length(&k->in));
    }
    if (limit == JSONRPC_LINE_MAX) {
        return limit;
    }
    if (t->long_bytes + limit > TRACKER_LONG_BYTES) {
        k->is_waiting = true;
        TAILQ_INSERT_TAIL(&t->waiting, k, waiting);
        return 0;
    }
    t->long_bytes += limit;
    k->long_limit = limit;
    k->long_since_ms = loop_now_ms(t->loop);
    return limit;
}

static void take_line(struct link *k, const char *line, size_t length,
                      size_t used)
{
    struct tracker *t = k->tracker;

    sessions_touch(t->rpc.sessions, k->session, loop_now_ms(t->loop));
    end_long_line(k);
    if (length > 0) {
        rpc_handle(&t->rpc, k->session, line, length);
        /* It may have held a password. */
        mem_wipe(buf_head(&k->in), length);
    }
    buf_consume(&k->in, used);
}

/* Most sessions are idle most of the time: they need no buffer then. */
static void give_back(struct link *k)
{
    if (buf_length(&k->in) == 0) {
        buf_close(&k->in);
        buf_init(&k->in, IN_MAX);
    }
}

/* Read and handle lines until nothing is there or the link must wait. */
static void link_pump(struct link *k)
{
    for (;;) {
        char *line;
        size_t length;
        size_t used;
        size_t limit;
        uint8_t *at;
        ssize_t n;
        int rv;

        if (link_is_blocked(k)) {
            conn_pause(k->conn);
            return;
        }
        limit = line_limit(k);
        if (limit == 0) {
            continue;
        }
        rv = jsonrpc_take_long_line(&k->in, limit, &k->searched, &line, &length,
                                    &used);
        if (rv < 0) {
            refuse_line(k, P2P_ETOOBIG, "the line is too long");
            continue;
        }
        if (rv > 0) {
            if (link_may_request(k)) {
                take_line(k, line, length, used);
            }
            continue;
        }
        at = buf_reserve(&k->in, READ_SIZE);
        if (at == NULL) {
            link_doom(k, "input buffer is full");
            continue;
        }
        n = conn_read(k->conn, at, READ_SIZE);
        if (n <= 0) {
            give_back(k);
            return;
        }
        buf_commit(&k->in, (size_t)n);
    }
}

static void on_open(void *arg)
{
    struct link *k = arg;

    snprintf(k->session->address, sizeof(k->session->address), "%s",
             conn_address(k->conn));
}

static void on_readable(void *arg)
{
    link_pump(arg);
}

static void on_drained(void *arg)
{
    link_make_ready(arg);
}

static void on_close(void *arg, int code, const char *why)
{
    struct link *k = arg;

    log_trace("session", "%s: closed: %s (%s)", k->session->address,
              code == 0 ? "end" : err_word(code), why == NULL ? "" : why);
    link_free(k);
}

static const struct conn_ops link_ops = {on_open, on_readable, on_drained,
                                         on_close};

/* ---- Sessions ----------------------------------------------------------- */

static void send_line(void *arg, struct session *s, char *line, size_t length)
{
    struct link *k = s->link;
    size_t queued = conn_queued(k->conn);

    (void)arg;
    if (k->is_doomed) {
        free(line);
        return;
    }
    if (queued > 0 && queued + length > TRACKER_OUT_MAX) {
        free(line);
        link_doom(k, "it does not read");
        return;
    }
    conn_write_take(k->conn, line, length, free, line);
}

static void on_idle(void *arg, struct session *s)
{
    (void)arg;
    link_make_ready(s->link);
}

static const struct sessions_ops session_ops = {send_line, on_idle};

/* Room for one more that is not logged in: the one that was silent longest
 * goes, so that a flood cannot keep a login out for longer than it takes. */
static void evict_anonymous(struct tracker *t)
{
    struct session *s = sessions_first(t->rpc.sessions);

    while (s != NULL && (s->is_logged_in || s->pending > 0)) {
        s = sessions_next(s);
    }
    if (s != NULL) {
        link_free(s->link);
    }
}

static void on_accept(void *arg, int fd, const char *address)
{
    struct tracker *t = arg;
    struct conn_setup setup = {.loop = t->loop,
                               .fd = fd,
                               .tls = t->tls,
                               .is_server = true,
                               .ops = &link_ops};
    struct link *k;
    int64_t now = loop_now_ms(t->loop);

    if (sessions_anonymous_of_host(t->rpc.sessions, address) >=
        t->setup.max_per_address) {
        close(fd);
        return;
    }
    if (sessions_anonymous(t->rpc.sessions) >= t->setup.max_anonymous) {
        evict_anonymous(t);
    }
    k = mem_calloc(1, sizeof(*k));
    k->tracker = t;
    buf_init(&k->in, IN_MAX);
    ratelimit_init(&k->bucket, t->setup.rate, t->setup.burst, now);
    k->session = sessions_add(t->rpc.sessions, address, address, now);
    k->session->link = k;
    setup.arg = k;
    k->conn = conn_new(&setup);
}

static int64_t silence_limit(const struct session *s)
{
    if (s->has_announced) {
        return TRACKER_SILENT_MS;
    }
    return s->is_logged_in ? TRACKER_SILENT_IDLE_MS
                           : TRACKER_SILENT_ANONYMOUS_MS;
}

static void sweep(struct tracker *t, int64_t now)
{
    struct session *s = sessions_first(t->rpc.sessions);

    for (; s != NULL && now - s->last_ms > TRACKER_SILENT_MS;
         s = sessions_next(s)) {
        struct link *k = s->link;

        if (k->is_waiting) {
            continue;
        }
        if (k->long_limit != 0) {
            if (now - k->long_since_ms > TRACKER_LONG_MS) {
                link_doom(k, "a line took too long");
            }
        } else if (s->pending == 0 && now - s->last_ms > silence_limit(s)) {
            link_doom(k, "silence");
        }
    }
}

/* ---- Turns -------------------------------------------------------------- */

static void wake_ledger(void *arg)
{
    struct tracker *t = arg;

    wake_send(t->wake);
}

static void on_applied(void *arg, const struct command *c,
                       const struct effects *effects)
{
    struct tracker *t = arg;

    notify_applied(t->rpc.notify, c, effects);
}

static const struct ledger_ops ledger_callbacks = {wake_ledger, on_applied};

static void flush_swarms(struct tracker *t)
{
    int64_t wait = swarmdb_flush(t->rpc.swarmdb, loop_now_ms(t->loop),
                                 notify_swarm, t->rpc.notify);

    if (wait >= 0) {
        timer_start(t->swarm_timer, wait);
    }
}

static void on_swarm_timer(void *arg)
{
    flush_swarms(arg);
}

static void on_turn(void *arg)
{
    struct tracker *t = arg;
    struct links ready = TAILQ_HEAD_INITIALIZER(ready);
    struct link *k;

    ledger_flush(t->rpc.ledger);
    /* Those that become ready meanwhile have their turn after the others. */
    TAILQ_CONCAT(&ready, &t->ready, ready);
    while ((k = TAILQ_FIRST(&ready)) != NULL) {
        TAILQ_REMOVE(&ready, k, ready);
        k->is_ready = false;
        if (!link_is_blocked(k)) {
            conn_resume(k->conn);
            link_pump(k);
        }
    }
    while ((k = TAILQ_FIRST(&t->doomed)) != NULL) {
        link_free(k);
    }
    flush_swarms(t);
}

static void expire(struct tracker *t)
{
    ledger_submit(t->rpc.ledger, command_new(COMMAND_EXPIRE, clock_wall()),
                  NULL, NULL);
}

static void on_tick(void *arg)
{
    struct tracker *t = arg;

    sweep(t, loop_now_ms(t->loop));
    notify_flush(t->rpc.notify);
    if (t->ticks++ % EXPIRE_EVERY == 0) {
        expire(t);
    }
    timer_start(t->tick, TICK_MS);
}

static void on_stop(void *arg, int number)
{
    struct tracker *t = arg;

    log_info("tracker", "stopping on signal %d", number);
    loop_stop(t->loop);
}

static void on_hangup(void *arg, int number)
{
    struct tracker *t = arg;

    (void)number;
    if (t->on_reload != NULL) {
        t->on_reload(t->reload_arg);
    }
}

/* ---- Life --------------------------------------------------------------- */

static void write_metrics(void *arg, struct buf *out)
{
    struct tracker *t = arg;

    metrics_write(&t->rpc, out);
}

static const char *problem(void *arg)
{
    struct tracker *t = arg;

    return store_has_failed(t->rpc.store)
               ? "the disk did not confirm a write and nothing more is "
                 "written: check the disk, then restart p2p-tracker"
               : NULL;
}

static const struct http_ops http_callbacks = {write_metrics, problem};

static int start_http(struct tracker *t, struct err *e)
{
    if (!t->setup.has_http) {
        return 0;
    }
    return http_new(t->loop, t->setup.http.host, t->setup.http.port,
                    &http_callbacks, t, &t->http, e);
}

static int open_state(struct tracker *t, struct err *e)
{
    struct rpc *r = &t->rpc;
    int rv = store_open(t->setup.data_dir, &r->store, e);

    if (rv < 0) {
        return rv;
    }
    r->registry = registry_new();
    rv = store_load(r->store, r->registry, e);
    if (rv < 0) {
        return rv;
    }
    store_set_min_free(r->store, t->setup.min_free);
    r->swarmdb = swarmdb_new();
    r->sessions = sessions_new(&session_ops, t);
    r->throttle = throttle_new();
    r->signer = groupkey_signer_new();
    r->notify = notify_new(r->registry, r->sessions, r->swarmdb,
                           (struct notify_seal){r->signer, r->cluster_key});
    r->ledger = ledger_new(r->registry, r->store, &ledger_callbacks, t);
    r->worker = worker_new(t->loop);
    memcpy(r->cluster_key, t->keys.cluster_key, sizeof(r->cluster_key));
    memcpy(r->pin, t->keys.pin, sizeof(r->pin));
    r->cert_until = cert_not_after(t->keys.cert);
    r->started_ms = clock_now_ms();
    return 0;
}

static int start(struct tracker *t, struct err *e)
{
    int rv = keys_open(t->setup.data_dir, &t->keys, e);

    if (rv == 0) {
        rv = open_state(t, e);
    }
    if (rv < 0) {
        return rv;
    }
    t->tls = tlsctx_new_tracker_server(t->keys.key, t->keys.cert);
    rv = listener_new(t->loop, t->setup.listen.host, t->setup.listen.port,
                      on_accept, t, &t->listener, e);
    if (rv == 0) {
        rv = start_http(t, e);
    }
    return rv;
}

int tracker_new(const struct tracker_setup *setup, struct tracker **out,
                struct err *e)
{
    struct tracker *t = mem_calloc(1, sizeof(*t));
    int rv;

    t->setup = *setup;
    TAILQ_INIT(&t->doomed);
    TAILQ_INIT(&t->ready);
    TAILQ_INIT(&t->waiting);
    t->loop = loop_new();
    t->wake = wake_new(t->loop, on_turn, t);
    t->tick = timer_new(t->loop, on_tick, t);
    t->swarm_timer = timer_new(t->loop, on_swarm_timer, t);
    rv = start(t, e);
    if (rv < 0) {
        tracker_free(t);
        return rv;
    }
    loop_on_signal(t->loop, SIGTERM, on_stop, t);
    loop_on_signal(t->loop, SIGINT, on_stop, t);
    loop_on_signal(t->loop, SIGHUP, on_hangup, t);
    timer_start(t->tick, 0);
    *out = t;
    return 0;
}

void tracker_on_reload(struct tracker *t, void (*cb)(void *arg), void *arg)
{
    t->on_reload = cb;
    t->reload_arg = arg;
}

void tracker_reload(struct tracker *t, const struct tracker_setup *setup)
{
    struct err e = {0, ""};
    bool http_changed = setup->has_http != t->setup.has_http ||
                        setup->http.port != t->setup.http.port ||
                        strcmp(setup->http.host, t->setup.http.host) != 0;

    t->setup.has_http = setup->has_http;
    t->setup.http = setup->http;
    t->setup.min_free = setup->min_free;
    t->setup.max_anonymous = setup->max_anonymous;
    t->setup.max_per_address = setup->max_per_address;
    t->setup.rate = setup->rate;
    t->setup.burst = setup->burst;
    store_set_min_free(t->rpc.store, setup->min_free);
    if (http_changed) {
        http_free(t->http);
        t->http = NULL;
        if (start_http(t, &e) < 0) {
            log_error("tracker", "http: %s", e.text);
        }
    }
}

static void format_address(const char *host, uint16_t port, char *out,
                           size_t size)
{
    snprintf(out, size, strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host,
             (unsigned)port);
}

void tracker_address(const struct tracker *t, char *out, size_t size)
{
    format_address(listener_host(t->listener), listener_port(t->listener), out,
                   size);
}

void tracker_http_address(const struct tracker *t, char *out, size_t size)
{
    if (t->http == NULL) {
        snprintf(out, size, "off");
    } else {
        format_address(http_host(t->http), http_port(t->http), out, size);
    }
}

const char *tracker_pin(const struct tracker *t)
{
    return t->keys.pin;
}

void tracker_run(struct tracker *t)
{
    loop_run(t->loop, "p2p-tracker");
}

static void end_sessions(struct tracker *t)
{
    struct session *s;

    if (t->rpc.sessions == NULL) {
        return;
    }
    while ((s = sessions_first(t->rpc.sessions)) != NULL) {
        link_free(s->link);
    }
}

void tracker_free(struct tracker *t)
{
    struct rpc *r;

    if (t == NULL) {
        return;
    }
    r = &t->rpc;
    listener_free(t->listener);
    http_free(t->http);
    worker_free(r->worker);
    if (r->ledger != NULL) {
        ledger_flush(r->ledger);
    }
    end_sessions(t);
    ledger_free(r->ledger);
    notify_free(r->notify);
    groupkey_signer_free(r->signer);
    sessions_free(r->sessions);
    swarmdb_free(r->swarmdb);
    throttle_free(r->throttle);
    registry_free(r->registry);
    store_close(r->store);
    mem_wipe(r->cluster_key, sizeof(r->cluster_key));
    tlsctx_unref(t->tls);
    keys_close(&t->keys);
    timer_free(t->tick);
    timer_free(t->swarm_timer);
    wake_free(t->wake);
    loop_free(t->loop);
    free(t);
}
