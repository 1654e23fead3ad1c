#include "config.h"

#include "tui/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/mem.h"

bool spawn_exists(const char *program)
{
    const char *path = getenv("PATH");

    while (path != NULL && *path != '\0') {
        size_t length = strcspn(path, ":");
        char *file = mem_printf("%.*s/%s", (int)length, path, program);
        bool found = access(file, X_OK) == 0;

        free(file);
        if (found) {
            return true;
        }
        path += length;
        path += *path == ':' ? 1 : 0;
    }
    return false;
}

/* A file without a name, so that nobody waits for the program to read. */
static int open_input(const char *input)
{
    int fd;

    if (input == NULL) {
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    fd = memfd_create("p2ptui", MFD_CLOEXEC);
    if (fd >= 0 && (fd_write_all(fd, input, strlen(input)) < 0 ||
                    lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* After fork() in a program with threads: only functions that are safe in
 * signal handlers. */
static void become(char *const arguments[], int input, int nowhere)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;
    int number;

    for (number = 1; number < NSIG; number++) {
        sigaction(number, &usual, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(input, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execvp(arguments[0], arguments);
    _exit(127);
}

/* Forked twice, so that it becomes a child of init and leaves no zombie. */
bool spawn_detached(char *const arguments[], const char *input)
{
    int in = open_input(input);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    pid_t child = in < 0 || nowhere < 0 ? -1 : fork();
    int status = 0;

    if (child == 0) {
        pid_t grandchild;

        setsid();
        grandchild = fork();
        if (grandchild == 0) {
            become(arguments, in, nowhere);
        }
        _exit(grandchild < 0 ? 1 : 0);
    }
    if (in >= 0) {
        close(in);
    }
    if (nowhere >= 0) {
        close(nowhere);
    }
    if (child < 0) {
        return false;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
