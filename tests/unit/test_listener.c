#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/listener.h"
#include "net/loop.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/log.h"

enum { FDS_MAX = 4096 };

struct fixture {
    struct loop *loop;
    struct listener *listener;
    struct timer *guard; /* ends a run that hangs */
    int accepted;
    int wanted;        /* stop the loop after so many */
    bool free_in_call; /* free the listener inside its callback */
    char address[ADDRESS_TEXT_MAX];
    int clients[8];
    int client_count;
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
    f.wanted = 1;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int i;

    for (i = 0; i < f->client_count; i++) {
        close(f->clients[i]);
    }
    listener_free(f->listener);
    timer_free(f->guard);
    loop_free(f->loop);
    return 0;
}

static void on_accept(void *arg, int fd, const char *address)
{
    struct fixture *f = arg;
    int flags = fcntl(fd, F_GETFL);

    assert_true((flags & O_NONBLOCK) != 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    close(fd);
    snprintf(f->address, sizeof(f->address), "%s", address);
    f->accepted++;
    if (f->free_in_call) {
        listener_free(f->listener);
        f->listener = NULL;
    }
    if (f->accepted == f->wanted) {
        loop_stop(f->loop);
    }
}

static void listen_on(struct fixture *f, const char *host)
{
    struct err e = {0, ""};

    assert_int_equal(
        listener_new(f->loop, host, 0, on_accept, f, &f->listener, &e), 0);
    assert_true(listener_port(f->listener) > 0);
}

/* A blocking connect: the kernel answers before the loop accepts. */
static void connect_to(struct fixture *f, const char *host)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    bool is_v6 = inet_pton(AF_INET6, host, &six.sin6_addr) == 1;
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    f->clients[f->client_count++] = fd;
    six.sin6_port = htons(listener_port(f->listener));
    four.sin_port = htons(listener_port(f->listener));
    if (is_v6) {
        assert_int_equal(connect(fd, (struct sockaddr *)&six, sizeof(six)), 0);
        return;
    }
    assert_int_equal(inet_pton(AF_INET, host, &four.sin_addr), 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&four, sizeof(four)), 0);
}

static void run(struct fixture *f)
{
    timer_start(f->guard, 10000);
    loop_run(f->loop, "test");
}

/* A connection arrives non-blocking, with the address of the other side.
 * S0-10: a port of its own, a free one when 0 is asked for. */
static void listener_new_v4(void **state)
{
    struct fixture *f = *state;

    listen_on(f, "127.0.0.1");
    assert_string_equal(listener_host(f->listener), "127.0.0.1");
    connect_to(f, "127.0.0.1");
    run(f);
    assert_int_equal(f->accepted, 1);
    assert_string_equal(f->address, "127.0.0.1");
}

/* The same over IPv6. */
static void listener_new_v6(void **state)
{
    struct fixture *f = *state;

    listen_on(f, "::1");
    assert_string_equal(listener_host(f->listener), "::1");
    connect_to(f, "::1");
    run(f);
    assert_string_equal(f->address, "::1");
}

/* "" takes both families; IPv4 is not shown as mapped IPv6. */
static void listener_new_all_addresses(void **state)
{
    struct fixture *f = *state;

    listen_on(f, "");
    assert_string_equal(listener_host(f->listener), "::");
    connect_to(f, "127.0.0.1");
    run(f);
    assert_string_equal(f->address, "127.0.0.1");
    f->accepted = 0;
    connect_to(f, "::1");
    run(f);
    assert_string_equal(f->address, "::1");
}

/* A port that is taken is reported as such, with its number. */
static void listener_new_port_taken(void **state)
{
    struct fixture *f = *state;
    struct listener *second = NULL;
    struct err e = {0, ""};

    listen_on(f, "127.0.0.1");
    assert_int_equal(listener_new(f->loop, "127.0.0.1",
                                  listener_port(f->listener), on_accept, f,
                                  &second, &e),
                     P2P_EBUSY);
    assert_non_null(strstr(e.text, "already in use"));
    assert_null(second);
}

/* An address that is not ours, and one that is none. */
static void listener_new_bad_address(void **state)
{
    struct fixture *f = *state;
    struct listener *s = NULL;
    struct err e = {0, ""};

    assert_true(listener_new(f->loop, "192.0.2.1", 0, on_accept, f, &s, &e) <
                0);
    assert_non_null(strstr(e.text, "192.0.2.1"));
    assert_int_equal(
        listener_new(f->loop, "no such host!", 0, on_accept, f, &s, &e),
        P2P_EINVAL);
    assert_null(s);
}

/* The listener may be freed inside its callback; the other connection that
 * waits is not accepted then. */
static void listener_free_in_callback(void **state)
{
    struct fixture *f = *state;

    listen_on(f, "127.0.0.1");
    connect_to(f, "127.0.0.1");
    connect_to(f, "127.0.0.1");
    f->free_in_call = true;
    run(f);
    assert_int_equal(f->accepted, 1);
}

static int warnings;

static void count_warnings(enum log_level level, const char *text)
{
    if (level == LOG_LEVEL_WARN && strstr(text, "pausing") != NULL) {
        warnings++;
    }
}

/* Give every free descriptor but one away; returns how many. */
static int use_up_descriptors(int *fds)
{
    int count = 0;
    int fd;

    while (count < FDS_MAX) {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            break;
        }
        fds[count++] = fd;
    }
    return count;
}

/* Out of descriptors: one log line, no spinning, the first waiting connection
 * is ended, and accepting goes on by itself when descriptors are back. */
static void listener_new_out_of_descriptors(void **state)
{
    struct fixture *f = *state;
    static int fds[FDS_MAX];
    struct rlimit before;
    struct rlimit low;
    int64_t began;
    char byte;
    int count;
    int i;

    listen_on(f, "127.0.0.1");
    timer_start(f->guard, 1);
    loop_run(f->loop, "test"); /* libuv opens what it needs */
    connect_to(f, "127.0.0.1");
    connect_to(f, "127.0.0.1");
    warnings = 0;
    log_set_hook(count_warnings);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 128;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    count = use_up_descriptors(fds);
    timer_start(f->guard, 300);
    loop_run(f->loop, "test");
    for (i = 0; i < count; i++) {
        close(fds[i]);
    }
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(f->accepted, 0);
    assert_int_equal(warnings, 1);
    assert_int_equal(read(f->clients[0], &byte, 1), 0);
    began = clock_now_ms();
    run(f);
    log_set_hook(NULL);
    assert_int_equal(f->accepted, 1);
    assert_true(clock_now_ms() - began < 5000);
}

/* Text of addresses: brackets only where a port follows. */
static void address_format_families(void **state)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    struct sockaddr odd = {.sa_family = AF_UNIX};
    char text[ADDRESS_TEXT_MAX];

    (void)state;
    inet_pton(AF_INET6, "2001:db8::7", &six.sin6_addr);
    address_format((struct sockaddr *)&six, text);
    assert_string_equal(text, "[2001:db8::7]:80");
    inet_pton(AF_INET6, "::ffff:192.0.2.7", &six.sin6_addr);
    address_format((struct sockaddr *)&six, text);
    assert_string_equal(text, "192.0.2.7:80");
    address_host(&odd, text);
    assert_string_equal(text, "?");
    assert_false(address_is_equal(&odd, &odd));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(listener_new_v4),
        TEST(listener_new_v6),
        TEST(listener_new_all_addresses),
        TEST(listener_new_port_taken),
        TEST(listener_new_bad_address),
        TEST(listener_free_in_callback),
        TEST(listener_new_out_of_descriptors),
        cmocka_unit_test(address_format_families),
    };
    return cmocka_run_group_tests_name("net/listener", tests, NULL, NULL);
}
