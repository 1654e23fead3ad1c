/* groupkey: the key of a group's root: sealed in the database, opened to sign.
 */
#ifndef P2P_TRACKER_GROUPKEY_H
#define P2P_TRACKER_GROUPKEY_H

#include <stdint.h>

struct err;
struct key;
struct map;
struct record_blob;
struct record_deny;
struct record_group;

/* Seal a key for the group with this id; `out` owns the bytes. */
void groupkey_seal(const uint8_t *cluster_key, const char *group_id,
                   const struct key *k, struct record_blob *out);

/* Open it; key_free() it. P2P_EINTERNAL when it does not fit. */
int groupkey_open(const uint8_t *cluster_key, const struct record_group *g,
                  struct key **out, struct err *e);

/* Signatures of deny entries, each made once: a list is asked for by every
 * member after every start. */
struct groupkey_signer;
struct groupkey_signer *groupkey_signer_new(void);
void groupkey_signer_free(struct groupkey_signer *s); /* NULL is allowed */

/* The signature of an entry in base64, borrowed until the next call; NULL when
 * the key cannot be opened (that is logged). */
const char *groupkey_sign_deny(struct groupkey_signer *s,
                               const uint8_t *cluster_key,
                               const struct record_group *g,
                               const struct record_deny *d);

#endif /* P2P_TRACKER_GROUPKEY_H */
