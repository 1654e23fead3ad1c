/* A changed file of settings says what was asked for, and the same as before
 * of everything else. */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/conf.h"
#include "util/err.h"

static const char *const keys[] = {"key", "old.key", NULL};

static bool is_ours(const char *key)
{
    return strcmp(key, keys[0]) == 0 || strcmp(key, keys[1]) == 0;
}

/* The next line of another setting from *n on; false when there is none. */
static bool next_other(const struct conf *c, size_t *n, struct conf_line *out)
{
    while (conf_line_at(c, *n, out)) {
        (*n)++;
        if (!is_ours(out->key)) {
            return true;
        }
    }
    return false;
}

static void check_others(const struct conf *before, const struct conf *after)
{
    struct conf_line a, b;
    size_t n = 0, m = 0;
    bool more;

    do {
        more = next_other(before, &n, &a);
        REQUIRE(next_other(after, &m, &b) == more);
        REQUIRE(!more || strcmp(a.key, b.key) == 0);
        REQUIRE(!more || strcmp(a.value, b.value) == 0);
    } while (more);
}

/* The value that counts; NULL when there is none. */
static const char *value_of(const struct conf *c)
{
    const char *value = NULL;
    struct conf_line line;
    size_t n;

    for (n = 0; conf_line_at(c, n, &line); n++) {
        value = is_ours(line.key) ? line.value : value;
    }
    return value;
}

static void check_edit(const char *text, const char *value)
{
    struct conf *before = NULL, *after = NULL;
    size_t count = value == NULL ? 0 : 1;
    char *edited = conf_edit(text, keys, &value, count);
    char *again = conf_edit(edited, keys, &value, count);

    REQUIRE(strcmp(edited, again) == 0);
    if (conf_parse("before", text, &before, NULL) == 0) {
        REQUIRE(conf_parse("after", edited, &after, NULL) == 0);
        check_others(before, after);
        if (value == NULL) {
            REQUIRE(value_of(after) == NULL);
        } else {
            REQUIRE(value_of(after) != NULL);
            REQUIRE(strcmp(value_of(after), value) == 0);
        }
    }
    conf_free(before);
    conf_free(after);
    free(edited);
    free(again);
}

/* The first line is the value, what follows is the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char *rest, *at;

    REQUIRE(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    rest = text + strcspn(text, "\n");
    if (*rest == '\n') {
        *rest++ = '\0';
    }
    for (at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            *at = '?'; /* values have none */
        }
    }
    check_edit(rest, text);
    check_edit(rest, NULL);
    free(text);
    return 0;
}
