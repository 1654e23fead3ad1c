#include "config.h"

#include "tui/view_log.h"

#include <stdlib.h>
#include <time.h>

#include "tui/action.h"
#include "tui/cluster_state.h"
#include "tui/draw.h"
#include "tui/forms.h"
#include "tui/list.h"
#include "tui/notice.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/buf.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

struct log_view {
    struct list list;
    int *shown; /* model_notice() numbers of the rows, newest first */
    int count;  /* of them */
    int newest; /* notices there were at the last update */
    char *filter;
    bool of_trackers;        /* nothing else is shown */
    enum notice_level least; /* of what is shown */
};

enum {
    LOG_FRAME_WIDTH = 60, /* columns from which there is a frame */
    LOG_STAMP = 32,       /* bytes of a date and time */
};

static struct log_view *state_of(const struct ui *ui)
{
    return ui->view_state[VIEW_LOG];
}

static void *log_make(struct ui *ui)
{
    (void)ui;
    return mem_calloc(1, sizeof(struct log_view));
}

static void log_free(void *state)
{
    struct log_view *v = state;

    free(v->shown);
    free(v->filter);
    free(v);
}

/* ---- Which rows ------------------------------------------------------- */

static bool is_shown(const struct log_view *v, const struct model_notice *n)
{
    return n->level >= v->least && (!v->of_trackers || cluster_is_event(n)) &&
           (v->filter == NULL || list_matches(n->text, v->filter));
}

static void log_update(struct ui *ui)
{
    struct log_view *v = state_of(ui);
    int total = (int)ui->model.notice_count;
    int i, before = v->count;

    v->shown = mem_resize(v->shown, (size_t)total + 1, sizeof(*v->shown));
    v->count = 0;
    for (i = 0; i < total; i++) {
        if (is_shown(v, model_notice(&ui->model, (size_t)i))) {
            v->shown[v->count++] = i;
        }
    }
    /* Who reads further down stays on the line that is read. */
    if (v->list.row > 0 && v->count > before) {
        v->list.row += v->count - before;
        v->list.top += v->count - before;
    }
    list_clamp(&v->list, v->count);
}

static const struct model_notice *row_at(const struct ui *ui, int row)
{
    const struct log_view *v = state_of(ui);

    return row < 0 || row >= v->count
               ? NULL
               : model_notice(&ui->model, (size_t)v->shown[row]);
}

/* ---- Drawing ---------------------------------------------------------- */

static const char *level_name(enum notice_level least)
{
    switch (least) {
    case NOTICE_WARNING:
        return _("warnings and errors");
    case NOTICE_ERROR:
        return _("errors");
    default:
        return _("everything");
    }
}

static void draw_rows(struct ui *ui, struct canvas *c)
{
    struct log_view *v = state_of(ui);
    int y;

    list_scroll(&v->list, v->count, c->height);
    if (v->count == 0) {
        draw_wrapped(c, 1, 0, c->width - 2, 0, c->height, ROLE_TEXT,
                     v->filter != NULL || v->of_trackers ||
                             v->least != NOTICE_DONE
                         ? _("Nothing like it has happened.")
                         : _("Nothing has happened yet."));
        canvas_cursor(c, 1, 0, false);
        return;
    }
    for (y = 0; y < c->height && v->list.top + y < v->count; y++) {
        notice_draw_line(c, y, row_at(ui, v->list.top + y));
        if (v->list.top + y == v->list.row) {
            canvas_put(c, 0, y, '>', ROLE_TEXT);
            canvas_highlight(c, 0, y, c->width, THEME_REVERSE);
            canvas_cursor(c, 0, y, false);
        }
    }
}

static void draw_heading(struct ui *ui, struct canvas *c, int x, int y,
                         int width)
{
    const struct log_view *v = state_of(ui);
    char *right = v->filter == NULL
                      ? mem_printf(ngettext("%s, %d line", "%s, %d lines",
                                            (unsigned long)v->count),
                                   v->of_trackers ? _("of trackers")
                                                  : level_name(v->least),
                                   v->count)
                      : mem_printf(ngettext("with \"%s\", %d line",
                                            "with \"%s\", %d lines",
                                            (unsigned long)v->count),
                                   v->filter, v->count);
    struct draw_title t = {.title = _("Log"), .right = right, .focused = true};

    draw_title(c, x, y, width, &t);
    free(right);
}

static void log_draw(struct ui *ui, struct canvas *c)
{
    struct canvas inner;

    if (c->width < LOG_FRAME_WIDTH || c->height < 8) {
        inner = canvas_inside(c, 0, 1, c->width, c->height - 1);
        draw_heading(ui, c, 0, 0, c->width);
    } else {
        draw_frame(c, 0, 1, c->width, c->height - 1);
        draw_heading(ui, c, 2, 1, c->width - 4);
        inner = canvas_inside(c, 1, 2, c->width - 2, c->height - 3);
    }
    draw_rows(ui, &inner);
}

/* ---- Keys ------------------------------------------------------------- */

static bool log_key(struct ui *ui, int key)
{
    struct log_view *v = state_of(ui);

    if (key == 'o') {
        v->least = v->least == NOTICE_DONE      ? NOTICE_WARNING
                   : v->least == NOTICE_WARNING ? NOTICE_ERROR
                                                : NOTICE_DONE;
        v->list.row = 0;
        log_update(ui);
        return true;
    }
    return list_key(&v->list, key, v->count);
}

static unsigned log_contexts(const struct ui *ui)
{
    (void)ui;
    return ACTION_IN_LOG;
}

static bool log_find(struct ui *ui, const char *text, int step)
{
    struct log_view *v = state_of(ui);
    int i, row = v->list.row;

    for (i = 0; i < v->count; i++) {
        row = (row + step + v->count) % v->count;
        if (list_matches(row_at(ui, row)->text, text)) {
            v->list.row = row;
            return true;
        }
    }
    return false;
}

static void log_filter(struct ui *ui, const char *text)
{
    struct log_view *v = state_of(ui);

    free(v->filter);
    v->filter = mem_strdup(text);
    v->of_trackers = v->of_trackers && text != NULL;
    v->list.row = 0;
    log_update(ui);
}

static const char *log_filtered(const struct ui *ui)
{
    const struct log_view *v = state_of(ui);

    return v->filter == NULL && v->of_trackers ? _("of trackers") : v->filter;
}

void view_log_of_trackers(struct ui *ui)
{
    struct log_view *v = state_of(ui);

    v->of_trackers = true;
    v->list.row = 0;
    log_update(ui);
}

static void log_leave(struct ui *ui)
{
    state_of(ui)->of_trackers = false;
}

static const char *log_copied(const struct ui *ui)
{
    const struct model_notice *n = row_at(ui, state_of(ui)->list.row);

    return n == NULL ? NULL : n->text;
}

void view_log_open(struct ui *ui)
{
    const struct model_notice *n = row_at(ui, state_of(ui)->list.row);

    if (n != NULL) {
        form_notice(ui, n->time, n->text);
    }
}

int view_log_text(const struct ui *ui, struct buf *b)
{
    static const char *const level_words[] = {
        [NOTICE_DONE] = "done",   [NOTICE_INFO] = "info",
        [NOTICE_ASK] = "ask",     [NOTICE_WARNING] = "warning",
        [NOTICE_ERROR] = "error",
    };
    int row, rv = 0;

    for (row = state_of(ui)->count - 1; row >= 0 && rv == 0; row--) {
        const struct model_notice *n = row_at(ui, row);
        char *text = text_safe_string(n->text);
        char stamp[LOG_STAMP];
        time_t seconds = (time_t)n->time;
        struct tm tm;

        if (localtime_r(&seconds, &tm) == NULL) {
            memset(&tm, 0, sizeof(tm)); /* a year too far to count */
        }
        strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
        rv = buf_printf(b, "%s %s %s\n", stamp, level_words[n->level], text);
        free(text);
    }
    return rv;
}

const struct view_ops view_log = {
    .name = "log",
    .for_copying = true,
    .make = log_make,
    .free = log_free,
    .leave = log_leave,
    .draw = log_draw,
    .key = log_key,
    .contexts = log_contexts,
    .update = log_update,
    .find = log_find,
    .filter = log_filter,
    .filtered = log_filtered,
    .copied = log_copied,
};
