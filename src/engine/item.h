/* item: one item this computer shares or loads, as it is remembered on disk.
 *
 * In the profile's state directory, items/HASH/ holds:
 *   item      key = value: group, name, directory, file name, what is wanted
 *   info, layers     the manifest, exact bytes
 *   leaves    32 bytes for each 16 KiB block, at their places; served to peers
 *   journal   verified pieces (downloads)
 *   peers     where members were met (peercache.h)
 *   stamps    size, mtime, inode of each file that was hashed (complete items)
 */
#ifndef P2P_ENGINE_ITEM_H
#define P2P_ENGINE_ITEM_H

#include <stdbool.h>
#include <stdint.h>

struct manifest;
struct storage;
struct storage_stamp;
struct bitfield;
struct err;

enum item_wish { ITEM_RUN, ITEM_PAUSED, ITEM_STOPPED };

struct item_record {
    char *group, *name; /* as published */
    char *directory;    /* absolute, where the data lies */
    char *file_name;    /* name there (differs from `name` on request) */
    enum item_wish wish;
    bool complete;                /* all verified, under its final name */
    struct manifest *manifest;    /* owned */
    struct storage_stamp *stamps; /* file_count, when complete; owned */
};

/* Write everything of a new item (manifest, record) so that after a crash it
 * is there as a whole or not at all. Worker. */
int item_save(const char *state_dir, const struct item_record *r,
              struct err *e);

/* Change wish, complete, stamps, directory. Worker. */
int item_update(const char *state_dir, const struct item_record *r,
                struct err *e);

/* Read all items: calls `found` for each (the record's ownership goes to it);
 * broken ones are reported through log_warn and left alone. Worker. */
int item_load_all(const char *state_dir,
                  void (*found)(void *arg, struct item_record *r), void *arg,
                  struct err *e);
int item_forget(const char *state_dir, const uint8_t hash[32], struct err *e);
void item_record_free(struct item_record *r); /* NULL is allowed. */

/* Paths: "STATE/items/HASH/journal" and the like; free(). */
char *item_file(const char *state_dir, const uint8_t hash[32],
                const char *name);

/* Leaves of one piece from or to the leaves file. Worker. P2P_ENOENT when they
 * were never stored. */
int item_read_leaves(const char *state_dir, const struct manifest *m,
                     uint32_t piece, uint8_t (*leaves)[32]);
int item_write_leaves(const char *state_dir, const struct manifest *m,
                      uint32_t piece, const uint8_t (*leaves)[32],
                      uint32_t count);

#endif /* P2P_ENGINE_ITEM_H */
