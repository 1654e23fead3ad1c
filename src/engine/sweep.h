/* sweep: closes data files that nobody used for a while, so that idle items
 * hold no descriptors. A timer runs only while some are open.
 */
#ifndef P2P_ENGINE_SWEEP_H
#define P2P_ENGINE_SWEEP_H

#include <stdint.h>

struct disk_port;
struct loop;
struct sweep;

enum { SWEEP_MS = 60000 };

/* `interval_ms` is SWEEP_MS, or less in tests. */
struct sweep *sweep_new(struct loop *l, struct disk_port *port,
                        int64_t interval_ms);

/* Files may have been opened: look after the interval, and again until none is
 * left. Costs nothing when that is due already. */
void sweep_soon(struct sweep *s);

/* A job under way goes on alone. NULL is allowed. */
void sweep_free(struct sweep *s);

#endif /* P2P_ENGINE_SWEEP_H */
