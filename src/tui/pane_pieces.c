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
    if (ui->main->map.kind != GRID_STATE) {
        snprintf(t->more, sizeof(t->more), "%s",
                 piecemap_title(&ui->main->map));
    } else if (wide) {
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
    if (t != NULL && t->reason != NULL) {
        wording_sentence(t->reason, out, size);
        return;
    }
    wording_amount(main_item_have(item), main_item_size(item), amount);
    if (t != NULL && t->state == TRANSFER_LOADING && t->eta >= 0) {
        snprintf(out, size,
                 ngettext("%s  %s left  from %u peer",
                          "%s  %s left  from %u peers", t->peers),
                 amount, wording_time_left(t->eta, left), t->peers);
    } else {
        snprintf(out, size, "%s  %s", amount,
                 wording_state(main_item_state(item), main_item_sources(item)));
    }
}

/* ---- The map ---------------------------------------------------------- */

void pane_pieces_strip(struct ui *ui, struct canvas *c)
{
    const struct event_pieces *p =
        model_pieces(&ui->model, ui->main->group, ui->main->name);
    const struct main_item *item = main_state_item(ui);

    if (p != NULL && c->height > 0) {
        piecemap_draw(&ui->main->map, p, c, 0, false, MAIN_PIECES);
    } else if (item != NULL && c->height > 0) {
        draw_bar(c, 0, 0, c->width, main_item_have(item), main_item_size(item));
    }
}

/* ---- The lines around it ---------------------------------------------- */

static void describe_map(const struct ui *ui, const struct event_pieces *p,
                         uint32_t verified, int width, char *out, size_t size)
{
    char count[UNITS_TEXT], all[UNITS_TEXT], scale[WORDING_MAX];
    int used;

    units_count(verified, count);
    if (width < PIECES_ROOMY) {
        snprintf(out, size, _("%s of %s verified"), count,
                 units_count(p->piece_count, all));
        return;
    }
    piecemap_scale(&ui->main->map, scale, sizeof(scale));
    used = snprintf(out, size, _("%s   %s verified"), scale, count);
    if (width >= PIECES_WIDE && used > 0 && (size_t)used < size) {
        snprintf(out + used, size - (size_t)used, _("   %u arriving   %u bad"),
                 grid_arriving(p), p->bad_count);
    }
}

static void draw_progress(const struct main_item *item, struct canvas *c)
{
    char amount[WORDING_MAX], text[WORDING_MAX], left[UNITS_TEXT];
    char beside[WORDING_MAX];
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
    if (wide) { /* a long amount takes from the bar, not from itself */
        int used;

        snprintf(beside, sizeof(beside), "%.30s  %.16s", amount, left);
        used = cell_text_width(beside, strlen(beside));
        bar = bar < c->width - used - 9 ? bar : c->width - used - 9;
    }
    draw_bar(c, 1, y, bar, have, size);
    snprintf(text, sizeof(text), "%d%%", draw_percent(have, size));
    canvas_text(c, bar + 2 + (wide ? 1 : 0), y, 4, ROLE_TITLE, text);
    if (wide) {
        canvas_text(c, bar + 8, 0, c->width - bar - 9, ROLE_TEXT, beside);
    } else if (left[0] != '\0') {
        snprintf(text, sizeof(text), _("%.20s left"), left);
        draw_right(c, c->width - 1, 1, 12, ROLE_TEXT, text);
    } else {
        draw_right(
            c, c->width - 1, 1, 12, ROLE_TEXT,
            wording_state(main_item_state(item), main_item_sources(item)));
    }
}

void pane_about_draw(const struct main_item *item, struct canvas *c, int y)
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
        piecemap_describe(&ui->main->map, p, main_state_peers(ui), text,
                          sizeof(text));
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
        pane_about_draw(item, c, 3);
        return;
    }
    if (c->height < 6) {
        below = 0; /* the map matters more than its legend */
    }
    map = canvas_inside(c, wide ? 1 : 0, top, c->width - (wide ? 2 : 1),
                        c->height - top - below);
    piecemap_draw(&ui->main->map, p, &map, PIECES_GUTTER, focused, MAIN_PIECES);
    if (below > 0) {
        draw_note(ui, item, p, c, wide ? 1 : c->height - 2, focused);
        piecemap_legend(&ui->main->map, c, 1, c->height - 1);
    }
}
