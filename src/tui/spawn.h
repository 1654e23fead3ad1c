/* spawn: start a program that goes on by itself, and is not waited for. */
#ifndef P2P_TUI_SPAWN_H
#define P2P_TUI_SPAWN_H

#include <stdbool.h>

/* Is there such a program in PATH? */
bool spawn_exists(const char *program);

/* Run `arguments` (the first names the program, NULL ends them) with `input`
 * (NULL: nothing) on its standard input and no output. False when it could not
 * even be begun. */
bool spawn_detached(char *const arguments[], const char *input);

#endif /* P2P_TUI_SPAWN_H */
