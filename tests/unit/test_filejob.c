#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/sample.h"
#include "engine/content.h"
#include "engine/disk.h"
#include "engine/filecache.h"
#include "engine/filejob.h"
#include "engine/item.h"
#include "engine/journal.h"
#include "engine/storage.h"
#include "engine/sweep.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"
#include "wire/manifest.h"

enum { PIECE = 65536, PIECES = 4 };

struct fixture {
    char *directory;
    struct loop *loop;
    struct disk *disk;
    struct disk_port *port;
    struct item_record *r;
    struct storage *storage;
    struct filejob_opened result;
};

static int set_up(void **state)
{
    static struct fixture f;
    static const struct sample_file files[] = {{"a", PIECE + 7},
                                               {"b", 2 * PIECE}};

    memset(&f, 0, sizeof f);
    f.directory = sample_directory();
    f.loop = loop_new();
    f.disk = disk_new(2);
    f.port = disk_port_new(f.disk, f.loop);
    f.r = mem_calloc(1, sizeof *f.r);
    f.r->group = mem_strdup("club");
    f.r->name = mem_strdup("stuff");
    f.r->directory = mem_strdup(f.directory);
    f.r->file_name = mem_strdup("stuff");
    f.r->manifest = sample_manifest("stuff", true, PIECE, files, 2);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    bitfield_free(f->result.verified);
    storage_unref(f->result.storage);
    storage_unref(f->storage);
    disk_port_free(f->port);
    loop_free(f->loop);
    disk_free(f->disk);
    item_record_free(f->r);
    sample_remove(f->directory);
    return 0;
}

/* What a run leaves that loaded all pieces and was killed before the end. */
static void load_all(struct fixture *f)
{
    const struct manifest *m = f->r->manifest;
    struct bitfield *verified = bitfield_new(PIECES);
    struct bitfield *doubtful = bitfield_new(PIECES);
    char *path = item_file(f->directory, m->hash, "journal");
    uint8_t *data = mem_alloc(PIECE);
    struct journal *j = NULL;

    assert_int_equal(
        storage_create(m, f->directory, "stuff", &f->storage, NULL), 0);
    assert_int_equal(item_save(f->directory, f->r, NULL), 0);
    assert_int_equal(
        journal_open(path, m->hash, PIECES, verified, doubtful, &j, NULL), 0);
    for (uint32_t i = 0; i < PIECES; i++) {
        uint32_t size = sample_piece(m, i, data);

        assert_int_equal(storage_write(f->storage, i, 0, data, size, NULL), 0);
        assert_int_equal(journal_add(j, i, NULL), 0);
    }
    journal_close(j);
    free(data);
    free(path);
    bitfield_free(doubtful);
    bitfield_free(verified);
}

static void on_opened(void *arg, const struct filejob_opened *result)
{
    struct fixture *f = arg;

    f->result = *result;
    loop_stop(f->loop);
}

static int open_as(struct fixture *f, enum filejob_origin origin)
{
    storage_unref(f->storage);
    f->storage = NULL;
    filejob_open(f->port, f->directory, f->r, origin, NULL, on_opened, f);
    loop_run(f->loop, "test");
    return f->result.err.code;
}

static void open_again(struct fixture *f)
{
    assert_int_equal(open_as(f, FILEJOB_DISK), 0);
}

static char *part_of(const struct fixture *f, const char *file)
{
    return mem_printf("%s/stuff.part/%s", f->directory, file);
}

/* Everything is where it was: nothing is loaded twice. */
static void filejob_resumes_what_was_loaded(void **state)
{
    struct fixture *f = *state;

    load_all(f);
    open_again(f);
    assert_true(bitfield_is_full(f->result.verified));
}

/* A file of an unfinished item was deleted meanwhile: the journal must not
 * vouch for the zeros of the new one. */
static void filejob_doubts_file_that_is_gone(void **state)
{
    struct fixture *f = *state;
    char *path = part_of(f, "a");

    load_all(f);
    assert_int_equal(unlink(path), 0);
    open_again(f);
    assert_false(bitfield_test(f->result.verified, 0));
    assert_false(bitfield_test(f->result.verified, 1));
    assert_true(bitfield_test(f->result.verified, 2));
    assert_true(bitfield_test(f->result.verified, 3));
    free(path);
}

/* One that was cut keeps the pieces that still fit. */
static void filejob_hashes_file_that_was_cut(void **state)
{
    struct fixture *f = *state;
    char *path = part_of(f, "b");

    load_all(f);
    assert_int_equal(truncate(path, PIECE + 5), 0);
    open_again(f);
    assert_true(bitfield_test(f->result.verified, 1));
    assert_true(bitfield_test(f->result.verified, 2));
    assert_false(bitfield_test(f->result.verified, 3));
    free(path);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Killed after the item was written down and before its files were made: they
 * are made at the next start. */
static void filejob_makes_files_of_early_kill(void **state)
{
    struct fixture *f = *state;
    char *part = part_of(f, "");

    assert_int_equal(item_save(f->directory, f->r, NULL), 0);
    assert_false(is_there(part));
    open_again(f);
    assert_true(is_there(part));
    assert_int_equal(bitfield_count(f->result.verified), 0);
    free(part);
}

/* Files that were being loaded and are gone are not made anew unasked. */
static void filejob_leaves_alone_what_was_taken_away(void **state)
{
    struct fixture *f = *state;
    char *part = part_of(f, ""), *a = part_of(f, "a"), *b = part_of(f, "b");

    load_all(f);
    assert_int_equal(unlink(a), 0);
    assert_int_equal(unlink(b), 0);
    assert_int_equal(rmdir(part), 0);
    assert_int_equal(open_as(f, FILEJOB_DISK), P2P_ENOENT);
    assert_false(is_there(part));
    free(part);
    free(a);
    free(b);
}

/* A download whose place is taken leaves nothing of itself, and what has the
 * place as it is, also at the next start after a kill in between. */
static void filejob_touches_nothing_of_others(void **state)
{
    struct fixture *f = *state;
    char *own = mem_printf("%s/stuff", f->directory);
    char *item = item_file(f->directory, f->r->manifest->hash, "item");
    char *part = part_of(f, "");

    assert_int_equal(fd_replace_file(own, "mine", 4, 0600), 0);
    assert_int_equal(open_as(f, FILEJOB_DOWNLOAD), P2P_EEXIST);
    assert_false(is_there(item));
    assert_int_equal(item_save(f->directory, f->r, NULL), 0);
    assert_int_equal(open_as(f, FILEJOB_DISK), P2P_EEXIST);
    assert_true(is_there(own));
    assert_false(is_there(part));
    free(own);
    free(item);
    free(part);
}

/* A complete item as it was written down. */
static void complete_all(struct fixture *f)
{
    load_all(f);
    assert_int_equal(storage_finish(f->storage, NULL), 0);
    f->r->stamps = mem_calloc(2, sizeof *f->r->stamps);
    assert_int_equal(
        storage_stamp_all(f->storage, f->r->manifest, f->r->stamps, NULL), 0);
    f->r->complete = true;
}

/* S4-23: one file of a shared directory is gone: the rest is as it was. When
 * it is back it is another file, and looked at. */
static void filejob_keeps_what_is_intact(void **state)
{
    struct fixture *f = *state;
    char *a = mem_printf("%s/stuff/a", f->directory);

    complete_all(f);
    open_again(f);
    assert_false(f->result.has_changed);
    assert_true(bitfield_is_full(f->result.verified));
    storage_unref(f->result.storage);
    bitfield_free(f->result.verified);
    assert_int_equal(unlink(a), 0);
    open_again(f);
    assert_true(f->result.has_changed);
    assert_int_equal(bitfield_count(f->result.verified), 2);
    assert_true(bitfield_test(f->result.verified, 2));
    assert_true(bitfield_test(f->result.verified, 3));
    storage_unref(f->result.storage);
    bitfield_free(f->result.verified);
    assert_int_equal(fd_replace_file(a, "again", 5, 0600), 0);
    open_again(f);
    assert_int_equal(bitfield_count(f->result.verified), 2);
    free(a);
}

/* Nothing is there at all: that is no damage, the item is gone. */
static void filejob_complete_item_is_gone(void **state)
{
    struct fixture *f = *state;
    char *a = mem_printf("%s/stuff/a", f->directory);
    char *b = mem_printf("%s/stuff/b", f->directory);

    complete_all(f);
    assert_int_equal(unlink(a), 0);
    assert_int_equal(unlink(b), 0);
    assert_int_equal(open_as(f, FILEJOB_DISK), P2P_ENOENT);
    free(a);
    free(b);
}

struct hashing {
    struct fixture *f;
    struct content *content;
    struct bitfield *good;
    uint64_t first; /* what the first report said */
};

static void on_hashed(void *arg, uint64_t done)
{
    struct hashing *h = arg;

    h->first = h->first == 0 ? done : h->first;
}

static void on_all_hashed(void *arg, int code, const char *why,
                          struct bitfield *good)
{
    struct hashing *h = arg;

    assert_int_equal(code, 0);
    assert_null(why);
    h->good = good;
    loop_stop(h->f->loop);
}

/* What is known is not hashed: here it is wrong by now, and stays. */
static void filejob_verify_leaves_known(void **state)
{
    static const struct filejob_verify_ops ops = {on_hashed, on_all_hashed};
    struct fixture *f = *state;
    struct hashing h = {.f = f};
    struct content_setup setup = {.manifest = f->r->manifest,
                                  .verified = bitfield_new(PIECES),
                                  .state_dir = f->directory,
                                  .group = "club"};
    struct bitfield *known = bitfield_new(PIECES);
    char *a = mem_printf("%s/stuff/a", f->directory);

    complete_all(f);
    setup.storage = storage_ref(f->storage);
    h.content = content_new(&setup);
    assert_int_equal(truncate(a, 5), 0);
    (void)bitfield_set(known, 0); /* both pieces of "a" are bad */
    (void)filejob_verify_start(f->port, h.content, known, &ops, &h);
    loop_run(f->loop, "test");
    assert_true(h.first > PIECE);
    assert_true(bitfield_test(h.good, 0));
    assert_false(bitfield_test(h.good, 1));
    assert_true(bitfield_test(h.good, 2));
    assert_true(bitfield_test(h.good, 3));
    f->r->manifest = NULL; /* goes with the content */
    storage_unref(f->storage);
    f->storage = NULL;
    content_unref(h.content);
    bitfield_free(h.good);
    bitfield_free(known);
    free(a);
}

struct watch_open {
    struct fixture *f;
    struct timer *timer;
    unsigned looks;
};

static void look_at_cache(void *arg)
{
    struct watch_open *w = arg;

    w->looks++;
    if (filecache_count() == 0 || w->looks > 500) {
        loop_stop(w->f->loop);
        return;
    }
    if (w->looks == 10) { /* sweeps until now found them in use */
        assert_int_equal(filecache_count(), 2);
        clock_freeze(clock_now_us() + INT64_C(31000000), 0);
    }
    timer_start(w->timer, 10);
}

/* Files that are open are closed once nobody used them for a while. */
static void sweep_closes_idle_files(void **state)
{
    struct fixture *f = *state;
    struct sweep *s = sweep_new(f->loop, f->port, 10);
    struct watch_open w = {.f = f};

    load_all(f);
    assert_int_equal(filecache_count(), 2);
    w.timer = timer_new(f->loop, look_at_cache, &w);
    timer_start(w.timer, 10);
    sweep_soon(s);
    loop_run(f->loop, "test");
    clock_thaw();
    assert_int_equal(filecache_count(), 0);
    timer_free(w.timer);
    sweep_free(s);
    filecache_close_idle(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(filejob_resumes_what_was_loaded, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(filejob_doubts_file_that_is_gone,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(filejob_hashes_file_that_was_cut,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(filejob_makes_files_of_early_kill,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            filejob_leaves_alone_what_was_taken_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filejob_touches_nothing_of_others,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(filejob_keeps_what_is_intact, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(filejob_complete_item_is_gone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(filejob_verify_leaves_known, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(sweep_closes_idle_files, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("engine/filejob", tests, NULL, NULL);
}
