#include "config.h"

#include "tracker/rpc_status.h"

#include "tracker/call.h"
#include "tracker/store.h"
#include "tracker/swarmdb.h"
#include "util/clock.h"

static void put(json_t *o, const char *key, uint64_t value)
{
    json_object_set_new(o, key, json_integer((json_int_t)value));
}

static void put_state(json_t *o, const struct rpc *r)
{
    const struct registry *g = r->registry;

    put(o, "users", registry_count(g, RECORD_USER));
    put(o, "users_online", sessions_users(r->sessions));
    put(o, "groups", registry_count(g, RECORD_GROUP));
    put(o, "items", registry_count(g, RECORD_ITEM));
    put(o, "item_bytes", registry_item_bytes(g));
    put(o, "join_requests", registry_count(g, RECORD_REQUEST));
    put(o, "swarms", swarmdb_swarm_count(r->swarmdb));
    put(o, "peers", swarmdb_peer_count(r->swarmdb));
    put(o, "sessions", sessions_count(r->sessions));
    put(o, "database_bytes", store_size(r->store));
}

static void put_load(json_t *o, const struct rpc *r)
{
    struct meter_report report;
    json_t *list = json_array();
    size_t i;

    meter_read(&r->meter, clock_now_ms(), &report);
    for (i = 0; i < METER_SLOTS; i++) {
        json_array_append_new(list, json_integer(report.requests[i]));
    }
    json_object_set_new(o, "requests", list);
    put(o, "refused", report.refused);
    if (report.median_us >= 0) {
        put(o, "latency_median_us", (uint64_t)report.median_us);
        put(o, "latency_slow_us", (uint64_t)report.slow_us);
    }
}

int rpc_server_status(struct call *c, json_t **result)
{
    const struct rpc *r = c->rpc;

    *result =
        json_pack("{s:s, s:s, s:I, s:I, s:I}", "role", "alone", "version",
                  PACKAGE_VERSION, "time", (json_int_t)clock_wall(), "uptime",
                  (json_int_t)((clock_now_ms() - r->started_ms) / 1000),
                  "cert_until", (json_int_t)r->cert_until);
    put_state(*result, r);
    put_load(*result, r);
    return 0;
}
