/* groupcmd: the commands about groups, members and requests. */
#ifndef P2P_ENGINE_GROUPCMD_H
#define P2P_ENGINE_GROUPCMD_H

struct core;
struct command;

void groupcmd_create(struct core *c, const struct command *command);
void groupcmd_join(struct core *c, const struct command *command);
void groupcmd_leave(struct core *c, const struct command *command);
void groupcmd_delete(struct core *c, const struct command *command);
void groupcmd_transfer(struct core *c, const struct command *command);
void groupcmd_set_role(struct core *c, const struct command *command);
void groupcmd_remove_member(struct core *c, const struct command *command);
void groupcmd_list(struct core *c, const struct command *command);
void groupcmd_list_mine(struct core *c, const struct command *command);
void groupcmd_requests(struct core *c, const struct command *command);
void groupcmd_accept(struct core *c, const struct command *command);
void groupcmd_reject(struct core *c, const struct command *command);
void groupcmd_members(struct core *c, const struct command *command);

/* Post the tables of groups and of requests to a watching screen. */
void groupcmd_refresh(struct core *c);

/* And the members of the group that is watched. */
void groupcmd_refresh_members(struct core *c);

#endif /* P2P_ENGINE_GROUPCMD_H */
