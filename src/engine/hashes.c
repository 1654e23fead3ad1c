#include "config.h"

#include "engine/hashes.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/merkle.h"
#include "engine/content.h"
#include "engine/item.h"
#include "engine/storage.h"
#include "util/bitfield.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/manifest.h"
#include "wire/peermsg.h"

struct hashes {
    atomic_uint refs;
    struct content *content;
    const struct manifest *m;
    struct map *by_root; /* 32 bytes -> struct manifest_file; read-only */
};

/* The tree of one file: `height` layers above the leaves in all, the piece
 * layer at `piece_height` (0 for a file of one piece: nothing lies above). */
struct tree {
    const struct manifest_file *file;
    unsigned height, piece_height;
    bool is_small; /* at most one piece */
};

/* Leaves of one piece at a time, while an answer is made. */
struct cache {
    const struct hashes *h;
    uint8_t (*leaves)[32];
    uint32_t piece; /* UINT32_MAX: none yet */
    uint32_t count;
};

static unsigned log2_of(uint64_t n)
{
    return merkle_log2(merkle_width(n));
}

static uint64_t blocks_of(uint64_t bytes)
{
    return (bytes + MANIFEST_BLOCK - 1) / MANIFEST_BLOCK;
}

static struct tree tree_of(const struct manifest *m,
                           const struct manifest_file *f)
{
    struct tree t = {.file = f};

    t.is_small = f->piece_count <= 1;
    if (t.is_small) {
        t.height = log2_of(blocks_of(f->size));
        t.piece_height = t.height;
    } else {
        t.piece_height = log2_of(m->piece_length / MANIFEST_BLOCK);
        t.height = t.piece_height + log2_of(f->piece_count);
    }
    return t;
}

uint32_t hashes_block_count(const struct manifest *m, uint32_t piece)
{
    uint64_t offset;
    uint32_t length;

    (void)manifest_piece(m, piece, &offset, &length);
    return (uint32_t)blocks_of(length);
}

uint32_t hashes_request_count(const struct manifest *m, uint32_t piece)
{
    uint64_t offset;
    uint32_t length;
    struct tree t = tree_of(m, manifest_piece(m, piece, &offset, &length));
    uint32_t blocks = (uint32_t)blocks_of(length);

    if (t.piece_height == 0) {
        return 0;
    }
    return (blocks + HASHES_CHUNK - 1) / HASHES_CHUNK;
}

void hashes_request(const struct manifest *m, uint32_t piece, uint32_t part,
                    struct peermsg_hash_request *out)
{
    uint64_t offset;
    uint32_t length;
    const struct manifest_file *f = manifest_piece(m, piece, &offset, &length);
    struct tree t = tree_of(m, f);
    uint32_t width = UINT32_C(1) << t.piece_height;
    uint32_t chunk = width < HASHES_CHUNK ? width : HASHES_CHUNK;

    memset(out, 0, sizeof *out);
    memcpy(out->root, f->root, sizeof out->root);
    out->base = 0;
    out->index = (piece - f->first_piece) * width + part * chunk;
    out->length = chunk;
    /* BEP 52: enough layers of proof to end at the piece's hash. */
    out->proof_layers = t.piece_height - 1;
}

static struct merkle_request shape_of(const struct peermsg_hash_request *r)
{
    return (struct merkle_request){.base = r->base,
                                   .index = r->index,
                                   .length = r->length,
                                   .proof_layers = r->proof_layers};
}

bool hashes_are_proved(const struct manifest *m, uint32_t piece,
                       const struct peermsg_hash_request *r,
                       const uint8_t *data, uint32_t count)
{
    struct merkle_request shape = shape_of(r);
    const uint8_t *expected = manifest_piece_hash(m, piece);
    const merkle_hash *hashes = (const void *)data;

    if (expected == NULL || count != r->length + merkle_uncle_count(&shape)) {
        return false;
    }
    return merkle_verify(&shape, hashes, hashes + r->length, expected);
}

struct hashes *hashes_new(struct content *c)
{
    struct hashes *h = mem_calloc(1, sizeof *h);

    atomic_init(&h->refs, 1);
    h->content = content_ref(c);
    h->m = content_manifest(c);
    h->by_root = map_new();
    for (size_t i = 0; i < h->m->file_count; i++) {
        struct manifest_file *f = &h->m->files[i];

        if (f->piece_count > 0) {
            (void)map_put(h->by_root, f->root, sizeof f->root, f);
        }
    }
    return h;
}

struct hashes *hashes_ref(struct hashes *h)
{
    atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
    return h;
}

void hashes_unref(struct hashes *h)
{
    if (h == NULL ||
        atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    map_free(h->by_root, NULL);
    content_unref(h->content);
    free(h);
}

/* Are all pieces verified whose leaves the request names? */
static bool has_pieces(const struct hashes *h, const struct tree *t,
                       const struct peermsg_hash_request *r)
{
    const struct bitfield *verified = content_verified(h->content);
    uint32_t low, high;

    if (r->base >= t->piece_height && !t->is_small) {
        return true; /* answered from the piece layer */
    }
    low = r->index >> t->piece_height;
    high = (r->index + r->length - 1) >> t->piece_height;
    for (uint32_t i = low; i <= high && i < t->file->piece_count; i++) {
        if (!bitfield_test(verified, t->file->first_piece + i)) {
            return false;
        }
    }
    return true;
}

bool hashes_can_answer(const struct hashes *h,
                       const struct peermsg_hash_request *r, uint32_t *cost)
{
    const struct manifest_file *f;
    struct merkle_request shape = shape_of(r);
    struct tree t;

    f = map_get(h->by_root, r->root, sizeof r->root);
    if (f == NULL || f->size <= MANIFEST_BLOCK ||
        !merkle_request_is_valid(&shape, f->size, h->m->piece_length)) {
        return false;
    }
    t = tree_of(h->m, f);
    if (!t.is_small && f->layer == NULL) {
        return false;
    }
    /* Proofs above the piece layer hash a part of that layer anew. */
    *cost = r->length;
    if (!t.is_small && r->base + r->proof_layers >= t.piece_height) {
        *cost += f->piece_count / 16;
    }
    return has_pieces(h, &t, r);
}

/* Bring the leaves of a piece into the cache. */
static int load_leaves(struct cache *c, uint32_t piece, struct err *e)
{
    const struct manifest *m = c->h->m;
    const struct manifest_file *f;
    const uint8_t *expected = manifest_piece_hash(m, piece);
    uint64_t offset;
    uint32_t length;
    merkle_hash root;
    bool matches = false;
    int rv;

    if (c->piece == piece) {
        return 0;
    }
    f = manifest_piece(m, piece, &offset, &length);
    c->piece = UINT32_MAX;
    c->count = (uint32_t)blocks_of(length);
    rv =
        item_read_leaves(content_state_dir(c->h->content), m, piece, c->leaves);
    if (rv == 0) {
        merkle_piece_root((const merkle_hash *)c->leaves, c->count, f->size,
                          m->piece_length, root);
        matches = memcmp(root, expected, sizeof root) == 0;
    }
    if (!matches) {
        rv = storage_hash_piece(content_storage(c->h->content), piece,
                                c->leaves, &matches, e);
        if (rv < 0) {
            return rv;
        }
        if (!matches) {
            return err_set(e, P2P_EVERIFY, "piece %u changed on disk", piece);
        }
    }
    c->piece = piece;
    return 0;
}

/* The node `index` at `height` layers above the leaves. */
static int node_at(struct cache *c, const struct tree *t, unsigned height,
                   uint64_t index, merkle_hash out, struct err *e)
{
    unsigned up = height;
    uint64_t low, count;
    uint64_t piece = 0;
    int rv;

    if (!t->is_small && height >= t->piece_height) {
        up = height - t->piece_height;
        low = index << up;
        if (low >= t->file->piece_count) {
            merkle_pad(height, out);
            return 0;
        }
        count = t->file->piece_count - low;
        count = count < (UINT64_C(1) << up) ? count : UINT64_C(1) << up;
        merkle_root((const void *)(t->file->layer + low * 32), count,
                    UINT64_C(1) << up, t->piece_height, out);
        return 0;
    }
    low = index << up;
    if (!t->is_small) {
        piece = low >> t->piece_height;
        low -= piece << t->piece_height;
    }
    if (piece >= t->file->piece_count) {
        merkle_pad(height, out);
        return 0;
    }
    rv = load_leaves(c, t->file->first_piece + (uint32_t)piece, e);
    if (rv < 0) {
        return rv;
    }
    if (low >= c->count) {
        merkle_pad(height, out);
        return 0;
    }
    count = c->count - low;
    count = count < (UINT64_C(1) << up) ? count : UINT64_C(1) << up;
    merkle_root((const merkle_hash *)c->leaves + low, count, UINT64_C(1) << up,
                0, out);
    return 0;
}

int hashes_answer(const struct hashes *h, const struct peermsg_hash_request *r,
                  struct buf *out, struct err *e)
{
    struct merkle_request shape = shape_of(r);
    uint32_t count = r->length + merkle_uncle_count(&shape);
    const struct manifest_file *f;
    struct cache cache = {.h = h, .piece = UINT32_MAX};
    merkle_hash *nodes = mem_alloc((size_t)count * sizeof *nodes);
    struct tree t;
    unsigned height;
    uint64_t index;
    int rv = 0;

    assert(r->length > 0); /* hashes_can_answer() refuses others */
    cache.leaves = mem_alloc((size_t)h->m->piece_length / MANIFEST_BLOCK * 32);
    f = map_get(h->by_root, r->root, sizeof r->root);
    t = tree_of(h->m, f);
    for (uint32_t i = 0; i < r->length && rv == 0; i++) {
        rv = node_at(&cache, &t, r->base, (uint64_t)r->index + i, nodes[i], e);
    }
    /* BEP 52: then the uncles, upwards. */
    height = r->base + merkle_log2(r->length);
    index = r->index / r->length;
    for (uint32_t i = r->length; i < count && rv == 0; i++) {
        rv = node_at(&cache, &t, height, index ^ 1, nodes[i], e);
        height++;
        index >>= 1;
    }
    if (rv == 0) {
        peermsg_put_hashes(out, r, (const uint8_t *)nodes, count);
    }
    free(cache.leaves);
    free(nodes);
    return rv;
}
