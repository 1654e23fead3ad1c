#include "config.h"

#include "crypto/merkle.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

/* Pads of all heights: P0 is zeros, P(k+1) is SHA-256(Pk || Pk). */
static merkle_hash pads[MERKLE_LAYERS_MAX];
static pthread_once_t pads_once = PTHREAD_ONCE_INIT;

static void make_pads(void)
{
    for (unsigned i = 1; i < MERKLE_LAYERS_MAX; i++) {
        sha256_pair(pads[i - 1], pads[i - 1], pads[i]);
    }
}

static const uint8_t *pad(unsigned height)
{
    assert(height < MERKLE_LAYERS_MAX);
    (void)pthread_once(&pads_once, make_pads); /* cannot fail: once is valid */
    return pads[height];
}

static bool is_power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* Blocks of 16 KiB in `size` bytes, rounded up without overflow. */
static uint64_t block_count(uint64_t size)
{
    return size / MERKLE_BLOCK + (size % MERKLE_BLOCK != 0);
}

uint64_t merkle_width(uint64_t n)
{
    uint64_t width = 1;

    assert(n >= 1 && n <= (uint64_t)1 << 63);
    while (width < n) {
        width <<= 1;
    }
    return width;
}

unsigned merkle_log2(uint64_t power)
{
    unsigned log = 0;

    assert(is_power_of_two(power));
    while (power > 1) {
        power >>= 1;
        log++;
    }
    return log;
}

void merkle_pad(unsigned height, merkle_hash out)
{
    memcpy(out, pad(height), SHA256_SIZE);
}

/* Walks the nodes from left to right and keeps, per layer, the left brother
 * that still waits for its right one: bit k of the number of nodes taken so
 * far tells whether waiting[k] is in use. So a tree of any width needs only
 * one hash per layer of memory. */
void merkle_root(const merkle_hash *nodes, uint64_t count, uint64_t width,
                 unsigned height, merkle_hash out)
{
    merkle_hash waiting[MERKLE_LAYERS_MAX];
    merkle_hash node;
    unsigned top = merkle_log2(width);
    unsigned layer;

    assert(count <= width && height + top < MERKLE_LAYERS_MAX);
    for (uint64_t i = 0; i < count; i++) {
        memcpy(node, nodes[i], sizeof node);
        for (layer = 0; (i >> layer & 1) != 0; layer++) {
            sha256_pair(waiting[layer], node, node);
        }
        memcpy(waiting[layer], node, sizeof node);
    }
    if (count == width) {
        memcpy(out, waiting[top], SHA256_SIZE);
        return;
    }
    /* The rest is missing. From below, `node` is the subtree that begins with
     * the first missing node; right of it are only pads. */
    memcpy(node, pad(height), sizeof node);
    for (layer = 0; layer < top; layer++) {
        if ((count >> layer & 1) != 0) {
            sha256_pair(waiting[layer], node, node);
        } else {
            sha256_pair(node, pad(height + layer), node);
        }
    }
    memcpy(out, node, SHA256_SIZE);
}

void merkle_node(const merkle_hash *nodes, uint64_t count, unsigned height,
                 unsigned levels, uint64_t index, merkle_hash out)
{
    uint64_t width;
    uint64_t first;

    assert(levels < MERKLE_LAYERS_MAX);
    width = (uint64_t)1 << levels;
    if (index > (count >> levels)) { /* wholly in the missing part */
        merkle_pad(height + levels, out);
        return;
    }
    first = index << levels;
    count -= first;
    merkle_root(nodes + first, count < width ? count : width, width, height,
                out);
}

void merkle_piece_root(const merkle_hash *leaves, uint32_t count,
                       uint64_t file_size, uint32_t piece_length,
                       merkle_hash out)
{
    uint64_t width = piece_length / MERKLE_BLOCK;

    assert(file_size > 0 && count > 0);
    if (file_size <= piece_length) {
        width = merkle_width(block_count(file_size));
    }
    merkle_root(leaves, count, width, 0, out);
}

void merkle_file_root(const merkle_hash *pieces, uint64_t count,
                      uint64_t file_size, uint32_t piece_length,
                      merkle_hash out)
{
    assert(count > 0);
    if (file_size <= piece_length) {
        memcpy(out, pieces[0], SHA256_SIZE);
        return;
    }
    merkle_root(pieces, count, merkle_width(count),
                merkle_log2(piece_length / MERKLE_BLOCK), out);
}

/* ---- Hash requests (BEP 52, "hash request") ---------------------------- */

uint32_t merkle_uncle_count(const struct merkle_request *r)
{
    uint32_t computed;

    if (r->length < 2 || !is_power_of_two(r->length)) {
        return 0;
    }
    /* The asker computes these layers of the proof from the hashes. */
    computed = merkle_log2(r->length) - 1;
    return r->proof_layers > computed ? r->proof_layers - computed : 0;
}

bool merkle_verify(const struct merkle_request *r, const merkle_hash *hashes,
                   const merkle_hash *uncles, const merkle_hash expected)
{
    merkle_hash node;
    uint32_t count = merkle_uncle_count(r);
    uint32_t position;

    if (!is_power_of_two(r->length) || r->length < 2 ||
        r->index % r->length != 0 || count >= MERKLE_LAYERS_MAX) {
        return false;
    }
    merkle_root(hashes, r->length, r->length, 0, node);
    position = r->index / r->length;
    for (uint32_t i = 0; i < count; i++) {
        if ((position & 1) != 0) {
            sha256_pair(uncles[i], node, node);
        } else {
            sha256_pair(node, uncles[i], node);
        }
        position >>= 1;
    }
    return memcmp(node, expected, sizeof node) == 0;
}

bool merkle_request_is_valid(const struct merkle_request *r, uint64_t file_size,
                             uint32_t piece_length)
{
    uint64_t pieces;
    uint64_t width; /* of the leaf layer, pads included */
    unsigned piece_layer;

    if (file_size == 0 || piece_length < MERKLE_BLOCK ||
        !is_power_of_two(piece_length)) {
        return false;
    }
    piece_layer = merkle_log2(piece_length / MERKLE_BLOCK);
    if (r->base != 0 && r->base != piece_layer) {
        return false;
    }
    if (file_size <= piece_length) {
        width = merkle_width(block_count(file_size));
    } else {
        pieces = (file_size - 1) / piece_length + 1;
        width = merkle_width(pieces) << piece_layer;
    }
    width >>= r->base;
    return r->length >= 2 && r->length <= MERKLE_REQUEST_MAX &&
           is_power_of_two(r->length) && r->index % r->length == 0 &&
           (uint64_t)r->index + r->length <= width &&
           /* The root has no brother, so no proof goes beyond its children. */
           r->proof_layers < merkle_log2(width);
}
