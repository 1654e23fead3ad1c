#include "config.h"

#include "tui/cluster_draw.h"

#include <stdio.h>
#include <string.h>

#include "tui/cluster_panes.h"
#include "tui/cluster_state.h"
#include "tui/cluster_table.h"
#include "tui/cluster_words.h"
#include "tui/draw.h"
#include "tui/pane.h"
#include "tui/ui.h"
#include "tui/view_main.h"
#include "util/intl.h"

enum {
    CLUSTER_WIDE = 110, /* columns and rows from which more is shown */
    CLUSTER_TALL = 30,
    CLUSTER_LEAST = 3,      /* rows of a pane */
    CLUSTER_HELD = 6,       /* rows of what they hold */
    CLUSTER_HELD_WIDE = 11, /* with a blank line around */
};

/* ---- Panes in frames --------------------------------------------------- */

static bool has_focus(const struct ui *ui, enum cluster_pane pane)
{
    return cluster_state(ui)->focus == pane;
}

static bool is_wide(const struct canvas *c)
{
    return c->width >= CLUSTER_WIDE;
}

static bool is_tall(const struct canvas *c)
{
    return is_wide(c) && c->height + 2 >= CLUSTER_TALL;
}

static const char *pane_name(const struct ui *ui, enum cluster_pane pane,
                             bool wide, char *out, size_t size)
{
    struct cluster_facts f = cluster_facts(ui);
    const struct row_tracker *t = cluster_source(ui);
    char name[CLUSTER_TEXT];

    switch (pane) {
    case CLUSTER_TRACKERS:
        return _("Trackers");
    case CLUSTER_REQUESTS:
        return wide ? _("Requests per second, last 10 minutes")
                    : intl_in_context(NC_("per second", "Requests"));
    case CLUSTER_HOLD:
        if (f.replicated || f.total <= 1 || t == NULL) {
            return _("What they hold");
        }
        snprintf(out, size, _("What %.60s holds"),
                 cluster_name(ui, t, false, name));
        return out;
    case CLUSTER_EVENTS:
    case CLUSTER_PANES:
        break;
    }
    return _("Events");
}

/* The trackers with what is to be said of them below. */
static void draw_trackers(struct ui *ui, struct canvas *c)
{
    int rows = 1 + cluster_state(ui)->counts[CLUSTER_TRACKERS];
    struct canvas table, below;

    if (rows > c->height - 2 && c->height > 3) {
        rows = c->height - 2;
    }
    rows = rows < 2 || rows > c->height ? c->height : rows;
    table = canvas_inside(c, 0, 0, c->width, rows);
    below = canvas_inside(c, 0, rows, c->width, c->height - rows);
    cluster_table_draw(ui, &table);
    cluster_sentences_draw(ui, &below);
}

static void draw_pane(struct ui *ui, enum cluster_pane pane, struct canvas *c)
{
    switch (pane) {
    case CLUSTER_TRACKERS:
        draw_trackers(ui, c);
        break;
    case CLUSTER_REQUESTS:
        cluster_requests_draw(ui, c);
        break;
    case CLUSTER_HOLD:
        cluster_hold_draw(ui, c);
        break;
    case CLUSTER_EVENTS:
    case CLUSTER_PANES:
        cluster_events_draw(ui, c);
        break;
    }
    if ((pane == CLUSTER_REQUESTS || pane == CLUSTER_HOLD) &&
        has_focus(ui, pane)) {
        canvas_cursor(c, 1, 0, false);
    }
}

/* What stands right in the frame; a key there may be clicked. */
static void draw_heading(struct ui *ui, enum cluster_pane pane,
                         struct canvas *c, int x, int y, int width)
{
    char right[CLUSTER_TEXT] = "", name[PANE_TEXT_MAX];
    struct draw_title t = {
        .title = pane_name(ui, pane, is_tall(c), name, sizeof(name)),
        .right = right,
        .focused = has_focus(ui, pane)};
    int length;

    if (pane == CLUSTER_TRACKERS) {
        cluster_health(ui, true, right);
    } else if (pane == CLUSTER_EVENTS) {
        snprintf(right, sizeof(right), "%s", _("5 Full log"));
    }
    draw_title(c, x, y, width, &t);
    if (pane == CLUSTER_EVENTS && width >= 30) {
        length = cell_text_width(right, strlen(right));
        canvas_hit_key(c, x + width - length - 1, y, length, '5');
    }
}

/* A pane with its inside at (x, y), width x height, and its title above. */
static void place_pane(struct ui *ui, enum cluster_pane pane, struct canvas *c,
                       int x, int y, int width, int height)
{
    struct canvas inner = canvas_inside(c, x, y, width, height);

    canvas_hit(c, x, y - 1, width, height + 1, HIT_LIST, (int)pane, HIT_NO_ROW);
    draw_heading(ui, pane, c, x + 1, y - 1, width - 2);
    draw_pane(ui, pane, &inner);
}

static void draw_divider(struct canvas *c, int y)
{
    draw_horizontal(c, 1, y, c->width - 2);
    canvas_sign(c, 0, y, GLYPH_TEE_RIGHT, ROLE_FRAME);
    canvas_sign(c, c->width - 1, y, GLYPH_TEE_LEFT, ROLE_FRAME);
}

static void draw_alone(struct ui *ui, struct canvas *c)
{
    draw_frame(c, 0, 1, c->width, c->height - 1);
    place_pane(ui, cluster_state(ui)->focus, c, 1, 2, c->width - 2,
               c->height - 3);
}

/* ---- All panes --------------------------------------------------------- */

static int at_most(int value, int most)
{
    return value < most ? value : most;
}

/* Rows that each of the three bands gets of `room`; events take the rest. */
static void share_rows(const struct ui *ui, const struct canvas *c, int room,
                       int *trackers, int *middle)
{
    int count = cluster_state(ui)->counts[CLUSTER_TRACKERS];
    int graphs = 4 * count + 2;

    count = count < 1 ? 1 : count;
    *trackers = 1 + count + (is_wide(c) ? 3 : 2);
    *trackers = at_most(*trackers, room - 2 * CLUSTER_LEAST);
    if (is_tall(c)) {
        *middle = graphs > CLUSTER_HELD_WIDE ? graphs : CLUSTER_HELD_WIDE;
    } else {
        *middle = count + 3 > CLUSTER_HELD ? count + 3 : CLUSTER_HELD;
    }
    *middle = at_most(*middle, room - *trackers - CLUSTER_LEAST);
}

/* Trackers above; requests and what they hold side by side; events below. A
 * narrow screen has one of the two in the middle. */
static void draw_full(struct ui *ui, struct canvas *c, bool narrow)
{
    int bottom = c->height - 1, trackers, middle, first, second;
    int left =
        (c->width - 3) * (is_wide(c) ? 69 : 39) / (is_wide(c) ? 117 : 77);
    int x = left + 1;

    share_rows(ui, c, bottom - 4, &trackers, &middle);
    first = 2 + trackers;
    second = first + 1 + middle;
    draw_frame(c, 0, 1, c->width, bottom);
    draw_divider(c, first);
    draw_divider(c, second);
    place_pane(ui, CLUSTER_TRACKERS, c, 1, 2, c->width - 2, trackers);
    place_pane(ui, CLUSTER_EVENTS, c, 1, second + 1, c->width - 2,
               bottom - second - 1);
    if (narrow) {
        place_pane(
            ui, has_focus(ui, CLUSTER_HOLD) ? CLUSTER_HOLD : CLUSTER_REQUESTS,
            c, 1, first + 1, c->width - 2, middle);
        return;
    }
    draw_splitter(c, x, first, second);
    place_pane(ui, CLUSTER_REQUESTS, c, 1, first + 1, left, middle);
    place_pane(ui, CLUSTER_HOLD, c, x + 1, first + 1, c->width - x - 2, middle);
}

/* ---- Small terminals -------------------------------------------------- */

static void draw_small_title(struct ui *ui, struct canvas *c)
{
    char right[CLUSTER_TEXT], name[PANE_TEXT_MAX];
    const char *title =
        has_focus(ui, CLUSTER_EVENTS)
            ? pane_name(ui, CLUSTER_EVENTS, false, name, sizeof(name))
            : _("Cluster");
    int length;

    cluster_health(ui, false, right);
    length = cell_text_width(right, strlen(right));
    if (length + 2 + cell_text_width(title, strlen(title)) > c->width) {
        title = "";
    }
    canvas_text(c, 0, 0, c->width, ROLE_TITLE, title);
    draw_right(c, c->width, 0, c->width, ROLE_TEXT, right);
}

/* "Same log on all: 18,442, term 7", or the first thing that is wrong. */
static void draw_summary(struct ui *ui, struct canvas *c, int y)
{
    const struct cluster_view *v = cluster_state(ui);
    struct cluster_facts f = cluster_facts(ui);
    char text[CLUSTER_TEXT], log[CLUSTER_TEXT];
    int i;

    for (i = 0; i < v->counts[CLUSTER_TRACKERS]; i++) {
        if (cluster_trouble(ui, v->trackers[i], text) != NULL) {
            draw_cut(c, 0, y, c->width, ROLE_WARNING, text);
            return;
        }
    }
    if (f.agree && f.leader != NULL) {
        draw_format(
            c, 0, y, c->width, ROLE_TEXT, _("Same log on all: %s, term %lld"),
            cluster_count(f.leader, TRACKER_LOG_INDEX, log), (long long)f.term);
    } else {
        draw_cut(c, 0, y, c->width, ROLE_TEXT,
                 cluster_sentence(ui, false, text));
    }
}

static void draw_stack(struct ui *ui, struct canvas *c)
{
    int count = cluster_state(ui)->counts[CLUSTER_TRACKERS];
    int rows, y = 1;
    struct canvas part;

    draw_small_title(ui, c);
    if (has_focus(ui, CLUSTER_EVENTS)) {
        part = canvas_inside(c, 0, 1, c->width, c->height - 1);
        cluster_events_draw(ui, &part);
        return;
    }
    /* A summary and two events are always there. */
    rows = at_most(count < 1 ? 2 : count, c->height - 5);
    rows = rows < 1 ? 1 : rows;
    part = canvas_inside(c, 0, y, c->width, rows);
    cluster_table_tight(ui, &part);
    y += rows;
    y += c->height - y >= 6 ? 1 : 0;
    draw_summary(ui, c, y++);
    if (c->height - y >= 3) {
        cluster_requests_line(ui, c, y++);
    }
    y += c->height - y >= 3 ? 1 : 0;
    part = canvas_inside(c, 0, y, c->width, c->height - y);
    cluster_events_draw(ui, &part);
}

static void draw_micro(struct ui *ui, struct canvas *c)
{
    struct canvas body = canvas_inside(c, 0, 1, c->width, c->height - 1);

    draw_small_title(ui, c);
    if (has_focus(ui, CLUSTER_EVENTS)) {
        cluster_events_draw(ui, &body);
    } else {
        cluster_table_tight(ui, &body);
    }
}

static void draw_tiny(struct ui *ui, struct canvas *c)
{
    struct cluster_facts f = cluster_facts(ui);

    draw_format(c, 0, 0, c->width, f.up < f.total ? ROLE_WARNING : ROLE_TEXT,
                _("%u/%u up"), f.up, f.total);
}

void cluster_draw(struct ui *ui, struct canvas *c)
{
    struct cluster_view *v = cluster_state(ui);
    enum main_layout layout =
        view_main_layout(c->cells->width, c->cells->height);

    v->is_small = layout < LAYOUT_NARROW;
    if (v->is_small && v->focus != CLUSTER_EVENTS) {
        v->focus = CLUSTER_TRACKERS;
    }
    switch (layout) {
    case LAYOUT_TINY:
        draw_tiny(ui, c);
        break;
    case LAYOUT_MICRO:
        draw_micro(ui, c);
        break;
    case LAYOUT_STACK:
        draw_stack(ui, c);
        break;
    case LAYOUT_NARROW:
    case LAYOUT_FULL:
        if (v->alone) {
            draw_alone(ui, c);
        } else {
            draw_full(ui, c, layout == LAYOUT_NARROW);
        }
        break;
    }
}
