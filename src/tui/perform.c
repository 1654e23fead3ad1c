#include "config.h"

#include "tui/perform.h"

#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/adopt.h"
#include "tui/confirm.h"
#include "tui/forms.h"
#include "tui/help.h"
#include "tui/lineparse.h"
#include "tui/main_state.h"
#include "tui/outcome.h"
#include "tui/perform_group.h"
#include "tui/perform_tracker.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/transfers_state.h"
#include "tui/ui.h"
#include "tui/view_detail.h"
#include "tui/view_log.h"
#include "tui/view_settings.h"
#include "tui/views.h"
#include "tui/wording.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/mem.h"

enum { PERFORM_LOG_MAX = 32 * 1024 * 1024 /* bytes; all notices there are */ };

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

/* Does the view have what the screen's own action is for? */
static const char *why_not_in_view(const struct ui *ui, const struct action *a)
{
    const struct view_ops *v = ui->view;
    bool can = true;

    switch (a->local) {
    case ACTION_FIND:
    case ACTION_FIND_NEXT:
    case ACTION_FIND_BEFORE:
        can = v->find != NULL;
        break;
    case ACTION_FILTER:
        can = v->filter != NULL;
        break;
    case ACTION_SORT:
    case ACTION_SORT_NEXT:
    case ACTION_SORT_BEFORE:
    case ACTION_SORT_REVERSE:
        can = v->column != NULL;
        break;
    case ACTION_NEXT_PANE:
    case ACTION_PANE_BEFORE:
        can = v->next_pane != NULL;
        break;
    case ACTION_ZOOM:
        can = v->zoom != NULL;
        break;
    default:
        break;
    }
    return can ? NULL : _("this view has nothing of the kind");
}

const char *perform_why_not(const struct ui *ui, const struct action *a)
{
    struct selection at, mark;
    const struct row_group *g;
    struct main_item item;
    const char *why;

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
        return why_not_in_view(ui, a);
    }
    if (takes(a, "FILE") && !main_item_find(ui, at.group, at.name, &item)) {
        return _("choose a file first");
    }
    if (a->kind == COMMAND_DROP_PEER && at.user == NULL) {
        return _("choose a peer first");
    }
    if (takes(a, "FILE") && !views_marked(ui, 0, &mark)) {
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

/* Everything that loads is paused; when nothing does, all goes on. */
static void pause_all(struct ui *ui)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRANSFERS);
    enum command_kind kind = COMMAND_RESUME;
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct row_transfer *t = &r->transfers[i];

        if (t->have < t->size && t->state != TRANSFER_PAUSED &&
            t->state != TRANSFER_FAILED) {
            kind = COMMAND_PAUSE;
        }
    }
    ui_send(ui, ui_command(ui, kind), outcome_show);
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

/* ---- Actions of the screen itself ------------------------------------- */

static void find(struct ui *ui, int step)
{
    if (ui->find_text == NULL) {
        ui->wants_prompt = "find ";
    } else if (!ui->view->find(ui, ui->find_text, step)) {
        ui_notice(ui, NOTICE_INFO, _("No name here contains %s"),
                  ui->find_text);
    }
}

static void find_text(struct ui *ui, const char *text)
{
    if (text == NULL) {
        ui->wants_prompt = "find ";
        return;
    }
    free(ui->find_text);
    ui->find_text = mem_strdup(text);
    find(ui, 1);
}

/* Without a text all rows come back, or one is asked for. */
static void filter(struct ui *ui, const struct command *typed)
{
    if (typed == NULL && ui->view->filtered(ui) == NULL) {
        ui->wants_prompt = "filter ";
        return;
    }
    ui->view->filter(ui, typed == NULL ? NULL : typed->text);
}

static int column_count(const struct ui *ui)
{
    int count = 0;

    while (ui->view->column(ui, count) != NULL) {
        count++;
    }
    return count;
}

static void sort_by(struct ui *ui, int step)
{
    bool reverse = false;
    int column = ui->view->sorted(ui, &reverse);
    int count = column_count(ui);

    ui->view->sort(ui, (column + step + count) % count,
                   step == 0 ? !reverse : reverse);
}

static void show_view(struct ui *ui, const struct command *typed)
{
    if (typed == NULL || typed->text == NULL) {
        ui->wants_prompt = "view ";
    } else if (!views_show_name(ui, typed->text)) {
        ui_notice(ui, NOTICE_WARNING, _("There is no view %s."), typed->text);
    }
}

static void use_group(struct ui *ui, const char *group)
{
    if (group == NULL || model_group(&ui->model, group) == NULL) {
        ui_notice(ui, NOTICE_WARNING, "%s", _("You are in no such group."));
        return;
    }
    main_state_choose_group(ui, group);
}

static void copy(struct ui *ui)
{
    const char *text = ui->view->copied == NULL ? NULL : ui->view->copied(ui);
    struct selection at;

    views_chosen(ui, &at);
    if (at.name != NULL && at.user == NULL) {
        form_copy(ui, &at);
        return;
    }
    if (text == NULL) {
        ui_notice(ui, NOTICE_INFO, "%s", _("Nothing to copy is chosen."));
        return;
    }
    ui_copy(ui, text);
}

/* Going about in the view and between views. */
static void move_in_view(struct ui *ui, const struct action *a,
                         const struct command *c)
{
    const char *why = why_not_in_view(ui, a);

    if (why != NULL) {
        ui_notice(ui, NOTICE_INFO, "%s", why);
        return;
    }
    switch (a->local) {
    case ACTION_NEXT_PANE:
        ui->view->next_pane(ui, 1);
        break;
    case ACTION_PANE_BEFORE:
        ui->view->next_pane(ui, -1);
        break;
    case ACTION_ZOOM:
        ui->view->zoom(ui);
        break;
    case ACTION_FIND:
        find_text(ui, c == NULL ? NULL : c->text);
        break;
    case ACTION_FIND_NEXT:
    case ACTION_FIND_BEFORE:
        find(ui, a->local == ACTION_FIND_NEXT ? 1 : -1);
        break;
    case ACTION_FILTER:
        filter(ui, c);
        break;
    case ACTION_SORT:
        form_sort(ui);
        break;
    case ACTION_SORT_NEXT:
    case ACTION_SORT_BEFORE:
        sort_by(ui, a->local == ACTION_SORT_NEXT ? 1 : -1);
        break;
    case ACTION_SORT_REVERSE:
        sort_by(ui, 0);
        break;
    case ACTION_VIEW:
        show_view(ui, c);
        break;
    default:
        views_show(ui, (enum view_id)(a->local - ACTION_VIEW_FIRST));
        break;
    }
}

static void pieces_view(struct ui *ui, const char *word)
{
    if (word == NULL) {
        piecemap_turn(&ui->main->map);
    } else if (!piecemap_choose(&ui->main->map, word)) {
        ui_notice(ui, NOTICE_WARNING, "%s",
                  _("Pieces are shown by state, copies, sources or percent."));
    }
}

/* ---- Settings --------------------------------------------------------- */

static void show_setting(struct ui *ui, enum setting_id id)
{
    const struct settings *s = ui->setup->settings;
    char *line = setting_line(setting_at(id)->key, settings_value(s, id));

    line[strcspn(line, "\n")] = '\0'; /* of a list the first */
    ui_notice(ui, NOTICE_INFO, "%s  (%s)", line,
              setting_origin_name(settings_origin(s, id)));
    free(line);
}

/* ":set", ":set KEY", ":set KEY VALUE", ":unset KEY" */
static void set_typed(struct ui *ui, const char *key, const char *value,
                      bool unset)
{
    enum setting_id id = key == NULL ? SETTING_COUNT : setting_find(key);

    if (key == NULL) {
        views_show(ui, VIEW_SETTINGS);
    } else if (id == SETTING_COUNT) {
        ui_notice(ui, NOTICE_ERROR, _("There is no setting %s; :set shows all"),
                  key);
    } else if (value == NULL && !unset) {
        show_setting(ui, id);
    } else {
        adopt_change(ui, id, unset ? NULL : value);
    }
}

static void go_to_setting(struct ui *ui, enum setting_id id)
{
    views_show(ui, VIEW_SETTINGS);
    view_settings_choose(ui, id);
}

static void run_setting_action(struct ui *ui, const struct action *a,
                               const struct command *c)
{
    const struct settings *s = ui->setup->settings;

    switch (a->local) {
    case ACTION_CHARACTERS:
        go_to_setting(ui, SETTING_CHARS);
        break;
    case ACTION_READER:
        adopt_change(ui, SETTING_PLAIN,
                     settings_on(s, SETTING_PLAIN) ? "no" : "yes");
        break;
    case ACTION_SET:
        set_typed(ui, c == NULL ? NULL : c->name, c == NULL ? NULL : c->text,
                  false);
        break;
    case ACTION_UNSET:
        set_typed(ui, c == NULL ? NULL : c->name, NULL, true);
        break;
    case ACTION_THEME:
        if (c == NULL || c->text == NULL) {
            go_to_setting(ui, SETTING_THEME);
        } else {
            set_typed(ui, setting_at(SETTING_THEME)->key, c->text, false);
        }
        break;
    case ACTION_EDIT_SETTINGS:
        ui->wants_edit = true;
        break;
    case ACTION_SETTING_CHANGE:
        view_settings_change(ui, 1);
        break;
    default:
        view_settings_default(ui);
        break;
    }
}

/* Without a place it is asked for. */
static void write_log(struct ui *ui, const char *path)
{
    struct buf b;
    int rv;

    if (path == NULL) {
        ui->wants_prompt = "write_log ";
        return;
    }
    buf_init(&b, PERFORM_LOG_MAX);
    rv = view_log_text(ui, &b);
    if (rv == 0) {
        rv = fd_create_file(path, buf_head(&b), buf_length(&b), 0600);
    }
    buf_close(&b);
    if (rv < 0) {
        ui_notice(ui, NOTICE_ERROR, _("The log was not written to %s: %s"),
                  path, _(err_text(rv)));
    } else {
        ui_notice(ui, NOTICE_DONE, _("The log is written to %s"), path);
    }
}

static void zoom_in(struct ui *ui)
{
    if (!piecemap_zoom_in(&ui->main->map)) {
        ui_notice(ui, NOTICE_INFO, "%s",
                  ui->main->map.cells == 0
                      ? _("Nothing is known of its pieces here.")
                      : _("Every piece has a cell of its own already."));
    }
}

static void zoom_out(struct ui *ui)
{
    if (!piecemap_zoom_out(&ui->main->map)) {
        ui_notice(ui, NOTICE_INFO, "%s", _("All pieces are shown."));
    }
}

static void show_hashing(struct ui *ui)
{
    if (ui->sharing == NULL) {
        ui_notice(ui, NOTICE_INFO, "%s",
                  _("Nothing is hashed now; s shares files."));
    } else {
        form_hashing(ui);
    }
}

static void run_local_action(struct ui *ui, const struct action *a,
                             const struct command *c)
{
    struct selection at;

    switch (a->local) {
    case ACTION_QUIT:
        form_quit(ui);
        break;
    case ACTION_HELP:
        ui->wants_help = HELP_COMMANDS + 1;
        break;
    case ACTION_HELP_KEYS:
        ui->wants_help = HELP_KEYS + 1;
        break;
    case ACTION_HELP_SIGNS:
        ui->wants_help = HELP_SIGNS + 1;
        break;
    case ACTION_MANUAL:
        ui->wants_manual = true;
        break;
    case ACTION_REPORT:
        form_report(ui);
        break;
    case ACTION_DOWNLOAD_TO:
        form_download(ui);
        break;
    case ACTION_USE_GROUP:
        use_group(ui, c == NULL ? NULL : c->group);
        break;
    case ACTION_PIECES_VIEW:
        pieces_view(ui, c == NULL ? NULL : c->text);
        break;
    case ACTION_PAUSE_ALL:
        pause_all(ui);
        break;
    case ACTION_ZOOM_IN:
        zoom_in(ui);
        break;
    case ACTION_ZOOM_OUT:
        zoom_out(ui);
        break;
    case ACTION_REDRAW:
        ui->wants_repaint = true;
        break;
    case ACTION_SUSPEND:
        ui->wants_suspend = true;
        break;
    case ACTION_MOUSE:
        ui->wants_mouse = true;
        break;
    case ACTION_WIZARD:
        form_wizard(ui);
        break;
    case ACTION_VERSION:
        form_about(ui);
        break;
    case ACTION_ACCEPT_ALL:
        views_chosen(ui, &at);
        perform_group_accept_all(ui, c != NULL ? c->group : at.group);
        break;
    case ACTION_OPEN_GROUP:
        views_chosen(ui, &at);
        perform_group_open(ui, at.group);
        break;
    case ACTION_COPY:
        copy(ui);
        break;
    case ACTION_WRITE_LOG:
        write_log(ui, c == NULL ? NULL : c->path);
        break;
    case ACTION_TRACKER_DETAILS:
        views_chosen(ui, &at);
        perform_tracker_details(ui, &at);
        break;
    case ACTION_LOG_CLUSTER:
        views_show(ui, VIEW_LOG);
        view_log_of_trackers(ui);
        break;
    case ACTION_HASHING:
        show_hashing(ui);
        break;
    case ACTION_SET:
    case ACTION_UNSET:
    case ACTION_CHARACTERS:
    case ACTION_READER:
    case ACTION_THEME:
    case ACTION_EDIT_SETTINGS:
    case ACTION_SETTING_CHANGE:
    case ACTION_SETTING_DEFAULT:
        run_setting_action(ui, a, c);
        break;
    default:
        move_in_view(ui, a, c);
        break;
    }
}

void perform_action(struct ui *ui, const struct action *a)
{
    const char *why = perform_why_not(ui, a);

    if (why != NULL) {
        char title[WORDING_MAX];

        ui_notice(ui, NOTICE_INFO, "%s: %s",
                  wording_title(_(a->label), title, sizeof(title)), why);
    } else if (a->local == ACTION_ENGINE) {
        run_engine_action(ui, a);
    } else {
        run_local_action(ui, a, NULL);
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
        run_local_action(ui, p->action, p->command);
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
