#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/browser.h"
#include "tui/draw.h"
#include "util/intl.h"
#include "util/map.h"
#include "util/mem.h"
#include "util/units.h"

enum {
    BROWSER_WIDE = 60,     /* columns from which dates are shown */
    BROWSER_NOTES = 34,    /* columns from which "shared" has room */
    BROWSER_HELP = 10,     /* rows from which the keys are explained */
    BROWSER_SIZE = 9,      /* columns of a size */
    BROWSER_NOTE = 6,      /* of a note on a narrow list */
    BROWSER_RIGHT = 26,    /* date and note on a wide one */
    BROWSER_TIME_MAX = 20, /* bytes of a date */
};

/* Columns of a row: where the mark, the name and the end of the size are. */
struct columns {
    int mark, name, size_end, note;
    bool wide;
};

static struct columns columns_for(int width, bool bare)
{
    struct columns k = {.wide = width >= BROWSER_WIDE};

    if (bare) {
        k.mark = 1;
        k.name = 2;
        k.size_end = width - 4;
    } else if (k.wide) {
        k.mark = 2;
        k.name = 4;
        k.size_end = width - BROWSER_RIGHT;
    } else {
        k.mark = 1;
        k.name = 3;
        k.size_end =
            width >= BROWSER_NOTES ? width - BROWSER_NOTE - 1 : width - 1;
    }
    k.note = k.size_end + (k.wide && !bare ? 14 : 1);
    k.wide = k.wide && !bare;
    return k;
}

static const char *day_of(int64_t seconds, char out[BROWSER_TIME_MAX])
{
    time_t when = (time_t)seconds;
    struct tm t;

    if (localtime_r(&when, &t) == NULL ||
        strftime(out, BROWSER_TIME_MAX, "%Y-%m-%d", &t) == 0) {
        out[0] = '\0';
    }
    return out;
}

static void draw_row(const struct browser *b, struct canvas *c, int y,
                     size_t row, const struct columns *k)
{
    const struct browser_entry *e = &b->entries[b->rows[row]];
    char *path = mem_printf("%s%s%s", b->path,
                            strcmp(b->path, "/") == 0 ? "" : "/", e->name);
    const char *note = b->note == NULL ? NULL : b->note(b->note_arg, path);
    char text[UNITS_TEXT], day[BROWSER_TIME_MAX];
    int room = k->size_end - k->name - (e->is_directory ? 0 : BROWSER_SIZE);
    int used;

    canvas_put(c, 0, y, row == b->row ? '>' : ' ', ROLE_TEXT);
    if (browser_is_marked(b, path)) {
        canvas_put(c, k->mark, y, '*', ROLE_ACCENT);
    }
    used = draw_name(c, k->name, y, room - (e->is_directory ? 2 : 0), ROLE_TEXT,
                     e->name);
    if (e->is_directory && !e->is_up) {
        canvas_put(c, k->name + used, y, '/', ROLE_TEXT);
    }
    if (!e->is_directory) {
        draw_right(c, k->size_end, y, BROWSER_SIZE, ROLE_TEXT,
                   e->is_other ? "-" : units_size(e->size, text));
    }
    if (k->wide && !e->is_up) {
        canvas_text(c, k->size_end + 2, y, 10, ROLE_TEXT, day_of(e->time, day));
    }
    if (note != NULL) {
        canvas_text(c, k->note, y, c->width - k->note, ROLE_HAVE, note);
    }
    free(path);
}

static void scroll(struct browser *b, int height)
{
    size_t page = height < 1 ? 1 : (size_t)height;

    b->page = (int)page;
    if (b->row < b->top) {
        b->top = b->row;
    }
    if (b->row >= b->top + page) {
        b->top = b->row - page + 1;
    }
    if (b->top + page > b->row_count) {
        b->top = b->row_count > page ? b->row_count - page : 0;
    }
}

static void draw_list(struct browser *b, struct canvas *c, bool focused,
                      bool bare)
{
    struct columns k = columns_for(c->width, bare);
    int y;

    scroll(b, c->height);
    canvas_hit(c, 0, 0, c->width, c->height, HIT_PART, 0, (int)b->top);
    for (y = 0; y < c->height && b->top + (size_t)y < b->row_count; y++) {
        bool here = b->top + (size_t)y == b->row;

        draw_row(b, c, y, b->top + (size_t)y, &k);
        if (here) {
            canvas_highlight(c, 0, y, c->width,
                             focused ? THEME_REVERSE : THEME_BOLD);
        }
        if (here && focused && !b->finding) {
            canvas_cursor(c, 0, y, false);
        }
    }
}

/* Without the way up. */
static size_t count_rows(const struct browser *b)
{
    bool up = b->row_count > 0 && b->entries[b->rows[0]].is_up;

    return b->row_count - (up ? 1 : 0);
}

/* What is left of a directory that cannot be read, or that holds nothing. */
static const char *state_text(const struct browser *b)
{
    if (b->problem != NULL) {
        return b->problem;
    }
    if (b->is_cut) {
        return _("There is more; only a part is shown.");
    }
    if (browser_is_reading(b)) {
        return NULL;
    }
    return count_rows(b) == 0 ? _("Nothing here.") : NULL;
}

static void draw_find(struct browser *b, struct canvas *c, int x, int y,
                      int width, bool focused)
{
    const char *label = _("Find: ");
    const char *none = b->found ? "" : _("not here");
    int used = canvas_text(c, x, y, width, ROLE_KEY, label);
    int end = cell_text_width(none, strlen(none)) + 1;

    edit_draw(&b->find, c, x + used, y, width - used - end, focused);
    draw_right(c, x + width, y, end, ROLE_WARNING, none);
}

static void draw_help(struct browser *b, struct canvas *c, int y, bool focused)
{
    bool wide = c->width >= BROWSER_WIDE;
    const char *state = state_text(b);
    const char *help =
        b->directories_only
            ? _("/ finds a name. Enter opens a folder, Left goes up.")
        : wide ? _("/ finds a name, Space marks, * marks all, Enter opens a "
                   "folder,\nLeft or Backspace goes up, . shows hidden files, "
                   "~ goes home.")
               : _("/ finds a name. Space marks a file.\nEnter opens a folder, "
                   "Left goes up.");

    if (b->finding) {
        draw_find(b, c, 1, y, c->width - 2, focused);
    } else if (state != NULL) {
        draw_wrapped(c, 1, y, c->width - 2, 0, 2,
                     b->problem != NULL ? ROLE_ERROR : ROLE_TEXT, state);
    } else {
        draw_wrapped(c, 1, y, c->width - 2, 0, 2, ROLE_TEXT, help);
    }
}

static void draw_path(const struct browser *b, struct canvas *c)
{
    bool wide = c->width >= BROWSER_WIDE;
    char *path = wide ? mem_strdup(b->path) : browser_short_path(b, b->path);
    size_t count = count_rows(b);
    char text[64], number[UNITS_TEXT];
    int width;

    snprintf(text, sizeof(text),
             browser_is_reading(b)
                 ? _("%s entries ...")
                 : ngettext("%s entry", "%s entries", (unsigned long)count),
             units_count(count, number));
    width = cell_text_width(text, strlen(text));
    draw_right(c, c->width - 1, 0, width, ROLE_FRAME, text);
    draw_name(c, 1, 0, c->width - width - 4, ROLE_TITLE, path);
    free(path);
}

static void draw_headings(struct canvas *c, int y)
{
    struct columns k = columns_for(c->width, false);

    canvas_text(c, k.name, y, 10, ROLE_FRAME, _("Name"));
    draw_right(c, k.size_end, y, BROWSER_SIZE, ROLE_FRAME, _("Size"));
    canvas_text(c, k.size_end + 2, y, 11, ROLE_FRAME, _("Changed"));
    canvas_text(c, k.note, y, c->width - k.note, ROLE_FRAME, _("Note"));
}

static void draw_bare(struct browser *b, struct canvas *c, bool focused)
{
    bool more = b->row_count > (size_t)c->height && c->height > 3;
    bool extra = b->finding || more || state_text(b) != NULL;
    int rows = c->height - (extra && c->height > 1 ? 1 : 0);
    struct canvas list = canvas_inside(c, 0, 0, c->width, rows);
    size_t below;

    draw_list(b, &list, focused, true);
    below = b->row_count - b->top;
    below -= below < (size_t)rows ? below : (size_t)rows;
    if (b->finding) {
        draw_find(b, c, 0, rows, c->width, focused);
    } else if (state_text(b) != NULL) {
        draw_cut(c, 0, rows, c->width, ROLE_ERROR, state_text(b));
    } else if (more) {
        size_t count = below > 0 ? below : b->top;

        canvas_sign(c, 0, rows, below > 0 ? GLYPH_SORTED_DOWN : GLYPH_SORTED_UP,
                    ROLE_ACCENT);
        draw_format(c, 2, rows, c->width - 2, ROLE_FRAME,
                    below > 0 ? _("%zu more below") : _("%zu more above"),
                    count);
    }
}

void browser_draw(struct browser *b, struct canvas *c, bool focused, bool bare)
{
    bool wide = c->width >= BROWSER_WIDE;
    bool says = b->finding || state_text(b) != NULL;
    int help = c->height >= BROWSER_HELP ? (wide ? 3 : 2) : says ? 1 : 0;
    int top = wide ? 2 : 1;
    struct canvas list;

    if (b->path == NULL) {
        return;
    }
    if (bare) {
        draw_bare(b, c, focused);
        return;
    }
    list = canvas_inside(c, 0, top, c->width, c->height - top - help);
    draw_path(b, c);
    if (wide) {
        draw_headings(c, 1);
    }
    draw_list(b, &list, focused, false);
    if (help > 0) {
        draw_help(b, c, c->height - help, focused);
    }
}
