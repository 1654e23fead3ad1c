#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/event.h"
#include "tests/tui/stage.h"
#include "tui/cell.h"
#include "tui/key.h"
#include "tui/piecemap.h"
#include "util/mem.h"

static const char *const tiers[] = {"full", "basic", "ascii"};

static void set_have(struct event_pieces *p, uint32_t piece)
{
    p->have[piece / 8] = (uint8_t)(p->have[piece / 8] | 0x80u >> piece % 8);
}

static struct event *pieces_new(uint32_t count)
{
    struct event *e = event_new(EVENT_PIECES);

    e->pieces.piece_count = count;
    e->pieces.piece_length = 512 * 1024;
    e->pieces.have = mem_calloc(count / 8 + 1, 1);
    e->pieces.copies = mem_calloc(count + 1, 1);
    memset(e->pieces.copies, 3, count);
    return e;
}

static void add_arriving(struct event_pieces *p, uint32_t piece, uint32_t done,
                         char letter)
{
    p->arriving =
        mem_resize(p->arriving, p->arriving_count + 1, sizeof(*p->arriving));
    p->arriving[p->arriving_count++] = (struct event_piece_arriving){
        .piece = piece, .done = done, .total = 32, .letter = letter};
}

/* A firmware of 20 pieces: 13 are here, three on their way, one was bad, one
 * is held by nobody. */
static struct event *few_pieces(void)
{
    struct event *e = pieces_new(20);
    uint32_t i;

    for (i = 0; i < 13; i++) {
        set_have(&e->pieces, i);
    }
    add_arriving(&e->pieces, 13, 22, 'a');
    add_arriving(&e->pieces, 14, 8, 'b');
    add_arriving(&e->pieces, 18, 32, 'a');
    e->pieces.copies[19] = 0;
    e->pieces.bad = mem_calloc(1, sizeof(*e->pieces.bad));
    e->pieces.bad_count = 1;
    e->pieces.bad[0].piece = 15;
    e->pieces.bad[0].user = mem_strdup("grace");
    return e;
}

/* The front of a backup of 100 GiB is there, the rest to a part. */
static struct event *many_pieces(void)
{
    struct event *e = pieces_new(200000);
    uint32_t i;

    for (i = 0; i < 200000; i++) {
        uint32_t percent = i < 40000    ? 100
                           : i < 100000 ? 70
                           : i < 150000 ? 30
                                        : 0;

        if ((i * 2654435761u >> 16) % 100 < percent) {
            set_have(&e->pieces, i);
        }
    }
    for (i = 0; i < 5; i++) {
        add_arriving(&e->pieces, 30000 + i * 31000, 4, (char)('a' + i));
    }
    return e;
}

static char *draw(struct piecemap *m, const struct event *e, int width,
                  int height, enum glyph_tier tier)
{
    struct cells cells;
    struct canvas c;
    char *text;

    cells_init(&cells);
    cells_resize(&cells, width, height);
    c = canvas_all(&cells, tier);
    if (height > 2) {
        struct canvas map = canvas_inside(&c, 0, 0, width, height - 1);

        piecemap_draw(m, &e->pieces, &map, 5, false, 0);
        piecemap_legend(m, &c, 1, height - 1);
    } else {
        piecemap_draw(m, &e->pieces, &c, 0, true, 0);
    }
    text = cells_text(&cells);
    cells_close(&cells);
    return text;
}

static void assert_looks(struct event *e, const char *name)
{
    int tier;

    for (tier = 0; tier < GLYPH_TIERS; tier++) {
        struct piecemap m = {.kind = GRID_STATE};
        char *text = draw(&m, e, 43, 9, (enum glyph_tier)tier);
        char file[64];

        snprintf(file, sizeof(file), "grid-%s-%s.txt", name, tiers[tier]);
        stage_assert_golden(text, file);
        free(text);
    }
    event_free(e);
}

/* A few pieces are bars of blocks with numbers; very many share cells. */
static void piecemap_looks_as_agreed(void **state)
{
    (void)state;
    assert_looks(few_pieces(), "20");
    assert_looks(many_pieces(), "200000");
}

/* From one piece to a million, in small and large rectangles: the pieces of
 * all cells are all pieces, and what is here adds up. */
static void piecemap_covers_every_count(void **state)
{
    static const uint32_t counts[] = {1,    2,    3,     20,     63,     64,
                                      65,   273,  274,   1000,   1092,   1340,
                                      4097, 9999, 65536, 200000, 1000000};
    static const struct {
        int width, height;
    } rooms[] = {{39, 7}, {72, 7}, {112, 12}, {1, 1}, {20, 2}};
    size_t n, r;

    (void)state;
    for (n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
        struct event *e = pieces_new(counts[n]);
        uint32_t have = 0, i;

        for (i = 0; i < counts[n]; i++) {
            if ((i * 2654435761u >> 13) % 3 != 0) {
                set_have(&e->pieces, i);
                have++;
            }
        }
        for (r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++) {
            struct piecemap m = {.kind = GRID_STATE};
            uint32_t next = 0, sum = 0;

            free(draw(&m, e, rooms[r].width, rooms[r].height, GLYPH_FULL));
            assert_true(m.cells >= 1 && m.cells <= counts[n]);
            for (i = 0; i < m.cells; i++) {
                struct grid_span span;
                uint32_t piece;

                grid_describe(&e->pieces, m.first, m.count, m.cells, i, &span);
                assert_int_equal(span.first, next);
                for (piece = span.first;
                     piece <= span.last && counts[n] <= 4097; piece++) {
                    assert_int_equal(
                        grid_cell_of(piece, m.first, m.count, m.cells), i);
                }
                next = span.last + 1;
                sum += span.have;
            }
            assert_int_equal(next, counts[n]);
            assert_int_equal(sum, have);
        }
        event_free(e);
    }
}

/* Zooming goes on until every piece has a cell, and the way back is the way
 * there. */
static void piecemap_zooms_to_every_piece(void **state)
{
    struct event *e = pieces_new(1000000);
    struct piecemap m = {.kind = GRID_STATE};
    uint32_t wanted = 777777;
    char text[128];
    int depth = 0;

    (void)state;
    free(draw(&m, e, 77, 8, GLYPH_FULL));
    assert_false(piecemap_zoom_out(&m));
    m.cursor = wanted;
    while (piecemap_zoom_in(&m)) {
        depth++;
        free(draw(&m, e, 77, 8, GLYPH_FULL));
        assert_in_range(wanted, m.first, m.first + m.count - 1);
        assert_int_equal(m.cursor, wanted);
        assert_true(depth <= PIECEMAP_ZOOMS);
    }
    assert_int_equal(m.cells, m.count);
    piecemap_describe(&m, &e->pieces, NULL, text, sizeof(text));
    assert_string_equal(text, "Piece 777,777: missing, rarest held by 3");
    while (depth-- > 0) {
        assert_true(piecemap_zoom_out(&m));
    }
    free(draw(&m, e, 77, 8, GLYPH_FULL));
    assert_int_equal(m.first, 0);
    assert_int_equal(m.count, 1000000);
    event_free(e);
}

/* Keys and clicks go to cells; the sentence tells what was clicked. */
static void piecemap_describes_the_cursor(void **state)
{
    struct event *e = few_pieces();
    struct piecemap m = {.kind = GRID_STATE};
    char text[128];

    (void)state;
    free(draw(&m, e, 43, 9, GLYPH_FULL));
    piecemap_describe(&m, &e->pieces, NULL, text, sizeof(text));
    assert_string_equal(text, "Piece 0: verified");
    piecemap_key(&m, KEY_GO_END);
    piecemap_describe(&m, &e->pieces, NULL, text, sizeof(text));
    assert_string_equal(text,
                        "Piece 19: missing, nobody here holds what is missing");
    piecemap_key(&m, 'h');
    piecemap_describe(&m, &e->pieces, NULL, text, sizeof(text));
    assert_string_equal(text, "Piece 18: missing, 18 is being checked");
    piecemap_click(&m, 3 * m.cell_rows, 0);
    piecemap_describe(&m, &e->pieces, NULL, text, sizeof(text));
    assert_string_equal(text, "Piece 15: missing, 15 failed from grace");
    piecemap_click(&m, 100, 100);
    assert_int_equal(m.cursor, 15);
    assert_false(piecemap_key(&m, 'x'));
    event_free(e);
}

/* Kinds by their words, and one after the other. */
static void piecemap_chooses_kinds(void **state)
{
    struct piecemap m = {.kind = GRID_STATE};
    int n;

    (void)state;
    for (n = 0; piecemap_word(n) != NULL; n++) {
        assert_true(piecemap_choose(&m, piecemap_word(n)));
        assert_int_equal(m.kind, n);
    }
    piecemap_turn(&m);
    assert_int_equal(m.kind, GRID_STATE);
    assert_false(piecemap_choose(&m, "colours"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(piecemap_looks_as_agreed),
        cmocka_unit_test(piecemap_covers_every_count),
        cmocka_unit_test(piecemap_zooms_to_every_piece),
        cmocka_unit_test(piecemap_describes_the_cursor),
        cmocka_unit_test(piecemap_chooses_kinds),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("tui/piecemap", tests, NULL, NULL);
}
