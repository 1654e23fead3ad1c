/* input: single keys of the terminal put together: Esc, Alt, pasted text, and
 * sequences nobody knows, which are swallowed. Pure.
 */
#ifndef P2P_TUI_INPUT_H
#define P2P_TUI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    INPUT_PASTE_START = 0x120000, /* units beside those of key.h */
    INPUT_PASTE_END,
    INPUT_PAUSE,             /* nothing more has been typed by now */
    INPUT_PASTE_MAX = 65536, /* bytes; more is dropped as a whole */
};

enum input_state {
    INPUT_PLAIN,
    INPUT_AFTER_ESCAPE,
    INPUT_IN_SEQUENCE, /* after "Esc [": up to a final byte */
    INPUT_IN_SHORT,    /* after "Esc O": one more */
    INPUT_IN_STRING,   /* after "Esc ]" and its like: up to BEL or ST */
    INPUT_IN_PASTE,
};

struct input {
    enum input_state state;
    char *paste; /* owned */
    size_t length;
    bool overflow;
    int introducer; /* of a string, as long as nothing followed */
    bool escaped;   /* the last unit of the string was Esc */
};

void input_init(struct input *in);
void input_close(struct input *in);

/* Takes a unit. Returns the key it completes, INPUT_PASTE_END when in->paste
 * holds a pasted text, or KEY_NONE. */
int input_feed(struct input *in, int unit);

#endif /* P2P_TUI_INPUT_H */
