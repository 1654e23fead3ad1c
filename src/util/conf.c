#include "config.h"

#include "util/conf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/mem.h"

struct conf {
    char *path;
    char *text;              /* the file; keys and values lie in it */
    struct conf_line *lines; /* one per setting, in the order of the file */
    size_t count;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *skip_blanks(char *at)
{
    while (is_blank(*at)) {
        at++;
    }
    return at;
}

static bool is_key_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* Cut off a comment ("#" after a blank) and the blanks before it. */
static void end_plain_value(char *value)
{
    char *end = value;

    while (*end != '\0' &&
           !(*end == '#' && (end == value || is_blank(end[-1])))) {
        end++;
    }
    while (end > value && is_blank(end[-1])) {
        end--;
    }
    *end = '\0';
}

/* Take the quotes off, and the backslash before a quote or a backslash.
 * Returns a reason, or NULL. */
static const char *end_quoted_value(char *value)
{
    char *from = value + 1;
    char *to = value;

    while (*from != '"') {
        if (*from == '\\' && (from[1] == '"' || from[1] == '\\')) {
            from++;
        }
        if (*from == '\0') {
            return _("the closing quote is missing");
        }
        *to++ = *from++;
    }
    from = skip_blanks(from + 1);
    *to = '\0';
    if (*from != '\0' && *from != '#') {
        return _("there is text behind the closing quote");
    }
    return NULL;
}

static void add_line(struct conf *c, const char *key, const char *value,
                     int line)
{
    /* There is always room for the next power of two. */
    if ((c->count & (c->count - 1)) == 0) {
        c->lines = mem_resize(c->lines, c->count == 0 ? 1 : 2 * c->count,
                              sizeof(*c->lines));
    }
    c->lines[c->count++] =
        (struct conf_line){.key = key, .value = value, .line = line};
}

/* Take one line apart in place. Returns a reason, or NULL. */
static const char *parse_line(struct conf *c, char *text, int line)
{
    char *key = skip_blanks(text);
    char *key_end = key;
    const char *reason = NULL;
    char *value;

    for (const char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;

        if ((byte < ' ' && byte != '\t') || byte == 0x7f) {
            return _("there is a control character in this line");
        }
    }
    if (*key == '\0' || *key == '#') {
        return NULL;
    }
    while (is_key_character(*key_end)) {
        key_end++;
    }
    value = skip_blanks(key_end);
    if (key_end == key || *value != '=') {
        return _("expected \"key = value\"");
    }
    value = skip_blanks(value + 1);
    *key_end = '\0';
    if (*value == '"') {
        reason = end_quoted_value(value);
    } else {
        end_plain_value(value);
    }
    if (reason == NULL) {
        add_line(c, key, value, line);
    }
    return reason;
}

static int parse_text(struct conf *c, struct err *e)
{
    char *at = c->text;

    for (int line = 1; *at != '\0'; line++) {
        size_t length = strcspn(at, "\n");
        char *next = at + length + (at[length] == '\n' ? 1 : 0);
        const char *reason;

        at[length] = '\0';
        if (length > 0 && at[length - 1] == '\r') {
            at[length - 1] = '\0';
        }
        reason = parse_line(c, at, line);
        if (reason != NULL) {
            return err_set(e, P2P_EINVAL, "%s:%d: %s", c->path, line, reason);
        }
        at = next;
    }
    return 0;
}

/* The line of the first NUL in the text, from 1. */
static int line_of_nul(const char *text)
{
    int line = 1;

    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            line++;
        }
    }
    return line;
}

/* Takes `text`. */
static int take_text(const char *path, char *text, struct conf **out,
                     struct err *e)
{
    struct conf *c = mem_calloc(1, sizeof(*c));
    int rv;

    c->path = mem_strdup(path);
    c->text = text;
    rv = parse_text(c, e);
    if (rv < 0) {
        conf_free(c);
        return rv;
    }
    *out = c;
    return 0;
}

int conf_parse(const char *path, const char *text, struct conf **out,
               struct err *e)
{
    return take_text(path, mem_strdup(text), out, e);
}

int conf_load(const char *path, struct conf **out, struct err *e)
{
    uint8_t *data = NULL;
    size_t size = 0;
    int rv = fd_read_file(path, CONF_FILE_MAX, &data, &size);

    if (rv < 0) {
        return err_set(e, rv, _("cannot read %s: %s"), path,
                       _(err_file_text(rv)));
    }
    if (strlen((char *)data) != size) {
        rv = err_set(e, P2P_EINVAL, _("%s:%d: not a text file"), path,
                     line_of_nul((char *)data));
        free(data);
        return rv;
    }
    return take_text(path, (char *)data, out, e);
}

void conf_free(struct conf *c)
{
    if (c == NULL) {
        return;
    }
    free(c->lines);
    free(c->text);
    free(c->path);
    free(c);
}

const char *conf_get(const struct conf *c, const char *key)
{
    for (size_t n = c->count; n > 0; n--) {
        if (strcmp(c->lines[n - 1].key, key) == 0) {
            return c->lines[n - 1].value;
        }
    }
    return NULL;
}

int conf_line_at(const struct conf *c, size_t n, struct conf_line *out)
{
    if (n >= c->count) {
        return false;
    }
    *out = c->lines[n];
    return true;
}

const char *conf_path(const struct conf *c)
{
    return c->path;
}

/* ---- Changing --------------------------------------------------------- */

/* One line of a text that is edited. */
struct edit_line {
    const char *start; /* with its end of line */
    size_t length;
    size_t content;          /* bytes without the end of line */
    bool matches;            /* a line of the setting */
    bool is_comment;         /* "#key = value" of the setting */
    const char *key, *value; /* where they start */
    size_t value_length;     /* without blanks and comment behind it */
    const char *new_value;   /* NULL: stays */
    bool drops;              /* becomes a comment */
};

char *conf_quote(const char *value)
{
    size_t length = strlen(value);
    char *out, *to;

    if (length == 0 ||
        (!is_blank(value[0]) && value[0] != '"' && value[0] != '#' &&
         !is_blank(value[length - 1]) && strstr(value, " #") == NULL &&
         strstr(value, "\t#") == NULL)) {
        return mem_strdup(value);
    }
    out = mem_alloc(2 * length + 3);
    to = out;
    *to++ = '"';
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\') {
            *to++ = '\\';
        }
        *to++ = *value;
    }
    *to++ = '"';
    *to = '\0';
    return out;
}

static bool is_one_of(const char *const *keys, const char *key, size_t length)
{
    for (; *keys != NULL; keys++) {
        if (strlen(*keys) == length && memcmp(*keys, key, length) == 0) {
            return true;
        }
    }
    return false;
}

/* How long the value from `at` on is, in quotes or not. */
static size_t value_length(const char *at, const char *end)
{
    const char *to = at;

    if (at < end && *at == '"') {
        for (to = at + 1; to < end && *to != '"'; to++) {
            if (*to == '\\' && to + 1 < end) {
                to++;
            }
        }
        for (to += to < end ? 1 : 0; to < end && is_blank(*to); to++) {
        }
        if (to == end || *to == '#') {
            while (is_blank(to[-1])) {
                to--;
            }
            return (size_t)(to - at);
        }
        return (size_t)(end - at); /* what stands behind it was a mistake */
    }
    while (to < end && !(*to == '#' && (to == at || is_blank(to[-1])))) {
        to++;
    }
    while (to > at && is_blank(to[-1])) {
        to--;
    }
    return (size_t)(to - at);
}

/* Find out whether the line belongs to the setting, and where its value is. */
static void look_at_line(struct edit_line *l, const char *const *keys)
{
    const char *at = l->start, *end = l->start + l->content, *key;
    bool is_comment = false;

    while (at < end && is_blank(*at)) {
        at++;
    }
    if (at < end && *at == '#') {
        is_comment = true; /* "# key" with a blank is a sentence */
        at++;
    }
    key = at;
    while (at < end && is_key_character(*at)) {
        at++;
    }
    if (!is_one_of(keys, key, (size_t)(at - key))) {
        return;
    }
    while (at < end && is_blank(*at)) {
        at++;
    }
    if (at == end || *at != '=') {
        return;
    }
    at++;
    while (at < end && is_blank(*at)) {
        at++;
    }
    l->key = key;
    l->matches = !is_comment;
    l->is_comment = is_comment;
    l->value = at;
    l->value_length = value_length(at, end);
}

static struct edit_line *cut_lines(const char *text, const char *const *keys,
                                   size_t *count)
{
    struct edit_line *lines = NULL;
    size_t n = 0;

    while (*text != '\0') {
        struct edit_line l = {.start = text};
        size_t content = strcspn(text, "\n");

        l.length = content + (text[content] == '\n' ? 1 : 0);
        l.content =
            content > 0 && text[content - 1] == '\r' ? content - 1 : content;
        look_at_line(&l, keys);
        if ((n & (n - 1)) == 0) {
            lines = mem_resize(lines, n == 0 ? 1 : 2 * n, sizeof(*lines));
        }
        lines[n++] = l;
        text += l.length;
    }
    *count = n;
    return lines;
}

/* Lines give their places to the values. Returns how many values have one. */
static size_t place_values(struct edit_line *lines, size_t count,
                           const char *const *values, size_t value_count)
{
    struct edit_line *last = NULL, *comment = NULL;
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        last = lines[i].matches ? &lines[i] : last;
        comment = lines[i].is_comment ? &lines[i] : comment;
    }
    if (value_count == 1 && last != NULL) {
        last->new_value = values[0]; /* those before do not count anyway */
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (lines[i].matches && used < value_count) {
            lines[i].new_value = values[used++];
        } else if (lines[i].matches) {
            lines[i].drops = true;
        }
    }
    if (used == 0 && value_count > 0 && comment != NULL) {
        comment->new_value = values[used++];
    }
    return used;
}

static void write_value(struct buf *out, const char *value)
{
    char *quoted = conf_quote(value);

    buf_append_text(out, quoted);
    free(quoted);
}

static void write_line(struct buf *out, const struct edit_line *l)
{
    const char *from = l->start;

    if (l->drops) {
        buf_append(out, from, (size_t)(l->key - from));
        buf_append_text(out, "#");
        from = l->key;
    }
    if (l->new_value == NULL) {
        buf_append(out, from, (size_t)(l->start + l->length - from));
        return;
    }
    if (l->is_comment) { /* without its sign */
        buf_append(out, from, (size_t)(l->key - 1 - from));
        from = l->key;
    }
    buf_append(out, from, (size_t)(l->value - from));
    write_value(out, l->new_value);
    from = l->value + l->value_length;
    if (l->new_value[0] != '\0' && from < l->start + l->content &&
        !is_blank(*from)) {
        buf_append_text(out, " "); /* a comment begins behind a blank */
    }
    buf_append(out, from, (size_t)(l->start + l->length - from));
}

static void write_new_lines(struct buf *out, const char *key,
                            const char *ending, const char *const *values,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s = ", key);
        write_value(out, values[i]);
        buf_append_text(out, ending);
    }
}

/* The last line may lack its end, or have half of it. */
static void end_line(struct buf *out, const struct edit_line *l,
                     const char *ending)
{
    if (l->length == 0 || l->start[l->length - 1] != '\n') {
        buf_append_text(out, l->content < l->length ? "\n" : ending);
    }
}

char *conf_edit(const char *text, const char *const *keys,
                const char *const *values, size_t count)
{
    size_t line_count, i, used, last = 0;
    struct edit_line *lines = cut_lines(text, keys, &line_count);
    const char *ending = strstr(text, "\r\n") != NULL ? "\r\n" : "\n";
    struct buf out;
    char *result;

    used = place_values(lines, line_count, values, count);
    for (i = 0; i < line_count; i++) {
        last = lines[i].new_value != NULL ? i + 1 : last;
    }
    last = used > 0 ? last : line_count; /* more values follow this line */
    buf_init(&out, (size_t)4 * CONF_FILE_MAX);
    for (i = 0; i < line_count; i++) {
        write_line(&out, &lines[i]);
        if (i + 1 == last && used < count) {
            end_line(&out, &lines[i], ending);
            write_new_lines(&out, keys[0], ending, values + used, count - used);
        }
    }
    if (line_count == 0) {
        write_new_lines(&out, keys[0], ending, values, count);
    }
    result = mem_strndup((const char *)buf_head(&out), buf_length(&out));
    buf_close(&out);
    free(lines);
    return result;
}
