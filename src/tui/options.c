#include "config.h"

#include "tui/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/secret.h"
#include "util/conf.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

enum {
    OPT_TRACKERS = 256,
    OPT_STATE_DIR,
    OPT_CONFIG,
    OPT_PLAIN,
    OPT_HEADLESS,
    OPT_JSON,
    OPT_PASSWORD_FILE,
    OPT_DOWNLOAD_DIR,
    OPT_COLOR,
    OPT_CHARS,
    OPT_NO_MOUSE,
    OPT_VERSION,
    OPT_HELP,
};

/* One option: its letter or number, name, argument and explanation. */
static const struct option_entry {
    int value;
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
    bool in_file; /* may stand in the configuration file */
} entries[] = {
    {'t', "tracker", "HOST:PORT[,sha256:HEX]",
     N_("a tracker, with its pin if known; repeatable"), true},
    {OPT_TRACKERS, "trackers", "FILE", N_("trackers from FILE, one a line"),
     true},
    {'l', "listen", "[ADDR:]PORT",
     N_("port for other members (default: a free one)"), true},
    {'p', "profile", "NAME", N_("one of several identities on this computer"),
     false},
    {OPT_STATE_DIR, "state-dir", "DIR",
     N_("keep keys, login and transfers in DIR"), false},
    {OPT_CONFIG, "config", "FILE", N_("read FILE instead of the usual files"),
     false},
    {OPT_DOWNLOAD_DIR, "download-dir", "DIR",
     N_("where downloads go that name no place"), true},
    {'c', "command", "COMMAND",
     N_("run COMMAND and exit; repeatable, in order"), false},
    {OPT_PLAIN, "plain", NULL, N_("commands line by line from standard input"),
     false},
    {OPT_HEADLESS, "headless", NULL,
     N_("no screen: run the -c commands, then serve until SIGTERM"), false},
    {OPT_JSON, "json", NULL, N_("print one JSON object for each command"),
     false},
    {OPT_PASSWORD_FILE, "password-file", "FILE",
     N_("the password is the first line of FILE"), true},
    {OPT_COLOR, "color", "WHEN",
     N_("auto, always, never, 8, 16 or 256 colours"), true},
    {OPT_CHARS, "chars", "SET", N_("auto, full, basic or ascii characters"),
     true},
    {OPT_NO_MOUSE, "no-mouse", NULL, N_("leave the mouse to the terminal"),
     false},
    {'q', "quiet", NULL, N_("no progress and no notices"), false},
    {'v', "verbose", NULL, N_("log more"), false},
    {OPT_VERSION, "version", NULL, N_("print the version and exit"), false},
    {OPT_HELP, "help", NULL, N_("print this help and exit"), false},
};

enum { ENTRIES = sizeof entries / sizeof entries[0] };

/* ---- Help -------------------------------------------------------------- */

void options_print_version(void)
{
    printf("p2ptui (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
    printf("%s", _("Copyright (C) 2026 The p2ptui authors\n"
                   "License MIT: free software, without any warranty.\n"));
}

static void print_entry(const struct option_entry *o)
{
    char *left;

    if (o->value < 256) {
        left = mem_printf("  -%c, --%s%s%s", o->value, o->name,
                          o->argument != NULL ? "=" : "",
                          o->argument != NULL ? o->argument : "");
    } else {
        left = mem_printf("      --%s%s%s", o->name,
                          o->argument != NULL ? "=" : "",
                          o->argument != NULL ? o->argument : "");
    }
    if (strlen(left) > 30) {
        printf("%s\n%30s %s\n", left, "", _(o->help));
    } else {
        printf("%-30s %s\n", left, _(o->help));
    }
    free(left);
}

void options_print_help(void)
{
    size_t i;

    printf("%s", _("Usage: p2ptui [OPTION]...\n"
                   "   or: p2ptui [OPTION]... IP:PORT TRACKERS_FILE\n"
                   "   or: p2ptui [OPTION]... TRACKER_HOST TRACKER_PORT "
                   "[LISTEN_PORT]\n"
                   "Private group file sharing from a terminal.\n\n"));
    for (i = 0; i < ENTRIES; i++) {
        print_entry(&entries[i]);
    }
    printf("%s", _("\nThe first run opens a short wizard. All commands: "
                   "p2ptui -c help; more: man p2ptui.\n"
                   "Exit status: 0 done, 1 the command failed, 2 usage, 3 no "
                   "tracker reachable,\n"
                   "4 not authorised, 5 no such user, group or file, 6 "
                   "verification or disk\n"
                   "failure, 7 timed out.\n"));
    printf(_("\nReport bugs to: %s\n"), PACKAGE_BUGREPORT);
    printf(_("p2ptui home page: <%s>\n"), PACKAGE_URL);
}

/* ---- Values ------------------------------------------------------------ */

/* What was read but needs the rest of the line to be settled. */
struct reading {
    struct options *o;
    char *config;
    bool plain, headless;
    /* Trackers named in one place (a file, the environment, the command line)
     * come together and replace those of the places before. */
    bool has_trackers_here;
};

static void next_place(struct reading *r)
{
    r->has_trackers_here = false;
}

static void name_trackers(struct reading *r)
{
    if (!r->has_trackers_here) {
        r->o->tracker_count = 0;
        r->has_trackers_here = true;
    }
}

static int add_tracker(struct reading *r, const char *text, struct err *e)
{
    struct options *o = r->o;
    struct contact c;
    int rv;

    name_trackers(r);
    if (o->tracker_count == CONTACT_LIST_MAX) {
        return err_set(e, P2P_EUSAGE, _("more than %d trackers"),
                       CONTACT_LIST_MAX);
    }
    rv = contact_parse(text, &c, e);
    if (rv == 0) {
        o->trackers[o->tracker_count++] = c;
    }
    return rv < 0 ? P2P_EUSAGE : 0;
}

/* What people say of a file that cannot be read. */
static const char *file_problem(int code)
{
    return code == P2P_ENOENT ? _("there is no such file") : _(err_text(code));
}

static int load_trackers(struct reading *r, const char *path, struct err *e)
{
    struct contact list[CONTACT_LIST_MAX];
    struct options *o = r->o;
    int count = contact_load_list(path, list, e);

    if (count < 0) {
        if (e->text[0] == '\0') {
            err_set(e, count, _("cannot read %s: %s"), path,
                    file_problem(count));
        }
        return P2P_EUSAGE;
    }
    name_trackers(r);
    if (o->tracker_count + (size_t)count > CONTACT_LIST_MAX) {
        return err_set(e, P2P_EUSAGE, _("more than %d trackers"),
                       CONTACT_LIST_MAX);
    }
    memcpy(o->trackers + o->tracker_count, list, (size_t)count * sizeof *list);
    o->tracker_count += (size_t)count;
    return 0;
}

static char *absolute(const char *path)
{
    const char *home = getenv("HOME");
    char *here, *full;

    if (path[0] == '/') {
        return mem_strdup(path);
    }
    if (path[0] == '~' && path[1] == '/' && home != NULL) {
        return mem_printf("%s%s", home, path + 1);
    }
    here = getcwd(NULL, 0);
    full = mem_printf("%s/%s", here != NULL ? here : "", path);
    free(here);
    return full;
}

static void replace(char **to, char *value)
{
    free(*to);
    *to = value;
}

static int set_listen(struct options *o, const char *text, struct err *e)
{
    if (contact_parse_listen(text, &o->listen, NULL) < 0) {
        return err_set(e, P2P_EUSAGE,
                       _("expected [ADDRESS:]PORT to listen on, with a port "
                         "from 0 to 65535: \"%s\""),
                       text);
    }
    return 0;
}

static int set_profile(struct options *o, const char *name, struct err *e)
{
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL ||
        strlen(name) > 64) {
        return err_set(e, P2P_EUSAGE,
                       _("a profile name has 1 to 64 bytes, no '/' and no dot "
                         "in front"));
    }
    replace(&o->profile, mem_strdup(name));
    return 0;
}

static int set_password_file(struct options *o, const char *path, struct err *e)
{
    char *password;
    int rv = secret_from_file(path, &password, e);

    if (rv == 0) {
        mem_free_secret(o->password);
        o->password = password;
    }
    return rv < 0 ? P2P_EUSAGE : 0;
}

static int set_choice(char **to, const char *what, const char *value,
                      const char *const *choices, struct err *e)
{
    size_t i;

    for (i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], value) == 0) {
            replace(to, mem_strdup(value));
            return 0;
        }
    }
    return err_set(e, P2P_EUSAGE, _("--%s does not know '%s'"), what, value);
}

static int add_command(struct options *o, const char *text, struct err *e)
{
    if (o->command_count == OPTIONS_COMMANDS_MAX) {
        return err_set(e, P2P_EUSAGE, _("more than %d -c options"),
                       OPTIONS_COMMANDS_MAX);
    }
    o->commands[o->command_count++] = text;
    return 0;
}

static int apply(struct reading *r, int value, const char *text, struct err *e)
{
    static const char *const colors[] = {"auto", "always", "never", "8",
                                         "16",   "256",    NULL};
    static const char *const sets[] = {"auto", "full", "basic", "ascii", NULL};
    struct options *o = r->o;

    switch (value) {
    case 't':
        return add_tracker(r, text, e);
    case OPT_TRACKERS:
        return load_trackers(r, text, e);
    case 'l':
        return set_listen(o, text, e);
    case 'p':
        return set_profile(o, text, e);
    case OPT_STATE_DIR:
        replace(&o->state_dir, absolute(text));
        return 0;
    case OPT_CONFIG:
        replace(&r->config, mem_strdup(text));
        return 0;
    case OPT_DOWNLOAD_DIR:
        replace(&o->download_dir, absolute(text));
        return 0;
    case 'c':
        return add_command(o, text, e);
    case OPT_PLAIN:
        r->plain = true;
        return 0;
    case OPT_HEADLESS:
        r->headless = true;
        return 0;
    case OPT_JSON:
        o->json = true;
        return 0;
    case OPT_PASSWORD_FILE:
        return set_password_file(o, text, e);
    case OPT_COLOR:
        return set_choice(&o->color, "color", text, colors, e);
    case OPT_CHARS:
        return set_choice(&o->chars, "chars", text, sets, e);
    case OPT_NO_MOUSE:
        o->no_mouse = true;
        return 0;
    case 'q':
        o->quiet = true;
        return 0;
    case 'v':
        o->verbose = true;
        return 0;
    case OPT_VERSION:
        o->mode = OPTIONS_VERSION;
        return 0;
    case OPT_HELP:
        o->mode = OPTIONS_HELP;
        return 0;
    default:
        return P2P_EUSAGE;
    }
}

/* ---- Files and environment ---------------------------------------------- */

static const struct option_entry *find_entry(const char *name)
{
    size_t i;

    for (i = 0; i < ENTRIES; i++) {
        if (entries[i].in_file && strcmp(entries[i].name, name) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

static int apply_line(struct reading *r, const struct conf *c,
                      const struct conf_line *line, struct err *e)
{
    const struct option_entry *o = find_entry(line->key);
    struct err why = {0};

    if (o == NULL) {
        log_warn("config", "%s:%d: unknown key %s", conf_path(c), line->line,
                 line->key);
        return 0;
    }
    if (apply(r, o->value, line->value, &why) < 0) {
        return err_set(e, P2P_EUSAGE, "%s:%d: %s", conf_path(c), line->line,
                       why.text);
    }
    return 0;
}

static int read_file(struct reading *r, const char *path, bool must_exist,
                     struct err *e)
{
    struct conf_line line;
    struct conf *c;
    size_t n;
    int rv = conf_load(path, &c, e);

    next_place(r);
    if (rv == P2P_ENOENT && !must_exist) {
        return 0;
    }
    if (rv < 0) {
        if (e->text[0] == '\0') {
            err_set(e, rv, _("cannot read %s: %s"), path, file_problem(rv));
        }
        return P2P_EUSAGE;
    }
    for (n = 0; rv == 0 && conf_line_at(c, n, &line); n++) {
        rv = apply_line(r, c, &line, e);
    }
    conf_free(c);
    return rv;
}

/* XDG: relative values of the variables are ignored. */
static char *xdg(const char *variable, const char *fallback)
{
    const char *value = getenv(variable);
    const char *home = getenv("HOME");

    if (value != NULL && value[0] == '/') {
        return mem_strdup(value);
    }
    return mem_printf("%s/%s", home != NULL ? home : "", fallback);
}

static int read_files(struct reading *r, struct err *e)
{
    char *home, *path;
    int rv;

    if (r->config != NULL) {
        return read_file(r, r->config, true, e);
    }
    rv = read_file(r, SYSCONFDIR "/xdg/p2ptui/p2ptui.conf", false, e);
    if (rv == 0) {
        home = xdg("XDG_CONFIG_HOME", ".config");
        path = mem_printf("%s/p2ptui/p2ptui.conf", home);
        rv = read_file(r, path, false, e);
        free(path);
        free(home);
    }
    return rv;
}

static int read_environment(struct reading *r, struct err *e)
{
    static const struct {
        const char *variable;
        int value;
    } variables[] = {
        {"P2PTUI_TRACKER", 't'},
        {"P2PTUI_LISTEN", 'l'},
        {"P2PTUI_DOWNLOAD_DIR", OPT_DOWNLOAD_DIR},
        {"P2PTUI_CHARS", OPT_CHARS},
        {"P2PTUI_COLOR", OPT_COLOR},
    };
    const char *value = getenv("P2PTUI_PASSWORD");
    struct err why = {0};
    size_t i;
    int rv = 0;

    next_place(r);
    if (value != NULL) {
        mem_free_secret(r->o->password);
        r->o->password = mem_strdup(value);
        unsetenv("P2PTUI_PASSWORD"); /* nothing we start needs it */
    }
    for (i = 0; rv == 0 && i < sizeof variables / sizeof variables[0]; i++) {
        value = getenv(variables[i].variable);
        if (value != NULL && value[0] != '\0') {
            rv = apply(r, variables[i].value, value, &why);
            if (rv < 0) {
                err_set(e, rv, "%s: %s", variables[i].variable, why.text);
            }
        }
    }
    return rv;
}

/* ---- The command line ---------------------------------------------------- */

static void fill_getopt(struct option *out, char *letters)
{
    size_t i;

    for (i = 0; i < ENTRIES; i++) {
        out[i].name = entries[i].name;
        out[i].has_arg =
            entries[i].argument != NULL ? required_argument : no_argument;
        out[i].flag = NULL;
        out[i].val = entries[i].value;
        if (entries[i].value < 256) {
            *letters++ = (char)entries[i].value;
            if (entries[i].argument != NULL) {
                *letters++ = ':';
            }
        }
    }
    memset(&out[ENTRIES], 0, sizeof out[ENTRIES]);
    *letters = '\0';
}

/* getopt_long() names an option that it does not know in one of two ways. */
static int refuse_option(int argc, char **argv, int value, struct err *e)
{
    const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

    if (strncmp(word, "--", 2) != 0 && optopt > 0 && optopt < 256) {
        return err_set(e, P2P_EUSAGE,
                       value == ':'
                           ? _("option -%c needs a value; see 'p2ptui --help'")
                           : _("there is no option -%c; see 'p2ptui --help'"),
                       optopt);
    }
    return err_set(e, P2P_EUSAGE,
                   value == ':'
                       ? _("option %s needs a value; see 'p2ptui --help'")
                       : _("option %s is not known, not clear or takes no "
                           "value; see 'p2ptui --help'"),
                   word);
}

/* The first pass only looks for --config, because files come before it, and
 * --json, so that errors come in the right form. */
static int scan(struct reading *r, int argc, char **argv, bool config_only,
                struct err *e)
{
    struct option longs[ENTRIES + 1];
    char letters[2 * ENTRIES + 2] = ":"; /* a missing value is told apart */
    int value, rv = 0;

    fill_getopt(longs, letters + 1);
    next_place(r);
    optind = 0; /* start anew, also behind a scan that ended early */
    opterr = 0;
    while (rv == 0) {
        value = getopt_long(argc, argv, letters, longs, NULL);
        if (value == -1) {
            break;
        }
        if (config_only) {
            if (value == OPT_CONFIG || value == OPT_JSON) {
                rv = apply(r, value, optarg, e);
            }
            continue;
        }
        if (value == '?' || value == ':') {
            return refuse_option(argc, argv, value, e);
        }
        rv = apply(r, value, optarg, e);
    }
    return rv;
}

static bool is_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* HOST PORT [LISTEN_PORT]. */
static int take_host_and_port(struct reading *r, int count, char **words,
                              struct err *e)
{
    char *text = strchr(words[0], ':') != NULL && words[0][0] != '['
                     ? mem_printf("[%s]:%s", words[0], words[1])
                     : mem_printf("%s:%s", words[0], words[1]);
    int rv;

    rv = add_tracker(r, text, e);
    free(text);
    if (rv == 0 && count == 3) {
        rv = apply(r, 'l', words[2], e);
    }
    return rv;
}

static int take_positional(struct reading *r, int count, char **words,
                           struct err *e)
{
    int rv;

    if (count == 0) {
        return 0;
    }
    if ((count == 2 || count == 3) && is_number(words[1])) {
        return take_host_and_port(r, count, words, e);
    }
    if (count == 2) { /* IP:PORT TRACKERS_FILE */
        rv = apply(r, 'l', words[0], e);
        return rv < 0 ? rv : load_trackers(r, words[1], e);
    }
    return err_set(e, P2P_EUSAGE,
                   _("wrong number of arguments; see 'p2ptui --help'"));
}

static void settle(struct reading *r)
{
    struct options *o = r->o;
    char *home;

    if (o->state_dir == NULL) {
        home = xdg("XDG_STATE_HOME", ".local/state");
        o->state_dir = mem_printf("%s/p2ptui/%s", home, o->profile);
        free(home);
    }
    if (o->download_dir == NULL) {
        o->download_dir = getcwd(NULL, 0);
        if (o->download_dir == NULL) {
            o->download_dir = absolute(".");
        }
    }
    if (o->mode == OPTIONS_HELP || o->mode == OPTIONS_VERSION) {
        return;
    }
    if (r->headless) {
        o->mode = OPTIONS_HEADLESS;
    } else if (r->plain) {
        o->mode = OPTIONS_PLAIN;
    } else if (o->command_count > 0 || o->json) {
        o->mode = o->command_count > 0 ? OPTIONS_COMMANDS : OPTIONS_PLAIN;
    } else if (!isatty(0) || !isatty(1)) {
        o->mode = OPTIONS_PLAIN;
    } else {
        o->mode = OPTIONS_SCREEN;
    }
}

int options_read(int argc, char **argv, struct options *out, struct err *e)
{
    struct reading r = {.o = out};
    int rv;

    memset(out, 0, sizeof *out);
    out->profile = mem_strdup("default");
    rv = scan(&r, argc, argv, true, e);
    if (rv == 0) {
        rv = read_files(&r, e);
    }
    if (rv == 0) {
        rv = read_environment(&r, e);
    }
    if (rv == 0) {
        rv = scan(&r, argc, argv, false, e);
    }
    if (rv == 0) {
        rv = take_positional(&r, argc - optind, argv + optind, e);
    }
    if (rv == 0) {
        settle(&r);
    }
    free(r.config);
    return rv;
}

void options_close(struct options *o)
{
    free(o->profile);
    free(o->state_dir);
    free(o->download_dir);
    free(o->color);
    free(o->chars);
    mem_free_secret(o->password);
}
