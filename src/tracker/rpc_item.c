#include "config.h"

#include "tracker/rpc_item.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/merkle.h"
#include "crypto/sha256.h"
#include "tracker/call.h"
#include "tracker/ledger.h"
#include "tracker/store.h"
#include "tracker/swarmdb.h"
#include "util/hex.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/jsonrpc.h"
#include "wire/manifest.h"

static const struct manifest_hasher hasher = {sha256_digest, merkle_file_root};

/* ---- Publish ------------------------------------------------------------ */

static int check_manifest(struct call *c, const struct manifest *m,
                          const char *name)
{
    if (strcmp(m->name, name) != 0) {
        return call_refuse(c, P2P_EINVAL,
                           "the manifest is for an item of another name");
    }
    if (!m->is_private) {
        return call_refuse(c, P2P_EINVAL, "the manifest is not private");
    }
    if (m->root_pem == NULL || strcmp(m->root_pem, c->group->root_pem) != 0) {
        return call_refuse(c, P2P_EINVAL,
                           "the manifest does not carry the group's "
                           "certificate");
    }
    return 0;
}

static struct command *publish_command(const struct call *c,
                                       const struct manifest *m)
{
    struct command *command = call_command(c);

    command->name = mem_strdup(m->name);
    hex_encode(m->hash, MANIFEST_HASH, command->hash);
    record_set_blob(&command->blob, m->info, m->info_size);
    if (m->layers != NULL) {
        record_set_blob(&command->layers, m->layers, m->layers_size);
    }
    command->size = (int64_t)m->size;
    command->piece_length = m->piece_length;
    command->pieces = m->piece_count;
    command->is_directory = m->is_directory;
    return command;
}

int rpc_item_publish(struct call *c, json_t **result)
{
    struct manifest *m = NULL;
    const char *name = NULL;
    uint8_t *info = NULL;
    uint8_t *layers = NULL;
    size_t info_size = 0;
    size_t layers_size = 0;
    int rv;

    (void)result;
    rv = jsonrpc_get_text(c->params, "name", true, TEXT_COMPONENT_MAX, &name,
                          &c->error);
    if (rv == 0) {
        rv = jsonrpc_get_base64(c->params, "info", MANIFEST_INFO_MAX, &info,
                                &info_size, &c->error);
    }
    if (rv == 0 && json_object_get(c->params, "layers") != NULL) {
        rv = jsonrpc_get_base64(c->params, "layers", MANIFEST_LAYERS_MAX,
                                &layers, &layers_size, &c->error);
    }
    if (rv == 0) {
        rv = manifest_parse(info, info_size, layers, layers_size, &hasher, &m,
                            &c->error);
    }
    if (rv == 0) {
        rv = check_manifest(c, m, name);
    }
    if (rv == 0) {
        rv = call_submit(c, publish_command(c, m));
    }
    manifest_free(m);
    free(info);
    free(layers);
    return rv;
}

int rpc_item_unpublish(struct call *c, json_t **result)
{
    bool is_exact = json_object_get(c->params, "hash") != NULL;
    uint8_t hash[SWARMDB_HASH];
    struct command *command;
    const char *name = NULL;
    int rv = jsonrpc_get_text(c->params, "name", true, TEXT_COMPONENT_MAX,
                              &name, &c->error);

    (void)result;
    if (rv == 0 && is_exact) {
        rv = jsonrpc_get_hex(c->params, "hash", hash, sizeof(hash), &c->error);
    }
    if (rv < 0) {
        return rv;
    }
    command = call_command(c);
    command->name = mem_strdup(name);
    if (is_exact) {
        hex_encode(hash, sizeof(hash), command->hash);
    }
    return call_submit(c, command);
}

/* ---- Look --------------------------------------------------------------- */

static json_t *item_json(const struct call *c, const struct record_item *i)
{
    uint8_t hash[SWARMDB_HASH] = {0};
    uint32_t seeders;
    uint32_t leechers;

    hex_decode(i->hash, hash, sizeof(hash));
    swarmdb_counts(c->rpc->swarmdb, hash, &seeders, &leechers);
    return json_pack(
        "{s:s, s:s, s:I, s:s, s:I, s:b, s:I, s:I, s:I, s:I}", "name", i->name,
        "hash", i->hash, "size", (json_int_t)i->size, "publisher",
        call_user_name(c->rpc, i->publisher_id), "time", (json_int_t)i->time,
        "directory", (int)i->is_directory, "piece_length",
        (json_int_t)i->piece_length, "pieces", (json_int_t)i->pieces, "seeders",
        (json_int_t)seeders, "leechers", (json_int_t)leechers);
}

int rpc_item_list(struct call *c, json_t **result)
{
    const struct record_item *i;
    json_t *list = json_array();
    size_t cursor = 0;

    while ((i = registry_group_next(c->rpc->registry, c->group->id, RECORD_ITEM,
                                    &cursor))) {
        json_array_append_new(list, item_json(c, i));
    }
    *result = json_pack("{s:o}", "items", list);
    return 0;
}

int rpc_item_get(struct call *c, json_t **result)
{
    const struct record_item *i = c->item;
    struct record_blob info = {NULL, 0};
    struct record_blob layers = {NULL, 0};
    const char *name = NULL;
    char *text;
    int rv;

    if (i == NULL) {
        rv = jsonrpc_get_text(c->params, "name", true, TEXT_COMPONENT_MAX,
                              &name, &c->error);
        if (rv < 0) {
            return rv;
        }
        i = registry_item(c->rpc->registry, c->group->id, name);
    }
    if (i == NULL) {
        return call_refuse(c, P2P_ENOENT, "no such item");
    }
    rv = store_read_item(c->rpc->store, i, &info, &layers, &c->error);
    if (rv < 0) {
        return rv;
    }
    text = base64_encode(info.data, info.size);
    *result = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I}", "group", c->group->name, "name",
        i->name, "hash", i->hash, "info", text, "publisher",
        call_user_name(c->rpc, i->publisher_id), "time", (json_int_t)i->time);
    free(text);
    if (layers.size > 0) {
        text = base64_encode(layers.data, layers.size);
        json_object_set_new(*result, "layers", json_string(text));
        free(text);
    }
    free(info.data);
    free(layers.data);
    return 0;
}
