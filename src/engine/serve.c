#include "config.h"

#include "engine/serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core.h"
#include "engine/profile.h"
#include "engine/serve_parts.h"
#include "engine/servelist.h"
#include "engine/serveplan.h"
#include "engine/storage.h"
#include "engine/transfer.h"
#include "engine/transferview.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"
#include "util/text.h"

/* ---- The list ---------------------------------------------------------- */

static int save(struct serve *v, struct err *e)
{
    struct servelist_entry *list;
    struct serving *s;
    size_t count = 0, n = 0;
    int rv;

    LIST_FOREACH(s, &v->all, link)
    {
        count++;
    }
    list = mem_calloc(count + 1, sizeof *list);
    LIST_FOREACH(s, &v->all, link)
    {
        list[n++] =
            (struct servelist_entry){s->user_id, s->group, s->directory};
    }
    rv = servelist_save(v->core->state_dir, list, count, e);
    free(list);
    return rv;
}

struct serve *serve_new(struct core *c)
{
    struct serve *v = mem_calloc(1, sizeof *v);

    v->core = c;
    LIST_INIT(&v->all);
    return v;
}

void serve_free(struct serve *v)
{
    if (v == NULL) {
        return;
    }
    while (!LIST_EMPTY(&v->all)) {
        serving_free(LIST_FIRST(&v->all));
    }
    free(v);
}

static struct serving *find(struct serve *v, const char *group,
                            const char *directory)
{
    struct serving *s;

    LIST_FOREACH(s, &v->all, link)
    {
        if (strcmp(s->directory, directory) == 0 &&
            (group == NULL || strcmp(s->group, group) == 0)) {
            return s;
        }
    }
    return NULL;
}

void serve_load(struct serve *v)
{
    struct servelist_entry *list = NULL;
    struct err e = {0};
    struct serving *s;
    size_t count = 0, i;

    if (servelist_load(v->core->state_dir, &list, &count, &e) < 0) {
        log_warn("serve", "%s", e.text);
        return;
    }
    for (i = 0; i < count; i++) {
        s = serving_new(v, list[i].user_id, list[i].group, list[i].directory);
        serving_each_item(s, serving_mark_origin, NULL);
        serving_wake(s);
    }
    servelist_free(list, count);
}

/* ---- Commands ---------------------------------------------------------- */

/* The one name of a directory, or a code. */
static int resolve(const char *path, char **out, struct err *e)
{
    *out = realpath(path, NULL);
    if (*out == NULL) {
        return err_set_errno(e, errno, _("cannot serve %s"), path);
    }
    if (!text_is_utf8(*out, strlen(*out))) {
        free(*out);
        return err_set(e, P2P_EINVAL, _("the path is not valid UTF-8"));
    }
    return 0;
}

static bool holds_secrets(const struct core *c, const char *directory)
{
    char *state = realpath(c->state_dir, NULL);
    bool holds = state != NULL && serveplan_holds_secrets(state, directory);

    free(state);
    return holds;
}

/* Everything of a directory that was stopped goes on, too. */
static void resume(void *arg, struct transfer *t, char *path)
{
    (void)arg;
    free(path);
    if (transfer_state(t) == TRANSFER_STOPPED) {
        transfer_resume(t, 0);
    }
}

/* What the user who is logged in serves. */
static struct serving *find_own(struct serve *v, const char *group,
                                const char *directory)
{
    const char *user_id = profile_user_id(v->core->profile);
    struct serving *s;

    LIST_FOREACH(s, &v->all, link)
    {
        if (strcmp(s->user_id, user_id) == 0 && strcmp(s->group, group) == 0 &&
            strcmp(s->directory, directory) == 0) {
            return s;
        }
    }
    return NULL;
}

static void start_serving(struct core *c, const struct command *command,
                          const char *directory)
{
    struct serve *v = c->serve;
    struct serving *s = find_own(v, command->group, directory);
    struct wait *w;
    struct err e = {0};

    if (s == NULL) {
        s = serving_new(v, profile_user_id(c->profile), command->group,
                        directory);
        if (save(v, &e) < 0) {
            serving_free(s);
            core_reply(c, command->request, e.code, e.text);
            return;
        }
    }
    w = mem_calloc(1, sizeof *w);
    w->request = command->request;
    STAILQ_INSERT_TAIL(&s->waits, w, link);
    serving_each_item(s, resume, NULL);
    serving_wake(s);
}

void serve_command(struct core *c, const struct command *command)
{
    struct err e = {0};
    char *directory;

    if (command->path == NULL || command->group == NULL) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("serve needs a directory and a group"));
        return;
    }
    if (core_refuse_without_tracker(c, command->request)) {
        return;
    }
    if (profile_user_id(c->profile) == NULL) {
        core_reply(c, command->request, P2P_ENOTLOGIN,
                   _("log in first: 'login USER'"));
        return;
    }
    if (resolve(command->path, &directory, &e) < 0) {
        core_reply(c, command->request, e.code, e.text);
        return;
    }
    if (holds_secrets(c, directory)) {
        core_reply(c, command->request, P2P_EINVAL,
                   _("that directory holds the keys of p2ptui; serve another "
                     "one"));
    } else {
        start_serving(c, command, directory);
    }
    free(directory);
}

static void stop_item(void *arg, struct transfer *t, char *path)
{
    (void)arg;
    free(path);
    transfer_set_origin(t, false);
    transfer_stop(t, 0);
}

void serve_end_command(struct core *c, const struct command *command)
{
    char *directory =
        command->path != NULL ? realpath(command->path, NULL) : NULL;
    const char *path = directory != NULL ? directory : command->path;
    struct serving *s =
        path != NULL ? find(c->serve, command->group, path) : NULL;
    struct err e = {0};
    char text[ERR_TEXT_MAX];

    if (s == NULL) {
        (void)snprintf(text, sizeof text, _("%s is not served"),
                       path != NULL ? path : "?");
        core_reply(c, command->request, P2P_ENOENT, text);
    }
    while (s != NULL) {
        serving_turn_off(s);
        serving_each_item(s, stop_item, NULL);
        serving_free(s);
        s = find(c->serve, command->group, path);
        if (s == NULL) {
            (void)save(c->serve, &e);
            core_reply(c, command->request, e.code, e.text);
        }
    }
    free(directory);
}

bool serve_cancel_wait(struct serve *v, uint64_t request)
{
    struct serving *s;
    struct wait *w;

    LIST_FOREACH(s, &v->all, link)
    {
        STAILQ_FOREACH(w, &s->waits, link)
        {
            if (w->request == request) {
                STAILQ_REMOVE(&s->waits, w, wait, link);
                free(w);
                core_reply(v->core, request, P2P_ECANCELED, _("canceled"));
                return true;
            }
        }
    }
    return false;
}

/* ---- Events ------------------------------------------------------------ */

void serve_session_ready(struct serve *v)
{
    struct serving *s, *next;

    for (s = LIST_FIRST(&v->all); s != NULL; s = next) {
        next = LIST_NEXT(s, link);
        serving_wake(s);
    }
}

void serve_forget(struct serving *s)
{
    struct serve *v = s->serve;
    struct err e = {0};

    log_info("serve", "%s is not served to %s any more", s->directory,
             s->group);
    serving_free(s);
    if (save(v, &e) < 0) {
        log_warn("serve", "%s", e.text);
    }
}

void serve_user_changed(struct serve *v)
{
    struct serving *s;

    LIST_FOREACH(s, &v->all, link)
    {
        serving_answer(s, P2P_ECANCELED, _("nobody is logged in"));
        serving_turn_off(s);
        s->is_settled = false;
    }
}

void serve_group_lost(struct serve *v, const char *group)
{
    struct serving *s, *next;
    struct err e = {0};
    bool any = false;

    for (s = LIST_FIRST(&v->all); s != NULL; s = next) {
        next = LIST_NEXT(s, link);
        if (strcmp(s->group, group) == 0) {
            core_notice(v->core, NOTICE_WARNING, group, NULL,
                        _("%s is not served any more: you are not in %s"),
                        s->directory, group);
            serving_free(s);
            any = true;
        }
    }
    if (any && save(v, &e) < 0) {
        log_warn("serve", "%s", e.text);
    }
}

bool serve_unpublished(struct serve *v, const uint8_t hash[32])
{
    struct transfer *t = transfer_find_hash(v->core, hash);
    const struct storage_stamp *stamps;
    struct serving *s;
    char *path;
    bool is_ours;

    LIST_FOREACH(s, &v->all, link)
    {
        path = t != NULL ? serving_path_of(s, t) : NULL;
        if (path == NULL) {
            continue;
        }
        is_ours = map_get_text(s->working, path) != NULL;
        stamps = transfer_stamps(t);
        if (!is_ours && stamps != NULL) {
            /* Somebody took it out of the group: it does not come back as
             * long as it is the same file. */
            const struct refusal why = {.stamp = *stamps,
                                        .is_unpublished = true};

            free(map_put_text(s->refused, path, mem_dup(&why, sizeof why)));
        }
        free(path);
        return is_ours;
    }
    return false;
}

void serve_stop(struct serve *v)
{
    struct serving *s;

    v->is_stopping = true;
    LIST_FOREACH(s, &v->all, link)
    {
        serving_answer(s, P2P_ECANCELED, _("p2ptui is stopping"));
        serving_turn_off(s);
    }
}
