/* perform_screen: actions of the screen itself, which are no command of the
 * engine: going about, looking for something, settings, copying, help.
 */
#ifndef P2P_TUI_PERFORM_SCREEN_H
#define P2P_TUI_PERFORM_SCREEN_H

struct action;
struct command;
struct ui;

/* Why the shown view cannot do it; NULL: it can. */
const char *perform_screen_why_not(const struct ui *ui, const struct action *a);

/* Do it. `c` has the words that were typed; NULL: it comes from a key or the
 * menu, and what is missing is asked for. */
void perform_screen_action(struct ui *ui, const struct action *a,
                           const struct command *c);

#endif /* P2P_TUI_PERFORM_SCREEN_H */
