/* tlsctx: TLS 1.3 contexts for the three kinds of connection.
 *
 * TLS 1.3 only, TLS_AES_128_GCM_SHA256 first, no tickets, no session cache, no
 * resumption, no early data; SSL_OP_IGNORE_UNEXPECTED_EOF because messages are
 * length-framed and libtorrent closes without close_notify.
 *
 * control  client: no certificate of its own; the tracker's is compared with a
 *          pin (SHA-256 of its DER form), or accepted and reported when there
 *          is none yet.
 *          server: the tracker's certificate; asks the client for none.
 * peers    mutual. A group context holds the own member certificate and the
 *          group root as the only trust anchor. A server picks the group by
 *          SNI: 40 hex digits, the first 20 bytes of the item's hash.
 */
#ifndef P2P_CRYPTO_TLSCTX_H
#define P2P_CRYPTO_TLSCTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tlsctx; /* Reference-counted; may be shared by threads. */
struct key;
struct cert;
struct err;
struct ssl_st; /* OpenSSL's SSL */

struct tlsctx *tlsctx_new_tracker_server(const struct key *k,
                                         const struct cert *c);
struct tlsctx *tlsctx_new_tracker_client(void);

/* For one group: `own` (signed by `root`) and its key. Used by both roles.
 * The leaf of the other side must verify to `root` with the right extended key
 * usage, carry SAN DNS:* and exactly one URI p2p:user:<id>. */
int tlsctx_new_group(const struct key *k, const struct cert *own,
                     const struct cert *root, struct tlsctx **out,
                     struct err *e);

/* A listening context that finds the group for an SNI. `find` runs on the
 * thread that drives the handshake; it returns a group context (borrowed; the
 * chooser takes its own reference) or NULL for "unknown": alert
 * unrecognized_name. */
typedef struct tlsctx *(*tlsctx_find_cb)(void *arg, const char sni_hex[41]);
struct tlsctx *tlsctx_new_peer_server(tlsctx_find_cb find, void *arg);

struct tlsctx *tlsctx_ref(struct tlsctx *t);
void tlsctx_unref(struct tlsctx *t); /* NULL is allowed. */

/* A new SSL for a connection (SSL_free() it). `sni` may be NULL. */
struct ssl_st *tlsctx_new_ssl(struct tlsctx *t, bool is_server,
                              const char *sni);

/* After the handshake. The group context the connection really uses (borrowed
 * pointer, for comparison only), or NULL. */
struct tlsctx *tlsctx_of_ssl(const struct ssl_st *ssl);

/* The item that an incoming connection named by SNI: 40 hex digits in lower
 * case. False when there is none. */
bool tlsctx_sni(const struct ssl_st *ssl, char out[41]);

/* The certificate of the other side (cert_free() it) or NULL. */
struct cert *tlsctx_peer_cert(const struct ssl_st *ssl);

/* One sentence for the last OpenSSL errors of this thread; clears them. */
void tlsctx_explain(const struct ssl_st *ssl, char *out, size_t size);

#endif /* P2P_CRYPTO_TLSCTX_H */
