/* perform_tracker: what actions on trackers mean. */
#ifndef P2P_TUI_PERFORM_TRACKER_H
#define P2P_TUI_PERFORM_TRACKER_H

#include <stdbool.h>

struct action;
struct command;
struct selection;
struct ui;

/* Why an action cannot be used on the chosen tracker; NULL when it can, or is
 * none of trackers. */
const char *perform_tracker_why_not(const struct ui *ui,
                                    const struct selection *at,
                                    const struct action *a);

/* Ask on the command line which tracker is meant, where none is chosen. False
 * when the action is none of trackers, or knows its own. */
bool perform_tracker_asks(struct ui *ui, const struct action *a,
                          const struct selection *at);

/* Fill in the chosen tracker where the command takes one. */
void perform_tracker_fill(struct command *c, const struct selection *at);

/* All that is known of the chosen tracker, in a dialog. */
void perform_tracker_details(struct ui *ui, const struct selection *at);

#endif /* P2P_TUI_PERFORM_TRACKER_H */
