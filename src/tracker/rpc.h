/* rpc: the methods of the control protocol: one table of name, rule, handler.
 *
 * The dispatcher reads a line, finds the method, and checks its rule before
 * the handler runs. What has no rule is refused: a method that is not in the
 * table, a parameter that does not name a group, a role that is too small.
 */
#ifndef P2P_TRACKER_RPC_H
#define P2P_TRACKER_RPC_H

#include <stdbool.h>
#include <stddef.h>

#include "tracker/command.h"

struct rpc;
struct session;

enum {
    RPC_REPORT_MAX = 1024 * 1024 /* bytes of a line of swarm.announce or
                                    swarm.have: 1000 items, or the bitmap of
                                    two million pieces */
};

enum rpc_scope {
    RPC_NOBODY,         /* 0, so that a forgotten rule lets nobody in */
    RPC_ANY,            /* also before the login */
    RPC_USER,           /* logged in */
    RPC_GROUP,          /* `role` or more in the group of parameter "group" */
    RPC_GROUP_OPTIONAL, /* the same when there is a "group", else as USER */
    RPC_ITEM,         /* `role` in the group of the item of parameter "hash" */
    RPC_ITEM_OR_NAME, /* as ITEM when there is a "hash", else as GROUP */
};

struct rpc_rule {
    const char *method;
    enum rpc_scope scope;
    enum role role;
    enum command_type writes; /* COMMAND_NONE: reads only */
    bool has_op;              /* parameter "op" is required */
};

/* The n-th method (from 0), or NULL behind the last. */
const struct rpc_rule *rpc_rule(size_t n);

/* Handle one line without its newline. Returns 0, or a code when the line was
 * no JSON-RPC call (an error answer was sent). */
int rpc_handle(struct rpc *r, struct session *s, const char *line,
               size_t length);

/* Send an error that belongs to no request. */
void rpc_complain(struct rpc *r, struct session *s, int code, const char *text);

/* How many bytes may the line have that begins like this? JSONRPC_LINE_MAX,
 * but more for manifests, from who may publish in some group, and for reports
 * with bitmaps, from members of some group. */
size_t rpc_line_limit(const struct rpc *r, const struct session *s,
                      const char *line, size_t length);

#endif /* P2P_TRACKER_RPC_H */
