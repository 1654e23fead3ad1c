/* grid: the map of an item's pieces, one algorithm from 1 to millions. Pure.
 *
 * Cell i of C shows pieces [i*N/C, (i+1)*N/C): every piece is in exactly one
 * cell, and a cell says how much of its pieces is here.
 */
#ifndef P2P_TUI_GRID_H
#define P2P_TUI_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/glyph.h"
#include "tui/theme.h"

struct event_pieces; /* msgq/event.h */
struct event_piece_arriving;

enum grid_kind {
    GRID_STATE,   /* how much is here, what arrives and from whom */
    GRID_COPIES,  /* how many peers hold the rarest missing piece */
    GRID_SOURCES, /* who gave most of it */
    GRID_PERCENT, /* tens of percent: reads well in speech and braille */
    GRID_KINDS
};

struct grid_cell {
    uint32_t character; /* 0: `sign` is shown */
    enum glyph sign;
    enum theme_role role;
};

/* What one cell stands for. */
struct grid_span {
    uint32_t first, last; /* pieces, inclusive */
    uint32_t have;
    int copies;    /* of the rarest missing piece; -1: none is missing, or
                      copies are not known */
    uint8_t giver; /* letter of who gave most, '.', or 0 */
};

/* How many cells are used for `count` pieces when there is room for `room`. */
uint32_t grid_cell_count(uint32_t count, uint32_t room);

/* The cell that shows a piece, or `cells` when it is outside. */
uint32_t grid_cell_of(uint32_t piece, uint32_t first, uint32_t count,
                      uint32_t cells);

/* One piece, to be drawn larger than a cell. */
struct grid_piece {
    bool is_here, is_bad;
    uint32_t done, total; /* blocks, while it is being loaded; else 0 */
};
void grid_piece(const struct event_pieces *p, uint32_t piece,
                struct grid_piece *out);

/* All blocks are here and are being checked. */
bool grid_is_checked(const struct event_piece_arriving *a);

/* Pieces of which blocks are missing and asked for. */
uint32_t grid_arriving(const struct event_pieces *p);

/* Fill `cells` cells for pieces [first, first + count) of `p`; cells must not
 * be 0 nor more than count. */
void grid_build(const struct event_pieces *p, uint32_t first, uint32_t count,
                enum grid_kind kind, struct grid_cell *out, uint32_t cells);

/* Cell `index` of the same picture in numbers. */
void grid_describe(const struct event_pieces *p, uint32_t first, uint32_t count,
                   uint32_t cells, uint32_t index, struct grid_span *out);

#endif /* P2P_TUI_GRID_H */
