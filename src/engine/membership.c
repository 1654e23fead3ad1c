#include "config.h"

#include "engine/membership.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/tlsctx.h"
#include "util/err.h"
#include "util/mem.h"

struct membership {
    atomic_uint refs;
    char *group;
    char *own_user_id;
    struct tlsctx *tls;
    int64_t not_after;
    struct membership_denial *denials; /* sorted by user_id, then since */
    size_t denial_count;
};

static int compare_denials(const void *a, const void *b)
{
    const struct membership_denial *left = a;
    const struct membership_denial *right = b;
    int order = strcmp(left->user_id, right->user_id);

    return order != 0
               ? order
               : (left->since > right->since) - (left->since < right->since);
}

struct membership *membership_new(const char *group, const char *own_user_id,
                                  struct tlsctx *tls, int64_t not_after,
                                  const struct membership_denial *denials,
                                  size_t denial_count)
{
    struct membership *m = mem_calloc(1, sizeof *m);

    atomic_init(&m->refs, 1);
    m->group = mem_strdup(group);
    m->own_user_id = mem_strdup(own_user_id);
    m->tls = tls == NULL ? NULL : tlsctx_ref(tls);
    m->not_after = not_after;
    if (denial_count > 0) {
        m->denials = mem_dup(denials, denial_count * sizeof *denials);
        m->denial_count = denial_count;
        qsort(m->denials, denial_count, sizeof *denials, compare_denials);
    }
    return m;
}

struct membership *membership_ref(struct membership *m)
{
    atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    return m;
}

void membership_unref(struct membership *m)
{
    if (m == NULL ||
        atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    tlsctx_unref(m->tls);
    free(m->denials);
    free(m->own_user_id);
    free(m->group);
    free(m);
}

struct tlsctx *membership_tls(const struct membership *m)
{
    return m->tls;
}

const char *membership_group(const struct membership *m)
{
    return m->group;
}

const char *membership_own_user_id(const struct membership *m)
{
    return m->own_user_id;
}

int64_t membership_not_after(const struct membership *m)
{
    return m->not_after;
}

bool membership_is_denied(const struct membership *m, const char *user_id,
                          int64_t not_before)
{
    size_t low = 0;
    size_t high = m->denial_count;

    while (low < high) { /* the first entry behind all of this user */
        size_t middle = low + (high - low) / 2;

        if (strcmp(m->denials[middle].user_id, user_id) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && strcmp(m->denials[low - 1].user_id, user_id) == 0 &&
           not_before < m->denials[low - 1].since;
}

int membership_check(const struct membership *m, const struct cert *leaf,
                     int64_t now, char *user, char *user_id, struct err *e)
{
    char name[CERT_USER_MAX];
    char id[CERT_USER_MAX];

    if (cert_member_identity(leaf, name, id) < 0) {
        return err_set(e, P2P_EACCES,
                       "the certificate is not that of a member");
    }
    if (now > cert_not_after(leaf)) {
        return err_set(e, P2P_EACCES, "the certificate of %s has expired",
                       name);
    }
    if (membership_is_denied(m, id, cert_not_before(leaf))) {
        return err_set(e, P2P_EACCES, "%s was removed from the group %s", name,
                       m->group);
    }
    memcpy(user, name, sizeof name);
    memcpy(user_id, id, sizeof id);
    return 0;
}
