/* command: one entry of the tracker's log: a change that somebody asked for.
 *
 * Everything that is not a function of the state travels inside: times, new
 * ids, random values, and the Argon2id hash instead of the password. Encoded
 * as a version byte, a type byte and fields in ascending order of their tags.
 */
#ifndef P2P_TRACKER_COMMAND_H
#define P2P_TRACKER_COMMAND_H

#include <stdint.h>

#include "tracker/record.h"

struct buf;
struct err;

/* The numbers are on disk and on the wire between trackers: never reuse. */
enum command_type {
    COMMAND_NONE = 0,
    COMMAND_USER_CREATE = 1,
    COMMAND_TOKEN_PUT = 2,  /* log in, or prolong */
    COMMAND_TOKEN_DROP = 3, /* log out */
    COMMAND_PASSWD = 4,
    COMMAND_GROUP_CREATE = 5,
    COMMAND_JOIN = 6,
    COMMAND_ACCEPT = 7,
    COMMAND_REJECT = 8,
    COMMAND_LEAVE = 9,
    COMMAND_SET_ROLE = 10,
    COMMAND_TRANSFER = 11,
    COMMAND_REMOVE = 12,
    COMMAND_GROUP_DELETE = 13,
    COMMAND_PUBLISH = 14,
    COMMAND_UNPUBLISH = 15,
    COMMAND_SERIAL = 16, /* a member certificate was signed */
    COMMAND_EXPIRE = 17, /* forget what is past its time */
    COMMAND_TYPES
};

enum {
    COMMAND_TEXT_MAX = 16 * 1024,         /* bytes; root certificate and more */
    COMMAND_BLOB_MAX = 10 * 1024 * 1024,  /* bytes of info or a sealed key */
    COMMAND_LAYERS_MAX = 64 * 1024 * 1024 /* bytes */
};

struct command {
    enum command_type type;
    int64_t time;              /* when it was asked for */
    char op[RECORD_ID];        /* operation id or "" */
    char actor_id[RECORD_ID];  /* who asks; "" for a new account */
    char user_id[RECORD_ID];   /* new user, or the user it is done to */
    char group_id[RECORD_ID];  /* new group, or the group it is about */
    char serial[RECORD_ID];    /* of a member certificate */
    char token[RECORD_HASH];   /* SHA-256 of a session token */
    char hash[RECORD_HASH];    /* of an item, or of a certificate's key */
    char *name;                /* of a new user or group, or of an item */
    char *text;                /* message or reason */
    char *password;            /* Argon2id, PHC form */
    char *root_pem;            /* of a new group */
    struct record_blob blob;   /* sealed key of a new group, or info bytes */
    struct record_blob layers; /* piece layers */
    int64_t until;             /* end of a token, certificate or cool-down */
    int64_t size;              /* bytes of an item */
    int64_t piece_length;      /* bytes */
    int64_t pieces;
    int64_t is_directory;
    int64_t role; /* enum role */
};

/* A zeroed command; release with command_free(). */
struct command *command_new(enum command_type type, int64_t time);
void command_free(struct command *c); /* NULL is allowed. */

/* Append the encoded command. 0 or P2P_ETOOBIG with `out` unchanged. */
int command_encode(const struct command *c, struct buf *out);

/* Read one command that fills `size` bytes exactly. On 0 free *out. P2P_EPROTO
 * with a reason in `e` for anything command_encode() would not write. */
int command_decode(const uint8_t *data, size_t size, struct command **out,
                   struct err *e);

/* "user.create", ...; static; for logs. */
const char *command_word(enum command_type type);

#endif /* P2P_TRACKER_COMMAND_H */
