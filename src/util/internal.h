/* internal: what the tests of util reach into; for no other module. */
#ifndef P2P_UTIL_INTERNAL_H
#define P2P_UTIL_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 of `length` bytes with the two halves of the key. */
uint64_t map_siphash(const uint64_t secret[2], const uint8_t *data,
                     size_t length);

#endif /* P2P_UTIL_INTERNAL_H */
