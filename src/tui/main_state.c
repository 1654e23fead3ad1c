#include "config.h"

#include "tui/main_state.h"

#include <stdlib.h>
#include <string.h>

#include "tui/list.h"
#include "tui/ui.h"
#include "util/map.h"
#include "util/mem.h"

struct main_view *main_state_new(void)
{
    struct main_view *v = mem_calloc(1, sizeof(*v));

    v->focus = MAIN_FILES;
    v->sort = SORT_SIZE;
    v->marks = map_new();
    return v;
}

void main_state_free(struct main_view *v)
{
    if (v == NULL) {
        return;
    }
    map_free(v->marks, NULL);
    free(v->items);
    free(v->order);
    free(v->group);
    free(v->name);
    free(v->filter);
    free(v);
}

/* ---- Items ------------------------------------------------------------ */

bool main_item_find(const struct ui *ui, const char *group, const char *name,
                    struct main_item *out)
{
    if (group == NULL || name == NULL) {
        return false;
    }
    out->name = name;
    out->file = model_file(&ui->model, group, name);
    out->transfer = model_transfer(&ui->model, group, name);
    return out->file != NULL || out->transfer != NULL;
}

enum transfer_state main_item_state(const struct main_item *item)
{
    return item->transfer != NULL ? item->transfer->state : item->file->state;
}

uint64_t main_item_size(const struct main_item *item)
{
    return item->file != NULL ? item->file->size : item->transfer->size;
}

uint64_t main_item_have(const struct main_item *item)
{
    return item->transfer != NULL ? item->transfer->have : item->file->have;
}

uint32_t main_item_sources(const struct main_item *item)
{
    if (item->transfer != NULL &&
        (item->transfer->state == TRANSFER_LOADING || item->file == NULL)) {
        return item->transfer->peers;
    }
    return item->file->seeders;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? 1 : a > b ? -1 : 0; /* large first */
}

static int compare_by(enum main_sort key, const struct main_item *a,
                      const struct main_item *b)
{
    switch (key) {
    case SORT_SIZE:
        return compare_numbers(main_item_size(a), main_item_size(b));
    case SORT_HAVE:
        return compare_numbers((uint64_t)((double)main_item_have(a) * 1e6 /
                                          (double)(main_item_size(a) + 1)),
                               (uint64_t)((double)main_item_have(b) * 1e6 /
                                          (double)(main_item_size(b) + 1)));
    case SORT_FROM:
        return compare_numbers(main_item_sources(a), main_item_sources(b));
    case SORT_STATUS:
        return compare_numbers(main_item_state(b), main_item_state(a));
    case SORT_NAME:
    case SORT_KEYS:
        break;
    }
    return 0;
}

/* The order is total, so that rows do not jump between two drawings. */
static int compare(const void *left, const void *right, void *arg)
{
    const struct main_view *v = arg;
    const struct main_item *a = left, *b = right;
    int order = compare_by(v->sort, a, b);

    if (order == 0) {
        order = strcmp(a->name, b->name);
    }
    return v->reverse ? -order : order;
}

static void add_item(struct main_view *v, const struct row_file *file,
                     const struct row_transfer *transfer)
{
    const char *name = file != NULL ? file->name : transfer->name;
    struct main_item *item;

    if (v->filter != NULL && !list_matches(name, v->filter)) {
        return;
    }
    item = &v->items[v->item_count++];
    item->file = file;
    item->transfer = transfer;
    item->name = name;
}

static bool is_of_group(const char *group, const struct row_transfer *t)
{
    return t->name != NULL && t->group != NULL && strcmp(t->group, group) == 0;
}

/* The files of the group, then transfers the tracker does not list now (it
 * may be away). */
/* Rates change all the time, the order of thousands of files hardly ever: they
 * are taken as they were sorted last, and looking whether that still holds is
 * much cheaper than sorting. */
static void sort_items(struct main_view *v)
{
    int i;

    for (i = 1; i < v->item_count; i++) {
        if (compare(&v->items[i - 1], &v->items[i], v) > 0) {
            qsort_r(v->items, (size_t)v->item_count, sizeof(v->items[0]),
                    compare, v);
            return;
        }
    }
}

static void keep_order(struct main_view *v, const struct rows *files)
{
    int i;

    v->order =
        mem_resize(v->order, (size_t)v->item_count + 1, sizeof(*v->order));
    v->order_count = 0;
    for (i = 0; i < v->item_count; i++) {
        if (v->items[i].file != NULL) {
            v->order[v->order_count++] =
                (uint32_t)(v->items[i].file - files->files);
        }
    }
    if (v->order_count != files->count) {
        v->order_count = 0; /* only all of them are an order */
    }
}

static void build_items(struct ui *ui)
{
    struct main_view *v = ui->main;
    const struct rows *files, *transfers;
    struct map *known;
    bool in_order;
    size_t i;

    v->item_count = 0;
    if (v->group == NULL) {
        return;
    }
    files = model_rows_of(&ui->model, ROWS_FILES, v->group, NULL);
    transfers = model_rows(&ui->model, ROWS_TRANSFERS);
    v->items = mem_resize(v->items, files->count + transfers->count + 1,
                          sizeof(v->items[0]));
    known = map_new();
    for (i = 0; i < transfers->count; i++) {
        if (is_of_group(v->group, &transfers->transfers[i])) {
            map_put_text(known, transfers->transfers[i].name,
                         &transfers->transfers[i]);
        }
    }
    in_order = v->order_count == files->count;
    for (i = 0; i < files->count; i++) {
        const struct row_file *f = &files->files[in_order ? v->order[i] : i];

        if (f->name != NULL) {
            add_item(v, f,
                     map_count(known) == 0 ? NULL
                                           : map_remove_text(known, f->name));
        }
    }
    for (i = 0; i < transfers->count; i++) {
        const char *name = transfers->transfers[i].name;

        if (is_of_group(v->group, &transfers->transfers[i]) &&
            map_remove_text(known, name) != NULL) {
            add_item(v, NULL, &transfers->transfers[i]);
        }
    }
    map_free(known, NULL);
    sort_items(v);
    keep_order(v, files);
}

/* ---- What is chosen --------------------------------------------------- */

static bool is_mine(const struct row_group *g)
{
    return g->name != NULL && g->role != GROUP_NONE;
}

int main_state_group_count(const struct ui *ui)
{
    const struct rows *r = model_rows(&ui->model, ROWS_GROUPS);
    int count = 0;
    size_t i;

    for (i = 0; i < r->count; i++) {
        count += is_mine(&r->groups[i]) ? 1 : 0;
    }
    return count;
}

const struct row_group *main_state_group_at(const struct ui *ui, int index)
{
    const struct rows *r = model_rows(&ui->model, ROWS_GROUPS);
    size_t i;

    for (i = 0; i < r->count; i++) {
        if (is_mine(&r->groups[i]) && index-- == 0) {
            return &r->groups[i];
        }
    }
    return NULL;
}

int main_state_group_row(const struct ui *ui)
{
    int i, count = main_state_group_count(ui);

    for (i = 0; i < count && ui->main->group != NULL; i++) {
        if (strcmp(main_state_group_at(ui, i)->name, ui->main->group) == 0) {
            return i;
        }
    }
    return -1;
}

int main_state_file_row(const struct ui *ui)
{
    const struct main_view *v = ui->main;
    int i;

    for (i = 0; i < v->item_count && v->name != NULL; i++) {
        if (strcmp(v->items[i].name, v->name) == 0) {
            return i;
        }
    }
    return -1;
}

const struct row_group *main_state_group(const struct ui *ui)
{
    return model_group(&ui->model, ui->main->group);
}

const struct main_item *main_state_item(const struct ui *ui)
{
    int row = main_state_file_row(ui);

    return row < 0 ? NULL : &ui->main->items[row];
}

const struct rows *main_state_peers(const struct ui *ui)
{
    static const struct rows none;
    const struct main_view *v = ui->main;

    if (v->group == NULL || v->name == NULL) {
        return &none;
    }
    return model_rows_of(&ui->model, ROWS_PEERS, v->group, v->name);
}

int main_state_peer_row(const struct ui *ui)
{
    const struct rows *r = main_state_peers(ui);
    size_t i;

    for (i = 0; i < r->count; i++) {
        if (r->peers[i].letter == ui->main->peer) {
            return (int)i;
        }
    }
    return r->count > 0 ? 0 : -1;
}

static void set_string(char **slot, const char *text)
{
    char *copy = mem_strdup(text);

    free(*slot);
    *slot = copy;
}

void main_state_watch(struct ui *ui)
{
    if (ui->view_id == VIEW_MAIN || ui->view_id == VIEW_DETAIL) {
        ui_watch(ui, ui->main->group, ui->main->name);
    }
}

void main_state_choose_file(struct ui *ui, const char *name)
{
    set_string(&ui->main->name, name);
    piecemap_reset(&ui->main->map);
    ui->main->peer = '\0';
    ui->main->row = main_state_file_row(ui) < 0 ? 0 : main_state_file_row(ui);
    main_state_watch(ui);
}

void main_state_choose_group(struct ui *ui, const char *name)
{
    struct main_view *v = ui->main;

    if (v->group != NULL && name != NULL && strcmp(v->group, name) == 0) {
        return;
    }
    set_string(&v->group, name);
    main_state_mark_all(ui, false);
    v->file_top = 0;
    build_items(ui);
    main_state_choose_file(ui, v->item_count > 0 ? v->items[0].name : NULL);
}

/* What is shown at first: a group whose files can be seen, if there is one. */
static const struct row_group *first_group(const struct ui *ui)
{
    int i, count = main_state_group_count(ui);

    for (i = 0; i < count; i++) {
        const struct row_group *g = main_state_group_at(ui, i);

        if (g->role != GROUP_PENDING && g->role != GROUP_REJECTED) {
            return g;
        }
    }
    return main_state_group_at(ui, 0);
}

void main_state_update(struct ui *ui)
{
    struct main_view *v = ui->main;
    const struct row_group *first = first_group(ui);
    int row = v->row;

    if (!model_is_logged_in(&ui->model) && first == NULL) {
        if (v->group != NULL) {
            main_state_choose_group(ui, NULL);
        }
        build_items(ui);
        return;
    }
    if (main_state_group_row(ui) < 0 && first != NULL) {
        main_state_choose_group(ui, first->name);
    }
    build_items(ui);
    if (main_state_file_row(ui) < 0 && v->item_count > 0) {
        /* What was chosen is gone: its neighbour takes its place. */
        row = row < v->item_count ? row : v->item_count - 1;
        main_state_choose_file(ui, v->items[row].name);
    } else if (v->item_count == 0 && v->name != NULL) {
        main_state_choose_file(ui, NULL);
    }
    row = main_state_file_row(ui);
    v->row = row < 0 ? 0 : row;
}

void main_state_sort(struct ui *ui, enum main_sort sort, bool reverse)
{
    ui->main->sort = sort;
    ui->main->reverse = reverse;
    build_items(ui);
}

void main_state_filter(struct ui *ui, const char *text)
{
    set_string(&ui->main->filter, text);
    ui->main->file_top = 0;
    ui->stale = true;
}

/* ---- Marks ------------------------------------------------------------ */

bool main_state_is_marked(const struct ui *ui, const char *name)
{
    return map_get_text(ui->main->marks, name) != NULL;
}

void main_state_toggle_mark(struct ui *ui, const char *name)
{
    if (map_remove_text(ui->main->marks, name) == NULL) {
        map_put_text(ui->main->marks, name, ui);
    }
}

void main_state_mark_all(struct ui *ui, bool on)
{
    struct main_view *v = ui->main;
    int i;

    map_free(v->marks, NULL);
    v->marks = map_new();
    for (i = 0; on && i < v->item_count; i++) {
        map_put_text(v->marks, v->items[i].name, ui);
    }
}
