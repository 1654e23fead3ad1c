/* rpc_group: the handlers of group.* (p2p-protocol(7)). */
#ifndef P2P_TRACKER_RPC_GROUP_H
#define P2P_TRACKER_RPC_GROUP_H

#include <jansson.h>

struct call;

/* Each returns 0 with *result, CALL_LATER, or a code with c->error set. */
int rpc_group_create(struct call *c, json_t **result);
int rpc_group_list(struct call *c, json_t **result);
int rpc_group_join(struct call *c, json_t **result);
int rpc_group_requests(struct call *c, json_t **result);
int rpc_group_accept(struct call *c, json_t **result);
int rpc_group_reject(struct call *c, json_t **result);
int rpc_group_simple(struct call *c, json_t **result); /* leave, delete */
int rpc_group_members(struct call *c, json_t **result);
int rpc_group_set_role(struct call *c, json_t **result);
int rpc_group_of_user(struct call *c, json_t **result); /* transfer, remove */
int rpc_group_certificate(struct call *c, json_t **result);
int rpc_group_denied(struct call *c, json_t **result);

#endif /* P2P_TRACKER_RPC_GROUP_H */
