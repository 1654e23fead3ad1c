/* storage: the files of one item on this computer.
 *
 * A download lies at its final place from the first byte: sparse, under the
 * name NAME.part until every piece is verified, then renamed (never over
 * something that exists). Files are opened beneath the target directory only
 * (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, or component by component
 * where the kernel lacks it). A shared file is served only while its size,
 * mtime and inode are those that were hashed.
 *
 * Functions marked "worker" block and are called from disk jobs; several
 * workers may use one storage at once.
 */
#ifndef P2P_ENGINE_STORAGE_H
#define P2P_ENGINE_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct storage;
struct bitfield;
struct manifest;
struct err;
struct iovec;
struct stat;

/* What identifies an unchanged file. */
struct storage_stamp {
    uint64_t size;
    int64_t mtime_ns;
    uint64_t inode, device;
};

/* Prepare a download of `m` into `directory` (absolute; made when missing)
 * under `name` (NULL: the item's name). Worker. Refuses when the final name
 * exists (P2P_EEXIST) and there is no .part of ours, or a .part that is not.
 * `m` is borrowed and must outlive the storage. */
int storage_create(const struct manifest *m, const char *directory,
                   const char *name, struct storage **out, struct err *e);

/* Open what a former run left (.part, or the complete item). Worker. P2P_ENOENT
 * when it is gone. Without `complete` the storage may still turn out to be
 * complete: the former run ended right after the rename. */
int storage_open(const struct manifest *m, const char *directory,
                 const char *name, bool complete, struct storage **out,
                 struct err *e);
struct storage *storage_ref(struct storage *s);
void storage_unref(struct storage *s); /* NULL is allowed; any thread */

const char *storage_path(const struct storage *s); /* final absolute path */
bool storage_is_complete(const struct storage *s);

/* Read or write within one piece. Worker. Reads past the end of the file but
 * within the piece length give zeros (libtorrent asks for padded tail blocks).
 * P2P_EVERIFY when a complete file changed on disk since it was hashed. */
int storage_read(struct storage *s, uint32_t piece, uint32_t offset,
                 struct iovec *parts, int count, struct err *e);
int storage_write(struct storage *s, uint32_t piece, uint32_t offset,
                  const void *data, size_t size, struct err *e);

/* fdatasync what was written. Worker. */
int storage_sync(struct storage *s, struct err *e);

/* All pieces are verified: make empty files, sync, give the final name, sync
 * the directory. Worker. */
int storage_finish(struct storage *s, struct err *e);

/* Read and hash one piece: leaves (SHA-256 each) into `leaves` (room for
 * piece_length/16384) and whether it matches the manifest. Worker. */
int storage_hash_piece(struct storage *s, uint32_t piece, uint8_t (*leaves)[32],
                       bool *matches, struct err *e);

/* Stamps of all files in manifest order (file_count of them). One that is
 * missing, or no file, is counted and has a stamp that is all zero. Worker. */
int storage_look(struct storage *s, struct storage_stamp *out, size_t *missing,
                 struct err *e);

/* Add the pieces of files that are missing or have the wrong size to `pieces`:
 * whatever was verified of them needs another look. Worker. */
int storage_find_damaged(struct storage *s, const struct manifest *m,
                         struct bitfield *pieces, struct err *e);

/* The same as storage_look(), but P2P_ENOENT when nothing is there. Worker. */
int storage_stamp_all(struct storage *s, const struct manifest *m,
                      struct storage_stamp *out, struct err *e);

/* Tell which stamps the files must have from now on (complete items). */
void storage_expect(struct storage *s, const struct storage_stamp *stamps);
struct storage_stamp *storage_expected(struct storage *s); /* free(); or NULL */

/* Take the pieces of files that are missing, or are not as they were `before`
 * (NULL: not known), out of `pieces`. True when there were any. */
bool storage_keep_unchanged(const struct manifest *m,
                            const struct storage_stamp *before,
                            const struct storage_stamp *now,
                            struct bitfield *pieces);

/* Delete the files (and .part) from disk. Worker. */
int storage_delete(struct storage *s, struct err *e);

/* Bytes free for ordinary users where the item lies; 0 when not known. */
uint64_t storage_disk_free(const struct storage *s);

/* Close data files of all items that were not used for 30 seconds. True when
 * others are still open. Worker. */
bool storage_close_idle(void);

void storage_make_stamp(const struct stat *status, struct storage_stamp *out);
bool storage_stamp_equal(const struct storage_stamp *a,
                         const struct storage_stamp *b);

#endif /* P2P_ENGINE_STORAGE_H */
