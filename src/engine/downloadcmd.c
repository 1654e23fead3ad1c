#include "config.h"

#include "engine/downloadcmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/core.h"
#include "engine/group.h"
#include "engine/hasher.h"
#include "engine/item.h"
#include "engine/session.h"
#include "engine/transfer.h"
#include "engine/transferview.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/mem.h"
#include "wire/jsonrpc.h"
#include "wire/manifest.h"

/* One download_file until it is a transfer. */
struct fetch {
    struct core *core;
    uint64_t request;
    char *group; /* NULL until the item is found in one */
    char *name;
    char *path;         /* NULL: the download directory */
    char *other_group;  /* a second one with an item of that name */
    unsigned lists;     /* answers still to come while searching */
    char *list_problem; /* why a list could not be read */
    struct manifest *manifest;
};

/* One item.list of the search. */
struct search {
    struct fetch *fetch;
    char *group;
};

static void fetch_free(struct fetch *f)
{
    manifest_free(f->manifest);
    free(f->group);
    free(f->other_group);
    free(f->name);
    free(f->path);
    free(f->list_problem);
    free(f);
}

static void give_up(struct fetch *f, int code, const char *text)
{
    core_reply(f->core, f->request, code, text);
    fetch_free(f);
}

/* ---- Where to put it --------------------------------------------------- */

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "dir", "dir/" or "dir/new-name", as cp understands its target. */
static void choose_place(const struct fetch *f, struct item_record *r)
{
    const char *path = f->path != NULL ? f->path : f->core->download_dir;
    const char *slash = strrchr(path, '/');
    size_t length;

    if (f->path == NULL || is_directory(path) || slash[1] == '\0') {
        length = strlen(path);
        while (length > 1 && path[length - 1] == '/') {
            length--;
        }
        r->directory = mem_strndup(path, length);
        r->file_name = mem_strdup(f->manifest->name);
        return;
    }
    r->directory = slash == path ? mem_strdup("/")
                                 : mem_strndup(path, (size_t)(slash - path));
    r->file_name = mem_strdup(slash + 1);
}

/* ---- Starting ---------------------------------------------------------- */

static void start(struct fetch *f)
{
    struct item_record *r = mem_calloc(1, sizeof *r);

    choose_place(f, r);
    r->group = mem_strdup(f->group);
    r->name = mem_strdup(f->manifest->name);
    r->wish = ITEM_RUN;
    r->manifest = f->manifest;
    f->manifest = NULL;
    transfer_adopt(f->core, r, FILEJOB_DOWNLOAD, NULL, f->request);
    core_stir(f->core);
    fetch_free(f);
}

static void on_group(void *arg, int code, const char *text, struct group *g)
{
    struct fetch *f = arg;
    struct transfer *there;

    if (code != 0) {
        give_up(f, code, text);
        return;
    }
    if (f->manifest->root_pem == NULL ||
        strcmp(f->manifest->root_pem, group_root_pem(g)) != 0) {
        give_up(f, P2P_EVERIFY,
                _("the item was not made for this group: its certificate is "
                  "another one"));
        return;
    }
    /* Another command may have started it meanwhile. */
    there = transfer_find_hash(f->core, f->manifest->hash);
    if (there != NULL) {
        transfer_wait(there, f->request);
        fetch_free(f);
        return;
    }
    start(f);
}

static int parse_manifest(json_t *result, struct manifest **out, struct err *e)
{
    uint8_t *info = NULL, *layers = NULL;
    size_t info_size = 0, layers_size = 0;
    int rv;

    rv = jsonrpc_get_base64(result, "info", MANIFEST_INFO_MAX, &info,
                            &info_size, e);
    if (rv == 0 && json_is_string(json_object_get(result, "layers"))) {
        rv = jsonrpc_get_base64(result, "layers", MANIFEST_LAYERS_MAX, &layers,
                                &layers_size, e);
    }
    if (rv == 0) {
        rv = manifest_parse(info, info_size, layers, layers_size,
                            &engine_hasher, out, e);
    }
    free(info);
    free(layers);
    return rv;
}

int downloadcmd_read_item(json_t *result, const char *name,
                          struct manifest **out, struct err *e)
{
    const char *hash = json_string_value(json_object_get(result, "hash"));
    struct manifest *m;
    char own[2 * MANIFEST_HASH + 1];
    int rv = parse_manifest(result, &m, e);

    if (rv != 0) {
        return rv;
    }
    hex_encode(m->hash, MANIFEST_HASH, own);
    if (hash == NULL || strcmp(hash, own) != 0 || strcmp(m->name, name) != 0) {
        manifest_free(m);
        return err_set(e, P2P_EVERIFY, "%s",
                       _("the tracker's description of the item does not fit "
                         "its name and hash"));
    }
    *out = m;
    return 0;
}

static void on_item(void *arg, int code, const char *text, json_t *result)
{
    struct fetch *f = arg;
    char why[ERR_TEXT_MAX];
    struct err e = {0};

    if (code == 0) {
        code = downloadcmd_read_item(result, f->name, &f->manifest, &e);
        text = e.text;
    }
    if (code != 0) {
        give_up(f, code, text);
        return;
    }
    /* Such files are not seen, and programs obey some of them: none appears
     * where nobody asked for it. */
    if (f->manifest->has_hidden && f->path == NULL) {
        snprintf(why, sizeof why,
                 _("%s has names that begin with a dot; say where to put it: "
                   "download_file GROUP FILE DIRECTORY/"),
                 f->name);
        give_up(f, P2P_EINVAL, why);
        return;
    }
    group_need(f->core, f->group, on_group, f);
}

static void get_item(struct fetch *f)
{
    session_call(f->core->session, "item.get",
                 json_pack("{s:s,s:s}", "group", f->group, "name", f->name),
                 on_item, f);
}

/* ---- Searching my groups ----------------------------------------------- */

static void end_search(struct fetch *f)
{
    char text[ERR_TEXT_MAX];

    if (f->other_group != NULL) {
        snprintf(text, sizeof text,
                 _("%s is in %s and in %s; say which: download_file GROUP "
                   "FILE"),
                 f->name, f->group, f->other_group);
        give_up(f, P2P_EINVAL, text);
    } else if (f->group == NULL && f->list_problem != NULL) {
        give_up(f, P2P_ENOENT, f->list_problem);
    } else if (f->group == NULL) {
        snprintf(text, sizeof text,
                 _("none of your groups has a file %s; 'list_files GROUP' "
                   "shows what is there"),
                 f->name);
        give_up(f, P2P_ENOENT, text);
    } else {
        get_item(f);
    }
}

static void note_match(struct fetch *f, const char *group)
{
    if (f->group == NULL) {
        f->group = mem_strdup(group);
    } else if (f->other_group == NULL) {
        f->other_group = mem_strdup(group);
    }
}

static void on_list(void *arg, int code, const char *text, json_t *result)
{
    struct search *s = arg;
    struct fetch *f = s->fetch;
    const char *name;
    json_t *one;
    size_t i;

    if (code != 0 && f->list_problem == NULL) {
        f->list_problem = mem_strdup(text);
    }
    json_array_foreach(json_object_get(result, "items"), i, one)
    {
        name = json_string_value(json_object_get(one, "name"));
        if (name != NULL && strcmp(name, f->name) == 0) {
            note_match(f, s->group);
        }
    }
    free(s->group);
    free(s);
    f->lists--;
    if (f->lists == 0) {
        end_search(f);
    }
}

static void on_groups(void *arg, int code, const char *text, json_t *result)
{
    struct fetch *f = arg;
    struct search *s;
    const char *group, *role;
    json_t *one;
    size_t i;

    if (code != 0) {
        give_up(f, code, text);
        return;
    }
    f->lists = 1; /* ours, so that no answer ends the search before the loop */
    json_array_foreach(json_object_get(result, "groups"), i, one)
    {
        group = json_string_value(json_object_get(one, "group"));
        role = json_string_value(json_object_get(one, "role"));
        if (group == NULL || role == NULL ||
            group_role_from_word(role) < GROUP_READER) {
            continue;
        }
        s = mem_calloc(1, sizeof *s);
        s->fetch = f;
        s->group = mem_strdup(group);
        f->lists++;
        session_call(f->core->session, "item.list",
                     json_pack("{s:s}", "group", group), on_list, s);
    }
    f->lists--;
    if (f->lists == 0) {
        end_search(f);
    }
}

/* What is here under this name may have been replaced in the group while we
 * were away, so the tracker is asked; without one, what is here is what counts.
 */
struct recheck {
    struct core *core;
    struct command command; /* own copies of its strings */
};

static void recheck_free(struct recheck *k)
{
    free(k->command.group);
    free(k->command.name);
    free(k->command.path);
    free(k);
}

static void fetch_new(struct core *c, const struct command *command);

static void on_rechecked(void *arg, int code, const char *text, json_t *result)
{
    struct recheck *k = arg;
    struct transfer *there =
        transfer_find(k->core, k->command.group, k->command.name);
    const char *hex = json_string_value(json_object_get(result, "hash"));
    uint8_t hash[MANIFEST_HASH];

    (void)text;
    if (code == 0 && hex != NULL && hex_decode(hex, hash, sizeof hash) == 0) {
        there = transfer_find_hash(k->core, hash);
    }
    if (there != NULL) {
        transfer_wait(there, k->command.request);
    } else {
        fetch_new(k->core, &k->command);
    }
    recheck_free(k);
}

static void recheck(struct core *c, struct transfer *there,
                    const struct command *command)
{
    struct recheck *k;

    if (c->session == NULL) {
        transfer_wait(there, command->request);
        return;
    }
    k = mem_calloc(1, sizeof *k);
    k->core = c;
    k->command.request = command->request;
    k->command.group = mem_strdup(transfer_group(there));
    k->command.name = mem_strdup(command->name);
    k->command.path = mem_strdup(command->path);
    session_call(c->session, "item.get",
                 json_pack("{s:s,s:s}", "group", k->command.group, "name",
                           k->command.name),
                 on_rechecked, k);
}

static void fetch_new(struct core *c, const struct command *command)
{
    struct fetch *f = mem_calloc(1, sizeof *f);

    f->core = c;
    f->request = command->request;
    f->group = mem_strdup(command->group);
    f->name = mem_strdup(command->name);
    f->path = mem_strdup(command->path);
    if (f->group != NULL) {
        get_item(f);
    } else {
        session_call(c->session, "group.list", json_pack("{s:b}", "mine", 1),
                     on_groups, f);
    }
}

void downloadcmd_run(struct core *c, const struct command *command)
{
    struct transfer *there;
    struct err e = {0};
    int rv;

    if (command->name == NULL ||
        (command->path != NULL && command->path[0] != '/')) {
        core_reply(c, command->request, P2P_EUSAGE,
                   _("download_file needs a group and a file"));
        return;
    }
    rv = transfer_find_named(c, command->group, command->name, &there, &e);
    if (rv == P2P_EINVAL) {
        core_reply(c, command->request, rv, e.text);
        return;
    }
    if (there != NULL && transfer_is_lost(there)) {
        transfer_remove(there, false, 0); /* somebody deleted the files */
        there = NULL;
    }
    if (there != NULL) {
        recheck(c, there, command);
    } else if (!core_refuse_without_tracker(c, command->request)) {
        fetch_new(c, command);
    }
}
