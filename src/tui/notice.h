/* notice: how a notice looks: its sign, and a line in a list of them. */
#ifndef P2P_TUI_NOTICE_H
#define P2P_TUI_NOTICE_H

#include "msgq/event.h"
#include "tui/theme.h"

struct canvas;
struct model_notice;

enum theme_role notice_role(enum notice_level level);

/* The sign of a level, one column. */
void notice_draw_sign(struct canvas *c, int x, int y, enum notice_level level);

/* Time, sign and text in row `y`, from edge to edge. */
void notice_draw_line(struct canvas *c, int y, const struct model_notice *n);

#endif /* P2P_TUI_NOTICE_H */
