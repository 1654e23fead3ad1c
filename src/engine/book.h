/* book: the addresses of one swarm's members: which to dial next, with
 * back-off. A pure data structure.
 */
#ifndef P2P_ENGINE_BOOK_H
#define P2P_ENGINE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct book;
struct dial;

enum {
    BOOK_ENTRIES = 2000,  /* most addresses of a swarm */
    BOOK_ADDRESS = 64,    /* bytes of "[v6]:port" with NUL */
    BOOK_RETRY_MS = 2000, /* after the first failure, then doubled */
    BOOK_RETRY_MAX_MS = 300000,
    /* Addresses that other members named: so many at most, so many tried at
     * once, so often when nobody answers. */
    BOOK_INTRODUCED = 500,
    BOOK_INTRODUCED_AT_ONCE = 10,
    BOOK_INTRODUCED_TRIES = 3,
};

enum book_state {
    BOOK_IDLE,
    BOOK_DIALING,   /* `dial` is set */
    BOOK_CONNECTED, /* some connection leads there, ours or theirs */
    BOOK_NEVER,     /* ourselves */
};

struct book_entry {
    char address[BOOK_ADDRESS];
    enum book_state state;
    bool dropped;       /* the tracker says it left; forget when idle */
    bool is_introduced; /* by a member; the tracker never named it */
    bool is_proven;     /* some member was connected there */
    uint32_t introducer;
    unsigned failures;
    int64_t next_ms; /* not before */
    struct dial *dial;
    void *owner; /* of whoever set DIALING */
};

struct book *book_new(void);
void book_free(struct book *b); /* NULL is allowed */

/* The entry for an address "ip:port" (made when new), NULL when it is refused:
 * no port, a group address, or the book is full. */
struct book_entry *book_add(struct book *b, const char *address);

/* The same for an address that a member named. It takes no place from those of
 * book_add(): when there are too many, one that did not answer makes room. */
struct book_entry *book_introduce(struct book *b, const char *address,
                                  uint32_t introducer);
struct book_entry *book_find(const struct book *b, const char *address);
void book_drop(struct book *b, const char *address);

/* A dial or connection ended. `good`: it had worked. */
void book_ended(struct book *b, struct book_entry *e, bool good,
                int64_t now_ms);

/* The entry to dial now (those named by members after the others), or NULL and
 * in *wait_ms how long until one is due (-1: there is none). */
struct book_entry *book_next(const struct book *b, int64_t now_ms,
                             int64_t *wait_ms);

/* Forget waiting times: somebody tells that it is worth trying. */
void book_hurry(struct book *b);
size_t book_count(const struct book *b);
size_t book_count_state(const struct book *b, enum book_state state);
struct book_entry *book_walk(const struct book *b, size_t *cursor);

#endif /* P2P_ENGINE_BOOK_H */
