/* fuzz: what every fuzz target shares. A target is a program for libFuzzer
 * (configure --enable-fuzzing with clang), or one that replays its corpus
 * (replay_main.c), so that "make check" runs it everywhere. */
#ifndef P2P_TESTS_FUZZ_H
#define P2P_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stop, so that libFuzzer keeps the input, when a property does not hold. */
#define REQUIRE(condition)                                                    \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
                    #condition);                                              \
            abort();                                                          \
        }                                                                     \
    } while (0)

#endif /* P2P_TESTS_FUZZ_H */
