#include "config.h"

#include "tui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define NCURSES_NOMACROS
#include <curses.h>
#include <term.h>

#include "tui/cell.h"
#include "tui/input.h"
#include "tui/key.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/mem.h"

enum {
    TERM_ESCAPE_MS = 25,      /* wait for the rest of a key's sequence */
    TERM_PASTE_START = 0x800, /* codes for define_key() */
    TERM_PASTE_END,
    TERM_FOCUS_IN,
    TERM_FOCUS_OUT,
    TERM_RESTORE_MAX = 512, /* bytes that undo all modes */
    TERM_STACK = 65536,     /* bytes for handlers of a broken stack */
    TERM_CRASH_MAX = 512,   /* bytes of what a crash says */
};

#define PASTE_AND_FOCUS_ON "\033[?2004h\033[?1004h"
#define TITLE_KEEP "\033[22;2t" /* on the terminal's stack of titles */
#define TITLE_BACK "\033[23;2t"
#define MOUSE_AND_PASTE_OFF \
    "\033[?1000l\033[?1002l\033[?1006l\033[?1004l\033[?2004l"

struct terminal {
    SCREEN *screen;
    WINDOW *keys; /* 1x1, so that reading never draws */
    struct input input;
    struct theme_style style;
    struct cells shown; /* what is on the terminal */
    bool all_is_old;    /* draw everything next time */
    bool mouse;
    int color_count;     /* 0: it has none */
    bool has_own_colors; /* to which -1 stands */
};

/* Signal handlers can reach nothing else. */
static struct {
    volatile sig_atomic_t is_open;
    int pipe[2];
    struct termios before;
    char restore[TERM_RESTORE_MAX]; /* bytes that undo all modes */
    size_t restore_size;
    size_t show_at, show_size; /* those of `restore` that show the cursor */
    bool has_title; /* ours is shown; TITLE_BACK is among `restore` */
    char crash[TERM_CRASH_MAX];
    size_t crash_size;
    int crash_fd;
} own = {.pipe = {-1, -1}, .crash_fd = STDERR_FILENO};

/* ---- Ways out --------------------------------------------------------- */

/* Safe in a signal handler: write() and tcsetattr() only. */
static void restore_now(void)
{
    ssize_t written;

    if (own.is_open) {
        own.is_open = 0;
        written = write(STDOUT_FILENO, own.restore, own.restore_size);
        (void)written;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &own.before);
    }
}

static void on_crash(int number)
{
    ssize_t written;

    restore_now();
    written = write(own.crash_fd, own.crash, own.crash_size);
    (void)written;
    signal(number, SIG_DFL);
    raise(number);
}

void term_on_crash(int fd, const char *log_path)
{
    int length =
        log_path == NULL
            ? snprintf(own.crash, sizeof(own.crash), "%s\n",
                       _("p2ptui crashed; the terminal is restored."))
            : snprintf(own.crash, sizeof(own.crash),
                       _("p2ptui crashed; the terminal is restored. The log is "
                         "%s\n"),
                       log_path);

    own.crash_size = length < 0 ? 0
                     : (size_t)length < sizeof(own.crash)
                         ? (size_t)length
                         : sizeof(own.crash) - 1;
    own.crash_fd = fd;
}

static void on_signal(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(own.pipe[1], &byte, 1);

    (void)written; /* a full pipe wakes the loop as well */
    errno = saved;
}

static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static const int loop_signals[] = {SIGWINCH, SIGTERM, SIGHUP,
                                   SIGINT,   SIGTSTP, SIGCONT};
static const int crash_signals[] = {SIGSEGV, SIGBUS,  SIGFPE,
                                    SIGILL,  SIGABRT, SIGQUIT};

/* Before newterm(): curses takes only signals that are still default. */
static void take_signals(void)
{
    static char stack[TERM_STACK];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    size_t i;

    sigaltstack(&alternate, NULL);
    for (i = 0; i < sizeof(loop_signals) / sizeof(loop_signals[0]); i++) {
        handle(loop_signals[i], on_signal, SA_RESTART);
    }
    for (i = 0; i < sizeof(crash_signals) / sizeof(crash_signals[0]); i++) {
        handle(crash_signals[i], on_crash, SA_ONSTACK | SA_RESETHAND);
    }
}

/* SIGTERM and its like stay caught: the program is on its way out, and a
 * second one must not cut that short. */
static void release_signals(void)
{
    size_t i;

    handle(SIGTSTP, SIG_DFL, 0);
    handle(SIGWINCH, SIG_DFL, 0);
    handle(SIGCONT, SIG_DFL, 0);
    for (i = 0; i < sizeof(crash_signals) / sizeof(crash_signals[0]); i++) {
        handle(crash_signals[i], SIG_DFL, 0);
    }
}

/* Add a capability to the bytes of the way out, without its padding. */
static void add_restore(const char *text)
{
    while (text != NULL && text != (char *)-1 && *text != '\0' &&
           own.restore_size < TERM_RESTORE_MAX) {
        if (text[0] == '$' && text[1] == '<') {
            const char *end = strchr(text, '>');

            text = end == NULL ? "" : end + 1;
            continue;
        }
        own.restore[own.restore_size++] = *text++;
    }
}

static const char *capability(const char *name)
{
    const char *text = tigetstr(name);

    return text == (char *)-1 ? NULL : text;
}

static void prepare_restore(void)
{
    own.restore_size = 0;
    own.has_title = false;
    add_restore(MOUSE_AND_PASTE_OFF);
    add_restore(capability("sgr0"));
    add_restore(capability("rmacs"));
    add_restore(capability("rmkx"));
    add_restore(capability("rmcup"));
    own.show_at = own.restore_size;
    add_restore(capability("cnorm"));
    own.show_size = own.restore_size - own.show_at;
}

/* ---- Taking over ------------------------------------------------------ */

/* Ours, not that of newterm(), which reads it again and would lose this one. */
static void forget_terminal(void)
{
    if (cur_term != NULL) {
        del_curterm(cur_term);
    }
}

static int check_terminal(struct err *e)
{
    int problem = 0;

    if (setupterm(NULL, STDOUT_FILENO, &problem) != OK) {
        return err_set(e, P2P_ENOTSUP,
                       _("the terminal type in TERM is not known here; "
                         "p2ptui --plain works without it"));
    }
    if (capability("cup") == NULL) {
        forget_terminal();
        return err_set(e, P2P_ENOTSUP,
                       _("this terminal cannot place its cursor; use p2ptui "
                         "--plain"));
    }
    return 0;
}

/* COLORS counts only after start_color(). */
static void start_colors(struct terminal *t)
{
    t->style.colors = THEME_MONO;
    if (has_colors() && start_color() == OK) {
        t->has_own_colors = use_default_colors() == OK;
        t->color_count = COLORS;
    }
}

/* A terminal that has no colours of its own to go back to shows white on
 * black. */
static short usable(const struct terminal *t, short color, short otherwise)
{
    return color < 0 && !t->has_own_colors ? otherwise : color;
}

int term_colors(const struct terminal *t)
{
    return t->color_count;
}

void term_set_style(struct terminal *t, const struct theme_style *style)
{
    short back = usable(t, theme_background(style), COLOR_BLACK);
    int role;

    t->style = *style;
    if (t->color_count < 8) {
        t->style.colors = THEME_MONO;
    }
    if (t->style.colors != THEME_MONO) {
        for (role = 0; role < ROLE_COUNT; role++) {
            struct theme_look look = theme_look(style, (enum theme_role)role);

            init_pair((short)(role + 1), usable(t, look.color, COLOR_WHITE),
                      back);
        }
    }
    bkgdset(' ' |
            (t->style.colors == THEME_MONO ? 0 : COLOR_PAIR(ROLE_TEXT + 1)));
    term_repaint(t);
}

static void set_modes(struct terminal *t)
{
    raw(); /* no flow control, and Ctrl-C is a key */
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    keypad(t->keys, TRUE);
    nodelay(t->keys, TRUE);
    meta(t->keys, TRUE);
    mouseinterval(0);
}

/* Terminals send either form of a cursor key, whatever terminfo says. */
static void define_keys(void)
{
    static const struct {
        const char *text;
        int code;
    } keys[] = {
        {"\033[A", KEY_UP},
        {"\033OA", KEY_UP},
        {"\033[B", KEY_DOWN},
        {"\033OB", KEY_DOWN},
        {"\033[C", KEY_RIGHT},
        {"\033OC", KEY_RIGHT},
        {"\033[D", KEY_LEFT},
        {"\033OD", KEY_LEFT},
        {"\033[H", KEY_HOME},
        {"\033[F", KEY_END},
        {"\033[1~", KEY_HOME},
        {"\033[4~", KEY_END},
        {"\033[Z", KEY_BTAB},
        {"\033[200~", TERM_PASTE_START},
        {"\033[201~", TERM_PASTE_END},
        {"\033[I", TERM_FOCUS_IN},
        {"\033[O", TERM_FOCUS_OUT},
    };
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        define_key(keys[i].text, keys[i].code);
    }
}

/* Bytes for the terminal that curses does not know of. */
static void send(const char *text)
{
    fd_write_all(STDOUT_FILENO, text, strlen(text));
}

static void switch_extras(struct terminal *t, bool on)
{
    mousemask(on && t->mouse
                  ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED
                  : 0,
              NULL);
    send(on ? PASTE_AND_FOCUS_ON : MOUSE_AND_PASTE_OFF);
    if (own.has_title) {
        send(on ? TITLE_KEEP : TITLE_BACK);
    }
}

void term_send(struct terminal *t, const char *sequence)
{
    (void)t;
    send(sequence);
}

void term_send_title(struct terminal *t, const char *sequence)
{
    (void)t;
    if (!own.has_title) {
        send(TITLE_KEEP);
        add_restore(TITLE_BACK);
        own.has_title = true;
    }
    send(sequence);
}

/* The last net: somebody called exit(). */
static void restore_at_exit(void)
{
    static bool is_set;

    if (!is_set) {
        is_set = true;
        atexit(restore_now);
        term_on_crash(STDERR_FILENO, NULL);
    }
}

static int open_pipe(struct err *e)
{
    if (own.pipe[0] >= 0) {
        return 0;
    }
    if (pipe(own.pipe) != 0) {
        return err_set_errno(e, errno, "pipe");
    }
    fd_set_nonblocking(own.pipe[0]);
    fd_set_nonblocking(own.pipe[1]);
    return 0;
}

int term_open(bool mouse, struct terminal **out, struct err *e)
{
    struct terminal *t;
    int rv = check_terminal(e);

    if (rv < 0) {
        return rv;
    }
    prepare_restore();
    forget_terminal();
    rv = open_pipe(e);
    if (rv < 0) {
        return rv;
    }
    if (tcgetattr(STDIN_FILENO, &own.before) != 0) {
        return err_set_errno(e, errno, "%s", _("standard input"));
    }
    restore_at_exit();
    take_signals();
    if (getenv("ESCDELAY") == NULL) {
        set_escdelay(TERM_ESCAPE_MS);
    }
    t = mem_calloc(1, sizeof(*t));
    t->screen = newterm(NULL, stdout, stdin);
    if (t->screen == NULL) {
        release_signals();
        free(t);
        return err_set(e, P2P_ENOTSUP, "%s", _("cannot use this terminal"));
    }
    own.is_open = 1;
    mem_on_exhausted(restore_now);
    t->keys = newpad(1, 1);
    t->mouse = mouse;
    input_init(&t->input);
    cells_init(&t->shown);
    set_modes(t);
    define_keys();
    start_colors(t);
    switch_extras(t, true);
    term_repaint(t);
    *out = t;
    return 0;
}

void term_close(struct terminal *t)
{
    if (t == NULL) {
        return;
    }
    term_lend(t);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &own.before);
    mem_on_exhausted(NULL);
    release_signals();
    input_close(&t->input);
    cells_close(&t->shown);
    delwin(t->keys);
    delscreen(t->screen);
    free(t);
}

/* ---- Size and signals ------------------------------------------------- */

void term_size(const struct terminal *t, int *width, int *height)
{
    (void)t;
    *width = COLS;
    *height = LINES;
}

/* Serial lines report 0; that means the size everybody had. */
void term_resize(struct terminal *t)
{
    struct winsize size;
    int height = 24, width = 80;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
        size.ws_col > 0) {
        height = size.ws_row;
        width = size.ws_col;
    }
    resizeterm(height, width);
    term_repaint(t);
}

int term_signal_fd(const struct terminal *t)
{
    (void)t;
    return own.pipe[0];
}

unsigned term_wishes(struct terminal *t)
{
    unsigned char bytes[64];
    unsigned wishes = 0;
    ssize_t count, i;

    (void)t;
    count = read(own.pipe[0], bytes, sizeof(bytes));
    for (i = 0; i < count; i++) {
        switch (bytes[i]) {
        case SIGWINCH:
            wishes |= TERM_RESIZED;
            break;
        case SIGTSTP:
            wishes |= TERM_SUSPEND;
            break;
        case SIGCONT:
            wishes |= TERM_CONTINUED;
            break;
        default:
            wishes |= TERM_LEAVE;
            break;
        }
    }
    return wishes;
}

void term_continue(struct terminal *t)
{
    own.is_open = 1;
    reset_prog_mode();
    switch_extras(t, true);
    term_resize(t);
    clearok(curscr, TRUE);
}

void term_lend(struct terminal *t)
{
    switch_extras(t, false);
    curs_set(1);
    endwin();
    /* Some terminals hide it again with the screen that was hidden before. */
    fd_write_all(STDOUT_FILENO, own.restore + own.show_at, own.show_size);
    own.is_open = 0;
}

void term_suspend(struct terminal *t)
{
    term_lend(t);
    raise(SIGSTOP);
    term_wishes(t); /* the SIGCONT that ended this stop */
    term_continue(t);
}

bool term_has_mouse(const struct terminal *t)
{
    return t->mouse;
}

void term_set_mouse(struct terminal *t, bool on)
{
    t->mouse = on;
    switch_extras(t, true);
}

/* ---- Output ----------------------------------------------------------- */

static attr_t attributes_of(const struct terminal *t, const struct cell *cell)
{
    unsigned bits =
        theme_look(&t->style, (enum theme_role)cell->role).attributes ^
        (cell->attributes & THEME_REVERSE);
    attr_t attributes = 0;

    bits |= cell->attributes & ~(unsigned)THEME_REVERSE;
    if (bits & THEME_BOLD) {
        attributes |= A_BOLD;
    }
    if (bits & THEME_DIM) {
        attributes |= A_DIM;
    }
    if (bits & THEME_UNDERLINE) {
        attributes |= A_UNDERLINE;
    }
    if (bits & THEME_REVERSE) {
        attributes |= A_REVERSE;
    }
    return attributes;
}

static void put_cell(const struct terminal *t, int x, int y,
                     const struct cell *cell)
{
    wchar_t text[CELL_MARKS + 2] = {(wchar_t)cell->character};
    short pair = t->style.colors == THEME_MONO ? 0 : (short)(cell->role + 1);
    cchar_t out;
    int i;

    for (i = 0; i < CELL_MARKS; i++) {
        text[1 + i] = (wchar_t)cell->marks[i];
    }
    setcchar(&out, text, attributes_of(t, cell), pair, NULL);
    mvadd_wch(y, x, &out);
}

static bool is_row_shown(const struct terminal *t, const struct cells *c, int y)
{
    size_t row = (size_t)y * (size_t)c->width;

    return !t->all_is_old &&
           memcmp(&c->cells[row], &t->shown.cells[row],
                  (size_t)c->width * sizeof(c->cells[0])) == 0;
}

void term_show(struct terminal *t, const struct cells *c)
{
    int x, y;

    if (c->width != t->shown.width || c->height != t->shown.height) {
        t->all_is_old = true;
    }
    for (y = 0; y < c->height && y < LINES; y++) {
        if (is_row_shown(t, c, y)) {
            continue;
        }
        for (x = 0; x < c->width && x < COLS; x++) {
            const struct cell *cell = cells_at(c, x, y);

            if (cell->width > 0) {
                put_cell(t, x, y, cell);
            }
        }
    }
    cells_resize(&t->shown, c->width, c->height);
    memcpy(t->shown.cells, c->cells,
           (size_t)c->width * (size_t)c->height * sizeof(c->cells[0]));
    t->all_is_old = false;
    curs_set(c->cursor_shown ? 1 : 0);
    move(c->cursor_y, c->cursor_x); /* a screen reader follows it */
    wnoutrefresh(stdscr);
    doupdate();
}

void term_repaint(struct terminal *t)
{
    t->all_is_old = true;
    erase();
    clearok(curscr, TRUE);
}

/* ---- Input ------------------------------------------------------------ */

static int key_of_code(int code)
{
    if (code >= KEY_F(1) && code <= KEY_F(12)) {
        return KEY_F1 + code - KEY_F(1);
    }
    switch (code) {
    case KEY_UP:
        return KEY_ARROW_UP;
    case KEY_DOWN:
        return KEY_ARROW_DOWN;
    case KEY_LEFT:
        return KEY_ARROW_LEFT;
    case KEY_RIGHT:
        return KEY_ARROW_RIGHT;
    case KEY_PPAGE:
        return KEY_PAGE_UP;
    case KEY_NPAGE:
        return KEY_PAGE_DOWN;
    case KEY_HOME:
        return KEY_GO_HOME;
    case KEY_END:
        return KEY_GO_END;
    case KEY_BACKSPACE:
        return KEY_ERASE;
    case KEY_DC:
        return KEY_DELETE;
    case KEY_BTAB:
        return KEY_BACK_TAB;
    case KEY_ENTER:
        return KEY_RETURN;
    case TERM_PASTE_START:
        return INPUT_PASTE_START;
    case TERM_PASTE_END:
        return INPUT_PASTE_END;
    default:
        return KEY_NONE;
    }
}

static int key_of_character(wint_t character)
{
    switch (character) {
    case '\n':
        return KEY_RETURN;
    case 8:
    case 127:
        return KEY_ERASE;
    default:
        return (int)character;
    }
}

static struct term_input mouse_input(void)
{
    struct term_input in = {.kind = TERM_NOTHING};
    MEVENT event;

    if (getmouse(&event) != OK) {
        return in;
    }
    in.x = event.x;
    in.y = event.y;
    if (event.bstate & BUTTON1_PRESSED) {
        in.kind = TERM_CLICK;
    } else if (event.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
        in.kind = TERM_WHEEL;
        in.key = event.bstate & BUTTON4_PRESSED ? KEY_ARROW_UP : KEY_ARROW_DOWN;
    }
    return in;
}

static struct term_input made_of(struct terminal *t, int key)
{
    struct term_input in = {.kind = TERM_KEY, .key = key};

    if (key == INPUT_PASTE_END) {
        in.kind = TERM_PASTE;
        in.text = t->input.paste;
    }
    return in;
}

/* Readable with nothing to read is how a terminal says that it is gone. */
static bool is_gone(void)
{
    int waiting = 0;

    return ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0;
}

struct term_input term_read(struct terminal *t)
{
    struct term_input in = {.kind = TERM_NOTHING};

    for (;;) {
        wint_t character = 0;
        int result = wget_wch(t->keys, &character);
        int key;

        if (result == ERR) {
            key = input_feed(&t->input, INPUT_PAUSE);
            if (key == KEY_NONE && is_gone()) {
                in.kind = TERM_GONE;
                return in;
            }
            return key == KEY_NONE ? in : made_of(t, key);
        }
        if (result == KEY_CODE_YES &&
            (character == TERM_FOCUS_IN || character == TERM_FOCUS_OUT)) {
            in.kind = TERM_FOCUS;
            in.key = character == TERM_FOCUS_IN;
            return in;
        }
        if (result == KEY_CODE_YES && character == KEY_MOUSE) {
            in = mouse_input();
            if (in.kind != TERM_NOTHING) {
                return in;
            }
            continue;
        }
        key = result == KEY_CODE_YES ? key_of_code((int)character)
                                     : key_of_character(character);
        key = key == KEY_NONE ? KEY_NONE : input_feed(&t->input, key);
        if (key != KEY_NONE) {
            return made_of(t, key);
        }
    }
}
