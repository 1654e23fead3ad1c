/* SHA-256 of 16 leaves at once with AVX-512.
 *
 * Every 512-bit register holds the same variable of 16 independent digests:
 * lane k of all registers is leaf k. The code below is therefore FIPS 180-4 as
 * written, on vectors; only loading needs work, since 16 consecutive words of
 * one leaf must become one word of 16 leaves (a 16 x 16 transposition).
 */
#include "config.h"

#include <assert.h>
#include <string.h>

#include "crypto/internal.h"
#include "crypto/sha256.h"

#if defined(__GNUC__) && defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw")))
#define INLINE TARGET static inline __attribute__((always_inline))

enum {
    LANES = 16,                   /* 32-bit words in a register */
    BLOCK = 64,                   /* bytes of a leaf that one turn takes */
    BLOCKS = SHA256_LEAF / BLOCK, /* in a full leaf, without the padding */
    /* From this many leaves on, a run with some lanes idle is faster than the
     * next best engine: a run takes the time of about 9 leaves in the SHA
     * unit, or of 4 in OpenSSL on processors without one. */
    WORTH_WITH_NI = 9,
    WORTH_WITHOUT_NI = 4,
};

/* Truth tables of three inputs, as VPTERNLOGD wants them. */
enum {
    TABLE_XOR3 = 0x96,
    TABLE_CHOOSE = 0xca,   /* x ? y : z */
    TABLE_MAJORITY = 0xe8, /* at least two of the three */
};

static bool avx512_is_available(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw");
}

INLINE __m512i add(__m512i x, __m512i y)
{
    return _mm512_add_epi32(x, y);
}

INLINE __m512i xor3(__m512i x, __m512i y, __m512i z)
{
    return _mm512_ternarylogic_epi32(x, y, z, TABLE_XOR3);
}

/* FIPS 180-4, 4.1.2: the two Sigma functions of the rounds ... */
INLINE __m512i big_sigma0(__m512i x)
{
    return xor3(_mm512_ror_epi32(x, 2), _mm512_ror_epi32(x, 13),
                _mm512_ror_epi32(x, 22));
}

INLINE __m512i big_sigma1(__m512i x)
{
    return xor3(_mm512_ror_epi32(x, 6), _mm512_ror_epi32(x, 11),
                _mm512_ror_epi32(x, 25));
}

/* ... and the two sigma functions of the message schedule. */
INLINE __m512i small_sigma0(__m512i x)
{
    return xor3(_mm512_ror_epi32(x, 7), _mm512_ror_epi32(x, 18),
                _mm512_srli_epi32(x, 3));
}

INLINE __m512i small_sigma1(__m512i x)
{
    return xor3(_mm512_ror_epi32(x, 17), _mm512_ror_epi32(x, 19),
                _mm512_srli_epi32(x, 10));
}

/* Transpose `w` as a 16 x 16 matrix of words: before, w[k] holds the words of
 * leaf k; after, w[i] holds word i of all leaves. */
INLINE void transpose(__m512i w[16])
{
    __m512i t[16];

    /* Inside every quarter register: 4 x 4 words, from four rows. */
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        __m512i low01 = _mm512_unpacklo_epi32(w[i], w[i + 1]);
        __m512i high01 = _mm512_unpackhi_epi32(w[i], w[i + 1]);
        __m512i low23 = _mm512_unpacklo_epi32(w[i + 2], w[i + 3]);
        __m512i high23 = _mm512_unpackhi_epi32(w[i + 2], w[i + 3]);

        t[i] = _mm512_unpacklo_epi64(low01, low23);
        t[i + 1] = _mm512_unpackhi_epi64(low01, low23);
        t[i + 2] = _mm512_unpacklo_epi64(high01, high23);
        t[i + 3] = _mm512_unpackhi_epi64(high01, high23);
    }
    /* The quarters themselves: quarter q of t[4r+i] goes to quarter r of
     * w[4q+i]. */
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m512i even_a = _mm512_shuffle_i32x4(t[i], t[4 + i], 0x88);
        __m512i odd_a = _mm512_shuffle_i32x4(t[i], t[4 + i], 0xdd);
        __m512i even_b = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0x88);
        __m512i odd_b = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0xdd);

        w[i] = _mm512_shuffle_i32x4(even_a, even_b, 0x88);
        w[4 + i] = _mm512_shuffle_i32x4(odd_a, odd_b, 0x88);
        w[8 + i] = _mm512_shuffle_i32x4(even_a, even_b, 0xdd);
        w[12 + i] = _mm512_shuffle_i32x4(odd_a, odd_b, 0xdd);
    }
}

/* Block `block` of all leaves as 16 message words. */
INLINE void load_block(const uint8_t *const leaves[LANES], size_t block,
                       __m512i w[16])
{
    const __m512i big_endian = _mm512_broadcast_i32x4(
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));

#pragma GCC unroll 16
    for (int k = 0; k < LANES; k++) {
        w[k] = _mm512_shuffle_epi8(
            _mm512_loadu_si512(leaves[k] + block * BLOCK), big_endian);
    }
    transpose(w);
}

/* The padding is the same block in every lane. */
INLINE void load_padding(__m512i w[16])
{
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        const uint8_t *p = sha256_leaf_padding + 4 * i;

        w[i] = _mm512_set1_epi32((int)((uint32_t)p[0] << 24 |
                                       (uint32_t)p[1] << 16 |
                                       (uint32_t)p[2] << 8 | p[3]));
    }
}

/* Word t+16 of the schedule takes the place of word t (i = t mod 16). */
INLINE void schedule(__m512i w[16], int i)
{
    w[i] = add(add(w[i], small_sigma0(w[(i + 1) & 15])),
               add(w[(i + 9) & 15], small_sigma1(w[(i + 14) & 15])));
}

/* Round i of 16. Instead of moving a..h along, the names rotate: variable v of
 * round i is v[(n - i) mod 8], which costs nothing once unrolled. */
INLINE void round_step(__m512i v[8], __m512i word, uint32_t constant, int i)
{
    __m512i a = v[(16 - i) & 7];
    __m512i b = v[(17 - i) & 7];
    __m512i c = v[(18 - i) & 7];
    __m512i e = v[(20 - i) & 7];
    __m512i f = v[(21 - i) & 7];
    __m512i g = v[(22 - i) & 7];
    __m512i h = v[(23 - i) & 7];
    __m512i t1 = add(
        add(add(h, _mm512_set1_epi32((int)constant)), word),
        add(big_sigma1(e), _mm512_ternarylogic_epi32(e, f, g, TABLE_CHOOSE)));
    __m512i t2 =
        add(big_sigma0(a), _mm512_ternarylogic_epi32(a, b, c, TABLE_MAJORITY));

    v[(19 - i) & 7] = add(v[(19 - i) & 7], t1); /* d becomes the next e */
    v[(23 - i) & 7] = add(t1, t2);              /* h becomes the next a */
}

/* FIPS 180-4, 6.2.2: one block of every lane. */
INLINE void compress(__m512i state[8], __m512i w[16])
{
    __m512i v[8];

#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        v[i] = state[i];
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        round_step(v, w[i], sha256_round[i], i);
    }
#pragma GCC unroll 1
    for (int t = 16; t < 64; t += 16) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            schedule(w, i);
            round_step(v, w[i], sha256_round[t + i], i);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        state[i] = add(state[i], v[i]);
    }
}

/* Write the digests of all lanes, big-endian. */
INLINE void store_digests(const __m512i state[8], uint8_t (*out)[SHA256_SIZE])
{
    uint32_t words[8][LANES];

    for (int i = 0; i < 8; i++) {
        _mm512_storeu_si512(words[i], state[i]);
    }
    for (int k = 0; k < LANES; k++) {
        for (int i = 0; i < 8; i++) {
            uint32_t word = __builtin_bswap32(words[i][k]);

            memcpy(out[k] + 4 * i, &word, sizeof word);
        }
    }
}

TARGET static void sixteen_leaves(const uint8_t *const leaves[LANES],
                                  uint8_t (*out)[SHA256_SIZE])
{
    __m512i state[8];
    __m512i w[16];

    for (int i = 0; i < 8; i++) {
        state[i] = _mm512_set1_epi32((int)sha256_initial[i]);
    }
    for (size_t block = 0; block < BLOCKS; block++) {
        load_block(leaves, block, w);
        compress(state, w);
    }
    load_padding(w);
    compress(state, w);
    store_digests(state, out);
}

/* Fewer than 16 leaves. */
static void few_leaves(const uint8_t *const *leaves, size_t count,
                       uint8_t (*out)[SHA256_SIZE])
{
    const struct sha256_impl *narrow = sha256_narrow();
    size_t worth = narrow == &sha256_impl_ni ? WORTH_WITH_NI : WORTH_WITHOUT_NI;
    const uint8_t *lanes[LANES];
    uint8_t digests[LANES][SHA256_SIZE];

    if (count < worth) {
        narrow->leaves(leaves, count, out);
        return;
    }
    for (size_t k = 0; k < LANES; k++) {
        lanes[k] = leaves[k < count ? k : 0]; /* idle lanes repeat one */
    }
    sixteen_leaves(lanes, digests);
    memcpy(out, digests, count * SHA256_SIZE);
}

static void avx512_leaves(const uint8_t *const *leaves, size_t count,
                          uint8_t (*out)[SHA256_SIZE])
{
    size_t i;

    for (i = 0; i + LANES <= count; i += LANES) {
        sixteen_leaves(leaves + i, out + i);
    }
    if (i < count) {
        few_leaves(leaves + i, count - i, out + i);
    }
}

#else

static bool avx512_is_available(void)
{
    return false;
}

static void avx512_leaves(const uint8_t *const *leaves, size_t count,
                          uint8_t (*out)[SHA256_SIZE])
{
    (void)leaves;
    (void)count;
    (void)out;
    assert(0 && "not on this processor");
}

#endif

const struct sha256_impl sha256_impl_avx512 = {
    .name = "avx512",
    .is_available = avx512_is_available,
    .leaves = avx512_leaves,
};
