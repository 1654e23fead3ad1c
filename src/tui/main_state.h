/* main_state: what is chosen in the main view, and its list of files. */
#ifndef P2P_TUI_MAIN_STATE_H
#define P2P_TUI_MAIN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msgq/rows.h"
#include "tui/piecemap.h"

struct map;
struct ui;

enum main_pane { MAIN_GROUPS, MAIN_FILES, MAIN_PIECES, MAIN_PEERS, MAIN_PANES };

enum main_sort {
    SORT_NAME,
    SORT_SIZE,
    SORT_HAVE,
    SORT_FROM,
    SORT_STATUS,
    SORT_KEYS
};

/* A file of the group and what this computer does with it; at least one of
 * the two is known. Valid until the model changes. */
struct main_item {
    const char *name;
    const struct row_file *file;
    const struct row_transfer *transfer;
};

struct main_view {
    enum main_pane focus;
    bool alone;         /* only the pane with the focus is shown */
    char *group, *name; /* chosen; NULL: nothing yet */
    int row;            /* of the chosen file when the list was built */
    struct map *marks;  /* names of marked files of the group */
    int group_top, file_top, peer_top; /* first row shown */
    int page;                          /* rows of the list last drawn */
    char peer;                         /* letter of the chosen one */
    enum main_sort sort;
    bool reverse;
    char *filter;        /* only names with it are listed; NULL: all */
    struct piecemap map; /* of the chosen file's pieces */
    struct main_item *items;
    int item_count;
    uint32_t *order; /* owned; the files' rows as they were sorted last */
    size_t order_count;
};

struct main_view *main_state_new(void);
void main_state_free(struct main_view *v);

/* The model has changed: rebuild the list, keep what is chosen. */
void main_state_update(struct ui *ui);

void main_state_choose_group(struct ui *ui, const char *name);
void main_state_choose_file(struct ui *ui, const char *name);
void main_state_sort(struct ui *ui, enum main_sort sort, bool reverse);
void main_state_filter(struct ui *ui, const char *text);

/* Tell the engine that the chosen file is what is looked at. */
void main_state_watch(struct ui *ui);

/* The groups of this list I have to do with; returns their number. */
int main_state_group_count(const struct ui *ui);
const struct row_group *main_state_group_at(const struct ui *ui, int index);

/* Rows of what is chosen, -1 or NULL without any. */
int main_state_group_row(const struct ui *ui);
int main_state_file_row(const struct ui *ui);
const struct row_group *main_state_group(const struct ui *ui);
const struct main_item *main_state_item(const struct ui *ui);
int main_state_peer_row(const struct ui *ui);

/* Peers of the chosen file. */
const struct rows *main_state_peers(const struct ui *ui);

void main_state_toggle_mark(struct ui *ui, const char *name);
void main_state_mark_all(struct ui *ui, bool on);
bool main_state_is_marked(const struct ui *ui, const char *name);

/* What is known of an item of a group; false when nothing is. */
bool main_item_find(const struct ui *ui, const char *group, const char *name,
                    struct main_item *out);

/* What is known of an item from either row. */
enum transfer_state main_item_state(const struct main_item *item);
uint64_t main_item_size(const struct main_item *item);
uint64_t main_item_have(const struct main_item *item);
uint32_t main_item_sources(const struct main_item *item);

#endif /* P2P_TUI_MAIN_STATE_H */
