#include "config.h"

#include "tracker/http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/listener.h"
#include "net/loop.h"
#include "tracker/metrics.h"
#include "util/buf.h"
#include "util/mem.h"
#include "wire/httpreq.h"

enum { HTTP_ANSWER_MAX = METRICS_MAX + 4096 };

/* One connection. Happy path: on_readable collects a head, answers it, and
 * waits for the next; errors answer and finish; the timer bounds both. */
struct http_client {
    LIST_ENTRY(http_client) link;
    struct http *http;
    struct conn *conn;
    struct timer *timer;
    struct buf in;
    bool is_finished;
};

struct http {
    struct loop *loop;
    struct listener *listener;
    LIST_HEAD(, http_client) clients;
    unsigned count;
    const struct http_ops *ops;
    void *arg;
};

static void client_free(struct http_client *c)
{
    LIST_REMOVE(c, link);
    c->http->count--;
    timer_free(c->timer);
    buf_close(&c->in);
    conn_free(c->conn);
    free(c);
}

static void on_timeout(void *arg)
{
    client_free(arg);
}

static void send_buf(struct http_client *c, struct buf *out)
{
    conn_write(c->conn, buf_head(out), buf_length(out));
    buf_close(out);
}

static void refuse(struct http_client *c, int status, const char *allow)
{
    struct buf out;

    buf_init(&out, HTTP_ANSWER_MAX);
    httpreq_answer_error(&out, status, allow);
    send_buf(c, &out);
    c->is_finished = true;
    conn_finish(c->conn);
}

static void answer_health(const struct http_client *c, const struct httpreq *r,
                          struct buf *out)
{
    const char *problem = c->http->ops->problem(c->http->arg);
    char *text = mem_printf("%s\n", problem != NULL ? problem : "ok");

    httpreq_answer(out, r, problem != NULL ? 503 : 200,
                   "text/plain; charset=utf-8", text, strlen(text));
    free(text);
}

static void answer(struct http_client *c, const struct httpreq *r)
{
    struct buf body;
    struct buf out;

    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0) {
        refuse(c, 405, "GET, HEAD");
        return;
    }
    buf_init(&body, METRICS_MAX);
    buf_init(&out, HTTP_ANSWER_MAX);
    if (strcmp(r->path, "/metrics") == 0) {
        c->http->ops->write_metrics(c->http->arg, &body);
        httpreq_answer(&out, r, 200, "text/plain; version=0.0.4; charset=utf-8",
                       buf_head(&body), buf_length(&body));
    } else if (strcmp(r->path, "/healthz") == 0) {
        answer_health(c, r, &out);
    } else {
        httpreq_answer(&out, r, 404, "text/plain; charset=utf-8", "not found\n",
                       10);
    }
    send_buf(c, &out);
    buf_close(&body);
    if (!r->keep_alive) {
        c->is_finished = true;
        conn_finish(c->conn);
    }
}

/* Answer the heads that are complete. */
static void take_requests(struct http_client *c)
{
    while (!c->is_finished && buf_length(&c->in) > 0) {
        struct httpreq r;
        int used = httpreq_parse((const char *)buf_head(&c->in),
                                 buf_length(&c->in), &r);

        if (used < 0) {
            refuse(c, -used, NULL);
            return;
        }
        if (used == 0) {
            if (buf_length(&c->in) >= HTTPREQ_HEAD_MAX) {
                refuse(c, 431, NULL);
            }
            return;
        }
        buf_consume(&c->in, (size_t)used);
        answer(c, &r);
        timer_start(c->timer, HTTP_KEEP_ALIVE_MS);
    }
}

static void on_readable(void *arg)
{
    struct http_client *c = arg;

    for (;;) {
        size_t room = HTTPREQ_HEAD_MAX - buf_length(&c->in);
        uint8_t *at = buf_reserve(&c->in, room);
        ssize_t n;

        if (c->is_finished || room == 0 || at == NULL) {
            conn_pause(c->conn);
            return;
        }
        n = conn_read(c->conn, at, room);
        if (n <= 0) {
            return;
        }
        if (buf_length(&c->in) == 0) {
            timer_start(c->timer, HTTP_REQUEST_MS);
        }
        buf_commit(&c->in, (size_t)n);
        take_requests(c);
    }
}

static void on_open(void *arg)
{
    (void)arg;
}

static void on_close(void *arg, int code, const char *why)
{
    (void)code;
    (void)why;
    client_free(arg);
}

static const struct conn_ops client_ops = {on_open, on_readable, NULL,
                                           on_close};

static void on_accept(void *arg, int fd, const char *address)
{
    struct http *h = arg;
    struct http_client *c;
    struct conn_setup setup = {
        .loop = h->loop, .fd = fd, .is_server = true, .ops = &client_ops};

    (void)address;
    if (h->count >= HTTP_CONNECTIONS) {
        close(fd);
        return;
    }
    c = mem_calloc(1, sizeof(*c));
    c->http = h;
    buf_init(&c->in, HTTPREQ_HEAD_MAX);
    c->timer = timer_new(h->loop, on_timeout, c);
    setup.arg = c;
    c->conn = conn_new(&setup);
    LIST_INSERT_HEAD(&h->clients, c, link);
    h->count++;
    timer_start(c->timer, HTTP_REQUEST_MS);
}

int http_new(struct loop *l, const char *host, uint16_t port,
             const struct http_ops *ops, void *arg, struct http **out,
             struct err *e)
{
    struct http *h = mem_calloc(1, sizeof(*h));
    int rv;

    h->loop = l;
    h->ops = ops;
    h->arg = arg;
    LIST_INIT(&h->clients);
    rv = listener_new(l, host, port, on_accept, h, &h->listener, e);
    if (rv < 0) {
        free(h);
        return rv;
    }
    *out = h;
    return 0;
}

uint16_t http_port(const struct http *h)
{
    return listener_port(h->listener);
}

const char *http_host(const struct http *h)
{
    return listener_host(h->listener);
}

void http_free(struct http *h)
{
    struct http_client *c;

    if (h == NULL) {
        return;
    }
    listener_free(h->listener);
    while ((c = LIST_FIRST(&h->clients)) != NULL) {
        client_free(c);
    }
    free(h);
}
