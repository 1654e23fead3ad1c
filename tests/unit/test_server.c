#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/content.h"
#include "engine/membership.h"
#include "engine/server.h"
#include "engine/swarm.h"
#include "lib/swarmlab.h"
#include "net/conn.h"
#include "msgq/rows.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/clock.h"
#include "util/err.h"
#include "wire/manifest.h"

enum { KIB = 1024, PIECE = 64 * KIB, LIMIT_MS = 20000 };

/* A server for the node `host` of a lab; the loader is another node. */
struct stage {
    struct lab *lab;
    struct lab_node *host, *loader;
    struct server *server;
    char address[64];
    unsigned changed, incoming, takers;
    bool is_answered;
    uint64_t total_up;
};

static void on_incoming(void *arg, const uint8_t hash[32], struct conn *parcel,
                        const uint8_t handshake[68])
{
    struct stage *t = arg;

    assert_memory_equal(hash, t->lab->manifest->hash, 32);
    t->incoming++;
    swarm_add_incoming(t->host->swarm, parcel, handshake);
}

static void on_changed(void *arg, const uint8_t hash[32], const char *why)
{
    struct stage *t = arg;

    assert_memory_equal(hash, t->lab->manifest->hash, 32);
    assert_non_null(why);
    t->changed++;
}

static const struct server_ops calls = {.on_incoming = on_incoming,
                                        .on_changed = on_changed};

static void stage_open(struct stage *t, uint64_t size, bool complete)
{
    const struct lab_file files[] = {{"data.bin", size}, {NULL, 0}};
    struct server_setup setup = {.host = "127.0.0.1", .ops = &calls, .arg = t};
    struct err e = {0};

    memset(t, 0, sizeof *t);
    t->lab = lab_new();
    lab_item(t->lab, files, false, PIECE);
    t->host = lab_node(t->lab, "sara", NULL, complete);
    setup.loop = t->lab->loop;
    setup.disk = t->lab->disk;
    setup.peer_id = t->host->peer_id;
    assert_int_equal(server_new(&setup, &t->server, &e), 0);
    (void)snprintf(t->address, sizeof t->address, "127.0.0.1:%u",
                   server_port(t->server));
    t->loader = lab_loader(t->lab, "lena", NULL);
    swarm_add_address(t->loader->swarm, t->address, "sara");
}

static void stage_close(struct stage *t)
{
    server_free(t->server);
    lab_free(t->lab);
}

static void take_stats(void *arg, const struct server_item_stats *items,
                       size_t count, struct rows *peers)
{
    struct stage *t = arg;

    (void)peers;
    t->is_answered = true;
    t->total_up = count > 0 ? items[0].stats->total_up : 0;
}

static bool is_answered(void *arg)
{
    return ((struct stage *)arg)->is_answered;
}

static bool is_changed(void *arg)
{
    return ((struct stage *)arg)->changed > 0;
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

/* A complete item is served from the other thread, and counted. */
static void server_serves_complete_item(void **state)
{
    struct stage t;

    (void)state;
    stage_open(&t, 16 * 1024 * KIB, true);
    server_serve(t.server, t.host->content, t.host->membership);
    assert_true(lab_run(t.lab, lab_is_complete, t.loader, LIMIT_MS));
    assert_true(lab_is_same(t.loader));
    server_ask_stats(t.server, t.lab->manifest->hash, take_stats, &t);
    assert_true(lab_run(t.lab, is_answered, &t, LIMIT_MS));
    assert_true(t.total_up >= 16 * 1024 * KIB);
    assert_int_equal(t.incoming, 0);
    stage_close(&t);
}

/* Connections for an item that is being loaded come to the loading swarm. */
static void server_hands_over_expected_item(void **state)
{
    struct stage t;
    struct lab_node *seeder;

    (void)state;
    stage_open(&t, 8 * 1024 * KIB, false);
    lab_start(t.host, true);
    server_expect(t.server, t.lab->manifest->hash, t.host->membership);
    seeder = lab_seeder(t.lab, "sven", NULL);
    lab_connect(t.host, seeder);
    assert_true(lab_run(t.lab, lab_is_complete, t.loader, LIMIT_MS));
    assert_true(lab_is_same(t.loader));
    assert_true(t.incoming > 0);
    stage_close(&t);
}

/* An item nobody announced, or that was withdrawn, is refused. */
static void server_refuses_unknown_item(void **state)
{
    struct stage t;

    (void)state;
    stage_open(&t, 1024 * KIB, true);
    server_serve(t.server, t.host->content, t.host->membership);
    server_withdraw(t.server, t.lab->manifest->hash);
    (void)lab_run(t.lab, lab_is_complete, t.loader, 500);
    assert_int_equal(t.loader->completed, 0);
    assert_int_equal(lab_stats(t.loader).total_down, 0);
    stage_close(&t);
}

/* A file that changed is not served, and the downloader's thread is told. */
static void server_tells_of_changed_file(void **state)
{
    struct stage t;
    char path[400];

    (void)state;
    stage_open(&t, 1024 * KIB, true);
    lab_expect_unchanged(t.host);
    (void)snprintf(path, sizeof path, "%s/data.bin", t.host->dir);
    assert_int_equal(truncate(path, 1000), 0);
    server_serve(t.server, t.host->content, t.host->membership);
    assert_true(lab_run(t.lab, is_changed, &t, LIMIT_MS));
    assert_int_equal(t.changed, 1);
    assert_int_equal(t.loader->completed, 0);
    stage_close(&t);
}

static bool has_some(void *node)
{
    return ((struct lab_node *)node)->pieces > 20;
}

static bool has_nobody(void *node)
{
    return lab_stats(node).peers == 0;
}

/* A new deny entry ends the user's connections on both threads at once. */
static void server_ends_denied_member(void **state)
{
    const struct membership_denial denial = {"lena", INT64_MAX};
    struct membership *m;
    struct stage t;

    (void)state;
    stage_open(&t, 64 * 1024 * KIB, true);
    server_serve(t.server, t.host->content, t.host->membership);
    assert_true(lab_run(t.lab, has_some, t.loader, LIMIT_MS));
    m = membership_new("lab", "sara", membership_tls(t.host->membership),
                       membership_not_after(t.host->membership), &denial, 1);
    server_set_membership(t.server, m);
    membership_unref(m);
    assert_true(lab_run(t.lab, has_nobody, t.loader, 2000));
    (void)lab_run(t.lab, lab_is_complete, t.loader, 300);
    assert_int_equal(t.loader->completed, 0);
    stage_close(&t);
}

static void take_takers(void *arg, struct rows *takers)
{
    struct stage *t = arg;

    assert_int_equal(takers->kind, ROWS_TAKERS);
    t->is_answered = true;
    t->takers = (unsigned)takers->count;
    if (takers->count > 0) {
        assert_string_equal(takers->takers[0].user, "lena");
        assert_string_equal(takers->takers[0].name, "data.bin");
        assert_string_equal(takers->takers[0].group, "lab");
    }
}

static unsigned count_takers(struct stage *t)
{
    t->is_answered = false;
    server_ask_takers(t->server, take_takers, t);
    assert_true(lab_run(t->lab, is_answered, t, LIMIT_MS));
    return t->takers;
}

static bool gave_up(void *node)
{
    return lab_stats(node).peers == 0 && lab_stats(node).dialing == 0 &&
           ((struct lab_node *)node)->hungry > 0;
}

/* Who takes is told; a user who is dropped takes nothing more, not even when
 * it calls again. */
static void server_drops_user(void **state)
{
    struct stage t;
    uint64_t taken;

    (void)state;
    stage_open(&t, 64 * 1024 * KIB, true);
    server_serve(t.server, t.host->content, t.host->membership);
    assert_int_equal(count_takers(&t), 0);
    assert_true(lab_run(t.lab, has_some, t.loader, LIMIT_MS));
    assert_int_equal(count_takers(&t), 1);
    server_drop_user(t.server, t.lab->manifest->hash, "lena");
    assert_true(lab_run(t.lab, has_nobody, t.loader, LIMIT_MS));
    taken = lab_stats(t.loader).total_down;
    swarm_hurry(t.loader->swarm);
    assert_true(lab_run(t.lab, gave_up, t.loader, LIMIT_MS));
    assert_int_equal(lab_stats(t.loader).total_down, taken);
    assert_int_equal(count_takers(&t), 0);
    stage_close(&t);
}

/* Ending while bytes flow waits for nothing and loses nothing. */
static void server_free_in_the_middle(void **state)
{
    struct stage t;

    (void)state;
    stage_open(&t, 64 * 1024 * KIB, true);
    server_serve(t.server, t.host->content, t.host->membership);
    assert_true(lab_run(t.lab, has_some, t.loader, LIMIT_MS));
    stage_close(&t);
}

/* A second server on the same port says so. */
static void server_new_port_is_taken(void **state)
{
    struct stage t;
    struct server *second = NULL;
    struct server_setup setup = {.host = "127.0.0.1", .ops = &calls};
    struct err e = {0};

    (void)state;
    stage_open(&t, 1, true);
    setup.loop = t.lab->loop;
    setup.disk = t.lab->disk;
    setup.peer_id = t.host->peer_id;
    setup.port = server_port(t.server);
    assert_int_equal(server_new(&setup, &second, &e), P2P_EBUSY);
    assert_true(e.text[0] != '\0');
    stage_close(&t);
}

static unsigned open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned count = 0;

    while (d != NULL && readdir(d) != NULL) {
        count++;
    }
    closedir(d);
    return count;
}

/* S3-08: an item that nobody asks for costs no open file. */
static void server_opens_files_on_demand(void **state)
{
    struct stage t;
    unsigned before;

    (void)state;
    stage_open(&t, 1024 * KIB, true);
    (void)lab_run(t.lab, never, NULL, 50);
    before = open_files();
    server_serve(t.server, t.host->content, t.host->membership);
    server_ask_stats(t.server, NULL, take_stats, &t);
    assert_true(lab_run(t.lab, is_answered, &t, LIMIT_MS));
    assert_true(open_files() <= before + 2); /* connections of the loader */
    stage_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_serves_complete_item),
        cmocka_unit_test(server_hands_over_expected_item),
        cmocka_unit_test(server_refuses_unknown_item),
        cmocka_unit_test(server_tells_of_changed_file),
        cmocka_unit_test(server_ends_denied_member),
        cmocka_unit_test(server_drops_user),
        cmocka_unit_test(server_free_in_the_middle),
        cmocka_unit_test(server_new_port_is_taken),
        cmocka_unit_test(server_opens_files_on_demand),
    };

    return cmocka_run_group_tests_name("engine/server", tests, NULL, NULL);
}
