#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/reference_hash.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "wire/manifest.h"

enum {
    PIECE = 32 * 1024, /* bytes; the piece length of tests/data */
    FILES_MAX = 16,
};

/* Files with known content, hashed, and a source that names them. */
struct sample {
    struct manifest_source source;
    struct manifest_source_file files[FILES_MAX];
    uint8_t pieces[FILES_MAX][64][32];
};

/* The content of every file of a size, as in tests/data/make-torrents.py. */
static uint8_t *content(size_t size)
{
    uint8_t *data = malloc(size > 0 ? size : 1);

    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(7 * i + i / 251);
    }
    return data;
}

static void add_file(struct sample *s, const char *path, size_t size)
{
    size_t n = s->source.file_count++;
    struct manifest_source_file *f = &s->files[n];
    uint8_t *data = content(size);

    assert_true(n < FILES_MAX);
    f->path = path;
    f->size = size;
    if (size > 0) {
        reference_hash_file(data, size, s->source.piece_length, s->pieces[n],
                            f->root);
    }
    f->piece_count = (uint32_t)((size + s->source.piece_length - 1) /
                                s->source.piece_length);
    if (f->piece_count > 1) {
        f->layer = s->pieces[n][0];
    }
    free(data);
}

static const char root_pem[] = "-----BEGIN CERTIFICATE-----\n"
                               "bm90IGEgcmVhbCBvbmU=\n"
                               "-----END CERTIFICATE-----\n";

static void start_sample(struct sample *s, const char *name, bool is_directory)
{
    memset(s, 0, sizeof(*s));
    s->source.name = name;
    s->source.is_directory = is_directory;
    s->source.piece_length = PIECE;
    s->source.root_pem = root_pem;
    s->source.files = s->files;
}

/* The item of directory.torrent, its files in no good order. */
static void directory_sample(struct sample *s)
{
    start_sample(s, "item", true);
    add_file(s, "z", 3 * PIECE);
    add_file(s, "sub/twin-2", 5 * PIECE - 7);
    add_file(s, "a.txt", 16385);
    add_file(s, "sub/deep/piece+1", PIECE + 1);
    add_file(s, "a-b", 16384);
    add_file(s, "empty", 0);
    add_file(s, "a/b.txt", 1);
    add_file(s, "sub/deep/piece", PIECE);
    add_file(s, "sub/twin-1", 5 * PIECE - 7);
}

static struct manifest *build(const struct manifest_source *source)
{
    struct manifest *m = NULL;
    struct err e = {0};

    if (manifest_build(source, &reference_hasher, &m, &e) != 0) {
        fail_msg("%s", e.text);
    }
    return m;
}

static int build_code(const struct manifest_source *source)
{
    struct manifest *m = NULL;
    struct err e = {0};
    int rv = manifest_build(source, &reference_hasher, &m, &e);

    if (rv == 0) {
        manifest_free(m);
    } else {
        assert_null(m);
        assert_int_equal(e.code, rv);
        assert_true(strlen(e.text) > 0);
    }
    return rv;
}

static int parse_code(const void *info, size_t size)
{
    struct manifest *m = NULL;
    struct err e = {0};
    int rv = manifest_parse(info, size, NULL, 0, &reference_hasher, &m, &e);

    if (rv == 0) {
        manifest_free(m);
    } else {
        assert_null(m);
        assert_int_equal(e.code, rv);
        assert_true(strlen(e.text) > 0);
    }
    return rv;
}

static struct manifest *load_torrent(const char *name)
{
    const char *srcdir = getenv("srcdir");
    struct manifest *m = NULL;
    struct err e = {0};
    uint8_t *data;
    size_t size;
    char path[1000];

    snprintf(path, sizeof(path), "%s/tests/data/%s",
             srcdir != NULL ? srcdir : ".", name);
    if (fd_read_file(path, 1 << 20, &data, &size) != 0) {
        fail_msg("cannot read %s (srcdir tells where the sources are)", path);
    }
    if (manifest_parse_torrent(data, size, &reference_hasher, &m, &e) != 0) {
        fail_msg("%s", e.text);
    }
    free(data);
    return m;
}

/* What libtorrent makes of a directory is read as we mean it: order, places,
 * roots, layers and hash. */
static void manifest_parse_torrent_of_libtorrent(void **state)
{
    static const struct {
        const char *path;
        uint64_t size;
        uint32_t first, count;
    } expected[] = {
        {"a/b.txt", 1, 0, 1},
        {"a-b", 16384, 1, 1},
        {"a.txt", 16385, 2, 1},
        {"empty", 0, 3, 0},
        {"sub/deep/piece", PIECE, 3, 1},
        {"sub/deep/piece+1", PIECE + 1, 4, 2},
        {"sub/twin-1", 5 * PIECE - 7, 6, 5},
        {"sub/twin-2", 5 * PIECE - 7, 11, 5},
        {"z", 3 * PIECE, 16, 3},
    };
    struct manifest *m = load_torrent("directory.torrent");
    char hash[65];

    (void)state;
    hex_encode(m->hash, 32, hash);
    assert_string_equal(
        hash,
        "110fcef548ca6486a6642b71a44e8a48084b6bf5d7b7d1c744f82a478f48abd6");
    assert_string_equal(m->name, "item");
    assert_true(m->is_directory);
    assert_true(m->is_private);
    assert_false(m->has_hidden);
    assert_string_equal(m->root_pem, root_pem);
    assert_int_equal(m->piece_length, PIECE);
    assert_int_equal(m->piece_count, 19);
    assert_int_equal(m->size, 1 + 16384 + 16385 + 2 * PIECE + 1 +
                                  2 * (5 * PIECE - 7) + 3 * PIECE);
    assert_int_equal(m->file_count, 9);
    for (size_t i = 0; i < m->file_count; i++) {
        const struct manifest_file *f = &m->files[i];
        uint8_t pieces[8][32];
        uint8_t root[32];
        uint8_t *data = content(f->size);

        assert_string_equal(f->path, expected[i].path);
        assert_int_equal(f->size, expected[i].size);
        assert_int_equal(f->first_piece, expected[i].first);
        assert_int_equal(f->piece_count, expected[i].count);
        assert_int_equal(f->layer != NULL, f->piece_count > 1);
        if (f->size > 0) {
            reference_hash_file(data, f->size, PIECE, pieces, root);
            assert_memory_equal(f->root, root, 32);
        }
        if (f->layer != NULL) {
            assert_memory_equal(f->layer, pieces, f->piece_count * 32);
        }
        free(data);
    }
    assert_ptr_equal(m->files[6].layer, m->files[7].layer); /* shared */
    manifest_free(m);
}

/* A single file stands in the root of the tree under the item's name. */
static void manifest_parse_torrent_single_file(void **state)
{
    struct manifest *m = load_torrent("single.torrent");
    char hash[65];

    (void)state;
    hex_encode(m->hash, 32, hash);
    assert_string_equal(
        hash,
        "caa579b69a54bcfb61b84376158d6fd71487791afa8e1adf0136bae5cde494a5");
    assert_false(m->is_directory);
    assert_int_equal(m->file_count, 1);
    assert_string_equal(m->name, "one.bin");
    assert_string_equal(m->files[0].path, "one.bin");
    assert_int_equal(m->files[0].size, 3 * PIECE + 5);
    assert_int_equal(m->piece_count, 4);
    manifest_free(m);
}

/* The trackers stand beside info, where a sorted dictionary wants them, so
 * that the hash stays the same. */
static void manifest_write_torrent_with_trackers(void **state)
{
    static const char *const trackers[] = {"one.example:1,sha256:00",
                                           "[::1]:2"};
    static const char expected[] =
        "12:p2p trackersl23:one.example:1,sha256:007:[::1]:2e12:piece layers";
    const struct manifest_places places = {.trackers = trackers,
                                           .tracker_count = 2};
    const struct manifest_places none = {0};
    struct manifest *m = load_torrent("directory.torrent");
    struct manifest *again = NULL;
    struct buf out;
    struct err e;

    (void)state;
    buf_init(&out, 1 << 20);
    assert_int_equal(manifest_write_torrent(m, &places, &out), 0);
    assert_non_null(memmem(buf_head(&out), buf_length(&out), expected,
                           sizeof(expected) - 1));
    assert_int_equal(manifest_parse_torrent(buf_head(&out), buf_length(&out),
                                            &reference_hasher, &again, &e),
                     0);
    assert_memory_equal(again->hash, m->hash, sizeof(m->hash));
    manifest_free(again);
    buf_clear(&out);
    assert_int_equal(manifest_write_torrent(m, &none, &out), 0);
    assert_null(memmem(buf_head(&out), buf_length(&out), "p2p", 3));
    buf_close(&out);
    buf_init(&out, m->info_size);
    assert_int_equal(manifest_write_torrent(m, &places, &out), P2P_ETOOBIG);
    buf_close(&out);
    manifest_free(m);
}

/* We write the very bytes that libtorrent writes, so the hash is the same. */
static void manifest_build_equals_libtorrent(void **state)
{
    struct manifest *theirs = load_torrent("directory.torrent");
    struct sample s;
    struct manifest *m;

    (void)state;
    directory_sample(&s);
    m = build(&s.source);
    assert_int_equal(m->info_size, theirs->info_size);
    assert_memory_equal(m->info, theirs->info, m->info_size);
    assert_int_equal(m->layers_size, theirs->layers_size);
    assert_memory_equal(m->layers, theirs->layers, m->layers_size);
    assert_memory_equal(m->hash, theirs->hash, 32);
    manifest_free(m);
    manifest_free(theirs);

    theirs = load_torrent("single.torrent");
    start_sample(&s, "one.bin", false);
    add_file(&s, NULL, 3 * PIECE + 5);
    m = build(&s.source);
    assert_memory_equal(m->hash, theirs->hash, 32);
    manifest_free(m);
    manifest_free(theirs);
}

/* Written as .torrent and read back, with and without announce URLs. */
static void manifest_write_torrent_reads_back(void **state)
{
    static const char *const announce[] = {"https://a.example/announce",
                                           "https://b.example/announce"};
    struct sample s;
    struct manifest *m;
    struct err e;

    (void)state;
    directory_sample(&s);
    m = build(&s.source);
    for (size_t count = 0; count <= 2; count++) {
        struct manifest *again;
        const struct manifest_places places = {.announce = announce,
                                               .announce_count = count};
        struct buf b;

        buf_init(&b, 1 << 20);
        assert_int_equal(manifest_write_torrent(m, &places, &b), 0);
        assert_int_equal(manifest_parse_torrent(buf_head(&b), buf_length(&b),
                                                &reference_hasher, &again, &e),
                         0);
        assert_memory_equal(again->hash, m->hash, 32);
        assert_int_equal(again->layers_size, m->layers_size);
        assert_int_equal(
            memmem(buf_head(&b), buf_length(&b), announce[0], 26) != NULL,
            count > 0);
        assert_int_equal(
            memmem(buf_head(&b), buf_length(&b), announce[1], 26) != NULL,
            count > 1);
        manifest_free(again);
        buf_close(&b);
    }
    manifest_free(m);
}

/* Without announce URLs it is the file that libtorrent wrote; a buffer that is
 * too small stays as it was. */
static void manifest_write_torrent_is_exact(void **state)
{
    struct manifest *m = load_torrent("single.torrent");
    const struct manifest_places none = {0};
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    assert_int_equal(manifest_write_torrent(m, &none, &b), 0);
    assert_int_equal(buf_length(&b), 441);
    buf_close(&b);
    buf_init(&b, 400);
    assert_int_equal(manifest_write_torrent(m, &none, &b), P2P_ETOOBIG);
    assert_int_equal(buf_length(&b), 0);
    buf_close(&b);
    manifest_free(m);
}

/* Build and parse agree at every edge of blocks and pieces. */
static void manifest_build_sizes_at_edges(void **state)
{
    static const size_t sizes[] = {0,
                                   1,
                                   16383,
                                   16384,
                                   16385,
                                   PIECE - 1,
                                   PIECE,
                                   PIECE + 1,
                                   2 * PIECE - 1,
                                   2 * PIECE,
                                   2 * PIECE + 1,
                                   3 * PIECE,
                                   17 * PIECE,
                                   17 * PIECE + 16384};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct manifest *again;
        struct sample s;
        struct manifest *m;

        start_sample(&s, "x", false);
        add_file(&s, NULL, sizes[i]);
        m = build(&s.source);
        assert_int_equal(m->size, sizes[i]);
        assert_int_equal(m->piece_count, (sizes[i] + PIECE - 1) / PIECE);
        assert_int_equal(manifest_parse(m->info, m->info_size, m->layers,
                                        m->layers_size, &reference_hasher,
                                        &again, &e),
                         0);
        assert_memory_equal(again->hash, m->hash, 32);
        assert_int_equal(again->piece_count, m->piece_count);
        assert_memory_equal(again->files[0].root, s.files[0].root, 32);
        manifest_free(again);
        manifest_free(m);
    }
}

/* Every piece is found in its file, with offset, length and hash; empty files
 * at the front, between and at the end do not confuse it. */
static void manifest_piece_of_every_index(void **state)
{
    struct sample s;
    struct manifest *m;
    uint32_t next = 0;

    (void)state;
    start_sample(&s, "item", true);
    add_file(&s, "a0", 0);
    add_file(&s, "a1", 0);
    add_file(&s, "b", 2 * PIECE + 1);
    add_file(&s, "c", 0);
    add_file(&s, "d", 5);
    add_file(&s, "e", 0);
    add_file(&s, "f", 3 * PIECE);
    add_file(&s, "g", 0);
    add_file(&s, "h", 0);
    m = build(&s.source);
    assert_int_equal(m->piece_count, 7);
    for (size_t i = 0; i < m->file_count; i++) {
        const struct manifest_file *f = &m->files[i];

        assert_int_equal(f->first_piece, next);
        for (uint32_t j = 0; j < f->piece_count; j++, next++) {
            uint64_t offset = 0;
            uint32_t length = 0;

            assert_ptr_equal(manifest_piece(m, next, &offset, &length), f);
            assert_int_equal(offset, (uint64_t)j * PIECE);
            assert_int_equal(length, f->size - offset < PIECE ? f->size - offset
                                                              : PIECE);
            assert_ptr_equal(manifest_piece_hash(m, next),
                             f->piece_count == 1 ? f->root : f->layer + 32 * j);
        }
    }
    assert_int_equal(next, 7);
    manifest_free(m);
}

/* Without layers only the pieces of small files have a known hash. */
static void manifest_piece_hash_without_layers(void **state)
{
    struct manifest *theirs = load_torrent("directory.torrent");
    struct manifest *m;
    struct err e;

    (void)state;
    assert_int_equal(manifest_parse(theirs->info, theirs->info_size, NULL, 0,
                                    &reference_hasher, &m, &e),
                     0);
    assert_null(m->layers);
    assert_ptr_equal(manifest_piece_hash(m, 0), m->files[0].root);
    assert_null(manifest_piece_hash(m, 4));
    assert_null(manifest_piece_hash(m, 18));
    manifest_free(m);
    manifest_free(theirs);
}

static int parse_layers(const struct manifest *m, const uint8_t *layers,
                        size_t size)
{
    struct manifest *again = NULL;
    struct err e;
    int rv = manifest_parse(m->info, m->info_size, layers, size,
                            &reference_hasher, &again, &e);

    manifest_free(again);
    return rv;
}

/* Any changed byte of the layers is noticed: a hash by the root it leads to, a
 * key because it is nobody's (T19). */
static void manifest_parse_every_changed_layer_byte(void **state)
{
    struct manifest *m = load_torrent("directory.torrent");
    uint8_t *layers = malloc(m->layers_size);
    size_t verify = 0;

    (void)state;
    memcpy(layers, m->layers, m->layers_size);
    assert_int_equal(parse_layers(m, layers, m->layers_size), 0);
    for (size_t i = 0; i < m->layers_size; i++) {
        int rv;

        layers[i] ^= 0x20;
        rv = parse_layers(m, layers, m->layers_size);
        assert_true(rv == P2P_EVERIFY || rv == P2P_EINVAL);
        verify += rv == P2P_EVERIFY;
        layers[i] ^= 0x20;
    }
    assert_int_equal(verify, (3 + 2 + 5) * 32); /* each byte of each hash */
    for (size_t size = 0; size < m->layers_size; size++) {
        assert_int_equal(parse_layers(m, layers, size), P2P_EINVAL);
    }
    free(layers);
    manifest_free(m);
}

/* Layers must be those of the item's files: all, and no others. */
static void manifest_parse_wrong_layers(void **state)
{
    struct manifest *m = load_torrent("single.torrent");
    struct manifest *other = load_torrent("directory.torrent");
    struct sample s;
    struct manifest *small;
    uint8_t bare[2000] = {0};

    (void)state;
    start_sample(&s, "x", false);
    add_file(&s, NULL, PIECE);
    small = build(&s.source);
    assert_int_equal(parse_layers(m, (const uint8_t *)"de", 2), P2P_EINVAL);
    assert_int_equal(parse_layers(m, (const uint8_t *)"le", 2), P2P_EINVAL);
    assert_int_equal(parse_layers(m, (const uint8_t *)"d1:a1:be", 8),
                     P2P_EINVAL);
    assert_int_equal(parse_layers(m, other->layers, other->layers_size),
                     P2P_EINVAL);
    assert_int_equal(parse_layers(other, m->layers, m->layers_size),
                     P2P_EINVAL);
    assert_int_equal(parse_layers(small, m->layers, m->layers_size),
                     P2P_EINVAL);
    assert_int_equal(parse_layers(small, (const uint8_t *)"de", 2), 0);
    assert_int_equal(parse_layers(small, bare, 0), P2P_EINVAL);

    /* A file of one piece has no entry: its root is the hash. */
    memcpy(bare, "d32:", 4);
    memcpy(bare + 4, small->files[0].root, 32);
    memcpy(bare + 36, "32:", 3);
    memcpy(bare + 39, small->files[0].root, 32);
    bare[71] = 'e';
    assert_int_equal(parse_layers(small, bare, 72), P2P_EINVAL);
    manifest_free(small);
    manifest_free(other);
    manifest_free(m);
}

/* A hash function whose root differs from the file's in the byte `wrong`. */
static int wrong_byte;

static void almost_root(const uint8_t (*pieces)[32], uint64_t count,
                        uint64_t file_size, uint32_t piece_length,
                        uint8_t out[32])
{
    reference_file_root(pieces, count, file_size, piece_length, out);
    out[wrong_byte] ^= 1;
}

/* All 32 bytes of the root are compared. */
static void manifest_parse_compares_the_whole_root(void **state)
{
    const struct manifest_hasher almost = {reference_digest, almost_root};
    struct manifest *m = load_torrent("single.torrent");

    (void)state;
    for (wrong_byte = 0; wrong_byte < 32; wrong_byte++) {
        struct manifest *again = NULL;
        struct err e;

        assert_int_equal(manifest_parse(m->info, m->info_size, m->layers,
                                        m->layers_size, &almost, &again, &e),
                         P2P_EVERIFY);
        assert_null(again);
    }
    manifest_free(m);
}

/* A layer with a hash too many is refused, although the first ones lead to the
 * root. */
static void manifest_parse_layer_too_long(void **state)
{
    struct manifest *m = load_torrent("single.torrent");
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    assert_int_equal(buf_append_text(&b, "d32:"), 0);
    assert_int_equal(buf_append(&b, m->files[0].root, 32), 0);
    assert_int_equal(buf_append_text(&b, "160:"), 0);
    assert_int_equal(buf_append(&b, m->files[0].layer, 4 * 32), 0);
    assert_int_equal(buf_append(&b, m->files[0].layer, 32), 0);
    assert_int_equal(buf_append_text(&b, "e"), 0);
    assert_int_equal(parse_layers(m, buf_head(&b), buf_length(&b)), P2P_EINVAL);
    buf_close(&b);
    manifest_free(m);
}

/* A wrong piece hash cannot even be built. */
static void manifest_build_wrong_layer(void **state)
{
    struct sample s;

    (void)state;
    directory_sample(&s);
    assert_int_equal(build_code(&s.source), 0);
    s.pieces[0][2][31] ^= 1;
    assert_int_equal(build_code(&s.source), P2P_EVERIFY);
    directory_sample(&s);
    s.files[0].layer = NULL;
    assert_int_equal(build_code(&s.source), P2P_EINVAL);
    directory_sample(&s);
    s.files[0].piece_count = 2;
    assert_int_equal(build_code(&s.source), P2P_EINVAL);
}

/* 3 TiB and more: sizes are 64 bits wide (S1-39). The layer is that of a file
 * whose pieces are all equal. */
static void manifest_build_three_tib(void **state)
{
    const uint64_t size = (UINT64_C(3) << 40) + 1;
    const uint32_t count = (3 << 16) + 1;
    uint8_t(*layer)[32] = calloc(count, 32);
    struct manifest_source_file file = {.path = "big", .size = size};
    struct manifest_source source = {.name = "big",
                                     .piece_length = MANIFEST_PIECE_MAX,
                                     .files = &file,
                                     .file_count = 1};
    const struct manifest_file *f;
    struct manifest *m;
    uint64_t offset;
    uint32_t length;

    (void)state;
    assert_int_equal(manifest_choose_piece_length(size), MANIFEST_PIECE_MAX);
    reference_file_root((const void *)layer, count, size, MANIFEST_PIECE_MAX,
                        file.root);
    file.layer = layer[0];
    file.piece_count = count;
    m = build(&source);
    assert_int_equal(m->size, size);
    assert_int_equal(m->piece_count, count);
    f = manifest_piece(m, count - 1, &offset, &length);
    assert_int_equal(offset, UINT64_C(3) << 40);
    assert_int_equal(length, 1);
    assert_int_equal(f->size, size);
    manifest_free(m);
    free(layer);
}

/* The largest file, and one byte more; too many pieces (T19). */
static void manifest_parse_size_limits(void **state)
{
    static const struct {
        uint64_t length;
        uint64_t piece;
        int rv;
    } cases[] = {
        {MANIFEST_FILE_SIZE_MAX, MANIFEST_PIECE_MAX, 0},
        {MANIFEST_FILE_SIZE_MAX + 1, MANIFEST_PIECE_MAX, P2P_ETOOBIG},
        {INT64_MAX, MANIFEST_PIECE_MAX, P2P_ETOOBIG},
        {UINT64_C(2097152) * 16384, 16384, 0},
        {UINT64_C(2097152) * 16384 + 1, 16384, P2P_ETOOBIG},
        {1, 16384, 0},
        {1, MANIFEST_PIECE_MAX, 0},
        {1, 8192, P2P_EINVAL},
        {1, 2 * MANIFEST_PIECE_MAX, P2P_EINVAL},
        {1, 16385, P2P_EINVAL},
        {1, 49152, P2P_EINVAL},
        {1, 0, P2P_EINVAL},
        {1, INT64_MAX, P2P_EINVAL},
        {1, UINT64_C(1) << 62, P2P_EINVAL},
    };
    char info[500];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int n = snprintf(info, sizeof(info),
                         "d9:file treed1:xd0:d6:lengthi%llue11:pieces "
                         "root32:%032deee12:meta versioni2e4:name1:x12:piece "
                         "lengthi%lluee",
                         (unsigned long long)cases[i].length, 0,
                         (unsigned long long)cases[i].piece);

        assert_int_equal(parse_code(info, (size_t)n), cases[i].rv);
    }
}

/* Sizes of several files add up against the limit of pieces. */
static void manifest_parse_sum_of_pieces(void **state)
{
    char info[900];
    const char *file = "d0:d6:lengthi17179869184e11:pieces root32:"
                       "00000000000000000000000000000000ee";
    int n;

    (void)state;
    n = snprintf(info, sizeof(info),
                 "d9:file treed1:a%s1:b%se12:meta versioni2e4:name1:x12:piece "
                 "lengthi16384ee",
                 file, file);
    assert_int_equal(parse_code(info, (size_t)n), 0);
    n = snprintf(info, sizeof(info),
                 "d9:file treed1:a%s1:b%s1:cd0:d6:lengthi1e11:pieces root32:"
                 "00000000000000000000000000000000eee12:meta "
                 "versioni2e4:name1:x12:piece lengthi16384ee",
                 file, file);
    assert_int_equal(parse_code(info, (size_t)n), P2P_ETOOBIG);
}

/* The usual piece lengths. */
static void manifest_choose_piece_length_by_size(void **state)
{
    const uint64_t mib = UINT64_C(1) << 20;

    (void)state;
    assert_int_equal(manifest_choose_piece_length(0), 65536);
    assert_int_equal(manifest_choose_piece_length(1), 65536);
    assert_int_equal(manifest_choose_piece_length(128 * mib), 65536);
    assert_int_equal(manifest_choose_piece_length(129 * mib), 131072);
    assert_int_equal(manifest_choose_piece_length(1024 * mib), 524288);
    assert_int_equal(manifest_choose_piece_length(32768 * mib), 16777216);
    assert_int_equal(manifest_choose_piece_length(MANIFEST_FILE_SIZE_MAX),
                     16777216);
    assert_int_equal(manifest_choose_piece_length(UINT64_MAX), 16777216);
    for (uint64_t size = 1; size < UINT64_C(1) << 35; size = size * 5 / 3 + 1) {
        assert_true(size / manifest_choose_piece_length(size) <= 2048);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest_parse_torrent_of_libtorrent),
        cmocka_unit_test(manifest_parse_torrent_single_file),
        cmocka_unit_test(manifest_write_torrent_with_trackers),
        cmocka_unit_test(manifest_build_equals_libtorrent),
        cmocka_unit_test(manifest_write_torrent_reads_back),
        cmocka_unit_test(manifest_write_torrent_is_exact),
        cmocka_unit_test(manifest_build_sizes_at_edges),
        cmocka_unit_test(manifest_piece_of_every_index),
        cmocka_unit_test(manifest_piece_hash_without_layers),
        cmocka_unit_test(manifest_parse_every_changed_layer_byte),
        cmocka_unit_test(manifest_parse_wrong_layers),
        cmocka_unit_test(manifest_parse_compares_the_whole_root),
        cmocka_unit_test(manifest_parse_layer_too_long),
        cmocka_unit_test(manifest_build_wrong_layer),
        cmocka_unit_test(manifest_build_three_tib),
        cmocka_unit_test(manifest_parse_size_limits),
        cmocka_unit_test(manifest_parse_sum_of_pieces),
        cmocka_unit_test(manifest_choose_piece_length_by_size),
    };
    return cmocka_run_group_tests_name("wire/manifest", tests, NULL, NULL);
}
