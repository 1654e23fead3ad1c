/* groups_panes: the panes of the groups view, each drawn into what it gets. */
#ifndef P2P_TUI_GROUPS_PANES_H
#define P2P_TUI_GROUPS_PANES_H

#include <stdbool.h>

#include "tui/groups_state.h"

struct canvas;
struct ui;

/* With `about`, what the chosen group is stands below the list of groups. */
void groups_pane_draw(struct ui *ui, enum groups_pane pane, struct canvas *c,
                      bool about);

/* Owner, members, files, age and key of the chosen group. */
void groups_about_draw(struct ui *ui, struct canvas *c);

/* The list of the pane in use, for small terminals. */
void groups_list_draw(struct ui *ui, struct canvas *c);

/* "a Accept  x Reject": keys and what they do, as much as fits; a click on
 * one presses its key. */
void groups_keys_draw(struct canvas *c, int x, int y, const char *hint);

#endif /* P2P_TUI_GROUPS_PANES_H */
