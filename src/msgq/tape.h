/* tape: events as lines of text, so that what an engine told a screen can be
 * kept in a file and played again. Pure.
 *
 * A file begins with "p2ptui-tape 1 now=SECONDS". Each event is a line
 * "AT KIND key=value ...", AT in milliseconds since the start; each row of its
 * table follows on a line of its own that begins with a blank. Values with
 * blanks stand in double quotes; in there \" \\ and \xHH (a byte) are known.
 * What is 0, false or NULL is left out. "#" begins a comment line.
 */
#ifndef P2P_MSGQ_TAPE_H
#define P2P_MSGQ_TAPE_H

#include <stdint.h>

#include "msgq/command.h"

struct buf;
struct err;
struct event;

enum {
    TAPE_FILE_MAX = 64 * 1024 * 1024, /* bytes; hours of a busy screen */
    TAPE_EVENTS_MAX = 1000000,
    TAPE_PIECES_MAX = 1 << 24, /* of an item */
};

/* One event of a tape. A reply is kept with what was asked instead of its
 * request number. */
struct tape_event {
    int64_t at_ms;
    enum command_kind asked; /* COMMAND_KIND_COUNT: it is no reply */
    struct event *event;
};

struct tape {
    int64_t now; /* seconds since 1970 when it began */
    struct tape_event *events;
    unsigned count;
};

/* Read a whole file's text of `size` bytes with a NUL behind it. On failure
 * P2P_EINVAL with "line N: ..." in `e` and nothing to close. */
int tape_read(const char *text, struct tape *out, struct err *e);
void tape_close(struct tape *t);

/* Append the first line, or an event with its rows. 0 or P2P_ETOOBIG. */
int tape_write_start(struct buf *b, int64_t now);
int tape_write(struct buf *b, int64_t at_ms, const struct event *e,
               enum command_kind asked);

#endif /* P2P_MSGQ_TAPE_H */
