#include "config.h"

#include "engine/watch.h"

#include <stdlib.h>
#include <string.h>

#include "engine/core.h"
#include "engine/groupcmd.h"
#include "engine/itemcmd.h"
#include "engine/transfer.h"
#include "engine/transferview.h"
#include "engine/uploadcmd.h"
#include "util/map.h"
#include "util/mem.h"

static struct transfer *watched(struct core *c)
{
    if (c->watched_group == NULL || c->watched_name == NULL) {
        return NULL;
    }
    return transfer_find(c, c->watched_group, c->watched_name);
}

const uint8_t *watch_hash(struct core *c)
{
    struct transfer *t = watched(c);

    return t != NULL ? transfer_hash(t) : NULL;
}

static bool is_same(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

void watch_command(struct core *c, const struct command *command)
{
    bool first = !c->is_watched;
    bool new_group = !is_same(c->watched_group, command->group);

    c->is_watched = true;
    free(c->watched_group);
    free(c->watched_name);
    c->watched_group = mem_strdup(command->group);
    c->watched_name = mem_strdup(command->name);
    if (first) {
        groupcmd_refresh(c);
    }
    if (first || new_group) {
        itemcmd_refresh_files(c);
    }
    core_reply(c, command->request, 0, NULL);
    core_stir(c);
}

static void post_transfers(struct core *c)
{
    struct transfer *t;
    struct rows rows;
    size_t cursor = 0;

    rows_init(&rows, ROWS_TRANSFERS);
    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        transfer_fill_row(t, rows_add(&rows));
    }
    uploadcmd_fill_rows(c, &rows);
    core_post_rows(c, NULL, NULL, &rows);
}

static void post_pieces(struct core *c, struct transfer *t)
{
    struct event *e = event_new(EVENT_PIECES);

    e->group = mem_strdup(transfer_group(t));
    e->name = mem_strdup(transfer_name(t));
    transfer_get_pieces(t, &e->pieces);
    core_post(c, e);
}

static void post_rates(struct core *c)
{
    struct event *e = event_new(EVENT_RATES);

    e->rate_down = c->rate_down;
    e->rate_up = c->rate_up;
    core_post(c, e);
}

void watch_tick(struct core *c, struct rows *served_peers)
{
    struct transfer *t;

    if (!c->is_watched) {
        return;
    }
    post_transfers(c);
    post_rates(c);
    t = watched(c);
    if (t != NULL) {
        post_pieces(c, t);
        if (served_peers->kind == ROWS_NONE) {
            rows_init(served_peers, ROWS_PEERS);
        }
        transfer_get_peers(t, served_peers);
        core_post_rows(c, c->watched_group, c->watched_name, served_peers);
    }
}
