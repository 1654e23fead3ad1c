/* push: what the tracker tells without being asked. */
#ifndef P2P_ENGINE_PUSH_H
#define P2P_ENGINE_PUSH_H

#include <jansson.h>

struct core;

/* Act on one notification; unknown ones are ignored. `params` is borrowed. */
void push_handle(struct core *c, const char *method, json_t *params);

#endif /* P2P_ENGINE_PUSH_H */
