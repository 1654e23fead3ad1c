#include "config.h"

#include "tracker/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/ledger.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/jsonrpc.h"

int call_refuse(struct call *c, int code, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    return err_set(&c->error, code, "%s", text);
}

int call_refuse_for_now(struct call *c, int64_t seconds)
{
    c->retry_after = seconds;
    return call_refuse(c, P2P_EBUSY, "too many attempts; try again in %d s",
                       (int)seconds);
}

struct command *call_command(const struct call *c)
{
    struct command *command = command_new(c->writes, clock_wall());

    memcpy(command->op, c->op, sizeof(command->op));
    memcpy(command->actor_id, c->session->user_id, sizeof(command->actor_id));
    if (c->group != NULL) {
        memcpy(command->group_id, c->group->id, sizeof(command->group_id));
    }
    return command;
}

struct call_later *call_defer(struct call *c)
{
    struct call_later *later = mem_calloc(1, sizeof(*later));

    later->rpc = c->rpc;
    later->session_id = c->session->id;
    later->id = c->id == NULL ? NULL : json_incref(c->id);
    later->writes = c->writes;
    later->began_us = c->began_us;
    memcpy(later->op, c->op, sizeof(later->op));
    sessions_begin(c->session);
    return later;
}

static void later_free(struct call_later *later)
{
    json_decref(later->id);
    free(later->text);
    mem_free_secret(later->secret);
    free(later);
}

static struct session *later_session(const struct call_later *later)
{
    return sessions_get(later->rpc->sessions, later->session_id);
}

static void later_end(struct call_later *later, struct session *s)
{
    struct rpc *r = later->rpc;

    meter_request(&r->meter, clock_now_ms(), clock_now_us() - later->began_us);
    later_free(later);
    if (s != NULL) {
        sessions_end(r->sessions, s);
    }
}

void call_later_error(struct call_later *later, int code, const char *text,
                      int64_t retry_after)
{
    struct session *s = later_session(later);
    struct err e;

    err_set(&e, code, "%s", text);
    if (s != NULL) {
        call_answer_error(later->rpc, s, later->id, &e, retry_after);
    }
    later_end(later, s);
}

void call_later_result(struct call_later *later, json_t *result)
{
    struct session *s = later_session(later);

    if (s != NULL) {
        call_answer(later->rpc, s, later->id, result);
    } else {
        json_decref(result);
    }
    later_end(later, s);
}

static void on_done(void *arg, int code, const char *outcome, const char *text)
{
    struct call_later *later = arg;
    struct session *s = later_session(later);

    if (code < 0) {
        call_later_error(later, code, text, 0);
    } else if (later->finish != NULL && s != NULL) {
        call_later_result(later, later->finish(later, s, outcome));
    } else {
        call_later_result(later,
                          call_outcome(later->rpc, later->writes, outcome));
    }
}

void call_submit_later(struct call_later *later, struct command *command)
{
    ledger_submit(later->rpc->ledger, command, on_done, later);
}

int call_submit(struct call *c, struct command *command)
{
    call_submit_later(call_defer(c), command);
    return CALL_LATER;
}

json_t *call_outcome(const struct rpc *r, enum command_type type,
                     const char *outcome)
{
    const struct record_group *g;

    switch ((int)type) {
    case COMMAND_USER_CREATE:
        return json_pack("{s:s}", "user_id", outcome);
    case COMMAND_GROUP_CREATE:
        g = registry_group(r->registry, outcome);
        if (g == NULL) { /* deleted since: a late retry */
            return json_pack("{s:s}", "group_id", outcome);
        }
        return json_pack("{s:s, s:s, s:s}", "group", g->name, "group_id", g->id,
                         "root", g->root_pem);
    case COMMAND_JOIN:
        return json_pack("{s:s}", "state", "pending");
    case COMMAND_PUBLISH:
        return json_pack("{s:s}", "hash", outcome);
    default:
        return json_object();
    }
}

void call_answer(struct rpc *r, struct session *s, json_t *id, json_t *result)
{
    size_t length;
    char *line;

    if (id == NULL) { /* a notification gets no answer */
        json_decref(result);
        return;
    }
    line = jsonrpc_write_result(json_incref(id), result, &length);
    sessions_send_take(r->sessions, s, line, length);
}

void call_answer_error(struct rpc *r, struct session *s, json_t *id,
                       const struct err *e, int64_t retry_after)
{
    json_t *data = NULL;
    size_t length;
    char *line;

    r->errors++;
    if (e->code == P2P_EBUSY) {
        meter_refusal(&r->meter, clock_now_ms());
    }
    if (id == NULL) {
        return;
    }
    if (retry_after > 0) {
        data = json_pack("{s:I}", "retry_after", (json_int_t)retry_after);
    }
    line = jsonrpc_write_error_data(json_incref(id), e->code, e->text, data,
                                    &length);
    sessions_send_take(r->sessions, s, line, length);
}

const struct record_user *call_user(struct call *c)
{
    const struct record_user *u;
    const char *name = NULL;

    if (jsonrpc_get_text(c->params, "user", true, TEXT_NAME_MAX, &name,
                         &c->error) < 0) {
        return NULL;
    }
    u = registry_user_named(c->rpc->registry, name);
    if (u == NULL) {
        call_refuse(c, P2P_ENOENT, "no such user");
    }
    return u;
}

const char *call_user_name(const struct rpc *r, const char *user_id)
{
    const struct record_user *u = registry_user(r->registry, user_id);

    return u == NULL ? "" : u->name;
}
