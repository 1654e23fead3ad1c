/* help: keys, commands and signs, made of the table of actions. */
#ifndef P2P_TUI_HELP_H
#define P2P_TUI_HELP_H

#include <stdbool.h>

#include "tui/edit.h"
#include "tui/glyph.h"
#include "tui/list.h"

struct action;
struct canvas;
struct help_line;

enum help_page { HELP_KEYS, HELP_COMMANDS, HELP_SIGNS };

struct help {
    bool open;
    bool is_wide;         /* drawn side by side, where no line is chosen */
    bool is_typing;       /* the last key was looked for: the cursor is there */
    enum glyph_tier tier; /* of the signs that are explained */
    enum help_page page;
    unsigned contexts;       /* where it was asked for */
    struct edit search;      /* an entry is shown when it contains this */
    struct help_line *lines; /* owned; those that are shown */
    int count;
    struct list list; /* where the reader is among them */
};

void help_close(struct help *h);

void help_open(struct help *h, enum help_page page, unsigned contexts,
               enum glyph_tier tier);

/* Returns the action of the chosen line when it is to be done, or NULL. */
const struct action *help_key(struct help *h, int key);
bool help_paste(struct help *h, const char *text);
void help_draw(struct help *h, struct canvas *c);

#endif /* P2P_TUI_HELP_H */
