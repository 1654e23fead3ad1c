/* outside: what the screen tells the terminal beside its cells: the title of
 * the window, text to copy, and calls when somebody waits or something failed.
 * As the settings say; on the screen's thread.
 */
#ifndef P2P_TUI_OUTSIDE_H
#define P2P_TUI_OUTSIDE_H

#include <stdbool.h>
#include <stdint.h>

struct settings;
struct terminal;
struct ui;

enum {
    OUTSIDE_TITLE_MS = 1000, /* between two titles, at least */
    OUTSIDE_AWAY_MS = 60000, /* no key for so long: nobody looks, when the
                                terminal does not say */
};

enum outside_focus { FOCUS_UNKNOWN, FOCUS_HERE, FOCUS_ELSEWHERE };

struct outside {
    struct terminal *term;
    const struct settings *settings; /* NULL: all built in */
    char *title;                     /* owned; shown now; NULL: none yet */
    char *next_title;                /* owned; waits for its time */
    int64_t title_ms;                /* when the last one was sent */
    int64_t key_ms;                  /* of the last key; 0: none yet */
    enum outside_focus focus;
};

void outside_init(struct outside *o, struct terminal *term,
                  const struct settings *settings);
void outside_close(struct outside *o);

/* A frame was drawn: title, wishes to copy and calls of `ui` are followed. */
void outside_follow(struct outside *o, struct ui *ui);

/* When a title is due, or -1; outside_tick() sends it. */
int64_t outside_due_ms(const struct outside *o);
void outside_tick(struct outside *o, int64_t now_ms);

/* Whether anybody looks. */
void outside_key(struct outside *o, int64_t now_ms);
void outside_focus(struct outside *o, bool here);

/* What the title says: what is loaded, and how far. free(). */
char *outside_make_title(const struct ui *ui);

#endif /* P2P_TUI_OUTSIDE_H */
