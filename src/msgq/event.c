#include "config.h"

#include "msgq/event.h"

#include <stdlib.h>

#include "util/mem.h"

struct event *event_new(enum event_kind kind)
{
    struct event *e = mem_calloc(1, sizeof(*e));

    e->kind = kind;
    return e;
}

void event_free(struct event *e)
{
    uint32_t i;

    if (e == NULL) {
        return;
    }
    free(e->text);
    free(e->group);
    free(e->name);
    rows_close(&e->rows);
    free(e->session.tracker);
    free(e->session.user);
    free(e->session.problem);
    free(e->pieces.have);
    free(e->pieces.copies);
    free(e->pieces.source);
    free(e->pieces.arriving);
    for (i = 0; i < e->pieces.bad_count; i++) {
        free(e->pieces.bad[i].user);
    }
    free(e->pieces.bad);
    free(e);
}

void event_drop(void *message)
{
    event_free(message);
}
