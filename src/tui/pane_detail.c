#include "config.h"

#include "tui/pane_detail.h"

#include <stdio.h>
#include <string.h>

#include "tui/detail_state.h"
#include "tui/draw.h"
#include "tui/main_state.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/units.h"

enum {
    LABEL = 6,           /* columns right of the graph */
    GRAPH_LEAST = 3,     /* rows, below that there is none */
    SUMMARY_ROWS = 4,    /* under the graph: rates, a gap, upload, a gap */
    ARRIVING_FIXED = 45, /* columns of all but the bar */
};

/* ---- Header ------------------------------------------------------------- */

static uint32_t piece_count(const struct main_item *item)
{
    return item->transfer != NULL ? item->transfer->piece_count
                                  : item->file->piece_count;
}

static uint32_t piece_length(const struct main_item *item)
{
    return item->transfer != NULL ? item->transfer->piece_length
                                  : item->file->piece_length;
}

static const char *reason_of(const struct main_item *item)
{
    return item->transfer != NULL ? item->transfer->reason : NULL;
}

int pane_detail_header_rows(const struct main_item *item, bool wide)
{
    return (wide ? 3 : 2) + (reason_of(item) != NULL ? 1 : 0);
}

static void draw_progress(const struct main_item *item, struct canvas *c,
                          bool wide)
{
    uint64_t have = main_item_have(item), size = main_item_size(item);
    int bar = c->width - (wide ? 42 : 38), x = bar + (wide ? 3 : 2);
    const struct row_transfer *t = item->transfer;
    char text[WORDING_MAX], left[UNITS_TEXT];

    draw_bar(c, 1, 0, bar, have, size);
    snprintf(text, sizeof(text), "%d%%", draw_percent(have, size));
    x += canvas_text(c, x, 0, 4, ROLE_TITLE, text) + (wide ? 3 : 2);
    x += canvas_text(c, x, 0, 20, ROLE_TEXT, wording_amount(have, size, text));
    if (t != NULL && t->state == TRANSFER_LOADING && t->eta >= 0) {
        draw_format(c, x + 3, 0, c->width - x - 3, ROLE_TEXT, _("%s left"),
                    units_duration(t->eta, left));
    } else {
        canvas_text(
            c, x + 3, 0, c->width - x - 3, ROLE_TEXT,
            wording_state(main_item_state(item), main_item_sources(item)));
    }
}

/* "v 8.4M/s  ^ 0.9M/s"; returns the columns. */
static int draw_rates(const struct row_transfer *t, struct canvas *c, int x,
                      int y)
{
    char text[UNITS_TEXT];
    int start = x;

    canvas_sign(c, x, y, GLYPH_DOWN, ROLE_TEXT);
    x += 2 + draw_format(c, x + 2, y, 10, ROLE_TEXT, "%s/s",
                         units_short(t->rate_down, text));
    canvas_sign(c, x + 2, y, GLYPH_UP, ROLE_TEXT);
    x += 4 + draw_format(c, x + 4, y, 10, ROLE_TEXT, "%s/s",
                         units_short(t->rate_up, text));
    return x - start;
}

static uint32_t pieces_have(const struct main_item *item)
{
    if (item->transfer != NULL) {
        return item->transfer->pieces_have;
    }
    return main_item_have(item) >= main_item_size(item) ? piece_count(item) : 0;
}

static void draw_counts(const struct main_item *item,
                        const struct event_pieces *p, struct canvas *c)
{
    char have[UNITS_TEXT], all[UNITS_TEXT], length[UNITS_TEXT];
    char text[WORDING_MAX];
    int x = 1;

    if (item->transfer != NULL) {
        x += draw_rates(item->transfer, c, 1, 1) + 3;
    }
    x += draw_format(c, x, 1, c->width - x, ROLE_TEXT,
                     _("%s of %s pieces of %s"),
                     units_count(pieces_have(item), have),
                     units_count(piece_count(item), all),
                     units_size(piece_length(item), length));
    if (p != NULL) {
        snprintf(text, sizeof(text), _("%u arriving   %u bad"),
                 grid_arriving(p), p->bad_count);
        if (cell_text_width(text, strlen(text)) <= c->width - x - 3) {
            canvas_text(c, x + 3, 1, c->width - x - 3, ROLE_TEXT, text);
        }
    }
}

/* How often the pieces are there among who is connected. */
static void describe_copies(const struct event_pieces *p, char *out,
                            size_t size)
{
    uint32_t i, least = UINT32_MAX;
    uint64_t sum = 0;

    out[0] = '\0';
    if (p == NULL || p->copies == NULL || p->piece_count == 0) {
        return;
    }
    for (i = 0; i < p->piece_count; i++) {
        sum += p->copies[i];
        least = p->copies[i] < least ? p->copies[i] : least;
    }
    snprintf(out, size, _("spare copies %.1f of each on average, least %u"),
             (double)sum / p->piece_count, least);
}

static void draw_counts_wide(const struct main_item *item,
                             const struct event_pieces *p, struct canvas *c)
{
    char have[UNITS_TEXT], all[UNITS_TEXT], length[UNITS_TEXT];
    char copies[WORDING_SENTENCE];
    int x = 1;

    x += draw_format(c, x, 1, c->width - x, ROLE_TEXT,
                     _("Pieces %s of %s of %s"),
                     units_count(pieces_have(item), have),
                     units_count(piece_count(item), all),
                     units_size(piece_length(item), length));
    if (p != NULL) {
        describe_copies(p, copies, sizeof(copies));
        draw_format(c, x + 4, 1, c->width - x - 5, ROLE_TEXT,
                    _("arriving %u    bad %u    %s"), grid_arriving(p),
                    p->bad_count, copies);
    }
}

static void draw_place(const struct main_item *item, struct canvas *c)
{
    const char *hash =
        item->transfer != NULL ? item->transfer->hash : item->file->hash;
    int x = 1;

    x += canvas_text(c, x, 2, 7, ROLE_FRAME, _("Hash"));
    x += 3;
    if (hash != NULL && strlen(hash) > 8) {
        x += draw_format(c, x, 2, 20, ROLE_TEXT, "v2 %.4s", hash);
        canvas_sign(c, x, 2, GLYPH_CUT, ROLE_TEXT);
        x += 1 + draw_format(c, x + 1, 2, 4, ROLE_TEXT, "%s",
                             hash + strlen(hash) - 4);
    } else {
        x += canvas_text(c, x, 2, 4, ROLE_TEXT, "-");
    }
    if (item->transfer != NULL && item->transfer->path != NULL) {
        x += 6;
        x += canvas_text(c, x, 2, 10, ROLE_FRAME, _("To"));
        draw_name(c, x + 3, 2, c->width - x - 4, ROLE_TEXT,
                  item->transfer->path);
    }
}

void pane_detail_header(const struct ui *ui, const struct main_item *item,
                        struct canvas *c, bool wide)
{
    const struct event_pieces *p =
        model_pieces(&ui->model, ui->main->group, item->name);
    char text[WORDING_SENTENCE];

    draw_progress(item, c, wide);
    if (wide) {
        draw_counts_wide(item, p, c);
        draw_place(item, c);
    } else {
        draw_counts(item, p, c);
    }
    if (reason_of(item) != NULL) {
        wording_sentence(reason_of(item), text, sizeof(text));
        draw_cut(c, 1, wide ? 3 : 2, c->width - 2, ROLE_WARNING, text);
    }
}

void pane_detail_origin(const struct ui *ui, const struct main_item *item,
                        bool wide, char *out, size_t size)
{
    const struct row_file *f = item->file;
    char day[WORDING_MAX];

    if (f == NULL || f->publisher == NULL) {
        snprintf(out, size, "%s", ui->main->group);
    } else if (wide) {
        snprintf(out, size, _("%s, shared by %s, %s"), ui->main->group,
                 f->publisher, wording_day(f->time, ui_wall(ui), day));
    } else {
        snprintf(out, size, _("%s, shared by %s"), ui->main->group,
                 f->publisher);
    }
}

/* ---- Peers -------------------------------------------------------------- */

/* Where the columns end; 0: there is no such column. */
struct columns {
    int bar, load, down, up, here, gave, bad, ping, state;
};

/* Columns that go, the first one first, when there is no room for a bar. */
static struct columns columns_for(int width)
{
    enum { BAR_LEAST = 8, NAMES = 13, LOAD = 5, STATE = 7 };
    bool airy = width >= 78 && width < 100;
    int down = airy ? 8 : 7, gap = airy ? 2 : 1, after = airy ? 1 : 0;
    int up = 7, here = 7, gave = 5, bad = 5, ping = 6;
    int *const drops[] = {&bad, &ping, &up, &here, &gave};
    struct columns k;
    size_t i;
    int x;

    for (i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
        k.bar = width - NAMES - LOAD - down - up - here - gave - bad - ping -
                gap - STATE - after;
        if (k.bar < BAR_LEAST) {
            *drops[i] = 0;
        }
    }
    k.bar = width - NAMES - LOAD - down - up - here - gave - bad - ping - gap -
            STATE - after;
    x = NAMES + k.bar + LOAD;
    k.load = x;
    k.down = x += down;
    x += up;
    k.up = up > 0 ? x : 0;
    x += here;
    k.here = here > 0 ? x : 0;
    x += gave;
    k.gave = gave > 0 ? x : 0;
    x += bad;
    k.bad = bad > 0 ? x : 0;
    x += ping;
    k.ping = ping > 0 ? x : 0;
    k.state = x + gap;
    return k;
}

static void draw_heading(struct canvas *c, int end, const char *text)
{
    if (end > 0) {
        draw_right(c, end, 0, 6, ROLE_FRAME, text);
    }
}

static void draw_rate_heading(struct canvas *c, int end, enum glyph sign)
{
    if (end > 0) {
        canvas_sign(c, end - 3, 0, sign, ROLE_FRAME);
        draw_right(c, end, 0, 2, ROLE_FRAME, "/s");
    }
}

static void draw_table_header(struct canvas *c, const struct columns *k)
{
    canvas_text(c, 3, 0, 10, ROLE_FRAME, _("Peer"));
    canvas_text(c, 13, 0, k->bar, ROLE_FRAME, _("Load"));
    draw_rate_heading(c, k->down, GLYPH_DOWN);
    draw_rate_heading(c, k->up, GLYPH_UP);
    draw_heading(c, k->here, _("Here"));
    draw_heading(c, k->gave, _("Gave"));
    draw_heading(c, k->bad, _("Bad"));
    draw_heading(c, k->ping, _("Ping"));
    canvas_text(c, k->state, 0, c->width - k->state, ROLE_FRAME, _("State"));
}

static void draw_load(const struct row_peer *p, struct canvas *c, int x, int y,
                      int bar, int end)
{
    char text[16];

    if (p->load < 0) {
        draw_right(c, end, y, 4, ROLE_FRAME, "?");
        return;
    }
    draw_bar(c, x, y, bar, (uint64_t)p->load, 100);
    snprintf(text, sizeof(text), "%d%%", p->load > 100 ? 100 : p->load);
    draw_right(c, end, y, 4, p->load >= WORDING_BUSY ? ROLE_WARNING : ROLE_TEXT,
               text);
}

static void draw_rate(uint64_t rate, struct canvas *c, int end, int y)
{
    char text[UNITS_TEXT];

    if (end > 0 && rate > 0) {
        draw_right(c, end, y, 6, ROLE_TEXT, units_short(rate, text));
    }
}

static void draw_number(struct canvas *c, int end, int y, enum theme_role role,
                        const char *unit, unsigned number)
{
    char text[UNITS_TEXT];

    if (end > 0) {
        snprintf(text, sizeof(text), "%u%s", number, unit);
        draw_right(c, end, y, 6, role, text);
    }
}

static enum theme_role peer_role(const struct row_peer *p)
{
    if (p->banned) {
        return ROLE_ERROR;
    }
    return p->is_slow || p->chokes_us || p->load >= WORDING_BUSY ? ROLE_WARNING
                                                                 : ROLE_TEXT;
}

static void draw_who(const struct row_peer *p, struct canvas *c, int x, int y,
                     int room)
{
    canvas_put(c, x, y,
               p->letter >= 'a' && p->letter <= 'z' ? (uint32_t)p->letter : ' ',
               ROLE_ACCENT);
    draw_name(c, x + 2, y, room, ROLE_TEXT,
              p->user != NULL ? p->user : p->address);
}

static void draw_peer(const struct row_peer *p, struct canvas *c,
                      const struct columns *k, int y, uint64_t given,
                      uint32_t pieces)
{
    draw_who(p, c, 1, y, 9);
    draw_load(p, c, 13, y, k->bar, k->load);
    draw_rate(p->rate_down, c, k->down, y);
    draw_rate(p->rate_up, c, k->up, y);
    draw_number(c, k->here, y, ROLE_TEXT, "%",
                (unsigned)draw_percent(p->pieces, pieces));
    draw_number(c, k->gave, y, ROLE_TEXT, "%",
                (unsigned)draw_percent(p->total_down, given));
    draw_number(c, k->bad, y, p->bad_blocks > 0 ? ROLE_ERROR : ROLE_TEXT, "",
                p->bad_blocks);
    if (p->rtt_ms >= 0) {
        draw_number(c, k->ping, y, ROLE_TEXT, "ms", (unsigned)p->rtt_ms);
    }
    canvas_text(c, k->state, y, c->width - k->state, peer_role(p),
                wording_peer(p));
}

/* "a bob     #####::::  54%   3.1M sending" */
static void draw_tight(const struct row_peer *p, struct canvas *c, int y)
{
    int bar = c->width - 31;
    char text[UNITS_TEXT];

    draw_who(p, c, 0, y, 7);
    draw_load(p, c, 10, y, bar, 10 + bar + 5);
    if (p->rate_down > 0) {
        draw_right(c, c->width - 9, y, 7, ROLE_TEXT,
                   units_short(p->rate_down, text));
    }
    canvas_text(c, c->width - 8, y, 8, peer_role(p), wording_peer(p));
}

static void draw_no_peers(const struct ui *ui, struct canvas *c)
{
    const struct main_item *item = main_state_item(ui);
    bool loading = item != NULL && item->transfer != NULL &&
                   main_item_have(item) < main_item_size(item);

    draw_wrapped(c, 1, 0, c->width - 2, 0, c->height, ROLE_TEXT,
                 loading ? _("Nobody is connected. It continues by itself when "
                             "somebody who has more comes online.")
                         : _("Nobody is connected for this file."));
}

void pane_detail_peers(struct ui *ui, struct canvas *c, bool tight)
{
    struct detail_view *v = detail_state_of(ui);
    const struct main_item *item = main_state_item(ui);
    struct columns k = columns_for(c->width);
    struct canvas rows = canvas_inside(c, 0, tight ? 0 : 1, c->width,
                                       c->height - (tight ? 0 : 1));
    uint64_t given = 0;
    int i, y, room = rows.height;

    if (v->focus == DETAIL_PEERS) {
        canvas_cursor(c, 0, 0, false);
    }
    if (v->count == 0 || item == NULL) {
        draw_no_peers(ui, c);
        return;
    }
    if (!tight) {
        draw_table_header(c, &k);
    }
    if (v->count > room && tight && room > 1) {
        room--; /* one row says that there are more */
    }
    for (i = 0; i < v->count; i++) {
        given += v->rows[i]->total_down;
    }
    list_scroll(&v->peers, v->count, room);
    canvas_hit_rows(&rows, 0, 0, rows.width, room, DETAIL_PEERS, v->peers.top);
    for (y = 0; y < room && v->peers.top + y < v->count; y++) {
        const struct row_peer *p = v->rows[v->peers.top + y];

        if (tight) {
            draw_tight(p, &rows, y);
        } else {
            draw_peer(p, &rows, &k, y, given, piece_count(item));
        }
        if (v->focus == DETAIL_PEERS && v->peers.top + y == v->peers.row) {
            canvas_highlight(&rows, 0, y, rows.width, THEME_REVERSE);
            canvas_cursor(&rows, 0, y, false);
        }
    }
    if (room < rows.height && v->count > v->peers.top + room) {
        unsigned more = (unsigned)(v->count - v->peers.top - room);

        canvas_sign(&rows, 0, room, GLYPH_SORTED_DOWN, ROLE_FRAME);
        draw_format(&rows, 2, room, rows.width - 2, ROLE_FRAME,
                    ngettext("%u more peer", "%u more peers", more), more);
    }
}

void pane_detail_peer_note(const struct ui *ui, char *out, size_t size)
{
    const struct row_peer *p = detail_state_peer(detail_state_of(ui));

    out[0] = '\0';
    if (p != NULL) {
        snprintf(out, size, "%s  %s", p->address != NULL ? p->address : "",
                 p->reason != NULL   ? p->reason
                 : p->client != NULL ? p->client
                                     : "");
    }
}

/* ---- Arriving now ------------------------------------------------------- */

static const char *user_of(const struct ui *ui, char letter)
{
    const struct rows *r = main_state_peers(ui);
    size_t i;

    for (i = 0; i < r->count; i++) {
        if (r->peers[i].letter == letter && letter != ' ') {
            return r->peers[i].user;
        }
    }
    return NULL;
}

static void draw_arriving(const struct ui *ui,
                          const struct event_piece_arriving *a,
                          struct canvas *c, int y)
{
    int bar = c->width - ARRIVING_FIXED;
    char text[UNITS_TEXT];

    snprintf(text, sizeof(text), "%u", a->piece);
    draw_right(c, 7, y, 7, ROLE_TEXT, text);
    draw_bar(c, 9, y, bar, a->done, a->total);
    snprintf(text, sizeof(text), _("%u of %u"), a->done, a->total);
    draw_right(c, 9 + bar + 10, y, 10, ROLE_TEXT, text);
    canvas_put(c, 9 + bar + 13, y,
               a->letter >= 'a' && a->letter <= 'z' ? (uint32_t)a->letter : ' ',
               ROLE_ACCENT);
    draw_name(c, 9 + bar + 15, y, c->width - bar - 25, ROLE_TEXT,
              user_of(ui, a->letter));
}

void pane_detail_arriving(const struct ui *ui, struct canvas *c)
{
    const struct event_pieces *p =
        model_pieces(&ui->model, ui->main->group, ui->main->name);
    uint32_t i;
    int y = 0;

    for (i = 0; p != NULL && i < p->arriving_count && y < c->height; i++) {
        if (!grid_is_checked(&p->arriving[i])) {
            draw_arriving(ui, &p->arriving[i], c, y++);
        }
    }
    if (y == 0) {
        canvas_text(c, 1, 0, c->width - 2, ROLE_TEXT,
                    _("No piece is on its way now."));
    }
}

/* ---- Rates -------------------------------------------------------------- */

/* Of the time since the first byte. */
static uint64_t average_of(const uint32_t *samples)
{
    uint64_t sum = 0;
    int i, first = 0;

    while (first < EVENT_HISTORY && samples[first] == 0) {
        first++;
    }
    for (i = first; i < EVENT_HISTORY; i++) {
        sum += samples[i];
    }
    return first == EVENT_HISTORY ? 0 : sum / (uint64_t)(EVENT_HISTORY - first);
}

static void draw_upload(const struct event_pieces *p, uint64_t rate,
                        struct canvas *c, int y)
{
    uint64_t samples[EVENT_HISTORY];
    char text[UNITS_TEXT];
    int i, width = c->width - 13;

    for (i = 0; i < EVENT_HISTORY; i++) {
        samples[i] = p->rates_up[i];
    }
    canvas_sign(c, 1, y, GLYPH_UP, ROLE_TEXT);
    draw_spark(c, 3, y, width - 2, samples, EVENT_HISTORY);
    canvas_text(c, 1 + width + 1, y, 11, ROLE_TEXT, units_rate(rate, text));
}

void pane_detail_rates(const struct ui *ui, const struct main_item *item,
                       struct canvas *c)
{
    const struct event_pieces *p =
        model_pieces(&ui->model, ui->main->group, ui->main->name);
    const char *text = _("Load is how much of a peer's speed is taken by what "
                         "was asked of it. The least loaded are asked next.");
    char now[UNITS_TEXT], average[UNITS_TEXT], most[UNITS_TEXT];
    int words = draw_wrapped_lines(c->width - 2, text);
    int graph = c->height - SUMMARY_ROWS - words - 1;

    if (p == NULL || item->transfer == NULL) {
        return;
    }
    if (graph < GRAPH_LEAST) {
        graph += words + 1;
        words = 0;
    }
    if (graph < GRAPH_LEAST) {
        graph = 0;
    }
    if (graph > 0) {
        units_short(draw_graph(c, 1, 0, c->width - LABEL, graph, p->rates_down,
                               EVENT_HISTORY),
                    most);
        draw_right(c, c->width, 0, 5, ROLE_FRAME, most);
        draw_right(c, c->width, graph - 1, 5, ROLE_FRAME, "0");
    }
    canvas_sign(c, 1, graph, GLYPH_DOWN, ROLE_TEXT);
    draw_format(c, 3, graph, c->width - 3, ROLE_TEXT, _("%s now   %s average"),
                units_rate(item->transfer->rate_down, now),
                units_rate(average_of(p->rates_down), average));
    draw_upload(p, item->transfer->rate_up, c, graph + 2);
    if (words > 0) {
        draw_wrapped(c, 1, graph + SUMMARY_ROWS, c->width - 2, 0, words,
                     ROLE_FRAME, text);
    }
}
