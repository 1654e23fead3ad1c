#include "config.h"

#include "tracker/notify.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/command.h"
#include "tracker/groupkey.h"
#include "tracker/registry.h"
#include "tracker/sessions.h"
#include "tracker/swarmdb.h"
#include "util/clock.h"
#include "util/hex.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/jsonrpc.h"

struct notify {
    struct registry *registry;
    struct sessions *sessions;
    struct swarmdb *swarmdb;
    struct notify_seal seal;
    struct map *changed; /* ids of groups with a change of presence -> self */
};

struct notify *notify_new(struct registry *r, struct sessions *sessions,
                          struct swarmdb *swarmdb, struct notify_seal seal)
{
    struct notify *n = mem_calloc(1, sizeof(*n));

    n->registry = r;
    n->sessions = sessions;
    n->swarmdb = swarmdb;
    n->seal = seal;
    n->changed = map_new();
    return n;
}

void notify_free(struct notify *n)
{
    if (n != NULL) {
        map_free(n->changed, free);
        free(n);
    }
}

static const char *user_name(const struct notify *n, const char *user_id)
{
    const struct record_user *u = registry_user(n->registry, user_id);

    return u == NULL ? "" : u->name;
}

/* `params` is taken. */
static void tell_user(struct notify *n, const char *user_id, const char *method,
                      json_t *params)
{
    size_t length;
    char *line = jsonrpc_write_notification(method, params, &length);

    sessions_send_user(n->sessions, user_id, line, length);
    free(line);
}

/* Tell all members with at least this role; `params` is taken. */
static void tell_group(struct notify *n, const char *group_id, enum role least,
                       const char *method, json_t *params)
{
    const struct record_member *m;
    size_t length;
    char *line = jsonrpc_write_notification(method, params, &length);
    size_t cursor = 0;

    while ((m = registry_group_next(n->registry, group_id, RECORD_MEMBER,
                                    &cursor))) {
        if ((enum role)m->role >= least) {
            sessions_send_user(n->sessions, m->user_id, line, length);
        }
    }
    free(line);
}

static void tell_changed(struct notify *n, const struct record_group *g)
{
    tell_group(n, g->id, ROLE_READER, "group.changed",
               json_pack("{s:s}", "group", g->name));
}

/* ---- Leaving ------------------------------------------------------------ */

/* Take a user's sessions out of all swarms of a group. */
static void leave_swarms(struct notify *n, const char *group_id,
                         const char *user_id)
{
    const struct session *s = sessions_of_user(n->sessions, user_id);

    for (; s != NULL; s = sessions_next_of_user(s)) {
        const struct record_item *i;
        size_t cursor = 0;

        while ((i = registry_group_next(n->registry, group_id, RECORD_ITEM,
                                        &cursor))) {
            uint8_t hash[SWARMDB_HASH];

            if (hex_decode(i->hash, hash, sizeof(hash)) == 0) {
                swarmdb_leave(n->swarmdb, s->id, hash);
            }
        }
    }
}

static void on_departure(struct notify *n, const struct record_group *g,
                         const char *user_id)
{
    const struct record_deny *d = registry_deny(n->registry, g->id, user_id);

    leave_swarms(n, g->id, user_id);
    if (d != NULL) {
        tell_group(n, g->id, ROLE_READER, "group.deny",
                   json_pack("{s:s, s:s, s:I, s:I, s:s*}", "group", g->name,
                             "user_id", user_id, "since", (json_int_t)d->since,
                             "epoch", (json_int_t)d->epoch, "signature",
                             groupkey_sign_deny(n->seal.signer,
                                                n->seal.cluster_key, g, d)));
    }
    tell_changed(n, g);
}

static void drop_swarm(struct notify *n, const struct record_item *i)
{
    uint8_t hash[SWARMDB_HASH];

    if (hex_decode(i->hash, hash, sizeof(hash)) == 0) {
        swarmdb_drop_swarm(n->swarmdb, hash);
    }
}

/* The group is gone; who was in it stands in the effects. */
static void on_delete(struct notify *n, const struct effects *effects)
{
    const struct record_group *g = NULL;
    size_t i;

    for (i = 0; i < effects->count; i++) {
        const struct effect *f = &effects->list[i];

        if (f->kind == RECORD_GROUP) {
            g = f->previous;
        } else if (f->kind == RECORD_ITEM && f->previous != NULL) {
            drop_swarm(n, f->previous);
        }
    }
    for (i = 0; g != NULL && i < effects->count; i++) {
        const struct effect *f = &effects->list[i];

        if ((f->kind == RECORD_MEMBER || f->kind == RECORD_REQUEST) &&
            f->previous != NULL) {
            const struct record_member *m = f->previous;

            tell_user(n, m->user_id, "group.deleted",
                      json_pack("{s:s}", "group", g->name));
        }
    }
}

/* ---- Commands ----------------------------------------------------------- */

static void on_membership(struct notify *n, const struct command *c,
                          const struct record_group *g)
{
    switch ((int)c->type) {
    case COMMAND_JOIN:
        tell_group(n, g->id, ROLE_ADMIN, "group.requested",
                   json_pack("{s:s, s:s, s:s, s:I}", "group", g->name, "user",
                             user_name(n, c->actor_id), "message",
                             c->text == NULL ? "" : c->text, "time",
                             (json_int_t)c->time));
        break;
    case COMMAND_ACCEPT:
        tell_user(n, c->user_id, "group.accepted",
                  json_pack("{s:s, s:s}", "group", g->name, "role",
                            role_word(registry_role(n->registry, g->id,
                                                    c->user_id))));
        tell_changed(n, g);
        break;
    case COMMAND_REJECT:
        tell_user(n, c->user_id, "group.rejected",
                  json_pack("{s:s, s:s}", "group", g->name, "reason",
                            c->text == NULL ? "" : c->text));
        tell_group(n, g->id, ROLE_ADMIN, "group.changed",
                   json_pack("{s:s}", "group", g->name));
        break;
    case COMMAND_LEAVE:
        on_departure(n, g, c->actor_id);
        break;
    case COMMAND_REMOVE:
        tell_user(n, c->user_id, "group.removed",
                  json_pack("{s:s}", "group", g->name));
        on_departure(n, g, c->user_id);
        break;
    case COMMAND_GROUP_CREATE:
    case COMMAND_SET_ROLE:
    case COMMAND_TRANSFER:
        tell_changed(n, g);
        break;
    default:
        break;
    }
}

static void on_publish(struct notify *n, const struct command *c,
                       const struct record_group *g)
{
    tell_group(n, g->id, ROLE_READER, "item.published",
               json_pack("{s:s, s:s, s:s, s:I, s:s, s:I}", "group", g->name,
                         "name", c->name, "hash", c->hash, "size",
                         (json_int_t)c->size, "publisher",
                         user_name(n, c->actor_id), "time",
                         (json_int_t)c->time));
}

static void on_unpublish(struct notify *n, const struct command *c,
                         const struct record_group *g,
                         const struct effects *effects)
{
    const struct record_item *i = effects->list[0].previous;

    drop_swarm(n, i);
    tell_group(n, g->id, ROLE_READER, "item.unpublished",
               json_pack("{s:s, s:s, s:s, s:s}", "group", g->name, "name",
                         i->name, "hash", i->hash, "by",
                         user_name(n, c->actor_id)));
}

/* Sessions that logged in with a token that is gone are anonymous again. */
static void on_tokens(struct notify *n, const struct effects *effects)
{
    size_t i;

    for (i = 0; i < effects->count; i++) {
        const struct effect *f = &effects->list[i];
        const struct record_token *t = f->previous;
        struct session *s;

        if (f->kind != RECORD_TOKEN || f->next != NULL || t == NULL) {
            continue;
        }
        s = sessions_of_user(n->sessions, t->user_id);
        while (s != NULL) {
            struct session *next = sessions_next_of_user(s);

            if (strcmp(s->token, t->digest) == 0) {
                notify_log_out(n, s);
            }
            s = next;
        }
    }
}

void notify_applied(struct notify *n, const struct command *c,
                    const struct effects *effects)
{
    const struct record_group *g = registry_group(n->registry, c->group_id);

    switch ((int)c->type) {
    case COMMAND_TOKEN_PUT:
    case COMMAND_TOKEN_DROP:
    case COMMAND_PASSWD:
    case COMMAND_EXPIRE:
        on_tokens(n, effects);
        return;
    case COMMAND_GROUP_DELETE:
        on_delete(n, effects);
        return;
    default:
        break;
    }
    if (g == NULL) { /* deleted by a later command of the same transaction */
        return;
    }
    if (c->type == COMMAND_PUBLISH) {
        on_publish(n, c, g);
    } else if (c->type == COMMAND_UNPUBLISH) {
        on_unpublish(n, c, g, effects);
    } else {
        on_membership(n, c, g);
    }
}

/* ---- Presence ----------------------------------------------------------- */

void notify_presence(struct notify *n, const char *user_id)
{
    const struct record_member *m;
    size_t cursor = 0;

    while ((
        m = registry_user_next(n->registry, user_id, RECORD_MEMBER, &cursor))) {
        free(map_put_text(n->changed, m->group_id, mem_strdup(m->group_id)));
    }
}

void notify_flush(struct notify *n)
{
    size_t cursor = 0;
    char *id;

    if (map_count(n->changed) == 0) {
        return;
    }
    while ((id = map_next(n->changed, &cursor, NULL, NULL)) != NULL) {
        const struct record_group *g = registry_group(n->registry, id);

        if (g != NULL) {
            tell_changed(n, g);
        }
    }
    map_free(n->changed, free);
    n->changed = map_new();
}

void notify_log_out(struct notify *n, struct session *s)
{
    char user_id[RECORD_ID];

    if (!s->is_logged_in) {
        return;
    }
    memcpy(user_id, s->user_id, sizeof(user_id));
    swarmdb_drop_session(n->swarmdb, s->id);
    s->has_announced = false;
    if (sessions_log_out(n->sessions, s)) {
        sessions_set_seen(n->sessions, user_id, clock_wall());
        notify_presence(n, user_id);
    }
}

/* ---- Swarms ------------------------------------------------------------- */

static json_t *change_json(const struct swarmdb_change *c)
{
    if (!c->joined) {
        return json_pack("{s:s, s:s}", "user_id", c->user_id, "address",
                         c->address);
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:b}", "user", c->user, "user_id",
                     c->user_id, "address", c->address, "have",
                     (json_int_t)c->have, "seed", (int)c->is_seed);
}

/* The line for one receiver: without his own changes. NULL when nothing is
 * left. `only` 0 leaves out nobody. */
static char *swarm_line(const struct swarmdb_notice *notice, uint64_t except,
                        size_t *length)
{
    char hash[2 * SWARMDB_HASH + 1];
    json_t *joined = json_array();
    json_t *left = json_array();
    size_t i;

    for (i = 0; i < notice->change_count; i++) {
        const struct swarmdb_change *c = &notice->changes[i];

        if (c->session != except) {
            json_array_append_new(c->joined ? joined : left, change_json(c));
        }
    }
    if (json_array_size(joined) + json_array_size(left) == 0) {
        json_decref(joined);
        json_decref(left);
        return NULL;
    }
    hex_encode(notice->hash, SWARMDB_HASH, hash);
    return jsonrpc_write_notification("swarm.changed",
                                      json_pack("{s:s, s:o, s:o}", "hash", hash,
                                                "joined", joined, "left", left),
                                      length);
}

static bool is_in(const struct swarmdb_notice *notice, uint64_t session)
{
    size_t i;

    for (i = 0; i < notice->change_count; i++) {
        if (notice->changes[i].session == session) {
            return true;
        }
    }
    return false;
}

void notify_swarm(void *arg, const struct swarmdb_notice *notice)
{
    struct notify *n = arg;
    size_t common_length;
    char *common = swarm_line(notice, 0, &common_length);
    size_t i;

    for (i = 0; i < notice->session_count; i++) {
        struct session *s = sessions_get(n->sessions, notice->sessions[i]);
        size_t length = common_length;
        char *own = NULL;
        bool has_own;

        if (s == NULL || common == NULL) {
            continue;
        }
        has_own = is_in(notice, s->id);
        if (has_own) {
            own = swarm_line(notice, s->id, &length);
        }
        if (!has_own || own != NULL) {
            sessions_send(n->sessions, s, has_own ? own : common, length);
        }
        free(own);
    }
    free(common);
}
