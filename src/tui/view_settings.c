#include "config.h"

#include "tui/view_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/adopt.h"
#include "tui/dialog.h"
#include "tui/draw.h"
#include "tui/key.h"
#include "tui/list.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/ui.h"
#include "tui/view_main.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"

enum settings_list { LIST_SECTIONS, LIST_SETTINGS };

struct settings_view {
    struct list sections, settings;
    enum setting_id chosen;
    bool in_sections; /* that list has the focus */
    bool stacked;     /* as last drawn: one list at a time */
};

enum {
    VIEW_WIDE = 110,    /* columns from which there is more room */
    VIEW_SECTIONS = 16, /* columns of the sections' list */
    VIEW_SECTIONS_WIDE = 18,
    VIEW_VALUE = 24, /* column of the values */
    VIEW_VALUE_WIDE = 28,
    VIEW_VALUE_NARROW = 20, /* below 80 columns */
    VIEW_EXPLAINED = 4,     /* lines of all that is known of a setting */
    VIEW_VALUE_STACK = 18,
    VIEW_OTHERS = 8, /* choices named besides the chosen one */
    VIEW_FIELD = 20, /* columns of a typed value */
    VIEW_FIELD_WIDE = 40,
    VIEW_TALL = 28,      /* rows from which the explanation has five lines */
    VIEW_TEXT_MAX = 256, /* bytes of a value with what else is possible */
    DIALOG_SAVE = 1,
};

static struct settings_view *state_of(const struct ui *ui)
{
    return ui->view_state[VIEW_SETTINGS];
}

static const struct settings *settings_of(const struct ui *ui)
{
    return ui->setup->settings;
}

static void *settings_make(struct ui *ui)
{
    (void)ui;
    return mem_calloc(1, sizeof(struct settings_view));
}

/* ---- Which settings --------------------------------------------------- */

/* Settings of a section stand together in the table. */
static enum setting_id first_of(enum setting_section section)
{
    enum setting_id id = 0;

    while (id + 1 < SETTING_COUNT && setting_at(id)->section != section) {
        id++;
    }
    return id;
}

static int count_of(enum setting_section section)
{
    int count = 0;
    enum setting_id id;

    for (id = 0; id < SETTING_COUNT; id++) {
        count += setting_at(id)->section == section ? 1 : 0;
    }
    return count;
}

static enum setting_section section_of(const struct settings_view *v)
{
    return setting_at(v->chosen)->section;
}

static void choose(struct settings_view *v, enum setting_id id)
{
    v->chosen = id;
    v->sections.row = (int)section_of(v);
    v->settings.row = (int)(id - first_of(section_of(v)));
}

static void choose_section(struct settings_view *v, int section)
{
    if (section >= 0 && section < SECTION_COUNT &&
        section != (int)section_of(v)) {
        v->settings.top = 0;
        choose(v, first_of((enum setting_section)section));
    }
}

/* ---- Values ----------------------------------------------------------- */

static const char *translated(const char *text)
{
    return text[0] == '\0' ? "" : _(text); /* _("") is the catalog's header */
}

/* "basic, ascii": at most `most` of the other choices. */
static void other_choices(const struct setting *a, int chosen, int most,
                          char *out, size_t size)
{
    size_t used = 0;
    int i;

    out[0] = '\0';
    for (i = 0; a->choices[i].word != NULL && used < size && most > 0; i++) {
        if (i != chosen) {
            most--;
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s",
                                 used == 0 ? "" : ", ", _(a->choices[i].label));
        }
    }
}

/* A text that ends before column `end`, or nothing of it. */
static bool draw_if_fits(struct canvas *c, int x, int y, int end,
                         const char *text)
{
    bool fits = x + cell_text_width(text, strlen(text)) <= end;

    if (fits) {
        canvas_text(c, x, y, end - x, ROLE_FRAME, text);
    }
    return fits;
}

static void draw_choice(struct canvas *c, int x, int y, const struct setting *a,
                        const char *shown, int chosen)
{
    char others[VIEW_TEXT_MAX];
    char *text = mem_printf("< %s >", shown);
    bool done = false;
    int most;

    x += draw_cut(c, x, y, c->width - x, ROLE_TEXT, text);
    free(text);
    for (most = VIEW_OTHERS; most > 0 && !done; most--) {
        other_choices(a, chosen, most, others, sizeof(others));
        text = mem_printf(_("or %s"), others);
        done = draw_if_fits(c, x + 2, y, c->width, text);
        free(text);
    }
}

static void draw_typed(struct canvas *c, int x, int y, const struct setting *a,
                       const char *shown)
{
    int room = c->cells->width >= VIEW_WIDE ? VIEW_FIELD_WIDE : VIEW_FIELD;

    room = room > c->width - x - 2 ? c->width - x - 2 : room;
    canvas_put(c, x, y, '[', ROLE_TEXT);
    draw_name(c, x + 1, y, room, ROLE_TEXT, shown);
    canvas_put(c, x + 1 + room, y, ']', ROLE_TEXT);
    draw_if_fits(c, x + room + 3, y, c->width, translated(a->hint));
}

static void draw_value(const struct ui *ui, struct canvas *c, int x, int y,
                       enum setting_id id)
{
    const struct settings *s = settings_of(ui);
    const struct setting *a = setting_at(id);
    char *shown = settings_shown(s, id);

    switch (a->type) {
    case SETTING_CHOICE:
        draw_choice(c, x, y, a, shown, settings_choice(s, id));
        break;
    case SETTING_BOOL:
        x += canvas_text(c, x, y, c->width - x, ROLE_TEXT,
                         settings_on(s, id) ? "[x]" : "[ ]");
        draw_if_fits(c, x + 1, y, c->width, translated(a->hint));
        break;
    case SETTING_NUMBER:
        draw_format(c, x, y, c->width - x, ROLE_TEXT, "< %s %s >", shown,
                    translated(a->hint));
        break;
    default:
        draw_typed(c, x, y, a, shown);
        break;
    }
    free(shown);
}

/* A value where there is no room for how it can change. */
static void draw_short_value(const struct ui *ui, struct canvas *c, int y,
                             enum setting_id id, int label)
{
    char *shown = settings_shown(settings_of(ui), id);
    int room = c->width - label - 3;
    int width = cell_text_width(shown, strlen(shown));

    width = width > room ? room : width;
    draw_cut(c, c->width - width, y, width, ROLE_TEXT, shown);
    free(shown);
}

/* ---- Lists ------------------------------------------------------------ */

static void mark_row(struct canvas *c, int y, bool focused)
{
    canvas_put(c, 0, y, '>', ROLE_TEXT);
    if (focused) {
        canvas_highlight(c, 0, y, c->width, THEME_REVERSE);
        canvas_cursor(c, 0, y, false);
    } else {
        canvas_highlight(c, 0, y, c->width, THEME_BOLD);
    }
}

static void draw_sections(struct ui *ui, struct canvas *c)
{
    struct settings_view *v = state_of(ui);
    int y;

    list_scroll(&v->sections, SECTION_COUNT, c->height);
    canvas_hit_rows(c, 0, 0, c->width, c->height, LIST_SECTIONS,
                    v->sections.top);
    for (y = 0; y < c->height && v->sections.top + y < SECTION_COUNT; y++) {
        int section = v->sections.top + y;

        draw_cut(c, 1, y, c->width - 1, ROLE_TEXT,
                 setting_section_name((enum setting_section)section));
        if (section == v->sections.row) {
            mark_row(c, y, v->in_sections);
        }
    }
}

/* A row: label at `label`, value at `value` (0: short, at the right end). */
static void draw_setting(const struct ui *ui, struct canvas *c, int y,
                         enum setting_id id, int label, int value)
{
    const char *name = _(setting_at(id)->label);

    if (value > 0) {
        draw_cut(c, label, y, value - label - 1, ROLE_TEXT, name);
        draw_value(ui, c, value, y, id);
        return;
    }
    draw_short_value(ui, c, y, id,
                     label +
                         draw_cut(c, label, y, c->width / 2, ROLE_TEXT, name));
}

static void draw_settings(struct ui *ui, struct canvas *c, int label, int value)
{
    struct settings_view *v = state_of(ui);
    enum setting_id first = first_of(section_of(v));
    int count = count_of(section_of(v));
    int y;

    list_scroll(&v->settings, count, c->height);
    canvas_hit_rows(c, 0, 0, c->width, c->height, LIST_SETTINGS,
                    v->settings.top);
    for (y = 0; y < c->height && v->settings.top + y < count; y++) {
        int row = v->settings.top + y;

        draw_setting(ui, c, y, first + (enum setting_id)row, label, value);
        if (row == v->settings.row) {
            mark_row(c, y, !v->in_sections || v->stacked);
        }
    }
}

/* ---- The explanation -------------------------------------------------- */

static char *explanation(const struct setting *a)
{
    return a->live ? mem_strdup(_(a->help))
                   : mem_printf(_("%s From the next start on."), _(a->help));
}

/* How it is typed, in at most `room` columns if that can be. */
static char *how_to_type(const struct settings *s, enum setting_id id, int room)
{
    const struct setting *a = setting_at(id);
    const char *value = settings_value(s, id);
    const char *initial = a->initial[0] == '\0' ? "-" : a->initial;
    char *text;

    if (value[0] == '\0') {
        return mem_printf(_("Setting: %s   :set %s ...   default: %s"), a->key,
                          a->key, initial);
    }
    text = mem_printf(_("Setting: %s = %s   :set %s %s   default: %s"), a->key,
                      value, a->key, value, initial);
    if (cell_text_width(text, strlen(text)) > room) {
        free(text);
        text = mem_printf(_("Setting: %s = %s   default: %s"), a->key, value,
                          initial);
    }
    return text;
}

static char *changed_since_start(const struct settings *s)
{
    char *text = NULL;
    enum setting_id id;

    for (id = 0; s != NULL && id < SETTING_COUNT; id++) {
        char *longer;

        if (!s->changed[id]) {
            continue;
        }
        longer = text == NULL ? mem_strdup(setting_at(id)->key)
                              : mem_printf("%s, %s", text, setting_at(id)->key);
        free(text);
        text = longer;
    }
    return text;
}

static void draw_changed(const struct settings *s, struct canvas *c, int y)
{
    char *keys = changed_since_start(s);
    char *text;

    if (keys != NULL) {
        text = mem_printf(_("Changed since start: %s"), keys);
        draw_cut(c, 1, y, c->width - 2, ROLE_FRAME, text);
        free(text);
    }
    free(keys);
}

/* Title and origin, two or three lines of text, how to type it, what was
 * changed. */
static void draw_explanation(const struct ui *ui, struct canvas *c)
{
    const struct settings *s = settings_of(ui);
    enum setting_id id = state_of(ui)->chosen;
    const struct setting *a = setting_at(id);
    const char *origin = setting_origin_name(settings_origin(s, id));
    char *text = explanation(a);
    int most = c->height <= 4 ? 2 : 3;
    int lines;

    draw_cut(c, 1, 0, c->width - 2, ROLE_TITLE, _(a->label));
    draw_right(c, c->width - 1, 0, c->width / 2, ROLE_FRAME, origin);
    lines = draw_wrapped(c, 1, 1, c->width - 2, 0, most, ROLE_TEXT, text);
    lines = lines > most ? most : lines;
    free(text);
    text = how_to_type(s, id, c->width - 2);
    draw_cut(c, 1, 1 + lines, c->width - 2, ROLE_FRAME, text);
    free(text);
    if (2 + lines < c->height) {
        draw_changed(s, c, c->height - 1);
    }
}

/* ---- Layouts ---------------------------------------------------------- */

static void draw_frames(struct ui *ui, struct canvas *c, int split, int below)
{
    const struct settings_view *v = state_of(ui);
    struct draw_title left = {.title = _("Settings"),
                              .focused = v->in_sections};
    struct draw_title right = {.title = setting_section_name(section_of(v)),
                               .right = _("/ Find a setting"),
                               .focused = !v->in_sections};

    draw_frame(c, 0, 1, c->width, c->height - 1);
    draw_vertical(c, split, 2, below - 2);
    canvas_sign(c, split, 1, GLYPH_TEE_DOWN, ROLE_FRAME);
    draw_horizontal(c, 1, below, c->width - 2);
    canvas_sign(c, 0, below, GLYPH_TEE_RIGHT, ROLE_FRAME);
    canvas_sign(c, c->width - 1, below, GLYPH_TEE_LEFT, ROLE_FRAME);
    canvas_sign(c, split, below, GLYPH_TEE_UP, ROLE_FRAME);
    draw_title(c, 2, 1, split - 3, &left);
    draw_title(c, split + 2, 1, c->width - split - 4, &right);
}

static void draw_two_lists(struct ui *ui, struct canvas *c)
{
    bool wide = c->width >= VIEW_WIDE;
    int title = cell_text_width(_("Settings"), strlen(_("Settings"))) + 4;
    int least = wide ? VIEW_SECTIONS_WIDE : VIEW_SECTIONS;
    int split = (title > least ? title : least) + 1;
    int lines = c->height >= VIEW_TALL || c->width < 80 ? 5 : 4;
    int below = c->height - lines - 2; /* row of the line above the text */
    int value = wide             ? VIEW_VALUE_WIDE
                : c->width >= 80 ? VIEW_VALUE
                                 : VIEW_VALUE_NARROW;
    struct canvas left = canvas_inside(c, 1, 2, split - 1, below - 2);
    struct canvas right =
        canvas_inside(c, split + 1, 2, c->width - split - 2, below - 2);
    struct canvas text = canvas_inside(c, 1, below + 1, c->width - 2, lines);

    draw_frames(ui, c, split, below);
    draw_sections(ui, &left);
    draw_settings(ui, &right, 2, value);
    draw_explanation(ui, &text);
}

static void draw_heading(struct ui *ui, struct canvas *c)
{
    const struct settings_view *v = state_of(ui);
    const char *section = setting_section_name(section_of(v));
    char text[32];
    int x = 0;

    snprintf(text, sizeof(text), _("%d of %d"), v->sections.row + 1,
             SECTION_COUNT);
    if (c->width >= 40) {
        x = canvas_text(c, 0, 0, 20, ROLE_TITLE, _("Settings")) + 1;
    }
    canvas_put(c, x, 0, '[', ROLE_ACCENT);
    x += 1 + draw_cut(c, x + 1, 0, c->width - x - 10, ROLE_ACCENT, section);
    canvas_put(c, x, 0, ']', ROLE_ACCENT);
    canvas_sign(c, c->width - 1, 0, GLYPH_RIGHT, ROLE_FRAME);
    draw_right(c, c->width - 2, 0, c->width - x - 3, ROLE_FRAME, text);
}

/* "5 more" below a list that does not fit. */
static void draw_more(struct canvas *c, int y, int more)
{
    if (more > 0) {
        canvas_sign(c, 0, y, GLYPH_SORTED_DOWN, ROLE_FRAME);
        draw_format(c, 2, y, c->width - 2, ROLE_FRAME,
                    ngettext("%d more", "%d more", (unsigned)more), more);
    }
}

/* Lines below the list: all that is known of a setting, or where there is
 * little room what it does. */
static int lines_below(const struct canvas *c, const char *text)
{
    int lines;

    if (c->height < 8 || c->width < 40) {
        return 0;
    }
    if (c->height >= 16) {
        return VIEW_EXPLAINED;
    }
    lines = draw_wrapped_lines(c->width, text);
    return lines < 2 ? 2 : lines > 3 ? 3 : lines;
}

static void draw_stack(struct ui *ui, struct canvas *c)
{
    struct settings_view *v = state_of(ui);
    char *text = explanation(setting_at(v->chosen));
    int lines = lines_below(c, text);
    int count = count_of(section_of(v));
    int rows = c->height - 1 - lines;
    bool more = lines > 0 && count > rows;
    struct canvas list =
        canvas_inside(c, 0, 1, c->width, more ? rows - 1 : rows);
    struct canvas below =
        canvas_inside(c, 0, c->height - lines, c->width, lines);
    int value = c->width >= 60   ? VIEW_VALUE
                : c->width >= 40 ? VIEW_VALUE_STACK
                                 : 0;

    draw_heading(ui, c);
    draw_settings(ui, &list, 1, value);
    if (more) {
        draw_more(c, rows, count - v->settings.top - list.height);
    }
    if (lines == VIEW_EXPLAINED) {
        draw_explanation(ui, &below);
    } else if (lines > 0) {
        draw_wrapped(&below, 0, 0, below.width, 0, lines, ROLE_FRAME, text);
    }
    free(text);
}

static void draw_tiny(const struct ui *ui, struct canvas *c)
{
    enum setting_id id = state_of(ui)->chosen;

    draw_format(c, 0, 0, c->width, ROLE_TEXT, _("%s: %s"),
                _(setting_at(id)->label), settings_value(settings_of(ui), id));
}

static void settings_draw(struct ui *ui, struct canvas *c)
{
    struct settings_view *v = state_of(ui);
    enum main_layout layout =
        view_main_layout(c->cells->width, c->cells->height);

    v->stacked =
        layout <= LAYOUT_STACK || settings_on(settings_of(ui), SETTING_PLAIN);
    if (layout == LAYOUT_TINY) {
        draw_tiny(ui, c);
    } else if (v->stacked) {
        draw_stack(ui, c);
    } else {
        draw_two_lists(ui, c);
    }
}

/* ---- Changing --------------------------------------------------------- */

static bool on_typed(struct ui *ui, struct dialog *d, int button)
{
    const char *text = dialog_text(d, *(int *)dialog_data(d));
    struct err e = {.code = 0};
    enum setting_id id = state_of(ui)->chosen;

    if (button != DIALOG_SAVE) {
        return true;
    }
    if (setting_check(id, text, &e) < 0) {
        dialog_set_problem(d, e.text);
        return false;
    }
    return adopt_change(ui, id, text);
}

static void ask_for_value(struct ui *ui, enum setting_id id)
{
    const struct setting *a = setting_at(id);
    struct dialog *d = dialog_new(_(a->label), a->key);
    char *text = explanation(a);
    int *field = mem_alloc(sizeof(*field));

    dialog_add_text(d, text);
    dialog_add_blank(d);
    *field =
        dialog_add_field(d, _("Value"), settings_value(settings_of(ui), id),
                         SETTING_VALUE_MAX - 1);
    dialog_set_data(d, field, free);
    dialog_add_button(d, DIALOG_SAVE, _("Save"), 0);
    dialog_add_button(d, DIALOG_SAVE + 1, _("Cancel"), 0);
    dialog_set_hint(d, _("Enter Save  Esc Cancel"));
    dialog_on_button(d, on_typed);
    ui_open(ui, d);
    free(text);
}

void view_settings_change(struct ui *ui, int step)
{
    struct settings_view *v = state_of(ui);
    char *value = settings_step(settings_of(ui), v->chosen, step);

    if (v->in_sections && !v->stacked) {
        v->in_sections = false;
    } else if (value == NULL) {
        ask_for_value(ui, v->chosen);
    } else {
        adopt_change(ui, v->chosen, value);
    }
    free(value);
}

void view_settings_choose(struct ui *ui, enum setting_id id)
{
    choose(state_of(ui), id);
}

void view_settings_default(struct ui *ui)
{
    adopt_change(ui, state_of(ui)->chosen, NULL);
}

/* ---- Keys ------------------------------------------------------------- */

static void next_pane(struct ui *ui, int step)
{
    struct settings_view *v = state_of(ui);

    if (v->stacked) {
        choose_section(v, (v->sections.row + step + SECTION_COUNT) %
                              SECTION_COUNT);
    } else {
        v->in_sections = !v->in_sections;
    }
}

static bool sections_key(struct settings_view *v, int key)
{
    struct list l = v->sections;

    if (key == KEY_RETURN || key == KEY_SPACE || key == KEY_ARROW_RIGHT ||
        key == 'l') {
        v->in_sections = false;
        return true;
    }
    if (!list_key(&l, key, SECTION_COUNT)) {
        return false;
    }
    choose_section(v, l.row);
    return true;
}

static bool is_typed(const struct settings_view *v)
{
    enum setting_type type = setting_at(v->chosen)->type;

    return type == SETTING_TEXT || type == SETTING_PATH || type == SETTING_LIST;
}

static bool settings_key(struct ui *ui, int key)
{
    struct settings_view *v = state_of(ui);

    if (v->in_sections && !v->stacked) {
        return sections_key(v, key);
    }
    switch (key) {
    case KEY_RETURN:
    case KEY_SPACE:
        view_settings_change(ui, 1);
        return true;
    case KEY_ARROW_RIGHT:
    case 'l':
    case KEY_ARROW_LEFT:
    case 'h':
        if (!is_typed(v)) {
            view_settings_change(ui,
                                 key == KEY_ARROW_RIGHT || key == 'l' ? 1 : -1);
        }
        return true;
    default:
        break;
    }
    if (!list_key(&v->settings, key, count_of(section_of(v)))) {
        return false;
    }
    choose(v, first_of(section_of(v)) + (enum setting_id)v->settings.row);
    return true;
}

static void settings_click(struct ui *ui, int list, int row, int column)
{
    struct settings_view *v = state_of(ui);

    (void)column;
    v->in_sections = list == LIST_SECTIONS;
    if (list == LIST_SECTIONS && row >= 0) {
        choose_section(v, row);
    } else if (row >= 0 && row < count_of(section_of(v))) {
        choose(v, first_of(section_of(v)) + (enum setting_id)row);
    }
}

static unsigned settings_contexts(const struct ui *ui)
{
    (void)ui;
    return ACTION_IN_SETTINGS;
}

static bool settings_find_text(struct ui *ui, const char *text, int step)
{
    struct settings_view *v = state_of(ui);
    int i, id = (int)v->chosen;

    for (i = 0; i < SETTING_COUNT; i++) {
        const struct setting *a;

        id = (id + step + SETTING_COUNT) % SETTING_COUNT;
        a = setting_at((enum setting_id)id);
        if (list_matches(a->key, text) || list_matches(_(a->label), text) ||
            list_matches(_(a->help), text)) {
            choose(v, (enum setting_id)id);
            v->in_sections = false;
            return true;
        }
    }
    return false;
}

const struct view_ops view_settings = {
    .name = "settings",
    .make = settings_make,
    .free = free,
    .draw = settings_draw,
    .key = settings_key,
    .click = settings_click,
    .contexts = settings_contexts,
    .next_pane = next_pane,
    .find = settings_find_text,
};
