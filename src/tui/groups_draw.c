#include "config.h"

#include "tui/groups_draw.h"

#include <stdio.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/groups_panes.h"
#include "tui/pane.h"
#include "tui/rowtext.h"
#include "tui/ui.h"
#include "tui/view_main.h"
#include "util/intl.h"

enum {
    GROUPS_WIDE = 110,        /* columns from which more is shown */
    GROUPS_HISTORY_ROWS = 30, /* rows from which there is history */
    GROUPS_ABOUT_ROWS = 6,    /* and its height inside the frame */
};

/* ---- Panes in frames --------------------------------------------------- */

static bool has_focus(const struct ui *ui, enum groups_pane pane)
{
    return groups_state(ui)->focus == pane;
}

static const char *pane_name(enum groups_pane pane)
{
    switch (pane) {
    case GROUPS_ALL:
        return _("All groups");
    case GROUPS_REQUESTS:
        return _("Requests");
    case GROUPS_MEMBERS:
        return _("Members");
    case GROUPS_HISTORY:
    case GROUPS_PANES:
        break;
    }
    return _("History");
}

static void sorted_text(const struct groups_view *v, bool wide, char *out,
                        size_t size)
{
    static const char *const by[GROUPS_COLUMNS] = {
        [GROUPS_BY_NAME] = N_("%d, by name"),
        [GROUPS_BY_OWNER] = N_("%d, by owner"),
        [GROUPS_BY_MEMBERS] = N_("%d, by members"),
        [GROUPS_BY_ROLE] = N_("%d, by your role"),
    };
    int count = v->counts[GROUPS_ALL];

    if (!wide) {
        snprintf(out, size, "%d", count);
        return;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(out, size, _(by[v->sort]), count);
#pragma GCC diagnostic pop
}

/* What stands right in the frame of a pane. */
static void right_text(const struct ui *ui, enum groups_pane pane, bool wide,
                       char *out, size_t size)
{
    const struct groups_view *v = groups_state(ui);
    const struct row_group *g = groups_state_group(ui);
    unsigned waiting = (unsigned)v->counts[GROUPS_REQUESTS];

    out[0] = '\0';
    if (pane == GROUPS_ALL) {
        sorted_text(v, wide, out, size);
    } else if (pane == GROUPS_REQUESTS && waiting > 0) {
        snprintf(out, size,
                 ngettext("%u waits to join", "%u wait to join", waiting),
                 waiting);
    } else if (pane == GROUPS_MEMBERS && g != NULL) {
        snprintf(out, size, _("%u, %u online"), g->members, g->online);
    }
}

/* A pane with its inside at (x, y), width x height, and its title above. */
static void place_pane(struct ui *ui, enum groups_pane pane, struct canvas *c,
                       int x, int y, int width, int height, bool about)
{
    struct canvas inner = canvas_inside(c, x, y, width, height);
    char right[PANE_TEXT_MAX];
    const char *group = groups_state(ui)->group;
    struct draw_title t = {.title = pane_name(pane),
                           .more = pane == GROUPS_REQUESTS ? group : NULL,
                           .right = right,
                           .focused = has_focus(ui, pane)};

    right_text(ui, pane, c->width >= GROUPS_WIDE, right, sizeof(right));
    canvas_hit(c, x, y - 1, width, height + 1, HIT_LIST, (int)pane, HIT_NO_ROW);
    draw_title(c, x + 1, y - 1, width - 2, &t);
    groups_pane_draw(ui, pane, &inner, about);
}

static void draw_divider(struct canvas *c, int left, int right, int y)
{
    draw_horizontal(c, left + 1, y, right - left - 1);
    canvas_sign(c, left, y, GLYPH_TEE_RIGHT, ROLE_FRAME);
    canvas_sign(c, right, y, GLYPH_TEE_LEFT, ROLE_FRAME);
}

static void draw_about_pane(struct ui *ui, struct canvas *c, int y, int left,
                            int height)
{
    struct canvas inner = canvas_inside(c, 1, y, left, height);
    const struct row_group *g = groups_state_group(ui);
    struct draw_title t = {.title = g == NULL ? _("About") : g->name};

    draw_title(c, 2, y - 1, left - 2, &t);
    groups_about_draw(ui, &inner);
}

/* Groups at the left, requests and members at the right; on a tall and wide
 * screen what the group is and what happened there below. */
static void draw_full(struct ui *ui, struct canvas *c)
{
    struct groups_view *v = groups_state(ui);
    int right = c->width - 1, bottom = c->height - 1;
    bool wide = c->width >= GROUPS_WIDE;
    int left = wide ? (c->width - 3) * 45 / 117 : (c->width - 3) * 25 / 77;
    int split = v->has_history ? bottom - GROUPS_ABOUT_ROWS - 1 : bottom;
    int middle = 1 + (split - 1) * 48 / 100;
    int x = left + 1;

    draw_frame(c, 0, 1, c->width, bottom);
    draw_vertical(c, x, 2, bottom - 2);
    canvas_sign(c, x, 1, GLYPH_TEE_DOWN, ROLE_FRAME);
    canvas_sign(c, x, bottom, GLYPH_TEE_UP, ROLE_FRAME);
    draw_divider(c, x, right, middle);
    if (v->has_history) {
        draw_divider(c, 0, right, split);
        canvas_sign(c, x, split, GLYPH_CROSS, ROLE_FRAME);
        draw_about_pane(ui, c, split + 1, left, bottom - split - 1);
        place_pane(ui, GROUPS_HISTORY, c, x + 1, split + 1, right - x - 1,
                   bottom - split - 1, false);
    }
    place_pane(ui, GROUPS_ALL, c, 1, 2, left, split - 2, !v->has_history);
    place_pane(ui, GROUPS_REQUESTS, c, x + 1, 2, right - x - 1, middle - 2,
               false);
    place_pane(ui, GROUPS_MEMBERS, c, x + 1, middle + 1, right - x - 1,
               split - middle - 1, false);
}

static void draw_alone(struct ui *ui, struct canvas *c)
{
    draw_frame(c, 0, 1, c->width, c->height - 1);
    place_pane(ui, groups_state(ui)->focus, c, 1, 2, c->width - 2,
               c->height - 3, true);
}

/* The groups alone, or requests above members. */
static void draw_narrow(struct ui *ui, struct canvas *c)
{
    int bottom = c->height - 1, middle = 1 + (bottom - 1) * 48 / 100;

    if (has_focus(ui, GROUPS_ALL)) {
        draw_alone(ui, c);
        return;
    }
    draw_frame(c, 0, 1, c->width, bottom);
    draw_divider(c, 0, c->width - 1, middle);
    place_pane(ui, GROUPS_REQUESTS, c, 1, 2, c->width - 2, middle - 2, false);
    place_pane(ui, GROUPS_MEMBERS, c, 1, middle + 1, c->width - 2,
               bottom - middle - 1, false);
}

/* ---- Small terminals -------------------------------------------------- */

static void draw_tabs(struct ui *ui, struct canvas *c)
{
    const struct groups_view *v = groups_state(ui);
    const struct event *s = ui->model.session;
    enum groups_pane pane;
    char trackers[32] = "";
    int x = 0, end = c->width;

    if (s != NULL) {
        snprintf(trackers, sizeof(trackers), _("%u/%u up"),
                 s->session.trackers_up, s->session.trackers_total);
        end -= cell_text_width(trackers, strlen(trackers)) + 1;
    }
    draw_right(c, c->width, 0, 12, ROLE_TEXT, trackers);
    for (pane = GROUPS_ALL; pane < GROUPS_HISTORY && x < end; pane++) {
        bool here = v->focus == pane;
        bool named = pane == GROUPS_ALL && v->group != NULL;
        enum theme_role role = here ? ROLE_ACCENT : ROLE_TEXT;
        int start = x, room = end - x;

        if (here) {
            canvas_put(c, x++, 0, '[', role);
        }
        x += named ? draw_name(c, x, 0, room < 12 ? room : 12, role, v->group)
                   : canvas_text(c, x, 0, room, role, pane_name(pane));
        if (here) {
            canvas_put(c, x++, 0, ']', role);
        }
        canvas_hit(c, start, 0, x - start, 1, HIT_LIST, (int)pane, HIT_NO_ROW);
        x++;
    }
}

/* "2 wait to join. You are the owner." */
static void draw_summary(struct ui *ui, struct canvas *c, int y)
{
    const struct row_group *g = groups_state_group(ui);
    int x = 0;

    if (g == NULL) {
        return;
    }
    if (g->requests > 0) {
        x = 1 + draw_format(c, x, y, c->width, ROLE_WARNING,
                            ngettext("%u waits to join.", "%u wait to join.",
                                     g->requests),
                            g->requests);
    } else {
        x = 1 + draw_format(c, x, y, c->width, ROLE_TEXT,
                            ngettext("%u member, %u online.",
                                     "%u members, %u online.", g->members),
                            g->members, g->online);
    }
    if (g->role == GROUP_OWNER) {
        canvas_text(c, x, y, c->width - x, ROLE_OWN, _("You are the owner."));
    } else if (g->role != GROUP_NONE) {
        draw_format(c, x, y, c->width - x, ROLE_TEXT, _("You: %s."),
                    rowtext_role(g->role));
    }
}

static void draw_stack(struct ui *ui, struct canvas *c)
{
    const struct groups_view *v = groups_state(ui);
    bool hint = c->height >= 8;
    struct canvas body =
        canvas_inside(c, 0, 1, c->width, c->height - 2 - (hint ? 2 : 0));

    draw_tabs(ui, c);
    groups_list_draw(ui, &body);
    if (!hint) {
        draw_summary(ui, c, c->height - 1);
        return;
    }
    draw_summary(ui, c, c->height - 2);
    if (v->focus == GROUPS_REQUESTS && v->counts[GROUPS_REQUESTS] > 1) {
        canvas_text(c, 0, c->height - 1, c->width, ROLE_FRAME,
                    _("Space marks, A accepts all marked."));
    } else if (v->focus == GROUPS_ALL) {
        groups_keys_draw(c, 0, c->height - 1,
                         v->mine ? _("v Show: only mine")
                                 : _("v Show: all groups"));
    }
}

/* A title, and as many rows as there are. */
static void draw_micro(struct ui *ui, struct canvas *c)
{
    const struct groups_view *v = groups_state(ui);
    struct canvas body = canvas_inside(c, 0, 1, c->width, c->height - 1);
    struct draw_title t = {.title = v->focus == GROUPS_ALL || v->group == NULL
                                        ? pane_name(v->focus)
                                        : v->group};
    char right[PANE_TEXT_MAX] = "";

    if (v->focus == GROUPS_REQUESTS) {
        snprintf(right, sizeof(right), _("%u ask"),
                 (unsigned)v->counts[GROUPS_REQUESTS]);
    } else if (v->counts[v->focus] > 0) {
        snprintf(right, sizeof(right), "%d", v->counts[v->focus]);
    }
    draw_name(c, 0, 0, c->width - cell_text_width(right, strlen(right)) - 1,
              ROLE_TITLE, t.title);
    draw_right(c, c->width, 0, 8, ROLE_TEXT, right);
    groups_list_draw(ui, &body);
}

static void draw_tiny(struct ui *ui, struct canvas *c)
{
    const struct row_group *g = groups_state_group(ui);

    if (g == NULL) {
        canvas_text(c, 0, 0, c->width, ROLE_TEXT, "p2ptui");
    } else if (g->requests > 0) {
        draw_format(c, 0, 0, c->width, ROLE_WARNING, _("%u ask"), g->requests);
    } else {
        draw_name(c, 0, 0, c->width, ROLE_TEXT, g->name);
    }
}

void groups_draw(struct ui *ui, struct canvas *c)
{
    struct groups_view *v = groups_state(ui);
    enum main_layout layout =
        view_main_layout(c->cells->width, c->cells->height);

    v->has_history = layout == LAYOUT_FULL && c->width >= GROUPS_WIDE &&
                     c->height + 2 >= GROUPS_HISTORY_ROWS;
    if (v->focus == GROUPS_HISTORY && !v->has_history) {
        v->focus = GROUPS_ALL;
    }
    switch (layout) {
    case LAYOUT_TINY:
        draw_tiny(ui, c);
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
    if (v->alone) {
        draw_alone(ui, c);
    } else if (layout == LAYOUT_NARROW) {
        draw_narrow(ui, c);
    } else {
        draw_full(ui, c);
    }
}
