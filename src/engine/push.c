#include "config.h"

#include "engine/push.h"

#include <string.h>

#include "engine/announce.h"
#include "engine/core.h"
#include "engine/group.h"
#include "engine/groupcmd.h"
#include "engine/itemcmd.h"
#include "engine/profile.h"
#include "engine/serve.h"
#include "engine/transfer.h"
#include "util/hex.h"
#include "util/intl.h"
#include "wire/manifest.h"

/* A member that a push must have; "?" keeps sentences whole without it. */
static const char *text_of(json_t *params, const char *key)
{
    const char *text = json_string_value(json_object_get(params, key));

    return text != NULL ? text : "?";
}

static void on_requested(struct core *c, json_t *params)
{
    core_notice(c, NOTICE_ASK, text_of(params, "group"), NULL,
                _("%s asks to join %s"), text_of(params, "user"),
                text_of(params, "group"));
    groupcmd_refresh(c);
}

static void on_accepted(struct core *c, json_t *params)
{
    const char *group = text_of(params, "group");

    core_notice(c, NOTICE_DONE, group, NULL, _("You are now a member of %s"),
                group);
    group_refresh(c, group);
    transfer_resume_all(c);
    groupcmd_refresh(c);
    itemcmd_refresh_files(c);
}

static void on_rejected(struct core *c, json_t *params)
{
    const char *reason = json_string_value(json_object_get(params, "reason"));
    const char *group = text_of(params, "group");

    if (reason != NULL && reason[0] != '\0') {
        core_notice(c, NOTICE_WARNING, group, NULL,
                    _("%s did not accept you: %s"), group, reason);
    } else {
        core_notice(c, NOTICE_WARNING, group, NULL, _("%s did not accept you"),
                    group);
    }
    groupcmd_refresh(c);
}

static bool is_watched(const struct core *c, const char *group)
{
    return c->watched_group != NULL && strcmp(c->watched_group, group) == 0;
}

/* Who is in it, what they may, or who is online. */
static void on_group_changed(struct core *c, json_t *params)
{
    groupcmd_refresh(c);
    if (is_watched(c, text_of(params, "group"))) {
        groupcmd_refresh_members(c);
    }
}

static void on_removed(struct core *c, json_t *params)
{
    const char *group = text_of(params, "group");

    core_notice(c, NOTICE_WARNING, group, NULL,
                _("You are no longer a member of %s"), group);
    c->on_group_lost(c, group);
}

static void on_deleted(struct core *c, json_t *params)
{
    const char *group = text_of(params, "group");

    core_notice(c, NOTICE_WARNING, group, NULL, _("The group %s was deleted"),
                group);
    c->on_group_lost(c, group);
}

static void on_deny(struct core *c, json_t *params)
{
    group_deny(c, text_of(params, "group"), params);
}

static void refresh_if_watched(struct core *c, const char *group)
{
    if (is_watched(c, group)) {
        itemcmd_refresh_files(c);
    }
}

static void on_published(struct core *c, json_t *params)
{
    const char *group = text_of(params, "group");
    const char *publisher = text_of(params, "publisher");
    const char *own = profile_user(c->profile);

    if (own == NULL || strcmp(own, publisher) != 0) { /* who did it knows */
        core_notice(c, NOTICE_INFO, group, text_of(params, "name"),
                    _("%s shared %s with %s"), publisher,
                    text_of(params, "name"), group);
    }
    refresh_if_watched(c, group);
}

static void on_unpublished(struct core *c, json_t *params)
{
    uint8_t hash[MANIFEST_HASH];

    if (hex_decode(text_of(params, "hash"), hash, sizeof hash) == 0) {
        if (!serve_unpublished(c->serve, hash)) {
            transfer_unpublished(c, hash, text_of(params, "by"));
        }
    }
    refresh_if_watched(c, text_of(params, "group"));
}

static void on_swarm(struct core *c, json_t *params)
{
    announce_push(c->announce, params);
    core_refresh_files_soon(c); /* who has it is part of the list */
}

static const struct {
    const char *method;
    void (*handle)(struct core *c, json_t *params);
} pushes[] = {
    {"group.requested", on_requested},
    {"group.accepted", on_accepted},
    {"group.rejected", on_rejected},
    {"group.changed", on_group_changed},
    {"group.removed", on_removed},
    {"group.deleted", on_deleted},
    {"group.deny", on_deny},
    {"item.published", on_published},
    {"item.unpublished", on_unpublished},
    {"swarm.changed", on_swarm},
};

void push_handle(struct core *c, const char *method, json_t *params)
{
    size_t i;

    for (i = 0; i < sizeof pushes / sizeof pushes[0]; i++) {
        if (strcmp(pushes[i].method, method) == 0) {
            pushes[i].handle(c, params);
            return;
        }
    }
}
