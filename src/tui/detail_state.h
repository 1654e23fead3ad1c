/* detail_state: what is chosen in the detail view. The file it is about is the
 * main view's chosen one.
 */
#ifndef P2P_TUI_DETAIL_STATE_H
#define P2P_TUI_DETAIL_STATE_H

#include <stdbool.h>

#include "msgq/rows.h"
#include "tui/list.h"

struct ui;

enum detail_pane { DETAIL_PIECES, DETAIL_PEERS, DETAIL_PANES };
enum detail_sort { DETAIL_BY_LETTER, DETAIL_BY_LOAD, DETAIL_SORTS };

struct detail_view {
    enum detail_pane focus;
    bool alone;         /* only the pane with the focus is shown */
    char *group, *name; /* it was opened for this file */
    struct list peers;
    char *peer; /* user and address of the chosen one; NULL: the first */
    const struct row_peer **rows; /* the model's, in order */
    int count;
    enum detail_sort sort;
    bool reverse;
};

struct detail_view *detail_state_of(const struct ui *ui);

void *detail_state_make(struct ui *ui);
void detail_state_free(void *state);

/* Make the list of peers anew. */
void detail_state_update(struct ui *ui);

/* The chosen peer has moved. */
void detail_state_moved(struct detail_view *v);

/* NULL when the peers have not the focus, or there is none. */
const struct row_peer *detail_state_peer(const struct detail_view *v);

#endif /* P2P_TUI_DETAIL_STATE_H */
