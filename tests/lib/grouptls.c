#include "config.h"

#include "lib/grouptls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/tlsctx.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/mem.h"

static void must(int rv, const char *what, const struct err *e)
{
    if (rv < 0) {
        fprintf(stderr, "%s: %s\n", what, e != NULL ? e->text : err_text(rv));
        abort();
    }
}

static struct tlsctx *make_member(const struct key *root_key,
                                  const struct cert *root, const char *name)
{
    struct cert_member m = {.user = name, .user_id = name};
    struct key *k = key_new();
    struct tlsctx *t = NULL;
    struct cert *c = NULL;
    struct err e = {0, ""};
    char *request;

    m.not_before = clock_wall() - CERT_BACKDATE;
    m.not_after = clock_wall() + 3600;
    memset(m.serial, name[0], sizeof(m.serial));
    request = cert_make_request(k, name);
    must(cert_sign_member(root_key, root, request, &m, &c, &e), "sign", &e);
    must(tlsctx_new_group(k, c, root, &t, &e), "group context", &e);
    free(request);
    cert_free(c);
    key_free(k);
    return t;
}

static struct tlsctx *find_group(void *arg, const char sni_hex[41])
{
    struct grouptls *g = arg;

    return strcmp(sni_hex, GROUPTLS_SNI) == 0 ? g->anna : NULL;
}

struct grouptls *grouptls_new(void)
{
    struct grouptls *g = mem_calloc(1, sizeof(*g));
    struct key *root_key = key_new();
    struct cert *root = NULL;

    must(cert_make_group_root(root_key, "club", "0123456789abcdef",
                              clock_wall(), &root),
         "group root", NULL);
    g->anna = make_member(root_key, root, "anna");
    g->bert = make_member(root_key, root, "bert");
    g->listen = tlsctx_new_peer_server(find_group, g);
    cert_free(root);
    key_free(root_key);
    return g;
}

void grouptls_free(struct grouptls *g)
{
    tlsctx_unref(g->listen);
    tlsctx_unref(g->anna);
    tlsctx_unref(g->bert);
    free(g);
}
