#include "config.h"

#include "engine/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/announce.h"
#include "engine/content.h"
#include "engine/core.h"
#include "engine/filejob.h"
#include "engine/group.h"
#include "engine/item.h"
#include "engine/membership.h"
#include "engine/server.h"
#include "engine/storage.h"
#include "engine/swarm.h"
#include "net/conn.h"
#include "net/loop.h"
#include "util/bitfield.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/manifest.h"

struct waiting {
    STAILQ_ENTRY(waiting) link;
    uint64_t request;
};

struct transfer {
    struct core *core;
    char hex[2 * MANIFEST_HASH + 1];
    uint8_t hash[MANIFEST_HASH];
    struct item_record *record; /* its manifest is the content's */
    enum transfer_origin origin;
    struct content *content; /* NULL while opening */
    struct swarm *swarm;     /* loading, or serving those it had */
    bool is_served;          /* by the server thread */
    bool is_damaged;         /* complete once, but files have changed */
    enum transfer_state state;
    char *reason;
    struct filejob_verify *verify;
    uint64_t verify_done;
    uint64_t verify_request;
    unsigned jobs; /* callbacks that will still come */
    struct swarm_stats loaded, served;
    uint64_t spark_down[ROWS_SPARK], spark_up[ROWS_SPARK];
    int64_t spark_ms, told_ms;
    bool has_new_rates;
    STAILQ_HEAD(, waiting) waiters; /* commands answered when complete */
    bool is_removing, is_deleting, is_forgetting;
    uint64_t remove_request;
};

static void run(struct transfer *t);
static void fail(struct transfer *t, int code, const char *why);
static void serve(struct transfer *t);
static void start_verify(struct transfer *t);

/* ---- Small things ------------------------------------------------------ */

static void set_state(struct transfer *t, enum transfer_state state,
                      const char *reason)
{
    log_trace("transfer", "%s: %s -> %s", t->record->name,
              transfer_state_word(t->state), transfer_state_word(state));
    t->state = state;
    free(t->reason);
    t->reason = mem_strdup(reason);
    t->has_new_rates = true;
    core_stir(t->core);
}

static void reply_row(struct transfer *t, uint64_t request)
{
    struct rows rows;

    if (request == 0) {
        return;
    }
    rows_init(&rows, ROWS_TRANSFERS);
    transfer_fill_row(t, rows_add(&rows));
    core_reply_rows(t->core, request, &rows);
}

static void answer_waiters(struct transfer *t, int code, const char *why)
{
    struct waiting *w;

    while (!STAILQ_EMPTY(&t->waiters)) {
        w = STAILQ_FIRST(&t->waiters);
        STAILQ_REMOVE_HEAD(&t->waiters, link);
        if (code == 0) {
            reply_row(t, w->request);
        } else {
            core_reply(t->core, w->request, code, why);
        }
        free(w);
    }
}

static void remember(struct transfer *t)
{
    if (t->content != NULL) {
        filejob_remember(t->core->port, t->content, t->record);
    }
}

static void announce(struct transfer *t, const char *event)
{
    t->told_ms = loop_now_ms(t->core->loop);
    announce_item(t->core->announce, t->hash, event);
}

static struct membership *membership_of(struct transfer *t)
{
    struct group *g = group_find(t->core, t->record->group);

    return g != NULL ? group_membership(g) : NULL;
}

/* ---- The end of one ---------------------------------------------------- */

void transfer_drop(void *transfer)
{
    struct transfer *t = transfer;

    if (t->verify != NULL) {
        filejob_verify_cancel(t->verify);
    }
    answer_waiters(t, P2P_ECANCELED, _("stopped"));
    swarm_free(t->swarm);
    if (t->content != NULL) {
        t->record->manifest = NULL; /* goes with the content */
    }
    content_unref(t->content);
    item_record_free(t->record);
    free(t->reason);
    free(t);
}

/* Out of the list and released; nothing may be under way. */
static void forget(struct transfer *t)
{
    map_remove(t->core->transfers, t->hash, MANIFEST_HASH);
    transfer_drop(t);
}

static void on_forgotten(void *arg, int code, const char *why)
{
    struct transfer *t = arg;

    t->jobs--;
    core_reply(t->core, t->remove_request, code, why);
    forget(t);
}

/* Go on with a removal once nothing uses the item. */
static void try_remove(struct transfer *t)
{
    if (!t->is_removing || t->is_forgetting || t->swarm != NULL ||
        t->jobs > 0) {
        return;
    }
    t->is_forgetting = true;
    if (t->content == NULL) {
        core_reply(t->core, t->remove_request, 0, NULL);
        forget(t);
        return;
    }
    t->jobs++;
    filejob_forget(t->core->port, t->content, t->is_deleting, on_forgotten, t);
}

static void withdraw(struct transfer *t)
{
    server_withdraw(t->core->server, t->hash);
    announce_leave(t->core->announce, t->hash);
    t->is_served = false;
    memset(&t->served, 0, sizeof t->served);
}

static void on_swarm_stopped(void *arg)
{
    struct transfer *t = arg;

    swarm_free(t->swarm);
    t->swarm = NULL;
    t->loaded.rate_down = 0;
    t->loaded.rate_up = 0;
    t->loaded.peers = 0;
    t->has_new_rates = true;
    try_remove(t);
}

/* ---- Loading ----------------------------------------------------------- */

static void on_piece(void *arg, uint32_t piece)
{
    struct transfer *t = arg;

    (void)piece;
    core_stir(t->core);
    if (loop_now_ms(t->core->loop) - t->told_ms >= ANNOUNCE_HAVE_MS) {
        announce(t, NULL);
    }
}

static void on_stamped(void *arg, int code, const char *why,
                       struct storage_stamp *stamps)
{
    struct transfer *t = arg;

    t->jobs--;
    if (code == 0) {
        free(t->record->stamps);
        t->record->stamps = stamps;
    } else {
        log_warn("transfer", "%s: %s", t->record->name, why);
    }
    if (t->is_removing) {
        try_remove(t);
        return;
    }
    serve(t);
    answer_waiters(t, 0, NULL);
}

static void on_complete(void *arg)
{
    struct transfer *t = arg;

    t->record->complete = true;
    core_notice(t->core, NOTICE_DONE, t->record->group, t->record->name,
                _("%s is verified and shared with %s"), t->record->name,
                t->record->group);
    t->jobs++;
    filejob_stamp(t->core->port, t->content, t->record, true, on_stamped, t);
}

static void on_parked(void *arg, int code, const char *why)
{
    struct transfer *t = arg;

    if (code == 0) {
        set_state(t, TRANSFER_LOADING, NULL);
        core_notice(t->core, NOTICE_INFO, t->record->group, t->record->name,
                    _("%s goes on"), t->record->name);
        return;
    }
    set_state(t, code == P2P_ENOSPC ? TRANSFER_WAITING : TRANSFER_FAILED, why);
    core_notice(t->core, NOTICE_ERROR, t->record->group, t->record->name,
                "%s: %s", t->record->name, why);
    if (code != P2P_ENOSPC) {
        answer_waiters(t, code, why);
    }
}

static void on_banned(void *arg, const char *user, const char *address,
                      uint32_t piece)
{
    struct transfer *t = arg;

    core_notice(t->core, NOTICE_WARNING, t->record->group, t->record->name,
                _("%s (%s) sent bad data for piece %u of %s and is banned; "
                  "the piece is asked for again elsewhere"),
                user, address, (unsigned)piece, t->record->name);
}

static void on_swarm_hungry(void *arg)
{
    struct transfer *t = arg;

    announce_hungry(t->core->announce, t->hash);
}

static const struct swarm_ops transfer_swarm_ops = {
    .on_piece = on_piece,
    .on_complete = on_complete,
    .on_parked = on_parked,
    .on_banned = on_banned,
    .on_hungry = on_swarm_hungry,
    .on_stopped = on_swarm_stopped,
};

static void load(struct transfer *t)
{
    struct swarm_setup setup = {
        .loop = t->core->loop,
        .port = t->core->port,
        .content = t->content,
        .membership = membership_of(t),
        .load = true,
        .listen_port = server_port(t->core->server),
        .peer_id = t->core->peer_id,
        .ops = &transfer_swarm_ops,
        .arg = t,
    };

    if (t->swarm == NULL) {
        t->swarm = swarm_new(&setup);
    }
    if (t->record->wish != ITEM_RUN) {
        swarm_set_paused(t->swarm, true);
        set_state(t, TRANSFER_PAUSED, NULL);
        return;
    }
    server_expect(t->core->server, t->hash, setup.membership);
    set_state(t, TRANSFER_LOADING, NULL);
    announce(t, "started");
}

/* ---- Serving ----------------------------------------------------------- */

static void describe_damage(struct transfer *t, char *out, size_t size)
{
    const struct bitfield *have = content_verified(t->content);

    snprintf(out, size,
             _("the file changed on disk: %u of %u pieces still fit and are "
               "offered"),
             (unsigned)bitfield_count(have), (unsigned)bitfield_size(have));
}

static void serve(struct transfer *t)
{
    char text[ERR_TEXT_MAX];

    if (t->record->wish != ITEM_RUN) {
        set_state(t, TRANSFER_STOPPED, NULL);
        return;
    }
    server_serve(t->core->server, t->content, membership_of(t));
    t->is_served = true;
    if (t->is_damaged) {
        describe_damage(t, text, sizeof text);
        set_state(t, TRANSFER_SHARING, text);
    } else {
        set_state(t, TRANSFER_SHARING, NULL);
    }
    announce(t, t->is_damaged ? "started" : "completed");
}

/* ---- Starting ---------------------------------------------------------- */

static void on_group_ready(void *arg, int code, const char *text,
                           struct group *g)
{
    struct transfer *t = arg;

    (void)g;
    t->jobs--;
    if (t->is_removing) {
        try_remove(t);
        return;
    }
    if (code != 0) {
        set_state(t, TRANSFER_WAITING, text);
        if (code == P2P_EACCES || code == P2P_ENOENT) {
            answer_waiters(t, code, text);
        }
        return;
    }
    if (t->record->complete) {
        serve(t);
        answer_waiters(t, 0, NULL);
    } else {
        load(t);
    }
}

/* Everything is open: run what the user wished for. */
static void run(struct transfer *t)
{
    if (t->content == NULL || t->is_removing || t->core->is_stopping ||
        t->verify != NULL || t->state == TRANSFER_FAILED) {
        return;
    }
    if (t->record->complete && t->record->wish != ITEM_RUN) {
        set_state(t, TRANSFER_STOPPED, NULL);
        return;
    }
    t->jobs++;
    group_need(t->core, t->record->group, on_group_ready, t);
}

/* Opening failed: a new item is not here, a remembered one needs the user. */
static void fail(struct transfer *t, int code, const char *why)
{
    if (t->origin == TRANSFER_ORIGIN_DISK) {
        set_state(t, TRANSFER_FAILED, why);
        core_notice(t->core, NOTICE_ERROR, t->record->group, t->record->name,
                    "%s: %s", t->record->name, why);
        try_remove(t);
        return;
    }
    answer_waiters(t, code, why);
    forget(t);
}

static void on_opened(void *arg, const struct filejob_opened *result)
{
    struct transfer *t = arg;
    struct content_setup setup = {
        .manifest = t->record->manifest,
        .storage = result->storage,
        .state_dir = t->core->state_dir,
        .group = t->record->group,
    };

    t->jobs--;
    if (result->err.code != 0) {
        fail(t, result->err.code, result->err.text);
        return;
    }
    setup.verified = bitfield_new(t->record->manifest->piece_count);
    if (t->record->complete) {
        bitfield_set_all(setup.verified);
    }
    t->content = content_new(&setup);
    if (t->is_removing) {
        try_remove(t);
    } else if (result->has_changed && t->record->manifest->piece_count > 0) {
        start_verify(t);
    } else {
        run(t);
    }
}

void transfer_adopt(struct core *c, struct item_record *r,
                    enum transfer_origin origin, const char *leaves_path,
                    uint64_t request)
{
    static const enum filejob_origin origins[] = {
        [TRANSFER_ORIGIN_DISK] = FILEJOB_DISK,
        [TRANSFER_ORIGIN_SHARE] = FILEJOB_SHARE,
        [TRANSFER_ORIGIN_DOWNLOAD] = FILEJOB_DOWNLOAD,
    };
    struct transfer *t = mem_calloc(1, sizeof *t);

    t->core = c;
    t->record = r;
    t->origin = origin;
    memcpy(t->hash, r->manifest->hash, MANIFEST_HASH);
    hex_encode(t->hash, MANIFEST_HASH, t->hex);
    STAILQ_INIT(&t->waiters);
    t->state = TRANSFER_QUEUED;
    map_put(c->transfers, t->hash, MANIFEST_HASH, t);
    if (request != 0) {
        transfer_wait(t, request);
    }
    t->jobs++;
    filejob_open(c->port, c->state_dir, r, origins[origin], leaves_path,
                 on_opened, t);
}

/* ---- Verifying --------------------------------------------------------- */

static void on_verify_progress(void *arg, uint64_t done)
{
    struct transfer *t = arg;

    t->verify_done = done;
    t->has_new_rates = true;
    core_stir(t->core);
}

static void report_verified(struct transfer *t, uint32_t bad)
{
    if (bad == 0) {
        core_notice(t->core, NOTICE_DONE, t->record->group, t->record->name,
                    _("%s is verified: every piece fits"), t->record->name);
        reply_row(t, t->verify_request);
    } else {
        core_notice(t->core, NOTICE_WARNING, t->record->group, t->record->name,
                    _("%s: %u pieces on disk no longer fit and are not "
                      "offered"),
                    t->record->name, (unsigned)bad);
        core_reply(t->core, t->verify_request, P2P_EVERIFY,
                   _("some pieces on disk no longer fit"));
    }
    t->verify_request = 0;
}

static void on_verified(void *arg, int code, const char *why,
                        struct bitfield *good)
{
    struct transfer *t = arg;
    struct bitfield *have = content_verified(t->content);
    uint32_t bad = bitfield_size(good) - bitfield_count(good);

    (void)code;
    (void)why;
    t->verify = NULL;
    bitfield_copy(have, good);
    bitfield_free(good);
    t->is_damaged = bad > 0;
    report_verified(t, bad);
    set_state(t, TRANSFER_QUEUED, NULL);
    if (t->is_removing) {
        try_remove(t);
    } else if (bad == 0) {
        t->jobs++;
        filejob_stamp(t->core->port, t->content, t->record, true, on_stamped,
                      t);
    } else {
        run(t);
    }
}

static const struct filejob_verify_ops transfer_verify_ops = {
    .on_progress = on_verify_progress,
    .on_done = on_verified,
};

static void start_verify(struct transfer *t)
{
    if (t->is_served) {
        withdraw(t);
    }
    t->verify_done = 0;
    set_state(t, TRANSFER_CHECKING, NULL);
    t->verify = filejob_verify_start(t->core->port, t->content,
                                     &transfer_verify_ops, t);
}

void transfer_verify(struct transfer *t, uint64_t request)
{
    if (!t->record->complete || t->content == NULL || t->verify != NULL ||
        t->jobs > 0) {
        core_reply(t->core, request, P2P_EBUSY,
                   _("it is not complete; loading verifies every piece"));
        return;
    }
    if (content_manifest(t->content)->piece_count == 0) {
        reply_row(t, request);
        return;
    }
    t->verify_request = request;
    start_verify(t);
}

/* The new stamps allow reading again; the verification sorts out what is not
 * what it was. The record keeps the old ones until everything fits. */
static void on_restamped(void *arg, int code, const char *why,
                         struct storage_stamp *stamps)
{
    struct transfer *t = arg;

    free(stamps);
    t->jobs--;
    if (t->is_removing) {
        try_remove(t);
    } else if (code == 0) {
        start_verify(t);
    } else {
        set_state(t, TRANSFER_FAILED, why);
    }
}

void transfer_changed_on_disk(struct core *c, const uint8_t hash[32],
                              const char *why)
{
    struct transfer *t = transfer_find_hash(c, hash);

    if (t == NULL || t->verify != NULL || !t->record->complete ||
        t->is_removing) {
        return;
    }
    core_notice(c, NOTICE_WARNING, t->record->group, t->record->name,
                _("%s: %s; checking which pieces still fit"), t->record->name,
                why);
    withdraw(t);
    t->jobs++;
    filejob_stamp(c->port, t->content, t->record, false, on_restamped, t);
}

/* ---- What the user asks ------------------------------------------------ */

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

void transfer_wait(struct transfer *t, uint64_t request)
{
    struct waiting *w = mem_calloc(1, sizeof *w);

    w->request = request;
    STAILQ_INSERT_TAIL(&t->waiters, w, link);
    if (t->record->complete && t->is_served) {
        answer_waiters(t, 0, NULL);
    } else if (t->record->wish != ITEM_RUN) {
        transfer_resume(t, 0);
    }
}

bool transfer_cancel_wait(struct core *c, uint64_t request)
{
    struct transfer *t;
    struct waiting *w;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        STAILQ_FOREACH(w, &t->waiters, link)
        {
            if (w->request == request) {
                STAILQ_REMOVE(&t->waiters, w, waiting, link);
                free(w);
                core_reply(c, request, P2P_ECANCELED, _("canceled"));
                return true;
            }
        }
    }
    return false;
}

/* While files are opened the record belongs to the worker. */
static bool refuse_busy(struct transfer *t, uint64_t request)
{
    if (t->content != NULL && t->verify == NULL) {
        return false;
    }
    if (t->content == NULL && t->state == TRANSFER_FAILED) {
        core_reply(t->core, request, P2P_EIO, t->reason);
        return true;
    }
    core_reply(t->core, request, P2P_EBUSY,
               _("its files are being looked at; try again in a moment"));
    return true;
}

void transfer_pause(struct transfer *t, uint64_t request)
{
    if (refuse_busy(t, request)) {
        return;
    }
    if (t->record->complete) {
        transfer_stop(t, request);
        return;
    }
    t->record->wish = ITEM_PAUSED;
    remember(t);
    if (t->swarm != NULL) {
        swarm_set_paused(t->swarm, true);
    }
    withdraw(t);
    set_state(t, TRANSFER_PAUSED, NULL);
    reply_row(t, request);
}

void transfer_resume(struct transfer *t, uint64_t request)
{
    if (refuse_busy(t, request)) {
        return;
    }
    t->record->wish = ITEM_RUN;
    remember(t);
    if (t->state == TRANSFER_FAILED || t->state == TRANSFER_WAITING) {
        set_state(t, TRANSFER_QUEUED, NULL);
        if (t->swarm != NULL) {
            swarm_retry(t->swarm);
        }
    }
    if (t->swarm != NULL) {
        swarm_set_paused(t->swarm, false);
    }
    if (!t->is_served) {
        run(t);
    }
    reply_row(t, request);
}

void transfer_stop(struct transfer *t, uint64_t request)
{
    if (refuse_busy(t, request)) {
        return;
    }
    if (!t->record->complete) {
        transfer_pause(t, request);
        return;
    }
    t->record->wish = ITEM_STOPPED;
    remember(t);
    withdraw(t);
    if (t->swarm != NULL) {
        swarm_stop(t->swarm);
    }
    set_state(t, TRANSFER_STOPPED, NULL);
    reply_row(t, request);
}

void transfer_remove(struct transfer *t, bool delete_data, uint64_t request)
{
    if (t->is_removing) {
        core_reply(t->core, request, P2P_EBUSY, _("it is being removed"));
        return;
    }
    t->is_removing = true;
    t->is_deleting = delete_data;
    t->remove_request = request;
    withdraw(t);
    group_forget_waiter(t->core, t);
    answer_waiters(t, P2P_ECANCELED, _("it was removed"));
    if (t->verify != NULL) {
        filejob_verify_cancel(t->verify);
        t->verify = NULL;
    }
    set_state(t, TRANSFER_STOPPED, NULL);
    if (t->swarm != NULL) {
        swarm_stop(t->swarm);
    }
    try_remove(t);
}

/* ---- What the tracker and the server tell ------------------------------- */

void transfer_set_membership(struct core *c, struct membership *m)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (t->swarm != NULL &&
            strcmp(t->record->group, membership_group(m)) == 0) {
            swarm_set_membership(t->swarm, m);
        }
    }
}

void transfer_incoming(struct core *c, const uint8_t hash[32],
                       struct conn *parcel, const uint8_t handshake[68])
{
    struct transfer *t = transfer_find_hash(c, hash);

    if (t == NULL || t->swarm == NULL || t->is_removing) {
        conn_free(parcel);
        return;
    }
    swarm_add_incoming(t->swarm, parcel, handshake);
    core_stir(c);
}

void transfer_unpublished(struct core *c, const uint8_t hash[32],
                          const char *by)
{
    struct transfer *t = transfer_find_hash(c, hash);

    if (t == NULL || t->is_removing) {
        return;
    }
    core_notice(c, NOTICE_INFO, t->record->group, t->record->name,
                _("%s was withdrawn from %s by %s; your copy stays on disk"),
                t->record->name, t->record->group, by);
    transfer_remove(t, false, 0);
}

void transfer_leave_group(struct core *c, const char *group)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (strcmp(t->record->group, group) == 0 && !t->is_removing) {
            withdraw(t);
            if (t->swarm != NULL) {
                swarm_stop(t->swarm);
            }
            set_state(t, TRANSFER_STOPPED, _("you are not in its group"));
        }
    }
}

void transfer_resume_all(struct core *c)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (t->is_removing || t->content == NULL) {
            continue;
        }
        if (transfer_is_announced(t)) {
            announce(t, NULL);
        } else if (t->jobs == 0 && t->swarm == NULL) {
            run(t);
        }
    }
}

void transfer_add_peer(struct transfer *t, const char *address,
                       const char *user_id)
{
    if (t->swarm != NULL && !t->record->complete && !t->is_removing) {
        swarm_add_address(t->swarm, address, user_id);
    }
}

void transfer_drop_peer(struct transfer *t, const char *address)
{
    if (t->swarm != NULL) {
        swarm_drop_address(t->swarm, address);
    }
}

/* ---- Ending ------------------------------------------------------------ */

void transfer_shut_down_all(struct core *c)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (t->verify != NULL) {
            filejob_verify_cancel(t->verify);
            t->verify = NULL;
        }
        answer_waiters(t, P2P_ECANCELED,
                       _("stopped; it goes on at the next "
                         "start"));
        if (t->swarm != NULL) {
            swarm_stop(t->swarm);
        }
    }
}

bool transfer_all_are_shut(struct core *c)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (t->swarm != NULL) {
            return false;
        }
    }
    return true;
}

/* ---- Numbers ----------------------------------------------------------- */

static void shift_sparks(struct transfer *t, int64_t now)
{
    while (t->spark_ms + 1000 <= now) {
        memmove(t->spark_down, t->spark_down + 1,
                (ROWS_SPARK - 1) * sizeof t->spark_down[0]);
        memmove(t->spark_up, t->spark_up + 1,
                (ROWS_SPARK - 1) * sizeof t->spark_up[0]);
        t->spark_down[ROWS_SPARK - 1] = t->loaded.rate_down;
        t->spark_up[ROWS_SPARK - 1] = t->loaded.rate_up + t->served.rate_up;
        if (now - t->spark_ms > 1000 * ROWS_SPARK) {
            t->spark_ms = now - 1000 * ROWS_SPARK;
        }
        t->spark_ms += 1000;
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
        t->loaded.peers == 0) {
        swarm_stop(t->swarm);
    }
}

static bool tick(struct transfer *t, int64_t now)
{
    struct waiting *w;
    bool moves;

    if (t->swarm != NULL) {
        swarm_get_stats(t->swarm, &t->loaded);
        retire_swarm(t);
    }
    shift_sparks(t, now);
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
    return moves;
}

bool transfer_tick_all(struct core *c, const struct server_item_stats *served,
                       size_t count)
{
    int64_t now = loop_now_ms(c->loop);
    struct transfer *t;
    size_t cursor = 0, i;
    bool moves = false;

    c->rate_down = 0;
    c->rate_up = 0;
    for (i = 0; i < count; i++) {
        t = transfer_find_hash(c, served[i].hash);
        if (t != NULL && t->is_served) {
            t->served = *served[i].stats;
        }
    }
    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (tick(t, now)) {
            moves = true;
        }
    }
    return moves;
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

bool transfer_is_complete(const struct transfer *t)
{
    return t->record->complete && !t->is_damaged;
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
        return _("the disk is full; it goes on when there is space");
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
    row->rate_down = t->loaded.rate_down;
    row->rate_up = t->loaded.rate_up + t->served.rate_up;
    row->total_down = t->loaded.total_down;
    row->total_up = t->loaded.total_up + t->served.total_up;
    memcpy(row->spark_down, t->spark_down, sizeof row->spark_down);
    memcpy(row->spark_up, t->spark_up, sizeof row->spark_up);
    row->eta = eta_of(t);
    row->peers = t->loaded.peers + t->served.peers;
    row->seeders = t->loaded.seeders;
    row->bad_blocks = t->loaded.bad_blocks;
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
}
