/* view: a screenful that answers one question; the functions each has.
 *
 * Exactly one view is shown. Each owns a state, made when the screen begins
 * and freed with it; the state of another view may be looked at, never
 * changed. Pointers into the model are valid until the next update().
 */
#ifndef P2P_TUI_VIEW_H
#define P2P_TUI_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "msgq/event.h"

struct canvas;
struct ui;

enum view_id {
    VIEW_MAIN,
    VIEW_TRANSFERS,
    VIEW_GROUPS,
    VIEW_CLUSTER,
    VIEW_LOG,
    VIEW_SETTINGS,
    VIEW_DETAIL, /* of one transfer */
    VIEW_COUNT
};

/* What an action without arguments is about. Borrowed; NULL or 0: nothing of
 * that kind is chosen. */
struct selection {
    const char *group;
    const char *name;    /* of an item of the group */
    const char *user;    /* a member, who asks to join, or who is connected */
    const char *tracker; /* its address */
    char peer;           /* letter of a connection */
};

/* Only `name`, `draw` and `contexts` are a must; NULL: the view has nothing of
 * the kind. */
struct view_ops {
    const char *name; /* as in ":view NAME" */
    bool for_copying; /* its text is selected: leave the mouse alone */

    void *(*make)(struct ui *ui); /* its ui->view_state */
    void (*free)(void *state);

    /* It is shown from now on, or no longer: say what is watched. */
    void (*enter)(struct ui *ui);
    void (*leave)(struct ui *ui);

    /* Draw all but the two lowest rows. */
    void (*draw)(struct ui *ui, struct canvas *c);

    /* Moving about; false for keys that mean an action. */
    bool (*key)(struct ui *ui, int key);

    /* A click on row `row` of list `list`, as the view itself said with
     * canvas_hit_rows() when it drew: give the list the
     * focus and choose the row. `row` is HIT_NO_ROW, or may be past the end of
     * the list: then only the focus moves. `column` counts from the left edge
     * of what was registered. A second click on the same row is KEY_RETURN,
     * the wheel is three arrow keys; both come to key(). NULL: no lists. */
    void (*click)(struct ui *ui, int list, int row, int column);

    /* Who stands in a row of the lists that click() knows (hit_id()); 0: no
     * such row, or its place is all there is. A click means whom it was made
     * on, also when the list has been sorted anew since. NULL: its places stay
     * what they are. */
    uint64_t (*row_id)(const struct ui *ui, int list, int row);

    /* Which kind of thing has the focus (ACTION_IN_... bits). */
    unsigned (*contexts)(const struct ui *ui);

    /* The model has changed: keep the choice on what is still there. Called
     * before any other function when that is so, and once after enter(). */
    void (*update)(struct ui *ui);

    /* What it shows is gone: go back to where it was opened. Asked before
     * update(). NULL: never. */
    bool (*is_over)(const struct ui *ui);

    void (*chosen)(const struct ui *ui, struct selection *out);

    /* The n-th marked thing (from 0); false after the last. */
    bool (*marked)(const struct ui *ui, unsigned n, struct selection *out);
    void (*unmark)(struct ui *ui);

    /* What "copy" means here: text of the chosen thing, or NULL. */
    const char *(*copied)(const struct ui *ui);

    /* A sentence for the line below, where nothing else is told; false when
     * there is none. */
    bool (*says)(const struct ui *ui, enum notice_level *level, char *out,
                 size_t size);

    void (*next_pane)(struct ui *ui, int step); /* 1 or -1 */
    void (*zoom)(struct ui *ui);                /* this pane alone, or all */

    /* Go to the next (step 1) or previous (-1) row with `text` in it,
     * whatever its case; false when there is none. */
    bool (*find)(struct ui *ui, const char *text, int step);

    /* Show only rows with `text` in them; NULL: all again. */
    void (*filter)(struct ui *ui, const char *text);
    const char *(*filtered)(const struct ui *ui); /* NULL: all are shown */

    /* Sorting: the n-th column's translated name, NULL after the last. */
    const char *(*column)(const struct ui *ui, int n);
    int (*sorted)(const struct ui *ui, bool *reverse);
    void (*sort)(struct ui *ui, int column, bool reverse);
};

#endif /* P2P_TUI_VIEW_H */
