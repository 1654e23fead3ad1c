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
#include "util/buf.h"
#include "util/conf.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

enum {
    OPT_TRACKERS = 256,
    OPT_STATE_DIR,
    OPT_CONFIG,
    OPT_NO_CONFIG,
    OPT_SET,
    OPT_PRINT_CONFIG,
    OPT_PLAIN,
    OPT_HEADLESS,
    OPT_JSON,
    OPT_PASSWORD_FILE,
    OPT_DOWNLOAD_DIR,
    OPT_COLOR,
    OPT_CHARS,
    OPT_NO_MOUSE,
    OPT_DEMO,
    OPT_RECORD,
    OPT_VERSION,
    OPT_HELP,
};

/* One option: its letter or number, name, argument and explanation. */
static const struct option_entry {
    int value;
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
} entries[] = {
    {'t', "tracker", "HOST:PORT[,sha256:HEX]",
     N_("a tracker, with its pin if known; repeatable")},
    {OPT_TRACKERS, "trackers", "FILE", N_("trackers from FILE, one a line")},
    {'l', "listen", "[ADDR:]PORT",
     N_("port for other members (default: a free one)")},
    {'p', "profile", "NAME", N_("one of several identities on this computer")},
    {OPT_STATE_DIR, "state-dir", "DIR",
     N_("keep keys, login and transfers in DIR")},
    {OPT_CONFIG, "config", "FILE", N_("read FILE instead of the usual files")},
    {OPT_NO_CONFIG, "no-config", NULL, N_("read no configuration file")},
    {OPT_SET, "set", "KEY=VALUE",
     N_("a setting for this run; --print-config lists them")},
    {OPT_PRINT_CONFIG, "print-config", NULL,
     N_("print all settings, and where each comes from, and exit")},
    {OPT_DOWNLOAD_DIR, "download-dir", "DIR",
     N_("where downloads go that name no place")},
    {'c', "command", "COMMAND",
     N_("run COMMAND and exit; repeatable, in order")},
    {OPT_PLAIN, "plain", NULL, N_("commands line by line from standard input")},
    {OPT_HEADLESS, "headless", NULL,
     N_("no screen: run the -c commands, then serve until SIGTERM")},
    {OPT_JSON, "json", NULL, N_("print one JSON object for each command")},
    {OPT_PASSWORD_FILE, "password-file", "FILE",
     N_("the password is the first line of FILE")},
    {OPT_COLOR, "color", "WHEN",
     N_("auto, always, never, 8, 16 or 256 colours")},
    {OPT_CHARS, "chars", "SET", N_("auto, full, basic or ascii characters")},
    {OPT_NO_MOUSE, "no-mouse", NULL, N_("leave the mouse to the terminal")},
    {OPT_DEMO, "demo", "FILE",
     N_("play a recording on the screen; nothing is sent")},
    {OPT_RECORD, "record", "FILE",
     N_("keep what the screen is told in FILE, for --demo")},
    {'q', "quiet", NULL, N_("no progress and no notices")},
    {'v', "verbose", NULL, N_("log more")},
    {OPT_VERSION, "version", NULL, N_("print the version and exit")},
    {OPT_HELP, "help", NULL, N_("print this help and exit")},
};

enum {
    ENTRIES = sizeof entries / sizeof entries[0],
    OPTIONS_CONFIG_MAX = 1024 * 1024, /* bytes of all settings with values */
};

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

void options_print_config(const struct options *o)
{
    struct buf b;

    buf_init(&b, OPTIONS_CONFIG_MAX);
    settings_print(&o->settings, &b);
    fwrite(buf_head(&b), 1, buf_length(&b), stdout);
    buf_close(&b);
}

/* ---- Values ------------------------------------------------------------ */

/* What was read but needs the rest of the line to be settled. */
struct reading {
    struct options *o;
    char *config;
    bool no_config;
    bool plain, headless;
    enum setting_origin origin; /* of what is read now */
    /* Trackers named in one place (a file, the environment, the command line)
     * come together and replace those of the places before. */
    bool has_trackers_here;
};

static void next_place(struct reading *r, enum setting_origin origin)
{
    r->has_trackers_here = false;
    r->origin = origin;
}

static void name_trackers(struct reading *r)
{
    enum setting_origin origin;

    if (r->has_trackers_here) {
        return;
    }
    r->o->tracker_count = 0;
    r->has_trackers_here = true;
    for (origin = 0; origin < ORIGIN_COUNT; origin++) {
        settings_unset(&r->o->settings, SETTING_TRACKER, origin);
        settings_unset(&r->o->settings, SETTING_TRACKERS, origin);
    }
}

static int put(struct reading *r, enum setting_id id, const char *text,
               struct err *e)
{
    return settings_put(&r->o->settings, id, r->origin, text, e);
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
        rv = put(r, SETTING_TRACKER, text, e);
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
    return put(r, SETTING_TRACKERS, path, e);
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

static int set_password_file(struct reading *r, const char *text, struct err *e)
{
    char *path = absolute(text);
    char *password;
    int rv = secret_from_file(path, &password, e);

    free(path);
    if (rv == 0) {
        mem_free_secret(r->o->password);
        r->o->password = password;
        rv = put(r, SETTING_PASSWORD_FILE, text, e);
    }
    return rv < 0 ? P2P_EUSAGE : 0;
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

/* Settings that have to be read further. */
static int give(struct reading *r, enum setting_id id, const char *text,
                struct err *e)
{
    char *full;
    int rv;

    if (text[0] == '\0') {
        return setting_check(id, text, e) < 0 ? P2P_EUSAGE : 0;
    }
    switch (id) {
    case SETTING_TRACKER:
        return add_tracker(r, text, e);
    case SETTING_TRACKERS:
        full = absolute(text);
        rv = load_trackers(r, full, e);
        free(full);
        return rv;
    case SETTING_PASSWORD_FILE:
        return set_password_file(r, text, e);
    case SETTING_DOWNLOAD_DIR:
        full = absolute(text);
        rv = put(r, id, r->origin == ORIGIN_LINE ? full : text, e);
        free(full);
        return rv;
    default:
        return put(r, id, text, e);
    }
}

/* "--set KEY=VALUE" */
static int give_pair(struct reading *r, const char *text, struct err *e)
{
    size_t length = strcspn(text, "=");
    char *key = mem_strndup(text, length);
    enum setting_id id = setting_find(key);
    int rv;

    if (text[length] != '=') {
        rv = err_set(e, P2P_EUSAGE,
                     _("--set takes KEY=VALUE, for example look.theme=dark"));
    } else if (id == SETTING_COUNT) {
        rv = err_set(e, P2P_EUSAGE,
                     _("there is no setting '%s'; see 'p2ptui "
                       "--print-config'"),
                     key);
    } else {
        rv = give(r, id, text + length + 1, e);
    }
    free(key);
    return rv;
}

static int apply(struct reading *r, int value, const char *text, struct err *e)
{
    struct options *o = r->o;

    switch (value) {
    case 't':
        return give(r, SETTING_TRACKER, text, e);
    case OPT_TRACKERS:
        return give(r, SETTING_TRACKERS, text, e);
    case 'l':
        return give(r, SETTING_LISTEN, text, e);
    case 'p':
        return set_profile(o, text, e);
    case OPT_STATE_DIR:
        replace(&o->state_dir, absolute(text));
        return 0;
    case OPT_CONFIG:
        replace(&r->config, mem_strdup(text));
        return 0;
    case OPT_NO_CONFIG:
        r->no_config = true;
        return 0;
    case OPT_SET:
        return give_pair(r, text, e);
    case OPT_DOWNLOAD_DIR:
        return give(r, SETTING_DOWNLOAD_DIR, text, e);
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
        return give(r, SETTING_PASSWORD_FILE, text, e);
    case OPT_COLOR:
        return give(r, SETTING_COLOR, text, e);
    case OPT_CHARS:
        return give(r, SETTING_CHARS, text, e);
    case OPT_NO_MOUSE:
        return put(r, SETTING_MOUSE, "off", e);
    case 'q':
        o->quiet = true;
        return 0;
    case 'v':
        return put(r, SETTING_LOG, "more", e);
    case OPT_PRINT_CONFIG:
        o->mode = OPTIONS_PRINT_CONFIG;
        return 0;
    case OPT_DEMO:
        replace(&o->demo, absolute(text));
        return 0;
    case OPT_RECORD:
        replace(&o->record, absolute(text));
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

static int apply_line(struct reading *r, const struct conf *c,
                      const struct conf_line *line, struct err *e)
{
    enum setting_id id = setting_find(line->key);
    struct err why = {0};

    if (id == SETTING_COUNT) {
        log_warn("config", "%s:%d: unknown key %s", conf_path(c), line->line,
                 line->key);
        return 0;
    }
    if (give(r, id, line->value, &why) < 0) {
        return err_set(e, P2P_EUSAGE, "%s:%d: %s", conf_path(c), line->line,
                       why.text);
    }
    return 0;
}

static int read_file(struct reading *r, const char *path,
                     enum setting_origin origin, bool must_exist, struct err *e)
{
    struct conf_line line;
    struct conf *c;
    size_t n;
    int rv = conf_load(path, &c, e);

    next_place(r, origin);
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

/* Of the directories of XDG_CONFIG_DIRS the first counts most, so it is read
 * last. */
static int read_system_files(struct reading *r, struct err *e)
{
    const char *given = getenv("XDG_CONFIG_DIRS");
    char *dirs = mem_strdup(
        given != NULL && given[0] != '\0' ? given : SYSCONFDIR "/xdg");
    char *path, *dir;
    int rv = 0;

    while (rv == 0 && dirs[0] != '\0') {
        dir = strrchr(dirs, ':');
        dir = dir == NULL ? dirs : dir + 1;
        if (dir[0] == '/') {
            path = mem_printf("%s/p2ptui/p2ptui.conf", dir);
            rv = read_file(r, path, ORIGIN_SYSTEM, false, e);
            free(path);
        }
        dir[dir > dirs ? -1 : 0] = '\0';
    }
    free(dirs);
    return rv;
}

static int read_files(struct reading *r, struct err *e)
{
    char *home;
    int rv;

    if (r->no_config) {
        return 0; /* and nothing is kept */
    }
    if (r->config != NULL) {
        replace(&r->o->settings.path, absolute(r->config));
        return read_file(r, r->config, ORIGIN_FILE, true, e);
    }
    home = xdg("XDG_CONFIG_HOME", ".config");
    replace(&r->o->settings.path, mem_printf("%s/p2ptui/p2ptui.conf", home));
    free(home);
    rv = read_system_files(r, e);
    return rv < 0 ? rv
                  : read_file(r, r->o->settings.path, ORIGIN_FILE, false, e);
}

static int read_environment(struct reading *r, struct err *e)
{
    const char *value = getenv("P2PTUI_PASSWORD");
    char variable[SETTING_NAME_MAX];
    struct err why = {0};
    enum setting_id id;
    int rv = 0;

    next_place(r, ORIGIN_ENVIRONMENT);
    if (value != NULL) {
        mem_free_secret(r->o->password);
        r->o->password = mem_strdup(value);
        unsetenv("P2PTUI_PASSWORD"); /* nothing we start needs it */
    }
    for (id = 0; rv == 0 && id < SETTING_COUNT; id++) {
        value = getenv(setting_variable(id, variable));
        if (value != NULL && value[0] != '\0') {
            rv = give(r, id, value, &why);
            if (rv < 0) {
                err_set(e, rv, "%s: %s", variable, why.text);
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

/* The first pass only looks for --config and --no-config, because files come
 * before the command line, and --json, so that errors come in the right form.
 */
static int scan(struct reading *r, int argc, char **argv, bool config_only,
                struct err *e)
{
    struct option longs[ENTRIES + 1];
    char letters[2 * ENTRIES + 2] = ":"; /* a missing value is told apart */
    int value, rv = 0;

    fill_getopt(longs, letters + 1);
    next_place(r, ORIGIN_LINE);
    optind = 0; /* start anew, also behind a scan that ended early */
    opterr = 0;
    while (rv == 0) {
        value = getopt_long(argc, argv, letters, longs, NULL);
        if (value == -1) {
            break;
        }
        if (config_only) {
            if (value == OPT_CONFIG || value == OPT_NO_CONFIG ||
                value == OPT_JSON) {
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
    o->download_dir = settings_path(&o->settings, SETTING_DOWNLOAD_DIR);
    if (o->download_dir == NULL) {
        o->download_dir = getcwd(NULL, 0);
        if (o->download_dir == NULL) {
            o->download_dir = absolute(".");
        }
    }
    contact_parse_listen(settings_value(&o->settings, SETTING_LISTEN),
                         &o->listen, NULL);
    if (o->mode == OPTIONS_HELP || o->mode == OPTIONS_VERSION ||
        o->mode == OPTIONS_PRINT_CONFIG) {
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
    settings_init(&out->settings);
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
    free(o->demo);
    free(o->record);
    settings_close(&o->settings);
    mem_free_secret(o->password);
}
