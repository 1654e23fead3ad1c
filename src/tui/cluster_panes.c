#include "config.h"

#include "tui/cluster_panes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/cluster_state.h"
#include "tui/cluster_words.h"
#include "tui/draw.h"
#include "tui/notice.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

enum {
    PANES_TIGHT = 56, /* columns below which blanks and signs are saved */
    PANES_WIDE = 100, /* columns from which sentences and events say more */
    PANES_BAR = 24,   /* columns of a bar */
    PANES_GRAPH = 3,  /* rows of a graph */
    PANES_GRAPH_TEXT = 20, /* columns of the figures beside it */
    PANES_LINE_TEXT = 20,  /* and beside a line of requests, with gaps */
    PANES_HOLD_WIDE = 44,  /* columns from which what is held is told in full */
    PANES_NAME = 18,       /* columns a name gets at most beside a graph */
    PANES_FAR = 86400,     /* seconds that are no longer foretold */
    PANES_REFUSED = 1 << 30, /* more is not true */
    PANES_MOMENT = 11,       /* columns of "11-20 09:12" */
};

/* ---- Sentences -------------------------------------------------------- */

/* "t1.lab ####### 97%  400 of 412 entries, 1 s left". */
static void draw_backlog(struct ui *ui, struct canvas *c, int y,
                         const struct row_tracker *t)
{
    const struct cluster_backlog *b = cluster_backlog(ui, t);
    int64_t behind = t->figures[TRACKER_BEHIND];
    int64_t done = b == NULL || behind < 0 ? 0 : b->most - behind;
    int64_t passed = b == NULL ? 0 : ui->now_ms - b->most_ms;
    double seconds = (double)behind / (double)(done > 0 ? done : 1) *
                     (double)passed / 1000.0;
    char name[CLUSTER_TEXT], most[UNITS_TEXT], part[UNITS_TEXT];
    char left[WORDING_MAX] = "";
    int x = 2, bar = c->width >= 70 ? PANES_BAR : 8;

    if (b == NULL || behind < 0) {
        return;
    }
    x += 1 + draw_name(c, x, y, c->width / 3, ROLE_TEXT,
                       cluster_name(ui, t, false, name));
    draw_bar(c, x, y, bar, (uint64_t)done, (uint64_t)b->most);
    x += bar + 1;
    x += 2 + draw_format(c, x, y, c->width - x, ROLE_TEXT, "%d%%",
                         draw_percent((uint64_t)done, (uint64_t)b->most));
    x += draw_format(c, x, y, c->width - x, ROLE_TEXT, _("%s of %s entries"),
                     units_count((uint64_t)done, part),
                     units_count((uint64_t)b->most, most));
    if (done > 0 && passed > 0 && seconds < PANES_FAR) {
        wording_time_left(1 + (int64_t)seconds, left);
        draw_format(c, x, y, c->width - x, ROLE_TEXT, _(", %s left"), left);
    }
}

/* Returns the rows it took. */
static int draw_troubles(struct ui *ui, struct canvas *c)
{
    const struct cluster_view *v = cluster_state(ui);
    char text[CLUSTER_TEXT];
    int i, y = 0;

    for (i = 0; i < v->counts[CLUSTER_TRACKERS] && y < c->height; i++) {
        if (cluster_backlog(ui, v->trackers[i]) != NULL) {
            draw_backlog(ui, c, y++, v->trackers[i]);
        }
    }
    for (i = 0; i < v->counts[CLUSTER_TRACKERS] && y < c->height; i++) {
        if (cluster_trouble(ui, v->trackers[i], text) != NULL) {
            draw_cut(c, 2, y++, c->width - 3, ROLE_WARNING, text);
        }
    }
    return y;
}

void cluster_sentences_draw(struct ui *ui, struct canvas *c)
{
    bool wide = c->width >= PANES_WIDE;
    char text[CLUSTER_TEXT];
    int y = draw_troubles(ui, c);

    if (y == 0 && c->height > (wide ? 2 : 1)) {
        y = 1;
    }
    if (y < c->height) {
        draw_cut(c, 2, y++, c->width - 3, ROLE_TEXT,
                 cluster_sentence(ui, wide, text));
    }
    if (y < c->height) {
        draw_cut(c, 2, y, c->width - 3, ROLE_TEXT, cluster_margin(ui, text));
    }
}

/* ---- Requests --------------------------------------------------------- */

/* It tells nothing of itself, or not yet. */
static bool is_silent(const struct row_tracker *t)
{
    return t->figures[TRACKER_USERS] < 0;
}

static void draw_graph_row(struct ui *ui, struct canvas *c, int y, int name,
                           const struct row_tracker *t)
{
    int x = 3 + name, width = c->width - x - PANES_GRAPH_TEXT;
    uint32_t samples[ROWS_SLOTS];
    char text[CLUSTER_TEXT];
    int i;

    for (i = 0; i < ROWS_SLOTS; i++) {
        samples[i] = t->requests[i] > 0 ? (uint32_t)t->requests[i] : 0;
    }
    draw_name(c, 1, y + 1, name, ROLE_TEXT, cluster_name(ui, t, false, text));
    if (is_silent(t)) {
        draw_cut(c, x, y + 1, width, ROLE_FRAME, cluster_word(t).word);
        return;
    }
    draw_graph(c, x, y, width, PANES_GRAPH, samples, ROWS_SLOTS);
    x += width + 2;
    draw_format(c, x, y, c->width - x, ROLE_TEXT, _("%s/s now"),
                cluster_rate(t->requests[ROWS_SLOTS - 1], text));
    draw_format(c, x, y + 1, c->width - x, ROLE_TEXT, _("%s median"),
                cluster_latency(t->figures[TRACKER_MEDIAN_US], text));
    draw_format(c, x, y + 2, c->width - x, ROLE_TEXT, _("%s slowest 1%%"),
                cluster_latency(t->figures[TRACKER_SLOW_US], text));
}

static void draw_graphs(struct ui *ui, struct canvas *c)
{
    const struct cluster_view *v = cluster_state(ui);
    int name = cluster_name_width(ui, false), y = 1, i, end;

    name = name < PANES_NAME ? name : PANES_NAME;
    end = c->width - PANES_GRAPH_TEXT;
    for (i = 0; i < v->counts[CLUSTER_TRACKERS]; i++) {
        draw_graph_row(ui, c, y, name, v->trackers[i]);
        y += PANES_GRAPH + 1;
    }
    canvas_text(c, 3 + name, y, end - name - 3, ROLE_FRAME, _("10 min ago"));
    draw_right(c, end, y, 10, ROLE_FRAME, _("now"));
}

/* The newest slots that are known, newest right. */
static void draw_slots(struct canvas *c, int x, int y, int width,
                       const int64_t *slots)
{
    uint64_t samples[ROWS_SLOTS];
    int i, count = 0;

    width = width < ROWS_SLOTS ? width : ROWS_SLOTS;
    for (i = ROWS_SLOTS - width; i < ROWS_SLOTS; i++) {
        if (slots[i] >= 0) {
            samples[count++] = (uint64_t)slots[i];
        }
    }
    draw_spark(c, x + width - count, y, width, samples, count);
}

static void draw_line(struct ui *ui, struct canvas *c, int y, int name,
                      const struct row_tracker *t)
{
    int width = c->width - name - 2 - PANES_LINE_TEXT + 1, x = 2 + name, i;
    int64_t slots[ROWS_SLOTS];
    char text[CLUSTER_TEXT], rate[CLUSTER_TEXT];

    for (i = 0; i < ROWS_SLOTS; i++) {
        slots[i] = t->requests[i];
    }
    draw_name(c, 1, y, name, ROLE_TEXT, cluster_name(ui, t, true, text));
    if (is_silent(t)) {
        draw_right(c, x + width + 16, y, 16, ROLE_FRAME, cluster_word(t).word);
        return;
    }
    if (width >= 4) {
        draw_slots(c, x, y, width, slots);
        x += width;
    }
    snprintf(text, sizeof(text), _("%.20s/s"),
             cluster_rate(t->requests[ROWS_SLOTS - 1], rate));
    draw_right(c, x + 7, y, 7, ROLE_TEXT, text);
    draw_right(c, x + 16, y, 8, ROLE_TEXT,
               cluster_latency(t->figures[TRACKER_MEDIAN_US], text));
}

/* Refusals of all that are known. */
static int64_t refused(const struct ui *ui)
{
    const struct cluster_view *v = cluster_state(ui);
    int64_t sum = -1, one;
    int i;

    for (i = 0; i < v->counts[CLUSTER_TRACKERS]; i++) {
        one = v->trackers[i]->figures[TRACKER_REFUSED];
        if (one >= 0 && one < PANES_REFUSED) {
            sum = (sum < 0 ? 0 : sum) + one;
        }
    }
    return sum;
}

static void draw_lines(struct ui *ui, struct canvas *c)
{
    const struct cluster_view *v = cluster_state(ui);
    int name = cluster_name_width(ui, true), y;
    int64_t sum = refused(ui);

    name = name < PANES_NAME ? name : PANES_NAME;
    for (y = 0; y < v->counts[CLUSTER_TRACKERS] && y < c->height; y++) {
        draw_line(ui, c, y, name, v->trackers[y]);
    }
    y += y + 3 <= c->height ? 1 : 0;
    draw_cut(c, 1, y++, c->width - 1, ROLE_FRAME,
             _("1 slot = 10 s, newest right"));
    if (sum >= 0) {
        draw_format(c, 1, y, c->width - 1, ROLE_FRAME,
                    _("Refused by rate limit: %lld in 10 min"), (long long)sum);
    }
}

void cluster_requests_draw(struct ui *ui, struct canvas *c)
{
    int count = cluster_state(ui)->counts[CLUSTER_TRACKERS];

    if (count == 0) {
        return;
    }
    if (c->width >= PANES_TIGHT && c->height >= count * (PANES_GRAPH + 1) + 2) {
        draw_graphs(ui, c);
    } else {
        draw_lines(ui, c);
    }
}

void cluster_requests_line(struct ui *ui, struct canvas *c, int y)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRACKERS);
    int64_t slots[ROWS_SLOTS];
    char text[CLUSTER_TEXT];
    int x, k;
    size_t i;

    for (k = 0; k < ROWS_SLOTS; k++) {
        slots[k] = -1;
        for (i = 0; i < r->count; i++) {
            if (r->trackers[i].requests[k] >= 0) {
                slots[k] =
                    (slots[k] < 0 ? 0 : slots[k]) + r->trackers[i].requests[k];
            }
        }
    }
    if (slots[ROWS_SLOTS - 1] < 0) {
        return;
    }
    x = draw_format(c, 0, y, c->width, ROLE_TEXT, _("%s req/s"),
                    cluster_rate(slots[ROWS_SLOTS - 1], text));
    draw_slots(c, x + 1, y, c->width < 40 ? 6 : 16, slots);
}

/* ---- What they hold --------------------------------------------------- */

/* Groups that I am in. */
static unsigned my_groups(const struct ui *ui)
{
    const struct rows *r = model_rows(&ui->model, ROWS_GROUPS);
    unsigned count = 0;
    size_t i;

    for (i = 0; i < r->count; i++) {
        count += r->groups[i].role >= GROUP_READER ? 1 : 0;
    }
    return count;
}

static const char *size_of(const struct row_tracker *t,
                           enum tracker_figure figure, char out[UNITS_TEXT])
{
    return t->figures[figure] < 0
               ? "?"
               : units_size((uint64_t)t->figures[figure], out);
}

static const char *count_of(const struct row_tracker *t,
                            enum tracker_figure figure, char out[UNITS_TEXT])
{
    return t->figures[figure] < 0
               ? "?"
               : units_count((uint64_t)t->figures[figure], out);
}

enum hold_line {
    HOLD_USERS,
    HOLD_GROUPS,
    HOLD_FILES,
    HOLD_SWARMS,
    HOLD_REQUESTS,
    HOLD_SESSIONS,
    HOLD_DATABASE,
    HOLD_REFUSED,
};

/* What stands in a line; returns how it is called. */
static const char *hold_text(const struct ui *ui, const struct row_tracker *t,
                             enum hold_line line, bool wide, char *out)
{
    char a[UNITS_TEXT], b[UNITS_TEXT];

    switch (line) {
    case HOLD_USERS:
        snprintf(out, CLUSTER_TEXT, _("%s, %s online"),
                 count_of(t, TRACKER_USERS, a),
                 count_of(t, TRACKER_USERS_ONLINE, b));
        return _("Users");
    case HOLD_GROUPS:
        snprintf(out, CLUSTER_TEXT, wide ? _("%s, %u of them yours") : "%s",
                 count_of(t, TRACKER_GROUPS, a), my_groups(ui));
        return _("Groups");
    case HOLD_FILES:
        snprintf(out, CLUSTER_TEXT, wide ? _("%s, %s") : "%s",
                 count_of(t, TRACKER_ITEMS, a),
                 size_of(t, TRACKER_ITEM_BYTES, b));
        return _("Files");
    case HOLD_SWARMS:
        snprintf(out, CLUSTER_TEXT, _("%s, %s peers"),
                 count_of(t, TRACKER_SWARMS, a), count_of(t, TRACKER_PEERS, b));
        return _("Swarms");
    case HOLD_REQUESTS:
        snprintf(out, CLUSTER_TEXT, _("%s waiting"),
                 count_of(t, TRACKER_JOIN_REQUESTS, a));
        return wide ? _("Join requests") : _("Requests");
    case HOLD_SESSIONS:
        snprintf(out, CLUSTER_TEXT, "%s", count_of(t, TRACKER_SESSIONS, a));
        return _("Sessions");
    case HOLD_DATABASE:
        snprintf(out, CLUSTER_TEXT, "%s",
                 size_of(t, TRACKER_DATABASE_BYTES, a));
        return _("Database");
    case HOLD_REFUSED:
        break;
    }
    snprintf(out, CLUSTER_TEXT, _("%s calls in 10 min"),
             count_of(t, TRACKER_REFUSED, a));
    return _("Refused");
}

static void draw_unknown(const struct row_tracker *t, struct canvas *c, int y)
{
    const char *text =
        !t->connected   ? _("What it holds is seen when it is back.")
        : !t->logged_in ? _("It says what it holds to who is logged in there.")
                        : _("Asking what it holds...");

    draw_wrapped(c, 1, y, c->width - 2, 0, c->height - y, ROLE_TEXT, text);
}

void cluster_hold_draw(struct ui *ui, struct canvas *c)
{
    static const enum hold_line narrow[] = {HOLD_USERS,    HOLD_GROUPS,
                                            HOLD_FILES,    HOLD_SWARMS,
                                            HOLD_REQUESTS, HOLD_DATABASE};
    const struct row_tracker *t = cluster_source(ui);
    bool wide = c->width >= PANES_HOLD_WIDE;
    int y = c->height >= 10 ? 1 : 0, value = wide ? 16 : 11;
    int n, count = wide ? HOLD_REFUSED + 1
                        : (int)(sizeof(narrow) / sizeof(narrow[0]));
    char text[CLUSTER_TEXT];
    const char *label;

    if (t != NULL && is_silent(t)) {
        draw_unknown(t, c, y);
        return;
    }
    for (n = 0; t != NULL && n < count; n++) {
        label =
            hold_text(ui, t, wide ? (enum hold_line)n : narrow[n], wide, text);
        if (value < cell_text_width(label, strlen(label)) + 2) {
            value = cell_text_width(label, strlen(label)) + 2;
        }
    }
    for (n = 0; t != NULL && n < count && y < c->height; n++, y++) {
        label =
            hold_text(ui, t, wide ? (enum hold_line)n : narrow[n], wide, text);
        draw_cut(c, 1, y, value - 2, ROLE_FRAME, label);
        draw_cut(c, value, y, c->width - value, ROLE_TEXT, text);
    }
}

/* ---- Events ----------------------------------------------------------- */

static void draw_event(struct ui *ui, struct canvas *c, int y,
                       const struct model_notice *n)
{
    bool wide = c->width >= PANES_WIDE, tight = c->width < PANES_TIGHT;
    int clock = wording_clock_width(!tight);
    char text[WORDING_MAX];
    int x = tight ? 1 + clock : 2 + clock;

    if (tight) {
        canvas_text(c, 0, y, clock, ROLE_FRAME,
                    wording_clock(n->time, false, text));
        draw_cut(c, x, y, c->width - x, notice_role(n->level), n->text);
        return;
    }
    if (wide && clock < PANES_MOMENT) {
        clock = PANES_MOMENT;
    }
    canvas_text(c, 1, y, clock, ROLE_FRAME,
                wording_moment(n->time, ui_wall(ui), wide, text));
    x = 2 + clock;
    notice_draw_sign(c, x, y, n->level);
    x += wide ? 3 : 2;
    draw_cut(c, x, y, c->width - x - 1, ROLE_TEXT, n->text);
}

void cluster_events_draw(struct ui *ui, struct canvas *c)
{
    struct cluster_view *v = cluster_state(ui);
    struct list *l = &v->lists[CLUSTER_EVENTS];
    int y, count = v->counts[CLUSTER_EVENTS];
    bool focused = v->focus == CLUSTER_EVENTS;

    if (count == 0) {
        draw_cut(c, 1, 0, c->width - 2, ROLE_TEXT,
                 _("Nothing has happened to them since the start."));
        if (focused) {
            canvas_cursor(c, 1, 0, false);
        }
        return;
    }
    list_scroll(l, count, c->height);
    canvas_hit_rows(c, 0, 0, c->width, c->height, CLUSTER_EVENTS, l->top);
    for (y = 0; y < c->height && l->top + y < count; y++) {
        draw_event(ui, c, y,
                   model_notice(&ui->model, (size_t)v->events[l->top + y]));
        if (focused && l->top + y == l->row) {
            if (c->width >= PANES_TIGHT) {
                canvas_put(c, 0, y, '>', ROLE_TEXT);
            }
            canvas_highlight(c, 0, y, c->width, THEME_REVERSE);
            canvas_cursor(c, 0, y, false);
        }
    }
}
