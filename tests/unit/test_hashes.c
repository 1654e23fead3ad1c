#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/merkle.h"
#include "engine/content.h"
#include "engine/hashes.h"
#include "engine/item.h"
#include "lib/swarmlab.h"
#include "util/bitfield.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/manifest.h"
#include "wire/peermsg.h"

enum { KIB = 1024, BLOCK = 16 * KIB, HEAD = 4 + 49 };

struct stage {
    struct lab *lab;
    struct lab_node *node;
    const struct manifest *m;
    struct hashes *hashes;
};

static void stage_open(struct stage *t, uint64_t size, uint32_t piece_length)
{
    const struct lab_file files[] = {{"data.bin", size}, {NULL, 0}};

    t->lab = lab_new();
    lab_item(t->lab, files, false, piece_length);
    t->node = lab_node(t->lab, "sara", NULL, true);
    t->m = content_manifest(t->node->content);
    t->hashes = hashes_new(t->node->content);
}

static void stage_close(struct stage *t)
{
    hashes_unref(t->hashes);
    lab_free(t->lab);
}

static void check_pieces(uint64_t size, uint32_t piece_length)
{
    struct stage t;

    stage_open(&t, size, piece_length);
    for (uint32_t p = 0; p < t.m->piece_count; p++) {
        for (uint32_t i = 0; i < hashes_request_count(t.m, p); i++) {
            struct peermsg_hash_request r;
            struct buf b;
            uint32_t cost, count;
            struct err e = {0};

            hashes_request(t.m, p, i, &r);
            assert_true(hashes_can_answer(t.hashes, &r, &cost));
            buf_init(&b, 1 << 20);
            assert_int_equal(hashes_answer(t.hashes, &r, &b, &e), 0);
            count = (uint32_t)((buf_length(&b) - HEAD) / 32);
            assert_true(
                hashes_are_proved(t.m, p, &r, buf_head(&b) + HEAD, count));
            buf_head(&b)[HEAD + 5] ^= 1; /* one bit is enough to refuse it */
            assert_false(
                hashes_are_proved(t.m, p, &r, buf_head(&b) + HEAD, count));
            assert_false(
                hashes_are_proved(t.m, p, &r, buf_head(&b) + HEAD, count - 1));
            buf_close(&b);
        }
    }
    stage_close(&t);
}

/* Every request for the leaves of a piece is answered with a proof that leads
 * to the piece's hash, whatever the shape of the file. */
static void hashes_answer_proves_every_piece(void **state)
{
    (void)state;
    check_pieces(BLOCK + 1, 64 * KIB);
    check_pieces(3 * BLOCK, 64 * KIB);
    check_pieces(64 * KIB, 64 * KIB);
    check_pieces(64 * KIB + 1, 64 * KIB);
    check_pieces(7 * 64 * KIB + 5, 64 * KIB);
    check_pieces(16 * 1024 * KIB, 16 * 1024 * KIB);
    check_pieces(17 * 1024 * KIB + 3, 16 * 1024 * KIB);
    check_pieces(9 * 1024 * KIB, 16 * 1024 * KIB);
}

/* A request as libtorrent makes it: from any layer it may name up to the root
 * of the file. */
static void hashes_answer_leads_to_the_root(void **state)
{
    struct stage t;
    unsigned top, piece_height = 2;

    (void)state;
    stage_open(&t, 21 * 64 * KIB + 7, 64 * KIB); /* 22 pieces, 32 wide */
    top = piece_height + 5;
    for (unsigned base = 0; base <= piece_height; base += piece_height) {
        for (uint32_t length = 2; length <= 1u << (top - base) && length <= 512;
             length *= 2) {
            for (uint32_t i = 0; i < (1u << (top - base)) / length; i++) {
                struct peermsg_hash_request r = {.base = base,
                                                 .index = i * length,
                                                 .length = length,
                                                 .proof_layers =
                                                     top - base - 1};
                struct merkle_request shape = {r.base, r.index, r.length,
                                               r.proof_layers};
                struct buf b;
                uint32_t cost;
                struct err e = {0};
                const merkle_hash *at;

                memcpy(r.root, t.m->files[0].root, 32);
                assert_true(hashes_can_answer(t.hashes, &r, &cost));
                buf_init(&b, 1 << 20);
                assert_int_equal(hashes_answer(t.hashes, &r, &b, &e), 0);
                at = (const void *)(buf_head(&b) + HEAD);
                assert_int_equal(
                    buf_length(&b),
                    HEAD + 32 * (length + merkle_uncle_count(&shape)));
                assert_true(
                    merkle_verify(&shape, at, at + length, t.m->files[0].root));
                buf_close(&b);
            }
        }
    }
    stage_close(&t);
}

/* Shapes that BEP 52 does not allow, foreign roots, and pieces that are not
 * there yet are refused before any work. */
static void hashes_can_answer_refuses(void **state)
{
    struct peermsg_hash_request good, r;
    struct stage t;
    uint32_t cost;

    (void)state;
    stage_open(&t, 21 * 64 * KIB, 64 * KIB);
    hashes_request(t.m, 3, 0, &good);
    assert_true(hashes_can_answer(t.hashes, &good, &cost));
    r = good;
    r.root[0] ^= 1;
    assert_false(hashes_can_answer(t.hashes, &r, &cost));
    r = good;
    r.length = 3;
    assert_false(hashes_can_answer(t.hashes, &r, &cost));
    r = good;
    r.length = 0;
    assert_false(hashes_can_answer(t.hashes, &r, &cost));
    r = good;
    r.index += 1;
    assert_false(hashes_can_answer(t.hashes, &r, &cost));
    r = good;
    r.base = 1;
    assert_false(hashes_can_answer(t.hashes, &r, &cost));
    r = good;
    r.base = UINT32_MAX;
    assert_false(hashes_can_answer(t.hashes, &r, &cost));
    r = good;
    r.proof_layers = 40;
    assert_false(hashes_can_answer(t.hashes, &r, &cost));
    r = good;
    r.index = UINT32_MAX - 3;
    assert_false(hashes_can_answer(t.hashes, &r, &cost));
    bitfield_clear(content_verified(t.node->content), 3);
    assert_false(hashes_can_answer(t.hashes, &good, &cost));
    stage_close(&t);
}

/* A file of one block has a tree of one node: nothing to ask (WIRE: libtorrent
 * rejects it too). */
static void hashes_of_single_block(void **state)
{
    struct peermsg_hash_request r = {.length = 2};
    struct stage t;
    uint32_t cost;

    (void)state;
    stage_open(&t, BLOCK, 64 * KIB);
    memcpy(r.root, t.m->files[0].root, 32);
    assert_int_equal(hashes_request_count(t.m, 0), 0);
    assert_false(hashes_can_answer(t.hashes, &r, &cost));
    stage_close(&t);
}

/* Leaves that were damaged in the file of leaves are made again from the
 * data. */
static void hashes_answer_with_damaged_leaves(void **state)
{
    static const uint8_t zeros[4][32];
    struct peermsg_hash_request r;
    struct stage t;
    struct buf b;
    struct err e = {0};

    (void)state;
    stage_open(&t, 5 * 64 * KIB, 64 * KIB);
    assert_int_equal(item_write_leaves(t.node->state, t.m, 2, zeros, 4), 0);
    hashes_request(t.m, 2, 0, &r);
    buf_init(&b, 1 << 20);
    assert_int_equal(hashes_answer(t.hashes, &r, &b, &e), 0);
    assert_true(hashes_are_proved(t.m, 2, &r, buf_head(&b) + HEAD, 4));
    buf_close(&b);
    stage_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_answer_proves_every_piece),
        cmocka_unit_test(hashes_answer_leads_to_the_root),
        cmocka_unit_test(hashes_can_answer_refuses),
        cmocka_unit_test(hashes_of_single_block),
        cmocka_unit_test(hashes_answer_with_damaged_leaves),
    };

    return cmocka_run_group_tests_name("engine/hashes", tests, NULL, NULL);
}
