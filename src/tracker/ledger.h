/* ledger: the one path by which durable state changes.
 *
 * Commands that arrive in one turn of the loop wait in a queue; the flush
 * decides each (plan), performs it in memory, writes it, and commits all of
 * them in one transaction. Answers and notices follow only after the commit.
 * When writing fails everything of that transaction is undone in memory, so
 * memory and disk never differ; each command is then tried alone, and the one
 * that does not fit is refused. A replicated log will call the same function
 * with commands that are committed by a majority.
 */
#ifndef P2P_TRACKER_LEDGER_H
#define P2P_TRACKER_LEDGER_H

#include <stdint.h>

struct command;
struct effects;
struct ledger;
struct registry;
struct store;

struct ledger_ops {
    /* There is something to flush: call ledger_flush() soon. */
    void (*wake)(void *arg);
    /* A command is committed. Effects still hold what was there before. */
    void (*on_applied)(void *arg, const struct command *c,
                       const struct effects *effects);
};

/* The end of a submitted command: 0 with the outcome ("" or an id), or a code
 * with a sentence. */
typedef void (*ledger_done_cb)(void *arg, int code, const char *outcome,
                               const char *text);

struct ledger_stats {
    uint64_t commands; /* committed */
    uint64_t commits;
    uint64_t refused;  /* by the rules */
    uint64_t failures; /* transactions that could not be written */
    int64_t commit_us; /* sum over the commits */
    int last_failure;  /* code of the last transaction; 0 when it worked */
};

/* Both are borrowed and outlive the ledger. */
struct ledger *ledger_new(struct registry *r, struct store *s,
                          const struct ledger_ops *ops, void *arg);
void ledger_free(struct ledger *l); /* submitted commands end as canceled */

/* Queue a command (taken). `done` (NULL allowed) runs from ledger_flush(). */
void ledger_submit(struct ledger *l, struct command *c, ledger_done_cb done,
                   void *arg);
void ledger_flush(struct ledger *l);

const struct ledger_stats *ledger_stats(const struct ledger *l);

#endif /* P2P_TRACKER_LEDGER_H */
