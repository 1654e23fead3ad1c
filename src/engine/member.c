/* member: the connections of a swarm: who may be one, what they tell us, who is
 * served.
 */
#include "config.h"

#include "engine/swarm_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "engine/book.h"
#include "engine/content.h"
#include "engine/membership.h"
#include "engine/swarm.h"
#include "net/conn.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/clock.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/manifest.h"

static const struct peer_ops peer_calls;

/* ---- Members ----------------------------------------------------------- */

static char free_letter(const struct swarm *s)
{
    for (int c = 'a'; c <= 'z'; c++) {
        bool is_used = false;

        for (uint32_t i = 0; i < SWARM_PEERS_MAX && !is_used; i++) {
            is_used = s->members[i] != NULL && s->members[i]->letter == c;
        }
        if (!is_used) {
            return (char)c;
        }
    }
    return ' ';
}

struct member *swarm_new_member(struct swarm *s)
{
    struct member *m;
    uint32_t slot = 0;

    while (slot < SWARM_PEERS_MAX && s->members[slot] != NULL) {
        slot++;
    }
    if (slot == SWARM_PEERS_MAX) {
        return NULL;
    }
    m = mem_calloc(1, sizeof *m);
    m->swarm = s;
    m->slot = slot;
    m->party = INTAKE_NOBODY;
    m->letter = ' ';
    s->members[slot] = m;
    s->member_count++;
    return m;
}

/* Forget a member; its connection is closed here when it is still open. */
void swarm_end_member(struct swarm *s, struct member *m, bool failed)
{
    struct upload *u = peer_upload(m->peer);
    struct book_entry *e = m->entry;

    if (u != NULL) {
        s->up_before += upload_total(u);
        s->unchoked -= !upload_is_choked(u);
    }
    s->members[m->slot] = NULL;
    s->member_count--;
    meet_left(s);
    peer_close(m->peer);
    fetch_remove(s, m);
    peer_free(m->peer);
    if (e != NULL) {
        book_ended(s->book, e, m->down.total > 0 && !failed,
                   loop_now_ms(s->loop));
    }
    free(m);
    if (s->state.now < SWARM_STOPPING) {
        fetch_fill_all(s); /* what it was asked for goes elsewhere at once */
        swarm_dial_more(s);
        if (s->member_count == 0 && s->ops->on_empty != NULL) {
            s->ops->on_empty(s->arg);
        }
    }
}

struct peer_setup swarm_peer_setup(struct swarm *s, struct member *m)
{
    return (struct peer_setup){.loop = s->loop,
                               .port = s->port,
                               .content = s->content,
                               .hashes = s->hashes,
                               .pool = s->pool,
                               .own_id = s->own_id,
                               .listen_port = s->listen_port,
                               .ops = &peer_calls,
                               .arg = m};
}

void swarm_add_incoming(struct swarm *s, struct conn *parcel,
                        const uint8_t handshake[PEERMSG_HANDSHAKE])
{
    struct member *m = NULL;
    struct peer_setup setup;

    loop_assert_owner(s->loop);
    if (s->state.now < SWARM_STOPPING && !s->paused && !s->unreadable) {
        m = swarm_new_member(s);
    }
    if (m == NULL) {
        conn_free(parcel);
        return;
    }
    setup = swarm_peer_setup(s, m);
    m->peer = peer_new_incoming(&setup, parcel, handshake);
    peer_admit(m->peer);
    swarm_wake_tick(s);
}

/* ---- Peer's calls: who is it ------------------------------------------- */

static int check_user(struct swarm *s, const struct cert *leaf,
                      struct tlsctx *context, char *user, char *user_id,
                      struct err *e)
{
    uintptr_t known;

    /* The connection was made for this group, not for another one that this
     * computer is in too. */
    if (context != membership_tls(s->membership) &&
        (s->before == NULL || context != membership_tls(s->before))) {
        return err_set(e, P2P_EACCES, "the connection is for another group");
    }
    if (membership_check(s->membership, leaf, clock_wall(), user, user_id, e) <
        0) {
        return P2P_EACCES;
    }
    known = (uintptr_t)map_get_text(s->party_by_id, user_id);
    if (known != 0 && s->parties[known - 1].banned) {
        return err_set(e, P2P_EACCES, "%s is banned for bad data", user);
    }
    known = (uintptr_t)map_get_text(s->refused, user);
    if (known > (uintptr_t)(loop_now_ms(s->loop) / 1000)) {
        return err_set(e, P2P_EACCES, "%s was dropped a while ago", user);
    }
    return 0;
}

static int on_open(void *arg, struct peer *p, const struct cert *leaf,
                   struct tlsctx *context, struct err *e)
{
    struct member *m = arg;
    struct swarm *s = m->swarm;
    char user[SWARM_NAME] = "", user_id[SWARM_NAME] = "";
    int rv = check_user(s, leaf, context, user, user_id, e);

    if (rv < 0) {
        return rv;
    }
    m->party = swarm_party_of(s, user, user_id);
    m->not_before = cert_not_before(leaf);
    m->not_after = cert_not_after(leaf);
    (void)snprintf(s->parties[m->party].address,
                   sizeof s->parties[m->party].address, "%s", peer_address(p));
    return 0;
}

static uint32_t count_of_user(const struct swarm *s, uint32_t party)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        count += s->members[i] != NULL && s->members[i]->party == party;
    }
    return count;
}

/* Another connection of the same user and program, or NULL. */
static struct member *find_twin(const struct swarm *s, const struct member *m)
{
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        struct member *o = s->members[i];

        if (o != NULL && o != m && o->was_active && o->party == m->party &&
            memcmp(peer_id(o->peer), peer_id(m->peer), PEER_ID) == 0) {
            return o;
        }
    }
    return NULL;
}

/* Two computers that called each other at once keep the connection that the
 * smaller peer id began: both ends decide the same. Of two connections from
 * one side the newer counts: that side has lost the older one. */
static bool is_newer_kept(const struct swarm *s, const struct member *newer,
                          const struct member *older)
{
    bool ours_is_smaller = memcmp(s->own_id, peer_id(newer->peer), PEER_ID) < 0;

    if (peer_is_incoming(newer->peer) == peer_is_incoming(older->peer)) {
        return true;
    }
    return peer_is_incoming(newer->peer) != ours_is_smaller;
}

static int on_handshake(void *arg, struct peer *p, struct err *e)
{
    struct member *m = arg;
    struct swarm *s = m->swarm;
    struct member *twin;

    if (memcmp(peer_id(p), s->own_id, PEER_ID) == 0) {
        if (m->entry != NULL) {
            m->entry->state = BOOK_NEVER;
        }
        return err_set(e, P2P_EINVAL, "connected to ourselves");
    }
    twin = find_twin(s, m);
    if (twin == NULL) {
        return count_of_user(s, m->party) <= MEMBERS_OF_USER
                   ? 0
                   : err_set(e, P2P_EFULL, "%s is connected too often",
                             s->parties[m->party].user);
    }
    if (!is_newer_kept(s, m, twin)) {
        if (m->entry != NULL && twin->entry == NULL) {
            twin->entry = m->entry; /* the other one leads there too */
            m->entry = NULL;
        }
        return err_set(e, P2P_EEXIST, "connected already");
    }
    if (m->entry == NULL) {
        m->entry = twin->entry;
        twin->entry = NULL;
    }
    swarm_end_member(s, twin, false);
    return 0;
}

static void on_active(void *arg, struct peer *p)
{
    struct member *m = arg;
    struct swarm *s = m->swarm;

    m->was_active = true;
    m->letter = free_letter(s);
    s->parties[m->party].letter = m->letter;
    peer_send_pieces(p, content_verified(s->content));
    if (s->unchoked < SWARM_UNCHOKED) {
        s->unchoked++;
        peer_set_choked(p, false);
    }
    m->choke_ms = loop_now_ms(s->loop);
    swarm_wake_tick(s);
    meet_known(s, m);
}

/* It says where it listens: then we need not call there. */
static void note_listening(struct swarm *s, struct member *m)
{
    struct peer *p = m->peer;
    uint16_t port = peer_extensions(p)->port;
    struct contact c;
    char address[CONTACT_HOST_MAX + 10];
    struct book_entry *e;

    if (peer_extensions(p)->p2p_origin) {
        fetch_origin(s, m);
    }
    if (m->entry != NULL || port == 0 ||
        contact_parse(peer_address(p), &c, NULL) < 0) {
        return;
    }
    c.port = port;
    contact_format(&c, address, sizeof address);
    e = meet_learn(s, m, address);
    if (e != NULL && e->state == BOOK_IDLE) {
        e->state = BOOK_CONNECTED;
        e->dropped = false;
        m->entry = e;
        meet_known(s, m);
    }
}

static void on_extended(void *arg, struct peer *p)
{
    struct member *m = arg;

    (void)p;
    note_listening(m->swarm, m);
    meet_tell(m->swarm, m, loop_now_ms(m->swarm->loop));
}

static void on_told(void *arg, struct peer *p, const struct peermsg_peers *list)
{
    struct member *m = arg;

    (void)p;
    meet_told(m->swarm, m, list);
}

/* ---- Peer's calls: what it has and wants ------------------------------- */

/* Nothing more can pass between two that have everything. */
bool swarm_end_seed(struct swarm *s, struct member *m)
{
    struct upload *u = peer_upload(m->peer);

    if (s->state.now != SWARM_SERVING || u == NULL ||
        !bitfield_is_full(peer_have(m->peer)) || !upload_is_idle(u) ||
        peer_queued(m->peer) > 0 ||
        !bitfield_is_full(content_verified(s->content))) {
        return false;
    }
    swarm_end_member(s, m, false);
    return true;
}

static void on_pieces(void *arg, struct peer *p)
{
    struct member *m = arg;

    (void)p;
    fetch_add(m->swarm, m);
}

static void on_have(void *arg, struct peer *p, uint32_t piece)
{
    struct member *m = arg;

    (void)p;
    fetch_has(m->swarm, m, piece);
}

static void on_lost(void *arg, struct peer *p, uint32_t piece)
{
    struct member *m = arg;

    (void)p;
    fetch_lacks(m->swarm, m, piece);
}

static void on_choke(void *arg, struct peer *p)
{
    struct member *m = arg;

    (void)p;
    fetch_choke(m->swarm, m);
}

static void set_choked(struct swarm *s, struct member *m, bool choked)
{
    if (upload_is_choked(peer_upload(m->peer)) != choked) {
        s->unchoked += choked ? (uint32_t)-1 : 1;
        m->choke_ms = loop_now_ms(s->loop);
        peer_set_choked(m->peer, choked);
    }
}

/* The one to choke for another: first who wants nothing, else, after its turn,
 * who was served longest. */
static struct member *find_unchoked(const struct swarm *s, int64_t before_ms)
{
    struct member *best = NULL;

    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        struct member *m = s->members[i];
        struct upload *u = m != NULL ? peer_upload(m->peer) : NULL;

        if (u == NULL || upload_is_choked(u)) {
            continue;
        }
        if (!peer_wants_us(m->peer)) {
            return m;
        }
        if (m->choke_ms <= before_ms &&
            (best == NULL || m->choke_ms < best->choke_ms)) {
            best = m;
        }
    }
    return best;
}

static void give_turn(struct swarm *s, struct member *m, int64_t before_ms)
{
    if (s->unchoked >= SWARM_UNCHOKED) {
        struct member *other = find_unchoked(s, before_ms);

        if (other == NULL) {
            return;
        }
        set_choked(s, other, true);
    }
    set_choked(s, m, false);
}

static void on_interest(void *arg, struct peer *p)
{
    struct member *m = arg;

    if (peer_wants_us(p) && upload_is_choked(peer_upload(p))) {
        give_turn(m->swarm, m, INT64_MIN);
    }
}

/* Let those who wait longest have the turn of those served longest. */
void swarm_rotate(struct swarm *s, int64_t now_ms)
{
    struct member *waiting = NULL;

    if (s->unchoked < SWARM_UNCHOKED ||
        now_ms - s->rotated_ms < SWARM_ROTATE_MS) {
        return;
    }
    s->rotated_ms = now_ms;
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        struct member *m = s->members[i];
        struct upload *u = m != NULL ? peer_upload(m->peer) : NULL;

        if (u != NULL && upload_is_choked(u) && peer_wants_us(m->peer) &&
            (waiting == NULL || m->choke_ms < waiting->choke_ms)) {
            waiting = m;
        }
    }
    if (waiting != NULL) {
        give_turn(s, waiting, now_ms - SWARM_ROTATE_MS);
    }
}

static void on_unreadable(void *arg, struct peer *p, uint32_t piece, int code,
                          const char *why)
{
    struct member *m = arg;
    struct swarm *s = m->swarm;

    (void)p;
    log_warn("swarm", "%s: piece %u cannot be read: %s", s->m->name, piece,
             why);
    /* What is still being loaded can be loaded again. */
    if ((s->state.now == SWARM_LOADING || s->state.now == SWARM_PARKED) &&
        (code == P2P_ENOENT || code == P2P_EVERIFY || code == P2P_EIO)) {
        swarm_lost_piece(s, piece);
        return;
    }
    if (s->state.now != SWARM_SERVING || s->unreadable) {
        return;
    }
    s->unreadable = true; /* libtorrent bans whoever serves a changed file */
    swarm_close_all(s);
    if (s->ops->on_unreadable != NULL) {
        s->ops->on_unreadable(s->arg, code, why);
    }
}

static uint8_t *on_place(void *arg, struct peer *p,
                         const struct picker_block *b)
{
    struct member *m = arg;

    (void)p;
    return fetch_place(m->swarm, m, b);
}

static void on_block(void *arg, struct peer *p, const struct picker_block *b)
{
    struct member *m = arg;

    (void)p;
    fetch_block(m->swarm, m, b);
}

static void on_reject(void *arg, struct peer *p, const struct picker_block *b)
{
    struct member *m = arg;

    (void)p;
    fetch_reject(m->swarm, m, b);
}

static void on_hashes(void *arg, struct peer *p,
                      const struct peermsg_hash_request *r, const uint8_t *data,
                      uint32_t count)
{
    struct member *m = arg;

    (void)p;
    fetch_hashes(m->swarm, m, r, data, count);
}

static void on_turn(void *arg, struct peer *p)
{
    struct member *m = arg;
    struct swarm *s = m->swarm;

    if (s->tick_is_slow && !upload_is_idle(peer_upload(p))) {
        swarm_wake_tick(s);
    }
    if (!swarm_end_seed(s, m)) {
        fetch_fill(s, m);
    }
}

static void on_closed(void *arg, struct peer *p, int code, const char *why)
{
    struct member *m = arg;

    log_trace("swarm", "%s: %s: %s", peer_address(p), err_word(code),
              why != NULL ? why : "");
    swarm_end_member(m->swarm, m,
                     code == P2P_EPROTO || code == P2P_ETOOBIG ||
                         code == P2P_EACCES);
}

static const struct peer_ops peer_calls = {
    .on_open = on_open,
    .on_handshake = on_handshake,
    .on_active = on_active,
    .on_extended = on_extended,
    .on_told = on_told,
    .on_pieces = on_pieces,
    .on_have = on_have,
    .on_lost = on_lost,
    .on_choke = on_choke,
    .on_interest = on_interest,
    .on_place = on_place,
    .on_block = on_block,
    .on_reject = on_reject,
    .on_hashes = on_hashes,
    .on_unreadable = on_unreadable,
    .on_turn = on_turn,
    .on_closed = on_closed,
};
