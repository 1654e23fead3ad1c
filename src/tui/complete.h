/* complete: what may follow in a line being typed: commands, groups, users,
 * files and paths.
 */
#ifndef P2P_TUI_COMPLETE_H
#define P2P_TUI_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

struct action;
struct ui;

enum {
    COMPLETE_MAX = 64,   /* proposals kept; a screen shows fewer */
    COMPLETE_PLACE = 24, /* bytes of a place's name, with the NUL */
};

struct complete {
    const struct action *action; /* of the line's command; NULL: not yet */
    const struct action *commands[COMPLETE_MAX]; /* while that is typed */
    char *words[COMPLETE_MAX];                   /* owned; for an argument */
    size_t count;
    size_t kept; /* bytes of the line before the word being typed */
    bool inside; /* none begins with the word: they have it inside */
    char place[COMPLETE_PLACE]; /* what they may stand for: "GROUP" or "" */
    char *common; /* owned; what all proposals begin with, or NULL */
};

/* Look at `line`, whose end is being typed. */
void complete_line(const struct ui *ui, const char *line, struct complete *out);
void complete_close(struct complete *k);

/* What may stand for the n-th place of a command nobody has begun to type;
 * false after the last place. Release with complete_close() when true. */
bool complete_place(const struct ui *ui, const struct action *a, size_t n,
                    struct complete *out);

/* The line with the word completed as far as it is clear; free(). NULL when
 * there is nothing to add. */
char *complete_apply(const struct complete *k, const char *line);

/* The line with proposal `n` in place of the word; free(). NULL when there is
 * no such proposal. */
char *complete_choose(const struct complete *k, const char *line, size_t n);

#endif /* P2P_TUI_COMPLETE_H */
