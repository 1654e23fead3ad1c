/* groups_draw: the groups view in cells, for every size of a terminal. */
#ifndef P2P_TUI_GROUPS_DRAW_H
#define P2P_TUI_GROUPS_DRAW_H

struct canvas;
struct ui;

void groups_draw(struct ui *ui, struct canvas *c);

#endif /* P2P_TUI_GROUPS_DRAW_H */
