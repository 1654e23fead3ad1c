/* downloadcmd: load an item of a group: find it, get and check its manifest,
 * choose the place, start a transfer.
 */
#ifndef P2P_ENGINE_DOWNLOADCMD_H
#define P2P_ENGINE_DOWNLOADCMD_H

struct core;
struct command;

void downloadcmd_run(struct core *c, const struct command *command);

#endif /* P2P_ENGINE_DOWNLOADCMD_H */
