#include "config.h"

#include "msgq/event.h"

#include <stddef.h>
#include <stdlib.h>

#include "msgq/rowfield.h"
#include "util/mem.h"

#define PART(type, key, field)                                 \
    {                                                          \
        ROWFIELD_##type, key, offsetof(struct event, field), 1 \
    }

/* One of the values 0 to `last`. */
#define ENUM(key, field, last)                                                \
    {                                                                         \
        ROWFIELD_ENUM, key, offsetof(struct event, field), (size_t)(last) + 1 \
    }

static const struct rowfield fields[] = {
    PART(I32, "code", code),
    PART(TEXT, "text", text),
    ENUM("level", level, NOTICE_ERROR),
    PART(I64, "time", time),
    PART(TEXT, "group", group),
    PART(TEXT, "name", name),
    ENUM("phase", progress.phase, TRANSFER_FAILED),
    PART(U64, "done", progress.done),
    PART(U64, "total", progress.total),
    PART(U64, "rate", progress.rate),
    PART(I64, "eta", progress.eta),
    PART(U32, "peers", progress.peers),
    PART(BOOL, "connected", session.connected),
    PART(BOOL, "logged_in", session.logged_in),
    PART(TEXT, "tracker", session.tracker),
    PART(TEXT, "user", session.user),
    PART(TEXT, "problem", session.problem),
    PART(U32, "trackers_up", session.trackers_up),
    PART(U32, "trackers_total", session.trackers_total),
    PART(U16, "listen_port", session.listen_port),
    PART(U64, "rate_down", rate_down),
    PART(U64, "rate_up", rate_up),
    PART(U64, "disk_free", disk_free),
    {ROWFIELD_U32S, "rates_down", offsetof(struct event, pieces.rates_down),
     EVENT_HISTORY},
    {ROWFIELD_U32S, "rates_up", offsetof(struct event, pieces.rates_up),
     EVENT_HISTORY},
    {ROWFIELD_END, NULL, 0, 0},
};

const struct rowfield *event_fields(void)
{
    return fields;
}

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
