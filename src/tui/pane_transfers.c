#include "config.h"

#include "tui/pane_transfers.h"

#include <stdlib.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/main_state.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/units.h"

enum {
    DOWNLOADS_WIDE = 108, /* columns from which all columns are shown */
    DOWNLOADS_STRIP = 76, /* and from which the small map is */
    SHARING_HOLDERS = 70, /* and how many hold it */
    STRIP = 12,           /* columns of the small map */
    STRIP_WIDE = 18,
    GROUP = 11, /* columns of a group's name */
    GROUP_WIDE = 16,
    USER = 8,
    USER_WIDE = 14,
    TAIL = 10,      /* free columns behind a taker's rate */
    TAIL_WIDE = 34, /* there its share and sum are told */
};

/* ---- Titles ------------------------------------------------------------- */

struct tally {
    unsigned loading, paused, waiting, done, failed, checking;
};

static void count_one(struct tally *n, const struct row_transfer *t)
{
    switch (t->state) {
    case TRANSFER_LOADING:
        n->loading++;
        break;
    case TRANSFER_PAUSED:
        n->paused++;
        break;
    case TRANSFER_WAITING:
    case TRANSFER_QUEUED:
        n->waiting++;
        break;
    case TRANSFER_FAILED:
        n->failed++;
        break;
    case TRANSFER_HASHING:
    case TRANSFER_CHECKING:
        n->checking++;
        break;
    case TRANSFER_NONE:
    case TRANSFER_SHARING:
    case TRANSFER_STOPPED:
        n->done++;
        break;
    }
}

static void add_count(char *out, size_t size, unsigned count,
                      const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void add_count(char *out, size_t size, unsigned count,
                      const char *format, ...)
{
    size_t used = strlen(out);
    char part[WORDING_MAX];
    va_list arguments;

    if (count > 0 && used < size) {
        va_start(arguments, format);
        vsnprintf(part, sizeof(part), format, arguments);
        va_end(arguments);
        snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", part);
    }
}

static void downloads_title(const struct transfers_view *v,
                            struct pane_title *t)
{
    struct tally n = {0};
    int i;

    for (i = 0; i < v->counts[TRANSFERS_DOWNLOADS]; i++) {
        count_one(&n, v->items[TRANSFERS_DOWNLOADS][i]);
    }
    add_count(t->right, sizeof(t->right), n.failed, _("%u failed"), n.failed);
    add_count(t->right, sizeof(t->right), n.checking, _("%u checked"),
              n.checking);
    add_count(t->right, sizeof(t->right), n.loading, _("%u loading"),
              n.loading);
    add_count(t->right, sizeof(t->right), n.paused, _("%u paused"), n.paused);
    add_count(t->right, sizeof(t->right), n.waiting,
              ngettext("%u waits", "%u wait", n.waiting), n.waiting);
    add_count(t->right, sizeof(t->right), n.done, _("%u done"), n.done);
}

static void sharing_title(const struct transfers_view *v, enum glyph_tier tier,
                          struct pane_title *t)
{
    unsigned count = (unsigned)v->counts[TRANSFERS_SHARING];
    char text[UNITS_TEXT], up[5] = "", *shown;
    uint64_t rate = 0;
    unsigned i;

    for (i = 0; i < count; i++) {
        rate += v->items[TRANSFERS_SHARING][i]->rate_up;
    }
    text_encode(glyph_character(tier, GLYPH_UP), up);
    shown = mem_printf("%s %s", up, units_rate(rate, text));
    snprintf(t->right, sizeof(t->right),
             ngettext("%u file, %s", "%u files, %s", count), count, shown);
    free(shown);
}

static void takers_title(const struct transfers_view *v, struct pane_title *t)
{
    unsigned count = (unsigned)v->counts[TRANSFERS_TAKERS];

    snprintf(t->right, sizeof(t->right),
             ngettext("%u takes now", "%u take now", count), count);
}

void pane_transfers_title(const struct ui *ui, enum transfers_pane pane,
                          struct pane_title *t)
{
    const struct transfers_view *v = transfers_state_of(ui);

    t->more[0] = '\0';
    t->right[0] = '\0';
    if (v->filter != NULL) {
        snprintf(t->right, sizeof(t->right), _("with \"%s\""), v->filter);
    } else if (v->counts[pane] == 0) {
        return;
    } else if (pane == TRANSFERS_DOWNLOADS) {
        downloads_title(v, t);
    } else if (pane == TRANSFERS_SHARING) {
        sharing_title(v, ui->tier, t);
    } else {
        takers_title(v, t);
    }
}

/* ---- Downloads ---------------------------------------------------------- */

/* The word that stands in the place of a rate. */
static const char *short_state(const struct row_transfer *t)
{
    if (transfers_state_is_done(t)) {
        return _("done");
    }
    return t->state == TRANSFER_WAITING ? _("waits")
                                        : wording_state(t->state, 1);
}

static enum theme_role state_role(const struct row_transfer *t)
{
    switch (t->state) {
    case TRANSFER_FAILED:
        return ROLE_ERROR;
    case TRANSFER_WAITING:
        return ROLE_WARNING;
    case TRANSFER_SHARING:
        return ROLE_HAVE;
    default:
        return t->state == TRANSFER_LOADING ? ROLE_PART : ROLE_TEXT;
    }
}

/* Where the columns are: the starts of left-aligned, the ends of others; 0:
 * there is no such column. */
struct columns {
    int name, name_width, group, group_width, size, have, strip, strip_width,
        rate, left, peers, status;
};

static struct columns columns_for(int width)
{
    struct columns k = {.name = 2, .group_width = GROUP};
    bool wide = width >= DOWNLOADS_WIDE;
    int x = width;

    if (wide) {
        x -= 11;
        k.status = x + 1;
        k.group_width = GROUP_WIDE;
    }
    k.peers = x;
    k.left = k.peers - 6;
    k.rate = k.left - 7;
    x = k.rate - (wide ? 8 : 7);
    if (width >= DOWNLOADS_STRIP) {
        k.strip_width = wide ? STRIP_WIDE : STRIP;
        x -= k.strip_width;
        k.strip = x;
        x -= 2;
    }
    k.have = x;
    x -= wide ? 6 : 5;
    if (wide) {
        k.size = x;
        x -= 10;
    }
    k.group = x - k.group_width;
    k.name_width = k.group - 2 - k.name;
    return k;
}

static void draw_header(struct canvas *c, const struct columns *k)
{
    canvas_text(c, k->name, 0, k->name_width, ROLE_FRAME, _("Name"));
    canvas_text(c, k->group, 0, k->group_width, ROLE_FRAME, _("Group"));
    if (k->size > 0) {
        draw_right(c, k->size, 0, 9, ROLE_FRAME, _("Size"));
    }
    draw_right(c, k->have, 0, 6, ROLE_FRAME, _("Have"));
    if (k->strip > 0) {
        canvas_text(c, k->strip, 0, k->strip_width, ROLE_FRAME, _("Pieces"));
    }
    canvas_sign(c, k->rate - 3, 0, GLYPH_DOWN, ROLE_FRAME);
    draw_right(c, k->rate, 0, 2, ROLE_FRAME, "/s");
    draw_right(c, k->left, 0, 6, ROLE_FRAME, _("Left"));
    draw_right(c, k->peers, 0, 5, ROLE_FRAME, _("Peers"));
    if (k->status > 0) {
        canvas_text(c, k->status, 0, 10, ROLE_FRAME, _("Status"));
    }
}

static void draw_download(struct ui *ui, const struct row_transfer *t,
                          struct canvas *c, const struct columns *k, int y)
{
    char text[UNITS_TEXT], left[WORDING_MAX];

    draw_name(c, k->name, y, k->name_width, ROLE_TEXT, t->name);
    draw_name(c, k->group, y, k->group_width, ROLE_TEXT, t->group);
    if (k->size > 0) {
        draw_right(c, k->size, y, 9, ROLE_TEXT, units_size(t->size, text));
    }
    snprintf(text, sizeof(text), "%d%%", draw_percent(t->have, t->size));
    draw_right(c, k->have, y, 5, ROLE_TEXT, text);
    if (k->strip > 0) {
        piecemap_strip(c, k->strip, y, k->strip_width,
                       model_pieces(&ui->model, t->group, t->name), t->have,
                       t->size);
    }
    if (t->state == TRANSFER_LOADING) {
        draw_right(c, k->rate, y, 7, ROLE_TEXT,
                   units_short(t->rate_down, text));
        draw_right(c, k->left, y, 6, ROLE_TEXT,
                   wording_time_left(t->eta, left));
    } else if (k->status == 0) {
        draw_right(c, k->rate, y, 9, state_role(t), short_state(t));
    }
    if (t->peers > 0) {
        snprintf(text, sizeof(text), "%u", t->peers);
        draw_right(c, k->peers, y, 5, ROLE_TEXT, text);
    }
    if (k->status > 0) {
        canvas_text(c, k->status, y, 10, state_role(t),
                    t->state == TRANSFER_LOADING ? _("loading")
                                                 : short_state(t));
    }
}

/* ---- Sharing ------------------------------------------------------------ */

/* Who holds a file is known of the group in the main view; of others only who
 * is connected. */
static void describe_holders(const struct ui *ui, const struct row_transfer *t,
                             char *out, size_t size)
{
    const struct row_file *f = model_file(&ui->model, t->group, t->name);

    out[0] = '\0';
    if (f != NULL) {
        uint32_t holders = f->seeders;

        /* The tracker may not know of us yet. */
        holders += holders == 0 && transfers_state_is_done(t) ? 1 : 0;
        snprintf(out, size, ngettext("%u holds it", "%u hold it", holders),
                 holders);
    } else if (t->peers > 0) {
        snprintf(out, size, _("%u connected"), t->peers);
    }
}

static void draw_shared(struct ui *ui, const struct row_transfer *t,
                        struct canvas *c, int y)
{
    bool wide = c->width >= DOWNLOADS_WIDE;
    int group_width = wide ? GROUP_WIDE : GROUP;
    int holders = c->width < SHARING_HOLDERS ? 0 : wide ? 20 : 13;
    int name = c->width - 30 - group_width - holders;
    char text[WORDING_MAX], total[UNITS_TEXT];
    int x = 2 + name + 2;

    draw_name(c, 2, y, name, ROLE_TEXT, t->name);
    draw_name(c, x, y, group_width, ROLE_TEXT, t->group);
    x += group_width + 1;
    if (holders > 0) {
        describe_holders(ui, t, text, sizeof(text));
        canvas_text(c, x, y, holders - 1, ROLE_TEXT, text);
        x += holders;
    }
    if (t->rate_up > 0) {
        canvas_sign(c, x, y, GLYPH_UP, ROLE_HAVE);
        canvas_text(c, x + 2, y, 6, ROLE_TEXT, units_short(t->rate_up, text));
    }
    if (t->total_up > 0) {
        snprintf(text, sizeof(text), _("given %s"),
                 units_size(t->total_up, total));
        draw_right(c, c->width, y, 16, ROLE_TEXT, text);
    }
}

/* ---- Who takes ---------------------------------------------------------- */

static void draw_taker(const struct row_taker *k, struct canvas *c, int y)
{
    bool wide = c->width >= DOWNLOADS_WIDE;
    int user = wide ? USER_WIDE : USER;
    int tail = wide ? TAIL_WIDE : c->width >= DOWNLOADS_STRIP ? TAIL : 0;
    int rest = c->width - 2 - user - 1 - 2 - 2 - 6 - tail;
    int bar = rest * 20 / 47, x = 2;
    char text[UNITS_TEXT];

    draw_name(c, x, y, user, ROLE_TEXT, k->user);
    x += user + 1;
    draw_name(c, x, y, rest - bar, ROLE_TEXT, k->name);
    x += rest - bar + 2;
    draw_bar(c, x, y, bar, k->pieces, k->piece_count);
    x += bar + 2;
    canvas_sign(c, x, y, GLYPH_UP, ROLE_HAVE);
    canvas_text(c, x + 2, y, 6, ROLE_TEXT, units_short(k->rate_up, text));
    if (wide) {
        draw_format(c, x + 9, y, 9, ROLE_TEXT, _("has %d%%"),
                    draw_percent(k->pieces, k->piece_count));
        draw_format(c, x + 20, y, 16, ROLE_TEXT, _("took %s"),
                    units_size(k->total_up, text));
    }
}

/* ---- Lists -------------------------------------------------------------- */

static const char *empty_text(const struct ui *ui, enum transfers_pane pane)
{
    if (transfers_state_of(ui)->filter != NULL) {
        return _("Nothing here has such a name.");
    }
    switch (pane) {
    case TRANSFERS_DOWNLOADS:
        return _("Nothing is loaded.\n\n1   go to the files, d downloads one");
    case TRANSFERS_SHARING:
        return _("You share nothing now.   s   share a file");
    case TRANSFERS_TAKERS:
    case TRANSFERS_PANES:
        break;
    }
    return _("Nobody takes anything from you now.");
}

/* One short line: a name, and what matters most. */
static void draw_tight(struct ui *ui, enum transfers_pane pane, int row,
                       struct canvas *c, int y)
{
    const struct transfers_view *v = transfers_state_of(ui);
    char text[UNITS_TEXT], percent[16] = "";
    const char *name;
    int room = c->width - 13;

    if (pane == TRANSFERS_TAKERS) {
        const struct row_taker *k = v->takers[row];

        name = k->name;
        draw_name(c, c->width - 12, y, 6, ROLE_TEXT, k->user);
        canvas_sign(c, c->width - 6, y, GLYPH_UP, ROLE_HAVE);
        canvas_text(c, c->width - 5, y, 5, ROLE_TEXT,
                    units_short(k->rate_up, text));
    } else {
        const struct row_transfer *t = v->items[pane][row];
        bool up = pane == TRANSFERS_SHARING;
        uint64_t rate = up ? t->rate_up : t->rate_down;

        name = t->name;
        snprintf(percent, sizeof(percent), "%d%%",
                 draw_percent(t->have, t->size));
        draw_right(c, c->width - 8, y, 4, ROLE_TEXT, percent);
        if (rate > 0 && (up || t->state == TRANSFER_LOADING)) {
            canvas_sign(c, c->width - 7, y, up ? GLYPH_UP : GLYPH_DOWN,
                        ROLE_PART);
            canvas_text(c, c->width - 6, y, 6, ROLE_TEXT,
                        units_short(rate, text));
        } else {
            canvas_text(c, c->width - 7, y, 7, state_role(t), short_state(t));
        }
    }
    draw_name(c, 1, y, room, ROLE_TEXT, name);
}

static void draw_row(struct ui *ui, enum transfers_pane pane, int row,
                     struct canvas *c, int y, bool tight)
{
    const struct transfers_view *v = transfers_state_of(ui);
    struct columns k = columns_for(c->width);
    bool chosen = row == v->lists[pane].row && v->focus == pane;
    bool marked = pane != TRANSFERS_TAKERS &&
                  transfers_state_is_marked(v, v->items[pane][row]);

    if (tight) {
        draw_tight(ui, pane, row, c, y);
    } else if (pane == TRANSFERS_DOWNLOADS) {
        draw_download(ui, v->items[pane][row], c, &k, y);
    } else if (pane == TRANSFERS_SHARING) {
        draw_shared(ui, v->items[pane][row], c, y);
    } else {
        draw_taker(v->takers[row], c, y);
    }
    canvas_put(c, 0, y, chosen ? '>' : marked ? '*' : ' ', ROLE_TEXT);
    if (chosen && marked && !tight) {
        canvas_put(c, 1, y, '*', ROLE_TEXT);
    }
}

/* What stands under the downloads when there is room. */
static void draw_note(const struct transfers_view *v, struct canvas *c, int y)
{
    const struct row_transfer *t =
        v->focus == TRANSFERS_DOWNLOADS ? transfers_state_item(v) : NULL;
    char text[WORDING_SENTENCE];
    int i;

    if (t != NULL && t->reason != NULL) {
        wording_sentence(t->reason, text, sizeof(text));
        draw_cut(c, 2, y, c->width - 4, ROLE_WARNING, text);
        return;
    }
    for (i = 0; i < v->counts[TRANSFERS_DOWNLOADS]; i++) {
        enum transfer_state state = v->items[TRANSFERS_DOWNLOADS][i]->state;

        if (state == TRANSFER_PAUSED || state == TRANSFER_WAITING) {
            draw_cut(c, 2, y, c->width - 4, ROLE_FRAME,
                     _("Continue from where they stopped: verified pieces are "
                       "kept on disk."));
            return;
        }
    }
}

static void draw_rows(struct ui *ui, enum transfers_pane pane, struct canvas *c,
                      bool tight)
{
    struct transfers_view *v = transfers_state_of(ui);
    struct list *l = &v->lists[pane];
    bool focused = v->focus == pane;
    int y;

    list_scroll(l, v->counts[pane], c->height);
    canvas_hit_rows(c, 0, 0, c->width, c->height, (int)pane, l->top);
    for (y = 0; y < c->height && l->top + y < v->counts[pane]; y++) {
        draw_row(ui, pane, l->top + y, c, y, tight);
        if (focused && l->top + y == l->row) {
            canvas_highlight(c, 0, y, c->width, THEME_REVERSE);
            canvas_cursor(c, 0, y, false);
        }
    }
}

void pane_transfers_draw(struct ui *ui, enum transfers_pane pane,
                         struct canvas *c, bool tight)
{
    const struct transfers_view *v = transfers_state_of(ui);
    bool header = pane == TRANSFERS_DOWNLOADS && !tight;
    int count = v->counts[pane], top = header ? 1 : 0, below = 0;
    struct columns k = columns_for(c->width);
    struct canvas rows;

    if (v->focus == pane) {
        canvas_cursor(c, 0, 0, false);
    }
    if (count == 0) {
        draw_wrapped(c, 2, header && c->height > 3 ? 1 : 0, c->width - 4, 0,
                     c->height, ROLE_TEXT, empty_text(ui, pane));
        return;
    }
    if (header) {
        draw_header(c, &k);
        below = count + 4 <= c->height ? 3 : 0;
    }
    rows = canvas_inside(c, 0, top, c->width, c->height - top - below);
    draw_rows(ui, pane, &rows, tight);
    if (below > 0) {
        draw_note(v, c, c->height - 2);
    }
}
