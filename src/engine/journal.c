/* The file: a header, then records of 16 bytes. Each record's checksum covers
 * the item's hash and the record's number too, so that a record of another
 * item, or one that lay elsewhere, is not taken for ours.
 *
 *   header  "p2pjrnl1" hash[32] pieces[4] zero[16] crc[4]
 *   record  type[1] zero[3] value[8] crc[4]           numbers little endian
 *
 *   ADD     value = piece: verified and written
 *   REMOVE  value = piece: went bad
 *   MARK    all data of the ADDs before it (of this boot) is on disk
 *   BOOT    value = the boot of the machine that wrote what follows
 *
 * Reading: an ADD is pending until a MARK makes it trusted; a BOOT of another
 * boot makes what is pending doubtful. At the end what is pending counts when
 * the machine still runs the boot that wrote it.
 */
#include "config.h"

#include "engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "crypto/sha256.h"
#include "engine/crc32c.h"
#include "util/bitfield.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"

#define MAGIC "p2pjrnl1"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

enum {
    HEADER = 64,
    RECORD = 16,
    CHUNK = 4096 * RECORD, /* bytes read at once */
    BOOT_ID_MAX = 64,
};

enum record_type { TYPE_ADD = 1, TYPE_REMOVE, TYPE_MARK, TYPE_BOOT };

struct journal {
    int fd;
    char *path;
    uint8_t hash[32];
    uint32_t salt; /* checksum of the hash, where that of records starts */
    uint32_t piece_count;
    uint64_t records;
    bool has_news; /* records since the last mark */
};

/* What reading has found so far. */
struct replay {
    struct bitfield *verified, *doubtful;
    struct bitfield *pending;
    uint32_t *list; /* pieces that became pending, also some no longer */
    size_t list_count, list_room;
    uint64_t boot;
};

static _Atomic uint64_t fake_boot;

void journal_fake_boot(uint64_t boot)
{
    atomic_store(&fake_boot, boot);
}

/* A number for this boot of the machine. One that never comes again when it
 * cannot be known: then nothing unsynced is trusted. */
static uint64_t this_boot(void)
{
    uint64_t boot = atomic_load(&fake_boot);
    uint8_t *text = NULL;
    uint8_t digest[SHA256_SIZE];
    size_t size;

    if (boot != 0) {
        return boot;
    }
    if (fd_read_file(BOOT_ID, BOOT_ID_MAX, &text, &size) == 0 && size > 0) {
        sha256_digest(text, size, digest);
        memcpy(&boot, digest, sizeof boot);
    } else {
        random_fill(&boot, sizeof boot);
    }
    free(text);
    return boot;
}

static void put32(uint8_t *out, uint32_t value)
{
    int i;

    for (i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t get32(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 |
           (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static uint32_t record_crc(const struct journal *j, uint64_t number,
                           const uint8_t *record)
{
    uint8_t place[8];

    put32(place, (uint32_t)number);
    put32(place + 4, (uint32_t)(number >> 32));
    return crc32c(crc32c(j->salt, place, sizeof place), record, RECORD - 4);
}

static uint64_t offset_of(uint64_t record)
{
    return HEADER + record * RECORD;
}

/* ---- Writing ------------------------------------------------------------ */

/* A record that could only be written in part is overwritten by the next. */
static int append(struct journal *j, enum record_type type, uint64_t value,
                  struct err *e)
{
    uint8_t record[RECORD] = {(uint8_t)type};
    int rv;

    put32(record + 4, (uint32_t)value);
    put32(record + 8, (uint32_t)(value >> 32));
    put32(record + 12, record_crc(j, j->records, record));
    rv = fd_pwrite_all(j->fd, record, RECORD, offset_of(j->records));
    if (rv < 0) {
        return err_set(e, rv, "cannot write %s: %s", j->path, err_text(rv));
    }
    j->records++;
    return 0;
}

static int sync_journal(const struct journal *j, struct err *e)
{
    return fdatasync(j->fd) == 0
               ? 0
               : err_set_errno(e, errno, "cannot sync %s", j->path);
}

int journal_add(struct journal *j, uint32_t piece, struct err *e)
{
    int rv;

    if (piece >= j->piece_count) {
        return err_set(e, P2P_ERANGE, "no such piece");
    }
    rv = append(j, TYPE_ADD, piece, e);
    j->has_news = j->has_news || rv == 0;
    return rv;
}

/* Synced at once: after a power cut the bad piece must not be trusted. */
int journal_remove(struct journal *j, uint32_t piece, struct err *e)
{
    int rv;

    if (piece >= j->piece_count) {
        return err_set(e, P2P_ERANGE, "no such piece");
    }
    rv = append(j, TYPE_REMOVE, piece, e);
    return rv < 0 ? rv : sync_journal(j, e);
}

int journal_mark(struct journal *j, struct err *e)
{
    int rv;

    if (!j->has_news) {
        return 0;
    }
    rv = append(j, TYPE_MARK, 0, e);
    if (rv < 0) {
        return rv;
    }
    j->has_news = false;
    return sync_journal(j, e);
}

/* ---- Reading ------------------------------------------------------------ */

static void replay_add(struct replay *r, uint32_t piece)
{
    bitfield_clear(r->doubtful, piece);
    if (!bitfield_set(r->pending, piece)) {
        return;
    }
    if (r->list_count == r->list_room) {
        r->list_room = r->list_room * 2 + 64;
        r->list = mem_resize(r->list, r->list_room, sizeof *r->list);
    }
    r->list[r->list_count++] = piece;
}

static void replay_remove(struct replay *r, uint32_t piece)
{
    bitfield_clear(r->verified, piece);
    bitfield_clear(r->pending, piece);
    bitfield_clear(r->doubtful, piece);
}

/* Everything pending goes to `to`. A piece that was synced once stays
 * trusted whatever was added later: its bytes were on disk then. */
static void replay_settle(struct replay *r, struct bitfield *to)
{
    size_t i;

    for (i = 0; i < r->list_count; i++) {
        uint32_t piece = r->list[i];

        if (bitfield_test(r->pending, piece)) {
            bitfield_clear(r->pending, piece);
            if (!bitfield_test(r->verified, piece)) {
                bitfield_set(to, piece);
            }
        }
    }
    r->list_count = 0;
}

/* False for a record that is not understood: reading ends before it. */
static bool replay_record(struct replay *r, const struct journal *j,
                          const uint8_t *record, uint64_t number)
{
    uint64_t value = get32(record + 4) | (uint64_t)get32(record + 8) << 32;

    if (get32(record + 12) != record_crc(j, number, record)) {
        return false;
    }
    switch (record[0]) {
    case TYPE_ADD:
    case TYPE_REMOVE:
        if (value >= j->piece_count) {
            return false;
        }
        if (record[0] == TYPE_ADD) {
            replay_add(r, (uint32_t)value);
        } else {
            replay_remove(r, (uint32_t)value);
        }
        return true;
    case TYPE_MARK:
        replay_settle(r, r->verified);
        return true;
    case TYPE_BOOT:
        if (value != r->boot) {
            replay_settle(r, r->doubtful);
        }
        r->boot = value;
        return true;
    default:
        return false;
    }
}

/* Read records up to the first that is torn or foreign. */
static int replay_all(struct journal *j, struct replay *r, uint64_t size)
{
    uint8_t *chunk = mem_alloc(CHUNK);
    uint64_t count = (size - HEADER) / RECORD;
    int rv = 0;

    while (j->records < count) {
        uint64_t rest = (count - j->records) * RECORD;
        size_t now = rest < CHUNK ? (size_t)rest : CHUNK;
        size_t i;

        rv = fd_pread_all(j->fd, chunk, now, offset_of(j->records));
        if (rv < 0) {
            break;
        }
        for (i = 0; i < now; i += RECORD) {
            if (!replay_record(r, j, chunk + i, j->records)) {
                count = j->records; /* the end */
                break;
            }
            j->records++;
        }
    }
    free(chunk);
    return rv;
}

/* ---- Opening ------------------------------------------------------------ */

static void make_header(const struct journal *j, uint8_t out[HEADER])
{
    memset(out, 0, HEADER);
    memcpy(out, MAGIC, 8);
    memcpy(out + 8, j->hash, 32);
    put32(out + 40, j->piece_count);
    put32(out + 60, crc32c(0, out, HEADER - 4));
}

/* Begin with an empty journal that is sure to be there after a crash. */
static int write_header(struct journal *j, struct err *e)
{
    uint8_t header[HEADER];
    const char *slash = strrchr(j->path, '/');
    char *parent = slash == NULL
                       ? mem_strdup(".")
                       : mem_strndup(j->path, (size_t)(slash - j->path) + 1);
    int rv;

    make_header(j, header);
    rv = ftruncate(j->fd, 0) < 0 ? err_from_errno(errno) : 0;
    if (rv == 0) {
        rv = fd_pwrite_all(j->fd, header, HEADER, 0);
    }
    if (rv == 0 && fsync(j->fd) < 0) {
        rv = err_from_errno(errno);
    }
    if (rv == 0) {
        rv = fd_sync_dir(parent);
    }
    free(parent);
    return rv < 0 ? err_set(e, rv, "cannot write %s: %s", j->path, err_text(rv))
                  : 0;
}

/* A broken header says nothing about what is on disk: everything is doubtful.
 * A file shorter than a header never held a record. */
static int start_anew(struct journal *j, struct replay *r, uint64_t size,
                      struct err *e)
{
    if (size > HEADER) {
        bitfield_set_all(r->doubtful);
    }
    return write_header(j, e);
}

static int load(struct journal *j, struct replay *r, struct err *e)
{
    uint8_t header[HEADER];
    uint8_t expected[HEADER];
    struct stat status;
    uint64_t size;
    int rv;

    if (fstat(j->fd, &status) < 0) {
        return err_set_errno(e, errno, "cannot read %s", j->path);
    }
    size = (uint64_t)status.st_size;
    if (size < HEADER) {
        return start_anew(j, r, size, e);
    }
    rv = fd_pread_all(j->fd, header, HEADER, 0);
    if (rv < 0) {
        return err_set(e, rv, "cannot read %s: %s", j->path, err_text(rv));
    }
    if (get32(header + 60) != crc32c(0, header, HEADER - 4)) {
        return start_anew(j, r, size, e);
    }
    make_header(j, expected);
    if (memcmp(header, expected, HEADER) != 0) {
        return err_set(e, P2P_EVERIFY, "%s belongs to another item", j->path);
    }
    rv = replay_all(j, r, size);
    if (rv < 0) {
        return err_set(e, rv, "cannot read %s: %s", j->path, err_text(rv));
    }
    if (size != offset_of(j->records) &&
        ftruncate(j->fd, (off_t)offset_of(j->records)) < 0) {
        return err_set_errno(e, errno, "cannot repair %s", j->path);
    }
    return 0;
}

/* What is pending counts only in the boot that wrote it. */
static int settle(struct journal *j, struct replay *r, struct err *e)
{
    uint64_t boot = this_boot();

    j->has_news = r->list_count > 0;
    if (boot == r->boot) {
        replay_settle(r, r->verified);
        return 0;
    }
    j->has_news = false;
    replay_settle(r, r->doubtful);
    return append(j, TYPE_BOOT, boot, e);
}

int journal_open(const char *path, const uint8_t hash[32], uint32_t piece_count,
                 struct bitfield *verified, struct bitfield *doubtful,
                 struct journal **out, struct err *e)
{
    struct replay r = {.verified = verified, .doubtful = doubtful};
    struct journal *j = mem_calloc(1, sizeof *j);
    int rv;

    bitfield_clear_all(verified);
    bitfield_clear_all(doubtful);
    r.pending = bitfield_new(piece_count);
    memcpy(j->hash, hash, sizeof j->hash);
    j->salt = crc32c(0, hash, sizeof j->hash);
    j->piece_count = piece_count;
    j->path = mem_strdup(path);
    j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (j->fd < 0) {
        rv = err_set_errno(e, errno, "cannot open %s", path);
        goto out;
    }
    rv = load(j, &r, e);
    if (rv == 0) {
        rv = settle(j, &r, e);
    }
    if (rv == 0) {
        *out = j; /* handed over */
        j = NULL;
    }

out:
    if (rv < 0) { /* nothing is known */
        bitfield_clear_all(verified);
        bitfield_clear_all(doubtful);
    }
    free(r.list);
    bitfield_free(r.pending);
    journal_close(j);
    return rv;
}

void journal_close(struct journal *j)
{
    if (j == NULL) {
        return;
    }
    if (j->fd >= 0) {
        close(j->fd);
    }
    free(j->path);
    free(j);
}
