/* dialog_parts: what dialog.c and dialog_draw.c share, and nobody else. They
 * include tui/dialog.h before it. */
#ifndef P2P_TUI_DIALOG_PARTS_H
#define P2P_TUI_DIALOG_PARTS_H

#include <stdbool.h>
#include <stdint.h>

enum part_kind {
    PART_TEXT,
    PART_HEADER,
    PART_BLANK,
    PART_ART,
    PART_FIELD,
    PART_RADIO,
    PART_LIST,
    PART_WIDGET, /* only the first part: the column beside the others */
};

struct part {
    enum part_kind kind;
    char *text; /* or label */
    char *lead; /* in front of a text that is indented, or NULL */
    struct edit *edit;
    bool on;
    bool hidden;
    bool beside; /* a radio button in the row of the one before */
    int indent;
    int choice;  /* which radio buttons belong together */
    char **rows; /* of a list */
    int row_count, row, row_top;
};

struct plain_key {
    int number, key;
};

struct button {
    int number;
    char *label;
    bool hidden;
    int key;      /* shown in it; 0 none */
    int shortcut; /* works as well, not shown; 0 none */
};

struct dialog {
    char *title, *about, *hint, *problem, *note;
    char *page;             /* at the foot of the page, or NULL */
    char *after;            /* below the buttons, or NULL */
    char *foot, *foot_text; /* a line and some lines above the buttons */
    char *bare_title, *bare_about, *bare_foot; /* NULL: the usual ones */
    int width;
    bool busy, guarded, copying, same, is_wide, is_laid_out;
    int64_t opened_ms;
    struct part parts[DIALOG_PARTS];
    int part_count, choice;
    struct button buttons[DIALOG_BUTTONS];
    struct plain_key keys[DIALOG_KEYS];
    int key_count;
    int button_count, default_button;
    int focus; /* a part, or part_count + a button */
    int first; /* part drawn: where every row counts no blank one */
    int top;   /* first line of the body shown */
    const struct dialog_widget *widget;
    void *widget_state;
    dialog_button_cb *on_button;
    dialog_complete_cb *on_complete;
    dialog_change_cb *on_change;
    dialog_layout_cb *on_layout;
    void *data;
    void (*free_data)(void *);
};

/* A dialog with a widget has two columns. */
bool dialog_is_split(const struct dialog *d);

#endif /* P2P_TUI_DIALOG_PARTS_H */
