#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/readable.h"
#include "tracker/http.h"
#include "util/buf.h"
#include "util/err.h"

enum { GUARD_MS = 30000 };

struct fixture {
    struct loop *loop;
    struct timer *guard;
    struct http *http;
    const char *problem;
    struct readable *readable;
    int fd;
    char answer[4096];
    size_t size;
    bool is_whole;
};

static void write_metrics(void *arg, struct buf *out)
{
    (void)arg;
    buf_printf(out, "up 1\n");
}

static const char *problem(void *arg)
{
    const struct fixture *f = arg;

    return f->problem;
}

static const struct http_ops ops = {write_metrics, problem};

static void on_guard(void *arg)
{
    loop_stop(arg);
}

static int set_up(void **state)
{
    static struct fixture f;
    struct err e = {0};

    memset(&f, 0, sizeof(f));
    f.loop = loop_new();
    f.guard = timer_new(f.loop, on_guard, f.loop);
    assert_int_equal(http_new(f.loop, "127.0.0.1", 0, &ops, &f, &f.http, &e),
                     0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    http_free(f->http);
    timer_free(f->guard);
    loop_free(f->loop);
    return 0;
}

static void on_readable(void *arg)
{
    struct fixture *f = arg;
    ssize_t n =
        read(f->fd, f->answer + f->size, sizeof(f->answer) - 1 - f->size);

    assert_true(n >= 0);
    f->size += (size_t)n;
    if (n == 0) {
        f->is_whole = true;
        loop_stop(f->loop);
    }
}

/* The whole answer to a GET, until the server hangs up. */
static const char *get(struct fixture *f, const char *path)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(http_port(f->http)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char text[128];
    int size = snprintf(text, sizeof(text),
                        "GET %s HTTP/1.1\r\nHost: x\r\n"
                        "Connection: close\r\n\r\n",
                        path);

    f->size = 0;
    f->is_whole = false;
    memset(f->answer, 0, sizeof(f->answer));
    f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(f->fd, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(write(f->fd, text, (size_t)size), size);
    assert_int_equal(readable_new(f->loop, f->fd, on_readable, f, &f->readable),
                     0);
    timer_start(f->guard, GUARD_MS);
    loop_run(f->loop, NULL);
    timer_stop(f->guard);
    assert_true(f->is_whole);
    readable_free(f->readable);
    close(f->fd);
    return f->answer;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with)
{
    size_t size = strlen(text), tail = strlen(with);

    return size >= tail && strcmp(text + size - tail, with) == 0;
}

/* Whoever watches the tracker sees that it cannot write any more, and why;
 * asked anew each time. */
static void http_healthz_tells_a_problem(void **state)
{
    struct fixture *f = *state;
    const char *text = get(f, "/healthz");

    assert_true(begins(text, "HTTP/1.1 200 OK\r\n"));
    assert_true(ends(text, "\r\n\r\nok\n"));
    f->problem = "check the disk";
    text = get(f, "/healthz");
    assert_true(begins(text, "HTTP/1.1 503 Service Unavailable\r\n"));
    assert_true(ends(text, "\r\n\r\ncheck the disk\n"));
    f->problem = NULL;
    assert_true(begins(get(f, "/healthz"), "HTTP/1.1 200 OK\r\n"));
}

/* The figures are there in any health. */
static void http_metrics_and_nothing_else(void **state)
{
    struct fixture *f = *state;

    f->problem = "check the disk";
    assert_true(begins(get(f, "/metrics"), "HTTP/1.1 200 OK\r\n"));
    assert_true(ends(f->answer, "\r\n\r\nup 1\n"));
    assert_true(begins(get(f, "/"), "HTTP/1.1 404 Not Found\r\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(http_healthz_tells_a_problem),
        TEST(http_metrics_and_nothing_else),
    };

    return cmocka_run_group_tests_name("tracker/http", tests, NULL, NULL);
}
