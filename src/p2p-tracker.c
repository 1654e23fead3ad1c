#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tracker/keys.h"
#include "tracker/status.h"
#include "tracker/tracker.h"
#include "util/conf.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/units.h"

#define PROGRAM "p2p-tracker"

enum { EXIT_USAGE = 2 };

/* What the command line and the configuration file say; the command line
 * wins. Strings are owned. */
struct options {
    struct tracker_setup setup;
    char *data_dir;
    char *config;
    bool config_is_given;
    char *listen; /* of the command line; NULL: not given */
    char *http;
    char *command_dir;
    bool wants_fingerprint;
    bool wants_status;
    enum log_level level;
};

/* ---- Messages ----------------------------------------------------------- */

static int usage_error(const char *text)
{
    fprintf(stderr, "%s: %s\n", PROGRAM, text);
    fprintf(stderr, _("Try '%s --help' for more information.\n"), PROGRAM);
    return EXIT_USAGE;
}

static int close_output(void)
{
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        fprintf(stderr, "%s: %s: %s\n", PROGRAM, _("standard output"),
                strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static int show_version(void)
{
    printf("%s (p2ptui) %s\n", PROGRAM, PACKAGE_VERSION);
    puts(
        _("License MIT.\n"
          "This is free software: you are free to change and redistribute it.\n"
          "There is NO WARRANTY, to the extent permitted by law."));
    return close_output();
}

static int show_help(void)
{
    printf(_("Usage: %s [OPTION]... [PORT]\n"
             "   or: %s [OPTION]... TRACKERS_FILE ID\n"
             "   or: %s status [OPTION]...\n"),
           PROGRAM, PROGRAM, PROGRAM);
    fputs(
        _("Keep the accounts, groups and lists of files of p2ptui users.\n"
          "\n"
          "Without arguments it listens on port 16666 of all addresses.\n"
          "TRACKERS_FILE has a tracker a line; ID is the line of this one,\n"
          "from 1.\n"
          "\n"
          "      --data-dir DIR         state and keys (default: "
          "$STATE_DIRECTORY, else\n"
          "                               "
          "$XDG_STATE_HOME/p2p-tracker)\n"
          "      --listen [ADDR:]PORT   where clients connect; port 0 takes a "
          "free one\n"
          "      --http [ADDR:]PORT|off metrics and health (default: "
          "127.0.0.1:16667)\n"
          "      --config FILE          configuration file\n"
          "      --fingerprint          print the pin of this tracker and "
          "exit\n"
          "      --help                 show this help and exit\n"
          "      --version              show the version and exit\n"),
        stdout);
    printf(_("\nReport bugs to: %s\n%s home page: <%s>\n"), PACKAGE_BUGREPORT,
           PACKAGE_NAME, PACKAGE_URL);
    return close_output();
}

/* ---- Values ------------------------------------------------------------- */

static int read_http(const char *text, struct tracker_setup *s, struct err *e)
{
    struct contact c;
    int rv;

    if (strcmp(text, "off") == 0) {
        s->has_http = false;
        return 0;
    }
    rv = contact_parse_listen(text, &c, e);
    if (rv < 0) {
        return rv;
    }
    if (c.host[0] == '\0') { /* figures are not for everybody */
        snprintf(c.host, sizeof(c.host), "127.0.0.1");
    }
    s->has_http = true;
    s->http = c;
    return 0;
}

static int read_count(const char *text, unsigned *out, struct err *e)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' ||
        value == 0 || value > 1000000) {
        return err_set(e, P2P_EINVAL, "'%s' is not a number from 1 to 1000000",
                       text);
    }
    *out = (unsigned)value;
    return 0;
}

static int read_level(const char *text, enum log_level *out, struct err *e)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    int i;

    for (i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (enum log_level)i;
            return 0;
        }
    }
    return err_set(e, P2P_EINVAL, "'%s' is not error, warn, info or debug",
                   text);
}

static void set_text(char **at, const char *text)
{
    free(*at);
    *at = mem_strdup(text);
}

/* One line of the configuration file. P2P_ENOENT for an unknown key. */
static int apply_key(struct options *o, const char *key, const char *value,
                     struct err *e)
{
    struct tracker_setup *s = &o->setup;

    if (strcmp(key, "data-dir") == 0) {
        set_text(&o->data_dir, value);
        return 0;
    }
    if (strcmp(key, "listen") == 0) {
        return contact_parse_listen(value, &s->listen, e);
    }
    if (strcmp(key, "http") == 0) {
        return read_http(value, s, e);
    }
    if (strcmp(key, "log-level") == 0) {
        return read_level(value, &o->level, e);
    }
    if (strcmp(key, "min-free") == 0) {
        int rv = units_parse_size(value, &s->min_free);

        return rv < 0 ? err_set(e, rv, "'%s' is not a size", value) : 0;
    }
    if (strcmp(key, "max-anonymous") == 0) {
        return read_count(value, &s->max_anonymous, e);
    }
    if (strcmp(key, "max-per-address") == 0) {
        return read_count(value, &s->max_per_address, e);
    }
    if (strcmp(key, "requests-per-second") == 0) {
        return read_count(value, &s->rate, e);
    }
    if (strcmp(key, "requests-burst") == 0) {
        return read_count(value, &s->burst, e);
    }
    return P2P_ENOENT;
}

/* Read the configuration file into `o`; a missing default file is fine. */
static int apply_config(struct options *o, struct err *e)
{
    struct conf *c = NULL;
    struct conf_line line;
    struct err why = {0, ""};
    size_t n;
    int rv = conf_load(o->config, &c, e);

    if (rv == P2P_ENOENT && !o->config_is_given) {
        return 0;
    }
    if (rv == P2P_ENOENT) {
        return err_set(e, rv, "cannot read %s: no such file", o->config);
    }
    if (rv < 0) {
        return rv;
    }
    for (n = 0; rv == 0 && conf_line_at(c, n, &line); n++) {
        rv = apply_key(o, line.key, line.value, &why);
        if (rv == P2P_ENOENT) {
            log_warn("config", "%s:%d: unknown key '%s'", o->config, line.line,
                     line.key);
            rv = 0;
        } else if (rv < 0) {
            err_set(e, rv, "%s:%d: %s: %s", o->config, line.line, line.key,
                    why.text);
        }
    }
    conf_free(c);
    return rv;
}

/* The configuration file, then what the command line says over it. */
static int resolve(struct options *o, struct err *e)
{
    int rv;

    o->level = LOG_LEVEL_INFO;
    rv = apply_config(o, e);
    if (rv == 0 && o->listen != NULL) {
        rv = contact_parse_listen(o->listen, &o->setup.listen, e);
    }
    if (rv == 0 && o->http != NULL) {
        rv = read_http(o->http, &o->setup, e);
    }
    if (o->command_dir != NULL) {
        set_text(&o->data_dir, o->command_dir);
    }
    return rv;
}

/* Where systemd says, where XDG says, or below the home directory. */
static char *default_data_dir(void)
{
    const char *dir = getenv("STATE_DIRECTORY");

    if (dir != NULL && dir[0] == '/') {
        return mem_strdup(dir);
    }
    dir = getenv("XDG_STATE_HOME");
    if (dir != NULL && dir[0] == '/') {
        return mem_printf("%s/p2p-tracker", dir);
    }
    dir = getenv("HOME");
    if (dir != NULL && dir[0] == '/') {
        return mem_printf("%s/.local/state/p2p-tracker", dir);
    }
    return NULL;
}

/* ---- Command line ------------------------------------------------------- */

/* A trackers file and the line of this tracker. */
static int use_trackers_file(struct options *o, const char *file,
                             const char *id)
{
    struct contact list[CONTACT_LIST_MAX];
    struct err e = {0, ""};
    unsigned number = 0;
    int count = contact_load_list(file, list, &e);

    if (count < 0) {
        fprintf(stderr, "%s: %s\n", PROGRAM, e.text);
        return EXIT_USAGE;
    }
    if (read_count(id, &number, &e) < 0 || number > (unsigned)count) {
        fprintf(stderr, _("%s: ID must be a line of %s, from 1 to %d\n"),
                PROGRAM, file, count);
        return EXIT_USAGE;
    }
    if (count > 1) {
        fprintf(stderr,
                _("%s: %s names %d trackers, but replication is not part of "
                  "this version; a file with one line works\n"),
                PROGRAM, file, count);
        return EXIT_USAGE;
    }
    if (o->listen == NULL) {
        char text[CONTACT_HOST_MAX + 10];

        contact_format(&list[0], text, sizeof(text));
        o->listen = mem_strdup(text);
    }
    return EXIT_SUCCESS;
}

static int use_arguments(struct options *o, int count, char **arguments)
{
    struct contact c;
    struct err e = {0, ""};

    if (count == 0) {
        return EXIT_SUCCESS;
    }
    if (count == 1 && strcmp(arguments[0], "status") == 0) {
        o->wants_status = true;
        return EXIT_SUCCESS;
    }
    if (count == 2) {
        return use_trackers_file(o, arguments[0], arguments[1]);
    }
    if (count > 2) {
        return usage_error(_("too many arguments"));
    }
    if (strspn(arguments[0], "0123456789") != strlen(arguments[0]) ||
        contact_parse_listen(arguments[0], &c, &e) < 0) {
        fprintf(stderr, _("%s: '%s' is neither a port nor a command\n"),
                PROGRAM, arguments[0]);
        return EXIT_USAGE;
    }
    if (o->listen == NULL) {
        o->listen = mem_strdup(arguments[0]);
    }
    return EXIT_SUCCESS;
}

enum {
    OPTION_DATA_DIR = 256,
    OPTION_LISTEN,
    OPTION_HTTP,
    OPTION_CONFIG,
    OPTION_FINGERPRINT,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option long_options[] = {
    {"data-dir", required_argument, NULL, OPTION_DATA_DIR},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"http", required_argument, NULL, OPTION_HTTP},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"fingerprint", no_argument, NULL, OPTION_FINGERPRINT},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

/* -1: go on; otherwise the exit status. */
static int parse(struct options *o, int argc, char **argv)
{
    int option;
    int rv;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_DATA_DIR:
            set_text(&o->command_dir, optarg);
            break;
        case OPTION_LISTEN:
            set_text(&o->listen, optarg);
            break;
        case OPTION_HTTP:
            set_text(&o->http, optarg);
            break;
        case OPTION_CONFIG:
            set_text(&o->config, optarg);
            o->config_is_given = true;
            break;
        case OPTION_FINGERPRINT:
            o->wants_fingerprint = true;
            break;
        case OPTION_HELP:
            return show_help();
        case OPTION_VERSION:
            return show_version();
        default:
            fprintf(stderr, _("Try '%s --help' for more information.\n"),
                    PROGRAM);
            return EXIT_USAGE;
        }
    }
    rv = use_arguments(o, argc - optind, argv + optind);
    return rv == EXIT_SUCCESS ? -1 : rv;
}

/* ---- The process -------------------------------------------------------- */

/* No files for others, no core with keys in it, no death by a closed socket or
 * a file size limit. */
static void harden(void)
{
    struct rlimit limit = {0, 0};

    umask(077);
    setrlimit(RLIMIT_CORE, &limit);
#ifndef __SANITIZE_ADDRESS__ /* its leak check must look into the process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Tell the service manager (sd_notify(3)), when there is one. */
static void tell_manager(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length;
    int fd;

    if (path == NULL || (path[0] != '/' && path[0] != '@')) {
        return;
    }
    length = strlen(path);
    if (length >= sizeof(to.sun_path)) {
        return;
    }
    memcpy(to.sun_path, path, length);
    if (path[0] == '@') {
        to.sun_path[0] = '\0'; /* an abstract socket */
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
        close(fd);
    }
}

struct running {
    struct options *options;
    struct tracker *tracker;
};

static void reload(void *arg)
{
    struct running *r = arg;
    struct err e = {0, ""};
    struct options fresh = *r->options;

    tracker_setup_init(&fresh.setup);
    fresh.data_dir = NULL; /* does not change while running */
    tell_manager("RELOADING=1");
    if (resolve(&fresh, &e) < 0) {
        log_error("tracker", "not reloaded: %s", e.text);
    } else {
        log_set_level(fresh.level);
        tracker_reload(r->tracker, &fresh.setup);
        log_info("tracker", "configuration reloaded");
    }
    free(fresh.data_dir);
    tell_manager("READY=1");
}

static int run(struct options *o)
{
    struct running r = {o, NULL};
    struct err e = {0, ""};
    char address[CONTACT_HOST_MAX + 10];
    char http[CONTACT_HOST_MAX + 10];

    o->setup.data_dir = o->data_dir;
    if (tracker_new(&o->setup, &r.tracker, &e) < 0) {
        fprintf(stderr, "%s: %s\n", PROGRAM, e.text);
        return EXIT_FAILURE;
    }
    tracker_on_reload(r.tracker, reload, &r);
    tracker_address(r.tracker, address, sizeof(address));
    tracker_http_address(r.tracker, http, sizeof(http));
    log_info("tracker", "listening on %s, http %s, pin sha256:%s, data in %s",
             address, http, tracker_pin(r.tracker), o->data_dir);
    tell_manager("READY=1");
    tracker_run(r.tracker);
    tell_manager("STOPPING=1");
    tracker_free(r.tracker);
    return EXIT_SUCCESS;
}

static int show_fingerprint(const struct options *o)
{
    struct keys k;
    struct err e = {0, ""};

    if (keys_open(o->data_dir, &k, &e) < 0) {
        fprintf(stderr, "%s: %s\n", PROGRAM, e.text);
        return EXIT_FAILURE;
    }
    printf("sha256:%s\n", k.pin);
    keys_close(&k);
    return close_output();
}

static int show_status(const struct options *o)
{
    struct err e = {0, ""};

    if (!o->setup.has_http) {
        return usage_error(_("without HTTP there is nobody to ask"));
    }
    if (status_print(&o->setup.http, stdout, &e) < 0) {
        fprintf(stderr, "%s: %s\n", PROGRAM, e.text);
        return EXIT_FAILURE;
    }
    return close_output();
}

static int start(struct options *o)
{
    struct err e = {0, ""};

    if (resolve(o, &e) < 0) {
        fprintf(stderr, "%s: %s\n", PROGRAM, e.text);
        return EXIT_USAGE;
    }
    log_set_level(o->level);
    if (o->wants_status) {
        return show_status(o);
    }
    if (o->data_dir == NULL) {
        o->data_dir = default_data_dir();
    }
    if (o->data_dir == NULL) {
        return usage_error(_("where is the state? use --data-dir"));
    }
    return o->wants_fingerprint ? show_fingerprint(o) : run(o);
}

int main(int argc, char **argv)
{
    struct options o = {0};
    int status;

    setlocale(LC_ALL, "");
    bindtextdomain(PACKAGE, LOCALEDIR);
    textdomain(PACKAGE);
    harden();
    tracker_setup_init(&o.setup);
    o.config = mem_strdup(SYSCONFDIR "/p2p/p2p-tracker.conf");
    status = parse(&o, argc, argv);
    if (status < 0) {
        status = start(&o);
    }
    free(o.data_dir);
    free(o.config);
    free(o.listen);
    free(o.http);
    free(o.command_dir);
    return status;
}
