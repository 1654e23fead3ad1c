/* forms: the dialogs that ask for what an action needs, then send it. */
#ifndef P2P_TUI_FORMS_H
#define P2P_TUI_FORMS_H

#include <stdbool.h>
#include <stdint.h>

struct action;
struct browser;
struct command;
struct dialog;
struct dialog_widget;
struct edit;
struct event;
struct selection;
struct ui;
struct ui_request;

/* First steps: tracker, its certificate, account, group. */
void form_wizard(struct ui *ui);
/* The session or the trackers changed: the wizard goes on by itself. */
void form_wizard_update(struct ui *ui);

void form_login(struct ui *ui, const char *user);
void form_create_user(struct ui *ui, const char *user);
void form_password(struct ui *ui);

void form_create_group(struct ui *ui);
void form_join_group(struct ui *ui); /* asks for the groups first */
void form_ask_to_join(struct ui *ui, const char *group);
/* `reason` NULL: it is asked for; else what stands in the field. */
void form_reject(struct ui *ui, const char *group, const char *user,
                 const char *reason);
void form_role(struct ui *ui, const char *group, const char *user, int role);

/* A browser at `start` (NULL: the present directory), and how a dialog shows
 * it. The caller frees it. */
struct browser *form_browser(struct ui *ui, const char *start);
extern const struct dialog_widget form_browser_widget;

/* The progress of ui->sharing. */
void form_hashing(struct ui *ui);
void form_share(struct ui *ui, const char *group);
/* Choose a file, or a folder, in a browser over dialog `below`; the path goes
 * into its field `part`. */
void form_pick(struct ui *ui, struct dialog *below, int part, bool directory);
void form_download(struct ui *ui);
/* Ask where to write what the command makes. Takes `c`. */
void form_export(struct ui *ui, const struct action *a, struct command *c);

/* "Are you sure": `yes` is the word on the button. Takes `c` and sends it. */
/* Load what is marked, or what is chosen, into the folder for downloads. */
void form_download_now(struct ui *ui);

/* What of an item is to be copied: its name, hash or place. */
void form_copy(struct ui *ui, const struct selection *at);

/* What a report of a problem should say. */
void form_report(struct ui *ui);

/* Choose the column that the view is sorted by. */
void form_sort(struct ui *ui);

void form_confirm(struct ui *ui, const char *title, const char *text,
                  const char *yes, struct command *c);
/* The same, but the name of the group must be typed. Takes `c`. */
void form_delete_group(struct ui *ui, struct command *c);
void form_quit(struct ui *ui);
/* Is something loaded, or taken by others, right now? */
bool form_is_busy(const struct ui *ui);

/* Show the rows or the text of a reply; `about` is a name or NULL. */
void form_rows(struct ui *ui, const char *title, const char *about,
               const struct event *e);
/* A request failed while its user waits: say so in a dialog, unless a key was
 * pressed since, or much time has passed. */
bool form_error_fits(const struct ui *ui, const struct ui_request *r);
void form_error(struct ui *ui, const struct ui_request *r,
                const struct event *e);
void form_about(struct ui *ui);
/* A line of the log in full. */
void form_notice(struct ui *ui, int64_t time, const char *text);
void form_message(struct ui *ui, const char *title, const char *text);

/* For dialogs: complete a path in a field. */
bool form_complete_path(struct ui *ui, struct dialog *d, struct edit *e);

/* Send `c` for dialog `d`, which waits: it closes on success and shows the
 * problem otherwise. Takes `c`. */
void form_send(struct ui *ui, struct dialog *d, struct command *c);

#endif /* P2P_TUI_FORMS_H */
