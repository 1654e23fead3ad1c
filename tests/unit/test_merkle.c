/* Tests of crypto/merkle.
 *
 * Three judges: roots and piece layers that libtorrent 2.0.8 made for the same
 * content, a naive recursive tree over the whole padded leaf layer, and BEP 52
 * itself for the rules of hash requests.
 */
#include "config.h"

#include "crypto/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "util/hex.h"

enum { KIB = 1024 };

/* ---- Helpers ------------------------------------------------------------ */

static void evp(const void *data, size_t size, merkle_hash out)
{
    assert_int_equal(EVP_Digest(data, size, out, NULL, EVP_sha256(), NULL), 1);
}

/* Content every test and libtorrent's run agree on. */
static uint8_t *content(size_t size)
{
    uint8_t *data = malloc(size);

    assert_non_null(data);
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)((uint32_t)i * 2654435761u >> 24);
    }
    return data;
}

/* The tree as the text of BEP 52 has it: all leaves of the layer written out,
 * the missing ones as zeros, and pairs hashed until one is left. */
static void naive_root(const uint8_t *data, size_t size, size_t width,
                       merkle_hash out)
{
    merkle_hash *layer = calloc(width, sizeof *layer);

    assert_non_null(layer);
    for (size_t i = 0; i * MERKLE_BLOCK < size; i++) {
        size_t rest = size - i * MERKLE_BLOCK;

        assert_true(i < width);
        evp(data + i * MERKLE_BLOCK, rest < MERKLE_BLOCK ? rest : MERKLE_BLOCK,
            layer[i]);
    }
    for (; width > 1; width /= 2) {
        for (size_t i = 0; i < width / 2; i++) {
            evp(layer[2 * i], sizeof(merkle_hash) * 2, layer[i]);
        }
    }
    memcpy(out, layer[0], sizeof(merkle_hash));
    free(layer);
}

/* Hashes of a file as a publisher computes them. */
struct file {
    uint8_t *data;
    uint64_t size;
    uint32_t piece_length;
    uint64_t blocks;
    uint64_t piece_count;
    merkle_hash *leaves;
    merkle_hash *pieces;
    merkle_hash root;
};

static struct file *file_new(uint64_t size, uint32_t piece_length)
{
    struct file *f = calloc(1, sizeof *f);
    uint64_t per_piece = piece_length / MERKLE_BLOCK;

    assert_non_null(f);
    f->data = content(size);
    f->size = size;
    f->piece_length = piece_length;
    f->blocks = (size + MERKLE_BLOCK - 1) / MERKLE_BLOCK;
    f->piece_count = (size + piece_length - 1) / piece_length;
    f->leaves = calloc(f->blocks, sizeof *f->leaves);
    f->pieces = calloc(f->piece_count, sizeof *f->pieces);
    assert_non_null(f->leaves);
    assert_non_null(f->pieces);
    sha256_leaves(f->data, size, f->leaves);
    for (uint64_t i = 0; i < f->piece_count; i++) {
        uint64_t first = i * per_piece;
        uint64_t count = f->blocks - first;

        merkle_piece_root(f->leaves + first,
                          (uint32_t)(count < per_piece ? count : per_piece),
                          size, piece_length, f->pieces[i]);
    }
    merkle_file_root(f->pieces, f->piece_count, size, piece_length, f->root);
    return f;
}

static void file_free(struct file *f)
{
    free(f->data);
    free(f->leaves);
    free(f->pieces);
    free(f);
}

static void assert_hex(const merkle_hash got, const char *hex)
{
    char text[2 * SHA256_SIZE + 1];

    hex_encode(got, SHA256_SIZE, text);
    assert_string_equal(text, hex);
}

/* ---- Numbers and pads --------------------------------------------------- */

/* Powers of two are their own width; others go up. */
static void merkle_width_rounds_up(void **state)
{
    (void)state;
    assert_int_equal(merkle_width(1), 1);
    assert_int_equal(merkle_width(2), 2);
    assert_int_equal(merkle_width(3), 4);
    assert_int_equal(merkle_width(4), 4);
    assert_int_equal(merkle_width(1025), 2048);
    assert_true(merkle_width(((uint64_t)1 << 62) + 1) == (uint64_t)1 << 63);
    assert_int_equal(merkle_log2(1), 0);
    assert_int_equal(merkle_log2(1024), 10);
    assert_int_equal(merkle_log2((uint64_t)1 << 63), 63);
}

/* P0 is zeros (not the hash of zeros), P1 the hash of 64 zeros, and so on. */
static void merkle_pad_first_heights(void **state)
{
    merkle_hash pair[2] = {{0}};
    merkle_hash expected = {0};
    merkle_hash got;

    (void)state;
    for (unsigned height = 0; height < MERKLE_LAYERS_MAX; height++) {
        merkle_pad(height, got);
        assert_memory_equal(got, expected, sizeof got);
        memcpy(pair[0], expected, sizeof expected);
        memcpy(pair[1], expected, sizeof expected);
        evp(pair, sizeof pair, expected);
    }
    merkle_pad(1, got); /* SHA-256 of 64 zero bytes */
    assert_hex(got, "f5a5fd42d16a20302798ef6ed309979b"
                    "43003d2320d9f0e8ea9831a92759fb4b");
}

/* ---- Roots -------------------------------------------------------------- */

/* S4-04: roots and piece layers that libtorrent 2.0.8 made (create_torrent,
 * v2_only) of the content above. */
static void roots_equal_libtorrent(void **state)
{
    static const struct {
        uint32_t piece_length;
        uint32_t size;
        const char *root;
        const char *layer; /* SHA-256 of its piece layer; NULL without one */
    } golden[] = {
        {16384, 1,
         "6e340b9cffb37a989ca544e6bb780a2c"
         "78901d3fb33738768511a30617afa01d",
         NULL},
        {16384, 16384,
         "8d5a927da22402130e8b3197f1be29eb"
         "a10ca80071426f10eed00cb5fa4c4cbb",
         NULL},
        {16384, 16385,
         "2d66247c6787cceae3a9218e2d6f4099"
         "511b2e61ae0561a9757f5a7bd47a0d18",
         "2d66247c6787cceae3a9218e2d6f4099"
         "511b2e61ae0561a9757f5a7bd47a0d18"},
        {16384, 81921,
         "5a7996093ffe44aa9c061c9f3c293795"
         "f3d9aa1717d2efe212683a40789a1d2d",
         "fb01bcb48dee52764d2a9a536148d3c0"
         "b30022a95167b890cdef8555de99d9a3"},
        {16384, 327680,
         "f7162eeca177113153e5cde544f5678f"
         "0ac7d3a6c06108bc88aebf6782877941",
         "91dee2d47caab8a5f685a3368058f0eb"
         "36f7cb3df777fc24bf5db18a8704c4e6"},
        {65536, 1,
         "6e340b9cffb37a989ca544e6bb780a2c"
         "78901d3fb33738768511a30617afa01d",
         NULL},
        {65536, 16384,
         "8d5a927da22402130e8b3197f1be29eb"
         "a10ca80071426f10eed00cb5fa4c4cbb",
         NULL},
        {65536, 40000,
         "4a81d3b69cf757771805b618dd65bbd7"
         "f5bfbc6d9d67599d8390bdd9da7991be",
         NULL},
        {65536, 65536,
         "b0fadd6d59464b356f9a58a19050975f"
         "f0bbf3e814d262f42343a761780ed1ee",
         NULL},
        {65536, 65537,
         "3da4b677f72ff2937e8d654b32cb08e2"
         "5aa75932eabacc5ea2cc49478337a448",
         "3da4b677f72ff2937e8d654b32cb08e2"
         "5aa75932eabacc5ea2cc49478337a448"},
        {65536, 200000,
         "df71e8f57cc0e1606cbdbd6cf50714c9"
         "f89050f65112be14c9ef618df6700219",
         "c62a287b9cd2806d3dd0bd0e543c6df1"
         "e9cab47bf0cb379623616d631b7cacf7"},
        {65536, 196608,
         "52895f6ce79864cf8e17d53f1030020a"
         "ab9a680b883e85ebdd06db4c738962a0",
         "4b28b4f884702853086553e312ab8e0f"
         "0f771286829545f3fcbe1351434c370b"},
        {65536, 1048577,
         "d82f5c7dd40abb5909d4430f795370ce"
         "b911178742f9c7306bffae955fe94432",
         "4620550e062d507b7b988a547189cd32"
         "38fa577c29e0db5eba6e0f383b918d73"},
        {262144, 262145,
         "d3828b4165bdf271dad95dfd8093d8bc"
         "908916bb3490efb2b6f0cdc29fc5d727",
         "d3828b4165bdf271dad95dfd8093d8bc"
         "908916bb3490efb2b6f0cdc29fc5d727"},
        {262144, 700001,
         "e3f14080dcc2f0be91908420dcd670a0"
         "db3286bb4688b307820039d196fc76f0",
         "6c8945e93db0839435cc9d25746f2e21"
         "87c3eb192d5374f459cb9d49220170d6"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        struct file *f = file_new(golden[i].size, golden[i].piece_length);
        merkle_hash layer;

        assert_hex(f->root, golden[i].root);
        if (golden[i].layer != NULL) {
            evp(f->pieces, f->piece_count * sizeof *f->pieces, layer);
            assert_hex(layer, golden[i].layer);
        } else {
            assert_int_equal(f->piece_count, 1);
        }
        file_free(f);
    }
}

/* The same tree as the naive one, around every edge of blocks and pieces. The
 * whole tree of a larger file is as wide as all padded pieces together. */
static void roots_equal_naive_tree(void **state)
{
    static const uint32_t lengths[] = {16 * KIB, 32 * KIB, 64 * KIB, 256 * KIB};
    static const int around[] = {-1, 0, 1};

    (void)state;
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        for (uint64_t blocks = 1; blocks <= 40; blocks++) {
            for (size_t a = 0; a < 3; a++) {
                uint64_t size = blocks * MERKLE_BLOCK + (uint64_t)around[a];
                struct file *f = file_new(size, lengths[k]);
                uint64_t width = size <= lengths[k]
                                     ? merkle_width(f->blocks)
                                     : merkle_width(f->piece_count) *
                                           (lengths[k] / MERKLE_BLOCK);
                merkle_hash expected;

                naive_root(f->data, size, width, expected);
                assert_memory_equal(f->root, expected, sizeof expected);
                file_free(f);
            }
        }
    }
}

/* No nodes at all make the pad of the tree's height. */
static void merkle_root_without_nodes_is_pad(void **state)
{
    merkle_hash got;
    merkle_hash expected;

    (void)state;
    merkle_root(NULL, 0, 8, 2, got);
    merkle_pad(5, expected);
    assert_memory_equal(got, expected, sizeof got);
    merkle_root(NULL, 0, 1, 0, got);
    merkle_pad(0, expected);
    assert_memory_equal(got, expected, sizeof got);
}

/* Inner nodes, also half and wholly in the missing part. */
static void merkle_node_every_place(void **state)
{
    struct file *f = file_new(11 * MERKLE_BLOCK + 5, 32 * MERKLE_BLOCK);
    merkle_hash full[16] = {{0}};
    merkle_hash got;

    (void)state;
    memcpy(full, f->leaves, f->blocks * sizeof *full);
    for (unsigned levels = 0; levels <= 4; levels++) {
        for (uint64_t i = 0; i < 16u >> levels; i++) {
            merkle_node(f->leaves, f->blocks, 0, levels, i, got);
            assert_memory_equal(got, full[i], sizeof got);
        }
        for (uint64_t i = 0; i < 16u >> (levels + 1); i++) {
            evp(full[2 * i], 2 * sizeof *full, full[i]);
        }
    }
    merkle_pad(3, got); /* far outside */
    merkle_node(f->leaves, f->blocks, 0, 3, UINT64_MAX >> 3, full[0]);
    assert_memory_equal(full[0], got, sizeof got);
    file_free(f);
}

/* ---- Hash requests ------------------------------------------------------ */

/* BEP 52: the asker leaves out the layers it can compute itself. */
static void merkle_uncle_count_by_rule(void **state)
{
    static const struct {
        uint32_t length;
        uint32_t proof_layers;
        uint32_t uncles;
    } cases[] = {
        {2, 0, 0},     {2, 1, 1},   {2, 9, 9},   {4, 0, 0},    {4, 1, 0},
        {4, 2, 1},     {512, 8, 0}, {512, 9, 1}, {512, 10, 2}, {512, 0, 0},
        {512, 40, 32}, {1, 5, 0},   {3, 5, 0},   {0, 5, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct merkle_request r = {.length = cases[i].length,
                                   .proof_layers = cases[i].proof_layers};

        assert_int_equal(merkle_uncle_count(&r), cases[i].uncles);
    }
}

/* An honest answer to `r` over the leaves (base 0) or pieces of `f`, and the
 * node that it must lead to. */
struct answer {
    merkle_hash hashes[MERKLE_REQUEST_MAX];
    merkle_hash uncles[MERKLE_LAYERS_MAX];
    merkle_hash expected;
};

static void answer_make(const struct file *f, const struct merkle_request *r,
                        struct answer *out)
{
    unsigned piece_layer = merkle_log2(f->piece_length / MERKLE_BLOCK);
    bool leaves = r->base == 0;
    const merkle_hash *nodes = leaves ? f->leaves : f->pieces;
    uint64_t count = leaves ? f->blocks : f->piece_count;
    unsigned height = leaves ? 0 : piece_layer;
    unsigned level = merkle_log2(r->length);
    uint64_t place = r->index >> level;
    uint32_t uncles = merkle_uncle_count(r);

    for (uint32_t i = 0; i < r->length; i++) {
        merkle_node(nodes, count, height, 0, r->index + i, out->hashes[i]);
    }
    for (uint32_t i = 0; i < uncles; i++) {
        merkle_node(nodes, count, height, level, place ^ 1, out->uncles[i]);
        level++;
        place >>= 1;
    }
    merkle_node(nodes, count, height, level, place, out->expected);
}

/* Every valid request of several files is answered so that it verifies: whole
 * layers, runs with proof, proofs up to the root, runs into the pad. */
static void merkle_verify_every_valid_request(void **state)
{
    static const struct {
        uint64_t size;
        uint32_t piece_length;
    } files[] = {
        {21 * 64 * KIB + 7, 64 * KIB}, {21 * 16 * KIB + 7, 16 * KIB},
        {11 * 16 * KIB, 256 * KIB},    {64 * KIB, 64 * KIB},
        {3 * 32 * KIB, 32 * KIB},
    };
    struct answer *a = calloc(1, sizeof *a);
    unsigned checked = 0;

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct file *f = file_new(files[i].size, files[i].piece_length);
        struct merkle_request r;

        for (r.base = 0; r.base <= 4; r.base++) {
            for (r.length = 2; r.length <= 512; r.length *= 2) {
                for (r.index = 0; r.index < 256; r.index += r.length) {
                    for (r.proof_layers = 0; r.proof_layers < 10;
                         r.proof_layers++) {
                        if (!merkle_request_is_valid(&r, f->size,
                                                     f->piece_length)) {
                            continue;
                        }
                        answer_make(f, &r, a);
                        assert_true(merkle_verify(&r, a->hashes, a->uncles,
                                                  a->expected));
                        /* A proof over all layers but the root's ends there. */
                        r.proof_layers++;
                        if (!merkle_request_is_valid(&r, f->size,
                                                     f->piece_length)) {
                            assert_memory_equal(a->expected, f->root,
                                                sizeof f->root);
                        }
                        r.proof_layers--;
                        checked++;
                    }
                }
            }
        }
        file_free(f);
    }
    assert_true(checked > 500);
    free(a);
}

/* One wrong bit anywhere, swapped hashes or another place do not verify. */
static void merkle_verify_refuses_false_answers(void **state)
{
    struct file *f = file_new(37 * 64 * KIB + 1, 64 * KIB);
    struct merkle_request r = {
        .base = 2, .index = 8, .length = 4, .proof_layers = 5};
    struct answer a;
    merkle_hash swap;

    (void)state;
    assert_true(merkle_request_is_valid(&r, f->size, f->piece_length));
    assert_int_equal(merkle_uncle_count(&r), 4);
    answer_make(f, &r, &a);
    assert_memory_equal(a.expected, f->root, sizeof f->root);
    assert_true(merkle_verify(&r, a.hashes, a.uncles, f->root));
    for (size_t i = 0; i < 4; i++) {
        a.hashes[i][31] ^= 1;
        assert_false(merkle_verify(&r, a.hashes, a.uncles, f->root));
        a.hashes[i][31] ^= 1;
        a.uncles[i][0] ^= 0x80;
        assert_false(merkle_verify(&r, a.hashes, a.uncles, f->root));
        a.uncles[i][0] ^= 0x80;
    }
    memcpy(swap, a.hashes[0], sizeof swap);
    memcpy(a.hashes[0], a.hashes[1], sizeof swap);
    memcpy(a.hashes[1], swap, sizeof swap);
    assert_false(merkle_verify(&r, a.hashes, a.uncles, f->root));
    memcpy(a.hashes[1], a.hashes[0], sizeof swap);
    memcpy(a.hashes[0], swap, sizeof swap);
    r.index = 12; /* the brother's place */
    assert_false(merkle_verify(&r, a.hashes, a.uncles, f->root));
    r.index = 8;
    assert_true(merkle_verify(&r, a.hashes, a.uncles, f->root));
    file_free(f);
}

/* Shapes that BEP 52 does not know are refused before anything is hashed. */
static void merkle_verify_refuses_bad_shapes(void **state)
{
    static const struct merkle_request bad[] = {
        {.length = 0},
        {.length = 1},
        {.length = 3},
        {.length = UINT32_MAX},
        {.length = 2, .index = 1},
        {.length = 4, .index = 2},
        {.length = 2, .proof_layers = UINT32_MAX},
        {.length = 2, .proof_layers = MERKLE_LAYERS_MAX},
    };
    merkle_hash any = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(merkle_verify(&bad[i], &any, &any, any));
    }
}

/* Which requests a holder answers, for a file of 1501 pieces of 64 KiB:
 * piece layer 2, padded to 2048 pieces and 8192 leaves. */
static void merkle_request_is_valid_large_file(void **state)
{
    static const struct {
        struct merkle_request r;
        bool valid;
    } cases[] = {
        {{2, 0, 512, 10}, true},   /* as libtorrent asks first */
        {{2, 512, 512, 9}, true},  /* ... and goes on */
        {{2, 1024, 512, 0}, true}, /* runs into the pad: 1501..1535 */
        {{2, 1536, 512, 10}, true},
        {{2, 2048, 512, 0}, false}, /* behind the pad */
        {{2, 0, 512, 11}, false},   /* the root has no brother */
        {{2, 0, 1024, 0}, false},   /* longer than we serve */
        {{2, 2, 4, 0}, false},      /* not aligned */
        {{2, 0, 1, 0}, false},
        {{2, 0, 0, 0}, false},
        {{2, 0, 3, 0}, false},
        {{2, 0, 2, 10}, true},
        {{2, 0xfffffe00u, 512, 0}, false}, /* index + length wraps */
        {{0, 0, 4, 0}, true},              /* the leaves of one piece */
        {{0, 8188, 4, 12}, true},
        {{0, 8192, 4, 0}, false},
        {{0, 0, 4, 13}, false},
        {{1, 0, 4, 0}, false}, /* neither leaves nor pieces */
        {{3, 0, 4, 0}, false},
        {{64, 0, 4, 0}, false},
        {{UINT32_MAX, 0, 4, 0}, false},
        {{0, 0, 4, UINT32_MAX}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(merkle_request_is_valid(
                             &cases[i].r, 1501ull * 64 * KIB - 3, 64 * KIB),
                         cases[i].valid);
    }
}

/* Small files: nothing to ask of a single block, and no piece layer in a file
 * of one piece. */
static void merkle_request_is_valid_small_files(void **state)
{
    struct merkle_request leaves = {0, 0, 2, 0};
    struct merkle_request pieces = {2, 0, 2, 0};

    (void)state;
    assert_false(merkle_request_is_valid(&leaves, 0, 64 * KIB));
    assert_false(merkle_request_is_valid(&leaves, 1, 64 * KIB));
    assert_false(merkle_request_is_valid(&leaves, 16 * KIB, 64 * KIB));
    assert_true(merkle_request_is_valid(&leaves, 16 * KIB + 1, 64 * KIB));
    leaves.proof_layers = 1; /* the two leaves are the root's children */
    assert_false(merkle_request_is_valid(&leaves, 16 * KIB + 1, 64 * KIB));
    assert_false(merkle_request_is_valid(&pieces, 16 * KIB + 1, 64 * KIB));
    assert_false(merkle_request_is_valid(&pieces, 64 * KIB, 64 * KIB));
    assert_true(merkle_request_is_valid(&pieces, 64 * KIB + 1, 64 * KIB));
    leaves.proof_layers = 0; /* pieces of 16 KiB: both layers are layer 0 */
    assert_true(merkle_request_is_valid(&leaves, 16 * KIB + 1, 16 * KIB));
}

/* Numbers from a hostile manifest do no harm. */
static void merkle_request_is_valid_bad_numbers(void **state)
{
    struct merkle_request r = {0, 0, 2, 0};

    (void)state;
    assert_false(merkle_request_is_valid(&r, 1 << 20, 0));
    assert_false(merkle_request_is_valid(&r, 1 << 20, 8 * KIB));
    assert_false(merkle_request_is_valid(&r, 1 << 20, 48 * KIB));
    assert_true(merkle_request_is_valid(&r, UINT64_MAX, 16 * KIB));
    assert_true(merkle_request_is_valid(&r, UINT64_MAX, 0x80000000u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merkle_width_rounds_up),
        cmocka_unit_test(merkle_pad_first_heights),
        cmocka_unit_test(roots_equal_libtorrent),
        cmocka_unit_test(roots_equal_naive_tree),
        cmocka_unit_test(merkle_root_without_nodes_is_pad),
        cmocka_unit_test(merkle_node_every_place),
        cmocka_unit_test(merkle_uncle_count_by_rule),
        cmocka_unit_test(merkle_verify_every_valid_request),
        cmocka_unit_test(merkle_verify_refuses_false_answers),
        cmocka_unit_test(merkle_verify_refuses_bad_shapes),
        cmocka_unit_test(merkle_request_is_valid_large_file),
        cmocka_unit_test(merkle_request_is_valid_small_files),
        cmocka_unit_test(merkle_request_is_valid_bad_numbers),
    };
    return cmocka_run_group_tests_name("crypto/merkle", tests, NULL, NULL);
}
