#include "config.h"

#include "tui/plain.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "msgq/command.h"
#include "msgq/event.h"
#include "msgq/link.h"
#include "tui/action.h"
#include "tui/lineparse.h"
#include "tui/plainout.h"
#include "tui/secret.h"
#include "tui/setting_store.h"
#include "tui/wording.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

enum {
    PLAIN_OUTPUT_MAX = 256 * 1024 * 1024, /* bytes of one answer */
    PLAIN_STEP = 10,                      /* percent between progress lines */
    PLAIN_INTERRUPTED = 130,              /* exit status after SIGINT */
};

struct plain {
    const struct plain_setup *setup;
    struct link *link;
    struct buf in; /* standard input, not yet cut into lines */
    bool input_ended;
    size_t next_command; /* of setup->commands */
    char *group;         /* in use; NULL: none */
    uint64_t waiting;    /* request of the command that runs; 0: none */
    char *command;       /* its name */
    char *after_group;   /* group to use when it succeeds */
    int shown_percent;   /* of the progress line */
    bool has_live_line;  /* a progress line stands on the terminal */
    bool input_is_tty, error_is_tty;
    int status;
    bool leaving; /* QUIT was sent */
    bool stopped;
    bool interrupted; /* by SIGINT: the exit status says so */
    bool skips_line;  /* the rest of a line that was too long */
    bool output_is_lost;
    bool holds_zero; /* the line goes on behind a zero byte */
    int signals;     /* signalfd */
    char *to_accept; /* accept_all: the group whose list was asked for */
};

/* ---- Output ------------------------------------------------------------ */

/* Standard output is gone or full: said once, and not when its reader left. */
static void lose_output(struct plain *p, int number)
{
    char *text;

    p->status = 1;
    if (!p->output_is_lost && number != EPIPE) {
        text = mem_printf("p2ptui: %s: %s\n", _("cannot write the output"),
                          strerror(number));
        fd_write_all(2, text, strlen(text));
        free(text);
    }
    p->output_is_lost = true;
}

static void write_out(struct plain *p, int fd, struct buf *b)
{
    if (fd_write_all(fd, buf_head(b), buf_length(b)) < 0 && fd == 1) {
        lose_output(p, errno);
    }
    buf_clear(b);
}

static void end_live_line(struct plain *p)
{
    if (p->has_live_line) {
        fd_write_all(2, "\r\033[K", 4);
        p->has_live_line = false;
    }
}

static void complain(struct plain *p, const char *text)
{
    char *safe = text_safe_string(text);
    struct buf b;

    end_live_line(p);
    buf_init(&b, PLAIN_OUTPUT_MAX);
    buf_printf(&b, "p2ptui: %s\n", safe);
    write_out(p, 2, &b);
    buf_close(&b);
    free(safe);
}

static void print(struct plain *p, const char *text)
{
    struct buf b;

    end_live_line(p);
    buf_init(&b, PLAIN_OUTPUT_MAX);
    buf_append_text(&b, text);
    write_out(p, 1, &b);
    buf_close(&b);
}

static void prompt(struct plain *p)
{
    char *safe;
    char *text;

    if (!p->input_is_tty || p->waiting != 0 || p->leaving ||
        !p->setup->reads_input) {
        return;
    }
    safe = text_safe_string(p->group);
    text = p->group != NULL ? mem_printf("p2ptui %s> ", safe)
                            : mem_strdup("p2ptui> ");
    print(p, text);
    free(text);
    free(safe);
}

/* Errors say what to do; most do already, behind a semicolon. */
static void add_hint(struct event *e)
{
    const char *hint = plainout_hint(e->code), *gap = _("; ");
    char *text;

    if (hint == NULL || e->text == NULL || strstr(e->text, gap) != NULL) {
        return;
    }
    text = mem_printf("%s%s%s", e->text, gap, hint);
    free(e->text);
    e->text = text;
}

static void print_event(struct plain *p, const char *name, struct event *e)
{
    struct buf b;

    p->status = plainout_status(e->code);
    add_hint(e);
    buf_init(&b, PLAIN_OUTPUT_MAX);
    end_live_line(p);
    if (p->setup->json) {
        plainout_json(&b, name, e);
    } else if (e->code == 0) {
        plainout_table(&b, &e->rows);
    } else {
        complain(p, e->text != NULL ? e->text : _(err_text(e->code)));
    }
    write_out(p, 1, &b);
    buf_close(&b);
}

static void fail(struct plain *p, const char *name, int code, const char *text)
{
    struct event *e = event_new(EVENT_REPLY);

    e->code = code;
    e->text = mem_strdup(text);
    print_event(p, name, e);
    event_free(e);
}

/* A local command is done: only JSON says so, with one object per command. */
static void succeed(struct plain *p, const char *name)
{
    struct event *e = event_new(EVENT_REPLY);

    if (p->setup->json) {
        print_event(p, name, e);
    }
    event_free(e);
}

/* ---- Local commands ---------------------------------------------------- */

static void help_one(struct buf *b, const struct action *a)
{
    buf_printf(b, "%s %s\n    %s\n", a->command, a->arguments, _(a->help));
    if (a->aliases != NULL) {
        buf_printf(b, _("    also: %s\n"), a->aliases);
    }
}

static void help_all(struct buf *b)
{
    const struct action *a;
    enum action_menu menu;
    char *left;
    size_t i;

    for (menu = ACTION_MENU_NONE; menu < ACTION_MENU_COUNT; menu++) {
        for (i = 0; i < action_count(); i++) {
            a = action_at(i);
            if (a->menu == menu && a->command != NULL) {
                left = mem_printf("%s %s", a->command, a->arguments);
                buf_printf(b, "  %-40s %s\n", left, _(a->help));
                free(left);
            }
        }
    }
}

/* {"login": "login USER [PASSWORD]: log in", ...} */
static void help_json(struct plain *p, const struct action *only)
{
    struct event *e = event_new(EVENT_REPLY);
    const struct action *a;
    struct row_field *f;
    size_t i;

    rows_init(&e->rows, ROWS_FIELDS);
    for (i = 0; i < action_count(); i++) {
        a = action_at(i);
        if (a->command != NULL && (only == NULL || a == only)) {
            f = rows_add(&e->rows);
            f->key = mem_strdup(a->command);
            f->value =
                mem_printf("%s %s: %s", a->command, a->arguments, _(a->help));
        }
    }
    print_event(p, "help", e);
    event_free(e);
}

static void do_help(struct plain *p, const char *word)
{
    const struct action *a = word != NULL ? action_find_command(word) : NULL;
    struct buf b;

    if (word != NULL && a == NULL) {
        fail(p, "help", P2P_EUSAGE,
             _("there is no such command; 'help' lists all"));
        return;
    }
    if (p->setup->json) {
        help_json(p, a);
        return;
    }
    buf_init(&b, PLAIN_OUTPUT_MAX);
    if (a != NULL) {
        help_one(&b, a);
    } else {
        help_all(&b);
    }
    end_live_line(p);
    write_out(p, 1, &b);
    buf_close(&b);
}

static void leave(struct plain *p)
{
    struct command *c;

    if (p->leaving) {
        return;
    }
    p->leaving = true;
    c = command_new(COMMAND_QUIT, link_next_request(p->link));
    if (!link_send(p->link, c)) {
        command_free(c);
        p->stopped = true; /* the queue is full: the engine does not listen */
    }
}

static void use_group(struct plain *p, const char *group)
{
    free(p->group);
    p->group = mem_strdup(group);
}

static void send(struct plain *p, struct command *c, const char *name)
{
    uint64_t request = link_next_request(p->link);

    c->request = request;
    if (!link_send(p->link, c)) {
        command_free(c);
        fail(p, name, P2P_EBUSY, _("too many commands at once"));
        return;
    }
    p->waiting = request; /* the command itself is the engine's now */
    free(p->command);
    p->command = mem_strdup(name);
    p->shown_percent = -1;
}

/* accept_all asks for the list first and then accepts one by one. */
static void accept_all(struct plain *p, const char *group)
{
    struct command *c = command_new(COMMAND_LIST_REQUESTS, 0);

    c->group = mem_strdup(group);
    free(p->to_accept);
    p->to_accept = mem_strdup(group);
    send(p, c, "accept_all");
}

static void do_version(struct plain *p, const char *name)
{
    struct event *e = event_new(EVENT_REPLY);
    struct row_field *f;

    rows_init(&e->rows, ROWS_FIELDS);
    f = rows_add(&e->rows);
    f->key = mem_strdup("version");
    f->label = mem_strdup(PACKAGE_NAME);
    f->value = mem_strdup(PACKAGE_VERSION);
    print_event(p, name, e);
    event_free(e);
}

/* ---- Settings ---------------------------------------------------------- */

static void add_setting(struct event *e, const struct settings *s,
                        enum setting_id id)
{
    struct row_field *f = rows_add(&e->rows);

    f->key = mem_strdup(setting_at(id)->key);
    f->value = mem_strdup(settings_value(s, id));
}

/* One of them, or all with SETTING_COUNT. */
static void show_settings(struct plain *p, const char *name,
                          enum setting_id only)
{
    const struct settings *s = p->setup->settings;
    struct event *e = event_new(EVENT_REPLY);
    enum setting_id id;
    struct buf b;

    if (p->setup->json) {
        rows_init(&e->rows, ROWS_FIELDS);
        for (id = 0; id < SETTING_COUNT; id++) {
            if (only == SETTING_COUNT || id == only) {
                add_setting(e, s, id);
            }
        }
        print_event(p, name, e);
    } else {
        buf_init(&b, PLAIN_OUTPUT_MAX);
        if (only == SETTING_COUNT) {
            settings_print(s, &b);
        } else {
            settings_print_one(s, only, &b);
        }
        end_live_line(p);
        write_out(p, 1, &b);
        buf_close(&b);
    }
    event_free(e);
}

/* "set [KEY] [VALUE]", "unset KEY", "theme THEME" */
static void do_set(struct plain *p, const struct lineparse *line)
{
    bool theme = line->action->local == ACTION_THEME;
    bool unset = line->action->local == ACTION_UNSET;
    const char *name = line->action->command;
    const char *key =
        theme ? setting_at(SETTING_THEME)->key : line->command->name;
    const char *value = line->command->text;
    enum setting_id id = key == NULL ? SETTING_COUNT : setting_find(key);
    struct err e = {0};
    int rv;

    if (key != NULL && id == SETTING_COUNT) {
        fail(p, name, P2P_EUSAGE,
             _("there is no such setting; 'set' shows "
               "all"));
    } else if (value == NULL && !unset) {
        show_settings(p, name, id);
    } else {
        rv = setting_store(p->setup->settings, id, value, &e);
        if (rv < 0) {
            fail(p, name, rv, e.text);
        } else {
            succeed(p, name);
        }
    }
}

static void run_local(struct plain *p, const struct lineparse *line)
{
    const struct command *c = line->command;

    p->status = 0;
    switch (line->action->local) {
    case ACTION_QUIT:
        succeed(p, "quit");
        leave(p);
        break;
    case ACTION_HELP:
        do_help(p, c->text);
        break;
    case ACTION_USE_GROUP:
        use_group(p, c->group);
        succeed(p, line->action->command);
        break;
    case ACTION_VERSION:
        do_version(p, line->action->command);
        break;
    case ACTION_ACCEPT_ALL:
        accept_all(p, c->group);
        break;
    case ACTION_SET:
    case ACTION_UNSET:
    case ACTION_THEME:
        do_set(p, line);
        break;
    default:
        fail(p, line->action->command, P2P_EUSAGE,
             _("this command needs the full screen"));
        break;
    }
}

/* ---- Commands of the engine -------------------------------------------- */

static int ask_secret(struct plain *p, const struct lineparse *line, char **out,
                      struct err *e)
{
    char *again = NULL;
    int rv;

    if (p->setup->password != NULL) {
        *out = mem_strdup(p->setup->password);
        return 0;
    }
    rv = secret_ask(_("Password: "), out, e);
    if (rv == 0 && line->action->kind == COMMAND_CREATE_USER) {
        rv = secret_ask(_("The same again: "), &again, e);
        if (rv == 0 && strcmp(*out, again) != 0) {
            rv = err_set(e, P2P_EUSAGE, _("the two passwords differ"));
        }
        mem_free_secret(again);
    }
    return rv;
}

static int complete_secrets(struct plain *p, struct lineparse *line,
                            struct err *e)
{
    const char *fresh = getenv("P2PTUI_NEW_PASSWORD");
    int rv = 0;

    if (lineparse_missing_secret(line) == 1) {
        rv = ask_secret(p, line, &line->command->secret, e);
    }
    if (rv == 0 && lineparse_missing_secret(line) == 2) {
        if (fresh != NULL) {
            line->command->secret2 = mem_strdup(fresh);
        } else {
            rv = secret_ask(_("New password: "), &line->command->secret2, e);
        }
    }
    return rv;
}

/* What follows when it succeeds: the group it named is the one in use. */
static void remember_group(struct plain *p, const struct lineparse *line)
{
    free(p->after_group);
    p->after_group = NULL;
    if (line->action->kind == COMMAND_CREATE_GROUP ||
        line->action->kind == COMMAND_LIST_FILES) {
        p->after_group = mem_strdup(line->command->group);
    }
}

/* A line that was not understood, under the name of its first word. */
static void fail_line(struct plain *p, const char *text, int code,
                      const char *why)
{
    size_t length;
    char *word, *safe;

    text += strspn(text, " \t:");
    length = strcspn(text, " \t");
    word = mem_strndup(text, length);
    safe = text_safe_string(word);
    fail(p, safe, code, why);
    free(safe);
    free(word);
}

static void run_line(struct plain *p, const char *text)
{
    struct lineparse line;
    struct err e = {0};
    const char *name;
    int rv = lineparse_line(text, p->group, &line, &e);

    if (rv < 0) {
        fail_line(p, text, P2P_EUSAGE, e.text);
        return;
    }
    if (line.action == NULL) {
        return;
    }
    name = line.action->command;
    if (line.action->local != ACTION_ENGINE) {
        run_local(p, &line);
    } else {
        rv = complete_secrets(p, &line, &e);
        if (rv < 0) {
            fail(p, name, rv, e.text);
        } else {
            remember_group(p, &line);
            send(p, line.command, name);
            line.command = NULL;
        }
    }
    lineparse_close(&line);
}

/* ---- Events ------------------------------------------------------------ */

/* Accept the next of the list; the rest comes with the next reply. */
static bool go_on_accepting(struct plain *p, struct event *e)
{
    struct command *c;

    if (p->to_accept == NULL || e->code != 0) {
        return false;
    }
    if (e->rows.kind == ROWS_REQUESTS && e->rows.count > 0) {
        c = command_new(COMMAND_ACCEPT_REQUEST, 0);
        c->group = mem_strdup(p->to_accept);
        c->user = mem_strdup(e->rows.requests[0].user);
        send(p, c, "accept_all");
        return true;
    }
    if (e->rows.kind == ROWS_NONE) { /* one was accepted: look for more */
        c = command_new(COMMAND_LIST_REQUESTS, 0);
        c->group = mem_strdup(p->to_accept);
        send(p, c, "accept_all");
        return true;
    }
    return false;
}

static void on_reply(struct plain *p, struct event *e)
{
    if (e->request != p->waiting || p->waiting == 0) {
        return;
    }
    p->waiting = 0;
    if (go_on_accepting(p, e)) {
        return;
    }
    if (p->to_accept != NULL) {
        free(p->to_accept);
        p->to_accept = NULL;
        rows_close(&e->rows);
        rows_init(&e->rows, ROWS_NONE);
    }
    print_event(p, p->command, e);
    if (e->code == 0 && p->after_group != NULL) {
        use_group(p, p->after_group);
    }
    prompt(p);
}

static void on_progress(struct plain *p, const struct event *e)
{
    int percent = 0;
    struct buf b;

    if (p->setup->quiet || e->request != p->waiting) {
        return;
    }
    if (e->progress.total > 0) {
        percent =
            (int)((double)e->progress.done * 100.0 / (double)e->progress.total);
    }
    if (!p->error_is_tty &&
        (!p->setup->reads_input ||
         percent / PLAIN_STEP == p->shown_percent / PLAIN_STEP)) {
        return; /* a script wants no line that moves */
    }
    p->shown_percent = percent;
    buf_init(&b, PLAIN_OUTPUT_MAX);
    if (p->error_is_tty) {
        buf_append_text(&b, "\r\033[K");
        p->has_live_line = true;
    }
    plainout_progress(&b, e);
    if (!p->error_is_tty) {
        buf_append(&b, "\n", 1);
    }
    write_out(p, 2, &b);
    buf_close(&b);
}

static void on_notice(struct plain *p, const struct event *e)
{
    char when[WORDING_MAX];
    char *safe;
    struct buf b;

    if (p->setup->quiet || (!p->setup->reads_input && !p->setup->serves &&
                            e->level < NOTICE_WARNING)) {
        return; /* -c prints answers; only trouble is said besides */
    }
    wording_clock(e->time, false, when);
    end_live_line(p);
    safe = text_safe_string(e->text);
    buf_init(&b, PLAIN_OUTPUT_MAX);
    buf_printf(&b, "* %s %s\n", when, safe);
    write_out(p, 2, &b);
    buf_close(&b);
    free(safe);
}

static void on_event(struct plain *p, struct event *e)
{
    switch (e->kind) {
    case EVENT_REPLY:
        on_reply(p, e);
        break;
    case EVENT_PROGRESS:
        on_progress(p, e);
        break;
    case EVENT_NOTICE:
        on_notice(p, e);
        break;
    case EVENT_STOPPED:
        p->stopped = true;
        break;
    default:
        break;
    }
    event_free(e);
}

static void take_events(struct plain *p)
{
    struct event *e = link_receive(p->link);

    while (e != NULL) {
        on_event(p, e);
        e = link_receive(p->link);
    }
}

/* ---- Signals and input -------------------------------------------------- */

static void give_up_command(struct plain *p)
{
    struct command *c = command_new(COMMAND_CANCEL, link_next_request(p->link));

    c->number = (int64_t)p->waiting;
    if (!link_send(p->link, c)) {
        command_free(c);
    }
}

static void on_signal(struct plain *p)
{
    struct signalfd_siginfo info;

    if (read(p->signals, &info, sizeof info) != (ssize_t)sizeof info) {
        return;
    }
    if (p->leaving && info.ssi_signo == SIGINT) {
        end_live_line(p);
        _exit(PLAIN_INTERRUPTED); /* the second time at once */
    }
    if (info.ssi_signo == SIGINT && p->waiting != 0) {
        give_up_command(p);
        if (p->setup->reads_input && p->input_is_tty) {
            return; /* back to the prompt */
        }
        p->interrupted = true;
    } else if (info.ssi_signo == SIGINT && !p->setup->serves) {
        p->interrupted = true;
    }
    leave(p);
}

/* Called when the buffer holds no whole line. */
static void read_input(struct plain *p)
{
    uint8_t *room = buf_reserve(&p->in, LINEPARSE_LINE_MAX);
    ssize_t got;

    if (room == NULL) { /* its end must not be taken for a command */
        p->skips_line = true;
        buf_clear(&p->in);
        return;
    }
    got = read(0, room, LINEPARSE_LINE_MAX);
    if (got > 0) {
        buf_commit(&p->in, (size_t)got);
    } else if (got == 0 || errno != EINTR) {
        p->input_ended = true;
    }
}

/* The next whole line of the input, or the rest of it at its end; free(). */
static char *take_line(struct plain *p)
{
    size_t length = buf_length(&p->in);
    uint8_t *head = buf_head(&p->in);
    uint8_t *end = length > 0 ? memchr(head, '\n', length) : NULL;
    char *line;

    if (end == NULL && !(p->input_ended && length > 0)) {
        return NULL;
    }
    if (end != NULL) {
        length = (size_t)(end - head);
    }
    p->holds_zero = memchr(head, '\0', length) != NULL;
    line = mem_strndup((const char *)head, length);
    mem_wipe(head, length); /* it may hold a password */
    buf_consume(&p->in, length + (end != NULL ? 1 : 0));
    if (!p->holds_zero && length > 0 && line[length - 1] == '\r') {
        line[length - 1] = '\0';
    }
    return line;
}

static void run_input(struct plain *p, char *line)
{
    if (p->skips_line) {
        p->skips_line = false;
        fail(p, NULL, P2P_EUSAGE, _("the line is too long"));
    } else if (p->holds_zero) { /* half of it may mean something else */
        fail(p, NULL, P2P_EUSAGE, _("the line is no text: it has a zero byte"));
    } else {
        run_line(p, line);
    }
    mem_free_secret(line);
    prompt(p);
}

/* Start what comes next while nothing runs. */
static void advance(struct plain *p)
{
    char *line;

    while (p->waiting == 0 && !p->leaving) {
        if (p->next_command < p->setup->command_count) {
            if (p->status != 0) {
                leave(p); /* -c stops at the first that fails */
                return;
            }
            run_line(p, p->setup->commands[p->next_command++]);
            continue;
        }
        if (p->status != 0 && p->setup->command_count > 0 &&
            !p->setup->reads_input) {
            leave(p);
            return;
        }
        if (!p->setup->reads_input) {
            if (!p->setup->serves) {
                leave(p);
            }
            return;
        }
        line = take_line(p);
        if (line == NULL) {
            if (p->input_ended) {
                leave(p);
            }
            return;
        }
        run_input(p, line);
    }
}

static void open_signals(struct plain *p)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void loop(struct plain *p)
{
    struct pollfd fds[3] = {
        {.fd = p->signals, .events = POLLIN},
        {.fd = link_fd(p->link), .events = POLLIN},
        {.fd = 0, .events = POLLIN},
    };

    while (!p->stopped) {
        advance(p);
        /* Input waits while a command runs: lines are done in order. */
        fds[2].fd = p->setup->reads_input && p->waiting == 0 &&
                            !p->input_ended && !p->leaving
                        ? 0
                        : -1;
        if (poll(fds, 3, -1) < 0 && errno != EINTR) {
            break;
        }
        if (fds[0].revents != 0) {
            on_signal(p);
        }
        if (fds[1].revents != 0) {
            take_events(p);
        }
        if (fds[2].fd >= 0 && fds[2].revents != 0) {
            read_input(p);
        }
    }
}

int plain_run(const struct plain_setup *setup)
{
    struct plain p = {.setup = setup, .link = setup->link};

    p.input_is_tty = setup->reads_input && isatty(0);
    p.error_is_tty = isatty(2) && !setup->quiet;
    buf_init(&p.in, 2 * LINEPARSE_LINE_MAX);
    open_signals(&p);
    prompt(&p);
    loop(&p);
    if (p.waiting != 0) { /* the engine ended without an answer */
        fail(&p, p.command, P2P_ECANCELED, _("p2ptui was stopped"));
    }
    end_live_line(&p);
    close(p.signals);
    buf_close(&p.in);
    free(p.group);
    free(p.command);
    free(p.after_group);
    free(p.to_accept);
    return p.interrupted ? PLAIN_INTERRUPTED : p.status;
}
