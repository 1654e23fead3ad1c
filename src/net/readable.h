/* readable: tells when a descriptor has something to read, on the loop's
 * thread. For descriptors that are no connections: inotify and the like.
 */
#ifndef P2P_NET_READABLE_H
#define P2P_NET_READABLE_H

#include <stdbool.h>

struct loop;
struct readable;

/* `cb` runs while `fd`, which stays the caller's, can be read. 0 or a code. */
int readable_new(struct loop *l, int fd, void (*cb)(void *arg), void *arg,
                 struct readable **out);

/* Off: `cb` does not run until it is on again. On when made. */
void readable_set(struct readable *r, bool on);

/* NULL is allowed; inside `cb` too. `fd` may be closed at once. */
void readable_free(struct readable *r);

#endif /* P2P_NET_READABLE_H */
