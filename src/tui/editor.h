/* editor: programs of the user's on the terminal that this process has lent to
 * them: the editor on a file, and the manual.
 */
#ifndef P2P_TUI_EDITOR_H
#define P2P_TUI_EDITOR_H

struct err;

/* Run $VISUAL, $EDITOR or vi and wait for its end. Its keys for interrupt and
 * stop are not for us meanwhile: Ctrl-C does nothing here, Ctrl-Z stops both. A
 * code with a sentence when it could not be started. */
int editor_run(const char *path, struct err *e);

/* The same for man(1) with the page of p2ptui. */
int editor_manual(struct err *e);

#endif /* P2P_TUI_EDITOR_H */
