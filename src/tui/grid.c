#include "config.h"

#include "tui/grid.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "msgq/event.h"

enum { GRID_LETTERS = 26 };

uint32_t grid_cell_count(uint32_t count, uint32_t room)
{
    return count < room ? count : room;
}

static bool has_piece(const struct event_pieces *p, uint32_t piece)
{
    return p->have != NULL && (p->have[piece / 8] & (0x80u >> piece % 8)) != 0;
}

/* Bits set in [low, high); whole bytes at once, because a cell of a large
 * item covers hundreds of pieces. */
static uint32_t count_have(const struct event_pieces *p, uint32_t low,
                           uint32_t high)
{
    uint32_t count = 0;

    if (p->have == NULL) {
        return 0;
    }
    while (low < high && low % 8 != 0) {
        count += has_piece(p, low) ? 1 : 0;
        low++;
    }
    while (high - low >= 64) {
        uint64_t word;

        memcpy(&word, p->have + low / 8, sizeof(word));
        count += (uint32_t)__builtin_popcountll(word);
        low += 64;
    }
    while (low < high) {
        count += has_piece(p, low) ? 1 : 0;
        low++;
    }
    return count;
}

static int rarest_missing(const struct event_pieces *p, uint32_t low,
                          uint32_t high)
{
    int least = -1;
    uint32_t i;

    if (p->copies == NULL) {
        return -1;
    }
    for (i = low; i < high; i++) {
        if ((least < 0 || p->copies[i] < least) && !has_piece(p, i)) {
            least = p->copies[i];
        }
    }
    return least;
}

static uint8_t main_giver(const struct event_pieces *p, uint32_t low,
                          uint32_t high)
{
    uint32_t given[GRID_LETTERS + 1] = {0};
    uint32_t i, best = 0;

    if (p->source == NULL) {
        return 0;
    }
    for (i = low; i < high; i++) {
        uint8_t letter = p->source[i];

        if (letter >= 'a' && letter <= 'z') {
            given[letter - 'a']++;
        } else if (letter == '.') {
            given[GRID_LETTERS]++;
        }
    }
    for (i = 1; i <= GRID_LETTERS; i++) {
        best = given[i] > given[best] ? i : best;
    }
    if (given[best] == 0) {
        return 0;
    }
    return best == GRID_LETTERS ? '.' : (uint8_t)('a' + best);
}

void grid_describe(const struct event_pieces *p, uint32_t first, uint32_t count,
                   uint32_t cells, uint32_t index, struct grid_span *out)
{
    uint32_t low = first + (uint32_t)((uint64_t)index * count / cells);
    uint32_t high = first + (uint32_t)(((uint64_t)index + 1) * count / cells);

    out->first = low;
    out->last = high - 1;
    out->have = count_have(p, low, high);
    out->copies = out->have == high - low ? -1 : rarest_missing(p, low, high);
    out->giver = main_giver(p, low, high);
}

static enum glyph shade(uint32_t have, uint32_t of)
{
    if (have == 0) {
        return GLYPH_NONE;
    }
    if (have == of) {
        return GLYPH_BLOCK;
    }
    if ((uint64_t)have * 3 < of) {
        return GLYPH_LIGHT;
    }
    return (uint64_t)have * 3 < (uint64_t)of * 2 ? GLYPH_MEDIUM : GLYPH_DARK;
}

static void show_shade(struct grid_cell *cell, uint32_t have, uint32_t of)
{
    cell->sign = shade(have, of);
    if (have == of) {
        cell->role = ROLE_HAVE;
    } else {
        cell->role = have == 0 ? ROLE_FRAME : ROLE_PART;
    }
}

static void show_copies(struct grid_cell *cell, int copies)
{
    if (copies == 0) {
        cell->character = '-';
        cell->role = ROLE_ERROR;
    } else if (copies > 0) {
        cell->character = copies > 9 ? '+' : (uint32_t)('0' + copies);
        cell->role = copies == 1 ? ROLE_WARNING : ROLE_PART;
    }
}

static void show_percent(struct grid_cell *cell, uint32_t have, uint32_t of)
{
    uint32_t tens = (uint32_t)((uint64_t)have * 10 / of);

    if (have == of) {
        cell->character = '#';
    } else if (have == 0) {
        cell->character = '.';
    } else {
        cell->character = '0' + (tens == 0 ? 1 : tens);
    }
}

static void build_cell(const struct event_pieces *p, uint32_t low,
                       uint32_t high, enum grid_kind kind,
                       struct grid_cell *cell)
{
    uint32_t have = count_have(p, low, high);
    int copies;
    uint8_t giver;

    cell->character = 0;
    show_shade(cell, have, high - low);
    switch (kind) {
    case GRID_PERCENT:
        show_percent(cell, have, high - low);
        break;
    case GRID_SOURCES:
        giver = main_giver(p, low, high);
        if (giver != 0) {
            cell->character = giver;
        }
        break;
    case GRID_COPIES:
    case GRID_STATE:
    case GRID_KINDS:
        copies = have == high - low ? -1 : rarest_missing(p, low, high);
        if (kind == GRID_COPIES || copies == 0) {
            show_copies(cell, copies);
        }
        break;
    }
}

/* It is the last i with i*count/cells <= offset. */
uint32_t grid_cell_of(uint32_t piece, uint32_t first, uint32_t count,
                      uint32_t cells)
{
    uint64_t offset;

    if (piece < first || piece - first >= count) {
        return cells;
    }
    offset = piece - first;
    return (uint32_t)(((offset + 1) * cells - 1) / count);
}

void grid_piece(const struct event_pieces *p, uint32_t piece,
                struct grid_piece *out)
{
    uint32_t i;

    memset(out, 0, sizeof(*out));
    out->is_here = has_piece(p, piece);
    for (i = 0; i < p->arriving_count && !out->is_here; i++) {
        if (p->arriving[i].piece == piece) {
            out->done = p->arriving[i].done;
            out->total = p->arriving[i].total;
        }
    }
    for (i = 0; i < p->bad_count && !out->is_here; i++) {
        out->is_bad = out->is_bad || p->bad[i].piece == piece;
    }
}

bool grid_is_checked(const struct event_piece_arriving *a)
{
    return a->total > 0 && a->done >= a->total &&
           a->letter != EVENT_LETTER_WAITS;
}

uint32_t grid_arriving(const struct event_pieces *p)
{
    uint32_t i, count = 0;

    for (i = 0; i < p->arriving_count; i++) {
        count += grid_is_checked(&p->arriving[i]) ? 0 : 1;
    }
    return count;
}

static void show_arriving(const struct event_piece_arriving *a,
                          struct grid_cell *cell)
{
    if (grid_is_checked(a)) {
        /* A letter of another piece in the cell says more. */
        if (cell->role != ROLE_ACCENT) {
            cell->character = '?';
        }
        cell->role = ROLE_ACCENT;
        return;
    }
    if (a->letter >= 'a' && a->letter <= 'z') {
        cell->character = (uint32_t)a->letter;
        cell->role = ROLE_ACCENT;
    } else if (cell->character == 0 && cell->sign == GLYPH_NONE) {
        /* Begun, and nobody with a letter sends it now: partly here. */
        cell->sign = GLYPH_LIGHT;
        cell->role = ROLE_PART;
    }
}

void grid_build(const struct event_pieces *p, uint32_t first, uint32_t count,
                enum grid_kind kind, struct grid_cell *out, uint32_t cells)
{
    uint32_t i, cell;

    for (i = 0; i < cells; i++) {
        uint32_t low = (uint32_t)((uint64_t)i * count / cells);
        uint32_t high = (uint32_t)(((uint64_t)i + 1) * count / cells);

        build_cell(p, first + low, first + high, kind, &out[i]);
    }
    for (i = 0; i < p->arriving_count; i++) {
        cell = grid_cell_of(p->arriving[i].piece, first, count, cells);
        if (cell < cells) {
            show_arriving(&p->arriving[i], &out[cell]);
        }
    }
    for (i = 0; i < p->bad_count; i++) {
        cell = grid_cell_of(p->bad[i].piece, first, count, cells);
        if (cell < cells) {
            out[cell].character = '!';
            out[cell].role = ROLE_ERROR;
        }
    }
}
