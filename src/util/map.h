/* map: bytes to pointers, keyed with a secret (SipHash-2-4) so that remote
 * data cannot choose colliding keys. Keys are copied, values belong to the
 * caller.
 */
#ifndef P2P_UTIL_MAP_H
#define P2P_UTIL_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map; /* Opaque; defined in map.c. */

struct map *map_new(void); /* Never NULL. */

/* Release the map; `drop` (NULL allowed) is called for each value. */
void map_free(struct map *m, void (*drop)(void *value));

size_t map_count(const struct map *m);
void *map_get(const struct map *m, const void *key, size_t length);

/* Put a value (not NULL); returns the value that was there before, or NULL. */
void *map_put(struct map *m, const void *key, size_t length, void *value);
void *map_remove(struct map *m, const void *key, size_t length);

/* The same for NUL-terminated strings. */
void *map_get_text(const struct map *m, const char *key);
void *map_put_text(struct map *m, const char *key, void *value);
void *map_remove_text(struct map *m, const char *key);

/* Walk: start with *cursor = 0; returns the next value or NULL at the end.
 * `key` and `length` may be NULL. Removing the value just returned is allowed,
 * putting is not. The order is not defined. */
void *map_next(const struct map *m, size_t *cursor, const void **key,
               size_t *length);

#endif /* P2P_UTIL_MAP_H */
