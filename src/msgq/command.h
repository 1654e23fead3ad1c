/* command: what the screen (or the command line) asks of the engine. */
#ifndef P2P_MSGQ_COMMAND_H
#define P2P_MSGQ_COMMAND_H

#include <stdint.h>

/* Each line: X(NAME) and the fields it reads. Every command is answered by
 * exactly one EVENT_REPLY with its request number; ROWS_... names the rows of
 * the answer. */
#define COMMAND_KINDS(X)                                                       \
    X(CREATE_USER) /* user, secret; logs in as well */                         \
    X(LOGIN)       /* user, secret */                                          \
    X(LOGOUT)                                                                  \
    X(WHOAMI)         /* ROWS_FIELDS */                                        \
    X(PASSWD)         /* secret = old, secret2 = new */                        \
    X(CREATE_GROUP)   /* group */                                              \
    X(JOIN_GROUP)     /* group, text = message or NULL */                      \
    X(LEAVE_GROUP)    /* group */                                              \
    X(DELETE_GROUP)   /* group */                                              \
    X(TRANSFER_GROUP) /* group, user */                                        \
    X(SET_ROLE)       /* group, user, text = role word */                      \
    X(REMOVE_MEMBER)  /* group, user */                                        \
    X(LIST_GROUPS)    /* ROWS_GROUPS, all */                                   \
    X(LIST_MY_GROUPS) /* ROWS_GROUPS, member or pending */                     \
    X(LIST_REQUESTS)  /* group or NULL for all I may decide; ROWS_REQUESTS */  \
    X(ACCEPT_REQUEST) /* group, user */                                        \
    X(REJECT_REQUEST) /* group, user, text = reason or NULL */                 \
    X(MEMBERS)        /* group; ROWS_MEMBERS */                                \
    X(LIST_FILES)     /* group; ROWS_FILES */                                  \
    X(UPLOAD_FILE)    /* path (absolute), group, number = piece length or 0;   \
                         EVENT_PROGRESS; ROWS_TRANSFERS with the one */        \
    X(DOWNLOAD_FILE)  /* group or NULL, name, path = directory or file name    \
                         (absolute) or NULL; answered when complete and        \
                         verified, or failed; EVENT_PROGRESS */                \
    X(SHOW_DOWNLOADS) /* ROWS_TRANSFERS: everything not only shared */         \
    X(LIST)           /* ROWS_TRANSFERS: what I share */                       \
    X(INFO)           /* group, name; ROWS_FIELDS */                           \
    X(PEERS)          /* group, name; ROWS_PEERS */                            \
    X(LOCATE)         /* group, name, number = piece; ROWS_PEERS by tracker */ \
    X(PAUSE)          /* group, name; both NULL for all */                     \
    X(RESUME)         /* group, name; both NULL for all */                     \
    X(VERIFY)         /* group, name; EVENT_PROGRESS */                        \
    X(SERVE)          /* group, path: a directory, all of whose files are      \
                         shared and followed; answered when what is there is   \
                         shared; ROWS_FIELDS */                                \
    X(UNSERVE)        /* group or NULL for any, path: no longer */             \
    X(STOP_SHARE)     /* group, name: I stop serving it */                     \
    X(UNPUBLISH)      /* group, name: removed for everyone */                  \
    X(REMOVE)         /* group, name: forget it and delete the local data */   \
    X(FORGET)         /* group, name: forget it, the local data stays */       \
    X(CLEAR)          /* forget what is complete and not shared any more, and  \
                         what lost its files; no data is deleted */            \
    X(ANNOUNCE)       /* group, name: ask for peers and call them now */       \
    X(DROP_PEER)      /* group, name, user: end its connections, refuse it for \
                         a while */                                            \
    X(EXPORT)         /* group, name, path: write the .torrent */              \
    X(EXPORT_MEMBER)  /* group, path: directory for key, cert and root PEM */  \
    X(TRACKERS)       /* ROWS_TRACKERS */                                      \
    X(TRACKER_ADD)    /* text = HOST:PORT[,sha256:HEX] */                      \
    X(TRACKER_FORGET) /* text = HOST:PORT */                                   \
    X(TRACKER_USE)    /* text = HOST:PORT: our calls go there */               \
    X(TRACKER_RETRY)  /* dial all that are not connected, now */               \
    X(TRACKER_CERT)   /* text = HOST:PORT or NULL; ROWS_FIELDS */              \
    X(WATCH_TRACKERS) /* number = 1: send ROWS_TRACKERS with figures every 2 s \
                         from now on; 0: no more */                            \
    X(CANCEL)         /* number = request to give up; it fails ECANCELED */    \
    X(WATCH) /* group and name of what the screen shows; NULLs allowed;        \
                sends EVENT_ROWS/EVENT_PIECES of these from now on; number =   \
                COMMAND_WATCH_... bits */                                      \
    X(QUIT)  /* stop cleanly: leave swarms, flush; EVENT_STOPPED */

enum command_kind {
#define COMMAND_ENUM(name) COMMAND_##name,
    COMMAND_KINDS(COMMAND_ENUM)
#undef COMMAND_ENUM
        COMMAND_KIND_COUNT
};

enum {
    COMMAND_WATCH_TAKERS = 1 /* ROWS_TAKERS too, of all items */
};

struct command {
    enum command_kind kind;
    uint64_t request; /* chosen by the sender, unique, not 0 */
    char *user, *group, *name, *path, *text; /* owned; NULL when not used */
    char *secret, *secret2;                  /* owned; wiped when freed */
    int64_t number;
};

/* A zeroed command; the receiver frees it with command_free() (NULL allowed).
 */
struct command *command_new(enum command_kind kind, uint64_t request);
void command_free(struct command *c);

/* For queue_free(). */
void command_drop(void *message);

const char *command_kind_name(enum command_kind kind); /* for traces */

#endif /* P2P_MSGQ_COMMAND_H */
