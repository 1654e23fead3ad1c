#include "config.h"

#include "util/bitfield.h"

#include <assert.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/err.h"
#include "util/mem.h"

/* Bit i is bit i % WORD_BITS of word i / WORD_BITS. Invariant: the spare bits
 * of the last word are clear, so that counting needs no special case.
 *
 * There is one writer, therefore it may load and store instead of using a
 * read-modify-write operation. */
enum { WORD_BITS = sizeof(unsigned long) * CHAR_BIT };

struct bitfield {
    uint32_t size; /* bits */
    uint32_t word_count;
    _Atomic uint32_t count; /* set bits; changed after the bits themselves */
    _Atomic unsigned long words[];
};

static unsigned long word_at(const struct bitfield *f, uint32_t word)
{
    return atomic_load_explicit(&f->words[word], memory_order_acquire);
}

static void word_store(struct bitfield *f, uint32_t word, unsigned long value)
{
    atomic_store_explicit(&f->words[word], value, memory_order_release);
}

static void count_store(struct bitfield *f, uint32_t count)
{
    atomic_store_explicit(&f->count, count, memory_order_release);
}

/* The bits of word `word` that are in use. */
static unsigned long word_mask(const struct bitfield *f, uint32_t word)
{
    uint32_t last_bits = f->size % WORD_BITS;

    if (word + 1 < f->word_count || last_bits == 0) {
        return ~0ul;
    }
    return (1ul << last_bits) - 1;
}

static uint32_t ones(unsigned long word)
{
    return (uint32_t)__builtin_popcountl(word);
}

struct bitfield *bitfield_new(uint32_t bits)
{
    uint32_t words = bits / WORD_BITS + (bits % WORD_BITS != 0 ? 1 : 0);
    struct bitfield *f;

    f = mem_calloc(1, sizeof(*f) + (size_t)words * sizeof(f->words[0]));
    f->size = bits;
    f->word_count = words;
    atomic_init(&f->count, 0);
    for (uint32_t i = 0; i < words; i++) {
        atomic_init(&f->words[i], 0);
    }
    return f;
}

void bitfield_free(struct bitfield *f)
{
    free(f);
}

uint32_t bitfield_size(const struct bitfield *f)
{
    return f->size;
}

uint32_t bitfield_count(const struct bitfield *f)
{
    return atomic_load_explicit(&f->count, memory_order_acquire);
}

bool bitfield_is_full(const struct bitfield *f)
{
    return bitfield_count(f) == f->size;
}

bool bitfield_test(const struct bitfield *f, uint32_t bit)
{
    assert(bit < f->size);
    return (word_at(f, bit / WORD_BITS) >> (bit % WORD_BITS) & 1) != 0;
}

bool bitfield_set(struct bitfield *f, uint32_t bit)
{
    unsigned long mask = 1ul << (bit % WORD_BITS);
    unsigned long word;

    assert(bit < f->size);
    word = word_at(f, bit / WORD_BITS);
    if ((word & mask) != 0) {
        return false;
    }
    word_store(f, bit / WORD_BITS, word | mask);
    count_store(f, bitfield_count(f) + 1);
    return true;
}

void bitfield_clear(struct bitfield *f, uint32_t bit)
{
    unsigned long mask = 1ul << (bit % WORD_BITS);
    unsigned long word;

    assert(bit < f->size);
    word = word_at(f, bit / WORD_BITS);
    if ((word & mask) != 0) {
        /* The count first: a reader must never take the field for full while
         * a bit is missing. */
        count_store(f, bitfield_count(f) - 1);
        word_store(f, bit / WORD_BITS, word & ~mask);
    }
}

void bitfield_set_all(struct bitfield *f)
{
    for (uint32_t i = 0; i < f->word_count; i++) {
        word_store(f, i, word_mask(f, i));
    }
    count_store(f, f->size);
}

void bitfield_clear_all(struct bitfield *f)
{
    count_store(f, 0);
    for (uint32_t i = 0; i < f->word_count; i++) {
        word_store(f, i, 0);
    }
}

void bitfield_copy(struct bitfield *to, const struct bitfield *from)
{
    uint32_t count = 0;

    assert(to->size == from->size);
    if (to == from) {
        return;
    }
    count_store(to, 0);
    for (uint32_t i = 0; i < to->word_count; i++) {
        unsigned long word = word_at(from, i);

        word_store(to, i, word);
        count += ones(word);
    }
    count_store(to, count);
}

void bitfield_subtract(struct bitfield *f, const struct bitfield *other)
{
    uint32_t count = 0;

    assert(f->size == other->size);
    for (uint32_t i = 0; i < f->word_count; i++) {
        unsigned long left = word_at(f, i) & ~word_at(other, i);

        word_store(f, i, left);
        count += ones(left);
    }
    count_store(f, count);
}

uint32_t bitfield_count_range(const struct bitfield *f, uint32_t low,
                              uint32_t high)
{
    uint32_t count = 0;

    if (high > f->size) {
        high = f->size;
    }
    while (low < high) {
        uint32_t shift = low % WORD_BITS;
        uint32_t take = WORD_BITS - shift;
        unsigned long word = word_at(f, low / WORD_BITS) >> shift;

        if (take > high - low) {
            take = high - low;
            word &= (1ul << take) - 1;
        }
        count += ones(word);
        low += take;
    }
    return count;
}

/* The first bit >= from of (set & ~unset), each turned over by `flip`. */
static uint32_t next_bit(const struct bitfield *set, unsigned long flip,
                         const struct bitfield *unset, uint32_t from)
{
    uint32_t word;

    if (from >= set->size) {
        return BITFIELD_NONE;
    }
    for (word = from / WORD_BITS; word < set->word_count; word++) {
        unsigned long bits = (word_at(set, word) ^ flip) & word_mask(set, word);

        if (unset != NULL) {
            bits &= ~word_at(unset, word);
        }
        if (word == from / WORD_BITS) {
            bits &= ~0ul << (from % WORD_BITS);
        }
        if (bits != 0) {
            return word * WORD_BITS + (uint32_t)__builtin_ctzl(bits);
        }
    }
    return BITFIELD_NONE;
}

uint32_t bitfield_next_set(const struct bitfield *f, uint32_t from)
{
    return next_bit(f, 0, NULL, from);
}

uint32_t bitfield_next_clear(const struct bitfield *f, uint32_t from)
{
    return next_bit(f, ~0ul, NULL, from);
}

uint32_t bitfield_next_missing(const struct bitfield *mine,
                               const struct bitfield *theirs, uint32_t from)
{
    assert(mine->size == theirs->size);
    return next_bit(theirs, 0, mine, from);
}

size_t bitfield_wire_size(const struct bitfield *f)
{
    return (size_t)f->size / 8 + (f->size % 8 != 0 ? 1 : 0);
}

/* BEP 3 counts bits of a byte from the high end, we from the low end. */
static uint8_t reverse_bits(uint8_t byte)
{
    unsigned b = byte;

    b = (b & 0xf0u) >> 4 | (b & 0x0fu) << 4;
    b = (b & 0xccu) >> 2 | (b & 0x33u) << 2;
    b = (b & 0xaau) >> 1 | (b & 0x55u) << 1;
    return (uint8_t)b;
}

void bitfield_to_wire(const struct bitfield *f, uint8_t *out)
{
    size_t size = bitfield_wire_size(f);
    unsigned long word = 0;

    for (size_t i = 0; i < size; i++) {
        if (i % sizeof(word) == 0) {
            word = word_at(f, (uint32_t)(i / sizeof(word)));
        }
        out[i] = reverse_bits((uint8_t)(word & 0xff));
        word >>= 8;
    }
}

int bitfield_from_wire(struct bitfield *f, const uint8_t *data, size_t length)
{
    uint32_t spare = (8 - f->size % 8) % 8;
    uint32_t count = 0;

    if (length != bitfield_wire_size(f)) {
        return P2P_EPROTO;
    }
    if (length > 0 && (data[length - 1] & ((1u << spare) - 1)) != 0) {
        return P2P_EPROTO;
    }
    count_store(f, 0);
    for (uint32_t i = 0; i < f->word_count; i++) {
        unsigned long word = 0;

        for (size_t k = 0; k < sizeof(word); k++) {
            size_t at = (size_t)i * sizeof(word) + k;

            if (at < length) {
                word |= (unsigned long)reverse_bits(data[at]) << (8 * k);
            }
        }
        word_store(f, i, word);
        count += ones(word);
    }
    count_store(f, count);
    return 0;
}
