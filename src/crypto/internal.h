/* internal: what the files of crypto share among themselves and their tests.
 *
 * The engines behind sha256_leaves(), and the OpenSSL objects inside keys and
 * certificates. No other module includes this.
 */
#ifndef P2P_CRYPTO_INTERNAL_H
#define P2P_CRYPTO_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */
struct x509_st;     /* OpenSSL's X509 */
struct key;
struct cert;

enum { INTERNAL_DIGEST = 32 /* SHA256_SIZE; sha256.h is above this file */ };

/* One way to hash full leaves. */
struct sha256_impl {
    const char *name;
    bool (*is_available)(void); /* does this processor have what it needs? */

    /* Digests of `count` full leaves. */
    void (*leaves)(const uint8_t *const *leaves, size_t count,
                   uint8_t (*out)[INTERNAL_DIGEST]);
};

extern const struct sha256_impl sha256_impl_avx512;
extern const struct sha256_impl sha256_impl_ni;
extern const struct sha256_impl sha256_impl_openssl;

/* The implementation named `wanted` (NULL allowed) when the processor has it,
 * else the fastest there is. */
const struct sha256_impl *sha256_choose(const char *wanted);

/* The fastest implementation that hashes leaves one or two at a time: for
 * groups too small for the others. */
const struct sha256_impl *sha256_narrow(void);

/* FIPS 180-4: initial state and round constants. */
extern const uint32_t sha256_initial[8];
extern const uint32_t sha256_round[64];

/* The block after a full leaf, and after a pair of digests: the bit 1, zeros,
 * and the message's length in bits. */
extern const uint8_t sha256_leaf_padding[64];
extern const uint8_t sha256_pair_padding[64];

/* Digest of the 64 bytes left || right; only where sha256_impl_ni is there. */
void sha256_ni_pair(const uint8_t left[INTERNAL_DIGEST],
                    const uint8_t right[INTERNAL_DIGEST],
                    uint8_t out[INTERNAL_DIGEST]);

/* The OpenSSL objects, still owned by `k` and `c`. */
struct evp_pkey_st *key_handle(const struct key *k);
struct x509_st *cert_handle(const struct cert *c);

/* A cert that takes over the caller's reference to `x`. */
struct cert *cert_wrap(struct x509_st *x);

/* cert_member_identity() for OpenSSL's form; either output may be NULL. */
int cert_identity_of(struct x509_st *x, char *user, char *user_id);

#endif /* P2P_CRYPTO_INTERNAL_H */
