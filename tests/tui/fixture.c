#include "config.h"

#include "tests/tui/fixture.h"

#include <stddef.h>
#include <string.h>

#include "msgq/command.h"
#include "msgq/event.h"
#include "msgq/link.h"
#include "tests/tui/trackers.h"
#include "util/err.h"
#include "util/mem.h"

#define GROUP "dev_team"
#define FILE_NAME "debian-12.11-netinst.iso"

enum {
    PIECES = 1340,
    PIECE_LENGTH = 512 * 1024,
    HAVE = 831,
};

#define MIB (1024ull * 1024ull)

struct event *fixture_session(bool logged_in)
{
    struct event *e = event_new(EVENT_SESSION);

    e->session.connected = true;
    e->session.logged_in = logged_in;
    e->session.tracker = mem_strdup("t2.lab:7070");
    e->session.user = logged_in ? mem_strdup("alice") : NULL;
    e->session.trackers_up = 3;
    e->session.trackers_total = 3;
    e->session.listen_port = 6000;
    return e;
}

struct event *fixture_groups(void)
{
    static const struct {
        const char *name, *owner;
        enum group_role role;
        uint32_t members, online, items, requests;
    } groups[] = {
        {GROUP, "alice", GROUP_OWNER, 5, 4, 6, 2},
        {"film-club", "bob", GROUP_MEMBER, 12, 3, 8, 0},
        {"photos-2026", "carol", GROUP_MEMBER, 7, 1, 40, 0},
        {"robotics", "dave", GROUP_PENDING, 4, 2, 3, 0},
        {"book-swap", "erin", GROUP_NONE, 23, 9, 12, 0},
        {"zine-lab", "grace", GROUP_NONE, 2, 0, 1, 0},
    };
    struct event *e = event_new(EVENT_ROWS);
    size_t i;

    rows_init(&e->rows, ROWS_GROUPS);
    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        struct row_group *g = rows_add(&e->rows);

        g->name = mem_strdup(groups[i].name);
        g->owner = mem_strdup(groups[i].owner);
        g->role = groups[i].role;
        g->members = groups[i].members;
        g->online = groups[i].online;
        g->items = groups[i].items;
        g->requests = groups[i].requests;
        g->created = 1772582400 + (int64_t)i * 864000;
        if (g->role >= GROUP_READER) {
            g->bytes = i == 0 ? 7541 * MIB : (i + 3) * 911 * MIB;
            g->key = mem_strdup("7f3a901e55c2084bd16c2faa7309e41b"
                                "64f7309dce8152bd0a46e817932cc190");
        }
    }
    return e;
}

static const struct {
    const char *name;
    uint64_t size, have;
    enum transfer_state state;
    uint32_t seeders, leechers;
} files[] = {
    {FILE_NAME, 670 * MIB, 416 * MIB, TRANSFER_LOADING, 5, 4},
    {"dataset-v3.tar.zst", 4813 * MIB, 1500 * MIB, TRANSFER_LOADING, 2, 1},
    {"design-notes.pdf", 2202010, 2202010, TRANSFER_SHARING, 3, 0},
    {"firmware_0.9.bin", 6 * MIB, 6 * MIB, TRANSFER_SHARING, 5, 0},
    {"team-offsite.mkv", 1843 * MIB, 0, TRANSFER_NONE, 4, 0},
    {"old-roadmap.odp", 880 * 1024, 0, TRANSFER_NONE, 0, 0},
};

struct event *fixture_files(void)
{
    struct event *e = event_new(EVENT_ROWS);
    size_t i;

    e->group = mem_strdup(GROUP);
    rows_init(&e->rows, ROWS_FILES);
    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct row_file *f = rows_add(&e->rows);

        f->group = mem_strdup(GROUP);
        f->name = mem_strdup(files[i].name);
        f->publisher = mem_strdup("bob");
        f->size = files[i].size;
        f->have = files[i].have;
        f->time = FIXTURE_NOW - 86400;
        f->seeders = files[i].seeders;
        f->leechers = files[i].leechers;
        f->piece_length = PIECE_LENGTH;
        f->piece_count =
            (uint32_t)((files[i].size + PIECE_LENGTH - 1) / PIECE_LENGTH);
        f->state = files[i].state;
    }
    return e;
}

static void fill_sparks(struct row_transfer *t, unsigned step)
{
    static const unsigned char down[] = {3, 4, 4, 5, 6, 8, 7, 8,
                                         8, 8, 7, 8, 8, 8, 8, 8};
    static const unsigned char up[] = {1, 1, 2, 2, 2, 1, 1, 2,
                                       2, 3, 2, 2, 2, 2, 2, 2};
    unsigned i;

    for (i = 0; i < ROWS_SPARK; i++) {
        t->spark_down[i] = down[(i + step) % 16] * MIB;
        t->spark_up[i] = up[(i + step) % 16] * MIB / 2;
    }
}

struct event *fixture_transfers(unsigned step)
{
    struct event *e = event_new(EVENT_ROWS);
    size_t i;

    rows_init(&e->rows, ROWS_TRANSFERS);
    for (i = 0; i < 4; i++) {
        struct row_transfer *t = rows_add(&e->rows);

        t->group = mem_strdup(GROUP);
        t->name = mem_strdup(files[i].name);
        t->state = files[i].state;
        t->size = files[i].size;
        t->have = files[i].have;
        t->piece_length = PIECE_LENGTH;
        t->piece_count = (uint32_t)(files[i].size / PIECE_LENGTH);
        t->pieces_have = (uint32_t)(files[i].have / PIECE_LENGTH);
        t->eta = -1;
        t->seeders = files[i].seeders;
        t->peers = files[i].seeders;
    }
    e->rows.transfers[0].rate_down = 8 * MIB + 419430 + step % 8 * 50000;
    e->rows.transfers[0].rate_up = MIB + 209715;
    e->rows.transfers[0].eta = 30;
    e->rows.transfers[0].peers = 6;
    e->rows.transfers[0].pieces_have = HAVE + step % (PIECES - HAVE);
    fill_sparks(&e->rows.transfers[0], step);
    e->rows.transfers[0].hash = mem_strdup("91c4d20f0a3be5817c66210f9e7d5cab"
                                           "4417b0c2d9ee08a1f35c6be4019a7be0");
    e->rows.transfers[0].path = mem_strdup("/home/alice/Downloads/" FILE_NAME);
    e->rows.transfers[1].rate_down = MIB + 104858;
    e->rows.transfers[1].eta = 3000;
    return e;
}

static void add_transfer(struct rows *r, const char *group, const char *name,
                         enum transfer_state state, uint64_t have,
                         uint64_t size)
{
    struct row_transfer *t = rows_add(r);

    t->group = mem_strdup(group);
    t->name = mem_strdup(name);
    t->state = state;
    t->size = size;
    t->have = have;
    t->piece_length = PIECE_LENGTH;
    t->piece_count = (uint32_t)(size / PIECE_LENGTH);
    t->pieces_have = (uint32_t)(have / PIECE_LENGTH);
    t->eta = -1;
}

struct event *fixture_all_transfers(unsigned step)
{
    static const struct {
        unsigned row;
        uint64_t rate, given; /* in tenths of a MiB, MiB */
    } up[] = {{0, 9, 122}, {2, 1, 61}, {3, 0, 310}, {6, 2, 9216}};
    struct event *e = fixture_transfers(step);
    struct rows *r = &e->rows;
    size_t i;

    add_transfer(r, "film-club", "concert-cut.mkv", TRANSFER_PAUSED, 2793 * MIB,
                 3174 * MIB);
    r->transfers[4].peers = 3;
    add_transfer(r, "photos-2026", "scans-03.zip", TRANSFER_WAITING, 0,
                 212 * MIB);
    r->transfers[5].reason = mem_strdup("nobody online has what is missing");
    add_transfer(r, "film-club", "poster.pdf", TRANSFER_SHARING, 12 * MIB,
                 12 * MIB);
    r->transfers[6].total_down = 12 * MIB;
    r->transfers[6].peers = 11;
    for (i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
        struct row_transfer *t = &r->transfers[up[i].row];

        t->rate_up = up[i].rate * MIB / 10;
        t->total_up = up[i].given * MIB;
    }
    return e;
}

struct event *fixture_takers(void)
{
    static const struct {
        const char *group, *name, *user;
        uint64_t rate, took; /* in tenths of a MiB, MiB */
        uint32_t percent;
    } takers[] = {
        {GROUP, FILE_NAME, "carol", 5, 80, 45},
        {"film-club", "poster.pdf", "heidi", 2, 1, 10},
        {GROUP, FILE_NAME, "erin", 3, 42, 30},
        {GROUP, "design-notes.pdf", "bob", 1, 0, 5},
    };
    struct event *e = event_new(EVENT_ROWS);
    size_t i;

    rows_init(&e->rows, ROWS_TAKERS);
    for (i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
        struct row_taker *k = rows_add(&e->rows);

        k->group = mem_strdup(takers[i].group);
        k->name = mem_strdup(takers[i].name);
        k->user = mem_strdup(takers[i].user);
        k->rate_up = takers[i].rate * MIB / 10;
        k->total_up = takers[i].took * MIB;
        k->pieces = takers[i].percent;
        k->piece_count = 100;
    }
    return e;
}

struct event *fixture_peers(unsigned step)
{
    static const struct {
        const char *user;
        int32_t load, rtt;
        uint64_t rate, gave, up; /* in tenths of a MiB */
        uint32_t here;           /* percent */
    } peers[] = {
        {"bob", 54, 12, 31, 280, 4, 100}, {"carol", 18, 8, 22, 210, 2, 100},
        {"dave", 91, 41, 6, 90, 0, 84},   {"erin", 33, 19, 16, 220, 3, 100},
        {"frank", 47, 96, 7, 125, 0, 62}, {"grace", 72, 33, 2, 75, 0, 71},
    };
    struct event *e = event_new(EVENT_ROWS);
    unsigned i;

    e->group = mem_strdup(GROUP);
    e->name = mem_strdup(FILE_NAME);
    rows_init(&e->rows, ROWS_PEERS);
    for (i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
        struct row_peer *p = rows_add(&e->rows);

        p->letter = (char)('a' + i);
        p->user = mem_strdup(peers[i].user);
        p->address = mem_strdup("10.0.0.7:6000");
        p->load = (peers[i].load + (int32_t)(step * (i + 3)) % 40) % 100;
        p->rtt_ms = peers[i].rtt;
        p->rate_down = peers[i].rate * MIB / 10;
        p->total_down = peers[i].gave * MIB / 10;
        p->pieces = PIECES * peers[i].here / 100;
        p->rate_up = peers[i].up * MIB / 10;
        p->bad_blocks = i == 5 ? 1 : 0;
        p->is_slow = i == 5;
        p->is_incoming = i % 3 == 2;
    }
    return e;
}

/* The first part is complete, the rest is there to a third, as it looks when
 * peers give from everywhere. */
static bool is_here(uint32_t piece, unsigned step)
{
    if (piece < 560) {
        return piece % 61 != 60;
    }
    return (piece * 2654435761u >> 16) % 100 < 36 + step % 64;
}

/* Two minutes: it begins fast, rests, and comes back. */
static void fill_history(struct event_pieces *p, unsigned step)
{
    static const unsigned char down[] = {40, 60, 75, 70, 90, 80, 60,
                                         45, 30, 20, 15, 25, 50, 65,
                                         80, 70, 85, 90, 75, 84};
    unsigned i;

    for (i = 0; i < EVENT_HISTORY; i++) {
        p->rates_down[i] = (uint32_t)(down[(i + step) / 6 % 20] * MIB / 10);
        p->rates_up[i] = (uint32_t)((2 + (i + step) * 7 % 5) * MIB / 5);
    }
}

struct event *fixture_pieces(unsigned step)
{
    static const uint32_t arriving[] = {597, 700, 802, 905, 957, 1010, 1290};
    struct event *e = event_new(EVENT_PIECES);
    struct event_pieces *p = &e->pieces;
    uint32_t i;

    e->group = mem_strdup(GROUP);
    e->name = mem_strdup(FILE_NAME);
    p->piece_count = PIECES;
    p->piece_length = PIECE_LENGTH;
    p->have = mem_calloc((PIECES + 7) / 8, 1);
    p->copies = mem_calloc(PIECES, 1);
    p->source = mem_calloc(PIECES, 1);
    for (i = 0; i < PIECES; i++) {
        if (is_here(i, step)) {
            p->have[i / 8] = (uint8_t)(p->have[i / 8] | 0x80u >> i % 8);
            p->source[i] = (uint8_t)('a' + i % 6);
        }
        p->copies[i] = (uint8_t)(2 + i % 5);
    }
    p->arriving_count = sizeof(arriving) / sizeof(arriving[0]);
    p->arriving = mem_calloc(p->arriving_count, sizeof(*p->arriving));
    for (i = 0; i < p->arriving_count; i++) {
        p->arriving[i].piece = (arriving[i] + step * 7) % PIECES;
        p->arriving[i].letter = (char)('a' + i % 6);
        p->arriving[i].done = (25 + i * 11) % 32;
        p->arriving[i].total = PIECE_LENGTH / 16384;
    }
    p->bad_count = 1;
    p->bad = mem_calloc(1, sizeof(*p->bad));
    p->bad[0].piece = 1061;
    p->bad[0].user = mem_strdup("grace");
    fill_history(p, step);
    return e;
}

struct event *fixture_rates(unsigned step)
{
    struct event *e = event_new(EVENT_RATES);

    e->rate_down = 9 * MIB + 524288 + step % 8 * 50000;
    e->rate_up = MIB + 209715;
    e->disk_free = 91ull << 30;
    return e;
}

struct event *fixture_requests(void)
{
    struct event *e = event_new(EVENT_ROWS);
    struct row_request *r;

    rows_init(&e->rows, ROWS_REQUESTS);
    r = rows_add(&e->rows);
    r->group = mem_strdup(GROUP);
    r->user = mem_strdup("heidi");
    r->message = mem_strdup("hi, Heidi from the print shop");
    r->time = FIXTURE_NOW - 2500;
    r->created = FIXTURE_NOW - 86400;
    r->common = mem_strdup("film-club");
    r = rows_add(&e->rows);
    r->group = mem_strdup(GROUP);
    r->user = mem_strdup("ivan");
    r->time = FIXTURE_NOW - 90000;
    r->created = FIXTURE_NOW - 864000;
    return e;
}

struct event *fixture_members(void)
{
    static const struct {
        const char *user;
        enum group_role role;
        const char *key; /* its ends */
    } users[] = {
        {"alice", GROUP_OWNER, "7f3ac190"},  {"bob", GROUP_ADMIN, "0b77aa1f"},
        {"carol", GROUP_MEMBER, "c4d1038e"}, {"dave", GROUP_READER, "9e207740"},
        {"erin", GROUP_MEMBER, NULL},
    };
    struct event *e = event_new(EVENT_ROWS);
    size_t i;

    e->group = mem_strdup(GROUP);
    rows_init(&e->rows, ROWS_MEMBERS);
    for (i = 0; i < 5; i++) {
        struct row_member *m = rows_add(&e->rows);

        m->user = mem_strdup(users[i].user);
        m->role = users[i].role;
        m->online = i != 3;
        m->seen = i == 3 ? FIXTURE_NOW - 7300 : 0;
        m->since = FIXTURE_NOW - 8000000;
        if (users[i].key != NULL) {
            m->key =
                mem_printf("%.4s%056d%.4s", users[i].key, 0, users[i].key + 4);
        }
    }
    return e;
}

struct event *fixture_notice(int level, int seconds_ago, const char *text)
{
    struct event *e = event_new(EVENT_NOTICE);

    e->level = (enum notice_level)level;
    e->time = FIXTURE_NOW - seconds_ago;
    e->text = mem_strdup(text);
    return e;
}

struct event *fixture_group_notice(int level, int seconds_ago, const char *text)
{
    struct event *e = fixture_notice(level, seconds_ago, text);

    e->group = mem_strdup(GROUP);
    return e;
}

static void post(struct link *l, struct event *e)
{
    if (!link_post(l, e)) {
        event_free(e);
    }
}

void fixture_post(struct link *l)
{
    post(l, fixture_session(true));
    post(l, fixture_groups());
    post(l, fixture_files());
    post(l, fixture_transfers(0));
    post(l, fixture_peers(0));
    post(l, fixture_pieces(0));
    post(l, fixture_rates(0));
    post(l, fixture_notice(NOTICE_WARNING, 804,
                           "tracker t1.lab lost; using t2.lab"));
    post(l, fixture_notice(NOTICE_INFO, 129,
                           "tracker t1.lab is back, caught up 412 entries "
                           "in 0.8 s"));
    post(l, fixture_notice(NOTICE_WARNING, 31,
                           "piece 1061 from grace failed its check; asked "
                           "again from bob"));
    post(l, fixture_notice(NOTICE_INFO, 13,
                           "erin joined the swarm of " FILE_NAME));
    post(l, fixture_notice(NOTICE_DONE, 0,
                           "design-notes.pdf is verified and shared with "
                           "dev_team"));
}

static struct event *rows_for(const struct command *c)
{
    switch (c->kind) {
    case COMMAND_LIST_GROUPS:
    case COMMAND_LIST_MY_GROUPS:
        return fixture_groups();
    case COMMAND_LIST_FILES:
        return strcmp(c->group, GROUP) == 0 ? fixture_files() : NULL;
    case COMMAND_LIST_REQUESTS:
        return fixture_requests();
    case COMMAND_MEMBERS:
        return fixture_members();
    case COMMAND_TRACKERS:
        return fixture_tracker();
    default:
        return NULL;
    }
}

struct event *fixture_answer(const struct command *c)
{
    struct event *reply = event_new(EVENT_REPLY);
    struct event *rows = rows_for(c);

    if (rows != NULL) {
        reply->rows = rows->rows;
        memset(&rows->rows, 0, sizeof(rows->rows));
        event_free(rows);
    }
    reply->request = c->request;
    if (c->kind == COMMAND_LOGIN && c->secret != NULL &&
        strcmp(c->secret, "wrong") == 0) {
        reply->code = P2P_EAUTH;
        reply->text = mem_strdup("Wrong name or password.");
    }
    return reply;
}
