#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tracker/swarmdb.h"
#include "util/err.h"

static const uint8_t hash_a[SWARMDB_HASH] = {1};
static const uint8_t hash_b[SWARMDB_HASH] = {2};

struct seen {
    unsigned count;
    uint64_t sum; /* of the sessions */
    char address[64];
};

static void see(void *arg, const struct swarmdb_peer *p)
{
    struct seen *s = arg;

    s->count++;
    s->sum += p->session;
    snprintf(s->address, sizeof(s->address), "%s", p->address);
}

struct told {
    unsigned notices;
    size_t joined;
    size_t left;
    size_t receivers;
};

static void tell(void *arg, const struct swarmdb_notice *n)
{
    struct told *t = arg;
    size_t i;

    t->notices++;
    t->receivers += n->session_count;
    for (i = 0; i < n->change_count; i++) {
        t->joined += n->changes[i].joined;
        t->left += !n->changes[i].joined;
    }
}

static int set_up(void **state)
{
    *state = swarmdb_new();
    return 0;
}

static int tear_down(void **state)
{
    swarmdb_free(*state);
    return 0;
}

static int announce(struct swarmdb *db, uint64_t session, const uint8_t *hash,
                    uint32_t have, const char *bitmap)
{
    struct swarmdb_progress p = {10, have, (const uint8_t *)bitmap,
                                 bitmap == NULL ? 0 : strlen(bitmap)};
    char address[32];

    snprintf(address, sizeof(address), "127.0.0.1:%d", (int)session);
    swarmdb_put_session(db, session, "user", "id", address);
    return swarmdb_announce(db, session, hash, &p, NULL);
}

static void assert_counts(struct swarmdb *db, const uint8_t *hash,
                          uint32_t seeders, uint32_t leechers)
{
    uint32_t s;
    uint32_t l;

    swarmdb_counts(db, hash, &s, &l);
    assert_int_equal(s, seeders);
    assert_int_equal(l, leechers);
}

/* Counts follow joins, progress and departures. Requirement S0-05. */
static void swarmdb_counts_follow(void **state)
{
    struct swarmdb *db = *state;

    assert_counts(db, hash_a, 0, 0);
    assert_int_equal(announce(db, 1, hash_a, 10, NULL), 0);
    assert_int_equal(announce(db, 2, hash_a, 3, NULL), 0);
    assert_int_equal(announce(db, 2, hash_b, 0, NULL), 0);
    assert_counts(db, hash_a, 1, 1);
    assert_int_equal(announce(db, 2, hash_a, 10, NULL), 0);
    assert_counts(db, hash_a, 2, 0);
    assert_int_equal(announce(db, 2, hash_a, 9, NULL), 0);
    assert_counts(db, hash_a, 1, 1);
    swarmdb_leave(db, 1, hash_a);
    swarmdb_leave(db, 1, hash_a); /* twice is fine */
    assert_counts(db, hash_a, 0, 1);
    assert_int_equal(swarmdb_peer_count(db), 2);
    swarmdb_drop_session(db, 2);
    assert_counts(db, hash_a, 0, 0);
    assert_int_equal(swarmdb_swarm_count(db), 0);
    assert_int_equal(swarmdb_peer_count(db), 0);
}

/* A holder of a piece is found by its bitmap; "not told" finds nobody but
 * seeds. */
static void swarmdb_locate_by_bitmap(void **state)
{
    struct swarmdb *db = *state;
    struct seen s = {0, 0, ""};

    assert_int_equal(announce(db, 1, hash_a, 10, NULL), 0);
    assert_int_equal(announce(db, 2, hash_a, 0, "\x80\x40"), 0); /* 0 and 9 */
    assert_int_equal(announce(db, 3, hash_a, 5, NULL), 0);
    swarmdb_locate(db, hash_a, 9, 0, see, &s);
    assert_int_equal(s.count, 2);
    assert_int_equal(s.sum, 3);
    memset(&s, 0, sizeof(s));
    swarmdb_locate(db, hash_a, 1, 0, see, &s);
    assert_int_equal(s.sum, 1);
    memset(&s, 0, sizeof(s));
    swarmdb_locate(db, hash_a, 1, 1, see, &s);
    assert_int_equal(s.count, 0);
}

/* Bitmaps of a wrong length or with spare bits, and too many pieces, are
 * refused; the count comes from the bits. */
static void swarmdb_announce_refuses_wrong_bitmaps(void **state)
{
    struct swarmdb *db = *state;

    assert_int_equal(announce(db, 1, hash_a, 0, "\x80"), P2P_EINVAL);
    assert_int_equal(announce(db, 1, hash_a, 0, "\x80\x80\x80"), P2P_EINVAL);
    assert_int_equal(announce(db, 1, hash_a, 0, "\x80\x20"), P2P_EINVAL);
    assert_int_equal(announce(db, 1, hash_a, 11, NULL), P2P_ERANGE);
    assert_int_equal(swarmdb_swarm_count(db), 0);
    assert_int_equal(announce(db, 1, hash_a, 1, "\xff\xc0"), 0);
    assert_counts(db, hash_a, 1, 0); /* all ten bits: a seed */
}

/* Random choice shows no peer twice, leaves out the asker, respects the
 * number, and reaches everybody in the end. */
static void swarmdb_peers_random(void **state)
{
    struct swarmdb *db = *state;
    unsigned reached[21] = {0};
    uint64_t n;
    int turn;

    for (n = 1; n <= 20; n++) {
        assert_int_equal(announce(db, n, hash_a, 0, NULL), 0);
    }
    for (turn = 0; turn < 500; turn++) {
        struct seen s = {0, 0, ""};

        swarmdb_peers(db, hash_a, 5, 1, see, &s);
        assert_int_equal(s.count, 1);
        assert_int_not_equal(s.sum, 5);
        reached[s.sum]++;
    }
    for (n = 1; n <= 20; n++) {
        assert_true(n == 5 || reached[n] > 3);
    }
    for (turn = 0; turn < 50; turn++) {
        struct seen s = {0, 0, ""};

        swarmdb_peers(db, hash_a, 5, 1000, see, &s);
        assert_int_equal(s.count, 19);
        assert_int_equal(s.sum, 210 - 5);
    }
    assert_counts(db, hash_a, 0, 20); /* the shuffle broke nothing */
    for (n = 1; n <= 20; n++) {
        swarmdb_drop_session(db, n);
    }
    assert_int_equal(swarmdb_peer_count(db), 0);
}

enum { MANY = 5000 };

static void mark(void *arg, const struct swarmdb_peer *p)
{
    bool *reached = arg;

    assert_in_range(p->session, 1, MANY);
    reached[p->session - 1] = true;
}

/* S0-41: a swarm has no limit, an answer has; everybody gets into some. */
static void swarmdb_peers_of_thousands(void **state)
{
    struct swarmdb *db = *state;
    struct seen s = {0, 0, ""};
    bool reached[MANY] = {false};
    unsigned count = 0;

    for (uint64_t n = 1; n <= MANY; n++) {
        assert_int_equal(announce(db, n, hash_a, n % 2 == 0 ? 10 : 0, NULL), 0);
    }
    assert_counts(db, hash_a, MANY / 2, MANY / 2);
    swarmdb_peers(db, hash_a, 1, MANY, see, &s);
    assert_int_equal(s.count, SWARMDB_WANT_MAX);
    for (unsigned turn = 0; turn < 1000; turn++) {
        swarmdb_peers(db, hash_a, 1, SWARMDB_WANT_MAX, mark, reached);
    }
    for (unsigned n = 0; n < MANY; n++) {
        count += reached[n];
    }
    assert_int_equal(count, MANY - 1); /* all but who asks */
    for (uint64_t n = 1; n <= MANY; n++) {
        swarmdb_drop_session(db, n);
    }
    assert_int_equal(swarmdb_peer_count(db), 0);
}

/* The first change is told at once, those of the next second together. */
static void swarmdb_flush_coalesces(void **state)
{
    struct swarmdb *db = *state;
    struct told t = {0, 0, 0, 0};
    uint64_t n;

    assert_int_equal(announce(db, 1, hash_a, 0, NULL), 0);
    assert_int_equal(swarmdb_flush(db, 1000, tell, &t), -1);
    assert_int_equal(t.notices, 1);
    for (n = 2; n <= 11; n++) {
        assert_int_equal(announce(db, n, hash_a, 0, NULL), 0);
        assert_int_equal(swarmdb_flush(db, 1500, tell, &t), 500);
    }
    swarmdb_drop_session(db, 11);
    assert_int_equal(t.notices, 1);
    assert_int_equal(swarmdb_flush(db, 2000, tell, &t), -1);
    assert_int_equal(t.notices, 2);
    assert_int_equal(t.joined, 10); /* 11 came and went: it went */
    assert_int_equal(t.left, 1);
    assert_int_equal(t.receivers, 1 + 10);
    /* A new report of the same peer is no change. */
    assert_int_equal(announce(db, 2, hash_a, 5, NULL), 0);
    assert_int_equal(swarmdb_flush(db, 9000, tell, &t), -1);
    assert_int_equal(t.notices, 2);
}

/* Who went and came back before anybody was told is there; and a computer has
 * not left while its new session is in the swarm. */
static void swarmdb_flush_tells_last_of_each(void **state)
{
    struct swarmdb *db = *state;
    struct swarmdb_progress p = {10, 10, NULL, 0};
    struct told t = {0, 0, 0, 0};

    assert_int_equal(announce(db, 1, hash_a, 0, NULL), 0);
    assert_int_equal(announce(db, 2, hash_a, 10, NULL), 0);
    swarmdb_flush(db, 1000, tell, &t);
    memset(&t, 0, sizeof(t));
    swarmdb_leave(db, 2, hash_a);
    assert_int_equal(announce(db, 2, hash_a, 10, NULL), 0);
    swarmdb_flush(db, 3000, tell, &t);
    assert_int_equal(t.joined, 1);
    assert_int_equal(t.left, 0);

    memset(&t, 0, sizeof(t));
    swarmdb_put_session(db, 3, "user", "id", "127.0.0.1:2"); /* 2 anew */
    assert_int_equal(swarmdb_announce(db, 3, hash_a, &p, NULL), 0);
    swarmdb_flush(db, 5000, tell, &t);
    assert_int_equal(t.joined, 1);
    swarmdb_drop_session(db, 2);
    swarmdb_flush(db, 7000, tell, &t);
    assert_int_equal(t.left, 0);
    swarmdb_drop_session(db, 3);
    swarmdb_flush(db, 9000, tell, &t);
    assert_int_equal(t.left, 1);
}

/* Who has all of it now is told once; lists count seeds. */
static void swarmdb_flush_tells_new_seeds(void **state)
{
    struct swarmdb *db = *state;
    struct told t = {0, 0, 0, 0};

    assert_int_equal(announce(db, 1, hash_a, 0, NULL), 0);
    assert_int_equal(announce(db, 2, hash_a, 3, NULL), 0);
    swarmdb_flush(db, 1000, tell, &t);
    memset(&t, 0, sizeof(t));
    assert_int_equal(announce(db, 2, hash_a, 10, NULL), 0);
    swarmdb_flush(db, 3000, tell, &t);
    assert_int_equal(t.joined, 1);
    assert_int_equal(announce(db, 2, hash_a, 10, NULL), 0);
    swarmdb_flush(db, 5000, tell, &t);
    assert_int_equal(t.joined, 1);
}

/* In a storm a notice stays small in both directions. */
static void swarmdb_flush_bounds_a_storm(void **state)
{
    struct swarmdb *db = *state;
    struct told t = {0, 0, 0, 0};
    uint64_t n;

    for (n = 1; n <= 5000; n++) {
        assert_int_equal(announce(db, n, hash_a, 0, NULL), 0);
    }
    swarmdb_flush(db, 1000, tell, &t);
    assert_int_equal(t.notices, 1);
    assert_int_equal(t.joined, SWARMDB_PUSH_CHANGES);
    assert_int_equal(t.receivers, SWARMDB_PUSH_TO);
}

/* An unpublished item takes its swarm with it and nobody is told. */
static void swarmdb_drop_swarm_is_silent(void **state)
{
    struct swarmdb *db = *state;
    struct told t = {0, 0, 0, 0};

    assert_int_equal(announce(db, 1, hash_a, 0, NULL), 0);
    assert_int_equal(announce(db, 2, hash_a, 10, NULL), 0);
    assert_int_equal(announce(db, 2, hash_b, 10, NULL), 0);
    swarmdb_drop_swarm(db, hash_a);
    swarmdb_drop_swarm(db, hash_a);
    assert_false(swarmdb_has(db, 1, hash_a));
    assert_true(swarmdb_has(db, 2, hash_b));
    swarmdb_flush(db, 1, tell, &t);
    assert_int_equal(t.notices, 1);
    assert_int_equal(swarmdb_peer_count(db), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(swarmdb_counts_follow),
        TEST(swarmdb_locate_by_bitmap),
        TEST(swarmdb_announce_refuses_wrong_bitmaps),
        TEST(swarmdb_peers_random),
        TEST(swarmdb_peers_of_thousands),
        TEST(swarmdb_flush_coalesces),
        TEST(swarmdb_flush_tells_last_of_each),
        TEST(swarmdb_flush_tells_new_seeds),
        TEST(swarmdb_flush_bounds_a_storm),
        TEST(swarmdb_drop_swarm_is_silent),
    };
    return cmocka_run_group_tests_name("tracker/swarmdb", tests, NULL, NULL);
}
