/* Tests of msgq/event. */
#include "config.h"

#include "msgq/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/mem.h"

/* A new event is zero, so that its rows are none and may be closed. */
static void event_new_is_empty(void **state)
{
    struct event *e = event_new(EVENT_REPLY);

    (void)state;
    assert_int_equal(e->kind, EVENT_REPLY);
    assert_int_equal(e->rows.kind, ROWS_NONE);
    assert_int_equal(e->code, 0);
    assert_null(e->text);
    event_free(e);
    event_free(NULL);
}

/* All that an event may carry goes with it; the leak checker watches. */
static void event_free_releases_everything(void **state)
{
    struct event *e = event_new(EVENT_PIECES);
    struct row_group *row;

    (void)state;
    e->text = mem_strdup("a");
    e->group = mem_strdup("b");
    e->name = mem_strdup("c");
    e->session.tracker = mem_strdup("d");
    e->session.user = mem_strdup("e");
    e->session.problem = mem_strdup("f");
    e->pieces.have = mem_alloc(1);
    e->pieces.copies = mem_alloc(1);
    e->pieces.source = mem_alloc(1);
    e->pieces.arriving = mem_calloc(1, sizeof(*e->pieces.arriving));
    e->pieces.bad = mem_calloc(1, sizeof(*e->pieces.bad));
    e->pieces.bad_count = 1;
    e->pieces.bad[0].user = mem_strdup("h");
    rows_init(&e->rows, ROWS_GROUPS);
    row = rows_add(&e->rows);
    row->name = mem_strdup("g");
    event_drop(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_new_is_empty),
        cmocka_unit_test(event_free_releases_everything),
    };
    return cmocka_run_group_tests_name("msgq/event", tests, NULL, NULL);
}
