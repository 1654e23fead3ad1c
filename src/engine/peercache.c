#include "config.h"

#include "engine/peercache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/introduce.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"

#define FIRST_LINE "# p2ptui peers 1\n"

enum { FILE_MAX = sizeof FIRST_LINE + PEERCACHE_MAX * PEERCACHE_ADDRESS };

static size_t find(const struct peercache *c, const char *address)
{
    size_t i = 0;

    while (i < c->count && strcmp(c->list[i], address) != 0) {
        i++;
    }
    return i;
}

static void set(struct peercache *c, size_t i, const char *address)
{
    (void)snprintf(c->list[i], sizeof c->list[i], "%s", address);
}

bool peercache_remove(struct peercache *c, const char *address)
{
    size_t i = find(c, address);

    if (i == c->count) {
        return false;
    }
    c->count--;
    memmove(c->list[i], c->list[i + 1], (c->count - i) * sizeof c->list[0]);
    return true;
}

bool peercache_add(struct peercache *c, const char *address)
{
    if (strlen(address) >= PEERCACHE_ADDRESS ||
        (c->count > 0 && find(c, address) == 0)) {
        return false;
    }
    (void)peercache_remove(c, address);
    if (c->count == PEERCACHE_MAX) {
        c->count--;
    }
    memmove(c->list[1], c->list[0], c->count * sizeof c->list[0]);
    set(c, 0, address);
    c->count++;
    return true;
}

void peercache_append(struct peercache *c, const char *address)
{
    if (c->count < PEERCACHE_MAX && strlen(address) < PEERCACHE_ADDRESS &&
        find(c, address) == c->count) {
        set(c, c->count, address);
        c->count++;
    }
}

char *peercache_format(const struct peercache *c)
{
    char *text = mem_calloc(1, FILE_MAX);
    size_t size = 0;

    size += (size_t)snprintf(text, FILE_MAX, "%s", FIRST_LINE);
    for (size_t i = 0; i < c->count; i++) {
        size +=
            (size_t)snprintf(text + size, FILE_MAX - size, "%s\n", c->list[i]);
    }
    return text;
}

/* Exactly what peercache_format() writes for an address. */
static bool is_address(const char *line)
{
    struct peermsg_address a;
    char again[INTRODUCE_TEXT];

    if (!introduce_from_text(line, &a)) {
        return false;
    }
    introduce_to_text(&a, again);
    return strcmp(again, line) == 0;
}

int peercache_parse(const char *text, struct peercache *out)
{
    const size_t first = strlen(FIRST_LINE);
    const char *at = text + first;
    char line[PEERCACHE_ADDRESS];

    memset(out, 0, sizeof *out);
    if (strncmp(text, FIRST_LINE, first) != 0) {
        return P2P_EINVAL;
    }
    while (*at != '\0') {
        size_t length = strcspn(at, "\n");

        if (length >= sizeof line || at[length] != '\n' ||
            out->count == PEERCACHE_MAX) {
            goto err;
        }
        memcpy(line, at, length);
        line[length] = '\0';
        if (!is_address(line)) {
            goto err;
        }
        peercache_append(out, line);
        at += length + 1;
    }
    return 0;

err:
    out->count = 0;
    return P2P_EINVAL;
}

int peercache_load(const char *path, struct peercache *out, struct err *e)
{
    uint8_t *text = NULL;
    size_t size = 0;
    int rv = fd_read_file(path, FILE_MAX, &text, &size);

    memset(out, 0, sizeof *out);
    if (rv == P2P_ENOENT) {
        return 0;
    }
    if (rv == 0) { /* a NUL inside would hide what follows */
        rv = strlen((const char *)text) == size
                 ? peercache_parse((const char *)text, out)
                 : P2P_EINVAL;
    }
    free(text);
    return rv == 0 ? 0
                   : err_set(e, rv, "%s: %s", path,
                             rv == P2P_EINVAL ? "not as it was written"
                                              : err_text(rv));
}

int peercache_save(const char *path, const struct peercache *c)
{
    char *text = peercache_format(c);
    int rv = fd_replace_file(path, text, strlen(text), 0600);

    free(text);
    return rv;
}
