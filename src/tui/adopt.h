/* adopt: settings take effect. What is not here is read where it matters, with
 * settings_on() and its like.
 */
#ifndef P2P_TUI_ADOPT_H
#define P2P_TUI_ADOPT_H

#include <stdbool.h>

#include "tui/setting.h"

struct ui;

/* What the whole process shares: units, clock, log. NULL: what is built in. */
void adopt_everywhere(const struct settings *s);

/* And what the screen shows, which is drawn anew. `begins`: for the first
 * time; the characters are chosen already. */
void adopt_on_screen(struct ui *ui, bool begins);

/* Change a setting as the user wishes (NULL: its default), adopt it, and say
 * what has become of it. False when `text` is no value for it. */
bool adopt_change(struct ui *ui, enum setting_id id, const char *text);

/* The file was edited: read it again, adopt it, and say so. */
void adopt_file(struct ui *ui);

#endif /* P2P_TUI_ADOPT_H */
