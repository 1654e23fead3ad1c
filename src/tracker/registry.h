/* registry: the tracker's durable state in memory: users, groups and items.
 *
 * The state is a set of records. It changes only through effects, lists of
 * records to put or drop, which tracker/plan makes from a command and which
 * are performed here and written by tracker/store; loading from disk is the
 * same as putting every record. Performed effects can be undone, so memory
 * follows the disk when a commit fails. No clock, no random, no I/O.
 * Invariant: every index of a record points to the record in its kind's map.
 */
#ifndef P2P_TRACKER_REGISTRY_H
#define P2P_TRACKER_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "tracker/record.h"

struct registry;

/* One change: put `next`, or drop what has `key` when `next` is NULL. */
struct effect {
    enum record_kind kind;
    char *key;      /* record_key() of the record; owned */
    void *next;     /* owned here until performed, then by the registry */
    void *previous; /* owned here once performed; NULL when there was none */
};

struct effects {
    struct effect *list;
    size_t count;
    size_t capacity;
    int performed;             /* registry_perform() has run */
    char outcome[RECORD_HASH]; /* what the command made: an id, a hash or "" */
};

void effects_init(struct effects *e);
void effects_close(struct effects *e);

/* Add a change; `record` is taken. */
void effects_put(struct effects *e, enum record_kind kind, void *record);
void effects_drop(struct effects *e, enum record_kind kind, const void *record);

struct registry *registry_new(void); /* Never NULL. */
void registry_free(struct registry *r);

/* Make the changes in order, or take them back in reverse order. */
void registry_perform(struct registry *r, struct effects *e);
void registry_undo(struct registry *r, struct effects *e);

/* Let go of what only the store keeps (the manifests) after a commit. */
void registry_shrink(struct registry *r, const struct effects *e);

/* Put a record that was read from the store; it is taken. */
void registry_load(struct registry *r, enum record_kind kind, void *record);

/* SHA-256 over all records, independent of their order. */
void registry_hash(const struct registry *r, uint8_t out[32]);

/* Look-ups. The result is valid until the next change; NULL when there is
 * none. */
const struct record_user *registry_user(const struct registry *r,
                                        const char *id);
const struct record_user *registry_user_named(const struct registry *r,
                                              const char *name);
/* Somebody whose name looks the same but for case. */
const struct record_user *registry_user_twin(const struct registry *r,
                                             const char *name);
const struct record_token *registry_token(const struct registry *r,
                                          const char *digest);
const struct record_group *registry_group(const struct registry *r,
                                          const char *id);
const struct record_group *registry_group_named(const struct registry *r,
                                                const char *name);
const struct record_group *registry_group_twin(const struct registry *r,
                                               const char *name);
const struct record_member *registry_member(const struct registry *r,
                                            const char *group_id,
                                            const char *user_id);
const struct record_request *registry_request(const struct registry *r,
                                              const char *group_id,
                                              const char *user_id);
const struct record_rejection *registry_rejection(const struct registry *r,
                                                  const char *group_id,
                                                  const char *user_id);
const struct record_deny *registry_deny(const struct registry *r,
                                        const char *group_id,
                                        const char *user_id);
const struct record_item *registry_item(const struct registry *r,
                                        const char *group_id, const char *name);
const struct record_item *registry_item_hashed(const struct registry *r,
                                               const char *hash);
const struct record_serial *registry_serial(const struct registry *r,
                                            const char *serial);
const struct record_op *registry_op(const struct registry *r,
                                    const char *subject, const char *op);
const struct record_op *registry_oldest_op(const struct registry *r);

/* ROLE_READER or more for members, ROLE_PENDING, ROLE_REJECTED, ROLE_NONE. */
enum role registry_role(const struct registry *r, const char *group_id,
                        const char *user_id);

/* How many there are: of a kind, of a kind in a group (MEMBER, REQUEST,
 * REJECTION, DENY, ITEM), of a kind of a user (TOKEN, MEMBER, REQUEST,
 * SERIAL). */
size_t registry_count(const struct registry *r, enum record_kind kind);
size_t registry_group_count(const struct registry *r, const char *group_id,
                            enum record_kind kind);
size_t registry_user_count(const struct registry *r, const char *user_id,
                           enum record_kind kind);

/* Content of all items together. */
uint64_t registry_item_bytes(const struct registry *r);

/* Bytes of all items of a group. */
int64_t registry_group_bytes(const struct registry *r, const char *group_id);

/* SHA-256 of the group's root certificate as hex digits; "" when that cannot
 * be read. Kept once it has been asked for. */
const char *registry_group_key(struct registry *r, const char *group_id);

/* The key of the newest certificate of a user in a group, or "". */
const char *registry_member_key(const struct registry *r, const char *group_id,
                                const char *user_id);

/* Walk the same sets: start with *cursor = 0; NULL at the end. The order is
 * not defined and nothing may change meanwhile. */
const void *registry_next(const struct registry *r, enum record_kind kind,
                          size_t *cursor);
const void *registry_group_next(const struct registry *r, const char *group_id,
                                enum record_kind kind, size_t *cursor);
const void *registry_user_next(const struct registry *r, const char *user_id,
                               enum record_kind kind, size_t *cursor);

#endif /* P2P_TRACKER_REGISTRY_H */
