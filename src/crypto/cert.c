#include "config.h"

#include "crypto/cert.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/internal.h"
#include "crypto/random.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/mem.h"

/* Extensions are given as NID and OpenSSL's text for the value. Values with
 * names from outside never go this way: that text has a syntax of its own. */
struct extension {
    int nid;
    const char *value;
};

enum {
    SERIAL_SIZE = 16,            /* bytes; of 20 that RFC 5280 allows */
    SERIAL_MAX = 20,             /* bytes that a foreign one may have */
    YEARS_20 = 20 * 365 * 86400, /* seconds */
    X509_V3 = 2,                 /* the number that means version 3 */
    REQUEST_V1 = 0,              /* the number that means version 1 */
};

#define URI_USER "p2p:user:"
#define URI_GROUP "p2p:group:"

struct key {
    EVP_PKEY *pkey;
};

struct cert {
    X509 *x509;
};

/* For steps that fail only without memory or with a broken OpenSSL. */
static void must(bool ok)
{
    if (!ok) {
        ERR_print_errors_fp(stderr);
        fprintf(stderr, "OpenSSL cannot make a key or certificate\n");
        abort();
    }
}

/* No PEM of ours is encrypted; without this OpenSSL asks on the terminal. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

/* A reading BIO for `pem`, or NULL when it is too long. */
static BIO *open_pem(const char *pem)
{
    size_t length = strnlen(pem, CERT_PEM_MAX);

    if (length >= CERT_PEM_MAX) {
        return NULL;
    }
    return BIO_new_mem_buf(pem, (int)length);
}

/* The content of a memory BIO as a string; the BIO is freed (OpenSSL wipes
 * its memory). */
static char *take_text(BIO *b)
{
    char *data = NULL;
    long size = BIO_get_mem_data(b, &data);
    char *text;

    must(size > 0);
    text = mem_strndup(data, (size_t)size);
    BIO_free(b);
    return text;
}

/* ---- Keys -------------------------------------------------------------- */

static struct key *key_wrap(EVP_PKEY *pkey)
{
    struct key *k = mem_alloc(sizeof *k);

    k->pkey = pkey;
    return k;
}

static bool is_p256(const EVP_PKEY *pkey)
{
    char group[32];

    return EVP_PKEY_is_a(pkey, "EC") &&
           EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1 &&
           strcmp(group, SN_X9_62_prime256v1) == 0;
}

struct key *key_new(void)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");

    must(pkey != NULL);
    return key_wrap(pkey);
}

void key_free(struct key *k)
{
    if (k == NULL) {
        return;
    }
    EVP_PKEY_free(k->pkey);
    free(k);
}

EVP_PKEY *key_handle(const struct key *k)
{
    return k->pkey;
}

char *key_to_pem(const struct key *k)
{
    BIO *b = BIO_new(BIO_s_mem());

    must(b != NULL &&
         PEM_write_bio_PrivateKey(b, k->pkey, NULL, NULL, 0, NULL, NULL) == 1);
    return take_text(b);
}

int key_from_pem(const char *pem, struct key **out, struct err *e)
{
    BIO *b = open_pem(pem);
    EVP_PKEY *pkey = NULL;
    int rv;

    if (b != NULL) {
        pkey = PEM_read_bio_PrivateKey(b, NULL, no_passphrase, NULL);
    }
    if (pkey == NULL) {
        rv = err_set(e, P2P_EINVAL, "not a private key in PEM form");
        goto out;
    }
    if (!is_p256(pkey)) {
        rv = err_set(e, P2P_EINVAL, "the key is not of the kind P-256");
        goto out;
    }
    *out = key_wrap(pkey);
    pkey = NULL;
    rv = 0;

out:
    EVP_PKEY_free(pkey);
    BIO_free(b);
    ERR_clear_error();
    return rv;
}

/* ---- Certificates: form ------------------------------------------------ */

struct cert *cert_wrap(X509 *x)
{
    struct cert *c = mem_alloc(sizeof *c);

    c->x509 = x;
    return c;
}

void cert_free(struct cert *c)
{
    if (c == NULL) {
        return;
    }
    X509_free(c->x509);
    free(c);
}

X509 *cert_handle(const struct cert *c)
{
    return c->x509;
}

char *cert_to_pem(const struct cert *c)
{
    BIO *b = BIO_new(BIO_s_mem());

    must(b != NULL && PEM_write_bio_X509(b, c->x509) == 1);
    return take_text(b);
}

int cert_from_pem(const char *pem, struct cert **out, struct err *e)
{
    BIO *b = open_pem(pem);
    X509 *x = NULL;

    if (b != NULL) {
        x = PEM_read_bio_X509(b, NULL, no_passphrase, NULL);
    }
    BIO_free(b);
    ERR_clear_error();
    if (x == NULL) {
        return err_set(e, P2P_EINVAL, "not a certificate in PEM form");
    }
    *out = cert_wrap(x);
    return 0;
}

void cert_pin(const struct cert *c, uint8_t out[CERT_PIN_SIZE])
{
    unsigned size = 0;

    must(X509_digest(c->x509, EVP_sha256(), out, &size) == 1 &&
         size == CERT_PIN_SIZE);
}

void cert_key_pin(const struct cert *c, uint8_t out[CERT_PIN_SIZE])
{
    unsigned char *der = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x509), &der);
    unsigned used = 0;

    must(size > 0);
    must(EVP_Digest(der, (size_t)size, out, &used, EVP_sha256(), NULL) == 1 &&
         used == CERT_PIN_SIZE);
    OPENSSL_free(der);
}

/* Seconds since 1970 of an ASN.1 time, without the C library's time zones. */
static int64_t seconds_of(const ASN1_TIME *t)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    int ok;

    must(epoch != NULL);
    ok = ASN1_TIME_diff(&days, &seconds, epoch, t);
    ASN1_TIME_free(epoch);
    /* A time that cannot be read is over: the certificate counts as expired. */
    return ok == 1 ? (int64_t)days * 86400 + seconds : 0;
}

int64_t cert_not_after(const struct cert *c)
{
    return seconds_of(X509_get0_notAfter(c->x509));
}

int64_t cert_not_before(const struct cert *c)
{
    return seconds_of(X509_get0_notBefore(c->x509));
}

void cert_serial(const struct cert *c, char out[CERT_SERIAL_HEX])
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(c->x509);
    int size = ASN1_STRING_length(serial);

    out[0] = '\0'; /* what no certificate of ours has */
    if (size > 0 && size <= SERIAL_MAX) {
        hex_encode(ASN1_STRING_get0_data(serial), (size_t)size, out);
    }
}

/* ---- Certificates: making ---------------------------------------------- */

/* Ids go into URIs: letters, digits, '-' and '_' only. */
static bool id_is_valid(const char *id, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    if (length == 0 || length >= CERT_USER_MAX) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (id[i] == '\0' || strchr(allowed, id[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool set_common_name(X509_NAME *name, const char *text)
{
    size_t length = strnlen(text, CERT_USER_MAX);

    return length > 0 && length < CERT_USER_MAX &&
           X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)text, (int)length,
                                      -1, 0) == 1;
}

static bool set_serial(X509 *x, const uint8_t bytes[SERIAL_SIZE])
{
    BIGNUM *number = BN_bin2bn(bytes, SERIAL_SIZE, NULL);
    bool ok;

    must(number != NULL);
    ok = !BN_is_zero(number) && /* RFC 5280, 4.1.2.2: positive */
         BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return ok;
}

static bool set_life(X509 *x, int64_t not_before, int64_t not_after)
{
    return not_before < not_after &&
           ASN1_TIME_set(X509_getm_notBefore(x), (time_t)not_before) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x), (time_t)not_after) != NULL;
}

/* Add extensions up to the entry with value NULL; `issuer` for the key ids. */
static bool add_extensions(X509 *x, X509 *issuer, const struct extension *list)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    for (; list->value != NULL; list++) {
        X509_EXTENSION *ext =
            X509V3_EXT_conf_nid(NULL, &ctx, list->nid, list->value);
        bool ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;

        X509_EXTENSION_free(ext);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* Append a name of the given kind to `names`. */
static void add_name(GENERAL_NAMES *names, int kind, const char *text)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *value = ASN1_IA5STRING_new();

    must(name != NULL && value != NULL &&
         ASN1_STRING_set(value, text, -1) == 1);
    GENERAL_NAME_set0_value(name, kind, value);
    must(sk_GENERAL_NAME_push(names, name) > 0);
}

/* The subject's alternative names: `dns` (may be NULL) and `prefix` `id`. */
static void add_names(X509 *x, const char *dns, const char *prefix,
                      const char *id)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    char *uri = mem_printf("%s%s", prefix, id);

    must(names != NULL);
    if (dns != NULL) {
        add_name(names, GEN_DNS, dns);
    }
    add_name(names, GEN_URI, uri);
    must(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0,
                           X509V3_ADD_DEFAULT) == 1);
    GENERAL_NAMES_free(names);
    free(uri);
}

/* A self-signed beginning: version, serial, names, life and key. */
static int start_self_signed(const struct key *k, const char *name, int64_t now,
                             int64_t life, X509 **out)
{
    uint8_t serial[SERIAL_SIZE];
    X509 *x = X509_new();

    must(x != NULL && X509_set_version(x, X509_V3) == 1);
    random_fill(serial, sizeof serial);
    serial[0] |= 1; /* not zero */
    if (!set_common_name(X509_get_subject_name(x), name)) {
        X509_free(x);
        ERR_clear_error();
        return P2P_EINVAL;
    }
    must(X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
         set_serial(x, serial) &&
         set_life(x, now - CERT_BACKDATE, now + life) &&
         X509_set_pubkey(x, k->pkey) == 1);
    *out = x;
    return 0;
}

static struct cert *finish_self_signed(const struct key *k, X509 *x,
                                       const struct extension *extensions)
{
    must(add_extensions(x, x, extensions) &&
         X509_sign(x, k->pkey, EVP_sha256()) > 0);
    return cert_wrap(x);
}

int cert_make_tracker(const struct key *k, const char *name, int64_t now,
                      struct cert **out)
{
    /* clientAuth too: trackers of a cluster call each other. */
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth,clientAuth"},
        {NID_subject_key_identifier, "hash"},
        {0, NULL},
    };
    X509 *x = NULL;
    int rv = start_self_signed(k, name, now, YEARS_20, &x);

    if (rv == 0) {
        *out = finish_self_signed(k, x, extensions);
    }
    return rv;
}

int cert_make_group_root(const struct key *k, const char *group,
                         const char *group_id, int64_t now, struct cert **out)
{
    /* pathlen 0: the root signs members and nothing in between. */
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
        {0, NULL},
    };
    X509 *x = NULL;
    int rv;

    if (!id_is_valid(group_id, strnlen(group_id, CERT_USER_MAX))) {
        return P2P_EINVAL;
    }
    rv = start_self_signed(k, group, now, YEARS_20, &x);
    if (rv == 0) {
        add_names(x, NULL, URI_GROUP, group_id);
        *out = finish_self_signed(k, x, extensions);
    }
    return rv;
}

char *cert_make_request(const struct key *k, const char *user)
{
    X509_REQ *req = X509_REQ_new();
    BIO *b = BIO_new(BIO_s_mem());

    must(req != NULL && b != NULL && X509_REQ_set_version(req, REQUEST_V1));
    /* The tracker knows who asks and ignores this name, so one that does not
     * fit a certificate is only left out. */
    if (!set_common_name(X509_REQ_get_subject_name(req), user)) {
        ERR_clear_error();
    }
    must(X509_REQ_set_pubkey(req, k->pkey) == 1 &&
         X509_REQ_sign(req, k->pkey, EVP_sha256()) > 0 &&
         PEM_write_bio_X509_REQ(b, req) == 1);
    X509_REQ_free(req);
    return take_text(b);
}

/* The public key of a request that is signed with it; NULL and a reason. */
static EVP_PKEY *key_of_request(const char *pem, struct err *e)
{
    BIO *b = open_pem(pem);
    X509_REQ *req = NULL;
    EVP_PKEY *pkey = NULL;

    if (b != NULL) {
        req = PEM_read_bio_X509_REQ(b, NULL, no_passphrase, NULL);
    }
    if (req == NULL) {
        (void)err_set(e, P2P_EINVAL, "not a certificate request in PEM form");
        goto out;
    }
    pkey = X509_REQ_get_pubkey(req);
    if (pkey == NULL || !is_p256(pkey)) {
        (void)err_set(e, P2P_EINVAL,
                      "the key of the request is not of the kind P-256");
        goto fail;
    }
    if (X509_REQ_verify(req, pkey) != 1) {
        (void)err_set(e, P2P_EINVAL,
                      "the request is not signed with its own key");
        goto fail;
    }
    goto out;

fail:
    EVP_PKEY_free(pkey);
    pkey = NULL;
out:
    X509_REQ_free(req);
    BIO_free(b);
    return pkey;
}

/* Fill and sign the leaf for `pkey`. */
static int make_member(const struct key *root_key, X509 *root, EVP_PKEY *pkey,
                       const struct cert_member *m, X509 *x, struct err *e)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth,clientAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {0, NULL},
    };

    if (!id_is_valid(m->user_id, strnlen(m->user_id, CERT_USER_MAX))) {
        return err_set(e, P2P_EINVAL, "the user's id does not fit a URI");
    }
    if (!set_common_name(X509_get_subject_name(x), m->user)) {
        return err_set(e, P2P_EINVAL,
                       "the user's name does not fit a certificate");
    }
    if (!set_serial(x, m->serial)) {
        return err_set(e, P2P_EINVAL, "the serial number is zero");
    }
    if (!set_life(x, m->not_before, m->not_after)) {
        return err_set(e, P2P_EINVAL, "the certificate's life is not valid");
    }
    must(X509_set_version(x, X509_V3) == 1 &&
         X509_set_issuer_name(x, X509_get_subject_name(root)) == 1 &&
         X509_set_pubkey(x, pkey) == 1);
    add_names(x, "*", URI_USER, m->user_id);
    must(add_extensions(x, root, extensions) &&
         X509_sign(x, root_key->pkey, EVP_sha256()) > 0);
    return 0;
}

int cert_sign_member(const struct key *root_key, const struct cert *root,
                     const char *request_pem, const struct cert_member *m,
                     struct cert **out, struct err *e)
{
    X509 *x = NULL;
    EVP_PKEY *pkey = NULL;
    int rv = P2P_EINVAL;

    if (X509_check_private_key(root->x509, root_key->pkey) != 1) {
        (void)err_set(e, rv, "the root's key does not belong to the root");
        goto out;
    }
    pkey = key_of_request(request_pem, e);
    if (pkey == NULL) {
        goto out;
    }
    x = X509_new();
    must(x != NULL);
    rv = make_member(root_key, root->x509, pkey, m, x, e);
    if (rv == 0) {
        *out = cert_wrap(x);
        x = NULL;
    }

out:
    X509_free(x);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return rv;
}

/* ---- Certificates: reading a member's ---------------------------------- */

/* The only common name of `x`, without control characters. */
static bool read_common_name(const X509 *x, char out[CERT_USER_MAX])
{
    const X509_NAME *name = X509_get_subject_name(x);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    unsigned char *text = NULL;
    bool ok = false;
    int length;

    if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) {
        return false;
    }
    length = ASN1_STRING_to_UTF8(
        &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (length > 0 && length < CERT_USER_MAX) {
        ok = true;
        for (int i = 0; i < length; i++) {
            ok = ok && text[i] >= 0x20 && text[i] != 0x7f;
        }
    }
    if (ok) {
        memcpy(out, text, (size_t)length);
        out[length] = '\0';
    }
    OPENSSL_free(text);
    return ok;
}

/* The id when `uri` is "p2p:user:<id>". */
static bool read_user_id(const ASN1_IA5STRING *uri, char out[CERT_USER_MAX])
{
    const char *text = (const char *)ASN1_STRING_get0_data(uri);
    size_t length = (size_t)ASN1_STRING_length(uri);
    size_t prefix = strlen(URI_USER);

    if (length <= prefix || memcmp(text, URI_USER, prefix) != 0 ||
        !id_is_valid(text + prefix, length - prefix)) {
        return false;
    }
    memcpy(out, text + prefix, length - prefix);
    out[length - prefix] = '\0';
    return true;
}

/* Exactly one URI, which is a user's, and the DNS name "*" that libtorrent
 * looks for. */
static bool read_names(const X509 *x, char user_id[CERT_USER_MAX])
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int uris = 0;
    bool has_star = false;
    bool ok = names != NULL;

    for (int i = 0; ok && i < sk_GENERAL_NAME_num(names); i++) {
        int kind;
        const ASN1_STRING *value =
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);

        if (kind == GEN_URI) {
            uris++;
            ok = read_user_id(value, user_id);
        } else if (kind == GEN_DNS && ASN1_STRING_length(value) == 1 &&
                   ASN1_STRING_get0_data(value)[0] == '*') {
            has_star = true;
        }
    }
    GENERAL_NAMES_free(names);
    return ok && has_star && uris == 1;
}

int cert_identity_of(X509 *x, char *user, char *user_id)
{
    char name[CERT_USER_MAX];
    char id[CERT_USER_MAX];
    bool ok = (X509_get_extension_flags(x) & EXFLAG_CA) == 0 &&
              read_common_name(x, name) && read_names(x, id);

    ERR_clear_error();
    if (!ok) {
        return P2P_EINVAL;
    }
    if (user != NULL) {
        memcpy(user, name, sizeof name);
    }
    if (user_id != NULL) {
        memcpy(user_id, id, sizeof id);
    }
    return 0;
}

int cert_member_identity(const struct cert *c, char user[CERT_USER_MAX],
                         char user_id[CERT_USER_MAX])
{
    return cert_identity_of(c->x509, user, user_id);
}

int cert_check_member(const struct cert *leaf, const struct cert *root,
                      int64_t now, struct err *e)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int rv = 0;

    must(store != NULL && ctx != NULL &&
         X509_STORE_add_cert(store, root->x509) == 1 &&
         X509_STORE_CTX_init(ctx, store, leaf->x509, NULL) == 1);
    X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
    if (X509_verify_cert(ctx) != 1) {
        int why = X509_STORE_CTX_get_error(ctx);

        rv = err_set(e, P2P_EVERIFY, "the member's certificate: %s",
                     X509_verify_cert_error_string(why));
    } else if (sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) != 2) {
        rv = err_set(e, P2P_EVERIFY,
                     "the root did not sign this certificate itself");
    } else if (cert_identity_of(leaf->x509, NULL, NULL) != 0) {
        rv = err_set(e, P2P_EVERIFY, "the certificate names no member");
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    ERR_clear_error();
    return rv;
}
