#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/profile.h"
#include "engine/session.h"
#include "lib/linetracker.h"
#include "lib/sample.h"
#include "net/loop.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/mem.h"

/* A session to several trackers at once. */

#define TOKEN "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

enum { TRACKERS = 3, GUARD_MS = 30000 };

struct fixture {
    struct loop *loop;
    struct timer *guard;
    bool timed_out;
    char *dir;
    struct profile *profile;
    struct linetracker trackers[TRACKERS];
    struct contact list[TRACKERS];
    struct session *session;
    bool (*until)(struct fixture *f);
    unsigned answers, login_ends, pushes;
    unsigned logins[TRACKERS];   /* on_login, for each tracker */
    unsigned goal;               /* of the `until` that count */
    int64_t pinged_ms[TRACKERS]; /* first seen */
    int code;
    char text[ERR_TEXT_MAX];
    char push[64];
    bool push_has_left;
};

static void check(void *arg)
{
    struct fixture *f = arg;

    if (f->until != NULL && f->until(f)) {
        f->until = NULL;
        loop_stop(f->loop);
    }
}

static void on_guard(void *arg)
{
    struct fixture *f = arg;

    f->timed_out = true;
    loop_stop(f->loop);
}

/* Run the loop until something that happens makes `until` true. */
static void run(struct fixture *f, bool (*until)(struct fixture *f))
{
    if (until(f)) {
        return;
    }
    f->until = until;
    timer_start(f->guard, GUARD_MS);
    loop_run(f->loop, NULL);
    timer_stop(f->guard);
    assert_false(f->timed_out);
}

static void on_push(void *arg, const char *method, json_t *params)
{
    struct fixture *f = arg;

    f->pushes++;
    snprintf(f->push, sizeof f->push, "%s", method);
    f->push_has_left = json_object_get(params, "left") != NULL;
    check(f);
}

static void on_new_pin(void *arg, const char *address, const char *pin_hex)
{
    (void)arg;
    assert_non_null(address);
    assert_int_equal(strlen(pin_hex), 64);
}

static void on_login_end(void *arg, const char *why)
{
    struct fixture *f = arg;

    assert_non_null(why);
    f->login_ends++;
}

static void on_login(void *arg, size_t n)
{
    struct fixture *f = arg;

    f->logins[n]++;
    check(f);
}

static const struct session_ops ops = {
    .on_state = check,
    .on_push = on_push,
    .on_new_pin = on_new_pin,
    .on_login_end = on_login_end,
    .on_login = on_login,
};

static void on_answer(void *arg, int code, const char *text, json_t *result)
{
    struct fixture *f = arg;

    (void)result;
    f->answers++;
    f->code = code;
    snprintf(f->text, sizeof f->text, "%s", text != NULL ? text : "");
    check(f);
}

static void start(struct fixture *f, size_t count)
{
    struct session_setup setup = {
        .loop = f->loop,
        .profile = f->profile,
        .trackers = f->list,
        .tracker_count = count,
        .ops = &ops,
        .arg = f,
    };

    f->session = session_new(&setup);
    session_start(f->session);
}

/* As after a login with these trackers in the list, the first in charge. */
static void log_in(struct fixture *f, const struct contact *list, size_t count)
{
    struct err e = {0};

    assert_int_equal(
        profile_set_login(f->profile, "anna", "0123456789abcdef", TOKEN, &e),
        0);
    assert_int_equal(profile_save_trackers(f->profile, list, count, &e), 0);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    struct err e = {0};
    size_t i;

    f->loop = loop_new();
    f->guard = timer_new(f->loop, on_guard, f);
    f->dir = sample_directory();
    assert_int_equal(profile_open(f->dir, &f->profile, &e), 0);
    for (i = 0; i < TRACKERS; i++) {
        linetracker_init(&f->trackers[i], f->loop, 0);
        f->trackers[i].on_line = check;
        f->trackers[i].arg = f;
        f->trackers[i].token = TOKEN;
        snprintf(f->list[i].host, sizeof f->list[i].host, "127.0.0.1");
        f->list[i].port = f->trackers[i].port;
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    size_t i;

    session_free(f->session);
    profile_close(f->profile);
    for (i = 0; i < TRACKERS; i++) {
        linetracker_close(&f->trackers[i]);
    }
    timer_free(f->guard);
    loop_free(f->loop);
    sample_remove(f->dir);
    free(f);
    return 0;
}

static bool are_connected(struct fixture *f)
{
    return session_connected(f->session) == f->goal;
}

static bool are_in(struct fixture *f)
{
    return session_logins(f->session) == f->goal;
}

static bool are_answered(struct fixture *f)
{
    return f->answers == f->goal;
}

static bool are_pushed(struct fixture *f)
{
    return f->pushes == f->goal;
}

static void run_to(struct fixture *f, bool (*until)(struct fixture *f),
                   unsigned goal)
{
    f->goal = goal;
    run(f, until);
}

static void call(struct fixture *f, const char *method)
{
    session_call(f->session, method, NULL, on_answer, f);
}

/* ---- Everywhere at once -------------------------------------------------- */

/* S1-15: there is a session to every tracker, logged in at each; the first
 * answers calls. */
static void session_start_every_tracker(void **state)
{
    struct fixture *f = *state;
    size_t i;

    log_in(f, f->list, TRACKERS);
    start(f, TRACKERS);
    run_to(f, are_in, TRACKERS);
    assert_int_equal(session_connected(f->session), TRACKERS);
    for (i = 0; i < TRACKERS; i++) {
        assert_int_equal(linetracker_count(&f->trackers[i], "account.resume"),
                         1);
        assert_int_equal(f->logins[i], 1);
    }
    call(f, "group.list");
    run_to(f, are_answered, 1);
    assert_int_equal(linetracker_count(&f->trackers[0], "group.list"), 1);
    assert_int_equal(session_epoch(f->session), 1);
}

/* What is announced reaches all of them, and each answers. */
static void session_call_all_reaches_all(void **state)
{
    struct fixture *f = *state;
    size_t i;

    log_in(f, f->list, TRACKERS);
    start(f, TRACKERS);
    run_to(f, are_in, TRACKERS);
    session_call_all(f->session, "swarm.announce", json_pack("{s:s}", "a", "b"),
                     on_answer, f);
    run_to(f, are_answered, TRACKERS);
    for (i = 0; i < TRACKERS; i++) {
        assert_string_equal(
            json_string_value(json_object_get(
                linetracker_params(&f->trackers[i], "swarm.announce", 0), "a")),
            "b");
    }
}

/* One that is lost ends its call, the others answer. */
static void session_call_all_one_dies(void **state)
{
    struct fixture *f = *state;

    log_in(f, f->list, 2);
    f->trackers[1].drops_at = "swarm.announce";
    f->trackers[1].drops = 1;
    start(f, 2);
    run_to(f, are_in, 2);
    session_call_all(f->session, "swarm.announce", NULL, on_answer, f);
    run_to(f, are_answered, 2);
    run_to(f, are_in, 2);
    assert_int_equal(linetracker_count(&f->trackers[1], "swarm.announce"), 1);
}

/* A tracker that comes back is told of: it knows nothing of us. */
static void session_login_of_one_that_comes_back(void **state)
{
    struct fixture *f = *state;

    log_in(f, f->list, TRACKERS);
    start(f, TRACKERS);
    run_to(f, are_in, TRACKERS);
    linetracker_stop(&f->trackers[1]);
    run_to(f, are_connected, TRACKERS - 1);
    assert_int_equal(session_primary(f->session), 0);
    linetracker_restart(&f->trackers[1]);
    run_to(f, are_in, TRACKERS);
    assert_int_equal(f->logins[0], 1);
    assert_int_equal(f->logins[1], 2);
    assert_int_equal(f->logins[2], 1);
    assert_int_equal(session_epoch(f->session), 1);
}

static bool is_second_in_charge(struct fixture *f)
{
    return session_primary(f->session) == 1 && session_is_connected(f->session);
}

/* S1-12, S1-54: the primary is lost: another one has its place at once, and the
 * user is still logged in. */
static void session_primary_is_lost(void **state)
{
    struct fixture *f = *state;

    log_in(f, f->list, 2);
    start(f, 2);
    run_to(f, are_in, 2);
    linetracker_stop(&f->trackers[0]);
    run(f, is_second_in_charge);
    assert_true(session_is_logged_in(f->session));
    assert_int_equal(session_epoch(f->session), 2);
    call(f, "group.list");
    run_to(f, are_answered, 1);
    assert_int_equal(f->code, 0);
    assert_int_equal(linetracker_count(&f->trackers[1], "group.list"), 1);
    assert_int_equal(f->login_ends, 0);
    /* It keeps it when the other one is back. */
    linetracker_restart(&f->trackers[0]);
    run_to(f, are_in, 2);
    assert_int_equal(session_primary(f->session), 1);
}

static bool are_pinged(struct fixture *f)
{
    size_t i;
    bool all = true;

    for (i = 0; i < 2; i++) {
        if (linetracker_count(&f->trackers[i], "server.ping") == 0) {
            all = false;
        } else if (f->pinged_ms[i] == 0) {
            f->pinged_ms[i] = loop_now_ms(f->loop);
        }
    }
    return all;
}

/* An idle client wakes up once for all of its trackers, whenever they were
 * connected. */
static void session_pings_coincide(void **state)
{
    struct fixture *f = *state;

    log_in(f, f->list, 2);
    start(f, 2);
    run_to(f, are_in, 2);
    linetracker_stop(&f->trackers[1]);
    run_to(f, are_in, 1);
    linetracker_restart(&f->trackers[1]);
    run_to(f, are_in, 2); /* a quarter of a second later or more */
    run(f, are_pinged);
    assert_in_range(f->pinged_ms[1] - f->pinged_ms[0] + 100, 0, 200);
}

/* ---- Trackers that stand alone ------------------------------------------- */

/* The second does not know the login: not logged in there, and that is all. */
static void session_refused_by_another(void **state)
{
    struct fixture *f = *state;

    f->trackers[1].token = NULL;
    log_in(f, f->list, 2);
    start(f, 2);
    run_to(f, are_connected, 2);
    run_to(f, are_in, 1);
    assert_int_equal(linetracker_count(&f->trackers[1], "account.resume"), 1);
    assert_int_equal(f->login_ends, 0);
    assert_string_equal(profile_token(f->profile), TOKEN);
    session_call_all(f->session, "swarm.announce", NULL, on_answer, f);
    run_to(f, are_answered, 1);
    assert_int_equal(linetracker_count(&f->trackers[1], "swarm.announce"), 0);
}

/* It does not stand in either: to "log in again" there would be bad advice. */
static void session_call_only_stranger_is_up(void **state)
{
    struct fixture *f = *state;

    f->trackers[1].token = NULL;
    log_in(f, f->list, 2);
    linetracker_stop(&f->trackers[0]);
    start(f, 2);
    run_to(f, are_connected, 1);
    call(f, "group.list");
    run_to(f, are_answered, 1);
    assert_int_equal(f->code, P2P_ENOTRACKER);
    assert_non_null(strstr(f->text, "refused"));
    assert_int_equal(linetracker_count(&f->trackers[1], "group.list"), 0);
    assert_string_equal(profile_token(f->profile), TOKEN);
}

/* The primary's refusal counts, but not while another one takes the token. */
static void session_refused_by_primary(void **state)
{
    struct fixture *f = *state;

    f->trackers[0].token = NULL;
    log_in(f, f->list, 2);
    f->trackers[0].silent_at = "server.hello";
    start(f, 2);
    run(f, is_second_in_charge); /* the first does not say hello yet */
    f->trackers[0].silent_at = NULL;
    linetracker_stop(&f->trackers[0]);
    linetracker_restart(&f->trackers[0]);
    run_to(f, are_connected, 2);
    assert_int_equal(f->login_ends, 0);
    f->trackers[1].token = NULL;
    linetracker_stop(&f->trackers[1]);
    linetracker_restart(&f->trackers[1]);
    run_to(f, are_connected, 1);
    run_to(f, are_connected, 2);
    assert_int_equal(f->login_ends, 1);
    assert_null(profile_token(f->profile));
}

static void come_back(struct fixture *f, unsigned n, unsigned count)
{
    linetracker_stop(&f->trackers[n]);
    run_to(f, are_connected, count - 1);
    linetracker_restart(&f->trackers[n]);
    run_to(f, are_connected, count);
}

/* The user chose one that refuses; when the others refuse too, there is no
 * login any more, and the user is told at once. */
static void session_refused_by_chosen_then_by_all(void **state)
{
    struct fixture *f = *state;

    f->trackers[1].token = NULL;
    log_in(f, f->list, TRACKERS);
    start(f, TRACKERS);
    run_to(f, are_connected, TRACKERS);
    session_use(f->session, 1);
    f->trackers[0].token = NULL;
    come_back(f, 0, TRACKERS);
    assert_int_equal(linetracker_count(&f->trackers[0], "account.resume"), 2);
    assert_int_equal(session_primary(f->session), 1);
    assert_int_equal(f->login_ends, 0); /* the third takes it */
    f->trackers[2].token = NULL;
    come_back(f, 2, TRACKERS);
    assert_int_equal(f->login_ends, 1);
    assert_null(profile_token(f->profile));
    come_back(f, 0, TRACKERS); /* it is not told again */
    assert_int_equal(f->login_ends, 1);
}

/* One that may still know the login is away: who can tell? */
static void session_refused_while_one_is_away(void **state)
{
    struct fixture *f = *state;

    f->trackers[1].token = NULL;
    log_in(f, f->list, TRACKERS);
    start(f, TRACKERS);
    run_to(f, are_connected, TRACKERS);
    session_use(f->session, 1);
    linetracker_stop(&f->trackers[2]);
    run_to(f, are_connected, TRACKERS - 1);
    f->trackers[0].token = NULL;
    come_back(f, 0, TRACKERS - 1);
    assert_int_equal(f->login_ends, 0);
    assert_string_equal(profile_token(f->profile), TOKEN);
    linetracker_restart(&f->trackers[2]);
    run_to(f, are_in, 1);
    assert_int_equal(f->login_ends, 0);
}

/* The chosen one was added later and never saw the token. */
static void session_refused_while_a_stranger_is_chosen(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    log_in(f, f->list, 1);
    start(f, 1);
    run_to(f, are_in, 1);
    assert_int_equal(session_add(f->session, &f->list[1], &e), 0);
    run_to(f, are_connected, 2);
    session_use(f->session, 1);
    f->trackers[0].token = NULL;
    come_back(f, 0, 2);
    assert_int_equal(f->login_ends, 1);
    assert_null(profile_token(f->profile));
}

/* The tracker of the last login is asked first, wherever it is in the list. */
static void session_start_where_login_was(void **state)
{
    struct fixture *f = *state;
    struct contact saved[2] = {f->list[1], f->list[0]};

    log_in(f, saved, 2);
    start(f, 2);
    run_to(f, are_in, 2);
    assert_int_equal(session_primary(f->session), 1);
}

/* ---- Pushes -------------------------------------------------------------- */

/* What several trackers tell counts once. */
static void session_push_of_several(void **state)
{
    struct fixture *f = *state;

    log_in(f, f->list, 2);
    start(f, 2);
    run_to(f, are_in, 2);
    linetracker_push(&f->trackers[1], "item.published", json_object());
    linetracker_push(&f->trackers[1], "swarm.changed",
                     json_pack("{s:[s],s:[s]}", "joined", "x", "left", "y"));
    run_to(f, are_pushed, 1);
    assert_string_equal(f->push, "swarm.changed");
    assert_false(f->push_has_left);
    linetracker_push(&f->trackers[1], "group.deny", json_object());
    run_to(f, are_pushed, 2);
    assert_string_equal(f->push, "group.deny");
    linetracker_push(&f->trackers[0], "swarm.changed",
                     json_pack("{s:[s]}", "left", "y"));
    run_to(f, are_pushed, 3);
    assert_true(f->push_has_left);
    linetracker_push(&f->trackers[0], "item.published", json_object());
    run_to(f, are_pushed, 4);
}

/* ---- The list ------------------------------------------------------------ */

/* A tracker that is added after the login does not learn the token; after the
 * next login it does. */
static void session_add_after_login(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    log_in(f, f->list, 1);
    start(f, 1);
    run_to(f, are_in, 1);
    assert_int_equal(session_add(f->session, &f->list[1], &e), 0);
    assert_int_equal(session_add(f->session, &f->list[1], &e), P2P_EEXIST);
    run_to(f, are_connected, 2);
    assert_int_equal(linetracker_count(&f->trackers[1], "account.resume"), 0);
    /* Keeping the list must not give it away either. */
    assert_int_equal(session_save_trackers(f->session, false, &e), 0);
    linetracker_stop(&f->trackers[1]);
    linetracker_restart(&f->trackers[1]);
    run_to(f, are_connected, 1);
    run_to(f, are_connected, 2);
    assert_int_equal(linetracker_count(&f->trackers[1], "account.resume"), 0);

    f->trackers[0].token = OTHER;
    f->trackers[1].token = OTHER;
    assert_int_equal(
        profile_set_login(f->profile, "anna", "0123456789abcdef", OTHER, &e),
        0);
    assert_int_equal(session_save_trackers(f->session, true, &e), 0);
    session_set_logged_in(f->session, true);
    run_to(f, are_in, 2);
    assert_int_equal(linetracker_count(&f->trackers[1], "account.resume"), 1);
}

/* Calls go to the one that is used, and to another when it is forgotten. */
static void session_use_and_remove(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    log_in(f, f->list, 2);
    start(f, 2);
    run_to(f, are_in, 2);
    session_use(f->session, 1);
    assert_int_equal(session_primary(f->session), 1);
    f->trackers[1].silent_at = "group.list";
    call(f, "group.list");
    assert_int_equal(session_remove(f->session, 1, &e), 0);
    run_to(f, are_answered, 1);
    assert_int_equal(f->code, 0);
    assert_int_equal(linetracker_count(&f->trackers[0], "group.list"), 1);
    assert_int_equal(session_find(f->session, &f->list[1]), 1);
    assert_int_equal(session_remove(f->session, 0, &e), P2P_EINVAL);
}

/* Who logs out is logged out everywhere. */
static void session_log_out_everywhere(void **state)
{
    struct fixture *f = *state;

    log_in(f, f->list, 2);
    start(f, 2);
    run_to(f, are_in, 2);
    profile_clear_login(f->profile);
    session_set_logged_in(f->session, false);
    assert_int_equal(session_logins(f->session), 0);
    call(f, "group.list");
    session_call_at(f->session, 1, "server.ping", NULL, on_answer, f);
    run_to(f, are_answered, 2);
    assert_int_equal(linetracker_count(&f->trackers[1], "account.logout"), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(session_start_every_tracker),
        T(session_call_all_reaches_all),
        T(session_call_all_one_dies),
        T(session_login_of_one_that_comes_back),
        T(session_primary_is_lost),
        T(session_pings_coincide),
        T(session_refused_by_another),
        T(session_call_only_stranger_is_up),
        T(session_refused_by_primary),
        T(session_refused_by_chosen_then_by_all),
        T(session_refused_while_one_is_away),
        T(session_refused_while_a_stranger_is_chosen),
        T(session_start_where_login_was),
        T(session_push_of_several),
        T(session_add_after_login),
        T(session_use_and_remove),
        T(session_log_out_everywhere),
    };
#undef T

    return cmocka_run_group_tests_name("engine/session, list", tests, NULL,
                                       NULL);
}
