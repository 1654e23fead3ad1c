/* hashes: both ends of BEP 52 hash requests for one item: which leaves to ask
 * for, and answers from the stored leaves and the piece layers.
 */
#ifndef P2P_ENGINE_HASHES_H
#define P2P_ENGINE_HASHES_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct content;
struct err;
struct hashes;
struct manifest;
struct manifest_file;
struct peermsg_hash_request;

enum {
    HASHES_CHUNK = 512, /* most hashes of one request (BEP 52) */
};

/* Number of blocks of a piece, and of requests that fetch all its leaves: 0
 * when the piece's hash is its only leaf. */
uint32_t hashes_block_count(const struct manifest *m, uint32_t piece);
uint32_t hashes_request_count(const struct manifest *m, uint32_t piece);

/* The request number `part` (below hashes_request_count) for the leaves of a
 * piece, proved up to the piece's hash. */
void hashes_request(const struct manifest *m, uint32_t piece, uint32_t part,
                    struct peermsg_hash_request *out);

/* Does the answer (`length` hashes and the uncles) prove the piece's hash? */
bool hashes_are_proved(const struct manifest *m, uint32_t piece,
                       const struct peermsg_hash_request *r,
                       const uint8_t *data, uint32_t count);

/* An index of the files by root, for answers. */
struct hashes *hashes_new(struct content *c); /* references `c` */
struct hashes *hashes_ref(struct hashes *h);  /* any thread */
void hashes_unref(struct hashes *h);          /* NULL is allowed; any thread */

/* Can the request be answered with the pieces that are verified now? Also
 * tells the work it costs, in hashes. */
bool hashes_can_answer(const struct hashes *h,
                       const struct peermsg_hash_request *r, uint32_t *cost);

/* Append the answer as a message to `out`. Worker. Leaves that do not lead to
 * the piece's hash are made again from the data. */
int hashes_answer(const struct hashes *h, const struct peermsg_hash_request *r,
                  struct buf *out, struct err *e);

#endif /* P2P_ENGINE_HASHES_H */
