/* Tests of msgq/queue, in one thread and between two (S0-23). */
#include "config.h"

#include "msgq/queue.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

static void count_wake(void *arg)
{
    int *wakes = arg;

    *wakes += 1;
}

static int dropped;

static void count_drop(void *message)
{
    free(message);
    dropped++;
}

/* Messages come out in the order in which they went in. */
static void queue_pop_keeps_the_order(void **state)
{
    int numbers[3];
    int wakes = 0;
    struct queue *q = queue_new(4, count_wake, &wakes);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(queue_push(q, &numbers[i]));
    }
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(queue_pop(q), &numbers[i]);
    }
    assert_null(queue_pop(q));
    queue_free(q, NULL);
}

/* A full queue refuses, and takes again as soon as there is room. */
static void queue_push_full(void **state)
{
    int numbers[3];
    int wakes = 0;
    struct queue *q = queue_new(2, count_wake, &wakes);

    (void)state;
    assert_true(queue_push(q, &numbers[0]));
    assert_true(queue_push(q, &numbers[1]));
    assert_false(queue_push(q, &numbers[2]));
    assert_ptr_equal(queue_pop(q), &numbers[0]);
    assert_true(queue_push(q, &numbers[2]));
    assert_ptr_equal(queue_pop(q), &numbers[1]);
    assert_ptr_equal(queue_pop(q), &numbers[2]);
    assert_null(queue_pop(q));
    queue_free(q, NULL);
}

/* The smallest queue holds one message. */
static void queue_push_capacity_of_one(void **state)
{
    int number;
    int wakes = 0;
    struct queue *q = queue_new(1, count_wake, &wakes);

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_true(queue_push(q, &number));
        assert_false(queue_push(q, &number));
        assert_ptr_equal(queue_pop(q), &number);
    }
    queue_free(q, NULL);
}

/* Several pushes to a receiver that was told already make one wake-up; the
 * first push after it found nothing makes the next. */
static void queue_push_merges_wakes(void **state)
{
    int number;
    int wakes = 0;
    struct queue *q = queue_new(8, count_wake, &wakes);

    (void)state;
    assert_true(queue_push(q, &number));
    assert_true(queue_push(q, &number));
    assert_int_equal(wakes, 1);
    assert_non_null(queue_pop(q));
    assert_true(queue_push(q, &number)); /* it has not found NULL yet */
    assert_int_equal(wakes, 1);
    assert_non_null(queue_pop(q));
    assert_non_null(queue_pop(q));
    assert_null(queue_pop(q));
    assert_true(queue_push(q, &number));
    assert_int_equal(wakes, 2);
    assert_non_null(queue_pop(q));
    queue_free(q, NULL);
}

/* What is still inside when the queue goes is dropped, each message once. */
static void queue_free_drops_the_rest(void **state)
{
    int wakes = 0;
    struct queue *q = queue_new(8, count_wake, &wakes);

    (void)state;
    dropped = 0;
    for (int i = 0; i < 5; i++) {
        assert_true(queue_push(q, malloc(1)));
    }
    free(queue_pop(q));
    queue_free(q, count_drop);
    assert_int_equal(dropped, 4);
    queue_free(NULL, count_drop);
}

enum {
    STRESS_MESSAGES = 300000,
    STRESS_CAPACITY = 64, /* small, so that both ends are hit all the time */
    STRESS_WAIT_MS = 20000,
};

/* A message that the receiver reads through the pointer, so that a missing
 * release is a data race and not only a wrong order. */
struct message {
    uint64_t number;
    uint64_t inverse;
};

struct stress {
    struct queue *queue;
    int fd; /* eventfd that the wake function writes to */
    uint64_t wakes;
    bool in_order;
};

static void wake_fd(void *arg)
{
    struct stress *s = arg;
    uint64_t one = 1;

    s->wakes++;
    if (write(s->fd, &one, sizeof(one)) < 0) {
        abort();
    }
}

static void *send_all(void *arg)
{
    struct stress *s = arg;

    for (uint64_t i = 0; i < STRESS_MESSAGES; i++) {
        struct message *m = malloc(sizeof(*m));

        m->number = i;
        m->inverse = ~i;
        while (!queue_push(s->queue, m)) {
            sched_yield(); /* full: the receiver is at work */
        }
    }
    return NULL;
}

/* Two threads: every message arrives, in order and whole, and a receiver that
 * sleeps whenever the queue is empty never sleeps for good. */
static void queue_pop_two_threads(void **state)
{
    struct stress s = {.in_order = true};
    pthread_t sender;
    uint64_t next = 0;

    (void)state;
    s.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s.queue = queue_new(STRESS_CAPACITY, wake_fd, &s);
    assert_int_equal(pthread_create(&sender, NULL, send_all, &s), 0);
    while (next < STRESS_MESSAGES) {
        struct pollfd wait = {.fd = s.fd, .events = POLLIN};
        struct message *m;
        uint64_t wakes;

        assert_int_equal(poll(&wait, 1, STRESS_WAIT_MS), 1);
        assert_int_equal(read(s.fd, &wakes, sizeof(wakes)), sizeof(wakes));
        for (m = queue_pop(s.queue); m != NULL; m = queue_pop(s.queue)) {
            s.in_order = s.in_order && m->number == next && m->inverse == ~next;
            next++;
            free(m);
        }
    }
    pthread_join(sender, NULL);
    assert_true(s.in_order);
    assert_null(queue_pop(s.queue));
    assert_in_range(s.wakes, 1, STRESS_MESSAGES);
    queue_free(s.queue, count_drop);
    close(s.fd);
}

struct ping {
    struct queue *there, *back;
    int there_fd, back_fd;
};

enum { PING_ROUNDS = 100000, PING_SPINS = 10000 };

static void nudge(void *arg)
{
    uint64_t one = 1;

    if (write(*(int *)arg, &one, sizeof(one)) < 0) {
        abort();
    }
}

/* Sleep until a message comes; NULL when that takes far too long. */
static void *wait_for(struct queue *q, int fd)
{
    void *m = queue_pop(q);

    while (m == NULL) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        uint64_t wakes;

        if (poll(&wait, 1, STRESS_WAIT_MS) != 1 ||
            read(fd, &wakes, sizeof(wakes)) < 0) {
            return NULL;
        }
        m = queue_pop(q);
    }
    return m;
}

static void *answer_all(void *arg)
{
    struct ping *p = arg;

    for (int i = 0; i < PING_ROUNDS; i++) {
        void *m = wait_for(p->there, p->there_fd);

        if (m == NULL || !queue_push(p->back, m)) {
            return NULL;
        }
    }
    return p;
}

/* Let a little time pass, other lengths in other rounds. */
static void dawdle(int round)
{
    for (volatile int i = 0; i < round % 128; i++) {
    }
}

/* One message goes to and fro. The other thread falls asleep after each; this
 * one stays awake and sends after a varying delay, so that sooner or later it
 * pushes at each moment of that. A lost wake-up would end the game. */
static void queue_push_meets_falling_asleep(void **state)
{
    struct ping p;
    pthread_t other;
    void *result = NULL;
    int ball;

    (void)state;
    p.there_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p.back_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p.there = queue_new(2, nudge, &p.there_fd);
    p.back = queue_new(2, nudge, &p.back_fd);
    assert_int_equal(pthread_create(&other, NULL, answer_all, &p), 0);
    for (int i = 0; i < PING_ROUNDS; i++) {
        void *m = NULL;

        dawdle(i);
        assert_true(queue_push(p.there, &ball));
        for (int k = 0; k < PING_SPINS && m == NULL; k++) {
            m = queue_pop(p.back);
        }
        if (m == NULL) {
            m = wait_for(p.back, p.back_fd);
        }
        assert_ptr_equal(m, &ball);
    }
    pthread_join(other, &result);
    assert_ptr_equal(result, &p);
    queue_free(p.there, NULL);
    queue_free(p.back, NULL);
    close(p.there_fd);
    close(p.back_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queue_pop_keeps_the_order),
        cmocka_unit_test(queue_push_full),
        cmocka_unit_test(queue_push_capacity_of_one),
        cmocka_unit_test(queue_push_merges_wakes),
        cmocka_unit_test(queue_free_drops_the_rest),
        cmocka_unit_test(queue_pop_two_threads),
        cmocka_unit_test(queue_push_meets_falling_asleep),
    };
    return cmocka_run_group_tests_name("msgq/queue", tests, NULL, NULL);
}
