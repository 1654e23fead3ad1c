/* buf: a growing byte buffer with a hard maximum.
 *
 * Bytes are added at the end and taken from the front. Growth past `max` is
 * refused, never truncated, so a peer cannot make us hold more than we chose.
 */
#ifndef P2P_UTIL_BUF_H
#define P2P_UTIL_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data;   /* owned; the first unread byte is data[start] */
    size_t start;    /* bytes consumed at the front */
    size_t end;      /* bytes filled, from data */
    size_t capacity; /* bytes allocated */
    size_t max;      /* most unread bytes this buffer may hold */
};

/* Prepare `b` for at most `max` unread bytes; nothing is allocated yet. */
void buf_init(struct buf *b, size_t max);

/* Release the memory; `b` may be used again after buf_init(). */
void buf_close(struct buf *b);

/* Number of unread bytes, and where they start (valid until the next call
 * that changes `b`). */
size_t buf_length(const struct buf *b);
uint8_t *buf_head(const struct buf *b);

/* Make room for `size` more bytes and return where to put them, or NULL when
 * that would pass `max`. Follow with buf_commit() of what was really written.
 */
uint8_t *buf_reserve(struct buf *b, size_t size);
void buf_commit(struct buf *b, size_t size);

/* Append bytes. 0 or P2P_ETOOBIG with `b` unchanged. */
int buf_append(struct buf *b, const void *data, size_t size);
int buf_append_text(struct buf *b, const char *text);
int buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Drop `size` bytes (at most buf_length) from the front, or all of them. */
void buf_consume(struct buf *b, size_t size);
void buf_clear(struct buf *b);

#endif /* P2P_UTIL_BUF_H */
