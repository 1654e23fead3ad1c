#include "config.h"

#include "tui/editor.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"

enum { EDITOR_MISSING = 127 /* what the shell says when there is none */ };

static const int held[] = {SIGINT, SIGQUIT, SIGTSTP};

enum { EDITOR_HELD = sizeof(held) / sizeof(held[0]) };

/* As system() does it, but for SIGTSTP, which stops us with the editor. */
static void hold_signals(struct sigaction before[EDITOR_HELD])
{
    struct sigaction action = {.sa_flags = 0};
    int i;

    sigemptyset(&action.sa_mask);
    for (i = 0; i < EDITOR_HELD; i++) {
        action.sa_handler = held[i] == SIGTSTP ? SIG_DFL : SIG_IGN;
        sigaction(held[i], &action, &before[i]);
    }
}

static void release_signals(const struct sigaction before[EDITOR_HELD])
{
    int i;

    for (i = 0; i < EDITOR_HELD; i++) {
        sigaction(held[i], &before[i], NULL);
    }
}

/* The program has our terminal, no blocked or ignored signals, and its errors
 * on the screen rather than in our log. `argument` is "$1" of the script. */
static int start(const char *script, const char *argument, pid_t *pid)
{
    char shell[] = "sh", option[] = "-c";
    char *text = mem_strdup(script), *first = mem_strdup(argument);
    char *const words[] = {shell, option, text, shell, first, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int number;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    number = posix_spawnp(pid, "sh", &files, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    free(text);
    free(first);
    return number;
}

/* The exit status of the script, or -1 with the reason in `e`. */
static int run(const char *script, const char *argument, struct err *e)
{
    struct sigaction before[EDITOR_HELD];
    int number, status = 0;
    pid_t pid;

    hold_signals(before);
    number = start(script, argument, &pid);
    if (number == 0) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    release_signals(before);
    if (number != 0) {
        err_set_errno(e, number, "%s", _("cannot start another program"));
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

int editor_run(const char *path, struct err *e)
{
    int status = run("exec ${VISUAL:-${EDITOR:-vi}} \"$1\"", path, e);

    if (status == EDITOR_MISSING) {
        return err_set(e, P2P_ENOENT,
                       _("There is no such editor; set VISUAL or EDITOR."));
    }
    return status < 0 ? e->code : 0;
}

int editor_manual(struct err *e)
{
    int status = run("exec man \"$1\"", "p2ptui", e);

    if (status > 0) {
        return err_set(e, P2P_ENOENT,
                       _("The manual is not installed here; ? explains keys "
                         "and commands."));
    }
    return status < 0 ? e->code : 0;
}
