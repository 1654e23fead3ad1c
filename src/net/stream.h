/* stream: bytes over TLS, or over TCP as it is, on a non-blocking descriptor.
 *
 * The one place where results of OpenSSL and of system calls are translated:
 * everybody else sees five outcomes. A plain value that may be moved.
 */
#ifndef P2P_NET_STREAM_H
#define P2P_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct gather;
struct ssl_st;
struct tlsctx;

enum stream_result {
    STREAM_OK,
    STREAM_WANT_READ,  /* again when the descriptor is readable */
    STREAM_WANT_WRITE, /* again when it is writable */
    STREAM_END,        /* the other side has finished sending */
    STREAM_ERROR,      /* broken; stream_explain() says why */
};

struct stream {
    int fd;                /* owned; -1 when closed */
    struct ssl_st *ssl;    /* owned; NULL: clear text */
    struct gather *gather; /* what `ssl` writes to; owned */
    int number;            /* errno of the last failure, 0: OpenSSL's own */
    bool is_lean;          /* OpenSSL gives its buffers back between records */
};

/* Takes `fd`. `tls` NULL: clear text. */
void stream_open(struct stream *s, int fd, struct tlsctx *tls, bool is_server,
                 const char *sni);
void stream_close_fd(struct stream *s);
void stream_close(struct stream *s); /* all of it */

enum stream_result stream_handshake(struct stream *s);

/* At most `size` bytes; on STREAM_OK `*done` (at least 1) were moved. A write
 * after STREAM_WANT_... must offer the same bytes again, and may offer more. */
enum stream_result stream_read(struct stream *s, void *data, size_t size,
                               size_t *done);
enum stream_result stream_write(struct stream *s, const void *data, size_t size,
                                size_t *done);

/* Between stream_gather() and stream_flush() records are collected and sent a
 * few at a time. stream_flush() must follow before the stream is left alone;
 * on STREAM_WANT_WRITE, and again when writable. No effect on clear text. For
 * `spare` see net/gather.h. */
void stream_gather(struct stream *s, uint8_t **spare);
enum stream_result stream_flush(struct stream *s, uint8_t **spare);
size_t stream_unsent(const struct stream *s); /* bytes that wait for a flush */

/* True when bytes were received that stream_read() has not looked at: the
 * descriptor need not be readable for more to come. */
bool stream_has_pending(const struct stream *s);

/* Say that nothing more will be sent: close_notify, then the end of TCP's
 * stream. May want to write. */
enum stream_result stream_finish(struct stream *s);

/* Throw away what comes in. Ends with STREAM_WANT_READ, _END or _ERROR;
 * STREAM_OK: there may be more. */
enum stream_result stream_discard(struct stream *s);

/* Keep the buffers between records: for streams that carry much. */
void stream_keep_buffers(struct stream *s);

/* New keys for what is sent from now on. Not between a write and its repeat. */
void stream_rekey(struct stream *s);

/* The code and sentence of the last STREAM_ERROR. Returns the code. */
int stream_explain(struct stream *s, struct err *e);

#endif /* P2P_NET_STREAM_H */
