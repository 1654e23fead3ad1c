/* jsonrpc: JSON-RPC 2.0, one message a line, for tracker and client. No I/O.
 *
 * Lines are cut out of a stream with a limit, parsed with duplicate keys
 * refused and depth limited, and classified. Getters check types and limits
 * and leave a sentence for the other side.
 */
#ifndef P2P_WIRE_JSONRPC_H
#define P2P_WIRE_JSONRPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

enum {
    JSONRPC_LINE_MAX = 64 * 1024,           /* bytes of an ordinary line */
    JSONRPC_PUBLISH_MAX = 16 * 1024 * 1024, /* bytes of an item.publish line */
    JSONRPC_ANSWER_MAX = 100 * 1024 * 1024, /* what a client accepts: manifest
                                               plus layers in base64 */
    JSONRPC_DEPTH = 16,
    JSONRPC_ID_MAX = 64,             /* bytes of a string id */
    JSONRPC_METHOD_MAX = 64,         /* bytes of a method's name */
    JSONRPC_VALUES_MAX = 512 * 1024, /* values in a line: an answer to an
                                        announce of 1000 items has about
                                        350000; each costs 100 bytes */
};

enum jsonrpc_kind {
    JSONRPC_REQUEST,
    JSONRPC_NOTIFICATION,
    JSONRPC_RESULT,
    JSONRPC_ERROR,
};

struct jsonrpc_message {
    enum jsonrpc_kind kind;
    json_t *root;       /* owns everything below; json_decref by _close */
    const char *method; /* request, notification */
    json_t *params;     /* borrowed; an object, or NULL */
    json_t *id;         /* borrowed; integer or string, or NULL */
    json_t *result;     /* borrowed */
    json_t *error_data; /* borrowed; error.data when it is an object, or NULL */
    int error_code;     /* JSON-RPC number */
    const char *error_word; /* error.data.code: a word of err_word(), or NULL */
    const char *error_message; /* error */
};

/* Take one line out of `in` (without its newline; a '\r' before it is dropped)
 * into *line and *length (inside `in`; buf_consume(in, *used) when done with
 * it). 1 when there is one, 0 when more bytes are needed, P2P_ETOOBIG when the
 * line is longer than `max`. */
int jsonrpc_take_line(struct buf *in, size_t max, char **line, size_t *length,
                      size_t *used);

/* The same for lines that come in many reads: *searched (0 at first, kept by
 * the caller between calls) is how much of `in` is known to hold no newline,
 * so that long lines are not searched again and again. Reset to 0 with 1. */
int jsonrpc_take_long_line(struct buf *in, size_t max, size_t *searched,
                           char **line, size_t *length, size_t *used);

/* Parse and classify. P2P_EPROTO with a sentence in `e` and, when it could be
 * read, out->id for the error answer (close in any case). */
int jsonrpc_parse(const char *line, size_t length, struct jsonrpc_message *out,
                  struct err *e);

/* Release it. Strings directly in params and result, among them passwords and
 * tokens, are wiped unless somebody holds another reference. */
void jsonrpc_close(struct jsonrpc_message *m);

/* JSON-RPC number for one of our codes, e.g. P2P_EACCES -> -32003, documented
 * in p2p-protocol(7). */
int jsonrpc_error_number(int code);

/* Make a line with its newline (new memory; free() it). `params`, `result` and
 * `id` are taken (NULL allowed where JSON-RPC does). */
char *jsonrpc_write_request(int64_t id, const char *method, json_t *params,
                            size_t *length);
char *jsonrpc_write_notification(const char *method, json_t *params,
                                 size_t *length);
char *jsonrpc_write_result(json_t *id, json_t *result, size_t *length);
char *jsonrpc_write_error(json_t *id, int code, const char *message,
                          size_t *length);

/* The same with more members for error.data, e.g. retry_after; `data` is an
 * object and is taken (NULL allowed). */
char *jsonrpc_write_error_data(json_t *id, int code, const char *message,
                               json_t *data, size_t *length);

/* Checked getters from an object (NULL counts as empty). They return 0, or
 * P2P_EINVAL with "parameter NAME ..." in `e`. An optional value that is
 * missing leaves *out unchanged. */
int jsonrpc_get_text(json_t *object, const char *name, bool required,
                     size_t max, const char **out, struct err *e);
int jsonrpc_get_integer(json_t *object, const char *name, bool required,
                        int64_t min, int64_t max, int64_t *out, struct err *e);
int jsonrpc_get_bool(json_t *object, const char *name, bool *out,
                     struct err *e);
/* Exactly `size` bytes given as hex. */
int jsonrpc_get_hex(json_t *object, const char *name, void *out, size_t size,
                    struct err *e);
/* Base64 of at most `max` bytes in new memory. */
int jsonrpc_get_base64(json_t *object, const char *name, size_t max,
                       uint8_t **out, size_t *size, struct err *e);

#endif /* P2P_WIRE_JSONRPC_H */
