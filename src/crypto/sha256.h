/* sha256: one digest, a running digest, and many 16 KiB leaves at once.
 *
 * Leaves of BEP 52 are independent, so 16 of them go through the AVX-512 unit
 * together, or two through the SHA instructions, or one by one through
 * OpenSSL; the choice is made once from what the processor has.
 */
#ifndef P2P_CRYPTO_SHA256_H
#define P2P_CRYPTO_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
    SHA256_SIZE = 32,    /* bytes of a digest */
    SHA256_LEAF = 16384, /* bytes of a full leaf (BEP 52) */
};

struct sha256; /* A running digest; opaque. */

/* Digest of one message. */
void sha256_digest(const void *data, size_t size, uint8_t out[SHA256_SIZE]);

/* Digest of left || right, as merkle nodes need it. `out` may be one of
 * them. */
void sha256_pair(const uint8_t left[SHA256_SIZE],
                 const uint8_t right[SHA256_SIZE], uint8_t out[SHA256_SIZE]);

/* Digests of the leaves of `size` contiguous bytes: every 16 KiB, the last one
 * shorter and hashed short (BEP 52). Writes ceil(size/16384) digests. Safe to
 * call from several threads at once. */
void sha256_leaves(const uint8_t *data, size_t size,
                   uint8_t (*out)[SHA256_SIZE]);

/* The same for `count` full leaves at separate addresses. */
void sha256_leaves_at(const uint8_t *const *leaves, size_t count,
                      uint8_t (*out)[SHA256_SIZE]);

/* Which implementation sha256_leaves uses: "avx512", "sha-ni", "openssl".
 * The environment's P2P_SHA256 may force one of them (for tests and benches;
 * ignored when the processor lacks it). */
const char *sha256_engine(void);

struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *s, const void *data, size_t size);
void sha256_finish(struct sha256 *s, uint8_t out[SHA256_SIZE]); /* resets */
void sha256_free(struct sha256 *s); /* NULL is allowed. */

#endif /* P2P_CRYPTO_SHA256_H */
