/* hit: what a click means at a place of the screen. While a thing is drawn it
 * says which rectangle answers to the mouse (canvas_hit_...() in cell.h, one
 * line each); of those that cover a cell the last one counts, so what is drawn
 * on top also answers. A frame begins without any. Pure.
 */
#ifndef P2P_TUI_HIT_H
#define P2P_TUI_HIT_H

#include <stddef.h>

enum hit_kind {
    HIT_NOTHING, /* a surface: what lies below does not answer */
    HIT_KEY,     /* the same as pressing the key `target` */
    HIT_LIST,    /* row `row` of the view's list `target`; HIT_NO_ROW: only
                    the list, which takes the focus */
    HIT_MENU,    /* the title of the menu `target` */
    HIT_ENTRY,   /* entry `row` of the open menu */
    HIT_PART,    /* row `row` of the dialog's part `target` */
    HIT_BUTTON,  /* the dialog's button with the number `target` */
    HIT_WORD,    /* proposal `row` of the command line */
};

enum { HIT_NO_ROW = -1 };

/* What answers at a cell. */
struct hit {
    enum hit_kind kind;
    int target;
    int row;    /* counted on from the rectangle's first line */
    int column; /* from its left edge */
};

/* A rectangle of the screen: where it lies before and after it was clipped. */
struct hit_area {
    struct hit what;
    int x, y;                     /* of the unclipped corner */
    int left, top, right, bottom; /* the visible part, exclusive */
};

struct hits {
    struct hit_area *areas; /* owned */
    size_t count, room;
};

void hits_init(struct hits *h);
void hits_close(struct hits *h);
void hits_clear(struct hits *h); /* keeps the memory for the next frame */
void hits_add(struct hits *h, const struct hit_area *area);

/* What answers at (x, y); HIT_NOTHING when nothing does. */
struct hit hits_at(const struct hits *h, int x, int y);

#endif /* P2P_TUI_HIT_H */
