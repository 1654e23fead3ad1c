/* merkle: the hash trees of BitTorrent v2 (BEP 52). Pure functions.
 *
 * Leaves are SHA-256 of 16 KiB blocks (the last one short); missing leaves are
 * 32 zero bytes. A file of at most one piece has a tree just wide enough for
 * its blocks (a power of two); in a larger file every piece, also the last, is
 * a full subtree of piece_length/16384 leaves, and the piece layer is padded
 * to a power of two with the root of an all-missing piece.
 */
#ifndef P2P_CRYPTO_MERKLE_H
#define P2P_CRYPTO_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/sha256.h"

enum {
    MERKLE_BLOCK = SHA256_LEAF, /* bytes */
    MERKLE_LAYERS_MAX = 64,     /* more than any 64-bit file needs */
    MERKLE_REQUEST_MAX = 512,   /* hashes in one request; BEP 52's advice */
};

typedef uint8_t merkle_hash[SHA256_SIZE];

/* Smallest power of two >= n (n >= 1), and its logarithm. */
uint64_t merkle_width(uint64_t n);
unsigned merkle_log2(uint64_t power);

/* The root of a tree whose nodes at some layer are all missing leaves:
 * `height` layers above the leaves. Height 0 is 32 zero bytes. */
void merkle_pad(unsigned height, merkle_hash out);

/* Root over `count` nodes at a layer `height` above the leaves, padded with
 * merkle_pad(height) to `width` nodes (a power of two >= count). */
void merkle_root(const merkle_hash *nodes, uint64_t count, uint64_t width,
                 unsigned height, merkle_hash out);

/* Node number `index` of the layer that lies `levels` above the given one, of
 * which `nodes` are the first `count`; `height` is that layer's own distance
 * from the leaves. Missing nodes are pads. Makes the uncles of an answer. */
void merkle_node(const merkle_hash *nodes, uint64_t count, unsigned height,
                 unsigned levels, uint64_t index, merkle_hash out);

/* Root of one piece of a file of `file_size` bytes cut in pieces of
 * `piece_length`, from the leaves of that piece. Applies the rule for files of
 * at most one piece. */
void merkle_piece_root(const merkle_hash *leaves, uint32_t count,
                       uint64_t file_size, uint32_t piece_length,
                       merkle_hash out);

/* Root of a whole file from its piece hashes (file_size > piece_length), or
 * the single piece's hash itself. */
void merkle_file_root(const merkle_hash *pieces, uint64_t count,
                      uint64_t file_size, uint32_t piece_length,
                      merkle_hash out);

/* One BEP 52 hash request: `length` hashes from `index` of layer `base` (0 =
 * leaves), and `proof_layers` layers of proof above the base. */
struct merkle_request {
    uint32_t base;
    uint32_t index;
    uint32_t length;
    uint32_t proof_layers;
};

/* Number of uncle hashes that follow the `length` hashes of an answer. */
uint32_t merkle_uncle_count(const struct merkle_request *r);

/* Check an answer: the `length` hashes and the uncles must lead to `expected`,
 * the node at layer base + max(proof_layers+1, log2(length)) that covers them,
 * or the root of the file when the proof reaches it. True when they do. */
bool merkle_verify(const struct merkle_request *r, const merkle_hash *hashes,
                   const merkle_hash *uncles, const merkle_hash expected);

/* Is the request of a shape BEP 52 allows for a file with `leaf_count` leaves
 * (length a power of two 2..512, index a multiple of length, base 0 or
 * log2(piece_length/16384), proof_layers below the layers above base)? */
bool merkle_request_is_valid(const struct merkle_request *r, uint64_t file_size,
                             uint32_t piece_length);

#endif /* P2P_CRYPTO_MERKLE_H */
