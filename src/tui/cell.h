/* cell: the screen as a table of character cells, and clipped windows on it.
 *
 * Everything is drawn here first; the terminal only shows it. Text from other
 * people is made safe on the way in: no control, bidi or invalid character
 * ever gets into a cell.
 */
#ifndef P2P_TUI_CELL_H
#define P2P_TUI_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/glyph.h"
#include "tui/hit.h"
#include "tui/theme.h"

enum {
    CELL_MARKS = 2,       /* combining marks a cell keeps */
    CELL_SIDE_MAX = 2000, /* columns or rows; beyond any real terminal */
};

struct cell {
    uint32_t character;
    uint32_t marks[CELL_MARKS]; /* combining marks, 0 when unused */
    uint8_t width;              /* 1, 2, or 0 for the right half of a 2 */
    uint8_t role;               /* enum theme_role */
    uint8_t attributes;         /* THEME_... on top of the role's own */
};

/* A screen. The cells of row y start at cells[y * width]. */
struct cells {
    int width, height;
    struct cell *cells;     /* owned */
    int cursor_x, cursor_y; /* where the focus is */
    bool cursor_shown;      /* a text is being typed there */
    struct hits hits;       /* what answers to the mouse */
};

void cells_init(struct cells *c);
void cells_close(struct cells *c);

/* Make it `width` x `height` (clamped to 1..CELL_SIDE_MAX) and blank; nothing
 * answers to the mouse. */
void cells_resize(struct cells *c, int width, int height);
const struct cell *cells_at(const struct cells *c, int x, int y);

/* The whole screen as UTF-8 text, a line a row; free() it. For tests. */
char *cells_text(const struct cells *c);

/* A window on the screen: drawing is relative to it and cut at its edges. */
struct canvas {
    struct cells *cells;
    int x, y;          /* of its top left corner on the screen */
    int width, height; /* as the owner sees it; may reach past the clip */
    int clip_left, clip_top, clip_right, clip_bottom; /* screen, exclusive */
    enum glyph_tier tier;
    bool frameless; /* frames stay blank */
};

struct canvas canvas_all(struct cells *c, enum glyph_tier tier);
struct canvas canvas_inside(const struct canvas *c, int x, int y, int width,
                            int height);
void canvas_clear(struct canvas *c);

/* Put one character or sign of one column. */
void canvas_put(struct canvas *c, int x, int y, uint32_t character,
                enum theme_role role);
void canvas_sign(struct canvas *c, int x, int y, enum glyph sign,
                 enum theme_role role);

/* Write UTF-8 text from column `x`, at most `room` columns; returns how many
 * it took. What must not be shown becomes GLYPH_UNKNOWN. */
int canvas_text(struct canvas *c, int x, int y, int room, enum theme_role role,
                const char *text);

/* Add attributes to cells of a row. */
void canvas_highlight(struct canvas *c, int x, int y, int width,
                      unsigned attributes);

/* Put the terminal's cursor here; the last call of a frame counts. */
void canvas_cursor(struct canvas *c, int x, int y, bool shown);

/* The rectangle answers to the mouse; see hit.h for what it can mean. */
void canvas_hit(struct canvas *c, int x, int y, int width, int height,
                enum hit_kind kind, int target, int row);

/* The words of a key: a click on them presses it. KEY_NONE: nothing. */
void canvas_hit_key(struct canvas *c, int x, int y, int width, int key);

/* Lines of the view's list `list`, the first being row `first`. A click goes
 * to the click function of the view. */
void canvas_hit_rows(struct canvas *c, int x, int y, int width, int height,
                     int list, int first);

/* All of the canvas covers what lies below it. */
void canvas_hit_nothing(struct canvas *c);

/* Columns that canvas_text() would use for the first `length` bytes. */
int cell_text_width(const char *text, size_t length);

/* Read one character of foreign text: its bytes, the character to show (0
 * for what must not be shown) and its columns (0 for a combining mark). */
size_t cell_next(const char *text, size_t length, uint32_t *character,
                 int *width);

#endif /* P2P_TUI_CELL_H */
