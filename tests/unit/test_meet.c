#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/disk.h"
#include "engine/doorway.h"
#include "engine/item.h"
#include "engine/swarm.h"
#include "lib/swarmlab.h"
#include "util/fd.h"
#include "wire/manifest.h"

enum { KIB = 1024, LIMIT_MS = 20000 };

static struct lab *open_lab(void)
{
    const struct lab_file files[] = {{"data.bin", 64 * 1024 * KIB}, {NULL, 0}};
    struct lab *l = lab_new();

    lab_item(l, files, false, 256 * KIB);
    return l;
}

static bool has_two_peers(void *node)
{
    return lab_stats(node).peers == 2;
}

static bool has_a_peer(void *node)
{
    return lab_stats(node).peers == 1;
}

/* S0-42 S2-27: anna knows bert, bert knows cleo, there is no tracker: anna and
 * cleo find each other. Then whoever comes to one of them is known to all. */
static void meet_members_introduce_members(void **state)
{
    struct lab *l = open_lab();
    struct lab_node *anna = lab_loader(l, "anna", NULL);
    struct lab_node *bert = lab_loader(l, "bert", NULL);
    struct lab_node *cleo = lab_loader(l, "cleo", NULL);

    (void)state;
    lab_connect(bert, cleo);
    assert_true(lab_run(l, has_a_peer, bert, LIMIT_MS));
    lab_connect(anna, bert);
    assert_true(lab_run(l, has_two_peers, anna, LIMIT_MS));
    assert_true(lab_run(l, has_two_peers, cleo, LIMIT_MS));
    lab_stop(bert); /* what follows passes between the two */
    lab_connect(cleo, lab_seeder(l, "sara", NULL));
    assert_true(lab_run(l, lab_is_complete, anna, LIMIT_MS));
    assert_true(lab_is_same(anna));
    lab_free(l);
}

static char *cache_of(const struct lab_node *n)
{
    return item_file(n->state, n->lab->manifest->hash, "peers");
}

static bool is_half_way(void *node)
{
    struct lab_node *n = node;
    char *path = cache_of(n);
    bool is_there = access(path, F_OK) == 0;

    free(path);
    return is_there && n->pieces > 0;
}

/* Begin a load from a seeder and stop it in the middle. */
static struct lab_node *half_loaded(struct lab *l, struct lab_node **from)
{
    struct lab_node *n = lab_loader(l, "lena", NULL);

    *from = lab_seeder(l, "sara", NULL);
    lab_connect(n, *from);
    assert_true(lab_run(l, is_half_way, n, LIMIT_MS));
    lab_stop(n);
    assert_int_equal(n->completed, 0);
    n->stopped = 0;
    return n;
}

/* S0-42: what is started again without a tracker calls whom it met before, and
 * completes. The file is private. */
static void meet_cache_leads_back(void **state)
{
    struct lab *l = open_lab();
    struct lab_node *sara, *lena = half_loaded(l, &sara);
    char *path = cache_of(lena);
    char expected[128];
    uint8_t *text = NULL;
    struct stat st;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(fd_read_file(path, KIB, &text, NULL), 0);
    (void)snprintf(expected, sizeof expected, "# p2ptui peers 1\n%s\n",
                   sara->address);
    assert_string_equal(text, expected);
    lab_start(lena, true);
    assert_true(lab_run(l, lab_is_complete, lena, LIMIT_MS));
    assert_true(lab_is_same(lena));
    free(text);
    free(path);
    lab_free(l);
}

/* A stop that takes too long ends the workers, then the swarm. */
static void end_hastily(struct lab_node *n)
{
    struct lab *l = n->lab;

    disk_port_free(l->port);
    disk_free(l->disk);
    l->port = NULL;
    l->disk = NULL;
    doorway_free(n->doorway);
    swarm_free(n->swarm);
    n->swarm = NULL;
    lab_free(l);
}

/* The workers drop the job that still reads the cache. (A sanitizer sees what
 * was wrong with it.) */
static void meet_outlives_the_workers(void **state)
{
    (void)state;
    end_hastily(lab_loader(open_lab(), "lena", NULL));
}

/* And the one that closes the journal. */
static void swarm_outlives_the_workers(void **state)
{
    struct lab *l = open_lab();
    struct lab_node *lena = lab_loader(l, "lena", NULL);
    struct lab_node *sara = lab_seeder(l, "sara", NULL);

    (void)state;
    lab_connect(lena, sara);
    assert_true(lab_run(l, is_half_way, lena, LIMIT_MS));
    lab_stop(sara);
    swarm_stop(lena->swarm);
    end_hastily(lena);
}

/* A cache that is damaged is not used and harms nothing: with an address from
 * elsewhere the load goes on, and the file is written anew. */
static void meet_damaged_cache_is_ignored(void **state)
{
    struct lab *l = open_lab();
    struct lab_node *sara, *lena = half_loaded(l, &sara);
    char *path = cache_of(lena);
    char text[128];
    uint8_t *now = NULL;

    (void)state;
    (void)snprintf(text, sizeof text, "# p2ptui peers 1\n%s\nrubbish\n",
                   sara->address);
    assert_int_equal(fd_replace_file(path, text, strlen(text), 0600), 0);
    lab_start(lena, true);
    (void)lab_run(l, lab_is_complete, lena, 300);
    assert_int_equal(lab_stats(lena).known, 0);
    lab_connect(lena, sara);
    assert_true(lab_run(l, lab_is_complete, lena, LIMIT_MS));
    lab_stop(lena);
    assert_int_equal(fd_read_file(path, KIB, &now, NULL), 0);
    assert_null(strstr((char *)now, "rubbish"));
    assert_non_null(strstr((char *)now, sara->address));
    free(now);
    free(path);
    lab_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meet_members_introduce_members),
        cmocka_unit_test(meet_outlives_the_workers),
        cmocka_unit_test(swarm_outlives_the_workers),
        cmocka_unit_test(meet_cache_leads_back),
        cmocka_unit_test(meet_damaged_cache_is_ignored),
    };

    return cmocka_run_group_tests_name("engine/meet", tests, NULL, NULL);
}
