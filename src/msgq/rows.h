/* rows: the tables that events carry: plain data, strings owned by the row.
 *
 * Strings from other people are raw here (valid UTF-8, but not safe to show);
 * whoever shows them passes them through text_safe(). NULL strings mean "not
 * known".
 */
#ifndef P2P_MSGQ_ROWS_H
#define P2P_MSGQ_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rows_kind {
    ROWS_NONE,
    ROWS_GROUPS,
    ROWS_REQUESTS,
    ROWS_MEMBERS,
    ROWS_FILES,
    ROWS_TRANSFERS,
    ROWS_PEERS,
    ROWS_TRACKERS,
    ROWS_TAKERS,
    ROWS_FIELDS,
};

/* What I am in a group. */
enum group_role {
    GROUP_NONE,     /* not a member, may ask */
    GROUP_PENDING,  /* asked */
    GROUP_REJECTED, /* asked and was refused */
    GROUP_READER,   /* may download, not publish */
    GROUP_MEMBER,
    GROUP_ADMIN,
    GROUP_OWNER,
};

struct row_group {
    char *name;
    char *owner;
    char *note; /* reason of a rejection, or NULL */
    char *key;  /* SHA-256 of the root certificate, hex; NULL to outsiders */
    enum group_role role;
    uint32_t members, online, items;
    uint32_t requests; /* waiting; 0 unless I may decide them */
    int64_t created;   /* seconds since 1970; 0 unknown, as all times here */
    uint64_t bytes;    /* of all items; 0 to outsiders */
};

struct row_request {
    char *group, *user, *message;
    char *common;    /* groups we are both in, one a line; NULL: none */
    int64_t time;    /* seconds since 1970 */
    int64_t created; /* when the account was made */
};

struct row_member {
    char *user;
    enum group_role role;
    bool online;
    int64_t since; /* seconds since 1970 */
    int64_t seen;  /* last online; 0: is, or not known */
    char *key;     /* SHA-256 of the public key of the newest certificate, hex;
                      NULL without any */
};

/* What this computer does with an item. */
enum transfer_state {
    TRANSFER_NONE,    /* not here */
    TRANSFER_HASHING, /* being shared: reading and hashing */
    TRANSFER_QUEUED,
    TRANSFER_CHECKING, /* verifying what is on disk */
    TRANSFER_LOADING,
    TRANSFER_WAITING, /* nobody online has what is missing, or no tracker */
    TRANSFER_PAUSED,
    TRANSFER_SHARING, /* complete and offered */
    TRANSFER_STOPPED, /* complete, not offered */
    TRANSFER_FAILED,  /* needs the user; `reason` says what to do */
};

struct row_file {
    char *group, *name, *publisher;
    char *hash;    /* 64 hex digits */
    uint64_t size; /* bytes */
    int64_t time;  /* published, seconds since 1970 */
    uint32_t seeders, leechers;
    uint32_t piece_count, piece_length;
    bool is_directory;
    enum transfer_state state;
    uint64_t have; /* verified bytes here */
};

enum {
    ROWS_SPARK = 32 /* samples of a rate history, one a second, newest last */
};

struct row_transfer {
    char *group, *name, *hash;
    char *path;   /* where it lies on this computer */
    char *reason; /* why it is slow, waits or failed: a sentence, or NULL */
    enum transfer_state state;
    uint64_t size, have; /* bytes */
    uint32_t piece_count, piece_length, pieces_have;
    uint64_t rate_down, rate_up;   /* bytes per second, smoothed */
    uint64_t total_down, total_up; /* bytes of payload since start */
    uint64_t spark_down[ROWS_SPARK], spark_up[ROWS_SPARK];
    int64_t eta;             /* seconds, -1 unknown */
    uint32_t peers, seeders; /* connected, and how many of them have all */
    uint32_t bad_blocks;
    bool is_origin; /* of a directory that is served */
};

struct row_peer {
    char letter;   /* 'a'..'z', stable while connected; ' ' past 26 */
    char *user;    /* from the certificate */
    char *address; /* "addr:port" */
    char *client;  /* foreign text of the extension handshake */
    char *reason;  /* why it is slow or unused: "choked us", ... or NULL */
    uint64_t rate_down, rate_up;   /* bytes per second */
    uint64_t total_down, total_up; /* bytes of payload */
    int32_t load;                  /* 0..100; -1 when it is not known */
    uint32_t queue;                /* our outstanding requests to it */
    int32_t rtt_ms;                /* -1 unknown */
    uint32_t pieces;               /* it has */
    bool is_seed, is_incoming, chokes_us, we_choke, interested;
    bool is_origin; /* serves a whole directory: asked last */
    bool is_slow;   /* slower than what was asked of it, or stopped */
    uint32_t bad_blocks;
    bool banned;
};

/* What a tracker tells of itself, while a screen watches; -1 is unknown, and
 * what a tracker that stands alone does not have. */
#define TRACKER_FIGURES_X(X)                                              \
    X(USERS, "users")                                                     \
    X(USERS_ONLINE, "users_online")                                       \
    X(GROUPS, "groups")                                                   \
    X(ITEMS, "items")                                                     \
    X(ITEM_BYTES, "item_bytes")                                           \
    X(JOIN_REQUESTS, "join_requests") /* waiting */                       \
    X(SWARMS, "swarms")                                                   \
    X(PEERS, "peers")                                                     \
    X(SESSIONS, "sessions")                                               \
    X(DATABASE_BYTES, "database_bytes")                                   \
    X(UPTIME, "uptime")   /* seconds */                                   \
    X(REFUSED, "refused") /* in ten minutes, for coming too fast */       \
    X(MEDIAN_US, "latency_median_us") /* of the answers in ten minutes */ \
    X(SLOW_US, "latency_slow_us")     /* the slowest 1 % took longer */   \
    X(TERM, "term")                                                       \
    X(LOG_INDEX, "log_index")                                             \
    X(BEHIND, "behind") /* entries that it has yet to apply */

enum tracker_figure {
#define TRACKER_FIGURE(name, word) TRACKER_##name,
    TRACKER_FIGURES_X(TRACKER_FIGURE)
#undef TRACKER_FIGURE
        TRACKER_FIGURES
};

enum {
    ROWS_SLOTS = 60,  /* of the history of requests, newest last */
    ROWS_SLOT_S = 10, /* seconds each */
};

struct row_tracker {
    char *address;
    char *pin; /* hex of the certificate's SHA-256, or NULL */
    char *version;
    char *problem;        /* sentence, or NULL when it is fine */
    int32_t problem_code; /* P2P_E... of it, 0 */
    char *role;           /* "alone", ...; NULL unknown */
    bool connected;
    bool is_primary;    /* our calls go there */
    bool logged_in;     /* we are, there */
    int32_t delay_ms;   /* -1 unknown */
    int64_t cert_until; /* seconds since 1970; 0 before it was ever met */
    int64_t figures[TRACKER_FIGURES];
    int32_t requests[ROWS_SLOTS]; /* answered in that slot; -1 unknown */
};

/* Somebody who loads an item from this computer now. */
struct row_taker {
    char *group, *name; /* of the item */
    char *user;
    uint64_t rate_up, total_up;   /* bytes per second; bytes of payload */
    uint32_t pieces, piece_count; /* it has, of how many */
};

/* One line of "info" and "whoami"-like answers. `key` is a stable word for
 * --json, `label` its translated name. */
struct row_field {
    char *key, *label, *value;
};

struct rows {
    enum rows_kind kind;
    size_t count;
    union {
        struct row_group *groups;
        struct row_request *requests;
        struct row_member *members;
        struct row_file *files;
        struct row_transfer *transfers;
        struct row_peer *peers;
        struct row_tracker *trackers;
        struct row_taker *takers;
        struct row_field *fields;
        void *any;
    };
};

/* Empty rows of a kind; append with rows_add(), which returns a zeroed row to
 * fill (valid until the next rows_add). */
void rows_init(struct rows *r, enum rows_kind kind);
void *rows_add(struct rows *r);

/* Make `to` (not in use) equal to `from`, with strings of its own. */
void rows_copy(struct rows *to, const struct rows *from);
void rows_close(struct rows *r);

/* Order rows by one of their texts ("name"), whatever its case; rows without
 * it come last. The kind must have such a field. */
void rows_sort(struct rows *r, const char *key);

/* The fields of a row (rowfield.h), its size, and the kind's stable word,
 * "groups"; and back (ROWS_NONE: no such kind). */
struct rowfield;
const struct rowfield *rows_fields(enum rows_kind kind);
size_t rows_row_size(enum rows_kind kind);
const char *rows_kind_word(enum rows_kind kind);
enum rows_kind rows_kind_from_word(const char *word);

/* Stable words for --json and logs: "owner", "loading"; and back (-1: no). */
const char *group_role_word(enum group_role role);
int group_role_from_word(const char *word);

/* "users", as in --json and in the tracker's answer. */
const char *tracker_figure_word(enum tracker_figure figure);
const char *transfer_state_word(enum transfer_state state);

#endif /* P2P_MSGQ_ROWS_H */
