/* cluster_table: the list of trackers in columns. */
#ifndef P2P_TUI_CLUSTER_TABLE_H
#define P2P_TUI_CLUSTER_TABLE_H

struct canvas;
struct ui;

/* Titles in the first row, then as many trackers as there is room for. */
void cluster_table_draw(struct ui *ui, struct canvas *c);

/* One short line a tracker, without titles. */
void cluster_table_tight(struct ui *ui, struct canvas *c);

#endif /* P2P_TUI_CLUSTER_TABLE_H */
