#include "config.h"

#include "util/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/mem.h"

enum { BUF_FIRST = 128 /* half the bytes of the first allocation */ };

/* Where the unread bytes "are" while nothing is allocated; never written. */
static uint8_t buf_nothing[1];

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_close(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.max = b->max};
}

size_t buf_length(const struct buf *b)
{
    return b->end - b->start;
}

uint8_t *buf_head(const struct buf *b)
{
    if (b->data == NULL) {
        return buf_nothing;
    }
    return b->data + b->start;
}

/* Move the unread bytes to the front of memory that holds `needed` bytes. The
 * memory grows as well when there would be more bytes to move than were
 * consumed, or a reader that takes one byte at a time would make us move all
 * of them each time. */
static void make_room(struct buf *b, size_t needed)
{
    size_t length = buf_length(b);

    if (b->data != NULL && needed <= b->capacity &&
        (b->start >= length || needed <= b->capacity / 2)) {
        memmove(b->data, b->data + b->start, length);
    } else {
        size_t capacity = b->capacity == 0 ? BUF_FIRST : b->capacity;
        uint8_t *data;

        do {
            capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
        } while (capacity < needed);
        data = mem_alloc(capacity);
        memcpy(data, buf_head(b), length);
        free(b->data);
        b->data = data;
        b->capacity = capacity;
    }
    b->start = 0;
    b->end = length;
}

uint8_t *buf_reserve(struct buf *b, size_t size)
{
    size_t length = buf_length(b);

    if (length > b->max || size > b->max - length) {
        return NULL;
    }
    if (b->data == NULL || size > b->capacity - b->end) {
        make_room(b, length + size);
    }
    return b->data + b->end;
}

void buf_commit(struct buf *b, size_t size)
{
    assert(size <= b->capacity - b->end);
    b->end += size;
}

int buf_append(struct buf *b, const void *data, size_t size)
{
    uint8_t *to = buf_reserve(b, size);

    if (to == NULL) {
        return P2P_ETOOBIG;
    }
    if (size > 0) {
        memcpy(to, data, size);
    }
    b->end += size;
    return 0;
}

int buf_append_text(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

int buf_printf(struct buf *b, const char *format, ...)
{
    size_t left = b->capacity - b->end;
    uint8_t *to = left == 0 ? buf_nothing : b->data + b->end;
    va_list args, again;
    int length;
    int rv = 0;

    va_start(args, format);
    va_copy(again, args);
    /* The first try may overwrite free memory only, which is no change. */
    length = vsnprintf((char *)to, left, format, args);
    if (length < 0) {
        rv = P2P_EINVAL;
        goto out;
    }
    /* One more byte than the text, for the NUL that printf writes. */
    if ((size_t)length > b->max || buf_length(b) > b->max - (size_t)length) {
        rv = P2P_ETOOBIG;
        goto out;
    }
    if ((size_t)length >= left) {
        make_room(b, buf_length(b) + (size_t)length + 1);
        vsnprintf((char *)b->data + b->end, (size_t)length + 1, format, again);
    }
    b->end += (size_t)length;

out:
    va_end(again);
    va_end(args);
    return rv;
}

void buf_consume(struct buf *b, size_t size)
{
    assert(size <= buf_length(b));
    b->start += size;
    if (b->start == b->end) {
        b->start = 0;
        b->end = 0;
    }
}

void buf_clear(struct buf *b)
{
    b->start = 0;
    b->end = 0;
}
