#include "config.h"

#include "engine/uploadcmd.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/random.h"
#include "engine/core.h"
#include "engine/group.h"
#include "engine/item.h"
#include "engine/profile.h"
#include "engine/session.h"
#include "engine/share.h"
#include "engine/storage.h"
#include "engine/transfer.h"
#include "engine/transferview.h"
#include "net/loop.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/map.h"
#include "util/mem.h"
#include "wire/jsonrpc.h"
#include "wire/manifest.h"

enum {
    /* Bytes of base64 in an item.publish line, with room for the rest of it. */
    UPLOADCMD_PUBLISH_MAX = JSONRPC_PUBLISH_MAX - 64 * 1024,
};

/* One upload_file under way: group -> hashing -> publishing -> a transfer. */
struct sharing {
    struct core *core;
    uint64_t request;
    char *group;
    char *directory; /* where the file lies */
    char *name;      /* of the file or directory in it */
    char *path;
    uint32_t piece_length;
    char *leaves_path;
    struct share *share; /* while hashing */
    uint64_t done, total;
    int64_t started_ms;
    struct manifest *manifest;
    struct storage_stamp *stamps;
    /* Of an order; NULL when a command asked for it. */
    char *top, *item_name;
    uint8_t replaces[MANIFEST_HASH];
    bool has_old, has_withdrawn;
    char in_the_way[2 * MANIFEST_HASH + 1]; /* what withdraw_old() withdraws */
    bool (*is_wanted)(void *arg);
    void (*on_end)(void *arg, int code, const char *text);
    void *arg;
};

static void sharing_free(struct sharing *s)
{
    if (s->leaves_path != NULL) {
        unlink(s->leaves_path); /* gone already when it was adopted */
    }
    map_remove(s->core->shares, &s->request, sizeof s->request);
    manifest_free(s->manifest);
    free(s->stamps);
    free(s->leaves_path);
    free(s->top);
    free(s->item_name);
    free(s->group);
    free(s->directory);
    free(s->name);
    free(s->path);
    free(s);
}

static void give_up(struct sharing *s, int code, const char *text)
{
    void (*on_end)(void *arg, int code, const char *text) = s->on_end;
    void *arg = s->arg;
    char why[ERR_TEXT_MAX];

    if (on_end == NULL) {
        core_reply(s->core, s->request, code, text);
        sharing_free(s);
        return;
    }
    snprintf(why, sizeof why, "%s", text != NULL ? text : _(err_text(code)));
    sharing_free(s); /* first: the next order may come inside the call */
    on_end(arg, code, why);
}

static bool is_same_place(const struct sharing *s, const struct transfer *t)
{
    return strcmp(transfer_directory(t), s->directory) == 0 &&
           strcmp(transfer_file_name(t), s->name) == 0;
}

/* Published (or it was already, with the same content): serve it. */
static void adopt(struct sharing *s)
{
    struct item_record *r;
    struct transfer *there = transfer_find_hash(s->core, s->manifest->hash);

    if (there != NULL && transfer_is_lost(there)) {
        transfer_remove(there, false, 0); /* it was moved: share it from here */
        there = NULL;
    }
    if (there != NULL) {
        if (transfer_is_going(there)) {
            give_up(s, P2P_EBUSY,
                    _("it is being removed; try again in a moment"));
        } else if (s->on_end != NULL) {
            give_up(s, is_same_place(s, there) ? 0 : P2P_EEXIST,
                    _("the same file is here already, in another place"));
        } else if (transfer_is_complete(there)) {
            transfer_resume(there, s->request);
            sharing_free(s);
        } else {
            give_up(s, P2P_EEXIST,
                    _("this item is here already, but not complete; 'remove' "
                      "it first to share your own copy"));
        }
        return;
    }
    r = mem_calloc(1, sizeof *r);
    r->group = mem_strdup(s->group);
    r->name = mem_strdup(s->manifest->name);
    r->directory = mem_strdup(s->directory);
    r->file_name = mem_strdup(s->name);
    r->wish = ITEM_RUN;
    r->complete = true;
    r->manifest = s->manifest;
    r->stamps = s->stamps;
    s->manifest = NULL;
    s->stamps = NULL;
    transfer_adopt(s->core, r, FILEJOB_SHARE, s->leaves_path,
                   s->on_end == NULL ? s->request : 0);
    free(s->leaves_path);
    s->leaves_path = NULL; /* the adoption renames it */
    if (s->on_end != NULL) {
        transfer_set_origin(transfer_find_hash(s->core, r->manifest->hash),
                            true);
        give_up(s, 0, NULL);
        return;
    }
    sharing_free(s);
}

static void refuse_twin(struct sharing *s)
{
    char sentence[ERR_TEXT_MAX];

    snprintf(sentence, sizeof sentence,
             _("%s already holds another item called %s; rename yours, or "
               "unpublish the other one first"),
             s->group, s->manifest->name);
    give_up(s, P2P_EEXIST, sentence);
}

static void withdraw_old(struct sharing *s);

/* Does another computer of ours offer the item that is in the way? */
static void on_holders(void *arg, int code, const char *text, json_t *result)
{
    struct sharing *s = arg;
    const char *own = profile_user(s->core->profile);
    const char *user;
    json_t *peer;
    size_t i;

    if (code != 0) {
        give_up(s, code, text);
        return;
    }
    json_array_foreach(json_object_get(result, "peers"), i, peer)
    {
        user = json_string_value(json_object_get(peer, "user"));
        if (own == NULL || user == NULL || strcmp(user, own) == 0) {
            refuse_twin(s);
            return;
        }
    }
    withdraw_old(s);
}

/* We published it and do not have it any more: this computer lost its power
 * between the publishing and the note of it, and then the file changed. */
static bool is_left_over(const struct sharing *s, json_t *item,
                         const char *hash)
{
    const char *publisher =
        json_string_value(json_object_get(item, "publisher"));
    const char *own = profile_user(s->core->profile);
    uint8_t bytes[MANIFEST_HASH];

    return s->on_end != NULL && !s->has_withdrawn && publisher != NULL &&
           own != NULL && strcmp(publisher, own) == 0 && hash != NULL &&
           hex_decode(hash, bytes, sizeof bytes) == 0 &&
           transfer_find_hash(s->core, bytes) == NULL;
}

static void on_compared(void *arg, int code, const char *text, json_t *result)
{
    struct sharing *s = arg;
    const char *hash = json_string_value(json_object_get(result, "hash"));
    char own[2 * MANIFEST_HASH + 1];

    if (code != 0) {
        give_up(s, code, text);
        return;
    }
    hex_encode(s->manifest->hash, MANIFEST_HASH, own);
    if (hash != NULL && strcmp(hash, own) == 0) {
        adopt(s);
    } else if (is_left_over(s, result, hash)) {
        (void)snprintf(s->in_the_way, sizeof s->in_the_way, "%s", hash);
        session_call(s->core->session, "swarm.peers",
                     json_pack("{s:s}", "hash", hash), on_holders, s);
    } else {
        refuse_twin(s);
    }
}

static void on_published(void *arg, int code, const char *text, json_t *result)
{
    struct sharing *s = arg;

    (void)result;
    if (code == 0 && s->on_end == NULL) {
        core_notice(s->core, NOTICE_DONE, s->group, s->manifest->name,
                    _("%s is shared with %s"), s->manifest->name, s->group);
    }
    if (code == 0) {
        adopt(s);
    } else if (code == P2P_EEXIST) {
        session_call(s->core->session, "item.get",
                     json_pack("{s:s,s:s}", "group", s->group, "name",
                               s->manifest->name),
                     on_compared, s);
    } else {
        give_up(s, code, text);
    }
}

static void publish(struct sharing *s)
{
    const struct manifest *m = s->manifest;
    size_t layers_size = m->layers != NULL ? m->layers_size : 0;
    char *info;
    json_t *params;
    char *layers;

    if ((m->info_size + layers_size) / 3 * 4 > UPLOADCMD_PUBLISH_MAX) {
        give_up(s, P2P_ETOOBIG, share_too_big());
        return;
    }
    info = base64_encode(m->info, m->info_size);
    params = json_pack("{s:s,s:s,s:s}", "group", s->group, "name", m->name,
                       "info", info);
    free(info);
    if (m->layers != NULL) {
        layers = base64_encode(m->layers, m->layers_size);
        json_object_set_new(params, "layers", json_string(layers));
        free(layers);
    }
    session_write(s->core->session, "item.publish", params, on_published, s);
}

static void on_progress(void *arg, uint64_t done, uint64_t total)
{
    struct sharing *s = arg;
    struct event *e;
    int64_t ms = loop_now_ms(s->core->loop) - s->started_ms;

    s->done = done;
    s->total = total;
    core_stir(s->core);
    if (s->on_end != NULL) {
        return; /* no command waits for it */
    }
    e = event_new(EVENT_PROGRESS);
    e->request = s->request;
    e->progress.phase = TRANSFER_HASHING;
    e->progress.done = done;
    e->progress.total = total;
    e->progress.rate = ms > 0 ? done * 1000 / (uint64_t)ms : 0;
    e->progress.eta = e->progress.rate > 0
                          ? (int64_t)((total - done) / e->progress.rate)
                          : -1;
    core_post(s->core, e);
}

static void on_withdrawn(void *arg, int code, const char *text, json_t *result)
{
    struct sharing *s = arg;
    struct transfer *old =
        s->has_old ? transfer_find_hash(s->core, s->replaces) : NULL;

    (void)result;
    if (code != 0 && code != P2P_ENOENT) {
        give_up(s, code, text);
        return;
    }
    if (old != NULL) {
        transfer_remove(old, false, 0);
    }
    publish(s);
}

static void withdraw_old(struct sharing *s)
{
    s->has_withdrawn = true;
    session_write(s->core->session, "item.unpublish",
                  json_pack("{s:s,s:s,s:s}", "group", s->group, "name",
                            s->item_name, "hash", s->in_the_way),
                  on_withdrawn, s);
}

/* The file that was served before as another item. */
static void replace(struct sharing *s)
{
    struct transfer *old = transfer_find_hash(s->core, s->replaces);

    if (memcmp(s->manifest->hash, s->replaces, MANIFEST_HASH) != 0) {
        hex_encode(s->replaces, MANIFEST_HASH, s->in_the_way);
        withdraw_old(s);
    } else if (old == NULL || transfer_is_lost(old)) {
        publish(s);
    } else { /* touched, not changed */
        transfer_restamp(old);
        give_up(s, 0, NULL);
    }
}

static void on_hashed(void *arg, int code, const char *why, struct manifest *m,
                      struct storage_stamp *stamps)
{
    struct sharing *s = arg;

    s->share = NULL;
    if (code != 0) {
        give_up(s, code, why);
        return;
    }
    s->manifest = m;
    s->stamps = stamps;
    if (s->is_wanted != NULL && !s->is_wanted(s->arg)) {
        give_up(s, P2P_EVERIFY, _("the file is being written"));
    } else if (s->core->session == NULL) {
        give_up(s, P2P_ENOTRACKER, err_text(P2P_ENOTRACKER));
    } else if (s->has_old) {
        replace(s);
    } else {
        publish(s);
    }
}

static const struct share_ops sharing_ops = {
    .on_progress = on_progress,
    .on_done = on_hashed,
};

static void start_hashing(struct sharing *s, const char *root_pem)
{
    struct share_setup setup = {
        .port = s->core->port,
        .path = s->path,
        .top = s->top,
        .name = s->item_name,
        .piece_length = s->piece_length,
        .leaves_path = s->leaves_path,
        .root_pem = root_pem,
        .ops = &sharing_ops,
        .arg = s,
    };

    s->started_ms = loop_now_ms(s->core->loop);
    s->share = share_start(&setup);
}

static void on_group(void *arg, int code, const char *text, struct group *g)
{
    struct sharing *s = arg;

    if (code != 0) {
        give_up(s, code, text);
        return;
    }
    start_hashing(s, group_root_pem(g));
}

/* Split an absolute path; trailing slashes are dropped. */
static bool split_path(struct sharing *s, const char *path)
{
    size_t length = strlen(path);
    const char *slash;

    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    s->path = mem_strndup(path, length);
    slash = strrchr(s->path, '/');
    if (slash == NULL || slash[1] == '\0') {
        return false;
    }
    s->name = mem_strdup(slash + 1);
    s->directory = slash == s->path
                       ? mem_strdup("/")
                       : mem_strndup(s->path, (size_t)(slash - s->path));
    return true;
}

static struct sharing *sharing_new(struct core *c, uint64_t request,
                                   const char *group)
{
    struct sharing *s = mem_calloc(1, sizeof *s);
    char unique[17];

    s->core = c;
    s->request = request;
    s->group = mem_strdup(group);
    random_hex(8, unique);
    s->leaves_path = mem_printf("%s/leaves-%s.new", c->state_dir, unique);
    map_put(c->shares, &s->request, sizeof s->request, s);
    return s;
}

uint64_t uploadcmd_order(struct core *c, const struct uploadcmd_order *order)
{
    /* Numbers of commands count from 1; orders are far above. */
    static uint64_t last = UINT64_C(1) << 63;
    struct group *g = group_find(c, order->group);
    struct sharing *s;

    if (g == NULL || group_root_pem(g) == NULL) {
        return 0;
    }
    s = sharing_new(c, ++last, order->group);
    s->top = mem_strdup(order->top);
    s->item_name = mem_strdup(order->name);
    s->is_wanted = order->is_wanted;
    s->on_end = order->on_end;
    s->arg = order->arg;
    s->has_old = order->replaces != NULL;
    if (s->has_old) {
        memcpy(s->replaces, order->replaces, sizeof s->replaces);
    }
    (void)split_path(s, order->path);
    start_hashing(s, group_root_pem(g));
    return s->request;
}

void uploadcmd_run(struct core *c, const struct command *command)
{
    struct sharing *s;

    if (command->path == NULL || command->path[0] != '/' ||
        command->group == NULL) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("upload_file needs a path and a group"));
        return;
    }
    if (core_refuse_without_tracker(c, command->request)) {
        return;
    }
    s = sharing_new(c, command->request, command->group);
    s->piece_length = (uint32_t)command->number;
    if (!split_path(s, command->path)) {
        give_up(s, P2P_EINVAL, _("the root directory cannot be shared"));
        return;
    }
    if (command->number != 0 &&
        (command->number < MANIFEST_PIECE_MIN ||
         command->number > MANIFEST_PIECE_MAX ||
         (command->number & (command->number - 1)) != 0)) {
        give_up(s, P2P_EINVAL,
                _("the piece size must be a power of two from 16 KiB to "
                  "16 MiB"));
        return;
    }
    group_need(c, s->group, on_group, s);
}

/* Hashing says itself when it has stopped. A publishing that is under way may
 * take effect; sharing the same again continues from there. */
static void cancel(struct sharing *s)
{
    if (s->share != NULL) {
        share_cancel(s->share);
        return;
    }
    group_forget_waiter(s->core, s);
    session_forget(s->core->session, s);
    give_up(s, P2P_ECANCELED, _("canceled"));
}

bool uploadcmd_cancel(struct core *c, uint64_t request)
{
    struct sharing *s = map_get(c->shares, &request, sizeof request);

    if (s == NULL) {
        return false;
    }
    cancel(s);
    return true;
}

void uploadcmd_cancel_all(struct core *c)
{
    struct sharing *s;
    size_t cursor = 0;

    for (s = map_next(c->shares, &cursor, NULL, NULL); s != NULL;
         s = map_next(c->shares, &cursor, NULL, NULL)) {
        cancel(s);
    }
}

void uploadcmd_drop_all(struct core *c)
{
    struct sharing *s;
    size_t cursor = 0;

    for (s = map_next(c->shares, &cursor, NULL, NULL); s != NULL;
         s = map_next(c->shares, &cursor, NULL, NULL)) {
        sharing_free(s);
    }
}

void uploadcmd_clean_up(const char *state_dir)
{
    DIR *dir = opendir(state_dir);
    struct dirent *entry;
    char *path;

    if (dir == NULL) {
        return;
    }
    for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (fnmatch("leaves-*.new", entry->d_name, 0) == 0) {
            path = mem_printf("%s/%s", state_dir, entry->d_name);
            unlink(path);
            free(path);
        }
    }
    closedir(dir);
}

void uploadcmd_fill_rows(const struct core *c, struct rows *rows)
{
    struct row_transfer *row;
    struct sharing *s;
    size_t cursor = 0;

    for (s = map_next(c->shares, &cursor, NULL, NULL); s != NULL;
         s = map_next(c->shares, &cursor, NULL, NULL)) {
        row = rows_add(rows);
        row->group = mem_strdup(s->group);
        row->name = mem_strdup(s->name);
        row->path = mem_strdup(s->path);
        row->state = TRANSFER_HASHING;
        row->size = s->total;
        row->have = s->done;
        row->eta = -1;
    }
}
