/* httpreq: the head of an HTTP/1.1 request, and answers. No I/O.
 *
 * Strict: CRLF line ends, Host required in 1.1, no request body, limits on
 * everything (RFC 9112). The tracker serves /metrics and /healthz with it.
 */
#ifndef P2P_WIRE_HTTPREQ_H
#define P2P_WIRE_HTTPREQ_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum {
    HTTPREQ_HEAD_MAX = 8192, /* bytes of request line and fields */
    HTTPREQ_LINE_MAX = 4096, /* bytes of the request line */
    HTTPREQ_FIELDS_MAX = 32,
};

struct httpreq {
    char method[16];
    char path[HTTPREQ_LINE_MAX];  /* percent-decoded, without the query */
    char query[HTTPREQ_LINE_MAX]; /* raw, "" when there is none */
    bool keep_alive;
};

/* Read one head from `data`. Returns the bytes used (> 0), 0 when more are
 * needed, or minus the HTTP status to answer before closing: -400, -411 (a
 * method with a body that tells no length), -413 (any body), -414, -431, -501
 * (long method, transfer coding), -505. `out` is filled only with > 0. */
int httpreq_parse(const char *data, size_t size, struct httpreq *out);

/* Append an answer. `type` is the media type; for HEAD requests the body is
 * left out but its length told. 0, or P2P_ETOOBIG with `out` unchanged. */
int httpreq_answer(struct buf *out, const struct httpreq *r, int status,
                   const char *type, const void *body, size_t size);

/* An error answer that closes the connection. `allow` (NULL allowed) fills the
 * Allow field of a 405. */
int httpreq_answer_error(struct buf *out, int status, const char *allow);

#endif /* P2P_WIRE_HTTPREQ_H */
