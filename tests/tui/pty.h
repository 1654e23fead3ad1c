/* pty: a program on a pseudo-terminal, with a terminal emulator (libvterm)
 * that shows what it drew. Waits for frames that P2PTUI_FRAME_FD reports and
 * for what is on the screen, never for time to pass.
 */
#ifndef P2P_TESTS_TUI_PTY_H
#define P2P_TESTS_TUI_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

enum { PTY_PATIENCE_MS = 20000 /* before a test that hangs fails */ };

struct pty {
    pid_t pid;
    int master, slave, frame_fd;
    struct termios before; /* the modes it was given */
    VTerm *vterm;
    VTermScreen *screen;
    char *output; /* all bytes it sent, and a NUL; owned */
    size_t length;
    unsigned marks; /* of ours that came through; see settle() in pty.c */
    int frames;     /* drawn until now */
    bool idle;      /* the last one said so */
    bool alternate; /* screen */
    bool cursor;    /* is visible */
    int width, height;
};

/* What to run: a program with arguments, or a function of this one. */
struct pty_run {
    const char *term;        /* TERM */
    const char *locale;      /* LC_ALL; NULL: C.UTF-8 */
    const char *environment; /* "NAME=VALUE", one more; NULL: none */
    const char *arguments[8];
    int (*run)(void *arg); /* instead: its exit status */
    void *arg;
    bool hangup_ignored; /* begin with SIGHUP ignored */
};

/* True when this computer has pseudo-terminals. */
bool pty_is_possible(void);

/* True when terminfo knows such a terminal. */
bool pty_knows(const char *term);

/* Start it at 80x24. */
void pty_open(struct pty *p, const struct pty_run *run);
void pty_close(struct pty *p); /* kills it if it still runs */

/* tests/tui/screen_demo, in the build directory. */
const char *pty_demo(void);

/* Wait. Each fails the test when its patience ends. */
void pty_wait_frames(struct pty *p, int count); /* since the beginning */
void pty_wait_idle(struct pty *p);
void pty_wait_text(struct pty *p, const char *text, bool there);
void pty_wait_output(struct pty *p, const char *bytes);
int pty_wait_end(struct pty *p);   /* the status as of waitpid() */
void pty_wait_stop(struct pty *p); /* by a signal */

/* Take what comes within that time; false when nothing did. */
bool pty_take(struct pty *p, int ms);

/* Type; returns when the answer to it is on the screen. */
void pty_type(struct pty *p, const char *bytes);
/* The same without waiting. */
void pty_send(struct pty *p, const char *bytes);
void pty_click(struct pty *p, int x, int y);
void pty_resize(struct pty *p, int width, int height);

/* What is on the screen. */
bool pty_find(struct pty *p, const char *text, int *x, int *y);
VTermScreenCell pty_cell(struct pty *p, int x, int y);
VTermPos pty_cursor(struct pty *p);
char *pty_text(struct pty *p); /* all of it; free() */
bool pty_sent(const struct pty *p, const char *bytes);
bool pty_has_mouse(const struct pty *p); /* it takes clicks */

/* Fail unless the terminal is as it was before. */
void pty_assert_restored(struct pty *p);

#endif /* P2P_TESTS_TUI_PTY_H */
