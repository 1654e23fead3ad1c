/* views: which views there are, and going from one to another. */
#ifndef P2P_TUI_VIEWS_H
#define P2P_TUI_VIEWS_H

#include "tui/view.h"

void views_make(struct ui *ui); /* all of them; the main view is shown */
void views_free(struct ui *ui);

/* Show this view; q and Esc lead back to the one before. */
void views_show(struct ui *ui, enum view_id id);

/* Back to where this view was opened; false in the main view. */
bool views_back(struct ui *ui);

/* By its name; false when there is none. */
bool views_show_name(struct ui *ui, const char *name);

/* The n-th name (from 0) for completion, NULL after the last. */
const char *views_name(int n);

/* What an action without arguments is about. Where the view has chosen no
 * group, it is the one chosen in the main view. */
void views_chosen(const struct ui *ui, struct selection *out);

/* The n-th marked thing (from 0); false after the last. */
bool views_marked(const struct ui *ui, unsigned n, struct selection *out);

/* The model has changed since the last call: let the views look. */
void views_update(struct ui *ui);

#endif /* P2P_TUI_VIEWS_H */
