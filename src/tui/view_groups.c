#include "config.h"

#include "tui/view_groups.h"

#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/forms.h"
#include "tui/groups_draw.h"
#include "tui/groups_state.h"
#include "tui/key.h"
#include "tui/ui.h"
#include "util/intl.h"
#include "util/mem.h"

static void *make(struct ui *ui)
{
    (void)ui;
    return groups_state_new();
}

static void drop(void *state)
{
    groups_state_free(state);
}

/* What others do in groups one is not in is not told; so it is asked for
 * whenever somebody looks. */
static void enter(struct ui *ui)
{
    groups_state_watch(ui);
    if (model_is_logged_in(&ui->model)) {
        ui_refresh(ui, COMMAND_LIST_GROUPS, NULL);
        ui_refresh(ui, COMMAND_LIST_REQUESTS, NULL);
    }
}

/* ---- Keys ------------------------------------------------------------- */

static bool requests_key(struct ui *ui, int key)
{
    struct groups_view *v = groups_state(ui);
    const struct row_request *q = groups_state_request(ui);
    struct list *l = &v->lists[GROUPS_REQUESTS];

    switch (key) {
    case KEY_SPACE:
        if (q != NULL) {
            groups_state_toggle_mark(ui, q->user);
            l->row++;
            list_clamp(l, v->counts[GROUPS_REQUESTS]);
            groups_state_follow(ui, GROUPS_REQUESTS);
        }
        return true;
    case '*':
    case 'u':
        groups_state_mark_all(ui, key == '*');
        return true;
    default:
        return false;
    }
}

static bool press(struct ui *ui, int key)
{
    struct groups_view *v = groups_state(ui);

    if (key == KEY_RETURN && !model_is_logged_in(&ui->model)) {
        form_login(ui, NULL);
        return true;
    }
    if (v->focus == GROUPS_ALL && key == 'v') {
        v->mine = !v->mine;
        groups_state_update(ui);
        return true;
    }
    if (v->focus == GROUPS_REQUESTS && requests_key(ui, key)) {
        return true;
    }
    if (!list_key(&v->lists[v->focus], key, v->counts[v->focus])) {
        return false;
    }
    groups_state_follow(ui, v->focus);
    return true;
}

static void click(struct ui *ui, int list, int row, int column)
{
    struct groups_view *v = groups_state(ui);

    (void)column;
    v->focus = (enum groups_pane)list;
    if (row >= 0 && row < v->counts[list]) {
        v->lists[list].row = row;
        groups_state_follow(ui, v->focus);
    }
}

static uint64_t row_id(const struct ui *ui, int list, int row)
{
    const struct groups_view *v = groups_state(ui);

    return row >= v->counts[list] || list == GROUPS_HISTORY
               ? HIT_NO_ID
               : hit_id(HIT_NO_ID,
                        groups_state_name(ui, (enum groups_pane)list, row));
}

static unsigned contexts(const struct ui *ui)
{
    switch (groups_state(ui)->focus) {
    case GROUPS_ALL:
        return ACTION_IN_GROUPS;
    case GROUPS_REQUESTS:
        return ACTION_IN_REQUESTS;
    case GROUPS_MEMBERS:
        return ACTION_IN_MEMBERS;
    case GROUPS_HISTORY:
    case GROUPS_PANES:
        break;
    }
    return ACTION_IN_LOG;
}

/* ---- What is chosen --------------------------------------------------- */

static void chosen(const struct ui *ui, struct selection *out)
{
    const struct groups_view *v = groups_state(ui);

    out->group = v->group;
    if (v->focus == GROUPS_REQUESTS) {
        out->user = v->asker;
    } else if (v->focus == GROUPS_MEMBERS) {
        out->user = v->member;
    }
}

static bool marked(const struct ui *ui, unsigned n, struct selection *out)
{
    const struct groups_view *v = groups_state(ui);
    int i;

    for (i = 0; i < v->counts[GROUPS_REQUESTS]; i++) {
        if (groups_state_is_marked(ui, v->requests[i]->user) && n-- == 0) {
            out->group = v->group;
            out->user = v->requests[i]->user;
            return true;
        }
    }
    return false;
}

static void unmark(struct ui *ui)
{
    groups_state_mark_all(ui, false);
}

static const char *copied(const struct ui *ui)
{
    const struct groups_view *v = groups_state(ui);
    const struct row_member *m = groups_state_member(ui);

    switch (v->focus) {
    case GROUPS_REQUESTS:
        return v->asker;
    case GROUPS_MEMBERS:
        return m == NULL ? NULL : m->key != NULL ? m->key : m->user;
    case GROUPS_ALL:
    case GROUPS_HISTORY:
    case GROUPS_PANES:
        break;
    }
    return v->group;
}

/* ---- Moving about ----------------------------------------------------- */

static void next_pane(struct ui *ui, int step)
{
    struct groups_view *v = groups_state(ui);
    int panes = v->has_history ? GROUPS_PANES : GROUPS_HISTORY;

    v->focus = (enum groups_pane)(((int)v->focus + panes + step) % panes);
}

static void zoom(struct ui *ui)
{
    groups_state(ui)->alone = !groups_state(ui)->alone;
}

static const char *row_text(const struct ui *ui, int row)
{
    const struct groups_view *v = groups_state(ui);

    return v->focus == GROUPS_HISTORY
               ? model_notice(&ui->model, (size_t)v->events[row])->text
               : groups_state_name(ui, v->focus, row);
}

static bool find(struct ui *ui, const char *text, int step)
{
    struct groups_view *v = groups_state(ui);
    struct list *l = &v->lists[v->focus];
    int i, row = l->row, count = v->counts[v->focus];

    for (i = 0; i < count; i++) {
        row = (row + step + count) % count;
        if (list_matches(row_text(ui, row), text)) {
            l->row = row;
            groups_state_follow(ui, v->focus);
            return true;
        }
    }
    return false;
}

static void filter(struct ui *ui, const char *text)
{
    struct groups_view *v = groups_state(ui);

    free(v->filter);
    v->filter = mem_strdup(text);
    groups_state_update(ui);
}

static const char *filtered(const struct ui *ui)
{
    return groups_state(ui)->filter;
}

static const char *column(const struct ui *ui, int n)
{
    static const char *const names[GROUPS_COLUMNS] = {
        [GROUPS_BY_NAME] = N_("Name"),
        [GROUPS_BY_OWNER] = N_("Owner"),
        [GROUPS_BY_MEMBERS] = N_("Members"),
        [GROUPS_BY_ROLE] = N_("You"),
    };

    (void)ui;
    return n < GROUPS_COLUMNS ? _(names[n]) : NULL;
}

static int sorted(const struct ui *ui, bool *reverse)
{
    *reverse = groups_state(ui)->reverse;
    return (int)groups_state(ui)->sort;
}

static void sort(struct ui *ui, int by, bool reverse)
{
    struct groups_view *v = groups_state(ui);

    v->sort = (enum groups_sort)by;
    v->reverse = reverse;
    groups_state_update(ui);
}

const struct view_ops view_groups = {
    .name = "groups",
    .make = make,
    .free = drop,
    .enter = enter,
    .draw = groups_draw,
    .key = press,
    .click = click,
    .row_id = row_id,
    .contexts = contexts,
    .update = groups_state_update,
    .chosen = chosen,
    .marked = marked,
    .unmark = unmark,
    .copied = copied,
    .next_pane = next_pane,
    .zoom = zoom,
    .find = find,
    .filter = filter,
    .filtered = filtered,
    .column = column,
    .sorted = sorted,
    .sort = sort,
};
