/* peercache: where members of an item's swarm were met, newest first, kept in
 * items/HASH/peers: a client that is started while no tracker answers finds its
 * swarm by it. Only addresses: who answers there proves it by its certificate.
 */
#ifndef P2P_ENGINE_PEERCACHE_H
#define P2P_ENGINE_PEERCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
    PEERCACHE_MAX = 50,     /* addresses */
    PEERCACHE_ADDRESS = 64, /* bytes of "[v6]:port" with its NUL */
};

struct peercache {
    char list[PEERCACHE_MAX][PEERCACHE_ADDRESS]; /* newest first */
    size_t count;
};

/* Put it in front; the oldest makes room. False when it was there, or is too
 * long to be an address. */
bool peercache_add(struct peercache *c, const char *address);
/* The same behind the others, if there is room. */
void peercache_append(struct peercache *c, const char *address);
bool peercache_remove(struct peercache *c, const char *address);

/* One address a line below a first line that names the form. free(). */
char *peercache_format(const struct peercache *c);
/* P2P_EINVAL, and an empty cache, when a line is not as it was written. */
int peercache_parse(const char *text, struct peercache *out);

/* Worker. A missing file is an empty cache; any other that cannot be used is an
 * error, and an empty cache. */
int peercache_load(const char *path, struct peercache *out, struct err *e);
int peercache_save(const char *path, const struct peercache *c);

#endif /* P2P_ENGINE_PEERCACHE_H */
