/* piecemap: the map of an item's pieces in a rectangle, with a cursor, zoom
 * and four ways to look at it. One for every place where pieces are shown.
 */
#ifndef P2P_TUI_PIECEMAP_H
#define P2P_TUI_PIECEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/grid.h"

struct canvas;
struct event_pieces;
struct rows;

enum { PIECEMAP_ZOOMS = 12 /* one into the other; a million needs six */ };

struct piecemap {
    enum grid_kind kind;
    uint32_t cursor; /* a piece; its cell is the chosen one */
    bool has_moved;  /* the cursor, since it was put at the start */
    struct {
        uint32_t first, count; /* pieces */
    } zooms[PIECEMAP_ZOOMS];
    int depth; /* of zooms in use; 0: the whole item is shown */
    /* As drawn last. */
    uint32_t pieces, first, count;       /* of the item; shown */
    uint32_t cells, columns;             /* cells in a row */
    int cell_columns, cell_rows, gutter; /* of the screen */
};

/* Another item: the whole of it, cursor at the start; the kind stays. */
void piecemap_reset(struct piecemap *m);

/* Draw the map of `p` with the numbers of pieces in the first `gutter` columns
 * (0: without). `list` is what clicks name. */
void piecemap_draw(struct piecemap *m, const struct event_pieces *p,
                   struct canvas *c, int gutter, bool focused, int list);

/* Arrows, h j k l, Home, End, g, G; false for other keys. */
bool piecemap_key(struct piecemap *m, int key);
void piecemap_click(struct piecemap *m, int row, int column);

/* Show the row of the cursor in the whole map, or what was shown before. False
 * when there is nothing (more) to see. */
bool piecemap_zoom_in(struct piecemap *m);
bool piecemap_zoom_out(struct piecemap *m);

/* The next kind, or the one with this word ("state", "copies", ...). */
void piecemap_turn(struct piecemap *m);
bool piecemap_choose(struct piecemap *m, const char *word);
const char *piecemap_word(int n); /* NULL after the last */

/* "State", "Copies in the swarm", ... translated. */
const char *piecemap_title(const struct piecemap *m);

/* "1 cell = 4 or 5 pieces"; "pieces 1,059-1,100" in front when zoomed. */
void piecemap_scale(const struct piecemap *m, char *out, size_t size);

/* The chosen cell in a sentence; a screen reader hears it. `peers` (rows of
 * peers) tells names of letters. */
void piecemap_describe(const struct piecemap *m, const struct event_pieces *p,
                       const struct rows *peers, char *out, size_t size);

/* Signs of this kind and their meaning in one row, as many as fit. */
void piecemap_legend(const struct piecemap *m, struct canvas *c, int x, int y);

/* A few cells in a row of a list: shades of `p`, or a bar of how much is here
 * when that is NULL. */
void piecemap_strip(struct canvas *c, int x, int y, int width,
                    const struct event_pieces *p, uint64_t have, uint64_t size);

#endif /* P2P_TUI_PIECEMAP_H */
