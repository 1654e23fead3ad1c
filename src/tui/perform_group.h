/* perform_group: what actions on groups, requests and members mean. */
#ifndef P2P_TUI_PERFORM_GROUP_H
#define P2P_TUI_PERFORM_GROUP_H

#include <stdbool.h>

struct action;
struct command;
struct row_group;
struct selection;
struct ui;

/* Why an action cannot be used on the chosen group (NULL: none) and user;
 * NULL when it can, or is none of groups. */
const char *perform_group_why_not(const struct ui *ui,
                                  const struct row_group *g,
                                  const struct selection *at,
                                  const struct action *a);

/* Do it with what is chosen, or go where that is chosen. False when it is no
 * action of groups. */
bool perform_group_action(struct ui *ui, const struct action *a,
                          const struct selection *at);

/* Answers that are a place of the groups view: go there. False for others;
 * `c` stays with the caller. */
bool perform_group_show(struct ui *ui, const struct command *c);

/* Into a group: its files, or the question whether one may. */
void perform_group_open(struct ui *ui, const char *group);

/* Let in who is marked in the view, or else all who wait. */
void perform_group_accept_all(struct ui *ui, const char *group);

#endif /* P2P_TUI_PERFORM_GROUP_H */
