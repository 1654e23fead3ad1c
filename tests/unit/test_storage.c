#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../lib/sample.h"
#include "engine/beneath.h"
#include "engine/filecache.h"
#include "engine/storage.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"
#include "wire/manifest.h"

enum { PIECE = 65536, BLOCK = 16384 };

struct fixture {
    char *directory;
    struct manifest *m;
    struct storage *s;
    struct err e;
    uint8_t data[PIECE];
    uint8_t back[PIECE];
    uint8_t leaves[PIECE / BLOCK][32];
};

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    f.directory = sample_directory();
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    storage_unref(f->s);
    manifest_free(f->m);
    sample_remove(f->directory);
    assert_int_equal(filecache_count(), 0);
    return 0;
}

static const struct sample_file tree[] = {
    {"a/deep/er/one.bin", 3 * PIECE + 5},
    {"a/empty", 0},
    {"b.txt", 1},
    {"c/two.bin", PIECE},
    {"z", BLOCK + 1},
};
enum { TREE = sizeof tree / sizeof tree[0] };

static void make_tree(struct fixture *f)
{
    f->m = sample_manifest("stuff", true, PIECE, tree, TREE);
}

static char *at(const struct fixture *f, const char *name)
{
    return mem_printf("%s/%s", f->directory, name);
}

static bool exists(const struct fixture *f, const char *name)
{
    char *path = at(f, name);
    struct stat status;
    bool result = lstat(path, &status) == 0;

    free(path);
    return result;
}

static void create(struct fixture *f)
{
    assert_int_equal(storage_create(f->m, f->directory, NULL, &f->s, &f->e), 0);
}

static void write_piece(struct fixture *f, uint32_t piece)
{
    uint32_t size = sample_piece(f->m, piece, f->data);

    assert_int_equal(storage_write(f->s, piece, 0, f->data, size, &f->e), 0);
}

static int read_piece(struct fixture *f, uint32_t piece, uint32_t offset,
                      uint32_t size)
{
    struct iovec part = {.iov_base = f->back, .iov_len = size};

    memset(f->back, 0xee, sizeof f->back);
    return storage_read(f->s, piece, offset, &part, 1, &f->e);
}

static void write_all(struct fixture *f)
{
    uint32_t i;

    for (i = 0; i < f->m->piece_count; i++) {
        write_piece(f, i);
    }
}

static void check_piece(struct fixture *f, uint32_t piece)
{
    uint32_t size = sample_piece(f->m, piece, f->data);
    bool matches = false;

    assert_int_equal(read_piece(f, piece, 0, size), 0);
    assert_memory_equal(f->back, f->data, size);
    assert_int_equal(
        storage_hash_piece(f->s, piece, f->leaves, &matches, &f->e), 0);
    assert_true(matches);
}

static void check_all(struct fixture *f)
{
    uint32_t i;

    for (i = 0; i < f->m->piece_count; i++) {
        check_piece(f, i);
    }
}

static void complete(struct fixture *f)
{
    struct storage_stamp *stamps = mem_calloc(f->m->file_count, sizeof *stamps);

    create(f);
    write_all(f);
    assert_int_equal(storage_finish(f->s, &f->e), 0);
    assert_int_equal(storage_stamp_all(f->s, f->m, stamps, &f->e), 0);
    storage_expect(f->s, stamps);
    free(stamps);
}

static void check_one_size(struct fixture *f, uint64_t size)
{
    uint32_t tail;

    f->m = sample_single("file", size, PIECE);
    create(f);
    assert_false(exists(f, "file"));
    write_all(f);
    check_all(f);
    assert_int_equal(storage_sync(f->s, &f->e), 0);
    assert_int_equal(storage_finish(f->s, &f->e), 0);
    assert_true(storage_is_complete(f->s));
    assert_true(exists(f, "file"));
    assert_false(exists(f, "file.part"));
    check_all(f);
    tail = (uint32_t)(size % PIECE);
    if (tail > 0) { /* padded to a piece with zeros */
        uint32_t i;

        assert_int_equal(read_piece(f, f->m->piece_count - 1, 0, PIECE), 0);
        for (i = tail; i < PIECE; i++) {
            assert_int_equal(f->back[i], 0);
        }
    }
    assert_int_equal(storage_delete(f->s, &f->e), 0);
    assert_false(exists(f, "file"));
    storage_unref(f->s);
    f->s = NULL;
    manifest_free(f->m);
    f->m = NULL;
}

/* A download of every interesting size comes out byte for byte. */
static void storage_create_all_sizes(void **state)
{
    static const uint64_t sizes[] = {
        0,
        1,
        BLOCK - 1,
        BLOCK,
        BLOCK + 1,
        PIECE - 1,
        PIECE,
        PIECE + 1,
        2 * PIECE,
        2 * PIECE + BLOCK,
        5 * PIECE - 1,
    };
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_one_size(*state, sizes[i]);
    }
}

/* The same with a kernel that has neither openat2 nor renameat2. */
static void storage_create_old_kernel(void **state)
{
    beneath_act_old(true);
    storage_create_all_sizes(state);
    beneath_act_old(false);
}

/* S0-18, S3-23: one data place, sparse, under its final name only when it is
 * finished; the files of a directory keep their places. */
static void storage_finish_directory(void **state)
{
    struct fixture *f = *state;

    make_tree(f);
    create(f);
    assert_true(exists(f, "stuff.part"));
    write_all(f);
    check_all(f);
    assert_false(exists(f, "stuff"));
    assert_int_equal(storage_finish(f->s, &f->e), 0);
    assert_true(exists(f, "stuff/a/deep/er/one.bin"));
    assert_true(exists(f, "stuff/a/empty"));
    assert_false(exists(f, "stuff.part"));
    check_all(f);
    assert_int_equal(storage_finish(f->s, &f->e), 0); /* again: nothing */
    assert_int_equal(storage_delete(f->s, &f->e), 0);
    assert_false(exists(f, "stuff"));
}

/* Files somebody put into the directory survive a delete. */
static void storage_delete_keeps_foreign_files(void **state)
{
    struct fixture *f = *state;

    make_tree(f);
    complete(f);
    sample_write(f->directory, "stuff/a/mine", 3);
    assert_int_equal(storage_delete(f->s, &f->e), 0);
    assert_true(exists(f, "stuff/a/mine"));
    assert_false(exists(f, "stuff/a/deep"));
    assert_false(exists(f, "stuff/z"));
}

/* A download that was never finished is deleted with its .part. */
static void storage_delete_unfinished(void **state)
{
    struct fixture *f = *state;

    make_tree(f);
    create(f);
    write_piece(f, 0);
    assert_int_equal(storage_delete(f->s, &f->e), 0);
    assert_false(exists(f, "stuff.part"));
}

/* Something that has the name already is never touched: not at the start, not
 * at the end. */
static void storage_create_never_overwrites(void **state)
{
    struct fixture *f = *state;
    struct stat status;
    char *path = at(f, "file");

    f->m = sample_single("file", PIECE, PIECE);
    sample_write(f->directory, "file", 10);
    assert_int_equal(storage_create(f->m, f->directory, NULL, &f->s, &f->e),
                     P2P_EEXIST);
    assert_false(exists(f, "file.part"));
    assert_null(f->s);
    assert_int_equal(storage_create(f->m, f->directory, "other", &f->s, &f->e),
                     0);
    write_all(f);
    sample_write(f->directory, "other", 10);
    assert_int_equal(storage_finish(f->s, &f->e), P2P_EEXIST);
    assert_false(storage_is_complete(f->s));
    beneath_act_old(true);
    assert_int_equal(storage_finish(f->s, &f->e), P2P_EEXIST);
    beneath_act_old(false);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 10);
    check_all(f);
    free(path);
}

/* A user's own file called NAME.part is left alone; ours is taken again. */
static void storage_create_foreign_part(void **state)
{
    struct fixture *f = *state;
    bool matches = false;

    f->m = sample_single("file", PIECE, PIECE);
    sample_write(f->directory, "file.part", 100);
    assert_int_equal(storage_create(f->m, f->directory, NULL, &f->s, &f->e),
                     P2P_EEXIST);
    assert_null(f->s);
    assert_int_equal(storage_create(f->m, f->directory, "mine", &f->s, &f->e),
                     0);
    storage_unref(f->s); /* nothing was written: empty, so it may be taken */
    assert_int_equal(storage_create(f->m, f->directory, "mine", &f->s, &f->e),
                     0);
    assert_int_equal(storage_hash_piece(f->s, 0, f->leaves, &matches, &f->e),
                     0);
    assert_false(matches);
}

/* What a former run left is found again, at every stage. */
static void storage_open_resumes(void **state)
{
    struct fixture *f = *state;
    bool matches = false;

    make_tree(f);
    assert_int_equal(
        storage_open(f->m, f->directory, NULL, false, &f->s, &f->e),
        P2P_ENOENT);
    assert_null(f->s);
    create(f);
    write_piece(f, 0);
    storage_unref(f->s);
    assert_int_equal(
        storage_open(f->m, f->directory, NULL, false, &f->s, &f->e), 0);
    assert_false(storage_is_complete(f->s));
    check_piece(f, 0);
    assert_int_equal(storage_hash_piece(f->s, 1, f->leaves, &matches, &f->e),
                     0);
    assert_false(matches); /* never written */
    assert_int_equal(storage_hash_piece(f->s, f->m->piece_count - 1, f->leaves,
                                        &matches, &f->e),
                     0);
    assert_false(matches); /* not even a file */
    write_all(f);
    assert_int_equal(storage_finish(f->s, &f->e), 0);
    storage_unref(f->s);
    assert_int_equal(storage_open(f->m, f->directory, NULL, true, &f->s, &f->e),
                     0);
    check_all(f);
    storage_unref(f->s);
    /* As after a crash between the rename and the note of it. */
    assert_int_equal(
        storage_open(f->m, f->directory, NULL, false, &f->s, &f->e), 0);
    assert_true(storage_is_complete(f->s));
    check_all(f);
}

/* Another file under the final name is not mistaken for a finished download. */
static void storage_open_foreign_final(void **state)
{
    struct fixture *f = *state;

    f->m = sample_single("file", PIECE, PIECE);
    sample_write(f->directory, "file", PIECE);
    assert_int_equal(
        storage_open(f->m, f->directory, NULL, false, &f->s, &f->e), 0);
    assert_true(storage_is_complete(f->s)); /* equal content: fine */
    storage_unref(f->s);
    f->s = NULL;
    sample_write(f->directory, "file", PIECE - 1);
    assert_int_equal(
        storage_open(f->m, f->directory, NULL, false, &f->s, &f->e),
        P2P_ENOENT);
    assert_null(f->s);
}

/* Requests outside a piece are errors. */
static void storage_read_out_of_range(void **state)
{
    struct fixture *f = *state;

    f->m = sample_single("file", PIECE + 100, PIECE);
    create(f);
    write_all(f);
    assert_int_equal(read_piece(f, 2, 0, 1), P2P_ERANGE);
    assert_int_equal(read_piece(f, UINT32_MAX, 0, 1), P2P_ERANGE);
    assert_int_equal(read_piece(f, 0, PIECE, 1), P2P_ERANGE);
    assert_int_equal(read_piece(f, 0, 1, PIECE), P2P_ERANGE);
    assert_int_equal(read_piece(f, 0, UINT32_MAX, 1), P2P_ERANGE);
    assert_int_equal(read_piece(f, 1, 200, BLOCK), 0); /* all padding */
    assert_int_equal(f->back[0], 0);
    assert_int_equal(f->back[BLOCK - 1], 0);
    assert_int_equal(storage_write(f->s, 1, 0, f->data, 101, &f->e),
                     P2P_ERANGE);
    assert_int_equal(storage_write(f->s, 1, 101, f->data, 1, &f->e),
                     P2P_ERANGE);
    assert_int_equal(storage_write(f->s, 2, 0, f->data, 1, &f->e), P2P_ERANGE);
}

/* Many parts, also empty ones, across the end of the file. */
static void storage_read_many_parts(void **state)
{
    struct fixture *f = *state;
    struct iovec parts[100];
    int i;

    f->m = sample_single("file", 1000, PIECE);
    create(f);
    write_all(f);
    memset(f->back, 0xee, sizeof f->back);
    for (i = 0; i < 100; i++) {
        parts[i].iov_base = f->back + 20 * (i / 2);
        parts[i].iov_len = i % 2 == 0 ? 0 : 20;
    }
    assert_int_equal(storage_read(f->s, 0, 500, parts, 100, &f->e), 0);
    sample_piece(f->m, 0, f->data);
    assert_memory_equal(f->back, f->data + 500, 500);
    for (i = 500; i < 1000; i++) {
        assert_int_equal(f->back[i], 0);
    }
    assert_int_equal(f->back[1000], 0xee);
    assert_int_equal(parts[1].iov_len, 20); /* the caller's are untouched */
}

/* S1-17: a file that changed is not served, whatever kind of change it was. */
static void storage_read_changed_file(void **state)
{
    struct fixture *f = *state;
    char *path = at(f, "file");
    char *other = at(f, "other");
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000}};
    struct storage_stamp stamp;

    f->m = sample_single("file", PIECE + 5, PIECE);
    complete(f);
    assert_int_equal(read_piece(f, 0, 0, BLOCK), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(read_piece(f, 0, 0, BLOCK), P2P_EVERIFY);
    assert_int_equal(storage_stamp_all(f->s, f->m, &stamp, &f->e), 0);
    storage_expect(f->s, &stamp); /* hashed again: fine */
    assert_int_equal(read_piece(f, 0, 0, BLOCK), 0);
    assert_int_equal(truncate(path, PIECE), 0);
    assert_int_equal(read_piece(f, 1, 0, 5), P2P_EVERIFY);
    sample_write(f->directory, "file", PIECE + 5);
    assert_int_equal(storage_stamp_all(f->s, f->m, &stamp, &f->e), 0);
    storage_expect(f->s, &stamp);
    assert_int_equal(read_piece(f, 0, 0, BLOCK), 0);
    sample_write(f->directory, "other", PIECE + 5);
    assert_int_equal(rename(other, path), 0);
    clock_freeze(clock_now_us() + 5000000, 0); /* the name is looked at again */
    assert_int_equal(read_piece(f, 0, 0, BLOCK), P2P_EVERIFY);
    assert_int_equal(unlink(path), 0);
    filecache_close_idle(0);
    assert_int_equal(read_piece(f, 0, 0, BLOCK), P2P_EVERIFY);
    clock_thaw();
    free(other);
    free(path);
}

/* A complete item is not written to. */
static void storage_write_complete(void **state)
{
    struct fixture *f = *state;

    f->m = sample_single("file", 5, PIECE);
    complete(f);
    assert_int_equal(storage_write(f->s, 0, 0, f->data, 5, &f->e), P2P_EINVAL);
}

static void check_symlink_refused(struct fixture *f)
{
    char *inside = at(f, "stuff.part/a");
    char *outside = at(f, "outside");

    make_tree(f);
    create(f);
    assert_int_equal(mkdir(outside, 0700), 0);
    assert_int_equal(symlink(outside, inside), 0);
    sample_piece(f->m, 0, f->data);
    assert_true(storage_write(f->s, 0, 0, f->data, PIECE, &f->e) < 0);
    assert_false(exists(f, "outside/deep"));
    assert_int_equal(rmdir(outside), 0); /* nothing is in it */
    assert_int_equal(unlink(inside), 0);
    free(outside);
    free(inside);
}

/* A symlink in the way is refused, and nothing is written behind it. */
static void storage_write_symlink_in_the_way(void **state)
{
    check_symlink_refused(*state);
}

static void storage_write_symlink_old_kernel(void **state)
{
    beneath_act_old(true);
    check_symlink_refused(*state);
    beneath_act_old(false);
}

/* Links and pipes in the place of a file are refused. */
static void storage_write_odd_files(void **state)
{
    struct fixture *f = *state;
    char *part = at(f, "file.part");
    char *victim = at(f, "victim");

    f->m = sample_single("file", PIECE, PIECE);
    sample_piece(f->m, 0, f->data);
    sample_write(f->directory, "victim", 5);
    create(f);
    assert_int_equal(unlink(part), 0);
    assert_int_equal(symlink(victim, part), 0);
    assert_true(storage_write(f->s, 0, 0, f->data, PIECE, &f->e) < 0);
    assert_int_equal(unlink(part), 0);
    assert_int_equal(link(victim, part), 0);
    assert_true(storage_write(f->s, 0, 0, f->data, PIECE, &f->e) < 0);
    assert_int_equal(unlink(part), 0);
    assert_int_equal(mkfifo(part, 0600), 0);
    assert_true(storage_write(f->s, 0, 0, f->data, PIECE, &f->e) < 0);
    assert_true(read_piece(f, 0, 0, BLOCK) < 0);
    assert_int_equal(unlink(part), 0);
    assert_int_equal(storage_write(f->s, 0, 0, f->data, PIECE, &f->e),
                     P2P_ENOENT); /* gone: not made anew full of zeros */
    assert_int_equal(truncate(victim, 5), 0);
    storage_unref(f->s);
    assert_int_equal(symlink(victim, part), 0);
    assert_true(storage_open(f->m, f->directory, NULL, false, &f->s, &f->e) <
                0);
    assert_int_equal(storage_create(f->m, f->directory, NULL, &f->s, &f->e),
                     P2P_EEXIST);
    f->s = NULL;
    free(victim);
    free(part);
}

/* Names that lead elsewhere are refused before anything is made. */
static void storage_create_bad_names(void **state)
{
    static const char *const names[] = {"", ".", "..", "a/b", "a\n", "/etc"};
    struct fixture *f = *state;
    size_t i;

    f->m = sample_single("file", 1, PIECE);
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(
            storage_create(f->m, f->directory, names[i], &f->s, &f->e),
            P2P_EINVAL);
    }
    assert_int_equal(storage_create(f->m, "relative", NULL, &f->s, &f->e),
                     P2P_EINVAL);
    assert_null(f->s);
}

/* beneath_open does not leave the directory, with openat2 and without. */
static void beneath_open_stays_inside(void **state)
{
    static const char *const paths[] = {"..",     "../x", "/etc/passwd",
                                        "a/../x", ".",    "a/../../etc/passwd",
                                        "",       "a//b"};
    struct fixture *f = *state;
    int dir = open(f->directory, O_PATH | O_DIRECTORY);
    int old;
    size_t i;

    for (old = 0; old < 2; old++) {
        beneath_act_old(old == 1);
        for (i = 0; i < sizeof paths / sizeof paths[0]; i++) {
            struct stat status;

            assert_int_equal(
                beneath_open_file(dir, paths[i], O_RDONLY, &status), -1);
        }
    }
    beneath_act_old(false);
    close(dir);
}

static int open_data_files(const struct fixture *f)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int n = 0;

    while ((entry = readdir(dir)) != NULL) {
        char target[4096];
        ssize_t length =
            readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);

        if (length > 0) {
            target[length] = '\0';
            n += strncmp(target, f->directory, strlen(f->directory)) == 0;
        }
    }
    closedir(dir);
    return n;
}

/* S3-08: files are opened when they are needed, few at a time, and closed when
 * they are idle. */
static void storage_keeps_few_files_open(void **state)
{
    enum { MANY = 300 };
    struct fixture *f = *state;
    struct sample_file files[MANY];
    char names[MANY][8];
    uint32_t i;

    for (i = 0; i < MANY; i++) {
        (void)snprintf(names[i], sizeof names[i], "%03u", i);
        files[i] = (struct sample_file){names[i], 100};
    }
    f->m = sample_manifest("stuff", true, PIECE, files, MANY);
    create(f);
    assert_int_equal(open_data_files(f), 0);
    write_all(f);
    assert_int_equal(filecache_count(), FILECACHE_MAX);
    assert_int_equal(open_data_files(f), FILECACHE_MAX);
    assert_int_equal(storage_finish(f->s, &f->e), 0);
    assert_int_equal(open_data_files(f), 0);
    check_all(f);
    assert_int_equal(open_data_files(f), FILECACHE_MAX);
    clock_freeze(clock_now_us() + 31000000, 0);
    assert_false(storage_close_idle());
    clock_thaw();
    assert_int_equal(open_data_files(f), 0);
}

struct writer {
    struct fixture *f;
    unsigned first, step;
    atomic_int *failures;
};

static void *run_writer(void *arg)
{
    struct writer *w = arg;
    uint8_t *data = mem_alloc(PIECE);
    uint32_t i;

    for (i = w->first; i < w->f->m->piece_count; i += w->step) {
        uint32_t piece = (i * 7) % w->f->m->piece_count;
        uint32_t size = sample_piece(w->f->m, piece, data);
        struct iovec part = {.iov_base = data, .iov_len = size};

        if (storage_write(w->f->s, piece, 0, data, size, NULL) < 0 ||
            storage_read(w->f->s, piece, 0, &part, 1, NULL) < 0 ||
            (i % 50 == 0 && storage_sync(w->f->s, NULL) < 0)) {
            atomic_fetch_add(w->failures, 1);
        }
    }
    free(data);
    return NULL;
}

/* S1-07: 16 writers, any order, the same bytes. */
static void storage_write_from_many_threads(void **state)
{
    enum { WRITERS = 16, FILES = 200 };
    struct fixture *f = *state;
    struct sample_file files[FILES];
    char names[FILES][8];
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    atomic_int failures = 0;
    unsigned i;

    for (i = 0; i < FILES; i++) {
        (void)snprintf(names[i], sizeof names[i], "d%u/%03u", i % 10, i);
        files[i] = (struct sample_file){names[i], i == 7 ? 20 * PIECE : 3000};
    }
    f->m = sample_manifest("stuff", true, PIECE, files, FILES);
    assert_int_not_equal(f->m->piece_count % 7, 0);
    create(f);
    for (i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){f, i, WRITERS, &failures};
        assert_int_equal(
            pthread_create(&threads[i], NULL, run_writer, &writers[i]), 0);
    }
    for (i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(storage_finish(f->s, &f->e), 0);
    check_all(f);
}

struct racer {
    int dir;
    atomic_bool is_over;
};

/* Swap a directory and a symlink to the outside as fast as possible. */
static void *run_racer(void *arg)
{
    struct racer *r = arg;

    while (!atomic_load(&r->is_over)) {
        (void)renameat2(r->dir, "a", r->dir, "link", RENAME_EXCHANGE);
    }
    return NULL;
}

static void race(struct fixture *f, int rounds)
{
    char *outside = at(f, "outside");
    char *part = at(f, "stuff.part");
    struct racer r = {.is_over = false};
    pthread_t thread;
    int i;

    make_tree(f);
    create(f);
    sample_piece(f->m, 0, f->data);
    assert_int_equal(mkdir(outside, 0700), 0);
    write_piece(f, 0);
    r.dir = open(part, O_RDONLY | O_DIRECTORY);
    assert_int_equal(symlinkat(outside, r.dir, "link"), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_racer, &r), 0);
    for (i = 0; i < rounds; i++) {
        filecache_close_idle(0);
        (void)storage_write(f->s, 0, 0, f->data, BLOCK, &f->e);
    }
    atomic_store(&r.is_over, true);
    pthread_join(thread, NULL);
    assert_int_equal(rmdir(outside), 0); /* nothing was made in it */
    close(r.dir);
    free(part);
    free(outside);
}

/* T21: somebody who swaps directories for links all the time gains nothing. */
static void storage_write_symlink_race(void **state)
{
    race(*state, 20000);
}

static void storage_write_symlink_race_old_kernel(void **state)
{
    beneath_act_old(true);
    race(*state, 20000);
    beneath_act_old(false);
}

/* References keep it alive; the free space of the disk is known. */
static void storage_ref_counts(void **state)
{
    struct fixture *f = *state;

    f->m = sample_single("file", 1, PIECE);
    create(f);
    assert_ptr_equal(storage_ref(f->s), f->s);
    storage_unref(f->s);
    assert_true(storage_disk_free(f->s) > 0);
    assert_int_equal(
        strncmp(storage_path(f->s), f->directory, strlen(f->directory)), 0);
}

/* One of two workers that write into the same files at the same time. */
struct pair {
    struct fixture *f;
    pthread_barrier_t *start;
    uint32_t first; /* piece; then every second one */
    int rv;
};

static void *write_every_second(void *arg)
{
    static const uint8_t zeros[BLOCK];
    struct pair *p = arg;
    uint32_t piece;

    for (piece = p->first; piece < p->f->m->piece_count; piece += 2) {
        struct err e = {.code = 0};
        int rv;

        pthread_barrier_wait(p->start);
        rv = storage_write(p->f->s, piece, 0, zeros, BLOCK, &e);
        p->rv = p->rv == 0 ? rv : p->rv;
    }
    return NULL;
}

/* Both begin with a file that is not there: one makes it, the other finds it.
 */
static void storage_write_two_make_one_file(void **state)
{
    enum { FILES = 300 };
    struct fixture *f = *state;
    static char names[FILES][16];
    struct sample_file files[FILES];
    pthread_barrier_t start;
    pthread_t threads[2];
    struct pair pairs[2];
    int i;

    for (i = 0; i < FILES; i++) {
        snprintf(names[i], sizeof names[i], "d/%03d", i);
        files[i] = (struct sample_file){names[i], 2 * BLOCK};
    }
    f->m = sample_manifest("stuff", true, BLOCK, files, FILES);
    create(f);
    pthread_barrier_init(&start, NULL, 2);
    for (i = 0; i < 2; i++) {
        pairs[i] = (struct pair){f, &start, (uint32_t)i, 0};
        assert_int_equal(
            pthread_create(&threads[i], NULL, write_every_second, &pairs[i]),
            0);
    }
    for (i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(pairs[i].rv, 0);
    }
    pthread_barrier_destroy(&start);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(storage_create_all_sizes),
        TEST(storage_create_old_kernel),
        TEST(storage_finish_directory),
        TEST(storage_delete_keeps_foreign_files),
        TEST(storage_delete_unfinished),
        TEST(storage_create_never_overwrites),
        TEST(storage_create_foreign_part),
        TEST(storage_write_two_make_one_file),
        TEST(storage_open_resumes),
        TEST(storage_open_foreign_final),
        TEST(storage_read_out_of_range),
        TEST(storage_read_many_parts),
        TEST(storage_read_changed_file),
        TEST(storage_write_complete),
        TEST(storage_write_symlink_in_the_way),
        TEST(storage_write_symlink_old_kernel),
        TEST(storage_write_odd_files),
        TEST(storage_create_bad_names),
        TEST(beneath_open_stays_inside),
        TEST(storage_keeps_few_files_open),
        TEST(storage_write_from_many_threads),
        TEST(storage_write_symlink_race),
        TEST(storage_write_symlink_race_old_kernel),
        TEST(storage_ref_counts),
    };

    return cmocka_run_group_tests_name("engine/storage", tests, NULL, NULL);
}
