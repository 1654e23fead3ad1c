/* fetch: the loading half of a swarm. */
#include "config.h"

#include "engine/swarm_parts.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "engine/book.h"
#include "engine/content.h"
#include "engine/disk.h"
#include "engine/hashes.h"
#include "engine/picker.h"
#include "engine/storage.h"
#include "engine/swarm.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/manifest.h"

static const struct intake_ops intake_calls;

/* ---- Life -------------------------------------------------------------- */

static uint32_t piece_size(const void *arg, uint32_t piece)
{
    uint64_t offset;
    uint32_t length;

    (void)manifest_piece(arg, piece, &offset, &length);
    return length;
}

void fetch_start(struct swarm *s)
{
    struct picker_setup picker = {
        .piece_count = s->m->piece_count,
        .piece_length = s->m->piece_length,
        .piece_size = piece_size,
        .arg = s->m,
        .have = content_verified(s->content),
        .sequential = s->sequential,
    };
    struct intake_setup intake = {.loop = s->loop,
                                  .port = s->port,
                                  .content = s->content,
                                  .pool = s->pool,
                                  .ops = &intake_calls,
                                  .arg = s};

    random_fill(&picker.seed, sizeof picker.seed);
    s->picker = picker_new(&picker);
    s->intake = intake_new(&intake);
    if (picker_is_done(s->picker)) {
        state_move(&s->state, SWARM_FINISHING);
        intake_finish(s->intake);
    }
}

void fetch_free(struct swarm *s)
{
    picker_free(s->picker);
    s->picker = NULL;
    intake_free(s->intake);
    s->intake = NULL;
    free(s->leaf_asks);
    s->leaf_asks = NULL;
    s->leaf_count = 0;
    s->leaf_room = 0;
    free(s->bad_pieces);
    s->bad_pieces = NULL;
    s->bad_count = 0;
}

static bool is_loading(const struct swarm *s)
{
    return s->state.now == SWARM_LOADING && s->picker != NULL && !s->paused;
}

/* ---- Leaves ------------------------------------------------------------ */

/* Is an answer on its way that is worth waiting for? Another peer that begins
 * to bring blocks is asked too when the first one is slow. */
static bool is_asked_for_leaves(const struct swarm *s, const struct member *m,
                                uint32_t piece)
{
    int64_t fresh = loop_now_ms(s->loop) + LEAF_WAIT_MS - LEAF_FRESH_MS;

    for (size_t i = 0; i < s->leaf_count; i++) {
        const struct leaf_ask *a = &s->leaf_asks[i];

        if (a->piece == piece && (a->member == m || a->until_ms > fresh)) {
            return true;
        }
    }
    return false;
}

static void drop_leaf_ask(struct swarm *s, size_t i)
{
    s->leaf_count--;
    s->leaf_asks[i] = s->leaf_asks[s->leaf_count];
}

static void ask_leaves(struct swarm *s, struct member *m, uint32_t piece)
{
    uint32_t parts = hashes_request_count(s->m, piece);

    if (m->refuses_hashes || is_asked_for_leaves(s, m, piece)) {
        return;
    }
    for (uint32_t i = 0; i < parts; i++) {
        struct leaf_ask *a;

        if (s->leaf_count == s->leaf_room) {
            s->leaf_room = s->leaf_room == 0 ? 32 : s->leaf_room * 2;
            s->leaf_asks =
                mem_resize(s->leaf_asks, s->leaf_room, sizeof *s->leaf_asks);
        }
        a = &s->leaf_asks[s->leaf_count];
        a->piece = piece;
        a->part = i;
        a->member = m;
        a->until_ms = loop_now_ms(s->loop) + LEAF_WAIT_MS;
        hashes_request(s->m, piece, i, &a->request);
        if (peer_ask_hashes(m->peer, &a->request) < 0) {
            return; /* too many under way; the piece does without */
        }
        s->leaf_count++;
    }
}

void fetch_hashes(struct swarm *s, struct member *m,
                  const struct peermsg_hash_request *r, const uint8_t *data,
                  uint32_t count)
{
    size_t i = 0;
    struct leaf_ask a;

    if (s->picker == NULL) {
        return;
    }
    while (i < s->leaf_count &&
           (s->leaf_asks[i].member != m ||
            memcmp(&s->leaf_asks[i].request, r, sizeof *r) != 0)) {
        i++;
    }
    if (i == s->leaf_count) {
        return; /* too late */
    }
    a = s->leaf_asks[i];
    drop_leaf_ask(s, i);
    if (data == NULL) {
        m->refuses_hashes = true; /* libtorrent's leechers may */
        return;
    }
    if (!hashes_are_proved(s->m, a.piece, r, data, count)) {
        swarm_blame(s, m->party, a.piece);
        return;
    }
    if (intake_add_leaves(s->intake, a.piece, a.part, data, r->length)) {
        picker_set_leaves_known(s->picker, a.piece);
    }
}

static void expire_leaf_asks(struct swarm *s, int64_t now_ms)
{
    size_t i = 0;

    while (i < s->leaf_count) {
        if (s->leaf_asks[i].until_ms > now_ms) {
            i++;
            continue;
        }
        s->leaf_asks[i].member->refuses_hashes = true;
        drop_leaf_ask(s, i);
    }
}

/* ---- Asking ------------------------------------------------------------ */

/* Requests that keep the peer busy for a round trip and DEPTH_AHEAD_MS. */
static uint32_t wanted_depth(const struct member *m)
{
    const struct peermsg_extensions *ext = peer_extensions(m->peer);
    uint32_t most = ext->reqq < PEER_REQUESTS ? ext->reqq : PEER_REQUESTS;
    double ms = DEPTH_AHEAD_MS + peer_rtt_us(m->peer) / 1000.0;
    double blocks = m->fast_rate * ms / 1000.0 / PICKER_BLOCK;
    uint32_t depth = m->depth;

    if (!m->is_starting) {
        depth = blocks < PEER_REQUESTS ? (uint32_t)blocks : PEER_REQUESTS;
    }
    if (m->is_snubbed || depth < DEPTH_MIN) {
        depth = DEPTH_MIN;
    }
    return depth < most ? depth : most;
}

/* Note a block of `bytes`: the depth doubles per round trip until the rate no
 * longer asks for more. */
static void measure(struct swarm *s, struct member *m, uint32_t bytes)
{
    int64_t now = loop_now_ms(s->loop);
    int64_t span = now - m->window_ms;

    m->down.total += bytes;
    s->down.total += bytes;
    m->progress_ms = now;
    s->block_ms = now;
    s->others_changed += m->is_slow || m->is_snubbed;
    m->is_slow = false;
    m->is_snubbed = false;
    if (m->is_starting && m->depth < PEER_REQUESTS) {
        m->depth++;
    }
    if (span >= 100) {
        double rate =
            (double)(m->down.total - m->window_from) * 1000.0 / (double)span;

        m->fast_rate =
            m->fast_rate == 0 ? rate : 0.5 * m->fast_rate + 0.5 * rate;
        m->window_ms = now;
        m->window_from = m->down.total;
        if (m->is_starting && m->fast_rate * DEPTH_AHEAD_MS / 1000.0 <
                                  (double)m->depth * PICKER_BLOCK) {
            m->is_starting = false;
        }
    }
}

/* ---- Origins ----------------------------------------------------------- */

/* Can this one be asked now, or in a moment, and is it no origin? */
static bool is_able(const struct swarm *s, const struct member *m)
{
    int64_t now = loop_now_ms(s->loop);

    return m->in_picker && !m->is_origin && !m->is_snubbed && !m->is_slow &&
           now >= m->rest_until_ms &&
           (!peer_chokes_us(m->peer) || now - m->joined_ms < ORIGIN_WAIT_MS);
}

static void look_at_others(struct swarm *s, const struct member *origin,
                           struct origin_others *out)
{
    int64_t now = loop_now_ms(s->loop);

    *out = (struct origin_others){.waited_ms = now - origin->joined_ms};
    out->are_connecting = book_count_state(s->book, BOOK_DIALING) > 0;
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct member *m = s->members[i];

        if (m == NULL) {
            continue;
        }
        out->are_connecting |= !m->in_picker;
        if (is_able(s, m)) {
            out->able++;
            out->rate += m->down.per_second;
        }
    }
    if (out->able == 0) {
        s->able_since_ms = 0;
    } else if (s->able_since_ms == 0) {
        s->able_since_ms = now;
    }
    out->able_ms = now - s->able_since_ms;
}

static void make_offer(struct swarm *s, struct member *m)
{
    const struct bitfield *others[MEMBERS_MAX];
    size_t count = 0;

    bitfield_copy(m->offer, peer_have(m->peer));
    if (s->origin_use == ORIGIN_ALL) {
        return;
    }
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL && is_able(s, s->members[i])) {
            others[count++] = peer_have(s->members[i]->peer);
        }
    }
    origin_leave_gaps(m->offer, others, count);
}

/* What `m` may be asked for: NULL for nothing just now. */
static const struct bitfield *offer_of(struct swarm *s, struct member *m)
{
    struct origin_others others;

    if (!m->is_origin) {
        return peer_have(m->peer);
    }
    if (m->offer == NULL || m->offer_at != s->others_changed) {
        look_at_others(s, m, &others);
        s->origin_use = origin_decide(&others);
        m->offer_at = s->others_changed;
        if (m->offer == NULL) {
            m->offer = bitfield_new(s->m->piece_count);
        }
        make_offer(s, m);
    }
    return s->origin_use == ORIGIN_NOTHING ? NULL : m->offer;
}

void fetch_fill_origins(struct swarm *s)
{
    s->others_changed++;
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL && s->members[i]->is_origin) {
            fetch_fill(s, s->members[i]);
        }
    }
}

void fetch_origin(struct swarm *s, struct member *m)
{
    m->is_origin = true;
    s->others_changed++;
}

/* ---- Requests ---------------------------------------------------------- */

/* Begin the pieces of the chosen blocks, asking for their leaves first. */
static void begin_pieces(struct swarm *s, struct member *m,
                         const struct picker_block *b, size_t count)
{
    uint32_t last = UINT32_MAX;

    for (size_t i = 0; i < count; i++) {
        if (b[i].piece == last) {
            continue;
        }
        last = b[i].piece;
        (void)intake_start(s->intake, last);
        if (picker_is_alone(s->picker, last)) {
            s->wasted += intake_keep_only(s->intake, last, m->party);
        }
        if (!intake_knows_leaves(s->intake, last)) {
            ask_leaves(s, m, last);
        } else if (!picker_are_leaves_known(s->picker, last)) {
            picker_set_leaves_known(s->picker, last);
        }
    }
}

void fetch_fill(struct swarm *s, struct member *m)
{
    struct picker_block blocks[PEER_REQUESTS];
    const struct bitfield *offer;
    size_t under_way, depth, count;

    if (!is_loading(s) || !m->in_picker || !peer_is_active(m->peer) ||
        peer_chokes_us(m->peer) || !peer_we_want(m->peer) ||
        intake_is_full(s->intake) || loop_now_ms(s->loop) < m->rest_until_ms) {
        return;
    }
    under_way = peer_requests(m->peer);
    depth = wanted_depth(m);
    /* In whole runs, so that the other side can read whole runs. */
    if (under_way + (under_way < DEPTH_MIN ? 1 : DEPTH_MIN) > depth) {
        return;
    }
    offer = offer_of(s, m);
    if (offer == NULL) {
        return;
    }
    count = picker_pick(s->picker, m->slot, offer, (uint64_t)m->fast_rate,
                        blocks, depth - under_way);
    if (count == 0) {
        return;
    }
    if (under_way == 0) {
        m->progress_ms = loop_now_ms(s->loop);
        m->window_ms = m->progress_ms;
        m->window_from = m->down.total;
    }
    begin_pieces(s, m, blocks, count);
    peer_request(m->peer, blocks, count);
    swarm_wake_tick(s);
}

void fetch_fill_all(struct swarm *s)
{
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL) {
            fetch_fill(s, s->members[i]);
        }
    }
}

static void update_interest(struct swarm *s, struct member *m)
{
    if (s->picker != NULL && m->in_picker) {
        peer_set_interested(
            m->peer, s->state.now <= SWARM_PARKED &&
                         picker_is_interesting(s->picker, peer_have(m->peer)));
    }
}

void fetch_add(struct swarm *s, struct member *m)
{
    int64_t now = loop_now_ms(s->loop);

    m->depth = DEPTH_START;
    m->is_starting = true;
    m->window_ms = now;
    m->progress_ms = now;
    if (s->picker == NULL || m->in_picker) {
        return;
    }
    picker_add_peer(s->picker, m->slot, peer_have(m->peer));
    m->in_picker = true;
    m->joined_ms = now;
    update_interest(s, m);
    fetch_fill(s, m);
    fetch_fill_origins(s);
}

void fetch_remove(struct swarm *s, struct member *m)
{
    size_t i = 0;

    bitfield_free(m->offer);
    m->offer = NULL;
    s->others_changed++;
    if (s->intake != NULL) {
        intake_discard(s->intake, &m->landing);
    }
    if (s->picker == NULL) {
        return;
    }
    while (i < s->leaf_count) {
        if (s->leaf_asks[i].member == m) {
            drop_leaf_ask(s, i);
        } else {
            i++;
        }
    }
    if (m->in_picker) {
        picker_remove_peer(s->picker, m->slot, peer_have(m->peer));
        m->in_picker = false;
    }
}

void fetch_has(struct swarm *s, struct member *m, uint32_t piece)
{
    if (s->picker == NULL) {
        return;
    }
    if (!m->in_picker) {
        fetch_add(s, m);
        return;
    }
    s->others_changed++;
    picker_peer_has(s->picker, m->slot, piece);
    if (!bitfield_test(content_verified(s->content), piece)) {
        update_interest(s, m);
        fetch_fill(s, m);
    }
}

void fetch_lacks(struct swarm *s, struct member *m, uint32_t piece)
{
    s->others_changed++;
    if (s->picker != NULL && m->in_picker) {
        picker_peer_lacks(s->picker, m->slot, piece);
        update_interest(s, m);
    }
}

void fetch_choke(struct swarm *s, struct member *m)
{
    s->others_changed++;
    if (!is_loading(s)) {
        return;
    }
    /* What a choke gave back (without BEP 6) is picked at the next tick: doing
     * so now would let a peer that chokes and unchokes keep everybody busy. */
    if (!peer_chokes_us(m->peer)) {
        fetch_fill(s, m);
    }
}

/* ---- Blocks ------------------------------------------------------------ */

uint8_t *fetch_place(struct swarm *s, struct member *m,
                     const struct picker_block *b)
{
    return intake_land(s->intake, &m->landing, b->piece, b->offset, b->length);
}

void fetch_block(struct swarm *s, struct member *m,
                 const struct picker_block *b)
{
    uint32_t others[PICKER_COPIES];
    size_t other_count = 0;
    int rv;

    measure(s, m, b->length);
    m->rejects = 0;
    if (s->picker == NULL) {
        s->wasted += b->length;
        intake_discard(s->intake, &m->landing);
        return;
    }
    rv = picker_received(s->picker, m->slot, b, others, &other_count);
    if (rv == P2P_EINVAL && m->in_picker && intake_has(s->intake, b->piece)) {
        rv = picker_received_late(s->picker, m->slot, b, others, &other_count);
    }
    if (rv < 0) {
        s->wasted += b->length;
        intake_discard(s->intake, &m->landing);
        return;
    }
    for (size_t i = 0; i < other_count; i++) {
        peer_cancel(s->members[others[i]]->peer, b);
    }
    intake_keep(s->intake, &m->landing, m->party);
}

void fetch_reject(struct swarm *s, struct member *m,
                  const struct picker_block *b)
{
    if (s->picker == NULL) {
        return;
    }
    picker_give_back(s->picker, m->slot, b);
    s->others_changed++;
    if (!peer_chokes_us(m->peer)) {
        m->is_snubbed = true; /* it cannot serve so much: ask little, later */
        m->rejects++;
        m->rest_until_ms = loop_now_ms(s->loop) + REJECTED_MS;
        if (m->rejects > REJECTS_IN_A_ROW) {
            m->rest_until_ms += REJECTED_LONG_MS;
        }
    }
}

/* ---- Results ----------------------------------------------------------- */

static void on_piece(void *arg, uint32_t piece)
{
    struct swarm *s = arg;
    uint32_t giver = intake_main_giver(s->intake, piece);

    (void)bitfield_set(content_verified(s->content), piece);
    picker_verified(s->picker, piece);
    s->sources[piece] = giver < s->party_count ? s->parties[giver].letter : '.';
    for (uint32_t i = 0; i < s->bad_count; i++) {
        if (s->bad_pieces[i].piece == piece) {
            s->bad_count--;
            s->bad_pieces[i] = s->bad_pieces[s->bad_count];
            break;
        }
    }
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL) {
            peer_send_have(s->members[i]->peer, piece);
        }
    }
    if (s->ops->on_piece != NULL) {
        s->ops->on_piece(s->arg, piece);
    }
    if (picker_is_done(s->picker) && s->state.now == SWARM_LOADING) {
        state_move(&s->state, SWARM_FINISHING);
        intake_finish(s->intake);
    }
}

static void on_bad_block(void *arg, uint32_t piece, uint32_t block,
                         uint32_t giver)
{
    struct swarm *s = arg;

    s->wasted += PICKER_BLOCK;
    swarm_count_bad(s, piece, giver);
    picker_failed_block(s->picker, piece, block);
    swarm_blame(s, giver, piece);
    fetch_fill_all(s);
}

static void on_bad_piece(void *arg, uint32_t piece, uint32_t giver)
{
    struct swarm *s = arg;

    s->wasted += piece_size(s->m, piece);
    swarm_count_bad(s, piece, giver);
    picker_failed_piece(s->picker, piece);
    swarm_blame(s, giver, piece);
    fetch_fill_all(s);
}

void fetch_give_up_all(struct swarm *s)
{
    if (s->picker == NULL) {
        return;
    }
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL && s->members[i]->in_picker) {
            picker_give_back_all(s->picker, s->members[i]->slot);
        }
    }
}

/* Parked: what was asked for may still come and is kept; nothing more is asked
 * for. */
static void on_write_failed(void *arg, int code, const char *why)
{
    struct swarm *s = arg;

    if (s->state.now != SWARM_LOADING && s->state.now != SWARM_FINISHING) {
        return;
    }
    state_move(&s->state, SWARM_PARKED);
    s->park_code = code;
    log_warn("swarm", "%s: %s", s->m->name, why);
    if (code == P2P_ENOSPC) {
        timer_start(s->park_timer, SWARM_PARKED_MS);
    }
    if (s->ops->on_parked != NULL) {
        s->ops->on_parked(s->arg, code, why);
    }
}

static void on_room(void *arg)
{
    fetch_fill_all(arg);
}

static void on_finished(void *arg, int code, const char *why)
{
    struct swarm *s = arg;

    if (code < 0) {
        on_write_failed(s, code, why);
        return;
    }
    swarm_become_serving(s);
}

static void on_flushed(void *arg)
{
    struct swarm *s = arg;

    s->is_flushed = true;
    if (s->state.now == SWARM_STOPPING) {
        swarm_stopped_soon(s);
    }
}

static const struct intake_ops intake_calls = {
    .on_piece = on_piece,
    .on_bad_block = on_bad_block,
    .on_bad_piece = on_bad_piece,
    .on_write_failed = on_write_failed,
    .on_room = on_room,
    .on_finished = on_finished,
    .on_flushed = on_flushed,
};

void fetch_retry(struct swarm *s)
{
    if (s->state.now != SWARM_PARKED) {
        return;
    }
    timer_stop(s->park_timer);
    s->park_code = 0;
    state_move(&s->state, SWARM_LOADING);
    if (s->ops->on_parked != NULL) {
        s->ops->on_parked(s->arg, 0, "");
    }
    intake_retry(s->intake);
    if (picker_is_done(s->picker)) {
        state_move(&s->state, SWARM_FINISHING);
        intake_finish(s->intake);
        return;
    }
    fetch_fill_all(s);
}

/* ---- Time -------------------------------------------------------------- */

/* Has a peer nothing to do that could bring something? An origin that is held
 * back is no reason to hurry others. */
static bool is_someone_idle(const struct swarm *s)
{
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct member *m = s->members[i];

        if (m != NULL && m->in_picker && peer_we_want(m->peer) &&
            (!m->is_origin || s->origin_use == ORIGIN_ALL) &&
            !peer_chokes_us(m->peer) && peer_requests(m->peer) == 0) {
            return true;
        }
    }
    return false;
}

/* Asked for blocks and sends none: is it of no use any more? Sooner when not
 * even another message came, as from a computer that is switched off. */
static bool is_gone(const struct member *m, int64_t now_ms)
{
    int64_t silent = now_ms - m->progress_ms;
    int64_t mute = now_ms - peer_heard_ms(m->peer);

    return silent >= STALLED_MS ||
           (silent >= SWARM_REQUEST_MS && mute >= SWARM_REQUEST_MS);
}

/* A peer that holds blocks others could bring sooner lets go of them: soon
 * when another one waits for work. */
static void judge(struct swarm *s, struct member *m, int64_t now_ms)
{
    int64_t patience =
        is_someone_idle(s) ? SWARM_TICK_MS / 2 : SWARM_REQUEST_MS / 4;
    int64_t silent = now_ms - m->progress_ms;
    bool others_move = now_ms - s->block_ms < RECENT_MS;
    double rate = m->down.per_second;
    double expected =
        rate > 0 ? (double)peer_requests(m->peer) * PICKER_BLOCK * 1000 / rate
                 : 0;

    if (peer_requests(m->peer) == 0) {
        return;
    }
    if (is_gone(m, now_ms)) {
        swarm_end_member(s, m, true);
    } else if (silent >= SWARM_REQUEST_MS && !m->is_snubbed) {
        m->is_snubbed = true;
        s->others_changed++;
        picker_give_back_all(s->picker, m->slot);
        fetch_fill_all(s);
    } else if (silent >= patience ||
               (others_move && expected > (double)patience)) {
        m->is_slow = true;
        s->others_changed++;
        picker_release_slow(s->picker, m->slot);
        fetch_fill_all(s);
    }
}

void fetch_tick(struct swarm *s, int64_t now_ms)
{
    if (!is_loading(s)) {
        return;
    }
    expire_leaf_asks(s, now_ms);
    s->others_changed++; /* rates and waiting times have */
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        struct member *m = s->members[i];

        if (m != NULL && m->in_picker) {
            judge(s, m, now_ms);
        }
    }
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        struct member *m = s->members[i];

        if (m != NULL && m->in_picker) {
            update_interest(s, m);
            fetch_fill(s, m);
        }
    }
}

void fetch_lost(struct swarm *s, uint32_t piece)
{
    if (s->picker == NULL) {
        return;
    }
    picker_failed_piece(s->picker, piece);
    intake_unrecord(s->intake, piece);
    fetch_fill_all(s);
}
