/* A recording that is taken can be written, and what was written is taken and
 * written the same again. */
#include "config.h"

#include <string.h>

#include "msgq/event.h"
#include "msgq/tape.h"
#include "tests/fuzz/fuzz.h"
#include "util/buf.h"
#include "util/err.h"

static void write_all(const struct tape *t, struct buf *b)
{
    unsigned i;

    REQUIRE(tape_write_start(b, t->now) == 0);
    for (i = 0; i < t->count; i++) {
        REQUIRE(tape_write(b, t->events[i].at_ms, t->events[i].event,
                           t->events[i].asked) == 0);
    }
    REQUIRE(buf_append(b, "", 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape first, second;
    struct buf a, b;
    struct err e;
    char *text = malloc(size + 1);

    REQUIRE(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    if (tape_read(text, &first, &e) == 0) {
        buf_init(&a, TAPE_FILE_MAX);
        buf_init(&b, TAPE_FILE_MAX);
        write_all(&first, &a);
        REQUIRE(tape_read((char *)buf_head(&a), &second, &e) == 0);
        write_all(&second, &b);
        REQUIRE(strcmp((char *)buf_head(&a), (char *)buf_head(&b)) == 0);
        tape_close(&second);
        buf_close(&a);
        buf_close(&b);
        tape_close(&first);
    }
    free(text);
    return 0;
}
