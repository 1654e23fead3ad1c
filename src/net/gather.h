/* gather: an OpenSSL BIO that sends several TLS records with one system call.
 *
 * Used by stream only. Without gather_start() every write goes straight to the
 * descriptor; with it, records are collected until gather_flush(). Measured
 * for 64 KiB on the loopback: 18 % less CPU for the sender, 14 % for the
 * receiver, which finds more with each wake-up.
 */
#ifndef P2P_NET_GATHER_H
#define P2P_NET_GATHER_H

#include <stddef.h>

struct bio_st; /* OpenSSL's BIO */
struct gather;

/* `fd` stays the caller's. Never NULL. */
struct gather *gather_new(int fd);

/* NULL is allowed; after the SSL that owns the BIO is gone. */
void gather_free(struct gather *g);

/* A BIO for SSL_set0_wbio(), which takes it. Made once. */
struct bio_st *gather_bio(struct gather *g);

/* Collect from now on. */
void gather_start(struct gather *g);

/* Send what was collected and stop collecting. 0, or an errno; EAGAIN: the
 * rest stays and goes first next time. */
int gather_flush(struct gather *g);

/* Bytes collected and not sent. */
size_t gather_unsent(const struct gather *g);

#endif /* P2P_NET_GATHER_H */
