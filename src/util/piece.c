#include "config.h"

#include "util/piece.h"

uint32_t piece_length_for(uint64_t size)
{
    uint32_t length = PIECE_SHORTEST;

    while (length < PIECE_LONGEST && size / PIECE_MANY > length) {
        length *= 2;
    }
    return length;
}

uint64_t piece_count_for(uint64_t size, uint32_t length)
{
    return size / length + (size % length != 0 ? 1 : 0);
}
