/* downloadcmd: load an item of a group: find it, get and check its manifest,
 * choose the place, start a transfer.
 */
#ifndef P2P_ENGINE_DOWNLOADCMD_H
#define P2P_ENGINE_DOWNLOADCMD_H

#include <jansson.h>

struct core;
struct command;
struct err;
struct manifest;

void downloadcmd_run(struct core *c, const struct command *command);

/* The manifest in the tracker's answer to item.get, which must be that of
 * `name` and of the hash it names; manifest_free() it. */
int downloadcmd_read_item(json_t *result, const char *name,
                          struct manifest **out, struct err *e);

#endif /* P2P_ENGINE_DOWNLOADCMD_H */
