/* Making of manifests: the writing half of manifest.h. What is written goes
 * through manifest_parse(), so nothing can be built that others would refuse.
 */
#include "config.h"

#include "wire/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/bencode.h"

enum { HASH = 32 /* bytes of SHA-256 */ };

/* Bytes that hold any of our bencoded numbers or length prefixes. */
enum { TOKEN_MAX = 32 };

/* A byte's place in the order of paths: '/' ends a component, so it comes
 * before every byte of a longer name. */
static int path_rank(char c)
{
    if (c == '\0') {
        return 0;
    }
    return c == '/' ? 1 : (unsigned char)c + 1;
}

/* Order of paths as bencode wants it: by components, raw bytes. */
static int compare_paths(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return path_rank(*a) - path_rank(*b);
}

static int compare_by_path(const void *a, const void *b)
{
    const struct manifest_source_file *const *left = a;
    const struct manifest_source_file *const *right = b;

    return compare_paths((*left)->path, (*right)->path);
}

static int compare_by_root(const void *a, const void *b)
{
    const struct manifest_source_file *const *left = a;
    const struct manifest_source_file *const *right = b;

    return memcmp((*left)->root, (*right)->root, HASH);
}

static uint64_t pieces_of(const struct manifest_source *s,
                          const struct manifest_source_file *f)
{
    return f->size / s->piece_length + (f->size % s->piece_length != 0);
}

/* True when every part of the path has at least a byte. */
static bool path_is_whole(const char *path)
{
    size_t length = strlen(path);

    return length > 0 && path[0] != '/' && path[length - 1] != '/' &&
           strstr(path, "//") == NULL;
}

/* Check what would make the text below ambiguous; the rest is the parser's. */
static int check_source(const struct manifest_source *s, struct err *e)
{
    size_t path_bytes = 0;

    if (s->file_count > MANIFEST_FILES_MAX) {
        return err_set(e, P2P_ETOOBIG, "more than %d files in one item",
                       MANIFEST_FILES_MAX);
    }
    if (s->piece_length == 0 || (!s->is_directory && s->file_count != 1)) {
        return err_set(e, P2P_EINVAL, "not a file and not a directory");
    }
    for (size_t i = 0; i < s->file_count; i++) {
        const struct manifest_source_file *f = &s->files[i];
        uint64_t count = pieces_of(s, f);

        if (count > 1 && (f->layer == NULL || f->piece_count != count)) {
            return err_set(e, P2P_EINVAL, "a file's piece hashes are missing");
        }
        if (!s->is_directory) {
            break;
        }
        if (!path_is_whole(f->path)) {
            return err_set(e, P2P_EINVAL, "a path has an empty part");
        }
        path_bytes += strlen(f->path);
    }
    if (path_bytes > MANIFEST_PATHS_MAX) {
        return err_set(e, P2P_ETOOBIG, "the paths of the item are too long");
    }
    return 0;
}

/* A file named twice, or a file that is also a directory, in sorted files. */
static int check_order(const struct manifest_source_file *const *files,
                       size_t count, struct err *e)
{
    for (size_t i = 1; i < count; i++) {
        const char *before = files[i - 1]->path;
        size_t length = strlen(before);

        if (strncmp(before, files[i]->path, length) == 0 &&
            (files[i]->path[length] == '\0' || files[i]->path[length] == '/')) {
            return err_set(e, P2P_EINVAL, "a file is named twice");
        }
    }
    return 0;
}

/* Write a file's name and properties. */
static void put_file(struct buf *b, const char *name, size_t length,
                     const struct manifest_source_file *f)
{
    bencode_put_string(b, name, length);
    bencode_put_begin_dict(b);
    bencode_put_text(b, "");
    bencode_put_begin_dict(b);
    bencode_put_text(b, "length");
    bencode_put_integer(b, (int64_t)f->size);
    if (f->size > 0) {
        bencode_put_text(b, "pieces root");
        bencode_put_string(b, f->root, HASH);
    }
    bencode_put_end(b);
    bencode_put_end(b);
}

/* Close the directories of `before` that `path` is not in, and open those it
 * is in. Returns the file's own name. */
static const char *change_directory(struct buf *b, const char *before,
                                    const char *path)
{
    const char *rest = path;
    const char *slash;
    size_t i;

    for (i = 0; before[i] != '\0' && before[i] == path[i]; i++) {
        if (path[i] == '/') {
            rest = path + i + 1;
        }
    }
    for (before += rest - path; *before != '\0'; before++) {
        if (*before == '/') {
            bencode_put_end(b);
        }
    }
    for (slash = strchr(rest, '/'); slash != NULL; slash = strchr(rest, '/')) {
        bencode_put_string(b, rest, (size_t)(slash - rest));
        bencode_put_begin_dict(b);
        rest = slash + 1;
    }
    return rest;
}

/* Write the file tree of sorted files. */
static void put_tree(struct buf *b, const struct manifest_source *s,
                     const struct manifest_source_file *const *files)
{
    const char *before = "";
    const char *name;

    bencode_put_begin_dict(b);
    if (!s->is_directory) {
        put_file(b, s->name, strlen(s->name), files[0]);
        bencode_put_end(b);
        return;
    }
    for (size_t i = 0; i < s->file_count; i++) {
        name = change_directory(b, before, files[i]->path);
        put_file(b, name, strlen(name), files[i]);
        before = files[i]->path;
    }
    (void)change_directory(b, before, "");
    bencode_put_end(b);
}

/* Write the info dictionary. */
static void put_info(struct buf *b, const struct manifest_source *s,
                     const struct manifest_source_file *const *files)
{
    bencode_put_begin_dict(b);
    bencode_put_text(b, "file tree");
    put_tree(b, s, files);
    bencode_put_text(b, "meta version");
    bencode_put_integer(b, 2);
    bencode_put_text(b, "name");
    bencode_put_text(b, s->name);
    bencode_put_text(b, "piece length");
    bencode_put_integer(b, s->piece_length);
    bencode_put_text(b, "private");
    bencode_put_integer(b, 1);
    if (s->root_pem != NULL) {
        bencode_put_text(b, "ssl-cert");
        bencode_put_text(b, s->root_pem);
    }
    bencode_put_end(b);
}

/* Write the piece layers; `files` are sorted by root, equal ones share an
 * entry. */
static int put_layers(struct buf *b, const struct manifest_source *s,
                      const struct manifest_source_file *const *files,
                      struct err *e)
{
    const uint8_t *before = NULL;
    uint64_t size = 0;

    bencode_put_begin_dict(b);
    for (size_t i = 0; i < s->file_count; i++) {
        uint64_t count = pieces_of(s, files[i]);

        if (count <= 1 ||
            (before != NULL && memcmp(before, files[i]->root, HASH) == 0)) {
            continue;
        }
        before = files[i]->root;
        size += count * HASH;
        if (count > MANIFEST_PIECES_MAX || size > MANIFEST_LAYERS_MAX) {
            return err_set(e, P2P_ETOOBIG, "the item has too many pieces");
        }
        bencode_put_string(b, before, HASH);
        bencode_put_string(b, files[i]->layer, (size_t)count * HASH);
    }
    bencode_put_end(b);
    return 0;
}

int manifest_build(const struct manifest_source *source,
                   const struct manifest_hasher *hasher, struct manifest **out,
                   struct err *e)
{
    const struct manifest_source_file **files = NULL;
    struct manifest *m = NULL;
    struct buf info;
    struct buf layers;
    int rv;

    buf_init(&info, SIZE_MAX / 2); /* check_source bounds it */
    buf_init(&layers, SIZE_MAX / 2);
    rv = check_source(source, e);
    if (rv < 0) {
        goto out;
    }
    files = mem_calloc(source->file_count, sizeof(*files));
    for (size_t i = 0; i < source->file_count; i++) {
        files[i] = &source->files[i];
    }
    if (source->is_directory) {
        qsort(files, source->file_count, sizeof(*files), compare_by_path);
        rv = check_order(files, source->file_count, e);
        if (rv < 0) {
            goto out;
        }
    }
    put_info(&info, source, files);
    qsort(files, source->file_count, sizeof(*files), compare_by_root);
    rv = put_layers(&layers, source, files, e);
    if (rv < 0) {
        goto out;
    }
    rv = manifest_parse(buf_head(&info), buf_length(&info), buf_head(&layers),
                        buf_length(&layers), hasher, &m, e);
    if (rv == 0 && m->is_directory != source->is_directory) {
        rv = err_set(e, P2P_EINVAL,
                     "a directory that holds only a file of its own name "
                     "cannot be told from the file: share the file");
    }
    if (rv == 0) {
        *out = m; /* handed over: the caller frees it */
        m = NULL;
    }

out:
    manifest_free(m);
    buf_close(&info);
    buf_close(&layers);
    free(files);
    return rv;
}

/* Bytes that a list takes at most, each of it written up to twice. */
static size_t list_size(const char *const *list, size_t count)
{
    size_t size = 2 * TOKEN_MAX;

    for (size_t i = 0; i < count; i++) {
        size += 2 * (strlen(list[i]) + TOKEN_MAX);
    }
    return size;
}

/* Write the tracker part of a .torrent (BEP 3, BEP 12). */
static void put_announce(struct buf *b, const char *const *announce,
                         size_t count)
{
    if (count == 0) {
        return;
    }
    bencode_put_text(b, "announce");
    bencode_put_text(b, announce[0]);
    if (count == 1) {
        return;
    }
    bencode_put_text(b, "announce-list");
    bencode_put_begin_list(b);
    for (size_t i = 0; i < count; i++) {
        bencode_put_begin_list(b);
        bencode_put_text(b, announce[i]);
        bencode_put_end(b);
    }
    bencode_put_end(b);
}

/* Ours: the trackers of the control protocol. */
static void put_trackers(struct buf *b, const char *const *trackers,
                         size_t count)
{
    if (count == 0) {
        return;
    }
    bencode_put_text(b, "p2p trackers");
    bencode_put_begin_list(b);
    for (size_t i = 0; i < count; i++) {
        bencode_put_text(b, trackers[i]);
    }
    bencode_put_end(b);
}

int manifest_write_torrent(const struct manifest *m,
                           const struct manifest_places *places,
                           struct buf *out)
{
    size_t most = m->info_size + m->layers_size + 6 * TOKEN_MAX +
                  list_size(places->announce, places->announce_count) +
                  list_size(places->trackers, places->tracker_count);

    if (buf_reserve(out, most) == NULL) {
        return P2P_ETOOBIG;
    }
    bencode_put_begin_dict(out);
    put_announce(out, places->announce, places->announce_count);
    bencode_put_text(out, "info");
    (void)buf_append(out, m->info, m->info_size);
    put_trackers(out, places->trackers, places->tracker_count);
    if (m->layers != NULL) {
        bencode_put_text(out, "piece layers");
        (void)buf_append(out, m->layers, m->layers_size);
    }
    bencode_put_end(out);
    return 0;
}
