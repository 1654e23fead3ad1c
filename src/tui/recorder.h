/* recorder: keeps what the engine tells the screen in a file, for demo. */
#ifndef P2P_TUI_RECORDER_H
#define P2P_TUI_RECORDER_H

#include <stdint.h>

#include "msgq/command.h"

struct err;
struct event;
struct recorder; /* Opaque; defined in recorder.c. */

/* Make the file `path`, mode 0600: names of people and files are in it. 0, or
 * a code with the reason in `e`; then release with recorder_free(). */
int recorder_new(const char *path, int64_t now, int64_t now_ms,
                 struct recorder **out, struct err *e);
void recorder_free(struct recorder *r); /* NULL is allowed. */

/* One event, and for a reply what was asked. A disk that is full ends the
 * recording with a notice in the log. */
void recorder_add(struct recorder *r, int64_t now_ms, const struct event *e,
                  enum command_kind asked);

#endif /* P2P_TUI_RECORDER_H */
