#include "config.h"

#include "tracker/meter.h"

#include <string.h>

static int64_t number_of(int64_t now_ms)
{
    return now_ms / METER_SLOT_MS + 1;
}

static struct meter_slot *slot_at(struct meter *m, int64_t now_ms)
{
    int64_t number = number_of(now_ms);
    struct meter_slot *s = &m->slots[number % (METER_SLOTS + 1)];

    if (s->number != number) {
        memset(s, 0, sizeof(*s));
        s->number = number;
    }
    return s;
}

static unsigned bin_of(int64_t us)
{
    unsigned power = METER_LOW;
    uint64_t left = us < 0 ? 0 : (uint64_t)us;

    if (left < (UINT64_C(1) << METER_LOW)) {
        return 0;
    }
    while (power < METER_HIGH && left >= (UINT64_C(2) << power)) {
        power++;
    }
    if (power == METER_HIGH) {
        return METER_BINS - 1;
    }
    return 1 + (power - METER_LOW) * METER_STEPS +
           (unsigned)((left - (UINT64_C(1) << power)) >> (power - 2));
}

/* The upper end of a bin. */
static int64_t bin_end(unsigned bin)
{
    unsigned power, step;

    if (bin == 0) {
        return INT64_C(1) << METER_LOW;
    }
    power = METER_LOW + (bin - 1) / METER_STEPS;
    step = (bin - 1) % METER_STEPS + 1;
    return (INT64_C(1) << power) + ((int64_t)step << (power - 2));
}

void meter_request(struct meter *m, int64_t now_ms, int64_t took_us)
{
    struct meter_slot *s = slot_at(m, now_ms);

    s->requests++;
    s->bins[bin_of(took_us)]++;
}

void meter_refusal(struct meter *m, int64_t now_ms)
{
    slot_at(m, now_ms)->refused++;
}

/* The end of the bin in which the request lies that `part` of 100 came
 * before. */
static int64_t percentile(const uint64_t bins[METER_BINS], uint64_t total,
                          unsigned part)
{
    uint64_t rank = (total * part + 99) / 100;
    uint64_t seen = 0;
    unsigned i;

    for (i = 0; i < METER_BINS; i++) {
        seen += bins[i];
        if (seen >= rank && seen > 0) {
            return bin_end(i);
        }
    }
    return -1;
}

void meter_read(const struct meter *m, int64_t now_ms, struct meter_report *out)
{
    uint64_t bins[METER_BINS] = {0};
    int64_t now = number_of(now_ms);
    uint64_t total = 0;
    size_t i, k;

    memset(out, 0, sizeof(*out));
    for (i = 0; i <= METER_SLOTS; i++) {
        const struct meter_slot *s = &m->slots[i];
        int64_t age = now - s->number;

        if (s->number == 0 || age < 0 || age > METER_SLOTS) {
            continue;
        }
        if (age > 0) {
            out->requests[METER_SLOTS - age] = s->requests;
        }
        out->refused += s->refused;
        total += s->requests;
        for (k = 0; k < METER_BINS; k++) {
            bins[k] += s->bins[k];
        }
    }
    out->median_us = percentile(bins, total, 50);
    out->slow_us = percentile(bins, total, 99);
}
