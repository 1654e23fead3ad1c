/* piece: how long the pieces of a file are when nobody says so. The engine
 * cuts by it, and the screen says it before that.
 */
#ifndef P2P_UTIL_PIECE_H
#define P2P_UTIL_PIECE_H

#include <stdint.h>

enum {
    PIECE_SHORTEST = 64 * 1024,       /* chosen; bytes */
    PIECE_LONGEST = 16 * 1024 * 1024, /* bytes */
    PIECE_MANY = 2048,                /* more pieces make them longer */
};

/* Bytes of a piece for `size` bytes of data: a power of two. */
uint32_t piece_length_for(uint64_t size);

/* Pieces of a file; the last one may be shorter. */
uint64_t piece_count_for(uint64_t size, uint32_t length);

#endif /* P2P_UTIL_PIECE_H */
