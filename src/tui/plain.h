/* plain: p2ptui without a screen: -c commands, lines from standard input, and
 * the headless mode. The same language and the same answers as the ":" line.
 */
#ifndef P2P_TUI_PLAIN_H
#define P2P_TUI_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

struct link;
struct settings;

struct plain_setup {
    struct link *link;           /* to a running engine; borrowed */
    const char *const *commands; /* run first, in order */
    size_t command_count;
    bool reads_input; /* then lines from standard input */
    bool serves;      /* then serve until SIGTERM or SIGINT */
    bool json;
    bool quiet;                /* no progress and no notices */
    const char *password;      /* instead of asking; NULL: ask */
    struct settings *settings; /* shown and changed by "set" */
};

/* Run, and stop the engine before returning. Returns the exit status: that of
 * the command that failed (-c stops there) or of the last line. SIGINT gives a
 * running command up and leaves with 130; SIGTERM stops cleanly. Block these
 * and SIGHUP before the call, or one that comes early ends the process. */
int plain_run(const struct plain_setup *setup);

#endif /* P2P_TUI_PLAIN_H */
