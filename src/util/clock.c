#include "config.h"

#include "util/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static atomic_bool frozen;
static _Atomic int64_t frozen_us;
static _Atomic int64_t frozen_wall;

int64_t clock_now_us(void)
{
    struct timespec now;

    if (atomic_load_explicit(&frozen, memory_order_acquire)) {
        return atomic_load_explicit(&frozen_us, memory_order_relaxed);
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_ms(void)
{
    return clock_now_us() / 1000;
}

int64_t clock_wall(void)
{
    struct timespec now;

    if (atomic_load_explicit(&frozen, memory_order_acquire)) {
        return atomic_load_explicit(&frozen_wall, memory_order_relaxed);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec;
}

void clock_freeze(int64_t monotonic_us, int64_t wall)
{
    atomic_store_explicit(&frozen_us, monotonic_us, memory_order_relaxed);
    atomic_store_explicit(&frozen_wall, wall, memory_order_relaxed);
    atomic_store_explicit(&frozen, true, memory_order_release);
}

void clock_thaw(void)
{
    atomic_store_explicit(&frozen, false, memory_order_release);
}
