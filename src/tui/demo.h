/* demo: plays a recording to the screen in the place of an engine: nothing is
 * sent anywhere. Commands get the answers that were recorded for them.
 */
#ifndef P2P_TUI_DEMO_H
#define P2P_TUI_DEMO_H

#include <stdint.h>

struct demo; /* Opaque; defined in demo.c. */
struct err;
struct link;

/* Read `path` and start a thread that posts to `link`, each event at its time.
 * `now` is set to the time of the recording, seconds since 1970. 0, or a code
 * with file, line and reason in `e`. On 0 release with demo_free(). */
int demo_start(const char *path, struct link *link, struct demo **out,
               int64_t *now, struct err *e);

/* Ends the thread. NULL is allowed. */
void demo_free(struct demo *d);

#endif /* P2P_TUI_DEMO_H */
