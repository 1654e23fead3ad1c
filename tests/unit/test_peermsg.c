#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "wire/peermsg.h"

enum { BITFIELD = 4 /* bytes of the bitfield of the reader under test */ };

struct fixture {
    struct peermsg_reader *reader;
    struct buf b;
    uint8_t block[PEERMSG_BLOCK];
    int places;   /* calls of place_block */
    bool refuses; /* place_block returns NULL */
};

static uint8_t *place_block(void *arg, uint32_t index, uint32_t begin,
                            uint32_t length)
{
    struct fixture *f = arg;

    (void)index;
    (void)begin;
    assert_in_range(length, 1, PEERMSG_BLOCK);
    f->places++;
    memset(f->block, 0xee, sizeof(f->block));
    return f->refuses ? NULL : f->block;
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    f.reader = peermsg_reader_new(BITFIELD, place_block, &f);
    buf_init(&f.b, 1 << 20);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    peermsg_reader_free(f->reader);
    buf_close(&f->b);
    return 0;
}

/* Give the reader at most `most` bytes; returns how many it took. */
static size_t feed(struct peermsg_reader *r, const uint8_t *data, size_t most)
{
    size_t size;
    uint8_t *to = peermsg_reader_want(r, &size);

    assert_true(size > 0);
    if (size > most) {
        size = most;
    }
    memcpy(to, data, size);
    peermsg_reader_got(r, size);
    return size;
}

/* Feed all bytes in steps of at most `step` and write what comes out, as text,
 * to `trace`. Stops at an error. */
static int trace(struct fixture *f, const uint8_t *data, size_t size,
                 size_t step, struct buf *out)
{
    struct peermsg m;
    size_t used = 0;
    int rv = 0;

    while (used < size && rv == 0) {
        used += feed(f->reader, data + used,
                     size - used < step ? size - used : step);
        while ((rv = peermsg_reader_next(f->reader, &m)) == 1) {
            uint32_t sum = 0;

            for (size_t i = 0; i < m.size; i++) {
                sum = sum * 31 + m.data[i];
            }
            assert_int_equal(buf_printf(out, "%d %u %u %u %zu %u %u/", m.id,
                                        m.index, m.begin, m.length, m.size, sum,
                                        m.extended_id),
                             0);
            assert_int_equal(buf_printf(out, "%u %u %u %u %u;", m.hash.root[31],
                                        m.hash.base, m.hash.index,
                                        m.hash.length, m.hash.proof_layers),
                             0);
        }
    }
    assert_int_equal(buf_printf(out, "=%d", rv), 0);
    return rv;
}

/* The one message in `size` bytes at `data`. */
static int read_one(struct fixture *f, const void *data, size_t size,
                    struct peermsg *m)
{
    const uint8_t *at = data;

    while (size > 0) {
        size_t n = feed(f->reader, at, size);
        int rv = peermsg_reader_next(f->reader, m);

        at += n;
        size -= n;
        if (rv != 0) {
            assert_int_equal(size, 0);
            return rv;
        }
    }
    return 0;
}

/* Bytes as they go over the wire, for both directions. Numbers are big-endian
 * 32-bit words (S0-12, S0-28). */
static void peermsg_golden_vectors(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *bytes;
        size_t size;
        enum peermsg_id id;
        uint32_t index, begin, length;
    } golden[] = {
        {"\0\0\0\0", 4, PEERMSG_KEEPALIVE, 0, 0, 0},
        {"\0\0\0\1\0", 5, PEERMSG_CHOKE, 0, 0, 0},
        {"\0\0\0\1\1", 5, PEERMSG_UNCHOKE, 0, 0, 0},
        {"\0\0\0\1\2", 5, PEERMSG_INTERESTED, 0, 0, 0},
        {"\0\0\0\1\3", 5, PEERMSG_NOT_INTERESTED, 0, 0, 0},
        {"\0\0\0\5\4\1\2\3\4", 9, PEERMSG_HAVE, 0x01020304, 0, 0},
        {"\0\0\0\x0d\6\1\2\3\4\0\0\x40\0\0\0\x3f\xff", 17, PEERMSG_REQUEST,
         0x01020304, 0x4000, 0x3fff},
        {"\0\0\0\x0d\x08\xff\xfe\xfd\xfc\x80\0\0\0\0\0\x40\0", 17,
         PEERMSG_CANCEL, 0xfffefdfc, 0x80000000, 0x4000},
        {"\0\0\0\x0d\x10\0\0\0\1\0\0\0\2\0\0\0\3", 17, PEERMSG_REJECT, 1, 2, 3},
        {"\0\0\0\1\x0e", 5, PEERMSG_HAVE_ALL, 0, 0, 0},
        {"\0\0\0\1\x0f", 5, PEERMSG_HAVE_NONE, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
        struct peermsg m;

        assert_int_equal(read_one(f, golden[i].bytes, golden[i].size, &m), 1);
        assert_int_equal(m.id, golden[i].id);
        assert_int_equal(m.index, golden[i].index);
        assert_int_equal(m.begin, golden[i].begin);
        assert_int_equal(m.length, golden[i].length);
        buf_clear(&f->b);
        if (m.id == PEERMSG_KEEPALIVE) {
            assert_int_equal(peermsg_put_keepalive(&f->b), 0);
        } else if (m.id == PEERMSG_HAVE) {
            assert_int_equal(peermsg_put_have(&f->b, m.index), 0);
        } else if (golden[i].size == 17) {
            assert_int_equal(
                peermsg_put_block(&f->b, m.id, m.index, m.begin, m.length), 0);
        } else {
            assert_int_equal(peermsg_put_simple(&f->b, m.id), 0);
        }
        assert_int_equal(buf_length(&f->b), golden[i].size);
        assert_memory_equal(buf_head(&f->b), golden[i].bytes, golden[i].size);
    }
}

/* Messages that we only read. */
static void peermsg_golden_vectors_of_others(void **state)
{
    struct fixture *f = *state;
    struct peermsg m;

    assert_int_equal(read_one(f, "\0\0\0\3\x09\x1a\xe1", 7, &m), 1);
    assert_int_equal(m.id, PEERMSG_PORT);
    assert_int_equal(read_one(f, "\0\0\0\5\x0d\0\0\1\0", 9, &m), 1);
    assert_int_equal(m.id, PEERMSG_SUGGEST);
    assert_int_equal(m.index, 256);
    assert_int_equal(read_one(f, "\0\0\0\5\x11\0\1\0\0", 9, &m), 1);
    assert_int_equal(m.id, PEERMSG_ALLOWED_FAST);
    assert_int_equal(m.index, 65536);
}

/* A block: its 13 bytes in front, and what is read from them (S0-12, S0-28). */
static void peermsg_golden_vector_of_piece(void **state)
{
    struct fixture *f = *state;
    static const char golden[] = "\0\0\0\x0c\7\1\2\3\4\5\6\7\x08xyz";
    uint8_t head[PEERMSG_PIECE_HEADER];
    struct peermsg m;

    peermsg_write_piece_header(head, 0x01020304, 0x05060708, 3);
    assert_memory_equal(head, golden, sizeof(head));
    assert_int_equal(read_one(f, golden, sizeof(golden) - 1, &m), 1);
    assert_int_equal(m.id, PEERMSG_PIECE);
    assert_int_equal(m.index, 0x01020304);
    assert_int_equal(m.begin, 0x05060708);
    assert_int_equal(m.length, 3);
    assert_int_equal(m.size, 3);
    assert_memory_equal(m.data, "xyz", 3);
}

/* Bitfield and extended message: bytes out, the same bytes in (S0-12). */
static void peermsg_golden_vectors_with_data(void **state)
{
    struct fixture *f = *state;
    struct peermsg m;

    assert_int_equal(
        peermsg_put_bitfield(&f->b, (const uint8_t *)"\xff\0\x81\xf0", 4), 0);
    assert_int_equal(buf_length(&f->b), 9);
    assert_memory_equal(buf_head(&f->b), "\0\0\0\5\5\xff\0\x81\xf0", 9);
    assert_int_equal(read_one(f, buf_head(&f->b), 9, &m), 1);
    assert_int_equal(m.id, PEERMSG_BITFIELD);
    assert_int_equal(m.size, 4);
    assert_memory_equal(m.data, "\xff\0\x81\xf0", 4);

    buf_clear(&f->b);
    assert_int_equal(peermsg_put_extended(&f->b, 3, "\0\0\0\7", 4), 0);
    assert_int_equal(buf_length(&f->b), 10);
    assert_memory_equal(buf_head(&f->b), "\0\0\0\6\x14\3\0\0\0\7", 10);
    assert_int_equal(read_one(f, buf_head(&f->b), 10, &m), 1);
    assert_int_equal(m.id, PEERMSG_EXTENDED);
    assert_int_equal(m.extended_id, 3);
    assert_int_equal(m.size, 4);
    assert_memory_equal(m.data, "\0\0\0\7", 4);
}

/* The three hash messages of BEP 52. */
static void peermsg_golden_vectors_of_hashes(void **state)
{
    struct fixture *f = *state;
    struct peermsg_hash_request h = {
        .base = 5, .index = 512, .length = 2, .proof_layers = 9};
    uint8_t hashes[3 * 32];
    struct peermsg m;

    memset(h.root, 'r', sizeof(h.root));
    memset(hashes, 'h', sizeof(hashes));
    assert_int_equal(peermsg_put_hash(&f->b, PEERMSG_HASH_REQUEST, &h), 0);
    assert_int_equal(buf_length(&f->b), 53);
    assert_memory_equal(buf_head(&f->b),
                        "\0\0\0\x31\x15"
                        "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
                        "\0\0\0\5\0\0\2\0\0\0\0\2\0\0\0\x09",
                        53);
    assert_int_equal(read_one(f, buf_head(&f->b), 53, &m), 1);
    assert_int_equal(m.id, PEERMSG_HASH_REQUEST);
    assert_memory_equal(&m.hash, &h, sizeof(h));
    assert_int_equal(m.size, 0);

    buf_clear(&f->b);
    assert_int_equal(peermsg_put_hashes(&f->b, &h, hashes, 3), 0);
    assert_int_equal(buf_length(&f->b), 53 + 96);
    assert_memory_equal(buf_head(&f->b), "\0\0\0\x91\x16", 5);
    assert_int_equal(read_one(f, buf_head(&f->b), 53 + 96, &m), 1);
    assert_int_equal(m.id, PEERMSG_HASHES);
    assert_memory_equal(&m.hash, &h, sizeof(h));
    assert_int_equal(m.size, 96);
    assert_memory_equal(m.data, hashes, 96);

    buf_clear(&f->b);
    assert_int_equal(peermsg_put_hash(&f->b, PEERMSG_HASH_REJECT, &h), 0);
    assert_memory_equal(buf_head(&f->b), "\0\0\0\x31\x17", 5);
    assert_int_equal(read_one(f, buf_head(&f->b), 53, &m), 1);
    assert_int_equal(m.id, PEERMSG_HASH_REJECT);
}

/* The 68 bytes of the handshake, as libtorrent sends them. */
static void peermsg_handshake_golden(void **state)
{
    static const uint8_t golden[PEERMSG_HANDSHAKE] = "\x13"
                                                     "BitTorrent protocol"
                                                     "\0\0\0\0\0\x10\0\4"
                                                     "aaaaaaaaaaaaaaaaaaaa"
                                                     "-P21000-bbbbbbbbbbbb";
    struct peermsg_handshake h;
    uint8_t out[PEERMSG_HANDSHAKE];
    uint8_t other[PEERMSG_HANDSHAKE];

    (void)state;
    assert_int_equal(peermsg_read_handshake(golden, &h), 0);
    assert_true(h.extended);
    assert_true(h.fast);
    assert_memory_equal(h.info_hash, "aaaaaaaaaaaaaaaaaaaa", 20);
    assert_memory_equal(h.peer_id, "-P21000-bbbbbbbbbbbb", 20);
    peermsg_write_handshake(&h, out);
    assert_memory_equal(out, golden, sizeof(golden));
    memcpy(other, golden, sizeof(other));
    other[27] = 0x05; /* fast and DHT */
    other[25] = 0;
    assert_int_equal(peermsg_read_handshake(other, &h), 0);
    assert_false(h.extended);
    assert_true(h.fast);
    for (size_t i = 0; i < 20; i++) {
        memcpy(other, golden, sizeof(other));
        other[i] ^= 1;
        assert_int_equal(peermsg_read_handshake(other, &h), P2P_EPROTO);
    }
}

/* Lengths that each id may have; the reader under test has a bitfield of
 * BITFIELD bytes. */
static bool length_is_legal(unsigned id, uint32_t length)
{
    switch (id) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 14:
    case 15:
        return length == 1;
    case 4:
    case 13:
    case 17:
        return length == 5;
    case 5:
        return length == 1 + BITFIELD;
    case 6:
    case 8:
    case 16:
        return length == 13;
    case 7:
        return length >= 10 && length <= 9 + 16384;
    case 9:
        return length == 3;
    case 20:
        return length >= 2 && length <= 2 + 16384;
    case 21:
    case 23:
        return length == 49;
    case 22:
        return length > 49 && length <= 49 + 32 * 544 &&
               (length - 49) % 32 == 0;
    default:
        return false;
    }
}

/* Feed only length and id to a new reader. */
static int judge_head(uint32_t length, unsigned id)
{
    struct fixture f = {0};
    struct peermsg m;
    uint8_t head[5] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16),
                       (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)id};
    int rv;

    f.reader = peermsg_reader_new(BITFIELD, place_block, &f);
    assert_int_equal(feed(f.reader, head, sizeof(head)), sizeof(head));
    rv = peermsg_reader_next(f.reader, &m);
    if (rv < 0) { /* an error is final */
        assert_int_equal(peermsg_reader_next(f.reader, &m), rv);
    }
    peermsg_reader_free(f.reader);
    return rv;
}

/* Every id with every length near a limit is taken or refused on its first
 * five bytes, before its payload is there (T14). */
static void peermsg_reader_every_illegal_length(void **state)
{
    static const uint32_t others[] = {
        16384,  16392,  16393,      16394,      16385,      16386,
        16387,  17457,  17458,      17456,      17489,      65536,
        262145, 262146, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff7};

    (void)state;
    for (unsigned id = 0; id < 256; id++) {
        for (uint32_t length = 1; length < 600; length++) {
            assert_int_equal(judge_head(length, id) >= 0,
                             length_is_legal(id, length));
        }
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
            assert_int_equal(judge_head(others[i], id) >= 0,
                             length_is_legal(id, others[i]));
        }
    }
}

/* A length past every limit is refused on its four bytes: 4 GiB are never
 * waited for (T14). */
static void peermsg_reader_refuses_4_gib(void **state)
{
    struct fixture *f = *state;
    struct peermsg m;

    assert_int_equal(read_one(f, "\xff\xff\xff\xff", 4, &m), P2P_ETOOBIG);
    assert_int_equal(peermsg_reader_next(f->reader, &m), P2P_ETOOBIG);
}

/* An item without pieces has an empty bitfield, and one with the most pieces a
 * bitfield of 256 KiB. */
static void peermsg_reader_bitfield_extremes(void **state)
{
    struct fixture f = {0};
    struct peermsg m;
    uint8_t *bits = calloc(1, PEERMSG_BITFIELD_MAX);

    (void)state;
    f.reader = peermsg_reader_new(0, place_block, &f);
    assert_int_equal(read_one(&f, "\0\0\0\1\5", 5, &m), 1);
    assert_int_equal(m.size, 0);
    assert_int_equal(read_one(&f, "\0\0\0\2\5", 5, &m), P2P_EPROTO);
    peermsg_reader_free(f.reader);

    f.reader = peermsg_reader_new(PEERMSG_BITFIELD_MAX, place_block, &f);
    buf_init(&f.b, 1 << 20);
    bits[PEERMSG_BITFIELD_MAX - 1] = 0xab;
    assert_int_equal(peermsg_put_bitfield(&f.b, bits, PEERMSG_BITFIELD_MAX), 0);
    assert_int_equal(read_one(&f, buf_head(&f.b), buf_length(&f.b), &m), 1);
    assert_int_equal(m.size, PEERMSG_BITFIELD_MAX);
    assert_int_equal(m.data[m.size - 1], 0xab);
    assert_int_equal(peermsg_put_bitfield(&f.b, bits, PEERMSG_BITFIELD_MAX + 1),
                     P2P_ETOOBIG);
    buf_close(&f.b);
    peermsg_reader_free(f.reader);
    free(bits);
}

/* Append a block of `length` bytes that depend on `seed`. */
static void put_piece(struct buf *b, uint32_t index, uint32_t length,
                      unsigned seed)
{
    uint8_t *to = buf_reserve(b, PEERMSG_PIECE_HEADER + length);

    assert_non_null(to);
    peermsg_write_piece_header(to, index, 16384, length);
    for (uint32_t i = 0; i < length; i++) {
        to[PEERMSG_PIECE_HEADER + i] = (uint8_t)(i * 7 + i / 251 + seed);
    }
    buf_commit(b, PEERMSG_PIECE_HEADER + length);
}

/* A long conversation with every kind of message. */
static void put_conversation(struct buf *b)
{
    static const uint32_t lengths[] = {1,    2,    1000,  1010,
                                       1011, 1012, 16383, 16384};
    struct peermsg_hash_request h = {.base = 1, .length = 4, .index = 8};
    uint8_t *hashes = calloc(PEERMSG_HASHES_MAX, 32);

    assert_int_equal(peermsg_put_bitfield(b, (const uint8_t *)"abcd", 4), 0);
    for (uint32_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_int_equal(peermsg_put_keepalive(b), 0);
        put_piece(b, i, lengths[i], i);
        for (uint32_t j = 0; j <= i * 9; j++) {
            assert_int_equal(peermsg_put_block(b, PEERMSG_REQUEST, i, j, 16384),
                             0);
            assert_int_equal(peermsg_put_have(b, j), 0);
        }
        assert_int_equal(peermsg_put_simple(b, PEERMSG_CHOKE), 0);
        put_piece(b, i, lengths[i], i + 1);
        put_piece(b, i, lengths[i], i + 2);
        hashes[i] = (uint8_t)i;
        assert_int_equal(peermsg_put_hashes(b, &h, hashes, i + 1), 0);
        assert_int_equal(peermsg_put_extended(b, 2, hashes, i * 2000), 0);
    }
    assert_int_equal(peermsg_put_hashes(b, &h, hashes, PEERMSG_HASHES_MAX), 0);
    assert_int_equal(peermsg_put_hash(b, PEERMSG_HASH_REJECT, &h), 0);
    free(hashes);
}

/* However the bytes are cut into reads, the same messages come out. */
static void peermsg_reader_steps_give_equal_messages(void **state)
{
    static const size_t steps[] = {1, 2, 3, 5, 13, 17, 100, 1024, 4096, 16397};
    struct fixture *f = *state;
    struct buf all;
    struct buf expected;
    struct buf got;

    buf_init(&all, 1 << 22);
    buf_init(&expected, 1 << 22);
    put_conversation(&all);
    assert_int_equal(
        trace(f, buf_head(&all), buf_length(&all), SIZE_MAX, &expected), 0);
    assert_int_equal(f->places, 3 * 8);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        peermsg_reader_free(f->reader);
        f->reader = peermsg_reader_new(BITFIELD, place_block, f);
        buf_init(&got, 1 << 22);
        assert_int_equal(
            trace(f, buf_head(&all), buf_length(&all), steps[i], &got), 0);
        assert_int_equal(buf_length(&got), buf_length(&expected));
        assert_memory_equal(buf_head(&got), buf_head(&expected),
                            buf_length(&got));
        buf_close(&got);
    }
    buf_close(&all);
    buf_close(&expected);
}

/* An error comes after the good messages before it, in one gulp too. */
static void peermsg_reader_error_after_messages(void **state)
{
    struct fixture *f = *state;
    struct buf whole;
    struct buf single;

    assert_int_equal(peermsg_put_have(&f->b, 1), 0);
    put_piece(&f->b, 0, 100, 1);
    assert_int_equal(peermsg_put_simple(&f->b, PEERMSG_UNCHOKE), 0);
    assert_int_equal(buf_append(&f->b, "\0\0\0\2\0", 5), 0); /* long choke */
    buf_init(&whole, 4096);
    buf_init(&single, 4096);
    assert_int_equal(
        trace(f, buf_head(&f->b), buf_length(&f->b), SIZE_MAX, &whole),
        P2P_ETOOBIG);
    peermsg_reader_free(f->reader);
    f->reader = peermsg_reader_new(BITFIELD, place_block, f);
    assert_int_equal(trace(f, buf_head(&f->b), buf_length(&f->b), 1, &single),
                     P2P_ETOOBIG);
    assert_int_equal(buf_length(&whole), buf_length(&single));
    assert_memory_equal(buf_head(&whole), buf_head(&single),
                        buf_length(&whole));
    buf_close(&whole);
    buf_close(&single);
}

/* A block nobody asked for ends the connection when its header is there. */
static void peermsg_reader_unwanted_block(void **state)
{
    struct fixture *f = *state;
    struct peermsg m;

    f->refuses = true;
    put_piece(&f->b, 3, 16384, 0);
    assert_int_equal(read_one(f, buf_head(&f->b), 12, &m), 0);
    assert_int_equal(f->places, 0);
    assert_int_equal(read_one(f, buf_head(&f->b) + 12, 1, &m), P2P_EPROTO);
    assert_int_equal(f->places, 1);
    assert_int_equal(peermsg_reader_next(f->reader, &m), P2P_EPROTO);
    assert_int_equal(f->places, 1);
}

/* A 16 KiB block costs two reads: one gulp with the header, one straight into
 * the block. Bytes behind the block are not touched. */
static void peermsg_reader_block_costs_two_rounds(void **state)
{
    struct fixture *f = *state;
    struct peermsg m;
    size_t rounds = 0;
    size_t used = 0;

    for (uint32_t i = 0; i < 10; i++) {
        put_piece(&f->b, i, 16384, i);
    }
    for (uint32_t i = 0; i < 10;) {
        size_t size;
        uint8_t *to = peermsg_reader_want(f->reader, &size);
        size_t left = buf_length(&f->b) - used;

        if (rounds % 2 == 1) {
            assert_true(to > f->block && to < f->block + PEERMSG_BLOCK);
            assert_int_equal(size, (size_t)(f->block + PEERMSG_BLOCK - to));
        }
        size = size < left ? size : left;
        memcpy(to, buf_head(&f->b) + used, size);
        used += size;
        peermsg_reader_got(f->reader, size);
        rounds++;
        while (peermsg_reader_next(f->reader, &m) == 1) {
            assert_int_equal(m.index, i);
            assert_int_equal(m.begin, 16384);
            assert_int_equal(m.length, 16384);
            assert_ptr_equal(m.data, f->block);
            assert_int_equal(m.data[16383],
                             (uint8_t)(16383 * 7 + 16383 / 251 + i));
            i++;
        }
    }
    assert_int_equal(rounds, 20);
    assert_int_equal(used, buf_length(&f->b));
}

/* Writers leave a buffer alone that has no room for the whole message. */
static void peermsg_put_full_buffer(void **state)
{
    struct peermsg_hash_request h = {.base = 0};
    struct buf b;

    (void)state;
    buf_init(&b, 3);
    assert_int_equal(peermsg_put_keepalive(&b), P2P_ETOOBIG);
    assert_int_equal(peermsg_put_simple(&b, PEERMSG_CHOKE), P2P_ETOOBIG);
    assert_int_equal(peermsg_put_have(&b, 1), P2P_ETOOBIG);
    assert_int_equal(peermsg_put_block(&b, PEERMSG_REQUEST, 1, 2, 3),
                     P2P_ETOOBIG);
    assert_int_equal(peermsg_put_hash(&b, PEERMSG_HASH_REQUEST, &h),
                     P2P_ETOOBIG);
    assert_int_equal(peermsg_put_hashes(&b, &h, h.root, 1), P2P_ETOOBIG);
    assert_int_equal(peermsg_put_extended(&b, 1, "x", 1), P2P_ETOOBIG);
    assert_int_equal(peermsg_put_bitfield(&b, h.root, 1), P2P_ETOOBIG);
    assert_int_equal(buf_length(&b), 0);
    buf_close(&b);
}

/* Payload past the limits of the other side is refused. */
static void peermsg_put_too_large(void **state)
{
    struct fixture *f = *state;
    struct peermsg_hash_request h = {.base = 0};
    uint8_t *data = calloc(1, 32 * (PEERMSG_HASHES_MAX + 1));

    assert_int_equal(
        peermsg_put_hashes(&f->b, &h, data, PEERMSG_HASHES_MAX + 1),
        P2P_ETOOBIG);
    assert_int_equal(
        peermsg_put_extended(&f->b, 1, data, PEERMSG_EXTENDED_MAX + 1),
        P2P_ETOOBIG);
    assert_int_equal(buf_length(&f->b), 0);
    free(data);
}

static int read_extensions(const char *text, struct peermsg_extensions *out)
{
    return peermsg_read_extension_handshake((const uint8_t *)text, strlen(text),
                                            out);
}

/* Our handshake of BEP 10, byte for byte, and read back. */
static void peermsg_extension_handshake_golden(void **state)
{
    struct fixture *f = *state;
    static const char golden[] =
        "d1:md11:lt_donthavei3e8:p2p_loadi1e9:p2p_peersi2ee"
        "1:pi6881e4:reqqi512e11:upload_onlyi1e1:v10:p2ptui 1.0e";
    struct peermsg_extensions ours = {.p2p_load = PEERMSG_EXT_LOAD,
                                      .p2p_peers = PEERMSG_EXT_PEERS,
                                      .donthave = PEERMSG_EXT_DONTHAVE,
                                      .port = 6881,
                                      .reqq = 512,
                                      .upload_only = true,
                                      .client = "p2ptui 1.0"};
    struct peermsg_extensions theirs;
    struct peermsg m;

    assert_int_equal(peermsg_put_extension_handshake(&f->b, &ours), 0);
    assert_int_equal(read_one(f, buf_head(&f->b), buf_length(&f->b), &m), 1);
    assert_int_equal(m.extended_id, PEERMSG_EXT_HANDSHAKE);
    assert_int_equal(m.size, sizeof(golden) - 1);
    assert_memory_equal(m.data, golden, m.size);
    assert_int_equal(peermsg_read_extension_handshake(m.data, m.size, &theirs),
                     0);
    assert_int_equal(theirs.p2p_load, PEERMSG_EXT_LOAD);
    assert_int_equal(theirs.p2p_peers, PEERMSG_EXT_PEERS);
    assert_int_equal(theirs.donthave, PEERMSG_EXT_DONTHAVE);
    assert_int_equal(theirs.port, 6881);
    assert_int_equal(theirs.reqq, 512);
    assert_true(theirs.upload_only);
    assert_string_equal(theirs.client, "p2ptui 1.0");
}

/* S4-22: an origin says that it is one; others say nothing of it. */
static void peermsg_extension_handshake_of_origin(void **state)
{
    struct fixture *f = *state;
    static const char golden[] = "d1:mde10:p2p_origini1e4:reqqi512e"
                                 "11:upload_onlyi1e1:v1:xe";
    struct peermsg_extensions ours = {
        .reqq = 512, .upload_only = true, .p2p_origin = true, .client = "x"};
    struct peermsg_extensions theirs;
    struct peermsg m;

    assert_int_equal(peermsg_put_extension_handshake(&f->b, &ours), 0);
    assert_int_equal(read_one(f, buf_head(&f->b), buf_length(&f->b), &m), 1);
    assert_int_equal(m.size, sizeof(golden) - 1);
    assert_memory_equal(m.data, golden, m.size);
    assert_int_equal(read_extensions(golden, &theirs), 0);
    assert_true(theirs.p2p_origin);
    assert_int_equal(read_extensions("d1:mde10:p2p_origini0ee", &theirs), 0);
    assert_false(theirs.p2p_origin);
    assert_int_equal(read_extensions("d1:mde10:p2p_origin1:xe", &theirs), 0);
    assert_false(theirs.p2p_origin);
}

/* What libtorrent 2.0.8 sends. */
static void peermsg_extension_handshake_of_libtorrent(void **state)
{
    struct peermsg_extensions e;

    (void)state;
    assert_int_equal(
        read_extensions("d12:complete_agoi-1e1:md11:lt_donthavei7e12:ut_"
                        "holepunchi4e11:ut_metadatai2e6:ut_pexi1ee1:pi7002e4:"
                        "reqqi2000e11:upload_onlyi0e1:v18:libtorrent/"
                        "2.0.8.06:yourip4:\x7f\1\1\1e",
                        &e),
        0);
    assert_int_equal(e.donthave, 7);
    assert_int_equal(e.p2p_load, 0);
    assert_int_equal(e.p2p_peers, 0);
    assert_int_equal(e.port, 7002);
    assert_int_equal(e.reqq, 2000);
    assert_false(e.upload_only);
    assert_string_equal(e.client, "libtorrent/2.0.8.0");
}

/* Missing and foolish values have a meaning; nothing is taken on trust. */
static void peermsg_extension_handshake_odd_values(void **state)
{
    struct peermsg_extensions e;
    char text[400];

    (void)state;
    assert_int_equal(read_extensions("de", &e), 0);
    assert_int_equal(e.reqq, PEERMSG_REQQ_DEFAULT);
    assert_int_equal(e.port, 0);
    assert_string_equal(e.client, "");
    assert_int_equal(read_extensions("d1:pi65536e4:reqqi-1ee", &e), 0);
    assert_int_equal(e.port, 0);
    assert_int_equal(e.reqq, PEERMSG_REQQ_DEFAULT);
    assert_int_equal(read_extensions("d1:p2:xx4:reqqi0ee", &e), 0);
    assert_int_equal(e.reqq, PEERMSG_REQQ_DEFAULT);
    assert_int_equal(read_extensions("d4:reqqi9223372036854775807ee", &e), 0);
    assert_int_equal(e.reqq, PEERMSG_REQQ_MAX);
    snprintf(text, sizeof(text), "d1:v200:%0200de", 0);
    assert_int_equal(read_extensions(text, &e), 0);
    assert_int_equal(strlen(e.client), sizeof(e.client) - 1);
    assert_int_equal(read_extensions("d1:md8:p2p_loadi255eee", &e), 0);
    assert_int_equal(e.p2p_load, 255);
}

/* A handshake that is not canonical or gives one id twice is refused. */
static void peermsg_extension_handshake_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "le",
        "i1e",
        "d",
        "dex",
        "d1:vi1e1:pi1ee",
        "d1:mi1ee",
        "d1:mlee",
        "d1:md8:p2p_loadi256eee",
        "d1:md8:p2p_loadi-1eee",
        "d1:md8:p2p_load1:1ee",
        "d1:md8:p2p_loadi4e9:p2p_peersi4eee",
        "d1:md11:lt_donthavei4e9:p2p_peersi4eee",
        "d1:md11:lt_donthavei4e8:p2p_loadi4eee",
    };
    struct peermsg_extensions e;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_extensions(bad[i], &e), P2P_EPROTO);
    }
}

static int read_peers(const char *text, size_t size, struct peermsg_peers *out)
{
    return peermsg_read_peers((const uint8_t *)text, size, out);
}

static void assert_same_peers(const struct peermsg_peers *a,
                              const struct peermsg_peers *b)
{
    assert_int_equal(a->added_count, b->added_count);
    assert_int_equal(a->dropped_count, b->dropped_count);
    for (size_t i = 0; i < a->added_count; i++) {
        assert_true(peermsg_same_address(&a->added[i], &b->added[i]));
    }
    for (size_t i = 0; i < a->dropped_count; i++) {
        assert_true(peermsg_same_address(&a->dropped[i], &b->dropped[i]));
    }
}

/* Both families, both ways, byte for byte, and read back. */
static void peermsg_peers_golden(void **state)
{
    struct fixture *f = *state;
    static const char golden[] = "d5:added6:\x0a\0\0\x01\x1a\xe1"
                                 "6:added618: \x01\x0d\xb8\0\0\0\0\0\0\0\0"
                                 "\0\0\0\x02\x1a\xe2"
                                 "7:dropped6:\x0a\0\0\x03\x1a\xe3"
                                 "e";
    struct peermsg_peers ours = {
        .added = {{.ip = {10, 0, 0, 1}, .port = 6881},
                  {.is_v6 = true,
                   .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 2},
                   .port = 6882}},
        .added_count = 2,
        .dropped = {{.ip = {10, 0, 0, 3}, .port = 6883}},
        .dropped_count = 1,
    };
    struct peermsg_peers theirs;
    struct peermsg m;

    assert_int_equal(peermsg_put_peers(&f->b, 9, &ours), 0);
    assert_int_equal(read_one(f, buf_head(&f->b), buf_length(&f->b), &m), 1);
    assert_int_equal(m.extended_id, 9);
    assert_int_equal(m.size, sizeof(golden) - 1);
    assert_memory_equal(m.data, golden, m.size);
    assert_int_equal(peermsg_read_peers(m.data, m.size, &theirs), 0);
    assert_same_peers(&theirs, &ours);
}

/* As many as may be told fit; one more is neither written nor read. */
static void peermsg_peers_limit(void **state)
{
    struct fixture *f = *state;
    struct peermsg_peers p = {.added_count = PEERMSG_PEERS_MAX,
                              .dropped_count = PEERMSG_PEERS_MAX};
    struct peermsg_peers theirs;
    char text[400] = "d5:added306:";
    struct peermsg m;

    for (size_t i = 0; i < PEERMSG_PEERS_MAX; i++) {
        p.added[i] = (struct peermsg_address){
            .is_v6 = true, .ip = {0xfd, [15] = (uint8_t)i}, .port = 1};
        p.dropped[i] = p.added[i];
    }
    assert_int_equal(peermsg_put_peers(&f->b, 9, &p), 0);
    assert_int_equal(read_one(f, buf_head(&f->b), buf_length(&f->b), &m), 1);
    assert_int_equal(peermsg_read_peers(m.data, m.size, &theirs), 0);
    assert_same_peers(&theirs, &p);
    p.added_count++;
    assert_int_equal(peermsg_put_peers(&f->b, 9, &p), P2P_ETOOBIG);
    memset(text + 12, 1, 51 * 6);
    text[12 + 51 * 6] = 'e';
    assert_int_equal(read_peers(text, 12 + 51 * 6 + 1, &theirs), P2P_EPROTO);
}

/* What cannot be addresses is refused as a whole; nothing is written to the
 * caller's struct. */
static void peermsg_peers_refused(void **state)
{
    static const struct {
        const char *text;
        size_t size;
    } bad[] = {
#define TEXT(t) {t, sizeof(t) - 1}
        TEXT(""),
        TEXT("le"),
        TEXT("dex"),
        TEXT("d5:addedi1ee"),
        TEXT("d5:addedlee"),
        TEXT("d5:added5:\x0a\0\0\1\x1a"
             "e"),
        TEXT("d5:added7:\x0a\0\0\1\x1a\xe1\1e"),
        TEXT("d5:added6:\x0a\0\0\1\0\0e"), /* no port */
        TEXT("d7:dropped6:\x0a\0\0\1\0\0e"),
        TEXT("d6:added66:\x0a\0\0\1\x1a\xe1"
             "e"),
        TEXT("d6:added618:\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1\1\1"
             "e"),                            /* a hidden 127.0.0.1 */
        TEXT("d7:dropped0:5:added0:e"),       /* not sorted */
        TEXT("d5:added6:\x0a\0\0\1\x1a\xe1"), /* cut off */
#undef TEXT
    };
    struct peermsg_peers p = {.added_count = 77};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_peers(bad[i].text, bad[i].size, &p), P2P_EPROTO);
    }
    assert_int_equal(p.added_count, 77);
    assert_int_equal(read_peers("de", 2, &p), 0);
    assert_int_equal(p.added_count, 0);
    assert_int_equal(read_peers("d1:xi1ee", 8, &p), 0); /* of later versions */
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(peermsg_golden_vectors),
        WITH(peermsg_golden_vectors_of_others),
        WITH(peermsg_golden_vector_of_piece),
        WITH(peermsg_golden_vectors_with_data),
        WITH(peermsg_golden_vectors_of_hashes),
        cmocka_unit_test(peermsg_handshake_golden),
        cmocka_unit_test(peermsg_reader_every_illegal_length),
        WITH(peermsg_reader_refuses_4_gib),
        cmocka_unit_test(peermsg_reader_bitfield_extremes),
        WITH(peermsg_reader_steps_give_equal_messages),
        WITH(peermsg_reader_error_after_messages),
        WITH(peermsg_reader_unwanted_block),
        WITH(peermsg_reader_block_costs_two_rounds),
        cmocka_unit_test(peermsg_put_full_buffer),
        WITH(peermsg_put_too_large),
        WITH(peermsg_extension_handshake_golden),
        WITH(peermsg_peers_golden),
        WITH(peermsg_peers_limit),
        cmocka_unit_test(peermsg_peers_refused),
        WITH(peermsg_extension_handshake_of_origin),
        cmocka_unit_test(peermsg_extension_handshake_of_libtorrent),
        cmocka_unit_test(peermsg_extension_handshake_odd_values),
        cmocka_unit_test(peermsg_extension_handshake_refused),
    };
    return cmocka_run_group_tests_name("wire/peermsg", tests, NULL, NULL);
}
