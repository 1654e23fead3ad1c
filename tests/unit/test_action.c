#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tui/action.h"

/* Every action can be reached, has help, and a name of its own (S2-14). */
static void action_table_is_complete(void **state)
{
    const struct action *a;
    size_t i, j;

    (void)state;
    for (i = 0; i < action_count(); i++) {
        a = action_at(i);
        assert_true(a->menu != ACTION_MENU_NONE || a->command != NULL ||
                    a->key != NULL);
        assert_true(strlen(a->help) > 10);
        assert_non_null(a->arguments);
        assert_ptr_equal(action_find(a->id), a);
        if (a->command != NULL) {
            assert_ptr_equal(action_find_command(a->command), a);
        }
        for (j = 0; j < i; j++) {
            assert_string_not_equal(a->id, action_at(j)->id);
        }
    }
}

/* Every command of the engine that a person may want has an action. */
static void action_table_covers_the_engine(void **state)
{
    static const enum command_kind hidden[] = {
        COMMAND_CANCEL, COMMAND_WATCH, COMMAND_WATCH_TRACKERS, COMMAND_QUIT};
    enum command_kind kind;
    bool found;
    size_t i;

    (void)state;
    for (kind = 0; kind < COMMAND_KIND_COUNT; kind++) {
        found = false;
        for (i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
            found = found || hidden[i] == kind;
        }
        for (i = 0; i < action_count() && !found; i++) {
            found = action_at(i)->local == ACTION_ENGINE &&
                    action_at(i)->kind == kind;
        }
        if (!found) {
            fail_msg("%s has no action", command_kind_name(kind));
        }
    }
}

/* One key means one thing in a pane, and one where no pane has a meaning of
 * its own for it; flow control keys are never bound. */
static void action_keys_are_unique(void **state)
{
    static const char *const forbidden[] = {"^S", "^Q", "^D", "^H",
                                            "^I", "^M", "^["};
    const struct action *a, *b;
    char key[16];
    const char *at;
    size_t i, length, k;

    (void)state;
    for (i = 0; i < action_count(); i++) {
        a = action_at(i);
        for (at = a->key; at != NULL && *at != '\0'; at += length) {
            at += strspn(at, " ");
            length = strcspn(at, " ");
            memcpy(key, at, length);
            key[length] = '\0';
            b = action_for_key(
                key, a->contexts == ACTION_ANYWHERE ? 0 : a->contexts);
            if (b != a) {
                fail_msg("%s: both %s and %s", key, a->id, b->id);
            }
            for (k = 0; k < sizeof forbidden / sizeof forbidden[0]; k++) {
                assert_string_not_equal(key, forbidden[k]);
            }
        }
    }
}

/* A typing mistake leads to the command that was meant. */
static void action_nearest_finds_typos(void **state)
{
    (void)state;
    assert_string_equal(action_nearest("lst_groups")->command, "list_groups");
    assert_string_equal(action_nearest("donwload_file")->command,
                        "download_file");
    assert_null(action_nearest("xyzzyxyzzyxyzzy"));
    assert_null(action_nearest("bogus"));
}

/* Completion walks all commands and aliases with the prefix. */
static void action_complete_walks(void **state)
{
    size_t n = 0;

    (void)state;
    while (action_complete("list_", n) != NULL) {
        n++;
    }
    assert_int_equal(n, 4);
    assert_string_equal(action_complete("down", 0)->command, "download_file");
    assert_null(action_complete("nothing_like_it", 0));
    /* Letters inside a name find it after those that begin with them. */
    assert_string_equal(action_complete("ject_", 0)->command, "reject_request");
    assert_string_equal(action_complete("list", 0)->command, "list_groups");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(action_table_is_complete),
        cmocka_unit_test(action_table_covers_the_engine),
        cmocka_unit_test(action_keys_are_unique),
        cmocka_unit_test(action_nearest_finds_typos),
        cmocka_unit_test(action_complete_walks),
    };
    return cmocka_run_group_tests_name("tui/action", tests, NULL, NULL);
}
