#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/confirm.h"
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

static struct names *names_new(size_t room)
{
    struct names *n = mem_calloc(1, sizeof(*n));

    n->names = mem_calloc(room + 1, sizeof(*n->names));
    n->groups = mem_calloc(room + 1, sizeof(*n->groups));
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
    n = names_new(rows->count);
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

enum { ASK_MESSAGE = 3 };

static bool on_ask(struct ui *ui, struct dialog *d, int button)
{
    const struct names *n = dialog_data(d);
    const char *message = dialog_text(d, ASK_MESSAGE);
    struct command *c;

    if (button != GROUP_GO) {
        return true;
    }
    c = ui_command(ui, COMMAND_JOIN_GROUP);
    if (c != NULL) {
        c->group = mem_strdup(n->names[0]);
        c->text = message[0] == '\0' ? NULL : mem_strdup(message);
        form_send(ui, d, c);
    }
    return false;
}

void form_ask_to_join(struct ui *ui, const char *group)
{
    struct names *n = names_new(1);
    char *title = mem_printf(_("Ask to join %s?"), group);
    struct dialog *d = dialog_new(title, NULL);

    names_add(n, group, NULL);
    dialog_add_blank(d);
    dialog_add_text(d, _("The owner reads it and lets you in, or not."));
    dialog_add_blank(d);
    dialog_add_field(d, _("Message"), "", GROUP_MESSAGE_MAX);
    dialog_add_button(d, GROUP_GO, _("Ask"), 0);
    dialog_add_button(d, GROUP_CLOSE, _("Cancel"), 0);
    dialog_set_hint(d, _("Tab Next field  Enter Ask  Esc Cancel"));
    dialog_set_data(d, n, names_free);
    dialog_on_button(d, on_ask);
    ui_open(ui, d);
    free(title);
}

void form_join_group(struct ui *ui)
{
    ui_send(ui, ui_command(ui, COMMAND_LIST_GROUPS), on_all_groups);
}

/* ---- Requests --------------------------------------------------------- */

enum { REJECT_REASON = 3 };

static bool on_reject(struct ui *ui, struct dialog *d, int button)
{
    const struct names *n = dialog_data(d);
    const char *reason = dialog_text(d, REJECT_REASON);
    struct command *c;

    if (button != GROUP_REFUSE) {
        return true;
    }
    c = ui_command(ui, COMMAND_REJECT_REQUEST);
    if (c != NULL) {
        c->group = mem_strdup(n->groups[0]);
        c->user = mem_strdup(n->names[0]);
        c->text = reason[0] == '\0' ? NULL : mem_strdup(reason);
        ui_send(ui, c, outcome_show);
    }
    return true;
}

void form_reject(struct ui *ui, const char *group, const char *user,
                 const char *reason)
{
    struct names *n = names_new(1);
    char *title = mem_printf(_("Reject %s?"), user);
    char *text =
        mem_printf(_("%s is told, and may ask again in an hour."), user);
    struct dialog *d = dialog_new(title, group);

    names_add(n, user, group);
    dialog_add_blank(d);
    dialog_add_text(d, text);
    dialog_add_blank(d);
    dialog_add_field(d, _("Reason"), reason == NULL ? "" : reason,
                     GROUP_MESSAGE_MAX);
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

enum { ROLE_BUTTONS = 1 /* part of the first radio button */ };

/* The words of the roles, in the order of the radio buttons. */
static const char *const roles[] = {"reader", "member", "admin"};

static bool on_role(struct ui *ui, struct dialog *d, int button)
{
    const struct names *n = dialog_data(d);
    struct command *c;
    int i = 0;

    if (button != GROUP_GO) {
        return true;
    }
    while (i < 2 && !dialog_is_on(d, ROLE_BUTTONS + i)) {
        i++;
    }
    c = ui_command(ui, COMMAND_SET_ROLE);
    if (c != NULL) {
        c->group = mem_strdup(n->groups[0]);
        c->user = mem_strdup(n->names[0]);
        c->text = mem_strdup(roles[i]);
        form_send(ui, d, c);
    }
    return false;
}

void form_role(struct ui *ui, const char *group, const char *user, int role)
{
    const struct row_group *g = model_group(&ui->model, group);
    struct names *n = names_new(1);
    char *title = mem_printf(_("What may %s do?"), user);
    struct dialog *d = dialog_new(title, group);
    int now;

    names_add(n, user, group);
    dialog_set_width(d, 56);
    dialog_add_blank(d);
    dialog_add_radio(d, _("reader: may load, not share"));
    dialog_add_radio(d, _("member: may load and share"));
    if (g != NULL && g->role == GROUP_OWNER) {
        dialog_add_radio(d, _("admin: may let others in as well"));
    }
    now = ROLE_BUTTONS + (role < GROUP_READER  ? 0
                          : role > GROUP_ADMIN ? 2
                                               : role - GROUP_READER);
    dialog_choose(d, now);
    dialog_focus_part(d, now);
    dialog_add_blank(d);
    dialog_add_button(d, GROUP_GO, _("Change"), 0);
    dialog_add_button(d, GROUP_CLOSE, _("Cancel"), 0);
    dialog_set_hint(d, _("Up Down Choose  Space Take  Enter Change"
                         "  Esc Cancel"));
    dialog_set_data(d, n, names_free);
    dialog_on_button(d, on_role);
    ui_open(ui, d);
    free(title);
}
