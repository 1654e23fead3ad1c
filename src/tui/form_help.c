#include "config.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "tui/dialog.h"
#include "tui/forms.h"
#include "tui/main_state.h"
#include "tui/ui.h"
#include "util/intl.h"
#include "util/mem.h"

enum { HELP_OK = 1, HELP_COPY = 2, HELP_CHOICES = 3 };

/* ---- Copying ----------------------------------------------------------- */

/* The texts behind the rows of the list. */
struct choices {
    char *texts[HELP_CHOICES];
    int count;
};

static void choices_free(void *data)
{
    struct choices *k = data;
    int i;

    for (i = 0; i < k->count; i++) {
        free(k->texts[i]);
    }
    free(k);
}

static void add_choice(struct dialog *d, int list, struct choices *k,
                       const char *label, const char *text)
{
    char *row;

    if (text == NULL || text[0] == '\0') {
        return;
    }
    row = mem_printf("%s  %s", label, text);
    dialog_list_add(d, list, row);
    free(row);
    k->texts[k->count++] = mem_strdup(text);
}

static bool on_copy(struct ui *ui, struct dialog *d, int button)
{
    const struct choices *k = dialog_data(d);
    int row = dialog_list_row(d, 0);

    if (button == HELP_OK && row >= 0) {
        ui_copy(ui, k->texts[row]);
    }
    return true;
}

void form_copy(struct ui *ui, const struct selection *at)
{
    struct choices *k = mem_calloc(1, sizeof(*k));
    struct dialog *d = dialog_new(_("Copy"), NULL);
    struct main_item item;
    int list = dialog_add_list(d);

    if (main_item_find(ui, at->group, at->name, &item)) {
        const struct row_transfer *t = item.transfer;

        add_choice(d, list, k, _("Name"), item.name);
        add_choice(d, list, k, _("Hash"),
                   item.file != NULL ? item.file->hash
                   : t != NULL       ? t->hash
                                     : NULL);
        add_choice(d, list, k, _("Place"), t != NULL ? t->path : NULL);
    }
    dialog_set_data(d, k, choices_free);
    dialog_add_button(d, HELP_OK, _("Copy"), 0);
    dialog_add_button(d, HELP_COPY, _("Cancel"), 0);
    dialog_focus_part(d, list);
    dialog_set_hint(d, _("Up Down Choose  Enter Copy  Esc Cancel"));
    dialog_on_button(d, on_copy);
    ui_open(ui, d);
}

/* ---- Reporting a problem ------------------------------------------------ */

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value == NULL || value[0] == '\0' ? "-" : value;
}

static bool on_report(struct ui *ui, struct dialog *d, int button)
{
    if (button == HELP_COPY) {
        ui_copy(ui, dialog_data(d)); /* it says how that went */
        return false;
    }
    return true;
}

void form_report(struct ui *ui)
{
    struct dialog *d = dialog_new(_("Report a problem"), NULL);
    char *facts = mem_printf(
        "%s\nTERM=%s COLORTERM=%s TMUX=%s\nLANG=%s LC_ALL=%s %s",
        PACKAGE_STRING, environment("TERM"), environment("COLORTERM"),
        getenv("TMUX") == NULL ? "no" : "yes", environment("LANG"),
        environment("LC_ALL"), nl_langinfo(CODESET));
    char *to = mem_printf(_("Write to %s what you did, what you expected and "
                            "what you saw, and add these lines:"),
                          PACKAGE_BUGREPORT);

    dialog_set_width(d, 72);
    dialog_set_copying(d);
    dialog_add_blank(d);
    dialog_add_text(d, to);
    dialog_add_blank(d);
    dialog_add_text(d, facts);
    dialog_add_blank(d);
    dialog_add_text(d, _("If it can be seen on the screen, a recording helps: "
                         "start with 'p2ptui --record FILE'. It holds names of "
                         "people, groups and files, so look at it before you "
                         "send it."));
    dialog_add_button(d, HELP_OK, _("OK"), 0);
    dialog_add_button(d, HELP_COPY, _("Copy"), 'y');
    dialog_set_hint(d, _("Enter OK  y Copy  Esc Close"));
    dialog_set_data(d, facts, free);
    dialog_on_button(d, on_report);
    ui_open(ui, d);
    free(to);
}
