/* stamp: what the stamps of an item's files say; the questions of storage.h
 * that need nothing else of the storage.
 */
#include "config.h"

#include "engine/storage.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "util/bitfield.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/manifest.h"

void storage_make_stamp(const struct stat *status, struct storage_stamp *out)
{
    out->size = (uint64_t)status->st_size;
    out->mtime_ns =
        (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
    out->inode = status->st_ino;
    out->device = status->st_dev;
}

bool storage_stamp_equal(const struct storage_stamp *a,
                         const struct storage_stamp *b)
{
    return a->size == b->size && a->mtime_ns == b->mtime_ns &&
           a->inode == b->inode && a->device == b->device;
}

/* Of a file that is there: none has inode 0. */
static bool is_of_file(const struct storage_stamp *s)
{
    return s->inode != 0;
}

int storage_stamp_all(struct storage *s, const struct manifest *m,
                      struct storage_stamp *out, struct err *e)
{
    size_t missing;
    int rv = storage_look(s, out, &missing, e);

    if (rv == 0 && missing == m->file_count) {
        return err_set(e, P2P_ENOENT, "%s: %s", storage_path(s),
                       err_text(P2P_ENOENT));
    }
    return rv;
}

int storage_find_damaged(struct storage *s, const struct manifest *m,
                         struct bitfield *pieces, struct err *e)
{
    struct storage_stamp *now = mem_calloc(m->file_count + 1, sizeof *now);
    size_t missing;
    int rv = storage_look(s, now, &missing, e);

    for (size_t i = 0; i < m->file_count && rv == 0; i++) {
        const struct manifest_file *f = &m->files[i];

        for (uint32_t k = 0; k < f->piece_count && now[i].size != f->size;
             k++) {
            (void)bitfield_set(pieces, f->first_piece + k);
        }
    }
    free(now);
    return rv;
}

bool storage_keep_unchanged(const struct manifest *m,
                            const struct storage_stamp *before,
                            const struct storage_stamp *now,
                            struct bitfield *pieces)
{
    bool has_changed = false;

    for (size_t i = 0; i < m->file_count; i++) {
        const struct manifest_file *f = &m->files[i];

        if (before != NULL && is_of_file(&now[i]) &&
            storage_stamp_equal(&before[i], &now[i])) {
            continue;
        }
        for (uint32_t k = 0; k < f->piece_count; k++) {
            if (bitfield_test(pieces, f->first_piece + k)) {
                bitfield_clear(pieces, f->first_piece + k);
                has_changed = true;
            }
        }
    }
    return has_changed;
}
