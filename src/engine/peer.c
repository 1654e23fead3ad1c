#include "config.h"

#include "engine/peer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "engine/content.h"
#include "engine/hashes.h"
#include "net/conn.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/mem.h"
#include "util/ratelimit.h"
#include "util/state.h"
#include "wire/manifest.h"

enum peer_state { PEER_OPENING, PEER_GREETING, PEER_ACTIVE, PEER_CLOSED };

#define TO(s) STATE_BIT(PEER_##s)
static const struct state_rule peer_rules[] = {
    [PEER_OPENING] = {"opening", TO(GREETING) | TO(CLOSED)},
    [PEER_GREETING] = {"greeting", TO(ACTIVE) | TO(CLOSED)},
    [PEER_ACTIVE] = {"active", TO(CLOSED)},
    [PEER_CLOSED] = {"closed", 0},
};
#undef TO

struct peer {
    const struct peer_ops *ops;
    void *arg;
    void *data;
    struct loop *loop;
    struct disk_port *port;
    struct content *content;
    const struct manifest *m;
    struct hashes *hashes;
    struct runpool *pool;
    struct state state;
    unsigned entered; /* calls of ours on the stack */
    bool doomed;      /* free when they return */
    bool incoming, fast, extended;
    uint8_t own_id[PEER_ID], id[PEER_ID];
    uint16_t listen_port;
    struct conn *conn;
    char address[CONN_ADDRESS_MAX];
    uint8_t hello[PEERMSG_HANDSHAKE];
    size_t hello_size;
    int64_t since_ms, heard_ms, said_ms;
    struct peermsg_reader *reader;
    struct upload *upload;
    struct buf out;
    struct peermsg_extensions ext;
    struct bitfield *have;
    bool told_pieces;     /* its bitfield came, or it is too late for one */
    bool has_told_pieces; /* ours went out */
    bool chokes_us, wants_us, we_want;
    struct picker_block *asked; /* under way, oldest first */
    size_t asked_first, asked_end, asked_room;
    bool receiving;
    struct picker_block landing;
    struct peermsg_hash_request hashes_asked[PEER_HASHES_ASKED];
    unsigned hashes_count;
    struct ratelimit lost_limit, told_limit;
};

/* ---- Life -------------------------------------------------------------- */

static void fail(struct peer *p, int code, const char *why)
{
    if (p->state.now == PEER_CLOSED) {
        return;
    }
    peer_close(p);
    p->ops->on_closed(p->arg, p, code, why);
}

static void destroy(struct peer *p)
{
    peermsg_reader_free(p->reader);
    upload_free(p->upload);
    bitfield_free(p->have);
    buf_close(&p->out);
    hashes_unref(p->hashes);
    content_unref(p->content);
    free(p->asked);
    free(p);
}

static void enter(struct peer *p)
{
    p->entered++;
}

static void leave(struct peer *p)
{
    p->entered--;
    if (p->entered == 0 && p->doomed) {
        destroy(p);
    }
}

void peer_close(struct peer *p)
{
    if (p->state.now == PEER_CLOSED) {
        return;
    }
    state_move(&p->state, PEER_CLOSED);
    if (p->upload != NULL) {
        upload_stop(p->upload); /* first: what is unsent is released now */
    }
    conn_free(p->conn);
    p->conn = NULL;
}

void peer_free(struct peer *p)
{
    peer_close(p);
    if (p->entered > 0) {
        p->doomed = true;
        return;
    }
    destroy(p);
}

static void flush(struct peer *p)
{
    conn_write(p->conn, buf_head(&p->out), buf_length(&p->out));
    buf_clear(&p->out);
    p->said_ms = loop_now_ms(p->loop);
}

/* ---- Upload's calls ---------------------------------------------------- */

static void on_unreadable(void *arg, uint32_t piece, int code, const char *why)
{
    struct peer *p = arg;

    p->ops->on_unreadable(p->arg, p, piece, code, why);
}

static void on_sent(void *arg, size_t bytes)
{
    struct peer *p = arg;

    (void)bytes;
    p->said_ms = loop_now_ms(p->loop);
}

static const struct upload_ops upload_calls = {
    .on_unreadable = on_unreadable,
    .on_sent = on_sent,
};

/* ---- Requests under way ------------------------------------------------ */

size_t peer_requests(const struct peer *p)
{
    return p->asked_end - p->asked_first;
}

/* Blocks mostly come in the order they were asked for, so the search ends at
 * once. Returns asked_end when it is not under way. */
static size_t find_asked(const struct peer *p, uint32_t piece, uint32_t offset,
                         uint32_t length)
{
    for (size_t i = p->asked_first; i < p->asked_end; i++) {
        const struct picker_block *b = &p->asked[i];

        if (b->offset == offset && b->piece == piece && b->length == length) {
            return i;
        }
    }
    return p->asked_end;
}

static void drop_asked(struct peer *p, size_t i)
{
    memmove(p->asked + p->asked_first + 1, p->asked + p->asked_first,
            (i - p->asked_first) * sizeof *p->asked);
    p->asked_first++;
    if (p->asked_first == p->asked_end) {
        p->asked_first = 0;
        p->asked_end = 0;
    }
}

static void append_asked(struct peer *p, const struct picker_block *b)
{
    size_t count = peer_requests(p);

    if (p->asked_end == p->asked_room && p->asked_first > 0) {
        memmove(p->asked, p->asked + p->asked_first, count * sizeof *p->asked);
        p->asked_first = 0;
        p->asked_end = count;
    }
    if (p->asked_end == p->asked_room) {
        p->asked_room = p->asked_room == 0 ? 64 : p->asked_room * 2;
        p->asked = mem_resize(p->asked, p->asked_room, sizeof *p->asked);
    }
    p->asked[p->asked_end] = *b;
    p->asked_end++;
}

void peer_request(struct peer *p, const struct picker_block *blocks,
                  size_t count)
{
    if (p->state.now != PEER_ACTIVE) {
        return;
    }
    assert(peer_requests(p) + count <= PEER_REQUESTS);
    for (size_t i = 0; i < count; i++) {
        append_asked(p, &blocks[i]);
        peermsg_put_block(&p->out, PEERMSG_REQUEST, blocks[i].piece,
                          blocks[i].offset, blocks[i].length);
    }
    flush(p);
}

void peer_cancel(struct peer *p, const struct picker_block *b)
{
    if (p->state.now == PEER_ACTIVE &&
        find_asked(p, b->piece, b->offset, b->length) != p->asked_end) {
        /* BEP 6: exactly one answer still comes, so it stays under way. */
        peermsg_put_block(&p->out, PEERMSG_CANCEL, b->piece, b->offset,
                          b->length);
        flush(p);
    }
}

bool peer_is_receiving(const struct peer *p)
{
    return p->receiving;
}

/* Memory for a block that begins: only for what was asked. */
static uint8_t *on_place(void *arg, uint32_t index, uint32_t begin,
                         uint32_t length)
{
    struct peer *p = arg;
    size_t i = find_asked(p, index, begin, length);

    if (i == p->asked_end) {
        return NULL;
    }
    p->landing = p->asked[i];
    p->receiving = true;
    return p->ops->on_place(p->arg, p, &p->landing);
}

int peer_ask_hashes(struct peer *p, const struct peermsg_hash_request *r)
{
    if (p->state.now != PEER_ACTIVE || p->hashes_count == PEER_HASHES_ASKED) {
        return P2P_EFULL;
    }
    p->hashes_asked[p->hashes_count] = *r;
    p->hashes_count++;
    peermsg_put_hash(&p->out, PEERMSG_HASH_REQUEST, r);
    flush(p);
    return 0;
}

/* ---- Saying ------------------------------------------------------------ */

void peer_send_pieces(struct peer *p, const struct bitfield *verified)
{
    size_t size = bitfield_wire_size(verified);

    p->has_told_pieces = true;
    if (p->fast && bitfield_is_full(verified)) {
        peermsg_put_simple(&p->out, PEERMSG_HAVE_ALL);
    } else if (bitfield_count(verified) > 0) {
        uint8_t *bits = mem_alloc(size);

        bitfield_to_wire(verified, bits);
        peermsg_put_bitfield(&p->out, bits, size);
        free(bits);
    } else if (p->fast) {
        peermsg_put_simple(&p->out, PEERMSG_HAVE_NONE);
    }
    flush(p);
}

void peer_send_have(struct peer *p, uint32_t piece)
{
    if (p->state.now == PEER_ACTIVE && p->has_told_pieces) {
        peermsg_put_have(&p->out, piece);
        flush(p);
    }
}

void peer_send_donthave(struct peer *p, uint32_t piece)
{
    uint8_t body[4] = {(uint8_t)(piece >> 24), (uint8_t)(piece >> 16),
                       (uint8_t)(piece >> 8), (uint8_t)piece};

    if (p->state.now == PEER_ACTIVE && p->ext.donthave != 0) {
        peermsg_put_extended(&p->out, p->ext.donthave, body, sizeof body);
        flush(p);
    }
}

void peer_send_peers(struct peer *p, const struct peermsg_peers *list)
{
    if (p->state.now == PEER_ACTIVE && p->ext.p2p_peers != 0) {
        (void)peermsg_put_peers(&p->out, p->ext.p2p_peers, list);
        flush(p);
    }
}

void peer_set_interested(struct peer *p, bool interested)
{
    if (p->state.now == PEER_ACTIVE && interested != p->we_want) {
        p->we_want = interested;
        peermsg_put_simple(&p->out, interested ? PEERMSG_INTERESTED
                                               : PEERMSG_NOT_INTERESTED);
        flush(p);
    }
}

void peer_set_choked(struct peer *p, bool choked)
{
    if (p->state.now == PEER_ACTIVE) {
        upload_set_choked(p->upload, choked);
    }
}

/* ---- Messages ---------------------------------------------------------- */

static int take_have(struct peer *p, const struct peermsg *m)
{
    if (m->index >= p->m->piece_count) {
        return P2P_EPROTO;
    }
    p->told_pieces = true;
    if (bitfield_set(p->have, m->index)) {
        p->ops->on_have(p->arg, p, m->index);
    }
    return 0;
}

/* BEP 3 and 6: one of these, before anything else is said about pieces. */
static int take_pieces(struct peer *p, const struct peermsg *m)
{
    int rv = 0;

    if (p->told_pieces || (m->id != PEERMSG_BITFIELD && !p->fast)) {
        return P2P_EPROTO;
    }
    p->told_pieces = true;
    if (m->id == PEERMSG_HAVE_ALL) {
        bitfield_set_all(p->have);
    } else if (m->id == PEERMSG_BITFIELD) {
        rv = bitfield_from_wire(p->have, m->data, m->size);
    }
    if (rv == 0) {
        p->ops->on_pieces(p->arg, p);
    }
    return rv;
}

static int take_reject(struct peer *p, const struct peermsg *m)
{
    size_t i = find_asked(p, m->index, m->begin, m->length);
    struct picker_block b;

    if (!p->fast || i == p->asked_end) {
        return P2P_EPROTO;
    }
    b = p->asked[i];
    drop_asked(p, i);
    p->ops->on_reject(p->arg, p, &b);
    return 0;
}

static int take_block(struct peer *p, const struct peermsg *m)
{
    size_t i = find_asked(p, m->index, m->begin, m->length);
    struct picker_block b = p->landing;

    p->receiving = false;
    if (i != p->asked_end) { /* it may have been rejected half way */
        drop_asked(p, i);
    }
    p->ops->on_block(p->arg, p, &b);
    return 0;
}

/* BEP 3: without the fast extension a choke drops all requests. */
static int take_choke(struct peer *p, bool choked)
{
    if (p->chokes_us == choked) {
        return 0; /* libtorrent says it again */
    }
    p->chokes_us = choked;
    while (choked && !p->fast && peer_requests(p) > 0 &&
           p->state.now == PEER_ACTIVE) {
        struct picker_block b = p->asked[p->asked_first];

        drop_asked(p, p->asked_first);
        p->ops->on_reject(p->arg, p, &b);
    }
    if (p->state.now == PEER_ACTIVE) {
        p->ops->on_choke(p->arg, p);
    }
    return 0;
}

static int take_hashes(struct peer *p, const struct peermsg *m)
{
    struct peermsg_hash_request r;
    unsigned i = 0;

    while (i < p->hashes_count &&
           memcmp(&p->hashes_asked[i], &m->hash, sizeof m->hash) != 0) {
        i++;
    }
    if (i == p->hashes_count) {
        /* A late rejection harms nobody; hashes nobody asked for might. */
        return m->id == PEERMSG_HASH_REJECT ? 0 : P2P_EPROTO;
    }
    r = p->hashes_asked[i];
    p->hashes_count--;
    memmove(p->hashes_asked + i, p->hashes_asked + i + 1,
            (p->hashes_count - i) * sizeof r);
    p->ops->on_hashes(p->arg, p, &r, m->id == PEERMSG_HASHES ? m->data : NULL,
                      (uint32_t)(m->size / 32));
    return 0;
}

static int take_peers(struct peer *p, const struct peermsg *m)
{
    struct peermsg_peers list;

    if (!ratelimit_take(&p->told_limit, 1, loop_now_ms(p->loop)) ||
        peermsg_read_peers(m->data, m->size, &list) < 0) {
        return P2P_EPROTO;
    }
    p->ops->on_told(p->arg, p, &list);
    return 0;
}

static int take_donthave(struct peer *p, const struct peermsg *m)
{
    uint32_t piece;

    if (m->size != 4) {
        return P2P_EPROTO;
    }
    piece = (uint32_t)m->data[0] << 24 | (uint32_t)m->data[1] << 16 |
            (uint32_t)m->data[2] << 8 | m->data[3];
    if (piece >= p->m->piece_count) {
        return P2P_EPROTO;
    }
    if (!bitfield_test(p->have, piece)) {
        return 0;
    }
    /* Each is work for the picker, so it cannot go back and forth for ever. */
    if (!ratelimit_take(&p->lost_limit, 1, loop_now_ms(p->loop))) {
        return P2P_EPROTO;
    }
    bitfield_clear(p->have, piece);
    p->ops->on_lost(p->arg, p, piece);
    return 0;
}

static int take_extended(struct peer *p, const struct peermsg *m)
{
    int rv;

    if (!p->extended) {
        return P2P_EPROTO;
    }
    if (m->extended_id == PEERMSG_EXT_HANDSHAKE) {
        rv = peermsg_read_extension_handshake(m->data, m->size, &p->ext);
        if (rv == 0) {
            p->ops->on_extended(p->arg, p);
        }
        return rv;
    }
    if (m->extended_id == PEERMSG_EXT_DONTHAVE) {
        return take_donthave(p, m);
    }
    if (m->extended_id == PEERMSG_EXT_PEERS) {
        return take_peers(p, m);
    }
    return P2P_EPROTO; /* an id that we did not declare */
}

static int take_interest(struct peer *p, bool interested)
{
    if (p->wants_us != interested) {
        p->wants_us = interested;
        p->ops->on_interest(p->arg, p);
    }
    return 0;
}

static int take_message(struct peer *p, const struct peermsg *m)
{
    switch (m->id) {
    case PEERMSG_CHOKE:
    case PEERMSG_UNCHOKE:
        return take_choke(p, m->id == PEERMSG_CHOKE);
    case PEERMSG_INTERESTED:
    case PEERMSG_NOT_INTERESTED:
        return take_interest(p, m->id == PEERMSG_INTERESTED);
    case PEERMSG_HAVE:
        return take_have(p, m);
    case PEERMSG_BITFIELD:
    case PEERMSG_HAVE_ALL:
    case PEERMSG_HAVE_NONE:
        return take_pieces(p, m);
    case PEERMSG_REQUEST:
        return upload_request(p->upload, m->index, m->begin, m->length,
                              loop_now_ms(p->loop));
    case PEERMSG_CANCEL:
        upload_cancel(p->upload, m->index, m->begin, m->length);
        return 0;
    case PEERMSG_PIECE:
        return take_block(p, m);
    case PEERMSG_REJECT:
        return take_reject(p, m);
    case PEERMSG_HASH_REQUEST:
        return upload_hash_request(p->upload, &m->hash, loop_now_ms(p->loop));
    case PEERMSG_HASHES:
    case PEERMSG_HASH_REJECT:
        return take_hashes(p, m);
    case PEERMSG_EXTENDED:
        return take_extended(p, m);
    case PEERMSG_PORT:
    case PEERMSG_SUGGEST:
    case PEERMSG_ALLOWED_FAST:
    case PEERMSG_KEEPALIVE:
        return 0;
    }
    return P2P_EPROTO;
}

static int take_messages(struct peer *p)
{
    struct peermsg m;
    int rv = 1;

    while (rv > 0 && p->state.now == PEER_ACTIVE) {
        rv = peermsg_reader_next(p->reader, &m);
        if (rv > 0) {
            int result = take_message(p, &m);

            rv = result < 0 ? result : 1;
        }
    }
    return rv < 0 ? rv : 0;
}

/* ---- Handshake --------------------------------------------------------- */

static void send_handshake(struct peer *p)
{
    struct peermsg_handshake ours = {.extended = true, .fast = true};
    uint8_t bytes[PEERMSG_HANDSHAKE];

    memcpy(ours.info_hash, p->m->hash, sizeof ours.info_hash);
    memcpy(ours.peer_id, p->own_id, sizeof ours.peer_id);
    peermsg_write_handshake(&ours, bytes);
    conn_write(p->conn, bytes, sizeof bytes);
}

static void send_extensions(struct peer *p)
{
    struct peermsg_extensions ours = {
        .p2p_peers = PEERMSG_EXT_PEERS,
        .donthave = PEERMSG_EXT_DONTHAVE,
        .port = p->listen_port,
        .reqq = UPLOAD_QUEUE,
        .upload_only = bitfield_is_full(content_verified(p->content)),
        .p2p_origin = content_is_origin(p->content),
    };

    (void)snprintf(ours.client, sizeof ours.client, "%s", PACKAGE_STRING);
    if (p->extended) {
        peermsg_put_extension_handshake(&p->out, &ours);
        flush(p);
    }
}

/* Their 68 bytes are here. */
static void greet(struct peer *p)
{
    struct peermsg_handshake theirs;
    struct upload_setup setup = {.conn = p->conn,
                                 .port = p->port,
                                 .content = p->content,
                                 .hashes = p->hashes,
                                 .pool = p->pool,
                                 .now_ms = loop_now_ms(p->loop),
                                 .ops = &upload_calls,
                                 .arg = p};
    struct err e = {0};
    int rv = peermsg_read_handshake(p->hello, &theirs);

    if (rv < 0 ||
        memcmp(theirs.info_hash, p->m->hash, sizeof theirs.info_hash) != 0) {
        fail(p, P2P_EPROTO, "the handshake names another item");
        return;
    }
    memcpy(p->id, theirs.peer_id, sizeof p->id);
    p->fast = theirs.fast;
    p->extended = theirs.extended;
    rv = p->ops->on_handshake(p->arg, p, &e);
    if (rv < 0) {
        fail(p, rv, e.text);
        return;
    }
    if (p->state.now != PEER_GREETING) {
        return;
    }
    if (p->incoming) {
        send_handshake(p);
    }
    setup.fast = p->fast;
    p->upload = upload_new(&setup);
    p->reader = peermsg_reader_new(bitfield_wire_size(p->have), on_place, p);
    state_move(&p->state, PEER_ACTIVE);
    send_extensions(p);
    p->ops->on_active(p->arg, p);
}

/* TLS is up: who is it? */
static bool let_in(struct peer *p)
{
    struct cert *leaf = conn_peer_cert(p->conn);
    struct err e = {0};
    int rv = P2P_EACCES;

    (void)snprintf(p->address, sizeof p->address, "%s", conn_address(p->conn));
    if (leaf != NULL) {
        rv = p->ops->on_open(p->arg, p, leaf, conn_tlsctx(p->conn), &e);
    } else {
        (void)err_set(&e, rv, "no certificate");
    }
    cert_free(leaf);
    if (rv < 0) {
        fail(p, rv, e.text);
        return false;
    }
    return p->state.now == PEER_OPENING;
}

static void read_hello(struct peer *p)
{
    while (p->hello_size < sizeof p->hello) {
        ssize_t n = conn_read(p->conn, p->hello + p->hello_size,
                              sizeof p->hello - p->hello_size);

        if (n <= 0) {
            return;
        }
        p->hello_size += (size_t)n;
    }
    greet(p);
}

/* ---- Connection's calls ------------------------------------------------ */

static void on_open(void *arg)
{
    struct peer *p = arg;

    enter(p);
    if (let_in(p)) {
        p->since_ms = loop_now_ms(p->loop);
        state_move(&p->state, PEER_GREETING);
        send_handshake(p);
    }
    leave(p);
}

/* It asks, or lets us tell it, more than it reads. */
static void end_if_deaf(struct peer *p)
{
    if (p->state.now == PEER_ACTIVE && conn_queued(p->conn) > PEER_QUEUED) {
        fail(p, P2P_EFULL, "does not read what is due to it");
    }
}

static void read_messages(struct peer *p)
{
    size_t total = 0;
    int rv = take_messages(p); /* what came with the last one */

    while (rv == 0 && p->state.now == PEER_ACTIVE) {
        size_t room;
        uint8_t *at;
        ssize_t n;

        at = peermsg_reader_want(p->reader, &room);
        n = conn_read(p->conn, at, room);
        if (n <= 0) {
            break;
        }
        total += (size_t)n;
        peermsg_reader_got(p->reader, (size_t)n);
        rv = take_messages(p);
    }
    if (total > 0) {
        p->heard_ms = loop_now_ms(p->loop);
    }
    if (rv < 0) {
        fail(p, rv, "broke the protocol");
    } else {
        end_if_deaf(p);
    }
    if (p->state.now == PEER_ACTIVE) {
        upload_pump(p->upload);
        p->ops->on_turn(p->arg, p);
    }
}

static void on_readable(void *arg)
{
    struct peer *p = arg;

    enter(p);
    if (p->state.now == PEER_GREETING) {
        read_hello(p);
    }
    if (p->state.now == PEER_ACTIVE) {
        read_messages(p);
    }
    leave(p);
}

static void on_drained(void *arg)
{
    struct peer *p = arg;

    enter(p);
    if (p->state.now == PEER_ACTIVE) {
        upload_pump(p->upload);
    }
    leave(p);
}

static void on_close(void *arg, int code, const char *why)
{
    struct peer *p = arg;

    enter(p);
    fail(p, code, why);
    leave(p);
}

static const struct conn_ops conn_calls = {
    .on_open = on_open,
    .on_readable = on_readable,
    .on_drained = on_drained,
    .on_close = on_close,
};

/* ---- Making ------------------------------------------------------------ */

static struct peer *peer_new(const struct peer_setup *setup)
{
    struct peer *p = mem_calloc(1, sizeof *p);

    p->ops = setup->ops;
    p->arg = setup->arg;
    p->loop = setup->loop;
    p->port = setup->port;
    p->content = content_ref(setup->content);
    p->m = content_manifest(p->content);
    p->hashes = hashes_ref(setup->hashes);
    p->pool = setup->pool;
    p->listen_port = setup->listen_port;
    memcpy(p->own_id, setup->own_id, sizeof p->own_id);
    p->have = bitfield_new(p->m->piece_count);
    p->chokes_us = true;
    p->ext.reqq = 250; /* BEP 10 */
    p->since_ms = loop_now_ms(p->loop);
    p->heard_ms = p->since_ms;
    p->said_ms = p->since_ms;
    buf_init(&p->out, PEERMSG_BITFIELD_MAX + 64 * 1024);
    ratelimit_init(&p->lost_limit, PEER_LOST,
                   (double)p->m->piece_count + PEER_LOST, p->since_ms);
    ratelimit_init(&p->told_limit, PEERMSG_PEERS_PER_MINUTE / 60.0,
                   PEERMSG_PEERS_BURST, p->since_ms);
    state_init(&p->state, peer_rules, "peer", PEER_OPENING);
    return p;
}

struct peer *peer_new_outgoing(const struct peer_setup *setup, int fd,
                               struct tlsctx *tls)
{
    struct peer *p = peer_new(setup);
    char sni[2 * MANIFEST_ID + 1];
    struct conn_setup conn = {.loop = setup->loop,
                              .fd = fd,
                              .tls = tls,
                              .sni = sni,
                              .ops = &conn_calls,
                              .arg = p};

    hex_encode(p->m->hash, MANIFEST_ID, sni);
    p->conn = conn_new(&conn);
    return p;
}

struct peer *peer_new_incoming(const struct peer_setup *setup,
                               struct conn *parcel,
                               const uint8_t handshake[PEERMSG_HANDSHAKE])
{
    struct peer *p = peer_new(setup);

    p->incoming = true;
    memcpy(p->hello, handshake, sizeof p->hello);
    p->hello_size = sizeof p->hello;
    p->conn = parcel;
    conn_attach(parcel, p->loop, &conn_calls, p);
    return p;
}

void peer_admit(struct peer *p)
{
    enter(p);
    if (let_in(p)) {
        state_move(&p->state, PEER_GREETING);
        greet(p);
    }
    leave(p);
}

/* ---- Questions --------------------------------------------------------- */

void peer_set_data(struct peer *p, void *data)
{
    p->data = data;
}

void *peer_data(const struct peer *p)
{
    return p->data;
}

bool peer_is_active(const struct peer *p)
{
    return p->state.now == PEER_ACTIVE;
}

bool peer_is_incoming(const struct peer *p)
{
    return p->incoming;
}

const uint8_t *peer_id(const struct peer *p)
{
    return p->id;
}

const char *peer_address(const struct peer *p)
{
    return p->address;
}

const struct peermsg_extensions *peer_extensions(const struct peer *p)
{
    return &p->ext;
}

const struct bitfield *peer_have(const struct peer *p)
{
    return p->have;
}

bool peer_chokes_us(const struct peer *p)
{
    return p->chokes_us;
}

bool peer_wants_us(const struct peer *p)
{
    return p->wants_us;
}

bool peer_we_want(const struct peer *p)
{
    return p->we_want;
}

uint32_t peer_rtt_us(const struct peer *p)
{
    return p->conn != NULL ? conn_rtt_us(p->conn) : 0;
}

struct upload *peer_upload(const struct peer *p)
{
    return p->upload;
}

size_t peer_queued(const struct peer *p)
{
    return p->conn != NULL ? conn_queued(p->conn) : 0;
}

int64_t peer_heard_ms(const struct peer *p)
{
    return p->heard_ms;
}

bool peer_tick(struct peer *p, int64_t now_ms)
{
    bool is_open;

    enter(p);
    if (p->state.now != PEER_ACTIVE) {
        if (p->state.now == PEER_GREETING &&
            now_ms - p->since_ms > PEER_HANDSHAKE_MS) {
            fail(p, P2P_ETIMEDOUT, "no handshake came");
        }
    } else if (now_ms - p->heard_ms > PEER_IDLE_MS) {
        fail(p, P2P_ETIMEDOUT, "silent for too long");
    } else {
        if (now_ms - p->said_ms >= PEER_KEEPALIVE_MS) {
            peermsg_put_keepalive(&p->out);
            flush(p);
        }
        upload_tick(p->upload, now_ms);
        end_if_deaf(p);
    }
    is_open = p->state.now != PEER_CLOSED;
    leave(p);
    return is_open;
}
