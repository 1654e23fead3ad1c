/* Tests of crypto/password. */
#include "config.h"

#include "crypto/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/err.h"

/* The PHC string of the password "correct horse" with salt "somesaltsomesalt"
 * with today's parameters, made with the library directly. */
static const char known[] = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2F"
                            "sdA$k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4";

/* S3-11: a stored hash of an earlier release fits. */
static void password_verify_known_vector(void **state)
{
    (void)state;
    assert_int_equal(password_verify("correct horse", known), 0);
    assert_int_equal(password_verify("correct horsf", known), P2P_EAUTH);
    assert_int_equal(password_verify("", known), P2P_EAUTH);
    assert_false(password_is_outdated(known));
}

/* S3-11: a fresh hash fits its password alone, differs each time (salt), names
 * today's parameters, and costs an attacker real time. */
static void password_hash_round_trip(void **state)
{
    char a[PASSWORD_HASH_MAX];
    char b[PASSWORD_HASH_MAX];
    int64_t start;

    (void)state;
    start = clock_now_us();
    assert_int_equal(password_hash("pass word \xc3\xbc", a), 0);
    assert_true(clock_now_us() - start > 2000);
    assert_int_equal(password_hash("pass word \xc3\xbc", b), 0);
    assert_string_not_equal(a, b);
    assert_memory_equal(a, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_int_equal(password_verify("pass word \xc3\xbc", a), 0);
    assert_int_equal(password_verify("pass word u", a), P2P_EAUTH);
    assert_false(password_is_outdated(a));
}

/* The limits of the length, at both ends. */
static void password_hash_length_limits(void **state)
{
    char text[PASSWORD_MAX + 2];
    char hash[PASSWORD_HASH_MAX] = "untouched";

    (void)state;
    memset(text, 'x', sizeof text);
    text[PASSWORD_MAX + 1] = '\0';
    assert_int_equal(password_hash(text, hash), P2P_EINVAL);
    assert_int_equal(password_hash("1234567", hash), P2P_EINVAL);
    assert_int_equal(password_hash("", hash), P2P_EINVAL);
    assert_string_equal(hash, "untouched");
    assert_int_equal(password_hash("12345678", hash), 0);
    text[PASSWORD_MAX] = '\0';
    assert_int_equal(password_hash(text, hash), 0);
    assert_int_equal(password_verify(text, hash), 0);
    text[PASSWORD_MAX] = 'x';
    assert_int_equal(password_verify(text, hash), P2P_EAUTH);
}

/* Broken hashes, and ones that would cost too much, are refused at once. */
static void password_verify_broken_hashes(void **state)
{
    static const char *const broken[] = {
        "",
        "plain",
        "$argon2id$",
        "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAA",
        "$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAA",
        "$argon2id$v=19$m=0,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAA",
        "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAA",
        "$argon2id$v=19$m=99999999999,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=999,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=64$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$$AAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA!AAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAA$",
        "$argon2id$v=19$m=19456,t=2,p=1$c29$AAAAAAAAAAA", /* salt too short */
    };
    char endless[4 * PASSWORD_HASH_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_int_equal(password_verify("correct horse", broken[i]),
                         P2P_EINVAL);
    }
    memset(endless, 'A', sizeof endless);
    memcpy(endless, known, 60);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(password_verify("correct horse", endless), P2P_EINVAL);
    assert_true(password_is_outdated(endless));
}

/* Hashes of other parameters still verify but ask to be replaced. */
static void password_is_outdated_other_parameters(void **state)
{
    /* A vector of the reference implementation: 64 MiB, short salt. */
    static const char other[] =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdX"
        "PJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    (void)state;
    assert_int_equal(password_verify("password", other), 0);
    assert_true(password_is_outdated(other));
    assert_true(password_is_outdated("nonsense"));
}

/* No password fits the decoy, and checking it costs what a real one costs. */
static void password_decoy_takes_as_long(void **state)
{
    const char *decoy = password_decoy();

    (void)state;
    assert_int_equal(password_verify("correct horse", decoy), P2P_EAUTH);
    assert_int_equal(password_verify("", decoy), P2P_EAUTH);
    assert_false(password_is_outdated(decoy)); /* same parameters, same time */
    assert_int_equal(strlen(decoy), strlen(known));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(password_verify_known_vector),
        cmocka_unit_test(password_hash_round_trip),
        cmocka_unit_test(password_hash_length_limits),
        cmocka_unit_test(password_verify_broken_hashes),
        cmocka_unit_test(password_is_outdated_other_parameters),
        cmocka_unit_test(password_decoy_takes_as_long),
    };
    return cmocka_run_group_tests_name("crypto/password", tests, NULL, NULL);
}
