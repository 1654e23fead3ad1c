#include "config.h"

#include "tracker/throttle.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "util/map.h"
#include "util/mem.h"
#include "util/ratelimit.h"

enum { KEY_MAX = 160 }; /* a letter, a name or an address */

struct entry {
    TAILQ_ENTRY(entry) link;
    char *key;
    int failures;
    int64_t next_ms; /* no attempt before */
    int64_t last_ms;
    struct ratelimit bucket;
};

struct throttle {
    struct map *entries;
    TAILQ_HEAD(, entry) by_use; /* the oldest first */
};

struct throttle *throttle_new(void)
{
    struct throttle *t = mem_calloc(1, sizeof(*t));

    t->entries = map_new();
    TAILQ_INIT(&t->by_use);
    return t;
}

static void entry_free(void *value)
{
    struct entry *n = value;

    free(n->key);
    free(n);
}

void throttle_free(struct throttle *t)
{
    if (t != NULL) {
        map_free(t->entries, entry_free);
        free(t);
    }
}

static void forget(struct throttle *t, struct entry *n)
{
    TAILQ_REMOVE(&t->by_use, n, link);
    map_remove_text(t->entries, n->key);
    entry_free(n);
}

static struct entry *entry_of(struct throttle *t, const char *key,
                              double per_second, double burst, int64_t now_ms)
{
    struct entry *n = map_get_text(t->entries, key);

    if (n == NULL) {
        if (map_count(t->entries) >= THROTTLE_ENTRIES) {
            forget(t, TAILQ_FIRST(&t->by_use));
        }
        n = mem_calloc(1, sizeof(*n));
        n->key = mem_strdup(key);
        ratelimit_init(&n->bucket, per_second, burst, now_ms);
        map_put_text(t->entries, key, n);
    } else {
        TAILQ_REMOVE(&t->by_use, n, link);
    }
    TAILQ_INSERT_TAIL(&t->by_use, n, link);
    return n;
}

/* An IPv6 host owns a /64, so that is what counts as one address. */
static void address_key(char kind, const char *address, char out[KEY_MAX])
{
    struct in6_addr v6;

    if (inet_pton(AF_INET6, address, &v6) == 1 && !IN6_IS_ADDR_V4MAPPED(&v6)) {
        char text[INET6_ADDRSTRLEN];

        memset(v6.s6_addr + 8, 0, 8);
        inet_ntop(AF_INET6, &v6, text, sizeof(text));
        snprintf(out, KEY_MAX, "%c%s", kind, text);
    } else {
        snprintf(out, KEY_MAX, "%c%s", kind, address);
    }
}

static struct entry *address_entry(struct throttle *t, const char *address,
                                   int64_t now_ms)
{
    char key[KEY_MAX];

    address_key('a', address, key);
    return entry_of(t, key, 1.0 / THROTTLE_ADDRESS_EVERY, THROTTLE_ADDRESS,
                    now_ms);
}

/* From where a user has logged in before, his attempts are counted apart:
 * guesses of others do not keep him out. */
static void known_key(const char *user, const char *address, char out[KEY_MAX])
{
    char place[KEY_MAX];

    address_key('@', address, place);
    snprintf(out, KEY_MAX, "k%.64s%.64s", user, place);
}

static struct entry *user_entry(struct throttle *t, const char *user,
                                const char *address, int64_t now_ms)
{
    char key[KEY_MAX];

    known_key(user, address, key);
    if (map_get_text(t->entries, key) == NULL) {
        snprintf(key, sizeof(key), "u%s", user);
    }
    return entry_of(t, key, 1, 1, now_ms);
}

static int64_t seconds_up(int64_t ms)
{
    return ms <= 0 ? 1 : (ms + 999) / 1000;
}

static int64_t delay_ms(int failures)
{
    int beyond = failures - THROTTLE_FREE;

    if (beyond < 0) {
        return 0;
    }
    if (beyond > 9) {
        return THROTTLE_DELAY_MAX * 1000;
    }
    return INT64_C(1000) << beyond;
}

int64_t throttle_login(struct throttle *t, const char *user,
                       const char *address, int64_t now_ms)
{
    struct entry *u = user_entry(t, user, address, now_ms);
    struct entry *a;

    if (u->last_ms + THROTTLE_QUIET * INT64_C(1000) < now_ms) {
        u->failures = 0;
    }
    if (u->next_ms > now_ms) {
        return seconds_up(u->next_ms - now_ms);
    }
    a = address_entry(t, address, now_ms);
    if (!ratelimit_take(&a->bucket, 1, now_ms)) {
        return seconds_up(ratelimit_wait_ms(&a->bucket, 1, now_ms));
    }
    u->failures++;
    u->last_ms = now_ms;
    u->next_ms = now_ms + delay_ms(u->failures);
    return 0;
}

void throttle_login_was_right(struct throttle *t, const char *user,
                              const char *address, int64_t now_ms)
{
    struct entry *a = address_entry(t, address, now_ms);
    char key[KEY_MAX];

    a->bucket.tokens += 1;
    if (a->bucket.tokens > a->bucket.burst) {
        a->bucket.tokens = a->bucket.burst;
    }
    forget(t, user_entry(t, user, address, now_ms));
    known_key(user, address, key);
    entry_of(t, key, 1, 1, now_ms);
}

int64_t throttle_account(struct throttle *t, const char *address,
                         int64_t now_ms)
{
    struct entry *n;
    char key[KEY_MAX];

    address_key('c', address, key);
    n = entry_of(t, key, 1.0 / THROTTLE_ACCOUNTS_EVERY, THROTTLE_ACCOUNTS,
                 now_ms);
    if (ratelimit_take(&n->bucket, 1, now_ms)) {
        return 0;
    }
    return seconds_up(ratelimit_wait_ms(&n->bucket, 1, now_ms));
}
