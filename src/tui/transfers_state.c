#include "config.h"

#include "tui/transfers_state.h"

#include <stdlib.h>
#include <string.h>

#include "tui/ui.h"
#include "util/map.h"
#include "util/mem.h"

struct transfers_view *transfers_state_of(const struct ui *ui)
{
    return ui->view_state[VIEW_TRANSFERS];
}

void *transfers_state_make(struct ui *ui)
{
    struct transfers_view *v = mem_calloc(1, sizeof(*v));

    (void)ui;
    v->marks = map_new();
    return v;
}

void transfers_state_free(void *state)
{
    struct transfers_view *v = state;
    int pane;

    for (pane = 0; pane < TRANSFERS_PANES; pane++) {
        free(v->keys[pane]);
    }
    for (pane = 0; pane < TRANSFERS_TAKERS; pane++) {
        free(v->items[pane]);
    }
    free(v->takers);
    map_free(v->marks, NULL);
    free(v->filter);
    free(v);
}

/* ---- What belongs where ------------------------------------------------- */

bool transfers_state_is_done(const struct row_transfer *t)
{
    return t->have >= t->size && t->state != TRANSFER_HASHING &&
           t->state != TRANSFER_CHECKING;
}

/* Under way, or loaded since the start. */
static bool is_download(const struct row_transfer *t)
{
    return !transfers_state_is_done(t) || t->total_down > 0;
}

/* Complete and offered, or given while it is loaded. */
static bool is_shared(const struct row_transfer *t)
{
    return t->state == TRANSFER_SHARING || t->total_up > 0;
}

static bool is_shown(const struct transfers_view *v, const char *name)
{
    return name != NULL && (v->filter == NULL || list_matches(name, v->filter));
}

/* ---- Order -------------------------------------------------------------- */

/* What needs the user first, what needs nothing last. */
static int rank_of(const struct row_transfer *t)
{
    switch (t->state) {
    case TRANSFER_FAILED:
        return 0;
    case TRANSFER_HASHING:
    case TRANSFER_CHECKING:
        return 1;
    case TRANSFER_LOADING:
        return 2;
    case TRANSFER_PAUSED:
        return 3;
    case TRANSFER_QUEUED:
    case TRANSFER_WAITING:
        return 4;
    case TRANSFER_NONE:
    case TRANSFER_SHARING:
    case TRANSFER_STOPPED:
        break;
    }
    return 5;
}

static int compare_text(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static int more_first(double a, double b)
{
    return a < b ? 1 : a > b ? -1 : 0;
}

static double share_of(const struct row_transfer *t)
{
    return t->have >= t->size ? 1 : (double)t->have / (double)t->size;
}

static int compare_by(const struct transfers_view *v,
                      const struct row_transfer *a,
                      const struct row_transfer *b)
{
    int order;

    switch (v->sort) {
    case TRANSFERS_BY_STATUS:
        order = rank_of(a) - rank_of(b);
        return order != 0 ? order : more_first(share_of(a), share_of(b));
    case TRANSFERS_BY_GROUP:
        return compare_text(a->group, b->group);
    case TRANSFERS_BY_HAVE:
        return more_first(share_of(a), share_of(b));
    case TRANSFERS_BY_RATE:
        return more_first((double)a->rate_down + (double)a->rate_up,
                          (double)b->rate_down + (double)b->rate_up);
    case TRANSFERS_BY_NAME:
    case TRANSFERS_SORTS:
        break;
    }
    return 0;
}

/* Total, so that rows do not jump between two drawings. */
static int compare_items(const void *left, const void *right, void *arg)
{
    const struct transfers_view *v = arg;
    const struct row_transfer *a = *(const struct row_transfer *const *)left;
    const struct row_transfer *b = *(const struct row_transfer *const *)right;
    int order = compare_by(v, a, b);

    if (order == 0) {
        order = compare_text(a->name, b->name);
    }
    if (order == 0) {
        order = compare_text(a->group, b->group);
    }
    return v->reverse ? -order : order;
}

static int compare_takers(const void *left, const void *right)
{
    const struct row_taker *a = *(const struct row_taker *const *)left;
    const struct row_taker *b = *(const struct row_taker *const *)right;
    int order = compare_text(a->user, b->user);

    return order != 0 ? order : compare_text(a->name, b->name);
}

/* ---- The chosen rows ---------------------------------------------------- */

/* What tells a row from all others; free(). */
static char *key_of_item(const struct row_transfer *t)
{
    return mem_printf("%s\n%s", t->group == NULL ? "" : t->group, t->name);
}

static char *key_at(const struct transfers_view *v, enum transfers_pane pane,
                    int row)
{
    const struct row_taker *k;

    if (row < 0 || row >= v->counts[pane]) {
        return NULL;
    }
    if (pane != TRANSFERS_TAKERS) {
        return key_of_item(v->items[pane][row]);
    }
    k = v->takers[row];
    return mem_printf("%s\n%s\n%s", k->user, k->group, k->name);
}

void transfers_state_moved(struct transfers_view *v, enum transfers_pane pane)
{
    free(v->keys[pane]);
    v->keys[pane] = key_at(v, pane, v->lists[pane].row);
}

/* What was chosen is in another row now; when it is gone its neighbour takes
 * its place. */
static void find_chosen(struct transfers_view *v, enum transfers_pane pane)
{
    int row;

    for (row = 0; row < v->counts[pane] && v->keys[pane] != NULL; row++) {
        char *key = key_at(v, pane, row);
        bool found = strcmp(key, v->keys[pane]) == 0;

        free(key);
        if (found) {
            v->lists[pane].row = row;
            return;
        }
    }
    list_clamp(&v->lists[pane], v->counts[pane]);
    transfers_state_moved(v, pane);
}

const struct row_transfer *transfers_state_item(const struct transfers_view *v)
{
    int row = v->lists[v->focus].row;

    return v->focus == TRANSFERS_TAKERS || row < 0 || row >= v->counts[v->focus]
               ? NULL
               : v->items[v->focus][row];
}

const struct row_taker *transfers_state_taker(const struct transfers_view *v)
{
    int row = v->lists[TRANSFERS_TAKERS].row;

    return v->focus != TRANSFERS_TAKERS || row < 0 ||
                   row >= v->counts[TRANSFERS_TAKERS]
               ? NULL
               : v->takers[row];
}

/* ---- Making the lists --------------------------------------------------- */

static void fill_items(struct transfers_view *v, const struct rows *r)
{
    size_t i;
    int pane;

    for (pane = 0; pane < TRANSFERS_TAKERS; pane++) {
        v->items[pane] =
            mem_resize(v->items[pane], r->count + 1, sizeof(v->items[0][0]));
        v->counts[pane] = 0;
    }
    for (i = 0; i < r->count; i++) {
        const struct row_transfer *t = &r->transfers[i];

        if (!is_shown(v, t->name)) {
            continue;
        }
        if (is_download(t)) {
            v->items[TRANSFERS_DOWNLOADS][v->counts[TRANSFERS_DOWNLOADS]++] = t;
        }
        if (is_shared(t)) {
            v->items[TRANSFERS_SHARING][v->counts[TRANSFERS_SHARING]++] = t;
        }
    }
    for (pane = 0; pane < TRANSFERS_TAKERS; pane++) {
        qsort_r(v->items[pane], (size_t)v->counts[pane], sizeof(v->items[0][0]),
                compare_items, v);
    }
}

static void fill_takers(struct transfers_view *v, const struct rows *r)
{
    int *count = &v->counts[TRANSFERS_TAKERS];
    size_t i;

    v->takers = mem_resize(v->takers, r->count + 1, sizeof(v->takers[0]));
    *count = 0;
    for (i = 0; i < r->count; i++) {
        if (is_shown(v, r->takers[i].name)) {
            v->takers[(*count)++] = &r->takers[i];
        }
    }
    qsort(v->takers, (size_t)*count, sizeof(v->takers[0]), compare_takers);
}

void transfers_state_update(struct ui *ui)
{
    struct transfers_view *v = transfers_state_of(ui);
    int pane;

    fill_items(v, model_rows(&ui->model, ROWS_TRANSFERS));
    fill_takers(v, model_rows(&ui->model, ROWS_TAKERS));
    for (pane = 0; pane < TRANSFERS_PANES; pane++) {
        find_chosen(v, (enum transfers_pane)pane);
    }
}

/* ---- Marks -------------------------------------------------------------- */

bool transfers_state_is_marked(const struct transfers_view *v,
                               const struct row_transfer *t)
{
    char *key = key_of_item(t);
    bool marked = map_get_text(v->marks, key) != NULL;

    free(key);
    return marked;
}

void transfers_state_toggle_mark(struct transfers_view *v,
                                 const struct row_transfer *t)
{
    char *key = key_of_item(t);

    if (map_remove_text(v->marks, key) == NULL) {
        map_put_text(v->marks, key, v);
    }
    free(key);
}

void transfers_state_mark_all(struct transfers_view *v, bool on)
{
    int i;

    map_free(v->marks, NULL);
    v->marks = map_new();
    for (i = 0; on && v->focus != TRANSFERS_TAKERS && i < v->counts[v->focus];
         i++) {
        transfers_state_toggle_mark(v, v->items[v->focus][i]);
    }
}
