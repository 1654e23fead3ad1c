#include "config.h"

#include "tui/glyph.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const uint32_t characters[GLYPH_COUNT][GLYPH_TIERS] = {
    [GLYPH_HORIZONTAL] = {0x2500, 0x2500, '-'},
    [GLYPH_VERTICAL] = {0x2502, 0x2502, '|'},
    [GLYPH_TOP_LEFT] = {0x250c, 0x250c, '+'},
    [GLYPH_TOP_RIGHT] = {0x2510, 0x2510, '+'},
    [GLYPH_BOTTOM_LEFT] = {0x2514, 0x2514, '+'},
    [GLYPH_BOTTOM_RIGHT] = {0x2518, 0x2518, '+'},
    [GLYPH_TEE_DOWN] = {0x252c, 0x252c, '+'},
    [GLYPH_TEE_UP] = {0x2534, 0x2534, '+'},
    [GLYPH_TEE_RIGHT] = {0x251c, 0x251c, '+'},
    [GLYPH_TEE_LEFT] = {0x2524, 0x2524, '+'},
    [GLYPH_CROSS] = {0x253c, 0x253c, '+'},
    [GLYPH_NONE] = {0x00b7, 0x00b7, '.'},
    [GLYPH_LIGHT] = {0x2591, 0x2591, ':'},
    [GLYPH_MEDIUM] = {0x2592, 0x2592, '='},
    [GLYPH_DARK] = {0x2593, 0x2593, '+'},
    [GLYPH_BLOCK] = {0x2588, 0x2588, '#'},
    [GLYPH_SPARK_1] = {0x2581, 0x2591, '_'},
    [GLYPH_SPARK_2] = {0x2582, 0x2591, '_'},
    [GLYPH_SPARK_3] = {0x2583, 0x2592, '.'},
    [GLYPH_SPARK_4] = {0x2584, 0x2592, '-'},
    [GLYPH_SPARK_5] = {0x2585, 0x2593, '-'},
    [GLYPH_SPARK_6] = {0x2586, 0x2593, '='},
    [GLYPH_SPARK_7] = {0x2587, 0x2588, '='},
    [GLYPH_SPARK_8] = {0x2588, 0x2588, '#'},
    [GLYPH_DONE] = {0x2713, 0x221a, '+'},
    [GLYPH_FAILED] = {0x2717, 'x', 'x'},
    [GLYPH_SECRET] = {0x2022, 0x2022, '*'},
    [GLYPH_DOWN] = {0x2193, 0x2193, 'v'},
    [GLYPH_UP] = {0x2191, 0x2191, '^'},
    [GLYPH_LEFT] = {0x2190, 0x2190, '<'},
    [GLYPH_RIGHT] = {0x2192, 0x2192, '>'},
    [GLYPH_SORTED_DOWN] = {0x25bc, 0x25bc, 'v'},
    [GLYPH_SORTED_UP] = {0x25b2, 0x25b2, '^'},
    [GLYPH_PAUSED] = {0x2551, 0x2551, '"'},
    [GLYPH_LIT] = {0x25cf, 0x2022, '*'},
    [GLYPH_HALF_LIT] = {0x25d0, '%', '%'},
    [GLYPH_UNLIT] = {0x25cb, 'o', 'o'},
    [GLYPH_CUT] = {0x2026, '~', '~'},
    [GLYPH_UNKNOWN] = {0xfffd, '?', '?'},
};

uint32_t glyph_character(enum glyph_tier tier, enum glyph sign)
{
    return characters[sign][tier];
}

/* The tier that fits a locale's character set and a terminal's name. */
static enum glyph_tier tier_for(const char *codeset, const char *terminal)
{
    if (codeset == NULL || (strcasecmp(codeset, "UTF-8") != 0 &&
                            strcasecmp(codeset, "utf8") != 0)) {
        return GLYPH_ASCII;
    }
    if (terminal != NULL && strncmp(terminal, "linux", 5) == 0) {
        return GLYPH_BASIC;
    }
    return GLYPH_FULL;
}

enum glyph_tier glyph_tier_wanted(const char *wish, const char *codeset,
                                  const char *terminal)
{
    enum glyph_tier tier = tier_for(codeset, terminal);

    if (tier == GLYPH_ASCII || strcmp(wish, "auto") == 0) {
        return tier;
    }
    if (strcmp(wish, "ascii") == 0) {
        return GLYPH_ASCII;
    }
    return strcmp(wish, "basic") == 0 ? GLYPH_BASIC : GLYPH_FULL;
}

bool glyph_is_frame(enum glyph sign)
{
    return sign >= GLYPH_HORIZONTAL && sign <= GLYPH_CROSS;
}
