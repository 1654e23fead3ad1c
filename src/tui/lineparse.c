#include "config.h"

#include "tui/lineparse.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/action.h"
#include "tui/pathname.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/units.h"

/* ---- Words ------------------------------------------------------------- */

/* One word from *at into `out`; false for a quote that is not closed. */
static bool take_word(const char **at, char *out)
{
    const char *p = *at;
    char quote = '\0';

    while (*p != '\0' && (quote != '\0' || (*p != ' ' && *p != '\t'))) {
        if (*p == '\\' && quote != '\'' && p[1] != '\0') {
            p++;
            *out++ = *p++;
        } else if (quote == '\0' && (*p == '"' || *p == '\'')) {
            quote = *p++;
        } else if (quote != '\0' && *p == quote) {
            quote = '\0';
            p++;
        } else {
            *out++ = *p++;
        }
    }
    *out = '\0';
    *at = p;
    return quote == '\0';
}

int lineparse_split(const char *line, char ***words, size_t *count,
                    struct err *e)
{
    char **list = mem_calloc(LINEPARSE_WORDS_MAX, sizeof *list);
    size_t room = strlen(line) + 1;
    char *word = mem_calloc(room, 1);
    size_t n = 0;
    int rv = 0;

    if (strlen(line) > LINEPARSE_LINE_MAX) {
        rv = err_set(e, P2P_ETOOBIG, _("the line is too long"));
    }
    line += strspn(line, " \t");
    while (rv == 0 && *line != '\0') {
        if (n == LINEPARSE_WORDS_MAX) {
            rv = err_set(e, P2P_ETOOBIG, _("too many words in the line"));
        } else if (!take_word(&line, word)) {
            rv = err_set(e, P2P_EUSAGE, _("a quote is not closed"));
        } else {
            list[n++] = mem_strdup(word);
            line += strspn(line, " \t");
        }
    }
    mem_wipe(word, room); /* every word was in it, passwords too */
    free(word);
    if (rv != 0) {
        lineparse_free_words(list, n);
        return rv;
    }
    *words = list;
    *count = n;
    return 0;
}

void lineparse_free_words(char **words, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        mem_free_secret(words[i]); /* it may have been a password */
    }
    free(words);
}

char *lineparse_quote(const char *word)
{
    char *out, *to;

    if (word[0] != '\0' && word[strcspn(word, " \t\"'\\#")] == '\0') {
        return mem_strdup(word);
    }
    out = mem_alloc(2 * strlen(word) + 3);
    to = out;
    *to++ = '"';
    for (; *word != '\0'; word++) {
        if (*word == '"' || *word == '\\') {
            *to++ = '\\';
        }
        *to++ = *word;
    }
    *to++ = '"';
    *to = '\0';
    return out;
}

/* ---- Fields ------------------------------------------------------------ */

/* One name of an argument text: "[TO]" is optional, "TEXT..." takes the rest.
 */
struct field {
    char name[24];
    bool optional;
    bool rest;
};

enum { FIELDS_MAX = 6 /* names in the longest argument text, and some */ };

static size_t read_fields(const char *arguments, struct field *out)
{
    size_t n = 0, length;

    arguments += strspn(arguments, " ");
    while (*arguments != '\0' && n < FIELDS_MAX) {
        length = strcspn(arguments, " ");
        out[n].optional = arguments[0] == '[';
        out[n].rest = memmem(arguments, length, "...", 3) != NULL;
        arguments += out[n].optional ? 1 : 0;
        length -= out[n].optional ? 1 : 0;
        memset(out[n].name, 0, sizeof out[n].name);
        memcpy(out[n].name, arguments, strcspn(arguments, "]. "));
        arguments += length;
        arguments += strspn(arguments, " ");
        n++;
    }
    return n;
}

static int set_number(struct command *c, const char *name, const char *word,
                      struct err *e)
{
    uint64_t value;
    int rv = units_parse_size(word, &value);

    if (rv < 0 || value > INT64_MAX) {
        return err_set(e, P2P_EUSAGE, _("%s must be a number, not '%s'"), name,
                       word);
    }
    c->number = (int64_t)value;
    return 0;
}

static int set_field(struct lineparse *p, const char *name, const char *word,
                     struct err *e)
{
    struct command *c = p->command;

    if (!text_is_utf8(word, strlen(word)) && strcmp(name, "PATH") != 0 &&
        strcmp(name, "TO") != 0) {
        return err_set(e, P2P_EUSAGE, _("%s is not valid UTF-8"), name);
    }
    if (strcmp(name, "USER") == 0) {
        c->user = mem_strdup(word);
    } else if (strcmp(name, "GROUP") == 0) {
        c->group = mem_strdup(word);
    } else if (strcmp(name, "FILE") == 0 || strcmp(name, "KEY") == 0) {
        c->name = mem_strdup(word);
    } else if (strcmp(name, "PATH") == 0 || strcmp(name, "TO") == 0 ||
               strcmp(name, "DIRECTORY") == 0) {
        c->path = pathname_absolute(word);
    } else if (strcmp(name, "PASSWORD") == 0) {
        c->secret = mem_strdup(word);
        p->had_secret = true;
    } else if (strcmp(name, "NEW_PASSWORD") == 0) {
        c->secret2 = mem_strdup(word);
        p->had_secret = true;
    } else if (strncmp(name, "PIECE", 5) == 0) {
        return set_number(c, name, word, e);
    } else {
        c->text = mem_strdup(word);
    }
    return 0;
}

static char *join(char **words, size_t count)
{
    char *text;
    char *longer;
    size_t i;

    assert(count > 0);
    text = mem_strdup(words[0]);
    for (i = 1; i < count; i++) {
        longer = mem_printf("%s %s", text, words[i]);
        free(text);
        text = longer;
    }
    return text;
}

static int usage(const struct action *a, struct err *e)
{
    return err_set(e, P2P_EUSAGE, _("usage: %s%s%s"), a->command,
                   a->arguments[0] != '\0' ? " " : "", a->arguments);
}

/* ".hidden" and "~x" may be names of items: a place has a slash, or is one of
 * the words that can be nothing else. */
static bool is_place(const char *word)
{
    return strchr(word, '/') != NULL || strcmp(word, ".") == 0 ||
           strcmp(word, "..") == 0 || strcmp(word, "~") == 0;
}

/* "download FILE ./there/" leaves the group out. */
static bool skips_group(const struct field *fields, size_t field_count,
                        char **words, size_t count)
{
    return field_count == 3 && count == 2 &&
           strcmp(fields[0].name, "GROUP") == 0 && fields[0].optional &&
           strcmp(fields[2].name, "TO") == 0 && is_place(words[1]);
}

static size_t count_required(const struct field *fields, size_t count)
{
    size_t n = 0, i;

    for (i = 0; i < count; i++) {
        n += fields[i].optional ? 0 : 1;
    }
    return n;
}

static int fill(struct lineparse *p, char **words, size_t count, struct err *e)
{
    struct field fields[FIELDS_MAX];
    size_t field_count = read_fields(p->action->arguments, fields);
    size_t required = count_required(fields, field_count);
    size_t spare, i, used = 0;
    char *rest;
    int rv = 0;

    if (count < required) {
        return usage(p->action, e);
    }
    spare = count - required;
    for (i = 0; i < field_count && rv == 0; i++) {
        if (i == 0 && skips_group(fields, field_count, words, count)) {
            continue;
        }
        if (fields[i].optional && spare == 0) {
            continue;
        }
        spare -= fields[i].optional ? 1 : 0;
        assert(used < count);
        if (fields[i].rest) {
            rest = join(words + used, count - used);
            rv = set_field(p, fields[i].name, rest, e);
            free(rest);
            used = count;
        } else {
            rv = set_field(p, fields[i].name, words[used++], e);
        }
    }
    return rv == 0 && used < count ? usage(p->action, e) : rv;
}

/* ---- Lines ------------------------------------------------------------- */

static int unknown(const char *word, struct err *e)
{
    const struct action *near = action_nearest(word);
    char *safe = text_safe_string(word);
    int rv;

    if (near != NULL) {
        rv = err_set(e, P2P_EUSAGE,
                     _("there is no command '%s'; did you mean '%s'? 'help' "
                       "lists all"),
                     safe, near->command);
    } else {
        rv = err_set(e, P2P_EUSAGE,
                     _("there is no command '%s'; 'help' lists all"), safe);
    }
    free(safe);
    return rv;
}

/* A single word for "[GROUP] [FILE]" is a file when a group is in use. */
static void settle_group(struct command *c, const char *arguments,
                         const char *group)
{
    if (strstr(arguments, "[GROUP] [FILE]") != NULL && c->group != NULL &&
        c->name == NULL) {
        c->name = c->group;
        c->group = NULL;
    }
    if (c->group == NULL && group != NULL &&
        strstr(arguments, "[GROUP]") != NULL &&
        (c->name != NULL || c->path != NULL)) {
        c->group = mem_strdup(group);
    }
}

/* Commands about something in a group may mean the one in use. Those that
 * make, join or give away a group must name it. */
static bool may_mean_group_in_use(const struct action *a)
{
    switch (a->kind) {
    case COMMAND_LIST_FILES:
    case COMMAND_MEMBERS:
    case COMMAND_ACCEPT_REQUEST:
    case COMMAND_REJECT_REQUEST:
    case COMMAND_UNPUBLISH:
    case COMMAND_EXPORT:
    case COMMAND_LOCATE:
        return true;
    default:
        return a->local == ACTION_ACCEPT_ALL;
    }
}

/* A required GROUP may be left out while one is in use. */
static int fill_with_group(struct lineparse *p, char **words, size_t count,
                           const char *group, struct err *e)
{
    char *more[LINEPARSE_WORDS_MAX + 1];
    char *copy;
    int rv = fill(p, words, count, e);

    if (rv != P2P_EUSAGE || group == NULL ||
        !may_mean_group_in_use(p->action)) {
        return rv;
    }
    command_free(p->command);
    p->command = command_new(p->action->kind, 0);
    copy = mem_strdup(group);
    more[0] = copy;
    memcpy(more + 1, words, count * sizeof *words);
    rv = fill(p, more, count + 1, e);
    free(copy);
    return rv;
}

int lineparse_line(const char *line, const char *group, struct lineparse *out,
                   struct err *e)
{
    struct lineparse p = {0};
    char **words = NULL;
    size_t count = 0, used = 0;
    int rv;

    line += strspn(line, " \t:");
    if (*line == '#') {
        *out = p;
        return 0;
    }
    rv = lineparse_split(line, &words, &count, e);
    if (rv < 0) {
        return rv;
    }
    if (count > 0) {
        p.action = action_find_words(words, count, &used);
        rv = p.action == NULL ? unknown(words[0], e) : 0;
    }
    if (p.action != NULL) {
        p.command = command_new(p.action->kind, 0);
        rv = fill_with_group(&p, words + used, count - used, group, e);
    }
    lineparse_free_words(words, count);
    if (rv < 0) {
        lineparse_close(&p);
        return rv;
    }
    if (p.command != NULL) {
        settle_group(p.command, p.action->arguments, group);
    }
    *out = p;
    return 0;
}

void lineparse_close(struct lineparse *p)
{
    command_free(p->command);
    p->command = NULL;
    p->action = NULL;
}

int lineparse_missing_secret(const struct lineparse *p)
{
    if (p->action == NULL) {
        return 0;
    }
    if (strstr(p->action->arguments, "[PASSWORD]") != NULL &&
        p->command->secret == NULL) {
        return 1;
    }
    if (strstr(p->action->arguments, "[NEW_PASSWORD]") != NULL &&
        p->command->secret2 == NULL) {
        return 2;
    }
    return 0;
}
