/* listener: accept TCP connections with limits. */
#ifndef P2P_NET_LISTENER_H
#define P2P_NET_LISTENER_H

#include <stdint.h>

struct listener;
struct loop;
struct err;

/* Called with a connected, non-blocking descriptor that the callee owns and
 * the peer's address without port ("127.0.0.1"). */
typedef void (*listener_accept_cb)(void *arg, int fd, const char *address);

/* Listen on host ("" = all addresses, v6 and v4) and port (0 = a free one).
 * When descriptors run out accepting pauses for a second, with a log line,
 * instead of spinning. P2P_EBUSY when the port is taken, with a reason in e. */
int listener_new(struct loop *l, const char *host, uint16_t port,
                 listener_accept_cb cb, void *arg, struct listener **out,
                 struct err *e);
uint16_t listener_port(const struct listener *s);

/* The address it is bound to ("127.0.0.1", "::" for all). */
const char *listener_host(const struct listener *s);
void listener_free(struct listener *s); /* NULL is allowed. */

#endif /* P2P_NET_LISTENER_H */
