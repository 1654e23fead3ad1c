#include "config.h"

#include "engine/trackercmd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "engine/core.h"
#include "engine/profile.h"
#include "engine/session.h"
#include "net/loop.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/map.h"
#include "util/mem.h"

/* What a tracker said of itself last. */
struct known {
    char *role;
    int64_t figures[TRACKER_FIGURES];
    int32_t requests[ROWS_SLOTS];
};

/* A command that waits until it is clear who answers. */
struct question {
    TAILQ_ENTRY(question) link;
    struct trackers *trackers;
    uint64_t request;
    bool has_contact; /* it is about this tracker, else about all */
    struct contact contact;
    bool is_settled;
    unsigned pending;    /* figures that are asked for */
    struct timer *limit; /* the answer comes by then in any case */
    void (*finish)(struct question *q);
};

struct trackers {
    struct core *core;
    struct contact named[CONTACT_LIST_MAX];
    size_t named_count;
    struct map *known; /* "host:port" -> struct known */
    TAILQ_HEAD(, question) questions;
    bool is_watched;
    unsigned pending;    /* figures that are asked for, by the watching */
    struct timer *again; /* the next look; runs while watched */
};

/* ---- Figures ------------------------------------------------------------- */

/* Figures on their way; `request` 0: for who watches. */
struct asked {
    struct trackers *trackers;
    char *address;
    uint64_t request;
};

static void known_free(void *value)
{
    struct known *k = value;

    free(k->role);
    free(k);
}

/* Slots from before its start are not known. */
static void read_requests(struct known *k, json_t *list)
{
    int64_t age = k->figures[TRACKER_UPTIME] / ROWS_SLOT_S;
    json_t *value;
    int i;

    for (i = 0; i < ROWS_SLOTS; i++) {
        value = json_array_get(list, (size_t)i);
        k->requests[i] = json_is_integer(value) && ROWS_SLOTS - i <= age
                             ? (int32_t)json_integer_value(value)
                             : -1;
    }
}

static void keep(struct trackers *t, const char *address, json_t *result)
{
    struct known *k = mem_calloc(1, sizeof *k);
    json_t *value;
    int i;

    for (i = 0; i < TRACKER_FIGURES; i++) {
        value = json_object_get(result,
                                tracker_figure_word((enum tracker_figure)i));
        k->figures[i] = json_is_integer(value) && json_integer_value(value) >= 0
                            ? json_integer_value(value)
                            : -1;
    }
    read_requests(k, json_object_get(result, "requests"));
    k->role = core_json_text(result, "role");
    if (map_get_text(t->known, address) != NULL) {
        known_free(map_remove_text(t->known, address));
    }
    map_put_text(t->known, address, k);
}

static void fill_row(const struct trackers *t, size_t n, struct row_tracker *r)
{
    const struct uplink *u = session_uplink(t->core->session, n);
    const struct known *k = map_get_text(t->known, uplink_address(u));
    int i;

    r->address = mem_strdup(uplink_address(u));
    r->pin = mem_strdup(uplink_pin(u));
    r->version = mem_strdup(uplink_version(u));
    r->problem = mem_strdup(uplink_problem(u));
    r->problem_code = uplink_problem_code(u);
    r->connected = uplink_is_ready(u);
    r->is_primary = n == session_primary(t->core->session);
    r->logged_in = r->connected && uplink_is_logged_in(u);
    r->delay_ms = uplink_delay_ms(u);
    r->cert_until = uplink_cert_until(u);
    k = r->logged_in ? k : NULL;
    r->role = k != NULL ? mem_strdup(k->role) : NULL;
    for (i = 0; i < TRACKER_FIGURES; i++) {
        r->figures[i] = k != NULL ? k->figures[i] : -1;
    }
    for (i = 0; i < ROWS_SLOTS; i++) {
        r->requests[i] = k != NULL ? k->requests[i] : -1;
    }
}

static void fill_rows(const struct trackers *t, struct rows *rows)
{
    size_t i;

    rows_init(rows, ROWS_TRACKERS);
    for (i = 0; t->core->session != NULL && i < session_count(t->core->session);
         i++) {
        fill_row(t, i, rows_add(rows));
    }
}

static void post(struct trackers *t)
{
    struct rows rows;

    if (t->is_watched) {
        fill_rows(t, &rows);
        core_post_rows(t->core, NULL, NULL, &rows);
    }
}

static void on_figures(void *arg, int code, const char *text, json_t *result);

/* Ask everybody who would answer; returns how many. */
static unsigned ask_figures(struct trackers *t, uint64_t request)
{
    struct session *s = t->core->session;
    struct asked *a;
    unsigned count = 0;
    size_t i;

    for (i = 0; s != NULL && i < session_count(s); i++) {
        const struct uplink *u = session_uplink(s, i);

        if (uplink_is_ready(u) && uplink_is_logged_in(u)) {
            a = mem_calloc(1, sizeof *a);
            a->trackers = t;
            a->address = mem_strdup(uplink_address(u));
            a->request = request;
            session_call_at(s, i, "server.status", NULL, on_figures, a);
            count++;
        }
    }
    return count;
}

/* ---- Questions ----------------------------------------------------------- */

static void question_free(struct question *q)
{
    TAILQ_REMOVE(&q->trackers->questions, q, link);
    timer_free(q->limit);
    free(q);
}

static void finish(struct question *q)
{
    q->finish(q);
    question_free(q);
}

static void on_limit(void *arg)
{
    finish(arg);
}

static struct question *find_question(struct trackers *t, uint64_t request)
{
    struct question *q;

    TAILQ_FOREACH(q, &t->questions, link)
    {
        if (q->request == request) {
            return q;
        }
    }
    return NULL;
}

static void on_figures(void *arg, int code, const char *text, json_t *result)
{
    struct asked *a = arg;
    struct trackers *t = a->trackers;
    struct question *q;

    (void)text;
    if (code == 0) {
        keep(t, a->address, result);
    }
    if (a->request == 0) {
        t->pending--;
        if (t->pending == 0) {
            post(t);
        }
    } else {
        q = find_question(t, a->request); /* or it had no more time */
        if (q != NULL && --q->pending == 0) {
            finish(q);
        }
    }
    free(a->address);
    free(a);
}

static bool is_clear(const struct uplink *u)
{
    return uplink_is_ready(u) || uplink_problem(u) != NULL;
}

static bool is_settled(const struct question *q)
{
    const struct session *s = q->trackers->core->session;
    size_t i;

    for (i = 0; s != NULL && i < session_count(s); i++) {
        if ((!q->has_contact || session_find(s, &q->contact) == i) &&
            !is_clear(session_uplink(s, i))) {
            return false;
        }
    }
    return true;
}

static void finish_list(struct question *q)
{
    struct rows rows;

    fill_rows(q->trackers, &rows);
    core_reply_rows(q->trackers->core, q->request, &rows);
}

/* Go on with it when it is clear who answers; true when that ended it. */
static bool advance(struct question *q)
{
    if (q->is_settled || !is_settled(q)) {
        return false;
    }
    q->is_settled = true;
    if (q->finish == finish_list) {
        q->pending = ask_figures(q->trackers, q->request);
    }
    if (q->pending > 0) {
        return false;
    }
    finish(q);
    return true;
}

/* `contact` NULL: about all. */
static void ask(struct core *c, const struct command *command,
                const struct contact *contact, void (*end)(struct question *q))
{
    struct question *q = mem_calloc(1, sizeof *q);

    q->trackers = c->trackers;
    q->request = command->request;
    q->finish = end;
    q->limit = timer_new(c->loop, on_limit, q);
    if (contact != NULL) {
        q->has_contact = true;
        q->contact = *contact;
    }
    TAILQ_INSERT_TAIL(&c->trackers->questions, q, link);
    timer_start(q->limit, TRACKERCMD_SETTLE_MS);
    advance(q);
}

/* ---- Commands ------------------------------------------------------------ */

void trackercmd_list(struct core *c, const struct command *command)
{
    ask(c, command, NULL, finish_list);
}

static bool read_contact(struct core *c, const struct command *command,
                         struct contact *out)
{
    struct err e = {0};
    int rv = command->text == NULL
                 ? err_set(&e, P2P_EUSAGE, "%s", _("name a tracker"))
                 : contact_parse(command->text, out, &e);

    if (rv < 0) {
        core_reply(c, command->request, rv, e.text);
    }
    return rv == 0;
}

/* The same, of one that must be in the list. */
static bool read_listed(struct core *c, const struct command *command,
                        struct contact *out)
{
    char *text;

    if (!read_contact(c, command, out)) {
        return false;
    }
    if (c->session != NULL &&
        session_find(c->session, out) < session_count(c->session)) {
        return true;
    }
    text = mem_printf(_("%s is not in the list; 'trackers' shows it"),
                      command->text);
    core_reply(c, command->request, P2P_ENOENT, text);
    free(text);
    return false;
}

static int remember_added(struct core *c, const struct contact *contact,
                          struct err *e)
{
    struct contact list[CONTACT_LIST_MAX];
    size_t count = (size_t)profile_added_trackers(c->profile, list);

    if (count == CONTACT_LIST_MAX) {
        return err_set(e, P2P_ETOOBIG,
                       _("more than %d trackers; forget one first"),
                       CONTACT_LIST_MAX);
    }
    list[count++] = *contact;
    return profile_save_added_trackers(c->profile, list, count, e);
}

void trackercmd_add(struct core *c, const struct command *command)
{
    struct contact contact;
    struct err e = {0};
    int rv = 0;

    if (!read_contact(c, command, &contact)) {
        return;
    }
    if (c->session == NULL) {
        c->on_first_tracker(c, &contact);
    } else {
        rv = session_add(c->session, &contact, &e);
    }
    if (rv == 0) {
        rv = remember_added(c, &contact, &e);
    }
    core_reply(c, command->request, rv, rv < 0 ? e.text : NULL);
}

static bool is_named(const struct trackers *t, const struct contact *c)
{
    size_t i;

    for (i = 0; i < t->named_count; i++) {
        if (contact_same_place(&t->named[i], c)) {
            return true;
        }
    }
    return false;
}

void trackercmd_forget(struct core *c, const struct command *command)
{
    struct contact contact = {.port = 0};
    struct err e = {0};
    int rv;

    if (!read_listed(c, command, &contact)) {
        return;
    }
    rv = session_remove(c->session, session_find(c->session, &contact), &e);
    if (rv == 0) {
        rv = profile_forget_tracker(c->profile, &contact, &e);
    }
    if (rv == 0 && is_named(c->trackers, &contact)) {
        core_notice(c, NOTICE_WARNING, NULL, command->text,
                    _("%s is named in an option or the configuration: it is "
                      "back at the next start"),
                    command->text);
    }
    core_reply(c, command->request, rv, rv < 0 ? e.text : NULL);
    post(c->trackers);
}

static void finish_use(struct question *q)
{
    struct core *c = q->trackers->core;
    size_t n = session_find(c->session, &q->contact);
    const struct uplink *u;
    struct err e = {0};
    int rv = 0;

    if (n == session_count(c->session)) {
        core_reply(c, q->request, P2P_ENOENT, _("it was forgotten meanwhile"));
        return;
    }
    u = session_uplink(c->session, n);
    if (!uplink_is_ready(u)) {
        rv = err_set(&e, P2P_ENOTRACKER, _("%s cannot be reached: %s"),
                     uplink_address(u),
                     uplink_problem(u) != NULL ? uplink_problem(u)
                                               : _("no answer"));
    } else {
        session_use(c->session, n);
        rv = session_save_trackers(c->session, false, &e);
        if (profile_token(c->profile) != NULL && !uplink_is_logged_in(u)) {
            core_notice(c, NOTICE_WARNING, NULL, uplink_address(u),
                        _("You are not logged in at %s: use 'login USER'"),
                        uplink_address(u));
        }
    }
    core_reply(c, q->request, rv, rv < 0 ? e.text : NULL);
}

void trackercmd_use(struct core *c, const struct command *command)
{
    struct contact contact;

    if (read_listed(c, command, &contact)) {
        ask(c, command, &contact, finish_use);
    }
}

void trackercmd_retry(struct core *c, const struct command *command)
{
    if (!core_refuse_without_tracker(c, command->request)) {
        session_retry(c->session);
        core_reply(c, command->request, 0, NULL);
    }
}

static void finish_cert(struct question *q)
{
    struct core *c = q->trackers->core;
    size_t n = q->has_contact ? session_find(c->session, &q->contact)
                              : session_primary(c->session);
    char date[32] = "-", pin[8 + 2 * CONTACT_PIN_SIZE];
    const struct uplink *u;
    struct rows rows;
    struct tm tm;
    time_t until;

    if (n == session_count(c->session)) {
        core_reply(c, q->request, P2P_ENOENT, _("it was forgotten meanwhile"));
        return;
    }
    u = session_uplink(c->session, n);
    if (uplink_pin(u) == NULL) {
        core_reply(c, q->request, P2P_ENOTRACKER,
                   uplink_problem(u) != NULL ? uplink_problem(u)
                                             : _("no answer"));
        return;
    }
    until = (time_t)uplink_cert_until(u);
    if (gmtime_r(&until, &tm) != NULL) {
        strftime(date, sizeof date, "%Y-%m-%d", &tm);
    }
    snprintf(pin, sizeof pin, "sha256:%s", uplink_pin(u));
    rows_init(&rows, ROWS_FIELDS);
    core_add_field(&rows, "tracker", _("Tracker"), uplink_address(u));
    core_add_field(&rows, "tracker_pin", _("Tracker's pin"), pin);
    core_add_field(&rows, "valid_until", _("Valid until"), date);
    if (uplink_problem(u) != NULL) {
        core_add_field(&rows, "problem", _("Problem"), uplink_problem(u));
    }
    core_reply_rows(c, q->request, &rows);
}

void trackercmd_cert(struct core *c, const struct command *command)
{
    struct contact contact;

    if (command->text == NULL) {
        if (!core_refuse_without_tracker(c, command->request)) {
            ask(c, command,
                uplink_contact(
                    session_uplink(c->session, session_primary(c->session))),
                finish_cert);
        }
    } else if (read_listed(c, command, &contact)) {
        ask(c, command, &contact, finish_cert);
    }
}

/* ---- Watching ------------------------------------------------------------ */

static void look(struct trackers *t)
{
    if (t->pending == 0) {
        t->pending = ask_figures(t, 0);
    }
    if (t->pending == 0) {
        post(t); /* nobody will answer */
    }
    timer_start(t->again, TRACKERCMD_WATCH_MS);
}

static void on_again(void *arg)
{
    look(arg);
}

void trackercmd_watch(struct core *c, const struct command *command)
{
    struct trackers *t = c->trackers;

    t->is_watched = command->number != 0;
    if (t->is_watched) {
        post(t);
        look(t);
    } else {
        timer_stop(t->again);
    }
    core_reply(c, command->request, 0, NULL);
}

/* ---- Life ---------------------------------------------------------------- */

struct trackers *trackercmd_new(struct core *c, const struct contact *named,
                                size_t count)
{
    struct trackers *t = mem_calloc(1, sizeof *t);

    t->core = c;
    if (count > 0) {
        memcpy(t->named, named, count * sizeof *named);
    }
    t->named_count = count;
    t->known = map_new();
    TAILQ_INIT(&t->questions);
    t->again = timer_new(c->loop, on_again, t);
    return t;
}

void trackercmd_update(struct trackers *t)
{
    struct question *q, *next;

    for (q = TAILQ_FIRST(&t->questions); q != NULL; q = next) {
        next = TAILQ_NEXT(q, link);
        if (advance(q)) {
            next = TAILQ_FIRST(&t->questions); /* others may have ended too */
        }
    }
    post(t);
}

void trackercmd_stop(struct trackers *t)
{
    struct question *q = TAILQ_FIRST(&t->questions);

    timer_stop(t->again);
    t->is_watched = false;
    while (q != NULL) {
        core_reply(t->core, q->request, P2P_ECANCELED, NULL);
        question_free(q);
        q = TAILQ_FIRST(&t->questions);
    }
}

void trackercmd_free(struct trackers *t)
{
    if (t == NULL) {
        return;
    }
    trackercmd_stop(t);
    timer_free(t->again);
    map_free(t->known, known_free);
    free(t);
}
