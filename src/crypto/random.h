/* random: unpredictable bytes from OpenSSL's generator. */
#ifndef P2P_CRYPTO_RANDOM_H
#define P2P_CRYPTO_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fill `out`. Ends the process when the system has no randomness. */
void random_fill(void *out, size_t size);

/* A number in [0, limit), without bias; limit > 0. */
uint32_t random_below(uint32_t limit);

/* `bytes` random bytes as lower-case hex in `out` (2*bytes+1 chars). */
void random_hex(size_t bytes, char *out);

#endif /* P2P_CRYPTO_RANDOM_H */
