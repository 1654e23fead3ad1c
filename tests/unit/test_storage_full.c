/* A full disk, on a small tmpfs of its own. Exits 77 (skipped) where it may
 * not mount one. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../lib/sample.h"
#include "engine/storage.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/manifest.h"

enum { PIECE = 65536 };

static char *place; /* where the tmpfs is mounted */

static int remount(const char *options)
{
    return mount("tmpfs", place, "tmpfs", MS_REMOUNT, options);
}

/* Writing to a full disk says so, keeps what is there, and goes on when there
 * is space again. */
static void storage_write_disk_full(void **state)
{
    struct manifest *m = sample_single("file", 32 * PIECE, PIECE);
    uint8_t *data = mem_alloc(PIECE);
    uint8_t(*leaves)[32] = mem_calloc(PIECE / 16384, sizeof *leaves);
    struct storage *s = NULL;
    struct err e = {0};
    uint32_t full = UINT32_MAX;
    uint32_t i;

    (void)state;
    assert_int_equal(storage_create(m, place, NULL, &s, &e), 0);
    for (i = 0; i < m->piece_count; i++) {
        uint32_t size = sample_piece(m, i, data);
        int rv = storage_write(s, i, 0, data, size, &e);

        if (rv < 0 && full == UINT32_MAX) {
            assert_int_equal(rv, P2P_ENOSPC);
            assert_int_equal(storage_disk_free(s), 0);
            full = i;
            assert_int_equal(remount("size=64m"), 0);
            assert_true(storage_disk_free(s) > 0);
            i--; /* the same piece again */
            continue;
        }
        assert_int_equal(rv, 0);
    }
    assert_true(full > 0 && full < m->piece_count);
    assert_int_equal(storage_finish(s, &e), 0);
    for (i = 0; i < m->piece_count; i++) {
        bool matches = false;

        assert_int_equal(storage_hash_piece(s, i, leaves, &matches, &e), 0);
        assert_true(matches);
    }
    storage_unref(s);
    manifest_free(m);
    free(leaves);
    free(data);
}

/* No space for another directory entry: an error, not a crash. */
static void storage_create_no_inodes(void **state)
{
    static const struct sample_file files[] = {
        {"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}, {"f", 1},
    };
    struct manifest *m = sample_manifest("stuff", true, PIECE, files, 6);
    struct storage *s = NULL;
    struct err e = {0};
    uint32_t i;
    int rv = 0;

    (void)state;
    assert_int_equal(remount("size=64m,nr_inodes=5"), 0);
    assert_int_equal(storage_create(m, place, NULL, &s, &e), 0);
    for (i = 0; i < m->piece_count && rv == 0; i++) {
        uint8_t byte;

        (void)sample_piece(m, i, &byte);
        rv = storage_write(s, i, 0, &byte, 1, &e);
    }
    assert_int_equal(rv, P2P_ENOSPC);
    assert_int_equal(storage_delete(s, &e), 0);
    storage_unref(s);
    manifest_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storage_write_disk_full),
        cmocka_unit_test(storage_create_no_inodes),
    };
    int rv;

    /* In a mount namespace of its own the tmpfs ends with the process. */
    if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        (void)fprintf(stderr, "a tmpfs cannot be mounted here\n");
        return 77;
    }
    place = sample_directory();
    if (mount("tmpfs", place, "tmpfs", 0, "size=1m") < 0) {
        (void)rmdir(place);
        free(place);
        (void)fprintf(stderr, "a tmpfs cannot be mounted here\n");
        return 77;
    }
    rv = cmocka_run_group_tests_name("engine/storage_full", tests, NULL, NULL);
    (void)umount2(place, MNT_DETACH);
    (void)rmdir(place);
    free(place);
    return rv;
}
