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
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "msgq/link.h"
#include "tui/options.h"
#include "tui/plain.h"
#include "tui/plainout.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"

static int complain(const struct err *e)
{
    fprintf(stderr, "p2ptui: %s\n", e->text);
    return plainout_status(e->code);
}

/* What every thread inherits, so it comes before the first of them. */
static void prepare_process(void)
{
    sigset_t all;

    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* files and protocols are not localised */
    bindtextdomain(PACKAGE, LOCALEDIR);
    textdomain(PACKAGE);
    umask(077);
    prctl(PR_SET_DUMPABLE, 0); /* keys and passwords are in memory */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
}

/* The front end's thread takes signals; the engine's threads never do. */
static void unblock_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
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

static int run_plain(const struct options *o, struct link *link)
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
    };

    return plain_run(&setup);
}

static int run(const struct options *o)
{
    struct link *link = link_new();
    struct engine *engine = NULL;
    struct err e = {0};
    int status;

    e.code = start_engine(o, link, &engine, &e);
    if (e.code < 0) {
        status = complain(&e);
    } else {
        unblock_signals();
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
    if (rv < 0) {
        e.code = rv;
        status = complain(&e);
    } else if (options.mode == OPTIONS_HELP) {
        options_print_help();
    } else if (options.mode == OPTIONS_VERSION) {
        options_print_version();
    } else {
        log_set_level(options.verbose ? LOG_LEVEL_INFO : LOG_LEVEL_WARN);
        status = run(&options);
    }
    options_close(&options);
    if (fflush(stdout) != 0 && status == 0) {
        fprintf(stderr, "p2ptui: %s\n", _("cannot write the output"));
        status = 1;
    }
    return status;
}
