/* tracker: the whole of it on one loop: listening, sessions, state, HTTP.
 *
 * Create, run, free; everything between happens on the thread that runs it,
 * except password hashing. Ends on SIGTERM and SIGINT.
 */
#ifndef P2P_TRACKER_TRACKER_H
#define P2P_TRACKER_TRACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/contact.h"

struct err;
struct tracker;

enum {
    TRACKER_PORT = 16666,
    TRACKER_HTTP_PORT = 16667,
    TRACKER_OUT_MAX = 64 * 1024 * 1024,     /* bytes a slow reader may owe us */
    TRACKER_OUT_PAUSE = 1024 * 1024,        /* above this its requests wait */
    TRACKER_LONG_BYTES = 256 * 1024 * 1024, /* long lines on their way at once;
                                               more of them wait */
    TRACKER_LONG_MS = 300000,  /* for one of them: 16 MiB at 0.5 Mbit/s */
    TRACKER_SILENT_MS = 30000, /* a peer that announced is gone after this */
    TRACKER_SILENT_ANONYMOUS_MS = 60000, /* time to type a login by hand */
    TRACKER_SILENT_IDLE_MS = 180000,
};

struct tracker_setup {
    const char *data_dir;
    struct contact
        listen; /* host "" for all addresses, port 0 for a free one */
    bool has_http;
    struct contact http;
    uint64_t min_free;        /* bytes that writes leave on the disk */
    unsigned max_anonymous;   /* sessions that are not logged in, handshakes
                                 included; the oldest makes room */
    unsigned max_per_address; /* of these from one address */
    unsigned rate;            /* requests a second of one session */
    unsigned burst;
};

/* Defaults for everything but data_dir. */
void tracker_setup_init(struct tracker_setup *s);

/* Open the state and listen. A code with a sentence in `e`. */
int tracker_new(const struct tracker_setup *setup, struct tracker **out,
                struct err *e);

/* Called on SIGHUP, on the loop's thread. */
void tracker_on_reload(struct tracker *t, void (*cb)(void *arg), void *arg);

/* Take what may change while running: HTTP, min_free and the limits. */
void tracker_reload(struct tracker *t, const struct tracker_setup *setup);

/* Where it listens ("host:port"; http: "off" without), and its pin. */
void tracker_address(const struct tracker *t, char *out, size_t size);
void tracker_http_address(const struct tracker *t, char *out, size_t size);
const char *tracker_pin(const struct tracker *t);

void tracker_run(struct tracker *t);
void tracker_free(struct tracker *t); /* NULL is allowed. */

#endif /* P2P_TRACKER_TRACKER_H */
