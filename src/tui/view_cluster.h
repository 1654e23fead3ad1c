/* view_cluster: the trackers, how they are, and what happened to them. */
#ifndef P2P_TUI_VIEW_CLUSTER_H
#define P2P_TUI_VIEW_CLUSTER_H

#include "tui/view.h"

extern const struct view_ops view_cluster;

#endif /* P2P_TUI_VIEW_CLUSTER_H */
