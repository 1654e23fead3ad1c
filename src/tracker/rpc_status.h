/* rpc_status: how this tracker is, for whoever is logged in. Figures only: no
 * names of users, groups or items. */
#ifndef P2P_TRACKER_RPC_STATUS_H
#define P2P_TRACKER_RPC_STATUS_H

#include <jansson.h>

struct call;

int rpc_server_status(struct call *c, json_t **result);

#endif /* P2P_TRACKER_RPC_STATUS_H */
