/* setting_store: changing settings while the program runs, and keeping them in
 * the user's file.
 */
#ifndef P2P_TUI_SETTING_STORE_H
#define P2P_TUI_SETTING_STORE_H

#include "tui/setting.h"

struct err;

/* Change a setting, as the user wishes it now; NULL gives it back its default.
 *
 * 0: it has changed, and the file says so. P2P_EUSAGE: `text` is no value for
 * it; nothing has changed. Any other code: it has changed for this run, but
 * the file could not be written, for the reason in `e`. */
int setting_store(struct settings *s, enum setting_id id, const char *text,
                  struct err *e);

/* Read the user's file again, after somebody has edited it. A code with file,
 * line and reason, and nothing changed, when it has a mistake. */
int setting_store_reload(struct settings *s, struct err *e);

/* The user's file as people write it: "~/.config/p2ptui/p2ptui.conf"; free().
 * NULL when there is none. */
char *setting_store_path(const struct settings *s);

#endif /* P2P_TUI_SETTING_STORE_H */
