#include "config.h"

#include "tui/menu.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/key.h"
#include "util/intl.h"
#include "util/text.h"

enum {
    MENU_WIDTH = 30, /* columns of an open menu, with its frame */
    MENU_FIRST = ACTION_MENU_ACCOUNT,
    MENU_COUNT = ACTION_MENU_COUNT - ACTION_MENU_ACCOUNT,
};

static int entry_count(enum action_menu which)
{
    int count = 0;
    size_t i;

    for (i = 0; i < action_count(); i++) {
        count += action_at(i)->menu == which ? 1 : 0;
    }
    return count;
}

static const struct action *entry_at(enum action_menu which, int index)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        if (action_at(i)->menu == which && index-- == 0) {
            return action_at(i);
        }
    }
    return NULL;
}

void menu_open(struct menu *m, enum action_menu which)
{
    m->open = true;
    m->which = which;
    m->entry = 0;
    m->top = 0;
}

/* Where the letter of a label stands, in bytes. */
static size_t letter_at(const char *label)
{
    const char *open = strrchr(label, '(');

    return open != NULL && open[1] != '\0' && open[2] == ')'
               ? (size_t)(open + 1 - label)
               : 0;
}

uint32_t menu_letter(const char *label)
{
    const char *at = label + letter_at(label);
    uint32_t letter = 0;

    if (at[0] == '\0' || text_decode(at, strlen(at), &letter) == 0) {
        return 0;
    }
    return text_fold_character(letter);
}

static bool is_letter(const char *label, int key)
{
    return menu_letter(label) == text_fold_character((uint32_t)key);
}

enum action_menu menu_of_letter(int key)
{
    int menu;

    for (menu = MENU_FIRST; menu < ACTION_MENU_COUNT; menu++) {
        if (is_letter(action_menu_title((enum action_menu)menu), key)) {
            return (enum action_menu)menu;
        }
    }
    return ACTION_MENU_NONE;
}

const struct action *menu_entry(const struct menu *m)
{
    return entry_at(m->which, m->entry);
}

static void turn(struct menu *m, int step)
{
    int at = (int)m->which - MENU_FIRST;

    menu_open(m, (enum action_menu)(MENU_FIRST +
                                    (at + step + MENU_COUNT) % MENU_COUNT));
}

/* A letter goes to the next entry that begins with it, and runs it when it is
 * the only one. */
static const struct action *jump(struct menu *m, int key)
{
    int count = entry_count(m->which);
    int i, matches = 0, found = -1;

    for (i = 1; i <= count; i++) {
        int index = (m->entry + i) % count;
        const struct action *a = entry_at(m->which, index);

        if (is_letter(_(a->label), key)) {
            matches++;
            found = found < 0 ? index : found;
        }
    }
    if (found < 0) {
        return NULL;
    }
    m->entry = found;
    if (matches > 1) {
        return NULL;
    }
    m->open = false;
    return entry_at(m->which, found);
}

const struct action *menu_key(struct menu *m, int key)
{
    int count = entry_count(m->which);

    switch (key) {
    case KEY_ESCAPE:
    case KEY_F10 - 1: /* F9 */
        m->open = false;
        return NULL;
    case KEY_ARROW_LEFT:
    case KEY_BACK_TAB:
        turn(m, -1);
        return NULL;
    case KEY_ARROW_RIGHT:
    case KEY_TAB:
        turn(m, 1);
        return NULL;
    case KEY_ARROW_UP:
        m->entry = (m->entry + count - 1) % count;
        return NULL;
    case KEY_ARROW_DOWN:
        m->entry = (m->entry + 1) % count;
        return NULL;
    case KEY_GO_HOME:
        m->entry = 0;
        return NULL;
    case KEY_GO_END:
        m->entry = count - 1;
        return NULL;
    case KEY_RETURN:
        m->open = false;
        return menu_entry(m);
    default:
        return key > KEY_SPACE && key < KEY_FIRST_NAMED ? jump(m, key) : NULL;
    }
}

/* ---- Drawing ---------------------------------------------------------- */

/* Columns of a title with the blanks around it, where its brackets go. After a
 * letter in parentheses one blank is enough: the next title shares it. */
static int bar_columns(const char *title)
{
    return cell_text_width(title, strlen(title)) +
           (letter_at(title) > 0 ? 1 : 2);
}

/* Where the menu's title stands in the bar. */
static int bar_position(enum action_menu which)
{
    int x = 0, menu;

    for (menu = MENU_FIRST; menu < (int)which; menu++) {
        const char *title = action_menu_title((enum action_menu)menu);

        x += bar_columns(title);
    }
    return x;
}

int menu_bar_width(void)
{
    return bar_position(ACTION_MENU_COUNT) + 1;
}

/* A click on a title opens its menu. */
static void hit_titles(struct canvas *c)
{
    int menu;

    for (menu = MENU_FIRST; menu < ACTION_MENU_COUNT; menu++) {
        int x = bar_position((enum action_menu)menu);
        int end = bar_position((enum action_menu)(menu + 1));

        canvas_hit(c, x, 0, end - x, 1, HIT_MENU, menu, HIT_NO_ROW);
    }
}

void menu_draw_bar(const struct menu *m, struct canvas *c, const char *right)
{
    int menu, x, room;

    for (menu = MENU_FIRST; menu < ACTION_MENU_COUNT; menu++) {
        bool here = m->open && (int)m->which == menu;
        const char *title = action_menu_title((enum action_menu)menu);
        int used;

        x = bar_position((enum action_menu)menu);
        used = canvas_text(c, x + 1, 0, c->width,
                           here ? ROLE_ACCENT : ROLE_TEXT, title);
        canvas_highlight(c, x + 1 + cell_text_width(title, letter_at(title)), 0,
                         1, THEME_BOLD);
        if (here) {
            canvas_put(c, x, 0, '[', ROLE_ACCENT);
            canvas_put(c, x + used + 1, 0, ']', ROLE_ACCENT);
        }
    }
    hit_titles(c);
    room = c->width - menu_bar_width();
    /* The parts are separated by two blanks or more; the last ones go first. */
    while (right[0] != '\0' && cell_text_width(right, strlen(right)) > room) {
        const char *gap = strstr(right, "  ");

        if (gap == NULL) {
            return;
        }
        right = gap + strspn(gap, " ");
    }
    draw_right(c, c->width, 0, room, ROLE_TEXT, right);
}

static void draw_entry(struct canvas *c, int y, const struct action *a,
                       bool here, const char *why_not)
{
    enum theme_role role = why_not == NULL ? ROLE_TEXT : ROLE_FRAME;
    char name[KEY_NAME_MAX] = "", key[KEY_SHOWN_MAX];

    if (a->key != NULL) {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(a->key, " "), a->key);
    }
    key_shown(name, key, sizeof(key));
    canvas_put(c, 0, y, here ? '>' : ' ', role);
    draw_cut(c, 1, y, c->width - 4 - cell_text_width(key, strlen(key)), role,
             _(a->label));
    draw_right(c, c->width - 1, y, 7, role, key);
    if (here) {
        canvas_highlight(c, 0, y, c->width, THEME_REVERSE);
        canvas_cursor(c, 0, y, false);
    }
}

/* Rows of the menu with its lines between groups of entries. */
static int row_count(enum action_menu which)
{
    int count = entry_count(which);
    int i, rows = count;

    for (i = 1; i < count; i++) {
        rows += entry_at(which, i)->separator ? 1 : 0;
    }
    return rows;
}

static int row_of(enum action_menu which, int entry)
{
    int i, row = 0;

    for (i = 1; i <= entry; i++) {
        row += entry_at(which, i)->separator ? 2 : 1;
    }
    return row;
}

static void draw_entries(struct menu *m, struct canvas *c, bool framed,
                         menu_why_not_cb *why_not, void *arg)
{
    int count = entry_count(m->which);
    int here = row_of(m->which, m->entry);
    struct canvas inner =
        framed ? canvas_inside(c, 1, 1, c->width - 2, c->height - 2)
               : canvas_inside(c, 0, 1, c->width, c->height - 1);
    int i;

    if (here >= m->top + inner.height) {
        m->top = here - inner.height + 1;
    }
    if (here < m->top) {
        m->top = here;
    }
    for (i = 0; i < count; i++) {
        const struct action *a = entry_at(m->which, i);
        int y = row_of(m->which, i) - m->top;

        if (y < 0 || y >= inner.height) {
            continue;
        }
        if (a->separator && i > 0 && y > 0) {
            draw_horizontal(&inner, 0, y - 1, inner.width);
            if (framed) {
                canvas_sign(c, 0, y, GLYPH_TEE_RIGHT, ROLE_FRAME);
                canvas_sign(c, c->width - 1, y, GLYPH_TEE_LEFT, ROLE_FRAME);
            }
        }
        draw_entry(&inner, y, a, i == m->entry,
                   why_not == NULL ? NULL : why_not(arg, a));
        canvas_hit(&inner, 0, y, inner.width, 1, HIT_ENTRY, 0, i);
    }
}

void menu_draw(struct menu *m, struct canvas *c, menu_why_not_cb *why_not,
               void *arg)
{
    struct canvas box;
    int rows = row_count(m->which);
    int x = bar_position(m->which) + 1, height; /* under its first letter */

    /* A click beside it closes it. */
    canvas_hit(c, 0, 0, c->width, c->height, HIT_KEY, KEY_ESCAPE, HIT_NO_ROW);
    if (c->width < 60) {
        box = canvas_inside(c, 0, 0, c->width, c->height - 2);
        canvas_clear(&box);
        canvas_sign(&box, 0, 0, GLYPH_LEFT, ROLE_FRAME);
        canvas_text(&box, 2, 0, box.width - 4, ROLE_TITLE,
                    action_menu_title(m->which));
        canvas_sign(&box, box.width - 1, 0, GLYPH_RIGHT, ROLE_FRAME);
        canvas_hit_key(&box, 0, 0, box.width / 2, KEY_ARROW_LEFT);
        canvas_hit_key(&box, box.width / 2, 0, box.width, KEY_ARROW_RIGHT);
        draw_entries(m, &box, false, why_not, arg);
        return;
    }
    height = rows + 2 < c->height - 3 ? rows + 2 : c->height - 3;
    if (x + MENU_WIDTH > c->width) {
        x = c->width - MENU_WIDTH;
    }
    if (x < 0) {
        x = 0;
    }
    box = canvas_inside(c, x, 1, MENU_WIDTH, height);
    canvas_clear(&box);
    hit_titles(c);
    canvas_hit_nothing(&box);
    draw_frame(&box, 0, 0, MENU_WIDTH, height);
    draw_entries(m, &box, true, why_not, arg);
}
