#include "config.h"

#include "tui/dialog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/edit.h"
#include "tui/key.h"
#include "util/intl.h"
#include "util/mem.h"

enum part_kind {
    PART_TEXT,
    PART_HEADER,
    PART_BLANK,
    PART_FIELD,
    PART_CHECK,
    PART_RADIO,
    PART_LIST,
};

struct part {
    enum part_kind kind;
    char *text; /* or label */
    struct edit *edit;
    bool on;
    char **rows; /* of a list */
    int row_count, row, row_top;
};

struct button {
    int number;
    char *label;
    int key;
};

struct dialog {
    char *title, *about, *hint, *problem, *note;
    int width, step, steps;
    bool busy, guarded, copying;
    int64_t opened_ms;
    struct part parts[DIALOG_PARTS];
    int part_count;
    struct button buttons[DIALOG_BUTTONS];
    int button_count, default_button;
    int focus; /* a part, or part_count + a button */
    int top;   /* first line of the body shown */
    dialog_button_cb *on_button;
    dialog_complete_cb *on_complete;
    void *data;
    void (*free_data)(void *);
};

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

void dialog_set_step(struct dialog *d, int step, int steps)
{
    d->step = step;
    d->steps = steps;
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

static bool is_focusable(const struct part *p)
{
    return p->kind == PART_FIELD || p->kind == PART_CHECK ||
           p->kind == PART_RADIO || (p->kind == PART_LIST && p->row_count > 0);
}

static int add_part(struct dialog *d, enum part_kind kind, const char *text)
{
    struct part *p;

    assert(d->part_count < DIALOG_PARTS);
    p = &d->parts[d->part_count];
    p->kind = kind;
    p->text = mem_strdup(text);
    if (d->focus < 0 && is_focusable(p)) {
        d->focus = d->part_count;
    }
    return d->part_count++;
}

int dialog_add_text(struct dialog *d, const char *text)
{
    return add_part(d, PART_TEXT, text);
}

int dialog_add_header(struct dialog *d, const char *text)
{
    return add_part(d, PART_HEADER, text == NULL ? "" : text);
}

void dialog_add_blank(struct dialog *d)
{
    add_part(d, PART_BLANK, "");
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

int dialog_add_check(struct dialog *d, const char *label, bool on)
{
    int part = add_part(d, PART_CHECK, label);

    d->parts[part].on = on;
    return part;
}

static void choose_radio(struct dialog *d, int part)
{
    int i;

    for (i = 0; i < d->part_count; i++) {
        if (d->parts[i].kind == PART_RADIO) {
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
        any = any || (d->parts[i].kind == PART_RADIO && d->parts[i].on);
    }
    d->parts[part].on = !any;
    return part;
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

int dialog_step(const struct dialog *d, int *steps)
{
    *steps = d->steps;
    return d->step;
}

/* ---- Drawing ---------------------------------------------------------- */

static int label_width(const struct dialog *d)
{
    int most = 0;
    int i;

    for (i = 0; i < d->part_count; i++) {
        const struct part *p = &d->parts[i];

        if (p->kind == PART_FIELD && p->text[0] != '\0') {
            int width = cell_text_width(p->text, strlen(p->text));

            most = width > most ? width : most;
        }
    }
    return most;
}

static int part_height(const struct part *p, int width)
{
    int lines;

    switch (p->kind) {
    case PART_TEXT:
        lines = draw_wrapped_lines(width, p->text);
        return lines > 0 ? lines : 1;
    case PART_LIST:
        return p->row_count < DIALOG_LIST_ROWS ? p->row_count
                                               : DIALOG_LIST_ROWS;
    case PART_HEADER:
    case PART_BLANK:
    case PART_FIELD:
    case PART_CHECK:
    case PART_RADIO:
        break;
    }
    return 1;
}

static int body_height(const struct dialog *d, int width)
{
    int height = 0;
    int i;

    for (i = 0; i < d->part_count; i++) {
        height += part_height(&d->parts[i], width);
    }
    return height;
}

static void draw_field(const struct dialog *d, struct part *p, struct canvas *c,
                       int y, bool focused)
{
    int label = label_width(d);
    int left = p->text[0] == '\0' ? 4 : label + 3;
    int room = c->width - left - 2;

    if (p->text[0] != '\0') {
        draw_cut(c, 0, y, label, ROLE_TEXT, p->text);
    }
    if (room < 1) {
        return;
    }
    canvas_put(c, left, y, '[', focused ? ROLE_ACCENT : ROLE_FRAME);
    edit_draw(p->edit, c, left + 1, y, room, focused);
    canvas_put(c, left + 1 + room, y, ']', focused ? ROLE_ACCENT : ROLE_FRAME);
}

static void draw_choice(const struct part *p, struct canvas *c, int y,
                        bool focused)
{
    bool radio = p->kind == PART_RADIO;

    canvas_put(c, 0, y, radio ? '(' : '[', ROLE_TEXT);
    if (p->on) {
        canvas_put(c, 1, y, radio ? 'o' : 'x', ROLE_TEXT);
    }
    canvas_put(c, 2, y, radio ? ')' : ']', ROLE_TEXT);
    draw_cut(c, 4, y, c->width - 4, ROLE_TEXT, p->text);
    if (focused) {
        canvas_highlight(c, 0, y, c->width, THEME_REVERSE);
        canvas_cursor(c, 1, y, false);
    }
}

static void draw_list(struct part *p, struct canvas *c, int y, int height,
                      bool focused)
{
    int i;

    if (p->row < p->row_top) {
        p->row_top = p->row;
    }
    if (p->row >= p->row_top + height) {
        p->row_top = p->row - height + 1;
    }
    for (i = 0; i < height && p->row_top + i < p->row_count; i++) {
        bool here = p->row_top + i == p->row;

        canvas_put(c, 0, y + i, here ? '>' : ' ', ROLE_TEXT);
        draw_cut(c, 1, y + i, c->width - 1, ROLE_TEXT, p->rows[p->row_top + i]);
        if (here) {
            canvas_highlight(c, 0, y + i, c->width,
                             focused ? THEME_REVERSE : THEME_BOLD);
        }
        if (here && focused) {
            canvas_cursor(c, 0, y + i, false);
        }
    }
}

static void draw_part(struct dialog *d, int index, struct canvas *c, int y)
{
    struct part *p = &d->parts[index];
    bool focused = d->focus == index && !d->busy;

    switch (p->kind) {
    case PART_TEXT:
        draw_wrapped(c, 0, y, c->width, 0, 1000, ROLE_TEXT, p->text);
        break;
    case PART_HEADER:
        draw_cut(c, 0, y, c->width, ROLE_FRAME, p->text);
        break;
    case PART_FIELD:
        draw_field(d, p, c, y, focused);
        canvas_hit(c, 0, y, c->width, 1, HIT_PART, index, 0);
        break;
    case PART_CHECK:
    case PART_RADIO:
        draw_choice(p, c, y, focused);
        canvas_hit(c, 0, y, c->width, 1, HIT_PART, index, 0);
        break;
    case PART_LIST:
        draw_list(p, c, y, part_height(p, c->width), focused);
        canvas_hit(c, 0, y, c->width, part_height(p, c->width), HIT_PART, index,
                   p->row_top);
        break;
    case PART_BLANK:
        break;
    }
}

/* Scroll so that the part in use is inside. */
static void scroll_to_focus(struct dialog *d, int width, int height)
{
    int y = 0;
    int total = body_height(d, width);
    int i;

    for (i = 0; i < d->part_count && i < d->focus; i++) {
        y += part_height(&d->parts[i], width);
    }
    if (d->focus >= 0 && d->focus < d->part_count) {
        int end = y + part_height(&d->parts[d->focus], width);

        if (end > d->top + height) {
            d->top = end - height;
        }
        if (y < d->top) {
            d->top = y;
        }
    }
    if (d->top > total - height) {
        d->top = total - height;
    }
    if (d->top < 0) {
        d->top = 0;
    }
}

static void draw_body(struct dialog *d, struct canvas *c)
{
    int y, i;

    scroll_to_focus(d, c->width, c->height);
    y = -d->top;
    for (i = 0; i < d->part_count; i++) {
        draw_part(d, i, c, y);
        y += part_height(&d->parts[i], c->width);
    }
    if (d->top > 0) {
        canvas_sign(c, c->width - 1, 0, GLYPH_SORTED_UP, ROLE_ACCENT);
    }
    if (y > c->height) {
        canvas_sign(c, c->width - 1, c->height - 1, GLYPH_SORTED_DOWN,
                    ROLE_ACCENT);
    }
}

/* How buttons give way on a narrow screen. */
enum button_style { BUTTON_FULL, BUTTON_NO_KEY, BUTTON_TIGHT };

static int button_width(const struct button *b, enum button_style style)
{
    return cell_text_width(b->label, strlen(b->label)) +
           (style == BUTTON_TIGHT ? 2 : 4) +
           (b->key != 0 && style == BUTTON_FULL ? 3 : 0);
}

/* Columns of the row, with the marks of the chosen one. */
static int buttons_width(const struct dialog *d, enum button_style style,
                         int gap)
{
    int total = 2 + gap * (d->button_count - 1);
    int i;

    for (i = 0; i < d->button_count; i++) {
        total += button_width(&d->buttons[i], style);
    }
    return total;
}

/* "[ label ]", with the one that Enter presses as "[> label <]". */
static int draw_button(const struct dialog *d, int index, struct canvas *c,
                       int x, enum button_style style)
{
    bool tight = style == BUTTON_TIGHT;
    const struct button *b = &d->buttons[index];
    bool focused = d->focus == d->part_count + index;
    bool chosen =
        focused || (d->focus < d->part_count && index == d->default_button);
    char key[KEY_NAME_MAX];
    int start = x;

    x += canvas_text(c, x, 0, chosen ? 2 : 1, ROLE_TEXT, chosen ? "[>" : "[");
    x += tight ? 0 : 1;
    if (b->key != 0 && style == BUTTON_FULL) {
        x += canvas_text(c, x, 0, 8, ROLE_KEY, key_label(b->key, key));
        x += 2;
    }
    x += canvas_text(c, x, 0, 60, ROLE_TEXT, b->label);
    x += tight ? 0 : 1;
    x += canvas_text(c, x, 0, chosen ? 2 : 1, ROLE_TEXT, chosen ? "<]" : "]");
    canvas_hit(c, start, 0, x - start, 1, HIT_BUTTON, b->number, HIT_NO_ROW);
    if (focused) {
        canvas_highlight(c, start, 0, x - start, THEME_REVERSE);
        canvas_cursor(c, start + 1, 0, false);
    }
    return x;
}

static void draw_buttons(const struct dialog *d, struct canvas *c)
{
    enum button_style style = BUTTON_FULL;
    int gap = 3;
    int total = buttons_width(d, style, gap);
    int i, x;

    if (total > c->width) {
        gap = 1;
        total = buttons_width(d, style, gap);
    }
    while (total > c->width && style < BUTTON_TIGHT) {
        style++;
        total = buttons_width(d, style, gap);
    }
    x = total < c->width ? (c->width - total) / 2 : 0;
    for (i = 0; i < d->button_count; i++) {
        x = draw_button(d, i, c, x, style) + gap;
    }
}

/* The whole screen without a frame, where every cell counts. */
static void draw_bare(struct dialog *d, struct canvas *c)
{
    struct canvas page = canvas_inside(c, 0, 0, c->width, c->height - 2);
    bool roomy = page.height >= 9;
    /* A blank first line of the body is the gap below the title. */
    int top = roomy && d->parts[0].kind != PART_BLANK ? 2 : 1;
    struct canvas body = canvas_inside(&page, 0, top, page.width,
                                       page.height - top - (roomy ? 2 : 1));
    struct canvas row;
    int used;

    canvas_clear(&page);
    used = draw_cut(&page, 0, 0, page.width, ROLE_TITLE, d->title);
    if (d->about != NULL) {
        draw_right(&page, page.width, 0, page.width - used - 2, ROLE_TEXT,
                   d->about);
    }
    draw_body(d, &body);
    row = canvas_inside(&page, 0, page.height - (roomy ? 2 : 1), page.width, 1);
    draw_buttons(d, &row);
}

static void draw_boxed(struct dialog *d, struct canvas *c)
{
    struct draw_title title = {.title = d->title, .right = d->about};
    int width = d->width < c->width - 2 ? d->width : c->width - 2;
    int room = c->height - 3; /* menu, events and keys stay visible */
    int body = body_height(d, width - 4);
    int height = body + 4 < room ? body + 4 : room;
    struct canvas box, inner, row;

    box = canvas_inside(c, (c->width - width) / 2, 1 + (room - height) / 2,
                        width, height);
    canvas_clear(&box);
    draw_frame(&box, 0, 0, width, height);
    draw_title(&box, 2, 0, width - 4, &title);
    inner = canvas_inside(&box, 2, 1, width - 4, height - 4);
    draw_body(d, &inner);
    row = canvas_inside(&box, 1, height - 2, width - 2, 1);
    draw_buttons(d, &row);
}

void dialog_draw(struct dialog *d, struct canvas *c)
{
    if (d->focus < 0) {
        d->focus = d->part_count;
    }
    canvas_hit_nothing(c); /* what lies below has to wait */
    if (c->width < 60 || c->height < 16) {
        draw_bare(d, c);
    } else {
        draw_boxed(d, c);
    }
}

/* ---- Keys ------------------------------------------------------------- */

static bool can_focus(const struct dialog *d, int index)
{
    return index >= d->part_count || is_focusable(&d->parts[index]);
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
    case PART_CHECK:
    case PART_RADIO:
        if (key != KEY_SPACE) {
            return false;
        }
        p->on = !p->on;
        if (p->kind == PART_RADIO) {
            choose_radio(d, d->focus);
        }
        return true;
    case PART_LIST:
        return list_key(p, key);
    case PART_TEXT:
    case PART_HEADER:
    case PART_BLANK:
        break;
    }
    return false;
}

static int button_of_key(const struct dialog *d, int key)
{
    int i;

    for (i = 0; i < d->button_count; i++) {
        if (d->buttons[i].key != 0 && d->buttons[i].key == key) {
            return d->buttons[i].number;
        }
    }
    return DIALOG_NONE;
}

int dialog_key(struct dialog *d, struct ui *ui, int key, int64_t now_ms)
{
    struct part *p = focused_part(d);

    if (key == KEY_ESCAPE) {
        return DIALOG_CANCEL;
    }
    if (d->busy || (d->guarded && now_ms - d->opened_ms < DIALOG_GUARD_MS)) {
        return DIALOG_NONE;
    }
    dialog_set_problem(d, NULL);
    dialog_set_note(d, NULL);
    if (p != NULL && part_key(d, ui, p, key)) {
        return DIALOG_NONE;
    }
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
    if (p->kind == PART_CHECK) {
        p->on = !p->on;
    } else if (p->kind == PART_RADIO) {
        choose_radio(d, hit->target);
    } else if (p->kind == PART_LIST && hit->row < p->row_count) {
        p->row = hit->row;
    }
    return DIALOG_NONE;
}

bool dialog_click_again(const struct dialog *d, const struct hit *hit)
{
    return hit->kind == HIT_PART && hit->target < d->part_count &&
           d->parts[hit->target].kind == PART_LIST && !d->busy;
}

bool dialog_is_for_copying(const struct dialog *d)
{
    return d->copying;
}

void dialog_set_copying(struct dialog *d)
{
    d->copying = true;
}

bool dialog_paste(struct dialog *d, const char *text)
{
    struct part *p = focused_part(d);

    if (d->busy || p == NULL || p->kind != PART_FIELD) {
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
