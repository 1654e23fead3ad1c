/* sample: made-up items for tests: content that can be computed anywhere, its
 * manifest, and scratch directories. */
#ifndef P2P_TESTS_SAMPLE_H
#define P2P_TESTS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct manifest;

struct sample_file {
    const char *path;
    uint64_t size;
};

/* The manifest of an item with these files. In a directory item the content of
 * a file depends on its path. manifest_free() it. */
struct manifest *sample_manifest(const char *name, bool is_directory,
                                 uint32_t piece_length,
                                 const struct sample_file *files, size_t count);

/* One file of `size` bytes. */
struct manifest *sample_single(const char *name, uint64_t size,
                               uint32_t piece_length);

/* The bytes of a file, or of a piece (returns how many). */
void sample_fill(const char *path, uint64_t offset, void *data, size_t size);
uint32_t sample_piece(const struct manifest *m, uint32_t piece, uint8_t *out);

/* Write the file to the disk below `directory`, with its parents. */
void sample_write(const char *directory, const char *path, uint64_t size);

/* A new empty directory (free() the path), and its end with all in it. */
char *sample_directory(void);
void sample_remove(char *directory);

#endif /* P2P_TESTS_SAMPLE_H */
