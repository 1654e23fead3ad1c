/* transferview: what others read of a transfer: numbers, rows, pictures. */
#ifndef P2P_ENGINE_TRANSFERVIEW_H
#define P2P_ENGINE_TRANSFERVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msgq/rows.h"

struct core;
struct err;
struct transfer;
struct manifest;
struct server_item_stats;
struct event_pieces;
struct storage_stamp;

/* How soon the numbers will be others: the pace of the next tick. */
enum transfer_pace {
    TRANSFER_STILL,     /* only an event changes anything */
    TRANSFER_CONNECTED, /* peers are there, nothing moves */
    TRANSFER_MOVING,
};

/* Once a tick: rates, progress of waiting commands. `served` are the server's
 * numbers. */
enum transfer_pace transfer_tick_all(struct core *c,
                                     const struct server_item_stats *served,
                                     size_t count);

/* Find by hash, or by group and name (as published). NULL when not here. */
struct transfer *transfer_find_hash(struct core *c, const uint8_t hash[32]);
struct transfer *transfer_find(struct core *c, const char *group,
                               const char *name);

/* The same for what a user named: P2P_ENOENT when it is not here, P2P_EINVAL
 * when no group is given and it is here in several. */
int transfer_find_named(struct core *c, const char *group, const char *name,
                        struct transfer **out, struct err *e);

/* Were its files not to be opened? Then only removing it helps. */
bool transfer_is_lost(const struct transfer *t);

/* Reading. */
const uint8_t *transfer_hash(const struct transfer *t);
const char *transfer_group(const struct transfer *t);
const char *transfer_name(const struct transfer *t);
const char *transfer_directory(const struct transfer *t); /* of its data */
const char *transfer_file_name(const struct transfer *t); /* in there */
bool transfer_is_origin(const struct transfer *t);
bool transfer_is_going(const struct transfer *t); /* is being removed */

/* As hashed, one for each file; NULL when they are not known. */
const struct storage_stamp *transfer_stamps(const struct transfer *t);
bool transfer_is_complete(const struct transfer *t);
/* Was it complete, even if its files have changed since? */
bool transfer_was_complete(const struct transfer *t);
bool transfer_is_announced(const struct transfer *t); /* others may come */
uint32_t transfer_pieces_have(const struct transfer *t);
uint64_t transfer_bytes_left(const struct transfer *t);

/* The bits in wire order, or NULL when all or none are there; free(). */
uint8_t *transfer_bitmap(const struct transfer *t, size_t *size);
enum transfer_state transfer_state(const struct transfer *t);
const struct manifest *transfer_manifest(const struct transfer *t);

/* Why loading stopped; what to do comes first, since a narrow screen cuts a
 * sentence at its end. For free(). */
char *transfer_parked_text(int code, const char *why);
void transfer_fill_row(const struct transfer *t, struct row_transfer *row);
void transfer_fill_file(const struct transfer *t, struct row_file *row);
void transfer_get_peers(const struct transfer *t, struct rows *out);
void transfer_get_takers(const struct transfer *t, struct rows *out);
void transfer_get_pieces(const struct transfer *t, struct event_pieces *out);

#endif /* P2P_ENGINE_TRANSFERVIEW_H */
