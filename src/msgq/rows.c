#include "config.h"

#include "msgq/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum { STRINGS_MAX = 5 /* most strings in a row */ };

/* What rows_add and rows_close must know of each kind. */
struct layout {
    size_t size;                 /* bytes of a row */
    size_t count;                /* strings in it */
    size_t strings[STRINGS_MAX]; /* their offsets */
};

#define AT(type, field) offsetof(struct row_##type, field)

static const struct layout layouts[] = {
    [ROWS_NONE] = {0, 0, {0}},
    [ROWS_GROUPS] = {sizeof(struct row_group),
                     4,
                     {AT(group, name), AT(group, owner), AT(group, note),
                      AT(group, key)}},
    [ROWS_REQUESTS] = {sizeof(struct row_request),
                       4,
                       {AT(request, group), AT(request, user),
                        AT(request, message), AT(request, common)}},
    [ROWS_MEMBERS] = {sizeof(struct row_member),
                      2,
                      {AT(member, user), AT(member, key)}},
    [ROWS_FILES] = {sizeof(struct row_file),
                    4,
                    {AT(file, group), AT(file, name), AT(file, publisher),
                     AT(file, hash)}},
    [ROWS_TRANSFERS] = {sizeof(struct row_transfer),
                        5,
                        {AT(transfer, group), AT(transfer, name),
                         AT(transfer, hash), AT(transfer, path),
                         AT(transfer, reason)}},
    [ROWS_PEERS] = {sizeof(struct row_peer),
                    4,
                    {AT(peer, user), AT(peer, address), AT(peer, client),
                     AT(peer, reason)}},
    [ROWS_TRACKERS] = {sizeof(struct row_tracker),
                       4,
                       {AT(tracker, address), AT(tracker, pin),
                        AT(tracker, version), AT(tracker, problem)}},
    [ROWS_TAKERS] = {sizeof(struct row_taker),
                     3,
                     {AT(taker, group), AT(taker, name), AT(taker, user)}},
    [ROWS_FIELDS] = {sizeof(struct row_field),
                     3,
                     {AT(field, key), AT(field, label), AT(field, value)}},
};

#undef AT

static void *row_at(const struct rows *r, size_t n)
{
    return (char *)r->any + n * layouts[r->kind].size;
}

void rows_init(struct rows *r, enum rows_kind kind)
{
    *r = (struct rows){.kind = kind};
}

void *rows_add(struct rows *r)
{
    size_t size = layouts[r->kind].size;
    void *row;

    assert(size > 0);
    /* There is always room for the next power of two. */
    if ((r->count & (r->count - 1)) == 0) {
        r->any = mem_resize(r->any, r->count == 0 ? 1 : 2 * r->count, size);
    }
    row = row_at(r, r->count);
    memset(row, 0, size);
    r->count++;
    return row;
}

void rows_close(struct rows *r)
{
    const struct layout *layout = &layouts[r->kind];

    for (size_t n = 0; n < r->count; n++) {
        for (size_t i = 0; i < layout->count; i++) {
            char *text;

            memcpy(&text, (char *)row_at(r, n) + layout->strings[i],
                   sizeof(text));
            free(text);
        }
    }
    free(r->any);
    rows_init(r, ROWS_NONE);
}

static const char *const role_words[] = {
    [GROUP_NONE] = "none",         [GROUP_PENDING] = "pending",
    [GROUP_REJECTED] = "rejected", [GROUP_READER] = "reader",
    [GROUP_MEMBER] = "member",     [GROUP_ADMIN] = "admin",
    [GROUP_OWNER] = "owner",
};

static const char *const state_words[] = {
    [TRANSFER_NONE] = "none",       [TRANSFER_HASHING] = "hashing",
    [TRANSFER_QUEUED] = "queued",   [TRANSFER_CHECKING] = "checking",
    [TRANSFER_LOADING] = "loading", [TRANSFER_WAITING] = "waiting",
    [TRANSFER_PAUSED] = "paused",   [TRANSFER_SHARING] = "sharing",
    [TRANSFER_STOPPED] = "stopped", [TRANSFER_FAILED] = "failed",
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *group_role_word(enum group_role role)
{
    assert((size_t)role < COUNT(role_words));
    return role_words[role];
}

int group_role_from_word(const char *word)
{
    for (size_t i = 0; i < COUNT(role_words); i++) {
        if (strcmp(role_words[i], word) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *transfer_state_word(enum transfer_state state)
{
    assert((size_t)state < COUNT(state_words));
    return state_words[state];
}
