/* cluster_panes: the panes of the view of trackers, each drawn into what it
 * gets.
 */
#ifndef P2P_TUI_CLUSTER_PANES_H
#define P2P_TUI_CLUSTER_PANES_H

struct canvas;
struct ui;

/* What is to be said of the trackers, in all of the canvas: what is wrong
 * first, then how they stand to each other. */
void cluster_sentences_draw(struct ui *ui, struct canvas *c);

/* Requests of each tracker: graphs where they fit, else a line each. */
void cluster_requests_draw(struct ui *ui, struct canvas *c);

/* The same of all together in one line. */
void cluster_requests_line(struct ui *ui, struct canvas *c, int y);

/* Numbers of accounts, groups, files; a blank line above them if `wide`. */
void cluster_hold_draw(struct ui *ui, struct canvas *c);

/* What happened to trackers, newest first. */
void cluster_events_draw(struct ui *ui, struct canvas *c);

#endif /* P2P_TUI_CLUSTER_PANES_H */
