#include "config.h"

#include "tui/cluster_table.h"

#include <stdio.h>
#include <string.h>

#include "tui/cluster_state.h"
#include "tui/cluster_words.h"
#include "tui/draw.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"

enum column_kind {
    COLUMN_NAME,
    COLUMN_ROLE,
    COLUMN_STATE,
    COLUMN_TERM,
    COLUMN_LOG,
    COLUMN_BEHIND,
    COLUMN_PING,
    COLUMN_CLIENTS,
    COLUMN_RATE,
    COLUMN_UP,
    COLUMN_VERSION,
    COLUMN_CERT,
    COLUMN_KINDS
};

enum {
    TABLE_WIDE = 108,        /* columns from which everything is shown */
    TABLE_NAME = 30,         /* columns a name gets at most */
    TABLE_YOU = 9,           /* columns from the sign of a state to "you" */
    TABLE_SOON = 30 * 86400, /* seconds a certificate should still be valid */
};

/* A blank gap, then `width` columns; 0 wide: not shown at this size. */
struct column {
    const char *title;
    int gap, width, wide_gap, wide_width;
    bool right, wide_right;
    bool of_log; /* only of replicated trackers */
};

static const struct column columns[COLUMN_KINDS] = {
    [COLUMN_NAME] = {N_("Tracker"), 2, 9, 2, 8, false, false, false},
    [COLUMN_ROLE] = {N_("Role"), 1, 10, 1, 9, false, false, true},
    [COLUMN_STATE] = {N_("State"), 1, 15, 1, 14, false, false, false},
    [COLUMN_TERM] = {N_("Term"), 0, 0, 1, 4, true, true, true},
    [COLUMN_LOG] = {NC_("trackers", "Log"), 1, 7, 1, 7, true, true, true},
    [COLUMN_BEHIND] = {N_("Behind"), 1, 6, 2, 6, true, true, true},
    [COLUMN_PING] = {N_("Ping"), 1, 6, 1, 6, true, true, false},
    [COLUMN_CLIENTS] = {NC_("trackers", "Clients"), 1, 7, 2, 7, true, true,
                        false},
    [COLUMN_RATE] = {N_("Req/s"), 0, 0, 3, 5, true, true, false},
    [COLUMN_UP] = {NC_("runs for", "Up"), 2, 6, 1, 7, false, true, false},
    [COLUMN_VERSION] = {N_("Version"), 0, 0, 3, 8, false, false, false},
    [COLUMN_CERT] = {N_("Certificate until"), 0, 0, 1, 17, false, false, false},
};

/* Where each column stands; width 0: it is left out. */
struct table {
    bool wide;
    int x[COLUMN_KINDS], width[COLUMN_KINDS];
};

static int column_gap(const struct table *t, int k)
{
    return t->wide ? columns[k].wide_gap : columns[k].gap;
}

static int table_width(const struct table *t)
{
    int k, sum = 0;

    for (k = 0; k < COLUMN_KINDS; k++) {
        sum += t->width[k] > 0 ? t->width[k] + column_gap(t, k) : 0;
    }
    return sum;
}

/* The least important columns go first when there is no room. */
static void drop_columns(struct table *t, int room)
{
    static const enum column_kind order[] = {
        COLUMN_CERT, COLUMN_VERSION, COLUMN_RATE,   COLUMN_TERM, COLUMN_UP,
        COLUMN_LOG,  COLUMN_CLIENTS, COLUMN_BEHIND, COLUMN_ROLE, COLUMN_PING};
    size_t i;

    for (i = 0; i < sizeof(order) / sizeof(order[0]) && table_width(t) > room;
         i++) {
        t->width[order[i]] = 0;
    }
}

/* Trackers that stand alone leave room for what is wide otherwise. */
static void lay_out(const struct ui *ui, int room, struct table *t)
{
    bool replicated = cluster_facts(ui).replicated;
    int longest = cluster_name_width(ui, false);
    int k, x = 0;

    t->wide = room >= TABLE_WIDE || !replicated;
    for (k = 0; k < COLUMN_KINDS; k++) {
        t->width[k] = columns[k].of_log && !replicated ? 0
                      : t->wide                        ? columns[k].wide_width
                                                       : columns[k].width;
    }
    longest = longest < TABLE_NAME ? longest : TABLE_NAME;
    if (t->width[COLUMN_NAME] <= longest) {
        t->width[COLUMN_NAME] = longest + 1;
    }
    drop_columns(t, room);
    if (table_width(t) > room) {
        t->width[COLUMN_NAME] -= table_width(t) - room;
    }
    for (k = 0; k < COLUMN_KINDS; k++) {
        if (t->width[k] > 0) {
            x += column_gap(t, k);
            t->x[k] = x;
            x += t->width[k];
        }
    }
}

static bool is_right(const struct table *t, int k)
{
    return t->wide ? columns[k].wide_right : columns[k].right;
}

static void put(const struct table *t, struct canvas *c, int y, int k,
                enum theme_role role, const char *text)
{
    if (is_right(t, k)) {
        draw_right(c, t->x[k] + t->width[k], y, t->width[k], role, text);
    } else {
        draw_cut(c, t->x[k], y, t->width[k], role, text);
    }
}

/* ---- Cells ------------------------------------------------------------ */

static void draw_state(const struct table *t, struct canvas *c, int y,
                       const struct row_tracker *row)
{
    struct cluster_state_word w = cluster_word(row);
    int x = t->x[COLUMN_STATE], end = x + t->width[COLUMN_STATE];
    int you = x + TABLE_YOU;

    canvas_sign(c, x, y, w.sign, w.role);
    x += 2;
    x += draw_cut(c, x, y, end - x, ROLE_TEXT, w.word);
    if (!row->is_primary || !row->connected || !row->logged_in) {
        return;
    }
    if (t->wide) {
        x += canvas_text(c, x, y, end - x, ROLE_TEXT, _(", "));
    } else {
        x = you > x ? you : x + 1;
    }
    if (x < end) {
        draw_cut(c, x, y, end - x, ROLE_OWN, _("you"));
    }
}

/* The text of a column but name and state; what it is in colours. */
static enum theme_role cell_text(const struct ui *ui,
                                 const struct row_tracker *row,
                                 enum column_kind k, char *out)
{
    static const enum tracker_figure figures[COLUMN_KINDS] = {
        [COLUMN_TERM] = TRACKER_TERM,
        [COLUMN_LOG] = TRACKER_LOG_INDEX,
        [COLUMN_BEHIND] = TRACKER_BEHIND,
        [COLUMN_CLIENTS] = TRACKER_SESSIONS,
    };
    int64_t up = row->figures[TRACKER_UPTIME];
    char text[WORDING_MAX];

    switch (k) {
    case COLUMN_ROLE:
        snprintf(out, CLUSTER_TEXT, "%s", cluster_role(row));
        return row == cluster_facts(ui).leader ? ROLE_OWN : ROLE_TEXT;
    case COLUMN_PING:
        out[0] = '\0';
        if (row->delay_ms >= 0) {
            snprintf(out, CLUSTER_TEXT, _("%dms"), (int)row->delay_ms);
        }
        break;
    case COLUMN_RATE:
        cluster_rate(row->requests[ROWS_SLOTS - 1], out);
        break;
    case COLUMN_UP:
        snprintf(out, CLUSTER_TEXT, "%s",
                 !row->connected ? "0"
                 : up < 0        ? "?"
                                 : wording_time_left(up, text));
        break;
    case COLUMN_VERSION:
        snprintf(out, CLUSTER_TEXT, "%.80s",
                 row->version == NULL ? "?" : row->version);
        break;
    case COLUMN_CERT:
        snprintf(out, CLUSTER_TEXT, "%s",
                 row->cert_until == 0 ? "?"
                                      : wording_date(row->cert_until, text));
        return row->cert_until != 0 &&
                       row->cert_until < ui_wall(ui) + TABLE_SOON
                   ? ROLE_WARNING
                   : ROLE_TEXT;
    case COLUMN_TERM:
    case COLUMN_LOG:
    case COLUMN_BEHIND:
    case COLUMN_CLIENTS:
    default:
        cluster_count(row, figures[k], out);
        if (k == COLUMN_BEHIND && row->figures[TRACKER_BEHIND] > 0) {
            return ROLE_WARNING;
        }
        break;
    }
    return ROLE_TEXT;
}

/* The chosen row: its sign, its colours, and the cursor. */
static void draw_chosen(struct ui *ui, struct canvas *c, int y)
{
    bool focused = cluster_state(ui)->focus == CLUSTER_TRACKERS;

    canvas_put(c, 0, y, '>', ROLE_TEXT);
    canvas_highlight(c, 0, y, c->width, focused ? THEME_REVERSE : THEME_BOLD);
    if (focused) {
        canvas_cursor(c, 0, y, false);
    }
}

static void draw_row(struct ui *ui, const struct table *t, struct canvas *c,
                     int y, const struct row_tracker *row)
{
    char text[CLUSTER_TEXT];
    int k;

    draw_name(c, t->x[COLUMN_NAME], y, t->width[COLUMN_NAME], ROLE_TEXT,
              cluster_name(ui, row, false, text));
    draw_state(t, c, y, row);
    for (k = 0; k < COLUMN_KINDS; k++) {
        enum theme_role role;

        if (k == COLUMN_NAME || k == COLUMN_STATE || t->width[k] <= 0) {
            continue;
        }
        role = cell_text(ui, row, (enum column_kind)k, text);
        put(t, c, y, k, role, text);
    }
}

/* Why there is nothing, and what to do about it. */
static void draw_empty(struct ui *ui, struct canvas *c)
{
    const struct cluster_view *v = cluster_state(ui);
    const char *text =
        v->filter != NULL
            ? _("No tracker has that in its address.\n\nEsc shows all")
        : ui->engine_runs
            ? _("Asking which trackers there are...")
            : _("No tracker is known yet.\n\n:tracker add HOST:PORT\n"
                "connects to one");

    draw_wrapped(c, 1, 0, c->width - 2, 0, c->height, ROLE_TEXT, text);
    if (v->focus == CLUSTER_TRACKERS) {
        canvas_cursor(c, 1, 0, false);
    }
}

void cluster_table_draw(struct ui *ui, struct canvas *c)
{
    struct cluster_view *v = cluster_state(ui);
    struct list *l = &v->lists[CLUSTER_TRACKERS];
    int y, k, count = v->counts[CLUSTER_TRACKERS];
    struct canvas rows = canvas_inside(c, 0, 1, c->width, c->height - 1);
    struct table t;

    if (count == 0) {
        draw_empty(ui, c);
        return;
    }
    lay_out(ui, c->width, &t);
    for (k = 0; k < COLUMN_KINDS; k++) {
        if (t.width[k] > 0) {
            put(&t, c, 0, k, ROLE_TITLE, intl_in_context(columns[k].title));
        }
    }
    list_scroll(l, count, rows.height);
    canvas_hit_rows(&rows, 0, 0, rows.width, rows.height, CLUSTER_TRACKERS,
                    l->top);
    for (y = 0; y < rows.height && l->top + y < count; y++) {
        draw_row(ui, &t, &rows, y, v->trackers[l->top + y]);
        if (l->top + y == l->row) {
            draw_chosen(ui, &rows, y);
        }
    }
}

/* ---- Small terminals -------------------------------------------------- */

/* ">t1.lab  * up   follower  12ms   9 cl": what does not fit is left out. */
static void draw_tight_row(struct ui *ui, struct canvas *c, int y,
                           const struct row_tracker *row)
{
    enum { ROLE_WIDTH = 10, PING_WIDTH = 4, CLIENTS_WIDTH = 7, UP_WIDTH = 5 };
    struct cluster_state_word w = cluster_word(row);
    bool plain = w.sign == GLYPH_LIT; /* nothing but "up" */
    int name = cluster_name_width(ui, false), x, end;
    char text[CLUSTER_TEXT], count[CLUSTER_TEXT];

    name = name < c->width - 12 ? name : c->width - 12;
    draw_name(c, 1, y, name, ROLE_TEXT, cluster_name(ui, row, false, text));
    x = 1 + name + (c->width < 40 ? 1 : 2);
    canvas_sign(c, x, y, w.sign, w.role);
    x += 2;
    end = x + (plain ? UP_WIDTH : UP_WIDTH + ROLE_WIDTH);
    if (!cluster_facts(ui).replicated) {
        end = x + 14;
    }
    end = end < c->width ? end : c->width;
    draw_cut(c, x, y, end - x, ROLE_TEXT, w.word);
    x += UP_WIDTH;
    if (cluster_facts(ui).replicated && x + ROLE_WIDTH <= c->width) {
        if (plain) {
            canvas_text(c, x, y, ROLE_WIDTH, ROLE_TEXT, cluster_role(row));
        }
        x += ROLE_WIDTH;
    } else {
        x = end;
    }
    x += PING_WIDTH;
    if (x > c->width || row->delay_ms < 0) {
        return;
    }
    snprintf(text, sizeof(text), _("%dms"), (int)row->delay_ms);
    draw_right(c, x, y, 6, ROLE_TEXT, text);
    x += CLIENTS_WIDTH;
    if (x <= c->width) {
        snprintf(text, sizeof(text), _("%.8s cl"),
                 cluster_count(row, TRACKER_SESSIONS, count));
        draw_right(c, x, y, CLIENTS_WIDTH - 1, ROLE_TEXT, text);
    }
}

void cluster_table_tight(struct ui *ui, struct canvas *c)
{
    struct cluster_view *v = cluster_state(ui);
    struct list *l = &v->lists[CLUSTER_TRACKERS];
    int y, count = v->counts[CLUSTER_TRACKERS];

    if (count == 0) {
        draw_empty(ui, c);
        return;
    }
    list_scroll(l, count, c->height);
    canvas_hit_rows(c, 0, 0, c->width, c->height, CLUSTER_TRACKERS, l->top);
    for (y = 0; y < c->height && l->top + y < count; y++) {
        draw_tight_row(ui, c, y, v->trackers[l->top + y]);
        if (l->top + y == l->row) {
            draw_chosen(ui, c, y);
        }
    }
}
