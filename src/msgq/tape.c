#include "config.h"

#include "msgq/tape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/event.h"
#include "msgq/rowfield.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"

#define TAPE_MAGIC "p2ptui-tape 1 now="

static const char *const event_words[] = {
    [EVENT_REPLY] = "reply",     [EVENT_PROGRESS] = "progress",
    [EVENT_SESSION] = "session", [EVENT_ROWS] = "rows",
    [EVENT_PIECES] = "pieces",   [EVENT_RATES] = "rates",
    [EVENT_NOTICE] = "notice",   [EVENT_STOPPED] = "stopped",
};

enum { EVENT_WORDS = sizeof(event_words) / sizeof(event_words[0]) };

/* ---- Writing ----------------------------------------------------------- */

/* A value in quotes when it must be. */
static int put_text(struct buf *b, const char *key, const char *text)
{
    size_t i;
    int rv = buf_printf(b, " %s=\"", key);

    for (i = 0; text[i] != '\0' && rv == 0; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\') {
            rv = buf_printf(b, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            rv = buf_printf(b, "\\x%02x", c);
        } else {
            rv = buf_append(b, &c, 1);
        }
    }
    return rv == 0 ? buf_append_text(b, "\"") : rv;
}

/* Numbers as runs: "3*0,1,2*7". */
static int put_runs(struct buf *b, const char *key, size_t count,
                    uint64_t (*at)(const void *array, size_t n),
                    const void *array)
{
    size_t i = 0, run;
    int rv = buf_printf(b, " %s=", key);

    while (i < count && rv == 0) {
        uint64_t value = at(array, i);

        for (run = 1; i + run < count && at(array, i + run) == value; run++) {
        }
        rv = buf_printf(b, i > 0 ? "," : "");
        if (rv == 0) {
            rv = run > 1 ? buf_printf(b, "%zu*%" PRIu64, run, value)
                         : buf_printf(b, "%" PRIu64, value);
        }
        i += run;
    }
    return rv;
}

static uint64_t at_u64(const void *array, size_t n)
{
    return ((const uint64_t *)array)[n];
}

static uint64_t at_u32(const void *array, size_t n)
{
    return ((const uint32_t *)array)[n];
}

static uint64_t at_byte(const void *array, size_t n)
{
    return ((const uint8_t *)array)[n];
}

static uint64_t at_bit(const void *array, size_t n)
{
    return ((const uint8_t *)array)[n / 8] >> (7 - n % 8) & 1;
}

static uint64_t at_arriving(const void *array, size_t n)
{
    return ((const struct event_piece_arriving *)array)[n].piece;
}

static uint64_t at_done(const void *array, size_t n)
{
    return ((const struct event_piece_arriving *)array)[n].done;
}

static uint64_t at_total(const void *array, size_t n)
{
    return ((const struct event_piece_arriving *)array)[n].total;
}

static uint64_t at_bad(const void *array, size_t n)
{
    return ((const struct event_piece_bad *)array)[n].piece;
}

static uint64_t at_letter(const void *array, size_t n)
{
    return (uint8_t)((const struct event_piece_arriving *)array)[n].letter;
}

/* The value of a field of fixed size; signed ones keep their bits. */
static int64_t number_of(const struct rowfield *f, const void *row)
{
    const void *at = (const char *)row + f->offset;

    switch (f->type) {
    case ROWFIELD_BOOL:
        return *(const bool *)at ? 1 : 0;
    case ROWFIELD_CHAR:
        return *(const char *)at;
    case ROWFIELD_ENUM:
    case ROWFIELD_I32:
        return *(const int32_t *)at;
    case ROWFIELD_U16:
        return *(const uint16_t *)at;
    case ROWFIELD_U32:
        return *(const uint32_t *)at;
    default:
        return *(const int64_t *)at;
    }
}

/* Arrays of which every number is 0 are left out. */
static int put_array(struct buf *b, const struct rowfield *f, const void *array)
{
    uint64_t (*at)(const void *, size_t) =
        f->type == ROWFIELD_U64S ? at_u64 : at_u32;
    size_t i;

    for (i = 0; i < f->count; i++) {
        if (at(array, i) != 0) {
            return put_runs(b, f->key, f->count, at, array);
        }
    }
    return 0;
}

static int put_field(struct buf *b, const struct rowfield *f, const void *row)
{
    const void *at = (const char *)row + f->offset;
    int64_t number;

    if (f->type == ROWFIELD_TEXT) {
        const char *text = *(char *const *)at;

        return text == NULL ? 0 : put_text(b, f->key, text);
    }
    if (f->type == ROWFIELD_U64S || f->type == ROWFIELD_U32S) {
        return put_array(b, f, at);
    }
    number = number_of(f, row);
    return number == 0 ? 0 : buf_printf(b, " %s=%" PRId64, f->key, number);
}

static int put_fields(struct buf *b, const struct rowfield *f, const void *row)
{
    int rv = 0;

    for (; f->type != ROWFIELD_END && rv == 0; f++) {
        rv = put_field(b, f, row);
    }
    return rv;
}

static int put_arriving(struct buf *b, const struct event_pieces *p)
{
    static const struct {
        const char *key;
        uint64_t (*at)(const void *array, size_t n);
    } parts[] = {{"arriving", at_arriving},
                 {"letters", at_letter},
                 {"blocks_done", at_done},
                 {"blocks_total", at_total}};
    size_t i;
    int rv = 0;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]) && rv == 0; i++) {
        rv = put_runs(b, parts[i].key, p->arriving_count, parts[i].at,
                      p->arriving);
    }
    return rv;
}

/* Who gave a bad piece stands behind them, in their order. */
static int put_bad(struct buf *b, const struct event_pieces *p)
{
    uint32_t i;
    int rv = put_runs(b, "bad", p->bad_count, at_bad, p->bad);

    for (i = 0; i < p->bad_count && rv == 0; i++) {
        rv =
            put_text(b, "blamed", p->bad[i].user == NULL ? "" : p->bad[i].user);
    }
    return rv;
}

static bool has_rates(const struct event_pieces *p)
{
    size_t i;

    for (i = 0; i < EVENT_HISTORY; i++) {
        if (p->rates_down[i] > 0 || p->rates_up[i] > 0) {
            return true;
        }
    }
    return false;
}

static int put_pieces(struct buf *b, const struct event_pieces *p)
{
    int rv = buf_printf(b, " pieces=%" PRIu32 " length=%" PRIu32,
                        p->piece_count, p->piece_length);

    if (rv == 0 && p->have != NULL) {
        rv = put_runs(b, "have", p->piece_count, at_bit, p->have);
    }
    if (rv == 0 && p->copies != NULL) {
        rv = put_runs(b, "copies", p->piece_count, at_byte, p->copies);
    }
    if (rv == 0 && p->source != NULL) {
        rv = put_runs(b, "source", p->piece_count, at_byte, p->source);
    }
    if (rv == 0 && p->arriving_count > 0) {
        rv = put_arriving(b, p);
    }
    if (rv == 0 && has_rates(p)) {
        rv = put_runs(b, "down", EVENT_HISTORY, at_u32, p->rates_down);
    }
    if (rv == 0 && has_rates(p)) {
        rv = put_runs(b, "up", EVENT_HISTORY, at_u32, p->rates_up);
    }
    return rv == 0 && p->bad_count > 0 ? put_bad(b, p) : rv;
}

int tape_write_start(struct buf *b, int64_t now)
{
    return buf_printf(b, TAPE_MAGIC "%" PRId64 "\n", now);
}

/* A row that knows nothing is a line all the same: one with a blank. */
static int put_row(struct buf *b, const struct rowfield *f, const void *row)
{
    size_t before = buf_length(b);
    int rv = put_fields(b, f, row);

    return rv == 0 ? buf_append_text(b, buf_length(b) > before ? "\n" : " \n")
                   : rv;
}

int tape_write(struct buf *b, int64_t at_ms, const struct event *e,
               enum command_kind asked)
{
    size_t i, size;
    int rv = buf_printf(b, "%" PRId64 " %s", at_ms, event_words[e->kind]);

    if (rv == 0 && asked != COMMAND_KIND_COUNT) {
        rv = buf_printf(b, " asked=%s", command_kind_name(asked));
    }
    if (rv == 0) {
        rv = put_fields(b, event_fields(), e);
    }
    if (rv == 0 && e->kind == EVENT_PIECES) {
        rv = put_pieces(b, &e->pieces);
    }
    if (rv == 0 && e->rows.kind != ROWS_NONE) {
        rv = buf_printf(b, " rows=%s", rows_kind_word(e->rows.kind));
    }
    rv = rv == 0 ? buf_append_text(b, "\n") : rv;
    size = rows_row_size(e->rows.kind);
    for (i = 0; i < e->rows.count && rv == 0; i++) {
        rv = put_row(b, rows_fields(e->rows.kind),
                     (const char *)e->rows.any + i * size);
    }
    return rv;
}

/* ---- Reading ----------------------------------------------------------- */

struct reader {
    const char *at; /* the rest of the text */
    unsigned line;
    struct err *e;
};

static int complain(const struct reader *r, const char *what)
{
    return err_set(r->e, P2P_EINVAL, "line %u: %s", r->line, what);
}

/* A number that ends where a value may end. */
static int read_number(struct reader *r, int64_t *out)
{
    char *end;

    if (r->at[r->at[0] == '-' ? 1 : 0] < '0' ||
        r->at[r->at[0] == '-' ? 1 : 0] > '9') {
        return complain(r, "a number is missing");
    }
    errno = 0;
    /* Unsigned 64 bit values come back as the bits they are. */
    *out = r->at[0] == '-' ? strtoll(r->at, &end, 10)
                           : (int64_t)strtoull(r->at, &end, 10);
    if (errno != 0) {
        return complain(r, "a number is too large");
    }
    r->at = end;
    return 0;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static int read_escape(struct reader *r, struct buf *b)
{
    char c = r->at[0];

    if (c == 'x' && hex_digit(r->at[1]) >= 0 && hex_digit(r->at[2]) >= 0) {
        c = (char)(hex_digit(r->at[1]) * 16 + hex_digit(r->at[2]));
        r->at += 2;
    } else if (c != '"' && c != '\\') {
        return complain(r, "an unknown escape");
    }
    if (c == '\0') {
        return complain(r, "a text cannot hold a NUL");
    }
    r->at++;
    return buf_append(b, &c, 1);
}

static int read_text(struct reader *r, char **out)
{
    struct buf b;
    int rv = 0;

    if (r->at[0] != '"') {
        return complain(r, "a text must stand in quotes");
    }
    buf_init(&b, TAPE_FILE_MAX);
    r->at++;
    while (rv == 0 && *r->at != '"') {
        if (*r->at == '\0' || *r->at == '\n') {
            rv = complain(r, "a text is not closed");
        } else if (*r->at == '\\') {
            r->at++;
            rv = read_escape(r, &b);
        } else {
            rv = buf_append(&b, r->at++, 1);
        }
    }
    if (rv == 0) {
        r->at++;
        free(*out);
        *out = mem_strndup((const char *)buf_head(&b), buf_length(&b));
    }
    buf_close(&b);
    return rv;
}

/* "3*0,1": at most `max` numbers into new memory. */
static int read_runs(struct reader *r, size_t max, uint64_t **out,
                     size_t *count)
{
    uint64_t *values = NULL;
    size_t used = 0, room = 0;
    int rv = 0;

    do {
        int64_t times = 1, value = 0;

        rv = read_number(r, &value);
        if (rv == 0 && *r->at == '*') {
            r->at++;
            times = value;
            rv = read_number(r, &value);
        }
        if (rv == 0 && (times < 1 || (uint64_t)times > max - used)) {
            rv = complain(r, "more numbers than pieces");
        }
        while (rv == 0 && times-- > 0) {
            if (used == room) {
                room = room == 0 ? 16 : room * 2;
                values = mem_resize(values, room, sizeof(*values));
            }
            values[used++] = (uint64_t)value;
        }
    } while (rv == 0 && *r->at++ == ',');
    r->at -= rv == 0 ? 1 : 0;
    if (rv != 0) {
        free(values);
        return rv;
    }
    *out = values;
    *count = used;
    return 0;
}

static bool fits(const struct rowfield *f, int64_t value)
{
    switch (f->type) {
    case ROWFIELD_BOOL:
        return value == 0 || value == 1;
    case ROWFIELD_CHAR:
        return value >= 0 && value <= 127;
    case ROWFIELD_ENUM: /* it becomes an index */
        return value >= 0 && (uint64_t)value < f->count;
    case ROWFIELD_I32:
        return value >= INT32_MIN && value <= INT32_MAX;
    case ROWFIELD_U16:
        return value >= 0 && value <= UINT16_MAX;
    case ROWFIELD_U32:
        return value >= 0 && value <= UINT32_MAX;
    default:
        return true;
    }
}

static void set_number(const struct rowfield *f, void *row, int64_t value)
{
    void *at = (char *)row + f->offset;

    switch (f->type) {
    case ROWFIELD_BOOL:
        *(bool *)at = value != 0;
        break;
    case ROWFIELD_CHAR:
        *(char *)at = (char)value;
        break;
    case ROWFIELD_ENUM:
    case ROWFIELD_I32:
        *(int32_t *)at = (int32_t)value;
        break;
    case ROWFIELD_U16:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case ROWFIELD_U32:
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        *(int64_t *)at = value;
        break;
    }
}

static int read_array(struct reader *r, const struct rowfield *f, void *at)
{
    uint64_t *values;
    size_t count, i;
    int rv = read_runs(r, f->count, &values, &count);

    if (rv != 0) {
        return rv;
    }
    for (i = 0; i < count; i++) {
        if (f->type == ROWFIELD_U64S) {
            ((uint64_t *)at)[i] = values[i];
        } else {
            ((uint32_t *)at)[i] =
                values[i] > UINT32_MAX ? UINT32_MAX : (uint32_t)values[i];
        }
    }
    free(values);
    return 0;
}

static int read_field(struct reader *r, const struct rowfield *f, void *row)
{
    void *at = (char *)row + f->offset;
    int64_t value = 0;
    int rv;

    if (f->type == ROWFIELD_TEXT) {
        return read_text(r, (char **)at);
    }
    if (f->type == ROWFIELD_U64S || f->type == ROWFIELD_U32S) {
        return read_array(r, f, at);
    }
    rv = read_number(r, &value);
    if (rv == 0 && !fits(f, value)) {
        rv = complain(r, "a number is out of range");
    }
    if (rv == 0) {
        set_number(f, row, value);
    }
    return rv;
}

/* The key before "=", or an error. Blanks before it are passed over; *out is
 * NULL at the end of the line. */
static int read_key(struct reader *r, const char **out, size_t *length)
{
    r->at += strspn(r->at, " ");
    *length = strspn(r->at, "abcdefghijklmnopqrstuvwxyz_");
    *out = NULL;
    if (*r->at == '\n' || *r->at == '\0') {
        return 0;
    }
    if (*length == 0 || r->at[*length] != '=') {
        return complain(r, "key=value is missing");
    }
    *out = r->at;
    r->at += *length + 1;
    return 0;
}

static bool is_key(const char *key, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(key, word, length) == 0;
}

static const struct rowfield *find_field(const struct rowfield *f,
                                         const char *key, size_t length)
{
    for (; f->type != ROWFIELD_END; f++) {
        if (is_key(key, length, f->key)) {
            return f;
        }
    }
    return NULL;
}

/* A word without quotes, of at most `size` - 1 bytes. */
static int read_word(struct reader *r, char *out, size_t size)
{
    size_t length = strcspn(r->at, " \n");

    if (length == 0 || length >= size) {
        return complain(r, "a word is missing or too long");
    }
    memcpy(out, r->at, length);
    out[length] = '\0';
    r->at += length;
    return 0;
}

static int read_bytes(struct reader *r, uint32_t count, bool as_bits,
                      uint8_t **out)
{
    uint64_t *values;
    size_t used, i;
    int rv = read_runs(r, count, &values, &used);

    if (rv != 0) {
        return rv;
    }
    free(*out);
    *out = mem_calloc(as_bits ? (count + 7) / 8 + 1 : count + 1, 1);
    for (i = 0; i < used; i++) {
        if (!as_bits) {
            (*out)[i] = values[i] > 255 ? 255 : (uint8_t)values[i];
        } else if (values[i] != 0) {
            (*out)[i / 8] |= (uint8_t)(0x80u >> i % 8);
        }
    }
    free(values);
    return 0;
}

/* Numbers of pieces, each of which exists. */
static int read_piece_numbers(struct reader *r, const struct event_pieces *p,
                              uint64_t **out, size_t *count)
{
    size_t i;
    int rv;

    *out = NULL;
    rv = read_runs(r, p->piece_count, out, count);
    if (rv != 0) {
        return rv;
    }
    for (i = 0; i < *count; i++) {
        if ((*out)[i] >= p->piece_count) {
            free(*out);
            return complain(r, "no such piece");
        }
    }
    return 0;
}

static int read_bad(struct reader *r, struct event_pieces *p)
{
    uint64_t *values;
    size_t count, i;
    int rv;

    if (p->bad != NULL) {
        return complain(r, "bad pieces are told twice");
    }
    rv = read_piece_numbers(r, p, &values, &count);
    if (rv != 0) {
        return rv;
    }
    p->bad = mem_calloc(count, sizeof(*p->bad));
    p->bad_count = (uint32_t)count;
    for (i = 0; i < count; i++) {
        p->bad[i].piece = (uint32_t)values[i];
    }
    free(values);
    return 0;
}

static int read_blamed(struct reader *r, struct event_pieces *p)
{
    char *user = NULL;
    uint32_t i = 0;
    int rv = read_text(r, &user);

    while (rv == 0 && i < p->bad_count && p->bad[i].user != NULL) {
        i++;
    }
    if (rv == 0 && i == p->bad_count) {
        rv = complain(r, "more are blamed than pieces are bad");
    }
    if (rv == 0) {
        p->bad[i].user = user;
        return 0;
    }
    free(user);
    return rv;
}

static int read_arriving(struct reader *r, struct event_pieces *p)
{
    uint64_t *values;
    size_t count, i;
    int rv = read_piece_numbers(r, p, &values, &count);

    if (rv != 0) {
        return rv;
    }
    free(p->arriving);
    p->arriving = mem_calloc(count, sizeof(*p->arriving));
    p->arriving_count = (uint32_t)count;
    for (i = 0; i < count; i++) {
        p->arriving[i].piece = (uint32_t)values[i];
    }
    free(values);
    return 0;
}

static int read_rates(struct reader *r, uint32_t *rates)
{
    uint64_t *values;
    size_t count, i;
    int rv = read_runs(r, EVENT_HISTORY, &values, &count);

    if (rv != 0) {
        return rv;
    }
    for (i = 0; i < count; i++) {
        rates[i] = (uint32_t)values[i];
    }
    free(values);
    return 0;
}

/* What is told of the arriving pieces, in their order. */
static int read_arriving_part(struct reader *r, struct event_pieces *p,
                              const char *key)
{
    uint64_t *values;
    size_t count, i;
    int rv = read_runs(r, p->arriving_count, &values, &count);

    if (rv != 0) {
        return rv;
    }
    for (i = 0; i < count; i++) {
        struct event_piece_arriving *a = &p->arriving[i];

        if (key[0] == 'l') {
            a->letter = (char)(values[i] & 0x7f);
        } else if (key[7] == 'd') {
            a->done = (uint32_t)values[i];
        } else {
            a->total = (uint32_t)values[i];
        }
    }
    free(values);
    return 0;
}

/* 1 when it was one of the keys of pieces. */
static int read_piece_size(struct reader *r, struct event_pieces *p,
                           bool is_count)
{
    int64_t number = 0;
    int rv = read_number(r, &number);

    if (rv == 0 && (number < 0 || number > TAPE_PIECES_MAX)) {
        rv = complain(r, "too many pieces");
    } else if (rv == 0 && !is_count) {
        p->piece_length = (uint32_t)number;
    } else if (rv == 0 && p->piece_count > 0) {
        rv = complain(r, "pieces are told twice");
    } else if (rv == 0) {
        p->piece_count = (uint32_t)number;
    }
    return rv;
}

static int read_piece_key(struct reader *r, const char *key, size_t length,
                          struct event_pieces *p)
{
    int rv;

    if (is_key(key, length, "pieces") || is_key(key, length, "length")) {
        rv = read_piece_size(r, p, is_key(key, length, "pieces"));
    } else if (is_key(key, length, "have")) {
        rv = read_bytes(r, p->piece_count, true, &p->have);
    } else if (is_key(key, length, "copies")) {
        rv = read_bytes(r, p->piece_count, false, &p->copies);
    } else if (is_key(key, length, "source")) {
        rv = read_bytes(r, p->piece_count, false, &p->source);
    } else if (is_key(key, length, "arriving")) {
        rv = read_arriving(r, p);
    } else if (is_key(key, length, "letters") ||
               is_key(key, length, "blocks_done") ||
               is_key(key, length, "blocks_total")) {
        rv = read_arriving_part(r, p, key);
    } else if (is_key(key, length, "down")) {
        rv = read_rates(r, p->rates_down);
    } else if (is_key(key, length, "up")) {
        rv = read_rates(r, p->rates_up);
    } else if (is_key(key, length, "bad")) {
        rv = read_bad(r, p);
    } else if (is_key(key, length, "blamed")) {
        rv = read_blamed(r, p);
    } else {
        return 0;
    }
    return rv == 0 ? 1 : rv;
}

static int read_asked(struct reader *r, struct tape_event *out)
{
    char word[64];
    int kind;
    int rv = read_word(r, word, sizeof(word));

    if (rv != 0) {
        return rv;
    }
    for (kind = 0; kind < COMMAND_KIND_COUNT; kind++) {
        if (strcmp(word, command_kind_name((enum command_kind)kind)) == 0) {
            out->asked = (enum command_kind)kind;
            return 0;
        }
    }
    return complain(r, "no such command");
}

static int read_rows_kind(struct reader *r, struct event *e)
{
    char word[32];
    enum rows_kind kind;
    int rv = read_word(r, word, sizeof(word));

    if (rv != 0) {
        return rv;
    }
    kind = rows_kind_from_word(word);
    if (kind == ROWS_NONE || e->rows.kind != ROWS_NONE) {
        return complain(r, "no such table");
    }
    rows_init(&e->rows, kind);
    return 0;
}

static int read_event_keys(struct reader *r, struct tape_event *out)
{
    const char *key;
    size_t length;
    int rv = read_key(r, &key, &length);

    while (rv == 0 && key != NULL) {
        const struct rowfield *f = find_field(event_fields(), key, length);

        if (f != NULL) {
            rv = read_field(r, f, out->event);
        } else if (is_key(key, length, "asked")) {
            rv = read_asked(r, out);
        } else if (is_key(key, length, "rows")) {
            rv = read_rows_kind(r, out->event);
        } else {
            rv = read_piece_key(r, key, length, &out->event->pieces);
            rv = rv == 1 ? 0 : rv == 0 ? complain(r, "an unknown key") : rv;
        }
        rv = rv == 0 ? read_key(r, &key, &length) : rv;
    }
    return rv;
}

static int read_row(struct reader *r, struct rows *rows)
{
    void *row;
    const char *key;
    size_t length;
    int rv;

    if (rows->kind == ROWS_NONE) {
        return complain(r, "a row without a table");
    }
    row = rows_add(rows);
    rv = read_key(r, &key, &length);
    while (rv == 0 && key != NULL) {
        const struct rowfield *f =
            find_field(rows_fields(rows->kind), key, length);

        rv = f == NULL ? complain(r, "an unknown key") : read_field(r, f, row);
        rv = rv == 0 ? read_key(r, &key, &length) : rv;
    }
    return rv;
}

static int read_event(struct reader *r, struct tape_event *out)
{
    char word[32];
    int kind, rv = read_number(r, &out->at_ms);

    out->asked = COMMAND_KIND_COUNT;
    if (rv == 0 && out->at_ms < 0) {
        rv = complain(r, "the time is negative");
    }
    if (rv == 0 && *r->at++ != ' ') {
        rv = complain(r, "a blank is missing behind the time");
    }
    rv = rv == 0 ? read_word(r, word, sizeof(word)) : rv;
    if (rv != 0) {
        return rv;
    }
    for (kind = 0; kind < EVENT_WORDS; kind++) {
        if (strcmp(event_words[kind], word) == 0) {
            out->event = event_new((enum event_kind)kind);
            return read_event_keys(r, out);
        }
    }
    return complain(r, "no such event");
}

static int add_event(struct reader *r, struct tape *t, size_t *room)
{
    if (t->count == TAPE_EVENTS_MAX) {
        return complain(r, "too many events");
    }
    if (t->count == *room) {
        *room = *room == 0 ? 64 : *room * 2;
        t->events = mem_resize(t->events, *room, sizeof(*t->events));
    }
    memset(&t->events[t->count], 0, sizeof(t->events[t->count]));
    t->count++;
    return read_event(r, &t->events[t->count - 1]);
}

static int read_lines(struct reader *r, struct tape *t)
{
    size_t room = 0;
    int rv = 0;

    while (rv == 0 && *r->at != '\0') {
        r->line++;
        if (*r->at == '#') {
            r->at += strcspn(r->at, "\n");
        } else if (*r->at == ' ') {
            rv = t->count == 0
                     ? complain(r, "a row before the first event")
                     : read_row(r, &t->events[t->count - 1].event->rows);
        } else if (*r->at != '\n') {
            rv = add_event(r, t, &room);
        }
        if (rv == 0 && *r->at != '\0' && *r->at++ != '\n') {
            rv = complain(r, "something stands behind the line's end");
        }
    }
    return rv;
}

int tape_read(const char *text, struct tape *out, struct err *e)
{
    struct reader r = {.at = text, .line = 1, .e = e};
    struct tape t = {.count = 0};
    int rv;

    if (strncmp(text, TAPE_MAGIC, strlen(TAPE_MAGIC)) != 0) {
        return complain(&r, "this is no recording of p2ptui");
    }
    r.at += strlen(TAPE_MAGIC);
    rv = read_number(&r, &t.now);
    if (rv == 0 && *r.at != '\n') {
        rv = complain(&r, "something stands behind the line's end");
    }
    if (rv == 0) {
        r.at++;
        rv = read_lines(&r, &t);
    }
    if (rv != 0) {
        tape_close(&t);
        return rv;
    }
    *out = t;
    return 0;
}

void tape_close(struct tape *t)
{
    unsigned i;

    for (i = 0; i < t->count; i++) {
        event_free(t->events[i].event);
    }
    free(t->events);
    memset(t, 0, sizeof(*t));
}
