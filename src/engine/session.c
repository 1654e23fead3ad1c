#include "config.h"

#include "engine/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "engine/profile.h"
#include "net/loop.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

enum { SESSION_OP_BYTES = 16 /* random bytes of an operation id */ };

struct place {
    struct uplink *uplink;
    bool was_in; /* connected and logged in when last looked at */
};

struct session {
    struct loop *loop;
    struct profile *profile;
    const struct session_ops *ops;
    void *arg;
    int64_t call_ms;
    struct place places[CONTACT_LIST_MAX];
    size_t count;
    size_t primary;
    bool is_chosen; /* the primary was, by the user */
    bool is_started;
    bool is_stopped;
    const struct uplink *served_by; /* the primary of this epoch, or NULL */
    uint64_t epoch;
    struct timer *ping; /* runs while there is a connection */
    struct timer *home; /* runs while the tracker of the last login has time */
};

static struct uplink *primary(const struct session *s)
{
    return s->places[s->primary].uplink;
}

static bool is_in(const struct uplink *u)
{
    return uplink_is_ready(u) && uplink_is_logged_in(u);
}

/* ---- Who is the primary -------------------------------------------------- */

/* Is there one that we should wait for, rather than turn to a tracker that
 * does not know us? */
static bool may_be_known_elsewhere(const struct session *s)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        if (uplink_may_know_us(s->places[i].uplink)) {
            return true;
        }
    }
    return false;
}

static size_t choose(const struct session *s)
{
    const struct uplink *now = primary(s);
    size_t i;

    if (is_in(now) || (uplink_is_ready(now) && s->is_chosen) ||
        (timer_is_running(s->home) && !uplink_is_vain(now))) {
        return s->primary;
    }
    for (i = 0; i < s->count; i++) {
        if (is_in(s->places[i].uplink)) {
            return i;
        }
    }
    if (uplink_is_ready(now) || may_be_known_elsewhere(s)) {
        return s->primary;
    }
    for (i = 0; i < s->count; i++) {
        if (uplink_is_ready(s->places[i].uplink)) {
            return i;
        }
    }
    return s->primary;
}

static void make_primary(struct session *s, size_t n)
{
    struct uplink *old = primary(s);

    if (n == s->primary) {
        return;
    }
    log_info("session", "tracker %s is in charge now",
             uplink_address(s->places[n].uplink));
    s->primary = n;
    s->is_chosen = false;
    uplink_hand_over(old, primary(s), !uplink_is_ready(old));
}

/* Nobody who could answer is left to wait for. */
static bool is_hopeless(const struct session *s)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        const struct uplink *u = s->places[i].uplink;

        if (!uplink_is_vain(u) && (i == s->primary || !uplink_is_ready(u))) {
            return false;
        }
    }
    return true;
}

/* A changed certificate says more than a tracker that is only away. */
static void fail_calls(struct session *s)
{
    const struct uplink *worst = primary(s);
    char text[ERR_TEXT_MAX];
    bool is_pin;
    size_t i;

    for (i = 0; i < s->count; i++) {
        if (uplink_problem_code(s->places[i].uplink) == P2P_EPIN) {
            worst = s->places[i].uplink;
        }
    }
    is_pin = uplink_problem_code(worst) == P2P_EPIN;
    snprintf(
        text, sizeof text, is_pin ? "%s" : _("no tracker can be reached: %s"),
        uplink_problem(worst) != NULL ? uplink_problem(worst) : _("no answer"));
    uplink_fail_calls(primary(s), is_pin ? P2P_EPIN : P2P_ENOTRACKER, text);
}

static void update_epoch(struct session *s)
{
    const struct uplink *now = is_in(primary(s)) ? primary(s) : NULL;

    if (now != NULL && now != s->served_by) {
        s->epoch++;
    }
    s->served_by = now;
}

/* Tell of those where we are logged in since the last look. */
static void greet(struct session *s)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        bool was_in = s->places[i].was_in;

        s->places[i].was_in = is_in(s->places[i].uplink);
        if (s->places[i].was_in && !was_in && s->ops->on_login != NULL) {
            s->ops->on_login(s->arg, i);
        }
    }
}

static void look_again(struct session *s)
{
    if (s->is_stopped) {
        return;
    }
    if (uplink_is_ready(primary(s))) {
        timer_stop(s->home);
    }
    make_primary(s, choose(s));
    update_epoch(s);
    s->ops->on_state(s->arg);
    greet(s);
    if (is_hopeless(s)) {
        fail_calls(s);
    }
}

/* ---- What the uplinks tell ----------------------------------------------- */

static void on_open(void *arg, struct uplink *u)
{
    struct session *s = arg;

    (void)u;
    if (!timer_is_running(s->ping)) {
        timer_start(s->ping, SESSION_PING_MS);
    }
}

static void on_state(void *arg, struct uplink *u)
{
    struct session *s = arg;
    size_t i;

    for (i = 0; i < s->count; i++) {
        if (s->places[i].uplink == u && !uplink_is_ready(u)) {
            s->places[i].was_in = false;
        }
    }
    if (u == s->served_by && !uplink_is_ready(u)) {
        s->served_by = NULL;
    }
    look_again(s);
}

static void on_push(void *arg, struct uplink *u, const char *method,
                    json_t *params)
{
    struct session *s = arg;
    json_t *copy;

    if (u == primary(s) || strcmp(method, "group.deny") == 0) {
        s->ops->on_push(s->arg, method, params);
    } else if (strcmp(method, "swarm.changed") == 0 && params != NULL) {
        /* Who left there may still be known to the primary. */
        copy = json_copy(params);
        json_object_del(copy, "left");
        s->ops->on_push(s->arg, method, copy);
        json_decref(copy);
    }
}

static void on_new_pin(void *arg, struct uplink *u)
{
    struct session *s = arg;

    s->ops->on_new_pin(s->arg, uplink_address(u), uplink_pin(u));
}

/* Is the login alive somewhere, or may it be? A primary that was chosen, or
 * that stands in for one that is away, does not know. */
static bool is_login_elsewhere(const struct session *s, const struct uplink *u)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        const struct uplink *other = s->places[i].uplink;

        if (other != u &&
            (is_in(other) || (s->is_chosen && uplink_may_know_us(other)))) {
            return true;
        }
    }
    return false;
}

/* What is refused here may have ended there meanwhile. */
static void ask_the_others(struct session *s, const struct uplink *u)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        if (s->places[i].uplink != u && is_in(s->places[i].uplink)) {
            uplink_resume(s->places[i].uplink);
        }
    }
}

/* Was this the last tracker that could know the login? The primary's word
 * counts; once it has refused, or when it never saw the token because the user
 * chose a stranger, that of the last of the others does. */
static bool is_end_of_login(const struct session *s, const struct uplink *u)
{
    return profile_token(s->profile) != NULL &&
           (u == primary(s) || !uplink_may_know_us(primary(s))) &&
           !is_login_elsewhere(s, u);
}

static void on_refused(void *arg, struct uplink *u, const char *why)
{
    struct session *s = arg;

    if (!is_end_of_login(s, u)) {
        log_info("session", "not logged in at %s: %s", uplink_address(u), why);
        if (u == primary(s)) {
            ask_the_others(s, u);
        }
        return;
    }
    log_info("session", "the login has ended: %s", why);
    profile_clear_login(s->profile);
    s->ops->on_login_end(s->arg, why);
}

static bool is_spare(void *arg, struct uplink *u)
{
    const struct session *s = arg;

    return u != primary(s) && uplink_is_ready(primary(s));
}

static const struct uplink_ops session_uplink_ops = {
    .on_open = on_open,
    .on_state = on_state,
    .on_push = on_push,
    .on_new_pin = on_new_pin,
    .on_refused = on_refused,
    .is_spare = is_spare,
};

static void on_ping(void *arg)
{
    struct session *s = arg;
    bool is_open = false;
    size_t i;

    for (i = 0; i < s->count; i++) {
        uplink_ping(s->places[i].uplink);
        is_open = is_open || uplink_is_open(s->places[i].uplink);
    }
    if (is_open) {
        timer_start(s->ping, SESSION_PING_MS);
    }
}

static void on_home(void *arg)
{
    look_again(arg);
}

/* ---- Calls --------------------------------------------------------------- */

void session_call(struct session *s, const char *method, json_t *params,
                  session_answer_cb cb, void *arg)
{
    uplink_call(primary(s), method, params, cb, arg);
    if (!uplink_is_ready(primary(s))) {
        session_retry(s); /* somebody wants it now */
    }
}

void session_write(struct session *s, const char *method, json_t *params,
                   session_answer_cb cb, void *arg)
{
    char op[2 * SESSION_OP_BYTES + 1];

    if (params == NULL) {
        params = json_object();
    }
    random_hex(SESSION_OP_BYTES, op);
    json_object_set_new(params, "op", json_string(op));
    session_call(s, method, params, cb, arg);
}

void session_call_all(struct session *s, const char *method, json_t *params,
                      session_answer_cb cb, void *arg)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        if (is_in(s->places[i].uplink)) {
            session_call_at(s, i, method, json_deep_copy(params), cb, arg);
        }
    }
    json_decref(params);
}

void session_call_at(struct session *s, size_t n, const char *method,
                     json_t *params, session_answer_cb cb, void *arg)
{
    uplink_call_now(s->places[n].uplink, method, params, cb, arg);
}

void session_forget(struct session *s, const void *arg)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        uplink_forget(s->places[i].uplink, arg);
    }
}

void session_set_logged_in(struct session *s, bool logged_in)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        struct uplink *u = s->places[i].uplink;

        s->places[i].was_in = false; /* as somebody else, perhaps */
        if (i == s->primary) {
            continue;
        }
        if (!logged_in && is_in(u)) {
            uplink_call_now(u, "account.logout", NULL, NULL, NULL);
        }
        uplink_set_logged_in(u, false);
        if (logged_in) {
            uplink_resume(u);
        }
    }
    s->served_by = NULL;
    s->is_chosen = false;
    uplink_set_logged_in(primary(s), logged_in);
    look_again(s);
}

int session_save_trackers(const struct session *s, bool all, struct err *e)
{
    struct contact list[CONTACT_LIST_MAX];
    size_t i, n = 0;

    for (i = 0; i < s->count; i++) {
        size_t at = (s->primary + i) % s->count;
        const struct uplink *u = s->places[at].uplink;

        if (all || uplink_may_know_us(u) || uplink_is_logged_in(u)) {
            list[n++] = *uplink_contact(u);
        }
    }
    return n > 0 ? profile_save_trackers(s->profile, list, n, e) : 0;
}

/* ---- The list ------------------------------------------------------------ */

static void add_place(struct session *s, const struct contact *c)
{
    struct uplink_setup setup = {
        .loop = s->loop,
        .profile = s->profile,
        .tracker = c,
        .ops = &session_uplink_ops,
        .arg = s,
        .call_ms = s->call_ms,
    };
    struct place *p = &s->places[s->count++];

    memset(p, 0, sizeof *p);
    p->uplink = uplink_new(&setup);
}

size_t session_find(const struct session *s, const struct contact *c)
{
    size_t i = 0;

    while (i < s->count &&
           !contact_same_place(uplink_contact(s->places[i].uplink), c)) {
        i++;
    }
    return i;
}

int session_add(struct session *s, const struct contact *c, struct err *e)
{
    char address[CONTACT_HOST_MAX + 16];

    contact_format(c, address, sizeof address);
    if (session_find(s, c) < s->count) {
        return err_set(e, P2P_EEXIST, _("%s is in the list already"), address);
    }
    if (s->count == CONTACT_LIST_MAX) {
        return err_set(e, P2P_ETOOBIG, _("the list holds at most %d trackers"),
                       CONTACT_LIST_MAX);
    }
    add_place(s, c);
    if (s->is_started && !s->is_stopped) {
        uplink_start(s->places[s->count - 1].uplink);
    }
    s->ops->on_state(s->arg);
    return 0;
}

int session_remove(struct session *s, size_t n, struct err *e)
{
    struct uplink *u = s->places[n].uplink;
    struct uplink *kept = primary(s);
    size_t i;

    if (s->count == 1) {
        return err_set(e, P2P_EINVAL,
                       _("the last tracker cannot be forgotten; "
                         "add another one first"));
    }
    if (u == kept) {
        kept = s->places[n == 0 ? 1 : 0].uplink;
        s->is_chosen = false;
    }
    memmove(&s->places[n], &s->places[n + 1],
            (s->count - n - 1) * sizeof s->places[0]);
    s->count--;
    for (i = 0; i < s->count; i++) {
        if (s->places[i].uplink == kept) {
            s->primary = i;
        }
    }
    s->served_by = s->served_by == u ? NULL : s->served_by;
    uplink_hand_over(u, kept, true);
    uplink_free(u);
    look_again(s);
    return 0;
}

void session_use(struct session *s, size_t n)
{
    make_primary(s, n);
    s->is_chosen = true;
    uplink_hurry(primary(s));
    look_again(s);
}

void session_retry(struct session *s)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        uplink_hurry(s->places[i].uplink);
    }
}

/* ---- Life ---------------------------------------------------------------- */

/* The tracker of the last login is the primary to begin with. */
static size_t find_home(const struct session *s)
{
    struct contact saved[CONTACT_LIST_MAX];
    int count = profile_trackers(s->profile, saved);
    size_t at;
    int i;

    for (i = 0; i < count; i++) {
        at = session_find(s, &saved[i]);
        if (at < s->count) {
            return at;
        }
    }
    return 0;
}

struct session *session_new(const struct session_setup *setup)
{
    struct session *s = mem_calloc(1, sizeof *s);
    size_t i;

    s->loop = setup->loop;
    s->profile = setup->profile;
    s->ops = setup->ops;
    s->arg = setup->arg;
    s->call_ms = setup->call_ms > 0 ? setup->call_ms : UPLINK_CALL_MS;
    s->ping = timer_new(s->loop, on_ping, s);
    s->home = timer_new(s->loop, on_home, s);
    for (i = 0; i < setup->tracker_count && i < CONTACT_LIST_MAX; i++) {
        if (session_find(s, &setup->trackers[i]) == s->count) {
            add_place(s, &setup->trackers[i]);
        }
    }
    s->primary = find_home(s);
    return s;
}

void session_start(struct session *s)
{
    size_t i;

    if (s->is_started) {
        return;
    }
    s->is_started = true;
    timer_start(s->home, SESSION_HOME_MS);
    for (i = 0; i < s->count; i++) {
        uplink_start(s->places[i].uplink);
    }
}

void session_stop(struct session *s)
{
    size_t i;

    s->is_stopped = true;
    timer_stop(s->ping);
    timer_stop(s->home);
    for (i = 0; i < s->count; i++) {
        uplink_stop(s->places[i].uplink);
    }
}

void session_free(struct session *s)
{
    size_t i;

    if (s == NULL) {
        return;
    }
    session_stop(s);
    for (i = 0; i < s->count; i++) {
        uplink_free(s->places[i].uplink);
    }
    timer_free(s->ping);
    timer_free(s->home);
    free(s);
}

size_t session_count(const struct session *s)
{
    return s->count;
}

size_t session_connected(const struct session *s)
{
    size_t i, n = 0;

    for (i = 0; i < s->count; i++) {
        n += uplink_is_ready(s->places[i].uplink) ? 1 : 0;
    }
    return n;
}

size_t session_logins(const struct session *s)
{
    size_t i, n = 0;

    for (i = 0; i < s->count; i++) {
        n += is_in(s->places[i].uplink) ? 1 : 0;
    }
    return n;
}

const struct uplink *session_uplink(const struct session *s, size_t n)
{
    return s->places[n].uplink;
}

size_t session_primary(const struct session *s)
{
    return s->primary;
}

uint64_t session_epoch(const struct session *s)
{
    return s->epoch;
}

bool session_is_connected(const struct session *s)
{
    return uplink_is_ready(primary(s));
}

bool session_is_logged_in(const struct session *s)
{
    return uplink_is_logged_in(primary(s));
}

const char *session_tracker(const struct session *s)
{
    return uplink_address(primary(s));
}

const char *session_version(const struct session *s)
{
    return uplink_version(primary(s));
}

const char *session_problem(const struct session *s)
{
    return uplink_problem(primary(s));
}

const char *session_pin(const struct session *s)
{
    return uplink_pin(primary(s));
}

int32_t session_delay_ms(const struct session *s)
{
    return uplink_delay_ms(primary(s));
}
