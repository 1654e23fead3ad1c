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
    free(s->group);
    free(s->directory);
    free(s->name);
    free(s->path);
    free(s);
}

static void give_up(struct sharing *s, int code, const char *text)
{
    core_reply(s->core, s->request, code, text);
    sharing_free(s);
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
        if (transfer_is_complete(there)) {
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
    transfer_adopt(s->core, r, FILEJOB_SHARE, s->leaves_path, s->request);
    free(s->leaves_path);
    s->leaves_path = NULL; /* the adoption renames it */
    sharing_free(s);
}

static void on_compared(void *arg, int code, const char *text, json_t *result)
{
    struct sharing *s = arg;
    const char *hash = json_string_value(json_object_get(result, "hash"));
    char own[2 * MANIFEST_HASH + 1];
    char sentence[ERR_TEXT_MAX];

    if (code != 0) {
        give_up(s, code, text);
        return;
    }
    hex_encode(s->manifest->hash, MANIFEST_HASH, own);
    if (hash != NULL && strcmp(hash, own) == 0) {
        adopt(s);
        return;
    }
    snprintf(sentence, sizeof sentence,
             _("%s already holds another item called %s; rename yours, or "
               "unpublish the other one first"),
             s->group, s->manifest->name);
    give_up(s, P2P_EEXIST, sentence);
}

static void on_published(void *arg, int code, const char *text, json_t *result)
{
    struct sharing *s = arg;

    (void)result;
    if (code == 0) {
        core_notice(s->core, NOTICE_DONE, s->group, s->manifest->name,
                    _("%s is shared with %s"), s->manifest->name, s->group);
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
        give_up(s, P2P_ETOOBIG,
                _("its description is larger than the tracker takes; share it "
                  "in parts, or with a larger piece size"));
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
    struct event *e = event_new(EVENT_PROGRESS);
    int64_t ms = loop_now_ms(s->core->loop) - s->started_ms;

    s->done = done;
    s->total = total;
    e->request = s->request;
    e->progress.phase = TRANSFER_HASHING;
    e->progress.done = done;
    e->progress.total = total;
    e->progress.rate = ms > 0 ? done * 1000 / (uint64_t)ms : 0;
    e->progress.eta = e->progress.rate > 0
                          ? (int64_t)((total - done) / e->progress.rate)
                          : -1;
    core_post(s->core, e);
    core_stir(s->core);
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
    publish(s);
}

static const struct share_ops sharing_ops = {
    .on_progress = on_progress,
    .on_done = on_hashed,
};

static void on_group(void *arg, int code, const char *text, struct group *g)
{
    struct sharing *s = arg;
    struct share_setup setup = {
        .port = s->core->port,
        .path = s->path,
        .piece_length = s->piece_length,
        .leaves_path = s->leaves_path,
        .ops = &sharing_ops,
        .arg = s,
    };

    if (code != 0) {
        give_up(s, code, text);
        return;
    }
    setup.root_pem = group_root_pem(g);
    s->started_ms = loop_now_ms(s->core->loop);
    s->share = share_start(&setup);
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

void uploadcmd_run(struct core *c, const struct command *command)
{
    struct sharing *s;
    char unique[17];

    if (command->path == NULL || command->path[0] != '/' ||
        command->group == NULL) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("upload_file needs a path and a group"));
        return;
    }
    if (core_refuse_without_tracker(c, command->request)) {
        return;
    }
    s = mem_calloc(1, sizeof *s);
    s->core = c;
    s->request = command->request;
    s->group = mem_strdup(command->group);
    s->piece_length = (uint32_t)command->number;
    random_hex(8, unique);
    s->leaves_path = mem_printf("%s/leaves-%s.new", c->state_dir, unique);
    map_put(c->shares, &s->request, sizeof s->request, s);
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
