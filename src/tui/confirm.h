/* confirm: questions before what cannot be taken back. The safe button has the
 * focus, what was typed ahead does nothing, and consequences are said in
 * numbers.
 */
#ifndef P2P_TUI_CONFIRM_H
#define P2P_TUI_CONFIRM_H

#include <stdbool.h>
#include <stddef.h>

#include "msgq/command.h"

struct ui;

/* Does it ask about several files at once? */
bool confirm_wants(enum command_kind kind);

/* Ask, and send the commands, all of one kind, when the answer is yes. Takes
 * the commands, not the array. False: there is nothing to ask, and nothing
 * was taken. */
bool confirm_first(struct ui *ui, struct command *const *c, size_t count);

#endif /* P2P_TUI_CONFIRM_H */
