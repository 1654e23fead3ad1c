#include "config.h"

#include "engine/swarm.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book.h"
#include "engine/content.h"
#include "engine/disk.h"
#include "engine/hashes.h"
#include "engine/membership.h"
#include "engine/picker.h"
#include "engine/runpool.h"
#include "engine/storage.h"
#include "engine/swarm_parts.h"
#include "net/conn.h"
#include "net/dial.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/clock.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/manifest.h"

_Static_assert((int)SWARM_REQUESTS_SERVED == (int)UPLOAD_QUEUE, "one limit");
_Static_assert((int)SWARM_PEERS_MAX == (int)MEMBERS_MAX, "one limit");
_Static_assert((int)SWARM_IDLE_MS == (int)PEER_IDLE_MS, "one limit");
_Static_assert((int)SWARM_KEEPALIVE_MS == (int)PEER_KEEPALIVE_MS, "one limit");

#define TO(s) STATE_BIT(SWARM_##s)
static const struct state_rule swarm_rules[] = {
    [SWARM_LOADING] = {"loading", TO(PARKED) | TO(FINISHING) | TO(STOPPING)},
    [SWARM_PARKED] = {"parked", TO(LOADING) | TO(STOPPING)},
    [SWARM_FINISHING] = {"finishing", TO(PARKED) | TO(SERVING) | TO(STOPPING)},
    [SWARM_SERVING] = {"serving", TO(STOPPING)},
    [SWARM_STOPPING] = {"stopping", TO(STOPPED)},
    [SWARM_STOPPED] = {"stopped", 0},
};
#undef TO

/* Is there room again? Looked at by a worker: the disk may be a slow one. The
 * swarm holds on to it: a worker may drop it at the end of all. */
struct look {
    atomic_uint refs;
    struct swarm *swarm; /* NULL: stopped */
    struct content *content;
    uint64_t free;
};

/* ---- Life -------------------------------------------------------------- */

static void on_tick(void *arg);
static void look_drop(void *arg);
static void on_dial_timer(void *arg);
static void on_stop_timer(void *arg);
static void on_park_timer(void *arg);

struct swarm *swarm_new(const struct swarm_setup *setup)
{
    struct swarm *s = mem_calloc(1, sizeof *s);
    const struct bitfield *verified = content_verified(setup->content);

    s->loop = setup->loop;
    s->port = setup->port;
    s->content = content_ref(setup->content);
    s->m = content_manifest(s->content);
    s->membership = membership_ref(setup->membership);
    s->ops = setup->ops;
    s->arg = setup->arg;
    s->load = setup->load;
    s->sequential = setup->sequential;
    s->listen_port = setup->listen_port;
    memcpy(s->own_id, setup->peer_id, sizeof s->own_id);
    s->hashes = hashes_new(s->content);
    s->pool = runpool_new();
    s->book = book_new();
    s->party_by_id = map_new();
    s->refused = map_new();
    s->tick = timer_new(s->loop, on_tick, s);
    s->dial_timer = timer_new(s->loop, on_dial_timer, s);
    s->stop_timer = timer_new(s->loop, on_stop_timer, s);
    s->park_timer = timer_new(s->loop, on_park_timer, s);
    s->hungry_ms = INT64_MIN / 2;
    s->sources = mem_calloc(s->m->piece_count + 1, 1);
    for (uint32_t i = 0; i < s->m->piece_count; i++) {
        s->sources[i] = bitfield_test(verified, i) ? '.' : '\0';
    }
    state_init(&s->state, swarm_rules, "swarm",
               s->load ? SWARM_LOADING : SWARM_SERVING);
    meet_start(s);
    if (s->load) {
        fetch_start(s);
        timer_start(s->dial_timer, 0);
    }
    return s;
}

void swarm_free(struct swarm *s)
{
    if (s == NULL) {
        return;
    }
    assert(s->member_count == 0);
    if (s->look != NULL) {
        s->look->swarm = NULL;
        look_drop(s->look);
    }
    fetch_free(s);
    meet_free(s);
    timer_free(s->tick);
    timer_free(s->dial_timer);
    timer_free(s->stop_timer);
    timer_free(s->park_timer);
    book_free(s->book);
    hashes_unref(s->hashes);
    runpool_free(s->pool);
    map_free(s->party_by_id, NULL);
    map_free(s->refused, NULL);
    membership_unref(s->membership);
    membership_unref(s->before);
    content_unref(s->content);
    free(s->parties);
    free(s->sources);
    free(s);
}

static void cancel_dials(struct swarm *s)
{
    size_t cursor = 0;
    struct book_entry *e = book_walk(s->book, &cursor);

    timer_stop(s->dial_timer);
    while (e != NULL) {
        if (e->state == BOOK_DIALING && e->dial != NULL) {
            dial_cancel(e->dial);
            free(e->owner);
            e->dropped = false; /* the walk must not meet a freed entry */
            book_ended(s->book, e, true, 0);
        }
        e = book_walk(s->book, &cursor);
    }
}

void swarm_close_all(struct swarm *s)
{
    cancel_dials(s);
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL) {
            swarm_end_member(s, s->members[i], false);
        }
    }
    cancel_dials(s); /* ending connections may have begun new ones */
}

void swarm_stop(struct swarm *s)
{
    loop_assert_owner(s->loop);
    if (s->state.now >= SWARM_STOPPING) {
        return;
    }
    state_move(&s->state, SWARM_STOPPING);
    swarm_close_all(s);
    timer_stop(s->tick);
    timer_stop(s->park_timer);
    meet_stop(s);
    if (s->intake != NULL && !s->is_flushed) {
        intake_flush(s->intake);
    } else {
        swarm_stopped_soon(s);
    }
}

void swarm_stopped_soon(struct swarm *s)
{
    timer_start(s->stop_timer, 0);
}

static void on_stop_timer(void *arg)
{
    struct swarm *s = arg;

    state_move(&s->state, SWARM_STOPPED);
    s->ops->on_stopped(s->arg);
}

static void look_work(void *arg)
{
    struct look *l = arg;

    l->free = storage_disk_free(content_storage(l->content));
}

static void look_drop(void *arg)
{
    struct look *l = arg;

    if (atomic_fetch_sub(&l->refs, 1) == 1) {
        content_unref(l->content);
        free(l);
    }
}

static void look_done(void *arg)
{
    struct look *l = arg;
    struct swarm *s = l->swarm;
    uint64_t needed;

    if (s != NULL) {
        s->look = NULL;
        look_drop(l); /* the swarm's */
        needed = (uint64_t)(s->m->piece_count -
                            bitfield_count(content_verified(s->content))) *
                 s->m->piece_length;
        if (needed > SWARM_PARKED_ROOM) {
            needed = SWARM_PARKED_ROOM;
        }
        if (l->free >= needed) {
            swarm_retry(s);
        } else if (s->state.now == SWARM_PARKED) {
            timer_start(s->park_timer, SWARM_PARKED_MS);
        }
    }
    look_drop(l);
}

static void on_park_timer(void *arg)
{
    struct swarm *s = arg;
    struct look *l;
    struct disk_job job = {.work = look_work,
                           .done = look_done,
                           .drop = look_drop,
                           .class = DISK_NORMAL};

    if (s->state.now != SWARM_PARKED || s->look != NULL) {
        return;
    }
    l = mem_calloc(1, sizeof *l);
    atomic_init(&l->refs, 2);
    l->swarm = s;
    l->content = content_ref(s->content);
    s->look = l;
    job.arg = l;
    disk_submit(s->port, &job);
}

void swarm_retry(struct swarm *s)
{
    fetch_retry(s);
}

/* ---- Parties and blame ------------------------------------------------- */

uint32_t swarm_party_of(struct swarm *s, const char *user, const char *user_id)
{
    uintptr_t known = (uintptr_t)map_get_text(s->party_by_id, user_id);
    struct party *y;

    if (known != 0) {
        return (uint32_t)(known - 1);
    }
    if (s->party_count == s->party_room) {
        s->party_room = s->party_room == 0 ? 8 : s->party_room * 2;
        s->parties = mem_resize(s->parties, s->party_room, sizeof *s->parties);
    }
    y = &s->parties[s->party_count];
    memset(y, 0, sizeof *y);
    (void)snprintf(y->user, sizeof y->user, "%s", user);
    (void)snprintf(y->user_id, sizeof y->user_id, "%s", user_id);
    y->letter = ' ';
    meet_party(s, y);
    s->party_count++;
    (void)map_put_text(s->party_by_id, user_id,
                       (void *)(uintptr_t)s->party_count);
    return s->party_count - 1;
}

bool swarm_refuse_user(struct swarm *s, const char *user, int64_t until_ms)
{
    char address[BOOK_ADDRESS];
    struct book_entry *e;
    bool was_here = false;

    loop_assert_owner(s->loop);
    (void)map_put_text(s->refused, user,
                       (void *)(uintptr_t)(until_ms / 1000 + 1));
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        struct member *m = s->members[i];

        if (m == NULL || m->party >= s->party_count ||
            strcmp(s->parties[m->party].user, user) != 0) {
            continue;
        }
        (void)snprintf(address, sizeof address, "%s",
                       m->entry != NULL ? m->entry->address : "");
        swarm_end_member(s, m, false);
        e = book_find(s->book, address);
        if (e != NULL) {
            e->next_ms = until_ms;
        }
        was_here = true;
    }
    return was_here;
}

void swarm_count_bad(struct swarm *s, uint32_t piece, uint32_t party)
{
    s->bad_blocks++;
    for (uint32_t i = 0; i < s->bad_count; i++) {
        if (s->bad_pieces[i].piece == piece) {
            s->bad_pieces[i].party = party;
            return;
        }
    }
    if (s->bad_count == s->bad_room) {
        s->bad_room = s->bad_room == 0 ? 8 : s->bad_room * 2;
        s->bad_pieces =
            mem_resize(s->bad_pieces, s->bad_room, sizeof *s->bad_pieces);
    }
    s->bad_pieces[s->bad_count] =
        (struct bad_piece){.piece = piece, .party = party};
    s->bad_count++;
}

/* A proof says that this user gave wrong bytes. It is banned as a user: its
 * address may be shared with honest ones. */
void swarm_blame(struct swarm *s, uint32_t party, uint32_t piece)
{
    struct party y;

    if (party >= s->party_count) {
        return; /* nobody can be named */
    }
    s->parties[party].bad_blocks++;
    if (s->parties[party].banned) {
        return;
    }
    s->parties[party].banned = true;
    meet_banned(s, party);
    y = s->parties[party];
    log_warn("swarm", "%s: %s at %s sent bad data for piece %u and is banned",
             s->m->name, y.user, y.address, piece);
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL && s->members[i]->party == party) {
            swarm_end_member(s, s->members[i], true);
        }
    }
    if (s->ops->on_banned != NULL) {
        s->ops->on_banned(s->arg, y.user, y.address, piece);
    }
}

/* ---- Dialling ---------------------------------------------------------- */

/* The callback's argument lives as long as the dial. */
struct call {
    struct swarm *swarm;
    struct book_entry *entry;
};

static void on_dialled(void *arg, int fd, const char *why)
{
    struct call *call = arg;
    struct swarm *s = call->swarm;
    struct book_entry *e = call->entry;
    struct member *m = NULL;
    struct peer_setup setup;

    free(call);
    e->dial = NULL;
    e->owner = NULL;
    if (fd >= 0) {
        m = swarm_new_member(s);
    }
    if (m == NULL) {
        log_trace("swarm", "%s: %s", e->address, why != NULL ? why : "full");
        book_ended(s->book, e, false, loop_now_ms(s->loop));
        swarm_dial_more(s);
        fetch_fill_origins(s); /* they may have waited for this one */
        return;
    }
    e->state = BOOK_CONNECTED;
    m->entry = e;
    setup = swarm_peer_setup(s, m);
    m->peer = peer_new_outgoing(&setup, fd, membership_tls(s->membership));
    swarm_wake_tick(s);
}

static void dial_entry(struct swarm *s, struct book_entry *e)
{
    struct call *call = mem_calloc(1, sizeof *call);
    struct contact c;

    (void)contact_parse(e->address, &c, NULL); /* was checked by the book */
    call->swarm = s;
    call->entry = e;
    e->state = BOOK_DIALING;
    e->owner = call;
    e->dial = dial_start(s->loop, c.host, c.port, NULL, on_dialled, call);
}

static bool wants_peers(const struct swarm *s)
{
    return s->load && !s->paused &&
           (s->state.now == SWARM_LOADING || s->state.now == SWARM_PARKED);
}

/* Nobody else to call: ask above for more addresses, but not all the time. */
static void be_hungry(struct swarm *s)
{
    int64_t now = loop_now_ms(s->loop);

    if (s->ops->on_hungry != NULL && now - s->hungry_ms >= SWARM_HUNGRY_MS) {
        s->hungry_ms = now;
        s->ops->on_hungry(s->arg);
    }
}

/* Does anybody who is connected have what is missing? */
static bool has_holder(const struct swarm *s)
{
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL && peer_we_want(s->members[i]->peer)) {
            return true;
        }
    }
    return false;
}

void swarm_dial_more(struct swarm *s)
{
    size_t busy = s->member_count + book_count_state(s->book, BOOK_DIALING);
    int64_t wait = -1;
    struct book_entry *e;

    if (!wants_peers(s)) {
        return;
    }
    while (busy < SWARM_PEERS_WANTED) {
        e = book_next(s->book, loop_now_ms(s->loop), &wait);
        if (e == NULL) {
            break;
        }
        dial_entry(s, e);
        busy++;
    }
    if (busy < SWARM_PEERS_WANTED) {
        if (s->member_count == 0) {
            be_hungry(s);
            wait = wait >= 0 && wait < SWARM_HUNGRY_MS ? wait : SWARM_HUNGRY_MS;
        }
        if (wait >= 0) {
            timer_start(s->dial_timer, wait + 1);
        }
    }
}

static void on_dial_timer(void *arg)
{
    swarm_dial_more(arg);
}

void swarm_add_address(struct swarm *s, const char *address,
                       const char *user_id)
{
    struct book_entry *e;

    loop_assert_owner(s->loop);
    (void)user_id; /* whoever answers proves its name by its certificate */
    e = book_add(s->book, address);
    if (e != NULL && e->state == BOOK_IDLE) {
        e->next_ms = 0;
        e->failures = 0;
        if (wants_peers(s)) {
            timer_start(s->dial_timer, 0);
        }
    }
}

void swarm_hurry(struct swarm *s)
{
    loop_assert_owner(s->loop);
    book_hurry(s->book);
    swarm_dial_more(s);
}

void swarm_drop_address(struct swarm *s, const char *address)
{
    loop_assert_owner(s->loop);
    book_drop(s->book, address);
}

/* ---- Changes from above ------------------------------------------------ */

void swarm_set_membership(struct swarm *s, struct membership *m)
{
    loop_assert_owner(s->loop);
    membership_unref(s->before);
    s->before = s->membership;
    s->membership = membership_ref(m);
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        struct member *o = s->members[i];

        if (o != NULL && o->party != INTAKE_NOBODY &&
            membership_is_denied(m, s->parties[o->party].user_id,
                                 o->not_before)) {
            swarm_end_member(s, o, true);
        }
    }
}

void swarm_set_paused(struct swarm *s, bool paused)
{
    loop_assert_owner(s->loop);
    if (s->paused == paused || s->state.now >= SWARM_STOPPING) {
        return;
    }
    s->paused = paused;
    if (paused) {
        swarm_close_all(s);
        return;
    }
    book_hurry(s->book);
    swarm_dial_more(s);
}

void swarm_lost_piece(struct swarm *s, uint32_t piece)
{
    struct bitfield *verified = content_verified(s->content);

    loop_assert_owner(s->loop);
    if (piece >= s->m->piece_count || !bitfield_test(verified, piece)) {
        return;
    }
    bitfield_clear(verified, piece);
    s->sources[piece] = '\0';
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL) {
            peer_send_donthave(s->members[i]->peer, piece);
        }
    }
    fetch_lost(s, piece);
}

/* The last piece is there and the files have their names. */
void swarm_become_serving(struct swarm *s)
{
    if (s->state.now == SWARM_FINISHING) {
        state_move(&s->state, SWARM_SERVING);
        cancel_dials(s);
        for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
            struct member *m = s->members[i];

            if (m == NULL) {
                continue;
            }
            peer_set_interested(m->peer, false);
            if (m->in_picker) {
                picker_remove_peer(s->picker, m->slot, peer_have(m->peer));
                m->in_picker = false;
            }
        }
        picker_free(s->picker);
        s->picker = NULL;
        s->leaf_count = 0;
        intake_flush(s->intake);
        for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
            if (s->members[i] != NULL) {
                (void)swarm_end_seed(s, s->members[i]);
            }
        }
    }
    if (s->ops->on_complete != NULL) {
        s->ops->on_complete(s->arg);
    }
}

/* ---- Time -------------------------------------------------------------- */

/* The mean since the beginning, then one that forgets. */
static void sample(struct rate *r, double seconds)
{
    double now = (double)(r->total - r->sampled) / seconds;
    double weight;

    r->still = r->total > r->sampled ? 0 : r->still + seconds;
    r->sampled = r->total;
    r->age += seconds;
    weight = seconds / r->age > 0.4 ? seconds / r->age : 0.4;
    r->per_second += weight * (now - r->per_second);
    if (r->per_second < 1 || r->still * 1000 >= RATE_STILL_MS) {
        r->per_second = 0;
        r->age = 0;
    }
}

static bool sample_all(struct swarm *s, int64_t now_ms)
{
    double seconds = (double)(now_ms - s->sampled_ms) / 1000.0;
    bool moves = false;

    if (seconds < 0.2) {
        return true; /* too short to mean anything */
    }
    s->sampled_ms = now_ms;
    s->up.total = s->up_before;
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        struct member *m = s->members[i];
        struct upload *u = m != NULL ? peer_upload(m->peer) : NULL;

        if (u == NULL) {
            continue;
        }
        m->up.total = upload_total(u);
        s->up.total += m->up.total;
        sample(&m->down, seconds);
        sample(&m->up, seconds);
        moves = moves || m->down.per_second > 0 || m->up.per_second > 0 ||
                peer_requests(m->peer) > 0 || !upload_is_idle(u) ||
                peer_we_want(m->peer);
    }
    sample(&s->down, seconds);
    sample(&s->up, seconds);
    return moves || s->down.per_second > 0 || s->up.per_second > 0;
}

void swarm_wake_tick(struct swarm *s)
{
    if (!timer_is_running(s->tick) || s->tick_is_slow) {
        s->tick_is_slow = false;
        s->sampled_ms = loop_now_ms(s->loop);
        timer_start(s->tick, SWARM_TICK_MS);
    }
}

static int64_t next_tick(struct swarm *s, bool moves)
{
    int64_t wait = moves ? SWARM_TICK_MS : SWARM_IDLE_TICK_MS;
    int64_t wall = clock_wall();

    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct member *m = s->members[i];

        if (m != NULL && !m->was_active) {
            return SWARM_TICK_MS;
        }
        if (m != NULL && (m->not_after - wall + 1) * 1000 < wait) {
            wait = (m->not_after - wall + 1) * 1000;
        }
    }
    return wait < SWARM_TICK_MS ? SWARM_TICK_MS : wait;
}

static void on_tick(void *arg)
{
    struct swarm *s = arg;
    int64_t now = loop_now_ms(s->loop);
    int64_t wall = clock_wall();
    bool moves = sample_all(s, now);

    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        struct member *m = s->members[i];

        if (m == NULL) {
            continue;
        }
        if (m->party != INTAKE_NOBODY && m->not_after < wall) {
            log_trace("swarm", "%s: certificate ended", peer_address(m->peer));
            swarm_end_member(s, m, true);
        } else if (peer_tick(m->peer, now)) {
            (void)swarm_end_seed(s, m);
        }
    }
    swarm_rotate(s, now);
    meet_tick(s, now);
    fetch_tick(s, now);
    if (!moves) {
        runpool_trim(s->pool);
    }
    if (wants_peers(s) && !has_holder(s)) {
        be_hungry(s);
    }
    if (s->state.now < SWARM_STOPPING && (s->member_count > 0 || moves)) {
        s->tick_is_slow = !moves;
        timer_start(s->tick, next_tick(s, moves));
    }
}
