#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/dial.h"
#include "net/internal.h"
#include "net/listener.h"
#include "net/loop.h"
#include "util/err.h"

struct fixture {
    struct loop *loop;
    struct listener *listener;
    struct timer *guard; /* ends a run that hangs */
    struct dial *dial;
    int calls;
    int fd; /* or the code */
    char why[ERR_TEXT_MAX];
    int accepted;
    char from[64]; /* what the listener saw */
    bool in_start; /* dial_start() has not returned yet */
};

static void stop(void *arg)
{
    struct fixture *f = arg;

    loop_stop(f->loop);
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    f.loop = loop_new();
    f.guard = timer_new(f.loop, stop, &f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    listener_free(f->listener);
    timer_free(f->guard);
    loop_free(f->loop);
    return 0;
}

static void on_accept(void *arg, int fd, const char *address)
{
    struct fixture *f = arg;

    f->accepted++;
    snprintf(f->from, sizeof(f->from), "%s", address);
    close(fd);
    if (f->calls > 0) {
        loop_stop(f->loop);
    }
}

static void on_done(void *arg, int fd, const char *why)
{
    struct fixture *f = arg;

    assert_false(f->in_start);
    f->calls++;
    f->fd = fd;
    snprintf(f->why, sizeof(f->why), "%s", why);
    dial_cancel(f->dial); /* too late to matter, but allowed */
    f->dial = NULL;
    if (fd >= 0) {
        assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
        close(fd);
    }
    if (fd < 0 || f->accepted > 0) {
        loop_stop(f->loop);
    }
}

static uint16_t listen_on(struct fixture *f, const char *host)
{
    struct err e;

    assert_int_equal(
        listener_new(f->loop, host, 0, on_accept, f, &f->listener, &e), 0);
    return listener_port(f->listener);
}

/* A port on which nobody listens: one that was just given up. */
static uint16_t closed_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static void dial(struct fixture *f, const char *host, uint16_t port,
                 const char *from)
{
    f->in_start = true;
    f->dial = dial_start(f->loop, host, port, from, on_done, f);
    f->in_start = false;
    timer_start(f->guard, 15000);
    loop_run(f->loop, "test");
}

/* An IPv4 address connects without a look-up. */
static void dial_start_v4(void **state)
{
    struct fixture *f = *state;

    dial(f, "127.0.0.1", listen_on(f, "127.0.0.1"), NULL);
    assert_int_equal(f->calls, 1);
    assert_true(f->fd >= 0);
    assert_string_equal(f->why, "");
    assert_int_equal(f->accepted, 1);
}

/* The same for IPv6. */
static void dial_start_v6(void **state)
{
    struct fixture *f = *state;

    dial(f, "::1", listen_on(f, "::1"), NULL);
    assert_true(f->fd >= 0);
}

/* A name for this computer. Bare containers have no /etc/hosts; there an
 * address written like no address serves, which the resolver knows too. */
static const char *own_name(void)
{
    struct addrinfo *found = NULL;
    const char *name = "127.1";

    if (getaddrinfo("localhost", NULL, NULL, &found) == 0) {
        name = "localhost";
        freeaddrinfo(found);
    }
    return name;
}

/* A name is looked up; where it has an address nobody listens on, the others
 * are tried. */
static void dial_start_name(void **state)
{
    struct fixture *f = *state;

    dial(f, own_name(), listen_on(f, "127.0.0.1"), NULL);
    assert_true(f->fd >= 0);
    assert_string_equal(f->from, "127.0.0.1");
}

/* The local address is the one asked for. */
static void dial_start_from(void **state)
{
    struct fixture *f = *state;

    dial(f, "127.0.0.1", listen_on(f, "127.0.0.1"), "127.0.7.7");
    assert_true(f->fd >= 0);
    assert_string_equal(f->from, "127.0.7.7");
}

/* A local address that is none is reported, from the loop. */
static void dial_start_from_bad(void **state)
{
    struct fixture *f = *state;

    dial(f, "127.0.0.1", 1, "localhost");
    assert_int_equal(f->fd, P2P_EINVAL);
    assert_non_null(strstr(f->why, "localhost"));
}

/* A local address of the other family fits no address of the host. */
static void dial_start_from_other_family(void **state)
{
    struct fixture *f = *state;

    dial(f, "127.0.0.1", listen_on(f, "127.0.0.1"), "::1");
    assert_int_equal(f->fd, P2P_ECONNECT);
}

/* A local address that is not ours cannot be used. */
static void dial_start_from_foreign(void **state)
{
    struct fixture *f = *state;

    dial(f, "127.0.0.1", listen_on(f, "127.0.0.1"), "192.0.2.1");
    assert_int_equal(f->fd, P2P_ECONNECT);
    assert_int_equal(f->accepted, 0);
}

/* The sentence for a refusal is the one the header promises. */
static void dial_start_refused(void **state)
{
    struct fixture *f = *state;
    uint16_t port = closed_port();
    char expected[128];

    dial(f, "127.0.0.1", port, NULL);
    assert_int_equal(f->fd, P2P_ECONNECT);
    snprintf(expected, sizeof(expected),
             "connect to 127.0.0.1:%u: connection refused", (unsigned)port);
    assert_string_equal(f->why, expected);
}

/* With a name, the sentence shows name and address. */
static void dial_start_name_refused(void **state)
{
    struct fixture *f = *state;

    dial(f, own_name(), closed_port(), NULL);
    assert_int_equal(f->fd, P2P_ECONNECT);
    assert_memory_equal(f->why, "connect to ", 11);
    assert_memory_equal(f->why + 11, own_name(), strlen(own_name()));
    assert_non_null(strstr(f->why, "(127.0.0.1:"));
}

/* Host names that no resolver accepts: an error, not a crash. */
static void dial_start_bad_name(void **state)
{
    struct fixture *f = *state;

    dial(f, "", 1, NULL);
    assert_int_equal(f->calls, 1);
    assert_true(f->fd < 0);
    dial(f, "not a name", 1, NULL);
    assert_int_equal(f->calls, 2);
    assert_true(f->fd < 0);
    assert_non_null(strstr(f->why, "not a name"));
}

static void cancel(void *arg)
{
    struct fixture *f = arg;

    dial_cancel(f->dial);
    f->dial = NULL;
    loop_stop(f->loop);
}

/* Given up before it began: no callback. */
static void dial_cancel_at_once(void **state)
{
    struct fixture *f = *state;

    dial_cancel(dial_start(f->loop, "127.0.0.1", 1, NULL, on_done, f));
    timer_start(f->guard, 20);
    loop_run(f->loop, "test");
    assert_int_equal(f->calls, 0);
}

/* Given up while the name is looked up: no callback, nothing leaks. */
static void dial_cancel_during_look_up(void **state)
{
    struct fixture *f = *state;
    struct timer *t = timer_new(f->loop, cancel, f);

    timer_start(t, 0);
    dial(f, "localhost", 1, NULL);
    assert_int_equal(f->calls, 0);
    timer_free(t);
}

/* A listener whose queue is full answers nothing: Linux drops the SYN. */
struct silent {
    int fds[3];
    uint16_t port;
};

static void silent_open(struct silent *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t size = sizeof(a);
    int i;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->fds[0], (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(s->fds[0], 0), 0);
    assert_int_equal(getsockname(s->fds[0], (struct sockaddr *)&a, &size), 0);
    for (i = 1; i < 3; i++) {
        s->fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(s->fds[i], (struct sockaddr *)&a, sizeof(a));
    }
    s->port = ntohs(a.sin_port);
}

static void silent_close(struct silent *s)
{
    int i;

    for (i = 0; i < 3; i++) {
        close(s->fds[i]);
    }
}

/* Given up while it waits for an answer: no callback. */
static void dial_cancel_while_connecting(void **state)
{
    struct fixture *f = *state;
    struct timer *t = timer_new(f->loop, cancel, f);
    struct silent s;

    silent_open(&s);
    timer_start(t, 50);
    dial(f, "127.0.0.1", s.port, NULL);
    assert_int_equal(f->calls, 0);
    timer_free(t);
    silent_close(&s);
}

/* No answer at all: an end within the limit, with its own code. */
static void dial_start_times_out(void **state)
{
    struct fixture *f = *state;
    struct silent s;

    silent_open(&s);
    f->dial = dial_start(f->loop, "127.0.0.1", s.port, NULL, on_done, f);
    dial_set_limit(f->dial, 50);
    timer_start(f->guard, 5000);
    loop_run(f->loop, "test");
    assert_int_equal(f->calls, 1);
    assert_int_equal(f->fd, P2P_ETIMEDOUT);
    assert_non_null(strstr(f->why, "timed out"));
    silent_close(&s);
}

/* Many dials to ports of the ephemeral range never connect to themselves. */
static void dial_start_never_meets_itself(void **state)
{
    struct fixture *f = *state;
    int i;

    for (i = 0; i < 200; i++) {
        dial(f, "127.0.0.1", closed_port(), NULL);
        assert_int_equal(f->fd, P2P_ECONNECT);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(dial_start_v4),
        TEST(dial_start_v6),
        TEST(dial_start_name),
        TEST(dial_start_from),
        TEST(dial_start_from_bad),
        TEST(dial_start_from_other_family),
        TEST(dial_start_from_foreign),
        TEST(dial_start_refused),
        TEST(dial_start_name_refused),
        TEST(dial_start_bad_name),
        TEST(dial_cancel_at_once),
        TEST(dial_cancel_during_look_up),
        TEST(dial_cancel_while_connecting),
        TEST(dial_start_times_out),
        TEST(dial_start_never_meets_itself),
    };
    return cmocka_run_group_tests_name("net/dial", tests, NULL, NULL);
}
