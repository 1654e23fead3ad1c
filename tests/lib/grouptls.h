/* grouptls: TLS contexts of a made-up group, for tests of connections. */
#ifndef P2P_TESTS_LIB_GROUPTLS_H
#define P2P_TESTS_LIB_GROUPTLS_H

struct tlsctx;

/* A name that a listening context of the group recognises. */
#define GROUPTLS_SNI "0123456789abcdef0123456789abcdef01234567"

struct grouptls {
    struct tlsctx *anna;   /* a member */
    struct tlsctx *bert;   /* another member of the same group */
    struct tlsctx *listen; /* picks `anna` for GROUPTLS_SNI */
};

/* A new group with its own root; groups do not trust each other. */
struct grouptls *grouptls_new(void);
void grouptls_free(struct grouptls *g);

#endif /* P2P_TESTS_LIB_GROUPTLS_H */
