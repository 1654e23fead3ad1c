/* swarm_view: a swarm in numbers, for the screen. */
#include "config.h"

#include "engine/swarm_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book.h"
#include "engine/content.h"
#include "engine/membership.h"
#include "engine/picker.h"
#include "engine/swarm.h"
#include "msgq/event.h"
#include "msgq/rows.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"
#include "wire/manifest.h"

static enum swarm_reason loading_reason(const struct swarm *s)
{
    uint32_t active = 0, holders = 0, choking = 0;

    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct member *m = s->members[i];

        if (m != NULL && m->was_active) {
            bool wanted = peer_we_want(m->peer);

            active++;
            holders += wanted;
            choking += wanted && peer_chokes_us(m->peer) &&
                       peer_requests(m->peer) == 0;
        }
    }
    if (active == 0) {
        return SWARM_REASON_NO_PEERS;
    }
    if (holders == 0) { /* what is being checked is missing nowhere */
        return intake_backlog(s->intake) > 0 ? SWARM_REASON_NONE
                                             : SWARM_REASON_NO_HOLDER;
    }
    if (choking == holders) {
        return SWARM_REASON_CHOKED;
    }
    return intake_is_full(s->intake) ? SWARM_REASON_DISK_SLOW
                                     : SWARM_REASON_NONE;
}

static enum swarm_reason reason_of(const struct swarm *s)
{
    if (s->paused) {
        return SWARM_REASON_PAUSED;
    }
    if (s->state.now == SWARM_PARKED) {
        return s->park_code == P2P_ENOSPC ? SWARM_REASON_DISK_FULL
                                          : SWARM_REASON_DISK_ERROR;
    }
    return s->state.now == SWARM_LOADING ? loading_reason(s)
                                         : SWARM_REASON_NONE;
}

/* Bytes per second. Before the first sample it is what came since the last
 * look, so that a short transfer has a rate too. */
static uint64_t rate_now(const struct swarm *s, const struct rate *r,
                         uint64_t total)
{
    int64_t ms = loop_now_ms(s->loop) - s->sampled_ms;

    if (r->per_second > 0 || ms < RATE_FIRST_MS || total <= r->sampled) {
        return (uint64_t)r->per_second;
    }
    return (total - r->sampled) * 1000 / (uint64_t)ms;
}

void swarm_get_stats(const struct swarm *s, struct swarm_stats *out)
{
    memset(out, 0, sizeof *out);
    out->rate_down = rate_now(s, &s->down, s->down.total);
    out->total_down = s->down.total;
    out->total_up = s->up_before;
    out->wasted = s->wasted;
    out->bad_blocks = s->bad_blocks;
    out->unrecorded = s->intake == NULL ? 0 : intake_unrecorded(s->intake);
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct member *m = s->members[i];

        if (m != NULL && m->was_active) {
            out->peers++;
            out->seeders += bitfield_is_full(peer_have(m->peer));
            out->total_up += upload_total(peer_upload(m->peer));
        }
    }
    out->rate_up = rate_now(s, &s->up, out->total_up);
    out->dialing = (uint32_t)book_count_state(s->book, BOOK_DIALING);
    out->known = (uint32_t)book_count(s->book);
    out->reason = reason_of(s);
}

/* Why a peer is slow or unused, or NULL. */
static const char *peer_reason(const struct swarm *s, const struct member *m)
{
    if (s->picker == NULL) {
        return NULL;
    }
    if (!peer_we_want(m->peer)) {
        return _("has nothing that is missing");
    }
    if (peer_chokes_us(m->peer)) {
        return _("does not serve us now");
    }
    if (m->rejects > 0) {
        return _("rejects requests");
    }
    if (m->is_snubbed) {
        return _("stopped sending");
    }
    if (m->is_slow) {
        return _("slow");
    }
    return m->is_origin && s->origin_use != ORIGIN_ALL
               ? _("origin: gives what others lack")
               : NULL;
}

/* How busy it is with us: the time it needs for what we asked of it, full
 * scale at two seconds. */
static int32_t load_of(const struct member *m)
{
    double seconds;

    if (m->down.per_second < 1) {
        return -1;
    }
    seconds =
        (double)peer_requests(m->peer) * PICKER_BLOCK / m->down.per_second;
    return seconds >= 2 ? 100 : (int32_t)(seconds * 50);
}

static void fill_row(const struct swarm *s, const struct member *m,
                     struct row_peer *row)
{
    const struct party *y = &s->parties[m->party];
    const char *reason = peer_reason(s, m);
    uint32_t rtt = peer_rtt_us(m->peer);

    row->letter = m->letter;
    row->user = mem_strdup(y->user);
    row->address = mem_strdup(peer_address(m->peer));
    row->client = mem_strdup(peer_extensions(m->peer)->client);
    row->reason = mem_strdup(reason);
    row->total_down = m->down.total;
    row->total_up = upload_total(peer_upload(m->peer));
    row->rate_down = rate_now(s, &m->down, row->total_down);
    row->rate_up = rate_now(s, &m->up, row->total_up);
    row->load = load_of(m);
    row->queue = (uint32_t)peer_requests(m->peer);
    row->rtt_ms = rtt == 0 ? -1 : (int32_t)((rtt + 500) / 1000);
    row->pieces = bitfield_count(peer_have(m->peer));
    row->is_seed = bitfield_is_full(peer_have(m->peer));
    row->is_origin = m->is_origin;
    row->is_slow = s->picker != NULL && (m->is_slow || m->is_snubbed);
    row->is_incoming = peer_is_incoming(m->peer);
    row->chokes_us = peer_chokes_us(m->peer);
    row->we_choke = upload_is_choked(peer_upload(m->peer));
    row->interested = peer_wants_us(m->peer);
    row->bad_blocks = y->bad_blocks;
}

void swarm_get_peers(const struct swarm *s, struct rows *out)
{
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct member *m = s->members[i];

        if (m != NULL && m->was_active) {
            fill_row(s, m, rows_add(out));
        }
    }
    for (uint32_t i = 0; i < s->party_count; i++) {
        const struct party *y = &s->parties[i];
        struct row_peer *row;

        if (y->banned) {
            row = rows_add(out);
            row->letter = ' ';
            row->user = mem_strdup(y->user);
            row->address = mem_strdup(y->address);
            row->reason = mem_strdup(_("sent bad data and is banned"));
            row->load = -1;
            row->rtt_ms = -1;
            row->bad_blocks = y->bad_blocks;
            row->banned = true;
        }
    }
}

/* Pieces on their way, and who was asked last. While nothing can be written
 * none of them is being checked. */
static void fill_arriving(const struct swarm *s, struct event_pieces *out)
{
    uint32_t piece = UINT32_MAX, slot = 0, room = 0;

    while (picker_next_active(s->picker, &piece, &slot)) {
        struct event_piece_arriving *a;

        if (out->arriving_count == room) {
            room = room == 0 ? 32 : room * 2;
            out->arriving =
                mem_resize(out->arriving, room, sizeof *out->arriving);
        }
        a = &out->arriving[out->arriving_count];
        a->piece = piece;
        a->total = picker_blocks(s->picker, piece, &a->done);
        a->letter = s->state.now == SWARM_PARKED && a->done == a->total
                        ? EVENT_LETTER_WAITS
                    : slot < SWARM_PEERS_MAX && s->members[slot] != NULL
                        ? s->members[slot]->letter
                        : ' ';
        out->arriving_count++;
    }
}

static void fill_bad(const struct swarm *s, struct event_pieces *out)
{
    out->bad = mem_calloc(s->bad_count + 1, sizeof *out->bad);
    out->bad_count = s->bad_count;
    for (uint32_t i = 0; i < s->bad_count; i++) {
        const struct bad_piece *b = &s->bad_pieces[i];

        out->bad[i].piece = b->piece;
        if (b->party < s->party_count) {
            out->bad[i].user = mem_strdup(s->parties[b->party].user);
        }
    }
}

/* How many connected peers have each piece. */
static void fill_copies(const struct swarm *s, uint8_t *copies)
{
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct bitfield *have;
        uint32_t piece;

        if (s->members[i] == NULL || !s->members[i]->was_active) {
            continue;
        }
        have = peer_have(s->members[i]->peer);
        piece = bitfield_next_set(have, 0);
        while (piece != BITFIELD_NONE) {
            copies[piece] =
                (uint8_t)(copies[piece] + (copies[piece] < UINT8_MAX));
            piece = bitfield_next_set(have, piece + 1);
        }
    }
}

void swarm_get_takers(const struct swarm *s, struct rows *out)
{
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct member *m = s->members[i];
        const struct upload *u = m != NULL ? peer_upload(m->peer) : NULL;
        struct row_taker *row;

        if (m == NULL || !m->was_active || u == NULL ||
            (m->up.per_second < 1 && upload_is_idle(u))) {
            continue;
        }
        row = rows_add(out);
        row->group = mem_strdup(membership_group(s->membership));
        row->name = mem_strdup(s->m->name);
        row->user = mem_strdup(s->parties[m->party].user);
        row->total_up = upload_total(u);
        row->rate_up = rate_now(s, &m->up, row->total_up);
        row->pieces = bitfield_count(peer_have(m->peer));
        row->piece_count = s->m->piece_count;
    }
}

void swarm_get_pieces(const struct swarm *s, struct event_pieces *out)
{
    const struct bitfield *verified = content_verified(s->content);

    memset(out, 0, sizeof *out);
    out->piece_count = s->m->piece_count;
    out->piece_length = s->m->piece_length;
    out->have = mem_calloc(bitfield_wire_size(verified) + 1, 1);
    bitfield_to_wire(verified, out->have);
    out->copies = mem_calloc(s->m->piece_count + 1, 1);
    fill_copies(s, out->copies);
    out->source = mem_dup(s->sources, s->m->piece_count + 1);
    if (s->picker != NULL) {
        fill_arriving(s, out);
        fill_bad(s, out);
    }
}
