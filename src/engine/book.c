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

struct book_entry *book_add(struct book *b, const char *address)
{
    struct book_entry *e = book_find(b, address);

    if (e != NULL) {
        e->dropped = false;
        return e;
    }
    if (map_count(b->entries) >= BOOK_ENTRIES || !is_usable(address)) {
        return NULL;
    }
    e = mem_calloc(1, sizeof *e);
    (void)snprintf(e->address, sizeof e->address, "%s", address);
    (void)map_put_text(b->entries, e->address, e);
    return e;
}

static void forget(struct book *b, struct book_entry *e)
{
    (void)map_remove_text(b->entries, e->address);
    free(e);
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
    for (unsigned i = 1; i < e->failures && wait < BOOK_RETRY_MAX_MS; i++) {
        wait *= 2;
    }
    e->next_ms = now_ms + (wait < BOOK_RETRY_MAX_MS ? wait : BOOK_RETRY_MAX_MS);
}

struct book_entry *book_walk(const struct book *b, size_t *cursor)
{
    return map_next(b->entries, cursor, NULL, NULL);
}

struct book_entry *book_next(const struct book *b, int64_t now_ms,
                             int64_t *wait_ms)
{
    size_t cursor = 0;
    struct book_entry *best = NULL;
    struct book_entry *e = book_walk(b, &cursor);

    while (e != NULL) {
        if (e->state == BOOK_IDLE &&
            (best == NULL || e->next_ms < best->next_ms)) {
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
