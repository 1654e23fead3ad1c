#include "config.h"

#include "engine/announce.h"

#include <stdlib.h>
#include <string.h>

#include "engine/core.h"
#include "engine/server.h"
#include "engine/session.h"
#include "net/loop.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"

enum {
    ANNOUNCE_HASH = 32,
    ANNOUNCE_ITEM = 192, /* bytes of an item in a line, without its bitmap */
};

/* One item that waits to be told, and when it was told last. */
struct told {
    uint8_t hash[ANNOUNCE_HASH];
    const char *event; /* static word or NULL */
    bool is_dirty;
    bool is_hungry;
    int64_t asked_ms; /* for more peers */
};

struct announce {
    struct core *core;
    const struct announce_ops *ops;
    void *arg;
    struct map *items; /* hash -> struct told */
    struct timer *soon;
    struct timer *hungry;
};

static struct told *get_told(struct announce *a, const uint8_t *hash)
{
    struct told *t = map_get(a->items, hash, ANNOUNCE_HASH);

    if (t == NULL) {
        t = mem_calloc(1, sizeof *t);
        memcpy(t->hash, hash, ANNOUNCE_HASH);
        t->asked_ms = INT64_MIN / 2;
        map_put(a->items, hash, ANNOUNCE_HASH, t);
    }
    return t;
}

static void add_peers(struct announce *a, const uint8_t *hash, json_t *peers)
{
    const char *address, *user_id;
    json_t *peer;
    size_t i;

    json_array_foreach(peers, i, peer)
    {
        address = json_string_value(json_object_get(peer, "address"));
        user_id = json_string_value(json_object_get(peer, "user_id"));
        if (address != NULL) {
            a->ops->add_peer(a->arg, hash, address, user_id);
        }
    }
}

/* A batch was lost and nobody knows which items it held. */
static void tell_all_again(struct announce *a)
{
    struct told *t;
    size_t cursor = 0;

    for (t = map_next(a->items, &cursor, NULL, NULL); t != NULL;
         t = map_next(a->items, &cursor, NULL, NULL)) {
        t->is_dirty = true;
    }
    timer_start(a->soon, ANNOUNCE_HUNGRY_MS);
}

static void on_announced(void *arg, int code, const char *text, json_t *result)
{
    struct announce *a = arg;
    json_t *swarms = json_object_get(result, "swarms");
    uint8_t hash[ANNOUNCE_HASH];
    const char *key;
    json_t *swarm;

    if (code != 0) {
        log_info("announce", "not accepted: %s", text);
        if (code == P2P_EBUSY || code == P2P_ETIMEDOUT) {
            tell_all_again(a);
        }
        return;
    }
    core_refresh_files_soon(a->core); /* we count as a holder now */
    json_object_foreach(swarms, key, swarm)
    {
        if (hex_decode(key, hash, sizeof hash) == 0) {
            add_peers(a, hash, json_object_get(swarm, "peers"));
        }
    }
}

/* Adds to `size` about how many bytes it takes in the line. */
static json_t *pack_item(const struct announce_item *item, const char *event,
                         size_t *size)
{
    char hex[2 * ANNOUNCE_HASH + 1];
    char *bitmap;
    json_t *one;

    hex_encode(item->hash, ANNOUNCE_HASH, hex);
    one = json_pack("{s:s,s:I,s:I}", "hash", hex, "have",
                    (json_int_t)item->have, "left", (json_int_t)item->left);
    if (event != NULL) {
        json_object_set_new(one, "event", json_string(event));
    }
    /* A bitmap of more than 200,000 pieces does not fit into a line; others
     * learn what is here from ourselves when they connect. */
    if (item->bitmap != NULL && item->bitmap_size < ANNOUNCE_BYTES / 2) {
        bitmap = base64_encode(item->bitmap, item->bitmap_size);
        json_object_set_new(one, "bitmap", json_string(bitmap));
        *size += strlen(bitmap);
        free(bitmap);
    }
    *size += ANNOUNCE_ITEM;
    return one;
}

static const size_t to_all = SIZE_MAX;

/* Items on their way into calls, to one tracker or to all. */
struct batch {
    struct announce *announce;
    size_t to; /* place in the session's list, or to_all */
    json_t *list;
    size_t size; /* bytes in the line, about */
};

static void send_batch(struct batch *b)
{
    struct announce *a = b->announce;
    json_t *params;

    if (json_array_size(b->list) > 0) {
        params = json_pack("{s:i,s:O}", "port",
                           (int)server_port(a->core->server), "items", b->list);
        if (b->to == to_all) {
            session_call_all(a->core->session, "swarm.announce", params,
                             on_announced, a);
        } else {
            session_call_at(a->core->session, b->to, "swarm.announce", params,
                            on_announced, a);
        }
    }
    json_decref(b->list);
    b->list = json_array();
    b->size = 0;
}

/* Describe an item; false when nobody does any more. */
static bool add_item(struct batch *b, struct told *t, const char *event)
{
    struct announce *a = b->announce;
    struct announce_item item = {0};

    memcpy(item.hash, t->hash, sizeof item.hash);
    if (!a->ops->describe(a->arg, t->hash, &item)) {
        return false;
    }
    json_array_append_new(b->list, pack_item(&item, event, &b->size));
    free(item.bitmap);
    if (json_array_size(b->list) == ANNOUNCE_BATCH ||
        b->size >= ANNOUNCE_BYTES / 2) {
        send_batch(b);
    }
    return true;
}

static bool is_in(const struct announce *a)
{
    return a->core->session != NULL && session_logins(a->core->session) > 0;
}

/* Everything that changed goes out; items nobody describes are forgotten. */
static void on_soon(void *arg)
{
    struct announce *a = arg;
    struct batch b = {.announce = a, .to = to_all};
    struct told *t;
    size_t cursor = 0;

    if (!is_in(a)) {
        return; /* announce_item is called for all when a session is there */
    }
    b.list = json_array();
    for (t = map_next(a->items, &cursor, NULL, NULL); t != NULL;
         t = map_next(a->items, &cursor, NULL, NULL)) {
        if (!t->is_dirty) {
            continue;
        }
        t->is_dirty = false;
        if (add_item(&b, t, t->event)) {
            t->event = NULL;
        } else {
            free(map_remove(a->items, t->hash, ANNOUNCE_HASH));
        }
    }
    send_batch(&b);
    json_decref(b.list);
}

void announce_all_to(struct announce *a, size_t n)
{
    struct batch b = {.announce = a, .to = n, .list = json_array()};
    struct told *t;
    size_t cursor = 0;

    for (t = map_next(a->items, &cursor, NULL, NULL); t != NULL;
         t = map_next(a->items, &cursor, NULL, NULL)) {
        add_item(&b, t, NULL);
    }
    send_batch(&b);
    json_decref(b.list);
}

static void ask_peers(struct announce *a, struct told *t)
{
    char hex[2 * ANNOUNCE_HASH + 1];

    t->asked_ms = loop_now_ms(a->core->loop);
    t->is_hungry = false;
    /* An announce is the question: its answer names the peers. */
    hex_encode(t->hash, ANNOUNCE_HASH, hex);
    log_trace("announce", "more peers for %s", hex);
    announce_item(a, t->hash, NULL);
}

static void on_hungry(void *arg)
{
    struct announce *a = arg;
    int64_t now = loop_now_ms(a->core->loop);
    struct told *t;
    size_t cursor = 0;
    bool others = false;

    for (t = map_next(a->items, &cursor, NULL, NULL); t != NULL;
         t = map_next(a->items, &cursor, NULL, NULL)) {
        if (!t->is_hungry) {
            continue;
        }
        if (now - t->asked_ms >= ANNOUNCE_HUNGRY_MS) {
            ask_peers(a, t);
        } else {
            others = true;
        }
    }
    if (others) {
        timer_start(a->hungry, ANNOUNCE_HUNGRY_MS);
    }
}

struct announce *announce_new(struct core *c, const struct announce_ops *ops,
                              void *arg)
{
    struct announce *a = mem_calloc(1, sizeof *a);

    a->core = c;
    a->ops = ops;
    a->arg = arg;
    a->items = map_new();
    a->soon = timer_new(c->loop, on_soon, a);
    a->hungry = timer_new(c->loop, on_hungry, a);
    return a;
}

void announce_free(struct announce *a)
{
    if (a == NULL) {
        return;
    }
    if (a->core->session != NULL) {
        session_forget(a->core->session, a);
    }
    timer_free(a->soon);
    timer_free(a->hungry);
    map_free(a->items, free);
    free(a);
}

void announce_item(struct announce *a, const uint8_t hash[32],
                   const char *event)
{
    struct told *t = get_told(a, hash);

    t->is_dirty = true;
    if (event != NULL) {
        t->event = event;
    }
    if (!timer_is_running(a->soon)) {
        timer_start(a->soon, ANNOUNCE_SOON_MS);
    }
}

static void on_left(void *arg, int code, const char *text, json_t *result)
{
    struct announce *a = arg;

    (void)code;
    (void)text;
    (void)result;
    core_refresh_files_soon(a->core); /* we count no longer */
}

void announce_leave(struct announce *a, const uint8_t hash[32])
{
    char hex[2 * ANNOUNCE_HASH + 1];
    struct told *t = map_remove(a->items, hash, ANNOUNCE_HASH);

    free(t);
    if (is_in(a)) {
        hex_encode(hash, ANNOUNCE_HASH, hex);
        session_call_all(a->core->session, "swarm.leave",
                         json_pack("{s:s}", "hash", hex), on_left, a);
    }
}

void announce_hungry(struct announce *a, const uint8_t hash[32])
{
    struct told *t = get_told(a, hash);

    t->is_hungry = true;
    if (!timer_is_running(a->hungry)) {
        timer_start(a->hungry, ANNOUNCE_SOON_MS);
    }
}

void announce_push(struct announce *a, json_t *params)
{
    const char *text = json_string_value(json_object_get(params, "hash"));
    json_t *left = json_object_get(params, "left");
    uint8_t hash[ANNOUNCE_HASH];
    const char *address;
    json_t *peer;
    size_t i;

    if (text == NULL || hex_decode(text, hash, sizeof hash) < 0) {
        return;
    }
    /* Who is in both lists went and came back. */
    json_array_foreach(left, i, peer)
    {
        address = json_string_value(json_object_get(peer, "address"));
        if (address != NULL) {
            a->ops->drop_peer(a->arg, hash, address);
        }
    }
    add_peers(a, hash, json_object_get(params, "joined"));
}
