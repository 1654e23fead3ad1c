#include "config.h"

#include "tui/draw.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum { DRAW_FORMAT_MAX = 1024 /* bytes of one formatted line */ };

int draw_format(struct canvas *c, int x, int y, int room, enum theme_role role,
                const char *format, ...)
{
    char text[DRAW_FORMAT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return canvas_text(c, x, y, room, role, text);
}

void draw_right(struct canvas *c, int end, int y, int room,
                enum theme_role role, const char *text)
{
    int width = cell_text_width(text, strlen(text));

    if (width > room) {
        width = room;
    }
    canvas_text(c, end - width, y, width, role, text);
}

/* Where in `text` the last characters of at most `room` columns start. */
static const char *tail_of(const char *text, int room)
{
    int skip = cell_text_width(text, strlen(text)) - room;
    size_t length = strlen(text);

    while (length > 0 && skip > 0) {
        uint32_t character;
        int width;
        size_t bytes = cell_next(text, length, &character, &width);

        skip -= width;
        text += bytes;
        length -= bytes;
    }
    return text;
}

int draw_name(struct canvas *c, int x, int y, int room, enum theme_role role,
              const char *name)
{
    int head, used;

    if (name == NULL || room <= 0) {
        return 0;
    }
    if (cell_text_width(name, strlen(name)) <= room) {
        return canvas_text(c, x, y, room, role, name);
    }
    head = room / 2;
    used = canvas_text(c, x, y, head, role, name);
    canvas_sign(c, x + used, y, GLYPH_CUT, role);
    used++;
    return used + canvas_text(c, x + used, y, room - used, role,
                              tail_of(name, room - used));
}

int draw_cut(struct canvas *c, int x, int y, int room, enum theme_role role,
             const char *text)
{
    int used;

    if (text == NULL || room <= 0) {
        return 0;
    }
    if (cell_text_width(text, strlen(text)) <= room) {
        return canvas_text(c, x, y, room, role, text);
    }
    used = canvas_text(c, x, y, room - 1, role, text);
    canvas_sign(c, x + used, y, GLYPH_CUT, role);
    return used + 1;
}

int draw_fingerprint(struct canvas *c, int x, int y, int head, int tail,
                     const char *hex)
{
    size_t length = hex == NULL ? 0 : strlen(hex);
    int i, at = x;

    if (hex == NULL || length < 2 * (size_t)(head + tail)) {
        return 0;
    }
    for (i = 0; i < head + tail; i++) {
        const char *byte = i < head
                               ? hex + 2 * i
                               : hex + length - 2 * (size_t)(head + tail - i);

        if (i == head) {
            canvas_sign(c, at++, y, GLYPH_CUT, ROLE_FRAME);
        } else if (i > 0) {
            canvas_put(c, at++, y, ':', ROLE_FRAME);
        }
        canvas_put(c, at++, y, (uint32_t)toupper((unsigned char)byte[0]),
                   ROLE_TEXT);
        canvas_put(c, at++, y, (uint32_t)toupper((unsigned char)byte[1]),
                   ROLE_TEXT);
    }
    return at - x;
}

void draw_horizontal(struct canvas *c, int x, int y, int width)
{
    int i;

    for (i = 0; i < width; i++) {
        canvas_sign(c, x + i, y, GLYPH_HORIZONTAL, ROLE_FRAME);
    }
}

void draw_vertical(struct canvas *c, int x, int y, int height)
{
    int i;

    for (i = 0; i < height; i++) {
        canvas_sign(c, x, y + i, GLYPH_VERTICAL, ROLE_FRAME);
    }
}

void draw_frame(struct canvas *c, int x, int y, int width, int height)
{
    int right = x + width - 1;
    int bottom = y + height - 1;

    draw_horizontal(c, x + 1, y, width - 2);
    draw_horizontal(c, x + 1, bottom, width - 2);
    draw_vertical(c, x, y + 1, height - 2);
    draw_vertical(c, right, y + 1, height - 2);
    canvas_sign(c, x, y, GLYPH_TOP_LEFT, ROLE_FRAME);
    canvas_sign(c, right, y, GLYPH_TOP_RIGHT, ROLE_FRAME);
    canvas_sign(c, x, bottom, GLYPH_BOTTOM_LEFT, ROLE_FRAME);
    canvas_sign(c, right, bottom, GLYPH_BOTTOM_RIGHT, ROLE_FRAME);
}

void draw_across(struct canvas *c, int y, int width)
{
    draw_horizontal(c, 1, y, width - 2);
    canvas_sign(c, 0, y, GLYPH_TEE_RIGHT, ROLE_FRAME);
    canvas_sign(c, width - 1, y, GLYPH_TEE_LEFT, ROLE_FRAME);
}

void draw_splitter(struct canvas *c, int x, int top, int bottom)
{
    draw_vertical(c, x, top + 1, bottom - top - 1);
    canvas_sign(c, x, top, GLYPH_TEE_DOWN, ROLE_FRAME);
    canvas_sign(c, x, bottom, GLYPH_TEE_UP, ROLE_FRAME);
}

/* Returns the columns used by the part that says which pane it is. */
static int draw_title_name(struct canvas *c, int x, int y, int room,
                           const struct draw_title *t)
{
    enum theme_role role = t->focused ? ROLE_ACCENT : ROLE_TITLE;
    int used;

    if (room < 3) {
        return 0;
    }
    canvas_put(c, x, y, t->focused ? '[' : ' ', role);
    used = 1 + draw_cut(c, x + 1, y, room - 2, role, t->title);
    canvas_put(c, x + used, y, t->focused ? ']' : ' ', role);
    canvas_highlight(c, x, y, used + 1, THEME_BOLD);
    return used + 1;
}

void draw_title(struct canvas *c, int x, int y, int width,
                const struct draw_title *t)
{
    int used = draw_title_name(c, x, y, width, t);
    int left = width - used;

    if (t->more != NULL && t->more[0] != '\0' && left >= 6) {
        int more;

        canvas_sign(c, x + used, y, GLYPH_HORIZONTAL, ROLE_FRAME);
        canvas_put(c, x + used + 1, y, ' ', ROLE_TEXT);
        used += 2;
        more = draw_name(c, x + used, y, width - used - 1, ROLE_TEXT, t->more);
        canvas_put(c, x + used + more, y, ' ', ROLE_TEXT);
        used += more + 1;
    }
    if (t->right != NULL && t->right[0] != '\0') {
        int right = cell_text_width(t->right, strlen(t->right));

        if (used + right + 3 <= width) {
            canvas_put(c, x + width - right - 2, y, ' ', ROLE_TEXT);
            canvas_text(c, x + width - right - 1, y, right, ROLE_TEXT,
                        t->right);
            canvas_put(c, x + width - 1, y, ' ', ROLE_TEXT);
        }
    }
}

int draw_percent(uint64_t part, uint64_t whole)
{
    int percent;

    if (part >= whole) {
        return whole == 0 && part == 0 ? 0 : 100;
    }
    percent = (int)((double)part * 100.0 / (double)whole);
    if (percent > 99) {
        return 99;
    }
    return percent == 0 && part > 0 ? 1 : percent;
}

void draw_bar(struct canvas *c, int x, int y, int width, uint64_t part,
              uint64_t whole)
{
    /* In thirds of a column. */
    int filled = 0;
    int i;

    if (width > 0 && whole > 0) {
        filled =
            part >= whole
                ? width * 3
                : (int)((double)part / (double)whole * (double)width * 3.0);
    }
    for (i = 0; i < width; i++) {
        int here = filled - i * 3;
        enum glyph sign = GLYPH_LIGHT;

        if (here >= 3) {
            sign = GLYPH_BLOCK;
        } else if (here >= 1) {
            sign = here == 1 ? GLYPH_MEDIUM : GLYPH_DARK;
        }
        canvas_sign(c, x + i, y, sign, here >= 3 ? ROLE_HAVE : ROLE_PART);
    }
}

void draw_spark(struct canvas *c, int x, int y, int width,
                const uint64_t *samples, int count)
{
    uint64_t most = 1;
    int first = count > width ? count - width : 0;
    int i;

    for (i = first; i < count; i++) {
        most = samples[i] > most ? samples[i] : most;
    }
    for (i = first; i < count; i++) {
        int height = (int)((double)samples[i] * 7.0 / (double)most + 0.5);

        canvas_sign(c, x + i - first, y,
                    (enum glyph)(GLYPH_SPARK_1 + (height > 7 ? 7 : height)),
                    ROLE_HAVE);
    }
}

/* The average of the samples that column `i` of `width` stands for. */
static uint64_t column_of(const uint32_t *samples, int count, int width, int i)
{
    int first = i * count / width, end = (i + 1) * count / width, k;
    uint64_t sum = 0;

    end = end > first ? end : first + 1;
    for (k = first; k < end; k++) {
        sum += samples[k];
    }
    return sum / (uint64_t)(end - first);
}

uint64_t draw_graph(struct canvas *c, int x, int y, int width, int height,
                    const uint32_t *samples, int count)
{
    enum { STEPS = 8 };
    uint64_t most = 0;
    int i, row;

    for (i = 0; i < width; i++) {
        uint64_t value = column_of(samples, count, width, i);

        most = value > most ? value : most;
    }
    for (i = 0; i < width && most > 0; i++) {
        int level = (int)((double)column_of(samples, count, width, i) * height *
                              STEPS / (double)most +
                          0.5);

        for (row = 0; row < height && level > 0; row++, level -= STEPS) {
            canvas_sign(c, x + i, y + height - 1 - row,
                        (enum glyph)(GLYPH_SPARK_1 +
                                     (level > STEPS ? STEPS : level) - 1),
                        ROLE_HAVE);
        }
    }
    return most;
}

/* Chinese and the like have no blanks: a line may end beside every character
 * of two columns. */
struct character {
    uint32_t code;
    int columns;
};

/* Signs that belong to what is before them, and never begin a line. */
static bool closes(uint32_t code)
{
    static const uint32_t signs[] = {
        '!',    ')',    ',',    '.',    ':',    ';',    '?',    ']',
        '%',    '"',    0x2019, 0x201d, 0x2026, 0x3001, 0x3002, 0x3009,
        0x300b, 0x300d, 0x300f, 0x3011, 0xff01, 0xff05, 0xff09, 0xff0c,
        0xff0e, 0xff1a, 0xff1b, 0xff1f, 0xff3d};
    size_t i;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (signs[i] == code) {
            return true;
        }
    }
    return false;
}

/* And those that never end one. */
static bool opens(uint32_t code)
{
    static const uint32_t signs[] = {'(',    '[',    '"',    0x2018,
                                     0x201c, 0x3008, 0x300a, 0x300c,
                                     0x300e, 0x3010, 0xff08, 0xff3b};
    size_t i;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (signs[i] == code) {
            return true;
        }
    }
    return false;
}

static bool may_end_between(struct character a, struct character b)
{
    return b.code == ' ' ||
           ((a.columns > 1 || b.columns > 1) && a.code != ' ' &&
            b.columns > 0 && !opens(a.code) && !closes(b.code));
}

/* Bytes of `text` that go into a line of `width` columns, always some; a line
 * ends at a newline, else at a blank or between two characters that allow it,
 * else in the middle of a long word. */
static size_t line_length(const char *text, int width, size_t *skip)
{
    size_t length = strlen(text);
    size_t at = 0, end = 0;
    struct character last = {0, 0};
    int used = 0;

    *skip = 0;
    while (at < length && text[at] != '\n') {
        struct character next;
        size_t bytes =
            cell_next(text + at, length - at, &next.code, &next.columns);

        if (at > 0 && may_end_between(last, next)) {
            end = at;
        }
        if (used + next.columns > width && at > 0) {
            end = end > 0 ? end : at;
            *skip = text[end] == ' ' ? 1 : 0;
            return end;
        }
        last = next.columns > 0 ? next : last;
        used += next.columns;
        at += bytes;
    }
    *skip = text[at] == '\n' ? 1 : 0;
    return at;
}

int draw_wrapped(struct canvas *c, int x, int y, int width, int skip,
                 int height, enum theme_role role, const char *text)
{
    int lines = 0;

    if (width < 1 || text == NULL) {
        return 0;
    }
    while (*text != '\0') {
        size_t gap;
        size_t length = line_length(text, width, &gap);

        if (c != NULL && lines >= skip && lines - skip < height) {
            char *line = mem_strndup(text, length);

            canvas_text(c, x, y + lines - skip, width, role, line);
            free(line);
        }
        text += length + gap;
        lines++;
    }
    return lines;
}

int draw_wrapped_lines(int width, const char *text)
{
    return draw_wrapped(NULL, 0, 0, width, 0, 0, ROLE_TEXT, text);
}
