#include "config.h"

#include "tui/list.h"

#include <stdlib.h>
#include <string.h>

#include "tui/key.h"
#include "util/text.h"

void list_clamp(struct list *l, int count)
{
    if (l->row >= count) {
        l->row = count - 1;
    }
    if (l->row < 0 && count > 0) {
        l->row = 0;
    }
}

void list_scroll(struct list *l, int count, int room)
{
    list_clamp(l, count);
    l->page = room;
    if (l->top > l->row) {
        l->top = l->row;
    }
    if (l->row >= l->top + room) {
        l->top = l->row - room + 1;
    }
    if (l->top > count - room) {
        l->top = count - room;
    }
    if (l->top < 0) {
        l->top = 0;
    }
}

bool list_key(struct list *l, int key, int count)
{
    int step = l->page > 1 ? l->page - 1 : 1;

    switch (key) {
    case KEY_ARROW_UP:
    case 'k':
        l->row--;
        break;
    case KEY_ARROW_DOWN:
    case 'j':
        l->row++;
        break;
    case KEY_PAGE_UP:
        l->row -= step;
        break;
    case KEY_PAGE_DOWN:
        l->row += step;
        break;
    case KEY_GO_HOME:
    case 'g':
        l->row = 0;
        break;
    case KEY_GO_END:
    case 'G':
        l->row = count - 1;
        break;
    default:
        return false;
    }
    list_clamp(l, count);
    return true;
}

void list_click(struct list *l, int row, int count)
{
    if (row >= 0 && row < count) {
        l->row = row;
    }
}

bool list_matches(const char *text, const char *wanted)
{
    char *folded, *needle;
    bool found;

    if (text == NULL) {
        return false;
    }
    folded = text_fold(text);
    needle = text_fold(wanted);
    found = strstr(folded, needle) != NULL;
    free(needle);
    free(folded);
    return found;
}
