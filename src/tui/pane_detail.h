/* pane_detail: the parts of the detail view. */
#ifndef P2P_TUI_PANE_DETAIL_H
#define P2P_TUI_PANE_DETAIL_H

#include <stdbool.h>
#include <stddef.h>

struct canvas;
struct main_item;
struct ui;

/* How far it is, in two rows, three when there is a reason to tell; `wide`: in
 * three with hash and place. Returns the rows. */
int pane_detail_header_rows(const struct main_item *item, bool wide);
void pane_detail_header(const struct ui *ui, const struct main_item *item,
                        struct canvas *c, bool wide);

/* "dev_team, shared by bob" and the day. */
void pane_detail_origin(const struct ui *ui, const struct main_item *item,
                        bool wide, char *out, size_t size);

/* The table of peers, or `tight` lines of them without a header. */
void pane_detail_peers(struct ui *ui, struct canvas *c, bool tight);
/* The chosen peer's address and why it is slow; "" without one. */
void pane_detail_peer_note(const struct ui *ui, char *out, size_t size);

/* Pieces on their way, and the rates of the last two minutes. */
void pane_detail_arriving(const struct ui *ui, struct canvas *c);
void pane_detail_rates(const struct ui *ui, const struct main_item *item,
                       struct canvas *c);

#endif /* P2P_TUI_PANE_DETAIL_H */
