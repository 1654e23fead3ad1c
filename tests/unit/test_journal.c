#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/sample.h"
#include "engine/crc32c.h"
#include "engine/journal.h"
#include "engine/storage.h"
#include "util/bitfield.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"
#include "wire/manifest.h"

enum { PIECES = 8, HEADER = 64, RECORD = 16 };

static const uint8_t hash[32] = "thirty-two bytes of a hash......";
static const uint8_t other_hash[32] = "thirty-two other bytes..........";

struct fixture {
    char *directory;
    char *path;
    struct bitfield *verified, *doubtful;
    struct journal *j;
    struct err e;
};

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    f.directory = sample_directory();
    f.path = mem_printf("%s/journal", f.directory);
    f.verified = bitfield_new(PIECES);
    f.doubtful = bitfield_new(PIECES);
    journal_fake_boot(1);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    journal_close(f->j);
    bitfield_free(f->verified);
    bitfield_free(f->doubtful);
    free(f->path);
    sample_remove(f->directory);
    journal_fake_boot(0);
    return 0;
}

static int reopen(struct fixture *f)
{
    journal_close(f->j);
    f->j = NULL;
    return journal_open(f->path, hash, PIECES, f->verified, f->doubtful, &f->j,
                        &f->e);
}

/* Draw what is known: 'x' verified, '?' doubtful, '.' missing. */
static void expect(struct fixture *f, const char *picture)
{
    char drawn[PIECES + 1];
    uint32_t i;

    for (i = 0; i < PIECES; i++) {
        drawn[i] = bitfield_test(f->verified, i)   ? 'x'
                   : bitfield_test(f->doubtful, i) ? '?'
                                                   : '.';
        assert_false(bitfield_test(f->verified, i) &&
                     bitfield_test(f->doubtful, i));
    }
    drawn[PIECES] = '\0';
    assert_string_equal(drawn, picture);
}

/* Play a story: "a3" add, "r3" remove, "m" mark, "b2" the machine's second
 * boot (reopens). */
static void play(struct fixture *f, const char *story)
{
    for (; *story != '\0'; story++) {
        uint32_t number = (uint32_t)(story[1] - '0');

        switch (*story) {
        case 'a':
            assert_int_equal(journal_add(f->j, number, &f->e), 0);
            story++;
            break;
        case 'r':
            assert_int_equal(journal_remove(f->j, number, &f->e), 0);
            story++;
            break;
        case 'b':
            journal_fake_boot(number);
            assert_int_equal(reopen(f), 0);
            story++;
            break;
        case 'm':
            assert_int_equal(journal_mark(f->j, &f->e), 0);
            break;
        default:
            break;
        }
    }
}

/* A new journal claims nothing. */
static void journal_open_new(void **state)
{
    struct fixture *f = *state;
    struct stat status;

    assert_int_equal(reopen(f), 0);
    expect(f, "........");
    assert_int_equal(reopen(f), 0);
    expect(f, "........");
    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

/* After kill -9 every record counts, marked or not. */
static void journal_open_same_boot(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(reopen(f), 0);
    play(f, "a1 a3 m a5 a5");
    assert_int_equal(reopen(f), 0);
    expect(f, ".x.x.x..");
    play(f, "r3 a0");
    assert_int_equal(reopen(f), 0);
    expect(f, "xx...x..");
}

/* After a power cut only what was marked counts; the rest is doubtful, until it
 * was hashed and added again. */
static void journal_open_next_boot(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(reopen(f), 0);
    play(f, "a1 a3 m a5 a6 b2");
    expect(f, ".x.x.??.");
    assert_int_equal(reopen(f), 0); /* killed before they were hashed */
    expect(f, ".x.x.??.");
    play(f, "m"); /* nothing new: marks nothing */
    assert_int_equal(reopen(f), 0);
    expect(f, ".x.x.??.");
    play(f, "a5 a0 m b3");
    expect(f, "xx.x.x?.");
    play(f, "a6 b4");
    expect(f, "xx.x.x?.");
    play(f, "r6 r1 b5");
    expect(f, "x..x.x..");
}

/* A piece that went bad is not trusted because of its old mark. */
static void journal_remove_marked(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(reopen(f), 0);
    play(f, "a1 m r1 b2");
    expect(f, "........");
    play(f, "a1 m r1 a1 b3");
    expect(f, ".?......");
}

/* A journal of another item, or of another cut, is refused and left alone. */
static void journal_open_foreign(void **state)
{
    struct fixture *f = *state;
    struct bitfield *more = bitfield_new(PIECES + 1);
    struct journal *j = NULL;

    assert_int_equal(reopen(f), 0);
    play(f, "a1");
    assert_int_equal(journal_open(f->path, other_hash, PIECES, f->verified,
                                  f->doubtful, &j, &f->e),
                     P2P_EVERIFY);
    expect(f, "........");
    {
        struct bitfield *also = bitfield_new(PIECES + 1);

        assert_int_equal(
            journal_open(f->path, hash, PIECES + 1, more, also, &j, &f->e),
            P2P_EVERIFY);
        bitfield_free(also);
    }
    assert_null(j);
    assert_int_equal(reopen(f), 0);
    expect(f, ".x......");
    bitfield_free(more);
}

/* Numbers outside the item are refused, and never read back. */
static void journal_add_out_of_range(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(reopen(f), 0);
    assert_int_equal(journal_add(f->j, PIECES, &f->e), P2P_ERANGE);
    assert_int_equal(journal_remove(f->j, UINT32_MAX, &f->e), P2P_ERANGE);
}

/* The story of the two next tests, and what holds after each record, in the
 * boot that wrote it and in the next one. Record 0 is the boot. */
static const char story[] = "a0a1ma2r0a3ma4";
static const struct {
    const char *same, *next;
} after[] = {
    {"........", "........"}, {"x.......", "?......."},
    {"xx......", "??......"}, {"xx......", "xx......"},
    {"xxx.....", "xx?....."}, {".xx.....", ".x?....."},
    {".xxx....", ".x??...."}, {".xxx....", ".xxx...."},
    {".xxxx...", ".xxx?..."},
};
enum { RECORDS = sizeof after / sizeof after[0] };

static void write_file(const struct fixture *f, const uint8_t *data,
                       size_t size)
{
    int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, data, size), 0);
    close(fd);
}

static uint8_t *tell_story(struct fixture *f, size_t *size)
{
    uint8_t *data = NULL;

    assert_int_equal(reopen(f), 0);
    play(f, story);
    journal_close(f->j);
    f->j = NULL;
    assert_int_equal(fd_read_file(f->path, 4096, &data, size), 0);
    assert_int_equal(*size, HEADER + RECORDS * RECORD);
    return data;
}

/* Open a damaged journal in both boots; it must hold what `records` whole
 * records say, and be usable again. */
static void check_damaged(struct fixture *f, const uint8_t *data, size_t size,
                          size_t records)
{
    static const char nothing[] = "........";
    static const char all_doubtful[] = "????????";
    const char *same = nothing;
    const char *next = nothing;
    uint64_t boot;

    if (records == SIZE_MAX) {
        same = all_doubtful;
        next = all_doubtful;
    } else if (records > 0) {
        same = after[records - 1].same;
        next = after[records - 1].next;
    }
    for (boot = 1; boot <= 2; boot++) {
        write_file(f, data, size);
        journal_fake_boot(boot);
        assert_int_equal(reopen(f), 0);
        expect(f, boot == 1 ? same : next);
        play(f, "a7");
        assert_int_equal(reopen(f), 0);
        assert_true(bitfield_test(f->verified, 7));
    }
    journal_fake_boot(1);
}

/* Cut at every byte: never more is claimed than the whole records say. */
static void journal_open_cut_anywhere(void **state)
{
    struct fixture *f = *state;
    size_t size;
    uint8_t *data = tell_story(f, &size);
    size_t cut;

    for (cut = 0; cut <= size; cut++) {
        check_damaged(f, data, cut, cut < HEADER ? 0 : (cut - HEADER) / RECORD);
    }
    free(data);
}

/* Flip bits of every byte: what is behind the damage is not believed. */
static void journal_open_flipped_anywhere(void **state)
{
    struct fixture *f = *state;
    size_t size;
    uint8_t *data = tell_story(f, &size);
    size_t at;

    for (at = 0; at < size; at++) {
        data[at] ^= (uint8_t)(1u << (at % 8));
        check_damaged(f, data, size,
                      at < HEADER ? SIZE_MAX : (at - HEADER) / RECORD);
        data[at] ^= (uint8_t)(1u << (at % 8));
        data[at] ^= 0xff;
        check_damaged(f, data, size,
                      at < HEADER ? SIZE_MAX : (at - HEADER) / RECORD);
        data[at] ^= 0xff;
    }
    free(data);
}

/* Blocks that never reached the disk read as zeros; records that lie elsewhere
 * or belong to another item do not count. */
static void journal_open_lost_blocks(void **state)
{
    struct fixture *f = *state;
    uint8_t record[RECORD];
    size_t size;
    uint8_t *data = tell_story(f, &size);

    memset(data + HEADER + 3 * RECORD, 0, 2 * RECORD);
    check_damaged(f, data, size, 3);
    memset(data, 0, size);
    check_damaged(f, data, size, SIZE_MAX);
    free(data);
    assert_int_equal(unlink(f->path), 0);
    data = tell_story(f, &size);
    memcpy(record, data + HEADER + 2 * RECORD, RECORD);
    memcpy(data + HEADER + 5 * RECORD, record, RECORD); /* a1 once more */
    check_damaged(f, data, size, 5);
    free(data);
}

/* A record that could be written only in part (disk full) does not spoil the
 * ones written later. */
static void journal_add_disk_full(void **state)
{
    struct fixture *f = *state;
    struct rlimit old;
    struct rlimit small;
    struct stat status;

    assert_int_equal(reopen(f), 0);
    play(f, "a1");
    assert_int_equal(stat(f->path, &status), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = (rlim_t)status.st_size + 7;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_true(journal_add(f->j, 2, &f->e) < 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_size % RECORD, 7);
    play(f, "a3");
    assert_int_equal(reopen(f), 0);
    expect(f, ".x.x....");
}

/* A symbolic link in its place is not followed. */
static void journal_open_symlink(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(symlink("elsewhere", f->path), 0);
    assert_true(reopen(f) < 0);
    assert_null(f->j);
}

enum { MANY = 400, LENGTH = 16384 };

static char *killed_journal(const struct fixture *f)
{
    return mem_printf("%s/killed", f->directory);
}

/* Load pieces until killed: write, add, and sync and mark now and then. */
static void load_until_killed(struct fixture *f, const struct manifest *m,
                              struct storage *s, struct journal *j,
                              const struct bitfield *verified)
{
    uint8_t data[LENGTH];
    uint32_t i;

    for (i = 0; i < MANY; i++) {
        uint32_t piece = (i * 37) % MANY;

        if (bitfield_test(verified, piece)) {
            continue;
        }
        (void)sample_piece(m, piece, data);
        if (storage_write(s, piece, 0, data, LENGTH, &f->e) < 0 ||
            journal_add(j, piece, &f->e) < 0 ||
            (i % 16 == 0 &&
             (storage_sync(s, &f->e) < 0 || journal_mark(j, &f->e) < 0))) {
            _exit(1);
        }
    }
    _exit(0);
}

/* One run: open what is there, check every claim, go on, be killed. Returns
 * the number of claimed pieces. */
static uint32_t run_and_kill(struct fixture *f, const struct manifest *m,
                             int delay_us)
{
    struct bitfield *verified = bitfield_new(MANY);
    struct bitfield *doubtful = bitfield_new(MANY);
    struct storage *s = NULL;
    struct journal *j = NULL;
    char *path = killed_journal(f);
    uint32_t count;
    uint32_t i;
    pid_t child;

    if (storage_open(m, f->directory, NULL, false, &s, &f->e) < 0) {
        assert_int_equal(storage_create(m, f->directory, NULL, &s, &f->e), 0);
    }
    assert_int_equal(
        journal_open(path, m->hash, MANY, verified, doubtful, &j, &f->e), 0);
    assert_int_equal(bitfield_count(doubtful), 0); /* same boot */
    for (i = 0; i < MANY; i++) {
        uint8_t leaves[1][32];
        bool matches = false;

        if (bitfield_test(verified, i)) {
            assert_int_equal(storage_hash_piece(s, i, leaves, &matches, &f->e),
                             0);
            assert_true(matches);
        }
    }
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        load_until_killed(f, m, s, j, verified);
    }
    usleep((useconds_t)delay_us); /* when it is killed is the random part */
    (void)kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    count = bitfield_count(verified);
    journal_close(j);
    storage_unref(s);
    bitfield_free(doubtful);
    bitfield_free(verified);
    free(path);
    return count;
}

/* Killed at any moment, what the journal claims is on disk, and what was
 * claimed once stays claimed until all is there. */
static void journal_open_after_kills(void **state)
{
    struct fixture *f = *state;
    struct manifest *m = sample_single("file", (uint64_t)MANY * LENGTH, LENGTH);
    uint32_t before = 0;
    int runs;

    for (runs = 0; before < MANY; runs++) {
        uint32_t now = run_and_kill(f, m, 300 + runs * 211 % 2000);

        assert_true(now >= before);
        assert_true(runs < 2000);
        before = now;
    }
    manifest_free(m);
}

/* With the machine's own boot number records count within this boot. */
static void journal_open_real_boot(void **state)
{
    struct fixture *f = *state;

    journal_fake_boot(0);
    assert_int_equal(reopen(f), 0);
    play(f, "a1");
    assert_int_equal(reopen(f), 0);
    expect(f, ".x......");
}

/* The known answer of CRC-32C, whole and in parts. */
static void crc32c_known_answer(void **state)
{
    (void)state;
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    assert_int_equal(crc32c(0, "", 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(journal_open_new),          TEST(journal_open_same_boot),
        TEST(journal_open_next_boot),    TEST(journal_remove_marked),
        TEST(journal_open_foreign),      TEST(journal_add_out_of_range),
        TEST(journal_open_cut_anywhere), TEST(journal_open_flipped_anywhere),
        TEST(journal_open_lost_blocks),  TEST(journal_add_disk_full),
        TEST(journal_open_symlink),      TEST(journal_open_after_kills),
        TEST(journal_open_real_boot),    TEST(crc32c_known_answer),
    };

    return cmocka_run_group_tests_name("engine/journal", tests, NULL, NULL);
}
