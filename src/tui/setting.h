/* setting: every setting of p2ptui, in one table: its key, where it stands in
 * the settings view, what it may be, and what it means. The configuration
 * file, --print-config, ":set" and the view all come from it.
 *
 * A value may be given in several places; the last one of enum setting_origin
 * wins, and taking it back there brings the one before to light. Used on the
 * screen's thread alone. Every function that reads takes NULL for "nothing is
 * set": then it gives what is built in.
 */
#ifndef P2P_TUI_SETTING_H
#define P2P_TUI_SETTING_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;

enum {
    SETTING_VALUE_MAX = 4096, /* bytes of a value */
    SETTING_NAME_MAX = 64,    /* bytes of a key or a variable's name */
};

enum setting_section {
    SECTION_LOOK,
    SECTION_KEYS,
    SECTION_DOWNLOADS,
    SECTION_NETWORK,
    SECTION_TRACKERS,
    SECTION_SHARING,
    SECTION_NOTICES,
    SECTION_ACCOUNT,
    SECTION_ADVANCED,
    SECTION_COUNT
};

enum setting_id {
    SETTING_THEME,
    SETTING_CHARS,
    SETTING_COLOR,
    SETTING_PALETTE,
    SETTING_KEYBAR,
    SETTING_GRID,
    SETTING_BORDERS,
    SETTING_UNITS,
    SETTING_CLOCK,
    SETTING_REFRESH,
    SETTING_PLAIN,
    SETTING_LANGUAGE,
    SETTING_MOUSE,
    SETTING_HISTORY,
    SETTING_COPY_TMUX,
    SETTING_ASK_QUIT,
    SETTING_DOWNLOAD_DIR,
    SETTING_ASK_REMOVE,
    SETTING_LISTEN,
    SETTING_TRACKER,
    SETTING_TRACKERS,
    SETTING_ASK_STOP,
    SETTING_ASK_UNPUBLISH,
    SETTING_NOTICE_WHEN,
    SETTING_NOTICE_HOW,
    SETTING_NOTICE_COMMAND,
    SETTING_NOTICE_STAY,
    SETTING_TITLE,
    SETTING_PASSWORD_FILE,
    SETTING_ASK_LEAVE,
    SETTING_ASK_MEMBER,
    SETTING_ASK_LOGOUT,
    SETTING_LOG,
    SETTING_COUNT
};

/* What settings_choice() gives, in the order of the table's choices. */
enum { PALETTE_SAFE, PALETTE_VIVID };
enum { KEYBAR_LETTERS, KEYBAR_FKEYS, KEYBAR_OFF };
enum { UNITS_1024, UNITS_1000 };
enum { CLOCK_24, CLOCK_12 };
enum { WHEN_NEVER, WHEN_UNFOCUSED, WHEN_ALWAYS };
enum { HOW_BELL, HOW_OSC9, HOW_OSC777, HOW_OSC99, HOW_COMMAND };
enum { TITLE_AUTO, TITLE_ON, TITLE_OFF };
enum { LOG_USUAL, LOG_MORE };

enum setting_type {
    SETTING_CHOICE,
    SETTING_BOOL, /* "on" or "off" */
    SETTING_NUMBER,
    SETTING_TEXT,
    SETTING_PATH, /* "~/" is the home directory */
    SETTING_LIST, /* words with blanks between; a line of the file for each */
};

enum setting_origin {
    ORIGIN_BUILT_IN,
    ORIGIN_SYSTEM, /* the file of this computer */
    ORIGIN_FILE,   /* the user's */
    ORIGIN_ENVIRONMENT,
    ORIGIN_LINE,    /* the command line */
    ORIGIN_SESSION, /* changed while it runs, and not (or not only) kept in
                       the file */
    ORIGIN_COUNT
};

struct setting_choice {
    const char *word;  /* in the file */
    const char *label; /* for people; N_() */
};

struct setting {
    const char *key;    /* "look.theme" */
    const char *option; /* the long option that sets it, which the file takes
                           as well; NULL: none */
    const char *initial;
    const char *label; /* N_(), one line */
    const char *hint;  /* N_(), stands behind the value; "" none */
    const char *help;  /* N_(), a sentence or two */
    const struct setting_choice *choices; /* ends with a NULL word */
    enum setting_section section;
    enum setting_type type;
    long least, most; /* of a number */
    bool live;        /* a change has its effect at once, else at next start */
};

struct settings {
    char *values[SETTING_COUNT][ORIGIN_COUNT]; /* owned; NULL: not given */
    bool changed[SETTING_COUNT];               /* since start, by the user */
    unsigned revision; /* counts changes: compare, and take the new values */
    char *path;        /* owned: the user's file; NULL: nothing is kept */
};

/* ---- The table ---- */

const struct setting *setting_at(enum setting_id id);
const char *setting_section_name(enum setting_section section); /* translated */
const char *setting_origin_name(enum setting_origin origin);    /* translated */

/* The setting with this key or long option; SETTING_COUNT when none has. */
enum setting_id setting_find(const char *name);

/* Its variable of the environment: "P2PTUI_LOOK_THEME". */
const char *setting_variable(enum setting_id id, char out[SETTING_NAME_MAX]);

/* Is `text` a value for it? P2P_EUSAGE with a sentence that says what is. */
int setting_check(enum setting_id id, const char *text, struct err *e);

/* ---- Values ---- */

void settings_init(struct settings *s);
void settings_close(struct settings *s);

/* Give a value at a place. A list grows by it. P2P_EUSAGE as above. */
int settings_put(struct settings *s, enum setting_id id,
                 enum setting_origin origin, const char *text, struct err *e);

/* Take it back there. */
void settings_unset(struct settings *s, enum setting_id id,
                    enum setting_origin origin);

/* The value that counts, and where it was given. Valid until it changes. */
const char *settings_value(const struct settings *s, enum setting_id id);
enum setting_origin settings_origin(const struct settings *s,
                                    enum setting_id id);

int settings_choice(const struct settings *s, enum setting_id id);
bool settings_on(const struct settings *s, enum setting_id id);
long settings_number(const struct settings *s, enum setting_id id);

/* A path in full; free(). NULL when it is empty. */
char *settings_path(const struct settings *s, enum setting_id id);

/* What the value becomes one step on or back: the next choice or number, the
 * other of on and off; free(). NULL when it has to be typed. */
char *settings_step(const struct settings *s, enum setting_id id, int step);

/* "terminal colours", "[x]", "4 a second" are for the view; this is the value
 * alone in the words of the user's language; free(). */
char *settings_shown(const struct settings *s, enum setting_id id);

/* One line (of a list several), with where it comes from. */
void settings_print_one(const struct settings *s, enum setting_id id,
                        struct buf *out);

/* All of them as a file that would set them, with where each comes from. */
void settings_print(const struct settings *s, struct buf *out);

/* Lines of a file for one setting, without comment: "key = value\n"; free(). */
char *setting_line(const char *key, const char *value);

#endif /* P2P_TUI_SETTING_H */
