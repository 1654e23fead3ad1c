/* outq: bytes waiting to be sent by a conn, copied or lent.
 *
 * A plain value without pointers to itself: it may be moved by assignment.
 * Copied bytes are packed into segments of a full TLS record.
 */
#ifndef P2P_NET_OUTQ_H
#define P2P_NET_OUTQ_H

#include <stddef.h>
#include <stdint.h>

struct segment;

struct outq {
    struct segment *head; /* NULL: empty */
    struct segment *tail;
    size_t size; /* bytes in all segments that are not taken yet */
};

void outq_init(struct outq *q);

/* Release everything; the queue is empty and usable afterwards. */
void outq_drop(struct outq *q);

/* Append a copy of `size` bytes (at least 1). */
void outq_copy(struct outq *q, const void *data, size_t size);

/* Append bytes that stay where they are (at least 1) until `release(arg)`. */
void outq_take(struct outq *q, const void *data, size_t size,
               void (*release)(void *arg), void *arg);

/* The next bytes to send; NULL and 0 when empty. When the first segment is
 * shorter than `record` and others follow, the bytes are collected in
 * `scratch` (`record` bytes), so that records are full. */
const uint8_t *outq_peek(const struct outq *q, uint8_t *scratch, size_t record,
                         size_t *size);

/* Drop `size` bytes (at most q->size) from the front. Releases finished
 * segments; a release function may append to the queue or drop it. */
void outq_advance(struct outq *q, size_t size);

#endif /* P2P_NET_OUTQ_H */
