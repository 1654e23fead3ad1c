#include "config.h"

#include "tui/key.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/intl.h"
#include "util/text.h"

static const struct {
    int key;
    const char *marked; /* NC_("key", name) */
} names[] = {
    {KEY_SPACE, NC_("key", "Space")},
    {KEY_RETURN, NC_("key", "Enter")},
    {KEY_TAB, NC_("key", "Tab")},
    {KEY_BACK_TAB, NC_("key", "S-Tab")},
    {KEY_ESCAPE, NC_("key", "Esc")},
    {KEY_ARROW_UP, NC_("key", "Up")},
    {KEY_ARROW_DOWN, NC_("key", "Down")},
    {KEY_ARROW_LEFT, NC_("key", "Left")},
    {KEY_ARROW_RIGHT, NC_("key", "Right")},
    {KEY_PAGE_UP, NC_("key", "PgUp")},
    {KEY_PAGE_DOWN, NC_("key", "PgDn")},
    {KEY_GO_HOME, NC_("key", "Home")},
    {KEY_GO_END, NC_("key", "End")},
    {KEY_ERASE, NC_("key", "Backspace")},
    {KEY_DELETE, NC_("key", "Delete")},
    /* TRANSLATORS: both arrows, in at most 10 columns. */
    {KEY_NONE, NC_("key", "Up Down")},
    {KEY_NONE, NC_("key", "PgUp PgDn")},
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

/* The name that actions and commands know the key by. */
static const char *name_of(size_t i)
{
    return strchr(names[i].marked, '\004') + 1;
}

static bool is_name(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

const char *key_label(int key, char out[KEY_NAME_MAX])
{
    size_t i;

    for (i = 0; i < NAMES; i++) {
        if (names[i].key == key && key != KEY_NONE) {
            snprintf(out, KEY_NAME_MAX, "%s", name_of(i));
            return out;
        }
    }
    if (key >= KEY_F1 && key <= KEY_F12) {
        snprintf(out, KEY_NAME_MAX, "F%d", key - KEY_F1 + 1);
    } else if (key > 0 && key < 32) {
        snprintf(out, KEY_NAME_MAX, "^%c", key + 64);
    } else if (key > KEY_ALT && key < KEY_ALT + 0x110000) {

        memcpy(out, "Alt-", 4);
        out[4 + text_encode((uint32_t)(key - KEY_ALT), out + 4)] = '\0';
    } else if (key > 0 && key < KEY_FIRST_NAMED) {
        out[text_encode((uint32_t)key, out)] = '\0';
    } else {
        out[0] = '\0';
    }
    return out;
}

static int function_key(const char *name, size_t length)
{
    int number = 0;
    size_t i;

    if (length < 2 || length > 3 || name[0] != 'F') {
        return KEY_NONE;
    }
    for (i = 1; i < length; i++) {
        if (name[i] < '0' || name[i] > '9') {
            return KEY_NONE;
        }
        number = number * 10 + name[i] - '0';
    }
    return number >= 1 && number <= 12 ? KEY_F1 + number - 1 : KEY_NONE;
}

int key_from_name(const char *name, size_t length)
{
    uint32_t character;
    size_t i;

    for (i = 0; i < NAMES; i++) {
        if (is_name(name_of(i), name, length) ||
            is_name(intl_in_context(names[i].marked), name, length)) {
            return names[i].key;
        }
    }
    if (length == 6 && memcmp(name, "Ctrl-", 5) == 0) {
        return name[5] >= '@' && name[5] <= '_' ? name[5] - 64 : KEY_NONE;
    }
    if (length == 2 && name[0] == '^' && name[1] >= '@' && name[1] <= '_') {
        return name[1] - 64;
    }
    if (length > 4 && memcmp(name, "Alt-", 4) == 0) {
        int key = key_from_name(name + 4, length - 4);

        return key == KEY_NONE ? KEY_NONE : KEY_ALT + key;
    }
    if (length > 0 && text_decode(name, length, &character) == length) {
        return (int)character;
    }
    return function_key(name, length);
}

/* The user's word for what is named by `length` bytes; NULL: no such name. */
static const char *shown(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < NAMES; i++) {
        if (is_name(name_of(i), name, length)) {
            return intl_in_context(names[i].marked);
        }
    }
    return NULL;
}

void key_shown(const char *keys, char *out, size_t size)
{
    const char *whole = shown(keys, strlen(keys));
    size_t used = 0;

    snprintf(out, size, "%s", whole == NULL ? "" : whole);
    while (whole == NULL && *keys != '\0' && used < size) {
        size_t length = strcspn(keys, " ");
        const char *name = shown(keys, length);

        used += (size_t)snprintf(out + used, size - used, "%s%.*s",
                                 used > 0 ? " " : "",
                                 (int)(name == NULL ? length : strlen(name)),
                                 name == NULL ? keys : name);
        keys += length;
        keys += strspn(keys, " ");
    }
}
