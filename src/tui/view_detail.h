/* view_detail: all there is to see of one transfer. */
#ifndef P2P_TUI_VIEW_DETAIL_H
#define P2P_TUI_VIEW_DETAIL_H

#include <stdbool.h>

#include "tui/view.h"

extern const struct view_ops view_detail;

/* Choose this file for the view, also in the main view; VIEW_DETAIL is to be
 * shown next. False when nothing is known of it or of its group. */
bool view_detail_choose(struct ui *ui, const char *group, const char *name);

#endif /* P2P_TUI_VIEW_DETAIL_H */
