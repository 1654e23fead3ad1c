/* draw: lines, frames, cut names, bars and sparklines on a canvas. */
#ifndef P2P_TUI_DRAW_H
#define P2P_TUI_DRAW_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/cell.h"

/* printf at a place; returns the columns used. */
int draw_format(struct canvas *c, int x, int y, int room, enum theme_role role,
                const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Text that ends before column `end`; at most `room` columns. */
void draw_right(struct canvas *c, int end, int y, int room,
                enum theme_role role, const char *text);

/* A name of other people's making: cut in the middle, so that the extension
 * survives. Returns the columns used. */
int draw_name(struct canvas *c, int x, int y, int room, enum theme_role role,
              const char *name);

/* Text cut at its end with a sign that something is missing. */
int draw_cut(struct canvas *c, int x, int y, int room, enum theme_role role,
             const char *text);

/* A fingerprint of hex digits: `head` bytes, a sign that something is left
 * out, and `tail` bytes. Returns the columns used, 0 when it is too short. */
int draw_fingerprint(struct canvas *c, int x, int y, int head, int tail,
                     const char *hex);

void draw_horizontal(struct canvas *c, int x, int y, int width);
void draw_vertical(struct canvas *c, int x, int y, int height);

/* The outline of the rectangle. */
void draw_frame(struct canvas *c, int x, int y, int width, int height);

/* A line of the frame across the whole canvas with what meets it. */
void draw_across(struct canvas *c, int y, int width);

/* A vertical line between two horizontal ones, both included. */
void draw_splitter(struct canvas *c, int x, int top, int bottom);

/* A title in a frame's line, from column `x` on: " Files " or "[Files]",
 * then `more`, and `right` at the end, which gives way first. */
struct draw_title {
    const char *title;
    const char *more;  /* NULL allowed */
    const char *right; /* NULL allowed */
    bool focused;
};
void draw_title(struct canvas *c, int x, int y, int width,
                const struct draw_title *t);

/* Part of a whole in percent: 100 only when complete, 0 only when nothing. */
int draw_percent(uint64_t part, uint64_t whole);

/* A bar of `width` columns, a third of a column fine. */
void draw_bar(struct canvas *c, int x, int y, int width, uint64_t part,
              uint64_t whole);

/* The newest `width` of `count` samples, newest right, scaled to the most. */
void draw_spark(struct canvas *c, int x, int y, int width,
                const uint64_t *samples, int count);

/* The same as columns of `height` rows, eight steps each; all samples are
 * gathered into `width` columns. Returns what a full column stands for. */
uint64_t draw_graph(struct canvas *c, int x, int y, int width, int height,
                    const uint32_t *samples, int count);

/* Text broken at blanks into lines of `width` columns. Draws from line `skip`
 * on at most `height` lines (0: only count) and returns all lines it has. */
int draw_wrapped(struct canvas *c, int x, int y, int width, int skip,
                 int height, enum theme_role role, const char *text);
int draw_wrapped_lines(int width, const char *text);

#endif /* P2P_TUI_DRAW_H */
