#include "config.h"

#include "engine/mailbox.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "msgq/queue.h"
#include "net/loop.h"
#include "util/mem.h"

enum { MAILBOX_CAPACITY = 256 };

struct waiting {
    struct waiting *next;
    void *message;
};

struct mailbox {
    struct queue *queue;
    struct wake *to_receiver, *to_sender;
    void (*receive)(void *arg, void *message);
    void *arg;
    struct waiting *first, **last; /* sender's: did not fit */
    atomic_bool starved;           /* the sender waits for room */
};

static void wake_receiver(void *arg)
{
    struct mailbox *m = arg;

    if (m->to_receiver != NULL) {
        wake_send(m->to_receiver);
    }
}

/* Receiver: take everything, then let a waiting sender go on. */
static void on_mail(void *arg)
{
    struct mailbox *m = arg;
    void *message = queue_pop(m->queue);

    while (message != NULL) {
        m->receive(m->arg, message);
        message = queue_pop(m->queue);
    }
    if (atomic_exchange(&m->starved, false)) {
        wake_send(m->to_sender);
    }
}

/* Sender: there was room. */
static void flush(struct mailbox *m)
{
    while (m->first != NULL) {
        struct waiting *w = m->first;

        if (!queue_push(m->queue, w->message)) {
            /* The receiver looks at the mark after it drained; waking it once
             * more makes sure that it looks after the mark was set. */
            atomic_store(&m->starved, true);
            wake_receiver(m);
            return;
        }
        m->first = w->next;
        free(w);
    }
    m->last = &m->first;
}

static void on_room(void *arg)
{
    flush(arg);
}

struct mailbox *mailbox_new(struct loop *from, struct loop *to,
                            void (*receive)(void *arg, void *message),
                            void *arg)
{
    struct mailbox *m = mem_calloc(1, sizeof *m);

    m->receive = receive;
    m->arg = arg;
    m->last = &m->first;
    m->to_receiver = wake_new(to, on_mail, m);
    m->to_sender = wake_new(from, on_room, m);
    m->queue = queue_new(MAILBOX_CAPACITY, wake_receiver, m);
    return m;
}

void mailbox_close_sender(struct mailbox *m)
{
    wake_free(m->to_sender);
    m->to_sender = NULL;
}

void mailbox_close_receiver(struct mailbox *m)
{
    wake_free(m->to_receiver);
    m->to_receiver = NULL;
}

void mailbox_free(struct mailbox *m, void (*drop)(void *message))
{
    if (m == NULL) {
        return;
    }
    queue_free(m->queue, drop);
    while (m->first != NULL) {
        struct waiting *w = m->first;

        m->first = w->next;
        drop(w->message);
        free(w);
    }
    free(m);
}

void mailbox_send(struct mailbox *m, void *message)
{
    struct waiting *w = mem_calloc(1, sizeof *w);

    w->message = message;
    *m->last = w;
    m->last = &w->next;
    flush(m);
}
