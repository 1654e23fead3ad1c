#include "config.h"

#include "tracker/rpc_account.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/password.h"
#include "crypto/random.h"
#include "crypto/sha256.h"
#include "tracker/call.h"
#include "tracker/ledger.h"
#include "tracker/notify.h"
#include "tracker/swarmdb.h"
#include "tracker/throttle.h"
#include "tracker/worker.h"
#include "util/clock.h"
#include "util/hex.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/jsonrpc.h"

enum { PROTOCOL = 1, TOKEN_SIZE = 32, RETRY_BUSY = 2 /* seconds */ };

int rpc_server_hello(struct call *c, json_t **result)
{
    *result = json_pack("{s:s, s:s, s:i, s:I, s:s, s:s}", "name", "p2p-tracker",
                        "version", PACKAGE_VERSION, "protocol", PROTOCOL,
                        "time", (json_int_t)clock_wall(), "tracker",
                        c->rpc->pin, "address", c->session->address);
    return 0;
}

int rpc_server_ping(struct call *c, json_t **result)
{
    (void)c;
    *result = json_pack("{s:I}", "time", (json_int_t)clock_wall());
    return 0;
}

/* ---- Parameters --------------------------------------------------------- */

/* A password that may be chosen. */
static int get_new_password(struct call *c, const char *name, const char **out)
{
    int rv =
        jsonrpc_get_text(c->params, name, true, PASSWORD_MAX, out, &c->error);

    if (rv == 0 && strlen(*out) < PASSWORD_MIN) {
        return call_refuse(c, P2P_EINVAL,
                           "a password has at least %d characters",
                           PASSWORD_MIN);
    }
    return rv;
}

static void digest_of(const char *token_hex, char out[RECORD_HASH])
{
    uint8_t token[TOKEN_SIZE];
    uint8_t digest[SHA256_SIZE];

    out[0] = '\0';
    if (hex_decode(token_hex, token, sizeof(token)) == 0) {
        sha256_digest(token, sizeof(token), digest);
        hex_encode(digest, sizeof(digest), out);
    }
    mem_wipe(token, sizeof(token));
}

/* Give a job to the worker; on P2P_EBUSY nothing is left of it. */
static int start_job(struct call *c, struct worker_job *job,
                     struct call_later *later)
{
    if (worker_submit(c->rpc->worker, job) == 0) {
        return CALL_LATER;
    }
    worker_job_free(job);
    c->rpc->throttled++;
    call_later_error(later, P2P_EBUSY, "busy with other logins; try again",
                     RETRY_BUSY);
    return CALL_LATER;
}

/* ---- New accounts ------------------------------------------------------- */

static void on_created(struct worker_job *job)
{
    struct call_later *later = job->arg;
    struct command *command;

    if (job->code < 0) {
        call_later_error(later, job->code, err_text(job->code), 0);
        return;
    }
    command = command_new(COMMAND_USER_CREATE, clock_wall());
    memcpy(command->op, later->op, sizeof(command->op));
    command->name = mem_strdup(later->text);
    command->password = mem_strdup(job->made);
    random_hex((RECORD_ID - 1) / 2, command->user_id);
    call_submit_later(later, command);
}

int rpc_account_create(struct call *c, json_t **result)
{
    const char *user = NULL;
    const char *password = NULL;
    struct worker_job *job;
    int64_t wait;

    (void)result;
    if (jsonrpc_get_text(c->params, "user", true, TEXT_NAME_MAX, &user,
                         &c->error) < 0 ||
        get_new_password(c, "password", &password) < 0) {
        return c->error.code;
    }
    if (!text_is_name(user)) {
        return call_refuse(c, P2P_EINVAL, "the name is not valid");
    }
    wait = throttle_account(c->rpc->throttle, c->session->host, clock_now_ms());
    if (wait > 0) {
        c->rpc->throttled++;
        return call_refuse_for_now(c, wait);
    }
    if (registry_user_twin(c->rpc->registry, user) != NULL) {
        return call_refuse(c, P2P_EEXIST, "the name is taken");
    }
    job = worker_job_new(on_created, call_defer(c));
    ((struct call_later *)job->arg)->text = mem_strdup(user);
    job->password = mem_strdup(password);
    return start_job(c, job, job->arg);
}

/* ---- Log in ------------------------------------------------------------- */

static void enter(struct rpc *r, struct session *s, const char *user_id,
                  const char *token)
{
    if (s->is_logged_in && strcmp(s->user_id, user_id) != 0) {
        notify_log_out(r->notify, s);
    }
    if (sessions_log_in(r->sessions, s, user_id, call_user_name(r, user_id),
                        token)) {
        notify_presence(r->notify, user_id);
    }
}

static json_t *finish_login(struct call_later *later, struct session *s,
                            const char *outcome)
{
    char digest[RECORD_HASH];

    (void)outcome;
    digest_of(later->secret, digest);
    enter(later->rpc, s, later->user_id, digest);
    return json_pack("{s:s, s:s, s:s, s:I}", "token", later->secret, "user",
                     s->user, "user_id", later->user_id, "expires",
                     (json_int_t)later->number);
}

static void on_verified(struct worker_job *job)
{
    struct call_later *later = job->arg;
    struct rpc *r = later->rpc;
    const struct session *s = sessions_get(r->sessions, later->session_id);
    struct command *command;
    char token[2 * TOKEN_SIZE + 1];

    if (job->code == P2P_ECANCELED || s == NULL) {
        call_later_error(later, P2P_ECANCELED, err_text(P2P_ECANCELED), 0);
        return;
    }
    if (job->code < 0 || later->user_id[0] == '\0') {
        r->login_failures++;
        call_later_error(later, P2P_EAUTH, err_text(P2P_EAUTH), 0);
        return;
    }
    throttle_login_was_right(r->throttle, later->text, s->host, clock_now_ms());
    r->logins++;
    random_hex(TOKEN_SIZE, token);
    later->secret = mem_strdup(token);
    later->finish = finish_login;
    command = command_new(COMMAND_TOKEN_PUT, clock_wall());
    memcpy(command->user_id, later->user_id, sizeof(command->user_id));
    digest_of(token, command->token);
    command->text = mem_strdup(job->hash);
    if (job->made[0] != '\0') {
        command->password = mem_strdup(job->made);
    }
    command->until = command->time + CALL_TOKEN_LIFE;
    later->number = command->until;
    mem_wipe(token, sizeof(token));
    call_submit_later(later, command);
}

int rpc_account_login(struct call *c, json_t **result)
{
    const struct record_user *u;
    const char *user = NULL;
    const char *password = NULL;
    struct call_later *later;
    struct worker_job *job;
    int64_t wait;

    (void)result;
    if (jsonrpc_get_text(c->params, "user", true, TEXT_NAME_MAX, &user,
                         &c->error) < 0 ||
        jsonrpc_get_text(c->params, "password", true, PASSWORD_MAX, &password,
                         &c->error) < 0) {
        return c->error.code;
    }
    wait = throttle_login(c->rpc->throttle, user, c->session->host,
                          clock_now_ms());
    if (wait > 0) {
        c->rpc->throttled++;
        return call_refuse_for_now(c, wait);
    }
    u = registry_user_named(c->rpc->registry, user);
    later = call_defer(c);
    later->text = mem_strdup(user);
    if (u != NULL) {
        memcpy(later->user_id, u->id, sizeof(later->user_id));
    }
    job = worker_job_new(on_verified, later);
    job->password = mem_strdup(password);
    job->hash = mem_strdup(u != NULL ? u->password : password_decoy());
    return start_job(c, job, later);
}

static void prolong(struct rpc *r, const struct record_token *t, int64_t now)
{
    struct command *command = command_new(COMMAND_TOKEN_PUT, now);

    memcpy(command->user_id, t->user_id, sizeof(command->user_id));
    memcpy(command->token, t->digest, sizeof(command->token));
    command->until = now + CALL_TOKEN_LIFE;
    ledger_submit(r->ledger, command, NULL, NULL);
}

int rpc_account_resume(struct call *c, json_t **result)
{
    const struct record_token *t;
    uint8_t token[TOKEN_SIZE];
    char hex[2 * TOKEN_SIZE + 1];
    char digest[RECORD_HASH];
    int64_t now = clock_wall();

    if (jsonrpc_get_hex(c->params, "token", token, sizeof(token), &c->error) <
        0) {
        return c->error.code;
    }
    hex_encode(token, sizeof(token), hex);
    digest_of(hex, digest);
    mem_wipe(token, sizeof(token));
    mem_wipe(hex, sizeof(hex));
    t = registry_token(c->rpc->registry, digest);
    if (t == NULL || t->expires <= now) {
        return call_refuse(c, P2P_ENOTLOGIN, "the session has ended; log in");
    }
    enter(c->rpc, c->session, t->user_id, digest);
    if (t->expires - now < CALL_TOKEN_LIFE / 2) {
        prolong(c->rpc, t, now);
    }
    *result = json_pack("{s:s, s:s, s:I}", "user", c->session->user, "user_id",
                        t->user_id, "expires", (json_int_t)t->expires);
    return 0;
}

int rpc_account_logout(struct call *c, json_t **result)
{
    struct command *command = call_command(c);

    (void)result;
    memcpy(command->token, c->session->token, sizeof(command->token));
    return call_submit(c, command);
}

/* ---- The own account ---------------------------------------------------- */

static void on_passwd(struct worker_job *job)
{
    struct call_later *later = job->arg;
    struct rpc *r = later->rpc;
    const struct session *s = sessions_get(r->sessions, later->session_id);
    struct command *command;

    if (job->code < 0 || s == NULL || !s->is_logged_in) {
        int code = job->code < 0 ? job->code : P2P_ECANCELED;

        r->login_failures += code == P2P_EAUTH;
        call_later_error(later, code, err_text(code), 0);
        return;
    }
    throttle_login_was_right(r->throttle, s->user, s->host, clock_now_ms());
    command = command_new(COMMAND_PASSWD, clock_wall());
    memcpy(command->op, later->op, sizeof(command->op));
    memcpy(command->actor_id, later->user_id, sizeof(command->actor_id));
    memcpy(command->token, s->token, sizeof(command->token));
    command->text = mem_strdup(job->hash);
    command->password = mem_strdup(job->made);
    call_submit_later(later, command);
}

int rpc_account_passwd(struct call *c, json_t **result)
{
    const struct record_user *u =
        registry_user(c->rpc->registry, c->session->user_id);
    const char *old = NULL;
    const char *fresh = NULL;
    struct call_later *later;
    struct worker_job *job;
    int64_t wait;

    (void)result;
    if (jsonrpc_get_text(c->params, "old", true, PASSWORD_MAX, &old,
                         &c->error) < 0 ||
        get_new_password(c, "new", &fresh) < 0) {
        return c->error.code;
    }
    wait = throttle_login(c->rpc->throttle, u->name, c->session->host,
                          clock_now_ms());
    if (wait > 0) {
        c->rpc->throttled++;
        return call_refuse_for_now(c, wait);
    }
    later = call_defer(c);
    memcpy(later->user_id, u->id, sizeof(later->user_id));
    job = worker_job_new(on_passwd, later);
    job->password = mem_strdup(old);
    job->fresh = mem_strdup(fresh);
    job->hash = mem_strdup(u->password);
    return start_job(c, job, later);
}

int rpc_account_whoami(struct call *c, json_t **result)
{
    const struct record_user *u =
        registry_user(c->rpc->registry, c->session->user_id);
    const struct record_token *t =
        registry_token(c->rpc->registry, c->session->token);

    *result = json_pack(
        "{s:s, s:s, s:I, s:I, s:I}", "user", u->name, "user_id", u->id,
        "created", (json_int_t)u->created, "expires", (json_int_t)t->expires,
        "sessions",
        (json_int_t)registry_user_count(c->rpc->registry, u->id, RECORD_TOKEN));
    return 0;
}
