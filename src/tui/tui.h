/* tui: the full screen. Runs on the calling thread until the user leaves. */
#ifndef P2P_TUI_TUI_H
#define P2P_TUI_TUI_H

#include "tui/setup.h"

struct err;
struct link;

/* Take the terminal over and run. Signals must be unblocked in this thread
 * and blocked in all others. The locale is set.
 *
 * Returns 0 when the user left or a signal asked for it; COMMAND_QUIT has been
 * sent by then (unless no engine was ever started), so the caller only waits
 * for the engine. A negative code with a sentence in `e` when the terminal
 * cannot be used; then nothing was sent. */
int tui_run(struct link *link, const struct tui_setup *setup, struct err *e);

#endif /* P2P_TUI_TUI_H */
