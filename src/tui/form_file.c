#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/action.h"
#include "tui/dialog.h"
#include "tui/edit.h"
#include "tui/forms.h"
#include "tui/main_state.h"
#include "tui/outcome.h"
#include "tui/pathname.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/ui.h"
#include "tui/views.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

enum {
    FILE_GO = 1,
    FILE_CLOSE = 2,
    FILE_BROWSE = 3,
    FILE_PATH = 1,  /* the part that holds the path, in each of these forms */
    FILE_NAMES = 5, /* listed of many marked files */
};

/* ---- Download --------------------------------------------------------- */

/* What was asked for when the dialog opened; later changes of the choice do
 * not change it. */
struct wanted {
    char **groups, **names;
    int count;
};

static void wanted_free(void *data)
{
    struct wanted *w = data;
    int i;

    for (i = 0; i < w->count; i++) {
        free(w->groups[i]);
        free(w->names[i]);
    }
    free(w->groups);
    free(w->names);
    free(w);
}

static void want(struct ui *ui, struct wanted *w, const struct selection *at,
                 uint64_t *bytes)
{
    struct main_item item;

    if (!main_item_find(ui, at->group, at->name, &item)) {
        return;
    }
    w->groups = mem_resize(w->groups, (size_t)w->count + 1, sizeof(*w->groups));
    w->names = mem_resize(w->names, (size_t)w->count + 1, sizeof(*w->names));
    w->groups[w->count] = mem_strdup(at->group);
    w->names[w->count++] = mem_strdup(at->name);
    *bytes += main_item_size(&item);
}

/* What is marked, or what is chosen when nothing is. */
static struct wanted *wanted_new(struct ui *ui, uint64_t *bytes)
{
    struct wanted *w = mem_calloc(1, sizeof(*w));
    struct selection at;
    unsigned n = 0;

    *bytes = 0;
    while (views_marked(ui, n, &at)) {
        want(ui, w, &at, bytes);
        n++;
    }
    if (n == 0) {
        views_chosen(ui, &at);
        want(ui, w, &at, bytes);
    }
    return w;
}

/* Into the directory `to`, NULL for the folder for downloads. */
static bool load(struct ui *ui, const struct wanted *w, const char *to)
{
    int i;

    for (i = 0; i < w->count; i++) {
        struct command *c = ui_command(ui, COMMAND_DOWNLOAD_FILE);

        if (c == NULL) {
            return false;
        }
        c->group = mem_strdup(w->groups[i]);
        c->name = mem_strdup(w->names[i]);
        c->path = to == NULL ? NULL : pathname_absolute(to);
        ui_send(ui, c, outcome_show);
    }
    if (ui->view->unmark != NULL) {
        ui->view->unmark(ui);
    }
    return true;
}

static bool on_download(struct ui *ui, struct dialog *d, int button)
{
    const char *to = dialog_text(d, FILE_PATH);

    if (button == FILE_BROWSE) {
        form_pick(ui, d, FILE_PATH, true);
        return false;
    }
    return button != FILE_GO ||
           load(ui, dialog_data(d), to[0] == '\0' ? NULL : to);
}

/* One that is loaded already is left alone by the engine. */
void form_download_now(struct ui *ui)
{
    uint64_t bytes;
    struct wanted *w = wanted_new(ui, &bytes);
    char size[UNITS_TEXT];

    if (w->count == 0) {
        ui_notice(ui, NOTICE_INFO, "%s", _("Choose a file first."));
    } else if (load(ui, w, NULL)) {
        if (w->count == 1) {
            ui_notice(ui, NOTICE_INFO, _("Loading %s, %s"), w->names[0],
                      units_size(bytes, size));
        } else {
            ui_notice(ui, NOTICE_INFO,
                      ngettext("Loading %d file, %s", "Loading %d files, %s",
                               (unsigned long)w->count),
                      w->count, units_size(bytes, size));
        }
    }
    wanted_free(w);
}

static void list_names(struct dialog *d, const struct wanted *w)
{
    int i;

    for (i = 0; i < w->count && i < FILE_NAMES; i++) {
        dialog_add_text(d, w->names[i]);
    }
    if (w->count > FILE_NAMES) {
        char *more = mem_printf(_("and %d more"), w->count - FILE_NAMES);

        dialog_add_text(d, more);
        free(more);
    }
}

void form_download(struct ui *ui)
{
    uint64_t bytes;
    struct wanted *w = wanted_new(ui, &bytes);
    char size[UNITS_TEXT], room[UNITS_TEXT];
    const struct event *rates = ui->model.rates;
    struct dialog *d;
    char *text, *into;

    if (w->count == 0) {
        wanted_free(w);
        ui_notice(ui, NOTICE_INFO, "%s", _("Choose a file first."));
        return;
    }
    d = dialog_new(_("Download"), w->groups[0]);
    dialog_set_data(d, w, wanted_free);
    dialog_add_blank(d);
    into = settings_path(ui->setup->settings, SETTING_DOWNLOAD_DIR);
    dialog_add_field(d, _("Into"),
                     into != NULL ? into : ui->setup->download_dir, 0);
    free(into);
    dialog_add_blank(d);
    list_names(d, w);
    dialog_add_blank(d);
    if (rates != NULL && rates->disk_free > 0) {
        text = mem_printf(_("%s; %s are free on the disk"),
                          units_size(bytes, size),
                          units_size(rates->disk_free, room));
    } else {
        text = mem_strdup(units_size(bytes, size));
    }
    dialog_add_text(d, text);
    free(text);
    dialog_add_button(d, FILE_GO, _("Download"), 0);
    dialog_add_button(d, FILE_BROWSE, _("Browse"), 0);
    dialog_add_button(d, FILE_CLOSE, _("Cancel"), 0);
    dialog_set_hint(d,
                    _("Tab Complete, next field  Enter Download  Esc Cancel"));
    dialog_on_button(d, on_download);
    dialog_on_complete(d, form_complete_path);
    ui_open(ui, d);
}

/* ---- Export ----------------------------------------------------------- */

static void drop_command(void *c)
{
    command_free(c);
}

static bool on_export(struct ui *ui, struct dialog *d, int button)
{
    struct command *c = dialog_data(d);
    const char *path = dialog_text(d, FILE_PATH);

    if (button == FILE_BROWSE) {
        form_pick(ui, d, FILE_PATH, true);
        return false;
    }
    if (button != FILE_GO) {
        return true;
    }
    if (path[0] == '\0') {
        dialog_set_problem(d, _("Type where to write it."));
        return false;
    }
    dialog_set_data(d, NULL, NULL);
    free(c->path);
    c->path = pathname_absolute(path);
    ui_send(ui, c, outcome_show);
    return true;
}

void form_export(struct ui *ui, const struct action *a, struct command *c)
{
    char title[WORDING_MAX], help[WORDING_SENTENCE];
    struct dialog *d =
        dialog_new(wording_title(_(a->label), title, sizeof(title)),
                   c->name != NULL ? c->name : c->group);

    dialog_set_data(d, c, drop_command);
    dialog_add_blank(d);
    dialog_add_field(d, _("Write to"), "", 0);
    dialog_add_blank(d);
    dialog_add_text(d, wording_sentence(_(a->help), help, sizeof(help)));
    dialog_add_button(d, FILE_GO, _("Export"), 0);
    dialog_add_button(d, FILE_BROWSE, _("Browse"), 0);
    dialog_add_button(d, FILE_CLOSE, _("Cancel"), 0);
    dialog_set_hint(d, _("Tab Complete, next field  Enter Export  Esc Cancel"));
    dialog_on_button(d, on_export);
    dialog_on_complete(d, form_complete_path);
    ui_open(ui, d);
}
