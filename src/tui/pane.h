/* pane: the parts of the main view; each draws itself into what it is given
 * and says what stands in its frame.
 */
#ifndef P2P_TUI_PANE_H
#define P2P_TUI_PANE_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/cell.h"

struct main_item;
struct ui;

enum { PANE_TEXT_MAX = 320 /* bytes of a title */ };

/* What stands in the frame of a pane. */
struct pane_title {
    char more[PANE_TEXT_MAX];
    char right[PANE_TEXT_MAX];
};

void pane_groups_draw(struct ui *ui, struct canvas *c, bool focused);
void pane_groups_title(const struct ui *ui, bool wide, struct pane_title *t);

/* With `tight`, one short line a file without a header. */
void pane_files_draw(struct ui *ui, struct canvas *c, bool focused, bool tight);
void pane_files_title(const struct ui *ui, bool wide, struct pane_title *t);

void pane_pieces_draw(struct ui *ui, struct canvas *c, bool focused);
void pane_pieces_title(const struct ui *ui, bool wide, struct pane_title *t);
/* The map alone, from edge to edge. */
void pane_pieces_strip(struct ui *ui, struct canvas *c);
/* "416 of 670 MiB  30 s left  from 6 peers". */
void pane_pieces_summary(const struct ui *ui, char *out, size_t size);

void pane_peers_draw(struct ui *ui, struct canvas *c, bool focused);
void pane_peers_title(const struct ui *ui, bool wide, struct pane_title *t);

/* What can be said of a file whose pieces are not known here, from row `y`. */
void pane_about_draw(const struct main_item *item, struct canvas *c, int y);

/* Of one file in very little room: a bar and a line, or only a word. NULL is
 * allowed for the latter. */
void pane_small_draw(const struct main_item *item, struct canvas *c);
void pane_tiny_draw(const struct main_item *item, struct canvas *c);

/* "3/3 up" at the right of the line of tabs; returns where it begins. */
int pane_trackers_draw(const struct ui *ui, struct canvas *c);

void pane_activity_draw(struct ui *ui, struct canvas *c);

#endif /* P2P_TUI_PANE_H */
