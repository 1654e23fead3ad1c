/* meet: members introduce members, and where they were met is remembered, so
 * that a swarm lives on while no tracker answers.
 *
 * An introduction is a hint, nothing more: it is dialled after what the tracker
 * names, few at a time, and whoever answers must have a certificate. Each user
 * may name so many addresses in a time, whatever it does.
 */
#include "config.h"

#include "engine/swarm_parts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book.h"
#include "engine/content.h"
#include "engine/disk.h"
#include "engine/item.h"
#include "engine/swarm.h"
#include "net/loop.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/manifest.h"

/* ---- The cache --------------------------------------------------------- */

/* The file is read or written by a worker, with a copy of its own. The swarm
 * holds on to the one that reads: a worker may drop it at the end of all. */
struct meet_job {
    atomic_uint refs;
    struct swarm *swarm; /* NULL: gone meanwhile */
    struct content *content;
    struct peercache cache;
    struct err err;
};

static char *cache_path(const struct content *c)
{
    return item_file(content_state_dir(c), content_manifest(c)->hash, "peers");
}

static void job_free(void *arg)
{
    struct meet_job *j = arg;

    if (atomic_fetch_sub(&j->refs, 1) == 1) {
        content_unref(j->content);
        free(j);
    }
}

static void submit(struct swarm *s, struct meet_job *j, void (*work)(void *),
                   void (*done)(void *))
{
    const struct disk_job job = {.work = work,
                                 .done = done,
                                 .drop = job_free,
                                 .arg = j,
                                 .lane = &s->cache, /* one after the other */
                                 .class = DISK_NORMAL};

    disk_submit(s->port, &job);
}

static struct meet_job *job_new(struct swarm *s)
{
    struct meet_job *j = mem_calloc(1, sizeof *j);

    atomic_init(&j->refs, 1);
    j->swarm = s;
    j->content = content_ref(s->content);
    return j;
}

static void save_work(void *arg)
{
    struct meet_job *j = arg;
    char *path = cache_path(j->content);
    int rv = peercache_save(path, &j->cache);

    /* Nothing else depends on it, and a full disk has told already. An item
     * that is being removed has no place for it any more. */
    if (rv < 0 && rv != P2P_ENOENT) {
        log_info("swarm", "cannot write %s: %s", path, err_text(rv));
    }
    free(path);
}

static void save(struct swarm *s)
{
    struct meet_job *j = job_new(s);

    j->cache = s->cache;
    s->cache_is_dirty = false;
    submit(s, j, save_work, job_free);
}

static void on_save_timer(void *arg)
{
    struct swarm *s = arg;

    if (s->cache_is_dirty) {
        save(s);
        timer_start(s->cache_timer, MEET_SAVE_MS);
    }
}

/* The first news goes to the disk at once, what follows is gathered. */
static void cache_changed(struct swarm *s)
{
    s->cache_is_dirty = true;
    if (s->cache_job == NULL && !timer_is_running(s->cache_timer)) {
        on_save_timer(s);
    }
}

static void load_work(void *arg)
{
    struct meet_job *j = arg;
    char *path = cache_path(j->content);

    (void)peercache_load(path, &j->cache, &j->err);
    free(path);
}

static void load_done(void *arg)
{
    struct meet_job *j = arg;
    struct swarm *s = j->swarm;

    if (j->err.code != 0) {
        log_warn("swarm", "%s; the addresses in it are not used", j->err.text);
    }
    if (s != NULL) {
        s->cache_job = NULL;
        job_free(j); /* the other one's */
        for (size_t i = 0; i < j->cache.count; i++) {
            peercache_append(&s->cache, j->cache.list[i]);
            (void)book_add(s->book, j->cache.list[i]);
        }
        if (s->cache_is_dirty) {
            cache_changed(s);
        }
        swarm_dial_more(s);
    }
    job_free(j);
}

void meet_start(struct swarm *s)
{
    s->cache_timer = timer_new(s->loop, on_save_timer, s);
    if (s->load) {
        s->cache_job = job_new(s);
        atomic_fetch_add(&s->cache_job->refs, 1);
        submit(s, s->cache_job, load_work, load_done);
    }
}

void meet_stop(struct swarm *s)
{
    timer_stop(s->cache_timer);
    if (s->cache_is_dirty && s->cache_job == NULL) {
        save(s);
    }
}

void meet_free(struct swarm *s)
{
    if (s->cache_job != NULL) {
        s->cache_job->swarm = NULL;
        job_free(s->cache_job);
    }
    timer_free(s->cache_timer);
}

/* ---- Who is met -------------------------------------------------------- */

void meet_party(struct swarm *s, struct party *y)
{
    ratelimit_init(&y->names, MEET_NAMES_PER_MINUTE / 60.0, MEET_NAMES_BURST,
                   loop_now_ms(s->loop));
}

struct book_entry *meet_learn(struct swarm *s, const struct member *m,
                              const char *address)
{
    struct book_entry *e = book_find(s->book, address);

    if (e != NULL) {
        return e;
    }
    if (!ratelimit_take(&s->parties[m->party].names, 1, loop_now_ms(s->loop))) {
        return NULL;
    }
    return book_introduce(s->book, address, m->party);
}

void meet_known(struct swarm *s, struct member *m)
{
    s->live_changed++;
    if (m->entry == NULL) {
        return;
    }
    m->entry->is_proven = true;
    if (s->load && peercache_add(&s->cache, m->entry->address)) {
        cache_changed(s);
    }
    swarm_dial_more(s); /* there is room for another stranger */
}

void meet_left(struct swarm *s)
{
    s->live_changed++;
}

void meet_banned(struct swarm *s, uint32_t party)
{
    bool was_there = peercache_remove(&s->cache, s->parties[party].address);

    s->live_changed++;
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct member *m = s->members[i];

        if (m != NULL && m->party == party && m->entry != NULL &&
            peercache_remove(&s->cache, m->entry->address)) {
            was_there = true;
        }
    }
    if (was_there) {
        cache_changed(s);
    }
}

/* ---- Telling ----------------------------------------------------------- */

static bool can_be_told(const struct member *m)
{
    return m != NULL && m->was_active &&
           peer_extensions(m->peer)->p2p_peers != 0;
}

/* The same program may be connected twice for a moment. */
static bool is_same_program(const struct member *a, const struct member *b)
{
    return a->party == b->party &&
           memcmp(peer_id(a->peer), peer_id(b->peer), PEER_ID) == 0;
}

/* Whom `to` may be told of: who is connected now, and not itself. */
static size_t list_live(const struct swarm *s, const struct member *to,
                        struct peermsg_address *live)
{
    struct peermsg_address there;
    size_t count = 0;

    if (!introduce_from_text(peer_address(to->peer), &there)) {
        return 0;
    }
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        const struct member *m = s->members[i];

        if (m != NULL && m != to && m->was_active && m->entry != NULL &&
            !s->parties[m->party].banned && !is_same_program(m, to) &&
            introduce_from_text(m->entry->address, &live[count]) &&
            introduce_may_pass(&live[count], &there)) {
            count++;
        }
    }
    return count;
}

void meet_tell(struct swarm *s, struct member *m, int64_t now_ms)
{
    struct peermsg_address live[MEMBERS_MAX];
    struct peermsg_peers news;

    if (m->told_at == s->live_changed || !can_be_told(m) ||
        now_ms < m->told.next_ms) {
        return; /* the usual case: 200 times 200 looks, each second */
    }
    m->told_at = s->live_changed;
    if (introduce_update(&m->told, live, list_live(s, m, live), now_ms,
                         &news)) {
        log_trace("swarm", "%s is told of %zu more members and %zu less",
                  peer_address(m->peer), news.added_count, news.dropped_count);
        peer_send_peers(m->peer, &news);
    }
}

void meet_tick(struct swarm *s, int64_t now_ms)
{
    for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
        if (s->members[i] != NULL) {
            meet_tell(s, s->members[i], now_ms);
        }
    }
}

/* ---- Being told -------------------------------------------------------- */

/* Who is gone for the one that named it, and was never reached by us. */
static void take_dropped(struct swarm *s, const struct member *m,
                         const struct peermsg_address *a)
{
    char address[INTRODUCE_TEXT];
    const struct book_entry *e;

    introduce_to_text(a, address);
    e = book_find(s->book, address);
    if (e != NULL && e->is_introduced && !e->is_proven &&
        e->introducer == m->party && e->state == BOOK_IDLE) {
        book_drop(s->book, address);
    }
}

void meet_told(struct swarm *s, struct member *m,
               const struct peermsg_peers *list)
{
    char address[INTRODUCE_TEXT];
    struct peermsg_address there;
    unsigned refused = 0;

    if (!s->load || s->state.now > SWARM_PARKED ||
        !introduce_from_text(peer_address(m->peer), &there)) {
        return; /* who has everything calls nobody */
    }
    for (size_t i = 0; i < list->dropped_count; i++) {
        take_dropped(s, m, &list->dropped[i]);
    }
    for (size_t i = 0; i < list->added_count; i++) {
        introduce_to_text(&list->added[i], address);
        if (!introduce_may_pass(&list->added[i], &there) ||
            meet_learn(s, m, address) == NULL) {
            refused++;
        }
    }
    log_trace("swarm", "%s names %zu members, %u of them not used",
              peer_address(m->peer), list->added_count, refused);
    swarm_dial_more(s);
}
