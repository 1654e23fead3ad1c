/* list: where one is in a list of rows, and how keys move there. Pure. */
#ifndef P2P_TUI_LIST_H
#define P2P_TUI_LIST_H

#include <stdbool.h>

struct list {
    int row;  /* chosen; -1 only when the list is empty */
    int top;  /* first row shown */
    int page; /* rows shown when it was last drawn */
};

/* Keep the row within `count` rows. */
void list_clamp(struct list *l, int count);

/* `room` rows are drawn: scroll so that the chosen one is among them. */
void list_scroll(struct list *l, int count, int room);

/* Arrows, j k, PgUp PgDn, g G, Home End; false for other keys. */
bool list_key(struct list *l, int key, int count);

/* A click on `row`, if there is one. */
void list_click(struct list *l, int row, int count);

/* Does `text` (NULL allowed) contain `wanted`, whatever the case of both? */
bool list_matches(const char *text, const char *wanted);

#endif /* P2P_TUI_LIST_H */
