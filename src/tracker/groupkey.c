#include "config.h"

#include "tracker/groupkey.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "tracker/record.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/denial.h"

enum {
    GROUPKEY_PEM_MAX = 4096,
    GROUPKEY_KEPT = 100000, /* signatures, about 20 MB; then begin anew */
};

/* Boxes are bound to their group: one cannot stand in for another. */
static char *seal_label(const char *group_id)
{
    return mem_printf("group-root:%s", group_id);
}

void groupkey_seal(const uint8_t *cluster_key, const char *group_id,
                   const struct key *k, struct record_blob *out)
{
    char *label = seal_label(group_id);
    char *pem = key_to_pem(k);
    size_t size = strlen(pem);

    out->size = size + SEAL_OVERHEAD;
    out->data = mem_alloc(out->size);
    seal_close(cluster_key, label, pem, size, out->data);
    mem_free_secret(pem);
    free(label);
}

int groupkey_open(const uint8_t *cluster_key, const struct record_group *g,
                  struct key **out, struct err *e)
{
    const struct record_blob *box = &g->sealed_key;
    char pem[GROUPKEY_PEM_MAX + 1];
    char *label;
    int rv;

    if (box->size <= SEAL_OVERHEAD ||
        box->size - SEAL_OVERHEAD > GROUPKEY_PEM_MAX) {
        return err_set(e, P2P_EINTERNAL, "the group's key is damaged");
    }
    label = seal_label(g->id);
    rv = seal_open(cluster_key, label, box->data, box->size, (uint8_t *)pem);
    free(label);
    if (rv < 0) {
        return err_set(e, P2P_EINTERNAL,
                       "the group's key does not fit this tracker's "
                       "cluster.key");
    }
    pem[box->size - SEAL_OVERHEAD] = '\0';
    rv = key_from_pem(pem, out, e);
    mem_wipe(pem, sizeof(pem));
    return rv;
}

/* ---- Signing ------------------------------------------------------------ */

struct groupkey_signer {
    struct map *made; /* "GROUP_ID USER_ID SINCE" -> base64 */
};

struct groupkey_signer *groupkey_signer_new(void)
{
    struct groupkey_signer *s = mem_calloc(1, sizeof(*s));

    s->made = map_new();
    return s;
}

void groupkey_signer_free(struct groupkey_signer *s)
{
    if (s != NULL) {
        map_free(s->made, free);
        free(s);
    }
}

/* New memory, or NULL. */
static char *sign_deny(const uint8_t *cluster_key, const struct record_group *g,
                       const struct record_deny *d)
{
    uint8_t signature[SIGN_MAX];
    struct err e = {0};
    struct key *k = NULL;
    size_t size;
    char *text;

    if (groupkey_open(cluster_key, g, &k, &e) < 0) {
        log_error("tracker", "a deny entry of %s is not signed: %s", g->name,
                  e.text);
        return NULL;
    }
    text = denial_text(g->name, d->user_id, d->since);
    sign_make(k, text, strlen(text), signature, &size);
    key_free(k);
    free(text);
    return base64_encode(signature, size);
}

const char *groupkey_sign_deny(struct groupkey_signer *s,
                               const uint8_t *cluster_key,
                               const struct record_group *g,
                               const struct record_deny *d)
{
    char *name = mem_printf("%s %s %" PRId64, g->id, d->user_id, d->since);
    char *signature = map_get_text(s->made, name);

    if (signature == NULL) {
        signature = sign_deny(cluster_key, g, d);
        if (map_count(s->made) == GROUPKEY_KEPT) {
            map_free(s->made, free);
            s->made = map_new();
        }
        if (signature != NULL) {
            (void)map_put_text(s->made, name, signature);
        }
    }
    free(name);
    return signature;
}
