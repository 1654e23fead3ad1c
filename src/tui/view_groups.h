/* view_groups: all groups, who asks to join one, and who is in it. */
#ifndef P2P_TUI_VIEW_GROUPS_H
#define P2P_TUI_VIEW_GROUPS_H

#include "tui/view.h"

extern const struct view_ops view_groups;

#endif /* P2P_TUI_VIEW_GROUPS_H */
