/* action: everything a person can ask for, in one table. Menus, keys, the key
 * bar, help, completion, the ":" line, --plain, -c and the man page's command
 * section all come from it, so nothing exists in one place only.
 */
#ifndef P2P_TUI_ACTION_H
#define P2P_TUI_ACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "msgq/command.h"

enum action_menu {
    ACTION_MENU_NONE,
    ACTION_MENU_ACCOUNT,
    ACTION_MENU_GROUP,
    ACTION_MENU_FILE,
    ACTION_MENU_TRANSFER,
    ACTION_MENU_VIEW,
    ACTION_MENU_CLUSTER,
    ACTION_MENU_HELP,
    ACTION_MENU_COUNT
};

/* Where a key means this action: the pane that has the focus. */
enum action_context {
    ACTION_IN_GROUPS = 1 << 0,
    ACTION_IN_FILES = 1 << 1,
    ACTION_IN_PIECES = 1 << 2,
    ACTION_IN_PEERS = 1 << 3,
    ACTION_IN_REQUESTS = 1 << 4, /* people who ask to join */
    ACTION_IN_MEMBERS = 1 << 5,
    ACTION_IN_TRACKERS = 1 << 6,
    ACTION_IN_LOG = 1 << 7,
    ACTION_IN_SETTINGS = 1 << 8,
    ACTION_IN_TAKERS = 1 << 9, /* who takes from this computer */
    ACTION_ANYWHERE = 0xffff,
};

/* Actions that are no command of the engine. */
enum action_local {
    ACTION_ENGINE, /* it is: `kind` tells which */
    ACTION_QUIT,
    ACTION_HELP, /* [COMMAND] */
    ACTION_HELP_KEYS,
    ACTION_HELP_SIGNS,
    ACTION_MANUAL,
    ACTION_REPORT,
    ACTION_DOWNLOAD_TO,
    ACTION_CHARACTERS,
    ACTION_READER,
    ACTION_USE_GROUP, /* GROUP: the group other commands mean */
    ACTION_NEXT_PANE,
    ACTION_PANE_BEFORE,
    ACTION_ZOOM,
    ACTION_FIND, /* TEXT */
    ACTION_FIND_NEXT,
    ACTION_FIND_BEFORE,
    ACTION_FILTER, /* TEXT */
    ACTION_SORT,
    ACTION_SORT_NEXT,
    ACTION_SORT_BEFORE,
    ACTION_SORT_REVERSE,
    ACTION_VIEW,        /* VIEW */
    ACTION_PIECES_VIEW, /* [PICTURE] */
    ACTION_PAUSE_ALL,
    ACTION_ZOOM_IN,
    ACTION_ZOOM_OUT,
    ACTION_REDRAW,
    ACTION_SUSPEND,
    ACTION_MOUSE,
    ACTION_WIZARD,
    ACTION_VERSION,
    ACTION_ACCEPT_ALL,
    ACTION_OPEN_GROUP,
    ACTION_OPEN_NOTICE, /* the chosen one of the log */
    ACTION_SET,         /* [KEY] [VALUE] */
    ACTION_UNSET,       /* KEY */
    ACTION_THEME,       /* THEME */
    ACTION_EDIT_SETTINGS,
    ACTION_SETTING_CHANGE, /* the chosen one, in its view */
    ACTION_SETTING_DEFAULT,
    ACTION_COPY,
    ACTION_WRITE_LOG, /* PATH */
    ACTION_HASHING,
    ACTION_TRACKER_DETAILS,
    ACTION_LOG_CLUSTER,
    ACTION_VIEW_FIRST, /* + enum view_id: show this view */
};

struct action {
    const char *id; /* stable word, unique, for tests: "group.create" */
    enum action_menu menu;
    const char *label;     /* of the menu entry, N_(); "..." asks for more */
    const char *key;       /* "c" or "s F7"; NULL: none */
    const char *bar;       /* word in the line of keys, N_(); NULL: not there */
    const char *command;   /* name on the command line; NULL: none */
    const char *aliases;   /* other names, separated by blanks; NULL: none */
    const char *arguments; /* "[GROUP] FILE [TO]": see lineparse.h */
    const char *help;      /* one sentence, N_() */
    unsigned contexts;     /* ACTION_IN_... */
    enum action_local local;
    enum command_kind kind; /* with ACTION_ENGINE */
    bool separator;         /* a line in the menu above the entry */
};

size_t action_count(void);
const struct action *action_at(size_t n); /* n < action_count() */

/* By name or alias, exactly; NULL when there is none. */
/* Does it take something away from somebody? Lines of keys name it last. */
bool action_takes_away(const struct action *a);

const struct action *action_find_command(const char *word);

/* The same at the beginning of a line's words: a name may have two of them.
 * `used` says how many it took (0: there is none, NULL). */
const struct action *action_find_words(char *const *words, size_t count,
                                       size_t *used);

/* By its stable word; NULL when there is none. */
const struct action *action_find(const char *id);

/* The first action that sends this command, or NULL. */
const struct action *action_for_kind(enum command_kind kind);

/* The action of a key name ("d", "F5", "^L") in a context, or NULL. What it
 * means there counts for more than what it means anywhere; context 0 is any
 * place without keys of its own. */
const struct action *action_for_key(const char *key, unsigned context);

/* The command most like `word`, for "did you mean"; NULL when nothing is. */
const struct action *action_nearest(const char *word);

/* The n-th action (from 0) whose command or alias begins with what is typed,
 * then those with it inside their name; NULL after the last. */
const struct action *action_complete(const char *typed, size_t n);

/* "Account", "Group", ... in the language of the user; "": no menu. */
const char *action_menu_title(enum action_menu menu);

#endif /* P2P_TUI_ACTION_H */
