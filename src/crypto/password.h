/* password: Argon2id hashes in the PHC string form. Slow on purpose; call it
 * in a worker. */
#ifndef P2P_CRYPTO_PASSWORD_H
#define P2P_CRYPTO_PASSWORD_H

#include <stdbool.h>

enum {
    PASSWORD_MIN = 8,       /* bytes */
    PASSWORD_MAX = 1024,    /* bytes; bounds the work of hashing */
    PASSWORD_HASH_MAX = 128 /* bytes of a PHC string with its NUL */
};

/* Hash with a fresh salt: 19 MiB, 2 passes, 1 lane. 0 or P2P_EINVAL (length),
 * P2P_EINTERNAL. */
int password_hash(const char *password, char out[PASSWORD_HASH_MAX]);

/* 0 when it fits, P2P_EAUTH when not, P2P_EINVAL for a broken hash. */
int password_verify(const char *password, const char *hash);

/* True when the hash was made with other parameters than today's. */
bool password_is_outdated(const char *hash);

/* A fixed valid hash that no password fits: verify against it for unknown
 * users, so that they take as long as known ones. */
const char *password_decoy(void);

#endif /* P2P_CRYPTO_PASSWORD_H */
