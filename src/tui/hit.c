#include "config.h"

#include "tui/hit.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum { HIT_GROW = 64 };

void hits_init(struct hits *h)
{
    memset(h, 0, sizeof(*h));
}

void hits_close(struct hits *h)
{
    free(h->areas);
    hits_init(h);
}

void hits_clear(struct hits *h)
{
    h->count = 0;
}

void hits_add(struct hits *h, const struct hit_area *area)
{
    if (area->left >= area->right || area->top >= area->bottom) {
        return;
    }
    if (h->count == h->room) {
        h->room += HIT_GROW;
        h->areas = mem_resize(h->areas, h->room, sizeof(h->areas[0]));
    }
    h->areas[h->count++] = *area;
}

struct hit hits_at(const struct hits *h, int x, int y)
{
    struct hit hit = {.kind = HIT_NOTHING, .row = HIT_NO_ROW};
    size_t i;

    for (i = h->count; i > 0; i--) {
        const struct hit_area *a = &h->areas[i - 1];

        if (x >= a->left && x < a->right && y >= a->top && y < a->bottom) {
            hit = a->what;
            hit.column = x - a->x;
            hit.row += hit.row == HIT_NO_ROW ? 0 : y - a->y;
            return hit;
        }
    }
    return hit;
}
