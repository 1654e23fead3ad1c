#include "config.h"

#include "engine/engine.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "engine/accountcmd.h"
#include "engine/announce.h"
#include "engine/core.h"
#include "engine/disk.h"
#include "engine/downloadcmd.h"
#include "engine/group.h"
#include "engine/groupcmd.h"
#include "engine/item.h"
#include "engine/itemcmd.h"
#include "engine/membership.h"
#include "engine/profile.h"
#include "engine/push.h"
#include "engine/serve.h"
#include "engine/server.h"
#include "engine/session.h"
#include "engine/sweep.h"
#include "engine/trackercmd.h"
#include "engine/trackernews.h"
#include "engine/transfer.h"
#include "engine/transferview.h"
#include "engine/uploadcmd.h"
#include "engine/watch.h"
#include "msgq/link.h"
#include "net/loop.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/manifest.h"

struct engine {
    struct core core; /* first, so that core's hooks find the engine */
    pthread_t thread;
    struct wake *commands;  /* the screen pushed a command */
    struct timer *stopping; /* ends a stop that takes too long */
    struct sweep *sweep;    /* closes files that nobody reads */
    struct timer *drain;    /* looks whether all is shut, in the next turn */
    uint64_t quit_request;
    struct contact trackers[CONTACT_LIST_MAX];
    size_t tracker_count;
    struct trackernews *news;
    char *served_by;  /* address of the tracker of that time, or NULL */
    uint64_t epoch;   /* of the session when all was started anew */
    bool is_finished; /* ends when the last fact is delivered */
};

enum {
    ENGINE_TELL_MS = 2000, /* for the screen to read that it has stopped */
};

/* ---- Commands ---------------------------------------------------------- */

static void do_cancel(struct core *c, const struct command *command)
{
    uint64_t request = (uint64_t)command->number;
    bool known = uploadcmd_cancel(c, request) ||
                 transfer_cancel_wait(c, request) ||
                 serve_cancel_wait(c->serve, request);

    core_reply(c, command->request, known ? 0 : P2P_ENOENT, NULL);
}

static void (*const handlers[COMMAND_KIND_COUNT])(struct core *,
                                                  const struct command *) = {
    [COMMAND_CREATE_USER] = accountcmd_create,
    [COMMAND_LOGIN] = accountcmd_login,
    [COMMAND_LOGOUT] = accountcmd_logout,
    [COMMAND_WHOAMI] = accountcmd_whoami,
    [COMMAND_PASSWD] = accountcmd_passwd,
    [COMMAND_CREATE_GROUP] = groupcmd_create,
    [COMMAND_JOIN_GROUP] = groupcmd_join,
    [COMMAND_LEAVE_GROUP] = groupcmd_leave,
    [COMMAND_DELETE_GROUP] = groupcmd_delete,
    [COMMAND_TRANSFER_GROUP] = groupcmd_transfer,
    [COMMAND_SET_ROLE] = groupcmd_set_role,
    [COMMAND_REMOVE_MEMBER] = groupcmd_remove_member,
    [COMMAND_LIST_GROUPS] = groupcmd_list,
    [COMMAND_LIST_MY_GROUPS] = groupcmd_list_mine,
    [COMMAND_LIST_REQUESTS] = groupcmd_requests,
    [COMMAND_ACCEPT_REQUEST] = groupcmd_accept,
    [COMMAND_REJECT_REQUEST] = groupcmd_reject,
    [COMMAND_MEMBERS] = groupcmd_members,
    [COMMAND_LIST_FILES] = itemcmd_list_files,
    [COMMAND_UPLOAD_FILE] = uploadcmd_run,
    [COMMAND_DOWNLOAD_FILE] = downloadcmd_run,
    [COMMAND_SHOW_DOWNLOADS] = itemcmd_show_downloads,
    [COMMAND_LIST] = itemcmd_list,
    [COMMAND_INFO] = itemcmd_info,
    [COMMAND_PEERS] = itemcmd_peers,
    [COMMAND_LOCATE] = itemcmd_locate,
    [COMMAND_PAUSE] = itemcmd_pause,
    [COMMAND_RESUME] = itemcmd_resume,
    [COMMAND_VERIFY] = itemcmd_verify,
    [COMMAND_SERVE] = serve_command,
    [COMMAND_UNSERVE] = serve_end_command,
    [COMMAND_STOP_SHARE] = itemcmd_stop_share,
    [COMMAND_UNPUBLISH] = itemcmd_unpublish,
    [COMMAND_REMOVE] = itemcmd_remove,
    [COMMAND_FORGET] = itemcmd_forget,
    [COMMAND_CLEAR] = itemcmd_clear,
    [COMMAND_ANNOUNCE] = itemcmd_announce,
    [COMMAND_DROP_PEER] = itemcmd_drop_peer,
    [COMMAND_EXPORT] = itemcmd_export,
    [COMMAND_EXPORT_MEMBER] = itemcmd_export_member,
    [COMMAND_TRACKERS] = trackercmd_list,
    [COMMAND_TRACKER_ADD] = trackercmd_add,
    [COMMAND_TRACKER_FORGET] = trackercmd_forget,
    [COMMAND_TRACKER_USE] = trackercmd_use,
    [COMMAND_TRACKER_RETRY] = trackercmd_retry,
    [COMMAND_TRACKER_CERT] = trackercmd_cert,
    [COMMAND_WATCH_TRACKERS] = trackercmd_watch,
    [COMMAND_CANCEL] = do_cancel,
    [COMMAND_WATCH] = watch_command,
};

static void start_stop(struct engine *e, uint64_t request);
static void send_outbox(struct engine *e);

static void on_commands(void *arg)
{
    struct engine *e = arg;
    struct command *command = link_take(e->core.link);

    while (command != NULL) {
        log_trace("engine", "command %s", command_kind_name(command->kind));
        if (command->kind == COMMAND_QUIT) {
            start_stop(e, command->request);
        } else if (e->core.is_stopping) {
            core_reply(&e->core, command->request, P2P_ECANCELED,
                       _("p2ptui is stopping"));
        } else if (handlers[command->kind] != NULL) {
            handlers[command->kind](&e->core, command);
        } else {
            core_reply(&e->core, command->request, P2P_ENOTSUP, NULL);
        }
        command_free(command);
        command = link_take(e->core.link);
    }
    if (!STAILQ_EMPTY(&e->core.outbox)) {
        send_outbox(e);
    }
}

static void wake_for_commands(void *arg)
{
    struct engine *e = arg;

    wake_send(e->commands);
}

/* ---- Parts talking to each other --------------------------------------- */

static void on_session_state(void *arg)
{
    struct engine *e = arg;
    struct core *c = &e->core;
    struct err err = {0};

    core_post_session(c);
    trackernews_update(e->news);
    trackercmd_update(c->trackers);
    if (!session_is_connected(c->session) ||
        !session_is_logged_in(c->session)) {
        return;
    }
    if (e->epoch == session_epoch(c->session)) {
        return;
    }
    e->epoch = session_epoch(c->session);
    if (e->served_by != NULL &&
        strcmp(e->served_by, session_tracker(c->session)) != 0) {
        core_notice(c, NOTICE_INFO, NULL, session_tracker(c->session),
                    _("Tracker %s is used now"), session_tracker(c->session));
    }
    free(e->served_by);
    e->served_by = mem_strdup(session_tracker(c->session));
    if (session_save_trackers(c->session, false, &err) < 0) {
        log_warn("engine", "%s", err.text);
    }
    group_session_ready(c);
    transfer_resume_all(c);
    serve_session_ready(c->serve);
    groupcmd_refresh(c);
    itemcmd_refresh_files(c);
}

static void on_push(void *arg, const char *method, json_t *params)
{
    struct engine *e = arg;

    push_handle(&e->core, method, params);
}

static void on_new_pin(void *arg, const char *address, const char *pin_hex)
{
    struct engine *e = arg;

    core_notice(&e->core, NOTICE_WARNING, NULL, address,
                _("First contact with %s: compare its pin with 'p2p-tracker "
                  "--fingerprint': sha256:%s"),
                address, pin_hex);
}

static void on_login_end(void *arg, const char *why)
{
    struct engine *e = arg;

    core_notice(&e->core, NOTICE_WARNING, NULL, NULL,
                _("The login has ended (%s); log in again with 'login USER'"),
                why);
}

static void on_login(void *arg, size_t n)
{
    struct engine *e = arg;

    if (n != session_primary(e->core.session)) { /* there all is resumed */
        announce_all_to(e->core.announce, n);
    }
}

static const struct session_ops engine_session_ops = {
    .on_state = on_session_state,
    .on_push = on_push,
    .on_new_pin = on_new_pin,
    .on_login_end = on_login_end,
    .on_login = on_login,
};

static void on_incoming(void *arg, const uint8_t hash[32], struct conn *parcel,
                        const uint8_t handshake[68])
{
    struct engine *e = arg;

    transfer_incoming(&e->core, hash, parcel, handshake);
}

static void on_changed(void *arg, const uint8_t hash[32], const char *why)
{
    struct engine *e = arg;

    transfer_changed_on_disk(&e->core, hash, why);
}

static void on_busy(void *arg)
{
    struct engine *e = arg;

    core_stir(&e->core);
}

static const struct server_ops engine_server_ops = {
    .on_incoming = on_incoming,
    .on_changed = on_changed,
    .on_busy = on_busy,
};

static void on_membership(struct core *c, struct membership *m)
{
    server_set_membership(c->server, m);
    transfer_set_membership(c, m);
}

static void on_group_lost(struct core *c, const char *group)
{
    char *name = mem_strdup(group); /* it may be a part of what is forgotten */

    serve_group_lost(c->serve, name);
    transfer_leave_group(c, name, _("you are not in its group"));
    group_removed(c, name);
    groupcmd_refresh(c);
    itemcmd_refresh_files(c);
    free(name);
}

static void on_user_change(struct core *c)
{
    struct engine *e = (struct engine *)c; /* its first member */

    serve_user_changed(c->serve);
    transfer_leave_group(c, NULL, _("nobody is logged in who may load it"));
    group_forget_all(c);
    e->epoch = 0; /* the next login starts everything anew */
}

static bool describe_item(void *arg, const uint8_t hash[32],
                          struct announce_item *out)
{
    struct engine *e = arg;
    struct transfer *t = transfer_find_hash(&e->core, hash);

    if (t == NULL || !transfer_is_announced(t)) {
        return false;
    }
    out->have = transfer_pieces_have(t);
    out->left = transfer_bytes_left(t);
    out->bitmap = transfer_bitmap(t, &out->bitmap_size);
    return true;
}

static void add_peer(void *arg, const uint8_t hash[32], const char *address,
                     const char *user_id)
{
    struct engine *e = arg;
    struct transfer *t = transfer_find_hash(&e->core, hash);

    if (t != NULL) {
        transfer_add_peer(t, address, user_id);
        core_stir(&e->core);
    }
}

static void drop_peer(void *arg, const uint8_t hash[32], const char *address)
{
    struct engine *e = arg;
    struct transfer *t = transfer_find_hash(&e->core, hash);

    if (t != NULL) {
        transfer_drop_peer(t, address);
    }
}

static const struct announce_ops engine_announce_ops = {
    .describe = describe_item,
    .add_peer = add_peer,
    .drop_peer = drop_peer,
};

/* ---- The tick ---------------------------------------------------------- */

static void on_stats(void *arg, const struct server_item_stats *items,
                     size_t count, struct rows *peers)
{
    struct engine *e = arg;
    struct core *c = &e->core;
    enum transfer_pace pace;

    if (c->is_stopping) {
        return;
    }
    pace = transfer_tick_all(c, items, count);
    watch_tick(c, peers);
    if (pace == TRANSFER_MOVING) {
        core_stir(c);
    } else if (pace == TRANSFER_CONNECTED && !timer_is_running(c->tick)) {
        timer_start(c->tick, CORE_IDLE_MS);
    }
}

static void on_takers(void *arg, struct rows *takers)
{
    struct engine *e = arg;

    if (!e->core.is_stopping) {
        watch_takers(&e->core, takers);
    }
}

static void on_tick(void *arg)
{
    struct engine *e = arg;
    struct core *c = &e->core;

    c->tick_is_soon = false;
    if (!c->is_stopping) {
        sweep_soon(e->sweep); /* what moves may have opened files */
        server_ask_stats(c->server, watch_hash(c), on_stats, e);
        if (c->watches_takers) {
            server_ask_takers(c->server, on_takers, e);
        }
    }
}

static void on_files_timer(void *arg)
{
    struct engine *e = arg;

    itemcmd_refresh_files(&e->core);
}

static void send_outbox(struct engine *e)
{
    struct core_outgoing *o;

    while (!STAILQ_EMPTY(&e->core.outbox)) {
        o = STAILQ_FIRST(&e->core.outbox);
        if (!link_post(e->core.link, o->event)) {
            return; /* on_commands() comes when there is room */
        }
        STAILQ_REMOVE_HEAD(&e->core.outbox, link);
        free(o);
    }
    if (e->is_finished) {
        loop_stop(e->core.loop);
    }
}

/* ---- Items of earlier runs --------------------------------------------- */

static void on_found(void *arg, struct item_record *r)
{
    struct engine *e = arg;

    if (transfer_find_hash(&e->core, r->manifest->hash) != NULL) {
        item_record_free(r);
        return;
    }
    transfer_adopt(&e->core, r, FILEJOB_DISK, NULL, 0);
}

/* ---- Stopping ---------------------------------------------------------- */

/* Without EVENT_STOPPED the screen would wait for ever, so the loop runs on
 * until the queue has taken it, or nobody reads from it any more. */
static void finish(struct engine *e)
{
    if (e->is_finished) {
        return;
    }
    timer_start(e->stopping, ENGINE_TELL_MS);
    timer_stop(e->drain);
    core_reply(&e->core, e->quit_request, 0, NULL);
    core_post(&e->core, event_new(EVENT_STOPPED));
    e->is_finished = true;
    send_outbox(e);
}

/* Swarms have left, journals are flushed, workers are idle, and everybody is
 * answered: done. */
static void on_drain(void *arg)
{
    struct engine *e = arg;

    if (transfer_all_are_shut(&e->core) && e->core.asks == 0 &&
        disk_pending(e->core.port) == 0) {
        finish(e);
    }
}

/* One of these ended. The look comes after what it still does in this turn. */
static void on_ended(struct core *c)
{
    struct engine *e = (struct engine *)c; /* its first member */

    if (c->is_stopping && !e->is_finished) {
        timer_start(e->drain, 0);
    }
}

static void on_disk_idle(void *arg)
{
    on_ended(arg);
}

static void on_stop_takes_too_long(void *arg)
{
    struct engine *e = arg;

    if (e->is_finished) {
        loop_stop(e->core.loop);
        return;
    }
    log_warn("engine", "the disk is slow; stopping without waiting longer");
    finish(e);
}

static void start_stop(struct engine *e, uint64_t request)
{
    if (e->core.is_stopping) {
        core_reply(&e->core, request, 0, NULL);
        return;
    }
    e->core.is_stopping = true;
    e->quit_request = request;
    timer_stop(e->core.tick);
    timer_stop(e->core.files_timer);
    serve_stop(e->core.serve);
    if (e->core.session != NULL) {
        session_stop(e->core.session); /* who waits for an answer is told */
    }
    trackercmd_stop(e->core.trackers);
    uploadcmd_cancel_all(&e->core);
    transfer_shut_down_all(&e->core);
    timer_start(e->stopping, ENGINE_STOP_MS);
    timer_start(e->drain, 0);
}

/* ---- Life -------------------------------------------------------------- */

static void open_session(struct engine *e)
{
    struct session_setup setup = {
        .loop = e->core.loop,
        .profile = e->core.profile,
        .trackers = e->trackers,
        .tracker_count = e->tracker_count,
        .ops = &engine_session_ops,
        .arg = e,
    };

    if (e->tracker_count > 0) {
        e->core.session = session_new(&setup);
    }
}

static void on_first_tracker(struct core *c, const struct contact *tracker)
{
    struct engine *e = (struct engine *)c;

    e->trackers[0] = *tracker;
    e->tracker_count = 1;
    open_session(e);
    session_start(c->session);
}

/* Those of the options, else of the last login; and those that were added. */
static void choose_trackers(struct engine *e, const struct engine_setup *setup)
{
    struct contact added[CONTACT_LIST_MAX];
    int count = profile_added_trackers(e->core.profile, added);
    int i;

    if (setup->tracker_count > 0) {
        memcpy(e->trackers, setup->trackers,
               setup->tracker_count * sizeof *setup->trackers);
        e->tracker_count = setup->tracker_count;
    } else {
        e->tracker_count =
            (size_t)profile_trackers(e->core.profile, e->trackers);
    }
    for (i = 0; i < count && e->tracker_count < CONTACT_LIST_MAX; i++) {
        e->trackers[e->tracker_count++] = added[i]; /* twice does no harm */
    }
}

/* "-P20100-" and random digits (BEP 20 form). */
static void make_peer_id(uint8_t out[CORE_PEER_ID])
{
    char digits[13];

    random_hex(6, digits);
    memcpy(out, "-P20100-", 8);
    memcpy(out + 8, digits, 12);
}

static void *engine_thread(void *arg)
{
    struct engine *e = arg;
    struct err err = {0};

    if (e->core.session != NULL) {
        session_start(e->core.session);
    }
    if (item_load_all(e->core.state_dir, on_found, e, &err) < 0) {
        log_warn("engine", "%s", err.text);
    }
    serve_load(e->core.serve);
    core_post_session(&e->core);
    on_commands(e);
    loop_run(e->core.loop, "p2p-dl");
    return NULL;
}

static void init_core(struct engine *e, const struct engine_setup *setup)
{
    struct core *c = &e->core;

    c->loop = loop_new();
    c->link = setup->link;
    c->state_dir = mem_strdup(setup->state_dir);
    c->download_dir = mem_strdup(setup->download_dir);
    c->groups = map_new();
    c->transfers = map_new();
    c->shares = map_new();
    c->on_membership = on_membership;
    c->on_group_lost = on_group_lost;
    c->on_user_change = on_user_change;
    c->on_first_tracker = on_first_tracker;
    c->on_ended = on_ended;
    STAILQ_INIT(&c->outbox);
    make_peer_id(c->peer_id);
    c->disk = disk_new(setup->disk_threads);
    c->port = disk_port_new(c->disk, c->loop);
    disk_port_on_idle(c->port, on_disk_idle, c);
    c->tick = timer_new(c->loop, on_tick, e);
    c->files_timer = timer_new(c->loop, on_files_timer, e);
    c->announce = announce_new(c, &engine_announce_ops, e);
    c->serve = serve_new(c);
    e->news = trackernews_new(c);
    c->trackers = trackercmd_new(c, setup->trackers, setup->tracker_count);
    e->sweep = sweep_new(c->loop, c->port, SWEEP_MS);
    e->stopping = timer_new(c->loop, on_stop_takes_too_long, e);
    e->drain = timer_new(c->loop, on_drain, e);
    e->commands = wake_new(c->loop, on_commands, e);
}

static void drop_outbox(struct core *c)
{
    struct core_outgoing *o;

    while (!STAILQ_EMPTY(&c->outbox)) {
        o = STAILQ_FIRST(&c->outbox);
        STAILQ_REMOVE_HEAD(&c->outbox, link);
        event_free(o->event);
        free(o);
    }
}

/* The other way round than init_core; all threads but this one are gone. */
static void close_core(struct engine *e)
{
    struct core *c = &e->core;

    /* First what tells others of its end, while they are all there. */
    serve_free(c->serve);
    announce_free(c->announce);
    group_forget_all(c);
    session_free(c->session);
    c->session = NULL;
    trackercmd_free(c->trackers);
    trackernews_free(e->news);
    server_free(c->server);
    /* Then the workers: after a stop that took too long they may still use
     * what belongs to a transfer. */
    sweep_free(e->sweep);
    disk_port_free(c->port);
    disk_free(c->disk);
    uploadcmd_drop_all(c);
    map_free(c->shares, NULL);
    map_free(c->transfers, transfer_drop);
    map_free(c->groups, group_drop);
    timer_free(c->tick);
    timer_free(c->files_timer);
    timer_free(e->stopping);
    timer_free(e->drain);
    wake_free(e->commands);
    free(e->served_by);
    drop_outbox(c);
    loop_free(c->loop);
    profile_close(c->profile);
    free(c->watched_group);
    free(c->watched_name);
    free(c->state_dir);
    free(c->download_dir);
}

/* Those who met this computer look for it at the port it had then, and while no
 * tracker answers that is all they have. */
static int start_server(struct engine *e, struct server_setup *server,
                        struct err *err)
{
    struct core *c = &e->core;
    uint16_t last = profile_port(c->profile);
    struct err why = {0};
    int rv;

    if (server->port != 0) {
        return server_new(server, &c->server, err);
    }
    server->port = last;
    rv = server_new(server, &c->server, err);
    if (rv < 0 && last != 0) {
        log_info("engine", "not at the port of the last run: %s", err->text);
        server->port = 0;
        rv = server_new(server, &c->server, err);
    }
    if (rv == 0 && server_port(c->server) != last &&
        profile_save_port(c->profile, server_port(c->server), &why) < 0) {
        log_warn("engine", "%s", why.text);
    }
    return rv;
}

int engine_new(const struct engine_setup *setup, struct engine **out,
               struct err *err)
{
    struct engine *e = mem_calloc(1, sizeof *e);
    struct server_setup server = {
        .host = setup->listen_host,
        .port = setup->listen_port,
        .ops = &engine_server_ops,
        .arg = e,
    };
    int rv;

    rv = profile_open(setup->state_dir, &e->core.profile, err);
    if (rv < 0) {
        free(e);
        return rv;
    }
    uploadcmd_clean_up(setup->state_dir); /* the profile is locked: all old */
    choose_trackers(e, setup);
    init_core(e, setup);
    server.loop = e->core.loop;
    server.disk = e->core.disk;
    server.peer_id = e->core.peer_id;
    rv = start_server(e, &server, err);
    if (rv < 0) {
        close_core(e);
        free(e);
        return rv;
    }
    open_session(e);
    link_set_engine_wake(setup->link, wake_for_commands, e);
    if (pthread_create(&e->thread, NULL, engine_thread, e) != 0) {
        link_set_engine_wake(setup->link, NULL, NULL);
        close_core(e);
        free(e);
        return err_set(err, P2P_EINTERNAL, "cannot start a thread");
    }
    *out = e;
    return 0;
}

void engine_free(struct engine *e)
{
    if (e == NULL) {
        return;
    }
    pthread_join(e->thread, NULL);
    link_set_engine_wake(e->core.link, NULL, NULL);
    close_core(e);
    free(e);
}
