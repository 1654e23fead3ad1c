#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/disk.h"
#include "net/loop.h"
#include "util/mem.h"

enum { MANY = 2000 };

struct fixture {
    struct loop *loop;
    struct disk *disk;
    struct disk_port *port;
    pthread_t loop_thread;
    int done_count, wanted; /* the loop stops when `wanted` are done */
    atomic_int drops, works;
    atomic_int order_count;
    int order[MANY];
    sem_t gate, arrived;
};

struct task {
    struct fixture *f;
    int number;
};

static void start(struct fixture *f, unsigned threads)
{
    memset(f, 0, sizeof *f);
    f->loop = loop_new();
    f->disk = disk_new(threads);
    f->port = disk_port_new(f->disk, f->loop);
    f->loop_thread = pthread_self();
    sem_init(&f->gate, 0, 0);
    sem_init(&f->arrived, 0, 0);
}

static void finish(struct fixture *f)
{
    disk_port_free(f->port);
    loop_free(f->loop);
    disk_free(f->disk);
    sem_destroy(&f->gate);
    sem_destroy(&f->arrived);
}

static void work(void *arg)
{
    struct task *t = arg;

    assert_false(pthread_equal(pthread_self(), t->f->loop_thread));
    t->f->order[atomic_fetch_add(&t->f->order_count, 1)] = t->number;
    atomic_fetch_add(&t->f->works, 1);
}

static void done(void *arg)
{
    struct task *t = arg;
    struct fixture *f = t->f;

    assert_true(pthread_equal(pthread_self(), f->loop_thread));
    f->done_count++;
    free(t);
    if (f->done_count == f->wanted) {
        loop_stop(f->loop);
    }
}

static void drop(void *arg)
{
    struct task *t = arg;

    assert_false(pthread_equal(pthread_self(), t->f->loop_thread));
    atomic_fetch_add(&t->f->drops, 1);
    free(t);
}

/* Keep a worker busy until the gate opens. */
static void wait_work(void *arg)
{
    struct task *t = arg;

    sem_post(&t->f->arrived);
    sem_wait(&t->f->gate);
}

static void submit(struct fixture *f, void (*function)(void *), int number,
                   const void *lane, enum disk_class class)
{
    struct task *t = mem_alloc(sizeof *t);

    *t = (struct task){f, number};
    disk_submit(f->port, &(struct disk_job){.work = function,
                                            .done = done,
                                            .drop = drop,
                                            .arg = t,
                                            .lane = lane,
                                            .class = class});
    f->wanted++;
}

/* Work runs on workers, done on the loop, each exactly once. */
static void disk_submit_runs_both_functions(void **state)
{
    static struct fixture f;
    int i;

    (void)state;
    start(&f, 3);
    for (i = 0; i < MANY; i++) {
        submit(&f, work, i, NULL, (enum disk_class)(i % 3));
    }
    assert_int_equal(disk_pending(f.port), MANY);
    loop_run(f.loop, "test");
    assert_int_equal(f.done_count, MANY);
    assert_int_equal(atomic_load(&f.works), MANY);
    assert_int_equal(disk_pending(f.port), 0);
    finish(&f);
    assert_int_equal(atomic_load(&f.drops), 0);
}

/* Jobs of one lane run in the order submitted, whatever their class. */
static void disk_submit_lane_keeps_order(void **state)
{
    static struct fixture f;
    int lane;
    int i;

    (void)state;
    start(&f, 4);
    for (i = 0; i < MANY; i++) {
        submit(&f, work, i, &lane, (enum disk_class)((i * 7) % 3));
    }
    loop_run(f.loop, "test");
    for (i = 0; i < MANY; i++) {
        assert_int_equal(f.order[i], i);
    }
    finish(&f);
}

/* Jobs without a common lane run at the same time. */
static void disk_submit_runs_in_parallel(void **state)
{
    static struct fixture f;
    int lanes[2];

    (void)state;
    start(&f, 2);
    assert_int_equal(disk_threads(f.disk), 2);
    assert_ptr_equal(disk_of(f.port), f.disk);
    submit(&f, wait_work, 0, &lanes[0], DISK_NORMAL);
    submit(&f, wait_work, 1, &lanes[1], DISK_NORMAL);
    sem_wait(&f.arrived);
    sem_wait(&f.arrived);
    sem_post(&f.gate);
    sem_post(&f.gate);
    loop_run(f.loop, "test");
    finish(&f);
}

/* Urgent jobs overtake others that wait. */
static void disk_submit_urgent_first(void **state)
{
    static struct fixture f;

    (void)state;
    start(&f, 1);
    submit(&f, wait_work, 0, NULL, DISK_NORMAL);
    sem_wait(&f.arrived);
    submit(&f, work, 1, NULL, DISK_BULK);
    submit(&f, work, 2, NULL, DISK_NORMAL);
    submit(&f, work, 3, NULL, DISK_URGENT);
    submit(&f, work, 4, NULL, DISK_URGENT);
    sem_post(&f.gate);
    loop_run(f.loop, "test");
    assert_int_equal(f.order[0], 3);
    assert_int_equal(f.order[1], 4);
    assert_int_equal(f.order[2], 2);
    assert_int_equal(f.order[3], 1);
    finish(&f);
}

/* Bulk jobs go on, slowly, while urgent ones never end. */
static void disk_submit_bulk_is_not_starved(void **state)
{
    static struct fixture f;
    int i;

    (void)state;
    start(&f, 1);
    submit(&f, wait_work, 0, NULL, DISK_NORMAL);
    sem_wait(&f.arrived);
    submit(&f, work, 999, NULL, DISK_BULK);
    for (i = 0; i < 100; i++) {
        submit(&f, work, i, NULL, DISK_URGENT);
    }
    sem_post(&f.gate);
    loop_run(f.loop, "test");
    for (i = 0; f.order[i] != 999; i++) {
        assert_true(i < 20);
    }
    finish(&f);
}

/* When the port goes away, jobs that run or wait are worked and dropped. */
static void disk_port_free_drops(void **state)
{
    static struct fixture f;
    int lane;
    int i;

    (void)state;
    start(&f, 2);
    submit(&f, wait_work, 0, &lane, DISK_NORMAL);
    sem_wait(&f.arrived);
    for (i = 0; i < 50; i++) {
        submit(&f, work, i, i % 2 == 0 ? &lane : NULL, DISK_NORMAL);
    }
    disk_port_free(f.port);
    f.port = NULL;
    sem_post(&f.gate);
    finish(&f);
    assert_int_equal(atomic_load(&f.works), 50);
    assert_int_equal(atomic_load(&f.drops), 51);
    assert_int_equal(f.done_count, 0);
}

static void free_port(void *arg)
{
    struct task *t = arg;

    disk_port_free(t->f->port);
    t->f->port = NULL;
    loop_stop(t->f->loop);
    free(t);
}

/* A done() may free its port: the other results of that turn are dropped. */
static void disk_port_free_inside_done(void **state)
{
    static struct fixture f;
    struct task *t = mem_alloc(sizeof *t);
    int lane;
    int i;

    (void)state;
    start(&f, 1);
    *t = (struct task){&f, 0};
    submit(&f, wait_work, 0, &lane, DISK_NORMAL);
    sem_wait(&f.arrived);
    disk_submit(f.port, &(struct disk_job){.work = work,
                                           .done = free_port,
                                           .arg = t,
                                           .lane = &lane,
                                           .class = DISK_NORMAL});
    for (i = 0; i < 50; i++) {
        submit(&f, work, i, &lane, DISK_NORMAL);
    }
    sem_post(&f.gate);
    loop_run(f.loop, "test");
    finish(&f);
    assert_int_equal(f.done_count, 1);
    assert_int_equal(atomic_load(&f.drops), 50);
}

/* S0-09: the workers can be told apart by name. */
static void disk_new_names_threads(void **state)
{
    static struct fixture f;
    struct dirent *entry;
    int found = 0;
    DIR *dir;

    (void)state;
    start(&f, 3);
    dir = opendir("/proc/self/task");
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char path[64];
        char name[32] = "";
        int fd;

        if (entry->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof path, "/proc/self/task/%.16s/comm",
                       entry->d_name);
        fd = open(path, O_RDONLY);
        assert_true(fd >= 0);
        assert_true(read(fd, name, sizeof name - 1) > 0);
        close(fd);
        found += strncmp(name, "p2p-disk-", 9) == 0;
    }
    closedir(dir);
    assert_int_equal(found, 3);
    finish(&f);
}

static void *scratch_seen[2];

static void scratch_work(void *arg)
{
    struct task *t = arg;

    scratch_seen[t->number] = disk_scratch();
    memset(scratch_seen[t->number], t->number, DISK_BUFFER);
    assert_ptr_equal(scratch_seen[t->number], disk_scratch());
    wait_work(arg);
}

/* Each thread has its own aligned buffer. */
static void disk_scratch_is_per_thread(void **state)
{
    static struct fixture f;

    (void)state;
    start(&f, 2);
    submit(&f, scratch_work, 0, NULL, DISK_NORMAL);
    submit(&f, scratch_work, 1, NULL, DISK_NORMAL);
    sem_wait(&f.arrived);
    sem_wait(&f.arrived);
    assert_ptr_not_equal(scratch_seen[0], scratch_seen[1]);
    assert_int_equal((uintptr_t)scratch_seen[0] % 4096, 0);
    sem_post(&f.gate);
    sem_post(&f.gate);
    loop_run(f.loop, "test");
    finish(&f);
}

struct side {
    struct disk *disk;
    struct fixture f;
};

static void *run_side(void *arg)
{
    struct side *s = arg;
    int lanes[3];
    int i;

    s->f.loop = loop_new();
    s->f.port = disk_port_new(s->disk, s->f.loop);
    s->f.loop_thread = pthread_self();
    for (i = 0; i < MANY; i++) {
        submit(&s->f, work, i, &lanes[i % 3], (enum disk_class)(i % 3));
    }
    loop_run(s->f.loop, "side");
    disk_port_free(s->f.port);
    loop_free(s->f.loop);
    return NULL;
}

/* Two loops share one pool. */
static void disk_port_new_two_loops(void **state)
{
    static struct side sides[2];
    struct disk *d = disk_new(2);
    pthread_t threads[2];
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        sides[i].disk = d;
        assert_int_equal(pthread_create(&threads[i], NULL, run_side, &sides[i]),
                         0);
    }
    for (i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(sides[i].f.done_count, MANY);
    }
    disk_free(d);
}

struct idle {
    struct fixture f;
    int calls, seen_done;
};

static void on_idle(void *arg)
{
    struct idle *i = arg;

    i->calls++;
    i->seen_done = i->f.done_count;
    assert_int_equal(disk_pending(i->f.port), 0);
    loop_stop(i->f.loop);
}

/* The last of a chain: two jobs follow one after the other. */
static void done_and_next(void *arg)
{
    struct task *t = arg;
    struct fixture *f = t->f;

    f->done_count++;
    if (t->number > 0) {
        t->number--;
        disk_submit(f->port, &(struct disk_job){.work = work,
                                                .done = done_and_next,
                                                .drop = drop,
                                                .arg = t,
                                                .class = DISK_NORMAL});
        return;
    }
    free(t);
}

/* The callback comes once, after the last job, however many there were and
 * whatever followed them. */
static void disk_port_on_idle_comes_last(void **state)
{
    static struct idle i;
    struct task *t = mem_alloc(sizeof *t);
    int n;

    (void)state;
    i.calls = 0;
    start(&i.f, 3);
    for (n = 0; n < 50; n++) {
        submit(&i.f, work, n, NULL, DISK_URGENT);
    }
    i.f.wanted = -1; /* the callback stops the loop */
    *t = (struct task){&i.f, 2};
    disk_submit(i.f.port, &(struct disk_job){.work = work,
                                             .done = done_and_next,
                                             .drop = drop,
                                             .arg = t,
                                             .class = DISK_BULK});
    disk_port_on_idle(i.f.port, on_idle, &i);
    loop_run(i.f.loop, "test");
    assert_int_equal(i.calls, 1);
    assert_int_equal(i.seen_done, 53);
    finish(&i.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disk_submit_runs_both_functions),
        cmocka_unit_test(disk_submit_lane_keeps_order),
        cmocka_unit_test(disk_submit_runs_in_parallel),
        cmocka_unit_test(disk_submit_urgent_first),
        cmocka_unit_test(disk_submit_bulk_is_not_starved),
        cmocka_unit_test(disk_port_free_drops),
        cmocka_unit_test(disk_port_free_inside_done),
        cmocka_unit_test(disk_new_names_threads),
        cmocka_unit_test(disk_scratch_is_per_thread),
        cmocka_unit_test(disk_port_new_two_loops),
        cmocka_unit_test(disk_port_on_idle_comes_last),
    };

    return cmocka_run_group_tests_name("engine/disk", tests, NULL, NULL);
}
