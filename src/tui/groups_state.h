/* groups_state: what the groups view lists and what is chosen in it. */
#ifndef P2P_TUI_GROUPS_STATE_H
#define P2P_TUI_GROUPS_STATE_H

#include <stdbool.h>

#include "msgq/rows.h"
#include "tui/list.h"

struct map;
struct ui;

enum groups_pane {
    GROUPS_ALL,
    GROUPS_REQUESTS,
    GROUPS_MEMBERS,
    GROUPS_HISTORY,
    GROUPS_PANES
};

enum groups_sort {
    GROUPS_BY_NAME,
    GROUPS_BY_OWNER,
    GROUPS_BY_MEMBERS,
    GROUPS_BY_ROLE,
    GROUPS_COLUMNS
};

/* Rows are borrowed from the model and valid until it changes. */
struct groups_view {
    enum groups_pane focus;
    bool alone;       /* only the pane with the focus is shown */
    bool mine;        /* not all groups, only those I have to do with */
    bool has_history; /* there is room for that pane, as last drawn */
    char *filter;     /* only groups with it are listed; NULL: all */
    enum groups_sort sort;
    bool reverse;
    char *group, *asker, *member; /* chosen; NULL: nothing */
    struct map *marks; /* names of marked askers of the chosen group */
    struct list lists[GROUPS_PANES];
    const struct row_group **groups;
    const struct row_request **requests; /* of the chosen group */
    const struct row_member **members;   /* the same */
    int *events; /* model_notice() numbers about it, newest first */
    int counts[GROUPS_PANES];
};

struct groups_view *groups_state_new(void);
void groups_state_free(struct groups_view *v);
struct groups_view *groups_state(const struct ui *ui);

/* The model has changed: rebuild the lists, keep what is chosen. */
void groups_state_update(struct ui *ui);

/* Tell the engine that this group is what is looked at. */
void groups_state_watch(struct ui *ui);

void groups_state_choose(struct ui *ui, const char *group);

/* A key has moved a list: what its row says is chosen now. */
void groups_state_follow(struct ui *ui, enum groups_pane pane);

/* What is chosen, NULL without any. */
const struct row_group *groups_state_group(const struct ui *ui);
const struct row_request *groups_state_request(const struct ui *ui);
const struct row_member *groups_state_member(const struct ui *ui);

/* What I am in the chosen group; GROUP_NONE without one. */
enum group_role groups_state_role(const struct ui *ui);

/* The name in a row of the lists but the history, for finding. */
const char *groups_state_name(const struct ui *ui, enum groups_pane pane,
                              int row);

/* A group where somebody waits: the chosen one first, then in the list's
 * order; NULL when nobody waits anywhere. */
const char *groups_state_wanted(const struct ui *ui);

bool groups_state_is_marked(const struct ui *ui, const char *user);
void groups_state_toggle_mark(struct ui *ui, const char *user);
void groups_state_mark_all(struct ui *ui, bool on);

#endif /* P2P_TUI_GROUPS_STATE_H */
