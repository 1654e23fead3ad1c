/* queue: a bounded lock-free queue with one sender and one receiver (C11
 * atomics, acquire/release only). Two of them join the screen and the engine.
 */
#ifndef P2P_MSGQ_QUEUE_H
#define P2P_MSGQ_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue; /* Opaque; defined in queue.c. */

/* Make a queue for at most `capacity` messages (a power of two). After a push
 * that the receiver may not know of, `wake(arg)` runs on the sending thread;
 * it must only nudge the receiver's loop, never block. Never NULL; release
 * with queue_free(). */
struct queue *queue_new(size_t capacity, void (*wake)(void *arg), void *arg);

/* Release `q` when both threads have stopped using it, and pass each message
 * still inside to `drop`. NULL `q` is allowed. */
void queue_free(struct queue *q, void (*drop)(void *message));

/* Sender only. On true `message` belongs to the receiver. On false the queue is
 * full and the caller still owns `message`. */
bool queue_push(struct queue *q, void *message);

/* Receiver only. The oldest message, which the caller now owns, or NULL when
 * there is none. After a wake-up call this until it returns NULL: several
 * pushes may have caused one wake-up. */
void *queue_pop(struct queue *q);

#endif /* P2P_MSGQ_QUEUE_H */
