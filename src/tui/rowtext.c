#include "config.h"

#include "tui/rowtext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/rows.h"
#include "tui/cell.h"
#include "tui/draw.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/units.h"

/* Text filled up with blanks, or cut, to `width` columns; free(). */
static char *column_text(const char *text, int width)
{
    char *safe = text_safe_string(text);
    size_t length = strlen(safe), used = 0;
    int columns = 0;
    char *out;

    while (used < length) {
        uint32_t character;
        int w;
        size_t bytes = cell_next(safe + used, length - used, &character, &w);

        if (columns + w > width) {
            break;
        }
        columns += w;
        used += bytes;
    }
    out = mem_printf("%.*s%*s", (int)used, safe, width - columns, "");
    free(safe);
    return out;
}

const char *rowtext_role(int role)
{
    switch ((enum group_role)role) {
    case GROUP_PENDING:
        return _("asked");
    case GROUP_REJECTED:
        return _("refused");
    case GROUP_READER:
        return _("reader");
    case GROUP_MEMBER:
        return _("member");
    case GROUP_ADMIN:
        return _("admin");
    case GROUP_OWNER:
        return _("owner");
    case GROUP_NONE:
        break;
    }
    return "-";
}

/* Join columns of the given widths; a width of 0 takes the text as it is. */
static char *join(const char *const *texts, const int *widths, int count)
{
    char *line = mem_strdup("");
    int i;

    for (i = 0; i < count; i++) {
        char *column = widths[i] > 0 ? column_text(texts[i], widths[i])
                                     : text_safe_string(texts[i]);
        char *longer = mem_printf("%s%s%s", line, i > 0 ? "  " : "", column);

        free(column);
        free(line);
        line = longer;
    }
    return line;
}

static const int group_widths[] = {20, 14, 10, 9};
static const int member_widths[] = {20, 8, 8, 16};
static const int file_widths[] = {34, 9, 8, 14};
static const int transfer_widths[] = {30, 5, 10, 11, 5};
static const int peer_widths[] = {2, 14, 22, 5, 9, 9};
static const int request_widths[] = {16, 16, 12, 0};
static const int field_widths[] = {ROWTEXT_VALUE - 2, 0};

#define JOIN(texts, widths)                      \
    join((const char *const *)(texts), (widths), \
         (int)(sizeof(widths) / sizeof((widths)[0])))

static char *header(const struct rows *r)
{
    switch (r->kind) {
    case ROWS_GROUPS: {
        const char *t[] = {_("Group"), _("Owner"), _("Members"), _("You")};
        return JOIN(t, group_widths);
    }
    case ROWS_MEMBERS: {
        const char *t[] = {_("Who"), _("Role"), _("Seen"), _("Since")};
        return JOIN(t, member_widths);
    }
    case ROWS_FILES: {
        const char *t[] = {_("Name"), _("Size"), _("Sources"), _("From")};
        return JOIN(t, file_widths);
    }
    case ROWS_TRANSFERS: {
        const char *t[] = {_("Name"), _("Have"), _("Status"), _("Down"),
                           _("Left")};
        return JOIN(t, transfer_widths);
    }
    case ROWS_PEERS: {
        const char *t[] = {"",        _("Who"),  _("Address"),
                           _("Load"), _("Down"), _("Up")};
        return JOIN(t, peer_widths);
    }
    case ROWS_REQUESTS: {
        const char *t[] = {_("Who"), _("Group"), _("Asked"), _("Message")};
        return JOIN(t, request_widths);
    }
    case ROWS_TRACKERS: /* have a view */
    case ROWS_NONE:
    case ROWS_TAKERS:
    case ROWS_FIELDS:
        break;
    }
    return NULL;
}

/* Rows of a list stand behind its mark. */
char *rowtext_header(const struct rows *r)
{
    char *columns = header(r);
    char *line = columns == NULL ? NULL : mem_printf(" %s", columns);

    free(columns);
    return line;
}

static char *transfer_line(const struct row_transfer *t)
{
    char have[16], rate[UNITS_TEXT] = "", left[WORDING_MAX] = "";
    const char *texts[] = {t->name, have, wording_state(t->state, 1), rate,
                           left};

    snprintf(have, sizeof(have), "%d%%", draw_percent(t->have, t->size));
    if (t->state == TRANSFER_LOADING) {
        units_rate(t->rate_down, rate);
        wording_time_left(t->eta, left);
    }
    return JOIN(texts, transfer_widths);
}

static char *peer_line(const struct row_peer *p)
{
    char letter[2] = {p->letter == '\0' ? ' ' : p->letter, '\0'};
    char load[16] = "?", down[UNITS_TEXT], up[UNITS_TEXT];
    const char *texts[] = {letter, p->user, p->address, load, down, up};

    if (p->load >= 0) {
        snprintf(load, sizeof(load), "%d%%", p->load);
    }
    units_short(p->rate_down, down);
    units_short(p->rate_up, up);
    return JOIN(texts, peer_widths);
}

/* Is the value of this field a number of bytes? */
static bool is_size(const struct row_field *f)
{
    static const char *const keys[] = {"size", "have", "piece_length",
                                       "downloaded", "uploaded"};
    size_t i;

    for (i = 0; f->key != NULL && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(f->key, keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

static char *field_line(const struct row_field *f)
{
    char size[UNITS_TEXT], bytes[UNITS_TEXT];
    char *value = NULL, *line;

    if (is_size(f) && f->value != NULL) {
        uint64_t number = strtoull(f->value, NULL, 10);

        if (number >= 1024) {
            value = mem_printf(_("%s (%s bytes)"), units_size(number, size),
                               units_count(number, bytes));
        }
    }
    {
        const char *t[] = {f->label != NULL ? f->label : f->key,
                           value != NULL ? value : wording_value(f)};

        line = JOIN(t, field_widths);
    }
    free(value);
    return line;
}

static char *group_line(const struct row_group *g)
{
    char members[16];
    const char *texts[] = {g->name, g->owner, members, rowtext_role(g->role)};

    snprintf(members, sizeof(members), "%u", g->members);
    return JOIN(texts, group_widths);
}

static char *file_line(const struct row_file *f)
{
    char size[UNITS_TEXT], sources[16];
    const char *texts[] = {f->name, size, sources, f->publisher};

    units_size(f->size, size);
    snprintf(sources, sizeof(sources), "%u", f->seeders);
    return JOIN(texts, file_widths);
}

char *rowtext_line(const struct rows *r, size_t i, int64_t now)
{
    char day[WORDING_MAX];

    switch (r->kind) {
    case ROWS_GROUPS:
        return group_line(&r->groups[i]);
    case ROWS_MEMBERS: {
        const struct row_member *m = &r->members[i];
        const char *t[] = {m->user, rowtext_role(m->role),
                           m->online ? _("here") : _("away"),
                           wording_day(m->since, now, day)};
        return JOIN(t, member_widths);
    }
    case ROWS_REQUESTS: {
        const struct row_request *q = &r->requests[i];
        const char *t[] = {q->user, q->group, wording_day(q->time, now, day),
                           q->message};
        return JOIN(t, request_widths);
    }
    case ROWS_FILES:
        return file_line(&r->files[i]);
    case ROWS_TRANSFERS:
        return transfer_line(&r->transfers[i]);
    case ROWS_PEERS:
        return peer_line(&r->peers[i]);
    case ROWS_FIELDS:
        return field_line(&r->fields[i]);
    case ROWS_TRACKERS:
    case ROWS_TAKERS:
    case ROWS_NONE:
        break;
    }
    return mem_strdup("");
}
