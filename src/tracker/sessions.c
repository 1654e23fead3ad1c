#include "config.h"

#include "tracker/sessions.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/map.h"
#include "util/mem.h"

LIST_HEAD(session_list, session);

/* The sessions of one user, or the anonymous ones of one address. */
struct bunch {
    struct session_list list;
    size_t count;
};

struct sessions {
    const struct sessions_ops *ops;
    void *arg;
    uint64_t last_id;
    struct map *by_id; /* id, 8 bytes */
    struct map *users; /* user id -> struct bunch */
    struct map *hosts; /* address -> struct bunch of anonymous sessions */
    struct map *seen;  /* user id -> int64_t of who went offline */
    size_t anonymous;
    TAILQ_HEAD(, session) by_use;
};

struct sessions *sessions_new(const struct sessions_ops *ops, void *arg)
{
    struct sessions *t = mem_calloc(1, sizeof(*t));

    t->ops = ops;
    t->arg = arg;
    t->by_id = map_new();
    t->users = map_new();
    t->hosts = map_new();
    t->seen = map_new();
    TAILQ_INIT(&t->by_use);
    return t;
}

void sessions_free(struct sessions *t)
{
    if (t == NULL) {
        return;
    }
    assert(map_count(t->by_id) == 0);
    map_free(t->by_id, NULL);
    map_free(t->users, free);
    map_free(t->hosts, free);
    map_free(t->seen, free);
    free(t);
}

static struct bunch *bunch_of(struct map *m, const char *key)
{
    struct bunch *b = map_get_text(m, key);

    if (b == NULL) {
        b = mem_calloc(1, sizeof(*b));
        LIST_INIT(&b->list);
        map_put_text(m, key, b);
    }
    b->count++;
    return b;
}

/* Returns whether the bunch is gone with this session. */
static bool bunch_leave(struct map *m, const char *key)
{
    struct bunch *b = map_get_text(m, key);

    assert(b != NULL);
    b->count--;
    if (b->count > 0) {
        return false;
    }
    map_remove_text(m, key);
    free(b);
    return true;
}

static void become_anonymous(struct sessions *t, struct session *s)
{
    struct bunch *b = bunch_of(t->hosts, s->host);

    LIST_INSERT_HEAD(&b->list, s, of_host);
    t->anonymous++;
}

static void stop_being_anonymous(struct sessions *t, struct session *s)
{
    LIST_REMOVE(s, of_host);
    bunch_leave(t->hosts, s->host);
    t->anonymous--;
}

struct session *sessions_add(struct sessions *t, const char *host,
                             const char *address, int64_t now_ms)
{
    struct session *s = mem_calloc(1, sizeof(*s));

    s->id = ++t->last_id;
    snprintf(s->host, sizeof(s->host), "%s", host);
    snprintf(s->address, sizeof(s->address), "%s", address);
    s->opened_ms = now_ms;
    s->last_ms = now_ms;
    map_put(t->by_id, &s->id, sizeof(s->id), s);
    TAILQ_INSERT_TAIL(&t->by_use, s, by_use);
    become_anonymous(t, s);
    return s;
}

void sessions_remove(struct sessions *t, struct session *s)
{
    sessions_log_out(t, s);
    stop_being_anonymous(t, s);
    TAILQ_REMOVE(&t->by_use, s, by_use);
    map_remove(t->by_id, &s->id, sizeof(s->id));
    mem_wipe(s, sizeof(*s));
    free(s);
}

struct session *sessions_get(const struct sessions *t, uint64_t id)
{
    return map_get(t->by_id, &id, sizeof(id));
}

bool sessions_log_in(struct sessions *t, struct session *s, const char *user_id,
                     const char *user, const char *token)
{
    struct bunch *b;

    sessions_log_out(t, s);
    stop_being_anonymous(t, s);
    s->is_logged_in = true;
    snprintf(s->user_id, sizeof(s->user_id), "%s", user_id);
    snprintf(s->user, sizeof(s->user), "%s", user);
    snprintf(s->token, sizeof(s->token), "%s", token);
    b = bunch_of(t->users, s->user_id);
    LIST_INSERT_HEAD(&b->list, s, of_user);
    return b->count == 1;
}

bool sessions_log_out(struct sessions *t, struct session *s)
{
    bool was_last;

    if (!s->is_logged_in) {
        return false;
    }
    LIST_REMOVE(s, of_user);
    was_last = bunch_leave(t->users, s->user_id);
    s->is_logged_in = false;
    s->user_id[0] = '\0';
    s->user[0] = '\0';
    mem_wipe(s->token, sizeof(s->token));
    become_anonymous(t, s);
    return was_last;
}

void sessions_set_seen(struct sessions *t, const char *user_id, int64_t when)
{
    int64_t *at = map_get_text(t->seen, user_id);

    if (at == NULL) {
        at = mem_alloc(sizeof(*at));
        map_put_text(t->seen, user_id, at);
    }
    *at = when;
}

int64_t sessions_seen(const struct sessions *t, const char *user_id)
{
    const int64_t *at = map_get_text(t->seen, user_id);

    return at == NULL ? 0 : *at;
}

void sessions_touch(struct sessions *t, struct session *s, int64_t now_ms)
{
    s->last_ms = now_ms;
    TAILQ_REMOVE(&t->by_use, s, by_use);
    TAILQ_INSERT_TAIL(&t->by_use, s, by_use);
}

struct session *sessions_first(const struct sessions *t)
{
    return TAILQ_FIRST(&t->by_use);
}

struct session *sessions_next(const struct session *s)
{
    return TAILQ_NEXT(s, by_use);
}

struct session *sessions_of_user(const struct sessions *t, const char *user_id)
{
    const struct bunch *b = map_get_text(t->users, user_id);

    return b == NULL ? NULL : LIST_FIRST(&b->list);
}

struct session *sessions_next_of_user(const struct session *s)
{
    return LIST_NEXT(s, of_user);
}

size_t sessions_count(const struct sessions *t)
{
    return map_count(t->by_id);
}

size_t sessions_anonymous(const struct sessions *t)
{
    return t->anonymous;
}

size_t sessions_users(const struct sessions *t)
{
    return map_count(t->users);
}

size_t sessions_anonymous_of_host(const struct sessions *t, const char *host)
{
    const struct bunch *b = map_get_text(t->hosts, host);

    return b == NULL ? 0 : b->count;
}

void sessions_send_take(struct sessions *t, struct session *s, char *line,
                        size_t length)
{
    t->ops->send(t->arg, s, line, length);
}

void sessions_send(struct sessions *t, struct session *s, const char *line,
                   size_t length)
{
    sessions_send_take(t, s, mem_dup(line, length), length);
}

void sessions_send_user(struct sessions *t, const char *user_id,
                        const char *line, size_t length)
{
    struct session *s = sessions_of_user(t, user_id);

    while (s != NULL) {
        struct session *next = sessions_next_of_user(s);

        sessions_send(t, s, line, length);
        s = next;
    }
}

void sessions_begin(struct session *s)
{
    s->pending++;
}

void sessions_end(struct sessions *t, struct session *s)
{
    assert(s->pending > 0);
    s->pending--;
    if (s->pending == 0) {
        t->ops->on_idle(t->arg, s);
    }
}
