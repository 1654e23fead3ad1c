#include "config.h"

#include "tui/confirm.h"

#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/dialog.h"
#include "tui/draw.h"
#include "tui/forms.h"
#include "tui/outcome.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/ui.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

enum {
    CONFIRM_YES = 1,
    CONFIRM_NO = 2,
    CONFIRM_NAMES = 5, /* listed of many files */
    CONFIRM_ETAS = 3,  /* running downloads whose time left is said */
};

/* Sent when the answer is yes. */
struct pending {
    struct command **commands; /* owned */
    size_t count;
    int keep; /* the radio button that keeps the data, or -1 */
};

static void pending_free(void *data)
{
    struct pending *p = data;
    size_t i;

    for (i = 0; i < p->count; i++) {
        command_free(p->commands[i]);
    }
    free(p->commands);
    free(p);
}

/* Takes the commands; the array stays the caller's. */
static struct pending *pending_new(struct command *const *commands,
                                   size_t count)
{
    struct pending *p = mem_calloc(1, sizeof(*p));

    p->commands = mem_calloc(count, sizeof(*p->commands));
    memcpy(p->commands, commands, count * sizeof(*p->commands));
    p->count = count;
    p->keep = -1;
    return p;
}

static bool on_answer(struct ui *ui, struct dialog *d, int button)
{
    struct pending *p = dialog_data(d);
    bool keep = p->keep >= 0 && dialog_is_on(d, p->keep);
    size_t i;

    if (button != CONFIRM_YES) {
        return true;
    }
    for (i = 0; i < p->count; i++) {
        struct command *c = p->commands[i];

        p->commands[i] = NULL;
        if (keep) {
            c->kind = COMMAND_FORGET;
        }
        ui_send(ui, c, outcome_show);
    }
    return true;
}

/* The safe button has the focus; "y" does it, and what was typed ahead does
 * nothing. */
static void finish_question(struct ui *ui, struct dialog *d, const char *yes,
                            const char *no)
{
    dialog_add_button(d, CONFIRM_YES, yes, 'y');
    dialog_add_button(d, CONFIRM_NO, no, 'n');
    dialog_focus_button(d, CONFIRM_NO);
    dialog_set_hint(d, _("y Yes  n No  Tab Choose  Enter OK  Esc Cancel"));
    dialog_set_guard(d, ui->now_ms);
}

static struct dialog *question(const char *title, const char *text)
{
    struct dialog *d = dialog_new(title, NULL);

    dialog_add_blank(d);
    dialog_add_text(d, text);
    return d;
}

void form_confirm(struct ui *ui, const char *title, const char *text,
                  const char *yes, struct command *c)
{
    struct dialog *d = question(title, text);
    const struct row_group *g = model_group(&ui->model, c->group);
    bool asked = g != NULL && g->role == GROUP_PENDING;
    bool leaves =
        (c->kind == COMMAND_LEAVE_GROUP && !asked) || c->kind == COMMAND_LOGOUT;

    dialog_set_data(d, pending_new(&c, 1), pending_free);
    finish_question(ui, d, yes, leaves ? _("Stay") : _("Keep it"));
    dialog_on_button(d, on_answer);
    ui_open(ui, d);
}

/* ---- Files ------------------------------------------------------------ */

static uint64_t size_of(const struct ui *ui, const struct command *c,
                        uint64_t *have)
{
    const struct row_transfer *t =
        model_transfer(&ui->model, c->group, c->name);

    *have = t == NULL ? 0 : t->have;
    return t == NULL ? 0 : t->size;
}

/* "concert-cut.mkv, 88% of 3.1 GiB, from film-club" */
static char *describe_file(const struct ui *ui, const struct command *c)
{
    uint64_t have, size = size_of(ui, c, &have);
    char text[UNITS_TEXT];

    if (size == 0 || c->group == NULL) {
        return mem_strdup(c->name);
    }
    if (have >= size) {
        return mem_printf(_("%s, %s, from %s"), c->name, units_size(size, text),
                          c->group);
    }
    return mem_printf(_("%s, %d%% of %s, from %s"), c->name,
                      draw_percent(have, size), units_size(size, text),
                      c->group);
}

static void list_names(struct dialog *d, struct command *const *c, size_t count)
{
    char *more;
    size_t i;

    for (i = 0; i < count && i < CONFIRM_NAMES; i++) {
        int part = dialog_add_text(d, c[i]->name);

        dialog_indent_part(d, part, 2);
    }
    if (count > CONFIRM_NAMES) {
        more = mem_printf(_("and %zu more"), count - CONFIRM_NAMES);
        dialog_indent_part(d, dialog_add_text(d, more), 2);
        free(more);
    }
}

/* `one` is the title for a single file; `many`, which is freed, for several. */
static struct dialog *ask_about_files(struct ui *ui, const char *one,
                                      char *many, struct command *const *c,
                                      size_t count)
{
    struct dialog *d = dialog_new(count == 1 ? one : many, NULL);
    char *text;

    dialog_add_blank(d);
    if (count == 1) {
        text = describe_file(ui, c[0]);
        dialog_add_text(d, text);
        free(text);
    } else {
        list_names(d, c, count);
    }
    dialog_add_blank(d);
    free(many);
    return d;
}

static void ask_to_remove(struct ui *ui, struct command *const *c, size_t count)
{
    struct pending *p = pending_new(c, count);
    uint64_t bytes = 0;
    bool complete = true;
    struct dialog *d;
    char size[UNITS_TEXT];
    char *keep;
    size_t i;
    int delete;

    for (i = 0; i < count; i++) {
        uint64_t have, whole = size_of(ui, c[i], &have);

        bytes += have;
        complete = complete && have >= whole;
    }
    d = ask_about_files(
        ui, complete ? _("Remove this file?") : _("Remove this download?"),
        mem_printf(_("Remove %zu files?"), count), c, count);
    keep = mem_printf(_("Only from the list; keep the %s on disk"),
                      units_size(bytes, size));
    p->keep = dialog_add_radio(d, keep);
    delete = dialog_add_radio(
        d, count > 1  ? _("From the list, and delete the files")
           : complete ? _("From the list, and delete the file")
                      : _("From the list, and delete the unfinished file"));
    if (!complete) {
        dialog_choose(d, delete);
    }
    dialog_add_blank(d);
    dialog_add_text(d, count > 1
                           ? _("Other members lose you as a source for them.")
                           : _("Other members lose you as a source for it."));
    finish_question(ui, d, _("Remove"), _("Keep it"));
    dialog_set_data(d, p, pending_free);
    dialog_on_button(d, on_answer);
    ui_open(ui, d);
    free(keep);
}

static void ask_to_forget(struct ui *ui, struct command *const *c, size_t count)
{
    struct dialog *d =
        ask_about_files(ui, _("Forget this file?"),
                        mem_printf(_("Forget %zu files?"), count), c, count);

    dialog_add_text(d, _("It leaves your list, and other members lose you as "
                         "a source. The data stays on your disk."));
    finish_question(ui, d, _("Forget"), _("Keep it"));
    dialog_set_data(d, pending_new(c, count), pending_free);
    dialog_on_button(d, on_answer);
    ui_open(ui, d);
}

static void ask_to_stop(struct ui *ui, struct command *const *c, size_t count)
{
    char *title = mem_printf(_("Stop sharing %s?"), c[0]->name);
    struct dialog *d = ask_about_files(
        ui, title, mem_printf(_("Stop sharing %zu files?"), count), c, count);

    free(title);
    dialog_add_text(
        d, count > 1
               ? _("Other members lose you as a source for them. They stay on "
                   "your disk and in the group's list.")
               : _("Other members lose you as a source for it. It stays on "
                   "your disk and in the group's list."));
    finish_question(ui, d, _("Stop"), _("Keep it"));
    dialog_set_data(d, pending_new(c, count), pending_free);
    dialog_on_button(d, on_answer);
    ui_open(ui, d);
}

static void ask_to_unpublish(struct ui *ui, struct command *const *c,
                             size_t count)
{
    const struct row_group *g = model_group(&ui->model, c[0]->group);
    unsigned others = g == NULL || g->members == 0 ? 0 : g->members - 1;
    char *title = mem_printf(_("Unpublish %s?"), c[0]->name);
    char *text = mem_printf(
        ngettext("%u other member can no longer load it. Copies that exist "
                 "stay where they are.",
                 "%u other members can no longer load it. Copies that exist "
                 "stay where they are.",
                 others),
        others);
    struct dialog *d = ask_about_files(
        ui, title, mem_printf(_("Unpublish %zu files?"), count), c, count);

    dialog_add_text(d, text);
    finish_question(ui, d, _("Unpublish"), _("Keep it"));
    dialog_set_data(d, pending_new(c, count), pending_free);
    dialog_on_button(d, on_answer);
    ui_open(ui, d);
    free(title);
    free(text);
}

/* ---- Groups ----------------------------------------------------------- */

static unsigned shared_in(const struct ui *ui, const char *group)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRANSFERS);
    unsigned count = 0;
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct row_transfer *t = &r->transfers[i];

        count += t->group != NULL && group != NULL &&
                 strcmp(t->group, group) == 0 && t->state == TRANSFER_SHARING;
    }
    return count;
}

/* Sentences with numbers from the model; `text` is freed. */
static void confirm_with(struct ui *ui, const char *format, const char *name,
                         char *text, const char *yes, struct command *c)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    char *title = mem_printf(format, name);
#pragma GCC diagnostic pop

    form_confirm(ui, title, text, yes, c);
    free(title);
    free(text);
}

static char *leaving_text(const struct ui *ui, const char *group)
{
    const struct row_group *g = model_group(&ui->model, group);
    unsigned mine = shared_in(ui, group), all = g == NULL ? 0 : g->items;
    char *loses =
        mem_printf(ngettext("You can no longer load its %u file.",
                            "You can no longer load its %u files.", all),
                   all);
    char *withdrawn =
        mem_printf(ngettext("%u file you share there is withdrawn.",
                            "%u files you share there are withdrawn.", mine),
                   mine);
    char *text =
        mem_printf("%s %s%s%s", loses, mine > 0 ? withdrawn : "",
                   mine > 0 ? " " : "", _("What you have stays on your disk."));

    free(loses);
    free(withdrawn);
    return text;
}

static char *removing_text(const struct ui *ui, const struct command *c)
{
    const struct row_group *g = model_group(&ui->model, c->group);
    unsigned files = g == NULL ? 0 : g->items;

    return mem_printf(
        ngettext("Running transfers to %s end at once, and the group's %u "
                 "file can no longer be loaded. What was downloaded stays "
                 "where it is.",
                 "Running transfers to %s end at once, and the group's %u "
                 "files can no longer be loaded. What was downloaded stays "
                 "where it is.",
                 files),
        c->user, files);
}

static void ask_to_leave(struct ui *ui, struct command *c)
{
    const struct row_group *g = model_group(&ui->model, c->group);

    if (g != NULL && g->role == GROUP_PENDING) {
        confirm_with(ui, _("Take back the request to %s?"), c->group,
                     mem_strdup(_("The owner does not see it any more. You may "
                                  "ask again at any time.")),
                     _("Take it back"), c);
    } else {
        confirm_with(ui, _("Leave %s?"), c->group, leaving_text(ui, c->group),
                     _("Leave"), c);
    }
}

static void ask_to_hand_over(struct ui *ui, struct command *c)
{
    char *title = mem_printf(_("Hand %s over to %s?"), c->group, c->user);
    char *text =
        mem_printf(_("%s becomes the owner and decides everything. You stay as "
                     "an admin, and cannot take it back yourself."),
                   c->user);

    form_confirm(ui, title, text, _("Hand over"), c);
    free(text);
    free(title);
}

static bool ask_about_group(struct ui *ui, struct command *c)
{
    switch (c->kind) {
    case COMMAND_LEAVE_GROUP:
        ask_to_leave(ui, c);
        return true;
    case COMMAND_TRANSFER_GROUP:
        ask_to_hand_over(ui, c);
        return true;
    case COMMAND_REJECT_REQUEST:
        form_reject(ui, c->group, c->user, c->text);
        command_free(c);
        return true;
    case COMMAND_DELETE_GROUP:
        form_delete_group(ui, c);
        return true;
    case COMMAND_REMOVE_MEMBER:
        confirm_with(ui, _("Remove %s from the group?"), c->user,
                     removing_text(ui, c), _("Remove"), c);
        return true;
    case COMMAND_LOGOUT:
        if (!form_is_busy(ui)) {
            return false;
        }
        form_confirm(ui, _("Log out?"),
                     _("What is loaded or shared now stops until you log in "
                       "again."),
                     _("Log out"), c);
        return true;
    case COMMAND_DROP_PEER:
        confirm_with(ui, _("Drop %s?"), c->user,
                     mem_strdup(_("Its connections for this file end now, and "
                                  "for 10 minutes it is not let in again. It "
                                  "stays a member of the group.")),
                     _("Drop"), c);
        return true;
    case COMMAND_CLEAR:
        form_confirm(ui, _("Clear finished files?"),
                     _("Files that are complete and no longer shared, and "
                       "those whose data is gone, leave the list. Nothing is "
                       "deleted from your disk."),
                     _("Clear"), c);
        return true;
    default:
        return false;
    }
}

bool confirm_wants(enum command_kind kind)
{
    return kind == COMMAND_REMOVE || kind == COMMAND_STOP_SHARE ||
           kind == COMMAND_UNPUBLISH || kind == COMMAND_FORGET;
}

/* Which setting says whether to ask; SETTING_COUNT: none, there is always a
 * question, or never one. */
static enum setting_id question_setting(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_STOP_SHARE:
        return SETTING_ASK_STOP;
    case COMMAND_UNPUBLISH:
        return SETTING_ASK_UNPUBLISH;
    case COMMAND_REMOVE:
    case COMMAND_FORGET:
        return SETTING_ASK_REMOVE;
    case COMMAND_LEAVE_GROUP:
        return SETTING_ASK_LEAVE;
    case COMMAND_REMOVE_MEMBER:
        return SETTING_ASK_MEMBER;
    case COMMAND_LOGOUT:
        return SETTING_ASK_LOGOUT;
    default:
        return SETTING_COUNT;
    }
}

bool confirm_first(struct ui *ui, struct command *const *c, size_t count)
{
    enum setting_id asks = question_setting(c[0]->kind);

    if (asks != SETTING_COUNT && !settings_on(ui->setup->settings, asks)) {
        return false;
    }
    switch (c[0]->kind) {
    case COMMAND_REMOVE:
        ask_to_remove(ui, c, count);
        return true;
    case COMMAND_FORGET:
        ask_to_forget(ui, c, count);
        return true;
    case COMMAND_STOP_SHARE:
        ask_to_stop(ui, c, count);
        return true;
    case COMMAND_UNPUBLISH:
        ask_to_unpublish(ui, c, count);
        return true;
    default:
        return count == 1 && ask_about_group(ui, c[0]);
    }
}

/* ---- Delete a group --------------------------------------------------- */

enum { DELETE_NAME = 4 /* the part that must hold its name */ };

static bool on_delete_group(struct ui *ui, struct dialog *d, int button)
{
    const struct pending *p = dialog_data(d);

    if (button == CONFIRM_YES &&
        strcmp(dialog_text(d, DELETE_NAME), p->commands[0]->group) != 0) {
        dialog_set_problem(d, _("That is not the name of the group."));
        dialog_focus_part(d, DELETE_NAME);
        return false;
    }
    return on_answer(ui, d, button);
}

void form_delete_group(struct ui *ui, struct command *c)
{
    const struct row_group *g = model_group(&ui->model, c->group);
    unsigned members = g == NULL ? 0 : g->members;
    unsigned files = g == NULL ? 0 : g->items;
    char *title = mem_printf(_("Delete %s for everyone?"), c->group);
    char *lose = mem_printf(ngettext("%u member loses the group.",
                                     "%u members lose the group.", members),
                            members);
    char *gone = mem_printf(ngettext("%u file is no longer offered.",
                                     "%u files are no longer offered.", files),
                            files);
    char *text = mem_printf(_("%s %s\nFiles already downloaded stay on their "
                              "disks.\nThis cannot be undone."),
                            lose, gone);
    struct dialog *d = question(title, text);

    dialog_add_blank(d);
    dialog_add_text(d, _("Type the name of the group to go on:"));
    dialog_add_field(d, "", "", 256);
    dialog_add_button(d, CONFIRM_YES, _("Delete"), 0);
    dialog_add_button(d, CONFIRM_NO, _("Keep it"), 0);
    dialog_focus_button(d, CONFIRM_NO); /* what Enter in the field presses */
    dialog_focus_part(d, DELETE_NAME);
    dialog_set_guard(d, ui->now_ms);
    dialog_set_data(d, pending_new(&c, 1), pending_free);
    dialog_on_button(d, on_delete_group);
    ui_open(ui, d);
    free(title);
    free(lose);
    free(gone);
    free(text);
}

/* ---- Quit ------------------------------------------------------------- */

struct running {
    unsigned loading, hashing, giving;
    int64_t etas[CONFIRM_ETAS];
    int eta_count;
};

static bool takes(const struct row_taker *t)
{
    return t->rate_up > 0 && t->pieces < t->piece_count;
}

/* Of how many files does somebody take something at this moment? Rates alone
 * are those of the last seconds: who has all of it is done. */
static unsigned taken_files(const struct rows *takers)
{
    unsigned count = 0;
    size_t i, k;

    for (i = 0; i < takers->count; i++) {
        const struct row_taker *t = &takers->takers[i];

        for (k = 0; k < i; k++) {
            const struct row_taker *u = &takers->takers[k];

            if (takes(u) && strcmp(t->group, u->group) == 0 &&
                strcmp(t->name, u->name) == 0) {
                break;
            }
        }
        count += k == i && takes(t);
    }
    return count;
}

static struct running running_now(const struct ui *ui)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRANSFERS);
    struct running n = {.loading = 0};
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct row_transfer *t = &r->transfers[i];
        bool loading = t->state == TRANSFER_LOADING;

        n.loading += loading;
        n.hashing += t->state == TRANSFER_HASHING;
        n.giving += t->rate_up > 0 && !ui->watches_takers;
        if (loading && t->eta >= 0 && n.eta_count < CONFIRM_ETAS) {
            n.etas[n.eta_count++] = t->eta;
        }
    }
    if (ui->watches_takers) {
        n.giving = taken_files(model_rows(&ui->model, ROWS_TAKERS));
    }
    return n;
}

bool form_is_busy(const struct ui *ui)
{
    struct running n = running_now(ui);

    return n.loading + n.hashing + n.giving > 0;
}

/* ", 31 s and 50 min left" */
static char *time_left(const struct running *n)
{
    char a[UNITS_TEXT], b[UNITS_TEXT], c[UNITS_TEXT];

    switch (n->eta_count) {
    case 0:
        return mem_strdup("");
    case 1:
        return mem_printf(_(", %s left"), units_duration(n->etas[0], a));
    case 2:
        return mem_printf(_(", %s and %s left"), units_duration(n->etas[0], a),
                          units_duration(n->etas[1], b));
    default:
        return mem_printf(
            _(", %s, %s and %s left"), units_duration(n->etas[0], a),
            units_duration(n->etas[1], b), units_duration(n->etas[2], c));
    }
}

static void add_line(struct dialog *d, char *text)
{
    dialog_add_text(d, text);
    free(text);
}

static void list_running(struct dialog *d, const struct running *n)
{
    char *left = time_left(n);

    if (n->loading > 0) {
        add_line(d,
                 mem_printf(ngettext("%u download is running%s.",
                                     "%u downloads are running%s.", n->loading),
                            n->loading, left));
    }
    if (n->giving > 0) {
        add_line(d, mem_printf(ngettext("Members are taking %u file from you "
                                        "now.",
                                        "Members are taking %u files from you "
                                        "now.",
                                        n->giving),
                               n->giving));
    }
    if (n->loading + n->giving > 0) {
        dialog_add_text(d, _("Everything continues where it stopped at the "
                             "next start."));
    }
    if (n->hashing > 0) {
        add_line(d, mem_printf(ngettext("%u file is being hashed: share it "
                                        "again then.",
                                        "%u files are being hashed: share "
                                        "them again then.",
                                        n->hashing),
                               n->hashing));
    }
    free(left);
}

static bool on_quit(struct ui *ui, struct dialog *d, int button)
{
    (void)d;
    if (button == CONFIRM_YES) {
        ui_quit(ui);
    }
    return true;
}

void form_quit(struct ui *ui)
{
    struct running n = running_now(ui);
    struct dialog *d;

    if (n.loading + n.hashing + n.giving == 0 ||
        !settings_on(ui->setup->settings, SETTING_ASK_QUIT)) {
        ui_quit(ui);
        return;
    }
    d = dialog_new(_("Quit p2ptui?"), NULL);
    dialog_add_blank(d);
    list_running(d, &n);
    finish_question(ui, d, _("Quit"), _("Stay"));
    dialog_set_after(d, _("To keep sharing after you close the terminal, start "
                          "p2ptui inside tmux, or run p2ptui --headless as a "
                          "service."));
    dialog_on_button(d, on_quit);
    ui_open(ui, d);
}
