#include "config.h"

#include "engine/intake.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/merkle.h"
#include "crypto/sha256.h"
#include "engine/content.h"
#include "engine/disk.h"
#include "engine/hashes.h"
#include "engine/logbook.h"
#include "engine/runpool.h"
#include "engine/storage.h"
#include "net/loop.h"
#include "util/err.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/manifest.h"

/* Memory that blocks land in. Held by the run it belongs to and by each
 * connection that is writing into it now. */
struct intake_buffer {
    unsigned holders;
    uint8_t *data;
};

/* Blocks of a run, a bit each. here and good never overlap with free places:
 *   taken  a connection is writing the block into `buffer` now
 *   here   received, not verified
 *   good   verified and written
 *   busy   in a job; a part of here
 */
struct run {
    struct intake_buffer *buffer;
    uint32_t all, taken, here, good, busy;
    uint32_t giver[RUN_BLOCKS];
};

struct load {
    uint32_t piece, size, blocks, run_count;
    uint32_t parts, parts_known; /* answers that make up the leaves */
    uint32_t part_mask;          /* which; a piece of 16 MiB has two */
    bool knows_leaves, failed;   /* failed: a write waits for intake_retry() */
    bool whole_busy;             /* a job checks the whole piece */
    uint8_t (*leaves)[32];
    struct run runs[];
};

struct intake {
    struct loop *loop;
    struct disk_port *port;
    struct content *content;
    const struct manifest *m;
    struct runpool *pool;
    const struct intake_ops *ops;
    void *arg;
    struct logbook *logbook;
    struct map *loads; /* piece -> struct load */
    size_t backlog, jobs;
    bool was_full, flushing, finishing;
};

/* One check: a run, or all runs of a piece. Lives until its done(). */
struct check {
    struct intake *in;
    struct content *content; /* referenced */
    struct load *load;       /* stays while a job is under way */
    uint32_t first_run, run_count;
    uint32_t mask; /* blocks of the one run */
    bool is_whole;
    uint32_t bad; /* result: blocks of the one run */
    bool matches; /* result: the whole piece */
    int code;
    struct err err;
};

static void on_logbook_finished(void *arg, int code, const char *why)
{
    struct intake *in = arg;

    in->ops->on_finished(in->arg, code, why);
}

static void on_logbook_closed(void *arg)
{
    struct intake *in = arg;

    in->ops->on_flushed(in->arg);
}

static void on_logbook_failed(void *arg, int code, const char *why)
{
    struct intake *in = arg;

    in->ops->on_write_failed(in->arg, code, why);
}

static const struct logbook_ops logbook_calls = {
    .on_failed = on_logbook_failed,
    .on_finished = on_logbook_finished,
    .on_closed = on_logbook_closed,
};

struct intake *intake_new(const struct intake_setup *setup)
{
    struct intake *in = mem_calloc(1, sizeof *in);
    struct logbook_setup logbook = {.loop = setup->loop,
                                    .port = setup->port,
                                    .content = setup->content,
                                    .ops = &logbook_calls,
                                    .arg = in};

    in->loop = setup->loop;
    in->port = setup->port;
    in->content = content_ref(setup->content);
    in->m = content_manifest(in->content);
    in->pool = setup->pool;
    in->ops = setup->ops;
    in->arg = setup->arg;
    in->loads = map_new();
    in->logbook = logbook_new(&logbook);
    return in;
}

/* ---- Buffers ----------------------------------------------------------- */

static struct intake_buffer *buffer_new(struct intake *in)
{
    struct intake_buffer *b = mem_calloc(1, sizeof *b);

    b->holders = 1;
    b->data = runpool_take(in->pool);
    return b;
}

static void buffer_release(struct intake *in, struct intake_buffer *b)
{
    if (b == NULL) {
        return;
    }
    b->holders--;
    if (b->holders == 0) {
        runpool_give(in->pool, b->data);
        free(b);
    }
}

static void load_free(struct intake *in, struct load *ld)
{
    for (uint32_t i = 0; i < ld->run_count; i++) {
        buffer_release(in, ld->runs[i].buffer);
    }
    free(ld->leaves);
    free(ld);
}

void intake_free(struct intake *in)
{
    size_t cursor = 0;
    struct load *ld;

    if (in == NULL) {
        return;
    }
    ld = map_next(in->loads, &cursor, NULL, NULL);
    while (ld != NULL) {
        load_free(in, ld);
        ld = map_next(in->loads, &cursor, NULL, NULL);
    }
    map_free(in->loads, NULL);
    logbook_free(in->logbook);
    content_unref(in->content);
    free(in);
}

/* ---- Pieces ------------------------------------------------------------ */

static struct load *find(const struct intake *in, uint32_t piece)
{
    return map_get(in->loads, &piece, sizeof piece);
}

bool intake_has(const struct intake *in, uint32_t piece)
{
    return find(in, piece) != NULL;
}

bool intake_start(struct intake *in, uint32_t piece)
{
    struct load *ld = find(in, piece);
    uint64_t offset;
    uint32_t size, blocks, runs;

    if (ld != NULL) {
        return false;
    }
    (void)manifest_piece(in->m, piece, &offset, &size);
    blocks = hashes_block_count(in->m, piece);
    runs = (blocks + RUN_BLOCKS - 1) / RUN_BLOCKS;
    ld = mem_calloc(1, sizeof *ld + runs * sizeof ld->runs[0]);
    ld->piece = piece;
    ld->size = size;
    ld->blocks = blocks;
    ld->run_count = runs;
    for (uint32_t i = 0; i < runs; i++) {
        uint32_t n = blocks - i * RUN_BLOCKS;

        ld->runs[i].all = n >= RUN_BLOCKS ? 0xffff : (UINT32_C(1) << n) - 1;
    }
    ld->leaves = mem_calloc(blocks, sizeof *ld->leaves);
    ld->parts = hashes_request_count(in->m, piece);
    if (ld->parts == 0) {
        memcpy(ld->leaves[0], manifest_piece_hash(in->m, piece), 32);
        ld->knows_leaves = true;
    }
    (void)map_put(in->loads, &piece, sizeof piece, ld);
    return true;
}

static bool is_busy(const struct load *ld)
{
    uint32_t busy = ld->whole_busy;

    for (uint32_t i = 0; i < ld->run_count; i++) {
        busy |= ld->runs[i].busy;
    }
    return busy != 0;
}

void intake_forget(struct intake *in, uint32_t piece)
{
    struct load *ld = find(in, piece);

    if (ld != NULL && !is_busy(ld)) {
        (void)map_remove(in->loads, &piece, sizeof piece);
        load_free(in, ld);
    }
}

size_t intake_keep_only(struct intake *in, uint32_t piece, uint32_t giver)
{
    struct load *ld = find(in, piece);
    size_t dropped = 0;

    if (ld == NULL || ld->knows_leaves || is_busy(ld)) {
        return 0;
    }
    for (uint32_t i = 0; i < ld->blocks; i++) {
        struct run *r = &ld->runs[i / RUN_BLOCKS];
        uint32_t bit = UINT32_C(1) << (i % RUN_BLOCKS);

        if ((r->here & bit) != 0 && r->giver[i % RUN_BLOCKS] != giver) {
            r->here &= ~bit;
            dropped += RUN_BLOCK;
        }
    }
    return dropped;
}

uint32_t intake_main_giver(const struct intake *in, uint32_t piece)
{
    const struct load *ld = find(in, piece);
    uint32_t best = INTAKE_NOBODY;
    int votes = 0;

    if (ld == NULL) {
        return best;
    }
    /* The majority by the vote of Boyer and Moore; good enough for a letter. */
    for (uint32_t i = 0; i < ld->blocks; i++) {
        uint32_t g = ld->runs[i / RUN_BLOCKS].giver[i % RUN_BLOCKS];

        if (votes == 0) {
            best = g;
        }
        votes += g == best ? 1 : -1;
    }
    return best;
}

/* ---- Landing ----------------------------------------------------------- */

uint8_t *intake_land(struct intake *in, struct intake_landing *l,
                     uint32_t piece, uint32_t offset, uint32_t length)
{
    struct load *ld = find(in, piece);
    uint32_t block = offset / RUN_BLOCK;
    uint32_t bit = UINT32_C(1) << (block % RUN_BLOCKS);
    struct run *r = NULL;

    assert(l->buffer == NULL && length <= RUN_BLOCK);
    l->piece = piece;
    l->offset = offset;
    l->length = length;
    if (ld != NULL) {
        r = &ld->runs[block / RUN_BLOCKS];
    }
    if (r == NULL || ((r->taken | r->here | r->good) & bit) != 0) {
        l->buffer = buffer_new(in); /* aside: the place is not free */
        l->at = l->buffer->data;
        return l->at;
    }
    if (r->buffer == NULL) {
        r->buffer = buffer_new(in);
    }
    r->taken |= bit;
    r->buffer->holders++;
    l->buffer = r->buffer;
    l->at = r->buffer->data + (size_t)(block % RUN_BLOCKS) * RUN_BLOCK;
    return l->at;
}

/* Is the landing in its own place of the run's present buffer? */
static bool is_in_place(const struct run *r, const struct intake_landing *l)
{
    size_t at = (size_t)(l->offset / RUN_BLOCK % RUN_BLOCKS) * RUN_BLOCK;

    return r->buffer == l->buffer && l->at == r->buffer->data + at;
}

/* Another connection is writing the wanted place: leave it the old buffer and
 * go on in a new one with everything that is complete. */
static void evict_writers(struct intake *in, struct run *r)
{
    struct intake_buffer *b = buffer_new(in);

    memcpy(b->data, r->buffer->data, RUN_BYTES);
    buffer_release(in, r->buffer);
    r->buffer = b;
    r->taken = 0;
}

static void check_ready(struct intake *in, struct load *ld, uint32_t run);

void intake_keep(struct intake *in, struct intake_landing *l, uint32_t giver)
{
    struct load *ld = find(in, l->piece);
    uint32_t block = l->offset / RUN_BLOCK;
    uint32_t bit = UINT32_C(1) << (block % RUN_BLOCKS);
    struct run *r;

    if (ld == NULL) {
        intake_discard(in, l);
        return;
    }
    r = &ld->runs[block / RUN_BLOCKS];
    if (((r->here | r->good) & bit) != 0) {
        intake_discard(in, l);
        return;
    }
    if (r->buffer == NULL) {
        r->buffer = buffer_new(in);
    }
    if (!is_in_place(r, l)) {
        if ((r->taken & bit) != 0) {
            evict_writers(in, r);
        }
        memcpy(r->buffer->data + (size_t)(block % RUN_BLOCKS) * RUN_BLOCK,
               l->at, l->length);
    }
    r->taken &= ~bit;
    r->here |= bit;
    r->giver[block % RUN_BLOCKS] = giver;
    buffer_release(in, l->buffer);
    memset(l, 0, sizeof *l);
    check_ready(in, ld, block / RUN_BLOCKS);
}

void intake_discard(struct intake *in, struct intake_landing *l)
{
    struct load *ld;
    uint32_t block = l->offset / RUN_BLOCK;

    if (l->buffer == NULL) {
        return;
    }
    ld = find(in, l->piece);
    if (ld != NULL) {
        struct run *r = &ld->runs[block / RUN_BLOCKS];

        if (r->buffer != NULL && is_in_place(r, l)) {
            r->taken &= ~(UINT32_C(1) << (block % RUN_BLOCKS));
        }
    }
    buffer_release(in, l->buffer);
    memset(l, 0, sizeof *l);
}

/* ---- Leaves ------------------------------------------------------------ */

bool intake_knows_leaves(const struct intake *in, uint32_t piece)
{
    const struct load *ld = find(in, piece);

    return ld != NULL && ld->knows_leaves;
}

bool intake_add_leaves(struct intake *in, uint32_t piece, uint32_t part,
                       const uint8_t *data, uint32_t count)
{
    struct load *ld = find(in, piece);
    uint32_t first = part * HASHES_CHUNK;
    uint32_t bit = UINT32_C(1) << part;

    if (ld == NULL || ld->knows_leaves || ld->whole_busy || part >= ld->parts ||
        (ld->part_mask & bit) != 0) {
        return false;
    }
    if (count > ld->blocks - first) {
        count = ld->blocks - first; /* the rest is padding */
    }
    memcpy(ld->leaves[first], data, (size_t)count * 32);
    ld->part_mask |= bit;
    ld->parts_known++;
    if (ld->parts_known < ld->parts) {
        return false;
    }
    ld->knows_leaves = true;
    for (uint32_t i = 0; i < ld->run_count; i++) {
        check_ready(in, ld, i);
    }
    return true;
}

/* ---- Checks ------------------------------------------------------------ */

static uint32_t run_size(const struct load *ld, uint32_t run)
{
    uint32_t left = ld->size - run * RUN_BYTES;

    return left < RUN_BYTES ? left : RUN_BYTES;
}

/* Blocks [low, high) of a run that lie together. */
static bool next_span(uint32_t mask, uint32_t *low, uint32_t *high)
{
    uint32_t i = *high;

    while (i < RUN_BLOCKS && (mask >> i & 1) == 0) {
        i++;
    }
    *low = i;
    while (i < RUN_BLOCKS && (mask >> i & 1) != 0) {
        i++;
    }
    *high = i;
    return *low < *high;
}

static size_t span_bytes(const struct load *ld, uint32_t run, uint32_t low,
                         uint32_t high)
{
    uint32_t size = run_size(ld, run);
    uint32_t end = high * RUN_BLOCK < size ? high * RUN_BLOCK : size;

    return end - low * RUN_BLOCK;
}

static int write_blocks(struct check *c, uint32_t run, uint32_t mask)
{
    uint32_t low = 0, high = 0;
    const uint8_t *data = c->load->runs[run].buffer->data;

    while (next_span(mask, &low, &high)) {
        int rv = storage_write(content_storage(c->content), c->load->piece,
                               run * RUN_BYTES + low * RUN_BLOCK,
                               data + low * RUN_BLOCK,
                               span_bytes(c->load, run, low, high), &c->err);
        if (rv < 0) {
            return rv;
        }
    }
    return 0;
}

static void check_run(struct check *c)
{
    const struct load *ld = c->load;
    const uint8_t *data = ld->runs[c->first_run].buffer->data;
    uint8_t leaves[RUN_BLOCKS][32];
    uint32_t low = 0, high = 0;

    while (next_span(c->mask, &low, &high)) {
        sha256_leaves(data + low * RUN_BLOCK,
                      span_bytes(ld, c->first_run, low, high), leaves + low);
        for (uint32_t i = low; i < high; i++) {
            if (memcmp(leaves[i], ld->leaves[c->first_run * RUN_BLOCKS + i],
                       32) != 0) {
                c->bad |= UINT32_C(1) << i;
            }
        }
    }
    c->code = write_blocks(c, c->first_run, c->mask & ~c->bad);
}

static void check_whole(struct check *c)
{
    struct load *ld = c->load;
    const struct manifest *m = content_manifest(c->content);
    const struct manifest_file *f;
    uint64_t offset;
    uint32_t length;
    merkle_hash root;

    for (uint32_t i = 0; i < ld->run_count; i++) {
        sha256_leaves(ld->runs[i].buffer->data, run_size(ld, i),
                      ld->leaves + i * RUN_BLOCKS);
    }
    f = manifest_piece(m, ld->piece, &offset, &length);
    merkle_piece_root((const merkle_hash *)ld->leaves, ld->blocks, f->size,
                      m->piece_length, root);
    c->matches =
        memcmp(root, manifest_piece_hash(m, ld->piece), sizeof root) == 0;
    for (uint32_t i = 0; c->matches && i < ld->run_count; i++) {
        c->code = write_blocks(c, i, ld->runs[i].all);
        if (c->code < 0) {
            return;
        }
    }
}

static void check_work(void *arg)
{
    struct check *c = arg;

    if (c->is_whole) {
        check_whole(c);
    } else {
        check_run(c);
    }
}

static void check_drop(void *arg)
{
    struct check *c = arg;

    content_unref(c->content);
    free(c);
}

/* A whole piece is verified and written. */
static void piece_done(struct intake *in, struct load *ld)
{
    uint32_t piece = ld->piece;
    uint8_t(*leaves)[32] = ld->leaves;

    ld->leaves = NULL;
    logbook_add(in->logbook, piece, leaves, ld->blocks, ld->size);
    in->ops->on_piece(in->arg, piece);
    (void)map_remove(in->loads, &piece, sizeof piece);
    load_free(in, ld);
}

static void release_when_verified(struct intake *in, struct load *ld,
                                  struct run *r)
{
    if (r->good == r->all || (r->here | r->taken) == 0) {
        buffer_release(in, r->buffer);
        r->buffer = NULL;
        r->taken = 0;
    }
    for (uint32_t i = 0; i < ld->run_count; i++) {
        if (ld->runs[i].good != ld->runs[i].all) {
            return;
        }
    }
    piece_done(in, ld);
}

static void run_checked(struct intake *in, const struct check *c)
{
    struct load *ld = c->load;
    struct run *r = &ld->runs[c->first_run];
    uint32_t piece = ld->piece;
    uint32_t givers[RUN_BLOCKS];

    memcpy(givers, r->giver, sizeof givers);
    r->busy = 0;
    if (c->code < 0) {
        r->here &= ~c->bad; /* the good ones wait for the disk */
        ld->failed = true;
    } else {
        r->here &= ~c->mask;
        r->good |= c->mask & ~c->bad;
        release_when_verified(in, ld, r); /* may end the piece */
    }
    for (uint32_t i = 0; i < RUN_BLOCKS; i++) {
        if ((c->bad >> i & 1) != 0) {
            in->ops->on_bad_block(in->arg, piece, c->first_run * RUN_BLOCKS + i,
                                  givers[i]);
        }
    }
}

/* Who gave all blocks, or nobody when they came from several. */
static uint32_t only_giver(const struct load *ld)
{
    uint32_t giver = ld->runs[0].giver[0];

    for (uint32_t i = 0; i < ld->blocks; i++) {
        if (ld->runs[i / RUN_BLOCKS].giver[i % RUN_BLOCKS] != giver) {
            return INTAKE_NOBODY;
        }
    }
    return giver;
}

static void whole_checked(struct intake *in, const struct check *c)
{
    struct load *ld = c->load;
    uint32_t piece = ld->piece;

    ld->whole_busy = false;
    if (c->code < 0) {
        ld->failed = true;
        return;
    }
    if (c->matches) {
        for (uint32_t i = 0; i < ld->run_count; i++) {
            ld->runs[i].good = ld->runs[i].all;
        }
        piece_done(in, ld);
        return;
    }
    {
        uint32_t giver = only_giver(ld);

        (void)map_remove(in->loads, &piece, sizeof piece);
        load_free(in, ld);
        in->ops->on_bad_piece(in->arg, piece, giver);
    }
}

static size_t check_bytes(const struct check *c)
{
    return (size_t)c->run_count * RUN_BYTES;
}

static void close_when_flushed(struct intake *in)
{
    if (in->flushing && in->jobs == 0) {
        logbook_close(in->logbook);
    }
}

static void check_done(void *arg)
{
    struct check *c = arg;
    struct intake *in = c->in;

    in->jobs--;
    in->backlog -= check_bytes(c);
    if (c->is_whole) {
        whole_checked(in, c);
    } else {
        run_checked(in, c);
    }
    if (c->code < 0 && !in->flushing) {
        in->ops->on_write_failed(in->arg, c->code, c->err.text);
    }
    if (in->was_full && in->backlog < INTAKE_BACKLOG / 2) {
        in->was_full = false;
        in->ops->on_room(in->arg);
    }
    check_drop(c);
    close_when_flushed(in);
}

static void submit(struct intake *in, struct load *ld, uint32_t run,
                   uint32_t count)
{
    struct check *c = mem_calloc(1, sizeof *c);
    struct disk_job job = {.work = check_work,
                           .done = check_done,
                           .drop = check_drop,
                           .arg = c,
                           .class = DISK_NORMAL};

    c->in = in;
    c->content = content_ref(in->content);
    c->load = ld;
    c->first_run = run;
    c->run_count = count;
    c->is_whole = !ld->knows_leaves;
    c->mask = ld->runs[run].here;
    if (c->is_whole) {
        ld->whole_busy = true;
    } else {
        ld->runs[run].busy = c->mask;
    }
    in->jobs++;
    in->backlog += check_bytes(c);
    in->was_full = in->was_full || in->backlog >= INTAKE_BACKLOG;
    disk_submit(in->port, &job);
}

/* Submit a check when a run, or the piece without leaves, is all here. */
static void check_ready(struct intake *in, struct load *ld, uint32_t run)
{
    const struct run *r = &ld->runs[run];

    if (ld->failed || ld->whole_busy || in->flushing) {
        return;
    }
    if (ld->knows_leaves) {
        if (r->here != 0 && r->busy == 0 && (r->here | r->good) == r->all) {
            submit(in, ld, run, 1);
        }
        return;
    }
    for (uint32_t i = 0; i < ld->run_count; i++) {
        if (ld->runs[i].here != ld->runs[i].all) {
            return;
        }
    }
    submit(in, ld, 0, ld->run_count);
}

void intake_retry(struct intake *in)
{
    size_t cursor = 0;
    struct load *ld = map_next(in->loads, &cursor, NULL, NULL);

    logbook_retry(in->logbook);
    while (ld != NULL) {
        if (ld->failed) {
            ld->failed = false;
            for (uint32_t i = 0; i < ld->run_count; i++) {
                check_ready(in, ld, i);
            }
        }
        ld = map_next(in->loads, &cursor, NULL, NULL);
    }
}

void intake_unrecord(struct intake *in, uint32_t piece)
{
    logbook_remove(in->logbook, piece);
}

size_t intake_backlog(const struct intake *in)
{
    return in->backlog;
}

bool intake_is_full(const struct intake *in)
{
    return in->was_full;
}

uint32_t intake_unrecorded(const struct intake *in)
{
    return logbook_waiting(in->logbook);
}

void intake_finish(struct intake *in)
{
    logbook_finish(in->logbook);
}

void intake_flush(struct intake *in)
{
    in->flushing = true;
    close_when_flushed(in);
}
