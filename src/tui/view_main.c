#include "config.h"

#include "tui/view_main.h"

#include <stdio.h>
#include <string.h>

#include "tui/action.h"
#include "tui/draw.h"
#include "tui/forms.h"
#include "tui/key.h"
#include "tui/list.h"
#include "tui/main_state.h"
#include "tui/pane.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"

enum {
    MAIN_GROUPS_WIDTH = 18,    /* inside the frame, up to 109 columns */
    MAIN_GROUPS_WIDE = 22,     /* and from 110 on */
    MAIN_WIDE = 110,           /* columns from which more is shown */
    MAIN_ACTIVITY_HEIGHT = 30, /* rows from which activity is shown */
    MAIN_ACTIVITY_ROWS = 5,
};

enum main_layout view_main_layout(int width, int height)
{
    if (width < 20 || height < 4) {
        return LAYOUT_TINY;
    }
    if (width < 40 || height < 8) {
        return LAYOUT_MICRO;
    }
    if (width < 60 || height < 20) {
        return LAYOUT_STACK;
    }
    return width < 80 ? LAYOUT_NARROW : LAYOUT_FULL;
}

/* ---- Panes in frames -------------------------------------------------- */

static const char *pane_name(enum main_pane pane)
{
    switch (pane) {
    case MAIN_GROUPS:
        return _("Groups");
    case MAIN_FILES:
        return _("Files");
    case MAIN_PIECES:
        return _("Pieces");
    case MAIN_PEERS:
    case MAIN_PANES:
        break;
    }
    return _("Peers");
}

static void draw_pane(struct ui *ui, enum main_pane pane, struct canvas *c)
{
    bool focused = ui->main->focus == pane;

    switch (pane) {
    case MAIN_GROUPS:
        pane_groups_draw(ui, c, focused);
        break;
    case MAIN_FILES:
        pane_files_draw(ui, c, focused, false);
        break;
    case MAIN_PIECES:
        pane_pieces_draw(ui, c, focused);
        break;
    case MAIN_PEERS:
    case MAIN_PANES:
        pane_peers_draw(ui, c, focused);
        break;
    }
}

/* The title of a pane in the frame's line `y`, between columns `x` and
 * `x + width`, which are the frame's corners. */
static void draw_pane_title(struct ui *ui, enum main_pane pane,
                            struct canvas *c, int x, int y, int width)
{
    struct pane_title text = {.more = "", .right = ""};
    bool wide = c->width >= MAIN_WIDE;
    struct draw_title t = {.title = pane_name(pane),
                           .more = text.more,
                           .right = text.right,
                           .focused = ui->main->focus == pane};

    switch (pane) {
    case MAIN_GROUPS:
        pane_groups_title(ui, wide, &text);
        break;
    case MAIN_FILES:
        pane_files_title(ui, wide, &text);
        break;
    case MAIN_PIECES:
        pane_pieces_title(ui, wide, &text);
        break;
    case MAIN_PEERS:
    case MAIN_PANES:
        pane_peers_title(ui, wide, &text);
        break;
    }
    draw_title(c, x + 2, y, width - 4, &t);
}

/* A pane with its inside at (x, y), width x height, and its title above. */
static void place_pane(struct ui *ui, enum main_pane pane, struct canvas *c,
                       int x, int y, int width, int height)
{
    struct canvas inner = canvas_inside(c, x, y, width, height);

    draw_pane_title(ui, pane, c, x - 1, y - 1, width + 2);
    canvas_hit(c, x, y - 1, width, height + 1, HIT_LIST, (int)pane, HIT_NO_ROW);
    draw_pane(ui, pane, &inner);
}

/* Columns inside the lower left pane, so that the peers keep 32 (46). */
static int pieces_width(int width)
{
    if (width >= MAIN_WIDE) {
        return (width - 3) * 71 / 117;
    }
    return width >= 80 ? (width - 3) * 45 / 77 : (width - 3) * 32 / 57;
}

/* Files (and groups) above, pieces and peers below, in a frame whose lines
 * are at `top`, `middle` and `bottom`. `groups`: columns of the groups' pane,
 * 0 for none. */
static void draw_four(struct ui *ui, struct canvas *c, int top, int bottom,
                      int groups)
{
    int width = c->width;
    int middle = top + 1 + ((bottom - top - 2) * 2 + 2) / 5;
    int left = groups > 0 ? groups + 1 : 0;
    int pieces = pieces_width(width);

    draw_frame(c, 0, top, width, bottom - top + 1);
    draw_across(c, middle, width);
    if (groups > 0) {
        draw_splitter(c, left, top, middle);
    }
    draw_splitter(c, pieces + 1, middle, bottom);
    if (groups > 0) {
        place_pane(ui, MAIN_GROUPS, c, 1, top + 1, groups, middle - top - 1);
        canvas_sign(c, left, middle, GLYPH_TEE_UP, ROLE_FRAME);
    }
    place_pane(ui, MAIN_FILES, c, left + 1, top + 1, width - left - 2,
               middle - top - 1);
    place_pane(ui, MAIN_PIECES, c, 1, middle + 1, pieces, bottom - middle - 1);
    place_pane(ui, MAIN_PEERS, c, pieces + 2, middle + 1, width - pieces - 3,
               bottom - middle - 1);
}

static void draw_activity(struct ui *ui, struct canvas *c, int top, int bottom)
{
    struct canvas inner =
        canvas_inside(c, 1, top + 1, c->width - 2, bottom - top - 1);
    struct draw_title t = {.title = _("Activity"), .right = _("5 Full log")};
    int splitter = pieces_width(c->width) + 1;
    int log_width = cell_text_width(t.right, strlen(t.right));

    draw_frame(c, 0, top, c->width, bottom - top + 1);
    draw_across(c, top, c->width);
    canvas_sign(c, splitter, top, GLYPH_TEE_UP, ROLE_FRAME);
    draw_title(c, 2, top, c->width - 4, &t);
    canvas_hit_key(c, c->width - 4 - log_width, top, log_width + 2, '5');
    pane_activity_draw(ui, &inner);
}

static void draw_full(struct ui *ui, struct canvas *c)
{
    int bottom = c->height - 1;
    bool wide = c->width >= MAIN_WIDE;

    if (wide && c->height + 2 >= MAIN_ACTIVITY_HEIGHT) {
        int split = bottom - MAIN_ACTIVITY_ROWS - 1;

        draw_four(ui, c, 1, split, MAIN_GROUPS_WIDE);
        draw_activity(ui, c, split, bottom);
    } else {
        draw_four(ui, c, 1, bottom,
                  wide ? MAIN_GROUPS_WIDE : MAIN_GROUPS_WIDTH);
    }
}

/* The groups' pane as one line. */
static void draw_group_line(struct ui *ui, struct canvas *c, int y)
{
    const struct row_group *g = main_state_group(ui);
    bool focused = ui->main->focus == MAIN_GROUPS;
    int x = 1;

    if (g == NULL) {
        canvas_text(c, x, y, c->width - x, ROLE_TEXT,
                    model_is_logged_in(&ui->model)
                        ? _("You are in no group yet: J Join  c Create")
                        : _("Not logged in: Enter log in"));
    } else {
        canvas_put(c, x, y, focused ? '[' : ' ', ROLE_ACCENT);
        x += 1 + draw_name(c, x + 1, y, 24, ROLE_TITLE, g->name);
        canvas_put(c, x, y, focused ? ']' : ' ', ROLE_ACCENT);
        canvas_sign(c, x + 1, y, GLYPH_SORTED_DOWN, ROLE_FRAME);
        x += 4;
        x += draw_format(c, x, y, c->width - x, ROLE_TEXT,
                         ngettext("%u member, %u online",
                                  "%u members, %u online", g->members),
                         g->members, g->online);
    }
    if (g != NULL && g->requests > 0) {
        draw_format(
            c, x + 2, y, c->width - x - 2, ROLE_WARNING,
            ngettext("%u waits to join  r", "%u wait to join  r", g->requests),
            g->requests);
    }
    canvas_hit(c, 0, y, c->width, 1, HIT_LIST, MAIN_GROUPS, HIT_NO_ROW);
    if (focused) {
        canvas_cursor(c, 1, y, false);
    }
}

static void draw_alone(struct ui *ui, struct canvas *c)
{
    draw_frame(c, 0, 1, c->width, c->height - 1);
    place_pane(ui, ui->main->focus, c, 1, 2, c->width - 2, c->height - 3);
}

/* ---- Small terminals -------------------------------------------------- */

static void draw_tabs(struct ui *ui, struct canvas *c)
{
    enum main_pane pane;
    int x = 0, end = pane_trackers_draw(ui, c);

    for (pane = MAIN_GROUPS; pane < MAIN_PANES && x < end; pane++) {
        bool here = ui->main->focus == pane;
        enum theme_role role = here ? ROLE_ACCENT : ROLE_TEXT;
        bool named = pane == MAIN_GROUPS && ui->main->group != NULL;
        int start = x;

        if (here) {
            canvas_put(c, x, 0, '[', role);
        }
        x += here ? 1 : 0;
        x += named ? draw_name(c, x, 0, end - x < 12 ? end - x : 12, role,
                               ui->main->group)
                   : canvas_text(c, x, 0, end - x, role, pane_name(pane));
        if (here) {
            canvas_put(c, x, 0, ']', role);
        }
        x += here ? 2 : 1;
        canvas_hit(c, start, 0, x - start, 1, HIT_LIST, (int)pane, HIT_NO_ROW);
    }
}

/* What is chosen, in words; and beside it whether somebody waits. */
static void draw_summary(struct ui *ui, struct canvas *c, int y)
{
    const struct row_group *g = main_state_group(ui);
    char text[PANE_TEXT_MAX], waiting[64] = "";
    int width;

    if (g != NULL && g->requests > 0) {
        snprintf(
            waiting, sizeof(waiting),
            ngettext("%u waits to join  r", "%u wait to join  r", g->requests),
            g->requests);
    }
    width = cell_text_width(waiting, strlen(waiting));
    draw_right(c, c->width, y, c->width, ROLE_WARNING, waiting);
    pane_pieces_summary(ui, text, sizeof(text));
    draw_cut(c, 0, y, c->width - width - (width > 0 ? 1 : 0), ROLE_TEXT, text);
}

static void draw_stack(struct ui *ui, struct canvas *c)
{
    enum main_pane focus = ui->main->focus;
    bool list = focus == MAIN_FILES || focus == MAIN_GROUPS;
    bool has_map = list && c->height >= 6 && main_state_item(ui) != NULL;
    int map = c->height >= 16 ? 4 : 2;
    int below = has_map ? map + 1 : 1;
    struct canvas body =
        canvas_inside(c, 0, 1, c->width, c->height - 1 - below);

    draw_tabs(ui, c);
    if (focus == MAIN_FILES) {
        pane_files_draw(ui, &body, true, true);
    } else {
        draw_pane(ui, focus, &body);
    }
    if (below > 1) {
        struct canvas strip =
            canvas_inside(c, 0, c->height - below, c->width, map);

        pane_pieces_strip(ui, &strip);
    }
    draw_summary(ui, c, c->height - 1);
}

static void draw_micro(struct ui *ui, struct canvas *c)
{
    const struct main_item *item = main_state_item(ui);
    int list = c->height > 4 ? c->height - 2 : 0;
    int y = list > 0 ? list : 1;
    struct canvas small;

    if (item == NULL) {
        draw_wrapped(c, 0, 0, c->width, 0, c->height, ROLE_TEXT,
                     model_is_logged_in(&ui->model) ? _("No files here yet.")
                                                    : _("Not logged in."));
        return;
    }
    if (list > 0) {
        struct canvas body = canvas_inside(c, 0, 0, c->width, list);

        pane_files_draw(ui, &body, true, true);
    } else {
        draw_name(c, 0, 0, c->width - 2, ROLE_TITLE, item->name);
        canvas_cursor(c, 0, 0, false);
    }
    small = canvas_inside(c, 0, y, c->width, c->height - y);
    pane_small_draw(item, &small);
}

static void main_draw(struct ui *ui, struct canvas *c)
{
    enum main_layout layout =
        view_main_layout(c->cells->width, c->cells->height);

    switch (layout) {
    case LAYOUT_TINY:
        pane_tiny_draw(main_state_item(ui), c);
        return;
    case LAYOUT_MICRO:
        draw_micro(ui, c);
        return;
    case LAYOUT_STACK:
        draw_stack(ui, c);
        return;
    case LAYOUT_NARROW:
    case LAYOUT_FULL:
        break;
    }
    if (ui->main->alone || settings_on(ui->setup->settings, SETTING_PLAIN)) {
        draw_alone(ui, c);
    } else if (layout == LAYOUT_NARROW) {
        draw_group_line(ui, c, 1);
        draw_four(ui, c, 2, c->height - 1, 0);
    } else {
        draw_full(ui, c);
    }
}

/* ---- Keys ------------------------------------------------------------- */

/* Where a moving key leads from `row` in a list of `count`; -1 for others. */
static int moved(int key, int row, int count, int page)
{
    struct list l = {.row = row, .page = page};

    if (!list_key(&l, key, count)) {
        return -1;
    }
    return l.row < 0 ? 0 : l.row;
}

static bool groups_key(struct ui *ui, int key)
{
    int row = main_state_group_row(ui);
    int to = moved(key, row, main_state_group_count(ui), ui->main->page);
    const struct row_group *g;

    if (key == KEY_RETURN) {
        ui->main->focus = MAIN_FILES;
        return true;
    }
    if (to < 0) {
        return false;
    }
    g = main_state_group_at(ui, to);
    if (g != NULL && to != row) {
        main_state_choose_group(ui, g->name);
    }
    return true;
}

static bool files_key(struct ui *ui, int key)
{
    struct main_view *v = ui->main;
    int row = main_state_file_row(ui);
    int to = moved(key, row, v->item_count, v->page);

    if (key == KEY_SPACE && row >= 0) {
        main_state_toggle_mark(ui, v->items[row].name);
        to = row + 1 < v->item_count ? row + 1 : row;
    } else if (key == '*' || key == 'u') {
        main_state_mark_all(ui, key == '*');
        return true;
    }
    if (to < 0) {
        return false;
    }
    if (to != row && to < v->item_count) {
        main_state_choose_file(ui, v->items[to].name);
    }
    return true;
}

static bool peers_key(struct ui *ui, int key)
{
    const struct rows *peers = main_state_peers(ui);
    int to =
        moved(key, main_state_peer_row(ui), (int)peers->count, ui->main->page);

    if (to < 0) {
        return false;
    }
    if (to < (int)peers->count) {
        ui->main->peer = peers->peers[to].letter;
    }
    return true;
}

static bool main_key(struct ui *ui, int key)
{
    if (key == KEY_RETURN && !model_is_logged_in(&ui->model)) {
        form_login(ui, NULL);
        return true;
    }
    switch (ui->main->focus) {
    case MAIN_GROUPS:
        return groups_key(ui, key);
    case MAIN_FILES:
        return files_key(ui, key);
    case MAIN_PIECES:
        return piecemap_key(&ui->main->map, key);
    case MAIN_PEERS:
    case MAIN_PANES:
        break;
    }
    return peers_key(ui, key);
}

static void main_click(struct ui *ui, int list, int row, int column)
{
    struct main_view *v = ui->main;
    const struct rows *peers = main_state_peers(ui);
    const struct row_group *g;

    v->focus = (enum main_pane)list;
    if (row < 0) {
        return;
    }
    switch (v->focus) {
    case MAIN_GROUPS:
        g = main_state_group_at(ui, row);
        if (g != NULL) {
            main_state_choose_group(ui, g->name);
        }
        break;
    case MAIN_FILES:
        if (row < v->item_count) {
            main_state_choose_file(ui, v->items[row].name);
        }
        break;
    case MAIN_PIECES:
        piecemap_click(&v->map, row, column);
        break;
    case MAIN_PEERS:
    case MAIN_PANES:
        if (row < (int)peers->count) {
            v->peer = peers->peers[row].letter;
        }
        break;
    }
}

static uint64_t main_row_id(const struct ui *ui, int list, int row)
{
    const struct main_view *v = ui->main;
    const struct rows *peers = main_state_peers(ui);
    const struct row_group *g;
    char letter[2] = "";

    switch ((enum main_pane)list) {
    case MAIN_GROUPS:
        g = main_state_group_at(ui, row);
        return g == NULL ? HIT_NO_ID : hit_id(HIT_NO_ID, g->name);
    case MAIN_FILES:
        return row >= v->item_count ? HIT_NO_ID
                                    : hit_id(HIT_NO_ID, v->items[row].name);
    case MAIN_PEERS:
        if (row < (int)peers->count) {
            letter[0] = peers->peers[row].letter;
            return hit_id(HIT_NO_ID, letter);
        }
        break;
    case MAIN_PIECES:
    case MAIN_PANES:
        break;
    }
    return HIT_NO_ID;
}

static unsigned main_contexts(const struct ui *ui)
{
    switch (ui->main->focus) {
    case MAIN_GROUPS:
        return ACTION_IN_GROUPS;
    case MAIN_FILES:
        return ACTION_IN_FILES;
    case MAIN_PIECES:
        return ACTION_IN_PIECES;
    case MAIN_PEERS:
    case MAIN_PANES:
        break;
    }
    return ACTION_IN_PEERS;
}

static void *main_make(struct ui *ui)
{
    (void)ui;
    return main_state_new();
}

static void main_free(void *state)
{
    main_state_free(state);
}

static void main_chosen(const struct ui *ui, struct selection *out)
{
    const struct rows *peers = main_state_peers(ui);
    int row = main_state_peer_row(ui);

    out->group = ui->main->group;
    out->name = ui->main->name;
    if (ui->main->focus == MAIN_PEERS && row >= 0) {
        out->user = peers->peers[row].user;
        out->peer = peers->peers[row].letter;
    }
}

static bool main_marked(const struct ui *ui, unsigned n, struct selection *out)
{
    const struct main_view *v = ui->main;
    int i;

    for (i = 0; i < v->item_count; i++) {
        if (main_state_is_marked(ui, v->items[i].name) && n-- == 0) {
            out->group = v->group;
            out->name = v->items[i].name;
            return true;
        }
    }
    return false;
}

static void main_unmark(struct ui *ui)
{
    main_state_mark_all(ui, false);
}

static const char *main_copied(const struct ui *ui)
{
    struct selection at = {.group = NULL};

    main_chosen(ui, &at);
    return ui->main->focus == MAIN_GROUPS ? at.group
           : at.user != NULL              ? at.user
                                          : at.name;
}

static void main_next_pane(struct ui *ui, int step)
{
    ui->main->focus =
        (ui->main->focus + MAIN_PANES + (unsigned)step) % MAIN_PANES;
}

static void main_zoom(struct ui *ui)
{
    ui->main->alone = !ui->main->alone;
}

static bool main_find(struct ui *ui, const char *text, int step)
{
    struct main_view *v = ui->main;
    int row = main_state_file_row(ui);
    int i, at = row < 0 ? 0 : row;

    for (i = 0; i < v->item_count; i++) {
        at = (at + step + v->item_count) % v->item_count;
        if (list_matches(v->items[at].name, text)) {
            main_state_choose_file(ui, v->items[at].name);
            v->focus = MAIN_FILES;
            return true;
        }
    }
    return false;
}

static const char *main_filtered(const struct ui *ui)
{
    return ui->main->filter;
}

static const char *main_column(const struct ui *ui, int n)
{
    static const char *const names[SORT_KEYS] = {
        [SORT_NAME] = N_("Name"),     [SORT_SIZE] = N_("Size"),
        [SORT_HAVE] = N_("Have"),     [SORT_FROM] = N_("From"),
        [SORT_STATUS] = N_("Status"),
    };

    (void)ui;
    return n < SORT_KEYS ? _(names[n]) : NULL;
}

static int main_sorted(const struct ui *ui, bool *reverse)
{
    *reverse = ui->main->reverse;
    return (int)ui->main->sort;
}

static void main_sort(struct ui *ui, int column, bool reverse)
{
    main_state_sort(ui, (enum main_sort)column, reverse);
}

const struct view_ops view_main = {
    .name = "main",
    .make = main_make,
    .free = main_free,
    .enter = main_state_watch,
    .draw = main_draw,
    .key = main_key,
    .click = main_click,
    .row_id = main_row_id,
    .contexts = main_contexts,
    .update = main_state_update,
    .chosen = main_chosen,
    .marked = main_marked,
    .unmark = main_unmark,
    .copied = main_copied,
    .next_pane = main_next_pane,
    .zoom = main_zoom,
    .find = main_find,
    .filter = main_state_filter,
    .filtered = main_filtered,
    .column = main_column,
    .sorted = main_sorted,
    .sort = main_sort,
};
