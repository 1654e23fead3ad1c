/* linetracker: a tracker for tests of the client's session: TLS, JSON-RPC lines
 * and a script of what it does wrong.
 */
#ifndef P2P_TESTS_LINETRACKER_H
#define P2P_TESTS_LINETRACKER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

enum { LINETRACKER_CONNS = 16, LINETRACKER_SEEN = 64 };

struct linetracker_seen {
    char method[64];
    json_t *params; /* reference */
};

struct linetracker {
    struct loop *loop;
    uint16_t port;
    uint8_t pin[32];
    /* The script. */
    const char *drops_at;   /* close the connection instead of answering this */
    unsigned drops;         /* so often */
    const char *silent_at;  /* never answer this */
    const char *token;      /* the one that it takes; NULL: none */
    int protocol;           /* what hello says */
    const char *status;     /* result of server.status as JSON; NULL: an echo */
    const char *garbage_at; /* answer this with a line that is not JSON */
    /* Called after each line; may be NULL. */
    void (*on_line)(void *arg);
    void *arg;
    /* What happened. */
    unsigned accepted, opened;
    struct linetracker_seen seen[LINETRACKER_SEEN];
    unsigned seen_count;
    struct linetracker_parts *parts;
};

/* A new key each time, so each has its own pin. `port` 0: a free one. */
void linetracker_init(struct linetracker *t, struct loop *l, uint16_t port);
void linetracker_close(struct linetracker *t);

/* Stop listening and drop all connections; come back with the same key. */
void linetracker_stop(struct linetracker *t);
void linetracker_restart(struct linetracker *t);

/* How often a method came, and its n-th parameters (from 0). */
unsigned linetracker_count(const struct linetracker *t, const char *method);
json_t *linetracker_params(const struct linetracker *t, const char *method,
                           unsigned n);

/* Send a notification to all connections; `params` is taken. */
void linetracker_push(struct linetracker *t, const char *method,
                      json_t *params);

#endif /* P2P_TESTS_LINETRACKER_H */
