#include "config.h"

#include "util/map.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/internal.h"
#include "util/mem.h"

/* Open addressing with linear probing; a removed entry leaves a tombstone, so
 * that a walk may remove while it goes on. Invariant: at most three quarters
 * of the slots are in use (tombstones included), so a search ends. */
enum { MAP_FIRST = 16 /* slots of the first table; a power of two */ };

struct entry {
    uint64_t hash;
    void *value; /* not ours */
    size_t length;
    uint8_t key[];
};

struct map {
    uint64_t secret[2];
    struct entry **slots; /* NULL: free, &tombstone: removed */
    size_t slot_count;    /* 0 or a power of two */
    size_t used;          /* slots that are not free, tombstones included */
    size_t count;         /* entries */
};

static struct entry tombstone;

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t load_little_endian(const uint8_t *data, size_t length)
{
    uint64_t word = 0;

    for (size_t i = 0; i < length; i++) {
        word |= (uint64_t)data[i] << (8 * i);
    }
    return word;
}

/* SipHash-2-4 of Aumasson and Bernstein, 2012. */
uint64_t map_siphash(const uint64_t secret[2], const uint8_t *data,
                     size_t length)
{
    uint64_t v[4] = {
        secret[0] ^ 0x736f6d6570736575u,
        secret[1] ^ 0x646f72616e646f6du,
        secret[0] ^ 0x6c7967656e657261u,
        secret[1] ^ 0x7465646279746573u,
    };
    uint64_t last = (uint64_t)(length & 0xff) << 56;
    uint64_t word;

    for (; length >= 8; data += 8, length -= 8) {
        word = load_little_endian(data, 8);
        v[3] ^= word;
        sip_round(v);
        sip_round(v);
        v[0] ^= word;
    }
    word = last | load_little_endian(data, length);
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Without random bytes there is no protection, and nothing else in the program
 * could work either. */
static void fill_secret(uint64_t secret[2])
{
    ssize_t got;

    do {
        got = getrandom(secret, 2 * sizeof(secret[0]), 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)(2 * sizeof(secret[0]))) {
        perror("getrandom");
        abort();
    }
}

struct map *map_new(void)
{
    struct map *m = mem_calloc(1, sizeof(*m));

    fill_secret(m->secret);
    return m;
}

void map_free(struct map *m, void (*drop)(void *value))
{
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < m->slot_count; i++) {
        struct entry *entry = m->slots[i];

        if (entry == NULL || entry == &tombstone) {
            continue;
        }
        if (drop != NULL) {
            drop(entry->value);
        }
        free(entry);
    }
    free(m->slots);
    free(m);
}

size_t map_count(const struct map *m)
{
    return m->count;
}

static bool entry_matches(const struct entry *entry, uint64_t hash,
                          const void *key, size_t length)
{
    return entry != &tombstone && entry->hash == hash &&
           entry->length == length &&
           (length == 0 || memcmp(entry->key, key, length) == 0);
}

/* The slot of the key, or NULL. */
static struct entry **find_slot(const struct map *m, uint64_t hash,
                                const void *key, size_t length)
{
    size_t at;

    if (m->slot_count == 0) {
        return NULL;
    }
    at = (size_t)hash & (m->slot_count - 1);
    while (m->slots[at] != NULL) {
        if (entry_matches(m->slots[at], hash, key, length)) {
            return &m->slots[at];
        }
        at = (at + 1) & (m->slot_count - 1);
    }
    return NULL;
}

/* Put an entry whose key is not in the table into the first free slot. */
static void place(struct map *m, struct entry *entry)
{
    size_t at = (size_t)entry->hash & (m->slot_count - 1);

    while (m->slots[at] != NULL) {
        at = (at + 1) & (m->slot_count - 1);
    }
    m->slots[at] = entry;
    m->used++;
}

/* Make a new table without tombstones, at most half full after one more. */
static void rehash(struct map *m)
{
    struct entry **old = m->slots;
    size_t old_count = m->slot_count;

    m->slot_count = MAP_FIRST;
    while (m->slot_count / 2 < m->count + 1) {
        m->slot_count *= 2;
    }
    m->slots = mem_calloc(m->slot_count, sizeof(*m->slots));
    m->used = 0;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i] != NULL && old[i] != &tombstone) {
            place(m, old[i]);
        }
    }
    free(old);
}

void *map_get(const struct map *m, const void *key, size_t length)
{
    struct entry **slot;

    if (m->count == 0) {
        return NULL;
    }
    slot = find_slot(m, map_siphash(m->secret, key, length), key, length);
    if (slot == NULL) {
        return NULL;
    }
    return (*slot)->value;
}

void *map_put(struct map *m, const void *key, size_t length, void *value)
{
    uint64_t hash = map_siphash(m->secret, key, length);
    struct entry **slot = find_slot(m, hash, key, length);
    struct entry *entry;

    assert(value != NULL);
    if (slot != NULL) {
        void *before = (*slot)->value;

        (*slot)->value = value;
        return before;
    }
    if (m->used + 1 > m->slot_count / 4 * 3) {
        rehash(m);
    }
    entry = mem_alloc(sizeof(*entry) + length);
    entry->hash = hash;
    entry->value = value;
    entry->length = length;
    if (length > 0) {
        memcpy(entry->key, key, length);
    }
    place(m, entry);
    m->count++;
    return NULL;
}

void *map_remove(struct map *m, const void *key, size_t length)
{
    struct entry **slot;
    void *value;

    slot = find_slot(m, map_siphash(m->secret, key, length), key, length);
    if (slot == NULL) {
        return NULL;
    }
    value = (*slot)->value;
    free(*slot);
    *slot = &tombstone;
    m->count--;
    return value;
}

void *map_get_text(const struct map *m, const char *key)
{
    return map_get(m, key, strlen(key));
}

void *map_put_text(struct map *m, const char *key, void *value)
{
    return map_put(m, key, strlen(key), value);
}

void *map_remove_text(struct map *m, const char *key)
{
    return map_remove(m, key, strlen(key));
}

void *map_next(const struct map *m, size_t *cursor, const void **key,
               size_t *length)
{
    while (*cursor < m->slot_count) {
        const struct entry *entry = m->slots[(*cursor)++];

        if (entry == NULL || entry == &tombstone) {
            continue;
        }
        if (key != NULL) {
            *key = entry->key;
        }
        if (length != NULL) {
            *length = entry->length;
        }
        return entry->value;
    }
    return NULL;
}
