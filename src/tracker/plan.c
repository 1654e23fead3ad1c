#include "config.h"

#include "tracker/plan.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/command.h"
#include "tracker/registry.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/text.h"

/* One decision in the making. */
struct plan {
    const struct registry *r;
    const struct command *c;
    uint64_t index;
    struct effects *out;
    struct err *e;
    const struct record_group *group; /* of c->group_id, or NULL */
    enum role role;                   /* of the actor in that group */
};

static const char *text_or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static void copy_id(char to[RECORD_ID], const char from[RECORD_ID])
{
    memcpy(to, from, RECORD_ID);
}

static void set_outcome(struct plan *p, const char *text)
{
    snprintf(p->out->outcome, sizeof(p->out->outcome), "%s", text);
}

/* Refuse all certificates of a user that were issued until now. */
static void put_deny(struct plan *p, const char *user_id)
{
    struct record_group *g = record_copy(RECORD_GROUP, p->group);
    struct record_deny *d = record_new(RECORD_DENY);

    g->epoch++;
    copy_id(d->group_id, p->group->id);
    copy_id(d->user_id, user_id);
    d->since = p->c->time + 1; /* one issued in this very second counts too */
    d->epoch = g->epoch;
    effects_put(p->out, RECORD_GROUP, g);
    effects_put(p->out, RECORD_DENY, d);
}

static void put_member(struct plan *p, const char *user_id, enum role role,
                       int64_t since)
{
    struct record_member *m = record_new(RECORD_MEMBER);

    copy_id(m->group_id, p->c->group_id);
    copy_id(m->user_id, user_id);
    m->role = role;
    m->since = since;
    effects_put(p->out, RECORD_MEMBER, m);
}

/* ---- Accounts ----------------------------------------------------------- */

static int plan_user_create(struct plan *p)
{
    const struct command *c = p->c;
    struct record_user *u;

    if (!text_is_name(text_or_empty(c->name))) {
        return err_set(p->e, P2P_EINVAL, "the name is not valid");
    }
    if (registry_user_twin(p->r, c->name) != NULL) {
        return err_set(p->e, P2P_EEXIST, "the name is taken");
    }
    if (registry_count(p->r, RECORD_USER) >= PLAN_USERS) {
        return err_set(p->e, P2P_EFULL, "there are too many accounts");
    }
    if (registry_user(p->r, c->user_id) != NULL || c->password == NULL) {
        return err_set(p->e, P2P_EINVAL, "the account is not valid");
    }
    u = record_new(RECORD_USER);
    copy_id(u->id, c->user_id);
    record_set_text(&u->name, c->name);
    record_set_text(&u->password, c->password);
    u->created = c->time;
    effects_put(p->out, RECORD_USER, u);
    set_outcome(p, c->user_id);
    return 0;
}

static const struct record_token *oldest_token(const struct plan *p)
{
    const struct record_token *oldest = NULL;
    const struct record_token *t;
    size_t cursor = 0;

    while (
        (t = registry_user_next(p->r, p->c->user_id, RECORD_TOKEN, &cursor))) {
        if (oldest == NULL || t->created < oldest->created ||
            (t->created == oldest->created &&
             strcmp(t->digest, oldest->digest) < 0)) {
            oldest = t;
        }
    }
    return oldest;
}

static int plan_token_put(struct plan *p)
{
    const struct command *c = p->c;
    const struct record_user *u = registry_user(p->r, c->user_id);
    const struct record_token *before = registry_token(p->r, c->token);
    struct record_token *t;

    /* c->text is the hash that the password fitted; another one stands here
     * when the password was changed meanwhile. */
    if (u == NULL || (c->text != NULL && strcmp(c->text, u->password) != 0)) {
        return err_set(p->e, P2P_EAUTH, "%s", err_text(P2P_EAUTH));
    }
    if (before != NULL && strcmp(before->user_id, u->id) != 0) {
        return err_set(p->e, P2P_EINVAL, "the token is not valid");
    }
    /* To prolong needs a token that is still there: a logout wins. */
    if (before == NULL && c->text == NULL) {
        return err_set(p->e, P2P_ENOTLOGIN, "%s", err_text(P2P_ENOTLOGIN));
    }
    if (before == NULL && registry_user_count(p->r, u->id, RECORD_TOKEN) >=
                              PLAN_TOKENS_PER_USER) {
        effects_drop(p->out, RECORD_TOKEN, oldest_token(p));
    }
    t = record_new(RECORD_TOKEN);
    memcpy(t->digest, c->token, RECORD_HASH);
    copy_id(t->user_id, u->id);
    t->created = before == NULL ? c->time : before->created;
    t->expires = c->until;
    effects_put(p->out, RECORD_TOKEN, t);
    if (c->password != NULL) { /* the same password under today's parameters */
        struct record_user *changed = record_copy(RECORD_USER, u);

        record_set_text(&changed->password, c->password);
        effects_put(p->out, RECORD_USER, changed);
    }
    return 0;
}

static int plan_token_drop(struct plan *p)
{
    const struct record_token *t = registry_token(p->r, p->c->token);

    if (t != NULL) {
        effects_drop(p->out, RECORD_TOKEN, t);
    }
    return 0;
}

static int plan_passwd(struct plan *p)
{
    const struct command *c = p->c;
    const struct record_user *u = registry_user(p->r, c->actor_id);
    const struct record_token *t;
    struct record_user *changed;
    size_t cursor = 0;

    if (u == NULL || c->password == NULL ||
        strcmp(text_or_empty(c->text), u->password) != 0) {
        return err_set(p->e, P2P_EAUTH, "%s", err_text(P2P_EAUTH));
    }
    changed = record_copy(RECORD_USER, u);
    record_set_text(&changed->password, c->password);
    effects_put(p->out, RECORD_USER, changed);
    while ((t = registry_user_next(p->r, u->id, RECORD_TOKEN, &cursor))) {
        if (strcmp(t->digest, c->token) != 0) {
            effects_drop(p->out, RECORD_TOKEN, t);
        }
    }
    return 0;
}

/* ---- Groups ------------------------------------------------------------- */

static size_t groups_owned(const struct plan *p, const char *user_id)
{
    const struct record_member *m;
    size_t cursor = 0;
    size_t n = 0;

    while ((m = registry_user_next(p->r, user_id, RECORD_MEMBER, &cursor))) {
        n += m->role == ROLE_OWNER;
    }
    return n;
}

static int plan_group_create(struct plan *p)
{
    const struct command *c = p->c;
    struct record_group *g;

    if (!text_is_name(text_or_empty(c->name))) {
        return err_set(p->e, P2P_EINVAL, "the name is not valid");
    }
    if (registry_group_twin(p->r, c->name) != NULL) {
        return err_set(p->e, P2P_EEXIST, "there is a group of this name");
    }
    if (groups_owned(p, c->actor_id) >= PLAN_GROUPS_PER_USER) {
        return err_set(p->e, P2P_EFULL, "you own %d groups already",
                       PLAN_GROUPS_PER_USER);
    }
    if (p->group != NULL || c->root_pem == NULL || c->blob.size == 0) {
        return err_set(p->e, P2P_EINVAL, "the group is not valid");
    }
    g = record_new(RECORD_GROUP);
    copy_id(g->id, c->group_id);
    copy_id(g->owner_id, c->actor_id);
    record_set_text(&g->name, c->name);
    record_set_text(&g->root_pem, c->root_pem);
    record_set_blob(&g->sealed_key, c->blob.data, c->blob.size);
    g->created = c->time;
    effects_put(p->out, RECORD_GROUP, g);
    put_member(p, c->actor_id, ROLE_OWNER, c->time);
    set_outcome(p, c->group_id);
    return 0;
}

static int plan_join(struct plan *p)
{
    const struct command *c = p->c;
    const struct record_rejection *no =
        registry_rejection(p->r, c->group_id, c->actor_id);
    struct record_request *q;

    if (p->role >= ROLE_READER) {
        return err_set(p->e, P2P_EEXIST, "you are a member already");
    }
    if (p->role == ROLE_PENDING) {
        return err_set(p->e, P2P_EEXIST, "your request is waiting already");
    }
    if (no != NULL && no->until > c->time) {
        return err_set(p->e, P2P_EACCES,
                       "your request was rejected; ask again in %d minutes",
                       (int)((no->until - c->time + 59) / 60));
    }
    if (strlen(text_or_empty(c->text)) > PLAN_MESSAGE_MAX) {
        return err_set(p->e, P2P_ETOOBIG, "the message is too long");
    }
    if (registry_user_count(p->r, c->actor_id, RECORD_REQUEST) >=
            PLAN_PENDING_PER_USER ||
        registry_group_count(p->r, c->group_id, RECORD_REQUEST) >=
            PLAN_REQUESTS_PER_GROUP) {
        return err_set(p->e, P2P_EFULL, "too many requests are waiting");
    }
    if (no != NULL) {
        effects_drop(p->out, RECORD_REJECTION, no);
    }
    q = record_new(RECORD_REQUEST);
    copy_id(q->group_id, c->group_id);
    copy_id(q->user_id, c->actor_id);
    record_set_text(&q->message, c->text);
    q->time = c->time;
    effects_put(p->out, RECORD_REQUEST, q);
    return 0;
}

static int plan_accept(struct plan *p)
{
    const struct command *c = p->c;
    const struct record_request *q =
        registry_request(p->r, c->group_id, c->user_id);
    enum role role = c->role == 0 ? ROLE_MEMBER : (enum role)c->role;

    if (role != ROLE_READER && role != ROLE_MEMBER) {
        return err_set(p->e, P2P_EINVAL, "the role must be reader or member");
    }
    if (q == NULL) {
        return err_set(p->e, P2P_ENOENT, "there is no such request");
    }
    if (registry_group_count(p->r, c->group_id, RECORD_MEMBER) >=
        PLAN_MEMBERS_PER_GROUP) {
        return err_set(p->e, P2P_EFULL, "the group is full");
    }
    effects_drop(p->out, RECORD_REQUEST, q);
    put_member(p, c->user_id, role, c->time);
    return 0;
}

static int plan_reject(struct plan *p)
{
    const struct command *c = p->c;
    const struct record_request *q =
        registry_request(p->r, c->group_id, c->user_id);
    struct record_rejection *no;

    if (q == NULL) {
        return err_set(p->e, P2P_ENOENT, "there is no such request");
    }
    if (strlen(text_or_empty(c->text)) > PLAN_MESSAGE_MAX) {
        return err_set(p->e, P2P_ETOOBIG, "the reason is too long");
    }
    effects_drop(p->out, RECORD_REQUEST, q);
    no = record_new(RECORD_REJECTION);
    copy_id(no->group_id, c->group_id);
    copy_id(no->user_id, c->user_id);
    record_set_text(&no->reason, c->text);
    no->until = c->time + PLAN_COOL_DOWN;
    effects_put(p->out, RECORD_REJECTION, no);
    return 0;
}

static int plan_leave(struct plan *p)
{
    const struct command *c = p->c;

    if (p->role == ROLE_OWNER) {
        return err_set(p->e, P2P_EACCES,
                       "hand the group over or delete it first");
    }
    if (p->role == ROLE_PENDING) {
        effects_drop(p->out, RECORD_REQUEST,
                     registry_request(p->r, c->group_id, c->actor_id));
        return 0;
    }
    if (p->role < ROLE_READER) {
        return err_set(p->e, P2P_ENOENT, "you are not a member of this group");
    }
    effects_drop(p->out, RECORD_MEMBER,
                 registry_member(p->r, c->group_id, c->actor_id));
    put_deny(p, c->actor_id);
    return 0;
}

static int plan_set_role(struct plan *p)
{
    const struct command *c = p->c;
    const struct record_member *m =
        registry_member(p->r, c->group_id, c->user_id);

    if (c->role != ROLE_READER && c->role != ROLE_MEMBER &&
        c->role != ROLE_ADMIN) {
        return err_set(p->e, P2P_EINVAL,
                       "the role must be reader, member or admin");
    }
    if (m == NULL) {
        return err_set(p->e, P2P_ENOENT, "no such member");
    }
    if (m->role == ROLE_OWNER) {
        return err_set(p->e, P2P_EACCES, "hand the group over instead");
    }
    if (p->role == ROLE_ADMIN &&
        (c->role == ROLE_ADMIN || m->role == ROLE_ADMIN)) {
        return err_set(p->e, P2P_EACCES, "only the owner decides about admins");
    }
    put_member(p, c->user_id, (enum role)c->role, m->since);
    return 0;
}

static int plan_transfer(struct plan *p)
{
    const struct command *c = p->c;
    const struct record_member *to =
        registry_member(p->r, c->group_id, c->user_id);
    const struct record_member *from =
        registry_member(p->r, c->group_id, c->actor_id);
    struct record_group *g;

    if (to == NULL) {
        return err_set(p->e, P2P_ENOENT, "no such member");
    }
    if (to == from) {
        return err_set(p->e, P2P_EINVAL, "you own the group already");
    }
    if (groups_owned(p, c->user_id) >= PLAN_GROUPS_PER_USER) {
        return err_set(p->e, P2P_EFULL, "the new owner has %d groups already",
                       PLAN_GROUPS_PER_USER);
    }
    g = record_copy(RECORD_GROUP, p->group);
    copy_id(g->owner_id, c->user_id);
    effects_put(p->out, RECORD_GROUP, g);
    put_member(p, c->user_id, ROLE_OWNER, to->since);
    put_member(p, c->actor_id, ROLE_ADMIN, from->since);
    return 0;
}

static int plan_remove(struct plan *p)
{
    const struct command *c = p->c;
    const struct record_member *m =
        registry_member(p->r, c->group_id, c->user_id);

    if (m == NULL) {
        return err_set(p->e, P2P_ENOENT, "no such member");
    }
    if (m->role == ROLE_OWNER || (enum role)m->role >= p->role) {
        return err_set(p->e, P2P_EACCES,
                       m->role == ROLE_OWNER ? "you cannot remove the owner"
                                             : "you cannot remove an admin");
    }
    effects_drop(p->out, RECORD_MEMBER, m);
    put_deny(p, c->user_id);
    return 0;
}

static void drop_all_of_group(struct plan *p, enum record_kind kind)
{
    const void *record;
    size_t cursor = 0;

    while (
        (record = registry_group_next(p->r, p->c->group_id, kind, &cursor))) {
        effects_drop(p->out, kind, record);
    }
}

static int plan_group_delete(struct plan *p)
{
    const struct record_serial *s;
    size_t cursor = 0;

    while ((s = registry_next(p->r, RECORD_SERIAL, &cursor))) {
        if (strcmp(s->group_id, p->c->group_id) == 0) {
            effects_drop(p->out, RECORD_SERIAL, s);
        }
    }
    drop_all_of_group(p, RECORD_ITEM);
    drop_all_of_group(p, RECORD_REQUEST);
    drop_all_of_group(p, RECORD_REJECTION);
    drop_all_of_group(p, RECORD_DENY);
    drop_all_of_group(p, RECORD_MEMBER);
    effects_drop(p->out, RECORD_GROUP, p->group);
    return 0;
}

static const struct record_serial *first_serial(const struct plan *p)
{
    const struct record_serial *first = NULL;
    const struct record_serial *s;
    size_t cursor = 0;

    while ((
        s = registry_user_next(p->r, p->c->actor_id, RECORD_SERIAL, &cursor))) {
        if (first == NULL || s->not_after < first->not_after ||
            (s->not_after == first->not_after &&
             strcmp(s->serial, first->serial) < 0)) {
            first = s;
        }
    }
    return first;
}

static int plan_serial(struct plan *p)
{
    const struct command *c = p->c;
    struct record_serial *s;

    if (c->serial[0] == '\0' || registry_serial(p->r, c->serial) != NULL) {
        return err_set(p->e, P2P_EINVAL, "the serial number is not new");
    }
    if (registry_user_count(p->r, c->actor_id, RECORD_SERIAL) >=
        PLAN_SERIALS_PER_USER) {
        effects_drop(p->out, RECORD_SERIAL, first_serial(p));
    }
    s = record_new(RECORD_SERIAL);
    copy_id(s->serial, c->serial);
    copy_id(s->group_id, c->group_id);
    copy_id(s->user_id, c->actor_id);
    s->not_after = c->until;
    memcpy(s->key, c->hash, sizeof(s->key));
    effects_put(p->out, RECORD_SERIAL, s);
    return 0;
}

/* ---- Items -------------------------------------------------------------- */

static int plan_publish(struct plan *p)
{
    const struct command *c = p->c;
    struct record_item *i;

    if (c->name == NULL || !text_is_component(c->name, strlen(c->name)) ||
        c->hash[0] == '\0' || c->blob.size == 0) {
        return err_set(p->e, P2P_EINVAL, "the item is not valid");
    }
    if (registry_item(p->r, c->group_id, c->name) != NULL) {
        return err_set(p->e, P2P_EEXIST,
                       "the group has an item of this name already");
    }
    if (registry_item_hashed(p->r, c->hash) != NULL) {
        return err_set(p->e, P2P_EEXIST, "this item is published already");
    }
    if (registry_group_count(p->r, c->group_id, RECORD_ITEM) >=
        PLAN_ITEMS_PER_GROUP) {
        return err_set(p->e, P2P_EFULL, "the group has %d items already",
                       PLAN_ITEMS_PER_GROUP);
    }
    i = record_new(RECORD_ITEM);
    copy_id(i->group_id, c->group_id);
    record_set_text(&i->name, c->name);
    memcpy(i->hash, c->hash, RECORD_HASH);
    i->size = c->size;
    copy_id(i->publisher_id, c->actor_id);
    i->time = c->time;
    i->is_directory = c->is_directory;
    i->piece_length = c->piece_length;
    i->pieces = c->pieces;
    record_set_blob(&i->info, c->blob.data, c->blob.size);
    record_set_blob(&i->layers, c->layers.data, c->layers.size);
    effects_put(p->out, RECORD_ITEM, i);
    set_outcome(p, c->hash);
    return 0;
}

static int plan_unpublish(struct plan *p)
{
    const struct record_item *i =
        registry_item(p->r, p->c->group_id, text_or_empty(p->c->name));

    /* By its hash, too: another one may have got the name meanwhile. */
    if (i == NULL ||
        (p->c->hash[0] != '\0' && strcmp(i->hash, p->c->hash) != 0)) {
        return err_set(p->e, P2P_ENOENT, "no such item");
    }
    if (p->role < ROLE_ADMIN && strcmp(i->publisher_id, p->c->actor_id) != 0) {
        return err_set(p->e, P2P_EACCES,
                       "only the publisher, an admin or the owner may do this");
    }
    effects_drop(p->out, RECORD_ITEM, i);
    return 0;
}

/* ---- Housekeeping ------------------------------------------------------- */

static bool is_past(enum record_kind kind, const void *record, int64_t now)
{
    switch (kind) {
    case RECORD_TOKEN:
        return ((const struct record_token *)record)->expires <= now;
    case RECORD_REJECTION:
        return ((const struct record_rejection *)record)->until <= now;
    case RECORD_DENY:
        return ((const struct record_deny *)record)->since + PLAN_DENY_KEEP <=
               now;
    case RECORD_SERIAL:
        return ((const struct record_serial *)record)->not_after <= now;
    case RECORD_OP:
        return ((const struct record_op *)record)->time + PLAN_OP_KEEP <= now;
    case RECORD_USER:
    case RECORD_GROUP:
    case RECORD_MEMBER:
    case RECORD_REQUEST:
    case RECORD_ITEM:
    case RECORD_KINDS:
    default:
        return false;
    }
}

static int plan_expire(struct plan *p)
{
    int kind;

    for (kind = 0; kind < RECORD_KINDS; kind++) {
        size_t cursor = 0;
        const void *record;

        while ((record = registry_next(p->r, kind, &cursor))) {
            if (is_past(kind, record, p->c->time)) {
                effects_drop(p->out, kind, record);
            }
        }
    }
    return 0;
}

/* ---- The table ---------------------------------------------------------- */

struct rule {
    int (*plan)(struct plan *p);
    bool needs_actor;
    bool needs_group;
    enum role least; /* what the actor must be in the group */
};

static const struct rule rules[COMMAND_TYPES] = {
    [COMMAND_USER_CREATE] = {plan_user_create, false, false, ROLE_NONE},
    [COMMAND_TOKEN_PUT] = {plan_token_put, false, false, ROLE_NONE},
    [COMMAND_TOKEN_DROP] = {plan_token_drop, false, false, ROLE_NONE},
    [COMMAND_PASSWD] = {plan_passwd, true, false, ROLE_NONE},
    [COMMAND_GROUP_CREATE] = {plan_group_create, true, false, ROLE_NONE},
    [COMMAND_JOIN] = {plan_join, true, true, ROLE_NONE},
    [COMMAND_ACCEPT] = {plan_accept, true, true, ROLE_ADMIN},
    [COMMAND_REJECT] = {plan_reject, true, true, ROLE_ADMIN},
    [COMMAND_LEAVE] = {plan_leave, true, true, ROLE_NONE},
    [COMMAND_SET_ROLE] = {plan_set_role, true, true, ROLE_ADMIN},
    [COMMAND_TRANSFER] = {plan_transfer, true, true, ROLE_OWNER},
    [COMMAND_REMOVE] = {plan_remove, true, true, ROLE_ADMIN},
    [COMMAND_GROUP_DELETE] = {plan_group_delete, true, true, ROLE_OWNER},
    [COMMAND_PUBLISH] = {plan_publish, true, true, ROLE_MEMBER},
    [COMMAND_UNPUBLISH] = {plan_unpublish, true, true, ROLE_READER},
    [COMMAND_SERIAL] = {plan_serial, true, true, ROLE_READER},
    [COMMAND_EXPIRE] = {plan_expire, false, false, ROLE_NONE},
};

/* Who an operation id belongs to: ids of different users never meet. */
static char *subject_of(const struct command *c)
{
    if (c->type == COMMAND_USER_CREATE) {
        return mem_printf("name:%s", text_or_empty(c->name));
    }
    return mem_strdup(c->actor_id);
}

static int check_repeat(const struct plan *p)
{
    char *subject;
    const struct record_op *done;

    if (p->c->op[0] == '\0') {
        return 0;
    }
    subject = subject_of(p->c);
    done = registry_op(p->r, subject, p->c->op);
    free(subject);
    if (done == NULL) {
        return 0;
    }
    if (done->type != (int64_t)p->c->type) {
        return err_set(p->e, P2P_EINVAL,
                       "the operation id was used for something else");
    }
    snprintf(p->out->outcome, sizeof(p->out->outcome), "%s", done->outcome);
    return PLAN_REPEATED;
}

static void remember_op(struct plan *p)
{
    struct record_op *op;

    if (p->c->op[0] == '\0') {
        return;
    }
    if (registry_count(p->r, RECORD_OP) >= PLAN_OPS) {
        effects_drop(p->out, RECORD_OP, registry_oldest_op(p->r));
    }
    op = record_new(RECORD_OP);
    op->subject = subject_of(p->c);
    copy_id(op->op, p->c->op);
    op->type = p->c->type;
    record_set_text(&op->outcome, p->out->outcome);
    op->time = p->c->time;
    op->seq = (int64_t)p->index;
    effects_put(p->out, RECORD_OP, op);
}

static int check_rule(struct plan *p, const struct rule *rule)
{
    const struct command *c = p->c;

    if (rule->needs_actor && registry_user(p->r, c->actor_id) == NULL) {
        return err_set(p->e, P2P_ENOTLOGIN, "%s", err_text(P2P_ENOTLOGIN));
    }
    p->group = registry_group(p->r, c->group_id);
    if (rule->needs_group && p->group == NULL) {
        return err_set(p->e, P2P_ENOENT, "no such group");
    }
    if (p->group != NULL) {
        p->role = registry_role(p->r, c->group_id, c->actor_id);
    }
    if (p->role < rule->least) {
        return err_set(p->e, P2P_EACCES, "%s", err_text(P2P_EACCES));
    }
    return 0;
}

int plan_command(const struct registry *r, const struct command *c,
                 uint64_t index, struct effects *out, struct err *e)
{
    struct plan p = {r, c, index, out, e, NULL, ROLE_NONE};
    const struct rule *rule;
    int rv;

    effects_init(out);
    if (c->type >= COMMAND_TYPES || rules[c->type].plan == NULL) {
        return err_set(e, P2P_EINVAL, "unknown command");
    }
    rule = &rules[c->type];
    rv = check_repeat(&p);
    if (rv != 0) {
        return rv;
    }
    rv = check_rule(&p, rule);
    if (rv == 0) {
        rv = rule->plan(&p);
    }
    if (rv < 0) {
        effects_close(out);
        return rv;
    }
    remember_op(&p);
    return 0;
}
