#include "config.h"

#include "tui/osc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/hex.h"
#include "util/mem.h"
#include "util/text.h"

/* Beginnings of the names of terminals that swallow what they do not know. */
static const char *const modern[] = {
    "xterm",   "tmux",    "screen", "rxvt",   "alacritty", "foot",
    "kitty",   "wezterm", "st-",    "gnome",  "vte",       "konsole",
    "ghostty", "contour", "mlterm", "mintty", "iterm",     "rio",
};

bool osc_is_understood(const char *term)
{
    size_t i;

    for (i = 0; term != NULL && i < sizeof(modern) / sizeof(modern[0]); i++) {
        if (strncmp(term, modern[i], strlen(modern[i])) == 0) {
            return true;
        }
    }
    return term != NULL && strcmp(term, "st") == 0;
}

char *osc_text(const char *text)
{
    char *safe = text_safe_string(text);
    size_t length = strlen(safe), used = 0;
    uint32_t character;

    while (used < length) {
        size_t bytes = text_decode(safe + used, length - used, &character);

        if (bytes == 0 || used + bytes > OSC_TEXT_MAX) {
            break;
        }
        used += bytes;
    }
    safe[used] = '\0';
    return safe;
}

char *osc_title(const char *title)
{
    char *safe = osc_text(title);
    char *sequence = mem_printf("\033]2;%s\a", safe);

    free(safe);
    return sequence;
}

char *osc_copy(const char *text)
{
    size_t length = strlen(text);
    char *code, *sequence;

    if (length > OSC_COPY_MAX) {
        return NULL;
    }
    code = base64_encode(text, length);
    sequence = mem_printf("\033]52;c;%s\a", code);
    free(code);
    return sequence;
}

char *osc_call(enum osc_call how, const char *text)
{
    char *safe = osc_text(text), *sequence = NULL, *at;

    switch (how) {
    case OSC_9: /* a text that begins with a digit means something else */
        sequence = mem_printf("\033]9;p2ptui: %s\a", safe);
        break;
    case OSC_777:
        for (at = strchr(safe, ';'); at != NULL; at = strchr(at, ';')) {
            *at = ','; /* it separates title and text */
        }
        sequence = mem_printf("\033]777;notify;p2ptui;%s\a", safe);
        break;
    case OSC_99:
        sequence = mem_printf("\033]99;;%s\033\\", safe);
        break;
    case OSC_BELL:
        sequence = mem_strdup("\a");
        break;
    }
    free(safe);
    return sequence;
}

/* Every ESC inside counts twice. */
char *osc_through_tmux(const char *sequence)
{
    char *wrapped = mem_alloc(2 * strlen(sequence) + 16);
    char *end = wrapped;

    memcpy(end, "\033Ptmux;", 7);
    end += 7;
    for (; *sequence != '\0'; sequence++) {
        if (*sequence == '\033') {
            *end++ = '\033';
        }
        *end++ = *sequence;
    }
    memcpy(end, "\033\\", 3);
    return wrapped;
}
