#include "config.h"

#include "engine/accountcmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core.h"
#include "engine/profile.h"
#include "engine/server.h"
#include "engine/session.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

enum {
    ACCOUNT_PASSWORD_MIN = 8,    /* bytes; the tracker refuses shorter ones */
    ACCOUNT_PASSWORD_MAX = 1024, /* bytes */
};

/* A login under way; the password is needed once more after creating. */
struct login {
    struct core *core;
    uint64_t request;
    char *user;
    char *password;
};

static void login_free(struct login *l)
{
    free(l->user);
    mem_free_secret(l->password);
    free(l);
}

static bool refuse_bad_user(struct core *c, const struct command *command)
{
    size_t length;

    if (command->user == NULL || !text_is_name(command->user)) {
        core_reply(c, command->request, P2P_EINVAL,
                   _("a user name has 1 to 64 bytes of text, without control "
                     "or invisible characters and without blanks at its "
                     "ends"));
        return true;
    }
    length = command->secret != NULL ? strlen(command->secret) : 0;
    if (length < ACCOUNT_PASSWORD_MIN || length > ACCOUNT_PASSWORD_MAX) {
        core_reply(c, command->request, P2P_EINVAL,
                   _("a password has 8 to 1024 bytes"));
        return true;
    }
    return false;
}

static void on_login(void *arg, int code, const char *text, json_t *result)
{
    struct login *l = arg;
    struct core *c = l->core;
    const char *token = json_string_value(json_object_get(result, "token"));
    const char *id = json_string_value(json_object_get(result, "user_id"));
    struct err e = {0};

    if (code == 0 && (token == NULL || id == NULL)) {
        code = P2P_EPROTO;
        text = _("the tracker's answer to the login was not complete");
    }
    if (code == 0) {
        if (profile_user_id(c->profile) != NULL &&
            strcmp(profile_user_id(c->profile), id) != 0) {
            c->on_user_change(c);
        }
        code = profile_set_login(c->profile, l->user, id, token, &e);
        text = e.text;
    }
    if (code == 0) {
        code = session_save_trackers(c->session, true, &e);
        text = e.text;
    }
    if (code == 0) {
        session_set_logged_in(c->session, true);
    }
    core_reply(c, l->request, code, text);
    login_free(l);
}

static void start_login(struct login *l)
{
    session_call(
        l->core->session, "account.login",
        json_pack("{s:s,s:s}", "user", l->user, "password", l->password),
        on_login, l);
}

static void on_created(void *arg, int code, const char *text, json_t *result)
{
    struct login *l = arg;

    (void)result;
    if (code != 0) {
        core_reply(l->core, l->request, code, text);
        login_free(l);
        return;
    }
    start_login(l);
}

static struct login *login_new(struct core *c, const struct command *command)
{
    struct login *l = mem_calloc(1, sizeof *l);

    l->core = c;
    l->request = command->request;
    l->user = mem_strdup(command->user);
    l->password = mem_strdup(command->secret);
    return l;
}

void accountcmd_create(struct core *c, const struct command *command)
{
    if (refuse_bad_user(c, command) ||
        core_refuse_without_tracker(c, command->request)) {
        return;
    }
    session_write(c->session, "account.create",
                  json_pack("{s:s,s:s}", "user", command->user, "password",
                            command->secret),
                  on_created, login_new(c, command));
}

void accountcmd_login(struct core *c, const struct command *command)
{
    if (command->user == NULL || command->secret == NULL) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("login needs a user name and a password"));
        return;
    }
    if (core_refuse_without_tracker(c, command->request)) {
        return;
    }
    start_login(login_new(c, command));
}

static void on_logout(void *arg, int code, const char *text, json_t *result)
{
    struct core_request *r = arg;

    (void)result;
    /* Here it ends in any case. ENOTLOGIN: it had ended there before. */
    if (code != 0 && code != P2P_ENOTLOGIN) {
        core_notice(r->core, NOTICE_WARNING, NULL, NULL,
                    _("logged out on this computer only, the tracker was not "
                      "told: %s"),
                    text);
    }
    r->core->on_user_change(r->core);
    profile_clear_login(r->core->profile);
    session_set_logged_in(r->core->session, false);
    core_reply(r->core, r->request, 0, NULL);
    core_request_free(r);
}

void accountcmd_logout(struct core *c, const struct command *command)
{
    if (profile_user(c->profile) == NULL) {
        core_reply(c, command->request, P2P_ENOTLOGIN, _("not logged in"));
        return;
    }
    if (c->session == NULL) {
        c->on_user_change(c);
        profile_clear_login(c->profile);
        core_reply(c, command->request, 0, NULL);
        return;
    }
    session_call(c->session, "account.logout", NULL, on_logout,
                 core_request_new(c, command));
}

static void reply_whoami(struct core *c, uint64_t request)
{
    char port[16];
    struct rows rows;

    if (profile_user(c->profile) == NULL) {
        core_reply(c, request, P2P_ENOTLOGIN,
                   _("not logged in; use 'login USER'"));
        return;
    }
    snprintf(port, sizeof port, "%u", (unsigned)server_port(c->server));
    rows_init(&rows, ROWS_FIELDS);
    core_add_field(&rows, "user", _("User"), profile_user(c->profile));
    core_add_field(&rows, "user_id", _("User ID"), profile_user_id(c->profile));
    core_add_field(&rows, "tracker", _("Tracker"),
                   c->session != NULL ? session_tracker(c->session) : NULL);
    core_add_field(&rows, "tracker_pin", _("Tracker's pin"),
                   c->session != NULL ? session_pin(c->session) : NULL);
    core_add_field(
        &rows, "connected", _("Connected"),
        c->session != NULL && session_is_connected(c->session) ? "yes" : "no");
    core_add_field(&rows, "listen_port", _("Peer port"), port);
    core_add_field(&rows, "state_dir", _("State directory"),
                   profile_dir(c->profile));
    core_reply_rows(c, request, &rows);
}

/* Right after the start nothing is known of the tracker yet, so these wait
 * until it answers or cannot be reached. */
struct account_question {
    struct core *core;
    uint64_t request;
    void (*reply)(struct core *c, uint64_t request);
};

static void on_pinged(void *arg, int code, const char *text, json_t *result)
{
    struct account_question *q = arg;

    (void)code;
    (void)text;
    (void)result;
    q->reply(q->core, q->request);
    free(q);
}

static void reply_when_known(struct core *c, uint64_t request,
                             void (*reply)(struct core *c, uint64_t request))
{
    struct account_question *q;

    if (c->session == NULL || session_is_connected(c->session) ||
        session_problem(c->session) != NULL) {
        reply(c, request);
        return;
    }
    q = mem_calloc(1, sizeof *q);
    q->core = c;
    q->request = request;
    q->reply = reply;
    session_call(c->session, "server.ping", NULL, on_pinged, q);
}

void accountcmd_whoami(struct core *c, const struct command *command)
{
    reply_when_known(c, command->request, reply_whoami);
}

void accountcmd_passwd(struct core *c, const struct command *command)
{
    size_t length = command->secret2 != NULL ? strlen(command->secret2) : 0;

    if (command->secret == NULL || length < ACCOUNT_PASSWORD_MIN ||
        length > ACCOUNT_PASSWORD_MAX) {
        core_reply(c, command->request, P2P_EINVAL,
                   _("a password has 8 to 1024 bytes"));
        return;
    }
    if (core_refuse_without_tracker(c, command->request)) {
        return;
    }
    core_call_plain(c, command->request, "account.passwd",
                    json_pack("{s:s,s:s}", "old", command->secret, "new",
                              command->secret2));
}
