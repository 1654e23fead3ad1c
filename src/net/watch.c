#include "config.h"

#include "net/internal.h"

#include <stdlib.h>

#include <uv.h>

#include "net/loop.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"

/* The handle is an object of its own, because libuv may look at it until its
 * close callback has run, while its user is often gone or in another thread.
 */
struct watch {
    uv_poll_t uv;
    struct loop *loop;
    int events; /* what is waited for now */
    void (*cb)(void *arg, int events);
    void *arg;
};

static void free_watch(uv_handle_t *handle)
{
    free(handle->data);
}

int watch_new(struct loop *l, int fd, void (*cb)(void *arg, int events),
              void *arg, struct watch **out)
{
    struct watch *w = mem_calloc(1, sizeof(*w));
    int rv;

    loop_assert_owner(l);
    rv = uv_poll_init(loop_uv(l), &w->uv, fd);
    if (rv != 0) {
        free(w); /* not known to libuv yet */
        return err_from_errno(-rv);
    }
    w->uv.data = w;
    w->loop = l;
    w->cb = cb;
    w->arg = arg;
    *out = w;
    return 0;
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct watch *w = handle->data;

    if (status < 0) {
        w->events = 0; /* libuv stopped it */
        w->cb(w->arg, WATCH_BROKEN);
        return;
    }
    w->cb(w->arg, events);
}

void watch_set(struct watch *w, int events)
{
    int rv;

    loop_assert_owner(w->loop);
    if (events == w->events) {
        return; /* each change is two system calls inside libuv */
    }
    if (events == 0) {
        rv = uv_poll_stop(&w->uv);
    } else {
        rv = uv_poll_start(&w->uv, events, on_poll);
    }
    if (rv != 0) {
        log_error("net", "cannot watch a descriptor: %s", uv_strerror(rv));
    }
    w->events = events;
}

int watch_events(const struct watch *w)
{
    return w->events;
}

void watch_free(struct watch *w)
{
    if (w == NULL) {
        return;
    }
    loop_assert_owner(w->loop);
    w->cb = NULL;
    uv_close((uv_handle_t *)&w->uv, free_watch);
}
