#include "config.h"

#include "engine/watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "engine/core.h"
#include "engine/disk.h"
#include "engine/groupcmd.h"
#include "engine/itemcmd.h"
#include "engine/transfer.h"
#include "engine/transferview.h"
#include "engine/uploadcmd.h"
#include "net/loop.h"
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
    c->watches_takers = (command->number & COMMAND_WATCH_TAKERS) != 0;
    memset(&c->seen, 0, sizeof c->seen); /* post everything once more */
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
    core_refresh_files_soon(c); /* who holds it may have changed */
    core_reply(c, command->request, 0, NULL);
    core_stir(c);
}

/* ---- What changed -------------------------------------------------------
 * A screen that shows nothing new must not wake: every table is posted only
 * when its fingerprint (FNV-1a over all fields) differs from the last one. */

static void mix(uint64_t *sum, const void *data, size_t size)
{
    const uint8_t *at = data;
    size_t i;

    for (i = 0; i < size; i++) {
        *sum = (*sum ^ at[i]) * UINT64_C(1099511628211);
    }
}

static void mix_number(uint64_t *sum, uint64_t number)
{
    mix(sum, &number, sizeof number);
}

static void mix_text(uint64_t *sum, const char *text)
{
    if (text != NULL) {
        mix(sum, text, strlen(text));
    }
    mix_number(sum, text != NULL);
}

static uint64_t sum_transfers(const struct rows *rows)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    const struct row_transfer *t;
    size_t i;

    for (i = 0; i < rows->count; i++) {
        t = &rows->transfers[i];
        mix_text(&sum, t->group);
        mix_text(&sum, t->name);
        mix_text(&sum, t->reason);
        mix_number(&sum, t->state);
        mix_number(&sum, t->have);
        mix_number(&sum, t->rate_down);
        mix_number(&sum, t->rate_up);
        mix_number(&sum, t->total_up);
        mix_number(&sum, t->peers);
        mix(&sum, t->spark_down, sizeof t->spark_down);
        mix(&sum, t->spark_up, sizeof t->spark_up);
    }
    return sum;
}

static uint64_t sum_peers(const struct rows *rows)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    const struct row_peer *p;
    size_t i;

    for (i = 0; i < rows->count; i++) {
        p = &rows->peers[i];
        mix_text(&sum, p->address);
        mix_text(&sum, p->reason);
        mix_number(&sum, p->rate_down);
        mix_number(&sum, p->rate_up);
        mix_number(&sum, p->total_down);
        mix_number(&sum, p->total_up);
        mix_number(&sum, p->pieces);
        mix_number(&sum, p->queue);
        mix_number(&sum, (uint64_t)(int64_t)p->load);
    }
    return sum;
}

static uint64_t sum_takers(const struct rows *rows)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    const struct row_taker *k;
    size_t i;

    for (i = 0; i < rows->count; i++) {
        k = &rows->takers[i];
        mix_text(&sum, k->group);
        mix_text(&sum, k->name);
        mix_text(&sum, k->user);
        mix_number(&sum, k->rate_up);
        mix_number(&sum, k->total_up);
        mix_number(&sum, k->pieces);
    }
    return sum;
}

static uint64_t sum_pieces(const struct event_pieces *p)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    uint32_t i;

    if (p->have != NULL) {
        mix(&sum, p->have, (p->piece_count + 7) / 8);
    }
    if (p->copies != NULL) {
        mix(&sum, p->copies, p->piece_count);
    }
    for (i = 0; i < p->arriving_count; i++) {
        mix_number(&sum, p->arriving[i].piece);
        mix_number(&sum, (uint64_t)p->arriving[i].letter);
        mix_number(&sum, p->arriving[i].done);
    }
    mix_number(&sum, p->piece_count);
    mix_number(&sum, p->arriving_count);
    mix_number(&sum, p->bad_count);
    mix(&sum, p->rates_down, sizeof p->rates_down);
    mix(&sum, p->rates_up, sizeof p->rates_up);
    return sum;
}

static bool has_changed(uint64_t *seen, uint64_t now)
{
    if (*seen == now) {
        return false;
    }
    *seen = now;
    return true;
}

/* ---- Posting ------------------------------------------------------------ */

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
    if (has_changed(&c->seen.transfers, sum_transfers(&rows))) {
        core_post_rows(c, NULL, NULL, &rows);
    } else {
        rows_close(&rows);
    }
}

static void post_pieces(struct core *c, struct transfer *t)
{
    struct event *e = event_new(EVENT_PIECES);

    e->group = mem_strdup(transfer_group(t));
    e->name = mem_strdup(transfer_name(t));
    transfer_get_pieces(t, &e->pieces);
    if (has_changed(&c->seen.pieces, sum_pieces(&e->pieces))) {
        core_post(c, e);
    } else {
        event_free(e);
    }
}

static void post_peers(struct core *c, struct transfer *t,
                       struct rows *served_peers)
{
    if (served_peers->kind == ROWS_NONE) {
        rows_init(served_peers, ROWS_PEERS);
    }
    transfer_get_peers(t, served_peers);
    if (has_changed(&c->seen.peers, sum_peers(served_peers))) {
        core_post_rows(c, c->watched_group, c->watched_name, served_peers);
    }
}

void watch_takers(struct core *c, struct rows *takers)
{
    struct transfer *t;
    size_t cursor = 0;

    for (t = map_next(c->transfers, &cursor, NULL, NULL); t != NULL;
         t = map_next(c->transfers, &cursor, NULL, NULL)) {
        transfer_get_takers(t, takers);
    }
    if (has_changed(&c->seen.takers, sum_takers(takers))) {
        core_post_rows(c, NULL, NULL, takers);
    }
}

static void post_rates(struct core *c)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    struct event *e;

    mix_number(&sum, c->rate_down);
    mix_number(&sum, c->rate_up);
    mix_number(&sum, c->disk_free);
    if (!has_changed(&c->seen.rates, sum)) {
        return;
    }
    e = event_new(EVENT_RATES);
    e->rate_down = c->rate_down;
    e->rate_up = c->rate_up;
    e->disk_free = c->disk_free;
    core_post(c, e);
}

/* ---- Free space: a disk that hangs must not hang this thread ------------- */

struct look {
    struct core *core;
    char *path;
    uint64_t bytes;
};

static void look_free(void *arg)
{
    struct look *l = arg;

    free(l->path);
    free(l);
}

static void look_work(void *arg)
{
    struct look *l = arg;
    struct statvfs st;

    if (statvfs(l->path, &st) == 0) {
        l->bytes = (uint64_t)st.f_bavail * st.f_frsize;
    }
}

static void look_done(void *arg)
{
    struct look *l = arg;

    l->core->disk_free = l->bytes;
    if (!l->core->is_stopping) {
        post_rates(l->core);
    }
    look_free(l);
}

static void look_at_disk(struct core *c)
{
    struct disk_job job = {
        .work = look_work,
        .done = look_done,
        .drop = look_free,
        .class = DISK_NORMAL,
    };
    struct look *l;

    if (c->disk_ms != 0 && loop_now_ms(c->loop) - c->disk_ms < CORE_DISK_MS) {
        return;
    }
    c->disk_ms = loop_now_ms(c->loop);
    l = mem_calloc(1, sizeof *l);
    l->core = c;
    l->path = mem_strdup(c->download_dir);
    job.arg = l;
    disk_submit(c->port, &job);
}

void watch_tick(struct core *c, struct rows *served_peers)
{
    struct transfer *t;

    if (!c->is_watched) {
        return;
    }
    look_at_disk(c);
    post_transfers(c);
    post_rates(c);
    t = watched(c);
    if (t != NULL) {
        post_pieces(c, t);
        post_peers(c, t, served_peers);
    }
}
