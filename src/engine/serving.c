#include "config.h"

#include "engine/serve_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/queue.h>
#include <unistd.h>

#include "engine/core.h"
#include "engine/dirscan.h"
#include "engine/disk.h"
#include "engine/group.h"
#include "engine/profile.h"
#include "engine/serve.h"
#include "engine/serveplan.h"
#include "engine/session.h"
#include "engine/transfer.h"
#include "engine/transferview.h"
#include "engine/uploadcmd.h"
#include "msgq/rows.h"
#include "net/loop.h"
#include "net/readable.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"
#include "util/state.h"
#include "wire/manifest.h"

#define TO(s) STATE_BIT(SERVING_##s)
static const struct state_rule serving_rules[] = {
    [SERVING_OFF] = {"off", TO(ASKING)},
    [SERVING_ASKING] = {"asking", TO(ON) | TO(OFF)},
    [SERVING_ON] = {"on", TO(OFF)},
};
#undef TO

/* Why a file is not settled. */
enum unsettled {
    UNSETTLED_CREATED = 1, /* nothing is in it yet, perhaps */
    UNSETTLED_WRITTEN,
};

/* One step of the plan. */
struct work {
    STAILQ_ENTRY(work) link; /* while it waits for its turn */
    struct serving *serving; /* NULL: given up */
    enum serveplan_act act;
    char *path;                 /* relative */
    struct storage_stamp stamp; /* both not for DROP */
    struct dirscan_rights rights;
    uint8_t hash[MANIFEST_HASH]; /* of the item before */
    bool has_old;
    uint64_t order; /* of uploadcmd */
};

/* A look at the directory, on a worker. */
struct scan {
    struct serving *serving; /* NULL: nobody wants it any more */
    char *top;
    int notify; /* a duplicate */
    atomic_bool is_cancelled;
    struct dirscan found;
    struct err err;
};

static void pump(struct serving *s);

/* ---- Answers ----------------------------------------------------------- */

static void reply_served(struct serving *s, uint64_t request)
{
    struct rows rows;

    rows_init(&rows, ROWS_FIELDS);
    core_add_field(&rows, "directory", _("Directory"), s->directory);
    core_add_field(&rows, "group", _("Group"), s->group);
    core_add_number(&rows, "files", _("Files"), s->files - s->refusals);
    core_add_number(&rows, "size", _("Size"), s->bytes);
    core_add_number(&rows, "refused", _("Not shared"), s->refusals);
    core_reply_rows(s->core, request, &rows);
}

void serving_answer(struct serving *s, int code, const char *text)
{
    struct wait *w;

    while (!STAILQ_EMPTY(&s->waits)) {
        w = STAILQ_FIRST(&s->waits);
        STAILQ_REMOVE_HEAD(&s->waits, link);
        if (code == 0) {
            reply_served(s, w->request);
        } else {
            core_reply(s->core, w->request, code, text);
        }
        free(w);
    }
}

/* ---- Looking ----------------------------------------------------------- */

static void scan_free(struct scan *n)
{
    if (n->notify >= 0) {
        close(n->notify);
    }
    dirscan_close(&n->found);
    free(n->top);
    free(n);
}

static void scan_drop(void *arg)
{
    scan_free(arg);
}

static void scan_work(void *arg)
{
    struct scan *n = arg;

    (void)dirscan_run(n->top, n->notify, &n->is_cancelled, &n->found, &n->err);
}

static void scan_done(void *arg);

/* Events wait in the kernel meanwhile: which directory a watch belongs to is
 * known when the scan is done. */
static void on_soon(void *arg)
{
    struct serving *s = arg;
    struct scan *n;

    if (s->state.now != SERVING_ON || s->serve->is_stopping) {
        return;
    }
    if (s->scan != NULL) {
        s->again = true;
        return;
    }
    n = mem_calloc(1, sizeof *n);
    n->serving = s;
    n->top = mem_strdup(s->directory);
    n->notify = s->notify >= 0 ? fcntl(s->notify, F_DUPFD_CLOEXEC, 0) : -1;
    s->scan = n;
    s->again = false;
    if (s->events != NULL) {
        readable_set(s->events, false);
    }
    disk_submit(s->core->port, &(struct disk_job){.work = scan_work,
                                                  .done = scan_done,
                                                  .drop = scan_drop,
                                                  .arg = n,
                                                  .class = DISK_NORMAL});
}

static void scan_soon(struct serving *s, int64_t delay_ms)
{
    if (s->state.now != SERVING_ON || s->serve->is_stopping) {
        return;
    }
    if (s->scan != NULL) {
        s->again = true;
    } else if (!timer_is_running(s->soon)) {
        timer_start(s->soon, delay_ms);
    }
}

/* ---- Events of inotify ------------------------------------------------- */

static void set_unsettled(struct serving *s, const char *path,
                          enum unsettled why)
{
    (void)map_put_text(s->unsettled, path, (void *)(uintptr_t)why);
}

/* A file appeared, is written, closed or gone. */
static void on_file_event(struct serving *s, const char *path, uint32_t mask)
{
    if (mask & IN_MODIFY) {
        set_unsettled(s, path, UNSETTLED_WRITTEN);
        return;
    }
    if (mask & IN_CREATE) {
        set_unsettled(s, path, UNSETTLED_CREATED);
    } else if (mask &
               (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)) {
        (void)map_remove_text(s->unsettled, path);
    }
    if (mask & (IN_MOVED_FROM | IN_DELETE)) {
        free(map_remove_text(s->refused, path));
    }
    scan_soon(s, SERVE_GATHER_MS);
}

static void on_event(struct serving *s, const struct inotify_event *e)
{
    const char *directory = map_get(s->watched, &e->wd, sizeof e->wd);
    char *path;

    if (e->mask & IN_Q_OVERFLOW) { /* who knows what is closed by now */
        map_free(s->unsettled, NULL);
        s->unsettled = map_new();
        scan_soon(s, SERVE_GATHER_MS);
        return;
    }
    if (e->mask & IN_IGNORED) {
        free(map_remove(s->watched, &e->wd, sizeof e->wd));
        return;
    }
    if (e->len > 0 && dirscan_is_ignored(e->name)) {
        return;
    }
    if (directory == NULL || e->len == 0 || (e->mask & IN_ISDIR)) {
        if (!(e->mask & IN_MODIFY)) {
            scan_soon(s, SERVE_GATHER_MS);
        }
        return;
    }
    path = directory[0] == '\0' ? mem_strdup(e->name)
                                : mem_printf("%s/%s", directory, e->name);
    on_file_event(s, path, e->mask);
    free(path);
}

static void on_events(void *arg)
{
    struct serving *s = arg;
    char buffer[16384]
        __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t got = read(s->notify, buffer, sizeof buffer);

    while (got > 0) {
        ssize_t at = 0;

        while (at < got) {
            const struct inotify_event *e = (const void *)(buffer + at);

            at += (ssize_t)(sizeof *e + e->len);
            on_event(s, e);
        }
        got = read(s->notify, buffer, sizeof buffer);
    }
}

/* ---- Steps ------------------------------------------------------------- */

static void work_free(struct work *w)
{
    free(w->path);
    free(w);
}

/* Remember that this file, as it is, cannot be shared; `text` says why. */
static void refuse(struct serving *s, const char *path,
                   const struct storage_stamp *stamp,
                   const struct dirscan_rights *rights, const char *text)
{
    const struct refusal why = {.stamp = *stamp, .rights = *rights};

    free(map_put_text(s->refused, path, mem_dup(&why, sizeof why)));
    log_info("serve", "%s/%s is not shared: %s", s->directory, path, text);
    if (s->notices < SERVE_NOTICES) {
        s->notices++;
        core_notice(s->core, NOTICE_WARNING, s->group, NULL,
                    _("%s is not shared: %s"), path, text);
    }
}

/* Will it work later without any change of the file? */
static bool is_passing(int code)
{
    return code == P2P_ENOTRACKER || code == P2P_EBUSY ||
           code == P2P_ETIMEDOUT || code == P2P_ECANCELED || code == P2P_EPIN ||
           code == P2P_ECLOSED || code == P2P_ENOTLOGIN ||
           code == P2P_ENOSPC; /* here, or at the tracker */
}

static void note_problem(struct serving *s, int code, const char *text)
{
    (void)err_set(&s->problem, code, "%s",
                  text != NULL ? text : _(err_text(code)));
    if (code == P2P_EBUSY || code == P2P_ETIMEDOUT) {
        scan_soon(s, SERVE_RETRY_MS);
    }
}

/* Take the work out of the list; NULL when its serving is gone. */
static struct serving *work_ended(struct work *w)
{
    struct serving *s = w->serving;

    if (s == NULL) {
        work_free(w);
        return NULL;
    }
    (void)map_remove_text(s->working, w->path);
    return s;
}

static void tell_shared(struct serving *s, const struct work *w)
{
    if (s->is_settled) {
        core_notice(s->core, NOTICE_DONE, s->group, NULL,
                    _("%s is shared with %s"), w->path, s->group);
    }
}

static void on_shared(void *arg, int code, const char *text)
{
    struct work *w = arg;
    struct serving *s = work_ended(w);

    if (s == NULL) {
        return;
    }
    if (code == 0) {
        tell_shared(s, w);
    } else if (code == P2P_EVERIFY || code == P2P_ENOENT) {
        scan_soon(s, SERVE_RETRY_MS); /* it changed while it was hashed */
    } else if (is_passing(code)) {
        note_problem(s, code, text);
    } else {
        refuse(s, w->path, &w->stamp, &w->rights, text);
        s->refusals++;
    }
    work_free(w);
    pump(s);
}

static void on_dropped(void *arg, int code, const char *text, json_t *result)
{
    struct work *w = arg;
    struct serving *s = work_ended(w);
    struct transfer *t;

    (void)result;
    if (s == NULL) {
        return;
    }
    t = transfer_find_hash(s->core, w->hash);
    /* Somebody else's item is only forgotten here. */
    if (code != 0 && code != P2P_ENOENT && code != P2P_EACCES) {
        note_problem(s, code, text);
    } else if (t != NULL) {
        transfer_remove(t, false, 0);
        core_notice(s->core, NOTICE_INFO, s->group, NULL,
                    _("%s is gone and withdrawn from %s"), w->path, s->group);
    }
    work_free(w);
    pump(s);
}

/* The file may have been opened for writing since the plan was made. */
static bool is_wanted(void *arg)
{
    const struct work *w = arg;

    return w->serving != NULL && map_get_text(w->serving->unsettled, w->path) !=
                                     (void *)(uintptr_t)UNSETTLED_WRITTEN;
}

/* False when it cannot begin now. */
static bool start_sharing(struct serving *s, struct work *w)
{
    char *path = mem_printf("%s/%s", s->directory, w->path);
    char *name = serveplan_item_name(w->path);
    struct uploadcmd_order order = {
        .group = s->group,
        .path = path,
        .top = s->directory,
        .name = name,
        .replaces = w->has_old ? w->hash : NULL,
        .is_wanted = is_wanted,
        .on_end = on_shared,
        .arg = w,
    };

    w->order = uploadcmd_order(s->core, &order);
    free(name);
    free(path);
    return w->order != 0;
}

static bool start_dropping(struct serving *s, struct work *w)
{
    char *name = serveplan_item_name(w->path);
    char hash[2 * MANIFEST_HASH + 1];

    hex_encode(w->hash, MANIFEST_HASH, hash);
    session_write(s->core->session, "item.unpublish",
                  json_pack("{s:s,s:s,s:s}", "group", s->group, "name", name,
                            "hash", hash),
                  on_dropped, w);
    free(name);
    return true;
}

static size_t count_work(const struct serving *s)
{
    return map_count(s->working);
}

/* Nothing is left to do: that is what a "serve" waits for. */
static void settle(struct serving *s)
{
    if (s->scan != NULL || timer_is_running(s->soon) || count_work(s) > 0 ||
        s->state.now != SERVING_ON) {
        return;
    }
    if (s->problem.code != 0) {
        serving_answer(s, s->problem.code, s->problem.text);
        return;
    }
    if (!s->is_settled) {
        s->is_settled = true;
        core_notice(s->core, NOTICE_DONE, s->group, NULL,
                    ngettext("%u file of %s is served to %s",
                             "%u files of %s are served to %s",
                             s->files - s->refusals),
                    s->files - s->refusals, s->directory, s->group);
    }
    serving_answer(s, 0, NULL);
}

static void pump(struct serving *s)
{
    while (!STAILQ_EMPTY(&s->queue) && count_work(s) < SERVE_PARALLEL &&
           s->state.now == SERVING_ON && !s->serve->is_stopping) {
        struct work *w = STAILQ_FIRST(&s->queue);
        bool has_begun = false;

        STAILQ_REMOVE_HEAD(&s->queue, link);
        (void)map_put_text(s->working, w->path, w);
        if (s->core->session != NULL) {
            has_begun = w->act == SERVEPLAN_DROP ? start_dropping(s, w)
                                                 : start_sharing(s, w);
        }
        if (!has_begun) {
            (void)map_remove_text(s->working, w->path);
            work_free(w);
            note_problem(s, P2P_ENOTRACKER, NULL);
        }
    }
    if (STAILQ_EMPTY(&s->queue) && count_work(s) == 0 && s->again) {
        s->again = false;
        scan_soon(s, SERVE_GATHER_MS);
    }
    settle(s);
}

/* ---- The plan ---------------------------------------------------------- */

static bool is_as_refused(const struct refusal *before,
                          const struct dirscan_file *now)
{
    return storage_stamp_equal(&before->stamp, &now->stamp) &&
           (before->is_unpublished ||
            dirscan_same_rights(&before->rights, &now->rights));
}

static bool is_held(void *arg, const struct dirscan_file *file)
{
    struct serving *s = arg;
    uintptr_t why = (uintptr_t)map_get_text(s->unsettled, file->path);
    const struct refusal *before = map_get_text(s->refused, file->path);
    char *name;

    if (why == UNSETTLED_WRITTEN ||
        (why == UNSETTLED_CREATED && file->stamp.size == 0)) {
        return true;
    }
    if (before != NULL) {
        if (is_as_refused(before, file)) {
            s->refusals++;
            return true;
        }
        free(map_remove_text(s->refused, file->path));
    }
    name = serveplan_item_name(file->path);
    if (name == NULL) {
        refuse(s, file->path, &file->stamp, &file->rights,
               _("no file of a group may have this name"));
        s->refusals++;
        return true;
    }
    free(name);
    return false;
}

/* The path in the directory when this item is one of its files, or NULL. */
char *serving_path_of(const struct serving *s, const struct transfer *t)
{
    char *path, *name;
    bool is_ours;

    if (!transfer_was_complete(t) || transfer_is_going(t) ||
        strcmp(transfer_group(t), s->group) != 0) {
        return NULL;
    }
    path = serveplan_path_in(s->directory, transfer_directory(t),
                             transfer_file_name(t));
    name = path != NULL ? serveplan_item_name(path) : NULL;
    is_ours = name != NULL && strcmp(name, transfer_name(t)) == 0;
    free(name);
    if (!is_ours) {
        free(path);
        return NULL;
    }
    return path;
}

/* Call `act` for each item that is a file of the directory. */
void serving_each_item(struct serving *s,
                       void (*act)(void *arg, struct transfer *t, char *path),
                       void *arg)
{
    struct transfer *t;
    size_t cursor = 0;
    char *path;

    for (t = map_next(s->core->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(s->core->transfers, &cursor, NULL, NULL)) {
        path = serving_path_of(s, t);
        if (path != NULL) {
            act(arg, t, path);
        }
    }
}

struct haves {
    struct serveplan_have *list;
    size_t count;
};

static void add_have(void *arg, struct transfer *t, char *path)
{
    struct haves *h = arg;

    transfer_set_origin(t, true);
    h->list[h->count++] = (struct serveplan_have){
        .path = path,
        .stamp = transfer_is_lost(t) ? NULL : transfer_stamps(t),
        .arg = t,
    };
}

static void add_step(struct serving *s, const struct serveplan_step *step)
{
    struct work *w;

    if (map_get_text(s->working, step->path) != NULL) {
        s->again = true; /* it changes again */
        return;
    }
    w = mem_calloc(1, sizeof *w);
    w->serving = s;
    w->act = step->act;
    w->path = mem_strdup(step->path);
    if (step->file != NULL) {
        w->stamp = step->file->stamp;
        w->rights = step->file->rights;
    }
    if (step->have != NULL) {
        w->has_old = true;
        memcpy(w->hash, transfer_hash(step->have->arg), sizeof w->hash);
    }
    STAILQ_INSERT_TAIL(&s->queue, w, link);
}

static void drop_queue(struct serving *s)
{
    struct work *w;

    while (!STAILQ_EMPTY(&s->queue)) {
        w = STAILQ_FIRST(&s->queue);
        STAILQ_REMOVE_HEAD(&s->queue, link);
        work_free(w);
    }
}

static void make_plan(struct serving *s, const struct dirscan *found)
{
    struct haves haves = {
        mem_calloc(map_count(s->core->transfers) + 1, sizeof *haves.list), 0};
    struct serveplan_input in = {.found = found, .is_held = is_held, .arg = s};
    struct serveplan_step *steps;
    size_t count, i;

    s->files = (unsigned)found->file_count;
    s->refusals = 0;
    s->bytes = 0;
    for (i = 0; i < found->file_count; i++) {
        s->bytes += found->files[i].stamp.size;
    }
    memset(&s->problem, 0, sizeof s->problem);
    serving_each_item(s, add_have, &haves);
    in.have = haves.list;
    in.have_count = haves.count;
    steps = serveplan_make(&in, &count);
    drop_queue(s); /* the new plan holds all of the old one */
    for (i = 0; i < count; i++) {
        add_step(s, &steps[i]);
    }
    free(steps);
    for (i = 0; i < haves.count; i++) {
        free((void *)(uintptr_t)haves.list[i].path);
    }
    free(haves.list);
}

/* ---- On and off -------------------------------------------------------- */

/* Which watch belongs to which directory; what is no longer there is not
 * watched any more. */
static void take_watches(struct serving *s, const struct dirscan *found)
{
    struct map *old = s->watched;
    const void *key;
    size_t cursor = 0, i;
    char *path;

    s->watched = map_new();
    for (i = 0; i < found->dir_count; i++) {
        const struct dirscan_dir *d = &found->dirs[i];

        free(map_put(s->watched, &d->watch, sizeof d->watch,
                     mem_strdup(d->path)));
    }
    for (path = map_next(old, &cursor, &key, NULL); path != NULL;
         path = map_next(old, &cursor, &key, NULL)) {
        int watch;

        memcpy(&watch, key, sizeof watch);
        if (map_get(s->watched, &watch, sizeof watch) == NULL) {
            (void)inotify_rm_watch(s->notify, watch);
        }
    }
    map_free(old, free);
}

/* What is known of files ends with them: their directory may have been moved
 * away, without an event for each. After a partial look nobody can tell. */
static void forget_gone(struct map *m, const struct dirscan *found,
                        void (*drop)(void *value))
{
    const void *key;
    size_t cursor = 0, length;
    void *value;

    if (found->is_partial) {
        return;
    }
    for (value = map_next(m, &cursor, &key, &length); value != NULL;
         value = map_next(m, &cursor, &key, &length)) {
        char *path = mem_strndup(key, length);

        if (dirscan_find(found, path) == NULL) {
            (void)map_remove_text(m, path);
            if (drop != NULL) {
                drop(value);
            }
        }
        free(path);
    }
}

static void tell_limits(struct serving *s, const struct dirscan *found)
{
    if (s->told_limits) {
        return;
    }
    if (found->is_unwatched) {
        s->told_limits = true;
        core_notice(s->core, NOTICE_WARNING, s->group, NULL,
                    _("Not every change in %s is seen: this system watches no "
                      "more directories (fs.inotify.max_user_watches)"),
                    s->directory);
    }
    if (found->file_count == DIRSCAN_FILES_MAX) {
        s->told_limits = true;
        core_notice(s->core, NOTICE_WARNING, s->group, NULL,
                    _("%s holds too many files; %d of them are served"),
                    s->directory, DIRSCAN_FILES_MAX);
    }
}

/* Orders that are under way end by themselves, and find nobody. */
static void give_up_work(struct serving *s)
{
    struct work *w;
    size_t cursor = 0;

    drop_queue(s);
    for (w = map_next(s->working, &cursor, NULL, NULL); w != NULL;
         w = map_next(s->working, &cursor, NULL, NULL)) {
        (void)map_remove_text(s->working, w->path);
        w->serving = NULL;
        if (w->order != 0) {
            (void)uploadcmd_cancel(s->core, w->order); /* frees it, or later */
        } else {
            session_forget(s->core->session, w);
            work_free(w);
        }
    }
}

void serving_turn_off(struct serving *s)
{
    if (s->state.now == SERVING_ASKING) {
        group_forget_waiter(s->core, s);
    }
    if (s->state.now != SERVING_OFF) {
        state_move(&s->state, SERVING_OFF);
    }
    timer_stop(s->soon);
    if (s->scan != NULL) {
        atomic_store(&s->scan->is_cancelled, true);
        s->scan->serving = NULL;
        s->scan = NULL;
    }
    give_up_work(s);
    readable_free(s->events);
    s->events = NULL;
    if (s->notify >= 0) {
        close(s->notify);
        s->notify = -1;
    }
    map_free(s->watched, free);
    map_free(s->unsettled, NULL);
    s->watched = map_new();
    s->unsettled = map_new();
    s->again = false;
}

static void scan_done(void *arg)
{
    struct scan *n = arg;
    struct serving *s = n->serving;

    if (s == NULL) {
        scan_free(n);
        return;
    }
    s->scan = NULL;
    if (n->err.code != 0) { /* nothing is withdrawn: it may be a disk that is
                               not mounted */
        core_notice(s->core, NOTICE_ERROR, s->group, NULL,
                    _("%s is not followed any more: %s"), s->directory,
                    n->err.text);
        serving_answer(s, n->err.code, n->err.text);
        serving_turn_off(s);
        scan_free(n);
        return;
    }
    take_watches(s, &n->found);
    forget_gone(s->refused, &n->found, free);
    forget_gone(s->unsettled, &n->found, NULL);
    tell_limits(s, &n->found);
    if (s->events != NULL) {
        readable_set(s->events, true);
        on_events(s); /* what came meanwhile: is anything being written? */
    }
    make_plan(s, &n->found);
    scan_free(n);
    pump(s);
}

void serving_mark_origin(void *arg, struct transfer *t, char *path)
{
    (void)arg;
    free(path);
    transfer_set_origin(t, true);
}

static void turn_on(struct serving *s)
{
    int rv;

    state_move(&s->state, SERVING_ON);
    serving_each_item(s, serving_mark_origin, NULL);
    s->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    rv = s->notify >= 0
             ? readable_new(s->core->loop, s->notify, on_events, s, &s->events)
             : err_from_errno(errno);
    if (rv < 0) {
        core_notice(s->core, NOTICE_WARNING, s->group, NULL,
                    _("Changes in %s are not seen: %s"), s->directory,
                    _(err_text(rv)));
    }
    scan_soon(s, 0);
}

static void on_group(void *arg, int code, const char *text, struct group *g)
{
    struct serving *s = arg;

    (void)g;
    if (code != 0) {
        state_move(&s->state, SERVING_OFF);
        serving_answer(s, code, text);
        if (code == P2P_EACCES || code == P2P_ENOENT) {
            serve_forget(s); /* no such group, or not ours */
        }
        return;
    }
    turn_on(s);
}

/* Begin, or look again. */
void serving_wake(struct serving *s)
{
    const char *user_id = profile_user_id(s->core->profile);

    if (user_id == NULL || strcmp(user_id, s->user_id) != 0) {
        serving_answer(s, P2P_ENOTLOGIN, _("log in first: 'login USER'"));
    } else if (s->state.now == SERVING_OFF) {
        state_move(&s->state, SERVING_ASKING);
        group_need(s->core, s->group, on_group, s);
    } else if (s->state.now == SERVING_ON) {
        scan_soon(s, 0);
    }
}

/* ---- Life -------------------------------------------------------------- */

struct serving *serving_new(struct serve *v, const char *user_id,
                            const char *group, const char *directory)
{
    struct serving *s = mem_calloc(1, sizeof *s);

    s->serve = v;
    s->core = v->core;
    s->user_id = mem_strdup(user_id);
    s->group = mem_strdup(group);
    s->directory = mem_strdup(directory);
    state_init(&s->state, serving_rules, "serving", SERVING_OFF);
    s->notify = -1;
    s->watched = map_new();
    s->unsettled = map_new();
    s->refused = map_new();
    s->working = map_new();
    STAILQ_INIT(&s->queue);
    STAILQ_INIT(&s->waits);
    s->soon = timer_new(v->core->loop, on_soon, s);
    LIST_INSERT_HEAD(&v->all, s, link);
    return s;
}

void serving_free(struct serving *s)
{
    serving_answer(s, P2P_ECANCELED, _("stopped"));
    serving_turn_off(s);
    LIST_REMOVE(s, link);
    timer_free(s->soon);
    map_free(s->watched, free);
    map_free(s->unsettled, NULL);
    map_free(s->refused, free);
    map_free(s->working, NULL);
    free(s->user_id);
    free(s->group);
    free(s->directory);
    free(s);
}
