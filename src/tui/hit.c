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
    free(h->ids);
    hits_init(h);
}

void hits_clear(struct hits *h)
{
    h->count = 0;
    h->id_count = 0;
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

/* FNV-1a; the zero at the end of a text counts, so that "ab" and "c" are not
 * "a" and "bc". */
uint64_t hit_id(uint64_t id, const char *text)
{
    const char *at = text == NULL ? "" : text;
    uint64_t hash = id == HIT_NO_ID ? UINT64_C(0xcbf29ce484222325) : id;

    do {
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    } while (*at++ != '\0');
    return hash == HIT_NO_ID ? 1 : hash;
}

static bool is_of_rows(const struct hit_area *a)
{
    return a->what.kind == HIT_LIST && a->what.row != HIT_NO_ROW;
}

void hits_identify(struct hits *h, hit_id_fn id, const void *arg)
{
    size_t i, total = 0;
    int y;

    for (i = 0; i < h->count; i++) {
        total += is_of_rows(&h->areas[i])
                     ? (size_t)(h->areas[i].bottom - h->areas[i].top)
                     : 0;
    }
    h->ids = mem_resize(h->ids, total + 1, sizeof(h->ids[0]));
    h->id_count = 0;
    for (i = 0; i < h->count; i++) {
        struct hit_area *a = &h->areas[i];

        if (!is_of_rows(a)) {
            continue;
        }
        a->first_id = h->id_count;
        for (y = a->top; y < a->bottom; y++) {
            h->ids[h->id_count++] =
                id(arg, a->what.target, a->what.row + y - a->y);
        }
    }
}

int hit_row_now(const struct hit *hit, hit_id_fn id, const void *arg)
{
    int row = hit->row;
    uint64_t now;

    if (hit->id == HIT_NO_ID || row == HIT_NO_ROW ||
        id(arg, hit->target, row) == hit->id) {
        return row;
    }
    for (row = 0; (now = id(arg, hit->target, row)) != HIT_NO_ID; row++) {
        if (now == hit->id) {
            return row;
        }
    }
    return HIT_NO_ROW;
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
            if (is_of_rows(a) &&
                a->first_id + (size_t)(y - a->top) < h->id_count) {
                hit.id = h->ids[a->first_id + (size_t)(y - a->top)];
            }
            return hit;
        }
    }
    return hit;
}
