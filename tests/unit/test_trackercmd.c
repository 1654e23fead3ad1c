#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/profile.h"
#include "lib/linetracker.h"
#include "lib/sample.h"
#include "msgq/command.h"
#include "msgq/event.h"
#include "msgq/link.h"
#include "net/loop.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/mem.h"

/* A whole engine, and two trackers on a thread of their own. */

#define TOKEN "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

enum { TRACKERS = 2, WAIT_MS = 30000 };

struct fixture {
    struct loop *loop;                         /* of the trackers */
    struct wake *end, *stop, *restart, *renew; /* the second tracker */
    pthread_t thread;
    struct linetracker trackers[TRACKERS];
    struct contact list[TRACKERS];
    char status[2048];
    char *dir;
    struct link *link;
    struct engine *engine;
};

static void on_end(void *arg)
{
    struct fixture *f = arg;

    loop_stop(f->loop);
}

static void on_stop(void *arg)
{
    struct fixture *f = arg;

    linetracker_stop(&f->trackers[1]);
}

static void on_restart(void *arg)
{
    struct fixture *f = arg;

    linetracker_restart(&f->trackers[1]);
}

/* The same address, another key. */
static void on_renew(void *arg)
{
    struct fixture *f = arg;
    uint16_t port = f->trackers[1].port;

    linetracker_close(&f->trackers[1]);
    linetracker_init(&f->trackers[1], f->loop, port);
}

static void *run_trackers(void *arg)
{
    struct fixture *f = arg;

    loop_run(f->loop, NULL);
    return NULL;
}

/* 100 s old: of sixty slots of ten seconds it knows the last ten. */
static void write_status(struct fixture *f)
{
    size_t at;
    int i;

    at = (size_t)snprintf(f->status, sizeof f->status,
                          "{\"role\":\"alone\",\"users\":7,\"uptime\":100,"
                          "\"latency_median_us\":900,\"requests\":[");
    for (i = 0; i < ROWS_SLOTS; i++) {
        at += (size_t)snprintf(f->status + at, sizeof f->status - at, "%s%d",
                               i > 0 ? "," : "", i);
    }
    snprintf(f->status + at, sizeof f->status - at, "]}");
}

static void log_in(struct fixture *f)
{
    struct profile *p = NULL;
    struct err e = {0};

    assert_int_equal(profile_open(f->dir, &p, &e), 0);
    assert_int_equal(
        profile_set_login(p, "anna", "0123456789abcdef", TOKEN, &e), 0);
    assert_int_equal(profile_save_trackers(p, f->list, TRACKERS, &e), 0);
    profile_close(p);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    struct engine_setup setup = {.listen_host = "127.0.0.1"};
    struct err e = {0};
    size_t i;

    f->loop = loop_new();
    f->end = wake_new(f->loop, on_end, f);
    f->stop = wake_new(f->loop, on_stop, f);
    f->restart = wake_new(f->loop, on_restart, f);
    f->renew = wake_new(f->loop, on_renew, f);
    write_status(f);
    for (i = 0; i < TRACKERS; i++) {
        linetracker_init(&f->trackers[i], f->loop, 0);
        f->trackers[i].token = TOKEN;
        f->trackers[i].status = f->status;
        snprintf(f->list[i].host, sizeof f->list[i].host, "127.0.0.1");
        f->list[i].port = f->trackers[i].port;
    }
    f->dir = sample_directory();
    log_in(f);
    assert_int_equal(pthread_create(&f->thread, NULL, run_trackers, f), 0);
    f->link = link_new();
    setup.link = f->link;
    setup.state_dir = f->dir;
    setup.download_dir = f->dir;
    assert_int_equal(engine_new(&setup, &f->engine, &e), 0);
    *state = f;
    return 0;
}

static uint64_t send(struct fixture *f, enum command_kind kind,
                     const char *text, int64_t number)
{
    struct command *c = command_new(kind, link_next_request(f->link));
    uint64_t request = c->request;

    c->text = mem_strdup(text);
    c->number = number;
    assert_true(link_send(f->link, c));
    return request;
}

/* The next event that `is` what is waited for; the others are dropped. */
static struct event *next(struct fixture *f,
                          bool (*is)(const struct event *e, const void *arg),
                          const void *arg)
{
    struct pollfd p = {.fd = link_fd(f->link), .events = POLLIN};
    struct event *e;

    for (;;) {
        assert_int_equal(poll(&p, 1, WAIT_MS), 1);
        for (e = link_receive(f->link); e != NULL; e = link_receive(f->link)) {
            if (is(e, arg)) {
                return e;
            }
            event_free(e);
        }
    }
}

static bool is_reply(const struct event *e, const void *arg)
{
    return e->kind == EVENT_REPLY && e->request == *(const uint64_t *)arg;
}

static bool is_stopped(const struct event *e, const void *arg)
{
    (void)arg;
    return e->kind == EVENT_STOPPED;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    size_t i;

    send(f, COMMAND_QUIT, NULL, 0);
    event_free(next(f, is_stopped, NULL));
    engine_free(f->engine);
    link_free(f->link);
    wake_send(f->end);
    pthread_join(f->thread, NULL);
    for (i = 0; i < TRACKERS; i++) {
        linetracker_close(&f->trackers[i]);
    }
    wake_free(f->end);
    wake_free(f->stop);
    wake_free(f->restart);
    wake_free(f->renew);
    loop_free(f->loop);
    sample_remove(f->dir);
    free(f);
    return 0;
}

/* Rows of both, with what they told. */
static bool has_figures(const struct event *e, const void *arg)
{
    (void)arg;
    return e->kind == EVENT_ROWS && e->rows.kind == ROWS_TRACKERS &&
           e->rows.count == TRACKERS &&
           e->rows.trackers[0].figures[TRACKER_USERS] == 7 &&
           e->rows.trackers[1].figures[TRACKER_USERS] == 7;
}

/* Who watches is told the figures of every tracker, again and again. */
static void trackercmd_watch_tells_figures(void **state)
{
    struct fixture *f = *state;
    const struct row_tracker *t;
    struct event *e;
    uint64_t request;

    send(f, COMMAND_WATCH, NULL, 0);
    send(f, COMMAND_WATCH_TRACKERS, NULL, 1);
    e = next(f, has_figures, NULL);
    t = &e->rows.trackers[1];
    assert_true(t->connected && t->logged_in && !t->is_primary);
    assert_true(e->rows.trackers[0].is_primary);
    assert_string_equal(t->role, "alone");
    assert_true(t->cert_until > 0);
    assert_int_equal(t->figures[TRACKER_MEDIAN_US], 900);
    assert_int_equal(t->figures[TRACKER_TERM], -1);
    assert_int_equal(t->requests[ROWS_SLOTS - 1], ROWS_SLOTS - 1);
    assert_int_equal(t->requests[ROWS_SLOTS - 10], ROWS_SLOTS - 10);
    assert_int_equal(t->requests[ROWS_SLOTS - 11], -1);
    event_free(e);
    event_free(next(f, has_figures, NULL));
    request = send(f, COMMAND_WATCH_TRACKERS, NULL, 0);
    event_free(next(f, is_reply, &request));
}

static bool uses_second(const struct event *e, const void *arg)
{
    return e->kind == EVENT_SESSION && e->session.tracker != NULL &&
           strcmp(e->session.tracker, arg) == 0 && e->session.connected &&
           e->session.trackers_up == TRACKERS &&
           e->session.trackers_total == TRACKERS;
}

/* S1-15: asked right after the start, the list waits until both have answered;
 * the screen is told how many are up, and which one is used. */
static void trackercmd_list_and_use(void **state)
{
    struct fixture *f = *state;
    char address[CONTACT_HOST_MAX + 16];
    struct event *e;
    uint64_t request = send(f, COMMAND_TRACKERS, NULL, 0);

    e = next(f, is_reply, &request);
    assert_int_equal(e->rows.kind, ROWS_TRACKERS);
    assert_int_equal(e->rows.count, TRACKERS);
    assert_true(e->rows.trackers[0].connected);
    assert_int_equal(e->rows.trackers[1].figures[TRACKER_UPTIME], 100);
    event_free(e);
    contact_format(&f->list[1], address, sizeof address);
    send(f, COMMAND_TRACKER_USE, address, 0);
    event_free(next(f, uses_second, address));
}

static int code_of(struct fixture *f, enum command_kind kind, const char *text)
{
    uint64_t request = send(f, kind, text, 0);
    struct event *e = next(f, is_reply, &request);
    int code = e->code;

    event_free(e);
    return code;
}

static void trackercmd_refusals(void **state)
{
    struct fixture *f = *state;
    char address[CONTACT_HOST_MAX + 16];

    contact_format(&f->list[0], address, sizeof address);
    assert_int_equal(code_of(f, COMMAND_TRACKER_ADD, "nonsense"), P2P_EINVAL);
    assert_int_equal(code_of(f, COMMAND_TRACKER_ADD, NULL), P2P_EUSAGE);
    assert_int_equal(code_of(f, COMMAND_TRACKER_ADD, address), P2P_EEXIST);
    assert_int_equal(code_of(f, COMMAND_TRACKER_FORGET, "127.0.0.1:1"),
                     P2P_ENOENT);
    assert_int_equal(code_of(f, COMMAND_TRACKER_USE, "127.0.0.1:1"),
                     P2P_ENOENT);
    assert_int_equal(code_of(f, COMMAND_TRACKER_FORGET, address), 0);
    contact_format(&f->list[1], address, sizeof address);
    assert_int_equal(code_of(f, COMMAND_TRACKER_FORGET, address), P2P_EINVAL);
    assert_int_equal(code_of(f, COMMAND_TRACKER_RETRY, NULL), 0);
    assert_int_equal(code_of(f, COMMAND_TRACKER_CERT, NULL), 0);
}

struct told {
    const char *address, *part;
    enum notice_level level;
};

/* What is told in between of trackers is a surprise. */
static bool is_told(const struct event *e, const void *arg)
{
    const struct told *t = arg;

    if (e->kind != EVENT_NOTICE || e->name == NULL ||
        strstr(e->text, "is used now") != NULL) {
        return false;
    }
    assert_null(e->group);
    assert_string_equal(e->name, t->address);
    assert_non_null(strstr(e->text, t->part));
    assert_int_equal(e->level, t->level);
    return true;
}

static void await_told(struct fixture *f, const char *address, const char *part,
                       enum notice_level level)
{
    struct told t = {.address = address, .part = part, .level = level};

    event_free(next(f, is_told, &t));
}

static bool are_all_up(const struct event *e, const void *arg)
{
    (void)arg;
    return e->kind == EVENT_SESSION && e->session.trackers_up == TRACKERS;
}

/* That a tracker is lost, is back or shows another certificate is told
 * once each, although one is tried again and again. */
static void trackercmd_tells_news(void **state)
{
    struct fixture *f = *state;
    char address[CONTACT_HOST_MAX + 16];

    contact_format(&f->list[1], address, sizeof address);
    event_free(next(f, are_all_up, NULL));
    wake_send(f->stop);
    await_told(f, address, "lost: ", NOTICE_WARNING);
    assert_int_equal(code_of(f, COMMAND_TRACKER_RETRY, NULL), 0);
    wake_send(f->restart);
    send(f, COMMAND_TRACKER_RETRY, NULL, 0);
    await_told(f, address, "is back", NOTICE_DONE);
    wake_send(f->renew);
    await_told(f, address, "lost: ", NOTICE_WARNING);
    send(f, COMMAND_TRACKER_RETRY, NULL, 0);
    await_told(f, address, "another certificate", NOTICE_ERROR);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(trackercmd_watch_tells_figures),
        T(trackercmd_list_and_use),
        T(trackercmd_refusals),
        T(trackercmd_tells_news),
    };
#undef T

    return cmocka_run_group_tests_name("engine/trackercmd", tests, NULL, NULL);
}
