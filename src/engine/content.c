#include "config.h"

#include "engine/content.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "engine/storage.h"
#include "util/bitfield.h"
#include "util/mem.h"
#include "wire/manifest.h"

struct content {
    atomic_uint refs;
    struct manifest *manifest;
    struct storage *storage;
    struct bitfield *verified;
    char *state_dir;
    char *group;
    atomic_bool is_origin;
};

struct content *content_new(const struct content_setup *setup)
{
    struct content *c = mem_calloc(1, sizeof *c);

    atomic_init(&c->refs, 1);
    c->manifest = setup->manifest;
    c->storage = setup->storage;
    c->verified = setup->verified;
    c->state_dir = mem_strdup(setup->state_dir);
    c->group = mem_strdup(setup->group);
    return c;
}

struct content *content_ref(struct content *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void content_unref(struct content *c)
{
    if (c == NULL ||
        atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    storage_unref(c->storage); /* first: it reads the manifest */
    manifest_free(c->manifest);
    bitfield_free(c->verified);
    free(c->state_dir);
    free(c->group);
    free(c);
}

const struct manifest *content_manifest(const struct content *c)
{
    return c->manifest;
}

struct storage *content_storage(const struct content *c)
{
    return c->storage;
}

struct bitfield *content_verified(const struct content *c)
{
    return c->verified;
}

const char *content_state_dir(const struct content *c)
{
    return c->state_dir;
}

void content_set_origin(struct content *c, bool is_origin)
{
    atomic_store(&c->is_origin, is_origin);
}

bool content_is_origin(const struct content *c)
{
    return atomic_load(&c->is_origin);
}

const char *content_group(const struct content *c)
{
    return c->group;
}
