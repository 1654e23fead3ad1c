#include "config.h"

#include "tui/tui.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "msgq/event.h"
#include "msgq/link.h"
#include "tui/adopt.h"
#include "tui/cell.h"
#include "tui/editor.h"
#include "tui/outside.h"
#include "tui/screen.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/term.h"
#include "tui/ui.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/log.h"

/* The loop sleeps until a key, an event or a signal comes. A key is answered
 * at once; events alone draw at most look.refresh times a second, so that a
 * thousand of them a second cost four frames. With nothing to draw and no
 * notice to take away it sleeps without end. */
enum {
    TUI_EAGER_MS = 1000,  /* after a key */
    TUI_FASTEST_MS = 50,  /* between two frames in that time */
    TUI_FIRST_FRAMES = 3, /* the very first ones are faster still */
    TUI_FIRST_MS = 15,
};

struct tui {
    struct link *link;
    struct terminal *term;
    struct screen *screen;
    struct cells cells;
    int64_t last_frame_ms;
    int frame_fd; /* -1: nobody counts frames */
    unsigned long frames;
    bool gone;          /* the terminal, or the wish to stay */
    bool mouse;         /* wanted; let go on pages that people copy from */
    bool mouse_setting; /* as it was taken over last */
    unsigned revision;  /* of the settings */
    int64_t frame_ms;   /* between two frames that only events ask for */
    int64_t eager_ms;   /* of the start, or the last key */
    struct outside outside;
};

static int64_t environment_number(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    char *end;
    long long value;

    if (text == NULL || text[0] == '\0') {
        return otherwise;
    }
    errno = 0;
    value = strtoll(text, &end, 10);
    return errno != 0 || *end != '\0' ? otherwise : value;
}

/* Text that something writes to standard error would spoil the screen.
 * Returns where it went before, or -1 when it never went to the terminal. */
static int redirect_errors(const char *path)
{
    int before, fd;

    if (!isatty(STDERR_FILENO)) {
        return -1;
    }
    before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    fd = path == NULL
             ? -1
             : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    }
    if (fd >= 0) {
        dup2(fd, STDERR_FILENO);
        close(fd);
    }
    return before;
}

static void restore_errors(int before)
{
    if (before >= 0) {
        dup2(before, STDERR_FILENO);
        close(before);
    }
}

/* ---- Drawing ---------------------------------------------------------- */

/* Is an answer under way that will change the screen soon? */
static bool is_busy(const struct ui *ui)
{
    const struct ui_request *r;

    for (r = ui->requests; r != NULL; r = r->next) {
        if (r->kind != COMMAND_DOWNLOAD_FILE &&
            r->kind != COMMAND_UPLOAD_FILE && r->kind != COMMAND_VERIFY &&
            r->kind != COMMAND_SERVE) {
            return true;
        }
    }
    return false;
}

/* Tests wait for these lines instead of for time to pass. */
static void report_frame(struct tui *t)
{
    char line[64];
    int length;

    t->frames++;
    if (t->frame_fd >= 0) {
        length = snprintf(line, sizeof(line), "frame %lu %s\n", t->frames,
                          is_busy(screen_ui(t->screen)) ? "busy" : "idle");
        if (fd_write_all(t->frame_fd, line, (size_t)length) < 0) {
            t->frame_fd = -1;
        }
    }
}

/* People select fingerprints, errors and help with the terminal's own mouse. */
static void hold_mouse(struct tui *t)
{
    bool on = t->mouse && screen_wants_mouse(t->screen);

    if (on != term_has_mouse(t->term)) {
        term_set_mouse(t->term, on);
    }
}

/* Take over what the settings say of the terminal. */
static void take_settings(struct tui *t)
{
    struct ui *ui = screen_ui(t->screen);
    const struct settings *s = ui->setup->settings;
    struct theme_style style = {
        .name = (enum theme_name)settings_choice(s, SETTING_THEME),
        .vivid = settings_choice(s, SETTING_PALETTE) == PALETTE_VIVID,
        .colors = theme_colors_for(settings_value(s, SETTING_COLOR),
                                   getenv("NO_COLOR"), term_colors(t->term))};
    bool mouse = settings_on(s, SETTING_MOUSE);

    term_set_style(t->term, &style);
    t->frame_ms = 1000 / settings_number(s, SETTING_REFRESH);
    if (mouse != t->mouse_setting) {
        t->mouse_setting = mouse;
        t->mouse = mouse;
    }
    t->revision = s == NULL ? 0 : s->revision;
}

static bool has_new_settings(const struct tui *t)
{
    const struct settings *s = screen_ui(t->screen)->setup->settings;

    return s != NULL && s->revision != t->revision;
}

static void draw(struct tui *t)
{
    struct ui *ui = screen_ui(t->screen);
    int width, height;

    if (has_new_settings(t)) {
        take_settings(t);
    }
    hold_mouse(t);
    if (ui->wants_repaint) {
        term_repaint(t->term);
        ui->wants_repaint = false;
    }
    term_size(t->term, &width, &height);
    cells_resize(&t->cells, width, height);
    screen_draw(t->screen, &t->cells);
    term_show(t->term, &t->cells);
    ui->dirty = false;
    ui->urgent = false;
    t->last_frame_ms = clock_now_ms();
    outside_follow(&t->outside, ui);
    report_frame(t);
}

/* Of two times, -1 being never. */
static int64_t earlier(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* What was asked for with a key, or at the start, is answered soon after: then
 * frames follow each other faster. */
static int64_t frame_interval(const struct tui *t, int64_t now)
{
    if (t->frames <= TUI_FIRST_FRAMES) {
        return TUI_FIRST_MS;
    }
    return now - t->eager_ms < TUI_EAGER_MS && t->frame_ms > TUI_FASTEST_MS
               ? TUI_FASTEST_MS
               : t->frame_ms;
}

/* Milliseconds until the loop has something to do by itself; -1: never. */
static int time_to_wait(const struct tui *t, int64_t now)
{
    const struct ui *ui = screen_ui(t->screen);
    int64_t due =
        earlier(screen_due_ms(t->screen), outside_due_ms(&t->outside));
    int64_t wait = due < 0 ? -1 : due - now;

    if (ui->dirty) {
        int64_t frame = t->last_frame_ms + frame_interval(t, now) - now;

        wait = wait < 0 || frame < wait ? frame : wait;
    }
    if (wait < 0) {
        return due < 0 && !ui->dirty ? -1 : 0;
    }
    return wait > 60000 ? 60000 : (int)wait;
}

/* ---- Input ------------------------------------------------------------ */

static void leave(struct tui *t)
{
    t->gone = true;
}

static void suspend(struct tui *t)
{
    term_suspend(t->term);
    screen_ui(t->screen)->dirty = true;
    screen_ui(t->screen)->urgent = true;
}

/* The engine goes on meanwhile; what it has to say waits. */
static void edit_settings(struct tui *t)
{
    struct ui *ui = screen_ui(t->screen);
    const struct settings *s = ui->setup->settings;
    struct err e = {.code = 0};

    if (s == NULL || s->path == NULL) {
        ui_notice(ui, NOTICE_WARNING, "%s",
                  _("No configuration file is used."));
        return;
    }
    term_lend(t->term);
    editor_run(s->path, &e);
    term_continue(t->term);
    if (e.code < 0) {
        ui_notice(ui, NOTICE_ERROR, "%s", e.text);
    } else {
        adopt_file(ui);
    }
    ui->dirty = true;
    ui->urgent = true;
}

static void show_manual(struct tui *t)
{
    struct ui *ui = screen_ui(t->screen);
    struct err e = {.code = 0};

    term_lend(t->term);
    editor_manual(&e);
    term_continue(t->term);
    if (e.code < 0) {
        ui_notice(ui, NOTICE_WARNING, "%s", e.text);
    }
    ui->dirty = true;
    ui->urgent = true;
}

static void follow_signals(struct tui *t)
{
    unsigned wishes = term_wishes(t->term);
    struct ui *ui = screen_ui(t->screen);

    if (wishes & TERM_LEAVE) {
        leave(t);
        return;
    }
    if (wishes & TERM_SUSPEND) {
        suspend(t);
    } else if (wishes & TERM_CONTINUED) {
        term_continue(t->term);
    }
    if (wishes & TERM_RESIZED) {
        term_resize(t->term);
    }
    ui->dirty = true;
    ui->urgent = true;
}

static void toggle_mouse(struct tui *t)
{
    t->mouse = !t->mouse;
    ui_notice(screen_ui(t->screen), NOTICE_INFO, "%s",
              t->mouse ? _("Mouse on.")
                       : _("Mouse off: select text freely. M brings it back."));
}

static void read_keys(struct tui *t)
{
    int64_t now = clock_now_ms();
    struct ui *ui = screen_ui(t->screen);

    for (;;) {
        struct term_input in = term_read(t->term);

        switch (in.kind) {
        case TERM_NOTHING:
            return;
        case TERM_GONE:
            leave(t);
            return;
        case TERM_FOCUS:
            outside_focus(&t->outside, in.key != 0);
            continue;
        case TERM_KEY:
            screen_key(t->screen, in.key, now);
            break;
        case TERM_PASTE:
            screen_paste(t->screen, in.text, now);
            break;
        case TERM_CLICK:
            screen_click(t->screen, &t->cells, in.x, in.y, now);
            break;
        case TERM_WHEEL:
            screen_wheel(t->screen, &t->cells, in.x, in.y, in.key, now);
            break;
        }
        outside_key(&t->outside, now);
        t->eager_ms = now;
        if (ui->wants_mouse) {
            ui->wants_mouse = false;
            toggle_mouse(t);
        }
        if (ui->wants_manual) {
            ui->wants_manual = false;
            show_manual(t);
        }
        if (ui->wants_edit) {
            ui->wants_edit = false;
            edit_settings(t);
        }
        if (ui->wants_suspend) {
            ui->wants_suspend = false;
            suspend(t);
        }
    }
}

/* A terminal that hung up stays readable and gives nothing: reading on would
 * never end. */
static void check_terminal(struct tui *t, short events)
{
    int waiting = 0;

    if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0 ||
        ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting == 0) {
        leave(t);
        return;
    }
    read_keys(t);
}

static void read_events(struct tui *t)
{
    int64_t now = clock_now_ms();
    struct event *e;
    int count;

    for (count = 0; count < LINK_EVENTS; count++) {
        e = link_receive(t->link);
        if (e == NULL) {
            return;
        }
        screen_event(t->screen, e, now);
    }
}

static void turn(struct tui *t)
{
    struct pollfd fds[3] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = link_fd(t->link), .events = POLLIN},
        {.fd = term_signal_fd(t->term), .events = POLLIN},
    };
    int64_t now = clock_now_ms();
    struct ui *ui = screen_ui(t->screen);

    if (ui->dirty &&
        (ui->urgent || now - t->last_frame_ms >= frame_interval(t, now))) {
        draw(t);
    }
    if (poll(fds, 3, time_to_wait(t, now)) < 0 && errno != EINTR) {
        leave(t);
        return;
    }
    if (fds[2].revents != 0) {
        follow_signals(t);
    }
    if (!t->gone && fds[0].revents != 0) {
        check_terminal(t, fds[0].revents);
    }
    if (fds[1].revents != 0) {
        read_events(t);
    }
    screen_tick(t->screen, clock_now_ms());
    outside_tick(&t->outside, clock_now_ms());
}

/* ---- Start and end ---------------------------------------------------- */

int tui_run(struct link *link, const struct tui_setup *setup, struct err *e)
{
    struct tui t = {.link = link, .frame_fd = -1};
    int errors = -1;
    int rv;

    prctl(PR_SET_NAME, "p2p-ui");
    t.mouse = settings_on(setup->settings, SETTING_MOUSE);
    t.mouse_setting = t.mouse;
    rv = term_open(t.mouse, &t.term, e);
    if (rv < 0) {
        return rv;
    }
    errors = redirect_errors(setup->log_path);
    term_on_crash(errors >= 0 ? errors : STDERR_FILENO, setup->log_path);
    t.frame_fd = (int)environment_number("P2PTUI_FRAME_FD", -1);
    t.screen = screen_new(
        link, setup,
        glyph_tier_wanted(settings_value(setup->settings, SETTING_CHARS),
                          nl_langinfo(CODESET), getenv("TERM")));
    screen_ui(t.screen)->frozen_wall =
        environment_number("P2PTUI_NOW", setup->now);
    cells_init(&t.cells);
    outside_init(&t.outside, t.term, setup->settings);
    outside_key(&t.outside, clock_now_ms());
    t.eager_ms = clock_now_ms();
    take_settings(&t);
    draw(&t);
    while (!t.gone && !screen_ui(t.screen)->stopped) {
        turn(&t);
    }
    term_close(t.term);
    restore_errors(errors);
    outside_close(&t.outside);
    if (!screen_ui(t.screen)->wants_quit) {
        ui_quit(screen_ui(t.screen));
    }
    cells_close(&t.cells);
    screen_free(t.screen);
    return 0;
}
