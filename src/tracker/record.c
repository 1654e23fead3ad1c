#include "config.h"

#include "tracker/record.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "util/mem.h"

#define COLUMN(kind, type, field)                                             \
    {                                                                         \
#field, RECORD_T_##type, offsetof(struct record_##kind, field), false \
    }
#define STORED(kind, type, field)                                            \
    {                                                                        \
#field, RECORD_T_##type, offsetof(struct record_##kind, field), true \
    }

static const struct record_column user_columns[] = {
    COLUMN(user, ID, id), COLUMN(user, TEXT, name),
    COLUMN(user, TEXT, password), COLUMN(user, INT, created)};

static const struct record_column token_columns[] = {
    COLUMN(token, HASH, digest), COLUMN(token, ID, user_id),
    COLUMN(token, INT, created), COLUMN(token, INT, expires)};

static const struct record_column group_columns[] = {
    COLUMN(group, ID, id),         COLUMN(group, TEXT, name),
    COLUMN(group, ID, owner_id),   COLUMN(group, INT, created),
    COLUMN(group, TEXT, root_pem), COLUMN(group, BLOB, sealed_key),
    COLUMN(group, INT, epoch)};

static const struct record_column member_columns[] = {
    COLUMN(member, ID, group_id), COLUMN(member, ID, user_id),
    COLUMN(member, INT, role), COLUMN(member, INT, since)};

static const struct record_column request_columns[] = {
    COLUMN(request, ID, group_id), COLUMN(request, ID, user_id),
    COLUMN(request, TEXT, message), COLUMN(request, INT, time)};

static const struct record_column rejection_columns[] = {
    COLUMN(rejection, ID, group_id), COLUMN(rejection, ID, user_id),
    COLUMN(rejection, TEXT, reason), COLUMN(rejection, INT, until)};

static const struct record_column deny_columns[] = {
    COLUMN(deny, ID, group_id), COLUMN(deny, ID, user_id),
    COLUMN(deny, INT, since), COLUMN(deny, INT, epoch)};

static const struct record_column item_columns[] = {
    COLUMN(item, ID, group_id),      COLUMN(item, TEXT, name),
    COLUMN(item, HASH, hash),        COLUMN(item, INT, size),
    COLUMN(item, ID, publisher_id),  COLUMN(item, INT, time),
    COLUMN(item, INT, is_directory), COLUMN(item, INT, piece_length),
    COLUMN(item, INT, pieces),       STORED(item, BLOB, info),
    STORED(item, BLOB, layers)};

static const struct record_column serial_columns[] = {
    COLUMN(serial, ID, serial), COLUMN(serial, ID, group_id),
    COLUMN(serial, ID, user_id), COLUMN(serial, INT, not_after),
    COLUMN(serial, HASH, key)};

static const struct record_column op_columns[] = {
    COLUMN(op, TEXT, subject), COLUMN(op, ID, op),    COLUMN(op, INT, type),
    COLUMN(op, TEXT, outcome), COLUMN(op, INT, time), COLUMN(op, INT, seq)};

#define TABLE(kind, keys)                                                      \
    {                                                                          \
#kind "s", sizeof(struct record_##kind), keys,                         \
            sizeof(kind##_columns) / sizeof(kind##_columns[0]), kind##_columns \
    }

static const struct record_table tables[RECORD_KINDS] = {
    [RECORD_USER] = TABLE(user, 1),
    [RECORD_TOKEN] = TABLE(token, 1),
    [RECORD_GROUP] = TABLE(group, 1),
    [RECORD_MEMBER] = TABLE(member, 2),
    [RECORD_REQUEST] = TABLE(request, 2),
    [RECORD_REJECTION] = TABLE(rejection, 2),
    [RECORD_DENY] = {"denies", sizeof(struct record_deny), 2,
                     sizeof(deny_columns) / sizeof(deny_columns[0]),
                     deny_columns},
    [RECORD_ITEM] = TABLE(item, 2),
    [RECORD_SERIAL] = TABLE(serial, 1),
    [RECORD_OP] = TABLE(op, 2),
};

static const char *const role_words[] = {
    "none", "rejected", "pending", "reader", "member", "admin", "owner"};

const char *role_word(enum role role)
{
    assert(role <= ROLE_OWNER);
    return role_words[role];
}

enum role role_from_word(const char *word)
{
    enum role role;

    for (role = ROLE_READER; role <= ROLE_ADMIN; role++) {
        if (strcmp(word, role_words[role]) == 0) {
            return role;
        }
    }
    return ROLE_NONE;
}

const struct record_table *record_table(enum record_kind kind)
{
    assert(kind < RECORD_KINDS);
    return &tables[kind];
}

void *record_at(const struct record_column *column, const void *record)
{
    /* The caller decides whether it may write; tables know only offsets. */
    return (void *)((uintptr_t)record + column->offset);
}

void *record_new(enum record_kind kind)
{
    return mem_calloc(1, record_table(kind)->size);
}

void record_free(enum record_kind kind, void *record)
{
    const struct record_table *t = record_table(kind);
    unsigned i;

    if (record == NULL) {
        return;
    }
    for (i = 0; i < t->columns; i++) {
        void *at = record_at(&t->column[i], record);

        if (t->column[i].type == RECORD_T_TEXT) {
            free(*(char **)at);
        } else if (t->column[i].type == RECORD_T_BLOB) {
            free(((struct record_blob *)at)->data);
        }
    }
    free(record);
}

void *record_copy(enum record_kind kind, const void *record)
{
    const struct record_table *t = record_table(kind);
    void *copy = mem_dup(record, t->size);
    unsigned i;

    for (i = 0; i < t->columns; i++) {
        void *at = record_at(&t->column[i], copy);

        if (t->column[i].type == RECORD_T_TEXT) {
            *(char **)at = mem_strdup(*(char **)at);
        } else if (t->column[i].type == RECORD_T_BLOB) {
            struct record_blob *b = at;

            b->data = b->data == NULL ? NULL : mem_dup(b->data, b->size);
        }
    }
    return copy;
}

static const char *column_text(const struct record_column *c,
                               const void *record)
{
    if (c->type == RECORD_T_TEXT) {
        const char *text = *(char **)record_at(c, record);

        return text == NULL ? "" : text;
    }
    return record_at(c, record);
}

void record_key(enum record_kind kind, const void *record,
                char out[RECORD_KEY_MAX])
{
    const struct record_table *t = record_table(kind);

    if (t->key_columns == 1) {
        snprintf(out, RECORD_KEY_MAX, "%s", column_text(&t->column[0], record));
    } else {
        snprintf(out, RECORD_KEY_MAX, "%s/%s",
                 column_text(&t->column[0], record),
                 column_text(&t->column[1], record));
    }
}

static void add_number(struct sha256 *s, uint64_t value)
{
    uint8_t bytes[8];
    unsigned i;

    for (i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    }
    sha256_add(s, bytes, sizeof(bytes));
}

static void add_bytes(struct sha256 *s, const void *data, size_t size)
{
    add_number(s, size);
    sha256_add(s, data, size);
}

void record_digest(enum record_kind kind, const void *record, uint8_t out[32])
{
    const struct record_table *t = record_table(kind);
    struct sha256 *s = sha256_new();
    unsigned i;

    add_number(s, kind);
    for (i = 0; i < t->columns; i++) {
        const struct record_column *c = &t->column[i];

        if (c->stored_only) {
            continue;
        }
        if (c->type == RECORD_T_INT) {
            add_number(s, (uint64_t) * (int64_t *)record_at(c, record));
        } else if (c->type == RECORD_T_BLOB) {
            const struct record_blob *b = record_at(c, record);

            add_bytes(s, b->data, b->size);
        } else {
            const char *text = column_text(c, record);

            add_bytes(s, text, strlen(text));
        }
    }
    sha256_finish(s, out);
    sha256_free(s);
}

void record_set_text(char **at, const char *text)
{
    free(*at);
    *at = mem_strdup(text == NULL ? "" : text);
}

void record_set_blob(struct record_blob *at, const void *data, size_t size)
{
    free(at->data);
    at->data = size == 0 ? NULL : mem_dup(data, size);
    at->size = size;
}
