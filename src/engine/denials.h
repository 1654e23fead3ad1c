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
    DENIALS_MAX = 100000,    /* more members than a group can have had */
    DENIALS_SIGNATURE = 128, /* bytes of one in base64, with its NUL */
    DENIALS_LINE = 96 + DENIALS_SIGNATURE, /* bytes in the text, at most */
    DENIALS_TEXT = DENIALS_MAX * DENIALS_LINE,
};

struct denials {
    struct membership_denial *list;        /* owned */
    char (*signatures)[DENIALS_SIGNATURE]; /* of each; "": kept by a version
                                              that knew of none */
    size_t count;
};

/* `signature` is base64 and was checked; NULL for none. 1 when this says
 * something new, 0 when it was known, P2P_EINVAL for what is no user id or no
 * signature, P2P_EFULL. A signed entry takes the place of one without. */
int denials_add(struct denials *d, const char *user_id, int64_t since,
                const char *signature);
void denials_close(struct denials *d);

/* "USER_ID SINCE SIGNATURE", one a line. free(). */
char *denials_format(const struct denials *d);
/* Add what `text` says; lines may lack the signature. Those that are not
 * understood are left out: their number is returned. */
size_t denials_parse(struct denials *d, const char *text);

/* Drop signed entries that are not genuine; returns how many. */
size_t denials_check(struct denials *d,
                     bool (*is_genuine)(void *arg, const char *user_id,
                                        int64_t since, const char *signature),
                     void *arg);

/* Drop entries without a signature: the tracker has told all that it knows.
 * Returns how many. */
size_t denials_drop_unsigned(struct denials *d);

#endif /* P2P_ENGINE_DENIALS_H */
