#include "config.h"

#include "tui/theme.h"

#include <stddef.h>
#include <string.h>

/* Nobody tells us the terminal's background: these 256-colour numbers keep a
 * contrast of at least 3.6:1 against black and against white. Those of the
 * other themes have 4.5:1 against their background, high contrast 9:1. Eight
 * colours do without blue and yellow, which are hard to read in many
 * terminals. test_theme.c computes all of it. */
static const struct theme_look terminal[ROLE_COUNT][THEME_COLORS] = {
    [ROLE_TEXT] = {{-1, 0}, {-1, 0}, {-1, 0}},
    [ROLE_FRAME] = {{-1, THEME_DIM}, {-1, 0}, {243, 0}},
    [ROLE_TITLE] = {{-1, THEME_BOLD}, {-1, THEME_BOLD}, {-1, THEME_BOLD}},
    [ROLE_HAVE] = {{-1, 0}, {6, 0}, {32, 0}},
    [ROLE_PART] = {{-1, 0}, {6, 0}, {67, 0}},
    [ROLE_ACCENT] = {{-1, THEME_BOLD}, {5, 0}, {166, 0}},
    [ROLE_WARNING] = {{-1, THEME_BOLD}, {5, THEME_BOLD}, {166, THEME_BOLD}},
    [ROLE_ERROR] = {{-1, THEME_REVERSE}, {1, THEME_BOLD}, {161, 0}},
    [ROLE_OWN] = {{-1, THEME_UNDERLINE}, {-1, THEME_BOLD}, {98, 0}},
    [ROLE_KEY] = {{-1, THEME_BOLD}, {-1, THEME_BOLD}, {-1, THEME_BOLD}},
};

/* The other themes, in 8 and in 256 colours. Without colours all are one. */
enum { THEME_FEW, THEME_MANY, THEME_DEPTHS };

static const struct theme_look dark[ROLE_COUNT][THEME_DEPTHS] = {
    [ROLE_TEXT] = {{7, 0}, {252, 0}},
    [ROLE_FRAME] = {{7, 0}, {245, 0}},
    [ROLE_TITLE] = {{7, THEME_BOLD}, {252, THEME_BOLD}},
    [ROLE_HAVE] = {{6, 0}, {74, 0}},
    [ROLE_PART] = {{6, 0}, {110, 0}},
    [ROLE_ACCENT] = {{5, 0}, {215, 0}},
    [ROLE_WARNING] = {{5, THEME_BOLD}, {215, THEME_BOLD}},
    [ROLE_ERROR] = {{1, THEME_BOLD}, {204, 0}},
    [ROLE_OWN] = {{7, THEME_BOLD}, {141, 0}},
    [ROLE_KEY] = {{7, THEME_BOLD}, {252, THEME_BOLD}},
};

static const struct theme_look light[ROLE_COUNT][THEME_DEPTHS] = {
    [ROLE_TEXT] = {{0, 0}, {235, 0}},
    [ROLE_FRAME] = {{0, 0}, {241, 0}},
    [ROLE_TITLE] = {{0, THEME_BOLD}, {235, THEME_BOLD}},
    [ROLE_HAVE] = {{4, 0}, {25, 0}},
    [ROLE_PART] = {{4, 0}, {60, 0}},
    [ROLE_ACCENT] = {{5, 0}, {94, 0}},
    [ROLE_WARNING] = {{5, THEME_BOLD}, {94, THEME_BOLD}},
    [ROLE_ERROR] = {{1, THEME_BOLD}, {125, 0}},
    [ROLE_OWN] = {{0, THEME_BOLD}, {55, 0}},
    [ROLE_KEY] = {{0, THEME_BOLD}, {235, THEME_BOLD}},
};

static const struct theme_look contrast[ROLE_COUNT][THEME_DEPTHS] = {
    [ROLE_TEXT] = {{7, THEME_BOLD}, {231, 0}},
    [ROLE_FRAME] = {{7, 0}, {252, 0}},
    [ROLE_TITLE] = {{7, THEME_BOLD}, {231, THEME_BOLD}},
    [ROLE_HAVE] = {{6, THEME_BOLD}, {51, 0}},
    [ROLE_PART] = {{6, THEME_BOLD}, {153, 0}},
    [ROLE_ACCENT] = {{7, THEME_BOLD | THEME_UNDERLINE}, {214, THEME_BOLD}},
    [ROLE_WARNING] = {{7, THEME_BOLD | THEME_UNDERLINE},
                      {226, THEME_BOLD | THEME_UNDERLINE}},
    [ROLE_ERROR] = {{7, THEME_BOLD | THEME_REVERSE},
                    {217, THEME_BOLD | THEME_REVERSE}},
    [ROLE_OWN] = {{7, THEME_BOLD}, {183, 0}},
    [ROLE_KEY] = {{7, THEME_BOLD | THEME_UNDERLINE},
                  {231, THEME_BOLD | THEME_UNDERLINE}},
};

static const short backgrounds[THEME_NAMES][THEME_COLORS] = {
    [THEME_TERMINAL] = {-1, -1, -1},
    [THEME_DARK] = {-1, 0, 234},
    [THEME_LIGHT] = {-1, 7, 255},
    [THEME_CONTRAST] = {-1, 0, 16},
};

/* What the vivid palette says with red and green. */
enum vivid { VIVID_HAVE, VIVID_PART, VIVID_ERROR, VIVID_COUNT };

static const short vivid[THEME_NAMES][VIVID_COUNT] = {
    [THEME_TERMINAL] = {28, 64, 160},
    [THEME_DARK] = {113, 150, 203},
    [THEME_LIGHT] = {22, 22, 124},
    [THEME_CONTRAST] = {120, 157, 210},
};
static const short vivid_few[VIVID_COUNT] = {2, 2, 1};

short theme_background(const struct theme_style *style)
{
    return backgrounds[style->name][style->colors];
}

static void make_vivid(const struct theme_style *style, enum theme_role role,
                       struct theme_look *look)
{
    const short *colors =
        style->colors == THEME_256 ? vivid[style->name] : vivid_few;

    switch (role) {
    case ROLE_HAVE:
        look->color = colors[VIVID_HAVE];
        break;
    case ROLE_PART:
        look->color = colors[VIVID_PART];
        break;
    case ROLE_ERROR:
        look->color = colors[VIVID_ERROR];
        break;
    default:
        break;
    }
}

struct theme_look theme_look(const struct theme_style *style,
                             enum theme_role role)
{
    int depth = style->colors == THEME_256 ? THEME_MANY : THEME_FEW;
    struct theme_look look = terminal[role][style->colors];

    if (style->colors == THEME_MONO) {
        return look;
    }
    switch (style->name) {
    case THEME_DARK:
        look = dark[role][depth];
        break;
    case THEME_LIGHT:
        look = light[role][depth];
        break;
    case THEME_CONTRAST:
        look = contrast[role][depth];
        break;
    case THEME_TERMINAL:
        break;
    case THEME_NAMES: /* none */
        return look;
    }
    if (style->vivid) {
        make_vivid(style, role, &look);
    }
    return look;
}

enum theme_colors theme_colors_for(const char *setting, const char *no_color,
                                   int available)
{
    bool automatic = setting == NULL || strcmp(setting, "auto") == 0;

    if (!automatic && strcmp(setting, "never") == 0) {
        return THEME_MONO;
    }
    if (available < 8 ||
        (automatic && no_color != NULL && no_color[0] != '\0')) {
        return THEME_MONO;
    }
    if (available < 256 || (!automatic && (strcmp(setting, "8") == 0 ||
                                           strcmp(setting, "16") == 0))) {
        return THEME_8;
    }
    return THEME_256;
}
