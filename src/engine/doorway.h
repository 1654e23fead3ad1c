/* doorway: listens for members, accepts TLS and reads the 68 bytes that name
 * the item, with limits on how many may stand there. One thread.
 */
#ifndef P2P_ENGINE_DOORWAY_H
#define P2P_ENGINE_DOORWAY_H

#include <stdint.h>

#include "crypto/tlsctx.h"
#include "wire/peermsg.h"

struct conn;
struct doorway;
struct err;
struct loop;

enum {
    DOORWAY_GUESTS = 64,            /* TLS accepts under way */
    DOORWAY_GUESTS_PER_ADDRESS = 4, /* of these, from one address */
    DOORWAY_PATIENCE_MS = 2000,     /* then one makes room for another of its
                                       address; 4 round trips of 500 ms */
};

struct doorway_setup {
    struct loop *loop;
    const char *host;    /* "" = all addresses */
    uint16_t port;       /* 0 = a free one */
    tlsctx_find_cb find; /* the group of an SNI */
    /* A connection that said what it wants, detached. Taken. The item is the
     * one its SNI named. */
    void (*on_guest)(void *arg, struct conn *parcel,
                     const uint8_t handshake[PEERMSG_HANDSHAKE]);
    void *arg;
};
int doorway_new(const struct doorway_setup *setup, struct doorway **out,
                struct err *e);
uint16_t doorway_port(const struct doorway *d);
void doorway_free(struct doorway *d); /* NULL is allowed */

#endif /* P2P_ENGINE_DOORWAY_H */
