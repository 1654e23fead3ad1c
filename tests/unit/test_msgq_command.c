/* Tests of msgq/command. */
#include "config.h"

#include "msgq/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/mem.h"

/* A new command has its kind and number and nothing else. */
static void command_new_is_empty(void **state)
{
    struct command *c = command_new(COMMAND_LOGIN, 7);

    (void)state;
    assert_int_equal(c->kind, COMMAND_LOGIN);
    assert_int_equal(c->request, 7);
    assert_null(c->user);
    assert_null(c->secret);
    assert_int_equal(c->number, 0);
    command_free(c);
}

/* All strings go with the command; the leak checker watches. */
static void command_free_releases_everything(void **state)
{
    struct command *c = command_new(COMMAND_PASSWD, 1);

    (void)state;
    c->user = mem_strdup("a");
    c->group = mem_strdup("b");
    c->name = mem_strdup("c");
    c->path = mem_strdup("d");
    c->text = mem_strdup("e");
    c->secret = mem_strdup("f");
    c->secret2 = mem_strdup("g");
    command_drop(c);
    command_free(NULL);
}

/* Every kind has a name, and no two have the same. */
static void command_kind_name_is_unique(void **state)
{
    (void)state;
    for (int i = 0; i < COMMAND_KIND_COUNT; i++) {
        assert_true(strlen(command_kind_name((enum command_kind)i)) > 0);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(command_kind_name((enum command_kind)i),
                                    command_kind_name((enum command_kind)k));
        }
    }
    assert_string_equal(command_kind_name(COMMAND_QUIT), "QUIT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_new_is_empty),
        cmocka_unit_test(command_free_releases_everything),
        cmocka_unit_test(command_kind_name_is_unique),
    };
    return cmocka_run_group_tests_name("msgq/command", tests, NULL, NULL);
}
