/* rpc_account: the handlers of server.* and account.* (p2p-protocol(7)). */
#ifndef P2P_TRACKER_RPC_ACCOUNT_H
#define P2P_TRACKER_RPC_ACCOUNT_H

#include <jansson.h>

struct call;

/* Each returns 0 with *result, CALL_LATER, or a code with c->error set. */
int rpc_server_hello(struct call *c, json_t **result);
int rpc_server_ping(struct call *c, json_t **result);
int rpc_account_create(struct call *c, json_t **result);
int rpc_account_login(struct call *c, json_t **result);
int rpc_account_resume(struct call *c, json_t **result);
int rpc_account_logout(struct call *c, json_t **result);
int rpc_account_passwd(struct call *c, json_t **result);
int rpc_account_whoami(struct call *c, json_t **result);

#endif /* P2P_TRACKER_RPC_ACCOUNT_H */
