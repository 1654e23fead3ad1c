/* gather: an OpenSSL BIO that sends several TLS records with one system call.
 *
 * Used by stream only. Without gather_start() every write goes straight to the
 * descriptor if that takes it; with it, records are collected until
 * gather_flush(). Measured on the loopback: 0.38 instead of 0.47 CPU seconds
 * per GiB for the sender, and 0.37 instead of 0.42 for the receiver, which
 * finds more at each wake-up.
 */
#ifndef P2P_NET_GATHER_H
#define P2P_NET_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bio_st; /* OpenSSL's BIO */
struct gather;

/* `fd` stays the caller's. Never NULL. */
struct gather *gather_new(int fd);

/* NULL is allowed; after the SSL that owns the BIO is gone. */
void gather_free(struct gather *g);

/* A BIO for SSL_set0_wbio(), which takes it. Made once. */
struct bio_st *gather_bio(struct gather *g);

/* Collect from now on. `*spare` is the buffer of a loop, or NULL: most conns
 * need one only for moments, and one that was used just now is in the cache.
 * It is taken when there is one. */
void gather_start(struct gather *g, uint8_t **spare);

/* From now on a write that the descriptor does not take is kept, as if it had
 * been collected, or (the start) is tried again by OpenSSL. Kept, OpenSSL never
 * has a half-written record: it cannot read a request for new keys while it
 * has one (SSL_R_BAD_LENGTH). What was kept leaves with gather_flush(). */
void gather_keep(struct gather *g, bool is_kept);

/* Before a record is written: see that there is room for all of it. 0, or an
 * errno; EAGAIN: the descriptor takes nothing, write no record now. */
int gather_make_room(struct gather *g);

/* Send what was collected and stop collecting; the buffer goes back to
 * `*spare`. 0, or an errno; EAGAIN: the rest stays and goes first next time. */
int gather_flush(struct gather *g, uint8_t **spare);

/* Bytes collected and not sent. */
size_t gather_unsent(const struct gather *g);

#endif /* P2P_NET_GATHER_H */
