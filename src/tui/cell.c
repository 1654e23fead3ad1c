#include "config.h"

#include "tui/cell.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "util/mem.h"
#include "util/text.h"

static const struct cell blank = {.character = ' ', .width = 1};

void cells_init(struct cells *c)
{
    memset(c, 0, sizeof(*c));
}

void cells_close(struct cells *c)
{
    hits_close(&c->hits);
    free(c->cells);
    cells_init(c);
}

static int clamp_side(int side)
{
    if (side < 1) {
        return 1;
    }
    return side > CELL_SIDE_MAX ? CELL_SIDE_MAX : side;
}

void cells_resize(struct cells *c, int width, int height)
{
    size_t i, count;

    width = clamp_side(width);
    height = clamp_side(height);
    count = (size_t)width * (size_t)height;
    if (width != c->width || height != c->height) {
        c->cells = mem_resize(c->cells, count, sizeof(*c->cells));
        c->width = width;
        c->height = height;
    }
    for (i = 0; i < count; i++) {
        c->cells[i] = blank;
    }
    hits_clear(&c->hits);
    c->cursor_x = 0;
    c->cursor_y = 0;
    c->cursor_shown = false;
}

const struct cell *cells_at(const struct cells *c, int x, int y)
{
    return &c->cells[(size_t)y * (size_t)c->width + (size_t)x];
}

char *cells_text(const struct cells *c)
{
    size_t room = (size_t)c->height * ((size_t)c->width * 4 * 3 + 1) + 1;
    char *text = mem_alloc(room);
    char *end = text;
    int x, y, i;

    for (y = 0; y < c->height; y++) {
        for (x = 0; x < c->width; x++) {
            const struct cell *cell = cells_at(c, x, y);

            if (cell->width == 0) {
                continue;
            }
            end += text_encode(cell->character, end);
            for (i = 0; i < CELL_MARKS && cell->marks[i] != 0; i++) {
                end += text_encode(cell->marks[i], end);
            }
        }
        *end++ = '\n';
    }
    *end = '\0';
    return text;
}

struct canvas canvas_all(struct cells *c, enum glyph_tier tier)
{
    struct canvas canvas = {.cells = c,
                            .width = c->width,
                            .height = c->height,
                            .clip_right = c->width,
                            .clip_bottom = c->height,
                            .tier = tier};

    return canvas;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

struct canvas canvas_inside(const struct canvas *c, int x, int y, int width,
                            int height)
{
    struct canvas inner = *c;

    inner.x = c->x + x;
    inner.y = c->y + y;
    inner.width = larger(width, 0);
    inner.height = larger(height, 0);
    inner.clip_left = larger(c->clip_left, inner.x);
    inner.clip_top = larger(c->clip_top, inner.y);
    inner.clip_right = smaller(c->clip_right, inner.x + inner.width);
    inner.clip_bottom = smaller(c->clip_bottom, inner.y + inner.height);
    return inner;
}

static bool is_visible(const struct canvas *c, int x, int y)
{
    return x >= c->clip_left && x < c->clip_right && y >= c->clip_top &&
           y < c->clip_bottom;
}

static struct cell *cell_at(struct canvas *c, int x, int y)
{
    return &c->cells->cells[(size_t)y * (size_t)c->cells->width + (size_t)x];
}

/* Blank the other half of a wide character before one half is overwritten. */
static void unpair(struct canvas *c, int x, int y)
{
    struct cell *cell = cell_at(c, x, y);

    if (cell->width == 2 && x + 1 < c->cells->width) {
        *cell_at(c, x + 1, y) = blank;
    } else if (cell->width == 0 && x > 0) {
        *cell_at(c, x - 1, y) = blank;
    }
}

/* Screen coordinates; a wide character that does not fit becomes a blank. */
static void store(struct canvas *c, int x, int y, uint32_t character, int width,
                  enum theme_role role)
{
    struct cell *cell;

    if (!is_visible(c, x, y)) {
        return;
    }
    unpair(c, x, y);
    cell = cell_at(c, x, y);
    *cell = blank;
    cell->role = (uint8_t)role;
    if (width == 2 && !is_visible(c, x + 1, y)) {
        return;
    }
    cell->character = character;
    cell->width = (uint8_t)width;
    if (width == 2) {
        unpair(c, x + 1, y);
        cell = cell_at(c, x + 1, y);
        *cell = blank;
        cell->width = 0;
        cell->role = (uint8_t)role;
    }
}

void canvas_clear(struct canvas *c)
{
    int x, y;

    for (y = 0; y < c->height; y++) {
        for (x = 0; x < c->width; x++) {
            store(c, c->x + x, c->y + y, ' ', 1, ROLE_TEXT);
        }
    }
}

void canvas_put(struct canvas *c, int x, int y, uint32_t character,
                enum theme_role role)
{
    /* The last barrier: nothing that drives a terminal becomes a cell. */
    if (character < ' ' || (character >= 0x7f && character < 0xa0)) {
        character = glyph_character(c->tier, GLYPH_UNKNOWN);
    }
    store(c, c->x + x, c->y + y, character, 1, role);
}

void canvas_sign(struct canvas *c, int x, int y, enum glyph sign,
                 enum theme_role role)
{
    canvas_put(c, x, y,
               c->frameless && glyph_is_frame(sign)
                   ? ' '
                   : glyph_character(c->tier, sign),
               role);
}

size_t cell_next(const char *text, size_t length, uint32_t *character,
                 int *width)
{
    size_t used = text_decode(text, length, character);
    int columns;

    if (used == 0) {
        *character = 0;
        *width = 1;
        return 1;
    }
    if (*character == '\t' || *character == '\n') {
        *character = ' ';
    }
    if (text_is_hostile(*character)) {
        *character = 0;
        *width = 1;
        return used;
    }
    columns = *character < 0x80 ? 1 : wcwidth((wchar_t)*character);
    if (columns < 0) {
        *character = 0;
        columns = 1;
    }
    *width = columns;
    return used;
}

/* Hang a combining mark on the character in the column before `x`. */
static void add_mark(struct canvas *c, int x, int y, uint32_t mark)
{
    struct cell *cell;
    int i;

    if (!is_visible(c, x - 1, y)) {
        return;
    }
    cell = cell_at(c, x - 1, y);
    if (cell->width == 0 && x >= 2 && is_visible(c, x - 2, y)) {
        cell = cell_at(c, x - 2, y);
    }
    for (i = 0; i < CELL_MARKS; i++) {
        if (cell->marks[i] == 0) {
            cell->marks[i] = mark;
            return;
        }
    }
}

static uint32_t shown_as(const struct canvas *c, uint32_t character)
{
    if (character == 0 || (c->tier == GLYPH_ASCII && character >= 0x80)) {
        return glyph_character(c->tier, GLYPH_UNKNOWN);
    }
    return character;
}

int canvas_text(struct canvas *c, int x, int y, int room, enum theme_role role,
                const char *text)
{
    size_t length = text == NULL ? 0 : strlen(text);
    int used = 0;

    while (length > 0) {
        uint32_t character = 0;
        int width = 1;
        size_t bytes = cell_next(text, length, &character, &width);

        if (used + width > room) {
            break;
        }
        if (width == 0) {
            if (used > 0 && c->tier != GLYPH_ASCII) {
                add_mark(c, c->x + x + used, c->y + y, character);
            }
        } else {
            uint32_t shown = shown_as(c, character);

            store(c, c->x + x + used, c->y + y, shown,
                  shown == character ? width : 1, role);
            if (shown != character && width == 2) {
                store(c, c->x + x + used + 1, c->y + y, shown, 1, role);
            }
        }
        used += width;
        text += bytes;
        length -= bytes;
    }
    return used;
}

void canvas_highlight(struct canvas *c, int x, int y, int width,
                      unsigned attributes)
{
    int i;

    for (i = 0; i < width; i++) {
        if (is_visible(c, c->x + x + i, c->y + y)) {
            struct cell *cell = cell_at(c, c->x + x + i, c->y + y);

            cell->attributes = (uint8_t)(cell->attributes | attributes);
        }
    }
}

void canvas_cursor(struct canvas *c, int x, int y, bool shown)
{
    x = larger(smaller(c->x + x, c->clip_right - 1), c->clip_left);
    y = larger(smaller(c->y + y, c->clip_bottom - 1), c->clip_top);
    c->cells->cursor_x = larger(smaller(x, c->cells->width - 1), 0);
    c->cells->cursor_y = larger(smaller(y, c->cells->height - 1), 0);
    c->cells->cursor_shown = shown;
}

void canvas_hit(struct canvas *c, int x, int y, int width, int height,
                enum hit_kind kind, int target, int row)
{
    struct hit_area area = {
        .what = {.kind = kind, .target = target, .row = row},
        .x = c->x + x,
        .y = c->y + y};

    area.left = larger(area.x, c->clip_left);
    area.top = larger(area.y, c->clip_top);
    area.right = smaller(area.x + width, c->clip_right);
    area.bottom = smaller(area.y + height, c->clip_bottom);
    hits_add(&c->cells->hits, &area);
}

void canvas_hit_key(struct canvas *c, int x, int y, int width, int key)
{
    if (key != 0) {
        canvas_hit(c, x, y, width, 1, HIT_KEY, key, HIT_NO_ROW);
    }
}

void canvas_hit_rows(struct canvas *c, int x, int y, int width, int height,
                     int list, int first)
{
    canvas_hit(c, x, y, width, height, HIT_LIST, list, first);
}

void canvas_hit_nothing(struct canvas *c)
{
    canvas_hit(c, 0, 0, c->width, c->height, HIT_NOTHING, 0, HIT_NO_ROW);
}

int cell_text_width(const char *text, size_t length)
{
    int total = 0;

    while (length > 0) {
        uint32_t character;
        int width;
        size_t bytes = cell_next(text, length, &character, &width);

        total += width;
        text += bytes;
        length -= bytes;
    }
    return total;
}
