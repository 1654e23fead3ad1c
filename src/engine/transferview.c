#include "config.h"

#include "engine/transferview.h"

#include <stdlib.h>
#include <string.h>

#include "engine/content.h"
#include "engine/core.h"
#include "engine/internal.h"
#include "engine/item.h"
#include "engine/swarm.h"
#include "engine/server.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/intl.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/manifest.h"

/* ---- Numbers ----------------------------------------------------------- */

static uint32_t sample_of(uint64_t rate)
{
    return rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;
}

static void add_sample(struct transfer *t, uint64_t down, uint64_t up)
{
    enum { LAST = EVENT_HISTORY - 1 };

    memmove(t->rates_down, t->rates_down + 1, LAST * sizeof(uint32_t));
    memmove(t->rates_up, t->rates_up + 1, LAST * sizeof(uint32_t));
    t->rates_down[LAST] = sample_of(down);
    t->rates_up[LAST] = sample_of(up);
}

/* Nobody looks while nothing moves: what is missing before was nothing. */
static void shift_rates(struct transfer *t, int64_t now)
{
    int64_t due = t->rates_ms == 0 ? 1 : (now - t->rates_ms) / 1000;
    int64_t gap = due > CORE_IDLE_MS / 1000 + 1 ? due - 1 : 0;

    if (due <= 0) {
        return;
    }
    t->rates_ms = t->rates_ms == 0 ? now : t->rates_ms + due * 1000;
    due = due < EVENT_HISTORY ? due : EVENT_HISTORY;
    for (; due > 0; due--) {
        if (due > 1 && gap > 0) {
            add_sample(t, 0, 0);
        } else {
            add_sample(t, t->loaded.rate_down,
                       t->loaded.rate_up + t->served.rate_up);
        }
    }
}

static int64_t eta_of(const struct transfer *t)
{
    uint64_t left = transfer_bytes_left(t);

    if (left == 0) {
        return 0;
    }
    return t->loaded.rate_down == 0 ? -1
                                    : (int64_t)(left / t->loaded.rate_down);
}

static void post_progress(struct transfer *t, uint64_t request)
{
    struct event *e = event_new(EVENT_PROGRESS);
    struct event_progress *p = &e->progress;

    e->request = request;
    p->phase = t->state;
    p->total = t->record->manifest->size;
    p->done =
        t->verify != NULL ? t->verify_done : p->total - transfer_bytes_left(t);
    p->rate = t->loaded.rate_down;
    p->eta = eta_of(t);
    p->peers = t->loaded.peers;
    core_post(t->core, e);
}

/* A swarm of a complete item lives on for the connections it had. */
static void retire_swarm(struct transfer *t)
{
    if (t->swarm != NULL && t->record->complete && t->is_served &&
        t->loaded.peers == 0 && !t->swarm_is_ending) {
        t->swarm_is_ending = true;
        swarm_stop(t->swarm);
    }
}

static enum transfer_pace tick(struct transfer *t, int64_t now)
{
    struct waiting *w;
    bool moves;

    if (t->swarm != NULL) {
        swarm_get_stats(t->swarm, &t->loaded);
        retire_swarm(t);
    }
    shift_rates(t, now);
    moves = t->loaded.rate_down + t->loaded.rate_up + t->served.rate_up > 0 ||
            t->verify != NULL || (t->swarm != NULL && t->record->complete);
    STAILQ_FOREACH(w, &t->waiters, link)
    {
        post_progress(t, w->request);
    }
    if (t->verify_request != 0) {
        post_progress(t, t->verify_request);
    }
    t->core->rate_down += t->loaded.rate_down;
    t->core->rate_up += t->loaded.rate_up + t->served.rate_up;
    if (moves) {
        return TRANSFER_MOVING;
    }
    return t->loaded.peers + t->served.peers > 0 ? TRANSFER_CONNECTED
                                                 : TRANSFER_STILL;
}

enum transfer_pace transfer_tick_all(struct core *c,
                                     const struct server_item_stats *served,
                                     size_t count)
{
    int64_t now = loop_now_ms(c->loop);
    struct transfer *t;
    size_t cursor = 0, i;
    enum transfer_pace pace = TRANSFER_STILL, one;

    c->rate_down = 0;
    c->rate_up = 0;
    for (i = 0; i < count; i++) {
        t = map_get(c->transfers, served[i].hash, MANIFEST_HASH);
        if (t != NULL && t->is_served) {
            t->served = *served[i].stats;
        }
    }
    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        one = tick(t, now);
        pace = one > pace ? one : pace;
    }
    return pace;
}

struct transfer *transfer_find_hash(struct core *c, const uint8_t hash[32])
{
    return map_get(c->transfers, hash, MANIFEST_HASH);
}

struct transfer *transfer_find(struct core *c, const char *group,
                               const char *name)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (strcmp(t->record->name, name) == 0 &&
            (group == NULL || strcmp(t->record->group, group) == 0)) {
            return t;
        }
    }
    return NULL;
}

int transfer_find_named(struct core *c, const char *group, const char *name,
                        struct transfer **out, struct err *e)
{
    const struct transfer *t;
    size_t cursor = 0;

    *out = transfer_find(c, group, name);
    if (*out == NULL) {
        return err_set(e, P2P_ENOENT, _("%s is not on this computer"), name);
    }
    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (group == NULL && strcmp(t->record->name, name) == 0 &&
            strcmp(t->record->group, (*out)->record->group) != 0) {
            return err_set(e, P2P_EINVAL,
                           _("%s is in %s and in %s; say which group you mean"),
                           name, (*out)->record->group, t->record->group);
        }
    }
    return 0;
}

bool transfer_is_lost(const struct transfer *t)
{
    return t->state == TRANSFER_FAILED && t->content == NULL && t->jobs == 0;
}

const uint8_t *transfer_hash(const struct transfer *t)
{
    return t->hash;
}

const char *transfer_group(const struct transfer *t)
{
    return t->record->group;
}

const char *transfer_name(const struct transfer *t)
{
    return t->record->name;
}

const char *transfer_directory(const struct transfer *t)
{
    return t->record->directory;
}

const char *transfer_file_name(const struct transfer *t)
{
    return t->record->file_name;
}

bool transfer_is_origin(const struct transfer *t)
{
    return t->is_origin;
}

bool transfer_is_going(const struct transfer *t)
{
    return t->is_removing;
}

const struct storage_stamp *transfer_stamps(const struct transfer *t)
{
    return t->record->stamps;
}

bool transfer_is_complete(const struct transfer *t)
{
    return t->record->complete && !t->is_damaged;
}

bool transfer_was_complete(const struct transfer *t)
{
    return t->record->complete;
}

bool transfer_is_announced(const struct transfer *t)
{
    return !t->is_removing &&
           (t->is_served || (t->swarm != NULL && !t->record->complete &&
                             t->record->wish == ITEM_RUN));
}

uint32_t transfer_pieces_have(const struct transfer *t)
{
    return t->content != NULL ? bitfield_count(content_verified(t->content))
                              : 0;
}

uint64_t transfer_bytes_left(const struct transfer *t)
{
    const struct manifest *m = t->record->manifest;
    const struct bitfield *have;
    uint64_t left = 0, offset;
    uint32_t piece, length;

    if (t->content == NULL) {
        return t->record->complete ? 0 : m->size;
    }
    have = content_verified(t->content);
    if (bitfield_is_full(have)) {
        return 0;
    }
    left = (uint64_t)(m->piece_count - bitfield_count(have)) * m->piece_length;
    /* Last pieces of files are short; for one file that is the last piece. */
    if (m->file_count == 1) {
        manifest_piece(m, m->piece_count - 1, &offset, &length);
        piece = m->piece_count - 1;
        if (!bitfield_test(have, piece)) {
            left -= m->piece_length - length;
        }
    }
    return left < m->size ? left : m->size;
}

uint8_t *transfer_bitmap(const struct transfer *t, size_t *size)
{
    const struct bitfield *have;
    uint8_t *bits;

    if (t->content == NULL) {
        return NULL;
    }
    have = content_verified(t->content);
    if (bitfield_is_full(have) || bitfield_count(have) == 0) {
        return NULL;
    }
    *size = bitfield_wire_size(have);
    bits = mem_alloc(*size);
    bitfield_to_wire(have, bits);
    return bits;
}

enum transfer_state transfer_state(const struct transfer *t)
{
    return t->state;
}

const struct manifest *transfer_manifest(const struct transfer *t)
{
    return t->record->manifest;
}

char *transfer_parked_text(int code, const char *why)
{
    return code == P2P_ENOSPC
               ? mem_printf(
                     _("disk full; make room, it goes on by itself (%s)"), why)
               : mem_strdup(why);
}

static const char *explain(const struct transfer *t)
{
    if (t->reason != NULL) {
        return t->reason;
    }
    if (t->state != TRANSFER_LOADING) {
        return NULL;
    }
    switch (t->loaded.reason) {
    case SWARM_REASON_NO_HOLDER:
        return _("nobody online has what is missing");
    case SWARM_REASON_NO_PEERS:
        return _("no member who has it can be reached");
    case SWARM_REASON_DISK_FULL:
        return _("disk full; make room, it goes on by itself");
    case SWARM_REASON_DISK_ERROR:
        return _("the disk refuses to be written to");
    case SWARM_REASON_CHOKED:
        return _("everybody who has it serves others first");
    case SWARM_REASON_DISK_SLOW:
        return _("the disk is slower than the network");
    default:
        return NULL;
    }
}

/* Loading with nobody to load from is waiting. */
static enum transfer_state shown_state(const struct transfer *t)
{
    if (t->state == TRANSFER_LOADING && t->loaded.rate_down == 0 &&
        (t->loaded.reason == SWARM_REASON_NO_HOLDER ||
         t->loaded.reason == SWARM_REASON_NO_PEERS)) {
        return TRANSFER_WAITING;
    }
    return t->state;
}

void transfer_fill_row(const struct transfer *t, struct row_transfer *row)
{
    const struct manifest *m = t->record->manifest;
    struct swarm_stats loaded = t->loaded; /* of the last tick */

    if (t->swarm != NULL) {
        swarm_get_stats(t->swarm, &loaded);
    }
    row->group = mem_strdup(t->record->group);
    row->name = mem_strdup(t->record->name);
    row->hash = mem_strdup(t->hex);
    row->path = mem_printf("%s/%s", t->record->directory, t->record->file_name);
    row->reason = mem_strdup(explain(t));
    row->state = shown_state(t);
    row->size = m->size;
    row->have =
        t->verify != NULL ? t->verify_done : m->size - transfer_bytes_left(t);
    row->piece_count = m->piece_count;
    row->piece_length = m->piece_length;
    row->pieces_have = transfer_pieces_have(t);
    if (t->swarm != NULL && loaded.unrecorded <= row->pieces_have) {
        /* What is told to be here survives a kill -9. */
        uint64_t bytes = (uint64_t)loaded.unrecorded * m->piece_length;

        row->pieces_have -= loaded.unrecorded;
        row->have -= t->verify == NULL && bytes <= row->have ? bytes : 0;
    }
    row->rate_down = loaded.rate_down;
    row->rate_up = loaded.rate_up + t->served.rate_up;
    row->total_down = loaded.total_down;
    row->total_up = loaded.total_up + t->served.total_up + t->given_before;
    for (int i = 0; i < ROWS_SPARK; i++) {
        row->spark_down[i] = t->rates_down[EVENT_HISTORY - ROWS_SPARK + i];
        row->spark_up[i] = t->rates_up[EVENT_HISTORY - ROWS_SPARK + i];
    }
    row->eta = eta_of(t);
    row->peers = loaded.peers + t->served.peers;
    row->seeders = loaded.seeders;
    row->bad_blocks = loaded.bad_blocks;
    row->is_origin = t->is_origin;
}

void transfer_fill_file(const struct transfer *t, struct row_file *row)
{
    row->state = shown_state(t);
    row->have = t->record->manifest->size - transfer_bytes_left(t);
}

void transfer_get_peers(const struct transfer *t, struct rows *out)
{
    if (t->swarm != NULL) {
        swarm_get_peers(t->swarm, out);
    }
}

void transfer_get_takers(const struct transfer *t, struct rows *out)
{
    if (t->swarm != NULL) {
        swarm_get_takers(t->swarm, out);
    }
}

/* Without a swarm the picture is what lies on disk. */
static void picture_of_disk(const struct transfer *t, struct event_pieces *out)
{
    const struct bitfield *have = content_verified(t->content);
    uint32_t piece;

    out->piece_count = bitfield_size(have);
    out->piece_length = t->record->manifest->piece_length;
    out->have = mem_alloc(bitfield_wire_size(have) + 1);
    bitfield_to_wire(have, out->have);
    out->copies = mem_calloc(out->piece_count + 1, 1);
    out->source = mem_calloc(out->piece_count + 1, 1);
    for (piece = 0; piece < out->piece_count; piece++) {
        out->source[piece] = bitfield_test(have, piece) ? '.' : 0;
    }
}

void transfer_get_pieces(const struct transfer *t, struct event_pieces *out)
{
    if (t->swarm != NULL) {
        swarm_get_pieces(t->swarm, out);
    } else if (t->content != NULL) {
        picture_of_disk(t, out);
    }
    memcpy(out->rates_down, t->rates_down, sizeof out->rates_down);
    memcpy(out->rates_up, t->rates_up, sizeof out->rates_up);
}

/* ---- Words ------------------------------------------------------------- */

void transfer_describe_damage(const struct transfer *t, char *out, size_t size)
{
    const struct bitfield *have = content_verified(t->content);

    snprintf(out, size,
             _("the file changed on disk: %u of %u pieces still fit and are "
               "offered"),
             (unsigned)bitfield_count(have), (unsigned)bitfield_size(have));
}

void transfer_tell_verified(struct transfer *t, uint32_t bad)
{
    const struct item_record *r = t->record;

    if (bad == 0) {
        core_notice(t->core, NOTICE_DONE, r->group, r->name,
                    _("%s is verified: every piece fits"), r->name);
        return;
    }
    core_notice(t->core, NOTICE_WARNING, r->group, r->name,
                ngettext("%s: %u piece on disk no longer fits and is not "
                         "offered",
                         "%s: %u pieces on disk no longer fit and are not "
                         "offered",
                         bad),
                r->name, (unsigned)bad);
}

const char *transfer_damage_help(void)
{
    return _("its files on this computer have changed; move them away "
             "or 'remove' it to download it anew");
}
