/* peermsg_bytes: big-endian numbers of the peer protocol, for the reader and
 * the writer of peermsg.h alone. */
#ifndef P2P_WIRE_PEERMSG_BYTES_H
#define P2P_WIRE_PEERMSG_BYTES_H

#include <stdint.h>

static inline uint32_t peermsg_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static inline void peermsg_set32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

#endif /* P2P_WIRE_PEERMSG_BYTES_H */
