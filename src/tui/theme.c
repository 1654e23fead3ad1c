#include "config.h"

#include "tui/theme.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The 256-colour numbers keep a contrast of at least 3.6:1 against black and
 * against white, because nobody tells us the background. */
static const struct theme_look looks[ROLE_COUNT][THEME_COLORS] = {
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

const struct theme_look *theme_look(enum theme_colors colors,
                                    enum theme_role role)
{
    return &looks[role][colors];
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
