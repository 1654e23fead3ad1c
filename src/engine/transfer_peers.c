/* transfer_peers: whom a transfer calls and refuses; declared in transfer.h. */
#include "config.h"

#include "engine/transfer.h"

#include "engine/announce.h"
#include "engine/core.h"
#include "engine/internal.h"
#include "engine/item.h"
#include "engine/server.h"
#include "engine/swarm.h"
#include "net/loop.h"

void transfer_add_peer(struct transfer *t, const char *address,
                       const char *user_id)
{
    if (t->swarm != NULL && !t->record->complete && !t->swarm_is_ending) {
        swarm_add_address(t->swarm, address, user_id);
    }
}

void transfer_drop_peer(struct transfer *t, const char *address)
{
    if (t->swarm != NULL) {
        swarm_drop_address(t->swarm, address);
    }
}

/* ---- Ending ------------------------------------------------------------ */

bool transfer_call_peers(struct transfer *t)
{
    if (t->swarm == NULL || t->record->complete || t->swarm_is_ending ||
        t->state == TRANSFER_PAUSED) {
        return false;
    }
    announce_hungry(t->core->announce, t->hash);
    swarm_hurry(t->swarm);
    return true;
}

bool transfer_drop_user(struct transfer *t, const char *user)
{
    int64_t until_ms = loop_now_ms(t->core->loop) + SWARM_REFUSED_MS;
    bool was_here = false;

    if (t->swarm != NULL && !t->swarm_is_ending) {
        was_here = swarm_refuse_user(t->swarm, user, until_ms);
    }
    if (t->is_served) {
        server_drop_user(t->core->server, t->hash, user);
    }
    return was_here || t->is_served;
}
