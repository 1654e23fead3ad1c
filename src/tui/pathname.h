/* pathname: what people type as a path, and its completion. */
#ifndef P2P_TUI_PATHNAME_H
#define P2P_TUI_PATHNAME_H

#include <stdbool.h>
#include <stddef.h>

/* `text` with "~" replaced by the home directory and made absolute; free(). */
char *pathname_absolute(const char *text);

enum { PATHNAME_LIST = 64 /* proposals kept; a screen shows fewer */ };

struct pathname_list {
    char *names[PATHNAME_LIST]; /* sorted, "/" behind directories */
    size_t count;               /* of these */
    size_t matches;             /* of all entries that fit */
    char *common; /* the longest text that all of them begin with, from the
                     start of what was typed; NULL when nothing matches */
};

/* What may follow `text`, the beginning of a path. */
void pathname_complete(const char *text, struct pathname_list *out);
void pathname_list_close(struct pathname_list *l);

#endif /* P2P_TUI_PATHNAME_H */
