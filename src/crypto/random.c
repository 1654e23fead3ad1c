#include "config.h"

#include "crypto/random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/rand.h>

#include "util/hex.h"
#include "util/mem.h"

enum {
    RANDOM_CHUNK =
        1 << 20,           /* bytes asked of OpenSSL at once; its size is int */
    RANDOM_HEX_BATCH = 64, /* bytes turned into hex at once */
};

void random_fill(void *out, size_t size)
{
    uint8_t *at = out;

    while (size > 0) {
        size_t part = size < RANDOM_CHUNK ? size : RANDOM_CHUNK;

        if (RAND_bytes(at, (int)part) != 1) {
            /* Going on with guessable keys would be worse than ending. */
            fprintf(stderr, "the system gives no random numbers\n");
            abort();
        }
        at += part;
        size -= part;
    }
}

uint32_t random_below(uint32_t limit)
{
    uint32_t value;
    uint32_t unfair;

    assert(limit > 0);
    /* The lowest 2^32 mod limit values would make small results likelier. */
    unfair = (uint32_t)(0u - limit) % limit;
    do {
        random_fill(&value, sizeof value);
    } while (value < unfair);
    return value % limit;
}

void random_hex(size_t bytes, char *out)
{
    uint8_t batch[RANDOM_HEX_BATCH];

    *out = '\0';
    while (bytes > 0) {
        size_t part = bytes < sizeof batch ? bytes : sizeof batch;

        random_fill(batch, part);
        hex_encode(batch, part, out);
        out += 2 * part;
        bytes -= part;
    }
    mem_wipe(batch, sizeof batch); /* often a token */
}
