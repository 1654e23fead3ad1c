/* bench_conn: CPU seconds per GiB of one TLS connection, sender and receiver
 * each on a thread of its own. Usage: bench_conn [MiB]
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/tlsctx.h"
#include "lib/grouptls.h"
#include "lib/tcppair.h"
#include "net/conn.h"
#include "net/loop.h"
#include "util/err.h"
#include "util/mem.h"

enum {
    BUFFER = 256 * 1024, /* bytes lent at a time, as the disk threads do */
    AHEAD = 4,           /* buffers queued at most */
};

struct end {
    struct conn_setup setup;
    struct conn *conn;
    const char *name;
    uint8_t *buffer;  /* BUFFER bytes */
    uint64_t to_send; /* bytes not queued yet */
    uint64_t to_read; /* bytes not received yet */
    double cpu;       /* seconds of this thread, after the handshake */
    double wall;
};

static double seconds(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void send_more(struct end *e)
{
    while (e->to_send > 0 && conn_queued(e->conn) < AHEAD * BUFFER) {
        conn_write_take(e->conn, e->buffer, BUFFER, NULL, NULL);
        e->to_send -= BUFFER;
    }
    if (e->to_send == 0) {
        conn_finish(e->conn);
    }
}

static void on_open(void *arg)
{
    struct end *e = arg;

    e->cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
    e->wall = seconds(CLOCK_MONOTONIC);
    if (e->to_send > 0) {
        send_more(e);
    }
}

static void on_readable(void *arg)
{
    struct end *e = arg;

    for (;;) {
        ssize_t got = conn_read(e->conn, e->buffer, BUFFER);

        if (got == P2P_EAGAIN) {
            return;
        }
        e->to_read -= (uint64_t)got;
    }
}

static void on_drained(void *arg)
{
    struct end *e = arg;

    if (e->to_send > 0) {
        send_more(e);
    }
}

static void on_close(void *arg, int code, const char *why)
{
    struct end *e = arg;

    e->cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - e->cpu;
    e->wall = seconds(CLOCK_MONOTONIC) - e->wall;
    if (code != 0 && code != P2P_ECLOSED) {
        fprintf(stderr, "%s: %s\n", e->name, why);
    }
    loop_stop(e->setup.loop);
}

static const struct conn_ops ops = {on_open, on_readable, on_drained, on_close};

static void *run(void *arg)
{
    struct end *e = arg;

    e->setup.loop = loop_new();
    e->conn = conn_new(&e->setup);
    loop_run(e->setup.loop, e->name);
    conn_free(e->conn);
    loop_free(e->setup.loop);
    return NULL;
}

int main(int argc, char **argv)
{
    uint64_t bytes = (argc > 1 ? strtoul(argv[1], NULL, 10) : 1024) << 20;
    struct grouptls *g = grouptls_new();
    double gib = (double)bytes / 1073741824.0;
    struct end sender = {.name = "send"};
    struct end receiver = {.name = "receive"};
    pthread_t threads[2];
    int fds[2];

    signal(SIGPIPE, SIG_IGN);
    tcppair_make(fds);
    bytes -= bytes % BUFFER;
    sender.to_send = bytes;
    receiver.to_read = bytes;
    sender.buffer = mem_calloc(1, BUFFER);
    receiver.buffer = mem_calloc(1, BUFFER);
    sender.setup = (struct conn_setup){.fd = fds[0],
                                       .tls = g->listen,
                                       .is_server = true,
                                       .ops = &ops,
                                       .arg = &sender};
    receiver.setup = (struct conn_setup){.fd = fds[1],
                                         .tls = g->bert,
                                         .sni = GROUPTLS_SNI,
                                         .ops = &ops,
                                         .arg = &receiver};
    pthread_create(&threads[0], NULL, run, &sender);
    pthread_create(&threads[1], NULL, run, &receiver);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    printf("send %.3f receive %.3f CPU s/GiB, %.0f MB/s\n", sender.cpu / gib,
           receiver.cpu / gib, (double)bytes / receiver.wall / 1e6);
    free(sender.buffer);
    free(receiver.buffer);
    grouptls_free(g);
    return receiver.to_read == 0 ? 0 : 1;
}
