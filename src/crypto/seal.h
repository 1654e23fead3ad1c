/* seal: AES-256-GCM boxes for secrets at rest (group root keys). */
#ifndef P2P_CRYPTO_SEAL_H
#define P2P_CRYPTO_SEAL_H

#include <stddef.h>
#include <stdint.h>

enum {
    SEAL_KEY = 32,      /* bytes of the key */
    SEAL_OVERHEAD = 28, /* 12 bytes of nonce, 16 of tag */
};

/* Seal `size` bytes under `key`, bound to `label` (which must be the same when
 * opening). `out` holds size + SEAL_OVERHEAD bytes. */
void seal_close(const uint8_t key[SEAL_KEY], const char *label,
                const void *data, size_t size, uint8_t *out);

/* Open a box into `out` (size - SEAL_OVERHEAD bytes). P2P_EVERIFY when key,
 * label or content do not fit. */
int seal_open(const uint8_t key[SEAL_KEY], const char *label,
              const uint8_t *box, size_t size, uint8_t *out);

#endif /* P2P_CRYPTO_SEAL_H */
