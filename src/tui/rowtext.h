/* rowtext: rows of an answer as lines of a list, in columns. */
#ifndef P2P_TUI_ROWTEXT_H
#define P2P_TUI_ROWTEXT_H

#include <stddef.h>
#include <stdint.h>

struct rows;

enum { ROWTEXT_VALUE = 20 /* column where the value of a field begins */ };

/* The titles of the columns, or NULL where they say themselves; free(). */
char *rowtext_header(const struct rows *r);

/* Row `i` as one line; `now` is the time that "today" means; free(). */
char *rowtext_line(const struct rows *r, size_t i, int64_t now);

/* What I am in a group, translated. */
const char *rowtext_role(int role);

#endif /* P2P_TUI_ROWTEXT_H */
