#include "config.h"

#include "engine/core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/profile.h"
#include "engine/server.h"
#include "engine/session.h"
#include "engine/trackertext.h"
#include "msgq/link.h"
#include "net/loop.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

static bool is_fact(const struct event *e)
{
    return e->kind == EVENT_REPLY || e->kind == EVENT_NOTICE ||
           e->kind == EVENT_SESSION || e->kind == EVENT_STOPPED;
}

static void keep_for_later(struct core *c, struct event *e)
{
    struct core_outgoing *o = mem_calloc(1, sizeof *o);

    o->event = e;
    STAILQ_INSERT_TAIL(&c->outbox, o, link); /* the link tells of room */
}

void core_post(struct core *c, struct event *e)
{
    /* Facts keep their order: none may overtake those that wait. */
    if (STAILQ_EMPTY(&c->outbox) && link_post(c->link, e)) {
        return;
    }
    if (is_fact(e)) {
        keep_for_later(c, e);
    } else {
        event_free(e);
    }
}

/* What the tracker says in short words, said to people. */
static const struct saying {
    const char *said, *means;
} sayings[] = {
    {"no such group", N_("there is no such group; 'list_groups' shows all")},
    {"no such item", N_("there is no such file; 'list_files GROUP' shows all")},
    {"no such member",
     N_("nobody of this name is in the group; 'members GROUP' shows all")},
    {"there is no such request",
     N_("nobody of this name waits; 'list_requests GROUP' shows who does")},
    {"the name is taken", N_("this name is taken; choose another one")},
    {"there is a group of this name",
     N_("there is a group of this name; choose another one")},
};

/* A refusal that only repeats its code should say what to do. `out`, of
 * ERR_TEXT_MAX bytes, holds what has a number in it. */
static const char *explain(int code, const char *text, char *out)
{
    for (size_t i = 0; text != NULL && i < sizeof sayings / sizeof sayings[0];
         i++) {
        if (strcmp(text, sayings[i].said) == 0) {
            return _(sayings[i].means);
        }
    }
    if (code == 0) {
        return text;
    }
    if (text != NULL && strcmp(text, err_text(code)) != 0) {
        return trackertext(text, out, ERR_TEXT_MAX);
    }
    switch (code) {
    case P2P_ENOTLOGIN:
        return _("not logged in; use 'login USER'");
    case P2P_EACCES:
        return _("not authorised: this needs a role in the group that you do "
                 "not have; ask its owner");
    default:
        return _(err_text(code));
    }
}

void core_reply(struct core *c, uint64_t request, int code, const char *text)
{
    char out[ERR_TEXT_MAX];
    struct event *e;

    if (request == 0) {
        return; /* asked by the engine itself */
    }
    e = event_new(EVENT_REPLY);
    e->request = request;
    e->code = code;
    e->text = mem_strdup(explain(code, text, out));
    core_post(c, e);
}

void core_reply_rows(struct core *c, uint64_t request, struct rows *rows)
{
    struct event *e = event_new(EVENT_REPLY);

    e->request = request;
    e->rows = *rows;
    rows_init(rows, ROWS_NONE);
    core_post(c, e);
}

void core_notice(struct core *c, enum notice_level level, const char *group,
                 const char *name, const char *format, ...)
{
    struct event *e = event_new(EVENT_NOTICE);
    char text[ERR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    e->level = level;
    e->time = clock_wall();
    e->text = mem_strdup(text);
    e->group = mem_strdup(group);
    e->name = mem_strdup(name);
    log_trace("engine", "%s", text);
    core_post(c, e);
}

void core_post_rows(struct core *c, const char *group, const char *name,
                    struct rows *rows)
{
    struct event *e;

    if (!c->is_watched) {
        rows_close(rows);
        return;
    }
    e = event_new(EVENT_ROWS);
    e->group = mem_strdup(group);
    e->name = mem_strdup(name);
    e->rows = *rows;
    rows_init(rows, ROWS_NONE);
    core_post(c, e);
}

void core_post_session(struct core *c)
{
    struct event *e = event_new(EVENT_SESSION);
    struct event_session *s = &e->session;

    s->listen_port = c->server != NULL ? server_port(c->server) : 0;
    if (c->session != NULL) {
        s->connected = session_is_connected(c->session);
        s->tracker = mem_strdup(session_tracker(c->session));
        s->problem = mem_strdup(session_problem(c->session));
        s->trackers_up = (uint32_t)session_connected(c->session);
        s->trackers_total = (uint32_t)session_count(c->session);
    }
    s->user = mem_strdup(profile_user(c->profile));
    s->logged_in = s->user != NULL;
    core_post(c, e);
}

void core_add_field(struct rows *rows, const char *key, const char *label,
                    const char *value)
{
    struct row_field *f = rows_add(rows);

    f->key = mem_strdup(key);
    f->label = mem_strdup(label);
    f->value = mem_strdup(value != NULL ? value : "-");
}

void core_add_number(struct rows *rows, const char *key, const char *label,
                     uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    core_add_field(rows, key, label, text);
}

void core_ask_ended(struct core *c)
{
    c->asks--;
    c->on_ended(c);
}

void core_stir(struct core *c)
{
    if (!c->is_stopping && !c->tick_is_soon) {
        c->tick_is_soon = true;
        timer_start(c->tick, CORE_TICK_MS);
    }
}

void core_refresh_files_soon(struct core *c)
{
    if (c->is_watched && !c->is_stopping && !timer_is_running(c->files_timer)) {
        timer_start(c->files_timer, CORE_FILES_MS);
    }
}

static void on_plain_answer(void *arg, int code, const char *text,
                            json_t *result)
{
    struct core_request *r = arg;

    (void)result;
    core_reply(r->core, r->request, code, text);
    core_request_free(r);
}

void core_call_plain(struct core *c, uint64_t request, const char *method,
                     json_t *params)
{
    struct core_request *r = mem_calloc(1, sizeof *r);

    r->core = c;
    r->request = request;
    session_write(c->session, method, params, on_plain_answer, r);
}

struct core_request *core_request_new(struct core *c,
                                      const struct command *command)
{
    struct core_request *r = mem_calloc(1, sizeof *r);

    r->core = c;
    r->request = command->request;
    r->group = mem_strdup(command->group);
    r->name = mem_strdup(command->name);
    r->path = mem_strdup(command->path);
    r->text = mem_strdup(command->text);
    return r;
}

void core_request_free(struct core_request *r)
{
    if (r == NULL) {
        return;
    }
    free(r->group);
    free(r->name);
    free(r->path);
    free(r->text);
    free(r);
}

char *core_json_text(json_t *object, const char *key)
{
    return mem_strdup(json_string_value(json_object_get(object, key)));
}

int64_t core_json_integer(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

bool core_refuse_without_tracker(struct core *c, uint64_t request)
{
    if (c->session != NULL) {
        return false;
    }
    core_reply(c, request, P2P_ENOTRACKER,
               _("no tracker is known; name one with --tracker HOST:PORT"));
    return true;
}
