/* Tests of util/state. */
#include "config.h"

#include "util/state.h"

#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LAMP_OFF, LAMP_ON, LAMP_BROKEN };

static const struct state_rule rules[] = {
    [LAMP_OFF] = {"off", STATE_BIT(LAMP_ON) | STATE_BIT(LAMP_BROKEN)},
    [LAMP_ON] = {"on", STATE_BIT(LAMP_OFF) | STATE_BIT(LAMP_BROKEN)},
    [LAMP_BROKEN] = {"broken", 0},
};

/* Allowed moves are made and named. */
static void state_move_allowed(void **state)
{
    struct state lamp;

    (void)state;
    state_init(&lamp, rules, "lamp", LAMP_OFF);
    assert_string_equal(state_name(&lamp), "off");
    state_move(&lamp, LAMP_ON);
    assert_int_equal(lamp.now, LAMP_ON);
    state_move(&lamp, LAMP_OFF);
    state_move(&lamp, LAMP_BROKEN);
    assert_string_equal(state_name(&lamp), "broken");
}

/* Whether a move from `first` to `next` ends the process. */
static bool move_aborts(int first, int next)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct state lamp;
        int null = open("/dev/null", O_WRONLY);

        dup2(null, STDERR_FILENO); /* the assertion's text is expected */
        state_init(&lamp, rules, "lamp", first);
        state_move(&lamp, next);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* A move that the table does not list is a bug and ends the process. */
static void state_move_forbidden(void **state)
{
    (void)state;
    assert_false(move_aborts(LAMP_OFF, LAMP_ON));
    assert_true(move_aborts(LAMP_OFF, LAMP_OFF));
    assert_true(move_aborts(LAMP_BROKEN, LAMP_ON));
    assert_true(move_aborts(LAMP_OFF, 31));
    assert_true(move_aborts(LAMP_OFF, 32));
    assert_true(move_aborts(LAMP_OFF, -1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_move_allowed),
        cmocka_unit_test(state_move_forbidden),
    };
    return cmocka_run_group_tests_name("util/state", tests, NULL, NULL);
}
