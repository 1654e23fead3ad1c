#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/dialog.h"
#include "tui/draw.h"
#include "tui/forms.h"
#include "tui/key.h"
#include "tui/sharing.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

/* What is being shared, a bar for each file. */
enum {
    HASHING_GO_ON = 1, /* in the background */
    HASHING_SKIP = 2,
    HASHING_WIDTH = 80,
    HASHING_WIDE = 60, /* columns from which every file has a bar */
    HASHING_BAR = 20,
    HASHING_SIZE = 9,
    HASHING_STATE = 24, /* columns right of the bar */
};

static const char *state_word(enum sharing_state state)
{
    switch (state) {
    case SHARING_WAITS:
        return _("waits");
    case SHARING_HASHING:
        return _("hashing");
    case SHARING_DONE:
        return _("shared");
    case SHARING_SKIPPED:
        return _("skipped");
    case SHARING_FAILED:
        break;
    }
    return _("failed");
}

static void draw_state(const struct ui *ui, const struct sharing_item *item,
                       struct canvas *c, int x, int y)
{
    char rate_text[UNITS_TEXT], left[WORDING_MAX];
    int room = c->width - x;
    uint64_t rate;
    int64_t eta;

    sharing_done(ui, item, &rate, &eta);
    if (item->state == SHARING_DONE) {
        canvas_sign(c, x, y, GLYPH_DONE, ROLE_HAVE);
        canvas_text(c, x + 2, y, room - 2, ROLE_HAVE, state_word(item->state));
    } else if (item->state == SHARING_FAILED) {
        canvas_sign(c, x, y, GLYPH_FAILED, ROLE_ERROR);
        draw_cut(c, x + 2, y, room - 2, ROLE_ERROR,
                 item->problem != NULL ? sharing_problem(item)
                                       : state_word(item->state));
    } else if (item->state == SHARING_HASHING && rate > 0 && room > 20) {
        draw_format(c, x, y, room, ROLE_PART, "%s  %s  %s",
                    state_word(item->state), units_rate(rate, rate_text),
                    wording_time_left(eta, left));
    } else {
        canvas_text(c, x, y, room, ROLE_TEXT, state_word(item->state));
    }
}

static void draw_item(const struct ui *ui, const struct sharing_item *item,
                      struct canvas *c, int y)
{
    bool wide = c->width >= HASHING_WIDE;
    int right = wide ? HASHING_SIZE + 1 + HASHING_BAR + 1 + HASHING_STATE : 15;
    int name = c->width - right;
    uint64_t rate, done;
    int64_t eta;
    char size[UNITS_TEXT];

    done = sharing_done(ui, item, &rate, &eta);
    draw_name(c, 0, y, name - 1, ROLE_TEXT, sharing_name(item));
    if (!wide) {
        draw_format(c, name, y, 4, ROLE_TEXT, "%3d%%",
                    draw_percent(done, item->size));
        draw_state(ui, item, c, name + 5, y);
        return;
    }
    draw_right(c, name + HASHING_SIZE, y, HASHING_SIZE, ROLE_TEXT,
               item->is_directory && item->size == 0
                   ? _("folder")
                   : units_size(item->size, size));
    draw_bar(c, name + HASHING_SIZE + 1, y, HASHING_BAR, done, item->size);
    draw_state(ui, item, c, name + HASHING_SIZE + HASHING_BAR + 2, y);
}

static void draw_all(const struct ui *ui, struct canvas *c, int y)
{
    struct sharing_total total;
    char left[UNITS_TEXT], rate[UNITS_TEXT], text[128];
    const char *all = _("All");
    int x = cell_text_width(all, strlen(all)) + 2;
    int bar, used;

    sharing_sum(ui, &total);
    used = snprintf(text, sizeof(text), "%3d%%",
                    draw_percent(total.done, total.size));
    if (total.eta >= 0 && c->width >= HASHING_WIDE) {
        snprintf(text + used, sizeof(text) - (size_t)used, _("  %s  %s left"),
                 units_rate(total.rate, rate), units_duration(total.eta, left));
    }
    bar = c->width - x - (c->width >= HASHING_WIDE ? 28 : 6);
    canvas_text(c, 0, y, x, ROLE_TEXT, all);
    draw_bar(c, x, y, bar, total.done, total.size);
    canvas_text(c, x + bar + 1, y, c->width - x - bar - 1, ROLE_TEXT, text);
}

static void hashing_draw(void *state, struct canvas *c, bool focused, bool bare)
{
    const struct ui *ui = state;
    struct sharing *s = ui->sharing;
    int rows = c->height > 1 ? c->height - 1 : 1;
    int y;

    (void)focused;
    (void)bare;
    if (s->row < s->top) {
        s->top = s->row;
    }
    if (s->row >= s->top + (size_t)rows) {
        s->top = s->row - (size_t)rows + 1;
    }
    for (y = 0; y < rows && s->top + (size_t)y < s->count; y++) {
        draw_item(ui, &s->items[s->top + (size_t)y], c, y);
        if (s->top + (size_t)y == s->row && s->count > 1) {
            canvas_highlight(c, 0, y, c->width, THEME_REVERSE);
            canvas_cursor(c, 0, y, false);
        }
    }
    canvas_hit(c, 0, 0, c->width, rows, HIT_PART, 0, (int)s->top);
    if (c->height > 1) {
        draw_all(ui, c, y);
    }
}

static int hashing_height(void *state, int width)
{
    const struct ui *ui = state;

    (void)width;
    return (int)ui->sharing->count + 1;
}

/* While it runs Enter does nothing: what ends it is said in the last line. */
static bool hashing_key(void *state, int key)
{
    const struct ui *ui = state;
    struct sharing *s = ui->sharing;

    if (key == KEY_ARROW_DOWN || key == 'j') {
        s->row += s->row + 1 < s->count ? 1 : 0;
        return true;
    }
    if (key == KEY_ARROW_UP || key == 'k') {
        s->row -= s->row > 0 ? 1 : 0;
        return true;
    }
    return key == KEY_RETURN && sharing_is_running(s);
}

static void hashing_click(void *state, int row)
{
    const struct ui *ui = state;

    if (row >= 0 && (size_t)row < ui->sharing->count) {
        ui->sharing->row = (size_t)row;
    }
}

static bool hashing_opens(void *state)
{
    (void)state;
    return false;
}

static const struct dialog_widget hashing_widget = {
    .draw = hashing_draw,
    .height = hashing_height,
    .key = hashing_key,
    .click = hashing_click,
    .opens = hashing_opens,
};

static bool on_hashing(struct ui *ui, struct dialog *d, int button)
{
    if (button == HASHING_SKIP) {
        sharing_skip(ui, ui->sharing->row);
        return !sharing_is_running(ui->sharing);
    }
    if (button == HASHING_GO_ON || !sharing_is_running(ui->sharing)) {
        return true;
    }
    sharing_skip_all(ui);
    if (!sharing_is_running(ui->sharing)) {
        return true;
    }
    dialog_set_note(d, _("Stopping what is being hashed ..."));
    return false;
}

static void on_change(struct dialog *d)
{
    const struct ui *ui = dialog_data(d);

    if (sharing_is_running(ui->sharing)) {
        dialog_set_note(d, _("Other members see a file as soon as its own "
                             "hash is done"));
    } else {
        dialog_set_problem(
            d, sharing_problem(&ui->sharing->items[ui->sharing->row]));
    }
}

/* The dialog is gone; its files go on. */
static void forget_dialog(void *data)
{
    struct ui *ui = data;

    if (ui->sharing != NULL) {
        ui->sharing->dialog = NULL;
    }
}

static bool is_one_group(const struct sharing *s)
{
    size_t i;

    for (i = 1; i < s->count; i++) {
        if (strcmp(s->items[i].group, s->items[0].group) != 0) {
            return false;
        }
    }
    return true;
}

void form_hashing(struct ui *ui)
{
    struct sharing *s = ui->sharing;
    struct dialog *d;
    char *title;

    if (s->dialog != NULL) {
        return;
    }
    title = is_one_group(s)
                ? mem_printf(ngettext("Sharing %zu file with %s",
                                      "Sharing %zu files with %s",
                                      (unsigned long)s->count),
                             s->count, s->items[0].group)
                : mem_printf(ngettext("Sharing %zu file", "Sharing %zu files",
                                      (unsigned long)s->count),
                             s->count);
    d = dialog_new(title, sharing_is_running(s) ? _("b Continue in background")
                                                : NULL);
    free(title);
    dialog_set_width(d, HASHING_WIDTH);
    dialog_add_widget(d, &hashing_widget, ui);
    dialog_add_key(d, HASHING_GO_ON, 'b');
    dialog_add_key(d, HASHING_SKIP, 'x');
    dialog_set_data(d, ui, forget_dialog);
    dialog_on_button(d, on_hashing);
    dialog_on_change(d, on_change);
    on_change(d);
    dialog_set_hint(d, sharing_is_running(s)
                           ? _("b Background  x Skip this file  Esc Cancel "
                               "the rest")
                           : _("Up Down Move  Enter Close"));
    s->dialog = d;
    ui_open(ui, d);
}
