/* term: the terminal: its size, its modes, its keys, and cells put on it. The
 * only file that knows curses. One terminal a process, on standard input and
 * output.
 *
 * Whatever ends the program, a signal, a crash or the want of memory, the
 * terminal gets its modes back first.
 */
#ifndef P2P_TUI_TERM_H
#define P2P_TUI_TERM_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/theme.h"

struct cells;
struct err;
struct terminal; /* Opaque; defined in term.c. */

/* What signals asked for since the last question. */
enum term_wish {
    TERM_RESIZED = 1,
    TERM_SUSPEND = 2,   /* SIGTSTP */
    TERM_CONTINUED = 4, /* SIGCONT after a stop that was not ours */
    TERM_LEAVE = 8,     /* SIGTERM, SIGHUP, SIGINT */
};

enum term_kind {
    TERM_NOTHING,
    TERM_KEY,
    TERM_PASTE,
    TERM_CLICK, /* at x, y */
    TERM_WHEEL, /* a turn there: key is KEY_ARROW_UP or KEY_ARROW_DOWN */
    TERM_FOCUS, /* key: 1 it has the focus, 0 no longer */
    TERM_GONE
};

struct term_input {
    enum term_kind kind;
    int key;
    const char *text; /* pasted; valid until the next call */
    int x, y;
};

/* Take the terminal over. P2P_ENOTSUP with a sentence when TERM is unknown or
 * the terminal cannot move its cursor. */
int term_open(bool mouse, struct terminal **out, struct err *e);
void term_close(struct terminal *t);

/* Say so on descriptor `fd`, after the terminal is restored, should the
 * program crash; `log_path` (NULL: none) is where more may stand. */
void term_on_crash(int fd, const char *log_path);

/* How many colours it has; 0: none. */
int term_colors(const struct terminal *t);

/* Show roles like this from now on, at any time. */
void term_set_style(struct terminal *t, const struct theme_style *style);

void term_size(const struct terminal *t, int *width, int *height);

/* Readable when a signal came; ask term_wishes() then. */
int term_signal_fd(const struct terminal *t);
unsigned term_wishes(struct terminal *t);

/* Take the new size over. */
void term_resize(struct terminal *t);

void term_show(struct terminal *t, const struct cells *c);
void term_repaint(
    struct terminal *t); /* the next term_show() draws everything */

/* The next key; TERM_NOTHING when all have been read. */
struct term_input term_read(struct terminal *t);

/* Let another program have the terminal; take it back with term_continue(). */
void term_lend(struct terminal *t);

/* Give the terminal back, stop this process, and take it over again. */
void term_suspend(struct terminal *t);
void term_continue(struct terminal *t); /* after somebody else's stop */

/* Bytes beside what curses draws. */
void term_send(struct terminal *t, const char *sequence);

/* The same for a title: the one before comes back at the end. */
void term_send_title(struct terminal *t, const char *sequence);

bool term_has_mouse(const struct terminal *t);
void term_set_mouse(struct terminal *t, bool on);

#endif /* P2P_TUI_TERM_H */
