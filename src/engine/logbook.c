#include "config.h"

#include "engine/logbook.h"

#include <stdlib.h>

#include "engine/content.h"
#include "engine/disk.h"
#include "engine/item.h"
#include "engine/journal.h"
#include "engine/storage.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/manifest.h"

struct entry {
    struct entry *next;
    uint32_t piece, count;
    uint8_t (*leaves)[32]; /* NULL: take the piece out of the journal */
};

/* What one job does, in this order. Owned by the worker while it runs. */
struct batch {
    struct logbook *logbook; /* only touched on the loop */
    struct content *content;
    struct journal *journal; /* lent by the logbook, NULL: open it */
    struct entry *entries;
    uint32_t adds; /* pieces among the entries, also those that are done */
    bool finish, mark, close;
    int code;
    struct err err;
};

struct logbook {
    struct loop *loop;
    struct disk_port *port;
    struct content *content;
    const struct logbook_ops *ops;
    void *arg;
    struct journal *journal; /* while no batch is under way */
    struct batch *failed;    /* waits for logbook_retry() */
    struct entry *first, **last;
    struct timer *timer; /* running: something waits for a mark */
    uint64_t unmarked;   /* bytes recorded since the last mark */
    uint32_t waiting;    /* pieces that are not recorded yet */
    bool busy, want_mark, want_finish, want_close, closed;
    bool syncing;   /* before a mark; records go on meanwhile */
    bool finishing; /* asked for once; a failed batch keeps it */
};

static void free_entries(struct entry *e)
{
    while (e != NULL) {
        struct entry *next = e->next;

        free(e->leaves);
        free(e);
        e = next;
    }
}

/* ---- On a worker ------------------------------------------------------- */

/* Open the journal and bring it up to date with what is verified. */
static int open_journal(struct batch *b)
{
    const struct manifest *m = content_manifest(b->content);
    const struct bitfield *verified = content_verified(b->content);
    struct bitfield *trusted = bitfield_new(m->piece_count);
    struct bitfield *doubtful = bitfield_new(m->piece_count);
    char *path = item_file(content_state_dir(b->content), m->hash, "journal");
    uint32_t piece;
    int rv;

    rv = journal_open(path, m->hash, m->piece_count, trusted, doubtful,
                      &b->journal, &b->err);
    piece = bitfield_next_set(verified, 0);
    while (rv == 0 && piece != BITFIELD_NONE) {
        if (!bitfield_test(trusted, piece)) {
            rv = journal_add(b->journal, piece, &b->err);
        }
        piece = bitfield_next_set(verified, piece + 1);
    }
    piece = bitfield_next_missing(verified, trusted, 0);
    while (rv == 0 && piece != BITFIELD_NONE) { /* it proved bad meanwhile */
        rv = journal_remove(b->journal, piece, &b->err);
        piece = bitfield_next_missing(verified, trusted, piece + 1);
    }
    free(path);
    bitfield_free(trusted);
    bitfield_free(doubtful);
    return rv;
}

static int record(struct batch *b)
{
    const struct manifest *m = content_manifest(b->content);
    int rv = 0;

    while (b->entries != NULL && rv == 0) {
        struct entry *e = b->entries;

        if (e->leaves == NULL) {
            rv = journal_remove(b->journal, e->piece, &b->err);
        } else {
            rv = item_write_leaves(content_state_dir(b->content), m, e->piece,
                                   (const uint8_t(*)[32])e->leaves, e->count);
            if (rv == 0) {
                rv = journal_add(b->journal, e->piece, &b->err);
            } else {
                (void)err_set(&b->err, rv, "write the hashes of piece %u: %s",
                              e->piece, err_text(rv));
            }
        }
        if (rv == 0) {
            b->entries = e->next;
            e->next = NULL;
            free_entries(e);
        }
    }
    return rv;
}

static void batch_work(void *arg)
{
    struct batch *b = arg;

    b->code = 0;
    if (b->journal == NULL) {
        b->code = open_journal(b);
    }
    if (b->code == 0) {
        b->code = record(b);
    }
    if (b->code == 0 && b->finish) {
        b->code = storage_finish(content_storage(b->content), &b->err);
    }
    if (b->code == 0 && b->mark) {
        b->code = storage_sync(content_storage(b->content), &b->err);
        if (b->code == 0) {
            b->code = journal_mark(b->journal, &b->err);
        }
    }
    if (b->close) {
        journal_close(b->journal);
        b->journal = NULL;
    }
}

static void batch_free(struct batch *b)
{
    free_entries(b->entries);
    content_unref(b->content);
    free(b);
}

static void batch_drop(void *arg)
{
    struct batch *b = arg;

    journal_close(b->journal);
    batch_free(b);
}

/* ---- On the loop ------------------------------------------------------- */

static void go_on(struct logbook *l);

static void batch_done(void *arg)
{
    struct batch *b = arg;
    struct logbook *l = b->logbook;
    bool finished = b->finish;
    struct err e = b->err;
    int code = b->code;

    l->busy = false;
    l->journal = b->journal;
    if (code == 0) {
        l->waiting -= b->adds;
        b->adds = 0;
    }
    if (b->close) {
        if (code < 0) {
            log_warn("logbook", "%s", e.text);
        }
        l->closed = true;
        batch_free(b);
        if (!l->syncing) {
            l->ops->on_closed(l->arg);
        }
        return;
    }
    if (code < 0) {
        l->failed = b;
    } else {
        batch_free(b);
    }
    go_on(l);
    if (finished) {
        l->ops->on_finished(l->arg, code, e.text);
    } else if (code < 0) {
        l->ops->on_failed(l->arg, code, e.text);
    }
}

static void submit(struct logbook *l, struct batch *b)
{
    struct disk_job job = {.work = batch_work,
                           .done = batch_done,
                           .drop = batch_drop,
                           .arg = b,
                           .lane = l->content,
                           .class = DISK_NORMAL};

    b->journal = l->journal;
    l->journal = NULL;
    l->busy = true;
    disk_submit(l->port, &job);
}

/* Move what waits behind the entries of `b`. */
static void take_entries(struct logbook *l, struct batch *b)
{
    struct entry **end = &b->entries;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = l->first;
    for (const struct entry *e = l->first; e != NULL; e = e->next) {
        b->adds += e->leaves != NULL ? 1 : 0;
    }
    l->first = NULL;
    l->last = &l->first;
}

/* Put everything that waits into one job. */
static void go_on(struct logbook *l)
{
    struct batch *b = l->failed;

    if (l->busy || l->closed || (b != NULL && !l->want_close) ||
        (l->first == NULL && !l->want_mark && !l->want_finish &&
         !l->want_close)) {
        return;
    }
    if (b == NULL) {
        b = mem_calloc(1, sizeof *b);
        b->logbook = l;
        b->content = content_ref(l->content);
    }
    take_entries(l, b);
    l->failed = NULL;
    b->finish = b->finish || l->want_finish;
    b->close = l->want_close;
    b->mark = b->mark || l->want_mark || b->finish || b->close;
    l->want_finish = false;
    l->want_mark = false;
    if (b->mark) {
        l->unmarked = 0;
        timer_stop(l->timer);
    }
    submit(l, b);
}

/* A mark needs a sync in its own job, and records wait for that job. So most
 * of the data is synced before, beside the records. */
struct presync {
    struct logbook *logbook;
    struct content *content;
    int code;
};

static void presync_work(void *arg)
{
    struct presync *y = arg;

    y->code = storage_sync(content_storage(y->content), NULL);
}

static void presync_drop(void *arg)
{
    struct presync *y = arg;

    content_unref(y->content);
    free(y);
}

static void presync_done(void *arg)
{
    struct presync *y = arg;
    struct logbook *l = y->logbook;

    presync_drop(y);
    l->syncing = false;
    if (!l->closed) {
        l->want_mark = true; /* a sync that fails is met again, and told */
        go_on(l);
        return;
    }
    l->ops->on_closed(l->arg);
}

static void begin_mark(struct logbook *l)
{
    struct presync *y;
    struct disk_job job = {.work = presync_work,
                           .done = presync_done,
                           .drop = presync_drop,
                           .class = DISK_NORMAL};

    timer_stop(l->timer);
    l->unmarked = 0;
    if (l->syncing) {
        return;
    }
    y = mem_calloc(1, sizeof *y);
    y->logbook = l;
    y->content = content_ref(l->content);
    l->syncing = true;
    job.arg = y;
    disk_submit(l->port, &job);
}

static void on_timer(void *arg)
{
    begin_mark(arg);
}

struct logbook *logbook_new(const struct logbook_setup *setup)
{
    struct logbook *l = mem_calloc(1, sizeof *l);

    l->loop = setup->loop;
    l->port = setup->port;
    l->content = content_ref(setup->content);
    l->ops = setup->ops;
    l->arg = setup->arg;
    l->last = &l->first;
    l->timer = timer_new(l->loop, on_timer, l);
    return l;
}

void logbook_free(struct logbook *l)
{
    if (l == NULL) {
        return;
    }
    if (l->failed != NULL) {
        batch_free(l->failed);
    }
    journal_close(l->journal);
    free_entries(l->first);
    timer_free(l->timer);
    content_unref(l->content);
    free(l);
}

static void append(struct logbook *l, struct entry *e)
{
    *l->last = e;
    l->last = &e->next;
    if (!timer_is_running(l->timer)) {
        timer_start(l->timer, LOGBOOK_MARK_MS);
    }
}

void logbook_add(struct logbook *l, uint32_t piece, uint8_t (*leaves)[32],
                 uint32_t count, uint32_t size)
{
    struct entry *e = mem_calloc(1, sizeof *e);

    e->piece = piece;
    e->count = count;
    e->leaves = leaves;
    append(l, e);
    l->waiting++;
    l->unmarked += size;
    if (l->unmarked >= LOGBOOK_MARK_BYTES) {
        begin_mark(l);
    }
    go_on(l);
}

uint32_t logbook_waiting(const struct logbook *l)
{
    return l->waiting;
}

void logbook_remove(struct logbook *l, uint32_t piece)
{
    struct entry *e = mem_calloc(1, sizeof *e);

    e->piece = piece;
    append(l, e);
    go_on(l);
}

void logbook_finish(struct logbook *l)
{
    if (!l->finishing) {
        l->finishing = true;
        l->want_finish = true;
        go_on(l);
    }
}

void logbook_close(struct logbook *l)
{
    l->want_close = true;
    go_on(l);
}

void logbook_retry(struct logbook *l)
{
    struct batch *b = l->failed;

    if (b != NULL && !l->busy) {
        l->failed = NULL;
        submit(l, b);
    }
}
