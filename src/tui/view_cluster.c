#include "config.h"

#include "tui/view_cluster.h"

#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/cluster_draw.h"
#include "tui/cluster_state.h"
#include "tui/cluster_words.h"
#include "tui/ui.h"
#include "util/mem.h"

static void *make(struct ui *ui)
{
    (void)ui;
    return cluster_state_new();
}

static void drop(void *state)
{
    cluster_state_free(state);
}

/* Figures are asked for only while somebody looks. */
static void enter(struct ui *ui)
{
    ui_watch_trackers(ui, true);
}

static void leave(struct ui *ui)
{
    ui_watch_trackers(ui, false);
}

/* ---- Keys ------------------------------------------------------------- */

static bool press(struct ui *ui, int key)
{
    struct cluster_view *v = cluster_state(ui);
    enum cluster_pane list = cluster_state_list(v);

    if (!list_key(&v->lists[list], key, v->counts[list])) {
        return false;
    }
    if (list == CLUSTER_TRACKERS) {
        cluster_state_follow(ui);
    }
    return true;
}

static void click(struct ui *ui, int list, int row, int column)
{
    struct cluster_view *v = cluster_state(ui);

    (void)column;
    v->focus = (enum cluster_pane)list;
    list_click(&v->lists[list], row, v->counts[list]);
    if (list == CLUSTER_TRACKERS) {
        cluster_state_follow(ui);
    }
}

static uint64_t row_id(const struct ui *ui, int list, int row)
{
    const struct cluster_view *v = cluster_state(ui);

    return list != CLUSTER_TRACKERS || row >= v->counts[list]
               ? HIT_NO_ID
               : hit_id(HIT_NO_ID, v->trackers[row]->address);
}

static unsigned contexts(const struct ui *ui)
{
    (void)ui;
    return ACTION_IN_TRACKERS;
}

/* ---- What is chosen --------------------------------------------------- */

static void chosen(const struct ui *ui, struct selection *out)
{
    out->tracker = cluster_state(ui)->tracker;
}

/* As "tracker add" and --tracker take it. */
static const char *copied(const struct ui *ui)
{
    struct cluster_view *v = cluster_state(ui);
    const struct row_tracker *t = cluster_state_tracker(ui);

    if (t == NULL) {
        return NULL;
    }
    free(v->copied);
    v->copied = t->pin == NULL ? mem_strdup(t->address)
                               : mem_printf("%s,sha256:%s", t->address, t->pin);
    return v->copied;
}

/* ---- Moving about ----------------------------------------------------- */

static void next_pane(struct ui *ui, int step)
{
    struct cluster_view *v = cluster_state(ui);

    if (v->is_small) {
        v->focus =
            v->focus == CLUSTER_EVENTS ? CLUSTER_TRACKERS : CLUSTER_EVENTS;
        return;
    }
    v->focus = (enum cluster_pane)(((int)v->focus + CLUSTER_PANES + step) %
                                   CLUSTER_PANES);
}

static void zoom(struct ui *ui)
{
    cluster_state(ui)->alone = !cluster_state(ui)->alone;
}

static const char *row_text(const struct ui *ui, enum cluster_pane list,
                            int row)
{
    const struct cluster_view *v = cluster_state(ui);

    return list == CLUSTER_EVENTS
               ? model_notice(&ui->model, (size_t)v->events[row])->text
               : v->trackers[row]->address;
}

static bool find(struct ui *ui, const char *text, int step)
{
    struct cluster_view *v = cluster_state(ui);
    enum cluster_pane list = cluster_state_list(v);
    struct list *l = &v->lists[list];
    int i, row = l->row, count = v->counts[list];

    for (i = 0; i < count; i++) {
        row = (row + step + count) % count;
        if (list_matches(row_text(ui, list, row), text)) {
            l->row = row;
            cluster_state_follow(ui);
            return true;
        }
    }
    return false;
}

static void filter(struct ui *ui, const char *text)
{
    struct cluster_view *v = cluster_state(ui);

    free(v->filter);
    v->filter = mem_strdup(text);
    cluster_state_update(ui);
}

static const char *filtered(const struct ui *ui)
{
    return cluster_state(ui)->filter;
}

const struct view_ops view_cluster = {
    .name = "cluster",
    .make = make,
    .free = drop,
    .enter = enter,
    .leave = leave,
    .draw = cluster_draw,
    .key = press,
    .click = click,
    .row_id = row_id,
    .contexts = contexts,
    .update = cluster_state_update,
    .chosen = chosen,
    .copied = copied,
    .says = cluster_says,
    .next_pane = next_pane,
    .zoom = zoom,
    .find = find,
    .filter = filter,
    .filtered = filtered,
};
