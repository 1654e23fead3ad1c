/* key: what was pressed, as one number, and the names of keys.
 *
 * A character is its Unicode number; keys without one follow above Unicode.
 */
#ifndef P2P_TUI_KEY_H
#define P2P_TUI_KEY_H

#include <stddef.h>

enum key {
    KEY_NONE = 0,
    KEY_CTRL_A = 1,
    KEY_CTRL_C = 3,
    KEY_CTRL_E = 5,
    KEY_CTRL_K = 11,
    KEY_CTRL_L = 12,
    KEY_CTRL_T = 20,
    KEY_CTRL_U = 21,
    KEY_CTRL_W = 23,
    KEY_CTRL_Z = 26,
    KEY_TAB = 9,
    KEY_RETURN = 13,
    KEY_ESCAPE = 27,
    KEY_SPACE = 32,
    KEY_FIRST_NAMED = 0x110000,
    KEY_ARROW_UP = KEY_FIRST_NAMED,
    KEY_ARROW_DOWN,
    KEY_ARROW_LEFT,
    KEY_ARROW_RIGHT,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_GO_HOME,
    KEY_GO_END,
    KEY_ERASE, /* Backspace */
    KEY_DELETE,
    KEY_BACK_TAB,
    KEY_F1,
    KEY_F10 = KEY_F1 + 9,
    KEY_F12 = KEY_F1 + 11,
    KEY_LAST_NAMED = KEY_F12,
    KEY_ALT = 0x1000000, /* added to a character */
};

enum { KEY_NAME_MAX = 16 /* bytes of a key's name with its NUL */ };

/* "d", "Space", "Enter", "F5", "^L", "Alt-f" into `out`; returns `out`. */
const char *key_label(int key, char out[KEY_NAME_MAX]);

/* The key of the first `length` bytes of such a name, in English or as
 * key_shown() gives it, or KEY_NONE. */
int key_from_name(const char *name, size_t length);

enum {
    KEY_SHOWN_MAX = 64 /* bytes that are enough for the keys of an action */
};

/* `keys`, names separated by blanks as actions have them, as the keyboard of
 * the user calls them: "Up Down" into `out`, cut to `size` bytes. */
void key_shown(const char *keys, char *out, size_t size);

#endif /* P2P_TUI_KEY_H */
