#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/cell.h"
#include "tui/dialog.h"
#include "tui/edit.h"
#include "tui/forms.h"
#include "tui/outcome.h"
#include "tui/pathname.h"
#include "tui/rowtext.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"

enum {
    FORM_YES = 1,
    FORM_NO = 2,
    FORM_COPY = 3,
    FORM_ROW = 71, /* columns of a row in an answer */
};

static void on_form_reply(struct ui *ui, struct ui_request *r, struct event *e)
{
    if (r->dialog == NULL || e->code == 0) {
        struct dialog *d = r->dialog;

        outcome_show(ui, r, e);
        if (d != NULL) {
            ui_close(ui, d);
        }
        return;
    }
    dialog_set_busy(r->dialog, false);
    dialog_set_problem(r->dialog, ui_reply_text(e));
}

void form_send(struct ui *ui, struct dialog *d, struct command *c)
{
    struct ui_request *r = ui_send(ui, c, on_form_reply);

    if (r != NULL) {
        r->dialog = d;
        dialog_set_busy(d, true);
    }
}

bool form_complete_path(struct ui *ui, struct dialog *d, struct edit *e)
{
    struct pathname_list l;
    bool changed;
    char *names = mem_strdup("");
    size_t i;

    (void)ui;
    if (e->length == 0) {
        free(names);
        return false; /* Tab leads on */
    }
    pathname_complete(e->text, &l);
    changed = l.common != NULL && strcmp(l.common, e->text) != 0;
    if (changed) {
        edit_set(e, l.common);
    }
    if (l.matches > 1) {
        for (i = 0; i < l.count; i++) {
            char *more =
                mem_printf("%s%s%s", names, i > 0 ? "  " : "", l.names[i]);

            free(names);
            names = more;
        }
        dialog_set_note(d, names);
        changed = true; /* stay in the field: there is more to choose */
    }
    free(names);
    pathname_list_close(&l);
    return changed;
}

/* ---- Sorting ---------------------------------------------------------- */

static bool on_sort(struct ui *ui, struct dialog *d, int button)
{
    bool reverse = false;

    if (button == FORM_YES && ui->view->sort != NULL) {
        (void)ui->view->sorted(ui, &reverse);
        ui->view->sort(ui, dialog_list_row(d, 0), reverse);
    }
    return true;
}

void form_sort(struct ui *ui)
{
    struct dialog *d = dialog_new(_("Sort by"), NULL);
    int list = dialog_add_list(d);
    bool reverse = false;
    const char *name;
    int n = 0;

    for (name = ui->view->column(ui, n); name != NULL;
         name = ui->view->column(ui, ++n)) {
        dialog_list_add(d, list, name);
    }
    dialog_list_choose(d, list, ui->view->sorted(ui, &reverse));
    dialog_add_button(d, FORM_YES, _("Sort"), 0);
    dialog_add_button(d, FORM_NO, _("Cancel"), 0);
    dialog_focus_part(d, list);
    dialog_set_hint(d, _("Up Down Choose  Enter Sort  Esc Cancel"));
    dialog_on_button(d, on_sort);
    ui_open(ui, d);
}

/* ---- Answers ---------------------------------------------------------- */

void form_message(struct ui *ui, const char *title, const char *text)
{
    struct dialog *d = dialog_new(title, NULL);

    dialog_set_width(d, 72);
    dialog_set_copying(d);
    dialog_add_blank(d);
    dialog_add_text(d, text);
    dialog_add_blank(d);
    dialog_add_button(d, FORM_YES, _("OK"), 0);
    dialog_set_hint(d, _("Enter OK  PgDn Scroll  Esc Close"));
    ui_open(ui, d);
}

static bool on_notice(struct ui *ui, struct dialog *d, int button)
{
    if (button != FORM_COPY) {
        return true;
    }
    ui_copy(ui, dialog_data(d)); /* it says how that went */
    return false;
}

void form_notice(struct ui *ui, int64_t time, const char *text)
{
    char moment[WORDING_MAX];
    struct dialog *d =
        dialog_new(wording_moment(time, ui_wall(ui), true, moment), NULL);

    dialog_set_width(d, 72);
    dialog_set_copying(d);
    dialog_add_blank(d);
    dialog_add_text(d, text);
    dialog_add_blank(d);
    dialog_add_button(d, FORM_YES, _("OK"), 0);
    dialog_add_button(d, FORM_COPY, _("Copy"), 'y');
    dialog_set_hint(d, _("Enter OK  y Copy  Esc Close"));
    dialog_set_data(d, mem_strdup(text), free);
    dialog_on_button(d, on_notice);
    ui_open(ui, d);
}

void form_about(struct ui *ui)
{
    char *text = mem_printf("%s\n%s\n\n%s\n%s", PACKAGE_STRING, PACKAGE_URL,
                            _("Report problems to:"), PACKAGE_BUGREPORT);

    form_message(ui, _("About"), text);
    free(text);
}

/* Bytes of `text` that fit into that many columns. */
static size_t fitting(const char *text, int width)
{
    size_t length = strlen(text), used = 0;
    uint32_t character;
    int columns = 0, w;

    while (used < length) {
        size_t bytes = cell_next(text + used, length - used, &character, &w);

        if (columns + w > width) {
            break;
        }
        columns += w;
        used += bytes;
    }
    return used;
}

/* One row of an answer; a long value goes on in the rows below it. */
static void add_row(struct dialog *d, int list, const char *line, bool field)
{
    char *part = mem_strdup(line);

    while (field && cell_text_width(part, strlen(part)) > FORM_ROW) {
        size_t used = fitting(part, FORM_ROW);
        char *head = mem_strndup(part, used);
        char *rest = mem_printf("%*s%s", ROWTEXT_VALUE, "", part + used);

        dialog_list_add(d, list, head);
        free(head);
        free(part);
        part = rest;
    }
    dialog_list_add(d, list, part);
    free(part);
}

void form_rows(struct ui *ui, const char *title, const char *about,
               const struct event *e)
{
    struct dialog *d;
    char *line;
    size_t i;
    int list;

    if (e->rows.count == 0) {
        form_message(ui, title,
                     e->text != NULL ? e->text
                                     : _("There is nothing to show."));
        return;
    }
    d = dialog_new(title, about);
    dialog_set_width(d, FORM_ROW + 5);
    if (e->rows.kind == ROWS_FIELDS) {
        dialog_set_copying(d); /* fingerprints and paths */
    }
    line = rowtext_header(&e->rows);
    if (line != NULL) {
        dialog_add_header(d, line);
    }
    free(line);
    list = dialog_add_list(d);
    for (i = 0; i < e->rows.count; i++) {
        line = rowtext_line(&e->rows, i, ui_wall(ui));
        add_row(d, list, line, e->rows.kind == ROWS_FIELDS);
        free(line);
    }
    dialog_add_button(d, FORM_YES, _("OK"), 0);
    dialog_set_hint(d, _("Up Down Choose  Enter OK  Esc Close"));
    ui_open(ui, d);
}
