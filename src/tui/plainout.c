#include "config.h"

#include "tui/plainout.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "msgq/event.h"
#include "tui/wording.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/jsonout.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/units.h"

enum { PLAINOUT_COLUMNS = 8 /* most columns of a table */ };

/* ---- Tables ------------------------------------------------------------ */

/* Cells are gathered first, so that columns get the width of their widest. */
struct table {
    size_t columns;
    bool right[PLAINOUT_COLUMNS]; /* numbers stand at the right */
    char **cells; /* safe text, row by row; row 0 is the header */
    size_t count;
};

static void put(struct table *t, char *safe)
{
    t->cells = mem_resize(t->cells, t->count + 1, sizeof *t->cells);
    t->cells[t->count++] = safe;
}

static void put_text(struct table *t, const char *foreign)
{
    put(t, text_safe_string(foreign != NULL ? foreign : "-"));
}

static void put_number(struct table *t, uint64_t n)
{
    put(t, mem_printf("%llu", (unsigned long long)n));
}

static void put_size(struct table *t, uint64_t bytes)
{
    char text[UNITS_TEXT];

    put(t, mem_strdup(units_size(bytes, text)));
}

static void put_rate(struct table *t, uint64_t rate)
{
    char text[UNITS_TEXT];

    put(t, mem_strdup(rate == 0 ? "-" : units_rate(rate, text)));
}

static void put_percent(struct table *t, uint64_t part, uint64_t whole)
{
    unsigned percent = 100;

    if (whole > 0) {
        percent = (unsigned)((double)part * 100.0 / (double)whole);
        percent = percent > 99 && part < whole ? 99 : percent;
    }
    put(t, mem_printf("%u%%", percent));
}

static void put_time(struct table *t, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm tm;
    char text[32];

    if (localtime_r(&when, &tm) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm) == 0) {
        text[0] = '\0';
    }
    put(t, mem_strdup(text));
}

static void header(struct table *t, const char *const *titles,
                   const char *right)
{
    for (t->columns = 0; titles[t->columns] != NULL; t->columns++) {
        put(t, mem_strdup(_(titles[t->columns])));
        t->right[t->columns] = right[t->columns] == 'r';
    }
}

static void pad(struct buf *out, int columns)
{
    for (; columns > 0; columns--) {
        buf_append(out, " ", 1);
    }
}

static void write_row(struct buf *out, const struct table *t, size_t first,
                      const int *widths)
{
    int width;
    size_t i;

    for (i = 0; i < t->columns; i++) {
        width = text_width(t->cells[first + i]);
        if (t->right[i]) {
            pad(out, widths[i] - width);
        }
        buf_append_text(out, t->cells[first + i]);
        if (i + 1 < t->columns) {
            pad(out, (t->right[i] ? 0 : widths[i] - width) + 2);
        }
    }
    buf_append(out, "\n", 1);
}

static void write_table(struct buf *out, struct table *t)
{
    int widths[PLAINOUT_COLUMNS] = {0};
    size_t i;
    int width;

    for (i = 0; i < t->count; i++) {
        width = text_width(t->cells[i]);
        if (width > widths[i % t->columns]) {
            widths[i % t->columns] = width;
        }
    }
    for (i = 0; i < t->count; i += t->columns) {
        write_row(out, t, i, widths);
    }
    for (i = 0; i < t->count; i++) {
        free(t->cells[i]);
    }
    free(t->cells);
}

static void groups_table(struct table *t, const struct rows *r)
{
    static const char *const titles[] = {
        N_("GROUP"), N_("OWNER"),   N_("YOU ARE"), N_("MEMBERS"),
        N_("FILES"), N_("WAITING"), NULL};
    const struct row_group *g;
    size_t i;

    header(t, titles, "lllrrr");
    for (i = 0; i < r->count; i++) {
        g = &r->groups[i];
        put_text(t, g->name);
        put_text(t, g->owner);
        put(t, mem_strdup(wording_word(group_role_word(g->role))));
        put_number(t, g->members);
        put_number(t, g->items);
        put_number(t, g->requests);
    }
}

static void requests_table(struct table *t, const struct rows *r)
{
    static const char *const titles[] = {N_("GROUP"), N_("USER"), N_("SINCE"),
                                         N_("MESSAGE"), NULL};
    size_t i;

    header(t, titles, "llll");
    for (i = 0; i < r->count; i++) {
        put_text(t, r->requests[i].group);
        put_text(t, r->requests[i].user);
        put_time(t, r->requests[i].time);
        put_text(t, r->requests[i].message);
    }
}

static void members_table(struct table *t, const struct rows *r)
{
    static const char *const titles[] = {N_("USER"), N_("ROLE"), N_("ONLINE"),
                                         N_("SINCE"), NULL};
    size_t i;

    header(t, titles, "llll");
    for (i = 0; i < r->count; i++) {
        put_text(t, r->members[i].user);
        put(t, mem_strdup(wording_word(group_role_word(r->members[i].role))));
        put(t, mem_strdup(r->members[i].online ? _("yes") : _("no")));
        put_time(t, r->members[i].since);
    }
}

static void files_table(struct table *t, const struct rows *r)
{
    static const char *const titles[] = {
        N_("NAME"), N_("SIZE"),   N_("HAVE"),  N_("SEEDERS"),
        N_("FROM"), N_("SHARED"), N_("STATE"), NULL};
    const struct row_file *f;
    size_t i;

    header(t, titles, "lrrrlll");
    for (i = 0; i < r->count; i++) {
        f = &r->files[i];
        put_text(t, f->name);
        put_size(t, f->size);
        if (f->state == TRANSFER_NONE) {
            put(t, mem_strdup("-"));
        } else {
            put_percent(t, f->have, f->size);
        }
        put_number(t, f->seeders);
        put_text(t, f->publisher);
        put_time(t, f->time);
        put(t, mem_strdup(wording_word(transfer_state_word(f->state))));
    }
}

static void transfers_table(struct table *t, const struct rows *r)
{
    static const char *const titles[] = {N_("GROUP"), N_("NAME"),  N_("SIZE"),
                                         N_("HAVE"),  N_("DOWN"),  N_("UP"),
                                         N_("PEERS"), N_("STATE"), NULL};
    const struct row_transfer *f;
    size_t i;

    header(t, titles, "llrrrrrl");
    for (i = 0; i < r->count; i++) {
        f = &r->transfers[i];
        put_text(t, f->group);
        put_text(t, f->name);
        put_size(t, f->size);
        put_percent(t, f->have, f->size);
        put_rate(t, f->rate_down);
        put_rate(t, f->rate_up);
        put_number(t, f->peers);
        if (f->reason != NULL) {
            put(t, mem_printf("%s (%s)",
                              wording_word(transfer_state_word(f->state)),
                              f->reason));
        } else {
            put(t, mem_strdup(wording_word(transfer_state_word(f->state))));
        }
    }
}

static void peers_table(struct table *t, const struct rows *r)
{
    static const char *const titles[] = {
        N_("USER"), N_("ADDRESS"), N_("DOWN"),   N_("UP"),
        N_("GAVE"), N_("TOOK"),    N_("CLIENT"), NULL};
    const struct row_peer *p;
    size_t i;

    header(t, titles, "llrrrrl");
    for (i = 0; i < r->count; i++) {
        p = &r->peers[i];
        put_text(t, p->user);
        put_text(t, p->address);
        put_rate(t, p->rate_down);
        put_rate(t, p->rate_up);
        put_size(t, p->total_down);
        put_size(t, p->total_up);
        put_text(t, p->client);
    }
}

static void trackers_table(struct table *t, const struct rows *r)
{
    static const char *const titles[] = {N_("TRACKER"), N_("STATE"),
                                         N_("DELAY"),   N_("VERSION"),
                                         N_("PIN"),     NULL};
    const struct row_tracker *k;
    size_t i;

    header(t, titles, "llrll");
    for (i = 0; i < r->count; i++) {
        k = &r->trackers[i];
        put_text(t, k->address);
        put_text(t, wording_tracker(k));
        put(t, k->delay_ms < 0 ? mem_strdup("-")
                               : mem_printf("%d ms", (int)k->delay_ms));
        put_text(t, k->version);
        put_text(t, k->pin);
    }
}

static void fields_table(struct buf *out, const struct rows *r)
{
    int widest = 0, width;
    char *safe;
    size_t i;

    for (i = 0; i < r->count; i++) {
        width = text_width(r->fields[i].label);
        widest = width > widest ? width : widest;
    }
    for (i = 0; i < r->count; i++) {
        safe = text_safe_string(wording_value(&r->fields[i]));
        buf_append_text(out, r->fields[i].label);
        pad(out, widest - text_width(r->fields[i].label) + 2);
        buf_append_text(out, safe);
        buf_append(out, "\n", 1);
        free(safe);
    }
}

void plainout_table(struct buf *out, const struct rows *rows)
{
    struct table t = {0};

    switch (rows->kind) {
    case ROWS_NONE:
    case ROWS_TAKERS: /* only watched, never an answer */
        return;
    case ROWS_FIELDS:
        fields_table(out, rows);
        return;
    case ROWS_GROUPS:
        groups_table(&t, rows);
        break;
    case ROWS_REQUESTS:
        requests_table(&t, rows);
        break;
    case ROWS_MEMBERS:
        members_table(&t, rows);
        break;
    case ROWS_FILES:
        files_table(&t, rows);
        break;
    case ROWS_TRANSFERS:
        transfers_table(&t, rows);
        break;
    case ROWS_PEERS:
        peers_table(&t, rows);
        break;
    case ROWS_TRACKERS:
        trackers_table(&t, rows);
        break;
    }
    write_table(out, &t);
}

/* ---- JSON -------------------------------------------------------------- */

static void member_text(struct jsonout *j, const char *key, const char *text)
{
    jsonout_key(j, key);
    jsonout_string(j, text);
}

static void member_int(struct jsonout *j, const char *key, int64_t value)
{
    jsonout_key(j, key);
    jsonout_int(j, value);
}

static void member_bool(struct jsonout *j, const char *key, bool value)
{
    jsonout_key(j, key);
    jsonout_bool(j, value);
}

/* Lines as an array of strings. */
static void member_lines(struct jsonout *j, const char *key, const char *lines)
{
    jsonout_key(j, key);
    jsonout_begin_array(j);
    while (lines != NULL && *lines != '\0') {
        size_t length = strcspn(lines, "\n");
        char *line = mem_strndup(lines, length);

        jsonout_string(j, line);
        free(line);
        lines += length + (lines[length] == '\n' ? 1 : 0);
    }
    jsonout_end_array(j);
}

static void group_json(struct jsonout *j, const struct row_group *g)
{
    member_text(j, "group", g->name);
    member_text(j, "owner", g->owner);
    member_text(j, "role", group_role_word(g->role));
    member_int(j, "members", g->members);
    member_int(j, "online", g->online);
    member_int(j, "files", g->items);
    member_int(j, "requests", g->requests);
    member_text(j, "note", g->note);
    member_int(j, "created", g->created);
    member_int(j, "bytes", (int64_t)g->bytes);
    member_text(j, "key", g->key);
}

static void request_json(struct jsonout *j, const struct row_request *r)
{
    member_text(j, "group", r->group);
    member_text(j, "user", r->user);
    member_text(j, "message", r->message);
    member_int(j, "time", r->time);
    member_int(j, "created", r->created);
    member_lines(j, "common", r->common);
}

static void member_json(struct jsonout *j, const struct row_member *m)
{
    member_text(j, "user", m->user);
    member_text(j, "role", group_role_word(m->role));
    member_bool(j, "online", m->online);
    member_int(j, "since", m->since);
    member_int(j, "seen", m->seen);
    member_text(j, "key", m->key);
}

static void file_json(struct jsonout *j, const struct row_file *f)
{
    member_text(j, "group", f->group);
    member_text(j, "name", f->name);
    member_text(j, "hash", f->hash);
    member_int(j, "size", (int64_t)f->size);
    member_bool(j, "directory", f->is_directory);
    member_text(j, "publisher", f->publisher);
    member_int(j, "time", f->time);
    member_int(j, "seeders", f->seeders);
    member_int(j, "leechers", f->leechers);
    member_int(j, "pieces", f->piece_count);
    member_int(j, "piece_length", f->piece_length);
    member_text(j, "state", transfer_state_word(f->state));
    member_int(j, "have", (int64_t)f->have);
}

static void transfer_json(struct jsonout *j, const struct row_transfer *t)
{
    member_text(j, "group", t->group);
    member_text(j, "name", t->name);
    member_text(j, "hash", t->hash);
    member_text(j, "path", t->path);
    member_text(j, "state", transfer_state_word(t->state));
    member_text(j, "reason", t->reason);
    member_int(j, "size", (int64_t)t->size);
    member_int(j, "have", (int64_t)t->have);
    member_int(j, "pieces", t->piece_count);
    member_int(j, "pieces_have", t->pieces_have);
    member_int(j, "piece_length", t->piece_length);
    member_int(j, "rate_down", (int64_t)t->rate_down);
    member_int(j, "rate_up", (int64_t)t->rate_up);
    member_int(j, "total_down", (int64_t)t->total_down);
    member_int(j, "total_up", (int64_t)t->total_up);
    member_int(j, "eta", t->eta);
    member_int(j, "peers", t->peers);
    member_int(j, "seeders", t->seeders);
    member_int(j, "bad_blocks", t->bad_blocks);
    member_bool(j, "origin", t->is_origin);
}

static void peer_json(struct jsonout *j, const struct row_peer *p)
{
    member_text(j, "user", p->user);
    member_text(j, "address", p->address);
    member_text(j, "client", p->client);
    member_int(j, "rate_down", (int64_t)p->rate_down);
    member_int(j, "rate_up", (int64_t)p->rate_up);
    member_int(j, "total_down", (int64_t)p->total_down);
    member_int(j, "total_up", (int64_t)p->total_up);
    member_int(j, "load", p->load);
    member_int(j, "queue", p->queue);
    member_int(j, "rtt_ms", p->rtt_ms);
    member_int(j, "pieces", p->pieces);
    member_bool(j, "seed", p->is_seed);
    member_bool(j, "origin", p->is_origin);
    member_bool(j, "incoming", p->is_incoming);
    member_bool(j, "chokes_us", p->chokes_us);
    member_int(j, "bad_blocks", p->bad_blocks);
    member_bool(j, "banned", p->banned);
    member_text(j, "reason", p->reason);
}

static void tracker_json(struct jsonout *j, const struct row_tracker *t)
{
    int i;

    member_text(j, "address", t->address);
    member_bool(j, "connected", t->connected);
    member_text(j, "pin", t->pin);
    member_text(j, "version", t->version);
    member_int(j, "delay_ms", t->delay_ms);
    member_text(j, "problem", t->problem);
    member_bool(j, "primary", t->is_primary);
    member_bool(j, "logged_in", t->logged_in);
    member_int(j, "cert_until", t->cert_until);
    member_text(j, "role", t->role);
    for (i = 0; i < TRACKER_FIGURES; i++) {
        member_int(j, tracker_figure_word((enum tracker_figure)i),
                   t->figures[i]);
    }
    jsonout_key(j, "requests");
    jsonout_begin_array(j);
    for (i = 0; i < ROWS_SLOTS; i++) {
        jsonout_int(j, t->requests[i]);
    }
    jsonout_end_array(j);
}

static void row_json(struct jsonout *j, const struct rows *r, size_t i)
{
    switch (r->kind) {
    case ROWS_GROUPS:
        group_json(j, &r->groups[i]);
        break;
    case ROWS_REQUESTS:
        request_json(j, &r->requests[i]);
        break;
    case ROWS_MEMBERS:
        member_json(j, &r->members[i]);
        break;
    case ROWS_FILES:
        file_json(j, &r->files[i]);
        break;
    case ROWS_TRANSFERS:
        transfer_json(j, &r->transfers[i]);
        break;
    case ROWS_PEERS:
        peer_json(j, &r->peers[i]);
        break;
    case ROWS_TRACKERS:
        tracker_json(j, &r->trackers[i]);
        break;
    case ROWS_NONE:
    case ROWS_TAKERS:
    case ROWS_FIELDS:
        break;
    }
}

static void result_json(struct jsonout *j, const struct rows *r)
{
    size_t i;

    if (r->kind == ROWS_NONE) {
        jsonout_null(j);
        return;
    }
    if (r->kind == ROWS_FIELDS) {
        jsonout_begin_object(j);
        for (i = 0; i < r->count; i++) {
            member_text(j, r->fields[i].key, r->fields[i].value);
        }
        jsonout_end_object(j);
        return;
    }
    jsonout_begin_array(j);
    for (i = 0; i < r->count; i++) {
        jsonout_begin_object(j);
        row_json(j, r, i);
        jsonout_end_object(j);
    }
    jsonout_end_array(j);
}

void plainout_json(struct buf *out, const char *command,
                   const struct event *reply)
{
    struct jsonout j;

    jsonout_init(&j, out);
    jsonout_begin_object(&j);
    member_text(&j, "command", command);
    member_bool(&j, "ok", reply->code == 0);
    if (reply->code == 0) {
        jsonout_key(&j, "result");
        result_json(&j, &reply->rows);
    } else {
        jsonout_key(&j, "error");
        jsonout_begin_object(&j);
        member_text(&j, "code", err_word(reply->code));
        member_text(&j, "message",
                    reply->text != NULL ? reply->text : err_text(reply->code));
        jsonout_end_object(&j);
    }
    jsonout_end_object(&j);
    buf_append(out, "\n", 1);
}

/* ---- Status and progress ------------------------------------------------ */

int plainout_status(int code)
{
    switch (code) {
    case 0:
        return 0;
    case P2P_EUSAGE:
        return 2;
    case P2P_ENOTRACKER:
    case P2P_EPIN:
        return 3;
    case P2P_EACCES:
    case P2P_EAUTH:
    case P2P_ENOTLOGIN:
        return 4;
    case P2P_ENOENT:
        return 5;
    case P2P_EVERIFY:
    case P2P_EIO:
    case P2P_ENOSPC:
        return 6;
    case P2P_ETIMEDOUT:
        return 7;
    default:
        return 1;
    }
}

const char *plainout_hint(int code)
{
    switch (code) {
    case P2P_ENOTRACKER:
        return _("look at your network and at the address");
    case P2P_EAUTH:
        return _("try again, or make an account with 'create_user'");
    case P2P_ETIMEDOUT:
        return _("try again");
    case P2P_EEXIST:
        return _("choose another name or place");
    default:
        return NULL;
    }
}

void plainout_progress(struct buf *out, const struct event *e)
{
    const struct event_progress *p = &e->progress;
    char done[UNITS_TEXT], total[UNITS_TEXT], rate[UNITS_TEXT];
    char left[UNITS_TEXT];
    unsigned percent = 0;

    if (p->total > 0) {
        percent = (unsigned)((double)p->done * 100.0 / (double)p->total);
    }
    buf_printf(out, _("%s %u%%, %s of %s"),
               wording_word(transfer_state_word(p->phase)), percent,
               units_size(p->done, done), units_size(p->total, total));
    if (p->rate > 0) {
        buf_printf(out, ", %s", units_rate(p->rate, rate));
    }
    if (p->eta > 0) {
        buf_printf(out, _(", %s left"), units_duration(p->eta, left));
    }
    if (p->peers > 0) {
        buf_printf(out, ngettext(", %u peer", ", %u peers", p->peers),
                   (unsigned)p->peers);
    }
}
