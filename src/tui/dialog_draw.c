#include "config.h"

#include <string.h>

#include "tui/dialog.h"
#include "tui/dialog_parts.h"
#include "tui/draw.h"
#include "tui/edit.h"
#include "tui/key.h"
#include "util/intl.h"

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

/* Pieces as they lie while a file arrives, in shades from none to full. */
enum { ART_ROWS = 3 };
static const char *const art[ART_ROWS] = {
    "444444444444444444444444443344444434434444444444444444444444323222",
    "031422323430332022232432221223032021332220221030322242021302221321",
    "420001323032222303201222021320300220222001202002200020232030021042",
};

static void draw_art(struct canvas *c, int y)
{
    int row, x;

    for (row = 0; row < ART_ROWS; row++) {
        for (x = 0; art[row][x] != '\0' && x < c->width; x++) {
            enum glyph sign =
                (enum glyph)((int)GLYPH_NONE + (art[row][x] - '0'));

            canvas_sign(c, x + 1, y + row, sign,
                        sign == GLYPH_BLOCK ? ROLE_HAVE : ROLE_PART);
        }
    }
}

/* A long label goes on below its beginning. */
static int choice_lines(const struct part *p, int width)
{
    int room = width - p->indent - 4;

    if (cell_text_width(p->text, strlen(p->text)) <= room || room < 8) {
        return 1;
    }
    return draw_wrapped_lines(room, p->text);
}

static int part_height(const struct part *p, int width)
{
    int lines;

    if (p->hidden || p->beside || p->kind == PART_WIDGET) {
        return 0;
    }

    switch (p->kind) {
    case PART_TEXT:
        lines = draw_wrapped_lines(width - p->indent, p->text);
        return lines > 0 ? lines : 1;
    case PART_RADIO:
        return choice_lines(p, width);
    case PART_LIST:
        return p->row_count < DIALOG_LIST_ROWS ? p->row_count
                                               : DIALOG_LIST_ROWS;
    case PART_ART:
        return ART_ROWS;
    case PART_HEADER:
    case PART_BLANK:
    case PART_FIELD:
    case PART_WIDGET:
        break;
    }
    return 1;
}

static int body_height(const struct dialog *d, int width)
{
    int height = 0;
    int i;

    for (i = d->first; i < d->part_count; i++) {
        height += part_height(&d->parts[i], width);
    }
    return height;
}

static void draw_field(const struct dialog *d, struct part *p, struct canvas *c,
                       int y, bool focused)
{
    int label = label_width(d);
    int left = p->text[0] == '\0' ? 4 : label + (p->indent > 0 ? 4 : 3);
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

/* Radio buttons stand beside each other when the dialog says so. */
static int choice_column(const struct dialog *d, int index)
{
    const struct part *p = &d->parts[index];
    int x = p->indent;

    while (p->beside && index > 0) {
        const struct part *before = &d->parts[--index];

        x += 6 + cell_text_width(before->text, strlen(before->text));
        p = before;
    }
    return x;
}

static void draw_choice(const struct dialog *d, int index, struct canvas *c,
                        int y, bool focused)
{
    const struct part *p = &d->parts[index];
    bool in_row = p->beside || (index + 1 < d->part_count && p[1].beside);
    int x = choice_column(d, index);
    int width =
        in_row ? 4 + cell_text_width(p->text, strlen(p->text)) : c->width - x;
    int lines = in_row ? 1 : choice_lines(p, c->width);
    int i;

    canvas_put(c, x, y, '(', ROLE_TEXT);
    if (p->on) {
        canvas_put(c, x + 1, y, 'o', ROLE_TEXT);
    }
    canvas_put(c, x + 2, y, ')', ROLE_TEXT);
    if (lines == 1) {
        draw_cut(c, x + 4, y, width - 4, ROLE_TEXT, p->text);
    } else {
        draw_wrapped(c, x + 4, y, width - 4, 0, lines, ROLE_TEXT, p->text);
    }
    for (i = 0; i < lines && focused; i++) {
        canvas_highlight(c, x, y + i, width, THEME_REVERSE);
        canvas_cursor(c, x + 1, y, false);
    }
    canvas_hit(c, x, y, width, lines, HIT_PART, index, 0);
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
    int height = part_height(p, c->width);
    struct canvas inside;

    y -= p->beside ? 1 : 0;
    if (p->hidden) {
        return;
    }
    switch (p->kind) {
    case PART_TEXT:
        if (p->lead != NULL) {
            draw_cut(c, 0, y, p->indent, ROLE_TEXT, p->lead);
        }
        draw_wrapped(c, p->indent, y, c->width - p->indent, 0, 1000, ROLE_TEXT,
                     p->text);
        break;
    case PART_HEADER:
        draw_cut(c, 0, y, c->width, ROLE_FRAME, p->text);
        break;
    case PART_FIELD:
        inside =
            canvas_inside(c, p->indent, 0, c->width - 2 * p->indent, c->height);
        draw_field(d, p, &inside, y, focused);
        canvas_hit(c, 0, y, c->width, 1, HIT_PART, index, 0);
        break;
    case PART_RADIO:
        draw_choice(d, index, c, y, focused);
        break;
    case PART_LIST:
        draw_list(p, c, y, height, focused);
        canvas_hit(c, 0, y, c->width, height, HIT_PART, index, p->row_top);
        break;
    case PART_ART:
        draw_art(c, y);
        break;
    case PART_BLANK:
    case PART_WIDGET:
        break;
    }
}

/* Scroll so that the part in use is inside. */
static void scroll_to_focus(struct dialog *d, int width, int height)
{
    int y = 0;
    int total = body_height(d, width);
    int i;

    for (i = d->first; i < d->part_count && i < d->focus; i++) {
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
    for (i = d->first; i < d->part_count; i++) {
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
    int total = 2 - gap;
    int i;

    for (i = 0; i < d->button_count; i++) {
        if (!d->buttons[i].hidden) {
            total += button_width(&d->buttons[i], style) + gap;
        }
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

/* The one that Enter presses. */
static int chosen_button(const struct dialog *d)
{
    return d->focus < d->part_count ? d->default_button
                                    : d->focus - d->part_count;
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
    i = total > c->width ? chosen_button(d) : 0; /* the others: a Tab away */
    for (; i < d->button_count; i++) {
        int end = x + button_width(&d->buttons[i], style);

        if (!d->buttons[i].hidden && (x == 0 || end <= c->width)) {
            x = draw_button(d, i, c, x, style) + gap;
        }
    }
}

/* The whole screen without a frame, where every cell counts. */
static void draw_bare(struct dialog *d, struct canvas *c)
{
    struct canvas page = canvas_inside(c, 0, 0, c->width, c->height - 2);
    const char *about = d->bare_about != NULL ? d->bare_about : d->about;
    bool roomy = page.height >= 9;
    /* A blank first line of the body is the gap below the title. */
    int top = roomy && d->parts[0].kind != PART_BLANK ? 2 : 1;
    struct canvas body = canvas_inside(&page, 0, top, page.width,
                                       page.height - top - (roomy ? 2 : 1));
    struct canvas row;
    int used;

    d->first = !roomy && d->parts[0].kind == PART_BLANK ? 1 : 0;
    canvas_clear(&page);
    used = draw_cut(&page, 0, 0, page.width, ROLE_TITLE,
                    d->bare_title != NULL ? d->bare_title : d->title);
    if (about != NULL) {
        draw_right(&page, page.width, 0, page.width - used - 2, ROLE_TEXT,
                   about);
    }
    draw_body(d, &body);
    row = canvas_inside(&page, 0, page.height - (roomy ? 2 : 1), page.width, 1);
    draw_buttons(d, &row);
}

/* Rows of the advice with a blank one above, 0 when there is no room. */
static int after_height(const struct dialog *d, int width, int room)
{
    int lines = d->after == NULL ? 0 : draw_wrapped_lines(width, d->after) + 1;

    return lines <= room ? lines : 0;
}

static void draw_boxed(struct dialog *d, struct canvas *c)
{
    struct draw_title title = {.title = d->title, .right = d->about};
    int width = d->width < c->width - 2 ? d->width : c->width - 2;
    int room = c->height - 3; /* menu, events and keys stay visible */
    int body = body_height(d, width - 4);
    int after = after_height(d, width - 4, room - body - 4);
    int height = body + 4 + after < room ? body + 4 + after : room;
    struct canvas box, inner, row;

    box = canvas_inside(c, (c->width - width) / 2, 1 + (room - height) / 2,
                        width, height);
    canvas_clear(&box);
    draw_frame(&box, 0, 0, width, height);
    draw_title(&box, 2, 0, width - 4, &title);
    inner = canvas_inside(&box, 2, 1, width - 4, height - 4 - after);
    draw_body(d, &inner);
    row = canvas_inside(&box, 1, height - 2 - after, width - 2, 1);
    draw_buttons(d, &row);
    if (d->page != NULL && box.y + height < c->y + c->height - 3) {
        draw_cut(c, 1, c->height - 3, c->width - 1, ROLE_TEXT, d->page);
    }
    if (after > 0) {
        draw_wrapped(&box, 2, height - after, width - 4, 0, after - 1,
                     ROLE_TEXT, d->after);
    }
}

/* ---- With a widget ---------------------------------------------------- */

enum {
    SPLIT_WIDE = 100,  /* columns of the screen from which all is shown */
    SPLIT_WIDTH = 72,  /* of the box on smaller ones */
    SPLIT_RIGHT = 28,  /* of the right column, with its blanks */
    SPLIT_LARGE = 48,  /* the same on a wide screen */
    SPLIT_HEIGHT = 20, /* rows of the box on smaller screens */
    SPLIT_FOOT = 5,    /* rows between the line below and the frame */
};

static bool is_bare(int width, int height)
{
    return width < 60 || height < 16;
}

bool dialog_takes_status(const struct dialog *d, int width, int height)
{
    return dialog_is_split(d) && is_bare(width, height);
}

static void draw_widget(struct dialog *d, struct canvas *c, bool bare)
{
    d->widget->draw(d->widget_state, c, d->focus == 0 && !d->busy, bare);
}

/* The list, or the rest while that has the focus. */
static void draw_split_bare(struct dialog *d, struct canvas *c)
{
    struct canvas page = canvas_inside(c, 0, 0, c->width, c->height - 1);
    int foot = page.height >= 8 ? 2 : 1;
    struct canvas body =
        canvas_inside(&page, 0, 1, page.width, page.height - 1 - foot);
    struct canvas row = canvas_inside(&page, 0, page.height - 1, page.width, 1);
    const char *foot_line = d->bare_foot != NULL ? d->bare_foot : d->foot;
    const char *line = d->problem != NULL ? d->problem : foot_line;
    const char *about = d->bare_about != NULL ? d->bare_about : d->about;
    bool parts = d->focus > 0 && d->focus < d->part_count;
    int used;

    canvas_clear(&page);
    used = draw_cut(&page, 0, 0, page.width, ROLE_TITLE,
                    d->bare_title != NULL ? d->bare_title : d->title);
    draw_right(&page, page.width, 0, page.width - used - 2, ROLE_TEXT,
               about == NULL ? "" : about);
    if (parts) {
        draw_body(d, &body);
    } else {
        draw_widget(d, &body, true);
    }
    if (line != NULL && (foot == 2 || d->problem != NULL)) {
        draw_cut(&page, 0, page.height - 2, page.width,
                 d->problem != NULL ? ROLE_ERROR : ROLE_TEXT, line);
    }
    draw_buttons(d, &row);
}

static void draw_split_frame(const struct dialog *d, struct canvas *box,
                             int split, int line)
{
    struct draw_title title = {.title = d->title, .right = d->about};

    draw_frame(box, 0, 0, box->width, box->height);
    draw_vertical(box, split, 1, line - 1);
    draw_horizontal(box, 1, line, box->width - 2);
    canvas_sign(box, split, 0, GLYPH_TEE_DOWN, ROLE_FRAME);
    canvas_sign(box, split, line, GLYPH_TEE_UP, ROLE_FRAME);
    canvas_sign(box, 0, line, GLYPH_TEE_RIGHT, ROLE_FRAME);
    canvas_sign(box, box->width - 1, line, GLYPH_TEE_LEFT, ROLE_FRAME);
    draw_title(box, 2, 0, box->width - 4, &title);
}

static void draw_split_boxed(struct dialog *d, struct canvas *c)
{
    bool wide = c->width >= SPLIT_WIDE && c->height >= 30;
    int room = c->height - 2;
    int width = wide                         ? c->width
                : SPLIT_WIDTH < c->width - 2 ? SPLIT_WIDTH
                                             : c->width - 2;
    int height = wide                      ? room
                 : SPLIT_HEIGHT < room - 1 ? SPLIT_HEIGHT
                                           : room - 1;
    int right = wide ? SPLIT_LARGE : width >= 70 ? SPLIT_RIGHT : width * 2 / 5;
    int split = width - right;
    int line = height - SPLIT_FOOT - 1;
    struct canvas box, left, body, row;

    box =
        canvas_inside(c, (c->width - width) / 2, room - height, width, height);
    canvas_clear(&box);
    draw_split_frame(d, &box, split, line - 1);
    left = canvas_inside(&box, 1, 1, split - 1, line - 2);
    body = canvas_inside(&box, split + 2, 1, right - 4, line - 2);
    draw_widget(d, &left, false);
    draw_body(d, &body);
    if (d->foot != NULL) {
        draw_cut(&box, 2, line, width - 4, ROLE_TEXT, d->foot);
    }
    if (d->foot_text != NULL) {
        draw_wrapped(&box, 2, line + 1, width - 4, 0, height - line - 3,
                     ROLE_TEXT, d->foot_text);
    }
    row = canvas_inside(&box, 1, height - 2, width - 2, 1);
    draw_buttons(d, &row);
}

static void lay_out(struct dialog *d, const struct canvas *c)
{
    bool wide = c->width >= SPLIT_WIDE && c->height >= 30;

    if (d->on_layout != NULL && (wide != d->is_wide || !d->is_laid_out)) {
        d->is_wide = wide;
        d->is_laid_out = true;
        d->on_layout(d, wide);
    }
}

/* Nothing but the widget. */
static void draw_whole(struct dialog *d, struct canvas *c)
{
    struct draw_title title = {.title = d->title, .right = d->about};
    int width = d->width < c->width ? d->width : c->width;
    int room = c->height - 3;
    int height = d->widget->height(d->widget_state, width - 4) + 2;
    struct canvas box, inner;

    height = height < room ? height : room;
    box = canvas_inside(c, (c->width - width) / 2, 1 + (room - height) / 2,
                        width, height);
    canvas_clear(&box);
    draw_frame(&box, 0, 0, width, height);
    draw_title(&box, 2, 0, width - 4, &title);
    inner = canvas_inside(&box, 2, 1, width - 4, height - 2);
    draw_widget(d, &inner, false);
}

static void draw_whole_bare(struct dialog *d, struct canvas *c)
{
    struct canvas page = canvas_inside(c, 0, 0, c->width, c->height - 2);
    struct canvas body =
        canvas_inside(&page, 0, 1, page.width, page.height - 1);

    canvas_clear(&page);
    draw_cut(&page, 0, 0, page.width, ROLE_TITLE, d->title);
    draw_widget(d, &body, true);
}

void dialog_draw(struct dialog *d, struct canvas *c)
{
    bool bare = is_bare(c->width, c->height);

    lay_out(d, c);
    if (d->focus < 0) {
        d->focus = d->part_count;
    }
    d->first = 0;
    canvas_hit_nothing(c); /* what lies below has to wait */
    if (d->widget != NULL && !dialog_is_split(d)) {
        (bare ? draw_whole_bare : draw_whole)(d, c);
    } else if (dialog_is_split(d) && bare) {
        draw_split_bare(d, c);
    } else if (dialog_is_split(d)) {
        draw_split_boxed(d, c);
    } else if (bare) {
        draw_bare(d, c);
    } else {
        draw_boxed(d, c);
    }
}
