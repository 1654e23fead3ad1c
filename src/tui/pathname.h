/* pathname: what people type as a path, and its completion. */
#ifndef P2P_TUI_PATHNAME_H
#define P2P_TUI_PATHNAME_H

#include <stdbool.h>
#include <stddef.h>

/* `text` with "~" replaced by the home directory and made absolute; free(). */
char *pathname_absolute(const char *text);

/* The longest text that all entries beginning with `text` share, with "/"
 * behind a directory's name; free(). NULL when nothing matches. The number of
 * entries goes to `matches`, the first names, separated by two blanks, to
 * `list`. */
char *pathname_complete(const char *text, size_t *matches, char *list,
                        size_t list_size);

#endif /* P2P_TUI_PATHNAME_H */
