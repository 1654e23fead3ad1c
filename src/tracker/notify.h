/* notify: what others learn, and lose, when a command is committed.
 *
 * Notices are made from the command and its effects, not from the session that
 * asked, so every tracker of a cluster can send them to its own sessions.
 * Revoked tokens end logins here, and removed members leave the swarms.
 */
#ifndef P2P_TRACKER_NOTIFY_H
#define P2P_TRACKER_NOTIFY_H

#include <stdint.h>

struct command;
struct effects;
struct groupkey_signer;
struct notify;
struct registry;
struct session;
struct sessions;
struct swarmdb;
struct swarmdb_notice;

/* What signs deny entries. */
struct notify_seal {
    struct groupkey_signer *signer;
    const uint8_t *cluster_key;
};

/* All are borrowed and outlive the result. */
struct notify *notify_new(struct registry *r, struct sessions *sessions,
                          struct swarmdb *swarmdb, struct notify_seal seal);
void notify_free(struct notify *n); /* NULL is allowed. */

/* A command is committed; `effects` still hold what was there before. */
void notify_applied(struct notify *n, const struct command *c,
                    const struct effects *effects);

/* The user came online or went offline; his groups hear of it at the next
 * notify_flush(), which the top calls once a second when this returned. */
void notify_presence(struct notify *n, const char *user_id);
void notify_flush(struct notify *n);

/* End the login of a session: its swarms, its user's presence. */
void notify_log_out(struct notify *n, struct session *s);

/* For swarmdb_flush(); `arg` is the struct notify. */
void notify_swarm(void *arg, const struct swarmdb_notice *notice);

#endif /* P2P_TRACKER_NOTIFY_H */
