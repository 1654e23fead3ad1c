#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tui/browser.h"
#include "tui/dialog.h"
#include "tui/dirlist.h"
#include "tui/forms.h"
#include "tui/key.h"
#include "tui/lineparse.h"
#include "tui/setup.h"
#include "tui/sharing.h"
#include "tui/ui.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/piece.h"
#include "util/units.h"

/* Choose files of this computer and offer them to a group. */
enum {
    SHARE_GO = 1,
    SHARE_CLOSE = 2,
    SHARE_GROUPS = 12,
    SHARE_SIZES = 3,
    SHARE_NAMES = 2, /* of marked files that are named; fewer if narrow */
    SHARE_GROUP_WIDTH = 14,
};

static const int64_t piece_sizes[SHARE_SIZES] = {64 * 1024, 1024 * 1024,
                                                 4 * 1024 * 1024};

/* The groups I may publish in, in the order of their radio buttons. */
struct share_group {
    char *name;
    unsigned members;
    enum group_role role;
};

struct share {
    struct ui *ui;
    struct browser *browser;
    struct share_group groups[SHARE_GROUPS];
    int count;
    bool wide;
    /* Numbers of parts. */
    int name, facts, access, first_group, pieces, automatic, first_size;
    int pieces_text, own_size;
};

/* What is to be shared: all marks, or else the file under the cursor. */
struct target {
    char *path; /* owned */
    uint64_t size;
    bool is_directory;
};

static void share_free(void *data)
{
    struct share *s = data;
    int i;

    for (i = 0; i < s->count; i++) {
        free(s->groups[i].name);
    }
    browser_free(s->browser);
    free(s);
}

static void targets_free(struct target *t, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        free(t[i].path);
    }
    free(t);
}

static struct target *share_targets(const struct share *s, size_t *count)
{
    const struct browser_mark **marks = browser_marks(s->browser, count);
    const struct browser_entry *e = browser_entry(s->browser);
    struct target *t = mem_calloc(*count + 1, sizeof(*t));
    size_t i;

    for (i = 0; i < *count; i++) {
        t[i].path = mem_strdup(marks[i]->path);
        t[i].size = marks[i]->size;
        t[i].is_directory = marks[i]->is_directory;
    }
    if (*count == 0 && e != NULL && !e->is_directory && !e->is_other) {
        t[0].path = browser_entry_path(s->browser);
        t[0].size = e->size;
        *count = 1;
    }
    free(marks);
    return t;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static const struct share_group *chosen_group(const struct share *s,
                                              const struct dialog *d)
{
    int i;

    for (i = 0; i < s->count; i++) {
        if (dialog_is_on(d, s->first_group + i)) {
            return &s->groups[i];
        }
    }
    return &s->groups[0];
}

static int64_t chosen_length(const struct share *s, const struct dialog *d)
{
    int i;

    for (i = 0; i < SHARE_SIZES; i++) {
        if (dialog_is_on(d, s->first_size + i)) {
            return piece_sizes[i];
        }
    }
    return 0;
}

/* ---- Texts ------------------------------------------------------------ */

static void set_line(struct dialog *d, int part, char *text)
{
    dialog_set_text(d, part, text);
    free(text);
}

static char *day_and_time(int64_t seconds, bool with_time)
{
    time_t when = (time_t)seconds;
    char text[32] = "";
    struct tm t;

    if (localtime_r(&when, &t) != NULL) {
        strftime(text, sizeof(text), with_time ? "%Y-%m-%d %H:%M" : "%Y-%m-%d",
                 &t);
    }
    return mem_strdup(text);
}

static void show_entry(struct share *s, struct dialog *d)
{
    const struct browser_entry *e = browser_entry(s->browser);
    char *path = browser_entry_path(s->browser);
    char size[UNITS_TEXT];
    char *day = day_and_time(e == NULL ? 0 : e->time, s->wide);
    bool file = e != NULL && !e->is_directory;

    dialog_set_text(d, s->name, e == NULL ? "" : e->is_up ? path : e->name);
    if (e == NULL) {
        dialog_set_text(d, s->facts, "");
    } else if (!file) {
        dialog_set_text(d, s->facts,
                        e->is_up ? _("the folder above") : _("folder"));
    } else {
        set_line(d, s->facts,
                 mem_printf(s->wide ? _("%s, changed %s") : _("%s, %s"),
                            units_size(e->size, size), day));
    }
    dialog_set_text(d, s->access,
                    !file         ? ""
                    : e->is_other ? _("not a file, cannot be shared")
                    : s->browser->source->is_readable(path)
                        ? _("readable")
                        : _("you may not read it"));
    free(day);
    free(path);
}

static void show_pieces(struct share *s, struct dialog *d,
                        const struct target *t, size_t count)
{
    bool one = count == 1 && !t[0].is_directory;
    int64_t own = chosen_length(s, d);
    uint64_t size = one ? t[0].size : 0;
    uint32_t length = piece_length_for(size);
    char length_text[UNITS_TEXT], count_text[UNITS_TEXT];

    if (!one) {
        dialog_set_text(d, s->automatic, _("automatic: by the size of each"));
        dialog_set_text(d, s->pieces_text, _("by the size of each"));
        return;
    }
    set_line(d, s->automatic,
             mem_printf(
                 _("automatic: %s, %s pieces"), units_size(length, length_text),
                 units_count(piece_count_for(size, length), count_text)));
    length = own > 0 ? (uint32_t)own : length;
    set_line(
        d, s->pieces_text,
        mem_printf(own > 0 ? _("%s\n%s pieces") : _("%s (auto)\n%s pieces"),
                   units_size(length, length_text),
                   units_count(piece_count_for(size, length), count_text)));
}

/* "a, b and 3 more" */
static char *list_targets(const struct target *t, size_t count, size_t most)
{
    char *text = mem_strdup("");
    size_t i;

    for (i = 0; i < count && i < most; i++) {
        char *more =
            mem_printf("%s%s%s%s", text, i > 0 ? ", " : "",
                       base_name(t[i].path), t[i].is_directory ? "/" : "");

        free(text);
        text = more;
    }
    if (count > most) {
        char *more = mem_printf(_("%s and %zu more"), text, count - most);

        free(text);
        text = more;
    }
    return text;
}

/* ", hashing takes about 4 s" once it is known how fast this computer is. */
static char *hashing_time(const struct share *s, uint64_t bytes)
{
    char duration[UNITS_TEXT];
    uint64_t seconds;

    if (s->ui->hash_rate == 0) {
        return mem_strdup("");
    }
    seconds = bytes / s->ui->hash_rate;
    return mem_printf(
        s->wide ? _(", hashing takes about %s") : _(", hashed in %s"),
        units_duration(seconds < 1 ? 1 : (int64_t)seconds, duration));
}

static char *describe_targets(const struct share *s, const struct target *t,
                              size_t count)
{
    size_t marked;
    uint64_t bytes = 0;
    bool folder = false;
    char size[UNITS_TEXT];
    char *names = list_targets(t, count, s->wide ? SHARE_NAMES : 1);
    char *time, *text;
    size_t i;

    free(browser_marks(s->browser, &marked));
    for (i = 0; i < count; i++) {
        bytes += t[i].size;
        folder = folder || t[i].is_directory;
    }
    time = hashing_time(s, bytes);
    if (count == 0) {
        text = mem_strdup(_("Nothing is chosen. Space marks a file or a "
                            "whole folder."));
    } else if (folder) {
        text = mem_printf(_("%zu marked: %s. All that is in a folder is "
                            "shared as one."),
                          marked, names);
    } else if (marked == 0) {
        text = mem_printf("%s, %s%s.", names, units_size(bytes, size), time);
    } else {
        text = mem_printf(_("%zu marked: %s. %s%s."), marked, names,
                          units_size(bytes, size), time);
    }
    free(time);
    free(names);
    return text;
}

static char *promise(const struct share *s, const struct share_group *g,
                     size_t count)
{
    unsigned others = g->members > 1 ? g->members - 1 : 0;
    const char *stays = count > 1 ? _("The files stay where they are.")
                                  : _("The file stays where it is.");
    char *who, *text;

    if (others == 0) {
        return mem_printf(_("%s Nobody else is in %s yet."), stays, g->name);
    }
    who = others == 1
              ? mem_printf(_("The other member of %s"), g->name)
              : mem_printf(ngettext("The %u other member of %s",
                                    "The %u other members of %s", others),
                           others, g->name);
    text = s->wide ? mem_printf(_("%s %s can download while this computer is "
                                  "online, and from each other as soon as "
                                  "they have the first pieces. Nobody outside "
                                  "%s can see or read it."),
                                stays, who, g->name)
                   : mem_printf(_("%s %s can download it while this computer "
                                  "is online, and from each other."),
                                stays, who);
    free(who);
    return text;
}

/* The command that does the same for the first of them. */
static char *same_as(const struct share *s, const struct dialog *d,
                     const struct target *t)
{
    char *shortened = browser_short_path(s->browser, t->path);
    char *path = lineparse_quote(shortened);
    char *group = lineparse_quote(chosen_group(s, d)->name);
    int64_t length = chosen_length(s, d);
    char *text;

    text = length == 0
               ? mem_printf(_("Same as  :upload_file %s %s"), path, group)
               : mem_printf(_("Same as  :upload_file %s %s %lldK"), path, group,
                            (long long)length / 1024);
    free(shortened);
    free(path);
    free(group);
    return text;
}

static void show_button(struct dialog *d, const struct target *t, size_t count)
{
    bool folder = false;
    size_t i;
    char *label;

    for (i = 0; i < count; i++) {
        folder = folder || t[i].is_directory;
    }
    if (count == 0) {
        dialog_set_label(d, SHARE_GO, _("Share"));
        return;
    }
    label = folder ? mem_printf(ngettext("Share %zu folder", "Share all %zu",
                                         (unsigned long)count),
                                count)
                   : mem_printf(ngettext("Share %zu file", "Share %zu files",
                                         (unsigned long)count),
                                count);
    dialog_set_label(d, SHARE_GO, label);
    free(label);
}

/* "2 marked, 300 MiB" is all that fits into 40 columns. */
static char *describe_tightly(const struct share *s, const struct target *t,
                              size_t count)
{
    char size[UNITS_TEXT];
    char *time, *text;
    uint64_t bytes = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        bytes += t[i].size;
    }
    if (count == 0) {
        return mem_strdup(_("Space marks a file or a folder."));
    }
    time = hashing_time(s, bytes);
    text =
        mem_printf(_("%zu chosen, %s%s"), count, units_size(bytes, size), time);
    free(time);
    return text;
}

static void show_title(const struct share *s, struct dialog *d,
                       const struct target *t, size_t count)
{
    const char *group = chosen_group(s, d)->name;
    char *with = mem_printf(_("with %s"), group);
    char *bare = mem_printf(_("Share with %s"), group);
    char *path = browser_short_path(s->browser, s->browser->path);
    char *foot = describe_tightly(s, t, count);

    dialog_set_title(d, _("Share files"), with);
    dialog_set_bare(d, bare, path, foot);
    free(with);
    free(bare);
    free(path);
    free(foot);
}

static void on_change(struct dialog *d)
{
    struct share *s = dialog_data(d);
    size_t count;
    struct target *t = share_targets(s, &count);
    char *foot = describe_targets(s, t, count);
    char *text = promise(s, chosen_group(s, d), count);

    show_title(s, d, t, count);
    show_entry(s, d);
    show_pieces(s, d, t, count);
    show_button(d, t, count);
    dialog_set_foot(d, foot, text);
    if (count > 0) {
        char *note = same_as(s, d, t);

        dialog_set_same(d, note);
        free(note);
    }
    free(foot);
    free(text);
    targets_free(t, count);
}

static void label_groups(struct share *s, struct dialog *d)
{
    int i;

    for (i = 0; i < s->count; i++) {
        const struct share_group *g = &s->groups[i];
        int room =
            SHARE_GROUP_WIDTH - cell_text_width(g->name, strlen(g->name));
        char *label;

        if (!s->wide) {
            dialog_set_text(d, s->first_group + i, g->name);
            continue;
        }
        label = mem_printf(
            ngettext("%s%*s %u member%s", "%s%*s %u members%s", g->members),
            g->name, room > 0 ? room : 0, "", g->members,
            g->role == GROUP_OWNER ? _(", you own it") : "");
        dialog_set_text(d, s->first_group + i, label);
        free(label);
    }
}

static void on_layout(struct dialog *d, bool wide)
{
    struct share *s = dialog_data(d);
    int i;

    s->wide = wide;
    dialog_show_part(d, s->access, !wide);
    dialog_show_part(d, s->automatic, wide);
    for (i = 0; i < SHARE_SIZES; i++) {
        dialog_show_part(d, s->first_size + i, wide);
    }
    dialog_show_part(d, s->pieces_text, !wide);
    dialog_set_text(d, s->pieces, wide ? _("Size of a piece") : _("Pieces"));
    dialog_set_hint(d, wide ? _("Enter Open  Space Mark  * Mark all  Tab Next "
                                "part  . Hidden files  F7 Share  Esc Cancel")
                            : _("Enter Open  Space Mark  Tab Next part  "
                                ". Hidden files  F7 Share  Esc Cancel"));
    label_groups(s, d);
    on_change(d);
}

/* ---- The browser in the dialog ---------------------------------------- */

static void widget_draw(void *state, struct canvas *c, bool focused, bool bare)
{
    browser_draw(state, c, focused, bare);
}

static bool widget_key(void *state, int key)
{
    return browser_key(state, key);
}

static bool widget_paste(void *state, const char *text)
{
    return browser_paste(state, text);
}

static void widget_click(void *state, int row)
{
    browser_click(state, row);
}

static bool widget_opens(void *state)
{
    const struct browser_entry *e = browser_entry(state);

    return e != NULL && e->is_directory;
}

static bool widget_tick(void *state)
{
    return browser_tick(state);
}

static bool widget_wants_tick(void *state)
{
    return browser_is_reading(state);
}

const struct dialog_widget form_browser_widget = {
    .draw = widget_draw,
    .key = widget_key,
    .paste = widget_paste,
    .click = widget_click,
    .opens = widget_opens,
    .tick = widget_tick,
    .wants_tick = widget_wants_tick,
};

/* What this computer shares already is said beside it. */
static const char *note_of(void *arg, const char *path)
{
    const struct ui *ui = arg;
    const struct rows *r = model_rows(&ui->model, ROWS_TRANSFERS);
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct row_transfer *t = &r->transfers[i];

        if (t->path == NULL || strcmp(t->path, path) != 0) {
            continue;
        }
        return t->state == TRANSFER_SHARING   ? _("shared")
               : t->state == TRANSFER_HASHING ? _("hashed")
                                              : NULL;
    }
    return NULL;
}

struct browser *form_browser(struct ui *ui, const char *start)
{
    const struct browser_source *source =
        ui->setup->files != NULL ? ui->setup->files : &dirlist;
    const char *home = ui->setup->home;
    struct browser *b =
        browser_new(source, home != NULL ? home : getenv("HOME"));
    char here[PATH_MAX];

    b->note = note_of;
    b->note_arg = ui;
    start = start != NULL ? start : getcwd(here, sizeof(here));
    if ((start == NULL || !browser_go(b, start, NULL)) &&
        (b->home == NULL || !browser_go(b, b->home, NULL))) {
        browser_go(b, "/", NULL);
    }
    return b;
}

/* ---- The dialog ------------------------------------------------------- */

static void send_all(struct ui *ui, const struct share *s,
                     const struct dialog *d, const struct target *t,
                     size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        sharing_add(ui, t[i].path, chosen_group(s, d)->name,
                    chosen_length(s, d), t[i].size, t[i].is_directory);
    }
    sharing_start(ui);
}

static bool on_share(struct ui *ui, struct dialog *d, int button)
{
    struct share *s = dialog_data(d);
    const struct browser_entry *e = browser_entry(s->browser);
    struct target *t;
    size_t count;

    free(ui->share_path);
    ui->share_path = mem_strdup(s->browser->path);
    if (button != SHARE_GO) {
        return true;
    }
    t = share_targets(s, &count);
    if (count == 0) {
        dialog_set_problem(d, e != NULL && e->is_directory && !e->is_up
                                  ? _("Space marks the folder, to share it as "
                                      "a whole.")
                                  : _("Choose a file, or mark some with "
                                      "Space."));
        targets_free(t, count);
        return false;
    }
    send_all(ui, s, d, t, count);
    targets_free(t, count);
    form_hashing(ui);
    return true;
}

static bool may_publish(const struct row_group *g)
{
    return g->name != NULL && g->role >= GROUP_MEMBER;
}

/* The group in use comes first and is the one chosen. */
static void find_groups(struct ui *ui, struct share *s, const char *first)
{
    const struct rows *r = model_rows(&ui->model, ROWS_GROUPS);
    size_t i;
    int pass;

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < r->count && s->count < SHARE_GROUPS; i++) {
            const struct row_group *g = &r->groups[i];
            bool wanted =
                first != NULL && g->name != NULL && strcmp(g->name, first) == 0;

            if (may_publish(g) && wanted == (pass == 0)) {
                s->groups[s->count].name = mem_strdup(g->name);
                s->groups[s->count].members = g->members;
                s->groups[s->count++].role = g->role;
            }
        }
    }
}

static const char *piece_label(int64_t bytes, char out[UNITS_TEXT])
{
    snprintf(out, UNITS_TEXT, bytes < 1024 * 1024 ? "%d KiB" : "%d MiB",
             (int)(bytes < 1024 * 1024 ? bytes / 1024 : bytes / 1024 / 1024));
    return out;
}

static void add_choices(struct share *s, struct dialog *d)
{
    char size[UNITS_TEXT];
    int i;

    dialog_add_text(d, _("Group"));
    for (i = 0; i < s->count; i++) {
        int part = dialog_add_radio(d, s->groups[i].name);

        dialog_indent_part(d, part, 2);
        s->first_group = part - i;
    }
    dialog_add_blank(d);
    dialog_new_choice(d);
    s->pieces = dialog_add_text(d, _("Pieces"));
    s->pieces_text = dialog_add_text(d, "");
    dialog_indent_part(d, s->pieces_text, 2);
    s->automatic = dialog_add_radio(d, _("automatic"));
    dialog_indent_part(d, s->automatic, 2);
    for (i = 0; i < SHARE_SIZES; i++) {
        const char *label = piece_label(piece_sizes[i], size);
        int part = i == 0 ? dialog_add_radio(d, label)
                          : dialog_add_radio_beside(d, label);

        dialog_indent_part(d, part, 2);
        s->first_size = part - i;
    }
}

static void add_parts(struct share *s, struct dialog *d)
{
    dialog_add_widget(d, &form_browser_widget, s->browser);
    s->name = dialog_add_text(d, "");
    s->facts = dialog_add_text(d, "");
    s->access = dialog_add_text(d, "");
    dialog_add_blank(d);
    add_choices(s, d);
    dialog_add_button(d, SHARE_GO, _("Share"), 0);
    dialog_set_shortcut(d, SHARE_GO, KEY_F1 + 6);
    dialog_add_button(d, SHARE_CLOSE, _("Cancel"), 0);
}

void form_share(struct ui *ui, const char *group)
{
    struct share *s = mem_calloc(1, sizeof(*s));
    struct dialog *d;

    s->ui = ui;
    find_groups(ui, s, group);
    if (s->count == 0) {
        share_free(s);
        ui_notice(ui, NOTICE_WARNING, "%s",
                  _("You are in no group where you may share."));
        return;
    }
    s->browser = form_browser(
        ui, ui->share_path != NULL ? ui->share_path : ui->setup->share_dir);
    d = dialog_new(_("Share files"), NULL);
    dialog_set_data(d, s, share_free);
    add_parts(s, d);
    dialog_on_button(d, on_share);
    dialog_on_change(d, on_change);
    dialog_on_layout(d, on_layout);
    on_change(d);
    ui_open(ui, d);
}
