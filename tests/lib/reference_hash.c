#include "config.h"

#include "tests/lib/reference_hash.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16384 };

const struct manifest_hasher reference_hasher = {reference_digest,
                                                 reference_file_root};

void reference_digest(const void *data, size_t size, uint8_t out[32])
{
    if (EVP_Digest(data, size, out, NULL, EVP_sha256(), NULL) != 1) {
        abort();
    }
}

/* The root over `count` nodes, with `pad` for the missing ones. */
static void tree_root(const uint8_t (*nodes)[32], uint64_t count,
                      const uint8_t pad[32], uint64_t width, uint8_t out[32])
{
    uint8_t pair[64];

    if (width == 1) {
        memcpy(out, count > 0 ? nodes[0] : pad, 32);
        return;
    }
    tree_root(nodes, count < width / 2 ? count : width / 2, pad, width / 2,
              pair);
    tree_root(nodes + width / 2, count < width / 2 ? 0 : count - width / 2, pad,
              width / 2, pair + 32);
    reference_digest(pair, sizeof(pair), out);
}

static uint64_t power_of_two(uint64_t n)
{
    uint64_t power = 1;

    while (power < n) {
        power *= 2;
    }
    return power;
}

void reference_file_root(const uint8_t (*pieces)[32], uint64_t count,
                         uint64_t file_size, uint32_t piece_length,
                         uint8_t out[32])
{
    static const uint8_t zero[32];
    uint8_t pad[32];

    (void)file_size;
    tree_root(NULL, 0, zero, piece_length / BLOCK, pad);
    tree_root(pieces, count, pad, power_of_two(count), out);
}

/* The root of `size` bytes in a tree of `width` leaves, or as many as they
 * need when `width` is 0. */
static void data_root(const uint8_t *data, size_t size, uint64_t width,
                      uint8_t out[32])
{
    static const uint8_t zero[32];
    size_t count = (size + BLOCK - 1) / BLOCK;
    uint8_t(*leaves)[32] = calloc(count, 32);

    if (leaves == NULL) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        size_t left = size - i * BLOCK;

        reference_digest(data + i * BLOCK, left < BLOCK ? left : BLOCK,
                         leaves[i]);
    }
    tree_root((const void *)leaves, count, zero,
              width > 0 ? width : power_of_two(count), out);
    free(leaves);
}

void reference_hash_file(const uint8_t *data, size_t size,
                         uint32_t piece_length, uint8_t (*pieces)[32],
                         uint8_t root[32])
{
    size_t count = (size + piece_length - 1) / piece_length;

    if (count <= 1) {
        data_root(data, size, 0, root);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t left = size - i * piece_length;

        data_root(data + i * piece_length,
                  left < piece_length ? left : piece_length,
                  piece_length / BLOCK, pieces[i]);
    }
    reference_file_root((const void *)pieces, count, size, piece_length, root);
}
