#include "config.h"

#include "tui/perform.h"

#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/confirm.h"
#include "tui/forms.h"
#include "tui/help.h"
#include "tui/lineparse.h"
#include "tui/main_state.h"
#include "tui/outcome.h"
#include "tui/perform_group.h"
#include "tui/perform_screen.h"
#include "tui/perform_tracker.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/transfers_state.h"
#include "tui/ui.h"
#include "tui/view_detail.h"
#include "tui/views.h"
#include "tui/wording.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"

/* ---- What an action needs --------------------------------------------- */

static bool takes(const struct action *a, const char *word)
{
    return a->arguments != NULL && strstr(a->arguments, word) != NULL;
}

/* What only works on a file that is here, or is not yet. */
static const char *why_not_for_item(const struct main_item *item,
                                    const struct action *a)
{
    enum transfer_state state = main_item_state(item);
    bool here = item->transfer != NULL;

    switch (a->kind) {
    case COMMAND_DOWNLOAD_FILE:
        return here && main_item_have(item) >= main_item_size(item)
                   ? _("it is on this computer")
                   : NULL;
    case COMMAND_PAUSE:
        return here ? NULL : _("it is not on this computer");
    case COMMAND_RESUME:
        return !here ? _("it is not on this computer")
               : state == TRANSFER_LOADING || state == TRANSFER_SHARING
                   ? _("it is not paused")
                   : NULL;
    case COMMAND_STOP_SHARE:
        return !here                       ? _("it is not on this computer")
               : state == TRANSFER_STOPPED ? _("it is not shared now")
                                           : NULL;
    case COMMAND_VERIFY:
    case COMMAND_REMOVE:
    case COMMAND_FORGET:
        return here ? NULL : _("it is not on this computer");
    default:
        return NULL;
    }
}

static bool is_possible_without_login(const struct action *a)
{
    return a->local != ACTION_ENGINE || a->kind == COMMAND_LOGIN ||
           a->kind == COMMAND_CREATE_USER || a->kind == COMMAND_TRACKERS ||
           a->kind == COMMAND_TRACKER_ADD || a->kind == COMMAND_TRACKER_USE ||
           a->kind == COMMAND_TRACKER_FORGET ||
           a->kind == COMMAND_TRACKER_RETRY ||
           a->kind == COMMAND_TRACKER_CERT ||
           a->kind == COMMAND_SHOW_DOWNLOADS || a->kind == COMMAND_LIST;
}

const char *perform_why_not(const struct ui *ui, const struct action *a)
{
    struct selection at, mark;
    const struct row_group *g;
    struct main_item item;
    const char *why;
    bool is_of_file = takes(a, "FILE");

    if (!is_possible_without_login(a) && !model_is_logged_in(&ui->model)) {
        return a->kind == COMMAND_LOGOUT ? _("nobody is logged in")
                                         : _("log in first");
    }
    views_chosen(ui, &at);
    g = model_group(&ui->model, at.group);
    why = perform_group_why_not(ui, g, &at, a);
    if (why != NULL) {
        return why;
    }
    why = perform_tracker_why_not(ui, &at, a);
    if (why != NULL) {
        return why;
    }
    if (a->local != ACTION_ENGINE) {
        return perform_screen_why_not(ui, a);
    }
    if (is_of_file && !main_item_find(ui, at.group, at.name, &item)) {
        return g != NULL && g->role == GROUP_PENDING
                   ? _("the owner has to let you in first")
                   : _("choose a file first");
    }
    if (a->kind == COMMAND_DROP_PEER && at.user == NULL) {
        return _("choose a peer first");
    }
    if (is_of_file && !views_marked(ui, 0, &mark)) {
        why = why_not_for_item(&item, a);
        if (why != NULL) {
            return why;
        }
    }
    if (a->kind != COMMAND_CREATE_GROUP && a->kind != COMMAND_JOIN_GROUP &&
        a->arguments != NULL && strncmp(a->arguments, "GROUP", 5) == 0 &&
        g == NULL) {
        return _("choose a group first");
    }
    return NULL;
}

/* ---- Sending ---------------------------------------------------------- */

static void show_rows(struct ui *ui, struct ui_request *r, struct event *e)
{
    const struct action *a = action_for_kind(r->kind);
    const char *about = r->name != NULL ? r->name : r->group;
    char title[WORDING_MAX];

    if (e->code != 0 || e->rows.kind == ROWS_NONE) {
        outcome_show(ui, r, e);
        return;
    }
    wording_title(a == NULL ? "" : _(a->label), title, sizeof(title));
    form_rows(ui, title, about, e);
}

static bool shows_rows(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_WHOAMI:
    case COMMAND_INFO:
    case COMMAND_PEERS:
    case COMMAND_LOCATE:
    case COMMAND_TRACKER_CERT:
        return true;
    default:
        return false;
    }
}

/* Some answers are a place of the view, not a list of their own. */
static bool show_in_view(struct ui *ui, const struct command *c)
{
    if (c->kind == COMMAND_LIST_FILES && c->group != NULL &&
        model_group(&ui->model, c->group) != NULL) {
        views_show(ui, VIEW_MAIN);
        main_state_choose_group(ui, c->group);
        ui->main->focus = MAIN_FILES;
        ui_refresh(ui, COMMAND_LIST_FILES, c->group);
        return true;
    }
    if (c->kind == COMMAND_INFO && view_detail_choose(ui, c->group, c->name)) {
        views_show(ui, VIEW_DETAIL);
        return true;
    }
    if (c->kind == COMMAND_SHOW_DOWNLOADS || c->kind == COMMAND_LIST) {
        views_show(ui, VIEW_TRANSFERS);
        transfers_state_of(ui)->focus =
            c->kind == COMMAND_LIST ? TRANSFERS_SHARING : TRANSFERS_DOWNLOADS;
        return true;
    }
    if (c->kind == COMMAND_TRACKERS) {
        views_show(ui, VIEW_CLUSTER);
        return true;
    }
    return perform_group_show(ui, c);
}

/* Takes `c`, which is filled in. */
static void run_command(struct ui *ui, struct command *c)
{
    if (c->kind == COMMAND_DOWNLOAD_FILE && c->path == NULL) {
        c->path = settings_path(ui->setup->settings, SETTING_DOWNLOAD_DIR);
    }
    if (show_in_view(ui, c)) {
        command_free(c);
        return;
    }
    if (confirm_first(ui, &c, 1)) {
        return;
    }
    ui_send(ui, c, shows_rows(c->kind) ? show_rows : outcome_show);
}

/* ---- Actions on what is chosen ---------------------------------------- */

static bool open_form(struct ui *ui, const struct action *a,
                      const struct selection *at)
{
    switch (a->kind) {
    case COMMAND_LOGIN:
        form_login(ui, NULL);
        return true;
    case COMMAND_CREATE_USER:
        form_create_user(ui, "");
        return true;
    case COMMAND_PASSWD:
        form_password(ui);
        return true;
    case COMMAND_UPLOAD_FILE:
        form_share(ui, at->group);
        return true;
    case COMMAND_DOWNLOAD_FILE:
        form_download_now(ui);
        return true;
    case COMMAND_LOCATE:
        ui->wants_prompt = "locate ";
        return true;
    case COMMAND_SERVE:
        ui->wants_prompt = "serve ";
        return true;
    case COMMAND_UNSERVE:
        ui->wants_prompt = "unserve ";
        return true;
    default:
        return perform_tracker_asks(ui, a, at) ||
               perform_group_action(ui, a, at);
    }
}

/* The command about the chosen group and file. */
static struct command *command_for(struct ui *ui, const struct action *a,
                                   const struct selection *at)
{
    struct command *c = ui_command(ui, a->kind);

    if (c == NULL) {
        return NULL;
    }
    if (takes(a, "GROUP")) {
        c->group = mem_strdup(at->group);
    }
    if (takes(a, "FILE")) {
        c->name = mem_strdup(at->name);
    }
    if (takes(a, "USER")) {
        c->user = mem_strdup(at->user);
    }
    perform_tracker_fill(c, at);
    return c;
}

static void run_on(struct ui *ui, const struct action *a,
                   const struct selection *at)
{
    struct command *c = command_for(ui, a, at);

    if (c == NULL) {
        return;
    }
    if (a->kind == COMMAND_EXPORT || a->kind == COMMAND_EXPORT_MEMBER) {
        form_export(ui, a, c);
    } else {
        run_command(ui, c);
    }
}

static bool rests(const struct ui *ui, const struct selection *at)
{
    struct main_item item;
    enum transfer_state state;

    if (!main_item_find(ui, at->group, at->name, &item)) {
        return false;
    }
    state = main_item_state(&item);
    return state == TRANSFER_PAUSED || state == TRANSFER_STOPPED ||
           state == TRANSFER_FAILED;
}

/* "Pause or go on": on, when all that it is about rests. */
static const struct action *pause_or_resume(const struct ui *ui)
{
    struct selection at;
    unsigned n;

    for (n = 0; views_marked(ui, n, &at); n++) {
        if (!rests(ui, &at)) {
            return action_for_kind(COMMAND_PAUSE);
        }
    }
    if (n == 0) {
        views_chosen(ui, &at);
    }
    return action_for_kind(n > 0 || rests(ui, &at) ? COMMAND_RESUME
                                                   : COMMAND_PAUSE);
}

/* Pausing, going on and verifying mean all marked files, if there are any. */
static bool run_on_marked(struct ui *ui, const struct action *a)
{
    struct selection mark;
    unsigned n = 0;

    if (a->kind != COMMAND_PAUSE && a->kind != COMMAND_RESUME &&
        a->kind != COMMAND_VERIFY) {
        return false;
    }
    while (views_marked(ui, n, &mark)) {
        run_on(ui, a, &mark);
        n++;
    }
    if (n > 0) {
        ui->view->unmark(ui);
    }
    return n > 0;
}

/* What is marked but not here has nothing to be stopped or removed. */
static bool is_meant(const struct ui *ui, const struct action *a,
                     const struct selection *mark)
{
    return a->kind == COMMAND_UNPUBLISH ||
           model_transfer(&ui->model, mark->group, mark->name) != NULL;
}

static void send_all(struct ui *ui, struct command *const *c, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        ui_send(ui, c[i], outcome_show);
    }
}

/* A command for each marked file that is meant, in new memory. */
static struct command **
commands_for_marked(struct ui *ui, const struct action *a, size_t *count)
{
    struct command **commands = NULL, *c;
    struct selection mark;
    unsigned n;

    *count = 0;
    for (n = 0; views_marked(ui, n, &mark); n++) {
        c = is_meant(ui, a, &mark) ? command_for(ui, a, &mark) : NULL;
        if (c != NULL) {
            commands = mem_resize(commands, *count + 1, sizeof(*commands));
            commands[*count] = c;
            (*count)++;
        }
    }
    return commands;
}

/* One question about all marked files. */
static bool ask_about_marked(struct ui *ui, const struct action *a)
{
    struct command **commands;
    struct selection mark;
    size_t count;

    if (!confirm_wants(a->kind) || !views_marked(ui, 0, &mark)) {
        return false;
    }
    commands = commands_for_marked(ui, a, &count);
    if (count == 0) {
        ui_notice(ui, NOTICE_INFO, "%s",
                  _("None of the marked files is on this computer."));
    } else {
        if (!confirm_first(ui, commands, count)) {
            send_all(ui, commands, count);
        }
        ui->view->unmark(ui);
    }
    free(commands);
    return true;
}

/* A download that is not complete is not shared: to stop it is to remove it. */
static bool is_unfinished(const struct ui *ui, const struct selection *at)
{
    struct selection mark;
    struct main_item item;

    return !views_marked(ui, 0, &mark) &&
           main_item_find(ui, at->group, at->name, &item) &&
           item.transfer != NULL &&
           main_item_have(&item) < main_item_size(&item);
}

static void run_engine_action(struct ui *ui, const struct action *a)
{
    struct selection at;

    if (a->kind == COMMAND_PAUSE) {
        a = pause_or_resume(ui);
    }
    views_chosen(ui, &at);
    if (a->kind == COMMAND_STOP_SHARE && is_unfinished(ui, &at)) {
        a = action_for_kind(COMMAND_REMOVE);
    }
    if (open_form(ui, a, &at) || run_on_marked(ui, a) ||
        ask_about_marked(ui, a)) {
        return;
    }
    run_on(ui, a, &at);
}

const char *perform_bar_word(const struct ui *ui, const struct action *a)
{
    struct selection at;

    views_chosen(ui, &at);
    if (a->kind == COMMAND_STOP_SHARE && is_unfinished(ui, &at)) {
        return _("Remove");
    }
    if (a->kind == COMMAND_PAUSE &&
        pause_or_resume(ui)->kind == COMMAND_RESUME) {
        return _("Go on");
    }
    return _(a->bar);
}

/* ---- Any action ------------------------------------------------------- */

void perform_action(struct ui *ui, const struct action *a)
{
    const char *why = perform_why_not(ui, a);

    if (why != NULL) {
        char title[WORDING_MAX];

        ui_notice(ui, NOTICE_INFO, _("%s: %s"),
                  wording_title(_(a->label), title, sizeof(title)), why);
    } else if (a->local == ACTION_ENGINE) {
        run_engine_action(ui, a);
    } else {
        perform_screen_action(ui, a, NULL);
    }
}

/* ---- Typed lines ------------------------------------------------------ */

/* A password that was left out is asked for in a dialog, hidden. */
static bool ask_for_secret(struct ui *ui, const struct lineparse *p)
{
    if (lineparse_missing_secret(p) == 0) {
        return false;
    }
    if (p->action->kind == COMMAND_LOGIN) {
        form_login(ui, p->command->user);
    } else if (p->action->kind == COMMAND_CREATE_USER) {
        form_create_user(ui, p->command->user);
    } else {
        form_password(ui);
    }
    return true;
}

/* ":help keys" and the like name a page. */
static bool is_help_page(struct ui *ui, const char *word)
{
    static const struct {
        const char *word;
        enum help_page page;
    } pages[] = {{"keys", HELP_KEYS},
                 {"commands", HELP_COMMANDS},
                 {"signs", HELP_SIGNS}};
    size_t i;

    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (strcmp(word, pages[i].word) == 0) {
            ui->wants_help = (int)pages[i].page + 1;
            return true;
        }
    }
    return false;
}

/* ":help WORD": a page, or one command in full. */
static bool explain(struct ui *ui, const char *word)
{
    const struct action *a = action_find_command(word);
    char help[WORDING_SENTENCE], title[WORDING_MAX];
    char *text;

    if (a == NULL) {
        return is_help_page(ui, word);
    }
    text = mem_printf(":%s %s\n\n%s", a->command,
                      a->arguments == NULL ? "" : a->arguments,
                      wording_sentence(_(a->help), help, sizeof(help)));
    form_message(ui, wording_title(_(a->label), title, sizeof(title)), text);
    free(text);
    return true;
}

static void run_typed(struct ui *ui, struct lineparse *p)
{
    struct command *c;

    if (p->action->local == ACTION_HELP && p->command != NULL &&
        p->command->text != NULL && explain(ui, p->command->text)) {
        return;
    }
    if (p->action->local != ACTION_ENGINE) {
        perform_screen_action(ui, p->action, p->command);
        return;
    }
    if (ask_for_secret(ui, p)) {
        return;
    }
    c = ui_command(ui, p->action->kind);
    if (c != NULL) {
        uint64_t request = c->request;

        command_free(c);
        c = p->command;
        p->command = NULL;
        c->kind = p->action->kind;
        c->request = request;
        run_command(ui, c);
    }
}

/* The name of a command alone opens the form that its menu entry opens. */
static bool ask_for_rest(struct ui *ui, const char *line)
{
    const struct action *a = NULL;
    size_t count, used, length;
    char **words;

    if (lineparse_split(line, &words, &count, NULL) < 0) {
        return false;
    }
    a = action_find_words(words, count, &used);
    lineparse_free_words(words, count);
    length = a == NULL || a->label == NULL ? 0 : strlen(a->label);
    if (used != count || length < 3 ||
        strcmp(a->label + length - 3, "...") != 0) {
        return false;
    }
    perform_action(ui, a);
    return true;
}

bool perform_line(struct ui *ui, const char *line)
{
    struct lineparse p = {.action = NULL};
    struct err e = {.code = 0};
    struct selection at;
    bool secret;

    views_chosen(ui, &at);
    if (lineparse_line(line, at.group, &p, &e) < 0) {
        char text[WORDING_SENTENCE];

        if (ask_for_rest(ui, line)) {
            return false;
        }
        ui_notice(ui, NOTICE_ERROR, "%s",
                  wording_sentence(e.text, text, sizeof(text)));
        return true; /* it may hold a password in a wrong place */
    }
    secret = p.had_secret;
    if (p.action != NULL) {
        run_typed(ui, &p);
    }
    lineparse_close(&p);
    return secret;
}
