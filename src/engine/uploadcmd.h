/* uploadcmd: share a file or directory: hash it, publish it, serve it. */
#ifndef P2P_ENGINE_UPLOADCMD_H
#define P2P_ENGINE_UPLOADCMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;
struct command;
struct rows;

void uploadcmd_run(struct core *c, const struct command *command);

/* Give up what command `request` started; false when it did not start any. */
bool uploadcmd_cancel(struct core *c, uint64_t request);

/* Append a row for each file that is being hashed. */
void uploadcmd_fill_rows(const struct core *c, struct rows *rows);

/* The engine ends: cancel all; and release what is left once nothing runs. */
void uploadcmd_cancel_all(struct core *c);
void uploadcmd_drop_all(struct core *c);

/* Remove what a sharing that was killed left in the state directory. */
void uploadcmd_clean_up(const char *state_dir);

#endif /* P2P_ENGINE_UPLOADCMD_H */
