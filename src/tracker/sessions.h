/* sessions: who is connected: by id, by user and by address. No I/O.
 *
 * The top (tracker/tracker.c) owns the connections and gives the functions
 * that send and close. Others keep session ids, not pointers: a session may
 * end while a command or a password is on its way.
 */
#ifndef P2P_TRACKER_SESSIONS_H
#define P2P_TRACKER_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tracker/record.h"

struct sessions;

struct session {
    uint64_t id;
    char host[64];    /* the peer's address without port */
    char address[80]; /* with port, as it is shown to the client */
    bool is_logged_in;
    char user_id[RECORD_ID];
    char user[65];
    char token[RECORD_HASH]; /* digest */
    bool has_announced;
    unsigned pending; /* requests that are not answered yet */
    int64_t opened_ms;
    int64_t last_ms; /* last line */
    void *link;      /* of the top */
    TAILQ_ENTRY(session) by_use;
    LIST_ENTRY(session) of_user;
    LIST_ENTRY(session) of_host;
};

struct sessions_ops {
    /* Send a whole line; `line` is taken. */
    void (*send)(void *arg, struct session *s, char *line, size_t length);
    /* The session's last request was answered: go on reading. */
    void (*on_idle)(void *arg, struct session *s);
};

struct sessions *sessions_new(const struct sessions_ops *ops, void *arg);
void sessions_free(struct sessions *t); /* no session is left */

struct session *sessions_add(struct sessions *t, const char *host,
                             const char *address, int64_t now_ms);
void sessions_remove(struct sessions *t, struct session *s);
struct session *sessions_get(const struct sessions *t, uint64_t id);

/* Log in (out first when somebody else was), or out. Returns whether this was
 * the user's first, or last, session: he came online, or went offline. */
bool sessions_log_in(struct sessions *t, struct session *s, const char *user_id,
                     const char *user, const char *token);
bool sessions_log_out(struct sessions *t, struct session *s);

/* When (seconds since 1970) a user who is offline was here last, as long as
 * this tracker runs; 0: not known. */
void sessions_set_seen(struct sessions *t, const char *user_id, int64_t when);
int64_t sessions_seen(const struct sessions *t, const char *user_id);

/* A line came: the session is alive. */
void sessions_touch(struct sessions *t, struct session *s, int64_t now_ms);

/* The session that has been silent for the longest time, and the next one. */
struct session *sessions_first(const struct sessions *t);
struct session *sessions_next(const struct session *s);

/* The sessions of a user. */
struct session *sessions_of_user(const struct sessions *t, const char *user_id);
struct session *sessions_next_of_user(const struct session *s);

size_t sessions_count(const struct sessions *t);
size_t sessions_anonymous(const struct sessions *t);
size_t sessions_users(const struct sessions *t); /* users online */

/* Anonymous sessions from an address without port. */
size_t sessions_anonymous_of_host(const struct sessions *t, const char *host);

/* Send a copy of a line to a session, or to each session of a user. */
void sessions_send(struct sessions *t, struct session *s, const char *line,
                   size_t length);
void sessions_send_user(struct sessions *t, const char *user_id,
                        const char *line, size_t length);

/* The same as sessions_send, but `line` is taken. */
void sessions_send_take(struct sessions *t, struct session *s, char *line,
                        size_t length);

/* Count a request that is answered later, and its answer. */
void sessions_begin(struct session *s);
void sessions_end(struct sessions *t, struct session *s);

#endif /* P2P_TRACKER_SESSIONS_H */
