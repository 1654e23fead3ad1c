#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/action.h"
#include "tui/dialog.h"
#include "tui/forms.h"
#include "tui/outcome.h"
#include "tui/rowtext.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

enum {
    GROUP_GO = 1,
    GROUP_REFUSE = 2,
    GROUP_CLOSE = 3,
    GROUP_MESSAGE_MAX = 500, /* bytes of a message or reason */
};

/* ---- Create ----------------------------------------------------------- */

static bool on_create(struct ui *ui, struct dialog *d, int button)
{
    struct command *c;

    if (button != GROUP_GO) {
        return true;
    }
    if (!text_is_name(dialog_text(d, 1))) {
        dialog_set_problem(d, _("Type a name, without blanks at its ends."));
        return false;
    }
    c = ui_command(ui, COMMAND_CREATE_GROUP);
    if (c != NULL) {
        c->group = mem_strdup(dialog_text(d, 1));
        form_send(ui, d, c);
    }
    return false;
}

void form_create_group(struct ui *ui)
{
    struct dialog *d = dialog_new(_("Create a group"), NULL);

    dialog_set_width(d, 56);
    dialog_add_blank(d);
    dialog_add_field(d, _("Name"), "", TEXT_NAME_MAX);
    dialog_add_blank(d);
    dialog_add_text(d, _("You are its owner and decide who may join. Only "
                         "members see and get its files."));
    dialog_add_button(d, GROUP_GO, _("Create"), 0);
    dialog_add_button(d, GROUP_CLOSE, _("Cancel"), 0);
    dialog_on_button(d, on_create);
    ui_open(ui, d);
}

/* ---- Lists of names that a dialog chooses from ------------------------ */

struct names {
    char **names;  /* owned */
    char **groups; /* owned; of each name */
    int count;
    enum command_kind kind;
};

static void names_free(void *data)
{
    struct names *n = data;
    int i;

    for (i = 0; i < n->count; i++) {
        free(n->names[i]);
        free(n->groups[i]);
    }
    free(n->names);
    free(n->groups);
    free(n);
}

static struct names *names_new(size_t room, enum command_kind kind)
{
    struct names *n = mem_calloc(1, sizeof(*n));

    n->names = mem_calloc(room + 1, sizeof(*n->names));
    n->groups = mem_calloc(room + 1, sizeof(*n->groups));
    n->kind = kind;
    return n;
}

static void names_add(struct names *n, const char *name, const char *group)
{
    n->names[n->count] = mem_strdup(name);
    n->groups[n->count] = mem_strdup(group);
    n->count++;
}

/* ---- Join ------------------------------------------------------------- */

enum { JOIN_LIST = 1, JOIN_MESSAGE = 3 };

static bool on_join(struct ui *ui, struct dialog *d, int button)
{
    const struct names *n = dialog_data(d);
    int row = dialog_list_row(d, JOIN_LIST);
    const char *message = dialog_text(d, JOIN_MESSAGE);
    struct command *c;

    if (button != GROUP_GO || row < 0) {
        return true;
    }
    c = ui_command(ui, COMMAND_JOIN_GROUP);
    if (c != NULL) {
        c->group = mem_strdup(n->names[row]);
        c->text = message[0] == '\0' ? NULL : mem_strdup(message);
        form_send(ui, d, c);
    }
    return false;
}

static bool may_ask(const struct row_group *g)
{
    return g->name != NULL &&
           (g->role == GROUP_NONE || g->role == GROUP_REJECTED);
}

static void on_all_groups(struct ui *ui, struct ui_request *r, struct event *e)
{
    const struct rows *rows = &e->rows;
    struct dialog *d;
    struct names *n;
    char *line;
    size_t i;

    (void)r;
    if (e->code != 0) {
        ui_default_reply(ui, r, e);
        return;
    }
    if (rows->kind != ROWS_GROUPS) {
        return;
    }
    n = names_new(rows->count, COMMAND_JOIN_GROUP);
    d = dialog_new(_("Ask to join a group"), NULL);
    line = rowtext_header(rows);
    dialog_add_header(d, line);
    free(line);
    dialog_add_list(d);
    for (i = 0; i < rows->count; i++) {
        if (may_ask(&rows->groups[i])) {
            line = rowtext_line(rows, i, ui_wall(ui));
            dialog_list_add(d, JOIN_LIST, line);
            free(line);
            names_add(n, rows->groups[i].name, NULL);
        }
    }
    dialog_set_data(d, n, names_free);
    if (n->count == 0) {
        dialog_free(d);
        form_message(ui, _("Ask to join a group"),
                     _("There is no other group at this tracker. Create one "
                       "with c, or ask its owner for the tracker's address."));
        return;
    }
    dialog_add_blank(d);
    dialog_add_field(d, _("Message"), "", GROUP_MESSAGE_MAX);
    dialog_add_text(d, _("The owner reads it and lets you in, or not."));
    dialog_add_button(d, GROUP_GO, _("Ask"), 0);
    dialog_add_button(d, GROUP_CLOSE, _("Cancel"), 0);
    dialog_set_hint(d, _("Up Down Choose  Tab Message  Enter Ask  Esc Cancel"));
    dialog_on_button(d, on_join);
    ui_open(ui, d);
}

void form_join_group(struct ui *ui)
{
    ui_send(ui, ui_command(ui, COMMAND_LIST_GROUPS), on_all_groups);
}

/* ---- Requests --------------------------------------------------------- */

enum { REQUESTS_LIST = 1 };

static void decide(struct ui *ui, enum command_kind kind, const char *group,
                   const char *user, const char *reason)
{
    struct command *c = ui_command(ui, kind);

    if (c != NULL) {
        c->group = mem_strdup(group);
        c->user = mem_strdup(user);
        c->text =
            reason == NULL || reason[0] == '\0' ? NULL : mem_strdup(reason);
        ui_send(ui, c, outcome_show);
    }
}

static bool on_requests(struct ui *ui, struct dialog *d, int button)
{
    const struct names *n = dialog_data(d);
    int row = dialog_list_row(d, REQUESTS_LIST);

    if (row < 0 || (button != GROUP_GO && button != GROUP_REFUSE)) {
        return true;
    }
    if (button == GROUP_REFUSE) {
        form_reject(ui, n->groups[row], n->names[row]);
    } else {
        decide(ui, COMMAND_ACCEPT_REQUEST, n->groups[row], n->names[row], NULL);
    }
    return true;
}

static void on_request_rows(struct ui *ui, struct ui_request *r,
                            struct event *e)
{
    const struct rows *rows = &e->rows;
    struct names *n;
    struct dialog *d;
    char *line;
    size_t i;

    if (e->code != 0) {
        ui_default_reply(ui, r, e);
        return;
    }
    if (rows->kind != ROWS_REQUESTS || rows->count == 0) {
        form_message(ui, _("Requests"), _("Nobody waits to join."));
        return;
    }
    n = names_new(rows->count, COMMAND_ACCEPT_REQUEST);
    d = dialog_new(_("Who waits to join"), r->group);
    dialog_set_width(d, 72);
    line = rowtext_header(rows);
    dialog_add_header(d, line);
    free(line);
    dialog_add_list(d);
    for (i = 0; i < rows->count; i++) {
        line = rowtext_line(rows, i, ui_wall(ui));

        dialog_list_add(d, REQUESTS_LIST, line);
        names_add(n, rows->requests[i].user, rows->requests[i].group);
        free(line);
    }
    dialog_add_blank(d);
    dialog_add_text(d, _("Who is let in can read all files of the group and "
                         "share new ones."));
    dialog_add_button(d, GROUP_GO, _("Accept"), 'a');
    dialog_add_button(d, GROUP_REFUSE, _("Reject..."), 'x');
    dialog_add_button(d, GROUP_CLOSE, _("Close"), 0);
    dialog_set_hint(d, _("Up Down Choose  a Accept  x Reject  Esc Close"));
    dialog_set_data(d, n, names_free);
    dialog_on_button(d, on_requests);
    ui_open(ui, d);
}

void form_requests(struct ui *ui, const char *group)
{
    struct command *c = ui_command(ui, COMMAND_LIST_REQUESTS);

    if (c != NULL) {
        c->group = mem_strdup(group);
        ui_send(ui, c, on_request_rows);
    }
}

static bool on_reject(struct ui *ui, struct dialog *d, int button)
{
    const struct names *n = dialog_data(d);

    if (button == GROUP_REFUSE) {
        decide(ui, COMMAND_REJECT_REQUEST, n->groups[0], n->names[0],
               dialog_text(d, 3));
    }
    return true;
}

void form_reject(struct ui *ui, const char *group, const char *user)
{
    struct names *n = names_new(1, COMMAND_REJECT_REQUEST);
    char *title = mem_printf(_("Reject %s?"), user);
    char *text =
        mem_printf(_("%s is told, and may ask again in an hour."), user);
    struct dialog *d = dialog_new(title, group);

    names_add(n, user, group);
    dialog_add_blank(d);
    dialog_add_text(d, text);
    dialog_add_blank(d);
    dialog_add_field(d, _("Reason"), "", GROUP_MESSAGE_MAX);
    dialog_add_button(d, GROUP_CLOSE, _("Keep waiting"), 0);
    dialog_add_button(d, GROUP_REFUSE, _("Reject"), 0);
    dialog_set_hint(d, _("Tab Next field  Enter OK  Esc Cancel"));
    dialog_set_guard(d, ui->now_ms);
    dialog_set_data(d, n, names_free);
    dialog_on_button(d, on_reject);
    ui_open(ui, d);
    free(title);
    free(text);
}

/* ---- Members ---------------------------------------------------------- */

enum { MEMBER_LIST = 1, MEMBER_ROLE = 3 };

/* The words of the roles, in the order of the radio buttons. */
static const char *const roles[] = {"reader", "member", "admin"};

static const char *chosen_role(const struct dialog *d)
{
    int i;

    for (i = 0; i < 3; i++) {
        if (dialog_is_on(d, MEMBER_ROLE + i)) {
            return roles[i];
        }
    }
    return roles[1];
}

static bool on_member(struct ui *ui, struct dialog *d, int button)
{
    const struct names *n = dialog_data(d);
    int row = dialog_list_row(d, MEMBER_LIST);
    struct command *c;

    if (button != GROUP_GO || row < 0) {
        return true;
    }
    c = ui_command(ui, n->kind);
    if (c == NULL) {
        return false;
    }
    c->group = mem_strdup(n->groups[row]);
    c->user = mem_strdup(n->names[row]);
    if (n->kind == COMMAND_SET_ROLE) {
        c->text = mem_strdup(chosen_role(d));
        form_send(ui, d, c);
        return false;
    }
    if (n->kind == COMMAND_REMOVE_MEMBER) {
        form_confirm(ui, _("Remove this member?"),
                     _("Running transfers end at once. What was downloaded "
                       "stays where it is."),
                     _("Remove"), c);
    } else {
        form_confirm(ui, _("Hand the group over?"),
                     _("The new owner decides everything; you stay as admin."),
                     _("Hand over"), c);
    }
    return true;
}

void form_member(struct ui *ui, const struct action *a, const char *group)
{
    const struct rows *rows =
        model_rows_of(&ui->model, ROWS_MEMBERS, group, NULL);
    const char *me = model_user(&ui->model);
    struct names *n = names_new(rows->count, a->kind);
    char title[WORDING_MAX];
    struct dialog *d =
        dialog_new(wording_title(_(a->label), title, sizeof(title)), group);
    size_t i;

    dialog_add_blank(d);
    dialog_add_list(d);
    for (i = 0; i < rows->count; i++) {
        const struct row_member *m = &rows->members[i];

        if (m->user != NULL && (me == NULL || strcmp(m->user, me) != 0)) {
            char *line = rowtext_line(rows, i, ui_wall(ui));

            dialog_list_add(d, MEMBER_LIST, line);
            names_add(n, m->user, group);
            free(line);
        }
    }
    dialog_set_data(d, n, names_free);
    if (n->count == 0) {
        dialog_free(d);
        ui_notice(ui, NOTICE_INFO, "%s", _("The group has no other members."));
        return;
    }
    dialog_add_blank(d);
    if (a->kind == COMMAND_SET_ROLE) {
        dialog_add_radio(d, _("reader: may load, not share"));
        dialog_add_radio(d, _("member: may load and share"));
        dialog_add_radio(d, _("admin: may let others in as well"));
    }
    dialog_add_button(d, GROUP_GO, _("Go on"), 0);
    dialog_add_button(d, GROUP_CLOSE, _("Cancel"), 0);
    dialog_set_hint(d, _("Up Down Choose  Enter Go on  Esc Cancel"));
    dialog_on_button(d, on_member);
    ui_open(ui, d);
}
