/* options: the command line, the environment and the configuration file of
 * p2ptui, read into one struct. One table makes the parser and --help.
 *
 * Precedence: built in < system file < user's file < environment P2PTUI_... <
 * command line. What the files may say is the table of tui/setting.h.
 */
#ifndef P2P_TUI_OPTIONS_H
#define P2P_TUI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/setting.h"
#include "util/contact.h"

struct err;

enum {
    OPTIONS_COMMANDS_MAX = 256, /* -c options */
};

enum options_mode {
    OPTIONS_SCREEN,
    OPTIONS_PLAIN,    /* lines from standard input */
    OPTIONS_COMMANDS, /* only -c */
    OPTIONS_HEADLESS,
    OPTIONS_HELP, /* print and exit 0 */
    OPTIONS_VERSION,
    OPTIONS_PRINT_CONFIG,
};

struct options {
    enum options_mode mode;
    struct contact trackers[CONTACT_LIST_MAX];
    size_t tracker_count;
    struct contact listen; /* host "" and port 0 by default */
    char *profile;         /* "default" */
    char *state_dir;       /* absolute */
    char *download_dir;    /* absolute */
    char *demo;            /* recording to play, absolute; or NULL */
    char *record;          /* file to make, absolute; or NULL */
    bool json, quiet;
    struct settings settings; /* with all of the above that may be kept */
    char *password;           /* from a file or the environment; wiped */
    const char *commands[OPTIONS_COMMANDS_MAX]; /* borrowed from argv */
    size_t command_count;
};

/* Read everything. P2P_EUSAGE or another code with a sentence in `e`. Release
 * with options_close() in any case. */
int options_read(int argc, char **argv, struct options *out, struct err *e);
void options_close(struct options *o);

void options_print_help(void);
void options_print_version(void);
void options_print_config(const struct options *o);

#endif /* P2P_TUI_OPTIONS_H */
