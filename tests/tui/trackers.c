#include "config.h"

#include "tests/tui/trackers.h"

#include <stdlib.h>

#include "msgq/event.h"
#include "tests/tui/fixture.h"
#include "util/err.h"
#include "util/mem.h"

#define PIN "7f3a901e55c2084bd16c2faa7309e41b64f7309dce8152bd0a46e817932cc190"
#define MIB (1024ll * 1024ll)

enum { CERT_UNTIL = 1830384000 /* 2028-01-02 */ };

static struct event *trackers_new(void)
{
    struct event *e = event_new(EVENT_ROWS);

    rows_init(&e->rows, ROWS_TRACKERS);
    return e;
}

/* Connected, with a certificate, and silent about itself. */
static struct row_tracker *add(struct event *e, const char *address,
                               int delay_ms)
{
    struct row_tracker *t = rows_add(&e->rows);
    int i;

    t->address = mem_strdup(address);
    t->pin = mem_strdup(PIN);
    t->connected = true;
    t->delay_ms = delay_ms;
    t->cert_until = CERT_UNTIL;
    for (i = 0; i < TRACKER_FIGURES; i++) {
        t->figures[i] = -1;
    }
    for (i = 0; i < ROWS_SLOTS; i++) {
        t->requests[i] = -1;
    }
    return t;
}

/* Requests about `rate` a slot, the last one exactly. */
static void set_figures(struct row_tracker *t, int clients, int64_t uptime,
                        int rate)
{
    int64_t *f = t->figures;
    int i;

    t->logged_in = true;
    t->version = mem_strdup("1.0.0");
    t->role = mem_strdup("alone");
    f[TRACKER_USERS] = 57;
    f[TRACKER_USERS_ONLINE] = 29;
    f[TRACKER_GROUPS] = 31;
    f[TRACKER_ITEMS] = 1204;
    f[TRACKER_ITEM_BYTES] = 3984588ll * MIB;
    f[TRACKER_JOIN_REQUESTS] = 6;
    f[TRACKER_SWARMS] = 212;
    f[TRACKER_PEERS] = 401;
    f[TRACKER_SESSIONS] = clients;
    f[TRACKER_DATABASE_BYTES] = 9541837;
    f[TRACKER_UPTIME] = uptime;
    f[TRACKER_REFUSED] = 0;
    f[TRACKER_MEDIAN_US] = 1900;
    f[TRACKER_SLOW_US] = 11000;
    for (i = 0; i < ROWS_SLOTS && i * ROWS_SLOT_S < uptime; i++) {
        t->requests[ROWS_SLOTS - 1 - i] = rate * (16 - i * 7 % 5) / 16;
    }
}

static void set_log(struct row_tracker *t, const char *role, int64_t term,
                    int64_t index, int64_t behind)
{
    free(t->role);
    t->role = mem_strdup(role);
    t->figures[TRACKER_TERM] = term;
    t->figures[TRACKER_LOG_INDEX] = index;
    t->figures[TRACKER_BEHIND] = behind;
}

struct event *fixture_tracker(void)
{
    struct event *e = trackers_new();

    add(e, "t2.lab:7070", 31);
    return e;
}

struct event *fixture_cluster(void)
{
    struct event *e = trackers_new();
    struct row_tracker *t = add(e, "t1.lab:7070", 12);

    set_figures(t, 9, 130, 480);
    set_log(t, "follower", 7, 18442, 0);
    t = add(e, "t2.lab:7070", 8);
    set_figures(t, 14, 41 * 86400, 610);
    set_log(t, "leader", 7, 18442, 0);
    t->is_primary = true;
    t->figures[TRACKER_MEDIAN_US] = 1200;
    t->figures[TRACKER_SLOW_US] = 6000;
    t = add(e, "t3.lab:7070", 19);
    set_figures(t, 6, 41 * 86400, 370);
    set_log(t, "follower", 7, 18442, 0);
    t->figures[TRACKER_MEDIAN_US] = 2400;
    t->figures[TRACKER_SLOW_US] = 14000;
    return e;
}

struct event *fixture_failover(int behind)
{
    struct event *e = trackers_new();
    struct row_tracker *t = add(e, "t1.lab:7070", 14);

    set_figures(t, 0, 6, 10);
    set_log(t, "follower", 8, 18442 - behind, behind);
    t = add(e, "t2.lab:7070", -1);
    t->connected = false;
    t->problem = mem_strdup("connect to t2.lab:7070: connection refused");
    t->problem_code = P2P_ECONNECT;
    t = add(e, "t3.lab:7070", 19);
    set_figures(t, 29, 41 * 86400, 980);
    set_log(t, "leader", 8, 18442, 0);
    t->is_primary = true;
    return e;
}

struct event *fixture_lone(void)
{
    struct event *e = trackers_new();
    struct row_tracker *t = add(e, "t2.lab:7070", 8);

    set_figures(t, 14, 41 * 86400, 610);
    t->is_primary = true;
    return e;
}

struct event *fixture_two_lone(void)
{
    struct event *e = trackers_new();
    struct row_tracker *t = add(e, "127.0.0.1:7070", 8);

    set_figures(t, 14, 41 * 86400, 610);
    t->is_primary = true;
    t = add(e, "127.0.0.1:7071", 9);
    t->version = mem_strdup("1.0.0");
    return e;
}

struct event *fixture_tracker_notice(int level, int seconds_ago,
                                     const char *text)
{
    struct event *e = fixture_notice(level, seconds_ago, text);

    e->name = mem_strdup("t1.lab:7070");
    return e;
}
