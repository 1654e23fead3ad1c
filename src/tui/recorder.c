#include "config.h"

#include "tui/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "msgq/tape.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

struct recorder {
    int fd; /* -1: it could not be written any more */
    int64_t start_ms;
    struct buf line;
};

static void write_out(struct recorder *r)
{
    int rv = fd_write_all(r->fd, buf_head(&r->line), buf_length(&r->line));

    buf_clear(&r->line);
    if (rv < 0) {
        log_warn("recorder", "the recording ends here: %s", err_text(rv));
        close(r->fd);
        r->fd = -1;
    }
}

int recorder_new(const char *path, int64_t now, int64_t now_ms,
                 struct recorder **out, struct err *e)
{
    struct recorder *r;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) {
        return err_set_errno(e, errno, _("cannot record to %s"), path);
    }
    r = mem_calloc(1, sizeof(*r));
    r->fd = fd;
    r->start_ms = now_ms;
    buf_init(&r->line, TAPE_FILE_MAX);
    (void)tape_write_start(&r->line, now); /* fits into an empty buffer */
    write_out(r);
    *out = r;
    return 0;
}

void recorder_free(struct recorder *r)
{
    if (r == NULL) {
        return;
    }
    if (r->fd >= 0) {
        close(r->fd);
    }
    buf_close(&r->line);
    free(r);
}

void recorder_add(struct recorder *r, int64_t now_ms, const struct event *e,
                  enum command_kind asked)
{
    if (r == NULL || r->fd < 0) {
        return;
    }
    if (tape_write(&r->line, now_ms - r->start_ms, e, asked) < 0) {
        buf_clear(&r->line); /* larger than any recording may be */
        return;
    }
    write_out(r);
}
