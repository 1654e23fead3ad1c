#include "config.h"

#include "tui/dialog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tui/dialog_parts.h"
#include "tui/edit.h"
#include "tui/hit.h"
#include "tui/key.h"
#include "util/intl.h"
#include "util/mem.h"

struct dialog *dialog_new(const char *title, const char *about)
{
    struct dialog *d = mem_calloc(1, sizeof(*d));

    d->title = mem_strdup(title);
    d->about = mem_strdup(about);
    d->width = 64;
    d->focus = -1;
    return d;
}

static void part_close(struct part *p)
{
    int i;

    if (p->edit != NULL) {
        edit_close(p->edit);
        free(p->edit);
    }
    for (i = 0; i < p->row_count; i++) {
        free(p->rows[i]);
    }
    free(p->rows);
    free(p->text);
    free(p->lead);
}

void dialog_free(struct dialog *d)
{
    int i;

    if (d == NULL) {
        return;
    }
    for (i = 0; i < d->part_count; i++) {
        part_close(&d->parts[i]);
    }
    for (i = 0; i < d->button_count; i++) {
        free(d->buttons[i].label);
    }
    if (d->free_data != NULL) {
        d->free_data(d->data);
    }
    free(d->foot);
    free(d->foot_text);
    free(d->after);
    free(d->page);
    free(d->bare_title);
    free(d->bare_about);
    free(d->bare_foot);
    free(d->title);
    free(d->about);
    free(d->note);
    free(d->hint);
    free(d->problem);
    free(d);
}

static void set_string(char **slot, const char *text)
{
    char *copy = mem_strdup(text);

    free(*slot);
    *slot = copy;
}

void dialog_set_width(struct dialog *d, int width)
{
    d->width = width;
}

void dialog_set_hint(struct dialog *d, const char *hint)
{
    set_string(&d->hint, hint);
}

void dialog_set_guard(struct dialog *d, int64_t now_ms)
{
    d->guarded = true;
    d->opened_ms = now_ms;
}

void dialog_on_button(struct dialog *d, dialog_button_cb *on_button)
{
    d->on_button = on_button;
}

void dialog_on_complete(struct dialog *d, dialog_complete_cb *on_complete)
{
    d->on_complete = on_complete;
}

void dialog_set_data(struct dialog *d, void *data, void (*free_data)(void *))
{
    d->data = data;
    d->free_data = free_data;
}

void *dialog_data(const struct dialog *d)
{
    return d->data;
}

void dialog_on_change(struct dialog *d, dialog_change_cb *on_change)
{
    d->on_change = on_change;
}

void dialog_on_layout(struct dialog *d, dialog_layout_cb *on_layout)
{
    d->on_layout = on_layout;
}

void dialog_set_title(struct dialog *d, const char *title, const char *about)
{
    set_string(&d->title, title != NULL ? title : d->title);
    set_string(&d->about, about);
}

void dialog_set_foot(struct dialog *d, const char *line, const char *text)
{
    set_string(&d->foot, line);
    set_string(&d->foot_text, text);
}

void dialog_set_bare(struct dialog *d, const char *title, const char *about,
                     const char *foot)
{
    set_string(&d->bare_title, title);
    set_string(&d->bare_about, about);
    set_string(&d->bare_foot, foot);
}

void dialog_set_page(struct dialog *d, const char *text)
{
    set_string(&d->page, text);
}

void dialog_set_after(struct dialog *d, const char *text)
{
    set_string(&d->after, text);
}

bool dialog_is_split(const struct dialog *d)
{
    return d->widget != NULL && d->widget->height == NULL;
}

static bool is_focusable(const struct part *p)
{
    if (p->hidden) {
        return false;
    }
    return p->kind == PART_WIDGET || p->kind == PART_FIELD ||
           p->kind == PART_RADIO || (p->kind == PART_LIST && p->row_count > 0);
}

static int add_part(struct dialog *d, enum part_kind kind, const char *text)
{
    struct part *p;

    assert(d->part_count < DIALOG_PARTS);
    p = &d->parts[d->part_count];
    p->kind = kind;
    p->text = mem_strdup(text);
    p->choice = d->choice;
    if (d->focus < 0 && is_focusable(p)) {
        d->focus = d->part_count;
    }
    return d->part_count++;
}

int dialog_add_text(struct dialog *d, const char *text)
{
    return add_part(d, PART_TEXT, text);
}

int dialog_add_entry(struct dialog *d, const char *label, const char *text,
                     int indent)
{
    int part = add_part(d, PART_TEXT, text);

    d->parts[part].lead = mem_strdup(label);
    d->parts[part].indent = indent;
    return part;
}

int dialog_add_header(struct dialog *d, const char *text)
{
    return add_part(d, PART_HEADER, text == NULL ? "" : text);
}

void dialog_add_blank(struct dialog *d)
{
    add_part(d, PART_BLANK, "");
}

int dialog_add_art(struct dialog *d)
{
    return add_part(d, PART_ART, "");
}

int dialog_add_field(struct dialog *d, const char *label, const char *text,
                     size_t max)
{
    int part = add_part(d, PART_FIELD, label);

    d->parts[part].edit = mem_alloc(sizeof(struct edit));
    edit_init(d->parts[part].edit, max, false);
    edit_set(d->parts[part].edit, text);
    return part;
}

int dialog_add_secret(struct dialog *d, const char *label, size_t max)
{
    int part = dialog_add_field(d, label, "", max);

    d->parts[part].edit->secret = true;
    return part;
}

static void choose_radio(struct dialog *d, int part)
{
    int i;

    for (i = 0; i < d->part_count; i++) {
        if (d->parts[i].kind == PART_RADIO &&
            d->parts[i].choice == d->parts[part].choice) {
            d->parts[i].on = i == part;
        }
    }
}

int dialog_add_radio(struct dialog *d, const char *label)
{
    int part = add_part(d, PART_RADIO, label);
    bool any = false;
    int i;

    for (i = 0; i < part; i++) {
        any = any || (d->parts[i].kind == PART_RADIO && d->parts[i].on &&
                      d->parts[i].choice == d->choice);
    }
    d->parts[part].on = !any;
    return part;
}

int dialog_add_radio_beside(struct dialog *d, const char *label)
{
    int part = dialog_add_radio(d, label);

    d->parts[part].beside = true;
    return part;
}

void dialog_new_choice(struct dialog *d)
{
    d->choice++;
}

void dialog_choose(struct dialog *d, int part)
{
    choose_radio(d, part);
}

void dialog_add_widget(struct dialog *d, const struct dialog_widget *widget,
                       void *state)
{
    assert(d->part_count == 0);
    d->widget = widget;
    d->widget_state = state;
    add_part(d, PART_WIDGET, "");
}

void dialog_show_part(struct dialog *d, int part, bool shown)
{
    d->parts[part].hidden = !shown;
}

void dialog_indent_part(struct dialog *d, int part, int columns)
{
    d->parts[part].indent = columns;
}

int dialog_add_list(struct dialog *d)
{
    return add_part(d, PART_LIST, "");
}

void dialog_list_add(struct dialog *d, int part, const char *row)
{
    struct part *p = &d->parts[part];

    p->rows = mem_resize(p->rows, (size_t)p->row_count + 1, sizeof(p->rows[0]));
    p->rows[p->row_count++] = mem_strdup(row);
    if (d->focus < 0) {
        d->focus = part;
    }
}

void dialog_add_button(struct dialog *d, int number, const char *label, int key)
{
    struct button *b;

    assert(d->button_count < DIALOG_BUTTONS);
    b = &d->buttons[d->button_count++];
    b->number = number;
    b->label = mem_strdup(label);
    b->key = key;
}

void dialog_focus_button(struct dialog *d, int number)
{
    int i;

    for (i = 0; i < d->button_count; i++) {
        if (d->buttons[i].number == number) {
            d->default_button = i;
            d->focus = d->part_count + i;
        }
    }
}

static struct button *find_button(struct dialog *d, int number)
{
    int i;

    for (i = 0; i < d->button_count; i++) {
        if (d->buttons[i].number == number) {
            return &d->buttons[i];
        }
    }
    return NULL;
}

void dialog_show_button(struct dialog *d, int number, bool shown)
{
    struct button *b = find_button(d, number);

    if (b != NULL) {
        b->hidden = !shown;
    }
}

void dialog_set_label(struct dialog *d, int number, const char *label)
{
    struct button *b = find_button(d, number);

    if (b != NULL) {
        set_string(&b->label, label);
    }
}

void dialog_set_shortcut(struct dialog *d, int number, int key)
{
    struct button *b = find_button(d, number);

    if (b != NULL) {
        b->shortcut = key;
    }
}

void dialog_add_key(struct dialog *d, int number, int key)
{
    assert(d->key_count < DIALOG_KEYS);
    d->keys[d->key_count].number = number;
    d->keys[d->key_count++].key = key;
}

void dialog_focus_part(struct dialog *d, int part)
{
    d->focus = part;
}

const char *dialog_text(const struct dialog *d, int part)
{
    const struct part *p = &d->parts[part];

    return p->edit != NULL ? p->edit->text : p->text;
}

void dialog_set_text(struct dialog *d, int part, const char *text)
{
    struct part *p = &d->parts[part];

    if (p->edit != NULL) {
        edit_set(p->edit, text);
    } else {
        set_string(&p->text, text);
    }
}

bool dialog_is_on(const struct dialog *d, int part)
{
    return d->parts[part].on;
}

void dialog_list_choose(struct dialog *d, int part, int row)
{
    if (row >= 0 && row < d->parts[part].row_count) {
        d->parts[part].row = row;
    }
}

int dialog_list_row(const struct dialog *d, int part)
{
    return d->parts[part].row_count == 0 ? -1 : d->parts[part].row;
}

void dialog_set_problem(struct dialog *d, const char *problem)
{
    set_string(&d->problem, problem);
}

const char *dialog_problem(const struct dialog *d)
{
    return d->problem;
}

void dialog_set_note(struct dialog *d, const char *note)
{
    set_string(&d->note, note);
    d->same = false;
}

void dialog_set_same(struct dialog *d, const char *same)
{
    dialog_set_note(d, same);
    d->same = true;
}

bool dialog_note_is_same(const struct dialog *d)
{
    return d->same && !d->busy;
}

const char *dialog_note(const struct dialog *d)
{
    return d->busy ? _("Asking the tracker ...") : d->note;
}

void dialog_set_busy(struct dialog *d, bool busy)
{
    d->busy = busy;
}

const char *dialog_hint(const struct dialog *d)
{
    return d->hint != NULL
               ? d->hint
               : _("Tab Next field  Space Choose  Enter OK  Esc Cancel");
}

/* ---- Keys ------------------------------------------------------------- */

static bool can_focus(const struct dialog *d, int index)
{
    if (index >= d->part_count) {
        return !d->buttons[index - d->part_count].hidden;
    }
    return is_focusable(&d->parts[index]);
}

static void move_focus(struct dialog *d, int step)
{
    int total = d->part_count + d->button_count;
    int i;

    if (total == 0) {
        return;
    }
    if (d->focus < 0) {
        d->focus = d->part_count;
    }
    for (i = 0; i < total; i++) {
        d->focus = (d->focus + step + total) % total;
        if (can_focus(d, d->focus)) {
            return;
        }
    }
}

static struct part *focused_part(struct dialog *d)
{
    return d->focus >= 0 && d->focus < d->part_count ? &d->parts[d->focus]
                                                     : NULL;
}

static int enter(struct dialog *d)
{
    int index = d->focus - d->part_count;

    if (d->button_count == 0) {
        return DIALOG_CANCEL;
    }
    if (index < 0) {
        index = d->default_button;
    }
    return d->buttons[index].number;
}

static bool list_key(struct part *p, int key)
{
    int row = p->row;

    switch (key) {
    case KEY_ARROW_UP:
    case 'k':
        row--;
        break;
    case KEY_ARROW_DOWN:
    case 'j':
        row++;
        break;
    case KEY_PAGE_UP:
        row -= DIALOG_LIST_ROWS;
        break;
    case KEY_PAGE_DOWN:
        row += DIALOG_LIST_ROWS;
        break;
    case KEY_GO_HOME:
        row = 0;
        break;
    case KEY_GO_END:
        row = p->row_count - 1;
        break;
    default:
        return false;
    }
    if (row >= p->row_count) {
        row = p->row_count - 1;
    }
    p->row = row < 0 ? 0 : row;
    return true;
}

/* Who types below a radio button means that one. */
static bool typed(struct dialog *d)
{
    if (d->focus > 0 && d->parts[d->focus - 1].kind == PART_RADIO) {
        choose_radio(d, d->focus - 1);
    }
    return true;
}

static bool part_key(struct dialog *d, struct ui *ui, struct part *p, int key)
{
    switch (p->kind) {
    case PART_FIELD:
        if (key == KEY_CTRL_T && p->edit->secret) {
            p->edit->revealed = !p->edit->revealed;
            return true;
        }
        if (key == KEY_TAB && d->on_complete != NULL &&
            d->on_complete(ui, d, p->edit)) {
            return true;
        }
        return edit_key(p->edit, key) && typed(d);
    case PART_RADIO:
        if (key != KEY_SPACE) {
            return false;
        }
        choose_radio(d, d->focus);
        return true;
    case PART_LIST:
        return list_key(p, key);
    case PART_TEXT:
    case PART_HEADER:
    case PART_BLANK:
    case PART_ART:
    case PART_WIDGET:
        break;
    }
    return false;
}

static int button_of_key(const struct dialog *d, int key)
{
    int i;

    for (i = 0; i < d->button_count; i++) {
        if (key != 0 && !d->buttons[i].hidden &&
            (d->buttons[i].key == key || d->buttons[i].shortcut == key)) {
            return d->buttons[i].number;
        }
    }
    for (i = 0; i < d->key_count; i++) {
        if (d->keys[i].key == key) {
            return d->keys[i].number;
        }
    }
    return DIALOG_NONE;
}

static int move_or_press(struct dialog *d, const struct part *p, int key)
{
    switch (key) {
    case KEY_RETURN:
        return enter(d);
    case KEY_SPACE:
        return p == NULL ? enter(d) : DIALOG_NONE;
    case KEY_TAB:
    case KEY_ARROW_DOWN:
    case KEY_ARROW_RIGHT:
        move_focus(d, 1);
        return DIALOG_NONE;
    case KEY_BACK_TAB:
    case KEY_ARROW_UP:
    case KEY_ARROW_LEFT:
        move_focus(d, -1);
        return DIALOG_NONE;
    case KEY_PAGE_UP:
        d->top--; /* drawing keeps it within the body */
        return DIALOG_NONE;
    case KEY_PAGE_DOWN:
        d->top++;
        return DIALOG_NONE;
    default:
        return button_of_key(d, key);
    }
}

static bool is_guarded(const struct dialog *d, int64_t now_ms)
{
    return d->busy || (d->guarded && now_ms - d->opened_ms < DIALOG_GUARD_MS);
}

static int take_key(struct dialog *d, struct ui *ui, struct part *p, int key)
{
    bool widget = p != NULL && p->kind == PART_WIDGET;

    if (widget && d->widget->key(d->widget_state, key)) {
        return DIALOG_NONE;
    }
    if (key == KEY_ESCAPE) {
        return DIALOG_CANCEL;
    }
    if (!widget && p != NULL && part_key(d, ui, p, key)) {
        return DIALOG_NONE;
    }
    return move_or_press(d, p, key);
}

int dialog_key(struct dialog *d, struct ui *ui, int key, int64_t now_ms)
{
    int button;

    if (is_guarded(d, now_ms)) {
        return key == KEY_ESCAPE ? DIALOG_CANCEL : DIALOG_NONE;
    }
    dialog_set_problem(d, NULL);
    dialog_set_note(d, NULL);
    button = take_key(d, ui, focused_part(d), key);
    if (button == DIALOG_NONE && d->on_change != NULL) {
        d->on_change(d);
    }
    return button;
}

/* ---- Mouse ------------------------------------------------------------ */

int dialog_click(struct dialog *d, const struct hit *hit, int64_t now_ms)
{
    struct part *p;

    if (d->guarded && now_ms - d->opened_ms < DIALOG_GUARD_MS) {
        return DIALOG_NONE;
    }
    if (hit->kind == HIT_BUTTON) {
        return d->busy && hit->target != DIALOG_CANCEL ? DIALOG_NONE
                                                       : hit->target;
    }
    if (hit->kind != HIT_PART || d->busy || hit->target >= d->part_count) {
        return DIALOG_NONE;
    }
    d->focus = hit->target;
    p = &d->parts[hit->target];
    if (p->kind == PART_RADIO) {
        choose_radio(d, hit->target);
    } else if (p->kind == PART_LIST && hit->row < p->row_count) {
        p->row = hit->row;
    } else if (p->kind == PART_WIDGET && hit->row != HIT_NO_ROW) {
        d->widget->click(d->widget_state, hit->row);
    }
    if (d->on_change != NULL) {
        d->on_change(d);
    }
    return DIALOG_NONE;
}

bool dialog_click_again(const struct dialog *d, const struct hit *hit)
{
    if (hit->kind != HIT_PART || hit->target >= d->part_count || d->busy) {
        return false;
    }
    if (d->parts[hit->target].kind == PART_WIDGET) {
        return d->widget->opens(d->widget_state);
    }
    return d->parts[hit->target].kind == PART_LIST;
}

bool dialog_is_for_copying(const struct dialog *d)
{
    return d->copying;
}

void dialog_set_copying(struct dialog *d)
{
    d->copying = true;
}

bool dialog_tick(struct dialog *d)
{
    if (d->widget == NULL || d->widget->tick == NULL ||
        !d->widget->tick(d->widget_state)) {
        return false;
    }
    if (d->on_change != NULL) {
        d->on_change(d);
    }
    return true;
}

bool dialog_wants_tick(const struct dialog *d)
{
    return d->widget != NULL && d->widget->wants_tick != NULL &&
           d->widget->wants_tick(d->widget_state);
}

bool dialog_paste(struct dialog *d, const char *text)
{
    struct part *p = focused_part(d);

    if (d->busy || p == NULL) {
        return false;
    }
    if (p->kind == PART_WIDGET && d->widget->paste != NULL) {
        bool taken = d->widget->paste(d->widget_state, text);

        if (taken && d->on_change != NULL) {
            d->on_change(d);
        }
        return taken;
    }
    if (p->kind != PART_FIELD) {
        return false;
    }
    dialog_set_problem(d, NULL);
    dialog_set_note(d, NULL);
    return edit_insert(p->edit, text) && typed(d);
}

bool dialog_press(struct dialog *d, struct ui *ui, int button)
{
    return d->on_button == NULL || d->on_button(ui, d, button);
}
