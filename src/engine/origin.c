#include "config.h"

#include "engine/origin.h"

#include "util/bitfield.h"

enum origin_use origin_decide(const struct origin_others *others)
{
    if (others->are_connecting && others->waited_ms < ORIGIN_WAIT_MS) {
        return ORIGIN_NOTHING;
    }
    if (others->able == 0) {
        return ORIGIN_ALL;
    }
    return others->able_ms >= ORIGIN_JUDGE_MS && others->rate < ORIGIN_ENOUGH
               ? ORIGIN_ALL
               : ORIGIN_GAPS;
}

void origin_leave_gaps(struct bitfield *offer,
                       const struct bitfield *const *others, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bitfield_subtract(offer, others[i]);
    }
}
