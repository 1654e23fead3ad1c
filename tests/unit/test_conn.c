#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "crypto/cert.h"
#include "crypto/tlsctx.h"
#include "lib/grouptls.h"
#include "lib/tcppair.h"
#include "net/conn.h"
#include "net/internal.h"
#include "net/loop.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/mem.h"

enum {
    GUARD_MS = 20000,        /* ends a run that hangs */
    BUFFER = 256 * 1024,     /* bytes per conn_write_take() */
    TURN_BYTES = 1024 * 1024 /* what conn.h promises at most */
};

struct fixture;

/* What a side does when it is called. */
enum act {
    ACT_NOTHING,
    ACT_CLOSE,       /* conn_close() */
    ACT_FREE,        /* conn_free() */
    ACT_CLOSE_FREE,  /* both */
    ACT_FREE_OTHER,  /* conn_free() of the other side's conn */
    ACT_DETACH_FREE, /* conn_detach(), conn_free() of the parcel */
    ACT_STOP,        /* loop_stop() */
};

/* One end of a connection. */
struct side {
    struct fixture *f;
    struct side *other;
    struct conn *conn; /* NULL: freed, or there is only a descriptor */
    int fd;            /* the descriptor when there is no conn */
    enum act at_open;
    enum act at_readable;
    enum act at_drained;
    enum act at_close;
    enum act at_release;
    int opened;
    int readable;
    int drained;
    int closed;
    int code; /* of on_close */
    char why[ERR_TEXT_MAX];
    uint64_t received;
    uint8_t next_in;  /* the byte that must come next */
    uint8_t next_out; /* the byte that is sent next */
    uint64_t to_send; /* bytes that on_drained still has to queue */
    uint64_t wanted;  /* stop the loop after so many received bytes */
    int lent;         /* buffers that were not released */
    uint64_t turn;    /* for turn_bytes */
    uint64_t turn_bytes;
    uint64_t turn_most; /* most bytes read in one turn */
};

struct fixture {
    struct loop *loop;
    struct timer *guard;
    struct timer *timer;
    bool timed_out;
    int open_ends; /* the loop stops when both sides have closed */
    struct side client;
    struct side server;
};

static struct grouptls *group;
static struct grouptls *strangers;

static void on_guard(void *arg)
{
    struct fixture *f = arg;

    f->timed_out = true;
    loop_stop(f->loop);
}

static void stop_loop(void *arg)
{
    struct fixture *f = arg;

    loop_stop(f->loop);
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    f.loop = loop_new();
    f.guard = timer_new(f.loop, on_guard, &f);
    f.timer = timer_new(f.loop, stop_loop, &f);
    f.client.f = &f;
    f.client.other = &f.server;
    f.client.fd = -1;
    f.server.f = &f;
    f.server.other = &f.client;
    f.server.fd = -1;
    *state = &f;
    return 0;
}

static void free_conn(struct side *s)
{
    struct conn *c = s->conn;

    s->conn = NULL; /* release functions look at it */
    conn_free(c);
}

static void close_side(struct side *s)
{
    free_conn(s);
    if (s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    close_side(&f->client);
    close_side(&f->server);
    assert_int_equal(f->client.lent, 0);
    assert_int_equal(f->server.lent, 0);
    timer_free(f->guard);
    timer_free(f->timer);
    loop_free(f->loop);
    return 0;
}

static void run(struct fixture *f)
{
    timer_start(f->guard, GUARD_MS);
    loop_run(f->loop, NULL);
    timer_stop(f->guard);
    assert_false(f->timed_out);
}

/* Run until `ms` have passed. */
static void run_for(struct fixture *f, int64_t ms)
{
    timer_start(f->timer, ms);
    run(f);
}

/* ---- the sides --------------------------------------------------------- */

static void act(struct side *s, enum act a)
{
    struct conn *c = s->conn;

    switch (a) {
    case ACT_NOTHING:
        break;
    case ACT_CLOSE:
        conn_close(c);
        break;
    case ACT_CLOSE_FREE:
        conn_close(c);
        free_conn(s);
        break;
    case ACT_FREE:
        free_conn(s);
        break;
    case ACT_FREE_OTHER:
        free_conn(s->other);
        break;
    case ACT_DETACH_FREE:
        s->conn = NULL;
        conn_free(conn_detach(c));
        break;
    case ACT_STOP:
        loop_stop(s->f->loop);
        break;
    }
}

struct lent {
    struct side *side;
    uint8_t bytes[BUFFER];
};

static void on_release(void *arg)
{
    struct lent *l = arg;
    struct side *s = l->side;

    s->lent--;
    free(l);
    if (s->conn != NULL) {
        act(s, s->at_release);
    }
}

static void fill(struct side *s, uint8_t *bytes, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        bytes[i] = s->next_out++;
    }
}

static void send_copy(struct side *s, size_t size)
{
    uint8_t *bytes = mem_alloc(size);

    fill(s, bytes, size);
    conn_write(s->conn, bytes, size);
    free(bytes);
}

static void send_lent(struct side *s, size_t size)
{
    struct lent *l = mem_alloc(sizeof(*l));

    assert_true(size <= sizeof(l->bytes));
    l->side = s;
    s->lent++;
    fill(s, l->bytes, size);
    conn_write_take(s->conn, l->bytes, size, on_release, l);
}

/* Keep a megabyte queued until all of `to_send` is. */
static void send_more(struct side *s)
{
    while (s->to_send > 0 && conn_queued(s->conn) < 4 * BUFFER) {
        size_t size = s->to_send < BUFFER ? (size_t)s->to_send : BUFFER;

        send_lent(s, size);
        s->to_send -= size;
    }
}

static void on_open(void *arg)
{
    struct side *s = arg;

    s->opened++;
    act(s, s->at_open);
    if (s->conn != NULL) {
        send_more(s);
    }
}

static void check_bytes(struct side *s, const uint8_t *bytes, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        if (bytes[i] != s->next_in) {
            fail_msg("byte %zu of the stream is wrong",
                     (size_t)s->received + i);
        }
        s->next_in++;
    }
    s->received += size;
    if (s->turn != loop_turn(s->f->loop)) {
        s->turn = loop_turn(s->f->loop);
        s->turn_bytes = 0;
    }
    s->turn_bytes += size;
    s->turn_most = s->turn_bytes > s->turn_most ? s->turn_bytes : s->turn_most;
}

static void on_readable(void *arg)
{
    struct side *s = arg;
    static uint8_t bytes[BUFFER];

    s->readable++;
    if (s->at_readable != ACT_NOTHING) {
        act(s, s->at_readable);
        return;
    }
    for (;;) {
        ssize_t got = conn_read(s->conn, bytes, sizeof(bytes));

        if (got == P2P_EAGAIN) {
            break;
        }
        assert_true(got > 0);
        check_bytes(s, bytes, (size_t)got);
    }
    if (s->wanted > 0 && s->received >= s->wanted) {
        loop_stop(s->f->loop);
    }
}

static void on_drained(void *arg)
{
    struct side *s = arg;

    s->drained++;
    assert_true(conn_queued(s->conn) < CONN_LOW_WATER);
    act(s, s->at_drained);
    if (s->conn != NULL) {
        send_more(s);
    }
}

static void on_close(void *arg, int code, const char *why)
{
    struct side *s = arg;

    assert_int_equal(s->closed, 0); /* exactly once */
    s->closed++;
    s->code = code;
    snprintf(s->why, sizeof(s->why), "%s", why);
    act(s, s->at_close);
    s->f->open_ends--;
    if (s->f->open_ends <= 0) {
        loop_stop(s->f->loop);
    }
}

static const struct conn_ops ops = {on_open, on_readable, on_drained, on_close};

static void open_side(struct side *s, int fd, struct tlsctx *tls,
                      bool is_server, const char *sni)
{
    const struct conn_setup setup = {.loop = s->f->loop,
                                     .fd = fd,
                                     .tls = tls,
                                     .is_server = is_server,
                                     .sni = sni,
                                     .ops = &ops,
                                     .arg = s};

    s->conn = conn_new(&setup);
    s->f->open_ends++;
}

/* Both sides with TLS, a member each. */
static void open_tls(struct fixture *f)
{
    int fds[2];

    tcppair_make(fds);
    open_side(&f->client, fds[0], group->bert, false, GROUPTLS_SNI);
    open_side(&f->server, fds[1], group->listen, true, NULL);
}

/* Both sides without TLS. */
static void open_clear(struct fixture *f)
{
    int fds[2];

    tcppair_make(fds);
    open_side(&f->client, fds[0], NULL, false, NULL);
    open_side(&f->server, fds[1], NULL, true, NULL);
}

/* A server and a bare descriptor. */
static void open_half(struct fixture *f, struct tlsctx *tls)
{
    int fds[2];

    tcppair_make(fds);
    f->client.fd = fds[0];
    open_side(&f->server, fds[1], tls, true, NULL);
}

/* Run until both sides are open. */
static void run_open(struct fixture *f)
{
    f->client.at_open = ACT_NOTHING;
    while (f->client.opened == 0 || f->server.opened == 0) {
        run_for(f, 1);
    }
}

/* A reset instead of an end. */
static void reset_descriptor(int fd)
{
    struct linger l = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
    close(fd);
}

/* ---- opening ----------------------------------------------------------- */

static void check_identity(struct conn *c, const char *expected)
{
    char user[CERT_USER_MAX];
    char id[CERT_USER_MAX];
    struct cert *cert = conn_peer_cert(c);

    assert_non_null(cert);
    assert_int_equal(cert_member_identity(cert, user, id), 0);
    assert_string_equal(id, expected);
    cert_free(cert);
}

/* After the handshake each side knows who the other is and which group the
 * connection belongs to. S0-08, S1-52. */
static void conn_new_handshake(void **state)
{
    struct fixture *f = *state;

    open_tls(f);
    assert_null(conn_peer_cert(f->client.conn));
    run_open(f);
    check_identity(f->client.conn, "anna");
    check_identity(f->server.conn, "bert");
    assert_ptr_equal(conn_tlsctx(f->server.conn), group->anna);
    assert_ptr_equal(conn_tlsctx(f->client.conn), group->bert);
    assert_memory_equal(conn_address(f->client.conn), "127.0.0.1:", 10);
    assert_true(conn_rtt_us(f->client.conn) > 0);
    assert_int_equal(f->client.opened, 1);
    assert_int_equal(f->server.opened, 1);
}

/* Without TLS a conn opens in the next turn, without certificate. */
static void conn_new_clear_text(void **state)
{
    struct fixture *f = *state;

    open_clear(f);
    assert_int_equal(f->client.opened, 0); /* never inside conn_new() */
    run_open(f);
    assert_null(conn_peer_cert(f->server.conn));
    assert_null(conn_tlsctx(f->server.conn));
    f->server.wanted = 100000;
    send_copy(&f->client, 100000);
    run(f);
    assert_int_equal(f->server.received, 100000);
}

/* A silent client is given up. */
static void conn_new_handshake_times_out(void **state)
{
    struct fixture *f = *state;

    open_half(f, group->listen);
    run_for(f, 5);
    conn_set_wait(f->server.conn, 20);
    run(f);
    assert_int_equal(f->server.code, P2P_ETIMEDOUT);
    assert_int_equal(f->server.opened, 0);
}

/* Something that is not TLS ends the conn with P2P_ETLS. */
static void conn_new_garbage(void **state)
{
    struct fixture *f = *state;

    open_half(f, group->listen);
    assert_int_equal(write(f->client.fd, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    run(f);
    assert_int_equal(f->server.code, P2P_ETLS);
    assert_true(strlen(f->server.why) > 0);
}

/* A client that leaves during the handshake. */
static void conn_new_end_in_handshake(void **state)
{
    struct fixture *f = *state;

    open_half(f, group->listen);
    close(f->client.fd);
    f->client.fd = -1;
    run(f);
    assert_int_equal(f->server.code, P2P_ETLS);
}

/* A name the server does not know is refused on both sides. */
static void conn_new_unknown_name(void **state)
{
    struct fixture *f = *state;
    int fds[2];

    tcppair_make(fds);
    open_side(&f->client, fds[0], group->bert, false,
              "ffffffffffffffffffffffffffffffffffffffff");
    open_side(&f->server, fds[1], group->listen, true, NULL);
    run(f);
    assert_int_equal(f->client.code, P2P_ETLS);
    assert_int_equal(f->server.code, P2P_ETLS);
    assert_int_equal(f->client.opened, 0);
}

/* Members of different groups refuse each other. S1-53. */
static void conn_new_stranger_is_refused(void **state)
{
    struct fixture *f = *state;
    int round;

    for (round = 0; round < 20; round++) {
        int fds[2];

        f->client.closed = 0;
        f->server.closed = 0;
        f->open_ends = 0;
        tcppair_make(fds);
        open_side(&f->client, fds[0], strangers->bert, false, GROUPTLS_SNI);
        open_side(&f->server, fds[1], group->listen, true, NULL);
        run(f);
        assert_int_equal(f->server.code, P2P_ETLS);
        assert_int_equal(f->client.code, P2P_ETLS);
        assert_int_equal(f->server.opened, 0);
        close_side(&f->client);
        close_side(&f->server);
    }
}

/* A client without a certificate finishes its half of the handshake, so the
 * refusal meets a conn that is open and may be in the middle of writing; it
 * must still learn why (TLS 1.3: the alert comes on the first read). */
static void conn_read_refusal_after_open(void **state)
{
    struct fixture *f = *state;
    struct tlsctx *nobody = tlsctx_new_tracker_client();
    int round;

    for (round = 0; round < 40; round++) {
        int fds[2];

        f->client.opened = 0;
        f->client.closed = 0;
        f->server.closed = 0;
        f->open_ends = 0;
        f->client.to_send = round % 2 == 0 ? 0 : 16 * 1024 * 1024;
        tcppair_make(fds);
        open_side(&f->client, fds[0], nobody, false, GROUPTLS_SNI);
        open_side(&f->server, fds[1], group->listen, true, NULL);
        run(f);
        assert_int_equal(f->server.code, P2P_ETLS);
        assert_int_equal(f->client.opened, 1);
        assert_int_equal(f->client.code, P2P_ETLS);
        assert_non_null(strstr(f->client.why, "certificate"));
        close_side(&f->client);
        close_side(&f->server);
    }
    tlsctx_unref(nobody);
}

/* A descriptor that cannot be watched: an error from the loop. */
static void conn_new_bad_descriptor(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/test_conn_XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    open_side(&f->server, fd, NULL, true, NULL);
    run(f);
    assert_true(f->server.code < 0);
    assert_int_equal(f->server.opened, 0);
}

/* What is written before the handshake is over is sent after it. */
static void conn_write_before_open(void **state)
{
    struct fixture *f = *state;

    open_tls(f);
    send_copy(&f->client, 1000);
    send_lent(&f->client, 50000);
    assert_int_equal(conn_queued(f->client.conn), 51000);
    f->server.wanted = 51000;
    run(f);
    assert_int_equal(f->server.received, 51000);
    assert_int_equal(conn_queued(f->client.conn), 0);
}

/* ---- reading and writing ----------------------------------------------- */

/* 64 MiB each way at once, in lent buffers, arrive unchanged; nobody reads
 * more than its share in a turn. */
static void conn_write_take_bulk_both_ways(void **state)
{
    struct fixture *f = *state;
    uint64_t size = 64 * 1024 * 1024;

    f->client.to_send = size;
    f->server.to_send = size;
    open_tls(f);
    while (f->client.received < size || f->server.received < size) {
        run_for(f, 20);
    }
    assert_int_equal(f->client.received, size);
    assert_int_equal(conn_bytes_in(f->client.conn), size);
    assert_int_equal(conn_bytes_out(f->server.conn), size);
    assert_int_equal(f->client.lent, 0);
    assert_true(f->client.turn_most <= TURN_BYTES);
    assert_true(f->server.turn_most <= TURN_BYTES);
}

/* New keys in the middle of the stream, again and again, are not noticed. */
static void conn_write_rekeys(void **state)
{
    struct fixture *f = *state;
    uint64_t size = 8 * 1024 * 1024;

    open_tls(f);
    run_open(f);
    conn_set_rekey(f->client.conn, 100000);
    conn_set_rekey(f->server.conn, 50000);
    f->client.to_send = size;
    f->server.to_send = size;
    send_more(&f->client);
    send_more(&f->server);
    while (f->client.received < size || f->server.received < size) {
        run_for(f, 20);
    }
    assert_int_equal(f->client.closed, 0);
}

enum { KEY_ROUNDS = 200, KEY_BYTES = 10000, KEY_TOTAL = 16 * 1024 * 1024 };

/* A peer that is plain OpenSSL: it asks for new keys before each write, while
 * the other side is in the middle of sending, and reads afterwards. */
static void *run_foreign_peer(void *arg)
{
    struct side *s = arg;
    SSL *ssl = tlsctx_new_ssl(group->bert, false, GROUPTLS_SNI);
    static uint8_t bytes[KEY_BYTES];
    size_t total = 0;
    bool ok;
    int i;

    SSL_set_fd(ssl, s->fd);
    SSL_clear_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    ok = SSL_connect(ssl) == 1;
    for (i = 0; ok && i < KEY_ROUNDS; i++) {
        fill(s, bytes, sizeof(bytes));
        ok = SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 &&
             SSL_write(ssl, bytes, sizeof(bytes)) == sizeof(bytes);
    }
    while (ok && total < KEY_TOTAL) {
        int got = SSL_read(ssl, bytes, sizeof(bytes));

        ok = got > 0;
        for (i = 0; i < got; i++) {
            ok = ok && bytes[i] == s->next_in++;
        }
        total += ok ? (size_t)got : 0;
    }
    s->received = total;
    SSL_free(ssl);
    return NULL;
}

/* A peer that demands new keys all the time gets them, and no byte is lost in
 * either direction: reading may have to wait for writing there. */
static void conn_read_peer_demands_keys(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;

    open_half(f, group->listen);
    fcntl(f->client.fd, F_SETFL, 0); /* the peer may block */
    f->server.to_send = KEY_TOTAL;
    pthread_create(&thread, NULL, run_foreign_peer, &f->client);
    f->server.wanted = KEY_ROUNDS * KEY_BYTES;
    run(f);
    while (conn_queued(f->server.conn) > 0 || f->server.to_send > 0) {
        run_for(f, 5);
    }
    pthread_join(thread, NULL);
    assert_int_equal(f->client.received, KEY_TOTAL);
    assert_int_equal(f->server.received, KEY_ROUNDS * KEY_BYTES);
}

/* Let both sides work until `ssl` has read all of KEY_TOTAL. */
static void read_key_total(struct fixture *f, SSL *ssl)
{
    static uint8_t bytes[KEY_BYTES];

    while (f->client.received < KEY_TOTAL && f->server.closed == 0) {
        int got = SSL_read(ssl, bytes, sizeof(bytes));
        int i;

        if (got <= 0) {
            run_for(f, 1);
        }
        for (i = 0; i < got; i++) {
            assert_int_equal(bytes[i], f->client.next_in++);
        }
        f->client.received += got > 0 ? (uint64_t)got : 0;
    }
}

/* Requests for new keys that arrive while the descriptor takes nothing are
 * answered, and the records in the queue stay whole: OpenSSL 3.0 fails with
 * "bad length" when it reads the second one with half a record unsent. */
static void conn_read_keys_demanded_while_full(void **state)
{
    struct fixture *f = *state;
    SSL *ssl = tlsctx_new_ssl(group->bert, false, GROUPTLS_SNI);
    uint64_t before;
    int i;

    open_half(f, group->listen);
    SSL_set_fd(ssl, f->client.fd);
    f->server.to_send = KEY_TOTAL;
    while (SSL_connect(ssl) != 1) {
        run_for(f, 1);
    }
    do {
        before = conn_bytes_out(f->server.conn);
        run_for(f, 20);
    } while (before == 0 || conn_bytes_out(f->server.conn) > before);
    for (i = 0; i < 3; i++) {
        uint8_t byte = (uint8_t)i;

        assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        assert_int_equal(SSL_write(ssl, &byte, 1), 1);
    }
    f->server.wanted = 3;
    run(f);
    assert_int_equal(f->server.received, 3);
    read_key_total(f, ssl);
    assert_int_equal(f->client.received, KEY_TOTAL);
    SSL_free(ssl);
}

/* Many small writes of one turn leave as one piece: the other side finds all
 * of it with its first look. */
static void conn_write_small_leave_together(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[32768];
    int i;

    open_half(f, NULL);
    while (f->server.opened == 0) {
        run_for(f, 1);
    }
    for (i = 0; i < 1000; i++) {
        send_copy(&f->server, 13);
    }
    run_for(f, 1);
    assert_int_equal(recv(f->client.fd, bytes, sizeof(bytes), 0), 13000);
}

/* Sizes around the record and chunk limits, copied and lent in turn. */
static void conn_write_mixed_sizes(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {1,     13,    511,   512,   513,  16383,
                                   16384, 16385, 16397, 32768, 65536};
    uint64_t total = 0;
    size_t i;
    size_t j;

    open_tls(f);
    run_open(f);
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
            send_copy(&f->client, sizes[i]);
            send_lent(&f->client, sizes[j]);
            total += sizes[i] + sizes[j];
        }
    }
    f->server.wanted = total;
    run(f);
    assert_int_equal(f->server.received, total);
}

/* While paused nothing is delivered; afterwards everything is. */
static void conn_pause_holds_back(void **state)
{
    struct fixture *f = *state;
    int before;

    open_tls(f);
    run_open(f);
    conn_pause(f->server.conn);
    before = f->server.readable;
    send_copy(&f->client, 300000);
    run_for(f, 30);
    assert_int_equal(f->server.readable, before);
    conn_resume(f->server.conn);
    f->server.wanted = 300000;
    run(f);
    assert_int_equal(f->server.received, 300000);
}

static uint8_t one_byte;

static void read_one_and_pause(void *arg)
{
    struct side *s = arg;

    s->readable++;
    if (conn_read(s->conn, &one_byte, 1) == 1) {
        check_bytes(s, &one_byte, 1);
        conn_pause(s->conn);
        loop_stop(s->f->loop);
    }
}

static const struct conn_ops one_byte_ops = {on_open, read_one_and_pause, NULL,
                                             on_close};

/* Bytes that are decrypted already are delivered by conn_resume(), although
 * the descriptor has nothing more to say. */
static void conn_resume_delivers_decrypted(void **state)
{
    struct fixture *f = *state;
    int i;

    open_tls(f);
    run_open(f);
    conn_set_ops(f->server.conn, &one_byte_ops, &f->server);
    send_copy(&f->client, 50); /* one record */
    for (i = 0; i < 10; i++) {
        run(f);
        assert_int_equal(f->server.received, i + 1);
        conn_resume(f->server.conn);
    }
    conn_set_ops(f->server.conn, &ops, &f->server);
    f->server.wanted = 50;
    run(f);
    assert_int_equal(f->server.received, 50);
}

static void read_one(void *arg)
{
    struct side *s = arg;

    if (conn_read(s->conn, &one_byte, 1) == 1) {
        check_bytes(s, &one_byte, 1);
    }
    if (s->received == s->wanted) {
        loop_stop(s->f->loop);
    }
}

static const struct conn_ops lazy_ops = {on_open, read_one, NULL, on_close};

/* A reader that takes one byte per call still gets them all. */
static void conn_read_one_byte_per_call(void **state)
{
    struct fixture *f = *state;

    open_tls(f);
    run_open(f);
    conn_set_ops(f->server.conn, &lazy_ops, &f->server);
    f->server.wanted = 700;
    send_copy(&f->client, 700);
    run(f);
    assert_int_equal(f->server.received, 700);
}

/* A reader that does not read makes the writer wait, with bounded memory, and
 * on_drained only comes when there is room. */
static void conn_write_take_waits_for_reader(void **state)
{
    struct fixture *f = *state;
    uint64_t size = 64 * 1024 * 1024;
    int drained;

    open_tls(f);
    run_open(f);
    conn_pause(f->server.conn);
    f->client.to_send = size;
    send_more(&f->client);
    run_for(f, 200);
    drained = f->client.drained;
    assert_true(f->client.to_send > 0);
    run_for(f, 50);
    assert_int_equal(f->client.drained, drained);
    conn_resume(f->server.conn);
    f->server.wanted = size;
    run(f);
    assert_int_equal(f->server.received, size);
}

/* A fast conn leaves the others their turns: a ping-pong on the same loop goes
 * on while another conn is flooded from the outside. */
static void conn_read_shares_the_loop(void **state)
{
    struct fixture *f = *state;
    uint64_t size = 64 * 1024 * 1024;
    struct side pinger = {.f = f, .fd = -1};
    struct side ponger = {.f = f, .fd = -1};
    int fds[2];
    int pings = 0;

    pinger.other = &ponger;
    ponger.other = &pinger;
    open_tls(f);
    tcppair_make(fds);
    open_side(&pinger, fds[0], group->bert, false, GROUPTLS_SNI);
    open_side(&ponger, fds[1], group->listen, true, NULL);
    while (f->client.opened == 0 || ponger.opened == 0 || pinger.opened == 0) {
        run_for(f, 1);
    }
    f->client.to_send = size;
    send_more(&f->client);
    while (f->server.received < size) {
        ponger.wanted = ponger.received + 10;
        send_copy(&pinger, 10);
        run(f);
        if (f->server.received < size) {
            pings++;
        }
    }
    assert_true(pings >= 20); /* 64 turns of 1 MiB at least */
    close_side(&pinger);
    close_side(&ponger);
}

/* ---- ends -------------------------------------------------------------- */

/* The end of the other side's stream is reported once, as P2P_ECLOSED. */
static void conn_close_is_seen(void **state)
{
    struct fixture *f = *state;

    open_tls(f);
    run_open(f);
    send_copy(&f->client, 10);
    run_for(f, 5);
    f->open_ends = 1;
    conn_close(f->client.conn);
    run(f);
    assert_int_equal(f->server.code, P2P_ECLOSED);
    assert_int_equal(f->server.received, 10);
    assert_int_equal(f->client.closed, 0); /* not for one's own closing */
    run_for(f, 5);
}

/* A reset is reported, in the middle of a transfer too. */
static void conn_read_reset(void **state)
{
    struct fixture *f = *state;

    open_half(f, NULL);
    f->server.to_send = 64 * 1024 * 1024;
    run_for(f, 20);
    reset_descriptor(f->client.fd);
    f->client.fd = -1;
    run(f);
    assert_int_equal(f->server.code, P2P_ECLOSED);
    assert_true(strlen(f->server.why) > 0);
}

/* A reset is noticed even while the conn is paused and idle. */
static void conn_pause_notices_reset(void **state)
{
    struct fixture *f = *state;

    open_half(f, NULL);
    while (f->server.opened == 0) {
        run_for(f, 1);
    }
    conn_pause(f->server.conn);
    assert_int_equal(write(f->client.fd, "x", 1), 1);
    run_for(f, 10);
    reset_descriptor(f->client.fd);
    f->client.fd = -1;
    run(f);
    assert_int_equal(f->server.code, P2P_ECLOSED);
}

/* The end of the stream while paused waits for the reader: what came before
 * it is not lost, and the loop does not spin. */
static void conn_pause_keeps_bytes_before_end(void **state)
{
    struct fixture *f = *state;
    uint64_t turn;

    open_half(f, NULL);
    while (f->server.opened == 0) {
        run_for(f, 1);
    }
    conn_pause(f->server.conn);
    assert_int_equal(write(f->client.fd, "\0\1\2", 3), 3);
    close(f->client.fd);
    f->client.fd = -1;
    run_for(f, 20);
    turn = loop_turn(f->loop);
    run_for(f, 50);
    assert_true(loop_turn(f->loop) - turn < 20);
    assert_int_equal(f->server.closed, 0);
    conn_resume(f->server.conn);
    run(f);
    assert_int_equal(f->server.received, 3);
    assert_int_equal(f->server.code, P2P_ECLOSED);
}

/* A client that has closed its sending half still gets what was queued. */
static void conn_write_after_half_close(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[65536];
    uint64_t total = 0;
    ssize_t got;

    open_half(f, NULL);
    while (f->server.opened == 0) {
        run_for(f, 1);
    }
    send_copy(&f->server, 4 * 1024 * 1024);
    shutdown(f->client.fd, SHUT_WR);
    while (f->server.closed == 0) {
        run_for(f, 2);
        for (;;) {
            got = recv(f->client.fd, bytes, sizeof(bytes), 0);
            if (got <= 0) {
                break;
            }
            total += (uint64_t)got;
        }
    }
    do {
        got = recv(f->client.fd, bytes, sizeof(bytes), 0);
        total += got > 0 ? (uint64_t)got : 0;
    } while (got > 0);
    assert_int_equal(total, 4 * 1024 * 1024);
    assert_int_equal(f->server.code, P2P_ECLOSED);
}

/* ... but not for ever when it does not read. */
static void conn_write_after_half_close_times_out(void **state)
{
    struct fixture *f = *state;

    open_half(f, NULL);
    while (f->server.opened == 0) {
        run_for(f, 1);
    }
    send_copy(&f->server, 64 * 1024 * 1024);
    shutdown(f->client.fd, SHUT_WR);
    run_for(f, 200);
    assert_int_equal(f->server.closed, 0);
    conn_set_wait(f->server.conn, 20);
    run(f);
    assert_int_equal(f->server.code, P2P_ETIMEDOUT);
}

/* conn_finish() sends everything first; the other side sees all of it and a
 * clean end. */
static void conn_finish_flushes(void **state)
{
    struct fixture *f = *state;

    open_tls(f);
    run_open(f);
    send_copy(&f->client, 5 * 1024 * 1024);
    conn_finish(f->client.conn);
    f->server.at_close = ACT_CLOSE_FREE;
    run(f);
    assert_int_equal(f->server.received, 5 * 1024 * 1024);
    assert_int_equal(f->server.code, P2P_ECLOSED);
    assert_int_equal(f->client.closed, 1);
    assert_int_equal(f->client.code, 0);
}

/* The same when it is asked for before the handshake is over. */
static void conn_finish_before_open(void **state)
{
    struct fixture *f = *state;

    open_tls(f);
    send_copy(&f->client, 100000);
    conn_finish(f->client.conn);
    f->server.at_close = ACT_CLOSE_FREE;
    run(f);
    assert_int_equal(f->client.opened, 0);
    assert_int_equal(f->client.code, 0);
    assert_int_equal(f->server.received, 100000);
}

/* Bytes that nobody read do not turn the end into a reset that destroys the
 * answer. */
static void conn_finish_with_unread_bytes(void **state)
{
    struct fixture *f = *state;

    open_tls(f);
    run_open(f);
    conn_pause(f->server.conn);
    send_copy(&f->client, 200000);
    run_for(f, 10);
    send_copy(&f->server, 3 * 1024 * 1024);
    conn_finish(f->server.conn);
    f->client.at_close = ACT_CLOSE_FREE;
    run(f);
    assert_int_equal(f->client.received, 3 * 1024 * 1024);
    assert_int_equal(f->client.code, P2P_ECLOSED);
    assert_int_equal(f->server.code, 0);
}

/* The other side never closes: the wait for that has an end. */
static void conn_finish_lingers_for_a_while(void **state)
{
    struct fixture *f = *state;
    char byte;

    open_half(f, NULL);
    conn_finish(f->server.conn);
    run_for(f, 20);
    assert_int_equal(recv(f->client.fd, &byte, 1, 0), 0); /* it sees the end */
    assert_int_equal(f->server.closed, 0);
    conn_set_wait(f->server.conn, 10);
    run(f);
    assert_int_equal(f->server.code, 0);
}

/* The other side never reads: the wait has an end, with an error. */
static void conn_finish_times_out(void **state)
{
    struct fixture *f = *state;

    open_half(f, NULL);
    run_for(f, 5);
    send_copy(&f->server, 64 * 1024 * 1024);
    conn_finish(f->server.conn);
    run_for(f, 100);
    conn_set_wait(f->server.conn, 20);
    run(f);
    assert_int_equal(f->server.code, P2P_ETIMEDOUT);
}

/* Writing to a closed conn is harmless: lent bytes come back at once. */
static void conn_write_take_after_close(void **state)
{
    struct fixture *f = *state;

    open_tls(f);
    run_open(f);
    send_lent(&f->client, 1000);
    conn_close(f->client.conn);
    assert_int_equal(f->client.lent, 0);
    send_lent(&f->client, 1000);
    assert_int_equal(f->client.lent, 0);
    send_copy(&f->client, 10);
    assert_int_equal(conn_queued(f->client.conn), 0);
    conn_close(f->client.conn);
    assert_int_equal(conn_read(f->client.conn, &one_byte, 1), P2P_EAGAIN);
}

/* ---- closing inside callbacks ------------------------------------------ */

/* Every way to be rid of a conn, in every callback. Run this under ASan. */
static void conn_free_inside_callbacks(void **state)
{
    struct fixture *f = *state;
    static const enum act acts[] = {ACT_CLOSE, ACT_FREE, ACT_CLOSE_FREE,
                                    ACT_FREE_OTHER, ACT_DETACH_FREE};
    size_t i;
    int where;

    for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        for (where = 0; where < 5; where++) {
            struct side fresh = {.f = f, .fd = -1};

            if (acts[i] == ACT_DETACH_FREE && where == 3) {
                continue; /* a closed conn cannot be detached */
            }
            f->client = fresh;
            f->server = fresh;
            f->client.other = &f->server;
            f->server.other = &f->client;
            f->open_ends = 1; /* two sides, the first on_close stops */
            f->server.at_open = where == 0 ? acts[i] : ACT_NOTHING;
            f->server.at_readable = where == 1 ? acts[i] : ACT_NOTHING;
            f->server.at_drained = where == 2 ? acts[i] : ACT_NOTHING;
            f->server.at_close = where == 3 ? acts[i] : ACT_NOTHING;
            f->server.at_release = where == 4 ? acts[i] : ACT_NOTHING;
            f->server.to_send = 2 * 1024 * 1024;
            f->client.to_send = 2 * 1024 * 1024;
            open_tls(f);
            if (where == 3) {
                f->client.at_readable = ACT_FREE;
            }
            run_for(f, 15);
            close_side(&f->client);
            close_side(&f->server);
            assert_int_equal(f->client.lent, 0);
            assert_int_equal(f->server.lent, 0);
        }
    }
}

/* ---- moving between loops (threads: test_conn_move) --------------------- */

/* A parcel that nobody wants is freed with everything in it. */
static void conn_detach_then_free(void **state)
{
    struct fixture *f = *state;
    struct conn *parcel;

    open_tls(f);
    run_open(f);
    send_lent(&f->client, BUFFER);
    parcel = conn_detach(f->client.conn);
    f->client.conn = NULL;
    assert_int_equal(conn_queued(parcel), BUFFER);
    assert_int_equal(f->client.lent, 1);
    conn_free(parcel);
    assert_int_equal(f->client.lent, 0);
    f->open_ends = 1;
    run(f);
    assert_int_equal(f->server.code, P2P_ECLOSED);
}

/* A conn that has just failed tells its new owner. */
static void conn_detach_after_end(void **state)
{
    struct fixture *f = *state;
    struct conn *parcel;

    open_half(f, NULL);
    run_for(f, 5);
    close(f->client.fd);
    f->client.fd = -1;
    assert_int_equal(conn_read(f->server.conn, &one_byte, 1), P2P_EAGAIN);
    parcel = conn_detach(f->server.conn);
    f->server.conn = parcel;
    conn_attach(parcel, f->loop, &ops, &f->server);
    run(f);
    assert_int_equal(f->server.code, P2P_ECLOSED);
}

static int group_set_up(void **state)
{
    (void)state;
    group = grouptls_new();
    strangers = grouptls_new();
    return 0;
}

static int group_tear_down(void **state)
{
    (void)state;
    grouptls_free(group);
    grouptls_free(strangers);
    return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(conn_new_handshake),
        TEST(conn_new_clear_text),
        TEST(conn_new_handshake_times_out),
        TEST(conn_new_garbage),
        TEST(conn_new_end_in_handshake),
        TEST(conn_new_unknown_name),
        TEST(conn_new_stranger_is_refused),
        TEST(conn_read_refusal_after_open),
        TEST(conn_new_bad_descriptor),
        TEST(conn_write_before_open),
        TEST(conn_write_take_bulk_both_ways),
        TEST(conn_write_rekeys),
        TEST(conn_read_peer_demands_keys),
        TEST(conn_read_keys_demanded_while_full),
        TEST(conn_write_small_leave_together),
        TEST(conn_write_mixed_sizes),
        TEST(conn_pause_holds_back),
        TEST(conn_resume_delivers_decrypted),
        TEST(conn_read_one_byte_per_call),
        TEST(conn_write_take_waits_for_reader),
        TEST(conn_read_shares_the_loop),
        TEST(conn_close_is_seen),
        TEST(conn_read_reset),
        TEST(conn_pause_notices_reset),
        TEST(conn_pause_keeps_bytes_before_end),
        TEST(conn_write_after_half_close),
        TEST(conn_write_after_half_close_times_out),
        TEST(conn_finish_flushes),
        TEST(conn_finish_before_open),
        TEST(conn_finish_with_unread_bytes),
        TEST(conn_finish_lingers_for_a_while),
        TEST(conn_finish_times_out),
        TEST(conn_write_take_after_close),
        TEST(conn_free_inside_callbacks),
        TEST(conn_detach_then_free),
        TEST(conn_detach_after_end),
    };
    return cmocka_run_group_tests_name("net/conn", tests, group_set_up,
                                       group_tear_down);
}
