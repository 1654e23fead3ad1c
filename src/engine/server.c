#include "config.h"

#include "engine/server.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/tlsctx.h"
#include "engine/content.h"
#include "engine/disk.h"
#include "engine/doorway.h"
#include "engine/mailbox.h"
#include "engine/membership.h"
#include "engine/swarm.h"
#include "msgq/rows.h"
#include "net/conn.h"
#include "net/loop.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/manifest.h"
#include "wire/peermsg.h"

_Static_assert((int)SERVER_PENDING == (int)DOORWAY_GUESTS, "one limit");
_Static_assert((int)SERVER_PENDING_PER_ADDRESS ==
                   (int)DOORWAY_GUESTS_PER_ADDRESS,
               "one limit");

enum { SERVER_LINGER_MS = 2000 /* an item nobody asks for is put away */ };

/* What travels between the threads; plain data and references. */
enum letter_kind {
    LETTER_SERVE,      /* to p2p-serve: hash, content, membership */
    LETTER_EXPECT,     /* hash, membership */
    LETTER_WITHDRAW,   /* hash */
    LETTER_MEMBERSHIP, /* membership */
    LETTER_ASK,        /* detail, cb, arg */
    LETTER_STOP,
    LETTER_ASK_TAKERS, /* takers_cb, arg */
    LETTER_DROP,       /* hash, user */
    LETTER_INCOMING,   /* to p2p-dl: hash, parcel, handshake */
    LETTER_CHANGED,    /* hash, why */
    LETTER_BUSY,
    LETTER_STATS,  /* items, count, peers, cb, arg */
    LETTER_TAKERS, /* peers, takers_cb, arg */
};

struct letter {
    enum letter_kind kind;
    uint8_t hash[32];
    struct content *content;
    struct membership *membership;
    struct conn *parcel;
    uint8_t handshake[PEERMSG_HANDSHAKE];
    char *why;
    char *user;
    bool has_detail;
    server_stats_cb cb;
    server_takers_cb takers_cb;
    void *arg;
    struct server_item_stats *items;
    struct swarm_stats *stats;
    size_t count;
    struct rows peers;
};

struct shop;

/* An item that connections may name. */
struct served {
    uint8_t hash[32];
    struct server *server;
    struct content *content; /* NULL: it is being loaded on p2p-dl */
    struct membership *membership;
    struct shop *shop; /* NULL: nobody is connected */
    uint64_t total_up; /* of shops that were closed */
    struct timer *linger;
    struct map *refused; /* user name -> second it may come back */
};

/* The swarm of a served item, while somebody is connected. */
struct shop {
    struct server *server;
    struct served *served; /* NULL: withdrawn or put away, stopping */
    struct swarm *swarm;
};

struct server {
    /* p2p-dl's */
    struct loop *loop;
    const struct server_ops *ops;
    void *arg;
    pthread_t thread;
    uint16_t port;
    /* Each has one sender and one receiver. */
    struct mailbox *to_serve, *to_dl;
    /* p2p-serve's */
    struct loop *serve;
    struct disk_port *disk;
    struct doorway *doorway;
    struct map *served; /* by the first 20 bytes of the hash */
    size_t shops;
    uint8_t peer_id[20];
    bool stopping;
};

static void letter_free(void *message)
{
    struct letter *t = message;

    content_unref(t->content);
    membership_unref(t->membership);
    conn_free(t->parcel);
    free(t->why);
    free(t->user);
    free(t->items);
    free(t->stats);
    rows_close(&t->peers);
    free(t);
}

static struct letter *letter_new(enum letter_kind kind, const uint8_t *hash)
{
    struct letter *t = mem_calloc(1, sizeof *t);

    t->kind = kind;
    if (hash != NULL) {
        memcpy(t->hash, hash, sizeof t->hash);
    }
    rows_init(&t->peers, ROWS_PEERS);
    return t;
}

/* ---- On p2p-serve: swarms ---------------------------------------------- */

static void stop_when_empty(struct server *s);

static void on_shop_stopped(void *arg)
{
    struct shop *h = arg;
    struct server *s = h->server;

    swarm_free(h->swarm);
    free(h);
    s->shops--;
    stop_when_empty(s);
}

/* Let the swarm go; on_shop_stopped() follows. */
static void close_shop(struct served *v)
{
    struct shop *h = v->shop;
    struct swarm_stats stats;

    if (h == NULL) {
        return;
    }
    swarm_get_stats(h->swarm, &stats);
    v->total_up += stats.total_up;
    v->shop = NULL;
    h->served = NULL;
    timer_stop(v->linger);
    swarm_stop(h->swarm);
}

static void forget_served(struct server *s, struct served *v)
{
    close_shop(v);
    (void)map_remove(s->served, v->hash, MANIFEST_ID);
    timer_free(v->linger);
    map_free(v->refused, NULL);
    content_unref(v->content);
    membership_unref(v->membership);
    free(v);
}

static void on_shop_unreadable(void *arg, int code, const char *why)
{
    struct shop *h = arg;
    struct served *v = h->served;
    struct letter *t;

    (void)code;
    if (v == NULL) {
        return;
    }
    t = letter_new(LETTER_CHANGED, v->hash);
    t->why = mem_strdup(why);
    mailbox_send(h->server->to_dl, t);
    forget_served(h->server, v);
}

static void on_shop_empty(void *arg)
{
    struct shop *h = arg;

    if (h->served != NULL) {
        timer_start(h->served->linger, SERVER_LINGER_MS);
    }
}

static void on_linger(void *arg)
{
    struct served *v = arg;
    struct swarm_stats stats;

    if (v->shop != NULL) {
        swarm_get_stats(v->shop->swarm, &stats);
        if (stats.peers == 0) {
            close_shop(v);
        }
    }
}

static const struct swarm_ops shop_calls = {
    .on_stopped = on_shop_stopped,
    .on_unreadable = on_shop_unreadable,
    .on_empty = on_shop_empty,
};

/* They outlive the shop in which somebody was dropped. */
static void pass_on_refusals(struct served *v)
{
    size_t cursor = 0, length;
    const void *key;
    void *second = map_next(v->refused, &cursor, &key, &length);

    while (second != NULL) {
        char *user = mem_strndup(key, length);

        (void)swarm_refuse_user(v->shop->swarm, user,
                                (int64_t)(uintptr_t)second * 1000 - 1000);
        free(user);
        second = map_next(v->refused, &cursor, &key, &length);
    }
}

static void open_shop(struct served *v)
{
    struct server *s = v->server;
    struct shop *h = mem_calloc(1, sizeof *h);
    struct swarm_setup setup = {.loop = s->serve,
                                .port = s->disk,
                                .content = v->content,
                                .membership = v->membership,
                                .listen_port = s->port,
                                .peer_id = s->peer_id,
                                .ops = &shop_calls,
                                .arg = h};

    h->server = s;
    h->served = v;
    h->swarm = swarm_new(&setup);
    v->shop = h;
    s->shops++;
    pass_on_refusals(v);
}

/* ---- On p2p-serve: who comes in ---------------------------------------- */

static struct tlsctx *on_sni(void *arg, const char sni_hex[41])
{
    struct server *s = arg;
    uint8_t id[MANIFEST_ID];
    struct served *v = NULL;

    if (hex_decode(sni_hex, id, sizeof id) == 0) {
        v = map_get(s->served, id, sizeof id);
    }
    return v != NULL ? membership_tls(v->membership) : NULL;
}

static void on_guest(void *arg, struct conn *parcel,
                     const uint8_t handshake[PEERMSG_HANDSHAKE])
{
    struct server *s = arg;
    struct peermsg_handshake h;
    struct served *v = NULL;
    struct letter *t;

    if (peermsg_read_handshake(handshake, &h) == 0) {
        v = map_get(s->served, h.info_hash, sizeof h.info_hash);
    }
    if (v == NULL) {
        conn_free(parcel);
        return;
    }
    if (v->content == NULL) {
        t = letter_new(LETTER_INCOMING, v->hash);
        t->parcel = parcel;
        memcpy(t->handshake, handshake, sizeof t->handshake);
        mailbox_send(s->to_dl, t);
        return;
    }
    if (v->shop == NULL) {
        open_shop(v);
    }
    timer_stop(v->linger);
    swarm_add_incoming(v->shop->swarm, parcel, handshake);
    mailbox_send(s->to_dl, letter_new(LETTER_BUSY, v->hash));
}

/* ---- On p2p-serve: letters --------------------------------------------- */

static void take_item(struct server *s, struct letter *t)
{
    struct served *v = map_get(s->served, t->hash, MANIFEST_ID);

    if (v == NULL) {
        v = mem_calloc(1, sizeof *v);
        v->server = s;
        memcpy(v->hash, t->hash, sizeof v->hash);
        v->linger = timer_new(s->serve, on_linger, v);
        v->refused = map_new();
        (void)map_put(s->served, v->hash, MANIFEST_ID, v);
    } else if (v->content != t->content) {
        close_shop(v);
    }
    content_unref(v->content);
    membership_unref(v->membership);
    v->content = t->content;
    v->membership = t->membership;
    t->content = NULL;
    t->membership = NULL;
}

static void take_membership(struct server *s, struct letter *t)
{
    const char *group = membership_group(t->membership);
    size_t cursor = 0;
    struct served *v = map_next(s->served, &cursor, NULL, NULL);

    while (v != NULL) {
        if (strcmp(membership_group(v->membership), group) == 0) {
            membership_unref(v->membership);
            v->membership = membership_ref(t->membership);
            if (v->shop != NULL) {
                swarm_set_membership(v->shop->swarm, v->membership);
            }
        }
        v = map_next(s->served, &cursor, NULL, NULL);
    }
}

static void answer_stats(struct server *s, const struct letter *ask)
{
    struct letter *t = letter_new(LETTER_STATS, ask->hash);
    size_t cursor = 0;
    struct served *v;

    t->cb = ask->cb;
    t->arg = ask->arg;
    t->items = mem_calloc(map_count(s->served) + 1, sizeof *t->items);
    t->stats = mem_calloc(map_count(s->served) + 1, sizeof *t->stats);
    for (v = map_next(s->served, &cursor, NULL, NULL); v != NULL;
         v = map_next(s->served, &cursor, NULL, NULL)) {
        struct swarm_stats *stats = &t->stats[t->count];

        if (v->content == NULL) {
            continue;
        }
        if (v->shop != NULL) {
            swarm_get_stats(v->shop->swarm, stats);
            if (ask->has_detail && memcmp(v->hash, ask->hash, 32) == 0) {
                swarm_get_peers(v->shop->swarm, &t->peers);
            }
        }
        stats->total_up += v->total_up;
        memcpy(t->items[t->count].hash, v->hash, 32);
        t->items[t->count].stats = stats;
        t->count++;
    }
    mailbox_send(s->to_dl, t);
}

static void answer_takers(struct server *s, const struct letter *ask)
{
    struct letter *t = letter_new(LETTER_TAKERS, NULL);
    size_t cursor = 0;
    struct served *v;

    t->takers_cb = ask->takers_cb;
    t->arg = ask->arg;
    rows_init(&t->peers, ROWS_TAKERS);
    for (v = map_next(s->served, &cursor, NULL, NULL); v != NULL;
         v = map_next(s->served, &cursor, NULL, NULL)) {
        if (v->shop != NULL) {
            swarm_get_takers(v->shop->swarm, &t->peers);
        }
    }
    mailbox_send(s->to_dl, t);
}

static void drop_user(struct server *s, const struct letter *t)
{
    struct served *v = map_get(s->served, t->hash, MANIFEST_ID);
    int64_t until_ms = loop_now_ms(s->serve) + SWARM_REFUSED_MS;

    if (v == NULL) {
        return;
    }
    (void)map_put_text(v->refused, t->user,
                       (void *)(uintptr_t)(until_ms / 1000 + 1));
    if (v->shop != NULL) {
        (void)swarm_refuse_user(v->shop->swarm, t->user, until_ms);
    }
}

static void begin_stop(struct server *s)
{
    size_t cursor = 0;
    struct served *v = map_next(s->served, &cursor, NULL, NULL);

    s->stopping = true;
    doorway_free(s->doorway);
    s->doorway = NULL;
    while (v != NULL) {
        forget_served(s, v);
        v = map_next(s->served, &cursor, NULL, NULL);
    }
    stop_when_empty(s);
}

static void stop_when_empty(struct server *s)
{
    if (s->stopping && s->shops == 0) {
        s->stopping = false;
        disk_port_free(s->disk);
        loop_stop(s->serve);
    }
}

static void on_serve_mail(void *arg, void *message)
{
    struct server *s = arg;
    struct letter *t = message;
    struct served *v;

    switch (t->kind) {
    case LETTER_SERVE:
    case LETTER_EXPECT:
        take_item(s, t);
        break;
    case LETTER_WITHDRAW:
        v = map_get(s->served, t->hash, MANIFEST_ID);
        if (v != NULL) {
            forget_served(s, v);
        }
        break;
    case LETTER_MEMBERSHIP:
        take_membership(s, t);
        break;
    case LETTER_ASK:
        answer_stats(s, t);
        break;
    case LETTER_ASK_TAKERS:
        answer_takers(s, t);
        break;
    case LETTER_DROP:
        drop_user(s, t);
        break;
    case LETTER_STOP:
        begin_stop(s);
        break;
    default:
        assert(false && "a letter for the other thread");
    }
    letter_free(t);
}

static void *serve_thread(void *arg)
{
    struct server *s = arg;

    loop_run(s->serve, "p2p-serve");
    return NULL;
}

/* ---- On p2p-dl --------------------------------------------------------- */

static void on_dl_mail(void *arg, void *message)
{
    struct server *s = arg;
    struct letter *t = message;
    struct conn *parcel = t->parcel;

    switch (t->kind) {
    case LETTER_INCOMING:
        t->parcel = NULL;
        s->ops->on_incoming(s->arg, t->hash, parcel, t->handshake);
        break;
    case LETTER_CHANGED:
        s->ops->on_changed(s->arg, t->hash, t->why);
        break;
    case LETTER_BUSY:
        if (s->ops->on_busy != NULL) {
            s->ops->on_busy(s->arg);
        }
        break;
    case LETTER_STATS:
        t->cb(t->arg, t->items, t->count, &t->peers);
        break;
    case LETTER_TAKERS:
        t->takers_cb(t->arg, &t->peers);
        break;
    default:
        assert(false && "a letter for the other thread");
    }
    letter_free(t);
}

static int start_thread(struct server *s)
{
    sigset_t all, old;
    int rv;

    /* Signals are for the thread that watches them. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    rv = pthread_create(&s->thread, NULL, serve_thread, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rv;
}

int server_new(const struct server_setup *setup, struct server **out,
               struct err *e)
{
    struct server *s = mem_calloc(1, sizeof *s);
    struct doorway_setup door = {.host = setup->host,
                                 .port = setup->port,
                                 .find = on_sni,
                                 .on_guest = on_guest,
                                 .arg = s};
    int rv;

    s->loop = setup->loop;
    s->ops = setup->ops;
    s->arg = setup->arg;
    memcpy(s->peer_id, setup->peer_id, sizeof s->peer_id);
    s->serve = loop_new();
    door.loop = s->serve;
    s->served = map_new();
    rv = doorway_new(&door, &s->doorway, e);
    if (rv < 0) {
        goto err_after_loop;
    }
    s->port = doorway_port(s->doorway);
    s->disk = disk_port_new(setup->disk, s->serve);
    s->to_serve = mailbox_new(s->loop, s->serve, on_serve_mail, s);
    s->to_dl = mailbox_new(s->serve, s->loop, on_dl_mail, s);
    rv = start_thread(s);
    if (rv != 0) {
        rv = err_set_errno(e, rv, "cannot start a thread");
        goto err_after_boxes;
    }
    *out = s;
    return 0;

err_after_boxes:
    mailbox_close_receiver(s->to_serve);
    mailbox_close_sender(s->to_serve);
    mailbox_free(s->to_serve, letter_free);
    mailbox_close_receiver(s->to_dl);
    mailbox_close_sender(s->to_dl);
    mailbox_free(s->to_dl, letter_free);
    disk_port_free(s->disk);
    doorway_free(s->doorway);
err_after_loop:
    loop_free(s->serve);
    map_free(s->served, NULL);
    free(s);
    return rv;
}

uint16_t server_port(const struct server *s)
{
    return s->port;
}

void server_free(struct server *s)
{
    if (s == NULL) {
        return;
    }
    loop_assert_owner(s->loop);
    mailbox_send(s->to_serve, letter_new(LETTER_STOP, NULL));
    (void)pthread_join(s->thread, NULL);
    /* Not on p2p-serve: it may read the last letter, and end, while we are
     * still about to wake it for that letter. */
    mailbox_close_receiver(s->to_serve);
    mailbox_close_sender(s->to_dl);
    loop_free(s->serve);
    mailbox_close_sender(s->to_serve);
    mailbox_close_receiver(s->to_dl);
    mailbox_free(s->to_serve, letter_free);
    mailbox_free(s->to_dl, letter_free);
    map_free(s->served, NULL);
    free(s);
}

void server_serve(struct server *s, struct content *c, struct membership *m)
{
    struct letter *t = letter_new(LETTER_SERVE, content_manifest(c)->hash);

    loop_assert_owner(s->loop);
    t->content = content_ref(c);
    t->membership = membership_ref(m);
    mailbox_send(s->to_serve, t);
}

void server_expect(struct server *s, const uint8_t hash[32],
                   struct membership *m)
{
    struct letter *t = letter_new(LETTER_EXPECT, hash);

    loop_assert_owner(s->loop);
    t->membership = membership_ref(m);
    mailbox_send(s->to_serve, t);
}

void server_withdraw(struct server *s, const uint8_t hash[32])
{
    loop_assert_owner(s->loop);
    mailbox_send(s->to_serve, letter_new(LETTER_WITHDRAW, hash));
}

void server_set_membership(struct server *s, struct membership *m)
{
    struct letter *t = letter_new(LETTER_MEMBERSHIP, NULL);

    loop_assert_owner(s->loop);
    t->membership = membership_ref(m);
    mailbox_send(s->to_serve, t);
}

void server_ask_stats(struct server *s, const uint8_t *detail,
                      server_stats_cb cb, void *arg)
{
    struct letter *t = letter_new(LETTER_ASK, detail);

    loop_assert_owner(s->loop);
    t->has_detail = detail != NULL;
    t->cb = cb;
    t->arg = arg;
    mailbox_send(s->to_serve, t);
}

void server_ask_takers(struct server *s, server_takers_cb cb, void *arg)
{
    struct letter *t = letter_new(LETTER_ASK_TAKERS, NULL);

    loop_assert_owner(s->loop);
    t->takers_cb = cb;
    t->arg = arg;
    mailbox_send(s->to_serve, t);
}

void server_drop_user(struct server *s, const uint8_t hash[32],
                      const char *user)
{
    struct letter *t = letter_new(LETTER_DROP, hash);

    loop_assert_owner(s->loop);
    t->user = mem_strdup(user);
    mailbox_send(s->to_serve, t);
}
