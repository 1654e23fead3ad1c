#include "config.h"

#include "tui/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/action.h"
#include "tui/adopt.h"
#include "tui/dialog.h"
#include "tui/draw.h"
#include "tui/forms.h"
#include "tui/help.h"
#include "tui/key.h"
#include "tui/menu.h"
#include "tui/perform.h"
#include "tui/prompt.h"
#include "tui/setting.h"
#include "tui/setup.h"
#include "tui/sharing.h"
#include "tui/statusline.h"
#include "tui/ui.h"
#include "tui/view_main.h"
#include "tui/views.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"

enum { SCREEN_WHEEL = 3 /* lines a turn of the wheel moves */ };

struct screen {
    struct ui *ui;
    struct menu menu;
    struct help help;
    struct prompt prompt;
    int64_t ctrl_c_ms; /* of the last one; 0 none */
    bool was_logged_in;
    char *last_user;     /* who was logged in, offered for the next login */
    size_t next_command; /* of the setup's */
    struct hit clicked;  /* last, with no key since */
};

struct ui *screen_ui(struct screen *s)
{
    return s->ui;
}

const struct menu *screen_menu(const struct screen *s)
{
    return &s->menu;
}

/* The engine reports from now on, even before anything is chosen. */
static void start_watching(struct ui *ui)
{
    struct command *c = ui_command(ui, COMMAND_WATCH);

    if (c != NULL) {
        c->number = ui->watches_takers ? COMMAND_WATCH_TAKERS : 0;
        ui_send(ui, c, ui_ignore_reply);
    }
}

struct screen *screen_new(struct link *link, const struct tui_setup *setup,
                          enum glyph_tier tier)
{
    struct screen *s = mem_calloc(1, sizeof(*s));

    s->ui = ui_new(link, setup, tier);
    views_make(s->ui);
    adopt_on_screen(s->ui, true);
    prompt_init(&s->prompt);
    if (setup->history_path != NULL &&
        settings_on(setup->settings, SETTING_HISTORY)) {
        history_load(&s->prompt.history, setup->history_path);
    }
    if (setup->first_run) {
        form_wizard(s->ui);
    } else {
        start_watching(s->ui);
    }
    return s;
}

void screen_free(struct screen *s)
{
    if (s == NULL) {
        return;
    }
    if (s->ui->setup->history_path != NULL &&
        settings_on(s->ui->setup->settings, SETTING_HISTORY)) {
        history_save(&s->prompt.history, s->ui->setup->history_path);
    }
    prompt_close(&s->prompt);
    help_close(&s->help);
    views_free(s->ui);
    sharing_free(s->ui->sharing);
    s->ui->sharing = NULL;
    ui_free(s->ui);
    free(s->last_user);
    free(s);
}

/* ---- Events ----------------------------------------------------------- */

/* Commands of the command line run as soon as there is a session to run them
 * in, in their order. */
static void run_setup_commands(struct screen *s)
{
    const struct tui_setup *setup = s->ui->setup;

    while (s->next_command < setup->command_count) {
        perform_line(s->ui, setup->commands[s->next_command++]);
    }
}

static void handle_session(struct screen *s)
{
    struct ui *ui = s->ui;
    bool logged_in = model_is_logged_in(&ui->model);

    if (logged_in && !s->was_logged_in) {
        if (ui->wizard_step == 0 && ui->login_offered) {
            while (ui_dialog(ui) != NULL) {
                ui_close(ui, ui_dialog(ui));
            }
        }
        ui->login_offered = false; /* and again when this login ends */
        free(s->last_user);
        s->last_user = mem_strdup(model_user(&ui->model));
        start_watching(ui);
        ui_refresh(ui, COMMAND_LIST_GROUPS, NULL);
        ui_refresh(ui, COMMAND_LIST_REQUESTS, NULL);
    }
    s->was_logged_in = logged_in;
    if (model_is_connected(&ui->model)) {
        run_setup_commands(s);
    }
    if (!logged_in && model_is_connected(&ui->model) && !ui->login_offered &&
        ui->wizard_step == 0 && ui_dialog(ui) == NULL) {
        ui->login_offered = true;
        form_login(ui, s->last_user);
    }
}

void screen_event(struct screen *s, struct event *e, int64_t now_ms)
{
    bool session = e->kind == EVENT_SESSION;
    bool asked = e->kind == EVENT_NOTICE && e->level == NOTICE_ASK;
    int step = s->ui->wizard_step;

    s->ui->now_ms = now_ms;
    ui_event(s->ui, e);
    if (session) {
        views_update(s->ui);
        handle_session(s);
    }
    if (asked && model_is_logged_in(&s->ui->model)) {
        ui_refresh(s->ui, COMMAND_LIST_REQUESTS, NULL);
    }
    if (step > 0 && session) {
        form_wizard_update(s->ui);
    }
}

void screen_tick(struct screen *s, int64_t now_ms)
{
    s->ui->now_ms = now_ms;
    struct dialog *d = ui_dialog(s->ui);

    if (d != NULL && dialog_tick(d)) {
        s->ui->dirty = true;
    }
    if (toast_tick(&s->ui->toast, now_ms)) {
        s->ui->dirty = true;
    }
}

int64_t screen_due_ms(const struct screen *s)
{
    const struct dialog *d = ui_dialog(s->ui);

    if (d != NULL && dialog_wants_tick(d)) {
        return s->ui->now_ms;
    }
    return toast_due_ms(&s->ui->toast);
}

/* ---- Keys ------------------------------------------------------------- */

static void press(struct ui *ui, struct dialog *d, int button)
{
    if (button != DIALOG_NONE && dialog_press(d, ui, button)) {
        ui_close(ui, d);
        if (ui_dialog(ui) == NULL) {
            ui->wizard_step = 0;
        }
    }
}

static void handle_ctrl_c(struct screen *s)
{
    struct ui *ui = s->ui;

    if (s->ctrl_c_ms > 0 && ui->now_ms - s->ctrl_c_ms < SCREEN_CTRL_C_MS) {
        ui_quit(ui);
        return;
    }
    s->ctrl_c_ms = ui->now_ms;
    if (ui_dialog(ui) == NULL) {
        form_quit(ui);
    } else {
        dialog_set_problem(ui_dialog(ui), NULL);
        ui_notice(ui, NOTICE_INFO, "%s", _("Ctrl-C once more quits."));
    }
}

static unsigned contexts(const struct screen *s)
{
    return s->ui->view->contexts(s->ui);
}

/* What belongs to the chosen file works in its pieces and peers as well. */
static const struct action *action_of_key(const struct screen *s, int key)
{
    char name[KEY_NAME_MAX];
    unsigned here = contexts(s);
    const struct action *a = action_for_key(key_label(key, name), here);

    if (a == NULL && (here & (ACTION_IN_PIECES | ACTION_IN_PEERS)) != 0) {
        a = action_for_key(name, ACTION_IN_FILES);
    }
    return a;
}

/* A key that means something elsewhere says so instead of being dead. */
static void tell_where(struct screen *s, int key)
{
    const unsigned of_file =
        ACTION_IN_FILES | ACTION_IN_PIECES | ACTION_IN_PEERS;
    const unsigned administration =
        ACTION_IN_GROUPS | ACTION_IN_REQUESTS | ACTION_IN_MEMBERS;
    unsigned here = contexts(s);
    char name[KEY_NAME_MAX], title[WORDING_MAX];
    const char *label = key_label(key, name);
    const struct action *a = NULL;

    if ((here & of_file) != 0) {
        a = action_for_key(label, of_file);
    } else if ((here & administration) != 0) {
        a = action_for_key(label, administration);
    }
    a = a != NULL ? a : action_for_key(label, ACTION_ANYWHERE);
    if (a != NULL && a->menu != ACTION_MENU_NONE) {
        ui_notice(s->ui, NOTICE_INFO,
                  _("%s: not in this pane; ? lists its keys"),
                  wording_title(_(a->label), title, sizeof(title)));
    }
}

/* What an action asked of the screen itself. */
static void follow_wishes(struct screen *s)
{
    struct ui *ui = s->ui;

    if (ui->wants_help > 0) {
        help_open(&s->help, (enum help_page)(ui->wants_help - 1), contexts(s),
                  ui->tier);
        ui->wants_help = 0;
    }
    if (ui->wants_prompt != NULL) {
        prompt_open(&s->prompt, ui->wants_prompt);
        ui->wants_prompt = NULL;
    }
}

/* Esc or Alt with a digit is a function key, for terminals that keep those to
 * themselves; Alt with a letter opens a menu. */
static int translate(int key)
{
    if (key >= KEY_ALT + '1' && key <= KEY_ALT + '9') {
        return KEY_F1 + (key - KEY_ALT - '1');
    }
    return key == KEY_ALT + '0' ? KEY_F10 : key;
}

/* The menu that is most likely wanted here. */
static enum action_menu menu_for(const struct screen *s)
{
    if (!model_is_logged_in(&s->ui->model)) {
        return ACTION_MENU_ACCOUNT;
    }
    if ((contexts(s) &
         (ACTION_IN_GROUPS | ACTION_IN_REQUESTS | ACTION_IN_MEMBERS)) != 0) {
        return ACTION_MENU_GROUP;
    }
    if ((contexts(s) & ACTION_IN_TRACKERS) != 0) {
        return ACTION_MENU_CLUSTER;
    }
    return (contexts(s) & (ACTION_IN_PIECES | ACTION_IN_PEERS)) != 0
               ? ACTION_MENU_TRANSFER
               : ACTION_MENU_FILE;
}

static bool opens_menu(struct screen *s, int key)
{
    enum action_menu menu;

    if (key == 'm' || key == KEY_F10 - 1) {
        menu_open(&s->menu, menu_for(s));
        return true;
    }
    if (key > KEY_ALT && key < KEY_ALT + KEY_FIRST_NAMED) {
        menu = menu_of_letter(key - KEY_ALT);
        if (menu != ACTION_MENU_NONE) {
            menu_open(&s->menu, menu);
        }
        return true;
    }
    return false;
}

/* Esc first takes a filter away; then it leaves the view, as q does. */
static bool leads_back(struct ui *ui, int key)
{
    if (key == KEY_ESCAPE && ui->view->filtered != NULL &&
        ui->view->filtered(ui) != NULL) {
        ui->view->filter(ui, NULL);
        return true;
    }
    return views_back(ui);
}

static void view_key(struct screen *s, int key)
{
    const struct action *a;

    if (opens_menu(s, key)) {
        return;
    }
    if (key == ':') {
        prompt_open(&s->prompt, "");
        return;
    }
    if (s->ui->view->key(s->ui, key)) {
        return;
    }
    if ((key == 'q' || key == KEY_ESCAPE) && leads_back(s->ui, key)) {
        return;
    }
    a = action_of_key(s, key);
    if (a != NULL) {
        perform_action(s->ui, a);
    } else {
        tell_where(s, key);
    }
}

static void dispatch(struct screen *s, int key)
{
    struct dialog *d = ui_dialog(s->ui);
    const struct action *a;

    if (s->help.open) {
        a = help_key(&s->help, key);
        if (a != NULL) {
            perform_action(s->ui, a);
        }
    } else if (d != NULL) {
        press(s->ui, d, dialog_key(d, s->ui, key, s->ui->now_ms));
    } else if (s->prompt.open) {
        prompt_key(&s->prompt, s->ui, key);
    } else if (s->menu.open) {
        a = menu_key(&s->menu, key);
        if (a != NULL) {
            perform_action(s->ui, a);
        }
    } else {
        view_key(s, key);
    }
}

void screen_key(struct screen *s, int key, int64_t now_ms)
{
    struct ui *ui = s->ui;

    views_update(ui);
    ui->now_ms = now_ms;
    ui->dirty = true;
    ui->keys++;
    ui->urgent = true;
    toast_seen(&ui->toast, now_ms);
    s->clicked.kind = HIT_NOTHING;
    key = translate(key);
    switch (key) {
    case KEY_CTRL_C:
        handle_ctrl_c(s);
        break;
    case KEY_CTRL_L:
        ui->wants_repaint = true;
        break;
    case KEY_CTRL_Z:
        ui->wants_suspend = true;
        break;
    default:
        dispatch(s, key);
        break;
    }
    follow_wishes(s);
}

/* Pasted text never runs anything: it goes into a field or nowhere. */
void screen_paste(struct screen *s, const char *text, int64_t now_ms)
{
    struct dialog *d = ui_dialog(s->ui);
    bool taken = false;

    s->ui->now_ms = now_ms;
    s->ui->dirty = true;
    s->ui->urgent = true;
    if (s->help.open) {
        taken = help_paste(&s->help, text);
    } else if (d != NULL) {
        taken = dialog_paste(d, text);
    } else if (s->prompt.open) {
        taken = edit_insert(&s->prompt.edit, text);
    }
    if (!taken) {
        ui_notice(s->ui, NOTICE_INFO, "%s",
                  _("Pasted text is ignored here; : opens the command line."));
    }
}

/* ---- Mouse ------------------------------------------------------------ */

static uint64_t row_id(const void *arg, int list, int row)
{
    const struct ui *ui = arg;

    return ui->view->row_id == NULL ? HIT_NO_ID
                                    : ui->view->row_id(ui, list, row);
}

/* Every click is a key, a choice, or a choice and Enter. */
static void click_list(struct screen *s, const struct hit *hit, bool again)
{
    const struct view_ops *view = s->ui->view;

    views_update(s->ui);
    if (view->click == NULL) {
        return;
    }
    if (again && hit->row != HIT_NO_ROW) {
        dispatch(s, KEY_RETURN);
    } else {
        view->click(s->ui, hit->target, hit_row_now(hit, row_id, s->ui),
                    hit->column);
    }
}

static void click_dialog(struct screen *s, const struct hit *hit, bool again)
{
    struct ui *ui = s->ui;
    struct dialog *d = ui_dialog(ui);

    if (d == NULL) {
        return;
    }
    press(ui, d, dialog_click(d, hit, ui->now_ms));
    if (again && ui_dialog(ui) == d && dialog_click_again(d, hit)) {
        dispatch(s, KEY_RETURN);
    }
}

static void follow_click(struct screen *s, const struct hit *hit, bool again)
{
    switch (hit->kind) {
    case HIT_KEY:
        screen_key(s, hit->target, s->ui->now_ms);
        break;
    case HIT_LIST:
        click_list(s, hit, again);
        break;
    case HIT_MENU:
        menu_open(&s->menu, (enum action_menu)hit->target);
        break;
    case HIT_ENTRY:
        s->menu.entry = hit->row;
        dispatch(s, KEY_RETURN);
        break;
    case HIT_PART:
    case HIT_BUTTON:
        click_dialog(s, hit, again);
        break;
    case HIT_WORD:
        prompt_choose(&s->prompt, s->ui, hit->row);
        break;
    case HIT_NOTHING:
        break;
    }
}

static bool is_same_row(const struct hit *hit, const struct screen *s)
{
    return hit->id == HIT_NO_ID ? hit->row == s->clicked.row
                                : hit->id == s->clicked.id;
}

void screen_click(struct screen *s, const struct cells *shown, int x, int y,
                  int64_t now_ms)
{
    struct hit hit = hits_at(&shown->hits, x, y);
    bool again = hit.kind == s->clicked.kind &&
                 hit.target == s->clicked.target && is_same_row(&hit, s);

    s->ui->now_ms = now_ms;
    s->ui->dirty = true;
    s->ui->urgent = true;
    toast_seen(&s->ui->toast, now_ms);
    follow_click(s, &hit, again);
    s->clicked = hit;
    if (again) {
        s->clicked.kind = HIT_NOTHING; /* a third one begins anew */
    }
    follow_wishes(s);
}

/* The list under the pointer moves, whichever has the focus before. */
void screen_wheel(struct screen *s, const struct cells *shown, int x, int y,
                  int key, int64_t now_ms)
{
    struct hit hit = hits_at(&shown->hits, x, y);
    struct dialog *d = ui_dialog(s->ui);
    int i;

    s->ui->now_ms = now_ms;
    if (hit.kind == HIT_LIST && s->ui->view->click != NULL) {
        views_update(s->ui);
        s->ui->view->click(s->ui, hit.target, HIT_NO_ROW, 0);
    } else if (d != NULL && dialog_click_again(d, &hit)) {
        dialog_focus_part(d, hit.target);
    } else if (d != NULL) {
        key = key == KEY_ARROW_UP ? KEY_PAGE_UP : KEY_PAGE_DOWN;
    } else if (hit.kind != HIT_ENTRY) {
        return; /* nothing here moves; a line that is typed stays */
    }
    for (i = 0; i < SCREEN_WHEEL; i++) {
        screen_key(s, key, now_ms);
    }
}

bool screen_wants_mouse(const struct screen *s)
{
    const struct dialog *d = ui_dialog(s->ui);

    if (s->help.open) {
        return false;
    }
    return d != NULL ? !dialog_is_for_copying(d) : !s->ui->view->for_copying;
}

/* ---- Drawing ---------------------------------------------------------- */

static const char *why_not(void *arg, const struct action *a)
{
    return perform_why_not(arg, a);
}

static const char *bar_word(void *arg, const struct action *a)
{
    return perform_bar_word(arg, a);
}

static void draw_wizard_page(const struct ui *ui, struct canvas *c)
{
    char text[64];

    canvas_text(c, 1, 0, c->width - 1, ROLE_TITLE, "p2ptui");
    snprintf(text, sizeof(text), _("Step %d of %d"), ui->wizard_step, 4);
    draw_right(c, c->width, 0, c->width - 8, ROLE_TEXT, text);
}

static int keybar(const struct screen *s)
{
    return settings_choice(s->ui->setup->settings, SETTING_KEYBAR);
}

/* The line of keys can be spared where it only names keys. */
static bool is_keyless(const struct screen *s)
{
    return keybar(s) == KEYBAR_OFF && model_is_logged_in(&s->ui->model) &&
           !s->help.open && !s->prompt.open && !s->menu.open &&
           ui_dialog(s->ui) == NULL;
}

static void draw_keys(struct screen *s, struct canvas *c, int y)
{
    const struct statusline_bar bar = {.contexts = contexts(s),
                                       .fkeys = keybar(s) == KEYBAR_FKEYS,
                                       .why_not = why_not,
                                       .word = bar_word,
                                       .arg = s->ui};

    if (model_is_logged_in(&s->ui->model) || s->ui->view_id == VIEW_LOG ||
        s->ui->view_id == VIEW_CLUSTER || s->ui->view_id == VIEW_SETTINGS) {
        statusline_keys(c, y, &bar);
    } else {
        statusline_hint(c, y,
                        c->width < 40 ? _("m Menu  ? Help  q Quit")
                                      : _("Enter Log in  m Menu  ? Help"
                                          "  q Quit  : Cmd  Tab Pane"));
    }
}

static void draw_below(struct screen *s, struct canvas *c)
{
    struct ui *ui = s->ui;
    struct dialog *d = ui_dialog(ui);
    int y = c->height - 2;

    if (s->help.open) {
        statusline_draw(ui, c, y);
        statusline_hint(
            c, y + 1,
            _("Up Down Scroll  Enter Do it  Letters Search  Esc Close"));
    } else if (d != NULL) {
        if (dialog_takes_status(d, c->width, c->height)) {
            /* it is drawn over */
        } else if (dialog_problem(d) != NULL) {
            statusline_problem(c, y, dialog_problem(d));
        } else if (dialog_note(d) != NULL && dialog_note_is_same(d)) {
            draw_cut(c, 1, y, c->width - 1, ROLE_TEXT, dialog_note(d));
        } else if (dialog_note(d) != NULL) {
            statusline_note(c, y, dialog_note(d));
        } else {
            statusline_draw(ui, c, y);
        }
        statusline_hint(c, y + 1, dialog_hint(d));
    } else if (s->prompt.open) {
        statusline_hint(c, y + 1,
                        _("Tab Complete  Up Down History  Enter Run"
                          "  Ctrl-U Clear  Esc Cancel"));
        prompt_draw(&s->prompt, ui, c, y);
    } else if (s->menu.open) {
        if (!statusline_entry(c, y, menu_entry(&s->menu),
                              perform_why_not(ui, menu_entry(&s->menu)))) {
            statusline_hint(c, y + 1,
                            _("Left Right Menu  Up Down Choose  Enter Do"
                              " it  Letter Jump  Esc Close"));
        }
    } else if (is_keyless(s)) {
        statusline_draw(ui, c, y + 1);
    } else {
        statusline_draw(ui, c, y);
        draw_keys(s, c, y + 1);
    }
}

/* For a screen reader nothing stands beside what has the focus. */
static bool is_view_hidden(const struct screen *s)
{
    return settings_on(s->ui->setup->settings, SETTING_PLAIN) &&
           (ui_dialog(s->ui) != NULL || s->menu.open || s->help.open);
}

void screen_draw(struct screen *s, struct cells *cells)
{
    struct ui *ui = s->ui;
    struct canvas all = canvas_all(cells, ui->tier);
    enum main_layout layout = view_main_layout(cells->width, cells->height);
    struct canvas top;
    int i;

    all.frameless = settings_on(ui->setup->settings, SETTING_PLAIN);
    top = canvas_inside(&all, 0, 0, all.width,
                        all.height - (is_keyless(s) ? 1 : 2));
    /* What lies over the view keeps its frame, or one could not tell it. */
    top.frameless =
        all.frameless || !settings_on(ui->setup->settings, SETTING_BORDERS);
    views_update(ui);
    if (layout == LAYOUT_TINY && ui->dialog_count == 0) {
        ui->view->draw(ui, &all);
        return;
    }
    if (ui->wizard_step > 0) {
        draw_wizard_page(ui, &top);
    } else {
        if (!is_view_hidden(s)) {
            ui->view->draw(ui, &top);
            hits_identify(&cells->hits, row_id, ui);
        }
        if (layout >= LAYOUT_NARROW) {
            char session[256];

            statusline_session(ui, all.width, session, sizeof(session));
            menu_draw_bar(&s->menu, &top, session);
        }
    }
    for (i = 0; i < ui->dialog_count; i++) {
        dialog_draw(ui->dialogs[i], &all);
    }
    if (s->menu.open) {
        menu_draw(&s->menu, &all, why_not, ui);
    }
    if (s->help.open) {
        help_draw(&s->help, &all);
    }
    draw_below(s, &all);
}
