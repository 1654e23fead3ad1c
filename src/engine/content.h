/* content: what the two engine threads share about one item: the manifest, the
 * files, and the bitmap of verified pieces. Reference-counted; everything but
 * the bitmap and the mark of an origin never changes. The bitmap has one
 * writer: the thread of the swarm that loads the item.
 */
#ifndef P2P_ENGINE_CONTENT_H
#define P2P_ENGINE_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

struct content;
struct manifest;
struct storage;
struct bitfield;

struct content_setup {
    struct manifest *manifest; /* taken */
    struct storage *storage;   /* reference taken over */
    struct bitfield *verified; /* taken */
    const char *state_dir;     /* copied; where items/HASH/ lies */
    const char *group;         /* copied */
};
struct content *content_new(const struct content_setup *setup);
struct content *content_ref(struct content *c);
void content_unref(struct content *c); /* NULL is allowed; any thread */

const struct manifest *content_manifest(const struct content *c);
struct storage *content_storage(const struct content *c);
struct bitfield *content_verified(const struct content *c);
const char *content_state_dir(const struct content *c);

/* Is this computer an origin of the item? Whoever connects is told. */
void content_set_origin(struct content *c, bool is_origin); /* any thread */
bool content_is_origin(const struct content *c);
const char *content_group(const struct content *c);

#endif /* P2P_ENGINE_CONTENT_H */
