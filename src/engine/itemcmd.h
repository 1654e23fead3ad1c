/* itemcmd: the commands about items: lists, details, pause, stop, remove,
 * export; and the tables a screen watches.
 */
#ifndef P2P_ENGINE_ITEMCMD_H
#define P2P_ENGINE_ITEMCMD_H

struct core;
struct command;

void itemcmd_list_files(struct core *c, const struct command *command);
void itemcmd_show_downloads(struct core *c, const struct command *command);
void itemcmd_list(struct core *c, const struct command *command);
void itemcmd_info(struct core *c, const struct command *command);
void itemcmd_peers(struct core *c, const struct command *command);
void itemcmd_locate(struct core *c, const struct command *command);
void itemcmd_pause(struct core *c, const struct command *command);
void itemcmd_resume(struct core *c, const struct command *command);
void itemcmd_verify(struct core *c, const struct command *command);
void itemcmd_stop_share(struct core *c, const struct command *command);
void itemcmd_unpublish(struct core *c, const struct command *command);
void itemcmd_remove(struct core *c, const struct command *command);
void itemcmd_forget(struct core *c, const struct command *command);
void itemcmd_clear(struct core *c, const struct command *command);
void itemcmd_announce(struct core *c, const struct command *command);
void itemcmd_drop_peer(struct core *c, const struct command *command);
void itemcmd_export(struct core *c, const struct command *command);
void itemcmd_export_member(struct core *c, const struct command *command);

/* Post the files of the watched group anew. */
void itemcmd_refresh_files(struct core *c);

#endif /* P2P_ENGINE_ITEMCMD_H */
