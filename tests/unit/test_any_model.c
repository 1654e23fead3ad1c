/* Whatever an engine tells, every view draws it: random tables with hostile
 * texts and extreme numbers, at sizes from 1x1 to 200x80, in every tier. No row
 * is wider or narrower than the screen, the cursor is on it, nothing that could
 * drive the terminal is in a cell, and the way to the menu and help stays.
 */
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
#include <time.h>

#include "msgq/event.h"
#include "msgq/rowfield.h"
#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tui/key.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "util/mem.h"
#include "util/text.h"

enum { ROUNDS = 60, DRAWS = 12, MOST_ROWS = 40, MOST_PIECES = 3000 };

static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(seed >> 8) * limit) >> 24);
}

static uint64_t random_number(void)
{
    static const uint64_t edges[] = {
        0,          1,         2,          9,         10,         99,
        100,        1000,      1048576,    INT32_MAX, UINT32_MAX, 1795269731,
        1ull << 40, INT64_MAX, 1ull << 63, UINT64_MAX};

    return random_below(3) == 0
               ? (uint64_t)random_below(1 << 20) * random_below(1 << 20)
               : edges[random_below(sizeof(edges) / sizeof(edges[0]))];
}

/* What people may call something. */
static const char *const texts[] = {
    "dev_team",
    "debian-12.11-netinst.iso",
    "alice",
    "",
    " ",
    "a\033[2J\033]52;c;AAAA\007b",
    "\302\233\061m\302\235\060;x\302\234", /* C1: CSI, OSC, ST */
    "two\nlines\tand\rmore\x7f",
    "\342\200\256\065txt.exe\342\201\246\342\201\251", /* bidi */
    "\377\376 broken \303",
    "e\314\201\314\201\314\201\314\201\314\201\314\201",
    "\346\227\245\346\234\254\350\252\236\346\227\245\346\234\254\350\252\236"
    "\346\227\245\346\234\254\350\252\236.tar.zst",
    "\360\237\221\251\342\200\215\360\237\221\251\342\200\215\360\237\221\247",
    "0123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789.x",
    "%s%n%d {1} \\ \"'",
};

static char *random_text(void)
{
    return mem_strdup(texts[random_below(sizeof(texts) / sizeof(texts[0]))]);
}

/* What names a thing is always known. */
static bool is_name(const char *key)
{
    return strcmp(key, "name") == 0 || strcmp(key, "user") == 0 ||
           strcmp(key, "group") == 0 || strcmp(key, "address") == 0 ||
           strcmp(key, "key") == 0 || strcmp(key, "label") == 0;
}

static void fill_field(void *row, const struct rowfield *f)
{
    char *at = (char *)row + f->offset;
    uint64_t number = random_number();
    size_t i;

    switch (f->type) {
    case ROWFIELD_END:
        break;
    case ROWFIELD_TEXT:
        *(char **)at =
            is_name(f->key) || random_below(4) > 0 ? random_text() : NULL;
        break;
    case ROWFIELD_BOOL:
        *(bool *)at = random_below(2) == 0;
        break;
    case ROWFIELD_CHAR:
        *at = random_below(5) == 0 ? ' ' : (char)('a' + random_below(26));
        break;
    case ROWFIELD_ENUM:
        *(int *)at = (int)random_below((uint32_t)f->count);
        break;
    case ROWFIELD_U16:
        *(uint16_t *)at = (uint16_t)number;
        break;
    case ROWFIELD_I32:
    case ROWFIELD_U32:
    case ROWFIELD_U32S:
        for (i = 0; i < f->count; i++) {
            ((uint32_t *)at)[i] = (uint32_t)random_number();
        }
        break;
    case ROWFIELD_I64:
    case ROWFIELD_U64:
    case ROWFIELD_U64S:
        for (i = 0; i < f->count; i++) {
            ((uint64_t *)at)[i] = random_number();
        }
        break;
    }
}

static void post_rows(struct stage *s, enum rows_kind kind)
{
    struct event *e = event_new(EVENT_ROWS);
    uint32_t i, count = random_below(3) == 0 ? 0 : random_below(MOST_ROWS);
    const struct rowfield *f;

    if (kind == ROWS_FILES || kind == ROWS_PEERS || kind == ROWS_MEMBERS) {
        e->group = mem_strdup("dev_team");
    }
    if (kind == ROWS_PEERS) {
        e->name = mem_strdup("debian-12.11-netinst.iso");
    }
    rows_init(&e->rows, kind);
    for (i = 0; i < count; i++) {
        void *row = rows_add(&e->rows);

        for (f = rows_fields(kind); f->type != ROWFIELD_END; f++) {
            fill_field(row, f);
        }
    }
    stage_post(s, e);
}

static void fill_pieces(struct event_pieces *p)
{
    uint32_t i;

    p->piece_count = 1 + random_below(MOST_PIECES);
    p->piece_length = 16384u << random_below(11);
    p->have = mem_calloc((p->piece_count + 7) / 8, 1);
    p->copies = mem_calloc(p->piece_count, 1);
    p->source = mem_calloc(p->piece_count, 1);
    for (i = 0; i < p->piece_count; i++) {
        if (random_below(2) == 0) {
            p->have[i / 8] = (uint8_t)(p->have[i / 8] | 0x80u >> i % 8);
        }
        p->copies[i] = (uint8_t)random_below(256);
        p->source[i] = "abz.\0"[random_below(5)];
    }
    p->arriving_count = random_below(20);
    p->arriving = mem_calloc(p->arriving_count, sizeof(*p->arriving));
    for (i = 0; i < p->arriving_count; i++) {
        p->arriving[i].piece = random_below(p->piece_count);
        p->arriving[i].total = 1 + random_below(1024);
        p->arriving[i].done = random_below(p->arriving[i].total + 1);
        p->arriving[i].letter = "abz "[random_below(4)];
    }
    p->bad_count = random_below(3);
    p->bad = mem_calloc(p->bad_count, sizeof(*p->bad));
    for (i = 0; i < p->bad_count; i++) {
        p->bad[i].piece = random_below(p->piece_count);
        p->bad[i].user = random_below(2) == 0 ? random_text() : NULL;
    }
    for (i = 0; i < EVENT_HISTORY; i++) {
        p->rates_down[i] = (uint32_t)random_number();
        p->rates_up[i] = (uint32_t)random_number();
    }
}

static void post_pieces(struct stage *s)
{
    struct event *e = event_new(EVENT_PIECES);

    e->group = mem_strdup("dev_team");
    e->name = mem_strdup("debian-12.11-netinst.iso");
    fill_pieces(&e->pieces);
    stage_post(s, e);
}

static void post_notice(struct stage *s)
{
    struct event *e = event_new(EVENT_NOTICE);

    e->level = (enum notice_level)random_below(NOTICE_ERROR + 1);
    e->time = (int64_t)random_number();
    e->text = random_text();
    e->group = random_below(2) == 0 ? random_text() : NULL;
    e->name = random_below(2) == 0 ? random_text() : NULL;
    stage_post(s, e);
}

static void post_session(struct stage *s)
{
    struct event *e = fixture_session(true);

    free(e->session.tracker);
    free(e->session.user);
    e->session.tracker = random_text();
    e->session.user = random_text();
    e->session.problem = random_below(2) == 0 ? random_text() : NULL;
    e->session.trackers_up = (uint32_t)random_number();
    e->session.trackers_total = (uint32_t)random_number();
    stage_post(s, e);
}

/* Anything may come or not, in any order. */
static void post_anything(struct stage *s)
{
    struct event *e;
    int i;

    for (i = 0; i < 12; i++) {
        switch (random_below(14)) {
        case 0:
            post_session(s);
            break;
        case 1:
            post_notice(s);
            break;
        case 2:
        case 3:
            post_pieces(s);
            break;
        case 4:
            e = event_new(EVENT_RATES);
            e->rate_down = random_number();
            e->rate_up = random_number();
            e->disk_free = random_number();
            stage_post(s, e);
            break;
        case 5: /* what is known again leads to the rest */
            stage_post(s, fixture_groups());
            stage_post(s, fixture_files());
            stage_post(s, fixture_transfers(0));
            break;
        default:
            post_rows(s, (enum rows_kind)(ROWS_GROUPS + (int)random_below(8)));
            break;
        }
    }
}

/* ---- What is on the screen --------------------------------------------- */

static bool is_harmless(uint32_t c)
{
    return c >= 0x20 && !(c >= 0x7f && c < 0xa0) &&
           !(c >= 0x200b && c <= 0x200f) && c != 0xfeff &&
           !(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

static void assert_harmless(const char *line, int width)
{
    size_t used, at = 0, length = strlen(line);
    uint32_t c;

    while (at < length) {
        used = text_decode(line + at, length - at, &c);
        if (used == 0 || !is_harmless(c)) {
            fail_msg("byte %zu, U+%04X in: %s", at, (unsigned)c, line);
        }
        at += used;
    }
    if (cell_text_width(line, length) != width) {
        fail_msg("%d columns wide, not %d: %s", cell_text_width(line, length),
                 width, line);
    }
}

static void assert_drawn(struct stage *s, int width, int height)
{
    char *text = stage_draw(s, width, height);
    char *line = text, *end;
    int rows = 0;

    for (end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
        *end = '\0';
        assert_harmless(line, width);
        if (++rows == height && width >= 40 && height >= 8 &&
            screen_ui(s->screen)->dialog_count == 0) {
            assert_non_null(strstr(line, "m Menu"));
            assert_non_null(strstr(line, "? Help"));
        }
        line = end + 1;
    }
    assert_int_equal(rows, height);
    assert_in_range(s->cells.cursor_x, 0, width - 1);
    assert_in_range(s->cells.cursor_y, 0, height - 1);
    free(text);
}

/* The title of the terminal, notifications and copies are outside the cells;
 * they have their own tests. */
static void draw_often(struct stage *s)
{
    int i;

    assert_drawn(s, 80, 24);
    assert_drawn(s, 40, 12);
    for (i = 0; i < DRAWS; i++) {
        assert_drawn(s, 1 + (int)random_below(200), 1 + (int)random_below(80));
    }
}

/* ---- Views ----------------------------------------------------------------
 */

/* Moving about in a view; nothing of it opens a dialog. */
static void wander(struct stage *s)
{
    static const int keys[] = {KEY_ARROW_DOWN,
                               KEY_ARROW_DOWN,
                               KEY_ARROW_UP,
                               KEY_ARROW_LEFT,
                               KEY_ARROW_RIGHT,
                               KEY_PAGE_DOWN,
                               KEY_GO_END,
                               KEY_TAB,
                               KEY_TAB,
                               KEY_BACK_TAB,
                               KEY_SPACE,
                               'z',
                               'o',
                               '+',
                               '-',
                               '>',
                               'I',
                               '*',
                               'v'};
    uint32_t i, count = random_below(10);

    for (i = 0; i < count; i++) {
        stage_key(s, keys[random_below(sizeof(keys) / sizeof(keys[0]))]);
    }
}

static void try_view(int view, bool detail)
{
    struct stage s;
    int round;

    for (round = 0; round < ROUNDS; round++) {
        stage_open(&s, (enum glyph_tier)(round % GLYPH_TIERS));
        stage_key(&s, view);
        if (detail) {
            stage_key(&s, KEY_RETURN);
        }
        post_anything(&s);
        wander(&s);
        draw_often(&s);
        post_anything(&s);
        draw_often(&s);
        wander(&s);
        draw_often(&s);
        stage_close(&s);
    }
}

#define VIEW_TEST(name, key, detail) \
    static void name(void **state)   \
    {                                \
        (void)state;                 \
        seed = 20261121;             \
        try_view(key, detail);       \
    }

VIEW_TEST(main_view_any_model, '1', false)
VIEW_TEST(detail_view_any_model, '1', true)
VIEW_TEST(transfers_view_any_model, '2', false)
VIEW_TEST(groups_view_any_model, '3', false)
VIEW_TEST(cluster_view_any_model, '4', false)
VIEW_TEST(log_view_any_model, '5', false)
VIEW_TEST(settings_view_any_model, '6', false)

/* Whatever key opens whatever dialog, on whatever is chosen. */
static void dialogs_any_model(void **state)
{
    static const char keys[] = "xdDpPyCvbtaAJcLRoDr?m:sqXe";
    struct stage s;
    int round, i;

    (void)state;
    seed = 20261122;
    for (round = 0; round < 2 * ROUNDS; round++) {
        stage_open(&s, (enum glyph_tier)(round % GLYPH_TIERS));
        stage_key(&s, '1' + (int)random_below(6));
        post_anything(&s);
        wander(&s);
        for (i = 0; i < 4; i++) {
            int width = 1 + (int)random_below(200);
            int height = 1 + (int)random_below(80);
            char *text;

            stage_key(&s, keys[random_below(sizeof(keys) - 1)]);
            text = stage_draw(&s, width, height);
            assert_in_range(s.cells.cursor_x, 0, width - 1);
            assert_in_range(s.cells.cursor_y, 0, height - 1);
            free(text);
            if (random_below(2) == 0) {
                post_anything(&s);
            }
        }
        stage_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(main_view_any_model),
        cmocka_unit_test(detail_view_any_model),
        cmocka_unit_test(transfers_view_any_model),
        cmocka_unit_test(groups_view_any_model),
        cmocka_unit_test(cluster_view_any_model),
        cmocka_unit_test(log_view_any_model),
        cmocka_unit_test(settings_view_any_model),
        cmocka_unit_test(dialogs_any_model),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/any_model", tests, NULL, NULL);
}
