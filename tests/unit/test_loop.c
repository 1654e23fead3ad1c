#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "net/internal.h"
#include "net/loop.h"
#include "util/clock.h"
#include "util/err.h"

struct fixture {
    struct loop *loop;
    struct timer *timer;
    struct timer *other;
    struct wake *wake;
    struct loop_task task;
    int calls;
    char trace[64]; /* one letter per event, in order */
};

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    f.loop = loop_new();
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    timer_free(f->timer);
    timer_free(f->other);
    wake_free(f->wake);
    loop_free(f->loop);
    return 0;
}

static void note(struct fixture *f, char what)
{
    size_t length = strlen(f->trace);

    assert_true(length + 1 < sizeof(f->trace));
    f->trace[length] = what;
}

static void stop(void *arg)
{
    struct fixture *f = arg;

    note(f, 's');
    loop_stop(f->loop);
}

static void count(void *arg)
{
    struct fixture *f = arg;

    f->calls++;
    note(f, 'c');
}

/* Timers fire in the order of their times, and once. */
static void timer_start_two_in_order(void **state)
{
    struct fixture *f = *state;

    f->timer = timer_new(f->loop, stop, f);
    f->other = timer_new(f->loop, count, f);
    assert_false(timer_is_running(f->timer));
    timer_start(f->timer, 20);
    timer_start(f->other, 1);
    assert_true(timer_is_running(f->timer));
    loop_run(f->loop, "test");
    assert_string_equal(f->trace, "cs");
    assert_false(timer_is_running(f->timer));
}

/* A stopped timer does not fire; a restarted one fires at the new time. */
static void timer_stop_and_restart(void **state)
{
    struct fixture *f = *state;

    f->timer = timer_new(f->loop, stop, f);
    f->other = timer_new(f->loop, count, f);
    timer_start(f->other, 1);
    timer_stop(f->other);
    timer_start(f->timer, 60000);
    timer_start(f->timer, 5);
    loop_run(f->loop, "test");
    assert_string_equal(f->trace, "s");
}

/* Time spent before loop_run() does not shorten a timer started then. */
static void timer_start_before_run_counts_from_now(void **state)
{
    struct fixture *f = *state;
    int64_t began;

    usleep(30000); /* the loop's own idea of the time is this old now */
    f->timer = timer_new(f->loop, stop, f);
    began = clock_now_ms();
    timer_start(f->timer, 25);
    loop_run(f->loop, "test");
    assert_true(clock_now_ms() - began >= 23);
}

static void free_own_timer(void *arg)
{
    struct fixture *f = arg;

    timer_free(f->timer);
    f->timer = NULL;
    note(f, 'f');
    loop_stop(f->loop);
}

/* A timer may be freed inside its own callback. */
static void timer_free_in_callback(void **state)
{
    struct fixture *f = *state;

    f->timer = timer_new(f->loop, free_own_timer, f);
    timer_start(f->timer, 0);
    loop_run(f->loop, "test");
    assert_string_equal(f->trace, "f");
}

static void defer_again(void *arg)
{
    struct fixture *f = arg;

    note(f, 't');
    f->calls++;
    if (f->calls < 3) {
        loop_defer(f->loop, &f->task);
    } else {
        loop_stop(f->loop);
    }
}

/* A task queued twice runs once; one that queues itself runs again in the next
 * turn although nothing else happens. */
static void loop_defer_requeues(void **state)
{
    struct fixture *f = *state;
    uint64_t first = loop_turn(f->loop);

    loop_task_init(&f->task, defer_again, f);
    loop_defer(f->loop, &f->task);
    loop_defer(f->loop, &f->task);
    loop_run(f->loop, "test");
    assert_string_equal(f->trace, "ttt");
    assert_true(loop_turn(f->loop) >= first + 3);
}

static void cancel_other(void *arg)
{
    struct fixture *f = arg;

    note(f, 'x');
    loop_task_cancel(&f->task);
    loop_stop(f->loop);
}

/* A task may cancel another one that is due in the same run. */
static void loop_task_cancel_in_same_run(void **state)
{
    struct fixture *f = *state;
    struct loop_task first;

    loop_task_init(&first, cancel_other, f);
    loop_task_init(&f->task, count, f);
    loop_defer(f->loop, &first);
    loop_defer(f->loop, &f->task);
    loop_run(f->loop, "test");
    assert_string_equal(f->trace, "x");
}

static void read_time_twice(void *arg)
{
    struct fixture *f = arg;
    int64_t first = loop_now_ms(f->loop);

    while (clock_now_ms() < first + 3) {
        /* let the clock move on inside the turn */
    }
    assert_int_equal(loop_now_ms(f->loop), first);
    loop_stop(f->loop);
}

/* All of one turn sees the same time. */
static void loop_now_ms_constant_in_turn(void **state)
{
    struct fixture *f = *state;

    f->timer = timer_new(f->loop, read_time_twice, f);
    timer_start(f->timer, 0);
    loop_run(f->loop, "test");
}

/* The time comes from util/clock, so tests can replace it. */
static void loop_now_ms_follows_frozen_clock(void **state)
{
    struct fixture *f = *state;

    clock_freeze(5000000, 7);
    assert_int_equal(loop_now_ms(f->loop), 5000);
    clock_thaw();
}

static void *send_many(void *arg)
{
    struct fixture *f = arg;
    int i;

    for (i = 0; i < 1000; i++) {
        wake_send(f->wake);
    }
    return NULL;
}

/* Many sends from another thread become at least one call on the loop. */
static void wake_send_from_thread(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;

    f->wake = wake_new(f->loop, stop, f);
    assert_int_equal(pthread_create(&thread, NULL, send_many, f), 0);
    loop_run(f->loop, "test");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(f->trace[0], 's');
}

static void on_signal(void *arg, int signal_number)
{
    struct fixture *f = arg;

    note(f, signal_number == SIGUSR1 ? 'u' : '?');
    loop_stop(f->loop);
}

static void raise_signal(void *arg)
{
    (void)arg;
    raise(SIGUSR1);
}

/* A signal runs its function on the loop. */
static void loop_on_signal_runs(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(loop_on_signal(f->loop, SIGUSR1, on_signal, f), 0);
    f->timer = timer_new(f->loop, raise_signal, f);
    timer_start(f->timer, 0);
    loop_run(f->loop, "test");
    assert_string_equal(f->trace, "u");
}

/* The ninth registration is refused, as is a signal nobody can catch. */
static void loop_on_signal_limits(void **state)
{
    struct fixture *f = *state;
    int i;

    assert_true(loop_on_signal(f->loop, SIGKILL, on_signal, f) < 0);
    for (i = 0; i < 7; i++) {
        assert_int_equal(loop_on_signal(f->loop, SIGUSR1, on_signal, f), 0);
    }
    assert_int_equal(loop_on_signal(f->loop, SIGUSR1, on_signal, f), P2P_EFULL);
}

static void write_and_watch(void *arg, int events)
{
    struct fixture *f = arg;

    note(f, (events & UV_READABLE) != 0 ? 'r' : '?');
    loop_stop(f->loop);
}

/* A watch reports a readable pipe; after watch_free() the descriptor may be
 * closed at once and its number used by another watch. */
static void watch_free_then_reuse_descriptor(void **state)
{
    struct fixture *f = *state;
    struct watch *w;
    int ends[2];
    int round;

    for (round = 0; round < 2; round++) {
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(watch_new(f->loop, ends[0], write_and_watch, f, &w),
                         0);
        watch_set(w, UV_READABLE);
        assert_int_equal(watch_events(w), UV_READABLE);
        assert_int_equal(write(ends[1], "x", 1), 1);
        loop_run(f->loop, "test");
        watch_free(w);
        close(ends[0]);
        close(ends[1]);
    }
    assert_string_equal(f->trace, "rr");
}

/* A regular file cannot be watched: an error, no crash. */
static void watch_new_regular_file(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/test_loop_XXXXXX";
    struct watch *w = NULL;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_true(watch_new(f->loop, fd, write_and_watch, f, &w) < 0);
    assert_null(w);
    close(fd);
    unlink(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(timer_start_two_in_order),
        TEST(timer_stop_and_restart),
        TEST(timer_start_before_run_counts_from_now),
        TEST(timer_free_in_callback),
        TEST(loop_defer_requeues),
        TEST(loop_task_cancel_in_same_run),
        TEST(loop_now_ms_constant_in_turn),
        TEST(loop_now_ms_follows_frozen_clock),
        TEST(wake_send_from_thread),
        TEST(loop_on_signal_runs),
        TEST(loop_on_signal_limits),
        TEST(watch_free_then_reuse_descriptor),
        TEST(watch_new_regular_file),
    };
    return cmocka_run_group_tests_name("net/loop", tests, NULL, NULL);
}
