#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/tlsctx.h"
#include "lib/grouptls.h"
#include "lib/tcppair.h"
#include "net/conn.h"
#include "net/internal.h"
#include "net/loop.h"
#include "util/err.h"
#include "util/mem.h"

/* A connection is accepted on the loop of one thread, read a little there, and
 * handed over inside on_readable to the loop of another thread, while the
 * other side keeps sending and receiving. Run this under TSan. */

enum {
    ROUNDS = 30,
    HELLO = 68,              /* bytes read before the hand-over */
    EARLY = 300 * 1024,      /* bytes queued before it; they travel along */
    TOTAL = 3 * 1024 * 1024, /* bytes each way */
    GUARD_MS = 60000,
};

/* A loop with a thread. */
struct worker {
    struct loop *loop;
    struct wake *wake;
    struct timer *guard;
    pthread_t thread;
    _Atomic(struct conn *) mailbox; /* a parcel for this worker */
    atomic_bool must_stop;
    bool timed_out;
};

/* One end; each field is used by the thread that has the conn. */
struct end {
    struct conn *conn;
    uint64_t received;
    uint64_t to_send;
    uint8_t next_in;
    uint8_t next_out;
    int moved;
    int code;
};

static struct grouptls *group;
static struct worker acceptor;
static struct worker home;
static struct worker main_worker;
static struct end server; /* starts at the acceptor, ends at home */
static struct end client; /* on the main thread */
static struct conn_setup server_setup;

static void fill_and_send(struct end *e, size_t size)
{
    uint8_t *bytes = mem_alloc(size);
    size_t i;

    for (i = 0; i < size; i++) {
        bytes[i] = e->next_out++;
    }
    conn_write_take(e->conn, bytes, size, free, bytes);
    e->to_send -= size;
}

static void send_more(struct end *e)
{
    while (e->to_send > 0 && conn_queued(e->conn) < 2 * CONN_LOW_WATER) {
        fill_and_send(e, e->to_send < 100000 ? e->to_send : 100000);
    }
}

/* Read at most `limit` bytes and check them. */
static void read_some(struct end *e, size_t limit)
{
    static _Thread_local uint8_t bytes[50000];

    while (limit > 0) {
        size_t part = limit < sizeof(bytes) ? limit : sizeof(bytes);
        ssize_t got = conn_read(e->conn, bytes, part);
        ssize_t i;

        if (got == P2P_EAGAIN) {
            return;
        }
        for (i = 0; i < got; i++) {
            if (bytes[i] != e->next_in) {
                abort(); /* not cmocka's thread */
            }
            e->next_in++;
        }
        e->received += (uint64_t)got;
        limit -= (size_t)got;
    }
}

static void finish_when_done(struct end *e)
{
    if (e->received == TOTAL && e->to_send == 0) {
        conn_finish(e->conn);
    }
}

static void home_readable(void *arg)
{
    struct end *e = arg;

    read_some(e, SIZE_MAX);
    send_more(e);
}

static void home_drained(void *arg)
{
    send_more(arg);
}

static void home_close(void *arg, int code, const char *why)
{
    struct end *e = arg;

    (void)why;
    e->code = code;
    conn_free(e->conn);
    e->conn = NULL;
    loop_stop(home.loop);
}

static const struct conn_ops home_ops = {NULL, home_readable, home_drained,
                                         home_close};

static void on_parcel(void *arg)
{
    struct worker *w = arg;
    struct conn *parcel = atomic_exchange(&w->mailbox, NULL);

    if (parcel != NULL) {
        server.conn = parcel;
        conn_attach(parcel, w->loop, &home_ops, &server);
    }
}

static void acceptor_open(void *arg)
{
    fill_and_send(arg, EARLY);
}

/* The middle of the test: detach inside the callback, while frames of conn.c
 * are below, and let the other thread run at once. */
static void acceptor_readable(void *arg)
{
    struct end *e = arg;
    struct conn *parcel;

    read_some(e, HELLO - (size_t)e->received);
    if (e->received < HELLO) {
        return;
    }
    parcel = conn_detach(e->conn);
    e->moved++;
    e->conn = NULL;
    atomic_store(&home.mailbox, parcel);
    wake_send(home.wake);
}

static void acceptor_close(void *arg, int code, const char *why)
{
    (void)arg;
    (void)code;
    (void)why;
    abort(); /* it was handed over */
}

static const struct conn_ops acceptor_ops = {acceptor_open, acceptor_readable,
                                             NULL, acceptor_close};

static void on_accept_order(void *arg)
{
    struct worker *w = arg;

    if (atomic_load(&w->must_stop)) {
        loop_stop(w->loop);
        return;
    }
    server_setup.loop = w->loop;
    server.conn = conn_new(&server_setup);
}

static void client_open(void *arg)
{
    send_more(arg);
}

static void client_readable(void *arg)
{
    read_some(arg, SIZE_MAX);
    finish_when_done(arg);
}

static void client_drained(void *arg)
{
    send_more(arg);
    finish_when_done(arg);
}

static void client_close(void *arg, int code, const char *why)
{
    struct end *e = arg;

    (void)why;
    e->code = code;
    loop_stop(main_worker.loop);
}

static const struct conn_ops client_ops = {client_open, client_readable,
                                           client_drained, client_close};

static void on_guard(void *arg)
{
    struct worker *w = arg;

    w->timed_out = true;
    loop_stop(w->loop);
}

static void worker_init(struct worker *w, void (*on_wake)(void *arg))
{
    memset(w, 0, sizeof(*w));
    w->loop = loop_new();
    w->wake = wake_new(w->loop, on_wake, w);
    w->guard = timer_new(w->loop, on_guard, w);
    timer_start(w->guard, GUARD_MS);
}

static void worker_close(struct worker *w)
{
    wake_free(w->wake);
    timer_free(w->guard);
    loop_free(w->loop);
}

static void *run_worker(void *arg)
{
    struct worker *w = arg;

    loop_run(w->loop, "mover");
    return NULL;
}

static void no_wake(void *arg)
{
    (void)arg;
}

static void one_round(void)
{
    struct conn_setup setup = {.tls = group->bert,
                               .sni = GROUPTLS_SNI,
                               .ops = &client_ops,
                               .arg = &client};
    int fds[2];

    memset(&server, 0, sizeof(server));
    memset(&client, 0, sizeof(client));
    server.to_send = TOTAL;
    client.to_send = TOTAL;
    worker_init(&home, on_parcel);
    worker_init(&acceptor, on_accept_order);
    worker_init(&main_worker, no_wake);
    tcppair_make(fds);
    server_setup = (struct conn_setup){.fd = fds[1],
                                       .tls = group->listen,
                                       .is_server = true,
                                       .ops = &acceptor_ops,
                                       .arg = &server};
    setup.fd = fds[0];
    setup.loop = main_worker.loop;
    client.conn = conn_new(&setup);
    wake_send(acceptor.wake);
    pthread_create(&acceptor.thread, NULL, run_worker, &acceptor);
    pthread_create(&home.thread, NULL, run_worker, &home);
    loop_run(main_worker.loop, NULL);
    pthread_join(home.thread, NULL);
    atomic_store(&acceptor.must_stop, true);
    wake_send(acceptor.wake);
    pthread_join(acceptor.thread, NULL);
    conn_free(client.conn);
    worker_close(&main_worker);
    worker_close(&acceptor);
    worker_close(&home);
}

/* Everything arrives in both directions, in order, across the hand-over; the
 * bytes queued before it are sent by the new owner. */
static void conn_detach_moves_between_threads(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < ROUNDS; i++) {
        one_round();
        assert_false(main_worker.timed_out || home.timed_out);
        assert_int_equal(server.moved, 1);
        assert_int_equal(server.received, TOTAL);
        assert_int_equal(client.received, TOTAL);
        assert_int_equal(client.code, 0);
        assert_int_equal(server.code, P2P_ECLOSED);
    }
}

static int group_set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    group = grouptls_new();
    return 0;
}

static int group_tear_down(void **state)
{
    (void)state;
    grouptls_free(group);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conn_detach_moves_between_threads),
    };
    return cmocka_run_group_tests_name("net/conn_move", tests, group_set_up,
                                       group_tear_down);
}
