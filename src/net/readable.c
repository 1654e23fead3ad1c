#include "config.h"

#include "net/readable.h"

#include <stdlib.h>

#include <uv.h>

#include "net/internal.h"
#include "util/mem.h"

struct readable {
    struct watch *watch;
    void (*cb)(void *arg);
    void *arg;
};

static void on_event(void *arg, int events)
{
    struct readable *r = arg;

    if (events == WATCH_BROKEN || (events & UV_READABLE)) {
        r->cb(r->arg);
    }
}

int readable_new(struct loop *l, int fd, void (*cb)(void *arg), void *arg,
                 struct readable **out)
{
    struct readable *r = mem_calloc(1, sizeof *r);
    int rv;

    r->cb = cb;
    r->arg = arg;
    rv = watch_new(l, fd, on_event, r, &r->watch);
    if (rv < 0) {
        free(r);
        return rv;
    }
    watch_set(r->watch, UV_READABLE);
    *out = r;
    return 0;
}

void readable_set(struct readable *r, bool on)
{
    watch_set(r->watch, on ? UV_READABLE : 0);
}

void readable_free(struct readable *r)
{
    if (r != NULL) {
        watch_free(r->watch);
        free(r);
    }
}
