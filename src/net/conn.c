#include "config.h"

#include "net/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <uv.h>

#include "crypto/tlsctx.h"
#include "net/address.h"
#include "net/internal.h"
#include "net/loop.h"
#include "net/outq.h"
#include "net/stream.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/state.h"

/* Happy path
 *   Events of the descriptor (on_event) read; the task at the end of the turn
 *   (on_turn) writes, so everything a turn has queued leaves together. Writing
 *   is tried before anybody waits for "writable"; the wish to wait is
 *   recomputed from the state (wanted_events) and changes rarely.
 *
 * Failures
 *   A failed read ends the conn (conn_fail): the state becomes FAILED and the
 *   task of the turn reports on_close. A failed write only stops writing: what
 *   the other side said last may still be unread, above all the TLS alert with
 *   which it refused our certificate, so reading goes on until that fails too.
 *   When the other side ends its stream while bytes are queued, they are sent
 *   first: it may have closed one direction only.
 *
 * Closing
 *   Callbacks may close, free or detach their conn. `depth` counts the frames
 *   of this file below a callback; a conn freed meanwhile (is_doomed) is
 *   released by the outermost one. Each frame looks at the state after every
 *   callback and does nothing when it is CLOSED.
 *
 * Other threads
 *   conn_detach() moves the content to a new object, because frames of the old
 *   thread may still be inside the old one.
 *
 *   HANDSHAKE --opened--> OPEN --conn_finish--> FLUSHING --sent--> LINGERING
 *       |                  |                       |                   |
 *       +--------+---------+-----------------------+-------------------+
 *                | conn_fail                    or | conn_close
 *                v                                 v
 *              FAILED -------report--------->   CLOSED
 *
 * HANDSHAKE waits CONN_HANDSHAKE_MS; FLUSHING, and OPEN after the end of the
 * other side's stream, wait CONN_STALL_MS for progress; LINGERING waits
 * CONN_LINGER_MS for the other side to close. How long an OPEN conn may be
 * silent is decided by the protocol above.
 */

enum {
    CONN_TURN_BYTES = 1024 * 1024, /* read and written per turn; then the
                                      other conns of the loop come first */
    CONN_BULK_BYTES = 256 * 1024,  /* traffic after which OpenSSL's buffers
                                      (34 KiB) are kept between records */
    CONN_STALL_MS = 10000,         /* without progress while sending the rest */
    CONN_LINGER_MS = 2000,         /* RFC 9112 9.6: close in stages, or a reset
                                      destroys what was sent last */
};

/* RFC 8446 5.5 allows 2^24.5 full records (388 GiB) under one AES-GCM key. */
#define CONN_REKEY_BYTES ((uint64_t)64 << 30)

enum conn_state {
    CONN_HANDSHAKE,
    CONN_OPEN,
    CONN_FLUSHING,
    CONN_LINGERING,
    CONN_FAILED,
    CONN_CLOSED,
};

#define TO(s) STATE_BIT(CONN_##s)
static const struct state_rule conn_rules[] = {
    [CONN_HANDSHAKE] = {"handshake",
                        TO(OPEN) | TO(FLUSHING) | TO(FAILED) | TO(CLOSED)},
    [CONN_OPEN] = {"open", TO(FLUSHING) | TO(FAILED) | TO(CLOSED)},
    [CONN_FLUSHING] = {"flushing", TO(LINGERING) | TO(FAILED) | TO(CLOSED)},
    [CONN_LINGERING] = {"lingering", TO(FAILED) | TO(CLOSED)},
    [CONN_FAILED] = {"failed", TO(CLOSED)},
    [CONN_CLOSED] = {"closed", 0},
};
#undef TO

struct conn {
    struct loop *loop; /* NULL: a parcel between two loops */
    struct stream stream;
    struct tlsctx *tls;  /* reference; NULL: clear text */
    struct watch *watch; /* NULL: a parcel, or closed */
    struct timer *timer; /* running while an outside wait is limited */
    struct loop_task task;
    struct state state;
    struct outq out;
    const struct conn_ops *ops;
    void *arg;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t rekey_bytes; /* sent under one key */
    uint64_t rekey_at;    /* value of bytes_out */
    uint64_t read_turn;   /* the turn that read_budget belongs to */
    size_t read_budget;   /* bytes that may still be read in it */
    int depth;            /* frames of this file that run callbacks */
    int code;             /* for on_close, when FAILED or not is_writable */
    char *why;            /* the same; owned */
    bool is_silent;       /* closed by its user: no callbacks any more */
    bool is_doomed;       /* freed inside a callback */
    bool is_paused;
    bool is_readable;    /* on_readable is due, whatever the descriptor says */
    bool is_drained;     /* the last read found no complete record */
    bool is_finishing;   /* conn_finish() during the handshake */
    bool is_half_closed; /* the descriptor reported the end while paused */
    bool at_end;         /* the other side's stream has ended */
    bool is_writable;    /* false after a failed write */
    bool write_blocked;  /* waiting for "writable" */
    bool write_wants_read; /* waiting for "readable" before writing */
    bool read_wants_write; /* waiting for "writable" before reading */
    char address[CONN_ADDRESS_MAX];
};

static void on_event(void *arg, int events);
static void on_turn(void *arg);

/* ---- small helpers ---------------------------------------------------- */

static void enter(struct conn *c)
{
    c->depth++;
}

static void destroy(struct conn *c)
{
    stream_close(&c->stream);
    tlsctx_unref(c->tls);
    free(c->why);
    free(c);
}

/* The last thing a frame does with `c`. */
static void leave(struct conn *c)
{
    c->depth--;
    if (c->depth == 0 && c->is_doomed) {
        destroy(c);
    }
}

static bool is_in(const struct conn *c, enum conn_state s)
{
    return c->state.now == (int)s;
}

static bool may_write(const struct conn *c)
{
    return c->is_writable && (is_in(c, CONN_HANDSHAKE) || is_in(c, CONN_OPEN) ||
                              is_in(c, CONN_FLUSHING));
}

static void defer(struct conn *c)
{
    if (c->loop != NULL) {
        loop_defer(c->loop, &c->task);
    }
}

static void set_reason(struct conn *c, int code, const char *why)
{
    c->code = code;
    free(c->why);
    c->why = mem_strdup(why);
}

/* End the conn; on_close follows from the task of this turn. */
static void conn_fail(struct conn *c, int code, const char *why)
{
    if (is_in(c, CONN_FAILED)) {
        return; /* the first reason counts */
    }
    state_move(&c->state, CONN_FAILED);
    set_reason(c, code, why);
    defer(c);
}

/* The same with the reason of an earlier failed write. */
static void fail_as_written(struct conn *c)
{
    state_move(&c->state, CONN_FAILED);
    defer(c);
}

static void fail_from_stream(struct conn *c)
{
    struct err e;
    int code;

    code = stream_explain(&c->stream, &e);
    conn_fail(c, code, e.text);
}

static void on_timer(void *arg)
{
    struct conn *c = arg;

    switch (c->state.now) {
    case CONN_HANDSHAKE:
        conn_fail(c, P2P_ETIMEDOUT, "the TLS handshake timed out");
        break;
    case CONN_LINGERING:
        conn_fail(c, 0, "");
        break;
    case CONN_OPEN:
    case CONN_FLUSHING:
        conn_fail(c, P2P_ETIMEDOUT, "the other side stopped reading");
        break;
    default:
        break; /* failed in this very turn */
    }
}

static void limit_wait(struct conn *c, int64_t ms)
{
    if (c->timer == NULL) {
        c->timer = timer_new(c->loop, on_timer, c);
    }
    timer_start(c->timer, ms);
}

static void end_wait(struct conn *c)
{
    timer_free(c->timer);
    c->timer = NULL;
}

/* ---- what to wait for ------------------------------------------------- */

static int wanted_events(const struct conn *c)
{
    int events = 0;

    switch (c->state.now) {
    case CONN_HANDSHAKE:
        return c->write_blocked ? UV_WRITABLE : UV_READABLE;
    case CONN_OPEN:
        if (!c->is_paused && !c->at_end) {
            events |= UV_READABLE;
        } else if (!c->at_end && !c->is_half_closed) {
            events |= UV_DISCONNECT; /* a reset is noticed while paused */
        }
        break;
    case CONN_FLUSHING:
        break;
    case CONN_LINGERING:
        return UV_READABLE;
    default:
        return 0;
    }
    if (c->write_blocked || c->read_wants_write) {
        events |= UV_WRITABLE;
    }
    if (c->write_wants_read) {
        events |= UV_READABLE;
    }
    return events;
}

/* Tell the loop. A wish that is over is only withdrawn when it was granted
 * (`seen`): most are renewed before that, and changing costs system calls. */
static void update_watch(struct conn *c, int seen)
{
    int wanted;

    if (c->watch == NULL) {
        return;
    }
    wanted = wanted_events(c);
    if (is_in(c, CONN_OPEN) || is_in(c, CONN_FLUSHING)) {
        wanted |= watch_events(c->watch) & (UV_READABLE | UV_WRITABLE) & ~seen;
    }
    watch_set(c->watch, wanted);
}

/* ---- reading ---------------------------------------------------------- */

static void refill_read_budget(struct conn *c)
{
    uint64_t turn = c->loop == NULL ? 0 : loop_turn(c->loop);

    if (c->read_turn != turn) {
        c->read_turn = turn;
        c->read_budget = CONN_TURN_BYTES;
    }
}

/* True when this turn's share is used up and on_turn() will go on. */
static bool is_waiting_for_turn(const struct conn *c)
{
    return c->is_readable && c->read_budget == 0 &&
           c->read_turn == loop_turn(c->loop);
}

static void note_end(struct conn *c)
{
    c->at_end = true;
    if (!c->is_writable) {
        fail_as_written(c);
    } else if (conn_queued(c) == 0) {
        conn_fail(c, P2P_ECLOSED, _("closed by the other side"));
    } else {
        limit_wait(c, CONN_STALL_MS); /* send the rest first */
    }
}

/* A read brought nothing, for the reason `r`. */
static void note_read_stop(struct conn *c, enum stream_result r)
{
    c->is_drained = true;
    c->read_wants_write = r == STREAM_WANT_WRITE;
    if (r == STREAM_ERROR) {
        fail_from_stream(c);
    } else if (r == STREAM_END) {
        note_end(c);
    } else if (!c->is_writable) {
        fail_as_written(c);
    } else if (c->read_wants_write) {
        defer(c); /* to wait for the right event */
    }
}

ssize_t conn_read(struct conn *c, void *data, size_t size)
{
    uint8_t *bytes = data;
    size_t total = 0;

    assert(c->loop != NULL && size > 0);
    loop_assert_owner(c->loop);
    refill_read_budget(c);
    while (is_in(c, CONN_OPEN) && !c->at_end && total < size) {
        enum stream_result r;
        size_t part = size - total;
        size_t got = 0;

        if (c->read_budget == 0) {
            c->is_readable = true; /* goes on in the next turn */
            defer(c);
            break;
        }
        part = part < c->read_budget ? part : c->read_budget;
        r = stream_read(&c->stream, bytes + total, part, &got);
        if (r != STREAM_OK) {
            note_read_stop(c, r);
            break;
        }
        c->is_drained = false;
        total += got;
        c->read_budget -= got;
    }
    c->bytes_in += total;
    if (may_write(c) && stream_unsent(&c->stream) > 0 && !c->write_blocked) {
        defer(c); /* the answer to a request for new keys waits */
    }
    return total > 0 ? (ssize_t)total : P2P_EAGAIN;
}

static void deliver_readable(struct conn *c)
{
    c->is_readable = false;
    c->read_wants_write = false;
    c->ops->on_readable(c->arg);
    if (!is_in(c, CONN_OPEN)) {
        return;
    }
    if (!c->is_drained && !c->at_end && stream_has_pending(&c->stream)) {
        c->is_readable = true; /* the descriptor would not report it */
    }
    if (c->is_readable && !c->is_paused) {
        defer(c);
    }
}

/* ---- writing ---------------------------------------------------------- */

static void note_write_stop(struct conn *c, enum stream_result r)
{
    struct err e;
    int code;

    if (r == STREAM_WANT_WRITE || r == STREAM_WANT_READ) {
        c->write_blocked = r == STREAM_WANT_WRITE;
        c->write_wants_read = r == STREAM_WANT_READ;
        return;
    }
    if (r == STREAM_END) {
        code = err_set(&e, P2P_ECLOSED, _("closed by the other side"));
    } else {
        code = stream_explain(&c->stream, &e);
    }
    if (is_in(c, CONN_OPEN) && !c->is_paused && !c->at_end) {
        c->is_writable = false;
        c->is_readable = true; /* the reason may lie unread */
        set_reason(c, code, e.text);
        defer(c);
    } else {
        conn_fail(c, code, e.text);
    }
    outq_drop(&c->out);
}

/* Encrypt what is queued, at most CONN_TURN_BYTES. */
static enum stream_result encrypt_queued(struct conn *c, size_t *total)
{
    uint8_t *scratch = loop_scratch(c->loop);

    *total = 0;
    if (c->out.size > CONN_RECORD) {
        stream_gather(&c->stream, loop_spare(c->loop));
    }
    while (may_write(c) && c->out.size > 0 && *total < CONN_TURN_BYTES) {
        enum stream_result r;
        const uint8_t *data;
        size_t done = 0;
        size_t size;

        data = outq_peek(&c->out, scratch, CONN_RECORD, &size);
        r = stream_write(&c->stream, data, size, &done);
        if (r != STREAM_OK) {
            return r;
        }
        *total += done;
        c->bytes_out += done;
        outq_advance(&c->out, done);
    }
    return STREAM_OK;
}

/* Send what is queued. True when some of it left. */
static bool write_queued(struct conn *c)
{
    size_t unsent = stream_unsent(&c->stream);
    enum stream_result flushed;
    enum stream_result r;
    size_t total;

    r = encrypt_queued(c, &total);
    if (!may_write(c)) {
        return false; /* a release function closed it */
    }
    flushed = stream_flush(&c->stream, loop_spare(c->loop));
    if (r == STREAM_OK || flushed != STREAM_OK) {
        r = flushed;
    }
    if (r != STREAM_OK) {
        note_write_stop(c, r);
    }
    return total > 0 || stream_unsent(&c->stream) < unsent;
}

static void note_bulk(struct conn *c)
{
    if (c->bytes_in + c->bytes_out > CONN_BULK_BYTES) {
        stream_keep_buffers(&c->stream);
    }
    if (c->bytes_out >= c->rekey_at && !c->write_blocked) {
        c->rekey_at = c->bytes_out + c->rekey_bytes;
        stream_rekey(&c->stream);
    }
}

/* All is sent in FLUSHING: say so and wait for the other side to close. */
static void finish_sending(struct conn *c)
{
    enum stream_result r;

    r = stream_finish(&c->stream);
    if (r == STREAM_WANT_WRITE) {
        c->write_blocked = true;
        return;
    }
    if (r != STREAM_OK || c->at_end) {
        conn_fail(c, 0, "");
        return;
    }
    state_move(&c->state, CONN_LINGERING);
    limit_wait(c, CONN_LINGER_MS);
}

/* The queue has become shorter, or empty. */
static void note_progress(struct conn *c)
{
    if (is_in(c, CONN_OPEN) && c->at_end && conn_queued(c) == 0) {
        conn_fail(c, P2P_ECLOSED, _("closed by the other side"));
        return;
    }
    if (c->timer != NULL) {
        timer_start(c->timer, CONN_STALL_MS);
    }
    if (is_in(c, CONN_OPEN) && !c->at_end && c->ops->on_drained != NULL &&
        conn_queued(c) < CONN_LOW_WATER) {
        c->ops->on_drained(c->arg);
    }
}

static void flush(struct conn *c)
{
    bool has_sent = false;

    if (c->write_blocked || c->write_wants_read || is_in(c, CONN_HANDSHAKE)) {
        return;
    }
    if (may_write(c) && conn_queued(c) > 0) {
        has_sent = write_queued(c);
    }
    if (has_sent && may_write(c)) {
        note_bulk(c);
        note_progress(c);
    }
    if (c->write_blocked || c->write_wants_read || !may_write(c)) {
        return;
    }
    if (conn_queued(c) > 0) {
        defer(c); /* the turn's share is used up, or more was queued */
    } else if (is_in(c, CONN_FLUSHING)) {
        finish_sending(c);
    }
}

/* ---- opening and closing ---------------------------------------------- */

static void start_finish(struct conn *c)
{
    state_move(&c->state, CONN_FLUSHING);
    limit_wait(c, CONN_STALL_MS);
    defer(c);
}

static void opened(struct conn *c)
{
    end_wait(c);
    c->write_blocked = false;
    defer(c); /* for what was queued during the handshake */
    if (c->is_finishing) {
        start_finish(c);
        return;
    }
    state_move(&c->state, CONN_OPEN);
    c->is_readable = stream_has_pending(&c->stream);
    c->ops->on_open(c->arg);
}

static void shake_hands(struct conn *c)
{
    switch (stream_handshake(&c->stream)) {
    case STREAM_OK:
        opened(c);
        break;
    case STREAM_WANT_READ:
        c->write_blocked = false;
        break;
    case STREAM_WANT_WRITE:
        c->write_blocked = true;
        break;
    case STREAM_END:
        conn_fail(c, P2P_ETLS,
                  "the other side closed the connection during the handshake");
        break;
    case STREAM_ERROR:
        fail_from_stream(c);
        break;
    }
}

static void linger(struct conn *c)
{
    enum stream_result r;

    r = stream_discard(&c->stream);
    if (r == STREAM_END || r == STREAM_ERROR) {
        conn_fail(c, 0, ""); /* all was sent; how it ends does not matter */
    }
}

/* Let go of loop, descriptor and queue. */
static void stop(struct conn *c)
{
    loop_task_cancel(&c->task);
    watch_free(c->watch);
    c->watch = NULL;
    end_wait(c);
    stream_close_fd(&c->stream);
    outq_drop(&c->out); /* callbacks: last */
}

static void report(struct conn *c)
{
    state_move(&c->state, CONN_CLOSED);
    stop(c);
    if (!c->is_silent) {
        c->ops->on_close(c->arg, c->code, c->why);
    }
}

/* ---- the two entries from the loop ------------------------------------ */

/* The end of a turn. */
static void on_turn(void *arg)
{
    struct conn *c = arg;

    enter(c);
    if (is_in(c, CONN_HANDSHAKE)) {
        shake_hands(c);
    }
    if (is_in(c, CONN_OPEN) && c->is_readable && !c->is_paused) {
        deliver_readable(c);
    }
    flush(c);
    if (is_in(c, CONN_FAILED)) {
        report(c);
    }
    update_watch(c, 0);
    leave(c);
}

static void note_broken(struct conn *c)
{
    struct err e;
    socklen_t size = sizeof(int);
    int number = 0;
    int code;

    c->write_blocked = false; /* the next write finds the error */
    if (is_in(c, CONN_OPEN) && c->is_paused) {
        getsockopt(c->stream.fd, SOL_SOCKET, SO_ERROR, &number, &size);
        c->stream.number = number != 0 ? number : ECONNRESET;
        code = stream_explain(&c->stream, &e);
        conn_fail(c, code, e.text);
    }
    defer(c);
}

/* The descriptor is ready: read now, write at the end of the turn. */
static void on_event(void *arg, int events)
{
    struct conn *c = arg;
    bool is_broken = (events & WATCH_BROKEN) != 0;
    bool can_read = is_broken || (events & UV_READABLE) != 0;
    bool can_write = (events & UV_WRITABLE) != 0;
    int seen = events;

    enter(c);
    if (is_broken) {
        note_broken(c);
    }
    if ((events & UV_DISCONNECT) != 0) {
        c->is_half_closed = true;
    }
    if ((can_write && c->write_blocked) || (can_read && c->write_wants_read)) {
        c->write_blocked = false;
        c->write_wants_read = false;
        seen &= ~UV_WRITABLE; /* the task will often be blocked again */
        defer(c);
    }
    if (is_in(c, CONN_HANDSHAKE)) {
        shake_hands(c);
    } else if (is_in(c, CONN_LINGERING)) {
        linger(c);
    } else if (is_in(c, CONN_OPEN) && !c->is_paused && !c->at_end &&
               !is_waiting_for_turn(c) &&
               (can_read || (can_write && c->read_wants_write))) {
        deliver_readable(c);
    }
    update_watch(c, seen);
    leave(c);
}

/* ---- life ------------------------------------------------------------- */

static void note_address(struct conn *c)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof(peer);

    memset(&peer, 0, sizeof(peer));
    getpeername(c->stream.fd, (struct sockaddr *)&peer, &size);
    address_format((struct sockaddr *)&peer, c->address);
}

static void start_watching(struct conn *c)
{
    int rv;

    rv = watch_new(c->loop, c->stream.fd, on_event, c, &c->watch);
    if (rv < 0) {
        conn_fail(c, rv, err_text(rv));
    }
    defer(c);
}

struct conn *conn_new(const struct conn_setup *setup)
{
    struct conn *c = mem_calloc(1, sizeof(*c));

    loop_assert_owner(setup->loop);
    c->loop = setup->loop;
    c->ops = setup->ops;
    c->arg = setup->arg;
    c->rekey_bytes = CONN_REKEY_BYTES;
    c->rekey_at = CONN_REKEY_BYTES;
    c->read_turn = UINT64_MAX;
    c->is_writable = true;
    state_init(&c->state, conn_rules, "conn", CONN_HANDSHAKE);
    loop_task_init(&c->task, on_turn, c);
    outq_init(&c->out);
    if (setup->tls != NULL) {
        c->tls = tlsctx_ref(setup->tls);
        limit_wait(c, CONN_HANDSHAKE_MS);
    }
    stream_open(&c->stream, setup->fd, c->tls, setup->is_server, setup->sni);
    note_address(c);
    start_watching(c);
    return c;
}

void conn_close(struct conn *c)
{
    bool is_quiet =
        is_in(c, CONN_OPEN) && c->is_writable && conn_queued(c) == 0;

    c->is_silent = true;
    if (is_in(c, CONN_CLOSED)) {
        return;
    }
    if (c->loop != NULL) {
        loop_assert_owner(c->loop);
    }
    if (is_quiet) {
        stream_finish(&c->stream); /* as far as it goes without waiting */
    }
    state_move(&c->state, CONN_CLOSED);
    enter(c); /* release functions run now, too */
    stop(c);
    leave(c);
}

void conn_finish(struct conn *c)
{
    loop_assert_owner(c->loop);
    if (is_in(c, CONN_HANDSHAKE)) {
        c->is_finishing = true;
    } else if (is_in(c, CONN_OPEN) && !c->is_writable) {
        fail_as_written(c);
    } else if (is_in(c, CONN_OPEN)) {
        start_finish(c);
    }
}

void conn_free(struct conn *c)
{
    if (c == NULL) {
        return;
    }
    assert(!c->is_doomed);
    enter(c);
    conn_close(c);
    c->is_doomed = true;
    leave(c);
}

void conn_set_ops(struct conn *c, const struct conn_ops *ops, void *arg)
{
    c->ops = ops;
    c->arg = arg;
}

void conn_pause(struct conn *c)
{
    loop_assert_owner(c->loop);
    c->is_paused = true;
}

void conn_resume(struct conn *c)
{
    loop_assert_owner(c->loop);
    if (!c->is_paused) {
        return;
    }
    c->is_paused = false;
    if (is_in(c, CONN_OPEN)) {
        if (!c->is_drained && stream_has_pending(&c->stream)) {
            c->is_readable = true;
        }
        defer(c); /* also to watch the descriptor again */
    }
}

void conn_write(struct conn *c, const void *data, size_t size)
{
    loop_assert_owner(c->loop);
    if (size == 0 || !may_write(c)) {
        return;
    }
    outq_copy(&c->out, data, size);
    defer(c);
}

void conn_write_take(struct conn *c, const void *data, size_t size,
                     void (*release)(void *arg), void *arg)
{
    loop_assert_owner(c->loop);
    if (size == 0 || !may_write(c)) {
        if (release != NULL) {
            release(arg);
        }
        return;
    }
    outq_take(&c->out, data, size, release, arg);
    defer(c);
}

/* ---- moving to another thread ----------------------------------------- */

struct conn *conn_detach(struct conn *c)
{
    struct conn *parcel = mem_alloc(sizeof(*parcel));

    loop_assert_owner(c->loop);
    assert(is_in(c, CONN_OPEN) || is_in(c, CONN_FAILED));
    loop_task_cancel(&c->task);
    watch_free(c->watch);
    c->watch = NULL;
    end_wait(c);
    *parcel = *c;
    parcel->loop = NULL;
    parcel->ops = NULL;
    parcel->arg = NULL;
    parcel->depth = 0;
    loop_task_init(&parcel->task, on_turn, parcel);
    /* Frames that still run inside `c` find it closed and empty. */
    state_move(&c->state, CONN_CLOSED);
    outq_init(&c->out);
    c->stream.fd = -1;
    c->stream.ssl = NULL;
    c->stream.gather = NULL;
    c->tls = NULL;
    c->why = NULL;
    conn_free(c);
    return parcel;
}

void conn_attach(struct conn *parcel, struct loop *l,
                 const struct conn_ops *ops, void *arg)
{
    assert(parcel->loop == NULL);
    loop_assert_owner(l);
    parcel->loop = l;
    parcel->ops = ops;
    parcel->arg = arg;
    parcel->is_paused = false;
    parcel->is_half_closed = false;
    parcel->is_readable = true;
    parcel->write_blocked = false; /* tried again at once */
    parcel->read_turn = UINT64_MAX;
    if (parcel->at_end && is_in(parcel, CONN_OPEN)) {
        limit_wait(parcel, CONN_STALL_MS);
    }
    start_watching(parcel);
}

/* ---- questions -------------------------------------------------------- */

size_t conn_queued(const struct conn *c)
{
    return c->out.size + stream_unsent(&c->stream);
}

uint64_t conn_bytes_in(const struct conn *c)
{
    return c->bytes_in;
}

uint64_t conn_bytes_out(const struct conn *c)
{
    return c->bytes_out;
}

struct cert *conn_peer_cert(const struct conn *c)
{
    return c->stream.ssl == NULL ? NULL : tlsctx_peer_cert(c->stream.ssl);
}

struct tlsctx *conn_tlsctx(const struct conn *c)
{
    return c->stream.ssl == NULL ? NULL : tlsctx_of_ssl(c->stream.ssl);
}

bool conn_sni(const struct conn *c, char out[41])
{
    return c->stream.ssl != NULL && tlsctx_sni(c->stream.ssl, out);
}

const char *conn_address(const struct conn *c)
{
    return c->address;
}

uint32_t conn_rtt_us(const struct conn *c)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);

    memset(&info, 0, sizeof(info));
    if (c->stream.fd < 0 ||
        getsockopt(c->stream.fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return 0;
    }
    return info.tcpi_rtt;
}

void conn_set_rekey(struct conn *c, uint64_t bytes)
{
    c->rekey_bytes = bytes;
    c->rekey_at = c->bytes_out + bytes;
}

void conn_set_wait(struct conn *c, int64_t ms)
{
    assert(c->timer != NULL);
    timer_start(c->timer, ms);
}
