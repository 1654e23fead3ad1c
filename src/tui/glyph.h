/* glyph: the signs the screen draws with, in three tiers of terminals.
 *
 * Every sign has one column in every tier, so a screen of one tier turns into
 * that of another by this table alone.
 */
#ifndef P2P_TUI_GLYPH_H
#define P2P_TUI_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

enum glyph_tier {
    GLYPH_FULL,  /* UTF-8 terminals */
    GLYPH_BASIC, /* the Linux console: what its fonts have */
    GLYPH_ASCII, /* any other locale, and fonts with wide frames */
    GLYPH_TIERS
};

enum glyph {
    GLYPH_HORIZONTAL,
    GLYPH_VERTICAL,
    GLYPH_TOP_LEFT,
    GLYPH_TOP_RIGHT,
    GLYPH_BOTTOM_LEFT,
    GLYPH_BOTTOM_RIGHT,
    GLYPH_TEE_DOWN,
    GLYPH_TEE_UP,
    GLYPH_TEE_RIGHT,
    GLYPH_TEE_LEFT,
    GLYPH_CROSS,
    GLYPH_NONE, /* shades of a grid cell, from empty to full */
    GLYPH_LIGHT,
    GLYPH_MEDIUM,
    GLYPH_DARK,
    GLYPH_BLOCK,
    GLYPH_SPARK_1, /* eight heights of a sparkline */
    GLYPH_SPARK_2,
    GLYPH_SPARK_3,
    GLYPH_SPARK_4,
    GLYPH_SPARK_5,
    GLYPH_SPARK_6,
    GLYPH_SPARK_7,
    GLYPH_SPARK_8,
    GLYPH_DONE,
    GLYPH_FAILED,
    GLYPH_SECRET, /* a character of a password */
    GLYPH_DOWN,
    GLYPH_UP,
    GLYPH_LEFT,
    GLYPH_RIGHT,
    GLYPH_SORTED_DOWN,
    GLYPH_SORTED_UP,
    GLYPH_PAUSED,
    GLYPH_LIT, /* a lamp: works, partly, not */
    GLYPH_HALF_LIT,
    GLYPH_UNLIT,
    GLYPH_CUT,     /* stands where a name was cut */
    GLYPH_UNKNOWN, /* a character that must not be shown */
    GLYPH_COUNT
};

/* The character of a sign. */
uint32_t glyph_character(enum glyph_tier tier, enum glyph sign);

/* The tier that is wished for ("auto", "full", "basic", "ascii"), as far as
 * the character set has it. */
enum glyph_tier glyph_tier_wanted(const char *wish, const char *codeset,
                                  const char *terminal);

/* Is it a line of a frame, or where such lines meet? */
bool glyph_is_frame(enum glyph sign);

#endif /* P2P_TUI_GLYPH_H */
