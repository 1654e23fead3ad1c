/* denials: who is shut out of a group, as the tracker told it, and the text it
 * is kept as in the profile: a member that was removed stays outside for a
 * client that is started while no tracker answers.
 */
#ifndef P2P_ENGINE_DENIALS_H
#define P2P_ENGINE_DENIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/membership.h"

enum {
    DENIALS_MAX = 100000, /* more members than a group can have had */
    DENIALS_LINE = 96,    /* bytes of one in the text, at most */
    DENIALS_TEXT = DENIALS_MAX * DENIALS_LINE,
};

struct denials {
    struct membership_denial *list; /* owned */
    size_t count;
};

/* 1 when this says something new, 0 when it was known, P2P_EINVAL for what is
 * no user id, P2P_EFULL. */
int denials_add(struct denials *d, const char *user_id, int64_t since);
void denials_close(struct denials *d);

/* "USER_ID SINCE", one a line. free(). */
char *denials_format(const struct denials *d);
/* Add what `text` says. Lines that are not understood are left out: their
 * number is returned. */
size_t denials_parse(struct denials *d, const char *text);

#endif /* P2P_ENGINE_DENIALS_H */
