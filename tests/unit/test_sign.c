#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/sign.h"
#include "util/err.h"
#include "wire/denial.h"

enum { NOW = 1800000000, SINCE = 1800000123 };

static struct cert *make_root(struct key **key)
{
    struct cert *root;

    *key = key_new();
    assert_int_equal(cert_make_group_root(*key, "films", "g1", NOW, &root), 0);
    return root;
}

/* The verdict about a signature of (films, u1, SINCE) for what is asked. */
static int check(const struct cert *root, const uint8_t *signature, size_t size,
                 char *text)
{
    int rv = sign_check(root, text, strlen(text), signature, size);

    free(text);
    return rv;
}

/* S3-16: a deny entry holds for its group, its user and its time, and only as
 * the root of the group has signed it. */
static void sign_check_denial(void **state)
{
    struct key *key, *other_key;
    struct cert *root = make_root(&key), *other = make_root(&other_key);
    char *text = denial_text("films", "u1", SINCE);
    uint8_t sig[SIGN_MAX];
    size_t size;

    (void)state;
    sign_make(key, text, strlen(text), sig, &size);
    assert_in_range(size, 64, 72);
    assert_int_equal(check(root, sig, size, text), 0);
    assert_int_equal(check(other, sig, size, denial_text("films", "u1", SINCE)),
                     P2P_EVERIFY);
    assert_int_equal(check(root, sig, size, denial_text("music", "u1", SINCE)),
                     P2P_EVERIFY);
    assert_int_equal(check(root, sig, size, denial_text("films", "u2", SINCE)),
                     P2P_EVERIFY);
    assert_int_equal(
        check(root, sig, size, denial_text("films", "u1", SINCE + 1)),
        P2P_EVERIFY);
    cert_free(root);
    cert_free(other);
    key_free(key);
    key_free(other_key);
}

/* What is no signature at all. */
static void sign_check_damaged(void **state)
{
    struct key *key;
    struct cert *root = make_root(&key);
    uint8_t sig[SIGN_MAX];
    size_t size;

    (void)state;
    sign_make(key, "text", 4, sig, &size);
    assert_int_equal(sign_check(root, "text", 4, sig, size), 0);
    assert_int_equal(sign_check(root, "text", 4, sig, size - 1), P2P_EVERIFY);
    assert_int_equal(sign_check(root, "text", 4, sig, 0), P2P_EVERIFY);
    assert_int_equal(sign_check(root, "text", 3, sig, size), P2P_EVERIFY);
    sig[size - 1] ^= 1;
    assert_int_equal(sign_check(root, "text", 4, sig, size), P2P_EVERIFY);
    memset(sig, 0, sizeof sig);
    assert_int_equal(sign_check(root, "text", 4, sig, sizeof sig), P2P_EVERIFY);
    cert_free(root);
    key_free(key);
}

/* One text for one meaning: fields cannot run into each other. */
static void denial_text_is_canonical(void **state)
{
    char *text = denial_text("a b", "u1", -5);

    (void)state;
    assert_string_equal(text, "p2p group.deny 1\na b\nu1\n-5\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_check_denial),
        cmocka_unit_test(sign_check_damaged),
        cmocka_unit_test(denial_text_is_canonical),
    };

    return cmocka_run_group_tests_name("crypto/sign", tests, NULL, NULL);
}
