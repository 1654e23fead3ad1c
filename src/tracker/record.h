/* record: the rows of the tracker's durable state, in memory and on disk.
 *
 * Every kind has a struct for the code and a table of columns, from which the
 * store makes its SQL and the registry its digests: a column is written down
 * once. Ids are hex digits, times seconds since 1970. No I/O.
 */
#ifndef P2P_TRACKER_RECORD_H
#define P2P_TRACKER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RECORD_ID = 33,      /* 16 bytes as hex, with the NUL */
    RECORD_HASH = 65,    /* 32 bytes as hex, with the NUL */
    RECORD_KEY_MAX = 512 /* bytes of any record_key(), with the NUL: an id and
                            an item name of 240 bytes fit well */
};

enum record_kind {
    RECORD_USER,
    RECORD_TOKEN,
    RECORD_GROUP,
    RECORD_MEMBER,
    RECORD_REQUEST,
    RECORD_REJECTION,
    RECORD_DENY,
    RECORD_ITEM,
    RECORD_SERIAL,
    RECORD_OP,
    RECORD_KINDS
};

enum role {
    ROLE_NONE,
    ROLE_REJECTED,
    ROLE_PENDING,
    ROLE_READER, /* from here on: a member of the group */
    ROLE_MEMBER,
    ROLE_ADMIN,
    ROLE_OWNER,
};

/* "none", "pending", ...; static. */
const char *role_word(enum role role);

/* The role for a word that a member may be given (reader, member, admin), or
 * ROLE_NONE. */
enum role role_from_word(const char *word);

struct record_blob {
    uint8_t *data; /* owned; NULL when empty or when only the store has it */
    size_t size;
};

struct record_user {
    char id[RECORD_ID];
    char *name;
    char *password; /* Argon2id, PHC form */
    int64_t created;
};

struct record_token {
    char digest[RECORD_HASH]; /* SHA-256 of the token */
    char user_id[RECORD_ID];
    int64_t created;
    int64_t expires;
};

struct record_group {
    char id[RECORD_ID];
    char *name;
    char owner_id[RECORD_ID];
    int64_t created;
    char *root_pem;
    struct record_blob sealed_key; /* the root's key, sealed with cluster.key */
    int64_t epoch;                 /* number of the last deny entry */
};

struct record_member {
    char group_id[RECORD_ID];
    char user_id[RECORD_ID];
    int64_t role; /* enum role, ROLE_READER or more */
    int64_t since;
};

struct record_request {
    char group_id[RECORD_ID];
    char user_id[RECORD_ID];
    char *message;
    int64_t time;
};

struct record_rejection {
    char group_id[RECORD_ID];
    char user_id[RECORD_ID];
    char *reason;
    int64_t until; /* no new request before */
};

struct record_deny {
    char group_id[RECORD_ID];
    char user_id[RECORD_ID];
    int64_t since; /* certificates issued before are refused */
    int64_t epoch;
};

struct record_item {
    char group_id[RECORD_ID];
    char *name;
    char hash[RECORD_HASH];
    int64_t size;
    char publisher_id[RECORD_ID];
    int64_t time;
    int64_t is_directory;
    int64_t piece_length;
    int64_t pieces;
    struct record_blob info;   /* in memory only until it is stored */
    struct record_blob layers; /* the same */
};

struct record_serial {
    char serial[RECORD_ID];
    char group_id[RECORD_ID];
    char user_id[RECORD_ID];
    int64_t not_after;
    char key[RECORD_HASH]; /* SHA-256 of the public key; "" before schema 2 */
};

struct record_op {
    char *subject; /* user id, or "name:" and the name of a new account */
    char op[RECORD_ID];
    int64_t type; /* enum command_type */
    char *outcome;
    int64_t time;
    int64_t seq; /* index of the command that had the effect */
};

enum record_type {
    RECORD_T_ID,
    RECORD_T_HASH,
    RECORD_T_TEXT,
    RECORD_T_INT,
    RECORD_T_BLOB
};

struct record_column {
    const char *name;
    enum record_type type;
    size_t offset;
    bool stored_only; /* not loaded: read on demand from the store */
};

struct record_table {
    const char *name;
    size_t size;          /* of the struct */
    unsigned key_columns; /* the first so many columns are the key */
    unsigned columns;
    const struct record_column *column;
};

const struct record_table *record_table(enum record_kind kind);

/* A zeroed record; release with record_free(). */
void *record_new(enum record_kind kind);
void record_free(enum record_kind kind, void *record); /* NULL is allowed. */
void *record_copy(enum record_kind kind, const void *record);

/* The key columns joined by '/'. */
void record_key(enum record_kind kind, const void *record,
                char out[RECORD_KEY_MAX]);

/* Where a column lies in a record. */
void *record_at(const struct record_column *column, const void *record);

/* SHA-256 over kind and all columns that are held in memory. */
void record_digest(enum record_kind kind, const void *record, uint8_t out[32]);

/* Replace the string or blob at `at` by a copy. */
void record_set_text(char **at, const char *text);
void record_set_blob(struct record_blob *at, const void *data, size_t size);

#endif /* P2P_TRACKER_RECORD_H */
