/* Tests of crypto/seal. */
#include "config.h"

#include "crypto/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/err.h"

static const uint8_t key[SEAL_KEY] = {1, 2, 3, 4, 5, 6, 7, 8};
static const char secret[] = "-----BEGIN PRIVATE KEY-----";

enum { SIZE = sizeof secret, BOX = SIZE + SEAL_OVERHEAD };

/* What was put in comes out. */
static void seal_open_gives_content_back(void **state)
{
    uint8_t box[BOX];
    uint8_t out[SIZE];

    (void)state;
    seal_close(key, "group 7", secret, SIZE, box);
    assert_int_equal(seal_open(key, "group 7", box, BOX, out), 0);
    assert_string_equal((char *)out, secret);
}

/* Two boxes of the same content differ everywhere: the nonce is fresh. */
static void seal_close_is_different_each_time(void **state)
{
    uint8_t a[BOX];
    uint8_t b[BOX];

    (void)state;
    seal_close(key, "x", secret, SIZE, a);
    seal_close(key, "x", secret, SIZE, b);
    assert_memory_not_equal(a, b, 12);
    assert_memory_not_equal(a + 12, b + 12, SIZE);
    assert_memory_not_equal(a + 12 + SIZE, b + 12 + SIZE, 16);
}

/* One changed bit in any place of the box is found, and no byte of the content
 * is given out. */
static void seal_open_refuses_any_changed_bit(void **state)
{
    uint8_t box[BOX];
    uint8_t out[SIZE];
    uint8_t zero[SIZE] = {0};

    (void)state;
    seal_close(key, "x", secret, SIZE, box);
    for (size_t i = 0; i < (size_t)BOX * 8; i++) {
        box[i / 8] ^= (uint8_t)(1u << i % 8);
        memset(out, 0xff, sizeof out);
        assert_int_equal(seal_open(key, "x", box, BOX, out), P2P_EVERIFY);
        assert_memory_equal(out, zero, sizeof out);
        box[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(seal_open(key, "x", box, BOX, out), 0);
}

/* Another key or label does not open it. */
static void seal_open_refuses_other_key_or_label(void **state)
{
    uint8_t box[BOX];
    uint8_t out[SIZE];
    uint8_t other[SEAL_KEY];

    (void)state;
    memcpy(other, key, sizeof other);
    other[SEAL_KEY - 1] ^= 1;
    seal_close(key, "group 7", secret, SIZE, box);
    assert_int_equal(seal_open(other, "group 7", box, BOX, out), P2P_EVERIFY);
    assert_int_equal(seal_open(key, "group 8", box, BOX, out), P2P_EVERIFY);
    assert_int_equal(seal_open(key, "", box, BOX, out), P2P_EVERIFY);
}

/* A cut or empty box is refused without reading behind its end. */
static void seal_open_refuses_cut_boxes(void **state)
{
    uint8_t box[BOX];
    uint8_t out[SIZE];

    (void)state;
    seal_close(key, "x", secret, SIZE, box);
    for (size_t size = 0; size < BOX; size++) {
        assert_int_equal(seal_open(key, "x", box, size, out), P2P_EVERIFY);
    }
    assert_int_equal(seal_open(key, "x", box, SIZE_MAX, out), P2P_EVERIFY);
}

/* Nothing can be sealed too, with an empty label. */
static void seal_close_empty_content(void **state)
{
    uint8_t box[SEAL_OVERHEAD];
    uint8_t guard = 0x5a;

    (void)state;
    seal_close(key, "", "", 0, box);
    assert_int_equal(seal_open(key, "", box, sizeof box, &guard), 0);
    assert_int_equal(guard, 0x5a);
    box[0] ^= 1;
    assert_int_equal(seal_open(key, "", box, sizeof box, &guard), P2P_EVERIFY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_open_gives_content_back),
        cmocka_unit_test(seal_close_is_different_each_time),
        cmocka_unit_test(seal_open_refuses_any_changed_bit),
        cmocka_unit_test(seal_open_refuses_other_key_or_label),
        cmocka_unit_test(seal_open_refuses_cut_boxes),
        cmocka_unit_test(seal_close_empty_content),
    };
    return cmocka_run_group_tests_name("crypto/seal", tests, NULL, NULL);
}
