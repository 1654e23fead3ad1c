#include "config.h"

#include "certcraft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/cert.h"
#include "crypto/internal.h"

struct certcraft certcraft_member(int64_t now)
{
    return (struct certcraft){
        .cn = "eve",
        .constraints = "critical,CA:FALSE",
        .usage = "serverAuth,clientAuth",
        .names = "DNS:*,URI:p2p:user:13",
        .not_before = now - CERT_BACKDATE,
        .not_after = now + CERTCRAFT_DAY,
    };
}

static void add(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    if (value == NULL) {
        return;
    }
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(ext);
    assert_int_equal(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
}

struct cert *certcraft_make(const struct certcraft *c, const struct key *k,
                            const struct key *issuer_key,
                            const struct cert *issuer)
{
    X509 *x = X509_new();
    X509 *by = issuer != NULL ? cert_handle(issuer) : x;
    X509_NAME *name;

    assert_non_null(x);
    assert_int_equal(X509_set_version(x, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 77), 1);
    name = X509_get_subject_name(x);
    if (c->cn != NULL) {
        assert_int_equal(
            X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                       (const unsigned char *)c->cn, -1, -1, 0),
            1);
    }
    assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(by)), 1);
    assert_non_null(
        ASN1_TIME_set(X509_getm_notBefore(x), (time_t)c->not_before));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), (time_t)c->not_after));
    assert_int_equal(X509_set_pubkey(x, key_handle(k)), 1);
    add(x, by, NID_basic_constraints, c->constraints);
    add(x, by, NID_ext_key_usage, c->usage);
    add(x, by, NID_subject_alt_name, c->names);
    assert_true(X509_sign(x, key_handle(issuer_key != NULL ? issuer_key : k),
                          EVP_sha256()) > 0);
    return cert_wrap(x);
}

struct cert *certcraft_sign(const struct certcraft_group *g,
                            const struct key *k, const char *user,
                            const char *user_id, int64_t not_before,
                            int64_t not_after)
{
    struct cert_member m = {.user = user,
                            .user_id = user_id,
                            .not_before = not_before,
                            .not_after = not_after,
                            .serial = {1, 2, 3}};
    char *request = cert_make_request(k, user);
    struct cert *c = NULL;

    assert_int_equal(
        cert_sign_member(g->root_key, g->root, request, &m, &c, NULL), 0);
    free(request);
    return c;
}

void certcraft_group_init(struct certcraft_group *g, const char *name,
                          int64_t now)
{
    g->root_key = key_new();
    g->root = NULL;
    assert_int_equal(
        cert_make_group_root(g->root_key, name, "g1", now, &g->root), 0);
    g->key = key_new();
    g->member = certcraft_sign(g, g->key, "alice", "7", now - CERT_BACKDATE,
                               now + 3 * CERTCRAFT_DAY);
}

void certcraft_group_close(struct certcraft_group *g)
{
    cert_free(g->member);
    key_free(g->key);
    cert_free(g->root);
    key_free(g->root_key);
}
