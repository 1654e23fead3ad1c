#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/sample.h"
#include "crypto/sha256.h"
#include "engine/disk.h"
#include "engine/item.h"
#include "engine/share.h"
#include "engine/storage.h"
#include "net/loop.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"
#include "wire/manifest.h"

enum { PIECE = 65536, BLOCK = 16384 };

struct fixture {
    char *directory;
    char *leaves_path;
    struct loop *loop;
    struct disk *disk;
    struct disk_port *port;
    struct share *share;
    int progress_count;
    uint64_t progress_last, progress_total;
    void (*in_progress)(struct fixture *f);
    int done_count;
    int code;
    char why[ERR_TEXT_MAX];
    struct manifest *m;
    struct storage_stamp *stamps;
};

static void start(struct fixture *f, unsigned threads)
{
    memset(f, 0, sizeof *f);
    f->directory = sample_directory();
    f->leaves_path = mem_printf("%s/leaves", f->directory);
    f->loop = loop_new();
    f->disk = disk_new(threads);
    f->port = disk_port_new(f->disk, f->loop);
}

static void forget_result(struct fixture *f)
{
    manifest_free(f->m);
    free(f->stamps);
    f->m = NULL;
    f->stamps = NULL;
}

static void finish(struct fixture *f)
{
    clock_thaw();
    disk_port_free(f->port);
    loop_free(f->loop);
    disk_free(f->disk);
    forget_result(f);
    free(f->leaves_path);
    sample_remove(f->directory);
}

static char *at(const struct fixture *f, const char *name)
{
    return mem_printf("%s/%s", f->directory, name);
}

static void on_progress(void *arg, uint64_t done, uint64_t total)
{
    struct fixture *f = arg;

    assert_true(done >= f->progress_last && done <= total);
    f->progress_count++;
    f->progress_last = done;
    f->progress_total = total;
    /* Time flies, so that every job is told. The first call is for the scan. */
    clock_freeze(clock_now_us() + 1000000, 0);
    if (done > 0 && f->in_progress != NULL) {
        f->in_progress(f);
        f->in_progress = NULL;
    }
}

static void on_done(void *arg, int code, const char *why, struct manifest *m,
                    struct storage_stamp *stamps)
{
    struct fixture *f = arg;

    assert_true((code == 0) == (m != NULL));
    assert_true((code == 0) == (stamps != NULL));
    f->done_count++;
    f->code = code;
    strncat(f->why, why, sizeof f->why - 1);
    f->m = m;
    f->stamps = stamps;
    loop_stop(f->loop);
}

static const struct share_ops ops = {on_progress, on_done};

static void begin(struct fixture *f, const char *name, uint32_t piece_length)
{
    char *path = at(f, name);

    forget_result(f);
    f->done_count = 0;
    f->progress_last = 0;
    f->why[0] = '\0';
    f->share = share_start(&(struct share_setup){.port = f->port,
                                                 .path = path,
                                                 .root_pem = "a root\n",
                                                 .piece_length = piece_length,
                                                 .leaves_path = f->leaves_path,
                                                 .ops = &ops,
                                                 .arg = f});
    free(path);
}

static int share(struct fixture *f, const char *name, uint32_t piece_length)
{
    begin(f, name, piece_length);
    loop_run(f->loop, "test");
    assert_int_equal(f->done_count, 1);
    return f->code;
}

/* The leaves file holds the leaves of every piece at its place. */
static void check_leaves(struct fixture *f)
{
    const struct manifest *m = f->m;
    uint32_t slot = m->piece_length / BLOCK * 32;
    uint8_t *data = mem_alloc(m->piece_length);
    uint8_t *expected = mem_alloc(slot);
    uint8_t *found = mem_alloc(slot);
    int fd = open(f->leaves_path, O_RDONLY);
    uint32_t i;

    assert_true(fd >= 0);
    for (i = 0; i < m->piece_count; i++) {
        uint32_t size = sample_piece(m, i, data);
        uint32_t count = (size - 1) / BLOCK + 1;

        sha256_leaves(data, size, (uint8_t(*)[32])expected);
        assert_int_equal(
            fd_pread_all(fd, found, count * 32, (uint64_t)i * slot), 0);
        assert_memory_equal(found, expected, count * 32);
    }
    close(fd);
    free(found);
    free(expected);
    free(data);
}

static void check_against(struct fixture *f, const struct manifest *expected)
{
    assert_int_equal(f->m->info_size, expected->info_size);
    assert_memory_equal(f->m->info, expected->info, expected->info_size);
    assert_int_equal(f->m->layers_size, expected->layers_size);
    if (expected->layers_size > 0) {
        assert_memory_equal(f->m->layers, expected->layers,
                            expected->layers_size);
    }
    check_leaves(f);
}

/* Files of every interesting size give the manifest that they should. */
static void share_start_all_sizes(void **state)
{
    static const uint64_t sizes[] = {
        0,           1,
        BLOCK - 1,   BLOCK,
        BLOCK + 1,   PIECE - 1,
        PIECE,       PIECE + 1,
        2 * PIECE,   3 * PIECE + BLOCK,
        100 * PIECE, 300 * PIECE + 77,
    };
    struct fixture f;
    size_t i;

    (void)state;
    start(&f, 2);
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct manifest *expected = sample_single("file", sizes[i], PIECE);

        sample_write(f.directory, "file", sizes[i]);
        assert_int_equal(share(&f, "file", PIECE), 0);
        check_against(&f, expected);
        assert_int_equal(f.stamps[0].size, sizes[i]);
        manifest_free(expected);
    }
    assert_true(f.progress_count > 0);
    finish(&f);
}

/* A directory: order of bencode keys, empty files, more files than one job
 * takes; and the stamps are those a storage compares with. */
static void share_start_directory(void **state)
{
    enum { MANY = 250 };
    static const struct sample_file some[] = {
        {"a", 5},       {"a.txt/x", PIECE * 3 + 1},
        {"a.txt/y", 0}, {"ab/c/d", PIECE},
        {"ab-", 2},     {"z/empty", 0},
        {"B", 70000},   {"\xc3\xa9t\xc3\xa9", 10},
    };
    enum { SOME = sizeof some / sizeof some[0] };
    struct sample_file files[SOME + MANY];
    struct manifest *expected;
    struct storage *s = NULL;
    struct fixture f;
    struct err e;
    size_t i;

    (void)state;
    start(&f, 3);
    memcpy(files, some, sizeof some);
    for (i = 0; i < MANY; i++) {
        files[SOME + i].path = mem_printf("many/%zu", i * 7);
        files[SOME + i].size = i * 100;
    }
    for (i = 0; i < SOME + MANY; i++) {
        char *path = mem_printf("stuff/%s", files[i].path);
        char *full = at(&f, "stuff");

        sample_write(full, files[i].path, files[i].size);
        free(full);
        free(path);
    }
    assert_int_equal(share(&f, "stuff/", PIECE), 0);
    expected = sample_manifest("stuff", true, PIECE, files, SOME + MANY);
    check_against(&f, expected);
    assert_int_equal(storage_open(f.m, f.directory, NULL, true, &s, &e), 0);
    storage_expect(s, f.stamps);
    for (i = 0; i < f.m->piece_count; i++) {
        uint8_t leaves[PIECE / BLOCK][32];
        bool matches = false;

        assert_int_equal(
            storage_hash_piece(s, (uint32_t)i, leaves, &matches, &e), 0);
        assert_true(matches);
    }
    storage_unref(s);
    manifest_free(expected);
    for (i = 0; i < MANY; i++) {
        free((char *)(uintptr_t)files[SOME + i].path);
    }
    finish(&f);
}

/* Without a piece length one that suits the size is chosen. */
static void share_start_chooses_piece_length(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, 2);
    sample_write(f.directory, "file", 1000000);
    assert_int_equal(share(&f, "file", 0), 0);
    assert_int_equal(f.m->piece_length, manifest_choose_piece_length(1000000));
    assert_int_equal(unlink(f.leaves_path), 0);
    assert_int_equal(share(&f, "file", 50000), P2P_EINVAL);
    assert_int_equal(share(&f, "file", 8192), P2P_EINVAL);
    assert_int_equal(share(&f, "file", 1u << 25), P2P_EINVAL);
    assert_int_equal(access(f.leaves_path, F_OK), -1);
    finish(&f);
}

/* A sparse file beyond 4 GiB: places are 64 bits wide. On a tmpfs where there
 * is one, because reading holes there costs no memory. */
static void share_start_beyond_4_gib(void **state)
{
    char *scratch = mem_strdup("/dev/shm/p2p-XXXXXX");
    const uint64_t size = (UINT64_C(1) << 32) + 5;
    const uint32_t length = 16u << 20;
    uint8_t tail[5] = {1, 2, 3, 4, 5};
    uint8_t leaf[32];
    struct fixture f;
    char *path;
    int fd;

    (void)state;
    start(&f, 2);
    if (mkdtemp(scratch) != NULL) {
        sample_remove(f.directory);
        free(f.leaves_path);
        f.directory = mem_strdup(scratch);
        f.leaves_path = at(&f, "leaves");
    }
    free(scratch);
    path = at(&f, "sparse");
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(fd_pwrite_all(fd, tail, 5, size - 5), 0);
    close(fd);
    assert_int_equal(share(&f, "sparse", length), 0);
    assert_int_equal(f.m->size, size);
    assert_int_equal(f.m->piece_count, 257);
    assert_memory_equal(manifest_piece_hash(f.m, 0),
                        manifest_piece_hash(f.m, 255), 32);
    assert_memory_not_equal(manifest_piece_hash(f.m, 0),
                            manifest_piece_hash(f.m, 256), 32);
    assert_int_equal(f.progress_total, size);
    fd = open(f.leaves_path, O_RDONLY);
    assert_int_equal(fd_pread_all(fd, leaf, 32, 256ull * 1024 * 32), 0);
    close(fd);
    {
        uint8_t digest[32];

        sha256_digest(tail, 5, digest);
        assert_memory_equal(leaf, digest, 32);
    }
    free(path);
    finish(&f);
}

static void expect_refused(struct fixture *f, const char *name, int code,
                           const char *word)
{
    assert_int_equal(share(f, name, PIECE), code);
    if (strstr(f->why, word) == NULL) {
        fail_msg("\"%s\" is not in: %s", word, f->why);
    }
    assert_int_equal(access(f->leaves_path, F_OK), -1);
}

/* What cannot be shared is refused with its path. */
static void share_start_refuses(void **state)
{
    struct fixture f;
    char *name;

    (void)state;
    start(&f, 2);
    sample_write(f.directory, "stuff/good", 10);
    expect_refused(&f, "nothing", P2P_ENOENT, "nothing");
    name = at(&f, "stuff/link");
    assert_int_equal(symlink("good", name), 0);
    expect_refused(&f, "stuff", P2P_EINVAL, "stuff/link");
    expect_refused(&f, "stuff/link", P2P_EINVAL, "symbolic link");
    assert_int_equal(unlink(name), 0);
    assert_int_equal(mkfifo(name, 0600), 0);
    expect_refused(&f, "stuff", P2P_EINVAL, "stuff/link");
    expect_refused(&f, "stuff/link", P2P_EINVAL, "neither");
    assert_int_equal(unlink(name), 0);
    free(name);
    name = at(&f, "stuff/bad\nname");
    assert_int_equal(mkdir(name, 0700), 0);
    expect_refused(&f, "stuff", P2P_EINVAL, "name");
    assert_int_equal(rmdir(name), 0);
    free(name);
    sample_write(f.directory, "stuff/GOOD", 10); /* twins on other systems */
    expect_refused(&f, "stuff", P2P_EINVAL, "");
    name = at(&f, "empty");
    assert_int_equal(mkdir(name, 0700), 0);
    expect_refused(&f, "empty", P2P_EINVAL, "no file");
    free(name);
    finish(&f);
}

/* Directories deeper than a manifest may hold are refused, not followed. */
static void share_start_too_deep(void **state)
{
    struct fixture f;
    char path[1024] = "stuff";
    int i;

    (void)state;
    start(&f, 2);
    for (i = 0; i < 60; i++) {
        strncat(path, "/d", sizeof path - strlen(path) - 1);
    }
    strncat(path, "/f", sizeof path - strlen(path) - 1);
    sample_write(f.directory, path, 1);
    expect_refused(&f, "stuff", P2P_EINVAL, "too many directories");
    finish(&f);
}

static void cancel_now(struct fixture *f)
{
    share_cancel(f->share);
}

/* Giving up in the middle ends soon, and leaves nothing behind. */
static void share_cancel_in_the_middle(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, 2);
    sample_write(f.directory, "file", 500 * PIECE);
    f.in_progress = cancel_now;
    assert_int_equal(share(&f, "file", PIECE), P2P_ECANCELED);
    assert_int_equal(access(f.leaves_path, F_OK), -1);
    assert_true(f.progress_last > 0 && f.progress_last < 500 * PIECE);
    begin(&f, "file", PIECE); /* at once */
    share_cancel(f.share);
    loop_run(f.loop, "test");
    assert_int_equal(f.code, P2P_ECANCELED);
    finish(&f);
}

static void change_tail(struct fixture *f)
{
    char *path = at(f, "file");
    int fd = open(path, O_WRONLY);

    assert_int_equal(fd_pwrite_all(fd, "x", 1, 3), 0);
    close(fd);
    free(path);
}

static void cut_file(struct fixture *f)
{
    char *path = at(f, "file");

    assert_int_equal(truncate(path, PIECE), 0);
    free(path);
}

static void replace_file(struct fixture *f)
{
    char *path = at(f, "file");
    char *other = at(f, "other");

    /* At no moment is there none, which would be another error. */
    sample_write(f->directory, "other", 500 * PIECE);
    assert_int_equal(rename(other, path), 0);
    free(other);
    free(path);
}

/* A file that changes, shrinks or is replaced while it is hashed is refused,
 * also in a part that was hashed already. */
static void share_start_changed_while_hashing(void **state)
{
    static void (*const changes[])(struct fixture *) = {change_tail, cut_file,
                                                        replace_file};
    struct fixture f;
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        start(&f, 1);
        sample_write(f.directory, "file", 500 * PIECE);
        f.in_progress = changes[i];
        assert_int_equal(share(&f, "file", PIECE), P2P_EVERIFY);
        assert_non_null(strstr(f.why, "file changed"));
        finish(&f);
    }
}

static void change_first(struct fixture *f)
{
    sample_write(f->directory, "stuff/a", 11);
}

/* A file that was done long ago and changes before the end is noticed too. */
static void share_start_changed_before_the_end(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, 1);
    sample_write(f.directory, "stuff/a", 10);
    sample_write(f.directory, "stuff/b", 500 * PIECE);
    f.in_progress = change_first;
    assert_int_equal(share(&f, "stuff", PIECE), P2P_EVERIFY);
    assert_non_null(strstr(f.why, "a changed"));
    finish(&f);
}

/* When the port goes away everything is released without a call. */
static void share_start_port_freed(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, 2);
    sample_write(f.directory, "file", 100 * PIECE);
    begin(&f, "file", PIECE);
    disk_port_free(f.port);
    f.port = NULL;
    disk_free(f.disk); /* all workers have ended */
    f.disk = NULL;
    assert_int_equal(f.done_count, 0);
    assert_int_equal(access(f.leaves_path, F_OK), -1);
    finish(&f);
}

/* A served file: the item has another name than the file, and a directory on
 * the way that became a symbolic link leads nowhere. */
static void share_start_beneath_top(void **state)
{
    struct fixture f;
    char *path, *link;
    struct share_setup setup = {
        .name = "sub--data", .root_pem = "a root\n", .ops = &ops, .arg = &f};

    (void)state;
    start(&f, 2);
    path = at(&f, "top/sub");
    link = at(&f, "top/way");
    assert_int_equal(fd_make_dirs(path), 0);
    free(path);
    path = at(&f, "top/sub/data");
    assert_int_equal(fd_replace_file(path, "content", 7, 0600), 0);
    assert_int_equal(symlink("sub", link), 0);
    setup.port = f.port;
    setup.leaves_path = f.leaves_path;
    setup.top = at(&f, "top");
    setup.path = path;
    f.share = share_start(&setup);
    loop_run(f.loop, "test");
    assert_int_equal(f.code, 0);
    assert_string_equal(f.m->name, "sub--data");
    assert_false(f.m->is_directory);
    assert_string_equal(f.m->files[0].path, "sub--data");
    forget_result(&f);
    setup.path = at(&f, "top/way/data");
    f.share = share_start(&setup);
    loop_run(f.loop, "test");
    assert_int_equal(f.done_count, 2);
    assert_int_not_equal(f.code, 0);
    assert_null(f.m);
    free((void *)(uintptr_t)setup.path);
    free((void *)(uintptr_t)setup.top);
    free(path);
    free(link);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_start_all_sizes),
        cmocka_unit_test(share_start_directory),
        cmocka_unit_test(share_start_chooses_piece_length),
        cmocka_unit_test(share_start_beyond_4_gib),
        cmocka_unit_test(share_start_refuses),
        cmocka_unit_test(share_start_too_deep),
        cmocka_unit_test(share_cancel_in_the_middle),
        cmocka_unit_test(share_start_changed_while_hashing),
        cmocka_unit_test(share_start_changed_before_the_end),
        cmocka_unit_test(share_start_port_freed),
        cmocka_unit_test(share_start_beneath_top),
    };

    return cmocka_run_group_tests_name("engine/share", tests, NULL, NULL);
}
