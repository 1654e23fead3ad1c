/* certcraft: certificates of any shape for tests, also ones that the program
 * would never make. */
#ifndef P2P_TESTS_CERTCRAFT_H
#define P2P_TESTS_CERTCRAFT_H

#include <stdint.h>

struct key;
struct cert;

enum { CERTCRAFT_DAY = 86400 /* seconds */ };

/* What to put into a crafted certificate; NULL leaves a part out. */
struct certcraft {
    const char *cn;
    const char *constraints; /* basicConstraints, in OpenSSL's text form */
    const char *usage;       /* extendedKeyUsage */
    const char *names;       /* subjectAltName */
    int64_t not_before;
    int64_t not_after;
};

/* The shape of a proper member, valid around `now`; change what you test. */
struct certcraft certcraft_member(int64_t now);

/* A certificate for `k`, signed by `issuer` (NULL: by itself). */
struct cert *certcraft_make(const struct certcraft *c, const struct key *k,
                            const struct key *issuer_key,
                            const struct cert *issuer);

/* One group: root and one member made by the program's own functions. */
struct certcraft_group {
    struct key *root_key;
    struct cert *root;
    struct key *key; /* the member's */
    struct cert *member;
};
void certcraft_group_init(struct certcraft_group *g, const char *name,
                          int64_t now);
void certcraft_group_close(struct certcraft_group *g);

/* A certificate for `k` from the group, as the tracker makes it. */
struct cert *certcraft_sign(const struct certcraft_group *g,
                            const struct key *k, const char *user,
                            const char *user_id, int64_t not_before,
                            int64_t not_after);

#endif /* P2P_TESTS_CERTCRAFT_H */
