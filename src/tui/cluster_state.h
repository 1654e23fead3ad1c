/* cluster_state: what the view of the trackers lists, what is chosen in it,
 * and what follows from all rows together.
 */
#ifndef P2P_TUI_CLUSTER_STATE_H
#define P2P_TUI_CLUSTER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "msgq/rows.h"
#include "tui/list.h"

struct model_notice;
struct ui;

enum cluster_pane {
    CLUSTER_TRACKERS,
    CLUSTER_REQUESTS,
    CLUSTER_HOLD,
    CLUSTER_EVENTS,
    CLUSTER_PANES
};

/* A tracker that catches up: how much it had to, and since when. */
struct cluster_backlog {
    char *address;
    int64_t most;    /* entries it was behind at the worst; 0: it is not */
    int64_t most_ms; /* when that was */
};

/* Rows are borrowed from the model and valid until it changes. */
struct cluster_view {
    enum cluster_pane focus;
    bool alone;    /* only the pane with the focus is shown */
    bool is_small; /* there is room for two lists alone, as last drawn */
    char *filter;  /* only trackers with it are listed; NULL: all */
    char *tracker; /* address of the chosen one; NULL: none */
    char *copied;  /* what "copy" gave last */
    struct list lists[CLUSTER_PANES];
    const struct row_tracker **trackers;
    int *events; /* model_notice() numbers about trackers, newest first */
    int counts[CLUSTER_PANES];
    struct cluster_backlog *backlogs;
    int backlog_count;
};

/* What all trackers together say. */
struct cluster_facts {
    unsigned total, up; /* of the list; connected */
    unsigned needed;    /* of replicated ones, for a change */
    bool replicated;    /* one log for all, or each stands alone */
    bool agree;         /* all are up and hold the same log */
    bool behind;        /* one has entries to catch up with */
    int64_t term, log;  /* the highest that is known; -1 */
    const struct row_tracker *leader; /* NULL: not known */
    const struct row_tracker *down;   /* the first that is away, or NULL */
};

struct cluster_view *cluster_state_new(void);
void cluster_state_free(struct cluster_view *v);
struct cluster_view *cluster_state(const struct ui *ui);

/* The model has changed: rebuild the lists, keep what is chosen. */
void cluster_state_update(struct ui *ui);

/* The list that arrow keys move: of trackers, or of events. */
enum cluster_pane cluster_state_list(const struct cluster_view *v);

/* A key has moved the trackers: what its row says is chosen now. */
void cluster_state_follow(struct ui *ui);

/* The chosen one, NULL without any. */
const struct row_tracker *cluster_state_tracker(const struct ui *ui);

/* The row of an address, NULL when there is none. */
const struct row_tracker *cluster_find(const struct ui *ui,
                                       const char *address);

struct cluster_facts cluster_facts(const struct ui *ui);

/* Whose figures stand for what is held: of replicated trackers one that knows,
 * else the chosen one. NULL: nobody's. */
const struct row_tracker *cluster_source(const struct ui *ui);

/* How far a tracker is that catches up, NULL when it does not. */
const struct cluster_backlog *cluster_backlog(const struct ui *ui,
                                              const struct row_tracker *t);

/* Is this about a tracker? */
bool cluster_is_event(const struct model_notice *n);

#endif /* P2P_TUI_CLUSTER_STATE_H */
