#include "config.h"

#include "tui/piecemap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/event.h"
#include "tui/draw.h"
#include "tui/key.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

enum {
    MAP_BAR_LEAST = 4, /* columns of a piece drawn as a bar, with letter */
    MAP_BAR_MOST = 16, /* broader says nothing more */
    MAP_BAR_GAP = 2,   /* columns between two bars */
    MAP_BAR_ROWS = 2,  /* the bar and its number */
    MAP_ROOMY = 43,    /* columns from which the legend has room */
    MAP_WIDE = 60,     /* and from which it is written out */
    MAP_PER_PIECE = 4, /* cells there must be for each piece to draw bars */
    MAP_STRIP_MOST = 40,
    MAP_NAMED = 3, /* pieces of a cell that are told one by one */
};

static const struct {
    const char *word, *title;
} kinds[GRID_KINDS] = {
    [GRID_STATE] = {"state", N_("State")},
    [GRID_COPIES] = {"copies", N_("Copies in the swarm")},
    [GRID_SOURCES] = {"sources", N_("Who gave it")},
    [GRID_PERCENT] = {"percent", N_("Percent")},
};

void piecemap_reset(struct piecemap *m)
{
    enum grid_kind kind = m->kind;

    memset(m, 0, sizeof(*m));
    m->kind = kind;
}

/* ---- How it lies in its rectangle --------------------------------------- */

static void choose_range(struct piecemap *m, const struct event_pieces *p)
{
    m->pieces = p->piece_count;
    while (m->depth > 0 && m->zooms[m->depth - 1].first +
                                   (uint64_t)m->zooms[m->depth - 1].count >
                               p->piece_count) {
        m->depth--; /* of another item */
    }
    m->first = m->depth > 0 ? m->zooms[m->depth - 1].first : 0;
    m->count = m->depth > 0 ? m->zooms[m->depth - 1].count : p->piece_count;
    if (m->cursor < m->first || m->cursor - m->first >= m->count) {
        m->cursor = m->first;
    }
}

/* The broadest bars with which all pieces have room; false: none. */
static bool shape_bars(struct piecemap *m, int width, int height)
{
    int bar;

    if ((uint64_t)m->count * MAP_PER_PIECE >
        (uint64_t)width * (uint64_t)height) {
        return false;
    }
    for (bar = MAP_BAR_MOST; bar >= MAP_BAR_LEAST; bar--) {
        uint32_t columns = (uint32_t)(width / (bar + MAP_BAR_GAP));
        uint32_t rows =
            columns == 0 ? UINT32_MAX : (m->count + columns - 1) / columns;

        if (rows <= (uint32_t)(height / MAP_BAR_ROWS)) {
            m->cells = m->count;
            m->columns = columns;
            m->cell_columns = bar + MAP_BAR_GAP;
            m->cell_rows = MAP_BAR_ROWS;
            return true;
        }
    }
    return false;
}

static void shape(struct piecemap *m, int width, int height, int gutter)
{
    int margin = gutter > 0 ? MAP_BAR_GAP : 0; /* bars have numbers below */

    m->gutter = margin;
    if (shape_bars(m, width - margin, height)) {
        return;
    }
    m->gutter = gutter;
    width -= gutter;
    m->cells = grid_cell_count(m->count, (uint32_t)width * (uint32_t)height);
    m->columns = (uint32_t)width;
    m->cell_columns = 1;
    m->cell_rows = 1;
}

static uint32_t cursor_cell(const struct piecemap *m)
{
    return m->cells == 0
               ? 0
               : grid_cell_of(m->cursor, m->first, m->count, m->cells);
}

static void go_to_cell(struct piecemap *m, uint32_t cell)
{
    m->cursor = m->first + (uint32_t)((uint64_t)cell * m->count / m->cells);
    m->has_moved = true;
}

/* ---- Drawing ------------------------------------------------------------ */

static void put_cell(struct canvas *c, int x, int y,
                     const struct grid_cell *cell)
{
    if (cell->character != 0) {
        canvas_put(c, x, y, cell->character, cell->role);
    } else {
        canvas_sign(c, x, y, cell->sign, cell->role);
    }
}

/* A number in four columns: from ten thousand on it is rounded down. */
static void draw_gutter(struct canvas *c, int gutter, int y, uint32_t piece)
{
    char text[UNITS_TEXT];

    if (piece >= 1000000) {
        snprintf(text, sizeof(text), "%u.%uM", piece / 1000000,
                 piece / 100000 % 10);
    } else if (piece >= 10000) {
        snprintf(text, sizeof(text), "%uk", piece / 1000);
    } else {
        snprintf(text, sizeof(text), "%u", piece);
    }
    draw_right(c, gutter - 1, y, gutter - 1, ROLE_FRAME, text);
}

static void draw_fill(struct canvas *c, int x, int y, int width,
                      const struct grid_cell *cell)
{
    int i;

    for (i = 0; i < width; i++) {
        put_cell(c, x + i, y, cell);
    }
}

/* One piece as a bar of its blocks, and who sends it. */
static void draw_piece(const struct piecemap *m, const struct event_pieces *p,
                       uint32_t piece, const struct grid_cell *cell,
                       struct canvas *c, int x, int y)
{
    int width = m->cell_columns - MAP_BAR_GAP;
    struct grid_piece state;

    grid_piece(p, piece, &state);
    if (m->kind != GRID_STATE || state.total == 0 || state.is_bad) {
        draw_fill(c, x, y, width, cell);
    } else {
        draw_bar(c, x, y, width - 1, state.done, state.total);
        put_cell(c, x + width - 1, y, cell);
    }
    if (m->kind == GRID_STATE && state.is_bad) {
        canvas_text(c, x + 1, y, width - 2, ROLE_ERROR, _("bad"));
    }
    draw_format(c, x, y + 1, width, ROLE_FRAME, "%u", piece);
}

static void draw_cells(const struct piecemap *m, const struct event_pieces *p,
                       struct canvas *c)
{
    struct grid_cell *cells = mem_calloc(m->cells, sizeof(*cells));
    uint32_t i;

    grid_build(p, m->first, m->count, m->kind, cells, m->cells);
    for (i = 0; i < m->cells; i++) {
        int x = m->gutter + (int)(i % m->columns) * m->cell_columns;
        int y = (int)(i / m->columns) * m->cell_rows;

        if (m->cell_rows > 1) {
            draw_piece(m, p, m->first + i, &cells[i], c, x, y);
            continue;
        }
        if (i % m->columns == 0 && m->gutter > 0) {
            draw_gutter(c, m->gutter, y,
                        m->first +
                            (uint32_t)((uint64_t)i * m->count / m->cells));
        }
        put_cell(c, x, y, &cells[i]);
    }
    free(cells);
}

void piecemap_draw(struct piecemap *m, const struct event_pieces *p,
                   struct canvas *c, int gutter, bool focused, int list)
{
    uint32_t at;
    int x, y;

    m->cells = 0;
    if (c->width <= gutter || c->height <= 0 || p->piece_count == 0) {
        return;
    }
    choose_range(m, p);
    shape(m, c->width, c->height, gutter);
    draw_cells(m, p, c);
    canvas_hit_rows(c, m->gutter, 0, (int)m->columns * m->cell_columns,
                    c->height, list, 0);
    if (focused) {
        at = cursor_cell(m);
        x = m->gutter + (int)(at % m->columns) * m->cell_columns;
        y = (int)(at / m->columns) * m->cell_rows;
        canvas_highlight(c, x, y, m->cell_rows > 1 ? m->cell_columns - 2 : 1,
                         THEME_REVERSE);
        canvas_cursor(c, x, y, false);
    }
}

/* ---- Moving ------------------------------------------------------------- */

bool piecemap_key(struct piecemap *m, int key)
{
    int64_t to = cursor_cell(m);
    int64_t row = m->columns == 0 ? 1 : m->columns;

    switch (key) {
    case KEY_ARROW_LEFT:
    case 'h':
        to--;
        break;
    case KEY_ARROW_RIGHT:
    case 'l':
        to++;
        break;
    case KEY_ARROW_UP:
    case 'k':
        to -= row;
        break;
    case KEY_ARROW_DOWN:
    case 'j':
        to += row;
        break;
    case KEY_GO_HOME:
    case 'g':
        to = 0;
        break;
    case KEY_GO_END:
    case 'G':
        to = (int64_t)m->cells - 1;
        break;
    default:
        return false;
    }
    if (to >= 0 && to < (int64_t)m->cells) {
        go_to_cell(m, (uint32_t)to);
    }
    return true;
}

void piecemap_click(struct piecemap *m, int row, int column)
{
    int64_t cell;

    if (m->cells == 0 || row < 0 || column < 0) {
        return;
    }
    cell =
        (int64_t)(row / m->cell_rows) * m->columns + column / m->cell_columns;
    if (cell < (int64_t)m->cells) {
        go_to_cell(m, (uint32_t)cell);
    }
}

bool piecemap_zoom_in(struct piecemap *m)
{
    uint32_t row, low, high, last;

    if (m->cells == 0 || m->cells >= m->count || m->depth == PIECEMAP_ZOOMS) {
        return false;
    }
    row = cursor_cell(m) / m->columns;
    last =
        (row + 1) * m->columns < m->cells ? (row + 1) * m->columns : m->cells;
    low = (uint32_t)((uint64_t)row * m->columns * m->count / m->cells);
    high = (uint32_t)((uint64_t)last * m->count / m->cells);
    if (high - low >= m->count) { /* it is the only row: half of it */
        low = cursor_cell(m) < m->cells / 2 ? 0 : m->count / 2;
        high = low == 0 ? (m->count + 1) / 2 : m->count;
    }
    m->zooms[m->depth].first = m->first + low;
    m->zooms[m->depth].count = high - low;
    m->depth++;
    m->has_moved = true;
    return true;
}

bool piecemap_zoom_out(struct piecemap *m)
{
    if (m->depth == 0) {
        return false;
    }
    m->depth--;
    return true;
}

/* ---- Kinds -------------------------------------------------------------- */

void piecemap_turn(struct piecemap *m)
{
    m->kind = (m->kind + 1) % GRID_KINDS;
    m->has_moved = false; /* the legend says what the signs mean now */
}

bool piecemap_choose(struct piecemap *m, const char *word)
{
    int i;

    for (i = 0; i < GRID_KINDS; i++) {
        if (strcmp(kinds[i].word, word) == 0) {
            m->kind = (enum grid_kind)i;
            m->has_moved = false;
            return true;
        }
    }
    return false;
}

const char *piecemap_word(int n)
{
    return n < GRID_KINDS ? kinds[n].word : NULL;
}

const char *piecemap_title(const struct piecemap *m)
{
    return _(kinds[m->kind].title);
}

/* ---- In words ----------------------------------------------------------- */

void piecemap_scale(const struct piecemap *m, char *out, size_t size)
{
    uint32_t least = m->cells == 0 ? 0 : m->count / m->cells;
    char first[UNITS_TEXT], last[UNITS_TEXT];
    int used = 0;

    out[0] = '\0';
    if (m->depth > 0) {
        units_count(m->first, first);
        units_count(m->first + m->count - 1, last);
        used = snprintf(out, size, _("pieces %s-%s   "), first, last);
    }
    if (used < 0 || (size_t)used >= size) {
        return;
    }
    if (m->count == m->cells) {
        snprintf(out + used, size - (size_t)used, "%s", _("1 cell = 1 piece"));
    } else if (m->cells != 0 && m->count % m->cells == 0) {
        snprintf(out + used, size - (size_t)used, _("1 cell = %u pieces"),
                 least);
    } else {
        snprintf(out + used, size - (size_t)used, _("1 cell = %u or %u pieces"),
                 least, least + 1);
    }
}

struct sentence {
    char *out;
    size_t size, used;
};

static void say(struct sentence *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct sentence *s, const char *format, ...)
{
    va_list arguments;
    int added;

    if (s->used >= s->size) {
        return;
    }
    va_start(arguments, format);
    added = vsnprintf(s->out + s->used, s->size - s->used, format, arguments);
    va_end(arguments);
    s->used += added > 0 ? (size_t)added : 0;
}

/* Who has this letter: the name, or the letter itself. */
static const char *who_is(char letter, const struct rows *peers, char text[2])
{
    size_t i;

    for (i = 0; peers != NULL && i < peers->count; i++) {
        if (peers->peers[i].letter == letter && peers->peers[i].user != NULL) {
            return peers->peers[i].user;
        }
    }
    text[0] = letter;
    text[1] = '\0';
    return text;
}

/* What is told of single pieces of the cell: ", 1061 failed from grace, asked
 * from bob". Returns how many there were. */
static int say_pieces(struct sentence *s, const struct event_pieces *p,
                      const struct grid_span *span, const struct rows *peers)
{
    char letter[2];
    uint32_t i;
    int told = 0;

    for (i = 0; i < p->bad_count && told < MAP_NAMED; i++) {
        const struct event_piece_bad *b = &p->bad[i];

        if (b->piece < span->first || b->piece > span->last) {
            continue;
        }
        if (b->user != NULL) {
            say(s, _(", %u failed from %s"), b->piece, b->user);
        } else {
            say(s, _(", %u failed"), b->piece);
        }
        told++;
    }
    for (i = 0; i < p->arriving_count && told < MAP_NAMED; i++) {
        const struct event_piece_arriving *a = &p->arriving[i];

        if (a->piece < span->first || a->piece > span->last) {
            continue;
        }
        if (grid_is_checked(a)) {
            say(s, _(", %u is being checked"), a->piece);
        } else if (a->letter == EVENT_LETTER_WAITS) {
            say(s, _(", %u waits to be written"), a->piece);
        } else if (a->letter >= 'a' && a->letter <= 'z') {
            say(s, _(", %u asked from %s"), a->piece,
                who_is(a->letter, peers, letter));
        }
        told++;
    }
    return told;
}

void piecemap_describe(const struct piecemap *m, const struct event_pieces *p,
                       const struct rows *peers, char *out, size_t size)
{
    struct sentence s = {.out = out, .size = size};
    char first[UNITS_TEXT], last[UNITS_TEXT], letter[2];
    struct grid_span span;
    int told;

    out[0] = '\0';
    if (m->cells == 0 || m->pieces != p->piece_count) {
        return;
    }
    grid_describe(p, m->first, m->count, m->cells, cursor_cell(m), &span);
    units_count(span.first, first);
    units_count(span.last, last);
    if (span.first == span.last) {
        say(&s, _("Piece %s: %s"), first,
            span.have > 0 ? _("verified") : _("missing"));
    } else {
        say(&s, _("Pieces %s-%s: %u verified"), first, last, span.have);
    }
    told = say_pieces(&s, p, &span, peers);
    if (told == 0 && span.copies == 0) {
        say(&s, "%s", _(", nobody here holds what is missing"));
    } else if (told == 0 && span.copies > 0) {
        say(&s, _(", rarest held by %d"), span.copies);
    } else if (told == 0 && span.giver >= 'a') {
        say(&s, _(", mostly from %s"), who_is((char)span.giver, peers, letter));
    }
}

static void draw_state_legend(const struct piecemap *m, struct canvas *c, int x,
                              int y)
{
    int gap = c->width >= MAP_WIDE ? 1 : 0;

    canvas_sign(c, x, y, GLYPH_BLOCK, ROLE_HAVE);
    x +=
        2 + canvas_text(c, x + 2, y, c->width - x, ROLE_TEXT, _("have ")) + gap;
    canvas_sign(c, x, y, GLYPH_DARK, ROLE_PART);
    canvas_sign(c, x + 1, y, GLYPH_MEDIUM, ROLE_PART);
    canvas_sign(c, x + 2, y, GLYPH_LIGHT, ROLE_PART);
    x +=
        4 + canvas_text(c, x + 4, y, c->width - x, ROLE_TEXT, _("part ")) + gap;
    canvas_sign(c, x, y, GLYPH_NONE, ROLE_FRAME);
    canvas_text(c, x + 2, y, c->width - x - 2, ROLE_TEXT,
                m->cell_rows > 1 ? _("none - nobody a-z coming")
                : c->width >= 2 * MAP_ROOMY
                    ? _("none  - nobody holds it  a-z arriving from  "
                        "? checked now  ! bad, asked again")
                : c->width >= MAP_WIDE
                    ? _("none  a-z arriving from  ! bad, asked again")
                : c->width >= MAP_ROOMY ? _("none a-z arriving ! bad")
                                        : _("none ! bad"));
}

void piecemap_legend(const struct piecemap *m, struct canvas *c, int x, int y)
{
    const char *text = NULL;

    switch (m->kind) {
    case GRID_COPIES:
        if (c->width >= 2 * MAP_ROOMY) {
            canvas_sign(c, x, y, GLYPH_BLOCK, ROLE_HAVE);
            x += 2;
            text = _("have   1-9 copies others hold   + ten or more   "
                     "- nobody holds it   a-z arriving from   ! bad");
        } else {
            text = _("0-9 + copies of the rarest   - nobody has it");
        }
        break;
    case GRID_SOURCES:
        text = _("a-z who gave most of it   . from the disk");
        break;
    case GRID_PERCENT:
        text = _(". nothing   1-9 tens of percent   # all");
        break;
    case GRID_STATE:
    case GRID_KINDS:
        draw_state_legend(m, c, x, y);
        return;
    }
    canvas_text(c, x, y, c->width - x, ROLE_TEXT, text);
}

void piecemap_strip(struct canvas *c, int x, int y, int width,
                    const struct event_pieces *p, uint64_t have, uint64_t size)
{
    struct grid_cell cells[MAP_STRIP_MOST];
    struct event_pieces shades;
    int i;

    if (have == 0) {
        for (i = 0; i < width; i++) {
            canvas_sign(c, x + i, y, GLYPH_NONE, ROLE_FRAME);
        }
        return;
    }
    if (p == NULL || width > MAP_STRIP_MOST ||
        p->piece_count < (uint32_t)width) {
        draw_bar(c, x, y, width, have, size);
        return;
    }
    shades = *p; /* letters would be noise in so few cells */
    shades.copies = NULL;
    shades.arriving_count = 0;
    shades.bad_count = 0;
    grid_build(&shades, 0, p->piece_count, GRID_STATE, cells, (uint32_t)width);
    for (i = 0; i < width; i++) {
        canvas_sign(c, x + i, y, cells[i].sign, cells[i].role);
    }
}
