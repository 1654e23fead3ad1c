/* manifest: what an item is: a BitTorrent v2 info dictionary and its piece
 * layers (BEP 52), with the group's root certificate in "ssl-cert". No I/O.
 *
 * The info bytes are kept and hashed exactly as published. Names are refused,
 * never repaired: text_is_component(), and also no backslash and no blank or
 * dot at the end, which other systems read as another name. Names that differ
 * only in case are refused, and so are links and hybrid (v1) items.
 */
#ifndef P2P_WIRE_MANIFEST_H
#define P2P_WIRE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct buf;

enum {
    MANIFEST_HASH = 32, /* bytes: SHA-256 of the info bytes */
    MANIFEST_ID = 20,   /* bytes: the hash cut for SNI and handshake */
    MANIFEST_INFO_MAX = 10 * 1024 * 1024,
    MANIFEST_LAYERS_MAX = 64 * 1024 * 1024,
    MANIFEST_DEPTH_MAX = 32,
    MANIFEST_FILES_MAX = 200000, /* about what MANIFEST_INFO_MAX holds */
    MANIFEST_PATH_MAX = 3840,    /* bytes; with the name and ".part" it
                                    stays below PATH_MAX */
    MANIFEST_PATHS_MAX = 32 * 1024 * 1024, /* bytes of all paths: a deep tree
                                              repeats its directories in each */
    MANIFEST_ROOT_PEM_MAX = 8192,          /* bytes; one certificate */
    MANIFEST_TORRENT_EXTRA = 64 * 1024, /* bytes of a .torrent beside info and
                                           layers: announce URLs, comments */
    MANIFEST_PIECES_MAX = 2097152,      /* libtorrent's limit too */
    MANIFEST_PIECE_MIN = 16 * 1024,
    MANIFEST_PIECE_DEFAULT_MIN = 64 * 1024,
    MANIFEST_PIECE_MAX = 16 * 1024 * 1024,
    MANIFEST_BLOCK = 16384,
};
#define MANIFEST_FILE_SIZE_MAX (UINT64_C(1) << 44) /* 16 TiB */

struct manifest_file {
    char *path;       /* "dir/name", components joined with '/'; for a single
                         file item just the name. UTF-8, safe components. */
    uint64_t size;    /* bytes */
    uint8_t root[32]; /* merkle root; unused for empty files */
    uint32_t first_piece; /* index of its first piece in the item */
    uint32_t piece_count; /* 0 for an empty file */
    const uint8_t *layer; /* piece_count hashes of 32 bytes, or NULL when the
                             file has at most one piece (the root is the hash)
                             or the layers are not known */
};

struct manifest {
    uint8_t *info; /* exact bytes */
    size_t info_size;
    uint8_t hash[MANIFEST_HASH];
    char *name;            /* the item's name, one safe component */
    bool is_directory;     /* false: one file, in place, named `name` */
    bool is_private;       /* "private" is 1 */
    bool has_hidden;       /* a name begins with '.': ask before storing it */
    uint32_t piece_length; /* bytes, a power of two */
    uint32_t piece_count;  /* of all files */
    uint64_t size;         /* bytes of all files */
    struct manifest_file *files; /* in bencode key order */
    size_t file_count;
    char *root_pem;  /* "ssl-cert" or NULL */
    uint8_t *layers; /* the bencoded "piece layers" dictionary or NULL */
    size_t layers_size;
};

/* The hash functions, given by the caller because wire knows no crypto:
 * {sha256_digest, merkle_file_root}. Only used during the call. */
struct manifest_hasher {
    void (*digest)(const void *data, size_t size, uint8_t out[32]);
    void (*file_root)(const uint8_t (*pieces)[32], uint64_t count,
                      uint64_t file_size, uint32_t piece_length,
                      uint8_t out[32]);
};

/* Parse info bytes and (optional, NULL) piece layers. Layers are checked
 * against the roots; layers of files that are not in the item are refused. On
 * 0 free *out with manifest_free(). Otherwise `e` names what was wrong:
 *   P2P_EINVAL   not a v2 manifest, or not a safe one
 *   P2P_ETOOBIG  past one of the limits above
 *   P2P_EVERIFY  a piece layer does not lead to the file's root */
int manifest_parse(const uint8_t *info, size_t info_size, const uint8_t *layers,
                   size_t layers_size, const struct manifest_hasher *hasher,
                   struct manifest **out, struct err *e);

/* Parse a .torrent file: {"announce"?, "info", "p2p trackers"?,
 * "piece layers"}. */
int manifest_parse_torrent(const uint8_t *data, size_t size,
                           const struct manifest_hasher *hasher,
                           struct manifest **out, struct err *e);
void manifest_free(struct manifest *m); /* NULL is allowed. */

/* What is needed to make one. `files` are in any order; roots and layers are
 * those of hashed files. */
struct manifest_source {
    const char *name; /* a directory with one file of its own name cannot be
                         told from the file and is refused (BEP 52) */
    bool is_directory;
    uint32_t piece_length;
    const char *root_pem;
    struct manifest_source_file {
        const char *path; /* relative, '/'-joined; ignored for a single file */
        uint64_t size;
        uint8_t root[32];
        const uint8_t *layer; /* piece hashes; NULL for at most one piece */
        uint32_t piece_count;
    } * files;
    size_t file_count;
};
int manifest_build(const struct manifest_source *source,
                   const struct manifest_hasher *hasher, struct manifest **out,
                   struct err *e);

/* Append a .torrent to `out`: info verbatim, piece layers, announce URLs (may
 * be 0), one tier each, and the trackers of its holders ("HOST:PORT" or
 * "HOST:PORT,sha256:HEX"; may be 0) as a key of our own beside info, so that
 * the hash stays the same. 0, or P2P_ETOOBIG with `out` unchanged. */
struct manifest_places {
    const char *const *announce;
    size_t announce_count;
    const char *const *trackers;
    size_t tracker_count;
};
int manifest_write_torrent(const struct manifest *m,
                           const struct manifest_places *places,
                           struct buf *out);

/* True for a name that a file, a directory or an item may have. */
bool manifest_name_is_safe(const char *name, size_t length);

/* The piece length for an item of `size` bytes: a power of two that keeps the
 * number of pieces near 2048, from 64 KiB to 16 MiB, 512 KiB for usual sizes.
 */
uint32_t manifest_choose_piece_length(uint64_t size);

/* The file that holds a piece, and the bytes of that piece: offset in the file
 * and length (the last piece of a file is short). `piece` < piece_count. */
const struct manifest_file *manifest_piece(const struct manifest *m,
                                           uint32_t piece, uint64_t *offset,
                                           uint32_t *length);

/* Expected hash of a piece (from layer or root), or NULL when not known. */
const uint8_t *manifest_piece_hash(const struct manifest *m, uint32_t piece);

#endif /* P2P_WIRE_MANIFEST_H */
