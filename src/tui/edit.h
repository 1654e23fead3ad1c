/* edit: one line of text being typed, with a moving window on it.
 *
 * The text lies in one fixed place, so that a secret is never left behind in
 * freed memory; edit_close() wipes it.
 */
#ifndef P2P_TUI_EDIT_H
#define P2P_TUI_EDIT_H

#include <stdbool.h>
#include <stddef.h>

struct canvas;

enum { EDIT_MAX = 4096 /* bytes; the longest path is shorter */ };

struct edit {
    char text[EDIT_MAX + 1]; /* UTF-8 */
    size_t length, cursor;   /* bytes */
    size_t max;              /* bytes accepted */
    size_t left;             /* first byte shown */
    bool secret;             /* shown as dots */
    bool revealed;           /* a secret that is shown for a while */
};

/* At most `max` bytes are accepted (0: EDIT_MAX). */
void edit_init(struct edit *e, size_t max, bool secret);
void edit_close(struct edit *e);

/* Replace the text (cut at the limit); the cursor goes behind it. */
void edit_set(struct edit *e, const char *text);

/* Insert at the cursor; newlines and what must not be shown are left out.
 * What does not fit is refused as a whole and false is returned. */
bool edit_insert(struct edit *e, const char *text);

/* Returns false for keys that do not edit. */
bool edit_key(struct edit *e, int key);

/* Draw in `width` columns; with `focused` the cursor is put there. */
void edit_draw(struct edit *e, struct canvas *c, int x, int y, int width,
               bool focused);

#endif /* P2P_TUI_EDIT_H */
