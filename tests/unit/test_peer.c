#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/content.h"
#include "engine/doorway.h"
#include "engine/membership.h"
#include "lib/swarmlab.h"
#include "net/conn.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/err.h"
#include "wire/manifest.h"
#include "wire/peermsg.h"

enum { KIB = 1024, BLOCK = 16 * KIB, PIECE = 64 * KIB, PIECES = 16 };

/* A member that says what the test wrote for it, instead of what a peer says.
 * It remembers what came and whether it was cut off. */
struct actor {
    struct lab *lab;
    struct membership *membership;
    struct doorway *doorway;
    struct conn *conn;
    struct buf say; /* after the handshake */
    struct buf heard;
    size_t answered; /* bytes of `heard` that were looked at */
    unsigned guests;
    bool was_cut;
    bool lies; /* answers requests with garbage, rejects hash requests */
};

static void answer(struct actor *a);

static void on_readable(void *arg)
{
    struct actor *a = arg;
    uint8_t bytes[4096];
    ssize_t n = conn_read(a->conn, bytes, sizeof bytes);

    while (n > 0) {
        assert_int_equal(buf_append(&a->heard, bytes, (size_t)n), 0);
        n = conn_read(a->conn, bytes, sizeof bytes);
    }
    if (a->lies) {
        answer(a);
    }
}

static void on_close(void *arg, int code, const char *why)
{
    struct actor *a = arg;

    (void)code;
    (void)why;
    a->was_cut = true;
    conn_free(a->conn);
    a->conn = NULL;
}

static const struct conn_ops actor_calls = {
    .on_readable = on_readable,
    .on_close = on_close,
};

static void on_guest(void *arg, struct conn *parcel,
                     const uint8_t handshake[PEERMSG_HANDSHAKE])
{
    struct actor *a = arg;
    struct peermsg_handshake h;
    uint8_t bytes[PEERMSG_HANDSHAKE];

    a->guests++;
    if (a->conn != NULL || a->was_cut) {
        conn_free(parcel);
        return;
    }
    a->conn = parcel;
    conn_attach(parcel, a->lab->loop, &actor_calls, a);
    assert_int_equal(peermsg_read_handshake(handshake, &h), 0);
    memcpy(h.peer_id, "-XX0000-abcdefghijkl", 20);
    peermsg_write_handshake(&h, bytes);
    conn_write(a->conn, bytes, sizeof bytes);
    conn_write(a->conn, buf_head(&a->say), buf_length(&a->say));
}

static struct tlsctx *on_sni(void *arg, const char sni_hex[41])
{
    struct actor *a = arg;

    (void)sni_hex;
    return membership_tls(a->membership);
}

static void actor_start(struct actor *a, struct lab *l, const char *user)
{
    struct doorway_setup setup = {.loop = l->loop,
                                  .host = "127.0.0.1",
                                  .find = on_sni,
                                  .on_guest = on_guest,
                                  .arg = a};

    memset(a, 0, sizeof *a);
    a->lab = l;
    a->membership = lab_membership(l, user, 3600);
    buf_init(&a->say, 1 << 20);
    buf_init(&a->heard, 64 << 20);
    assert_int_equal(doorway_new(&setup, &a->doorway, NULL), 0);
}

static void actor_stop(struct actor *a)
{
    conn_free(a->conn);
    doorway_free(a->doorway);
    membership_unref(a->membership);
    buf_close(&a->say);
    buf_close(&a->heard);
}

static void actor_connect(struct lab_node *from, const struct actor *to)
{
    char address[64];

    (void)snprintf(address, sizeof address, "127.0.0.1:%u",
                   doorway_port(to->doorway));
    swarm_add_address(from->swarm, address, "actor");
}

static bool was_cut(void *actor)
{
    return ((struct actor *)actor)->was_cut;
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

/* ---- What is cut off and what is not ----------------------------------- */

typedef void (*script)(struct buf *b);

static void raw(struct buf *b, const char *bytes, size_t size)
{
    assert_int_equal(buf_append(b, bytes, size), 0);
}
#define RAW(b, text) raw(b, text, sizeof(text) - 1)

static void say_unknown_id(struct buf *b)
{
    RAW(b, "\0\0\0\1\x63");
}

static void say_huge_length(struct buf *b)
{
    RAW(b, "\xff\xff\xff\xff\x07");
}

static void say_have_outside(struct buf *b)
{
    peermsg_put_simple(b, PEERMSG_HAVE_NONE);
    peermsg_put_have(b, PIECES);
}

static void say_short_bitfield(struct buf *b)
{
    RAW(b, "\0\0\0\2\5\xff");
}

static void say_spare_bits(struct buf *b)
{
    RAW(b, "\0\0\0\4\5\xff\xff\xff");
}

static void say_two_bitfields(struct buf *b)
{
    peermsg_put_simple(b, PEERMSG_HAVE_NONE);
    peermsg_put_bitfield(b, (const uint8_t *)"\xff\xff", 2);
}

static void say_unasked_piece(struct buf *b)
{
    uint8_t header[PEERMSG_PIECE_HEADER];
    static const char block[BLOCK];

    peermsg_put_simple(b, PEERMSG_HAVE_ALL);
    peermsg_write_piece_header(header, 0, 0, BLOCK);
    raw(b, (const char *)header, sizeof header);
    raw(b, block, sizeof block);
}

static void say_unasked_reject(struct buf *b)
{
    peermsg_put_simple(b, PEERMSG_HAVE_NONE);
    peermsg_put_block(b, PEERMSG_REJECT, 0, 0, BLOCK);
}

static void say_unasked_hashes(struct buf *b)
{
    struct peermsg_hash_request r = {.length = 2};
    static const uint8_t hashes[64];

    peermsg_put_simple(b, PEERMSG_HAVE_NONE);
    peermsg_put_hashes(b, &r, hashes, 2);
}

static void say_undeclared_extension(struct buf *b)
{
    peermsg_put_extended(b, 77, "x", 1);
}

static void say_bad_extension_handshake(struct buf *b)
{
    peermsg_put_extended(b, 0, "d1:m", 4);
}

static void say_donthave_outside(struct buf *b)
{
    peermsg_put_simple(b, PEERMSG_HAVE_ALL);
    peermsg_put_extended(b, PEERMSG_EXT_DONTHAVE, "\x7f\0\0\0", 4);
}

static void say_too_many_hash_requests(struct buf *b)
{
    struct peermsg_hash_request r = {.length = 2};

    peermsg_put_simple(b, PEERMSG_HAVE_NONE);
    for (int i = 0; i < 200; i++) {
        peermsg_put_hash(b, PEERMSG_HASH_REQUEST, &r);
    }
}

static void say_too_many_requests(struct buf *b)
{
    peermsg_put_simple(b, PEERMSG_HAVE_NONE);
    for (uint32_t i = 0; i < 3000; i++) {
        peermsg_put_block(b, PEERMSG_REQUEST, i, 5, 0);
    }
}

/* Each change is work for the picker. */
static void say_have_and_have_not(struct buf *b)
{
    peermsg_put_simple(b, PEERMSG_HAVE_ALL);
    for (int i = 0; i < 200; i++) {
        peermsg_put_extended(b, PEERMSG_EXT_DONTHAVE, "\0\0\0\3", 4);
        peermsg_put_have(b, 3);
    }
}

static void say_peers_of_garbage(struct buf *b)
{
    peermsg_put_extended(b, PEERMSG_EXT_PEERS, "d5:added5:12345e", 16);
}

static void say_peers_too_often(struct buf *b)
{
    for (int i = 0; i <= PEERMSG_PEERS_BURST; i++) {
        peermsg_put_extended(b, PEERMSG_EXT_PEERS, "de", 2);
    }
}

/* As many new addresses as may be said at all. */
static void say_a_flood_of_peers(struct buf *b)
{
    struct peermsg_peers list = {.added_count = PEERMSG_PEERS_MAX};

    for (int i = 0; i < PEERMSG_PEERS_BURST; i++) {
        for (int k = 0; k < PEERMSG_PEERS_MAX; k++) {
            list.added[k] = (struct peermsg_address){
                .ip = {127, 9, (uint8_t)i, (uint8_t)(k + 1)}, .port = 9009};
        }
        assert_int_equal(peermsg_put_peers(b, PEERMSG_EXT_PEERS, &list), 0);
    }
}

/* All this is allowed, useful or not. */
static void say_harmless_things(struct buf *b)
{
    peermsg_put_keepalive(b);
    peermsg_put_simple(b, PEERMSG_HAVE_NONE);
    RAW(b, "\0\0\0\3\x09\x1a\xe1"); /* port */
    RAW(b, "\0\0\0\5\x0d\0\0\0\1"); /* suggest */
    RAW(b, "\0\0\0\5\x11\0\0\0\1"); /* allowed fast */
    peermsg_put_simple(b, PEERMSG_UNCHOKE);
    peermsg_put_simple(b, PEERMSG_UNCHOKE);
    peermsg_put_simple(b, PEERMSG_CHOKE);
    peermsg_put_simple(b, PEERMSG_INTERESTED);
    peermsg_put_block(b, PEERMSG_REQUEST, 0, 0, BLOCK); /* rejected */
    peermsg_put_block(b, PEERMSG_REQUEST, 99, 5, 0);    /* rejected */
    peermsg_put_block(b, PEERMSG_CANCEL, 0, 0, BLOCK);  /* of nothing */
    peermsg_put_have(b, 3);
    peermsg_put_have(b, 3);
    peermsg_put_extended(b, PEERMSG_EXT_PEERS, "de", 2); /* of nobody */
}

struct stage {
    struct lab *lab;
    struct lab_node *loader;
    struct actor actor;
};

static void stage_open(struct stage *t, script write)
{
    const struct lab_file files[] = {{"data.bin", PIECES * PIECE}, {NULL, 0}};

    t->lab = lab_new();
    lab_item(t->lab, files, false, PIECE);
    t->loader = lab_loader(t->lab, "lena", NULL);
    actor_start(&t->actor, t->lab, "eve");
    if (write != NULL) {
        write(&t->actor.say);
    }
    actor_connect(t->loader, &t->actor);
}

static void stage_close(struct stage *t)
{
    actor_stop(&t->actor);
    lab_free(t->lab);
}

/* T14: each breach of the protocol ends the connection, and only that. */
static void peer_breaks_protocol(void **state)
{
    const script scripts[] = {
        say_unknown_id,        say_huge_length,
        say_have_outside,      say_short_bitfield,
        say_spare_bits,        say_two_bitfields,
        say_unasked_piece,     say_unasked_reject,
        say_unasked_hashes,    say_undeclared_extension,
        say_donthave_outside,  say_bad_extension_handshake,
        say_too_many_requests, say_too_many_hash_requests,
        say_have_and_have_not, say_peers_of_garbage,
        say_peers_too_often,
    };

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct stage t;

        stage_open(&t, scripts[i]);
        if (!lab_run(t.lab, was_cut, &t.actor, 3000)) {
            print_error("script %zu was not cut off\n", i);
            fail();
        }
        assert_int_equal(t.loader->bans, 0);
        stage_close(&t);
    }
}

/* What BEP 3, 6 and libtorrent allow is borne. */
static void peer_says_harmless_things(void **state)
{
    struct stage t;

    (void)state;
    stage_open(&t, say_harmless_things);
    (void)lab_run(t.lab, never, NULL, 300);
    assert_false(t.actor.was_cut);
    assert_non_null(t.actor.conn);
    assert_int_equal(lab_stats(t.loader).peers, 1);
    stage_close(&t);
}

struct crowd {
    struct stage stage;
    uint32_t known; /* most at once */
};

static bool look_at_crowd(void *arg)
{
    struct crowd *c = arg;
    struct swarm_stats stats = lab_stats(c->stage.loader);

    c->known = stats.known > c->known ? stats.known : c->known;
    return false;
}

/* S2-27: a member cannot make us call more than a few addresses that nobody
 * answers at, and stays a peer. */
static void peer_floods_with_addresses(void **state)
{
    struct crowd c = {.known = 0};

    (void)state;
    stage_open(&c.stage, say_a_flood_of_peers);
    (void)lab_run(c.stage.lab, look_at_crowd, &c, 500);
    assert_false(c.stage.actor.was_cut);
    assert_int_equal(c.known, 1 + PEERMSG_PEERS_MAX);
    stage_close(&c.stage);
}

static bool knows_two(void *node)
{
    return lab_stats(node).known == 2;
}

static bool knows_one(void *node)
{
    return lab_stats(node).known == 1;
}

/* Who is introduced must be a member: the certificate decides. Who is none is
 * tried a few times and forgotten. */
static void peer_introduces_a_stranger(void **state)
{
    struct stage t;
    struct lab_node *mallory;
    struct peermsg_peers list = {.added_count = 1};

    (void)state;
    stage_open(&t, NULL);
    mallory =
        lab_loader(t.lab, "mallory", lab_foreign_membership(t.lab, "mallory"));
    list.added[0] =
        (struct peermsg_address){.ip = {127, 0, 0, 1}, .port = mallory->port};
    assert_int_equal(peermsg_put_peers(&t.actor.say, PEERMSG_EXT_PEERS, &list),
                     0);
    assert_true(lab_run(t.lab, knows_two, t.loader, 3000));
    assert_true(lab_run(t.lab, knows_one, t.loader, 20000));
    assert_int_equal(lab_stats(t.loader).peers, 1);
    assert_int_equal(lab_stats(mallory).peers, 0);
    stage_close(&t);
}

/* Is this message among what the actor heard after the handshake? */
static unsigned heard(const struct actor *a, unsigned id)
{
    const uint8_t *at = buf_head(&a->heard);
    size_t left = buf_length(&a->heard);
    unsigned count = 0;

    while (left >= 5) {
        size_t length = (size_t)at[0] << 24 | (size_t)at[1] << 16 |
                        (size_t)at[2] << 8 | at[3];

        if (left < 4 + length) {
            break;
        }
        count += length > 0 && at[4] == id;
        at += 4 + length;
        left -= 4 + length;
    }
    return count;
}

/* A peer that has nothing hears have none, unchoke, and no interest; each
 * request it makes is answered by a reject. */
static void peer_hears_what_is_due(void **state)
{
    struct stage t;

    (void)state;
    stage_open(&t, say_harmless_things);
    (void)lab_run(t.lab, never, NULL, 300);
    assert_int_equal(heard(&t.actor, PEERMSG_EXTENDED), 1);
    assert_int_equal(heard(&t.actor, PEERMSG_HAVE_NONE), 1);
    assert_int_equal(heard(&t.actor, PEERMSG_UNCHOKE), 1);
    assert_int_equal(heard(&t.actor, PEERMSG_REJECT), 2);
    assert_int_equal(heard(&t.actor, PEERMSG_INTERESTED), 1); /* piece 3 */
    stage_close(&t);
}

static uint32_t number(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

/* One message of the other side: garbage for blocks, no hashes. */
static void answer_message(struct actor *a, const uint8_t *at, size_t length)
{
    static const uint8_t garbage[BLOCK] = {1, 2, 3};
    uint8_t header[PEERMSG_PIECE_HEADER];
    uint8_t reject[53];

    if (at[4] == PEERMSG_REQUEST) {
        peermsg_write_piece_header(header, number(at + 5), number(at + 9),
                                   number(at + 13));
        conn_write(a->conn, header, sizeof header);
        conn_write(a->conn, garbage, number(at + 13));
    } else if (at[4] == PEERMSG_HASH_REQUEST) {
        memcpy(reject, at, 4 + length);
        reject[4] = PEERMSG_HASH_REJECT;
        conn_write(a->conn, reject, 4 + length);
    }
}

static void answer(struct actor *a)
{
    while (buf_length(&a->heard) >= a->answered + 5) {
        const uint8_t *at = buf_head(&a->heard) + a->answered;
        size_t length = number(at);

        if (buf_length(&a->heard) < a->answered + 4 + length) {
            return;
        }
        if (length > 0) {
            answer_message(a, at, length);
        }
        a->answered += 4 + length;
    }
}

/* ---- Slow and unhelpful holders ---------------------------------------- */

static void say_i_have_all(struct buf *b)
{
    peermsg_put_simple(b, PEERMSG_HAVE_ALL);
    peermsg_put_simple(b, PEERMSG_UNCHOKE);
}

static void say_i_have_all_but_choke(struct buf *b)
{
    peermsg_put_simple(b, PEERMSG_HAVE_ALL);
}

static bool was_asked(void *actor)
{
    return heard(actor, PEERMSG_REQUEST) > 0;
}

/* T15, S1-57: a holder that answers nothing holds nothing up: another one
 * brings what was asked of it. */
static void peer_stalls(void **state)
{
    struct stage t;
    int64_t begin;

    (void)state;
    stage_open(&t, say_i_have_all);
    assert_true(lab_run(t.lab, was_asked, &t.actor, 3000));
    assert_true(heard(&t.actor, PEERMSG_HASH_REQUEST) > 0);
    lab_connect(t.loader, lab_seeder(t.lab, "sara", NULL));
    begin = clock_now_ms();
    assert_true(lab_run(t.lab, lab_is_complete, t.loader, 15000));
    print_message("with a stalled holder: %d ms\n",
                  (int)(clock_now_ms() - begin));
    assert_true(clock_now_ms() - begin < 5000);
    assert_true(lab_is_same(t.loader));
    assert_int_equal(t.loader->bans, 0);
    stage_close(&t);
}

static bool is_cut(void *actor)
{
    clock_freeze(clock_now_us() + 10000, clock_wall());
    return ((struct actor *)actor)->was_cut;
}

/* S0-40: a holder from which nothing comes any more is let go after 20 s. */
static void peer_is_a_black_hole(void **state)
{
    struct stage t;

    (void)state;
    stage_open(&t, say_i_have_all);
    assert_true(lab_run(t.lab, was_asked, &t.actor, 3000));
    clock_freeze(clock_now_us() + INT64_C(1000) * SWARM_REQUEST_MS,
                 clock_wall());
    assert_true(lab_run(t.lab, is_cut, &t.actor, 15000));
    clock_thaw();
    stage_close(&t);
}

/* T13: who gives no hashes and garbage for blocks is found by whole pieces,
 * which come from it alone; nobody else is blamed. */
static void peer_lies_and_hides_hashes(void **state)
{
    struct stage t;

    (void)state;
    stage_open(&t, say_i_have_all);
    t.actor.lies = true;
    assert_true(lab_run(t.lab, was_asked, &t.actor, 3000));
    lab_connect(t.loader, lab_seeder(t.lab, "sara", NULL));
    assert_true(lab_run(t.lab, lab_is_complete, t.loader, 15000));
    assert_true(lab_is_same(t.loader));
    assert_int_equal(t.loader->bans, 1);
    assert_string_equal(t.loader->banned, "eve");
    assert_true(t.actor.was_cut);
    stage_close(&t);
}

/* A holder that never unchokes is the reason that is told. */
static void peer_chokes_for_ever(void **state)
{
    struct stage t;

    (void)state;
    stage_open(&t, say_i_have_all_but_choke);
    (void)lab_run(t.lab, never, NULL, 300);
    assert_int_equal(heard(&t.actor, PEERMSG_INTERESTED), 1);
    assert_int_equal(heard(&t.actor, PEERMSG_REQUEST), 0);
    assert_int_equal(lab_stats(t.loader).reason, SWARM_REASON_CHOKED);
    lab_connect(t.loader, lab_seeder(t.lab, "sara", NULL));
    assert_true(lab_run(t.lab, lab_is_complete, t.loader, 15000));
    stage_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_breaks_protocol),
        cmocka_unit_test(peer_says_harmless_things),
        cmocka_unit_test(peer_floods_with_addresses),
        cmocka_unit_test(peer_introduces_a_stranger),
        cmocka_unit_test(peer_hears_what_is_due),
        cmocka_unit_test(peer_stalls),
        cmocka_unit_test(peer_is_a_black_hole),
        cmocka_unit_test(peer_lies_and_hides_hashes),
        cmocka_unit_test(peer_chokes_for_ever),
    };

    return cmocka_run_group_tests_name("engine/peer", tests, NULL, NULL);
}
