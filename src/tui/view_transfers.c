#include "config.h"

#include "tui/view_transfers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/draw.h"
#include "tui/key.h"
#include "tui/main_state.h"
#include "tui/pane_transfers.h"
#include "tui/ui.h"
#include "tui/view_main.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

/* ---- Layout ------------------------------------------------------------- */

static const char *pane_name(enum transfers_pane pane)
{
    switch (pane) {
    case TRANSFERS_DOWNLOADS:
        return _("Downloads");
    case TRANSFERS_SHARING:
        return _("Sharing");
    case TRANSFERS_TAKERS:
    case TRANSFERS_PANES:
        break;
    }
    return _("Who takes from you");
}

/* The title in the frame's line above the pane at (x, y). */
static void draw_pane_title(struct ui *ui, enum transfers_pane pane,
                            struct canvas *c, int y)
{
    struct pane_title text = {.more = "", .right = ""};
    struct draw_title t = {.title = pane_name(pane),
                           .right = text.right,
                           .focused = transfers_state_of(ui)->focus == pane};

    pane_transfers_title(ui, pane, &text);
    draw_title(c, 2, y, c->width - 4, &t);
}

static void place_pane(struct ui *ui, enum transfers_pane pane,
                       struct canvas *c, int y, int height)
{
    struct canvas inner = canvas_inside(c, 1, y, c->width - 2, height);

    draw_pane_title(ui, pane, c, y - 1);
    canvas_hit(c, 1, y - 1, c->width - 2, height + 1, HIT_LIST, (int)pane,
               HIT_NO_ROW);
    pane_transfers_draw(ui, pane, &inner, false);
}

/* Three panes, one below the other; the downloads get half of the rows. */
static void draw_three(struct ui *ui, struct canvas *c)
{
    int bottom = c->height - 1;
    int less = (c->height - 5) / 4;
    int takers = bottom - less, sharing = takers - 1 - less;

    draw_frame(c, 0, 1, c->width, bottom);
    draw_across(c, sharing - 1, c->width);
    draw_across(c, takers - 1, c->width);
    place_pane(ui, TRANSFERS_DOWNLOADS, c, 2, sharing - 3);
    place_pane(ui, TRANSFERS_SHARING, c, sharing, less);
    place_pane(ui, TRANSFERS_TAKERS, c, takers, less);
}

static void draw_alone(struct ui *ui, struct canvas *c)
{
    draw_frame(c, 0, 1, c->width, c->height - 1);
    place_pane(ui, transfers_state_of(ui)->focus, c, 2, c->height - 3);
}

static void draw_tabs(struct ui *ui, struct canvas *c)
{
    int pane, x = 0, end = pane_trackers_draw(ui, c);

    for (pane = 0; pane < TRANSFERS_PANES && x < end; pane++) {
        bool here = transfers_state_of(ui)->focus == (unsigned)pane;
        enum theme_role role = here ? ROLE_ACCENT : ROLE_TEXT;
        const char *name = pane == TRANSFERS_TAKERS
                               ? _("Takers")
                               : pane_name((enum transfers_pane)pane);
        int start = x;

        x += draw_format(c, x, 0, end - x, role, here ? "[%s]" : "%s", name);
        x++;
        canvas_hit(c, start, 0, x - start, 1, HIT_LIST, pane, HIT_NO_ROW);
    }
}

/* What is chosen as an item; false: nothing is. */
static bool chosen_item(const struct ui *ui, struct main_item *out)
{
    const struct row_transfer *t = transfers_state_item(transfers_state_of(ui));

    return t != NULL && main_item_find(ui, t->group, t->name, out);
}

static void draw_stack(struct ui *ui, struct canvas *c)
{
    struct canvas body = canvas_inside(c, 0, 1, c->width, c->height - 2);
    const struct row_transfer *t = transfers_state_item(transfers_state_of(ui));
    char amount[WORDING_MAX];

    draw_tabs(ui, c);
    pane_transfers_draw(ui, transfers_state_of(ui)->focus, &body, true);
    if (t != NULL && t->group != NULL) {
        draw_format(c, 0, c->height - 1, c->width, ROLE_TEXT, "%s  %s",
                    wording_amount(t->have, t->size, amount), t->group);
    }
}

static void draw_micro(struct ui *ui, struct canvas *c)
{
    int list = c->height > 4 ? c->height - 2 : 0;
    struct canvas small = canvas_inside(c, 0, list > 0 ? list : 1, c->width,
                                        c->height - (list > 0 ? list : 1));
    struct main_item item;

    if (!chosen_item(ui, &item)) {
        draw_wrapped(c, 0, 0, c->width, 0, c->height, ROLE_TEXT,
                     _("Nothing is loaded here."));
        canvas_cursor(c, 0, 0, false);
        return;
    }
    if (list > 0) {
        struct canvas body = canvas_inside(c, 0, 0, c->width, list);

        pane_transfers_draw(ui, transfers_state_of(ui)->focus, &body, true);
    } else {
        draw_name(c, 0, 0, c->width - 2, ROLE_TITLE, item.name);
        canvas_cursor(c, 0, 0, false);
    }
    pane_small_draw(&item, &small);
}

static void transfers_draw(struct ui *ui, struct canvas *c)
{
    enum main_layout layout =
        view_main_layout(c->cells->width, c->cells->height);
    struct main_item item;

    switch (layout) {
    case LAYOUT_TINY:
        pane_tiny_draw(chosen_item(ui, &item) ? &item : NULL, c);
        break;
    case LAYOUT_MICRO:
        draw_micro(ui, c);
        break;
    case LAYOUT_STACK:
        draw_stack(ui, c);
        break;
    case LAYOUT_NARROW:
    case LAYOUT_FULL:
        if (transfers_state_of(ui)->alone) {
            draw_alone(ui, c);
        } else {
            draw_three(ui, c);
        }
        break;
    }
}

/* ---- Keys --------------------------------------------------------------- */

static bool transfers_key(struct ui *ui, int key)
{
    struct transfers_view *v = transfers_state_of(ui);
    struct list *l = &v->lists[v->focus];
    const struct row_transfer *t = transfers_state_item(v);

    if (key == KEY_SPACE && t != NULL) {
        transfers_state_toggle_mark(v, t);
        key = KEY_ARROW_DOWN;
    } else if (key == '*' || key == 'u') {
        transfers_state_mark_all(v, key == '*');
        return true;
    }
    if (!list_key(l, key, v->counts[v->focus])) {
        return false;
    }
    transfers_state_moved(v, v->focus);
    return true;
}

static void transfers_click(struct ui *ui, int list, int row, int column)
{
    struct transfers_view *v = transfers_state_of(ui);

    (void)column;
    v->focus = (enum transfers_pane)list;
    if (row >= 0) {
        list_click(&v->lists[list], row, v->counts[list]);
        transfers_state_moved(v, v->focus);
    }
}

static uint64_t transfers_row_id(const struct ui *ui, int list, int row)
{
    const struct transfers_view *v = transfers_state_of(ui);
    const struct row_transfer *t;
    const struct row_taker *k;

    if (row >= v->counts[list]) {
        return HIT_NO_ID;
    }
    if (list == TRANSFERS_TAKERS) {
        k = v->takers[row];
        return hit_id(hit_id(hit_id(HIT_NO_ID, k->user), k->group), k->name);
    }
    t = v->items[list][row];
    return hit_id(hit_id(HIT_NO_ID, t->group), t->name);
}

static unsigned transfers_contexts(const struct ui *ui)
{
    return transfers_state_of(ui)->focus == TRANSFERS_TAKERS ? ACTION_IN_TAKERS
                                                             : ACTION_IN_FILES;
}

static void transfers_enter(struct ui *ui)
{
    ui_watch_takers(ui, true);
}

static void transfers_leave(struct ui *ui)
{
    ui_watch_takers(ui, false);
}

static void transfers_chosen(const struct ui *ui, struct selection *out)
{
    const struct transfers_view *v = transfers_state_of(ui);
    const struct row_transfer *t = transfers_state_item(v);
    const struct row_taker *k = transfers_state_taker(v);

    if (t != NULL) {
        out->group = t->group;
        out->name = t->name;
    } else if (k != NULL) {
        out->group = k->group;
        out->name = k->name;
        out->user = k->user;
    }
}

/* In the order of the model, whichever list they are in. */
static bool transfers_marked(const struct ui *ui, unsigned n,
                             struct selection *out)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRANSFERS);
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct row_transfer *t = &r->transfers[i];

        if (t->name != NULL &&
            transfers_state_is_marked(transfers_state_of(ui), t) && n-- == 0) {
            out->group = t->group;
            out->name = t->name;
            return true;
        }
    }
    return false;
}

static void transfers_unmark(struct ui *ui)
{
    transfers_state_mark_all(transfers_state_of(ui), false);
}

static void transfers_next_pane(struct ui *ui, int step)
{
    struct transfers_view *v = transfers_state_of(ui);

    v->focus = (v->focus + TRANSFERS_PANES + (unsigned)step) % TRANSFERS_PANES;
}

static void transfers_zoom(struct ui *ui)
{
    transfers_state_of(ui)->alone = !transfers_state_of(ui)->alone;
}

static const char *name_at(const struct transfers_view *v, int row)
{
    return v->focus == TRANSFERS_TAKERS ? v->takers[row]->name
                                        : v->items[v->focus][row]->name;
}

static bool transfers_find(struct ui *ui, const char *text, int step)
{
    struct transfers_view *v = transfers_state_of(ui);
    struct list *l = &v->lists[v->focus];
    int count = v->counts[v->focus], i, row = l->row;

    for (i = 0; i < count; i++) {
        row = (row + step + count) % count;
        if (list_matches(name_at(v, row), text)) {
            l->row = row;
            transfers_state_moved(v, v->focus);
            return true;
        }
    }
    return false;
}

static void transfers_filter(struct ui *ui, const char *text)
{
    struct transfers_view *v = transfers_state_of(ui);

    free(v->filter);
    v->filter = mem_strdup(text);
    ui->stale = true;
}

static const char *transfers_filtered(const struct ui *ui)
{
    return transfers_state_of(ui)->filter;
}

static const char *transfers_column(const struct ui *ui, int n)
{
    static const char *const names[TRANSFERS_SORTS] = {
        [TRANSFERS_BY_STATUS] = N_("Status"), [TRANSFERS_BY_NAME] = N_("Name"),
        [TRANSFERS_BY_GROUP] = N_("Group"),   [TRANSFERS_BY_HAVE] = N_("Have"),
        [TRANSFERS_BY_RATE] = N_("Speed"),
    };

    (void)ui;
    return n < TRANSFERS_SORTS ? _(names[n]) : NULL;
}

static int transfers_sorted(const struct ui *ui, bool *reverse)
{
    *reverse = transfers_state_of(ui)->reverse;
    return (int)transfers_state_of(ui)->sort;
}

static void transfers_sort(struct ui *ui, int column, bool reverse)
{
    transfers_state_of(ui)->sort = (enum transfers_sort)column;
    transfers_state_of(ui)->reverse = reverse;
    ui->stale = true;
}

const struct view_ops view_transfers = {
    .name = "transfers",
    .make = transfers_state_make,
    .free = transfers_state_free,
    .enter = transfers_enter,
    .leave = transfers_leave,
    .draw = transfers_draw,
    .key = transfers_key,
    .click = transfers_click,
    .row_id = transfers_row_id,
    .contexts = transfers_contexts,
    .update = transfers_state_update,
    .chosen = transfers_chosen,
    .marked = transfers_marked,
    .unmark = transfers_unmark,
    .next_pane = transfers_next_pane,
    .zoom = transfers_zoom,
    .find = transfers_find,
    .filter = transfers_filter,
    .filtered = transfers_filtered,
    .column = transfers_column,
    .sorted = transfers_sorted,
    .sort = transfers_sort,
};
