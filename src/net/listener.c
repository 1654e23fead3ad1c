#include "config.h"

#include "net/listener.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "net/address.h"
#include "net/internal.h"
#include "net/loop.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

/* Happy path: listener_new binds and listens; each readable event accepts what
 * waits, at most LISTENER_BATCH a turn, and hands the descriptors over.
 * Failure: out of descriptors or memory. The spare descriptor is given up to
 * accept and close the first waiting connection (its owner sees an end instead
 * of silence), then accepting rests for LISTENER_PAUSE_MS: the queue of the
 * kernel stays readable, so without a rest the loop would spin.
 * On close: listener_free, also inside the callback.
 */

enum {
    LISTENER_BATCH = 64,      /* accepts a turn; others get their turn too */
    LISTENER_PAUSE_MS = 1000, /* descriptors come back when conns end */
};

struct listener {
    struct loop *loop;
    struct watch *watch;
    struct timer *pause; /* runs while accepting rests */
    int fd;
    int spare; /* descriptor kept for the day there is no other */
    uint16_t port;
    char host[ADDRESS_TEXT_MAX];
    listener_accept_cb cb;
    void *arg;
    bool in_callback;
    bool is_doomed; /* freed inside its callback */
};

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void rest(struct listener *s, int number)
{
    int fd;

    log_warn("net", "cannot accept connections on port %u: %s; pausing",
             (unsigned)s->port, strerror(number));
    if (s->spare >= 0) {
        close(s->spare);
        fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            close(fd);
        }
        s->spare = open_spare();
    }
    watch_set(s->watch, 0);
    timer_start(s->pause, LISTENER_PAUSE_MS);
}

static void on_pause_over(void *arg)
{
    struct listener *s = arg;

    if (s->spare < 0) {
        s->spare = open_spare();
    }
    watch_set(s->watch, UV_READABLE);
}

/* True for errors of accept() that say the machine has run out of something;
 * the others concern one connection that is gone already (accept(2)). */
static bool is_shortage(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOBUFS ||
           number == ENOMEM;
}

static void hand_over(struct listener *s, int fd, const struct sockaddr *peer)
{
    char text[ADDRESS_TEXT_MAX];

    address_host(peer, text);
    s->in_callback = true;
    s->cb(s->arg, fd, text);
    s->in_callback = false;
}

static void on_event(void *arg, int events)
{
    struct listener *s = arg;
    int i;

    if ((events & WATCH_BROKEN) != 0) {
        rest(s, EIO);
        return;
    }
    for (i = 0; i < LISTENER_BATCH; i++) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof(peer);
        int fd;

        fd = accept4(s->fd, (struct sockaddr *)&peer, &size,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return;
        }
        if (fd < 0 && is_shortage(errno)) {
            rest(s, errno);
            return;
        }
        if (fd < 0) {
            continue;
        }
        hand_over(s, fd, (struct sockaddr *)&peer);
        if (s->is_doomed) {
            free(s);
            return;
        }
    }
}

/* Bind and listen on one address. Returns the descriptor or -1 with errno. */
static int listen_on(const struct addrinfo *a)
{
    int off = 0;
    int on = 1;
    int saved;
    int fd;

    fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (a->ai_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
        listen(fd, SOMAXCONN) == 0) {
        return fd;
    }
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* Try the addresses in order; -1 with errno of the last one. */
static int listen_on_any(const struct addrinfo *list)
{
    const struct addrinfo *a;
    int fd = -1;

    for (a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = listen_on(a);
        if (fd < 0 && errno == EADDRINUSE) {
            break; /* taken; another address would only hide it */
        }
    }
    return fd;
}

static int listen_error(const char *host, uint16_t port, int number,
                        struct err *e)
{
    if (number == EADDRINUSE) {
        return err_set(e, P2P_EBUSY, _("port %u on %s is already in use"),
                       (unsigned)port, host);
    }
    return err_set_errno(e, number, _("listen on %s port %u"), host,
                         (unsigned)port);
}

/* Listen on `host`. Returns the descriptor or a code. */
static int listen_on_host(const char *host, uint16_t port, struct err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    char service[8];
    int fd;
    int rv;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    rv = getaddrinfo(host, service, &hints, &list);
    if (rv != 0) {
        return err_set(e, P2P_EINVAL, _("listen on %s: %s"), host,
                       gai_strerror(rv));
    }
    fd = listen_on_any(list);
    rv = fd < 0 ? listen_error(host, port, errno, e) : fd;
    freeaddrinfo(list);
    return rv;
}

/* "" means "::", which takes IPv4 too, or 0.0.0.0 where there is no IPv6. */
static int listen_somewhere(const char *host, uint16_t port, struct err *e)
{
    int rv;

    if (host[0] != '\0') {
        return listen_on_host(host, port, e);
    }
    rv = listen_on_host("::", port, e);
    if (rv < 0 && rv != P2P_EBUSY) {
        rv = listen_on_host("0.0.0.0", port, e);
    }
    return rv;
}

static void note_own_address(struct listener *s)
{
    struct sockaddr_storage own;
    socklen_t size = sizeof(own);
    struct sockaddr_in6 six;
    struct sockaddr_in four;

    memset(&own, 0, sizeof(own));
    getsockname(s->fd, (struct sockaddr *)&own, &size);
    address_host((struct sockaddr *)&own, s->host);
    if (own.ss_family == AF_INET6) {
        memcpy(&six, &own, sizeof(six));
        s->port = ntohs(six.sin6_port);
    } else {
        memcpy(&four, &own, sizeof(four));
        s->port = ntohs(four.sin_port);
    }
}

int listener_new(struct loop *l, const char *host, uint16_t port,
                 listener_accept_cb cb, void *arg, struct listener **out,
                 struct err *e)
{
    struct watch *watch = NULL;
    struct listener *s;
    int fd;
    int rv;

    loop_assert_owner(l);
    fd = listen_somewhere(host, port, e);
    if (fd < 0) {
        return fd;
    }
    s = mem_calloc(1, sizeof(*s));
    rv = watch_new(l, fd, on_event, s, &watch);
    if (rv < 0) {
        close(fd);
        free(s);
        return err_set(e, rv, _("listen on port %u: %s"), (unsigned)port,
                       _(err_text(rv)));
    }
    s->loop = l;
    s->fd = fd;
    s->watch = watch;
    s->pause = timer_new(l, on_pause_over, s);
    s->spare = open_spare();
    s->cb = cb;
    s->arg = arg;
    note_own_address(s);
    watch_set(s->watch, UV_READABLE);
    *out = s;
    return 0;
}

uint16_t listener_port(const struct listener *s)
{
    return s->port;
}

const char *listener_host(const struct listener *s)
{
    return s->host;
}

void listener_free(struct listener *s)
{
    if (s == NULL) {
        return;
    }
    loop_assert_owner(s->loop);
    assert(!s->is_doomed);
    watch_free(s->watch);
    timer_free(s->pause);
    close(s->fd);
    if (s->spare >= 0) {
        close(s->spare);
    }
    if (s->in_callback) {
        s->is_doomed = true;
        return;
    }
    free(s);
}
