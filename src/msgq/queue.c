#include "config.h"

#include "msgq/queue.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/mem.h"

/* A ring. `head` and `tail` count messages and never go back; the message n is
 * in slot n % capacity. Invariant: head <= tail <= head + capacity.
 *
 * How a slot changes hands: the sender fills it and then stores `tail` with
 * release order; the receiver loads `tail` with acquire order before it reads
 * the slot, and stores `head` with release order when it has.
 *
 * Why no wake-up is lost, although most pushes make none: `asleep` is only
 * changed by exchanges, and exchanges of one variable are in one order that
 * both threads agree on. The receiver sets it and then looks at `tail` once
 * more; the sender stores `tail` and then clears it. If the receiver's exchange
 * came first, the sender finds `asleep` set and wakes. If the sender's came
 * first, the receiver's reads what it wrote, so the second look sees `tail`. */
enum {
    CACHE_LINE = 64 /* bytes; keeps the two threads off each other's line */
};

struct queue {
    size_t capacity;
    void (*wake)(void *arg);
    void *wake_arg;
    char pad_shared[CACHE_LINE];
    _Atomic size_t tail; /* changed by the sender */
    char pad_sender[CACHE_LINE];
    _Atomic size_t head; /* changed by the receiver */
    char pad_receiver[CACHE_LINE];
    atomic_bool asleep; /* the receiver may be waiting for a wake-up */
    char pad_asleep[CACHE_LINE];
    void *slots[];
};

struct queue *queue_new(size_t capacity, void (*wake)(void *arg), void *arg)
{
    struct queue *q;

    assert(capacity > 0 && (capacity & (capacity - 1)) == 0);
    q = mem_calloc(1, sizeof(*q) + capacity * sizeof(q->slots[0]));
    q->capacity = capacity;
    q->wake = wake;
    q->wake_arg = arg;
    atomic_init(&q->tail, 0);
    atomic_init(&q->head, 0);
    atomic_init(&q->asleep, true);
    return q;
}

void queue_free(struct queue *q, void (*drop)(void *message))
{
    void *message;

    if (q == NULL) {
        return;
    }
    for (message = queue_pop(q); message != NULL; message = queue_pop(q)) {
        drop(message);
    }
    free(q);
}

bool queue_push(struct queue *q, void *message)
{
    size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
    size_t head = atomic_load_explicit(&q->head, memory_order_acquire);

    assert(message != NULL);
    if (tail - head == q->capacity) {
        return false;
    }
    q->slots[tail & (q->capacity - 1)] = message;
    atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
    if (atomic_exchange_explicit(&q->asleep, false, memory_order_acq_rel)) {
        q->wake(q->wake_arg);
    }
    return true;
}

/* The oldest message, or NULL. */
static void *take(struct queue *q)
{
    size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&q->tail, memory_order_acquire);
    void *message;

    if (head == tail) {
        return NULL;
    }
    message = q->slots[head & (q->capacity - 1)];
    atomic_store_explicit(&q->head, head + 1, memory_order_release);
    return message;
}

void *queue_pop(struct queue *q)
{
    void *message = take(q);

    if (message != NULL) {
        return message;
    }
    atomic_exchange_explicit(&q->asleep, true, memory_order_acq_rel);
    return take(q);
}
