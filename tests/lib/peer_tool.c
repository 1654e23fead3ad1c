/* peer_tool: serve or load one .torrent with the real server and swarm, for
 * tests against other programs and for measurements.
 *
 *   peer_tool serve TORRENT DIRECTORY MEMBER [--listen PORT]
 *   peer_tool load  TORRENT DIRECTORY MEMBER --peer ADDR:PORT... [--stay]
 *
 * MEMBER is a directory with key.pem, cert.pem and root.pem. Says "port N",
 * then "complete", on standard output; at the end "cpu USER SYSTEM" and "bytes
 * DOWN UP WASTED BANS". Ends when loaded (without --stay), or at SIGTERM.
 */
#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/cert.h"
#include "crypto/merkle.h"
#include "crypto/random.h"
#include "crypto/sha256.h"
#include "crypto/tlsctx.h"
#include "engine/content.h"
#include "engine/disk.h"
#include "engine/item.h"
#include "engine/membership.h"
#include "engine/server.h"
#include "engine/storage.h"
#include "engine/swarm.h"
#include "net/conn.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/mem.h"
#include "wire/manifest.h"

enum { PEERS_MAX = 64, TORRENT_MAX = 80 * 1024 * 1024 };

static struct tool {
    bool load, stay, done;
    const char *torrent, *directory, *member;
    const char *peers[PEERS_MAX];
    unsigned peer_count, bans;
    uint16_t port;
    char state[64];
    struct loop *loop;
    struct disk *disk;
    struct disk_port *disk_port;
    struct membership *membership;
    struct content *content;
    struct server *server;
    struct swarm *swarm;
    struct swarm_stats stats;
    uint64_t served; /* by the server's thread */
} tool;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "peer_tool: %s: %s\n", what, why);
    exit(1);
}

static char *read_pem(const char *name)
{
    char *path = mem_printf("%s/%s", tool.member, name);
    uint8_t *data = NULL;
    int rv = fd_read_file(path, CERT_PEM_MAX, &data, NULL);

    if (rv < 0) {
        die(path, err_text(rv));
    }
    free(path);
    return (char *)data;
}

static void open_membership(void)
{
    char *key_pem = read_pem("key.pem");
    char *cert_pem = read_pem("cert.pem");
    char *root_pem = read_pem("root.pem");
    char user[CERT_USER_MAX] = "", user_id[CERT_USER_MAX] = "";
    struct key *key = NULL;
    struct cert *cert = NULL, *root = NULL;
    struct tlsctx *tls = NULL;
    struct err e = {0};

    if (key_from_pem(key_pem, &key, &e) < 0 ||
        cert_from_pem(cert_pem, &cert, &e) < 0 ||
        cert_from_pem(root_pem, &root, &e) < 0 ||
        tlsctx_new_group(key, cert, root, &tls, &e) < 0) {
        die(tool.member, e.text);
    }
    (void)cert_member_identity(cert, user, user_id);
    tool.membership =
        membership_new("group", user_id, tls, cert_not_after(cert), NULL, 0);
    tlsctx_unref(tls);
    cert_free(cert);
    cert_free(root);
    key_free(key);
    mem_free_secret(key_pem);
    free(cert_pem);
    free(root_pem);
}

static struct manifest *open_manifest(void)
{
    static const struct manifest_hasher hasher = {sha256_digest,
                                                  merkle_file_root};
    struct manifest *m = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    struct err e = {0};
    int rv = fd_read_file(tool.torrent, TORRENT_MAX, &data, &size);

    if (rv < 0) {
        die(tool.torrent, err_text(rv));
    }
    if (manifest_parse_torrent(data, size, &hasher, &m, &e) < 0) {
        die(tool.torrent, e.text);
    }
    free(data);
    return m;
}

/* A share has its leaves stored when it is made; so has ours. */
static void store_leaves(const struct manifest *m, struct storage *s)
{
    uint8_t(*leaves)[32] = mem_alloc((size_t)m->piece_length / 16384 * 32);
    struct err e = {0};

    for (uint32_t p = 0; p < m->piece_count; p++) {
        uint64_t offset;
        uint32_t length;
        bool matches = false;

        (void)manifest_piece(m, p, &offset, &length);
        if (storage_hash_piece(s, p, leaves, &matches, &e) < 0) {
            die(tool.directory, e.text);
        }
        if (matches && item_write_leaves(tool.state, m, p, (const void *)leaves,
                                         (length + 16383) / 16384) < 0) {
            die(tool.state, "cannot store hashes");
        }
    }
    free(leaves);
}

static void open_content(void)
{
    struct content_setup setup = {
        .manifest = open_manifest(), .state_dir = tool.state, .group = "group"};
    struct manifest *m = setup.manifest;
    struct err e = {0};
    char hash[65];
    char *item;
    int rv;

    hex_encode(m->hash, sizeof m->hash, hash);
    item = mem_printf("%s/items/%s", tool.state, hash);
    if (fd_make_dirs(item) < 0) {
        die(item, "cannot make it");
    }
    free(item);
    if (tool.load) {
        rv = storage_create(m, tool.directory, NULL, &setup.storage, &e);
    } else {
        rv = storage_open(m, tool.directory, NULL, true, &setup.storage, &e);
    }
    if (rv < 0) {
        die(tool.directory, e.text);
    }
    setup.verified = bitfield_new(m->piece_count);
    if (!tool.load) {
        bitfield_set_all(setup.verified);
        store_leaves(m, setup.storage);
    }
    tool.content = content_new(&setup);
}

/* ---- Running ----------------------------------------------------------- */

static void take_stats(void *arg, const struct server_item_stats *items,
                       size_t count, struct rows *peers)
{
    (void)arg;
    (void)peers;
    for (size_t i = 0; i < count; i++) {
        tool.served += items[i].stats->total_up;
    }
    loop_stop(tool.loop);
}

static void end(void)
{
    server_ask_stats(tool.server, NULL, take_stats, NULL);
}

static void stop(void)
{
    if (tool.done) {
        return;
    }
    tool.done = true;
    if (tool.swarm == NULL) {
        end();
        return;
    }
    swarm_get_stats(tool.swarm, &tool.stats);
    swarm_stop(tool.swarm);
}

static void on_stopped(void *arg)
{
    (void)arg;
    end();
}

static void on_complete(void *arg)
{
    (void)arg;
    printf("complete\n");
    (void)fflush(stdout);
    server_serve(tool.server, tool.content, tool.membership);
    if (!tool.stay) {
        stop();
    }
}

static void on_banned(void *arg, const char *user, const char *address,
                      uint32_t piece)
{
    (void)arg;
    fprintf(stderr, "banned %s %s for piece %u\n", user, address, piece);
    tool.bans++;
}

static void on_parked(void *arg, int code, const char *why)
{
    (void)arg;
    fprintf(stderr, "parked %d %s\n", code, why);
}

static const struct swarm_ops swarm_calls = {
    .on_complete = on_complete,
    .on_banned = on_banned,
    .on_parked = on_parked,
    .on_stopped = on_stopped,
};

static void on_incoming(void *arg, const uint8_t hash[32], struct conn *parcel,
                        const uint8_t handshake[68])
{
    (void)arg;
    (void)hash;
    if (tool.swarm == NULL || tool.done) {
        conn_free(parcel);
        return;
    }
    swarm_add_incoming(tool.swarm, parcel, handshake);
}

static void on_changed(void *arg, const uint8_t hash[32], const char *why)
{
    (void)arg;
    (void)hash;
    printf("changed %s\n", why);
    (void)fflush(stdout);
}

static const struct server_ops server_calls = {
    .on_incoming = on_incoming,
    .on_changed = on_changed,
};

static void on_signal(void *arg, int signal_number)
{
    (void)arg;
    (void)signal_number;
    stop();
}

static void start(void)
{
    uint8_t peer_id[20];
    struct err e = {0};
    struct server_setup server = {.loop = tool.loop,
                                  .disk = tool.disk,
                                  .host = "127.0.0.1",
                                  .port = tool.port,
                                  .peer_id = peer_id,
                                  .ops = &server_calls};
    struct swarm_setup swarm = {.loop = tool.loop,
                                .port = tool.disk_port,
                                .content = tool.content,
                                .membership = tool.membership,
                                .load = true,
                                .peer_id = peer_id,
                                .ops = &swarm_calls};

    memcpy(peer_id, "-P20100-", 8);
    random_fill(peer_id + 8, sizeof peer_id - 8);
    if (server_new(&server, &tool.server, &e) < 0) {
        die("server", e.text);
    }
    printf("port %u\n", server_port(tool.server));
    (void)fflush(stdout);
    if (!tool.load) {
        server_serve(tool.server, tool.content, tool.membership);
        return;
    }
    server_expect(tool.server, content_manifest(tool.content)->hash,
                  tool.membership);
    swarm.listen_port = server_port(tool.server);
    tool.swarm = swarm_new(&swarm);
    for (unsigned i = 0; i < tool.peer_count; i++) {
        swarm_add_address(tool.swarm, tool.peers[i], "");
    }
}

static void finish(void)
{
    struct rusage use;

    server_free(tool.server);
    swarm_free(tool.swarm);
    content_unref(tool.content);
    membership_unref(tool.membership);
    disk_port_free(tool.disk_port);
    disk_free(tool.disk);
    loop_free(tool.loop);
    (void)getrusage(RUSAGE_SELF, &use);
    printf("cpu %ld.%03ld %ld.%03ld\n", (long)use.ru_utime.tv_sec,
           (long)use.ru_utime.tv_usec / 1000, (long)use.ru_stime.tv_sec,
           (long)use.ru_stime.tv_usec / 1000);
    printf("bytes %llu %llu %llu %u\n",
           (unsigned long long)tool.stats.total_down,
           (unsigned long long)(tool.stats.total_up + tool.served),
           (unsigned long long)tool.stats.wasted, tool.bans);
}

static void parse(int argc, char **argv)
{
    if (argc < 5) {
        die("usage", "serve|load TORRENT DIRECTORY MEMBER [OPTION]...");
    }
    tool.load = strcmp(argv[1], "load") == 0;
    tool.torrent = argv[2];
    tool.directory = argv[3];
    tool.member = argv[4];
    for (int i = 5; i < argc; i++) {
        if (strcmp(argv[i], "--stay") == 0) {
            tool.stay = true;
        } else if (strcmp(argv[i], "--peer") == 0 && i + 1 < argc &&
                   tool.peer_count < PEERS_MAX) {
            tool.peers[tool.peer_count] = argv[++i];
            tool.peer_count++;
        } else if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc) {
            tool.port = (uint16_t)strtoul(argv[++i], NULL, 10);
        } else {
            die(argv[i], "unknown option");
        }
    }
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(tool.state, sizeof tool.state, "%s/peer_tool-XXXXXX",
                   getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(tool.state) == NULL) {
        die(tool.state, "cannot make it");
    }
    open_membership();
    open_content();
    tool.loop = loop_new();
    tool.disk = disk_new(0);
    tool.disk_port = disk_port_new(tool.disk, tool.loop);
    (void)loop_on_signal(tool.loop, SIGTERM, on_signal, NULL);
    (void)loop_on_signal(tool.loop, SIGINT, on_signal, NULL);
    start();
    loop_run(tool.loop, "p2p-dl");
    finish();
    return 0;
}
