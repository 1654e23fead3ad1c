#include "config.h"

#include "tracker/ledger.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "tracker/command.h"
#include "tracker/plan.h"
#include "tracker/registry.h"
#include "tracker/store.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"

enum {
    LEDGER_BATCH = 256, /* commands in a transaction: bounds what is undone */
    LEDGER_BATCH_BYTES =
        32 * 1024 * 1024 /* of manifests, for the same reason */
};

struct entry {
    STAILQ_ENTRY(entry) link;
    struct command *command;
    ledger_done_cb done;
    void *arg;
    struct effects effects;
    struct err error; /* code 0, PLAN_REPEATED or what refused it */
};
STAILQ_HEAD(entries, entry);

struct ledger {
    struct registry *registry;
    struct store *store;
    const struct ledger_ops *ops;
    void *arg;
    struct entries waiting;
    struct ledger_stats stats;
};

struct ledger *ledger_new(struct registry *r, struct store *s,
                          const struct ledger_ops *ops, void *arg)
{
    struct ledger *l = mem_calloc(1, sizeof(*l));

    l->registry = r;
    l->store = s;
    l->ops = ops;
    l->arg = arg;
    STAILQ_INIT(&l->waiting);
    return l;
}

static void entry_end(struct entry *n)
{
    int code = n->error.code == PLAN_REPEATED ? 0 : n->error.code;

    if (n->done != NULL) {
        n->done(n->arg, code, n->effects.outcome, n->error.text);
    }
    effects_close(&n->effects);
    command_free(n->command);
    free(n);
}

void ledger_free(struct ledger *l)
{
    struct entry *n;

    if (l == NULL) {
        return;
    }
    while ((n = STAILQ_FIRST(&l->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&l->waiting, link);
        err_set(&n->error, P2P_ECANCELED, "the tracker is stopping");
        entry_end(n);
    }
    free(l);
}

void ledger_submit(struct ledger *l, struct command *c, ledger_done_cb done,
                   void *arg)
{
    struct entry *n = mem_calloc(1, sizeof(*n));
    bool first = STAILQ_EMPTY(&l->waiting);

    n->command = c;
    n->done = done;
    n->arg = arg;
    effects_init(&n->effects);
    STAILQ_INSERT_TAIL(&l->waiting, n, link);
    if (first) {
        l->ops->wake(l->arg);
    }
}

/* Decide, perform and write one command inside the open transaction. Its own
 * refusal is noted in the entry; a failure to write is returned. */
static int apply(struct ledger *l, struct entry *n, uint64_t *applied,
                 struct err *e)
{
    int rv;

    n->error.code = 0;
    n->error.text[0] = '\0';
    effects_close(&n->effects);
    rv = plan_command(l->registry, n->command, *applied + 1, &n->effects,
                      &n->error);
    n->error.code = rv;
    if (rv != 0) {
        return 0;
    }
    registry_perform(l->registry, &n->effects);
    ++*applied;
    return store_write(l->store, &n->effects, e);
}

static void undo(struct ledger *l, struct entry *const *list, size_t count)
{
    while (count-- > 0) {
        if (list[count]->effects.performed) {
            registry_undo(l->registry, &list[count]->effects);
        }
    }
}

/* Run the commands in one transaction. On failure nothing has happened, in
 * memory or on disk. */
static int transaction(struct ledger *l, struct entry *const *list,
                       size_t count, struct err *e)
{
    uint64_t before = store_applied(l->store);
    uint64_t applied = before;
    int64_t start = clock_now_us();
    size_t done = 0;
    int rv = store_begin(l->store, e);

    while (rv == 0 && done < count) {
        rv = apply(l, list[done++], &applied, e);
    }
    if (rv == 0 && applied == before) {
        store_rollback(l->store); /* nothing to write */
        return 0;
    }
    if (rv == 0) {
        rv = store_commit(l->store, applied, e);
    }
    if (rv < 0) {
        store_rollback(l->store);
        undo(l, list, done);
        l->stats.failures++;
        if (l->stats.last_failure == 0) {
            log_error("ledger", "cannot write: %s", e->text);
        }
        l->stats.last_failure = rv;
        return rv;
    }
    if (l->stats.last_failure != 0) {
        log_info("ledger", "writing works again");
    }
    l->stats.last_failure = 0;
    l->stats.commits++;
    l->stats.commands += applied - before;
    l->stats.commit_us += clock_now_us() - start;
    return 0;
}

static void fail_all(struct entry *const *list, size_t count,
                     const struct err *e)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (e->code == P2P_ENOSPC) {
            err_set(&list[i]->error, P2P_ENOSPC,
                    "the tracker's disk is full; nothing was changed");
        } else {
            err_set(&list[i]->error, e->code,
                    "the tracker cannot write; nothing was changed");
        }
    }
}

/* Tell the others and answer, in order, now that it is on disk. */
static void finish(struct ledger *l, struct entry *const *list, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        registry_shrink(l->registry, &list[i]->effects);
    }
    for (i = 0; i < count; i++) {
        struct entry *n = list[i];

        if (n->error.code == 0) {
            l->ops->on_applied(l->arg, n->command, &n->effects);
        } else if (n->error.code < 0) {
            l->stats.refused++;
        }
    }
    for (i = 0; i < count; i++) {
        entry_end(list[i]);
    }
}

static size_t take_batch(struct ledger *l, struct entry *list[LEDGER_BATCH])
{
    size_t bytes = 0;
    size_t count = 0;

    while (count < LEDGER_BATCH && bytes < LEDGER_BATCH_BYTES) {
        struct entry *n = STAILQ_FIRST(&l->waiting);

        if (n == NULL) {
            break;
        }
        STAILQ_REMOVE_HEAD(&l->waiting, link);
        bytes += n->command->blob.size + n->command->layers.size;
        list[count++] = n;
    }
    return count;
}

void ledger_flush(struct ledger *l)
{
    struct entry *list[LEDGER_BATCH];
    size_t count;

    while ((count = take_batch(l, list)) > 0) {
        struct err e = {0, ""};
        size_t i;

        if (transaction(l, list, count, &e) == 0) {
            finish(l, list, count);
            continue;
        }
        for (i = 0; i < count; i++) {
            struct err alone = e;

            if (count == 1 || transaction(l, &list[i], 1, &alone) < 0) {
                fail_all(&list[i], 1, &alone);
            }
            finish(l, &list[i], 1);
        }
    }
}

const struct ledger_stats *ledger_stats(const struct ledger *l)
{
    return &l->stats;
}
