#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/main_state.h"
#include "tui/pane.h"
#include "tui/ui.h"
#include "util/intl.h"

enum {
    GROUPS_DETAIL_WIDTH = 22, /* columns from which details have room */
    GROUPS_ROOMY = 44,        /* and whole sentences */
};

void pane_groups_title(const struct ui *ui, bool wide, struct pane_title *t)
{
    int count = main_state_group_count(ui);

    t->more[0] = '\0';
    if (wide) {
        snprintf(t->right, sizeof(t->right), _("%d joined"), count);
    } else {
        snprintf(t->right, sizeof(t->right), "%d", count);
    }
}

/* What stands right of a group's name. */
static enum theme_role relation(const struct row_group *g, bool chosen,
                                char *out, size_t size)
{
    switch (g->role) {
    case GROUP_PENDING:
        snprintf(out, size, "%s", _("asked"));
        return ROLE_FRAME;
    case GROUP_REJECTED:
        snprintf(out, size, "%s", _("refused"));
        return ROLE_ERROR;
    case GROUP_NONE:
    case GROUP_READER:
    case GROUP_MEMBER:
    case GROUP_ADMIN:
    case GROUP_OWNER:
        break;
    }
    if (g->requests > 0 && !chosen) {
        snprintf(out, size, _("%u ask"), g->requests);
        return ROLE_WARNING;
    }
    if (g->role == GROUP_OWNER || g->role == GROUP_ADMIN) {
        snprintf(out, size, "%s",
                 g->role == GROUP_OWNER ? _("owner") : _("admin"));
        return ROLE_OWN;
    }
    snprintf(out, size, "%u", g->members);
    return ROLE_FRAME;
}

static void draw_row(struct ui *ui, struct canvas *c, int y, int index,
                     bool focused)
{
    const struct row_group *g = main_state_group_at(ui, index);
    bool chosen = index == main_state_group_row(ui);
    char right[PANE_TEXT_MAX];
    enum theme_role role = relation(g, chosen, right, sizeof(right));
    int width = cell_text_width(right, strlen(right));

    canvas_put(c, 0, y, chosen ? '>' : ' ', ROLE_TEXT);
    draw_name(c, 1, y, c->width - width - 2, ROLE_TEXT, g->name);
    draw_right(c, c->width, y, width, role, right);
    if (chosen) {
        canvas_highlight(c, 0, y, c->width,
                         focused ? THEME_REVERSE : THEME_BOLD);
    }
    if (chosen && focused) {
        canvas_cursor(c, 0, y, false);
    }
}

static void draw_empty(struct ui *ui, struct canvas *c)
{
    const char *text;

    if (!model_is_logged_in(&ui->model)) {
        text = _("Not logged in.\n\nEnter log in");
    } else {
        text = c->width >= GROUPS_ROOMY
                   ? _("You are in no group yet.\n\n"
                       "J   look at all groups and ask to join one\n"
                       "c   create your own")
                   : _("You are in no group yet.\n\nJ ask to join\n"
                       "c create one");
    }
    draw_wrapped(c, 1, 0, c->width - 2, 0, c->height, ROLE_TEXT, text);
    canvas_cursor(c, 1, 0, false);
}

/* Two lines under the list when somebody waits; returns their number. */
static int draw_waiting(struct ui *ui, struct canvas *c)
{
    const struct row_group *g = main_state_group(ui);
    int y = c->height - 2;
    int x;

    if (g == NULL || g->requests == 0 || c->height < 5) {
        return 0;
    }
    draw_format(c, 0, y, c->width, ROLE_WARNING,
                ngettext("%u waits to join", "%u wait to join", g->requests),
                g->requests);
    x = draw_name(c, 0, y + 1, c->width - 8, ROLE_TEXT, g->name);
    canvas_put(c, x, y + 1, ':', ROLE_TEXT);
    draw_right(c, c->width, y + 1, 7, ROLE_KEY, _("r Show"));
    canvas_hit_key(c, c->width - 7, y + 1, 7, 'r');
    return 3;
}

/* What I am in the group, or why not. */
static void draw_role(struct canvas *c, int y, const struct row_group *g)
{
    int used;

    switch (g->role) {
    case GROUP_OWNER:
        canvas_text(c, 2, y, c->width - 2, ROLE_OWN, _("you are the owner"));
        return;
    case GROUP_ADMIN:
        canvas_text(c, 2, y, c->width - 2, ROLE_OWN, _("you are an admin"));
        return;
    case GROUP_READER:
        canvas_text(c, 2, y, c->width - 2, ROLE_TEXT, _("you may only load"));
        return;
    case GROUP_PENDING:
        canvas_text(c, 2, y, c->width - 2, ROLE_TEXT, _("you asked to join"));
        return;
    case GROUP_REJECTED:
        if (g->note != NULL && g->note[0] != '\0') {
            draw_cut(c, 2, y, c->width - 2, ROLE_ERROR, g->note);
            return;
        }
        break;
    case GROUP_MEMBER:
    case GROUP_NONE:
        break;
    }
    if (g->owner != NULL) {
        used = canvas_text(c, 2, y, c->width, ROLE_TEXT, _("owner "));
        draw_name(c, 2 + used, y, c->width - used - 2, ROLE_TEXT, g->owner);
    }
}

/* Returns the lines it took. */
static int draw_details(struct ui *ui, struct canvas *c)
{
    const struct row_group *g = main_state_group(ui);
    int lines, y, used;

    if (g == NULL || c->height < 9) {
        return 0;
    }
    lines = 3 + (g->requests > 0) + (g->key != NULL);
    y = c->height - lines;
    draw_name(c, 1, y++, c->width - 2, ROLE_TITLE, g->name);
    draw_format(
        c, 2, y++, c->width - 2, ROLE_TEXT,
        ngettext("%u member, %u online", "%u members, %u online", g->members),
        g->members, g->online);
    if (g->requests > 0) {
        used = draw_format(
            c, 2, y, c->width - 2, ROLE_WARNING,
            ngettext("%u waits to join  r", "%u wait to join  r", g->requests),
            g->requests);
        canvas_hit_key(c, 2, y++, used, 'r');
    }
    draw_role(c, y++, g);
    if (g->key != NULL) {
        used = canvas_text(c, 2, y, c->width - 2, ROLE_FRAME, _("key"));
        draw_fingerprint(c, 3 + used, y, 2, 2, g->key);
    }
    return lines + 1;
}

void pane_groups_draw(struct ui *ui, struct canvas *c, bool focused)
{
    struct main_view *v = ui->main;
    int count = main_state_group_count(ui);
    int row = main_state_group_row(ui);
    int y, height;

    if (count == 0) {
        draw_empty(ui, c);
        return;
    }
    height =
        c->height - (c->width >= GROUPS_DETAIL_WIDTH ? draw_details(ui, c)
                                                     : draw_waiting(ui, c));
    if (row >= v->group_top + height) {
        v->group_top = row - height + 1;
    }
    if (row >= 0 && row < v->group_top) {
        v->group_top = row;
    }
    if (v->group_top > count - 1) {
        v->group_top = 0;
    }
    canvas_hit_rows(c, 0, 0, c->width, height, MAIN_GROUPS, v->group_top);
    for (y = 0; y < height && v->group_top + y < count; y++) {
        draw_row(ui, c, y, v->group_top + y, focused);
    }
    if (focused) {
        v->page = height;
    }
}
