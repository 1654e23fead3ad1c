#include "config.h"

#include "msgq/link.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "msgq/command.h"
#include "msgq/event.h"
#include "msgq/queue.h"
#include "util/mem.h"

struct link {
    struct queue *commands;
    struct queue *events;
    int event_fd;          /* readable while events may wait */
    uint64_t last_request; /* screen's thread */
    void (*wake)(void *arg);
    void *wake_arg;
    bool wake_missed; /* a command came before there was a function to call */
    /* The engine met a full queue. Both sides only exchange it, so the later
     * one sees what the earlier one did to the queue. */
    atomic_bool wants_room;
};

static void wake_engine(void *arg)
{
    struct link *l = arg;

    if (l->wake == NULL) {
        l->wake_missed = true;
        return;
    }
    l->wake(l->wake_arg);
}

/* Fails only when the counter is full, and then the descriptor is readable. */
static void wake_screen(void *arg)
{
    const struct link *l = arg;
    const uint64_t one = 1;
    ssize_t written;

    do {
        written = write(l->event_fd, &one, sizeof(one));
    } while (written < 0 && errno == EINTR);
}

static void clear_wake(const struct link *l)
{
    uint64_t wakes;
    ssize_t got;

    do {
        got = read(l->event_fd, &wakes, sizeof(wakes));
    } while (got < 0 && errno == EINTR);
}

struct link *link_new(void)
{
    struct link *l = mem_calloc(1, sizeof(*l));

    l->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->event_fd < 0) {
        /* At program start, with no descriptor left for the screen. */
        perror("eventfd");
        exit(EXIT_FAILURE);
    }
    l->commands = queue_new(LINK_COMMANDS, wake_engine, l);
    l->events = queue_new(LINK_EVENTS, wake_screen, l);
    return l;
}

void link_set_engine_wake(struct link *l, void (*wake)(void *arg), void *arg)
{
    l->wake = wake;
    l->wake_arg = arg;
    if (wake != NULL && l->wake_missed) {
        l->wake_missed = false;
        wake(arg);
    }
}

void link_free(struct link *l)
{
    if (l == NULL) {
        return;
    }
    queue_free(l->commands, command_drop);
    queue_free(l->events, event_drop);
    close(l->event_fd);
    free(l);
}

uint64_t link_next_request(struct link *l)
{
    return ++l->last_request;
}

bool link_send(struct link *l, struct command *c)
{
    return queue_push(l->commands, c);
}

int link_fd(const struct link *l)
{
    return l->event_fd;
}

struct event *link_receive(struct link *l)
{
    struct event *e = queue_pop(l->events);

    if (e != NULL) {
        return e;
    }
    /* Cleared before the last look, never after it: an event that comes
     * between the two is found, one that comes later wakes again. */
    clear_wake(l);
    e = queue_pop(l->events);
    if (e == NULL && atomic_exchange(&l->wants_room, false) &&
        l->wake != NULL) {
        l->wake(l->wake_arg);
    }
    return e;
}

struct command *link_take(struct link *l)
{
    return queue_pop(l->commands);
}

bool link_post(struct link *l, struct event *e)
{
    if (queue_push(l->events, e)) {
        return true;
    }
    (void)atomic_exchange(&l->wants_room, true);
    return queue_push(l->events, e); /* it may have been emptied meanwhile */
}
