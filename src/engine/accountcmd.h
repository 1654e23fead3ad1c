/* accountcmd: the commands about one's account and login. */
#ifndef P2P_ENGINE_ACCOUNTCMD_H
#define P2P_ENGINE_ACCOUNTCMD_H

struct core;
struct command;

void accountcmd_create(struct core *c, const struct command *command);
void accountcmd_login(struct core *c, const struct command *command);
void accountcmd_logout(struct core *c, const struct command *command);
void accountcmd_whoami(struct core *c, const struct command *command);
void accountcmd_passwd(struct core *c, const struct command *command);

#endif /* P2P_ENGINE_ACCOUNTCMD_H */
