/* view_log: everything that happened since the start, the newest on top. */
#ifndef P2P_TUI_VIEW_LOG_H
#define P2P_TUI_VIEW_LOG_H

#include "tui/view.h"

extern const struct view_ops view_log;

#endif /* P2P_TUI_VIEW_LOG_H */
