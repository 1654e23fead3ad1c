#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "msgq/event.h"
#include "msgq/rowfield.h"
#include "msgq/tape.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"

/* Bytes that padding may take in a row or in the parts of an event. */
enum { PADDING_MAX = 24 };

static char *text_of(struct buf *b)
{
    assert_int_equal(buf_append(b, "", 1), 0);
    return (char *)buf_head(b);
}

/* Write an event, read it again, write that: both texts are equal. */
static struct event *round_trip(const struct event *e)
{
    struct buf first, second;
    struct err problem = {.code = 0};
    struct tape t;
    struct event *copy;

    buf_init(&first, TAPE_FILE_MAX);
    buf_init(&second, TAPE_FILE_MAX);
    assert_int_equal(tape_write_start(&first, 77), 0);
    assert_int_equal(tape_write(&first, 250, e, COMMAND_KIND_COUNT), 0);
    if (tape_read(text_of(&first), &t, &problem) != 0) {
        fail_msg("%s\n%s", problem.text, (char *)buf_head(&first));
    }
    assert_int_equal(t.now, 77);
    assert_int_equal(t.count, 1);
    assert_int_equal(t.events[0].at_ms, 250);
    copy = t.events[0].event;
    t.events[0].event = NULL;
    tape_close(&t);
    assert_int_equal(tape_write_start(&second, 77), 0);
    assert_int_equal(tape_write(&second, 250, copy, COMMAND_KIND_COUNT), 0);
    assert_string_equal(buf_head(&first), text_of(&second));
    buf_close(&first);
    buf_close(&second);
    return copy;
}

/* Fill a row: texts are given, words are the second of theirs, every other byte
 * is 1. */
static void fill(void *row, size_t size, const struct rowfield *f)
{
    memset(row, 1, size);
    for (; f->type != ROWFIELD_END; f++) {
        if (f->type == ROWFIELD_TEXT) {
            char *text = mem_strdup("a \"b\" \\ \x01\n ü");

            memcpy((char *)row + f->offset, &text, sizeof(text));
        } else if (f->type == ROWFIELD_ENUM) {
            memcpy((char *)row + f->offset, &(int){1}, sizeof(int));
        }
    }
}

/* How many bytes did not come back, without the texts. */
static size_t lost_bytes(const void *row, size_t size, const struct rowfield *f)
{
    uint8_t *bytes = mem_calloc(size, 1);
    size_t i, lost = 0;

    memcpy(bytes, row, size);
    for (; f->type != ROWFIELD_END; f++) {
        if (f->type == ROWFIELD_TEXT) {
            const char *text;

            memcpy(&text, bytes + f->offset, sizeof(text));
            assert_string_equal(text, "a \"b\" \\ \x01\n ü");
            memset(bytes + f->offset, 1, sizeof(text));
        } else if (f->type == ROWFIELD_ENUM) {
            assert_memory_equal(bytes + f->offset, &(int){1}, sizeof(int));
            memset(bytes + f->offset, 1, sizeof(int));
        }
    }
    for (i = 0; i < size; i++) {
        lost += bytes[i] != 1 ? 1 : 0;
    }
    free(bytes);
    return lost;
}

/* Every field of every row is in the table: nothing but padding is lost. */
static void tape_keeps_every_field_of_rows(void **state)
{
    size_t kind, lost;

    (void)state;
    for (kind = ROWS_GROUPS; kind <= ROWS_FIELDS; kind++) {
        const struct rowfield *fields = rows_fields((enum rows_kind)kind);
        size_t size = rows_row_size((enum rows_kind)kind);
        struct event *e = event_new(EVENT_ROWS), *copy;

        e->group = mem_strdup("dev team");
        rows_init(&e->rows, (enum rows_kind)kind);
        fill(rows_add(&e->rows), size, fields);
        (void)rows_add(&e->rows); /* one that knows nothing */
        copy = round_trip(e);
        assert_int_equal(copy->rows.kind, kind);
        assert_int_equal(copy->rows.count, 2);
        assert_string_equal(copy->group, "dev team");
        lost = lost_bytes(copy->rows.any, size, fields);
        if (lost >= PADDING_MAX) {
            fail_msg("%s: %zu bytes are lost",
                     rows_kind_word((enum rows_kind)kind), lost);
        }
        event_free(e);
        event_free(copy);
    }
}

static void tape_keeps_pieces(void **state)
{
    struct event *e = event_new(EVENT_PIECES), *copy;
    uint32_t i;

    (void)state;
    e->pieces.piece_count = 1001;
    e->pieces.piece_length = 524288;
    e->pieces.have = mem_calloc(126, 1);
    e->pieces.copies = mem_calloc(1001, 1);
    e->pieces.source = mem_calloc(1001, 1);
    for (i = 0; i < 1001; i++) {
        e->pieces.have[i / 8] |= (uint8_t)(i % 3 == 0 ? 0x80u >> i % 8 : 0);
        e->pieces.copies[i] = (uint8_t)(i / 10);
        e->pieces.source[i] = 'a';
    }
    e->pieces.arriving = mem_calloc(2, sizeof(*e->pieces.arriving));
    e->pieces.arriving_count = 2;
    e->pieces.arriving[1].piece = 1000;
    e->pieces.arriving[1].letter = 'c';
    e->pieces.arriving[1].done = 3;
    e->pieces.arriving[1].total = 32;
    e->pieces.rates_down[7] = 4000000000u;
    e->pieces.rates_up[EVENT_HISTORY - 1] = 5;
    e->pieces.rates_up[119] = 4000000000u;
    e->pieces.bad = mem_calloc(1, sizeof(*e->pieces.bad));
    e->pieces.bad[0].user = mem_strdup("grace");
    e->pieces.bad_count = 1;
    copy = round_trip(e);
    assert_memory_equal(copy->pieces.have, e->pieces.have, 126);
    assert_memory_equal(copy->pieces.copies, e->pieces.copies, 1001);
    assert_memory_equal(copy->pieces.source, e->pieces.source, 1001);
    assert_int_equal(copy->pieces.arriving_count, 2);
    assert_int_equal(copy->pieces.arriving[1].letter, 'c');
    assert_int_equal(copy->pieces.arriving[1].done, 3);
    assert_int_equal(copy->pieces.arriving[1].total, 32);
    assert_memory_equal(copy->pieces.rates_down, e->pieces.rates_down,
                        sizeof(e->pieces.rates_down));
    assert_memory_equal(copy->pieces.rates_up, e->pieces.rates_up,
                        sizeof(e->pieces.rates_up));
    assert_int_equal(copy->pieces.bad_count, 1);
    assert_string_equal(copy->pieces.bad[0].user, "grace");
    assert_memory_equal(copy->pieces.rates_up, e->pieces.rates_up,
                        sizeof(e->pieces.rates_up));
    event_free(e);
    event_free(copy);
}

static void tape_keeps_a_session(void **state)
{
    struct event *e = event_new(EVENT_SESSION), *copy;

    (void)state;
    e->session.connected = true;
    e->session.user = mem_strdup("alice");
    e->session.trackers_up = 2;
    e->session.listen_port = 65535;
    e->disk_free = UINT64_MAX;
    copy = round_trip(e);
    assert_true(copy->session.connected);
    assert_false(copy->session.logged_in);
    assert_string_equal(copy->session.user, "alice");
    assert_null(copy->session.tracker);
    assert_int_equal(copy->session.listen_port, 65535);
    assert_true(copy->disk_free == UINT64_MAX);
    event_free(e);
    event_free(copy);
}

static unsigned count_key(const struct rowfield *f, const char *key)
{
    unsigned count = 0;

    for (; f->type != ROWFIELD_END; f++) {
        count += strcmp(f->key, key) == 0;
    }
    return count;
}

/* No field is told twice, and the one that would hide in the padding is. */
static void tape_keys_are_unique(void **state)
{
    size_t kind;

    (void)state;
    for (kind = ROWS_GROUPS; kind <= ROWS_FIELDS; kind++) {
        const struct rowfield *all = rows_fields((enum rows_kind)kind), *f;

        for (f = all; f->type != ROWFIELD_END; f++) {
            if (count_key(all, f->key) != 1) {
                fail_msg("%s: %s", rows_kind_word((enum rows_kind)kind),
                         f->key);
            }
        }
    }
    assert_int_equal(count_key(rows_fields(ROWS_TRANSFERS), "is_origin"), 1);
}

/* What is wrong is told with its line, and nothing is kept. */
static void tape_read_refuses(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "line 1: this is no recording of p2ptui"},
        {"p2ptui-tape 2 now=1\n", "line 1: this is no recording of p2ptui"},
        {"p2ptui-tape 1 now=\n", "line 1: a number is missing"},
        {"p2ptui-tape 1 now=1\n0 dance\n", "line 2: no such event"},
        {"p2ptui-tape 1 now=1\n-5 rates\n", "line 2: the time is negative"},
        {"p2ptui-tape 1 now=1\n5\n", "line 2: a blank is missing behind the "
                                     "time"},
        {"p2ptui-tape 1 now=1\n name=\"x\"\n",
         "line 2: a row before the first event"},
        {"p2ptui-tape 1 now=1\n0 rates\n name=\"x\"\n",
         "line 3: a row without a table"},
        {"p2ptui-tape 1 now=1\n0 rows rows=chairs\n", "line 2: no such table"},
        {"p2ptui-tape 1 now=1\n0 rates rate_down=99999999999999999999\n",
         "line 2: a number is too large"},
        {"p2ptui-tape 1 now=1\n0 session listen_port=65536\n",
         "line 2: a number is out of range"},
        {"p2ptui-tape 1 now=1\n0 session user=alice\n",
         "line 2: a text must stand in quotes"},
        {"p2ptui-tape 1 now=1\n0 session user=\"alice\n",
         "line 2: a text is not closed"},
        {"p2ptui-tape 1 now=1\n0 session user=\"\\q\"\n",
         "line 2: an unknown escape"},
        {"p2ptui-tape 1 now=1\n0 session user=\"\\x00\"\n",
         "line 2: a text cannot hold a NUL"},
        {"p2ptui-tape 1 now=1\n0 rates rate_down=\n5 rates\n",
         "line 2: a number is missing"},
        {"p2ptui-tape 1 now=1\n0 pieces pieces=4 copies=5*1\n",
         "line 2: more numbers than pieces"},
        {"p2ptui-tape 1 now=1\n0 pieces pieces=4 bad=4\n",
         "line 2: no such piece"},
        {"p2ptui-tape 1 now=1\n0 pieces pieces=99999999999\n",
         "line 2: too many pieces"},
        {"p2ptui-tape 1 now=1\n0 pieces pieces=4 pieces=8\n",
         "line 2: pieces are told twice"},
        {"p2ptui-tape 1 now=1\n0 notice level=5\n",
         "line 2: a number is out of range"},
        {"p2ptui-tape 1 now=1\n0 progress phase=-1\n",
         "line 2: a number is out of range"},
        {"p2ptui-tape 1 now=1\n0 rows rows=transfers\n state=10\n",
         "line 3: a number is out of range"},
        {"p2ptui-tape 1 now=1\n0 rows rows=groups\n role=7\n",
         "line 3: a number is out of range"},
        {"p2ptui-tape 1 now=1\n0 reply asked=DANCE\n",
         "line 2: no such command"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {.code = 0};
        struct tape t;

        assert_int_equal(tape_read(cases[i].text, &t, &e), P2P_EINVAL);
        assert_string_equal(e.text, cases[i].why);
    }
}

/* Comments and empty lines are passed over; replies know their command. */
static void tape_read_takes_comments_and_replies(void **state)
{
    static const char text[] = "p2ptui-tape 1 now=5\n"
                               "# a comment\n"
                               "\n"
                               "7 reply asked=LIST_GROUPS rows=groups\n"
                               " name=\"lab\" members=4\n";
    struct err e = {.code = 0};
    struct tape t;

    (void)state;
    assert_int_equal(tape_read(text, &t, &e), 0);
    assert_int_equal(t.count, 1);
    assert_int_equal(t.events[0].asked, COMMAND_LIST_GROUPS);
    assert_int_equal(t.events[0].event->rows.groups[0].members, 4);
    tape_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tape_keeps_every_field_of_rows),
        cmocka_unit_test(tape_keeps_pieces),
        cmocka_unit_test(tape_keeps_a_session),
        cmocka_unit_test(tape_keys_are_unique),
        cmocka_unit_test(tape_read_refuses),
        cmocka_unit_test(tape_read_takes_comments_and_replies),
    };
    return cmocka_run_group_tests_name("msgq/tape", tests, NULL, NULL);
}
