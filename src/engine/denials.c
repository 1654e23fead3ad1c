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

static bool is_signature(const char *text)
{
    return strlen(text) < DENIALS_SIGNATURE && strpbrk(text, " \n") == NULL;
}

static void set_entry(struct denials *d, size_t i, int64_t since,
                      const char *signature)
{
    d->list[i].since = since;
    (void)snprintf(d->signatures[i], sizeof d->signatures[i], "%s", signature);
}

int denials_add(struct denials *d, const char *user_id, int64_t since,
                const char *signature)
{
    const char *proof = signature != NULL ? signature : "";

    if (!is_user_id(user_id) || !is_signature(proof)) {
        return P2P_EINVAL;
    }
    for (size_t i = 0; i < d->count; i++) {
        if (strcmp(d->list[i].user_id, user_id) == 0) {
            bool was_signed = d->signatures[i][0] != '\0';
            bool is_signed = proof[0] != '\0';

            if (was_signed == is_signed ? since <= d->list[i].since
                                        : was_signed) {
                return 0;
            }
            set_entry(d, i, since, proof);
            return 1;
        }
    }
    if (d->count == DENIALS_MAX) {
        return P2P_EFULL;
    }
    d->list = mem_resize(d->list, d->count + 1, sizeof *d->list);
    d->signatures =
        mem_resize(d->signatures, d->count + 1, sizeof *d->signatures);
    (void)snprintf(d->list[d->count].user_id, sizeof d->list[0].user_id, "%s",
                   user_id);
    set_entry(d, d->count, since, proof);
    d->count++;
    return 1;
}

static void drop_entry(struct denials *d, size_t i)
{
    d->count--;
    d->list[i] = d->list[d->count];
    memcpy(d->signatures[i], d->signatures[d->count], sizeof d->signatures[i]);
}

size_t denials_check(struct denials *d,
                     bool (*is_genuine)(void *arg, const char *user_id,
                                        int64_t since, const char *signature),
                     void *arg)
{
    size_t before = d->count;
    size_t i = 0;

    while (i < d->count) {
        if (d->signatures[i][0] == '\0' ||
            is_genuine(arg, d->list[i].user_id, d->list[i].since,
                       d->signatures[i])) {
            i++;
        } else {
            drop_entry(d, i);
        }
    }
    return before - d->count;
}

size_t denials_drop_unsigned(struct denials *d)
{
    size_t before = d->count;
    size_t i = 0;

    while (i < d->count) {
        if (d->signatures[i][0] != '\0') {
            i++;
        } else {
            drop_entry(d, i);
        }
    }
    return before - d->count;
}

void denials_close(struct denials *d)
{
    free(d->list);
    free(d->signatures);
    d->list = NULL;
    d->signatures = NULL;
    d->count = 0;
}

char *denials_format(const struct denials *d)
{
    size_t room = d->count * DENIALS_LINE + 1;
    char *text = mem_calloc(1, room);
    size_t size = 0;

    for (size_t i = 0; i < d->count; i++) {
        const char *proof = d->signatures[i];

        size +=
            (size_t)snprintf(text + size, room - size, "%s %" PRId64 "%s%s\n",
                             d->list[i].user_id, d->list[i].since,
                             proof[0] != '\0' ? " " : "", proof);
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
    if (end == blank + 1 || errno != 0 || (*end != '\0' && *end != ' ')) {
        return false;
    }
    return denials_add(d, line, since, *end == ' ' ? end + 1 : NULL) >= 0;
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
