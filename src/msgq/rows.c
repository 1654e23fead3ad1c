#include "config.h"

#include "msgq/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/rowfield.h"
#include "util/mem.h"
#include "util/text.h"

/* What is in no table is neither freed, nor copied, nor kept by tape. */
#define FIELD(type, kind, field)                                       \
    {                                                                  \
        ROWFIELD_##type, #field, offsetof(struct row_##kind, field), 1 \
    }
#define ARRAY(type, kind, field, count)                                    \
    {                                                                      \
        ROWFIELD_##type, #field, offsetof(struct row_##kind, field), count \
    }
/* One of the values 0 to `last`. */
#define ENUM(kind, field, last)                                    \
    {                                                              \
        ROWFIELD_ENUM, #field, offsetof(struct row_##kind, field), \
            (size_t)(last) + 1                                     \
    }
#define END                      \
    {                            \
        ROWFIELD_END, NULL, 0, 0 \
    }

static const struct rowfield group_fields[] = {
    FIELD(TEXT, group, name),   FIELD(TEXT, group, owner),
    FIELD(TEXT, group, note),   ENUM(group, role, GROUP_OWNER),
    FIELD(U32, group, members), FIELD(U32, group, online),
    FIELD(U32, group, items),   FIELD(U32, group, requests),
    FIELD(TEXT, group, key),    FIELD(I64, group, created),
    FIELD(U64, group, bytes),   END,
};

static const struct rowfield request_fields[] = {
    FIELD(TEXT, request, group),
    FIELD(TEXT, request, user),
    FIELD(TEXT, request, message),
    FIELD(TEXT, request, common),
    FIELD(I64, request, time),
    FIELD(I64, request, created),
    END,
};

static const struct rowfield member_fields[] = {
    FIELD(TEXT, member, user),
    ENUM(member, role, GROUP_OWNER),
    FIELD(BOOL, member, online),
    FIELD(I64, member, since),
    FIELD(I64, member, seen),
    FIELD(TEXT, member, key),
    END,
};

static const struct rowfield file_fields[] = {
    FIELD(TEXT, file, group),        FIELD(TEXT, file, name),
    FIELD(TEXT, file, publisher),    FIELD(TEXT, file, hash),
    FIELD(U64, file, size),          FIELD(I64, file, time),
    FIELD(U32, file, seeders),       FIELD(U32, file, leechers),
    FIELD(U32, file, piece_count),   FIELD(U32, file, piece_length),
    FIELD(BOOL, file, is_directory), ENUM(file, state, TRANSFER_FAILED),
    FIELD(U64, file, have),          END,
};

static const struct rowfield transfer_fields[] = {
    FIELD(TEXT, transfer, group),
    FIELD(TEXT, transfer, name),
    FIELD(TEXT, transfer, hash),
    FIELD(TEXT, transfer, path),
    FIELD(TEXT, transfer, reason),
    ENUM(transfer, state, TRANSFER_FAILED),
    FIELD(U64, transfer, size),
    FIELD(U64, transfer, have),
    FIELD(U32, transfer, piece_count),
    FIELD(U32, transfer, piece_length),
    FIELD(U32, transfer, pieces_have),
    FIELD(U64, transfer, rate_down),
    FIELD(U64, transfer, rate_up),
    FIELD(U64, transfer, total_down),
    FIELD(U64, transfer, total_up),
    ARRAY(U64S, transfer, spark_down, ROWS_SPARK),
    ARRAY(U64S, transfer, spark_up, ROWS_SPARK),
    FIELD(I64, transfer, eta),
    FIELD(U32, transfer, peers),
    FIELD(U32, transfer, seeders),
    FIELD(U32, transfer, bad_blocks),
    FIELD(BOOL, transfer, is_origin),
    END,
};

static const struct rowfield peer_fields[] = {
    FIELD(CHAR, peer, letter),
    FIELD(TEXT, peer, user),
    FIELD(TEXT, peer, address),
    FIELD(TEXT, peer, client),
    FIELD(TEXT, peer, reason),
    FIELD(U64, peer, rate_down),
    FIELD(U64, peer, rate_up),
    FIELD(U64, peer, total_down),
    FIELD(U64, peer, total_up),
    FIELD(I32, peer, load),
    FIELD(U32, peer, queue),
    FIELD(I32, peer, rtt_ms),
    FIELD(U32, peer, pieces),
    FIELD(BOOL, peer, is_seed),
    FIELD(BOOL, peer, is_incoming),
    FIELD(BOOL, peer, chokes_us),
    FIELD(BOOL, peer, we_choke),
    FIELD(BOOL, peer, interested),
    FIELD(BOOL, peer, is_origin),
    FIELD(BOOL, peer, is_slow),
    FIELD(U32, peer, bad_blocks),
    FIELD(BOOL, peer, banned),
    END,
};

static const struct rowfield tracker_fields[] = {
    FIELD(TEXT, tracker, address),
    FIELD(TEXT, tracker, pin),
    FIELD(TEXT, tracker, version),
    FIELD(TEXT, tracker, problem),
    FIELD(I32, tracker, problem_code),
    FIELD(BOOL, tracker, connected),
    FIELD(TEXT, tracker, role),
    FIELD(BOOL, tracker, is_primary),
    FIELD(BOOL, tracker, logged_in),
    FIELD(I32, tracker, delay_ms),
    FIELD(I64, tracker, cert_until),
#define TRACKER_FIGURE(name, word) \
    {ROWFIELD_I64, word,           \
     offsetof(struct row_tracker, figures[TRACKER_##name]), 1},
    TRACKER_FIGURES_X(TRACKER_FIGURE)
#undef TRACKER_FIGURE
    /* Signed ones keep their bits. */
    ARRAY(U32S, tracker, requests, ROWS_SLOTS),
    END,
};

static const struct rowfield taker_fields[] = {
    FIELD(TEXT, taker, group),      FIELD(TEXT, taker, name),
    FIELD(TEXT, taker, user),       FIELD(U64, taker, rate_up),
    FIELD(U64, taker, total_up),    FIELD(U32, taker, pieces),
    FIELD(U32, taker, piece_count), END,
};

static const struct rowfield field_fields[] = {
    FIELD(TEXT, field, key),
    FIELD(TEXT, field, label),
    FIELD(TEXT, field, value),
    END,
};

static const struct {
    const char *word;
    size_t size; /* bytes of a row */
    const struct rowfield *fields;
} kinds[] = {
    [ROWS_NONE] = {"none", 0, NULL},
    [ROWS_GROUPS] = {"groups", sizeof(struct row_group), group_fields},
    [ROWS_REQUESTS] = {"requests", sizeof(struct row_request), request_fields},
    [ROWS_MEMBERS] = {"members", sizeof(struct row_member), member_fields},
    [ROWS_FILES] = {"files", sizeof(struct row_file), file_fields},
    [ROWS_TRANSFERS] = {"transfers", sizeof(struct row_transfer),
                        transfer_fields},
    [ROWS_PEERS] = {"peers", sizeof(struct row_peer), peer_fields},
    [ROWS_TRACKERS] = {"trackers", sizeof(struct row_tracker), tracker_fields},
    [ROWS_TAKERS] = {"takers", sizeof(struct row_taker), taker_fields},
    [ROWS_FIELDS] = {"fields", sizeof(struct row_field), field_fields},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct rowfield *rows_fields(enum rows_kind kind)
{
    return kinds[kind].fields;
}

size_t rows_row_size(enum rows_kind kind)
{
    return kinds[kind].size;
}

const char *rows_kind_word(enum rows_kind kind)
{
    return kinds[kind].word;
}

enum rows_kind rows_kind_from_word(const char *word)
{
    size_t i;

    for (i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].word, word) == 0) {
            return (enum rows_kind)i;
        }
    }
    return ROWS_NONE;
}

static void *row_at(const struct rows *r, size_t n)
{
    return (char *)r->any + n * kinds[r->kind].size;
}

void rows_init(struct rows *r, enum rows_kind kind)
{
    *r = (struct rows){.kind = kind};
}

void *rows_add(struct rows *r)
{
    size_t size = kinds[r->kind].size;
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

/* The text of a row that field `f` is about. */
static char **text_at(void *row, const struct rowfield *f)
{
    return (char **)((char *)row + f->offset);
}

void rows_copy(struct rows *to, const struct rows *from)
{
    const struct rowfield *f;

    rows_init(to, from->kind);
    for (size_t n = 0; n < from->count; n++) {
        void *row = rows_add(to);

        memcpy(row, row_at(from, n), kinds[from->kind].size);
        for (f = kinds[from->kind].fields; f->type != ROWFIELD_END; f++) {
            if (f->type == ROWFIELD_TEXT) {
                *text_at(row, f) = mem_strdup(*text_at(row, f));
            }
        }
    }
}

static int compare_texts(const void *left, const void *right, void *arg)
{
    const struct rowfield *f = arg;
    const char *a = *(char *const *)((const char *)left + f->offset);
    const char *b = *(char *const *)((const char *)right + f->offset);
    char *folded_a, *folded_b;
    int order;

    if (a == NULL || b == NULL) {
        return a == b ? 0 : a == NULL ? 1 : -1;
    }
    folded_a = text_fold(a);
    folded_b = text_fold(b);
    order = strcmp(folded_a, folded_b);
    free(folded_a);
    free(folded_b);
    return order != 0 ? order : strcmp(a, b);
}

void rows_sort(struct rows *r, const char *key)
{
    const struct rowfield *f = kinds[r->kind].fields;

    while (f->type != ROWFIELD_END && strcmp(f->key, key) != 0) {
        f++;
    }
    assert(f->type == ROWFIELD_TEXT);
    if (r->count > 1) {
        qsort_r(r->any, r->count, kinds[r->kind].size, compare_texts,
                (void *)(uintptr_t)f);
    }
}

void rows_close(struct rows *r)
{
    const struct rowfield *f;

    for (size_t n = 0; n < r->count; n++) {
        for (f = kinds[r->kind].fields; f->type != ROWFIELD_END; f++) {
            if (f->type == ROWFIELD_TEXT) {
                free(*text_at(row_at(r, n), f));
            }
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

const char *tracker_figure_word(enum tracker_figure figure)
{
    static const char *const words[TRACKER_FIGURES] = {
#define TRACKER_FIGURE(name, word) word,
        TRACKER_FIGURES_X(TRACKER_FIGURE)
#undef TRACKER_FIGURE
    };

    return words[figure];
}
