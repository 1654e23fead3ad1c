/* Tests of crypto/sha256: all engines against OpenSSL's EVP. */
#include "config.h"

#include "crypto/sha256.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "crypto/internal.h"
#include "util/hex.h"

enum { LEAVES = 67 }; /* four runs of 16 and three more; over one batch */

/* LEAVES different leaves and their digests as EVP computes them. */
struct fixture {
    uint8_t *data;
    uint8_t expected[LEAVES][SHA256_SIZE];
};

/* The judge: OpenSSL's own one-shot digest. */
static void reference(const void *data, size_t size, uint8_t out[SHA256_SIZE])
{
    unsigned length = 0;

    assert_int_equal(EVP_Digest(data, size, out, &length, EVP_sha256(), NULL),
                     1);
    assert_int_equal(length, SHA256_SIZE);
}

static int set_up(void **state)
{
    static struct fixture f;
    uint32_t x = 1;

    /* One byte more: tests read from an odd address. */
    f.data = malloc((size_t)LEAVES * SHA256_LEAF + 1);
    assert_non_null(f.data);
    for (size_t i = 0; i < (size_t)LEAVES * SHA256_LEAF + 1; i++) {
        x = x * 1664525u + 1013904223u;
        f.data[i] = (uint8_t)(x >> 24);
    }
    for (size_t i = 0; i < LEAVES; i++) {
        reference(f.data + i * SHA256_LEAF, SHA256_LEAF, f.expected[i]);
    }
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    free(f->data);
    return 0;
}

static void assert_digest(const uint8_t got[SHA256_SIZE], const char *hex)
{
    char text[2 * SHA256_SIZE + 1];

    hex_encode(got, SHA256_SIZE, text);
    assert_string_equal(text, hex);
}

/* The examples of FIPS 180-4, and the empty message. */
static void sha256_digest_known_answers(void **state)
{
    static const char two_blocks[] =
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    uint8_t out[SHA256_SIZE];

    (void)state;
    sha256_digest("", 0, out);
    assert_digest(out, "e3b0c44298fc1c149afbf4c8996fb924"
                       "27ae41e4649b934ca495991b7852b855");
    sha256_digest("abc", 3, out);
    assert_digest(out, "ba7816bf8f01cfea414140de5dae2223"
                       "b00361a396177a9cb410ff61f20015ad");
    sha256_digest(two_blocks, strlen(two_blocks), out);
    assert_digest(out, "248d6a61d20638b8e5c026930c3e6039"
                       "a33ce45964ff2167f6ecedd419db06c1");
}

/* A pair is the digest of its 64 bytes; `out` may be one of the inputs. */
static void sha256_pair_is_digest_of_both(void **state)
{
    struct fixture *f = *state;
    uint8_t both[2 * SHA256_SIZE];
    uint8_t expected[SHA256_SIZE];
    uint8_t out[SHA256_SIZE];

    for (int i = 0; i < LEAVES - 1; i++) {
        memcpy(both, f->expected[i], SHA256_SIZE);
        memcpy(both + SHA256_SIZE, f->expected[i + 1], SHA256_SIZE);
        reference(both, sizeof both, expected);
        sha256_pair(f->expected[i], f->expected[i + 1], out);
        assert_memory_equal(out, expected, SHA256_SIZE);
        sha256_pair(both, both + SHA256_SIZE, both + SHA256_SIZE);
        assert_memory_equal(both + SHA256_SIZE, expected, SHA256_SIZE);
        memcpy(both + SHA256_SIZE, f->expected[i + 1], SHA256_SIZE);
        sha256_pair(both, both + SHA256_SIZE, both);
        assert_memory_equal(both, expected, SHA256_SIZE);
    }
}

/* Every engine of this processor agrees with EVP for every number of leaves,
 * and writes nothing behind the last digest. */
static void engines_agree_with_evp(void **state)
{
    static const struct sha256_impl *const all[] = {
        &sha256_impl_avx512, &sha256_impl_ni, &sha256_impl_openssl};
    struct fixture *f = *state;
    const uint8_t *leaves[LEAVES];
    uint8_t out[LEAVES + 1][SHA256_SIZE];
    uint8_t untouched[SHA256_SIZE];

    memset(untouched, 0xa5, sizeof untouched);
    for (size_t i = 0; i < LEAVES; i++) {
        leaves[i] = f->data + i * SHA256_LEAF;
    }
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        if (!all[k]->is_available()) {
            print_message("%s: not on this processor\n", all[k]->name);
            continue;
        }
        for (size_t count = 0; count <= LEAVES; count++) {
            memset(out, 0xa5, sizeof out);
            all[k]->leaves(leaves, count, out);
            assert_memory_equal(out, f->expected, count * SHA256_SIZE);
            assert_memory_equal(out[count], untouched, SHA256_SIZE);
        }
    }
}

/* The engines take every lane's own pointer: any order, any alignment. */
static void engines_take_scattered_leaves(void **state)
{
    static const struct sha256_impl *const all[] = {
        &sha256_impl_avx512, &sha256_impl_ni, &sha256_impl_openssl};
    struct fixture *f = *state;
    const uint8_t *leaves[17];
    uint8_t out[17][SHA256_SIZE];
    uint8_t expected[SHA256_SIZE];

    for (size_t i = 0; i < 17; i++) { /* backwards, at odd addresses */
        leaves[i] = f->data + (16 - i) * SHA256_LEAF + (i & 1);
    }
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        if (!all[k]->is_available()) {
            continue;
        }
        all[k]->leaves(leaves, 17, out);
        for (size_t i = 0; i < 17; i++) {
            reference(leaves[i], SHA256_LEAF, expected);
            assert_memory_equal(out[i], expected, SHA256_SIZE);
        }
    }
}

/* S4-04: leaves of contiguous bytes, for 0..3, 15..17, 32, 33 and more full
 * leaves, each without and with a short last one, which is hashed short. */
static void sha256_leaves_all_edges(void **state)
{
    static const size_t full[] = {0, 1, 2, 3, 8, 15, 16, 17, 32, 33, 64, 66};
    static const size_t rest[] = {0,  1,   55,  56,   63,    64,
                                  65, 119, 120, 8191, 16319, 16383};
    struct fixture *f = *state;
    uint8_t out[LEAVES + 1][SHA256_SIZE];
    uint8_t last[SHA256_SIZE];

    for (size_t i = 0; i < sizeof full / sizeof full[0]; i++) {
        for (size_t k = 0; k < sizeof rest / sizeof rest[0]; k++) {
            size_t size = full[i] * SHA256_LEAF + rest[k];
            size_t written = full[i] + (rest[k] > 0);

            memset(out, 0xa5, sizeof out);
            sha256_leaves(f->data, size, out);
            assert_memory_equal(out, f->expected, full[i] * SHA256_SIZE);
            if (rest[k] > 0) {
                reference(f->data + full[i] * SHA256_LEAF, rest[k], last);
                assert_memory_equal(out[full[i]], last, SHA256_SIZE);
            }
            memset(last, 0xa5, sizeof last);
            assert_memory_equal(out[written], last, SHA256_SIZE);
        }
    }
}

/* sha256_leaves_at uses the chosen engine on separate addresses. */
static void sha256_leaves_at_separate_addresses(void **state)
{
    struct fixture *f = *state;
    const uint8_t *leaves[20];
    uint8_t out[20][SHA256_SIZE];

    for (size_t i = 0; i < 20; i++) {
        leaves[i] = f->data + (i * 3 % 20) * SHA256_LEAF;
    }
    sha256_leaves_at(leaves, 20, out);
    for (size_t i = 0; i < 20; i++) {
        assert_memory_equal(out[i], f->expected[i * 3 % 20], SHA256_SIZE);
    }
}

/* The name forces an engine that is there; anything else gives the fastest. */
static void sha256_choose_by_name(void **state)
{
    const struct sha256_impl *fastest = sha256_choose(NULL);

    (void)state;
    assert_ptr_equal(sha256_choose("openssl"), &sha256_impl_openssl);
    assert_ptr_equal(sha256_choose(""), fastest);
    assert_ptr_equal(sha256_choose("md5"), fastest);
    assert_ptr_equal(sha256_choose("sha-ni"),
                     sha256_impl_ni.is_available() ? &sha256_impl_ni : fastest);
    assert_ptr_equal(sha256_choose("avx512"), sha256_impl_avx512.is_available()
                                                  ? &sha256_impl_avx512
                                                  : fastest);
    if (getenv("P2P_SHA256") == NULL) {
        assert_string_equal(sha256_engine(), fastest->name);
    }
}

/* A running digest fed in odd parts, twice with the same object. */
static void sha256_add_in_parts(void **state)
{
    struct fixture *f = *state;
    struct sha256 *s = sha256_new();
    uint8_t expected[SHA256_SIZE];
    uint8_t out[SHA256_SIZE];
    size_t done;

    for (int turn = 0; turn < 2; turn++) {
        for (done = 0; done < 100000; done += 777) {
            sha256_add(s, f->data + done, 777);
        }
        sha256_finish(s, out);
        reference(f->data, done, expected);
        assert_memory_equal(out, expected, SHA256_SIZE);
    }
    sha256_finish(s, out); /* nothing added since */
    reference("", 0, expected);
    assert_memory_equal(out, expected, SHA256_SIZE);
    sha256_free(s);
    sha256_free(NULL);
}

static void *hash_often(void *arg)
{
    struct fixture *f = arg;
    uint8_t out[35][SHA256_SIZE];
    uint8_t last[SHA256_SIZE];
    intptr_t wrong = 0;

    reference(f->data + 34 * SHA256_LEAF, 100, last);
    for (int i = 0; i < 20; i++) {
        sha256_leaves(f->data, 34 * SHA256_LEAF + 100, out);
        wrong += memcmp(out, f->expected, (size_t)34 * SHA256_SIZE) != 0;
        wrong += memcmp(out[34], last, SHA256_SIZE) != 0;
    }
    return (void *)wrong;
}

/* Several threads at once get right results, and leave no context behind. */
static void sha256_leaves_from_threads(void **state)
{
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hash_often, *state),
                         0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *wrong = NULL;

        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_digest_known_answers),
        cmocka_unit_test(sha256_pair_is_digest_of_both),
        cmocka_unit_test(engines_agree_with_evp),
        cmocka_unit_test(engines_take_scattered_leaves),
        cmocka_unit_test(sha256_leaves_all_edges),
        cmocka_unit_test(sha256_leaves_at_separate_addresses),
        cmocka_unit_test(sha256_choose_by_name),
        cmocka_unit_test(sha256_add_in_parts),
        cmocka_unit_test(sha256_leaves_from_threads),
    };
    return cmocka_run_group_tests_name("crypto/sha256", tests, set_up,
                                       tear_down);
}
