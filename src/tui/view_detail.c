#include "config.h"

#include "tui/view_detail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/detail_state.h"
#include "tui/draw.h"
#include "tui/main_state.h"
#include "tui/pane.h"
#include "tui/pane_detail.h"
#include "tui/ui.h"
#include "tui/view_main.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

enum {
    DETAIL_WIDE = 110, /* columns and rows from which all panes are shown */
    DETAIL_HIGH = 30,
    DETAIL_RIGHT = 40,     /* columns of the rates, of 118 */
    DETAIL_PEERS_ROWS = 8, /* of the wide layout: with the header */
    DETAIL_ARRIVING = 4,
    DETAIL_GUTTER = 5, /* columns of the pieces' numbers */
    DETAIL_GUTTER_WIDE = 6,
    DETAIL_STRIP = 5, /* rows of the map on small screens */
};

static void set_string(char **slot, const char *text)
{
    char *copy = mem_strdup(text);

    free(*slot);
    *slot = copy;
}

bool view_detail_choose(struct ui *ui, const char *group, const char *name)
{
    struct detail_view *v = detail_state_of(ui);
    struct main_item item;

    if (group == NULL || model_group(&ui->model, group) == NULL ||
        !main_item_find(ui, group, name, &item)) {
        return false;
    }
    set_string(&v->group, group);
    set_string(&v->name, name);
    main_state_choose_group(ui, v->group);
    if (ui->main->filter != NULL && !list_matches(v->name, ui->main->filter)) {
        main_state_filter(ui, NULL);
        main_state_update(ui);
    }
    if (ui->main->name == NULL || strcmp(ui->main->name, v->name) != 0) {
        main_state_choose_file(ui, v->name);
    }
    return main_state_item(ui) != NULL;
}

/* ---- Parts of the frame ------------------------------------------------- */

static const struct event_pieces *pieces_of(const struct ui *ui)
{
    return model_pieces(&ui->model, ui->main->group, ui->main->name);
}

static void draw_frame_title(struct ui *ui, const struct main_item *item,
                             struct canvas *c)
{
    char right[PANE_TEXT_MAX];
    struct draw_title t = {.title = item->name, .right = right};

    pane_detail_origin(ui, item, c->width >= DETAIL_WIDE, right, sizeof(right));
    draw_title(c, 2, 1, c->width - 4, &t);
}

/* The map was drawn: its scale is known. */
static void draw_pieces_title(struct ui *ui, struct canvas *c, int y)
{
    const struct piecemap *m = &ui->main->map;
    char right[PANE_TEXT_MAX] = "", scale[WORDING_SENTENCE];
    struct draw_title t = {.title = _("Pieces"),
                           .more = piecemap_title(m),
                           .right = right,
                           .focused =
                               detail_state_of(ui)->focus == DETAIL_PIECES};

    if (pieces_of(ui) != NULL) {
        piecemap_scale(m, scale, sizeof(scale));
        snprintf(right, sizeof(right), "%.200s   %s%s", scale,
                 c->width >= DETAIL_WIDE ? _("- + Zoom   ") : "",
                 _("o Other view"));
    }
    draw_title(c, 2, y, c->width - 4, &t);
}

static void draw_peers_title(struct ui *ui, struct canvas *c, int y, int width)
{
    struct pane_title text = {.more = "", .right = ""};
    char note[PANE_TEXT_MAX];
    struct draw_title t = {.title = _("Peers"),
                           .more = note,
                           .right = text.right,
                           .focused =
                               detail_state_of(ui)->focus == DETAIL_PEERS};

    pane_peers_title(ui, false, &text);
    pane_detail_peer_note(ui, note, sizeof(note));
    draw_title(c, 2, y, width - 4, &t);
}

/* ---- The pieces --------------------------------------------------------- */

/* The map, and a line of words below it. */
static void draw_pieces(struct ui *ui, const struct main_item *item,
                        struct canvas *c, bool wide)
{
    const struct event_pieces *p = pieces_of(ui);
    bool focused = detail_state_of(ui)->focus == DETAIL_PIECES;
    struct piecemap *m = &ui->main->map;
    struct canvas map =
        canvas_inside(c, 0, 0, c->width - (wide ? 0 : 1), c->height - 1);
    char text[WORDING_SENTENCE];

    if (focused) {
        canvas_cursor(c, 1, 0, false);
    }
    if (p == NULL) {
        pane_about_draw(item, c, 0);
        return;
    }
    piecemap_draw(m, p, &map, wide ? DETAIL_GUTTER_WIDE : DETAIL_GUTTER,
                  focused, DETAIL_PIECES);
    if (wide && !m->has_moved) {
        piecemap_legend(m, c, DETAIL_GUTTER_WIDE, c->height - 1);
        return;
    }
    piecemap_describe(m, p, main_state_peers(ui), text, sizeof(text));
    draw_cut(c, wide ? DETAIL_GUTTER_WIDE : 1, c->height - 1,
             c->width - 1 - (wide ? DETAIL_GUTTER_WIDE : 1), ROLE_TEXT, text);
}

/* ---- Layouts ------------------------------------------------------------ */

/* Frame and header; returns the row of the line below them. */
static int draw_top(struct ui *ui, const struct main_item *item,
                    struct canvas *c, bool wide)
{
    int rows = pane_detail_header_rows(item, wide);
    struct canvas header = canvas_inside(c, 1, 2, c->width - 2, rows);

    draw_frame(c, 0, 1, c->width, c->height - 1);
    draw_frame_title(ui, item, c);
    pane_detail_header(ui, item, &header, wide);
    draw_across(c, 2 + rows, c->width);
    return 2 + rows;
}

static void place_pieces(struct ui *ui, const struct main_item *item,
                         struct canvas *c, int y, int height, bool wide)
{
    struct canvas inner = canvas_inside(c, 1, y + 1, c->width - 2, height);

    canvas_hit(c, 1, y, c->width - 2, height + 1, HIT_LIST, DETAIL_PIECES,
               HIT_NO_ROW);
    draw_pieces(ui, item, &inner, wide);
    draw_pieces_title(ui, c, y);
}

static void place_peers(struct ui *ui, struct canvas *c, int y, int width,
                        int height)
{
    struct canvas inner = canvas_inside(c, 1, y + 1, width - 2, height);

    canvas_hit(c, 1, y, width - 2, height + 1, HIT_LIST, DETAIL_PEERS,
               HIT_NO_ROW);
    pane_detail_peers(ui, &inner, false);
    draw_peers_title(ui, c, y, width);
}

static void draw_standard(struct ui *ui, const struct main_item *item,
                          struct canvas *c)
{
    int top = draw_top(ui, item, c, false);
    int room = c->height - 2 - top; /* between the lines */
    int peers = (room - 2) * 3 / 7 + 1;
    int middle = c->height - 2 - peers;

    draw_across(c, middle, c->width);
    place_pieces(ui, item, c, top, middle - top - 1, false);
    place_peers(ui, c, middle, c->width, peers);
}

static void place_arriving(struct ui *ui, struct canvas *c, int y, int width,
                           int height)
{
    struct canvas inner = canvas_inside(c, 1, y + 1, width - 2, height);
    struct draw_title t = {.title = _("Arriving now"),
                           .right = _("piece, blocks of 16 KiB, peer")};

    draw_horizontal(c, 1, y, width - 2);
    canvas_sign(c, 0, y, GLYPH_TEE_RIGHT, ROLE_FRAME);
    draw_title(c, 2, y, width - 4, &t);
    pane_detail_arriving(ui, &inner);
}

static void draw_wide(struct ui *ui, const struct main_item *item,
                      struct canvas *c)
{
    int top = draw_top(ui, item, c, true);
    int bottom = c->height - 1;
    int more = c->height - 34 > 0 ? c->height - 34 : 0;
    int arriving = DETAIL_ARRIVING + more / 4;
    int peers = DETAIL_PEERS_ROWS + more / 4;
    int middle = bottom - arriving - peers - 2;
    int left = c->width - 1 - (c->width - 2) * DETAIL_RIGHT / 118;
    struct draw_title t = {.title = _("Rates, last 2 minutes")};
    struct canvas rates = canvas_inside(
        c, left, middle + 1, c->width - left - 1, bottom - middle - 1);

    draw_across(c, middle, c->width);
    draw_splitter(c, left - 1, middle, bottom);
    place_pieces(ui, item, c, top, middle - top - 1, true);
    place_peers(ui, c, middle, left, peers);
    place_arriving(ui, c, bottom - arriving - 1, left, arriving);
    canvas_sign(c, left - 1, bottom - arriving - 1, GLYPH_TEE_LEFT, ROLE_FRAME);
    draw_title(c, left + 1, middle, c->width - left - 3, &t);
    pane_detail_rates(ui, item, &rates);
}

static void draw_alone(struct ui *ui, const struct main_item *item,
                       struct canvas *c)
{
    draw_frame(c, 0, 1, c->width, c->height - 1);
    (void)item;
    if (detail_state_of(ui)->focus == DETAIL_PIECES) {
        place_pieces(ui, item, c, 1, c->height - 3, c->width >= DETAIL_WIDE);
    } else {
        place_peers(ui, c, 1, c->width, c->height - 3);
    }
}

/* No frames: the name, the map, and the peers below it. */
static void draw_stack(struct ui *ui, const struct main_item *item,
                       struct canvas *c)
{
    bool on_peers = detail_state_of(ui)->focus == DETAIL_PEERS;
    int map_rows = on_peers ? 2 : (c->height - 1) * DETAIL_STRIP / 9;
    struct canvas map = canvas_inside(c, 0, 1, c->width, map_rows);
    struct canvas peers =
        canvas_inside(c, 0, 1 + map_rows, c->width, c->height - 1 - map_rows);
    char text[WORDING_MAX], left[WORDING_MAX] = "";
    int used;

    if (item->transfer != NULL && item->transfer->state == TRANSFER_LOADING) {
        wording_time_left(item->transfer->eta, left);
    }
    used = snprintf(text, sizeof(text), "%d%%%s%s",
                    draw_percent(main_item_have(item), main_item_size(item)),
                    left[0] != '\0' ? " " : "", left);
    draw_name(c, 0, 0, c->width - used - 1, ROLE_TITLE, item->name);
    draw_right(c, c->width, 0, used, ROLE_TEXT, text);
    if (pieces_of(ui) != NULL) {
        piecemap_draw(&ui->main->map, pieces_of(ui), &map, 0, !on_peers,
                      DETAIL_PIECES);
    } else {
        pane_about_draw(item, &map, 0);
    }
    pane_detail_peers(ui, &peers, true);
}

static void draw_micro(const struct main_item *item, struct canvas *c)
{
    struct canvas small = canvas_inside(c, 0, 1, c->width, c->height - 1);

    draw_name(c, 0, 0, c->width - 2, ROLE_TITLE, item->name);
    canvas_cursor(c, 0, 0, false);
    pane_small_draw(item, &small);
}

static void detail_draw(struct ui *ui, struct canvas *c)
{
    const struct main_item *item = main_state_item(ui);

    if (item == NULL) {
        return; /* it is left with the next key */
    }
    switch (view_main_layout(c->cells->width, c->cells->height)) {
    case LAYOUT_TINY:
        pane_tiny_draw(item, c);
        break;
    case LAYOUT_MICRO:
        draw_micro(item, c);
        break;
    case LAYOUT_STACK:
        draw_stack(ui, item, c);
        break;
    case LAYOUT_NARROW:
    case LAYOUT_FULL:
        if (detail_state_of(ui)->alone) {
            draw_alone(ui, item, c);
        } else if (c->width >= DETAIL_WIDE && c->cells->height >= DETAIL_HIGH) {
            draw_wide(ui, item, c);
        } else {
            draw_standard(ui, item, c);
        }
        break;
    }
}

/* ---- Keys --------------------------------------------------------------- */

static bool detail_key(struct ui *ui, int key)
{
    struct detail_view *v = detail_state_of(ui);

    if (v->focus == DETAIL_PIECES) {
        return piecemap_key(&ui->main->map, key);
    }
    if (!list_key(&v->peers, key, v->count)) {
        return false;
    }
    detail_state_moved(v);
    return true;
}

static void detail_click(struct ui *ui, int list, int row, int column)
{
    struct detail_view *v = detail_state_of(ui);

    v->focus = (enum detail_pane)list;
    if (row < 0) {
        return;
    }
    if (v->focus == DETAIL_PIECES) {
        piecemap_click(&ui->main->map, row, column);
    } else {
        list_click(&v->peers, row, v->count);
        detail_state_moved(v);
    }
}

static uint64_t detail_row_id(const struct ui *ui, int list, int row)
{
    const struct detail_view *v = detail_state_of(ui);

    return list != DETAIL_PEERS || row >= v->count
               ? HIT_NO_ID
               : hit_id(hit_id(HIT_NO_ID, v->rows[row]->user),
                        v->rows[row]->address);
}

/* What belongs to the file works in both panes. */
static unsigned detail_contexts(const struct ui *ui)
{
    return ACTION_IN_FILES |
           (detail_state_of(ui)->focus == DETAIL_PIECES ? ACTION_IN_PIECES
                                                        : ACTION_IN_PEERS);
}

/* The file is gone, or another one was chosen. */
static bool detail_is_over(const struct ui *ui)
{
    const struct detail_view *v = detail_state_of(ui);
    const struct main_view *m = ui->main;

    return m->group == NULL || m->name == NULL || v->name == NULL ||
           strcmp(m->group, v->group) != 0 || strcmp(m->name, v->name) != 0;
}

static void detail_chosen(const struct ui *ui, struct selection *out)
{
    const struct row_peer *p = detail_state_peer(detail_state_of(ui));

    out->group = ui->main->group;
    out->name = ui->main->name;
    if (p != NULL) {
        out->user = p->user;
        out->peer = p->letter;
    }
}

static void detail_next_pane(struct ui *ui, int step)
{
    struct detail_view *v = detail_state_of(ui);

    v->focus = (v->focus + DETAIL_PANES + (unsigned)step) % DETAIL_PANES;
}

static void detail_zoom(struct ui *ui)
{
    detail_state_of(ui)->alone = !detail_state_of(ui)->alone;
}

static bool detail_find(struct ui *ui, const char *text, int step)
{
    struct detail_view *v = detail_state_of(ui);
    int i, row = v->peers.row;

    for (i = 0; i < v->count; i++) {
        row = (row + step + v->count) % v->count;
        if (list_matches(v->rows[row]->user, text)) {
            v->focus = DETAIL_PEERS;
            v->peers.row = row;
            detail_state_moved(v);
            return true;
        }
    }
    return false;
}

static const char *detail_column(const struct ui *ui, int n)
{
    (void)ui;
    switch (n) {
    case DETAIL_BY_LETTER:
        return _("Peer");
    case DETAIL_BY_LOAD:
        return _("Load");
    default:
        return NULL;
    }
}

static int detail_sorted(const struct ui *ui, bool *reverse)
{
    *reverse = detail_state_of(ui)->reverse;
    return (int)detail_state_of(ui)->sort;
}

static void detail_sort(struct ui *ui, int column, bool reverse)
{
    detail_state_of(ui)->sort = (enum detail_sort)column;
    detail_state_of(ui)->reverse = reverse;
    ui->stale = true;
}

const struct view_ops view_detail = {
    .name = "detail",
    .make = detail_state_make,
    .free = detail_state_free,
    .enter = main_state_watch,
    .draw = detail_draw,
    .key = detail_key,
    .click = detail_click,
    .row_id = detail_row_id,
    .contexts = detail_contexts,
    .update = detail_state_update,
    .is_over = detail_is_over,
    .chosen = detail_chosen,
    .next_pane = detail_next_pane,
    .zoom = detail_zoom,
    .find = detail_find,
    .column = detail_column,
    .sorted = detail_sorted,
    .sort = detail_sort,
};
