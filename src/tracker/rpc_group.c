#include "config.h"

#include "tracker/rpc_group.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/random.h"
#include "tracker/call.h"
#include "tracker/groupkey.h"
#include "tracker/ledger.h"
#include "tracker/plan.h"
#include "util/clock.h"
#include "util/hex.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/jsonrpc.h"

enum {
    SERIAL_SIZE = 16,
    COMMON_MAX = 16, /* groups in common that are named */
};

/* ---- Create, join, leave ------------------------------------------------ */

int rpc_group_create(struct call *c, json_t **result)
{
    const char *name = NULL;
    struct command *command;
    struct cert *root = NULL;
    struct key *k;
    int rv;

    (void)result;
    if (jsonrpc_get_text(c->params, "group", true, TEXT_NAME_MAX, &name,
                         &c->error) < 0) {
        return c->error.code;
    }
    if (!text_is_name(name)) {
        return call_refuse(c, P2P_EINVAL, "the name is not valid");
    }
    if (registry_group_twin(c->rpc->registry, name) != NULL) {
        return call_refuse(c, P2P_EEXIST, "there is a group of this name");
    }
    command = call_command(c);
    command->name = mem_strdup(name);
    random_hex((RECORD_ID - 1) / 2, command->group_id);
    k = key_new();
    rv = cert_make_group_root(k, name, command->group_id, command->time, &root);
    if (rv == 0) {
        command->root_pem = cert_to_pem(root);
        groupkey_seal(c->rpc->cluster_key, command->group_id, k,
                      &command->blob);
    }
    cert_free(root);
    key_free(k);
    if (rv < 0) {
        command_free(command);
        return call_refuse(c, rv, "cannot make the group's certificate");
    }
    return call_submit(c, command);
}

/* Submit a command with an optional text parameter. */
static int submit_with_text(struct call *c, struct command *command,
                            const char *name)
{
    const char *text = NULL;
    int rv = jsonrpc_get_text(c->params, name, false, PLAN_MESSAGE_MAX, &text,
                              &c->error);

    if (rv < 0) {
        command_free(command);
        return rv;
    }
    command->text = mem_strdup(text);
    return call_submit(c, command);
}

int rpc_group_join(struct call *c, json_t **result)
{
    (void)result;
    return submit_with_text(c, call_command(c), "message");
}

int rpc_group_simple(struct call *c, json_t **result)
{
    (void)result;
    return call_submit(c, call_command(c));
}

/* ---- Lists -------------------------------------------------------------- */

static bool is_online(const struct rpc *r, const char *user_id)
{
    return sessions_of_user(r->sessions, user_id) != NULL;
}

static size_t online_members(const struct rpc *r, const char *group_id)
{
    const struct record_member *m;
    size_t cursor = 0;
    size_t n = 0;

    while ((m = registry_group_next(r->registry, group_id, RECORD_MEMBER,
                                    &cursor))) {
        n += is_online(r, m->user_id);
    }
    return n;
}

/* What a user may read beside his role: his own message, or why not. */
static const char *own_note(const struct rpc *r, const char *group_id,
                            const char *user_id, enum role role)
{
    if (role == ROLE_PENDING) {
        return registry_request(r->registry, group_id, user_id)->message;
    }
    if (role == ROLE_REJECTED) {
        return registry_rejection(r->registry, group_id, user_id)->reason;
    }
    return "";
}

static json_t *group_json(const struct call *c, const struct record_group *g,
                          enum role role)
{
    struct registry *r = c->rpc->registry;
    size_t requests = 0;
    json_t *one;

    if (role >= ROLE_ADMIN) {
        requests = registry_group_count(r, g->id, RECORD_REQUEST);
    }
    one = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "group", g->name,
        "group_id", g->id, "owner", call_user_name(c->rpc, g->owner_id), "role",
        role_word(role), "note",
        own_note(c->rpc, g->id, c->session->user_id, role), "members",
        (json_int_t)registry_group_count(r, g->id, RECORD_MEMBER), "online",
        (json_int_t)online_members(c->rpc, g->id), "items",
        (json_int_t)registry_group_count(r, g->id, RECORD_ITEM), "requests",
        (json_int_t)requests, "created", (json_int_t)g->created);
    if (role >= ROLE_READER) {
        json_object_set_new(one, "bytes",
                            json_integer(registry_group_bytes(r, g->id)));
        json_object_set_new(one, "key",
                            json_string(registry_group_key(r, g->id)));
    }
    return one;
}

int rpc_group_list(struct call *c, json_t **result)
{
    const struct registry *r = c->rpc->registry;
    const struct record_group *g;
    bool mine = false;
    json_t *list;
    size_t cursor = 0;

    if (jsonrpc_get_bool(c->params, "mine", &mine, &c->error) < 0) {
        return c->error.code;
    }
    list = json_array();
    while ((g = registry_next(r, RECORD_GROUP, &cursor))) {
        enum role role = registry_role(r, g->id, c->session->user_id);

        if (!mine || role >= ROLE_PENDING) {
            json_array_append_new(list, group_json(c, g, role));
        }
    }
    *result = json_pack("{s:o}", "groups", list);
    return 0;
}

/* Groups that who asks and who decides are both in. What else he is in is not
 * for the decider to know. */
static json_t *common_groups(const struct call *c, const char *user_id)
{
    const struct registry *r = c->rpc->registry;
    const struct record_member *m;
    json_t *names = json_array();
    size_t cursor = 0;

    while (json_array_size(names) < COMMON_MAX &&
           (m = registry_user_next(r, user_id, RECORD_MEMBER, &cursor))) {
        if (registry_member(r, m->group_id, c->session->user_id) != NULL) {
            json_array_append_new(
                names, json_string(registry_group(r, m->group_id)->name));
        }
    }
    return names;
}

static void add_requests(const struct call *c, const struct record_group *g,
                         json_t *list)
{
    const struct record_request *q;
    size_t cursor = 0;

    while ((q = registry_group_next(c->rpc->registry, g->id, RECORD_REQUEST,
                                    &cursor))) {
        const struct record_user *u =
            registry_user(c->rpc->registry, q->user_id);

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "group", g->name,
                            "user", call_user_name(c->rpc, q->user_id),
                            "message", q->message, "time", (json_int_t)q->time,
                            "created", (json_int_t)(u == NULL ? 0 : u->created),
                            "common", common_groups(c, q->user_id)));
    }
}

int rpc_group_requests(struct call *c, json_t **result)
{
    const struct registry *r = c->rpc->registry;
    const struct record_member *m;
    json_t *list = json_array();
    size_t cursor = 0;

    if (c->group != NULL) {
        add_requests(c, c->group, list);
    } else {
        while ((m = registry_user_next(r, c->session->user_id, RECORD_MEMBER,
                                       &cursor))) {
            if (m->role >= ROLE_ADMIN) {
                add_requests(c, registry_group(r, m->group_id), list);
            }
        }
    }
    *result = json_pack("{s:o}", "requests", list);
    return 0;
}

static json_t *member_json(const struct call *c, const struct record_member *m)
{
    bool online = is_online(c->rpc, m->user_id);
    json_t *one = json_pack(
        "{s:s, s:s, s:s, s:I, s:b, s:s}", "user",
        call_user_name(c->rpc, m->user_id), "user_id", m->user_id, "role",
        role_word((enum role)m->role), "since", (json_int_t)m->since, "online",
        (int)online, "key",
        registry_member_key(c->rpc->registry, m->group_id, m->user_id));
    int64_t seen = sessions_seen(c->rpc->sessions, m->user_id);

    if (!online && seen > 0) {
        json_object_set_new(one, "seen", json_integer(seen));
    }
    return one;
}

int rpc_group_members(struct call *c, json_t **result)
{
    const struct record_member *m;
    json_t *list = json_array();
    size_t cursor = 0;

    while ((m = registry_group_next(c->rpc->registry, c->group->id,
                                    RECORD_MEMBER, &cursor))) {
        json_array_append_new(list, member_json(c, m));
    }
    *result = json_pack("{s:o}", "members", list);
    return 0;
}

int rpc_group_denied(struct call *c, json_t **result)
{
    const struct record_deny *d;
    json_t *list = json_array();
    size_t cursor = 0;

    while ((d = registry_group_next(c->rpc->registry, c->group->id, RECORD_DENY,
                                    &cursor))) {
        json_array_append_new(
            list,
            json_pack("{s:s, s:I, s:s*}", "user_id", d->user_id, "since",
                      (json_int_t)d->since, "signature",
                      groupkey_sign_deny(c->rpc->signer, c->rpc->cluster_key,
                                         c->group, d)));
    }
    *result = json_pack("{s:I, s:o}", "epoch", (json_int_t)c->group->epoch,
                        "users", list);
    return 0;
}

/* ---- Membership --------------------------------------------------------- */

/* A command about the user of parameter "user", or NULL and refused. */
static struct command *user_command(struct call *c)
{
    const struct record_user *u = call_user(c);
    struct command *command;

    if (u == NULL) {
        return NULL;
    }
    command = call_command(c);
    memcpy(command->user_id, u->id, sizeof(command->user_id));
    return command;
}

static int submit_with_role(struct call *c, bool is_required)
{
    struct command *command;
    const char *word = NULL;
    enum role role = ROLE_MEMBER;

    if (jsonrpc_get_text(c->params, "role", is_required, 16, &word, &c->error) <
        0) {
        return c->error.code;
    }
    if (word != NULL) {
        role = role_from_word(word);
    }
    if (role == ROLE_NONE) {
        return call_refuse(c, P2P_EINVAL, "no such role");
    }
    command = user_command(c);
    if (command == NULL) {
        return c->error.code;
    }
    command->role = role;
    return call_submit(c, command);
}

int rpc_group_accept(struct call *c, json_t **result)
{
    (void)result;
    return submit_with_role(c, false);
}

int rpc_group_set_role(struct call *c, json_t **result)
{
    (void)result;
    return submit_with_role(c, true);
}

int rpc_group_of_user(struct call *c, json_t **result)
{
    struct command *command = user_command(c);

    (void)result;
    return command == NULL ? c->error.code : call_submit(c, command);
}

int rpc_group_reject(struct call *c, json_t **result)
{
    struct command *command = user_command(c);

    (void)result;
    return command == NULL ? c->error.code
                           : submit_with_text(c, command, "reason");
}

/* ---- Certificates ------------------------------------------------------- */

static json_t *finish_certificate(struct call_later *later, struct session *s,
                                  const char *outcome)
{
    const struct record_group *g =
        registry_group(later->rpc->registry, later->group_id);

    (void)s;
    (void)outcome;
    return json_pack("{s:s, s:s, s:I, s:s}", "cert", later->text, "root",
                     g == NULL ? "" : g->root_pem, "not_after",
                     (json_int_t)later->number, "group_id", later->group_id);
}

/* Who was removed and taken back gets a certificate that begins after the
 * removal, so that peers do not take it for an old one. */
static int64_t begin_of(const struct call *c, int64_t now)
{
    const struct record_deny *d =
        registry_deny(c->rpc->registry, c->group->id, c->session->user_id);
    int64_t begin = now - CERT_BACKDATE;

    return d != NULL && d->since > begin ? d->since : begin;
}

static int sign(struct call *c, const char *request,
                const struct cert_member *m, char **pem, char key[RECORD_HASH])
{
    uint8_t pin[CERT_PIN_SIZE];
    struct key *k = NULL;
    struct cert *root = NULL;
    struct cert *leaf = NULL;
    int rv = groupkey_open(c->rpc->cluster_key, c->group, &k, &c->error);

    if (rv == 0) {
        rv = cert_from_pem(c->group->root_pem, &root, &c->error);
    }
    if (rv == 0) {
        rv = cert_sign_member(k, root, request, m, &leaf, &c->error);
    }
    if (rv == 0) {
        *pem = cert_to_pem(leaf);
        cert_key_pin(leaf, pin);
        hex_encode(pin, sizeof(pin), key);
    }
    cert_free(leaf);
    cert_free(root);
    key_free(k);
    return rv;
}

int rpc_group_certificate(struct call *c, json_t **result)
{
    struct cert_member m = {c->session->user, c->session->user_id, 0, 0, {0}};
    const char *request = NULL;
    struct call_later *later;
    struct command *command;
    char *pem = NULL;
    int rv;

    (void)result;
    rv = jsonrpc_get_text(c->params, "csr", true, CERT_PEM_MAX, &request,
                          &c->error);
    if (rv < 0) {
        return rv;
    }
    command = call_command(c);
    m.not_before = begin_of(c, command->time);
    m.not_after = command->time + PLAN_CERTIFICATE_LIFE;
    random_fill(m.serial, sizeof(m.serial));
    m.serial[0] &= 0x7f; /* a positive number (RFC 5280) */
    rv = sign(c, request, &m, &pem, command->hash);
    if (rv < 0) {
        command_free(command);
        return rv;
    }
    hex_encode(m.serial, SERIAL_SIZE, command->serial);
    command->until = m.not_after;
    later = call_defer(c);
    later->finish = finish_certificate;
    later->text = pem;
    later->number = m.not_after;
    memcpy(later->group_id, c->group->id, sizeof(later->group_id));
    call_submit_later(later, command);
    return CALL_LATER;
}
