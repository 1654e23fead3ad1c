/* trackertext: what trackers say, in the language of the user.
 *
 * A tracker refuses in English sentences; those it is known to have are
 * translated here, and others stay as they are.
 */
#ifndef P2P_ENGINE_TRACKERTEXT_H
#define P2P_ENGINE_TRACKERTEXT_H

#include <stddef.h>

/* The translation of `said` (NULL allowed), in `out` when it has a number in
 * it; `said` itself when there is none. */
const char *trackertext(const char *said, char *out, size_t size);

#endif /* P2P_ENGINE_TRACKERTEXT_H */
