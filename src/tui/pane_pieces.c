#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/main_state.h"
#include "tui/pane.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

enum {
    PIECES_ROOMY = 43, /* columns from which the legend has room */
    PIECES_WIDE = 60,  /* columns from which the name stands in the frame */
    PIECES_GUTTER = 5, /* columns of the piece number at the left */
    PIECES_LEGEND = 2, /* rows under the map */
    PIECES_SPREAD = 8, /* columns a piece may take when there are few */
};

static uint32_t piece_count(const struct main_item *item)
{
    return item->file != NULL ? item->file->piece_count
                              : item->transfer->piece_count;
}

static uint32_t piece_length(const struct main_item *item)
{
    return item->file != NULL ? item->file->piece_length
                              : item->transfer->piece_length;
}

void pane_pieces_title(const struct ui *ui, bool wide, struct pane_title *t)
{
    const struct main_item *item = main_state_item(ui);
    char count[UNITS_TEXT], size[UNITS_TEXT];

    t->more[0] = '\0';
    t->right[0] = '\0';
    if (item == NULL) {
        return;
    }
    if (wide) {
        snprintf(t->more, sizeof(t->more), "%s", item->name);
    }
    snprintf(t->right, sizeof(t->right), _("%s x %s"),
             units_count(piece_count(item), count),
             units_size(piece_length(item), size));
}

void pane_pieces_summary(const struct ui *ui, char *out, size_t size)
{
    const struct main_item *item = main_state_item(ui);
    char amount[WORDING_MAX], left[WORDING_MAX];
    const struct row_transfer *t;

    out[0] = '\0';
    if (item == NULL) {
        return;
    }
    t = item->transfer;
    wording_amount(main_item_have(item), main_item_size(item), amount);
    if (t != NULL && t->state == TRANSFER_LOADING && t->eta >= 0) {
        snprintf(out, size, _("%s  %s left  from %u peers"), amount,
                 wording_time_left(t->eta, left), t->peers);
    } else {
        snprintf(out, size, "%s  %s", amount,
                 wording_state(main_item_state(item), main_item_sources(item)));
    }
}

/* ---- The map ---------------------------------------------------------- */

static void put_cell(struct canvas *c, int x, int y,
                     const struct grid_cell *cell)
{
    if (cell->character != 0) {
        canvas_put(c, x, y, cell->character, cell->role);
    } else {
        canvas_sign(c, x, y, cell->sign, cell->role);
    }
}

/* How the map lies in its rectangle. */
struct map_shape {
    uint32_t cells, columns; /* cells in a row */
    int spread;              /* screen columns of a cell */
};

/* A few pieces are drawn broad, with a gap, instead of as a short line. */
static struct map_shape shape_of(uint32_t pieces, int width, int height)
{
    struct map_shape s = {.spread = 1};
    uint32_t room = (uint32_t)width * (uint32_t)height;

    s.cells = grid_cell_count(pieces, room);
    s.columns = (uint32_t)width;
    while (s.spread < PIECES_SPREAD && s.cells > 0) {
        int spread = s.spread == 1 ? 3 : s.spread + 1;
        uint32_t columns = (uint32_t)(width / spread);

        if (columns == 0 ||
            (s.cells + columns - 1) / columns > (uint32_t)height) {
            break;
        }
        s.spread = spread;
        s.columns = columns;
    }
    return s;
}

static uint32_t first_piece(const struct map_shape *s, uint32_t pieces,
                            uint32_t cell)
{
    return (uint32_t)((uint64_t)cell * pieces / s->cells);
}

static void draw_cells(struct ui *ui, const struct event_pieces *p,
                       const struct map_shape *s, struct canvas *c, int gutter)
{
    struct grid_cell *cells = mem_calloc(s->cells, sizeof(*cells));
    uint32_t i;

    grid_build(p, 0, p->piece_count, ui->main->grid, cells, s->cells);
    for (i = 0; i < s->cells; i++) {
        int x = gutter + (int)(i % s->columns) * s->spread;
        int y = (int)(i / s->columns);
        int k;

        if (i % s->columns == 0 && gutter > 0) {
            char text[UNITS_TEXT];

            snprintf(text, sizeof(text), "%u",
                     first_piece(s, p->piece_count, i));
            draw_right(c, gutter - 1, y, gutter - 1, ROLE_FRAME, text);
        }
        for (k = 0; k < s->spread - (s->spread > 1 ? 1 : 0); k++) {
            put_cell(c, x + k, y, &cells[i]);
        }
    }
    free(cells);
}

static void draw_map(struct ui *ui, const struct event_pieces *p,
                     struct canvas *c, int gutter, bool focused)
{
    struct main_view *v = ui->main;
    struct map_shape s;

    if (c->width <= gutter || c->height <= 0) {
        return;
    }
    s = shape_of(p->piece_count, c->width - gutter, c->height);
    draw_cells(ui, p, &s, c, gutter);
    v->grid_cells = s.cells;
    v->grid_columns = s.columns;
    v->grid_spread = s.spread;
    canvas_hit_rows(c, gutter, 0, (int)s.columns * s.spread, c->height,
                    MAIN_PIECES, 0);
    if (v->grid_cursor >= s.cells) {
        v->grid_cursor = s.cells - 1;
    }
    if (focused) {
        int x = gutter + (int)(v->grid_cursor % s.columns) * s.spread;
        int y = (int)(v->grid_cursor / s.columns);

        canvas_highlight(c, x, y, 1, THEME_REVERSE);
        canvas_cursor(c, x, y, false);
    }
}

void pane_pieces_strip(struct ui *ui, struct canvas *c)
{
    const struct event_pieces *p =
        model_pieces(&ui->model, ui->main->group, ui->main->name);
    const struct main_item *item = main_state_item(ui);

    if (p != NULL && c->height > 0) {
        draw_map(ui, p, c, 0, false);
    } else if (item != NULL && c->height > 0) {
        draw_bar(c, 0, 0, c->width, main_item_have(item), main_item_size(item));
    }
}

/* ---- The lines around it ---------------------------------------------- */

/* The line that says the chosen cell in words; a screen reader hears it. */
static void describe_cell(struct ui *ui, const struct event_pieces *p,
                          char *out, size_t size)
{
    struct grid_span span;
    const struct main_view *v = ui->main;
    char first[UNITS_TEXT], last[UNITS_TEXT];
    int used;

    if (v->grid_cells == 0) {
        out[0] = '\0';
        return;
    }
    grid_describe(p, 0, p->piece_count, v->grid_cells, v->grid_cursor, &span);
    units_count(span.first, first);
    units_count(span.last, last);
    used = span.first == span.last
               ? snprintf(out, size, _("Piece %s: %s"), first,
                          span.have > 0 ? _("verified") : _("missing"))
               : snprintf(out, size, _("Pieces %s-%s: %u of %u"), first, last,
                          span.have, span.last - span.first + 1);
    if (used > 0 && (size_t)used < size && span.copies >= 0) {
        snprintf(out + used, size - (size_t)used, _(", rarest held by %d"),
                 span.copies);
    } else if (used > 0 && (size_t)used < size && span.giver >= 'a') {
        snprintf(out + used, size - (size_t)used, _(", mostly from %c"),
                 span.giver);
    }
}

static void describe_map(const struct ui *ui, const struct event_pieces *p,
                         uint32_t verified, int width, char *out, size_t size)
{
    uint32_t cells = ui->main->grid_cells;
    uint32_t least = cells == 0 ? 0 : p->piece_count / cells;
    char count[UNITS_TEXT];
    int used;

    units_count(verified, count);
    if (width < PIECES_ROOMY) {
        used =
            snprintf(out, size, _("%s of %u verified"), count, p->piece_count);
    } else if (least <= 1 && p->piece_count == cells) {
        used = snprintf(out, size, _("1 cell = 1 piece   %s verified"), count);
    } else if (cells != 0 && p->piece_count % cells == 0) {
        used = snprintf(out, size, _("1 cell = %u pieces   %s verified"), least,
                        count);
    } else {
        used = snprintf(out, size, _("1 cell = %u or %u pieces   %s verified"),
                        least, least + 1, count);
    }
    if (width >= PIECES_WIDE && used > 0 && (size_t)used < size) {
        snprintf(out + used, size - (size_t)used, _("   %u arriving   %u bad"),
                 p->arriving_count, p->bad_count);
    }
}

/* A legend: signs with their meaning, as many as fit. */
static void draw_legend(struct ui *ui, struct canvas *c, int y)
{
    int x = 1;
    int room = c->width - 1;

    switch (ui->main->grid) {
    case GRID_COPIES:
        canvas_text(c, x, y, room, ROLE_TEXT,
                    _("0-9 + copies of the rarest   - nobody has it"));
        return;
    case GRID_SOURCES:
        canvas_text(c, x, y, room, ROLE_TEXT,
                    _("a-z who gave most of it   . from the disk"));
        return;
    case GRID_PERCENT:
        canvas_text(c, x, y, room, ROLE_TEXT,
                    _(". nothing   1-9 tens of percent   # all"));
        return;
    case GRID_STATE:
    case GRID_KINDS:
        break;
    }
    canvas_sign(c, x, y, GLYPH_BLOCK, ROLE_HAVE);
    x += 2 + canvas_text(c, x + 2, y, room, ROLE_TEXT, _("have ")) +
         (c->width >= PIECES_WIDE ? 1 : 0);
    canvas_sign(c, x, y, GLYPH_DARK, ROLE_PART);
    canvas_sign(c, x + 1, y, GLYPH_MEDIUM, ROLE_PART);
    canvas_sign(c, x + 2, y, GLYPH_LIGHT, ROLE_PART);
    x += 4 + canvas_text(c, x + 4, y, room, ROLE_TEXT, _("part ")) +
         (c->width >= PIECES_WIDE ? 1 : 0);
    canvas_sign(c, x, y, GLYPH_NONE, ROLE_FRAME);
    canvas_text(c, x + 2, y, c->width - x - 2, ROLE_TEXT,
                c->width >= PIECES_WIDE
                    ? _("none  a-z arriving from  ! bad, asked again")
                : c->width >= PIECES_ROOMY ? _("none a-z arriving ! bad")
                                           : _("none ! bad"));
}

static void draw_progress(const struct main_item *item, struct canvas *c)
{
    char amount[WORDING_MAX], text[WORDING_MAX], left[UNITS_TEXT];
    const struct row_transfer *t = item->transfer;
    uint64_t have = main_item_have(item), size = main_item_size(item);
    bool wide = c->width >= PIECES_WIDE;
    int bar = wide ? c->width - 31 : c->width - 18;
    int y = wide ? 0 : 1;

    wording_amount(have, size, amount);
    left[0] = '\0';
    if (t != NULL && t->state == TRANSFER_LOADING && t->eta >= 0) {
        units_duration(t->eta, left);
    }
    if (!wide) {
        int room = cell_text_width(amount, strlen(amount));

        draw_name(c, 1, 0, c->width - room - 4, ROLE_TITLE, item->name);
        draw_right(c, c->width - 1, 0, room, ROLE_TEXT, amount);
    }
    draw_bar(c, 1, y, bar, have, size);
    snprintf(text, sizeof(text), "%d%%", draw_percent(have, size));
    canvas_text(c, bar + 2 + (wide ? 1 : 0), y, 4, ROLE_TITLE, text);
    if (wide) {
        snprintf(text, sizeof(text), "%.30s  %.16s", amount, left);
        canvas_text(c, bar + 8, 0, c->width - bar - 9, ROLE_TEXT, text);
    } else if (left[0] != '\0') {
        snprintf(text, sizeof(text), _("%.20s left"), left);
        draw_right(c, c->width - 1, 1, 12, ROLE_TEXT, text);
    } else {
        draw_right(
            c, c->width - 1, 1, 12, ROLE_TEXT,
            wording_state(main_item_state(item), main_item_sources(item)));
    }
}

/* What can be said of a file whose pieces are not known here. */
static void draw_about(const struct main_item *item, struct canvas *c, int y)
{
    const struct row_file *f = item->file;
    enum transfer_state state = main_item_state(item);
    int room = c->width - 2;

    if (item->transfer != NULL && item->transfer->reason != NULL) {
        char reason[WORDING_SENTENCE];

        y += draw_wrapped(
            c, 1, y, room, 0, 4, ROLE_WARNING,
            wording_sentence(item->transfer->reason, reason, sizeof(reason)));
    }
    if (f != NULL && f->publisher != NULL) {
        int used = canvas_text(c, 1, y, room, ROLE_TEXT, _("Shared by "));

        draw_name(c, 1 + used, y, room - used, ROLE_TEXT, f->publisher);
        y++;
    }
    if (f != NULL) {
        draw_format(c, 1, y, room, ROLE_TEXT,
                    _("Complete at %u, loading at %u"), f->seeders,
                    f->leechers);
        y++;
    }
    if (state == TRANSFER_NONE) {
        bool waiting = f == NULL || f->seeders == 0;

        draw_wrapped(c, 1, y + 1, room, 0, 3, ROLE_TEXT,
                     waiting ? _("d   download; it starts when somebody "
                                 "who has it comes online")
                             : _("d   download it"));
    }
}

/* Which line stands under the map. */
static void draw_note(struct ui *ui, const struct main_item *item,
                      const struct event_pieces *p, struct canvas *c, int y,
                      bool focused)
{
    int x = c->width >= PIECES_WIDE ? PIECES_GUTTER + 1 : 1;
    char text[PANE_TEXT_MAX];
    const char *reason = item->transfer != NULL ? item->transfer->reason : NULL;
    uint32_t verified = item->transfer != NULL ? item->transfer->pieces_have
                        : main_item_have(item) >= main_item_size(item)
                            ? p->piece_count
                            : 0;

    if (focused) {
        describe_cell(ui, p, text, sizeof(text));
    } else if (reason != NULL) {
        wording_sentence(reason, text, sizeof(text));
    } else {
        describe_map(ui, p, verified, c->width, text, sizeof(text));
    }
    draw_cut(c, x, y, c->width - x - 1,
             reason != NULL && !focused ? ROLE_WARNING : ROLE_TEXT, text);
}

void pane_pieces_draw(struct ui *ui, struct canvas *c, bool focused)
{
    const struct main_item *item = main_state_item(ui);
    const struct event_pieces *p;
    struct canvas map;
    bool wide = c->width >= PIECES_WIDE;
    int top = 2;
    int below = wide ? 2 : PIECES_LEGEND;

    if (focused) {
        canvas_cursor(c, 1, 0, false);
    }
    if (item == NULL) {
        draw_wrapped(c, 1, 1, c->width - 2, 0, 3, ROLE_TEXT,
                     _("The pieces of the chosen file appear here."));
        return;
    }
    draw_progress(item, c);
    p = model_pieces(&ui->model, ui->main->group, item->name);
    if (p == NULL) {
        draw_about(item, c, 3);
        return;
    }
    if (c->height < 6) {
        below = 0; /* the map matters more than its legend */
    }
    map = canvas_inside(c, wide ? 1 : 0, top, c->width - (wide ? 2 : 1),
                        c->height - top - below);
    draw_map(ui, p, &map, PIECES_GUTTER, focused);
    if (below > 0) {
        draw_note(ui, item, p, c, wide ? 1 : c->height - 2, focused);
        draw_legend(ui, c, c->height - 1);
    }
}
