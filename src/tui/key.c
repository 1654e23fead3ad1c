#include "config.h"

#include "tui/key.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

static const struct {
    int key;
    const char *name;
} names[] = {
    {KEY_SPACE, "Space"},       {KEY_RETURN, "Enter"},
    {KEY_TAB, "Tab"},           {KEY_BACK_TAB, "S-Tab"},
    {KEY_ESCAPE, "Esc"},        {KEY_ARROW_UP, "Up"},
    {KEY_ARROW_DOWN, "Down"},   {KEY_ARROW_LEFT, "Left"},
    {KEY_ARROW_RIGHT, "Right"}, {KEY_PAGE_UP, "PgUp"},
    {KEY_PAGE_DOWN, "PgDn"},    {KEY_GO_HOME, "Home"},
    {KEY_GO_END, "End"},        {KEY_ERASE, "Backspace"},
    {KEY_DELETE, "Delete"},
};

const char *key_label(int key, char out[KEY_NAME_MAX])
{
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].key == key) {
            snprintf(out, KEY_NAME_MAX, "%s", names[i].name);
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

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i].name) == length &&
            memcmp(names[i].name, name, length) == 0) {
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
