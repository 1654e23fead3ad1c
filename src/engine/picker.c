/* Pieces are in one of four places:
 *
 *   candidate (rarity) --first block asked for--> load (loads[])
 *   load --nothing asked for, nothing here--> candidate
 *   load --all blocks here--> loaded (still in loads[]) --verified--> done
 *   loaded --failed--> load or candidate
 *
 * Peers that hold everything are counted in `seeds` instead of piece by piece,
 * so that they come and go at no cost.
 */
#include "config.h"

#include "engine/picker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/load.h"
#include "engine/rarity.h"
#include "util/bitfield.h"
#include "util/err.h"
#include "util/mem.h"

enum {
    NOBODY = LOAD_NOBODY,
    /* Above so many open bytes peers join pieces rather than start new ones,
     * because what is partly loaded costs memory and cannot be shared yet. */
    OPEN_BYTES = 64 * 1024 * 1024,
    OPEN_PIECES = 8,
};
#define NO_PIECE BITFIELD_NONE
#define NO_BLOCK LOAD_NO_BLOCK

_Static_assert(PICKER_BLOCK == LOAD_BLOCK, "one block size");
_Static_assert(PICKER_PEERS == LOAD_NOBODY, "one numbering of peers");
_Static_assert(PICKER_COPIES == LOAD_COPIES, "one number of copies");

struct peer {
    bool is_used;
    bool is_seed;     /* counted in picker.seeds */
    uint32_t current; /* piece it works on, or NO_PIECE */
    uint32_t requests;
    uint64_t rate; /* bytes per second at its last pick; 0 unknown */
};

struct picker {
    uint32_t pieces, piece_length;
    uint32_t (*piece_size)(const void *arg, uint32_t piece);
    const void *arg;
    bool is_sequential;
    uint32_t seeds;
    uint32_t first; /* all pieces before it are complete */
    struct rarity *rarity;
    struct bitfield *verified;
    struct bitfield *complete; /* verified, or all blocks are here */
    struct bitfield *leaves_known;
    struct bitfield *alone; /* failed as a mixture: never mixed again */
    uint32_t *load_of;      /* per piece: index in loads or NO_PIECE */
    struct load **loads;
    uint32_t load_count, load_room;
    struct peer peers[PICKER_PEERS];
};

struct picker *picker_new(const struct picker_setup *setup)
{
    struct picker *p = mem_calloc(1, sizeof *p);
    uint32_t i;

    assert(setup->piece_length % PICKER_BLOCK == 0);
    assert(bitfield_size(setup->have) == setup->piece_count);
    p->pieces = setup->piece_count;
    p->piece_length = setup->piece_length;
    p->piece_size = setup->piece_size;
    p->arg = setup->arg;
    p->is_sequential = setup->sequential;
    p->verified = bitfield_new(p->pieces);
    p->complete = bitfield_new(p->pieces);
    p->leaves_known = bitfield_new(p->pieces);
    p->alone = bitfield_new(p->pieces);
    bitfield_copy(p->verified, setup->have);
    bitfield_copy(p->complete, setup->have);
    p->rarity = rarity_new(p->pieces, PICKER_PEERS, setup->seed);
    rarity_fill(p->rarity, p->verified);
    p->load_of = mem_calloc(p->pieces, sizeof *p->load_of);
    for (i = 0; i < p->pieces; i++) {
        p->load_of[i] = NO_PIECE;
    }
    for (i = 0; i < PICKER_PEERS; i++) {
        p->peers[i].current = NO_PIECE;
    }
    return p;
}

void picker_free(struct picker *p)
{
    uint32_t i;

    if (p == NULL) {
        return;
    }
    for (i = 0; i < p->load_count; i++) {
        load_free(p->loads[i]);
    }
    free(p->loads);
    free(p->load_of);
    bitfield_free(p->leaves_known);
    bitfield_free(p->alone);
    bitfield_free(p->complete);
    bitfield_free(p->verified);
    rarity_free(p->rarity);
    free(p);
}

/* ---- Blocks ------------------------------------------------------------- */

static void ask(struct picker *p, struct load *l, uint32_t i, uint32_t peer)
{
    load_ask(l, i, peer);
    p->peers[peer].requests++;
}

static void unask(struct picker *p, struct load *l, uint32_t i, int slot)
{
    p->peers[load_unask(l, i, slot)].requests--;
}

static void lose_block(struct picker *p, struct load *l, uint32_t i)
{
    load_lose(l, i);
    if (bitfield_test(p->complete, l->piece)) {
        bitfield_clear(p->complete, l->piece);
        p->first = l->piece < p->first ? l->piece : p->first;
    }
}

/* ---- Loads -------------------------------------------------------------- */

static struct load *load_at(const struct picker *p, uint32_t piece)
{
    uint32_t i = p->load_of[piece];

    return i == NO_PIECE ? NULL : p->loads[i];
}

static struct load *load_start(struct picker *p, uint32_t piece)
{
    uint32_t size = p->piece_size(p->arg, piece);
    struct load *l;

    assert(size >= 1 && size <= p->piece_length);
    rarity_take(p->rarity, piece);
    l = load_new(piece, size);
    if (p->load_count == p->load_room) {
        p->load_room = p->load_room * 2 + 16;
        p->loads = mem_resize(p->loads, p->load_room, sizeof(struct load *));
    }
    p->load_of[piece] = p->load_count;
    p->loads[p->load_count++] = l;
    return l;
}

static void set_current(struct picker *p, uint32_t peer, uint32_t piece)
{
    struct peer *who = &p->peers[peer];

    if (who->current == piece) {
        return;
    }
    if (who->current != NO_PIECE) {
        load_at(p, who->current)->workers--;
    }
    who->current = piece;
    if (piece != NO_PIECE) {
        load_at(p, piece)->workers++;
    }
}

/* Take the load out of the table; the caller decides what the piece is now. */
static void load_end(struct picker *p, struct load *l)
{
    uint32_t at = p->load_of[l->piece];
    uint32_t i;

    for (i = 0; i < l->blocks && l->asked > 0; i++) {
        while (l->block[i].count > 0) {
            unask(p, l, i, 0);
        }
    }
    for (i = 0; i < PICKER_PEERS && l->workers > 0; i++) {
        if (p->peers[i].current == l->piece) {
            set_current(p, i, NO_PIECE);
        }
    }
    p->load_count--;
    p->loads[at] = p->loads[p->load_count];
    p->load_of[p->loads[at]->piece] = at;
    p->load_of[l->piece] = NO_PIECE;
    load_free(l);
}

/* A piece of which nothing is here and nothing is asked for is a candidate
 * again, so that the rarest goes first. */
static void load_drop_if_idle(struct picker *p, struct load *l)
{
    uint32_t piece = l->piece;

    if (l->here == 0 && l->asked == 0 && l->banned_count == 0) {
        load_end(p, l);
        rarity_put(p->rarity, piece);
    }
}

/* The peer no longer holds the piece for itself. */
static void let_go(struct picker *p, struct load *l, uint32_t peer)
{
    if (l->owner == peer) {
        l->owner = NOBODY;
    }
    if (p->peers[peer].current == l->piece) {
        set_current(p, peer, NO_PIECE);
    }
}

/* Take back what was asked of `peer` in one load. */
static void take_back(struct picker *p, struct load *l, uint32_t peer)
{
    uint32_t i;

    for (i = 0; i < l->blocks && p->peers[peer].requests > 0; i++) {
        int slot = load_slot(&l->block[i], peer);

        if (slot >= 0) {
            unask(p, l, i, slot);
        }
    }
    let_go(p, l, peer);
}

/* ---- Peers -------------------------------------------------------------- */

void picker_add_peer(struct picker *p, uint32_t peer,
                     const struct bitfield *have)
{
    struct peer *who;

    assert(peer < PICKER_PEERS && !p->peers[peer].is_used);
    assert(bitfield_size(have) == p->pieces);
    who = &p->peers[peer];
    who->is_used = true;
    who->rate = 0;
    who->is_seed = bitfield_is_full(have);
    if (who->is_seed) {
        p->seeds++;
    } else {
        rarity_add(p->rarity, have);
    }
}

void picker_peer_has(struct picker *p, uint32_t peer, uint32_t piece)
{
    assert(peer < PICKER_PEERS && p->peers[peer].is_used);
    if (!p->peers[peer].is_seed) {
        rarity_up(p->rarity, piece);
    }
}

void picker_peer_lacks(struct picker *p, uint32_t peer, uint32_t piece)
{
    struct load *l = load_at(p, piece);

    assert(peer < PICKER_PEERS && p->peers[peer].is_used);
    if (p->peers[peer].is_seed) {
        p->peers[peer].is_seed = false;
        p->seeds--;
        rarity_add_all(p->rarity);
    }
    rarity_down(p->rarity, piece);
    if (l != NULL) {
        take_back(p, l, peer);
        load_drop_if_idle(p, l);
    }
}

void picker_remove_peer(struct picker *p, uint32_t peer,
                        const struct bitfield *have)
{
    struct peer *who;
    uint32_t i;

    assert(peer < PICKER_PEERS && p->peers[peer].is_used);
    who = &p->peers[peer];
    if (who->is_seed) {
        p->seeds--;
    } else {
        rarity_subtract(p->rarity, have);
    }
    /* Backwards: dropping one moves the last one here. */
    for (i = p->load_count; i > 0; i--) {
        struct load *l = p->loads[i - 1];

        take_back(p, l, peer);
        load_forget(l, peer);
        load_drop_if_idle(p, l);
    }
    assert(who->requests == 0 && who->current == NO_PIECE);
    *who = (struct peer){.current = NO_PIECE};
}

/* ---- Choosing ----------------------------------------------------------- */

static bool may_join(const struct picker *p, const struct load *l,
                     uint32_t peer)
{
    return l->owner == NOBODY || l->owner == peer ||
           bitfield_test(p->leaves_known, l->piece);
}

/* Could blocks of this load be asked of the peer now? */
static bool is_open_to(const struct picker *p, const struct load *l,
                       uint32_t peer, const struct bitfield *have)
{
    return l->free > 0 && may_join(p, l, peer) &&
           bitfield_test(have, l->piece) && !load_is_banned(l, peer) &&
           load_next_free(l, l->hint, peer) != NO_BLOCK;
}

static uint64_t slowest_worker(const struct picker *p, const struct load *l)
{
    return l->last == NOBODY ? 0 : p->peers[l->last].rate;
}

/* Is `a` a better piece to help with than `b`? Without workers first, then the
 * one in the slowest hands, then the one with most to do. */
static bool is_better(const struct picker *p, const struct load *a,
                      const struct load *b)
{
    uint64_t rate_a = slowest_worker(p, a);
    uint64_t rate_b = slowest_worker(p, b);

    if (p->is_sequential) {
        return a->piece < b->piece;
    }
    if ((a->workers == 0) != (b->workers == 0)) {
        return a->workers == 0;
    }
    return rate_a != rate_b ? rate_a < rate_b : a->free > b->free;
}

static struct load *best_open(const struct picker *p, uint32_t peer,
                              const struct bitfield *have)
{
    struct load *best = NULL;
    uint32_t i;

    for (i = 0; i < p->load_count; i++) {
        struct load *l = p->loads[i];

        if (is_open_to(p, l, peer, have) &&
            (best == NULL || is_better(p, l, best))) {
            best = l;
        }
    }
    return best;
}

static uint32_t find_new(struct picker *p, uint32_t peer,
                         const struct bitfield *have)
{
    if (p->is_sequential) {
        while (p->first < p->pieces && bitfield_test(p->complete, p->first)) {
            p->first++;
        }
        return rarity_next(p->rarity, have, p->first);
    }
    return rarity_find(p->rarity, have, p->peers[peer].is_seed ? 0 : 1);
}

static bool is_crowded(const struct picker *p)
{
    return p->load_count >= OPEN_PIECES &&
           (uint64_t)p->load_count * p->piece_length > OPEN_BYTES;
}

/* The load this peer should work on next, or NULL: its own, one without
 * workers, a new one, one of others. */
static struct load *choose(struct picker *p, uint32_t peer,
                           const struct bitfield *have)
{
    struct load *l = NULL;
    uint32_t piece;

    if (p->peers[peer].current != NO_PIECE) {
        l = load_at(p, p->peers[peer].current);
        if (is_open_to(p, l, peer, have)) {
            return l;
        }
    }
    l = best_open(p, peer, have);
    if (l != NULL && (l->workers == 0 || is_crowded(p)) && !p->is_sequential) {
        return l;
    }
    piece = find_new(p, peer, have);
    if (piece == NO_PIECE ||
        (l != NULL && p->is_sequential && l->piece < piece)) {
        return l;
    }
    return load_start(p, piece);
}

/* Where `peer` begins in a load: a helper leaves the front half to the one who
 * is at it, so that both have long runs. */
static uint32_t first_for(const struct picker *p, const struct load *l,
                          uint32_t peer, size_t max)
{
    uint32_t want = (l->free + 1) / 2;
    uint32_t skip;
    uint32_t i;

    if (l->workers == 0 || p->peers[peer].current == l->piece ||
        p->is_sequential) {
        return l->hint;
    }
    want = want > max ? (uint32_t)max : want;
    skip = l->free - want;
    for (i = l->hint; i < l->blocks && skip > 0; i++) {
        skip -= load_is_free(&l->block[i]);
    }
    return load_next_free(l, i, peer) == NO_BLOCK ? l->hint : i;
}

static void set_request(const struct load *l, uint32_t i,
                        struct picker_block *out)
{
    out->piece = l->piece;
    out->offset = i * PICKER_BLOCK;
    out->length = load_block_length(l, i);
}

/* A piece that must come from one peer goes on with another: begin anew. */
static void lose_blocks_of_others(struct picker *p, struct load *l,
                                  uint32_t peer)
{
    uint32_t i;

    for (i = 0; i < l->blocks && l->here > 0; i++) {
        if (l->block[i].is_here && l->block[i].giver != peer) {
            lose_block(p, l, i);
        }
    }
}

/* Ask the peer for up to `max` blocks of one load. */
static size_t take(struct picker *p, struct load *l, uint32_t peer,
                   struct picker_block *out, size_t max)
{
    uint32_t i;
    size_t n = 0;

    if (picker_is_alone(p, l->piece)) {
        lose_blocks_of_others(p, l, peer);
    }
    i = load_next_free(l, first_for(p, l, peer, max), peer);
    while (n < max && i != NO_BLOCK) {
        ask(p, l, i, peer);
        set_request(l, i, &out[n++]);
        i = load_next_free(l, i + 1, peer);
    }
    load_advance_hint(l);
    if (l->owner == NOBODY && !bitfield_test(p->leaves_known, l->piece)) {
        l->owner = (uint16_t)peer;
    }
    l->last = (uint16_t)peer;
    set_current(p, peer, l->piece);
    return n;
}

/* Would a peer this fast bring what was asked of the other one much sooner?
 * Among equals copies only cost: what is asked of each is as much as it brings
 * in a moment. */
static bool is_much_faster(uint64_t rate, uint64_t other)
{
    return rate > other && rate / 2 >= other;
}

/* End game: may this block be asked of a peer this fast as well? */
static bool is_worth_a_copy(const struct picker *p, const struct load_block *b,
                            uint32_t peer, uint64_t rate)
{
    int i;

    if (b->is_here || b->count >= LOAD_SLOTS || load_slot(b, peer) >= 0 ||
        load_live_requests(b) >= PICKER_COPIES) {
        return false;
    }
    for (i = 0; i < b->count; i++) {
        if (!(b->slow & (1u << i)) &&
            !is_much_faster(rate, p->peers[b->asked[i]].rate)) {
            return false;
        }
    }
    return true;
}

static size_t take_copies(struct picker *p, uint32_t peer,
                          const struct bitfield *have, struct picker_block *out,
                          size_t max)
{
    size_t n = 0;
    uint32_t k;
    uint32_t i;

    for (k = 0; k < p->load_count && n < max; k++) {
        struct load *l = p->loads[k];

        if (l->here == l->blocks || !bitfield_test(have, l->piece) ||
            !bitfield_test(p->leaves_known, l->piece) ||
            load_is_banned(l, peer)) {
            continue;
        }
        for (i = 0; i < l->blocks && n < max; i++) {
            if (is_worth_a_copy(p, &l->block[i], peer, p->peers[peer].rate)) {
                ask(p, l, i, peer);
                set_request(l, i, &out[n++]);
                l->last = (uint16_t)peer;
            }
        }
    }
    return n;
}

size_t picker_pick(struct picker *p, uint32_t peer, const struct bitfield *have,
                   uint64_t rate, struct picker_block *out, size_t max)
{
    size_t n = 0;

    assert(peer < PICKER_PEERS && p->peers[peer].is_used);
    p->peers[peer].rate = rate;
    while (n < max) {
        struct load *l = choose(p, peer, have);

        if (l == NULL) {
            break;
        }
        n += take(p, l, peer, out + n, max - n);
    }
    if (n < max && picker_is_end_game(p)) {
        n += take_copies(p, peer, have, out + n, max - n);
    }
    return n;
}

bool picker_is_interesting(const struct picker *p, const struct bitfield *have)
{
    return p->pieces > 0 &&
           bitfield_next_missing(p->complete, have, 0) != BITFIELD_NONE;
}

/* ---- What comes back ---------------------------------------------------- */

/* Would a block of `peer` make a mixture of a piece that must be none? */
static bool would_mix(const struct picker *p, const struct load *l,
                      uint32_t peer)
{
    uint32_t i;

    if (!picker_is_alone(p, l->piece)) {
        return false;
    }
    for (i = 0; i < l->blocks; i++) {
        if (l->block[i].is_here && l->block[i].giver != peer) {
            return true;
        }
    }
    return l->owner != NOBODY && l->owner != peer;
}

/* A block is here from `peer`: nobody else need bring it. */
static void accept(struct picker *p, struct load *l, uint32_t i, uint32_t peer,
                   uint32_t *others, size_t *other_count)
{
    struct load_block *block = &l->block[i];

    while (block->count > 0) {
        others[(*other_count)++] = block->asked[0];
        unask(p, l, i, 0);
    }
    load_set_here(l, i, peer);
    if (l->here == l->blocks) {
        bitfield_set(p->complete, l->piece);
    }
}

int picker_received(struct picker *p, uint32_t peer,
                    const struct picker_block *b, uint32_t *others,
                    size_t *other_count)
{
    struct load *l;
    struct load_block *block;
    uint32_t i;
    int slot;

    assert(peer < PICKER_PEERS);
    *other_count = 0;
    if (b->piece >= p->pieces) {
        return P2P_EINVAL;
    }
    l = load_at(p, b->piece);
    if (l == NULL) {
        return bitfield_test(p->verified, b->piece) ? P2P_EEXIST : P2P_EINVAL;
    }
    i = load_find(l, b->offset, b->length);
    if (i == NO_BLOCK) {
        return P2P_EINVAL;
    }
    block = &l->block[i];
    if (block->is_here) {
        return P2P_EEXIST;
    }
    slot = load_slot(block, peer);
    if (slot < 0) {
        return P2P_EINVAL;
    }
    unask(p, l, i, slot);
    if (would_mix(p, l, peer)) {
        return P2P_EEXIST; /* from one whose turn is over */
    }
    accept(p, l, i, peer, others, other_count);
    return 0;
}

int picker_received_late(struct picker *p, uint32_t peer,
                         const struct picker_block *b, uint32_t *others,
                         size_t *other_count)
{
    struct load *l = load_at(p, b->piece);
    uint32_t i;

    *other_count = 0;
    if (bitfield_test(p->complete, b->piece)) {
        return P2P_EEXIST;
    }
    if (l == NULL) {
        l = load_start(p, b->piece);
    }
    i = load_find(l, b->offset, b->length);
    if (i == NO_BLOCK || l->block[i].is_here || load_is_banned(l, peer) ||
        !may_join(p, l, peer) || would_mix(p, l, peer) ||
        l->block[i].count > PICKER_COPIES) {
        load_drop_if_idle(p, l);
        return P2P_EEXIST;
    }
    if (!bitfield_test(p->leaves_known, l->piece)) {
        l->owner = (uint16_t)peer;
    }
    accept(p, l, i, peer, others, other_count);
    load_advance_hint(l);
    return 0;
}

void picker_give_back(struct picker *p, uint32_t peer,
                      const struct picker_block *b)
{
    struct load *l = b->piece < p->pieces ? load_at(p, b->piece) : NULL;
    uint32_t i = l == NULL ? NO_BLOCK : load_find(l, b->offset, b->length);
    uint32_t k;
    int slot = i == NO_BLOCK ? -1 : load_slot(&l->block[i], peer);

    if (slot < 0) {
        return;
    }
    unask(p, l, i, slot);
    for (k = 0; k < l->blocks && p->peers[peer].requests > 0; k++) {
        if (load_slot(&l->block[k], peer) >= 0) {
            return; /* it is still at it */
        }
    }
    let_go(p, l, peer);
    load_drop_if_idle(p, l);
}

void picker_give_back_all(struct picker *p, uint32_t peer)
{
    uint32_t i;

    for (i = p->load_count; i > 0; i--) {
        struct load *l = p->loads[i - 1];

        take_back(p, l, peer);
        load_drop_if_idle(p, l);
    }
}

void picker_release_slow(struct picker *p, uint32_t peer)
{
    uint32_t k;
    uint32_t i;

    for (k = 0; k < p->load_count; k++) {
        struct load *l = p->loads[k];

        for (i = 0; i < l->blocks && p->peers[peer].requests > 0; i++) {
            int slot = load_slot(&l->block[i], peer);

            if (slot >= 0) {
                load_set_slow(l, i, slot);
            }
        }
        let_go(p, l, peer);
    }
}

void picker_set_leaves_known(struct picker *p, uint32_t piece)
{
    bitfield_set(p->leaves_known, piece);
}

bool picker_are_leaves_known(const struct picker *p, uint32_t piece)
{
    return bitfield_test(p->leaves_known, piece);
}

bool picker_is_alone(const struct picker *p, uint32_t piece)
{
    return bitfield_test(p->alone, piece) &&
           !bitfield_test(p->leaves_known, piece);
}

bool picker_is_loaded(const struct picker *p, uint32_t piece)
{
    return bitfield_test(p->complete, piece);
}

uint32_t picker_giver(const struct picker *p, uint32_t piece, uint32_t block)
{
    const struct load *l = load_at(p, piece);

    return l == NULL || block >= l->blocks ? NOBODY : l->block[block].giver;
}

/* ---- Results of checking ------------------------------------------------ */

void picker_verified(struct picker *p, uint32_t piece)
{
    struct load *l = load_at(p, piece);

    if (bitfield_test(p->verified, piece)) {
        return;
    }
    if (l != NULL) {
        load_end(p, l);
    } else {
        rarity_take(p->rarity, piece);
    }
    bitfield_set(p->complete, piece);
    bitfield_set(p->verified, piece);
}

void picker_failed_block(struct picker *p, uint32_t piece, uint32_t block)
{
    struct load *l = load_at(p, piece);

    if (l != NULL && block < l->blocks && l->block[block].is_here) {
        load_ban(l, l->block[block].giver);
        lose_block(p, l, block);
    }
}

void picker_failed_piece(struct picker *p, uint32_t piece)
{
    struct load *l = load_at(p, piece);
    uint32_t i;

    if (bitfield_test(p->verified, piece)) { /* lost on disk */
        bitfield_clear(p->verified, piece);
        bitfield_clear(p->complete, piece);
        bitfield_clear(p->leaves_known, piece); /* they were let go of */
        p->first = piece < p->first ? piece : p->first;
        rarity_put(p->rarity, piece);
        return;
    }
    if (l == NULL) {
        return;
    }
    if (l->here == l->blocks) {
        uint32_t giver = load_only_giver(l);

        load_ban(l, giver);
        if (giver == NOBODY) {
            bitfield_set(p->alone, piece);
        }
    }
    for (i = 0; i < l->blocks; i++) {
        if (l->block[i].is_here) {
            lose_block(p, l, i);
        }
    }
    if (l->owner != NOBODY) {
        let_go(p, l, l->owner);
    }
    load_drop_if_idle(p, l);
}

/* ---- Numbers ------------------------------------------------------------ */

uint32_t picker_availability(const struct picker *p, uint32_t piece)
{
    return rarity_count(p->rarity, piece) + p->seeds;
}

uint32_t picker_verified_count(const struct picker *p)
{
    return bitfield_count(p->verified);
}

size_t picker_requests_of(const struct picker *p, uint32_t peer)
{
    return p->peers[peer].requests;
}

bool picker_is_end_game(const struct picker *p)
{
    uint32_t i;

    if (picker_is_done(p)) {
        return false;
    }
    /* Pieces that nobody holds cannot be asked for, so they do not count. */
    if (p->seeds > 0 ? rarity_candidates(p->rarity) > 0
                     : rarity_held(p->rarity) > 0) {
        return false;
    }
    for (i = 0; i < p->load_count; i++) {
        const struct load *l = p->loads[i];

        assert(l != NULL);
        if (l->free > 0 && picker_availability(p, l->piece) > 0) {
            return false;
        }
    }
    return true;
}

bool picker_is_done(const struct picker *p)
{
    return bitfield_count(p->verified) == p->pieces;
}

bool picker_next_active(const struct picker *p, uint32_t *piece, uint32_t *peer)
{
    uint32_t i = 0;

    if (*piece != UINT32_MAX) {
        i = *piece < p->pieces ? p->load_of[*piece] : NO_PIECE;
        if (i == NO_PIECE) {
            return false;
        }
        i++;
    }
    if (i >= p->load_count) {
        return false;
    }
    *piece = p->loads[i]->piece;
    *peer = p->loads[i]->last;
    return true;
}

uint32_t picker_blocks(const struct picker *p, uint32_t piece, uint32_t *here)
{
    const struct load *l = piece < p->pieces ? load_at(p, piece) : NULL;

    *here = l != NULL ? l->here : 0;
    return l != NULL ? l->blocks : 0;
}

static void check_load(const struct picker *p, const struct load *l)
{
    uint32_t workers = 0;
    uint32_t i;

    load_check(l);
    for (i = 0; i < PICKER_PEERS; i++) {
        workers += p->peers[i].current == l->piece;
    }
    assert(workers == l->workers);
    assert(!bitfield_test(p->verified, l->piece));
    assert(bitfield_test(p->complete, l->piece) == (l->here == l->blocks));
    assert(!rarity_is_candidate(p->rarity, l->piece));
    assert(l->owner == NOBODY || p->peers[l->owner].is_used);
}

void picker_check(const struct picker *p)
{
    uint32_t asked = 0;
    uint32_t requests = 0;
    uint32_t i;

    for (i = 0; i < p->load_count; i++) {
        assert(p->load_of[p->loads[i]->piece] == i);
        check_load(p, p->loads[i]);
        asked += p->loads[i]->asked;
    }
    for (i = 0; i < PICKER_PEERS; i++) {
        requests += p->peers[i].requests;
    }
    assert(asked == requests);
    assert(rarity_candidates(p->rarity) + p->load_count +
               bitfield_count(p->verified) ==
           p->pieces);
    for (i = 0; i < p->first; i++) {
        assert(bitfield_test(p->complete, i));
    }
    rarity_check(p->rarity);
}
