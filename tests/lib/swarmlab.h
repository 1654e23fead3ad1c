/* swarmlab: what tests of swarms need: a group with members, items made from
 * bytes, and computers that share or load them, all on one loop.
 */
#ifndef P2P_TESTS_SWARMLAB_H
#define P2P_TESTS_SWARMLAB_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/swarm.h"

struct cert;
struct content;
struct disk;
struct disk_port;
struct doorway;
struct key;
struct loop;
struct manifest;
struct membership;
struct swarm;
struct tlsctx;

enum { LAB_NODES = 12, LAB_FILES = 8 };

struct lab_file {
    const char *path; /* NULL ends the list; the name for a single file */
    uint64_t size;
};

/* One computer with one swarm. */
struct lab_node {
    struct lab *lab;
    char name[32], dir[256], state[256], address[64];
    struct content *content;
    struct membership *membership;
    struct doorway *doorway;
    struct swarm *swarm;
    uint8_t peer_id[20];
    uint16_t port;
    /* what it told */
    unsigned pieces, completed, stopped, hungry, parked, unparked, unreadable;
    int park_code;
    char banned[65];
    unsigned bans;
};

struct lab {
    char dir[128];
    struct loop *loop;
    struct disk *disk;
    struct disk_port *port;
    struct key *root_key;
    struct cert *root;
    char *root_pem;
    struct manifest *manifest; /* of the item; each node has its own copy */
    struct lab_file files[LAB_FILES + 1];
    bool is_directory;
    struct lab_node nodes[LAB_NODES];
    unsigned node_count;
};

struct lab *lab_new(void);
void lab_free(struct lab *l); /* stops all nodes; removes the directory */

/* Make the item: files of pseudo-random bytes. A list of one file whose path
 * has no '/' is a single-file item unless `is_directory`. */
void lab_item(struct lab *l, const struct lab_file *files, bool is_directory,
              uint32_t piece_length);

/* A certificate for a member of the lab's group, or of a foreign one with the
 * same name (root NULL), valid until now + life seconds. */
struct membership *lab_membership(struct lab *l, const char *user,
                                  int64_t life);
struct membership *lab_foreign_membership(struct lab *l, const char *user);

/* A computer that has everything, or nothing. `m` (taken) NULL: a good one. */
struct lab_node *lab_seeder(struct lab *l, const char *name,
                            struct membership *m);
struct lab_node *lab_loader(struct lab *l, const char *name,
                            struct membership *m);

/* The parts of the two, for tests that change something between. */
struct lab_node *lab_node(struct lab *l, const char *name, struct membership *m,
                          bool complete);
void lab_start(struct lab_node *n, bool load);
void lab_connect(struct lab_node *from, const struct lab_node *to);

/* Change one bit of every `step`th block on the disk of a seeder, from block
 * `first` on; it goes on to tell the right hashes. */
void lab_corrupt(struct lab_node *n, uint32_t first, uint32_t step);

/* From now on only the files as they are now are served. */
void lab_expect_unchanged(struct lab_node *n);

/* Run the loop until `is_done(arg)` or the time is over; true when it was. */
bool lab_run(struct lab *l, bool (*is_done)(void *arg), void *arg,
             int64_t limit_ms);
bool lab_is_complete(void *node); /* for lab_run */
bool lab_is_stopped(void *node);
void lab_stop(struct lab_node *n); /* its swarm; runs the loop until done */

/* Does the node's data equal the item's? */
bool lab_is_same(const struct lab_node *n);
struct swarm_stats lab_stats(const struct lab_node *n);

#endif /* P2P_TESTS_SWARMLAB_H */
