/* conn: one TLS connection on a loop (or clear TCP, for the tracker's HTTP).
 *
 * Happy path: conn_new on a connected non-blocking descriptor -> handshake ->
 * on_open -> on_readable whenever bytes can be read with conn_read() ->
 * conn_write()/conn_write_take() queue bytes, which leave at the end of the
 * loop turn; on_drained after bytes were sent and fewer than CONN_LOW_WATER are
 * left -> conn_close.
 * Failures: on_close(code, why) exactly once: handshake refused or timed out,
 * reset, end of stream. A TLS 1.3 client may see the refusal of its
 * certificate only on the first read: that also arrives as on_close with
 * P2P_ETLS. After on_close, or after calling conn_close() oneself (no callback
 * then), the conn must be released with conn_free(); both are allowed inside
 * any callback of the same conn.
 * When the other side ends its stream, queued bytes are still sent (it may have
 * closed one direction only), then on_close(P2P_ECLOSED) follows. A turn moves
 * at most 1 MiB each way per conn, so that others on the loop get their turn.
 * Sending never raises SIGPIPE; the programs ignore it at their start all the
 * same, for pipes and terminals.
 * Renegotiated want-read/want-write is handled inside.
 */
#ifndef P2P_NET_CONN_H
#define P2P_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct conn;
struct loop;
struct tlsctx;
struct cert;

enum {
    CONN_HANDSHAKE_MS = 10000,   /* then P2P_ETIMEDOUT */
    CONN_LOW_WATER = 256 * 1024, /* bytes; below this on_drained runs */
    CONN_RECORD = 16384,         /* bytes of a full TLS record */
    CONN_ADDRESS_MAX = 64,       /* "[v6]:port" with NUL */
};

struct conn_ops {
    void (*on_open)(void *arg);
    void (*on_readable)(void *arg);
    void (*on_drained)(void *arg); /* may be NULL */
    void (*on_close)(void *arg, int code, const char *why);
};

struct conn_setup {
    struct loop *loop;
    int fd;             /* connected, non-blocking; taken on success */
    struct tlsctx *tls; /* NULL: clear text; referenced while in use */
    bool is_server;
    const char *sni; /* client only; may be NULL */
    const struct conn_ops *ops;
    void *arg;
};

/* Start the handshake (or, without TLS, open at the next loop turn). Never
 * NULL. Callbacks only run from the loop, never inside this call. */
struct conn *conn_new(const struct conn_setup *setup);

/* Stop all activity; queued bytes are dropped. No callback runs afterwards. */
void conn_close(struct conn *c);

/* Send what is queued, say so (close_notify, FIN) and wait a moment for the
 * other side to close; on_close(0) follows, or an error. Nothing is read any
 * more. */
void conn_finish(struct conn *c);
void conn_free(struct conn *c); /* NULL is allowed; closes when needed */

/* Change who is called, e.g. when a handshake object hands over. */
void conn_set_ops(struct conn *c, const struct conn_ops *ops, void *arg);

/* Read up to `size` bytes (straight into the caller's memory). Returns > 0, or
 * P2P_EAGAIN; the caller reads until P2P_EAGAIN or stops with conn_pause().
 * Errors and the end of the stream also give P2P_EAGAIN here and arrive as
 * on_close from the loop. */
ssize_t conn_read(struct conn *c, void *data, size_t size);

/* Do not call on_readable until conn_resume(); resume delivers what is already
 * decrypted inside OpenSSL too. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/* Queue a copy of `size` bytes. Small writes of one loop turn leave together
 * in full records at the end of the turn. */
void conn_write(struct conn *c, const void *data, size_t size);

/* Queue without copying; `release(arg)` runs on the loop's thread when the
 * bytes are sent or the conn is closed, inside this call when it is closed
 * already. */
void conn_write_take(struct conn *c, const void *data, size_t size,
                     void (*release)(void *arg), void *arg);
size_t
conn_queued(const struct conn *c); /* bytes not yet given to the kernel */

/* Totals of payload bytes. */
uint64_t conn_bytes_in(const struct conn *c);
uint64_t conn_bytes_out(const struct conn *c);

/* After on_open. The other side's certificate (cert_free() it; NULL without),
 * the group context in use (compare only), the item that an incoming one named
 * (see tlsctx_sni()), "addr:port" of the other side, smoothed round-trip time
 * of the kernel in microseconds (0 unknown). */
struct cert *conn_peer_cert(const struct conn *c);
struct tlsctx *conn_tlsctx(const struct conn *c);
bool conn_sni(const struct conn *c, char out[41]);
const char *conn_address(const struct conn *c);
uint32_t conn_rtt_us(const struct conn *c);

/* Move an open connection to another thread's loop: conn_detach takes it off
 * its loop and returns it as a parcel (bytes still queued travel along);
 * conn_attach, on the new owner, gives it its new loop and callbacks and calls
 * on_readable once from that loop. A parcel nobody attaches: conn_free(). */
struct conn *conn_detach(struct conn *c);
void conn_attach(struct conn *parcel, struct loop *l,
                 const struct conn_ops *ops, void *arg);

#endif /* P2P_NET_CONN_H */
