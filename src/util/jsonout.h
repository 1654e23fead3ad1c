/* jsonout: write JSON text piece by piece (output only; no tree, no parser).
 *
 * Used by the command line's --json and by metrics-like output, where the
 * order of fields must be stable. Numbers are integers only, so locales do
 * not matter.
 */
#ifndef P2P_UTIL_JSONOUT_H
#define P2P_UTIL_JSONOUT_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

struct jsonout {
    struct buf *out; /* borrowed */
    unsigned depth;
    uint64_t has_items; /* bit per depth: a comma is needed */
    bool after_key;
    bool overflow; /* something did not fit into `out`; the text is not valid */
};

void jsonout_init(struct jsonout *j, struct buf *out);
void jsonout_begin_object(struct jsonout *j);
void jsonout_end_object(struct jsonout *j);
void jsonout_begin_array(struct jsonout *j);
void jsonout_end_array(struct jsonout *j);
void jsonout_key(struct jsonout *j, const char *key);
void jsonout_string(struct jsonout *j, const char *text); /* NULL: null.
    Bytes that are not UTF-8 are written as U+FFFD. */
void jsonout_int(struct jsonout *j, int64_t value);
void jsonout_bool(struct jsonout *j, bool value);
void jsonout_null(struct jsonout *j);

#endif /* P2P_UTIL_JSONOUT_H */
