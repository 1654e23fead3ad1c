/* transfer: one item on this computer from the engine's point of view: loading
 * (a swarm on this thread), served (by the server), paused, stopped, checked.
 *
 *   transfer_adopt: OPENING --files are open--> CHECKING (files changed)
 *                   --all there--> SHARING, --pieces missing--> LOADING
 *   LOADING --complete--> SHARING;  LOADING <--> PAUSED, SHARING <--> STOPPED
 *   any --transfer_remove--> gone
 */
#ifndef P2P_ENGINE_TRANSFER_H
#define P2P_ENGINE_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/filejob.h"
#include "msgq/rows.h"

struct core;
struct transfer;
struct item_record;
struct membership;
struct conn;
struct server_item_stats;
struct event_pieces;

/* Take over `r` (with its manifest) and start. `leaves_path` (FILEJOB_SHARE
 * only, may be NULL) is a file that becomes the item's leaves. `request` (0:
 * none) is answered when the item is shared, or complete, or failed. */
void transfer_adopt(struct core *c, struct item_record *r,
                    enum filejob_origin origin, const char *leaves_path,
                    uint64_t request);

/* Mark it as served from a directory: others take it from here last. What
 * changes on the disk is then the directory's business, not the user's. */
void transfer_set_origin(struct transfer *t, bool is_origin);

/* Its files were touched and hashed anew: the content is the same. */
void transfer_restamp(struct transfer *t);

/* What the item's owner can ask. Each answers `request`; while the files are
 * being opened it is done as soon as they are. */
void transfer_wait(struct transfer *t, uint64_t request); /* when complete */
bool transfer_cancel_wait(struct core *c, uint64_t request);
void transfer_pause(struct transfer *t, uint64_t request);
void transfer_resume(struct transfer *t, uint64_t request);
void transfer_stop(struct transfer *t, uint64_t request);
void transfer_verify(struct transfer *t, uint64_t request);
void transfer_remove(struct transfer *t, bool delete_data, uint64_t request);

/* Close everything that runs (the engine ends); who waits is told so. Later
 * transfer_all_are_shut() says when it is done. */
void transfer_shut_down_all(struct core *c);
bool transfer_all_are_shut(struct core *c);

/* Events. */
void transfer_set_membership(struct core *c, struct membership *m);
void transfer_incoming(struct core *c, const uint8_t hash[32],
                       struct conn *parcel, const uint8_t handshake[68]);
void transfer_changed_on_disk(struct core *c, const uint8_t hash[32],
                              const char *why);
void transfer_unpublished(struct core *c, const uint8_t hash[32],
                          const char *by);
/* Stop all of a group (NULL: of every group); `why` is shown and answered. */
void transfer_leave_group(struct core *c, const char *group, const char *why);
void transfer_resume_all(struct core *c); /* after a login */
void transfer_add_peer(struct transfer *t, const char *address,
                       const char *user_id);
void transfer_drop_peer(struct transfer *t, const char *address);

/* Ask the tracker for members and call those that are known; false when it is
 * not being loaded. */
bool transfer_call_peers(struct transfer *t);

/* End the connections of a user and refuse it for SWARM_REFUSED_MS. False when
 * it is surely not connected. */
bool transfer_drop_user(struct transfer *t, const char *user);

/* For map_free() of core->transfers. */
void transfer_drop(void *transfer);

#endif /* P2P_ENGINE_TRANSFER_H */
