/* Tests of the state as a whole: plan, registry, store and ledger together,
 * because what matters is that memory and disk agree after everything. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracker/command.h"
#include "tracker/ledger.h"
#include "tracker/plan.h"
#include "tracker/registry.h"
#include "tracker/store.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"

#define T0 INT64_C(1700000000)

struct fixture {
    char dir[32];
    struct registry *registry;
    struct store *store;
    struct ledger *ledger;
    int wakes;
    int applied;
    int code; /* of the last command */
    char outcome[RECORD_HASH];
    struct buf log; /* encoded commands, each behind its length */
    bool keeps_log;
};

static void on_wake(void *arg)
{
    struct fixture *f = arg;

    f->wakes++;
}

static void on_applied(void *arg, const struct command *c,
                       const struct effects *effects)
{
    struct fixture *f = arg;

    (void)c;
    (void)effects;
    f->applied++;
}

static void on_done(void *arg, int code, const char *outcome, const char *text)
{
    struct fixture *f = arg;

    assert_true(code == 0 || text[0] != '\0');
    f->code = code;
    snprintf(f->outcome, sizeof(f->outcome), "%s", outcome);
}

static const struct ledger_ops ops = {on_wake, on_applied};

static void open_all(struct fixture *f)
{
    struct err e;

    if (store_open(f->dir, &f->store, &e) < 0) {
        fail_msg("%s", e.text);
    }
    f->registry = registry_new();
    assert_int_equal(store_load(f->store, f->registry, &e), 0);
    f->ledger = ledger_new(f->registry, f->store, &ops, f);
}

static void close_all(struct fixture *f)
{
    ledger_free(f->ledger);
    registry_free(f->registry);
    store_close(f->store);
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    snprintf(f.dir, sizeof(f.dir), "/tmp/p2p-test-XXXXXX");
    assert_non_null(mkdtemp(f.dir));
    buf_init(&f.log, 64 << 20);
    open_all(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"tracker.db", "tracker.db-wal",
                                        "tracker.db-shm", "lock"};
    struct fixture *f = *state;
    size_t i;

    close_all(f);
    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *path = mem_printf("%s/%s", f->dir, files[i]);

        unlink(path);
        free(path);
    }
    rmdir(f->dir);
    buf_close(&f->log);
    return 0;
}

/* ---- Builders ----------------------------------------------------------- */

/* 32 digits that end with `n`. */
static const char *id(unsigned n)
{
    static char text[4][RECORD_ID];
    static unsigned turn;
    char *out = text[turn++ % 4];

    snprintf(out, RECORD_ID, "%032x", n);
    return out;
}

static void set_id(char out[RECORD_ID], unsigned n)
{
    memcpy(out, id(n), RECORD_ID);
}

/* Submit and flush; the code of the command. */
static int submit(struct fixture *f, struct command *c)
{
    if (f->keeps_log) {
        uint8_t length[4];
        struct buf one;
        uint32_t size;

        buf_init(&one, 16 << 20);
        assert_int_equal(command_encode(c, &one), 0);
        size = (uint32_t)buf_length(&one);
        memcpy(length, &size, 4);
        buf_append(&f->log, length, 4);
        buf_append(&f->log, buf_head(&one), size);
        buf_close(&one);
    }
    ledger_submit(f->ledger, c, on_done, f);
    ledger_flush(f->ledger);
    return f->code;
}

static struct command *by(enum command_type type, unsigned actor)
{
    struct command *c = command_new(type, T0);

    if (actor > 0) {
        set_id(c->actor_id, actor);
    }
    return c;
}

static int make_user(struct fixture *f, unsigned n, const char *name)
{
    struct command *c = by(COMMAND_USER_CREATE, 0);

    set_id(c->user_id, n);
    c->name = mem_strdup(name);
    c->password = mem_strdup("$argon2id$hash");
    return submit(f, c);
}

static int make_group(struct fixture *f, unsigned owner, unsigned n,
                      const char *name)
{
    struct command *c = by(COMMAND_GROUP_CREATE, owner);

    set_id(c->group_id, n);
    c->name = mem_strdup(name);
    c->root_pem = mem_strdup("PEM");
    record_set_blob(&c->blob, "sealed", 6);
    return submit(f, c);
}

static int in_group(struct fixture *f, enum command_type type, unsigned actor,
                    unsigned group, unsigned user)
{
    struct command *c = by(type, actor);

    set_id(c->group_id, group);
    if (user > 0) {
        set_id(c->user_id, user);
    }
    return submit(f, c);
}

static struct command *publish_command(unsigned actor, unsigned group,
                                       unsigned n)
{
    struct command *c = by(COMMAND_PUBLISH, actor);

    set_id(c->group_id, group);
    c->name = mem_printf("item %u", n);
    snprintf(c->hash, sizeof(c->hash), "%064x", n);
    record_set_blob(&c->blob, "info", 4);
    record_set_blob(&c->layers, "layers", 6);
    c->size = n;
    c->pieces = 1;
    c->piece_length = 16384;
    return c;
}

static int set_role(struct fixture *f, unsigned actor, unsigned group,
                    unsigned user, enum role role)
{
    struct command *c = by(COMMAND_SET_ROLE, actor);

    set_id(c->group_id, group);
    set_id(c->user_id, user);
    c->role = role;
    return submit(f, c);
}

/* Users 1 (owner), 2 (member), 3 (outsider) and group 100. */
static void make_story(struct fixture *f)
{
    assert_int_equal(make_user(f, 1, "alice"), 0);
    assert_int_equal(make_user(f, 2, "bob"), 0);
    assert_int_equal(make_user(f, 3, "eve"), 0);
    assert_int_equal(make_group(f, 1, 100, "films"), 0);
    assert_int_equal(in_group(f, COMMAND_JOIN, 2, 100, 0), 0);
    assert_int_equal(in_group(f, COMMAND_ACCEPT, 1, 100, 2), 0);
}

static void hash_of(const struct fixture *f, uint8_t out[32])
{
    registry_hash(f->registry, out);
}

/* The state on disk, read by itself, is the state in memory. */
static void assert_disk_agrees(struct fixture *f)
{
    uint8_t memory[32];
    uint8_t disk[32];
    uint64_t applied = store_applied(f->store);

    hash_of(f, memory);
    close_all(f);
    open_all(f);
    hash_of(f, disk);
    assert_memory_equal(memory, disk, 32);
    assert_int_equal(applied, store_applied(f->store));
}

/* ---- Tests -------------------------------------------------------------- */

/* What was done is there after a reopen, under the same index. */
static void ledger_reopen_finds_everything(void **state)
{
    struct fixture *f = *state;

    make_story(f);
    assert_int_equal(submit(f, publish_command(2, 100, 7)), 0);
    assert_string_equal(f->outcome, "0000000000000000000000000000000000000000"
                                    "000000000000000000000007");
    assert_int_equal(store_applied(f->store), 7);
    assert_int_equal(f->applied, 7);
    assert_disk_agrees(f);
    assert_int_equal(registry_role(f->registry, id(100), id(2)), ROLE_MEMBER);
    assert_int_equal(registry_group_count(f->registry, id(100), RECORD_ITEM),
                     1);
}

/* Manifests leave memory after the commit and come back from the store. */
static void ledger_manifest_is_on_disk_only(void **state)
{
    struct fixture *f = *state;
    const struct record_item *i;
    struct record_blob info = {NULL, 0};
    struct record_blob layers = {NULL, 0};

    make_story(f);
    assert_int_equal(submit(f, publish_command(2, 100, 7)), 0);
    i = registry_item(f->registry, id(100), "item 7");
    assert_non_null(i);
    assert_null(i->info.data);
    assert_int_equal(i->info.size, 4);
    assert_int_equal(store_read_item(f->store, i, &info, &layers, NULL), 0);
    assert_int_equal(info.size, 4);
    assert_memory_equal(info.data, "info", 4);
    assert_memory_equal(layers.data, "layers", 6);
    free(info.data);
    free(layers.data);
}

/* A refused command changes neither memory, disk nor index. */
static void ledger_refused_command_changes_nothing(void **state)
{
    struct fixture *f = *state;
    uint8_t before[32];
    uint8_t after[32];

    make_story(f);
    hash_of(f, before);
    assert_int_equal(make_user(f, 9, "Alice"), P2P_EEXIST);
    assert_int_equal(make_group(f, 2, 101, "FILMS"), P2P_EEXIST);
    assert_int_equal(in_group(f, COMMAND_ACCEPT, 2, 100, 3), P2P_EACCES);
    assert_int_equal(in_group(f, COMMAND_LEAVE, 1, 100, 0), P2P_EACCES);
    assert_int_equal(in_group(f, COMMAND_JOIN, 3, 999, 0), P2P_ENOENT);
    assert_int_equal(submit(f, publish_command(3, 100, 1)), P2P_EACCES);
    hash_of(f, after);
    assert_memory_equal(before, after, 32);
    assert_int_equal(store_applied(f->store), 6);
    assert_disk_agrees(f);
}

/* Random histories of valid and invalid commands, the same for each run. */
static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

static struct command *random_command(unsigned *seed, unsigned n)
{
    unsigned user = 1 + next_random(seed) % 6;
    unsigned group = 100 + next_random(seed) % 4;
    unsigned kind = 1 + next_random(seed) % (COMMAND_TYPES - 1);
    struct command *c;

    if (kind == COMMAND_PUBLISH) {
        c = publish_command(user, group, next_random(seed) % 30);
    } else {
        c = by((enum command_type)kind, user);
    }
    c->time = T0 + (int64_t)n * 60;
    set_id(c->group_id, group);
    if (next_random(seed) % 2 == 0) {
        set_id(c->op, next_random(seed) % 400);
    }
    set_id(c->user_id, 1 + next_random(seed) % 6);
    set_id(c->serial, n);
    snprintf(c->token, sizeof(c->token), "%064x", next_random(seed) % 20);
    c->until = c->time + 5000;
    c->role = next_random(seed) % 7;
    if (kind == COMMAND_USER_CREATE || kind == COMMAND_GROUP_CREATE) {
        c->name =
            mem_printf("name %u", kind == COMMAND_USER_CREATE ? user : group);
        c->root_pem = mem_strdup("PEM");
        record_set_blob(&c->blob, "sealed", 6);
    }
    c->password = mem_strdup("$argon2id$hash");
    c->text = mem_strdup("$argon2id$hash");
    if (kind == COMMAND_UNPUBLISH) {
        c->name = mem_printf("item %u", next_random(seed) % 30);
    }
    return c;
}

/* Replaying the log gives the same state, step by step, from memory alone.
 * Requirement S1-41. */
static void plan_replay_gives_the_same_state(void **state)
{
    struct fixture *f = *state;
    struct registry *again = registry_new();
    struct registry *third = registry_new();
    uint8_t a[32];
    uint8_t b[32];
    uint64_t index = 0;
    unsigned seed = 1;
    unsigned n;

    f->keeps_log = true;
    for (n = 0; n < 3000; n++) {
        submit(f, random_command(&seed, n));
    }
    assert_true(store_applied(f->store) > 300); /* not only refusals */
    while (buf_length(&f->log) > 0) {
        struct command *c = NULL;
        struct effects effects;
        uint32_t size;

        memcpy(&size, buf_head(&f->log), 4);
        assert_int_equal(command_decode(buf_head(&f->log) + 4, size, &c, NULL),
                         0);
        buf_consume(&f->log, 4 + size);
        if (plan_command(again, c, index + 1, &effects, NULL) == 0) {
            index++;
            registry_perform(again, &effects);
            registry_shrink(again, &effects);
        }
        effects_close(&effects);
        command_free(c);
    }
    registry_hash(again, a);
    hash_of(f, b);
    assert_memory_equal(a, b, 32);
    assert_int_equal(index, store_applied(f->store));
    registry_hash(third, a);
    assert_memory_not_equal(a, b, 32);
    assert_disk_agrees(f);
    registry_free(again);
    registry_free(third);
}

/* Undo takes back every kind of change exactly. */
static void registry_undo_restores_the_state(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 77;
    unsigned n;

    for (n = 0; n < 2000; n++) {
        struct command *c = random_command(&seed, n);
        struct effects effects;
        uint8_t before[32];
        uint8_t after[32];

        hash_of(f, before);
        if (plan_command(f->registry, c, n + 1, &effects, NULL) == 0) {
            registry_perform(f->registry, &effects);
            registry_undo(f->registry, &effects);
            hash_of(f, after);
            assert_memory_equal(before, after, 32);
        }
        effects_close(&effects);
        submit(f, c);
    }
    assert_disk_agrees(f);
}

/* A retry with the same operation id has its effect once, also after a
 * reopen; for something else the id is refused. */
static void plan_repeated_operation(void **state)
{
    struct fixture *f = *state;
    struct command *c;
    int turn;

    make_story(f);
    for (turn = 0; turn < 3; turn++) {
        c = by(COMMAND_GROUP_CREATE, 2);
        set_id(c->op, 5);
        set_id(c->group_id, 200 + (unsigned)turn); /* a retry makes new ids */
        c->name = mem_strdup("music");
        c->root_pem = mem_strdup("PEM");
        record_set_blob(&c->blob, "sealed", 6);
        assert_int_equal(submit(f, c), 0);
        assert_string_equal(f->outcome, id(200));
        assert_int_equal(registry_count(f->registry, RECORD_GROUP), 2);
        assert_disk_agrees(f);
    }
    c = by(COMMAND_JOIN, 2);
    set_id(c->op, 5);
    set_id(c->group_id, 100);
    assert_int_equal(submit(f, c), P2P_EINVAL);
    /* Another user's ids are apart. */
    c = by(COMMAND_JOIN, 3);
    set_id(c->op, 5);
    set_id(c->group_id, 100);
    assert_int_equal(submit(f, c), 0);
}

/* A disk that is full in the middle of a batch: nothing of it stays, what fits
 * alone is done, and everything works again when there is room. */
static void ledger_disk_full_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct rlimit before;
    struct rlimit small;
    struct command *big;
    uint8_t a[32];
    uint8_t b[32];
    unsigned n;

    make_story(f);
    hash_of(f, a);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (n = 0; n < 10; n++) {
        ledger_submit(f->ledger, publish_command(2, 100, n), on_done, f);
    }
    ledger_flush(f->ledger);
    assert_int_equal(f->code, P2P_ENOSPC);
    hash_of(f, b);
    assert_memory_equal(a, b, 32);
    assert_int_equal(ledger_stats(f->ledger)->last_failure, P2P_ENOSPC);

    /* One that is too big among small ones: only that one is refused. */
    small.rlim_cur = 2 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    big = publish_command(2, 100, 50);
    free(big->blob.data);
    big->blob.size = 8 << 20;
    big->blob.data = mem_calloc(1, big->blob.size);
    for (n = 0; n < 3; n++) {
        ledger_submit(f->ledger, publish_command(2, 100, n), NULL, NULL);
    }
    ledger_submit(f->ledger, big, on_done, f);
    f->code = 1;
    ledger_flush(f->ledger);
    assert_int_equal(f->code, P2P_ENOSPC);
    assert_int_equal(registry_group_count(f->registry, id(100), RECORD_ITEM),
                     3);

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(submit(f, publish_command(2, 100, 4)), 0);
    assert_int_equal(ledger_stats(f->ledger)->last_failure, 0);
    assert_disk_agrees(f);
    assert_int_equal(registry_group_count(f->registry, id(100), RECORD_ITEM),
                     4);
}

/* SQLite's own files, whose syncs fail while this is set. */
static bool syncs_fail;
static unsigned failed_syncs;
static sqlite3_vfs faulty_vfs;
static sqlite3_vfs *real_vfs;
static sqlite3_io_methods faulty_methods[2]; /* of the database, of others */
static int (*real_sync)(sqlite3_file *file, int flags);

static int sync_or_fail(sqlite3_file *file, int flags)
{
    failed_syncs += syncs_fail;
    return syncs_fail ? SQLITE_IOERR_FSYNC : real_sync(file, flags);
}

static int open_faulty(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                       int flags, int *out)
{
    sqlite3_io_methods *m =
        &faulty_methods[(flags & SQLITE_OPEN_MAIN_DB) != 0 ? 0 : 1];
    int rv = real_vfs->xOpen(real_vfs, name, file, flags, out);

    (void)vfs;
    if (rv == SQLITE_OK) {
        *m = *file->pMethods;
        real_sync = m->xSync;
        m->xSync = sync_or_fail;
        file->pMethods = m;
    }
    return rv;
}

static void use_faulty_files(void)
{
    real_vfs = sqlite3_vfs_find("unix");
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.pNext = NULL;
    faulty_vfs.xOpen = open_faulty;
    assert_int_equal(sqlite3_vfs_register(&faulty_vfs, 1), SQLITE_OK);
}

static unsigned advices;

static void on_log(enum log_level level, const char *text)
{
    advices += level == LOG_LEVEL_ERROR &&
               strstr(text, "then restart p2p-tracker") != NULL;
}

/* What the disk does not confirm is not acknowledged, told to nobody, and not
 * there after the next start. Until then nothing is written: who knows what is
 * in the file. The operator is told, once, what to do. */
static void ledger_failed_sync_is_not_acknowledged(void **state)
{
    struct fixture *f = *state;
    uint8_t a[32], b[32];
    int told;

    close_all(f);
    use_faulty_files();
    open_all(f);
    make_story(f);
    hash_of(f, a);
    told = f->applied;
    assert_false(store_has_failed(f->store));
    log_set_hook(on_log);
    syncs_fail = true;
    ledger_submit(f->ledger, publish_command(2, 100, 1), NULL, NULL);
    assert_int_equal(submit(f, publish_command(2, 100, 2)), P2P_EIO);
    syncs_fail = false;
    assert_int_equal(failed_syncs, 1); /* not even tried once more */
    assert_int_equal(submit(f, publish_command(2, 100, 3)), P2P_EIO);
    log_set_hook(NULL);
    assert_int_equal(advices, 1);
    assert_true(store_has_failed(f->store));
    assert_int_equal(f->applied, told);
    assert_int_equal(ledger_stats(f->ledger)->last_failure, P2P_EIO);
    hash_of(f, b);
    assert_memory_equal(a, b, 32);
    assert_disk_agrees(f); /* a restart */
    assert_false(store_has_failed(f->store));
    assert_int_equal(submit(f, publish_command(2, 100, 4)), 0);
    assert_int_equal(f->applied, told + 1);
    assert_disk_agrees(f);
    assert_int_equal(registry_group_count(f->registry, id(100), RECORD_ITEM),
                     1);
    sqlite3_vfs_unregister(&faulty_vfs);
}

/* Too little free space by the operator's rule refuses before it begins. */
static void store_min_free_refuses(void **state)
{
    struct fixture *f = *state;

    store_set_min_free(f->store, UINT64_MAX / 2);
    assert_int_equal(make_user(f, 1, "alice"), P2P_ENOSPC);
    store_set_min_free(f->store, 0);
    assert_int_equal(make_user(f, 1, "alice"), 0);
}

/* Commands of one turn share a transaction and see each other. */
static void ledger_group_commit(void **state)
{
    struct fixture *f = *state;
    struct command *c = by(COMMAND_USER_CREATE, 0);

    set_id(c->user_id, 1);
    c->name = mem_strdup("alice");
    c->password = mem_strdup("x");
    ledger_submit(f->ledger, c, NULL, NULL);
    c = by(COMMAND_GROUP_CREATE, 1);
    set_id(c->group_id, 100);
    c->name = mem_strdup("films");
    c->root_pem = mem_strdup("PEM");
    record_set_blob(&c->blob, "sealed", 6);
    ledger_submit(f->ledger, c, NULL, NULL);
    ledger_submit(f->ledger, publish_command(1, 100, 1), NULL, NULL);
    c = by(COMMAND_UNPUBLISH, 1);
    set_id(c->group_id, 100);
    c->name = mem_strdup("item 1");
    ledger_submit(f->ledger, c, on_done, f);
    assert_int_equal(f->wakes, 1);
    assert_int_equal(f->applied, 0);
    ledger_flush(f->ledger);
    assert_int_equal(f->code, 0);
    assert_int_equal(f->applied, 4);
    assert_int_equal(ledger_stats(f->ledger)->commits, 1);
    assert_int_equal(registry_group_count(f->registry, id(100), RECORD_ITEM),
                     0);
    assert_disk_agrees(f);
}

/* S1-38, S3-15, roles: what admins may not do to admins and the owner. */
static void plan_roles(void **state)
{
    struct fixture *f = *state;

    make_story(f);
    assert_int_equal(in_group(f, COMMAND_JOIN, 3, 100, 0), 0);
    assert_int_equal(in_group(f, COMMAND_ACCEPT, 1, 100, 3), 0);
    assert_int_equal(set_role(f, 1, 100, 2, ROLE_ADMIN), 0);
    assert_int_equal(set_role(f, 2, 100, 3, ROLE_READER), 0);
    assert_int_equal(set_role(f, 2, 100, 3, ROLE_ADMIN), P2P_EACCES);
    assert_int_equal(set_role(f, 2, 100, 1, ROLE_MEMBER), P2P_EACCES);
    assert_int_equal(set_role(f, 3, 100, 3, ROLE_MEMBER), P2P_EACCES);
    assert_int_equal(set_role(f, 1, 100, 3, ROLE_OWNER), P2P_EINVAL);
    assert_int_equal(set_role(f, 1, 100, 3, ROLE_PENDING), P2P_EINVAL);
    assert_int_equal(submit(f, publish_command(3, 100, 1)), P2P_EACCES);
    assert_int_equal(in_group(f, COMMAND_REMOVE, 2, 100, 1), P2P_EACCES);
    assert_int_equal(in_group(f, COMMAND_REMOVE, 2, 100, 2), P2P_EACCES);
    assert_int_equal(in_group(f, COMMAND_TRANSFER, 2, 100, 3), P2P_EACCES);
    assert_int_equal(in_group(f, COMMAND_TRANSFER, 1, 100, 1), P2P_EINVAL);
    assert_int_equal(in_group(f, COMMAND_REMOVE, 2, 100, 3), 0);
    assert_non_null(registry_deny(f->registry, id(100), id(3)));
    assert_int_equal(registry_group(f->registry, id(100))->epoch, 1);
    assert_int_equal(in_group(f, COMMAND_TRANSFER, 1, 100, 2), 0);
    assert_int_equal(registry_role(f->registry, id(100), id(1)), ROLE_ADMIN);
    assert_int_equal(registry_role(f->registry, id(100), id(2)), ROLE_OWNER);
    assert_string_equal(registry_group(f->registry, id(100))->owner_id, id(2));
    assert_disk_agrees(f);
}

/* Quotas: 64 groups of one owner, 32 requests of one user. T17 */
static void plan_quotas(void **state)
{
    struct fixture *f = *state;
    unsigned n;

    make_story(f);
    for (n = 1; n < PLAN_GROUPS_PER_USER; n++) {
        char *name = mem_printf("group %u", n);

        assert_int_equal(make_group(f, 1, 1000 + n, name), 0);
        free(name);
    }
    assert_int_equal(make_group(f, 1, 2000, "one more"), P2P_EFULL);
    for (n = 1; n <= PLAN_PENDING_PER_USER; n++) {
        assert_int_equal(in_group(f, COMMAND_JOIN, 3, 1000 + n, 0), 0);
    }
    assert_int_equal(in_group(f, COMMAND_JOIN, 3, 1000 + n, 0), P2P_EFULL);
    /* An owner who has 64 groups cannot be handed another. */
    assert_int_equal(make_group(f, 2, 2000, "bobs"), 0);
    assert_int_equal(in_group(f, COMMAND_JOIN, 1, 2000, 0), 0);
    assert_int_equal(in_group(f, COMMAND_ACCEPT, 2, 2000, 1), 0);
    assert_int_equal(in_group(f, COMMAND_TRANSFER, 2, 2000, 1), P2P_EFULL);
}

/* Expiry forgets tokens, operation ids, rejections, denies and serials at
 * their time and not before. */
static void plan_expire(void **state)
{
    struct fixture *f = *state;
    struct command *c;

    make_story(f);
    c = by(COMMAND_TOKEN_PUT, 0);
    set_id(c->user_id, 1);
    c->text = mem_strdup("$argon2id$hash");
    snprintf(c->token, sizeof(c->token), "%064x", 1);
    c->until = T0 + 100;
    set_id(c->op, 1);
    assert_int_equal(submit(f, c), 0);
    c = command_new(COMMAND_EXPIRE, T0 + 99);
    assert_int_equal(submit(f, c), 0);
    assert_int_equal(registry_count(f->registry, RECORD_TOKEN), 1);
    c = command_new(COMMAND_EXPIRE, T0 + 100);
    assert_int_equal(submit(f, c), 0);
    assert_int_equal(registry_count(f->registry, RECORD_TOKEN), 0);
    assert_int_equal(registry_count(f->registry, RECORD_OP), 1);
    c = command_new(COMMAND_EXPIRE, T0 + PLAN_OP_KEEP);
    assert_int_equal(submit(f, c), 0);
    assert_int_equal(registry_count(f->registry, RECORD_OP), 0);
    assert_disk_agrees(f);
}

/* Certificates and logins of one user are bounded: the oldest is forgotten. */
static void plan_oldest_is_forgotten(void **state)
{
    struct fixture *f = *state;
    unsigned n;

    make_story(f);
    for (n = 0; n < PLAN_SERIALS_PER_USER + 10; n++) {
        struct command *c = by(COMMAND_SERIAL, 2);

        set_id(c->group_id, 100);
        set_id(c->serial, n);
        c->until = T0 + n;
        ledger_submit(f->ledger, c, on_done, f);
        if (n < PLAN_TOKENS_PER_USER + 10) {
            c = by(COMMAND_TOKEN_PUT, 0);
            c->time = T0 + n;
            set_id(c->user_id, 2);
            c->text = mem_strdup("$argon2id$hash");
            snprintf(c->token, sizeof(c->token), "%064x", n);
            ledger_submit(f->ledger, c, on_done, f);
        }
    }
    ledger_flush(f->ledger);
    assert_int_equal(f->code, 0);
    assert_int_equal(registry_count(f->registry, RECORD_SERIAL),
                     PLAN_SERIALS_PER_USER);
    assert_null(registry_serial(f->registry, id(9)));
    assert_non_null(registry_serial(f->registry, id(10)));
    assert_int_equal(registry_user_count(f->registry, id(2), RECORD_TOKEN),
                     PLAN_TOKENS_PER_USER);
    assert_disk_agrees(f);
}

/* A password that was changed meanwhile makes a login fail, and changing it
 * ends all logins but the own. */
static void plan_login_races_with_passwd(void **state)
{
    struct fixture *f = *state;
    struct command *c;
    unsigned n;

    make_story(f);
    for (n = 1; n <= 3; n++) {
        c = by(COMMAND_TOKEN_PUT, 0);
        set_id(c->user_id, 1);
        c->text = mem_strdup("$argon2id$hash");
        snprintf(c->token, sizeof(c->token), "%064x", n);
        c->until = T0 + 100;
        assert_int_equal(submit(f, c), 0);
    }
    c = by(COMMAND_PASSWD, 1);
    c->text = mem_strdup("$argon2id$hash");
    c->password = mem_strdup("$argon2id$new");
    snprintf(c->token, sizeof(c->token), "%064x", 2);
    assert_int_equal(submit(f, c), 0);
    assert_int_equal(registry_count(f->registry, RECORD_TOKEN), 1);
    c = by(COMMAND_TOKEN_PUT, 0);
    set_id(c->user_id, 1);
    c->text = mem_strdup("$argon2id$hash");
    snprintf(c->token, sizeof(c->token), "%064x", 9);
    assert_int_equal(submit(f, c), P2P_EAUTH);
    assert_disk_agrees(f);
}

/* A process that is killed while it commits leaves what it acknowledged. */
static void store_kill_keeps_what_was_acknowledged(void **state)
{
    struct fixture *f = *state;
    int round;

    make_story(f);
    for (round = 0; round < 10; round++) {
        int pipe_fds[2];
        uint32_t last = 0;
        uint32_t told;
        pid_t pid;

        close_all(f);
        assert_int_equal(pipe(pipe_fds), 0);
        pid = fork();
        if (pid == 0) {
            close(pipe_fds[0]);
            open_all(f);
            for (told = 1;; told++) {
                unsigned n = (unsigned)round * 100000 + told;

                if (submit(f, publish_command(2, 100, n)) != 0 ||
                    write(pipe_fds[1], &n, sizeof(n)) != sizeof(n)) {
                    _exit(1);
                }
            }
        }
        close(pipe_fds[1]);
        while (read(pipe_fds[0], &told, sizeof(told)) == sizeof(told)) {
            last = told;
            if (last % 100000 == 20 + (unsigned)round) {
                kill(pid, SIGKILL);
            }
        }
        close(pipe_fds[0]);
        waitpid(pid, NULL, 0);
        open_all(f);
        for (told = (unsigned)round * 100000 + 1; told <= last; told++) {
            char *name = mem_printf("item %u", told);

            assert_non_null(registry_item(f->registry, id(100), name));
            free(name);
        }
        assert_true(last > 0);
        assert_disk_agrees(f);
    }
}

/* The directory belongs to one process. */
static void store_open_refuses(void **state)
{
    struct fixture *f = *state;
    struct store *other = NULL;
    struct err e;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        _exit(store_open(f->dir, &other, &e) == P2P_EBUSY ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_null(other);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* A database of a newer version, of another program, or with a version that
 * there never was is left alone. */
static void store_open_leaves_others_alone(void **state)
{
    static const char *const strange[] = {
        "PRAGMA user_version = 1000", "PRAGMA user_version = 0",
        "PRAGMA user_version = -7",
        "PRAGMA user_version = 2; PRAGMA application_id = 7"};
    struct fixture *f = *state;
    char *path = mem_printf("%s/tracker.db", f->dir);
    struct store *s = NULL;
    struct err e;
    size_t i;

    make_story(f);
    close_all(f);
    for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        run_sql(path, strange[i]);
        assert_int_equal(store_open(f->dir, &s, &e), P2P_ENOTSUP);
    }
    run_sql(path,
            "PRAGMA user_version = 2; PRAGMA application_id = 1345474644");
    open_all(f);
    assert_int_equal(registry_count(f->registry, RECORD_USER), 3);
    free(path);
}

/* A database of the first schema is brought up to this one, with all that is
 * in it; what it did not know is empty. */
static void store_open_upgrades(void **state)
{
    struct fixture *f = *state;
    struct command *c;
    char *path = mem_printf("%s/tracker.db", f->dir);

    make_story(f);
    c = by(COMMAND_SERIAL, 2);
    set_id(c->group_id, 100);
    set_id(c->serial, 7);
    snprintf(c->hash, sizeof(c->hash), "%064x", 5);
    c->until = T0 + 1;
    assert_int_equal(submit(f, c), 0);
    assert_disk_agrees(f);
    assert_string_equal(registry_member_key(f->registry, id(100), id(2)) + 60,
                        "0005");
    close_all(f);
    run_sql(path, "ALTER TABLE serials DROP COLUMN key; "
                  "PRAGMA user_version = 1");
    open_all(f);
    assert_non_null(registry_serial(f->registry, id(7)));
    assert_string_equal(registry_member_key(f->registry, id(100), id(2)), "");
    assert_int_equal(registry_count(f->registry, RECORD_USER), 3);
    c = by(COMMAND_SERIAL, 2);
    set_id(c->group_id, 100);
    set_id(c->serial, 8);
    snprintf(c->hash, sizeof(c->hash), "%064x", 6);
    c->until = T0 + 2;
    assert_int_equal(submit(f, c), 0);
    assert_string_equal(registry_member_key(f->registry, id(100), id(2)) + 60,
                        "0006");
    assert_disk_agrees(f);
    free(path);
}

/* The size of a group follows its items. */
static void registry_group_bytes_follow_items(void **state)
{
    struct fixture *f = *state;
    struct command *c;

    make_story(f);
    assert_int_equal(registry_group_bytes(f->registry, id(100)), 0);
    c = publish_command(2, 100, 1);
    c->size = 1000;
    assert_int_equal(submit(f, c), 0);
    c = publish_command(2, 100, 2);
    c->size = 234;
    assert_int_equal(submit(f, c), 0);
    assert_int_equal(registry_group_bytes(f->registry, id(100)), 1234);
    c = by(COMMAND_UNPUBLISH, 2);
    set_id(c->group_id, 100);
    c->name = mem_strdup("item 1");
    assert_int_equal(submit(f, c), 0);
    assert_int_equal(registry_group_bytes(f->registry, id(100)), 234);
    assert_disk_agrees(f);
    assert_int_equal(registry_group_bytes(f->registry, id(100)), 234);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ledger_reopen_finds_everything),
        TEST(ledger_manifest_is_on_disk_only),
        TEST(ledger_refused_command_changes_nothing),
        TEST(plan_replay_gives_the_same_state),
        TEST(registry_undo_restores_the_state),
        TEST(plan_repeated_operation),
        TEST(ledger_disk_full_changes_nothing),
        TEST(ledger_failed_sync_is_not_acknowledged),
        TEST(store_min_free_refuses),
        TEST(ledger_group_commit),
        TEST(plan_roles),
        TEST(plan_quotas),
        TEST(plan_expire),
        TEST(plan_oldest_is_forgotten),
        TEST(plan_login_races_with_passwd),
        TEST(store_kill_keeps_what_was_acknowledged),
        TEST(store_open_refuses),
        TEST(store_open_leaves_others_alone),
        TEST(store_open_upgrades),
        TEST(registry_group_bytes_follow_items),
    };
    return cmocka_run_group_tests_name("tracker/ledger", tests, NULL, NULL);
}
