#include "config.h"

#include "engine/groupcmd.h"

#include <stdlib.h>
#include <string.h>

#include "engine/core.h"
#include "engine/session.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

/* ---- Answers into rows ------------------------------------------------- */

static enum group_role role_of(json_t *object)
{
    const char *word = json_string_value(json_object_get(object, "role"));
    int role = word != NULL ? group_role_from_word(word) : -1;

    return role < 0 ? GROUP_NONE : (enum group_role)role;
}

/* A text that may be missing or empty: NULL then. */
static char *known_text(json_t *object, const char *key)
{
    char *text = core_json_text(object, key);

    if (text != NULL && text[0] == '\0') {
        free(text);
        text = NULL;
    }
    return text;
}

/* The texts of an array, one a line; NULL when there is none. */
static char *lines_of(json_t *array)
{
    char *lines = NULL;
    json_t *one;
    size_t i;

    json_array_foreach(array, i, one)
    {
        const char *text = json_string_value(one);
        char *longer;

        if (text == NULL) {
            continue;
        }
        longer = lines == NULL ? mem_strdup(text)
                               : mem_printf("%s\n%s", lines, text);
        free(lines);
        lines = longer;
    }
    return lines;
}

static void fill_groups(json_t *result, struct rows *rows)
{
    struct row_group *g;
    json_t *one;
    size_t i;

    rows_init(rows, ROWS_GROUPS);
    json_array_foreach(json_object_get(result, "groups"), i, one)
    {
        g = rows_add(rows);
        g->name = core_json_text(one, "group");
        g->owner = core_json_text(one, "owner");
        g->note = core_json_text(one, "note");
        g->role = role_of(one);
        g->members = (uint32_t)core_json_integer(one, "members");
        g->online = (uint32_t)core_json_integer(one, "online");
        g->items = (uint32_t)core_json_integer(one, "items");
        g->requests = (uint32_t)core_json_integer(one, "requests");
        g->created = core_json_integer(one, "created");
        g->bytes = (uint64_t)core_json_integer(one, "bytes");
        g->key = known_text(one, "key");
    }
    rows_sort(rows, "name"); /* the tracker has them in no order */
}

static void fill_requests(json_t *result, struct rows *rows)
{
    struct row_request *r;
    json_t *one;
    size_t i;

    rows_init(rows, ROWS_REQUESTS);
    json_array_foreach(json_object_get(result, "requests"), i, one)
    {
        r = rows_add(rows);
        r->group = core_json_text(one, "group");
        r->user = core_json_text(one, "user");
        r->message = core_json_text(one, "message");
        r->time = core_json_integer(one, "time");
        r->created = core_json_integer(one, "created");
        r->common = lines_of(json_object_get(one, "common"));
    }
}

static void fill_members(json_t *result, struct rows *rows)
{
    struct row_member *m;
    json_t *one;
    size_t i;

    rows_init(rows, ROWS_MEMBERS);
    json_array_foreach(json_object_get(result, "members"), i, one)
    {
        m = rows_add(rows);
        m->user = core_json_text(one, "user");
        m->role = role_of(one);
        m->online = json_is_true(json_object_get(one, "online"));
        m->since = core_json_integer(one, "since");
        m->seen = core_json_integer(one, "seen");
        m->key = known_text(one, "key");
    }
}

/* A table that a command asked for, or (request 0) that a screen watches. */
static void deliver(struct core_request *r, int code, const char *text,
                    struct rows *rows)
{
    if (r->request != 0) {
        if (code != 0) {
            core_reply(r->core, r->request, code, text);
        } else {
            core_reply_rows(r->core, r->request, rows);
        }
    } else if (code == 0) {
        core_post_rows(r->core, r->group, NULL, rows);
    }
    core_request_free(r);
}

static void on_groups(void *arg, int code, const char *text, json_t *result)
{
    struct rows rows;

    fill_groups(result, &rows);
    deliver(arg, code, text, &rows);
    rows_close(&rows);
}

static void on_requests(void *arg, int code, const char *text, json_t *result)
{
    struct rows rows;

    fill_requests(result, &rows);
    deliver(arg, code, text, &rows);
    rows_close(&rows);
}

static void on_members(void *arg, int code, const char *text, json_t *result)
{
    struct rows rows;

    fill_members(result, &rows);
    deliver(arg, code, text, &rows);
    rows_close(&rows);
}

/* ---- Checks ------------------------------------------------------------ */

static bool refuse(struct core *c, const struct command *command,
                   bool needs_user)
{
    if (command->group == NULL || !text_is_name(command->group)) {
        core_reply(c, command->request, P2P_EINVAL,
                   _("a group name has 1 to 64 bytes of text, without control "
                     "or invisible characters and without blanks at its "
                     "ends"));
        return true;
    }
    if (needs_user && (command->user == NULL || command->user[0] == '\0')) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("name the user this is about"));
        return true;
    }
    return core_refuse_without_tracker(c, command->request);
}

static json_t *pack(const struct command *command, const char *text_key)
{
    json_t *params = json_pack("{s:s}", "group", command->group);

    if (command->user != NULL) {
        json_object_set_new(params, "user", json_string(command->user));
    }
    if (text_key != NULL && command->text != NULL) {
        json_object_set_new(params, text_key, json_string(command->text));
    }
    return params;
}

static void call(struct core *c, const struct command *command,
                 const char *method, const char *text_key, bool needs_user)
{
    if (!refuse(c, command, needs_user)) {
        core_call_plain(c, command->request, method, pack(command, text_key));
    }
}

/* ---- Commands ---------------------------------------------------------- */

void groupcmd_create(struct core *c, const struct command *command)
{
    call(c, command, "group.create", NULL, false);
}

void groupcmd_join(struct core *c, const struct command *command)
{
    call(c, command, "group.join", "message", false);
}

/* The tracker tells the others, not us. */
static void on_left(void *arg, int code, const char *text, json_t *result)
{
    struct core_request *r = arg;

    (void)result;
    if (code == 0) {
        r->core->on_group_lost(r->core, r->group);
    }
    core_reply(r->core, r->request, code, text);
    core_request_free(r);
}

void groupcmd_leave(struct core *c, const struct command *command)
{
    if (!refuse(c, command, false)) {
        session_write(c->session, "group.leave", pack(command, NULL), on_left,
                      core_request_new(c, command));
    }
}

void groupcmd_delete(struct core *c, const struct command *command)
{
    call(c, command, "group.delete", NULL, false);
}

void groupcmd_transfer(struct core *c, const struct command *command)
{
    call(c, command, "group.transfer", NULL, true);
}

void groupcmd_set_role(struct core *c, const struct command *command)
{
    call(c, command, "group.set_role", "role", true);
}

void groupcmd_remove_member(struct core *c, const struct command *command)
{
    call(c, command, "group.remove_member", NULL, true);
}

void groupcmd_accept(struct core *c, const struct command *command)
{
    call(c, command, "group.accept", "role", true);
}

void groupcmd_reject(struct core *c, const struct command *command)
{
    call(c, command, "group.reject", "reason", true);
}

static void list(struct core *c, const struct command *command, bool mine)
{
    if (core_refuse_without_tracker(c, command->request)) {
        return;
    }
    session_call(c->session, "group.list", json_pack("{s:b}", "mine", mine),
                 on_groups, core_request_new(c, command));
}

void groupcmd_list(struct core *c, const struct command *command)
{
    list(c, command, false);
}

void groupcmd_list_mine(struct core *c, const struct command *command)
{
    list(c, command, true);
}

void groupcmd_requests(struct core *c, const struct command *command)
{
    if (core_refuse_without_tracker(c, command->request)) {
        return;
    }
    session_call(c->session, "group.requests",
                 command->group != NULL
                     ? json_pack("{s:s}", "group", command->group)
                     : NULL,
                 on_requests, core_request_new(c, command));
}

void groupcmd_members(struct core *c, const struct command *command)
{
    if (refuse(c, command, false)) {
        return;
    }
    session_call(c->session, "group.members", pack(command, NULL), on_members,
                 core_request_new(c, command));
}

void groupcmd_refresh(struct core *c)
{
    static const struct command none = {0};

    if (!c->is_watched || c->session == NULL ||
        !session_is_logged_in(c->session)) {
        return;
    }
    session_call(c->session, "group.list", json_pack("{s:b}", "mine", false),
                 on_groups, core_request_new(c, &none));
    session_call(c->session, "group.requests", NULL, on_requests,
                 core_request_new(c, &none));
}

void groupcmd_refresh_members(struct core *c)
{
    struct command ask = {0};

    if (!c->is_watched || c->watched_group == NULL || c->session == NULL ||
        !session_is_logged_in(c->session)) {
        return;
    }
    ask.group = c->watched_group;
    session_call(c->session, "group.members", pack(&ask, NULL), on_members,
                 core_request_new(c, &ask));
}
