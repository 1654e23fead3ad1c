#include "config.h"

#include "net/dial.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
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
#include "util/mem.h"

/* Happy path: dial_start -> (name: uv_getaddrinfo on libuv's pool; address: at
 * once) -> first address: non-blocking connect, wait until writable, SO_ERROR
 * is 0 -> callback with the descriptor.
 * Failures: a refused or silent address makes room for the next one; when none
 * is left, or DIAL_TIMEOUT_MS have passed, the callback gets the last reason.
 * The time that is left is shared out between the addresses that are left, so
 * a silent first address cannot use it all up.
 * On close: a running look-up cannot be stopped; the dial is released in its
 * callback then.
 */

enum {
    DIAL_ADDRESSES_MAX = 16, /* of one name; more are ignored */
};

struct dial {
    struct loop *loop;
    char *host;
    uint16_t port;
    dial_done_cb cb;
    void *arg;
    struct sockaddr_storage from; /* local address, port 0 */
    bool has_from;
    struct loop_task task; /* connects or reports outside dial_start() */
    struct timer *timer;   /* end of this look-up or attempt */
    int64_t limit_ms;      /* DIAL_TIMEOUT_MS */
    int64_t deadline_ms;   /* end of it all, loop_now_ms() */
    uv_getaddrinfo_t look_up;
    bool is_looking_up; /* libuv holds `look_up` */
    struct sockaddr_storage addresses[DIAL_ADDRESSES_MAX];
    int count;              /* addresses known */
    int next;               /* the address to try next */
    struct watch *watch;    /* of the present attempt, or NULL */
    int fd;                 /* of the present attempt, or -1 */
    int code;               /* the last failure ... */
    char why[ERR_TEXT_MAX]; /* ... and its sentence */
    bool is_done;           /* no callback any more */
};

static void release(struct dial *d)
{
    if (d->is_looking_up) {
        return; /* on_looked_up() comes back to here */
    }
    free(d->host);
    free(d);
}

static void stop_attempt(struct dial *d)
{
    watch_free(d->watch);
    d->watch = NULL;
    if (d->fd >= 0) {
        close(d->fd);
        d->fd = -1;
    }
}

static void stop_all(struct dial *d)
{
    d->is_done = true;
    stop_attempt(d);
    timer_free(d->timer);
    d->timer = NULL;
    loop_task_cancel(&d->task);
    if (d->is_looking_up) {
        uv_cancel((uv_req_t *)&d->look_up); /* works while it is queued */
    }
}

static void finish(struct dial *d, int fd)
{
    stop_all(d);
    d->cb(d->arg, fd, fd >= 0 ? "" : d->why);
    release(d);
}

/* "connect to NAME:PORT (ADDRESS): reason", the address only when it says
 * something new. */
static void note_failure(struct dial *d, int code, const char *reason)
{
    const struct sockaddr *a = NULL;
    char address[ADDRESS_TEXT_MAX] = "";
    char host[ADDRESS_TEXT_MAX] = "";
    char first;

    if (d->next > 0) {
        a = (const struct sockaddr *)&d->addresses[d->next - 1];
        address_format(a, address);
        address_host(a, host);
    }
    /* Other languages have their own rules: nouns of German are capital. */
    first = strcmp(_("connect to %s: %c%s"), "connect to %s: %c%s") == 0
                ? (char)tolower((unsigned char)reason[0])
                : reason[0];
    d->code = code;
    if (a != NULL && strcmp(host, d->host) == 0) {
        snprintf(d->why, sizeof(d->why), _("connect to %s: %c%s"), address,
                 first, reason + 1);
    } else {
        snprintf(d->why, sizeof(d->why), _("connect to %s:%u%s%s%s: %c%s"),
                 d->host, (unsigned)d->port, a != NULL ? " (" : "", address,
                 a != NULL ? ")" : "", first, reason + 1);
    }
}

static void note_errno(struct dial *d, int number)
{
    int code = number == ETIMEDOUT ? P2P_ETIMEDOUT : P2P_ECONNECT;

    note_failure(d, code, strerror(number));
}

static socklen_t address_size(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                    : sizeof(struct sockaddr_in);
}

/* A connect to a port of the machine's own ephemeral range may meet itself:
 * TCP's simultaneous open with one socket. Nobody is listening there. */
static bool is_connected_to_itself(int fd)
{
    struct sockaddr_storage own;
    struct sockaddr_storage other;
    socklen_t own_size = sizeof(own);
    socklen_t other_size = sizeof(other);

    return getsockname(fd, (struct sockaddr *)&own, &own_size) == 0 &&
           getpeername(fd, (struct sockaddr *)&other, &other_size) == 0 &&
           address_is_equal((struct sockaddr *)&own, (struct sockaddr *)&other);
}

static void on_event(void *arg, int events);

/* Make the socket and start connecting. 0 or an errno. */
static int start_attempt(struct dial *d, const struct sockaddr_storage *to)
{
    const struct sockaddr *from = (const struct sockaddr *)&d->from;
    int on = 1;
    int rv;

    if (d->has_from && d->from.ss_family != to->ss_family) {
        return EAFNOSUPPORT;
    }
    d->fd =
        socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->fd < 0) {
        return errno;
    }
#ifdef IP_BIND_ADDRESS_NO_PORT
    /* The port is then chosen by connect(), which may share it. */
    setsockopt(d->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
#endif
    if (d->has_from && bind(d->fd, from, address_size(&d->from)) != 0) {
        return errno;
    }
    rv = connect(d->fd, (const struct sockaddr *)to, address_size(to));
    if (rv != 0 && errno != EINPROGRESS && errno != EINTR) {
        return errno;
    }
    rv = watch_new(d->loop, d->fd, on_event, d, &d->watch);
    if (rv < 0) {
        return ENOMEM;
    }
    watch_set(d->watch, UV_WRITABLE);
    return 0;
}

/* Go on to the next address, or give up with the last reason. */
static void try_next(struct dial *d)
{
    stop_attempt(d);
    while (d->next < d->count) {
        int64_t left_ms = d->deadline_ms - loop_now_ms(d->loop);
        int number;

        if (left_ms <= 0) {
            note_errno(d, ETIMEDOUT);
            break;
        }
        timer_start(d->timer, left_ms / (d->count - d->next));
        number = start_attempt(d, &d->addresses[d->next]);
        d->next++;
        if (number == 0) {
            return; /* on_event() or on_timeout() goes on */
        }
        note_errno(d, number);
        stop_attempt(d);
    }
    finish(d, d->code);
}

static void on_event(void *arg, int events)
{
    struct dial *d = arg;
    socklen_t size = sizeof(int);
    int number = 0;
    int fd;

    (void)events; /* SO_ERROR tells success and failure apart */
    if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &number, &size) != 0) {
        number = errno;
    }
    if (number == 0 && (events & WATCH_BROKEN) != 0) {
        number = ECONNABORTED;
    }
    if (number == 0 && is_connected_to_itself(d->fd)) {
        number = ECONNREFUSED;
    }
    if (number != 0) {
        note_errno(d, number);
        try_next(d);
        return;
    }
    watch_free(d->watch);
    d->watch = NULL;
    fd = d->fd;
    d->fd = -1;
    finish(d, fd);
}

static void on_timeout(void *arg)
{
    struct dial *d = arg;

    note_failure(d, P2P_ETIMEDOUT,
                 d->is_looking_up ? "looking up the name timed out"
                                  : "connection timed out");
    try_next(d);
}

static void keep_addresses(struct dial *d, const struct addrinfo *list)
{
    const struct addrinfo *a;

    for (a = list; a != NULL && d->count < DIAL_ADDRESSES_MAX; a = a->ai_next) {
        if (a->ai_family == AF_INET || a->ai_family == AF_INET6) {
            memcpy(&d->addresses[d->count], a->ai_addr, a->ai_addrlen);
            d->count++;
        }
    }
}

static void on_looked_up(uv_getaddrinfo_t *request, int status,
                         struct addrinfo *list)
{
    struct dial *d = request->data;

    d->is_looking_up = false;
    if (d->is_done) {
        uv_freeaddrinfo(list);
        release(d);
        return;
    }
    if (status != 0) {
        note_failure(d, P2P_ECONNECT, uv_strerror(status));
    } else {
        keep_addresses(d, list);
    }
    uv_freeaddrinfo(list);
    try_next(d);
}

/* A look-up of a written address needs no thread: it cannot block. */
static bool read_address(const char *host, uint16_t port, struct addrinfo **out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    char service[8];

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    return getaddrinfo(host, service, &hints, out) == 0;
}

static void start_look_up(struct dial *d)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    char service[8];
    int rv;

    snprintf(service, sizeof(service), "%u", (unsigned)d->port);
    d->look_up.data = d;
    rv = uv_getaddrinfo(loop_uv(d->loop), &d->look_up, on_looked_up, d->host,
                        service, &hints);
    if (rv != 0) {
        note_failure(d, P2P_ECONNECT, uv_strerror(rv));
        finish(d, d->code);
        return;
    }
    d->is_looking_up = true;
    timer_start(d->timer, d->limit_ms);
}

static void on_task(void *arg)
{
    struct dial *d = arg;
    struct addrinfo *list = NULL;

    d->deadline_ms = loop_now_ms(d->loop) + d->limit_ms;
    if (d->code != 0) {
        finish(d, d->code); /* found by dial_start() */
    } else if (read_address(d->host, d->port, &list)) {
        keep_addresses(d, list);
        freeaddrinfo(list);
        try_next(d);
    } else {
        start_look_up(d);
    }
}

static void set_from(struct dial *d, const char *from)
{
    struct addrinfo *list = NULL;

    if (from == NULL || from[0] == '\0') {
        return;
    }
    if (!read_address(from, 0, &list)) {
        d->code = P2P_EINVAL;
        snprintf(d->why, sizeof(d->why), "%s is not an address to connect from",
                 from);
        return;
    }
    memcpy(&d->from, list->ai_addr, list->ai_addrlen);
    d->has_from = true;
    freeaddrinfo(list);
}

struct dial *dial_start(struct loop *l, const char *host, uint16_t port,
                        const char *from, dial_done_cb cb, void *arg)
{
    struct dial *d = mem_calloc(1, sizeof(*d));

    loop_assert_owner(l);
    d->loop = l;
    d->host = mem_strdup(host);
    d->port = port;
    d->cb = cb;
    d->arg = arg;
    d->fd = -1;
    d->limit_ms = DIAL_TIMEOUT_MS;
    loop_task_init(&d->task, on_task, d);
    set_from(d, from);
    d->timer = timer_new(l, on_timeout, d);
    loop_defer(l, &d->task);
    return d;
}

void dial_cancel(struct dial *d)
{
    if (d == NULL || d->is_done) {
        return;
    }
    loop_assert_owner(d->loop);
    stop_all(d);
    release(d);
}

void dial_set_limit(struct dial *d, int64_t ms)
{
    d->limit_ms = ms;
}
