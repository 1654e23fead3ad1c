/* A swarm that loads onto a full disk, a small tmpfs of its own. Exits 77
 * (skipped) where it may not mount one. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/content.h"
#include "lib/swarmlab.h"
#include "msgq/event.h"
#include "util/bitfield.h"
#include "util/clock.h"
#include "util/err.h"
#include "wire/manifest.h"

enum { KIB = 1024, PIECE = 64 * KIB };

static char place[400]; /* where the tmpfs is mounted */

static bool is_parked(void *node)
{
    return ((struct lab_node *)node)->parked > 0;
}

/* What is here and cannot be written waits; nothing is shown as checked. */
static bool pieces_wait(struct lab_node *node)
{
    struct event *e = event_new(EVENT_PIECES);
    uint32_t i, waiting = 0, checked = 0;

    swarm_get_pieces(node->swarm, &e->pieces);
    for (i = 0; i < e->pieces.arriving_count; i++) {
        const struct event_piece_arriving *a = &e->pieces.arriving[i];

        if (a->done == a->total) {
            waiting += a->letter == EVENT_LETTER_WAITS;
            checked += a->letter != EVENT_LETTER_WAITS;
        }
    }
    event_free(e);
    return waiting > 0 && checked == 0;
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

/* When the disk is full the transfer parks with its reason, keeps
 * what is verified, and goes on by itself when there is room. */
static void swarm_parks_on_full_disk(void **state)
{
    const struct lab_file files[] = {{"data.bin", 8 * 1024 * KIB}, {NULL, 0}};
    struct lab *l = lab_new();
    struct lab_node *seeder, *loader;
    uint32_t before;

    (void)state;
    lab_item(l, files, false, PIECE);
    seeder = lab_seeder(l, "sara", NULL);
    (void)snprintf(place, sizeof place, "%s/lena", l->dir);
    assert_int_equal(mkdir(place, 0700), 0);
    assert_int_equal(mount("tmpfs", place, "tmpfs", 0, "size=3m"), 0);
    loader = lab_loader(l, "lena", NULL);
    lab_connect(loader, seeder);
    assert_true(lab_run(l, is_parked, loader, 10000));
    (void)lab_run(l, never, NULL, 300);
    assert_int_equal(loader->park_code, P2P_ENOSPC);
    assert_true(pieces_wait(loader));
    assert_int_equal(lab_stats(loader).reason, SWARM_REASON_DISK_FULL);
    before = bitfield_count(content_verified(loader->content));
    assert_true(before > 0);
    assert_int_equal(mount("tmpfs", place, "tmpfs", MS_REMOUNT, "size=32m"), 0);
    assert_true(lab_run(l, lab_is_complete, loader, 15000));
    assert_true(lab_is_same(loader));
    assert_int_equal(loader->unparked, 1);
    assert_true(lab_stats(loader).wasted < 1024 * KIB);
    lab_stop(loader);
    content_unref(loader->content);
    loader->content = NULL;
    assert_int_equal(umount2(place, MNT_DETACH), 0);
    lab_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swarm_parks_on_full_disk),
    };

    if (unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        printf("1..0 # SKIP may not mount\n");
        return 77;
    }
    return cmocka_run_group_tests_name("engine/swarm_full", tests, NULL, NULL);
}
