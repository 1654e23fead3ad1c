#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/content.h"
#include "engine/origin.h"
#include "lib/swarmlab.h"
#include "msgq/rows.h"
#include "util/bitfield.h"
#include "wire/manifest.h"

enum { KIB = 1024, MIB = 1024 * KIB, PIECE = 64 * KIB, LIMIT_MS = 20000 };

/* ---- The decision ------------------------------------------------------ */

/* Others that are being connected are waited for, but not for long. */
static void origin_decide_waits_for_others(void **state)
{
    struct origin_others o = {.are_connecting = true};

    (void)state;
    assert_int_equal(origin_decide(&o), ORIGIN_NOTHING);
    o.waited_ms = ORIGIN_WAIT_MS - 1;
    assert_int_equal(origin_decide(&o), ORIGIN_NOTHING);
    o.waited_ms = ORIGIN_WAIT_MS;
    assert_int_equal(origin_decide(&o), ORIGIN_ALL);
    o.able = 1;
    assert_int_equal(origin_decide(&o), ORIGIN_GAPS);
}

/* S4-21: nobody else can be asked: the origin gives everything, at once. */
static void origin_decide_alone(void **state)
{
    struct origin_others o = {0};

    (void)state;
    assert_int_equal(origin_decide(&o), ORIGIN_ALL);
}

/* S4-22, S4-25: others go first as long as they are fast enough. */
static void origin_decide_by_rate(void **state)
{
    struct origin_others o = {.able = 2, .rate = 0};

    (void)state;
    o.able_ms = ORIGIN_JUDGE_MS - 1; /* too early to say */
    assert_int_equal(origin_decide(&o), ORIGIN_GAPS);
    o.able_ms = ORIGIN_JUDGE_MS;
    assert_int_equal(origin_decide(&o), ORIGIN_ALL);
    o.rate = ORIGIN_ENOUGH - 1;
    assert_int_equal(origin_decide(&o), ORIGIN_ALL);
    o.rate = ORIGIN_ENOUGH;
    assert_int_equal(origin_decide(&o), ORIGIN_GAPS);
}

static void origin_leave_gaps_takes_all_others_out(void **state)
{
    struct bitfield *offer = bitfield_new(100);
    struct bitfield *a = bitfield_new(100);
    struct bitfield *b = bitfield_new(100);
    const struct bitfield *others[] = {a, b};

    (void)state;
    bitfield_set_all(offer);
    bitfield_clear(offer, 99); /* the origin lost it */
    for (uint32_t i = 0; i < 50; i++) {
        (void)bitfield_set(a, i);
        (void)bitfield_set(b, i + 25);
    }
    origin_leave_gaps(offer, others, 2);
    assert_int_equal(bitfield_count(offer), 24);
    assert_int_equal(bitfield_next_set(offer, 0), 75);
    assert_int_equal(bitfield_next_clear(offer, 75), 99);
    origin_leave_gaps(offer, others, 0);
    assert_int_equal(bitfield_count(offer), 24);
    bitfield_free(offer);
    bitfield_free(a);
    bitfield_free(b);
}

/* ---- Swarms ------------------------------------------------------------ */

static struct lab *make_lab(uint64_t size)
{
    const struct lab_file files[] = {{"data.bin", size}, {NULL, 0}};
    struct lab *l = lab_new();

    lab_item(l, files, false, PIECE);
    return l;
}

static struct lab_node *make_origin(struct lab *l)
{
    struct lab_node *n = lab_node(l, "olga", NULL, true);

    content_set_origin(n->content, true);
    lab_start(n, false);
    return n;
}

static uint64_t given(const struct lab_node *n)
{
    return lab_stats(n).total_up;
}

static void origin_gives_all_when_alone(void **state)
{
    struct lab *l = make_lab(4 * MIB);
    struct lab_node *origin = make_origin(l);
    struct lab_node *loader = lab_loader(l, "lena", NULL);

    (void)state;
    lab_connect(loader, origin);
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_true(lab_is_same(loader));
    assert_int_equal(given(origin), 4 * MIB);
    lab_free(l);
}

/* S4-22: whoever has the file goes before the origin, whichever of them is
 * connected first. */
static void origin_gives_nothing_beside_full_peer(void **state)
{
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct lab *l = make_lab(16 * MIB);
        struct lab_node *origin = make_origin(l);
        struct lab_node *peer = lab_seeder(l, "sara", NULL);
        struct lab_node *loader = lab_loader(l, "lena", NULL);

        lab_connect(loader, turn == 0 ? origin : peer);
        lab_connect(loader, turn == 0 ? peer : origin);
        assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
        assert_true(lab_is_same(loader));
        assert_int_equal(given(origin), 0);
        assert_int_equal(given(peer), 16 * MIB);
        lab_free(l);
    }
}

/* S4-23: the origin fills the gaps, and nothing else. */
static void origin_gives_what_others_lack(void **state)
{
    struct lab *l = make_lab(16 * MIB);
    struct lab_node *origin = make_origin(l);
    struct lab_node *peer = lab_node(l, "sara", NULL, true);
    struct lab_node *loader;

    (void)state;
    for (uint32_t i = 0; i < l->manifest->piece_count; i += 2) {
        bitfield_clear(content_verified(peer->content), i);
    }
    lab_start(peer, false);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, origin);
    lab_connect(loader, peer);
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_true(lab_is_same(loader));
    assert_int_equal(given(origin), 8 * MIB);
    assert_int_equal(given(peer), 8 * MIB);
    lab_free(l);
}

static bool has_quarter(void *node)
{
    struct lab_node *n = node;

    return n->pieces >= n->lab->manifest->piece_count / 4;
}

/* The only other peer dies: the origin goes on at once, long before anything
 * could be judged slow. */
static void origin_takes_over_from_the_dead(void **state)
{
    struct lab *l = make_lab(64 * MIB);
    struct lab_node *origin = make_origin(l);
    struct lab_node *peer = lab_seeder(l, "sara", NULL);
    struct lab_node *loader = lab_loader(l, "lena", NULL);

    (void)state;
    lab_connect(loader, origin);
    lab_connect(loader, peer);
    assert_true(lab_run(l, has_quarter, loader, LIMIT_MS));
    assert_false(lab_is_complete(loader));
    assert_int_equal(given(origin), 0);
    lab_stop(peer);
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_true(lab_is_same(loader));
    assert_true(given(origin) > 0);
    lab_free(l);
}

/* An address that leads nowhere holds the origin up for a moment only. */
static void origin_does_not_wait_for_the_unreachable(void **state)
{
    struct lab *l = make_lab(MIB);
    struct lab_node *origin = make_origin(l);
    struct lab_node *gone = lab_seeder(l, "sara", NULL);
    struct lab_node *loader = lab_loader(l, "lena", NULL);

    (void)state;
    lab_stop(gone); /* nobody listens there any more */
    lab_connect(loader, gone);
    lab_connect(loader, origin);
    assert_true(lab_run(l, lab_is_complete, loader, LIMIT_MS));
    assert_int_equal(given(origin), MIB);
    lab_free(l);
}

static bool has_peer(void *node)
{
    return lab_stats(node).seeders > 0;
}

/* S4-25: the list of peers says who is the origin. */
static void origin_is_shown(void **state)
{
    struct lab *l = make_lab(64 * MIB);
    struct lab_node *origin = make_origin(l);
    struct lab_node *loader = lab_loader(l, "lena", NULL);
    struct rows rows;

    (void)state;
    lab_connect(loader, origin);
    assert_true(lab_run(l, has_peer, loader, LIMIT_MS));
    rows_init(&rows, ROWS_PEERS);
    swarm_get_peers(loader->swarm, &rows);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.peers[0].user, "olga");
    assert_true(rows.peers[0].is_origin);
    rows_close(&rows);
    lab_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origin_decide_waits_for_others),
        cmocka_unit_test(origin_decide_alone),
        cmocka_unit_test(origin_decide_by_rate),
        cmocka_unit_test(origin_leave_gaps_takes_all_others_out),
        cmocka_unit_test(origin_gives_all_when_alone),
        cmocka_unit_test(origin_gives_nothing_beside_full_peer),
        cmocka_unit_test(origin_gives_what_others_lack),
        cmocka_unit_test(origin_takes_over_from_the_dead),
        cmocka_unit_test(origin_does_not_wait_for_the_unreachable),
        cmocka_unit_test(origin_is_shown),
    };

    return cmocka_run_group_tests_name("engine/origin", tests, NULL, NULL);
}
