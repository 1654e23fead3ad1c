/* view_main: groups, files, pieces and peers on one screen. */
#ifndef P2P_TUI_VIEW_MAIN_H
#define P2P_TUI_VIEW_MAIN_H

#include "tui/view.h"

struct canvas;
struct ui;

extern const struct view_ops view_main;

/* How much fits into a terminal of this size. */
enum main_layout {
    LAYOUT_TINY,   /* a word and a percent */
    LAYOUT_MICRO,  /* name, bar, rates, keys */
    LAYOUT_STACK,  /* one list without frames, tabs above */
    LAYOUT_NARROW, /* groups as a line, three panes */
    LAYOUT_FULL,   /* four panes; more columns when wide */
};
enum main_layout view_main_layout(int width, int height);

#endif /* P2P_TUI_VIEW_MAIN_H */
