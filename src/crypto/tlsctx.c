#include "config.h"

#include "crypto/tlsctx.h"

#include <assert.h>
#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/cert.h"
#include "crypto/internal.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/mem.h"

/* Life of the objects: in its ex_data an SSL holds references to the tlsctx it
 * was made from and to the group it entered; a tlsctx holds one to its SSL_CTX.
 * So a context that its owner has dropped stays until its last connection is
 * freed: its callback may still run, for the second ClientHello after a retry
 * request, and a pointer from tlsctx_of_ssl() stays unique. */

enum kind {
    CONTROL_SERVER,
    CONTROL_CLIENT,
    GROUP,       /* peers, both roles */
    PEER_SERVER, /* has no group yet; SNI will choose one */
};

struct tlsctx {
    atomic_uint references;
    enum kind kind;
    SSL_CTX *ssl_ctx;
    tlsctx_find_cb find; /* PEER_SERVER only */
    void *find_arg;
};

enum {
    /* Certificates between leaf and root that OpenSSL follows. None counts,
     * see check_peer(); but with 0 a stranger's leaf gets the confusing text
     * "certificate chain too long" instead of "unable to get local issuer". */
    MIDDLES_MAX = 1,
    /* Bytes of certificates the other side may send: one leaf of ours has
     * about 600, and the limit bounds what a stranger can make us hold. */
    CERTIFICATES_MAX = 16 * 1024,
    SNI_DIGITS = 40,
};

/* Places of tlsctx references in an SSL's ex_data. */
static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static int origin_index = -1; /* the context the SSL was made from */
static int group_index = -1;  /* the group whose rules it follows */

static void must(bool ok)
{
    if (!ok) {
        ERR_print_errors_fp(stderr);
        fprintf(stderr, "OpenSSL cannot make a TLS context\n");
        abort();
    }
}

static void free_reference(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx,
                           long argl, void *argp)
{
    (void)parent;
    (void)ad;
    (void)idx;
    (void)argl;
    (void)argp;
    tlsctx_unref(ptr);
}

static void make_indices(void)
{
    origin_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_reference);
    group_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_reference);
    must(origin_index >= 0 && group_index >= 0);
}

/* Keep a reference to `t` in `ssl` instead of the one before. */
static void hold(SSL *ssl, int index, struct tlsctx *t)
{
    struct tlsctx *before = SSL_get_ex_data(ssl, index);

    must(SSL_set_ex_data(ssl, index, tlsctx_ref(t)) == 1);
    tlsctx_unref(before);
}

/* ---- What all contexts share ------------------------------------------- */

static SSL_CTX *new_ssl_ctx(void)
{
    char groups[] = "X25519:P-256"; /* OpenSSL's macro casts const away */
    SSL_CTX *c = SSL_CTX_new(TLS_method());

    must(c != NULL && SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) == 1);
    must(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256:"
                                     "TLS_AES_256_GCM_SHA384:"
                                     "TLS_CHACHA20_POLY1305_SHA256") == 1);
    must(SSL_CTX_set1_groups_list(c, groups) == 1);

    /* A resumed session skips the certificates, so that one of another group,
     * or one that has expired meanwhile, would let its owner in. In TLS 1.3
     * NO_TICKET alone still hands out tickets that point into the cache. */
    SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
    must(SSL_CTX_set_num_tickets(c, 0) == 1);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);

    SSL_CTX_set_options(
        c, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION |
               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(c, CERTIFICATES_MAX);
    return c;
}

static struct tlsctx *new_tlsctx(enum kind kind)
{
    struct tlsctx *t = mem_calloc(1, sizeof *t);

    must(pthread_once(&index_once, make_indices) == 0);
    atomic_init(&t->references, 1);
    t->kind = kind;
    t->ssl_ctx = new_ssl_ctx();
    return t;
}

struct tlsctx *tlsctx_ref(struct tlsctx *t)
{
    (void)atomic_fetch_add_explicit(&t->references, 1, memory_order_relaxed);
    return t;
}

void tlsctx_unref(struct tlsctx *t)
{
    if (t == NULL || atomic_fetch_sub_explicit(&t->references, 1,
                                               memory_order_acq_rel) != 1) {
        return;
    }
    SSL_CTX_free(t->ssl_ctx);
    free(t);
}

/* Give the context its own certificate. False when the key does not fit. */
static bool use_identity(SSL_CTX *c, const struct key *k,
                         const struct cert *own)
{
    bool ok = SSL_CTX_use_certificate(c, cert_handle(own)) == 1 &&
              SSL_CTX_use_PrivateKey(c, key_handle(k)) == 1 &&
              SSL_CTX_check_private_key(c) == 1;

    ERR_clear_error();
    return ok;
}

/* ---- Control plane ----------------------------------------------------- */

struct tlsctx *tlsctx_new_tracker_server(const struct key *k,
                                         const struct cert *c)
{
    struct tlsctx *t = new_tlsctx(CONTROL_SERVER);

    SSL_CTX_set_verify(t->ssl_ctx, SSL_VERIFY_NONE, NULL);
    must(use_identity(t->ssl_ctx, k, c));
    return t;
}

struct tlsctx *tlsctx_new_tracker_client(void)
{
    struct tlsctx *t = new_tlsctx(CONTROL_CLIENT);

    /* No authority vouches for a tracker: the caller compares the pin. TLS
     * itself proves that the other side has the certificate's key. */
    SSL_CTX_set_verify(t->ssl_ctx, SSL_VERIFY_NONE, NULL);
    return t;
}

/* ---- Peers: checking the other side ------------------------------------ */

/* Runs for every certificate of the chain, after OpenSSL's own checks. */
static int check_peer(int ok, X509_STORE_CTX *ctx)
{
    const SSL *ssl =
        X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *x = X509_STORE_CTX_get_current_cert(ctx);

    if (ok != 1) {
        return 0;
    }
    if (tlsctx_of_ssl(ssl) == NULL) { /* no group, no trust */
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_UNTRUSTED);
        return 0;
    }
    if (X509_STORE_CTX_get_error_depth(ctx) > 0) {
        return 1;
    }
    if (sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) != 2) {
        /* The root itself, or something between: no leaf of the tracker. */
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_PATH_LENGTH_EXCEEDED);
        return 0;
    }
    /* OpenSSL lets a certificate without extended key usage pass for any. */
    if ((X509_get_extension_flags(x) & EXFLAG_XKUSAGE) == 0) {
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_INVALID_PURPOSE);
        return 0;
    }
    if (cert_identity_of(x, NULL, NULL) != 0) {
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
        return 0;
    }
    return 1;
}

static const int verify_mode =
    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

/* Put a connection under the rules of a group. SSL_set_SSL_CTX() exchanges the
 * certificate and, if none was set, the store, but leaves verification as it
 * was; so everything that decides about trust is set here, for both roles. */
static void enter_group(SSL *ssl, struct tlsctx *group)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

    must(SSL_set_SSL_CTX(ssl, group->ssl_ctx) == group->ssl_ctx);
    hold(ssl, group_index, group);
    SSL_set_verify(ssl, verify_mode, check_peer);
    must(SSL_set1_verify_cert_store(
             ssl, SSL_CTX_get_cert_store(group->ssl_ctx)) == 1);
    X509_VERIFY_PARAM_set_depth(param, MIDDLES_MAX);
    X509_VERIFY_PARAM_set_time(param, (time_t)clock_wall());
}

int tlsctx_new_group(const struct key *k, const struct cert *own,
                     const struct cert *root, struct tlsctx **out,
                     struct err *e)
{
    struct tlsctx *t;
    int rv = cert_check_member(own, root, clock_wall(), e);

    if (rv < 0) {
        return rv;
    }
    t = new_tlsctx(GROUP);
    SSL_CTX_set_verify(t->ssl_ctx, verify_mode, check_peer);
    if (!use_identity(t->ssl_ctx, k, own)) {
        tlsctx_unref(t);
        return err_set(e, P2P_EINVAL,
                       "the key does not belong to the certificate");
    }
    must(X509_STORE_add_cert(SSL_CTX_get_cert_store(t->ssl_ctx),
                             cert_handle(root)) == 1);
    *out = t;
    return 0;
}

/* ---- Peers: choosing the group of an incoming connection ---------------- */

/* 40 hex digits at the start of the name, as libtorrent reads it: either case,
 * and what follows is ignored. */
static bool read_sni(const char *name, char out[SNI_DIGITS + 1])
{
    for (int i = 0; i < SNI_DIGITS; i++) {
        if (!isxdigit((unsigned char)name[i])) { /* also the NUL */
            return false;
        }
        out[i] = (char)tolower((unsigned char)name[i]);
    }
    out[SNI_DIGITS] = '\0';
    return true;
}

/* OpenSSL calls this for every ClientHello, also for one without SNI. */
static int on_servername(SSL *ssl, int *alert, void *arg)
{
    struct tlsctx *listening = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    struct tlsctx *group = NULL;
    char sni[SNI_DIGITS + 1];

    if (name != NULL && read_sni(name, sni)) {
        group = listening->find(listening->find_arg, sni);
    }
    if (group == NULL) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    assert(group->kind == GROUP);
    enter_group(ssl, group);
    return SSL_TLSEXT_ERR_OK;
}

struct tlsctx *tlsctx_new_peer_server(tlsctx_find_cb find, void *arg)
{
    struct tlsctx *t = new_tlsctx(PEER_SERVER);

    t->find = find;
    t->find_arg = arg;
    SSL_CTX_set_verify(t->ssl_ctx, verify_mode, check_peer);
    SSL_CTX_set_tlsext_servername_callback(t->ssl_ctx, on_servername);
    SSL_CTX_set_tlsext_servername_arg(t->ssl_ctx, t);
    return t;
}

/* ---- Connections ------------------------------------------------------- */

SSL *tlsctx_new_ssl(struct tlsctx *t, bool is_server, const char *sni)
{
    SSL *ssl = SSL_new(t->ssl_ctx);

    must(ssl != NULL);
    hold(ssl, origin_index, t);
    if (t->kind == GROUP) {
        enter_group(ssl, t);
    }
    if (is_server) {
        assert(t->kind != CONTROL_CLIENT);
        SSL_set_accept_state(ssl);
    } else {
        assert(t->kind == CONTROL_CLIENT || t->kind == GROUP);
        SSL_set_connect_state(ssl);
        if (sni != NULL) {
            /* OpenSSL copies it, but its macro casts const away. */
            char *name = mem_strdup(sni);

            must(SSL_set_tlsext_host_name(ssl, name) == 1);
            free(name);
        }
    }
    return ssl;
}

struct tlsctx *tlsctx_of_ssl(const SSL *ssl)
{
    return SSL_get_ex_data(ssl, group_index);
}

bool tlsctx_sni(const SSL *ssl, char out[41])
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    return name != NULL && read_sni(name, out);
}

struct cert *tlsctx_peer_cert(const SSL *ssl)
{
    X509 *x = SSL_get1_peer_certificate(ssl);

    return x == NULL ? NULL : cert_wrap(x);
}

/* ---- Explaining failures ----------------------------------------------- */

/* The alert's name; OpenSSL 3.0 does not know the newest one by name, which
 * is the one that a member without certificate gets. */
static const char *alert_text(int alert)
{
    return alert == SSL_AD_CERTIFICATE_REQUIRED
               ? "certificate required"
               : SSL_alert_desc_string_long(alert);
}

void tlsctx_explain(const SSL *ssl, char *out, size_t size)
{
    unsigned long code = ERR_peek_last_error();
    int reason = ERR_GET_REASON(code);
    long verify = ssl == NULL ? X509_V_OK : SSL_get_verify_result(ssl);
    const char *text;

    ERR_clear_error();
    if (verify == X509_V_ERR_APPLICATION_VERIFICATION) {
        snprintf(out, size, "the other side's certificate names no member");
    } else if (verify != X509_V_OK && ssl != NULL &&
               SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) {
        snprintf(out, size, "the other side's certificate was refused: %s",
                 X509_verify_cert_error_string(verify));
    } else if (code == 0) {
        snprintf(out, size, "the other side closed the connection");
    } else if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
               reason > SSL_AD_REASON_OFFSET) {
        /* Reasons above the offset are alerts that the other side sent. */
        snprintf(out, size, "the other side refused: %s",
                 alert_text(reason - SSL_AD_REASON_OFFSET));
    } else {
        text = ERR_reason_error_string(code);
        snprintf(out, size, "TLS failed: %s",
                 text != NULL ? text : "unknown reason");
    }
}
