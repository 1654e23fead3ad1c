#include "config.h"

#include "engine/trackernews.h"

#include <stdlib.h>
#include <string.h>

#include "engine/core.h"
#include "engine/session.h"
#include "engine/uplink.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"

/* What is known of a tracker since it came into the list. */
struct seen {
    char *address;
    bool is_ready;
    bool is_lost;     /* it was ready once */
    bool is_doubtful; /* its certificate is not the pinned one */
};

struct trackernews {
    struct core *core;
    struct seen list[CONTACT_LIST_MAX];
    size_t count;
};

static struct seen *find(struct trackernews *n, const char *address)
{
    size_t i;

    for (i = 0; i < n->count; i++) {
        if (strcmp(n->list[i].address, address) == 0) {
            return &n->list[i];
        }
    }
    return NULL;
}

/* Who was forgotten and is added again begins anew. */
static void forget_removed(struct trackernews *n)
{
    const struct session *s = n->core->session;
    size_t i, k, kept = 0;

    for (i = 0; i < n->count; i++) {
        for (k = 0; k < session_count(s); k++) {
            if (strcmp(uplink_address(session_uplink(s, k)),
                       n->list[i].address) == 0) {
                break;
            }
        }
        if (k < session_count(s)) {
            n->list[kept++] = n->list[i];
        } else {
            free(n->list[i].address);
        }
    }
    n->count = kept;
}

static struct seen *find_or_add(struct trackernews *n, const char *address)
{
    struct seen *s = find(n, address);

    if (s == NULL && n->count < CONTACT_LIST_MAX) {
        s = &n->list[n->count++];
        memset(s, 0, sizeof *s);
        s->address = mem_strdup(address);
    }
    return s;
}

static void tell_loss(const struct trackernews *n, const struct uplink *u)
{
    const char *why = uplink_problem(u);

    core_notice(n->core, NOTICE_WARNING, NULL, uplink_address(u),
                session_connected(n->core->session) > 0
                    ? _("Tracker %s lost: %s")
                    : _("Tracker %s lost; transfers go on: %s"),
                uplink_address(u), why != NULL ? why : _("no answer"));
}

static void look(struct trackernews *n, const struct uplink *u)
{
    struct seen *s = find_or_add(n, uplink_address(u));
    bool is_ready = uplink_is_ready(u);
    bool is_doubtful = uplink_problem_code(u) == P2P_EPIN;

    if (s == NULL) {
        return;
    }
    if (is_doubtful && !s->is_doubtful) {
        core_notice(n->core, NOTICE_ERROR, NULL, uplink_address(u),
                    _("Tracker %s shows another certificate than before and "
                      "is not used"),
                    uplink_address(u));
    } else if (s->is_ready && !is_ready) {
        tell_loss(n, u);
    } else if (s->is_lost && is_ready) {
        core_notice(n->core, NOTICE_DONE, NULL, uplink_address(u),
                    _("Tracker %s is back"), uplink_address(u));
    }
    s->is_lost = !is_ready && (s->is_lost || s->is_ready);
    s->is_doubtful = is_doubtful || (s->is_doubtful && !is_ready);
    s->is_ready = is_ready;
}

void trackernews_update(struct trackernews *n)
{
    const struct session *s = n->core->session;
    size_t i;

    forget_removed(n);
    for (i = 0; i < session_count(s); i++) {
        look(n, session_uplink(s, i));
    }
}

struct trackernews *trackernews_new(struct core *c)
{
    struct trackernews *n = mem_calloc(1, sizeof *n);

    n->core = c;
    return n;
}

void trackernews_free(struct trackernews *n)
{
    size_t i;

    if (n == NULL) {
        return;
    }
    for (i = 0; i < n->count; i++) {
        free(n->list[i].address);
    }
    free(n);
}
