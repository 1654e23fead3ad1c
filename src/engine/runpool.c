#include "config.h"

#include "engine/runpool.h"

#include <stddef.h>
#include <stdlib.h>

#include "util/mem.h"

struct runpool {
    uint8_t *free[RUNPOOL_KEPT];
    size_t count;
};

struct runpool *runpool_new(void)
{
    return mem_calloc(1, sizeof(struct runpool));
}

void runpool_free(struct runpool *p)
{
    if (p == NULL) {
        return;
    }
    runpool_trim(p);
    free(p);
}

uint8_t *runpool_take(struct runpool *p)
{
    if (p->count > 0) {
        p->count--;
        return p->free[p->count];
    }
    return mem_alloc(RUN_ROOM);
}

void runpool_give(struct runpool *p, uint8_t *buffer)
{
    if (buffer != NULL && p->count < RUNPOOL_KEPT) {
        p->free[p->count] = buffer;
        p->count++;
        return;
    }
    free(buffer);
}

void runpool_trim(struct runpool *p)
{
    while (p->count > 0) {
        p->count--;
        free(p->free[p->count]);
    }
}
