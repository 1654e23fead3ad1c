/* p2ptui: the client. This file only makes the parts, connects them, runs the
 * front end that the options ask for, and takes the parts down again.
 */
#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "engine/engine.h"
#include "msgq/command.h"
#include "msgq/event.h"
#include "msgq/link.h"
#include "tui/adopt.h"
#include "tui/demo.h"
#include "tui/options.h"
#include "tui/plain.h"
#include "tui/plainout.h"
#include "tui/recorder.h"
#include "tui/setup.h"
#include "tui/tui.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

/* It did not even start: say why, with --json as commands would. */
static int complain(const struct options *o, const struct err *e)
{
    struct event *reply;
    struct buf b;

    if (!o->json) {
        fprintf(stderr, "p2ptui: %s\n", e->text);
        return plainout_status(e->code);
    }
    reply = event_new(EVENT_REPLY);
    reply->code = e->code;
    reply->text = mem_strdup(e->text);
    buf_init(&b, 64 * 1024);
    plainout_json(&b, NULL, reply);
    fwrite(buf_head(&b), 1, buf_length(&b), stdout);
    buf_close(&b);
    event_free(reply);
    return plainout_status(e->code);
}

/* What every thread inherits, so it comes before the first of them. */
static void prepare_process(void)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* files and protocols are not localised */
    bindtextdomain(PACKAGE, LOCALEDIR);
    textdomain(PACKAGE);
    prctl(PR_SET_DUMPABLE, 0); /* keys and passwords are in memory */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* Before the first thread, since every one inherits it; but after the options,
 * so that a file that never answers can be given up with Ctrl-C. */
static void hold_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
}

/* A language of our own instead of the system's. gettext looks at LANGUAGE
 * again when the locale is set. */
static void use_language(const struct options *o)
{
    const char *language = settings_value(&o->settings, SETTING_LANGUAGE);

    if (strcmp(language, "auto") != 0) {
        setenv("LANGUAGE", language, 1);
        setlocale(LC_ALL, "");
        setlocale(LC_NUMERIC, "C");
    }
}

/* The front end's thread takes signals; the engine's threads never do. */
static void unblock_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
}

/* The line mode reads the signals that end it from a descriptor: one that
 * comes before it does so must wait, not kill. */
static void unblock_signals_but_ends(void)
{
    sigset_t set;

    sigfillset(&set);
    sigdelset(&set, SIGINT);
    sigdelset(&set, SIGTERM);
    sigdelset(&set, SIGHUP);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int start_engine(const struct options *o, struct link *link,
                        struct engine **out, struct err *e)
{
    struct engine_setup setup = {
        .link = link,
        .state_dir = o->state_dir,
        .download_dir = o->download_dir,
        .trackers = o->trackers,
        .tracker_count = o->tracker_count,
        .listen_host = o->listen.host,
        .listen_port = o->listen.port,
    };

    return engine_new(&setup, out, e);
}

static int run_plain(struct options *o, struct link *link)
{
    struct plain_setup setup = {
        .link = link,
        .commands = o->commands,
        .command_count = o->command_count,
        .reads_input = o->mode == OPTIONS_PLAIN,
        .serves = o->mode == OPTIONS_HEADLESS,
        .json = o->json,
        .quiet = o->quiet,
        .password = o->password,
        .settings = &o->settings,
    };

    return plain_run(&setup);
}

/* ---- The full screen -------------------------------------------------- */

struct parts {
    struct options *options;
    struct link *link;
    struct engine *engine; /* NULL before the first tracker is chosen */
};

static char *state_file(const struct parts *p, const char *name)
{
    return mem_printf("%s/%s", p->options->state_dir, name);
}

/* Another tracker was chosen: the engine that tried the last one ends, and
 * what it still had to say is about the wrong tracker. */
static void stop_engine(struct parts *p)
{
    struct event *e;
    struct command *c = command_new(COMMAND_QUIT, link_next_request(p->link));

    if (!link_send(p->link, c)) {
        command_free(c);
    }
    engine_free(p->engine);
    p->engine = NULL;
    for (e = link_receive(p->link); e != NULL; e = link_receive(p->link)) {
        event_free(e);
    }
}

static int read_trackers(struct options *o, const char *text, struct err *e)
{
    int count;

    if (text[0] == '/') {
        count = contact_load_list(text, o->trackers, e);
        if (count < 0) {
            return count;
        }
        o->tracker_count = (size_t)count;
        return 0;
    }
    count = contact_parse(text, &o->trackers[0], e);
    o->tracker_count = count < 0 ? 0 : 1;
    return count;
}

static int on_tracker(void *arg, const char *text, struct err *e)
{
    struct parts *p = arg;
    sigset_t all, before;
    int rv = read_trackers(p->options, text, e);

    if (rv < 0) {
        return rv;
    }
    if (p->engine != NULL) {
        stop_engine(p);
    }
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* the threads inherit it */
    rv = start_engine(p->options, p->link, &p->engine, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rv;
}

/* Without a tracker on the command line, from the last time or added by a
 * command, the screen begins with asking for one, and the engine starts then.
 */
static bool is_first_run(const struct parts *p)
{
    char *last = state_file(p, "trackers");
    char *added = state_file(p, "added-trackers");
    bool first = p->options->tracker_count == 0 && access(last, F_OK) != 0 &&
                 access(added, F_OK) != 0;

    free(added);
    free(last);
    return first;
}

static void forget_tracker(const struct parts *p)
{
    static const char *const names[] = {"trackers", "known-trackers"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = state_file(p, names[i]);

        unlink(path);
        free(path);
    }
}

/* The tracker's certificate is not trusted. */
static void on_refuse(void *arg)
{
    struct parts *p = arg;

    if (p->engine != NULL) {
        stop_engine(p);
    }
    p->options->tracker_count = 0;
    forget_tracker(p);
}

/* What tells the screen things: an engine, or a recording. With a first run
 * nothing does before a tracker is named. */
static int start_source(struct parts *p, struct tui_setup *setup,
                        struct demo **demo, struct err *e)
{
    if (p->options->demo != NULL) {
        return demo_start(p->options->demo, p->link, demo, &setup->now, e);
    }
    return setup->first_run ? 0
                            : start_engine(p->options, p->link, &p->engine, e);
}

static int start_recorder(const struct options *o, struct recorder **out,
                          struct err *e)
{
    if (o->record == NULL) {
        return 0;
    }
    return recorder_new(o->record, clock_wall(), clock_now_ms(), out, e);
}

static int show(struct parts *p, struct tui_setup *setup, struct err *e)
{
    struct recorder *recorder = NULL;
    struct demo *demo = NULL;
    int rv = start_recorder(p->options, &recorder, e);

    rv = rv == 0 ? start_source(p, setup, &demo, e) : rv;
    unblock_signals();
    if (rv == 0) {
        setup->recorder = recorder;
        rv = tui_run(p->link, setup, e);
        if (rv < 0 && p->engine != NULL) {
            stop_engine(p);
        }
        engine_free(p->engine);
        demo_free(demo);
    }
    recorder_free(recorder);
    return rv;
}

static int run_screen(struct options *o)
{
    struct parts p = {.options = o, .link = link_new()};
    struct tui_setup setup = {
        .first_run = o->demo == NULL && is_first_run(&p),
        .download_dir = o->download_dir,
        .settings = &o->settings,
        .on_tracker = on_tracker,
        .on_refuse = on_refuse,
        .arg = &p,
    };
    char *history = state_file(&p, "history");
    char *errors = state_file(&p, "log");
    struct err e = {0};
    int status = 0;

    if (o->demo == NULL) { /* a recording leaves nothing behind */
        setup.history_path = history;
        setup.log_path = errors;
    }
    e.code = show(&p, &setup, &e);
    if (e.code < 0) {
        status = e.code == P2P_ENOTSUP ? 2 : plainout_status(e.code);
        fprintf(stderr, "p2ptui: %s\n", e.text);
    }
    link_free(p.link);
    free(history);
    free(errors);
    return status;
}

/* ---- Without a screen ------------------------------------------------- */

static int run(struct options *o)
{
    struct link *link = link_new();
    struct engine *engine = NULL;
    struct err e = {0};
    int status;

    e.code = start_engine(o, link, &engine, &e);
    if (e.code < 0) {
        status = complain(o, &e);
    } else {
        unblock_signals_but_ends();
        status = run_plain(o, link);
        engine_free(engine);
    }
    link_free(link);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct err e = {0};
    int status = 0;
    int rv;

    prepare_process();
    log_set_level(LOG_LEVEL_WARN);
    rv = options_read(argc, argv, &options, &e);
    use_language(&options);
    if (rv < 0) {
        e.code = rv;
        status = complain(&options, &e);
    } else if (options.mode == OPTIONS_HELP) {
        options_print_help();
    } else if (options.mode == OPTIONS_VERSION) {
        options_print_version();
    } else if (options.mode == OPTIONS_PRINT_CONFIG) {
        options_print_config(&options);
    } else if (options.demo != NULL && options.mode != OPTIONS_SCREEN) {
        e.code = err_set(&e, P2P_EUSAGE, "%s",
                         _("--demo plays on the full screen; it needs a "
                           "terminal and no -c"));
        status = complain(&options, &e);
    } else if (options.record != NULL && options.mode != OPTIONS_SCREEN) {
        e.code = err_set(&e, P2P_EUSAGE, "%s",
                         _("--record keeps what the full screen is told; it "
                           "needs a terminal and no -c"));
        status = complain(&options, &e);
    } else {
        hold_signals();
        adopt_everywhere(&options.settings);
        status = options.mode == OPTIONS_SCREEN ? run_screen(&options)
                                                : run(&options);
    }
    options_close(&options);
    if (fflush(stdout) != 0 && status == 0) {
        fprintf(stderr, "p2ptui: %s\n", _("cannot write the output"));
        status = 1;
    }
    return status;
}
