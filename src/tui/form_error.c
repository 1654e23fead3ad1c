#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "msgq/event.h"
#include "tui/dialog.h"
#include "tui/forms.h"
#include "tui/outcome.h"
#include "tui/ui.h"
#include "tui/views.h"
#include "tui/wording.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"

/* Something a key or a typed command asked for did not work: what, why, and
 * what can be done about it. */
enum {
    ERROR_OK = 1,
    ERROR_COPY = 2,
    ERROR_LOG = 3,
    ERROR_WIDTH = 72,
    ERROR_LABELS = 12, /* columns of "What to do" */
    ERROR_WAIT_MS = 10000,
};

/* With %s for the group, user or file it is about. */
static const char *failure(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_CREATE_USER:
        return _("Cannot create the account %s");
    case COMMAND_LOGIN:
        return _("Cannot log in as %s");
    case COMMAND_CREATE_GROUP:
        return _("Cannot create %s");
    case COMMAND_JOIN_GROUP:
        return _("Cannot join %s");
    case COMMAND_LEAVE_GROUP:
        return _("Cannot leave %s");
    case COMMAND_DELETE_GROUP:
        return _("Cannot delete %s");
    case COMMAND_ACCEPT_REQUEST:
        return _("Cannot accept %s");
    case COMMAND_REJECT_REQUEST:
        return _("Cannot refuse %s");
    case COMMAND_REMOVE_MEMBER:
    case COMMAND_REMOVE:
        return _("Cannot remove %s");
    case COMMAND_UPLOAD_FILE:
        return _("Cannot share %s");
    case COMMAND_DOWNLOAD_FILE:
        return _("Cannot download %s");
    case COMMAND_VERIFY:
        return _("Cannot verify %s");
    case COMMAND_PAUSE:
        return _("Cannot pause %s");
    case COMMAND_RESUME:
        return _("Cannot go on with %s");
    case COMMAND_STOP_SHARE:
        return _("Cannot stop sharing %s");
    case COMMAND_UNPUBLISH:
        return _("Cannot unpublish %s");
    case COMMAND_EXPORT:
        return _("Cannot export %s");
    default:
        return NULL;
    }
}

/* What helps in most cases; NULL when nothing is sure to. */
static const char *advice(int code)
{
    switch (code) {
    case P2P_EACCES:
        return _(
            "Ask the owner of the group, or look at the members (:members) "
            "for your role.");
    case P2P_ENOTLOGIN:
        return _("Log in: press Enter, or type :login NAME.");
    case P2P_ENOTRACKER:
    case P2P_ECONNECT:
    case P2P_ECLOSED:
    case P2P_ETIMEDOUT:
        return _("Look at your network. Trackers are tried again by "
                 "themselves, and running transfers go on.");
    case P2P_ENOSPC:
        return _("Make room on the disk, then try again.");
    case P2P_ENOENT:
        return _("Look at the list again: it may have another name by now, or "
                 "be gone.");
    case P2P_EEXIST:
        return _("Choose another name.");
    case P2P_EBUSY:
    case P2P_EAGAIN:
        return _("Wait a moment and try again.");
    case P2P_EVERIFY:
        return _("The data has changed: share it again, or load it again.");
    case P2P_EPIN:
        return _("Ask whoever runs the tracker whether it has a new "
                 "certificate. Until then give it no password.");
    case P2P_EINVAL:
    case P2P_EUSAGE:
        return _("Look at how it is used: ? and then Commands, or :help.");
    default:
        return NULL;
    }
}

static char *title_of(const struct ui_request *r)
{
    const char *format = failure(r->kind);
    const char *about = outcome_subject(r);

    if (format == NULL || about == NULL) {
        return mem_strdup(_("That did not work"));
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return mem_printf(format, about);
#pragma GCC diagnostic pop
}

/* "not_authorised (t2.lab:7070, request 8841)": what a report should hold. */
static char *code_line(const struct ui *ui, const struct ui_request *r,
                       const struct event *e)
{
    const struct event *s = ui->model.session;
    const char *tracker =
        s == NULL || s->session.tracker == NULL ? "" : s->session.tracker;

    return mem_printf(_("%s (%s%srequest %llu)"), err_word(e->code), tracker,
                      tracker[0] == '\0' ? "" : ", ",
                      (unsigned long long)r->id);
}

static bool on_error(struct ui *ui, struct dialog *d, int button)
{
    if (button == ERROR_COPY) {
        ui_copy(ui, dialog_data(d));
        dialog_set_note(d, _("Copied."));
        return false;
    }
    if (button == ERROR_LOG) {
        views_show(ui, VIEW_LOG);
    }
    return true;
}

bool form_error_fits(const struct ui *ui, const struct ui_request *r)
{
    return r->keys == ui->keys && ui_dialog(ui) == NULL &&
           ui->now_ms - r->sent_ms < ERROR_WAIT_MS;
}

/* "No such thing" under "There is no such request" tells nothing. */
static bool says_more(int code, const char *what)
{
    return code != P2P_ENOENT && code != P2P_EEXIST && code != P2P_EINVAL &&
           strstr(what, _(err_text(code))) == NULL;
}

static void add_reason(struct dialog *d, const char *what, int code)
{
    char why[WORDING_SENTENCE];
    const char *help = advice(code);

    if (says_more(code, what)) {
        wording_sentence(_(err_text(code)), why, sizeof(why));
        dialog_add_blank(d);
        dialog_add_entry(d, _("Why"), why, ERROR_LABELS);
    } else if (help != NULL) {
        dialog_add_blank(d);
    }
    if (help != NULL) {
        dialog_add_entry(d, _("What to do"), help, ERROR_LABELS);
    }
}

void form_error(struct ui *ui, const struct ui_request *r,
                const struct event *e)
{
    char what[WORDING_SENTENCE];
    char *title = title_of(r), *code = code_line(ui, r, e);
    struct dialog *d = dialog_new(title, NULL);

    wording_sentence(ui_reply_text(e), what, sizeof(what));
    dialog_set_width(d, ERROR_WIDTH);
    dialog_set_data(d, mem_printf("%s\n%s\n%s", title, what, code), free);
    dialog_set_copying(d);
    dialog_add_blank(d);
    dialog_add_text(d, what);
    add_reason(d, ui_reply_text(e), e->code);
    dialog_add_blank(d);
    dialog_add_entry(d, _("Code"), code, ERROR_LABELS);
    dialog_add_blank(d);
    dialog_add_text(d, _("The mouse is free while this is shown: select text "
                         "to copy it."));
    dialog_add_button(d, ERROR_OK, _("OK"), 0);
    dialog_add_button(d, ERROR_COPY, _("Copy"), 'y');
    dialog_add_button(d, ERROR_LOG, _("Log"), '5');
    dialog_focus_button(d, ERROR_OK);
    dialog_set_hint(d, _("Enter OK  y Copy  5 Log  Esc Close"));
    dialog_on_button(d, on_error);
    ui_open(ui, d);
    free(title);
    free(code);
}
