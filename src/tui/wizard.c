#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "msgq/command.h"
#include "tui/adopt.h"
#include "tui/dialog.h"
#include "tui/edit.h"
#include "tui/forms.h"
#include "tui/pathname.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

/* First steps. Each step is one dialog; wizard_step says which:
 *
 *   1 tracker --Next--> 2 connecting, then its certificate --Trust it-->
 *   3 account (skipped when logged in) --> 4 group --> done
 *
 * A connection that fails leads back to 1 with the reason; "Stop here" in 2
 * forgets the tracker and leads back too. */
enum {
    WIZARD_TRACKER = 1,
    WIZARD_CERTIFICATE,
    WIZARD_ACCOUNT,
    WIZARD_GROUP,
};

enum {
    WIZARD_GO = 1,
    WIZARD_STOP = 2,
    WIZARD_JOIN = 3,
    WIZARD_LATER = 4,
    WIZARD_BROWSE = 5,
    WIZARD_COPY = 6,
    WIZARD_WIDTH = 62,
};

enum { GROUP_FOLDER = 4 /* the part with the folder for downloads */ };

enum { TRACKER_ADDRESS = 6, TRACKER_FILE = 9, TRACKER_BY_FILE = 8 };

/* What step 2 is about. */
struct certificate {
    char *pin;   /* of the certificate that was shown, in hex */
    char *given; /* what was typed in step 1 */
};

static void certificate_free(void *data)
{
    struct certificate *k = data;

    free(k->pin);
    free(k->given);
    free(k);
}

static void show_tracker_step(struct ui *ui, const char *text,
                              const char *problem);
static void show_group_step(struct ui *ui);

static void close_all(struct ui *ui)
{
    while (ui_dialog(ui) != NULL) {
        ui_close(ui, ui_dialog(ui));
    }
}

/* ---- 3 and 4: account and group --------------------------------------- */

static void go_on_to_account(struct ui *ui)
{
    if (model_is_logged_in(&ui->model)) {
        show_group_step(ui);
        return;
    }
    ui->wizard_step = WIZARD_ACCOUNT;
    ui->login_offered = true;
    if (ui->setup->first_run) {
        form_create_user(ui, ui->setup->user);
    } else {
        form_login(ui, NULL);
    }
}

/* A folder that was typed or chosen is kept as the setting it is. */
static void keep_folder(struct ui *ui, struct dialog *d)
{
    const char *before = dialog_data(d);
    const char *now = dialog_text(d, GROUP_FOLDER);

    if (ui->setup->settings != NULL && now[0] != '\0' &&
        strcmp(now, before) != 0) {
        adopt_change(ui, SETTING_DOWNLOAD_DIR, now);
    }
}

static bool on_group(struct ui *ui, struct dialog *d, int button)
{
    if (button == WIZARD_BROWSE) {
        form_pick(ui, d, GROUP_FOLDER, true);
        return false;
    }
    keep_folder(ui, d);
    ui->wizard_step = 0;
    if (button == WIZARD_GO) {
        form_create_group(ui);
    } else if (button == WIZARD_JOIN) {
        form_join_group(ui);
    }
    return true;
}

static void show_group_step(struct ui *ui)
{
    struct dialog *d = dialog_new(_("Folder and group"), NULL);
    char *into = settings_path(ui->setup->settings, SETTING_DOWNLOAD_DIR);
    char *folder =
        mem_strdup(into != NULL                      ? into
                   : ui->setup->download_dir != NULL ? ui->setup->download_dir
                                                     : "");

    free(into);
    ui->wizard_step = WIZARD_GROUP;
    dialog_set_width(d, WIZARD_WIDTH);
    dialog_set_data(d, folder, free);
    dialog_add_blank(d);
    dialog_add_text(d, _("Files are shared in groups. Ask to join the group "
                         "of people you know, or make one and let them in."));
    dialog_add_blank(d);
    dialog_add_text(d, _("What you download goes into:"));
    dialog_add_field(d, "", folder, 0);
    dialog_add_button(d, WIZARD_JOIN, _("Ask to join"), 'J');
    dialog_add_button(d, WIZARD_GO, _("Create one"), 'c');
    dialog_add_button(d, WIZARD_BROWSE, _("Browse"), 0);
    dialog_add_button(d, WIZARD_LATER, _("Later"), 0);
    dialog_focus_button(d, WIZARD_JOIN);
    dialog_set_hint(d, _("J Join  c Create  Tab Choose  Enter OK  Esc Later"));
    dialog_on_button(d, on_group);
    dialog_on_complete(d, form_complete_path);
    ui_open(ui, d);
}

/* Who is in a group already needs no advice how to get into one. */
static void on_my_groups(struct ui *ui, struct ui_request *r, struct event *e)
{
    (void)r;
    if (ui->wizard_step != WIZARD_GROUP) {
        return;
    }
    if (e->code == 0 && e->rows.kind == ROWS_GROUPS && e->rows.count > 0) {
        ui->wizard_step = 0;
    } else {
        show_group_step(ui);
    }
}

static void ask_for_groups(struct ui *ui)
{
    ui->wizard_step = WIZARD_GROUP;
    if (ui_send(ui, ui_command(ui, COMMAND_LIST_MY_GROUPS), on_my_groups) ==
        NULL) {
        show_group_step(ui);
    }
}

/* ---- 2: certificate --------------------------------------------------- */

static bool on_certificate(struct ui *ui, struct dialog *d, int button)
{
    const struct certificate *k = dialog_data(d);

    if (button == WIZARD_COPY) {
        ui_copy(ui, k->pin);
        dialog_set_note(d, _("Copied."));
        return false;
    }
    if (button == WIZARD_GO) {
        go_on_to_account(ui);
        return true;
    }
    if (ui->setup->on_refuse != NULL) {
        ui->setup->on_refuse(ui->setup->arg);
    }
    ui->engine_runs = false;
    show_tracker_step(ui, k->given, NULL);
    dialog_set_note(ui_dialog(ui), _("Stopped: nothing of yours was sent."));
    return true;
}

/* The fingerprint in four lines of eight bytes, as people compare it. */
static void add_fingerprint(struct dialog *d, const char *pin)
{
    size_t length = strlen(pin);
    char line[40];
    size_t i, used = 0;

    for (i = 0; i + 1 < length && i < 64; i += 2) {
        char pair[2] = {pin[i], pin[i + 1]};
        int k;

        for (k = 0; k < 2; k++) {
            line[used++] =
                (char)(pair[k] >= 'a' && pair[k] <= 'f' ? pair[k] - 'a' + 'A'
                                                        : pair[k]);
        }
        line[used++] = ':';
        if (used == 24 || i + 3 >= length) {
            char *text;

            line[used - 1] = '\0';
            text = mem_printf("%-10s%s", i < 16 ? "  SHA-256" : "", line);
            dialog_add_text(d, text);
            free(text);
            used = 0;
        }
    }
}

/* A clock that is wrong, here or there, shows in it too. */
static void add_validity(struct dialog *d, int64_t until)
{
    char date[WORDING_MAX];
    char *text;

    if (until != 0) {
        text = mem_printf(_("  Valid   until %s"), wording_date(until, date));
        dialog_add_text(d, text);
        free(text);
    }
}

/* What the pin given with the address says about the one that is shown. */
static const char *compare_pins(const char *given, const char *shown)
{
    struct contact c;
    char hex[CONTACT_PIN_SIZE * 2 + 1];

    if (given == NULL || contact_parse(given, &c, NULL) < 0 || !c.has_pin) {
        return _("Compare it with what the person who runs the tracker told "
                 "you. From now on only this certificate is accepted.");
    }
    hex_encode(c.pin, sizeof(c.pin), hex);
    return strcasecmp(hex, shown) == 0
               ? _("Your address carries the same fingerprint. They match.")
               : _("YOUR ADDRESS CARRIES ANOTHER FINGERPRINT. Stop here and "
                   "ask whoever runs the tracker.");
}

static void show_certificate_step(struct ui *ui, const struct row_tracker *t,
                                  const char *given)
{
    struct dialog *d = dialog_new(_("Is this your tracker?"), NULL);
    struct certificate *k = mem_calloc(1, sizeof(*k));
    char *text = mem_printf(_("%s shows this certificate:"), t->address);

    ui->wizard_waits = false;
    dialog_set_width(d, WIZARD_WIDTH);
    dialog_set_copying(d);
    dialog_add_text(d, text);
    free(text);
    dialog_add_blank(d);
    add_fingerprint(d, t->pin);
    add_validity(d, t->cert_until);
    dialog_add_blank(d);
    dialog_add_text(d, compare_pins(given, t->pin));
    dialog_add_button(d, WIZARD_GO, _("Trust it"), 0);
    dialog_add_button(d, WIZARD_STOP, _("Stop here"), 0);
    dialog_add_key(d, WIZARD_COPY, 'y');
    k->pin = mem_strdup(t->pin);
    k->given = mem_strdup(given);
    dialog_set_data(d, k, certificate_free);
    dialog_set_page(d, _("The mouse is let go on this page: select the text "
                         "to compare or copy it."));
    dialog_set_note(d, _("If the two differ, stop and ask whoever runs the "
                         "tracker."));
    dialog_set_hint(d, _("Tab Choose  Enter OK  y Copy fingerprint  Esc Back"));
    dialog_on_button(d, on_certificate);
    ui_open(ui, d);
}

static void on_trackers(struct ui *ui, struct ui_request *r, struct event *e)
{
    char *given = NULL;
    size_t i;

    if (r->dialog == NULL || ui->wizard_step != WIZARD_CERTIFICATE) {
        return;
    }
    given = mem_strdup(dialog_data(r->dialog));
    for (i = 0; e->rows.kind == ROWS_TRACKERS && i < e->rows.count; i++) {
        const struct row_tracker *t = &e->rows.trackers[i];

        if (t->connected && t->pin != NULL && t->address != NULL) {
            close_all(ui);
            show_certificate_step(ui, t, given);
            free(given);
            return;
        }
    }
    free(given);
    ui_notice(ui, NOTICE_WARNING, "%s",
              _("The tracker's certificate is not known yet."));
    close_all(ui);
    go_on_to_account(ui);
}

static bool on_connecting(struct ui *ui, struct dialog *d, int button)
{
    char *text = mem_strdup(dialog_data(d));

    (void)button;
    show_tracker_step(ui, text, NULL);
    free(text);
    return true;
}

/* Wait for the connection; form_wizard_update() goes on. */
static void show_connecting(struct ui *ui, const char *text)
{
    struct dialog *d = dialog_new(_("Connecting"), NULL);
    char *line = mem_printf(_("Connecting to %s ..."), text);

    ui->wizard_step = WIZARD_CERTIFICATE;
    ui->wizard_waits = true;
    dialog_set_data(d, mem_strdup(text), free);
    dialog_add_blank(d);
    dialog_add_text(d, line);
    dialog_add_blank(d);
    dialog_add_button(d, WIZARD_STOP, _("Back"), 0);
    dialog_set_hint(d, _("Esc Back"));
    dialog_on_button(d, on_connecting);
    ui_open(ui, d);
    free(line);
}

/* ---- 1: tracker ------------------------------------------------------- */

/* An address in the field for a file is meant as what it is. */
static bool is_address(const char *text)
{
    struct contact c;

    return strchr(text, '/') == NULL && contact_parse(text, &c, NULL) == 0;
}

static char *typed_tracker(const struct dialog *d)
{
    if (dialog_is_on(d, TRACKER_BY_FILE) ||
        dialog_text(d, TRACKER_ADDRESS)[0] == '\0') {
        const char *path = dialog_text(d, TRACKER_FILE);

        return path[0] == '\0' || is_address(path) ? mem_strdup(path)
                                                   : pathname_absolute(path);
    }
    return mem_strdup(dialog_text(d, TRACKER_ADDRESS));
}

/* "cannot read /home/.../trackers: it does not exist": its name does, so that
 * a narrow screen has room for the reason. */
static void show_problem(struct dialog *d, const char *text,
                         const struct err *e)
{
    const char *why = e->text[0] != '\0' ? e->text : _(err_text(e->code));
    const char *at = text[0] == '/' ? strstr(why, text) : NULL;
    char *shorter;

    if (at == NULL) {
        dialog_set_problem(d, why);
        return;
    }
    shorter = mem_printf("%.*s%s%s", (int)(at - why), why,
                         strrchr(text, '/') + 1, at + strlen(text));
    dialog_set_problem(d, shorter);
    free(shorter);
}

/* Only the second field is a path. */
static bool complete_file(struct ui *ui, struct dialog *d, struct edit *e)
{
    return e->text == dialog_text(d, TRACKER_FILE) &&
           form_complete_path(ui, d, e);
}

static bool on_tracker(struct ui *ui, struct dialog *d, int button)
{
    struct err e = {.code = 0};
    char *text;
    bool done = false;

    if (button == WIZARD_BROWSE) {
        dialog_choose(d, TRACKER_BY_FILE);
        form_pick(ui, d, TRACKER_FILE, false);
        return false;
    }
    if (button == WIZARD_STOP) {
        ui_quit(ui);
        return true;
    }
    if (button != WIZARD_GO) { /* Esc leaves nothing: it is the first step */
        dialog_set_note(d, _("Tab leads to Quit. Nothing is set up yet."));
        return false;
    }
    text = typed_tracker(d);
    if (text[0] == '\0') {
        dialog_set_problem(d, _("Type where the tracker is."));
    } else if (ui->setup->on_tracker == NULL) {
        done = true;
    } else if (ui->setup->on_tracker(ui->setup->arg, text, &e) < 0) {
        show_problem(d, text, &e);
    } else {
        ui->engine_runs = true;
        done = true;
    }
    if (done) {
        show_connecting(ui, text);
    }
    free(text);
    return done;
}

static void show_tracker_step(struct ui *ui, const char *text,
                              const char *problem)
{
    struct dialog *d =
        dialog_new(_("Welcome"), _("share files with people you trust"));
    bool by_file = text != NULL && text[0] == '/';

    ui->wizard_step = WIZARD_TRACKER;
    ui->wizard_waits = false;
    dialog_add_blank(d);
    dialog_add_text(d, _("p2ptui keeps files in private groups. A tracker, run "
                         "by someone you know, helps people find each other. "
                         "The files go straight from computer to computer, "
                         "always encrypted."));
    dialog_add_blank(d);
    dialog_add_text(d, _("Where is your tracker?"));
    dialog_add_blank(d);
    dialog_add_radio(d, _("I know the address of one tracker, host:port"));
    dialog_add_field(d, "", by_file ? "" : text, 0);
    dialog_add_blank(d);
    dialog_add_radio(d, _("I have a trackers file"));
    dialog_add_field(d, "", by_file ? text : "", 0);
    dialog_add_button(d, WIZARD_GO, _("Next"), 0);
    dialog_add_button(d, WIZARD_BROWSE, _("Browse"), 0);
    dialog_add_button(d, WIZARD_STOP, _("Quit"), 0);
    if (by_file) {
        dialog_choose(d, TRACKER_BY_FILE);
    }
    dialog_focus_part(d, by_file ? TRACKER_FILE : TRACKER_ADDRESS);
    dialog_set_hint(d, _("Tab Complete, next field  Space Choose  Enter Next"));
    dialog_set_width(d, WIZARD_WIDTH);
    dialog_set_page(d, _("Paste works here. Nothing is sent before you press "
                         "Next."));
    if (ui->setup->first_run) {
        dialog_set_note(d, _("This is the first start: nothing is set up yet"));
    }
    dialog_set_problem(d, problem);
    dialog_on_button(d, on_tracker);
    dialog_on_complete(d, complete_file);
    ui_open(ui, d);
}

void form_wizard(struct ui *ui)
{
    if (ui->setup->first_run && !ui->engine_runs) {
        show_tracker_step(ui, ui->setup->trackers, NULL);
    } else {
        go_on_to_account(ui);
    }
}

static void go_back(struct ui *ui, const char *problem)
{
    char *text = mem_strdup(dialog_data(ui_dialog(ui)));
    char *why = mem_strdup(problem);

    close_all(ui);
    show_tracker_step(ui, text, why);
    free(text);
    free(why);
}

static void ask_for_trackers(struct ui *ui)
{
    struct ui_request *r;

    for (r = ui->requests; r != NULL; r = r->next) {
        if (r->kind == COMMAND_TRACKERS) {
            return;
        }
    }
    r = ui_send(ui, ui_command(ui, COMMAND_TRACKERS), on_trackers);
    if (r != NULL) {
        r->dialog = ui_dialog(ui);
    }
}

void form_wizard_update(struct ui *ui)
{
    const struct event *s = ui->model.session;
    struct dialog *d = ui_dialog(ui);

    if (s == NULL) {
        return;
    }
    if (ui->wizard_step == WIZARD_CERTIFICATE && d != NULL &&
        ui->wizard_waits) {
        if (s->session.connected) {
            ask_for_trackers(ui);
        } else if (s->session.problem != NULL) {
            go_back(ui, s->session.problem);
        }
    } else if (ui->wizard_step == WIZARD_ACCOUNT && s->session.logged_in) {
        close_all(ui);
        ask_for_groups(ui);
    }
}
