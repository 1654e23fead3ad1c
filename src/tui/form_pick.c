#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tui/browser.h"
#include "tui/dialog.h"
#include "tui/forms.h"
#include "tui/key.h"
#include "tui/pathname.h"
#include "tui/ui.h"
#include "util/intl.h"
#include "util/mem.h"

/* A file or a folder for a field of the dialog below. */
enum { PICK_GO = 1, PICK_CLOSE = 2 };

struct pick {
    struct browser *browser;
    struct dialog *below; /* it may be gone by the time of the answer */
    int part;
    bool directory;
};

static void pick_free(void *data)
{
    struct pick *p = data;

    browser_free(p->browser);
    free(p);
}

/* What would be taken now: the folder that is open, or the file under the
 * cursor. NULL: nothing. */
static char *picked(const struct pick *p)
{
    const struct browser_entry *e = browser_entry(p->browser);

    if (p->directory) {
        return mem_strdup(p->browser->path);
    }
    return e == NULL || e->is_directory || e->is_other
               ? NULL
               : browser_entry_path(p->browser);
}

static void on_change(struct dialog *d)
{
    const struct pick *p = dialog_data(d);
    char *path = picked(p);

    dialog_set_foot(d, path != NULL ? path : _("Choose a file."), NULL);
    dialog_set_bare(d, NULL, NULL, path);
    free(path);
}

static bool is_open(const struct ui *ui, const struct dialog *d)
{
    int i;

    for (i = 0; i < ui->dialog_count; i++) {
        if (ui->dialogs[i] == d) {
            return true;
        }
    }
    return false;
}

static bool on_pick(struct ui *ui, struct dialog *d, int button)
{
    const struct pick *p = dialog_data(d);
    char *path = button == PICK_GO ? picked(p) : NULL;

    if (button != PICK_GO) {
        return true;
    }
    if (path == NULL) {
        dialog_set_problem(d, _("Choose a file: Enter opens a folder."));
        return false;
    }
    if (is_open(ui, p->below)) {
        dialog_set_text(p->below, p->part, path);
        dialog_focus_part(p->below, p->part);
    }
    free(path);
    return true;
}

/* Begin where the field is already: there, or where the file would lie. */
static struct browser *browser_at(struct ui *ui, const char *text,
                                  bool directory)
{
    char *path = pathname_absolute(text);
    struct browser *b = form_browser(ui, text[0] == '\0' ? NULL : path);
    const char *slash = strrchr(path, '/');

    if (text[0] == '\0' && b->home != NULL) {
        browser_go(b, b->home, NULL);
    } else if (strcmp(b->path, path) != 0 && slash != NULL) {
        char *parent = mem_strndup(path, (size_t)(slash - path));

        browser_go(b, parent[0] == '\0' ? "/" : parent, NULL);
        free(parent);
    }
    free(path);
    b->directories_only = directory;
    browser_go(b, b->path, NULL);
    return b;
}

void form_pick(struct ui *ui, struct dialog *below, int part, bool directory)
{
    struct pick *p = mem_calloc(1, sizeof(*p));
    struct dialog *d =
        dialog_new(directory ? _("Choose a folder") : _("Choose a file"), NULL);

    p->browser = browser_at(ui, dialog_text(below, part), directory);
    p->below = below;
    p->part = part;
    p->directory = directory;
    dialog_set_data(d, p, pick_free);
    dialog_add_widget(d, &form_browser_widget, p->browser);
    dialog_add_text(d, directory
                           ? _("Enter opens a folder, Left goes up. c takes "
                               "the folder that is open.")
                           : _("Enter opens a folder, and takes a file."));
    dialog_add_button(d, PICK_GO,
                      directory ? _("Take this folder") : _("Take it"),
                      directory ? 'c' : 0);
    dialog_add_button(d, PICK_CLOSE, _("Cancel"), 0);
    dialog_set_hint(d, directory ? _("Enter Open  c Take this folder  / Find  "
                                     ". Hidden  ~ Home  Esc Cancel")
                                 : _("Enter Open  / Find  . Hidden files  "
                                     "~ Home  Esc Cancel"));
    dialog_on_button(d, on_pick);
    dialog_on_change(d, on_change);
    on_change(d);
    ui_open(ui, d);
}
