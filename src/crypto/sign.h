/* sign: signatures of group roots over what is no certificate (ECDSA P-256 with
 * SHA-256, in DER). The caller's bytes begin with their purpose, so that a
 * signature for one thing says nothing about another.
 */
#ifndef P2P_CRYPTO_SIGN_H
#define P2P_CRYPTO_SIGN_H

#include <stddef.h>
#include <stdint.h>

struct cert;
struct key;

enum { SIGN_MAX = 80 /* bytes of a signature; P-256 needs 72 */ };

/* Sign `size` bytes; writes *out_size bytes of signature. */
void sign_make(const struct key *k, const void *data, size_t size,
               uint8_t out[SIGN_MAX], size_t *out_size);

/* 0 when the holder of the certificate's key signed these bytes; P2P_EVERIFY.
 * The certificate itself is not checked: the caller trusts it. */
int sign_check(const struct cert *signer, const void *data, size_t size,
               const uint8_t *signature, size_t signature_size);

#endif /* P2P_CRYPTO_SIGN_H */
