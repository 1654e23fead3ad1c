#include "config.h"

#include "tui/perform_screen.h"

#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/adopt.h"
#include "tui/forms.h"
#include "tui/help.h"
#include "tui/main_state.h"
#include "tui/outcome.h"
#include "tui/perform_group.h"
#include "tui/perform_tracker.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/ui.h"
#include "tui/view_log.h"
#include "tui/view_settings.h"
#include "tui/views.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/mem.h"

enum { PERFORM_LOG_MAX = 32 * 1024 * 1024 /* bytes; all notices there are */ };

/* Does the view have what the screen's own action is for? */
const char *perform_screen_why_not(const struct ui *ui, const struct action *a)
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
    case ACTION_PIECES_VIEW:
        can = ui->view_id == VIEW_MAIN || ui->view_id == VIEW_DETAIL;
        break;
    default:
        break;
    }
    return can ? NULL : _("this view has nothing of the kind");
}

/* ---- Going about ------------------------------------------------------ */

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

    if (count > 0) {
        ui->view->sort(ui, (column + step + count) % count,
                       step == 0 ? !reverse : reverse);
    }
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
    const char *why = perform_screen_why_not(ui, a);

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

/* What the main loop does between two frames. True when it is such an action.
 */
static bool ask_loop(struct ui *ui, const struct action *a)
{
    switch (a->local) {
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
    case ACTION_REDRAW:
        ui->wants_repaint = true;
        break;
    case ACTION_SUSPEND:
        ui->wants_suspend = true;
        break;
    case ACTION_MOUSE:
        ui->wants_mouse = true;
        break;
    default:
        return false;
    }
    return true;
}

/* What opens a dialog. True when it is such an action. */
static bool open_dialog(struct ui *ui, const struct action *a)
{
    switch (a->local) {
    case ACTION_QUIT:
        form_quit(ui);
        break;
    case ACTION_REPORT:
        form_report(ui);
        break;
    case ACTION_DOWNLOAD_TO:
        form_download(ui);
        break;
    case ACTION_WIZARD:
        form_wizard(ui);
        break;
    case ACTION_VERSION:
        form_about(ui);
        break;
    case ACTION_HASHING:
        show_hashing(ui);
        break;
    default:
        return false;
    }
    return true;
}

/* What is done with the chosen row. True when it is such an action. */
static bool act_on_chosen(struct ui *ui, const struct action *a,
                          const struct command *c)
{
    struct selection at;

    views_chosen(ui, &at);
    switch (a->local) {
    case ACTION_ACCEPT_ALL:
        perform_group_accept_all(ui, c != NULL ? c->group : at.group);
        break;
    case ACTION_OPEN_GROUP:
        perform_group_open(ui, at.group);
        break;
    case ACTION_TRACKER_DETAILS:
        perform_tracker_details(ui, &at);
        break;
    default:
        return false;
    }
    return true;
}

void perform_screen_action(struct ui *ui, const struct action *a,
                           const struct command *c)
{
    if (ask_loop(ui, a) || open_dialog(ui, a) || act_on_chosen(ui, a, c)) {
        return;
    }
    switch (a->local) {
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
    case ACTION_OPEN_NOTICE:
        view_log_open(ui);
        break;
    case ACTION_COPY:
        copy(ui);
        break;
    case ACTION_WRITE_LOG:
        write_log(ui, c == NULL ? NULL : c->path);
        break;
    case ACTION_LOG_CLUSTER:
        views_show(ui, VIEW_LOG);
        view_log_of_trackers(ui);
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
