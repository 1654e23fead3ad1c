#include "config.h"

#include "engine/itemcmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "engine/core.h"
#include "engine/downloadcmd.h"
#include "engine/group.h"
#include "engine/profile.h"
#include "engine/server.h"
#include "engine/session.h"
#include "engine/transfer.h"
#include "engine/transferview.h"
#include "engine/uploadcmd.h"
#include "net/loop.h"
#include "util/buf.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/map.h"
#include "util/mem.h"
#include "util/units.h"
#include "wire/manifest.h"

enum {
    ITEMCMD_TORRENT_MAX = MANIFEST_INFO_MAX + MANIFEST_LAYERS_MAX + 65536,
};

/* ---- Files of a group -------------------------------------------------- */

static void fill_file(struct core *c, json_t *one, const char *group,
                      struct row_file *f)
{
    struct transfer *t;
    uint8_t hash[MANIFEST_HASH];

    f->group = mem_strdup(group);
    f->name = core_json_text(one, "name");
    f->publisher = core_json_text(one, "publisher");
    f->hash = core_json_text(one, "hash");
    f->size = (uint64_t)core_json_integer(one, "size");
    f->time = core_json_integer(one, "time");
    f->seeders = (uint32_t)core_json_integer(one, "seeders");
    f->leechers = (uint32_t)core_json_integer(one, "leechers");
    f->piece_count = (uint32_t)core_json_integer(one, "pieces");
    f->piece_length = (uint32_t)core_json_integer(one, "piece_length");
    f->is_directory = json_is_true(json_object_get(one, "directory"));
    if (f->hash != NULL && hex_decode(f->hash, hash, sizeof hash) == 0) {
        t = transfer_find_hash(c, hash);
        if (t != NULL) {
            transfer_fill_file(t, f);
        }
    }
}

static void on_files(void *arg, int code, const char *text, json_t *result)
{
    struct core_request *r = arg;
    struct rows rows;
    json_t *one;
    size_t i;

    rows_init(&rows, ROWS_FILES);
    json_array_foreach(json_object_get(result, "items"), i, one)
    {
        fill_file(r->core, one, r->group, rows_add(&rows));
    }
    if (r->request == 0 && code == 0) {
        core_post_rows(r->core, r->group, NULL, &rows);
    } else if (code == 0) {
        core_reply_rows(r->core, r->request, &rows);
    } else {
        core_reply(r->core, r->request, code, text);
    }
    rows_close(&rows);
    core_request_free(r);
}

void itemcmd_list_files(struct core *c, const struct command *command)
{
    if (command->group == NULL) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("list_files needs a group"));
        return;
    }
    if (!core_refuse_without_tracker(c, command->request)) {
        session_call(c->session, "item.list",
                     json_pack("{s:s}", "group", command->group), on_files,
                     core_request_new(c, command));
    }
}

void itemcmd_refresh_files(struct core *c)
{
    struct command ask = {0};

    if (c->is_watched && c->watched_group != NULL && c->session != NULL &&
        session_is_logged_in(c->session)) {
        ask.group = c->watched_group;
        session_call(c->session, "item.list",
                     json_pack("{s:s}", "group", c->watched_group), on_files,
                     core_request_new(c, &ask));
    }
}

/* ---- What is here ------------------------------------------------------ */

/* What a "list" or "show_downloads" waits for: the server's newest numbers. */
struct listing {
    struct core *core;
    uint64_t request;
    bool shared; /* only what is offered */
};

static void on_numbers(void *arg, const struct server_item_stats *items,
                       size_t count, struct rows *peers)
{
    struct listing *l = arg;
    struct transfer *t;
    struct rows rows;
    size_t cursor = 0;
    bool is_shared;

    (void)peers;
    transfer_tick_all(l->core, items, count);
    rows_init(&rows, ROWS_TRANSFERS);
    for (t = map_next(l->core->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(l->core->transfers, &cursor, NULL, NULL)) {
        is_shared = transfer_is_announced(t) && transfer_pieces_have(t) > 0;
        if (!l->shared || is_shared || transfer_state(t) == TRANSFER_SHARING) {
            transfer_fill_row(t, rows_add(&rows));
        }
    }
    uploadcmd_fill_rows(l->core, &rows);
    core_reply_rows(l->core, l->request, &rows);
    core_ask_ended(l->core);
    free(l);
}

static void reply_transfers(struct core *c, uint64_t request, bool shared)
{
    struct listing *l = mem_calloc(1, sizeof *l);

    l->core = c;
    l->request = request;
    l->shared = shared;
    c->asks++;
    server_ask_stats(c->server, NULL, on_numbers, l);
}

void itemcmd_show_downloads(struct core *c, const struct command *command)
{
    reply_transfers(c, command->request, false);
}

void itemcmd_list(struct core *c, const struct command *command)
{
    reply_transfers(c, command->request, true);
}

/* The transfer a command names, or NULL after refusing. */
static struct transfer *find(struct core *c, const struct command *command)
{
    struct transfer *t = NULL;
    struct err e = {0};

    if (command->name == NULL) {
        core_reply(c, command->request, P2P_EUSAGE, err_text(P2P_EUSAGE));
        return NULL;
    }
    if (transfer_find_named(c, command->group, command->name, &t, &e) < 0) {
        core_reply(c, command->request, e.code, e.text);
        return NULL;
    }
    return t;
}

void itemcmd_info(struct core *c, const struct command *command)
{
    struct transfer *t = find(c, command);
    struct row_transfer row = {0};
    struct rows holder, rows;

    if (t == NULL) {
        return;
    }
    rows_init(&holder, ROWS_TRANSFERS);
    row.name = NULL;
    transfer_fill_row(t, rows_add(&holder));
    row = holder.transfers[0];
    rows_init(&rows, ROWS_FIELDS);
    core_add_field(&rows, "name", _("Name"), row.name);
    core_add_field(&rows, "group", _("Group"), row.group);
    core_add_field(&rows, "hash", _("Hash"), row.hash);
    core_add_field(&rows, "path", _("Path"), row.path);
    core_add_field(&rows, "state", _("State"), transfer_state_word(row.state));
    if (row.reason != NULL) {
        core_add_field(&rows, "reason", _("Reason"), row.reason);
    }
    core_add_number(&rows, "size", _("Size"), row.size);
    core_add_number(&rows, "have", _("Verified here"), row.have);
    core_add_number(&rows, "piece_length", _("Piece length"), row.piece_length);
    core_add_number(&rows, "pieces", _("Pieces"), row.piece_count);
    core_add_number(&rows, "pieces_have", _("Pieces here"), row.pieces_have);
    core_add_number(&rows, "peers", _("Peers"), row.peers);
    core_add_number(&rows, "downloaded", _("Downloaded"), row.total_down);
    core_add_number(&rows, "uploaded", _("Uploaded"), row.total_up);
    core_add_number(&rows, "bad_blocks", _("Bad blocks refused"),
                    row.bad_blocks);
    core_reply_rows(c, command->request, &rows);
    rows_close(&holder);
}

/* ---- Peers ------------------------------------------------------------- */

static void on_served_peers(void *arg, const struct server_item_stats *items,
                            size_t count, struct rows *peers)
{
    struct core_request *r = arg;
    struct transfer *t = transfer_find(r->core, r->group, r->name);

    (void)items;
    (void)count;
    if (t != NULL) {
        transfer_get_peers(t, peers);
    }
    core_reply_rows(r->core, r->request, peers);
    core_ask_ended(r->core);
    core_request_free(r);
}

void itemcmd_peers(struct core *c, const struct command *command)
{
    struct transfer *t = find(c, command);

    if (t != NULL) {
        c->asks++;
        server_ask_stats(c->server, transfer_hash(t), on_served_peers,
                         core_request_new(c, command));
    }
}

static void fill_holder(json_t *one, struct row_peer *p)
{
    p->letter = ' ';
    p->user = core_json_text(one, "user");
    p->address = core_json_text(one, "address");
    p->is_seed = json_is_true(json_object_get(one, "seed"));
    p->load = -1;
    p->rtt_ms = -1;
}

static void on_located(void *arg, int code, const char *text, json_t *result)
{
    struct core_request *r = arg;
    struct rows rows;
    json_t *one;
    size_t i;

    if (code != 0) {
        core_reply(r->core, r->request, code, text);
        core_request_free(r);
        return;
    }
    rows_init(&rows, ROWS_PEERS);
    json_array_foreach(json_object_get(result, "peers"), i, one)
    {
        fill_holder(one, rows_add(&rows));
    }
    core_reply_rows(r->core, r->request, &rows);
    core_request_free(r);
}

/* The tracker locates by hash, which item.get tells for a name. */
static void on_item_to_locate(void *arg, int code, const char *text,
                              json_t *result)
{
    struct core_request *r = arg;
    const char *hash = json_string_value(json_object_get(result, "hash"));

    if (code != 0 || hash == NULL) {
        core_reply(r->core, r->request, code != 0 ? code : P2P_EPROTO, text);
        core_request_free(r);
        return;
    }
    session_call(r->core->session, "swarm.locate",
                 json_pack("{s:s,s:I}", "hash", hash, "piece",
                           (json_int_t)strtoll(r->text, NULL, 10)),
                 on_located, r);
}

void itemcmd_locate(struct core *c, const struct command *command)
{
    struct core_request *r;

    if (command->group == NULL || command->name == NULL ||
        command->number < 0) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("locate needs a group, a file and a piece number"));
        return;
    }
    if (core_refuse_without_tracker(c, command->request)) {
        return;
    }
    r = core_request_new(c, command);
    free(r->text);
    r->text = mem_printf("%lld", (long long)command->number);
    session_call(
        c->session, "item.get",
        json_pack("{s:s,s:s}", "group", command->group, "name", command->name),
        on_item_to_locate, r);
}

/* ---- Pause, stop, remove ----------------------------------------------- */

static void each_transfer(struct core *c,
                          void (*act)(struct transfer *t, uint64_t request))
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (!transfer_is_complete(t)) {
            act(t, 0);
        }
    }
}

static void one_or_all(struct core *c, const struct command *command,
                       void (*act)(struct transfer *t, uint64_t request))
{
    struct transfer *t;

    if (command->name == NULL) {
        each_transfer(c, act);
        core_reply(c, command->request, 0, NULL);
        return;
    }
    t = find(c, command);
    if (t != NULL) {
        act(t, command->request);
    }
}

void itemcmd_pause(struct core *c, const struct command *command)
{
    one_or_all(c, command, transfer_pause);
}

void itemcmd_resume(struct core *c, const struct command *command)
{
    one_or_all(c, command, transfer_resume);
}

void itemcmd_verify(struct core *c, const struct command *command)
{
    struct transfer *t = find(c, command);

    if (t != NULL) {
        transfer_verify(t, command->request);
    }
}

void itemcmd_stop_share(struct core *c, const struct command *command)
{
    struct transfer *t = find(c, command);

    if (t != NULL) {
        transfer_stop(t, command->request);
    }
}

void itemcmd_unpublish(struct core *c, const struct command *command)
{
    if (command->group == NULL || command->name == NULL) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("unpublish needs a group and a file"));
        return;
    }
    if (!core_refuse_without_tracker(c, command->request)) {
        core_call_plain(c, command->request, "item.unpublish",
                        json_pack("{s:s,s:s}", "group", command->group, "name",
                                  command->name));
    }
}

void itemcmd_remove(struct core *c, const struct command *command)
{
    struct transfer *t = find(c, command);

    if (t != NULL) {
        transfer_remove(t, true, command->request);
    }
}

void itemcmd_forget(struct core *c, const struct command *command)
{
    struct transfer *t = find(c, command);

    if (t != NULL) {
        transfer_remove(t, false, command->request);
    }
}

static bool is_finished(const struct transfer *t)
{
    return transfer_is_lost(t) ||
           (transfer_state(t) == TRANSFER_STOPPED && transfer_is_complete(t));
}

void itemcmd_clear(struct core *c, const struct command *command)
{
    struct transfer *t;
    size_t cursor = 0;
    unsigned count = 0;
    char *text;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        if (is_finished(t)) {
            transfer_remove(t, false, 0);
            count++;
        }
    }
    text =
        mem_printf(ngettext("%u file is forgotten; its data stays",
                            "%u files are forgotten; their data stays", count),
                   count);
    core_reply(c, command->request, 0, text);
    free(text);
}

/* ---- Peers, by order of the user --------------------------------------- */

void itemcmd_announce(struct core *c, const struct command *command)
{
    struct transfer *t = find(c, command);

    if (t == NULL || core_refuse_without_tracker(c, command->request)) {
        return;
    }
    if (transfer_call_peers(t)) {
        core_reply(c, command->request, 0, _("Members are asked for now"));
    } else {
        core_reply(c, command->request, P2P_EINVAL,
                   _("it is not being loaded: nobody needs to be asked"));
    }
}

void itemcmd_drop_peer(struct core *c, const struct command *command)
{
    struct transfer *t = find(c, command);
    char text[ERR_TEXT_MAX];

    if (t == NULL) {
        return;
    }
    if (command->user == NULL || !transfer_drop_user(t, command->user)) {
        snprintf(text, sizeof text, _("%s is not connected for it"),
                 command->user != NULL ? command->user : "?");
        core_reply(c, command->request, P2P_ENOENT, text);
        return;
    }
    snprintf(text, sizeof text,
             _("%s is dropped; it may come back in 10 minutes"), command->user);
    core_reply(c, command->request, 0, text);
}

/* ---- Export ------------------------------------------------------------ */

/* The trackers where its holders are found, as --tracker takes them; the
 * primary first. Returns how many; free() each. */
static size_t list_trackers(const struct core *c, char *out[CONTACT_LIST_MAX])
{
    const struct uplink *u;
    size_t i, count;

    count = c->session != NULL ? session_count(c->session) : 0;
    for (i = 0; i < count; i++) {
        u = session_uplink(c->session,
                           (session_primary(c->session) + i) % count);
        out[i] =
            uplink_pin(u) != NULL
                ? mem_printf("%s,sha256:%s", uplink_address(u), uplink_pin(u))
                : mem_strdup(uplink_address(u));
    }
    return count;
}

static void write_torrent(struct core *c, uint64_t request, const char *path,
                          const struct manifest *m)
{
    char *trackers[CONTACT_LIST_MAX];
    struct manifest_places places = {
        .trackers = (const char *const *)trackers,
        .tracker_count = list_trackers(c, trackers),
    };
    struct buf torrent;
    char text[ERR_TEXT_MAX];
    size_t i;
    int rv;

    buf_init(&torrent, ITEMCMD_TORRENT_MAX);
    rv = manifest_write_torrent(m, &places, &torrent);
    if (rv == 0) {
        rv = fd_replace_file(path, buf_head(&torrent), buf_length(&torrent),
                             0644);
    }
    for (i = 0; i < places.tracker_count; i++) {
        free(trackers[i]);
    }
    snprintf(text, sizeof text, _("cannot write %s: %s"), path,
             _(err_text(rv)));
    core_reply(c, request, rv, rv == 0 ? NULL : text);
    buf_close(&torrent);
}

static void on_item_to_export(void *arg, int code, const char *text,
                              json_t *result)
{
    struct core_request *r = arg;
    struct manifest *m = NULL;
    struct err e = {0};

    if (code == 0) {
        code = downloadcmd_read_item(result, r->name, &m, &e);
        text = e.text;
    }
    if (code == 0) {
        write_torrent(r->core, r->request, r->path, m);
    } else {
        core_reply(r->core, r->request, code, text);
    }
    manifest_free(m);
    core_request_free(r);
}

/* The other program may be the one that is going to load the item, so it need
 * not be here. */
void itemcmd_export(struct core *c, const struct command *command)
{
    struct transfer *t;

    if (command->group == NULL || command->name == NULL ||
        command->path == NULL) {
        core_reply(c, command->request, P2P_EUSAGE, err_text(P2P_EUSAGE));
        return;
    }
    t = transfer_find(c, command->group, command->name);
    if (t != NULL) {
        write_torrent(c, command->request, command->path, transfer_manifest(t));
    } else if (!core_refuse_without_tracker(c, command->request)) {
        session_call(c->session, "item.get",
                     json_pack("{s:s,s:s}", "group", command->group, "name",
                               command->name),
                     on_item_to_export, core_request_new(c, command));
    }
}

static int write_pem(const char *directory, const char *name, const char *pem,
                     struct err *e)
{
    char *path = mem_printf("%s/%s", directory, name);
    int rv = profile_write_private(path, pem, e);

    free(path);
    return rv;
}

static void on_group_to_export(void *arg, int code, const char *text,
                               struct group *g)
{
    struct core_request *r = arg;
    char *cert = NULL, *root = NULL, *pem = NULL;
    struct err e = {0};
    struct key *key;

    (void)g;
    if (code == 0) {
        code = profile_load_group(r->core->profile, r->group, &cert, &root);
        text = _(err_text(code));
    }
    if (code == 0) {
        code = profile_key(r->core->profile, &key, &e);
        pem = code == 0 ? key_to_pem(key) : NULL;
        text = e.text;
    }
    if (code == 0) {
        code = fd_make_dirs(r->path);
    }
    if (code == 0) {
        code = write_pem(r->path, "key.pem", pem, &e);
    }
    if (code == 0) {
        code = write_pem(r->path, "cert.pem", cert, &e);
    }
    if (code == 0) {
        code = write_pem(r->path, "root.pem", root, &e);
    }
    core_reply(r->core, r->request, code, text);
    mem_free_secret(pem);
    free(cert);
    free(root);
    core_request_free(r);
}

void itemcmd_export_member(struct core *c, const struct command *command)
{
    if (command->group == NULL || command->path == NULL) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("export_member needs a group and a directory"));
        return;
    }
    group_need(c, command->group, on_group_to_export,
               core_request_new(c, command));
}
