#include "config.h"

#include "engine/upload.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "engine/content.h"
#include "engine/disk.h"
#include "engine/hashes.h"
#include "engine/runpool.h"
#include "engine/storage.h"
#include "net/conn.h"
#include "util/bitfield.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/ratelimit.h"
#include "wire/manifest.h"
#include "wire/peermsg.h"

struct ask {
    uint32_t piece, begin, length;
};

/* A run being read, then sent. `upload` is NULL once nobody waits for it. */
struct send {
    struct upload *upload;
    struct content *content; /* referenced */
    uint8_t *buffer;
    struct ask asks[RUN_BLOCKS];
    unsigned count;
    size_t size;  /* bytes with headers */
    size_t bytes; /* bytes of payload */
    int code;
    struct err err;
};

struct hash_ask {
    struct peermsg_hash_request request;
    uint32_t cost;
    int64_t reject_ms; /* 0: can be answered */
};

struct hash_job {
    struct upload *upload; /* NULL once nobody waits */
    struct hashes *hashes; /* referenced */
    struct peermsg_hash_request request;
    struct buf answer;
    int code;
    struct err err;
};

struct upload {
    struct conn *conn;
    struct disk_port *port;
    struct content *content;
    struct hashes *hashes;
    struct runpool *pool;
    const struct upload_ops *ops;
    void *arg;
    bool fast, choked;
    struct ask queue[UPLOAD_QUEUE]; /* a ring */
    unsigned head, count;
    struct send *runs[UPLOAD_RUNS];
    struct hash_ask waiting[UPLOAD_HASH_QUEUE]; /* in order */
    unsigned waiting_count;
    struct hash_job *hash_job; /* one at a time keeps answers in order */
    struct ratelimit hash_limit, bad_limit;
    unsigned hash_rejects;
    int64_t now_ms;
    uint64_t total;
    struct buf out;
};

struct upload *upload_new(const struct upload_setup *setup)
{
    struct upload *u = mem_calloc(1, sizeof *u);

    u->conn = setup->conn;
    u->port = setup->port;
    u->content = content_ref(setup->content);
    u->hashes = hashes_ref(setup->hashes);
    u->pool = setup->pool;
    u->ops = setup->ops;
    u->arg = setup->arg;
    u->fast = setup->fast;
    u->choked = true;
    u->now_ms = setup->now_ms;
    ratelimit_init(&u->hash_limit, UPLOAD_HASH_RATE, UPLOAD_HASH_BURST,
                   setup->now_ms);
    ratelimit_init(&u->bad_limit, UPLOAD_BAD_PER_MINUTE / 60.0,
                   UPLOAD_BAD_PER_MINUTE, setup->now_ms);
    buf_init(&u->out, 64 * 1024);
    return u;
}

void upload_stop(struct upload *u)
{
    u->conn = NULL;
    for (unsigned i = 0; i < UPLOAD_RUNS; i++) {
        if (u->runs[i] != NULL) {
            u->runs[i]->upload = NULL;
            u->runs[i] = NULL; /* it frees itself, maybe before we go */
        }
    }
    if (u->hash_job != NULL) {
        u->hash_job->upload = NULL;
        u->hash_job = NULL;
    }
}

void upload_free(struct upload *u)
{
    if (u == NULL) {
        return;
    }
    upload_stop(u);
    content_unref(u->content);
    hashes_unref(u->hashes);
    buf_close(&u->out);
    free(u);
}

static void flush(struct upload *u)
{
    conn_write(u->conn, buf_head(&u->out), buf_length(&u->out));
    buf_clear(&u->out);
}

static void reject(struct upload *u, const struct ask *a)
{
    if (u->fast) {
        peermsg_put_block(&u->out, PEERMSG_REJECT, a->piece, a->begin,
                          a->length);
        flush(u);
    }
}

static struct ask *queued(struct upload *u, unsigned i)
{
    return &u->queue[(u->head + i) % UPLOAD_QUEUE];
}

static void start_hashes(struct upload *u);

/* ---- Runs -------------------------------------------------------------- */

static void send_free(struct send *s)
{
    content_unref(s->content);
    free(s);
}

static void forget_run(struct upload *u, const struct send *s)
{
    for (unsigned i = 0; i < UPLOAD_RUNS; i++) {
        if (u->runs[i] == s) {
            u->runs[i] = NULL;
        }
    }
}

static void run_work(void *arg)
{
    struct send *s = arg;
    struct iovec parts[RUN_BLOCKS];
    uint8_t *at = s->buffer;

    for (unsigned i = 0; i < s->count; i++) {
        peermsg_write_piece_header(at, s->asks[i].piece, s->asks[i].begin,
                                   s->asks[i].length);
        at += PEERMSG_PIECE_HEADER;
        parts[i].iov_base = at;
        parts[i].iov_len = s->asks[i].length;
        at += s->asks[i].length;
    }
    s->code = storage_read(content_storage(s->content), s->asks[0].piece,
                           s->asks[0].begin, parts, (int)s->count, &s->err);
}

static void run_drop(void *arg)
{
    struct send *s = arg;

    free(s->buffer);
    send_free(s);
}

/* The connection is done with the bytes, sent or not. */
static void run_released(void *arg)
{
    struct send *s = arg;
    struct upload *u = s->upload;
    size_t bytes = s->bytes;
    unsigned blocks = s->count;

    if (u == NULL) {
        run_drop(s); /* the pool may be gone too */
        return;
    }
    runpool_give(u->pool, s->buffer);
    forget_run(u, s);
    send_free(s);
    /* What is served earns the leaves of what will be asked next; what is
     * only asked for and canceled does not. */
    if (u->hash_limit.tokens < UPLOAD_HASH_BURST) {
        u->hash_limit.tokens += UPLOAD_HASH_EARNED * blocks;
    }
    u->total += bytes;
    u->ops->on_sent(u->arg, bytes);
    upload_pump(u);
}

static void run_done(void *arg)
{
    struct send *s = arg;
    struct upload *u = s->upload;
    uint32_t piece = s->asks[0].piece;
    struct err e = s->err;
    int code = s->code;

    if (u == NULL) {
        run_drop(s);
        return;
    }
    if (code == 0) {
        conn_write_take(u->conn, s->buffer, s->size, run_released, s);
        return;
    }
    forget_run(u, s);
    for (unsigned i = 0; i < s->count; i++) {
        reject(u, &s->asks[i]);
    }
    runpool_give(u->pool, s->buffer);
    send_free(s);
    upload_pump(u);
    u->ops->on_unreadable(u->arg, piece, code, e.text); /* may free `u` */
}

/* Take the next requests that can be read together out of the queue. */
static void gather(struct upload *u, struct send *s)
{
    do {
        struct ask *a = queued(u, 0);

        s->asks[s->count] = *a;
        s->count++;
        s->bytes += a->length;
        s->size += a->length + PEERMSG_PIECE_HEADER;
        u->head = (u->head + 1) % UPLOAD_QUEUE;
        u->count--;
    } while (u->count > 0 && s->count < RUN_BLOCKS &&
             queued(u, 0)->piece == s->asks[0].piece &&
             queued(u, 0)->begin ==
                 s->asks[s->count - 1].begin + s->asks[s->count - 1].length);
}

static void start_run(struct upload *u, unsigned slot)
{
    struct send *s = mem_calloc(1, sizeof *s);
    struct disk_job job = {.work = run_work,
                           .done = run_done,
                           .drop = run_drop,
                           .arg = s,
                           .class = DISK_URGENT};

    s->upload = u;
    s->content = content_ref(u->content);
    s->buffer = runpool_take(u->pool);
    gather(u, s);
    u->runs[slot] = s;
    disk_submit(u->port, &job);
}

void upload_pump(struct upload *u)
{
    for (unsigned i = 0; i < UPLOAD_RUNS; i++) {
        if (u->count > 0 && u->runs[i] == NULL) {
            start_run(u, i);
        }
    }
    start_hashes(u);
}

/* ---- Requests ---------------------------------------------------------- */

void upload_set_choked(struct upload *u, bool choked)
{
    if (choked == u->choked) {
        return;
    }
    u->choked = choked;
    peermsg_put_simple(&u->out, choked ? PEERMSG_CHOKE : PEERMSG_UNCHOKE);
    flush(u);
    /* BEP 6: a choke rejects nothing by itself; each request gets an answer. */
    while (choked && u->count > 0) {
        reject(u, queued(u, 0));
        u->head = (u->head + 1) % UPLOAD_QUEUE;
        u->count--;
    }
}

bool upload_is_choked(const struct upload *u)
{
    return u->choked;
}

/* libtorrent before 2.0.13 asks for a whole block at the end of a file and
 * wants zeros behind the data: the limit is the piece length, not the file. */
static bool can_serve(const struct upload *u, const struct ask *a)
{
    const struct manifest *m = content_manifest(u->content);

    return !u->choked && u->count < UPLOAD_QUEUE && a->piece < m->piece_count &&
           a->length > 0 && a->length <= PEERMSG_BLOCK &&
           a->begin < m->piece_length &&
           a->length <= m->piece_length - a->begin &&
           bitfield_test(content_verified(u->content), a->piece);
}

int upload_request(struct upload *u, uint32_t piece, uint32_t begin,
                   uint32_t length, int64_t now_ms)
{
    struct ask a = {piece, begin, length};

    if (!can_serve(u, &a)) {
        reject(u, &a);
        return ratelimit_take(&u->bad_limit, 1, now_ms) ? 0 : P2P_EPROTO;
    }
    *queued(u, u->count) = a;
    u->count++;
    return 0;
}

void upload_cancel(struct upload *u, uint32_t piece, uint32_t begin,
                   uint32_t length)
{
    for (unsigned i = 0; i < u->count; i++) {
        struct ask a = *queued(u, i);

        if (a.piece != piece || a.begin != begin || a.length != length) {
            continue;
        }
        for (unsigned k = i; k + 1 < u->count; k++) {
            *queued(u, k) = *queued(u, k + 1);
        }
        u->count--;
        reject(u, &a);
        return;
    }
}

/* ---- Hashes ------------------------------------------------------------ */

static void hash_job_free(struct hash_job *j)
{
    hashes_unref(j->hashes);
    buf_close(&j->answer);
    free(j);
}

static void hash_work(void *arg)
{
    struct hash_job *j = arg;

    j->code = hashes_answer(j->hashes, &j->request, &j->answer, &j->err);
}

static void hash_drop(void *arg)
{
    hash_job_free(arg);
}

static void hash_done(void *arg)
{
    struct hash_job *j = arg;
    struct upload *u = j->upload;

    if (u == NULL) {
        hash_job_free(j);
        return;
    }
    u->hash_job = NULL;
    if (j->code == 0) {
        conn_write(u->conn, buf_head(&j->answer), buf_length(&j->answer));
    } else {
        peermsg_put_hash(&u->out, PEERMSG_HASH_REJECT, &j->request);
        flush(u);
        u->hash_rejects++;
    }
    hash_job_free(j);
    start_hashes(u);
}

static void send_hash_job(struct upload *u, const struct hash_ask *a)
{
    struct hash_job *j = mem_calloc(1, sizeof *j);
    struct disk_job job = {.work = hash_work,
                           .done = hash_done,
                           .drop = hash_drop,
                           .arg = j,
                           .class = DISK_URGENT};

    j->upload = u;
    j->hashes = hashes_ref(u->hashes);
    j->request = a->request;
    buf_init(&j->answer, 64 * 1024);
    u->hash_job = j;
    disk_submit(u->port, &job);
}

/* Answer, in order, what the limit and the delay of rejections allow. */
static void start_hashes(struct upload *u)
{
    while (u->waiting_count > 0 && u->hash_job == NULL) {
        struct hash_ask a = u->waiting[0];

        if (a.reject_ms > u->now_ms || conn_queued(u->conn) >= UPLOAD_BACKLOG ||
            (a.reject_ms == 0 &&
             !ratelimit_take(&u->hash_limit, a.cost, u->now_ms))) {
            return;
        }
        u->waiting_count--;
        memmove(u->waiting, u->waiting + 1, u->waiting_count * sizeof a);
        if (a.reject_ms == 0) {
            send_hash_job(u, &a);
        } else {
            peermsg_put_hash(&u->out, PEERMSG_HASH_REJECT, &a.request);
            flush(u);
        }
    }
}

int upload_hash_request(struct upload *u, const struct peermsg_hash_request *r,
                        int64_t now_ms)
{
    struct hash_ask *a = &u->waiting[u->waiting_count];
    uint32_t cost = 0;

    u->now_ms = now_ms;
    if (u->waiting_count == UPLOAD_HASH_QUEUE) {
        return P2P_EPROTO;
    }
    a->request = *r;
    a->reject_ms = 0;
    if (!hashes_can_answer(u->hashes, r, &cost)) {
        u->hash_rejects++;
        if (u->hash_rejects > UPLOAD_HASH_REJECTS) {
            return P2P_EPROTO;
        }
        a->reject_ms = now_ms + UPLOAD_REJECT_MS;
    }
    a->cost = cost < UPLOAD_HASH_BURST ? cost : UPLOAD_HASH_BURST;
    u->waiting_count++;
    start_hashes(u);
    return 0;
}

void upload_tick(struct upload *u, int64_t now_ms)
{
    u->now_ms = now_ms;
    start_hashes(u);
}

bool upload_is_idle(const struct upload *u)
{
    for (unsigned i = 0; i < UPLOAD_RUNS; i++) {
        if (u->runs[i] != NULL) {
            return false;
        }
    }
    return u->count == 0 && u->waiting_count == 0 && u->hash_job == NULL;
}

size_t upload_waiting(const struct upload *u)
{
    return u->count;
}

uint64_t upload_total(const struct upload *u)
{
    return u->total;
}
