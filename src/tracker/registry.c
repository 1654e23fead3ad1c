#include "config.h"

#include "tracker/registry.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/sha256.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/map.h"
#include "util/mem.h"
#include "util/text.h"

/* What belongs to one group or one user, by kind; the maps are made when the
 * first record comes and point to the records of registry.all. */
struct shelf {
    struct map *of[RECORD_KINDS];
    int64_t bytes; /* of the items */
};

struct registry {
    struct map *all[RECORD_KINDS]; /* record_key() -> record; owns them */
    struct map *groups;            /* group id -> struct shelf */
    struct map *users;             /* user id -> struct shelf */
    struct map *user_names;        /* folded name -> record_user */
    struct map *group_names;       /* folded name -> record_group */
    struct map *item_hashes;       /* hash -> record_item */
    struct map *op_order;          /* seq, 8 bytes -> record_op */
    uint64_t item_bytes;           /* content of all items together */
    struct map *group_keys;        /* group id -> hex digits, when asked for */
    int64_t op_floor;              /* no remembered op has a lower seq */
    int64_t op_ceiling;            /* no remembered op has a higher seq */
};

void effects_init(struct effects *e)
{
    memset(e, 0, sizeof(*e));
}

void effects_close(struct effects *e)
{
    size_t i;

    for (i = 0; i < e->count; i++) {
        struct effect *f = &e->list[i];

        record_free(f->kind, e->performed ? f->previous : f->next);
        free(f->key);
    }
    free(e->list);
    effects_init(e);
}

static void effects_add(struct effects *e, enum record_kind kind,
                        const void *keyed, void *next)
{
    char key[RECORD_KEY_MAX];
    struct effect *f;

    assert(!e->performed);
    if (e->count == e->capacity) {
        e->capacity = e->capacity == 0 ? 4 : e->capacity * 2;
        e->list = mem_resize(e->list, e->capacity, sizeof(*e->list));
    }
    record_key(kind, keyed, key);
    f = &e->list[e->count++];
    f->kind = kind;
    f->key = mem_strdup(key);
    f->next = next;
    f->previous = NULL;
}

void effects_put(struct effects *e, enum record_kind kind, void *record)
{
    effects_add(e, kind, record, record);
}

void effects_drop(struct effects *e, enum record_kind kind, const void *record)
{
    effects_add(e, kind, record, NULL);
}

struct registry *registry_new(void)
{
    struct registry *r = mem_calloc(1, sizeof(*r));
    int kind;

    for (kind = 0; kind < RECORD_KINDS; kind++) {
        r->all[kind] = map_new();
    }
    r->groups = map_new();
    r->users = map_new();
    r->user_names = map_new();
    r->group_names = map_new();
    r->item_hashes = map_new();
    r->op_order = map_new();
    r->group_keys = map_new();
    r->op_floor = INT64_MAX;
    return r;
}

static void shelf_free(void *value)
{
    struct shelf *s = value;
    int kind;

    for (kind = 0; kind < RECORD_KINDS; kind++) {
        map_free(s->of[kind], NULL);
    }
    free(s);
}

void registry_free(struct registry *r)
{
    int kind;

    if (r == NULL) {
        return;
    }
    for (kind = 0; kind < RECORD_KINDS; kind++) {
        size_t cursor = 0;
        void *record;

        while ((record = map_next(r->all[kind], &cursor, NULL, NULL))) {
            record_free(kind, record);
        }
        map_free(r->all[kind], NULL);
    }
    map_free(r->groups, shelf_free);
    map_free(r->users, shelf_free);
    map_free(r->user_names, NULL);
    map_free(r->group_names, NULL);
    map_free(r->item_hashes, NULL);
    map_free(r->op_order, NULL);
    map_free(r->group_keys, free);
    free(r);
}

/* ---- Indexes ------------------------------------------------------------ */

static struct shelf *shelf_of(struct map *m, const char *id)
{
    struct shelf *s = map_get_text(m, id);

    if (s == NULL) {
        s = mem_calloc(1, sizeof(*s));
        map_put_text(m, id, s);
    }
    return s;
}

static void shelf_put(struct map *m, const char *id, enum record_kind kind,
                      const char *key, void *record)
{
    struct shelf *s = shelf_of(m, id);

    if (s->of[kind] == NULL) {
        s->of[kind] = map_new();
    }
    map_put_text(s->of[kind], key, record);
}

static void shelf_remove(struct map *m, const char *id, enum record_kind kind,
                         const char *key)
{
    struct shelf *s = map_get_text(m, id);
    int i;

    assert(s != NULL && s->of[kind] != NULL);
    map_remove_text(s->of[kind], key);
    if (map_count(s->of[kind]) > 0) {
        return;
    }
    map_free(s->of[kind], NULL);
    s->of[kind] = NULL;
    for (i = 0; i < RECORD_KINDS; i++) {
        if (s->of[i] != NULL) {
            return;
        }
    }
    map_remove_text(m, id);
    free(s);
}

/* Where a record of a kind is found besides its key: the group and the user
 * it belongs to, and the key within each. NULL: not filed there. */
struct place {
    const char *group_id;
    const char *key_in_group;
    const char *user_id;
    const char *key_of_user;
};

static struct place place_of(enum record_kind kind, const void *record)
{
    struct place p = {NULL, NULL, NULL, NULL};

    switch (kind) {
    case RECORD_TOKEN: {
        const struct record_token *t = record;

        p.user_id = t->user_id;
        p.key_of_user = t->digest;
        break;
    }
    case RECORD_MEMBER:
    case RECORD_REQUEST:
    case RECORD_REJECTION:
    case RECORD_DENY: {
        /* These four begin with the same two columns. */
        const struct record_member *m = record;

        p.group_id = m->group_id;
        p.key_in_group = m->user_id;
        if (kind == RECORD_MEMBER || kind == RECORD_REQUEST) {
            p.user_id = m->user_id;
            p.key_of_user = m->group_id;
        }
        break;
    }
    case RECORD_SERIAL: {
        const struct record_serial *s = record;

        p.user_id = s->user_id;
        p.key_of_user = s->serial;
        break;
    }
    case RECORD_ITEM: {
        const struct record_item *i = record;

        p.group_id = i->group_id;
        p.key_in_group = i->name;
        break;
    }
    case RECORD_USER:
    case RECORD_GROUP:
    case RECORD_OP:
    case RECORD_KINDS:
    default:
        break;
    }
    return p;
}

/* Extra index of a kind: by folded name, by hash, by order. */
static struct map *extra_index(struct registry *r, enum record_kind kind,
                               const void *record, char **text, void *number)
{
    *text = NULL;
    if (kind == RECORD_USER) {
        *text = text_fold(((const struct record_user *)record)->name);
        return r->user_names;
    }
    if (kind == RECORD_GROUP) {
        *text = text_fold(((const struct record_group *)record)->name);
        return r->group_names;
    }
    if (kind == RECORD_ITEM) {
        *text = mem_strdup(((const struct record_item *)record)->hash);
        return r->item_hashes;
    }
    if (kind == RECORD_OP) {
        memcpy(number, &((const struct record_op *)record)->seq, 8);
        return r->op_order;
    }
    return NULL;
}

static void index_add(struct registry *r, enum record_kind kind, void *record)
{
    struct place p = place_of(kind, record);
    uint8_t number[8] = {0};
    char *text;
    struct map *extra = extra_index(r, kind, record, &text, number);

    if (p.group_id != NULL) {
        shelf_put(r->groups, p.group_id, kind, p.key_in_group, record);
    }
    if (kind == RECORD_ITEM) {
        shelf_of(r->groups, p.group_id)->bytes +=
            ((const struct record_item *)record)->size;
    }
    if (p.user_id != NULL) {
        shelf_put(r->users, p.user_id, kind, p.key_of_user, record);
    }
    if (extra != NULL && text != NULL) {
        map_put_text(extra, text, record);
    } else if (extra != NULL) {
        const struct record_op *op = record;

        map_put(extra, number, sizeof(number), record);
        r->op_floor = op->seq < r->op_floor ? op->seq : r->op_floor;
        r->op_ceiling = op->seq > r->op_ceiling ? op->seq : r->op_ceiling;
    }
    if (kind == RECORD_ITEM) {
        r->item_bytes += (uint64_t)((const struct record_item *)record)->size;
    }
    free(text);
}

static void index_remove(struct registry *r, enum record_kind kind,
                         const void *record)
{
    struct place p = place_of(kind, record);
    uint8_t number[8] = {0};
    char *text;
    struct map *extra = extra_index(r, kind, record, &text, number);

    if (kind == RECORD_ITEM) {
        shelf_of(r->groups, p.group_id)->bytes -=
            ((const struct record_item *)record)->size;
    }
    if (kind == RECORD_GROUP) {
        free(map_remove_text(r->group_keys,
                             ((const struct record_group *)record)->id));
    }
    if (p.group_id != NULL) {
        shelf_remove(r->groups, p.group_id, kind, p.key_in_group);
    }
    if (p.user_id != NULL) {
        shelf_remove(r->users, p.user_id, kind, p.key_of_user);
    }
    if (extra != NULL && text != NULL) {
        map_remove_text(extra, text);
    } else if (extra != NULL) {
        map_remove(extra, number, sizeof(number));
        while (r->op_floor <= r->op_ceiling &&
               map_get(r->op_order, &r->op_floor, 8) == NULL) {
            r->op_floor++;
        }
        if (map_count(r->op_order) == 0) {
            r->op_floor = INT64_MAX;
            r->op_ceiling = 0;
        }
    }
    if (kind == RECORD_ITEM) {
        r->item_bytes -= (uint64_t)((const struct record_item *)record)->size;
    }
    free(text);
}

/* ---- Changes ------------------------------------------------------------ */

/* Put `record` (NULL: nothing) where `key` is; what was there is returned and
 * now belongs to the caller. */
static void *exchange(struct registry *r, enum record_kind kind,
                      const char *key, void *record)
{
    void *old = map_get_text(r->all[kind], key);

    if (old != NULL) {
        index_remove(r, kind, old);
        map_remove_text(r->all[kind], key);
    }
    if (record != NULL) {
        map_put_text(r->all[kind], key, record);
        index_add(r, kind, record);
    }
    return old;
}

void registry_perform(struct registry *r, struct effects *e)
{
    size_t i;

    assert(!e->performed);
    for (i = 0; i < e->count; i++) {
        struct effect *f = &e->list[i];

        f->previous = exchange(r, f->kind, f->key, f->next);
    }
    e->performed = 1;
}

void registry_undo(struct registry *r, struct effects *e)
{
    size_t i;

    assert(e->performed);
    for (i = e->count; i-- > 0;) {
        struct effect *f = &e->list[i];
        void *made = exchange(r, f->kind, f->key, f->previous);

        assert(made == f->next);
        (void)made;
        f->previous = NULL;
    }
    e->performed = 0;
}

static void blob_drop(struct record_blob *b)
{
    free(b->data);
    b->data = NULL;
}

void registry_shrink(struct registry *r, const struct effects *e)
{
    size_t i;

    for (i = 0; i < e->count; i++) {
        const struct effect *f = &e->list[i];

        if (f->kind == RECORD_ITEM) {
            struct record_item *item = map_get_text(r->all[f->kind], f->key);

            if (item != NULL) {
                blob_drop(&item->info);
                blob_drop(&item->layers);
            }
        }
    }
}

void registry_load(struct registry *r, enum record_kind kind, void *record)
{
    char key[RECORD_KEY_MAX];

    record_key(kind, record, key);
    record_free(kind, exchange(r, kind, key, record));
}

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_SIZE);
}

void registry_hash(const struct registry *r, uint8_t out[32])
{
    uint8_t(*digests)[SHA256_SIZE];
    size_t total = 0;
    size_t n = 0;
    int kind;

    for (kind = 0; kind < RECORD_KINDS; kind++) {
        total += map_count(r->all[kind]);
    }
    digests = mem_calloc(total + 1, sizeof(*digests));
    for (kind = 0; kind < RECORD_KINDS; kind++) {
        size_t cursor = 0;
        const void *record;

        while ((record = map_next(r->all[kind], &cursor, NULL, NULL))) {
            record_digest(kind, record, digests[n++]);
        }
    }
    qsort(digests, n, sizeof(*digests), compare_digests);
    sha256_digest(digests, n * sizeof(*digests), out);
    free(digests);
}

/* ---- Look-ups ----------------------------------------------------------- */

static const void *get(const struct registry *r, enum record_kind kind,
                       const char *first, const char *second)
{
    char key[RECORD_KEY_MAX];
    int length;

    if (second == NULL) {
        return map_get_text(r->all[kind], first);
    }
    length = snprintf(key, sizeof(key), "%s/%s", first, second);
    return length >= RECORD_KEY_MAX ? NULL : map_get_text(r->all[kind], key);
}

const struct record_user *registry_user(const struct registry *r,
                                        const char *id)
{
    return get(r, RECORD_USER, id, NULL);
}

static const void *by_folded(const struct map *m, const char *name)
{
    char *folded = text_fold(name);
    const void *found = map_get_text(m, folded);

    free(folded);
    return found;
}

const struct record_user *registry_user_twin(const struct registry *r,
                                             const char *name)
{
    return by_folded(r->user_names, name);
}

const struct record_user *registry_user_named(const struct registry *r,
                                              const char *name)
{
    const struct record_user *u = registry_user_twin(r, name);

    return u != NULL && strcmp(u->name, name) == 0 ? u : NULL;
}

const struct record_token *registry_token(const struct registry *r,
                                          const char *digest)
{
    return get(r, RECORD_TOKEN, digest, NULL);
}

const struct record_group *registry_group(const struct registry *r,
                                          const char *id)
{
    return get(r, RECORD_GROUP, id, NULL);
}

const struct record_group *registry_group_twin(const struct registry *r,
                                               const char *name)
{
    return by_folded(r->group_names, name);
}

const struct record_group *registry_group_named(const struct registry *r,
                                                const char *name)
{
    const struct record_group *g = registry_group_twin(r, name);

    return g != NULL && strcmp(g->name, name) == 0 ? g : NULL;
}

const struct record_member *registry_member(const struct registry *r,
                                            const char *group_id,
                                            const char *user_id)
{
    return get(r, RECORD_MEMBER, group_id, user_id);
}

const struct record_request *registry_request(const struct registry *r,
                                              const char *group_id,
                                              const char *user_id)
{
    return get(r, RECORD_REQUEST, group_id, user_id);
}

const struct record_rejection *registry_rejection(const struct registry *r,
                                                  const char *group_id,
                                                  const char *user_id)
{
    return get(r, RECORD_REJECTION, group_id, user_id);
}

const struct record_deny *registry_deny(const struct registry *r,
                                        const char *group_id,
                                        const char *user_id)
{
    return get(r, RECORD_DENY, group_id, user_id);
}

const struct record_item *registry_item(const struct registry *r,
                                        const char *group_id, const char *name)
{
    return get(r, RECORD_ITEM, group_id, name);
}

const struct record_item *registry_item_hashed(const struct registry *r,
                                               const char *hash)
{
    return map_get_text(r->item_hashes, hash);
}

const struct record_serial *registry_serial(const struct registry *r,
                                            const char *serial)
{
    return get(r, RECORD_SERIAL, serial, NULL);
}

const struct record_op *registry_op(const struct registry *r,
                                    const char *subject, const char *op)
{
    return get(r, RECORD_OP, subject, op);
}

const struct record_op *registry_oldest_op(const struct registry *r)
{
    return map_get(r->op_order, &r->op_floor, sizeof(r->op_floor));
}

enum role registry_role(const struct registry *r, const char *group_id,
                        const char *user_id)
{
    const struct record_member *m = registry_member(r, group_id, user_id);

    if (m != NULL) {
        return (enum role)m->role;
    }
    if (registry_request(r, group_id, user_id) != NULL) {
        return ROLE_PENDING;
    }
    if (registry_rejection(r, group_id, user_id) != NULL) {
        return ROLE_REJECTED;
    }
    return ROLE_NONE;
}

static const struct map *on_shelf(const struct map *m, const char *id,
                                  enum record_kind kind)
{
    const struct shelf *s = map_get_text(m, id);

    return s == NULL ? NULL : s->of[kind];
}

size_t registry_count(const struct registry *r, enum record_kind kind)
{
    return map_count(r->all[kind]);
}

uint64_t registry_item_bytes(const struct registry *r)
{
    return r->item_bytes;
}

size_t registry_group_count(const struct registry *r, const char *group_id,
                            enum record_kind kind)
{
    const struct map *m = on_shelf(r->groups, group_id, kind);

    return m == NULL ? 0 : map_count(m);
}

int64_t registry_group_bytes(const struct registry *r, const char *group_id)
{
    const struct shelf *s = map_get_text(r->groups, group_id);

    return s == NULL ? 0 : s->bytes;
}

const char *registry_group_key(struct registry *r, const char *group_id)
{
    const struct record_group *g = registry_group(r, group_id);
    char *key = map_get_text(r->group_keys, group_id);
    uint8_t pin[CERT_PIN_SIZE];
    struct cert *root = NULL;
    struct err e = {.code = 0};

    if (key != NULL) {
        return key;
    }
    if (g == NULL || cert_from_pem(g->root_pem, &root, &e) < 0) {
        return "";
    }
    cert_pin(root, pin);
    cert_free(root);
    key = mem_alloc(RECORD_HASH);
    hex_encode(pin, sizeof(pin), key);
    map_put_text(r->group_keys, group_id, key);
    return key;
}

const char *registry_member_key(const struct registry *r, const char *group_id,
                                const char *user_id)
{
    const struct record_serial *newest = NULL, *s;
    size_t cursor = 0;

    while ((s = registry_user_next(r, user_id, RECORD_SERIAL, &cursor))) {
        if (strcmp(s->group_id, group_id) == 0 &&
            (newest == NULL || s->not_after > newest->not_after ||
             (s->not_after == newest->not_after &&
              strcmp(s->serial, newest->serial) > 0))) {
            newest = s;
        }
    }
    return newest == NULL ? "" : newest->key;
}

size_t registry_user_count(const struct registry *r, const char *user_id,
                           enum record_kind kind)
{
    const struct map *m = on_shelf(r->users, user_id, kind);

    return m == NULL ? 0 : map_count(m);
}

const void *registry_next(const struct registry *r, enum record_kind kind,
                          size_t *cursor)
{
    return map_next(r->all[kind], cursor, NULL, NULL);
}

const void *registry_group_next(const struct registry *r, const char *group_id,
                                enum record_kind kind, size_t *cursor)
{
    const struct map *m = on_shelf(r->groups, group_id, kind);

    return m == NULL ? NULL : map_next(m, cursor, NULL, NULL);
}

const void *registry_user_next(const struct registry *r, const char *user_id,
                               enum record_kind kind, size_t *cursor)
{
    const struct map *m = on_shelf(r->users, user_id, kind);

    return m == NULL ? NULL : map_next(m, cursor, NULL, NULL);
}
