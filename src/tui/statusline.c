#include "config.h"

#include "tui/statusline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/cluster_words.h"
#include "tui/draw.h"
#include "tui/key.h"
#include "tui/notice.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

enum {
    STATUS_WIDE = 110, /* columns from which rates are written out */
    STATUS_TIGHT = 60, /* columns below which blanks are saved */
    STATUS_MICRO = 40,
};

/* The order of the line of keys. */
enum { BAR_OWN, BAR_LIKE, BAR_TAKES_AWAY, BAR_MOVING, BAR_REST, BAR_ORDERS };

static int draw_level(struct canvas *c, int x, int y, enum notice_level level)
{
    notice_draw_sign(c, x, y, level);
    return 2;
}

/* The total rates as they stand at the right. */
struct rates {
    char down[UNITS_TEXT], up[UNITS_TEXT], disk[96];
    int width; /* 0: not known yet */
};

static void make_rates(const struct event *e, int columns, struct rates *r)
{
    bool wide = columns >= STATUS_WIDE;
    char size[UNITS_TEXT];

    memset(r, 0, sizeof(*r));
    if (e == NULL) {
        return;
    }
    if (wide) {
        units_rate(e->rate_down, r->down);
        units_rate(e->rate_up, r->up);
        if (e->disk_free > 0) {
            snprintf(r->disk, sizeof(r->disk), _("   disk %s free"),
                     units_size(e->disk_free, size));
        }
    } else {
        units_short(e->rate_down, r->down);
        units_short(e->rate_up, r->up);
    }
    r->width = (int)(strlen(r->down) + strlen(r->up)) +
               (columns < STATUS_TIGHT ? 3 : 6) + (wide ? 1 : 0) +
               cell_text_width(r->disk, strlen(r->disk));
}

static void draw_rates(const struct rates *r, struct canvas *c, int y)
{
    bool tight = c->width < STATUS_TIGHT;
    int x = c->width - r->width;

    if (r->width == 0) {
        return;
    }
    canvas_sign(c, x, y, GLYPH_DOWN, ROLE_TEXT);
    x += tight ? 1 : 2;
    x += canvas_text(c, x, y, 16, ROLE_TEXT, r->down);
    x += tight ? 1 : c->width >= STATUS_WIDE ? 3 : 2;
    canvas_sign(c, x, y, GLYPH_UP, ROLE_TEXT);
    x += tight ? 1 : 2;
    x += canvas_text(c, x, y, 16, ROLE_TEXT, r->up);
    canvas_text(c, x, y, 40, ROLE_TEXT, r->disk);
}

static void draw_toast(const struct ui *ui, struct canvas *c, int y, int room)
{
    const struct toast *t = &ui->toast;
    bool tight = c->width < STATUS_TIGHT;
    char clock[WORDING_MAX], more[32] = "";
    int x = tight ? 0 : 1, left;

    x += draw_level(c, x, y, t->level);
    if (!tight && c->width < STATUS_WIDE) {
        x += canvas_text(c, x, y, wording_clock_width(false), ROLE_FRAME,
                         wording_clock(t->time, false, clock));
        x++;
    }
    if (t->missed > 0) {
        snprintf(more, sizeof(more), _("  (+%u more)"), t->missed);
    }
    left = room - x - cell_text_width(more, strlen(more));
    x += draw_cut(c, x, y, left, ROLE_TEXT, t->text);
    canvas_text(c, x, y, room - x, ROLE_FRAME, more);
}

/* A small screen has room for the trackers or for a notice. */
static void draw_micro(const struct ui *ui, struct canvas *c, int y)
{
    const struct event *rates = ui->model.rates, *s = ui->model.session;
    char down[UNITS_TEXT], up[UNITS_TEXT];
    int x = 0;

    if (ui->toast.text != NULL) {
        draw_toast(ui, c, y, c->width);
        return;
    }
    if (rates != NULL) {
        canvas_sign(c, 0, y, GLYPH_DOWN, ROLE_TEXT);
        x = 1 + canvas_text(c, 1, y, 8, ROLE_TEXT,
                            units_short(rates->rate_down, down));
        canvas_sign(c, x + 1, y, GLYPH_UP, ROLE_TEXT);
        x += 2 + canvas_text(c, x + 2, y, 8, ROLE_TEXT,
                             units_short(rates->rate_up, up));
    }
    if (s != NULL) {
        draw_format(c, x + 2, y, c->width - x - 2, ROLE_TEXT, _("%u/%u up"),
                    s->session.trackers_up, s->session.trackers_total);
    }
}

/* What is wrong with the session, and what is done about it. For free(). */
static char *trouble_text(const struct event *s)
{
    char sentence[WORDING_SENTENCE];

    return s->session.trackers_up == 0
               ? mem_printf(_("No tracker; trying again by itself. %s"),
                            s->session.problem)
               : mem_strdup(wording_sentence(s->session.problem, sentence,
                                             sizeof(sentence)));
}

/* On a narrow screen a sentence is worth more than the rates, which the rows of
 * the list show too. */
static int room_for(const char *text, struct canvas *c, const struct rates *r)
{
    int room = c->width - r->width - (r->width > 0 ? 1 : 0);

    return c->width < STATUS_TIGHT &&
                   2 + cell_text_width(text, strlen(text)) > room
               ? c->width
               : room;
}

static int draw_sentence(const struct ui *ui, struct canvas *c, int y,
                         const struct rates *r)
{
    const struct event *s = ui->model.session;
    enum notice_level level = NOTICE_INFO;
    char said[WORDING_SENTENCE];
    int x = c->width < STATUS_TIGHT ? 0 : 1, room = 0;

    if (ui->wants_quit) {
        const char *text =
            _("Stopping: leaving the swarms, writing what is loaded");

        room = room_for(text, c, r);
        draw_cut(c, x, y, room - x, ROLE_TITLE, text);
    } else if (ui->toast.text != NULL) {
        room = room_for(ui->toast.text, c, r);
        draw_toast(ui, c, y, room);
    } else if (s != NULL && s->session.problem != NULL) {
        char *text = trouble_text(s);

        room = room_for(text, c, r);
        x += draw_level(c, x, y, NOTICE_WARNING);
        draw_cut(c, x, y, room - x, ROLE_TEXT, text);
        free(text);
    } else if (ui->view->says != NULL &&
               ui->view->says(ui, &level, said, sizeof(said))) {
        room = room_for(said, c, r);
        x += draw_level(c, x, y, level);
        draw_cut(c, x, y, room - x, ROLE_TEXT, said);
    }
    return room;
}

void statusline_draw(const struct ui *ui, struct canvas *c, int y)
{
    struct rates rates;

    if (c->width < STATUS_MICRO) {
        draw_micro(ui, c, y);
        return;
    }
    make_rates(ui->model.rates, c->width, &rates);
    if (draw_sentence(ui, c, y, &rates) < c->width) {
        draw_rates(&rates, c, y);
    }
}

void statusline_problem(struct canvas *c, int y, const char *problem)
{
    int x = c->width < STATUS_TIGHT ? 0 : 1;
    char text[WORDING_SENTENCE];

    x += draw_level(c, x, y, NOTICE_ERROR);
    draw_cut(c, x, y, c->width - x, ROLE_TEXT,
             wording_sentence(problem, text, sizeof(text)));
}

void statusline_note(struct canvas *c, int y, const char *note)
{
    int x = c->width < STATUS_TIGHT ? 0 : 1;

    x += draw_level(c, x, y, NOTICE_INFO);
    draw_cut(c, x, y, c->width - x, ROLE_TEXT, note);
}

/* A sentence from column 1 to `end`, in two lines if it must be; true: it is.
 */
static bool draw_in_two(struct canvas *c, int y, int end, enum theme_role role,
                        const char *text)
{
    if (cell_text_width(text, strlen(text)) <= end - 2) {
        canvas_text(c, 1, y, end - 2, role, text);
        return false;
    }
    draw_wrapped(c, 1, y, end - 2, 0, 2, role, text);
    return true;
}

bool statusline_entry(struct canvas *c, int y, const struct action *a,
                      const char *why_not)
{
    char help[WORDING_SENTENCE];
    char *text;
    int end = c->width;
    bool two;

    if (a == NULL) {
        return false;
    }
    if (why_not != NULL) {
        text = mem_printf(_("Not now: %s"), why_not);
        two = draw_in_two(c, y, end, ROLE_WARNING, text);
        free(text);
        return two;
    }
    if (a->command != NULL) {
        text = mem_printf(":%s", a->command);
        end -= cell_text_width(text, strlen(text)) + 1;
        if (end > STATUS_MICRO) {
            draw_right(c, c->width, y, c->width - end, ROLE_KEY, text);
        } else {
            end = c->width;
        }
        free(text);
    }
    return draw_in_two(c, y, end, ROLE_TEXT,
                       wording_sentence(_(a->help), help, sizeof(help)));
}

/* "key What" at `x`; returns the column behind it, or `x` when it does not
 * end before `end`. */
static int draw_key(struct canvas *c, int x, int y, int end, const char *key,
                    const char *what)
{
    char shown[KEY_SHOWN_MAX];
    int width = cell_text_width(what, strlen(what)) + 1;
    int used;

    key_shown(key, shown, sizeof(shown));
    width += cell_text_width(shown, strlen(shown));

    if (x + width > end) {
        return x;
    }
    used = canvas_text(c, x, y, end - x, ROLE_KEY, shown);
    canvas_text(c, x + used + 1, y, end - x, ROLE_TEXT, what);
    canvas_hit_key(c, x, y, width, key_from_name(key, strlen(key)));
    return x + width + 2;
}

/* Does its key mean something else here? */
static bool is_hidden(const struct action *a, unsigned contexts)
{
    char key[16];

    if (a->contexts != ACTION_ANYWHERE) {
        return false;
    }
    snprintf(key, sizeof(key), "%.*s", (int)strcspn(a->key, " "), a->key);
    return action_for_key(key, contexts) != a;
}

static bool is_in_bar(const struct action *a, unsigned contexts)
{
    if (a->bar == NULL || a->key == NULL) {
        return false;
    }
    if ((contexts & (ACTION_IN_PIECES | ACTION_IN_PEERS)) != 0) {
        contexts |= ACTION_IN_FILES;
    }
    return (a->contexts & contexts) != 0 && !is_hidden(a, contexts);
}

/* What belongs to this pane comes first, then what is like it, then what of
 * the pane takes something away, then moving about, then the rest. */
static int order_in_bar(const struct action *a, unsigned contexts)
{
    unsigned of_group =
        ACTION_IN_GROUPS | ACTION_IN_REQUESTS | ACTION_IN_MEMBERS;
    enum action_menu like =
        (contexts & of_group) != 0             ? ACTION_MENU_GROUP
        : (contexts & ACTION_IN_TRACKERS) != 0 ? ACTION_MENU_CLUSTER
        : (contexts & ACTION_IN_SETTINGS) != 0 ? ACTION_MENU_VIEW
                                               : ACTION_MENU_FILE;

    if (a->contexts != ACTION_ANYWHERE) {
        return action_takes_away(a) ? BAR_TAKES_AWAY : BAR_OWN;
    }
    if (a->menu == like) {
        return BAR_LIKE;
    }
    return a->menu == ACTION_MENU_VIEW ? BAR_MOVING : BAR_REST;
}

static bool is_wanted(const struct statusline_bar *b, const struct action *a,
                      int order)
{
    return is_in_bar(a, b->contexts) && order_in_bar(a, b->contexts) == order &&
           (b->why_not == NULL || b->why_not(b->arg, a) == NULL);
}

/* One of the words of `keys`: the first, or that of a function key. */
static void pick_key(const char *keys, bool fkeys, char *out, size_t size)
{
    const char *word = fkeys ? strstr(keys, " F") : NULL;

    word = word != NULL && word[2] >= '1' && word[2] <= '9' ? word + 1 : keys;
    snprintf(out, size, "%.*s", (int)strcspn(word, " "), word);
}

static int draw_actions(struct canvas *c, int x, int y, int end,
                        const struct statusline_bar *b)
{
    int order;
    size_t i;

    for (order = 0; order < BAR_ORDERS; order++) {
        for (i = 0; i < action_count(); i++) {
            const struct action *a = action_at(i);
            char key[16];

            if (!is_wanted(b, a, order)) {
                continue;
            }
            pick_key(a->key, b->fkeys, key, sizeof(key));
            x = draw_key(c, x, y, end, key,
                         b->word == NULL ? _(a->bar) : b->word(b->arg, a));
        }
    }
    return x;
}

void statusline_keys(struct canvas *c, int y, const struct statusline_bar *bar)
{
    bool fkeys = bar->fkeys;
    bool tight = c->width < STATUS_TIGHT;
    const char *menu_key = fkeys ? "F9" : "m", *help_key = fkeys ? "F1" : "?";
    const char *menu = _("Menu"), *help = _("Help"), *quit = _("Quit");
    const char *command = _("Cmd");
    int fixed = cell_text_width(menu, strlen(menu)) +
                cell_text_width(help, strlen(help)) + (fkeys ? 8 : 6);
    int x = tight ? 0 : 1;

    if (c->width < STATUS_MICRO) {
        x = draw_key(c, 0, y, c->width, "m", menu) - 1;
        x = draw_key(c, x, y, c->width, "?", help) - 1;
        draw_key(c, x, y, c->width, "q", quit);
        return;
    }
    if (!tight) {
        fixed += cell_text_width(command, strlen(command)) + 4;
    }
    x = draw_actions(c, x, y, c->width - fixed - 2, bar);
    if (!tight) {
        x = draw_key(c, x, y, c->width, ":", command);
    }
    x = draw_key(c, x, y, c->width, menu_key, menu);
    draw_key(c, x, y, c->width, help_key, help);
}

void statusline_hint(struct canvas *c, int y, const char *hint)
{
    int x = c->width < STATUS_TIGHT ? 0 : 1;

    while (*hint != '\0') {
        const char *gap = strstr(hint, "  ");
        size_t length = gap == NULL ? strlen(hint) : (size_t)(gap - hint);
        char *pair = mem_strndup(hint, length);
        int width = cell_text_width(pair, length);
        bool fits = x + width <= c->width;

        if (fits) {
            canvas_text(c, x, y, width, ROLE_TEXT, pair);
            canvas_highlight(c, x, y, cell_text_width(pair, strcspn(pair, " ")),
                             THEME_BOLD);
            canvas_hit_key(c, x, y, width,
                           key_from_name(pair, strcspn(pair, " ")));
            x += width + 2;
        }
        free(pair);
        hint += length;
        hint += strspn(hint, " ");
    }
}

/* "leader t2   " where trackers are looked at. */
static const char *leader_text(const struct ui *ui, char *out, size_t size)
{
    const struct row_tracker *t =
        ui->view_id == VIEW_CLUSTER ? cluster_facts(ui).leader : NULL;
    char name[CLUSTER_TEXT];

    out[0] = '\0';
    if (t != NULL) {
        snprintf(out, size, _("leader %.20s   "),
                 cluster_name(ui, t, true, name));
    }
    return out;
}

void statusline_session(const struct ui *ui, int width, char *out, size_t size)
{
    const struct event_session *s =
        ui->model.session == NULL ? NULL : &ui->model.session->session;
    const char *user = model_user(&ui->model);
    const char *port;
    char leader[48];
    int host;

    out[0] = '\0';
    if (s == NULL) {
        return;
    }
    if (s->tracker == NULL) {
        snprintf(out, size, "%s", _("no tracker"));
        return;
    }
    port = strrchr(s->tracker, ':');
    host = port == NULL ? (int)strlen(s->tracker) : (int)(port - s->tracker);
    if (user == NULL) {
        user = intl_in_context(NC_("session", "not logged in"));
    }
    if (width >= STATUS_WIDE) {
        snprintf(out, size, _("%s @ %.*s   trackers %u/%u up   %s%s"), user,
                 host, s->tracker, s->trackers_up, s->trackers_total,
                 leader_text(ui, leader, sizeof(leader)),
                 s->connected ? "TLS 1.3" : "");
    } else {
        snprintf(out, size, _("%s@%.*s  %u/%u up%s"), user, host, s->tracker,
                 s->trackers_up, s->trackers_total, width < 80 ? "" : "  TLS");
        if (cell_text_width(out, strlen(out)) > width - menu_bar_width()) {
            snprintf(out, size, _("%s  %u/%u up"), user, s->trackers_up,
                     s->trackers_total);
        }
    }
}
