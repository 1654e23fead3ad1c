/* cert: P-256 keys, and the certificates of trackers, groups and members.
 *
 * tracker   self-signed, long-lived; clients pin SHA-256 of its DER form.
 * group     root, 20 years, made by the tracker; it is inside every manifest.
 * member    leaf signed by the group root: CN = user name, SAN DNS:* (what
 *           libtorrent checks) and URI:p2p:user:<id>, both extended key usages.
 */
#ifndef P2P_CRYPTO_CERT_H
#define P2P_CRYPTO_CERT_H

#include <stddef.h>
#include <stdint.h>

struct key;  /* A private key; wraps EVP_PKEY. */
struct cert; /* An X.509 certificate. */
struct err;

enum {
    CERT_PEM_MAX = 8192,  /* bytes of one PEM certificate or request */
    CERT_USER_MAX = 65,   /* user name with its NUL */
    CERT_SERIAL_HEX = 41, /* 20 bytes of serial as hex, with the NUL */
    CERT_PIN_SIZE = 32,   /* SHA-256 of the DER form */
    CERT_BACKDATE = 3600, /* seconds notBefore lies in the past: clock skew */
};

/* Keys. PEM strings are NUL-terminated, in new memory; free() them (private
 * ones with mem_free_secret()). */
struct key *key_new(void); /* a fresh P-256 key; never NULL */
void key_free(struct key *k);
char *key_to_pem(const struct key *k);
int key_from_pem(const char *pem, struct key **out, struct err *e);

/* Certificates. `now` is seconds since 1970, so callers decide the clock. */
int cert_make_tracker(const struct key *k, const char *name, int64_t now,
                      struct cert **out);
int cert_make_group_root(const struct key *k, const char *group,
                         const char *group_id, int64_t now, struct cert **out);

/* A certificate request for the user's key, PEM. */
char *cert_make_request(const struct key *k, const char *user);

/* Sign a member's request. The names in the request are ignored: `user` and
 * `user_id` decide. `serial` is 16 bytes from the caller (deterministic apply).
 * Checks the request's own signature and that its key is P-256. P2P_EINVAL
 * with a reason. */
struct cert_member {
    const char *user;    /* name, for CN */
    const char *user_id; /* for the URI */
    int64_t not_before;  /* seconds since 1970 */
    int64_t not_after;
    uint8_t serial[16];
};
int cert_sign_member(const struct key *root_key, const struct cert *root,
                     const char *request_pem, const struct cert_member *m,
                     struct cert **out, struct err *e);

void cert_free(struct cert *c); /* NULL is allowed. */
char *cert_to_pem(const struct cert *c);
int cert_from_pem(const char *pem, struct cert **out, struct err *e);
void cert_pin(const struct cert *c, uint8_t out[CERT_PIN_SIZE]);
/* SHA-256 of its public key in DER form (SubjectPublicKeyInfo). */
void cert_key_pin(const struct cert *c, uint8_t out[CERT_PIN_SIZE]);
int64_t cert_not_after(const struct cert *c);
int64_t cert_not_before(const struct cert *c);
void cert_serial(const struct cert *c, char out[CERT_SERIAL_HEX]);

/* Read the member's identity: CN and exactly one URI p2p:user:<id>. P2P_EINVAL
 * when it is not a member certificate of ours. `user_id` holds 65 bytes. */
int cert_member_identity(const struct cert *c, char user[CERT_USER_MAX],
                         char user_id[CERT_USER_MAX]);

/* 0 when `leaf` is signed by `root` and both are valid at `now`. */
int cert_check_member(const struct cert *leaf, const struct cert *root,
                      int64_t now, struct err *e);

#endif /* P2P_CRYPTO_CERT_H */
