/* bitfield: which pieces somebody has, one bit a piece.
 *
 * The only structure that two threads share: the words are atomic, bits are
 * set with release and tested with acquire order, so a reader that sees a bit
 * also sees what was written before it was set. Only one thread writes.
 */
#ifndef P2P_UTIL_BITFIELD_H
#define P2P_UTIL_BITFIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bitfield; /* Opaque; defined in bitfield.c. */

#define BITFIELD_NONE UINT32_MAX /* "no such bit" */

/* A field of `bits` bits, all clear. Never NULL; free with bitfield_free(). */
struct bitfield *bitfield_new(uint32_t bits);
void bitfield_free(struct bitfield *f); /* NULL is allowed. */

uint32_t bitfield_size(const struct bitfield *f);
uint32_t
bitfield_count(const struct bitfield *f); /* set bits, kept up to date */
bool bitfield_is_full(const struct bitfield *f);
bool bitfield_test(const struct bitfield *f, uint32_t bit); /* bit < size */

/* Writer only. bitfield_set returns whether the bit was clear before. */
bool bitfield_set(struct bitfield *f, uint32_t bit);
void bitfield_clear(struct bitfield *f, uint32_t bit);
void bitfield_set_all(struct bitfield *f);
void bitfield_clear_all(struct bitfield *f);

/* Copy all bits; both have the same size (asserted). */
void bitfield_copy(struct bitfield *to, const struct bitfield *from);

/* Clear in `f` all bits that are set in `other`; both have the same size
 * (asserted). */
void bitfield_subtract(struct bitfield *f, const struct bitfield *other);

/* Set bits in [low, high); used for grid cells. */
uint32_t bitfield_count_range(const struct bitfield *f, uint32_t low,
                              uint32_t high);

/* First bit >= `from` that is set / clear, or BITFIELD_NONE. */
uint32_t bitfield_next_set(const struct bitfield *f, uint32_t from);
uint32_t bitfield_next_clear(const struct bitfield *f, uint32_t from);

/* First bit >= `from` set in `theirs` and clear in `mine`, or BITFIELD_NONE. */
uint32_t bitfield_next_missing(const struct bitfield *mine,
                               const struct bitfield *theirs, uint32_t from);

/* The form on the wire (BEP 3): bit 0 is the high bit of byte 0. */
size_t bitfield_wire_size(const struct bitfield *f); /* bytes */
void bitfield_to_wire(const struct bitfield *f, uint8_t *out);

/* Take the bits from `length` bytes. P2P_EPROTO, with `f` unchanged, when the
 * length is wrong or a spare bit is set (BEP 3). */
int bitfield_from_wire(struct bitfield *f, const uint8_t *data, size_t length);

#endif /* P2P_UTIL_BITFIELD_H */
