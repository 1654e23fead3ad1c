#include "config.h"

#include "tui/demo.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "msgq/command.h"
#include "msgq/event.h"
#include "msgq/link.h"
#include "msgq/tape.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/mem.h"

struct demo {
    struct link *link;
    struct tape tape;
    unsigned next; /* event to play */
    int64_t start_ms;
    int wake; /* an eventfd */
    atomic_bool stops;
    pthread_t thread;
};

static void wake(void *arg)
{
    struct demo *d = arg;

    eventfd_write(d->wake, 1);
}

/* A screen that takes nothing any more gets no more. */
static void post(struct demo *d, struct event *e)
{
    if (!link_post(d->link, e)) {
        event_free(e);
    }
}

static int64_t due_ms(const struct demo *d)
{
    return d->start_ms + d->tape.events[d->next].at_ms;
}

static void play(struct demo *d)
{
    while (d->next < d->tape.count && due_ms(d) <= clock_now_ms()) {
        struct tape_event *t = &d->tape.events[d->next++];

        /* The last picture stays: that the recorded one left is not played. */
        if (t->asked == COMMAND_KIND_COUNT && t->event->kind != EVENT_STOPPED) {
            post(d, t->event);
            t->event = NULL;
        }
    }
}

static bool is_about(const struct event *e, const struct command *c)
{
    return (c->group == NULL || e->group == NULL ||
            strcmp(c->group, e->group) == 0) &&
           (c->name == NULL || e->name == NULL ||
            strcmp(c->name, e->name) == 0);
}

/* The recorded answer that fits best: about the same thing, else none. */
static const struct event *recorded(const struct demo *d,
                                    const struct command *c)
{
    unsigned i;

    for (i = 0; i < d->tape.count; i++) {
        const struct tape_event *t = &d->tape.events[i];

        if (t->asked == c->kind && is_about(t->event, c)) {
            return t->event;
        }
    }
    return NULL;
}

static void answer(struct demo *d, const struct command *c)
{
    const struct event *known = recorded(d, c);
    struct event *reply = event_new(EVENT_REPLY);

    reply->request = c->request;
    if (known != NULL) {
        reply->code = known->code;
        reply->text = mem_strdup(known->text);
        rows_copy(&reply->rows, &known->rows);
    } else if (c->kind != COMMAND_WATCH && c->kind != COMMAND_QUIT) {
        reply->code = P2P_ENOTSUP;
        reply->text = mem_strdup(_("This is a recording; nothing is sent."));
    }
    post(d, reply);
    if (c->kind == COMMAND_QUIT) {
        atomic_store(&d->stops, true);
        post(d, event_new(EVENT_STOPPED));
    }
}

static void *run(void *arg)
{
    struct demo *d = arg;
    struct pollfd fd = {.fd = d->wake, .events = POLLIN};

    while (!atomic_load(&d->stops)) {
        struct command *c;
        eventfd_t count;
        int64_t wait = -1;

        play(d);
        if (d->next < d->tape.count) {
            wait = due_ms(d) - clock_now_ms();
            wait = wait < 0 ? 0 : wait > INT32_MAX ? INT32_MAX : wait;
        }
        if (poll(&fd, 1, (int)wait) > 0) {
            eventfd_read(d->wake, &count);
        }
        for (c = link_take(d->link); c != NULL; c = link_take(d->link)) {
            answer(d, c);
            command_free(c);
        }
    }
    return NULL;
}

static int load(const char *path, struct tape *out, struct err *e)
{
    struct err inner = {.code = 0};
    uint8_t *text = NULL;
    size_t size = 0;
    int rv = fd_read_file(path, TAPE_FILE_MAX, &text, &size);

    if (rv < 0) {
        return err_set(e, rv, _("cannot read %s: %s"), path, _(err_text(rv)));
    }
    if (strlen((char *)text) != size) {
        rv = err_set(e, P2P_EINVAL, _("%s: %s"), path,
                     _("this is no recording of p2ptui"));
    } else {
        rv = tape_read((char *)text, out, &inner);
        if (rv < 0) {
            err_set(e, rv, _("%s: %s"), path, inner.text);
        }
    }
    free(text);
    return rv;
}

int demo_start(const char *path, struct link *link, struct demo **out,
               int64_t *now, struct err *e)
{
    struct demo *d = mem_calloc(1, sizeof(*d));
    int rv = load(path, &d->tape, e);

    d->link = link;
    d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (rv == 0 && d->wake < 0) {
        rv = err_set_errno(e, errno, _("cannot play %s"), path);
    }
    if (rv == 0) {
        d->start_ms = clock_now_ms();
        link_set_engine_wake(link, wake, d);
        rv = pthread_create(&d->thread, NULL, run, d);
        rv = rv == 0 ? 0 : err_set_errno(e, rv, _("cannot play %s"), path);
    }
    if (rv < 0) {
        tape_close(&d->tape);
        if (d->wake >= 0) {
            close(d->wake);
        }
        free(d);
        return rv;
    }
    *now = d->tape.now;
    *out = d;
    return 0;
}

void demo_free(struct demo *d)
{
    if (d == NULL) {
        return;
    }
    atomic_store(&d->stops, true);
    wake(d);
    pthread_join(d->thread, NULL);
    tape_close(&d->tape);
    close(d->wake);
    free(d);
}
