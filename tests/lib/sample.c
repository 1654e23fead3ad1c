#include "config.h"

#include "sample.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/merkle.h"
#include "crypto/sha256.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"
#include "wire/manifest.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void sample_fill(const char *path, uint64_t offset, void *data, size_t size)
{
    uint8_t *out = data;
    uint64_t seed = 14695981039346656037u;
    size_t i;

    for (; *path != '\0'; path++) {
        seed = mix(seed + (uint8_t)*path);
    }
    for (i = 0; i < size; i++) {
        uint64_t at = offset + i;

        out[i] = (uint8_t)(mix(seed + at / 8) >> (at % 8 * 8));
    }
}

uint32_t sample_piece(const struct manifest *m, uint32_t piece, uint8_t *out)
{
    uint64_t offset;
    uint32_t length;
    const struct manifest_file *file =
        manifest_piece(m, piece, &offset, &length);

    sample_fill(file->path, offset, out, length);
    return length;
}

/* Hash a file as its pieces are. */
static void hash_file(struct manifest_source_file *f, uint32_t piece_length,
                      uint8_t (*hashes)[32])
{
    uint8_t *data = mem_alloc(piece_length);
    uint8_t(*leaves)[32] =
        mem_calloc(piece_length / MERKLE_BLOCK, sizeof *leaves);
    uint32_t i;

    for (i = 0; i < f->piece_count; i++) {
        uint64_t offset = (uint64_t)i * piece_length;
        uint64_t rest = f->size - offset;
        uint32_t length = rest < piece_length ? (uint32_t)rest : piece_length;

        sample_fill(f->path, offset, data, length);
        sha256_leaves(data, length, leaves);
        merkle_piece_root((const merkle_hash *)leaves,
                          (length - 1) / MERKLE_BLOCK + 1, f->size,
                          piece_length, hashes[i]);
    }
    if (f->piece_count > 0) {
        merkle_file_root((const merkle_hash *)hashes, f->piece_count, f->size,
                         piece_length, f->root);
        f->layer = f->piece_count > 1 ? hashes[0] : NULL;
    }
    free(leaves);
    free(data);
}

struct manifest *sample_manifest(const char *name, bool is_directory,
                                 uint32_t piece_length,
                                 const struct sample_file *files, size_t count)
{
    static const struct manifest_hasher hasher = {sha256_digest,
                                                  merkle_file_root};
    struct manifest_source_file *sources = mem_calloc(count, sizeof *sources);
    uint8_t(**hashes)[32] = mem_calloc(count, sizeof *hashes);
    struct manifest_source source = {.name = name,
                                     .is_directory = is_directory,
                                     .piece_length = piece_length,
                                     .root_pem = "a root\n",
                                     .files = sources,
                                     .file_count = count};
    struct manifest *m = NULL;
    struct err e = {0};
    size_t i;

    for (i = 0; i < count; i++) {
        sources[i].path = files[i].path;
        sources[i].size = files[i].size;
        sources[i].piece_count =
            (uint32_t)((files[i].size + piece_length - 1) / piece_length);
        hashes[i] =
            mem_calloc((size_t)sources[i].piece_count + 1, sizeof *hashes[i]);
        hash_file(&sources[i], piece_length, hashes[i]);
    }
    if (manifest_build(&source, &hasher, &m, &e) != 0) {
        fail_msg("manifest_build: %s", e.text);
    }
    for (i = 0; i < count; i++) {
        free(hashes[i]);
    }
    free(hashes);
    free(sources);
    return m;
}

struct manifest *sample_single(const char *name, uint64_t size,
                               uint32_t piece_length)
{
    struct sample_file file = {name, size};

    return sample_manifest(name, false, piece_length, &file, 1);
}

void sample_write(const char *directory, const char *path, uint64_t size)
{
    char *full = mem_printf("%s/%s", directory, path);
    char *parent = mem_strdup(full);
    uint8_t *data = mem_alloc((size_t)size + 1);
    int fd;

    *strrchr(parent, '/') = '\0';
    assert_int_equal(fd_make_dirs(parent), 0);
    sample_fill(path, 0, data, (size_t)size);
    fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, data, (size_t)size), 0);
    close(fd);
    free(data);
    free(parent);
    free(full);
}

char *sample_directory(void)
{
    const char *base = getenv("TMPDIR");
    char *path = mem_printf("%s/p2p-XXXXXX", base != NULL ? base : "/tmp");

    assert_non_null(mkdtemp(path));
    return path;
}

static int remove_one(const char *path, const struct stat *status, int flag,
                      struct FTW *where)
{
    (void)status;
    (void)flag;
    (void)where;
    return remove(path);
}

void sample_remove(char *directory)
{
    assert_int_equal(nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(directory);
}
