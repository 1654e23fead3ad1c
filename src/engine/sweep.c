#include "config.h"

#include "engine/sweep.h"

#include <stdbool.h>
#include <stdlib.h>

#include "engine/disk.h"
#include "engine/storage.h"
#include "net/loop.h"
#include "util/mem.h"

/* One look by a worker: close() may wait for a slow disk. */
struct look {
    struct sweep *sweep; /* NULL once nobody waits */
    bool is_any_open;
};

struct sweep {
    struct disk_port *port;
    struct timer *timer;
    struct look *look; /* under way */
    int64_t interval_ms;
};

static void look_work(void *arg)
{
    struct look *k = arg;

    k->is_any_open = storage_close_idle();
}

static void look_done(void *arg)
{
    struct look *k = arg;
    struct sweep *s = k->sweep;

    if (s != NULL) {
        s->look = NULL;
        if (k->is_any_open) {
            sweep_soon(s);
        }
    }
    free(k);
}

static void on_timer(void *arg)
{
    struct sweep *s = arg;
    struct disk_job job = {
        .work = look_work, .done = look_done, .drop = free, .class = DISK_BULK};

    s->look = mem_calloc(1, sizeof *s->look);
    s->look->sweep = s;
    job.arg = s->look;
    disk_submit(s->port, &job);
}

struct sweep *sweep_new(struct loop *l, struct disk_port *port,
                        int64_t interval_ms)
{
    struct sweep *s = mem_calloc(1, sizeof *s);

    s->port = port;
    s->interval_ms = interval_ms;
    s->timer = timer_new(l, on_timer, s);
    return s;
}

void sweep_soon(struct sweep *s)
{
    if (s->look == NULL && !timer_is_running(s->timer)) {
        timer_start(s->timer, s->interval_ms);
    }
}

void sweep_free(struct sweep *s)
{
    if (s == NULL) {
        return;
    }
    if (s->look != NULL) {
        s->look->sweep = NULL;
    }
    timer_free(s->timer);
    free(s);
}
