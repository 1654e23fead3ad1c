/* dialog: a box of text, fields, choices, a list and a row of buttons.
 *
 * The owner builds it once; dialog_key() says which button was pressed. The
 * body scrolls when the terminal is too small, the buttons stay visible.
 */
#ifndef P2P_TUI_DIALOG_H
#define P2P_TUI_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct canvas;
struct dialog;
struct edit;
struct hit;
struct ui;

enum {
    DIALOG_NONE = -1,      /* dialog_key: go on */
    DIALOG_CANCEL = -2,    /* Esc */
    DIALOG_GUARD_MS = 300, /* a question ignores what was typed ahead */
    DIALOG_PARTS = 48,
    DIALOG_BUTTONS = 4,
    DIALOG_KEYS = 4,       /* that do something without a button */
    DIALOG_LIST_ROWS = 10, /* of a list shown at once */
};

/* What happens when a button is pressed (its number, or DIALOG_CANCEL).
 * Return true to close the dialog. */
typedef bool dialog_button_cb(struct ui *ui, struct dialog *d, int button);

/* Complete the text of a field; false when it stayed as it was. */
typedef bool dialog_complete_cb(struct ui *ui, struct dialog *d,
                                struct edit *e);

/* A key was taken: texts that depend on the state can be set anew. */
typedef void dialog_change_cb(struct dialog *d);

/* There is much room, or not: show the parts that fit. Called before the
 * first drawing and whenever that changes. */
typedef void dialog_layout_cb(struct dialog *d, bool wide);

/* Something that fills the left column of a dialog, with its parts in the
 * right one. The dialog's data owns the state. */
struct dialog_widget {
    /* `bare`: there are no frames, and every cell counts. */
    void (*draw)(void *state, struct canvas *c, bool focused, bool bare);
    /* Rows it needs. NULL: it is a column; else it is all of the dialog. */
    int (*height)(void *state, int width);
    bool (*key)(void *state, int key); /* false: the dialog's turn */
    bool (*paste)(void *state, const char *text);
    void (*click)(void *state, int row); /* of its HIT_PART number 0 */
    bool (*opens)(void *state);          /* does a second click mean Enter? */
    bool (*tick)(void *state);           /* works on; true: it changed */
    bool (*wants_tick)(void *state);
};

/* `title` stands in the frame, `note` at its right end (NULL allowed). */
struct dialog *dialog_new(const char *title, const char *about);
void dialog_free(struct dialog *d); /* NULL allowed; secrets are wiped */

/* Appearance and behaviour, before it is opened. */
void dialog_set_width(struct dialog *d, int width); /* at most, with frame */
void dialog_set_hint(struct dialog *d, const char *hint); /* line of keys */
void dialog_set_guard(struct dialog *d, int64_t now_ms);
void dialog_on_button(struct dialog *d, dialog_button_cb *on_button);
void dialog_on_complete(struct dialog *d, dialog_complete_cb *on_complete);
void dialog_on_change(struct dialog *d, dialog_change_cb *on_change);
void dialog_on_layout(struct dialog *d, dialog_layout_cb *on_layout);
/* A title of NULL stays as it is. */
void dialog_set_title(struct dialog *d, const char *title, const char *about);

/* A line and some lines of text between the parts and the buttons of a dialog
 * with a widget. */
void dialog_set_foot(struct dialog *d, const char *line, const char *text);
/* What stands in place of title and foot on a small screen. */
void dialog_set_bare(struct dialog *d, const char *title, const char *about,
                     const char *foot);
/* A line at the foot of the page of a wizard, where there is room. */
void dialog_set_page(struct dialog *d, const char *text);
/* Advice below the buttons, where there is room. */
void dialog_set_after(struct dialog *d, const char *text);
void dialog_set_data(struct dialog *d, void *data, void (*free_data)(void *));
void *dialog_data(const struct dialog *d);

/* A line of "label  text", the text broken at `indent` columns. */
int dialog_add_entry(struct dialog *d, const char *label, const char *text,
                     int indent);

/* Parts from top to bottom; those that return a number are asked by it. */
int dialog_add_text(struct dialog *d, const char *text);

/* One line that is cut, never wrapped: the titles of a list's columns. */
int dialog_add_header(struct dialog *d, const char *text);
void dialog_add_blank(struct dialog *d);
int dialog_add_art(struct dialog *d); /* three rows of pieces arriving */
int dialog_add_field(struct dialog *d, const char *label, const char *text,
                     size_t max);
int dialog_add_secret(struct dialog *d, const char *label, size_t max);
/* Of the radio buttons of one choice exactly one is on, the first by itself. */
int dialog_add_radio(struct dialog *d, const char *label);
int dialog_add_radio_beside(struct dialog *d, const char *label); /* same row */
void dialog_new_choice(struct dialog *d); /* what follows is another choice */
void dialog_choose(struct dialog *d, int part); /* a radio button */
/* Must be the first part. */
void dialog_add_widget(struct dialog *d, const struct dialog_widget *widget,
                       void *state);
void dialog_show_part(struct dialog *d, int part, bool shown);
void dialog_indent_part(struct dialog *d, int part, int columns);
int dialog_add_list(struct dialog *d);
void dialog_list_add(struct dialog *d, int part, const char *row);

/* A button; `key` presses it from anywhere but a field (0: none). The first
 * one is the default. */
void dialog_add_button(struct dialog *d, int number, const char *label,
                       int key);
void dialog_show_button(struct dialog *d, int number, bool shown);
void dialog_set_label(struct dialog *d, int number, const char *label);
/* A key that presses it too, without being named in it. */
void dialog_set_shortcut(struct dialog *d, int number, int key);
void dialog_add_key(struct dialog *d, int number, int key); /* without one */
void dialog_focus_button(struct dialog *d, int number);
void dialog_focus_part(struct dialog *d, int part);

const char *dialog_text(const struct dialog *d, int part);
void dialog_set_text(struct dialog *d, int part, const char *text);
bool dialog_is_on(const struct dialog *d, int part);
void dialog_list_choose(struct dialog *d, int part, int row);
int dialog_list_row(const struct dialog *d, int part); /* -1 when empty */

/* What went wrong with the last try; NULL takes it away. */
void dialog_set_problem(struct dialog *d, const char *problem);
const char *dialog_problem(const struct dialog *d);

/* What is shown in the same place when there is no problem: what the waited
 * for answer is, or what a field can be completed to. NULL: nothing. */
void dialog_set_note(struct dialog *d, const char *note);
const char *dialog_note(const struct dialog *d);
/* A note that is shown without a sign in front: the command that does the
 * same. */
void dialog_set_same(struct dialog *d, const char *same);
bool dialog_note_is_same(const struct dialog *d);
/* While busy only Esc and its button work. */
void dialog_set_busy(struct dialog *d, bool busy);

const char *dialog_hint(const struct dialog *d);

void dialog_draw(struct dialog *d, struct canvas *c);
int dialog_key(struct dialog *d, struct ui *ui, int key, int64_t now_ms);
/* A widget that reads goes on in slices, while dialog_wants_tick(). True when
 * something changed. */
bool dialog_tick(struct dialog *d);
bool dialog_wants_tick(const struct dialog *d);

/* On a small screen a dialog with a widget takes the status line as well. */
bool dialog_takes_status(const struct dialog *d, int width, int height);
bool dialog_paste(struct dialog *d, const char *text);

/* A click on something it drew: gives it the focus, turns a check, chooses a
 * row. Returns a button like dialog_key(). */
int dialog_click(struct dialog *d, const struct hit *hit, int64_t now_ms);

/* Does a second click on the same place mean Enter? */
bool dialog_click_again(const struct dialog *d, const struct hit *hit);

/* People copy from it: the mouse is left to the terminal while it is open. */
void dialog_set_copying(struct dialog *d);
bool dialog_is_for_copying(const struct dialog *d);

/* Calls the on_button function; true when the dialog is to be closed. */
bool dialog_press(struct dialog *d, struct ui *ui, int button);

#endif /* P2P_TUI_DIALOG_H */
