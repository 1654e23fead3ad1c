/* logbook: keeps the journal and the leaves file of one loading item up to
 * date, in the background and in order: one job at a time takes everything that
 * waits, so a fast download has few jobs.
 *
 *   opening -> records, marks -> logbook_finish: files named -> logbook_close
 * A failed job is kept and tried again by logbook_retry().
 */
#ifndef P2P_ENGINE_LOGBOOK_H
#define P2P_ENGINE_LOGBOOK_H

#include <stdbool.h>
#include <stdint.h>

struct content;
struct disk_port;
struct logbook;
struct loop;

enum {
    LOGBOOK_MARK_BYTES = 64 * 1024 * 1024, /* a durable mark after so much */
    LOGBOOK_MARK_MS = 5000,                /* or so long */
};

struct logbook_ops {
    void (*on_failed)(void *arg, int code, const char *why);
    void (*on_finished)(void *arg, int code, const char *why);
    void (*on_closed)(void *arg);
};

struct logbook_setup {
    struct loop *loop;
    struct disk_port *port;
    struct content *content; /* referenced */
    const struct logbook_ops *ops;
    void *arg;
};
struct logbook *logbook_new(const struct logbook_setup *setup);
/* After on_closed, or when the workers are gone and dropped what was under way.
 * NULL is allowed. */
void logbook_free(struct logbook *l);

/* A verified piece of `size` bytes is on disk; `leaves` is taken (free()). */
void logbook_add(struct logbook *l, uint32_t piece, uint8_t (*leaves)[32],
                 uint32_t count, uint32_t size);
void logbook_remove(struct logbook *l, uint32_t piece);

/* How many pieces that were added are not in the journal yet: a kill -9 now
 * would lose them. */
uint32_t logbook_waiting(const struct logbook *l);

/* When all is recorded: final names. on_finished follows. */
void logbook_finish(struct logbook *l);

/* Record what waits, sync, close. on_closed follows, also when that fails. */
void logbook_close(struct logbook *l);
void logbook_retry(struct logbook *l);

#endif /* P2P_ENGINE_LOGBOOK_H */
