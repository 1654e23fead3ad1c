#include "config.h"

#include "wire/httpreq.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "util/buf.h"
#include "util/clock.h"
#include "util/err.h"

enum {
    BAD_REQUEST = -400,
    LENGTH_REQUIRED = -411,
    HAS_BODY = -413,
    TARGET_TOO_LONG = -414,
    HEAD_TOO_LARGE = -431,
    NOT_IMPLEMENTED = -501,
    BAD_VERSION = -505,
    DATE_MAX = 40,  /* bytes of "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL */
    HEAD_MAX = 512, /* bytes of the head of our answers but type and allow */
};

/* A part of the request's bytes. */
struct span {
    const char *text;
    size_t length;
};

/* What the fields of a head told. */
struct fields {
    size_t count;
    size_t hosts;
    size_t lengths; /* Content-Length fields */
    bool has_body;  /* one of them is not 0 */
    bool has_coding;
    bool wants_close;
    bool wants_keep_alive;
};

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct span s)
{
    for (size_t i = 0; i < s.length; i++) {
        if (!is_token_char(s.text[i])) {
            return false;
        }
    }
    return s.length > 0;
}

static bool span_is(struct span s, const char *word)
{
    return s.length == strlen(word) && strncasecmp(s.text, word, s.length) == 0;
}

/* Cut the line at `at`, which must end with CRLF and hold no other control
 * character than a tab. Returns the bytes used, 0 when the end is not there
 * yet, or BAD_REQUEST. */
static int take_line(const char *at, size_t size, struct span *line)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)at[i];

        if (c == '\r') {
            if (i + 1 == size) {
                return 0;
            }
            if (at[i + 1] != '\n') {
                return BAD_REQUEST;
            }
            *line = (struct span){at, i};
            return (int)(i + 2);
        }
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return BAD_REQUEST;
        }
    }
    return 0;
}

/* Cut off the part before the first `c`. False when there is no `c`. */
static bool cut(struct span *rest, char c, struct span *part)
{
    const char *found = memchr(rest->text, c, rest->length);

    if (found == NULL) {
        return false;
    }
    *part = (struct span){rest->text, (size_t)(found - rest->text)};
    rest->length -= part->length + 1;
    rest->text = found + 1;
    return true;
}

static void trim(struct span *s)
{
    while (s->length > 0 && (*s->text == ' ' || *s->text == '\t')) {
        s->text++;
        s->length--;
    }
    while (s->length > 0 &&
           (s->text[s->length - 1] == ' ' || s->text[s->length - 1] == '\t')) {
        s->length--;
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode %XX of a path. Control characters may not hide in it. */
static bool decode_path(struct span s, char *out)
{
    for (size_t i = 0; i < s.length; i++) {
        int c = (unsigned char)s.text[i];

        if (c == '%') {
            int high = s.length - i > 2 ? hex_value(s.text[i + 1]) : -1;
            int low = s.length - i > 2 ? hex_value(s.text[i + 2]) : -1;

            if (high < 0 || low < 0) {
                return false;
            }
            c = high * 16 + low;
            i += 2;
        }
        if (c < 0x20 || c == 0x7f) {
            return false;
        }
        *out++ = (char)c;
    }
    *out = '\0';
    return true;
}

/* Take the authority of "http://host/path" away (RFC 9112 3.2.2). */
static struct span origin_form(struct span target)
{
    static const char scheme[] = "http://";
    const char *end = target.text + target.length;

    if (target.length < sizeof(scheme) ||
        strncasecmp(target.text, scheme, sizeof(scheme) - 1) != 0) {
        return target;
    }
    target.text += sizeof(scheme) - 1;
    while (target.text < end && *target.text != '/') {
        target.text++;
    }
    target.length = (size_t)(end - target.text);
    return target.length > 0 ? target : (struct span){"/", 1};
}

/* Read the target into path and query. */
static int read_target(struct span target, struct httpreq *out)
{
    struct span path;

    for (size_t i = 0; i < target.length; i++) {
        unsigned char c = (unsigned char)target.text[i];

        if (c <= 0x20 || c >= 0x7f || c == '#') {
            return BAD_REQUEST;
        }
    }
    target = origin_form(target);
    if (target.length == 0 || target.text[0] != '/') {
        return BAD_REQUEST;
    }
    if (cut(&target, '?', &path)) {
        memcpy(out->query, target.text, target.length);
        out->query[target.length] = '\0';
    } else {
        path = target;
    }
    return decode_path(path, out->path) ? 0 : BAD_REQUEST;
}

/* Read the version: 0 for HTTP/1.0, 1 for a later 1.x. */
static int read_version(struct span version)
{
    const char *v = version.text;

    if (version.length != 8 || memcmp(v, "HTTP/", 5) != 0 || v[5] < '0' ||
        v[5] > '9' || v[6] != '.' || v[7] < '0' || v[7] > '9') {
        return BAD_REQUEST;
    }
    if (v[5] != '1') {
        return BAD_VERSION;
    }
    return v[7] == '0' ? 0 : 1;
}

/* Read "METHOD target HTTP/1.x". Returns the minor version. */
static int read_request_line(struct span line, struct httpreq *out)
{
    struct span method;
    struct span target;
    int minor;
    int rv;

    if (!cut(&line, ' ', &method) || !cut(&line, ' ', &target) ||
        !is_token(method)) {
        return BAD_REQUEST;
    }
    minor = read_version(line);
    if (minor < 0) {
        return minor;
    }
    if (method.length >= sizeof(out->method)) {
        return NOT_IMPLEMENTED;
    }
    memcpy(out->method, method.text, method.length);
    rv = read_target(target, out);
    return rv < 0 ? rv : minor;
}

/* Read the options of a Connection field. */
static void read_connection(struct span value, struct fields *f)
{
    struct span option;
    bool more = true;

    while (more) {
        more = cut(&value, ',', &option);
        if (!more) {
            option = value;
        }
        trim(&option);
        f->wants_close = f->wants_close || span_is(option, "close");
        f->wants_keep_alive =
            f->wants_keep_alive || span_is(option, "keep-alive");
    }
}

/* Read a Content-Length: only digits; we want no body. */
static int read_length(struct span value, struct fields *f)
{
    for (size_t i = 0; i < value.length; i++) {
        if (value.text[i] < '0' || value.text[i] > '9') {
            return BAD_REQUEST;
        }
        f->has_body = f->has_body || value.text[i] != '0';
    }
    f->lengths++;
    return value.length > 0 ? 0 : BAD_REQUEST;
}

static int check_host(struct span value, struct fields *f)
{
    for (size_t i = 0; i < value.length; i++) {
        if (value.text[i] <= ' ' || strchr("/?#@\\,", value.text[i]) != NULL) {
            return BAD_REQUEST;
        }
    }
    f->hosts++;
    return 0;
}

/* Read one field line. A line that begins with a blank (obsolete folding) has
 * no token as its name and is refused. */
static int read_field(struct span line, struct fields *f)
{
    struct span name;

    if (!cut(&line, ':', &name) || !is_token(name)) {
        return BAD_REQUEST;
    }
    f->count++;
    if (f->count > HTTPREQ_FIELDS_MAX) {
        return HEAD_TOO_LARGE;
    }
    trim(&line);
    if (span_is(name, "host")) {
        return check_host(line, f);
    }
    if (span_is(name, "content-length")) {
        return read_length(line, f);
    }
    if (span_is(name, "transfer-encoding")) {
        f->has_coding = true;
    } else if (span_is(name, "connection")) {
        read_connection(line, f);
    }
    return 0;
}

/* Judge the fields together (RFC 9112 3.2, 6.1, 6.3). */
static int check_fields(const struct fields *f, int minor,
                        const struct httpreq *r)
{
    bool expects_body = strcmp(r->method, "POST") == 0 ||
                        strcmp(r->method, "PUT") == 0 ||
                        strcmp(r->method, "PATCH") == 0;

    if (f->hosts > 1 || (minor > 0 && f->hosts == 0)) {
        return BAD_REQUEST;
    }
    if (f->lengths > 1 || (f->lengths > 0 && f->has_coding)) {
        return BAD_REQUEST; /* two readings of one request: smuggling */
    }
    if (f->has_coding) {
        return NOT_IMPLEMENTED;
    }
    if (f->has_body) {
        return HAS_BODY;
    }
    if (expects_body && f->lengths == 0) {
        return LENGTH_REQUIRED;
    }
    return 0;
}

/* What to say when the line that begins at `used` has no end yet. */
static int wait_for_line(size_t used, size_t size)
{
    if (used == 0 && size > HTTPREQ_LINE_MAX) {
        return TARGET_TOO_LONG;
    }
    return size > HTTPREQ_HEAD_MAX ? HEAD_TOO_LARGE : 0;
}

int httpreq_parse(const char *data, size_t size, struct httpreq *out)
{
    struct httpreq r = {.keep_alive = false};
    struct fields f = {0};
    struct span line;
    size_t used;
    int minor;
    int bad;
    int rv;

    rv = take_line(data, size, &line);
    if (rv <= 0) {
        return rv < 0 ? rv : wait_for_line(0, size);
    }
    if (line.length >= HTTPREQ_LINE_MAX) {
        return TARGET_TOO_LONG;
    }
    minor = read_request_line(line, &r);
    if (minor < 0) {
        return minor;
    }
    for (used = (size_t)rv; true; used += (size_t)rv) {
        rv = take_line(data + used, size - used, &line);
        if (rv <= 0) {
            return rv < 0 ? rv : wait_for_line(used, size);
        }
        if (used + (size_t)rv > HTTPREQ_HEAD_MAX) {
            return HEAD_TOO_LARGE;
        }
        if (line.length == 0) {
            break;
        }
        bad = read_field(line, &f);
        if (bad < 0) {
            return bad;
        }
    }
    used += (size_t)rv;
    rv = check_fields(&f, minor, &r);
    if (rv < 0) {
        return rv;
    }
    r.keep_alive = !f.wants_close && (minor > 0 || f.wants_keep_alive);
    *out = r;
    return (int)used;
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Unknown";
}

/* The time as RFC 9110 5.6.7 wants it, whatever the locale is. */
static void format_date(char out[DATE_MAX])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = (time_t)clock_wall();
    struct tm t = {0};

    (void)gmtime_r(&now, &t);
    (void)snprintf(out, DATE_MAX, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                   days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon,
                   t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

int httpreq_answer(struct buf *out, const struct httpreq *r, int status,
                   const char *type, const void *body, size_t size)
{
    bool is_head = strcmp(r->method, "HEAD") == 0;
    char date[DATE_MAX];

    if (buf_reserve(out, HEAD_MAX + strlen(type) + size) == NULL) {
        return P2P_ETOOBIG;
    }
    format_date(date);
    (void)buf_printf(out,
                     "HTTP/1.1 %d %s\r\n"
                     "Date: %s\r\n"
                     "Content-Type: %s\r\n"
                     "Content-Length: %zu\r\n"
                     "Cache-Control: no-store\r\n"
                     "X-Content-Type-Options: nosniff\r\n"
                     "Connection: %s\r\n\r\n",
                     status, reason_of(status), date, type, size,
                     r->keep_alive ? "keep-alive" : "close");
    if (!is_head && size > 0) {
        (void)buf_append(out, body, size);
    }
    return 0;
}

int httpreq_answer_error(struct buf *out, int status, const char *allow)
{
    const char *reason = reason_of(status);
    char date[DATE_MAX];

    format_date(date);
    if (buf_reserve(out, HEAD_MAX + (allow != NULL ? strlen(allow) : 0)) ==
        NULL) {
        return P2P_ETOOBIG;
    }
    (void)buf_printf(out,
                     "HTTP/1.1 %d %s\r\n"
                     "Date: %s\r\n"
                     "%s%s%s"
                     "Content-Type: text/plain\r\n"
                     "Content-Length: %zu\r\n"
                     "Connection: close\r\n\r\n%s\n",
                     status, reason, date, allow != NULL ? "Allow: " : "",
                     allow != NULL ? allow : "", allow != NULL ? "\r\n" : "",
                     strlen(reason) + 1, reason);
    return 0;
}
