#include "config.h"

#include "tui/cluster_state.h"

#include <stdlib.h>
#include <string.h>

#include "tui/ui.h"
#include "util/mem.h"

struct cluster_view *cluster_state_new(void)
{
    return mem_calloc(1, sizeof(struct cluster_view));
}

static void free_backlogs(struct cluster_backlog *list, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        free(list[i].address);
    }
    free(list);
}

void cluster_state_free(struct cluster_view *v)
{
    if (v == NULL) {
        return;
    }
    free_backlogs(v->backlogs, v->backlog_count);
    free(v->filter);
    free(v->tracker);
    free(v->copied);
    free(v->trackers);
    free(v->events);
    free(v);
}

struct cluster_view *cluster_state(const struct ui *ui)
{
    return ui->view_state[VIEW_CLUSTER];
}

/* ---- Rows ------------------------------------------------------------- */

const struct row_tracker *cluster_find(const struct ui *ui, const char *address)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRACKERS);
    size_t i;

    for (i = 0; address != NULL && i < r->count; i++) {
        if (r->trackers[i].address != NULL &&
            strcmp(r->trackers[i].address, address) == 0) {
            return &r->trackers[i];
        }
    }
    return NULL;
}

static void build_trackers(struct ui *ui)
{
    struct cluster_view *v = cluster_state(ui);
    const struct rows *r = model_rows(&ui->model, ROWS_TRACKERS);
    int count = 0;
    size_t i;

    v->trackers = mem_resize(v->trackers, r->count + 1, sizeof(*v->trackers));
    for (i = 0; i < r->count; i++) {
        if (r->trackers[i].address != NULL &&
            (v->filter == NULL ||
             list_matches(r->trackers[i].address, v->filter))) {
            v->trackers[count++] = &r->trackers[i];
        }
    }
    v->counts[CLUSTER_TRACKERS] = count;
}

bool cluster_is_event(const struct model_notice *n)
{
    return n->group == NULL && n->name != NULL;
}

static void build_events(struct ui *ui)
{
    struct cluster_view *v = cluster_state(ui);
    int total = (int)ui->model.notice_count;
    int i, count = 0;

    v->events = mem_resize(v->events, (size_t)total + 1, sizeof(*v->events));
    for (i = 0; i < total; i++) {
        if (cluster_is_event(model_notice(&ui->model, (size_t)i))) {
            v->events[count++] = i;
        }
    }
    v->counts[CLUSTER_EVENTS] = count;
    list_clamp(&v->lists[CLUSTER_EVENTS], count);
}

/* ---- Catching up ------------------------------------------------------ */

static const struct cluster_backlog *find_backlog(const struct cluster_view *v,
                                                  const char *address)
{
    int i;

    for (i = 0; i < v->backlog_count; i++) {
        if (strcmp(v->backlogs[i].address, address) == 0) {
            return &v->backlogs[i];
        }
    }
    return NULL;
}

static void keep_backlogs(struct ui *ui)
{
    struct cluster_view *v = cluster_state(ui);
    const struct rows *r = model_rows(&ui->model, ROWS_TRACKERS);
    struct cluster_backlog *kept = mem_calloc(r->count + 1, sizeof(*kept));
    int count = 0;
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct row_tracker *t = &r->trackers[i];
        int64_t behind = t->figures[TRACKER_BEHIND];
        const struct cluster_backlog *old;

        if (t->address == NULL || !t->connected || behind <= 0) {
            continue;
        }
        old = find_backlog(v, t->address);
        kept[count].address = mem_strdup(t->address);
        kept[count].most = behind;
        kept[count].most_ms = ui->now_ms;
        if (old != NULL && old->most >= behind) {
            kept[count].most = old->most;
            kept[count].most_ms = old->most_ms;
        }
        count++;
    }
    free_backlogs(v->backlogs, v->backlog_count);
    v->backlogs = kept;
    v->backlog_count = count;
}

const struct cluster_backlog *cluster_backlog(const struct ui *ui,
                                              const struct row_tracker *t)
{
    return find_backlog(cluster_state(ui), t->address);
}

/* ---- What is chosen --------------------------------------------------- */

static void set_tracker(struct cluster_view *v, const char *address)
{
    char *copy = mem_strdup(address);

    free(v->tracker);
    v->tracker = copy;
}

const struct row_tracker *cluster_state_tracker(const struct ui *ui)
{
    const struct cluster_view *v = cluster_state(ui);
    int row = v->lists[CLUSTER_TRACKERS].row;

    return row < 0 || row >= v->counts[CLUSTER_TRACKERS] ? NULL
                                                         : v->trackers[row];
}

void cluster_state_follow(struct ui *ui)
{
    const struct row_tracker *t = cluster_state_tracker(ui);

    set_tracker(cluster_state(ui), t == NULL ? NULL : t->address);
}

/* When the chosen one is gone, its neighbour takes its place. */
static void keep_chosen(struct ui *ui)
{
    struct cluster_view *v = cluster_state(ui);
    struct list *l = &v->lists[CLUSTER_TRACKERS];
    int i;

    for (i = 0; i < v->counts[CLUSTER_TRACKERS] && v->tracker != NULL; i++) {
        if (strcmp(v->trackers[i]->address, v->tracker) == 0) {
            l->row = i;
            return;
        }
    }
    list_clamp(l, v->counts[CLUSTER_TRACKERS]);
    cluster_state_follow(ui);
}

void cluster_state_update(struct ui *ui)
{
    build_trackers(ui);
    build_events(ui);
    keep_backlogs(ui);
    keep_chosen(ui);
}

enum cluster_pane cluster_state_list(const struct cluster_view *v)
{
    return v->focus == CLUSTER_EVENTS ? CLUSTER_EVENTS : CLUSTER_TRACKERS;
}

/* ---- All together ----------------------------------------------------- */

static bool is_leader(const struct row_tracker *t)
{
    return t->connected && t->role != NULL && strcmp(t->role, "leader") == 0;
}

static bool holds(const struct row_tracker *t, const struct cluster_facts *f)
{
    return t->connected && t->figures[TRACKER_LOG_INDEX] == f->log &&
           t->figures[TRACKER_TERM] == f->term &&
           t->figures[TRACKER_BEHIND] == 0;
}

static void add_facts(struct cluster_facts *f, const struct row_tracker *t)
{
    int64_t term = t->figures[TRACKER_TERM];

    f->up += t->connected ? 1 : 0;
    f->behind = f->behind || (t->connected && t->figures[TRACKER_BEHIND] > 0);
    f->log = t->figures[TRACKER_LOG_INDEX] > f->log
                 ? t->figures[TRACKER_LOG_INDEX]
                 : f->log;
    f->replicated = f->replicated || term >= 0 ||
                    t->figures[TRACKER_LOG_INDEX] >= 0 ||
                    (t->role != NULL && strcmp(t->role, "alone") != 0);
    if (is_leader(t) && term >= f->term) { /* an old one may not know yet */
        f->leader = t;
    }
    f->term = term > f->term ? term : f->term;
    if (f->down == NULL && !t->connected && t->problem != NULL) {
        f->down = t;
    }
}

struct cluster_facts cluster_facts(const struct ui *ui)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRACKERS);
    struct cluster_facts f = {
        .total = (unsigned)r->count, .term = -1, .log = -1};
    size_t i;

    for (i = 0; i < r->count; i++) {
        add_facts(&f, &r->trackers[i]);
    }
    f.needed = f.total / 2 + 1;
    f.agree = f.replicated && f.log >= 0;
    for (i = 0; i < r->count; i++) {
        f.agree = f.agree && holds(&r->trackers[i], &f);
    }
    return f;
}

const struct row_tracker *cluster_source(const struct ui *ui)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRACKERS);
    struct cluster_facts f = cluster_facts(ui);
    const struct row_tracker *found = NULL;
    size_t i;

    if (!f.replicated && f.total > 1) {
        return cluster_state_tracker(ui);
    }
    for (i = 0; i < r->count; i++) {
        const struct row_tracker *t = &r->trackers[i];

        if (t->figures[TRACKER_USERS] >= 0 &&
            (found == NULL || t->is_primary)) {
            found = t;
        }
    }
    return found != NULL || r->count == 0 ? found : &r->trackers[0];
}
