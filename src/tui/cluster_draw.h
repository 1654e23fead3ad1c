/* cluster_draw: the view of the trackers in cells, for every size. */
#ifndef P2P_TUI_CLUSTER_DRAW_H
#define P2P_TUI_CLUSTER_DRAW_H

struct canvas;
struct ui;

void cluster_draw(struct ui *ui, struct canvas *c);

#endif /* P2P_TUI_CLUSTER_DRAW_H */
