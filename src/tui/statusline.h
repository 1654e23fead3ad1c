/* statusline: the two rows at the bottom, and who is logged in. */
#ifndef P2P_TUI_STATUSLINE_H
#define P2P_TUI_STATUSLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/menu.h"

struct canvas;
struct ui;

/* The notice at the left, the rates at the right. */
void statusline_draw(const struct ui *ui, struct canvas *c, int y);

/* What went wrong in a dialog. */
void statusline_problem(struct canvas *c, int y, const char *problem);

/* The same place for what only informs. */
void statusline_note(struct canvas *c, int y, const char *note);

/* What a menu entry does and its command, or why it cannot be used; true when
 * that took the row below too. */
bool statusline_entry(struct canvas *c, int y, const struct action *a,
                      const char *why_not);

/* What the line of keys names: the actions of these contexts, without those
 * that `why_not` has a reason against (NULL: none has), each with the word that
 * `word` finds for it now, translated (NULL: that of the table). */
struct statusline_bar {
    unsigned contexts;
    bool fkeys; /* name the function key where there is one */
    menu_why_not_cb *why_not;
    const char *(*word)(void *arg, const struct action *a);
    void *arg;
};

/* Those at the right go first when there is no room, "m Menu" and "? Help"
 * never. */
void statusline_keys(struct canvas *c, int y, const struct statusline_bar *bar);

/* "Key What  Key What": whole pairs, as many as fit. */
void statusline_hint(struct canvas *c, int y, const char *hint);

/* "alice@t2.lab  3/3 up  TLS". */
void statusline_session(const struct ui *ui, int width, char *out, size_t size);

#endif /* P2P_TUI_STATUSLINE_H */
