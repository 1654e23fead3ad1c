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

/* What a menu entry does and its command, or why it cannot be used. */
void statusline_entry(struct canvas *c, int y, const struct action *a,
                      const char *why_not);

/* The keys that mean something in these contexts now, without those that
 * `why_not` has a reason against (NULL: none has); those at the right go first
 * when there is no room, "m Menu" and "? Help" never. `fkeys`: name the
 * function key where there is one. */
void statusline_keys(struct canvas *c, int y, unsigned contexts, bool fkeys,
                     menu_why_not_cb *why_not, void *arg);

/* "Key What  Key What": whole pairs, as many as fit. */
void statusline_hint(struct canvas *c, int y, const char *hint);

/* "alice@t2.lab  3/3 up  TLS". */
void statusline_session(const struct ui *ui, int width, char *out, size_t size);

#endif /* P2P_TUI_STATUSLINE_H */
