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
#include "engine/internal.h"
#include "engine/item.h"
#include "engine/membership.h"
#include "engine/server.h"
#include "engine/storage.h"
#include "engine/swarm.h"
#include "engine/transferview.h"
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

static void run(struct transfer *t);
static void fail(struct transfer *t, int code, const char *why);
static void serve(struct transfer *t);
static void suspend(struct transfer *t);
static void start_verify(struct transfer *t);
static void recheck(struct transfer *t);

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

/* Cancel what was postponed: the item goes away, or could not be opened. */
static void refuse_postponed(struct transfer *t, int code, const char *why)
{
    struct postponed *p;

    while (!STAILQ_EMPTY(&t->postponed)) {
        p = STAILQ_FIRST(&t->postponed);
        STAILQ_REMOVE_HEAD(&t->postponed, link);
        core_reply(t->core, p->request, code, why);
        free(p);
    }
}

static void do_postponed(struct transfer *t)
{
    struct postponed *p;

    while (!STAILQ_EMPTY(&t->postponed) && !t->is_removing) {
        p = STAILQ_FIRST(&t->postponed);
        STAILQ_REMOVE_HEAD(&t->postponed, link);
        p->act(t, p->request);
        free(p);
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

/* Stop hashing; who asked for it is told why. */
static void end_verify(struct transfer *t, const char *why)
{
    if (t->verify != NULL) {
        filejob_verify_cancel(t->verify);
        t->verify = NULL;
    }
    core_reply(t->core, t->verify_request, P2P_ECANCELED, why);
    t->verify_request = 0;
}

static void forget_group_wait(struct transfer *t)
{
    if (t->waits_for_group) {
        group_forget_waiter(t->core, t);
        t->waits_for_group = false;
        t->jobs--;
    }
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

    end_verify(t, _("stopped"));
    answer_waiters(t, P2P_ECANCELED, _("stopped"));
    refuse_postponed(t, P2P_ECANCELED, _("stopped"));
    swarm_free(t->swarm);
    if (t->content != NULL) {
        t->record->manifest = NULL; /* goes with the content */
    }
    content_unref(t->content);
    item_record_free(t->record);
    bitfield_free(t->known);
    free(t->reason);
    free(t);
}

/* Out of the list and released; nothing may be under way. */
static void forget(struct transfer *t)
{
    forget_group_wait(t);
    map_remove(t->core->transfers, t->hash, MANIFEST_HASH);
    transfer_drop(t);
}

static void on_forgotten(void *arg, int code, const char *why)
{
    struct transfer *t = arg;

    t->jobs--;
    core_reply(t->core, t->remove_request, code, why);
    if (code == 0) {
        forget(t);
        return;
    }
    /* It is still on the disk, so it stays in the list. */
    t->is_removing = false;
    t->is_forgetting = false;
    t->remove_request = 0;
    core_notice(t->core, NOTICE_ERROR, t->record->group, t->record->name,
                "%s: %s", t->record->name, why);
    set_state(t, TRANSFER_FAILED, why);
}

/* Go on with a removal once nothing uses the item. */
static void try_remove(struct transfer *t)
{
    struct err e = {0};

    if (!t->is_removing || t->is_forgetting || t->swarm != NULL ||
        t->jobs > 0) {
        return;
    }
    t->is_forgetting = true;
    if (t->content == NULL) { /* its files could not be opened */
        e.code = item_forget(t->core->state_dir, t->hash, &e);
        core_reply(t->core, t->remove_request, e.code, e.text);
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
    t->given_before += t->served.total_up;
    memset(&t->served, 0, sizeof t->served);
}

static void on_swarm_stopped(void *arg)
{
    struct transfer *t = arg;

    swarm_get_stats(t->swarm, &t->loaded);
    swarm_free(t->swarm);
    t->swarm = NULL;
    t->swarm_is_ending = false;
    t->loaded.rate_down = 0;
    t->loaded.rate_up = 0;
    t->loaded.peers = 0;
    t->has_new_rates = true;
    if (t->runs_again && !t->is_removing) {
        t->runs_again = false;
        run(t);
    }
    t->core->on_ended(t->core);
    try_remove(t);
}

static void end_swarm(struct transfer *t)
{
    if (t->swarm != NULL) {
        t->swarm_is_ending = true;
        t->runs_again = false;
        swarm_stop(t->swarm);
    }
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
    run(t);
    /* It is all there, whether or not it can be served just now. */
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
    char *text;

    if (code == 0) {
        set_state(t, TRANSFER_LOADING, NULL);
        core_notice(t->core, NOTICE_INFO, t->record->group, t->record->name,
                    _("%s goes on"), t->record->name);
        return;
    }
    text = transfer_parked_text(code, why);
    set_state(t, code == P2P_ENOSPC ? TRANSFER_WAITING : TRANSFER_FAILED, text);
    core_notice(t->core, NOTICE_ERROR, t->record->group, t->record->name,
                "%s: %s", t->record->name, text);
    free(text);
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

/* The swarm of a download that ended serves on for those it had. */
static void on_unreadable(void *arg, int code, const char *why)
{
    struct transfer *t = arg;

    (void)code;
    transfer_changed_on_disk(t->core, t->hash, why);
}

static const struct swarm_ops transfer_swarm_ops = {
    .on_unreadable = on_unreadable,
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
        transfer_describe_damage(t, text, sizeof text);
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
    t->waits_for_group = false;
    if (t->is_removing) {
        try_remove(t);
        return;
    }
    if (t->core->is_stopping || t->is_rechecking) {
        return; /* after a verification it runs again */
    }
    if (code != 0) {
        set_state(t, TRANSFER_WAITING, text);
        /* It goes on by itself once it can, but nobody should wait for what
         * may never come. A download that is complete is what was asked for. */
        if (t->record->complete && t->origin != FILEJOB_SHARE) {
            answer_waiters(t, 0, NULL);
        } else {
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
        t->is_rechecking || t->state == TRANSFER_FAILED) {
        return;
    }
    if (t->needs_check) { /* it failed last time */
        recheck(t);
        return;
    }
    if (t->swarm_is_ending && !t->record->complete) {
        t->runs_again = true; /* one item has one swarm at a time */
        return;
    }
    if (t->record->complete && t->record->wish != ITEM_RUN) {
        set_state(t, TRANSFER_STOPPED, NULL);
        return;
    }
    if (t->waits_for_group) {
        return;
    }
    t->jobs++;
    t->waits_for_group = true;
    group_need(t->core, t->record->group, on_group_ready, t);
}

/* Opening failed: a new item is not here, a remembered one needs the user. */
static void fail(struct transfer *t, int code, const char *why)
{
    answer_waiters(t, code, why);
    if (t->origin == FILEJOB_DISK) {
        set_state(t, TRANSFER_FAILED, why);
        if (!t->is_origin) {
            core_notice(t->core, NOTICE_ERROR, t->record->group,
                        t->record->name, "%s: %s", t->record->name, why);
        }
        do_postponed(t);
        try_remove(t);
        return;
    }
    if (t->is_removing) { /* what could not be made is removed already */
        core_reply(t->core, t->remove_request, 0, NULL);
    }
    refuse_postponed(t, code, why);
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
    setup.verified = result->verified;
    t->content = content_new(&setup);
    content_set_origin(t->content, t->is_origin);
    if (t->is_removing) {
        try_remove(t);
        return;
    }
    if (!STAILQ_EMPTY(&t->waiters)) { /* somebody wants it now */
        t->record->wish = ITEM_RUN;
        remember(t);
    }
    if (result->has_changed && t->record->manifest->piece_count > 0) {
        suspend(t);
        start_verify(t);
    } else {
        run(t);
    }
    do_postponed(t);
}

void transfer_adopt(struct core *c, struct item_record *r,
                    enum filejob_origin origin, const char *leaves_path,
                    uint64_t request)
{
    struct transfer *t = mem_calloc(1, sizeof *t);

    t->core = c;
    t->record = r;
    t->origin = origin;
    memcpy(t->hash, r->manifest->hash, MANIFEST_HASH);
    hex_encode(t->hash, MANIFEST_HASH, t->hex);
    STAILQ_INIT(&t->waiters);
    STAILQ_INIT(&t->postponed);
    t->state = TRANSFER_QUEUED;
    map_put(c->transfers, t->hash, MANIFEST_HASH, t);
    if (request != 0) {
        transfer_wait(t, request);
    }
    t->jobs++;
    filejob_open(c->port, c->state_dir, r, origin, leaves_path, on_opened, t);
}

/* While files are opened the record belongs to the worker: what is asked now
 * is done afterwards. True when `act` is not to go on. */
static bool refuse_busy(struct transfer *t, uint64_t request,
                        void (*act)(struct transfer *t, uint64_t request))
{
    struct postponed *p;

    if (t->is_removing) {
        core_reply(t->core, request, P2P_EBUSY, _("it is being removed"));
    } else if (t->content == NULL && t->state == TRANSFER_FAILED) {
        core_reply(t->core, request, P2P_EIO, t->reason);
    } else if (t->content == NULL) {
        p = mem_calloc(1, sizeof *p);
        p->act = act;
        p->request = request;
        STAILQ_INSERT_TAIL(&t->postponed, p, link);
    } else if (t->is_rechecking) {
        core_reply(t->core, request, P2P_EBUSY,
                   _("its files are being checked; try again after that"));
    } else {
        return false;
    }
    return true;
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
    transfer_tell_verified(t, bad);
    if (bad == 0) {
        reply_row(t, t->verify_request);
    } else {
        core_reply(t->core, t->verify_request, P2P_EVERIFY,
                   _("some pieces on disk no longer fit; put the file back, "
                     "share it anew, or 'remove' it and download it"));
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
    t->is_rechecking = false;
    t->needs_check = false;
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
        answer_waiters(t, P2P_EVERIFY, transfer_damage_help());
        run(t);
    }
}

static const struct filejob_verify_ops transfer_verify_ops = {
    .on_progress = on_verify_progress,
    .on_done = on_verified,
};

static void start_verify(struct transfer *t)
{
    t->verify_done = 0;
    t->verify = filejob_verify_start(t->core->port, t->content, t->known,
                                     &transfer_verify_ops, t);
}

/* Files that are as they were are not hashed again, so that what is intact is
 * soon offered again; unless nothing else explains what was found. */
static void take_stamps(struct transfer *t, const struct storage_stamp *stamps)
{
    struct storage *s = content_storage(t->content);
    struct storage_stamp *before = storage_expected(s);

    if (!storage_keep_unchanged(t->record->manifest, before, stamps,
                                t->known)) {
        bitfield_clear_all(t->known);
    }
    storage_expect(s, stamps);
    free(before);
}

/* The new stamps allow reading again; the verification sorts out what is not
 * what it was. The record keeps the old ones until everything fits. */
static void on_restamped(void *arg, int code, const char *why,
                         struct storage_stamp *stamps)
{
    struct transfer *t = arg;

    t->jobs--;
    if (t->is_removing || t->core->is_stopping) {
        try_remove(t);
    } else if (code != 0) {
        t->is_rechecking = false;
        set_state(t, TRANSFER_FAILED, why);
        core_reply(t->core, t->verify_request, code, why);
        t->verify_request = 0;
        answer_waiters(t, code, why);
    } else {
        take_stamps(t, stamps);
        start_verify(t);
    }
    free(stamps);
}

/* The files may not be what they were: nothing is offered until what may have
 * changed is hashed. */
static void suspend(struct transfer *t)
{
    struct bitfield *have = content_verified(t->content);

    bitfield_free(t->known);
    t->known = bitfield_new(bitfield_size(have));
    if (t->verify_request == 0) { /* who asks for it wants all to be hashed */
        bitfield_copy(t->known, have);
    }
    bitfield_clear_all(have);
    t->needs_check = true;
    t->is_rechecking = true;
    if (t->is_served) {
        withdraw(t);
    }
    end_swarm(t);
    set_state(t, TRANSFER_CHECKING, NULL);
}

/* Only what looks as expected can be read, so first they are looked at anew; a
 * block must not slip out meanwhile, so the bits go before that. */
static void recheck(struct transfer *t)
{
    suspend(t);
    t->jobs++;
    filejob_stamp(t->core->port, t->content, t->record, false, on_restamped, t);
}

void transfer_restamp(struct transfer *t)
{
    if (t->content != NULL && !t->is_rechecking && !t->is_removing) {
        t->jobs++;
        filejob_stamp(t->core->port, t->content, t->record, true, on_stamped,
                      t);
    }
}

void transfer_set_origin(struct transfer *t, bool is_origin)
{
    t->is_origin = is_origin;
    if (t->content != NULL) {
        content_set_origin(t->content, is_origin);
    }
}

void transfer_verify(struct transfer *t, uint64_t request)
{
    if (t->is_rechecking && t->verify_request == 0 && !t->is_removing &&
        bitfield_count(t->known) == 0) {
        t->verify_request = request; /* it began by itself, with everything */
        return;
    }
    if (refuse_busy(t, request, transfer_verify)) {
        return;
    }
    if (!t->record->complete) {
        core_reply(t->core, request, P2P_EBUSY,
                   _("it is not complete; loading verifies every piece"));
        return;
    }
    if (content_manifest(t->content)->piece_count == 0) {
        reply_row(t, request);
        return;
    }
    t->verify_request = request;
    recheck(t);
}

void transfer_changed_on_disk(struct core *c, const uint8_t hash[32],
                              const char *why)
{
    struct transfer *t = transfer_find_hash(c, hash);

    if (t == NULL || t->is_rechecking || !t->record->complete ||
        t->is_removing) {
        return;
    }
    if (!t->is_origin) {
        core_notice(c, NOTICE_WARNING, t->record->group, t->record->name,
                    _("%s: %s; checking which pieces still fit"),
                    t->record->name, why);
    }
    recheck(t);
}

/* ---- What the user asks ------------------------------------------------ */

void transfer_wait(struct transfer *t, uint64_t request)
{
    struct waiting *w;

    if (t->is_removing) {
        core_reply(t->core, request, P2P_EBUSY,
                   _("it is being removed; try again in a moment"));
        return;
    }
    if (t->is_damaged && !t->is_rechecking) {
        core_reply(t->core, request, P2P_EVERIFY, transfer_damage_help());
        return;
    }
    w = mem_calloc(1, sizeof *w);
    w->request = request;
    STAILQ_INSERT_TAIL(&t->waiters, w, link);
    if (t->record->complete && t->is_served) {
        answer_waiters(t, 0, NULL);
    } else if (t->record->wish != ITEM_RUN || t->state == TRANSFER_FAILED ||
               t->state == TRANSFER_WAITING) {
        transfer_resume(t, 0);
    } else if (t->state == TRANSFER_STOPPED && t->jobs == 0) {
        run(t); /* its group was left; perhaps it is ours again */
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

void transfer_pause(struct transfer *t, uint64_t request)
{
    if (refuse_busy(t, request, transfer_pause)) {
        return;
    }
    if (t->record->complete) {
        transfer_stop(t, request);
        return;
    }
    t->record->wish = ITEM_PAUSED;
    remember(t);
    t->runs_again = false;
    if (t->swarm != NULL && !t->swarm_is_ending) {
        swarm_set_paused(t->swarm, true);
    }
    withdraw(t);
    set_state(t, TRANSFER_PAUSED, NULL);
    reply_row(t, request);
}

void transfer_resume(struct transfer *t, uint64_t request)
{
    if (refuse_busy(t, request, transfer_resume)) {
        return;
    }
    t->record->wish = ITEM_RUN;
    remember(t);
    if (t->state == TRANSFER_FAILED || t->state == TRANSFER_WAITING) {
        set_state(t, TRANSFER_QUEUED, NULL);
        if (t->swarm != NULL && !t->swarm_is_ending) {
            swarm_retry(t->swarm);
        }
    }
    if (t->swarm != NULL && !t->swarm_is_ending) {
        swarm_set_paused(t->swarm, false);
    }
    if (!t->is_served) {
        run(t);
    }
    reply_row(t, request);
}

void transfer_stop(struct transfer *t, uint64_t request)
{
    if (refuse_busy(t, request, transfer_stop)) {
        return;
    }
    if (!t->record->complete) {
        transfer_pause(t, request);
        return;
    }
    t->record->wish = ITEM_STOPPED;
    remember(t);
    withdraw(t);
    end_swarm(t);
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
    answer_waiters(t, P2P_ECANCELED, _("it was removed"));
    refuse_postponed(t, P2P_ECANCELED, _("it was removed"));
    end_verify(t, _("it was removed"));
    forget_group_wait(t);
    set_state(t, TRANSFER_STOPPED, NULL);
    end_swarm(t);
    try_remove(t);
}

/* ---- What the tracker and the server tell ------------------------------- */

void transfer_set_membership(struct core *c, struct membership *m)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (strcmp(t->record->group, membership_group(m)) != 0) {
            continue;
        }
        if (t->swarm != NULL && !t->swarm_is_ending) {
            swarm_set_membership(t->swarm, m);
        } else if (t->state == TRANSFER_WAITING && t->jobs == 0) {
            run(t); /* it waited for this certificate */
        }
    }
}

void transfer_incoming(struct core *c, const uint8_t hash[32],
                       struct conn *parcel, const uint8_t handshake[68])
{
    struct transfer *t = transfer_find_hash(c, hash);

    if (t == NULL || t->swarm == NULL || t->swarm_is_ending) {
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

void transfer_leave_group(struct core *c, const char *group, const char *why)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if ((group == NULL || strcmp(t->record->group, group) == 0) &&
            !t->is_removing && t->state != TRANSFER_FAILED) {
            withdraw(t);
            end_swarm(t);
            set_state(t, TRANSFER_STOPPED, why);
            answer_waiters(t, P2P_EACCES, why);
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
        } else if (t->jobs == 0 && (t->swarm == NULL || t->swarm_is_ending)) {
            run(t);
        }
    }
}

void transfer_shut_down_all(struct core *c)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        end_verify(t, _("p2ptui is stopping"));
        answer_waiters(t, P2P_ECANCELED,
                       _("stopped; it goes on at the next start"));
        refuse_postponed(t, P2P_ECANCELED, _("p2ptui is stopping"));
        end_swarm(t);
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
