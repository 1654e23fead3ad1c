/* denial: the bytes of a deny entry that the root of its group signs. */
#ifndef P2P_WIRE_DENIAL_H
#define P2P_WIRE_DENIAL_H

#include <stdint.h>

/* One text for one meaning: purpose, group (its name), user (the id) and time,
 * a line each. Names hold no newline. free(). */
char *denial_text(const char *group, const char *user_id, int64_t since);

#endif /* P2P_WIRE_DENIAL_H */
