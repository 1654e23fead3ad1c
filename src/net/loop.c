#include "config.h"

#include "net/loop.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "net/internal.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"

/* One turn of a loop:
 *
 *   timers -> tasks (on_prepare) -> wait -> events of descriptors and wakes
 *
 * Tasks run before waiting, so they see everything the turn has queued. A task
 * queued by a task belongs to the next turn: the idle handle then keeps the
 * loop from sleeping, but other descriptors come first.
 */

enum { LOOP_SIGNALS_MAX = 8 /* the programs use INT, TERM, HUP, USR1, ... */ };

struct signal_slot {
    uv_signal_t uv;
    void (*cb)(void *arg, int signal_number);
    void *arg;
};

struct loop {
    uv_loop_t uv;
    uv_prepare_t prepare;     /* runs the tasks; keeps the loop alive */
    uv_idle_t idle;           /* active while tasks wait for the next turn */
    struct loop_task ready;   /* list head: tasks for the next run */
    struct loop_task running; /* list head: tasks of the present run */
    uint64_t turn;            /* counts turns */
    int64_t now_ms;           /* the time of this turn, when now_known */
    bool now_known;           /* read the clock once a turn, when asked */
    atomic_uintptr_t owner;   /* who runs it; 0 while it does not run */
    uint8_t *scratch;         /* LOOP_SCRATCH_SIZE bytes, made when used */
    uint8_t *spare;           /* see loop_spare() */
    struct signal_slot signals[LOOP_SIGNALS_MAX];
    int signal_count;
};

struct wake {
    uv_async_t uv;
    struct loop *loop;
    void (*cb)(void *arg);
    void *arg;
};

struct timer {
    uv_timer_t uv;
    struct loop *loop;
    void (*cb)(void *arg);
    void *arg;
};

/* An address that differs between threads: a portable, lock-free thread id. */
static uintptr_t this_thread(void)
{
    static _Thread_local char mark;

    return (uintptr_t)&mark;
}

static void list_init(struct loop_task *head)
{
    head->next = head;
    head->prev = head;
}

static void list_append(struct loop_task *head, struct loop_task *t)
{
    t->prev = head->prev;
    t->next = head;
    head->prev->next = t;
    head->prev = t;
}

/* Move everything from `from` to the empty list `to`. */
static void list_move(struct loop_task *from, struct loop_task *to)
{
    if (from->next == from) {
        return;
    }
    to->next = from->next;
    to->prev = from->prev;
    to->next->prev = to;
    to->prev->next = to;
    list_init(from);
}

static void on_idle(uv_idle_t *handle)
{
    (void)handle; /* being active is all it does */
}

static void on_prepare(uv_prepare_t *handle)
{
    struct loop *l = handle->data;

    l->turn++;
    list_move(&l->ready, &l->running);
    while (l->running.next != &l->running) {
        struct loop_task *t = l->running.next;

        loop_task_cancel(t);
        t->run(t->arg);
    }
    if (l->ready.next != &l->ready) {
        uv_idle_start(&l->idle, on_idle);
    } else {
        uv_idle_stop(&l->idle);
    }
    l->now_known = false; /* waiting takes time */
}

struct loop *loop_new(void)
{
    struct loop *l = mem_calloc(1, sizeof(*l));
    int rv;

    rv = uv_loop_init(&l->uv);
    if (rv != 0) {
        log_error("net", "cannot make an event loop: %s", uv_strerror(rv));
        abort(); /* no descriptors or memory at start: nothing can work */
    }
    l->uv.data = l;
    list_init(&l->ready);
    list_init(&l->running);
    uv_prepare_init(&l->uv, &l->prepare);
    uv_idle_init(&l->uv, &l->idle);
    l->prepare.data = l;
    uv_prepare_start(&l->prepare, on_prepare);
    return l;
}

static void refuse_open_handle(uv_handle_t *handle, void *arg)
{
    int *open = arg;

    if (!uv_is_closing(handle)) {
        *open += 1;
    }
}

void loop_free(struct loop *l)
{
    int open = 0;
    int rv;
    int i;

    if (l == NULL) {
        return;
    }
    assert(atomic_load(&l->owner) == 0);
    assert(l->ready.next == &l->ready);
    uv_close((uv_handle_t *)&l->prepare, NULL);
    uv_close((uv_handle_t *)&l->idle, NULL);
    for (i = 0; i < l->signal_count; i++) {
        uv_close((uv_handle_t *)&l->signals[i].uv, NULL);
    }
    uv_walk(&l->uv, refuse_open_handle, &open);
    assert(open == 0); /* free timers, wakes, listeners and conns first */
    uv_run(&l->uv, UV_RUN_DEFAULT); /* only close callbacks are left */
    rv = uv_loop_close(&l->uv);
    assert(rv == 0);
    (void)rv;
    free(l->scratch);
    free(l->spare);
    free(l);
}

void loop_run(struct loop *l, const char *name)
{
    uintptr_t nobody = 0;
    bool mine;

    if (name != NULL) {
        pthread_setname_np(pthread_self(), name);
    }
    mine = atomic_compare_exchange_strong(&l->owner, &nobody, this_thread());
    assert(mine);
    (void)mine;
    uv_run(&l->uv, UV_RUN_DEFAULT);
    atomic_store(&l->owner, 0);
}

void loop_stop(struct loop *l)
{
    loop_assert_owner(l);
    uv_stop(&l->uv);
}

void loop_assert_owner(const struct loop *l)
{
    uintptr_t owner = atomic_load_explicit(&l->owner, memory_order_relaxed);

    assert(owner == 0 || owner == this_thread());
    (void)owner;
}

int64_t loop_now_ms(const struct loop *l)
{
    struct loop *writable = l->uv.data; /* the same object: a cached value */

    if (atomic_load_explicit(&l->owner, memory_order_relaxed) == 0) {
        return clock_now_ms(); /* there are no turns yet */
    }
    if (!writable->now_known) {
        writable->now_ms = clock_now_ms();
        writable->now_known = true;
    }
    return writable->now_ms;
}

struct uv_loop_s *loop_uv(struct loop *l)
{
    return &l->uv;
}

void loop_task_init(struct loop_task *t, void (*run)(void *arg), void *arg)
{
    t->next = NULL;
    t->prev = NULL;
    t->run = run;
    t->arg = arg;
}

void loop_defer(struct loop *l, struct loop_task *t)
{
    loop_assert_owner(l);
    if (t->next == NULL) {
        list_append(&l->ready, t);
    }
}

void loop_task_cancel(struct loop_task *t)
{
    if (t->next == NULL) {
        return;
    }
    t->prev->next = t->next;
    t->next->prev = t->prev;
    t->next = NULL;
    t->prev = NULL;
}

uint64_t loop_turn(const struct loop *l)
{
    return l->turn;
}

uint8_t *loop_scratch(struct loop *l)
{
    if (l->scratch == NULL) {
        l->scratch = mem_alloc(LOOP_SCRATCH_SIZE);
    }
    return l->scratch;
}

uint8_t **loop_spare(struct loop *l)
{
    return &l->spare;
}

/* ---- wake ------------------------------------------------------------- */

static void on_async(uv_async_t *handle)
{
    struct wake *w = handle->data;

    w->cb(w->arg);
}

struct wake *wake_new(struct loop *l, void (*cb)(void *arg), void *arg)
{
    struct wake *w = mem_calloc(1, sizeof(*w));
    int rv;

    loop_assert_owner(l);
    w->loop = l;
    w->cb = cb;
    w->arg = arg;
    w->uv.data = w;
    rv = uv_async_init(&l->uv, &w->uv, on_async);
    if (rv != 0) {
        log_error("net", "cannot make a wake-up: %s", uv_strerror(rv));
        abort(); /* the first one needs a descriptor; it is made at start */
    }
    return w;
}

void wake_send(struct wake *w)
{
    uv_async_send(&w->uv);
}

static void free_wake(uv_handle_t *handle)
{
    free(handle->data);
}

void wake_free(struct wake *w)
{
    if (w == NULL) {
        return;
    }
    loop_assert_owner(w->loop);
    uv_close((uv_handle_t *)&w->uv, free_wake);
}

/* ---- timer ------------------------------------------------------------ */

static void on_timer(uv_timer_t *handle)
{
    struct timer *t = handle->data;

    t->cb(t->arg);
}

struct timer *timer_new(struct loop *l, void (*cb)(void *arg), void *arg)
{
    struct timer *t = mem_calloc(1, sizeof(*t));

    loop_assert_owner(l);
    t->loop = l;
    t->cb = cb;
    t->arg = arg;
    uv_timer_init(&l->uv, &t->uv);
    t->uv.data = t;
    return t;
}

void timer_start(struct timer *t, int64_t delay_ms)
{
    loop_assert_owner(t->loop);
    if (atomic_load_explicit(&t->loop->owner, memory_order_relaxed) == 0) {
        uv_update_time(&t->loop->uv); /* else as old as the last turn */
    }
    uv_timer_start(&t->uv, on_timer, delay_ms > 0 ? (uint64_t)delay_ms : 0, 0);
}

void timer_stop(struct timer *t)
{
    loop_assert_owner(t->loop);
    uv_timer_stop(&t->uv);
}

bool timer_is_running(const struct timer *t)
{
    return uv_is_active((const uv_handle_t *)&t->uv) != 0;
}

static void free_timer(uv_handle_t *handle)
{
    free(handle->data);
}

void timer_free(struct timer *t)
{
    if (t == NULL) {
        return;
    }
    loop_assert_owner(t->loop);
    uv_close((uv_handle_t *)&t->uv, free_timer);
}

/* ---- signals ---------------------------------------------------------- */

static void on_signal(uv_signal_t *handle, int signal_number)
{
    struct signal_slot *slot = handle->data;

    slot->cb(slot->arg, signal_number);
}

int loop_on_signal(struct loop *l, int signal_number,
                   void (*cb)(void *arg, int signal_number), void *arg)
{
    struct signal_slot *slot;
    int rv;

    loop_assert_owner(l);
    if (l->signal_count == LOOP_SIGNALS_MAX) {
        return P2P_EFULL;
    }
    slot = &l->signals[l->signal_count];
    rv = uv_signal_init(&l->uv, &slot->uv);
    if (rv != 0) {
        return err_from_errno(-rv);
    }
    l->signal_count++; /* from here on loop_free() must close it */
    slot->cb = cb;
    slot->arg = arg;
    slot->uv.data = slot;
    rv = uv_signal_start(&slot->uv, on_signal, signal_number);
    if (rv != 0) {
        return err_from_errno(-rv);
    }
    return 0;
}
