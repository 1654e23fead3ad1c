/* files: directories that exist only for a test, for the file browser. */
#ifndef P2P_TESTS_TUI_FILES_H
#define P2P_TESTS_TUI_FILES_H

#include <stddef.h>

struct browser_source;

enum { FILES_HUGE = 100000 /* entries of /huge */ };

/* /home/alice with Public and films, /huge, /gone (cannot be opened), and
 * /broken (fails after its first entries). */
extern const struct browser_source files_source;

/* Entries given in one slice from now on; 0: as many as are asked for. */
void files_slice(int entries);
int files_open_count(void); /* listings that are not closed */

#endif /* P2P_TESTS_TUI_FILES_H */
