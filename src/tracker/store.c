#include "config.h"

#include "tracker/store.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracker/record.h"
#include "tracker/registry.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/mem.h"

enum {
    STORE_VERSION = 2,             /* PRAGMA user_version */
    STORE_APPLICATION = 0x50325054 /* "P2PT" */
};

struct store {
    sqlite3 *db;
    int lock; /* descriptor that holds the lock */
    char *dir;
    char *path;
    sqlite3_stmt *put[RECORD_KINDS];
    sqlite3_stmt *drop[RECORD_KINDS];
    sqlite3_stmt *begin;
    sqlite3_stmt *commit;
    sqlite3_stmt *set_applied;
    sqlite3_stmt *manifest;
    uint64_t applied;
    uint64_t min_free;
    int step_errno; /* errno of the step that failed */
    bool failed;    /* fsync failed: the file is not trusted any more */
};

/* ---- Errors ------------------------------------------------------------- */

static bool is_full_errno(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

/* Nothing is written from now on. The operator is told, once, what to do. */
static void give_up(struct store *s)
{
    if (!s->failed) {
        s->failed = true;
        log_error("store",
                  "%s: the disk did not confirm a write; nothing more is "
                  "written. Check the disk (its messages are in the system's "
                  "log), then restart p2p-tracker",
                  s->path);
    }
}

static int store_code(struct store *s)
{
    int extended = sqlite3_extended_errcode(s->db);

    if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC) {
        give_up(s);
        return P2P_EIO;
    }
    switch (extended & 0xff) {
    case SQLITE_FULL:
        return P2P_ENOSPC;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return is_full_errno(s->step_errno) ? P2P_ENOSPC : P2P_EIO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return P2P_EVERIFY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return P2P_EBUSY;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return P2P_EIO;
    default:
        return P2P_EINTERNAL;
    }
}

static int store_error(struct store *s, struct err *e)
{
    int code = store_code(s);

    return err_set(e, code, "%s: %s", s->path, sqlite3_errmsg(s->db));
}

static int run(struct store *s, const char *sql, struct err *e)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return store_error(s, e);
    }
    return 0;
}

static int prepare(struct store *s, const char *sql, sqlite3_stmt **out,
                   struct err *e)
{
    if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out,
                           NULL) != SQLITE_OK) {
        return store_error(s, e);
    }
    return 0;
}

/* Run a prepared statement that returns no rows. */
static int step(struct store *s, sqlite3_stmt *statement, struct err *e)
{
    int rv = 0;

    /* SQLite knows ENOSPC only; a quota and a limit on the size of files are
     * the same to us, and errno still tells them from a broken disk. */
    errno = 0;
    if (sqlite3_step(statement) != SQLITE_DONE) {
        s->step_errno = errno;
        rv = store_error(s, e);
        s->step_errno = 0;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return rv;
}

/* ---- SQL from the tables of columns ------------------------------------- */

static const char *sql_type(enum record_type type)
{
    return type == RECORD_T_INT    ? "INTEGER"
           : type == RECORD_T_BLOB ? "BLOB"
                                   : "TEXT";
}

static void write_create(struct buf *b, const struct record_table *t)
{
    unsigned i;

    buf_printf(b, "CREATE TABLE %s (", t->name);
    for (i = 0; i < t->columns; i++) {
        buf_printf(b, "%s %s NOT NULL, ", t->column[i].name,
                   sql_type(t->column[i].type));
    }
    buf_append_text(b, "PRIMARY KEY (");
    for (i = 0; i < t->key_columns; i++) {
        buf_printf(b, "%s%s", i == 0 ? "" : ", ", t->column[i].name);
    }
    buf_append_text(b, ")) STRICT;");
}

static void write_put(struct buf *b, const struct record_table *t)
{
    unsigned i;

    buf_printf(b, "INSERT OR REPLACE INTO %s VALUES (", t->name);
    for (i = 0; i < t->columns; i++) {
        buf_append_text(b, i == 0 ? "?" : ", ?");
    }
    buf_append_text(b, ")");
}

static void write_where_key(struct buf *b, const struct record_table *t)
{
    unsigned i;

    for (i = 0; i < t->key_columns; i++) {
        buf_printf(b, "%s%s = ?", i == 0 ? " WHERE " : " AND ",
                   t->column[i].name);
    }
}

static void write_load(struct buf *b, const struct record_table *t)
{
    unsigned i;

    buf_append_text(b, "SELECT ");
    for (i = 0; i < t->columns; i++) {
        const struct record_column *c = &t->column[i];

        if (i > 0) {
            buf_append_text(b, ", ");
        }
        buf_printf(b, c->stored_only ? "length(%s)" : "%s", c->name);
    }
    buf_printf(b, " FROM %s", t->name);
}

enum { STORE_SQL_MAX = 16 * 1024 };

static int prepare_kind(struct store *s, enum record_kind kind, struct err *e)
{
    const struct record_table *t = record_table(kind);
    struct buf sql;
    int rv;

    buf_init(&sql, STORE_SQL_MAX);
    write_put(&sql, t);
    buf_append(&sql, "", 1);
    rv = prepare(s, (char *)buf_head(&sql), &s->put[kind], e);
    buf_clear(&sql);
    if (rv == 0) {
        buf_printf(&sql, "DELETE FROM %s", t->name);
        write_where_key(&sql, t);
        buf_append(&sql, "", 1);
        rv = prepare(s, (char *)buf_head(&sql), &s->drop[kind], e);
    }
    buf_close(&sql);
    return rv;
}

static int create_schema(struct store *s, struct err *e)
{
    struct buf sql;
    int kind;
    int rv;

    buf_init(&sql, STORE_SQL_MAX);
    buf_append_text(&sql, "BEGIN IMMEDIATE;");
    for (kind = 0; kind < RECORD_KINDS; kind++) {
        write_create(&sql, record_table(kind));
    }
    buf_printf(&sql,
               "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT "
               "NULL) STRICT;"
               "INSERT INTO meta VALUES ('applied', 0);"
               "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
               STORE_APPLICATION, STORE_VERSION);
    buf_append(&sql, "", 1);
    rv = run(s, (char *)buf_head(&sql), e);
    buf_close(&sql);
    return rv;
}

/* ---- Open --------------------------------------------------------------- */

static int read_integer(struct store *s, const char *sql, int64_t *out,
                        struct err *e)
{
    sqlite3_stmt *q;
    int rv = prepare(s, sql, &q, e);

    if (rv < 0) {
        return rv;
    }
    if (sqlite3_step(q) == SQLITE_ROW) {
        *out = sqlite3_column_int64(q, 0);
    } else {
        rv = store_error(s, e);
    }
    sqlite3_finalize(q);
    return rv;
}

/* What leads from schema n + 1 to the next one. */
static const char *const upgrades[STORE_VERSION - 1] = {
    "ALTER TABLE serials ADD COLUMN key TEXT NOT NULL DEFAULT ''",
};

static int upgrade(struct store *s, int version, struct err *e)
{
    char *sql = mem_printf("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; "
                           "COMMIT;",
                           upgrades[version - 1], version + 1);
    int rv = run(s, sql, e);

    if (rv < 0) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    } else {
        log_info("store", "%s: schema %d", s->path, version + 1);
    }
    free(sql);
    return rv;
}

/* Bring the schema to STORE_VERSION, each step in one transaction that also
 * raises user_version. */
static int migrate(struct store *s, struct err *e)
{
    int64_t version = 0;
    int64_t application = 0;
    int rv = read_integer(s, "PRAGMA user_version", &version, e);

    if (rv == 0) {
        rv = read_integer(s, "PRAGMA application_id", &application, e);
    }
    if (rv < 0) {
        return rv;
    }
    if (version == 0 && application == 0) {
        return create_schema(s, e);
    }
    if (application != STORE_APPLICATION) {
        return err_set(e, P2P_ENOTSUP, "%s is not a tracker's database",
                       s->path);
    }
    if (version < 1) {
        return err_set(e, P2P_ENOTSUP, "%s is damaged (schema %" PRId64 ")",
                       s->path, version);
    }
    if (version > STORE_VERSION) {
        return err_set(e, P2P_ENOTSUP,
                       "%s was written by a newer version (schema %" PRId64
                       ", this program knows %d)",
                       s->path, version, STORE_VERSION);
    }
    for (; rv == 0 && version < STORE_VERSION; version++) {
        rv = upgrade(s, (int)version, e);
    }
    return rv;
}

static int open_database(struct store *s, struct err *e)
{
    int64_t applied = 0;
    int kind;
    int rv;

    if (sqlite3_open_v2(s->path, &s->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                            SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        return store_error(s, e);
    }
    sqlite3_extended_result_codes(s->db, 1);
    rv = run(s,
             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
             "PRAGMA journal_size_limit = 67108864;"
             "PRAGMA trusted_schema = OFF;",
             e);
    if (rv == 0) {
        rv = migrate(s, e);
    }
    for (kind = 0; rv == 0 && kind < RECORD_KINDS; kind++) {
        rv = prepare_kind(s, kind, e);
    }
    if (rv == 0) {
        rv = prepare(s, "BEGIN IMMEDIATE", &s->begin, e);
    }
    if (rv == 0) {
        rv = prepare(s, "COMMIT", &s->commit, e);
    }
    if (rv == 0) {
        rv = prepare(s, "UPDATE meta SET value = ? WHERE name = 'applied'",
                     &s->set_applied, e);
    }
    if (rv == 0) {
        rv = prepare(s,
                     "SELECT info, layers FROM items WHERE group_id = ? AND "
                     "name = ?",
                     &s->manifest, e);
    }
    if (rv == 0) {
        rv = read_integer(s, "SELECT value FROM meta WHERE name = 'applied'",
                          &applied, e);
        s->applied = (uint64_t)applied;
    }
    return rv;
}

int store_open(const char *dir, struct store **out, struct err *e)
{
    struct store *s = mem_calloc(1, sizeof(*s));
    char *lock = mem_printf("%s/lock", dir);
    int rv;

    s->dir = mem_strdup(dir);
    s->path = mem_printf("%s/tracker.db", dir);
    s->lock = fd_lock_file(lock);
    if (s->lock == P2P_EBUSY) {
        rv = err_set(e, P2P_EBUSY, "another p2p-tracker uses %s", dir);
    } else if (s->lock < 0) {
        rv = err_set(e, s->lock, "cannot lock %s: %s", lock, err_text(s->lock));
    } else {
        rv = open_database(s, e);
    }
    free(lock);
    if (rv < 0) {
        store_close(s);
        return rv;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    int kind;

    if (s == NULL) {
        return;
    }
    for (kind = 0; kind < RECORD_KINDS; kind++) {
        sqlite3_finalize(s->put[kind]);
        sqlite3_finalize(s->drop[kind]);
    }
    sqlite3_finalize(s->begin);
    sqlite3_finalize(s->commit);
    sqlite3_finalize(s->set_applied);
    sqlite3_finalize(s->manifest);
    sqlite3_close(s->db);
    if (s->lock >= 0) {
        close(s->lock);
    }
    free(s->dir);
    free(s->path);
    free(s);
}

/* ---- Load --------------------------------------------------------------- */

static int load_column(struct store *s, sqlite3_stmt *q, int n,
                       const struct record_column *c, void *record,
                       struct err *e)
{
    void *at = record_at(c, record);
    size_t size;

    if (c->type == RECORD_T_INT) {
        *(int64_t *)at = sqlite3_column_int64(q, n);
        return 0;
    }
    if (c->stored_only) {
        ((struct record_blob *)at)->size = (size_t)sqlite3_column_int64(q, n);
        return 0;
    }
    if (c->type == RECORD_T_BLOB) {
        const void *data = sqlite3_column_blob(q, n);

        record_set_blob(at, data, (size_t)sqlite3_column_bytes(q, n));
        return 0;
    }
    size = (size_t)sqlite3_column_bytes(q, n);
    if (c->type == RECORD_T_TEXT) {
        *(char **)at =
            mem_strndup((const char *)sqlite3_column_text(q, n), size);
        return 0;
    }
    if (size >= (c->type == RECORD_T_ID ? RECORD_ID : RECORD_HASH)) {
        return err_set(e, P2P_EVERIFY, "%s: column %s is damaged", s->path,
                       c->name);
    }
    memcpy(at, sqlite3_column_text(q, n), size + 1);
    return 0;
}

static int load_row(struct store *s, sqlite3_stmt *q, enum record_kind kind,
                    struct registry *r, struct err *e)
{
    const struct record_table *t = record_table(kind);
    void *record = record_new(kind);
    unsigned i;

    for (i = 0; i < t->columns; i++) {
        int rv = load_column(s, q, (int)i, &t->column[i], record, e);

        if (rv < 0) {
            record_free(kind, record);
            return rv;
        }
    }
    registry_load(r, kind, record);
    return 0;
}

static int load_kind(struct store *s, enum record_kind kind, struct registry *r,
                     struct err *e)
{
    struct buf sql;
    sqlite3_stmt *q = NULL;
    int rv;
    int more = SQLITE_DONE;

    buf_init(&sql, STORE_SQL_MAX);
    write_load(&sql, record_table(kind));
    buf_append(&sql, "", 1);
    rv = prepare(s, (char *)buf_head(&sql), &q, e);
    buf_close(&sql);
    while (rv == 0 && (more = sqlite3_step(q)) == SQLITE_ROW) {
        rv = load_row(s, q, kind, r, e);
    }
    if (rv == 0 && more != SQLITE_DONE) {
        rv = store_error(s, e);
    }
    sqlite3_finalize(q);
    return rv;
}

int store_load(struct store *s, struct registry *r, struct err *e)
{
    int kind;

    for (kind = 0; kind < RECORD_KINDS; kind++) {
        int rv = load_kind(s, kind, r, e);

        if (rv < 0) {
            return rv;
        }
    }
    return 0;
}

uint64_t store_applied(const struct store *s)
{
    return s->applied;
}

/* ---- Transactions ------------------------------------------------------- */

void store_set_min_free(struct store *s, uint64_t bytes)
{
    s->min_free = bytes;
}

bool store_has_failed(const struct store *s)
{
    return s->failed;
}

int store_begin(struct store *s, struct err *e)
{
    struct statvfs v;

    if (s->failed) {
        return err_set(e, P2P_EIO,
                       "the database could not be written safely; check the "
                       "disk and restart p2p-tracker");
    }
    if (s->min_free > 0 && statvfs(s->dir, &v) == 0 &&
        (uint64_t)v.f_bavail * v.f_frsize < s->min_free) {
        return err_set(e, P2P_ENOSPC, "%s", err_text(P2P_ENOSPC));
    }
    return step(s, s->begin, e);
}

static int bind(sqlite3_stmt *q, int n, const struct record_column *c,
                const void *record)
{
    const void *at = record_at(c, record);
    const struct record_blob *blob;
    const char *text;

    switch (c->type) {
    case RECORD_T_INT:
        return sqlite3_bind_int64(q, n, *(const int64_t *)at);
    case RECORD_T_BLOB:
        blob = at;
        if (blob->data == NULL) {
            return sqlite3_bind_zeroblob(q, n, 0);
        }
        return sqlite3_bind_blob64(q, n, blob->data, blob->size, SQLITE_STATIC);
    case RECORD_T_TEXT:
        text = *(char *const *)at;
        return sqlite3_bind_text(q, n, text == NULL ? "" : text, -1,
                                 SQLITE_STATIC);
    case RECORD_T_ID:
    case RECORD_T_HASH:
    default:
        return sqlite3_bind_text(q, n, at, -1, SQLITE_STATIC);
    }
}

static int write_effect(struct store *s, const struct effect *f, struct err *e)
{
    const struct record_table *t = record_table(f->kind);
    bool drops = f->next == NULL;
    sqlite3_stmt *q = drops ? s->drop[f->kind] : s->put[f->kind];
    const void *record = drops ? f->previous : f->next;
    unsigned columns = drops ? t->key_columns : t->columns;
    unsigned i;

    if (record == NULL) {
        return 0; /* dropping what is not there */
    }
    for (i = 0; i < columns; i++) {
        if (bind(q, (int)i + 1, &t->column[i], record) != SQLITE_OK) {
            sqlite3_clear_bindings(q);
            return store_error(s, e);
        }
    }
    return step(s, q, e);
}

int store_write(struct store *s, const struct effects *effects, struct err *e)
{
    size_t i;

    for (i = 0; i < effects->count; i++) {
        int rv = write_effect(s, &effects->list[i], e);

        if (rv < 0) {
            return rv;
        }
    }
    return 0;
}

int store_commit(struct store *s, uint64_t applied, struct err *e)
{
    int rv;

    sqlite3_bind_int64(s->set_applied, 1, (int64_t)applied);
    rv = step(s, s->set_applied, e);
    if (rv == 0) {
        rv = step(s, s->commit, e);
    }
    if (rv == 0) {
        s->applied = applied;
    }
    return rv;
}

void store_rollback(struct store *s)
{
    /* SQLite has already rolled back after some errors. */
    if (sqlite3_get_autocommit(s->db) == 0 &&
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK) {
        log_error("store", "roll back: %s", sqlite3_errmsg(s->db));
        give_up(s);
    }
}

static void take_blob(sqlite3_stmt *q, int n, struct record_blob *out)
{
    const void *data = sqlite3_column_blob(q, n);

    out->data = NULL;
    record_set_blob(out, data, (size_t)sqlite3_column_bytes(q, n));
}

int store_read_item(struct store *s, const struct record_item *item,
                    struct record_blob *info, struct record_blob *layers,
                    struct err *e)
{
    sqlite3_stmt *q = s->manifest;
    int rv = 0;
    int got;

    sqlite3_bind_text(q, 1, item->group_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, item->name, -1, SQLITE_STATIC);
    got = sqlite3_step(q);
    if (got == SQLITE_ROW) {
        take_blob(q, 0, info);
        take_blob(q, 1, layers);
    } else if (got == SQLITE_DONE) {
        rv = err_set(e, P2P_ENOENT, "no such item");
    } else {
        rv = store_error(s, e);
    }
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return rv;
}

uint64_t store_size(const struct store *s)
{
    struct stat st;

    return stat(s->path, &st) == 0 ? (uint64_t)st.st_size : 0;
}
