#include "config.h"

#include "tui/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/mem.h"

enum {
    SECRET_MAX = 1024 /* bytes; the longest password an account may have */
};

int secret_from_file(const char *path, char **out, struct err *e)
{
    uint8_t *text = NULL;
    struct stat st;
    int rv;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
        (st.st_mode & 077) != 0) {
        return err_set(e, P2P_EACCES,
                       _("%s can be read by others; run: chmod 600 %s"), path,
                       path);
    }
    rv = fd_read_file(path, SECRET_MAX + 2, &text, NULL);
    if (rv < 0) {
        return err_set(e, rv, _("cannot read the password from %s: %s"), path,
                       rv == P2P_ENOENT ? _("there is no such file")
                                        : _(err_text(rv)));
    }
    text[strcspn((char *)text, "\r\n")] = '\0';
    if (text[0] == '\0') {
        free(text);
        return err_set(e, P2P_EUSAGE,
                       _("the first line of %s is empty; write "
                         "the password there"),
                       path);
    }
    *out = (char *)text;
    return 0;
}

/* Read a line byte by byte, so that nothing behind it is lost. 1 on a line, 0
 * at the end of input. */
static int read_line(int fd, char *line)
{
    size_t n = 0;
    ssize_t got;
    char c;

    for (;;) {
        got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || c == 3 || (c == 4 && n == 0)) {
            return 0;
        }
        if (c == '\n' || c == '\r') {
            line[n] = '\0';
            return 1;
        }
        if (n < SECRET_MAX) {
            line[n++] = c;
        }
    }
}

int secret_ask(const char *prompt, char **out, struct err *e)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios before, silent;
    char line[SECRET_MAX + 1];
    int rv = 0;

    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        return err_set(e, P2P_EUSAGE,
                       _("a password is needed and there is no terminal to "
                         "ask on; use --password-file FILE or the "
                         "environment's P2PTUI_PASSWORD"));
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    tcsetattr(fd, TCSAFLUSH, &silent);
    fd_write_all(fd, prompt, strlen(prompt));
    if (read_line(fd, line) == 0) {
        rv = err_set(e, P2P_ECANCELED, _("canceled"));
    }
    tcsetattr(fd, TCSAFLUSH, &before);
    fd_write_all(fd, "\n", 1);
    close(fd);
    if (rv == 0) {
        *out = mem_strdup(line);
    }
    mem_wipe(line, sizeof line);
    return rv;
}
