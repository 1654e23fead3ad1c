/* Tests of msgq/link: both directions and their wake-ups. */
#include "config.h"

#include "msgq/link.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "msgq/command.h"
#include "msgq/event.h"
#include "util/mem.h"

static int set_up(void **state)
{
    *state = link_new();
    return 0;
}

static int tear_down(void **state)
{
    link_free(*state);
    return 0;
}

static bool is_readable(const struct link *l, int timeout_ms)
{
    struct pollfd wait = {.fd = link_fd(l), .events = POLLIN};

    return poll(&wait, 1, timeout_ms) == 1;
}

static void count_wake(void *arg)
{
    int *wakes = arg;

    *wakes += 1;
}

/* Request numbers start at 1 and are never the same. */
static void link_next_request_counts(void **state)
{
    assert_int_equal(link_next_request(*state), 1);
    assert_int_equal(link_next_request(*state), 2);
    assert_int_equal(link_next_request(*state), 3);
}

/* A command reaches the engine, which is woken once for several. */
static void link_send_wakes_the_engine(void **state)
{
    struct link *l = *state;
    struct command *c;
    int wakes = 0;

    link_set_engine_wake(l, count_wake, &wakes);
    assert_true(link_send(l, command_new(COMMAND_WHOAMI, 1)));
    assert_true(link_send(l, command_new(COMMAND_QUIT, 2)));
    assert_int_equal(wakes, 1);
    c = link_take(l);
    assert_int_equal(c->kind, COMMAND_WHOAMI);
    command_free(c);
    c = link_take(l);
    assert_int_equal(c->kind, COMMAND_QUIT);
    command_free(c);
    assert_null(link_take(l));
}

/* A command that came before there was an engine is not forgotten. */
static void link_set_engine_wake_after_a_command(void **state)
{
    struct link *l = *state;
    int wakes = 0;

    link_set_engine_wake(l, count_wake, &wakes);
    assert_int_equal(wakes, 0);
    link_set_engine_wake(l, NULL, NULL);
    assert_true(link_send(l, command_new(COMMAND_WHOAMI, 1)));
    link_set_engine_wake(l, count_wake, &wakes);
    assert_int_equal(wakes, 1);
}

/* The descriptor is readable while events wait and not afterwards. */
static void link_receive_clears_the_descriptor(void **state)
{
    struct link *l = *state;

    assert_false(is_readable(l, 0));
    assert_null(link_receive(l));
    assert_true(link_post(l, event_new(EVENT_RATES)));
    assert_true(link_post(l, event_new(EVENT_STOPPED)));
    assert_true(is_readable(l, 0));
    for (int i = 0; i < 2; i++) {
        struct event *e = link_receive(l);

        assert_int_equal(e->kind, i == 0 ? EVENT_RATES : EVENT_STOPPED);
        event_free(e);
    }
    assert_null(link_receive(l));
    assert_false(is_readable(l, 0));
    assert_true(link_post(l, event_new(EVENT_RATES)));
    assert_true(is_readable(l, 0));
}

/* Full queues refuse in both directions and leave the message to the caller. */
static void link_post_full(void **state)
{
    struct link *l = *state;
    struct event *e = event_new(EVENT_RATES);
    struct command *c = command_new(COMMAND_WHOAMI, 1);

    for (int i = 0; i < LINK_EVENTS; i++) {
        assert_true(link_post(l, event_new(EVENT_RATES)));
    }
    assert_false(link_post(l, e));
    event_free(e);
    for (int i = 0; i < LINK_COMMANDS; i++) {
        assert_true(link_send(l, command_new(COMMAND_WHOAMI, 1)));
    }
    assert_false(link_send(l, c));
    command_free(c);
    /* tear_down frees what is inside; the leak checker watches. */
}

/* The engine that met a full queue is told when there is room, once, and not
 * before all was read. */
static void link_receive_tells_of_room(void **state)
{
    struct link *l = *state;
    struct event *waiting = event_new(EVENT_STOPPED);
    struct event *e;
    int wakes = 0;

    link_set_engine_wake(l, count_wake, &wakes);
    for (int i = 0; i < LINK_EVENTS; i++) {
        assert_true(link_post(l, event_new(EVENT_RATES)));
    }
    assert_false(link_post(l, waiting));
    for (int i = 0; i < LINK_EVENTS; i++) {
        event_free(link_receive(l));
    }
    assert_int_equal(wakes, 0);
    assert_null(link_receive(l));
    assert_int_equal(wakes, 1);
    assert_null(link_receive(l));
    assert_int_equal(wakes, 1);
    assert_true(link_post(l, waiting));
    assert_true(is_readable(l, 0));
    e = link_receive(l);
    assert_int_equal(e->kind, EVENT_STOPPED);
    event_free(e);
    assert_null(link_receive(l));
    assert_int_equal(wakes, 1);
}

enum { ROUNDS = 50000, WAIT_MS = 20000 };

static void *post_all(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct event *e = event_new(EVENT_NOTICE);

        e->request = (uint64_t)i;
        e->text = mem_strdup("something");
        while (!link_post(arg, e)) {
            sched_yield();
        }
    }
    return NULL;
}

/* A screen that sleeps in poll() gets every event of another thread. */
static void link_receive_two_threads(void **state)
{
    struct link *l = *state;
    pthread_t engine;
    uint64_t next = 0;

    assert_int_equal(pthread_create(&engine, NULL, post_all, l), 0);
    while (next < ROUNDS) {
        struct event *e;

        assert_true(is_readable(l, WAIT_MS));
        for (e = link_receive(l); e != NULL; e = link_receive(l)) {
            assert_int_equal(e->request, next);
            next++;
            event_free(e);
        }
    }
    pthread_join(engine, NULL);
}

#define LINK_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

struct poster {
    struct link *link;
    sem_t room;
    int waits, lost;
};

static void post_room(void *arg)
{
    struct poster *p = arg;

    sem_post(&p->room);
}

/* As the engine does: after a failure nothing but the wake tries again. */
static void *post_when_told(void *arg)
{
    struct poster *p = arg;

    for (int i = 0; i < ROUNDS && p->lost == 0; i++) {
        struct event *e = event_new(EVENT_NOTICE);

        while (!link_post(p->link, e) && p->lost == 0) {
            struct timespec until;

            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_sec += WAIT_MS / 1000;
            p->waits++;
            p->lost += sem_timedwait(&p->room, &until) != 0;
        }
        if (p->lost > 0) {
            event_free(e);
        }
    }
    return NULL;
}

/* No wake is lost between a full queue and a screen that empties it. */
static void link_post_is_told_in_another_thread(void **state)
{
    struct poster p = {.link = *state};
    pthread_t thread;
    int got = 0;

    sem_init(&p.room, 0, 0);
    link_set_engine_wake(p.link, post_room, &p);
    assert_int_equal(pthread_create(&thread, NULL, post_when_told, &p), 0);
    while (got < ROUNDS && is_readable(p.link, WAIT_MS)) {
        struct event *e = link_receive(p.link);

        for (; e != NULL; e = link_receive(p.link)) {
            event_free(e);
            got++;
        }
    }
    pthread_join(thread, NULL);
    assert_int_equal(p.lost, 0);
    assert_int_equal(got, ROUNDS);
    link_set_engine_wake(p.link, NULL, NULL);
    sem_destroy(&p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(link_next_request_counts),
        LINK_TEST(link_send_wakes_the_engine),
        LINK_TEST(link_set_engine_wake_after_a_command),
        LINK_TEST(link_receive_clears_the_descriptor),
        LINK_TEST(link_post_full),
        LINK_TEST(link_receive_two_threads),
        LINK_TEST(link_receive_tells_of_room),
        LINK_TEST(link_post_is_told_in_another_thread),
    };
    return cmocka_run_group_tests_name("msgq/link", tests, NULL, NULL);
}
