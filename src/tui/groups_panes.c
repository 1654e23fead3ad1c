#include "config.h"

#include "tui/groups_panes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/key.h"
#include "tui/notice.h"
#include "tui/pane.h"
#include "tui/rowtext.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

enum {
    GROUPS_ABOUT = 6,      /* lines about a group, with its name */
    GROUPS_DETAILS = 18,   /* lines of a pane whose list leaves room for it */
    GROUPS_LIST_WIDE = 44, /* columns from which a list has all columns */
    GROUPS_KEY_WIDE = 70,  /* columns from which a key has two ends */
};

/* ---- Pieces ----------------------------------------------------------- */

/* "7F3A" and a sign that more follows. */
static void draw_key_begin(struct canvas *c, int x, int y, const char *hex)
{
    int i;

    if (hex == NULL || strlen(hex) < 4) {
        return;
    }
    for (i = 0; i < 4; i++) {
        canvas_put(c, x + i, y, (uint32_t)toupper((unsigned char)hex[i]),
                   ROLE_TEXT);
    }
    canvas_sign(c, x + 4, y, GLYPH_CUT, ROLE_FRAME);
}

void groups_keys_draw(struct canvas *c, int x, int y, const char *hint)
{
    while (*hint != '\0') {
        const char *gap = strstr(hint, "  ");
        size_t length = gap == NULL ? strlen(hint) : (size_t)(gap - hint);
        char *pair = mem_strndup(hint, length);
        size_t key = strcspn(pair, " ");
        int width = cell_text_width(pair, length);

        if (x + width <= c->width) {
            canvas_text(c, x, y, width, ROLE_TEXT, pair);
            canvas_highlight(c, x, y, cell_text_width(pair, key), THEME_BOLD);
            canvas_hit_key(c, x, y, width,
                           key == 1 ? (unsigned char)pair[0]
                                    : key_from_name(pair, key));
            x += width + 2;
        }
        free(pair);
        hint += length;
        hint += strspn(hint, " ");
    }
}

static bool has_focus(const struct ui *ui, enum groups_pane pane)
{
    return groups_state(ui)->focus == pane;
}

/* The chosen row: its sign, its colours, and the cursor. */
static void draw_chosen(struct ui *ui, struct canvas *c, enum groups_pane pane,
                        int y)
{
    bool focused = has_focus(ui, pane);

    canvas_put(c, 0, y, '>', ROLE_TEXT);
    canvas_highlight(c, 0, y, c->width, focused ? THEME_REVERSE : THEME_BOLD);
    if (focused) {
        canvas_cursor(c, 0, y, false);
    }
}

/* Why a pane is empty and what to do about it. */
static void draw_empty(struct ui *ui, struct canvas *c, enum groups_pane pane,
                       const char *text)
{
    draw_wrapped(c, 1, 0, c->width - 2, 0, c->height, ROLE_TEXT, text);
    if (has_focus(ui, pane)) {
        canvas_cursor(c, 1, 0, false);
    }
}

/* "alice (you)". */
static void draw_user(const struct ui *ui, struct canvas *c, int x, int y,
                      int room, const char *user)
{
    const char *me = model_user(&ui->model);
    const char *you = _("(you)");
    bool mine = me != NULL && user != NULL && strcmp(me, user) == 0;
    int tail = mine ? cell_text_width(you, strlen(you)) + 1 : 0;
    int used;

    if (user == NULL || tail + cell_text_width(user, strlen(user)) > room) {
        tail = 0;
    }
    used = draw_name(c, x, y, room - tail, ROLE_TEXT, user);
    if (tail > 0) {
        canvas_text(c, x + used + 1, y, tail, ROLE_OWN, you);
    }
}

/* ---- All groups ------------------------------------------------------- */

/* What stands for my part in a group: who waits is more urgent. */
static enum theme_role relation(const struct row_group *g, bool chosen,
                                char *out, size_t size)
{
    if (g->requests > 0 && !chosen) {
        snprintf(out, size, _("%u ask"), g->requests);
        return ROLE_WARNING;
    }
    snprintf(out, size, "%s", rowtext_role(g->role));
    return g->role == GROUP_OWNER || g->role == GROUP_ADMIN ? ROLE_OWN
           : g->role == GROUP_REJECTED                      ? ROLE_ERROR
           : g->role >= GROUP_READER                        ? ROLE_TEXT
                                                            : ROLE_FRAME;
}

static void draw_group_row(struct ui *ui, struct canvas *c, int y, int row)
{
    const struct groups_view *v = groups_state(ui);
    const struct row_group *g = v->groups[row];
    bool wide = c->width >= GROUPS_LIST_WIDE;
    bool chosen = row == v->lists[GROUPS_ALL].row;
    char text[PANE_TEXT_MAX];
    enum theme_role role = relation(g, chosen, text, sizeof(text));
    int width = cell_text_width(text, strlen(text));

    if (wide) {
        int name = c->width - 31;
        char members[16];

        draw_name(c, 2, y, name - 1, ROLE_TEXT, g->name);
        draw_user(ui, c, name + 2, y, 11, g->owner);
        snprintf(members, sizeof(members), "%u", g->members);
        draw_right(c, name + 20, y, 6, ROLE_TEXT, members);
        draw_cut(c, name + 22, y, 9, role, text);
    } else {
        draw_name(c, 1, y, c->width - width - 3, ROLE_TEXT, g->name);
        if (g->role != GROUP_NONE) {
            draw_right(c, c->width - 1, y, width, role, text);
        }
    }
    if (chosen) {
        draw_chosen(ui, c, GROUPS_ALL, y);
    }
}

static void draw_groups_header(struct canvas *c)
{
    int name = c->width - 31;
    int members = cell_text_width(_("Members"), strlen(_("Members")));

    members = members > 10 ? 10 : members;
    canvas_text(c, 2, 0, name, ROLE_TITLE, _("Name"));
    canvas_text(c, name + 2, 0, 17 - members, ROLE_TITLE, _("Owner"));
    draw_right(c, name + 20, 0, members, ROLE_TITLE, _("Members"));
    canvas_text(c, name + 22, 0, 9, ROLE_TITLE, _("You"));
}

static void draw_no_groups(struct ui *ui, struct canvas *c)
{
    const struct groups_view *v = groups_state(ui);
    const char *text;

    if (!model_is_logged_in(&ui->model)) {
        text = _("Not logged in.\n\nEnter log in");
    } else if (v->filter != NULL) {
        text = _("No group has that in its name.\n\nEsc shows all");
    } else if (v->mine) {
        text = _("You are in no group yet.\n\nv look at all groups\n"
                 "c create one");
    } else {
        text = _("There is no group yet.\n\nc create one");
    }
    draw_empty(ui, c, GROUPS_ALL, text);
}

static void draw_groups_rows(struct ui *ui, struct canvas *c)
{
    struct groups_view *v = groups_state(ui);
    struct list *l = &v->lists[GROUPS_ALL];
    int head = c->width >= GROUPS_LIST_WIDE && c->height > 2 ? 1 : 0;
    struct canvas rows = canvas_inside(c, 0, head, c->width, c->height - head);
    int y;

    if (v->counts[GROUPS_ALL] == 0) {
        draw_no_groups(ui, c);
        return;
    }
    if (head > 0) {
        draw_groups_header(c);
    }
    list_scroll(l, v->counts[GROUPS_ALL], rows.height);
    canvas_hit_rows(&rows, 0, 0, rows.width, rows.height, GROUPS_ALL, l->top);
    for (y = 0; y < rows.height && l->top + y < v->counts[GROUPS_ALL]; y++) {
        draw_group_row(ui, &rows, y, l->top + y);
    }
}

/* ---- About a group ---------------------------------------------------- */

/* Complete files and bytes of the group that are on this computer. */
static unsigned complete_here(const struct ui *ui, const char *group)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRANSFERS);
    unsigned count = 0;
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct row_transfer *t = &r->transfers[i];

        count += t->group != NULL && strcmp(t->group, group) == 0 &&
                 t->size > 0 && t->have == t->size;
    }
    return count;
}

/* What was loaded and served here since the start; false when nothing was. */
static bool traffic(const struct ui *ui, const char *group, uint64_t *down,
                    uint64_t *up)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRANSFERS);
    size_t i;

    *down = 0;
    *up = 0;
    for (i = 0; i < r->count; i++) {
        const struct row_transfer *t = &r->transfers[i];

        if (t->group != NULL && strcmp(t->group, group) == 0) {
            *down += t->total_down;
            *up += t->total_up;
        }
    }
    return *down + *up > 0;
}

static void draw_files(const struct ui *ui, struct canvas *c, int x, int y,
                       const struct row_group *g)
{
    unsigned here = complete_here(ui, g->name);
    char size[UNITS_TEXT];

    if (g->role < GROUP_READER) {
        draw_format(c, x, y, c->width - x, ROLE_TEXT, "%u", g->items);
        return;
    }
    x += draw_format(c, x, y, c->width - x, ROLE_TEXT, _("%u, %s"), g->items,
                     units_size(g->bytes, size));
    if (here > 0 && c->width >= GROUPS_LIST_WIDE) {
        draw_format(c, x, y, c->width - x, ROLE_TEXT, _(", %u complete here"),
                    here);
    }
}

/* The last line: key, or why not, and on a wide screen what went through. */
static void draw_about_key(const struct ui *ui, struct canvas *c, int x, int y,
                           const struct row_group *g)
{
    bool wide = c->width >= GROUPS_LIST_WIDE;
    char down[UNITS_TEXT], up[UNITS_TEXT];
    uint64_t got, gave;

    canvas_text(c, 1, y, x - 2, ROLE_FRAME, _("Key"));
    draw_fingerprint(c, x, y, wide ? 4 : 2, 2, g->key);
    if (wide && traffic(ui, g->name, &got, &gave)) {
        canvas_text(c, 1, y + 1, x - 2, ROLE_FRAME, _("Traffic"));
        canvas_sign(c, x, y + 1, GLYPH_DOWN, ROLE_TEXT);
        x += 2 +
             canvas_text(c, x + 2, y + 1, 12, ROLE_TEXT, units_size(got, down));
        canvas_sign(c, x + 2, y + 1, GLYPH_UP, ROLE_TEXT);
        canvas_text(c, x + 4, y + 1, 12, ROLE_TEXT, units_size(gave, up));
    }
}

/* Where the values begin: behind the longest of their names. */
static int about_column(const struct canvas *c)
{
    const char *const names[] = {_("Owner"), _("Members"), _("Files"),
                                 _("Since"), _("Key"),     _("Refused")};
    int x = c->width >= GROUPS_LIST_WIDE ? 12 : 10;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int width = cell_text_width(names[i], strlen(names[i])) + 2;

        x = width > x ? width : x;
    }
    return x > c->width / 2 ? c->width / 2 : x;
}

void groups_about_draw(struct ui *ui, struct canvas *c)
{
    const struct row_group *g = groups_state_group(ui);
    int x = about_column(c);
    char day[WORDING_MAX];

    if (g == NULL) {
        return;
    }
    canvas_text(c, 1, 0, x - 2, ROLE_FRAME, _("Owner"));
    draw_user(ui, c, x, 0, c->width - x, g->owner);
    canvas_text(c, 1, 1, x - 2, ROLE_FRAME, _("Members"));
    draw_format(c, x, 1, c->width - x, ROLE_TEXT, _("%u, %u online"),
                g->members, g->online);
    canvas_text(c, 1, 2, x - 2, ROLE_FRAME, _("Files"));
    draw_files(ui, c, x, 2, g);
    canvas_text(c, 1, 3, x - 2, ROLE_FRAME, _("Since"));
    if (g->created > 0) {
        canvas_text(c, x, 3, c->width - x, ROLE_TEXT,
                    wording_day(g->created, ui_wall(ui), day));
    }
    if (g->role == GROUP_REJECTED && g->note != NULL) {
        canvas_text(c, 1, 4, x - 2, ROLE_FRAME, _("Refused"));
        draw_cut(c, x, 4, c->width - x, ROLE_ERROR, g->note);
    } else if (g->role >= GROUP_READER) {
        draw_about_key(ui, c, x, 4, g);
    }
}

/* What can be done with the chosen group. */
static const char *group_keys(const struct ui *ui)
{
    switch (groups_state_role(ui)) {
    case GROUP_OWNER:
        return _("o Hand over  D Delete");
    case GROUP_NONE:
    case GROUP_REJECTED:
        return _("J Ask to join");
    case GROUP_PENDING:
        return _("L Take request back");
    case GROUP_READER:
    case GROUP_MEMBER:
    case GROUP_ADMIN:
        break;
    }
    return _("L Leave");
}

static void draw_show(struct ui *ui, struct canvas *c, int y)
{
    const struct groups_view *v = groups_state(ui);

    groups_keys_draw(
        c, 1, y, v->mine ? _("v Show: only mine") : _("v Show: all groups"));
    if (v->filter != NULL) {
        draw_format(c, 1, y + 1, c->width - 2, ROLE_WARNING, _("f Filter: %s"),
                    v->filter);
    } else {
        groups_keys_draw(c, 1, y + 1, _("f Filter  c Create"));
    }
}

/* The list, and below it as much as there is room for: what the chosen group
 * is, what is listed, what can be done. */
static void draw_groups(struct ui *ui, struct canvas *c, bool about)
{
    const struct row_group *g = groups_state_group(ui);
    bool keys = c->height >= 7;
    bool details = about && g != NULL && c->height >= GROUPS_DETAILS;
    int below = (keys ? 3 : 0) + (details ? GROUPS_ABOUT + 3 : 0);
    struct canvas list = canvas_inside(c, 0, 0, c->width, c->height - below);
    int y = c->height - below + 1;

    draw_groups_rows(ui, &list);
    if (keys) {
        draw_show(ui, c, y);
        y += 3;
    }
    if (details) {
        struct canvas box =
            canvas_inside(c, 0, y + 1, c->width, GROUPS_ABOUT - 1);

        draw_name(c, 1, y, c->width - 2, ROLE_TITLE, g->name);
        groups_about_draw(ui, &box);
        groups_keys_draw(c, 1, c->height - 1, group_keys(ui));
    }
}

/* ---- Requests --------------------------------------------------------- */

static void draw_request_row(struct ui *ui, struct canvas *c, int y, int row)
{
    const struct groups_view *v = groups_state(ui);
    const struct row_request *q = v->requests[row];
    int who = c->width >= GROUPS_KEY_WIDE ? 11 : 10;
    char day[WORDING_MAX];

    if (groups_state_is_marked(ui, q->user)) {
        canvas_put(c, 1, y, '*', ROLE_ACCENT);
    }
    draw_name(c, 2, y, who - 1, ROLE_TEXT, q->user);
    canvas_text(c, 2 + who, y, 13, ROLE_TEXT,
                wording_day(q->time, ui_wall(ui), day));
    draw_cut(c, 16 + who, y, c->width - 17 - who, ROLE_TEXT, q->message);
    if (row == v->lists[GROUPS_REQUESTS].row) {
        draw_chosen(ui, c, GROUPS_REQUESTS, y);
    }
}

/* "also in film-club, zine-lab". */
static char *common_text(const struct row_request *q)
{
    char *names, *text, *at;

    if (q->common == NULL) {
        return mem_strdup(_("In no other group of yours."));
    }
    names = mem_strdup("");
    for (at = q->common; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        char *longer = mem_printf("%s%s%.*s", names, *names == '\0' ? "" : ", ",
                                  (int)length, at);

        free(names);
        names = longer;
        at += length + (at[length] == '\n' ? 1 : 0);
    }
    text = mem_printf(_("Also in %s."), names);
    free(names);
    return text;
}

/* Who the chosen one is; returns the lines it took. */
static int draw_asker(struct ui *ui, struct canvas *c, bool wide)
{
    const struct row_request *q = groups_state_request(ui);
    const struct row_group *g = groups_state_group(ui);
    char day[WORDING_MAX];
    char *common;
    int y = 0, x;

    if (q == NULL || g == NULL) {
        return 0;
    }
    x = 2 + draw_name(c, 2, y, 24, ROLE_TITLE, q->user);
    if (q->created > 0) {
        draw_format(c, x, y, c->width - x, ROLE_TEXT, _(", account made %s"),
                    wording_day(q->created, ui_wall(ui), day));
    }
    common = common_text(q);
    draw_cut(c, 2, ++y, c->width - 3, ROLE_TEXT, common);
    free(common);
    y++;
    if (wide && q->message != NULL && q->message[0] != '\0') {
        y += draw_wrapped(c, 2, y, c->width - 4, 0, 3, ROLE_TEXT, q->message);
    }
    if (wide) {
        char *text = mem_printf(
            ngettext("If you accept, %s can read the group's %u file and "
                     "share new ones.",
                     "If you accept, %s can read all %u files and share new "
                     "ones.",
                     g->items),
            q->user, g->items);

        y += 1 + draw_wrapped(c, 2, y + 1, c->width - 4, 0, 2, ROLE_TEXT, text);
        free(text);
    }
    return y;
}

/* Where the parts of the requests are: a heading, the list, who the chosen
 * one is, and keys. Blank lines between them give way first. */
struct request_layout {
    int rows;  /* lines of the list */
    int about; /* first line about the chosen one; 0: none */
    bool wide; /* with all that is known */
    bool keys; /* in the last line */
};

static struct request_layout layout_of(int count, int height)
{
    int want = count < 3 ? count : 3;
    struct request_layout l = {.wide = height >= want + 9, .keys = height >= 5};
    int about = l.wide ? 5 : height >= want + 4 ? 2 : 0;
    int below = about + (l.keys ? 1 : 0);
    int gaps = (about > 0 ? 1 : 0) + (l.keys ? 1 : 0);

    l.rows = height - 1 - below - gaps;
    if (l.rows < want) {
        gaps = height - 1 - below - want > 0 ? height - 1 - below - want : 0;
        l.rows = height - 1 - below - gaps;
    }
    if (about > 0) {
        l.about = 1 + (count < l.rows ? count : l.rows) + (gaps > 0 ? 1 : 0);
    }
    return l;
}

static void draw_no_requests(struct ui *ui, struct canvas *c)
{
    const struct row_group *g = groups_state_group(ui);
    const char *text;

    switch (groups_state_role(ui)) {
    case GROUP_OWNER:
    case GROUP_ADMIN:
        text = _("Nobody waits to join.\n\nWho asks appears here by itself.");
        break;
    case GROUP_PENDING:
        text = _("You asked to join. The owner decides, and you are told.\n\n"
                 "L takes the request back");
        break;
    case GROUP_REJECTED:
        text = _("You were refused. You may ask again after an hour.\n\n"
                 "J ask again");
        break;
    case GROUP_NONE:
        text =
            g == NULL ? "" : _("You are not in this group.\n\nJ ask to join");
        break;
    case GROUP_READER:
    case GROUP_MEMBER:
    default:
        text = _("The owner and the admins see here who wants to join.");
        break;
    }
    draw_empty(ui, c, GROUPS_REQUESTS, text);
}

static void draw_request_rows(struct ui *ui, struct canvas *c)
{
    struct groups_view *v = groups_state(ui);
    struct list *l = &v->lists[GROUPS_REQUESTS];
    int y, count = v->counts[GROUPS_REQUESTS];

    list_scroll(l, count, c->height);
    canvas_hit_rows(c, 0, 0, c->width, c->height, GROUPS_REQUESTS, l->top);
    for (y = 0; y < c->height && l->top + y < count; y++) {
        draw_request_row(ui, c, y, l->top + y);
    }
}

static void draw_requests(struct ui *ui, struct canvas *c)
{
    int count = groups_state(ui)->counts[GROUPS_REQUESTS];
    struct request_layout l = layout_of(count, c->height);
    int who = c->width >= GROUPS_KEY_WIDE ? 11 : 10;
    struct canvas rows = canvas_inside(c, 0, 1, c->width, l.rows), box;

    if (count == 0) {
        draw_no_requests(ui, c);
        return;
    }
    canvas_text(c, 2, 0, who, ROLE_TITLE, _("Who"));
    canvas_text(c, 2 + who, 0, 13, ROLE_TITLE, _("When"));
    canvas_text(c, 16 + who, 0, c->width - 17 - who, ROLE_TITLE, _("Says"));
    draw_request_rows(ui, &rows);
    if (l.about > 0) {
        box = canvas_inside(c, 0, l.about, c->width,
                            c->height - l.about - (l.keys ? 1 : 0));
        draw_asker(ui, &box, l.wide);
    }
    if (l.keys) {
        groups_keys_draw(
            c, 2, c->height - 1,
            l.wide ? _("a Accept  x Reject  Space Mark  A Accept marked"
                       "  y Copy name")
                   : _("a Accept  x Reject  Space Mark  A Accept marked"));
    }
}

/* ---- Members ---------------------------------------------------------- */

static enum theme_role seen_text(const struct ui *ui,
                                 const struct row_member *m, char *out,
                                 size_t size)
{
    char ago[WORDING_MAX];

    if (m->online) {
        snprintf(out, size, "%s", _("here"));
        return ROLE_HAVE;
    }
    if (m->seen > 0 && m->seen <= ui_wall(ui)) {
        snprintf(out, size, _("%s ago"),
                 wording_time_left(ui_wall(ui) - m->seen, ago));
    } else {
        snprintf(out, size, "%s", _("away"));
    }
    return ROLE_FRAME;
}

/* Columns of the members: where each begins. */
struct member_columns {
    int role, seen, since, key;
};

static struct member_columns columns_of(const struct canvas *c)
{
    bool wide = c->width >= GROUPS_KEY_WIDE;
    struct member_columns at = {.key = c->width - (wide ? 13 : 7)};

    at.since = at.key - (wide ? 15 : 12);
    at.seen = at.since - (wide ? 14 : 11);
    at.role = at.seen - (wide ? 11 : 9);
    return at;
}

static void draw_member_row(struct ui *ui, struct canvas *c, int y, int row)
{
    const struct groups_view *v = groups_state(ui);
    const struct row_member *m = v->members[row];
    struct member_columns at = columns_of(c);
    char text[WORDING_MAX];
    enum theme_role role = seen_text(ui, m, text, sizeof(text));

    draw_user(ui, c, 2, y, at.role - 3, m->user);
    canvas_text(c, at.seen, y, at.since - at.seen - 1, role, text);
    canvas_text(c, at.role, y, at.seen - at.role - 1,
                m->role >= GROUP_ADMIN ? ROLE_OWN : ROLE_TEXT,
                rowtext_role(m->role));
    canvas_text(c, at.since, y, at.key - at.since - 1, ROLE_TEXT,
                wording_day(m->since, ui_wall(ui), text));
    if (c->width >= GROUPS_KEY_WIDE) {
        draw_fingerprint(c, at.key, y, 2, 2, m->key);
    } else {
        draw_key_begin(c, at.key, y, m->key);
    }
    if (row == v->lists[GROUPS_MEMBERS].row) {
        draw_chosen(ui, c, GROUPS_MEMBERS, y);
    }
}

/* What may be done with a member, and what it means. */
static void draw_member_keys(struct ui *ui, struct canvas *c)
{
    bool wide = c->width >= GROUPS_KEY_WIDE;
    int y = c->height - 2;

    switch (groups_state_role(ui)) {
    case GROUP_OWNER:
        groups_keys_draw(c, 2, y,
                         wide ? _("x Remove member  R Change role"
                                  "  o Hand over the group  y Copy key")
                              : _("x Remove  R Role  o Hand over  y Copy key"));
        break;
    case GROUP_ADMIN:
        groups_keys_draw(c, 2, y,
                         wide ? _("x Remove member  R Change role  y Copy key")
                              : _("x Remove  R Role  y Copy key"));
        break;
    default:
        groups_keys_draw(c, 2, y, _("y Copy key"));
        break;
    }
    draw_cut(c, 2, y + 1, c->width - 3, ROLE_FRAME,
             groups_state_role(ui) >= GROUP_ADMIN
                 ? _("Who is removed keeps what is loaded already.")
                 : _("Members can read every file of the group."));
}

static void draw_members(struct ui *ui, struct canvas *c)
{
    struct groups_view *v = groups_state(ui);
    struct list *l = &v->lists[GROUPS_MEMBERS];
    int count = v->counts[GROUPS_MEMBERS];
    struct member_columns at = columns_of(c);
    bool keys = c->height >= 6;
    struct canvas rows =
        canvas_inside(c, 0, 1, c->width, c->height - 1 - (keys ? 3 : 0));
    int y;

    if (count == 0) {
        draw_empty(ui, c, GROUPS_MEMBERS,
                   groups_state_role(ui) < GROUP_READER
                       ? _("Only members see who is in a group.")
                       : _("Asking who is in the group..."));
        return;
    }
    canvas_text(c, 2, 0, at.role - 3, ROLE_TITLE, _("Who"));
    canvas_text(c, at.role, 0, at.seen - at.role - 1, ROLE_TITLE, _("Role"));
    canvas_text(c, at.seen, 0, at.since - at.seen - 1, ROLE_TITLE, _("Seen"));
    canvas_text(c, at.since, 0, at.key - at.since - 1, ROLE_TITLE, _("Since"));
    canvas_text(c, at.key, 0, c->width - at.key, ROLE_TITLE, _("Key"));
    list_scroll(l, count, rows.height);
    canvas_hit_rows(&rows, 0, 0, rows.width, rows.height, GROUPS_MEMBERS,
                    l->top);
    for (y = 0; y < rows.height && l->top + y < count; y++) {
        draw_member_row(ui, &rows, y, l->top + y);
    }
    if (keys) {
        draw_member_keys(ui, c);
    }
}

/* ---- History ---------------------------------------------------------- */

static void draw_history(struct ui *ui, struct canvas *c)
{
    struct groups_view *v = groups_state(ui);
    struct list *l = &v->lists[GROUPS_HISTORY];
    int y, count = v->counts[GROUPS_HISTORY];

    if (count == 0) {
        draw_empty(ui, c, GROUPS_HISTORY,
                   _("Nothing has happened here since the start."));
        return;
    }
    list_scroll(l, count, c->height);
    canvas_hit_rows(c, 0, 0, c->width, c->height, GROUPS_HISTORY, l->top);
    for (y = 0; y < c->height && l->top + y < count; y++) {
        notice_draw_line(
            c, y, model_notice(&ui->model, (size_t)v->events[l->top + y]));
        if (l->top + y == l->row && has_focus(ui, GROUPS_HISTORY)) {
            draw_chosen(ui, c, GROUPS_HISTORY, y);
        }
    }
}

/* ---- Small terminals --------------------------------------------------- */

/* One line a request; the chosen one says what its sender wrote below it. */
static void draw_requests_tight(struct ui *ui, struct canvas *c)
{
    struct groups_view *v = groups_state(ui);
    struct list *l = &v->lists[GROUPS_REQUESTS];
    const struct row_request *chosen = groups_state_request(ui);
    int count = v->counts[GROUPS_REQUESTS];
    bool says = chosen != NULL && chosen->message != NULL &&
                chosen->message[0] != '\0' && c->height >= 3;
    int y = 0, row;

    if (count == 0) {
        draw_no_requests(ui, c);
        return;
    }
    list_scroll(l, count, c->height - (says ? 1 : 0));
    for (row = l->top; row < count && y < c->height; row++) {
        const struct row_request *q = v->requests[row];
        char day[WORDING_MAX];
        int who = c->width >= 30 ? 14 : c->width - 2;

        canvas_hit_rows(c, 0, y, c->width, 1, GROUPS_REQUESTS, row);
        draw_name(c, 1, y, who - 2, ROLE_TEXT, q->user);
        if (c->width >= 30) {
            canvas_text(c, 1 + who, y, c->width - who - 1, ROLE_TEXT,
                        wording_day(q->time, ui_wall(ui), day));
        }
        if (row == l->row) {
            draw_chosen(ui, c, GROUPS_REQUESTS, y);
        }
        if (groups_state_is_marked(ui, q->user)) {
            canvas_put(c, who - 1, y, '*', ROLE_ACCENT);
        }
        y++;
        if (row == l->row && says) {
            draw_cut(c, 3, y++, c->width - 3, ROLE_FRAME, q->message);
        }
    }
}

static void draw_members_tight(struct ui *ui, struct canvas *c)
{
    struct groups_view *v = groups_state(ui);
    struct list *l = &v->lists[GROUPS_MEMBERS];
    int y, count = v->counts[GROUPS_MEMBERS];
    bool roles = c->width >= 30;
    int seen = c->width - (roles ? 10 : 5);

    if (count == 0) {
        draw_members(ui, c);
        return;
    }
    list_scroll(l, count, c->height);
    canvas_hit_rows(c, 0, 0, c->width, c->height, GROUPS_MEMBERS, l->top);
    for (y = 0; y < c->height && l->top + y < count; y++) {
        const struct row_member *m = v->members[l->top + y];
        char text[WORDING_MAX];
        enum theme_role role = seen_text(ui, m, text, sizeof(text));

        canvas_text(c, seen, y, c->width - seen, role, text);
        if (roles) {
            canvas_text(c, seen - 8, y, 7, ROLE_TEXT, rowtext_role(m->role));
        }
        draw_user(ui, c, 1, y, seen - (roles ? 10 : 2), m->user);
        if (l->top + y == l->row) {
            draw_chosen(ui, c, GROUPS_MEMBERS, y);
        }
    }
}

void groups_list_draw(struct ui *ui, struct canvas *c)
{
    switch (groups_state(ui)->focus) {
    case GROUPS_REQUESTS:
        draw_requests_tight(ui, c);
        break;
    case GROUPS_MEMBERS:
        draw_members_tight(ui, c);
        break;
    case GROUPS_ALL:
    case GROUPS_HISTORY:
    case GROUPS_PANES:
        draw_groups_rows(ui, c);
        break;
    }
}

/* ---- By pane ----------------------------------------------------------- */

void groups_pane_draw(struct ui *ui, enum groups_pane pane, struct canvas *c,
                      bool about)
{
    switch (pane) {
    case GROUPS_ALL:
        draw_groups(ui, c, about);
        break;
    case GROUPS_REQUESTS:
        draw_requests(ui, c);
        break;
    case GROUPS_MEMBERS:
        draw_members(ui, c);
        break;
    case GROUPS_HISTORY:
    case GROUPS_PANES:
        draw_history(ui, c);
        break;
    }
}
