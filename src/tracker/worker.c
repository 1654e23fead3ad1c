#include "config.h"

#include "tracker/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "net/loop.h"
#include "util/err.h"
#include "util/mem.h"

/* The job with its link; users see only the first part. */
struct node {
    struct worker_job job; /* first: a job pointer is a node pointer */
    STAILQ_ENTRY(node) link;
};
STAILQ_HEAD(nodes, node);

struct worker {
    pthread_t threads[WORKER_THREADS];
    struct wake *wake;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t more;
    struct nodes waiting;
    struct nodes finished;
    unsigned queued;
    bool stops;
};

struct worker_job *worker_job_new(void (*done)(struct worker_job *), void *arg)
{
    struct node *n = mem_calloc(1, sizeof(*n));

    n->job.done = done;
    n->job.arg = arg;
    return &n->job;
}

void worker_job_free(struct worker_job *job)
{
    if (job != NULL) {
        mem_free_secret(job->password);
        mem_free_secret(job->fresh);
        free(job->hash);
        free(job);
    }
}

static void work(struct worker_job *job)
{
    const char *source = job->fresh;

    job->made[0] = '\0';
    job->code = 0;
    if (job->hash != NULL) {
        job->code = password_verify(job->password, job->hash);
    }
    if (source == NULL &&
        (job->hash == NULL || password_is_outdated(job->hash))) {
        source = job->password;
    }
    if (job->code == 0 && source != NULL) {
        job->code = password_hash(source, job->made);
    }
}

static void *run_thread(void *arg)
{
    struct worker *w = arg;

    pthread_mutex_lock(&w->lock);
    while (!w->stops) {
        struct node *n = STAILQ_FIRST(&w->waiting);

        if (n == NULL) {
            pthread_cond_wait(&w->more, &w->lock);
            continue;
        }
        STAILQ_REMOVE_HEAD(&w->waiting, link);
        w->queued--;
        pthread_mutex_unlock(&w->lock);
        work(&n->job);
        pthread_mutex_lock(&w->lock);
        STAILQ_INSERT_TAIL(&w->finished, n, link);
        wake_send(w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Runs on the loop's thread. */
static void on_wake(void *arg)
{
    struct worker *w = arg;

    for (;;) {
        struct node *n;

        pthread_mutex_lock(&w->lock);
        n = STAILQ_FIRST(&w->finished);
        if (n != NULL) {
            STAILQ_REMOVE_HEAD(&w->finished, link);
        }
        pthread_mutex_unlock(&w->lock);
        if (n == NULL) {
            return;
        }
        n->job.done(&n->job);
        worker_job_free(&n->job);
    }
}

struct worker *worker_new(struct loop *l)
{
    struct worker *w = mem_calloc(1, sizeof(*w));
    sigset_t all;
    sigset_t before;
    int i;

    STAILQ_INIT(&w->waiting);
    STAILQ_INIT(&w->finished);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    w->wake = wake_new(l, on_wake, w);
    /* Signals belong to the loop's thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (i = 0; i < WORKER_THREADS; i++) {
        char name[32];

        if (pthread_create(&w->threads[i], NULL, run_thread, w) != 0) {
            abort(); /* at start, without threads nothing works */
        }
        snprintf(name, sizeof(name), "p2p-hash-%d", i); /* 15 bytes at most */
        pthread_setname_np(w->threads[i], name);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w;
}

void worker_free(struct worker *w)
{
    struct node *n;
    int i;

    if (w == NULL) {
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->stops = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    for (i = 0; i < WORKER_THREADS; i++) {
        pthread_join(w->threads[i], NULL);
    }
    on_wake(w);
    while ((n = STAILQ_FIRST(&w->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&w->waiting, link);
        n->job.code = P2P_ECANCELED;
        n->job.done(&n->job);
        worker_job_free(&n->job);
    }
    wake_free(w->wake);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->more);
    free(w);
}

int worker_submit(struct worker *w, struct worker_job *job)
{
    struct node *n = (struct node *)job;
    int rv = 0;

    pthread_mutex_lock(&w->lock);
    if (w->queued >= WORKER_QUEUE) {
        rv = P2P_EBUSY;
    } else {
        STAILQ_INSERT_TAIL(&w->waiting, n, link);
        w->queued++;
        pthread_cond_signal(&w->more);
    }
    pthread_mutex_unlock(&w->lock);
    return rv;
}
