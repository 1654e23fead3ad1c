#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/profile.h"
#include "engine/session.h"
#include "lib/linetracker.h"
#include "lib/sample.h"
#include "net/loop.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/mem.h"

#define TOKEN "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

enum {
    GUARD_MS = 30000, /* ends a run that hangs */
    ANSWERS = 8,
    SHORT_CALL_MS = 300,
};

/* What came to one call. */
struct answer {
    struct fixture *f;
    unsigned times;
    int code;
    char text[ERR_TEXT_MAX];
    char echo[64];
};

struct fixture {
    struct loop *loop;
    struct timer *guard;
    bool timed_out;
    char *dir;
    struct profile *profile;
    struct linetracker one, two;
    struct session *session;
    bool (*until)(struct fixture *f);
    struct answer answers[ANSWERS];
    unsigned states, new_pins, login_ends, pushes;
    char new_pin[65], push[64];
    json_t *push_params;
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

static void on_state(void *arg)
{
    struct fixture *f = arg;

    f->states++;
    check(f);
}

static void on_push(void *arg, const char *method, json_t *params)
{
    struct fixture *f = arg;

    f->pushes++;
    snprintf(f->push, sizeof f->push, "%s", method);
    json_decref(f->push_params);
    f->push_params = json_incref(params);
    check(f);
}

static void on_new_pin(void *arg, const char *address, const char *pin_hex)
{
    struct fixture *f = arg;

    (void)address;
    f->new_pins++;
    snprintf(f->new_pin, sizeof f->new_pin, "%s", pin_hex);
}

static void on_login_end(void *arg, const char *why)
{
    struct fixture *f = arg;

    assert_non_null(why);
    f->login_ends++;
}

static const struct session_ops ops = {
    .on_state = on_state,
    .on_push = on_push,
    .on_new_pin = on_new_pin,
    .on_login_end = on_login_end,
};

static void on_answer(void *arg, int code, const char *text, json_t *result)
{
    struct answer *a = arg;
    const char *echo = json_string_value(json_object_get(result, "echo"));

    a->times++;
    a->code = code;
    snprintf(a->text, sizeof a->text, "%s", text != NULL ? text : "");
    snprintf(a->echo, sizeof a->echo, "%s", echo != NULL ? echo : "");
    check(a->f);
}

static struct contact contact_of(uint16_t port)
{
    struct contact c = {.host = "127.0.0.1", .port = port};

    return c;
}

/* A session to these trackers, not yet started. */
static void make(struct fixture *f, const struct contact *list, size_t count,
                 int64_t call_ms)
{
    struct session_setup setup = {
        .loop = f->loop,
        .profile = f->profile,
        .trackers = list,
        .tracker_count = count,
        .ops = &ops,
        .arg = f,
        .call_ms = call_ms,
    };

    f->session = session_new(&setup);
}

static void start(struct fixture *f)
{
    struct contact c = contact_of(f->one.port);

    make(f, &c, 1, 0);
    session_start(f->session);
}

static void restart_profile(struct fixture *f)
{
    struct err e = {0};

    session_free(f->session);
    f->session = NULL;
    profile_close(f->profile);
    f->profile = NULL;
    assert_int_equal(profile_open(f->dir, &f->profile, &e), 0);
}

/* A port of 127.0.0.1 where nobody listens. */
static uint16_t closed_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    struct err e = {0};
    size_t i;

    f->loop = loop_new();
    f->guard = timer_new(f->loop, on_guard, f);
    f->dir = sample_directory();
    for (i = 0; i < ANSWERS; i++) {
        f->answers[i].f = f;
    }
    assert_int_equal(profile_open(f->dir, &f->profile, &e), 0);
    linetracker_init(&f->one, f->loop, 0);
    linetracker_init(&f->two, f->loop, 0);
    f->one.on_line = check;
    f->one.arg = f;
    f->two.on_line = check;
    f->two.arg = f;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    session_free(f->session);
    profile_close(f->profile);
    linetracker_close(&f->one);
    linetracker_close(&f->two);
    json_decref(f->push_params);
    timer_free(f->guard);
    loop_free(f->loop);
    sample_remove(f->dir);
    free(f);
    return 0;
}

static bool is_ready(struct fixture *f)
{
    return session_is_connected(f->session);
}

static bool is_answered(struct fixture *f)
{
    return f->answers[0].times > 0;
}

static bool is_lost(struct fixture *f)
{
    return !session_is_connected(f->session);
}

static void call(struct fixture *f, unsigned n, const char *method)
{
    session_call(f->session, method, NULL, on_answer, &f->answers[n]);
}

/* ---- Pins ---------------------------------------------------------------- */

/* The pin of the first contact is told and kept, and told no second time. */
static void session_start_first_contact(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of(f->one.port);
    uint8_t pin[32];

    start(f);
    run(f, is_ready);
    assert_int_equal(f->new_pins, 1);
    assert_string_equal(f->new_pin, session_pin(f->session));
    assert_string_equal(session_version(f->session), "test");
    assert_true(session_delay_ms(f->session) >= 0);
    restart_profile(f);
    assert_true(profile_find_pin(f->profile, &c, pin));
    assert_memory_equal(pin, f->one.pin, sizeof pin);
    start(f);
    run(f, is_ready);
    assert_int_equal(f->new_pins, 1);
}

/* Not one line, so no password either, reaches a tracker with another
 * certificate than the remembered one; the sentence says what to do. */
static void session_start_certificate_has_changed(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of(f->one.port);
    struct err e = {0};

    assert_int_equal(profile_add_pin(f->profile, &c, f->two.pin, &e), 0);
    start(f);
    session_call(f->session, "account.login",
                 json_pack("{s:s,s:s}", "user", "anna", "password", "secret"),
                 on_answer, &f->answers[0]);
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, P2P_EPIN);
    assert_non_null(strstr(f->answers[0].text, "known-trackers"));
    assert_non_null(strstr(f->answers[0].text, "--fingerprint"));
    assert_int_equal(f->one.accepted, 1);
    assert_int_equal(f->one.seen_count, 0);
    assert_int_equal(f->new_pins, 0);
}

/* A pin given by hand is checked before anything is remembered. */
static void session_start_pin_by_hand_is_wrong(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of(f->one.port);
    uint8_t pin[32];

    c.has_pin = true;
    memcpy(c.pin, f->two.pin, sizeof c.pin);
    make(f, &c, 1, 0);
    session_start(f->session);
    call(f, 0, "group.list");
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, P2P_EPIN);
    assert_int_equal(f->one.seen_count, 0);
    assert_false(profile_find_pin(f->profile, &c, pin));
}

/* The right one is remembered, so that it counts without being given again,
 * and it replaces one that was wrong. */
static void session_start_pin_by_hand_is_right(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of(f->one.port);
    struct err e = {0};
    uint8_t pin[32];

    assert_int_equal(profile_add_pin(f->profile, &c, f->two.pin, &e), 0);
    c.has_pin = true;
    memcpy(c.pin, f->one.pin, sizeof c.pin);
    make(f, &c, 1, 0);
    session_start(f->session);
    run(f, is_ready);
    assert_int_equal(f->new_pins, 0);
    restart_profile(f);
    assert_true(profile_find_pin(f->profile, &c, pin));
    assert_memory_equal(pin, f->one.pin, sizeof pin);
}

/* With one tracker changed and the next one down, the changed one is named. */
static void session_call_changed_and_down(void **state)
{
    struct fixture *f = *state;
    struct contact list[2] = {contact_of(f->one.port),
                              contact_of(closed_port())};

    list[0].has_pin = true;
    memcpy(list[0].pin, f->two.pin, sizeof list[0].pin);
    make(f, list, 2, 0);
    session_start(f->session);
    call(f, 0, "group.list");
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, P2P_EPIN);
}

/* ---- Calls --------------------------------------------------------------- */

/* A write whose answer was lost is sent once more with the same
 * operation id, and answered once. */
static void session_write_connection_lost(void **state)
{
    struct fixture *f = *state;
    json_t *first, *second;

    f->one.drops_at = "group.create";
    f->one.drops = 1;
    start(f);
    session_write(f->session, "group.create", json_pack("{s:s}", "group", "g"),
                  on_answer, &f->answers[0]);
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, 0);
    assert_int_equal(f->answers[0].times, 1);
    assert_int_equal(linetracker_count(&f->one, "group.create"), 2);
    first = linetracker_params(&f->one, "group.create", 0);
    second = linetracker_params(&f->one, "group.create", 1);
    assert_int_equal(json_string_length(json_object_get(first, "op")), 32);
    assert_true(json_equal(first, second));
}

/* Two writes never share an operation id. */
static void session_write_twice(void **state)
{
    struct fixture *f = *state;

    start(f);
    session_write(f->session, "group.create", NULL, on_answer, &f->answers[1]);
    session_write(f->session, "group.create", NULL, on_answer, &f->answers[0]);
    run(f, is_answered);
    assert_false(json_equal(linetracker_params(&f->one, "group.create", 0),
                            linetracker_params(&f->one, "group.create", 1)));
}

/* No answer in time: the call fails, and the session goes on. */
static void session_call_no_answer(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of(f->one.port);

    f->one.silent_at = "group.list";
    make(f, &c, 1, SHORT_CALL_MS);
    session_start(f->session);
    run(f, is_ready);
    call(f, 0, "group.list");
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, P2P_ETIMEDOUT);
    assert_true(session_is_connected(f->session));
    f->answers[0].times = 0;
    call(f, 0, "account.whoami");
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, 0);
    assert_string_equal(f->answers[0].echo, "account.whoami");
}

/* Nobody is called for an answer that its owner no longer wants. */
static void session_forget_before_answer(void **state)
{
    struct fixture *f = *state;

    start(f);
    call(f, 1, "group.list");
    session_forget(f->session, &f->answers[1]);
    call(f, 0, "account.whoami");
    run(f, is_answered);
    assert_int_equal(linetracker_count(&f->one, "group.list"), 1);
    assert_int_equal(f->answers[1].times, 0);
}

/* The end tells everybody who waits, exactly once. */
static void session_stop_calls_under_way(void **state)
{
    struct fixture *f = *state;

    f->one.silent_at = "group.list";
    start(f);
    call(f, 0, "group.list");
    run(f, is_ready);
    session_stop(f->session);
    assert_int_equal(f->answers[0].code, P2P_ECANCELED);
    call(f, 1, "group.list");
    session_free(f->session);
    f->session = NULL;
    assert_int_equal(f->answers[0].times, 1);
    assert_int_equal(f->answers[1].times, 1);
    assert_int_equal(f->answers[1].code, P2P_ECANCELED);
}

/* Garbage ends the connection, not the program, and the call is sent anew. */
static void session_call_broken_answer(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of(f->one.port);

    f->one.garbage_at = "group.list";
    make(f, &c, 1, 2000);
    session_start(f->session);
    call(f, 0, "group.list");
    run(f, is_answered);
    assert_true(f->answers[0].code < 0);
    assert_true(f->one.opened >= 2);
}

/* A tracker of another kind is refused with a sentence. */
static void session_call_unknown_protocol(void **state)
{
    struct fixture *f = *state;

    f->one.protocol = 0;
    start(f);
    call(f, 0, "group.list");
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, P2P_ENOTRACKER);
    assert_non_null(strstr(f->answers[0].text, "protocol"));
    assert_int_equal(linetracker_count(&f->one, "group.list"), 0);
}

/* ---- Trackers that come and go ------------------------------------------- */

/* With nobody there a call fails at once with the reason. */
static void session_call_all_down(void **state)
{
    struct fixture *f = *state;
    struct contact list[2] = {contact_of(closed_port()),
                              contact_of(closed_port())};

    make(f, list, 2, 0);
    session_start(f->session);
    call(f, 0, "group.list");
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, P2P_ENOTRACKER);
    assert_non_null(strstr(f->answers[0].text, "refused"));
    assert_false(session_is_connected(f->session));
}

/* S1-54: a tracker that is down is passed over for the next of the list. */
static void session_start_first_is_down(void **state)
{
    struct fixture *f = *state;
    struct contact list[2] = {contact_of(closed_port()),
                              contact_of(f->two.port)};

    make(f, list, 2, 0);
    session_start(f->session);
    call(f, 0, "group.list");
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, 0);
    assert_int_equal(linetracker_count(&f->two, "group.list"), 1);
}

/* S1-54: when the one in use dies, the call under way goes to the next. */
static void session_write_tracker_dies(void **state)
{
    struct fixture *f = *state;
    struct contact list[2] = {contact_of(f->one.port), contact_of(f->two.port)};

    f->one.silent_at = "group.create";
    make(f, list, 2, 0);
    session_start(f->session);
    run(f, is_ready);
    session_write(f->session, "group.create", NULL, on_answer, &f->answers[0]);
    /* The line reaches the first, which dies over it. */
    f->one.drops_at = "group.create";
    f->one.drops = 1;
    run(f, is_answered);
    assert_int_equal(f->answers[0].code, 0);
    assert_true(json_equal(linetracker_params(&f->one, "group.create", 0),
                           linetracker_params(&f->two, "group.create", 0)));
}

static void on_come_back(void *arg)
{
    struct fixture *f = arg;

    linetracker_restart(&f->one);
}

/* A tracker that is gone for a while is found again without being asked, and
 * a call that it had received is answered then. */
static void session_call_tracker_comes_back(void **state)
{
    struct fixture *f = *state;
    struct timer *back = timer_new(f->loop, on_come_back, f);

    f->one.silent_at = "group.list";
    start(f);
    run(f, is_ready);
    call(f, 0, "group.list");
    call(f, 1, "account.whoami");
    linetracker_stop(&f->one);
    run(f, is_lost);
    assert_non_null(session_problem(f->session));
    f->one.silent_at = NULL;
    timer_start(back, 1500);
    run(f, is_ready);
    assert_null(session_problem(f->session));
    timer_free(back);
}

static bool was_pushed(struct fixture *f)
{
    return f->pushes > 0;
}

/* What the tracker tells by itself reaches the owner with its parameters. */
static void session_push_arrives(void **state)
{
    struct fixture *f = *state;

    start(f);
    run(f, is_ready);
    linetracker_push(&f->one, "group.changed",
                     json_pack("{s:s}", "group", "lab"));
    run(f, was_pushed);
    assert_string_equal(f->push, "group.changed");
    assert_string_equal(
        json_string_value(json_object_get(f->push_params, "group")), "lab");
}

/* ---- The login ----------------------------------------------------------- */

static void log_in(struct fixture *f, const struct contact *list, size_t count)
{
    struct err e = {0};

    assert_int_equal(
        profile_set_login(f->profile, "anna", "0123456789abcdef", TOKEN, &e),
        0);
    assert_int_equal(profile_save_trackers(f->profile, list, count, &e), 0);
}

/* The kept token makes a new connection a logged-in one. */
static void session_start_resumes(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of(f->one.port);

    f->one.token = TOKEN;
    log_in(f, &c, 1);
    start(f);
    run(f, is_ready);
    assert_true(session_is_logged_in(f->session));
    assert_int_equal(linetracker_count(&f->one, "account.resume"), 1);
}

/* A token that the tracker no longer takes is forgotten, and that is told. */
static void session_start_login_has_ended(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of(f->one.port);

    log_in(f, &c, 1);
    start(f);
    run(f, is_ready);
    assert_false(session_is_logged_in(f->session));
    assert_int_equal(f->login_ends, 1);
    assert_null(profile_token(f->profile));
    restart_profile(f);
    assert_null(profile_user(f->profile));
}

/* Another tracker than those of the login neither learns nor ends it. */
static void session_start_foreign_tracker(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of(f->two.port);

    log_in(f, &c, 1);
    start(f);
    run(f, is_ready);
    assert_false(session_is_logged_in(f->session));
    assert_int_equal(linetracker_count(&f->one, "account.resume"), 0);
    assert_int_equal(f->login_ends, 0);
    assert_string_equal(profile_token(f->profile), TOKEN);
}

/* The same tracker under another address is known by its pin. */
static void session_start_tracker_has_moved(void **state)
{
    struct fixture *f = *state;
    struct contact old = contact_of(f->two.port);
    struct err e = {0};

    f->one.token = TOKEN;
    log_in(f, &old, 1);
    assert_int_equal(profile_add_pin(f->profile, &old, f->one.pin, &e), 0);
    start(f);
    run(f, is_ready);
    assert_true(session_is_logged_in(f->session));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(session_start_first_contact),
        T(session_start_certificate_has_changed),
        T(session_start_pin_by_hand_is_wrong),
        T(session_start_pin_by_hand_is_right),
        T(session_call_changed_and_down),
        T(session_write_connection_lost),
        T(session_write_twice),
        T(session_call_no_answer),
        T(session_forget_before_answer),
        T(session_stop_calls_under_way),
        T(session_call_broken_answer),
        T(session_call_unknown_protocol),
        T(session_call_all_down),
        T(session_start_first_is_down),
        T(session_write_tracker_dies),
        T(session_call_tracker_comes_back),
        T(session_push_arrives),
        T(session_start_resumes),
        T(session_start_login_has_ended),
        T(session_start_foreign_tracker),
        T(session_start_tracker_has_moved),
    };
#undef T

    return cmocka_run_group_tests_name("engine/session", tests, NULL, NULL);
}
