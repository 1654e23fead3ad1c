/* throttle: how often an address or an account may try a password.
 *
 * Delays, never locks: an account whose password is guessed answers again
 * after at most THROTTLE_DELAY_MAX seconds, and sessions that are logged in
 * are not touched. An attempt counts as failed until it is known to be right,
 * so that parallel attempts do not slip through. Where a user has logged in
 * before he has a count of his own, so guesses of others do not delay him. The
 * caller passes the time.
 */
#ifndef P2P_TRACKER_THROTTLE_H
#define P2P_TRACKER_THROTTLE_H

#include <stdint.h>

struct throttle;

enum {
    THROTTLE_FREE = 5,          /* failures of an account without a delay */
    THROTTLE_DELAY_MAX = 900,   /* seconds between two attempts at most */
    THROTTLE_QUIET = 7200,      /* seconds after which failures are forgotten */
    THROTTLE_ADDRESS = 100,     /* failures of an address at once, then one */
    THROTTLE_ADDRESS_EVERY = 5, /* every so many seconds */
    THROTTLE_ACCOUNTS = 200, /* new accounts of an address at once, then one */
    THROTTLE_ACCOUNTS_EVERY = 1, /* every so many seconds */
    THROTTLE_ENTRIES = 65536,    /* remembered; the oldest is forgotten */
};

struct throttle *throttle_new(void); /* Never NULL. */
void throttle_free(struct throttle *t);

/* May `address` (without port) try a password of `user` now? 0: yes, and the
 * attempt is counted. Otherwise the seconds to wait. */
int64_t throttle_login(struct throttle *t, const char *user,
                       const char *address, int64_t now_ms);

/* The attempt was right: it does not count. */
void throttle_login_was_right(struct throttle *t, const char *user,
                              const char *address, int64_t now_ms);

/* May `address` make an account now? As above. */
int64_t throttle_account(struct throttle *t, const char *address,
                         int64_t now_ms);

#endif /* P2P_TRACKER_THROTTLE_H */
