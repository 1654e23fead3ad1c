/* membership: a group as the data plane sees it: our certificate as a TLS
 * context, and who is denied. Reference-counted and immutable: a renewed
 * certificate or a new deny entry makes a new membership that replaces the old.
 */
#ifndef P2P_ENGINE_MEMBERSHIP_H
#define P2P_ENGINE_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct membership;
struct tlsctx;
struct cert;
struct err;

struct membership_denial {
    char user_id[65];
    int64_t since; /* certificates issued before this second are refused */
};

struct membership *membership_new(const char *group, const char *own_user_id,
                                  struct tlsctx *tls, /* referenced */
                                  int64_t not_after,
                                  const struct membership_denial *denials,
                                  size_t denial_count);
struct membership *membership_ref(struct membership *m);
void membership_unref(struct membership *m); /* NULL is allowed */
struct tlsctx *membership_tls(const struct membership *m);
const char *membership_group(const struct membership *m);
const char *membership_own_user_id(const struct membership *m);
int64_t membership_not_after(const struct membership *m);

/* May the holder of this certificate exchange data with us now? 0, or
 * P2P_EACCES with a sentence (denied, expired). Signature and names were
 * checked by TLS. Writes the user's name and id (65 bytes each). */
int membership_check(const struct membership *m, const struct cert *leaf,
                     int64_t now, char *user, char *user_id, struct err *e);

/* Is this user denied for certificates issued at `not_before`? */
bool membership_is_denied(const struct membership *m, const char *user_id,
                          int64_t not_before);

#endif /* P2P_ENGINE_MEMBERSHIP_H */
