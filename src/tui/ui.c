#include "config.h"

#include "tui/ui.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/link.h"
#include "tui/dialog.h"
#include "tui/recorder.h"
#include "tui/setup.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"

enum { UI_NOTICE_MAX = 1024 /* bytes of a notice made here */ };

struct ui *ui_new(struct link *link, const struct tui_setup *setup,
                  enum glyph_tier tier)
{
    struct ui *ui = mem_calloc(1, sizeof(*ui));

    model_init(&ui->model);
    toast_init(&ui->toast);
    ui->link = link;
    ui->setup = setup;
    ui->tier = tier;
    ui->engine_runs = !setup->first_run;
    ui->dirty = true;
    return ui;
}

static void request_free(struct ui_request *r)
{
    free(r->user);
    free(r->group);
    free(r->name);
    free(r);
}

void ui_free(struct ui *ui)
{
    while (ui->dialog_count > 0) {
        dialog_free(ui->dialogs[--ui->dialog_count]);
    }
    while (ui->requests != NULL) {
        struct ui_request *r = ui->requests;

        ui->requests = r->next;
        request_free(r);
    }
    toast_close(&ui->toast);
    model_close(&ui->model);
    free(ui->share_path);
    free(ui->group);
    free(ui->find_text);
    free(ui->wants_copy);
    free(ui->wants_call);
    free(ui->name);
    free(ui);
}

struct command *ui_command(struct ui *ui, enum command_kind kind)
{
    if (!ui->engine_runs) {
        ui_notice(ui, NOTICE_WARNING,
                  _("Not possible before a tracker is chosen."));
        return NULL;
    }
    return command_new(kind, link_next_request(ui->link));
}

/* What others will see of a path. */
static const char *base_name(const char *path)
{
    const char *slash = path == NULL ? NULL : strrchr(path, '/');

    return slash == NULL || slash[1] == '\0' ? path : slash + 1;
}

struct ui_request *ui_send(struct ui *ui, struct command *c,
                           ui_reply_cb *on_reply)
{
    struct ui_request *r;

    if (c == NULL) {
        return NULL;
    }
    r = mem_calloc(1, sizeof(*r));
    r->id = c->request;
    r->kind = c->kind;
    r->user = mem_strdup(c->user);
    r->group = mem_strdup(c->group);
    r->name = mem_strdup(c->kind == COMMAND_UPLOAD_FILE ? base_name(c->path)
                                                        : c->name);
    r->keys = ui->keys;
    r->sent_ms = ui->now_ms;
    r->on_reply = on_reply != NULL ? on_reply : ui_default_reply;
    if (!link_send(ui->link, c)) {
        command_free(c);
        request_free(r);
        ui_notice(ui, NOTICE_ERROR,
                  _("Too much is going on at once; try again."));
        return NULL;
    }
    r->next = ui->requests;
    ui->requests = r;
    return r;
}

const char *ui_reply_text(const struct event *e)
{
    if (e->text != NULL && e->text[0] != '\0') {
        return e->text;
    }
    return e->code == 0 ? _("Done.") : _(err_text(e->code));
}

void ui_default_reply(struct ui *ui, struct ui_request *r, struct event *e)
{
    (void)r;
    if (e->code == P2P_ECANCELED) {
        return;
    }
    ui_notice(ui, e->code == 0 ? NOTICE_DONE : NOTICE_ERROR, "%s",
              ui_reply_text(e));
}

static struct ui_request *find_request(struct ui *ui, uint64_t id)
{
    struct ui_request *r;

    for (r = ui->requests; r != NULL; r = r->next) {
        if (r->id == id) {
            return r;
        }
    }
    return NULL;
}

static void forget_request(struct ui *ui, struct ui_request *gone)
{
    struct ui_request **at;

    for (at = &ui->requests; *at != NULL; at = &(*at)->next) {
        if (*at == gone) {
            *at = gone->next;
            request_free(gone);
            return;
        }
    }
}

static void handle_reply(struct ui *ui, struct event *e)
{
    struct ui_request *r = find_request(ui, e->request);

    if (r != NULL) {
        ui->update(ui); /* callbacks look at what is chosen */
        if (e->group == NULL) {
            e->group = mem_strdup(r->group);
        }
        if (e->name == NULL) {
            e->name = mem_strdup(r->name);
        }
        r->on_reply(ui, r, e);
        forget_request(ui, r);
    }
    event_free(e);
}

static void handle_progress(struct ui *ui, struct event *e)
{
    struct ui_request *r = find_request(ui, e->request);

    if (r != NULL) {
        r->has_progress = true;
        r->progress = e->progress;
    }
    event_free(e);
}

static bool is_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* An answer that comes late must not hide what is shown now. */
static bool is_outdated(const struct ui *ui, const struct event *e)
{
    switch (e->rows.kind) {
    case ROWS_FILES:
    case ROWS_MEMBERS:
        return !is_equal(e->group, ui->group);
    case ROWS_PEERS:
        return !is_equal(e->group, ui->group) || !is_equal(e->name, ui->name);
    default:
        return false;
    }
}

/* The rows of a reply become what is shown, as if they had come alone. */
static void keep_rows(struct ui *ui, struct ui_request *r, struct event *e)
{
    struct event *rows;

    (void)r;
    if (e->code != 0 || e->rows.kind == ROWS_NONE || is_outdated(ui, e)) {
        return;
    }
    rows = event_new(EVENT_ROWS);
    rows->group = mem_strdup(e->group);
    rows->name = mem_strdup(e->name);
    rows->rows = e->rows;
    memset(&e->rows, 0, sizeof(e->rows));
    model_apply(&ui->model, rows);
}

/* Answers are kept with what was asked. */
static void record(struct ui *ui, const struct event *e)
{
    const struct ui_request *r =
        e->kind == EVENT_REPLY ? find_request(ui, e->request) : NULL;

    if (ui->setup->recorder != NULL && (r != NULL || e->kind != EVENT_REPLY)) {
        recorder_add(ui->setup->recorder, ui->now_ms, e,
                     r == NULL ? COMMAND_KIND_COUNT : r->kind);
    }
}

void ui_event(struct ui *ui, struct event *e)
{
    record(ui, e);
    ui->dirty = true;
    switch (e->kind) {
    case EVENT_REPLY:
        handle_reply(ui, e);
        break;
    case EVENT_PROGRESS:
        handle_progress(ui, e);
        break;
    case EVENT_STOPPED:
        ui->stopped = true;
        event_free(e);
        break;
    case EVENT_NOTICE:
        if (e->level == NOTICE_ASK || e->level == NOTICE_ERROR) {
            free(ui->wants_call);
            ui->wants_call = mem_strdup(e->text);
        }
        if (ui->wizard_step == 0 || ui->wizard_step > UI_WIZARD_QUIET) {
            toast_add(&ui->toast, e->level, e->time, e->text, ui->now_ms);
        }
        model_apply(&ui->model, e);
        break;
    case EVENT_ROWS:
        if (is_outdated(ui, e)) {
            event_free(e);
            break;
        }
        model_apply(&ui->model, e);
        break;
    case EVENT_SESSION:
    case EVENT_PIECES:
    case EVENT_RATES:
        model_apply(&ui->model, e);
        break;
    }
    ui->stale = true;
}

void ui_ignore_reply(struct ui *ui, struct ui_request *r, struct event *e)
{
    (void)ui;
    (void)r;
    (void)e;
}

void ui_refresh(struct ui *ui, enum command_kind kind, const char *group)
{
    struct command *c = ui_command(ui, kind);

    if (c != NULL) {
        c->group = mem_strdup(group);
        ui_send(ui, c, keep_rows);
    }
}

static void send_watch(struct ui *ui)
{
    struct command *c = ui_command(ui, COMMAND_WATCH);

    if (c == NULL) {
        return;
    }
    c->group = mem_strdup(ui->group);
    c->name = mem_strdup(ui->name);
    c->number = ui->watches_takers ? COMMAND_WATCH_TAKERS : 0;
    ui_send(ui, c, keep_rows);
}

void ui_watch(struct ui *ui, const char *group, const char *name)
{
    bool new_group = !is_equal(group, ui->group);
    char *old_group = ui->group, *old_name = ui->name;

    if (!new_group && is_equal(name, ui->name)) {
        return;
    }
    ui->group = mem_strdup(group);
    ui->name = mem_strdup(name);
    free(old_group);
    free(old_name);
    send_watch(ui);
    if (new_group && ui->group != NULL && ui->engine_runs) {
        ui_refresh(ui, COMMAND_LIST_FILES, ui->group);
        ui_refresh(ui, COMMAND_MEMBERS, ui->group);
    }
}

void ui_watch_takers(struct ui *ui, bool on)
{
    if (ui->watches_takers != on) {
        ui->watches_takers = on;
        send_watch(ui);
    }
}

void ui_watch_trackers(struct ui *ui, bool on)
{
    struct command *c;

    if (!ui->engine_runs) {
        return; /* there are none yet */
    }
    c = ui_command(ui, COMMAND_WATCH_TRACKERS);
    if (c != NULL) {
        c->number = on ? 1 : 0;
        ui_send(ui, c, ui_ignore_reply);
    }
}

void ui_open(struct ui *ui, struct dialog *d)
{
    if (ui->dialog_count == UI_DIALOGS) {
        dialog_free(d);
        return;
    }
    ui->dialogs[ui->dialog_count++] = d;
    ui->dirty = true;
}

void ui_close(struct ui *ui, struct dialog *d)
{
    struct ui_request *r;
    int i, kept = 0;

    for (r = ui->requests; r != NULL; r = r->next) {
        if (r->dialog == d) {
            r->dialog = NULL;
        }
    }
    for (i = 0; i < ui->dialog_count; i++) {
        if (ui->dialogs[i] != d) {
            ui->dialogs[kept++] = ui->dialogs[i];
        }
    }
    if (kept < ui->dialog_count) {
        dialog_free(d);
    }
    ui->dialog_count = kept;
    ui->dirty = true;
}

struct dialog *ui_dialog(const struct ui *ui)
{
    return ui->dialog_count == 0 ? NULL : ui->dialogs[ui->dialog_count - 1];
}

__attribute__((format(printf, 4, 0))) static void
tell(struct ui *ui, enum notice_level level, const char *group,
     const char *format, va_list arguments)
{
    char text[UI_NOTICE_MAX];

    vsnprintf(text, sizeof(text), format, arguments);
    toast_add(&ui->toast, level, ui_wall(ui), text, ui->now_ms);
    model_add_notice(&ui->model, level, ui_wall(ui), group, NULL, text);
    ui->dirty = true;
    ui->stale = true;
}

void ui_notice(struct ui *ui, enum notice_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(ui, level, NULL, format, arguments);
    va_end(arguments);
}

void ui_notice_about(struct ui *ui, enum notice_level level, const char *group,
                     const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(ui, level, group, format, arguments);
    va_end(arguments);
}

int64_t ui_wall(const struct ui *ui)
{
    return ui->frozen_wall != 0 ? ui->frozen_wall : clock_wall();
}

void ui_copy(struct ui *ui, const char *text)
{
    free(ui->wants_copy);
    ui->wants_copy = mem_strdup(text);
    ui->dirty = true;
}

void ui_quit(struct ui *ui)
{
    struct command *c;

    if (ui->wants_quit || !ui->engine_runs) {
        ui->stopped = true;
        return;
    }
    ui->wants_quit = true;
    ui->dirty = true;
    c = command_new(COMMAND_QUIT, link_next_request(ui->link));
    if (!link_send(ui->link, c)) {
        command_free(c);
        ui->stopped = true;
    }
}
