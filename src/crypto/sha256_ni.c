/* SHA-256 with the SHA instructions of x86: two leaves at a time.
 *
 * SHA256RNDS2 takes several cycles and each needs the result of the one
 * before, so one leaf leaves the unit idle most of the time; a second leaf,
 * independent of the first, fills the gaps.
 */
#include "config.h"

#include <assert.h>
#include <string.h>

#include "crypto/internal.h"
#include "crypto/sha256.h"

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))

#include <cpuid.h>
#include <immintrin.h>

#define TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define INLINE TARGET static inline __attribute__((always_inline))

enum {
    BLOCK = 64,                   /* bytes that one compression takes */
    BLOCKS = SHA256_LEAF / BLOCK, /* in a full leaf, without the padding */
};

/* One digest under way. The instructions want the eight state words a..h in
 * this order; message words 4i..4i+3 are in message[i]. */
struct lane {
    __m128i abef;
    __m128i cdgh;
    __m128i message[4];
};

static bool ni_is_available(void)
{
    unsigned a, b, c, d;

    __builtin_cpu_init();
    if (!__builtin_cpu_supports("sse4.1") || !__builtin_cpu_supports("ssse3")) {
        return false;
    }
    /* Leaf 7, EBX bit 29: not every compiler knows it by name. */
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
           (b & (1u << 29)) != 0;
}

/* Message words are big-endian: reverse the bytes of each of four words. */
INLINE __m128i swap_bytes(__m128i words)
{
    return _mm_shuffle_epi8(words, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4,
                                                5, 6, 7, 0, 1, 2, 3));
}

INLINE void lane_start(struct lane *l)
{
    const uint32_t *h = sha256_initial;

    l->abef = _mm_set_epi32((int)h[0], (int)h[1], (int)h[4], (int)h[5]);
    l->cdgh = _mm_set_epi32((int)h[2], (int)h[3], (int)h[6], (int)h[7]);
}

INLINE void lane_load(struct lane *l, const uint8_t *block)
{
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const void *at = block + 16 * i;

        l->message[i] = swap_bytes(_mm_loadu_si128(at));
    }
}

/* The next four words of the message schedule (FIPS 180-4, 6.2.2 step 1);
 * they take the place of the oldest four. */
INLINE void lane_schedule(struct lane *l, int group)
{
    __m128i oldest = l->message[group & 3];
    __m128i second = l->message[(group + 1) & 3];
    __m128i third = l->message[(group + 2) & 3];
    __m128i newest = l->message[(group + 3) & 3];
    __m128i seven_back = _mm_alignr_epi8(newest, third, 4);
    __m128i sum =
        _mm_add_epi32(_mm_sha256msg1_epu32(oldest, second), seven_back);

    l->message[group & 3] = _mm_sha256msg2_epu32(sum, newest);
}

/* Rounds 4*group .. 4*group+3. */
INLINE void lane_rounds(struct lane *l, int group)
{
    const void *constants = sha256_round + 4 * group;
    __m128i words =
        _mm_add_epi32(l->message[group & 3], _mm_load_si128(constants));

    l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, words);
    words = _mm_shuffle_epi32(words, 0x0e);
    l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh, words);
}

/* One block of each of `lanes` (1 or 2, known when compiling). */
INLINE void compress(struct lane *l, int lanes, const uint8_t *const *blocks)
{
    __m128i abef[2];
    __m128i cdgh[2];

#pragma GCC unroll 2
    for (int i = 0; i < lanes; i++) {
        abef[i] = l[i].abef;
        cdgh[i] = l[i].cdgh;
        lane_load(&l[i], blocks[i]);
    }
#pragma GCC unroll 16
    for (int group = 0; group < 16; group++) {
#pragma GCC unroll 2
        for (int i = 0; i < lanes; i++) {
            if (group >= 4) {
                lane_schedule(&l[i], group);
            }
            lane_rounds(&l[i], group);
        }
    }
#pragma GCC unroll 2
    for (int i = 0; i < lanes; i++) {
        l[i].abef = _mm_add_epi32(l[i].abef, abef[i]);
        l[i].cdgh = _mm_add_epi32(l[i].cdgh, cdgh[i]);
    }
}

INLINE void lane_finish(const struct lane *l, uint8_t out[SHA256_SIZE])
{
    __m128i feba = _mm_shuffle_epi32(l->abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(l->cdgh, 0xb1);
    __m128i abcd = _mm_blend_epi16(feba, dchg, 0xf0);
    __m128i efgh = _mm_alignr_epi8(dchg, feba, 8);

    _mm_storeu_si128((void *)out, swap_bytes(abcd));
    _mm_storeu_si128((void *)(out + 16), swap_bytes(efgh));
}

/* `lanes` leaves together. */
INLINE void hash_leaves(const uint8_t *const *leaves, int lanes,
                        uint8_t (*out)[SHA256_SIZE])
{
    const uint8_t *const padding[2] = {sha256_leaf_padding,
                                       sha256_leaf_padding};
    struct lane l[2];

#pragma GCC unroll 2
    for (int i = 0; i < lanes; i++) {
        lane_start(&l[i]);
    }
    for (size_t b = 0; b < BLOCKS; b++) {
        const uint8_t *blocks[2];

#pragma GCC unroll 2
        for (int i = 0; i < lanes; i++) {
            blocks[i] = leaves[i] + b * BLOCK;
        }
        compress(l, lanes, blocks);
    }
    compress(l, lanes, padding);
#pragma GCC unroll 2
    for (int i = 0; i < lanes; i++) {
        lane_finish(&l[i], out[i]);
    }
}

TARGET static void ni_leaves(const uint8_t *const *leaves, size_t count,
                             uint8_t (*out)[SHA256_SIZE])
{
    size_t i;

    for (i = 0; i + 2 <= count; i += 2) {
        hash_leaves(leaves + i, 2, out + i);
    }
    if (i < count) {
        hash_leaves(leaves + i, 1, out + i);
    }
}

TARGET void sha256_ni_pair(const uint8_t left[SHA256_SIZE],
                           const uint8_t right[SHA256_SIZE],
                           uint8_t out[SHA256_SIZE])
{
    uint8_t both[BLOCK];
    const uint8_t *block = both;
    struct lane l;

    memcpy(both, left, SHA256_SIZE);
    memcpy(both + SHA256_SIZE, right, SHA256_SIZE);
    lane_start(&l);
    compress(&l, 1, &block);
    block = sha256_pair_padding;
    compress(&l, 1, &block);
    lane_finish(&l, out);
}

#else

static bool ni_is_available(void)
{
    return false;
}

static void ni_leaves(const uint8_t *const *leaves, size_t count,
                      uint8_t (*out)[SHA256_SIZE])
{
    (void)leaves;
    (void)count;
    (void)out;
    assert(0 && "not on this processor");
}

void sha256_ni_pair(const uint8_t left[SHA256_SIZE],
                    const uint8_t right[SHA256_SIZE], uint8_t out[SHA256_SIZE])
{
    (void)left;
    (void)right;
    (void)out;
    assert(0 && "not on this processor");
}

#endif

const struct sha256_impl sha256_impl_ni = {
    .name = "sha-ni",
    .is_available = ni_is_available,
    .leaves = ni_leaves,
};
