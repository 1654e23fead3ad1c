#include "config.h"

#include "lib/swarmlab.h"

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/cert.h"
#include "crypto/merkle.h"
#include "crypto/random.h"
#include "crypto/sha256.h"
#include "crypto/tlsctx.h"
#include "engine/content.h"
#include "engine/disk.h"
#include "engine/doorway.h"
#include "engine/item.h"
#include "engine/membership.h"
#include "engine/storage.h"
#include "net/conn.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"
#include "wire/manifest.h"

static const struct manifest_hasher hasher = {sha256_digest, merkle_file_root};

/* ---- Group ------------------------------------------------------------- */

struct lab *lab_new(void)
{
    struct lab *l = mem_calloc(1, sizeof *l);

    (void)snprintf(l->dir, sizeof l->dir, "%s/swarmlab-XXXXXX",
                   getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    assert(mkdtemp(l->dir) != NULL);
    l->loop = loop_new();
    l->disk = disk_new(2);
    l->port = disk_port_new(l->disk, l->loop);
    l->root_key = key_new();
    assert(cert_make_group_root(l->root_key, "lab", "g1", clock_wall(),
                                &l->root) == 0);
    l->root_pem = cert_to_pem(l->root);
    return l;
}

static struct membership *make_membership(const struct key *root_key,
                                          const struct cert *root,
                                          const char *user, int64_t life)
{
    struct key *k = key_new();
    char *request = cert_make_request(k, user);
    struct cert_member who = {.user = user,
                              .user_id = user,
                              .not_before = clock_wall() - 60,
                              .not_after = clock_wall() + life};
    struct cert *leaf;
    struct tlsctx *tls;
    struct membership *m;
    struct err e = {0};

    random_fill(who.serial, sizeof who.serial);
    assert(cert_sign_member(root_key, root, request, &who, &leaf, &e) == 0);
    assert(tlsctx_new_group(k, leaf, root, &tls, &e) == 0);
    m = membership_new("lab", user, tls, cert_not_after(leaf), NULL, 0);
    tlsctx_unref(tls);
    cert_free(leaf);
    free(request);
    key_free(k);
    return m;
}

struct membership *lab_membership(struct lab *l, const char *user, int64_t life)
{
    return make_membership(l->root_key, l->root, user, life);
}

struct membership *lab_foreign_membership(struct lab *l, const char *user)
{
    struct key *k = key_new();
    struct cert *root;
    struct membership *m;

    (void)l;
    assert(cert_make_group_root(k, "lab", "g1", clock_wall(), &root) == 0);
    m = make_membership(k, root, user, 3600);
    cert_free(root);
    key_free(k);
    return m;
}

/* ---- Item -------------------------------------------------------------- */

static void fill_bytes(uint8_t *out, uint64_t size, uint32_t seed)
{
    uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

    for (uint64_t i = 0; i < size; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        out[i] = (uint8_t)(x >> 32);
    }
}

static uint8_t *file_bytes(const struct lab *l, unsigned i)
{
    uint8_t *data = mem_alloc(l->files[i].size + 1);

    fill_bytes(data, l->files[i].size, i + 1);
    return data;
}

static void hash_file(const struct lab *l, unsigned i, uint32_t piece_length,
                      struct manifest_source_file *out)
{
    uint64_t size = l->files[i].size;
    uint32_t pieces = (uint32_t)((size + piece_length - 1) / piece_length);
    uint8_t *data = file_bytes(l, i);
    merkle_hash *layer = mem_calloc(pieces + 1, sizeof *layer);
    uint8_t(*leaves)[32] = mem_alloc((size_t)piece_length / 16384 * 32);

    for (uint32_t p = 0; p < pieces; p++) {
        uint64_t at = (uint64_t)p * piece_length;
        size_t n =
            size - at < piece_length ? (size_t)(size - at) : piece_length;

        sha256_leaves(data + at, n, leaves);
        merkle_piece_root((const void *)leaves, (uint32_t)((n + 16383) / 16384),
                          size, piece_length, layer[p]);
    }
    out->path = l->files[i].path;
    out->size = size;
    out->piece_count = pieces;
    if (pieces > 0) {
        merkle_file_root((const void *)layer, pieces, size, piece_length,
                         out->root);
    }
    out->layer = pieces > 1 ? (const uint8_t *)layer : NULL;
    if (pieces <= 1) {
        free(layer);
    }
    free(leaves);
    free(data);
}

void lab_item(struct lab *l, const struct lab_file *files, bool is_directory,
              uint32_t piece_length)
{
    struct manifest_source_file sources[LAB_FILES] = {{0}};
    struct manifest_source source = {.name =
                                         is_directory ? "item" : files[0].path,
                                     .is_directory = is_directory,
                                     .piece_length = piece_length,
                                     .root_pem = l->root_pem,
                                     .files = sources};
    struct err e = {0};

    l->is_directory = is_directory;
    while (files[source.file_count].path != NULL) {
        size_t i = source.file_count;

        l->files[i] = files[i];
        hash_file(l, (unsigned)i, piece_length, &sources[i]);
        source.file_count++;
    }
    if (manifest_build(&source, &hasher, &l->manifest, &e) < 0) {
        fprintf(stderr, "manifest: %s\n", e.text);
        abort();
    }
    for (size_t i = 0; i < source.file_count; i++) {
        free((void *)(uintptr_t)sources[i].layer);
    }
}

static struct manifest *copy_manifest(const struct lab *l)
{
    struct manifest *m;
    struct err e = {0};

    if (manifest_parse(l->manifest->info, l->manifest->info_size,
                       l->manifest->layers, l->manifest->layers_size, &hasher,
                       &m, &e) < 0) {
        fprintf(stderr, "manifest: %s\n", e.text);
        abort();
    }
    return m;
}

static void file_path(const struct lab_node *n, unsigned i, char *out,
                      size_t size)
{
    const struct lab *l = n->lab;

    if (l->is_directory) {
        (void)snprintf(out, size, "%s/item/%s", n->dir, l->files[i].path);
    } else {
        (void)snprintf(out, size, "%s/%s", n->dir, l->files[i].path);
    }
}

static void write_files(const struct lab_node *n)
{
    const struct lab *l = n->lab;

    for (unsigned i = 0; l->files[i].path != NULL; i++) {
        char path[600];
        uint8_t *data = file_bytes(l, i);
        char *slash;
        int fd;

        file_path(n, i, path, sizeof path);
        slash = strrchr(path, '/');
        *slash = '\0';
        assert(fd_make_dirs(path) == 0);
        *slash = '/';
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert(fd >= 0 && fd_write_all(fd, data, l->files[i].size) == 0);
        close(fd);
        free(data);
    }
}

static void write_leaves(const struct lab_node *n)
{
    const struct manifest *m = content_manifest(n->content);
    uint8_t(*leaves)[32] = mem_alloc((size_t)m->piece_length / 16384 * 32);
    struct err e = {0};

    for (uint32_t p = 0; p < m->piece_count; p++) {
        uint64_t offset;
        uint32_t length;
        bool matches = false;

        (void)manifest_piece(m, p, &offset, &length);
        assert(storage_hash_piece(content_storage(n->content), p, leaves,
                                  &matches, &e) == 0);
        assert(matches);
        assert(item_write_leaves(n->state, m, p, (const void *)leaves,
                                 (length + 16383) / 16384) == 0);
    }
    free(leaves);
}

bool lab_is_same(const struct lab_node *n)
{
    const struct lab *l = n->lab;

    for (unsigned i = 0; l->files[i].path != NULL; i++) {
        char path[600];
        uint8_t *data = file_bytes(l, i);
        uint8_t *got = NULL;
        size_t size = 0;
        bool same;

        file_path(n, i, path, sizeof path);
        same = fd_read_file(path, SIZE_MAX / 2, &got, &size) == 0 &&
               size == l->files[i].size && memcmp(got, data, size) == 0;
        free(got);
        free(data);
        if (!same) {
            return false;
        }
    }
    return true;
}

void lab_corrupt(struct lab_node *n, uint32_t first, uint32_t step)
{
    const struct lab *l = n->lab;
    char path[600];
    int fd;

    file_path(n, 0, path, sizeof path);
    fd = open(path, O_RDWR);
    assert(fd >= 0);
    for (uint64_t at = (uint64_t)first * 16384; at < l->files[0].size;
         at += (uint64_t)step * 16384) {
        uint8_t byte;

        assert(fd_pread_all(fd, &byte, 1, at) == 0);
        byte ^= 4;
        assert(fd_pwrite_all(fd, &byte, 1, at) == 0);
    }
    close(fd);
}

void lab_expect_unchanged(struct lab_node *n)
{
    size_t count = content_manifest(n->content)->file_count;
    struct storage_stamp *stamps = mem_calloc(count, sizeof *stamps);
    struct err e = {0};

    assert(storage_stamp_all(content_storage(n->content), n->lab->manifest,
                             stamps, &e) == 0);
    storage_expect(content_storage(n->content), stamps);
    free(stamps);
}

/* ---- Nodes ------------------------------------------------------------- */

static void on_piece(void *arg, uint32_t piece)
{
    struct lab_node *n = arg;

    (void)piece;
    n->pieces++;
}

static void on_complete(void *arg)
{
    struct lab_node *n = arg;

    n->completed++;
}

static void on_parked(void *arg, int code, const char *why)
{
    struct lab_node *n = arg;

    (void)why;
    n->parked += code != 0;
    n->unparked += code == 0;
    n->park_code = code;
}

static void on_banned(void *arg, const char *user, const char *address,
                      uint32_t piece)
{
    struct lab_node *n = arg;

    (void)address;
    (void)piece;
    (void)snprintf(n->banned, sizeof n->banned, "%s", user);
    n->bans++;
}

static void on_hungry(void *arg)
{
    struct lab_node *n = arg;

    n->hungry++;
}

static void on_stopped(void *arg)
{
    struct lab_node *n = arg;

    n->stopped++;
}

static void on_unreadable(void *arg, int code, const char *why)
{
    struct lab_node *n = arg;

    (void)code;
    (void)why;
    n->unreadable++;
}

static const struct swarm_ops calls = {
    .on_piece = on_piece,
    .on_complete = on_complete,
    .on_parked = on_parked,
    .on_banned = on_banned,
    .on_hungry = on_hungry,
    .on_stopped = on_stopped,
    .on_unreadable = on_unreadable,
};

static struct tlsctx *on_sni(void *arg, const char sni_hex[41])
{
    struct lab_node *n = arg;

    (void)sni_hex;
    return membership_tls(n->membership);
}

static void on_guest(void *arg, struct conn *parcel,
                     const uint8_t handshake[PEERMSG_HANDSHAKE])
{
    struct lab_node *n = arg;

    if (n->swarm == NULL || n->stopped > 0) {
        conn_free(parcel);
        return;
    }
    swarm_add_incoming(n->swarm, parcel, handshake);
}

struct lab_node *lab_node(struct lab *l, const char *name, struct membership *m,
                          bool complete)
{
    struct lab_node *n = &l->nodes[l->node_count];
    struct content_setup setup = {
        .manifest = copy_manifest(l), .state_dir = n->state, .group = "lab"};
    struct err e = {0};
    char item[400], hex[65];
    char *top;
    int rv;

    assert(l->node_count < LAB_NODES);
    l->node_count++;
    n->lab = l;
    (void)snprintf(n->name, sizeof n->name, "%s", name);
    top = mem_strdup(l->dir); /* part of the same struct as its copies */
    (void)snprintf(n->dir, sizeof n->dir, "%s/%s", top, name);
    (void)snprintf(n->state, sizeof n->state, "%s/%s.state", top, name);
    free(top);
    assert(fd_make_dirs(n->dir) == 0);
    for (int i = 0; i < 32; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", setup.manifest->hash[i]);
    }
    (void)snprintf(item, sizeof item, "%s/items/%s", n->state, hex);
    assert(fd_make_dirs(item) == 0);
    if (complete) {
        write_files(n);
        rv = storage_open(setup.manifest, n->dir, NULL, true, &setup.storage,
                          &e);
    } else {
        rv = storage_create(setup.manifest, n->dir, NULL, &setup.storage, &e);
    }
    if (rv < 0) {
        fprintf(stderr, "storage: %s\n", e.text);
        abort();
    }
    setup.verified = bitfield_new(setup.manifest->piece_count);
    if (complete) {
        bitfield_set_all(setup.verified);
    }
    n->content = content_new(&setup);
    if (complete) {
        write_leaves(n);
    }
    n->membership = m != NULL ? m : lab_membership(l, name, 3600);
    (void)memcpy(n->peer_id, "-P20100-", 8);
    random_fill(n->peer_id + 8, 12);
    return n;
}

void lab_start(struct lab_node *n, bool load)
{
    struct doorway_setup door = {.loop = n->lab->loop,
                                 .host = "127.0.0.1",
                                 .find = on_sni,
                                 .on_guest = on_guest,
                                 .arg = n};
    struct swarm_setup setup = {.loop = n->lab->loop,
                                .port = n->lab->port,
                                .content = n->content,
                                .membership = n->membership,
                                .load = load,
                                .peer_id = n->peer_id,
                                .ops = &calls,
                                .arg = n};
    struct err e = {0};

    assert(doorway_new(&door, &n->doorway, &e) == 0);
    n->port = doorway_port(n->doorway);
    (void)snprintf(n->address, sizeof n->address, "127.0.0.1:%u", n->port);
    setup.listen_port = n->port;
    n->swarm = swarm_new(&setup);
}

struct lab_node *lab_seeder(struct lab *l, const char *name,
                            struct membership *m)
{
    struct lab_node *n = lab_node(l, name, m, true);

    lab_start(n, false);
    return n;
}

struct lab_node *lab_loader(struct lab *l, const char *name,
                            struct membership *m)
{
    struct lab_node *n = lab_node(l, name, m, false);

    lab_start(n, true);
    return n;
}

void lab_connect(struct lab_node *from, const struct lab_node *to)
{
    swarm_add_address(from->swarm, to->address, to->name);
}

struct swarm_stats lab_stats(const struct lab_node *n)
{
    struct swarm_stats stats;

    swarm_get_stats(n->swarm, &stats);
    return stats;
}

/* ---- Running ----------------------------------------------------------- */

struct waiting {
    struct loop *loop;
    struct timer *timer;
    bool (*is_done)(void *arg);
    void *arg;
    int64_t until_ms;
    bool was_done;
};

static void look(void *arg)
{
    struct waiting *w = arg;

    w->was_done = w->is_done(w->arg);
    if (w->was_done || clock_now_ms() > w->until_ms) {
        loop_stop(w->loop);
        return;
    }
    timer_start(w->timer, 2);
}

bool lab_run(struct lab *l, bool (*is_done)(void *arg), void *arg,
             int64_t limit_ms)
{
    struct waiting w = {.loop = l->loop,
                        .is_done = is_done,
                        .arg = arg,
                        .until_ms = clock_now_ms() + limit_ms};

    w.timer = timer_new(l->loop, look, &w);
    timer_start(w.timer, 0);
    loop_run(l->loop, "lab");
    timer_free(w.timer);
    return w.was_done;
}

bool lab_is_complete(void *node)
{
    return ((struct lab_node *)node)->completed > 0;
}

bool lab_is_stopped(void *node)
{
    return ((struct lab_node *)node)->stopped > 0;
}

void lab_stop(struct lab_node *n)
{
    if (n->swarm == NULL) {
        return;
    }
    doorway_free(n->doorway);
    n->doorway = NULL;
    swarm_stop(n->swarm);
    assert(lab_run(n->lab, lab_is_stopped, n, 10000));
    swarm_free(n->swarm);
    n->swarm = NULL;
}

static int remove_entry(const char *path, const struct stat *st, int type,
                        struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void lab_free(struct lab *l)
{
    for (unsigned i = 0; i < l->node_count; i++) {
        struct lab_node *n = &l->nodes[i];

        lab_stop(n);
        content_unref(n->content);
        membership_unref(n->membership);
    }
    disk_port_free(l->port);
    disk_free(l->disk);
    loop_free(l->loop);
    manifest_free(l->manifest);
    cert_free(l->root);
    key_free(l->root_key);
    free(l->root_pem);
    (void)nftw(l->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(l);
}
