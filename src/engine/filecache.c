#include "config.h"

#include "engine/filecache.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"

/* A list with the last used in front: with 128 entries a walk is cheaper than
 * a map, and what is used often is found at once. Dead files are not in it. */
static struct {
    pthread_mutex_t lock;
    struct filecache_file *first, *last;
    unsigned count;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void unlink_file(struct filecache_file *f)
{
    if (f->previous != NULL) {
        f->previous->next = f->next;
    } else {
        cache.first = f->next;
    }
    if (f->next != NULL) {
        f->next->previous = f->previous;
    } else {
        cache.last = f->previous;
    }
    f->next = NULL;
    f->previous = NULL;
    cache.count--;
}

static void link_first(struct filecache_file *f)
{
    f->previous = NULL;
    f->next = cache.first;
    if (cache.first != NULL) {
        cache.first->previous = f;
    } else {
        cache.last = f;
    }
    cache.first = f;
    cache.count++;
}

static void close_file(struct filecache_file *f)
{
    close(f->fd);
    free(f);
}

/* Take files out of the cache from the end while `more` says so; the caller
 * closes the returned chain without the lock, because close() can block. */
static struct filecache_file *evict(unsigned max, int64_t used_before)
{
    struct filecache_file *chain = NULL;
    struct filecache_file *f = cache.last;

    while (f != NULL && (cache.count > max || f->used_ms < used_before)) {
        struct filecache_file *previous = f->previous;

        if (f->users == 0) {
            unlink_file(f);
            f->next = chain;
            chain = f;
        }
        f = previous;
    }
    return chain;
}

static void close_chain(struct filecache_file *chain)
{
    while (chain != NULL) {
        struct filecache_file *next = chain->next;

        close_file(chain);
        chain = next;
    }
}

/* Under the lock. */
static struct filecache_file *find(const void *owner, size_t number,
                                   bool writable)
{
    struct filecache_file *f;

    for (f = cache.first; f != NULL; f = f->next) {
        if (f->owner == owner && f->number == number &&
            (f->is_writable || !writable)) {
            unlink_file(f);
            link_first(f);
            f->users++;
            f->used_ms = clock_now_ms();
            return f;
        }
    }
    return NULL;
}

struct filecache_file *filecache_find(const void *owner, size_t number,
                                      bool writable)
{
    struct filecache_file *f;

    pthread_mutex_lock(&cache.lock);
    f = find(owner, number, writable);
    pthread_mutex_unlock(&cache.lock);
    return f;
}

struct filecache_file *filecache_add(const void *owner, size_t number,
                                     bool writable, int fd)
{
    struct filecache_file *chain = NULL;
    struct filecache_file *f;

    pthread_mutex_lock(&cache.lock);
    f = find(owner, number, writable);
    if (f == NULL) {
        f = mem_calloc(1, sizeof *f);
        f->fd = fd;
        f->is_writable = writable;
        f->owner = owner;
        f->number = number;
        f->users = 1;
        f->used_ms = clock_now_ms();
        link_first(f);
        chain = evict(FILECACHE_MAX, INT64_MIN);
        fd = -1;
    }
    pthread_mutex_unlock(&cache.lock);
    if (fd >= 0) {
        close(fd);
    }
    close_chain(chain);
    return f;
}

void filecache_release(struct filecache_file *f)
{
    bool is_last;

    pthread_mutex_lock(&cache.lock);
    f->users--;
    is_last = f->is_dead && f->users == 0;
    pthread_mutex_unlock(&cache.lock);
    if (is_last) {
        close_file(f);
    }
}

void filecache_forget(const void *owner)
{
    struct filecache_file *chain = NULL;
    struct filecache_file *next;
    struct filecache_file *f;

    pthread_mutex_lock(&cache.lock);
    for (f = cache.first; f != NULL; f = next) {
        next = f->next;
        if (f->owner != owner) {
            continue;
        }
        unlink_file(f);
        f->is_dead = true;
        if (f->users == 0) {
            f->next = chain;
            chain = f;
        }
    }
    pthread_mutex_unlock(&cache.lock);
    close_chain(chain);
}

void filecache_close_idle(int64_t idle_ms)
{
    struct filecache_file *chain;

    pthread_mutex_lock(&cache.lock);
    chain = idle_ms == 0 ? evict(0, INT64_MIN)
                         : evict(FILECACHE_MAX, clock_now_ms() - idle_ms);
    pthread_mutex_unlock(&cache.lock);
    close_chain(chain);
}

unsigned filecache_count(void)
{
    unsigned count;

    pthread_mutex_lock(&cache.lock);
    count = cache.count;
    pthread_mutex_unlock(&cache.lock);
    return count;
}
