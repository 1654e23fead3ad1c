/* filecache: the data files of all items that are open right now, at most
 * FILECACHE_MAX descriptors, the least recently used closed first.
 *
 * Used by engine/storage from several workers at once; the mutex inside is
 * part of the worker pool. Files are opened by the caller, when first needed.
 */
#ifndef P2P_ENGINE_FILECACHE_H
#define P2P_ENGINE_FILECACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FILECACHE_MAX = 128,       /* leaves most of the usual 1024 to peers */
    FILECACHE_IDLE_MS = 30000, /* not used for so long: worth closing */
};

/* One open file, pinned for its user until filecache_release(). */
struct filecache_file {
    int fd;
    bool is_writable;
    _Atomic int64_t
        checked_ms; /* the user's: when it last looked at the name */

    const void *owner; /* the rest belongs to the cache */
    size_t number;
    unsigned users;
    bool is_dead;
    int64_t used_ms;
    struct filecache_file *next, *previous;
};

/* File `number` of `owner` when it is open in this mode (a writable one serves
 * readers too), else NULL. */
struct filecache_file *filecache_find(const void *owner, size_t number,
                                      bool writable);

/* Put in a file that was just opened; `fd` is taken. When another thread was
 * faster, `fd` is closed and the other file returned. Never NULL. */
struct filecache_file *filecache_add(const void *owner, size_t number,
                                     bool writable, int fd);
void filecache_release(struct filecache_file *f);

/* Close what `owner` has open; files in use when they are released. */
void filecache_forget(const void *owner);

/* Close files not used for `idle_ms` (0: all that are not in use). */
void filecache_close_idle(int64_t idle_ms);

unsigned filecache_count(void);

#endif /* P2P_ENGINE_FILECACHE_H */
