/* help: keys, commands and signs, made of the table of actions. */
#ifndef P2P_TUI_HELP_H
#define P2P_TUI_HELP_H

#include <stdbool.h>

#include "tui/edit.h"

struct canvas;

enum help_page { HELP_KEYS, HELP_COMMANDS, HELP_SIGNS };

struct help {
    bool open;
    enum help_page page;
    unsigned contexts;  /* where it was asked for */
    int top, lines;     /* first line shown, and how many there are */
    struct edit search; /* a line is shown when it contains this */
};

void help_open(struct help *h, enum help_page page, unsigned contexts);
void help_key(struct help *h, int key);
void help_draw(struct help *h, struct canvas *c);

#endif /* P2P_TUI_HELP_H */
