/* conf: "key = value" files with "#" comments.
 *
 * No sections and no continuation lines. Blanks around key and value are
 * dropped; a value may stand in double quotes. Errors name file and line.
 */
#ifndef P2P_UTIL_CONF_H
#define P2P_UTIL_CONF_H

#include <stddef.h>

struct conf; /* Opaque; defined in conf.c. */
struct err;

enum { CONF_FILE_MAX = 1 << 20 /* bytes; far above any real file */ };

/* Read a file. P2P_ENOENT when it does not exist; P2P_EINVAL with file, line
 * and reason in `e` for a line that is not understood. On 0 free *out. */
int conf_load(const char *path, struct conf **out, struct err *e);
/* The same for the text of one; `path` only names it in errors. */
int conf_parse(const char *path, const char *text, struct conf **out,
               struct err *e);
void conf_free(struct conf *c); /* NULL is allowed. */

/* The value of the last line with `key`, or NULL. */
const char *conf_get(const struct conf *c, const char *key);

/* The n-th line (from 0): false after the last. */
struct conf_line {
    const char *key;
    const char *value;
    int line; /* 1-based */
};
int conf_line_at(const struct conf *c, size_t n, struct conf_line *out);
const char *conf_path(const struct conf *c);

/* A value as it has to stand in a file, in quotes when it needs them; free().
 * It must not have control characters. */
char *conf_quote(const char *value);

/* The text of a file with one setting changed; free(). `keys` are names of the
 * same setting, the first one for new lines, NULL behind the last.
 *
 * Each of `count` values stands in a line of its own. One value takes the place
 * of the last line, which is the one that counts; several take the places of
 * the lines in their order. A line that is left over becomes a comment, and a
 * comment "#key = ..." becomes a line again before one is added at the end.
 * All else stays as it is: order, blanks, comments, lines that are not
 * understood, ends of lines. */
char *conf_edit(const char *text, const char *const *keys,
                const char *const *values, size_t count);

#endif /* P2P_UTIL_CONF_H */
