/* A log entry that is taken is written again as the same bytes. */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tracker/command.h"
#include "util/buf.h"
#include "util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct command *c = NULL;
    struct err e = {0};
    struct buf again;
    int rv = command_decode(data, size, &c, &e);

    REQUIRE(rv == 0 || (rv == P2P_EPROTO && e.text[0] != '\0' && c == NULL));
    if (rv < 0) {
        return 0;
    }
    buf_init(&again, SIZE_MAX / 4);
    REQUIRE(command_encode(c, &again) == 0);
    REQUIRE(buf_length(&again) == size);
    REQUIRE(memcmp(buf_head(&again), data, size) == 0);
    buf_close(&again);
    command_free(c);
    return 0;
}
