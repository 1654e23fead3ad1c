/* reference_hash: SHA-256 and the v2 hash trees written down as plainly as
 * BEP 52 says them, for tests of modules that stand beside crypto. */
#ifndef P2P_TESTS_REFERENCE_HASH_H
#define P2P_TESTS_REFERENCE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "wire/manifest.h"

extern const struct manifest_hasher reference_hasher;

void reference_digest(const void *data, size_t size, uint8_t out[32]);

/* The root of a file from its piece hashes (count > 1). */
void reference_file_root(const uint8_t (*pieces)[32], uint64_t count,
                         uint64_t file_size, uint32_t piece_length,
                         uint8_t out[32]);

/* Hash a whole file: writes its piece hashes (for more than one piece) to
 * `pieces` and its root to `root`. */
void reference_hash_file(const uint8_t *data, size_t size,
                         uint32_t piece_length, uint8_t (*pieces)[32],
                         uint8_t root[32]);

#endif /* P2P_TESTS_REFERENCE_HASH_H */
