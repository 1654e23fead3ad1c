#include "config.h"

#include "engine/load.h"

#include <assert.h>
#include <stdlib.h>

#include "util/mem.h"

struct load *load_new(uint32_t piece, uint32_t size)
{
    uint32_t blocks = (size - 1) / LOAD_BLOCK + 1;
    struct load *l;
    uint32_t i;

    assert(size > 0);
    l = mem_calloc(1, sizeof *l + blocks * sizeof l->block[0]);
    l->piece = piece;
    l->size = size;
    l->blocks = blocks;
    l->free = blocks;
    l->owner = LOAD_NOBODY;
    l->last = LOAD_NOBODY;
    for (i = 0; i < blocks; i++) {
        l->block[i].giver = LOAD_NOBODY;
    }
    return l;
}

void load_free(struct load *l)
{
    if (l != NULL) {
        free(l->banned);
        free(l);
    }
}

uint32_t load_live_requests(const struct load_block *b)
{
    return b->count - (uint32_t)__builtin_popcount(b->slow);
}

bool load_is_free(const struct load_block *b)
{
    return !b->is_here && b->count < LOAD_SLOTS && load_live_requests(b) == 0;
}

int load_slot(const struct load_block *b, uint32_t peer)
{
    int i;

    for (i = 0; i < b->count; i++) {
        if (b->asked[i] == peer) {
            return i;
        }
    }
    return -1;
}

/* Bring the number of free blocks up to date after block `i` changed. */
static void note_change(struct load *l, uint32_t i, bool was_free)
{
    bool is_free = load_is_free(&l->block[i]);

    if (is_free && !was_free) {
        l->free++;
        l->hint = i < l->hint ? i : l->hint;
    } else if (!is_free && was_free) {
        l->free--;
    }
}

void load_ask(struct load *l, uint32_t i, uint32_t peer)
{
    struct load_block *b = &l->block[i];
    bool was_free = load_is_free(b);

    assert(b->count < LOAD_SLOTS && !b->is_here && peer < LOAD_NOBODY);
    b->asked[b->count++] = (uint16_t)peer;
    l->asked++;
    note_change(l, i, was_free);
}

uint32_t load_unask(struct load *l, uint32_t i, int slot)
{
    struct load_block *b = &l->block[i];
    bool was_free = load_is_free(b);
    uint32_t peer = b->asked[slot];
    int last = b->count - 1;
    bool last_is_slow = (b->slow >> last) & 1u;

    b->asked[slot] = b->asked[last];
    b->slow &= (uint8_t) ~(1u << slot);
    if (last_is_slow && slot != last) {
        b->slow |= (uint8_t)(1u << slot);
    }
    b->slow &= (uint8_t) ~(1u << last);
    b->count--;
    l->asked--;
    note_change(l, i, was_free);
    return peer;
}

void load_set_slow(struct load *l, uint32_t i, int slot)
{
    struct load_block *b = &l->block[i];
    bool was_free = load_is_free(b);

    b->slow |= (uint8_t)(1u << slot);
    note_change(l, i, was_free);
}

void load_set_here(struct load *l, uint32_t i, uint32_t giver)
{
    struct load_block *b = &l->block[i];
    bool was_free = load_is_free(b);

    assert(!b->is_here && b->count == 0);
    b->is_here = true;
    b->giver = (uint16_t)giver;
    l->here++;
    note_change(l, i, was_free);
}

void load_lose(struct load *l, uint32_t i)
{
    struct load_block *b = &l->block[i];

    assert(b->is_here);
    b->is_here = false;
    b->giver = LOAD_NOBODY;
    l->here--;
    note_change(l, i, false);
}

bool load_is_banned(const struct load *l, uint32_t peer)
{
    uint32_t i;

    for (i = 0; i < l->banned_count; i++) {
        if (l->banned[i] == peer) {
            return true;
        }
    }
    return false;
}

void load_ban(struct load *l, uint32_t peer)
{
    if (peer == LOAD_NOBODY || load_is_banned(l, peer)) {
        return;
    }
    l->banned =
        mem_resize(l->banned, (size_t)l->banned_count + 1, sizeof *l->banned);
    l->banned[l->banned_count++] = (uint16_t)peer;
}

void load_forget(struct load *l, uint32_t peer)
{
    uint32_t i;

    for (i = 0; i < l->blocks; i++) {
        if (l->block[i].giver == peer) {
            l->block[i].giver = LOAD_NOBODY;
        }
    }
    for (i = 0; i < l->banned_count; i++) {
        if (l->banned[i] == peer) {
            l->banned[i] = l->banned[--l->banned_count];
            break;
        }
    }
    if (l->last == peer) {
        l->last = LOAD_NOBODY;
    }
}

uint32_t load_next_free(const struct load *l, uint32_t from, uint32_t peer)
{
    uint32_t i;

    for (i = from; i < l->blocks; i++) {
        if (load_is_free(&l->block[i]) && load_slot(&l->block[i], peer) < 0) {
            return i;
        }
    }
    return LOAD_NO_BLOCK;
}

void load_advance_hint(struct load *l)
{
    while (l->hint < l->blocks && !load_is_free(&l->block[l->hint])) {
        l->hint++;
    }
}

uint32_t load_block_length(const struct load *l, uint32_t i)
{
    uint32_t rest = l->size - i * LOAD_BLOCK;

    return rest < LOAD_BLOCK ? rest : LOAD_BLOCK;
}

uint32_t load_find(const struct load *l, uint32_t offset, uint32_t length)
{
    uint32_t i = offset / LOAD_BLOCK;

    if (offset % LOAD_BLOCK != 0 || i >= l->blocks ||
        length != load_block_length(l, i)) {
        return LOAD_NO_BLOCK;
    }
    return i;
}

uint32_t load_only_giver(const struct load *l)
{
    uint32_t i;

    for (i = 1; i < l->blocks; i++) {
        if (l->block[i].giver != l->block[0].giver) {
            return LOAD_NOBODY;
        }
    }
    return l->block[0].giver;
}

static void check_block(const struct load_block *b)
{
    int i;
    int k;

    assert(b->count <= LOAD_SLOTS);
    assert(b->slow >> b->count == 0);
    assert(load_live_requests(b) <= LOAD_COPIES);
    assert(!b->is_here || b->count == 0);
    assert(b->is_here || b->giver == LOAD_NOBODY);
    for (i = 0; i < b->count; i++) {
        for (k = 0; k < i; k++) {
            assert(b->asked[i] != b->asked[k]);
        }
    }
}

void load_check(const struct load *l)
{
    uint32_t here = 0;
    uint32_t free_blocks = 0;
    uint32_t asked = 0;
    uint32_t i;

    for (i = 0; i < l->blocks; i++) {
        const struct load_block *b = &l->block[i];

        check_block(b);
        here += b->is_here;
        free_blocks += load_is_free(b);
        asked += b->count;
        assert(i >= l->hint || !load_is_free(b));
    }
    assert(here == l->here && free_blocks == l->free && asked == l->asked);
}
