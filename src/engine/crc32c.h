/* crc32c: the Castagnoli checksum, for records that a crash may have torn. */
#ifndef P2P_ENGINE_CRC32C_H
#define P2P_ENGINE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Go on from `crc` (0 at the start) over `size` bytes. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

#endif /* P2P_ENGINE_CRC32C_H */
