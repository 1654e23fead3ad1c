/* Names on disk, beneath the target directory:
 *
 *   one file      NAME.part          --storage_finish--> NAME
 *   a directory   NAME.part/a/b.txt  --storage_finish--> NAME/a/b.txt
 *
 * Files of a directory are made when their first byte is written.
 *
 * Descriptors are not kept here but in engine/filecache. The storage's own lock
 * guards what changes after it was made: stamps, and which files to sync.
 */
#include "config.h"

#include "engine/storage.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "crypto/merkle.h"
#include "crypto/sha256.h"
#include "engine/beneath.h"
#include "engine/disk.h"
#include "engine/filecache.h"
#include "engine/part.h"
#include "util/bitfield.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/manifest.h"

enum {
    PARTS_ON_STACK = 64,
    CHECK_NAME_MS = 1000, /* how often a served file is looked up by name */
    SYNC_FILES = 64, /* more written files than that: sync the file system */
};
#define PART_SUFFIX ".part"

struct storage {
    atomic_uint refs;
    const struct manifest *m;
    char *directory;
    char *name;
    char *path; /* directory/name */
    atomic_bool is_complete;

    pthread_mutex_t lock;
    struct storage_stamp *stamps; /* what files must look like, or NULL */
    struct bitfield *dirty;       /* files written since the last sync */
    struct bitfield *seen;        /* files that existed once */
    int sync_code;                /* why nothing can be synced any more */
    pthread_mutex_t sync_lock;    /* one sync at a time; taken before `lock` */
};

/* ---- Names -------------------------------------------------------------- */

/* "NAME.part" or "NAME", and below it the file; free(). */
static char *relative_path(const struct storage *s, size_t file)
{
    const char *suffix = atomic_load(&s->is_complete) ? "" : PART_SUFFIX;

    return s->m->is_directory
               ? mem_printf("%s%s/%s", s->name, suffix, s->m->files[file].path)
               : mem_printf("%s%s", s->name, suffix);
}

static char *part_name(const struct storage *s)
{
    return mem_printf("%s%s", s->name, PART_SUFFIX);
}

static int open_directory(const struct storage *s, struct err *e)
{
    int fd = open(s->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 ? fd
                   : err_set_errno(e, errno, _("cannot open %s"), s->directory);
}

/* With the text of errno; `format` takes the directory and the name. */
#define FAIL(s, format, name, e) \
    err_set_errno((e), errno, (format), (s)->directory, (name))

/* ---- Open files --------------------------------------------------------- */

static bool is_seen(struct storage *s, size_t file)
{
    bool result;

    pthread_mutex_lock(&s->lock);
    result = bitfield_test(s->seen, (uint32_t)file);
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* Make a file of a directory item. One that was there before is not made anew:
 * what was loaded into it is lost, and zeros must not pass for it. */
static int make_file(struct storage *s, int dir, size_t file, const char *path,
                     struct stat *status)
{
    const char *last;
    int parent;
    int fd;

    if (!s->m->is_directory || is_seen(s, file)) {
        errno = ENOENT;
        return -1;
    }
    parent = beneath_open_parent(dir, path, true, &last);
    if (parent < 0) {
        return -1;
    }
    fd = beneath_open_file(parent, last, O_RDWR | O_CREAT, status);
    close(parent);
    return fd;
}

/* Bring a file we write to its size; refuse one with a second name, which may
 * lie outside. */
static int prepare_file(struct storage *s, size_t file, int fd,
                        const struct stat *status)
{
    if (status->st_nlink > 1) {
        errno = EMLINK;
        return -1;
    }
    if ((uint64_t)status->st_size != s->m->files[file].size) {
        return ftruncate(fd, (off_t)s->m->files[file].size);
    }
    return 0;
}

static int open_beneath(struct storage *s, int dir, size_t file, bool writable,
                        const char *path)
{
    struct stat status;
    int fd =
        beneath_open_file(dir, path, writable ? O_RDWR : O_RDONLY, &status);

    if (fd < 0 && errno == ENOENT && writable) {
        fd = make_file(s, dir, file, path, &status);
        if (fd < 0 && errno == ENOENT) { /* or another worker was first */
            fd = beneath_open_file(dir, path, O_RDWR, &status);
        }
    }
    if (fd >= 0 && writable && prepare_file(s, file, fd, &status) < 0) {
        int number = errno;

        close(fd);
        errno = number;
        return -1;
    }
    return fd;
}

/* Open a file and put it into the cache. */
static int open_file(struct storage *s, size_t file, bool writable,
                     struct filecache_file **out, struct err *e)
{
    char *path = relative_path(s, file);
    int dir = open_directory(s, e);
    int fd;
    int rv = 0;

    if (dir < 0) {
        free(path);
        return dir;
    }
    fd = open_beneath(s, dir, file, writable, path);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
        filecache_close_idle(0);
        fd = open_beneath(s, dir, file, writable, path);
    }
    if (fd < 0) {
        rv = FAIL(s, _("cannot open %s/%s"), path, e);
    } else {
        pthread_mutex_lock(&s->lock);
        bitfield_set(s->seen, (uint32_t)file);
        pthread_mutex_unlock(&s->lock);
        *out = filecache_add(s, file, writable, fd);
    }
    close(dir);
    free(path);
    return rv;
}

static int get_file(struct storage *s, size_t file, bool writable,
                    struct filecache_file **out, struct err *e)
{
    *out = filecache_find(s, file, writable);
    return *out != NULL ? 0 : open_file(s, file, writable, out, e);
}

/* ---- Unchanged? --------------------------------------------------------- */

static int changed(const struct storage *s, size_t file, struct err *e)
{
    if (!s->m->is_directory) {
        return err_set(e, P2P_EVERIFY, _("%s has changed on disk"), s->path);
    }
    return err_set(e, P2P_EVERIFY, _("%s/%s has changed on disk"), s->path,
                   s->m->files[file].path);
}

/* Is the name still that of the file we have open? */
static bool name_is_same(struct storage *s, size_t file,
                         const struct storage_stamp *expected)
{
    char *path = relative_path(s, file);
    int dir = open(s->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat status;
    bool is_same;

    is_same = dir >= 0 && beneath_stat(dir, path, &status) == 0 &&
              status.st_ino == expected->inode &&
              status.st_dev == expected->device;
    if (dir >= 0) {
        close(dir);
    }
    free(path);
    return is_same;
}

static int check_unchanged(struct storage *s, size_t file,
                           struct filecache_file *f, struct err *e)
{
    struct storage_stamp expected;
    struct storage_stamp now;
    struct stat status;
    int64_t now_ms;

    pthread_mutex_lock(&s->lock);
    if (s->stamps == NULL) {
        pthread_mutex_unlock(&s->lock);
        return 0;
    }
    expected = s->stamps[file];
    pthread_mutex_unlock(&s->lock);
    if (fstat(f->fd, &status) < 0) {
        return err_set_errno(e, errno, _("cannot look at %s"), s->path);
    }
    storage_make_stamp(&status, &now);
    if (!storage_stamp_equal(&now, &expected)) {
        return changed(s, file, e);
    }
    now_ms = clock_now_ms();
    if (now_ms - atomic_load(&f->checked_ms) >= CHECK_NAME_MS) {
        if (!name_is_same(s, file, &expected)) {
            return changed(s, file, e);
        }
        atomic_store(&f->checked_ms, now_ms);
    }
    return 0;
}

void storage_expect(struct storage *s, const struct storage_stamp *stamps)
{
    struct storage_stamp *copy =
        mem_dup(stamps, s->m->file_count * sizeof *stamps);
    struct storage_stamp *old;

    pthread_mutex_lock(&s->lock);
    old = s->stamps;
    s->stamps = copy;
    pthread_mutex_unlock(&s->lock);
    filecache_forget(s); /* they may be of files that were replaced */
    free(old);
}

struct storage_stamp *storage_expected(struct storage *s)
{
    struct storage_stamp *copy = NULL;

    pthread_mutex_lock(&s->lock);
    if (s->stamps != NULL) {
        copy = mem_dup(s->stamps, s->m->file_count * sizeof *copy);
    }
    pthread_mutex_unlock(&s->lock);
    return copy;
}

static bool is_missing(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

int storage_look(struct storage *s, struct storage_stamp *out, size_t *missing,
                 struct err *e)
{
    int dir = open_directory(s, e);
    int rv = 0;
    size_t i;

    if (dir < 0) {
        return dir;
    }
    *missing = 0;
    for (i = 0; i < s->m->file_count && rv == 0; i++) {
        char *path = relative_path(s, i);
        struct stat status;

        memset(&out[i], 0, sizeof out[i]);
        if (beneath_stat(dir, path, &status) < 0) {
            rv = is_missing(errno)
                     ? 0
                     : FAIL(s, _("cannot look at %s/%s"), path, e);
            *missing += rv == 0;
        } else if (!S_ISREG(status.st_mode)) {
            (*missing)++;
        } else {
            storage_make_stamp(&status, &out[i]);
        }
        free(path);
    }
    close(dir);
    return rv;
}

/* ---- Read and write ----------------------------------------------------- */

struct place {
    size_t file;
    uint64_t offset; /* in the file, of the first byte */
    uint32_t rest;   /* bytes of the piece from there on */
};

/* Where `size` bytes at `offset` of a piece lie. */
static int find_place(const struct storage *s, uint32_t piece, uint32_t offset,
                      uint64_t size, struct place *out)
{
    const struct manifest_file *file;
    uint64_t start;
    uint32_t length;

    if (piece >= s->m->piece_count || offset > s->m->piece_length ||
        size > s->m->piece_length - offset) {
        return P2P_ERANGE;
    }
    file = manifest_piece(s->m, piece, &start, &length);
    out->file = (size_t)(file - s->m->files);
    out->offset = start + offset;
    out->rest = offset < length ? length - offset : 0;
    return 0;
}

/* Cut the parts down to `size` bytes and zero what is behind. Returns how many
 * parts are left. */
static int cut_parts(struct iovec *parts, int count, uint64_t size)
{
    int kept = 0;
    int i;

    for (i = 0; i < count; i++) {
        size_t part = parts[i].iov_len;
        size_t keep = part < size ? part : (size_t)size;

        memset((uint8_t *)parts[i].iov_base + keep, 0, part - keep);
        parts[i].iov_len = keep;
        size -= keep;
        if (keep > 0) {
            kept = i + 1;
        }
    }
    return kept;
}

/* Has the final name been given while we looked for the other one? */
static bool was_renamed(struct storage *s, bool was_complete)
{
    bool result;

    pthread_mutex_lock(&s->lock);
    result = !was_complete && atomic_load(&s->is_complete);
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* Open for reading. */
static int get_readable(struct storage *s, size_t file,
                        struct filecache_file **out, struct err *e)
{
    bool was_complete = atomic_load(&s->is_complete);
    int rv = get_file(s, file, false, out, e);

    if (rv == P2P_ENOENT && was_renamed(s, was_complete)) {
        rv = get_file(s, file, false, out, e);
    }
    return rv == P2P_ENOENT && atomic_load(&s->is_complete)
               ? changed(s, file, e)
               : rv;
}

static int read_file(struct storage *s, const struct place *at,
                     struct iovec *parts, int count, struct err *e)
{
    struct filecache_file *f;
    int rv = get_readable(s, at->file, &f, e);

    if (rv < 0) {
        return rv;
    }
    if (atomic_load(&s->is_complete)) {
        rv = check_unchanged(s, at->file, f, e);
    }
    if (rv == 0) {
        rv = fd_preadv_all(f->fd, parts, count, at->offset);
        if (rv == P2P_ERANGE) { /* shorter than it was */
            rv = changed(s, at->file, e);
        } else if (rv < 0) {
            (void)err_set(e, rv, _("cannot read %s: %s"), s->path,
                          _(err_text(rv)));
        }
    }
    filecache_release(f);
    return rv;
}

int storage_read(struct storage *s, uint32_t piece, uint32_t offset,
                 struct iovec *parts, int count, struct err *e)
{
    struct iovec few[PARTS_ON_STACK];
    struct iovec *copy = few;
    struct place at;
    uint64_t size = 0;
    int rv;
    int i;

    for (i = 0; i < count; i++) {
        size += parts[i].iov_len;
    }
    rv = find_place(s, piece, offset, size, &at);
    if (rv < 0) {
        return err_set(e, rv, "no such part of a piece");
    }
    if (count > PARTS_ON_STACK) {
        copy = mem_calloc((size_t)count, sizeof *copy);
    }
    memcpy(copy, parts, (size_t)count * sizeof *copy);
    count = cut_parts(copy, count, at.rest);
    if (count > 0) {
        rv = read_file(s, &at, copy, count, e);
    }
    if (copy != few) {
        free(copy);
    }
    return rv;
}

int storage_write(struct storage *s, uint32_t piece, uint32_t offset,
                  const void *data, size_t size, struct err *e)
{
    struct filecache_file *f;
    struct place at;
    int rv;

    if (atomic_load(&s->is_complete)) {
        return err_set(e, P2P_EINVAL, _("%s is complete"), s->path);
    }
    rv = find_place(s, piece, offset, size, &at);
    if (rv < 0 || size > at.rest) {
        return err_set(e, P2P_ERANGE, "no such part of a piece");
    }
    rv = get_file(s, at.file, true, &f, e);
    if (rv < 0) {
        return rv;
    }
    rv = fd_pwrite_all(f->fd, data, size, at.offset);
    if (rv < 0) {
        (void)err_set(e, rv, _("cannot write %s%s: %s"), s->path, PART_SUFFIX,
                      _(err_text(rv)));
    }
    filecache_release(f);
    /* Behind the write, so that a sync that runs now is not the last one. */
    pthread_mutex_lock(&s->lock);
    bitfield_set(s->dirty, (uint32_t)at.file);
    pthread_mutex_unlock(&s->lock);
    return rv;
}

int storage_hash_piece(struct storage *s, uint32_t piece, uint8_t (*leaves)[32],
                       bool *matches, struct err *e)
{
    uint8_t *buffer = disk_scratch();
    const struct manifest_file *file;
    const uint8_t *expected;
    merkle_hash root;
    uint64_t start;
    uint32_t length;
    uint32_t done;
    int rv;

    *matches = false;
    if (piece >= s->m->piece_count) {
        return err_set(e, P2P_ERANGE, "no such piece");
    }
    expected = manifest_piece_hash(s->m, piece);
    if (expected == NULL) {
        return err_set(e, P2P_ENOTSUP, "the hash of this piece is not known");
    }
    file = manifest_piece(s->m, piece, &start, &length);
    for (done = 0; done < length; done += DISK_BUFFER) {
        uint32_t now =
            length - done < DISK_BUFFER ? length - done : DISK_BUFFER;
        struct iovec part = {.iov_base = buffer, .iov_len = now};

        rv = storage_read(s, piece, done, &part, 1, e);
        if (rv < 0) {
            /* What was never written, or is gone, does not match. */
            return !atomic_load(&s->is_complete) &&
                           (rv == P2P_ENOENT || rv == P2P_EVERIFY)
                       ? 0
                       : rv;
        }
        sha256_leaves(buffer, now, leaves + done / MERKLE_BLOCK);
    }
    merkle_piece_root((const merkle_hash *)leaves,
                      (length - 1) / MERKLE_BLOCK + 1, file->size,
                      s->m->piece_length, root);
    *matches = memcmp(root, expected, sizeof root) == 0;
    return 0;
}

/* ---- Sync --------------------------------------------------------------- */

/* Many files: one call for the whole file system is far cheaper. */
static int sync_file_system(const struct storage *s)
{
    int fd = open(s->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rv = fd < 0 ? -1 : syncfs(fd);
    int number = errno;

    if (fd >= 0) {
        close(fd);
    }
    errno = number;
    return rv;
}

static int sync_files(struct storage *s, const struct bitfield *dirty,
                      struct err *e)
{
    uint32_t i =
        bitfield_size(dirty) > 0 ? bitfield_next_set(dirty, 0) : BITFIELD_NONE;
    int dir;
    int rv = 0;

    if (bitfield_count(dirty) > SYNC_FILES) {
        return sync_file_system(s) == 0
                   ? 0
                   : FAIL(s, _("cannot sync %s/%s"), "", e);
    }
    dir = open_directory(s, e);
    if (dir < 0) {
        return dir;
    }
    while (i != BITFIELD_NONE && rv == 0) {
        char *path = relative_path(s, i);

        if (beneath_sync(dir, path) < 0) {
            rv = FAIL(s, _("cannot sync %s/%s"), path, e);
        }
        free(path);
        i = i + 1 < bitfield_size(dirty) ? bitfield_next_set(dirty, i + 1)
                                         : BITFIELD_NONE;
    }
    close(dir);
    return rv;
}

/* What fdatasync() could not write is lost, and asking again would hide that;
 * only a full disk is worth another try. Under the sync lock: a second sync
 * finds nothing dirty, but what the first one took is not yet on disk. */
static int sync_dirty(struct storage *s, struct err *e)
{
    struct bitfield *dirty = bitfield_new((uint32_t)s->m->file_count);
    uint32_t i;
    int rv;

    pthread_mutex_lock(&s->lock);
    rv = s->sync_code;
    bitfield_copy(dirty, s->dirty);
    bitfield_clear_all(s->dirty);
    pthread_mutex_unlock(&s->lock);
    if (rv < 0) {
        bitfield_free(dirty);
        return err_set(e, rv, _("%s: an earlier write to the disk failed"),
                       s->path);
    }
    rv = sync_files(s, dirty, e);
    if (rv < 0) {
        pthread_mutex_lock(&s->lock);
        s->sync_code = rv == P2P_EIO ? rv : 0;
        for (i = 0; i < bitfield_size(dirty); i++) {
            if (bitfield_test(dirty, i)) {
                bitfield_set(s->dirty, i);
            }
        }
        pthread_mutex_unlock(&s->lock);
    }
    bitfield_free(dirty);
    return rv;
}

int storage_sync(struct storage *s, struct err *e)
{
    int rv;

    pthread_mutex_lock(&s->sync_lock);
    rv = sync_dirty(s, e);
    pthread_mutex_unlock(&s->sync_lock);
    return rv;
}

/* ---- Finish and delete -------------------------------------------------- */

/* Every file is there with its full size; empty ones are made. */
static int complete_files(struct storage *s, struct err *e)
{
    int dir = open_directory(s, e);
    int rv = 0;
    size_t i;

    if (dir < 0) {
        return dir;
    }
    for (i = 0; i < s->m->file_count && rv == 0; i++) {
        char *path = relative_path(s, i);
        struct stat status;

        if (s->m->files[i].size == 0) {
            int fd = open_beneath(s, dir, i, true, path);

            if (fd < 0) {
                rv = FAIL(s, _("cannot make %s/%s"), path, e);
            } else {
                close(fd);
            }
        } else if (beneath_stat(dir, path, &status) < 0) {
            rv = FAIL(s, _("cannot look at %s/%s"), path, e);
        } else if ((uint64_t)status.st_size != s->m->files[i].size) {
            rv =
                err_set(e, P2P_EVERIFY, _("%s/%s was changed by somebody else"),
                        s->directory, path);
        }
        free(path);
    }
    close(dir);
    return rv;
}

int storage_finish(struct storage *s, struct err *e)
{
    char *part = NULL;
    int dir = -1;
    int rv;

    if (atomic_load(&s->is_complete)) {
        return 0;
    }
    rv = complete_files(s, e);
    if (rv < 0) {
        return rv;
    }
    pthread_mutex_lock(&s->lock);
    bitfield_set_all(s->dirty); /* also what a former run wrote */
    pthread_mutex_unlock(&s->lock);
    rv = storage_sync(s, e);
    if (rv < 0) {
        return rv;
    }
    dir = open_directory(s, e);
    if (dir < 0) {
        return dir;
    }
    part = part_name(s);
    pthread_mutex_lock(&s->lock); /* readers see both or neither */
    rv = beneath_rename(dir, part, s->name);
    if (rv == 0) {
        atomic_store(&s->is_complete, true);
    }
    pthread_mutex_unlock(&s->lock);
    if (rv < 0) {
        rv = FAIL(s, _("cannot give %s/%s its final name"), part, e);
    } else {
        filecache_forget(s); /* open for writing */
        rv = fd_sync_dir(s->directory);
        if (rv < 0) {
            (void)err_set(e, rv, _("cannot sync %s"), s->directory);
        }
    }
    free(part);
    close(dir);
    return rv;
}

/* Remove the directories of the item that are empty now, deepest first. */
static void remove_directories(const struct storage *s, int dir)
{
    size_t i;

    for (i = s->m->file_count; i > 0; i--) {
        char *path = relative_path(s, i - 1);
        char *slash;

        while ((slash = strrchr(path, '/')) != NULL) {
            const char *last;
            int parent;

            *slash = '\0';
            parent = beneath_open_parent(dir, path, false, &last);
            if (parent < 0) {
                continue;
            }
            (void)unlinkat(parent, last, AT_REMOVEDIR);
            close(parent);
        }
        free(path);
    }
}

int storage_delete(struct storage *s, struct err *e)
{
    int dir = open_directory(s, e);
    int rv = 0;
    size_t i;

    filecache_forget(s);
    if (dir < 0) {
        return dir;
    }
    for (i = 0; i < s->m->file_count; i++) {
        char *path = relative_path(s, i);
        const char *last;
        int parent = beneath_open_parent(dir, path, false, &last);

        if ((parent < 0 || unlinkat(parent, last, 0) < 0) && errno != ENOENT &&
            rv == 0) {
            rv = FAIL(s, _("cannot delete %s/%s"), path, e);
        }
        if (parent >= 0) {
            close(parent);
        }
        free(path);
    }
    if (s->m->is_directory) {
        remove_directories(s, dir);
    }
    close(dir);
    return rv;
}

/* ---- Begin -------------------------------------------------------------- */

static struct storage *storage_new(const struct manifest *m,
                                   const char *directory, const char *name)
{
    struct storage *s = mem_calloc(1, sizeof *s);

    atomic_init(&s->refs, 1);
    s->m = m;
    s->directory = mem_strdup(directory);
    s->name = mem_strdup(name != NULL ? name : m->name);
    s->path = mem_printf("%s%s%s", directory,
                         strcmp(directory, "/") == 0 ? "" : "/", s->name);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->sync_lock, NULL);
    s->dirty = bitfield_new((uint32_t)m->file_count);
    s->seen = bitfield_new((uint32_t)m->file_count);
    return s;
}

static int check_arguments(const char *directory, const char *name,
                           struct err *e)
{
    if (directory[0] != '/') {
        return err_set(e, P2P_EINVAL, _("%s is not an absolute path"),
                       directory);
    }
    if (name != NULL && !text_is_component(name, strlen(name))) {
        return err_set(e, P2P_EINVAL, _("this cannot be the name of a file"));
    }
    return 0;
}

static int begin_part(const struct storage *s, int dir, struct err *e)
{
    char *part = part_name(s);
    struct stat status;
    int rv = 0;

    if (part_adopt(s->m, dir, part)) {
        goto out;
    }
    if (fstatat(dir, s->name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        rv = err_set(e, P2P_EEXIST, _("%s exists already"), s->path);
    } else if (part_make(s->m, dir, part) < 0) {
        rv = errno == EEXIST ? err_set(e, P2P_EEXIST, _("%s%s exists already"),
                                       s->path, PART_SUFFIX)
                             : FAIL(s, _("cannot make %s/%s"), part, e);
    }

out:
    free(part);
    return rv;
}

int storage_create(const struct manifest *m, const char *directory,
                   const char *name, struct storage **out, struct err *e)
{
    struct storage *s;
    int dir;
    int rv = check_arguments(directory, name, e);

    if (rv < 0) {
        return rv;
    }
    rv = fd_make_dirs(directory);
    if (rv < 0) {
        return err_set(e, rv, _("cannot make the directory %s: %s"), directory,
                       _(err_file_text(rv)));
    }
    s = storage_new(m, directory, name);
    dir = open_directory(s, e);
    rv = dir;
    if (dir >= 0) {
        rv = begin_part(s, dir, e);
        close(dir);
    }
    if (rv < 0) {
        storage_unref(s);
        return rv;
    }
    *out = s;
    return 0;
}

/* All pieces match what the manifest says? */
static bool everything_matches(struct storage *s)
{
    uint8_t(*leaves)[32] =
        mem_calloc(s->m->piece_length / MERKLE_BLOCK, sizeof *leaves);
    bool matches = true;
    uint32_t i;

    for (i = 0; i < s->m->piece_count && matches; i++) {
        if (storage_hash_piece(s, i, leaves, &matches, NULL) < 0) {
            matches = false;
        }
    }
    free(leaves);
    return matches;
}

/* The .part is gone but the final name is there: the last run ended between
 * the rename and its note of it. Believe the mark, else hash everything. */
static bool was_finished(struct storage *s, int dir)
{
    int fd = part_open(s->m, dir, s->name);
    enum part_owner owner;

    if (fd < 0) {
        return false;
    }
    owner = part_owner(s->m, fd);
    close(fd);
    atomic_store(&s->is_complete, true);
    if (owner == PART_OURS ||
        (owner == PART_UNKNOWN && everything_matches(s))) {
        return true;
    }
    filecache_forget(s);
    atomic_store(&s->is_complete, false);
    return false;
}

static int find_existing(struct storage *s, int dir, struct err *e)
{
    bool is_complete = atomic_load(&s->is_complete);
    char *top = is_complete ? mem_strdup(s->name) : part_name(s);
    int fd = part_open(s->m, dir, top);
    int rv = 0;

    if (fd >= 0) {
        if (!is_complete && part_owner(s->m, fd) == PART_FOREIGN) {
            rv = err_set(e, P2P_EEXIST, _("%s%s belongs to another item"),
                         s->path, PART_SUFFIX);
        }
        close(fd);
    } else {
        int number = errno;

        if (is_complete || number != ENOENT || !was_finished(s, dir)) {
            rv = err_set_errno(e, number, "cannot open %s/%s", s->directory,
                               top);
        }
    }
    free(top);
    return rv;
}

int storage_open(const struct manifest *m, const char *directory,
                 const char *name, bool complete, struct storage **out,
                 struct err *e)
{
    struct storage *s;
    int dir;
    int rv = check_arguments(directory, name, e);

    if (rv < 0) {
        return rv;
    }
    s = storage_new(m, directory, name);
    atomic_store(&s->is_complete, complete);
    dir = open_directory(s, e);
    rv = dir;
    if (dir >= 0) {
        rv = find_existing(s, dir, e);
        close(dir);
    }
    if (rv < 0) {
        storage_unref(s);
        return rv;
    }
    bitfield_set_all(s->dirty); /* the former run may not have synced */
    *out = s;
    return 0;
}

struct storage *storage_ref(struct storage *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void storage_unref(struct storage *s)
{
    if (s == NULL ||
        atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    filecache_forget(s);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->sync_lock);
    bitfield_free(s->seen);
    bitfield_free(s->dirty);
    free(s->stamps);
    free(s->path);
    free(s->name);
    free(s->directory);
    free(s);
}

const char *storage_path(const struct storage *s)
{
    return s->path;
}

bool storage_is_complete(const struct storage *s)
{
    return atomic_load(&s->is_complete);
}

uint64_t storage_disk_free(const struct storage *s)
{
    struct statvfs status;

    if (statvfs(s->directory, &status) < 0) {
        return 0;
    }
    return (uint64_t)status.f_bavail * status.f_frsize;
}

bool storage_close_idle(void)
{
    filecache_close_idle(FILECACHE_IDLE_MS);
    return filecache_count() > 0;
}
