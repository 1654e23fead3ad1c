/* rpc_item: the handlers of item.* (p2p-protocol(7)). */
#ifndef P2P_TRACKER_RPC_ITEM_H
#define P2P_TRACKER_RPC_ITEM_H

#include <jansson.h>

struct call;

/* Each returns 0 with *result, CALL_LATER, or a code with c->error set. */
int rpc_item_publish(struct call *c, json_t **result);
int rpc_item_list(struct call *c, json_t **result);
int rpc_item_get(struct call *c, json_t **result);
int rpc_item_unpublish(struct call *c, json_t **result);

#endif /* P2P_TRACKER_RPC_ITEM_H */
