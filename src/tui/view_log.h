/* view_log: everything that happened since the start, the newest on top. */
#ifndef P2P_TUI_VIEW_LOG_H
#define P2P_TUI_VIEW_LOG_H

#include "tui/view.h"

/* Show only what happened to trackers, until Esc or another view. */
void view_log_of_trackers(struct ui *ui);

extern const struct view_ops view_log;

struct buf;

/* Append the lines that the view shows, the oldest first, as safe text with
 * date, time and a word for the sign. 0 or P2P_ETOOBIG. */
int view_log_text(const struct ui *ui, struct buf *b);

/* Show the chosen line in a dialog; nothing without one. */
void view_log_open(struct ui *ui);

#endif /* P2P_TUI_VIEW_LOG_H */
