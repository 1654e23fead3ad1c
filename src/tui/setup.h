/* setup: what the main tells the screen before it starts. */
#ifndef P2P_TUI_SETUP_H
#define P2P_TUI_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct browser_source;
struct err;
struct recorder;
struct settings;

/* Strings are borrowed for as long as the screen runs; NULL means "not set". */
struct tui_setup {
    bool first_run;           /* no tracker is known: begin with the wizard */
    const char *user;         /* who logged in last, offered in the dialog */
    const char *trackers;     /* offered in the wizard's first step */
    const char *download_dir; /* offered by "Download to..." */
    const char *home;         /* "~" of the file browser; NULL: $HOME */
    const char *share_dir;    /* where it begins; NULL: the present one */
    const struct browser_source *files; /* NULL: those of this computer */
    const char *history_path;    /* lines typed before; no file when NULL */
    const char *log_path;        /* where standard error goes meanwhile */
    struct settings *settings;   /* changed by the user; NULL: all built in */
    const char *const *commands; /* run first, in order */
    size_t command_count;
    struct recorder *recorder; /* is told every event; NULL: nobody is */
    int64_t now; /* the time that is shown, seconds since 1970; 0: the real */

    /* First run: take "HOST:PORT[,sha256:HEX]" or the path of a trackers file,
     * keep it and start the engine, which connects. 0, or a code with a
     * reason in `e`. With first_run unset the engine runs already. */
    int (*on_tracker)(void *arg, const char *text, struct err *e);

    /* The user does not trust the certificate: end the engine, so that nothing
     * more is sent, and forget tracker and pin. */
    void (*on_refuse)(void *arg);
    void *arg;
};

#endif /* P2P_TUI_SETUP_H */
