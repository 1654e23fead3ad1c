/* Tests of crypto/cert. */
#include "config.h"

#include "crypto/cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "crypto/internal.h"
#include "crypto/sha256.h"
#include "../lib/certcraft.h"
#include "util/err.h"
#include "util/mem.h"

#define NOW INT64_C(1790000000) /* September 2026 */
#define DAY CERTCRAFT_DAY
#define YEAR (365 * INT64_C(86400))

static int set_up(void **state)
{
    static struct certcraft_group g;

    certcraft_group_init(&g, "lab", NOW);
    *state = &g;
    return 0;
}

static int tear_down(void **state)
{
    certcraft_group_close(*state);
    return 0;
}

/* ---- Keys --------------------------------------------------------------- */

/* A key survives the way through PEM: what the copy signs, the original's
 * certificate accepts. */
static void key_from_pem_round_trip(void **state)
{
    struct key *k = key_new();
    char *pem = key_to_pem(k);
    struct key *copy = NULL;
    struct cert *c = NULL;
    struct err e = {0};

    (void)state;
    assert_non_null(strstr(pem, "-----BEGIN PRIVATE KEY-----"));
    assert_int_equal(key_from_pem(pem, &copy, &e), 0);
    assert_int_equal(cert_make_tracker(copy, "t", NOW, &c), 0);
    assert_int_equal(X509_verify(cert_handle(c), key_handle(k)), 1);
    cert_free(c);
    key_free(copy);
    key_free(k);
    key_free(NULL);
    mem_free_secret(pem);
}

/* A PEM text of a key of another kind. */
static char *foreign_key(EVP_PKEY *pkey, const EVP_CIPHER *cipher)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *data = NULL;
    char *text;
    long size;

    assert_non_null(pkey);
    assert_int_equal(PEM_write_bio_PrivateKey(b, pkey, cipher,
                                              (const unsigned char *)"secret",
                                              6, NULL, NULL),
                     1);
    size = BIO_get_mem_data(b, &data);
    text = mem_strndup(data, (size_t)size);
    BIO_free(b);
    EVP_PKEY_free(pkey);
    return text;
}

/* Other kinds of keys, encrypted ones (without asking on the terminal), too
 * long texts and garbage are refused with a reason. */
static void key_from_pem_refuses_what_is_no_key_of_ours(void **state)
{
    char *texts[7];
    struct key *k = NULL;

    (void)state;
    texts[0] = foreign_key(EVP_EC_gen("P-384"), NULL);
    texts[1] = foreign_key(EVP_RSA_gen(2048), NULL);
    texts[2] = foreign_key(EVP_EC_gen("P-256"), EVP_aes_128_cbc());
    texts[3] = mem_strdup("");
    texts[4] = mem_strdup("-----BEGIN PRIVATE KEY-----\nAAAA\n"
                          "-----END PRIVATE KEY-----\n");
    texts[5] = mem_alloc(CERT_PEM_MAX + 1);
    memset(texts[5], '\n', CERT_PEM_MAX);
    texts[5][CERT_PEM_MAX] = '\0';
    texts[6] = foreign_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
    for (size_t i = 0; i < 7; i++) {
        struct err e = {0};

        assert_int_equal(key_from_pem(texts[i], &k, &e), P2P_EINVAL);
        assert_null(k);
        assert_int_equal(e.code, P2P_EINVAL);
        assert_string_not_equal(e.text, "");
        assert_int_equal(key_from_pem(texts[i], &k, NULL), P2P_EINVAL);
        free(texts[i]);
    }
}

/* ---- Trackers and roots ------------------------------------------------- */

/* A tracker's certificate signs itself, lives 20 years from an hour ago, and
 * its pin is SHA-256 of the DER form. */
static void cert_make_tracker_self_signed(void **state)
{
    struct key *k = key_new();
    struct cert *c = NULL;
    unsigned char *der = NULL;
    uint8_t expected[SHA256_SIZE];
    uint8_t pin[CERT_PIN_SIZE];
    char serial[CERT_SERIAL_HEX];
    int size;

    (void)state;
    assert_int_equal(cert_make_tracker(k, "tracker.example", NOW, &c), 0);
    assert_int_equal(X509_self_signed(cert_handle(c), 1), 1);
    assert_int_equal(X509_check_ca(cert_handle(c)), 0);
    assert_int_equal(cert_not_before(c), NOW - CERT_BACKDATE);
    assert_int_equal(cert_not_after(c), NOW + 20 * YEAR);
    size = i2d_X509(cert_handle(c), &der);
    assert_true(size > 0);
    sha256_digest(der, (size_t)size, expected);
    cert_pin(c, pin);
    assert_memory_equal(pin, expected, sizeof pin);
    cert_serial(c, serial);
    assert_in_range(strlen(serial), 30, 32);
    OPENSSL_free(der);
    cert_free(c);
    cert_free(NULL);
    key_free(k);
}

/* Names that do not fit a certificate are refused, nothing is written. */
static void cert_make_refuses_bad_names(void **state)
{
    char longest[66];
    struct key *k = key_new();
    struct cert *c = NULL;

    (void)state;
    memset(longest, 'n', sizeof longest);
    longest[65] = '\0';
    assert_int_equal(cert_make_tracker(k, "", NOW, &c), P2P_EINVAL);
    assert_int_equal(cert_make_tracker(k, longest, NOW, &c), P2P_EINVAL);
    assert_int_equal(cert_make_tracker(k, "\xff\xfe", NOW, &c), P2P_EINVAL);
    assert_int_equal(cert_make_group_root(k, longest, "1", NOW, &c),
                     P2P_EINVAL);
    assert_int_equal(cert_make_group_root(k, "g", "", NOW, &c), P2P_EINVAL);
    assert_int_equal(cert_make_group_root(k, "g", "a b", NOW, &c), P2P_EINVAL);
    assert_int_equal(cert_make_group_root(k, "g", "a,URI:x", NOW, &c),
                     P2P_EINVAL);
    assert_int_equal(cert_make_group_root(k, "g", longest, NOW, &c),
                     P2P_EINVAL);
    assert_null(c);
    longest[64] = '\0';
    assert_int_equal(cert_make_group_root(k, longest, longest, NOW, &c), 0);
    cert_free(c);
    c = NULL;
    assert_int_equal(cert_make_tracker(k, "gr\xc3\xbc\xc3\x9f", NOW, &c), 0);
    cert_free(c);
    key_free(k);
}

/* A group's root may sign members only (pathlen 0), fits into the PEM limit,
 * and two roots of the same name have different serials and pins. */
static void cert_make_group_root_shape(void **state)
{
    struct key *k = key_new();
    struct cert *a = NULL;
    struct cert *b = NULL;
    uint8_t pin_a[CERT_PIN_SIZE];
    uint8_t pin_b[CERT_PIN_SIZE];
    char *pem;

    (void)state;
    assert_int_equal(cert_make_group_root(k, "lab", "g1", NOW, &a), 0);
    assert_int_equal(cert_make_group_root(k, "lab", "g1", NOW, &b), 0);
    assert_int_equal(X509_check_ca(cert_handle(a)), 1);
    assert_int_equal(X509_get_pathlen(cert_handle(a)), 0);
    assert_int_equal(X509_get_key_usage(cert_handle(a)),
                     KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(cert_not_after(a), NOW + 20 * YEAR);
    cert_pin(a, pin_a);
    cert_pin(b, pin_b);
    assert_memory_not_equal(pin_a, pin_b, CERT_PIN_SIZE);
    pem = cert_to_pem(a);
    assert_true(strlen(pem) < 1024); /* it is inside every manifest */
    free(pem);
    cert_free(a);
    cert_free(b);
    key_free(k);
}

/* A certificate survives the way through PEM unchanged. */
static void cert_from_pem_round_trip(void **state)
{
    struct certcraft_group *g = *state;
    char *pem = cert_to_pem(g->root);
    struct cert *copy = NULL;
    char *again;

    assert_int_equal(cert_from_pem(pem, &copy, NULL), 0);
    again = cert_to_pem(copy);
    assert_string_equal(again, pem);
    assert_int_equal(X509_cmp(cert_handle(copy), cert_handle(g->root)), 0);
    free(again);
    cert_free(copy);

    /* Cut anywhere, it is refused and does no harm. */
    copy = NULL;
    for (size_t cut = strlen(pem) - 2; cut > 0; cut -= cut > 7 ? 7 : cut) {
        struct err e = {0};

        pem[cut] = '\0';
        assert_int_equal(cert_from_pem(pem, &copy, &e), P2P_EINVAL);
        assert_null(copy);
        assert_string_not_equal(e.text, "");
    }
    free(pem);
}

/* ---- Members ------------------------------------------------------------ */

/* S1-30: the tracker's names count, not those of the request; the leaf has
 * what libtorrent looks for (DNS:*), both usages, and the given life. */
static void cert_sign_member_decides_the_names(void **state)
{
    struct certcraft_group *g = *state;
    struct key *k = key_new();
    char *request = cert_make_request(k, "root of everything");
    struct cert_member m = {
        .user = "b\xc3\xb6"
                "b",
        .user_id = "u_42-x",
        .not_before = NOW,
        .not_after = NOW + 3 * DAY,
        .serial = {0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xab}};
    char user[CERT_USER_MAX];
    char id[CERT_USER_MAX];
    char serial[CERT_SERIAL_HEX];
    struct cert *c = NULL;
    X509 *x;

    assert_int_equal(
        cert_sign_member(g->root_key, g->root, request, &m, &c, NULL), 0);
    x = cert_handle(c);
    assert_int_equal(cert_member_identity(c, user, id), 0);
    assert_string_equal(user, "b\xc3\xb6"
                              "b");
    assert_string_equal(id, "u_42-x");
    assert_int_equal(cert_not_before(c), NOW);
    assert_int_equal(cert_not_after(c), NOW + 3 * DAY);
    cert_serial(c, serial);
    assert_string_equal(serial, "ff0102030405060708090a0b0c0d0eab");
    assert_int_equal(X509_check_host(x, "anything", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ca(x), 0);
    assert_int_equal(X509_get_extended_key_usage(x),
                     XKU_SSL_CLIENT | XKU_SSL_SERVER);
    assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0), 1);
    assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0), 1);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), key_handle(k)), 1);
    assert_int_equal(cert_check_member(c, g->root, NOW + DAY, NULL), 0);
    cert_free(c);
    free(request);
    key_free(k);
}

static void assert_not_signed(const struct certcraft_group *g,
                              const char *request, struct cert_member m)
{
    struct cert *c = NULL;
    struct err e = {0};

    assert_int_equal(
        cert_sign_member(g->root_key, g->root, request, &m, &c, &e),
        P2P_EINVAL);
    assert_null(c);
    assert_int_equal(e.code, P2P_EINVAL);
    assert_string_not_equal(e.text, "");
}

/* Names, ids, lives and serials that do not fit are refused. */
static void cert_sign_member_refuses_bad_members(void **state)
{
    const struct certcraft_group *g = *state;
    const struct cert_member good = {.user = "bob",
                                     .user_id = "8",
                                     .not_before = NOW,
                                     .not_after = NOW + DAY,
                                     .serial = {1}};
    static const char *const bad_ids[] = {"", "a/b", "a b", "a,DNS:x",
                                          "\xc3\xbc"};
    char *request = cert_make_request(g->key, "bob");
    char longest[66];
    struct cert_member m;

    memset(longest, 'n', sizeof longest);
    longest[65] = '\0';
    for (size_t i = 0; i < sizeof bad_ids / sizeof bad_ids[0]; i++) {
        m = good;
        m.user_id = bad_ids[i];
        assert_not_signed(g, request, m);
    }
    m = good;
    m.user_id = longest;
    assert_not_signed(g, request, m);
    m = good;
    m.user = longest;
    assert_not_signed(g, request, m);
    m.user = "";
    assert_not_signed(g, request, m);
    m.user = "\xc3";
    assert_not_signed(g, request, m);
    m = good;
    m.not_after = m.not_before;
    assert_not_signed(g, request, m);
    m = good;
    m.serial[0] = 0;
    assert_not_signed(g, request, m);
    free(request);
}

/* A request as PEM, for a key of any kind. */
static char *foreign_request(EVP_PKEY *pkey, EVP_PKEY *signer)
{
    X509_REQ *req = X509_REQ_new();
    BIO *b = BIO_new(BIO_s_mem());
    char *data = NULL;
    char *text;
    long size;

    assert_int_equal(X509_REQ_set_pubkey(req, pkey), 1);
    assert_true(X509_REQ_sign(req, signer, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509_REQ(b, req), 1);
    size = BIO_get_mem_data(b, &data);
    text = mem_strndup(data, (size_t)size);
    X509_REQ_free(req);
    BIO_free(b);
    return text;
}

/* Keys of other kinds, a key that the asker does not have, garbage, and a root
 * whose key is another one are refused. */
static void cert_sign_member_refuses_bad_requests(void **state)
{
    const struct certcraft_group *g = *state;
    const struct cert_member m = {.user = "bob",
                                  .user_id = "8",
                                  .not_before = NOW,
                                  .not_after = NOW + DAY,
                                  .serial = {1}};
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    EVP_PKEY *wide = EVP_EC_gen("P-384");
    EVP_PKEY *mine = EVP_EC_gen("P-256");
    char *request;
    struct cert *c = NULL;

    request = foreign_request(rsa, rsa);
    assert_not_signed(g, request, m);
    free(request);
    request = foreign_request(wide, wide);
    assert_not_signed(g, request, m);
    free(request);
    request = foreign_request(key_handle(g->key), mine); /* a stolen key */
    assert_not_signed(g, request, m);
    free(request);
    request = foreign_request(mine, mine);
    assert_int_equal(cert_sign_member(g->key, g->root, request, &m, &c, NULL),
                     P2P_EINVAL);
    assert_null(c);
    assert_int_equal(
        cert_sign_member(g->root_key, g->root, request, &m, &c, NULL), 0);
    cert_free(c);
    free(request);
    assert_not_signed(g, "", m);
    assert_not_signed(g,
                      "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"
                      "-----END CERTIFICATE REQUEST-----\n",
                      m);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(wide);
    EVP_PKEY_free(mine);
}

/* Exactly one common name and one URI of a user, and DNS:*, or no member. */
static void cert_member_identity_is_strict(void **state)
{
    static const struct {
        const char *cn;
        const char *names;
        int rv;
    } cases[] = {
        {"eve", "DNS:*,URI:p2p:user:13", 0},
        {"eve", "URI:p2p:user:13,DNS:*", 0},
        {"eve", "DNS:x,DNS:*,URI:p2p:user:13,email:a@b", 0},
        {"eve", "URI:p2p:user:13", P2P_EINVAL},
        {"eve", "DNS:x,URI:p2p:user:13", P2P_EINVAL},
        {"eve", "DNS:*", P2P_EINVAL},
        {"eve", "DNS:*,URI:p2p:user:13,URI:p2p:user:14", P2P_EINVAL},
        {"eve", "DNS:*,URI:p2p:user:13,URI:p2p:user:13", P2P_EINVAL},
        {"eve", "DNS:*,URI:p2p:user:13,URI:http://x/", P2P_EINVAL},
        {"eve", "DNS:*,URI:p2p:user:", P2P_EINVAL},
        {"eve", "DNS:*,URI:p2p:user:a/b", P2P_EINVAL},
        {"eve", "DNS:*,URI:p2p:group:13", P2P_EINVAL},
        {"eve", "DNS:*,URI:p2p:USER:13", P2P_EINVAL},
        {"eve", NULL, P2P_EINVAL},
        {NULL, "DNS:*,URI:p2p:user:13", P2P_EINVAL},
        {"e\x1bve", "DNS:*,URI:p2p:user:13", P2P_EINVAL},
        {"e\x7fve", "DNS:*,URI:p2p:user:13", P2P_EINVAL},
    };
    struct certcraft_group *g = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct certcraft shape = certcraft_member(NOW);
        char user[CERT_USER_MAX] = "untouched";
        char id[CERT_USER_MAX] = "untouched";
        struct cert *c;

        shape.cn = cases[i].cn;
        shape.names = cases[i].names;
        c = certcraft_make(&shape, g->key, g->root_key, g->root);
        assert_int_equal(cert_member_identity(c, user, id), cases[i].rv);
        assert_string_equal(user, cases[i].rv == 0 ? "eve" : "untouched");
        assert_string_equal(id, cases[i].rv == 0 ? "13" : "untouched");
        cert_free(c);
    }
}

/* The root, a tracker, and an authority of a member's shape are no members. */
static void cert_member_identity_of_others(void **state)
{
    struct certcraft_group *g = *state;
    struct certcraft authority = certcraft_member(NOW);
    char user[CERT_USER_MAX];
    char id[CERT_USER_MAX];
    struct cert *c = NULL;

    assert_int_equal(cert_member_identity(g->root, user, id), P2P_EINVAL);
    assert_int_equal(cert_make_tracker(g->key, "t", NOW, &c), 0);
    assert_int_equal(cert_member_identity(c, user, id), P2P_EINVAL);
    cert_free(c);
    authority.constraints = "critical,CA:TRUE";
    c = certcraft_make(&authority, g->key, g->root_key, g->root);
    assert_int_equal(cert_member_identity(c, user, id), P2P_EINVAL);
    cert_free(c);
}

/* A member is one from the first to the last second of the certificate. */
static void cert_check_member_life(void **state)
{
    struct certcraft_group *g = *state;
    struct err e = {0};
    int64_t start = NOW - CERT_BACKDATE;
    int64_t end = NOW + 3 * DAY;

    assert_int_equal(cert_check_member(g->member, g->root, start, NULL), 0);
    assert_int_equal(cert_check_member(g->member, g->root, end - 1, NULL), 0);
    assert_int_equal(cert_check_member(g->member, g->root, start - 1, &e),
                     P2P_EVERIFY);
    assert_non_null(strstr(e.text, "not yet valid"));
    assert_int_equal(cert_check_member(g->member, g->root, end + 1, &e),
                     P2P_EVERIFY);
    assert_non_null(strstr(e.text, "expired"));
}

/* Another group's root of the same name, the root itself, an end of the root's
 * own life, and a chain with something in between do not count. */
static void cert_check_member_refuses_others(void **state)
{
    struct certcraft_group *g = *state;
    struct certcraft_group twin;
    struct certcraft shape = certcraft_member(NOW);
    struct certcraft old_root = {.cn = "lab",
                                 .constraints = "critical,CA:TRUE",
                                 .not_before = NOW - 2 * DAY,
                                 .not_after = NOW - DAY};
    struct cert *old;
    struct cert *leaf;

    certcraft_group_init(&twin, "lab", NOW);
    assert_int_equal(cert_check_member(twin.member, g->root, NOW, NULL),
                     P2P_EVERIFY);
    assert_int_equal(cert_check_member(g->root, g->root, NOW, NULL),
                     P2P_EVERIFY);
    certcraft_group_close(&twin);

    old = certcraft_make(&old_root, g->root_key, NULL, NULL);
    leaf = certcraft_make(&shape, g->key, g->root_key, old);
    assert_int_equal(cert_check_member(leaf, old, NOW, NULL), P2P_EVERIFY);
    cert_free(leaf);
    cert_free(old);

    leaf = certcraft_make(&shape, g->key, NULL, NULL); /* signs itself */
    assert_int_equal(cert_check_member(leaf, g->root, NOW, NULL), P2P_EVERIFY);
    assert_int_equal(cert_check_member(leaf, leaf, NOW, NULL), P2P_EVERIFY);
    cert_free(leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_from_pem_round_trip),
        cmocka_unit_test(key_from_pem_refuses_what_is_no_key_of_ours),
        cmocka_unit_test(cert_make_tracker_self_signed),
        cmocka_unit_test(cert_make_refuses_bad_names),
        cmocka_unit_test(cert_make_group_root_shape),
        cmocka_unit_test(cert_from_pem_round_trip),
        cmocka_unit_test(cert_sign_member_decides_the_names),
        cmocka_unit_test(cert_sign_member_refuses_bad_members),
        cmocka_unit_test(cert_sign_member_refuses_bad_requests),
        cmocka_unit_test(cert_member_identity_is_strict),
        cmocka_unit_test(cert_member_identity_of_others),
        cmocka_unit_test(cert_check_member_life),
        cmocka_unit_test(cert_check_member_refuses_others),
    };
    return cmocka_run_group_tests_name("crypto/cert", tests, set_up, tear_down);
}
