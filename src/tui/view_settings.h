/* view_settings: the sections of the settings, those of one section, and what
 * the chosen one means, where it comes from and how it is typed.
 */
#ifndef P2P_TUI_VIEW_SETTINGS_H
#define P2P_TUI_VIEW_SETTINGS_H

#include "tui/setting.h"
#include "tui/view.h"

extern const struct view_ops view_settings;

/* The chosen setting: one step on (1) or back (-1), or a dialog when it has to
 * be typed; and back to its default. */
void view_settings_change(struct ui *ui, int step);
void view_settings_default(struct ui *ui);

/* Go to this setting. */
void view_settings_choose(struct ui *ui, enum setting_id id);

#endif /* P2P_TUI_VIEW_SETTINGS_H */
