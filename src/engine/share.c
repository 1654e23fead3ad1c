/* The happy path:
 *
 *   share_start --scan job--> start_hashing --chunk jobs, a few at a time-->
 *   all hashed --finish job: check the files again, make the manifest-->
 *   on_done
 *
 * A failure or share_cancel() stops new jobs; on_done follows when the last
 * one under way came back. When the port goes away the jobs are dropped, the
 * last one releases everything, and on_done is not called.
 *
 * Chunks write to disjoint parts of `hashes` and of the leaves file, so that
 * workers need no lock; the pool orders them before the finish job.
 */
#include "config.h"

#include "engine/share.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/merkle.h"
#include "crypto/sha256.h"
#include "engine/disk.h"
#include "engine/hasher.h"
#include "engine/tree.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/mem.h"
#include "wire/jsonrpc.h"
#include "wire/manifest.h"

enum {
    CHUNK_BYTES = 4 * 1024 * 1024, /* a job: long enough to cost nothing to
                                      hand over, short enough to stop soon */
    CHUNK_PIECES = 64,             /* of small files, each opened */
    PROGRESS_MS = 250,
};

struct share {
    atomic_uint refs; /* jobs under way */
    atomic_bool is_cancelled;
    struct disk_port *port;
    char *path, *top, *name;
    char *root_pem;
    char *leaves_path;
    uint32_t piece_length;
    const struct share_ops *ops;
    void *arg;

    struct tree tree;
    uint32_t piece_count;
    uint8_t (*hashes)[32]; /* of pieces */
    int leaves_fd;
    struct manifest *manifest;

    /* The loop's. */
    uint32_t next_piece;
    unsigned under_way;
    uint64_t done;
    int64_t told_ms; /* last on_progress */
    struct err err;  /* the first failure */
};

/* One job: the whole scan, some pieces, or the end. */
struct chunk {
    struct share *s;
    uint32_t first, end; /* pieces */
    uint64_t bytes;
    struct err err;
};

static void share_unref(struct share *s)
{
    if (atomic_fetch_sub(&s->refs, 1) != 1) {
        return;
    }
    if (s->leaves_fd >= 0) { /* not handed over */
        close(s->leaves_fd);
        (void)unlink(s->leaves_path);
    }
    tree_close(&s->tree);
    manifest_free(s->manifest);
    free(s->hashes);
    free(s->leaves_path);
    free(s->root_pem);
    free(s->path);
    free(s->top);
    free(s->name);
    free(s);
}

static void drop(void *arg)
{
    struct chunk *c = arg;

    share_unref(c->s);
    free(c);
}

static void submit(struct share *s, struct chunk *c, void (*work)(void *),
                   void (*done)(void *))
{
    c->s = s;
    atomic_fetch_add(&s->refs, 1);
    s->under_way++;
    disk_submit(s->port, &(struct disk_job){.work = work,
                                            .done = done,
                                            .drop = drop,
                                            .arg = c,
                                            .class = DISK_BULK});
}

/* ---- On workers: scanning ----------------------------------------------- */

const char *share_too_big(void)
{
    return _("its description is larger than the tracker takes; share it in "
             "parts, or with a larger piece size");
}

static int number_pieces(struct share *s, struct err *e)
{
    uint64_t pieces = 0, layers = 0;
    size_t i;

    for (i = 0; i < s->tree.count; i++) {
        struct tree_file *f = &s->tree.files[i];
        uint64_t count =
            (f->stamp.size + s->piece_length - 1) / s->piece_length;

        if (count > MANIFEST_PIECES_MAX - pieces) {
            return err_set(e, P2P_ETOOBIG,
                           "%s has too many pieces; use longer ones", s->path);
        }
        f->first_piece = (uint32_t)pieces;
        f->piece_count = (uint32_t)count;
        pieces += count;
        layers += count > 1 ? count * SHA256_SIZE : 0;
    }
    /* Said now, not after hours of hashing. */
    if (layers / 3 * 4 > JSONRPC_PUBLISH_MAX) {
        return err_set(e, P2P_ETOOBIG, "%s", share_too_big());
    }
    s->piece_count = (uint32_t)pieces;
    return 0;
}

static bool is_piece_length(uint32_t length)
{
    return length >= MANIFEST_PIECE_MIN && length <= MANIFEST_PIECE_MAX &&
           (length & (length - 1)) == 0;
}

static void scan_work(void *arg)
{
    struct chunk *c = arg;
    struct share *s = c->s;

    if (tree_scan(&s->tree, s->path, s->top, &s->is_cancelled, &c->err) < 0) {
        return;
    }
    if (s->piece_length == 0) {
        s->piece_length = manifest_choose_piece_length(s->tree.size);
    }
    if (!is_piece_length(s->piece_length)) {
        (void)err_set(&c->err, P2P_EINVAL,
                      "the piece length must be a power of two from 16 KiB to "
                      "16 MiB");
        return;
    }
    if (number_pieces(s, &c->err) < 0) {
        return;
    }
    s->hashes = mem_calloc((size_t)s->piece_count + 1, sizeof *s->hashes);
    (void)unlink(s->leaves_path);
    s->leaves_fd =
        open(s->leaves_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
             0600);
    if (s->leaves_fd < 0) {
        (void)err_set_errno(&c->err, errno, _("cannot make %s"),
                            s->leaves_path);
    }
}

/* ---- On workers: hashing ------------------------------------------------ */

/* The file that holds a piece. */
static size_t find_file(const struct tree *t, uint32_t piece)
{
    size_t low = 0;
    size_t high = t->count;

    while (high - low > 1) { /* the last one that starts at or before it */
        size_t middle = low + (high - low) / 2;

        if (t->files[middle].first_piece <= piece) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Leaves of one piece; `length` bytes at `offset` of the open file. */
static int hash_piece(struct share *s, int fd, uint64_t offset, uint32_t length,
                      uint8_t (*leaves)[32])
{
    uint8_t *buffer = disk_scratch();
    uint32_t done;

    for (done = 0; done < length; done += DISK_BUFFER) {
        uint32_t now =
            length - done < DISK_BUFFER ? length - done : DISK_BUFFER;
        int rv;

        if (atomic_load_explicit(&s->is_cancelled, memory_order_relaxed)) {
            return P2P_ECANCELED;
        }
        rv = fd_pread_all(fd, buffer, now, offset + done);
        if (rv < 0) {
            return rv == P2P_ERANGE ? P2P_EVERIFY : rv; /* shorter now */
        }
        sha256_leaves(buffer, now, leaves + done / MERKLE_BLOCK);
    }
    return 0;
}

static int keep_leaves(const struct share *s, uint32_t piece, uint32_t count,
                       const uint8_t (*leaves)[32], struct err *e)
{
    uint64_t place =
        (uint64_t)piece * (s->piece_length / MERKLE_BLOCK) * SHA256_SIZE;
    int rv =
        fd_pwrite_all(s->leaves_fd, leaves, (size_t)count * SHA256_SIZE, place);

    return rv < 0 ? err_set(e, rv, _("cannot write %s: %s"), s->leaves_path,
                            _(err_text(rv)))
                  : 0;
}

static int hash_one(struct share *s, const struct tree_file *f, int fd,
                    uint32_t piece, struct chunk *c)
{
    uint64_t offset = (uint64_t)(piece - f->first_piece) * s->piece_length;
    uint64_t rest = f->stamp.size - offset;
    uint32_t length = rest < s->piece_length ? (uint32_t)rest : s->piece_length;
    uint32_t count = (length - 1) / MERKLE_BLOCK + 1;
    uint8_t(*leaves)[32] = mem_calloc(count, sizeof *leaves);
    int rv = hash_piece(s, fd, offset, length, leaves);

    if (rv == P2P_EVERIFY) {
        (void)err_set(&c->err, rv, _("%s changed while it was hashed"),
                      f->path);
    } else if (rv < 0) {
        (void)err_set(&c->err, rv, _("cannot read %s: %s"), f->path,
                      _(err_text(rv)));
    } else {
        merkle_piece_root((const merkle_hash *)leaves, count, f->stamp.size,
                          s->piece_length, s->hashes[piece]);
        c->bytes += length;
        rv =
            keep_leaves(s, piece, count, (const uint8_t(*)[32])leaves, &c->err);
    }
    free(leaves);
    return rv;
}

/* The pieces of one file that belong to the chunk. Returns where the next file
 * begins, or a code. */
static int hash_file(struct share *s, size_t file, uint32_t *piece,
                     struct chunk *c)
{
    const struct tree_file *f = &s->tree.files[file];
    uint32_t end = f->first_piece + f->piece_count;
    int fd;
    int rv = tree_open(&s->tree, file, &fd, &c->err);

    if (rv < 0) {
        return rv;
    }
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    end = end < c->end ? end : c->end;
    while (*piece < end && rv == 0) {
        rv = hash_one(s, f, fd, *piece, c);
        (*piece)++;
    }
    if (rv == 0) {
        rv = tree_check(&s->tree, file, fd, &c->err);
    }
    close(fd);
    return rv;
}

static void chunk_work(void *arg)
{
    struct chunk *c = arg;
    struct share *s = c->s;
    size_t file = find_file(&s->tree, c->first);
    uint32_t piece = c->first;

    while (piece < c->end) {
        if (atomic_load(&s->is_cancelled)) {
            return;
        }
        if (hash_file(s, file, &piece, c) < 0) {
            return;
        }
        file++;
    }
}

/* ---- On workers: the end ------------------------------------------------ */

/* What the only file of an item that is no directory is called in it. */
static const char *item_name(const struct share *s)
{
    return s->name != NULL && !s->tree.is_directory ? s->name : s->tree.name;
}

static void fill_source(const struct share *s,
                        struct manifest_source_file *files)
{
    size_t i;

    for (i = 0; i < s->tree.count; i++) {
        const struct tree_file *f = &s->tree.files[i];
        uint8_t(*hashes)[32] = s->hashes + f->first_piece;

        files[i].path = s->tree.is_directory ? f->path : item_name(s);
        files[i].size = f->stamp.size;
        files[i].piece_count = f->piece_count;
        if (f->piece_count > 0) {
            merkle_file_root((const merkle_hash *)hashes, f->piece_count,
                             f->stamp.size, s->piece_length, files[i].root);
        }
        files[i].layer = f->piece_count > 1 ? hashes[0] : NULL;
    }
}

static void finish_work(void *arg)
{
    struct chunk *c = arg;
    struct share *s = c->s;
    struct manifest_source source = {
        .name = item_name(s),
        .is_directory = s->tree.is_directory,
        .piece_length = s->piece_length,
        .root_pem = s->root_pem,
        .file_count = s->tree.count,
    };

    if (tree_check_all(&s->tree, &c->err) < 0) {
        return;
    }
    source.files = mem_calloc(s->tree.count, sizeof *source.files);
    fill_source(s, source.files);
    (void)manifest_build(&source, &engine_hasher, &s->manifest, &c->err);
    free(source.files);
}

/* ---- On the loop -------------------------------------------------------- */

static void hand_over(struct share *s)
{
    const struct manifest *m = s->manifest;
    struct storage_stamp *stamps = mem_calloc(m->file_count, sizeof *stamps);
    struct manifest *given = s->manifest;
    size_t i;

    assert(m->file_count == s->tree.count);
    for (i = 0; i < m->file_count; i++) {
        assert(!m->is_directory ||
               strcmp(m->files[i].path, s->tree.files[i].path) == 0);
        stamps[i] = s->tree.files[i].stamp;
    }
    close(s->leaves_fd);
    s->leaves_fd = -1;
    s->manifest = NULL;
    s->ops->on_done(s->arg, 0, "", given, stamps);
}

/* on_done is due when the last job came back. */
static void end_if_idle(struct share *s)
{
    if (s->under_way > 0) {
        return;
    }
    if (atomic_load(&s->is_cancelled)) {
        s->ops->on_done(s->arg, P2P_ECANCELED, "canceled", NULL, NULL);
    } else if (s->err.code < 0) {
        s->ops->on_done(s->arg, s->err.code, s->err.text, NULL, NULL);
    } else {
        hand_over(s);
    }
}

static bool has_ended(const struct share *s)
{
    return s->err.code < 0 || atomic_load(&s->is_cancelled);
}

/* A job came back: note its failure. The caller releases its reference. */
static struct share *take_result(struct chunk *c)
{
    struct share *s = c->s;

    s->under_way--;
    s->done += c->bytes;
    if (s->err.code == 0 && c->err.code < 0) {
        s->err = c->err;
    }
    free(c);
    return s;
}

static void finish_done(void *arg)
{
    struct share *s = take_result(arg);

    end_if_idle(s);
    share_unref(s);
}

static void tell_progress(struct share *s)
{
    int64_t now = clock_now_ms();

    if (now - s->told_ms >= PROGRESS_MS) {
        s->told_ms = now;
        s->ops->on_progress(s->arg, s->done, s->tree.size);
    }
}

/* Cut the next chunk: some megabytes, also across files. */
static struct chunk *next_chunk(struct share *s)
{
    struct chunk *c = mem_calloc(1, sizeof *c);
    uint32_t count = CHUNK_BYTES / s->piece_length;

    count = count < 1 ? 1 : count > CHUNK_PIECES ? CHUNK_PIECES : count;
    c->first = s->next_piece;
    c->end =
        s->piece_count - c->first > count ? c->first + count : s->piece_count;
    s->next_piece = c->end;
    return c;
}

static void chunk_done(void *arg);

/* Keep all workers busy with one more waiting for each. */
static void go_on(struct share *s)
{
    unsigned most = 2 * disk_threads(disk_of(s->port));

    while (!has_ended(s) && s->next_piece < s->piece_count &&
           s->under_way < most) {
        submit(s, next_chunk(s), chunk_work, chunk_done);
    }
    if (has_ended(s)) {
        end_if_idle(s);
    } else if (s->under_way == 0) {
        submit(s, mem_calloc(1, sizeof(struct chunk)), finish_work,
               finish_done);
    }
}

static void chunk_done(void *arg)
{
    struct share *s = take_result(arg);

    if (!has_ended(s)) {
        tell_progress(s);
    }
    go_on(s);
    share_unref(s);
}

struct share *share_start(const struct share_setup *setup)
{
    struct share *s = mem_calloc(1, sizeof *s);

    s->port = setup->port;
    s->path = mem_strdup(setup->path);
    s->top = mem_strdup(setup->top);
    s->name = mem_strdup(setup->name);
    s->root_pem = mem_strdup(setup->root_pem);
    s->leaves_path = mem_strdup(setup->leaves_path);
    s->piece_length = setup->piece_length;
    s->ops = setup->ops;
    s->arg = setup->arg;
    s->leaves_fd = -1;
    s->tree.dir = -1;
    s->told_ms = INT64_MIN / 2;
    submit(s, mem_calloc(1, sizeof(struct chunk)), scan_work, chunk_done);
    return s;
}

void share_cancel(struct share *s)
{
    atomic_store(&s->is_cancelled, true);
}
