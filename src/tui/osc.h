/* osc: sequences for the terminal beside what is drawn: the title of its
 * window, text to copy, and calls for attention. Pure.
 *
 * Foreign text in them is made safe: no byte of it can end the sequence.
 */
#ifndef P2P_TUI_OSC_H
#define P2P_TUI_OSC_H

#include <stdbool.h>
#include <stddef.h>

enum {
    OSC_COPY_MAX = 65536, /* bytes of text; terminals refuse more */
    OSC_TEXT_MAX = 200,   /* bytes of a title or a call */
};

enum osc_call { OSC_BELL, OSC_9, OSC_777, OSC_99 };

/* Does a terminal of this name (TERM) understand operating system commands?
 * Others could print them. */
bool osc_is_understood(const char *term);

/* Each returns new memory; free() it. */

/* `title` in the window's title. */
char *osc_title(const char *title);

/* `text` into the clipboard (OSC 52); NULL when it is longer than
 * OSC_COPY_MAX. It is never read. */
char *osc_copy(const char *text);

char *osc_call(enum osc_call how, const char *text);

/* The sequence for tmux to pass on to the terminal it runs in. */
char *osc_through_tmux(const char *sequence);

/* Foreign text that is safe in a sequence or as an argument: one line, at most
 * OSC_TEXT_MAX bytes, whole characters. */
char *osc_text(const char *text);

#endif /* P2P_TUI_OSC_H */
