#include "config.h"

#include "tracker/rpc_swarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/call.h"
#include "tracker/swarmdb.h"
#include "util/hex.h"
#include "wire/jsonrpc.h"

enum { EVENT_MAX = 16, BITMAP_MAX = 256 * 1024 /* two million pieces */ };

static json_t *peer_json(const struct swarmdb_peer *p, bool with_have)
{
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:b}", "user", p->user, "user_id",
                  p->user_id, "address", p->address, "seed", (int)p->is_seed);

    if (with_have) {
        json_object_set_new(o, "have", json_integer(p->have));
    }
    return o;
}

static void add_peer(void *arg, const struct swarmdb_peer *p)
{
    json_array_append_new(arg, peer_json(p, true));
}

static void add_holder(void *arg, const struct swarmdb_peer *p)
{
    json_array_append_new(arg, peer_json(p, false));
}

/* {"seeders","leechers","peers"} of a swarm as this session sees it. */
static json_t *swarm_json(const struct call *c, const uint8_t *hash,
                          uint32_t want)
{
    json_t *peers = json_array();
    uint32_t seeders;
    uint32_t leechers;

    swarmdb_counts(c->rpc->swarmdb, hash, &seeders, &leechers);
    swarmdb_peers(c->rpc->swarmdb, hash, c->session->id, want, add_peer, peers);
    return json_pack("{s:I, s:I, s:o}", "seeders", (json_int_t)seeders,
                     "leechers", (json_int_t)leechers, "peers", peers);
}

static int get_want(struct call *c, int64_t *want)
{
    *want = SWARMDB_WANT;
    return jsonrpc_get_integer(c->params, "numwant", false, 0, INT32_MAX, want,
                               &c->error);
}

/* ---- Announce ----------------------------------------------------------- */

/* The address that others may dial: the one the tracker sees, with the port
 * the peer listens on. */
static void put_session(struct call *c, int64_t port)
{
    const struct session *s = c->session;
    char address[80];

    snprintf(address, sizeof(address),
             strchr(s->host, ':') != NULL ? "[%s]:%d" : "%s:%d", s->host,
             (int)port);
    swarmdb_put_session(c->rpc->swarmdb, s->id, s->user, s->user_id, address);
    c->session->has_announced = true;
}

/* Join or update one swarm from {"have","left","bitmap"?}. */
static int report(struct call *c, const struct record_item *item,
                  const uint8_t *hash, json_t *o)
{
    struct swarmdb_progress p = {(uint32_t)item->pieces, 0, NULL, 0};
    int64_t have = 0;
    int64_t left = -1;
    uint8_t *bitmap = NULL;
    int rv =
        jsonrpc_get_integer(o, "have", true, 0, UINT32_MAX, &have, &c->error);

    if (rv == 0) {
        rv = jsonrpc_get_integer(o, "left", false, 0, INT64_MAX, &left,
                                 &c->error);
    }
    if (rv == 0 && json_object_get(o, "bitmap") != NULL) {
        rv = jsonrpc_get_base64(o, "bitmap", BITMAP_MAX, &bitmap,
                                &p.bitmap_size, &c->error);
    }
    if (rv == 0) {
        p.have = left == 0 ? p.pieces : (uint32_t)have;
        p.bitmap = left == 0 ? NULL : bitmap;
        rv = swarmdb_announce(c->rpc->swarmdb, c->session->id, hash, &p,
                              &c->error);
    }
    free(bitmap);
    return rv;
}

/* The item of a hash, when the caller is a member of its group. */
static const struct record_item *visible_item(struct call *c, const char *hash)
{
    const struct record_item *i = registry_item_hashed(c->rpc->registry, hash);

    if (i == NULL) {
        call_refuse(c, P2P_ENOENT, "no such item");
        return NULL;
    }
    if (registry_role(c->rpc->registry, i->group_id, c->session->user_id) <
        ROLE_READER) {
        call_refuse(c, P2P_EACCES, "%s", err_text(P2P_EACCES));
        return NULL;
    }
    return i;
}

static int announce_item(struct call *c, json_t *o, uint32_t want,
                         json_t *swarms)
{
    const struct record_item *item;
    uint8_t hash[SWARMDB_HASH];
    char hex[2 * SWARMDB_HASH + 1];
    const char *event = "";
    int rv;

    if (jsonrpc_get_hex(o, "hash", hash, sizeof(hash), &c->error) < 0 ||
        jsonrpc_get_text(o, "event", false, EVENT_MAX, &event, &c->error) < 0) {
        return c->error.code;
    }
    hex_encode(hash, sizeof(hash), hex);
    item = visible_item(c, hex);
    if (item == NULL) {
        return c->error.code;
    }
    if (strcmp(event, "stopped") == 0) {
        swarmdb_leave(c->rpc->swarmdb, c->session->id, hash);
        want = 0;
    } else {
        rv = report(c, item, hash, o);
        if (rv < 0) {
            return rv;
        }
    }
    json_object_set_new(swarms, hex, swarm_json(c, hash, want));
    return 0;
}

/* Items that are refused (unpublished meanwhile, left the group) are missing
 * in the answer; only when all are refused the call is. */
int rpc_swarm_announce(struct call *c, json_t **result)
{
    json_t *items = json_object_get(c->params, "items");
    json_t *swarms;
    json_t *o;
    int64_t port = 0;
    int64_t want;
    size_t budget = RPC_SWARM_PEERS;
    size_t i;

    if (get_want(c, &want) < 0 ||
        jsonrpc_get_integer(c->params, "port", true, 1, 65535, &port,
                            &c->error) < 0) {
        return c->error.code;
    }
    if (!json_is_array(items) || json_array_size(items) > RPC_SWARM_ITEMS) {
        return call_refuse(c, P2P_EINVAL,
                           "parameter items must be a list of at most %d",
                           RPC_SWARM_ITEMS);
    }
    put_session(c, port);
    swarms = json_object();
    json_array_foreach(items, i, o)
    {
        size_t limit = (size_t)want < budget ? (size_t)want : budget;
        size_t before = json_object_size(swarms);

        announce_item(c, o, (uint32_t)limit, swarms);
        if (json_object_size(swarms) > before) {
            budget -= limit;
        }
    }
    if (json_array_size(items) > 0 && json_object_size(swarms) == 0) {
        json_decref(swarms);
        return c->error.code;
    }
    *result =
        json_pack("{s:i, s:o}", "interval", CALL_INTERVAL, "swarms", swarms);
    return 0;
}

/* ---- The rest ----------------------------------------------------------- */

static void item_hash(const struct call *c, uint8_t hash[SWARMDB_HASH])
{
    if (hex_decode(c->item->hash, hash, SWARMDB_HASH) < 0) {
        memset(hash, 0, SWARMDB_HASH);
    }
}

int rpc_swarm_peers(struct call *c, json_t **result)
{
    uint8_t hash[SWARMDB_HASH];
    int64_t want;

    if (get_want(c, &want) < 0) {
        return c->error.code;
    }
    item_hash(c, hash);
    *result = swarm_json(c, hash, (uint32_t)want);
    return 0;
}

int rpc_swarm_locate(struct call *c, json_t **result)
{
    uint8_t hash[SWARMDB_HASH];
    int64_t piece = 0;
    json_t *peers;

    if (jsonrpc_get_integer(c->params, "piece", true, 0, c->item->pieces - 1,
                            &piece, &c->error) < 0) {
        return c->error.code;
    }
    item_hash(c, hash);
    peers = json_array();
    swarmdb_locate(c->rpc->swarmdb, hash, (uint32_t)piece, c->session->id,
                   add_holder, peers);
    *result = json_pack("{s:o}", "peers", peers);
    return 0;
}

int rpc_swarm_have(struct call *c, json_t **result)
{
    uint8_t hash[SWARMDB_HASH];
    int rv;

    item_hash(c, hash);
    if (!swarmdb_has(c->rpc->swarmdb, c->session->id, hash)) {
        return call_refuse(c, P2P_EINVAL, "announce the item first");
    }
    rv = report(c, c->item, hash, c->params);
    if (rv == 0) {
        *result = json_object();
    }
    return rv;
}

int rpc_swarm_leave(struct call *c, json_t **result)
{
    uint8_t hash[SWARMDB_HASH];

    item_hash(c, hash);
    swarmdb_leave(c->rpc->swarmdb, c->session->id, hash);
    *result = json_object();
    return 0;
}
