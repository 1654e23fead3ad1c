/* http: the tracker's own small HTTP port: /metrics and /healthz. */
#ifndef P2P_TRACKER_HTTP_H
#define P2P_TRACKER_HTTP_H

#include <stdint.h>

struct buf;
struct err;
struct http;
struct loop;

enum {
    HTTP_CONNECTIONS = 64,     /* at once; monitoring needs one or two */
    HTTP_REQUEST_MS = 10000,   /* for a whole request: no slow loris */
    HTTP_KEEP_ALIVE_MS = 60000 /* between two requests */
};

struct http_ops {
    /* Fill the answer to /metrics. */
    void (*write_metrics)(void *arg, struct buf *out);
    /* What an operator has to mend before all works again, a sentence for
     * /healthz (503); NULL when all is well. */
    const char *(*problem)(void *arg);
};

/* Listen on host and port (0: a free one). Codes as of listener_new(). */
int http_new(struct loop *l, const char *host, uint16_t port,
             const struct http_ops *ops, void *arg, struct http **out,
             struct err *e);
uint16_t http_port(const struct http *h);
const char *http_host(const struct http *h);
void http_free(struct http *h); /* NULL is allowed. */

#endif /* P2P_TRACKER_HTTP_H */
