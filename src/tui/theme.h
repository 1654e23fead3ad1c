/* theme: what a cell means, and how each kind of terminal shows it.
 *
 * Colour never carries a meaning alone: a sign, a word or a place says the
 * same. Unless a theme is chosen, text keeps the terminal's own foreground and
 * background.
 */
#ifndef P2P_TUI_THEME_H
#define P2P_TUI_THEME_H

#include <stdbool.h>

enum theme_role {
    ROLE_TEXT,
    ROLE_FRAME, /* frames and secondary text */
    ROLE_TITLE,
    ROLE_HAVE,   /* verified, shared */
    ROLE_PART,   /* partly there */
    ROLE_ACCENT, /* arriving, the pane in use */
    ROLE_WARNING,
    ROLE_ERROR, /* failed, bad, held by nobody */
    ROLE_OWN,   /* what is mine */
    ROLE_KEY,   /* a key in the line of keys */
    ROLE_COUNT
};

enum theme_colors { THEME_MONO, THEME_8, THEME_256, THEME_COLORS };

enum theme_attribute {
    THEME_BOLD = 1,
    THEME_DIM = 2,
    THEME_UNDERLINE = 4,
    THEME_REVERSE = 8,
};

enum theme_name {
    THEME_TERMINAL, /* text and background as the terminal has them */
    THEME_DARK,
    THEME_LIGHT,
    THEME_CONTRAST,
    THEME_NAMES
};

/* Everything that decides how a role looks. */
struct theme_style {
    enum theme_name name;
    enum theme_colors colors;
    bool vivid; /* red against green, which not all eyes can tell apart */
};

struct theme_look {
    short color; /* -1 is the terminal's own */
    unsigned attributes;
};

struct theme_look theme_look(const struct theme_style *style,
                             enum theme_role role);

/* The colour behind all of it; -1 is the terminal's own. */
short theme_background(const struct theme_style *style);

/* What a terminal of `available` colours should use, given the word of the
 * colour setting (NULL or "auto": decide; "always", "never", "8", "16",
 * "256") and the value of NO_COLOR. */
enum theme_colors theme_colors_for(const char *setting, const char *no_color,
                                   int available);

#endif /* P2P_TUI_THEME_H */
