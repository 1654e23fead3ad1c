/* prompt: the ":" command line with completion and history. */
#ifndef P2P_TUI_PROMPT_H
#define P2P_TUI_PROMPT_H

#include <stdbool.h>

#include "tui/edit.h"
#include "tui/history.h"

struct canvas;
struct ui;

struct prompt {
    bool open;
    struct edit edit;
    struct history history;
};

void prompt_init(struct prompt *p);
void prompt_close(struct prompt *p);

/* Start typing, with this text in place. */
void prompt_open(struct prompt *p, const char *text);
void prompt_key(struct prompt *p, struct ui *ui, int key);

/* Put a proposal that is shown into the line. */
void prompt_choose(struct prompt *p, struct ui *ui, int proposal);

/* The line in row `y` and the proposals above it. */
void prompt_draw(struct prompt *p, struct ui *ui, struct canvas *c, int y);

#endif /* P2P_TUI_PROMPT_H */
