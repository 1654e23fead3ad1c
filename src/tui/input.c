#include "config.h"

#include "tui/input.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tui/key.h"
#include "util/mem.h"
#include "util/text.h"

void input_init(struct input *in)
{
    memset(in, 0, sizeof(*in));
    in->paste = mem_calloc(INPUT_PASTE_MAX + 1, 1);
}

void input_close(struct input *in)
{
    mem_wipe(in->paste, INPUT_PASTE_MAX);
    free(in->paste);
    memset(in, 0, sizeof(*in));
}

/* A pasted password must not stay longer than it is needed. */
static void start_paste(struct input *in)
{
    mem_wipe(in->paste, INPUT_PASTE_MAX);
    in->length = 0;
    in->overflow = false;
    in->state = INPUT_IN_PASTE;
}

static int feed_paste(struct input *in, int unit)
{
    char bytes[4];
    size_t size;

    if (unit == INPUT_PASTE_END) {
        in->state = INPUT_PLAIN;
        if (in->overflow) {
            in->length = 0;
            in->paste[0] = '\0';
        }
        return INPUT_PASTE_END;
    }
    if (unit <= 0 || unit >= KEY_FIRST_NAMED) {
        return KEY_NONE;
    }
    size = text_encode((uint32_t)unit, bytes);
    if (in->length + size > INPUT_PASTE_MAX) {
        in->overflow = true;
        return KEY_NONE;
    }
    memcpy(in->paste + in->length, bytes, size);
    in->length += size;
    in->paste[in->length] = '\0';
    return KEY_NONE;
}

static int feed_escape(struct input *in, int unit)
{
    in->state = INPUT_PLAIN;
    switch (unit) {
    case INPUT_PAUSE:
        return KEY_ESCAPE;
    case KEY_ESCAPE:
        in->state = INPUT_AFTER_ESCAPE;
        return KEY_ESCAPE;
    case '[':
        in->state = INPUT_IN_SEQUENCE;
        return KEY_NONE;
    case 'O':
        in->state = INPUT_IN_SHORT;
        return KEY_NONE;
    case ']': /* an answer that nobody asked for, or that came late */
    case 'P':
    case '_':
    case '^':
    case 'X':
        in->state = INPUT_IN_STRING;
        in->introducer = unit;
        in->escaped = false;
        return KEY_NONE;
    case INPUT_PASTE_START:
        start_paste(in);
        return KEY_ESCAPE;
    default:
        return unit < KEY_FIRST_NAMED ? KEY_ALT + unit : unit;
    }
}

/* A string ends with BEL or ST. When nothing follows its introducer it was a
 * person who held Alt. */
static int feed_string(struct input *in, int unit)
{
    int introducer = in->introducer;

    in->introducer = KEY_NONE;
    if (unit == INPUT_PAUSE) {
        in->state = INPUT_PLAIN;
        return introducer == KEY_NONE ? KEY_NONE : KEY_ALT + introducer;
    }
    if (unit == '\a' || unit == 0x9c || (in->escaped && unit == '\\')) {
        in->state = INPUT_PLAIN;
    }
    in->escaped = unit == KEY_ESCAPE;
    return KEY_NONE;
}

int input_feed(struct input *in, int unit)
{
    switch (in->state) {
    case INPUT_IN_STRING:
        return feed_string(in, unit);
    case INPUT_IN_PASTE:
        return feed_paste(in, unit);
    case INPUT_AFTER_ESCAPE:
        return feed_escape(in, unit);
    case INPUT_IN_SEQUENCE:
        if (unit >= 0x40 && unit <= 0x7e) {
            in->state = INPUT_PLAIN;
        }
        if (unit < KEY_FIRST_NAMED || unit == INPUT_PAUSE) {
            return KEY_NONE;
        }
        break;
    case INPUT_IN_SHORT:
        if (unit == INPUT_PAUSE) {
            return KEY_NONE;
        }
        in->state = INPUT_PLAIN;
        if (unit < KEY_FIRST_NAMED) {
            return KEY_NONE;
        }
        break;
    case INPUT_PLAIN:
        break;
    }
    in->state = INPUT_PLAIN;
    if (unit == KEY_ESCAPE) {
        in->state = INPUT_AFTER_ESCAPE;
        return KEY_NONE;
    }
    if (unit == INPUT_PASTE_START) {
        start_paste(in);
        return KEY_NONE;
    }
    return unit == INPUT_PAUSE || unit == INPUT_PASTE_END ? KEY_NONE : unit;
}
