#include "config.h"

#include "engine/filejob.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/content.h"
#include "engine/disk.h"
#include "engine/item.h"
#include "engine/journal.h"
#include "engine/storage.h"
#include "util/bitfield.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/manifest.h"

enum {
    FILEJOB_PARALLEL = 4, /* pieces hashed at once by a verification */
};

/* ---- Opening ----------------------------------------------------------- */

struct opening {
    struct item_record *record; /* borrowed while the job runs */
    char *state_dir;
    char *leaves_path;
    enum filejob_origin origin;
    struct filejob_opened result;
    filejob_opened_cb cb;
    void *arg;
};

static void opening_free(void *arg)
{
    struct opening *o = arg;

    free(o->state_dir);
    free(o->leaves_path);
    free(o);
}

static void opening_drop(void *arg)
{
    struct opening *o = arg;

    storage_unref(o->result.storage);
    bitfield_free(o->result.verified);
    opening_free(o);
}

static int keep_leaves(struct opening *o)
{
    char *to;
    int rv = 0;

    if (o->leaves_path == NULL) {
        return 0;
    }
    to = item_file(o->state_dir, o->record->manifest->hash, "leaves");
    if (rename(o->leaves_path, to) != 0) {
        rv = err_set_errno(&o->result.err, errno, "cannot keep %s", to);
    }
    free(to);
    return rv;
}

static int open_shared(struct opening *o)
{
    struct item_record *r = o->record;
    struct err *e = &o->result.err;
    int rv = storage_open(r->manifest, r->directory, r->file_name, true,
                          &o->result.storage, e);

    if (rv == 0) {
        storage_expect(o->result.storage, r->stamps);
        rv = item_save(o->state_dir, r, e);
    }
    return rv == 0 ? keep_leaves(o) : rv;
}

/* First the item, then its files: a kill between the two leaves no file that
 * nobody knows of, and open_remembered() makes what is missing. */
static int open_download(struct opening *o)
{
    struct item_record *r = o->record;
    struct err why = {0};
    int rv = item_save(o->state_dir, r, &o->result.err);

    if (rv < 0) {
        return rv;
    }
    rv = storage_create(r->manifest, r->directory, r->file_name,
                        &o->result.storage, &o->result.err);
    if (rv < 0 && item_forget(o->state_dir, r->manifest->hash, &why) < 0) {
        log_warn("item", "%s", why.text);
    }
    return rv;
}

/* Did a download ever begin to load? Then it has a journal. */
static bool was_begun(const struct opening *o)
{
    char *path = item_file(o->state_dir, o->record->manifest->hash, "journal");
    bool is_there = access(path, F_OK) == 0;

    free(path);
    return is_there;
}

/* Files that were being loaded and are gone were taken away by somebody; those
 * of a download that was killed before it began were never made. */
static int open_files(struct opening *o)
{
    struct item_record *r = o->record;
    int rv = storage_open(r->manifest, r->directory, r->file_name, r->complete,
                          &o->result.storage, &o->result.err);

    if (rv == P2P_ENOENT && !r->complete && !was_begun(o)) {
        rv = storage_create(r->manifest, r->directory, r->file_name,
                            &o->result.storage, &o->result.err);
    }
    return rv;
}

/* Pieces written after the last sync before a power cut: look at them. */
static int check_doubtful(struct opening *o, const struct bitfield *doubtful)
{
    const struct manifest *m = o->record->manifest;
    uint8_t(*leaves)[32] =
        mem_calloc(m->piece_length / MANIFEST_BLOCK, sizeof *leaves);
    uint32_t piece = bitfield_next_set(doubtful, 0);
    bool matches;
    int rv = 0;

    while (rv == 0 && piece != BITFIELD_NONE) {
        rv = storage_hash_piece(o->result.storage, piece, leaves, &matches,
                                &o->result.err);
        if (rv == 0 && matches) {
            bitfield_set(o->result.verified, piece);
        }
        piece = bitfield_next_set(doubtful, piece + 1);
    }
    free(leaves);
    return rv;
}

/* A file that was deleted or cut meanwhile would be made anew and read as
 * zeros: what was verified of it is hashed again. */
static int doubt_damaged(struct opening *o, struct bitfield *doubtful)
{
    struct bitfield *verified = o->result.verified;
    struct bitfield *damaged = bitfield_new(bitfield_size(verified));
    uint32_t piece;
    int rv = storage_find_damaged(o->result.storage, o->record->manifest,
                                  damaged, &o->result.err);

    piece = bitfield_next_set(damaged, 0);
    while (rv == 0 && piece != BITFIELD_NONE) {
        if (bitfield_test(verified, piece)) {
            bitfield_clear(verified, piece);
            (void)bitfield_set(doubtful, piece);
        }
        piece = bitfield_next_set(damaged, piece + 1);
    }
    bitfield_free(damaged);
    return rv;
}

/* What an earlier run verified, without hashing it again. */
static int read_journal(struct opening *o)
{
    const struct manifest *m = o->record->manifest;
    struct bitfield *doubtful = bitfield_new(m->piece_count);
    char *path = item_file(o->state_dir, m->hash, "journal");
    struct journal *j = NULL;
    int rv = journal_open(path, m->hash, m->piece_count, o->result.verified,
                          doubtful, &j, &o->result.err);

    journal_close(j);
    if (rv == 0) {
        rv = doubt_damaged(o, doubtful);
    }
    if (rv == 0) {
        rv = check_doubtful(o, doubtful);
    }
    free(path);
    bitfield_free(doubtful);
    return rv;
}

static int open_remembered(struct opening *o)
{
    struct item_record *r = o->record;
    struct err *e = &o->result.err;
    size_t count = r->manifest->file_count;
    struct storage_stamp *now;
    int rv = open_files(o);

    if (rv < 0) {
        return rv;
    }
    if (!r->complete) {
        return read_journal(o);
    }
    now = mem_calloc(count + 1, sizeof *now);
    rv = storage_stamp_all(o->result.storage, r->manifest, now, e);
    if (rv == 0) {
        o->result.has_changed = storage_keep_unchanged(r->manifest, r->stamps,
                                                       now, o->result.verified);
        storage_expect(o->result.storage, now);
    }
    free(now);
    return rv;
}

static void opening_work(void *arg)
{
    struct opening *o = arg;
    int rv;

    o->result.verified = bitfield_new(o->record->manifest->piece_count);
    if (o->record->complete) {
        bitfield_set_all(o->result.verified);
    }
    switch (o->origin) {
    case FILEJOB_SHARE:
        rv = open_shared(o);
        break;
    case FILEJOB_DOWNLOAD:
        rv = open_download(o);
        break;
    default:
        rv = open_remembered(o);
        break;
    }
    o->result.err.code = rv;
    if (rv < 0) {
        storage_unref(o->result.storage);
        o->result.storage = NULL;
        bitfield_free(o->result.verified);
        o->result.verified = NULL;
    }
}

static void opening_done(void *arg)
{
    struct opening *o = arg;

    o->cb(o->arg, &o->result);
    opening_free(o);
}

void filejob_open(struct disk_port *port, const char *state_dir,
                  struct item_record *r, enum filejob_origin origin,
                  const char *leaves_path, filejob_opened_cb cb, void *arg)
{
    struct opening *o = mem_calloc(1, sizeof *o);
    struct disk_job job = {
        .work = opening_work,
        .done = opening_done,
        .drop = opening_drop,
        .arg = o,
        .class = DISK_NORMAL,
    };

    o->record = r;
    o->state_dir = mem_strdup(state_dir);
    o->leaves_path = mem_strdup(leaves_path);
    o->origin = origin;
    o->cb = cb;
    o->arg = arg;
    disk_submit(port, &job);
}

/* ---- Remembering ------------------------------------------------------- */

struct remembering {
    struct content *content;
    struct item_record record; /* own copy; the manifest is the content's */
    struct err err;
    bool write_record;
    filejob_stamped_cb cb; /* NULL: only write */
    void *arg;
};

static void remembering_free(void *arg)
{
    struct remembering *m = arg;

    free(m->record.group);
    free(m->record.name);
    free(m->record.directory);
    free(m->record.file_name);
    free(m->record.stamps);
    content_unref(m->content);
    free(m);
}

static struct remembering *remembering_new(struct content *content,
                                           const struct item_record *r)
{
    struct remembering *m = mem_calloc(1, sizeof *m);
    size_t count = r->manifest->file_count;

    m->content = content_ref(content);
    m->record = *r;
    m->record.group = mem_strdup(r->group);
    m->record.name = mem_strdup(r->name);
    m->record.directory = mem_strdup(r->directory);
    m->record.file_name = mem_strdup(r->file_name);
    m->record.stamps = r->stamps != NULL
                           ? mem_dup(r->stamps, count * sizeof *r->stamps)
                           : NULL;
    return m;
}

static void remember_work(void *arg)
{
    struct remembering *m = arg;
    int rv = item_update(content_state_dir(m->content), &m->record, &m->err);

    /* An item that was forgotten meanwhile has no place for it any more. */
    if (rv < 0 && rv != P2P_ENOENT) {
        log_warn("item", "%s", m->err.text);
    }
}

static void stamp_work(void *arg)
{
    struct remembering *m = arg;
    struct storage *s = content_storage(m->content);
    size_t count = m->record.manifest->file_count;

    free(m->record.stamps);
    m->record.stamps = mem_calloc(count + 1, sizeof *m->record.stamps);
    m->err.code =
        storage_stamp_all(s, m->record.manifest, m->record.stamps, &m->err);
    if (m->err.code == 0 && m->write_record) {
        storage_expect(s, m->record.stamps);
        m->err.code =
            item_update(content_state_dir(m->content), &m->record, &m->err);
    }
}

static void stamp_done(void *arg)
{
    struct remembering *m = arg;
    struct storage_stamp *stamps = NULL;

    if (m->err.code == 0) {
        stamps = m->record.stamps;
        m->record.stamps = NULL;
    }
    m->cb(m->arg, m->err.code, m->err.text, stamps);
    remembering_free(m);
}

void filejob_remember(struct disk_port *port, struct content *content,
                      const struct item_record *r)
{
    struct remembering *m = remembering_new(content, r);
    struct disk_job job = {
        .work = remember_work,
        .done = remembering_free,
        .drop = remembering_free,
        .arg = m,
        .lane = r,
        .class = DISK_NORMAL,
    };

    disk_submit(port, &job);
}

void filejob_stamp(struct disk_port *port, struct content *content,
                   const struct item_record *r, bool write_record,
                   filejob_stamped_cb cb, void *arg)
{
    struct remembering *m = remembering_new(content, r);
    struct disk_job job = {
        .work = stamp_work,
        .done = stamp_done,
        .drop = remembering_free,
        .arg = m,
        .lane = r,
        .class = DISK_NORMAL,
    };

    m->write_record = write_record;
    m->cb = cb;
    m->arg = arg;
    disk_submit(port, &job);
}

/* ---- Verifying --------------------------------------------------------- */

/* Pieces are hashed by jobs of their own, so peers' reads get between them and
 * a cancel takes effect after the piece under way. */
struct filejob_verify {
    struct disk_port *port;
    struct content *content;
    struct bitfield *good;
    const struct filejob_verify_ops *ops; /* NULL: cancelled */
    void *arg;
    uint32_t next;    /* piece to submit */
    uint32_t pending; /* jobs under way */
    uint64_t done;    /* bytes */
};

struct piece_check {
    struct filejob_verify *verify;
    struct content *content;
    uint32_t piece;
    uint32_t length;
    bool matches;
    struct err err;
};

static void verify_advance(struct filejob_verify *v);

static void check_work(void *arg)
{
    struct piece_check *k = arg;
    const struct manifest *m = content_manifest(k->content);
    uint32_t room = m->piece_length / MANIFEST_BLOCK;
    uint8_t(*leaves)[32] = mem_calloc(room, sizeof *leaves);

    k->err.code = storage_hash_piece(content_storage(k->content), k->piece,
                                     leaves, &k->matches, &k->err);
    if (k->err.code == 0 && k->matches) {
        item_write_leaves(content_state_dir(k->content), m, k->piece,
                          (const uint8_t(*)[32])leaves,
                          (k->length + MANIFEST_BLOCK - 1) / MANIFEST_BLOCK);
    }
    free(leaves);
}

static void check_drop(void *arg)
{
    struct piece_check *k = arg;

    content_unref(k->content);
    free(k);
}

static void verify_free(struct filejob_verify *v)
{
    bitfield_free(v->good);
    content_unref(v->content);
    free(v);
}

static void check_done(void *arg)
{
    struct piece_check *k = arg;
    struct filejob_verify *v = k->verify;

    v->pending--;
    v->done += k->length;
    if (k->err.code == 0 && k->matches) {
        bitfield_set(v->good, k->piece);
    }
    content_unref(k->content);
    free(k);
    if (v->ops != NULL) {
        v->ops->on_progress(v->arg, v->done);
    }
    verify_advance(v);
}

static uint32_t piece_size(const struct manifest *m, uint32_t piece)
{
    uint64_t offset;
    uint32_t length;

    (void)manifest_piece(m, piece, &offset, &length);
    return length;
}

static void submit_check(struct filejob_verify *v)
{
    struct piece_check *k = mem_calloc(1, sizeof *k);
    struct disk_job job = {
        .work = check_work,
        .done = check_done,
        .drop = check_drop,
        .arg = k,
        .class = DISK_BULK,
    };

    k->verify = v;
    k->content = content_ref(v->content);
    k->piece = v->next;
    v->next = bitfield_next_clear(v->good, v->next + 1);
    k->length = piece_size(content_manifest(v->content), k->piece);
    v->pending++;
    disk_submit(v->port, &job);
}

static void submit_checks(struct filejob_verify *v)
{
    while (v->pending < FILEJOB_PARALLEL && v->next != BITFIELD_NONE) {
        submit_check(v);
    }
}

static void verify_advance(struct filejob_verify *v)
{
    struct bitfield *good;

    if (v->ops != NULL) {
        submit_checks(v);
    }
    if (v->pending > 0) {
        return;
    }
    if (v->ops != NULL) {
        good = v->good;
        v->good = NULL;
        v->ops->on_done(v->arg, 0, NULL, good);
    }
    verify_free(v);
}

struct filejob_verify *
filejob_verify_start(struct disk_port *port, struct content *content,
                     const struct bitfield *known,
                     const struct filejob_verify_ops *ops, void *arg)
{
    const struct manifest *m = content_manifest(content);
    struct filejob_verify *v = mem_calloc(1, sizeof *v);

    v->port = port;
    v->content = content_ref(content);
    v->good = bitfield_new(m->piece_count);
    bitfield_copy(v->good, known);
    for (uint32_t i = bitfield_next_set(known, 0); i != BITFIELD_NONE;
         i = bitfield_next_set(known, i + 1)) {
        v->done += piece_size(m, i);
    }
    v->ops = ops;
    v->arg = arg;
    v->next = bitfield_next_clear(v->good, 0);
    submit_checks(v);
    return v;
}

void filejob_verify_cancel(struct filejob_verify *v)
{
    v->ops = NULL;
}

/* ---- Forgetting -------------------------------------------------------- */

struct forgetting {
    struct content *content;
    bool delete_data;
    struct err err;
    filejob_done_cb cb;
    void *arg;
};

static void forgetting_free(void *arg)
{
    struct forgetting *f = arg;

    content_unref(f->content);
    free(f);
}

static void forget_work(void *arg)
{
    struct forgetting *f = arg;

    if (f->delete_data) {
        f->err.code = storage_delete(content_storage(f->content), &f->err);
    }
    if (f->err.code == 0) {
        f->err.code = item_forget(content_state_dir(f->content),
                                  content_manifest(f->content)->hash, &f->err);
    }
}

static void forget_done(void *arg)
{
    struct forgetting *f = arg;

    f->cb(f->arg, f->err.code, f->err.text);
    forgetting_free(f);
}

void filejob_forget(struct disk_port *port, struct content *content,
                    bool delete_data, filejob_done_cb cb, void *arg)
{
    struct forgetting *f = mem_calloc(1, sizeof *f);
    struct disk_job job = {
        .work = forget_work,
        .done = forget_done,
        .drop = forgetting_free,
        .arg = f,
        .class = DISK_NORMAL,
    };

    f->content = content_ref(content);
    f->delete_data = delete_data;
    f->cb = cb;
    f->arg = arg;
    disk_submit(port, &job);
}
