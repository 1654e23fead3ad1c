#include "config.h"

#include "net/outq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum {
    OUTQ_CHUNK = 16384,     /* room of a segment of copies: one TLS record */
    OUTQ_CHUNK_SMALL = 512, /* the first one: most answers are short */
};

struct segment {
    struct segment *next;
    const uint8_t *data;
    size_t size; /* bytes at `data` */
    size_t sent; /* bytes of them that are gone */
    size_t room; /* bytes of `own`; 0: the bytes are lent */
    void (*release)(void *arg);
    void *arg;
    uint8_t own[];
};

void outq_init(struct outq *q)
{
    q->head = NULL;
    q->tail = NULL;
    q->size = 0;
}

static void append(struct outq *q, struct segment *s)
{
    s->next = NULL;
    if (q->tail != NULL) {
        q->tail->next = s;
    } else {
        q->head = s;
    }
    q->tail = s;
}

/* Release a list of segments that is no longer part of a queue. */
static void release_all(struct segment *s)
{
    while (s != NULL) {
        struct segment *next = s->next;

        if (s->release != NULL) {
            s->release(s->arg);
        }
        free(s);
        s = next;
    }
}

void outq_drop(struct outq *q)
{
    struct segment *all = q->head;

    outq_init(q);
    release_all(all);
}

static struct segment *new_chunk(const struct outq *q, size_t size)
{
    size_t room = q->head == NULL ? OUTQ_CHUNK_SMALL : OUTQ_CHUNK;
    struct segment *s;

    if (room < size) {
        room = size > OUTQ_CHUNK_SMALL && size < OUTQ_CHUNK ? OUTQ_CHUNK : size;
    }
    s = mem_alloc(sizeof(*s) + room);
    s->data = s->own;
    s->size = 0;
    s->sent = 0;
    s->room = room;
    s->release = NULL;
    s->arg = NULL;
    return s;
}

void outq_copy(struct outq *q, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    struct segment *s = q->tail;
    size_t part = 0;

    assert(size > 0);
    q->size += size;
    if (s != NULL && s->room > s->size) {
        part = s->room - s->size < size ? s->room - s->size : size;
        memcpy(s->own + s->size, bytes, part);
        s->size += part;
    }
    if (part < size) {
        s = new_chunk(q, size - part);
        memcpy(s->own, bytes + part, size - part);
        s->size = size - part;
        append(q, s);
    }
}

void outq_take(struct outq *q, const void *data, size_t size,
               void (*release)(void *arg), void *arg)
{
    struct segment *s = mem_alloc(sizeof(*s));

    assert(size > 0);
    s->data = data;
    s->size = size;
    s->sent = 0;
    s->room = 0;
    s->release = release;
    s->arg = arg;
    append(q, s);
    q->size += size;
}

const uint8_t *outq_peek(const struct outq *q, uint8_t *scratch, size_t record,
                         size_t *size)
{
    const struct segment *s = q->head;
    size_t filled = 0;

    if (s == NULL) {
        *size = 0;
        return NULL;
    }
    *size = s->size - s->sent;
    if (*size >= record || s->next == NULL) {
        return s->data + s->sent;
    }
    for (; s != NULL && filled < record; s = s->next) {
        size_t part = s->size - s->sent;

        part = part < record - filled ? part : record - filled;
        memcpy(scratch + filled, s->data + s->sent, part);
        filled += part;
    }
    *size = filled;
    return scratch;
}

void outq_advance(struct outq *q, size_t size)
{
    struct segment *finished = q->head;
    struct segment *last = NULL;

    assert(size <= q->size);
    q->size -= size;
    while (size > 0) {
        struct segment *s = q->head;
        size_t part = s->size - s->sent < size ? s->size - s->sent : size;

        s->sent += part;
        size -= part;
        if (s->sent == s->size) {
            last = s;
            q->head = s->next;
        }
    }
    if (q->head == NULL) {
        q->tail = NULL;
    }
    if (last != NULL) {
        /* The queue is in order now: release functions may use it. */
        last->next = NULL;
        release_all(finished);
    }
}
