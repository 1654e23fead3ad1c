/* ui: what all parts of the screen share: the model, the requests under way,
 * the open dialogs and the notice shown. Runs on the screen's thread alone.
 */
#ifndef P2P_TUI_UI_H
#define P2P_TUI_UI_H

#include <stdbool.h>
#include <stdint.h>

#include "msgq/command.h"
#include "tui/cell.h"
#include "tui/model.h"
#include "tui/toast.h"
#include "tui/view.h"

struct dialog;
struct link;
struct main_view;
struct sharing;
struct tui_setup;
struct ui;

enum {
    UI_WIZARD_QUIET = 2, /* its first steps say themselves what is new */
    UI_DIALOGS = 8,      /* open at the same time, one over the other */
};

/* The answer to a request. `e` is the EVENT_REPLY, still owned by the
 * caller. */
struct ui_request;
typedef void ui_reply_cb(struct ui *ui, struct ui_request *r, struct event *e);

struct ui_request {
    struct ui_request *next;
    uint64_t id;
    enum command_kind kind;
    char *user, *group, *name; /* owned; of the command, or NULL */
    unsigned long keys;        /* pressed when it was sent */
    int64_t sent_ms;
    struct dialog *dialog; /* waits for it; NULL when closed meanwhile */
    ui_reply_cb *on_reply;
    bool has_progress;
    struct event_progress progress;
};

struct ui {
    struct model model;
    struct link *link;
    const struct tui_setup *setup;
    enum glyph_tier tier;
    int adopted_chars, adopted_grid; /* choices of these settings, to see when
                                        they change */
    struct toast toast;
    struct dialog *dialogs[UI_DIALOGS]; /* owned; the last is on top */
    int dialog_count;
    struct ui_request *requests;
    const struct view_ops *view;       /* shown now; see views.h */
    enum view_id view_id, view_before; /* before: where q leads */
    void *view_state[VIEW_COUNT];      /* owned by the views */
    struct main_view *main;            /* the main view's */
    void (*update)(struct ui *ui);     /* views_update() */
    char *find_text;                   /* owned; looked for last, or NULL */
    char *group, *name;      /* what the engine watches for us; NULL allowed */
    struct sharing *sharing; /* owned by the screen; files on their
                                way, or NULL */
    unsigned long keys;      /* pressed so far */
    char *share_path;        /* where files were chosen last; NULL: nowhere */
    uint64_t hash_rate;      /* bytes per second, measured; 0: not yet */
    bool watches_takers;     /* and who takes from us */
    int64_t now_ms;          /* of this turn, monotonic */
    int64_t frozen_wall;     /* 0, or the time that is shown instead of now */
    bool engine_runs;
    bool wizard_waits; /* for the connection to the tracker */
    int wizard_step;   /* 0: not in the wizard */
    bool login_offered;
    bool stale;      /* the model has changed: call update() before a look */
    bool dirty;      /* draw when the frame limit allows */
    bool urgent;     /* draw at once: a key was pressed */
    bool wants_quit; /* COMMAND_QUIT was sent */
    bool stopped;    /* the engine has ended */
    bool wants_suspend, wants_repaint, wants_mouse;
    bool wants_manual;        /* man(1) with our page */
    bool wants_edit;          /* the configuration file in the user's editor */
    int wants_help;           /* enum help_page + 1 */
    const char *wants_prompt; /* open the command line with this text */
    char *wants_copy;         /* owned; for the terminal's clipboard */
    char *wants_call; /* owned; somebody waits, or something failed: call the
                         user, who may look elsewhere */
};

struct ui *ui_new(struct link *link, const struct tui_setup *setup,
                  enum glyph_tier tier);
void ui_free(struct ui *ui);

/* A command to fill in; NULL when no engine runs or nothing more can be
 * asked, which has been said to the user. */
struct command *ui_command(struct ui *ui, enum command_kind kind);

/* Takes `c` (NULL: nothing happens). `on_reply` NULL: success and failure
 * are shown as notices. Returns the request, or NULL. */
struct ui_request *ui_send(struct ui *ui, struct command *c,
                           ui_reply_cb *on_reply);

/* Takes `e`. */
void ui_event(struct ui *ui, struct event *e);

/* The sentence of a reply for people. */
const char *ui_reply_text(const struct event *e);
void ui_default_reply(struct ui *ui, struct ui_request *r, struct event *e);

/* A ui_reply_cb for what only fails when more follows anyway. */
void ui_ignore_reply(struct ui *ui, struct ui_request *r, struct event *e);

/* Ask for rows again; the answer is shown in the view. */
void ui_refresh(struct ui *ui, enum command_kind kind, const char *group);

/* Ask the engine to report on this from now on, and for what is known. */
void ui_watch(struct ui *ui, const char *group, const char *name);

/* And on who takes what from this computer, or no longer. */
void ui_watch_takers(struct ui *ui, bool on);

/* And on the trackers with their figures, or no longer. */
void ui_watch_trackers(struct ui *ui, bool on);

/* Takes `d`. */
void ui_open(struct ui *ui, struct dialog *d);
void ui_close(struct ui *ui, struct dialog *d);
struct dialog *ui_dialog(const struct ui *ui); /* on top, or NULL */

void ui_notice(struct ui *ui, enum notice_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, of a group (NULL allowed), where it is history. */
void ui_notice_about(struct ui *ui, enum notice_level level, const char *group,
                     const char *format, ...)
    __attribute__((format(printf, 4, 5)));

int64_t ui_wall(const struct ui *ui); /* seconds since 1970, to be shown */

/* Put `text` where the terminal keeps copied text; a notice says how that
 * went. */
void ui_copy(struct ui *ui, const char *text);

/* Stop the engine and leave when it has ended; the second call leaves now. */
void ui_quit(struct ui *ui);

#endif /* P2P_TUI_UI_H */
