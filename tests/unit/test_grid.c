#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "msgq/event.h"
#include "tui/grid.h"
#include "util/clock.h"
#include "util/mem.h"

/* Pieces drawn as text: '#' is here, a digit is missing with so many copies. */
static struct event *pieces_from(const char *text)
{
    struct event *e = event_new(EVENT_PIECES);
    uint32_t count = (uint32_t)strlen(text);
    uint32_t i;

    e->pieces.piece_count = count;
    e->pieces.have = mem_calloc(count / 8 + 1, 1);
    e->pieces.copies = mem_calloc(count + 1, 1);
    e->pieces.source = mem_calloc(count + 1, 1);
    for (i = 0; i < count; i++) {
        if (text[i] == '#') {
            e->pieces.have[i / 8] =
                (uint8_t)(e->pieces.have[i / 8] | 0x80u >> i % 8);
            e->pieces.copies[i] = 9;
            e->pieces.source[i] = 'b';
        } else {
            e->pieces.copies[i] = (uint8_t)(text[i] - '0');
        }
    }
    return e;
}

/* The cells as ASCII, as the lowest tier shows them. */
static void assert_grid(const struct event *e, enum grid_kind kind,
                        uint32_t cells, const char *expected)
{
    struct grid_cell out[64];
    char text[65] = "";
    uint32_t i;

    assert_true(cells <= 64);
    grid_build(&e->pieces, 0, e->pieces.piece_count, kind, out, cells);
    for (i = 0; i < cells; i++) {
        text[i] = (char)(out[i].character != 0
                             ? out[i].character
                             : glyph_character(GLYPH_ASCII, out[i].sign));
    }
    assert_string_equal(text, expected);
}

/* One piece a cell: here, missing, missing and held by nobody. */
static void grid_build_one_piece_a_cell(void **state)
{
    struct event *e = pieces_from("##1203#");

    (void)state;
    assert_grid(e, GRID_STATE, 7, "##..-.#");
    event_free(e);
}

/* Shades say how much of a cell's pieces is here. */
static void grid_build_shades(void **state)
{
    struct event *e = pieces_from("1111"
                                  "#111"
                                  "##11"
                                  "###1"
                                  "####");

    (void)state;
    assert_grid(e, GRID_STATE, 5, ".:=+#");
    event_free(e);
}

/* Every piece is in exactly one cell, whatever the two numbers are. */
static void grid_cells_cover_all_pieces(void **state)
{
    static const uint32_t counts[] = {1, 2, 7, 273, 1340, 9626, 200000};
    size_t n;

    (void)state;
    for (n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
        uint32_t cells, i, next = 0;
        struct event *e = event_new(EVENT_PIECES);

        e->pieces.piece_count = counts[n];
        cells = grid_cell_count(counts[n], 273);
        for (i = 0; i < cells; i++) {
            struct grid_span span;

            grid_describe(&e->pieces, 0, counts[n], cells, i, &span);
            assert_int_equal(span.first, next);
            assert_true(span.last >= span.first);
            next = span.last + 1;
        }
        assert_int_equal(next, counts[n]);
        event_free(e);
    }
}

/* A piece that arrives is shown in the cell it belongs to, at any scale. */
static void grid_build_arriving_in_its_cell(void **state)
{
    uint32_t piece, cells;

    (void)state;
    for (cells = 1; cells <= 16; cells++) {
        for (piece = 0; piece < 16; piece++) {
            struct event *e = pieces_from("1111111111111111");
            struct grid_cell out[16];
            struct grid_span span;
            uint32_t i;

            e->pieces.arriving = mem_calloc(1, sizeof(*e->pieces.arriving));
            e->pieces.arriving_count = 1;
            e->pieces.arriving[0].piece = piece;
            e->pieces.arriving[0].letter = 'c';
            grid_build(&e->pieces, 0, 16, GRID_STATE, out, cells);
            for (i = 0; i < cells; i++) {
                grid_describe(&e->pieces, 0, 16, cells, i, &span);
                assert_int_equal(out[i].character == 'c',
                                 piece >= span.first && piece <= span.last);
            }
            event_free(e);
        }
    }
}

/* A failed check is the strongest sign; indexes out of range are ignored. */
static void grid_build_bad_wins(void **state)
{
    struct event *e = pieces_from("1111");

    (void)state;
    e->pieces.arriving = mem_calloc(2, sizeof(*e->pieces.arriving));
    e->pieces.arriving_count = 2;
    e->pieces.arriving[0].piece = 1;
    e->pieces.arriving[0].letter = 'a';
    e->pieces.arriving[1].piece = 4000000000u;
    e->pieces.bad = mem_calloc(2, sizeof(*e->pieces.bad));
    e->pieces.bad_count = 2;
    e->pieces.bad[0].piece = 1;
    e->pieces.bad[1].piece = 4;
    assert_grid(e, GRID_STATE, 4, ".!..");
    event_free(e);
}

/* A piece that is begun, whose sender went away, is partly here; where nobody
 * holds it that says more. */
static void grid_build_begun(void **state)
{
    struct event *e = pieces_from("1101");

    (void)state;
    e->pieces.arriving = mem_calloc(2, sizeof(*e->pieces.arriving));
    e->pieces.arriving_count = 2;
    e->pieces.arriving[0] = (struct event_piece_arriving){1, 2, 4, ' '};
    e->pieces.arriving[1] = (struct event_piece_arriving){2, 2, 4, ' '};
    assert_grid(e, GRID_STATE, 4, ".:-.");
    event_free(e);
}

/* A piece that waits for room on the disk is not being checked: it is partly
 * here and counts as arriving. */
static void grid_build_waits_to_be_written(void **state)
{
    struct event *e = pieces_from("111111");

    (void)state;
    e->pieces.arriving = mem_calloc(2, sizeof(*e->pieces.arriving));
    e->pieces.arriving_count = 2;
    e->pieces.arriving[0].piece = 1;
    e->pieces.arriving[0].done = e->pieces.arriving[0].total = 16;
    e->pieces.arriving[0].letter = EVENT_LETTER_WAITS;
    e->pieces.arriving[1] = e->pieces.arriving[0];
    e->pieces.arriving[1].piece = 3;
    e->pieces.arriving[1].letter = 'a';
    assert_grid(e, GRID_STATE, 6, ".:.?..");
    assert_int_equal(grid_arriving(&e->pieces), 1);
    event_free(e);
}

/* A piece whose blocks are all here is being checked; a letter in the same
 * cell says more. */
static void grid_build_checking(void **state)
{
    struct event *e = pieces_from("111111");

    (void)state;
    e->pieces.arriving = mem_calloc(3, sizeof(*e->pieces.arriving));
    e->pieces.arriving_count = 3;
    e->pieces.arriving[0] = (struct event_piece_arriving){2, 4, 4, 'a'};
    e->pieces.arriving[1] = (struct event_piece_arriving){4, 3, 4, 'b'};
    e->pieces.arriving[2] = (struct event_piece_arriving){5, 4, 4, 'c'};
    assert_grid(e, GRID_STATE, 6, "..?.b?");
    assert_grid(e, GRID_STATE, 3, ".?b");
    event_free(e);
}

/* The other three views of the same pieces. */
static void grid_build_other_kinds(void **state)
{
    struct event *e = pieces_from("####"
                                  "#312"
                                  "9999"
                                  "#909");

    (void)state;
    assert_grid(e, GRID_COPIES, 4, "#19-");
    assert_grid(e, GRID_SOURCES, 4, "bb.b");
    assert_grid(e, GRID_PERCENT, 4, "#2.2");
    event_free(e);
}

/* Without copies and sources the picture is drawn from what is there. */
static void grid_build_without_details(void **state)
{
    struct event *e = pieces_from("##01");

    (void)state;
    free(e->pieces.copies);
    free(e->pieces.source);
    e->pieces.copies = NULL;
    e->pieces.source = NULL;
    assert_grid(e, GRID_STATE, 4, "##..");
    assert_grid(e, GRID_SOURCES, 4, "##..");
    event_free(e);
}

/* 200,000 pieces are drawn in the time a frame has, and more: 2 ms. */
static void grid_build_is_fast(void **state)
{
    enum { COUNT = 200000, CELLS = 273, ROUNDS = 20 };
    struct event *e = event_new(EVENT_PIECES);
    struct grid_cell out[CELLS];
    int64_t start, spent;
    int i;

    (void)state;
    e->pieces.piece_count = COUNT;
    e->pieces.have = mem_calloc(COUNT / 8, 1);
    e->pieces.copies = mem_calloc(COUNT, 1);
    start = clock_now_us();
    for (i = 0; i < ROUNDS; i++) {
        grid_build(&e->pieces, 0, COUNT, GRID_STATE, out, CELLS);
    }
    spent = clock_now_us() - start;
    print_message("200,000 pieces: %lld us\n", (long long)(spent / ROUNDS));
    assert_true(spent / ROUNDS < 20000); /* ten times more: a busy machine */
    event_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid_build_one_piece_a_cell),
        cmocka_unit_test(grid_build_shades),
        cmocka_unit_test(grid_cells_cover_all_pieces),
        cmocka_unit_test(grid_build_arriving_in_its_cell),
        cmocka_unit_test(grid_build_bad_wins),
        cmocka_unit_test(grid_build_begun),
        cmocka_unit_test(grid_build_waits_to_be_written),
        cmocka_unit_test(grid_build_checking),
        cmocka_unit_test(grid_build_other_kinds),
        cmocka_unit_test(grid_build_without_details),
        cmocka_unit_test(grid_build_is_fast),
    };
    return cmocka_run_group_tests_name("tui/grid", tests, NULL, NULL);
}
