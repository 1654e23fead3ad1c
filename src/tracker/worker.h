/* worker: two threads that hash passwords, so that the loop does not wait.
 *
 * Each hash takes 19 MiB and a tenth of a second: two at a time and a short
 * queue bound the memory and the time of a login flood; what does not fit is
 * refused. Jobs come back on the loop's thread.
 */
#ifndef P2P_TRACKER_WORKER_H
#define P2P_TRACKER_WORKER_H

#include <stdbool.h>

#include "crypto/password.h"

struct loop;
struct worker;

enum { WORKER_THREADS = 2, WORKER_QUEUE = 32 };

/* What to do: verify `password` against `hash` unless it is NULL, and when it
 * fits, hash `fresh`, or `password` itself when `hash` is outdated or NULL. */
struct worker_job {
    char *password;                       /* owned, wiped */
    char *fresh;                          /* owned, wiped; may be NULL */
    char *hash;                           /* owned; may be NULL */
    void (*done)(struct worker_job *job); /* then the worker frees the job */
    void *arg;

    int code;                     /* result of verifying or hashing */
    char made[PASSWORD_HASH_MAX]; /* the new hash, or "" */
};

struct worker_job *worker_job_new(void (*done)(struct worker_job *), void *arg);
void worker_job_free(struct worker_job *job); /* NULL is allowed. */

struct worker *worker_new(struct loop *l);

/* Waits for the jobs that run; jobs still queued get code P2P_ECANCELED and
 * are given to done(). */
void worker_free(struct worker *w);

/* 0: the job is taken. P2P_EBUSY: the queue is full and the caller owns it. */
int worker_submit(struct worker *w, struct worker_job *job);

#endif /* P2P_TRACKER_WORKER_H */
