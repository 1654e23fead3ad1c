/* watch: the tables and the picture that a screen wants without asking: groups,
 * requests, the files of one group, all transfers, and the pieces and peers of
 * one item.
 */
#ifndef P2P_ENGINE_WATCH_H
#define P2P_ENGINE_WATCH_H

#include <stdint.h>

struct core;
struct command;
struct rows;

void watch_command(struct core *c, const struct command *command);

/* The hash of the watched item, or NULL. */
const uint8_t *watch_hash(struct core *c);

/* Post what may have changed; takes the content of `served_peers`. */
void watch_tick(struct core *c, struct rows *served_peers);

/* Post whom something is sent to: those of the server are in `takers`, whose
 * content is taken. */
void watch_takers(struct core *c, struct rows *takers);

#endif /* P2P_ENGINE_WATCH_H */
