/* dial: resolve a name and connect, within one time limit. */
#ifndef P2P_NET_DIAL_H
#define P2P_NET_DIAL_H

#include <stdint.h>

struct dial;
struct loop;

enum { DIAL_TIMEOUT_MS = 10000 };

/* `fd` >= 0: connected and non-blocking, owned by the callee. Otherwise `fd`
 * is a P2P_E... code and `why` a sentence ("connect to 127.0.0.1:99: connection
 * refused"). Called once, never inside dial_start(). The dial is released
 * after the callback. */
typedef void (*dial_done_cb)(void *arg, int fd, const char *why);

/* Try every address of `host` in turn. `from` (NULL: any) is a local address
 * to bind to, without port. */
struct dial *dial_start(struct loop *l, const char *host, uint16_t port,
                        const char *from, dial_done_cb cb, void *arg);

/* Give up without a callback. */
void dial_cancel(struct dial *d);

#endif /* P2P_NET_DIAL_H */
