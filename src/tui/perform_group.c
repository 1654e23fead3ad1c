#include "config.h"

#include "tui/perform_group.h"

#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/action.h"
#include "tui/confirm.h"
#include "tui/forms.h"
#include "tui/groups_state.h"
#include "tui/main_state.h"
#include "tui/outcome.h"
#include "tui/ui.h"
#include "tui/views.h"
#include "util/intl.h"
#include "util/mem.h"

/* ---- What an action needs --------------------------------------------- */

static bool is_focused(const struct ui *ui, unsigned contexts)
{
    return (ui->view->contexts(ui) & contexts) != 0;
}

static bool needs_owner(const struct action *a)
{
    return a->kind == COMMAND_DELETE_GROUP || a->kind == COMMAND_TRANSFER_GROUP;
}

static bool decides(const struct action *a)
{
    return a->local == ACTION_ACCEPT_ALL || a->kind == COMMAND_ACCEPT_REQUEST ||
           a->kind == COMMAND_REJECT_REQUEST;
}

static bool is_about_member(const struct action *a)
{
    return a->kind == COMMAND_REMOVE_MEMBER || a->kind == COMMAND_SET_ROLE ||
           a->kind == COMMAND_TRANSFER_GROUP;
}

static const struct row_member *chosen_member(const struct ui *ui,
                                              const struct selection *at)
{
    return at->user != NULL && is_focused(ui, ACTION_IN_MEMBERS)
               ? groups_state_member(ui)
               : NULL;
}

static const char *why_not_member(const struct ui *ui,
                                  const struct row_group *g,
                                  const struct row_member *m,
                                  const struct action *a)
{
    const char *me = model_user(&ui->model);

    if (me != NULL && strcmp(m->user, me) == 0) {
        return _("that is you");
    }
    if (m->role == GROUP_OWNER) {
        return _("that is the owner");
    }
    if (m->role == GROUP_ADMIN && g->role != GROUP_OWNER &&
        a->kind != COMMAND_TRANSFER_GROUP) {
        return _("only the owner decides about admins");
    }
    return NULL;
}

/* Is there a group where I decide and somebody waits? */
static bool somebody_waits(const struct ui *ui)
{
    const struct rows *r = model_rows(&ui->model, ROWS_GROUPS);
    size_t i;

    for (i = 0; i < r->count; i++) {
        if (r->groups[i].role >= GROUP_ADMIN && r->groups[i].requests > 0) {
            return true;
        }
    }
    return false;
}

const char *perform_group_why_not(const struct ui *ui,
                                  const struct row_group *g,
                                  const struct selection *at,
                                  const struct action *a)
{
    enum group_role role = g == NULL ? GROUP_NONE : g->role;
    const struct row_member *m = chosen_member(ui, at);

    if (a->kind == COMMAND_UPLOAD_FILE && role == GROUP_PENDING) {
        return _("the owner has to let you in first");
    }
    if (a->kind == COMMAND_LIST_REQUESTS && role < GROUP_ADMIN && g != NULL &&
        !somebody_waits(ui)) {
        return _("nobody waits to join a group of yours");
    }
    if (needs_owner(a) && role != GROUP_OWNER) {
        return _("only the owner of the group can do that");
    }
    if ((decides(a) || is_about_member(a)) && role < GROUP_ADMIN) {
        return _("only the owner or an admin of the group can do that");
    }
    if (decides(a) && g->requests == 0) {
        return _("nobody waits to join");
    }
    if (is_about_member(a) && m != NULL) {
        return why_not_member(ui, g, m, a);
    }
    if (a->kind == COMMAND_LEAVE_GROUP && role == GROUP_OWNER) {
        return _("hand the group over or delete it first");
    }
    if (a->kind == COMMAND_LEAVE_GROUP && g != NULL &&
        (role == GROUP_NONE || role == GROUP_REJECTED)) {
        return _("you are not in this group");
    }
    return NULL;
}

/* ---- Going there ------------------------------------------------------- */

/* Show the view with this pane in use. `group` NULL: the one chosen there; for
 * requests one where somebody waits. */
static void go(struct ui *ui, enum groups_pane pane, const char *group)
{
    struct groups_view *v = groups_state(ui);
    const char *wanted = group;

    views_show(ui, VIEW_GROUPS);
    if (wanted == NULL && pane == GROUPS_REQUESTS) {
        wanted = groups_state_wanted(ui);
    }
    if (wanted != NULL) {
        /* It may be one that was not listed. */
        free(v->filter);
        v->filter = NULL;
        v->mine = v->mine && model_group(&ui->model, wanted) != NULL &&
                  model_group(&ui->model, wanted)->role != GROUP_NONE;
        groups_state_update(ui);
        groups_state_choose(ui, wanted);
    }
    v->focus = pane;
    v->alone = false;
}

/* Show all groups, or those I have to do with. */
static void list(struct ui *ui, bool mine)
{
    struct groups_view *v = groups_state(ui);

    views_show(ui, VIEW_GROUPS);
    v->focus = GROUPS_ALL;
    v->mine = mine;
    v->alone = false;
    groups_state_update(ui);
}

void perform_group_open(struct ui *ui, const char *group)
{
    const struct row_group *g = model_group(&ui->model, group);

    if (g == NULL) {
        return;
    }
    if (g->role == GROUP_NONE || g->role == GROUP_REJECTED) {
        form_ask_to_join(ui, g->name);
        return;
    }
    main_state_choose_group(ui, g->name);
    views_show(ui, VIEW_MAIN);
    ui->main->focus = MAIN_FILES;
}

/* ---- Requests --------------------------------------------------------- */

static void accept(struct ui *ui, const char *group, const char *user)
{
    struct command *c = ui_command(ui, COMMAND_ACCEPT_REQUEST);

    if (c != NULL) {
        c->group = mem_strdup(group);
        c->user = mem_strdup(user);
        ui_send(ui, c, outcome_show);
    }
}

void perform_group_accept_all(struct ui *ui, const char *group)
{
    const struct rows *r = model_rows(&ui->model, ROWS_REQUESTS);
    struct selection mark;
    unsigned count = 0;
    size_t i;

    if (is_focused(ui, ACTION_IN_REQUESTS)) {
        while (views_marked(ui, count, &mark)) {
            accept(ui, mark.group, mark.user);
            count++;
        }
    }
    if (count > 0) {
        ui->view->unmark(ui);
        return;
    }
    for (i = 0; i < r->count && group != NULL; i++) {
        const struct row_request *q = &r->requests[i];

        if (q->group != NULL && strcmp(q->group, group) == 0) {
            accept(ui, q->group, q->user);
            count++;
        }
    }
    if (count == 0) {
        ui_notice(ui, NOTICE_INFO, "%s", _("Nobody waits to join."));
    }
}

/* Who is chosen among those who ask, or NULL after going there. */
static const char *asker(struct ui *ui, const struct selection *at)
{
    if (at->user != NULL && is_focused(ui, ACTION_IN_REQUESTS)) {
        return at->user;
    }
    go(ui, GROUPS_REQUESTS, at->group);
    return NULL;
}

/* ---- Members ---------------------------------------------------------- */

static void on_member(struct ui *ui, const struct action *a,
                      const struct selection *at)
{
    const struct row_member *m = chosen_member(ui, at);
    struct command *c;

    if (m == NULL) {
        go(ui, GROUPS_MEMBERS, at->group);
        ui_notice(ui, NOTICE_INFO, "%s",
                  a->kind == COMMAND_REMOVE_MEMBER
                      ? _("Choose a member; x removes it.")
                  : a->kind == COMMAND_SET_ROLE
                      ? _("Choose a member; R changes its role.")
                      : _("Choose a member; o hands the group over."));
        return;
    }
    if (a->kind == COMMAND_SET_ROLE) {
        form_role(ui, at->group, m->user, m->role);
        return;
    }
    c = ui_command(ui, a->kind);
    if (c != NULL) {
        c->group = mem_strdup(at->group);
        c->user = mem_strdup(m->user);
        if (!confirm_first(ui, &c, 1)) {
            ui_send(ui, c, outcome_show);
        }
    }
}

/* ---- Groups ----------------------------------------------------------- */

static void join(struct ui *ui, const struct selection *at)
{
    const struct row_group *g = model_group(&ui->model, at->group);

    if (ui->view_id == VIEW_GROUPS && g != NULL &&
        (g->role == GROUP_NONE || g->role == GROUP_REJECTED)) {
        form_ask_to_join(ui, g->name);
    } else {
        form_join_group(ui);
    }
}

bool perform_group_action(struct ui *ui, const struct action *a,
                          const struct selection *at)
{
    const char *user;

    switch (a->kind) {
    case COMMAND_CREATE_GROUP:
        form_create_group(ui);
        return true;
    case COMMAND_JOIN_GROUP:
        join(ui, at);
        return true;
    case COMMAND_LIST_REQUESTS:
        go(ui, GROUPS_REQUESTS, ui->view_id == VIEW_GROUPS ? at->group : NULL);
        return true;
    case COMMAND_ACCEPT_REQUEST:
        user = asker(ui, at);
        if (user != NULL) {
            accept(ui, at->group, user);
        }
        return true;
    case COMMAND_REJECT_REQUEST:
        user = asker(ui, at);
        if (user != NULL) {
            form_reject(ui, at->group, user, NULL);
        }
        return true;
    case COMMAND_SET_ROLE:
    case COMMAND_REMOVE_MEMBER:
    case COMMAND_TRANSFER_GROUP:
        on_member(ui, a, at);
        return true;
    default:
        return false;
    }
}

/* ---- Typed and from the menu ------------------------------------------ */

bool perform_group_show(struct ui *ui, const struct command *c)
{
    /* Of a group nobody has heard of the tracker says that. */
    bool is_known =
        c->group == NULL || model_group(&ui->model, c->group) != NULL;

    switch (c->kind) {
    case COMMAND_LIST_GROUPS:
    case COMMAND_LIST_MY_GROUPS:
        list(ui, c->kind == COMMAND_LIST_MY_GROUPS);
        return true;
    case COMMAND_LIST_REQUESTS:
    case COMMAND_MEMBERS:
        if (is_known) {
            go(ui,
               c->kind == COMMAND_MEMBERS ? GROUPS_MEMBERS : GROUPS_REQUESTS,
               c->group);
        }
        return is_known;
    default:
        return false;
    }
}
