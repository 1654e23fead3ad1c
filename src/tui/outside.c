#include "config.h"

#include "tui/outside.h"

#include <stdlib.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/osc.h"
#include "tui/setting.h"
#include "tui/spawn.h"
#include "tui/term.h"
#include "tui/ui.h"
#include "util/intl.h"
#include "util/mem.h"

void outside_init(struct outside *o, struct terminal *term,
                  const struct settings *settings)
{
    memset(o, 0, sizeof(*o));
    o->term = term;
    o->settings = settings;
}

void outside_close(struct outside *o)
{
    free(o->title);
    free(o->next_title);
    memset(o, 0, sizeof(*o));
}

static bool is_understood(void)
{
    return osc_is_understood(getenv("TERM"));
}

static bool is_through_tmux(const struct outside *o)
{
    return getenv("TMUX") != NULL &&
           settings_on(o->settings, SETTING_COPY_TMUX);
}

/* Takes `sequence`. */
static void send(const struct outside *o, char *sequence)
{
    if (is_through_tmux(o)) {
        char *wrapped = osc_through_tmux(sequence);

        free(sequence);
        sequence = wrapped;
    }
    term_send(o->term, sequence);
    free(sequence);
}

/* ---- Title ------------------------------------------------------------ */

char *outside_make_title(const struct ui *ui)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRANSFERS);
    const struct row_transfer *first = NULL;
    uint64_t have = 0, size = 0;
    unsigned count = 0;
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct row_transfer *t = &r->transfers[i];

        if (t->state == TRANSFER_LOADING) {
            first = count == 0 ? t : first;
            count++;
            have += t->have;
            size += t->size;
        }
    }
    if (count == 0) {
        return mem_strdup("p2ptui");
    }
    if (count == 1) {
        return mem_printf("p2ptui %d%% %s", draw_percent(have, size),
                          first->name);
    }
    return mem_printf(_("p2ptui %d%% of %u downloads"),
                      draw_percent(have, size), count);
}

static bool has_title(const struct outside *o)
{
    switch (settings_choice(o->settings, SETTING_TITLE)) {
    case TITLE_ON:
        return true;
    case TITLE_OFF:
        return false;
    default:
        return is_understood();
    }
}

static void wish_title(struct outside *o, const struct ui *ui)
{
    char *title;

    if (!has_title(o)) {
        return;
    }
    title = outside_make_title(ui);
    free(o->next_title);
    o->next_title = NULL;
    if (o->title == NULL || strcmp(title, o->title) != 0) {
        o->next_title = title;
    } else {
        free(title);
    }
}

int64_t outside_due_ms(const struct outside *o)
{
    return o->next_title == NULL ? -1 : o->title_ms + OUTSIDE_TITLE_MS;
}

void outside_tick(struct outside *o, int64_t now_ms)
{
    char *sequence;

    if (o->next_title == NULL ||
        (o->title != NULL && now_ms < o->title_ms + OUTSIDE_TITLE_MS)) {
        return;
    }
    sequence = osc_title(o->next_title);
    term_send_title(o->term, sequence);
    free(sequence);
    free(o->title);
    o->title = o->next_title;
    o->next_title = NULL;
    o->title_ms = now_ms;
}

/* ---- Copying ---------------------------------------------------------- */

/* The program that keeps copied text for this display, or NULL. */
static const char *copy_program(void)
{
    if (getenv("WAYLAND_DISPLAY") != NULL && spawn_exists("wl-copy")) {
        return "wl-copy";
    }
    if (getenv("DISPLAY") != NULL && spawn_exists("xclip")) {
        return "xclip";
    }
    return NULL;
}

static bool run_copy(const char *program, const char *text)
{
    char wl_copy[] = "wl-copy", xclip[] = "xclip";
    char selection[] = "-selection", clipboard[] = "clipboard";
    char *with_wl[] = {wl_copy, NULL};
    char *with_x[] = {xclip, selection, clipboard, NULL};

    return spawn_detached(strcmp(program, "xclip") == 0 ? with_x : with_wl,
                          text);
}

/* The terminal is asked always, a program besides when there is a display:
 * over SSH only the terminal knows where the user is. */
static void copy(struct outside *o, struct ui *ui, const char *text)
{
    const char *program = copy_program();
    char *sequence = osc_copy(text);
    char *shown = osc_text(text);

    if (sequence == NULL) {
        ui_notice(ui, NOTICE_WARNING, "%s", _("This is too long to copy."));
    } else if (program != NULL && run_copy(program, text)) {
        ui_notice(ui, NOTICE_DONE, _("Copied with %s: %s"), program, shown);
    } else if (is_understood()) {
        ui_notice(ui, NOTICE_DONE,
                  _("Copied by the terminal, if it allows that: %s"), shown);
    } else {
        ui_notice(ui, NOTICE_WARNING,
                  _("This terminal cannot copy; select it: %s"), shown);
    }
    if (sequence != NULL && is_understood()) {
        send(o, sequence);
        sequence = NULL;
    }
    free(sequence);
    free(shown);
}

/* ---- Calls ------------------------------------------------------------ */

static bool is_wanted(const struct outside *o, int64_t now_ms)
{
    switch (settings_choice(o->settings, SETTING_NOTICE_WHEN)) {
    case WHEN_NEVER:
        return false;
    case WHEN_ALWAYS:
        return true;
    default:
        break;
    }
    return o->focus == FOCUS_UNKNOWN ? now_ms - o->key_ms >= OUTSIDE_AWAY_MS
                                     : o->focus == FOCUS_ELSEWHERE;
}

/* The command comes from the user's own settings; the text is its "$1". */
static void run_command(const struct outside *o, const char *text)
{
    const char *command = settings_value(o->settings, SETTING_NOTICE_COMMAND);
    char shell[] = "/bin/sh", option[] = "-c", name[] = "p2ptui";
    char *line, *safe;

    if (command[0] == '\0') {
        return;
    }
    line = mem_printf("exec %s \"$@\"", command);
    safe = osc_text(text);
    {
        char *arguments[] = {shell, option, line, name, safe, NULL};

        spawn_detached(arguments, NULL);
    }
    free(line);
    free(safe);
}

static void call(const struct outside *o, const char *text)
{
    switch (settings_choice(o->settings, SETTING_NOTICE_HOW)) {
    case HOW_BELL:
        term_send(o->term, "\a");
        break;
    case HOW_OSC9:
        send(o, osc_call(OSC_9, text));
        break;
    case HOW_OSC777:
        send(o, osc_call(OSC_777, text));
        break;
    case HOW_OSC99:
        send(o, osc_call(OSC_99, text));
        break;
    default:
        run_command(o, text);
        break;
    }
}

/* ---- What the screen wants -------------------------------------------- */

void outside_follow(struct outside *o, struct ui *ui)
{
    if (ui->wants_copy != NULL) {
        char *text = ui->wants_copy;

        ui->wants_copy = NULL;
        copy(o, ui, text);
        mem_free_secret(text); /* an invitation may be among it */
    }
    if (ui->wants_call != NULL) {
        if (is_wanted(o, ui->now_ms)) {
            call(o, ui->wants_call);
        }
        free(ui->wants_call);
        ui->wants_call = NULL;
    }
    wish_title(o, ui);
    outside_tick(o, ui->now_ms);
}

void outside_key(struct outside *o, int64_t now_ms)
{
    o->key_ms = now_ms;
}

void outside_focus(struct outside *o, bool here)
{
    o->focus = here ? FOCUS_HERE : FOCUS_ELSEWHERE;
}
