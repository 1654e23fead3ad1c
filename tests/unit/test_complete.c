#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "msgq/event.h"
#include "tui/action.h"
#include "tui/complete.h"
#include "tui/model.h"
#include "tui/ui.h"
#include "util/mem.h"

static struct ui ui;

static int set_up(void **state)
{
    struct event *e = event_new(EVENT_ROWS);
    struct row_tracker *t;

    (void)state;
    memset(&ui, 0, sizeof(ui));
    model_init(&ui.model);
    rows_init(&e->rows, ROWS_TRACKERS);
    t = rows_add(&e->rows);
    t->address = mem_strdup("one.example:1");
    t = rows_add(&e->rows);
    t->address = mem_strdup("two.example:2");
    model_apply(&ui.model, e);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_close(&ui.model);
    return 0;
}

/* What Tab makes of a line. */
static void becomes(const char *line, const char *wanted)
{
    struct complete k;
    char *got;

    complete_line(&ui, line, &k);
    got = complete_apply(&k, line);
    assert_string_equal(got, wanted);
    free(got);
    complete_close(&k);
}

static void complete_line_names(void **state)
{
    (void)state;
    becomes("who", "whoami ");
    becomes("tr", "tra");
    becomes("track", "tracker");
}

/* The second word of a command's name is completed like the first. */
static void complete_line_second_word_of_a_name(void **state)
{
    struct complete k;
    char *line;

    (void)state;
    becomes("tracker a", "tracker add ");
    becomes("tracker fo", "tracker forget ");
    complete_line(&ui, "tracker ", &k);
    assert_int_equal(k.count, 5);
    assert_null(k.action);
    line = complete_choose(&k, "tracker ", 0);
    assert_string_equal(line, "tracker use ");
    free(line);
    complete_close(&k);
    complete_line(&ui, "tracker q", &k);
    assert_int_equal(k.count, 0);
    complete_close(&k);
}

/* Behind it the arguments are counted from the right place. */
static void complete_line_trackers(void **state)
{
    struct complete k;

    (void)state;
    becomes("tracker use t", "tracker use two.example:2 ");
    becomes("tracker cert o", "tracker cert one.example:1 ");
    complete_line(&ui, "tracker use ", &k);
    assert_int_equal(k.count, 2);
    assert_string_equal(k.action->id, "tracker.use");
    complete_close(&k);
    complete_line(&ui, "tracker use two.example:2 ", &k);
    assert_int_equal(k.count, 0);
    complete_close(&k);
}

/* A setting's values follow its key. */
static void complete_line_settings(void **state)
{
    struct complete k;

    (void)state;
    becomes("set look.th", "set look.theme ");
    becomes("set look.theme da", "set look.theme dark ");
    becomes("set keys.mouse of", "set keys.mouse off ");
    complete_line(&ui, "set da", &k);
    assert_int_equal(k.count, 0);
    complete_close(&k);
    becomes("theme con", "theme contrast ");
    becomes("unset notice.w", "unset notice.when ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(complete_line_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(complete_line_second_word_of_a_name,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(complete_line_trackers, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(complete_line_settings, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("tui/complete", tests, NULL, NULL);
}
