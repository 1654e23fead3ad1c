#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/dialog.h"
#include "tui/forms.h"
#include "tui/setup.h"
#include "tui/ui.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

enum {
    ACCOUNT_GO = 1,
    ACCOUNT_OTHER = 2,
    ACCOUNT_OFFLINE = 3,
    ACCOUNT_WIDTH = 46,
    ACCOUNT_LARGE = 72, /* on a wide screen, with a picture */
    ACCOUNT_INDENT = 8,
    ACCOUNT_ART = 1, /* numbers of the parts; the first only on a wide screen */
    ACCOUNT_LAST_WIDE = 5,
    ACCOUNT_NAME = 6,
    ACCOUNT_PASSWORD = 8,
    ACCOUNT_AGAIN = 10,
    ACCOUNT_SECRET_MAX = 1024, /* bytes of a password */
};

/* "t2.lab" of "t2.lab:7070". */
static char *host_of(const char *address)
{
    const char *colon = strrchr(address, ':');

    return mem_strndup(address, colon == NULL ? strlen(address)
                                              : (size_t)(colon - address));
}

static char *tracker_host(const struct ui *ui)
{
    const struct event *s = ui->model.session;

    return s == NULL || s->session.tracker == NULL
               ? mem_strdup("")
               : host_of(s->session.tracker);
}

/* All trackers where there is room, else the one in use. A connection is only
 * made to a certificate that is known. */
static char *note_trackers(const struct ui *ui, bool wide)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRACKERS);
    char *note = tracker_host(ui), *longer;
    size_t i;

    if (wide && r->count > 0) {
        free(note);
        note = mem_strdup(_("trackers:"));
        for (i = 0; i < r->count; i++) {
            char *host = host_of(
                r->trackers[i].address == NULL ? "" : r->trackers[i].address);

            longer = mem_printf("%s%s%s", note, i == 0 ? " " : "  ", host);
            free(host);
            free(note);
            note = longer;
        }
    } else if (model_is_connected(&ui->model)) {
        longer = mem_printf(_("%s, certificate known"), note);
        free(note);
        note = longer;
    }
    return note;
}

static void send_account(struct ui *ui, struct dialog *d,
                         enum command_kind kind)
{
    struct command *c = ui_command(ui, kind);

    if (c == NULL) {
        return;
    }
    c->user = mem_strdup(dialog_text(d, ACCOUNT_NAME));
    c->secret = mem_strdup(dialog_text(d, ACCOUNT_PASSWORD));
    form_send(ui, d, c);
}

static bool has_name_and_password(struct dialog *d)
{
    if (!text_is_name(dialog_text(d, ACCOUNT_NAME))) {
        dialog_set_problem(d, _("Type a name, without blanks at its ends."));
        dialog_focus_part(d, ACCOUNT_NAME);
        return false;
    }
    if (dialog_text(d, ACCOUNT_PASSWORD)[0] == '\0') {
        dialog_set_problem(d, _("Type the password."));
        dialog_focus_part(d, ACCOUNT_PASSWORD);
        return false;
    }
    return true;
}

static void tell_offline(struct ui *ui)
{
    ui_notice(ui, NOTICE_INFO, "%s",
              _("Working offline; Enter or :login logs in any time."));
}

static bool on_login(struct ui *ui, struct dialog *d, int button)
{
    if (button == ACCOUNT_OFFLINE) {
        tell_offline(ui);
    }
    if (button == DIALOG_CANCEL || button == ACCOUNT_OFFLINE) {
        return true;
    }
    if (button == ACCOUNT_OTHER) {
        form_create_user(ui, dialog_text(d, ACCOUNT_NAME));
        return true;
    }
    if (has_name_and_password(d)) {
        send_account(ui, d, COMMAND_LOGIN);
    }
    return false;
}

/* Enter in the first password leads to the second. */
static bool is_repeated(struct dialog *d, const char *differ)
{
    const char *again = dialog_text(d, ACCOUNT_AGAIN);

    if (strcmp(dialog_text(d, ACCOUNT_PASSWORD), again) == 0) {
        return true;
    }
    dialog_set_problem(d, again[0] == '\0' ? _("Type the password once more.")
                                           : differ);
    dialog_focus_part(d, ACCOUNT_AGAIN);
    return false;
}

static bool on_create(struct ui *ui, struct dialog *d, int button)
{
    if (button == DIALOG_CANCEL) {
        return true;
    }
    if (button == ACCOUNT_OTHER) {
        form_login(ui, dialog_text(d, ACCOUNT_NAME));
        return true;
    }
    if (!has_name_and_password(d)) {
        return false;
    }
    if (!is_repeated(d, _("The two passwords differ."))) {
        return false;
    }
    send_account(ui, d, COMMAND_CREATE_USER);
    return false;
}

/* A picture and a line that say what this is, shown on a wide screen; the
 * parts below have the same numbers in every dialog here. */
static void add_head(struct dialog *d)
{
    int i;

    dialog_add_blank(d);
    dialog_add_art(d);
    dialog_add_blank(d);
    dialog_indent_part(d,
                       dialog_add_text(d, _("p2ptui  private groups, files "
                                            "shared piece by piece")),
                       1);
    dialog_add_blank(d);
    dialog_add_blank(d);
    for (i = ACCOUNT_ART; i <= ACCOUNT_LAST_WIDE; i++) {
        dialog_show_part(d, i, false);
    }
}

static void on_layout(struct dialog *d, bool wide)
{
    const struct ui *ui = dialog_data(d);
    char *note = note_trackers(ui, wide);
    int i;

    for (i = ACCOUNT_ART; i <= ACCOUNT_LAST_WIDE; i++) {
        dialog_show_part(d, i, wide);
    }
    for (i = ACCOUNT_NAME; i <= ACCOUNT_AGAIN; i += 2) {
        dialog_indent_part(d, i, wide ? ACCOUNT_INDENT : 0);
    }
    dialog_set_width(d, wide ? ACCOUNT_LARGE : ACCOUNT_WIDTH);
    dialog_show_button(d, ACCOUNT_OFFLINE, wide);
    dialog_set_title(d, NULL, note);
    dialog_set_after(d, wide ? _("The tracker keeps only a salted Argon2id "
                                 "hash of your password.\nNobody can read "
                                 "it: when it is lost, a new account is the "
                                 "only way.")
                             : _("The tracker does not keep your password."));
    free(note);
}

static struct dialog *account_dialog(struct ui *ui, const char *title,
                                     const char *bare_title, const char *user)
{
    char *host = tracker_host(ui);
    struct dialog *d = dialog_new(title, NULL);

    dialog_set_bare(d, bare_title, host, NULL);
    free(host);
    dialog_set_data(d, ui, NULL);
    dialog_set_width(d, ACCOUNT_WIDTH);
    add_head(d);
    dialog_add_field(d, intl_in_context(NC_("account", "Name")), user,
                     TEXT_NAME_MAX);
    dialog_add_blank(d);
    dialog_add_secret(d, _("Password"), ACCOUNT_SECRET_MAX);
    dialog_add_blank(d);
    if (user != NULL && user[0] != '\0') {
        dialog_focus_part(d, ACCOUNT_PASSWORD);
    }
    dialog_on_layout(d, on_layout);
    return d;
}

void form_login(struct ui *ui, const char *user)
{
    struct dialog *d = account_dialog(ui, _("Log in"), _("p2ptui: log in"),
                                      user != NULL ? user : ui->setup->user);

    dialog_add_button(d, ACCOUNT_GO, _("Log in"), 0);
    dialog_add_button(d, ACCOUNT_OTHER, _("Create account"), 0);
    dialog_add_button(d, ACCOUNT_OFFLINE, _("Work offline"), 0);
    dialog_show_button(d, ACCOUNT_OFFLINE, false);
    dialog_set_hint(d, ui->wizard_step > 0
                           ? _("Tab Next field  Enter Log in  Ctrl-T Show "
                               "password  Esc Later")
                           : _("Tab Next field  Enter Log in  Ctrl-T Show "
                               "password  Esc Cancel"));
    dialog_on_button(d, on_login);
    ui_open(ui, d);
}

void form_create_user(struct ui *ui, const char *user)
{
    struct dialog *d =
        account_dialog(ui, _("Create account"), _("p2ptui: new account"), user);

    dialog_add_secret(d, _("Repeat it"), ACCOUNT_SECRET_MAX);
    dialog_add_blank(d);
    dialog_add_text(d, _("At least 8 characters. Nobody can tell you when it "
                         "is lost."));
    dialog_add_button(d, ACCOUNT_GO, _("Create"), 0);
    dialog_add_button(d, ACCOUNT_OTHER, _("Log in instead"), 0);
    dialog_set_hint(d, ui->wizard_step > 0
                           ? _("Tab Next field  Enter Create  Ctrl-T Show "
                               "password  Esc Later")
                           : _("Tab Next field  Enter Create  Ctrl-T Show "
                               "password  Esc Cancel"));
    dialog_on_button(d, on_create);
    ui_open(ui, d);
}

static bool on_password(struct ui *ui, struct dialog *d, int button)
{
    struct command *c;

    if (button != ACCOUNT_GO) {
        return true;
    }
    if (dialog_text(d, ACCOUNT_NAME)[0] == '\0') {
        dialog_set_problem(d, _("Type your present password."));
        dialog_focus_part(d, ACCOUNT_NAME);
        return false;
    }
    if (dialog_text(d, ACCOUNT_PASSWORD)[0] == '\0') {
        dialog_set_problem(d, _("Type the new password."));
        dialog_focus_part(d, ACCOUNT_PASSWORD);
        return false;
    }
    if (!is_repeated(d, _("The two new passwords differ."))) {
        return false;
    }
    c = ui_command(ui, COMMAND_PASSWD);
    if (c != NULL) {
        c->secret = mem_strdup(dialog_text(d, ACCOUNT_NAME));
        c->secret2 = mem_strdup(dialog_text(d, ACCOUNT_PASSWORD));
        form_send(ui, d, c);
    }
    return false;
}

void form_password(struct ui *ui)
{
    struct dialog *d = dialog_new(_("Change password"), NULL);

    dialog_set_width(d, ACCOUNT_WIDTH);
    add_head(d);
    dialog_add_secret(d, _("Password now"), ACCOUNT_SECRET_MAX);
    dialog_add_blank(d);
    dialog_add_secret(d, _("New one"), ACCOUNT_SECRET_MAX);
    dialog_add_blank(d);
    dialog_add_secret(d, _("Repeat it"), ACCOUNT_SECRET_MAX);
    dialog_add_blank(d);
    dialog_add_text(d, _("Other logins of yours end."));
    dialog_add_button(d, ACCOUNT_GO, _("Change"), 0);
    dialog_add_button(d, ACCOUNT_OTHER, _("Cancel"), 0);
    dialog_set_hint(
        d, _("Tab Next field  Enter Change  Ctrl-T Show password  Esc Cancel"));
    dialog_on_button(d, on_password);
    ui_open(ui, d);
}
