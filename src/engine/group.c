#include "config.h"

#include "engine/group.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "crypto/cert.h"
#include "crypto/sign.h"
#include "crypto/tlsctx.h"
#include "engine/core.h"
#include "engine/denials.h"
#include "engine/membership.h"
#include "engine/profile.h"
#include "engine/session.h"
#include "net/loop.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/denial.h"

struct waiter {
    STAILQ_ENTRY(waiter) link;
    group_ready_cb cb;
    void *arg;
};

struct group {
    struct core *core;
    char *name;
    char *group_id;
    char *root_pem;
    struct cert *root; /* the same, read */
    struct tlsctx *tls;
    int64_t not_after;
    struct membership *membership; /* NULL until there is a certificate */
    struct denials denials;
    STAILQ_HEAD(, waiter) waiters;
    struct timer *renew;
    bool is_asking;
    bool told_other_root;
};

static void ask_certificate(struct group *g);
static void ask_denials(struct group *g);

/* Does an error of the tracker say that we are not a member? */
static bool says_not_member(int code)
{
    return code == P2P_EACCES || code == P2P_ENOENT;
}

static void tell_waiters(struct group *g, int code, const char *text)
{
    struct waiter *w;

    while (!STAILQ_EMPTY(&g->waiters)) {
        w = STAILQ_FIRST(&g->waiters);
        STAILQ_REMOVE_HEAD(&g->waiters, link);
        if (w->cb != NULL) {
            w->cb(w->arg, code, text, g);
        }
        free(w);
    }
}

/* A new certificate or denial makes a new membership for everybody. */
static void rebuild(struct group *g)
{
    struct membership *fresh;

    fresh = membership_new(g->name, profile_user_id(g->core->profile), g->tls,
                           g->not_after, g->denials.list, g->denials.count);
    membership_unref(g->membership);
    g->membership = fresh;
    g->core->on_membership(g->core, fresh);
}

static void schedule_renewal(struct group *g)
{
    int64_t due = (g->not_after - GROUP_RENEW_BEFORE - clock_wall()) * 1000;

    /* A clock that is days off must not make this a loop. */
    timer_start(g->renew, due > GROUP_RETRY_MS ? due : GROUP_RETRY_MS);
}

/* Takes `root`, which is `root_pem` read. */
static void set_root(struct group *g, const char *root_pem, struct cert *root)
{
    free(g->root_pem);
    g->root_pem = mem_strdup(root_pem);
    cert_free(g->root);
    g->root = root;
}

static int adopt(struct group *g, const char *cert_pem, const char *root_pem,
                 struct err *e)
{
    struct cert *cert = NULL, *root = NULL;
    struct tlsctx *tls = NULL;
    struct key *key;
    int rv = profile_key(g->core->profile, &key, e);

    if (rv == 0) {
        rv = cert_from_pem(cert_pem, &cert, e);
    }
    if (rv == 0) {
        rv = cert_from_pem(root_pem, &root, e);
    }
    if (rv == 0) {
        rv = cert_check_member(cert, root, clock_wall(), e);
    }
    if (rv == 0) {
        rv = tlsctx_new_group(key, cert, root, &tls, e);
    }
    if (rv == 0) {
        tlsctx_unref(g->tls);
        g->tls = tls;
        g->not_after = cert_not_after(cert);
        set_root(g, root_pem, root);
        root = NULL;
        rebuild(g);
    }
    cert_free(cert);
    cert_free(root);
    return rv;
}

/* Seconds until it is valid by our clock; 0 when it is, or is none at all. */
static int64_t time_ahead(const char *cert_pem)
{
    struct cert *cert = NULL;
    struct err e = {0};
    int64_t ahead = 0;

    if (cert_from_pem(cert_pem, &cert, &e) == 0) {
        ahead = cert_not_before(cert) - clock_wall();
        cert_free(cert);
    }
    return ahead > 0 ? ahead : 0;
}

/* The root of a group is inside each of its manifests and never changes. With
 * another one the tracker could put its own people among the members. */
static int check_root(struct group *g, const char *root)
{
    if (g->root_pem == NULL || strcmp(g->root_pem, root) == 0) {
        g->told_other_root = false;
        return 0;
    }
    log_warn("group", "refused another root of %s", g->name);
    if (!g->told_other_root) {
        g->told_other_root = true;
        core_notice(g->core, NOTICE_ERROR, g->name, NULL,
                    _("The tracker shows another root certificate for %s than "
                      "before; it is not used. Ask the owner: if the group was "
                      "made anew, leave it and join again. If not, somebody "
                      "may be trying to read along: do not trust this "
                      "tracker."),
                    g->name);
    }
    return P2P_EVERIFY;
}

static void on_certificate(void *arg, int code, const char *text,
                           json_t *result)
{
    struct group *g = arg;
    const char *cert = json_string_value(json_object_get(result, "cert"));
    const char *root = json_string_value(json_object_get(result, "root"));
    struct err e = {0};
    bool had = g->membership != NULL;
    int64_t ahead;

    g->is_asking = false;
    if (code == 0 && (cert == NULL || root == NULL)) {
        code = P2P_EPROTO;
        text = "the tracker sent no certificate";
    }
    if (code == 0 && check_root(g, root) < 0) {
        code = P2P_EVERIFY;
        text = _("the tracker shows another root certificate for this group "
                 "than before");
    }
    ahead = code == 0 ? time_ahead(cert) : 0;
    if (ahead > GROUP_EARLY) {
        code = P2P_EVERIFY;
        text = _("the clock of this computer is behind that of the tracker");
    } else if (ahead > 0) {
        timer_start(g->renew, ahead * 1000); /* who waits goes on waiting */
        return;
    }
    if (code == 0) {
        code = adopt(g, cert, root, &e);
        text = e.text;
    }
    if (code == 0) {
        free(g->group_id);
        g->group_id = core_json_text(result, "group_id");
        profile_save_group(g->core->profile, g->name,
                           g->group_id != NULL ? g->group_id : "", cert, root,
                           &e);
        schedule_renewal(g);
        ask_denials(g);
    } else {
        log_info("group", "no certificate for %s: %s", g->name, text);
        /* Forget the root too, although the certificate may have ended: a new
         * group of this name has another one. */
        if (g->root_pem != NULL && says_not_member(code)) {
            g->core->on_group_lost(g->core, g->name); /* frees g */
            return;
        }
        if (!says_not_member(code)) {
            timer_start(g->renew, GROUP_RETRY_MS);
        }
    }
    /* One that is kept from before is good enough until its end. */
    if (code != 0 && had && g->not_after > clock_wall()) {
        code = 0;
    }
    tell_waiters(g, code, text);
}

static void ask_certificate(struct group *g)
{
    struct core *c = g->core;
    struct err e = {0};
    struct key *key;
    char *request;
    int rv;

    if (g->is_asking || c->session == NULL) {
        return;
    }
    rv = profile_key(c->profile, &key, &e);
    if (rv < 0) {
        tell_waiters(g, rv, e.text);
        return;
    }
    g->is_asking = true;
    request = cert_make_request(key, profile_user(c->profile));
    session_call(c->session, "group.certificate",
                 json_pack("{s:s,s:s}", "group", g->name, "csr", request),
                 on_certificate, g);
    free(request);
}

/* Did the group's root sign this? Whoever speaks for the tracker could shut
 * anybody out otherwise. */
static bool is_genuine(void *arg, const char *user_id, int64_t since,
                       const char *signature)
{
    const struct group *g = arg;
    uint8_t *bytes = NULL;
    size_t size = 0;
    char *text;
    int rv;

    if (g->root == NULL || signature == NULL ||
        base64_decode(signature, SIGN_MAX, &bytes, &size) < 0) {
        return false;
    }
    text = denial_text(g->name, user_id, since);
    rv = sign_check(g->root, text, strlen(text), bytes, size);
    free(text);
    free(bytes);
    return rv == 0;
}

/* 1 when this says something new, 0 when it was known, or a code. */
static int add_denial(struct group *g, json_t *one)
{
    const char *user_id = json_string_value(json_object_get(one, "user_id"));
    const char *proof = json_string_value(json_object_get(one, "signature"));
    int64_t since = core_json_integer(one, "since");
    int rv = P2P_EPROTO;

    if (user_id != NULL && !is_genuine(g, user_id, since, proof)) {
        log_warn("group",
                 "refused a denial in %s: the root of the group did not sign "
                 "it",
                 g->name);
        return P2P_EVERIFY;
    }
    if (user_id != NULL) {
        rv = denials_add(&g->denials, user_id, since, proof);
    }
    if (rv < 0) {
        log_warn("group", "a denial in %s was not usable", g->name);
    }
    return rv;
}

/* Who is shut out stays so at the next start, tracker or not. */
static void take_denials(struct group *g)
{
    struct err e = {0};
    char *text;

    if (g->membership == NULL) {
        return; /* asked for anew when there is one */
    }
    rebuild(g);
    text = denials_format(&g->denials);
    if (profile_save_denied(g->core->profile, g->name, text, &e) < 0) {
        log_warn("group", "%s", e.text);
    }
    free(text);
}

static void on_denials(void *arg, int code, const char *text, json_t *result)
{
    struct group *g = arg;
    json_t *list = json_object_get(result, "users");
    json_t *one;
    bool is_new = false, is_whole = json_is_array(list);
    size_t i;

    if (code != 0) {
        log_info("group", "no deny list of %s: %s", g->name, text);
        if (says_not_member(code)) { /* it happened while we were away */
            g->core->on_group_lost(g->core, g->name);
        }
        return;
    }
    json_array_foreach(list, i, one)
    {
        int rv = add_denial(g, one);

        is_new |= rv == 1;
        is_whole &= rv >= 0;
    }
    /* What was kept unsigned is either in this list, or not true. */
    if (is_whole && denials_drop_unsigned(&g->denials) > 0) {
        is_new = true;
    }
    if (is_new) {
        take_denials(g);
    }
}

static void ask_denials(struct group *g)
{
    if (g->core->session != NULL) {
        session_call(g->core->session, "group.denied",
                     json_pack("{s:s}", "group", g->name), on_denials, g);
    }
}

static void on_renew(void *arg)
{
    ask_certificate(arg);
}

static void load_denied(struct group *g)
{
    char *text = profile_load_denied(g->core->profile, g->name);
    size_t bad = text != NULL ? denials_parse(&g->denials, text) : 0;

    bad += denials_check(&g->denials, is_genuine, g);

    if (bad > 0) {
        log_warn("group", "%zu lines of the kept deny list of %s are damaged",
                 bad, g->name);
    }
    free(text);
}

static void load_kept(struct group *g)
{
    char *cert = NULL, *root_pem = NULL;
    struct cert *root = NULL;
    struct err e = {0};
    int rv;

    if (profile_load_group(g->core->profile, g->name, &cert, &root_pem) < 0) {
        return;
    }
    rv = cert_from_pem(root_pem, &root, &e);
    if (rv == 0) {
        set_root(g, root_pem, root);
        load_denied(g); /* first: nobody who is denied gets in meanwhile */
        rv = adopt(g, cert, root_pem, &e);
    }
    if (rv < 0) {
        log_info("group", "the kept certificate of %s: %s", g->name, e.text);
    }
    free(cert);
    free(root_pem);
}

static struct group *group_new(struct core *c, const char *name)
{
    struct group *g = mem_calloc(1, sizeof *g);

    g->core = c;
    g->name = mem_strdup(name);
    STAILQ_INIT(&g->waiters);
    g->renew = timer_new(c->loop, on_renew, g);
    map_put_text(c->groups, name, g);
    load_kept(g);
    if (g->membership != NULL) {
        schedule_renewal(g);
        ask_denials(g);
    }
    return g;
}

static void end_group(struct group *g, int code, const char *why)
{
    if (g->core->session != NULL) {
        session_forget(g->core->session, g);
    }
    tell_waiters(g, code, why);
    timer_free(g->renew);
    membership_unref(g->membership);
    tlsctx_unref(g->tls);
    denials_close(&g->denials);
    free(g->root_pem);
    cert_free(g->root);
    free(g->group_id);
    free(g->name);
    free(g);
}

void group_drop(void *group)
{
    end_group(group, P2P_ECANCELED, err_text(P2P_ECANCELED));
}

void group_forget_all(struct core *c)
{
    struct map *old = c->groups;

    c->groups = map_new(); /* who is told of the end may ask for one */
    map_free(old, group_drop);
}

void group_need(struct core *c, const char *name, group_ready_cb cb, void *arg)
{
    struct group *g = group_find(c, name);
    struct waiter *w;

    if (g == NULL) {
        g = group_new(c, name);
    }
    if (g->membership != NULL && g->not_after > clock_wall()) {
        cb(arg, 0, NULL, g);
        return;
    }
    if (c->session == NULL) {
        cb(arg, P2P_ENOTRACKER,
           _("no tracker is known; name one with --tracker HOST:PORT"), g);
        return;
    }
    w = mem_calloc(1, sizeof *w);
    w->cb = cb;
    w->arg = arg;
    STAILQ_INSERT_TAIL(&g->waiters, w, link);
    ask_certificate(g);
}

void group_forget_waiter(struct core *c, const void *arg)
{
    struct group *g;
    struct waiter *w;
    size_t cursor = 0;

    for (g = map_next(c->groups, &cursor, NULL, NULL); g != NULL;
         g = map_next(c->groups, &cursor, NULL, NULL)) {
        STAILQ_FOREACH(w, &g->waiters, link)
        {
            if (w->arg == arg) {
                w->cb = NULL;
            }
        }
    }
}

struct group *group_find(struct core *c, const char *name)
{
    return map_get_text(c->groups, name);
}

const char *group_name(const struct group *g)
{
    return g->name;
}

struct membership *group_membership(const struct group *g)
{
    return g->membership;
}

const char *group_root_pem(const struct group *g)
{
    return g->root_pem;
}

void group_deny(struct core *c, const char *name, json_t *entry)
{
    struct group *g = group_find(c, name);

    if (g != NULL && add_denial(g, entry) == 1) {
        take_denials(g);
    }
}

void group_refresh(struct core *c, const char *name)
{
    struct group *g = group_find(c, name);

    if (g != NULL) {
        ask_certificate(g);
    }
}

void group_removed(struct core *c, const char *name)
{
    struct group *g = map_remove_text(c->groups, name);
    char *group = mem_strdup(name); /* it may be a part of `g` */
    char *text = mem_printf(_("you are not a member of %s"), name);

    if (g != NULL) {
        end_group(g, P2P_EACCES, text);
    }
    profile_forget_group(c->profile, group);
    free(text);
    free(group);
}

void group_session_ready(struct core *c)
{
    struct group *g;
    size_t cursor = 0;

    for (g = map_next(c->groups, &cursor, NULL, NULL); g != NULL;
         g = map_next(c->groups, &cursor, NULL, NULL)) {
        if (g->membership == NULL ||
            g->not_after - clock_wall() < GROUP_RENEW_BEFORE) {
            ask_certificate(g);
        } else {
            ask_denials(g);
        }
    }
}
