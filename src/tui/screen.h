/* screen: view, menu, dialogs, command line and help as one thing that takes
 * keys and events and draws itself into cells. Knows no terminal.
 */
#ifndef P2P_TUI_SCREEN_H
#define P2P_TUI_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/glyph.h"

struct cells;
struct event;
struct link;
struct menu;
struct screen; /* Opaque; defined in screen.c. */
struct tui_setup;
struct ui;

enum { SCREEN_CTRL_C_MS = 2000 /* two in this time quit at once */ };

struct screen *screen_new(struct link *link, const struct tui_setup *setup,
                          enum glyph_tier tier);
void screen_free(struct screen *s);

/* Each of these begins with the time of this turn (monotonic). */
void screen_event(struct screen *s, struct event *e, int64_t now_ms);
void screen_key(struct screen *s, int key, int64_t now_ms);
void screen_paste(struct screen *s, const char *text, int64_t now_ms);
void screen_tick(struct screen *s, int64_t now_ms);

/* A click on a cell of what was drawn last, or a turn of the wheel there:
 * `key` is KEY_ARROW_UP or KEY_ARROW_DOWN. */
void screen_click(struct screen *s, const struct cells *shown, int x, int y,
                  int64_t now_ms);
void screen_wheel(struct screen *s, const struct cells *shown, int x, int y,
                  int key, int64_t now_ms);

/* False while something is shown that people copy from: the mouse is then
 * left to the terminal. */
bool screen_wants_mouse(const struct screen *s);

/* When screen_tick() must be called next, or -1. */
int64_t screen_due_ms(const struct screen *s);

/* Draw all of it; `cells` has the size of the terminal. */
void screen_draw(struct screen *s, struct cells *cells);

struct ui *screen_ui(struct screen *s);
const struct menu *screen_menu(const struct screen *s); /* for tests */

#endif /* P2P_TUI_SCREEN_H */
