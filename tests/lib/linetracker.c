#include "config.h"

#include "lib/linetracker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/tlsctx.h"
#include "net/conn.h"
#include "net/listener.h"
#include "net/loop.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/jsonrpc.h"

/* One connection of a client. */
struct line_conn {
    struct linetracker *tracker;
    struct conn *conn; /* NULL: this place is free */
    struct buf in;
};

struct linetracker_parts {
    struct tlsctx *tls;
    struct listener *listener;
    struct line_conn conns[LINETRACKER_CONNS];
};

static void drop(struct line_conn *k)
{
    conn_free(k->conn);
    k->conn = NULL;
    buf_close(&k->in);
}

static void send_and_free(struct line_conn *k, char *line, size_t length)
{
    conn_write(k->conn, line, length);
    free(line);
}

static json_t *result_of(const struct linetracker *t, const char *method)
{
    if (strcmp(method, "server.hello") == 0) {
        return json_pack("{s:s,s:s,s:i}", "name", "p2p-tracker", "version",
                         "test", "protocol", t->protocol);
    }
    if (t->status != NULL && strcmp(method, "server.status") == 0) {
        return json_loads(t->status, 0, NULL);
    }
    return json_pack("{s:s}", "echo", method);
}

static bool takes_token(const struct linetracker *t, json_t *params)
{
    const char *token = json_string_value(json_object_get(params, "token"));

    return t->token != NULL && token != NULL && strcmp(token, t->token) == 0;
}

static void answer(struct line_conn *k, struct jsonrpc_message *m)
{
    struct linetracker *t = k->tracker;
    size_t length;
    char *line;

    if (strcmp(m->method, "account.resume") == 0 &&
        !takes_token(t, m->params)) {
        line = jsonrpc_write_error(json_incref(m->id), P2P_ENOTLOGIN,
                                   "the session has ended", &length);
    } else {
        line = jsonrpc_write_result(json_incref(m->id), result_of(t, m->method),
                                    &length);
    }
    send_and_free(k, line, length);
}

static bool is(const char *script, const char *method)
{
    return script != NULL && strcmp(script, method) == 0;
}

static void note(struct linetracker *t, struct jsonrpc_message *m)
{
    struct linetracker_seen *s;

    if (t->seen_count == LINETRACKER_SEEN) {
        fprintf(stderr, "linetracker: too many lines\n");
        abort();
    }
    s = &t->seen[t->seen_count++];
    snprintf(s->method, sizeof s->method, "%s", m->method);
    s->params = json_deep_copy(m->params); /* the original is wiped */
}

static void handle(struct line_conn *k, const char *text, size_t size)
{
    struct linetracker *t = k->tracker;
    struct jsonrpc_message m;
    struct err e = {0};

    if (jsonrpc_parse(text, size, &m, &e) < 0) {
        fprintf(stderr, "linetracker: %s\n", e.text);
        abort();
    }
    note(t, &m);
    if (is(t->drops_at, m.method) && t->drops > 0) {
        t->drops--;
        drop(k);
    } else if (is(t->garbage_at, m.method)) {
        conn_write(k->conn, "not json\n", 9);
    } else if (m.id != NULL && !is(t->silent_at, m.method)) {
        answer(k, &m);
    }
    jsonrpc_close(&m);
    if (t->on_line != NULL) {
        t->on_line(t->arg);
    }
}

static void on_open(void *arg)
{
    struct line_conn *k = arg;

    k->tracker->opened++;
}

static void on_readable(void *arg)
{
    struct line_conn *k = arg;
    char *line;
    size_t length, used;
    uint8_t *room;
    ssize_t got = 1;

    while (k->conn != NULL && got > 0) {
        room = buf_reserve(&k->in, CONN_RECORD);
        got = conn_read(k->conn, room, CONN_RECORD);
        buf_commit(&k->in, got > 0 ? (size_t)got : 0);
        while (k->conn != NULL &&
               jsonrpc_take_line(&k->in, JSONRPC_PUBLISH_MAX, &line, &length,
                                 &used) > 0) {
            char *copy = mem_strndup(line, length);

            buf_consume(&k->in, used);
            handle(k, copy, length);
            free(copy);
        }
    }
}

static void on_close(void *arg, int code, const char *why)
{
    (void)code;
    (void)why;
    drop(arg);
}

static const struct conn_ops line_conn_ops = {
    .on_open = on_open,
    .on_readable = on_readable,
    .on_close = on_close,
};

static void on_accept(void *arg, int fd, const char *address)
{
    struct linetracker *t = arg;
    struct conn_setup setup = {
        .loop = t->loop,
        .fd = fd,
        .tls = t->parts->tls,
        .is_server = true,
        .ops = &line_conn_ops,
    };
    struct line_conn *k = t->parts->conns;

    (void)address;
    t->accepted++;
    while (k->conn != NULL) {
        k++;
        if (k == t->parts->conns + LINETRACKER_CONNS) {
            fprintf(stderr, "linetracker: too many connections\n");
            abort();
        }
    }
    setup.arg = k;
    k->tracker = t;
    buf_init(&k->in, JSONRPC_PUBLISH_MAX + CONN_RECORD);
    k->conn = conn_new(&setup);
}

void linetracker_restart(struct linetracker *t)
{
    struct err e = {0};

    if (listener_new(t->loop, "127.0.0.1", t->port, on_accept, t,
                     &t->parts->listener, &e) < 0) {
        fprintf(stderr, "linetracker: %s\n", e.text);
        abort();
    }
    t->port = listener_port(t->parts->listener);
}

void linetracker_init(struct linetracker *t, struct loop *l, uint16_t port)
{
    struct key *k = key_new();
    struct cert *c = NULL;

    memset(t, 0, sizeof *t);
    t->loop = l;
    t->port = port;
    t->protocol = 1;
    t->parts = mem_calloc(1, sizeof *t->parts);
    if (cert_make_tracker(k, "test", clock_wall(), &c) < 0) {
        abort();
    }
    cert_pin(c, t->pin);
    t->parts->tls = tlsctx_new_tracker_server(k, c);
    cert_free(c);
    key_free(k);
    linetracker_restart(t);
}

void linetracker_stop(struct linetracker *t)
{
    size_t i;

    listener_free(t->parts->listener);
    t->parts->listener = NULL;
    for (i = 0; i < LINETRACKER_CONNS; i++) {
        if (t->parts->conns[i].conn != NULL) {
            drop(&t->parts->conns[i]);
        }
    }
}

void linetracker_close(struct linetracker *t)
{
    unsigned i;

    linetracker_stop(t);
    tlsctx_unref(t->parts->tls);
    free(t->parts);
    for (i = 0; i < t->seen_count; i++) {
        json_decref(t->seen[i].params);
    }
    memset(t, 0, sizeof *t);
}

unsigned linetracker_count(const struct linetracker *t, const char *method)
{
    unsigned i, n = 0;

    for (i = 0; i < t->seen_count; i++) {
        n += strcmp(t->seen[i].method, method) == 0 ? 1 : 0;
    }
    return n;
}

json_t *linetracker_params(const struct linetracker *t, const char *method,
                           unsigned n)
{
    unsigned i;

    for (i = 0; i < t->seen_count; i++) {
        if (strcmp(t->seen[i].method, method) == 0 && n-- == 0) {
            return t->seen[i].params;
        }
    }
    return NULL;
}

void linetracker_push(struct linetracker *t, const char *method, json_t *params)
{
    size_t length, i;
    char *line = jsonrpc_write_notification(method, params, &length);

    for (i = 0; i < LINETRACKER_CONNS; i++) {
        if (t->parts->conns[i].conn != NULL) {
            conn_write(t->parts->conns[i].conn, line, length);
        }
    }
    free(line);
}
