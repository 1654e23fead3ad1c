#include "config.h"

#include <stdio.h>
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
    ACCOUNT_WIDTH = 48,
    ACCOUNT_STEP = 3, /* of the wizard */
    ACCOUNT_STEPS = 4,
    ACCOUNT_NOTE_MAX = 256,
    ACCOUNT_NAME = 1, /* numbers of the parts */
    ACCOUNT_PASSWORD = 3,
    ACCOUNT_AGAIN = 5,
    ACCOUNT_SECRET_MAX = 1024, /* bytes of a password */
};

static void note_tracker(const struct ui *ui, char *out, size_t size)
{
    const struct event *s = ui->model.session;

    out[0] = '\0';
    if (s != NULL && s->session.tracker != NULL) {
        snprintf(out, size, "%s", s->session.tracker);
    }
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

static bool on_login(struct ui *ui, struct dialog *d, int button)
{
    if (button == DIALOG_CANCEL) {
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

static struct dialog *account_dialog(struct ui *ui, const char *title,
                                     const char *user)
{
    char note[ACCOUNT_NOTE_MAX];
    struct dialog *d;

    note_tracker(ui, note, sizeof(note));
    d = dialog_new(title, note);
    dialog_set_width(d, ACCOUNT_WIDTH);
    dialog_add_blank(d);
    dialog_add_field(d, _("Name"), user, TEXT_NAME_MAX);
    dialog_add_blank(d);
    dialog_add_secret(d, _("Password"), ACCOUNT_SECRET_MAX);
    dialog_add_blank(d);
    if (user != NULL && user[0] != '\0') {
        dialog_focus_part(d, ACCOUNT_PASSWORD);
    }
    if (ui->wizard_step > 0) {
        dialog_set_step(d, ACCOUNT_STEP, ACCOUNT_STEPS);
    }
    return d;
}

void form_login(struct ui *ui, const char *user)
{
    struct dialog *d =
        account_dialog(ui, _("Log in"), user != NULL ? user : ui->setup->user);

    dialog_add_text(d, _("Encrypted. The tracker keeps only a salted hash "
                         "(Argon2id)."));
    dialog_add_button(d, ACCOUNT_GO, _("Log in"), 0);
    dialog_add_button(d, ACCOUNT_OTHER, _("Create account"), 0);
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
    struct dialog *d = account_dialog(ui, _("Create account"), user);

    dialog_add_secret(d, _("Repeat it"), ACCOUNT_SECRET_MAX);
    dialog_add_blank(d);
    dialog_add_text(d, _("At least 8 characters. Nobody can read it, so "
                         "nobody can tell you when it is lost."));
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
    dialog_add_blank(d);
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
