#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/picker.h"
#include "util/bitfield.h"
#include "util/buf.h"
#include "util/err.h"

enum { LENGTH = 4 * PICKER_BLOCK, PEERS = 8, BATCH = 64 };

/* A picker drawn as text: one character a piece, 'x' has it; for what is there
 * already and for each peer. The last piece has `last_size` bytes. */
struct fixture {
    struct picker *p;
    uint32_t pieces;
    uint32_t last_size;
    struct bitfield *have[PEERS];
};

static uint32_t size_of(const void *arg, uint32_t piece)
{
    const struct fixture *f = arg;

    return piece + 1 == f->pieces ? f->last_size : LENGTH;
}

static struct bitfield *draw(const char *picture)
{
    struct bitfield *b = bitfield_new((uint32_t)strlen(picture));
    uint32_t i;

    for (i = 0; picture[i] != '\0'; i++) {
        if (picture[i] == 'x') {
            bitfield_set(b, i);
        }
    }
    return b;
}

static void start(struct fixture *f, const char *there, bool sequential)
{
    struct bitfield *have = draw(there);
    struct picker_setup setup = {
        .piece_count = bitfield_size(have),
        .piece_length = LENGTH,
        .piece_size = size_of,
        .arg = f,
        .have = have,
        .seed = 1,
        .sequential = sequential,
    };

    memset(f, 0, sizeof *f);
    f->pieces = bitfield_size(have);
    f->last_size = LENGTH;
    f->p = picker_new(&setup);
    bitfield_free(have);
}

static void finish(struct fixture *f)
{
    int i;

    picker_check(f->p);
    picker_free(f->p);
    for (i = 0; i < PEERS; i++) {
        bitfield_free(f->have[i]);
    }
}

static void add(struct fixture *f, uint32_t peer, const char *picture)
{
    f->have[peer] = draw(picture);
    picker_add_peer(f->p, peer, f->have[peer]);
}

static void drop(struct fixture *f, uint32_t peer)
{
    picker_remove_peer(f->p, peer, f->have[peer]);
    bitfield_free(f->have[peer]);
    f->have[peer] = NULL;
}

static void know_leaves(struct fixture *f)
{
    uint32_t i;

    for (i = 0; i < f->pieces; i++) {
        picker_set_leaves_known(f->p, i);
    }
}

/* Pick and compare with "piece.block piece.block ...". */
static void expect(struct fixture *f, uint32_t peer, uint64_t rate, size_t max,
                   const char *expected)
{
    struct picker_block out[BATCH];
    struct buf text;
    size_t n = picker_pick(f->p, peer, f->have[peer], rate, out, max);
    size_t i;

    buf_init(&text, 4096);
    for (i = 0; i < n; i++) {
        assert_int_equal(buf_printf(&text, "%s%u.%u", i > 0 ? " " : "",
                                    out[i].piece, out[i].offset / PICKER_BLOCK),
                         0);
    }
    assert_int_equal(buf_append(&text, "", 1), 0);
    picker_check(f->p);
    assert_string_equal((const char *)buf_head(&text), expected);
    buf_close(&text);
}

static struct picker_block block(const struct fixture *f, uint32_t piece,
                                 uint32_t i)
{
    uint32_t rest = size_of(f, piece) - i * PICKER_BLOCK;

    return (struct picker_block){piece, i * PICKER_BLOCK,
                                 rest < PICKER_BLOCK ? rest : PICKER_BLOCK};
}

/* A block arrives; returns the result, compares the number of cancels. */
static int receive(struct fixture *f, uint32_t peer, uint32_t piece, uint32_t i,
                   size_t cancels)
{
    struct picker_block b = block(f, piece, i);
    uint32_t others[PICKER_COPIES];
    size_t count = 77;
    int rv = picker_received(f->p, peer, &b, others, &count);

    picker_check(f->p);
    assert_int_equal(count, cancels);
    return rv;
}

static int receive_raw(struct fixture *f, uint32_t peer, struct picker_block b)
{
    uint32_t others[PICKER_COPIES];
    size_t count;

    return picker_received(f->p, peer, &b, others, &count);
}

static void receive_piece(struct fixture *f, uint32_t peer, uint32_t piece)
{
    uint32_t i;

    for (i = 0; i < LENGTH / PICKER_BLOCK; i++) {
        assert_int_equal(receive(f, peer, piece, i, 0), 0);
    }
}

/* A peer that holds nothing, or nothing that is missing, gets no request. */
static void picker_pick_nothing_needed(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "x..", false);
    add(&f, 0, "...");
    add(&f, 1, "x..");
    expect(&f, 0, 0, 8, "");
    expect(&f, 1, 0, 8, "");
    assert_false(picker_is_interesting(f.p, f.have[0]));
    assert_false(picker_is_interesting(f.p, f.have[1]));
    finish(&f);
}

/* The rarest piece goes first, then the next. */
static void picker_pick_rarest_first(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "....", false);
    add(&f, 0, "xxxx");
    add(&f, 1, "xx.x");
    add(&f, 2, "x..x");
    add(&f, 3, "x...");
    expect(&f, 0, 0, 12, "2.0 2.1 2.2 2.3 1.0 1.1 1.2 1.3 3.0 3.1 3.2 3.3");
    assert_int_equal(picker_availability(f.p, 0), 4);
    assert_int_equal(picker_availability(f.p, 2), 1);
    finish(&f);
}

/* A HAVE makes a piece more common and changes the order. */
static void picker_peer_has_changes_order(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "...", false);
    add(&f, 0, "xx.");
    add(&f, 1, "x.x");
    add(&f, 2, "x.x");
    expect(&f, 0, 0, 1, "1.0");
    picker_give_back_all(f.p, 0);
    bitfield_set(f.have[1], 1);
    picker_peer_has(f.p, 1, 1);
    bitfield_set(f.have[2], 1);
    picker_peer_has(f.p, 2, 1);
    bitfield_clear(f.have[1], 0);
    picker_peer_lacks(f.p, 1, 0);
    assert_int_equal(picker_availability(f.p, 1), 3);
    assert_int_equal(picker_availability(f.p, 0), 2);
    expect(&f, 0, 0, 1, "0.0");
    finish(&f);
}

/* Ties are broken at random: other seeds give other first pieces. */
static void picker_pick_ties_are_random(void **state)
{
    struct bitfield *none = bitfield_new(64);
    struct bitfield *all = bitfield_new(64);
    uint64_t first = 0;
    uint64_t seed;

    (void)state;
    bitfield_set_all(all);
    for (seed = 0; seed < 200; seed++) {
        struct fixture f = {.pieces = 64, .last_size = LENGTH};
        struct picker_setup setup = {.piece_count = 64,
                                     .piece_length = LENGTH,
                                     .piece_size = size_of,
                                     .arg = &f,
                                     .have = none,
                                     .seed = seed};
        struct picker_block b;
        struct picker *p = picker_new(&setup);

        picker_add_peer(p, 0, all);
        assert_int_equal(picker_pick(p, 0, all, 0, &b, 1), 1);
        first |= UINT64_C(1) << b.piece;
        picker_free(p);
    }
    assert_true(__builtin_popcountll(first) > 40);
    bitfield_free(all);
    bitfield_free(none);
}

/* Consecutive picks of one peer stay in its piece; another peer gets another
 * piece. */
static void picker_pick_whole_pieces(void **state)
{
    struct fixture f;
    struct picker_block a;
    struct picker_block b;
    struct picker_block c;

    (void)state;
    start(&f, "......", false);
    know_leaves(&f);
    add(&f, 0, "xxxxxx");
    add(&f, 1, "xxxxxx");
    assert_int_equal(picker_pick(f.p, 0, f.have[0], 0, &a, 1), 1);
    assert_int_equal(picker_pick(f.p, 1, f.have[1], 0, &b, 1), 1);
    assert_int_equal(picker_pick(f.p, 0, f.have[0], 0, &c, 1), 1);
    assert_int_not_equal(a.piece, b.piece);
    assert_int_equal(a.piece, c.piece);
    assert_int_equal(c.offset, PICKER_BLOCK);
    finish(&f);
}

/* Sequential order ignores rarity. */
static void picker_pick_sequential(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "x....", true);
    know_leaves(&f);
    add(&f, 0, "xxxxx");
    add(&f, 1, "xx.xx");
    expect(&f, 0, 0, 5, "1.0 1.1 1.2 1.3 2.0");
    expect(&f, 1, 0, 5, "3.0 3.1 3.2 3.3 4.0");
    picker_give_back_all(f.p, 0);
    expect(&f, 1, 0, 7, "4.1 4.2 4.3 1.0 1.1 1.2 1.3");
    finish(&f);
}

/* The last block of a short piece has its true length. */
static void picker_pick_short_tail(void **state)
{
    struct fixture f;
    struct picker_block out[4];

    (void)state;
    start(&f, "x.", false);
    f.last_size = PICKER_BLOCK + 1;
    add(&f, 0, "xx");
    assert_int_equal(picker_pick(f.p, 0, f.have[0], 0, out, 4), 2);
    assert_int_equal(out[0].length, PICKER_BLOCK);
    assert_int_equal(out[1].offset, PICKER_BLOCK);
    assert_int_equal(out[1].length, 1);
    out[1].length = PICKER_BLOCK; /* a padded answer was not asked for */
    assert_int_equal(receive_raw(&f, 0, out[1]), P2P_EINVAL);
    assert_int_equal(receive(&f, 0, 1, 1, 0), 0);
    assert_int_equal(receive(&f, 0, 1, 0, 0), 0);
    assert_true(picker_is_loaded(f.p, 1));
    picker_verified(f.p, 1);
    assert_true(picker_is_done(f.p));
    finish(&f);
}

/* Without leaves a piece stays with the peer that started it; with leaves
 * others help from the other half on. */
static void picker_pick_shares_only_with_leaves(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, ".", false);
    add(&f, 0, "x");
    add(&f, 1, "x");
    expect(&f, 0, 100, 1, "0.0");
    expect(&f, 1, 900, 4, "");
    picker_set_leaves_known(f.p, 0);
    assert_true(picker_are_leaves_known(f.p, 0));
    expect(&f, 1, 900, 2, "0.2 0.3");
    expect(&f, 0, 100, 1, "0.1");
    finish(&f);
}

/* When the owner leaves, what it gave stays and another goes on. */
static void picker_remove_peer_frees_piece(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, ".", false);
    add(&f, 0, "x");
    add(&f, 1, "x");
    expect(&f, 0, 0, 3, "0.0 0.1 0.2");
    assert_int_equal(receive(&f, 0, 0, 0, 0), 0);
    assert_int_equal(picker_giver(f.p, 0, 0), 0);
    drop(&f, 0);
    assert_int_equal(picker_giver(f.p, 0, 0), PICKER_PEERS);
    expect(&f, 1, 0, 4, "0.1 0.2 0.3");
    finish(&f);
}

/* A mixture of several givers that fails tells nothing about any of them. Then
 * the piece comes from one: another begins anew, late blocks do not count. */
static void picker_failed_mixture_comes_from_one(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, ".", false);
    add(&f, 0, "x");
    add(&f, 1, "x");
    add(&f, 2, "x");
    expect(&f, 0, 0, 2, "0.0 0.1");
    assert_int_equal(receive(&f, 0, 0, 0, 0), 0);
    assert_int_equal(receive(&f, 0, 0, 1, 0), 0);
    picker_release_slow(f.p, 0);
    expect(&f, 1, 0, 4, "0.2 0.3");
    assert_int_equal(receive(&f, 1, 0, 2, 0), 0);
    assert_int_equal(receive(&f, 1, 0, 3, 0), 0);
    assert_false(picker_is_alone(f.p, 0));
    picker_failed_piece(f.p, 0);
    assert_true(picker_is_alone(f.p, 0));
    expect(&f, 0, 0, 3, "0.0 0.1 0.2");
    assert_int_equal(receive(&f, 0, 0, 0, 0), 0);
    expect(&f, 1, 0, 4, "");
    picker_release_slow(f.p, 0);
    expect(&f, 1, 0, 2, "0.0 0.1");
    assert_int_equal(receive(&f, 0, 0, 2, 0), P2P_EEXIST);
    assert_int_equal(receive(&f, 1, 0, 0, 0), 0);
    drop(&f, 1);
    expect(&f, 2, 0, 4, "0.0 0.1 0.2 0.3");
    picker_set_leaves_known(f.p, 0);
    assert_false(picker_is_alone(f.p, 0));
    finish(&f);
}

/* What a silent peer was relieved of is taken when it comes at last, unless
 * it is here, or would make a mixture. */
static void picker_received_late_is_taken(void **state)
{
    struct fixture f;
    uint32_t others[PICKER_COPIES];
    size_t count;
    const struct picker_block b = {0, PICKER_BLOCK, PICKER_BLOCK};
    const struct picker_block c = {0, 2 * PICKER_BLOCK, PICKER_BLOCK};

    (void)state;
    start(&f, ".", false);
    add(&f, 0, "x");
    add(&f, 1, "x");
    expect(&f, 0, 0, 4, "0.0 0.1 0.2 0.3");
    picker_give_back_all(f.p, 0);
    assert_int_equal(picker_received(f.p, 0, &b, others, &count), P2P_EINVAL);
    assert_int_equal(picker_received_late(f.p, 0, &b, others, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(picker_received_late(f.p, 0, &b, others, &count),
                     P2P_EEXIST);
    assert_int_equal(picker_received_late(f.p, 1, &c, others, &count),
                     P2P_EEXIST); /* no leaves: the other's piece */
    picker_check(f.p);
    picker_set_leaves_known(f.p, 0);
    expect(&f, 1, 0, 4, "0.0 0.2 0.3");
    assert_int_equal(picker_received_late(f.p, 0, &c, others, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(others[0], 1);
    assert_int_equal(picker_requests_of(f.p, 1), 2);
    finish(&f);
}

/* Blocks that were not asked of a peer are not taken from it. */
static void picker_received_not_asked(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "..", true);
    add(&f, 0, "xx");
    add(&f, 1, "xx");
    assert_int_equal(
        receive_raw(&f, 0, (struct picker_block){9, 0, PICKER_BLOCK}),
        P2P_EINVAL);
    assert_int_equal(receive(&f, 0, 0, 0, 0), P2P_EINVAL);
    expect(&f, 0, 0, 1, "0.0");
    assert_int_equal(receive(&f, 1, 0, 0, 0), P2P_EINVAL);
    assert_int_equal(receive(&f, 0, 0, 1, 0), P2P_EINVAL);
    assert_int_equal(
        receive_raw(&f, 0, (struct picker_block){0, 5, PICKER_BLOCK}),
        P2P_EINVAL);
    assert_int_equal(
        receive_raw(&f, 0, (struct picker_block){0, 0xffffc000, PICKER_BLOCK}),
        P2P_EINVAL);
    assert_int_equal(receive(&f, 0, 0, 0, 0), 0);
    assert_int_equal(receive(&f, 0, 0, 0, 0), P2P_EEXIST);
    picker_verified(f.p, 1);
    assert_int_equal(receive(&f, 0, 1, 0, 0), P2P_EEXIST);
    finish(&f);
}

/* S1-43, end game: copies go to much faster peers only, at most PICKER_COPIES,
 * and the first answer cancels the other. */
static void picker_pick_end_game(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, ".", false);
    know_leaves(&f);
    add(&f, 0, "x");
    add(&f, 1, "x");
    add(&f, 2, "x");
    expect(&f, 0, 100, 3, "0.0 0.1 0.2");
    assert_false(picker_is_end_game(f.p));
    expect(&f, 0, 100, 1, "0.3");
    assert_true(picker_is_end_game(f.p));
    expect(&f, 1, 100, 4, "");
    expect(&f, 1, 199, 4, "");
    expect(&f, 1, 200, 4, "0.0 0.1 0.2 0.3");
    expect(&f, 2, 900, 4, "");
    assert_int_equal(receive(&f, 1, 0, 2, 1), 0);
    assert_int_equal(picker_requests_of(f.p, 0), 3);
    assert_int_equal(receive(&f, 0, 0, 2, 0), P2P_EEXIST);
    assert_int_equal(picker_giver(f.p, 0, 2), 1);
    finish(&f);
}

/* Pieces that nobody holds do not put off the end game of the others. */
static void picker_is_end_game_without_holders(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "..", false);
    know_leaves(&f);
    add(&f, 0, "x.");
    add(&f, 1, "x.");
    expect(&f, 0, 1, 4, "0.0 0.1 0.2 0.3");
    assert_true(picker_is_end_game(f.p));
    add(&f, 2, ".x");
    assert_false(picker_is_end_game(f.p));
    finish(&f);
}

/* Requests at a slow peer no longer hold others off, but its answers count. */
static void picker_release_slow_frees_blocks(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, ".", false);
    add(&f, 0, "x");
    add(&f, 1, "x");
    add(&f, 2, "x");
    expect(&f, 0, 10, 4, "0.0 0.1 0.2 0.3");
    expect(&f, 1, 0, 4, "");
    picker_release_slow(f.p, 0);
    assert_int_equal(picker_requests_of(f.p, 0), 4);
    expect(&f, 0, 10, 4, "");
    expect(&f, 1, 0, 4, "0.0 0.1 0.2 0.3");
    picker_release_slow(f.p, 1);
    expect(&f, 2, 0, 1, "0.0");
    assert_int_equal(receive(&f, 0, 0, 0, 2), 0);
    assert_int_equal(receive(&f, 1, 0, 1, 1), 0);
    finish(&f);
}

/* A bad block is asked again, never of the peer that gave it. */
static void picker_failed_block_bans_giver(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, ".", false);
    know_leaves(&f);
    add(&f, 0, "x");
    add(&f, 1, "x");
    expect(&f, 0, 0, 4, "0.0 0.1 0.2 0.3");
    receive_piece(&f, 0, 0);
    assert_true(picker_is_loaded(f.p, 0));
    picker_failed_block(f.p, 0, 2);
    assert_false(picker_is_loaded(f.p, 0));
    assert_true(picker_is_interesting(f.p, f.have[0]));
    expect(&f, 0, 0, 4, "");
    expect(&f, 1, 0, 4, "0.2");
    assert_int_equal(receive(&f, 1, 0, 2, 0), 0);
    picker_verified(f.p, 0);
    assert_true(picker_is_done(f.p));
    picker_failed_block(f.p, 0, 2); /* a late result is ignored */
    assert_true(picker_is_done(f.p));
    finish(&f);
}

/* A bad piece of one peer is asked anew of another one; a piece that proves
 * bad on disk later is wanted again. */
static void picker_failed_piece_starts_anew(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, ".", false);
    add(&f, 0, "x");
    add(&f, 1, "x");
    expect(&f, 0, 0, 4, "0.0 0.1 0.2 0.3");
    receive_piece(&f, 0, 0);
    picker_failed_piece(f.p, 0);
    expect(&f, 0, 0, 4, "");
    expect(&f, 1, 0, 4, "0.0 0.1 0.2 0.3");
    receive_piece(&f, 1, 0);
    picker_verified(f.p, 0);
    assert_true(picker_is_done(f.p));
    assert_int_equal(picker_verified_count(f.p), 1);
    picker_failed_piece(f.p, 0);
    assert_false(picker_is_done(f.p));
    expect(&f, 0, 0, 2, "0.0 0.1");
    finish(&f);
}

/* A rejected block is free again; a piece let go is for others. */
static void picker_give_back_frees_block(void **state)
{
    struct fixture f;
    struct picker_block b;

    (void)state;
    start(&f, "..", true);
    add(&f, 0, "xx");
    add(&f, 1, "x.");
    expect(&f, 0, 0, 2, "0.0 0.1");
    b = block(&f, 0, 0);
    picker_give_back(f.p, 0, &b);
    picker_give_back(f.p, 0, &b); /* twice: ignored */
    expect(&f, 1, 0, 4, "");      /* no leaves: still the owner's */
    b = block(&f, 0, 1);
    picker_give_back(f.p, 0, &b);
    assert_int_equal(picker_requests_of(f.p, 0), 0);
    expect(&f, 1, 0, 1, "0.0");
    finish(&f);
}

/* A seed that loses a piece is counted piece by piece from then on. */
static void picker_peer_lacks_of_a_seed(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "..", true);
    add(&f, 0, "xx");
    assert_int_equal(picker_availability(f.p, 0), 1);
    expect(&f, 0, 0, 2, "0.0 0.1");
    bitfield_clear(f.have[0], 0);
    picker_peer_lacks(f.p, 0, 0);
    assert_int_equal(picker_availability(f.p, 0), 0);
    assert_int_equal(picker_availability(f.p, 1), 1);
    expect(&f, 0, 0, 1, "1.0");
    drop(&f, 0);
    assert_int_equal(picker_availability(f.p, 1), 0);
    finish(&f);
}

/* The pieces being loaded can be walked. */
static void picker_next_active_walks(void **state)
{
    struct fixture f;
    uint32_t piece = UINT32_MAX;
    uint32_t peer = 0;

    (void)state;
    start(&f, "...", true);
    add(&f, 0, "xxx");
    assert_false(picker_next_active(f.p, &piece, &peer));
    expect(&f, 0, 0, 5, "0.0 0.1 0.2 0.3 1.0");
    assert_true(picker_next_active(f.p, &piece, &peer));
    assert_int_equal(piece, 0);
    assert_int_equal(peer, 0);
    assert_true(picker_next_active(f.p, &piece, &peer));
    assert_int_equal(piece, 1);
    assert_false(picker_next_active(f.p, &piece, &peer));
    finish(&f);
}

/* An item of empty files has nothing to load. */
static void picker_new_without_pieces(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "", false);
    add(&f, 0, "");
    expect(&f, 0, 0, 4, "");
    assert_true(picker_is_done(f.p));
    assert_false(picker_is_end_game(f.p));
    assert_false(picker_is_interesting(f.p, f.have[0]));
    finish(&f);
}

/* ---- Random swarms ------------------------------------------------------ */

enum { MAX_PIECES = 40, BLOCKS = LENGTH / PICKER_BLOCK, OPEN = 4096 };

struct request {
    uint32_t peer;
    struct picker_block b;
    bool released;
};

/* What a picker must know, kept in the plainest way. */
struct world {
    struct fixture f;
    uint64_t random;
    bool is_used[PEERS];
    bool here[MAX_PIECES][BLOCKS];
    uint32_t giver[MAX_PIECES][BLOCKS]; /* PEERS: it left */
    bool verified[MAX_PIECES];
    struct request open[OPEN];
    size_t open_count;
    uint64_t rate[PEERS];
};

static uint32_t roll(struct world *w, uint32_t limit)
{
    w->random = w->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((w->random >> 33) % limit);
}

static void forget_requests(struct world *w, uint32_t peer)
{
    size_t i = 0;

    while (i < w->open_count) {
        if (w->open[i].peer == peer) {
            w->open[i] = w->open[--w->open_count];
        } else {
            i++;
        }
    }
}

static uint32_t blocks_of(const struct world *w, uint32_t piece)
{
    return (size_of(&w->f, piece) - 1) / PICKER_BLOCK + 1;
}

/* Another request for the same block is only allowed when that peer is slow,
 * or in the end game of a slower peer. */
static void check_request(struct world *w, uint32_t peer,
                          const struct picker_block *b)
{
    size_t k;

    assert_true(bitfield_test(w->f.have[peer], b->piece));
    assert_false(w->verified[b->piece]);
    assert_false(w->here[b->piece][b->offset / PICKER_BLOCK]);
    for (k = 0; k < w->open_count; k++) {
        const struct request *r = &w->open[k];

        if (r->b.piece != b->piece || r->b.offset != b->offset) {
            continue;
        }
        assert_int_not_equal(r->peer, peer);
        assert_true(r->released || picker_is_end_game(w->f.p));
        assert_true(r->released || w->rate[peer] > w->rate[r->peer]);
    }
}

/* A piece that must come from one peer begins anew with another. */
static void lose_others(struct world *w, uint32_t piece, uint32_t peer)
{
    uint32_t i;

    for (i = 0; i < BLOCKS && picker_is_alone(w->f.p, piece); i++) {
        w->here[piece][i] &= w->giver[piece][i] == peer;
    }
}

static void forget_giver(struct world *w, uint32_t peer)
{
    uint32_t piece, i;

    for (piece = 0; piece < MAX_PIECES; piece++) {
        for (i = 0; i < BLOCKS; i++) {
            if (w->giver[piece][i] == peer) {
                w->giver[piece][i] = PEERS;
            }
        }
    }
}

static void world_pick(struct world *w, uint32_t peer)
{
    struct picker_block out[BATCH];
    size_t n;
    size_t i;

    w->rate[peer] = roll(w, 5) * 100;
    n = picker_pick(w->f.p, peer, w->f.have[peer], w->rate[peer], out,
                    1 + roll(w, 10));
    for (i = 0; i < n; i++) {
        lose_others(w, out[i].piece, peer);
        check_request(w, peer, &out[i]);
        assert_true(w->open_count < OPEN);
        w->open[w->open_count++] = (struct request){peer, out[i], false};
    }
}

static void world_check_piece(struct world *w, uint32_t piece)
{
    uint32_t i;

    for (i = 0; i < blocks_of(w, piece); i++) {
        if (!w->here[piece][i]) {
            assert_false(picker_is_loaded(w->f.p, piece));
            return;
        }
    }
    assert_true(picker_is_loaded(w->f.p, piece));
    switch (roll(w, 12)) {
    case 0:
        picker_failed_block(w->f.p, piece, 0);
        w->here[piece][0] = false;
        break;
    case 1:
        picker_failed_piece(w->f.p, piece);
        memset(w->here[piece], 0, sizeof w->here[piece]);
        break;
    default:
        picker_verified(w->f.p, piece);
        w->verified[piece] = true;
    }
}

static void world_receive(struct world *w)
{
    struct request r;
    uint32_t others[PICKER_COPIES];
    size_t count, at;
    size_t n = 0;
    size_t i = 0;
    int rv;

    if (w->open_count == 0) {
        return;
    }
    at = roll(w, (uint32_t)w->open_count);
    r = w->open[at];
    rv = picker_received(w->f.p, r.peer, &r.b, others, &count);
    if (rv == P2P_EEXIST && picker_is_alone(w->f.p, r.b.piece)) {
        w->open[at] = w->open[--w->open_count];
        return;
    }
    assert_int_equal(rv, 0);
    w->here[r.b.piece][r.b.offset / PICKER_BLOCK] = true;
    w->giver[r.b.piece][r.b.offset / PICKER_BLOCK] = r.peer;
    while (i < w->open_count) {
        if (w->open[i].b.piece == r.b.piece &&
            w->open[i].b.offset == r.b.offset) {
            n++;
            w->open[i] = w->open[--w->open_count];
        } else {
            i++;
        }
    }
    assert_int_equal(n, count + 1); /* all others are told to be cancelled */
    world_check_piece(w, r.b.piece);
}

static void world_join(struct world *w, uint32_t peer)
{
    bool is_seed = peer == 0 || roll(w, 4) == 0;
    uint32_t i;

    w->f.have[peer] = bitfield_new(w->f.pieces);
    for (i = 0; i < w->f.pieces; i++) {
        if (is_seed || roll(w, 2) == 0) {
            bitfield_set(w->f.have[peer], i);
        }
    }
    picker_add_peer(w->f.p, peer, w->f.have[peer]);
    w->is_used[peer] = true;
}

static void world_give_one_back(struct world *w, uint32_t peer)
{
    size_t i;

    for (i = 0; i < w->open_count; i++) {
        if (w->open[i].peer == peer) {
            picker_give_back(w->f.p, peer, &w->open[i].b);
            w->open[i] = w->open[--w->open_count];
            return;
        }
    }
}

static void world_release(struct world *w, uint32_t peer)
{
    size_t i;

    for (i = 0; i < w->open_count; i++) {
        w->open[i].released |= w->open[i].peer == peer;
    }
    picker_release_slow(w->f.p, peer);
}

static void world_change_peer(struct world *w, uint32_t peer)
{
    uint32_t piece = roll(w, w->f.pieces);

    switch (roll(w, 6)) {
    case 0:
        forget_requests(w, peer);
        drop(&w->f, peer);
        forget_giver(w, peer);
        w->is_used[peer] = false;
        break;
    case 1:
        forget_requests(w, peer);
        picker_give_back_all(w->f.p, peer);
        break;
    case 2:
        world_release(w, peer);
        break;
    case 3:
        if (bitfield_set(w->f.have[peer], piece)) {
            picker_peer_has(w->f.p, peer, piece);
        }
        break;
    case 4:
        picker_set_leaves_known(w->f.p, piece);
        break;
    default:
        world_give_one_back(w, peer);
    }
}

static void world_turn(struct world *w)
{
    uint32_t peer = roll(w, PEERS);
    uint32_t what = roll(w, 20);

    if (!w->is_used[peer]) {
        if (roll(w, 3) == 0) {
            world_join(w, peer);
        }
    } else if (what == 0) {
        world_change_peer(w, peer);
    } else if (what <= 5) {
        world_pick(w, peer);
    } else {
        world_receive(w);
    }
}

static void run_world(uint64_t seed)
{
    static struct world w;
    char picture[MAX_PIECES + 1];
    uint32_t pieces;
    int turns;

    memset(&w, 0, sizeof w);
    w.random = seed;
    pieces = 1 + roll(&w, MAX_PIECES);
    memset(picture, '.', pieces);
    picture[pieces] = '\0';
    start(&w.f, picture, roll(&w, 4) == 0);
    w.f.last_size = 1 + roll(&w, LENGTH);
    for (turns = 0; !picker_is_done(w.f.p); turns++) {
        assert_true(turns < 200000); /* all blocks come some day */
        world_turn(&w);
        if (turns % 16 == 0) {
            picker_check(w.f.p);
        }
    }
    finish(&w.f);
}

/* S1-42: in random swarms with peers that come, go, choke, reject, are slow or
 * send bad blocks, no block is asked of two peers outside the end game, and
 * everything arrives. */
static void picker_random_swarms(void **state)
{
    uint64_t seed;

    (void)state;
    for (seed = 1; seed <= 400; seed++) {
        run_world(seed);
    }
}

/* S0-41, two million pieces: joining, HAVEs and picks need no walk over all
 * pieces (with one this test would take hours). */
static void picker_pick_two_million_pieces(void **state)
{
    enum { MANY = 2097152 };
    struct fixture f = {.pieces = MANY, .last_size = LENGTH};
    struct bitfield *none = bitfield_new(MANY);
    struct bitfield *all = bitfield_new(MANY);
    struct bitfield *few = bitfield_new(MANY);
    struct picker_setup setup = {.piece_count = MANY,
                                 .piece_length = LENGTH,
                                 .piece_size = size_of,
                                 .arg = &f,
                                 .have = none,
                                 .seed = 7};
    struct picker_block out[BLOCKS];
    struct picker *p = picker_new(&setup);
    uint32_t i;

    (void)state;
    bitfield_set_all(all);
    bitfield_set(few, 4711);
    for (i = 0; i < 200; i++) {
        picker_add_peer(p, i, all);
    }
    picker_add_peer(p, 200, few);
    assert_int_equal(picker_pick(p, 200, few, 0, out, 1), 1);
    assert_int_equal(out[0].piece, 4711);
    for (i = 0; i < 100000; i++) {
        assert_int_equal(picker_pick(p, i % 200, all, 0, out, BLOCKS), BLOCKS);
        picker_verified(p, out[0].piece);
        if (bitfield_set(few, (out[0].piece + 1) % MANY)) {
            picker_peer_has(p, 200, (out[0].piece + 1) % MANY);
        }
    }
    picker_remove_peer(p, 200, few);
    picker_free(p);
    bitfield_free(few);
    bitfield_free(all);
    bitfield_free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picker_pick_nothing_needed),
        cmocka_unit_test(picker_pick_rarest_first),
        cmocka_unit_test(picker_peer_has_changes_order),
        cmocka_unit_test(picker_pick_ties_are_random),
        cmocka_unit_test(picker_pick_whole_pieces),
        cmocka_unit_test(picker_pick_sequential),
        cmocka_unit_test(picker_pick_short_tail),
        cmocka_unit_test(picker_pick_shares_only_with_leaves),
        cmocka_unit_test(picker_failed_mixture_comes_from_one),
        cmocka_unit_test(picker_remove_peer_frees_piece),
        cmocka_unit_test(picker_received_not_asked),
        cmocka_unit_test(picker_received_late_is_taken),
        cmocka_unit_test(picker_pick_end_game),
        cmocka_unit_test(picker_is_end_game_without_holders),
        cmocka_unit_test(picker_release_slow_frees_blocks),
        cmocka_unit_test(picker_failed_block_bans_giver),
        cmocka_unit_test(picker_failed_piece_starts_anew),
        cmocka_unit_test(picker_give_back_frees_block),
        cmocka_unit_test(picker_peer_lacks_of_a_seed),
        cmocka_unit_test(picker_next_active_walks),
        cmocka_unit_test(picker_new_without_pieces),
        cmocka_unit_test(picker_random_swarms),
        cmocka_unit_test(picker_pick_two_million_pieces),
    };

    return cmocka_run_group_tests_name("engine/picker", tests, NULL, NULL);
}
