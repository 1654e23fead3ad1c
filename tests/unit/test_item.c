#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/sample.h"
#include "crypto/sha256.h"
#include "engine/item.h"
#include "engine/storage.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"
#include "wire/manifest.h"

enum { PIECE = 65536, FOUND_MAX = 8 };

struct fixture {
    char *state_dir;
    struct item_record *r; /* a directory item with a layer */
    struct item_record *found[FOUND_MAX];
    int found_count;
    struct err e;
};

static struct item_record *make_record(void)
{
    static const struct sample_file files[] = {
        {"big", 5 * PIECE + 7}, {"empty", 0}, {"small", 100}};
    struct item_record *r = mem_calloc(1, sizeof *r);

    r->group = mem_strdup("our \"lab\" # 1 \\ x");
    r->name = mem_strdup("stuff");
    r->directory = mem_strdup("/home/anna/my \xff files");
    r->file_name = mem_strdup("stuff  \xc3\xa9 ");
    r->wish = ITEM_PAUSED;
    r->manifest = sample_manifest("stuff", true, PIECE, files, 3);
    return r;
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    f.state_dir = sample_directory();
    f.r = make_record();
    *state = &f;
    return 0;
}

static void forget_found(struct fixture *f)
{
    while (f->found_count > 0) {
        item_record_free(f->found[--f->found_count]);
    }
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    forget_found(f);
    item_record_free(f->r);
    item_record_free(NULL);
    sample_remove(f->state_dir);
    return 0;
}

static void on_found(void *arg, struct item_record *r)
{
    struct fixture *f = arg;

    assert_true(f->found_count < FOUND_MAX);
    f->found[f->found_count++] = r;
}

static void load_all(struct fixture *f, int expected)
{
    forget_found(f);
    assert_int_equal(item_load_all(f->state_dir, on_found, f, &f->e), 0);
    assert_int_equal(f->found_count, expected);
}

static void check_equal(const struct item_record *a,
                        const struct item_record *b)
{
    assert_string_equal(a->group, b->group);
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->directory, b->directory);
    assert_string_equal(a->file_name, b->file_name);
    assert_int_equal(a->wish, b->wish);
    assert_int_equal(a->complete, b->complete);
    assert_memory_equal(a->manifest->hash, b->manifest->hash, MANIFEST_HASH);
    assert_int_equal(a->manifest->layers_size, b->manifest->layers_size);
    assert_non_null(b->manifest->files[0].layer);
}

static struct storage_stamp *make_stamps(size_t count)
{
    struct storage_stamp *stamps = mem_calloc(count, sizeof *stamps);
    size_t i;

    for (i = 0; i < count; i++) {
        stamps[i] = (struct storage_stamp){i, -5 - (int64_t)i, UINT64_MAX, 7};
    }
    return stamps;
}

/* Nothing was ever saved: no items, no error. */
static void item_load_all_empty(void **state)
{
    load_all(*state, 0);
}

/* What is saved comes back, with names of every kind. */
static void item_save_round_trip(void **state)
{
    struct fixture *f = *state;
    struct stat status;
    char *path;

    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    load_all(f, 1);
    check_equal(f->r, f->found[0]);
    assert_null(f->found[0]->stamps);
    path = item_file(f->state_dir, f->r->manifest->hash, "item");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    *strrchr(path, '/') = '\0';
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    free(path);
}

/* The same item is not saved over itself, but broken rests give way. */
static void item_save_twice(void **state)
{
    struct fixture *f = *state;
    char *path = item_file(f->state_dir, f->r->manifest->hash, "item");

    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    assert_int_equal(item_save(f->state_dir, f->r, &f->e), P2P_EEXIST);
    assert_int_equal(unlink(path), 0);
    load_all(f, 0);
    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    load_all(f, 1);
    free(path);
}

/* A path that has no place in a line is refused, and nothing is left. */
static void item_save_odd_path(void **state)
{
    struct fixture *f = *state;

    free(f->r->directory);
    f->r->directory = mem_strdup("/home/new\nline");
    assert_int_equal(item_save(f->state_dir, f->r, &f->e), P2P_EINVAL);
    load_all(f, 0);
}

/* Wish, completeness and stamps change; S1-17 needs the stamps. */
static void item_update_changes(void **state)
{
    struct fixture *f = *state;
    size_t count = f->r->manifest->file_count;

    assert_int_equal(item_update(f->state_dir, f->r, &f->e), P2P_ENOENT);
    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    f->r->wish = ITEM_STOPPED;
    f->r->complete = true;
    f->r->stamps = make_stamps(count);
    assert_int_equal(item_update(f->state_dir, f->r, &f->e), 0);
    load_all(f, 1);
    check_equal(f->r, f->found[0]);
    assert_non_null(f->found[0]->stamps);
    assert_memory_equal(f->found[0]->stamps, f->r->stamps,
                        count * sizeof *f->r->stamps);
}

/* Stamps that were damaged are not believed. */
static void item_load_all_broken_stamps(void **state)
{
    struct fixture *f = *state;
    char *path = item_file(f->state_dir, f->r->manifest->hash, "stamps");
    uint8_t *data;
    size_t size;
    size_t at;

    f->r->complete = true;
    f->r->stamps = make_stamps(f->r->manifest->file_count);
    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    assert_int_equal(fd_read_file(path, 4096, &data, &size), 0);
    for (at = 0; at < size; at += 5) {
        data[at] ^= 1;
        assert_int_equal(fd_replace_file(path, data, size, 0600), 0);
        load_all(f, 1);
        assert_null(f->found[0]->stamps);
        assert_true(f->found[0]->complete);
        data[at] ^= 1;
    }
    assert_int_equal(fd_replace_file(path, data, size - 1, 0600), 0);
    load_all(f, 1);
    assert_null(f->found[0]->stamps);
    free(data);
    free(path);
}

static void spoil(struct fixture *f, const char *name, const char *text)
{
    char *path = item_file(f->state_dir, f->r->manifest->hash, name);
    uint8_t *data = NULL;
    size_t size = 0;

    assert_int_equal(fd_read_file(path, 1 << 20, &data, &size), 0);
    assert_int_equal(fd_replace_file(path, text, strlen(text), 0600), 0);
    load_all(f, 0);
    assert_int_equal(fd_replace_file(path, data, size, 0600), 0);
    load_all(f, 1);
    free(data);
    free(path);
}

/* Broken items are reported and left alone; the others are still found. */
static void item_load_all_broken(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    spoil(f, "item", "");
    spoil(f, "item", "group = g\nname = n\nwish = run\nfile_name = f\n");
    spoil(f, "item",
          "group = g\nname = n\nwish = run\nfile_name = f\ndirectory = rel\n");
    spoil(f, "item",
          "group = g\nname = n\nwish = run\nfile_name = ../x\ndirectory = /\n");
    spoil(f, "item",
          "group = g\nname = n\nwish = fly\nfile_name = f\ndirectory = /\n");
    spoil(f, "info", "d4:name3:fooe");
    spoil(f, "layers", "d0:0:e");
}

/* An info that is valid but of another item does not pass for this one. */
static void item_load_all_wrong_info(void **state)
{
    struct fixture *f = *state;
    struct manifest *other = sample_single("other", 10, PIECE);
    char *info = item_file(f->state_dir, f->r->manifest->hash, "info");
    char *layers = item_file(f->state_dir, f->r->manifest->hash, "layers");

    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    assert_int_equal(unlink(layers), 0);
    assert_int_equal(fd_replace_file(info, other->info, other->info_size, 0600),
                     0);
    load_all(f, 0);
    free(layers);
    free(info);
    manifest_free(other);
}

/* What a crash left half made or half deleted is cleared away. */
static void item_load_all_clears_rests(void **state)
{
    static const char *const rests[] = {".new-", ".old-"};
    struct fixture *f = *state;
    char *path = item_file(f->state_dir, f->r->manifest->hash, "item");
    size_t i;

    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    *strrchr(path, '/') = '\0';
    for (i = 0; i < 2; i++) {
        char *rest = mem_printf("%s/items/%s%s", f->state_dir, rests[i],
                                strrchr(path, '/') + 1);

        assert_int_equal(rename(path, rest), 0);
        load_all(f, 0);
        assert_int_equal(access(rest, F_OK), -1);
        assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
        free(rest);
    }
    free(path);
}

/* A forgotten item is gone with its journal and leaves. */
static void item_forget_removes_all(void **state)
{
    struct fixture *f = *state;
    char *path = item_file(f->state_dir, f->r->manifest->hash, "journal");

    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    assert_int_equal(fd_replace_file(path, "x", 1, 0600), 0);
    assert_int_equal(item_forget(f->state_dir, f->r->manifest->hash, &f->e), 0);
    load_all(f, 0);
    *strrchr(path, '/') = '\0';
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(item_forget(f->state_dir, f->r->manifest->hash, &f->e),
                     P2P_ENOENT);
    free(path);
}

static uint32_t make_leaves(const struct manifest *m, uint32_t piece,
                            uint8_t (*leaves)[32])
{
    uint8_t *data = mem_alloc(PIECE);
    uint32_t size = sample_piece(m, piece, data);

    sha256_leaves(data, size, leaves);
    free(data);
    return (size - 1) / SHA256_LEAF + 1;
}

/* Leaves come back for the pieces they were stored for, in any order; damaged
 * ones count as never stored. */
static void item_write_leaves_round_trip(void **state)
{
    static const uint32_t order[] = {5, 0, 6, 2};
    struct fixture *f = *state;
    const struct manifest *m = f->r->manifest;
    uint8_t leaves[PIECE / SHA256_LEAF][32];
    uint8_t back[PIECE / SHA256_LEAF][32];
    char *path = item_file(f->state_dir, m->hash, "leaves");
    size_t i;

    assert_int_equal(m->piece_count, 7);
    assert_int_equal(item_save(f->state_dir, f->r, &f->e), 0);
    assert_int_equal(item_read_leaves(f->state_dir, m, 0, back), P2P_ENOENT);
    for (i = 0; i < 4; i++) {
        uint32_t count = make_leaves(m, order[i], leaves);

        assert_int_equal(item_write_leaves(f->state_dir, m, order[i],
                                           (const uint8_t(*)[32])leaves, count),
                         0);
        assert_int_equal(item_read_leaves(f->state_dir, m, order[i], back), 0);
        assert_memory_equal(back, leaves, (size_t)count * 32);
    }
    assert_int_equal(item_read_leaves(f->state_dir, m, 1, back), P2P_ENOENT);
    assert_int_equal(item_read_leaves(f->state_dir, m, 4, back), P2P_ENOENT);
    assert_int_equal(item_read_leaves(f->state_dir, m, 7, back), P2P_ERANGE);
    assert_int_equal(
        item_write_leaves(f->state_dir, m, 7, (const uint8_t(*)[32])leaves, 1),
        P2P_ERANGE);
    assert_int_equal(
        item_write_leaves(f->state_dir, m, 0, (const uint8_t(*)[32])leaves, 3),
        P2P_ERANGE);
    assert_int_equal(truncate(path, 2 * 128 + 100), 0); /* inside piece 2 */
    assert_int_equal(item_read_leaves(f->state_dir, m, 2, back), P2P_ENOENT);
    assert_int_equal(item_read_leaves(f->state_dir, m, 0, back), 0);
    free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(item_load_all_empty),
        TEST(item_save_round_trip),
        TEST(item_save_twice),
        TEST(item_save_odd_path),
        TEST(item_update_changes),
        TEST(item_load_all_broken_stamps),
        TEST(item_load_all_broken),
        TEST(item_load_all_wrong_info),
        TEST(item_load_all_clears_rests),
        TEST(item_forget_removes_all),
        TEST(item_write_leaves_round_trip),
    };

    return cmocka_run_group_tests_name("engine/item", tests, NULL, NULL);
}
