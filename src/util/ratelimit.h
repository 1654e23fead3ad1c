/* ratelimit: token bucket. Pure: the caller passes the time. */
#ifndef P2P_UTIL_RATELIMIT_H
#define P2P_UTIL_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
    double per_second; /* tokens added a second; 0 means never */
    double burst;      /* most tokens it can hold */
    double tokens;
    int64_t last_ms;
};

/* A full bucket. */
void ratelimit_init(struct ratelimit *r, double per_second, double burst,
                    int64_t now_ms);

/* Take `cost` tokens; false, with nothing taken, when there are too few. */
bool ratelimit_take(struct ratelimit *r, double cost, int64_t now_ms);

/* Milliseconds until `cost` tokens are there (0 = now, -1 = never). */
int64_t ratelimit_wait_ms(struct ratelimit *r, double cost, int64_t now_ms);

#endif /* P2P_UTIL_RATELIMIT_H */
