/* view: a screenful that answers one question; the functions each has. */
#ifndef P2P_TUI_VIEW_H
#define P2P_TUI_VIEW_H

#include <stdbool.h>

struct canvas;
struct ui;

struct view_ops {
    const char *name; /* as in ":view NAME" */

    /* Draw all but the two lowest rows. */
    void (*draw)(struct ui *ui, struct canvas *c);

    /* Moving about; false for keys that mean an action. */
    bool (*key)(struct ui *ui, int key);

    /* Which kind of thing has the focus (ACTION_CONTEXT... bits). */
    unsigned (*contexts)(const struct ui *ui);

    /* The model has changed: keep the choice on what is still there. */
    void (*update)(struct ui *ui);
};

#endif /* P2P_TUI_VIEW_H */
