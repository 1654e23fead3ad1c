/* meter: how busy the tracker is: requests, refusals and latencies of the last
 * ten minutes, in slots of ten seconds. A zeroed one is ready. No I/O, no
 * clock: the caller passes the time.
 */
#ifndef P2P_TRACKER_METER_H
#define P2P_TRACKER_METER_H

#include <stdint.h>

enum {
    METER_SLOT_MS = 10000,
    METER_SLOTS = 60,
    METER_STEPS = 4, /* of the histogram in each power of two: within 25 % */
    METER_LOW = 4,   /* below 2^4 us all is one */
    METER_HIGH = 25, /* from 2^25 us (34 s) on, too */
    METER_BINS = (METER_HIGH - METER_LOW) * METER_STEPS + 2,
};

struct meter_slot {
    int64_t number; /* since the clock began, plus 1; 0: never used */
    uint32_t requests;
    uint32_t refused; /* for coming too fast */
    uint32_t bins[METER_BINS];
};

struct meter {
    struct meter_slot slots[METER_SLOTS + 1]; /* the last one is under way */
};

struct meter_report {
    uint32_t requests[METER_SLOTS]; /* complete slots, newest last */
    uint32_t refused;
    int64_t median_us; /* -1 without a request */
    int64_t slow_us;   /* 99 of 100 were faster */
};

/* A request was answered after so many microseconds. */
void meter_request(struct meter *m, int64_t now_ms, int64_t took_us);

/* One was refused for coming too fast. */
void meter_refusal(struct meter *m, int64_t now_ms);

void meter_read(const struct meter *m, int64_t now_ms,
                struct meter_report *out);

#endif /* P2P_TRACKER_METER_H */
