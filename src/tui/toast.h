/* toast: which notice the status line shows, and for how long. Pure. */
#ifndef P2P_TUI_TOAST_H
#define P2P_TUI_TOAST_H

#include <stdbool.h>
#include <stdint.h>

#include "msgq/event.h"

enum {
    TOAST_LEAST_MS = 2000,    /* before a newer one takes the place */
    TOAST_INFO_MS = 6000,     /* information stays */
    TOAST_WARNING_MS = 15000, /* warnings and questions stay */
};

struct toast {
    char *text; /* owned; NULL: nothing is shown */
    enum notice_level level;
    int64_t time;     /* seconds since 1970 */
    int64_t shown_ms; /* since when it is shown */
    char *next;       /* owned; waits for its turn */
    enum notice_level next_level;
    int64_t next_time;
    int64_t info_ms; /* information stays; 0: TOAST_INFO_MS */
    unsigned missed; /* came between this one and the one before */
    unsigned waiting;
};

void toast_init(struct toast *t);
void toast_close(struct toast *t);
void toast_add(struct toast *t, enum notice_level level, int64_t time,
               const char *text, int64_t now_ms);

/* A key was pressed: what is shown has been seen. An error goes, and nothing
 * else is in the way of what comes next. True when something changed. */
bool toast_seen(struct toast *t, int64_t now_ms);

/* Let time pass. True when something changed. */
bool toast_tick(struct toast *t, int64_t now_ms);

/* When toast_tick() is due next, or -1. */
int64_t toast_due_ms(const struct toast *t);

#endif /* P2P_TUI_TOAST_H */
