/* hit: what a click means at a place of the screen. While a thing is drawn it
 * says which rectangle answers to the mouse (canvas_hit_...() in cell.h, one
 * line each); of those that cover a cell the last one counts, so what is drawn
 * on top also answers. A frame begins without any. Pure.
 */
#ifndef P2P_TUI_HIT_H
#define P2P_TUI_HIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    int row;     /* counted on from the rectangle's first line */
    int column;  /* from its left edge */
    uint64_t id; /* whose row of a list it was when it was drawn; 0: nobody's */
};

/* A rectangle of the screen: where it lies before and after it was clipped. */
struct hit_area {
    struct hit what;
    int x, y;                     /* of the unclipped corner */
    int left, top, right, bottom; /* the visible part, exclusive */
    size_t first_id;              /* of its top line, in `ids` */
};

struct hits {
    struct hit_area *areas; /* owned */
    size_t count, room;
    uint64_t *ids; /* of the lines of lists, owned */
    size_t id_count;
};

void hits_init(struct hits *h);
void hits_close(struct hits *h);
void hits_clear(struct hits *h); /* keeps the memory for the next frame */
void hits_add(struct hits *h, const struct hit_area *area);

/* What tells a row from all others, made of texts that do (NULL is allowed):
 * begin with HIT_NO_ID. Never 0. */
enum { HIT_NO_ID = 0 };
uint64_t hit_id(uint64_t id, const char *text);

/* Who stands in row `row` of list `list` now; HIT_NO_ID: its place is all
 * there is, or there is no such row. */
typedef uint64_t (*hit_id_fn)(const void *arg, int list, int row);

/* The frame is complete: note who stands in the rows of its lists. */
void hits_identify(struct hits *h, hit_id_fn id, const void *arg);

/* The row where that one stands now, HIT_NO_ROW when it is gone. The list may
 * have changed since the frame was drawn. */
int hit_row_now(const struct hit *hit, hit_id_fn id, const void *arg);

/* What answers at (x, y); HIT_NOTHING when nothing does. */
struct hit hits_at(const struct hits *h, int x, int y);

#endif /* P2P_TUI_HIT_H */
