/* disk: the worker threads p2p-disk-N that read, hash and write.
 *
 * A job is two functions: work() runs on a worker, done() later on the loop
 * that submitted it. This is the only place of the engine with a mutex.
 */
#ifndef P2P_ENGINE_DISK_H
#define P2P_ENGINE_DISK_H

#include <stdbool.h>
#include <stddef.h>

struct disk;      /* the pool */
struct disk_port; /* one loop's way to it */
struct loop;

struct disk *disk_new(unsigned threads); /* 0: choose from the processors */
void disk_free(struct disk *d);          /* after all ports are freed */

/* A port belongs to its loop's thread. disk_port_free waits for nothing (and
 * may be called inside a done()): the work() of every submitted job still runs,
 * done() is not called any more, `drop` is (on a worker; NULL is allowed). */
struct disk_port *disk_port_new(struct disk *d, struct loop *l);
void disk_port_free(struct disk_port *p);

/* Urgent jobs (reads for peers) go before bulk ones (hashing a share). Jobs of
 * one `lane` (any pointer; NULL = none) run one after the other in the order
 * submitted: used to keep journal records of one item in order. */
enum disk_class { DISK_URGENT, DISK_NORMAL, DISK_BULK };

struct disk_job {
    void (*work)(void *arg); /* on a worker; must not touch loop objects */
    void (*done)(void *arg); /* on the submitting loop */
    void (*drop)(void *arg); /* instead of done when the port went away */
    void *arg;
    const void *lane;
    enum disk_class class;
};
void disk_submit(struct disk_port *p, const struct disk_job *job);

/* `cb` runs on the loop each time the last job under way is done and has
 * submitted no other. It may not free the port. NULL: no longer. */
void disk_port_on_idle(struct disk_port *p, void (*cb)(void *arg), void *arg);

/* Jobs submitted through this port and not yet done. */
size_t disk_pending(const struct disk_port *p);

/* A page-aligned buffer of DISK_BUFFER bytes that belongs to the calling
 * thread: for reading inside one work(), not to be kept or freed. */
enum { DISK_BUFFER = 256 * 1024 };
void *disk_scratch(void);

struct disk *disk_of(const struct disk_port *p);
unsigned disk_threads(const struct disk *d);

#endif /* P2P_ENGINE_DISK_H */
