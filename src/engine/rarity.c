/* Invariant while the order is valid: bucket c is order[start[c]] up to
 * order[start[c + 1]], it holds the candidates with count c, and start[top + 1]
 * is the number of candidates. pos[order[i]] == i always.
 */
#include "config.h"

#include "engine/rarity.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/bitfield.h"
#include "util/mem.h"

enum {
    /* Candidates looked at in order before sampling: a peer with one piece in
     * a hundred is nearly always served by this. */
    LOOK_AHEAD = 256,
    /* Pieces compared when a peer holds too few for the look ahead. */
    SAMPLES = 32,
    /* One in so many candidates changed at once: sorting anew is cheaper. */
    SORT_SHARE = 8,
};

struct rarity {
    uint32_t pieces, peers;
    uint32_t candidates;
    uint32_t held;
    uint32_t top;  /* highest bucket in use */
    bool is_dirty; /* counts changed, the order is not sorted */
    uint64_t random;
    uint16_t *count;       /* per piece */
    uint32_t *order, *pos; /* see above; pos is unused for others */
    uint32_t *start;       /* peers + 2 */
    struct bitfield *out;  /* set: not a candidate */
};

static uint64_t next_random(struct rarity *r)
{
    uint64_t z = (r->random += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Ties need no exact fairness, so multiplying is good enough. */
static uint32_t below(struct rarity *r, uint32_t limit)
{
    return (uint32_t)(((next_random(r) >> 32) * limit) >> 32);
}

struct rarity *rarity_new(uint32_t pieces, uint32_t peers, uint64_t seed)
{
    struct rarity *r = mem_calloc(1, sizeof *r);

    assert(peers <= UINT16_MAX);
    r->pieces = pieces;
    r->peers = peers;
    r->random = seed;
    r->count = mem_calloc(pieces, sizeof *r->count);
    r->order = mem_calloc(pieces, sizeof *r->order);
    r->pos = mem_calloc(pieces, sizeof *r->pos);
    r->start = mem_calloc((size_t)peers + 2, sizeof *r->start);
    r->out = bitfield_new(pieces);
    bitfield_set_all(r->out);
    return r;
}

void rarity_free(struct rarity *r)
{
    if (r == NULL) {
        return;
    }
    bitfield_free(r->out);
    free(r->start);
    free(r->pos);
    free(r->order);
    free(r->count);
    free(r);
}

static void place(struct rarity *r, uint32_t at, uint32_t piece)
{
    r->order[at] = piece;
    r->pos[piece] = at;
}

static void swap(struct rarity *r, uint32_t a, uint32_t b)
{
    uint32_t piece = r->order[a];

    place(r, a, r->order[b]);
    place(r, b, piece);
}

/* Move the candidate at `at` to a random place of its bucket. */
static void shuffle_in(struct rarity *r, uint32_t at, uint32_t bucket)
{
    uint32_t low = r->start[bucket];

    swap(r, at, low + below(r, r->start[bucket + 1] - low));
}

static void raise_top(struct rarity *r, uint32_t bucket)
{
    assert(bucket <= r->peers);
    while (r->top < bucket) {
        r->top++;
        r->start[r->top + 1] = r->candidates;
    }
}

/* Counting sort that keeps the (random) order inside a bucket. */
static void sort(struct rarity *r)
{
    uint32_t *sorted = mem_calloc(r->candidates, sizeof *sorted);
    uint32_t *next = mem_calloc((size_t)r->peers + 2, sizeof *next);
    uint32_t i;

    memset(r->start, 0, ((size_t)r->peers + 2) * sizeof *r->start);
    r->top = 0;
    for (i = 0; i < r->candidates; i++) {
        uint32_t c = r->count[r->order[i]];

        r->start[c + 1]++;
        r->top = c > r->top ? c : r->top;
    }
    for (i = 0; i <= r->top; i++) {
        r->start[i + 1] += r->start[i];
    }
    memcpy(next, r->start, ((size_t)r->top + 1) * sizeof *next);
    for (i = 0; i < r->candidates; i++) {
        sorted[next[r->count[r->order[i]]]++] = r->order[i];
    }
    for (i = 0; i < r->candidates; i++) {
        place(r, i, sorted[i]);
    }
    free(next);
    free(sorted);
    r->is_dirty = false;
}

void rarity_fill(struct rarity *r, const struct bitfield *done)
{
    uint32_t i;

    assert(r->candidates == 0);
    for (i = bitfield_next_clear(done, 0); i != BITFIELD_NONE;
         i = i + 1 < r->pieces ? bitfield_next_clear(done, i + 1)
                               : BITFIELD_NONE) {
        bitfield_clear(r->out, i);
        place(r, r->candidates++, i);
        r->held += r->count[i] > 0;
    }
    for (i = r->candidates; i > 1; i--) {
        swap(r, i - 1, below(r, i));
    }
    r->is_dirty = true;
}

void rarity_put(struct rarity *r, uint32_t piece)
{
    uint32_t c = r->count[piece];
    uint32_t hole = r->candidates;
    uint32_t b;

    assert(bitfield_test(r->out, piece));
    bitfield_clear(r->out, piece);
    r->held += c > 0;
    if (r->is_dirty) {
        place(r, r->candidates++, piece);
        return;
    }
    raise_top(r, c);
    for (b = r->top; b > c; b--) {
        uint32_t first = r->start[b];

        if (first != hole) {
            place(r, hole, r->order[first]);
        }
        hole = first;
        r->start[b]++;
    }
    place(r, hole, piece);
    r->candidates++;
    r->start[r->top + 1] = r->candidates;
    shuffle_in(r, hole, c);
}

void rarity_take(struct rarity *r, uint32_t piece)
{
    uint32_t c = r->count[piece];
    uint32_t hole = r->pos[piece];
    uint32_t b;

    assert(!bitfield_test(r->out, piece));
    bitfield_set(r->out, piece);
    r->held -= c > 0;
    r->candidates--;
    if (r->is_dirty) {
        place(r, hole, r->order[r->candidates]);
        return;
    }
    for (b = c; b <= r->top; b++) {
        uint32_t last = r->start[b + 1] - 1;

        if (last != hole) {
            place(r, hole, r->order[last]);
        }
        hole = last;
        r->start[b + 1]--;
    }
}

bool rarity_is_candidate(const struct rarity *r, uint32_t piece)
{
    return !bitfield_test(r->out, piece);
}

void rarity_up(struct rarity *r, uint32_t piece)
{
    uint32_t c = r->count[piece]++;

    assert(c < r->peers);
    if (bitfield_test(r->out, piece)) {
        return;
    }
    r->held += c == 0;
    if (!r->is_dirty) {
        raise_top(r, c + 1);
        swap(r, r->pos[piece], r->start[c + 1] - 1);
        r->start[c + 1]--;
        shuffle_in(r, r->pos[piece], c + 1);
    }
}

void rarity_down(struct rarity *r, uint32_t piece)
{
    uint32_t c = r->count[piece]--;

    assert(c > 0);
    if (bitfield_test(r->out, piece)) {
        return;
    }
    r->held -= c == 1;
    if (!r->is_dirty) {
        swap(r, r->pos[piece], r->start[c]);
        r->start[c]++;
        shuffle_in(r, r->pos[piece], c - 1);
    }
}

/* Many counts change at once: leave the order for sort(). */
static void expect_changes(struct rarity *r, uint32_t changes)
{
    if (changes > r->candidates / SORT_SHARE) {
        r->is_dirty = true;
    }
}

void rarity_add(struct rarity *r, const struct bitfield *have)
{
    uint32_t i;

    expect_changes(r, bitfield_count(have));
    for (i = bitfield_next_set(have, 0); i != BITFIELD_NONE;
         i = i + 1 < r->pieces ? bitfield_next_set(have, i + 1)
                               : BITFIELD_NONE) {
        rarity_up(r, i);
    }
}

void rarity_subtract(struct rarity *r, const struct bitfield *have)
{
    uint32_t i;

    expect_changes(r, bitfield_count(have));
    for (i = bitfield_next_set(have, 0); i != BITFIELD_NONE;
         i = i + 1 < r->pieces ? bitfield_next_set(have, i + 1)
                               : BITFIELD_NONE) {
        rarity_down(r, i);
    }
}

void rarity_add_all(struct rarity *r)
{
    uint32_t i;

    expect_changes(r, r->pieces);
    for (i = 0; i < r->pieces; i++) {
        rarity_up(r, i);
    }
}

uint32_t rarity_count(const struct rarity *r, uint32_t piece)
{
    return r->count[piece];
}

uint32_t rarity_candidates(const struct rarity *r)
{
    return r->candidates;
}

uint32_t rarity_held(const struct rarity *r)
{
    return r->held;
}

uint32_t rarity_next(const struct rarity *r, const struct bitfield *have,
                     uint32_t from)
{
    return from < r->pieces ? bitfield_next_missing(r->out, have, from)
                            : BITFIELD_NONE;
}

/* The rarest of some candidates in `have`, looked for from a random place on:
 * for peers that hold little of what is rare. */
static uint32_t sample(struct rarity *r, const struct bitfield *have)
{
    uint32_t first = below(r, r->pieces);
    uint32_t best = BITFIELD_NONE;
    uint32_t at = first;
    bool is_wrapped = false;
    int n;

    for (n = 0; n < SAMPLES; n++) {
        uint32_t piece = rarity_next(r, have, at);

        if (piece == BITFIELD_NONE && !is_wrapped) {
            is_wrapped = true;
            piece = rarity_next(r, have, 0);
        }
        if (piece == BITFIELD_NONE || (is_wrapped && piece >= first)) {
            break;
        }
        if (best == BITFIELD_NONE || r->count[piece] < r->count[best]) {
            best = piece;
        }
        at = piece + 1;
    }
    return best;
}

uint32_t rarity_find(struct rarity *r, const struct bitfield *have,
                     uint32_t lowest)
{
    uint32_t i;
    uint32_t end;

    if (r->candidates == 0) {
        return BITFIELD_NONE;
    }
    if (r->is_dirty) {
        sort(r);
    }
    if (lowest > r->top) {
        return BITFIELD_NONE;
    }
    i = r->start[lowest];
    end = r->candidates - i > LOOK_AHEAD ? i + LOOK_AHEAD : r->candidates;
    for (; i < end; i++) {
        if (bitfield_test(have, r->order[i])) {
            return r->order[i];
        }
    }
    return end == r->candidates ? BITFIELD_NONE : sample(r, have);
}

void rarity_check(const struct rarity *r)
{
    uint32_t held = 0;
    uint32_t i;

    assert(bitfield_count(r->out) == r->pieces - r->candidates);
    for (i = 0; i < r->candidates; i++) {
        uint32_t piece = r->order[i];
        uint32_t c = r->count[piece];

        assert(r->pos[piece] == i);
        assert(!bitfield_test(r->out, piece));
        held += c > 0;
        if (!r->is_dirty) {
            assert(c <= r->top);
            assert(r->start[c] <= i && i < r->start[c + 1]);
        }
    }
    assert(held == r->held);
    assert(r->is_dirty || r->start[r->top + 1] == r->candidates);
}
