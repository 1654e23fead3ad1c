/* Tests of util/hex. */
#include "config.h"

#include "util/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/err.h"

/* Bytes become two small digits each. */
static void hex_encode_bytes(void **state)
{
    char out[9] = "????????";

    (void)state;
    hex_encode("\x00\x7f\x80\xff", 4, out);
    assert_string_equal(out, "007f80ff");
    hex_encode(NULL, 0, out);
    assert_string_equal(out, "");
}

/* Either case is read. */
static void hex_decode_either_case(void **state)
{
    uint8_t out[4];

    (void)state;
    assert_int_equal(hex_decode("DeadBEEF", out, 4), 0);
    assert_memory_equal(out, "\xde\xad\xbe\xef", 4);
    assert_int_equal(hex_decode("", out, 0), 0);
}

/* Anything but exactly the digits asked for is refused; nothing is written. */
static void hex_decode_refuses(void **state)
{
    static const char *const bad[] = {
        "",     "0",     "012",    "01234",   "012 ",    " 0123",
        "0x12", "01g2",  "0123\n", "012\x80", "01:23",   "-123",
        "+123", "00112", "001122", "01 23",   "01\0023", "012\xff",
    };
    uint8_t out[2] = {7, 7};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(hex_decode(bad[i], out, 2), P2P_EINVAL);
    }
    assert_int_equal(out[0], 7);
    assert_int_equal(out[1], 7);
}

/* The test vectors of RFC 4648, both ways. */
static void base64_vectors(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char *text = base64_encode(pairs[i][0], strlen(pairs[i][0]));
        uint8_t *back = NULL;
        size_t size = 99;

        assert_string_equal(text, pairs[i][1]);
        assert_int_equal(base64_decode(text, 100, &back, &size), 0);
        assert_int_equal(size, strlen(pairs[i][0]));
        assert_memory_equal(back, pairs[i][0], size);
        free(back);
        free(text);
    }
}

/* All byte values survive. */
static void base64_all_bytes(void **state)
{
    uint8_t all[256];
    uint8_t *back = NULL;
    size_t size = 0;
    char *text;

    (void)state;
    for (int i = 0; i < 256; i++) {
        all[i] = (uint8_t)(i * 167);
    }
    text = base64_encode(all, sizeof(all));
    assert_int_equal(base64_decode(text, 256, &back, &size), 0);
    assert_int_equal(size, 256);
    assert_memory_equal(back, all, 256);
    free(back);
    free(text);
}

/* Only the canonical form is read: two texts never mean the same bytes. */
static void base64_decode_refuses(void **state)
{
    static const char *const bad[] = {
        "Z",     "Zg",       "Zg=",      "Zh==",     "Zm9=",  "====",
        "=",     "A===",     "Zg==\n",   " Zg==",    "Zg ==", "Zg==Zg==",
        "Zm9v=", "Zm-v",     "Zm_v",     "Zm9v\n",   "Z=g=",  "Zg=a",
        "=Zg=",  "\xffm9v",  "Zm9\x80",  "Zm9vY=",   "Zm9vY", "AB==",
        "AAB=",  "Zm9v====", "Zm9v\r\n", "Zm9vZh==",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t *out = NULL;
        size_t size = 99;

        assert_int_equal(base64_decode(bad[i], 100, &out, &size), P2P_EINVAL);
        assert_null(out);
        assert_int_equal(size, 99);
    }
}

/* The maximum counts bytes of the result. */
static void base64_decode_maximum(void **state)
{
    uint8_t *out = NULL;
    size_t size;

    (void)state;
    assert_int_equal(base64_decode("Zm9vYg==", 3, &out, &size), P2P_ETOOBIG);
    assert_null(out);
    assert_int_equal(base64_decode("Zm9vYg==", 4, &out, &size), 0);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_encode_bytes),
        cmocka_unit_test(hex_decode_either_case),
        cmocka_unit_test(hex_decode_refuses),
        cmocka_unit_test(base64_vectors),
        cmocka_unit_test(base64_all_bytes),
        cmocka_unit_test(base64_decode_refuses),
        cmocka_unit_test(base64_decode_maximum),
    };
    return cmocka_run_group_tests_name("util/hex", tests, NULL, NULL);
}
