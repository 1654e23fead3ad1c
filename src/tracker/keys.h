/* keys: the tracker's identity and its secrets, files of the data directory.
 *
 * tracker.key, tracker.crt  for TLS; clients pin the certificate
 * cluster.key               seals the keys of group roots in the database
 * Made on first start, mode 0600; looser files are refused, as ssh does.
 */
#ifndef P2P_TRACKER_KEYS_H
#define P2P_TRACKER_KEYS_H

#include <stdint.h>

#include "crypto/cert.h"
#include "crypto/seal.h"

struct err;

struct keys {
    struct key *key;
    struct cert *cert;
    uint8_t cluster_key[SEAL_KEY];
    char pin[2 * CERT_PIN_SIZE + 1]; /* hex */
};

/* Make the directory (0700) and what is missing in it, and read the keys.
 * Release with keys_close(). A code with the file and the reason in `e`. */
int keys_open(const char *dir, struct keys *out, struct err *e);
void keys_close(struct keys *k);

#endif /* P2P_TRACKER_KEYS_H */
