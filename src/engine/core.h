/* core: the engine's own object and what all its command files need: answers,
 * notices, and the lists of groups and transfers. Lives on thread p2p-dl.
 */
#ifndef P2P_ENGINE_CORE_H
#define P2P_ENGINE_CORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "msgq/command.h"
#include "msgq/event.h"

struct link;
struct loop;
struct wake;
struct timer;
struct profile;
struct session;
struct disk;
struct disk_port;
struct server;
struct announce;
struct serve;
struct contact;
struct trackers;
struct map;
struct membership;
struct err;

enum {
    CORE_TICK_MS = 250,  /* rates and pictures while something moves */
    CORE_IDLE_MS = 2000, /* the same while a screen watches and nothing moves */
    CORE_FILES_MS = 500, /* gathers reasons to ask for the list of files */
    CORE_DISK_MS = 10000, /* between two looks at the free space */
    CORE_PEER_ID = 20,    /* bytes (BEP 3) */
};

struct core_outgoing {
    STAILQ_ENTRY(core_outgoing) link;
    struct event *event;
};

struct core {
    struct loop *loop;
    struct link *link;
    struct profile *profile;
    struct session *session; /* NULL when no tracker is known */
    struct disk *disk;
    struct disk_port *port;
    struct server *server;
    struct announce *announce;
    struct serve *serve;
    struct trackers *trackers; /* what is known of each, and who waits */
    char *state_dir;
    char *download_dir; /* where downloads go that name no place */
    uint8_t peer_id[CORE_PEER_ID];
    struct map *groups;    /* name -> struct group */
    struct map *transfers; /* 32 bytes of hash -> struct transfer */
    struct map *shares;    /* request number -> struct sharing */
    struct timer *tick;
    STAILQ_HEAD(, core_outgoing) outbox; /* facts for a full queue */
    bool is_watched; /* a screen wants tables without asking */
    bool watches_takers;
    char *watched_group;
    char *watched_name;
    struct { /* fingerprints of what was posted last */
        uint64_t transfers, rates, pieces, peers, takers;
    } seen;
    bool is_stopping;
    unsigned asks; /* commands that wait for numbers of the server */
    /* Something that was under way has ended: perhaps the engine can stop. */
    void (*on_ended)(struct core *c);
    /* A group has a new certificate or deny list; set by engine.c so that group
     * need not know who uses it. */
    void (*on_membership)(struct core *c, struct membership *m);
    /* The tracker says we are no member of `group` any more: stop what runs in
     * it and forget it. */
    void (*on_group_lost)(struct core *c, const char *group);
    /* Logged out, or in as somebody else: forget groups, stop transfers. */
    void (*on_user_change)(struct core *c);
    /* There was no session yet: open one to this tracker. */
    void (*on_first_tracker)(struct core *c, const struct contact *tracker);
    struct timer *files_timer;   /* the watched group's files, asked for soon */
    uint64_t disk_free;          /* bytes where downloads go; 0 unknown */
    int64_t disk_ms;             /* when that was looked up */
    uint64_t rate_down, rate_up; /* of all transfers, for EVENT_RATES */
    bool tick_is_soon;           /* the timer runs with CORE_TICK_MS */
};

/* Post an event. Facts are kept until there is room; pictures are dropped.
 * Taken in any case. */
void core_post(struct core *c, struct event *e);

/* Answer a command. */
void core_reply(struct core *c, uint64_t request, int code, const char *text);
void core_reply_rows(struct core *c, uint64_t request, struct rows *rows);

/* Tell the user that something happened (a translated sentence). `group` and
 * `name` say what it is about, or NULL. */
void core_notice(struct core *c, enum notice_level level, const char *group,
                 const char *name, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Post a table that changed; takes the content of `rows`. Nothing happens, but
 * the release, when no screen watches. */
void core_post_rows(struct core *c, const char *group, const char *name,
                    struct rows *rows);

/* Append a line to ROWS_FIELDS; the texts are copied, no value is "-". */
void core_add_field(struct rows *rows, const char *key, const char *label,
                    const char *value);
void core_add_number(struct rows *rows, const char *key, const char *label,
                     uint64_t value);

/* Post EVENT_SESSION from what the session and the profile know. */
void core_post_session(struct core *c);

/* The server has answered one of `asks`. */
void core_ask_ended(struct core *c);

/* Make the tick run soon: something began to move. */
void core_stir(struct core *c);

/* Ask for the watched group's files soon, with what else changes meanwhile. */
void core_refresh_files_soon(struct core *c);

/* A call whose answer is only "done" or an error for command `request`. */
void core_call_plain(struct core *c, uint64_t request, const char *method,
                     json_t *params);

/* Remember which core and request an answer belongs to. free() it in the
 * callback. */
struct core_request {
    struct core *core;
    uint64_t request;
    char *group, *name, *path, *text;
};
struct core_request *core_request_new(struct core *c,
                                      const struct command *command);
void core_request_free(struct core_request *r); /* NULL is allowed. */

/* A string member of an object, copied; NULL when it is missing or no string.
 */
char *core_json_text(json_t *object, const char *key);
int64_t core_json_integer(json_t *object, const char *key);

/* Reply with the sentence of `e` when there is no tracker to ask; true then. */
bool core_refuse_without_tracker(struct core *c, uint64_t request);

#endif /* P2P_ENGINE_CORE_H */
