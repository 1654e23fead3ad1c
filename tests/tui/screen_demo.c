/* screen_demo: the full screen on a small engine of the imagination, for
 * looking at it and for tests that need a terminal.
 *
 *   screen_demo [--live | --flood] [--many] [--first-run] [--logged-out]
 *               [--log PATH] [--set KEY=VALUE ...]
 */
#include "config.h"

#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "msgq/command.h"
#include "msgq/event.h"
#include "msgq/link.h"
#include "tests/tui/fixture.h"
#include "tui/setting.h"
#include "tui/tui.h"
#include "util/err.h"
#include "util/mem.h"

struct demo {
    struct link *link;
    int wake; /* an eventfd */
    bool live, flood, first_run;
    bool many; /* 500 groups, 10,000 files, 8 of them loading */
    unsigned step;
    atomic_bool logged_out, stopped;
    atomic_bool begins; /* the screen named a tracker */
};

enum { MANY_GROUPS = 500, MANY_FILES = 10000, MANY_TRANSFERS = 9 };

static void add_file(struct rows *r, size_t n)
{
    struct row_file *f = rows_add(r);

    f->group = mem_strdup("dev_team");
    f->name = mem_printf("measurement-%05zu.dat", n);
    f->size = (n * 7919 % 4000 + 1) << 20;
    f->seeders = (uint32_t)(n % 9);
}

static void add_transfer(struct rows *r, size_t n)
{
    struct row_transfer *t = rows_add(r);

    t->group = mem_strdup("dev_team");
    t->name = mem_printf("measurement-%05zu.dat", n + 10);
    t->state = TRANSFER_LOADING;
    t->size = 1 << 30;
    t->have = (uint64_t)n << 26;
    t->rate_down = n << 20;
}

/* As large as people may have it. */
static void enlarge(struct event *e)
{
    struct rows *r = &e->rows;
    struct row_group *g;

    while (r->kind == ROWS_GROUPS && r->count < MANY_GROUPS) {
        size_t n = r->count;

        g = rows_add(r);
        g->name = mem_printf("group-%03zu", n);
        g->role = GROUP_MEMBER;
        g->members = (uint32_t)n;
    }
    while (r->kind == ROWS_FILES && r->count < MANY_FILES) {
        add_file(r, r->count);
    }
    while (r->kind == ROWS_TRANSFERS && r->count < MANY_TRANSFERS) {
        add_transfer(r, r->count);
    }
}

static void post(struct demo *d, struct event *e)
{
    if (e != NULL && d->many) {
        enlarge(e);
    }
    if (e != NULL && !link_post(d->link, e)) {
        event_free(e);
    }
}

static void wake(void *arg)
{
    struct demo *d = arg;

    eventfd_write(d->wake, 1);
}

static void post_step(struct demo *d)
{
    d->step++;
    post(d, fixture_transfers(d->step));
    post(d, fixture_rates(d->step));
    post(d, fixture_peers(d->step));
    post(d, fixture_pieces(d->step));
}

static void answer(struct demo *d, const struct command *c)
{
    struct event *reply = fixture_answer(c);
    bool logs_in = c->kind == COMMAND_LOGIN || c->kind == COMMAND_CREATE_USER;

    if (logs_in && reply->code == 0) {
        d->logged_out = false;
        post(d, fixture_session(true));
        fixture_post(d->link);
    } else if (c->kind == COMMAND_LOGOUT) {
        post(d, fixture_session(false));
    } else if (c->kind == COMMAND_WATCH && c->name != NULL) {
        post(d, fixture_peers(d->step));
        post(d, fixture_pieces(d->step));
    }
    if (c->kind == COMMAND_CREATE_GROUP) { /* news, and a careless library */
        post(d, fixture_notice(NOTICE_ASK, 0, "heidi; asks\033\a to join"));
        fprintf(stderr, "noise of a library\n");
    }
    post(d, reply);
    if (c->kind == COMMAND_QUIT) {
        atomic_store(&d->stopped, true);
        post(d, event_new(EVENT_STOPPED));
    }
}

static void post_all(struct demo *d)
{
    fixture_post(d->link);
    if (d->many) {
        post(d, fixture_groups());
        post(d, fixture_files());
        post(d, fixture_transfers(0));
    }
}

static void *run_engine(void *arg)
{
    struct demo *d = arg;
    struct pollfd fd = {.fd = d->wake, .events = POLLIN};

    if (d->logged_out) {
        post(d, fixture_session(false));
    } else if (!d->first_run) {
        post_all(d);
    }
    while (!atomic_load(&d->stopped)) {
        struct command *c;
        eventfd_t count;

        if (poll(&fd, 1,
                 d->flood  ? 4
                 : d->live ? 500
                           : -1) == 0 &&
            !d->logged_out) {
            post_step(d);
        }
        if (fd.revents != 0) {
            eventfd_read(d->wake, &count);
        }
        if (atomic_exchange(&d->begins, false)) {
            post(d, fixture_session(false));
        }
        for (c = link_take(d->link); c != NULL; c = link_take(d->link)) {
            answer(d, c);
            command_free(c);
        }
    }
    return NULL;
}

static int on_tracker(void *arg, const char *text, struct err *e)
{
    struct demo *d = arg;

    if (strchr(text, ':') == NULL) {
        return err_set(e, P2P_EINVAL, "%s is not HOST:PORT", text);
    }
    d->logged_out = true;
    atomic_store(&d->begins, true);
    wake(d);
    return 0;
}

/* "look.theme=dark" */
static int set(struct settings *s, const char *text, struct err *e)
{
    size_t length = strcspn(text, "=");
    char *key = mem_strndup(text, length);
    enum setting_id id = setting_find(key);
    int rv = id == SETTING_COUNT || text[length] == '\0'
                 ? err_set(e, P2P_EUSAGE, "no such setting: %s", text)
                 : settings_put(s, id, ORIGIN_LINE, text + length + 1, e);

    free(key);
    return rv;
}

static int take_values(char **argv, struct tui_setup *setup, struct err *e)
{
    int rv = 0;

    for (; *argv != NULL && argv[1] != NULL && rv == 0; argv++) {
        if (strcmp(*argv, "--set") == 0) {
            rv = set(setup->settings, argv[1], e);
        } else if (strcmp(*argv, "--log") == 0) {
            setup->log_path = argv[1];
        }
    }
    return rv;
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct demo d = {.wake = eventfd(0, EFD_CLOEXEC)};
    struct tui_setup setup = {.user = "alice",
                              .download_dir = "/tmp",
                              .settings = &settings,
                              .on_tracker = on_tracker,
                              .arg = &d};
    struct err e = {.code = 0};
    pthread_t thread;
    sigset_t all;
    int i, rv;

    setlocale(LC_ALL, "");
    for (i = 1; i < argc; i++) {
        d.many = d.many || strcmp(argv[i], "--many") == 0;
        d.live = d.live || strcmp(argv[i], "--live") == 0;
        d.flood = d.flood || strcmp(argv[i], "--flood") == 0;
        d.logged_out = d.logged_out || strcmp(argv[i], "--logged-out") == 0;
        d.first_run = d.first_run || strcmp(argv[i], "--first-run") == 0;
    }
    settings_init(&settings);
    if (take_values(argv + 1, &setup, &e) < 0) {
        fprintf(stderr, "screen_demo: %s\n", e.text);
        return 1;
    }
    setup.first_run = d.first_run;
    d.link = link_new();
    link_set_engine_wake(d.link, wake, &d);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_create(&thread, NULL, run_engine, &d);
    pthread_sigmask(SIG_UNBLOCK, &all, NULL);
    rv = tui_run(d.link, &setup, &e);
    if (rv < 0) {
        fprintf(stderr, "screen_demo: %s\n", e.text);
    }
    atomic_store(&d.stopped, true);
    wake(&d);
    pthread_join(thread, NULL);
    link_free(d.link);
    settings_close(&settings);
    close(d.wake);
    return rv < 0 ? 2 : 0;
}
