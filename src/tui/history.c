#include "config.h"

#include "tui/history.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tui/edit.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/text.h"

enum { HISTORY_FILE_MAX = HISTORY_LINES * (EDIT_MAX + 1) };

void history_init(struct history *h)
{
    memset(h, 0, sizeof(*h));
}

void history_close(struct history *h)
{
    size_t i;

    for (i = 0; i < h->count; i++) {
        free(h->lines[i]);
    }
    history_init(h);
}

void history_add(struct history *h, const char *line)
{
    if (line[0] != '\0' &&
        (h->count == 0 || strcmp(h->lines[h->count - 1], line) != 0)) {
        if (h->count == HISTORY_LINES) {
            free(h->lines[0]);
            memmove(h->lines, h->lines + 1,
                    (HISTORY_LINES - 1) * sizeof(h->lines[0]));
            h->count--;
        }
        h->lines[h->count++] = mem_strdup(line);
    }
    h->at = h->count;
}

const char *history_older(struct history *h)
{
    if (h->at == 0) {
        return NULL;
    }
    h->at--;
    return h->lines[h->at];
}

const char *history_newer(struct history *h)
{
    if (h->at >= h->count) {
        return NULL;
    }
    h->at++;
    return h->at == h->count ? "" : h->lines[h->at];
}

void history_load(struct history *h, const char *path)
{
    uint8_t *data = NULL;
    size_t size = 0;
    char *line, *end;

    if (fd_read_file(path, HISTORY_FILE_MAX, &data, &size) < 0) {
        return;
    }
    line = (char *)data;
    for (end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
        *end = '\0';
        if (strlen(line) <= EDIT_MAX && text_is_utf8(line, strlen(line))) {
            history_add(h, line);
        }
        line = end + 1;
    }
    free(data);
}

int history_save(const struct history *h, const char *path)
{
    struct buf b;
    size_t i;
    int rv;

    buf_init(&b, HISTORY_FILE_MAX);
    for (i = 0; i < h->count; i++) {
        buf_append_text(&b, h->lines[i]);
        buf_append_text(&b, "\n");
    }
    rv = fd_replace_file(path, buf_head(&b), buf_length(&b), 0600);
    buf_close(&b);
    return rv;
}
