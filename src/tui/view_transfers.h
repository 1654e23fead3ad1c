/* view_transfers: what is loaded and shared in all groups, and who takes it. */
#ifndef P2P_TUI_VIEW_TRANSFERS_H
#define P2P_TUI_VIEW_TRANSFERS_H

#include "tui/view.h"

extern const struct view_ops view_transfers;

#endif /* P2P_TUI_VIEW_TRANSFERS_H */
