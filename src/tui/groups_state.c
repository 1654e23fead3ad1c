#include "config.h"

#include "tui/groups_state.h"

#include <stdlib.h>
#include <string.h>

#include "tui/main_state.h"
#include "tui/ui.h"
#include "util/map.h"
#include "util/mem.h"

struct groups_view *groups_state_new(void)
{
    struct groups_view *v = mem_calloc(1, sizeof(*v));

    v->marks = map_new();
    return v;
}

void groups_state_free(struct groups_view *v)
{
    if (v == NULL) {
        return;
    }
    map_free(v->marks, NULL);
    free(v->filter);
    free(v->group);
    free(v->asker);
    free(v->member);
    free(v->groups);
    free(v->requests);
    free(v->members);
    free(v->events);
    free(v);
}

struct groups_view *groups_state(const struct ui *ui)
{
    return ui->view_state[VIEW_GROUPS];
}

static void set_string(char **slot, const char *text)
{
    char *copy = mem_strdup(text);

    free(*slot);
    *slot = copy;
}

static bool is_same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* ---- Groups ----------------------------------------------------------- */

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static int compare_groups(const void *left, const void *right, void *arg)
{
    const struct groups_view *v = arg;
    const struct row_group *a = *(const struct row_group *const *)left;
    const struct row_group *b = *(const struct row_group *const *)right;
    int order = 0;

    switch (v->sort) {
    case GROUPS_BY_OWNER:
        order = compare_texts(a->owner, b->owner);
        break;
    case GROUPS_BY_MEMBERS: /* many first */
        order = (b->members > a->members) - (b->members < a->members);
        break;
    case GROUPS_BY_ROLE: /* mine first */
        order = (b->role > a->role) - (b->role < a->role);
        break;
    case GROUPS_BY_NAME:
    case GROUPS_COLUMNS:
        break;
    }
    if (order == 0) {
        order = compare_texts(a->name, b->name);
    }
    return v->reverse ? -order : order;
}

static bool is_listed(const struct groups_view *v, const struct row_group *g)
{
    return g->name != NULL && (!v->mine || g->role != GROUP_NONE) &&
           (v->filter == NULL || list_matches(g->name, v->filter) ||
            list_matches(g->owner, v->filter));
}

static void build_groups(struct ui *ui)
{
    struct groups_view *v = groups_state(ui);
    const struct rows *r = model_rows(&ui->model, ROWS_GROUPS);
    int count = 0;
    size_t i;

    v->groups = mem_resize(v->groups, r->count + 1, sizeof(v->groups[0]));
    for (i = 0; i < r->count; i++) {
        if (is_listed(v, &r->groups[i])) {
            v->groups[count++] = &r->groups[i];
        }
    }
    v->counts[GROUPS_ALL] = count;
    qsort_r(v->groups, (size_t)count, sizeof(v->groups[0]), compare_groups, v);
}

/* ---- Of the chosen group ---------------------------------------------- */

/* Who asked last comes first. */
static int compare_requests(const void *left, const void *right)
{
    const struct row_request *a = *(const struct row_request *const *)left;
    const struct row_request *b = *(const struct row_request *const *)right;

    return a->time != b->time ? (b->time > a->time) - (b->time < a->time)
                              : compare_texts(a->user, b->user);
}

static void build_requests(struct ui *ui)
{
    struct groups_view *v = groups_state(ui);
    const struct rows *r = model_rows(&ui->model, ROWS_REQUESTS);
    int count = 0;
    size_t i;

    v->requests = mem_resize(v->requests, r->count + 1, sizeof(v->requests[0]));
    for (i = 0; i < r->count; i++) {
        if (is_same(r->requests[i].group, v->group) &&
            r->requests[i].user != NULL) {
            v->requests[count++] = &r->requests[i];
        }
    }
    v->counts[GROUPS_REQUESTS] = count;
    qsort(v->requests, (size_t)count, sizeof(v->requests[0]), compare_requests);
}

/* Who may most comes first. */
static int compare_members(const void *left, const void *right)
{
    const struct row_member *a = *(const struct row_member *const *)left;
    const struct row_member *b = *(const struct row_member *const *)right;

    return a->role != b->role ? (int)b->role - (int)a->role
                              : compare_texts(a->user, b->user);
}

static void build_members(struct ui *ui)
{
    static const struct rows none;
    struct groups_view *v = groups_state(ui);
    const struct rows *r =
        groups_state_role(ui) < GROUP_READER
            ? &none
            : model_rows_of(&ui->model, ROWS_MEMBERS, v->group, NULL);
    int count = 0;
    size_t i;

    v->members = mem_resize(v->members, r->count + 1, sizeof(v->members[0]));
    for (i = 0; i < r->count; i++) {
        if (r->members[i].user != NULL) {
            v->members[count++] = &r->members[i];
        }
    }
    v->counts[GROUPS_MEMBERS] = count;
    qsort(v->members, (size_t)count, sizeof(v->members[0]), compare_members);
}

static void build_events(struct ui *ui)
{
    struct groups_view *v = groups_state(ui);
    int total = (int)ui->model.notice_count;
    int i, count = 0;

    v->events = mem_resize(v->events, (size_t)total + 1, sizeof(v->events[0]));
    for (i = 0; i < total; i++) {
        if (is_same(model_notice(&ui->model, (size_t)i)->group, v->group)) {
            v->events[count++] = i;
        }
    }
    v->counts[GROUPS_HISTORY] = count;
    list_clamp(&v->lists[GROUPS_HISTORY], count);
}

/* Who does not wait any more is not marked any more. */
static void drop_old_marks(struct ui *ui)
{
    struct groups_view *v = groups_state(ui);
    struct map *kept;
    int i;

    if (map_count(v->marks) == 0) {
        return;
    }
    kept = map_new();
    for (i = 0; i < v->counts[GROUPS_REQUESTS]; i++) {
        if (groups_state_is_marked(ui, v->requests[i]->user)) {
            map_put_text(kept, v->requests[i]->user, ui);
        }
    }
    map_free(v->marks, NULL);
    v->marks = kept;
}

/* ---- What is chosen --------------------------------------------------- */

const char *groups_state_name(const struct ui *ui, enum groups_pane pane,
                              int row)
{
    const struct groups_view *v = groups_state(ui);

    if (row < 0 || row >= v->counts[pane]) {
        return NULL;
    }
    switch (pane) {
    case GROUPS_ALL:
        return v->groups[row]->name;
    case GROUPS_REQUESTS:
        return v->requests[row]->user;
    case GROUPS_MEMBERS:
        return v->members[row]->user;
    case GROUPS_HISTORY:
    case GROUPS_PANES:
        break;
    }
    return NULL;
}

/* The row of `*chosen`; when it is gone, the neighbour takes its place. */
static void keep_chosen(struct ui *ui, enum groups_pane pane, char **chosen)
{
    struct groups_view *v = groups_state(ui);
    struct list *l = &v->lists[pane];
    int i;

    for (i = 0; i < v->counts[pane]; i++) {
        if (is_same(groups_state_name(ui, pane, i), *chosen)) {
            l->row = i;
            return;
        }
    }
    list_clamp(l, v->counts[pane]);
    set_string(chosen, groups_state_name(ui, pane, l->row));
}

static void build_of_group(struct ui *ui)
{
    struct groups_view *v = groups_state(ui);

    build_requests(ui);
    build_members(ui);
    build_events(ui);
    drop_old_marks(ui);
    keep_chosen(ui, GROUPS_REQUESTS, &v->asker);
    keep_chosen(ui, GROUPS_MEMBERS, &v->member);
}

/* Another group: nothing of the last one is chosen in it. */
static void forget_choice(struct ui *ui)
{
    struct groups_view *v = groups_state(ui);
    int pane;

    groups_state_mark_all(ui, false);
    set_string(&v->asker, NULL);
    set_string(&v->member, NULL);
    for (pane = GROUPS_REQUESTS; pane < GROUPS_PANES; pane++) {
        v->lists[pane] = (struct list){.page = v->lists[pane].page};
    }
}

void groups_state_watch(struct ui *ui)
{
    const struct groups_view *v = groups_state(ui);
    bool inside = groups_state_role(ui) >= GROUP_READER;

    if (ui->view_id != VIEW_GROUPS) {
        return;
    }
    /* The main view shows the same group when one goes back to it. */
    if (groups_state_role(ui) != GROUP_NONE) {
        main_state_choose_group(ui, v->group);
    }
    ui_watch(ui, inside ? v->group : NULL, NULL);
}

void groups_state_choose(struct ui *ui, const char *group)
{
    struct groups_view *v = groups_state(ui);

    if (is_same(v->group, group)) {
        return;
    }
    set_string(&v->group, group);
    forget_choice(ui);
    keep_chosen(ui, GROUPS_ALL, &v->group);
    build_of_group(ui);
    groups_state_watch(ui);
}

void groups_state_update(struct ui *ui)
{
    struct groups_view *v = groups_state(ui);
    char *before = mem_strdup(v->group);

    if (v->group == NULL) {
        set_string(&v->group, ui->main->group);
    }
    build_groups(ui);
    keep_chosen(ui, GROUPS_ALL, &v->group);
    if (before != NULL && !is_same(before, v->group)) {
        forget_choice(ui);
    }
    free(before);
    build_of_group(ui);
    groups_state_watch(ui);
}

void groups_state_follow(struct ui *ui, enum groups_pane pane)
{
    struct groups_view *v = groups_state(ui);
    const char *name = groups_state_name(ui, pane, v->lists[pane].row);

    switch (pane) {
    case GROUPS_ALL:
        groups_state_choose(ui, name);
        break;
    case GROUPS_REQUESTS:
        set_string(&v->asker, name);
        break;
    case GROUPS_MEMBERS:
        set_string(&v->member, name);
        break;
    case GROUPS_HISTORY:
    case GROUPS_PANES:
        break;
    }
}

const struct row_group *groups_state_group(const struct ui *ui)
{
    return model_group(&ui->model, groups_state(ui)->group);
}

enum group_role groups_state_role(const struct ui *ui)
{
    const struct row_group *g = groups_state_group(ui);

    return g == NULL ? GROUP_NONE : g->role;
}

const struct row_request *groups_state_request(const struct ui *ui)
{
    const struct groups_view *v = groups_state(ui);
    int row = v->lists[GROUPS_REQUESTS].row;

    return row < 0 || row >= v->counts[GROUPS_REQUESTS] ? NULL
                                                        : v->requests[row];
}

const struct row_member *groups_state_member(const struct ui *ui)
{
    const struct groups_view *v = groups_state(ui);
    int row = v->lists[GROUPS_MEMBERS].row;

    return row < 0 || row >= v->counts[GROUPS_MEMBERS] ? NULL : v->members[row];
}

const char *groups_state_wanted(const struct ui *ui)
{
    const struct rows *r = model_rows(&ui->model, ROWS_GROUPS);
    const struct row_group *g = groups_state_group(ui);
    size_t i;

    if (g != NULL && g->requests > 0) {
        return g->name;
    }
    for (i = 0; i < r->count; i++) {
        if (r->groups[i].requests > 0) {
            return r->groups[i].name;
        }
    }
    return NULL;
}

/* ---- Marks ------------------------------------------------------------ */

bool groups_state_is_marked(const struct ui *ui, const char *user)
{
    return map_get_text(groups_state(ui)->marks, user) != NULL;
}

void groups_state_toggle_mark(struct ui *ui, const char *user)
{
    struct groups_view *v = groups_state(ui);

    if (map_remove_text(v->marks, user) == NULL) {
        map_put_text(v->marks, user, ui);
    }
}

void groups_state_mark_all(struct ui *ui, bool on)
{
    struct groups_view *v = groups_state(ui);
    int i;

    map_free(v->marks, NULL);
    v->marks = map_new();
    for (i = 0; on && i < v->counts[GROUPS_REQUESTS]; i++) {
        map_put_text(v->marks, v->requests[i]->user, ui);
    }
}
