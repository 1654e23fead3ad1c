#include "config.h"

#include "engine/crc32c.h"

#include <pthread.h>

static uint32_t table[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    uint32_t i;
    int bit;

    for (i = 0; i < 256; i++) {
        uint32_t value = i;

        for (bit = 0; bit < 8; bit++) {
            value = (value >> 1) ^ (value & 1 ? UINT32_C(0x82f63b78) : 0);
        }
        table[i] = value;
    }
}

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *from = data;

    pthread_once(&once, make_table);
    crc = ~crc;
    while (size-- > 0) {
        crc = (crc >> 8) ^ table[(crc ^ *from++) & 0xff];
    }
    return ~crc;
}
