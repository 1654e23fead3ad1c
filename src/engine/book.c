#include "config.h"

#include "engine/book.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/contact.h"
#include "util/map.h"
#include "util/mem.h"

struct book {
    struct map *entries; /* by address */
    size_t introduced;   /* of these */
};

struct book *book_new(void)
{
    struct book *b = mem_calloc(1, sizeof *b);

    b->entries = map_new();
    return b;
}

void book_free(struct book *b)
{
    if (b != NULL) {
        map_free(b->entries, free);
        free(b);
    }
}

/* One computer's address: not "any", not multicast, not broadcast. */
static bool is_unicast(const char *host)
{
    uint8_t v4[4];
    uint8_t v6[16];
    static const uint8_t any[16];

    if (inet_pton(AF_INET, host, v4) == 1) {
        return v4[0] != 0 && v4[0] < 224;
    }
    return inet_pton(AF_INET6, host, v6) == 1 && v6[0] != 0xff &&
           memcmp(v6, any, sizeof any) != 0;
}

static bool is_usable(const char *address)
{
    struct contact c;

    return strlen(address) < BOOK_ADDRESS &&
           contact_parse(address, &c, NULL) == 0 && c.port != 0 &&
           is_unicast(c.host);
}

struct book_entry *book_find(const struct book *b, const char *address)
{
    return map_get_text(b->entries, address);
}

static struct book_entry *insert(struct book *b, const char *address)
{
    struct book_entry *e = mem_calloc(1, sizeof *e);

    (void)snprintf(e->address, sizeof e->address, "%s", address);
    (void)map_put_text(b->entries, e->address, e);
    return e;
}

struct book_entry *book_add(struct book *b, const char *address)
{
    struct book_entry *e = book_find(b, address);

    if (e != NULL) {
        e->dropped = false;
        b->introduced -= e->is_introduced;
        e->is_introduced = false;
        return e;
    }
    if (map_count(b->entries) - b->introduced >=
            BOOK_ENTRIES - BOOK_INTRODUCED ||
        !is_usable(address)) {
        return NULL;
    }
    return insert(b, address);
}

static void forget(struct book *b, struct book_entry *e)
{
    b->introduced -= e->is_introduced;
    (void)map_remove_text(b->entries, e->address);
    free(e);
}

/* The introduced one that failed most often; NULL when none did. */
static struct book_entry *find_worst(const struct book *b)
{
    size_t cursor = 0;
    struct book_entry *worst = NULL;
    struct book_entry *e = book_walk(b, &cursor);

    while (e != NULL) {
        if (e->is_introduced && e->state == BOOK_IDLE && e->failures > 0 &&
            (worst == NULL || e->failures > worst->failures)) {
            worst = e;
        }
        e = book_walk(b, &cursor);
    }
    return worst;
}

struct book_entry *book_introduce(struct book *b, const char *address,
                                  uint32_t introducer)
{
    struct book_entry *e = book_find(b, address);

    if (e != NULL) {
        return e;
    }
    if (!is_usable(address)) {
        return NULL;
    }
    if (b->introduced >= BOOK_INTRODUCED) {
        e = find_worst(b);
        if (e == NULL) {
            return NULL;
        }
        forget(b, e);
    }
    e = insert(b, address);
    e->is_introduced = true;
    e->introducer = introducer;
    b->introduced++;
    return e;
}

/* Only somebody's word that there is anybody. */
static bool is_stranger(const struct book_entry *e)
{
    return e->is_introduced && !e->is_proven;
}

void book_drop(struct book *b, const char *address)
{
    struct book_entry *e = book_find(b, address);

    if (e == NULL || e->state == BOOK_NEVER) {
        return;
    }
    if (e->state == BOOK_IDLE) {
        forget(b, e);
        return;
    }
    e->dropped = true;
}

void book_ended(struct book *b, struct book_entry *e, bool good, int64_t now_ms)
{
    int64_t wait = BOOK_RETRY_MS;

    e->dial = NULL;
    e->owner = NULL;
    if (e->state == BOOK_NEVER) {
        return;
    }
    e->state = BOOK_IDLE;
    if (e->dropped) {
        forget(b, e);
        return;
    }
    e->failures = good ? 0 : e->failures + 1;
    if (is_stranger(e) && e->failures >= BOOK_INTRODUCED_TRIES) {
        forget(b, e);
        return;
    }
    for (unsigned i = 1; i < e->failures && wait < BOOK_RETRY_MAX_MS; i++) {
        wait *= 2;
    }
    e->next_ms = now_ms + (wait < BOOK_RETRY_MAX_MS ? wait : BOOK_RETRY_MAX_MS);
}

struct book_entry *book_walk(const struct book *b, size_t *cursor)
{
    return map_next(b->entries, cursor, NULL, NULL);
}

/* Strangers are called now: as many as may be? */
static bool are_strangers_enough(const struct book *b)
{
    size_t cursor = 0, count = 0;
    struct book_entry *e = book_walk(b, &cursor);

    while (e != NULL) {
        count += is_stranger(e) &&
                 (e->state == BOOK_DIALING || e->state == BOOK_CONNECTED);
        e = book_walk(b, &cursor);
    }
    return count >= BOOK_INTRODUCED_AT_ONCE;
}

static bool goes_before(const struct book_entry *a, const struct book_entry *b,
                        int64_t now_ms)
{
    if (a->next_ms <= now_ms && b->next_ms <= now_ms &&
        is_stranger(a) != is_stranger(b)) {
        return is_stranger(b);
    }
    return a->next_ms < b->next_ms;
}

struct book_entry *book_next(const struct book *b, int64_t now_ms,
                             int64_t *wait_ms)
{
    size_t cursor = 0;
    bool no_strangers = are_strangers_enough(b);
    struct book_entry *best = NULL;
    struct book_entry *e = book_walk(b, &cursor);

    while (e != NULL) {
        if (e->state == BOOK_IDLE && !(no_strangers && is_stranger(e)) &&
            (best == NULL || goes_before(e, best, now_ms))) {
            best = e;
        }
        e = book_walk(b, &cursor);
    }
    *wait_ms = -1;
    if (best != NULL && best->next_ms > now_ms) {
        *wait_ms = best->next_ms - now_ms;
        best = NULL;
    }
    return best;
}

void book_hurry(struct book *b)
{
    size_t cursor = 0;
    struct book_entry *e = book_walk(b, &cursor);

    while (e != NULL) {
        e->next_ms = 0;
        e = book_walk(b, &cursor);
    }
}

size_t book_count(const struct book *b)
{
    return map_count(b->entries);
}

size_t book_count_state(const struct book *b, enum book_state state)
{
    size_t cursor = 0, count = 0;
    struct book_entry *e = book_walk(b, &cursor);

    while (e != NULL) {
        count += e->state == state;
        e = book_walk(b, &cursor);
    }
    return count;
}
