/* A submitted job waits in the queue of its class, or behind the jobs of its
 * lane. A worker takes it, runs work(), and puts it on the done list of its
 * port, whose wake runs done() on the loop. When the port was freed the worker
 * runs drop() instead.
 *
 * One mutex guards queues, lanes and done lists. It is never held while a
 * job's functions run.
 */
#include "config.h"

#include "engine/disk.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/loop.h"
#include "util/map.h"
#include "util/mem.h"

enum {
    CLASSES = 3,
    THREADS_MIN = 2, /* one slow disk access must not stop everything */
    THREADS_MAX = 64,
    THREADS_AUTO = 16, /* more than that the hashing of one computer rarely
                          needs, however many processors it has */
    /* Every so many jobs the lowest class goes first, so that hashing a share
     * goes on while peers load at full speed. */
    FAIR_TURN = 16,
    PAGE = 4096,
};

struct entry {
    struct disk_job job;
    struct disk_port *port;
    struct entry *next;
    bool is_worked; /* only drop() is left to do */
};

struct list {
    struct entry *first, *last;
};

/* Jobs that wait for one of the same lane that is queued or runs. Exists as
 * long as there is one. */
struct lane {
    struct list waiting;
};

struct disk {
    pthread_mutex_t lock;
    pthread_cond_t work_to_do;
    struct list queue[CLASSES];
    struct map *lanes; /* pointer -> struct lane */
    unsigned turns;
    bool is_ending;
    unsigned ports;
    unsigned thread_count;
    pthread_t threads[];
};

struct disk_port {
    struct disk *disk;
    struct wake *wake;
    struct list done;  /* under the lock */
    struct list batch; /* owner thread only: done() is being called for these */
    size_t pending;    /* owner thread only */
    size_t entries;    /* of this port, anywhere; under the lock */
    bool is_closed;    /* under the lock */
    bool *is_gone;     /* set when the port is freed inside a done() */
    void (*on_idle)(void *arg);
    void *on_idle_arg;
};

static void list_add(struct list *l, struct entry *e)
{
    e->next = NULL;
    if (l->last == NULL) {
        l->first = e;
    } else {
        l->last->next = e;
    }
    l->last = e;
}

static struct entry *list_take(struct list *l)
{
    struct entry *e = l->first;

    if (e != NULL) {
        l->first = e->next;
        l->last = l->first == NULL ? NULL : l->last;
        e->next = NULL;
    }
    return e;
}

/* ---- Workers ------------------------------------------------------------ */

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void make_scratch_key(void)
{
    int rv = pthread_key_create(&scratch_key, free);

    assert(rv == 0);
    (void)rv;
}

void *disk_scratch(void)
{
    void *buffer;

    pthread_once(&scratch_once, make_scratch_key);
    buffer = pthread_getspecific(scratch_key);
    if (buffer == NULL) {
        /* Aligned by hand: only this many are made, one a thread. */
        if (posix_memalign(&buffer, PAGE, DISK_BUFFER) != 0) {
            buffer = mem_alloc(DISK_BUFFER);
        }
        pthread_setspecific(scratch_key, buffer);
    }
    return buffer;
}

/* The next job, or NULL. Under the lock. */
static struct entry *next_entry(struct disk *d)
{
    bool is_reversed = ++d->turns % FAIR_TURN == 0;
    int i;

    for (i = 0; i < CLASSES; i++) {
        struct entry *e =
            list_take(&d->queue[is_reversed ? CLASSES - 1 - i : i]);

        if (e != NULL) {
            return e;
        }
    }
    return NULL;
}

static void enqueue(struct disk *d, struct entry *e)
{
    list_add(&d->queue[e->job.class], e);
    pthread_cond_signal(&d->work_to_do);
}

/* The job of a lane has run: let the next one go. Under the lock. */
static void leave_lane(struct disk *d, const void *lane)
{
    struct lane *l;
    struct entry *next;

    if (lane == NULL) {
        return;
    }
    l = map_get(d->lanes, &lane, sizeof lane);
    next = list_take(&l->waiting);
    if (next != NULL) {
        enqueue(d, next);
    } else {
        map_remove(d->lanes, &lane, sizeof lane);
        free(l);
    }
}

/* One entry less; the last one takes a closed port along. Under the lock. */
static void release_entry(struct entry *e)
{
    struct disk_port *p = e->port;

    p->entries--;
    if (p->entries == 0 && p->is_closed) {
        p->disk->ports--;
        free(p);
    }
    free(e);
}

/* Under the lock, which is given up while the job's functions run. */
static void run(struct disk *d, struct entry *e)
{
    struct disk_port *p = e->port;

    if (!e->is_worked) {
        pthread_mutex_unlock(&d->lock);
        e->job.work(e->job.arg);
        pthread_mutex_lock(&d->lock);
        e->is_worked = true;
        leave_lane(d, e->job.lane);
    }
    if (!p->is_closed) {
        bool is_first = p->done.first == NULL;

        list_add(&p->done, e);
        if (is_first) {
            wake_send(p->wake);
        }
        return;
    }
    pthread_mutex_unlock(&d->lock);
    if (e->job.drop != NULL) {
        e->job.drop(e->job.arg);
    }
    pthread_mutex_lock(&d->lock);
    release_entry(e);
}

static void *worker(void *arg)
{
    struct disk *d = arg;
    struct entry *e;

    pthread_mutex_lock(&d->lock);
    for (;;) {
        e = next_entry(d);
        if (e != NULL) {
            run(d, e);
        } else if (d->is_ending) {
            break;
        } else {
            pthread_cond_wait(&d->work_to_do, &d->lock);
        }
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

static unsigned choose_threads(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    if (n < THREADS_MIN) {
        return THREADS_MIN;
    }
    return n > THREADS_AUTO ? THREADS_AUTO : (unsigned)n;
}

/* Signals belong to the threads with a loop or a terminal. */
static void start_workers(struct disk *d)
{
    sigset_t all;
    sigset_t before;
    unsigned i;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (i = 0; i < d->thread_count; i++) {
        char name[24]; /* 15 are used: threads are few */

        if (pthread_create(&d->threads[i], NULL, worker, d) != 0) {
            break;
        }
        (void)snprintf(name, sizeof name, "p2p-disk-%u", i + 1);
        pthread_setname_np(d->threads[i], name);
    }
    d->thread_count = i;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (i == 0) {
        abort(); /* no thread at all: as bad as no memory */
    }
}

struct disk *disk_new(unsigned threads)
{
    struct disk *d;

    if (threads == 0) {
        threads = choose_threads();
    }
    threads = threads > THREADS_MAX ? THREADS_MAX : threads;
    d = mem_calloc(1, sizeof *d + threads * sizeof d->threads[0]);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->work_to_do, NULL);
    d->lanes = map_new();
    d->thread_count = threads;
    start_workers(d);
    return d;
}

void disk_free(struct disk *d)
{
    unsigned i;

    if (d == NULL) {
        return;
    }
    pthread_mutex_lock(&d->lock);
    d->is_ending = true;
    pthread_cond_broadcast(&d->work_to_do);
    pthread_mutex_unlock(&d->lock);
    for (i = 0; i < d->thread_count; i++) {
        pthread_join(d->threads[i], NULL);
    }
    assert(d->ports == 0);
    map_free(d->lanes, NULL);
    pthread_cond_destroy(&d->work_to_do);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

unsigned disk_threads(const struct disk *d)
{
    return d->thread_count;
}

/* ---- Ports -------------------------------------------------------------- */

/* Take what is done. What comes later sends another wake. */
static void take_batch(struct disk_port *p)
{
    struct disk *d = p->disk;
    struct entry *e;

    pthread_mutex_lock(&d->lock);
    p->batch = p->done;
    p->done = (struct list){NULL, NULL};
    for (e = p->batch.first; e != NULL; e = e->next) {
        p->entries--;
    }
    pthread_mutex_unlock(&d->lock);
}

/* A done() may free the port: the rest of the batch went to the workers then.
 */
static void on_wake(void *arg)
{
    struct disk_port *p = arg;
    bool is_gone = false;

    assert(p->is_gone == NULL);
    take_batch(p);
    p->is_gone = &is_gone;
    while (!is_gone) {
        struct entry *e = list_take(&p->batch);
        struct disk_job job;

        if (e == NULL) {
            p->is_gone = NULL;
            break;
        }
        job = e->job;
        free(e);
        p->pending--;
        job.done(job.arg);
        if (!is_gone && p->pending == 0 && p->on_idle != NULL) {
            p->on_idle(p->on_idle_arg);
        }
    }
}

struct disk_port *disk_port_new(struct disk *d, struct loop *l)
{
    struct disk_port *p = mem_calloc(1, sizeof *p);

    p->disk = d;
    p->wake = wake_new(l, on_wake, p);
    pthread_mutex_lock(&d->lock);
    d->ports++;
    pthread_mutex_unlock(&d->lock);
    return p;
}

void disk_port_free(struct disk_port *p)
{
    struct disk *d;
    struct entry *e;
    struct wake *wake;

    if (p == NULL) {
        return;
    }
    d = p->disk;
    wake = p->wake;
    if (p->is_gone != NULL) {
        *p->is_gone = true;
    }
    pthread_mutex_lock(&d->lock);
    p->is_closed = true; /* no wake_send() from here on */
    for (e = list_take(&p->batch); e != NULL; e = list_take(&p->batch)) {
        p->entries++;
        enqueue(d, e); /* a worker calls drop() */
    }
    for (e = list_take(&p->done); e != NULL; e = list_take(&p->done)) {
        enqueue(d, e);
    }
    if (p->entries == 0) {
        d->ports--;
        free(p);
    }
    pthread_mutex_unlock(&d->lock);
    wake_free(wake);
}

void disk_port_on_idle(struct disk_port *p, void (*cb)(void *arg), void *arg)
{
    p->on_idle = cb;
    p->on_idle_arg = arg;
}

struct disk *disk_of(const struct disk_port *p)
{
    return p->disk;
}

void disk_submit(struct disk_port *p, const struct disk_job *job)
{
    struct disk *d = p->disk;
    struct entry *e = mem_calloc(1, sizeof *e);
    struct lane *l = NULL;

    assert(job->work != NULL && job->done != NULL);
    assert((unsigned)job->class < CLASSES);
    e->job = *job;
    e->port = p;
    p->pending++;
    pthread_mutex_lock(&d->lock);
    p->entries++;
    if (job->lane != NULL) {
        l = map_get(d->lanes, &job->lane, sizeof job->lane);
        if (l == NULL) {
            struct lane *made = mem_calloc(1, sizeof *made);

            (void)map_put(d->lanes, &job->lane, sizeof job->lane, made);
        }
    }
    if (l != NULL) {
        list_add(&l->waiting, e);
    } else {
        enqueue(d, e);
    }
    pthread_mutex_unlock(&d->lock);
}

size_t disk_pending(const struct disk_port *p)
{
    return p->pending;
}
