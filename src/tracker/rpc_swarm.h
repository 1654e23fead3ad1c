/* rpc_swarm: the handlers of swarm.* (p2p-protocol(7)). */
#ifndef P2P_TRACKER_RPC_SWARM_H
#define P2P_TRACKER_RPC_SWARM_H

#include <jansson.h>

struct call;

enum {
    RPC_SWARM_ITEMS = 1000, /* items in an announce */
    RPC_SWARM_PEERS = 5000, /* peers in the answer to an announce: one line of
                               under a megabyte */
};

/* Each returns 0 with *result, or a code with c->error set. */
int rpc_swarm_announce(struct call *c, json_t **result);
int rpc_swarm_peers(struct call *c, json_t **result);
int rpc_swarm_locate(struct call *c, json_t **result);
int rpc_swarm_have(struct call *c, json_t **result);
int rpc_swarm_leave(struct call *c, json_t **result);

#endif /* P2P_TRACKER_RPC_SWARM_H */
