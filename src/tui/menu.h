/* menu: the menu bar, made of the table of actions. */
#ifndef P2P_TUI_MENU_H
#define P2P_TUI_MENU_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/action.h"

struct canvas;

struct menu {
    bool open;
    enum action_menu which;
    int entry, top; /* of the entries of this menu */
};

/* Why an action cannot be used now; NULL: it can. */
typedef const char *menu_why_not_cb(void *arg, const struct action *a);

void menu_open(struct menu *m, enum action_menu which);

/* The letter that a title or an entry is chosen by, folded: the one in "(X)",
 * for languages whose signs no keyboard has, or else the first. */
uint32_t menu_letter(const char *label);

/* Columns of the bar with a blank behind it, in the language of the user. */
int menu_bar_width(void);

/* The menu whose title has this letter, or ACTION_MENU_NONE. */
enum action_menu menu_of_letter(int key);

/* Returns the action to run; NULL for none (yet). */
const struct action *menu_key(struct menu *m, int key);

/* The entry that the menu points at. */
const struct action *menu_entry(const struct menu *m);

/* The bar in row 0; `right` at its end, as much of it as fits. */
void menu_draw_bar(const struct menu *m, struct canvas *c, const char *right);

/* The open menu, below the bar, or as a page of its own on small screens. */
void menu_draw(struct menu *m, struct canvas *c, menu_why_not_cb *why_not,
               void *arg);

#endif /* P2P_TUI_MENU_H */
