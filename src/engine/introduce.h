/* introduce: what one member is told of the others (p2p_peers), and which
 * addresses may pass from whom to whom. Pure: the caller passes the time.
 */
#ifndef P2P_ENGINE_INTRODUCE_H
#define P2P_ENGINE_INTRODUCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/peermsg.h"

enum {
    INTRODUCE_TEXT = 64, /* bytes of "[v6]:port" with its NUL */
    INTRODUCE_EVERY_MS = 60000 / PEERMSG_PEERS_PER_MINUTE,
    INTRODUCE_PORT_MIN = 1024, /* those below are of services that no member's
                                  word may make others call */
};

/* What it was told and is still true for all it knows. All zero: nothing. */
struct introduce {
    struct peermsg_address told[PEERMSG_PEERS_MAX];
    size_t count;
    int64_t next_ms; /* nothing more before */
};

/* Bring it up to date with those who are `live` now. True when there is
 * something to tell, in *out; it counts as told. */
bool introduce_update(struct introduce *i, const struct peermsg_address *live,
                      size_t count, int64_t now_ms, struct peermsg_peers *out);

/* May an address be told to, or taken from, somebody at `other`? Those that
 * mean another computer elsewhere only pass between two that are as near
 * themselves, so that nobody is made to call its own services or those in its
 * home; a port of the system's services never does. */
bool introduce_may_pass(const struct peermsg_address *a,
                        const struct peermsg_address *other);

/* "127.0.0.1:80" or "[::1]:80". False when the text is not of that kind. */
bool introduce_from_text(const char *text, struct peermsg_address *out);
void introduce_to_text(const struct peermsg_address *a,
                       char out[INTRODUCE_TEXT]);

#endif /* P2P_ENGINE_INTRODUCE_H */
