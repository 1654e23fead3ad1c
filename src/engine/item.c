/* A new item is written into items/.new-HASH, synced, and renamed; one to be
 * forgotten is renamed to items/.old-HASH and deleted. What a crash leaves
 * under such names is cleared away when the items are read.
 */
#include "config.h"

#include "engine/item.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/merkle.h"
#include "crypto/sha256.h"
#include "engine/hasher.h"
#include "engine/storage.h"
#include "util/buf.h"
#include "util/conf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/manifest.h"

enum {
    HEX = 2 * MANIFEST_HASH,
    RECORD_MAX = 64 * 1024, /* bytes of the file "item": a few names */
    STAMP = 32,             /* bytes of one stamp */
    STAMPS_HEADER = 16,
    STAMPS_MAX = STAMPS_HEADER + MANIFEST_FILES_MAX * STAMP + SHA256_SIZE,
};
#define STAMPS_MAGIC "p2pstmp1"
#define NEW_PREFIX ".new-"
#define OLD_PREFIX ".old-"

static const char *const wish_words[] = {
    [ITEM_RUN] = "run",
    [ITEM_PAUSED] = "paused",
    [ITEM_STOPPED] = "stopped",
};
enum { WISHES = sizeof wish_words / sizeof wish_words[0] };

static const char *const parts[] = {"item",    "info",  "layers", "leaves",
                                    "journal", "peers", "stamps"};
enum { PARTS = sizeof parts / sizeof parts[0] };

static char *items_directory(const char *state_dir)
{
    return mem_printf("%s/items", state_dir);
}

/* items/PREFIXHASH */
static char *item_directory(const char *state_dir, const char *prefix,
                            const uint8_t hash[32])
{
    char hex[HEX + 1];

    hex_encode(hash, MANIFEST_HASH, hex);
    return mem_printf("%s/items/%s%s", state_dir, prefix, hex);
}

char *item_file(const char *state_dir, const uint8_t hash[32], const char *name)
{
    char hex[HEX + 1];

    hex_encode(hash, MANIFEST_HASH, hex);
    return mem_printf("%s/items/%s/%s", state_dir, hex, name);
}

void item_record_free(struct item_record *r)
{
    if (r == NULL) {
        return;
    }
    free(r->group);
    free(r->name);
    free(r->directory);
    free(r->file_name);
    manifest_free(r->manifest);
    free(r->stamps);
    free(r);
}

/* ---- Writing ------------------------------------------------------------ */

/* Delete a directory of ours and the files it may hold. */
static void remove_directory(const char *path)
{
    size_t i;

    for (i = 0; i < PARTS; i++) {
        char *file = mem_printf("%s/%s", path, parts[i]);
        char *half = mem_printf("%s/%s.new", path, parts[i]);

        (void)unlink(file);
        (void)unlink(half); /* of fd_replace_file() */
        free(half);
        free(file);
    }
    (void)rmdir(path);
}

/* key = "value" with quotes and backslashes escaped. P2P_EINVAL for a value
 * that has no place in a line. */
static int put_text(struct buf *out, const char *key, const char *value)
{
    const char *at;
    int rv = buf_printf(out, "%s = \"", key);

    for (at = value; *at != '\0' && rv == 0; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return P2P_EINVAL;
        }
        if (*at == '"' || *at == '\\') {
            rv = buf_append(out, "\\", 1);
        }
        if (rv == 0) {
            rv = buf_append(out, at, 1);
        }
    }
    return rv == 0 ? buf_append_text(out, "\"\n") : rv;
}

static int format_record(const struct item_record *r, struct buf *out)
{
    int rv = buf_append_text(out, "# one item of p2ptui; written by it\n");

    rv = rv == 0 ? put_text(out, "group", r->group) : rv;
    rv = rv == 0 ? put_text(out, "name", r->name) : rv;
    rv = rv == 0 ? put_text(out, "directory", r->directory) : rv;
    rv = rv == 0 ? put_text(out, "file_name", r->file_name) : rv;
    rv = rv == 0 ? buf_printf(out, "wish = %s\n", wish_words[r->wish]) : rv;
    rv = rv == 0
             ? buf_printf(out, "complete = %s\n", r->complete ? "yes" : "no")
             : rv;
    return rv;
}

static void put64(uint8_t *out, uint64_t value)
{
    int i;

    for (i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t get64(const uint8_t *from)
{
    uint64_t value = 0;
    int i;

    for (i = 7; i >= 0; i--) {
        value = value << 8 | from[i];
    }
    return value;
}

/* magic[8] count[8] {size mtime inode device}[count] sha256 of all before */
static uint8_t *format_stamps(const struct item_record *r, size_t *size)
{
    size_t count = r->manifest->file_count;
    uint8_t *data;
    size_t i;

    *size = STAMPS_HEADER + count * STAMP + SHA256_SIZE;
    data = mem_calloc(1, *size);
    memcpy(data, STAMPS_MAGIC, 8);
    put64(data + 8, count);
    for (i = 0; i < count; i++) {
        uint8_t *at = data + STAMPS_HEADER + i * STAMP;

        put64(at, r->stamps[i].size);
        put64(at + 8, (uint64_t)r->stamps[i].mtime_ns);
        put64(at + 16, r->stamps[i].inode);
        put64(at + 24, r->stamps[i].device);
    }
    sha256_digest(data, *size - SHA256_SIZE, data + *size - SHA256_SIZE);
    return data;
}

static int write_part(const char *directory, const char *name, const void *data,
                      size_t size, struct err *e)
{
    char *path = mem_printf("%s/%s", directory, name);
    int rv = fd_replace_file(path, data, size, 0600);

    if (rv < 0) {
        (void)err_set(e, rv, "cannot write %s: %s", path, err_text(rv));
    }
    free(path);
    return rv;
}

/* Stamps first: a record that says "complete" has them. */
static int write_record(const char *directory, const struct item_record *r,
                        struct err *e)
{
    struct buf text;
    int rv = 0;

    buf_init(&text, RECORD_MAX);
    if (r->complete && r->stamps != NULL) {
        size_t size;
        uint8_t *stamps = format_stamps(r, &size);

        rv = write_part(directory, "stamps", stamps, size, e);
        free(stamps);
    }
    if (rv == 0) {
        rv = format_record(r, &text);
        if (rv < 0) {
            (void)err_set(e, rv, "a path of this item cannot be written down");
        }
    }
    if (rv == 0) {
        rv = write_part(directory, "item", buf_head(&text), buf_length(&text),
                        e);
    }
    buf_close(&text);
    return rv;
}

static int write_all(const char *directory, const struct item_record *r,
                     struct err *e)
{
    const struct manifest *m = r->manifest;
    int rv = write_part(directory, "info", m->info, m->info_size, e);

    if (rv == 0 && m->layers != NULL) {
        rv = write_part(directory, "layers", m->layers, m->layers_size, e);
    }
    return rv == 0 ? write_record(directory, r, e) : rv;
}

/* Give the finished directory its name. What is there already stays, unless it
 * is no item at all. */
static int put_in_place(const char *from, const char *to, struct err *e)
{
    char *record = mem_printf("%s/item", to);
    int rv = 0;

    if (access(record, F_OK) == 0) {
        rv = err_set(e, P2P_EEXIST, "this item is there already");
    } else {
        remove_directory(to);
        if (rename(from, to) < 0) {
            rv = err_set_errno(e, errno, "cannot make %s", to);
        }
    }
    free(record);
    return rv;
}

int item_save(const char *state_dir, const struct item_record *r, struct err *e)
{
    char *items = items_directory(state_dir);
    char *from = item_directory(state_dir, NEW_PREFIX, r->manifest->hash);
    char *to = item_directory(state_dir, "", r->manifest->hash);
    int rv = fd_make_dirs(items);

    if (rv == 0) {
        remove_directory(from);
        rv = mkdir(from, 0700) == 0 ? 0 : err_from_errno(errno);
    }
    if (rv < 0) {
        (void)err_set(e, rv, "cannot make %s: %s", from, err_text(rv));
        goto out;
    }
    rv = write_all(from, r, e);
    if (rv == 0) {
        rv = put_in_place(from, to, e);
    }
    if (rv < 0) {
        remove_directory(from);
        goto out;
    }
    rv = fd_sync_dir(items);
    if (rv < 0) {
        (void)err_set(e, rv, "cannot sync %s: %s", items, err_text(rv));
    }

out:
    free(to);
    free(from);
    free(items);
    return rv;
}

int item_update(const char *state_dir, const struct item_record *r,
                struct err *e)
{
    char *directory = item_directory(state_dir, "", r->manifest->hash);
    int rv = write_record(directory, r, e);

    free(directory);
    return rv;
}

int item_forget(const char *state_dir, const uint8_t hash[32], struct err *e)
{
    char *from = item_directory(state_dir, "", hash);
    char *to = item_directory(state_dir, OLD_PREFIX, hash);
    int rv = 0;

    remove_directory(to);
    if (rename(from, to) < 0) {
        rv = err_set_errno(e, errno, "cannot forget %s", from);
    } else {
        char *items = items_directory(state_dir);

        (void)fd_sync_dir(items); /* else it may be back after a power cut */
        remove_directory(to);
        free(items);
    }
    free(to);
    free(from);
    return rv;
}

/* ---- Reading ------------------------------------------------------------ */

static int read_part(const char *directory, const char *name, size_t max,
                     uint8_t **data, size_t *size, struct err *e)
{
    char *path = mem_printf("%s/%s", directory, name);
    int rv = fd_read_file(path, max, data, size);

    if (rv < 0) {
        (void)err_set(e, rv, "cannot read %s: %s", path, err_text(rv));
    }
    free(path);
    return rv;
}

static int read_manifest(const char *directory, struct item_record *r,
                         struct err *e)
{
    uint8_t *info = NULL;
    uint8_t *layers = NULL;
    size_t info_size = 0;
    size_t layers_size = 0;
    int rv =
        read_part(directory, "info", MANIFEST_INFO_MAX, &info, &info_size, e);

    if (rv == 0) {
        rv = read_part(directory, "layers", MANIFEST_LAYERS_MAX, &layers,
                       &layers_size, e);
        rv = rv == P2P_ENOENT ? 0 : rv; /* an item of small files has none */
    }
    if (rv == 0) {
        rv = manifest_parse(info, info_size, layers, layers_size,
                            &engine_hasher, &r->manifest, e);
    }
    free(layers);
    free(info);
    return rv;
}

/* The value of a key that must be there, copied. */
static int get_text(const struct conf *c, const char *key, char **out,
                    struct err *e)
{
    const char *value = conf_get(c, key);

    if (value == NULL || *value == '\0') {
        return err_set(e, P2P_EINVAL, "%s: \"%s\" is missing", conf_path(c),
                       key);
    }
    *out = mem_strdup(value);
    return 0;
}

static int get_wish(const struct conf *c, enum item_wish *out, struct err *e)
{
    const char *value = conf_get(c, "wish");
    int i;

    for (i = 0; value != NULL && i < WISHES; i++) {
        if (strcmp(value, wish_words[i]) == 0) {
            *out = (enum item_wish)i;
            return 0;
        }
    }
    return err_set(e, P2P_EINVAL, "%s: \"wish\" is not understood",
                   conf_path(c));
}

static int check_record(const struct item_record *r, const char *path,
                        struct err *e)
{
    if (r->directory[0] != '/') {
        return err_set(e, P2P_EINVAL, "%s: the directory is not absolute",
                       path);
    }
    if (!text_is_component(r->file_name, strlen(r->file_name))) {
        return err_set(e, P2P_EINVAL, "%s: the file name is not safe", path);
    }
    return 0;
}

static int read_record(const char *directory, struct item_record *r,
                       struct err *e)
{
    char *path = mem_printf("%s/item", directory);
    struct conf *c = NULL;
    const char *complete;
    int rv = conf_load(path, &c, e);

    if (rv < 0) {
        goto out;
    }
    rv = get_text(c, "group", &r->group, e);
    rv = rv == 0 ? get_text(c, "name", &r->name, e) : rv;
    rv = rv == 0 ? get_text(c, "directory", &r->directory, e) : rv;
    rv = rv == 0 ? get_text(c, "file_name", &r->file_name, e) : rv;
    rv = rv == 0 ? get_wish(c, &r->wish, e) : rv;
    rv = rv == 0 ? check_record(r, path, e) : rv;
    complete = conf_get(c, "complete");
    r->complete = complete != NULL && strcmp(complete, "yes") == 0;

out:
    conf_free(c);
    free(path);
    return rv;
}

/* Stamps of a complete item. Without good ones the files count as changed. */
static void read_stamps(const char *directory, struct item_record *r)
{
    size_t count = r->manifest->file_count;
    size_t expected = STAMPS_HEADER + count * STAMP + SHA256_SIZE;
    uint8_t digest[SHA256_SIZE];
    uint8_t *data = NULL;
    size_t size;
    size_t i;

    if (read_part(directory, "stamps", STAMPS_MAX, &data, &size, NULL) < 0) {
        return;
    }
    if (size == expected && memcmp(data, STAMPS_MAGIC, 8) == 0 &&
        get64(data + 8) == count) {
        sha256_digest(data, size - SHA256_SIZE, digest);
        if (memcmp(digest, data + size - SHA256_SIZE, SHA256_SIZE) == 0) {
            r->stamps = mem_calloc(count, sizeof *r->stamps);
        }
    }
    for (i = 0; r->stamps != NULL && i < count; i++) {
        const uint8_t *at = data + STAMPS_HEADER + i * STAMP;

        r->stamps[i] = (struct storage_stamp){
            .size = get64(at),
            .mtime_ns = (int64_t)get64(at + 8),
            .inode = get64(at + 16),
            .device = get64(at + 24),
        };
    }
    free(data);
}

static int load_item(const char *items, const char *hex,
                     struct item_record **out, struct err *e)
{
    char *directory = mem_printf("%s/%s", items, hex);
    struct item_record *r = mem_calloc(1, sizeof *r);
    char found[HEX + 1];
    int rv = read_record(directory, r, e);

    if (rv == 0) {
        rv = read_manifest(directory, r, e);
    }
    if (rv == 0) {
        hex_encode(r->manifest->hash, MANIFEST_HASH, found);
        if (strcmp(found, hex) != 0) {
            rv = err_set(e, P2P_EVERIFY, "%s/info is not what was published",
                         directory);
        }
    }
    if (rv == 0) {
        if (r->complete) {
            read_stamps(directory, r);
        }
        *out = r; /* handed over */
        r = NULL;
    }
    item_record_free(r);
    free(directory);
    return rv;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

int item_load_all(const char *state_dir,
                  void (*found)(void *arg, struct item_record *r), void *arg,
                  struct err *e)
{
    char *items = items_directory(state_dir);
    uint8_t hash[MANIFEST_HASH];
    struct dirent *entry;
    DIR *dir = opendir(items);

    if (dir == NULL) {
        int rv = errno == ENOENT
                     ? 0 /* no item yet */
                     : err_set_errno(e, errno, "cannot read %s", items);

        free(items);
        return rv;
    }
    while ((entry = readdir(dir)) != NULL) {
        struct item_record *r = NULL;
        struct err why = {0};

        if (has_prefix(entry->d_name, NEW_PREFIX) ||
            has_prefix(entry->d_name, OLD_PREFIX)) {
            char *left = mem_printf("%s/%s", items, entry->d_name);

            remove_directory(left);
            free(left);
        } else if (hex_decode(entry->d_name, hash, sizeof hash) < 0) {
            continue;
        } else if (load_item(items, entry->d_name, &r, &why) == 0) {
            found(arg, r);
        } else {
            log_warn("item", "item %s is left out: %s", entry->d_name,
                     why.text);
        }
    }
    closedir(dir);
    free(items);
    return 0;
}

/* ---- Leaves ------------------------------------------------------------- */

/* Every piece has room for a full set, so that places are easy to tell. */
static uint64_t leaves_offset(const struct manifest *m, uint32_t piece)
{
    return (uint64_t)piece * (m->piece_length / MERKLE_BLOCK) * SHA256_SIZE;
}

static uint32_t leaf_count(const struct manifest *m, uint32_t piece)
{
    uint64_t offset;
    uint32_t length;

    (void)manifest_piece(m, piece, &offset, &length);
    return (length - 1) / MERKLE_BLOCK + 1;
}

/* A crash may have left anything, so what was read must lead to the piece. */
static bool leaves_match(const struct manifest *m, uint32_t piece,
                         const uint8_t (*leaves)[32])
{
    const uint8_t *expected = manifest_piece_hash(m, piece);
    uint64_t offset;
    uint32_t length;
    const struct manifest_file *file =
        manifest_piece(m, piece, &offset, &length);
    merkle_hash root;

    if (expected == NULL) {
        return false;
    }
    merkle_piece_root((const merkle_hash *)leaves, leaf_count(m, piece),
                      file->size, m->piece_length, root);
    return memcmp(root, expected, sizeof root) == 0;
}

int item_read_leaves(const char *state_dir, const struct manifest *m,
                     uint32_t piece, uint8_t (*leaves)[32])
{
    char *path;
    int fd;
    int rv;

    if (piece >= m->piece_count) {
        return P2P_ERANGE;
    }
    path = item_file(state_dir, m->hash, "leaves");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    rv = fd >= 0 ? 0 : err_from_errno(errno);
    free(path);
    if (rv < 0) {
        return rv;
    }
    rv = fd_pread_all(fd, leaves, (size_t)leaf_count(m, piece) * SHA256_SIZE,
                      leaves_offset(m, piece));
    close(fd);
    if (rv == P2P_ERANGE ||
        (rv == 0 && !leaves_match(m, piece, (const uint8_t(*)[32])leaves))) {
        return P2P_ENOENT;
    }
    return rv;
}

int item_write_leaves(const char *state_dir, const struct manifest *m,
                      uint32_t piece, const uint8_t (*leaves)[32],
                      uint32_t count)
{
    char *path;
    int fd;
    int rv;

    if (piece >= m->piece_count || count != leaf_count(m, piece)) {
        return P2P_ERANGE;
    }
    path = item_file(state_dir, m->hash, "leaves");
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    rv = fd >= 0 ? 0 : err_from_errno(errno);
    free(path);
    if (rv < 0) {
        return rv;
    }
    rv = fd_pwrite_all(fd, leaves, (size_t)count * SHA256_SIZE,
                       leaves_offset(m, piece));
    close(fd);
    return rv;
}
