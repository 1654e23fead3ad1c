#include "config.h"

#include "engine/doorway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/listener.h"
#include "net/loop.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/log.h"
#include "util/mem.h"

/* Somebody who has not yet said what it wants. */
struct guest {
    struct guest *next, **here;
    struct doorway *doorway;
    struct conn *conn;
    char address[CONN_ADDRESS_MAX]; /* without port */
    int64_t since_ms;
    uint8_t hello[PEERMSG_HANDSHAKE];
    size_t size;
    struct timer *timer; /* runs once TLS is up */
};

struct doorway {
    struct loop *loop;
    struct listener *listener;
    struct tlsctx *tls;
    void (*on_guest)(void *arg, struct conn *parcel,
                     const uint8_t handshake[PEERMSG_HANDSHAKE]);
    void *arg;
    struct guest *guests;
    unsigned count;
};

/* Forget the guest; its connection is left to the caller. */
static void guest_free(struct guest *g)
{
    *g->here = g->next;
    if (g->next != NULL) {
        g->next->here = g->here;
    }
    g->doorway->count--;
    timer_free(g->timer);
    free(g);
}

static void turn_away(struct guest *g)
{
    conn_free(g->conn);
    guest_free(g);
}

static void on_late(void *arg)
{
    turn_away(arg);
}

static void on_open(void *arg)
{
    struct guest *g = arg;

    timer_start(g->timer, CONN_HANDSHAKE_MS);
}

/* TLS chose the group by the SNI; the handshake must mean the same item, so
 * that one name decides about both. */
static bool names_agree(const struct guest *g)
{
    struct peermsg_handshake h;
    char named[41], asked[41];

    if (peermsg_read_handshake(g->hello, &h) < 0 || !conn_sni(g->conn, named)) {
        return false;
    }
    hex_encode(h.info_hash, sizeof h.info_hash, asked);
    return strcmp(named, asked) == 0;
}

static void on_readable(void *arg)
{
    struct guest *g = arg;
    struct doorway *d = g->doorway;
    uint8_t hello[PEERMSG_HANDSHAKE];
    struct conn *parcel;

    while (g->size < sizeof g->hello) {
        ssize_t n =
            conn_read(g->conn, g->hello + g->size, sizeof g->hello - g->size);

        if (n <= 0) {
            return;
        }
        g->size += (size_t)n;
    }
    if (!names_agree(g)) {
        log_trace("doorway", "%s: SNI and handshake differ", g->address);
        turn_away(g);
        return;
    }
    memcpy(hello, g->hello, sizeof hello);
    parcel = conn_detach(g->conn);
    guest_free(g);
    d->on_guest(d->arg, parcel, hello);
}

static void on_close(void *arg, int code, const char *why)
{
    struct guest *g = arg;

    log_trace("doorway", "%s: %s: %s", g->address, err_word(code),
              why != NULL ? why : "");
    turn_away(g);
}

static const struct conn_ops conn_calls = {
    .on_open = on_open,
    .on_readable = on_readable,
    .on_close = on_close,
};

static unsigned count_from(const struct doorway *d, const char *address)
{
    unsigned count = 0;

    for (const struct guest *g = d->guests; g != NULL; g = g->next) {
        count += strcmp(g->address, address) == 0;
    }
    return count;
}

/* The newest is first in the list. */
static struct guest *oldest_from(const struct doorway *d, const char *address)
{
    struct guest *oldest = NULL;

    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        if (strcmp(g->address, address) == 0) {
            oldest = g;
        }
    }
    return oldest;
}

/* The oldest from the address that most stand here from. */
static struct guest *oldest_of_crowd(const struct doorway *d)
{
    struct guest *oldest = NULL;
    unsigned most = 0;

    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        unsigned count = count_from(d, g->address);

        if (count >= most) {
            most = count;
            oldest = g;
        }
    }
    return oldest;
}

/* Whether one more from `address` may come in. Refusing everybody while the
 * place is full would let a few silent connections lock all members out, so
 * those leave who do not get on. */
static bool make_room(struct doorway *d, const char *address)
{
    struct guest *g;

    if (count_from(d, address) >= DOORWAY_GUESTS_PER_ADDRESS) {
        g = oldest_from(d, address);
        if (loop_now_ms(d->loop) - g->since_ms < DOORWAY_PATIENCE_MS) {
            return false;
        }
        turn_away(g);
    } else if (d->count >= DOORWAY_GUESTS) {
        turn_away(oldest_of_crowd(d));
    }
    return true;
}

static void on_accept(void *arg, int fd, const char *address)
{
    struct doorway *d = arg;
    struct guest *g;
    struct conn_setup setup = {.loop = d->loop,
                               .fd = fd,
                               .tls = d->tls,
                               .is_server = true,
                               .ops = &conn_calls};

    if (!make_room(d, address)) {
        log_trace("doorway", "%s: too many wait", address);
        close(fd);
        return;
    }
    g = mem_calloc(1, sizeof *g);
    g->doorway = d;
    g->since_ms = loop_now_ms(d->loop);
    (void)snprintf(g->address, sizeof g->address, "%s", address);
    g->next = d->guests;
    g->here = &d->guests;
    if (g->next != NULL) {
        g->next->here = &g->next;
    }
    d->guests = g;
    d->count++;
    g->timer = timer_new(d->loop, on_late, g);
    setup.arg = g;
    g->conn = conn_new(&setup);
}

int doorway_new(const struct doorway_setup *setup, struct doorway **out,
                struct err *e)
{
    struct doorway *d = mem_calloc(1, sizeof *d);
    int rv;

    d->loop = setup->loop;
    d->on_guest = setup->on_guest;
    d->arg = setup->arg;
    rv = listener_new(setup->loop, setup->host, setup->port, on_accept, d,
                      &d->listener, e);
    if (rv < 0) {
        free(d);
        return rv;
    }
    d->tls = tlsctx_new_peer_server(setup->find, setup->arg);
    *out = d;
    return 0;
}

uint16_t doorway_port(const struct doorway *d)
{
    return listener_port(d->listener);
}

void doorway_free(struct doorway *d)
{
    if (d == NULL) {
        return;
    }
    while (d->guests != NULL) {
        turn_away(d->guests);
    }
    listener_free(d->listener);
    tlsctx_unref(d->tls);
    free(d);
}
