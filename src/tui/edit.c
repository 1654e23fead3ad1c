#include "config.h"

#include "tui/edit.h"

#include <stdint.h>
#include <string.h>

#include "tui/cell.h"
#include "tui/key.h"
#include "util/mem.h"
#include "util/text.h"

void edit_init(struct edit *e, size_t max, bool secret)
{
    memset(e, 0, sizeof(*e));
    e->max = max == 0 || max > EDIT_MAX ? EDIT_MAX : max;
    e->secret = secret;
}

void edit_close(struct edit *e)
{
    mem_wipe(e, sizeof(*e));
}

static size_t previous(const struct edit *e, size_t at)
{
    const char *p = e->text + at;

    while (p > e->text) {
        p--;
        if (((unsigned char)*p & 0xc0) != 0x80) {
            break;
        }
    }
    return (size_t)(p - e->text);
}

static size_t next(const struct edit *e, size_t at)
{
    if (at >= e->length) {
        return e->length;
    }
    at++;
    while (at < e->length && ((unsigned char)e->text[at] & 0xc0) == 0x80) {
        at++;
    }
    return at;
}

static void erase_range(struct edit *e, size_t from, size_t to)
{
    size_t removed = to - from;

    memmove(e->text + from, e->text + to, e->length - to + 1);
    e->length -= removed;
    /* The bytes behind the new end may be part of a secret. */
    mem_wipe(e->text + e->length, removed);
    e->cursor = from;
}

static bool insert_bytes(struct edit *e, const char *bytes, size_t size)
{
    if (size > e->max - e->length) {
        return false;
    }
    memmove(e->text + e->cursor + size, e->text + e->cursor,
            e->length - e->cursor + 1);
    memcpy(e->text + e->cursor, bytes, size);
    e->length += size;
    e->cursor += size;
    return true;
}

void edit_set(struct edit *e, const char *text)
{
    size_t size = text == NULL ? 0 : strlen(text);

    if (size > e->max) {
        size = e->max;
        while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    mem_wipe(e->text, sizeof(e->text));
    if (size > 0) {
        memcpy(e->text, text, size);
    }
    e->length = size;
    e->cursor = size;
    e->left = 0;
}

bool edit_insert(struct edit *e, const char *text)
{
    size_t length = strlen(text);
    size_t at, fits = 0;
    int pass;

    if (length > e->max - e->length) {
        return false;
    }
    for (pass = 0; pass < 2; pass++) {
        for (at = 0; at < length;) {
            uint32_t character;
            size_t bytes = text_decode(text + at, length - at, &character);

            if (bytes == 0) {
                return false;
            }
            if (!text_is_hostile(character)) {
                fits += pass == 0 ? bytes : 0;
                if (pass == 1 && !insert_bytes(e, text + at, bytes)) {
                    return false;
                }
            }
            at += bytes;
        }
    }
    return fits > 0;
}

/* The start of the word before the cursor; a path's parts count as words. */
static size_t word_start(const struct edit *e)
{
    size_t at = e->cursor;

    while (at > 0 && (e->text[at - 1] == ' ' || e->text[at - 1] == '/')) {
        at--;
    }
    while (at > 0 && e->text[at - 1] != ' ' && e->text[at - 1] != '/') {
        at--;
    }
    return at;
}

static bool edit_move(struct edit *e, int key)
{
    switch (key) {
    case KEY_ARROW_LEFT:
        e->cursor = previous(e, e->cursor);
        return true;
    case KEY_ARROW_RIGHT:
        e->cursor = next(e, e->cursor);
        return true;
    case KEY_GO_HOME:
    case KEY_CTRL_A:
        e->cursor = 0;
        return true;
    case KEY_GO_END:
    case KEY_CTRL_E:
        e->cursor = e->length;
        return true;
    default:
        return false;
    }
}

bool edit_key(struct edit *e, int key)
{
    char bytes[4];

    switch (key) {
    case KEY_ERASE:
        erase_range(e, previous(e, e->cursor), e->cursor);
        return true;
    case KEY_DELETE:
        erase_range(e, e->cursor, next(e, e->cursor));
        return true;
    case KEY_CTRL_U:
        erase_range(e, 0, e->cursor);
        return true;
    case KEY_CTRL_K:
        erase_range(e, e->cursor, e->length);
        return true;
    case KEY_CTRL_W:
        /* In a secret the words must not show. */
        erase_range(e, e->secret ? 0 : word_start(e), e->cursor);
        return true;
    default:
        break;
    }
    if (edit_move(e, key)) {
        return true;
    }
    if (key < ' ' || key >= KEY_FIRST_NAMED || text_is_hostile((uint32_t)key)) {
        return false;
    }
    insert_bytes(e, bytes, text_encode((uint32_t)key, bytes));
    return true;
}

/* Columns of a part of the text as it is shown. */
static int shown_width(const struct edit *e, size_t from, size_t to)
{
    int width = 0;

    if (!e->secret || e->revealed) {
        return cell_text_width(e->text + from, to - from);
    }
    while (from < to) {
        from = next(e, from);
        width++;
    }
    return width;
}

static void keep_cursor_visible(struct edit *e, int width)
{
    if (e->cursor < e->left) {
        e->left = e->cursor;
    }
    while (e->left < e->cursor &&
           shown_width(e, e->left, e->cursor) > width - 1) {
        e->left = next(e, e->left);
    }
    while (e->left > 0 &&
           shown_width(e, previous(e, e->left), e->length) < width) {
        e->left = previous(e, e->left);
    }
}

void edit_draw(struct edit *e, struct canvas *c, int x, int y, int width,
               bool focused)
{
    int i;

    keep_cursor_visible(e, width);
    for (i = 0; i < width; i++) {
        canvas_put(c, x + i, y, ' ', ROLE_TEXT);
    }
    if (e->secret && !e->revealed) {
        int dots = shown_width(e, e->left, e->length);

        for (i = 0; i < dots && i < width; i++) {
            canvas_sign(c, x + i, y, GLYPH_SECRET, ROLE_TEXT);
        }
    } else {
        canvas_text(c, x, y, width, ROLE_TEXT, e->text + e->left);
    }
    if (focused) {
        canvas_cursor(c, x + shown_width(e, e->left, e->cursor), y, true);
    }
}
