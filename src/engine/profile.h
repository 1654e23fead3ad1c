/* profile: one identity's state directory: lock, keys, certificates, the login,
 * and the pins of trackers. Secrets are 0600 in a 0700 directory.
 *
 *   lock            held while a p2ptui uses the profile
 *   session         user, user id and token of the login that lasts
 *   trackers        HOST:PORT sha256:PIN, one a line: the trackers in use
 *   added-trackers  the same form: trackers that the user added by a command
 *   known-trackers  the same form: every pin ever seen (trust on first use)
 *   port            where members connected to last, for the next start
 *   keys/ID.pem     the private key of user ID
 *   groups/GID/     cert.pem and root.pem of a membership, its name, and who is
 *                   denied there
 *   items/HASH/     see engine/item.h
 */
#ifndef P2P_ENGINE_PROFILE_H
#define P2P_ENGINE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;
struct contact;
struct key;
struct err;

/* Open (and make) the state directory and lock it. P2P_EBUSY with a sentence
 * when another process uses it. */
int profile_open(const char *state_dir, struct profile **out, struct err *e);
void profile_close(struct profile *p); /* NULL is allowed. */
const char *profile_dir(const struct profile *p);

/* The login that lasts. NULL when there is none. */
const char *profile_user(const struct profile *p);
const char *profile_user_id(const struct profile *p);
const char *profile_token(const struct profile *p);
int profile_set_login(struct profile *p, const char *user, const char *user_id,
                      const char *token, struct err *e);
void profile_clear_login(struct profile *p);

/* Is the token meant for this tracker? Those of profile_save_trackers() are,
 * by address or by pin. */
bool profile_token_is_for(const struct profile *p, const struct contact *c,
                          const uint8_t pin[32]);

/* The key of the logged-in user, made when there is none yet. Borrowed. */
int profile_key(struct profile *p, struct key **out, struct err *e);

/* Trackers of the last login, for when none are named: returns how many were
 * written to `out` (at most CONTACT_LIST_MAX). */
int profile_trackers(const struct profile *p, struct contact *out);
int profile_save_trackers(struct profile *p, const struct contact *list,
                          size_t count, struct err *e);

/* The same for those that the user added; an empty list removes the file. */
int profile_added_trackers(const struct profile *p, struct contact *out);
int profile_save_added_trackers(struct profile *p, const struct contact *list,
                                size_t count, struct err *e);

/* Take a tracker out of both lists. */
int profile_forget_tracker(struct profile *p, const struct contact *c,
                           struct err *e);

/* The pin remembered for HOST:PORT: true and 32 bytes. */
bool profile_find_pin(const struct profile *p, const struct contact *c,
                      uint8_t pin[32]);
int profile_add_pin(struct profile *p, const struct contact *c,
                    const uint8_t pin[32], struct err *e);

/* Certificates of a group for the logged-in user, so that members find each
 * other's trust while no tracker answers. PEM strings, free(). */
int profile_save_group(struct profile *p, const char *group,
                       const char *group_id, const char *cert_pem,
                       const char *root_pem, struct err *e);
int profile_load_group(const struct profile *p, const char *group,
                       char **cert_pem, char **root_pem);
/* Who is denied in it, as engine/denials.h writes it. The group was saved. */
int profile_save_denied(struct profile *p, const char *group, const char *text,
                        struct err *e);
char *profile_load_denied(const struct profile *p,
                          const char *group); /* NULL or free() */
void profile_forget_group(struct profile *p, const char *group);

/* The port that members know this computer by; 0 when there is none. */
uint16_t profile_port(const struct profile *p);
int profile_save_port(struct profile *p, uint16_t port, struct err *e);

/* Write private text (mode 0600) to an absolute path. */
int profile_write_private(const char *path, const char *text, struct err *e);

#endif /* P2P_ENGINE_PROFILE_H */
