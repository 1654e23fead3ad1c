#include "config.h"

#include "tests/tui/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>
#include <cmocka.h>

#include "util/clock.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/text.h"

enum {
    PTY_FRAME_FD = 9,
    PTY_STEP_MS = 200,
    PTY_MARK = 0x7f, /* no program sends it, every terminal ignores it */
};

bool pty_is_possible(void)
{
    int master, slave;

    if (openpty(&master, &slave, NULL, NULL, NULL) != 0) {
        return false;
    }
    close(master);
    close(slave);
    return true;
}

bool pty_knows(const char *term)
{
    static const char *const places[] = {"/etc/terminfo", "/lib/terminfo",
                                         "/usr/share/terminfo",
                                         "/usr/lib/terminfo"};
    size_t i;
    bool found = false;

    for (i = 0; i < sizeof(places) / sizeof(places[0]) && !found; i++) {
        char *path = mem_printf("%s/%c/%s", places[i], term[0], term);

        found = access(path, R_OK) == 0;
        free(path);
    }
    return found;
}

const char *pty_demo(void)
{
    static char path[4096];
    const char *build = getenv("builddir");

    snprintf(path, sizeof(path), "%s/tests/tui/screen_demo",
             build == NULL ? "." : build);
    return path;
}

/* ---- The emulator ----------------------------------------------------- */

static int on_property(VTermProp property, VTermValue *value, void *arg)
{
    struct pty *p = arg;

    switch (property) {
    case VTERM_PROP_ALTSCREEN:
        p->alternate = value->boolean;
        break;
    case VTERM_PROP_CURSORVISIBLE:
        p->cursor = value->boolean;
        break;
    default:
        break;
    }
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void open_emulator(struct pty *p)
{
    p->vterm = vterm_new(p->height, p->width);
    vterm_set_utf8(p->vterm, 1);
    p->screen = vterm_obtain_screen(p->vterm);
    vterm_screen_enable_altscreen(p->screen, 1);
    vterm_screen_set_callbacks(p->screen, &callbacks, p);
    vterm_screen_reset(p->screen, 1);
    p->cursor = true;
}

/* What the emulator answers goes to the program, as from a real terminal. */
static void pass_answers(struct pty *p)
{
    char bytes[4096];
    size_t count = vterm_output_read(p->vterm, bytes, sizeof(bytes));

    if (count > 0) {
        assert_int_equal(fd_write_all(p->master, bytes, count), 0);
    }
}

/* ---- Starting --------------------------------------------------------- */

static void become(struct pty *p, const struct pty_run *run, int frames)
{
    char *frame_fd = mem_printf("%d", PTY_FRAME_FD);
    char *arguments[9] = {NULL};
    size_t i;

    login_tty(p->slave);
    dup2(frames, PTY_FRAME_FD);
    setenv("TERM", run->term, 1);
    setenv("LC_ALL", run->locale == NULL ? "C.UTF-8" : run->locale, 1);
    setenv("P2PTUI_FRAME_FD", frame_fd, 1);
    setenv("P2PTUI_NOW", "1795269731", 1);
    unsetenv("NO_COLOR");
    unsetenv("TMUX");
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("COLUMNS");
    unsetenv("LINES");
    unsetenv("ESCDELAY");
    if (run->environment != NULL) {
        putenv(mem_strdup(run->environment));
    }
    signal(SIGHUP, run->hangup_ignored ? SIG_IGN : SIG_DFL);
    if (run->run != NULL) {
        _exit(run->run(run->arg));
    }
    for (i = 0; i < 8 && run->arguments[i] != NULL; i++) {
        arguments[i] = mem_strdup(run->arguments[i]);
    }
    execv(arguments[0], arguments);
    _exit(127);
}

void pty_open(struct pty *p, const struct pty_run *run)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    int frames[2];

    memset(p, 0, sizeof(*p));
    p->width = size.ws_col;
    p->height = size.ws_row;
    assert_int_equal(openpty(&p->master, &p->slave, NULL, NULL, &size), 0);
    assert_int_equal(pipe(frames), 0);
    fcntl(p->master, F_SETFD, FD_CLOEXEC);
    fcntl(frames[0], F_SETFD, FD_CLOEXEC);
    assert_int_equal(tcgetattr(p->slave, &p->before), 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        become(p, run, frames[1]);
    }
    close(frames[1]);
    fcntl(p->slave, F_SETFD, FD_CLOEXEC);
    fd_set_nonblocking(p->master);
    fd_set_nonblocking(frames[0]);
    p->frame_fd = frames[0];
    p->output = mem_calloc(1, 1);
    open_emulator(p);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

void pty_close(struct pty *p)
{
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    close_fd(&p->master);
    close_fd(&p->slave);
    close_fd(&p->frame_fd);
    vterm_free(p->vterm);
    free(p->output);
}

/* ---- Waiting ---------------------------------------------------------- */

/* Our own marks are taken out. */
static void take_output(struct pty *p)
{
    char bytes[65536];
    ssize_t count = read(p->master, bytes, sizeof(bytes)), i;
    size_t kept = 0;

    for (i = 0; i < count; i++) {
        if (bytes[i] == PTY_MARK) {
            p->marks++;
        } else {
            bytes[kept++] = bytes[i];
        }
    }
    p->output = mem_resize(p->output, p->length + kept + 1, 1);
    memcpy(p->output + p->length, bytes, kept);
    p->length += kept;
    p->output[p->length] = '\0';
    vterm_input_write(p->vterm, bytes, kept);
    pass_answers(p);
}

/* Lines of "frame N idle" or "frame N busy". */
static void take_frames(struct pty *p)
{
    char bytes[4096];
    ssize_t count = read(p->frame_fd, bytes, sizeof(bytes)), i;

    for (i = 0; i < count; i++) {
        if (bytes[i] == '\n') {
            p->frames++;
            p->idle = i > 0 && bytes[i - 1] == 'e';
        }
    }
    if (count == 0) {
        close_fd(&p->frame_fd); /* it ended */
    }
}

/* Take what is there; false when nothing came within `ms`. */
static bool pump(struct pty *p, int ms)
{
    struct pollfd fds[2] = {{.fd = p->master, .events = POLLIN},
                            {.fd = p->frame_fd, .events = POLLIN}};

    if (poll(fds, 2, ms) <= 0) {
        return false;
    }
    if (fds[0].revents & POLLIN) {
        take_output(p);
    }
    if (fds[1].revents != 0) {
        take_frames(p);
    }
    return (fds[0].revents & POLLIN) != 0 || fds[1].revents != 0;
}

bool pty_take(struct pty *p, int ms)
{
    return pump(p, ms);
}

/* One more step of waiting, or the end of patience. */
static void wait_on(struct pty *p, int64_t end, const char *what)
{
    if (clock_now_ms() > end) {
        char *text = pty_text(p);

        print_message("%s\n", text);
        free(text);
        fail_msg("no %s", what);
    }
    pump(p, PTY_STEP_MS);
}

/* What a program wrote reaches the other end some time later. A mark that we
 * write behind it tells when all of it has come. */
static void settle(struct pty *p)
{
    int64_t end = clock_now_ms() + PTY_PATIENCE_MS;
    unsigned marks = p->marks;
    char mark = PTY_MARK;

    if (p->slave < 0) {
        return;
    }
    assert_int_equal(write(p->slave, &mark, 1), 1);
    while (p->marks == marks) {
        wait_on(p, end, "mark");
    }
}

void pty_wait_frames(struct pty *p, int count)
{
    int64_t end = clock_now_ms() + PTY_PATIENCE_MS;

    while (p->frames < count) {
        wait_on(p, end, "frame");
    }
    settle(p);
}

/* Nothing that was asked is unanswered, and all that was drawn has come. */
void pty_wait_idle(struct pty *p)
{
    int64_t end = clock_now_ms() + PTY_PATIENCE_MS;

    while (!p->idle) {
        wait_on(p, end, "idle frame");
    }
    settle(p);
}

void pty_wait_text(struct pty *p, const char *text, bool there)
{
    int64_t end = clock_now_ms() + PTY_PATIENCE_MS;
    int x, y;

    while (pty_find(p, text, &x, &y) != there) {
        wait_on(p, end, text);
    }
}

void pty_wait_output(struct pty *p, const char *bytes)
{
    int64_t end = clock_now_ms() + PTY_PATIENCE_MS;

    while (!pty_sent(p, bytes)) {
        wait_on(p, end, "such bytes");
    }
}

static int wait_status(struct pty *p, int options)
{
    int64_t end = clock_now_ms() + PTY_PATIENCE_MS;
    int status = 0;

    while (waitpid(p->pid, &status, options | WNOHANG) == 0) {
        wait_on(p, end, "end of the program");
    }
    settle(p);
    return status;
}

int pty_wait_end(struct pty *p)
{
    int status = wait_status(p, 0);

    /* It was the leader of its session: nobody of it is left. */
    assert_int_equal(kill(-p->pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    p->pid = 0;
    return status;
}

void pty_wait_stop(struct pty *p)
{
    assert_true(WIFSTOPPED(wait_status(p, WUNTRACED)));
}

/* ---- Input ------------------------------------------------------------ */

void pty_send(struct pty *p, const char *bytes)
{
    assert_int_equal(fd_write_all(p->master, bytes, strlen(bytes)), 0);
}

void pty_type(struct pty *p, const char *bytes)
{
    int frames = p->frames;

    pty_send(p, bytes);
    pty_wait_frames(p, frames + 1);
}

void pty_click(struct pty *p, int x, int y)
{
    char bytes[64];
    int frames = p->frames;

    snprintf(bytes, sizeof(bytes), "\033[<0;%d;%dM\033[<0;%d;%dm", x + 1, y + 1,
             x + 1, y + 1);
    if (!pty_has_mouse(p)) {
        fail_msg("no mouse");
    }
    pty_send(p, bytes);
    pty_wait_frames(p, frames + 1);
}

void pty_resize(struct pty *p, int width, int height)
{
    struct winsize size = {.ws_row = (unsigned short)height,
                           .ws_col = (unsigned short)width};

    p->width = width;
    p->height = height;
    vterm_set_size(p->vterm, height, width);
    assert_int_equal(ioctl(p->slave, TIOCSWINSZ, &size), 0);
}

/* ---- Looking ---------------------------------------------------------- */

VTermScreenCell pty_cell(struct pty *p, int x, int y)
{
    VTermScreenCell cell;
    VTermPos at = {.row = y, .col = x};

    memset(&cell, 0, sizeof(cell));
    vterm_screen_get_cell(p->screen, at, &cell);
    return cell;
}

VTermPos pty_cursor(struct pty *p)
{
    VTermPos at;

    vterm_state_get_cursorpos(vterm_obtain_state(p->vterm), &at);
    return at;
}

bool pty_find(struct pty *p, const char *text, int *x, int *y)
{
    size_t length = strlen(text);

    for (*y = 0; *y < p->height; (*y)++) {
        for (*x = 0; *x < p->width; (*x)++) {
            size_t at = 0;
            int column = *x;

            while (at < length && column < p->width) {
                uint32_t wanted = 0;
                size_t bytes = text_decode(text + at, length - at, &wanted);
                uint32_t found = pty_cell(p, column, *y).chars[0];

                if (bytes == 0 || wanted != (found == 0 ? ' ' : found)) {
                    break;
                }
                at += bytes;
                column++;
            }
            if (at == length) {
                return true;
            }
        }
    }
    return false;
}

char *pty_text(struct pty *p)
{
    char *text = mem_alloc((size_t)p->height * ((size_t)p->width * 4 + 1) + 1);
    char *end = text;
    int x, y;

    for (y = 0; y < p->height; y++) {
        for (x = 0; x < p->width; x++) {
            uint32_t found = pty_cell(p, x, y).chars[0];

            if (found != (uint32_t)-1) { /* the right half of a wide one */
                end += text_encode(found == 0 ? ' ' : found, end);
            }
        }
        *end++ = '\n';
    }
    *end = '\0';
    return text;
}

bool pty_sent(const struct pty *p, const char *bytes)
{
    return memmem(p->output, p->length, bytes, strlen(bytes)) != NULL;
}

/* libvterm knows the modes one at a time, curses sends two at once. */
bool pty_has_mouse(const struct pty *p)
{
    const char *at, *on = NULL, *off = NULL;

    for (at = p->output; (at = strstr(at, "1000")) != NULL; at++) {
        on = at[4] == 'h' ? at : on;
        off = at[4] == 'l' ? at : off;
    }
    return on != NULL && (off == NULL || off < on);
}

void pty_assert_restored(struct pty *p)
{
    struct termios now;

    assert_int_equal(tcgetattr(p->slave, &now), 0);
    assert_int_equal(now.c_iflag, p->before.c_iflag);
    assert_int_equal(now.c_oflag, p->before.c_oflag);
    assert_int_equal(now.c_cflag, p->before.c_cflag);
    assert_int_equal(now.c_lflag, p->before.c_lflag);
    assert_memory_equal(now.c_cc, p->before.c_cc, sizeof(now.c_cc));
    assert_false(p->alternate);
    assert_false(pty_has_mouse(p));
    assert_true(p->cursor);
    assert_true(pty_sent(p, "\033[?2004l"));
    assert_true(pty_sent(p, "\033[?1004l"));
}
