#include "config.h"

#include "engine/denials.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/mem.h"

/* It must stand in a line of its own, and in a certificate's name. */
static bool is_user_id(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    return length > 0 &&
           length < sizeof((struct membership_denial *)0)->user_id;
}

int denials_add(struct denials *d, const char *user_id, int64_t since)
{
    struct membership_denial *fresh;

    if (!is_user_id(user_id)) {
        return P2P_EINVAL;
    }
    for (size_t i = 0; i < d->count; i++) {
        if (strcmp(d->list[i].user_id, user_id) == 0) {
            if (since <= d->list[i].since) {
                return 0;
            }
            d->list[i].since = since;
            return 1;
        }
    }
    if (d->count == DENIALS_MAX) {
        return P2P_EFULL;
    }
    d->list = mem_resize(d->list, d->count + 1, sizeof *d->list);
    fresh = &d->list[d->count];
    (void)snprintf(fresh->user_id, sizeof fresh->user_id, "%s", user_id);
    fresh->since = since;
    d->count++;
    return 1;
}

void denials_close(struct denials *d)
{
    free(d->list);
    d->list = NULL;
    d->count = 0;
}

char *denials_format(const struct denials *d)
{
    size_t room = d->count * DENIALS_LINE + 1;
    char *text = mem_calloc(1, room);
    size_t size = 0;

    for (size_t i = 0; i < d->count; i++) {
        size += (size_t)snprintf(text + size, room - size, "%s %" PRId64 "\n",
                                 d->list[i].user_id, d->list[i].since);
    }
    return text;
}

/* One line; changed while it is read. */
static bool parse_line(struct denials *d, char *line)
{
    char *blank = strchr(line, ' ');
    char *end;
    int64_t since;

    if (blank == NULL) {
        return false;
    }
    *blank = '\0';
    errno = 0;
    since = strtoll(blank + 1, &end, 10);
    return end != blank + 1 && *end == '\0' && errno == 0 &&
           denials_add(d, line, since) >= 0;
}

size_t denials_parse(struct denials *d, const char *text)
{
    char *copy = mem_strdup(text);
    char *save = NULL;
    size_t bad = 0;

    for (char *line = strtok_r(copy, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        bad += !parse_line(d, line);
    }
    free(copy);
    return bad;
}
