#include "config.h"

#include "tui/outcome.h"

#include <string.h>

#include "tui/forms.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/err.h"
#include "util/intl.h"

enum {
    OUTCOME_RECENT = 5, /* newest notices looked at */
    OUTCOME_SECONDS = 5,
};

/* Sentences with %s for the group, user or file they are about. */
static const char *success(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_CREATE_USER:
        return _("Account %s is made, and you are logged in");
    case COMMAND_LOGIN:
        return _("Logged in as %s");
    case COMMAND_CREATE_GROUP:
        return _("Group %s is made; you are its owner");
    case COMMAND_JOIN_GROUP:
        return _("Asked to join %s");
    case COMMAND_LEAVE_GROUP:
        return _("You left %s");
    case COMMAND_DELETE_GROUP:
        return _("Group %s is deleted");
    case COMMAND_ACCEPT_REQUEST:
        return _("%s is a member now");
    case COMMAND_REJECT_REQUEST:
        return _("%s was refused");
    case COMMAND_REMOVE_MEMBER:
        return _("%s is no member any more");
    case COMMAND_TRANSFER_GROUP:
        return _("%s is the owner now");
    case COMMAND_UPLOAD_FILE:
        return _("%s is shared");
    case COMMAND_DOWNLOAD_FILE:
        return _("%s is complete and verified");
    case COMMAND_VERIFY:
        return _("%s is verified");
    case COMMAND_PAUSE:
        return _("%s is paused");
    case COMMAND_RESUME:
        return _("%s goes on");
    case COMMAND_LOGOUT:
        return _("You are logged out");
    case COMMAND_PASSWD:
        return _("The password is changed");
    case COMMAND_SET_ROLE:
        return _("%s has another role now");
    case COMMAND_SERVE:
        return _("The directory is served to %s");
    case COMMAND_UNSERVE:
        return _("The directory is not served any more");
    case COMMAND_STOP_SHARE:
        return _("%s is not shared by you any more");
    case COMMAND_UNPUBLISH:
        return _("%s is taken out of the group");
    case COMMAND_FORGET:
        return _("%s left your list; its data stays");
    case COMMAND_REMOVE:
        return _("%s is removed from this computer");
    case COMMAND_TRACKER_ADD:
        return _("The tracker is in the list now");
    case COMMAND_TRACKER_FORGET:
        return _("The tracker is forgotten");
    case COMMAND_TRACKER_RETRY:
        return _("Trackers that are away are tried again now");
    default:
        return NULL;
    }
}

const char *outcome_subject(const struct ui_request *r)
{
    if (r->name != NULL) {
        return r->name;
    }
    return r->user != NULL ? r->user : r->group;
}

static void refresh(struct ui *ui, const struct ui_request *r)
{
    switch (r->kind) {
    case COMMAND_CREATE_GROUP:
    case COMMAND_JOIN_GROUP:
    case COMMAND_LEAVE_GROUP:
    case COMMAND_DELETE_GROUP:
    case COMMAND_TRANSFER_GROUP:
    case COMMAND_ACCEPT_REQUEST:
    case COMMAND_REJECT_REQUEST:
        ui_refresh(ui, COMMAND_LIST_GROUPS, NULL);
        ui_refresh(ui, COMMAND_LIST_REQUESTS, NULL);
        if (r->kind == COMMAND_TRANSFER_GROUP ||
            r->kind == COMMAND_ACCEPT_REQUEST) {
            ui_refresh(ui, COMMAND_MEMBERS, r->group);
        }
        break;
    case COMMAND_REMOVE_MEMBER:
    case COMMAND_SET_ROLE:
        ui_refresh(ui, COMMAND_MEMBERS, r->group);
        break;
    case COMMAND_UPLOAD_FILE:
    case COMMAND_SERVE:
    case COMMAND_UNPUBLISH:
    case COMMAND_REMOVE:
    case COMMAND_FORGET:
        ui_refresh(ui, COMMAND_LIST_FILES, r->group);
        break;
    default:
        break;
    }
}

/* The engine says itself what becomes of a file or which tracker it uses; twice
 * would be noise. */
static bool is_said(const struct ui *ui, const struct ui_request *r)
{
    const struct model_notice *n;
    size_t i;

    n = model_notice(&ui->model, 0);
    if (r->kind == COMMAND_TRACKER_USE && n != NULL && n->group == NULL &&
        n->name != NULL && n->time + OUTCOME_SECONDS >= ui_wall(ui)) {
        return true; /* which one is used now, or where one must log in */
    }
    if (r->name == NULL ||
        (r->kind != COMMAND_UPLOAD_FILE && r->kind != COMMAND_DOWNLOAD_FILE &&
         r->kind != COMMAND_VERIFY && r->kind != COMMAND_RESUME)) {
        return false;
    }
    for (i = 0; i < OUTCOME_RECENT; i++) {
        n = model_notice(&ui->model, i);
        if (n != NULL && n->text != NULL && n->level == NOTICE_DONE &&
            n->time + OUTCOME_SECONDS >= ui_wall(ui) &&
            strncmp(n->text, r->name, strlen(r->name)) == 0) {
            return true;
        }
    }
    return false;
}

void outcome_show(struct ui *ui, struct ui_request *r, struct event *e)
{
    const char *sentence = success(r->kind);
    const char *about = outcome_subject(r);

    if (e->code == P2P_ECANCELED) {
        return;
    }
    if (e->code != 0 && form_error_fits(ui, r)) {
        form_error(ui, r, e);
        return;
    }
    if (e->code != 0) {
        char text[WORDING_SENTENCE];
        const char *why = ui_reply_text(e);
        bool names = about != NULL && strncmp(why, about, strlen(about)) == 0;

        ui_notice_about(ui, NOTICE_ERROR, r->group, "%s",
                        names ? why
                              : wording_sentence(why, text, sizeof(text)));
        return;
    }
    refresh(ui, r);
    if (is_said(ui, r)) {
        return;
    }
    if (e->text != NULL && e->text[0] != '\0') {
        ui_notice_about(ui, NOTICE_DONE, r->group, "%s", e->text);
    } else if (sentence != NULL && strstr(sentence, "%s") == NULL) {
        ui_notice_about(ui, NOTICE_DONE, r->group, "%s", sentence);
    } else if (sentence != NULL && about != NULL) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        ui_notice_about(ui, NOTICE_DONE, r->group, sentence, about);
#pragma GCC diagnostic pop
    } else {
        ui_notice_about(ui, NOTICE_DONE, r->group, "%s", _("Done."));
    }
}
