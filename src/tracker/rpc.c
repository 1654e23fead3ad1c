#include "config.h"

#include "tracker/rpc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/call.h"
#include "tracker/rpc_account.h"
#include "tracker/rpc_group.h"
#include "tracker/rpc_item.h"
#include "tracker/rpc_status.h"
#include "tracker/rpc_swarm.h"
#include "tracker/swarmdb.h"
#include "util/clock.h"
#include "util/hex.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/jsonrpc.h"

enum { OP_SIZE = 16, CALL_REPEATED = 2, METHOD_WITHIN = 512 };

struct method {
    struct rpc_rule rule;
    int (*handle)(struct call *c, json_t **result);
};

#define READ(name, scope, role, handle)                               \
    {                                                                 \
        {name, RPC_##scope, ROLE_##role, COMMAND_NONE, false}, handle \
    }
#define WRITE(name, scope, role, command, handle)                         \
    {                                                                     \
        {name, RPC_##scope, ROLE_##role, COMMAND_##command, true}, handle \
    }

static const struct method methods[] = {
    READ("server.hello", ANY, NONE, rpc_server_hello),
    READ("server.ping", ANY, NONE, rpc_server_ping),
    READ("server.status", USER, NONE, rpc_server_status),
    WRITE("account.create", ANY, NONE, USER_CREATE, rpc_account_create),
    {{"account.login", RPC_ANY, ROLE_NONE, COMMAND_TOKEN_PUT, false},
     rpc_account_login},
    READ("account.resume", ANY, NONE, rpc_account_resume),
    {{"account.logout", RPC_USER, ROLE_NONE, COMMAND_TOKEN_DROP, false},
     rpc_account_logout},
    WRITE("account.passwd", USER, NONE, PASSWD, rpc_account_passwd),
    READ("account.whoami", USER, NONE, rpc_account_whoami),
    WRITE("group.create", USER, NONE, GROUP_CREATE, rpc_group_create),
    READ("group.list", USER, NONE, rpc_group_list),
    WRITE("group.join", GROUP, NONE, JOIN, rpc_group_join),
    READ("group.requests", GROUP_OPTIONAL, ADMIN, rpc_group_requests),
    WRITE("group.accept", GROUP, ADMIN, ACCEPT, rpc_group_accept),
    WRITE("group.reject", GROUP, ADMIN, REJECT, rpc_group_reject),
    WRITE("group.leave", GROUP, PENDING, LEAVE, rpc_group_simple),
    READ("group.members", GROUP, READER, rpc_group_members),
    WRITE("group.set_role", GROUP, ADMIN, SET_ROLE, rpc_group_set_role),
    WRITE("group.transfer", GROUP, OWNER, TRANSFER, rpc_group_of_user),
    WRITE("group.remove_member", GROUP, ADMIN, REMOVE, rpc_group_of_user),
    WRITE("group.delete", GROUP, OWNER, GROUP_DELETE, rpc_group_simple),
    {{"group.certificate", RPC_GROUP, ROLE_READER, COMMAND_SERIAL, false},
     rpc_group_certificate},
    READ("group.denied", GROUP, READER, rpc_group_denied),
    WRITE("item.publish", GROUP, MEMBER, PUBLISH, rpc_item_publish),
    READ("item.list", GROUP, READER, rpc_item_list),
    READ("item.get", ITEM_OR_NAME, READER, rpc_item_get),
    WRITE("item.unpublish", GROUP, READER, UNPUBLISH, rpc_item_unpublish),
    /* Checks the group of each of its items. */
    READ("swarm.announce", USER, NONE, rpc_swarm_announce),
    READ("swarm.peers", ITEM, READER, rpc_swarm_peers),
    READ("swarm.locate", ITEM, READER, rpc_swarm_locate),
    READ("swarm.have", ITEM, READER, rpc_swarm_have),
    READ("swarm.leave", ITEM, READER, rpc_swarm_leave),
};

enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

const struct rpc_rule *rpc_rule(size_t n)
{
    return n < METHODS ? &methods[n].rule : NULL;
}

static const struct method *find_method(const char *name)
{
    size_t i;

    for (i = 0; i < METHODS; i++) {
        if (strcmp(methods[i].rule.method, name) == 0) {
            return &methods[i];
        }
    }
    return NULL;
}

/* ---- Rules -------------------------------------------------------------- */

/* The login lasts as long as its token. */
static int check_login(struct call *c)
{
    const struct session *s = c->session;
    const struct record_token *t =
        s->is_logged_in ? registry_token(c->rpc->registry, s->token) : NULL;

    if (t == NULL || t->expires <= clock_wall()) {
        return call_refuse(c, P2P_ENOTLOGIN, "%s", err_text(P2P_ENOTLOGIN));
    }
    return 0;
}

static int check_group(struct call *c, enum role least)
{
    const char *name = NULL;
    int rv = jsonrpc_get_text(c->params, "group", true, TEXT_NAME_MAX, &name,
                              &c->error);

    if (rv < 0) {
        return rv;
    }
    c->group = registry_group_named(c->rpc->registry, name);
    if (c->group == NULL) {
        return call_refuse(c, P2P_ENOENT, "no such group");
    }
    c->role =
        registry_role(c->rpc->registry, c->group->id, c->session->user_id);
    if (c->role < least) {
        return call_refuse(c, P2P_EACCES, "%s", err_text(P2P_EACCES));
    }
    return 0;
}

static int check_item(struct call *c, enum role least)
{
    uint8_t hash[SWARMDB_HASH];
    char hex[RECORD_HASH];
    int rv = jsonrpc_get_hex(c->params, "hash", hash, sizeof(hash), &c->error);

    if (rv < 0) {
        return rv;
    }
    hex_encode(hash, sizeof(hash), hex);
    c->item = registry_item_hashed(c->rpc->registry, hex);
    if (c->item == NULL) {
        return call_refuse(c, P2P_ENOENT, "no such item");
    }
    c->group = registry_group(c->rpc->registry, c->item->group_id);
    c->role =
        registry_role(c->rpc->registry, c->item->group_id, c->session->user_id);
    if (c->role < least) {
        return call_refuse(c, P2P_EACCES, "%s", err_text(P2P_EACCES));
    }
    return 0;
}

static int check_scope(struct call *c, const struct rpc_rule *rule)
{
    switch (rule->scope) {
    case RPC_ANY:
    case RPC_USER:
        return 0;
    case RPC_GROUP_OPTIONAL:
        if (json_object_get(c->params, "group") == NULL) {
            return 0;
        }
        return check_group(c, rule->role);
    case RPC_GROUP:
        return check_group(c, rule->role);
    case RPC_ITEM_OR_NAME:
        if (json_object_get(c->params, "hash") == NULL) {
            return check_group(c, rule->role);
        }
        return check_item(c, rule->role);
    case RPC_ITEM:
        return check_item(c, rule->role);
    case RPC_NOBODY:
    default:
        return call_refuse(c, P2P_EACCES, "%s", err_text(P2P_EACCES));
    }
}

/* Read "op". A retry of something that was done is answered before the rules:
 * the caller may have left the group, or deleted it, by that very operation. */
static int check_op(struct call *c, const struct rpc_rule *rule,
                    json_t **result)
{
    const struct record_op *done;
    uint8_t op[OP_SIZE];
    const char *user = NULL;
    char *subject;
    int rv;

    if (!rule->has_op) {
        return 0;
    }
    rv = jsonrpc_get_hex(c->params, "op", op, sizeof(op), &c->error);
    if (rv < 0) {
        return rv;
    }
    hex_encode(op, sizeof(op), c->op);
    if (rule->writes == COMMAND_USER_CREATE) {
        rv = jsonrpc_get_text(c->params, "user", true, TEXT_NAME_MAX, &user,
                              &c->error);
        if (rv < 0) {
            return rv;
        }
        subject = mem_printf("name:%s", user);
    } else {
        subject = mem_strdup(c->session->user_id);
    }
    done = registry_op(c->rpc->registry, subject, c->op);
    free(subject);
    if (done == NULL) {
        return 0;
    }
    if (done->type != (int64_t)rule->writes) {
        return call_refuse(c, P2P_EINVAL,
                           "the operation id was used for something else");
    }
    *result = call_outcome(c->rpc, rule->writes, done->outcome);
    return CALL_REPEATED;
}

static int run(struct call *c, const struct method *m, json_t **result)
{
    int rv = 0;

    if (m == NULL) {
        return call_refuse(c, P2P_ENOTSUP, "no such method");
    }
    c->writes = m->rule.writes;
    if (m->rule.scope != RPC_ANY) {
        rv = check_login(c);
    }
    if (rv == 0) {
        rv = check_op(c, &m->rule, result);
    }
    if (rv != 0) {
        return rv;
    }
    rv = check_scope(c, &m->rule);
    return rv < 0 ? rv : m->handle(c, result);
}

/* ---- Lines -------------------------------------------------------------- */

/* Methods whose lines may be long, for users with a role in some group. */
static const struct {
    const char *method;
    size_t limit;
    enum role role;
} long_lines[] = {
    {"item.publish", JSONRPC_PUBLISH_MAX, ROLE_MEMBER},
    {"swarm.announce", RPC_REPORT_MAX, ROLE_READER},
    {"swarm.have", RPC_REPORT_MAX, ROLE_READER},
};

enum { LONG_LINES = sizeof(long_lines) / sizeof(long_lines[0]) };

static size_t method_limit(const char *method)
{
    size_t i;

    for (i = 0; i < LONG_LINES; i++) {
        if (strcmp(long_lines[i].method, method) == 0) {
            return long_lines[i].limit;
        }
    }
    return JSONRPC_LINE_MAX;
}

static bool has_role_anywhere(const struct rpc *r, const char *user_id,
                              enum role role)
{
    const struct record_member *m;
    size_t cursor = 0;

    while ((
        m = registry_user_next(r->registry, user_id, RECORD_MEMBER, &cursor))) {
        if ((enum role)m->role >= role) {
            return true;
        }
    }
    return false;
}

size_t rpc_line_limit(const struct rpc *r, const struct session *s,
                      const char *line, size_t length)
{
    size_t i;

    length = length < METHOD_WITHIN ? length : METHOD_WITHIN;
    for (i = 0; s->is_logged_in && i < LONG_LINES; i++) {
        char quoted[JSONRPC_METHOD_MAX + 3];
        int size =
            snprintf(quoted, sizeof(quoted), "\"%s\"", long_lines[i].method);

        if (memmem(line, length, quoted, (size_t)size) != NULL &&
            has_role_anywhere(r, s->user_id, long_lines[i].role)) {
            return long_lines[i].limit;
        }
    }
    return JSONRPC_LINE_MAX;
}

void rpc_complain(struct rpc *r, struct session *s, int code, const char *text)
{
    size_t length;
    char *line = jsonrpc_write_error(NULL, code, text, &length);

    r->errors++;
    sessions_send_take(r->sessions, s, line, length);
}

int rpc_handle(struct rpc *r, struct session *s, const char *line,
               size_t length)
{
    struct call c = {.rpc = r, .session = s, .began_us = clock_now_us()};
    struct jsonrpc_message message;
    json_t *result = NULL;
    int rv = jsonrpc_parse(line, length, &message, &c.error);

    r->requests++;
    if (rv == 0 && message.kind != JSONRPC_REQUEST &&
        message.kind != JSONRPC_NOTIFICATION) {
        rv = err_set(&c.error, P2P_EPROTO, "not a call");
    }
    if (rv == 0 && length > method_limit(message.method)) {
        rv = err_set(&c.error, P2P_ETOOBIG, "the line is too long");
    }
    if (rv < 0) {
        if (message.id != NULL) {
            call_answer_error(r, s, message.id, &c.error, 0);
        } else {
            rpc_complain(r, s, c.error.code, c.error.text);
        }
        jsonrpc_close(&message);
        return rv;
    }
    c.params = message.params;
    c.id = message.id;
    rv = run(&c, find_method(message.method), &result);
    log_trace("rpc", "session %llu %s: %s", (unsigned long long)s->id,
              message.method, rv < 0 ? err_word(rv) : "ok");
    if (rv != CALL_LATER) {
        meter_request(&r->meter, clock_now_ms(), clock_now_us() - c.began_us);
    }
    if (rv < 0) {
        assert(c.error.code < 0);
        call_answer_error(r, s, c.id, &c.error, c.retry_after);
    } else if (rv != CALL_LATER) {
        call_answer(r, s, c.id, result);
    }
    jsonrpc_close(&message);
    return 0;
}
