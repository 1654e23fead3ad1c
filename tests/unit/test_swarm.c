#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/content.h"
#include "engine/membership.h"
#include "msgq/event.h"
#include "msgq/rows.h"
#include "lib/swarmlab.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/clock.h"
#include "util/err.h"
#include "wire/manifest.h"

enum { KIB = 1024, BLOCK = 16 * KIB, PIECE = 64 * KIB, LIMIT_MS = 20000 };

static void one_file(struct lab *l, uint64_t size, uint32_t piece_length)
{
    const struct lab_file files[] = {{"data.bin", size}, {NULL, 0}};

    lab_item(l, files, false, piece_length);
}

static void load_from_one(uint64_t size, uint32_t piece_length)
{
    struct lab *l = lab_new();
    struct lab_node *seeder, *loader;

    one_file(l, size, piece_length);
    seeder = lab_seeder(l, "sara", NULL);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, seeder);
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_true(lab_is_same(loader));
    assert_int_equal(loader->pieces, l->manifest->piece_count);
    assert_int_equal(loader->bans, 0);
    assert_int_equal(lab_stats(loader).wasted, 0);
    if (size > 0) {
        assert_int_equal(lab_stats(loader).total_down, size);
    }
    lab_free(l);
}

static bool lacks_first_piece(void *node)
{
    struct lab_node *n = node;

    return !bitfield_test(content_verified(n->content), 0);
}

/* A piece that proves to be gone when it is served is loaded again. */
static void swarm_loads_again_what_is_gone(void **state)
{
    const struct lab_file files[] = {{"a", PIECE}, {"b", 3 * PIECE}, {NULL, 0}};
    struct lab *l = lab_new();
    struct lab_node *first, *second;

    (void)state;
    lab_item(l, files, true, PIECE);
    first = lab_node(l, "anna", NULL, false);
    (void)bitfield_set(content_verified(first->content), 0);
    lab_start(first, true); /* though there is no file "a" */
    second = lab_loader(l, "bert", NULL);
    lab_connect(second, first);
    assert_true(lab_run(l, lacks_first_piece, first, LIMIT_MS));
    lab_connect(first, lab_seeder(l, "sara", NULL));
    assert_true(lab_run(l, lab_is_complete, first, LIMIT_MS));
    assert_true(lab_run(l, lab_is_complete, second, LIMIT_MS));
    assert_true(lab_is_same(first) && lab_is_same(second));
    lab_free(l);
}

static bool has_rate_or_ended(void *node)
{
    struct swarm_stats s = lab_stats(node);

    return s.rate_down > 0 || lab_is_complete(node);
}

/* A transfer that takes less than a second has a rate meanwhile. */
static void swarm_tells_rate_at_once(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *seeder, *loader;

    (void)state;
    one_file(l, 64 * KIB * KIB, 8 * PIECE);
    seeder = lab_seeder(l, "sara", NULL);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, seeder);
    assert_true(lab_run(l, has_rate_or_ended, loader, LIMIT_MS));
    assert_false(lab_is_complete(loader));
    assert_true(lab_stats(loader).rate_down > 1000 * KIB);
    lab_free(l);
}

/* S0-07: every edge of sizes is loaded and equal. */
static void swarm_loads_edge_sizes(void **state)
{
    const uint64_t sizes[] = {0,     1,         BLOCK - 1,
                              BLOCK, BLOCK + 1, PIECE - 1,
                              PIECE, PIECE + 1, 3 * PIECE + BLOCK + 7};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        load_from_one(sizes[i], PIECE);
    }
}

/* Pieces of one block, of several runs, and of two hash requests. */
static void swarm_loads_edge_piece_lengths(void **state)
{
    (void)state;
    load_from_one(5 * BLOCK + 3, BLOCK);
    load_from_one(3 * 1024 * KIB + 5, 1024 * KIB);
    load_from_one(16 * 1024 * KIB + BLOCK + 9, 16 * 1024 * KIB);
    load_from_one(9 * 1024 * KIB, 16 * 1024 * KIB);
}

/* Many pieces, a few times the request queue. */
static void swarm_loads_many_pieces(void **state)
{
    (void)state;
    load_from_one(48 * 1024 * KIB + 12345, 256 * KIB);
}

/* A directory with an empty file, twins, and files of several sizes. */
static void swarm_loads_directory(void **state)
{
    const struct lab_file files[] = {{"a/one", 1},         {"a/two", PIECE},
                                     {"b", 2 * PIECE + 1}, {"empty", 0},
                                     {"last", 300 * KIB},  {NULL, 0}};
    struct lab *l = lab_new();
    struct lab_node *seeder, *loader;

    (void)state;
    lab_item(l, files, true, PIECE);
    seeder = lab_seeder(l, "sara", NULL);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, seeder);
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_int_equal(lab_stats(loader).unrecorded, 0); /* S2-04 */
    assert_true(lab_is_same(loader));
    lab_free(l);
}

/* S0-33: of three seeders one flips bits. The result is right, the culprit is
 * named and banned, nobody else is. */
static void swarm_names_who_flips_bits(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *loader, *evil;

    (void)state;
    one_file(l, 24 * 1024 * KIB, 256 * KIB);
    loader = lab_loader(l, "lena", NULL);
    evil = lab_seeder(l, "eve", NULL);
    lab_corrupt(evil, 3, 5);
    lab_connect(loader, evil);
    lab_connect(loader, lab_seeder(l, "sara", NULL));
    lab_connect(loader, lab_seeder(l, "sven", NULL));
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_true(lab_is_same(loader));
    assert_int_equal(loader->bans, 1);
    assert_string_equal(loader->banned, "eve");
    assert_true(lab_stats(loader).bad_blocks > 0);
    lab_free(l);
}

static bool has_quarter(void *node)
{
    const struct lab_node *n = node;

    return n->pieces * 4 >= content_manifest(n->content)->piece_count;
}

/* S0-34: a seeder goes away in the middle; the other one gives the rest. */
static void swarm_survives_lost_seeder(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *loader, *first;

    (void)state;
    one_file(l, 48 * 1024 * KIB, 256 * KIB);
    loader = lab_loader(l, "lena", NULL);
    first = lab_seeder(l, "sara", NULL);
    lab_connect(loader, first);
    lab_connect(loader, lab_seeder(l, "sven", NULL));
    assert_true(lab_run(l, has_quarter, loader, LIMIT_MS));
    lab_stop(first);
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_true(lab_is_same(loader));
    assert_int_equal(loader->bans, 0);
    lab_free(l);
}

/* S2-06: who is still loading serves what it has; the second one knows nobody
 * else. */
static void swarm_serves_while_loading(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *seeder, *middle, *last;

    (void)state;
    one_file(l, 24 * 1024 * KIB, 256 * KIB);
    seeder = lab_seeder(l, "sara", NULL);
    middle = lab_loader(l, "mia", NULL);
    last = lab_loader(l, "lena", NULL);
    lab_connect(last, middle);
    lab_connect(middle, seeder);
    assert_true(lab_run(l, lab_is_complete, last, LIMIT_MS));
    assert_true(lab_is_same(last));
    assert_true(lab_is_same(middle));
    lab_free(l);
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

static bool gave_up(void *node)
{
    const struct lab_node *n = node;
    struct swarm_stats s = lab_stats(n);

    return s.peers == 0 && s.dialing == 0 && n->hungry > 0;
}

static void refuse(struct membership *(*make)(struct lab *l), bool deny)
{
    struct lab *l = lab_new();
    struct lab_node *seeder, *loader;

    one_file(l, 1024 * KIB, PIECE);
    seeder = lab_seeder(l, "sara", NULL);
    if (deny) {
        const struct membership_denial denial = {"lena", clock_wall() + 60};
        struct membership *m = membership_new(
            "lab", "sara", membership_tls(seeder->membership),
            membership_not_after(seeder->membership), &denial, 1);

        swarm_set_membership(seeder->swarm, m);
        membership_unref(m);
    }
    loader = lab_loader(l, "lena", make(l));
    lab_connect(loader, seeder);
    (void)lab_run(l, gave_up, loader, 700);
    assert_int_equal(loader->completed, 0);
    assert_int_equal(loader->pieces, 0);
    assert_int_equal(lab_stats(loader).total_down, 0);
    assert_int_equal(lab_stats(seeder).total_up, 0);
    lab_free(l);
}

static struct membership *make_foreign(struct lab *l)
{
    return lab_foreign_membership(l, "lena");
}

static struct membership *make_expired(struct lab *l)
{
    struct membership *m = lab_membership(l, "lena", 1);

    (void)lab_run(l, never, NULL, 2200); /* until it is over */
    return m;
}

static struct membership *make_good(struct lab *l)
{
    return lab_membership(l, "lena", 3600);
}

/* S3-05: no certificate of the group, an expired one, a denied user: not one
 * byte. */
static void swarm_refuses_strangers(void **state)
{
    (void)state;
    refuse(make_foreign, false);
    refuse(make_expired, false);
    refuse(make_good, true);
}

static bool has_nobody(void *node)
{
    return lab_stats(node).peers == 0;
}

/* A member that is denied in the middle is cut off at once: not one more byte
 * is sent, whatever was under way still arrives or does not. */
static void swarm_ends_denied_member(void **state)
{
    const struct membership_denial denial = {"lena", INT64_MAX};
    struct lab *l = lab_new();
    struct lab_node *seeder, *loader;
    struct membership *m;
    uint64_t sent;

    (void)state;
    one_file(l, 64 * 1024 * KIB, 256 * KIB);
    seeder = lab_seeder(l, "sara", NULL);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, seeder);
    assert_true(lab_run(l, has_quarter, loader, LIMIT_MS));
    m = membership_new("lab", "sara", membership_tls(seeder->membership),
                       membership_not_after(seeder->membership), &denial, 1);
    swarm_set_membership(seeder->swarm, m);
    membership_unref(m);
    assert_int_equal(lab_stats(seeder).peers, 0);
    sent = lab_stats(seeder).total_up;
    assert_true(sent < (uint64_t)64 * 1024 * KIB);
    assert_true(lab_run(l, has_nobody, loader, LIMIT_MS));
    (void)lab_run(l, lab_is_complete, loader, 500);
    assert_int_equal(lab_stats(seeder).total_up, sent);
    assert_int_equal(loader->completed, 0);
    assert_true(loader->pieces <= sent / (256 * KIB));
    lab_free(l);
}

/* A certificate that ends ends the connection, also of an idle one. */
static void swarm_ends_expired_member(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *first, *second;

    (void)state;
    one_file(l, 1024 * KIB, PIECE);
    first = lab_loader(l, "lena", NULL);
    second = lab_loader(l, "mia", lab_membership(l, "mia", 2));
    lab_connect(first, second);
    (void)lab_run(l, has_quarter, first, 1000);
    assert_int_equal(lab_stats(first).peers, 1);
    assert_true(lab_run(l, has_nobody, first, 6000));
    lab_free(l);
}

static bool are_two(void *lab)
{
    struct lab *l = lab;

    return lab_stats(&l->nodes[0]).peers >= 1 &&
           lab_stats(&l->nodes[1]).peers >= 1;
}

/* Two that call each other at once keep one connection, and both the same. */
static void swarm_keeps_one_of_two_connections(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct lab *l = lab_new();
        struct lab_node *a, *b;

        one_file(l, 1024 * KIB, PIECE);
        a = lab_loader(l, "anna", NULL);
        b = lab_loader(l, "bert", NULL);
        lab_connect(a, b);
        lab_connect(b, a);
        assert_true(lab_run(l, are_two, l, LIMIT_MS));
        (void)lab_run(l, never, NULL, 150);
        assert_int_equal(lab_stats(a).peers, 1);
        assert_int_equal(lab_stats(b).peers, 1);
        lab_free(l);
    }
}

/* One user on two computers: both are served, from one address. */
static void swarm_serves_one_user_twice(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *seeder, *one, *two;

    (void)state;
    one_file(l, 4 * 1024 * KIB, PIECE);
    seeder = lab_seeder(l, "sara", NULL);
    one = lab_loader(l, "lena1", lab_membership(l, "lena", 3600));
    two = lab_loader(l, "lena2", lab_membership(l, "lena", 3600));
    lab_connect(one, seeder);
    lab_connect(two, seeder);
    assert_true(lab_run(l, lab_is_complete, one, LIMIT_MS));
    assert_true(lab_run(l, lab_is_complete, two, LIMIT_MS));
    lab_free(l);
}

/* Our own address is tried once and then left alone. */
static void swarm_does_not_connect_to_itself(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *n;

    (void)state;
    one_file(l, 1024 * KIB, PIECE);
    n = lab_loader(l, "lena", NULL);
    lab_connect(n, n);
    (void)lab_run(l, never, NULL, 300);
    assert_int_equal(lab_stats(n).peers, 0);
    assert_int_equal(lab_stats(n).known, 1);
    lab_free(l);
}

/* A file that changed on disk is not served any more, and that is said. */
static void swarm_stops_serving_changed_file(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *seeder, *loader;
    char path[400];

    (void)state;
    one_file(l, 1024 * KIB, PIECE);
    seeder = lab_seeder(l, "sara", NULL);
    lab_expect_unchanged(seeder);
    (void)snprintf(path, sizeof path, "%s/data.bin", seeder->dir);
    assert_int_equal(truncate(path, 512 * KIB), 0);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, seeder);
    (void)lab_run(l, lab_is_complete, loader, 1000);
    assert_int_equal(loader->completed, 0);
    assert_int_equal(loader->bans, 0);
    assert_int_equal(seeder->unreadable, 1);
    lab_free(l);
}

/* Paused: no connections; then it goes on. */
static void swarm_pauses_and_goes_on(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *seeder, *loader;

    (void)state;
    one_file(l, 32 * 1024 * KIB, 256 * KIB);
    seeder = lab_seeder(l, "sara", NULL);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, seeder);
    assert_true(lab_run(l, has_quarter, loader, LIMIT_MS));
    swarm_set_paused(loader->swarm, true);
    assert_int_equal(lab_stats(loader).peers, 0);
    assert_int_equal(lab_stats(loader).reason, SWARM_REASON_PAUSED);
    swarm_set_paused(loader->swarm, false);
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_true(lab_is_same(loader));
    lab_free(l);
}

/* A user who is dropped loses its connection and gets no new one, neither
 * called nor calling, until the time is over; others go on. */
static void swarm_refuses_dropped_user(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *sara, *loader;
    uint64_t given;

    (void)state;
    one_file(l, 32 * 1024 * KIB, 256 * KIB);
    sara = lab_seeder(l, "sara", NULL);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, sara);
    assert_true(lab_run(l, has_quarter, loader, LIMIT_MS));
    assert_false(swarm_refuse_user(loader->swarm, "nobody", 1));
    assert_true(swarm_refuse_user(loader->swarm, "sara",
                                  loop_now_ms(l->loop) + SWARM_REFUSED_MS));
    assert_int_equal(lab_stats(loader).peers, 0);
    given = lab_stats(loader).total_down;
    lab_connect(loader, sara);
    swarm_hurry(loader->swarm);
    assert_true(lab_run(l, gave_up, loader, LIMIT_MS));
    assert_int_equal(lab_stats(loader).total_down, given);
    lab_connect(loader, lab_seeder(l, "sven", NULL));
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_true(lab_is_same(loader));
    lab_free(l);
}

/* When the time is over it is let in again, at once if asked for. */
static void swarm_lets_dropped_user_back(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *sara, *loader;

    (void)state;
    one_file(l, 16 * 1024 * KIB, 256 * KIB);
    sara = lab_seeder(l, "sara", NULL);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, sara);
    assert_true(lab_run(l, has_quarter, loader, LIMIT_MS));
    assert_true(
        swarm_refuse_user(loader->swarm, "sara", loop_now_ms(l->loop) - 2000));
    swarm_hurry(loader->swarm);
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    lab_free(l);
}

/* The tables for the screen tell who and what. */
static void swarm_tells_peers_and_pieces(void **state)
{
    struct lab *l = lab_new();
    struct lab_node *seeder, *loader;
    struct rows rows;
    struct event *e = event_new(EVENT_PIECES);
    uint32_t i, done = 0;

    (void)state;
    one_file(l, 32 * 1024 * KIB, 256 * KIB);
    seeder = lab_seeder(l, "sara", NULL);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, seeder);
    assert_true(lab_run(l, has_quarter, loader, LIMIT_MS));
    rows_init(&rows, ROWS_PEERS);
    swarm_get_peers(loader->swarm, &rows);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.peers[0].user, "sara");
    assert_int_equal(rows.peers[0].letter, 'a');
    assert_true(rows.peers[0].is_seed);
    assert_false(rows.peers[0].chokes_us);
    assert_int_equal(rows.peers[0].pieces, l->manifest->piece_count);
    swarm_get_pieces(loader->swarm, &e->pieces);
    assert_int_equal(e->pieces.piece_count, l->manifest->piece_count);
    assert_int_equal(e->pieces.copies[0], 1);
    for (i = 0; i < e->pieces.arriving_count; i++) {
        assert_int_equal(e->pieces.arriving[i].total, 256 / 16);
        assert_in_range(e->pieces.arriving[i].done, 0, 256 / 16);
        done += e->pieces.arriving[i].done;
    }
    assert_true(done > 0 || e->pieces.arriving_count == 0);
    rows_close(&rows);
    rows_init(&rows, ROWS_TAKERS);
    swarm_get_takers(loader->swarm, &rows);
    assert_int_equal(rows.count, 0);
    swarm_get_takers(seeder->swarm, &rows);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.takers[0].user, "lena");
    assert_string_equal(rows.takers[0].name, l->manifest->name);
    assert_true(rows.takers[0].total_up > 0);
    rows_close(&rows);
    event_free(e);
    lab_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swarm_loads_edge_sizes),
        cmocka_unit_test(swarm_loads_edge_piece_lengths),
        cmocka_unit_test(swarm_loads_many_pieces),
        cmocka_unit_test(swarm_tells_rate_at_once),
        cmocka_unit_test(swarm_loads_again_what_is_gone),
        cmocka_unit_test(swarm_loads_directory),
        cmocka_unit_test(swarm_names_who_flips_bits),
        cmocka_unit_test(swarm_survives_lost_seeder),
        cmocka_unit_test(swarm_serves_while_loading),
        cmocka_unit_test(swarm_refuses_strangers),
        cmocka_unit_test(swarm_ends_denied_member),
        cmocka_unit_test(swarm_ends_expired_member),
        cmocka_unit_test(swarm_keeps_one_of_two_connections),
        cmocka_unit_test(swarm_serves_one_user_twice),
        cmocka_unit_test(swarm_does_not_connect_to_itself),
        cmocka_unit_test(swarm_stops_serving_changed_file),
        cmocka_unit_test(swarm_pauses_and_goes_on),
        cmocka_unit_test(swarm_refuses_dropped_user),
        cmocka_unit_test(swarm_lets_dropped_user_back),
        cmocka_unit_test(swarm_tells_peers_and_pieces),
    };

    return cmocka_run_group_tests_name("engine/swarm", tests, NULL, NULL);
}
