/* history: the lines typed before, oldest first. Lines with secrets must not
 * be added. */
#ifndef P2P_TUI_HISTORY_H
#define P2P_TUI_HISTORY_H

#include <stddef.h>

enum { HISTORY_LINES = 500 /* kept; about one screenful a day for a month */ };

struct history {
    char *lines[HISTORY_LINES]; /* owned */
    size_t count;
    size_t at; /* the line shown now; count: the new line */
};

void history_init(struct history *h);
void history_close(struct history *h);

/* Add a line, unless it is empty or the same as the newest, and leave
 * history. */
void history_add(struct history *h, const char *line);

/* One line older or newer; NULL at the ends ("newer" of the newest line gives
 * ""). */
const char *history_older(struct history *h);
const char *history_newer(struct history *h);

/* One line a line of the file. A file that cannot be read is no history. */
void history_load(struct history *h, const char *path);
int history_save(const struct history *h, const char *path);

#endif /* P2P_TUI_HISTORY_H */
