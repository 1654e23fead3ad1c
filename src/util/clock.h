/* clock: the only place that reads the time. */
#ifndef P2P_UTIL_CLOCK_H
#define P2P_UTIL_CLOCK_H

#include <stdint.h>

int64_t clock_now_ms(void); /* monotonic; for timers and rates */
int64_t clock_now_us(void); /* monotonic */
int64_t clock_wall(void); /* seconds since 1970; for people and certificates */

/* Tests only: from now on return these values; clock_thaw() ends it. */
void clock_freeze(int64_t monotonic_us, int64_t wall);
void clock_thaw(void);

#endif /* P2P_UTIL_CLOCK_H */
