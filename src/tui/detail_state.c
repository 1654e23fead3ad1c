#include "config.h"

#include "tui/detail_state.h"

#include <stdlib.h>
#include <string.h>

#include "tui/main_state.h"
#include "tui/ui.h"
#include "util/mem.h"

struct detail_view *detail_state_of(const struct ui *ui)
{
    return ui->view_state[VIEW_DETAIL];
}

void *detail_state_make(struct ui *ui)
{
    (void)ui;
    return mem_calloc(1, sizeof(struct detail_view));
}

void detail_state_free(void *state)
{
    struct detail_view *v = state;

    free(v->group);
    free(v->name);
    free(v->peer);
    free(v->rows);
    free(v);
}

/* Who has no letter comes last; the order is total. */
static int compare_letters(const struct row_peer *a, const struct row_peer *b)
{
    int first = a->letter == ' ' ? 127 : a->letter;
    int second = b->letter == ' ' ? 127 : b->letter;

    if (first != second) {
        return first - second;
    }
    return strcmp(a->user == NULL ? "" : a->user,
                  b->user == NULL ? "" : b->user);
}

static int compare(const void *left, const void *right, void *arg)
{
    const struct detail_view *v = arg;
    const struct row_peer *a = *(const struct row_peer *const *)left;
    const struct row_peer *b = *(const struct row_peer *const *)right;
    int order = v->sort == DETAIL_BY_LOAD
                    ? (b->load > a->load) - (b->load < a->load)
                    : 0;

    if (order == 0) {
        order = compare_letters(a, b);
    }
    return v->reverse ? -order : order;
}

static char *key_of(const struct row_peer *p)
{
    return mem_printf("%s\n%s", p->user == NULL ? "" : p->user,
                      p->address == NULL ? "" : p->address);
}

void detail_state_moved(struct detail_view *v)
{
    free(v->peer);
    v->peer = v->peers.row >= 0 && v->peers.row < v->count
                  ? key_of(v->rows[v->peers.row])
                  : NULL;
}

static void find_chosen(struct detail_view *v)
{
    int row;

    for (row = 0; row < v->count && v->peer != NULL; row++) {
        char *key = key_of(v->rows[row]);
        bool found = strcmp(key, v->peer) == 0;

        free(key);
        if (found) {
            v->peers.row = row;
            return;
        }
    }
    list_clamp(&v->peers, v->count);
    detail_state_moved(v);
}

void detail_state_update(struct ui *ui)
{
    struct detail_view *v = detail_state_of(ui);
    const struct rows *r = main_state_peers(ui);
    int i;

    v->count = (int)r->count;
    v->rows = mem_resize(v->rows, r->count + 1, sizeof(v->rows[0]));
    for (i = 0; i < v->count; i++) {
        v->rows[i] = &r->peers[i];
    }
    qsort_r(v->rows, (size_t)v->count, sizeof(v->rows[0]), compare, v);
    find_chosen(v);
}

const struct row_peer *detail_state_peer(const struct detail_view *v)
{
    return v->focus != DETAIL_PEERS || v->peers.row < 0 ||
                   v->peers.row >= v->count
               ? NULL
               : v->rows[v->peers.row];
}
