#include "config.h"

#include "util/ratelimit.h"

void ratelimit_init(struct ratelimit *r, double per_second, double burst,
                    int64_t now_ms)
{
    r->per_second = per_second;
    r->burst = burst;
    r->tokens = burst;
    r->last_ms = now_ms;
}

/* Add what has come in since the last call; a clock that went back adds
 * nothing. */
static void refill(struct ratelimit *r, int64_t now_ms)
{
    if (now_ms > r->last_ms) {
        r->tokens += (double)(now_ms - r->last_ms) * r->per_second / 1000.0;
        if (r->tokens > r->burst) {
            r->tokens = r->burst;
        }
    }
    r->last_ms = now_ms;
}

bool ratelimit_take(struct ratelimit *r, double cost, int64_t now_ms)
{
    refill(r, now_ms);
    if (r->tokens < cost) {
        return false;
    }
    r->tokens -= cost;
    return true;
}

int64_t ratelimit_wait_ms(struct ratelimit *r, double cost, int64_t now_ms)
{
    double missing;

    refill(r, now_ms);
    if (r->tokens >= cost) {
        return 0;
    }
    if (cost > r->burst || r->per_second <= 0) {
        return -1;
    }
    missing = (cost - r->tokens) * 1000.0 / r->per_second;
    if (missing >= (double)INT32_MAX) {
        return INT32_MAX;
    }
    return (int64_t)missing + 1;
}
