#include "config.h"

#include "tracker/swarmdb.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "crypto/random.h"
#include "util/err.h"
#include "util/map.h"
#include "util/mem.h"

struct swarm;

/* One session in one swarm. */
struct member {
    struct swarm *swarm;
    struct owner *owner;
    uint32_t at; /* place in swarm->members */
    uint32_t have;
    bool is_seed;
    size_t bitmap_size;
    uint8_t *bitmap; /* NULL: none or all */
};

/* A session. */
struct owner {
    uint64_t session;
    char *user;
    char *user_id;
    char *address;
    struct map *members; /* hash -> struct member */
    size_t bitmap_bytes; /* of all members */
};

/* Invariant: members[i]->at == i, and seeds counts those with is_seed. */
struct swarm {
    uint8_t hash[SWARMDB_HASH];
    struct member **members;
    uint32_t count;
    uint32_t capacity;
    uint32_t seeds;
    struct swarmdb_change *changes; /* not told yet */
    size_t change_count;
    int64_t next_push_ms;
    bool is_dirty; /* in db->dirty */
    TAILQ_ENTRY(swarm) link;
};

struct swarmdb {
    struct map *swarms; /* hash -> struct swarm */
    struct map *owners; /* session, 8 bytes -> struct owner */
    size_t peers;
    TAILQ_HEAD(, swarm) dirty;
};

struct swarmdb *swarmdb_new(void)
{
    struct swarmdb *db = mem_calloc(1, sizeof(*db));

    db->swarms = map_new();
    db->owners = map_new();
    TAILQ_INIT(&db->dirty);
    return db;
}

static void member_free(void *value)
{
    struct member *m = value;

    free(m->bitmap);
    free(m);
}

static void owner_free(void *value)
{
    struct owner *o = value;

    map_free(o->members, member_free);
    free(o->user);
    free(o->user_id);
    free(o->address);
    free(o);
}

static void swarm_free(void *value)
{
    struct swarm *s = value;

    free(s->members);
    free(s->changes);
    free(s);
}

void swarmdb_free(struct swarmdb *db)
{
    if (db == NULL) {
        return;
    }
    map_free(db->swarms, swarm_free);
    map_free(db->owners, owner_free);
    free(db);
}

static struct owner *owner_of(const struct swarmdb *db, uint64_t session)
{
    return map_get(db->owners, &session, sizeof(session));
}

static struct swarm *swarm_of(const struct swarmdb *db,
                              const uint8_t hash[SWARMDB_HASH])
{
    return map_get(db->swarms, hash, SWARMDB_HASH);
}

static struct member *member_of(const struct swarmdb *db, uint64_t session,
                                const uint8_t hash[SWARMDB_HASH])
{
    struct owner *o = owner_of(db, session);

    return o == NULL ? NULL : map_get(o->members, hash, SWARMDB_HASH);
}

/* ---- Notices ------------------------------------------------------------ */

static void note_change(struct swarmdb *db, const struct member *m, bool joined)
{
    struct swarm *s = m->swarm;
    struct swarmdb_change *c;

    if (s->changes == NULL) {
        s->changes = mem_calloc(SWARMDB_PUSH_CHANGES, sizeof(*s->changes));
    }
    if (s->change_count == SWARMDB_PUSH_CHANGES) {
        memmove(s->changes, s->changes + 1,
                (SWARMDB_PUSH_CHANGES - 1) * sizeof(*s->changes));
        s->change_count--;
    }
    c = &s->changes[s->change_count++];
    c->joined = joined;
    c->session = m->owner->session;
    snprintf(c->user, sizeof(c->user), "%s", m->owner->user);
    snprintf(c->user_id, sizeof(c->user_id), "%s", m->owner->user_id);
    snprintf(c->address, sizeof(c->address), "%s", m->owner->address);
    c->have = m->have;
    c->is_seed = m->is_seed;
    if (!s->is_dirty) {
        s->is_dirty = true;
        TAILQ_INSERT_TAIL(&db->dirty, s, link);
    }
}

static void undirty(struct swarmdb *db, struct swarm *s)
{
    if (s->is_dirty) {
        TAILQ_REMOVE(&db->dirty, s, link);
        s->is_dirty = false;
    }
    free(s->changes);
    s->changes = NULL;
    s->change_count = 0;
}

static bool is_same_place(const struct swarmdb_change *c, const char *user_id,
                          const char *address)
{
    return strcmp(c->address, address) == 0 && strcmp(c->user_id, user_id) == 0;
}

/* A notice does not tell in which order things happened, so of one computer
 * only the last is told; and it has not left while another session of its is
 * in the swarm. */
static bool is_outdated(const struct swarm *s, size_t i)
{
    const struct swarmdb_change *c = &s->changes[i];

    for (size_t k = i + 1; k < s->change_count; k++) {
        if (is_same_place(c, s->changes[k].user_id, s->changes[k].address)) {
            return true;
        }
    }
    for (uint32_t k = 0; k < s->count && !c->joined; k++) {
        const struct owner *o = s->members[k]->owner;

        if (is_same_place(c, o->user_id, o->address)) {
            return true;
        }
    }
    return false;
}

static void drop_outdated(struct swarm *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->change_count; i++) {
        if (!is_outdated(s, i)) {
            s->changes[kept++] = s->changes[i];
        }
    }
    s->change_count = kept;
}

static void give_notice(struct swarm *s, swarmdb_notice_cb cb, void *arg)
{
    uint64_t sessions[SWARMDB_PUSH_TO];
    uint32_t start = s->count <= SWARMDB_PUSH_TO ? 0 : random_below(s->count);
    struct swarmdb_notice n = {s->hash, s->changes, s->change_count, sessions,
                               0};
    uint32_t i;

    for (i = 0; i < s->count && n.session_count < SWARMDB_PUSH_TO; i++) {
        const struct member *m = s->members[(start + i) % s->count];

        sessions[n.session_count++] = m->owner->session;
    }
    if (n.session_count > 0 && n.change_count > 0) {
        cb(arg, &n);
    }
}

int64_t swarmdb_flush(struct swarmdb *db, int64_t now_ms, swarmdb_notice_cb cb,
                      void *arg)
{
    struct swarm *s = TAILQ_FIRST(&db->dirty);
    int64_t wait = -1;

    while (s != NULL) {
        struct swarm *next = TAILQ_NEXT(s, link);

        if (s->next_push_ms <= now_ms) {
            drop_outdated(s);
            give_notice(s, cb, arg);
            undirty(db, s);
            s->next_push_ms = now_ms + SWARMDB_PUSH_EVERY_MS;
        } else if (wait < 0 || s->next_push_ms - now_ms < wait) {
            wait = s->next_push_ms - now_ms;
        }
        s = next;
    }
    return wait;
}

/* ---- Members ------------------------------------------------------------ */

static void drop_bitmap(struct member *m)
{
    free(m->bitmap);
    m->bitmap = NULL;
    m->owner->bitmap_bytes -= m->bitmap_size;
    m->bitmap_size = 0;
}

static void keep_bitmap(struct member *m, const struct swarmdb_progress *p)
{
    if (m->owner->bitmap_bytes + p->bitmap_size <= SWARMDB_BITMAPS_MAX) {
        m->bitmap = mem_dup(p->bitmap, p->bitmap_size);
        m->bitmap_size = p->bitmap_size;
        m->owner->bitmap_bytes += p->bitmap_size;
    }
}

static void swarm_drop_if_empty(struct swarmdb *db, struct swarm *s)
{
    if (s->count == 0) {
        undirty(db, s);
        map_remove(db->swarms, s->hash, SWARMDB_HASH);
        swarm_free(s);
    }
}

static void set_seed(struct member *m, bool is_seed)
{
    if (m->is_seed != is_seed) {
        m->swarm->seeds = is_seed ? m->swarm->seeds + 1 : m->swarm->seeds - 1;
        m->is_seed = is_seed;
    }
}

/* Take the member out of its swarm; the owner's map is the caller's. */
static void detach(struct swarmdb *db, struct member *m, bool tell)
{
    struct swarm *s = m->swarm;

    if (tell) {
        note_change(db, m, false);
    }
    set_seed(m, false);
    drop_bitmap(m);
    s->count--;
    s->members[m->at] = s->members[s->count];
    s->members[m->at]->at = m->at;
    db->peers--;
    swarm_drop_if_empty(db, s);
}

static struct member *join(struct swarmdb *db, struct owner *o,
                           const uint8_t hash[SWARMDB_HASH])
{
    struct swarm *s = swarm_of(db, hash);
    struct member *m = mem_calloc(1, sizeof(*m));

    if (s == NULL) {
        s = mem_calloc(1, sizeof(*s));
        memcpy(s->hash, hash, SWARMDB_HASH);
        map_put(db->swarms, hash, SWARMDB_HASH, s);
    }
    if (s->count == s->capacity) {
        s->capacity = s->capacity == 0 ? 4 : s->capacity * 2;
        s->members = mem_resize(s->members, s->capacity, sizeof(*s->members));
    }
    m->swarm = s;
    m->owner = o;
    m->at = s->count;
    s->members[s->count++] = m;
    map_put(o->members, hash, SWARMDB_HASH, m);
    db->peers++;
    return m;
}

void swarmdb_put_session(struct swarmdb *db, uint64_t session, const char *user,
                         const char *user_id, const char *address)
{
    struct owner *o = owner_of(db, session);

    if (o == NULL) {
        o = mem_calloc(1, sizeof(*o));
        o->session = session;
        o->members = map_new();
        map_put(db->owners, &session, sizeof(session), o);
    } else if (strcmp(o->address, address) == 0 &&
               strcmp(o->user_id, user_id) == 0) {
        return;
    }
    free(o->user);
    free(o->user_id);
    free(o->address);
    o->user = mem_strdup(user);
    o->user_id = mem_strdup(user_id);
    o->address = mem_strdup(address);
}

static int check_bitmap(const struct swarmdb_progress *p, uint32_t *have,
                        struct err *e)
{
    size_t bytes = ((size_t)p->pieces + 7) / 8;
    uint32_t spare = (uint32_t)(bytes * 8 - p->pieces);
    uint32_t bits = 0;
    size_t i;

    if (p->bitmap_size != bytes ||
        (spare > 0 && (p->bitmap[bytes - 1] & ((1u << spare) - 1)) != 0)) {
        return err_set(e, P2P_EINVAL, "the bitmap does not fit %u pieces",
                       p->pieces);
    }
    for (i = 0; i < bytes; i++) {
        bits += (uint32_t)__builtin_popcount(p->bitmap[i]);
    }
    *have = bits;
    return 0;
}

int swarmdb_announce(struct swarmdb *db, uint64_t session,
                     const uint8_t hash[SWARMDB_HASH],
                     const struct swarmdb_progress *p, struct err *e)
{
    struct owner *o = owner_of(db, session);
    struct member *m = member_of(db, session, hash);
    uint32_t have = p->have;
    bool is_new = m == NULL;
    bool was_seed = m != NULL && m->is_seed;

    assert(o != NULL);
    if (have > p->pieces) {
        return err_set(e, P2P_ERANGE, "have is more than %u pieces", p->pieces);
    }
    if (p->bitmap != NULL && check_bitmap(p, &have, e) < 0) {
        return P2P_EINVAL;
    }
    if (is_new && map_count(o->members) >= SWARMDB_SESSION_MAX) {
        return err_set(e, P2P_EFULL, "too many items are announced");
    }
    if (is_new) {
        m = join(db, o, hash);
    }
    m->have = have;
    set_seed(m, have == p->pieces);
    if (p->bitmap != NULL || m->is_seed || have == 0) {
        drop_bitmap(m);
    }
    if (p->bitmap != NULL && !m->is_seed && have > 0) {
        keep_bitmap(m, p);
    }
    if (is_new || (m->is_seed && !was_seed)) {
        note_change(db, m, true); /* who has all of it is news as well */
    }
    return 0;
}

bool swarmdb_has(const struct swarmdb *db, uint64_t session,
                 const uint8_t hash[SWARMDB_HASH])
{
    return member_of(db, session, hash) != NULL;
}

void swarmdb_leave(struct swarmdb *db, uint64_t session,
                   const uint8_t hash[SWARMDB_HASH])
{
    struct member *m = member_of(db, session, hash);

    if (m != NULL) {
        map_remove(m->owner->members, hash, SWARMDB_HASH);
        detach(db, m, true);
        member_free(m);
    }
}

void swarmdb_drop_session(struct swarmdb *db, uint64_t session)
{
    struct owner *o = owner_of(db, session);
    struct member *m;
    size_t cursor = 0;

    if (o == NULL) {
        return;
    }
    while ((m = map_next(o->members, &cursor, NULL, NULL)) != NULL) {
        detach(db, m, true);
    }
    map_remove(db->owners, &session, sizeof(session));
    owner_free(o);
}

void swarmdb_drop_swarm(struct swarmdb *db, const uint8_t hash[SWARMDB_HASH])
{
    struct swarm *s = swarm_of(db, hash);
    uint32_t left = s == NULL ? 0 : s->count;

    while (left-- > 0) {
        struct member *m = s->members[left]; /* the last one frees the swarm */

        map_remove(m->owner->members, hash, SWARMDB_HASH);
        detach(db, m, false);
        member_free(m);
    }
}

/* ---- Questions ---------------------------------------------------------- */

void swarmdb_counts(const struct swarmdb *db, const uint8_t hash[SWARMDB_HASH],
                    uint32_t *seeders, uint32_t *leechers)
{
    const struct swarm *s = swarm_of(db, hash);

    *seeders = s == NULL ? 0 : s->seeds;
    *leechers = s == NULL ? 0 : s->count - s->seeds;
}

static void show(const struct member *m, swarmdb_peer_cb cb, void *arg)
{
    struct swarmdb_peer p = {m->owner->session, m->owner->user,
                             m->owner->user_id, m->owner->address,
                             m->have,           m->is_seed};

    cb(arg, &p);
}

static void swap(struct swarm *s, uint32_t a, uint32_t b)
{
    struct member *m = s->members[a];

    s->members[a] = s->members[b];
    s->members[b] = m;
    s->members[a]->at = a;
    s->members[b]->at = b;
}

void swarmdb_peers(struct swarmdb *db, const uint8_t hash[SWARMDB_HASH],
                   uint64_t except, uint32_t want, swarmdb_peer_cb cb,
                   void *arg)
{
    struct swarm *s = swarm_of(db, hash);
    uint32_t random[SWARMDB_WANT_MAX + 1];
    uint32_t shown = 0;
    uint32_t i;

    if (s == NULL) {
        return;
    }
    want = want > SWARMDB_WANT_MAX ? SWARMDB_WANT_MAX : want;
    random_fill(random, sizeof(random));
    /* A shuffle that stops when enough are dealt; the order of members has no
     * meaning, so it is done in place. */
    for (i = 0; i < s->count && i <= SWARMDB_WANT_MAX && shown < want; i++) {
        swap(s, i, i + random[i] % (s->count - i));
        if (s->members[i]->owner->session != except) {
            show(s->members[i], cb, arg);
            shown++;
        }
    }
}

static bool holds(const struct member *m, uint32_t piece)
{
    if (m->is_seed) {
        return true;
    }
    return m->bitmap != NULL && piece / 8 < m->bitmap_size &&
           (m->bitmap[piece / 8] & (0x80u >> (piece % 8))) != 0;
}

void swarmdb_locate(struct swarmdb *db, const uint8_t hash[SWARMDB_HASH],
                    uint32_t piece, uint64_t except, swarmdb_peer_cb cb,
                    void *arg)
{
    struct swarm *s = swarm_of(db, hash);
    uint32_t shown = 0;
    uint32_t start;
    uint32_t i;

    if (s == NULL) {
        return;
    }
    start = random_below(s->count);
    for (i = 0; i < s->count && shown < SWARMDB_WANT; i++) {
        const struct member *m = s->members[(start + i) % s->count];

        if (m->owner->session != except && holds(m, piece)) {
            show(m, cb, arg);
            shown++;
        }
    }
}

size_t swarmdb_swarm_count(const struct swarmdb *db)
{
    return map_count(db->swarms);
}

size_t swarmdb_peer_count(const struct swarmdb *db)
{
    return db->peers;
}
