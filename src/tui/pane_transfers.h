/* pane_transfers: the panes of the transfers view. */
#ifndef P2P_TUI_PANE_TRANSFERS_H
#define P2P_TUI_PANE_TRANSFERS_H

#include <stdbool.h>

#include "tui/pane.h"
#include "tui/transfers_state.h"

/* With `tight`, one short line a row without a header. */
void pane_transfers_draw(struct ui *ui, enum transfers_pane pane,
                         struct canvas *c, bool tight);
void pane_transfers_title(const struct ui *ui, enum transfers_pane pane,
                          struct pane_title *t);

#endif /* P2P_TUI_PANE_TRANSFERS_H */
