/* transfers_state: the lists of the transfers view: what is in them, in which
 * order, what is chosen and marked.
 */
#ifndef P2P_TUI_TRANSFERS_STATE_H
#define P2P_TUI_TRANSFERS_STATE_H

#include <stdbool.h>

#include "msgq/rows.h"
#include "tui/list.h"

struct map;
struct ui;

enum transfers_pane {
    TRANSFERS_DOWNLOADS,
    TRANSFERS_SHARING,
    TRANSFERS_TAKERS,
    TRANSFERS_PANES
};

enum transfers_sort {
    TRANSFERS_BY_STATUS,
    TRANSFERS_BY_NAME,
    TRANSFERS_BY_GROUP,
    TRANSFERS_BY_HAVE,
    TRANSFERS_BY_RATE,
    TRANSFERS_SORTS
};

/* Rows are the model's, valid until the next update. */
struct transfers_view {
    enum transfers_pane focus;
    bool alone; /* only the pane with the focus is shown */
    struct list lists[TRANSFERS_PANES];
    int counts[TRANSFERS_PANES];
    char *keys[TRANSFERS_PANES]; /* of the chosen rows; NULL: the first */
    const struct row_transfer **items[TRANSFERS_TAKERS]; /* by pane */
    const struct row_taker **takers;
    struct map *marks; /* group and name of marked items */
    char *filter;      /* only names with it; NULL: all */
    enum transfers_sort sort;
    bool reverse;
};

struct transfers_view *transfers_state_of(const struct ui *ui);

void *transfers_state_make(struct ui *ui);
void transfers_state_free(void *state);

/* The model has changed: make the lists anew, keep what is chosen. */
void transfers_state_update(struct ui *ui);

/* The chosen row of the pane has moved: that is what is kept from now on. */
void transfers_state_moved(struct transfers_view *v, enum transfers_pane pane);

/* The chosen item of downloads or sharing, and taker; NULL when there is none
 * or another pane has the focus. */
const struct row_transfer *transfers_state_item(const struct transfers_view *v);
const struct row_taker *transfers_state_taker(const struct transfers_view *v);

void transfers_state_toggle_mark(struct transfers_view *v,
                                 const struct row_transfer *t);
void transfers_state_mark_all(struct transfers_view *v, bool on);
bool transfers_state_is_marked(const struct transfers_view *v,
                               const struct row_transfer *t);

/* Is all of it here? */
bool transfers_state_is_done(const struct row_transfer *t);

#endif /* P2P_TUI_TRANSFERS_STATE_H */
