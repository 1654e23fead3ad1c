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
    PEERS_WIDE = 44, /* columns from which ping and direction have room */
    PEERS_GAVE = 30, /* and from which the share given has */
    PEERS_NAME = 16, /* no name column is broader */
};

/* Where the columns of this width are. */
struct columns {
    int lead, name, bar; /* widths */
    bool gave, wide;
};

static struct columns columns_for(int width)
{
    struct columns k = {.bar = 8};
    int fixed;

    k.wide = width >= PEERS_WIDE;
    k.gave = width >= PEERS_GAVE;
    k.lead = k.wide ? 1 : 0;
    if (!k.gave) {
        k.bar = 6;
    }
    fixed = k.lead + 2 + k.bar + 5 + 6 + (k.gave ? k.wide ? 5 : 4 : 0) +
            (k.wide ? 10 : 0);
    k.name = width - fixed;
    if (k.name > PEERS_NAME) {
        k.bar += k.name - PEERS_NAME;
        k.name = PEERS_NAME;
    }
    if (k.name < 4) {
        k.bar += k.name - 4;
        k.name = 4;
    }
    if (k.bar < 0) {
        k.bar = 0;
    }
    return k;
}

static uint32_t holders(const struct rows *peers)
{
    uint32_t count = 0;
    size_t i;

    for (i = 0; i < peers->count; i++) {
        count += peers->peers[i].pieces > 0 ? 1 : 0;
    }
    return count;
}

void pane_peers_title(const struct ui *ui, bool wide, struct pane_title *t)
{
    const struct main_item *item = main_state_item(ui);
    const struct rows *peers = main_state_peers(ui);
    uint32_t known = 0, here = holders(peers);

    (void)wide;
    t->more[0] = '\0';
    t->right[0] = '\0';
    if (item == NULL) {
        return;
    }
    if (item->file != NULL) {
        known = item->file->seeders + item->file->leechers;
    }
    if (known < here) {
        known = here;
    }
    if (here > 0) {
        snprintf(t->right, sizeof(t->right), _("%u of %u hold it"), here,
                 known);
    } else if (known > 0) {
        snprintf(t->right, sizeof(t->right),
                 ngettext("%u holds it", "%u hold it", known), known);
    } else {
        snprintf(t->right, sizeof(t->right), "%s", _("nobody holds it"));
    }
}

static void draw_header(struct canvas *c, const struct columns *k)
{
    int x = k->lead + 2;

    canvas_text(c, x, 0, k->name, ROLE_FRAME, _("Peer"));
    x += k->name;
    canvas_text(c, x, 0, k->bar + 4, ROLE_FRAME, _("Load"));
    x += k->bar + 5 - (k->gave && !k->wide ? 1 : 0);
    canvas_sign(c, x + 3, 0, GLYPH_DOWN, ROLE_FRAME);
    draw_right(c, x + 6, 0, 2, ROLE_FRAME, "/s");
    x += 6 + (k->gave && !k->wide ? 1 : 0);
    if (k->gave) {
        x += k->wide ? 5 : 4;
        draw_right(c, x, 0, k->wide ? 5 : 4, ROLE_FRAME, _("Gave"));
    }
    if (k->wide) {
        draw_right(c, x + 6, 0, 5, ROLE_FRAME, _("Ping"));
        canvas_text(c, x + 7, 0, 3, ROLE_FRAME, _("Net"));
    }
}

static void draw_load(const struct row_peer *p, struct canvas *c,
                      const struct columns *k, int x, int y)
{
    char text[UNITS_TEXT];

    if (p->banned) {
        canvas_text(c, x, y, k->bar + 5, ROLE_ERROR, _("banned"));
        return;
    }
    if (p->load < 0) {
        draw_right(c, x + k->bar + 5, y, 4, ROLE_FRAME, "?");
        return;
    }
    draw_bar(c, x, y, k->bar, (uint64_t)p->load, 100);
    snprintf(text, sizeof(text), "%d%%", p->load > 100 ? 100 : p->load);
    draw_right(c, x + k->bar + 5, y, 4,
               p->load >= WORDING_BUSY ? ROLE_WARNING : ROLE_TEXT, text);
}

static void draw_peer(const struct row_peer *p, struct canvas *c,
                      const struct columns *k, int y, uint64_t total)
{
    char text[UNITS_TEXT];
    int x = k->lead + 2;

    canvas_put(c, k->lead, y,
               p->letter >= 'a' && p->letter <= 'z' ? (uint32_t)p->letter : ' ',
               ROLE_ACCENT);
    draw_name(c, x, y, k->name - 1, ROLE_TEXT,
              p->user != NULL ? p->user : p->address);
    x += k->name;
    draw_load(p, c, k, x, y);
    x += k->bar + 5;
    draw_right(c, x + 6, y, 6, ROLE_TEXT, units_short(p->rate_down, text));
    x += 6;
    if (k->gave) {
        x += k->wide ? 5 : 4;
        snprintf(text, sizeof(text), "%d%%",
                 draw_percent(p->total_down, total));
        draw_right(c, x, y, k->wide ? 5 : 4, ROLE_TEXT, text);
    }
    if (k->wide) {
        if (p->rtt_ms >= 0) {
            snprintf(text, sizeof(text), "%dms", p->rtt_ms);
            draw_right(c, x + 6, y, 6, ROLE_TEXT, text);
        }
        canvas_text(c, x + 7, y, 3, ROLE_FRAME,
                    p->is_incoming ? _("in") : _("out"));
    }
}

/* Who is asked rather than others: the two that have most to spare. */
static void describe_spare(const struct rows *peers, int room, char *out,
                           size_t size)
{
    const struct row_peer *first = NULL, *second = NULL;
    int used = 0;
    size_t i;

    for (i = 0; i < peers->count; i++) {
        const struct row_peer *p = &peers->peers[i];

        if (p->load < 0 || p->chokes_us || p->banned || p->pieces == 0 ||
            p->user == NULL) {
            continue;
        }
        if (first == NULL || p->load < first->load) {
            second = first;
            first = p;
        } else if (second == NULL || p->load < second->load) {
            second = p;
        }
    }
    out[0] = '\0';
    if (second != NULL) {
        used = snprintf(out, size, _("Next pieces go to %s, %s"), first->user,
                        second->user);
        if (cell_text_width(out, strlen(out)) > room) {
            used = snprintf(out, size, _("Next: %s, %s"), first->user,
                            second->user);
        }
    } else if (first != NULL) {
        used = snprintf(out, size, _("Next pieces go to %s"), first->user);
    }
    if (used > 0 && (size_t)used < size && room >= PEERS_WIDE - 2) {
        snprintf(out + used, size - (size_t)used, "%s", _(" (least loaded)"));
    }
}

static void draw_rate(const struct row_transfer *t, struct canvas *c, int y,
                      bool up)
{
    char rate[UNITS_TEXT];
    int width = c->width - 15 < ROWS_SPARK ? c->width - 15 : ROWS_SPARK;

    canvas_sign(c, 1, y, up ? GLYPH_UP : GLYPH_DOWN, ROLE_TEXT);
    draw_spark(c, 3, y, width, up ? t->spark_up : t->spark_down, ROWS_SPARK);
    canvas_text(c, 5 + (width > 0 ? width : 0), y, 11, ROLE_TEXT,
                units_rate(up ? t->rate_up : t->rate_down, rate));
}

/* Rates and the line of words at the bottom; returns the rows they take. */
static int draw_below(struct ui *ui, struct canvas *c, bool focused)
{
    const struct main_item *item = main_state_item(ui);
    const struct rows *peers = main_state_peers(ui);
    int row = main_state_peer_row(ui);
    char text[PANE_TEXT_MAX];
    int y = c->height - 3;

    if (c->height < 8 || item == NULL || item->transfer == NULL) {
        return 0;
    }
    draw_rate(item->transfer, c, y, false);
    draw_rate(item->transfer, c, y + 1, true);
    if (focused && row >= 0) {
        const struct row_peer *p = &peers->peers[row];

        snprintf(text, sizeof(text), "%s %s",
                 p->address != NULL ? p->address : "",
                 p->reason != NULL   ? p->reason
                 : p->client != NULL ? p->client
                                     : "");
    } else {
        describe_spare(peers, c->width - 2, text, sizeof(text));
    }
    draw_cut(c, 1, y + 2, c->width - 2, ROLE_TEXT, text);
    return c->height >= 10 ? 4 : 3;
}

/* Something is missing, and nobody has it. */
static void draw_waiting(struct canvas *c, const struct main_item *item)
{
    int percent = draw_percent(main_item_have(item), main_item_size(item));
    bool held = item->file != NULL && item->file->seeders > 0;
    char *text = mem_printf(
        _("%s\n\nYou hold %d%%. It continues by itself when somebody with "
          "more pieces comes online."),
        held ? _("None of those who hold it is connected now.")
             : _("Nobody online has what is missing."),
        percent);
    int lines = draw_wrapped_lines(c->width - 2, text);
    const char *again = _("Ask again now");
    int width = 3 + cell_text_width(again, strlen(again));

    draw_wrapped(c, 1, 1, c->width - 2, 0, c->height - 1, ROLE_TEXT, text);
    free(text);
    if (lines + 3 < c->height && width < c->width) {
        canvas_text(c, 1, lines + 2, 1, ROLE_KEY, "a");
        canvas_text(c, 4, lines + 2, width, ROLE_TEXT, again);
        canvas_hit_key(c, 1, lines + 2, width, 'a');
    }
}

static void draw_empty(struct ui *ui, struct canvas *c)
{
    const struct main_item *item = main_state_item(ui);
    const char *text = "";

    if (item == NULL) {
        return;
    }
    if (main_item_state(item) == TRANSFER_NONE) {
        text = item->file != NULL && item->file->seeders > 0
                   ? _("Download it to see who gives it.")
                   : _("Nobody online has this file.");
    } else if (main_item_have(item) < main_item_size(item)) {
        draw_waiting(c, item);
        return;
    } else {
        text = _("Nobody takes it from you now.");
    }
    draw_wrapped(c, 1, 1, c->width - 2, 0, c->height - 1, ROLE_TEXT, text);
}

void pane_peers_draw(struct ui *ui, struct canvas *c, bool focused)
{
    struct main_view *v = ui->main;
    const struct rows *peers = main_state_peers(ui);
    struct columns k = columns_for(c->width);
    int row = main_state_peer_row(ui);
    uint64_t total = 0;
    size_t i;
    int height, y;

    if (focused) {
        canvas_cursor(c, 0, c->height > 1 ? 1 : 0, false);
    }
    if (peers->count == 0) {
        draw_empty(ui, c);
        return;
    }
    draw_header(c, &k);
    height = c->height - 1 - draw_below(ui, c, focused);
    for (i = 0; i < peers->count; i++) {
        total += peers->peers[i].total_down;
    }
    if (row >= v->peer_top + height) {
        v->peer_top = row - height + 1;
    }
    if (row < v->peer_top) {
        v->peer_top = row < 0 ? 0 : row;
    }
    canvas_hit_rows(c, 0, 1, c->width, height, MAIN_PEERS, v->peer_top);
    for (y = 0; y < height && v->peer_top + y < (int)peers->count; y++) {
        draw_peer(&peers->peers[v->peer_top + y], c, &k, 1 + y, total);
        if (focused && v->peer_top + y == row) {
            canvas_highlight(c, 0, 1 + y, c->width, THEME_REVERSE);
            canvas_cursor(c, k.lead, 1 + y, false);
        }
    }
    if (focused) {
        v->page = height;
    }
}
