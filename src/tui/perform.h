/* perform: do what an action of the table means, from a key, a menu entry or
 * a typed line.
 */
#ifndef P2P_TUI_PERFORM_H
#define P2P_TUI_PERFORM_H

#include <stdbool.h>

#include "msgq/command.h"

struct action;
struct event;
struct ui;
struct ui_request;

/* On what is chosen in the view; asks for what is missing. */
void perform_action(struct ui *ui, const struct action *a);

/* A line of the command line. True when it held a password. */
bool perform_line(struct ui *ui, const char *line);

/* Why the action cannot be used now, for the menu; NULL: it can. */
const char *perform_why_not(const struct ui *ui, const struct action *a);

/* What the key of the action means for what is chosen now, translated: a word
 * for the line of keys. `a->bar` is not NULL. */
const char *perform_bar_word(const struct ui *ui, const struct action *a);

#endif /* P2P_TUI_PERFORM_H */
