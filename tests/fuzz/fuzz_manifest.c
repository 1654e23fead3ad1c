/* A manifest that is taken is safe and consistent, and can be built again with
 * the same files. The hash functions are toys, so that the fuzzer can meet
 * them. */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/manifest.h"

enum { REBUILD_PIECES_MAX = 4096 /* bounds the work for one input */ };

static void toy_digest(const void *data, size_t size, uint8_t out[32])
{
    const uint8_t *at = data;
    uint64_t sum = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    }
    memset(out, 0, 32);
    memcpy(out, &sum, sizeof(sum));
}

/* The root is the first piece hash. */
static void toy_file_root(const uint8_t (*pieces)[32], uint64_t count,
                          uint64_t file_size, uint32_t piece_length,
                          uint8_t out[32])
{
    REQUIRE(count > 1 && file_size > piece_length);
    REQUIRE((file_size - 1) / piece_length + 1 == count);
    memcpy(out, pieces[0], 32);
}

static const struct manifest_hasher hasher = {toy_digest, toy_file_root};

/* No path leaves its directory. */
static void check_path(const char *path)
{
    const char *part = path;

    REQUIRE(strlen(path) <= MANIFEST_PATH_MAX);
    for (;;) {
        size_t length = strcspn(part, "/");

        REQUIRE(text_is_component(part, length));
        REQUIRE(memchr(part, '\\', length) == NULL);
        REQUIRE(part[length - 1] != '.' && part[length - 1] != ' ');
        if (part[length] == '\0') {
            return;
        }
        part += length + 1;
    }
}

/* The pieces cover the files without gaps. */
static void check_pieces(const struct manifest *m)
{
    uint64_t size = 0;
    uint64_t next = 0;

    for (size_t i = 0; i < m->file_count; i++) {
        const struct manifest_file *f = &m->files[i];
        uint64_t offset;
        uint32_t length;

        REQUIRE(f->size <= MANIFEST_FILE_SIZE_MAX);
        REQUIRE(f->first_piece == next);
        REQUIRE(f->piece_count ==
                f->size / m->piece_length + (f->size % m->piece_length != 0));
        next += f->piece_count;
        size += f->size;
        if (f->piece_count == 0) {
            continue;
        }
        REQUIRE(manifest_piece(m, f->first_piece, &offset, &length) == f);
        REQUIRE(offset == 0 && length > 0 && length <= m->piece_length);
        REQUIRE(manifest_piece(m, (uint32_t)next - 1, &offset, &length) == f);
        REQUIRE(offset + length == f->size);
        REQUIRE(f->piece_count > 1 ||
                manifest_piece_hash(m, f->first_piece) == f->root);
        REQUIRE(f->piece_count <= 1 ||
                (f->layer == NULL) == (m->layers == NULL));
    }
    REQUIRE(next == m->piece_count && next <= MANIFEST_PIECES_MAX);
    REQUIRE(size == m->size);
}

static void check_equal(const struct manifest *a, const struct manifest *b)
{
    REQUIRE(strcmp(a->name, b->name) == 0);
    REQUIRE(a->is_directory == b->is_directory);
    REQUIRE(a->has_hidden == b->has_hidden);
    REQUIRE(a->piece_length == b->piece_length);
    REQUIRE(a->piece_count == b->piece_count);
    REQUIRE(a->size == b->size);
    REQUIRE(a->file_count == b->file_count);
    for (size_t i = 0; i < a->file_count; i++) {
        REQUIRE(strcmp(a->files[i].path, b->files[i].path) == 0);
        REQUIRE(a->files[i].size == b->files[i].size);
        REQUIRE(a->files[i].size == 0 ||
                memcmp(a->files[i].root, b->files[i].root, 32) == 0);
    }
}

/* Build the item again, its files in reverse order. */
static struct manifest *rebuild(const struct manifest *m)
{
    struct manifest_source source = {
        .name = m->name,
        .is_directory = m->is_directory,
        .piece_length = m->piece_length,
        .root_pem = m->root_pem,
        .files = mem_calloc(m->file_count, sizeof(*source.files)),
        .file_count = m->file_count,
    };
    uint8_t *layer = mem_calloc(m->piece_count, 32);
    uint8_t *at = layer;
    struct manifest *again = NULL;
    struct err e;

    for (size_t i = 0; i < m->file_count; i++) {
        const struct manifest_file *f = &m->files[m->file_count - 1 - i];
        struct manifest_source_file *to = &source.files[i];

        to->path = f->path;
        to->size = f->size;
        to->piece_count = f->piece_count;
        memcpy(to->root, f->root, 32);
        if (f->piece_count > 1) {
            memcpy(at, f->root, 32);
            to->layer = f->layer != NULL ? f->layer : at;
            at += (size_t)f->piece_count * 32;
        }
    }
    /* Without its layers an item may claim one root for files of several
     * sizes; no layer fits them all. */
    if (manifest_build(&source, &hasher, &again, &e) < 0) {
        REQUIRE(m->layers == NULL);
        again = NULL;
    }
    free(layer);
    free(source.files);
    return again;
}

/* Written as .torrent it is the same item. */
static void check_torrent(const struct manifest *m)
{
    static const char *const words[] = {"a", "b"};
    const struct manifest_places places = {.announce = words,
                                           .announce_count = m->info_size % 3,
                                           .trackers = words,
                                           .tracker_count = m->layers_size % 3};
    struct manifest *again = NULL;
    struct err e;
    struct buf b;

    buf_init(&b, m->info_size + m->layers_size + 1000);
    REQUIRE(manifest_write_torrent(m, &places, &b) == 0);
    REQUIRE(manifest_parse_torrent(buf_head(&b), buf_length(&b), &hasher,
                                   &again, &e) == 0);
    check_equal(m, again);
    REQUIRE(memcmp(m->hash, again->hash, 32) == 0);
    REQUIRE(m->layers_size == again->layers_size);
    manifest_free(again);
    buf_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest *m = NULL;
    struct manifest *again;
    struct err e = {0};
    int rv;

    rv = manifest_parse_torrent(data, size, &hasher, &m, &e);
    if (rv < 0) {
        REQUIRE(m == NULL && e.code == rv && e.text[0] != '\0');
        rv = manifest_parse(data, size, NULL, 0, &hasher, &m, &e);
    }
    if (rv < 0) {
        REQUIRE(m == NULL && e.code == rv && e.text[0] != '\0');
        REQUIRE(text_is_utf8(e.text, strlen(e.text)));
        return 0;
    }
    check_path(m->name);
    REQUIRE(strchr(m->name, '/') == NULL);
    REQUIRE(m->file_count > 0 && m->file_count <= MANIFEST_FILES_MAX);
    for (size_t i = 0; i < m->file_count; i++) {
        check_path(m->files[i].path);
    }
    check_pieces(m);
    check_torrent(m);
    if (m->piece_count <= REBUILD_PIECES_MAX) {
        again = rebuild(m);
        if (again != NULL) {
            check_equal(m, again);
            manifest_free(again);
        }
    }
    manifest_free(m);
    return 0;
}
