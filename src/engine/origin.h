/* origin: when may an origin be asked? An origin is a member that serves a
 * whole directory: the source of last resort.
 *
 * It gives what nobody else can give now. When nobody else can give anything,
 * or all others together are slower than ORIGIN_ENOUGH, it gives everything.
 * Pure: no sockets, no clock.
 */
#ifndef P2P_ENGINE_ORIGIN_H
#define P2P_ENGINE_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bitfield;

enum {
    ORIGIN_WAIT_MS = 1000,  /* for others: until they are connected, and until
                               they unchoke us */
    ORIGIN_JUDGE_MS = 3000, /* then the rate of others can be judged */
    ORIGIN_ENOUGH = 512 * 1024, /* bytes per second of all others together:
                                   films play, and who serves for everybody is
                                   left alone */
};

/* What is known of all who are not origins. */
struct origin_others {
    bool are_connecting; /* some are dialled, or have not told what they have */
    int64_t waited_ms;   /* since the origin could be asked */
    uint32_t able;       /* how many can be asked now */
    int64_t able_ms;     /* since when without a break some can */
    double rate;         /* bytes per second of those */
};

enum origin_use {
    ORIGIN_NOTHING, /* others will be there in a moment */
    ORIGIN_GAPS,    /* only what others cannot give */
    ORIGIN_ALL,
};
enum origin_use origin_decide(const struct origin_others *others);

/* Take the pieces of each of `others` out of `offer`, which holds those of the
 * origin. All have one size. */
void origin_leave_gaps(struct bitfield *offer,
                       const struct bitfield *const *others, size_t count);

#endif /* P2P_ENGINE_ORIGIN_H */
