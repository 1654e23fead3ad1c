#include "config.h"

#include "util/conf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/fd.h"
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
            return "the closing quote is missing";
        }
        *to++ = *from++;
    }
    from = skip_blanks(from + 1);
    *to = '\0';
    if (*from != '\0' && *from != '#') {
        return "there is text behind the closing quote";
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
            return "there is a control character in this line";
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
        return "expected \"key = value\"";
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

int conf_load(const char *path, struct conf **out, struct err *e)
{
    struct conf *c = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    int rv;

    rv = fd_read_file(path, CONF_FILE_MAX, &data, &size);
    if (rv < 0) {
        return err_set(e, rv, "cannot read %s: %s", path, err_text(rv));
    }
    c = mem_calloc(1, sizeof(*c));
    c->path = mem_strdup(path);
    c->text = (char *)data;
    if (strlen(c->text) != size) {
        rv = err_set(e, P2P_EINVAL, "%s:%d: not a text file", path,
                     line_of_nul(c->text));
        goto out;
    }
    rv = parse_text(c, e);
    if (rv < 0) {
        goto out;
    }
    *out = c; /* handed over: the caller frees it */
    c = NULL;

out:
    conf_free(c);
    return rv;
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
