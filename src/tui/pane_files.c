#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/main_state.h"
#include "tui/pane.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/units.h"

enum {
    FILES_WIDE = 90,   /* columns from which all columns are shown */
    FILES_STRIP = 18,  /* columns of the small map of pieces */
    FILES_STATUS = 10, /* columns of the state */
    FILES_STANDARD = 9 + 6 + 6 + 2 + FILES_STATUS, /* right of the name */
    FILES_ALL = 9 + 6 + 1 + FILES_STRIP + 6 + 8 + 7 + 1 + FILES_STATUS,
};

static const char *sort_name(enum main_sort sort)
{
    switch (sort) {
    case SORT_SIZE:
        return _("Size");
    case SORT_HAVE:
        return _("Have");
    case SORT_FROM:
        return _("From");
    case SORT_STATUS:
        return _("Status");
    case SORT_NAME:
    case SORT_KEYS:
        break;
    }
    return _("Name");
}

void pane_files_title(const struct ui *ui, bool wide, struct pane_title *t)
{
    const struct main_view *v = ui->main;
    uint64_t total = 0;
    char size[UNITS_TEXT], count[UNITS_TEXT];
    int i;

    for (i = 0; i < v->item_count; i++) {
        total += main_item_size(&v->items[i]);
    }
    snprintf(t->more, sizeof(t->more), "%s", v->group == NULL ? "" : v->group);
    if (v->group == NULL) {
        t->right[0] = '\0';
    } else {
        int used = snprintf(t->right, sizeof(t->right),
                            ngettext("%s file, %s", "%s files, %s",
                                     (unsigned long)v->item_count),
                            units_count((uint64_t)v->item_count, count),
                            units_size(total, size));

        if (wide && used > 0 && (size_t)used < sizeof(t->right)) {
            snprintf(t->right + used, sizeof(t->right) - (size_t)used,
                     _("   sorted by %s"), sort_name(v->sort));
        }
    }
}

/* A column's title, with the arrow when the list is sorted by it. */
static void draw_heading(const struct ui *ui, struct canvas *c, int end,
                         enum main_sort sort)
{
    const struct main_view *v = ui->main;
    const char *text = sort_name(sort);

    if (v->sort == sort) {
        canvas_sign(c, end - 1, 0,
                    v->reverse ? GLYPH_SORTED_UP : GLYPH_SORTED_DOWN,
                    ROLE_ACCENT);
        end -= 2;
    }
    draw_right(c, end, 0, 20, ROLE_FRAME, text);
}

static void draw_header(const struct ui *ui, struct canvas *c, int name)
{
    int x = 2 + name;
    bool all = c->width >= FILES_WIDE;

    canvas_text(c, 2, 0, name, ROLE_FRAME, _("Name"));
    if (ui->main->sort == SORT_NAME) {
        canvas_sign(c, 3 + cell_text_width(_("Name"), strlen(_("Name"))), 0,
                    ui->main->reverse ? GLYPH_SORTED_UP : GLYPH_SORTED_DOWN,
                    ROLE_ACCENT);
    }
    draw_heading(ui, c, x + 9, SORT_SIZE);
    draw_heading(ui, c, x + 15, SORT_HAVE);
    x += 15;
    if (all) {
        canvas_text(c, x + 1, 0, FILES_STRIP, ROLE_FRAME, _("Pieces"));
        x += 1 + FILES_STRIP;
    }
    draw_heading(ui, c, x + 6, SORT_FROM);
    x += 6;
    if (all) {
        canvas_sign(c, x + 5, 0, GLYPH_DOWN, ROLE_FRAME);
        draw_right(c, x + 8, 0, 2, ROLE_FRAME, "/s");
        draw_right(c, x + 15, 0, 6, ROLE_FRAME, _("Left"));
        x += 14;
    }
    canvas_text(c, x + 2, 0, FILES_STATUS, ROLE_FRAME, _("Status"));
    if (ui->main->sort == SORT_STATUS) {
        canvas_sign(c,
                    x + 3 + cell_text_width(_("Status"), strlen(_("Status"))),
                    0, ui->main->reverse ? GLYPH_SORTED_UP : GLYPH_SORTED_DOWN,
                    ROLE_ACCENT);
    }
}

static enum theme_role state_role(enum transfer_state state)
{
    switch (state) {
    case TRANSFER_LOADING:
    case TRANSFER_HASHING:
    case TRANSFER_CHECKING:
        return ROLE_PART;
    case TRANSFER_SHARING:
        return ROLE_HAVE;
    case TRANSFER_FAILED:
        return ROLE_ERROR;
    case TRANSFER_WAITING:
        return ROLE_WARNING;
    case TRANSFER_NONE:
    case TRANSFER_QUEUED:
    case TRANSFER_PAUSED:
    case TRANSFER_STOPPED:
        break;
    }
    return ROLE_TEXT;
}

/* "v 8.4M/s", "^ sharing", "not here"; without `rate` always the word. */
static void draw_status(const struct main_item *item, struct canvas *c, int x,
                        int y, bool rate)
{
    enum transfer_state state = main_item_state(item);
    enum theme_role role = state_role(state);
    char character, number[UNITS_TEXT];
    enum glyph sign = wording_state_sign(state, &character);

    if (sign != GLYPH_COUNT && (rate || sign == GLYPH_PAUSED)) {
        canvas_sign(c, x, y, sign, role);
        x += 2;
    } else if (character != '\0') {
        canvas_put(c, x, y, (uint32_t)character, role);
        x += 2;
    }
    if (rate && state == TRANSFER_LOADING && item->transfer != NULL &&
        item->transfer->rate_down > 0) {
        draw_format(c, x, y, FILES_STATUS, role, "%s/s",
                    units_short(item->transfer->rate_down, number));
        return;
    }
    canvas_text(c, x, y, FILES_STATUS, role,
                wording_state(state, main_item_sources(item)));
}

static void draw_columns(struct ui *ui, const struct main_item *item,
                         struct canvas *c, int x, int y)
{
    bool all = c->width >= FILES_WIDE;
    char text[UNITS_TEXT], left[WORDING_MAX];
    const struct row_transfer *t = item->transfer;

    draw_right(c, x + 9, y, 9, ROLE_TEXT,
               units_size(main_item_size(item), text));
    snprintf(text, sizeof(text), "%d%%",
             draw_percent(main_item_have(item), main_item_size(item)));
    draw_right(c, x + 15, y, 6, ROLE_TEXT, text);
    x += 15;
    if (all) {
        piecemap_strip(c, x + 1, y, FILES_STRIP,
                       model_pieces(&ui->model, ui->main->group, item->name),
                       main_item_have(item), main_item_size(item));
        x += 1 + FILES_STRIP;
    }
    snprintf(text, sizeof(text), "%u", main_item_sources(item));
    draw_right(c, x + 6, y, 6, ROLE_TEXT, text);
    x += 6;
    if (all) {
        if (t != NULL && t->state == TRANSFER_LOADING) {
            draw_right(c, x + 8, y, 8, ROLE_TEXT,
                       units_short(t->rate_down, text));
            draw_right(c, x + 15, y, 7, ROLE_TEXT,
                       wording_time_left(t->eta, left));
        }
        x += 14;
    }
    draw_status(item, c, x + 2, y, !all);
}

/* The word of a state that has no sign, for 40 columns; NULL otherwise. */
static const char *tight_word(const struct main_item *item)
{
    enum transfer_state state = main_item_state(item);
    char character;

    if (state == TRANSFER_NONE) {
        return main_item_sources(item) == 0 ? _("none") : NULL;
    }
    return wording_state_sign(state, &character) == GLYPH_COUNT &&
                   character == '\0'
               ? wording_state(state, 1)
               : NULL;
}

/* Percent and a short sign, for 40 columns; returns where they begin. */
static int draw_tight(const struct main_item *item, struct canvas *c, int y)
{
    enum transfer_state state = main_item_state(item);
    enum theme_role role = state_role(state);
    char text[UNITS_TEXT], character;
    enum glyph sign = wording_state_sign(state, &character);
    const char *word = tight_word(item);
    int width = word == NULL ? 0 : cell_text_width(word, strlen(word));
    int x = c->width - (width < 6 ? 6 : width);

    snprintf(text, sizeof(text), "%d%%",
             draw_percent(main_item_have(item), main_item_size(item)));
    draw_right(c, x - 1, y, 4, ROLE_TEXT, text);
    if (word != NULL) {
        canvas_text(c, x, y, width, role, word);
    } else if (character != '\0') {
        canvas_put(c, x, y, (uint32_t)character, role);
    } else {
        canvas_sign(c, x, y, sign != GLYPH_COUNT ? sign : GLYPH_NONE, role);
    }
    if (state == TRANSFER_LOADING && item->transfer != NULL) {
        canvas_text(c, x + 1, y, 5, role,
                    units_short(item->transfer->rate_down, text));
    }
    return x - 6;
}

static void draw_row(struct ui *ui, struct canvas *c, int y, int index,
                     bool tight)
{
    const struct main_item *item = &ui->main->items[index];
    bool chosen = index == main_state_file_row(ui);
    bool marked = main_state_is_marked(ui, item->name);
    int name =
        c->width - 2 - (c->width >= FILES_WIDE ? FILES_ALL : FILES_STANDARD);

    canvas_put(c, 0, y, chosen ? '>' : marked ? '*' : ' ', ROLE_TEXT);
    if (chosen && marked && !tight) {
        canvas_put(c, 1, y, '*', ROLE_TEXT);
    }
    if (tight) {
        name = draw_tight(item, c, y);
        draw_name(c, 1, y, name, ROLE_TEXT, item->name);
    } else {
        draw_name(c, 2, y, name, ROLE_TEXT, item->name);
        draw_columns(ui, item, c, 2 + name, y);
    }
}

static void draw_empty(struct ui *ui, struct canvas *c)
{
    const struct row_group *g = main_state_group(ui);
    const char *text = "";

    if (g == NULL) {
        text = model_is_logged_in(&ui->model)
                   ? _("Files of the group you choose appear here.")
                   : _("Log in to see the files of your groups.\n\n"
                       "Enter   log in, or create an account");
    } else if (g->role == GROUP_PENDING) {
        text = _("You asked to join. The files appear here when the owner "
                 "lets you in.");
    } else if (g->role == GROUP_REJECTED) {
        text = _("Your request was refused.");
    } else {
        text = _("No files here yet.\n\ns   share a file from this "
                 "computer\n\nWhat members share appears here by itself.");
    }
    draw_wrapped(c, 2, c->height > 4 ? 1 : 0, c->width - 4, 0, c->height,
                 ROLE_TEXT, text);
}

/* Where there is room below the list: what is marked, and what marks are for.
 */
static void draw_marks(const struct ui *ui, struct canvas *c)
{
    const struct main_view *v = ui->main;
    char size[UNITS_TEXT];
    uint64_t bytes = 0;
    unsigned count = 0;
    int i;

    for (i = 0; i < v->item_count; i++) {
        if (main_state_is_marked(ui, v->items[i].name)) {
            bytes += main_item_size(&v->items[i]);
            count++;
        }
    }
    if (count == 0) {
        draw_cut(c, 2, c->height - 2, c->width - 3, ROLE_FRAME,
                 _("Marked: none. Space marks a file, then d downloads every "
                   "marked file."));
        return;
    }
    draw_format(c, 2, c->height - 2, c->width - 3, ROLE_TEXT,
                ngettext("Marked: %u file, %s. d downloads it, u unmarks it.",
                         "Marked: %u files, %s. d downloads them, u unmarks "
                         "them.",
                         count),
                count, units_size(bytes, size));
}

void pane_files_draw(struct ui *ui, struct canvas *c, bool focused, bool tight)
{
    struct main_view *v = ui->main;
    int row = main_state_file_row(ui);
    int top = tight ? 0 : 1;
    int height = c->height - top;
    int y;

    if (focused) {
        canvas_cursor(c, 0, top, false);
        v->page = height;
    }
    if (v->item_count == 0) {
        draw_empty(ui, c);
        return;
    }
    if (!tight) {
        draw_header(ui, c,
                    c->width - 2 -
                        (c->width >= FILES_WIDE ? FILES_ALL : FILES_STANDARD));
    }
    if (row >= v->file_top + height) {
        v->file_top = row - height + 1;
    }
    if (row >= 0 && row < v->file_top) {
        v->file_top = row;
    }
    if (v->file_top >= v->item_count) {
        v->file_top = 0;
    }
    if (c->width >= FILES_WIDE && v->item_count + 3 <= height) {
        draw_marks(ui, c);
    }
    canvas_hit_rows(c, 0, top, c->width, height, MAIN_FILES, v->file_top);
    for (y = 0; y < height && v->file_top + y < v->item_count; y++) {
        draw_row(ui, c, top + y, v->file_top + y, tight);
        if (v->file_top + y == row) {
            canvas_highlight(c, 0, top + y, c->width,
                             focused ? THEME_REVERSE : THEME_BOLD);
            if (focused) {
                canvas_cursor(c, 0, top + y, false);
            }
        }
    }
}
