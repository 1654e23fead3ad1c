#include "config.h"

#include "wire/manifest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/map.h"
#include "util/mem.h"
#include "util/piece.h"
#include "util/text.h"
#include "wire/bencode.h"

enum {
    HASH = 32,       /* bytes of SHA-256 */
    QUOTE_MAX = 160, /* bytes of a name inside an error text, with its NUL */
};

/* A directory of the file tree that is being read. */
struct level {
    struct bencode dict;
    struct bencode_cursor at;
    size_t path_length; /* bytes of its own path, with '/' behind it */
    uint32_t number;    /* tells directories apart in `names` */
};

/* Reading of a file tree: depth first, without recursion. */
struct walk {
    struct manifest *m;
    struct err *e;
    struct map *names; /* directory number and folded name -> not NULL */
    size_t capacity;   /* files allocated */
    size_t path_bytes; /* of all files */
    uint64_t pieces;
    uint32_t directories; /* numbers given so far */
    size_t depth;
    struct level levels[MANIFEST_DEPTH_MAX];
    char path[MANIFEST_PATH_MAX + 1];
};

/* One entry of the piece layers. */
struct layer {
    const uint8_t *hashes;
    size_t size; /* bytes */
    bool is_used;
};

/* `length` bytes of foreign text for an error message. */
static const char *quote(const void *text, size_t length, char out[QUOTE_MAX])
{
    char *copy = mem_strndup(text, length);

    text_log_safe(copy, out, QUOTE_MAX);
    free(copy);
    return out;
}

/* WIRE rules, and what other systems would read as another name. */
bool manifest_name_is_safe(const char *name, size_t length)
{
    if (!text_is_component(name, length)) {
        return false;
    }
    if (memchr(name, '\\', length) != NULL) {
        return false;
    }
    return name[length - 1] != '.' && name[length - 1] != ' ';
}

/* Remember a name of a directory. False when one that differs at most in case
 * is there already. */
static bool remember_name(struct map *names, uint32_t directory,
                          const char *name, size_t length)
{
    static char present;
    char *copy = mem_strndup(name, length);
    char *folded = text_fold(copy);
    size_t folded_length = strlen(folded);
    uint8_t *key = mem_alloc(sizeof(directory) + folded_length);
    void *twin;

    memcpy(key, &directory, sizeof(directory));
    memcpy(key + sizeof(directory), folded, folded_length);
    twin = map_put(names, key, sizeof(directory) + folded_length, &present);
    free(key);
    free(folded);
    free(copy);
    return twin == NULL;
}

/* Append a zeroed file to the manifest. */
static struct manifest_file *add_file(struct walk *w)
{
    struct manifest *m = w->m;
    struct manifest_file *f;

    if (m->file_count == w->capacity) {
        w->capacity = w->capacity == 0 ? 8 : w->capacity * 2;
        m->files = mem_resize(m->files, w->capacity, sizeof(*m->files));
    }
    f = &m->files[m->file_count++];
    memset(f, 0, sizeof(*f));
    return f;
}

/* Give the file its place in the pieces of the item (BEP 52: every file that
 * is not empty begins a piece). */
static int count_pieces(struct walk *w, struct manifest_file *f)
{
    struct manifest *m = w->m;
    uint64_t count = f->size / m->piece_length;

    if (f->size % m->piece_length != 0) {
        count++;
    }
    f->first_piece = (uint32_t)w->pieces;
    w->pieces += count;
    if (w->pieces > MANIFEST_PIECES_MAX) {
        return err_set(w->e, P2P_ETOOBIG, "the item has more than %d pieces",
                       MANIFEST_PIECES_MAX);
    }
    f->piece_count = (uint32_t)count;
    m->size += f->size; /* pieces x piece length bounds it */
    return 0;
}

/* Check a file's attributes (BEP 47): links are never made. */
static int check_attributes(struct walk *w, const struct bencode *properties)
{
    struct bencode value;

    if (bencode_find(properties, "symlink path", &value)) {
        return err_set(w->e, P2P_EINVAL, "the item holds a link");
    }
    if (!bencode_find(properties, "attr", &value)) {
        return 0;
    }
    if (value.type != BENCODE_STRING) {
        return err_set(w->e, P2P_EINVAL, "a file's attr is not a string");
    }
    if (value.length > 0 && memchr(value.text, 'l', value.length) != NULL) {
        return err_set(w->e, P2P_EINVAL, "the item holds a link");
    }
    return 0;
}

/* Read the properties of the file at w->path. */
static int read_file(struct walk *w, const struct bencode *properties,
                     size_t path_length)
{
    struct manifest_file *f;
    const uint8_t *root = NULL;
    size_t root_length = 0;
    int64_t size;
    int rv;

    if (w->m->file_count == MANIFEST_FILES_MAX) {
        return err_set(w->e, P2P_ETOOBIG, "the item has more than %d files",
                       MANIFEST_FILES_MAX);
    }
    w->path_bytes += path_length;
    if (w->path_bytes > MANIFEST_PATHS_MAX) {
        return err_set(w->e, P2P_ETOOBIG, "the item's paths are too long");
    }
    rv = check_attributes(w, properties);
    if (rv < 0) {
        return rv;
    }
    if (!bencode_find_integer(properties, "length", &size) || size < 0) {
        return err_set(w->e, P2P_EINVAL, "a file has no valid length");
    }
    if ((uint64_t)size > MANIFEST_FILE_SIZE_MAX) {
        return err_set(w->e, P2P_ETOOBIG, "a file is larger than 16 TiB");
    }
    if (size > 0 &&
        (!bencode_find_string(properties, "pieces root", &root, &root_length) ||
         root_length != HASH)) {
        return err_set(w->e, P2P_EINVAL, "a file has no valid root");
    }
    f = add_file(w);
    f->path = mem_strndup(w->path, path_length);
    f->size = (uint64_t)size;
    if (root != NULL) {
        memcpy(f->root, root, HASH);
    }
    return count_pieces(w, f);
}

/* Go into a directory of the file tree; `path_length` is that of its path with
 * the '/' behind it. */
static int enter_directory(struct walk *w, const struct bencode *dict,
                           size_t path_length)
{
    if (w->depth == MANIFEST_DEPTH_MAX) {
        return err_set(w->e, P2P_ETOOBIG, "directories nest deeper than %d",
                       MANIFEST_DEPTH_MAX);
    }
    if (w->directories == MANIFEST_FILES_MAX) {
        return err_set(w->e, P2P_ETOOBIG, "the item has too many directories");
    }
    w->levels[w->depth++] = (struct level){
        .dict = *dict,
        .path_length = path_length,
        .number = w->directories++,
    };
    return 0;
}

/* Put the name behind the path of its directory. */
static int extend_path(struct walk *w, const struct level *level,
                       const struct bencode *key)
{
    char quoted[QUOTE_MAX];
    const char *name = (const char *)key->text;

    if (!manifest_name_is_safe(name, key->length)) {
        return err_set(w->e, P2P_EINVAL, "the name \"%s\" is not allowed",
                       quote(name, key->length, quoted));
    }
    if (level->path_length + key->length + 1 > MANIFEST_PATH_MAX) {
        return err_set(w->e, P2P_ETOOBIG, "a path is longer than %d bytes",
                       MANIFEST_PATH_MAX);
    }
    if (!remember_name(w->names, level->number, name, key->length)) {
        return err_set(w->e, P2P_EINVAL,
                       "two names differ only in case: \"%s\"",
                       quote(name, key->length, quoted));
    }
    if (name[0] == '.') {
        w->m->has_hidden = true;
    }
    memcpy(w->path + level->path_length, name, key->length);
    return 0;
}

/* Read one name of a directory: a file or a directory. */
static int read_entry(struct walk *w, const struct level *level,
                      const struct bencode *key, const struct bencode *value)
{
    struct bencode_cursor at = {0};
    struct bencode first;
    struct bencode properties;
    size_t end = level->path_length + key->length;
    int rv;

    rv = extend_path(w, level, key);
    if (rv < 0) {
        return rv;
    }
    if (value->type != BENCODE_DICT ||
        !bencode_next(value, &at, &first, &properties)) {
        return err_set(w->e, P2P_EINVAL, "the file tree is broken");
    }
    if (first.length > 0) {
        w->path[end] = '/';
        return enter_directory(w, value, end + 1);
    }
    if (properties.type != BENCODE_DICT ||
        bencode_next(value, &at, &first, &(struct bencode){0})) {
        return err_set(w->e, P2P_EINVAL, "a file is also a directory");
    }
    return read_file(w, &properties, end);
}

/* Read all files of the tree into the manifest. */
static int read_tree(struct manifest *m, const struct bencode *tree,
                     struct err *e)
{
    struct walk *w = mem_calloc(1, sizeof(*w));
    struct bencode key;
    struct bencode value;
    int rv;

    w->m = m;
    w->e = e;
    w->names = map_new();
    rv = enter_directory(w, tree, 0);
    while (rv == 0 && w->depth > 0) {
        struct level *level = &w->levels[w->depth - 1];

        if (bencode_next(&level->dict, &level->at, &key, &value)) {
            rv = read_entry(w, level, &key, &value);
        } else {
            w->depth--;
        }
    }
    m->piece_count = (uint32_t)w->pieces;
    if (rv == 0 && m->file_count == 0) {
        rv = err_set(e, P2P_EINVAL, "the item has no files");
    }
    map_free(w->names, NULL);
    free(w);
    return rv;
}

static bool piece_length_is_valid(int64_t length)
{
    return length >= MANIFEST_PIECE_MIN && length <= MANIFEST_PIECE_MAX &&
           (length & (length - 1)) == 0;
}

/* Read what stands beside the file tree. */
static int read_fields(struct manifest *m, const struct bencode *info,
                       struct err *e)
{
    struct bencode value;
    const uint8_t *text;
    size_t length;
    int64_t n = 0;

    if (!bencode_find_integer(info, "meta version", &n) || n != 2 ||
        bencode_find(info, "pieces", &value) ||
        bencode_find(info, "files", &value) ||
        bencode_find(info, "length", &value)) {
        return err_set(e, P2P_EINVAL, "not a pure BitTorrent v2 item");
    }
    if (!bencode_find_integer(info, "piece length", &n) ||
        !piece_length_is_valid(n)) {
        return err_set(e, P2P_EINVAL, "the piece length is not valid");
    }
    m->piece_length = (uint32_t)n;
    if (!bencode_find_string(info, "name", &text, &length) ||
        !manifest_name_is_safe((const char *)text, length)) {
        return err_set(e, P2P_EINVAL, "the item's name is not allowed");
    }
    m->name = mem_strndup((const char *)text, length);
    m->has_hidden = text[0] == '.';
    m->is_private = bencode_find_integer(info, "private", &n) && n == 1;
    if (!bencode_find(info, "ssl-cert", &value)) {
        return 0;
    }
    if (value.type != BENCODE_STRING || value.length > MANIFEST_ROOT_PEM_MAX ||
        memchr(value.start, '\0', value.size) != NULL) {
        return err_set(e, P2P_EINVAL, "the item's certificate is not valid");
    }
    m->root_pem = mem_strndup((const char *)value.text, value.length);
    return 0;
}

/* Fill the manifest from its info bytes. */
static int read_info(struct manifest *m, struct err *e)
{
    struct bencode info;
    struct bencode tree;
    int rv;

    if (bencode_parse(m->info, m->info_size, &info) < 0 ||
        info.type != BENCODE_DICT) {
        return err_set(e, P2P_EINVAL, "the manifest is not canonical bencode");
    }
    rv = read_fields(m, &info, e);
    if (rv < 0) {
        return rv;
    }
    if (!bencode_find(&info, "file tree", &tree) || tree.type != BENCODE_DICT) {
        return err_set(e, P2P_EINVAL, "the manifest has no file tree");
    }
    rv = read_tree(m, &tree, e);
    if (rv < 0) {
        return rv;
    }
    m->is_directory =
        m->file_count != 1 || strcmp(m->files[0].path, m->name) != 0;
    return 0;
}

/* Index the entries of the piece layers by root. There can't be more of them
 * than files. */
static int index_layers(const struct manifest *m, struct layer *layers,
                        size_t *count, struct map *by_root, struct err *e)
{
    struct bencode dict;
    struct bencode_cursor at = {0};
    struct bencode key;
    struct bencode value;

    if (bencode_parse(m->layers, m->layers_size, &dict) < 0 ||
        dict.type != BENCODE_DICT) {
        return err_set(e, P2P_EINVAL, "the piece layers are broken");
    }
    while (bencode_next(&dict, &at, &key, &value)) {
        if (key.length != HASH || value.type != BENCODE_STRING) {
            return err_set(e, P2P_EINVAL, "the piece layers are broken");
        }
        if (*count == m->file_count) {
            return err_set(e, P2P_EINVAL, "a piece layer belongs to no file");
        }
        layers[*count] = (struct layer){value.text, value.length, false};
        (void)map_put(by_root, key.text, HASH, &layers[*count]);
        (*count)++;
    }
    return 0;
}

/* Give a file its layer, after checking that it leads to the file's root.
 * Equal files share an entry, which is then checked once. */
static int take_layer(const struct manifest *m, struct manifest_file *f,
                      struct layer *layer, const struct manifest_hasher *hasher,
                      struct err *e)
{
    char quoted[QUOTE_MAX];
    const void *hashes;
    uint8_t root[HASH];

    if (layer == NULL || layer->size != (size_t)f->piece_count * HASH) {
        return err_set(e, P2P_EINVAL, "no valid piece layer for \"%s\"",
                       quote(f->path, strlen(f->path), quoted));
    }
    if (!layer->is_used) {
        hashes = layer->hashes;
        hasher->file_root(hashes, f->piece_count, f->size, m->piece_length,
                          root);
        if (memcmp(root, f->root, HASH) != 0) {
            return err_set(e, P2P_EVERIFY,
                           "the piece layer of \"%s\" does not match its root",
                           quote(f->path, strlen(f->path), quoted));
        }
        layer->is_used = true;
    }
    f->layer = layer->hashes;
    return 0;
}

/* Connect the files with m->layers. */
static int read_layers(struct manifest *m, const struct manifest_hasher *hasher,
                       struct err *e)
{
    struct layer *layers = mem_calloc(m->file_count, sizeof(*layers));
    struct map *by_root = map_new();
    size_t count = 0;
    int rv;

    rv = index_layers(m, layers, &count, by_root, e);
    for (size_t i = 0; rv == 0 && i < m->file_count; i++) {
        struct manifest_file *f = &m->files[i];

        if (f->piece_count > 1) {
            rv = take_layer(m, f, map_get(by_root, f->root, HASH), hasher, e);
        }
    }
    for (size_t i = 0; rv == 0 && i < count; i++) {
        if (!layers[i].is_used) {
            rv = err_set(e, P2P_EINVAL, "a piece layer belongs to no file");
        }
    }
    map_free(by_root, NULL);
    free(layers);
    return rv;
}

int manifest_parse(const uint8_t *info, size_t info_size, const uint8_t *layers,
                   size_t layers_size, const struct manifest_hasher *hasher,
                   struct manifest **out, struct err *e)
{
    struct manifest *m = NULL;
    int rv;

    if (info_size > MANIFEST_INFO_MAX || layers_size > MANIFEST_LAYERS_MAX) {
        return err_set(e, P2P_ETOOBIG, "the manifest is too large");
    }
    m = mem_calloc(1, sizeof(*m));
    m->info = mem_dup(info, info_size);
    m->info_size = info_size;
    rv = read_info(m, e);
    if (rv < 0) {
        goto out;
    }
    if (layers != NULL) {
        m->layers = mem_dup(layers, layers_size);
        m->layers_size = layers_size;
        rv = read_layers(m, hasher, e);
        if (rv < 0) {
            goto out;
        }
    }
    hasher->digest(m->info, m->info_size, m->hash);
    *out = m; /* handed over: the caller frees it */
    m = NULL;

out:
    manifest_free(m);
    return rv;
}

int manifest_parse_torrent(const uint8_t *data, size_t size,
                           const struct manifest_hasher *hasher,
                           struct manifest **out, struct err *e)
{
    struct bencode torrent;
    struct bencode info;
    struct bencode layers = {0};

    if (size > (size_t)MANIFEST_INFO_MAX + MANIFEST_LAYERS_MAX +
                   MANIFEST_TORRENT_EXTRA) {
        return err_set(e, P2P_ETOOBIG, "the torrent is too large");
    }
    if (bencode_parse(data, size, &torrent) < 0 ||
        !bencode_find(&torrent, "info", &info)) {
        return err_set(e, P2P_EINVAL, "not a torrent file");
    }
    (void)bencode_find(&torrent, "piece layers", &layers);
    return manifest_parse(info.start, info.size, layers.start, layers.size,
                          hasher, out, e);
}

void manifest_free(struct manifest *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < m->file_count; i++) {
        free(m->files[i].path);
    }
    free(m->files);
    free(m->info);
    free(m->name);
    free(m->root_pem);
    free(m->layers);
    free(m);
}

uint32_t manifest_choose_piece_length(uint64_t size)
{
    _Static_assert((int)PIECE_LONGEST == (int)MANIFEST_PIECE_MAX,
                   "what is chosen must be allowed");

    return piece_length_for(size);
}

const struct manifest_file *manifest_piece(const struct manifest *m,
                                           uint32_t piece, uint64_t *offset,
                                           uint32_t *length)
{
    const struct manifest_file *f;
    uint64_t left;
    size_t low = 0;
    size_t high = m->file_count;

    assert(piece < m->piece_count);
    while (high - low > 1) { /* files[low].first_piece <= piece */
        size_t middle = low + (high - low) / 2;

        if (m->files[middle].first_piece <= piece) {
            low = middle;
        } else {
            high = middle;
        }
    }
    /* An empty file has the first_piece of the next file that is not empty, so
     * the last candidate is the file that holds the piece. */
    f = &m->files[low];
    *offset = (uint64_t)(piece - f->first_piece) * m->piece_length;
    left = f->size - *offset;
    *length = left < m->piece_length ? (uint32_t)left : m->piece_length;
    return f;
}

const uint8_t *manifest_piece_hash(const struct manifest *m, uint32_t piece)
{
    const struct manifest_file *f;
    uint64_t offset;
    uint32_t length;

    f = manifest_piece(m, piece, &offset, &length);
    if (f->piece_count == 1) {
        return f->root;
    }
    if (f->layer == NULL) {
        return NULL;
    }
    return f->layer + (size_t)(piece - f->first_piece) * HASH;
}
