/* Tests of crypto/tlsctx: handshakes in memory, without sockets.
 *
 * The other side is often a plain OpenSSL context with OpenSSL's defaults, as
 * libtorrent has it, so that the checks of one side are seen alone.
 */
#include "config.h"

#include "crypto/tlsctx.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "../lib/certcraft.h"
#include "crypto/cert.h"
#include "crypto/internal.h"
#include "util/clock.h"
#include "util/err.h"

#define NOW INT64_C(1790000000)
#define DAY CERTCRAFT_DAY
#define SNI_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SNI_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* Two groups of the same name, and a listener that serves both. */
struct fixture {
    struct certcraft_group a;
    struct certcraft_group b;
    struct tlsctx *ctx_a;
    struct tlsctx *ctx_b;
    struct tlsctx *listening;
    char asked[41]; /* what the listener was asked for last */
};

static struct tlsctx *find_group(void *arg, const char sni_hex[41])
{
    struct fixture *f = arg;

    memcpy(f->asked, sni_hex, 41);
    if (strcmp(sni_hex, SNI_A) == 0) {
        return f->ctx_a;
    }
    return strcmp(sni_hex, SNI_B) == 0 ? f->ctx_b : NULL;
}

static struct tlsctx *group_ctx(const struct certcraft_group *g)
{
    struct tlsctx *t = NULL;
    struct err e = {0};

    if (tlsctx_new_group(g->key, g->member, g->root, &t, &e) != 0) {
        fail_msg("%s", e.text);
    }
    return t;
}

static int set_up(void **state)
{
    static struct fixture f;

    clock_freeze(0, NOW);
    certcraft_group_init(&f.a, "lab", NOW);
    certcraft_group_init(&f.b, "lab", NOW);
    f.ctx_a = group_ctx(&f.a);
    f.ctx_b = group_ctx(&f.b);
    f.listening = tlsctx_new_peer_server(find_group, &f);
    f.asked[0] = '\0';
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tlsctx_unref(f->listening);
    tlsctx_unref(f->ctx_b);
    tlsctx_unref(f->ctx_a);
    certcraft_group_close(&f->b);
    certcraft_group_close(&f->a);
    clock_thaw();
    return 0;
}

/* ---- A connection in memory --------------------------------------------- */

struct link {
    SSL *client;
    SSL *server;
    bool client_done; /* handshake finished, as this side sees it */
    bool server_done;
    char client_why[256]; /* what tlsctx_explain() said, or "" */
    char server_why[256];
};

/* One step of one side. True while it may still get on. */
static bool step(SSL *ssl, bool *done, char why[256])
{
    char byte;
    int rv;

    if (*why != '\0') {
        return false;
    }
    /* Reading drives the handshake too, and sees alerts that come after it. */
    rv = *done ? SSL_read(ssl, &byte, 1) : SSL_do_handshake(ssl);
    if (rv == 1 && !*done) {
        *done = true;
        return true;
    }
    switch (SSL_get_error(ssl, rv)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return BIO_pending(SSL_get_rbio(ssl)) > 0;
    default:
        tlsctx_explain(ssl, why, 256);
        return false;
    }
}

/* Connect two SSLs (taken) and let them talk until nothing moves any more. */
static void link_open(struct link *l, SSL *client, SSL *server)
{
    BIO *left;
    BIO *right;

    memset(l, 0, sizeof *l);
    l->client = client;
    l->server = server;
    assert_int_equal(BIO_new_bio_pair(&left, 65536, &right, 65536), 1);
    SSL_set_bio(client, left, left);
    SSL_set_bio(server, right, right);
    for (int i = 0; i < 100; i++) {
        bool moved = step(client, &l->client_done, l->client_why);

        moved = step(server, &l->server_done, l->server_why) || moved;
        if (!moved && BIO_pending(left) == 0 && BIO_pending(right) == 0) {
            break;
        }
    }
}

static void link_close(struct link *l)
{
    SSL_free(l->client);
    SSL_free(l->server);
}

static void assert_open(const struct link *l)
{
    if (!l->client_done || !l->server_done || *l->client_why != '\0' ||
        *l->server_why != '\0') {
        fail_msg("client: %s, server: %s", l->client_why, l->server_why);
    }
}

/* `count` bytes from one side arrive at the other. */
static void assert_carries(SSL *from, SSL *to)
{
    char got[6] = "";

    assert_int_equal(SSL_write(from, "hello", 5), 5);
    assert_int_equal(SSL_read(to, got, 5), 5);
    assert_string_equal(got, "hello");
}

/* A plain OpenSSL client context with the given certificate (or none). It
 * trusts anybody, so what is refused is refused by our server. */
static SSL_CTX *plain_ctx(const struct key *k, const struct cert *c)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());

    assert_non_null(ctx);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    if (c != NULL) {
        assert_int_equal(SSL_CTX_use_certificate(ctx, cert_handle(c)), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key_handle(k)), 1);
    }
    return ctx;
}

static SSL *plain_client(SSL_CTX *ctx, const char *sni)
{
    SSL *ssl = SSL_new(ctx);

    assert_non_null(ssl);
    SSL_set_connect_state(ssl);
    if (sni != NULL) {
        char *name = strdup(sni); /* OpenSSL's macro casts const away */

        assert_non_null(name);
        assert_int_equal(SSL_set_tlsext_host_name(ssl, name), 1);
        free(name);
    }
    return ssl;
}

static SSL *our_server(struct fixture *f)
{
    return tlsctx_new_ssl(f->listening, true, NULL);
}

/* Our server must refuse this certificate in group A, with a text that holds
 * `server_why`; the client learns of it by an alert like `client_why`. */
static void assert_refused_by_server(struct fixture *f, const struct key *k,
                                     const struct cert *c,
                                     const char *server_why,
                                     const char *client_why)
{
    SSL_CTX *ctx = plain_ctx(k, c);
    struct link l;

    link_open(&l, plain_client(ctx, SNI_A), our_server(f));
    assert_false(l.server_done);
    if (strstr(l.server_why, server_why) == NULL ||
        strstr(l.client_why, client_why) == NULL) {
        fail_msg("server: %s, client: %s", l.server_why, l.client_why);
    }
    link_close(&l);
    SSL_CTX_free(ctx);
}

/* Our client must refuse this server certificate in group A. */
static void assert_refused_by_client(struct fixture *f, const struct key *k,
                                     const struct cert *c, const char *why)
{
    SSL_CTX *ctx = plain_ctx(k, c);
    SSL *server = SSL_new(ctx);
    struct link l;

    SSL_set_accept_state(server);
    link_open(&l, tlsctx_new_ssl(f->ctx_a, false, SNI_A), server);
    assert_false(l.client_done);
    if (strstr(l.client_why, why) == NULL) {
        fail_msg("client: %s", l.client_why);
    }
    link_close(&l);
    SSL_CTX_free(ctx);
}

/* ---- Members ------------------------------------------------------------ */

/* Two members of a group connect; each sees the other's certificate and the
 * group's context, and TLS is what the profile says. */
static void peers_good_member(void **state)
{
    struct fixture *f = *state;
    char user[CERT_USER_MAX];
    char id[CERT_USER_MAX];
    struct cert *seen;
    struct link l;

    link_open(&l, tlsctx_new_ssl(f->ctx_a, false, SNI_A), our_server(f));
    assert_open(&l);
    assert_ptr_equal(tlsctx_of_ssl(l.client), f->ctx_a);
    assert_ptr_equal(tlsctx_of_ssl(l.server), f->ctx_a);
    assert_string_equal(f->asked, SNI_A);
    seen = tlsctx_peer_cert(l.server);
    assert_int_equal(cert_member_identity(seen, user, id), 0);
    assert_string_equal(user, "alice");
    assert_string_equal(id, "7");
    cert_free(seen);
    seen = tlsctx_peer_cert(l.client);
    assert_int_equal(X509_cmp(cert_handle(seen), cert_handle(f->a.member)), 0);
    cert_free(seen);
    assert_int_equal(SSL_version(l.server), TLS1_3_VERSION);
    assert_string_equal(SSL_get_cipher_name(l.server),
                        "TLS_AES_128_GCM_SHA256");
    assert_int_equal(SSL_get_negotiated_group(l.server), NID_X25519);
    assert_carries(l.client, l.server);
    assert_carries(l.server, l.client);
    link_close(&l);
}

/* The listener gives each name its own group: certificate, trust and all. */
static void peers_listener_serves_several_groups(void **state)
{
    struct fixture *f = *state;
    struct cert *seen;
    struct link l;

    link_open(&l, tlsctx_new_ssl(f->ctx_b, false, SNI_B), our_server(f));
    assert_open(&l);
    assert_ptr_equal(tlsctx_of_ssl(l.server), f->ctx_b);
    seen = tlsctx_peer_cert(l.client);
    assert_int_equal(X509_cmp(cert_handle(seen), cert_handle(f->b.member)), 0);
    cert_free(seen);
    link_close(&l);
}

/* A group context also serves directly, without choosing by name. */
static void peers_group_context_as_server(void **state)
{
    struct fixture *f = *state;
    struct link l;
    char named[41];

    link_open(&l, tlsctx_new_ssl(f->ctx_a, false, NULL),
              tlsctx_new_ssl(f->ctx_a, true, NULL));
    assert_open(&l);
    assert_false(tlsctx_sni(l.server, named));
    link_close(&l);
    link_open(&l, tlsctx_new_ssl(f->ctx_b, false, NULL),
              tlsctx_new_ssl(f->ctx_a, true, NULL));
    assert_false(l.client_done && l.server_done);
    link_close(&l);
}

/* libtorrent's client: OpenSSL's defaults (AES-256 first), its leaf alone, the
 * name in capitals. AES-128 is used all the same. */
static void peers_plain_openssl_member(void **state)
{
    struct fixture *f = *state;
    SSL_CTX *ctx = plain_ctx(f->a.key, f->a.member);
    struct link l;
    char named[41];

    link_open(&l, plain_client(ctx, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
              our_server(f));
    assert_open(&l);
    assert_string_equal(SSL_get_cipher_name(l.server),
                        "TLS_AES_128_GCM_SHA256");
    assert_string_equal(f->asked, SNI_A);
    assert_true(tlsctx_sni(l.server, named)); /* in lower case */
    assert_string_equal(named, SNI_A);
    link_close(&l);
    link_open(&l, plain_client(ctx, SNI_A ".example.org"), our_server(f));
    assert_open(&l);
    assert_string_equal(f->asked, SNI_A);
    assert_true(tlsctx_sni(l.server, named));
    assert_string_equal(named, SNI_A);
    link_close(&l);
    SSL_CTX_free(ctx);
}

/* Who offers its key share for another curve is asked again (a second
 * ClientHello); the listener may have been dropped by its owner by then. */
static void peers_hello_retry_after_listener_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct tlsctx *listening = tlsctx_new_peer_server(find_group, f);
    SSL_CTX *ctx = plain_ctx(f->a.key, f->a.member);
    SSL *server = tlsctx_new_ssl(listening, true, NULL);
    char curves[] = "P-384:P-256"; /* OpenSSL's macro casts const away */
    struct link l;

    tlsctx_unref(listening);
    assert_int_equal(SSL_CTX_set1_groups_list(ctx, curves), 1);
    link_open(&l, plain_client(ctx, SNI_A), server);
    assert_open(&l);
    assert_int_equal(SSL_get_negotiated_group(l.server), NID_X9_62_prime256v1);
    assert_ptr_equal(tlsctx_of_ssl(l.server), f->ctx_a);
    link_close(&l);
    SSL_CTX_free(ctx);
}

/* A connection outlives the contexts it was made from. */
static void peers_connection_keeps_contexts(void **state)
{
    struct fixture *f = *state;
    struct tlsctx *own = group_ctx(&f->a);
    struct link l;

    link_open(&l, tlsctx_new_ssl(own, false, SNI_A), our_server(f));
    assert_ptr_equal(tlsctx_of_ssl(l.client), own);
    tlsctx_unref(own);
    assert_carries(l.client, l.server);
    assert_carries(l.server, l.client);
    link_close(&l);
    tlsctx_unref(NULL);
}

/* ---- Refused ------------------------------------------------------------ */

/* Another group's member, though the group has the same name: by the server
 * (also with an honest client certificate but no check on the client's side),
 * and by the client. */
static void peers_refuse_other_group(void **state)
{
    struct fixture *f = *state;
    struct link l;

    assert_refused_by_server(f, f->b.key, f->b.member,
                             "unable to get local issuer certificate",
                             "refused: unknown CA");
    assert_refused_by_client(f, f->b.key, f->b.member,
                             "unable to get local issuer certificate");
    link_open(&l, tlsctx_new_ssl(f->ctx_b, false, SNI_A), our_server(f));
    assert_false(l.client_done);
    assert_false(l.server_done);
    link_close(&l);
}

/* Nobody gets in without a certificate. */
static void peers_refuse_no_certificate(void **state)
{
    struct fixture *f = *state;

    assert_refused_by_server(f, NULL, NULL, "peer did not return a certificate",
                             "certificate required");
}

/* An expired certificate, and one from the future. */
static void peers_refuse_outside_of_life(void **state)
{
    struct fixture *f = *state;
    struct cert *old =
        certcraft_sign(&f->a, f->a.key, "alice", "7", NOW - 3 * DAY, NOW - 1);
    struct cert *early =
        certcraft_sign(&f->a, f->a.key, "alice", "7", NOW + 60, NOW + DAY);

    assert_refused_by_server(f, f->a.key, old, "has expired",
                             "certificate expired");
    assert_refused_by_client(f, f->a.key, old, "has expired");
    assert_refused_by_server(f, f->a.key, early, "not yet valid",
                             "bad certificate");
    assert_refused_by_client(f, f->a.key, early, "not yet valid");
    cert_free(old);
    cert_free(early);
}

/* A context made in time stops to work when its certificate ends: the other
 * side looks at the clock for each connection. */
static void peers_refuse_after_expiry(void **state)
{
    struct fixture *f = *state;
    struct link l;

    clock_freeze(0, NOW + 4 * DAY);
    link_open(&l, tlsctx_new_ssl(f->ctx_a, false, SNI_A), our_server(f));
    assert_false(l.client_done);
    assert_non_null(strstr(l.client_why, "has expired"));
    link_close(&l);
    clock_freeze(0, NOW);
}

/* Leaves that the group's root did sign but that are no member's. */
static void peers_refuse_wrong_shapes(void **state)
{
    static const struct {
        const char *usage;
        const char *names;
        const char *constraints;
        bool as_client; /* is it refused in this role? */
        bool as_server;
    } cases[] = {
        {"serverAuth", "DNS:*,URI:p2p:user:13", NULL, true, false},
        {"clientAuth", "DNS:*,URI:p2p:user:13", NULL, false, true},
        {NULL, "DNS:*,URI:p2p:user:13", NULL, true, true},
        {"emailProtection", "DNS:*,URI:p2p:user:13", NULL, true, true},
        {"serverAuth,clientAuth", "URI:p2p:user:13", NULL, true, true},
        {"serverAuth,clientAuth", "DNS:*", NULL, true, true},
        {"serverAuth,clientAuth", NULL, NULL, true, true},
        {"serverAuth,clientAuth", "DNS:*,URI:p2p:user:1,URI:p2p:user:2", NULL,
         true, true},
        {"serverAuth,clientAuth", "DNS:*,URI:p2p:user:13", "critical,CA:FALSE",
         false, false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct certcraft shape = certcraft_member(NOW);
        struct cert *c;

        shape.usage = cases[i].usage;
        shape.names = cases[i].names;
        shape.constraints = cases[i].constraints;
        c = certcraft_make(&shape, f->a.key, f->a.root_key, f->a.root);
        if (cases[i].as_client) {
            assert_refused_by_server(f, f->a.key, c, "certificate", "refused");
        }
        if (cases[i].as_server) {
            assert_refused_by_client(f, f->a.key, c, "certificate");
        }
        cert_free(c);
    }
}

/* The root's own certificate is no leaf, nor is one that signs itself. */
static void peers_refuse_root_and_self_signed(void **state)
{
    struct fixture *f = *state;
    struct certcraft shape = certcraft_member(NOW);
    struct cert *self = certcraft_make(&shape, f->a.key, NULL, NULL);

    assert_refused_by_server(f, f->a.root_key, f->a.root, "certificate",
                             "refused");
    assert_refused_by_client(f, f->a.root_key, f->a.root, "certificate");
    assert_refused_by_server(f, f->a.key, self, "certificate", "refused");
    assert_refused_by_client(f, f->a.key, self, "certificate");
    cert_free(self);
}

/* A group whose root has a member's shape and would allow authorities below
 * it, with one of these and a leaf of that one. */
struct wide {
    struct key *root_key;
    struct key *middle_key;
    struct key *key;
    struct cert *root;
    struct cert *middle;
    struct cert *own;  /* signed by the root */
    struct cert *leaf; /* signed by the middle */
    struct tlsctx *group;
};

static void wide_init(struct wide *w)
{
    struct certcraft member = certcraft_member(NOW);
    struct certcraft authority = member;

    authority.cn = "wide";
    authority.constraints = "critical,CA:TRUE";
    w->root_key = key_new();
    w->middle_key = key_new();
    w->key = key_new();
    w->root = certcraft_make(&authority, w->root_key, NULL, NULL);
    authority.cn = "middle";
    w->middle = certcraft_make(&authority, w->middle_key, w->root_key, w->root);
    w->own = certcraft_make(&member, w->key, w->root_key, w->root);
    w->leaf = certcraft_make(&member, w->key, w->middle_key, w->middle);
    w->group = NULL;
    assert_int_equal(tlsctx_new_group(w->key, w->own, w->root, &w->group, NULL),
                     0);
}

static void wide_close(struct wide *w)
{
    tlsctx_unref(w->group);
    cert_free(w->leaf);
    cert_free(w->own);
    cert_free(w->middle);
    cert_free(w->root);
    key_free(w->key);
    key_free(w->middle_key);
    key_free(w->root_key);
}

/* Does the group's server let this client in? `middle` is sent along. */
static bool wide_accepts(struct wide *w, const struct key *k,
                         const struct cert *c, const struct cert *middle)
{
    SSL_CTX *ctx = plain_ctx(k, c);
    struct link l;
    bool accepted;

    if (middle != NULL) {
        assert_int_equal(SSL_CTX_add1_chain_cert(ctx, cert_handle(middle)), 1);
    }
    link_open(&l, plain_client(ctx, SNI_A),
              tlsctx_new_ssl(w->group, true, NULL));
    accepted = l.server_done;
    assert_true(accepted || strstr(l.server_why, "certificate") != NULL);
    link_close(&l);
    SSL_CTX_free(ctx);
    return accepted;
}

/* Only leaves that the root itself has signed count, whatever else its shape
 * would allow: no authority in between, nor itself, and not the root. */
static void peers_refuse_other_chain_lengths(void **state)
{
    struct wide w;

    (void)state;
    wide_init(&w);
    assert_true(wide_accepts(&w, w.key, w.own, NULL));
    assert_false(wide_accepts(&w, w.key, w.leaf, w.middle));
    assert_false(wide_accepts(&w, w.key, w.leaf, NULL));
    assert_false(wide_accepts(&w, w.middle_key, w.middle, NULL));
    assert_false(wide_accepts(&w, w.root_key, w.root, NULL));
    wide_close(&w);
}

/* Unknown, missing, short and odd names end with unrecognized_name, before any
 * certificate of ours is shown. */
static void peers_refuse_unknown_names(void **state)
{
    static const char *const names[] = {
        "cccccccccccccccccccccccccccccccccccccccc",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaag",
        "localhost",
        NULL,
    };
    struct fixture *f = *state;
    SSL_CTX *ctx = plain_ctx(f->a.key, f->a.member);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct link l;

        link_open(&l, plain_client(ctx, names[i]), our_server(f));
        assert_false(l.client_done);
        assert_false(l.server_done);
        assert_null(tlsctx_peer_cert(l.client));
        assert_null(tlsctx_of_ssl(l.server));
        assert_string_equal(l.client_why,
                            "the other side refused: unrecognized name");
        link_close(&l);
    }
    SSL_CTX_free(ctx);
}

/* S1-52: TLS 1.2 is refused, by the server and by the client. */
static void peers_refuse_tls12(void **state)
{
    struct fixture *f = *state;
    SSL_CTX *ctx = plain_ctx(f->a.key, f->a.member);
    struct link l;
    SSL *ssl;

    assert_int_equal(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION), 1);
    link_open(&l, plain_client(ctx, SNI_A), our_server(f));
    assert_false(l.client_done);
    assert_false(l.server_done);
    assert_non_null(strstr(l.client_why, "protocol version"));
    link_close(&l);

    ssl = SSL_new(ctx);
    SSL_set_accept_state(ssl);
    link_open(&l, tlsctx_new_ssl(f->ctx_a, false, SNI_A), ssl);
    assert_false(l.client_done);
    assert_false(l.server_done);
    link_close(&l);
    SSL_CTX_free(ctx);
}

/* Bytes that are no TLS at all, and a peer that sends more certificates than
 * anybody needs, end the connection. */
static void peers_refuse_garbage(void **state)
{
    struct fixture *f = *state;
    SSL_CTX *ctx = plain_ctx(f->a.key, f->a.member);
    BIO *left;
    BIO *right;
    struct link l;
    SSL *server = our_server(f);
    char why[256] = "";
    bool done = false;

    assert_int_equal(BIO_new_bio_pair(&left, 4096, &right, 4096), 1);
    SSL_set_bio(server, right, right);
    assert_int_equal(BIO_write(left,
                               "\x13"
                               "BitTorrent protocol",
                               20),
                     20);
    assert_false(step(server, &done, why));
    assert_string_not_equal(why, "");
    BIO_free(left);
    SSL_free(server);

    for (int i = 0; i < 60; i++) { /* some 36 KB */
        assert_int_equal(SSL_CTX_add1_chain_cert(ctx, cert_handle(f->b.member)),
                         1);
    }
    link_open(&l, plain_client(ctx, SNI_A), our_server(f));
    assert_false(l.server_done);
    assert_non_null(strstr(l.server_why, "excessive message size"));
    link_close(&l);
    SSL_CTX_free(ctx);
}

/* ---- No resumption ------------------------------------------------------- */

static int tickets; /* that a client was given */

static int on_ticket(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    (void)session;
    tickets++;
    return 0;
}

/* A plain client that wants tickets gets none, and what it kept of its session
 * is worth nothing: the next handshake is a full one with certificates. */
static void peers_never_resume(void **state)
{
    struct fixture *f = *state;
    SSL_CTX *ctx = plain_ctx(f->a.key, f->a.member);
    SSL_SESSION *session;
    struct cert *seen;
    struct link l;
    SSL *again;

    tickets = 0;
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(ctx, on_ticket);
    link_open(&l, plain_client(ctx, SNI_A), our_server(f));
    assert_open(&l);
    assert_carries(l.server, l.client); /* a ticket would come before this */
    assert_int_equal(tickets, 0);
    assert_int_equal(SSL_get_num_tickets(l.server), 0);
    assert_true((SSL_get_options(l.server) & SSL_OP_NO_TICKET) != 0);
    session = SSL_get1_session(l.client);
    assert_int_equal(SSL_SESSION_is_resumable(session), 0);
    link_close(&l);

    again = plain_client(ctx, SNI_A);
    (void)SSL_set_session(again, session);
    link_open(&l, again, our_server(f));
    assert_open(&l);
    assert_int_equal(SSL_session_reused(l.server), 0);
    seen = tlsctx_peer_cert(l.server);
    assert_non_null(seen);
    cert_free(seen);
    link_close(&l);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
}

static SSL_SESSION *kept; /* the last ticket from a foreign server */

static int keep_ticket(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

/* A ticket from elsewhere (libtorrent gives them out) opens nothing here: who
 * has it but no certificate of the group stays outside. */
static void peers_refuse_foreign_ticket(void **state)
{
    struct fixture *f = *state;
    SSL_CTX *server_ctx = plain_ctx(f->a.key, f->a.member);
    SSL_CTX *client_ctx = plain_ctx(f->b.key, f->b.member);
    SSL *ssl = SSL_new(server_ctx);
    struct link l;

    SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(client_ctx, keep_ticket);
    SSL_set_accept_state(ssl);
    link_open(&l, plain_client(client_ctx, SNI_A), ssl);
    assert_open(&l);
    assert_carries(l.server, l.client);
    assert_non_null(kept);
    link_close(&l);

    ssl = plain_client(client_ctx, SNI_A);
    assert_int_equal(SSL_set_session(ssl, kept), 1);
    link_open(&l, ssl, our_server(f));
    assert_false(l.server_done);
    assert_non_null(strstr(l.server_why, "certificate"));
    link_close(&l);
    SSL_SESSION_free(kept);
    kept = NULL;
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

/* ---- Making a group context ---------------------------------------------- */

/* A key of somebody else, a certificate of another group, and an expired one
 * are refused when the context is made, with a reason. */
static void tlsctx_new_group_refuses_what_cannot_work(void **state)
{
    struct fixture *f = *state;
    struct tlsctx *t = NULL;
    struct err e = {0};

    assert_int_equal(tlsctx_new_group(f->b.key, f->a.member, f->a.root, &t, &e),
                     P2P_EINVAL);
    assert_string_not_equal(e.text, "");
    assert_int_equal(tlsctx_new_group(f->a.key, f->a.member, f->b.root, &t, &e),
                     P2P_EVERIFY);
    clock_freeze(0, NOW + 4 * DAY);
    assert_int_equal(tlsctx_new_group(f->a.key, f->a.member, f->a.root, &t, &e),
                     P2P_EVERIFY);
    clock_freeze(0, NOW);
    assert_null(t);
    assert_int_equal(ERR_peek_error(), 0); /* nothing left to confuse others */
}

/* ---- Control plane ------------------------------------------------------- */

/* A client sees the tracker's certificate and compares the pin; the tracker
 * asks the client for none; neither belongs to a group. */
static void control_pin_of_the_tracker(void **state)
{
    struct key *k = key_new();
    struct key *other = key_new();
    struct cert *c = NULL;
    struct cert *changed = NULL;
    uint8_t pin[CERT_PIN_SIZE];
    uint8_t seen_pin[CERT_PIN_SIZE];
    struct tlsctx *client = tlsctx_new_tracker_client();
    struct tlsctx *server;
    struct cert *seen;
    struct link l;

    (void)state;
    assert_int_equal(cert_make_tracker(k, "tracker", NOW, &c), 0);
    assert_int_equal(cert_make_tracker(other, "tracker", NOW, &changed), 0);
    cert_pin(c, pin);
    server = tlsctx_new_tracker_server(k, c);
    link_open(&l, tlsctx_new_ssl(client, false, "tracker.example"),
              tlsctx_new_ssl(server, true, NULL));
    assert_open(&l);
    seen = tlsctx_peer_cert(l.client);
    cert_pin(seen, seen_pin);
    assert_memory_equal(seen_pin, pin, sizeof pin);
    cert_pin(changed, seen_pin);
    assert_memory_not_equal(seen_pin, pin, sizeof pin);
    assert_null(tlsctx_peer_cert(l.server));
    assert_null(tlsctx_of_ssl(l.client));
    assert_null(tlsctx_of_ssl(l.server));
    assert_int_equal(SSL_version(l.client), TLS1_3_VERSION);
    assert_int_equal(SSL_get_num_tickets(l.server), 0);
    assert_carries(l.client, l.server);
    cert_free(seen);
    link_close(&l);
    tlsctx_unref(server);
    tlsctx_unref(client);
    cert_free(changed);
    cert_free(c);
    key_free(other);
    key_free(k);
}

/* S1-52: a client of TLS 1.2 gets no connection to the tracker. */
static void control_refuses_tls12(void **state)
{
    struct fixture *f = *state;
    struct tlsctx *server = tlsctx_new_tracker_server(f->a.key, f->a.member);
    SSL_CTX *ctx = plain_ctx(NULL, NULL);
    struct link l;

    assert_int_equal(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION), 1);
    link_open(&l, plain_client(ctx, NULL), tlsctx_new_ssl(server, true, NULL));
    assert_false(l.client_done);
    assert_false(l.server_done);
    link_close(&l);
    SSL_CTX_free(ctx);
    tlsctx_unref(server);
}

/* ---- The rest ------------------------------------------------------------ */

/* Without an error the text says so, it always fits, and the thread's error
 * list is empty afterwards. */
static void tlsctx_explain_edges(void **state)
{
    struct fixture *f = *state;
    char text[64];
    SSL *ssl;

    ERR_clear_error();
    tlsctx_explain(NULL, text, sizeof text);
    assert_string_equal(text, "the other side closed the connection");
    ERR_raise(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING);
    tlsctx_explain(NULL, text, sizeof text);
    assert_non_null(strstr(text, "unexpected eof"));
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING);
    tlsctx_explain(NULL, text, 4);
    assert_string_equal(text, "TLS");
    ssl = our_server(f);
    tlsctx_explain(ssl, text, sizeof text);
    assert_string_equal(text, "the other side closed the connection");
    SSL_free(ssl);
}

static void *handshake_often(void *arg)
{
    struct fixture *f = arg;
    intptr_t wrong = 0;

    for (int i = 0; i < 10; i++) {
        struct tlsctx *own = tlsctx_ref(f->ctx_a);
        SSL *server = tlsctx_new_ssl(f->ctx_a, true, NULL);
        struct link l;

        link_open(&l, tlsctx_new_ssl(own, false, SNI_A), server);
        tlsctx_unref(own);
        wrong += !l.client_done || !l.server_done;
        link_close(&l);
    }
    return (void *)wrong;
}

/* Threads may share a context. */
static void tlsctx_shared_by_threads(void **state)
{
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            pthread_create(&threads[i], NULL, handshake_often, *state), 0);
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
        cmocka_unit_test(peers_good_member),
        cmocka_unit_test(peers_listener_serves_several_groups),
        cmocka_unit_test(peers_group_context_as_server),
        cmocka_unit_test(peers_plain_openssl_member),
        cmocka_unit_test(peers_hello_retry_after_listener_is_dropped),
        cmocka_unit_test(peers_connection_keeps_contexts),
        cmocka_unit_test(peers_refuse_other_group),
        cmocka_unit_test(peers_refuse_no_certificate),
        cmocka_unit_test(peers_refuse_outside_of_life),
        cmocka_unit_test(peers_refuse_after_expiry),
        cmocka_unit_test(peers_refuse_wrong_shapes),
        cmocka_unit_test(peers_refuse_root_and_self_signed),
        cmocka_unit_test(peers_refuse_other_chain_lengths),
        cmocka_unit_test(peers_refuse_unknown_names),
        cmocka_unit_test(peers_refuse_tls12),
        cmocka_unit_test(peers_refuse_garbage),
        cmocka_unit_test(peers_never_resume),
        cmocka_unit_test(peers_refuse_foreign_ticket),
        cmocka_unit_test(tlsctx_new_group_refuses_what_cannot_work),
        cmocka_unit_test(control_pin_of_the_tracker),
        cmocka_unit_test(control_refuses_tls12),
        cmocka_unit_test(tlsctx_explain_edges),
        cmocka_unit_test(tlsctx_shared_by_threads),
    };
    return cmocka_run_group_tests_name("crypto/tlsctx", tests, set_up,
                                       tear_down);
}
