/* What the files of net share: tasks at the end of a loop turn, watched
 * descriptors, and handles that only net's own tests use.
 */
#ifndef P2P_NET_INTERNAL_H
#define P2P_NET_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

struct conn;
struct dial;
struct loop;
struct watch;

/* A function to run once at the end of the present turn, embedded in the
 * object it works for. "End" is just before the loop waits again, after all
 * events and timers, so the work of a whole turn is collected there. */
struct loop_task {
    struct loop_task *next; /* NULL: not queued */
    struct loop_task *prev;
    void (*run)(void *arg);
    void *arg;
};

void loop_task_init(struct loop_task *t, void (*run)(void *arg), void *arg);

/* Queue `t` (no effect when it is queued). A task that queues itself while it
 * runs gets its turn after the other descriptors were looked at. */
void loop_defer(struct loop *l, struct loop_task *t);
void loop_task_cancel(struct loop_task *t);

/* A number that changes with every turn; never UINT64_MAX. */
uint64_t loop_turn(const struct loop *l);

/* LOOP_SCRATCH_SIZE bytes that the caller may use until it returns. */
enum { LOOP_SCRATCH_SIZE = 16384 };
uint8_t *loop_scratch(struct loop *l);

/* A place for one idle buffer of net/gather; the loop frees what it holds. */
uint8_t **loop_spare(struct loop *l);

/* The descriptor is dead (an error is pending on it); watching has stopped. */
enum { WATCH_BROKEN = 1 << 16 };

/* Watch `fd`, which stays the caller's. `events` of the callback is a set of
 * UV_READABLE, UV_WRITABLE, UV_DISCONNECT, or WATCH_BROKEN alone. Nothing is
 * watched before watch_set(). 0 or a code. */
int watch_new(struct loop *l, int fd, void (*cb)(void *arg, int events),
              void *arg, struct watch **out);

/* Change what is waited for; costs nothing when it stays the same. */
void watch_set(struct watch *w, int events);
int watch_events(const struct watch *w);

/* NULL is allowed. `fd` may be closed or watched elsewhere at once. */
void watch_free(struct watch *w);

/* Tests only: new keys after every `bytes` sent. */
void conn_set_rekey(struct conn *c, uint64_t bytes);

/* Tests only: the limited wait that is running ends in `ms`. */
void conn_set_wait(struct conn *c, int64_t ms);

/* Tests only, right after dial_start(): another limit than DIAL_TIMEOUT_MS. */
void dial_set_limit(struct dial *d, int64_t ms);

#endif /* P2P_NET_INTERNAL_H */
