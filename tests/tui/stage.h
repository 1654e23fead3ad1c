/* stage: a screen without a terminal: keys in, text out. The commands it
 * sends are kept for the test to look at and to answer.
 */
#ifndef P2P_TESTS_TUI_STAGE_H
#define P2P_TESTS_TUI_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "msgq/command.h"
#include "tui/cell.h"
#include "tui/setup.h"

struct event;
struct link;
struct screen;
struct settings;

struct stage {
    struct link *link;
    struct screen *screen;
    struct tui_setup setup;
    struct cells cells;
    int64_t now_ms; /* moves on by a second with every key */
};

/* Logged in, with the fixture's group on the screen. */
void stage_open(struct stage *s, enum glyph_tier tier);
/* The same with settings of the test's own. */
void stage_open_settings(struct stage *s, enum glyph_tier tier,
                         struct settings *settings);
/* Nobody is logged in; `setup` as the main would give it. */
void stage_open_with(struct stage *s, const struct tui_setup *setup);
void stage_close(struct stage *s);

/* Take what the engine's side posted. */
void stage_receive(struct stage *s);
void stage_post(struct stage *s, struct event *e); /* takes `e` */

void stage_key(struct stage *s, int key);
void stage_type(struct stage *s, const char *text);

/* Draw; the text of the screen, to be freed. */
char *stage_draw(struct stage *s, int width, int height);
bool stage_shows(struct stage *s, const char *text); /* at 80x24 */

/* The next command of this kind, others are dropped; NULL when none was
 * sent. command_free() it. */
struct command *stage_take(struct stage *s, enum command_kind kind);

/* Answer everything that was sent, until nothing more is. */
void stage_answer_all(struct stage *s);

/* Compare with tests/golden/NAME, or write it when P2PTUI_UPDATE_GOLDEN is
 * set. */
void stage_assert_golden(const char *text, const char *name);

/* What is shown now, with tests/golden/NAME-WIDTHxHEIGHT-TIER.txt; at one size,
 * or at the five that were agreed on. */
void stage_assert_size(struct stage *s, const char *name, int width,
                       int height);
void stage_assert_sizes(struct stage *s, const char *name);

/* The same in each tier; `open` opens the stage and shows what is meant. */
void stage_assert_looks(const char *name,
                        void (*open)(struct stage *s, enum glyph_tier tier));

#endif /* P2P_TESTS_TUI_STAGE_H */
